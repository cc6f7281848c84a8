//! Character hygiene: compatibility forms, invisible characters, odd spaces. What is not provable is reported.

use unicode_normalization::UnicodeNormalization;

use crate::chars::is_han;
use crate::edit::Span;
use crate::pipeline::{Doc, Proposals};
use crate::rules::RuleId;

use super::LOST;

/// Proposes what the characters themselves prove.
pub(super) fn scan(doc: &Doc<'_>, out: &mut Proposals<'_>) {
    for lost in LOST {
        for (at, _) in doc.text.match_indices(lost) {
            out.report(Span::new(at, at + lost.len()), RuleId::LostText);
        }
    }
    let mut before = None;
    let mut chars = doc.text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let span = Span::new(at, at + c.len_utf8());
        let after = chars.peek().map(|&(_, c)| c);
        match c {
            '\u{fffd}' => out.report(span, RuleId::ReplacementCharacter),
            // Alone between blanks it may be the radical itself, as in a list of radicals.
            _ if is_radical(c)
                && [before, after].into_iter().flatten().any(|c| is_han(c) || is_radical(c)) =>
            {
                out.replace(span, &c.nfkc().collect::<String>(), RuleId::KangxiRadical);
            }
            _ => {}
        }
        before = Some(c);
    }
}

const fn is_radical(c: char) -> bool {
    matches!(c, '\u{2f00}'..='\u{2fd5}')
}
