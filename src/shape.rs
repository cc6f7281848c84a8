//! What the shape of a paragraph says, before its words are looked at: structure, a beginning, a caption.

use std::sync::LazyLock;

use crate::chars::{ends_clause, ends_sentence, is_closing, is_digit, is_han, is_stop};

mod notice;

pub(crate) use notice::is_notice;

/// Longest caption, in characters.
const CAPTION: usize = 80;
/// Longest credit in a paragraph of its own, in characters.
const CREDIT: usize = 12;

/// Whether a paragraph is structure rather than prose: a Markdown heading, list, table or quotation.
#[must_use]
pub(crate) fn is_structure(paragraph: &str) -> bool {
    let text = paragraph.trim_start();
    text.starts_with(['#', '>', '|', '`', '<'])
        || memchr::memchr(b'|', text.as_bytes()).is_some() && text.contains(" | ")
        || text.starts_with("- ")
        || text.starts_with("* ")
        || text.starts_with("+ ")
        || text.starts_with("![")
}

/// Whether a paragraph begins as only a paragraph does: indented, numbered, a bullet, a dateline.
#[must_use]
pub(crate) fn begins_paragraph(paragraph: &str) -> bool {
    if is_structure(paragraph) || paragraph.starts_with(['\u{3000}', '\t']) || paragraph.starts_with("  ") {
        return true;
    }
    if ["——", "注：", "附：", "**"].iter().any(|start| paragraph.starts_with(start)) {
        return true;
    }
    let mut chars = paragraph.chars();
    let Some(first) = chars.next() else { return true };
    if matches!(first, '●' | '■' | '□' | '▲' | '△' | '◆' | '◇' | '★' | '☆' | '※' | '•' | '·' | '①'..='⑳' | '㈠'..='㈩')
    {
        return true;
    }
    let number = |c: char| {
        is_digit(c) || matches!(c, '一' | '二' | '三' | '四' | '五' | '六' | '七' | '八' | '九' | '十' | '百')
    };
    let rest = paragraph.trim_start_matches(['（', '(', '第']);
    let after = rest.trim_start_matches(number);
    let numbered = after.len() < rest.len();
    // 第三条, but 三条; 3.总则, but 3.5
    numbered
        && (after.starts_with(['、', ')', '）'])
            || paragraph.starts_with('第') && after.starts_with(['章', '条', '節', '节', '條'])
            || after.strip_prefix(['.', '．']).is_some_and(|rest| !rest.starts_with(is_digit)))
}

/// Whether a paragraph begins as reports do: with the paper, the agency, the reporter or a picture.
#[must_use]
pub(crate) fn begins_report(paragraph: &str) -> bool {
    const LEADS: [&str; 8] = ["本报", "新华社", "据新华社", "记者", "图为", "中新社", "通讯员", "□"];
    LEADS.iter().any(|lead| paragraph.starts_with(lead))
}

/// Whether a paragraph begins with who sent it: 晚报讯（, 网消息（, 网太原1月5日电 记者, 来源：
#[must_use]
pub(crate) fn begins_with_source(paragraph: &str) -> bool {
    const DATELINE: usize = 20;
    const SENDER: usize = 3;
    let end = paragraph.char_indices().take(DATELINE).find(|&(_, c)| !is_han(c) && !c.is_alphanumeric());
    end.is_some_and(|(at, c)| {
        let sender = &paragraph[..at];
        let sent = ["讯", "消息", "日电"].iter().any(|kind| sender.ends_with(kind));
        sent && sender.chars().count() >= SENDER && (matches!(c, '（' | '(') || c.is_whitespace())
            || c == '：' && matches!(sender, "来源" | "原标题")
    })
}

/// Whether a paragraph is a line of its own rather than prose: a heading, a byline, a dateline.
#[must_use]
pub(crate) fn is_line_of_its_own(paragraph: &str) -> bool {
    const LINE: usize = 30;
    let text = paragraph.trim();
    let bare = text.trim_matches(['（', '）', '(', ')', '□', '■', '●']);
    text.chars().nth(LINE).is_none()
        && !bare.trim_end_matches(|c| is_closing(c) || c == '"').ends_with('.')
        && !bare.contains(ends_clause)
}

/// Whether a paragraph is a reporter's name with the paper's or agency's, and nothing else.
#[must_use]
pub(crate) fn is_byline(paragraph: &str) -> bool {
    const BYLINE: usize = 30;
    let text = paragraph.trim().trim_start_matches(['（', '(', '□', '■', '●', ' ', '\u{3000}']);
    let office = ["本报", "新华社", "中新社", "特约"].iter().find_map(|office| text.strip_prefix(office));
    let role = office.unwrap_or(text);
    ["记者", "記者", "通讯员", "通訊員"].iter().any(|name| role.starts_with(name))
        && text.chars().nth(BYLINE).is_none()
        && is_line_of_its_own(text)
}

/// Whether a paragraph is a numbered heading: short, and no mark in it but the number's.
#[must_use]
pub(crate) fn is_numbered_heading(paragraph: &str) -> bool {
    const HEADING: usize = 20;
    let text = paragraph.trim_start();
    text.chars().nth(HEADING).is_none()
        && text.split_once('、').is_some_and(|(_, title)| begins_paragraph(text) && is_line_of_its_own(title))
}

/// Whether a paragraph is a roll of names or things: five or more, short, and no other mark outside brackets. It
/// ends without a stop and is complete all the same.
#[must_use]
pub(crate) fn is_roll(paragraph: &str) -> bool {
    const ITEMS: usize = 5;
    const ITEM: usize = 8;
    // Past a hundred items a paragraph is what its beginning is.
    let (mut items, mut characters, mut inside) = (1, 0, false);
    for c in paragraph.trim_start().chars().take(100 * ITEM) {
        match c {
            '\u{4e00}'..='\u{9fff}' => characters += usize::from(!inside),
            '（' | '(' => inside = true,
            '）' | ')' => inside = false,
            _ if inside => {}
            '、' => items += 1,
            c if ends_clause(c) => return false,
            _ => characters += 1,
        }
    }
    items >= ITEMS && characters <= items * ITEM
}

/// Whether a paragraph ends with its author's name behind a dash and a full stop: 。———编者
#[must_use]
pub(crate) fn is_signed(paragraph: &str) -> bool {
    const NAME: usize = 8;
    let text = paragraph.trim_end();
    let name = text.trim_end_matches(is_han);
    let body = name.trim_end_matches(['—', '─']);
    name.len() > body.len() && text[name.len()..].chars().nth(NAME).is_none() && ends_sentence(body)
}

/// Whether a break may stand inside a personal name: behind a title, or in a list of names, come a surname
/// and at most one more character.
#[must_use]
pub(crate) fn splits_name(left: &str, right: &str) -> bool {
    const TITLES: [&str; 40] = [
        "书记",
        "主席",
        "记者",
        "教授",
        "主任",
        "部长",
        "市长",
        "省长",
        "县长",
        "区长",
        "局长",
        "总理",
        "总统",
        "经理",
        "院长",
        "校长",
        "司长",
        "处长",
        "科长",
        "厅长",
        "所长",
        "会长",
        "团长",
        "厂长",
        "村长",
        "社长",
        "行长",
        "队长",
        "委员",
        "代表",
        "同志",
        "先生",
        "女士",
        "院士",
        "博士",
        "专家",
        "作家",
        "演员",
        "司令员",
        "工程师",
    ];
    let mut chars = left.char_indices().rev();
    let [Some(last), Some(before)] = [chars.next(), chars.next()] else { return false };
    right.starts_with(is_han)
        && [last, before].iter().any(|&(at, c)| {
            let head = &left[..at];
            is_surname(c) && (head.ends_with('、') || TITLES.iter().any(|title| head.ends_with(title)))
        })
}

/// Whether `c` is one of the two hundred commonest surnames of one character.
pub(crate) fn is_surname(c: char) -> bool {
    static SURNAMES: LazyLock<Vec<char>> = LazyLock::new(|| {
        let mut names: Vec<char> = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任沈姚卢姜崔钟\
     谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严武戴莫孔向汤常温康施文牛樊葛邢安齐\
     易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛\
     靳欧阳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤时穆司农古吉卓池"
            .chars()
            .collect();
        names.sort_unstable();
        names
    });
    SURNAMES.binary_search(&c).is_ok()
}

/// Whether paragraphs are a picture's caption: named as such, or signed by the photographer.
pub(crate) fn is_caption(paragraphs: &[&str]) -> bool {
    // In bytes first: long paragraphs are common and need not be counted.
    let bytes: usize = paragraphs.iter().map(|text| text.len()).sum();
    if bytes > 4 * CAPTION {
        return false;
    }
    let first = paragraphs[0].trim();
    let last = paragraphs[paragraphs.len() - 1].trim();
    let named = ["图为", "图①", "图一", "上图", "下图", "左图", "右图", "圖為"]
        .iter()
        .any(|start| first.starts_with(start));
    let bare = last.trim_end_matches([')', '）']);
    let ends_with = |credits: &[&str]| credits.iter().any(|end| bare.ends_with(end));
    let is_picture = || {
        let start = last.trim_start_matches(['(', '（']);
        ["图片", "圖片", "照片", "视频", "本文图片"].iter().any(|what| start.starts_with(what))
    };
    // What ends a paragraph of its own says less of the one above it.
    let alone = || {
        paragraphs.len() == 1
            && (ends_with(&["摄影报道", "供图", "供圖"]) || bare.ends_with("提供") && is_picture())
    };
    let signed = ends_with(&["摄", "攝", "资料图", "资料图片", "资料照片", "資料圖"]) || alone();
    // In two paragraphs the second is the credit alone: a name, or what the picture is called.
    let credit = paragraphs.len() == 1
        || signed
            && last.chars().count() <= CREDIT
            && !last.contains(is_stop)
            && (named || first.ends_with(is_stop));
    let is_short = || paragraphs.iter().map(|text| text.chars().count()).sum::<usize>() <= CAPTION;
    (named || signed) && credit && is_short()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captions_are_named_or_signed() {
        let is = is_caption;
        assert!(is(&["太谷玛钢产业聚势赋能 资料图"]));
        assert!(is(&["图为奠基仪式现场。", "梁琛 摄"]));
        assert!(!is(&["工业园区建设提速", "梁琛"]));
        assert!(!is(&["必须进一步深入学习和", "我把照片带来了 资料图"]));
        assert!(!is(&["本报讯（记者 殷雪莹）昨日召开会议。"]));
    }

    #[test]
    fn headings_and_bylines_stand_alone() {
        for line in ["农村工作会议召开", "（记者 王某某）", "□ 本报记者 王某某"] {
            assert!(is_line_of_its_own(line), "{line}");
        }
        for rest in ["而是在扩大。", "而是在扩大.", "把企业搞好.\"", "会议指出，要抓好"]
        {
            assert!(!is_line_of_its_own(rest), "{rest}");
        }
        assert!(is_byline("□ 本报记者 王某某") && is_byline("新华社记者李某某本报记者王某某"));
        assert!(!is_byline("本报讯") && !is_byline("记者昨日从市政府获悉，全市"));
        assert!(is_numbered_heading("六、大企业应当强化自身建设"));
        assert!(!is_numbered_heading("六、大企业，特别是国有企业"));
    }

    #[test]
    fn reports_begin_with_who_sent_them() {
        for text in [
            "晚报讯（记者 王某某）",
            "某某网消息 （午间新闻）：",
            "某某网上海1月5日电 记者王某某",
            "来源：某某网",
        ] {
            assert!(begins_with_source(text), "{text}");
        }
        for text in ["消息（未经证实）传来", "得到这一消息，大家", "各地每日电讯中心成立", "通讯 工具"]
        {
            assert!(!begins_with_source(text), "{text}");
        }
    }

    #[test]
    fn authors_sign_behind_a_dash() {
        assert!(is_signed("热诚欢迎读者提供报道线索。———编者"));
        assert!(
            !is_signed("欢迎读者———编者") && !is_signed("热诚欢迎读者。") && !is_signed("结束了。———他说，")
        );
    }

    #[test]
    fn rolls_are_not_prose() {
        assert!(is_roll("王元、文喆、邓团子（女，满族）、甘子钊、叶朗、田昭武"));
        assert!(!is_roll("各级党委、政府、企业、学校和家庭要把安全生产工作摆在更加突出的位置上切实抓紧抓好"));
        assert!(!is_roll("会议传达了中央、省委、市委、县委、镇委的精神，要求认真落实"));
    }

    #[test]
    fn beginnings() {
        for text in
            ["**加强领导**", "（一）加强领导", "1. 总则", "１、总则", "第三条 本法", "　　缩进", "●要点"]
        {
            assert!(begins_paragraph(text), "{text}");
        }
        for text in ["3.5亿元", "３．５亿元", "第三产业", "一体化", "100万吨", "１２条棉被"]
        {
            assert!(!begins_paragraph(text), "{text}");
        }
    }
}
