//! `jiaokan clean`: from arguments to a run over a corpus, and what is told of it.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use jiaokan::corpus::{
    self, Damage, Destination, Fingerprint, Found, LogFile, Observer, Options, Reading, Resuming, Shown,
    Source, Summary, Tally, Wanted, reason,
};
use jiaokan::report::html::{Document, Report, Totals};
use jiaokan::report::jsonl::checksum;
use jiaokan::report::terminal;
use jiaokan::{Cleaner, Config, StageId};
use serde_json::json;

use crate::cli::Outcome;
use crate::cli::args::{CleanArgs, Color, DiffFormat, InputArgs, Resume};
use crate::cli::config_file;
use crate::cli::decisions;
use crate::cli::inputs::{self, Naming};
use crate::cli::learn;
use crate::cli::output::{self, Out, plural, tell};
use crate::cli::progress::Progress;

/// The folder of a run's manifest: below that of the output, or beside the edit log.
const FOLDER: &str = ".jiaokan";

/// Set by Ctrl-C.
static STOP: AtomicBool = AtomicBool::new(false);

/// Runs `jiaokan clean`.
pub(crate) fn clean(args: CleanArgs, color: Color) -> anyhow::Result<Outcome> {
    args.shown.check(args.diff)?;
    if args.min_damage.zip(args.max_damage).is_some_and(|(min, max)| min > max) {
        bail!("--min-damage is more than --max-damage: nothing would be kept");
    }
    let mut config = config_file::resolve(&args)?;
    let decided = args.decisions.as_deref().map(|file| decisions::read(file, &mut config)).transpose()?;
    if args.dump_config {
        io::stdout().write_all(config_file::dump(&config)?.as_bytes())?;
        return Ok(Outcome::Done);
    }
    let mut fingerprint = fingerprint(&config, &args, decided.as_ref())?;
    let detect = config.runs(StageId::Decode);
    let mut cleaner = config_file::cleaner(config)?;
    has_input(&args.input)?;
    let is_one_file = args.shard_size.is_none()
        && args.output.as_deref().is_some_and(|output| inputs::is_one_file(&args.input, output));
    let found = collect(&args, is_one_file)?;
    let log = args.edits.as_deref().map(|path| log_file(path, &found, args.write)).transpose()?;
    if args.adapt {
        if found.iter().flatten().any(|input| matches!(input.source, Source::Stdin)) {
            bail!("--adapt reads the documents twice, standard input cannot be: name files or folders");
        }
        let reading = reading(&args.input, detect, false);
        let (profile, _) = learn::in_threads(args.threads, || learn::from(&found, &reading))?;
        if !args.quiet {
            tell(&learn::summary(&profile));
        }
        cleaner = cleaner.with_profile(Arc::new(profile));
    }
    fingerprint.profile = cleaner.profile().map(|profile| profile.id().to_string());
    let shown = args.diff.then(|| shown(&args, color));
    let progress = Progress::new(
        found.iter().flatten().map(|input| input.size).sum(),
        !args.quiet && !args.diff && (args.output.is_some() || args.write),
    );
    let wanted = Wanted {
        counts: args.stats.is_some() || args.report.is_some() || progress.is_shown(),
        shown: shown.clone(),
        decisions: decided.as_ref().map(|file| Arc::clone(&file.decisions)).unwrap_or_default(),
        ..wanted(&args, is_one_file)
    };
    let resuming = resuming(&args, is_one_file)?;
    stop_on_interrupt()?;
    let options = Options {
        fingerprint,
        reading: reading(&args.input, detect, args.diff),
        wanted,
        destination: destination(&args),
        aside: args.aside.clone(),
        log,
        resuming,
        threads: args.threads.map_or(0, Into::into),
        memory: usize::try_from(args.memory).unwrap_or(usize::MAX),
        stop: &STOP,
    };
    let mut told = Told {
        args: &args,
        out: if args.diff { Out::for_reading(args.shown.no_pager) } else { Out::new() },
        progress,
        check: args.check && !args.diff,
        report: Report::default(),
    };
    let began = Instant::now();
    let summary = corpus::run(&cleaner, found, options, &mut told)?;
    let took = began.elapsed();
    told.progress.finish();
    if let Some(Shown::Diff(style, filter)) = &shown {
        terminal::write_counts(&mut told.out, &summary.tally.counts, *style, filter)
            .context("standard output")?;
    }
    told.out.flush().context("standard output")?;
    let is_closed = told.out.is_closed();
    // A pager has been left when this returns.
    drop(told.out);
    if let Some(path) = &args.stats {
        let stats = stats_json(&summary, &cleaner, took);
        let text = serde_json::to_string_pretty(&stats)? + "\n";
        corpus::output::replace(path, text.as_bytes(), None)
            .map_err(|e| anyhow!("{}: {}", path.display(), reason(&e)))?;
    }
    let left_out = told.report.left_out();
    if let Some(path) = &args.report {
        write_report(path, told.report, &summary)?;
    }
    if !args.quiet {
        tell_summary(&summary, &args, took);
        decided.inspect(|file| file.tell(&summary));
        if left_out > 0 {
            tell(&format!("the report leaves {} out", plural(left_out, "document")));
        }
    }
    Ok(if summary.stopped || !summary.failed.is_empty() {
        Outcome::Failed
    } else if args.check && summary.tally.changed > 0 && !is_closed {
        Outcome::WouldChange
    } else {
        Outcome::Done
    })
}

/// The files to be cleaned, and where each is to be written.
fn collect(args: &CleanArgs, is_one_file: bool) -> anyhow::Result<Vec<Found>> {
    let destination = match &args.output {
        _ if args.write => inputs::Destination::InPlace,
        Some(file) if is_one_file => inputs::Destination::File(file),
        Some(folder) if folder.exists() && !folder.is_dir() => bail!("{}: is no folder", folder.display()),
        Some(_) if args.shard_size.is_some() => inputs::Destination::Stdout,
        Some(folder) => inputs::Destination::Folder(folder),
        None => inputs::Destination::Stdout,
    };
    let own: Vec<&Path> = args
        .output
        .iter()
        .chain(&args.edits)
        .chain(&args.stats)
        .chain(&args.aside)
        .chain(&args.report)
        .chain(&args.decisions)
        .map(AsRef::as_ref)
        .collect();
    inputs::collect(&args.input, destination, Naming { to: args.to, compression: args.compress }, &own)
}

/// Where the run writes.
fn destination(args: &CleanArgs) -> Destination {
    match (&args.output, args.shard_size) {
        _ if args.write => Destination::InPlace,
        (Some(folder), Some(size)) => Destination::Shards(folder.clone(), size),
        (Some(_), None) => Destination::Files,
        (None, _) => Destination::Stream,
    }
}

/// What the arguments alone say of what is wanted of each document.
fn wanted(args: &CleanArgs, is_one_file: bool) -> Wanted {
    let is_written = args.output.is_some() || args.write;
    Wanted {
        text: !args.check && (is_written || !args.diff && args.report.is_none()),
        expand: args.expand_script,
        report: args.report.is_some(),
        to: args.to,
        compression: match &args.output {
            None if !args.write => Some(args.compress.unwrap_or_default()),
            // Its name says how it is compressed.
            Some(file) if is_one_file => Some(args.compress.unwrap_or(corpus::output::compression_of(file))),
            _ => args.compress,
        },
        damage: Damage {
            min: args.min_damage.unwrap_or(0.0),
            max: args.max_damage.unwrap_or(1.0),
            aside: args.aside.is_some(),
        },
        joins: args.shard_size.is_some(),
        ..Wanted::default()
    }
}

/// The form of the diff that was asked for.
fn shown(args: &CleanArgs, color: Color) -> Shown {
    match args.shown.format.unwrap_or_default() {
        DiffFormat::Text => Shown::Diff(output::style(color), args.shown.filter()),
        DiffFormat::Unified => Shown::Unified,
        DiffFormat::Json => Shown::Json,
    }
}

fn write_report(path: &Path, report: Report, summary: &Summary) -> anyhow::Result<()> {
    let tally = &summary.tally;
    let totals = Totals {
        documents: tally.documents,
        changed: tally.changed,
        characters: tally.characters,
        counts: &tally.counts,
        failed: &summary.failed,
        before: summary.before,
    };
    let mut page = Vec::new();
    report.write(&mut page, &totals).context("the report")?;
    corpus::output::replace(path, &page, None).map_err(|e| anyhow!("{}: {}", path.display(), reason(&e)))
}

/// Refuses to wait for a terminal.
pub(crate) fn has_input(args: &InputArgs) -> anyhow::Result<()> {
    if args.paths.is_empty() && args.files_from.is_none() && io::stdin().is_terminal() {
        bail!("nothing to clean: name files or folders, or - for standard input");
    }
    Ok(())
}

pub(crate) fn reading(args: &InputArgs, detect: bool, whole: bool) -> Reading {
    Reading { format: args.from, encoding: args.encoding, detect, fields: args.text_field.clone(), whole }
}

fn log_file(path: &Path, found: &[Found], keep: bool) -> anyhow::Result<LogFile> {
    let is_input = |real: &Path| {
        found.iter().flatten().any(|input| match &input.source {
            Source::File(file) => fs::canonicalize(file).is_ok_and(|file| file == real),
            Source::Stdin => false,
        })
    };
    if fs::canonicalize(path).is_ok_and(|real| is_input(&real)) {
        bail!("{}: the edit log would overwrite an input", path.display());
    }
    Ok(LogFile { path: path.to_owned(), keep })
}

fn resuming(args: &CleanArgs, is_one_file: bool) -> anyhow::Result<Option<Resuming>> {
    let manifest = match (&args.output, &args.edits) {
        // A single file is done or is not.
        (Some(file), _) if is_one_file && args.resume.is_some() => {
            bail!("{}: --resume needs a folder: -o DIR/", file.display())
        }
        (Some(_), _) if is_one_file => return Ok(None),
        (Some(folder), _) => folder.join(FOLDER).join("manifest"),
        (None, Some(log)) if args.write => {
            let folder =
                log.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            if !folder.is_dir() {
                bail!("{}: no such file or folder", log.display());
            }
            let mut name = log.file_name().unwrap_or_default().to_owned();
            name.push(".manifest");
            folder.join(FOLDER).join(name)
        }
        _ if args.resume.is_some() => bail!("--resume needs -o DIR, or --write with --edits FILE"),
        _ => return Ok(None),
    };
    let any = args.resume == Some(Resume::Any);
    Ok(Some(Resuming { manifest, resume: args.resume.is_some(), any }))
}

/// A hash of all that determines the output beside the documents.
fn fingerprint(
    config: &Config,
    args: &CleanArgs,
    decided: Option<&decisions::File>,
) -> anyhow::Result<Fingerprint> {
    let mut text = config_file::dump(config)?;
    for dict in &config.dict {
        // A dictionary that cannot be read is an error of the cleaner that is made next.
        text.push_str(&fs::read_to_string(dict).unwrap_or_default());
    }
    text.push_str(decided.map_or("", |file| &file.text));
    let InputArgs { from, text_field, encoding, .. } = &args.input;
    text.push_str(&format!("{from:?} {text_field:?} {encoding:?} {:?} {:?}", args.to, args.compress));
    text.push_str(&format!(" {:?} {:?} {:?}", args.shard_size, args.min_damage, args.max_damage));
    Ok(Fingerprint { config: checksum(text.as_bytes()), profile: None })
}

fn stop_on_interrupt() -> anyhow::Result<()> {
    let listening = ctrlc::set_handler(|| {
        if STOP.swap(true, Ordering::Relaxed) {
            // Asked for a second time.
            std::process::exit(130);
        }
    });
    match listening {
        // By an earlier run of the process.
        Err(ctrlc::Error::MultipleHandlers) => Ok(()),
        listening => listening.context("cannot listen for Ctrl-C"),
    }
}

/// Tells of a run on standard output and error.
struct Told<'a> {
    args: &'a CleanArgs,
    out: Out,
    progress: Progress,
    check: bool,
    report: Report,
}

impl Observer for Told<'_> {
    fn note(&mut self, name: &str, note: &str) {
        if !self.args.quiet {
            self.progress.suspend(|| tell(&format!("{name}: {note}")));
        }
    }

    fn failed(&mut self, name: &str, what: &str) {
        self.progress.suspend(|| tell(&format!("{name}: {what}")));
    }

    fn show(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.progress.suspend(|| self.out.write_all(bytes))
    }

    fn report(&mut self, document: Document) {
        self.report.add(document);
    }

    fn done(&mut self, name: &str, tally: &Tally) -> io::Result<()> {
        if self.check && tally.changed > 0 {
            writeln!(self.out, "{name}")?;
        }
        // What is cleaned for somebody who waits for it is not held back.
        self.out.flush()
    }

    fn step(&mut self, bytes: u64, tally: &Tally) {
        self.progress.step(bytes, tally);
    }

    fn is_gone(&self) -> bool {
        self.out.is_closed()
    }
}

fn tell_summary(summary: &Summary, args: &CleanArgs, took: Duration) {
    let tally = &summary.tally;
    let failed = summary.failed.len();
    // A file that failed is a document that was not cleaned.
    let documents = tally.documents + tally.removed + failed;
    if documents <= 1 && tally.changed == 0 && tally.findings == 0 && summary.before == 0 {
        return;
    }
    let mut text = format!("{}, {} changed", plural(documents, "document"), tally.changed);
    if tally.removed > 0 {
        let how = if args.aside.is_some() { "set aside" } else { "dropped" };
        text += &format!(", {} {how}", tally.removed);
    }
    if failed > 0 {
        text += &format!(", {failed} failed");
    }
    if summary.before > 0 {
        text += &format!(", {} done before", plural(summary.before, "file"));
    }
    if tally.findings > 0 {
        let hint = if args.diff || args.report.is_some() { "" } else { " (--diff shows them)" };
        text += &format!("; {}{hint}", plural(tally.findings, "finding"));
    }
    if io::stderr().is_terminal() && took.as_millis() > 500 {
        let rate = tally.bytes as f64 / took.as_secs_f64() / 1e6;
        text += &format!("; {:.1} s, {rate:.0} MB/s", took.as_secs_f64());
    }
    tell(&text);
    if summary.stopped {
        tell("stopped; --resume goes on");
    }
}

/// What a run did, as an object.
fn stats_json(summary: &Summary, cleaner: &Cleaner, took: Duration) -> serde_json::Value {
    let failed: Vec<_> =
        summary.failed.iter().map(|(path, error)| json!({ "path": path, "error": error })).collect();
    let stages: serde_json::Map<String, serde_json::Value> = cleaner
        .stage_times()
        .map(|(stage, time)| (stage.name().to_owned(), json!(time.as_secs_f64())))
        .collect();
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "seconds": took.as_secs_f64(),
        "files": summary.files,
        "files_done_before": summary.before,
        "files_failed": failed,
        "stopped": summary.stopped,
        "bytes_read": summary.read,
        "bytes_written": summary.written,
        "stage_seconds": stages,
        "documents": summary.tally.to_json(),
    })
}
