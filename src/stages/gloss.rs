//! Drops pinyin glosses that software put behind characters; keeps an author's readings.
//!
//! The document decides first ([`GlossFacts`]), then each character: software glosses common characters,
//! inside words, each time, always with one reading; an author glosses a rare character or a name, once.

use std::collections::HashMap;

use crate::chars::{is_common_han, is_han};
use crate::edit::Span;
use crate::lexicon::{readings, script, words};
use crate::pipeline::{Doc, Proposals};
use crate::rules::{Applicability, RuleId, StageId};
use crate::stages::{Stage, recover};

/// Longest content of a bracket that is looked at, in bytes: `zhuāng` and spaces, in either width.
const LONGEST: usize = 24;

/// A well-formed gloss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gloss<'t> {
    /// The character that is glossed.
    pub of: char,
    /// Its byte offset.
    pub at: usize,
    /// The brackets with all between them, repeated glosses included.
    pub span: Span,
    /// The syllable.
    pub syllable: &'t str,
}

/// The well-formed glosses of a text: a Han character, then one or more brackets that hold one of its readings.
pub fn glosses(text: &str) -> impl Iterator<Item = Gloss<'_>> {
    let mut done = 0;
    memchr::memchr2_iter(b'(', 0xef, text.as_bytes()).filter_map(move |open| {
        if open < done || !text.is_char_boundary(open) {
            return None;
        }
        let of = text[..open].chars().next_back().filter(|&c| is_han(c))?;
        let (mut end, mut syllable) = (open, None);
        while let Some((inside, len)) = bracket(&text[end..]) {
            let inside = inside.trim();
            if !readings::is_reading(of, inside) {
                break;
            }
            syllable.get_or_insert(inside);
            end += len;
        }
        done = end;
        syllable.map(|syllable| Gloss { of, at: open - of.len_utf8(), span: Span::new(open, end), syllable })
    })
}

/// The content of the bracket that `text` begins with and the bracket's whole length in bytes.
pub(crate) fn bracket(text: &str) -> Option<(&str, usize)> {
    let open = text.chars().next().filter(|c| matches!(c, '(' | '（'))?;
    let inside = &text[open.len_utf8()..];
    let (at, close) =
        inside.char_indices().take_while(|(i, _)| *i <= LONGEST).find(|(_, c)| matches!(c, ')' | '）'))?;
    Some((&inside[..at], open.len_utf8() + at + close.len_utf8()))
}

/// What the whole document says of its glosses.
#[derive(Clone, Debug, Default)]
pub struct GlossFacts {
    /// What is glossed.
    pub table: GlossTable,
    /// Whether software put the glosses there.
    pub by_software: bool,
}

/// The characters that a text glosses.
#[derive(Clone, Debug, Default)]
pub struct GlossTable(HashMap<char, Entry>);

#[derive(Clone, Debug, Default)]
struct Entry {
    glossed: usize,
    occurs: usize,
    /// Glossed with more than one reading.
    varies: bool,
    /// The reading that came first, as it is spelled there.
    reading: String,
}

impl GlossTable {
    /// The reading that a character is glossed with; `None` if it never is.
    #[must_use]
    pub fn reading(&self, c: char) -> Option<&str> {
        self.0.get(&c).map(|entry| entry.reading.as_str())
    }

    /// The characters that are glossed so, in the order of their code points.
    pub fn read_as(&self, syllable: &str) -> impl Iterator<Item = char> {
        let is_so = |entry: &Entry| readings::same_syllable(&entry.reading, syllable);
        let mut chars: Vec<char> = self.0.iter().filter(|(_, entry)| is_so(entry)).map(|(&c, _)| c).collect();
        chars.sort_unstable();
        chars.into_iter()
    }

    /// Adds a gloss that the text holds in another form.
    pub fn add(&mut self, c: char, syllable: &str) {
        let entry = self.0.entry(c).or_default();
        entry.glossed += 1;
        entry.occurs += 1;
        if entry.reading.is_empty() {
            syllable.clone_into(&mut entry.reading);
        }
    }

    /// Whether a character is glossed wherever it stands whole.
    #[must_use]
    pub fn is_always_glossed(&self, c: char) -> bool {
        self.0.get(&c).is_some_and(|entry| entry.glossed == entry.occurs)
    }
}

impl GlossFacts {
    /// Reads the glosses of a text that holds `han` Han characters.
    #[must_use]
    pub fn of(text: &str, han: usize) -> Self {
        let mut table: HashMap<char, Entry> = HashMap::new();
        let (mut common, mut inside_words) = (0, 0);
        for gloss in glosses(text) {
            let entry = table.entry(gloss.of).or_default();
            entry.glossed += 1;
            if entry.reading.is_empty() {
                gloss.syllable.clone_into(&mut entry.reading);
            }
            entry.varies |= !readings::same_syllable(&entry.reading, gloss.syllable);
            if is_common_han(gloss.of) {
                common += 1;
                inside_words += usize::from(splits_word(text, &gloss));
            }
        }
        if table.is_empty() {
            return Self::default();
        }
        for c in text.chars().filter(|&c| is_han(c)) {
            if let Some(entry) = table.get_mut(&c) {
                entry.occurs += 1;
            }
        }
        let entries = || table.iter().filter(|(c, _)| is_common_han(**c)).map(|(_, entry)| entry);
        let glossed: usize = entries().map(|e| e.glossed).sum();
        let occurs: usize = entries().map(|e| e.occurs).sum();
        let varying = entries().filter(|e| e.varies).count();
        let characters = entries().count();
        // A textbook glosses characters of several readings; software does not care.
        let one_reading =
            table.keys().filter(|&&c| is_common_han(c) && readings::readings(c).count() == 1).count();
        // Nobody glosses by hand what stands glossed a line above.
        let steady = entries().filter(|e| e.glossed >= 3 && e.glossed == e.occurs && !e.varies).count();
        let by_software = characters >= 2
            && inside_words >= 1
            && (one_reading * 4 >= characters.max(4) || steady >= 3)
            && varying * 10 <= characters
            // Every time, or nearly: a shift of the bytes hides some.
            && glossed * 10 >= occurs * 7
            // Where nearly every character has its reading, the readings are the point of the text.
            && common * 2 <= han;
        Self { table: GlossTable(table), by_software }
    }

    /// Whether there are readings and an author wrote them.
    #[must_use]
    pub fn is_authors(&self) -> bool {
        !self.table.0.is_empty() && !self.by_software
    }
}

/// Whether the gloss stands inside a word of the dictionary.
fn splits_word(text: &str, gloss: &Gloss<'_>) -> bool {
    let mut left: Vec<char> = text[..gloss.span.start]
        .chars()
        .rev()
        .take_while(|&c| is_han(c))
        .take(3)
        .map(script::simplified)
        .collect();
    left.reverse();
    let left: String = left.into_iter().collect();
    let right: String =
        text[gloss.span.end..].chars().take_while(|&c| is_han(c)).take(3).map(script::simplified).collect();
    words::shipped().spanning(&left, &right).next().is_some()
}

/// Whether software glossed this character too, in a document where it glosses. An author may have glossed it if
/// it is rare, stands without a gloss elsewhere, or is read otherwise than it mostly is, as in a place's name.
fn is_softwares(gloss: &Gloss<'_>, facts: &GlossFacts) -> bool {
    let Some(entry) = facts.table.0.get(&gloss.of) else { return false };
    let is_usual = || {
        let simplified = script::simplified(gloss.of);
        simplified != gloss.of
            || readings::readings(gloss.of).next().is_some_and(|r| readings::same_syllable(r, gloss.syllable))
    };
    entry.glossed > 1 || (entry.occurs == 1 && is_ordinary(gloss.of) && is_usual())
}

/// Whether `c` is common, or of the 3,755 that GB 2312 has for common.
fn is_ordinary(c: char) -> bool {
    is_common_han(c) || recover::is_first_level(script::simplified(c))
}

/// The stage.
#[derive(Debug)]
pub struct GlossStage;

impl Stage for GlossStage {
    fn id(&self) -> StageId {
        StageId::Gloss
    }

    fn scan(&self, doc: &Doc<'_>, out: &mut Proposals<'_>) {
        let facts = &doc.facts.glosses;
        if facts.table.0.is_empty() {
            return;
        }
        for gloss in glosses(doc.text) {
            let applicability = if !facts.by_software {
                Applicability::Unsafe
            } else if is_softwares(&gloss, facts) {
                Applicability::Safe
            } else {
                Applicability::Display
            };
            if facts.by_software && applicability == Applicability::Safe
                || splits_word(doc.text, &gloss) && is_common_han(gloss.of)
            {
                out.propose(gloss.span, "", RuleId::PinyinGloss, 1.0, applicability);
            } else {
                out.report(gloss.span, RuleId::AuthorsReading);
            }
        }
    }
}
