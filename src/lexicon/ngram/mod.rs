//! A character trigram model: how likely a character is after the two before it, with the
//! paragraph break as a character of its own.
//!
//! Its main question is whether two pieces of text belong to one sentence or to two paragraphs
//! ([`Model::join_ratio`]). The shipped model is counted from statutes, so it knows the grammar of
//! formal prose and few of the names; its answer is one feature among others and never decides
//! alone. It must not be asked about Traditional text: the caller folds to Simplified first.
//!
//! [`Counter`] makes a model from any text, so that a profile can carry one of the corpus's own
//! register; `cargo xtask ngram` uses the same code for the shipped table.

mod compile;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

pub use compile::Counter;

/// The break between two paragraphs, as a symbol of the model.
pub const BREAK: char = '\n';

/// Natural log of the probability of a symbol the model has never seen.
const UNSEEN: f32 = -16.0;

/// Symbols fit in 12 bits of a packed entry.
const MAX_SYMBOLS: usize = 1 << 12;

const MAGIC: [u8; 4] = *b"JKN1";

// Quantisation: a stored code is -ln(p) divided by the step, rounded. Finding breaks in newspaper
// text at a fixed precision, exact values did no better than these to within two points of recall.
const UNIGRAM_STEP: f32 = 0.125; // 8 bits, down to e^-31.9
const BIGRAM_STEP: f32 = 0.25; // 6 bits, down to e^-15.8
const TRIGRAM_STEP: f32 = 0.5; // 4 bits, down to e^-7.5
const BACKOFF_STEP: f32 = 0.125; // 6 bits, down to e^-7.9

/// One entry of the select index per so many bigrams.
const SELECT_EVERY: usize = 64;

/// The model embedded in the library.
pub fn shipped() -> &'static Model {
    static SHIPPED: OnceLock<Model> = OnceLock::new();
    SHIPPED.get_or_init(|| {
        // Only the header and the symbols are read; that the rest is sound is for a test to show.
        Model::layout(Cow::Borrowed(include_bytes!("../tables/ngram.bin")))
            .expect("the embedded n-gram table has a sound header")
    })
}

/// Folds one character to the symbol the model counts it as.
///
/// - digits of either width become `0`, Latin letters of either width and any accent `a`;
/// - half-width ASCII punctuation becomes full-width (`,` → `，`, `(` → `（`, `.` → `．`);
/// - every white space but the line feed becomes one space; the line feed is [`BREAK`];
/// - everything else stands for itself.
pub fn fold(c: char) -> char {
    let code = match c as u32 {
        wide @ 0xFF01..=0xFF5E => wide - 0xFEE0,
        code => code,
    };
    match char::from_u32(code).unwrap_or(c) {
        BREAK => BREAK,
        '0'..='9' => '0',
        narrow @ '!'..='~' if !narrow.is_ascii_alphabetic() => {
            char::from_u32(narrow as u32 + 0xFEE0).unwrap_or(narrow)
        }
        letter if code < 0x250 && letter.is_alphabetic() => 'a',
        space if space.is_whitespace() => ' ',
        other => other,
    }
}

/// Whether a run of the symbol counts once: `1998` and `7` are both one `0`.
fn is_run(symbol: char) -> bool {
    matches!(symbol, '0' | 'a' | ' ')
}

/// Folds characters to symbols, runs of digits, letters and spaces to one symbol each, and leaves
/// out the zero-width characters. Works in either direction of reading.
fn symbols(chars: impl Iterator<Item = char>) -> impl Iterator<Item = char> {
    let mut before = None;
    chars
        .filter(|c| !matches!(c, '\u{200B}'..='\u{200D}' | '\u{FEFF}'))
        .map(fold)
        .filter(move |&s| before.replace(s) != Some(s) || !is_run(s))
}

/// Why bytes are not a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// The bytes do not begin like a model of this version.
    #[error("not an n-gram model of this version")]
    Magic,
    /// The bytes end before the tables do, or go on after them.
    #[error("an n-gram model of {expected} bytes was announced, {found} were found")]
    Length {
        /// Bytes the header announces.
        expected: usize,
        /// Bytes there are.
        found: usize,
    },
    /// The tables contradict each other.
    #[error("the {0} of the n-gram model is damaged")]
    Table(&'static str),
}

/// A trigram model, read in place from its bytes.
///
/// All integers are little-endian. `S`, `B` and `T` are the numbers of symbols, bigrams, trigrams.
///
/// | part | size | content |
/// |---|---|---|
/// | header | 16 | `JKN1`, `S`, `B`, `T` as `u32` |
/// | symbols | 4 `S` | code points, ascending; a symbol's id is its rank |
/// | unigrams | 2 `S` | code of the probability, code of the back-off weight |
/// | starts | 4 (`S` + 1) | where a first symbol's bigrams begin |
/// | bigrams | 3 `B` | id of the second symbol (12 bits), probability (6), back-off weight (6); ascending by id |
/// | select | 4 ⌈`B` / 64⌉ | bit position of every 64th one in the tree |
/// | tree | 8 ⌈(`B` + `T`) / 64⌉ | per bigram a one, then a zero per trigram that continues it |
/// | trigrams | 2 `T` | id of the third symbol (12 bits), probability (4); ascending by id |
#[derive(Clone, Debug)]
pub struct Model {
    bytes: Cow<'static, [u8]>,
    symbols: usize,
    bigrams: usize,
    trigrams: usize,
    at: Offsets,
    /// The id of [`BREAK`].
    break_id: u16,
    /// By character of the basic plane: one more than its symbol's id, 0 where there is none.
    ids: Box<[u16]>,
}

/// What a model says of a break, each a natural log of a probability.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct JoinLogs {
    /// That the right side's first two symbols follow the left side's last two.
    pub joined: f32,
    /// That a paragraph ends behind the left side.
    pub end: f32,
    /// That a paragraph begins with the right side's first two symbols.
    pub start: f32,
}

/// Where each part of a model's bytes begins.
#[derive(Clone, Copy, Debug)]
struct Offsets {
    unigrams: usize,
    starts: usize,
    bigrams: usize,
    select: usize,
    tree: usize,
    trigrams: usize,
    end: usize,
}

const HEADER: usize = 16;

impl Offsets {
    fn new(symbols: usize, bigrams: usize, trigrams: usize) -> Self {
        let unigrams = HEADER + 4 * symbols;
        let starts = unigrams + 2 * symbols;
        let bigrams_at = starts + 4 * (symbols + 1);
        let select = bigrams_at + 3 * bigrams;
        let tree = select + 4 * bigrams.div_ceil(SELECT_EVERY);
        let trigrams_at = tree + 8 * (bigrams + trigrams).div_ceil(64);
        Self {
            unigrams,
            starts,
            bigrams: bigrams_at,
            select,
            tree,
            trigrams: trigrams_at,
            end: trigrams_at + 2 * trigrams,
        }
    }
}

/// A bigram of the table: its index, and its codes.
#[derive(Clone, Copy)]
struct Bigram {
    index: usize,
    probability: u8,
    backoff: u8,
}

impl Model {
    /// Reads a model written by [`Counter::compile`] and proves that every table is in bounds and
    /// in order, so that a damaged profile is an error here and not a wrong answer later.
    ///
    /// # Errors
    /// If they are not so.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        let model = Self::layout(Cow::Owned(bytes.to_vec()))?;
        model.validate()?;
        Ok(model)
    }

    /// The bytes that [`Model::from_bytes`] reads.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Reads the header and the symbols, and places the tables.
    fn layout(bytes: Cow<'static, [u8]>) -> Result<Self, ModelError> {
        if bytes.len() < HEADER || bytes[..4] != MAGIC {
            return Err(ModelError::Magic);
        }
        let [symbols, bigrams, trigrams] = [4, 8, 12].map(|at| read_u32(&bytes, at) as usize);
        if symbols > MAX_SYMBOLS || bigrams.max(trigrams) > 1 << 28 {
            return Err(ModelError::Table("header"));
        }
        let at = Offsets::new(symbols, bigrams, trigrams);
        if at.end != bytes.len() {
            return Err(ModelError::Length { expected: at.end, found: bytes.len() });
        }
        let mut model = Self { bytes, symbols, bigrams, trigrams, at, break_id: 0, ids: Box::default() };
        let mut ids = vec![0; 1 << 16];
        for id in 0..symbols {
            if let Some(slot) = ids.get_mut(model.symbol(id) as usize) {
                *slot = id as u16 + 1;
            }
        }
        model.ids = ids.into();
        model.break_id = model.id(BREAK).ok_or(ModelError::Table("symbol list"))?;
        Ok(model)
    }

    fn validate(&self) -> Result<(), ModelError> {
        let ascending = |mut ids: Range<usize>, id: &dyn Fn(usize) -> u16| {
            let mut before = None;
            ids.all(|i| {
                let now = id(i);
                (now as usize) < self.symbols && before.replace(now) < Some(now)
            })
        };
        if !(1..self.symbols).all(|i| self.symbol(i - 1) < self.symbol(i)) {
            return Err(ModelError::Table("symbol list"));
        }
        let start = |i| read_u32(&self.bytes, self.at.starts + 4 * i) as usize;
        let sound = start(0) == 0
            && start(self.symbols) == self.bigrams
            && (0..self.symbols).all(|i| {
                start(i) <= start(i + 1)
                    && start(i + 1) <= self.bigrams
                    && ascending(start(i)..start(i + 1), &|j| self.bigram(j).0)
            });
        if !sound {
            return Err(ModelError::Table("bigram table"));
        }
        let words = (self.bigrams + self.trigrams).div_ceil(64);
        let ones: usize = (0..words).map(|i| self.tree_word(i).count_ones() as usize).sum();
        if ones != self.bigrams {
            return Err(ModelError::Table("tree"));
        }
        let (mut seen, mut end) = (0, 0);
        for i in 0..words {
            let mut word = self.tree_word(i);
            while word != 0 {
                let bit = 64 * i + word.trailing_zeros() as usize;
                if seen % SELECT_EVERY == 0 && self.select_sample(seen / SELECT_EVERY) != bit {
                    return Err(ModelError::Table("select index"));
                }
                if seen == 0 && bit != 0 || bit >= self.bigrams + self.trigrams {
                    return Err(ModelError::Table("tree"));
                }
                if seen > 0 && !ascending(end..bit - seen, &|t| self.trigram(t).0) {
                    return Err(ModelError::Table("trigram table"));
                }
                end = bit - seen;
                seen += 1;
                word &= word - 1;
            }
        }
        if !ascending(end..self.trigrams, &|t| self.trigram(t).0) {
            return Err(ModelError::Table("trigram table"));
        }
        Ok(())
    }

    /// Natural log of the probability that `next` follows the two characters of `history`, oldest
    /// first. Characters are folded as [`fold`] says; [`BREAK`] is the break, and two breaks are
    /// the history at the start of a paragraph. Runs are the caller's: `0` after `0` is hardly
    /// ever seen in counting.
    pub fn log_prob(&self, history: [char; 2], next: char) -> f32 {
        let [a, b] = history.map(|c| self.id(fold(c)));
        self.log_prob_ids(a, b, self.id(fold(next)))
    }

    /// The log of how much likelier `right` is to continue `left` than to begin a new paragraph
    /// after it, in nats:
    ///
    /// ln P(right's first two | left's last two) − ln P(break | left's last two)
    /// − ln P(right's first two | break)
    ///
    /// Beyond two symbols of `right` the two readings agree and cancel out. White space at the
    /// break is ignored; a number or Latin word that stands on both sides is one run when joined.
    /// Zero where either side is empty. Nothing is allocated.
    pub fn join_ratio(&self, left: &str, right: &str) -> f32 {
        let JoinLogs { joined, end, start } = self.join_logs(left, right);
        joined - end - start
    }

    /// The parts of [`Model::join_ratio`].
    pub fn join_logs(&self, left: &str, right: &str) -> JoinLogs {
        let mut ends = symbols(left.trim_end().chars().rev()).map(|s| self.id(s));
        let mut begins = symbols(right.trim_start().chars());
        let (Some(b), Some(first)) = (ends.next(), begins.next()) else {
            return JoinLogs::default();
        };
        let end = Some(self.break_id);
        let a = ends.next().unwrap_or(end);
        let r1 = self.id(first);
        let r2 = begins.next().map_or(end, |s| self.id(s));
        let joined = if is_run(first) && r1 == b {
            self.log_prob_ids(a, b, r2)
        } else {
            self.log_prob_ids(a, b, r1) + self.log_prob_ids(b, r1, r2)
        };
        JoinLogs {
            joined,
            end: self.log_prob_ids(a, b, end),
            start: self.log_prob_ids(end, end, r1) + self.log_prob_ids(end, r1, r2),
        }
    }

    /// Mean natural log of the probability of the symbols of `text`, read from the start of a
    /// paragraph; the end of the text is not taken for a break. Higher is likelier; zero for an
    /// empty text.
    pub fn score(&self, text: &str) -> f32 {
        let end = Some(self.break_id);
        let (mut a, mut b) = (end, end);
        let (mut sum, mut count) = (0.0f64, 0u32);
        for symbol in symbols(text.chars()) {
            let next = self.id(symbol);
            // A paragraph starts afresh, as in counting; a blank line is the same break.
            if !(next == end && b == end) {
                sum += f64::from(self.log_prob_ids(a, b, next));
                count += 1;
            }
            a = if next == end { end } else { b };
            b = next;
        }
        if count == 0 { 0.0 } else { (sum / f64::from(count)) as f32 }
    }

    /// The same as [`Model::log_prob`], of numbers that [`Model::id`] gave.
    pub(crate) fn log_prob_ids(&self, a: Option<u16>, b: Option<u16>, next: Option<u16>) -> f32 {
        let (Some(b), Some(next)) = (b, next) else {
            return match next {
                Some(next) => self.unigram(next).0,
                None => UNSEEN,
            };
        };
        let history = a.and_then(|a| self.find_bigram(a, b));
        let mut log = 0.0;
        if let Some(history) = history {
            if let Some(code) = self.find_trigram(history.index, next) {
                return -TRIGRAM_STEP * f32::from(code);
            }
            log -= BACKOFF_STEP * f32::from(history.backoff);
        }
        match self.find_bigram(b, next) {
            Some(bigram) => log - BIGRAM_STEP * f32::from(bigram.probability),
            None => log + self.unigram(b).1 + self.unigram(next).0,
        }
    }

    /// The same for many symbols behind one history, in a walk through the table's lists. What has no id comes
    /// before those that have one, and those ascend.
    pub(crate) fn log_probs_ids(
        &self,
        a: Option<u16>,
        b: Option<u16>,
        nexts: impl IntoIterator<Item = Option<u16>>,
    ) -> impl Iterator<Item = f32> {
        let history = a.zip(b).and_then(|(a, b)| self.find_bigram(a, b));
        let log = history.map_or(0.0, |history| -BACKOFF_STEP * f32::from(history.backoff));
        let mut trigrams = history.map_or(0..0, |history| self.trigrams_of(history.index));
        let mut bigrams = b.map_or(0..0, |b| self.bigrams_of(b));
        let backoff = b.map_or(0.0, |b| self.unigram(b).1);
        nexts.into_iter().map(move |next| {
            let Some(next) = next else { return UNSEEN };
            trigrams.start = first_at_least(trigrams.clone(), next, |i| self.trigram(i).0);
            if let Some((_, code)) =
                trigrams.clone().next().map(|i| self.trigram(i)).filter(|&(id, _)| id == next)
            {
                return -TRIGRAM_STEP * f32::from(code);
            }
            bigrams.start = first_at_least(bigrams.clone(), next, |i| self.bigram(i).0);
            match bigrams.clone().next().map(|i| self.bigram(i)).filter(|&(id, ..)| id == next) {
                Some((_, probability, _)) => log - BIGRAM_STEP * f32::from(probability),
                None => log + backoff + self.unigram(next).0,
            }
        })
    }

    /// The id of a folded symbol; `None` if the model does not know it.
    pub(crate) fn id(&self, symbol: char) -> Option<u16> {
        match self.ids.get(symbol as usize) {
            Some(id) => id.checked_sub(1),
            None => search(0..self.symbols, symbol as u32, |i| self.symbol(i)).map(|i| i as u16),
        }
    }

    fn symbol(&self, id: usize) -> u32 {
        read_u32(&self.bytes, HEADER + 4 * id)
    }

    /// Log of the probability and of the back-off weight.
    fn unigram(&self, id: u16) -> (f32, f32) {
        let at = self.at.unigrams + 2 * id as usize;
        let log = |code: u8| -UNIGRAM_STEP * f32::from(code);
        (log(self.bytes[at]), log(self.bytes[at + 1]))
    }

    fn bigram(&self, index: usize) -> (u16, u8, u8) {
        let at = self.at.bigrams + 3 * index;
        let bytes = &self.bytes[at..at + 3];
        let packed = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0]);
        ((packed & 0xFFF) as u16, (packed >> 12 & 0x3F) as u8, (packed >> 18) as u8)
    }

    /// Indices of the bigrams that a symbol begins.
    fn bigrams_of(&self, first: u16) -> Range<usize> {
        let at = self.at.starts + 4 * first as usize;
        read_u32(&self.bytes, at) as usize..read_u32(&self.bytes, at + 4) as usize
    }

    fn find_bigram(&self, first: u16, second: u16) -> Option<Bigram> {
        let index = search(self.bigrams_of(first), second, |i| self.bigram(i).0)?;
        let (_, probability, backoff) = self.bigram(index);
        Some(Bigram { index, probability, backoff })
    }

    fn trigram(&self, index: usize) -> (u16, u8) {
        let at = self.at.trigrams + 2 * index;
        let packed = u16::from_le_bytes([self.bytes[at], self.bytes[at + 1]]);
        (packed & 0xFFF, (packed >> 12) as u8)
    }

    /// Indices of the trigrams that continue a bigram.
    fn trigrams_of(&self, bigram: usize) -> Range<usize> {
        let one = self.select(bigram);
        one - bigram..self.next_one(one + 1) - (bigram + 1)
    }

    /// The code of the trigram that continues the bigram with `next`.
    fn find_trigram(&self, bigram: usize, next: u16) -> Option<u8> {
        search(self.trigrams_of(bigram), next, |i| self.trigram(i).0).map(|i| self.trigram(i).1)
    }

    fn select_sample(&self, index: usize) -> usize {
        read_u32(&self.bytes, self.at.select + 4 * index) as usize
    }

    fn tree_word(&self, index: usize) -> u64 {
        let at = self.at.tree + 8 * index;
        let mut word = [0; 8];
        word.copy_from_slice(&self.bytes[at..at + 8]);
        u64::from_le_bytes(word)
    }

    /// Position of the tree's one number `rank`.
    fn select(&self, rank: usize) -> usize {
        let sample = self.select_sample(rank / SELECT_EVERY);
        let mut left = rank % SELECT_EVERY;
        let mut index = sample / 64;
        let mut word = self.tree_word(index) & (!0 << (sample % 64));
        loop {
            let ones = word.count_ones() as usize;
            if left < ones {
                for _ in 0..left {
                    word &= word - 1;
                }
                return 64 * index + word.trailing_zeros() as usize;
            }
            left -= ones;
            index += 1;
            word = self.tree_word(index);
        }
    }

    /// Position of the first one at or after `from`, or the end of the tree.
    fn next_one(&self, from: usize) -> usize {
        let end = self.bigrams + self.trigrams;
        if from >= end {
            return end;
        }
        let mut index = from / 64;
        let mut word = self.tree_word(index) & (!0 << (from % 64));
        while word == 0 {
            index += 1;
            if 64 * index >= end {
                return end;
            }
            word = self.tree_word(index);
        }
        64 * index + word.trailing_zeros() as usize
    }
}

fn read_u32(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// The first place of an ascending range whose key is not below `key`, looked for in steps that double: it is near.
fn first_at_least<K: Ord>(range: Range<usize>, key: K, read: impl Fn(usize) -> K) -> usize {
    let (mut low, mut step) = (range.start, 1);
    while low + step <= range.end && read(low + step - 1) < key {
        low += step;
        step *= 2;
    }
    let mut high = range.end.min(low + step);
    while low < high {
        let middle = low + (high - low) / 2;
        if read(middle) < key { low = middle + 1 } else { high = middle }
    }
    low
}

/// Binary search over a table that is not a slice.
fn search<K: Ord>(range: Range<usize>, key: K, read: impl Fn(usize) -> K) -> Option<usize> {
    let (mut low, mut high) = (range.start, range.end);
    while low < high {
        let middle = low + (high - low) / 2;
        match read(middle).cmp(&key) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
            std::cmp::Ordering::Equal => return Some(middle),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Counter {
        let mut counter = Counter::default();
        for _ in 0..5 {
            counter.add("人民政府应当公开。\n人民法院应当受理。\n政府工作报告");
        }
        counter.add("2021年3月GB/T标准");
        counter
    }

    #[test]
    fn folds_widths_and_runs() {
        let folded = |text: &str| symbols(text.chars()).collect::<String>();
        assert_eq!(folded("１９９８年12月,Ａbé(x)"), "0年0月，a（a）");
        assert_eq!(folded("甲\u{3000} 乙\u{200B}丙\n丁。"), "甲 乙丙\n丁。");
        // Folding what is folded changes nothing.
        for c in "０Zé,．\u{3000}国“①".chars() {
            assert_eq!(fold(fold(c)), fold(c));
        }
    }

    #[test]
    fn counts_do_not_depend_on_the_way_in() {
        let mut again = Counter::default();
        for (trigram, count) in small().sorted().into_iter().rev() {
            again.insert(trigram, count);
        }
        assert_eq!(again.compile(1, 1), small().compile(1, 1));
        // Two breaks before, one after, no blank paragraph.
        let mut one = Counter::default();
        one.add("甲\n\n");
        assert_eq!(one.sorted(), [(['\n', '\n', '甲'], 1), (['\n', '甲', '\n'], 1)]);
    }

    #[test]
    fn a_walk_finds_what_single_questions_find() {
        let model = shipped();
        let symbols = model.symbols as u16;
        let ids = |c| model.id(c);
        for (a, b) in [('中', '国'), ('国', '人'), ('\n', '\n'), ('，', '的'), ('囧', '国'), ('国', '囧')]
        {
            let (a, b) = (ids(a), ids(b));
            // Every symbol, and gaps to leap over.
            for step in [1, 7, 900] {
                let nexts = || [None, None].into_iter().chain((0..symbols).step_by(step).map(Some));
                let walk: Vec<f32> = model.log_probs_ids(a, b, nexts()).collect();
                let single: Vec<f32> = nexts().map(|next| model.log_prob_ids(a, b, next)).collect();
                assert_eq!(walk, single);
            }
        }
    }

    #[test]
    fn every_history_sums_to_one() {
        for thresholds in [(1, 1), (2, 3), (1, u32::MAX)] {
            let bytes = small().compile(thresholds.0, thresholds.1);
            let model = Model::from_bytes(&bytes).unwrap();
            for history in [['\n', '\n'], ['人', '民'], ['应', '当'], ['当', '人'], ['x', '法']] {
                let sum: f32 = (0..model.symbols)
                    .filter_map(|i| char::from_u32(model.symbol(i)))
                    .map(|next| model.log_prob(history, next).exp())
                    .sum();
                // The levels of the codes are a quarter and half a nat apart.
                assert!((0.75..1.3).contains(&sum), "{history:?} at {thresholds:?}: {sum}");
            }
        }
    }

    #[test]
    fn a_trigram_beats_its_back_off() {
        let model = Model::from_bytes(&small().compile(1, 1)).unwrap();
        assert!(model.log_prob(['人', '民'], '法') > model.log_prob(['国', '民'], '报'));
        assert!(model.log_prob(['公', '开'], '。') > model.log_prob(['公', '开'], '\n'));
        assert_eq!(model.log_prob(['公', '开'], '鑫'), UNSEEN);
        // A history of unknown characters is no history.
        assert_eq!(model.log_prob(['鑫', '淼'], '法'), model.log_prob(['焱', '垚'], '法'));
    }

    #[test]
    fn the_select_index_finds_every_trigram() {
        let model = shipped();
        let mut found = 0;
        for bigram in 0..model.bigrams {
            let one = model.select(bigram);
            assert_eq!(one - bigram, found, "trigrams of bigram {bigram}");
            found = model.next_one(one + 1) - (bigram + 1);
        }
        assert_eq!(found, model.trigrams);
    }

    #[test]
    fn the_shipped_table_is_sound_and_small() {
        let model = Model::from_bytes(&shipped().bytes).unwrap();
        assert!(model.bytes.len() <= 1 << 20);
        assert!(model.bigrams > 50_000 && model.trigrams > 100_000);
    }

    #[test]
    fn damage_is_an_error() {
        let good = small().compile(1, 1);
        assert!(Model::from_bytes(&good).is_ok());
        assert_eq!(Model::from_bytes(b"JKN").unwrap_err(), ModelError::Magic);
        assert!(matches!(Model::from_bytes(&good[1..]), Err(ModelError::Magic)));
        let short = &good[..good.len() - 1];
        assert!(matches!(Model::from_bytes(short), Err(ModelError::Length { .. })));
        // Whatever bit is turned: an error, or a model that still answers.
        for at in 0..good.len() {
            for bit in [0, 3, 7] {
                let mut bad = good.clone();
                bad[at] ^= 1 << bit;
                if let Ok(model) = Model::from_bytes(&bad) {
                    model.score("人民政府应当公开。2021年");
                }
            }
        }
    }

    #[test]
    fn words_across_a_break_ask_to_be_joined() {
        let model = shipped();
        for (left, right) in [
            ("县级以上地方人民政", "府应当加强领导"),
            ("本法自公布之", "日起施行"),
            ("坚决消", "除各类安全隐患"),
        ] {
            assert!(model.join_ratio(left, right) > 8.0, "{left}|{right}");
        }
        for (left, right) in [
            ("对直接责任人员依法给予处分。", "国务院有关部门应当"),
            ("对直接责任人员依法给予处分。", "第三条 国务院有关部门"),
        ] {
            assert!(model.join_ratio(left, right) < -2.0, "{left}|{right}");
        }
    }

    #[test]
    fn a_full_stop_ends_paragraphs_more_than_a_comma() {
        // What plain Kneser-Ney gets wrong: a full stop stands after everything.
        let model = shipped();
        let end = |mark| model.log_prob(['鑫', mark], BREAK);
        assert!(end('。') > -1.5, "{}", end('。'));
        assert!(end('，') < -6.0, "{}", end('，'));
    }

    #[test]
    fn join_ratio_sees_symbols_not_widths() {
        let model = shipped();
        let ratio = model.join_ratio("自２０２１年", "３月，执行");
        assert_eq!(ratio, model.join_ratio("自2021年 ", "\u{3000}3月,执行"));
        // A number cut in two is one number when joined.
        assert!(model.join_ratio("自20", "21年起") > model.join_ratio("自20", "自21年起"));
        assert_eq!(model.join_ratio("", "国务院"), 0.0);
        assert_eq!(model.join_ratio("国务院", " "), 0.0);
    }

    #[test]
    fn score_prefers_the_sound_reading() {
        let model = shipped();
        assert!(model.score("依法追究刑事责任") > model.score("依法追究事刑责任"));
        // Blank lines are one break.
        assert_eq!(model.score("第一条\n\n\n第二条"), model.score("第一条\n第二条"));
        assert_eq!(model.score(""), 0.0);
    }
}
