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

use crate::rules::RuleId;

mod changes;
mod compose;
mod patch;
mod refuse;

#[cfg(feature = "cli")]
pub(crate) use changes::trimmed;
pub use changes::{Change, ChangeKind};
pub use patch::{EditError, Patch, PatchBuilder};
pub(crate) use refuse::Copied;
pub use refuse::Refusal;

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

    /// Whether one of `spans`, ascending and apart, overlaps this one.
    #[must_use]
    pub(crate) fn overlaps_any(self, spans: &[Span]) -> bool {
        let at = spans.partition_point(|span| span.end <= self.start);
        spans.get(at).is_some_and(|span| span.overlaps(self))
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
