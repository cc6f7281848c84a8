//! Decisions on the edits of a corpus: which of them belong to a document, and which no longer apply.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use crate::decide::Decision;
use crate::decode::Decoded;
use crate::pipeline::{Cleaned, Cleaner};
use crate::report::place::Places;
use crate::rules::RuleId;

/// A decision as people write it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The document's name; without it, all documents.
    pub document: Option<String>,
    /// Line and column in characters, both from 1, in the original: `12:45`; without them, all places.
    pub at: Option<String>,
    /// A rule that has a part in the edit.
    pub rule: RuleId,
    /// The original's text there.
    pub old: String,
    /// What is written there; without it, whatever.
    pub new: Option<String>,
}

/// Decisions, to be looked up by document.
#[derive(Clone, Debug, Default)]
pub struct Decisions {
    entries: Vec<(bool, Entry)>,
    /// Those of one document, by its name; those of all documents have none.
    documents: HashMap<Option<String>, Vec<usize>>,
}

/// What became of a decision, in the documents where it was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It did not apply, because of this.
    Stale(&'static str),
    /// It applied.
    Applied,
}

/// What became of decisions, by their number.
pub type Outcomes = BTreeMap<usize, Outcome>;

/// Adds what became of decisions elsewhere: one that applied once applies.
pub(crate) fn add(outcomes: &mut Outcomes, more: Outcomes) {
    for (i, outcome) in more {
        match outcome {
            Outcome::Applied => drop(outcomes.insert(i, outcome)),
            Outcome::Stale(_) => drop(outcomes.entry(i).or_insert(outcome)),
        }
    }
}

impl Decisions {
    /// Decisions in their order, each with whether it accepts.
    ///
    /// # Errors
    /// The number of one whose place is none, or stands in no named document.
    pub fn new(entries: Vec<(bool, Entry)>) -> Result<Self, usize> {
        let mut documents: HashMap<_, Vec<_>> = HashMap::new();
        for (i, (_, entry)) in entries.iter().enumerate() {
            if entry.at.as_ref().is_some_and(|at| entry.document.is_none() || place(at).is_none()) {
                return Err(i);
            }
            documents.entry(entry.document.clone()).or_default().push(i);
        }
        Ok(Self { entries, documents })
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Cleans a document, or a block of one, as was decided, and says what became of the decisions on it.
    pub(crate) fn clean<'t>(
        &self,
        cleaner: &Cleaner,
        name: &str,
        decoded: &'t Decoded<'_>,
        (first, last): (bool, bool),
    ) -> (Cleaned<'t>, Outcomes) {
        if self.is_empty() {
            return (cleaner.clean_part(decoded, first, last), Outcomes::new());
        }
        let text = &*decoded.text;
        let (own, all) = (self.documents.get(&Some(name.to_owned())), self.documents.get(&None));
        let mut places: Option<Places<'_>> = None;
        let (mut outcomes, mut numbers, mut decisions) = (Outcomes::new(), Vec::new(), Vec::new());
        // What was decided on the document goes before what was decided on all.
        for &i in own.into_iter().chain(all).flatten() {
            let (accept, entry) = &self.entries[i];
            let at = entry.at.as_deref().and_then(place).map(|(line, column)| {
                let places = places.get_or_insert_with(|| Places::of(text));
                places.find(line, column)
            });
            let stands = match at {
                Some(at) => at.is_some_and(|at| text[at..].starts_with(&entry.old)),
                None => text.contains(&entry.old),
            };
            if !stands {
                outcomes.insert(i, Outcome::Stale("the text there is another one"));
                continue;
            }
            let Entry { rule, old, new, .. } = entry.clone();
            numbers.push(i);
            decisions.push(Decision { accept: *accept, rule, at: at.flatten(), old, new });
        }
        let (cleaned, applied) = cleaner.clean_decided(decoded, first, last, &decisions);
        outcomes.extend(numbers.into_iter().zip(applied).map(|(i, applied)| {
            let stale = Outcome::Stale("no such edit is made or proposed there");
            (i, if applied { Outcome::Applied } else { stale })
        }));
        (cleaned, outcomes)
    }

    /// The decisions that did not apply, by number, and why. `is_whole` says whether all documents were looked
    /// at: otherwise, those of other documents say nothing.
    pub fn stale<'o>(
        &'o self,
        outcomes: &'o Outcomes,
        is_whole: bool,
    ) -> impl Iterator<Item = (usize, &'o Entry, &'static str)> {
        self.entries.iter().enumerate().filter_map(move |(i, (_, entry))| {
            let why = match outcomes.get(&i) {
                Some(Outcome::Applied) => return None,
                Some(Outcome::Stale(_)) if entry.document.is_none() => "no such edit is made or proposed",
                Some(Outcome::Stale(why)) => why,
                None if is_whole => "no such document was cleaned",
                None => return None,
            };
            Some((i, entry, why))
        })
    }
}

/// Line and column of a place.
fn place(at: &str) -> Option<(usize, usize)> {
    let (line, column) = at.split_once(':')?;
    let number = |text: &str| text.parse().ok().filter(|&n: &usize| n > 0);
    Some((number(line)?, number(column)?))
}
