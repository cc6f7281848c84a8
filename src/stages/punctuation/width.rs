//! Digits and Latin letters of full width, and the half-width style.

use crate::chars::{full_alnum, is_digit};
use crate::edit::Span;
use crate::pipeline::{Doc, Proposals};
use crate::rules::RuleId;

/// Whether a document with so many characters of a class in full width has at least as many in half width.
#[inline]
fn is_mixed(text: &str, full: usize, half: impl Fn(u8) -> bool) -> bool {
    // In pieces whose count fits a byte, so that many bytes are counted at once.
    let count = |piece: &[u8]| usize::from(piece.iter().map(|&byte| u8::from(half(byte))).sum::<u8>());
    full > 0 && text.as_bytes().chunks(255).map(count).sum::<usize>() >= full
}

/// Makes digits and letters half-width, each kind where the document has more of it in half width than in
/// full: a text that is full-width throughout is so by intent.
pub(super) fn narrow_alnum(text: &str, out: &mut Proposals<'_>) {
    let (mut digits, mut letters) = (0, 0);
    for (_, c) in full_alnum(text) {
        digits += usize::from(is_full_digit(c));
        letters += usize::from(is_full_letter(c));
    }
    let digits = is_mixed(text, digits, |byte| byte.is_ascii_digit());
    let letters = is_mixed(text, letters, |byte| byte.is_ascii_alphabetic());
    if !digits && !letters {
        return;
    }
    let narrows = |c: char| digits && is_full_digit(c) || letters && is_full_letter(c);
    let mut run: Option<(Span, String)> = None;
    let close = |run: &mut Option<(Span, String)>, out: &mut Proposals<'_>| {
        if let Some((span, half)) = run.take() {
            out.replace(span, &half, RuleId::FullWidthAlnum);
        }
    };
    for (at, c) in wide_forms(text) {
        let end = at + c.len_utf8();
        // A decimal point belongs to its number.
        let point =
            digits && c == '．' && text[..at].ends_with(is_digit) && text[end..].starts_with(is_digit);
        if !narrows(c) && !point {
            continue;
        }
        if run.as_ref().is_some_and(|(span, _)| span.end != at) {
            close(&mut run, out);
        }
        let (span, half) = run.get_or_insert_with(|| (Span::new(at, at), String::new()));
        span.end = end;
        half.push(half_of(c));
    }
    close(&mut run, out);
}

const fn is_full_digit(c: char) -> bool {
    matches!(c, '０'..='９')
}

const fn is_full_letter(c: char) -> bool {
    matches!(c, 'Ａ'..='Ｚ' | 'ａ'..='ｚ')
}

/// The half-width form of a full-width one (U+FF01 to U+FF5E).
fn half_of(c: char) -> char {
    char::from_u32(c as u32 - 0xff01 + 0x21).expect("ASCII")
}

/// The marks of the half-width style. Marks that have no half-width form stay: 、《》 and quotes, whose
/// width is the font's.
pub(super) fn narrow_marks(doc: &Doc<'_>, out: &mut Proposals<'_>) {
    for at in memchr::memchr2_iter(0xe3, 0xef, doc.text.as_bytes()) {
        let Some(c) = doc.text[at..].chars().next() else { continue };
        let half = match c {
            '，' => ",",
            '。' => ".",
            '：' => ":",
            '；' => ";",
            '？' => "?",
            '！' => "!",
            '（' => "(",
            '）' => ")",
            _ => continue,
        };
        out.replace(Span::new(at, at + c.len_utf8()), half, RuleId::FullWidthMark);
    }
}

/// The characters of a text whose UTF-8 begins with the byte of the full-width forms.
fn wide_forms(text: &str) -> impl Iterator<Item = (usize, char)> {
    memchr::memchr_iter(0xef, text.as_bytes()).filter_map(|at| text[at..].chars().next().map(|c| (at, c)))
}
