//! `cargo xtask tables`: compiles the text in `dictionaries/` into `src/lexicon/tables/*.bin`, and
//! lints the text on the way. The same text gives the same bytes; `--check` compares them.
//!
//! The layout is described where it is read: `src/lexicon/table.rs` and the module of each table.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use script::{Additions, OpenCc};

use crate::root;

#[path = "../../src/lexicon/trie.rs"]
#[allow(dead_code)]
mod trie;

#[path = "../../src/lexicon/readings/pinyin.rs"]
#[allow(dead_code)]
mod pinyin;

#[path = "../../src/chars/class.rs"]
#[allow(dead_code)]
mod class;

mod pairs;
mod script;

/// The finals of pinyin, as `Syllable::letters` writes them.
const FINALS: &str = "a ai an ang ao e ei en eng er i ia ian iang iao ie in ing iong io iu \
    o ong ou u ua uai uan uang ue ui un uo v ve";
/// Syllables without a vowel, and ê.
const INTERJECTIONS: &str = "e^ hm hng m n ng";

/// Characters per block of a character table; `src/lexicon/table.rs` reads the same.
const BLOCK: usize = 32;

/// Compiles every table and writes those that changed, and the derived rows of `additions.tsv`.
pub fn write() -> Result<()> {
    let dir = root().join("src/lexicon/tables");
    fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
    let source = Source::shipped();
    let opencc = OpenCc::read(&source)?;
    let additions = Additions::derive(&source, &opencc)?;
    additions.write(&source)?;
    for (name, bytes) in build(&source, &opencc, &additions)? {
        let path = dir.join(name);
        if fs::read(&path).ok().as_ref() != Some(&bytes) {
            fs::write(&path, &bytes).with_context(|| format!("cannot write {}", path.display()))?;
            println!("{name}: {} bytes", bytes.len());
        }
    }
    Ok(())
}

/// Compiles every table in memory and fails if one differs from the file.
pub fn check() -> Result<()> {
    let dir = root().join("src/lexicon/tables");
    let source = Source::shipped();
    let opencc = OpenCc::read(&source)?;
    let additions = Additions::derive(&source, &opencc)?;
    additions.check(&source)?;
    for (name, bytes) in build(&source, &opencc, &additions)? {
        let path = dir.join(name);
        ensure!(
            fs::read(&path).ok().as_ref() == Some(&bytes),
            "{} is stale: run `cargo xtask tables`",
            path.display()
        );
    }
    Ok(())
}

fn build(source: &Source, opencc: &OpenCc, additions: &Additions) -> Result<Vec<(&'static str, Vec<u8>)>> {
    let [simplify, tw2s, tw2sp] = script::simplify(source, opencc, additions)?;
    Ok(vec![
        ("big5.bin", pairs::big5()?),
        ("chars.bin", chars(source)?),
        ("classes.bin", classes(source, opencc, additions)?),
        ("compatibility.bin", script::compatibility(opencc)?),
        ("english.bin", english(source)?),
        ("gbk.bin", pairs::gbk()?),
        ("readings.bin", readings(source)?),
        ("simplify.bin", simplify),
        ("traditional.bin", script::traditional(opencc)?),
        ("tw2s.bin", tw2s),
        ("tw2sp.bin", tw2sp),
        ("words.bin", words(source)?),
        ("zhu.bin", zhu(source)?),
    ])
}

/// The directory of dictionaries.
struct Source {
    dir: PathBuf,
}

impl Source {
    /// The dictionaries of this workspace.
    fn shipped() -> Self {
        Source { dir: root().join("dictionaries") }
    }

    /// The lines of a file, each cut at its tabs; comments and blank lines left
    /// out. Checks that every line has `fields` fields, none of them empty.
    fn rows(&self, file: &str, fields: usize) -> Result<Vec<Vec<String>>> {
        let path = self.dir.join(file);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut rows = Vec::new();
        for (number, line) in text.lines().enumerate() {
            if line.is_empty() || line.starts_with("# ") {
                continue;
            }
            let row: Vec<String> = line.split('\t').map(str::to_owned).collect();
            ensure!(
                row.len() == fields && row.iter().all(|field| !field.is_empty() && field.trim() == field),
                "{file}:{}: expected {fields} fields: {line:?}",
                number + 1
            );
            rows.push(row);
        }
        ensure!(!rows.is_empty(), "{file} is empty");
        Ok(rows)
    }

    /// As [`Source::rows`], and checks that the first fields ascend, none twice.
    fn sorted_rows(&self, file: &str, fields: usize) -> Result<Vec<Vec<String>>> {
        let rows = self.rows(file, fields)?;
        for pair in rows.windows(2) {
            ensure!(pair[0][0] < pair[1][0], "{file}: {} must stand before {}, once", pair[1][0], pair[0][0]);
        }
        Ok(rows)
    }
}

/// words.bin: the sum of all frequencies (`u64`); the tags, one a line; the words in a trie, each with
/// frequency << 8 | number of its tag.
fn words(source: &Source) -> Result<Vec<u8>> {
    let rows = source.sorted_rows("words.tsv", 3)?;
    let tags: BTreeSet<&str> = rows.iter().map(|row| row[2].as_str()).collect();
    ensure!(tags.len() <= 64, "words.tsv: {} tags, but src/lexicon/words.rs has room for 64", tags.len());
    let numbers: BTreeMap<&str, u32> = tags.iter().copied().zip(0..).collect();
    let mut total = 0u64;
    let mut entries = Vec::with_capacity(rows.len());
    for row in &rows {
        let freq: u32 = row[1].parse().with_context(|| format!("words.tsv: frequency of {}", row[0]))?;
        ensure!(freq >= 10, "words.tsv: {} is too rare", row[0]);
        total += u64::from(freq);
        ensure!(freq < 1 << 20, "words.tsv: {} is too common", row[0]);
        entries.push((row[0].as_str(), freq << 8 | numbers[row[2].as_str()]));
    }
    let names: String = tags.iter().map(|tag| format!("{tag}\n")).collect();
    let trie = trie::compile(&entries).map_err(|error| anyhow::anyhow!("words.tsv: {error}"))?;
    pack(&[total.to_le_bytes().to_vec(), names.into_bytes(), trie])
}

/// chars.bin: from a character to 1 + its rank.
fn chars(source: &Source) -> Result<Vec<u8>> {
    pack(&char_table(&ranks(source)?)?)
}

/// Characters with 1 + the rank of each.
fn ranks(source: &Source) -> Result<BTreeMap<char, u16>> {
    let rows = source.rows("chars.tsv", 2)?;
    let mut table = BTreeMap::new();
    let mut last = (u64::MAX, '\0');
    for (row, rank) in rows.iter().zip(1u16..) {
        let c = single(&row[0]).with_context(|| format!("chars.tsv: {}", row[0]))?;
        let count: u64 = row[1].parse().with_context(|| format!("chars.tsv: count of {c}"))?;
        ensure!(
            count > 0 && (count < last.0 || (count == last.0 && c > last.1)),
            "chars.tsv: {c} is out of order"
        );
        ensure!(table.insert(c, rank).is_none(), "chars.tsv: {c} stands twice");
        last = (count, c);
    }
    ensure!(table.len() == rows.len(), "chars.tsv has more characters than ranks");
    Ok(table)
}

/// classes.bin: the classes of each character of the basic plane, a byte for each.
fn classes(source: &Source, opencc: &OpenCc, additions: &Additions) -> Result<Vec<u8>> {
    let ranks = ranks(source)?;
    let scripts = script::Scripts::new(source, opencc, additions)?;
    let class = |c: char| {
        let rank = ranks.get(&scripts.simplified(c)).map(|rank| rank - 1);
        class::Class::of(c, scripts.is_traditional_only(c), scripts.is_simplified_only(c), rank).0
    };
    // The surrogates are no characters, but have places.
    Ok((0..=0xffff).map(|code| char::from_u32(code).map_or(0, class)).collect())
}

/// english.bin: a set of words.
fn english(source: &Source) -> Result<Vec<u8>> {
    let rows = source.sorted_rows("english.txt", 1)?;
    for row in &rows {
        let plain = row[0].bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        ensure!(plain, "english.txt: {} is not a lower-case word", row[0]);
    }
    pack(&[map(rows.iter().map(|row| (row[0].as_str(), 0)))?])
}

/// zhu.bin: from a word with 著 to 0 (keep) or 1 (weigh).
fn zhu(source: &Source) -> Result<Vec<u8>> {
    let rows = source.sorted_rows("keep-zhu.tsv", 2)?;
    let mut entries = Vec::new();
    for row in &rows {
        let word = row[0].as_str();
        let weigh = match row[1].as_str() {
            "keep" => 0,
            "weigh" => 1,
            other => bail!("keep-zhu.tsv: {word} is to be {other}, neither keep nor weigh"),
        };
        let (left, right) =
            word.split_once('著').with_context(|| format!("keep-zhu.tsv: {word} has no 著"))?;
        ensure!(
            left.chars().count() <= 3 && right.chars().count() <= 3,
            "keep-zhu.tsv: {word} is longer than src/lexicon/script.rs looks"
        );
        // A word of two characters yields to the longer words around it; one of more does not.
        let shorter = rows.iter().find(|other| {
            other[1] == row[1]
                && other[0] != row[0]
                && other[0].chars().count() > 2
                && word.contains(&other[0])
        });
        if let Some(shorter) = shorter {
            bail!("keep-zhu.tsv: {word} adds nothing to {}", shorter[0]);
        }
        entries.push((word, weigh));
    }
    pack(&[map(entries)?])
}

/// readings.bin: see `src/lexicon/readings.rs` for the sections.
fn readings(source: &Source) -> Result<Vec<u8>> {
    let rows = source.sorted_rows("readings.tsv", 2)?;
    // Spelling, letters and tone of every syllable, numbered in the order of their spelling.
    let mut syllables = BTreeMap::new();
    for row in &rows {
        let mut seen = HashSet::new();
        for spelling in row[1].split(',') {
            ensure!(seen.insert(spelling), "readings.tsv: {} has {spelling} twice", row[0]);
            let syllable = pinyin::Syllable::parse(spelling)
                .filter(|syllable| is_mandarin(syllable.letters()))
                .with_context(|| format!("readings.tsv: {}: {spelling:?} is no syllable", row[0]))?;
            syllables.insert(spelling, syllable);
        }
    }
    let mut tones: BTreeMap<&[u8], u8> = BTreeMap::new();
    for syllable in syllables.values() {
        *tones.entry(syllable.letters()).or_default() |= 1 << syllable.tone;
    }
    let letters: BTreeMap<&[u8], u16> = tones.keys().copied().zip(0..).collect();
    let ids: BTreeMap<&str, u16> = syllables.keys().copied().zip(0..).collect();

    let mut sets: Vec<Vec<u16>> = Vec::new();
    let mut set_numbers: BTreeMap<&str, u16> = BTreeMap::new();
    let mut table = BTreeMap::new();
    for row in &rows {
        let c = single(&row[0]).with_context(|| format!("readings.tsv: {}", row[0]))?;
        let number = match set_numbers.get(row[1].as_str()) {
            Some(&number) => number,
            None => {
                sets.push(row[1].split(',').map(|spelling| ids[spelling]).collect());
                let number = u16::try_from(sets.len()).context("readings.tsv: too many sets")?;
                set_numbers.insert(&row[1], number);
                number
            }
        };
        table.insert(c, number);
    }

    let packed = syllables.values().map(|s| letters[s.letters()] << 3 | u16::from(s.tone));
    let mut sections = char_table(&table)?;
    sections.push(ends(sets.iter().map(Vec::len))?);
    sections.push(le16(sets.iter().flatten().copied()));
    sections.push(le16(packed));
    sections.push(ends(ids.keys().map(|spelling| spelling.len()))?);
    sections.push(ids.keys().copied().collect::<String>().into_bytes());
    sections.push(ends(tones.keys().map(|letters| letters.len()))?);
    sections.push(tones.keys().copied().collect::<Vec<_>>().concat());
    sections.push(tones.values().copied().collect());
    pack(&sections)
}

/// Whether the letters are an initial and a final of pinyin, or an interjection.
fn is_mandarin(letters: &[u8]) -> bool {
    let Ok(letters) = std::str::from_utf8(letters) else {
        return false;
    };
    let after_h = ["zh", "ch", "sh"].iter().find_map(|initial| letters.strip_prefix(initial));
    let rest =
        after_h.or_else(|| letters.strip_prefix(|c| "bpmfdtnlgkhjqxrzcsyw".contains(c))).unwrap_or(letters);
    FINALS.split_whitespace().any(|known| known == rest)
        || INTERJECTIONS.split_whitespace().any(|known| known == letters)
}

/// The two sections of a table from characters to non-zero numbers.
fn char_table(table: &BTreeMap<char, u16>) -> Result<Vec<Vec<u8>>> {
    let last = table.last_key_value().context("an empty table")?.0;
    let mut blocks = vec![[0; BLOCK]];
    let mut numbers = BTreeMap::from([([0; BLOCK], 0)]);
    let mut index = Vec::new();
    for block in 0..=u32::from(*last) as usize / BLOCK {
        let content = std::array::from_fn(|i| {
            let c = char::from_u32((block * BLOCK + i) as u32);
            c.and_then(|c| table.get(&c)).copied().unwrap_or(0)
        });
        let number = *numbers.entry(content).or_insert_with(|| {
            blocks.push(content);
            blocks.len() - 1
        });
        index.push(u16::try_from(number)?);
    }
    Ok(vec![le16(index), le16(blocks.into_iter().flatten())])
}

/// Joins sections: their count, the end of each, then their bytes.
fn pack(sections: &[Vec<u8>]) -> Result<Vec<u8>> {
    let mut out = u32::try_from(sections.len())?.to_le_bytes().to_vec();
    let mut end = 0;
    for section in sections {
        end += section.len();
        out.extend(u32::try_from(end)?.to_le_bytes());
    }
    out.extend(sections.concat());
    Ok(out)
}

/// An fst from sorted keys to numbers.
fn map<'a>(entries: impl IntoIterator<Item = (&'a str, u64)>) -> Result<Vec<u8>> {
    let mut builder = fst::MapBuilder::memory();
    for (key, value) in entries {
        builder.insert(key, value)?;
    }
    Ok(builder.into_inner()?)
}

/// The running sums of `lengths`, from 0.
fn ends(lengths: impl Iterator<Item = usize>) -> Result<Vec<u8>> {
    let mut end = 0;
    let mut ends = vec![0];
    for len in lengths {
        end += len;
        ends.push(u16::try_from(end).context("a table is too long for 16-bit offsets")?);
    }
    Ok(le16(ends))
}

fn le16(numbers: impl IntoIterator<Item = u16>) -> Vec<u8> {
    numbers.into_iter().flat_map(u16::to_le_bytes).collect()
}

/// The only character of `text`.
fn single(text: &str) -> Result<char> {
    only(text).with_context(|| format!("{text:?} is not one character"))
}

/// The character, if the text is one.
fn only(text: &str) -> Option<char> {
    text.chars().next().filter(|c| c.len_utf8() == text.len())
}
