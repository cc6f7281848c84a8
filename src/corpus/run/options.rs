//! What a run is to do, whom it tells, and what came of it.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use crate::corpus::clean::Wanted;
#[cfg(feature = "parquet")]
use crate::corpus::compression::Compression;
use crate::corpus::format::Format;
use crate::corpus::manifest::Fingerprint;
#[cfg(feature = "parquet")]
use crate::corpus::output::Whole;
use crate::corpus::source::{Reading, Source, reason};
use crate::corpus::tally::Tally;
use crate::report::html::Document;

/// A file to be cleaned.
#[derive(Debug)]
pub struct Input {
    /// Where it comes from.
    pub source: Source,
    /// How messages and records call it.
    pub name: String,
    /// The file that the clean text goes to.
    pub target: Option<PathBuf>,
    /// Its size, as far as known before it is read.
    pub size: u64,
}

/// A file, or why there is none: its name and what is wrong.
pub type Found = Result<Input, (String, String)>;

/// Where clean files go.
#[derive(Clone, Debug)]
pub enum Destination {
    /// To [`Observer::show`], or nowhere.
    Stream,
    /// Each to its own file.
    Files,
    /// Each to the file that it came from; what is clean is not written.
    InPlace,
    /// All behind each other into files of about this many bytes.
    Shards(PathBuf, u64),
}

/// Where the edit log goes.
#[derive(Clone, Debug)]
pub struct LogFile {
    /// The file.
    pub path: PathBuf,
    /// Whether it may be the only way back to originals, so that another one may not be overwritten.
    pub keep: bool,
}

impl LogFile {
    /// Whether it is to be a table.
    pub(super) fn is_table(&self) -> bool {
        self.path.extension().is_some_and(|extension| extension == Format::Parquet.extension())
    }

    /// The file that grows with the run. A table can be read only when it is finished, so its lines are written
    /// beside it until then; a run that is killed loses none.
    pub(super) fn growing(&self) -> PathBuf {
        if !self.is_table() {
            return self.path.clone();
        }
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        self.path.with_file_name(format!(".{name}.jsonl.zst"))
    }

    /// Makes the table of what has grown.
    pub(super) fn finish(&self) -> io::Result<()> {
        if !self.is_table() {
            return Ok(());
        }
        #[cfg(feature = "parquet")]
        {
            let lines = std::fs::File::open(self.growing())?;
            let lines = io::BufReader::new(Compression::Zstd.reader(lines)?);
            let table = crate::corpus::parquet::log::write(lines, Whole::create(&self.path, None)?);
            table.map_err(io::Error::other)?.persist(&self.path)
        }
        #[cfg(not(feature = "parquet"))]
        Err(io::Error::other("this build writes no Parquet: build it with `--features parquet`"))
    }
}

/// How a run can be gone on with.
#[derive(Clone, Debug)]
pub struct Resuming {
    /// The file of the manifest.
    pub manifest: PathBuf,
    /// Whether to go on where an earlier run was stopped.
    pub resume: bool,
    /// Whether its configuration may have been another one.
    pub any: bool,
}

/// What a run is to do.
#[derive(Debug)]
pub struct Options<'a> {
    /// What determines the output beside the documents.
    pub fingerprint: Fingerprint,
    /// How files are read.
    pub reading: Reading,
    /// What is wanted of each document.
    pub wanted: Wanted,
    /// Where clean files go.
    pub destination: Destination,
    /// Where removed documents go, if they are set aside: a folder that mirrors the inputs.
    pub aside: Option<PathBuf>,
    /// Where the edit log goes.
    pub log: Option<LogFile>,
    /// The manifest, if there is one.
    pub resuming: Option<Resuming>,
    /// Threads; 0 for one for each processor.
    pub threads: usize,
    /// Memory for what is on its way, in bytes.
    pub memory: usize,
    /// Set to stop the run as soon as what it has finished is safe.
    pub stop: &'a AtomicBool,
}

/// Is told of what happens, in the order of the inputs.
pub trait Observer {
    /// What a user should know of a file.
    fn note(&mut self, name: &str, note: &str);
    /// A file that could not be cleaned or written.
    fn failed(&mut self, name: &str, what: &str);
    /// What is shown of a file, or its clean text.
    ///
    /// # Errors
    /// An error ends the run.
    fn show(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// A document for the report, if one is wanted.
    fn report(&mut self, _document: Document) {}
    /// A file is done.
    ///
    /// # Errors
    /// An error ends the run.
    fn done(&mut self, name: &str, tally: &Tally) -> io::Result<()>;
    /// A unit is done: the bytes that were read of it, and what was counted.
    fn step(&mut self, _bytes: u64, _tally: &Tally) {}
    /// Whether nobody would see what is still to come.
    fn is_gone(&self) -> bool {
        false
    }
}

/// What a run did.
#[derive(Debug, Default)]
pub struct Summary {
    /// What was counted in all files that did not fail.
    pub tally: Tally,
    /// Files that were asked for.
    pub files: usize,
    /// Those that an earlier run had done.
    pub before: usize,
    /// Those that could not be read, cleaned or written, with what was wrong.
    pub failed: Vec<(String, String)>,
    /// Bytes read, as they stood in the files.
    pub read: u64,
    /// Bytes written.
    pub written: u64,
    /// Whether the run was stopped before its end.
    pub stopped: bool,
}

/// What ended a run early.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The threads could not be started.
    #[error("cannot start threads: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// The edit log could not be written, or a shard, which other files may be in.
    #[error("{}: {}", .0.display(), reason(.1))]
    Log(PathBuf, io::Error),
    /// The manifest could not be used.
    #[error("{0}")]
    Manifest(String),
    /// What is shown could not be written.
    #[error("standard output")]
    Show(#[source] io::Error),
}
