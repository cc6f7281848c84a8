//! A run over a corpus: one thread reads, hands out units and writes what comes back, in the order of the
//! inputs; a pool of threads cleans. What is on its way is bounded in bytes.

#[cfg(feature = "parquet")]
mod columns;
mod commit;
mod file;
mod options;
mod shards;

use std::collections::{HashMap, VecDeque};
use std::fs;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver, Sender};

use rayon::{Scope, ThreadPool};

use self::commit::Committing;
use self::file::{Writing, is_chosen_whole};
use self::shards::Shard;
use super::clean::{Context, Done, Job};
use super::convert::Columns;
use super::manifest::{Before, Entry, Manifest};
use super::output::Log;
use super::source::{Opened, Reading, Source, Unit, Whole};
use crate::pipeline::Cleaner;
use crate::report::jsonl::{Line, RunRecord};

pub use self::options::{Destination, Found, Input, LogFile, Observer, Options, Resuming, RunError, Summary};

/// Files up to this size are opened, read and cleaned by one worker.
const SMALL: u64 = 1 << 20;
/// Text that a small file may come to, in bytes; one that is larger is cut into units after all.
const SMALL_TEXT: usize = 16 << 20;
/// The memory that a unit takes on its way, in its own bytes.
const WEIGHT: usize = 24;
/// Bytes of units that may be on their way in any case.
const ROOM: usize = 4 << 20;
/// Units and files that may be on their way.
const QUEUE: usize = 4096;

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
    let log = open_log(&options, &before)?;
    options.wanted.log = log.as_ref().map(Log::compression);
    let job = Job::new(cleaner, options.wanted.clone());
    let (results, arrived) = mpsc::channel();
    let skip_until = before.shards.last().and_then(|last| Some((last.path.clone(), last.units?)));
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
        skip_until,
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
        log.finish().map_err(|e| log_error(&options, e))?;
        // What a later run may go on with stays.
        if log.is_table() && options.resuming.is_none() {
            fs::remove_file(log.growing()).map_err(|e| log_error(&options, e))?;
        }
    }
    Ok(summary)
}

/// Opens the edit log, if there is to be one; behind what is in it `before` this run.
fn open_log(options: &Options<'_>, before: &Before) -> Result<Option<Log>, RunError> {
    let Some(file) = &options.log else { return Ok(None) };
    let wrong = |e| log_error(options, e);
    let is_new = file.keep && !before.found;
    let opened = match is_new && file.path.exists() {
        true => Err(io::ErrorKind::AlreadyExists.into()),
        false => Log::create(&file.growing(), is_new, before.log),
    };
    let mut log = opened.map_err(|e: io::Error| match e.kind() {
        io::ErrorKind::AlreadyExists => {
            wrong(io::Error::other("exists already, and may be the only way back to other originals"))
        }
        _ => wrong(e),
    })?;
    if before.log == 0 {
        let head = Line::Run(RunRecord {
            version: env!("CARGO_PKG_VERSION").into(),
            config: options.fingerprint.config.as_str().into(),
            profile: options.fingerprint.profile.as_deref().map(Into::into),
        });
        let mut line = Vec::new();
        head.write(&mut line).and_then(|()| log.append(&line)).map_err(wrong)?;
    }
    Ok(Some(log))
}

/// The number of a piece of work, by which what was made of it is known.
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
        let room = (self.options.memory / WEIGHT).max(ROOM);
        while !self.is_stopped() {
            while self.under_way < room && self.queue.len() < QUEUE && self.hand_out(scope) {}
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
                    // Without all its units nobody knows whether such a file is left out.
                    let skip = if is_chosen_whole(&context, self.job) { 0 } else { skip };
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

    #[cfg(not(feature = "parquet"))]
    fn columns(&mut self, input: usize, _: usize) -> Result<(), RunError> {
        let what = "this build reads no Parquet: build it with `--features parquet`";
        self.fail(self.input(input).name.clone(), what.to_owned())
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
