//! `--decisions FILE`: what was decided on edits, from TOML, and what is told of it.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{anyhow, bail};
use jiaokan::corpus::decisions::{Entry, Outcome};
use jiaokan::corpus::{Decisions, Summary, reason};
use jiaokan::{Config, RuleId};
use serde::Deserialize;
use toml::Spanned;

use crate::cli::output::tell;

/// A file of decisions, as it is written.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    never: Vec<RuleId>,
    always: Vec<RuleId>,
    protect: Vec<String>,
    accept: Vec<Spanned<Entry>>,
    refuse: Vec<Spanned<Entry>>,
}

/// A file of decisions.
pub(crate) struct File {
    name: String,
    /// Its text: other decisions are another configuration.
    pub(crate) text: String,
    pub(crate) decisions: Arc<Decisions>,
    /// The line of each decision.
    lines: Vec<usize>,
}

/// Reads a file of decisions. What it says of whole rules and of text goes into the configuration.
pub(crate) fn read(file: &Path, config: &mut Config) -> anyhow::Result<File> {
    let name = file.display().to_string();
    let text = fs::read_to_string(file).map_err(|e| anyhow!("{name}: {}", reason(&e)))?;
    let line = |at: usize| text[..at].matches('\n').count() + 1;
    let written: Written = toml::from_str(&text).map_err(|e| {
        let (line, what) = (e.span().map_or(1, |span| line(span.start)), e.message());
        anyhow!("{name}:{line}: {what}{}", hint(what))
    })?;
    config.never.extend(written.never);
    config.always.extend(written.always);
    config.protect.extend(written.protect);
    let refused = written.refuse.into_iter().map(|entry| (false, entry));
    let accepted = written.accept.into_iter().map(|entry| (true, entry));
    let (mut lines, mut entries) = (Vec::new(), Vec::new());
    for (accept, entry) in refused.chain(accepted) {
        lines.push(line(entry.span().start));
        entries.push((accept, entry.into_inner()));
    }
    match Decisions::new(entries) {
        Ok(decisions) => Ok(File { name, text, decisions: Arc::new(decisions), lines }),
        Err(i) => {
            bail!("{name}:{}: a place is a line and a column of a document, as in at = \"12:45\"", lines[i])
        }
    }
}

/// What to do about a message of the TOML reader that does not say it.
fn hint(message: &str) -> &'static str {
    match message {
        "missing field `old`" => {
            ": the original's text that the edit replaces, as in old = \",\"; by it a decision is known to stand where it \
             was made for"
        }
        _ => "",
    }
}

impl File {
    /// Tells which decisions did not apply.
    pub(crate) fn tell(&self, summary: &Summary) {
        let decisions = &self.decisions;
        let outcomes = &summary.tally.decided;
        let is_whole = !summary.stopped && summary.before == 0 && summary.failed.is_empty();
        let mut stale = 0;
        for (i, entry, why) in decisions.stale(outcomes, is_whole) {
            let place = [entry.document.as_deref(), entry.at.as_deref()];
            let place = place.into_iter().flatten().map(|part| format!("{part} ")).collect::<String>();
            tell(&format!("{}:{}: {place}{}: does not apply: {why}", self.name, self.lines[i], entry.rule));
            stale += 1;
        }
        let applied = outcomes.values().filter(|outcome| **outcome == Outcome::Applied).count();
        tell(&format!("{applied} of {} decisions applied, {stale} did not", decisions.len()));
    }
}
