//! Sentences, their ends and paragraphs that stand twice in a row.

use std::collections::VecDeque;

use crate::chars::{Line, is_closing, is_han, is_opening, is_pause, is_stop, lines, places};
use crate::edit::Span;
use crate::pipeline::{Doc, Proposals};
use crate::rules::{Applicability, RuleId};
use crate::shape::{is_caption, is_line_of_its_own, is_notice};
use crate::stages::reflow::join_lines;
use crate::stages::repeats::verse::is_verse;

/// Shortest and longest fragment behind a full stop, in characters.
const SHORT_FRAGMENT: usize = 2;
const FRAGMENT: usize = 60;
/// Shortest fragment that may be a whole clause: 分红了。分红了。 may have been said.
const CLAUSE: usize = 6;
/// Shortest fragment that may end in an exclamation or question: 万岁！万岁！ was said.
const SPOKEN: usize = 8;
/// Shortest sentence that nobody says twice, in characters.
const SENTENCE: usize = 14;
/// The same where it is an exclamation or question.
const EXCLAMATION: usize = 24;
/// Most sentences that stand twice together.
const SENTENCES: usize = 4;
/// Shortest paragraph that nobody writes twice in a row, in characters.
const PARAGRAPH: usize = 20;
/// The same where it has no full stop.
const PARAGRAPH_OPEN: usize = 40;
/// Shortest paragraph whose repetition with others between is worth a look.
const PARAGRAPH_APART: usize = 60;
/// Paragraphs above that a repeated one is looked for in.
const ABOVE: usize = 8;

/// Proposes to drop the second of what stands twice.
pub(super) fn scan(doc: &Doc<'_>, out: &mut Proposals<'_>) {
    let mut above: VecDeque<Line<'_>> = VecDeque::with_capacity(ABOVE);
    let stands_between =
        |line: &str| is_caption(&[line]) || is_notice(line) || doc.facts.is_cut() && is_line_of_its_own(line);
    for line in lines(doc.text).filter(|line| !line.is_blank()) {
        if let Some(&last) = above.back() {
            // The break goes with the line.
            let all = Span::new(last.end(), line.end());
            let dropped = match repeated_paragraph(&above, line.text, stands_between) {
                Some((pieces, applicability)) => {
                    let dropped = out.propose(all, "", RuleId::RepeatedSentence, 1.0, applicability);
                    if dropped.is_some() {
                        join(doc.text, &pieces, out);
                    }
                    dropped
                }
                None if repeats_tail(last.text, line.text) && !is_verse(doc.text, last.end()) => {
                    out.replace(all, "", RuleId::TailFragment)
                }
                None => None,
            };
            if dropped.is_some() {
                continue;
            }
        }
        let before = above.back().map_or("", |last| last.text);
        sentences(doc.text, line, before, out);
        if above.len() == ABOVE {
            above.pop_front();
        }
        above.push_back(line);
    }
}

/// The lines above, the last first, that a paragraph repeats together, and what is done with it: statutes repeat a
/// long clause a few lines on.
fn repeated_paragraph<'t>(
    above: &VecDeque<Line<'t>>,
    paragraph: &str,
    stands_between: impl Fn(&str) -> bool,
) -> Option<(Vec<Line<'t>>, Applicability)> {
    let up = || above.iter().rev();
    let (distance, pieces) = (0..above.len())
        .filter(|&distance| up().nth(distance).is_some_and(|last| ends_same(paragraph, last.text)))
        .find_map(|distance| Some((distance, pieces(up().skip(distance), paragraph, &stands_between)?)))?;
    let near = up().take(distance).all(|line| stands_between(line.text));
    // Verse and records have no full stop.
    let stopped = paragraph.contains('。');
    let (shortest, applicability) = match (near, stopped) {
        (true, true) => (PARAGRAPH, Applicability::Safe),
        (true, false) => (PARAGRAPH_OPEN, Applicability::Safe),
        _ => (PARAGRAPH_APART, Applicability::Unsafe),
    };
    let prose = stopped || paragraph.contains(is_pause);
    (prose && paragraph.chars().count() >= shortest && !is_refrain(paragraph))
        .then_some((pieces, applicability))
}

/// The first of `lines`, from the last one up, whose texts make a paragraph, but for what stands between them.
fn pieces<'a, 't: 'a>(
    lines: impl Iterator<Item = &'a Line<'t>>,
    paragraph: &str,
    stands_between: impl Fn(&str) -> bool,
) -> Option<Vec<Line<'t>>> {
    let (mut rest, mut pieces) = (paragraph, Vec::new());
    for line in lines {
        match without(rest, line.text) {
            Some(before) => {
                rest = before;
                pieces.push(*line);
            }
            None if !pieces.is_empty() && stands_between(line.text) => {}
            None => return None,
        }
        if rest.trim().is_empty() {
            return Some(pieces);
        }
    }
    None
}

/// Joins what stands in one piece in a paragraph's repetition, where nothing stands between.
fn join(text: &str, pieces: &[Line<'_>], out: &mut Proposals<'_>) {
    for pair in pieces.windows(2) {
        let (below, above) = (pair[0], pair[1]);
        if text[above.end()..below.start].trim().is_empty() {
            join_lines(above, below, RuleId::CutParagraph, 1.0, Applicability::Safe, out);
        }
    }
}

/// The sentences of a paragraph, a few at a time, each against what stands before it, the paragraph above
/// included.
fn sentences(text: &str, line: Line<'_>, above: &str, out: &mut Proposals<'_>) {
    // Of the sentences before, the latest last.
    let mut starts = [0; SENTENCES];
    let mut known = 1;
    for end in stops(line.text) {
        let found = starts[SENTENCES - known..].iter().rev().find_map(|&from| {
            let before = if from == 0 { above } else { &line.text[..from] };
            let sentence = &line.text[from..end];
            // A fragment that came in before the closing quote leaves the quote.
            let bare = sentence.trim_end_matches(is_closing);
            let found = [sentence, bare].into_iter().find_map(|s| Some((from, repeat(before, s)?, s.len())));
            found.filter(|_| !is_refrain(sentence))
        });
        if let Some((from, repeat, len)) = found {
            let rule = match repeat {
                Repeat::Tail => RuleId::TailFragment,
                Repeat::Sentence => RuleId::RepeatedSentence,
            };
            let start = line.start + from;
            if repeat == Repeat::Sentence || !is_verse(text, start) {
                out.replace(Span::new(start, start + len), "", rule);
            }
            known = 0;
        }
        starts.rotate_left(1);
        starts[SENTENCES - 1] = end;
        known = SENTENCES.min(known + 1);
    }
}

/// Whether a text is one sentence again and again, as people sing it.
fn is_refrain(text: &str) -> bool {
    let text = text.trim_matches(|c| is_opening(c) || is_closing(c));
    let mut from = 0;
    let sentences =
        stops(text).chain([text.len()]).map(|end| text[std::mem::replace(&mut from, end)..end].trim());
    let sentences: Vec<&str> = sentences.filter(|sentence| !sentence.is_empty()).collect();
    sentences.len() > 1 && sentences.windows(2).all(|pair| pair[0] == pair[1])
}

/// Where sentences end, behind the stop (。！？) and the closing quotes that follow it.
fn stops(text: &str) -> impl Iterator<Item = usize> {
    let mut done = 0;
    let stops = places(text.as_bytes(), |b, i| {
        let stop = (b[i] == 0xe3) & (b[i + 1] == 0x80) & (b[i + 2] == 0x82);
        stop | (b[i] == 0xef) & (b[i + 1] == 0xbc) & ((b[i + 2] == 0x81) | (b[i + 2] == 0x9f))
    });
    stops.filter_map(move |at| {
        if at < done {
            return None;
        }
        let closing = |c: char| is_stop(c) || is_closing(c);
        done = text[at..].find(|c| !closing(c)).map_or(text.len(), |i| at + i);
        Some(done)
    })
}

/// What a repeat repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Repeat {
    /// The end of a sentence, from the middle of it on.
    Tail,
    /// A whole sentence.
    Sentence,
}

/// Whether `fragment` is a stopped fragment that repeats the end of `before` and cannot have been said
/// twice: the sentence before runs on into it without a pause, or it is long.
pub(crate) fn repeats_tail(before: &str, fragment: &str) -> bool {
    repeat(before, fragment) == Some(Repeat::Tail)
}

fn repeat(before: &str, fragment: &str) -> Option<Repeat> {
    let head = ends_same(before, fragment).then(|| without(before, fragment)).flatten()?;
    let words = fragment.trim_end_matches(|c| is_stop(c) || is_closing(c));
    let stop = &fragment[words.len()..];
    if !stop.contains(is_stop) || !words.contains(|c| is_han(c) || matches!(c, '％' | '%')) {
        return None;
    }
    let spoken = !stop.contains('。');
    let len = words.chars().count();
    match head.chars().next_back() {
        Some(c) if c.is_alphanumeric() || matches!(c, '、' | '”' | '》' | '）' | '％' | '%' | '．' | '.') =>
        {
            let shortest = if spoken { SPOKEN } else { SHORT_FRAGMENT };
            (shortest..=FRAGMENT).contains(&len).then_some(Repeat::Tail)
        }
        Some('，' | '；' | '：' | '—' | ',' | ';' | ':') => {
            let shortest = if spoken { SPOKEN } else { CLAUSE };
            (shortest..=FRAGMENT).contains(&len).then_some(Repeat::Tail)
        }
        _ => {
            let shortest = if spoken { EXCLAMATION } else { SENTENCE };
            (words.chars().filter(|&c| is_han(c)).count() >= shortest).then_some(Repeat::Sentence)
        }
    }
}

/// Whether the last bytes of two texts are the same, as they seldom are.
fn ends_same(before: &str, fragment: &str) -> bool {
    let tail = &fragment.as_bytes()[fragment.len().saturating_sub(4)..];
    before.as_bytes().ends_with(tail)
}

/// What stands before `fragment` at the end of `text`, spaces not counted: a wrap may have left one in either.
fn without<'t>(text: &'t str, fragment: &str) -> Option<&'t str> {
    let mut rest = text.chars();
    for c in fragment.chars().rev().filter(|c| !c.is_whitespace()) {
        let before = rest.as_str().trim_end();
        rest = before.strip_suffix(c)?.chars();
    }
    Some(rest.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fragments() {
        assert!(repeats_tail("物资购置等方面困难和问题。", "问题。"));
        assert!(repeats_tail("解决了，物资购置等方面困难和问题。", "物资购置等方面困难和问题。"));
        assert!(repeats_tail("他说：“要解决困难和问题。”", "问题。”"));
        assert!(!repeats_tail("停车！", "停车！"));
        assert!(!repeats_tail("他喊，停车！", "停车！"));
        assert!(!repeats_tail("这是最后的机会了。", "了。"));
        assert!(repeats_tail("物资购置等方面困 难和问题。", "困难和问题。"));
    }

    #[test]
    fn sentences_end_behind_their_quotes() {
        let text = "他说：“好。”走了！？完";
        let ends: Vec<_> = stops(text).map(|end| &text[..end]).collect();
        assert_eq!(ends, ["他说：“好。”", "他说：“好。”走了！？"]);
    }
}
