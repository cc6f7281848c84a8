//! Full-width punctuation and paired quotes in Chinese prose. Numbers, times, Latin runs, markup, code,
//! tables and addresses keep theirs.

use crate::chars::{Line, cannot_begin, is_closing, is_full_mark, is_han, is_opening, lines};
use crate::edit::Span;
use crate::pipeline::{Doc, Proposals};
use crate::rules::{RuleId, StageId};
use crate::stages::Stage;

/// The stage.
#[derive(Debug)]
pub struct Punctuation;

impl Stage for Punctuation {
    fn id(&self) -> StageId {
        StageId::Punctuation
    }

    fn scan(&self, doc: &Doc<'_>, out: &mut Proposals<'_>) {
        for line in lines(doc.text) {
            let marks = |b| matches!(b, b',' | b':' | b';' | b'?' | b'!' | b'(' | b')' | b'"' | b'\'');
            if !line.text.bytes().any(marks) || out.covers(Span::new(line.start, line.end())) {
                continue;
            }
            let markup = markup(line.text);
            if !is_chinese(line.text, &markup) {
                continue;
            }
            let prose = Prose { line, markup: &markup };
            if !doc.facts.tabular {
                prose.marks(doc, out);
            }
            prose.brackets(out);
            prose.quotes('"', ['“', '”'], out);
            prose.quotes('\'', ['‘', '’'], out);
        }
    }
}

/// Whether a line is Chinese rather than Latin text with a Chinese word in it, or code.
fn is_chinese(line: &str, markup: &[Span]) -> bool {
    let (mut han, mut latin, mut code, mut pos) = (0, 0, false, 0);
    for span in markup.iter().copied().chain([Span::new(line.len(), line.len())]) {
        let prose = &line[pos..span.start.max(pos)];
        for c in prose.chars() {
            han += usize::from(is_han(c));
            latin += usize::from(c.is_ascii_alphabetic());
        }
        code |= ["\":", "');", "\");", "=\"", "==", "&&", "||", "=>", "->", "();"]
            .iter()
            .any(|sign| prose.contains(sign));
        pos = span.end;
    }
    han > 0 && 2 * han >= latin && !code
}

/// Stretches of a line that are not prose: tags, inline code and formulae, addresses, link targets.
fn markup(line: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut pos = 0;
    while let Some(at) = line[pos..].find(['<', '`', '$', ']', ':']).map(|i| pos + i) {
        let rest = &line[at..];
        let end = match rest.as_bytes()[0] {
            b'<' if rest[1..]
                .starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?')) =>
            {
                rest.find('>')
            }
            sign @ (b'`' | b'$') => rest[1..].find(char::from(sign)).map(|i| i + 1),
            b']' if rest[1..].starts_with('(') => rest.find(')'),
            b':' if rest.starts_with("://") => rest
                .find(|c: char| !c.is_ascii_graphic() || matches!(c, '"' | '<' | '>'))
                .or(Some(rest.len()))
                .map(|i| i - 1),
            _ => None,
        };
        match end {
            Some(end) => {
                let start = if rest.starts_with(':') {
                    line[..at]
                        .rfind(|c: char| !c.is_ascii_alphanumeric())
                        .map_or(0, |i| i + line[i..].chars().next().map_or(1, char::len_utf8))
                } else {
                    at
                };
                spans.push(Span::new(start, at + end + 1));
                pos = at + end + 1;
            }
            None => pos = at + 1,
        }
    }
    spans
}

/// What stands beside a mark.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Chinese,
    Digit,
    Latin,
    /// A line's end, or something of no script.
    None,
}

fn side(c: Option<char>) -> Side {
    match c {
        Some(c)
            if is_han(c)
                || is_full_mark(c)
                || matches!(c, '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' | '％' | '℃') =>
        {
            Side::Chinese
        }
        Some(c) if c.is_ascii_digit() => Side::Digit,
        Some(c) if c.is_alphabetic() => Side::Latin,
        _ => Side::None,
    }
}

/// A line of Chinese prose.
struct Prose<'a> {
    line: Line<'a>,
    markup: &'a [Span],
}

impl Prose<'_> {
    fn is_markup(&self, at: usize) -> bool {
        self.markup.iter().any(|span| span.start <= at && at < span.end)
    }

    /// The script of what stands before `at`; quotes, brackets and signs between are looked through.
    fn before(&self, at: usize) -> Side {
        side(self.line.text[..at].chars().rev().find(|&c| !is_transparent(c)))
    }

    fn after(&self, at: usize) -> Side {
        side(self.line.text[at..].chars().find(|&c| !is_transparent(c)))
    }

    fn replace(&self, at: usize, mark: &str, rule: RuleId, out: &mut Proposals<'_>) {
        let at = self.line.start + at;
        out.replace(Span::new(at, at + 1), mark, rule);
    }

    fn marks(&self, doc: &Doc<'_>, out: &mut Proposals<'_>) {
        let text = self.line.text;
        for (at, c) in text.char_indices() {
            let wide = match c {
                ',' => "，",
                ':' => "：",
                ';' => "；",
                '?' => "？",
                '!' => "！",
                _ => continue,
            };
            if self.is_markup(at) {
                continue;
            }
            let (before, after) = (self.before(at), self.after(at + 1));
            let next = text[at + 1..].chars().next();
            let chinese = match (before, after) {
                // An entity's semicolon, a time, a ratio, a thousand's comma, a Latin run.
                (Side::Digit | Side::Latin, Side::Digit | Side::Latin) => false,
                (Side::Chinese, _) => true,
                (_, Side::Chinese) => c != '!' || before != Side::None,
                _ => false,
            };
            let keeps = match c {
                // `&nbsp;` and `&#20013;`
                ';' => text[..at].rfind('&').is_some_and(|amp| {
                    text[amp + 1..at].bytes().all(|b| b.is_ascii_alphanumeric() || b == b'#')
                }),
                // A question mark before another mark stands for something lost.
                '?' => {
                    doc.facts.broken_glosses
                        || next.is_some_and(|n| {
                            cannot_begin(n) && !is_closing(n) && !matches!(n, '?' | '!' | '？' | '！')
                        })
                }
                // `10:30`, and a Latin key or scheme
                ':' => before != Side::Chinese && next.is_some_and(|n| n.is_ascii_alphanumeric()),
                _ => false,
            };
            if chinese && !keeps {
                self.replace(at, wide, RuleId::HalfWidthMark, out);
            }
        }
    }

    /// Widens both brackets of a pair or none. A pair of mixed width is made full.
    fn brackets(&self, out: &mut Proposals<'_>) {
        let text = self.line.text;
        let mut open: Vec<(usize, char)> = Vec::new();
        for (at, c) in text.char_indices() {
            match c {
                '(' | '（' => open.push((at, c)),
                ')' | '）' => {
                    let Some((start, opening)) = open.pop() else { continue };
                    if self.is_markup(start)
                        || self.is_markup(at)
                        || (opening, c) == ('（', '）')
                        || out.is_kept_off(Span::new(
                            self.line.start + start,
                            self.line.start + at + c.len_utf8(),
                        ))
                    {
                        continue;
                    }
                    let inside = &text[start + opening.len_utf8()..at];
                    let mixed = opening == '（' || c == '）';
                    let words = inside.chars().all(|c| {
                        c.is_alphanumeric() || is_full_mark(c) || " ,.:;!?%+-/&()\"'℃°~～@#_|".contains(c)
                    });
                    let outside = self.before(start) == Side::Chinese && !inside.is_empty() && words
                        || start == 0 && self.after(at + c.len_utf8()) == Side::Chinese && words;
                    if mixed || inside.chars().any(is_han) || outside {
                        if opening == '(' {
                            self.replace(start, "（", RuleId::HalfWidthBracket, out);
                        }
                        if c == ')' {
                            self.replace(at, "）", RuleId::HalfWidthBracket, out);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// Pairs straight quotes within the line; curly ones that stand already take part in the pairing.
    fn quotes(&self, straight: char, curly: [char; 2], out: &mut Proposals<'_>) {
        let text = self.line.text;
        if !text.contains(straight) {
            return;
        }
        let mut pairs: Vec<(usize, usize)> = Vec::new();
        let mut open: Option<(usize, char)> = None;
        let mut unpaired = Vec::new();
        for (at, c) in text.char_indices() {
            if c == curly[0] {
                unpaired.extend(open.filter(|&(_, c)| c == straight).map(|(at, _)| at));
                open = Some((at, c));
            } else if c == curly[1] {
                pairs.extend(open.take().filter(|&(_, c)| c == straight).map(|(start, _)| (start, at)));
            } else if c == straight && !self.is_markup(at) && !self.is_apostrophe(at, straight) {
                match open.take() {
                    Some((start, _)) => pairs.push((start, at)),
                    None => open = Some((at, c)),
                }
            }
        }
        unpaired.extend(open.filter(|&(_, c)| c == straight).map(|(at, _)| at));
        let sound = |&(start, end): &(usize, usize)| {
            let first = text[start..].chars().nth(1);
            let last = text[..end].chars().next_back();
            let inside_fits = first.is_some_and(|c| !c.is_whitespace() && !cannot_begin(c))
                && last.is_some_and(|c| !c.is_whitespace() && !is_opening(c));
            let chinese = text[start..end].chars().any(is_han)
                || self.before(start) == Side::Chinese
                || self.after(end + text[end..].chars().next().map_or(0, char::len_utf8)) == Side::Chinese;
            inside_fits && chinese
        };
        // One quote too many shifts every pair behind it: then nothing is certain.
        if !unpaired.is_empty() || !pairs.iter().all(sound) {
            if straight == '"' {
                for at in unpaired {
                    out.report(
                        Span::new(self.line.start + at, self.line.start + at + 1),
                        RuleId::UnpairedQuote,
                    );
                }
            }
            return;
        }
        for (start, end) in pairs {
            for (at, mark) in [(start, curly[0]), (end, curly[1])] {
                if text[at..].starts_with(straight) {
                    self.replace(at, mark.encode_utf8(&mut [0; 4]), RuleId::StraightQuote, out);
                }
            }
        }
    }

    /// Whether a single quote belongs to a Latin word, a foot or an inch to a number.
    fn is_apostrophe(&self, at: usize, quote: char) -> bool {
        let before = self.line.text[..at].chars().next_back();
        let after = self.line.text[at + 1..].chars().next();
        let latin = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() && !is_han(c));
        match quote {
            '\'' => latin(before) || latin(after),
            _ => before.is_some_and(|c| c.is_ascii_digit()) && !self.line.text[..at].contains(quote),
        }
    }
}

/// Characters looked through when the script beside a mark is asked for.
fn is_transparent(c: char) -> bool {
    matches!(
        c,
        ' ' | '"' | '\'' | '(' | ')' | '[' | ']' | '%' | '*' | '_' | '~' | '/' | '-' | '+' | '!' | '?' | '.'
    )
}

#[cfg(test)]
mod tests {
    use crate::{Cleaner, Config, StageId};

    fn clean(text: &str) -> String {
        let config = Config { stages: vec![StageId::Punctuation], ..Config::default() };
        Cleaner::new(config).unwrap().clean(text).into_text().into_owned()
    }

    #[test]
    fn marks() {
        for (old, new) in [
            ("春潮涌动处,扬帆奋进时。", "春潮涌动处，扬帆奋进时。"),
            ("增长90%,基本恢复;共3,800人,10:30开会", "增长90%，基本恢复；共3,800人，10:30开会"),
            ("采用GPU,并使用TPU:两种", "采用GPU，并使用TPU：两种"),
            ("见http://a.cn/b,c?d=1:2网站", "见http://a.cn/b,c?d=1:2网站"),
            (
                "I like 北京, 上海 and many other cities in China",
                "I like 北京, 上海 and many other cities in China",
            ),
            ("<a title=\"中,国\">中,国</a>", "<a title=\"中,国\">中，国</a>"),
            ("中国&nbsp;人", "中国&nbsp;人"),
            ("真的吗?!他问", "真的吗？！他问"),
        ] {
            assert_eq!(clean(old), new);
        }
    }

    #[test]
    fn brackets_go_in_pairs() {
        for (old, new) in [
            ("华能绿洲(北京)公司", "华能绿洲（北京）公司"),
            ("世贸组织(WTO)成员", "世贸组织（WTO）成员"),
            ("函数f(x)的值", "函数f(x)的值"),
            ("见[链接](https://a.cn)处", "见[链接](https://a.cn)处"),
            ("(记者 某某)今天", "（记者 某某）今天"),
            ("只开(不关", "只开(不关"),
            ("一半（北京)", "一半（北京）"),
        ] {
            assert_eq!(clean(old), new);
        }
    }

    #[test]
    fn quotes_are_paired() {
        for (old, new) in [
            ("\"十四五\"规划", "“十四五”规划"),
            ("开展\"长板招商\"\"以商招商\"", "开展“长板招商”“以商招商”"),
            ("只有\"一个引号", "只有\"一个引号"),
            ("一块5.5\"的屏幕", "一块5.5\"的屏幕"),
            ("他说：“好\"。", "他说：“好”。"),
            ("it's 中文", "it's 中文"),
        ] {
            assert_eq!(clean(old), new);
        }
    }
}
