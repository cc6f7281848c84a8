//! Classes of characters that the stages share, and the lines of a text. Sets are closed lists; the reason
//! for each stands beside it.

use crate::edit::Span;
use crate::lexicon::{script, words};

mod class;

pub use class::{Class, is_han, is_hangul, is_invisible, is_kana};

/// The classes of all characters of the basic plane.
#[derive(Debug)]
pub struct Classes([u8; 1 << 16]);

static CLASSES: Classes = Classes(*include_bytes!("lexicon/tables/classes.bin"));

/// How many characters are of each class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts([usize; 8]);

impl Counts {
    /// How many are of `class`.
    #[must_use]
    pub const fn of(&self, class: Class) -> usize {
        self.0[class.0.trailing_zeros() as usize]
    }
}

/// The table of classes.
#[must_use]
pub fn classes() -> &'static Classes {
    &CLASSES
}

impl Classes {
    /// How many characters of a text are of each class, and those of [`Class::RARE`] with their byte offsets.
    #[must_use]
    pub fn count(&self, text: &str) -> (Counts, Vec<(usize, char)>) {
        let mut rare = Vec::new();
        // By all their classes together: one table look-up and one addition a character. Two counters in turn, as
        // most characters are of the same class and each addition to one waits for the last.
        let mut by_bits = [[0usize; 256]; 2];
        let mut turn = 0;
        let mut at = 0;
        while at < text.len() {
            let char = || text[at..].chars().next().unwrap_or_default();
            // Nearly all characters are of three bytes: those are read here, without the questions of the others.
            let (class, len) = match text.as_bytes()[at..] {
                [lead @ 0xe0..=0xef, second, third, ..] => {
                    let code =
                        u16::from(lead) << 12 | u16::from(second & 0x3f) << 6 | u16::from(third & 0x3f);
                    (Class(self.0[usize::from(code)]), 3)
                }
                _ => (self.of(char()), char().len_utf8()),
            };
            by_bits[turn][usize::from(class.0)] += 1;
            turn ^= 1;
            if class.has(Class::RARE) {
                rare.push((at, char()));
            }
            at += len;
        }
        let mut counts = Counts([0; 8]);
        for (bits, (one, other)) in by_bits[0].iter().zip(&by_bits[1]).enumerate() {
            let count = one + other;
            if count > 0 {
                (0..8).filter(|class| bits >> class & 1 == 1).for_each(|class| counts.0[class] += count);
            }
        }
        (counts, rare)
    }

    /// The classes of all characters of a text together.
    #[must_use]
    pub fn union(&self, text: &str) -> Class {
        text.chars().fold(Class(0), |all, c| Class(all.0 | self.of(c).0))
    }

    /// The class of a character. Beyond the basic plane there are only Han characters of note.
    #[inline(always)]
    #[must_use]
    pub fn of(&self, c: char) -> Class {
        match self.0.get(c as usize) {
            Some(&class) => Class(class),
            None => Self::beyond(c),
        }
    }

    #[cold]
    fn beyond(c: char) -> Class {
        // Ranks say nothing there.
        Class::of(c, script::is_traditional_only(c), script::is_simplified_only(c), Some(0))
    }
}

/// Whether `c`, in either script, is one of the commonest Han characters: what nobody glosses in ordinary
/// prose, and what text decoded rightly is made of.
#[must_use]
pub fn is_common_han(c: char) -> bool {
    const COMMON: u16 = 3000;
    words::char_rank(script::simplified(c)).is_some_and(|rank| rank < COMMON)
}

/// Whether `c` is a punctuation mark of Chinese text that takes a full cell.
#[must_use]
pub const fn is_full_mark(c: char) -> bool {
    matches!(
        c,
        '，' | '。'
            | '、'
            | '；'
            | '：'
            | '？'
            | '！'
            | '（'
            | '）'
            | '《'
            | '》'
            | '〈'
            | '〉'
            | '「'
            | '」'
            | '『'
            | '』'
            | '【'
            | '】'
            | '〔'
            | '〕'
            | '“'
            | '”'
            | '‘'
            | '’'
            | '…'
            | '—'
            | '·'
            | '～'
    )
}

/// Whether `c` opens a bracket or quotation.
#[must_use]
pub const fn is_opening(c: char) -> bool {
    matches!(c, '（' | '(' | '《' | '〈' | '「' | '『' | '【' | '〔' | '“' | '‘' | '[' | '{')
}

/// Whether `c` closes a bracket or quotation.
#[must_use]
pub const fn is_closing(c: char) -> bool {
    matches!(c, '）' | ')' | '》' | '〉' | '」' | '』' | '】' | '〕' | '”' | '’' | ']' | '}')
}

/// What closes the bracket or quotation that `c` opens.
#[must_use]
pub const fn closing_of(c: char) -> Option<char> {
    Some(match c {
        '（' => '）',
        '(' => ')',
        '《' => '》',
        '〈' => '〉',
        '「' => '」',
        '『' => '』',
        '【' => '】',
        '〔' => '〕',
        '“' => '”',
        '‘' => '’',
        '[' => ']',
        '{' => '}',
        _ => return None,
    })
}

/// Whether `c` ends a sentence, in either width.
#[must_use]
pub const fn is_stop(c: char) -> bool {
    matches!(c, '。' | '！' | '？' | '!' | '?' | '…' | '｡')
}

/// Whether `c` parts a sentence without ending it, in either width: no paragraph ends with it.
#[must_use]
pub const fn is_pause(c: char) -> bool {
    matches!(c, '，' | ',' | '、')
}

/// Whether `c` ends a sentence or a clause of one, in either width.
#[must_use]
pub(crate) const fn ends_clause(c: char) -> bool {
    is_stop(c) || is_pause(c) || matches!(c, '；' | ';' | '：' | ':')
}

/// Whether `c` is a digit of either width.
#[must_use]
pub(crate) const fn is_digit(c: char) -> bool {
    matches!(c, '0'..='9' | '０'..='９')
}

/// Whether no line of Chinese begins with `c` (the marks that typesetting keeps off a line's start).
#[must_use]
pub const fn cannot_begin(c: char) -> bool {
    matches!(
        c,
        '，' | '。'
            | '、'
            | '；'
            | '：'
            | '？'
            | '！'
            | '）'
            | '》'
            | '〉'
            | '」'
            | '』'
            | '】'
            | '〕'
            | '”'
            | '’'
            | ','
            | ';'
            | ':'
            | '?'
            | '!'
            | ')'
            | '％'
            | '%'
    )
}

/// Whether a text ends in a full stop, perhaps with closing marks behind it.
#[must_use]
pub fn ends_sentence(text: &str) -> bool {
    text.trim_end_matches(|c| is_closing(c) || c == '"').ends_with(is_stop)
}

/// Whether a paragraph's text ends here: a stop or colon, perhaps with closing marks behind it.
#[must_use]
pub fn is_terminated(text: &str) -> bool {
    let mut rest = text.trim_end();
    loop {
        match rest.chars().next_back() {
            // Behind a Markdown emphasis or a note's number too.
            Some(c) if is_closing(c) || matches!(c, '"' | '\'' | '*' | '_' | '①'..='⑳') => {
                rest = rest[..rest.len() - c.len_utf8()].trim_end();
                // A closed bracket ends a paragraph on its own: a byline, a note.
                if matches!(c, '）' | ')' | ']' | '】' | '〕') {
                    return true;
                }
            }
            // Not of a number: １２．５
            Some('．') => {
                let before = &rest[..rest.len() - '．'.len_utf8()];
                return !before.ends_with(|c: char| c.is_ascii_digit() || is_full_alnum(c));
            }
            Some(c) => {
                return is_stop(c) || matches!(c, '：' | ':' | '；' | ';' | '.' | '—' | '～' | '~');
            }
            None => return true,
        }
    }
}

/// The Han characters that a text ends with, at most so many.
#[must_use]
pub(crate) fn han_tail(text: &str, most: usize) -> &str {
    let start = text.char_indices().rev().take(most).take_while(|&(_, c)| is_han(c)).last();
    &text[start.map_or(text.len(), |(at, _)| at)..]
}

/// The Han characters that a text begins with, at most so many.
#[must_use]
pub(crate) fn han_head(text: &str, most: usize) -> &str {
    let end = text.char_indices().take(most).take_while(|&(_, c)| is_han(c)).last();
    &text[..end.map_or(0, |(at, c)| at + c.len_utf8())]
}

/// Cells that a character takes on a page of Chinese: two for full width, one for half. Half-width
/// punctuation counts as two when `punctuation_full`, since it stands for the full-width mark that was set.
#[must_use]
pub fn cells(c: char, punctuation_full: bool) -> usize {
    match c {
        ' '..='~' if !punctuation_full => return 1,
        '\u{4e00}'..='\u{9fff}' => return 2,
        _ => {}
    }
    if punctuation_full && matches!(c, ',' | ';' | ':' | '?' | '!' | '(' | ')' | '"') || is_full_mark(c) {
        return 2;
    }
    unicode_width::UnicodeWidthChar::width_cjk(c).unwrap_or(0)
}

/// Bytes that [`places`] looks at together, and how many behind a place its pattern may reach.
const BLOCK: usize = 64;
const REACH: usize = 8;

/// Where a pattern of a few bytes stands. `is` is asked of every byte, by its index in bytes that go on for eight
/// behind it (zeros, behind the text); it should be arithmetic without branches, so that many bytes are looked at at
/// once.
pub(crate) fn places<'t>(
    bytes: &'t [u8],
    is: impl Fn(&[u8; BLOCK + REACH], usize) -> bool + Copy + 't,
) -> impl Iterator<Item = usize> + 't {
    (0..bytes.len()).step_by(BLOCK).flat_map(move |start| {
        let mut last = [0; BLOCK + REACH];
        let rest = &bytes[start..];
        let block = rest.first_chunk().unwrap_or_else(|| {
            last[..rest.len()].copy_from_slice(rest);
            &last
        });
        let hits: [u8; BLOCK] = std::array::from_fn(|i| u8::from(is(block, i)));
        // Eight bytes that are 0 or 1 become bits: the product brings the i-th to bit 56 + i, and none there twice.
        let bits = |hits: &[u8; 8]| u64::from_le_bytes(*hits).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        let mut found = hits.as_chunks().0.iter().rev().fold(0, |found, hits| found << 8 | bits(hits));
        std::iter::from_fn(move || {
            let i = found.trailing_zeros() as usize;
            found &= found.wrapping_sub(1);
            (i < BLOCK).then_some(start + i)
        })
    })
}

/// The digits and Latin letters of full width with their byte offsets.
pub(crate) fn full_alnum(text: &str) -> impl Iterator<Item = (usize, char)> {
    let is = |b: &[u8; BLOCK + REACH], i: usize| {
        let first = (b[i + 1] == 0xbc) & (b[i + 2] >= 0x90) & (b[i + 2] <= 0xba);
        let second = (b[i + 1] == 0xbd) & (b[i + 2] <= 0x9a);
        (b[i] == 0xef) & (first | second)
    };
    places(text.as_bytes(), is)
        .filter_map(|at| Some((at, text[at..].chars().next()?)))
        .filter(|&(_, c)| is_full_alnum(c))
}

/// Whether `c` is a digit or Latin letter of full width.
#[must_use]
pub(crate) const fn is_full_alnum(c: char) -> bool {
    matches!(c, '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ')
}

/// A line of a text, without its terminator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'t> {
    /// Byte offset of the line's start in the text.
    pub start: usize,
    /// The line without its `\n` or `\r\n`.
    pub text: &'t str,
}

impl Line<'_> {
    /// Byte offset behind the line's last character.
    #[must_use]
    pub const fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Whether the line holds nothing but white space.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.text.chars().all(char::is_whitespace)
    }
}

/// The lines of a text; `\n` and `\r\n` end a line, and what follows the last of them is a line only if
/// it is not empty.
pub fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let rest = text.get(start..).filter(|rest| !rest.is_empty())?;
        let (line, len) = match memchr::memchr(b'\n', rest.as_bytes()) {
            Some(end) => (rest[..end].strip_suffix('\r').unwrap_or(&rest[..end]), end + 1),
            None => (rest, rest.len()),
        };
        let line = Line { start, text: line };
        start += len;
        Some(line)
    })
}

/// The stretches of a Markdown text that are code: fenced blocks with their fences, and inline code.
#[must_use]
pub fn code_spans(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    if memchr::memchr(b'`', text.as_bytes()).is_none() {
        return spans;
    }
    let mut fence: Option<usize> = None;
    for line in lines(text) {
        if line.text.trim_start().starts_with("```") {
            match fence.take() {
                Some(start) => spans.push(Span::new(start, line.end())),
                None => fence = Some(line.start),
            }
        } else if fence.is_none() {
            let mut open: Option<usize> = None;
            for (at, _) in line.text.match_indices('`') {
                match open.take() {
                    Some(start) => spans.push(Span::new(line.start + start, line.start + at + 1)),
                    None => open = Some(at),
                }
            }
        }
    }
    // A fence that nothing closes reaches to the end.
    spans.extend(fence.map(|start| Span::new(start, text.len())));
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_follow_from_scripts_and_ranks() {
        for c in '\0'..='\u{ffff}' {
            let rank = words::char_rank(script::simplified(c));
            let class = Class::of(c, script::is_traditional_only(c), script::is_simplified_only(c), rank);
            assert_eq!(classes().of(c), class, "{c:?}");
        }
    }

    #[test]
    fn terminated() {
        for text in [
            "完了。",
            "他说：“好。”",
            "他说: 『好. 』",
            "（完）",
            "",
            "什么？",
            "如下：",
            "完了．",
            "好～",
            "**完了。**",
            "完了。③",
        ] {
            assert!(is_terminated(text), "{text}");
        }
        for text in ["集中教育整", "主动、", "“汾河晚渡”", "三百,", "达到１２．", "**主动**"]
        {
            assert!(!is_terminated(text), "{text}");
        }
    }

    #[test]
    fn code_is_found() {
        let text = "用`a,b`和`c`\n```\nx\n```\n完`";
        let found: Vec<_> = code_spans(text).into_iter().map(|span| span.of(text)).collect();
        assert_eq!(found, ["`a,b`", "`c`", "```\nx\n```"]);
    }

    #[test]
    fn line_ends() {
        let found: Vec<_> = lines("a\r\n\nb").map(|l| (l.start, l.text)).collect();
        assert_eq!(found, [(0, "a"), (3, ""), (4, "b")]);
    }
}
