//! Undoes misread and shifted bytes, and character hygiene. What cannot be proven is reported.

pub(crate) use misread::has_eaten_entity;

mod coding;
mod hygiene;
mod misread;

use crate::chars::{Class, classes, is_full_mark, is_han};
use crate::edit::Span;
use crate::lexicon::readings;
use crate::pipeline::{Doc, Proposals};
use crate::rules::{RuleId, StageId};
use crate::stages::Stage;

/// What U+FFFD twice, and memory that was never written, give when read as GBK.
pub(crate) const LOST: [&str; 3] = ["锟斤拷", "烫烫烫", "屯屯屯"];
/// Longest syllable in bytes, tone mark included.
const LONGEST: usize = 9;

/// The stage.
#[derive(Debug)]
pub struct Recover;

impl Stage for Recover {
    fn id(&self) -> StageId {
        StageId::Recover
    }

    fn is_for_any_language(&self) -> bool {
        true
    }

    fn scan(&self, doc: &Doc<'_>, out: &mut Proposals<'_>) {
        if doc.facts.broken_glosses {
            for span in broken_glosses(doc.text) {
                out.report(span, RuleId::BrokenGloss);
            }
        }
        if doc.facts.rare {
            let classes = classes();
            let is_rare = |&(_, c): &(usize, char)| classes.of(c).has(Class::RARE);
            let rare: Vec<(usize, char)> = doc.text.char_indices().filter(is_rare).collect();
            misread::scan(doc, &rare, out);
            misread::scan_entities(doc, out);
            hygiene::scan(doc, &rare, out);
        }
    }
}

/// Places where a gloss broke a character: `?lián)姑?`. A span reaches from the `?` over the rest of the
/// gloss and, where the shift of the bytes visibly ends in an ASCII character, over the shifted run.
#[must_use]
pub fn broken_glosses(text: &str) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let half = memchr::memchr_iter(b'?', text.as_bytes()).map(|at| (at, '?'));
    let full = memchr::memmem::find_iter(text.as_bytes(), "？").map(|at| (at, '？'));
    let mut questions: Vec<(usize, char)> = half.chain(full).collect();
    questions.sort_unstable();
    for (at, question) in questions {
        if spans.last().is_some_and(|last| at < last.end) {
            continue;
        }
        let rest = &text[at + question.len_utf8()..];
        let rest = rest.strip_prefix(['(', '（']).unwrap_or(rest);
        let Some((len, close)) =
            rest.char_indices().take_while(|&(i, _)| i <= LONGEST).find(|&(_, c)| matches!(c, ')' | '）'))
        else {
            continue;
        };
        if !readings::is_syllable(rest[..len].trim()) || !text[..at].chars().next_back().is_some_and(is_han) {
            continue;
        }
        let tail = &rest[len + close.len_utf8()..];
        let run = tail.find(|c: char| c.is_ascii() || is_full_mark(c)).filter(|&end| end > 0);
        // The shift ends where an ASCII character was read as a trail byte, or where the trail is lost.
        let shifted = run
            .filter(|&end| tail[end..].starts_with(|c| matches!(c, '@'..='~' | '?')))
            .map_or(0, |end| end + 1);
        spans.push(Span::new(at, text.len() - tail.len() + shifted));
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_glosses_are_seen() {
        let found =
            |text: &'static str| broken_glosses(text).into_iter().map(|s| s.of(text)).collect::<Vec<_>>();
        assert_eq!(found("要勇?lián)姑?、主?dòng)作為，高"), ["?lián)姑?", "?dòng)"]);
        assert_eq!(found("運輸?shù)某鞘幸研纬闪溯^完整"), ["?shù)某鞘幸研纬闪溯^"]);
        assert_eq!(found("主?dòng)作為,高質量"), ["?dòng)"]);
        assert!(found("什么?(略)他问:谁?").is_empty());
    }
}
