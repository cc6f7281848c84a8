//! Drops fragments that OCR or layout doubled. People repeat themselves too: what a speaker could have
//! said twice stays.

use crate::chars::{is_closing, is_han, is_opening, is_pause, is_stop, lines};
use crate::edit::Span;
use crate::lexicon::words;
use crate::pipeline::{Doc, Proposals};
use crate::rules::{RuleId, StageId};
use crate::stages::Stage;

/// Longest fragment behind a full stop, in characters.
const FRAGMENT: usize = 30;
/// Longest overlap at a seam, in characters.
const OVERLAP: usize = 8;
/// Nats that a character costs which no word explains.
const UNEXPLAINED: f32 = 5.0;

/// The stage.
#[derive(Debug)]
pub struct Repeats;

impl Stage for Repeats {
    fn id(&self) -> StageId {
        StageId::Repeats
    }

    fn scan(&self, doc: &Doc<'_>, out: &mut Proposals<'_>) {
        for &seam in doc.seams {
            if let Some(len) = overlap(&doc.text[..seam], &doc.text[seam..]) {
                out.replace(Span::new(seam, seam + len), "", RuleId::SeamOverlap);
            }
        }
        tail_fragments(doc.text, out);
        doubled_particles(doc.text, out);
    }
}

/// Bytes at the start of `right` that only repeat the end of `left`.
#[must_use]
pub(crate) fn overlap(left: &str, right: &str) -> Option<usize> {
    let ends = right.char_indices().take_while(|&(_, c)| is_han(c)).map(|(i, c)| i + c.len_utf8());
    let len = ends.take(OVERLAP).filter(|&len| left.ends_with(&right[..len])).last()?;
    let doubled = &right[..len];
    let mut chars = doubled.chars();
    if chars.next().is_some() && chars.next().is_some() {
        return Some(len);
    }
    // One character: both are needed if a word wants the second one (外国|国家) or both (爸|爸).
    let words = words::shipped();
    let tail = tail(left);
    let both = words.cost(&format!("{tail}{doubled}"));
    let needed = words.prefixes(right).any(|(word, _)| word > len) || both - words.cost(tail) < UNEXPLAINED;
    (!needed).then_some(len)
}

/// The last Han characters of a text, enough to hold its last words.
fn tail(text: &str) -> &str {
    let start = text
        .char_indices()
        .rev()
        .take_while(|&(_, c)| is_han(c))
        .take(8)
        .last()
        .map_or(text.len(), |(at, _)| at);
    &text[start..]
}

/// A sentence's end that stands twice: behind its stop, or as a paragraph of its own below.
fn tail_fragments(text: &str, out: &mut Proposals<'_>) {
    let mut above: Option<(usize, &str)> = None;
    for line in lines(text) {
        if line.is_blank() {
            continue;
        }
        if let Some((end, before)) = above
            && repeats_tail(before, line.text)
        {
            // The break goes with the fragment.
            out.replace(Span::new(end, line.end()), "", RuleId::TailFragment);
            continue;
        }
        let mut from = 0;
        for end in stops(line.text) {
            let fragment = &line.text[from..end];
            if from > 0 && repeats_tail(&line.text[..from], fragment) {
                out.replace(Span::new(line.start + from, line.start + end), "", RuleId::TailFragment);
            }
            from = end;
        }
        above = Some((line.end(), line.text));
    }
}

/// Where sentences end, behind the stop. Looks only at the bytes that marks begin with.
fn stops(text: &str) -> impl Iterator<Item = usize> {
    let marks = memchr::memchr3_iter(0xe3, 0xef, 0xe2, text.as_bytes());
    let full =
        marks.filter_map(|at| text[at..].chars().next().filter(|&c| is_stop(c)).map(|c| at + c.len_utf8()));
    let half: Vec<usize> = memchr::memchr2_iter(b'!', b'?', text.as_bytes()).map(|at| at + 1).collect();
    let mut half = half.into_iter().peekable();
    let mut full = full.peekable();
    std::iter::from_fn(move || match (half.peek(), full.peek()) {
        (Some(h), Some(f)) if h < f => half.next(),
        (Some(_), None) => half.next(),
        _ => full.next(),
    })
}

/// Whether `fragment` is a stopped fragment that repeats the end of `before` and cannot have been said
/// twice: the sentence before runs on into it without a pause.
pub(crate) fn repeats_tail(before: &str, fragment: &str) -> bool {
    let tail = fragment.len().saturating_sub(4);
    if !before.as_bytes().ends_with(&fragment.as_bytes()[tail..]) {
        return false;
    }
    let mut reversed = fragment.chars().rev();
    let stopped = reversed.next().is_some_and(is_stop);
    let len = reversed.clone().count();
    if !stopped || !(2..=FRAGMENT).contains(&len) || !reversed.all(is_han) {
        return false;
    }
    let Some(head) = before.strip_suffix(fragment) else { return false };
    head.ends_with(|c: char| is_han(c) || matches!(c, '、' | '”' | '》'))
}

/// Function characters that no sentence doubles, and the doubling that words allow: 目的的, 的的确确.
fn doubled_particles(text: &str, out: &mut Proposals<'_>) {
    for (at, doubled) in text.match_indices("的的") {
        let len = '的'.len_utf8();
        let (left, right) = (&text[..at], &text[at + doubled.len()..]);
        let word_before = words::shipped().spanning(left, &text[at..at + len]).next().is_some();
        let word_after = right.starts_with('的')
            || words::shipped().prefixes(&text[at + len..]).any(|(word, _)| word > len);
        let in_sentence = left.ends_with(is_han) && !right.starts_with(is_pause);
        let quoted = left.ends_with(is_opening) || right.starts_with(is_closing) || left.ends_with('的');
        if in_sentence && !word_before && !word_after && !quoted {
            out.replace(Span::new(at + len, at + doubled.len()), "", RuleId::DoubledParticle);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlaps_at_a_seam() {
        assert_eq!(overlap("着眼融入京津冀、服务雄安新区", "区，优化区域"), Some(3));
        assert_eq!(overlap("美丽的外国", "国家的人"), None);
        assert_eq!(overlap("推动高质量", "高质量发展"), Some(9));
        assert_eq!(overlap("集中教育整", "顿暨专项"), None);
    }

    #[test]
    fn fragments() {
        assert!(repeats_tail("物资购置等方面困难和问题。", "问题。"));
        assert!(!repeats_tail("停车！", "停车！"));
        assert!(!repeats_tail("他喊，停车！", "停车！"));
        assert!(!repeats_tail("这是最后的机会了。", "了。"));
    }
}
