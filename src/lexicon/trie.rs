//! Words and all their beginnings in one hash table, so that a text is followed character by character with one
//! look-up each. Built by `cargo xtask tables`, which includes this file.

/// Entries of a bucket: a cache line.
const BUCKET: usize = 8;
/// Bits of a value; the rest of an entry tells its key from others.
const VALUE: u32 = 28;
/// Share of the entries that are taken, in percent.
#[allow(dead_code, reason = "only the compiler of the tables makes one")]
const FULL: usize = 86;

/// The characters read so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Path(u64);

impl Path {
    /// No character.
    pub(crate) const START: Path = Path(0);

    /// With one more character.
    #[inline]
    pub(crate) fn then(self, c: char) -> Self {
        Path((self.0.rotate_left(5) ^ u64::from(c)).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// The bucket where its entry would stand, of so many.
    #[inline]
    fn bucket(self, buckets: usize) -> usize {
        (((self.0 >> 32) * buckets as u64) >> 32) as usize
    }

    /// What tells it from the others there: 36 bits, of which two paths in some 10¹⁰ have the same.
    #[inline]
    fn print(self) -> u64 {
        (self.0 ^ (self.0 >> 32)) & ((1 << (u64::BITS - VALUE)) - 1)
    }
}

/// The table, read in place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trie {
    entries: &'static [u8],
}

impl Trie {
    /// The table that [`compile`] wrote.
    pub(crate) const fn new(entries: &'static [u8]) -> Self {
        Trie { entries }
    }

    /// What the characters are: `None` if no word begins so, 0 for a mere beginning, or a word's value.
    #[inline]
    pub(crate) fn get(&self, path: Path) -> Option<u32> {
        let buckets = self.entries.len() / (8 * BUCKET);
        let (mut bucket, print) = (path.bucket(buckets), path.print());
        loop {
            let bytes = self.entries.get(8 * BUCKET * bucket..8 * BUCKET * (bucket + 1))?;
            let mut last = 0;
            for entry in bytes.chunks_exact(8) {
                last = u64::from_le_bytes(entry.try_into().expect("eight bytes"));
                if last >> VALUE == print {
                    return (last != 0).then_some((last & ((1 << VALUE) - 1)) as u32);
                }
            }
            // A bucket that is not full has nothing behind it.
            if last == 0 {
                return None;
            }
            bucket = if bucket + 1 == buckets { 0 } else { bucket + 1 };
        }
    }
}

/// Compiles words with their values, which are above 0 and have at most 28 bits.
///
/// # Errors
/// A word that cannot be told from another.
#[allow(dead_code, reason = "only the compiler of the tables makes one")]
pub(crate) fn compile(words: &[(&str, u32)]) -> Result<Vec<u8>, String> {
    let mut entries: std::collections::BTreeMap<String, u32> = std::collections::BTreeMap::new();
    for &(word, value) in words {
        for (end, _) in word.char_indices().skip(1) {
            entries.entry(word[..end].to_owned()).or_default();
        }
        if value == 0 || value >> VALUE != 0 {
            return Err(format!("{word}: the value {value} does not fit"));
        }
        entries.insert(word.to_owned(), value);
    }
    let buckets = (entries.len() * 100).div_ceil(BUCKET * FULL).max(1);
    let mut table = vec![0u64; BUCKET * buckets];
    for (word, value) in entries {
        let path = word.chars().fold(Path::START, Path::then);
        let mut at = BUCKET * path.bucket(buckets);
        // A bucket is filled from its beginning; what it has no room for goes into the next.
        while table[at] != 0 {
            if table[at] >> VALUE == path.print() {
                return Err(format!("{word} cannot be told from another word"));
            }
            at = (at + 1) % table.len();
        }
        table[at] = path.print() << VALUE | u64::from(value);
        if table[at] == 0 {
            return Err(format!("{word} cannot be told from nothing"));
        }
    }
    Ok(table.into_iter().flat_map(u64::to_le_bytes).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_beginnings_and_nothing_else_are_found() {
        let words = [("中", 1), ("中华人民共和国", 2), ("国家", 3), ("a", (1 << VALUE) - 1)];
        let trie = Trie::new(compile(&words).unwrap().leak());
        let get = |text: &str| trie.get(text.chars().fold(Path::START, Path::then));
        for (word, value) in words {
            assert_eq!(get(word), Some(value));
        }
        assert_eq!((get("中华"), get("中华人民共和"), get("国")), (Some(0), Some(0), Some(0)));
        for other in ["中国", "中华人民共和国的", "家", "b", ""] {
            assert_eq!(get(other), None, "{other}");
        }
        assert!(compile(&[("无", 0)]).is_err());
    }

    #[test]
    fn many_words_fill_buckets_over() {
        let words: Vec<String> = (0..5000).map(|i| format!("{i}字")).collect();
        let numbered: Vec<(&str, u32)> = words.iter().map(String::as_str).zip(1..).collect();
        let trie = Trie::new(compile(&numbered).unwrap().leak());
        for (word, value) in numbered {
            assert_eq!(trie.get(word.chars().fold(Path::START, Path::then)), Some(value), "{word}");
        }
    }
}
