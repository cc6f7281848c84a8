//! The edits of one stage, collected and applied all at once.

use crate::rules::RuleId;

use super::{EditId, Info, Layer, NONE, Piece, PieceKind, Span};

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
