//! Undoes misread and shifted bytes, and character hygiene. What cannot be proven is reported.

pub(crate) use glossed::Glossed;

mod certify;
mod coding;
mod gbk;
mod glossed;
mod hygiene;
mod misread;
mod search;
mod shift;

use crate::chars::{is_full_mark, is_han};
use crate::edit::Span;
use crate::pipeline::{Doc, Proposals};
use crate::rules::StageId;
use crate::stages::Stage;

/// What U+FFFD twice, and memory that was never written, give when read as GBK.
pub(crate) const LOST: [&str; 3] = ["锟斤拷", "烫烫烫", "屯屯屯"];

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
        if doc.facts.shifts {
            shift::scan(doc, out);
        }
        // This stage is the first: it reads the text that was analysed.
        let rare = &doc.facts.rare;
        if !rare.is_empty() {
            misread::scan(doc, rare, out);
        }
        if doc.facts.residue {
            misread::scan_entities(doc, out);
            hygiene::scan_residue(doc, out);
        }
        hygiene::scan(doc, rare, out);
    }
}

/// Whether `c` is of the first level of GB 2312.
#[must_use]
pub(crate) fn is_first_level(c: char) -> bool {
    matches!(gbk::pair_of(c), Some([0xb0..=0xd7, 0xa1..=0xfe]))
}

/// Whether a text holds what is left of bytes that nobody could read, or of a reference without its `&`.
pub(crate) fn has_residue(text: &str) -> bool {
    LOST.iter().any(|lost| memchr::memmem::find(text.as_bytes(), lost.as_bytes()).is_some())
        || misread::has_eaten_entity(text)
}

/// Whether a text may hold shifted bytes.
#[must_use]
pub fn may_be_shifted(text: &str) -> bool {
    shift::is_suspect(text)
}

/// Places where a gloss broke a character: `?lián)姑?`. A span reaches from the `?` over the rest of the
/// gloss and, where the shift of the bytes visibly ends in an ASCII character, over the shifted run.
#[must_use]
pub fn broken_glosses(text: &str) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for at in shift::lost(text) {
        if spans.last().is_some_and(|last| at < last.end) || !text[..at].ends_with(is_han) {
            continue;
        }
        let Some((_, len)) = search::broken(&text[at..]) else { continue };
        let tail = &text[at + len..];
        let run = tail.find(|c: char| c.is_ascii() || is_full_mark(c)).filter(|&end| end > 0);
        // The shift ends where an ASCII character was read as a trail byte, or where the trail is lost.
        let shifted = run
            .filter(|&end| tail[end..].starts_with(|c| matches!(c, '@'..='~' | '?')))
            .map_or(0, |end| end + 1);
        spans.push(Span::new(at, at + len + shifted));
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
