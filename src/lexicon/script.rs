//! Which script a character belongs to, and what OpenCC's dictionaries make of it.
//!
//! Source: `dictionaries/opencc/` (OpenCC 1.4.2, Apache-2.0) and `dictionaries/keep-zhu.tsv`.
//! A direction is a chain of [`Step`]s, as in OpenCC's configurations; Traditional to Simplified is
//! [`COMPATIBILITY`] and then [`SIMPLIFY`]. [`convert_t2s`] is the plain engine that says what the
//! fast one must give.

use std::sync::LazyLock;

use fst::raw::Fst;

use super::table::{CharTable, section, u32_at};
use super::words::{self, Prefixes};

/// Flags above the character in a table entry; `xtask` writes the same.
const PHRASE: u32 = 1 << 24;
const TRADITIONAL_ONLY: u32 = 1 << 25;
const SIMPLIFIED_ONLY: u32 = 1 << 26;
const RARE: u32 = 1 << 27;

/// One dictionary group of a conversion: phrases, then single characters.
pub struct Step {
    chars: CharTable,
    /// What `chars` counts: the new character, or 0, with the flags.
    entries: &'static [u8],
    /// Phrase to (start of its replacement in `texts`) << 8 | length in bytes.
    phrases: LazyLock<Fst<&'static [u8]>>,
    texts: &'static [u8],
}

macro_rules! step {
    ($file:literal) => {{
        const TABLE: &[u8] = include_bytes!($file);
        Step {
            chars: CharTable::new(TABLE, 0),
            entries: section(TABLE, 2),
            phrases: LazyLock::new(|| Fst::new(section(TABLE, 3)).expect("the table holds an fst")),
            texts: section(TABLE, 4),
        }
    }};
}

/// CJK compatibility ideographs to the unified ones; every direction begins with it.
pub static COMPATIBILITY: Step = step!("tables/compatibility.bin");
/// OpenCC's standard Traditional to Simplified, regional variants aside.
pub static SIMPLIFY: Step = step!("tables/simplify.bin");

static ZHU: LazyLock<Fst<&'static [u8]>> =
    LazyLock::new(|| Fst::new(section(include_bytes!("tables/zhu.bin"), 0)).expect("zhu.bin holds an fst"));

impl Step {
    /// What the character alone becomes; `None` if it stays.
    #[inline]
    pub fn char(&self, c: char) -> Option<char> {
        char::from_u32(self.entry(c) & 0x1f_ffff).filter(|&c| c != '\0')
    }

    /// The longest phrase that `text` begins with: its length in bytes and its replacement, which
    /// may be the same text (such a phrase shields its characters).
    #[inline]
    pub fn phrase_at(&self, text: &str) -> Option<(usize, &'static str)> {
        if !self.begins_phrase(text.chars().next()?) {
            return None;
        }
        let (len, value) = Prefixes::new(&self.phrases, text.as_bytes(), &[]).last()?;
        Some((len, self.replacement(value)))
    }

    /// Whether some phrase begins with the character.
    #[inline]
    pub fn begins_phrase(&self, c: char) -> bool {
        self.entry(c) & PHRASE != 0
    }

    /// Calls `visit` with every phrase and its replacement, in byte order.
    pub fn for_each_phrase(&self, mut visit: impl FnMut(&str, &'static str)) {
        use fst::Streamer;
        let mut stream = self.phrases.stream();
        while let Some((phrase, value)) = stream.next() {
            let phrase = std::str::from_utf8(phrase).expect("phrases are UTF-8");
            visit(phrase, self.replacement(value.value()));
        }
    }

    #[inline]
    fn entry(&self, c: char) -> u32 {
        u32_at(self.entries, usize::from(self.chars.get(c)))
    }

    fn replacement(&self, value: u64) -> &'static str {
        let start = (value >> 8) as usize;
        std::str::from_utf8(&self.texts[start..][..(value & 0xff) as usize]).expect("replacements are UTF-8")
    }

    /// One pass over `text`: at each place the longest phrase, else the character. Ideographic
    /// description sequences (`⿰亻車`) stay as they are.
    fn convert(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let mut len = c.len_utf8();
            if let Some((phrase, replacement)) = self.phrase_at(rest) {
                len = phrase;
                out.push_str(replacement);
            } else if let Some(new) = self.char(c) {
                out.push(new);
            } else {
                len = description_len(rest).unwrap_or(len);
                out.push_str(&rest[..len]);
            }
            rest = &rest[len..];
        }
        out
    }
}

/// What `c` alone becomes in Simplified text; `None` if it stays. Compatibility ideographs are
/// unified first. Rare results that many fonts lack are included; see [`is_rare_result`].
#[inline]
pub fn simplify_char(c: char) -> Option<char> {
    if is_compatibility(c) {
        let unified = COMPATIBILITY.char(c)?;
        return Some(SIMPLIFY.char(unified).unwrap_or(unified));
    }
    SIMPLIFY.char(c)
}

/// The longest phrase of Traditional to Simplified that `text` begins with: its length in bytes
/// and its replacement. Compatibility ideographs are expected to be unified.
#[inline]
pub fn phrase_at(text: &str) -> Option<(usize, &'static str)> {
    SIMPLIFY.phrase_at(text)
}

/// Whether [`simplify_char`] gives a character that many fonts lack (騃 → 𫘤). OpenCC's library
/// converts these, its command line does not.
pub fn is_rare_result(c: char) -> bool {
    SIMPLIFY.entry(c) & RARE != 0
}

/// Whether `c` shows Traditional script: Simplified text writes another character for it in every
/// word. False for 乾, 徵, 昇, 瞭, which Simplified text keeps in some words or names.
#[inline]
pub fn is_traditional_only(c: char) -> bool {
    SIMPLIFY.entry(c) & TRADITIONAL_ONLY != 0
}

/// Whether `c` shows Simplified script: Traditional text has it in no word and in no regional
/// standard. False for 后, 里, 于, 面, 云, 并, 床.
#[inline]
pub fn is_simplified_only(c: char) -> bool {
    SIMPLIFY.entry(c) & SIMPLIFIED_ONLY != 0
}

/// Whether `c` is in one of the blocks of compatibility ideographs.
#[inline]
fn is_compatibility(c: char) -> bool {
    matches!(c, '\u{f900}'..='\u{faff}' | '\u{2f800}'..='\u{2fa1f}')
}

/// What the words around a 著 say about it. See [`zhu`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zhu {
    /// It is read zhù and stays 著: 显著, 著作.
    Keep,
    /// The characters make such a word, but also a verb with 着 before another word (看著书,
    /// 配合著): the caller has to weigh the two readings, e.g. by their word costs.
    Weigh,
}

/// What `left` and `right`, the texts before and behind a 著, say about it; `None` if no word of the
/// list of zhù words covers it. Either script is understood.
pub fn zhu(left: &str, right: &str) -> Option<Zhu> {
    // The longest left part of a word is three characters, of a right part three; one more each
    // to see what the word might have been cut out of.
    const REACH: usize = 4;
    let mut chars = ['著'; 2 * REACH + 1];
    let mut before = 0;
    for (slot, c) in chars[..REACH].iter_mut().rev().zip(left.chars().rev()) {
        *slot = fold(c);
        before += 1;
    }
    let mut behind = 0;
    for (slot, c) in chars[REACH + 1..].iter_mut().zip(right.chars()) {
        *slot = fold(c);
        behind += 1;
    }
    let chars = &chars[REACH - before..REACH + 1 + behind];
    let mut verdict = None;
    for start in 0..=before {
        let mut buffer = [0; 4 * (2 * REACH + 1)];
        let text = encode(&chars[start..], &mut buffer);
        for (len, weigh) in Prefixes::new(&ZHU, text.as_bytes(), &[]) {
            let end = start + text[..len].chars().count();
            if end <= before {
                continue;
            }
            if weigh == 0 && !is_cut_out_of_words(chars, start, before, end) {
                return Some(Zhu::Keep);
            }
            verdict = Some(Zhu::Weigh);
        }
    }
    verdict
}

/// Whether one of the two characters `chars[start..end]`, whose 著 is at `zhu`, also makes a word
/// with the character outside: the 合 of 配合著, the 作 of 著作业.
fn is_cut_out_of_words(chars: &[char], start: usize, zhu: usize, end: usize) -> bool {
    if end - start > 2 {
        return false;
    }
    let pair = if zhu > start {
        start.checked_sub(1).map(|at| &chars[at..zhu])
    } else {
        chars.get(zhu + 1..end + 1)
    };
    pair.is_some_and(|pair| words::shipped().get(encode(pair, &mut [0; 8])).is_some())
}

fn fold(c: char) -> char {
    simplify_char(c).unwrap_or(c)
}

fn encode<'a>(chars: &[char], buffer: &'a mut [u8]) -> &'a str {
    let mut len = 0;
    for c in chars {
        len += c.encode_utf8(&mut buffer[len..]).len();
    }
    std::str::from_utf8(&buffer[..len]).expect("characters were encoded")
}

/// Traditional to Simplified exactly as OpenCC 1.4.2's `t2s`. Allocates twice and is slow: the
/// measure for faster engines.
pub fn convert_t2s(text: &str) -> String {
    SIMPLIFY.convert(&COMPATIBILITY.convert(text))
}

/// The length in bytes of the ideographic description sequence at the start of `text`, if a
/// complete one is there. The limits of depth and length are OpenCC's.
pub(crate) fn description_len(text: &str) -> Option<usize> {
    fn skip(chars: &mut impl Iterator<Item = char>, depth: usize) -> Option<usize> {
        let c = chars.next().filter(|_| depth < 16)?;
        let mut len = c.len_utf8();
        for _ in 0..operands(c) {
            len += skip(chars, depth + 1)?;
        }
        Some(len)
    }
    if operands(text.chars().next()?) == 0 {
        return None;
    }
    skip(&mut text.chars().take(64), 0)
}

/// How many characters or sequences an ideographic description character joins.
pub(crate) fn operands(c: char) -> usize {
    match c {
        '\u{2ff2}' | '\u{2ff3}' => 3,
        '\u{2ffe}' | '\u{2fff}' => 1,
        '\u{2ff0}'..='\u{2ffd}' => 2,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn converts_as_opencc_does() {
        let cases = include_str!("../../tests/data/opencc-cases.json");
        let cases: serde_json::Value = serde_json::from_str(cases).unwrap();
        let mut count = 0;
        for case in cases["cases"].as_array().unwrap() {
            if let Some(expected) = case["expected"]["t2s"].as_str() {
                assert_eq!(convert_t2s(case["input"].as_str().unwrap()), expected, "{}", case["id"]);
                count += 1;
            }
        }
        assert_eq!(count, 55);
    }

    #[test]
    fn looks_up_characters_and_phrases() {
        assert_eq!(simplify_char('書'), Some('书'));
        assert_eq!(simplify_char('书'), None);
        // Compatibility ideographs, one that is simplified too and one that is only unified.
        assert_eq!(simplify_char('\u{f902}'), Some('车'));
        assert_eq!(simplify_char('\u{f901}'), Some('更'));
        assert_eq!(simplify_char('騃'), Some('𫘤'));
        assert!(is_rare_result('騃') && !is_rare_result('書'));
        assert_eq!(phrase_at("魏徵諫"), Some((6, "魏徵")));
        assert_eq!(phrase_at("徵魏"), None);
        assert_eq!(phrase_at(""), None);
    }

    #[test]
    fn tells_the_scripts_apart() {
        for c in "書長項發產於後裏為與".chars() {
            assert!(is_traditional_only(c), "{c}");
        }
        for c in "书长项发产这为与国体".chars() {
            assert!(is_simplified_only(c), "{c}");
        }
        for c in "后里于面云并台干乾徵昇著着的一床群a，".chars() {
            assert!(!is_traditional_only(c) && !is_simplified_only(c), "{c}");
        }
    }

    #[test]
    fn description_sequences_stay() {
        assert_eq!(convert_t2s("⿰亻車車"), "⿰亻車车");
        assert_eq!(convert_t2s("⿱艹⿰亻車車"), "⿱艹⿰亻車车");
        // Incomplete: converted as text.
        assert_eq!(convert_t2s("⿰車"), "⿰车");
    }

    #[test]
    fn zhu_words_keep_their_character() {
        assert_eq!(zhu("效果顯", "，"), Some(Zhu::Keep));
        assert_eq!(zhu("他的", "作很多"), Some(Zhu::Keep));
        assert_eq!(zhu("見微知", "，"), Some(Zhu::Keep));
        assert_eq!(zhu("他所", "《史记》"), Some(Zhu::Keep));
        assert_eq!(zhu("配合", "他"), Some(Zhu::Weigh));
        assert_eq!(zhu("看", "書"), Some(Zhu::Weigh));
        assert_eq!(zhu("寫", "作業"), Some(Zhu::Weigh));
        assert_eq!(zhu("看", "他"), None);
        assert_eq!(zhu("執", ""), None);
        assert_eq!(zhu("", ""), None);
    }
}
