//! Lines that are a page's own rather than its text's, whatever stands around them: who made it, its date, its section,
//! where there is more to see.

use super::is_surname;
use crate::chars::{ends_clause, is_closing, is_digit, is_han, is_opening};
use crate::lexicon::script::simplified_text;

/// Longest notice, in characters.
const NOTICE: usize = 48;
/// Longest name of a section or a source, in characters.
const SECTION: usize = 6;
const SOURCE: usize = 12;
/// Longest line that points elsewhere, in characters.
const POINTER: usize = 16;

/// What those who make a page do; longer ones first where one begins with another.
const ROLES: &str = "责任编辑 美术编辑 图片编辑 见习编辑 本版编辑 编辑 责编 美编 图编 执行主编 主编 值班编委 值班主任 值班总编 \
    校对 版式 组版 排版 审读 审校 审核 监制 统筹 视觉 制图 撰稿 供稿 摄影 实习生";
const SOURCES: &str = "来源 稿源 图片来源 稿件来源 信息来源";
const PAPERS: [char; 4] = ['报', '刊', '网', '版'];
const DAYS: [&str; 3] = ["星期", "周", "农历"];
/// What a reader is asked to do, and how it goes on.
const POINTERS: [(&str, &[&str]); 5] = [
    ("扫码", &["观看", "看", "阅读", "关注", "查看", "收听", "下载"]),
    ("扫描二维码", &[""]),
    ("扫描上方二维码", &[""]),
    ("扫描下方二维码", &[""]),
    ("点击", &["观看", "查看", "阅读", "下载", "播放", "图片", "链接", "进入下一页"]),
];

/// Whether a line is a page's own: `责任编辑：王某某`, `2025年3月5日 星期三`, `A07 要闻`, `扫码观看视频`.
#[must_use]
pub(crate) fn is_notice(line: &str) -> bool {
    // In bytes first: long paragraphs are common and need not be counted.
    if line.len() > 4 * NOTICE {
        return false;
    }
    let frame = |c: char| {
        c.is_whitespace()
            || is_opening(c)
            || is_closing(c)
            || matches!(c, '□' | '■' | '●' | '◆' | '▲' | '▼' | '▶' | '◀')
    };
    let text = line.trim_matches(frame);
    if !may_be(text) {
        return false;
    }
    let text = &*simplified_text(text);
    is_credits(text) || is_date(text) || is_section(text) || is_pointer(text)
}

/// Whether a text may be a notice by its first character and its marks, as hardly any line may: all lines are asked.
fn may_be(text: &str) -> bool {
    let is_first = |c: char| {
        matches!(c, '0'..='9' | '０'..='９' | 'A'..='D'
            | '责' | '責' | '编' | '編' | '美' | '图' | '圖' | '见' | '見' | '本' | '执' | '執' | '主' | '值' | '校' | '版'
            | '组' | '組' | '排' | '审' | '審' | '监' | '監' | '统' | '統' | '视' | '視' | '制' | '製' | '撰' | '供' | '摄'
            | '攝' | '实' | '實' | '来' | '來' | '稿' | '信' | '扫' | '掃' | '点' | '點' | '第' | '二')
    };
    // A paper's name is short, and its date follows.
    let is_dated = || {
        let name = text.char_indices().take(SECTION + 1).find(|(_, c)| c.is_whitespace());
        name.is_some_and(|(at, _)| text[at..].contains(is_digit))
    };
    (text.starts_with(is_first) || is_dated()) && !text.contains(['，', '。', '！', '？'])
}

/// Whether a text says who made the page, or where it is from, and no more.
fn is_credits(text: &str) -> bool {
    let source = SOURCES.split(' ').find_map(|role| text.strip_prefix(role)?.strip_prefix([':', '：']));
    if let Some(source) = source.map(str::trim) {
        return !source.is_empty() && source.chars().nth(SOURCE).is_none() && !source.contains(ends_clause);
    }
    // Each role has its names behind it; one at the least has a role.
    let (mut roles, mut names) = (0, 0);
    for part in parts(text) {
        let name = match ROLES.split(' ').find_map(|role| part.strip_prefix(role)) {
            Some(name) => {
                roles += 1;
                name.trim_start_matches([':', '：'])
            }
            None if roles > 0 => part,
            None => return false,
        };
        names += usize::from(!name.is_empty());
        if !name.is_empty() && !is_name(name) {
            return false;
        }
    }
    roles > 0 && names > 0
}

/// Whether a text is a date with its weekday, time, paper or page.
fn is_date(text: &str) -> bool {
    let is_short = |part: &str| part.chars().nth(SECTION).is_none() && part.chars().all(is_han);
    let is_paper = |part: &str| is_short(part) && part.ends_with(PAPERS);
    let (mut dates, mut more, mut paged) = (0, 0, false);
    parts(text).all(|part| {
        let rest = after_date(part).inspect(|_| dates += 1).unwrap_or(part);
        let is_page = is_section(rest);
        paged |= is_page;
        more += usize::from(!rest.is_empty());
        is_page
            || is_paper(rest)
            || dates > 0
                && (rest.chars().all(|c| is_digit(c) || matches!(c, ':' | '：'))
                    || DAYS.iter().any(|start| rest.starts_with(start))
                        && rest.chars().nth(2 * SECTION).is_none()
                    || paged && is_short(rest))
    }) && dates == 1
        && more > 0
}

/// What follows the date that a text begins with.
fn after_date(text: &str) -> Option<&str> {
    let is_number = |c: char| is_digit(c) || "〇一二三四五六七八九十".contains(c);
    let mut rest = text;
    for ends in [&['年', '-', '.', '/'][..], &['月', '-', '.', '/'], &['日']] {
        rest = rest.strip_prefix(is_number)?.trim_start_matches(is_number);
        match rest.strip_prefix(ends) {
            Some(behind) => rest = behind,
            None if ends == ['日'] && !text.contains('年') => {}
            None => return None,
        }
    }
    Some(rest)
}

/// Whether a text is a section with its page: `A07 要闻`, `第3版`, `03版 国际`.
fn is_section(text: &str) -> bool {
    let rest = text.trim_start_matches('第');
    let letter = rest.strip_prefix(['A', 'B', 'C', 'D']);
    let number = letter.unwrap_or(rest);
    let behind = number.trim_start_matches(is_digit);
    let digits = number[..number.len() - behind.len()].chars().count();
    let name = behind.strip_prefix('版');
    let is_numbered = letter.is_some() && digits == 2 || name.is_some() && (1..=3).contains(&digits);
    let name = name.unwrap_or(behind).trim_start_matches([':', '：', '·', ' ', '\u{3000}']);
    is_numbered && name.chars().nth(SECTION).is_none() && name.chars().all(is_han)
}

/// Whether a text points the reader elsewhere.
fn is_pointer(text: &str) -> bool {
    text.chars().nth(POINTER).is_none()
        && !text.contains(ends_clause)
        && POINTERS.iter().any(|(asks, how)| {
            text.strip_prefix(asks).is_some_and(|rest| how.iter().any(|how| rest.starts_with(how)))
        })
}

/// The parts of a line of credits or of a date.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || matches!(c, '|' | '｜' | '/' | '／' | '、' | ';' | '；'))
        .filter(|part| !part.is_empty())
}

/// Whether a text is a personal name in Han characters.
fn is_name(text: &str) -> bool {
    (2..=3).contains(&text.chars().count()) && text.starts_with(is_surname) && text.chars().all(is_han)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_tables_hold_may_be_a_notice() {
        let firsts = ROLES.split(' ').chain(SOURCES.split(' ')).chain(POINTERS.map(|(asks, _)| asks));
        for word in firsts.chain(
            "责編 責任 編輯 美編 圖片 見習 執行 組版 審讀 監製 統籌 視覺 製圖 攝影 實習 來源 掃碼 點擊"
                .split(' '),
        ) {
            assert!(may_be(word), "{word}");
        }
    }

    #[test]
    fn notices() {
        for line in [
            "责任编辑：王某某",
            "責任編輯：張某某",
            "（责编 李晓、张建国）",
            "编辑 王小明 美编 李晓 校对 张三",
            "编辑/王小明 版式/李晓",
            "来源：某某日报",
            "2025年3月5日 星期三",
            "2025-03-05 10:30",
            "2025年3月5日　星期三　第3版　要闻",
            "二〇二五年三月五日 星期三",
            "某某日报 2025年3月5日 第3版",
            "A07 要闻",
            "03版 国际",
            "第3版",
            "扫码观看视频",
            "【点击查看原图】",
        ] {
            assert!(is_notice(line), "{line}");
        }
        for line in [
            "编辑部主任",
            "编辑工作",
            "主编王小明说",
            "责任编辑制度",
            "2025年3月5日",
            "2025年3月5日 施行",
            "2025年3月5日在北京召开的会议",
            "G20 峰会",
            "第3版，第4版",
            "点击率不断上升",
            "扫码支付的顾客",
            "来源：",
            "作者认为",
            "要闻",
            "",
        ] {
            assert!(!is_notice(line), "{line}");
        }
    }
}
