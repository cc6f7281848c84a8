//! Reports of what was done to a text: for people ([`terminal`], [`html`], [`fragment`]), for programs ([`jsonl`])
//! and for `patch` ([`unified`]).
//!
//! Reports read a [`Cleaned`] and change nothing. They are linear in the size of the text and the number
//! of changes, and know nothing of files or terminals: they write to what they are given.

#[cfg(feature = "cli")]
pub(crate) mod compare;
pub mod fragment;
pub mod html;
mod json;
pub mod jsonl;
mod marks;
pub(crate) mod place;
pub mod terminal;
#[cfg(test)]
mod testing;
pub mod unified;
mod visible;

use std::collections::BTreeMap;

use crate::edit::{Change, ChangeKind};
use crate::pipeline::Cleaned;
use crate::rules::RuleId;

/// The rules of which something is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// If not empty, only these.
    pub show: Vec<RuleId>,
    /// None of these.
    pub hide: Vec<RuleId>,
}

impl Filter {
    /// Whether what `rule` did is shown.
    #[must_use]
    pub fn shows(&self, rule: RuleId) -> bool {
        (self.show.is_empty() || self.show.contains(&rule)) && !self.hide.contains(&rule)
    }

    /// Whether a change is shown: one of its rules is, or nobody knows them.
    #[must_use]
    pub fn shows_change(&self, change: &Change) -> bool {
        change.rules.is_empty() || change.rules.iter().any(|&rule| self.shows(rule))
    }
}

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
        let mut counts = [Count::default(); RuleId::ALL.len()];
        for change in changes {
            let converted = match change.kind {
                ChangeKind::Convert => cleaned
                    .conversions(change)
                    .iter()
                    .map(|(_, new)| new.of(cleaned.text()).chars().count())
                    .sum(),
                _ => 0,
            };
            for &rule in &*change.rules {
                let count = &mut counts[rule as usize];
                count.converted += converted;
                count.edits += usize::from(change.kind != ChangeKind::Convert);
            }
        }
        for finding in cleaned.findings() {
            counts[finding.rule as usize].findings += 1;
        }
        let counts = RuleId::ALL.iter().copied().zip(counts);
        Self(counts.filter(|(_, count)| *count != Count::default()).collect())
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
