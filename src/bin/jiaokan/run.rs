//! `jiaokan clean`: reads, cleans and writes documents, in bounded batches and in order.
//!
//! Documents of a batch are cleaned in parallel; everything that can be seen from outside happens in the
//! order of the inputs, so that the number of threads does not show.

use std::fs;
use std::io::{self, IsTerminal, Read, Write};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use jiaokan::Cleaner;
use jiaokan::decode::Decoded;
use jiaokan::report::Counts;
use jiaokan::report::jsonl::Record;
use jiaokan::report::terminal::{self, Style};
use rayon::ThreadPool;
use rayon::prelude::*;

use crate::Outcome;
use crate::args::{CleanArgs, Color};
use crate::config_file;
use crate::inputs::{self, Destination, Found, Input, Source};
use crate::learn;
use crate::log::Log;
use crate::output::{self, Out, reason, tell};

/// A batch is full at so many bytes or documents.
const BATCH_BYTES: u64 = 64 << 20;
const BATCH_DOCUMENTS: usize = 1024;

const STDOUT: &str = "standard output";

/// Runs `jiaokan clean`.
pub(crate) fn clean(args: CleanArgs, color: Color) -> anyhow::Result<Outcome> {
    let config = config_file::resolve(&args)?;
    if args.dump_config {
        io::stdout().write_all(config_file::dump(&config)?.as_bytes())?;
        return Ok(Outcome::Done);
    }
    // The error's text holds its cause already.
    let mut cleaner = Cleaner::new(config).map_err(|e| anyhow!("{e}"))?;
    if args.paths.is_empty() && io::stdin().is_terminal() {
        bail!("nothing to clean: name files or folders, or - for standard input");
    }
    let destination = match &args.output {
        _ if args.write => Destination::InPlace,
        Some(folder) => Destination::Folder(folder),
        None => Destination::Stdout,
    };
    let own: Vec<&Path> = args.output.iter().chain(&args.edits).map(AsRef::as_ref).collect();
    let found = inputs::collect(&args.paths, destination, &own);
    let log = args.edits.as_deref().map(|path| open_log(path, &found, args.write)).transpose()?;
    let threads = args.threads.map_or(0, Into::into);
    let pool =
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().context("cannot start threads")?;

    if args.adapt {
        if found.iter().flatten().any(|input| matches!(input.source, Source::Stdin)) {
            bail!("--adapt reads the documents twice, standard input cannot be: name files or folders");
        }
        let (profile, _) = pool.install(|| learn::from(&found));
        if !args.quiet {
            tell(&learn::summary(&profile));
        }
        cleaner = cleaner.with_profile(Arc::new(profile));
    }
    let job = Job {
        cleaner,
        text: !args.check && (!args.diff || args.output.is_some() || args.write),
        style: args.diff.then(|| output::style(color)),
        record: log.is_some(),
        mirrors: args.output.is_some(),
    };
    let mut run = Run { args: &args, pool, job, log, out: Out::new(), totals: Totals::default() };
    let mut found = found.into_iter().peekable();
    while found.peek().is_some() && !run.is_pointless() {
        run.batch(&next_batch(&mut found))?;
    }
    run.finish()
}

fn open_log(path: &Path, found: &[Found], keep: bool) -> anyhow::Result<Log> {
    let is_input = |real: &Path| {
        found.iter().flatten().any(|input| match &input.source {
            Source::File(file) => fs::canonicalize(file).is_ok_and(|file| file == real),
            Source::Stdin => false,
        })
    };
    if fs::canonicalize(path).is_ok_and(|real| is_input(&real)) {
        bail!("{}: the edit log would overwrite an input", path.display());
    }
    Log::create(path, keep)
}

fn next_batch(found: &mut impl Iterator<Item = Found>) -> Vec<Found> {
    let (mut batch, mut bytes) = (Vec::new(), 0);
    while bytes < BATCH_BYTES && batch.len() < BATCH_DOCUMENTS {
        let Some(item) = found.next() else { break };
        bytes += item.as_ref().map_or(0, |input| input.size);
        batch.push(item);
    }
    batch
}

/// What is to be made of each document.
struct Job {
    cleaner: Cleaner,
    /// The clean text.
    text: bool,
    /// The explained diff.
    style: Option<Style>,
    /// The record of its edits.
    record: bool,
    /// Whether clean text goes to another file than the original's.
    mirrors: bool,
}

/// What was made of a document.
struct Cleaned {
    changed: bool,
    text: Vec<u8>,
    diff: Vec<u8>,
    record: Vec<u8>,
    counts: Counts,
    findings: usize,
    notes: Vec<String>,
}

impl Job {
    fn run(&self, input: &Input) -> Result<Cleaned, String> {
        let bytes = read(&input.source).map_err(|e| reason(&e))?;
        let (decoded, cleaned) = self.cleaner.clean_bytes(&bytes).map_err(|e| e.to_string())?;
        let is_utf8 = decoded.encoding == encoding_rs::UTF_8;
        let changes = if self.record || self.style.is_some() { cleaned.changes() } else { Vec::new() };
        let (mut diff, mut record, mut counts) = (Vec::new(), Vec::new(), Counts::default());
        if let Some(style) = self.style {
            terminal::write_document(&mut diff, &input.name, &cleaned, &changes, style)
                .map_err(|e| e.to_string())?;
            counts = Counts::of(&cleaned, &changes);
        }
        if self.record {
            let mut made = Record::new(&input.name, &bytes, &decoded, &cleaned, &changes);
            made.output = input
                .target
                .as_deref()
                .filter(|_| self.mirrors)
                .map(|target| target.display().to_string().into());
            made.write(&mut record).map_err(|e| e.to_string())?;
        }
        let mut text = Vec::new();
        if self.text {
            if decoded.bom && is_utf8 {
                text.extend_from_slice("\u{feff}".as_bytes());
            }
            text.extend_from_slice(cleaned.text().as_bytes());
        }
        Ok(Cleaned {
            changed: cleaned.is_changed() || !is_utf8 || !decoded.raw.is_empty(),
            text,
            diff,
            record,
            counts,
            findings: cleaned.findings().len(),
            notes: notes(&decoded),
        })
    }
}

pub(crate) fn read(source: &Source) -> io::Result<Vec<u8>> {
    match source {
        Source::File(path) => fs::read(path),
        Source::Stdin => {
            let mut bytes = Vec::new();
            io::stdin().lock().read_to_end(&mut bytes)?;
            Ok(bytes)
        }
    }
}

/// What a user should know of how a document was read.
fn notes(decoded: &Decoded<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    let encoding = decoded.encoding.name();
    if decoded.encoding != encoding_rs::UTF_8 {
        notes.push(format!("read as {encoding}, cleaned to UTF-8"));
    }
    let mut invalid = decoded.raw.iter().filter(|raw| raw.span.of(&decoded.text) == "\u{fffd}");
    if let Some(first) = invalid.next() {
        let more = match invalid.count() {
            0 => String::new(),
            n => format!(", and {n} more {}", if n == 1 { "place" } else { "places" }),
        };
        notes.push(format!("warning: byte {}: not valid {encoding}{more}; shown as U+FFFD", first.offset));
    }
    notes
}

#[derive(Default)]
struct Totals {
    documents: usize,
    changed: usize,
    failed: usize,
    findings: usize,
    counts: Counts,
}

struct Run<'a> {
    args: &'a CleanArgs,
    pool: ThreadPool,
    job: Job,
    log: Option<Log>,
    out: Out,
    totals: Totals,
}

impl Run<'_> {
    fn writes_files(&self) -> bool {
        self.args.write || self.args.output.is_some()
    }

    /// Whether nobody would see what is still to come.
    fn is_pointless(&self) -> bool {
        self.out.is_closed() && !self.writes_files() && self.log.is_none()
    }

    fn batch(&mut self, batch: &[Found]) -> anyhow::Result<()> {
        let job = &self.job;
        let run =
            |found: &Found| found.as_ref().map_err(|(_, what)| what.clone()).and_then(|input| job.run(input));
        let cleaned: Vec<Result<Cleaned, String>> = self.pool.install(|| batch.par_iter().map(run).collect());
        if let Some(log) = &mut self.log {
            cleaned.iter().flatten().try_for_each(|done| log.append(&done.record))?;
            if self.args.write {
                // From here on originals are gone: the way back must be on the disk.
                log.sync()?;
            }
        }
        let writes: Vec<io::Result<()>> = if self.writes_files() {
            let in_place = self.args.write;
            self.pool.install(|| {
                batch.par_iter().zip(&cleaned).map(|(found, done)| write(found, done, in_place)).collect()
            })
        } else {
            batch.iter().map(|_| Ok(())).collect()
        };
        for ((found, done), written) in batch.iter().zip(cleaned).zip(writes) {
            let name = found.as_ref().map_or_else(|(name, _)| name, |input| &input.name);
            self.totals.documents += 1;
            match done {
                Ok(done) => self.show(name, done, written)?,
                Err(what) => {
                    self.totals.failed += 1;
                    tell(&format!("{name}: {what}"));
                }
            }
        }
        self.out.flush().context(STDOUT)
    }

    fn show(&mut self, name: &str, done: Cleaned, written: io::Result<()>) -> anyhow::Result<()> {
        if !self.args.quiet {
            done.notes.iter().for_each(|note| tell(&format!("{name}: {note}")));
        }
        if let Err(error) = written {
            self.totals.failed += 1;
            tell(&format!("{name}: not written: {}", reason(&error)));
            return Ok(());
        }
        self.totals.changed += usize::from(done.changed);
        self.totals.findings += done.findings;
        self.totals.counts.add(&done.counts);
        let shown = if self.args.diff {
            self.out.write_all(&done.diff)
        } else if self.args.check && done.changed {
            writeln!(self.out, "{name}")
        } else if !self.args.check && !self.writes_files() {
            self.out.write_all(&done.text)
        } else {
            Ok(())
        };
        shown.context(STDOUT)
    }

    fn finish(mut self) -> anyhow::Result<Outcome> {
        if let Some(log) = &mut self.log {
            log.sync()?;
        }
        if let Some(style) = self.job.style {
            terminal::write_counts(&mut self.out, &self.totals.counts, style)
                .and_then(|()| self.out.flush())
                .context(STDOUT)?;
        }
        let Totals { documents, changed, failed, findings, .. } = self.totals;
        if !self.args.quiet && (documents > 1 || changed > 0 || findings > 0) {
            let plural =
                |n: usize, what: &str| if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") };
            let mut summary = format!("{}, {changed} changed", plural(documents, "document"));
            if failed > 0 {
                summary += &format!(", {failed} failed");
            }
            if findings > 0 {
                let hint = if self.args.diff { "" } else { " (--diff shows them)" };
                summary += &format!("; {}{hint}", plural(findings, "finding"));
            }
            tell(&summary);
        }
        Ok(if failed > 0 {
            Outcome::Failed
        } else if self.args.check && changed > 0 && !self.out.is_closed() {
            Outcome::WouldChange
        } else {
            Outcome::Done
        })
    }
}

/// Writes a clean document to its place, if it has one and was cleaned.
fn write(found: &Found, done: &Result<Cleaned, String>, in_place: bool) -> io::Result<()> {
    let (Ok(Input { source: Source::File(source), target: Some(target), .. }), Ok(done)) = (found, done)
    else {
        return Ok(());
    };
    if in_place && !done.changed {
        return Ok(());
    }
    if let Some(folder) = target.parent().filter(|_| !in_place) {
        fs::create_dir_all(folder)?;
    }
    output::replace(target, &done.text, Some(source))
}
