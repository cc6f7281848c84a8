//! The words of Simplified Chinese with their frequencies: jieba's dictionary, and what follows
//! from it: how well a text reads as words, and how common a character is.
//!
//! Source: `dictionaries/words.tsv` and `dictionaries/chars.tsv` (jieba, MIT). Texts are looked up
//! as they stand; folding script and width is the caller's business.

use std::fmt;
use std::sync::LazyLock;

use fst::raw::{Fst, Node, Output};

use super::table::{CharTable, section};

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
pub struct Span {
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
    fst: Fst<&'static [u8]>,
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
        let fst = Fst::new(section(WORDS, 2)).expect("words.bin holds an fst");
        Words { fst, tags, ln_total: (total as f32).ln() }
    });
    &SHIPPED
}

impl Words {
    /// The entry for exactly this word.
    pub fn get(&self, word: &str) -> Option<Word> {
        self.fst.get(word).map(|output| decode(output.value()))
    }

    /// The words that `text` begins with, shortest first, each with its length in bytes.
    pub fn prefixes<'a>(&'a self, text: &'a str) -> impl Iterator<Item = (usize, Word)> + 'a {
        Prefixes::new(&self.fst, text.as_bytes(), &[]).map(|(len, value)| (len, decode(value)))
    }

    /// The words that begin within the last eight characters of `left` and end within `right`,
    /// the one that reaches farthest left first.
    pub fn spanning<'a>(&'a self, left: &'a str, right: &'a str) -> impl Iterator<Item = Span> + 'a {
        let start = left.char_indices().rev().take(REACH).last().map_or(left.len(), |(at, _)| at);
        left[start..].char_indices().flat_map(move |(at, _)| {
            let left = &left[start + at..];
            Prefixes::new(&self.fst, left.as_bytes(), right.as_bytes())
                .filter(|&(len, _)| len > left.len())
                .map(|(len, value)| Span { left: left.len(), right: len - left.len(), word: decode(value) })
        })
    }

    /// What the likeliest segmentation of `text` into words costs, in nats: the sum of
    /// −ln(frequency / total), a character that is no word counting as a word of frequency ½.
    /// Meant for a clause; a text of more than forty characters is costed in pieces.
    pub fn cost(&self, text: &str) -> f32 {
        let mut rest = text;
        let mut sum = 0.0;
        while rest.len() > MAX_COSTED {
            let (piece, tail) = rest.split_at(floor_char_boundary(rest, MAX_COSTED));
            sum += self.cost_chained(piece.as_bytes(), &[]);
            rest = tail;
        }
        sum + self.cost_chained(rest.as_bytes(), &[])
    }

    /// How much cheaper, in nats, the text reads without the break between `left` and `right`:
    /// about 0 where the break stands between words, positive where it cuts one. At most eight
    /// Han characters on each side, as far as they go without interruption, are looked at.
    pub fn join_gain(&self, left: &str, right: &str) -> f32 {
        let left = tail(left).as_bytes();
        let right = head(right).as_bytes();
        self.cost_chained(left, &[]) + self.cost_chained(right, &[]) - self.cost_chained(left, right)
    }

    /// Reads the at most eight Han characters on each side of a break, with and without it.
    pub fn read(&self, left: &str, right: &str) -> Reading {
        let (left, right) = (tail(left), head(right));
        let parted = [self.chain(left.as_bytes(), &[]), self.chain(right.as_bytes(), &[])];
        let joined = self.chain(left.as_bytes(), right.as_bytes());
        let words = [
            parted[0].words(left.len()),
            parted[1].words(right.len()),
            joined.words(left.len() + right.len()),
        ];
        let across = words[2].iter().find(|&&(start, end, _)| start < left.len() && end > left.len());
        let chars = |start: usize, end: usize| {
            left[start..].chars().count() + right[..end - left.len()].chars().count()
        };
        Reading {
            gain: parted[0].best[left.len()] + parted[1].best[right.len()]
                - joined.best[left.len() + right.len()],
            last: words[0].first().and_then(|word| word.2),
            first: words[1].last().and_then(|word| word.2),
            across: across.map_or(0, |&(start, end, _)| chars(start, end)),
        }
    }

    /// The cost of `left` and `right` written together; both are whole characters of UTF-8 and at
    /// most [`MAX_COSTED`] bytes in all.
    fn cost_chained(&self, left: &[u8], right: &[u8]) -> f32 {
        self.chain(left, right).best[left.len() + right.len()]
    }

    /// The cheapest way to every place in `left` and `right` written together.
    fn chain(&self, left: &[u8], right: &[u8]) -> Chain {
        let len = left.len() + right.len();
        let unknown = self.ln_total - UNKNOWN.ln();
        let mut best = [f32::INFINITY; MAX_COSTED + 1];
        let mut from = [(0, 0); MAX_COSTED + 1];
        best[0] = 0.0;
        let mut at = 0;
        while at < len {
            let (a, b) =
                if at < left.len() { (&left[at..], right) } else { (&right[at - left.len()..], &[][..]) };
            let here = best[at];
            let next = at + utf8_len(a[0]);
            if here + unknown < best[next] {
                (best[next], from[next]) = (here + unknown, (at as u8, 0));
            }
            for (bytes, value) in Prefixes::new(&self.fst, a, b) {
                let cost = here + self.ln_total - (decode(value).freq as f32).ln();
                if cost < best[at + bytes] {
                    (best[at + bytes], from[at + bytes]) = (cost, (at as u8, value));
                }
            }
            at = next;
        }
        Chain { best, from }
    }
}

/// The cheapest readings of a text, up to each byte of it.
struct Chain {
    /// Nats.
    best: [f32; MAX_COSTED + 1],
    /// Where the last word of that reading begins, and its value; 0 for a character that is no word.
    from: [(u8, u64); MAX_COSTED + 1],
}

impl Chain {
    /// The words of the reading of the first `len` bytes, the last one first: start, end, word.
    fn words(&self, len: usize) -> Vec<(usize, usize, Option<Word>)> {
        let mut words = Vec::new();
        let mut end = len;
        while end > 0 {
            let (start, value) = self.from[end];
            words.push((usize::from(start), end, (value > 0).then(|| decode(value))));
            end = usize::from(start);
        }
        words
    }
}

/// How common a character is in Simplified text: 0 for the commonest, `None` for one that the
/// dictionary's corpus does not have. Traditional characters have no rank but for those that
/// Simplified text keeps (乾 in 乾隆).
pub fn char_rank(c: char) -> Option<u16> {
    RANKS.get(c).checked_sub(1)
}

fn decode(value: u64) -> Word {
    Word { freq: (value >> 8) as u32, tag: Tag(value as u8) }
}

/// The last eight characters of `text`, from behind its last character that is not Han.
fn tail(text: &str) -> &str {
    let start = text.char_indices().rev().take(REACH).take_while(|&(_, c)| is_han(c)).last();
    &text[start.map_or(text.len(), |(at, _)| at)..]
}

/// The first eight characters of `text`, up to its first character that is not Han.
fn head(text: &str) -> &str {
    let end = text.char_indices().take(REACH).take_while(|&(_, c)| is_han(c)).last();
    &text[..end.map_or(0, |(at, c)| at + c.len_utf8())]
}

fn is_han(c: char) -> bool {
    matches!(c, '〇' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

fn utf8_len(lead: u8) -> usize {
    match lead {
        0..0xc0 => 1,
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    }
}

fn floor_char_boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The keys of an `Fst` that a text begins with, shortest first: (length in bytes, value). The
/// text comes in two pieces so that nothing need be joined to look across a break.
pub(super) struct Prefixes<'a> {
    fst: &'a Fst<&'static [u8]>,
    node: Node<'a>,
    output: Output,
    text: [&'a [u8]; 2],
    at: usize,
}

impl<'a> Prefixes<'a> {
    pub(super) fn new(fst: &'a Fst<&'static [u8]>, text: &'a [u8], more: &'a [u8]) -> Self {
        Prefixes { fst, node: fst.root(), output: Output::zero(), text: [text, more], at: 0 }
    }
}

impl Iterator for Prefixes<'_> {
    type Item = (usize, u64);

    #[inline]
    fn next(&mut self) -> Option<(usize, u64)> {
        loop {
            let [text, more] = self.text;
            let byte = match text.get(self.at) {
                Some(&byte) => byte,
                None => *more.get(self.at - text.len())?,
            };
            let step = self.node.transition(self.node.find_input(byte)?);
            self.output = self.output.cat(step.out);
            self.node = self.fst.node(step.addr);
            self.at += 1;
            if self.node.is_final() {
                return Some((self.at, self.output.cat(self.node.final_output()).value()));
            }
        }
    }
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
