//! What a layer did, as people are told of it: one change for each edit, move and stretch of conversion.

use std::borrow::Cow;

use crate::rules::RuleId;

use super::{Layer, NONE, Piece, PieceKind, Span};

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
}

/// Two stretches, of the source and of the output, without the ends that they share.
pub(crate) fn trimmed(from: Span, to: Span, source: &str, output: &str) -> (Span, Span) {
    let (old, new) = (from.of(source), to.of(output));
    let head = shared(old.chars(), new.chars());
    let tail = shared(old[head..].chars().rev(), new[head..].chars().rev());
    (Span::new(from.start + head, from.end - tail), Span::new(to.start + head, to.end - tail))
}

/// Bytes of the characters that come first in both.
fn shared(a: impl Iterator<Item = char>, b: impl Iterator<Item = char>) -> usize {
    a.zip(b).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum()
}

impl Layer {
    /// The changes from `source` to `output`, in the order of the output; [`Change::id`] counts them.
    /// Conversion is one change per stretch and line.
    #[must_use]
    pub fn changes(&self, source: &str, output: &str) -> Vec<Change> {
        self.listed(source, output).0
    }

    /// The changes, and beside each the edit it came from (`NONE` for conversion).
    pub(super) fn listed(&self, source: &str, output: &str) -> (Vec<Change>, Vec<u32>) {
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
            (c.source, c.clean) = trimmed(c.source, c.clean, source, output);
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
