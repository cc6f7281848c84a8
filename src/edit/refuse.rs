//! Taking changes back: the output without some of them, and the layer that leads there.

use std::collections::HashSet;

use super::{Change, ChangeKind, Info, Layer, NONE, Piece, PieceKind, Span};

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

/// A stretch of the source that stands in the output, there, and the move that carried it, by its number.
pub(crate) type Copied = (Span, Span, Option<usize>);

impl Layer {
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
            for mut part in self.parts_without(p, edits, conversions) {
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

    /// The parts of a piece, what is taken back of it as copies: the whole of an edit, stretches of a conversion.
    fn parts_without(&self, p: &Piece, edits: &HashSet<u32>, conversions: &[Span]) -> Vec<Piece> {
        let copy = |p: Piece| Piece { kind: PieceKind::Copy, edit: NONE, ..p };
        let first = conversions.partition_point(|c| c.end <= p.output.start);
        let converted = || conversions[first..].iter().take_while(|c| c.start < p.output.end);
        match p.kind {
            PieceKind::New if edits.contains(&self.root(p.edit)) => vec![copy(*p)],
            // A change leaves out what is alike at its ends, but a phrase is converted as a whole.
            PieceKind::Char if converted().next().is_some() => vec![copy(*p)],
            PieceKind::Convert => {
                let (mut parts, mut from) = (Vec::new(), p.output.start);
                for c in converted() {
                    let (start, end) = (c.start.max(p.output.start), c.end.min(p.output.end));
                    if from < start {
                        parts.push(p.slice(Span::new(from, start)));
                    }
                    parts.push(copy(p.slice(Span::new(start, end))));
                    from = end;
                }
                if from < p.output.end {
                    parts.push(p.slice(Span::new(from, p.output.end)));
                }
                parts
            }
            _ => vec![*p],
        }
    }

    /// The layer of which `changes` are the changes, as far as taking some of them back needs it: conversion
    /// is replacement, and nothing is united. `copies` are what stands between the
    /// changes.
    pub(crate) fn of_changes(
        changes: &[Change],
        copies: &[Copied],
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
        // Moves are disjoint, but for those of what was written, whose source is a place: of those that start before a
        // change, only the last may carry it, or of some that meet there the first. What has no source stands where
        // its output does.
        let by = |of: fn(&Change) -> Span| {
            let mut moves = moves.clone();
            moves.retain(|&i| !of(&changes[i]).is_empty());
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
}
