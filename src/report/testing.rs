//! Random edits for the tests of reports.

use proptest::prelude::*;

use crate::edit::{Layer, PatchBuilder, Span};
use crate::rules::RuleId;

/// What to propose: places as shares of the text, whether to move, what to write.
pub(super) type Proposal = (u16, u8, Option<u16>, String);

fn boundary(text: &str, share: u16) -> usize {
    let count = text.chars().count() + 1;
    text.char_indices().map(|(i, _)| i).chain([text.len()]).nth(usize::from(share) % count).unwrap()
}

fn apply(text: &str, proposals: &[Proposal]) -> (String, Layer) {
    let mut patch = PatchBuilder::new(text);
    for (at, len, to, new) in proposals {
        let start = boundary(text, *at);
        let end = text[start..].char_indices().nth(usize::from(*len)).map_or(text.len(), |(i, _)| start + i);
        let span = Span::new(start, end);
        // Proposals that do not fit are refused; those that do are what is tested.
        let _ = match to {
            Some(to) => patch.relocate(span, boundary(text, *to), RuleId::Caption, 1.0),
            None => patch.replace(span, new, RuleId::CutParagraph, 0.5),
        };
    }
    patch.finish().apply()
}

fn convert(text: &str) -> (String, Layer) {
    let mut patch = PatchBuilder::new(text);
    let (mut converted, mut exceptions) = (String::new(), Vec::new());
    for (i, c) in text.char_indices() {
        match c {
            '國' => converted.push('国'),
            '體' => {
                exceptions.push((Span::new(i, i + c.len_utf8()), 1));
                converted.push('t');
            }
            c => converted.push(c),
        }
    }
    patch.convert(converted, vec![exceptions], RuleId::Traditional);
    patch.finish().apply()
}

fn proposals() -> impl Strategy<Value = Vec<Proposal>> {
    let to = prop_oneof![2 => Just(None), 1 => any::<u16>().prop_map(Some)];
    prop::collection::vec((any::<u16>(), 0..6u8, to, "[一a國\n]{0,3}"), 0..8)
}

/// Layers on top of one another: random edits and moves, or (`None`) conversion.
pub(super) fn rounds() -> impl Strategy<Value = Vec<Option<Vec<Proposal>>>> {
    prop::collection::vec(prop::option::weighted(0.8, proposals()), 1..5)
}

/// The text after all rounds and the layer that leads to it.
pub(super) fn run(text: &str, rounds: &[Option<Vec<Proposal>>]) -> (String, Layer) {
    let (mut clean, mut layer) = (text.to_owned(), Layer::identity(text.len()));
    for round in rounds {
        let (next, step) =
            round.as_ref().map_or_else(|| convert(&clean), |proposals| apply(&clean, proposals));
        layer = layer.then(step);
        clean = next;
    }
    (clean, layer)
}
