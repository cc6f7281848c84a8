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
        let looked_at = marks || holds_quote(line.text);
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
            // In a table they may be the fields'.
            if !doc.facts.tabular {
                double.take(&prose);
                single.take(&prose);
            }
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

/// Whether a line holds a full-width quote.
fn holds_quote(line: &str) -> bool {
    // Few characters have that lead byte.
    memchr::memchr(0xe2, line.as_bytes()).is_some_and(|at| line[at..].contains(['“', '”', '‘', '’']))
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
    use proptest::prelude::*;

    use crate::config::PunctuationStyle;
    use crate::{Cleaner, Config, StageId};

    fn clean_in(style: PunctuationStyle, text: &str) -> String {
        let config =
            Config { stages: vec![StageId::Punctuation], punctuation_style: style, ..Config::default() };
        Cleaner::new(config).unwrap().clean(text).into_text().into_owned()
    }

    fn clean(text: &str) -> String {
        clean_in(PunctuationStyle::Full, text)
    }

    fn check(cases: &[(&str, &str)]) {
        for (old, new) in cases {
            assert_eq!(clean(old), *new, "{old}");
            assert_eq!(clean(new), *new, "{new}");
        }
    }

    #[test]
    fn marks() {
        check(&[
            ("春潮涌动处,扬帆奋进时。", "春潮涌动处，扬帆奋进时。"),
            ("增长90%,基本恢复;共3,800人,10:30开会", "增长90%，基本恢复；共3,800人，10:30开会"),
            ("采用GPU,并使用TPU:两种", "采用GPU，并使用TPU：两种"),
            ("较上月增长14%,11月增长8%;其中", "较上月增长14%，11月增长8%；其中"),
            ("见http://a.cn/b,c?d=1:2网站", "见http://a.cn/b,c?d=1:2网站"),
            ("I like 北京, 上海 and many other cities", "I like 北京, 上海 and many other cities"),
            ("<a title=\"中,国\">中,国</a>", "<a title=\"中,国\">中，国</a>"),
            ("中国&nbsp;人&#20013;", "中国&nbsp;人&#20013;"),
            ("真的吗?!他问", "真的吗？！他问"),
            ("比分3:1,比例1:2.5;邮箱a@b.cn,电话", "比分3:1，比例1:2.5；邮箱a@b.cn，电话"),
            ("![图](a.png)\n: 定义\n[^1]: 注\n:::说明", "![图](a.png)\n: 定义\n[^1]: 注\n:::说明"),
            ("{\"名\":\"值,值\"}返回", "{\"名\":\"值,值\"}返回"),
            ("title: 某某,某某", "title: 某某,某某"),
        ]);
    }

    #[test]
    fn stops() {
        check(&[
            ("闻令而动.擂鼓出征.", "闻令而动。擂鼓出征。"),
            ("他说\"好.\"走了.", "他说“好。”走了。"),
            ("始于1998.如今增长12.3%.2008年为7.5亿.", "始于1998。如今增长12.3%。2008年为7.5亿。"),
            ("我们使用Python.它很好.", "我们使用Python。它很好。"),
            ("1.总则 一.总则", "1.总则 一.总则"),
            ("比赛用品有1.足球2.排球3.球网", "比赛用品有1.足球2.排球3.球网"),
            ("去年来了2.今年来了5.明年还会更多.", "去年来了2。今年来了5。明年还会更多。"),
            ("类型:1.单项业务;2.主导产品", "类型：1.单项业务；2.主导产品"),
            ("比尔.克林顿说", "比尔.克林顿说"),
            ("打开报告.txt和说明.PDF,访问人民网.cn", "打开报告.txt和说明.PDF，访问人民网.cn"),
            ("微软Microsoft Inc.公司", "微软Microsoft Inc.公司"),
            ("一九九六.四.五", "一九九六.四.五"),
        ]);
    }

    #[test]
    fn ellipses_and_dashes() {
        check(&[
            ("他说...然后。。。", "他说……然后……"),
            ("双喜临门--大桥通车", "双喜临门——大桥通车"),
            ("“走”---他说", "“走”——他说"),
            ("第一章......1\n用--help选项,1990--2000年", "第一章......1\n用--help选项，1990--2000年"),
            ("表|头\n--|--\n-- 注\n----", "表|头\n--|--\n-- 注\n----"),
        ]);
    }

    #[test]
    fn brackets_go_in_pairs() {
        check(&[
            ("华能绿洲(北京)公司", "华能绿洲（北京）公司"),
            ("世贸组织(WTO)成员", "世贸组织（WTO）成员"),
            ("函数f(x)的值", "函数f(x)的值"),
            ("见[链接](https://a.cn)处", "见[链接](https://a.cn)处"),
            ("(记者 某某)今天", "（记者 某某）今天"),
            ("只开(不关", "只开(不关"),
            ("一半（北京)", "一半（北京）"),
            (
                "会议由市委副书记主持(全体成员和有\n关部门负责人列席)并就今年工作作出\n部署。",
                "会议由市委副书记主持（全体成员和有\n关部门负责人列席）并就今年工作作出\n部署。",
            ),
        ]);
    }

    #[test]
    fn quotes_are_paired() {
        check(&[
            ("\"十四五\"规划", "“十四五”规划"),
            ("开展\"长板招商\"\"以商招商\"", "开展“长板招商”“以商招商”"),
            ("只有\"一个引号", "只有\"一个引号"),
            ("一块5.5\"的屏幕", "一块5.5\"的屏幕"),
            ("拨打\"110\"或\"119\"电话", "拨打“110”或“119”电话"),
            ("他说：“好\"。", "他说：“好”。"),
            ("it's 中文", "it's 中文"),
            ("'98中国旅游年,他说\"要'稳'字当头\"", "'98中国旅游年，他说“要‘稳’字当头”"),
            // All but the last paragraph of a long quotation are left open.
            ("他说:\"一要稳。\n\"二要进。\"\n", "他说：“一要稳。\n“二要进。”\n"),
            ("He said \"no\" twice,两次", "He said \"no\" twice,两次"),
        ]);
    }

    #[test]
    fn digits_and_letters_follow_the_document() {
        check(&[
            ("共１２．５万吨,比2023年的11.2万吨多", "共12.5万吨，比2023年的11.2万吨多"),
            ("１９９８年生产１２．５万吨ＣＤ", "１９９８年生产１２．５万吨ＣＤ"),
            ("１９９８年至１９９９年的Windows系统", "１９９８年至１９９９年的Windows系统"),
        ]);
    }

    #[test]
    fn styles() {
        let text = "奋进时，（在）“中,国”：１";
        assert_eq!(clean_in(PunctuationStyle::Keep, text), text);
        assert_eq!(clean_in(PunctuationStyle::Half, text), "奋进时,(在)“中,国”:１");
    }

    /// Sentences as they are printed, and what else may stand between them.
    const PROSE: &[&str] = &[
        "会议指出，要抓好落实。",
        "他问：“怎么办？”",
        "（记者张三）",
        "全年增长12.3%，其中3,800人；",
        "“十四五”规划纲要（草案）",
        "上午10:30开会！",
        "采用GPU，很快。",
        "改革——新的起点",
        "他说……",
        "比分是3:1。",
    ];
    const LOOSE: &[&str] = &[
        "中国",
        "的",
        "Han",
        "word ",
        "12",
        "3.5",
        "\"",
        "'",
        "“",
        "”",
        "‘",
        "’",
        "(",
        ")",
        "（",
        "）",
        ",",
        ".",
        "...",
        "。。。",
        "--",
        ":",
        ";",
        "?",
        "!",
        "\n",
        "\n\n",
        " ",
        "％",
        "１２",
        "Ａ",
        "](",
        "<",
        "`",
        "$",
        "{\"",
        "会议指出要认真抓好落实",
        "发展壮大集体经济的路子",
    ];

    fn count(text: &str, c: char) -> i64 {
        text.chars().filter(|&other| other == c).count() as i64
    }

    /// Full-width brackets that have no partner of their width.
    fn parted(text: &str) -> usize {
        let (mut open, mut parted) = (Vec::new(), 0);
        for c in text.chars() {
            match c {
                '(' | '（' => open.push(c),
                ')' | '）' => match open.pop() {
                    Some(opening) => parted += usize::from((opening == '（') != (c == '）')),
                    None => parted += usize::from(c == '）'),
                },
                _ => {}
            }
        }
        parted + open.iter().filter(|&&c| c == '（').count()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn half_width_prose_is_restored(
            pieces in prop::collection::vec(prop::sample::select(PROSE), 1..12),
            paragraph in 0usize..12,
        ) {
            let (first, second) = pieces.split_at(paragraph.min(pieces.len()));
            let text = format!("{}\n\n{}", first.concat(), second.concat());
            let half: String = text.chars().map(|c| match c {
                '，' => ',', '：' => ':', '；' => ';', '？' => '?', '！' => '!', '（' => '(', '）' => ')',
                '“' | '”' => '"', '。' => '.', _ => c,
            }).collect();
            prop_assert_eq!(clean(&half), text.clone());
            prop_assert_eq!(clean(&text), text);
        }

        #[test]
        fn balance_is_never_made_worse(pieces in prop::collection::vec(prop::sample::select(LOOSE), 0..40)) {
            let text = pieces.concat();
            let once = clean(&text);
            prop_assert_eq!(clean(&once), once.clone(), "once is enough");
            // Brackets keep their direction; straight quotes count for either side.
            prop_assert_eq!(count(&text, '(') + count(&text, '（'), count(&once, '(') + count(&once, '（'));
            prop_assert_eq!(count(&text, ')') + count(&text, '）'), count(&once, ')') + count(&once, '）'));
            if !text.contains(['`', '<', '$', ']', '{']) {
                prop_assert!(parted(&once) <= parted(&text));
            }
            // The half-width style adds no full-width mark.
            let half = clean_in(PunctuationStyle::Half, &text);
            prop_assert!(count(&half, '，') <= count(&text, '，') && count(&half, '（') <= count(&text, '（'));
        }
    }
}
