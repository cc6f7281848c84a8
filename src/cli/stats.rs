//! `jiaokan stats`: what damage there is, without cleaning it.

use std::io::{self, Write};
use std::sync::atomic::AtomicBool;

use anyhow::Context;
use jiaokan::StageId;
use jiaokan::corpus::tally::Sample;
use jiaokan::corpus::{self, Destination, Fingerprint, Observer, Options, Shown, Summary, Tally, Wanted};
use serde_json::{Value, json};

use crate::cli::Outcome;
use crate::cli::args::{Format, MEMORY, StatsArgs};
use crate::cli::config_file;
use crate::cli::inputs::{self, Naming};
use crate::cli::output::{plural, tell};
use crate::cli::run::{has_input, reading};

/// Runs `jiaokan stats`.
pub(crate) fn stats(args: &StatsArgs) -> anyhow::Result<Outcome> {
    let config = config_file::load(args.config.as_deref(), args.no_config)?;
    let detect = config.runs(StageId::Decode);
    let cleaner = config_file::cleaner(config)?;
    has_input(&args.input)?;
    let found = inputs::collect(&args.input, inputs::Destination::Stdout, Naming::default(), &[])?;
    let never = AtomicBool::new(false);
    let options = Options {
        fingerprint: Fingerprint { config: String::new(), profile: None },
        reading: reading(&args.input, detect, false),
        wanted: Wanted { counts: true, shown: Some(Shown::Samples(args.samples)), ..Wanted::default() },
        destination: Destination::Stream,
        aside: None,
        log: None,
        resuming: None,
        threads: args.threads.map_or(0, Into::into),
        memory: MEMORY,
        stop: &never,
    };
    let summary = corpus::run(&cleaner, found, options, &mut Failures)?;
    let mut out = io::stdout().lock();
    match args.format {
        Format::Text => write_text(&mut out, &summary)?,
        Format::Json => {
            let mut object = summary.tally.to_json();
            object["samples"] = summary
                .tally
                .samples()
                .map(|(rule, samples)| {
                    let samples: Vec<Value> = samples.iter().map(sample_json).collect();
                    (rule.rule().code.to_owned(), Value::from(samples))
                })
                .collect::<serde_json::Map<_, _>>()
                .into();
            serde_json::to_writer_pretty(&mut out, &object).map_err(io::Error::from)?;
            writeln!(out)?;
        }
    }
    out.flush().context("standard output")?;
    Ok(if summary.failed.is_empty() { Outcome::Done } else { Outcome::Failed })
}

fn sample_json(sample: &Sample) -> Value {
    let Sample { name, before, old, new, after } = sample;
    json!({ "name": name, "before": before, "old": old, "new": new, "after": after })
}

fn write_text(out: &mut impl Write, summary: &Summary) -> io::Result<()> {
    let tally = &summary.tally;
    writeln!(
        out,
        "{}, {}, {}; {} would change; damage {:.4}",
        plural(summary.files - summary.failed.len(), "file"),
        plural(tally.documents, "document"),
        plural(tally.characters, "character"),
        plural(tally.changed, "document"),
        tally.damage()
    )?;
    for (encoding, count) in &tally.encodings {
        writeln!(out, "{encoding}: {count}")?;
    }
    let width = tally.counts.iter().map(|(rule, _)| rule.rule().name.len()).max().unwrap_or(0);
    for (rule, count) in tally.counts.iter() {
        let entry = rule.rule();
        let mut counted = Vec::new();
        for (n, what) in [(count.edits, "edit"), (count.converted, "character"), (count.findings, "finding")]
        {
            if n > 0 {
                counted.push(plural(n, what));
            }
        }
        writeln!(out, "\n{}  {:width$}  {}", entry.code, entry.name, counted.join(", "))?;
        let samples = tally.samples().find(|(of, _)| *of == rule).map_or(&[][..], |(_, samples)| samples);
        for Sample { name, before, old, new, after } in samples {
            let visible = |text: &str| text.replace('\n', "⏎").chars().take(60).collect::<String>();
            let change = match new {
                Some(new) => format!("[-{}-]{{+{}+}}", visible(old), visible(new)),
                None => format!("[={}=]", visible(old)),
            };
            writeln!(out, "    {}{change}{}   ({name})", visible(before), visible(after))?;
        }
    }
    Ok(())
}

/// Tells of files that could not be read.
struct Failures;

impl Observer for Failures {
    fn note(&mut self, _: &str, _: &str) {}

    fn failed(&mut self, name: &str, what: &str) {
        tell(&format!("{name}: {what}"));
    }

    fn show(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn done(&mut self, _: &str, _: &Tally) -> io::Result<()> {
        Ok(())
    }
}
