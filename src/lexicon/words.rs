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
/// One more than the bytes on both sides of a break that are read.
const MAX_READ: usize = 2 * REACH * 4 + 1;
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
    firsts: Box<[First]>,
}

/// Where the words that begin with a character go on: most of the way of a look-up, taken once for all.
#[derive(Clone, Copy)]
struct First {
    /// The address of the character's node; [`NOWHERE`] if no word begins with it.
    node: u32,
    /// What the way there puts out.
    output: u32,
}

const NOWHERE: u32 = u32::MAX;
/// The characters of [`Words::firsts`]: Han of the basic plane, three bytes each.
const FIRSTS: std::ops::Range<usize> = 0x3400..0xa000;

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
        let firsts = firsts(&fst);
        Words { fst, tags, ln_total: (total as f32).ln(), firsts }
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
        self.keys(text.as_bytes(), &[]).map(|(len, value)| (len, decode(value)))
    }

    /// The words that begin within the last eight characters of `left` and end within `right`,
    /// the one that reaches farthest left first.
    pub fn spanning<'a>(&'a self, left: &'a str, right: &'a str) -> impl Iterator<Item = Span> + 'a {
        let start = left.char_indices().rev().take(REACH).last().map_or(left.len(), |(at, _)| at);
        left[start..].char_indices().flat_map(move |(at, _)| {
            let left = &left[start + at..];
            self.keys(left.as_bytes(), right.as_bytes())
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
            sum += self.cost_whole(piece.as_bytes());
            rest = tail;
        }
        sum + self.cost_whole(rest.as_bytes())
    }

    /// How much cheaper, in nats, the text reads without the break between `left` and `right`:
    /// about 0 where the break stands between words, positive where it cuts one. At most eight
    /// Han characters on each side, as far as they go without interruption, are looked at.
    pub fn join_gain(&self, left: &str, right: &str) -> f32 {
        self.read(left, right).gain
    }

    /// Reads the at most eight Han characters on each side of a break, with and without it.
    pub fn read(&self, left: &str, right: &str) -> Reading {
        let (left, right) = (tail(left), head(right));
        let (middle, len) = (left.len(), left.len() + right.len());
        // Up to the break the text reads the same with and without it.
        let mut joined: Chain<MAX_READ> = Chain::starting(0);
        let mut parted: Chain<MAX_READ> = Chain::starting(middle);
        let mut at = 0;
        while at < len {
            let (a, b) = if at < middle { (&left[at..], right) } else { (&right[at - middle..], "") };
            self.steps(a.as_bytes(), b.as_bytes(), |bytes, value, nats| {
                joined.step(at, at + bytes, value, nats);
                if at >= middle {
                    parted.step(at, at + bytes, value, nats);
                }
            });
            at += utf8_len(a.as_bytes()[0]);
        }
        let across = joined.words(0, len).find(|&(start, end, _)| start < middle && end > middle);
        let chars =
            |start: usize, end: usize| left[start..].chars().count() + right[..end - middle].chars().count();
        Reading {
            gain: joined.best[middle] + parted.best[len] - joined.best[len],
            last: joined.words(0, middle).next().and_then(|word| word.2),
            first: parted.words(middle, len).last().and_then(|word| word.2),
            across: across.map_or(0, |(start, end, _)| chars(start, end)),
        }
    }

    /// The cost of whole characters of UTF-8, at most [`MAX_COSTED`] bytes.
    fn cost_whole(&self, text: &[u8]) -> f32 {
        let mut chain: Chain<{ MAX_COSTED + 1 }> = Chain::starting(0);
        let mut at = 0;
        while at < text.len() {
            self.steps(&text[at..], &[], |bytes, value, nats| chain.step(at, at + bytes, value, nats));
            at += utf8_len(text[at]);
        }
        chain.best[text.len()]
    }

    /// What a text, given in two pieces, may begin with: a character that is no word, with the value 0, and the
    /// words, shortest first. Of each the bytes, the value and the two terms of its cost in nats.
    #[inline]
    fn steps(&self, text: &[u8], more: &[u8], mut step: impl FnMut(usize, u64, [f32; 2])) {
        step(utf8_len(text[0]), 0, [self.ln_total - UNKNOWN.ln(), 0.0]);
        for (bytes, value) in self.keys(text, more) {
            step(bytes, value, [self.ln_total, (decode(value).freq as f32).ln()]);
        }
    }

    /// The words that a text, given in two pieces, begins with, shortest first: length in bytes, value.
    #[inline]
    fn keys<'a>(&'a self, text: &'a [u8], more: &'a [u8]) -> Prefixes<'a> {
        let Some(first) = self.first(text) else { return Prefixes::new(&self.fst, text, more) };
        if first.node == NOWHERE {
            return Prefixes::new(&self.fst, &[], &[]);
        }
        let (node, output) = (self.fst.node(first.node as usize), Output::new(u64::from(first.output)));
        let is_word = node.is_final();
        let found = is_word.then(|| (3, output.cat(node.final_output()).value()));
        Prefixes { fst: &self.fst, node, output, text: [text, more], at: 3, found }
    }

    /// Where the first character of a text leads, if it is one of [`FIRSTS`].
    #[inline]
    fn first(&self, text: &[u8]) -> Option<First> {
        let &[a @ 0xe3..=0xe9, b, c, ..] = text else { return None };
        self.firsts.get(code_point(a, b, c).checked_sub(FIRSTS.start)?).copied()
    }
}

/// The character that three bytes of UTF-8 make.
fn code_point(a: u8, b: u8, c: u8) -> usize {
    usize::from(a & 0xf) << 12 | usize::from(b & 0x3f) << 6 | usize::from(c & 0x3f)
}

/// Where each character of [`FIRSTS`] leads.
fn firsts(fst: &Fst<&'static [u8]>) -> Box<[First]> {
    let mut firsts = vec![First { node: NOWHERE, output: 0 }; FIRSTS.len()];
    let root = fst.root();
    for a in root.transitions().filter(|a| matches!(a.inp, 0xe3..=0xe9)) {
        for b in fst.node(a.addr).transitions() {
            for c in fst.node(b.addr).transitions() {
                let code = code_point(a.inp, b.inp, c.inp);
                let output = a.out.cat(b.out).cat(c.out).value();
                let node = u32::try_from(c.addr).expect("words.bin is smaller than 4 GB");
                let output = u32::try_from(output).expect("a frequency and a tag have 32 bits");
                if let Some(first) = code.checked_sub(FIRSTS.start).and_then(|at| firsts.get_mut(at)) {
                    *first = First { node, output };
                }
            }
        }
    }
    firsts.into()
}

/// The cheapest readings of a text, up to each byte of it.
struct Chain<const N: usize> {
    /// Nats.
    best: [f32; N],
    /// Where the last word of that reading begins, and its value; 0 for a character that is no word.
    from: [(u8, u64); N],
}

impl<const N: usize> Chain<N> {
    /// Readings that begin at a byte.
    fn starting(at: usize) -> Self {
        let mut chain = Self { best: [f32::INFINITY; N], from: [(0, 0); N] };
        chain.best[at] = 0.0;
        chain
    }

    /// Reads `start..end` as one word, if that is cheaper than what is known.
    #[inline]
    fn step(&mut self, start: usize, end: usize, value: u64, [plus, minus]: [f32; 2]) {
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
    /// A key found on the way that was taken already.
    found: Option<(usize, u64)>,
}

impl<'a> Prefixes<'a> {
    pub(super) fn new(fst: &'a Fst<&'static [u8]>, text: &'a [u8], more: &'a [u8]) -> Self {
        Prefixes { fst, node: fst.root(), output: Output::zero(), text: [text, more], at: 0, found: None }
    }
}

impl Iterator for Prefixes<'_> {
    type Item = (usize, u64);

    #[inline]
    fn next(&mut self) -> Option<(usize, u64)> {
        if let Some(found) = self.found.take() {
            return Some(found);
        }
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
