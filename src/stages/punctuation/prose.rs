//! A line as prose: what in it is markup, and which script stands on each side of a mark.

use std::sync::LazyLock;

use regex::bytes::Regex;

use crate::chars::{Line, is_full_alnum, is_full_mark, is_han};
use crate::edit::Span;
use crate::pipeline::Proposals;
use crate::rules::RuleId;

/// Signs of program text.
static CODE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?-u)['"]\);|= ?["']|==|&&|\|\||=>|->|\(\);"#).expect("a valid expression")
});

/// What stands beside a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Chinese,
    Digit,
    Latin,
    /// A line's end, or something of no script.
    None,
}

impl Side {
    fn of(c: Option<char>) -> Side {
        match c {
            Some(c) if is_han(c) || is_full_mark(c) || is_full_alnum(c) || matches!(c, '％' | '℃') => {
                Side::Chinese
            }
            Some(c) if c.is_ascii_digit() => Side::Digit,
            Some(c) if c.is_alphabetic() => Side::Latin,
            _ => Side::None,
        }
    }
}

/// A line of Chinese prose.
pub(super) struct Prose<'a> {
    pub(super) line: Line<'a>,
    markup: Vec<Span>,
    /// The document's text up to where the neighbours of a mark are looked for, and where they begin: in the
    /// line itself, and in those above and below it where it is wrapped.
    doc: &'a str,
    reach: usize,
}

impl<'a> Prose<'a> {
    /// The line, if it is Chinese rather than Latin text with a Chinese word in it, or code. `reach` is the
    /// stretch of `doc` that the line's sentences fill.
    pub(super) fn of(doc: &'a str, line: Line<'a>, reach: Span) -> Option<Self> {
        let markup = markup(line.text);
        // Of a wrapped paragraph, the last line may hold its stop alone.
        let rest = reach.len() > line.text.len() && !line.text.contains(char::is_alphanumeric);
        let chinese = rest || is_chinese(line.text, &markup) && !is_data(line.text.trim());
        chinese.then(|| Self { line, markup, doc: &doc[..reach.end], reach: reach.start })
    }

    pub(super) fn text(&self) -> &'a str {
        self.line.text
    }

    /// What stands before `at`, from the line above on where it is wrapped.
    pub(super) fn left(&self, at: usize) -> &'a str {
        &self.doc[self.reach..self.line.start + at]
    }

    /// What stands from `at` on, up to the line below where this one is wrapped.
    pub(super) fn right(&self, at: usize) -> &'a str {
        &self.doc[self.line.start + at..]
    }

    pub(super) fn is_markup(&self, at: usize) -> bool {
        self.markup.iter().any(|span| span.start <= at && at < span.end)
    }

    /// The script of what stands before `at`; quotes, brackets and signs between are looked through.
    pub(super) fn before(&self, at: usize) -> Side {
        Side::of(self.left(at).chars().rev().find(|&c| !is_transparent(c)))
    }

    /// The script of what stands from `at` on, looked for in the same way.
    pub(super) fn after(&self, at: usize) -> Side {
        Side::of(self.right(at).chars().find(|&c| !is_transparent(c)))
    }

    /// The character that ends before `at`, a wrap not counted.
    pub(super) fn previous(&self, at: usize) -> Option<char> {
        self.left(at).chars().rev().find(|c| !matches!(c, '\n' | '\r'))
    }

    /// The character that begins at `at`, a wrap not counted.
    pub(super) fn next(&self, at: usize) -> Option<char> {
        self.right(at).chars().find(|c| !matches!(c, '\n' | '\r'))
    }

    /// Replaces the half-width mark at `at` in the line. The space that was typed behind it goes too.
    pub(super) fn widen(&self, at: usize, wide: &str, rule: RuleId, out: &mut Proposals<'_>) {
        self.replace(at, 1 + usize::from(is_typed_space(&self.text()[at + 1..])), wide, rule, out);
    }

    /// Replaces `len` bytes at `at` in the line.
    pub(super) fn replace(&self, at: usize, len: usize, text: &str, rule: RuleId, out: &mut Proposals<'_>) {
        let at = self.line.start + at;
        out.replace(Span::new(at, at + len), text, rule);
    }
}

/// Whether what follows a mark begins with a single space before a word: full-width marks have none.
fn is_typed_space(rest: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || is_full_mark(c) || matches!(c, '"' | '\'' | '(');
    rest.strip_prefix(' ').is_some_and(|rest| rest.starts_with(word))
}

/// Whether a line has at least half as many Chinese characters as Latin letters, and no sign of program
/// text, outside its markup.
fn is_chinese(line: &str, markup: &[Span]) -> bool {
    let (mut chinese, mut latin, mut pos) = (0, 0, 0);
    for span in markup.iter().copied().chain([Span::new(line.len(), line.len())]) {
        let prose = &line[pos..span.start.max(pos)];
        for c in prose.chars() {
            // Quotes and dashes are no sign: English has them too.
            let mark = matches!(c, '\u{3001}'..='\u{3011}' | '\u{ff01}'..='\u{ff5e}');
            chinese += usize::from(is_han(c) || mark);
            latin += usize::from(c.is_ascii_alphabetic());
        }
        if CODE.is_match(prose.as_bytes()) {
            return false;
        }
        pos = span.end;
    }
    chinese > 0 && 2 * chinese >= latin
}

/// Whether a line is a field of JSON or of a configuration file: `"名称": "值",` and `title: 值`.
fn is_data(line: &str) -> bool {
    let field =
        line.starts_with('"') && line.contains("\":") && line.ends_with(['"', ',', '{', '[', '}', ']']);
    let name = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-' | b'.');
    let key = line.trim_start_matches("- ").bytes().take_while(|b| name(b)).count();
    field || key > 0 && line.trim_start_matches("- ")[key..].starts_with(": ")
}

/// Stretches of a line that are not prose: tags, inline code and formulae, JSON, addresses, link targets,
/// the names of pictographs (`:smile:`).
fn markup(line: &str) -> Vec<Span> {
    let bytes = line.as_bytes();
    let mut spans = Vec::new();
    let mut pos = 0;
    let sign = |b: &u8| matches!(b, b'<' | b'`' | b'$' | b']' | b'{' | b':');
    while let Some(at) = bytes[pos..].iter().position(sign).map(|i| pos + i) {
        let rest = &bytes[at..];
        let mut start = at;
        let end = match rest[0] {
            b'<' if rest[1..].first().is_some_and(|b| b.is_ascii_alphabetic() || b"/!?".contains(b)) => {
                memchr::memchr(b'>', rest)
            }
            sign @ (b'`' | b'$') => memchr::memchr(sign, &rest[1..]).map(|i| i + 1),
            b'{' if rest[1..].starts_with(b"\"") => memchr::memrchr(b'}', rest),
            b']' if rest[1..].starts_with(b"(") => memchr::memchr(b')', rest),
            b':' if rest.starts_with(b"://") => {
                let before = bytes[pos..at].iter().rev().take_while(|b| b.is_ascii_alphanumeric()).count();
                start = at - before;
                let address = |b: &&u8| b.is_ascii_graphic() && !matches!(b, b'"' | b'<' | b'>');
                Some(rest.iter().take_while(address).count() - 1)
            }
            b':' => {
                let name = |b: &&u8| matches!(b, b'a'..=b'z' | b'_');
                let len = rest[1..].iter().take_while(name).count();
                (len > 1 && rest.get(len + 1) == Some(&b':')).then_some(len + 1)
            }
            _ => None,
        };
        pos = at + 1;
        if let Some(end) = end {
            pos = at + end + 1;
            spans.push(Span::new(start, pos));
        }
    }
    spans
}

/// Characters looked through when the script beside a mark is asked for.
fn is_transparent(c: char) -> bool {
    matches!(
        c,
        ' ' | '\n'
            | '\r'
            | '"'
            | '\''
            | '('
            | ')'
            | '['
            | ']'
            | '%'
            | '*'
            | '_'
            | '~'
            | '/'
            | '-'
            | '+'
            | '!'
            | '?'
            | '.'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_found() {
        let text = "见https://a.cn/b,c?d的<b>和`x`、$a,b$、[链](c.md):smile:。";
        let found: Vec<_> = markup(text).into_iter().map(|span| span.of(text)).collect();
        assert_eq!(found, ["https://a.cn/b,c?d", "<b>", "`x`", "$a,b$", "](c.md)", ":smile:"]);
    }

    #[test]
    fn prose_is_told_from_code_and_english() {
        let is =
            |text: &'static str| Prose::of(text, Line { start: 0, text }, Span::new(0, text.len())).is_some();
        assert!(is("所谓\"中国梦\":就是"));
        assert!(is("采用GPU,并使用TPU"));
        assert!(is("提出新的\"十六字诀\":\"敌进我退。\""));
        assert!(!is("title: 某某,某某"));
        assert!(!is("\"名称\": \"值\","));
        assert!(!is("print(\"中\");"));
        assert!(!is("I like 北京, 上海 and many other cities"));
    }
}
