//! What differs between two texts of which no log tells: found by comparing them, so without reasons, and not
//! always what was really done.
//!
//! Clauses are paired by their Han characters, whatever their script, marks, glosses and line breaks; then the
//! characters of each pair, and of what stands between pairs, are compared. All of it is bounded.

use std::time::{Duration, Instant};

use similar::{Algorithm, DiffTag, capture_diff_slices, capture_diff_slices_deadline};
use twox_hash::XxHash3_128;

use crate::chars::is_han;
use crate::edit::{Change, ChangeKind, Layer, Span, trimmed};
use crate::lexicon::script;
use crate::pipeline::Cleaned;

/// Stretches of which the product of characters is larger are not compared by characters.
const LARGE: usize = 1 << 20;
/// Han characters from which the end of a line ends a clause too.
const LONG: usize = 64;
/// Time for pairing clauses.
const PATIENCE: Duration = Duration::from_secs(5);

/// What was found.
#[derive(Debug)]
pub(crate) struct Compared<'t> {
    /// The two texts.
    pub(crate) texts: Cleaned<'t>,
    /// What differs: changes without rules.
    pub(crate) changes: Vec<Change>,
    /// Stretches that are shown as replaced because comparing them would take too long.
    pub(crate) coarse: usize,
    /// Whether pairing was given up early.
    pub(crate) hurried: bool,
}

/// Compares two texts.
#[must_use]
pub(crate) fn compare<'t>(original: &'t str, text: &'t str) -> Compared<'t> {
    let mut found = Finder { original, text, differences: Vec::new(), coarse: 0 };
    let [old, new] = [clauses(original), clauses(text)];
    let keys = |clauses: &[Clause]| clauses.iter().map(|clause| clause.key).collect::<Vec<_>>();
    let began = Instant::now();
    let ops = capture_diff_slices_deadline(
        Algorithm::Histogram,
        &keys(&old),
        &keys(&new),
        began.checked_add(PATIENCE),
    );
    let hurried = began.elapsed() >= PATIENCE;
    let span = |clauses: &[Clause], range: std::ops::Range<usize>, len: usize| {
        let at = |i: usize| clauses.get(i).map_or(len, |clause| clause.start);
        Span::new(at(range.start), at(range.end))
    };
    for op in ops {
        let (tag, from, to) = op.as_tag_tuple();
        let pairs: Vec<_> = match tag {
            DiffTag::Equal => from.zip(to).map(|(i, j)| (i..i + 1, j..j + 1)).collect(),
            _ => vec![(from, to)],
        };
        for (from, to) in pairs {
            found.stretch(span(&old, from, original.len()), span(&new, to, text.len()));
        }
    }
    let Finder { differences, coarse, .. } = found;
    let (mut changes, mut copies) = (Vec::with_capacity(differences.len()), Vec::new());
    let (mut i, mut j) = (0, 0);
    for (from, to) in differences {
        // What two stretches have in common shows only once they stand together.
        let (from, to) = trimmed(from, to, original, text);
        if from.is_empty() && to.is_empty() {
            continue;
        }
        copies.push((Span::new(i, from.start), Span::new(j, to.start), None));
        (i, j) = (from.end, to.end);
        changes.push(Change {
            id: changes.len(),
            kind: ChangeKind::Replace,
            rules: [].as_slice().into(),
            source: from,
            clean: to,
            confidence: 1.0,
            needs: Vec::new(),
        });
    }
    copies.push((Span::new(i, original.len()), Span::new(j, text.len()), None));
    copies.retain(|(from, ..)| !from.is_empty());
    let layer = Layer::of_changes(&changes, &copies, original.len(), text.len());
    let texts = Cleaned::of_layer(original, text, layer, Vec::new());
    Compared { texts, changes, coarse, hurried }
}

/// A clause, as far as it can be known again.
struct Clause {
    start: usize,
    key: u128,
}

fn clauses(text: &str) -> Vec<Clause> {
    let (mut clauses, mut start) = (Vec::new(), 0);
    let (mut han, mut other, mut count) = (String::new(), String::new(), 0);
    let mut ended = false;
    for (at, c) in text.char_indices() {
        let is_mark =
            matches!(c, '，' | ',' | '。' | '．' | '.' | '！' | '!' | '？' | '?' | '；' | ';' | '：' | ':');
        if ended && !is_mark && !c.is_whitespace() {
            clauses.push(Clause { start, key: key(&mut han, &mut other) });
            (start, count, ended) = (at, 0, false);
        }
        if is_han(c) {
            han.push(script::simplified(c));
            count += 1;
        } else if !is_mark && !c.is_whitespace() {
            other.push(c);
        }
        ended |= is_mark || c == '\n' && count >= LONG;
    }
    if start < text.len() {
        clauses.push(Clause { start, key: key(&mut han, &mut other) });
    }
    clauses
}

fn key(han: &mut String, other: &mut String) -> u128 {
    let key = XxHash3_128::oneshot(if han.is_empty() { other.as_bytes() } else { han.as_bytes() });
    han.clear();
    other.clear();
    key
}

struct Finder<'t> {
    original: &'t str,
    text: &'t str,
    /// Stretches that differ, ascending, none beside another.
    differences: Vec<(Span, Span)>,
    coarse: usize,
}

impl Finder<'_> {
    /// Compares two stretches that follow what was compared before.
    fn stretch(&mut self, from: Span, to: Span) {
        let (from, to) = trimmed(from, to, self.original, self.text);
        if from.is_empty() || to.is_empty() {
            return self.differs(from, to);
        }
        let cut = |text: &str| text.chars().collect::<Vec<_>>();
        let (old, new) = (cut(from.of(self.original)), cut(to.of(self.text)));
        if old.len().saturating_mul(new.len()) > LARGE {
            self.coarse += 1;
            return self.differs(from, to);
        }
        let bytes = |chars: &[char]| chars.iter().map(|c| c.len_utf8()).sum::<usize>();
        let (mut i, mut j) = (from.start, to.start);
        for op in capture_diff_slices(Algorithm::Histogram, &old, &new) {
            let from = Span::new(i, i + bytes(&old[op.old_range()]));
            let to = Span::new(j, j + bytes(&new[op.new_range()]));
            (i, j) = (from.end, to.end);
            if op.tag() != DiffTag::Equal {
                self.differs(from, to);
            }
        }
    }

    fn differs(&mut self, from: Span, to: Span) {
        match self.differences.last_mut() {
            _ if from.is_empty() && to.is_empty() => {}
            Some(last) if last.0.end == from.start && last.1.end == to.start => {
                (last.0.end, last.1.end) = (from.end, to.end);
            }
            _ => self.differences.push((from, to)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Whether changes and what lies between them are the two texts.
    fn is_whole(compared: &Compared<'_>) -> bool {
        let (original, text) = (compared.texts.original(), compared.texts.text());
        let (mut i, mut j) = (0, 0);
        for change in &compared.changes {
            if original[i..change.source.start] != text[j..change.clean.start] {
                return false;
            }
            (i, j) = (change.source.end, change.clean.end);
        }
        original[i..] == text[j..]
    }

    fn shown<'t>(compared: &'t Compared<'_>) -> Vec<(&'t str, &'t str)> {
        let texts = &compared.texts;
        compared.changes.iter().map(|change| (texts.old(change), texts.new_text(change))).collect()
    }

    #[test]
    fn what_was_done_is_found_again() {
        let old = "市委副書(shū)記調(diào)研,要求辦\n公。\n\n經濟發展。經濟發展。\n";
        let new = "市委副书记调研，要求办公。\n\n经济发展。\n";
        let compared = compare(old, new);
        assert!(is_whole(&compared));
        let shown = shown(&compared);
        assert!(shown.contains(&("辦\n", "办")) && shown.contains(&(",", "，")), "{shown:?}");
        assert_eq!(shown.last(), Some(&("經濟發展。", "")));
        assert!(shown.iter().all(|(old, _)| old.chars().count() < 16), "{shown:?}");
    }

    #[test]
    fn large_texts_are_bounded_and_what_was_given_up_is_told() {
        let [a, b]: [String; 2] = ['甲', '乙'].map(|c| format!("同{}", c.to_string().repeat(3000)).repeat(2));
        let compared = compare(&a, &b);
        assert!(is_whole(&compared));
        assert_eq!((compared.coarse, compared.changes.len()), (1, 1));
        // Every clause changed, each is compared for itself.
        let sentence = |i: usize| format!("第{i}年國家發展了{}經濟,", ["大", "小", "新"][i % 3]);
        let old: String = (0..3000).map(sentence).collect();
        let new = old.replace('國', "国").replace(',', "，");
        let compared = compare(&old, &new);
        assert!(is_whole(&compared) && compared.coarse == 0);
        assert_eq!(compared.changes.len(), 6000);
    }

    proptest! {
        #[test]
        fn any_two_texts_are_told_apart(old in "[國国ab，,。\n]{0,40}", new in "[國国ab，,。\n]{0,40}") {
            let compared = compare(&old, &new);
            prop_assert!(is_whole(&compared));
            prop_assert_eq!(compared.changes.is_empty(), old == new);
        }
    }
}
