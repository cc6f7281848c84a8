//! Full-width punctuation and paired quotes in Chinese prose. Numbers, times, Latin runs, markup, code,
//! tables and addresses keep theirs.

use crate::chars::lines;
use crate::config::PunctuationStyle;
use crate::edit::Span;
use crate::pipeline::{Doc, Proposals};
use crate::rules::StageId;
use crate::stages::Stage;

mod brackets;
mod marks;
mod prose;
mod quotes;
mod runs;
mod stop;
mod width;

use brackets::Brackets;
use prose::Prose;
use quotes::Quotes;

/// The stage.
#[derive(Debug)]
pub struct Punctuation;

impl Stage for Punctuation {
    fn id(&self) -> StageId {
        StageId::Punctuation
    }

    fn scan(&self, doc: &Doc<'_>, out: &mut Proposals<'_>) {
        match doc.config.punctuation_style {
            PunctuationStyle::Keep => {}
            PunctuationStyle::Half => {
                width::narrow_alnum(doc.text, out);
                width::narrow_marks(doc, out);
            }
            PunctuationStyle::Full => {
                width::narrow_alnum(doc.text, out);
                widen(doc, out);
            }
        }
    }
}

/// Makes the marks of Chinese prose full-width.
fn widen(doc: &Doc<'_>, out: &mut Proposals<'_>) {
    if !holds_mark(doc.text.as_bytes()) {
        return;
    }
    let (mut double, mut single) = (Quotes::new(quotes::DOUBLE), Quotes::new(quotes::SINGLE));
    let mut brackets = Brackets::default();
    let (mut above, mut wrap_above) = (Span::default(), Wrap::None);
    let mut rest = lines(doc.text).peekable();
    while let Some(line) = rest.next() {
        let below = rest.peek().copied();
        let wrap = below.map_or(Wrap::None, |below| wrap_above.then(line.text, below.text));
        let marks = holds_mark(line.text.as_bytes());
        // A line without half-width marks may hold one of a pair of quotes.
        let looked_at = marks || line.text.contains(['“', '”', '‘', '’']);
        let start = if wrap_above == Wrap::None { line.start } else { above.start };
        let end = below.filter(|_| wrap != Wrap::None).map_or(line.end(), |below| below.end());
        let prose = looked_at.then(|| Prose::of(doc.text, line, Span::new(start, end))).flatten();
        let is_prose = prose.is_some() || !looked_at;
        if let Some(prose) = prose.filter(|_| !out.covers(Span::new(line.start, line.end()))) {
            if marks {
                if !doc.facts.tabular {
                    marks::widen(&prose, doc, out);
                }
                stop::widen(&prose, out);
                runs::widen(&prose, out);
                brackets.widen(&prose, doc.text, out);
            }
            double.take(&prose);
            single.take(&prose);
        }
        double.end_line(line.text, is_prose, wrap != Wrap::None);
        single.end_line(line.text, is_prose, wrap != Wrap::None);
        brackets.end_line(wrap != Wrap::None);
        (above, wrap_above) = (Span::new(line.start, line.end()), wrap);
    }
    double.finish(doc.text, out);
    single.finish(doc.text, out);
}

/// Whether a line's sentence may run on in the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrap {
    None,
    /// Both lines are full.
    Full,
    /// The second one is a paragraph's last.
    Last,
}

impl Wrap {
    /// What the break below a line is, when this is the one above it: lines about as long as one another
    /// are a wrapped paragraph's, and its last one is shorter.
    fn then(self, line: &str, below: &str) -> Wrap {
        const SHORTEST: usize = 8;
        // In bytes first: paragraphs differ much.
        if below.len() > 2 * line.len() || self != Wrap::Full && line.len() > 2 * below.len() {
            return Wrap::None;
        }
        let (line, below) = (line.chars().count(), below.chars().count());
        if line < SHORTEST || below == 0 {
            Wrap::None
        } else if line.abs_diff(below) <= 2 {
            Wrap::Full
        } else if self == Wrap::Full && below < line {
            Wrap::Last
        } else {
            Wrap::None
        }
    }
}

/// Whether a text holds a mark that the stage may widen, in ASCII or as a run of 。. Looks at 64 bytes at
/// a time, so that text without them costs next to nothing.
fn holds_mark(bytes: &[u8]) -> bool {
    // `!` to `/` and `:` to `?`
    let is_mark = |b: u8| b.wrapping_sub(b'!') < 15 || b.wrapping_sub(b':') < 6;
    bytes.chunks(64).any(|chunk| chunk.iter().fold(false, |any, &b| any | is_mark(b)))
        || memchr::memmem::find(bytes, "。。。".as_bytes()).is_some()
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
