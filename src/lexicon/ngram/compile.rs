//! Makes a model from counts. The probabilities are interpolated modified Kneser–Ney (Chen & Goodman, "An Empirical
//! Study of Smoothing Techniques for Language Modeling", 1999, section 3), pruned by count afterwards and renormalised
//! into back-off form.

use std::collections::HashMap;

use super::{
    BACKOFF_STEP, BIGRAM_STEP, BREAK, MAGIC, MAX_SYMBOLS, Offsets, SELECT_EVERY, TRIGRAM_STEP, UNIGRAM_STEP,
    symbols,
};

/// How often each trigram of symbols occurs; what a model is compiled from.
///
/// Every paragraph is counted between breaks, two before it and one after, so the counts of
/// bigrams and of symbols follow from those of trigrams and are not kept.
#[derive(Clone, Debug, Default)]
pub struct Counter {
    trigrams: HashMap<[char; 3], u32>,
}

impl Counter {
    /// Counts one paragraph; a line feed inside it is a break between two.
    pub fn add(&mut self, paragraph: &str) {
        for line in paragraph.lines() {
            let (mut a, mut b) = (BREAK, BREAK);
            for next in symbols(line.trim().chars()) {
                self.insert([a, b, next], 1);
                (a, b) = (b, next);
            }
            if b != BREAK {
                self.insert([a, b, BREAK], 1);
            }
        }
    }

    /// Adds `count` occurrences of a trigram of folded symbols.
    pub fn insert(&mut self, trigram: [char; 3], count: u32) {
        let held = self.trigrams.entry(trigram).or_default();
        *held = held.saturating_add(count);
    }

    /// Adds what another counter counted.
    pub fn merge(&mut self, other: Counter) {
        other.trigrams.into_iter().for_each(|(trigram, count)| self.insert(trigram, count));
    }

    /// The trigrams and their counts, in the order of their code points.
    pub fn sorted(&self) -> Vec<([char; 3], u32)> {
        let mut all: Vec<_> = self.trigrams.iter().map(|(&key, &count)| (key, count)).collect();
        all.sort_unstable();
        all
    }

    /// Compiles a model that [`Model::from_bytes`](super::Model::from_bytes) reads. Bigrams and trigrams seen less often
    /// than the two thresholds are left out of it, but their evidence counts in the probabilities
    /// of the rest. The same counts give the same bytes.
    ///
    /// A model holds 4,096 symbols; of a larger text the rarest are left out.
    pub fn compile(&self, min_bigram: u32, min_trigram: u32) -> Vec<u8> {
        Compiler::new(self, min_bigram, min_trigram).compile()
    }
}

/// An n-gram's words as ids (12 bits each, oldest highest) and a weight. Kept in ascending order,
/// so that sums are made in one order and the bytes do not depend on a hash.
type Table<T> = Vec<(u64, T)>;

const ID_BITS: u32 = 12;
const ID_MASK: u64 = (1 << ID_BITS) - 1;
const BIGRAM_MASK: u64 = (1 << (2 * ID_BITS)) - 1;

/// Discounts for what was seen once, twice, and more often.
type Discounts = [f64; 3];

/// Probabilities and back-off weights of one order.
struct Order {
    /// n-gram → probability, pruned.
    kept: Table<f64>,
    /// history → weight of the order below.
    backoff: HashMap<u64, f64>,
}

struct Compiler {
    symbols: Vec<char>,
    break_id: u64,
    unigrams: Vec<f64>,
    bigrams: Order,
    trigrams: Order,
}

impl Compiler {
    fn new(counter: &Counter, min_bigram: u32, min_trigram: u32) -> Self {
        let counts = counter.sorted();
        let symbols = choose_symbols(&counts);
        let id = |c: char| symbols.binary_search(&c).ok().map(|i| i as u64);
        let break_id = id(BREAK).unwrap_or(0);

        let mut trigrams: Table<f64> = counts
            .iter()
            .filter_map(|&([a, b, c], count)| {
                Some((id(a)? << (2 * ID_BITS) | id(b)? << ID_BITS | id(c)?, f64::from(count)))
            })
            .collect();
        trigrams.sort_unstable_by_key(|&(key, _)| key);

        // Lower orders count the different symbols an n-gram was seen after, not how often: that
        // is what tells a character that goes with anything from one that lives in one word. After
        // a break there is nothing different before, and after punctuation what stood before
        // matters little and would dilute how often a full stop ends a paragraph: plain counts.
        let mut plain: HashMap<u64, f64> = HashMap::new();
        let mut after: HashMap<u64, f64> = HashMap::new();
        for &(key, count) in &trigrams {
            let bigram = key & BIGRAM_MASK;
            *plain.entry(bigram).or_default() += count;
            let first = symbols[(bigram >> ID_BITS) as usize];
            *after.entry(bigram).or_default() += if first.is_alphanumeric() { 1.0 } else { count };
        }
        let bigrams = ascending(after);
        let mut unigrams = vec![0.0; symbols.len()];
        for &(key, _) in &bigrams {
            unigrams[(key & ID_MASK) as usize] += 1.0;
        }
        let types = bigrams.len().max(1) as f64;
        // Half a count of each is spread evenly, so that a symbol never followed is possible.
        for p in &mut unigrams {
            *p = (*p - 0.5f64.min(*p)) / types + 0.5 / types;
        }

        let bigrams = {
            let lower = |key: u64| unigrams[(key & ID_MASK) as usize];
            Order::new(&bigrams, lower, |key, _| plain[&key] >= f64::from(min_bigram))
        };
        let trigrams = {
            let known: HashMap<u64, f64> = bigrams.kept.iter().copied().collect();
            let lower = |key: u64| {
                let bigram = key & BIGRAM_MASK;
                known.get(&bigram).copied().unwrap_or_else(|| {
                    let weight = bigrams.backoff.get(&(bigram >> ID_BITS)).unwrap_or(&1.0);
                    weight * unigrams[(bigram & ID_MASK) as usize]
                })
            };
            // A trigram hangs below its history in the tree, so that must be there too.
            let start = break_id << ID_BITS | break_id;
            Order::new(&trigrams, lower, |key, count| {
                count >= f64::from(min_trigram)
                    && (key >> ID_BITS == start || known.contains_key(&(key >> ID_BITS)))
            })
        };
        Self { symbols, break_id, unigrams, bigrams, trigrams }
    }

    fn compile(&self) -> Vec<u8> {
        let start = self.break_id << ID_BITS | self.break_id;
        let mut bigrams = self.bigrams.kept.clone();
        // The history at the start of a paragraph; as a bigram it never happens.
        if let Err(at) = bigrams.binary_search_by_key(&start, |&(key, _)| key) {
            bigrams.insert(at, (start, 0.0));
        }
        let trigrams = &self.trigrams.kept;
        let at = Offsets::new(self.symbols.len(), bigrams.len(), trigrams.len());
        let mut out = Vec::with_capacity(at.end);

        out.extend(MAGIC);
        for size in [self.symbols.len(), bigrams.len(), trigrams.len()] {
            out.extend((size as u32).to_le_bytes());
        }
        for &symbol in &self.symbols {
            out.extend((symbol as u32).to_le_bytes());
        }
        for (id, &p) in self.unigrams.iter().enumerate() {
            let weight = self.bigrams.backoff.get(&(id as u64)).copied().unwrap_or(1.0);
            out.push(code(p, UNIGRAM_STEP, 8));
            out.push(code(weight, UNIGRAM_STEP, 8));
        }
        for id in 0..=self.symbols.len() as u64 {
            let first = bigrams.partition_point(|&(key, _)| key >> ID_BITS < id);
            out.extend((first as u32).to_le_bytes());
        }
        for &(key, p) in &bigrams {
            let weight = self.trigrams.backoff.get(&key).copied().unwrap_or(1.0);
            let packed = (key & ID_MASK) as u32
                | u32::from(code(p, BIGRAM_STEP, 6)) << 12
                | u32::from(code(weight, BACKOFF_STEP, 6)) << 18;
            out.extend(&packed.to_le_bytes()[..3]);
        }

        let mut tree = vec![0u64; (bigrams.len() + trigrams.len()).div_ceil(64)];
        let mut select = Vec::new();
        let mut done = 0;
        for (rank, &(history, _)) in bigrams.iter().enumerate() {
            let bit = rank + done;
            tree[bit / 64] |= 1 << (bit % 64);
            if rank % SELECT_EVERY == 0 {
                select.push(bit as u32);
            }
            done += trigrams[done..].iter().take_while(|t| t.0 >> ID_BITS == history).count();
        }
        out.extend(select.into_iter().flat_map(u32::to_le_bytes));
        out.extend(tree.into_iter().flat_map(u64::to_le_bytes));
        for &(key, p) in trigrams {
            let packed = (key & ID_MASK) as u16 | u16::from(code(p, TRIGRAM_STEP, 4)) << 12;
            out.extend(packed.to_le_bytes());
        }
        debug_assert_eq!((done, out.len()), (trigrams.len(), at.end));
        out
    }
}

/// The symbols of a model in ascending order: all, or the most frequent that fit.
fn choose_symbols(counts: &[([char; 3], u32)]) -> Vec<char> {
    // The break is a symbol even of an empty text.
    let mut frequency = HashMap::from([(BREAK, u64::MAX / 2)]);
    for &([.., c], count) in counts {
        *frequency.entry(c).or_default() += u64::from(count);
    }
    let mut symbols: Vec<_> = frequency.into_iter().collect();
    symbols.sort_unstable_by_key(|&(c, count)| (std::cmp::Reverse(count), c));
    let mut symbols: Vec<char> = symbols.into_iter().take(MAX_SYMBOLS).map(|(c, _)| c).collect();
    symbols.sort_unstable();
    symbols
}

impl Order {
    /// Estimates one order over the one below it, then drops what `keep` (n-gram, count) refuses
    /// and gives each history the weight that makes its probabilities sum to one again.
    fn new(counts: &Table<f64>, lower: impl Fn(u64) -> f64, keep: impl Fn(u64, f64) -> bool) -> Self {
        let discounts = discounts(counts);
        let class = |count: f64| (count as usize).clamp(1, 3) - 1;
        let mut kept = Vec::new();
        let mut backoff = HashMap::new();
        for group in counts.chunk_by(|a, b| a.0 >> ID_BITS == b.0 >> ID_BITS) {
            let total: f64 = group.iter().map(|&(_, count)| count).sum();
            let freed: f64 = group.iter().map(|&(_, count)| discounts[class(count)]).sum();
            let (mut own, mut below) = (0.0, 0.0);
            for &(key, count) in group {
                let low = lower(key);
                let p = (count - discounts[class(count)] + freed * low) / total;
                if keep(key, count) {
                    kept.push((key, p));
                    own += p;
                    below += low;
                }
            }
            // Floors, because rounding may leave nothing where all was seen.
            let weight = (1.0 - own).max(1e-4) / (1.0 - below).max(1e-4);
            backoff.insert(group[0].0 >> ID_BITS, weight.min(1.0));
        }
        Self { kept, backoff }
    }
}

/// The discounts of modified Kneser–Ney, from how many n-grams were seen one to four times; fixed
/// ones where a text is too small to tell.
fn discounts(counts: &Table<f64>) -> Discounts {
    let mut seen = [0.0f64; 5];
    for &(_, count) in counts {
        if let Some(n) = seen.get_mut(count as usize) {
            *n += 1.0;
        }
    }
    let [_, n1, n2, n3, n4] = seen;
    let y = n1 / (n1 + 2.0 * n2);
    let found = [1.0 - 2.0 * y * n2 / n1, 2.0 - 3.0 * y * n3 / n2, 3.0 - 4.0 * y * n4 / n3];
    let usable = |(d, most): (&f64, f64)| d.is_finite() && *d > 0.0 && *d < most;
    if found.iter().zip([1.0, 2.0, 3.0]).all(usable) { found } else { [0.5, 0.75, 1.0] }
}

fn ascending<T>(map: HashMap<u64, T>) -> Table<T> {
    let mut table: Table<T> = map.into_iter().collect();
    table.sort_unstable_by_key(|&(key, _)| key);
    table
}

/// A probability as a code of so many bits.
fn code(p: f64, step: f32, bits: u32) -> u8 {
    let most = f64::from((1u32 << bits) - 1);
    // The logarithm of zero is past every level.
    (-p.ln() / f64::from(step)).round().clamp(0.0, most) as u8
}
