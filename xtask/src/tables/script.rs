//! The script tables: OpenCC's dictionaries, and `additions.tsv` layered over them.
//!
//! `dictionaries/SOURCES.md` says by which rules the derived rows of `additions.tsv` are made.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::fs;

use anyhow::{Context, Result, ensure};

use super::{Source, char_table, map, only, pack, single};

// Flags of script entries; `src/lexicon/script.rs` reads the same.
const PHRASE: u32 = 1 << 24;
const TRADITIONAL_ONLY: u32 = 1 << 25;
const SIMPLIFIED_ONLY: u32 = 1 << 26;
const RARE: u32 = 1 << 27;

/// The table of additions, and the head that is written over its rows.
const ADDITIONS: &str = "additions.tsv";
const ADDITIONS_HEAD: &str = "\
# What this project adds to OpenCC's Traditional to Simplified: key, value, why.
# Rows with \"spelling\", \"word\" or \"shield\" are derived: `cargo xtask tables` writes them anew.
";
/// The third field of derived rows.
const DERIVED: [&str; 3] = ["spelling", "word", "shield"];
/// Phrases that the Taiwanese directions add.
const ADDITIONS_TW: &str = "additions-tw.tsv";

/// One dictionary of OpenCC: each key with its candidates, the preferred one first.
type Dict = BTreeMap<String, Vec<String>>;

/// OpenCC's dictionaries.
pub(super) struct OpenCc {
    compatibility: Dict,
    ts_chars: Dict,
    ts_rare: Dict,
    ts_phrases: Dict,
    st_chars: Dict,
    /// Of two dictionaries with the same key the first wins, as in OpenCC's `union` groups.
    st_phrases: Dict,
    /// Dictionaries of the standards of Hong Kong and Taiwan, to OpenCC's own: phrases, characters.
    hk: [Dict; 2],
    tw: [Dict; 2],
    tw_words: Dict,
}

impl OpenCc {
    pub(super) fn read(source: &Source) -> Result<Self> {
        let dict = |name: &str| -> Result<Dict> {
            let rows = source.sorted_rows(&format!("opencc/{name}.txt"), 2)?;
            let candidates = |row: &[String]| row[1].split(' ').map(str::to_owned).collect();
            Ok(rows.into_iter().map(|row| (row[0].clone(), candidates(&row))).collect())
        };
        let mut st_phrases = dict("STPhrases_GeneratedFromRegionalPhrases")?;
        st_phrases.extend(dict("STPhrases")?);
        let this = OpenCc {
            compatibility: dict("CJK_Compatibility_Ideographs")?,
            ts_chars: dict("TSCharacters")?,
            ts_rare: dict("TSCharactersExt")?,
            ts_phrases: dict("TSPhrases")?,
            st_chars: dict("STCharacters")?,
            st_phrases,
            hk: [dict("HKVariantsRevPhrases")?, dict("HKVariantsRev")?],
            tw: [dict("TWVariantsRevPhrases")?, dict("TWVariantsRev")?],
            tw_words: dict("TWPhrasesRev")?,
        };
        this.lint()?;
        Ok(this)
    }

    fn lint(&self) -> Result<()> {
        for (key, candidates) in &self.compatibility {
            let c = single(key)?;
            let in_blocks = matches!(c, '\u{f900}'..='\u{faff}' | '\u{2f800}'..='\u{2fa1f}');
            ensure!(in_blocks, "opencc: {c} is outside the blocks that src/lexicon/script.rs looks at");
            ensure!(!self.compatibility.contains_key(&candidates[0]), "opencc: {c} is unified twice");
        }
        for key in self.ts_rare.keys() {
            let plain = self.ts_chars.get(key).is_none_or(|candidates| candidates[0] == *key);
            ensure!(plain, "opencc: {key} has both a rare and a common result");
        }
        for dict in [&self.ts_phrases, &self.st_phrases, &self.hk[0], &self.tw[0]] {
            for phrase in dict.keys() {
                ensure!(phrase.chars().count() > 1, "opencc: the phrase {phrase} is one character");
            }
        }
        Ok(())
    }
}

/// A row of `additions.tsv`.
struct Addition {
    key: String,
    value: String,
    why: String,
}

/// `additions.tsv`: the rows written by hand, and those that follow from them.
pub(super) struct Additions {
    rows: Vec<Addition>,
    /// Traditional to Simplified with every row in place.
    rules: Rules,
}

impl Additions {
    /// Reads the rows written by hand and derives the others.
    pub(super) fn derive(source: &Source, opencc: &OpenCc) -> Result<Self> {
        let mut rows = Vec::new();
        for row in source.sorted_rows(ADDITIONS, 3)? {
            let [key, value, why] = <[String; 3]>::try_from(row).expect("rows have three fields");
            let lengths = [&key, &value].map(|text| text.chars().count());
            ensure!(lengths[0] == lengths[1], "{ADDITIONS}: {key} and {value} differ in length");
            if !DERIVED.contains(&why.as_str()) {
                rows.push(Addition { key, value, why });
            }
        }
        let mut words = Vec::new();
        for row in source.sorted_rows("words.tsv", 3)? {
            let freq: u32 = row[1].parse().with_context(|| format!("words.tsv: {}", row[0]))?;
            if row[0].chars().count() > 1 {
                words.push((row[0].clone(), freq));
            }
        }
        words.sort_by_cached_key(|(word, _)| (word.chars().count(), word.clone()));

        let mut deriver = Deriver {
            rules: Rules::new([&opencc.ts_chars, &opencc.ts_phrases]),
            fixed: opencc.ts_phrases.keys().cloned().collect(),
            to_traditional: Rules::new([&opencc.st_chars, &opencc.st_phrases]),
            in_words: words.iter().flat_map(|(word, _)| word.chars()).collect(),
            freqs: words.iter().map(|(word, freq)| (word.as_str(), *freq)).collect(),
            words: &words,
            rows,
        };
        for row in &deriver.rows {
            deriver.rules.insert(&row.key, &row.value);
            if row.key.chars().count() > 1 {
                deriver.fixed.insert(row.key.clone());
            }
        }
        deriver.spellings();
        deriver.words();
        deriver.shields();
        deriver.lint()?;
        let Deriver { rules, mut rows, .. } = deriver;
        rows.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(Additions { rows, rules })
    }

    /// Writes the table anew if it changed.
    pub(super) fn write(&self, source: &Source) -> Result<()> {
        let path = source.dir.join(ADDITIONS);
        let text = self.text();
        if fs::read_to_string(&path).ok().as_ref() != Some(&text) {
            fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
            println!("{ADDITIONS}: {} rows", self.rows.len());
        }
        Ok(())
    }

    /// Fails if the table's derived rows are not those that follow from the rest.
    pub(super) fn check(&self, source: &Source) -> Result<()> {
        let path = source.dir.join(ADDITIONS);
        ensure!(
            fs::read_to_string(&path).ok() == Some(self.text()),
            "{} is stale: run `cargo xtask tables`",
            path.display()
        );
        Ok(())
    }

    fn text(&self) -> String {
        let mut text = ADDITIONS_HEAD.to_owned();
        for Addition { key, value, why } in &self.rows {
            writeln!(text, "{key}\t{value}\t{why}").expect("strings can be written to");
        }
        text
    }
}

/// Derives rows of `additions.tsv`; each kind sees those before it in place.
struct Deriver<'a> {
    rules: Rules,
    /// The phrases that derived rows must not overrule: OpenCC's and those written by hand.
    fixed: HashSet<String>,
    to_traditional: Rules,
    /// The word list, short words first.
    words: &'a [(String, u32)],
    freqs: HashMap<&'a str, u32>,
    in_words: HashSet<char>,
    rows: Vec<Addition>,
}

impl Deriver<'_> {
    /// Phrases in Simplified and mixed spelling (乾县 beside 乾縣), and their results, which must
    /// stand when they are read again.
    fn spellings(&mut self) {
        let mut phrases: Vec<_> = self.rules.phrases().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
        phrases.sort_by_cached_key(|(key, _)| (key.chars().count(), key.clone()));
        for (key, value) in phrases {
            if key.chars().count() != value.chars().count() {
                continue;
            }
            let pairs: Vec<(char, char)> = key.chars().zip(value.chars()).collect();
            let (mut folded, mut own) = (Vec::new(), false);
            for (at, &(old, new)) in pairs.iter().enumerate() {
                if old != new && self.rules.char(old) == new {
                    folded.push(at);
                } else if old != new {
                    own |= self.in_words.contains(&old);
                }
            }
            // A phrase that changes what Simplified text may have (打坏 → 打坯) stays Traditional.
            if !own {
                let subsets = 1u32 << folded.len().min(2);
                for subset in (1..subsets).rev() {
                    let take = |at| match folded.iter().position(|&f| f == at) {
                        None => false,
                        Some(nth) => folded.len() > 2 || subset & (1 << nth) != 0,
                    };
                    let spelling: String = (pairs.iter().enumerate())
                        .map(|(at, &(old, new))| if take(at) { new } else { old })
                        .collect();
                    self.add(&spelling, &value, "spelling");
                }
            }
            self.add(&value, &value, "spelling");
        }
    }

    /// Words that would change, or not come back from OpenCC's Traditional spelling of them.
    fn words(&mut self) {
        for (word, freq) in self.words {
            for spelling in [word.clone(), self.to_traditional.convert(word)] {
                let result = self.rules.convert(&spelling);
                if result == *word || word.chars().count() != spelling.chars().count() {
                    continue;
                }
                let rival = self.freqs.get(result.as_str()).is_some_and(|rival| rival >= freq);
                let decided =
                    spelling != *word && self.fixed.iter().any(|phrase| spelling.contains(phrase.as_str()));
                if !rival && !decided {
                    self.add(&spelling, word, "word");
                }
            }
        }
    }

    /// Words that end in the first character of a phrase and would lose it to the phrase: 餅乾
    /// before 隆重.
    fn shields(&mut self) {
        let [mut firsts, mut in_simplified] = [HashSet::new(), HashSet::new()];
        for (key, value) in self.rules.phrases() {
            let [mut old, mut new] = [key.chars(), value.chars()];
            let (Some(first), Some(becomes)) = (old.next(), new.next()) else { continue };
            if self.rules.char(first) != becomes {
                firsts.insert(first);
                if old.all(|c| self.rules.char(c) == c) {
                    in_simplified.insert(first);
                }
            }
        }
        for (word, _) in self.words {
            for (spelling, firsts) in
                [(self.to_traditional.convert(word), &firsts), (word.clone(), &in_simplified)]
            {
                if spelling.ends_with(|last| firsts.contains(&last))
                    && self.rules.convert(&spelling) == *word
                    && self.rules.get(&spelling).is_none()
                {
                    self.rules.insert(&spelling, word);
                    self.rows.push(Addition { key: spelling, value: word.clone(), why: "shield".to_owned() });
                }
            }
        }
    }

    /// Adds a row if it changes anything.
    fn add(&mut self, key: &str, value: &str, why: &str) {
        if self.rules.convert(key) != value && self.rules.get(key).is_none() {
            self.rules.insert(key, value);
            self.rows.push(Addition { key: key.to_owned(), value: value.to_owned(), why: why.to_owned() });
        }
    }

    /// No Simplified word changes but into one at least as common, and every result stands.
    fn lint(&self) -> Result<()> {
        for (word, freq) in self.words {
            let result = self.rules.convert(word);
            ensure!(
                result == *word
                    || self.freqs.get(result.as_str()).is_some_and(|rival| rival >= freq)
                    || self.rows.iter().any(|row| row.key == *word && !DERIVED.contains(&row.why.as_str())),
                "{ADDITIONS}: the Simplified word {word} would become {result}"
            );
        }
        for (key, value) in &self.rules.map {
            let again = self.rules.convert(value);
            ensure!(again == *value, "script: {key} becomes {value}, which becomes {again}");
        }
        Ok(())
    }
}

/// Characters and phrases with their replacements, applied leftmost-longest.
#[derive(Clone, Default)]
struct Rules {
    map: HashMap<String, String>,
    /// The most characters of a key that begins with the character.
    longest: HashMap<char, usize>,
}

impl Rules {
    fn new<'a>(dicts: impl IntoIterator<Item = &'a Dict>) -> Self {
        let mut rules = Rules::default();
        for (key, candidates) in dicts.into_iter().flatten() {
            rules.insert(key, &candidates[0]);
        }
        rules
    }

    fn insert(&mut self, key: &str, value: &str) {
        let first = key.chars().next().expect("keys are not empty");
        let longest = self.longest.entry(first).or_default();
        *longest = (*longest).max(key.chars().count());
        self.map.insert(key.to_owned(), value.to_owned());
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.map.get(key).map(String::as_str)
    }

    /// What the character alone becomes.
    fn char(&self, c: char) -> char {
        self.get(c.encode_utf8(&mut [0; 4])).and_then(|new| new.chars().next()).unwrap_or(c)
    }

    fn phrases(&self) -> impl Iterator<Item = (&str, &str)> {
        let rules = self.map.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        rules.filter(|(key, _)| key.chars().nth(1).is_some())
    }

    fn convert(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let longest = self.longest.get(&first).copied().unwrap_or(0);
            let ends: Vec<usize> =
                rest.char_indices().take(longest).map(|(at, c)| at + c.len_utf8()).collect();
            let found = ends.iter().rev().find_map(|&end| Some((end, self.get(&rest[..end])?)));
            let (len, new) = found.unwrap_or((first.len_utf8(), &rest[..first.len_utf8()]));
            out.push_str(new);
            rest = &rest[len..];
        }
        out
    }
}

/// compatibility.bin: compatibility ideographs to the unified ones.
pub(super) fn compatibility(opencc: &OpenCc) -> Result<Vec<u8>> {
    step(&BTreeMap::new(), &Rules::new([&opencc.compatibility]))
}

/// traditional.bin: Simplified to Traditional.
pub(super) fn traditional(opencc: &OpenCc) -> Result<Vec<u8>> {
    step(&BTreeMap::new(), &Rules::new([&opencc.st_chars, &opencc.st_phrases]))
}

/// simplify.bin, tw2s.bin and tw2sp.bin. Checks that Hong Kong's standard needs no table of its own.
pub(super) fn simplify(source: &Source, opencc: &OpenCc, additions: &Additions) -> Result<[Vec<u8>; 3]> {
    let flags = flags(source, opencc, &additions.rules)?;
    let t2s = &additions.rules;
    let [phrases, chars] = &opencc.hk;
    for (key, candidates) in chars.iter().chain(phrases) {
        let [direct, chained] = [key, &candidates[0]].map(|text| t2s.convert(text));
        // What Simplified text has too is left to it.
        ensure!(
            direct == chained || direct == *key,
            "opencc: {key} of Hong Kong would become {direct}, not {chained}"
        );
    }

    let mut tw2s = t2s.clone();
    let [phrases, chars] = &opencc.tw;
    for (key, candidates) in chars.iter().chain(phrases) {
        let chained = t2s.convert(&candidates[0]);
        // Characters are as in any Traditional text, but for 著, which its context decides, and 么,
        // which Simplified text has in the words that these phrases shield.
        if key.chars().nth(1).is_some()
            && !key.contains('著')
            && (key.contains('么') || tw2s.convert(key) != chained)
        {
            tw2s.insert(key, &chained);
        }
    }
    for row in source.sorted_rows(ADDITIONS_TW, 3)? {
        tw2s.insert(&row[0], &row[1]);
    }

    let mut tw2sp = tw2s.clone();
    for (key, candidates) in &opencc.tw_words {
        // Those that stay too: 方程式 shields its 程式.
        tw2sp.insert(key, &tw2s.convert(&candidates[0]));
    }
    Ok([step(&flags, t2s)?, step(&flags, &tw2s)?, step(&flags, &tw2sp)?])
}

/// What Simplified text makes of single characters.
pub(super) struct Scripts<'a> {
    opencc: &'a OpenCc,
    t2s: &'a Rules,
    flags: BTreeMap<char, u32>,
}

impl<'a> Scripts<'a> {
    pub(super) fn new(source: &Source, opencc: &'a OpenCc, additions: &'a Additions) -> Result<Self> {
        let t2s = &additions.rules;
        Ok(Self { opencc, t2s, flags: flags(source, opencc, t2s)? })
    }

    /// The character in Simplified text, compatibility ideographs unified first.
    pub(super) fn simplified(&self, c: char) -> char {
        let unified = self.opencc.compatibility.get(c.encode_utf8(&mut [0; 4]) as &str);
        self.t2s.char(unified.and_then(|candidates| only(&candidates[0])).unwrap_or(c))
    }

    pub(super) fn is_traditional_only(&self, c: char) -> bool {
        self.has(c, TRADITIONAL_ONLY)
    }

    pub(super) fn is_simplified_only(&self, c: char) -> bool {
        self.has(c, SIMPLIFIED_ONLY)
    }

    fn has(&self, c: char, flag: u32) -> bool {
        self.flags.get(&c).is_some_and(|flags| flags & flag != 0)
    }
}

/// What is known of characters beside what they become.
fn flags(source: &Source, opencc: &OpenCc, t2s: &Rules) -> Result<BTreeMap<char, u32>> {
    let mut flags: BTreeMap<char, u32> = BTreeMap::new();
    for (key, candidates) in &opencc.ts_rare {
        if t2s.char(single(key)?) == single(key)? {
            flags.insert(single(key)?, RARE | u32::from(single(&candidates[0])?));
        }
    }

    // What Simplified text keeps: characters of jieba's words, those that phrases leave, those that
    // OpenCC lists as their own second candidate or as Simplified for another.
    let mut kept: HashSet<char> = HashSet::new();
    for row in source.sorted_rows("words.tsv", 3)? {
        if row[0].chars().count() > 1 {
            kept.extend(row[0].chars());
        }
    }
    kept.extend(t2s.phrases().flat_map(|(_, value)| value.chars()));
    for (key, candidates) in &opencc.ts_chars {
        if candidates.contains(key) && !opencc.ts_rare.contains_key(key) && candidates[0] != *key {
            kept.insert(single(key)?);
        }
    }
    for (key, candidates) in &opencc.st_chars {
        if candidates[0] != *key {
            kept.insert(single(key)?);
        }
    }
    // In Simplified text 於 is a surname and a few archaisms; in Traditional text it is among the
    // commonest characters, so its word is worth more than its exceptions.
    kept.remove(&'於');
    let changed = t2s.map.keys().filter_map(|key| only(key)).filter(|&c| t2s.char(c) != c);
    for c in changed.filter(|c| !kept.contains(c)) {
        *flags.entry(c).or_default() |= TRADITIONAL_ONLY;
    }

    // What Traditional text has: characters that OpenCC gives for any Simplified one, those of its
    // Traditional phrases, those that the standards of Taiwan and Hong Kong prefer.
    let mut traditional: HashSet<char> = HashSet::new();
    let values = opencc.st_chars.values().flatten();
    let phrases = opencc.st_phrases.values().map(|values| &values[0]);
    let regional = [&opencc.hk[1], &opencc.tw[1]].into_iter().flat_map(|dict| dict.keys());
    traditional.extend(values.chain(phrases).chain(regional).flat_map(|text| text.chars()));
    // Old characters in their own right, in use wherever Big5 was, that OpenCC's tables do not show.
    traditional.extend("并晒肴凄栖昵".chars());
    for (key, candidates) in &opencc.st_chars {
        let c = single(key)?;
        if candidates[0] != *key && !traditional.contains(&c) && t2s.char(c) == c {
            *flags.entry(c).or_default() |= SIMPLIFIED_ONLY;
        }
    }
    Ok(flags)
}

/// A step of a conversion: see `Step` in `src/lexicon/script.rs`.
fn step(flags: &BTreeMap<char, u32>, rules: &Rules) -> Result<Vec<u8>> {
    let mut entries = flags.clone();
    let mut phrases = BTreeMap::new();
    for (key, value) in &rules.map {
        let [old, new] = [key, value].map(|text| only(text));
        match old.zip(new) {
            Some((old, new)) if old == new => {}
            Some((old, new)) => *entries.entry(old).or_default() |= u32::from(new),
            None => {
                let first = key.chars().next().context("an empty phrase")?;
                *entries.entry(first).or_default() |= PHRASE;
                phrases.insert(key.as_str(), value.as_str());
            }
        }
    }
    let mut distinct = vec![0];
    let mut numbers = BTreeMap::new();
    let mut table = BTreeMap::new();
    for (&c, &entry) in &entries {
        let number = *numbers.entry(entry).or_insert_with(|| {
            distinct.push(entry);
            distinct.len() - 1
        });
        table.insert(c, u16::try_from(number).context("too many characters in a script table")?);
    }
    let mut texts = String::new();
    let mut keys = Vec::new();
    for (phrase, text) in phrases {
        let len = u8::try_from(text.len()).with_context(|| format!("opencc: {text} is too long"))?;
        keys.push((phrase, (texts.len() as u64) << 8 | u64::from(len)));
        texts.push_str(text);
    }
    let mut sections = char_table(&table)?;
    sections.push(distinct.into_iter().flat_map(u32::to_le_bytes).collect());
    sections.push(map(keys)?);
    sections.push(texts.into_bytes());
    pack(&sections)
}
