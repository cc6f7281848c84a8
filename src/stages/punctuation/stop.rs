//! The half-width full stop, which is also a decimal point, an abbreviation's dot, a list number's, a file
//! name's and a leader's.

use super::prose::{Prose, Side};
use crate::chars::{is_closing, is_full_alnum, is_full_mark, is_han, is_opening};
use crate::pipeline::Proposals;
use crate::rules::RuleId;

/// Latin abbreviations that go on with a capital or a Chinese word, in lower case.
const ABBREVIATIONS: &[&str] = &[
    "inc", "co", "ltd", "corp", "no", "nos", "mr", "mrs", "ms", "dr", "prof", "st", "jr", "sr", "vs", "etc",
    "vol", "fig", "ed", "eds", "pp", "ver", "al", "cf", "dept", "univ", "approx",
];
/// Endings of file names and domains, in lower case.
const ENDINGS: &[&str] = &[
    "txt", "doc", "docx", "pdf", "xls", "xlsx", "ppt", "pptx", "wps", "csv", "tsv", "md", "rtf", "epub",
    "html", "htm", "xml", "json", "toml", "yaml", "yml", "jpg", "jpeg", "png", "gif", "bmp", "svg", "tif",
    "tiff", "mp3", "mp4", "avi", "mov", "wav", "zip", "rar", "gz", "tar", "exe", "dll", "apk", "iso", "py",
    "rs", "js", "ts", "c", "h", "cpp", "java", "go", "sh", "com", "cn", "net", "org", "gov", "edu", "io",
    "asp", "aspx", "php", "jsp",
];
/// Characters that write foreign names by sound. On both sides of a dot they are one name: 比尔.克林顿.
const BY_SOUND: &str = "阿埃艾安奥巴贝本比彼博布查达戴丹德迪杜多厄恩尔法菲费弗福富盖戈格古哈海汉赫霍基吉加杰卡凯坎康科克库\
    拉莱兰朗劳勒雷里利莉林琳卢鲁伦罗洛马迈曼梅米莫姆穆纳内尼娜诺欧帕佩皮珀普奇乔切琼萨塞桑瑟莎施史舒丝斯思塔泰坦特提汀图托\
    瓦威维韦温沃乌西希谢辛休雅亚耶伊因尤约泽詹珍朱兹顿逊登蒂丁";

/// Proposes 。 for each dot that ends a Chinese sentence.
pub(super) fn widen(prose: &Prose<'_>, out: &mut Proposals<'_>) {
    let bytes = prose.text().as_bytes();
    for at in memchr::memchr_iter(b'.', bytes) {
        let run = bytes.get(at + 1) == Some(&b'.') || at > 0 && bytes[at - 1] == b'.';
        if !run && !prose.is_markup(at) && ends_sentence(prose, at) {
            prose.widen(at, "。", RuleId::HalfWidthStop, out);
        }
    }
}

fn ends_sentence(prose: &Prose<'_>, at: usize) -> bool {
    let (left, right) = (prose.left(at), prose.right(at + 1));
    let Some(previous) = prose.previous(at) else { return false };
    let next = prose.next(at + 1);
    if previous.is_ascii_alphanumeric() || is_full_alnum(previous) || matches!(previous, '%' | '％' | '‰')
    {
        let goes_on =
            |c: char| !c.is_whitespace() && !is_han(c) && !is_full_mark(c) && !is_closing(c) && c != '"';
        // No digit follows a share's sign.
        let share = matches!(previous, '%' | '％' | '‰') && next.is_some_and(|c| c.is_numeric());
        return (share || !next.is_some_and(goes_on)) && ends_behind_token(left, right);
    }
    let chinese = is_han(previous)
        || is_full_mark(previous) && !is_opening(previous)
        || matches!(previous, '"' | '\'' | ')' | ']' | '℃') && prose.before(at) == Side::Chinese;
    if !chinese || is_numbered(left) {
        return false;
    }
    match next {
        Some(c) if is_han(c) => !(is_name(left, right) || is_numeral(previous) && is_numeral(c)),
        Some(c) if c.is_ascii_digit() => !is_numeral(previous),
        Some(c) if c.is_ascii_alphabetic() => !is_listed(ENDINGS, first_word(right)),
        Some(' ') => right.trim_start().chars().next().is_none_or(|c| !c.is_ascii_lowercase()),
        Some(c) => {
            is_full_mark(c)
                || is_full_alnum(c)
                || is_opening(c)
                || is_closing(c)
                || matches!(c, '"' | '\'' | '\u{3000}')
        }
        None => true,
    }
}

/// Whether a sentence ends behind a number or Latin word that stands in it.
fn ends_behind_token(left: &str, right: &str) -> bool {
    let part = |c: char| {
        c.is_ascii_alphanumeric()
            || is_full_alnum(c)
            || matches!(
                c,
                '.' | '%' | '％' | '‰' | '/' | '／' | '∶' | ':' | '-' | '·' | '．' | ',' | '_' | '@'
            )
    };
    // The marks that may stand inside a token do not begin one.
    let token = &left[left.trim_end_matches(part).len()..];
    let token = token.trim_start_matches(|c: char| c.is_ascii_punctuation());
    let before = &left[..left.len() - token.len()];
    let is_number = !token.contains(|c: char| c.is_alphabetic());
    let word = token.rsplit(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    let at_end = right.trim_end().is_empty();
    // In a Latin sentence a Latin word stands before the token too.
    let embedded = before
        .trim_end_matches([' ', '"', '\'', '('])
        .ends_with(|c| is_han(c) || is_full_mark(c) || is_comma(c));
    let directly = before.ends_with(|c| is_han(c) || is_full_mark(c) && !is_opening(c));
    if !embedded || is_listed(ABBREVIATIONS, word) {
        return false;
    }
    if is_number {
        // Behind a Han character it is a quantity or year, elsewhere it may be a list's number.
        return before.ends_with(is_han) && !counts_on(before, token, right) || at_end && directly;
    }
    // `A.` and `U.S.` are initials.
    at_end || token.chars().count() > 1 && !token.contains('.')
}

/// Whether a number is one of a list whose items follow one another without a break: the one before it or behind
/// it stands near and has a dot too. 4.山下5.长濑
fn counts_on(before: &str, number: &str, right: &str) -> bool {
    const NEAR: usize = 400;
    let Some(number) = (number.len() <= 2).then(|| number.parse::<u32>().ok()).flatten() else {
        return false;
    };
    let window = [
        &before[before.ceil_char_boundary(before.len().saturating_sub(NEAR))..],
        &right[..right.floor_char_boundary(NEAR)],
    ];
    let item = |text: &str, number: u32| {
        let item = format!("{number}.");
        text.match_indices(&item).any(|(at, _)| {
            let (left, right) = (&text[..at], &text[at + item.len()..]);
            !left.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '.') && right.starts_with(is_han)
        })
    };
    item(window[0], number.wrapping_sub(1)) || item(window[1], number + 1)
}

const fn is_comma(c: char) -> bool {
    matches!(c, ',' | ';' | ':' | '?' | '!')
}

/// Whether the dot stands behind a list's number in Chinese: 一.总则
fn is_numbered(left: &str) -> bool {
    let before = left.trim_end_matches(|c| is_numeral(c) || matches!(c, '甲' | '乙' | '丙' | '丁' | '戊'));
    let number = &left[before.len()..];
    !number.is_empty()
        && number.chars().count() <= 3
        && before.chars().next_back().is_none_or(|c| !is_han(c) && !c.is_alphanumeric() && c != '、')
}

const fn is_numeral(c: char) -> bool {
    matches!(c, '〇' | '零' | '一' | '二' | '三' | '四' | '五' | '六' | '七' | '八' | '九' | '十')
}

/// Whether the dot parts the given name and the surname of a foreigner.
fn is_name(left: &str, right: &str) -> bool {
    by_sound(left.chars().rev()) && by_sound(right.chars())
}

/// Whether the first two characters write sounds.
fn by_sound(mut chars: impl Iterator<Item = char>) -> bool {
    (0..2).all(|_| chars.next().is_some_and(|c| BY_SOUND.contains(c)))
}

fn first_word(text: &str) -> &str {
    &text[..text.bytes().take_while(u8::is_ascii_alphanumeric).count()]
}

fn is_listed(list: &[&str], word: &str) -> bool {
    list.iter().any(|listed| listed.eq_ignore_ascii_case(word))
}
