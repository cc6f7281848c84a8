//! Properties of the edit model, for arbitrary texts and edits: what an edit does can be undone, several
//! layers are one, and every byte is accounted for.

use jiaokan::edit::{Bias, ChangeKind, EditError, Layer, PatchBuilder, PieceKind, Span};
use jiaokan::rules::RuleId;
use proptest::prelude::*;

/// An edit before it is fitted to a text: positions are fractions of its length.
#[derive(Clone, Debug)]
enum Draft {
    Replace(u16, u16, String),
    Move(u16, u16, u16),
    /// Every character of one kind becomes another, some of another length.
    Convert,
}

fn draft() -> impl Strategy<Value = Draft> {
    prop_oneof![
        6 => (any::<u16>(), 0..4u16, "[ab文。\n𠮷]{0,3}").prop_map(|(at, len, text)| Draft::Replace(at, len, text)),
        2 => (any::<u16>(), 1..6u16, any::<u16>()).prop_map(|(at, len, to)| Draft::Move(at, len, to)),
        1 => Just(Draft::Convert),
    ]
}

fn text() -> impl Strategy<Value = String> {
    "[abc文字。，\n 𠮷é]{0,40}"
}

/// Fits the drafts to a text; those that do not fit are left out, as a stage's would be.
fn apply(source: &str, drafts: &[Draft]) -> (String, Layer) {
    let bounds: Vec<usize> = source.char_indices().map(|(i, _)| i).chain([source.len()]).collect();
    let place = |at: u16| usize::from(at) % bounds.len();
    let mut patch = PatchBuilder::new(source);
    if matches!(drafts.first(), Some(Draft::Convert)) {
        let mut exceptions = Vec::new();
        let mut text = String::new();
        for (i, c) in source.char_indices() {
            let new = match c {
                'a' => 'b',
                '文' => '字',
                'é' => '字',
                '𠮷' => '文',
                c => c,
            };
            if new.len_utf8() != c.len_utf8() {
                exceptions.push((Span::new(i, i + c.len_utf8()), new.len_utf8()));
            }
            text.push(new);
        }
        patch.convert(text, vec![exceptions], RuleId::Traditional);
        return patch.finish().apply();
    }
    for draft in drafts {
        let _ = match draft {
            Draft::Replace(at, len, text) => {
                let start = place(*at);
                let end = (start + usize::from(*len)).min(bounds.len() - 1);
                patch.replace(Span::new(bounds[start], bounds[end]), text, RuleId::HalfWidthMark, 0.9)
            }
            Draft::Move(at, len, to) => {
                let start = place(*at);
                let end = (start + usize::from(*len)).min(bounds.len() - 1);
                patch.relocate(
                    Span::new(bounds[start], bounds[end]),
                    bounds[place(*to)],
                    RuleId::Caption,
                    0.8,
                )
            }
            Draft::Convert => Err(EditError::Nothing),
        };
    }
    patch.finish().apply()
}

/// The invariants of a layer between two texts.
fn check(layer: &Layer, source: &str, output: &str) {
    assert_eq!((layer.source_len(), layer.output_len()), (source.len(), output.len()));
    let mut at = 0;
    for piece in layer.pieces() {
        assert_eq!(piece.output.start, at, "the pieces tile the output");
        at = piece.output.end;
        match piece.kind {
            PieceKind::Copy => assert_eq!(piece.source.of(source), piece.output.of(output)),
            PieceKind::Convert => assert_eq!(piece.source.len(), piece.output.len()),
            PieceKind::Char | PieceKind::New => {}
        }
        // Slicing panics if a span cuts a character.
        let _ = (piece.source.of(source), piece.output.of(output));
    }
    assert_eq!(at, output.len());
    assert_eq!(layer.restore(output, |piece| piece.source.of(source)), source, "the source comes back");
}

/// Rebuilds the source from the output and the list of changes alone.
fn undo(layer: &Layer, source: &str, output: &str) -> String {
    let all: Vec<usize> = layer.changes(source, output).iter().map(|change| change.id).collect();
    let refusal = layer.refuse(source, output, &all);
    assert_eq!(refusal.refused, all);
    refusal.text
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_layer_is_sound(source in text(), drafts in prop::collection::vec(draft(), 0..8)) {
        let (output, layer) = apply(&source, &drafts);
        check(&layer, &source, &output);
        prop_assert_eq!(undo(&layer, &source, &output), source);
    }

    #[test]
    fn layers_compose(source in text(), rounds in prop::collection::vec(prop::collection::vec(draft(), 0..6), 1..5)) {
        let mut text = source.clone();
        let mut all = Layer::identity(source.len());
        for drafts in &rounds {
            let (next, layer) = apply(&text, drafts);
            all = all.then(layer);
            text = next;
            check(&all, &source, &text);
        }
        prop_assert_eq!(undo(&all, &source, &text), source);
    }

    #[test]
    fn composition_is_associative_in_effect(source in text(), a in prop::collection::vec(draft(), 0..5), b in prop::collection::vec(draft(), 0..5), c in prop::collection::vec(draft(), 0..5)) {
        let (first, la) = apply(&source, &a);
        let (second, lb) = apply(&first, &b);
        let (third, lc) = apply(&second, &c);
        let left = la.clone().then(lb.clone()).then(lc.clone());
        let right = la.then(lb.then(lc));
        check(&left, &source, &third);
        check(&right, &source, &third);
    }

    #[test]
    fn refusals_are_sound(source in text(), rounds in prop::collection::vec(prop::collection::vec(draft(), 0..6), 1..4), pick in any::<u32>()) {
        let (mut text, mut all) = (source.clone(), Layer::identity(source.len()));
        for drafts in &rounds {
            let (next, layer) = apply(&text, drafts);
            all = all.then(layer);
            text = next;
        }
        prop_assert_eq!(&all.refuse(&source, &text, &[]).text, &text, "nothing is taken back");
        let changes = all.changes(&source, &text);
        let ids: Vec<usize> = (0..changes.len()).filter(|&i| pick >> (i % 32) & 1 == 1).collect();
        let refusal = all.refuse(&source, &text, &ids);
        check(&refusal.layer, &source, &refusal.text);
        for id in &ids {
            prop_assert!(refusal.refused.contains(id));
        }
        for change in &changes {
            let needs_refused = change.needs.iter().any(|need| refusal.refused.contains(need));
            prop_assert!(!needs_refused || refusal.refused.contains(&change.id), "what depends on a refused change is refused");
        }
    }

    #[test]
    fn offsets_agree_with_the_pieces(source in text(), rounds in prop::collection::vec(prop::collection::vec(draft(), 0..6), 1..4)) {
        let (mut text, mut all) = (source.clone(), Layer::identity(source.len()));
        for drafts in &rounds {
            let (next, layer) = apply(&text, drafts);
            all = all.then(layer);
            text = next;
        }
        for piece in all.pieces().iter().filter(|piece| piece.kind == PieceKind::Copy) {
            for i in 0..piece.output.len() {
                let (from, to) = (piece.source.start + i, piece.output.start + i);
                prop_assert_eq!(all.to_source(to, Bias::Right), from);
                prop_assert_eq!(all.to_output(from, Bias::Right), to);
                prop_assert_eq!(all.to_source(to + 1, Bias::Left), from + 1);
                prop_assert_eq!(all.to_output(from + 1, Bias::Left), to + 1);
            }
        }
        for (i, _) in text.char_indices() {
            for bias in [Bias::Left, Bias::Right] {
                prop_assert!(source.is_char_boundary(all.to_source(i, bias)));
            }
        }
        for (i, _) in source.char_indices() {
            for bias in [Bias::Left, Bias::Right] {
                prop_assert!(text.is_char_boundary(all.to_output(i, bias)));
            }
        }
        let order = all.source_order();
        for i in 0..=source.len() {
            for bias in [Bias::Left, Bias::Right] {
                prop_assert_eq!(all.to_output_in(&order, i, bias), all.to_output(i, bias));
            }
        }
    }

    #[test]
    fn concatenation_is_sound(parts in prop::collection::vec((text(), prop::collection::vec(draft(), 0..5)), 0..4)) {
        let (mut source, mut output, mut layers) = (String::new(), String::new(), Vec::new());
        for (part, drafts) in &parts {
            let (text, layer) = apply(part, drafts);
            source.push_str(part);
            output.push_str(&text);
            layers.push(layer);
        }
        let all = Layer::concat(layers);
        check(&all, &source, &output);
        prop_assert_eq!(undo(&all, &source, &output), source);
    }
}

#[test]
fn edits_are_checked() {
    let mut patch = PatchBuilder::new("甲乙丙");
    let rule = RuleId::HalfWidthMark;
    assert_eq!(patch.replace(Span::new(1, 3), "", rule, 1.0), Err(EditError::Boundary));
    assert_eq!(patch.replace(Span::new(3, 12), "", rule, 1.0), Err(EditError::Boundary));
    assert_eq!(patch.replace(Span::new(0, 3), "甲", rule, 1.0), Err(EditError::Nothing));
    assert!(patch.replace(Span::new(0, 6), "丁", rule, 1.0).is_ok());
    assert_eq!(patch.replace(Span::new(3, 9), "", rule, 1.0), Err(EditError::Overlap));
    assert_eq!(patch.relocate(Span::new(3, 6), 9, rule, 1.0), Err(EditError::Overlap));
    assert_eq!(patch.relocate(Span::new(6, 9), 0, rule, 1.0).map(|_| ()), Ok(()));
    assert_eq!(patch.finish().apply().0, "丙丁");
}

/// A caption moves, the halves it parted are joined: refusing the move refuses the join, not the other way.
#[test]
fn a_join_depends_on_the_move_that_made_it() {
    let source = "今年是全\n图 摄\n面实施。";
    let caption = Span::new(12, 12 + "\n图 摄".len());
    let mut patch = PatchBuilder::new(source);
    patch.relocate(caption, source.len(), RuleId::Caption, 1.0).unwrap();
    let (middle, first) = patch.finish().apply();
    assert_eq!(middle, "今年是全\n面实施。\n图 摄");
    let mut patch = PatchBuilder::new(&middle);
    patch.replace(Span::new(12, 13), "", RuleId::CutParagraph, 1.0).unwrap();
    let (output, second) = patch.finish().apply();
    assert_eq!(output, "今年是全面实施。\n图 摄");

    let layer = first.then(second);
    let changes = layer.changes(source, &output);
    let id =
        |kind: ChangeKind| changes.iter().find(|change| change.kind == kind).map(|change| change.id).unwrap();
    let (moved, joined) = (id(ChangeKind::Move), id(ChangeKind::Replace));
    assert_eq!(changes[joined].needs, [moved]);
    assert_eq!(layer.refuse(source, &output, &[joined]).text, middle);
    let refusal = layer.refuse(source, &output, &[moved]);
    assert_eq!((refusal.text.as_str(), refusal.refused.len()), (source, 2));
}
