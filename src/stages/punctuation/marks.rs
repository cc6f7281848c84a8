//! Commas, colons, semicolons, question and exclamation marks of half width.

use super::prose::{Prose, Side};
use crate::chars::{cannot_begin, is_closing, is_han};
use crate::pipeline::{Doc, Proposals};
use crate::rules::RuleId;

/// Proposes the full-width mark for each half-width one that stands in Chinese.
pub(super) fn widen(prose: &Prose<'_>, doc: &Doc<'_>, out: &mut Proposals<'_>) {
    /// The bits of the marks; each is below 64.
    const MARKS: u64 = 1 << b',' | 1 << b':' | 1 << b';' | 1 << b'?' | 1 << b'!';
    let is_mark = |(_, b): &(usize, &u8)| **b < 64 && MARKS >> **b & 1 == 1;
    for (at, &b) in prose.text().as_bytes().iter().enumerate().filter(is_mark) {
        let wide = match b {
            b',' => "，",
            b':' => "：",
            b';' => "；",
            b'?' => "？",
            b'!' => "！",
            _ => continue,
        };
        if is_chinese(prose, at, b) && !keeps(prose, at, b, doc) {
            prose.widen(at, wide, RuleId::HalfWidthMark, out);
        }
    }
}

/// Whether a mark stands in Chinese text.
fn is_chinese(prose: &Prose<'_>, at: usize, mark: u8) -> bool {
    if prose.is_markup(at) {
        return false;
    }
    let before = prose.before(at);
    match (before, prose.after(at + 1)) {
        (Side::Chinese, _) => true,
        // Behind a share a number ends, and another begins: 增长14%,1997年
        (Side::Digit, Side::Digit) if matches!(prose.previous(at), Some('%' | '‰')) => {
            let number =
                |c: char| c.is_ascii_digit() || matches!(c, '.' | '%' | '‰' | '-' | '—' | '~' | '～');
            prose.left(at).trim_end_matches(number).ends_with(is_han)
        }
        // A time, a ratio, a thousand's comma, a Latin run.
        (Side::Digit | Side::Latin, Side::Digit | Side::Latin) => false,
        (Side::None, Side::Chinese) => mark != b'!',
        (_, Side::Chinese) => true,
        // A line's last mark, in a line of Chinese.
        (Side::Digit, Side::None) => prose.text()[at + 1..].trim_end().is_empty(),
        _ => false,
    }
}

/// Whether a mark in Chinese text has an office that only the half-width one can fill.
fn keeps(prose: &Prose<'_>, at: usize, mark: u8, doc: &Doc<'_>) -> bool {
    let text = prose.text();
    let (previous, next) = (prose.previous(at), prose.next(at + 1));
    match mark {
        // Entities: `&nbsp;` and `&#20013;`
        b';' => memchr::memrchr(b'&', &text.as_bytes()[..at])
            .is_some_and(|amp| text[amp + 1..at].bytes().all(|b| b.is_ascii_alphanumeric() || b == b'#')),
        // A question mark before another mark stands for something lost.
        b'?' => {
            doc.facts.broken_glosses
                || next.is_some_and(|n| {
                    cannot_begin(n) && !is_closing(n) && !matches!(n, '?' | '!' | '？' | '！')
                })
        }
        // A picture's sign before a link.
        b'!' => next == Some('['),
        b':' => {
            // `:::`, a Markdown definition, a footnote's or link's label
            previous == Some(':') || next == Some(':') || previous.is_none() && next == Some(' ')
                || previous == Some(']')
                // `10:30`, a scheme
                || prose.before(at) != Side::Chinese && next.is_some_and(|n| n.is_ascii_alphanumeric())
        }
        _ => false,
    }
}
