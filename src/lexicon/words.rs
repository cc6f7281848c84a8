//! The words of Simplified Chinese with their frequencies: jieba's dictionary, and what follows
//! from it: how well a text reads as words, and how common a character is.
//!
//! Source: `dictionaries/words.tsv` and `dictionaries/chars.tsv` (jieba, MIT). Texts are looked up
//! as they stand; folding script and width is the caller's business.

use std::fmt;
use std::sync::LazyLock;

use super::table::{CharTable, section};
use super::trie::{Path, Trie};
use crate::chars::{han_head, han_tail};

static WORDS: &[u8] = include_bytes!("tables/words.bin");
static RANKS: CharTable = CharTable::new(include_bytes!("tables/chars.bin"), 0);

/// Characters looked at on each side of a break.
const REACH: usize = 8;
/// Bytes costed at once: forty characters of the widest kind.
const MAX_COSTED: usize = 160;
/// jieba's tags are about fifty; `xtask` refuses to write more than this.
const MAX_TAGS: usize = 64;
/// The frequency ascribed to a character that is no word.
const UNKNOWN: f32 = 0.5;

/// A word of the dictionary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// How often the dictionary's corpus had it; at least 10.
    pub freq: u32,
    /// Its part of speech.
    pub tag: Tag,
}

/// A part of speech in jieba's notation (`n` noun, `v` verb, `nr` personal name, …).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tag(u8);

impl Tag {
    /// The tag as jieba writes it.
    pub fn as_str(self) -> &'static str {
        shipped().tags[usize::from(self.0)]
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that lies across a break: `left` bytes of it before, `right` bytes behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crossing {
    /// Bytes of the word that end the left text.
    pub left: usize,
    /// Bytes of the word that begin the right text.
    pub right: usize,
    /// The word.
    pub word: Word,
}

/// How the text on both sides of a break reads, with the break and without it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reading {
    /// Nats gained by reading without the break, as [`Words::join_gain`] gives them.
    pub gain: f32,
    /// The last word before the break; none for a character that is no word.
    pub last: Option<Word>,
    /// The first word behind it.
    pub first: Option<Word>,
    /// Characters of the word that lies across the break in the likeliest reading without it; 0 for none.
    pub across: usize,
}

/// The word list.
pub struct Words {
    trie: Trie,
    tags: [&'static str; MAX_TAGS],
    ln_total: f32,
}

/// The word list that comes with the library.
pub fn shipped() -> &'static Words {
    static SHIPPED: LazyLock<Words> = LazyLock::new(|| {
        let total = section(WORDS, 0).try_into().map(u64::from_le_bytes).expect("eight bytes");
        let mut tags = [""; MAX_TAGS];
        let names = std::str::from_utf8(section(WORDS, 1)).expect("tags are ASCII");
        for (slot, name) in tags.iter_mut().zip(names.split_terminator('\n')) {
            *slot = name;
        }
        Words { trie: Trie::new(section(WORDS, 2)), tags, ln_total: (total as f32).ln() }
    });
    &SHIPPED
}

impl Words {
    /// The entry for exactly this word.
    pub fn get(&self, word: &str) -> Option<Word> {
        let path = word.chars().fold(Path::START, Path::then);
        self.trie.get(path).filter(|&value| value > 0).map(decode)
    }

    /// The words that `text` begins with, shortest first, each with its length in bytes.
    pub fn prefixes<'a>(&'a self, text: &'a str) -> impl Iterator<Item = (usize, Word)> + 'a {
        self.keys(text.chars()).map(|(len, value)| (len, decode(value)))
    }

    /// The words that begin within the last eight characters of `left` and end within `right`,
    /// the one that reaches farthest left first.
    pub fn spanning<'a>(&'a self, left: &'a str, right: &'a str) -> impl Iterator<Item = Crossing> + 'a {
        let start = left.char_indices().rev().take(REACH).last().map_or(left.len(), |(at, _)| at);
        left[start..].char_indices().flat_map(move |(at, _)| {
            let left = &left[start + at..];
            self.keys(left.chars().chain(right.chars())).filter(|&(len, _)| len > left.len()).map(
                |(len, value)| Crossing { left: left.len(), right: len - left.len(), word: decode(value) },
            )
        })
    }

    /// What the likeliest segmentation of `text` into words costs, in nats: the sum of
    /// −ln(frequency / total), a character that is no word counting as a word of frequency ½.
    /// Meant for a clause; a text of more than forty characters is costed in pieces.
    pub fn cost(&self, text: &str) -> f32 {
        let mut rest = text;
        let mut sum = 0.0;
        while rest.len() > MAX_COSTED {
            let (piece, tail) = rest.split_at(rest.floor_char_boundary(MAX_COSTED));
            sum += self.cost_whole(piece);
            rest = tail;
        }
        sum + self.cost_whole(rest)
    }

    /// How much cheaper, in nats, the text reads without the break between `left` and `right`:
    /// about 0 where the break stands between words, positive where it cuts one. At most eight
    /// Han characters on each side, as far as they go without interruption, are looked at.
    pub fn join_gain(&self, left: &str, right: &str) -> f32 {
        self.read(left, right).gain
    }

    /// Reads the at most eight Han characters on each side of a break, with and without it.
    pub fn read(&self, left: &str, right: &str) -> Reading {
        let mut text = Chars::<{ 2 * REACH }>::of(han_tail(left, REACH).chars());
        let middle = text.len;
        text.extend(han_head(right, REACH).chars());
        let len = text.len;
        // Up to the break the text reads the same with and without it.
        let mut joined: Chain<{ 2 * REACH + 1 }> = Chain::starting(0);
        let mut parted: Chain<{ 2 * REACH + 1 }> = Chain::starting(middle);
        for at in 0..len {
            self.steps(&text[at..], |chars, value, nats| {
                joined.step(at, at + chars, value, nats);
                if at >= middle {
                    parted.step(at, at + chars, value, nats);
                }
            });
        }
        let across = joined.words(0, len).find(|&(start, end, _)| start < middle && end > middle);
        Reading {
            gain: joined.best[middle] + parted.best[len] - joined.best[len],
            last: joined.words(0, middle).next().and_then(|word| word.2),
            first: parted.words(middle, len).last().and_then(|word| word.2),
            across: across.map_or(0, |(start, end, _)| end - start),
        }
    }

    /// The cost of at most [`MAX_COSTED`] bytes of text.
    fn cost_whole(&self, text: &str) -> f32 {
        let text = Chars::<MAX_COSTED>::of(text.chars());
        let mut chain: Chain<{ MAX_COSTED + 1 }> = Chain::starting(0);
        for at in 0..text.len {
            self.steps(&text[at..], |chars, value, nats| chain.step(at, at + chars, value, nats));
        }
        chain.best[text.len]
    }

    /// What a text may begin with: a character that is no word, with the value 0, and the words, shortest first. Of
    /// each the characters, the value and the two terms of its cost in nats.
    #[inline]
    fn steps(&self, text: &[char], mut step: impl FnMut(usize, u32, [f32; 2])) {
        step(1, 0, [self.ln_total - UNKNOWN.ln(), 0.0]);
        let mut path = Path::START;
        for (before, &c) in text.iter().enumerate() {
            path = path.then(c);
            match self.trie.get(path) {
                None => break,
                Some(0) => {}
                Some(value) => step(before + 1, value, [self.ln_total, (decode(value).freq as f32).ln()]),
            }
        }
    }

    /// The words that a text begins with, shortest first: length in bytes, value.
    #[inline]
    fn keys<'a>(&'a self, text: impl Iterator<Item = char> + 'a) -> impl Iterator<Item = (usize, u32)> + 'a {
        let mut len = 0;
        text.scan(Path::START, move |path, c| {
            *path = path.then(c);
            len += c.len_utf8();
            self.trie.get(*path).map(|value| (len, value))
        })
        .filter(|&(_, value)| value > 0)
    }
}

/// Some characters of a text.
struct Chars<const N: usize> {
    chars: [char; N],
    len: usize,
}

impl<const N: usize> Chars<N> {
    /// At most as many as there is room for.
    fn of(chars: impl Iterator<Item = char>) -> Self {
        let mut some = Self { chars: ['\0'; N], len: 0 };
        some.extend(chars);
        some
    }

    fn extend(&mut self, chars: impl Iterator<Item = char>) {
        for (slot, c) in self.chars[self.len..].iter_mut().zip(chars) {
            *slot = c;
            self.len += 1;
        }
    }
}

impl<const N: usize> std::ops::Deref for Chars<N> {
    type Target = [char];

    fn deref(&self) -> &[char] {
        &self.chars[..self.len]
    }
}

/// The cheapest readings of a text, up to each character of it.
struct Chain<const N: usize> {
    /// Nats.
    best: [f32; N],
    /// Where the last word of that reading begins, and its value; 0 for a character that is no word.
    from: [(u8, u32); N],
}

impl<const N: usize> Chain<N> {
    /// Readings that begin at a character.
    fn starting(at: usize) -> Self {
        let mut chain = Self { best: [f32::INFINITY; N], from: [(0, 0); N] };
        chain.best[at] = 0.0;
        chain
    }

    /// Reads `start..end` as one word, if that is cheaper than what is known.
    #[inline]
    fn step(&mut self, start: usize, end: usize, value: u32, [plus, minus]: [f32; 2]) {
        let cost = self.best[start] + plus - minus;
        if cost < self.best[end] {
            (self.best[end], self.from[end]) = (cost, (start as u8, value));
        }
    }

    /// The words of the reading of `start..end`, the last one first: start, end, word.
    fn words(&self, start: usize, end: usize) -> impl Iterator<Item = (usize, usize, Option<Word>)> {
        let mut end = end;
        std::iter::from_fn(move || {
            let (from, value) = (end > start).then(|| self.from[end])?;
            let word = (usize::from(from), end, (value > 0).then(|| decode(value)));
            end = word.0;
            Some(word)
        })
    }
}

/// How common a character is in Simplified text: 0 for the commonest, `None` for one that the
/// dictionary's corpus does not have. Traditional characters have no rank but for those that
/// Simplified text keeps (乾 in 乾隆).
pub fn char_rank(c: char) -> Option<u16> {
    RANKS.get(c).checked_sub(1)
}

fn decode(value: u32) -> Word {
    Word { freq: value >> 8, tag: Tag(value as u8) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_up_frequency_and_tag() {
        let word = shipped().get("中国").unwrap();
        assert_eq!((word.freq, word.tag.as_str()), (129470, "ns"));
        assert_eq!(shipped().get("国中国"), None);
        assert_eq!(shipped().get(""), None);
    }

    #[test]
    fn prefixes_ascend() {
        let found: Vec<_> = shipped().prefixes("中华人民共和国成立").map(|(len, _)| len / 3).collect();
        assert_eq!(found, [1, 2, 7]);
        assert_eq!(shipped().prefixes("，中").count(), 0);
    }

    #[test]
    fn spans_name_the_bytes_on_each_side() {
        let spans: Vec<_> = shipped().spanning("认真贯", "彻落实").map(|s| (s.left, s.right)).collect();
        assert_eq!(spans, [(3, 3)]);
        assert_eq!(shipped().spanning("", "贯彻").count(), 0);
        assert_eq!(shipped().spanning("贯彻", "").count(), 0);
    }

    #[test]
    fn joining_pays_only_inside_a_word() {
        let words = shipped();
        assert!(words.join_gain("认真贯", "彻落实") > 5.0);
        assert!(words.join_gain("他认真", "贯彻落实").abs() < 1e-3);
        assert_eq!(words.join_gain("，", "彻"), 0.0);
        // Nothing is read across a character that is not Han.
        assert_eq!(words.join_gain("中，", "国"), 0.0);
    }

    #[test]
    fn a_break_is_read_with_and_without_it() {
        let words = shipped();
        let read = words.read("认真贯", "彻落实");
        assert_eq!(read.across, 2);
        assert_eq!(read.gain, words.join_gain("认真贯", "彻落实"));
        let read = words.read("教授", "认为");
        assert_eq!(read.across, 0);
        assert_eq!((read.last, read.first), (words.get("教授"), words.get("认为")));
        assert_eq!(words.read("，", "认为").last, None);
    }

    #[test]
    fn cost_is_the_cheapest_reading() {
        let words = shipped();
        assert_eq!(words.cost(""), 0.0);
        assert!(words.cost("研究生命") <= words.cost("研究") + words.cost("生命") + 1e-3);
        // Longer than one piece, and cut inside no character.
        let long = "中国".repeat(50) + "😀";
        assert!(words.cost(&long) > 49.0 * words.cost("中国"));
    }

    #[test]
    fn ranks_leave_out_mojibake() {
        assert!(char_rank('的').unwrap() < 50);
        assert!(char_rank('国').unwrap() < 100);
        assert!(char_rank('乾').is_some());
        // UTF-8 read as GBK: jieba's dictionary counts these among the commonest.
        for c in "紝鐨銆".chars() {
            assert_eq!(char_rank(c), None, "{c}");
        }
        assert_eq!(char_rank('a'), None);
        assert_eq!(char_rank('\u{10ffff}'), None);
    }
}
