//! What a run did, counted: per unit by the workers, then for files and the whole run.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::decisions::{self, Outcomes};
use super::syntax::Skip;
use crate::decode::Decoded;
use crate::edit::{Change, ChangeKind};
use crate::pipeline::Cleaned;
use crate::report::Counts;
use crate::rules::{RuleId, StageId};

/// Characters of a sample's surroundings, to each side.
const AROUND: usize = 12;

/// Places where bytes meant nothing.
#[derive(Clone, Copy, Debug)]
struct Invalid {
    record: Option<usize>,
    offset: usize,
    encoding: &'static str,
    count: usize,
}

/// The damage, 0 to 1, of a text of so many characters of which so many are touched: an insertion touches one too.
pub(crate) fn damage_of(touched: usize, characters: usize) -> f32 {
    if characters == 0 { 0.0 } else { (touched as f32 / characters as f32).min(1.0) }
}

/// What a rule saw, with its surroundings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The document's name.
    pub name: String,
    /// The text before, as it was.
    pub before: String,
    /// What the rule saw.
    pub old: String,
    /// What it would write there; nothing for a finding.
    pub new: Option<String>,
    /// The text behind.
    pub after: String,
}

/// Counts of documents and of what was done to them.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Documents with text: files of plain text, records of other formats.
    pub documents: usize,
    /// Documents whose bytes change.
    pub changed: usize,
    /// Documents that were set aside or dropped.
    pub removed: usize,
    /// Characters of the originals.
    pub characters: usize,
    /// Bytes of the originals' text, in UTF-8.
    pub bytes: usize,
    /// Bytes of the clean text.
    pub clean_bytes: usize,
    /// Things seen and left alone.
    pub findings: usize,
    /// Edits, findings and converted characters by rule, if they were asked for.
    pub counts: Counts,
    /// Documents by encoding.
    pub encodings: BTreeMap<&'static str, usize>,
    /// Characters that edits touched or findings name, script and style left out.
    pub(crate) touched: usize,
    /// Whether anything differs from the original's bytes.
    pub(crate) is_changed: bool,
    /// What became of the decisions on them.
    pub decided: Outcomes,
    invalid: Option<Invalid>,
    /// First record and count of those without a text, and whether they were left out.
    skipped: BTreeMap<(Skip, bool), (usize, usize)>,
    samples: BTreeMap<RuleId, Vec<Sample>>,
}

impl Tally {
    /// Counts a text; returns its characters.
    pub(crate) fn text(&mut self, decoded: &Decoded<'_>, cleaned: &Cleaned<'_>) -> usize {
        let characters = decoded.text.chars().count();
        self.characters += characters;
        self.bytes += decoded.text.len();
        self.clean_bytes += cleaned.text().len();
        self.findings += cleaned.findings().len();
        characters
    }

    /// Notes how something was decoded.
    pub(crate) fn see(&mut self, decoded: &Decoded<'_>, record: Option<usize>) {
        *self.encodings.entry(decoded.encoding.name()).or_default() += 1;
        for segment in &decoded.segments {
            *self.encodings.entry(segment.encoding.name()).or_default() += 1;
        }
        let invalid = decoded.raw.iter().filter(|raw| raw.span.of(&decoded.text) == "\u{fffd}");
        for raw in invalid {
            let encoding = decoded
                .segments
                .iter()
                .find(|segment| segment.span.contains(raw.span))
                .map_or(decoded.encoding, |segment| segment.encoding)
                .name();
            let first = Invalid { record, offset: raw.offset, encoding, count: 0 };
            self.invalid.get_or_insert(first).count += 1;
        }
    }

    /// Counts a document, or a later block of one.
    pub(crate) fn document(&mut self, is_changed: bool, is_first: bool) {
        self.documents += usize::from(is_first);
        self.changed += usize::from(is_changed && (is_first || !self.is_changed));
        self.is_changed |= is_changed;
    }

    pub(crate) fn skip(&mut self, skip: Skip, is_left_out: bool, index: usize) {
        self.skipped.entry((skip, is_left_out)).or_insert((index, 0)).1 += 1;
    }

    /// Counts the characters that are damage.
    pub(crate) fn touch(&mut self, cleaned: &Cleaned<'_>, changes: &[Change]) {
        let is_damage = |rule: &RuleId| {
            // A separator is a matter of taste.
            *rule != RuleId::ParagraphSeparator
                && matches!(
                    rule.rule().stage,
                    StageId::Recover
                        | StageId::Gloss
                        | StageId::Furniture
                        | StageId::Reflow
                        | StageId::Repeats
                )
        };
        for change in changes.iter().filter(|c| c.kind != ChangeKind::Convert) {
            if change.rules.iter().any(is_damage) {
                self.touched += cleaned.old(change).chars().count().max(1);
            }
        }
        for finding in cleaned.findings() {
            if finding.rule == RuleId::InvalidBytes || is_damage(&finding.rule) {
                self.touched += finding.span.of(cleaned.original()).chars().count().max(1);
            }
        }
    }

    /// Keeps up to `each` samples of each rule.
    pub(crate) fn sample(&mut self, name: &str, cleaned: &Cleaned<'_>, changes: &[Change], each: usize) {
        let edits = changes.iter().flat_map(|c| {
            c.rules.iter().map(move |&rule| (rule, c.source, Some(cleaned.new_text(c).to_owned())))
        });
        let findings = cleaned.findings().iter().map(|f| (f.rule, f.span, f.proposal.clone()));
        let original = cleaned.original();
        for (rule, span, new) in edits.chain(findings) {
            let kept = self.samples.entry(rule).or_default();
            if kept.len() >= each {
                continue;
            }
            let before: Vec<char> = original[..span.start].chars().rev().take(AROUND).collect();
            kept.push(Sample {
                name: name.to_owned(),
                before: before.into_iter().rev().collect(),
                old: span.of(original).to_owned(),
                new,
                after: original[span.end..].chars().take(AROUND).collect(),
            });
        }
    }

    /// Samples of each rule.
    pub fn samples(&self) -> impl Iterator<Item = (RuleId, &[Sample])> {
        self.samples.iter().map(|(&rule, samples)| (rule, &samples[..]))
    }

    /// Records that were passed through, or left out, because no text could be found in them.
    #[must_use]
    pub fn skipped(&self) -> usize {
        self.skipped.values().map(|&(_, count)| count).sum()
    }

    /// Adds what was counted later in the same file, or in another one.
    pub(crate) fn add(&mut self, other: Tally, is_same_file: bool, samples: usize) {
        self.documents += other.documents;
        // The blocks of a document are one document.
        let again = is_same_file && other.documents == 0 && self.is_changed;
        self.changed += if again { 0 } else { other.changed };
        self.removed += other.removed;
        self.characters += other.characters;
        self.bytes += other.bytes;
        self.clean_bytes += other.clean_bytes;
        self.findings += other.findings;
        self.counts.add(&other.counts);
        for (encoding, count) in other.encodings {
            *self.encodings.entry(encoding).or_default() += count;
        }
        self.touched += other.touched;
        decisions::add(&mut self.decided, other.decided);
        self.is_changed |= other.is_changed;
        if let Some(other) = other.invalid {
            self.invalid.get_or_insert(Invalid { count: 0, ..other }).count += other.count;
        }
        for (skip, (first, count)) in other.skipped {
            self.skipped.entry(skip).or_insert((first, 0)).1 += count;
        }
        for (rule, more) in other.samples {
            let kept = self.samples.entry(rule).or_default();
            kept.extend(more);
            kept.truncate(samples);
        }
    }

    /// The damage of all that was counted, 0 to 1.
    #[must_use]
    pub fn damage(&self) -> f32 {
        damage_of(self.touched, self.characters)
    }

    /// What a user should know of how a file was read.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let others: Vec<&str> = self.encodings.keys().copied().filter(|&name| name != "UTF-8").collect();
        if !others.is_empty() {
            let mixed =
                if self.encodings.contains_key("UTF-8") && self.documents == 1 { "UTF-8 and " } else { "" };
            notes.push(format!("read as {mixed}{}, cleaned to UTF-8", others.join(" and ")));
        }
        if let Some(Invalid { record, offset, encoding, count }) = self.invalid {
            let more = match count - 1 {
                0 => String::new(),
                n => format!(", and {n} more {}", if n == 1 { "place" } else { "places" }),
            };
            let record = record.map_or(String::new(), |record| format!("record {}, ", record + 1));
            notes
                .push(format!("warning: {record}byte {offset}: not valid {encoding}{more}; shown as U+FFFD"));
        }
        for ((skip, is_left_out), &(first, count)) in &self.skipped {
            let what = if *is_left_out { "left out" } else { "passed through" };
            let more = if count > 1 { format!(", and {} more", count - 1) } else { String::new() };
            notes.push(format!("warning: record {}{more}: {skip}; {what}", first + 1));
        }
        notes
    }

    /// The counts as an object.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let rules: serde_json::Map<String, Value> = self
            .counts
            .iter()
            .map(|(rule, count)| {
                let value = json!({
                    "edits": count.edits,
                    "converted_characters": count.converted,
                    "findings": count.findings,
                });
                (rule.rule().code.to_owned(), value)
            })
            .collect();
        let mut skipped: BTreeMap<String, usize> = BTreeMap::new();
        for ((skip, _), (_, count)) in &self.skipped {
            *skipped.entry(skip.to_string()).or_default() += count;
        }
        json!({
            "documents": self.documents,
            "changed": self.changed,
            "removed": self.removed,
            "characters": self.characters,
            "bytes": self.bytes,
            "clean_bytes": self.clean_bytes,
            "findings": self.findings,
            "damage": f64::from(self.damage()),
            "encodings": self.encodings,
            "skipped_records": skipped,
            "rules": rules,
        })
    }
}
