//! What a stage proposes, and which of it is made.

use crate::convert::Exceptions;
use crate::decide::Decided;
use crate::edit::{Bias, EditId, Layer, Patch, PatchBuilder, Span};
use crate::pipeline::{Doc, Finding};
use crate::rules::{Applicability, RuleId};

/// What a stage proposes. Routes each edit by its applicability: into the patch or among the findings.
#[derive(Debug)]
pub struct Proposals<'a> {
    doc: Doc<'a>,
    patch: PatchBuilder<'a>,
    findings: Vec<Finding>,
    /// Spans of `doc.text` that no edit may touch, ascending.
    keep_off: Vec<Span>,
    origin: Origin<'a>,
}

/// Where a stage's text comes from, and what was decided on its edits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin<'a> {
    /// The block as it was.
    pub(super) original: &'a str,
    /// Where in the document it stands.
    pub(super) start: usize,
    /// What the stages before did to it.
    pub(super) layers: &'a [Layer],
    pub(super) decided: &'a Decided<'a>,
}

impl Origin<'_> {
    /// What a position in the stage's text was in the block.
    pub(super) fn position(&self, pos: usize) -> usize {
        self.layers.iter().rev().fold(pos, |pos, layer| layer.to_source(pos, Bias::Left))
    }

    /// What a span of the stage's text was in the block.
    pub(super) fn span(&self, span: Span) -> Span {
        self.layers.iter().rev().fold(span, |span, layer| {
            let start = layer.to_source(span.start, Bias::Right);
            let end = layer.to_source(span.end, Bias::Left);
            Span::new(start.min(end), start.max(end))
        })
    }

    /// The decision to accept an unsafe edit.
    fn accepts(&self, span: Span, rule: RuleId, new: Option<&str>) -> Option<usize> {
        if self.decided.is_empty() {
            return None;
        }
        let span = self.span(span);
        self.decided.accepts(rule, self.start + span.start, span.of(self.original), new)
    }
}

/// An edit that goes into the patch, and the decision that lets it.
type Taken = Option<usize>;

/// What an edit does.
#[derive(Clone, Copy)]
enum Edit<'e> {
    Replace(&'e str),
    Move(usize),
}

impl<'a> Proposals<'a> {
    pub(super) fn new(doc: Doc<'a>, keep_off: Vec<Span>, origin: Origin<'a>) -> Self {
        Self { doc, patch: PatchBuilder::new(doc.text), findings: Vec::new(), keep_off, origin }
    }

    /// The edits that are made, the findings, and what was kept off.
    pub(super) fn finish(self) -> (Patch<'a>, Vec<Finding>, Vec<Span>) {
        (self.patch.finish(), self.findings, self.keep_off)
    }

    /// Whether an edit of `span` would touch protected text or an unresolved damage.
    #[must_use]
    pub fn is_kept_off(&self, span: Span) -> bool {
        span.overlaps_any(&self.keep_off)
    }

    /// Whether no edit may touch anything in `span`.
    #[must_use]
    pub fn covers(&self, span: Span) -> bool {
        let i = self.keep_off.partition_point(|k| k.end < span.end);
        self.keep_off.get(i).is_some_and(|k| k.contains(span))
    }

    /// Whether something of `span` is replaced already.
    #[must_use]
    pub fn is_replaced(&self, span: Span) -> bool {
        self.patch.replaces(span)
    }

    /// The spans that no edit may touch, ascending.
    #[must_use]
    pub fn kept_off(&self) -> &[Span] {
        &self.keep_off
    }

    /// Replaces `span` by `text` at the rule's own applicability.
    pub fn replace(&mut self, span: Span, text: &str, rule: RuleId) -> Option<EditId> {
        self.propose(span, text, rule, 1.0, rule.rule().applicability)
    }

    /// Replaces `span` by `text` if `applicability` is selected, otherwise reports it. Returns the edit
    /// if it was taken.
    pub fn propose(
        &mut self,
        span: Span,
        text: &str,
        rule: RuleId,
        confidence: f32,
        applicability: Applicability,
    ) -> Option<EditId> {
        let taken = self.takes(span, Edit::Replace(text), rule, confidence, applicability)?;
        let edit = self.patch.replace(span, text, rule, confidence).ok()?;
        Some(self.taken(edit, taken))
    }

    /// Moves `span` to `to` if `applicability` is selected, otherwise reports it.
    pub fn relocate(
        &mut self,
        span: Span,
        to: usize,
        rule: RuleId,
        confidence: f32,
        applicability: Applicability,
    ) -> Option<EditId> {
        let taken = self.takes(span, Edit::Move(to), rule, confidence, applicability)?;
        let edit = self.patch.relocate(span, to, rule, confidence).ok()?;
        Some(self.taken(edit, taken))
    }

    fn taken(&self, edit: EditId, taken: Taken) -> EditId {
        if let Some(decision) = taken {
            self.origin.decided.apply(decision);
        }
        edit
    }

    /// Replaces the whole text by its conversion; see [`PatchBuilder::convert`].
    pub fn convert(&mut self, text: String, passes: Vec<Exceptions>, rule: RuleId) {
        self.patch.convert(text, passes, rule);
    }

    /// Reports `span`.
    pub fn report(&mut self, span: Span, rule: RuleId) {
        if self.doc.config.selects(rule) {
            self.findings.push(Finding { rule, span, proposal: None, target: None, confidence: 1.0 });
        }
    }

    /// Declares that refusing `on` refuses `edit` too.
    pub fn depends(&mut self, edit: EditId, on: EditId) {
        self.patch.depends(edit, on);
    }

    /// Whether an edit goes into the patch. One that is allowed but not selected becomes a finding.
    fn takes(
        &mut self,
        span: Span,
        edit: Edit<'_>,
        rule: RuleId,
        confidence: f32,
        applicability: Applicability,
    ) -> Option<Taken> {
        let config = self.doc.config;
        if !config.selects(rule) || self.is_kept_off(span) {
            return None;
        }
        let proposal = match edit {
            Edit::Replace(text) => Some(text),
            Edit::Move(_) => None,
        };
        let taken = match applicability {
            Applicability::Safe => Some(None),
            Applicability::Unsafe if config.select_unsafe || config.always.contains(&rule) => Some(None),
            Applicability::Unsafe => self.origin.accepts(span, rule, proposal).map(Some),
            Applicability::Display => None,
        };
        if taken.is_none() {
            let target = match edit {
                Edit::Move(to) if applicability == Applicability::Unsafe => Some(to),
                _ => None,
            };
            self.findings.push(Finding {
                rule,
                span,
                proposal: proposal.map(str::to_owned),
                target,
                confidence,
            });
        }
        taken
    }
}
