//! 著, which Traditional text has both for itself (著作, read zhù) and for Simplified 着.
//!
//! Source: `dictionaries/keep-zhu.tsv` (this project), and the word list.

use std::sync::LazyLock;

use fst::raw::Fst;

use super::super::prefixes::Prefixes;
use super::super::table::section;
use super::super::words;
use super::simplified as fold;
use crate::chars::{han_head, han_tail, is_han};

static ZHU: LazyLock<Fst<&'static [u8]>> = LazyLock::new(|| {
    Fst::new(section(include_bytes!("../tables/zhu.bin"), 0)).expect("zhu.bin holds an fst")
});

/// What the words around a 著 say about it. See [`zhu`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zhu {
    /// It is read zhù and stays 著: 显著, 著作.
    Keep,
    /// The characters make such a word, but also a verb with 着 before another word (看著书,
    /// 配合著): the caller has to weigh the two readings, e.g. by their word costs.
    Weigh,
}

/// Surnames that begin a name before an author's 著; those that are common words too are left out.
const SURNAMES: &str = "丁任何余傅冯刘卢吕吴周唐夏姚姜孔孙宋崔廖张彭徐曹曾朱李杜林梁武汪沈潘熊王田白石秦罗肖胡苏范萧董蒋蔡薛\
    袁许谢谭贾赵邓邱邵邹郑郝郭钟钱阎陆陈陶韩顾魏鲁黄龚";

/// Whether a 著 between `before` and `after` is the particle or verb 着 rather than the word of writing
/// and fame. Either script is understood. The word list decides; where it knows no word, only an
/// author's 著 stays, which stands apart or behind a name.
pub fn is_zhe(before: &str, after: &str) -> bool {
    match zhu(before, after) {
        Some(Zhu::Keep) => return false,
        Some(Zhu::Weigh) => {
            let reading = |c: char| words::shipped().cost(&window(before, c, after, fold));
            return reading('着') < reading('著');
        }
        None => {}
    }
    // Words of Simplified text, where 著 is meant: 执著, but not 執著.
    if spans_a_word(before, '著', after, |c| c) {
        return false;
    }
    if spans_a_word(before, '着', after, fold) {
        return true;
    }
    let alone = !after.starts_with(is_han);
    let apart = before.is_empty() || before.ends_with(|c: char| !is_han(c));
    let title = ["《", "的《", "〈", "的〈"].iter().any(|title| after.starts_with(title));
    let ends = match after.chars().next() {
        None => true,
        Some(c) => c.is_whitespace() || matches!(c, ')' | '）' | ']' | '】' | '〕' | '／' | '/'),
    };
    !(alone && apart || (ends || title) && is_name(before))
}

/// Whether a word of two characters and more has this `c`.
fn spans_a_word(before: &str, c: char, after: &str, fold: impl Fn(char) -> char + Copy) -> bool {
    let left = window(before, c, "", fold);
    let right = window("", c, after, fold);
    let words = words::shipped();
    words.spanning(&left, &right[c.len_utf8()..]).next().is_some()
        || left.char_indices().any(|(at, first)| first != c && words.get(&left[at..]).is_some())
}

/// Whether the Han characters that `text` ends in are a person's name and no more.
fn is_name(text: &str) -> bool {
    const LONGEST: usize = 6;
    let name: Vec<char> = han_tail(text, LONGEST + 1).chars().map(fold).collect();
    if text.trim_end_matches(is_han).ends_with('·') {
        return (2..=LONGEST).contains(&name.len());
    }
    let mut buffer = [0; 4 * (LONGEST + 1)];
    let spelling = encode(&name, &mut buffer);
    match words::shipped().get(spelling) {
        Some(word) => word.tag.as_str().starts_with("nr"),
        None => {
            let known = |pair: &[char]| words::shipped().get(encode(pair, &mut [0; 8])).is_some();
            (2..=3).contains(&name.len())
                && name.first().is_some_and(|&c| SURNAMES.contains(c))
                && !name.windows(2).any(known)
        }
    }
}

/// `c` between the Han characters beside it, `fold`ed.
fn window(before: &str, c: char, after: &str, fold: impl Fn(char) -> char + Copy) -> String {
    const REACH: usize = 4;
    let (left, right) = (han_tail(before, REACH), han_head(after, REACH));
    left.chars().map(fold).chain([c]).chain(right.chars().map(fold)).collect()
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
        for (len, weigh) in Prefixes::new(&ZHU, text) {
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

fn encode<'a>(chars: &[char], buffer: &'a mut [u8]) -> &'a str {
    let mut len = 0;
    for c in chars {
        len += c.encode_utf8(&mut buffer[len..]).len();
    }
    std::str::from_utf8(&buffer[..len]).expect("characters were encoded")
}

#[cfg(test)]
mod tests {
    use super::super::{Direction, convert};
    use super::*;

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

    #[test]
    fn particles_in_either_script() {
        for (old, new) in [
            ("著力解決問題，着力解决", "着力解决问题，着力解决"),
            ("看著他沿著河走，看著书，沿著河", "看着他沿着河走，看着书，沿着河"),
            ("写著：“不要”，隨著１９９８年", "写着：“不要”，随着１９９８年"),
            ("活著", "活着"),
            ("執著地追求", "执着地追求"),
            ("慰藉著他", "慰藉着他"),
            ("他高興著", "他高兴着"),
        ] {
            for direction in [Direction::T2s, Direction::Tw2s, Direction::Hk2s] {
                assert_eq!(convert(direction, old), new);
            }
        }
    }

    #[test]
    fn writing_and_fame_in_either_script() {
        for (old, new) in [
            ("成效顯著的專著，成效显著的专著", "成效显著的专著，成效显著的专著"),
            ("魯迅 著", "鲁迅 著"),
            ("《吶喊》（魯迅著）", "《呐喊》（鲁迅著）"),
            ("錢穆著《國史大綱》", "钱穆著《国史大纲》"),
            ("列夫·托爾斯泰著", "列夫·托尔斯泰著"),
            ("见微而知著，彰明較著", "见微而知著，彰明较著"),
            // What Simplified text writes it keeps.
            ("执著的追求", "执著的追求"),
        ] {
            assert_eq!(convert(Direction::T2s, old), new);
        }
        assert_eq!(convert(Direction::S2t, "看着著作"), "看着著作");
    }
}
