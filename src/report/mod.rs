//! Reports of what was done to a text: for people ([`terminal`], [`html`], [`fragment`]) and for programs
//! ([`jsonl`]).
//!
//! Reports read a [`Cleaned`] and change nothing. They are linear in the size of the text and the number
//! of changes, and know nothing of files or terminals: they write to what they are given.

pub mod fragment;
pub mod html;
pub mod jsonl;
mod marks;
pub(crate) mod place;
pub mod terminal;
#[cfg(test)]
mod testing;
mod visible;

use std::collections::BTreeMap;

use crate::edit::{Change, ChangeKind, Span};
use crate::pipeline::Cleaned;
use crate::rules::RuleId;

/// How much a rule did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Edits that it had a part in.
    pub edits: usize,
    /// Characters that it converted.
    pub converted: usize,
    /// Findings.
    pub findings: usize,
}

/// What the rules did, over any number of documents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(BTreeMap<RuleId, Count>);

impl Counts {
    /// What the rules did to one document.
    #[must_use]
    pub fn of(cleaned: &Cleaned<'_>, changes: &[Change]) -> Self {
        let mut counts = Self::default();
        for change in changes {
            let converted = match change.kind {
                ChangeKind::Convert => conversions(cleaned, change)
                    .iter()
                    .map(|(_, new)| new.of(cleaned.text()).chars().count())
                    .sum(),
                _ => 0,
            };
            for &rule in &change.rules {
                let count = counts.0.entry(rule).or_default();
                count.converted += converted;
                count.edits += usize::from(change.kind != ChangeKind::Convert);
            }
        }
        for finding in cleaned.findings() {
            counts.0.entry(finding.rule).or_default().findings += 1;
        }
        counts
    }

    /// Adds those of another document.
    pub fn add(&mut self, other: &Counts) {
        for (&rule, more) in &other.0 {
            let count = self.0.entry(rule).or_default();
            count.edits += more.edits;
            count.converted += more.converted;
            count.findings += more.findings;
        }
    }

    /// The rules that did something, in the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = (RuleId, Count)> {
        self.0.iter().map(|(&rule, &count)| (rule, count))
    }
}

/// The characters that a stretch of conversion really changed, as runs in the original and in the clean
/// text. A stretch whose two sides do not stand character against character is one run.
fn conversions(cleaned: &Cleaned<'_>, change: &Change) -> Vec<(Span, Span)> {
    let (old, new) = (cleaned.old(change), cleaned.new_text(change));
    if old.chars().count() != new.chars().count() {
        return vec![(change.source, change.clean)];
    }
    let mut runs: Vec<(Span, Span)> = Vec::new();
    let (mut i, mut j) = (change.source.start, change.clean.start);
    for (a, b) in old.chars().zip(new.chars()) {
        let (from, to) = (Span::new(i, i + a.len_utf8()), Span::new(j, j + b.len_utf8()));
        (i, j) = (from.end, to.end);
        match runs.last_mut() {
            _ if a == b => {}
            Some(last) if last.0.end == from.start && last.1.end == to.start => {
                (last.0.end, last.1.end) = (i, j)
            }
            _ => runs.push((from, to)),
        }
    }
    runs
}
