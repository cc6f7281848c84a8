//! Round brackets, widened in pairs.

use super::prose::{Prose, Side};
use crate::chars::{is_full_mark, is_han};
use crate::edit::Span;
use crate::pipeline::Proposals;
use crate::rules::RuleId;

/// The brackets that are open at a place.
#[derive(Debug, Default)]
pub(super) struct Brackets {
    open: Vec<Open>,
}

#[derive(Debug)]
struct Open {
    /// Byte offset in the text.
    at: usize,
    full: bool,
    /// Whether the text before it is Chinese, or its line begins with it.
    before: Option<Side>,
}

impl Brackets {
    /// Widens both brackets of a pair or none. A pair of mixed width is made full.
    pub(super) fn widen(&mut self, prose: &Prose<'_>, doc: &str, out: &mut Proposals<'_>) {
        let text = prose.text();
        let mut pos = 0;
        // Of the other marks, only those of full width concern us.
        while let Some(at) = memchr::memchr3(b'(', b')', 0xef, &text.as_bytes()[pos..]).map(|i| pos + i) {
            let c = text[at..].chars().next().expect("a character begins here");
            pos = at + c.len_utf8();
            if !matches!(c, '(' | '（' | ')' | '）') || prose.is_markup(at) {
                continue;
            }
            if matches!(c, '(' | '（') {
                let begins = prose.left(at).trim().is_empty();
                let before = (!begins).then(|| prose.before(at));
                self.open.push(Open { at: prose.line.start + at, full: c == '（', before });
            } else if let Some(open) = self.open.pop() {
                let end = prose.line.start + pos;
                let span = Span::new(open.at, end);
                if (!open.full || c == ')')
                    && !out.is_kept_off(span)
                    && is_pair(&open, c, span.of(doc), prose.after(pos))
                {
                    if !open.full {
                        out.replace(Span::new(open.at, open.at + 1), "（", RuleId::HalfWidthBracket);
                    }
                    if c == ')' {
                        prose.widen(at, "）", RuleId::HalfWidthBracket, out);
                    }
                }
            }
        }
    }

    /// Ends a line; unless it is wrapped, no pair of brackets goes on behind it.
    pub(super) fn end_line(&mut self, wrapped: bool) {
        if !wrapped {
            self.open.clear();
        }
    }
}

/// Whether a pair, given with its brackets, is of Chinese text: it holds some, is of mixed width, or is a
/// note or number in Chinese: 世贸组织(WTO), (1)总则
fn is_pair(open: &Open, closing: char, pair: &str, after: Side) -> bool {
    let opening = if open.full { '（' } else { '(' };
    let inside = pair.strip_prefix(opening).and_then(|rest| rest.strip_suffix(closing)).unwrap_or_default();
    let words = |c: char| c.is_alphanumeric() || " \n\r,.:;!?%+-/&()\"'℃°~@#_|×±‰$€".contains(c);
    let beside = open.before.map_or(after == Side::Chinese, |before| before == Side::Chinese);
    open.full != (closing == '）')
        || inside.contains(|c| is_han(c) || is_full_mark(c))
        || beside && !inside.is_empty() && inside.chars().all(|c| words(c) || is_wide(c))
}

/// Whether `c` is a sign of East Asian full width.
fn is_wide(c: char) -> bool {
    matches!(c, '∶' | '·' | '\u{ff01}'..='\u{ff5e}')
}
