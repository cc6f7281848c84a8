//! The edit log, file after file.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use crate::corpus::compression::Compression;
use crate::corpus::source::reason;
#[cfg(feature = "cli")]
use crate::report::jsonl::Record;
use crate::report::jsonl::{self, FileRecord, Line};

/// A file of the log.
#[derive(Clone, Debug)]
pub struct Logged {
    /// The whole file's line.
    pub file: FileRecord<'static>,
    /// Lines before its first, and how many it has.
    pub(super) lines: (usize, usize),
}

impl Logged {
    /// Where the clean file was written.
    #[must_use]
    pub fn output(&self) -> &Path {
        Path::new(&**self.file.output.as_ref().unwrap_or(&self.file.path))
    }
}

/// The files of a log, in order; of one that is in it more than once, what the last run did.
///
/// # Errors
/// If the log cannot be read.
pub fn files(log: &Path) -> Result<Vec<Logged>, String> {
    let at = |e: io::Error| format!("{}: {}", log.display(), reason(&e));
    let (mut files, mut start): (Vec<Logged>, usize) = (Vec::new(), 0);
    for (number, line) in open(log)?.enumerate() {
        match line.map_err(at)? {
            Line::Run(_) => start = number + 1,
            Line::File(file) => {
                files.push(Logged { file, lines: (start, number - start) });
                start = number + 1;
            }
            // Lines that no line for their file follows are of a file that was never finished.
            _ => {}
        }
    }
    let mut last = HashSet::new();
    files.reverse();
    files.retain(|logged| last.insert(logged.file.path.clone()));
    files.reverse();
    Ok(files)
}

/// The lines of a log, file after file.
pub struct Lines {
    lines: Box<dyn Iterator<Item = io::Result<Line<'static>>>>,
    log: PathBuf,
    pub(super) read: usize,
}

impl Lines {
    /// Those of the log at `log`.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn open(log: &Path) -> Result<Self, String> {
        Ok(Self { lines: open(log)?, log: log.to_owned(), read: 0 })
    }

    /// The records of a file's texts.
    ///
    /// # Errors
    /// If the log cannot be read.
    #[cfg(feature = "cli")]
    pub(crate) fn texts(mut self, logged: &Logged) -> Result<Vec<Record<'static>>, String> {
        self.skip_to(logged)?;
        let mut texts = Vec::new();
        while self.read < logged.lines.0 + logged.lines.1 {
            if let Some(Line::Text(record)) = self.next()? {
                texts.push(*record);
            }
        }
        Ok(texts)
    }

    pub(super) fn skip_to(&mut self, logged: &Logged) -> Result<(), String> {
        while self.read < logged.lines.0 {
            self.next()?;
        }
        Ok(())
    }

    pub(super) fn next(&mut self) -> Result<Option<Line<'static>>, String> {
        self.read += 1;
        self.lines.next().transpose().map_err(|e| format!("{}: {}", self.log.display(), reason(&e)))
    }
}

/// The lines of a log, of whatever form it is.
fn open(log: &Path) -> Result<Box<dyn Iterator<Item = io::Result<Line<'static>>>>, String> {
    let at = |what: String| format!("{}: {what}", log.display());
    let mut file = File::open(log).map_err(|e| at(reason(&e)))?;
    let mut head = Vec::new();
    let read = Read::by_ref(&mut file).take(4).read_to_end(&mut head).and_then(|_| file.rewind());
    read.map_err(|e| at(reason(&e)))?;
    if head == b"PAR1" {
        return table(file).map_err(at);
    }
    let (_, reader) = Compression::open(file).map_err(|e| at(reason(&e)))?;
    Ok(Box::new(jsonl::read(BufReader::with_capacity(256 << 10, reader))))
}

#[cfg(not(feature = "parquet"))]
fn table(_: File) -> Result<Box<dyn Iterator<Item = io::Result<Line<'static>>>>, String> {
    Err("this build reads no Parquet: build it with `--features parquet`".to_owned())
}

#[cfg(feature = "parquet")]
fn table(file: File) -> Result<Box<dyn Iterator<Item = io::Result<Line<'static>>>>, String> {
    Ok(Box::new(crate::corpus::parquet::log::read(file)?))
}

/// The file of the log that a clean file is: by its path, or the only one there is.
#[must_use]
pub fn find<'l>(files: &'l [Logged], clean: &Path) -> Option<&'l Logged> {
    let plain = |path: &Path| -> PathBuf { path.strip_prefix(".").unwrap_or(path).to_owned() };
    let is = |path: &Path| plain(path) == plain(clean);
    let named = files.iter().rev().find(|f| is(f.output()) || is(Path::new(&*f.file.path)));
    named.or(match files {
        [only] => Some(only),
        _ => None,
    })
}

/// Lines of which the next can be looked at.
pub(super) struct Lookahead<'f> {
    pub(super) next_line: &'f mut dyn FnMut() -> Result<Option<Line<'static>>, String>,
    pub(super) line: Option<Line<'static>>,
}

impl Lookahead<'_> {
    /// The next line, if it is one of those wanted.
    pub(super) fn take(
        &mut self,
        is_wanted: impl Fn(&Line<'_>) -> bool,
    ) -> Result<Option<Line<'static>>, String> {
        if self.line.is_none() {
            self.line = (self.next_line)()?;
        }
        Ok(self.line.take_if(|line| is_wanted(line)))
    }
}
