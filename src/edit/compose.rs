//! Two layers as one: where what a later layer wrote stands in the source of an earlier one.

use super::{Bias, Layer, NONE, Piece, PieceKind, Span};

impl Layer {
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
}
