//! Ellipses and dashes that were typed as runs of dots and hyphens.

use super::prose::Prose;
use crate::chars::{is_closing, is_full_mark, is_han, is_opening};
use crate::pipeline::Proposals;
use crate::rules::RuleId;

/// Most dots that are an ellipsis; more are a leader or a blank to fill in.
const DOTS: usize = 6;
/// Most hyphens that are a dash; more are a rule.
const HYPHENS: usize = 6;

/// Proposes …… for runs of `.` or 。 and —— for runs of hyphens.
pub(super) fn widen(prose: &Prose<'_>, out: &mut Proposals<'_>) {
    let text = prose.text();
    let mut pos = 0;
    while let Some(at) = memchr::memchr3(b'.', b'-', 0xe3, &text.as_bytes()[pos..]).map(|i| pos + i) {
        let c = text[at..].chars().next().expect("a mark begins here");
        let end = text[at..].find(|other| other != c).map_or(text.len(), |i| at + i);
        pos = end;
        let count = (end - at) / c.len_utf8();
        let (rule, wide) = match c {
            '.' | '。' if (3..=DOTS).contains(&count) && is_ellipsis(prose, at, end) => {
                (RuleId::Ellipsis, "……")
            }
            '-' if (2..=HYPHENS).contains(&count) && is_dash(prose, at, end) => (RuleId::Dash, "——"),
            _ => continue,
        };
        if !prose.is_markup(at) {
            prose.replace(at, end - at, wide, rule, out);
        }
    }
}

/// Whether dots stand beside Chinese, and are not a leader before a page's number.
fn is_ellipsis(prose: &Prose<'_>, at: usize, end: usize) -> bool {
    let leads = prose.right(end).trim_start().starts_with(|c: char| c.is_ascii_digit());
    let (previous, next) = (prose.previous(at), prose.next(end));
    // Alone in brackets they are an operator's name, behind a Latin word the code's or the list's own.
    let opens = previous.is_some_and(is_opening);
    let closes = next.is_some_and(is_closing);
    !leads && (is_chinese(previous) && !(opens && closes) || is_chinese(next) && !closes)
}

/// Whether hyphens stand in Chinese: not an option (`--help`), a comment, a range, a rule or a table's.
fn is_dash(prose: &Prose<'_>, at: usize, end: usize) -> bool {
    let (previous, next) = (prose.previous(at), prose.next(end));
    let quote = |c: char| matches!(c, '"' | '\'');
    match (previous, next) {
        (p, Some(n)) if is_chinese(p) => {
            is_chinese(next) || n.is_ascii_digit() || n.is_ascii_uppercase() || quote(n)
        }
        (p, None) => is_chinese(p),
        (p, n) => is_chinese(n) && p.is_none_or(|p| p.is_ascii_alphabetic() || quote(p)),
    }
}

/// Whether a character beside a run is of Chinese text.
fn is_chinese(c: Option<char>) -> bool {
    c.is_some_and(|c| is_han(c) || is_full_mark(c))
}
