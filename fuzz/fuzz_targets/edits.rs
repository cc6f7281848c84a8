//! Any edits on any text, layer upon layer: the layers are one, and each can be taken back.
#![no_main]

use arbitrary::Arbitrary;
use jiaokan::Layer;
use jiaokan::edit::{PatchBuilder, Span};
use jiaokan::rules::RuleId;
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
enum Edit {
    Replace(u8, u8, String),
    Move(u8, u8, u8),
}

#[derive(Arbitrary, Debug)]
struct Case {
    text: String,
    rounds: Vec<Vec<Edit>>,
    refused: Vec<u8>,
}

fn apply(source: &str, edits: &[Edit]) -> (String, Layer) {
    let bounds: Vec<usize> = source.char_indices().map(|(at, _)| at).chain([source.len()]).collect();
    let place = |at: u8| bounds[usize::from(at) % bounds.len()];
    let span = |from: u8, to: u8| Span::new(place(from).min(place(to)), place(from).max(place(to)));
    let mut patch = PatchBuilder::new(source);
    for edit in edits {
        // Edits that do not fit are left out, as a stage's would be.
        let _ = match edit {
            Edit::Replace(from, to, text) => {
                patch.replace(span(*from, *to), text, RuleId::HalfWidthMark, 1.0)
            }
            Edit::Move(from, to, target) => {
                patch.relocate(span(*from, *to), place(*target), RuleId::Caption, 1.0)
            }
        };
    }
    patch.finish().apply()
}

fuzz_target!(|case: Case| {
    let (mut text, mut all) = (case.text.clone(), Layer::identity(case.text.len()));
    for edits in case.rounds.iter().take(5) {
        let (next, layer) = apply(&text, edits);
        all = all.then(layer);
        text = next;
        assert_eq!(all.restore(&text, |piece| piece.source.of(&case.text)), case.text);
    }
    let changes = all.changes(&case.text, &text);
    let ids: Vec<usize> = changes.iter().map(|change| change.id).collect();
    assert_eq!(all.refuse(&case.text, &text, &ids).text, case.text);
    let some: Vec<usize> =
        case.refused.iter().filter_map(|&i| ids.get(usize::from(i) % ids.len().max(1)).copied()).collect();
    let refusal = all.refuse(&case.text, &text, &some);
    assert!(some.iter().all(|id| refusal.refused.contains(id)));
    assert_eq!(refusal.layer.restore(&refusal.text, |piece| piece.source.of(&case.text)), case.text);
});
