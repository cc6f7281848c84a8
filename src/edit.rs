//! The edit model: edits, patches, layers of pieces, offset maps, composition, inversion, refusal.
//!
//! A stage proposes a [`Patch`] against the text it read. Applying it copies forward once and gives
//! the new text and a [`Layer`]: the list of [`Piece`]s that says where every byte of the output comes
//! from. Two invariants carry everything else:
//!
//! * the `output` spans of a layer's pieces, in order, tile the output;
//! * their `source` spans, as a set, tile the source (a move only permutes them).
//!
//! So a layer can be read both ways, two layers compose into one, and original text plus the pieces
//! give the output back and the other way round, byte for byte. All offsets in this module are bytes
//! of UTF-8 and lie on character boundaries. This module knows nothing of Chinese.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::rules::RuleId;

/// A half-open range of byte offsets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The span `start..end`.
    #[must_use]
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// Length in bytes.
    #[must_use]
    pub const fn len(self) -> usize {
        self.end - self.start
    }

    /// Whether the span holds no byte.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Whether the two spans share a byte, or one is an empty span strictly inside the other.
    #[must_use]
    pub const fn overlaps(self, other: Span) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// Whether `other` lies within this span.
    #[must_use]
    pub const fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The span moved `by` bytes to the right.
    #[must_use]
    pub const fn shift(self, by: usize) -> Span {
        Span::new(self.start + by, self.end + by)
    }

    /// The text the span covers.
    ///
    /// # Panics
    /// If the span does not lie on character boundaries of `text`.
    #[must_use]
    pub fn of(self, text: &str) -> &str {
        &text[self.start..self.end]
    }
}

/// "No edit", "no move" in a piece.
const NONE: u32 = u32::MAX;

/// Names one edit or move inside its patch or layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EditId(u32);

#[derive(Clone, Debug, PartialEq)]
struct Replacement {
    span: Span,
    /// Range in the patch's text arena.
    text: Span,
    id: u32,
}

#[derive(Clone, Debug, PartialEq)]
struct Move {
    span: Span,
    to: usize,
    id: u32,
}

/// What is known of an edit beside its place.
#[derive(Clone, Debug, PartialEq)]
struct Info {
    /// None where nobody knows why it was made.
    rule: Option<RuleId>,
    confidence: f32,
    /// Edits without which this one makes no sense.
    needs: Vec<u32>,
    /// Union-find parent: edits that overlap through several layers are one edit.
    parent: u32,
}

/// Why [`PatchBuilder`] did not take an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The span is not inside the text, or cuts a character.
    #[error("the span does not lie on character boundaries of the text")]
    Boundary,
    /// The edit would change nothing.
    #[error("the edit changes nothing")]
    Nothing,
    /// It overlaps an edit that came before, or straddles a move.
    #[error("the edit overlaps another one")]
    Overlap,
}

/// Collects the edits of one stage; overlapping ones are refused when they come, first come first
/// served, so that a patch is valid by construction.
#[derive(Debug)]
pub struct PatchBuilder<'t> {
    source: &'t str,
    text: String,
    replacements: Vec<Replacement>,
    moves: Vec<Move>,
    infos: Vec<Info>,
    dense: Option<Dense>,
}

/// A whole new text at the same offsets, but for sparse exceptions: source spans and their new lengths,
/// for each of the passes that led to it.
#[derive(Debug)]
struct Dense {
    text: String,
    passes: Vec<Vec<(Span, usize)>>,
}

impl<'t> PatchBuilder<'t> {
    /// An empty patch against `source`.
    #[must_use]
    pub fn new(source: &'t str) -> Self {
        Self {
            source,
            text: String::new(),
            replacements: Vec::new(),
            moves: Vec::new(),
            infos: Vec::new(),
            dense: None,
        }
    }

    /// Whether something of `span` is replaced already.
    #[must_use]
    pub fn replaces(&self, span: Span) -> bool {
        let i = self.replacements.partition_point(|r| r.span.end <= span.start);
        self.replacements.get(i).is_some_and(|r| r.span.overlaps(span))
    }

    /// Replaces `span` by `text`.
    ///
    /// # Errors
    /// If the span is not on character boundaries, changes nothing, or overlaps an earlier edit.
    pub fn replace(
        &mut self,
        span: Span,
        text: &str,
        rule: RuleId,
        confidence: f32,
    ) -> Result<EditId, EditError> {
        self.check(span)?;
        if span.of(self.source) == text {
            return Err(EditError::Nothing);
        }
        // Stages scan forward, so the place is nearly always the end.
        let at = match self.replacements.last() {
            Some(last) if last.span.start > span.start => {
                self.replacements.partition_point(|r| (r.span.start, r.span.end) <= (span.start, span.end))
            }
            _ => self.replacements.len(),
        };
        let clash = |r: &Replacement| {
            r.span.overlaps(span) || (r.span.start == span.start && (r.span.is_empty() || span.is_empty()))
        };
        let before = at.checked_sub(1).is_some_and(|i| clash(&self.replacements[i]));
        let after = self.replacements.get(at).is_some_and(clash);
        let straddles = self.moves.iter().any(|m| {
            let inside = m.span.start < span.start && span.end < m.span.end
                || (m.span.contains(span) && !span.is_empty());
            let touches = m.span.overlaps(span)
                || (span.is_empty() && (span.start == m.span.start || span.start == m.span.end));
            (touches && !inside)
                || (span.start < m.to && m.to < span.end)
                || (span.is_empty() && span.start == m.to)
        });
        if before || after || straddles {
            return Err(EditError::Overlap);
        }
        let start = self.text.len();
        self.text.push_str(text);
        let id = self.info(rule, confidence);
        self.replacements.insert(at, Replacement { span, text: Span::new(start, self.text.len()), id });
        Ok(EditId(id))
    }

    /// Takes `span` out and puts it at `to`, a position outside the span. Several moves to one place
    /// stand there in the order in which they were made.
    ///
    /// # Errors
    /// If an offset is not on a character boundary, the move changes nothing, or it crosses another edit.
    pub fn relocate(
        &mut self,
        span: Span,
        to: usize,
        rule: RuleId,
        confidence: f32,
    ) -> Result<EditId, EditError> {
        self.check(span)?;
        self.check(Span::new(to, to))?;
        if span.is_empty() || (span.start <= to && to <= span.end) {
            return Err(EditError::Nothing);
        }
        let crosses_move = self.moves.iter().any(|m| {
            m.span.overlaps(span)
                || (m.span.start < to && to < m.span.end)
                || (span.start < m.to && m.to < span.end)
        });
        let crosses_edit = self.replacements.iter().any(|r| {
            let point =
                |p: usize| (r.span.start < p && p < r.span.end) || (r.span.is_empty() && r.span.start == p);
            point(span.start) || point(span.end) || point(to)
        });
        if crosses_move || crosses_edit {
            return Err(EditError::Overlap);
        }
        let id = self.info(rule, confidence);
        self.moves.push(Move { span, to, id });
        Ok(EditId(id))
    }

    /// Declares that refusing `on` refuses `edit` too.
    pub fn depends(&mut self, edit: EditId, on: EditId) {
        self.infos[edit.0 as usize].needs.push(on.0);
    }

    /// Replaces the whole text by one that stands at the same offsets, character for character, but for the
    /// exceptions of one or more passes: spans, ascending, of the text that the pass read, and the byte
    /// length each has behind it. This is the form of the script layer; a patch that takes it takes
    /// nothing else.
    ///
    /// # Panics
    /// If the lengths do not add up.
    pub fn convert(&mut self, text: String, passes: Vec<Vec<(Span, usize)>>, rule: RuleId) {
        let removed: usize = passes.iter().flatten().map(|(span, _)| span.len()).sum();
        let added: usize = passes.iter().flatten().map(|&(_, len)| len).sum();
        assert_eq!(
            self.source.len() + added,
            text.len() + removed,
            "exceptions do not account for the length"
        );
        assert!(self.replacements.is_empty() && self.moves.is_empty());
        self.info(rule, 1.0);
        self.dense = Some(Dense { text, passes });
    }

    fn check(&self, span: Span) -> Result<(), EditError> {
        let inside = span.start <= span.end && span.end <= self.source.len();
        if inside && self.source.is_char_boundary(span.start) && self.source.is_char_boundary(span.end) {
            Ok(())
        } else {
            Err(EditError::Boundary)
        }
    }

    fn info(&mut self, rule: RuleId, confidence: f32) -> u32 {
        let id = u32::try_from(self.infos.len()).expect("fewer than 2^32 edits");
        self.infos.push(Info { rule: Some(rule), confidence, needs: Vec::new(), parent: id });
        id
    }

    /// The finished patch.
    #[must_use]
    pub fn finish(self) -> Patch<'t> {
        Patch(self)
    }
}

/// A valid set of edits against one text: disjoint, on character boundaries, applied all at once.
#[derive(Debug)]
pub struct Patch<'t>(PatchBuilder<'t>);

impl Patch<'_> {
    /// Whether the patch changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.replacements.is_empty() && self.0.moves.is_empty() && self.0.dense.is_none()
    }

    /// Applies the patch by one forward copy: the new text and the layer that leads to it.
    #[must_use]
    pub fn apply(self) -> (String, Layer) {
        let PatchBuilder { source, text, replacements, mut moves, infos, dense } = self.0;
        if let Some(dense) = dense {
            let mut layers = dense.passes.iter().scan(source.len(), |len, exceptions| {
                let layer = dense_layer(*len, exceptions, infos.clone());
                *len = layer.output_len;
                Some(layer)
            });
            let first = layers.next().unwrap_or_else(|| Layer::identity(source.len()));
            return (dense.text, layers.fold(first, Layer::then));
        }
        let mut writer = Writer {
            source,
            text: &text,
            replacements: &replacements,
            output: String::with_capacity(source.len() + text.len()),
            layer: Layer {
                pieces: Vec::with_capacity(2 * replacements.len() + 1),
                infos,
                holes: Vec::new(),
                source_len: source.len(),
                output_len: 0,
            },
        };
        let mut targets: Vec<usize> = (0..moves.len()).collect();
        targets.sort_by_key(|&i| (moves[i].to, i));
        let order: Vec<Move> = targets.iter().map(|&i| moves[i].clone()).collect();
        moves.sort_by_key(|m| m.span.start);
        let (mut next_target, mut next_span, mut pos) = (order.iter().peekable(), moves.iter().peekable(), 0);
        loop {
            let target = next_target.peek().map_or(usize::MAX, |m| m.to);
            let start = next_span.peek().map_or(usize::MAX, |m| m.span.start);
            let stop = target.min(start).min(source.len());
            writer.emit(Span::new(pos, stop), NONE);
            pos = stop;
            if target == stop {
                let m = next_target.next().expect("peeked");
                writer.emit(m.span, m.id);
            } else if start == stop {
                let m = next_span.next().expect("peeked");
                writer.layer.holes.push((writer.output.len(), m.id));
                pos = m.span.end;
            } else {
                break;
            }
        }
        let Writer { output, mut layer, .. } = writer;
        layer.output_len = output.len();
        (output, layer)
    }
}

struct Writer<'a> {
    source: &'a str,
    text: &'a str,
    replacements: &'a [Replacement],
    output: String,
    layer: Layer,
}

impl Writer<'_> {
    /// Writes the source range with the replacements inside it.
    fn emit(&mut self, range: Span, moved: u32) {
        let at_end = range.end == self.source.len();
        let from = self.replacements.partition_point(|r| r.span.start < range.start);
        let mut pos = range.start;
        for r in &self.replacements[from..] {
            if r.span.start > range.end || (r.span.start == range.end && !at_end) {
                break;
            }
            self.copy(Span::new(pos, r.span.start), moved);
            let start = self.output.len();
            self.output.push_str(r.text.of(self.text));
            let output = Span::new(start, self.output.len());
            self.layer.pieces.push(Piece { source: r.span, output, kind: PieceKind::New, edit: r.id, moved });
            pos = r.span.end;
        }
        self.copy(Span::new(pos, range.end), moved);
    }

    fn copy(&mut self, source: Span, moved: u32) {
        if !source.is_empty() {
            let start = self.output.len();
            self.output.push_str(source.of(self.source));
            let output = Span::new(start, self.output.len());
            self.layer.pieces.push(Piece { source, output, kind: PieceKind::Copy, edit: NONE, moved });
        }
    }
}

/// The layer of one pass of conversion over a text of `source_len` bytes.
fn dense_layer(source_len: usize, exceptions: &[(Span, usize)], infos: Vec<Info>) -> Layer {
    let mut pieces = Vec::with_capacity(2 * exceptions.len() + 1);
    let (mut from, mut to) = (0, 0);
    let run = |from: usize, until: usize, to: usize| Piece {
        source: Span::new(from, until),
        output: Span::new(to, to + until - from),
        kind: PieceKind::Convert,
        edit: 0,
        moved: NONE,
    };
    for &(span, len) in exceptions {
        if from < span.start {
            pieces.push(run(from, span.start, to));
        }
        to += span.start - from;
        let output = Span::new(to, to + len);
        pieces.push(Piece { source: span, output, kind: PieceKind::Char, edit: 0, moved: NONE });
        (from, to) = (span.end, to + len);
    }
    if from < source_len {
        pieces.push(run(from, source_len, to));
        to += source_len - from;
    }
    Layer { pieces, infos, holes: Vec::new(), source_len, output_len: to }
}

/// How a piece's output comes from its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PieceKind {
    /// The same bytes.
    Copy,
    /// Character for character, at the same offsets: script conversion.
    Convert,
    /// A character or phrase converted into one of another length: an exception of the script layer.
    Char,
    /// Written by an edit.
    New,
}

/// A stretch of output and the stretch of source that it stands for. Either may be empty, not both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Piece {
    /// Bytes in the source.
    pub source: Span,
    /// Bytes in the output.
    pub output: Span,
    /// How one becomes the other.
    pub kind: PieceKind,
    edit: u32,
    moved: u32,
}

impl Piece {
    const fn is_positional(&self) -> bool {
        matches!(self.kind, PieceKind::Copy | PieceKind::Convert)
    }

    /// Whether the piece was moved, alone or with others.
    pub(crate) const fn is_moved(&self) -> bool {
        self.moved != NONE
    }

    /// Whether the piece goes on in the source where `change` ends.
    fn follows(&self, change: &Change) -> bool {
        self.source.is_empty() || change.source.is_empty() || self.source.start == change.source.end
    }

    /// The part of a piece that gives `output`; what the source of a cut [`PieceKind::New`] was goes with
    /// its first part.
    fn slice(&self, output: Span) -> Piece {
        if output == self.output {
            return *self;
        }
        let source = if self.is_positional() {
            Span::new(
                self.source.start + output.start - self.output.start,
                self.source.start + output.end - self.output.start,
            )
        } else if output.start == self.output.start {
            self.source
        } else {
            Span::new(self.source.end, self.source.end)
        };
        Piece { source, output, ..*self }
    }
}

/// On which side of an edit a position falls that the edit has swallowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bias {
    /// Before the edit.
    Left,
    /// Behind the edit.
    Right,
}

/// See [`Layer::source_order`].
#[derive(Clone, Debug)]
pub struct SourceOrder(Vec<usize>);

/// Where every byte of a text comes from. See the module's description for the invariants.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    pieces: Vec<Piece>,
    infos: Vec<Info>,
    /// Places in the output where a moved span was taken out.
    holes: Vec<(usize, u32)>,
    source_len: usize,
    output_len: usize,
}

impl Layer {
    /// The layer that changes nothing in a text of `len` bytes.
    #[must_use]
    pub fn identity(len: usize) -> Self {
        let all = Span::new(0, len);
        let pieces = if len == 0 {
            Vec::new()
        } else {
            vec![Piece { source: all, output: all, kind: PieceKind::Copy, edit: NONE, moved: NONE }]
        };
        Self { pieces, infos: Vec::new(), holes: Vec::new(), source_len: len, output_len: len }
    }

    /// The layer of which `changes` are the changes, as far as taking some of them back needs it: conversion
    /// is replacement, and nothing is united. `copies` are the stretches of source and output between the
    /// changes, each with the number of the move that carries it.
    pub(crate) fn of_changes(
        changes: &[Change],
        copies: &[(Span, Span, Option<usize>)],
        source_len: usize,
        output_len: usize,
    ) -> Self {
        let id = |i: usize| u32::try_from(i).expect("fewer than 2^32 edits");
        let info = |(i, change): (usize, &Change)| Info {
            rule: change.rules.first().copied(),
            confidence: change.confidence,
            needs: change.needs.iter().map(|&need| id(need)).collect(),
            parent: id(i),
        };
        let moves: Vec<usize> = (0..changes.len()).filter(|&i| changes[i].kind == ChangeKind::Move).collect();
        // Moves are disjoint: of those that start before a change, only the last may carry it, or of some that meet
        // there the first. What has no source stands where its output does.
        let by = |of: fn(&Change) -> Span| {
            let mut moves = moves.clone();
            moves.sort_by_key(|&i| of(&changes[i]));
            move |change: &Change| {
                let before = moves.partition_point(|&i| of(&changes[i]).start <= of(change).start);
                let near = moves[..before].iter().rev().copied();
                near.take_while(|&i| of(&changes[i]).end >= of(change).start)
                    .filter(|&i| of(&changes[i]).contains(of(change)))
                    .min()
            }
        };
        let (by_source, by_clean) = (by(|c| c.source), by(|c| c.clean));
        // What was deleted stands between what was copied, though the two halves of that adjoin.
        let mut cuts: Vec<usize> =
            changes.iter().filter(|c| c.clean.is_empty()).map(|c| c.clean.start).collect();
        cuts.sort_unstable();
        cuts.dedup();
        let copied = copies.iter().flat_map(|&(source, output, moved)| {
            let from = cuts.partition_point(|&cut| cut <= output.start);
            let inside = cuts[from..].iter().copied().take_while(move |&cut| cut < output.end);
            let parts = inside
                .chain([output.end])
                .scan(output.start, move |start, end| Some(Span::new(std::mem::replace(start, end), end)));
            parts.map(move |part| Piece {
                source: Span::new(
                    source.start + part.start - output.start,
                    source.start + part.end - output.start,
                ),
                output: part,
                kind: PieceKind::Copy,
                edit: NONE,
                moved: moved.map_or(NONE, id),
            })
        });
        let written =
            changes.iter().enumerate().filter(|(_, c)| c.kind != ChangeKind::Move).map(|(i, c)| Piece {
                source: c.source,
                output: c.clean,
                kind: PieceKind::New,
                edit: id(i),
                moved: if c.source.is_empty() { by_clean(c) } else { by_source(c) }.map_or(NONE, id),
            });
        let mut pieces: Vec<Piece> = copied.chain(written).collect();
        // Of deletions at one place, the order is that of the changes.
        pieces.sort_by_key(|p| p.output);
        let infos = changes.iter().enumerate().map(info).collect();
        Self { pieces, infos, holes: Vec::new(), source_len, output_len }
    }

    /// The pieces in the order of the output.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Length of the source in bytes.
    #[must_use]
    pub const fn source_len(&self) -> usize {
        self.source_len
    }

    /// Length of the output in bytes.
    #[must_use]
    pub const fn output_len(&self) -> usize {
        self.output_len
    }

    /// Output spans of what edits of `rule` wrote or where they deleted something.
    pub fn places_of(&self, rule: RuleId) -> impl Iterator<Item = Span> {
        self.pieces
            .iter()
            .filter(move |p| p.kind == PieceKind::New && self.infos[p.edit as usize].rule == Some(rule))
            .map(|p| p.output)
    }

    /// The source position that an output position comes from.
    ///
    /// # Panics
    /// If `pos` lies behind the end of the output.
    #[must_use]
    pub fn to_source(&self, pos: usize, bias: Bias) -> usize {
        assert!(pos <= self.output_len, "position {pos} behind the end {}", self.output_len);
        let piece = match bias {
            Bias::Left => {
                let i = self.pieces.partition_point(|p| p.output.end < pos);
                self.pieces.get(i)
            }
            Bias::Right => {
                let i = self.pieces.partition_point(|p| p.output.start <= pos);
                i.checked_sub(1).map(|i| &self.pieces[i])
            }
        };
        piece.map_or(0, |p| map(pos, p.output, p.source, p.is_positional(), bias))
    }

    /// The output position that a source position went to. Costs a scan of the pieces where the layer
    /// moves text, a binary search elsewhere.
    ///
    /// # Panics
    /// If `pos` lies behind the end of the source.
    #[must_use]
    pub fn to_output(&self, pos: usize, bias: Bias) -> usize {
        assert!(pos <= self.source_len, "position {pos} behind the end {}", self.source_len);
        let hit = |p: &Piece| match bias {
            Bias::Left => p.source.start < pos && pos <= p.source.end,
            Bias::Right => p.source.start <= pos && pos < p.source.end,
        };
        let monotonic = self.pieces.iter().all(|p| p.moved == NONE);
        let piece = if monotonic {
            let i = match bias {
                Bias::Left => self.pieces.partition_point(|p| p.source.end < pos),
                Bias::Right => self.pieces.partition_point(|p| p.source.start <= pos).saturating_sub(1),
            };
            self.pieces.get(i)
        } else {
            self.pieces
                .iter()
                .find(|p| hit(p))
                .or_else(|| self.pieces.iter().find(|p| p.source.start == pos || p.source.end == pos))
        };
        piece.map_or(0, |p| map(pos, p.source, p.output, p.is_positional(), bias))
    }

    /// The pieces that stand for something of the source, in its order: it makes many look-ups cheap.
    #[must_use]
    pub fn source_order(&self) -> SourceOrder {
        let index = |(i, p): (usize, &Piece)| (!p.source.is_empty()).then_some(i);
        let mut order: Vec<usize> = self.pieces.iter().enumerate().filter_map(index).collect();
        order.sort_by_key(|&i| self.pieces[i].source.start);
        SourceOrder(order)
    }

    /// What [`Layer::to_output`] gives, by a binary search also where the layer moves text.
    ///
    /// # Panics
    /// If `pos` lies behind the end of the source, or `order` is that of another layer.
    #[must_use]
    pub fn to_output_in(&self, order: &SourceOrder, pos: usize, bias: Bias) -> usize {
        let i = match bias {
            Bias::Left => order.0.partition_point(|&i| self.pieces[i].source.end < pos),
            Bias::Right => order.0.partition_point(|&i| self.pieces[i].source.end <= pos),
        };
        match order.0.get(i).map(|&i| &self.pieces[i]) {
            Some(p) if bias == Bias::Right || p.source.start < pos => {
                map(pos, p.source, p.output, p.is_positional(), bias)
            }
            // The two ends of the text.
            _ => self.to_output(pos, bias),
        }
    }

    /// Index of the piece of non-empty output that covers `pos`.
    fn covering(&self, pos: usize) -> usize {
        self.pieces.partition_point(|p| p.output.end <= pos)
    }

    fn root(&self, mut id: u32) -> u32 {
        while self.infos[id as usize].parent != id {
            id = self.infos[id as usize].parent;
        }
        id
    }

    fn unite(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        self.infos[a.max(b) as usize].parent = a.min(b);
    }

    /// This layer, then `next`, as one layer: the same output, in coordinates of this layer's source.
    ///
    /// # Panics
    /// If `next` does not read what this layer writes.
    #[must_use]
    pub fn then(mut self, mut next: Layer) -> Layer {
        assert_eq!(self.output_len, next.source_len, "the layers do not fit together");
        let offset = u32::try_from(self.infos.len()).expect("fewer than 2^32 edits");
        let mut composed = Layer {
            pieces: Vec::with_capacity(self.pieces.len() + next.pieces.len()),
            infos: std::mem::take(&mut self.infos),
            holes: Vec::new(),
            source_len: self.source_len,
            output_len: next.output_len,
        };
        for info in &mut next.infos {
            info.parent += offset;
            info.needs.iter_mut().for_each(|id| *id += offset);
        }
        composed.infos.append(&mut next.infos);

        for mut piece in next.pieces.iter().copied() {
            piece.edit = if piece.edit == NONE { NONE } else { piece.edit + offset };
            piece.moved = if piece.moved == NONE { NONE } else { piece.moved + offset };
            if piece.kind == PieceKind::New {
                let from = self.holes.partition_point(|&(hole, _)| hole < piece.source.start);
                for &(_, id) in self.holes[from..].iter().take_while(|&&(hole, _)| hole <= piece.source.end) {
                    composed.infos[piece.edit as usize].needs.push(id);
                }
            }
            if piece.source.is_empty() {
                self.insert_into(&mut composed, piece);
            } else {
                self.read_through(&mut composed, piece);
            }
        }
        // Deletions at the very end of the middle text belong to no stretch of it that `next` read.
        let tail = self.pieces.iter().rev().take_while(|p| p.output.is_empty()).count();
        for p in &self.pieces[self.pieces.len() - tail..] {
            composed.push(Piece { output: Span::new(next.output_len, next.output_len), ..*p });
        }
        for &(hole, id) in &self.holes {
            composed.holes.push((next.to_output(hole, Bias::Left), id));
        }
        composed.holes.extend(next.holes.iter().map(|&(hole, id)| (hole, id + offset)));
        composed.holes.sort_unstable();
        composed
    }

    /// An insertion of `next`; inside what this layer wrote it becomes part of that edit, inside what it moved
    /// it moves along.
    fn insert_into(&self, composed: &mut Layer, piece: Piece) {
        let at = piece.source.start;
        let i = self.covering(at);
        let (source, moved) = match self.pieces.get(i) {
            Some(p) if p.output.start < at => {
                if p.kind == PieceKind::New {
                    composed.unite(p.edit, piece.edit);
                }
                (p.slice(Span::new(at, p.output.end)).source.start, p.moved)
            }
            next => {
                let before = i.checked_sub(1).map_or(NONE, |i| self.pieces[i].moved);
                let is_inside = next.is_some_and(|p| p.moved == before);
                (self.to_source(at, Bias::Left), if is_inside { before } else { NONE })
            }
        };
        let moved = composed.moved_by(moved, piece.moved);
        composed.push(Piece { source: Span::new(source, source), moved, ..piece });
    }

    /// A piece of `next` that stands for a stretch of the middle text, in coordinates of this layer's source.
    fn read_through(&self, composed: &mut Layer, piece: Piece) {
        let mid = piece.source;
        // Deletions at the stretch's start stay edits of their own.
        let mut i = self.pieces.partition_point(|p| {
            p.output.end < mid.start || (p.output.end == mid.start && !p.output.is_empty())
        });
        while let Some(p) = self.pieces.get(i).filter(|p| p.output.is_empty() && p.output.start == mid.start)
        {
            let moved = composed.moved_by(p.moved, piece.moved);
            composed.push(Piece { output: Span::new(piece.output.start, piece.output.start), moved, ..*p });
            i += 1;
        }
        let mut rest = piece.output;
        while let Some(p) = self.pieces.get(i).filter(|p| p.output.start < mid.end) {
            let part = p.slice(Span::new(p.output.start.max(mid.start), p.output.end.min(mid.end)));
            let moved = composed.moved_by(part.moved, piece.moved);
            if piece.is_positional() {
                let output = Span::new(rest.start, rest.start + part.output.len());
                rest.start = output.end;
                let kind = match (part.kind, piece.kind) {
                    (PieceKind::Copy, outer) => outer,
                    (inner, _) => inner,
                };
                let edit = if part.edit == NONE { piece.edit } else { part.edit };
                composed.push(Piece { source: part.source, output, kind, edit, moved });
            } else {
                // The new text goes with the first part; the others add only their source.
                let (kind, edit) = match (part.kind, piece.kind) {
                    // Every conversion of a layer is one edit: what it touches must not unite with it.
                    (PieceKind::New, PieceKind::Char) => (PieceKind::New, part.edit),
                    (_, PieceKind::Char) => (PieceKind::Char, piece.edit),
                    (PieceKind::New, _) => {
                        composed.unite(part.edit, piece.edit);
                        (PieceKind::New, piece.edit)
                    }
                    _ => (PieceKind::New, piece.edit),
                };
                composed.push(Piece { source: part.source, output: rest, kind, edit, moved });
                rest.start = rest.end;
            }
            i += 1;
        }
    }

    /// The move of a piece that an earlier layer may have moved, and a later one too: then they are one.
    fn moved_by(&mut self, inner: u32, outer: u32) -> u32 {
        if inner != NONE && outer != NONE {
            self.unite(inner, outer);
        }
        if outer == NONE { inner } else { outer }
    }

    /// Adds a piece, merging it with the one before where the two are one stretch.
    fn push(&mut self, piece: Piece) {
        if piece.source.is_empty() && piece.output.is_empty() {
            return;
        }
        if let Some(last) = self.pieces.last_mut() {
            let adjoin = last.source.end == piece.source.start
                && last.output.end == piece.output.start
                && last.moved == piece.moved;
            if adjoin && last.kind == piece.kind && last.edit == piece.edit && piece.kind != PieceKind::Char {
                last.source.end = piece.source.end;
                last.output.end = piece.output.end;
                return;
            }
        }
        self.pieces.push(piece);
    }

    /// Several layers of texts that stand one behind the other, as one layer of the whole.
    #[must_use]
    pub fn concat(layers: impl IntoIterator<Item = Layer>) -> Layer {
        let mut all = Layer::identity(0);
        for layer in layers {
            let edits = u32::try_from(all.infos.len()).expect("fewer than 2^32 edits");
            let shifted = |id: u32| if id == NONE { NONE } else { id + edits };
            for p in &layer.pieces {
                all.push(Piece {
                    source: p.source.shift(all.source_len),
                    output: p.output.shift(all.output_len),
                    kind: p.kind,
                    edit: shifted(p.edit),
                    moved: shifted(p.moved),
                });
            }
            all.holes.extend(layer.holes.iter().map(|&(at, id)| (at + all.output_len, shifted(id))));
            all.infos.extend(layer.infos.into_iter().map(|mut info| {
                info.parent += edits;
                info.needs.iter_mut().for_each(|id| *id += edits);
                info
            }));
            all.source_len += layer.source_len;
            all.output_len += layer.output_len;
        }
        all
    }

    /// Puts the source together again from the output and the old text of what was changed.
    ///
    /// `old` gives the source text of a piece that is not a copy.
    pub fn restore<'a>(&self, output: &'a str, mut old: impl FnMut(&Piece) -> &'a str) -> String {
        let mut order: Vec<&Piece> = self.pieces.iter().filter(|p| !p.source.is_empty()).collect();
        order.sort_by_key(|p| p.source.start);
        let mut source = String::with_capacity(self.source_len);
        for p in order {
            source.push_str(if p.kind == PieceKind::Copy { p.output.of(output) } else { old(p) });
        }
        source
    }

    /// The changes from `source` to `output`, in the order of the output; [`Change::id`] counts them.
    /// Conversion is one change per stretch and line.
    #[must_use]
    pub fn changes(&self, source: &str, output: &str) -> Vec<Change> {
        self.listed(source, output).0
    }

    /// The changes, and beside each the edit it came from (`NONE` for conversion).
    fn listed(&self, source: &str, output: &str) -> (Vec<Change>, Vec<u32>) {
        let mut list = Listing {
            layer: self,
            members: self.members(),
            changes: Vec::with_capacity(self.infos.len()),
            roots: Vec::with_capacity(self.infos.len()),
            is_open: true,
        };
        // Where the change of each move stands; moved blocks can be interrupted by no other.
        let (mut open_move, mut moved_before) = (None, NONE);
        for p in &self.pieces {
            let moved = if p.moved == NONE { NONE } else { self.root(p.moved) };
            // No change stands half in a moved stretch.
            list.is_open = moved == std::mem::replace(&mut moved_before, moved);
            if moved == NONE {
                open_move = None;
            } else if open_move.is_none_or(|i: usize| list.roots[i] != moved || !p.follows(&list.changes[i]))
            {
                open_move = Some(list.changes.len());
                list.add(moved, ChangeKind::Move, p.source, p.output);
            }
            if let Some(i) = open_move {
                let c: &mut Change = &mut list.changes[i];
                if !p.source.is_empty() {
                    c.source = Span::new(
                        if c.source.is_empty() { p.source.start } else { c.source.start },
                        p.source.end,
                    );
                }
                c.clean.end = p.output.end;
            }
            match p.kind {
                PieceKind::Copy => {}
                PieceKind::Convert => {
                    for line in p.output.of(output).split_inclusive('\n') {
                        let at = line.as_ptr() as usize - output.as_ptr() as usize;
                        let part = p.slice(Span::new(at, at + line.len()));
                        list.convert(&part, source, output);
                    }
                }
                PieceKind::Char => list.convert(p, source, output),
                PieceKind::New if p.source.of(source) == p.output.of(output) => {}
                PieceKind::New => {
                    let root = self.root(p.edit);
                    match list.changes.last_mut() {
                        Some(last)
                            if list.is_open
                                && last.kind == ChangeKind::Replace
                                && (p.source.is_empty() || !last.source.is_empty())
                                && list.roots.last() == Some(&root)
                                && last.source.end == p.source.start
                                && last.clean.end == p.output.start =>
                        {
                            last.source.end = p.source.end;
                            last.clean.end = p.output.end;
                        }
                        _ => list.add(root, ChangeKind::Replace, p.source, p.output),
                    }
                }
            }
        }
        for c in list.changes.iter_mut().filter(|c| c.kind == ChangeKind::Convert) {
            c.trim(source, output);
        }
        list.resolve_needs();
        (list.changes, list.roots)
    }

    fn members(&self) -> Members {
        let roots = || (0..).zip(&self.infos).map(|(id, _)| (id, self.root(id)));
        let mut ends = vec![0; self.infos.len()];
        roots().for_each(|(_, root)| ends[root as usize] += 1);
        let mut end = 0;
        for count in &mut ends {
            end += std::mem::replace(count, end);
        }
        let mut edits = vec![NONE; self.infos.len()];
        for (id, root) in roots() {
            let end = &mut ends[root as usize];
            edits[*end] = id;
            *end += 1;
        }
        Members { edits, ends }
    }

    /// Takes the changes `ids` back, and with them every change that depends on one of them.
    ///
    /// # Panics
    /// If an id is not one of [`Layer::changes`].
    #[must_use]
    pub fn refuse(&self, source: &str, output: &str, ids: &[usize]) -> Refusal {
        self.refuse_within(source, output, ids, &[])
    }

    /// The same, and the conversions that gave `spans` of the output, of none of the changes `ids`.
    pub(crate) fn refuse_within(&self, source: &str, output: &str, ids: &[usize], spans: &[Span]) -> Refusal {
        let (changes, roots) = self.listed(source, output);
        let mut refused = vec![false; changes.len()];
        let mut edits: HashSet<u32> = HashSet::new();
        let mut more: Vec<usize> = ids.to_vec();
        while !more.is_empty() {
            for id in more.drain(..) {
                refused[id] = true;
                edits.extend(Some(roots[id]).filter(|&root| root != NONE));
            }
            let open = changes.iter().filter(|c| !refused[c.id]);
            more = open
                .filter(|c| edits.contains(&roots[c.id]) || c.needs.iter().any(|&need| refused[need]))
                .map(|c| c.id)
                .collect();
        }
        let mut conversions: Vec<Span> = changes
            .iter()
            .filter(|c| c.kind == ChangeKind::Convert && refused[c.id])
            .map(|c| c.clean)
            .collect();
        conversions.extend(spans);
        conversions.sort_unstable();

        let (text, layer) = self.without(source, output, &edits, &conversions);
        let refused = (0..changes.len()).filter(|&i| refused[i]).collect();
        Refusal { text, layer, refused }
    }

    /// The output without `edits` and without what was converted at `conversions` (ascending), and how it comes
    /// from the source. What is not moved stands in the order of the source; what still is moved, or was
    /// inserted, follows the piece that it stands behind.
    pub(crate) fn without(
        &self,
        source: &str,
        output: &str,
        edits: &HashSet<u32>,
        conversions: &[Span],
    ) -> (String, Layer) {
        let stays_moved = |p: &Piece| p.moved != NONE && !edits.contains(&self.root(p.moved));
        let is_insertion = |p: &Piece| p.source.is_empty();
        let root = |id: u32| if id == NONE { NONE } else { self.root(id) };
        // A change that stands in several pieces goes where the first of them goes.
        let mut change: Option<Piece> = None;
        let mut goes_on = |p: &Piece| {
            let continued = change.filter(|before| {
                p.kind == PieceKind::New
                    && before.source.end == p.source.start
                    && before.output.end == p.output.start
                    && (is_insertion(p) || !is_insertion(before))
                    && (root(before.edit), root(before.moved)) == (root(p.edit), root(p.moved))
            });
            let is_change = p.kind == PieceKind::New && p.source.of(source) != p.output.of(output);
            change = match continued {
                Some(before) if is_change => Some(Piece {
                    source: Span::new(before.source.start, p.source.end),
                    output: Span::new(before.output.start, p.output.end),
                    ..before
                }),
                _ => is_change.then_some(*p),
            };
            continued.is_some() && is_change
        };
        let follows: Vec<bool> = self
            .pieces
            .iter()
            .map(|p| goes_on(p) || stays_moved(p) || is_insertion(p) && p.moved == NONE)
            .collect();
        // Places in the source that what was written into moved text goes back to.
        let returning = self.pieces.iter().zip(&follows).filter(|(p, follows)| is_insertion(p) && !**follows);
        let mut places: Vec<usize> = returning.map(|(p, _)| p.source.start).collect();
        places.sort_unstable();
        let mut groups = vec![(None, Vec::new())];
        for (p, follows) in self.pieces.iter().zip(follows) {
            let mut parts = vec![*p];
            let first = conversions.partition_point(|c| c.end <= p.output.start);
            let converted = || conversions[first..].iter().take_while(|c| c.start < p.output.end);
            match p.kind {
                PieceKind::New if edits.contains(&self.root(p.edit)) => {
                    parts = vec![Piece { kind: PieceKind::Copy, edit: NONE, ..*p }];
                }
                // A change leaves out what is alike at its ends, but a phrase is converted as a whole.
                PieceKind::Char if converted().next().is_some() => {
                    parts = vec![Piece { kind: PieceKind::Copy, edit: NONE, ..*p }];
                }
                PieceKind::Convert => {
                    parts.clear();
                    let mut from = p.output.start;
                    for c in converted() {
                        let (start, end) = (c.start.max(p.output.start), c.end.min(p.output.end));
                        if from < start {
                            parts.push(p.slice(Span::new(from, start)));
                        }
                        parts.push(Piece {
                            kind: PieceKind::Copy,
                            edit: NONE,
                            ..p.slice(Span::new(start, end))
                        });
                        from = end;
                    }
                    if from < p.output.end {
                        parts.push(p.slice(Span::new(from, p.output.end)));
                    }
                }
                _ => {}
            }
            for mut part in parts {
                if follows {
                    groups.last_mut().expect("never empty").1.push(part);
                    continue;
                }
                part.moved = NONE;
                let first = places.partition_point(|&place| place <= part.source.start);
                for &place in &places[first..] {
                    if place >= part.source.end || !p.is_positional() {
                        break;
                    }
                    let at = part.output.start + place - part.source.start;
                    let head = part.slice(Span::new(part.output.start, at));
                    part = part.slice(Span::new(at, part.output.end));
                    groups.push((Some((head.source.start, true)), vec![head]));
                }
                groups.push((Some((part.source.start, !is_insertion(&part))), vec![part]));
            }
        }
        groups.sort_by_key(|group| group.0);

        let mut text = String::with_capacity(output.len());
        let mut layer = Layer {
            pieces: Vec::new(),
            infos: self.infos.clone(),
            holes: Vec::new(),
            source_len: self.source_len,
            output_len: 0,
        };
        for p in groups.into_iter().flat_map(|(_, pieces)| pieces) {
            let start = text.len();
            text.push_str(if p.kind == PieceKind::Copy { p.source.of(source) } else { p.output.of(output) });
            layer.push(Piece { output: Span::new(start, text.len()), ..p });
        }
        layer.output_len = text.len();
        (text, layer)
    }
}

/// The text after [`Layer::refuse`].
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The output without the refused changes.
    pub text: String,
    /// How it comes from the source.
    pub layer: Layer,
    /// All changes taken back, in order: those asked for and those that depend on them.
    pub refused: Vec<usize>,
}

/// The edits by the edit that they were united into, their root.
struct Members {
    edits: Vec<u32>,
    /// By root.
    ends: Vec<usize>,
}

impl Members {
    fn of(&self, root: u32) -> &[u32] {
        let start = (root as usize).checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.edits[start..self.ends[root as usize]]
    }
}

/// Changes under construction.
struct Listing<'a> {
    layer: &'a Layer,
    members: Members,
    changes: Vec<Change>,
    roots: Vec<u32>,
    /// Whether the last change may go on in the next piece.
    is_open: bool,
}

impl Listing<'_> {
    fn add(&mut self, root: u32, kind: ChangeKind, source: Span, clean: Span) {
        let (mut rules, mut confidence) = (Cow::Borrowed(&[][..]), 1.0f32);
        for &id in self.members.of(root) {
            let info = &self.layer.infos[id as usize];
            match info.rule.filter(|rule| !rules.contains(rule)) {
                Some(rule) if rules.is_empty() => rules = Cow::Borrowed(rule.alone()),
                Some(rule) => rules.to_mut().push(rule),
                None => {}
            }
            confidence = confidence.min(info.confidence);
        }
        let root = if kind == ChangeKind::Convert { NONE } else { root };
        self.changes.push(Change {
            id: self.changes.len(),
            kind,
            rules,
            source,
            clean,
            confidence,
            needs: Vec::new(),
        });
        self.roots.push(root);
    }

    fn convert(&mut self, p: &Piece, source: &str, output: &str) {
        match self.changes.last_mut() {
            Some(last)
                if self.is_open
                    && last.kind == ChangeKind::Convert
                    && last.source.end == p.source.start
                    && last.clean.end == p.output.start
                    && !output[..p.output.start].ends_with('\n') =>
            {
                last.source.end = p.source.end;
                last.clean.end = p.output.end;
            }
            _ if p.source.of(source) != p.output.of(output) => {
                self.add(self.layer.root(p.edit), ChangeKind::Convert, p.source, p.output);
            }
            _ => {}
        }
    }

    fn resolve_needs(&mut self) {
        if self.layer.infos.iter().all(|info| info.needs.is_empty()) {
            return;
        }
        let mut places: Vec<(u32, usize)> =
            (0..self.roots.len()).map(|i| (self.roots[i], i)).filter(|p| p.0 != NONE).collect();
        places.sort_unstable();
        let of = |root: u32| {
            let from = places.partition_point(|&(r, _)| r < root);
            places[from..].iter().take_while(move |&&(r, _)| r == root).map(|&(_, i)| i)
        };
        for &id in &self.members.edits {
            let root = self.layer.root(id);
            for &need in &self.layer.infos[id as usize].needs {
                let need = self.layer.root(need);
                for change in of(root).filter(|_| need != root) {
                    for on in of(need) {
                        if !self.changes[change].needs.contains(&on) {
                            self.changes[change].needs.push(on);
                        }
                    }
                }
            }
        }
    }
}

fn map(pos: usize, from: Span, to: Span, positional: bool, bias: Bias) -> usize {
    let pos = pos.clamp(from.start, from.end);
    if positional {
        to.start + pos - from.start
    } else if pos == from.start && (!from.is_empty() || bias == Bias::Left) {
        to.start
    } else if pos == from.end || bias == Bias::Right {
        to.end
    } else {
        to.start
    }
}

/// What kind of change it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// `source` was replaced by `clean`.
    Replace,
    /// A stretch converted to the other script, character for character.
    Convert,
    /// `source` stands at `clean` now; edits inside it are changes of their own.
    Move,
}

/// One change in coordinates of the original and of the clean text.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Position in the list of changes.
    pub id: usize,
    /// What kind of change it is.
    pub kind: ChangeKind,
    /// Every rule that had a part in it.
    pub rules: Cow<'static, [RuleId]>,
    /// Bytes in the original.
    pub source: Span,
    /// Bytes in the clean text.
    pub clean: Span,
    /// The least confident of its rules, 0 to 1.
    pub confidence: f32,
    /// Changes that this one depends on: refusing one of them refuses it too.
    pub needs: Vec<usize>,
}

impl Change {
    /// Whether `change` is an edit inside this moved stretch.
    pub(crate) fn carries(&self, change: &Change) -> bool {
        self.source.contains(change.source) && self.clean.contains(change.clean)
    }

    /// Shrinks a run of conversion to its first and last character that differ.
    fn trim(&mut self, source: &str, output: &str) {
        let (old, new) = (self.source.of(source), self.clean.of(output));
        let head: usize =
            old.chars().zip(new.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
        let (old, new) = (&old[head..], &new[head..]);
        let tail: usize = old
            .chars()
            .rev()
            .zip(new.chars().rev())
            .take_while(|(a, b)| a == b)
            .map(|(a, _)| a.len_utf8())
            .sum();
        self.source = Span::new(self.source.start + head, self.source.end - tail);
        self.clean = Span::new(self.clean.start + head, self.clean.end - tail);
    }
}
