//! Character hygiene: compatibility forms, invisible characters, odd spaces. What is not provable is reported.

use encoding_rs::GB18030;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::decompose_canonical;

use crate::chars::{is_full_mark, is_han, is_hangul, is_invisible};
use crate::edit::Span;
use crate::pipeline::{Doc, Proposals};
use crate::rules::{Applicability, RuleId};

use super::LOST;

/// Marks of Windows' Latin-1 that were read as control characters of ISO 8859-1: what browsers make of them
/// in character references (HTML Standard, section 13.2.5.80), as far as prose has them.
const WINDOWS_MARKS: &[(char, &str)] = &[
    ('\u{85}', "…"),
    ('\u{91}', "‘"),
    ('\u{92}', "’"),
    ('\u{93}', "“"),
    ('\u{94}', "”"),
    ('\u{95}', "•"),
    ('\u{96}', "–"),
    ('\u{97}', "—"),
];

/// Radicals of the supplement that are whole characters, and the ideograph of each (Unicode's
/// EquivalentUnifiedIdeograph.txt). The others are parts of characters, which no text has alone.
const SUPPLEMENT: &[(char, char)] = &[
    ('⺁', '厂'),
    ('⺎', '兀'),
    ('⺒', '巳'),
    ('⺓', '幺'),
    ('⺟', '母'),
    ('⺠', '民'),
    ('⻁', '虎'),
    ('⻄', '西'),
    ('⻅', '见'),
    ('⻆', '角'),
    ('⻉', '贝'),
    ('⻋', '车'),
    ('⻓', '长'),
    ('⻔', '门'),
    ('⻘', '青'),
    ('⻙', '韦'),
    ('⻚', '页'),
    ('⻛', '风'),
    ('⻜', '飞'),
    ('⻝', '食'),
    ('⻢', '马'),
    ('⻣', '骨'),
    ('⻤', '鬼'),
    ('⻥', '鱼'),
    ('⻦', '鸟'),
    ('⻧', '卤'),
    ('⻨', '麦'),
    ('⻩', '黄'),
    ('⻬', '齐'),
    ('⻮', '齿'),
    ('⻰', '龙'),
    ('⻳', '龟'),
];

/// Reports what U+FFFD and memory that was never written became.
pub(super) fn scan_residue(doc: &Doc<'_>, out: &mut Proposals<'_>) {
    for lost in LOST {
        for (at, _) in doc.text.match_indices(lost) {
            out.report(Span::new(at, at + lost.len()), RuleId::LostText);
        }
    }
}

/// Proposes what the characters themselves prove. `rare` are the text's characters of
/// [`Class::RARE`](crate::chars::Class::RARE).
pub(super) fn scan(doc: &Doc<'_>, rare: &[(usize, char)], out: &mut Proposals<'_>) {
    // Japanese and Korean have uses of their own for compatibility forms and joiners.
    let chinese = doc.facts.is_chinese() && doc.facts.foreign * 10 <= doc.facts.han;
    for &(at, c) in rare {
        let span = Span::new(at, at + c.len_utf8());
        if c == '\u{fffd}' {
            out.report(span, RuleId::ReplacementCharacter);
        } else if chinese {
            let before = doc.text[..at].chars().next_back();
            let after = doc.text[span.end..].chars().next();
            mend(doc.text, span, c, [before, after], out);
        }
    }
}

/// Proposes what is to be done with one rare character between its neighbours.
fn mend(text: &str, span: Span, c: char, beside: [Option<char>; 2], out: &mut Proposals<'_>) {
    let any = |is: &dyn Fn(char) -> bool| beside.into_iter().flatten().any(is);
    let replace = |out: &mut Proposals<'_>, by: char, rule| {
        out.replace(span, by.encode_utf8(&mut [0; 4]), rule);
    };
    match c {
        // Alone between blanks it may be the radical itself, as in a list of radicals.
        _ if is_radical(c) => {
            if let Some(han) = ideograph(c).filter(|_| any(&|c| is_han(c) || is_radical(c))) {
                replace(out, han, RuleId::KangxiRadical);
            }
        }
        '\u{f900}'..='\u{faff}' => {
            // A variation selector asks for the glyph that the ideograph alone has not.
            let selected = any(&|c| matches!(c, '\u{fe00}'..='\u{fe0f}')) || any(&is_hangul);
            // A table of such characters has them alone.
            let in_text = any(&|c| is_han(c) || is_full_mark(c));
            if let Some(han) = unified(c).filter(|_| in_text && !selected) {
                replace(out, han, RuleId::CompatibilityIdeograph);
            }
        }
        '\u{80}'..='\u{9f}' => match windows_mark(c) {
            // Next to another letter of Latin-1 it is a byte of a longer stretch.
            Some(mark)
                if beside.into_iter().flatten().all(|c| is_text(c) || windows_mark(c).is_some())
                    && !is_in_letters(text, span) =>
            {
                out.replace(span, mark, RuleId::WindowsMark);
            }
            _ => out.report(span, RuleId::ControlCharacter),
        },
        // The soft hyphen is for the stage that joins lines.
        '\u{ad}' => {}
        _ if is_invisible(c) => {
            if is_harmless(c) && beside.into_iter().flatten().all(|c| is_text(c) || is_harmless(c)) {
                out.replace(span, "", RuleId::InvisibleCharacter);
            } else if !matches!(c, '\u{200c}'..='\u{200f}') {
                out.report(span, RuleId::InvisibleCharacter);
            }
        }
        '\u{e000}'..='\u{f8ff}' => {
            if let Some(now) = standard(c) {
                let text = now.encode_utf8(&mut [0; 4]).to_owned();
                out.propose(span, &text, RuleId::PrivateCharacter, 0.5, Applicability::Unsafe);
            } else {
                out.report(span, RuleId::PrivateCharacter);
            }
        }
        // Away from Chinese it may be French typesetting, or hold a number and its unit together.
        _ if c.is_whitespace() && !c.is_control() && any(&|c| is_han(c) || is_full_mark(c)) => {
            out.replace(span, " ", RuleId::OddSpace);
        }
        _ if c.is_control() => out.report(span, RuleId::ControlCharacter),
        _ => {}
    }
}

/// Whether the line has letters of Latin-1 or other control characters, as misread text has.
fn is_in_letters(text: &str, span: Span) -> bool {
    let (before, after) = (&text[..span.start], &text[span.end..]);
    let before = before.chars().rev().take_while(|&c| c != '\n');
    let after = after.chars().take_while(|&c| c != '\n');
    before
        .chain(after)
        .any(|c| matches!(c, '\u{80}'..='\u{9f}' | '\u{c0}'..='\u{7ff}') && windows_mark(c).is_none())
}

fn windows_mark(c: char) -> Option<&'static str> {
    WINDOWS_MARKS.iter().find(|(control, _)| *control == c).map(|&(_, mark)| mark)
}

/// Characters of scripts that neither join their letters nor run from right to left, as Chinese text has
/// them.
fn is_text(c: char) -> bool {
    c.is_ascii()
        || is_han(c)
        || is_full_mark(c)
        || matches!(c, '\u{3000}'..='\u{303f}' | '\u{ff01}'..='\u{ff5e}')
}

/// Invisible characters that change nothing between characters of [`is_text`]: zero-width spaces and
/// joiners, byte order marks, marks of direction.
const fn is_harmless(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// Radicals of the Kangxi dictionary, and those of the supplement.
const fn is_radical(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{2fd5}')
}

/// The ideograph that a radical is drawn as; by its compatibility decomposition, if it has one.
fn ideograph(c: char) -> Option<char> {
    if let Ok(i) = SUPPLEMENT.binary_search_by_key(&c, |&(radical, _)| radical) {
        return Some(SUPPLEMENT[i].1);
    }
    std::iter::once(c).nfkc().next().filter(|&han| han != c && is_han(han))
}

/// The unified ideograph of a compatibility ideograph; twelve of the block are unified themselves.
fn unified(c: char) -> Option<char> {
    let mut unified = None;
    decompose_canonical(c, |c| unified = Some(c));
    unified.filter(|&han| han != c)
}

/// What GB 18030 has for a pair that an edition before mapped to the private use area: GBK's ǹ since the
/// edition of 2000, ḿ since that of 2005, eighteen more since that of 2022, which encoders still accept by
/// their private code point.
pub(super) fn standard(c: char) -> Option<char> {
    match c {
        '\0'..='\u{d7ff}' | '\u{f900}'.. => return None,
        '\u{e7c7}' => return Some('ḿ'),
        '\u{e7c8}' => return Some('ǹ'),
        _ => {}
    }
    let text = c.to_string();
    let (pair, _, failed) = GB18030.encode(&text);
    let now = GB18030.decode_without_bom_handling_and_without_replacement(&pair)?.chars().next()?;
    (!failed && now != c).then_some(now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::pipeline::Cleaner;
    use crate::rules::StageId;

    #[test]
    fn characters_are_mended() {
        let config = Config { stages: vec![StageId::Recover], ..Config::default() };
        let cleaner = Cleaner::new(config).unwrap();
        for (text, clean) in [
            ("⽂章的⼀部分", "文章的一部分"),
            ("⻓⼤成⼈", "长大成人"),
            ("部首：⼀ ⼁ ⼂", "部首：⼀ ⼁ ⼂"),
            ("不\u{f967}而喻", "不\u{4e0d}而喻"),
            // Unified ideographs of the compatibility block.
            ("\u{fa0e}\u{fa0f}\u{fa11}字", "\u{fa0e}\u{fa0f}\u{fa11}字"),
            ("零\u{200b}宽\u{feff}空\u{2060}格\u{200b}\u{200b}。", "零宽空格。"),
            ("一家人👨\u{200d}👩\u{200d}👧出游", "一家人👨\u{200d}👩\u{200d}👧出游"),
            ("阿拉伯文\u{200f}سلام\u{200f}在此", "阿拉伯文\u{200f}سلام\u{200f}在此"),
            ("他\u{a0}说\u{2003}好", "他 说 好"),
            ("\u{3000}\u{3000}王\u{3000}伟报道", "\u{3000}\u{3000}王\u{3000}伟报道"),
            ("中文里说 10\u{a0}kg", "中文里说 10\u{a0}kg"),
            ("他说\u{93}好\u{94}\u{97}\u{97}完", "他说“好”——完"),
            ("神\u{fe00}与\u{fa19}\u{fe00}", "神\u{fe00}与\u{fa19}\u{fe00}"),
        ] {
            assert_eq!(cleaner.clean(text).text(), clean, "{text}");
        }
    }

    #[test]
    fn what_is_not_provable_is_reported() {
        let cleaner = Cleaner::new(Config { stages: vec![StageId::Recover], ..Config::default() }).unwrap();
        for (text, rule) in [
            ("图标\u{f015}首页", RuleId::PrivateCharacter),
            ("汉字\u{e81e}旧码", RuleId::PrivateCharacter),
            ("翻转\u{202e}文字", RuleId::InvisibleCharacter),
            ("断\u{2}字", RuleId::ControlCharacter),
            ("空\0字", RuleId::ControlCharacter),
            ("失\u{fffd}字", RuleId::ReplacementCharacter),
            ("锟斤拷", RuleId::LostText),
        ] {
            let cleaned = cleaner.clean(text);
            assert_eq!(cleaned.text(), text);
            assert!(cleaned.findings().iter().any(|finding| finding.rule == rule), "{text:?}");
        }
    }

    #[test]
    fn other_languages_are_left_alone() {
        let cleaner = Cleaner::new(Config { stages: vec![StageId::Recover], ..Config::default() }).unwrap();
        for text in [
            "Quoi\u{a0}? «\u{a0}Oui\u{a0}»",
            "\u{fa19}社のおみくじをひいた",
            "한국어 \u{f967}가능\u{200b}합니다",
        ] {
            assert_eq!(cleaner.clean(text).text(), text);
        }
    }

    #[test]
    fn private_pairs_that_became_standard() {
        assert_eq!(standard('\u{e81e}'), Some('\u{9fb4}'));
        assert_eq!(standard('\u{e864}'), Some('\u{9fbb}'));
        assert_eq!(standard('\u{e78d}'), Some('\u{fe10}'));
        assert_eq!(standard('\u{e000}'), None);
        assert_eq!(('\u{e000}'..='\u{f8ff}').filter(|&c| standard(c).is_some()).count(), 20);
    }
}
