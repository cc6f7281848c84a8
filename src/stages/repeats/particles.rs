//! Function characters that stand twice inside a sentence.

use crate::chars::{is_closing, is_han, is_opening, is_pause, is_stop, places};
use crate::edit::Span;
use crate::lexicon::words;
use crate::pipeline::Proposals;
use crate::rules::RuleId;
use crate::shape::is_surname;
use crate::stages::repeats::verse::is_verse;

/// Function characters that no sentence doubles but where two words meet. Not 地 (各地地方), 有, 对 and others
/// that are verbs or nouns too.
const PARTICLES: &str = "的和与将把被从而并及于了在是";

/// Proposes to drop the second of two.
pub(super) fn scan(text: &str, out: &mut Proposals<'_>) {
    for at in doubled(text.as_bytes()) {
        let Some(c) = text[at..].chars().next().filter(|&c| PARTICLES.contains(c)) else { continue };
        let len = c.len_utf8();
        let (left, right) = (&text[..at], &text[at + 2 * len..]);
        // 目的|的, 的的确确, 中和|和, 现在|在, 不甚了了; but no word in 是 goes before another 是.
        let word_before = c != '是' && words::shipped().spanning(left, &text[at..at + len]).next().is_some();
        let word_after =
            right.starts_with(c) || words::shipped().prefixes(&text[at + len..]).any(|(word, _)| word > len);
        let ends = |c| is_pause(c) || is_stop(c) || matches!(c, '；' | '：' | '\n' | '\r');
        let in_sentence = left.ends_with(is_han) && !right.is_empty() && !right.starts_with(ends);
        // 和和|美美; 李四光、陶孟和|和竺可桢
        let pair = right.chars().next().is_some_and(|c| right[c.len_utf8()..].starts_with(c));
        let quoted = left.ends_with(is_opening) || right.starts_with(is_closing) || left.ends_with(c);
        if in_sentence
            && !word_before
            && !word_after
            && !pair
            && !ends_name(left)
            && !quoted
            && !is_verse(text, at)
        {
            out.replace(Span::new(at + len, at + 2 * len), "", RuleId::DoubledParticle);
        }
    }
}

/// Whether the given name of a person in a list may end with the next character.
fn ends_name(left: &str) -> bool {
    let mut chars = left.chars().rev();
    let [last, second, third] = std::array::from_fn(|_| chars.next());
    last.is_some_and(is_surname) && second == Some('、')
        || second.is_some_and(is_surname) && third == Some('、')
}

/// Where a character of three bytes stands twice.
fn doubled(bytes: &[u8]) -> impl Iterator<Item = usize> + '_ {
    places(bytes, |b, i| {
        (b[i] >= 0xe0) & (b[i] < 0xf0) & (b[i] == b[i + 3]) & (b[i + 1] == b[i + 4]) & (b[i + 2] == b[i + 5])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubled_characters_are_found_wherever_they_stand() {
        for shift in 0..200 {
            let text = format!("{}的的完", "a".repeat(shift));
            assert_eq!(doubled(text.as_bytes()).collect::<Vec<_>>(), [shift]);
        }
        assert_eq!(doubled("".as_bytes()).count(), 0);
        assert_eq!(doubled("的".as_bytes()).count(), 0);
    }
}
