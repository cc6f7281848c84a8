//! A cleaned text, its edits, and how positions in it and in the original correspond.

use std::borrow::Cow;
use std::sync::OnceLock;

use crate::edit::{Bias, Change, Layer, Refusal, SourceOrder, Span};
use crate::pipeline::Finding;
use crate::pipeline::block::Block;

/// A cleaned text and all that is known of how it came about.
#[derive(Debug)]
pub struct Cleaned<'t> {
    original: Cow<'t, str>,
    text: Cow<'t, str>,
    pub(super) findings: Vec<Finding>,
    /// Length of each block's original and its layers; composed when first asked for.
    blocks: Vec<(usize, Vec<Layer>)>,
    layer: OnceLock<Layer>,
    /// The layer's pieces in the order of the source; sorted when first asked for.
    order: OnceLock<SourceOrder>,
}

impl<'t> Cleaned<'t> {
    pub(super) fn new(original: &'t str, spans: &[Span], done: Vec<Block>) -> Self {
        let text = if done.iter().all(|block| block.text.is_none()) {
            Cow::Borrowed(original)
        } else {
            spans
                .iter()
                .zip(&done)
                .map(|(span, block)| block.text.as_deref().unwrap_or_else(|| span.of(original)))
                .collect()
        };
        let mut findings = Vec::new();
        let mut blocks = Vec::with_capacity(done.len());
        for (span, block) in spans.iter().zip(done) {
            findings.extend(block.findings.into_iter().map(|f| Finding {
                span: f.span.shift(span.start),
                target: f.target.map(|to| to + span.start),
                ..f
            }));
            blocks.push((span.len(), block.layers));
        }
        Self {
            original: Cow::Borrowed(original),
            text,
            findings,
            blocks,
            layer: OnceLock::new(),
            order: OnceLock::new(),
        }
    }

    /// What one layer made of a text.
    #[cfg(any(test, feature = "cli"))]
    pub(crate) fn of_layer(
        original: impl Into<Cow<'t, str>>,
        text: impl Into<Cow<'t, str>>,
        layer: Layer,
        findings: Vec<Finding>,
    ) -> Self {
        let (original, text) = (original.into(), text.into());
        let blocks = vec![(original.len(), vec![layer])];
        Self { original, text, findings, blocks, layer: OnceLock::new(), order: OnceLock::new() }
    }

    /// The text as it was.
    #[must_use]
    pub fn original(&self) -> &str {
        &self.original
    }

    /// The clean text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The clean text, without a copy where possible.
    #[must_use]
    pub fn into_text(self) -> Cow<'t, str> {
        self.text
    }

    /// Whether anything was changed.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        self.blocks.iter().any(|(_, layers)| !layers.is_empty()) && self.original != self.text
    }

    /// What was seen and left alone, in the order of the original.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The way from the original to the clean text as one layer.
    pub fn layer(&self) -> &Layer {
        self.layer.get_or_init(|| {
            Layer::concat(self.blocks.iter().map(|(len, layers)| {
                let mut layers = layers.iter().cloned();
                let first = layers.next().unwrap_or_else(|| Layer::identity(*len));
                layers.fold(first, Layer::then)
            }))
        })
    }

    /// Every change, in the order of the clean text.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        self.layer().changes(&self.original, &self.text)
    }

    /// The old text of a change.
    #[must_use]
    pub fn old(&self, change: &Change) -> &str {
        change.source.of(&self.original)
    }

    /// The new text of a change.
    #[must_use]
    pub fn new_text(&self, change: &Change) -> &str {
        change.clean.of(&self.text)
    }

    /// The characters that a stretch of conversion really changed, as runs in the original and in the clean
    /// text. A stretch whose two sides do not stand character against character is one run.
    #[must_use]
    pub fn conversions(&self, change: &Change) -> Vec<(Span, Span)> {
        let (old, new) = (self.old(change), self.new_text(change));
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

    /// The byte offset in the original that a byte offset in the clean text comes from.
    #[must_use]
    pub fn to_original(&self, pos: usize, bias: Bias) -> usize {
        self.layer().to_source(pos, bias)
    }

    /// The byte offset in the clean text that a byte offset in the original went to.
    #[must_use]
    pub fn to_clean(&self, pos: usize, bias: Bias) -> usize {
        let order = self.order.get_or_init(|| self.layer().source_order());
        self.layer().to_output_in(order, pos, bias)
    }

    /// Takes changes back, by [`Change::id`], and what depends on them.
    #[must_use]
    pub fn refuse(&self, ids: &[usize]) -> Refusal {
        self.layer().refuse(&self.original, &self.text, ids)
    }

    /// The document with the changes `ids` and the conversion of the clean text's `spans` taken back, and only
    /// the findings that are `open`.
    pub(crate) fn without(self, ids: &[usize], spans: &[Span], open: &[bool]) -> Self {
        let refused = !ids.is_empty() || !spans.is_empty();
        let refusal = refused.then(|| self.layer().refuse_within(&self.original, &self.text, ids, spans));
        let mut cleaned = self;
        let mut open = open.iter();
        cleaned.findings.retain(|_| open.next() == Some(&true));
        if let Some(Refusal { text, layer, .. }) = refusal {
            cleaned.text = Cow::Owned(text);
            cleaned.blocks = vec![(cleaned.original.len(), vec![layer])];
            cleaned.layer = OnceLock::new();
        }
        cleaned
    }

    /// The same, owning its texts.
    #[must_use]
    pub fn into_owned(self) -> Cleaned<'static> {
        Cleaned {
            original: Cow::Owned(self.original.into_owned()),
            text: Cow::Owned(self.text.into_owned()),
            findings: self.findings,
            blocks: self.blocks,
            layer: self.layer,
            order: self.order,
        }
    }
}
