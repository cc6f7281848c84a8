//! What was learned from a corpus: `jiaokan learn` writes it, a [`Cleaner`](crate::Cleaner) reads it.
//!
//! A profile is one file. It is read once, checked as a whole, and shared by all threads; with the document
//! and the configuration it decides the output, so [`Profile::id`] belongs into every log.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::chars::{is_digit, is_han, is_stop, lines};
use crate::lexicon::ngram::{Counter, Model, ModelError};
use crate::lexicon::script::simplified_text;
use crate::stages::gloss::glosses;

/// What a file begins with; the number is the version.
const MAGIC: &[u8] = b"jiaokan profile 1\n";
/// Bigrams and trigrams that a corpus shows less often are left to back-off. Its own n-gram may be large.
const MIN_BIGRAM: u32 = 1;
const MIN_TRIGRAM: u32 = 2;
/// A running head has at most so many characters.
const HEAD: usize = 30;
/// A running head stands in so many documents at the least.
const HEAD_DOCUMENTS: u32 = 3;

/// What was learned from a corpus.
#[derive(Clone, Debug)]
pub struct Profile {
    facts: Facts,
    ngram: Model,
    id: u64,
}

/// The part of a profile that people can read: one line of JSON behind the magic line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    /// Documents learned from.
    documents: u32,
    /// Their characters.
    characters: u64,
    /// Short lines that recur across documents, and in how many.
    heads: BTreeMap<String, u32>,
    /// Glosses by character and reading, and how often each stands there.
    glosses: BTreeMap<char, BTreeMap<String, u32>>,
    /// How often each glossed character occurs, with a gloss or without.
    occurrences: BTreeMap<char, u32>,
}

/// Why a profile could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The file could not be read.
    #[error("{}: {source}", .file.display())]
    Io {
        /// The profile's file.
        file: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
    /// The bytes are no profile of this version.
    #[error("not a profile of this version; write it again with `jiaokan learn`")]
    Magic,
    /// The bytes are not those that were written.
    #[error("the profile is damaged: its bytes do not add up")]
    Damaged,
    /// The readable part is not as it should be.
    #[error("the profile is damaged: {0}")]
    Facts(#[from] serde_json::Error),
    /// The n-gram is not as it should be.
    #[error("the profile is damaged: {0}")]
    Ngram(#[from] ModelError),
}

impl Profile {
    /// Reads a profile's file.
    ///
    /// # Errors
    /// If it cannot be read, is no profile of this version, or was damaged.
    pub fn read(file: &Path) -> Result<Self, ProfileError> {
        let bytes =
            std::fs::read(file).map_err(|source| ProfileError::Io { file: file.to_owned(), source })?;
        Self::from_bytes(&bytes)
    }

    /// Reads a profile from the bytes of its file.
    ///
    /// # Errors
    /// If they are no profile of this version, or were damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProfileError> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(ProfileError::Magic)?;
        let (body, sum) = rest.split_last_chunk::<8>().ok_or(ProfileError::Damaged)?;
        let id = hash(body);
        if id != u64::from_le_bytes(*sum) {
            return Err(ProfileError::Damaged);
        }
        let end = memchr::memchr(b'\n', body).ok_or(ProfileError::Damaged)?;
        let facts = serde_json::from_slice(&body[..end])?;
        Ok(Self { facts, ngram: Model::from_bytes(&body[end + 1..])?, id })
    }

    /// The bytes of the file: the magic line, a line of JSON, the n-gram, and a checksum of the two.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(self.body());
        bytes.extend(self.id.to_le_bytes());
        bytes
    }

    fn body(&self) -> Vec<u8> {
        let mut body = serde_json::to_vec(&self.facts).expect("strings and numbers");
        body.push(b'\n');
        body.extend(self.ngram.as_bytes());
        body
    }

    /// A number that the content decides: equal profiles have equal ones, on every machine.
    #[must_use]
    pub const fn id(&self) -> u64 {
        self.id
    }

    /// The corpus's own n-gram.
    #[must_use]
    pub const fn ngram(&self) -> &Model {
        &self.ngram
    }

    /// Documents learned from.
    #[must_use]
    pub const fn documents(&self) -> u32 {
        self.facts.documents
    }

    /// Characters learned from.
    #[must_use]
    pub const fn characters(&self) -> u64 {
        self.facts.characters
    }

    /// The short lines that recur across documents, and in how many of them.
    pub fn heads(&self) -> impl Iterator<Item = (&str, u32)> {
        self.facts.heads.iter().map(|(head, &documents)| (head.as_str(), documents))
    }

    /// In how many documents this line stands as a running head; 0 if it is none.
    #[must_use]
    pub fn head_documents(&self, line: &str) -> u32 {
        self.facts.heads.get(&folded_head(line)).copied().unwrap_or(0)
    }

    /// How often `character` was glossed with `reading`.
    #[must_use]
    pub fn glossed(&self, character: char, reading: &str) -> u32 {
        self.facts.glosses.get(&character).and_then(|readings| readings.get(reading)).copied().unwrap_or(0)
    }

    /// How often `character` occurs, glossed or not; 0 if it never was glossed.
    #[must_use]
    pub fn occurrences(&self, character: char) -> u32 {
        self.facts.occurrences.get(&character).copied().unwrap_or(0)
    }

    /// Every gloss that was counted: character, reading, how often.
    pub fn glosses(&self) -> impl Iterator<Item = (char, &str, u32)> {
        let of = |(&c, readings): (&char, _)| -> Vec<(char, &str, u32)> {
            let readings: &BTreeMap<String, u32> = readings;
            readings.iter().map(|(reading, &count)| (c, reading.as_str(), count)).collect()
        };
        self.facts.glosses.iter().flat_map(of)
    }
}

impl fmt::Display for Profile {
    /// What a log names it by.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "profile {:016x}", self.id)
    }
}

/// Counts a corpus, document by document; the order of the documents makes no difference.
#[derive(Debug, Default)]
pub struct Learner {
    facts: Facts,
    counter: Counter,
    /// In how many documents each short line stands.
    heads: HashMap<String, u32>,
    /// How often each Han character occurs; of use are those that were glossed.
    han: HashMap<char, u32>,
}

impl Learner {
    /// Counts a document. It may be damaged: what is counted stands inside its lines.
    pub fn add(&mut self, text: &str) {
        self.facts.documents += 1;
        let mut heads = HashSet::new();
        for line in lines(text).filter(|line| !line.is_blank()) {
            let (mut plain, mut from) = (String::with_capacity(line.text.len()), 0);
            for gloss in glosses(line.text) {
                let readings = self.facts.glosses.entry(gloss.of).or_default();
                *readings.entry(gloss.syllable.to_lowercase()).or_default() += 1;
                plain += &line.text[from..gloss.span.start];
                from = gloss.span.end;
            }
            plain += &line.text[from..];
            for c in plain.chars().filter(|&c| is_han(c)) {
                *self.han.entry(c).or_default() += 1;
            }
            self.facts.characters += plain.chars().count() as u64;
            self.counter.add(&simplified_text(&plain));
            if line.text.chars().nth(HEAD).is_none() && !line.text.trim_end().ends_with(is_stop) {
                heads.insert(folded_head(line.text));
            }
        }
        heads.remove("");
        for head in heads {
            *self.heads.entry(head).or_default() += 1;
        }
    }

    /// Adds what another learner counted, as if its documents had been counted here.
    pub fn merge(&mut self, other: Learner) {
        self.facts.documents += other.facts.documents;
        self.facts.characters += other.facts.characters;
        other.heads.into_iter().for_each(|(head, n)| *self.heads.entry(head).or_default() += n);
        other.han.into_iter().for_each(|(c, n)| *self.han.entry(c).or_default() += n);
        for (c, readings) in other.facts.glosses {
            let held = self.facts.glosses.entry(c).or_default();
            readings.into_iter().for_each(|(reading, n)| *held.entry(reading).or_default() += n);
        }
        self.counter.merge(other.counter);
    }

    /// What was learned.
    #[must_use]
    pub fn finish(self) -> Profile {
        let Self { mut facts, counter, heads, han } = self;
        facts.heads = heads.into_iter().filter(|&(_, documents)| documents >= HEAD_DOCUMENTS).collect();
        facts.occurrences = facts.glosses.keys().map(|&c| (c, han.get(&c).copied().unwrap_or(0))).collect();
        let ngram =
            Model::from_bytes(&counter.compile(MIN_BIGRAM, MIN_TRIGRAM)).expect("a model as compiled");
        let mut profile = Profile { facts, ngram, id: 0 };
        profile.id = hash(&profile.body());
        profile
    }
}

/// A line as running heads are compared: page numbers differ from page to page, spaces from setting to setting.
fn folded_head(line: &str) -> String {
    let mut folded = String::with_capacity(line.len());
    for c in line.chars().filter(|c| !c.is_whitespace()) {
        if !is_digit(c) {
            folded.push(c);
        } else if !folded.ends_with('0') {
            folded.push('0');
        }
    }
    folded
}

/// FNV-1a, 64 bits: the same on every machine and with every version of the standard library.
fn hash(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |sum, &byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learned() -> Profile {
        let mut learner = Learner::default();
        for page in 1..5 {
            learner.add(&format!("太行日报 第{page}版\n市委副書(shū)記、市長(zhǎng)調(diào)研。\n"));
        }
        learner.finish()
    }

    #[test]
    fn a_profile_survives_its_file() {
        let profile = learned();
        let back = Profile::from_bytes(&profile.to_bytes()).unwrap();
        assert_eq!((back.id(), &back.facts), (profile.id(), &profile.facts));
        assert_eq!(back.glossed('書', "shū"), 4);
        assert_eq!(back.occurrences('書'), 4);
        assert_eq!(back.head_documents("太行日报　第１２版"), 4);
        assert_eq!(back.head_documents("市委副書"), 0);
        // The text is counted without its glosses, in Simplified characters.
        assert!(back.ngram().join_ratio("市委副", "书记") > 0.0);
    }

    #[test]
    fn the_order_of_documents_makes_no_difference() {
        let texts = ["市委副书记调研。", "经济发展。\n经济", "市长"];
        let mut one = Learner::default();
        texts.iter().for_each(|text| one.add(text));
        let mut two = Learner::default();
        let mut rest = Learner::default();
        rest.add(texts[0]);
        [texts[2], texts[1]].iter().for_each(|text| two.add(text));
        two.merge(rest);
        assert_eq!(one.finish().to_bytes(), two.finish().to_bytes());
    }

    #[test]
    fn damage_is_an_error() {
        let bytes = learned().to_bytes();
        for at in [0, MAGIC.len() + 3, bytes.len() / 2, bytes.len() - 1] {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1;
            assert!(Profile::from_bytes(&bytes).is_err(), "{at}");
        }
        assert!(Profile::from_bytes(&bytes[..bytes.len() - 1]).is_err());
        assert!(Profile::from_bytes(b"").is_err());
    }
}
