//! What is written of a file: its clean text, what is set aside of it, its lines in the log.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::commit::Committing;
use super::{Destination, Input, Options, RunError, Running, log_error};
use crate::corpus::clean::{Context, Done, Job, Shown};
use crate::corpus::format::Format;
use crate::corpus::manifest::Entry;
use crate::corpus::output::{self, Log, Whole as File};
use crate::corpus::source::{Source, Whole, reason};
use crate::corpus::tally::Tally;
use crate::corpus::target::{self, Target};
use crate::report::jsonl::{FileRecord, Line};

/// A file whose units are being written.
pub(super) struct Writing {
    pub(super) input: usize,
    pub(super) context: Arc<Context>,
    pub(super) file: Option<Target>,
    pub(super) aside: Option<Target>,
    pub(super) tally: Tally,
    /// Where the file's lines begin in the log.
    pub(super) log: u64,
    pub(super) units: usize,
    /// What waits until the damage of the whole is known.
    held: Held,
    pub(super) failed: Option<String>,
}

/// Units of a file, each with its records and its number.
#[derive(Default)]
struct Held {
    units: Vec<(Done, (usize, usize), usize)>,
    /// Bytes of them.
    bytes: usize,
    /// Those that are in the shards of an earlier run.
    skip: usize,
}

impl Running<'_, '_> {
    /// Begins a file, of which `skip` units are in the shards of an earlier run.
    pub(super) fn begin(&mut self, input: usize, context: Arc<Context>, skip: usize) -> Result<(), RunError> {
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
        let (units, skip) = if is_chosen_whole(&context, self.job) { (0, skip) } else { (skip, 0) };
        let held = Held { skip, ..Held::default() };
        self.writing = Some(Writing { input, context, file, aside, tally, log, units, held, failed });
        Ok(())
    }

    /// What stands before the documents of a file where all are shown behind each other; or why they cannot be.
    pub(super) fn begin_shown(&mut self, context: &Context) -> Result<Option<String>, RunError> {
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

    pub(super) fn unit(&mut self, mut done: Done, records: (usize, usize)) -> Result<(), RunError> {
        let Some(writing) = &mut self.writing else { return Ok(()) };
        writing.units += 1;
        if writing.failed.is_some() {
            return Ok(());
        }
        let is_taken_back = matches!(self.options.destination, Destination::Files | Destination::InPlace);
        if is_taken_back || !is_chosen_whole(&writing.context, self.job) {
            return self.put(done, records);
        }
        // What was shown or stands in a shard cannot be taken back.
        self.observer.step(done.tally.bytes as u64, &done.tally);
        writing.held.bytes += done.tally.clean_bytes + done.shown.len();
        writing.tally.add(std::mem::take(&mut done.tally), true, samples(self.options));
        writing.held.units.push((done, records, writing.units));
        if writing.held.bytes > self.options.memory {
            let what =
                "its damage is known at its end only, and --memory does not hold it: name a folder with -o";
            self.writing_failed(what.to_owned());
        }
        Ok(())
    }

    /// Writes what was made of a unit.
    fn put(&mut self, mut done: Done, records: (usize, usize)) -> Result<(), RunError> {
        let Some(writing) = &mut self.writing else { return Ok(()) };
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

    pub(super) fn writing_failed(&mut self, what: String) {
        if let Some(writing) = &mut self.writing {
            writing.failed.get_or_insert(what);
            writing.file = None;
            writing.aside = None;
            writing.held = Held::default();
        }
    }

    pub(super) fn fail(&mut self, name: String, what: String) -> Result<(), RunError> {
        let (files, tally) = (Vec::new(), Tally::default());
        self.committing.push(Committing { name, outcome: Err(what), files, bytes: 0, entry: None, tally });
        self.commit_if_full()
    }

    /// Writes what waited for the damage of the whole, unless that is left out.
    fn put_held(&mut self) -> Result<(), RunError> {
        let Some(writing) = &mut self.writing else { return Ok(()) };
        let held = std::mem::take(&mut writing.held);
        if is_left_out(writing, self.job) {
            return Ok(());
        }
        for (done, records, unit) in held.units.into_iter().filter(|(.., unit)| *unit > held.skip) {
            let Some(writing) = &mut self.writing else { break };
            writing.units = unit;
            self.put(done, records)?;
        }
        Ok(())
    }

    pub(super) fn end(&mut self, input: usize, whole: Result<Whole, String>) -> Result<(), RunError> {
        if whole.is_ok() {
            self.put_held()?;
        }
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
        if is_left_out(&writing, self.job) {
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

    pub(super) fn roll_back(&mut self, to: u64) -> Result<(), RunError> {
        match &mut self.log {
            Some(log) if !matches!(self.options.destination, Destination::Shards(..)) => {
                log.roll_back(to).map_err(|e| log_error(self.options, e))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn log_position(&mut self) -> Result<u64, RunError> {
        let position = self.log.as_mut().map_or(Ok(0), Log::position);
        position.map_err(|e| log_error(self.options, e))
    }
}

/// Whether a file is kept or left out as a whole: a plain text is one document.
pub(super) fn is_chosen_whole(context: &Context, job: &Job<'_>) -> bool {
    context.format == Format::Text && job.wanted.damage.is_asked()
}

fn is_left_out(writing: &Writing, job: &Job<'_>) -> bool {
    is_chosen_whole(&writing.context, job) && job.wanted.damage.removes(writing.tally.damage())
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

pub(super) fn samples(options: &Options<'_>) -> usize {
    match options.wanted.shown {
        Some(Shown::Samples(each)) => each,
        _ => 0,
    }
}
