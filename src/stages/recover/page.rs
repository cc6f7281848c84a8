//! A line of a page with shifted bytes, as tokens: pairs of bytes, glosses, and what readers write for lost bytes.

use super::gbk::pair_of;
use crate::edit::Span;
use crate::lexicon::readings;
use crate::stages::gloss::bracket;

/// Lost bytes in a row of marks at most: `罚款？`, split at its middle, leaves four.
const ASKED: usize = 4;

/// What stands on the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind<'t> {
    /// A character with a pair of GBK.
    Pair([u8; 2]),
    /// A byte of ASCII.
    Ascii(u8),
    /// Brackets that hold a syllable.
    Gloss(&'t str),
    /// A lost byte, then the rest of a gloss: `?lián)`.
    Broken(&'t str),
    /// A `?`, or a replacement character.
    Lost,
    /// A character that GBK does not have; a mark of loss that tells nothing.
    Other,
}

/// A piece of the page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind<'t>,
    /// Its first character.
    pub(super) first: char,
    /// Bytes in the text.
    pub(super) span: Span,
}

/// Cuts a line into tokens; `at` is its offset in the text.
pub(super) fn tokens(line: &str, at: usize) -> Vec<Token<'_>> {
    let mut tokens = Vec::with_capacity(line.len() / 3 + 1);
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let start = line.len() - rest.len();
        let (kind, len) = kind(rest, first);
        tokens.push(Token { kind, first, span: Span::new(at + start, at + start + len) });
        rest = &rest[len..];
    }
    for row in tokens.chunk_by_mut(|a, b| is_asking(a) && is_asking(b)) {
        let asked = row.iter().filter(|token| token.kind == Kind::Lost).count();
        if asked > ASKED {
            row[1..].iter_mut().for_each(|token| token.kind = Kind::Other);
        }
    }
    tokens
}

/// Whether a token may be of a row of marks. A long row is a question, or what stands for a whole text that was
/// lost: its first mark may be a byte's, the others tell nothing.
fn is_asking(token: &Token<'_>) -> bool {
    token.kind == Kind::Lost || split_mark(token).is_some()
}

fn kind(rest: &str, first: char) -> (Kind<'_>, usize) {
    if matches!(first, '(' | '（')
        && let Some((inside, len)) = bracket(rest).filter(|(inside, _)| readings::is_syllable(inside.trim()))
    {
        return (Kind::Gloss(inside.trim()), len);
    }
    if matches!(first, '?' | '？' | '\u{fffd}') {
        return match broken(rest) {
            Some((syllable, len)) => (Kind::Broken(syllable), len),
            None => (Kind::Lost, first.len_utf8()),
        };
    }
    let kind = match pair_of(first) {
        // What code page 936 reads a lone 0x80 as, the trail byte of 個 or 還.
        _ if first == '€' => Kind::Ascii(0x80),
        Some(pair) => Kind::Pair(pair),
        None if first.is_ascii() => Kind::Ascii(first as u8),
        None => Kind::Other,
    };
    (kind, first.len_utf8())
}

/// The syllable of a gloss that begins with a lost byte in place of its bracket, or before it, and its length
/// in bytes.
pub(super) fn broken(text: &str) -> Option<(&str, usize)> {
    /// Longest syllable in bytes, tone mark and a space included.
    const LONGEST: usize = 10;
    let lost = text.chars().next()?.len_utf8();
    let inside = text[lost..].strip_prefix(['(', '（']).unwrap_or(&text[lost..]);
    let (len, close) =
        inside.char_indices().take_while(|&(i, _)| i <= LONGEST).find(|(_, c)| matches!(c, ')' | '）'))?;
    let syllable = inside[..len].trim();
    let end = text.len() - inside.len() + len + close.len_utf8();
    readings::is_syllable(syllable).then_some((syllable, end))
}

/// The two bytes of a mark that text may have been split at, as it stands on the page or narrowed.
pub(super) const fn mark_bytes(c: char) -> Option<[u8; 2]> {
    match c {
        '，' | ',' => Some([0xa3, 0xac]),
        '；' | ';' => Some([0xa3, 0xbb]),
        '！' | '!' => Some([0xa3, 0xa1]),
        '？' | '?' => Some([0xa3, 0xbf]),
        '、' => Some([0xa1, 0xa2]),
        '。' => Some([0xa1, 0xa3]),
        _ => None,
    }
}

/// The same of a token that may be such a mark.
pub(super) fn split_mark(token: &Token<'_>) -> Option<[u8; 2]> {
    if matches!(token.kind, Kind::Broken(_) | Kind::Other) { None } else { mark_bytes(token.first) }
}

/// Whether a shift may begin at token `i`.
pub(super) fn is_trigger(tokens: &[Token<'_>], i: usize) -> bool {
    match tokens[i].kind {
        Kind::Broken(_) => true,
        Kind::Lost => tokens.get(i + 1).is_some_and(|next| split_mark(next).is_some()),
        _ => false,
    }
}
