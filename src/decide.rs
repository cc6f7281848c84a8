//! What people decided on single edits: an edit refused is taken back, an unsafe one accepted is made.
//!
//! A decision names an edit by its rule and its texts, at one place or wherever it occurs, so that the same
//! decisions give the same text every time, and one that fits nothing can be told. This module knows of no
//! files.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::edit::{ChangeKind, Span};
use crate::pipeline::{Cleaned, Finding};
use crate::rules::RuleId;

/// A decision on an edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether the edit is to be made; if not, it is taken back, and what depends on it.
    pub accept: bool,
    /// A rule that has a part in the edit.
    pub rule: RuleId,
    /// Byte offset of the edit in the original; without one, every edit alike.
    pub at: Option<usize>,
    /// The original's text there.
    pub old: String,
    /// What is written there; without it, whatever.
    pub new: Option<String>,
}

/// The decisions on one document, and which of them applied so far.
#[derive(Debug, Default)]
pub(crate) struct Decided<'d> {
    decisions: &'d [Decision],
    /// Those at one place, by it; those for all places have none.
    places: HashMap<Option<usize>, Vec<usize>>,
    applied: Vec<AtomicBool>,
}

impl<'d> Decided<'d> {
    pub(crate) fn new(decisions: &'d [Decision]) -> Self {
        let mut places: HashMap<_, Vec<_>> = HashMap::new();
        for (i, decision) in decisions.iter().enumerate() {
            places.entry(decision.at).or_default().push(i);
        }
        let applied = decisions.iter().map(|_| AtomicBool::new(false)).collect();
        Self { decisions, places, applied }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.decisions.is_empty()
    }

    /// The decision on an edit: one for its place goes before one for all places, and among those the first.
    pub(crate) fn on(&self, rules: &[RuleId], at: usize, old: &str, new: Option<&str>) -> Option<usize> {
        let fits = |&&i: &&usize| {
            let d = &self.decisions[i];
            rules.contains(&d.rule) && d.old == old && d.new.as_deref().is_none_or(|text| new == Some(text))
        };
        let among = |at: Option<usize>| self.places.get(&at)?.iter().find(fits).copied();
        among(Some(at)).or_else(|| among(None))
    }

    /// The decision to accept an edit, if there is one.
    pub(crate) fn accepts(&self, rule: RuleId, at: usize, old: &str, new: Option<&str>) -> Option<usize> {
        self.on(&[rule], at, old, new).filter(|&i| self.decisions[i].accept)
    }

    pub(crate) fn apply(&self, decision: usize) {
        self.applied[decision].store(true, Ordering::Relaxed);
    }

    /// Takes back what was refused, and leaves out the findings that were decided on.
    pub(crate) fn settle<'t>(&self, cleaned: Cleaned<'t>) -> Cleaned<'t> {
        if self.is_empty() {
            return cleaned;
        }
        let is_refused = |rules: &[RuleId], at, old: &str, new: Option<&str>| {
            let decision = self.on(rules, at, old, new)?;
            self.apply(decision);
            Some(!self.decisions[decision].accept)
        };
        let (original, text) = (cleaned.original(), cleaned.text());
        let (mut ids, mut spans) = (Vec::new(), Vec::new());
        for change in cleaned.changes() {
            let refuses = |source: Span, clean: Span| {
                is_refused(&change.rules, source.start, source.of(original), Some(clean.of(text)))
            };
            match refuses(change.source, change.clean) {
                Some(true) => ids.push(change.id),
                Some(false) => {}
                // A stretch of conversion is decided on run by run, too.
                None if change.kind == ChangeKind::Convert => {
                    let runs = cleaned.conversions(&change).into_iter();
                    spans.extend(runs.filter(|run| refuses(run.0, run.1) == Some(true)).map(|run| run.1));
                }
                None => {}
            }
        }
        let is_open = |f: &Finding| {
            let decided = self.on(&[f.rule], f.span.start, f.span.of(original), f.proposal.as_deref());
            // An edit that was accepted and could not be made stays a finding.
            decided.filter(|&i| !self.decisions[i].accept).inspect(|&i| self.apply(i)).is_none()
        };
        let open: Vec<bool> = cleaned.findings().iter().map(is_open).collect();
        cleaned.without(&ids, &spans, &open)
    }

    /// Which of the decisions applied, in their order.
    pub(crate) fn applied(&self) -> Vec<bool> {
        self.applied.iter().map(|applied| applied.load(Ordering::Relaxed)).collect()
    }
}
