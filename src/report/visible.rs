//! Text as it may go to a terminal: nothing in it can move the cursor, hide or reorder.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Characters that take no room or turn the direction of writing, first and last of each range: shown by
/// number.
pub(super) const HIDDEN: [(char, char); 13] = [
    ('\u{80}', '\u{9f}'),
    ('\u{ad}', '\u{ad}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{180e}', '\u{180e}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff9}', '\u{fffb}'),
    ('\u{e0000}', '\u{e007f}'),
];

fn is_hidden(c: char) -> bool {
    c >= '\u{80}' && HIDDEN.iter().any(|&(first, last)| (first..=last).contains(&c))
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}

/// Whether a character may stand for itself; `changed` shows blanks too.
fn is_plain(c: char, changed: bool) -> bool {
    match c {
        // Nearly every character of a text.
        '!'..='~' | '\u{3001}'..='\u{3163}' | '\u{3165}'..='\u{fefe}' => true,
        '\0'..='\x1f' | '\x7f' => false,
        _ => !(is_hidden(c) || (changed && is_blank(c))),
    }
}

/// Writes the sign for a character that may not stand for itself.
fn push_sign(shown: &mut String, c: char, changed: bool) {
    match c {
        '\n' => shown.push('⏎'),
        _ if changed && is_blank(c) => shown.push('□'),
        '\0'..='\x1f' => shown.push(char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}')),
        '\x7f' => shown.push('␡'),
        _ => shown.extend(c.escape_unicode()),
    }
}

/// Text that stays.
pub(super) fn text(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    push_text(&mut shown, text);
    shown
}

/// Text that changes: line breaks and blanks are marks of their own.
pub(super) fn changed(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    push_changed(&mut shown, text);
    shown
}

/// Writes text that stays.
pub(super) fn push_text(shown: &mut String, text: &str) {
    push(shown, text, false);
}

/// Writes text that changes.
pub(super) fn push_changed(shown: &mut String, text: &str) {
    push(shown, text, true);
}

fn push(shown: &mut String, text: &str, changed: bool) {
    let mut from = 0;
    for (at, c) in text.char_indices() {
        if !is_plain(c, changed) {
            shown.push_str(&text[from..at]);
            push_sign(shown, c, changed);
            from = at + c.len_utf8();
        }
    }
    shown.push_str(&text[from..]);
}

/// Whether a text is too wide for `cells`.
pub(super) fn is_folded(shown: &str, cells: usize) -> bool {
    shown.len() > cells && shown.width() > cells
}

/// A long text by its two ends of about half of `cells` each, and the number of characters left out.
pub(super) fn folded(mut shown: String, cells: usize) -> String {
    fold(&mut shown, 0, cells);
    shown
}

/// Folds what stands in `shown` from the byte `from` on, if it is long.
pub(super) fn fold(shown: &mut String, from: usize, cells: usize) {
    let text = &shown[from..];
    if is_folded(text, cells) {
        let (head, tail) = (head(text, cells / 2), tail(text, cells / 2));
        let left_out = text[head..tail].chars().count();
        shown.replace_range(from + head..from + tail, &format!("…{left_out}…"));
    }
}

/// Whether a text is one line that fits into `cells` cells.
pub(super) fn fits(text: &str, cells: usize) -> bool {
    // No character takes more cells than bytes.
    let is_short = text.len() <= cells && !text.contains('\n');
    is_short || head(text, cells) == text.len()
}

/// Where the first `cells` cells of a text's first line end.
pub(super) fn head(text: &str, cells: usize) -> usize {
    fit(text.char_indices(), cells).map_or(0, |(at, c)| at + c.len_utf8())
}

/// Where the last `cells` cells of a text's last line start.
pub(super) fn tail(text: &str, cells: usize) -> usize {
    fit(text.char_indices().rev(), cells).map_or(text.len(), |(at, _)| at)
}

/// The last of the characters that fit into `cells` cells and a line. Marks without a width count too: a
/// long run of them must not cost more to look at than other text.
fn fit(chars: impl Iterator<Item = (usize, char)>, cells: usize) -> Option<(usize, char)> {
    let mut left = cells;
    let fits = |&(_, c): &(usize, char)| {
        let width = c.width().unwrap_or(1).max(1);
        let fits = c != '\n' && width <= left;
        left = left.saturating_sub(width);
        fits
    };
    chars.take_while(fits).last()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal_raw() {
        for c in (0..=0x0010_ffff).filter_map(char::from_u32) {
            let shown = text(c.encode_utf8(&mut [0; 4]));
            assert!(!shown.chars().any(|c| c.is_control() || is_hidden(c)), "{c:?}");
        }
        assert_eq!(text("\x1b[31m a\u{202e}"), "␛[31m a\\u{202e}");
        assert_eq!(changed("一\r\n\t\u{3000}二"), "一␍⏎□□二");
    }

    #[test]
    fn long_text_is_folded() {
        assert_eq!(folded("一二三四五".into(), 10), "一二三四五");
        assert_eq!(folded("一二三四五六".into(), 8), "一二…2…五六");
        assert_eq!(folded("abcdef".into(), 5), "ab…2…ef");
    }
}
