//! A run over a corpus: one thread reads, hands out units and writes what comes back, in the order of the
//! inputs; a pool of threads cleans. What is on its way is bounded in bytes.

use std::collections::{HashMap, VecDeque};
use std::fs;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};

use rayon::{Scope, ThreadPool};
use tempfile::NamedTempFile;

use super::clean::{Context, Done, Job, Wanted};
#[cfg(feature = "parquet")]
use super::compression::Compression;
use super::convert::Columns;
use super::format::Format;
use super::manifest::{Entry, Fingerprint, Manifest};
use super::output::{self, Log, Whole as File};
use super::source::{Opened, Reading, Source, Unit, Whole, reason};
use super::tally::Tally;
use super::target::{self, Target};
use crate::pipeline::Cleaner;
use crate::report::html::Document;
use crate::report::jsonl::{FileRecord, Line, PartRecord, RunRecord};

/// Files up to this size are opened, read and cleaned by one worker.
const SMALL: u64 = 1 << 20;
/// Text that a small file may come to, in bytes; one that is larger is cut into units after all.
const SMALL_TEXT: usize = 16 << 20;
/// The memory that a unit takes on its way, in its own bytes.
const WEIGHT: usize = 24;
/// Files that take their names together.
const COMMIT_FILES: usize = 256;
/// Bytes after which they do.
const COMMIT_BYTES: u64 = 64 << 20;

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
    fn is_table(&self) -> bool {
        self.path.extension().is_some_and(|extension| extension == Format::Parquet.extension())
    }

    /// The file that grows with the run. A table can be read only when it is finished, so its lines are written
    /// beside it until then; a run that is killed loses none.
    fn growing(&self) -> PathBuf {
        if !self.is_table() {
            return self.path.clone();
        }
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        self.path.with_file_name(format!(".{name}.jsonl.zst"))
    }

    /// Makes the table of what has grown.
    fn finish(&self) -> io::Result<()> {
        if !self.is_table() {
            return Ok(());
        }
        #[cfg(feature = "parquet")]
        {
            let lines = fs::File::open(self.growing())?;
            let lines = io::BufReader::new(Compression::Zstd.reader(lines)?);
            let table = super::parquet::log::write(lines, File::create(&self.path, None)?);
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
    /// The edit log could not be written.
    #[error("{}: {}", .0.display(), reason(.1))]
    Log(PathBuf, io::Error),
    /// The manifest could not be used.
    #[error("{0}")]
    Manifest(String),
    /// What is shown could not be written.
    #[error("standard output")]
    Show(#[source] io::Error),
}

/// Cleans `inputs`. One bad file does not end the run.
///
/// # Errors
/// If the edit log, the manifest or what is shown cannot be written.
pub fn run(
    cleaner: &Cleaner,
    inputs: Vec<Found>,
    mut options: Options<'_>,
    observer: &mut dyn Observer,
) -> Result<Summary, RunError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads).build()?;
    let (mut manifest, mut before) = (None, Default::default());
    // A run that has nothing to write leaves nothing behind.
    if let Some(resuming) = options.resuming.as_ref().filter(|_| inputs.iter().any(Result::is_ok)) {
        let Resuming { manifest: path, resume, any } = resuming;
        let keep = options.log.as_ref().is_some_and(|log| log.keep);
        let opened = Manifest::open(path, &options.fingerprint, *resume, *any, keep);
        let (opened, done) = opened.map_err(RunError::Manifest)?;
        (manifest, before) = (Some(opened), done);
    }
    let log_error =
        |e| RunError::Log(options.log.as_ref().map(|log| log.path.clone()).unwrap_or_default(), e);
    let mut log = None;
    if let Some(file) = &options.log {
        let is_new = file.keep && !before.found;
        let opened = match is_new && file.path.exists() {
            true => Err(io::ErrorKind::AlreadyExists.into()),
            false => Log::create(&file.growing(), is_new, before.log),
        };
        let mut opened = opened.map_err(|e: io::Error| match e.kind() {
            io::ErrorKind::AlreadyExists => {
                log_error(io::Error::other("exists already, and may be the only way back to other originals"))
            }
            _ => log_error(e),
        })?;
        if before.log == 0 {
            let head = Line::Run(RunRecord {
                version: env!("CARGO_PKG_VERSION").into(),
                config: options.fingerprint.config.as_str().into(),
                profile: options.fingerprint.profile.as_deref().map(Into::into),
            });
            let mut line = Vec::new();
            head.write(&mut line).and_then(|()| opened.append(&line)).map_err(log_error)?;
        }
        options.wanted.log = Some(opened.compression());
        log = Some(opened);
    }
    let job = Job::new(cleaner, options.wanted.clone());
    let (results, arrived) = mpsc::channel();
    let shard =
        before.shards.last().and_then(|last| Some((before.shards.len(), last.path.clone(), last.units?)));
    let mut running = Running {
        inputs,
        options: &options,
        pool: &pool,
        job: &job,
        observer,
        log,
        manifest,
        done_before: before.done,
        shards: before.shards.len(),
        skip_until: shard.map(|(_, path, units)| (path, units)),
        results,
        arrived,
        ready: HashMap::new(),
        tickets: 0,
        under_way: 0,
        queue: VecDeque::new(),
        next_input: 0,
        reading: None,
        writing: None,
        shard: None,
        shown_columns: None,
        committing: Vec::new(),
        summary: Summary::default(),
    };
    running.summary.files = running.inputs.len();
    pool.in_place_scope(|scope| running.all(scope))?;
    let summary = running.summary;
    if let Some(log) = options.log.as_ref().filter(|_| !summary.stopped) {
        log.finish().map_err(log_error)?;
        // What a later run may go on with stays.
        if log.is_table() && options.resuming.is_none() {
            fs::remove_file(log.growing()).map_err(log_error)?;
        }
    }
    Ok(summary)
}

type Ticket = u64;

/// What comes next in the output.
enum Item {
    Begin { input: usize, context: Arc<Context>, skip: usize },
    Unit { ticket: Ticket, size: usize, records: (usize, usize) },
    End { input: usize, whole: Result<Whole, String> },
    Small { input: usize, ticket: Ticket, size: usize },
    Failed { name: String, what: String },
    Columns { input: usize, skip: usize },
}

/// What a worker gives back.
enum Made {
    Unit(Done),
    Small(Arc<Context>, Done, Result<Whole, String>, usize),
    /// The file is to be read by the unit after all.
    TooLarge,
    Columns,
}

/// A file whose units are being handed out.
struct Handing {
    input: usize,
    opened: Opened,
    context: Arc<Context>,
    units: usize,
    /// Units that are in the shards of an earlier run.
    skip: usize,
}

/// A file whose units are being written.
struct Writing {
    input: usize,
    context: Arc<Context>,
    file: Option<Target>,
    aside: Option<Target>,
    tally: Tally,
    /// Where the file's lines begin in the log.
    log: u64,
    units: usize,
    failed: Option<String>,
}

/// A shard that is being written.
struct Shard {
    file: Target,
    path: PathBuf,
    /// Its first document's, with which the others share it.
    context: Arc<Context>,
    records: usize,
    /// The file of its last unit, and how many units of it are in the shards so far.
    ends: (String, usize),
}

/// A file that is done and has to take its name.
struct Committing {
    name: String,
    outcome: Result<(), String>,
    files: Vec<(NamedTempFile, PathBuf)>,
    bytes: u64,
    entry: Option<Entry>,
    tally: Tally,
}

struct Running<'a, 'o> {
    inputs: Vec<Found>,
    options: &'a Options<'o>,
    /// For what is not handed out by units.
    #[cfg_attr(not(feature = "parquet"), expect(dead_code, reason = "units need no pool of their own"))]
    pool: &'a ThreadPool,
    job: &'a Job<'a>,
    observer: &'a mut dyn Observer,
    log: Option<Log>,
    manifest: Option<Manifest>,
    done_before: HashMap<String, Entry>,
    shards: usize,
    /// The file and the number of its units up to which shards are done.
    skip_until: Option<(String, usize)>,
    results: Sender<(Ticket, Result<Made, String>)>,
    arrived: Receiver<(Ticket, Result<Made, String>)>,
    ready: HashMap<Ticket, Result<Made, String>>,
    tickets: Ticket,
    /// Bytes handed out and not yet written.
    under_way: usize,
    queue: VecDeque<Item>,
    next_input: usize,
    reading: Option<Handing>,
    writing: Option<Writing>,
    shard: Option<Shard>,
    /// The columns of the table that is shown.
    shown_columns: Option<Columns>,
    committing: Vec<Committing>,
    summary: Summary,
}

impl<'a> Running<'a, '_> {
    fn all<'s>(&mut self, scope: &Scope<'s>) -> Result<(), RunError>
    where
        'a: 's,
    {
        let room = (self.options.memory / WEIGHT).max(4 << 20);
        while !self.is_stopped() {
            while self.under_way < room && self.queue.len() < 4096 && self.hand_out(scope) {}
            let Some(item) = self.queue.pop_front() else { break };
            self.write(item)?;
            if self.options.stop.load(Ordering::Relaxed) {
                break;
            }
        }
        if self.options.stop.load(Ordering::Relaxed) {
            self.summary.stopped = true;
            self.give_up()?;
        } else {
            self.close_shard()?;
        }
        self.commit()?;
        if let Some(log) = &mut self.log {
            log.sync().map_err(|e| log_error(self.options, e))?;
        }
        Ok(())
    }

    fn is_stopped(&self) -> bool {
        let writes = !matches!(self.options.destination, Destination::Stream)
            || self.log.is_some()
            || self.job.wanted.report;
        !writes && self.observer.is_gone()
    }

    /// Leaves what is half written.
    fn give_up(&mut self) -> Result<(), RunError> {
        self.shard = None;
        if let Some(writing) = self.writing.take() {
            self.roll_back(writing.log)?;
        }
        Ok(())
    }

    fn roll_back(&mut self, to: u64) -> Result<(), RunError> {
        match &mut self.log {
            Some(log) if !matches!(self.options.destination, Destination::Shards(..)) => {
                log.roll_back(to).map_err(|e| log_error(self.options, e))
            }
            _ => Ok(()),
        }
    }

    /// Hands out the next unit or file; whether there was one.
    fn hand_out<'s>(&mut self, scope: &Scope<'s>) -> bool
    where
        'a: 's,
    {
        if let Some(handing) = &mut self.reading {
            let (input, context) = (handing.input, Arc::clone(&handing.context));
            match handing.opened.next() {
                Ok(Some(unit)) => {
                    handing.units += 1;
                    if handing.units > handing.skip {
                        let records = match &unit {
                            Unit::Block { index, .. } => (*index, 1),
                            Unit::Records { ends, index, .. } => (*index, ends.len()),
                        };
                        let size = unit.size();
                        let ticket = self.spawn(scope, move |job| job.run(unit, &context).map(Made::Unit));
                        self.under_way += size;
                        self.queue.push_back(Item::Unit { ticket, size, records });
                    }
                }
                end => {
                    let whole = end.map(|_| handing.opened.finish());
                    self.queue.push_back(Item::End { input, whole });
                    self.reading = None;
                }
            }
            return true;
        }
        let input = self.next_input;
        let Some(found) = self.inputs.get(input) else { return false };
        self.next_input += 1;
        let item = match found {
            Err((name, what)) => Item::Failed { name: name.clone(), what: what.clone() },
            Ok(found) if self.done_before.contains_key(&found.name) => {
                self.summary.before += 1;
                return true;
            }
            Ok(found) if self.skip_until.as_ref().is_some_and(|(path, _)| *path != found.name) => {
                self.summary.before += 1;
                return true;
            }
            Ok(found) if self.is_small(found) => {
                let size = usize::try_from(found.size).unwrap_or(usize::MAX);
                let (source, name) = (found.source.clone(), found.name.clone());
                let output = self.output_name(found);
                let reading = &self.options.reading;
                let ticket = self.spawn(scope, move |job| small(job, &source, &name, output, reading));
                self.under_way += size;
                Item::Small { input, ticket, size }
            }
            Ok(_) => match self.open(input) {
                Ok(Some((opened, context))) => {
                    // Up to this file an earlier run wrote its shards.
                    let skip = self.skip_until.take().map_or(0, |(_, units)| units);
                    let begin = Item::Begin { input, context: Arc::clone(&context), skip };
                    self.reading = Some(Handing { input, opened, context, units: 0, skip });
                    begin
                }
                Ok(None) => {
                    let skip = self.skip_until.take().map_or(0, |(_, units)| units);
                    Item::Columns { input, skip }
                }
                Err(what) => Item::Failed { name: self.input(input).name.clone(), what },
            },
        };
        self.queue.push_back(item);
        true
    }

    fn is_small(&self, input: &Input) -> bool {
        let is_whole = !matches!(self.options.destination, Destination::Shards(..));
        is_whole && input.size <= SMALL && matches!(input.source, Source::File(_))
    }

    fn input(&self, input: usize) -> &Input {
        self.inputs[input].as_ref().expect("only files that were found are handed out")
    }

    fn output_name(&self, input: &Input) -> Option<String> {
        let mirrors = matches!(self.options.destination, Destination::Files);
        Some(input.target.as_ref().filter(|_| mirrors)?.display().to_string())
    }

    fn open(&self, input: usize) -> Result<Option<(Opened, Arc<Context>)>, String> {
        let input = self.input(input);
        let opened = Opened::open(&input.source, Path::new(&input.name), &self.options.reading)?;
        let output = self.output_name(input);
        let opened = opened.map(|mut opened| {
            let context = context(&mut opened, input.name.clone(), output, &self.options.reading, self.job)?;
            Ok((opened, context))
        });
        opened.transpose()
    }

    fn spawn<'s>(
        &mut self,
        scope: &Scope<'s>,
        work: impl FnOnce(&Job<'_>) -> Result<Made, String> + Send + 's,
    ) -> Ticket
    where
        'a: 's,
    {
        self.tickets += 1;
        let (ticket, job, results, stop) = (self.tickets, self.job, self.results.clone(), self.options.stop);
        scope.spawn(move |_| {
            let made =
                if stop.load(Ordering::Relaxed) { Err("stopped".to_owned()) } else { guarded(|| work(job)) };
            let _ = results.send((ticket, made));
        });
        ticket
    }

    fn wait(&mut self, ticket: Ticket) -> Result<Made, String> {
        loop {
            if let Some(made) = self.ready.remove(&ticket) {
                return made;
            }
            match self.arrived.recv() {
                Ok((ticket, made)) => drop(self.ready.insert(ticket, made)),
                Err(_) => return Err("a thread was lost".to_owned()),
            }
        }
    }

    fn write(&mut self, item: Item) -> Result<(), RunError> {
        match item {
            Item::Failed { name, what } => self.fail(name, what),
            Item::Begin { input, context, skip } => self.begin(input, context, skip),
            Item::Unit { ticket, size, records } => {
                let made = self.wait(ticket);
                self.under_way -= size;
                match made {
                    Ok(Made::Unit(done)) => self.unit(done, records),
                    Ok(_) => unreachable!("units come back as units"),
                    Err(what) => {
                        self.writing_failed(what);
                        Ok(())
                    }
                }
            }
            Item::End { input, whole } => self.end(input, whole),
            Item::Small { input, ticket, size } => {
                let made = self.wait(ticket);
                self.under_way -= size;
                match made {
                    Ok(Made::Small(context, done, whole, records)) => {
                        self.begin(input, context, 0)?;
                        self.unit(done, (0, records))?;
                        self.end(input, whole)
                    }
                    Ok(Made::TooLarge) => self.in_line(input),
                    Ok(Made::Columns) => self.columns(input, 0),
                    Ok(Made::Unit(_)) => unreachable!("files come back as files"),
                    Err(what) => self.fail(self.input(input).name.clone(), what),
                }
            }
            Item::Columns { input, skip } => self.columns(input, skip),
        }
    }

    /// Reads, cleans and writes a file here and now.
    fn in_line(&mut self, input: usize) -> Result<(), RunError> {
        let (mut opened, context) = match self.open(input) {
            Ok(Some(opened)) => opened,
            Ok(None) => return self.columns(input, 0),
            Err(what) => return self.fail(self.input(input).name.clone(), what),
        };
        self.begin(input, Arc::clone(&context), 0)?;
        loop {
            match opened.next() {
                Ok(Some(unit)) => match guarded(|| self.job.run(unit, &context)) {
                    Ok(done) => self.unit(done, (0, 0))?,
                    Err(what) => self.writing_failed(what),
                },
                end => return self.end(input, end.map(|_| opened.finish())),
            }
        }
    }

    fn begin(&mut self, input: usize, context: Arc<Context>, units: usize) -> Result<(), RunError> {
        let log = self.log_position()?;
        let (mut file, mut failed) = (None, None);
        let found = self.input(input);
        if let (Destination::Files | Destination::InPlace, Source::File(source), Some(target)) =
            (&self.options.destination, &found.source, &found.target)
        {
            match Target::create(target, Some(source), self.job, &context) {
                Ok(created) => file = Some(created),
                Err(e) => failed = Some(format!("not written: {}", reason(&e))),
            }
        }
        if matches!(self.options.destination, Destination::Stream) && self.job.wanted.shown.is_none() {
            failed = failed.or(self.begin_shown(&context)?);
        }
        let (aside, tally) = (None, Tally::default());
        self.writing = Some(Writing { input, context, file, aside, tally, log, units, failed });
        Ok(())
    }

    /// What stands before the documents of a file where all are shown behind each other; or why they cannot be.
    fn begin_shown(&mut self, context: &Context) -> Result<Option<String>, RunError> {
        if !self.job.wanted.text {
            return Ok(None);
        }
        if self.job.target(context.format) == Format::Parquet {
            return Ok(Some("Parquet goes into files only: name a folder with -o".to_owned()));
        }
        if self.job.needs_columns(context.format) {
            match &self.shown_columns {
                None => {
                    let header = target::header(self.job, context).map_err(RunError::Show)?;
                    self.observer.show(&header).map_err(RunError::Show)?;
                    self.shown_columns = Some(context.columns.clone());
                }
                Some(columns) if *columns != context.columns => {
                    return Ok(Some("other columns than the files before: name a folder with -o".to_owned()));
                }
                Some(_) => {}
            }
        }
        Ok(None)
    }

    fn log_position(&mut self) -> Result<u64, RunError> {
        let position = self.log.as_mut().map_or(Ok(0), Log::position);
        position.map_err(|e| log_error(self.options, e))
    }

    fn writing_failed(&mut self, what: String) {
        if let Some(writing) = &mut self.writing {
            writing.failed.get_or_insert(what);
            writing.file = None;
            writing.aside = None;
        }
    }

    fn unit(&mut self, mut done: Done, records: (usize, usize)) -> Result<(), RunError> {
        let Some(writing) = &mut self.writing else { return Ok(()) };
        writing.units += 1;
        if writing.failed.is_some() {
            return Ok(());
        }
        let written = match &mut writing.file {
            Some(file) => file.write(&mut done.out),
            None => Ok(()),
        };
        let written = written.and_then(|()| {
            if done.aside.is_empty() {
                return Ok(());
            }
            if writing.aside.is_none() {
                let input = self.inputs[writing.input].as_ref().expect("it was found");
                let path = aside_path(self.options, input, &writing.context);
                writing.aside = Some(Target::aside(&path, None, &writing.context)?);
            }
            writing.aside.as_mut().expect("just made").write(&mut done.aside)
        });
        if let Err(e) = written {
            self.writing_failed(format!("not written: {}", reason(&e)));
            return Ok(());
        }
        self.observer.step(done.tally.bytes as u64, &done.tally);
        if let Destination::Shards(..) = self.options.destination {
            self.append_to_shard(&mut done, records)?;
        }
        let writing = self.writing.as_mut().expect("checked above");
        writing.tally.add(done.tally, true, samples(self.options));
        if let Some(log) = &mut self.log {
            log.add(&done.log).map_err(|e| log_error(self.options, e))?;
        }
        if let Destination::Shards(_, size) = self.options.destination
            && self.shard.as_ref().is_some_and(|shard| shard.file.len() >= size)
        {
            self.close_shard()?;
        }
        done.report.drain(..).for_each(|document| self.observer.report(document));
        let shown = match self.options.destination {
            _ if !done.shown.is_empty() => &done.shown,
            Destination::Stream if self.job.wanted.shown.is_none() => &done.out.bytes,
            _ => return Ok(()),
        };
        self.observer.show(shown).map_err(RunError::Show)
    }

    fn append_to_shard(&mut self, done: &mut Done, (from, records): (usize, usize)) -> Result<(), RunError> {
        let Destination::Shards(folder, _) = &self.options.destination else { return Ok(()) };
        let writing = self.writing.as_ref().expect("a unit belongs to a file");
        let (context, units) = (Arc::clone(&writing.context), writing.units);
        let (format, compression) =
            (self.job.target(context.format), target::compression(self.job, &context));
        if self.shard.as_ref().is_some_and(|shard| !target::is_shared(self.job, &shard.context, &context)) {
            self.close_shard()?;
        }
        if self.shard.is_none() {
            let mut name = format!("shard-{:05}.{}", self.shards, format.extension());
            if let Some(extension) = compression.extension() {
                name = format!("{name}.{extension}");
            }
            let path = folder.join(name);
            match Target::create(&path, None, self.job, &context) {
                Ok(file) => {
                    let ends = (String::new(), 0);
                    self.shard = Some(Shard { file, path, context: Arc::clone(&context), records: 0, ends });
                }
                Err(e) => {
                    self.writing_failed(format!("{}: not written: {}", path.display(), reason(&e)));
                    return Ok(());
                }
            }
        }
        let shard = self.shard.as_mut().expect("just made");
        if let Err(e) = shard.file.write(&mut done.out) {
            let path = shard.path.clone();
            // What the shard held is lost with it; only a full disk does this.
            self.shard = None;
            return Err(RunError::Log(path, e));
        }
        shard.records += records;
        shard.ends = (context.name.clone(), units);
        if let Some(log) = &mut self.log {
            let part = Line::Part(PartRecord { path: context.name.as_str().into(), from, records });
            let mut line = Vec::new();
            part.write(&mut line).and_then(|()| log.append(&line)).map_err(|e| log_error(self.options, e))?;
        }
        Ok(())
    }

    fn close_shard(&mut self) -> Result<(), RunError> {
        let Some(shard) = self.shard.take() else { return Ok(()) };
        self.shards += 1;
        let name = shard.path.display().to_string();
        let record = FileRecord {
            path: name.as_str().into(),
            output: None,
            format: self.job.target(shard.context.format).name().into(),
            mirrors: false,
            compression: target::compression(self.job, &shard.context).name().into(),
            fields: self.options.reading.fields.iter().map(|field| field.as_str().into()).collect(),
            records: shard.records,
            source_bytes: 0,
            checksum: "".into(),
        };
        let mut line = Vec::new();
        let log = Line::File(record).write(&mut line).and_then(|()| match &mut self.log {
            Some(log) => log.append(&line),
            None => Ok(()),
        });
        log.map_err(|e| log_error(self.options, e))?;
        let log = self.log_position()?;
        let finished = shard.file.finish().map_err(|e| RunError::Log(shard.path.clone(), e))?;
        let (path, units) = shard.ends;
        let entry =
            Entry { path, output: shard.path.clone(), hash: Some(finished.1), log, units: Some(units) };
        self.committing.push(Committing {
            name,
            outcome: Ok(()),
            files: vec![(finished.0, shard.path)],
            bytes: 0,
            entry: Some(entry),
            tally: Tally::default(),
        });
        self.commit()
    }

    fn fail(&mut self, name: String, what: String) -> Result<(), RunError> {
        let (files, tally) = (Vec::new(), Tally::default());
        self.committing.push(Committing { name, outcome: Err(what), files, bytes: 0, entry: None, tally });
        self.commit_if_full()
    }

    fn end(&mut self, input: usize, whole: Result<Whole, String>) -> Result<(), RunError> {
        let Some(mut writing) = self.writing.take() else { return Ok(()) };
        let name = writing.context.name.clone();
        let whole = match (writing.failed.take(), whole) {
            (Some(what), _) | (None, Err(what)) => {
                self.roll_back(writing.log)?;
                return self.fail(name, what);
            }
            (None, Ok(whole)) => whole,
        };
        let wanted = &self.job.wanted;
        let is_shards = matches!(self.options.destination, Destination::Shards(..));
        // Of a plain text, the whole is one document.
        let damage = writing.tally.damage();
        let is_left_out = writing.context.format == Format::Text
            && wanted.damage.is_asked()
            && wanted.damage.removes(damage);
        if is_left_out {
            writing.file = None;
            (writing.tally.removed, writing.tally.documents, writing.tally.changed) = (1, 0, 0);
            self.roll_back(writing.log)?;
            let found = self.input(input);
            if let (true, Source::File(source)) = (wanted.damage.aside, &found.source) {
                let path = aside_path(self.options, found, &writing.context);
                let copied = File::create(&path, Some(source)).and_then(|mut aside| {
                    io::copy(&mut fs::File::open(source)?, &mut aside)?;
                    Ok(aside)
                });
                match copied {
                    Ok(file) => writing.aside = Some(Target::Bytes(Box::new(file))),
                    Err(e) => return self.fail(name, format!("not set aside: {}", reason(&e))),
                }
            }
        } else if let Some(log) = self.log.as_mut().filter(|_| !is_shards) {
            let line = file_line(&writing.context, &whole, self.job);
            log.append(&line).map_err(|e| log_error(self.options, e))?;
        }
        let found = self.input(input);
        let (size, aside) = (found.size, aside_path(self.options, found, &writing.context));
        let target = found.target.clone().unwrap_or_default();
        let in_place = matches!(self.options.destination, Destination::InPlace);
        let (mut files, mut bytes, mut hash) = (Vec::new(), 0, None);
        if in_place && !writing.tally.is_changed {
            writing.file = None;
            hash = output::hash(&target).ok();
        }
        let mut finish = |file: Option<Target>, path: PathBuf| -> io::Result<Option<String>> {
            let Some(file) = file else { return Ok(None) };
            let (file, hash, written) = file.finish()?;
            bytes += written;
            files.push((file, path));
            Ok(Some(hash))
        };
        let finished = finish(writing.file.take(), target.clone())
            .and_then(|hash| finish(writing.aside.take(), aside).map(|_| hash));
        match finished {
            Ok(Some(written)) => hash = Some(written),
            Ok(None) => {}
            Err(e) => {
                self.roll_back(writing.log)?;
                return self.fail(name, format!("not written: {}", reason(&e)));
            }
        }
        self.summary.read += size;
        self.summary.written += bytes;
        let log = if self.manifest.is_some() { self.log_position()? } else { 0 };
        let entry =
            (!is_shards).then(|| Entry { path: name.clone(), output: target, hash, log, units: None });
        self.committing.push(Committing { name, outcome: Ok(()), files, bytes, entry, tally: writing.tally });
        self.commit_if_full()
    }

    fn commit_if_full(&mut self) -> Result<(), RunError> {
        let is_stream = matches!(self.options.destination, Destination::Stream);
        let bytes: u64 = self.committing.iter().map(|c| c.bytes).sum();
        if is_stream || self.committing.len() >= COMMIT_FILES || bytes >= COMMIT_BYTES {
            return self.commit();
        }
        Ok(())
    }

    /// Lets finished files take their names: first the log is safe, then the files, then the entries that say
    /// so, and only then the names.
    fn commit(&mut self) -> Result<(), RunError> {
        let mut committing = std::mem::take(&mut self.committing);
        let files: Vec<&fs::File> =
            committing.iter().flat_map(|c| &c.files).map(|(file, _)| file.as_file()).collect();
        if !files.is_empty() {
            if let Some(log) = &mut self.log {
                log.sync().map_err(|e| log_error(self.options, e))?;
            }
            if let Err(e) = output::sync(&files) {
                drop(files);
                for c in committing.iter_mut().filter(|c| !c.files.is_empty()) {
                    c.outcome = Err(format!("not written: {}", reason(&e)));
                }
            }
        }
        if let Some(manifest) = &mut self.manifest {
            let entries = committing.iter().filter(|c| c.outcome.is_ok()).filter_map(|c| c.entry.as_ref());
            let path = &self.options.resuming.as_ref().expect("a manifest has a path").manifest;
            manifest
                .append(entries)
                .map_err(|e| RunError::Manifest(format!("{}: {}", path.display(), reason(&e))))?;
        }
        let mut named = Vec::new();
        for Committing { name, mut outcome, files, tally, .. } in committing {
            for (file, path) in files {
                if outcome.is_ok() {
                    outcome = match file.persist(&path) {
                        Ok(_) => {
                            named.push(path);
                            Ok(())
                        }
                        Err(e) => Err(format!("not written: {}", reason(&e.error))),
                    };
                }
            }
            match outcome {
                Ok(()) => {
                    tally.notes().iter().for_each(|note| self.observer.note(&name, note));
                    self.observer.done(&name, &tally).map_err(RunError::Show)?;
                    self.summary.tally.add(tally, false, samples(self.options));
                }
                Err(what) => {
                    self.observer.failed(&name, &what);
                    self.summary.failed.push((name, what));
                }
            }
        }
        output::sync_names(named.iter().map(PathBuf::as_path));
        Ok(())
    }

    #[cfg(not(feature = "parquet"))]
    fn columns(&mut self, input: usize, _: usize) -> Result<(), RunError> {
        let what = "this build reads no Parquet: build it with `--features parquet`";
        self.fail(self.input(input).name.clone(), what.to_owned())
    }

    /// Cleans a Parquet file: its columns stand one behind the other, so it is no stream of units. The first batches of
    /// rows may be done already.
    #[cfg(feature = "parquet")]
    fn columns(&mut self, input: usize, skip: usize) -> Result<(), RunError> {
        use rayon::prelude::*;

        use super::parquet;
        use crate::decode::Decoder;

        let found = self.input(input);
        let (name, reading) = (found.name.clone(), &self.options.reading);
        let Source::File(path) = found.source.clone() else {
            return self.fail(name, "Parquet is read from files only".to_owned());
        };
        let mirrors = self.job.mirrors(Format::Parquet);
        let (job, pool) = (self.job, self.pool);
        let open = || fs::File::open(&path).map_err(|e| reason(&e));
        let keeps_types = !mirrors && job.target(Format::Parquet) == Format::Parquet;
        let form = guarded(|| match mirrors {
            true => Ok((Columns::default(), None)),
            false if keeps_types => Ok((
                Columns::named(&reading.fields),
                Some(Arc::new(parquet::batch::schema(open()?, &reading.fields)?)),
            )),
            false => Ok((parquet::columns(open()?)?, None)),
        });
        let (columns, schema) = match form {
            Ok(form) => form,
            Err(what) => return self.fail(name, what),
        };
        let context = Arc::new(Context {
            columns,
            schema: schema.clone(),
            name: name.clone(),
            output: self.output_name(found),
            format: Format::Parquet,
            compression: Compression::None,
            fields: reading.fields.clone(),
            syntax: None,
            decoder: reading.encoding.map_or_else(|| Decoder::new(reading.detect), Decoder::forced),
        });
        self.begin(input, Arc::clone(&context), skip)?;
        // Rows of another form are written as they come, columns by the library.
        let file = self.writing.as_mut().map(|writing| &mut writing.file).filter(|_| mirrors);
        let mut file = file.and_then(Option::take);
        let (mut failed, mut units) = (None, 0);
        let mut is_before = || {
            units += 1;
            units <= skip
        };
        let mut write = |this: &mut Self, done: Done, records: (usize, usize)| {
            this.unit(done, records).map_err(|e| {
                let what = e.to_string();
                failed = Some(e);
                what
            })?;
            match this.options.stop.load(Ordering::Relaxed) {
                true => Err("stopped".to_owned()),
                false => Ok(()),
            }
        };
        let rewritten = open().and_then(|source| {
            if let Some(schema) = &schema {
                return guarded(|| {
                    parquet::batch::read(source, schema, |from, batch| {
                        if is_before() {
                            return Ok(());
                        }
                        let records = (from, batch.rows);
                        let done = pool.install(|| job.batch(&context, from, batch))?;
                        write(self, done, records)
                    })
                });
            }
            if !mirrors {
                return guarded(|| {
                    parquet::read(source, &reading.fields, |batch| {
                        if is_before() {
                            return Ok(());
                        }
                        let from = batch.first().map_or(0, |row| row.0);
                        let done = pool.install(|| job.rows(&context, &batch))?;
                        write(self, done, (from, batch.len()))
                    })
                });
            }
            let out = match &mut file {
                Some(Target::Bytes(file)) => Some(file as &mut (dyn io::Write + Send)),
                _ => None,
            };
            guarded(|| {
                parquet::rewrite(source, out, &reading.fields, |field, batch| {
                    let clean = |(row, text): &mut parquet::Value| {
                        let (clean, done) = job.value(&context, field, *row, text.data())?;
                        if let Some(clean) = clean {
                            *text = clean.into_bytes().into();
                        }
                        Ok::<_, String>(done)
                    };
                    let done: Vec<Done> =
                        pool.install(|| batch.par_iter_mut().map(clean).collect::<Result<_, _>>())?;
                    done.into_iter().try_for_each(|done| write(self, done, (0, 0)))
                })
            })
        });
        if let Some(error) = failed {
            return Err(error);
        }
        if let Some(writing) = self.writing.as_mut().filter(|_| mirrors) {
            writing.file = file;
        }
        if self.options.stop.load(Ordering::Relaxed) {
            return Ok(());
        }
        let whole = rewritten.map(|records| Whole {
            bytes: fs::metadata(&path).map_or(0, |metadata| metadata.len()),
            checksum: output::hash(&path).unwrap_or_default(),
            records,
        });
        self.end(input, whole)
    }
}

/// Runs what may not bring the whole run down.
fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|cause| {
        let what = cause.downcast_ref::<String>().map(String::as_str);
        let what = what.or_else(|| cause.downcast_ref::<&str>().copied()).unwrap_or("panic");
        Err(format!("an error of jiaokan itself: {what}"))
    })
}

fn log_error(options: &Options<'_>, error: io::Error) -> RunError {
    RunError::Log(options.log.as_ref().map(|log| log.path.clone()).unwrap_or_default(), error)
}

fn samples(options: &Options<'_>) -> usize {
    match options.wanted.shown {
        Some(super::clean::Shown::Samples(each)) => each,
        _ => 0,
    }
}

fn context(
    opened: &mut Opened,
    name: String,
    output: Option<String>,
    reading: &Reading,
    job: &Job<'_>,
) -> Result<Arc<Context>, String> {
    let needs_columns = job.needs_columns(opened.format);
    Ok(Arc::new(Context {
        #[cfg(feature = "parquet")]
        schema: None,
        columns: if needs_columns { opened.columns()? } else { Columns::default() },
        name,
        output,
        format: opened.format,
        compression: opened.compression,
        fields: reading.fields.clone(),
        syntax: opened.syntax.clone(),
        decoder: opened.decoder.clone(),
    }))
}

/// The last line of a file in the log.
fn file_line(context: &Context, whole: &Whole, job: &Job<'_>) -> Vec<u8> {
    let is_named = matches!(context.format, Format::Jsonl | Format::Csv | Format::Tsv | Format::Parquet);
    let record = FileRecord {
        path: context.name.as_str().into(),
        output: context.output.as_deref().map(Into::into),
        format: job.target(context.format).name().into(),
        mirrors: job.mirrors(context.format),
        compression: context.compression.name().into(),
        fields: context.fields.iter().filter(|_| is_named).map(|field| field.as_str().into()).collect(),
        records: whole.records,
        source_bytes: whole.bytes,
        checksum: whole.checksum.as_str().into(),
    };
    let mut line = Vec::new();
    Line::File(record).write(&mut line).expect("memory can be written to");
    line
}

/// Where what is set aside of a file goes.
fn aside_path(options: &Options<'_>, input: &Input, context: &Context) -> PathBuf {
    let below = Path::new(&input.name);
    let below: PathBuf =
        below.components().filter(|c| matches!(c, std::path::Component::Normal(_))).collect();
    let path = options.aside.clone().unwrap_or_default().join(below);
    #[cfg(feature = "parquet")]
    if context.format == Format::Parquet && context.schema.is_none() {
        // Rows that become another form are read as JSON.
        let mut path = path.into_os_string();
        path.push(".jsonl");
        return path.into();
    }
    #[cfg(not(feature = "parquet"))]
    let _ = context;
    path
}

/// Cleans a whole small file.
fn small(
    job: &Job<'_>,
    source: &Source,
    name: &str,
    output: Option<String>,
    reading: &Reading,
) -> Result<Made, String> {
    let Some(mut opened) = Opened::open(source, Path::new(name), reading)? else { return Ok(Made::Columns) };
    let context = context(&mut opened, name.to_owned(), output, reading, job)?;
    let (mut all, mut size) = (Done::new(&job.wanted), 0);
    let whole = loop {
        let unit = match opened.next() {
            Ok(Some(unit)) => unit,
            end => break end.map(|_| opened.finish()),
        };
        size += unit.size();
        if size > SMALL_TEXT {
            return Ok(Made::TooLarge);
        }
        all.append(job.run(unit, &context)?)?;
    };
    all.close()?;
    let records = whole.as_ref().map_or(0, |whole| whole.records);
    Ok(Made::Small(context, all, whole, records))
}
