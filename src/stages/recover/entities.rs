//! Character references that lost their `&`: `#xff1a;`, `#65306;`.

use crate::chars::{is_full_mark, is_han};
use crate::edit::Span;
use crate::pipeline::{Doc, Proposals};
use crate::rules::RuleId;

/// References become what they stand for.
pub(super) fn scan(doc: &Doc<'_>, out: &mut Proposals<'_>) {
    for (span, c) in references(doc.text) {
        out.replace(span, c.encode_utf8(&mut [0; 4]), RuleId::EatenAmpersand);
    }
}

/// Whether the text has such references.
pub(super) fn has_any(text: &str) -> bool {
    !references(text).is_empty()
}

/// References to Chinese characters and marks, without `&`: next to Chinese, in a row with one that is, or
/// anywhere in a text of which most rows are. (`#12345;` is a number in other text.)
fn references(text: &str) -> Vec<(Span, char)> {
    let mut all = memchr::memchr_iter(b'#', text.as_bytes()).filter_map(|at| reference(text, at)).peekable();
    let (mut beside, mut others) = (Vec::new(), Vec::new());
    while let Some(first) = all.next() {
        let (mut row, before) = (vec![first], text[..first.0.start].chars().next_back());
        while let Some(next) = all.next_if(|next| next.0.start == row[row.len() - 1].0.end) {
            row.push(next);
        }
        let after = text[row[row.len() - 1].0.end..].chars().next();
        if before == Some('&') {
            continue;
        }
        let rows =
            if [before, after].into_iter().flatten().any(is_chinese) { &mut beside } else { &mut others };
        rows.push(row);
    }
    if others.len() <= beside.len() {
        beside.append(&mut others);
        beside.sort_unstable_by_key(|row| row[0].0.start);
    }
    beside.concat()
}

/// A reference to a Chinese character or mark whose `#` is at `at`.
fn reference(text: &str, at: usize) -> Option<(Span, char)> {
    let rest = &text[at + 1..];
    let digits = &rest[..rest.bytes().take(7).position(|byte| byte == b';')?];
    let code = match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => digits.parse().ok()?,
    };
    let c = char::from_u32(code).filter(|&c| is_chinese(c))?;
    Some((Span::new(at, at + digits.len() + 2), c))
}

/// Han characters, and the marks, letters and digits of their width.
pub(super) fn is_chinese(c: char) -> bool {
    is_han(c) || is_full_mark(c) || matches!(c, '\u{3000}'..='\u{301f}' | '\u{ff01}'..='\u{ff5e}' | '·')
}

#[cfg(test)]
mod tests {
    use crate::rules::StageId;
    use crate::stages::cleaned_by;

    #[test]
    fn references_of_a_page_that_has_them() {
        for (damage, text) in [
            ("设备#x201c;GPS#x201d;#x3001;#x201c;BP#x201d;等", "设备“GPS”、“BP”等"),
            ("时间#xff1a;明天，地点#65306;北京", "时间：明天，地点：北京"),
            ("时间#xff1a;明天\n#xff11;\n完#x3002;", "时间：明天\n１\n完。"),
            // Most are numbers of something else.
            ("时间#xff1a;明天 #x3002; a #x3002; b", "时间：明天 #x3002; a #x3002; b"),
        ] {
            assert_eq!(cleaned_by(StageId::Recover, damage), text);
        }
    }
}
