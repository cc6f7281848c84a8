//! What to mark in a clean text: each change where it shows, a moved stretch at both ends.

use crate::edit::{Change, ChangeKind, Span};
use crate::pipeline::Cleaned;

/// Something to be marked in the clean text.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    pub(super) kind: MarkKind,
    /// Index into the changes.
    pub(super) change: usize,
    pub(super) source: Span,
    pub(super) clean: Span,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum MarkKind {
    Replace,
    Convert,
    /// Where a moved stretch was taken out.
    Origin,
    /// Where it stands now.
    Target,
}

/// What to mark, in the order of the clean text. `changes` are the document's own.
pub(super) fn of(cleaned: &Cleaned<'_>, changes: &[Change]) -> Vec<Mark> {
    let mut origins = origins(cleaned, changes).into_iter().peekable();
    let mut marks = Vec::with_capacity(changes.len());
    let mut moved: Option<&Change> = None;
    for (i, change) in changes.iter().enumerate() {
        let Change { source, clean, .. } = *change;
        moved = match change.kind {
            ChangeKind::Move => Some(change),
            _ => moved.filter(|stretch| stretch.carries(change)),
        };
        // Among the changes at one place, a stretch was taken out between those before and behind it; what was
        // moved there says nothing of that.
        let is_before = |o: &Mark| match moved {
            Some(_) => o.clean.start < clean.start,
            None => (o.clean.start, o.source.start) < (clean.start, source.start),
        };
        while let Some(origin) = origins.next_if(is_before) {
            marks.push(origin);
        }
        let kind = match change.kind {
            ChangeKind::Replace => MarkKind::Replace,
            ChangeKind::Convert => MarkKind::Convert,
            ChangeKind::Move => MarkKind::Target,
        };
        marks.push(Mark { kind, change: i, source, clean });
    }
    marks.extend(origins);
    marks
}

/// Where moved stretches were taken out, in the order of the clean text.
fn origins(cleaned: &Cleaned<'_>, changes: &[Change]) -> Vec<Mark> {
    let moves: Vec<(usize, &Change)> =
        changes.iter().enumerate().filter(|(_, c)| c.kind == ChangeKind::Move).collect();
    if moves.is_empty() {
        return Vec::new();
    }
    // What was not moved stands in the same order in both texts.
    let pieces = cleaned.layer().pieces().iter().filter(|piece| !piece.is_moved());
    let ends: Vec<(usize, usize)> = pieces.map(|piece| (piece.source.end, piece.output.end)).collect();
    let origin = |&(change, c): &(usize, &Change)| {
        let i = ends.partition_point(|&(source, _)| source <= c.source.start);
        let at = i.checked_sub(1).map_or(0, |i| ends[i].1);
        Mark { kind: MarkKind::Origin, change, source: c.source, clean: Span::new(at, at) }
    };
    let mut origins: Vec<Mark> = moves.iter().map(origin).collect();
    origins.sort_by_key(|mark| (mark.clean.start, mark.source.start));
    origins
}
