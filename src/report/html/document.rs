//! A document as the page shows it: one line of JSON that gives both of its texts back.

use std::cmp::Ordering;

use super::super::json::Json;
use super::super::marks::{self, Mark, MarkKind};
use super::super::place::Places;
use crate::edit::{Change, ChangeKind, Piece, PieceKind};
use crate::pipeline::{Cleaned, Finding};

/// How much was done to a text, and how doubtful that is.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Standing {
    pub(super) name: String,
    pub(super) characters: usize,
    /// Characters that edits wrote, took out or moved; converted ones are left out.
    pub(super) touched: usize,
    pub(super) edits: usize,
    pub(super) findings: usize,
    /// How many of the edits are wrong, going by their confidence.
    pub(super) doubt: f32,
}

impl Standing {
    /// The share of the characters that was touched, 0 to 1.
    pub(super) fn share(&self) -> f32 {
        (self.touched as f32 / self.characters.max(1) as f32).min(1.0)
    }

    /// Edits that are likely wrong, and the share of what was touched, of which all is worth ten of them.
    fn risk(&self) -> f32 {
        self.doubt + 10.0 * self.share()
    }

    /// The riskier one is the greater.
    pub(super) fn cmp(&self, other: &Self) -> Ordering {
        self.risk().total_cmp(&other.risk()).then(self.findings.cmp(&other.findings))
    }
}

/// A text for the report.
#[derive(Clone, Debug)]
pub struct Document {
    pub(super) standing: Standing,
    /// Its line; nothing if there is nothing to see in it.
    pub(super) line: Vec<u8>,
}

impl Document {
    /// What is to be seen of a text. `changes` are its own.
    #[must_use]
    pub fn new(name: &str, cleaned: &Cleaned<'_>, changes: &[Change]) -> Self {
        let chars = |text: &str| text.chars().count();
        let mut standing = Standing {
            name: name.to_owned(),
            characters: chars(cleaned.original()),
            findings: cleaned.findings().len(),
            ..Standing::default()
        };
        for change in changes.iter().filter(|change| change.kind != ChangeKind::Convert) {
            let old = chars(cleaned.old(change));
            standing.touched += match change.kind {
                ChangeKind::Move => old,
                _ => old.max(chars(cleaned.new_text(change))),
            };
            standing.edits += 1;
            standing.doubt += 1.0 - change.confidence;
        }
        let is_seen = !changes.is_empty() || standing.findings > 0;
        Self { standing, line: if is_seen { Line::of(cleaned, changes) } else { Vec::new() } }
    }
}

/// A line under construction: an object of
///
/// * `t`, the tokens in the order of the clean text: a string stands in both texts; `[i, old, new]` is change
///   `i`; `[i, [tokens]]` a stretch that change `i` moved there; `i` the place it was taken from; and `-1-k`
///   stands before what finding `k` saw;
/// * `o`, where something was moved: the strings and changes of `t`, by number, in the order of the original;
/// * `e`, the changes: kind (0 replaced, 1 converted, 2 moved), rules by their place in the table, line and
///   column in the original, confidence in thousandths, changes it depends on;
/// * `f`, the findings: rule, line and column, confidence, what was seen, what an unsafe edit would write, and
///   line and column to where it would move it.
struct Line<'a> {
    out: Json,
    cleaned: &'a Cleaned<'a>,
    /// Findings by where they stand in the clean text, the first last.
    findings: Vec<(usize, usize)>,
    /// End of the clean text that is written.
    pos: usize,
    /// Where in the original each string and change stands, if that is not their order.
    sources: Option<Vec<usize>>,
}

/// A moved stretch that is being written.
struct Open<'c> {
    change: &'c Change,
    /// What was taken from here, to be written behind it.
    origins: Vec<usize>,
}

impl Line<'_> {
    fn of(cleaned: &Cleaned<'_>, changes: &[Change]) -> Vec<u8> {
        let size = cleaned.text().len() + 48 * changes.len() + 256;
        let findings = anchors(cleaned);
        let has_moves = changes.iter().any(|change| change.kind == ChangeKind::Move);
        let sources = has_moves.then(Vec::new);
        let mut line = Line { out: Json::with_capacity(size), cleaned, findings, pos: 0, sources };
        line.out.raw("{\"t\":[");
        line.tokens(&marks::of(cleaned, changes), changes);
        if let Some(sources) = line.sources.take() {
            let mut order: Vec<usize> = (0..sources.len()).collect();
            order.sort_by_key(|&i| sources[i]);
            line.out.raw("],\"o\":");
            line.out.value(&order);
            line.out.raw(",\"e\":[");
        } else {
            line.out.raw("],\"e\":[");
        }
        let places = Places::of(cleaned.original());
        for change in changes {
            line.change(change, &places);
        }
        line.out.raw("],\"f\":[");
        for finding in cleaned.findings() {
            line.finding(finding, &places);
        }
        line.out.raw("]}");
        line.out.0
    }

    /// A comma, unless it is the first of a list.
    fn next(&mut self) {
        if self.out.0.last() != Some(&b'[') {
            self.out.raw(",");
        }
    }

    fn number(&mut self, number: isize) {
        self.next();
        self.out.number("", number);
    }

    fn tokens(&mut self, marks: &[Mark], changes: &[Change]) {
        let cleaned = self.cleaned;
        let mut open: Option<Open<'_>> = None;
        for mark in marks {
            let Mark { kind, change, source, clean } = *mark;
            if let Some(stretch) = &mut open {
                if kind == MarkKind::Origin && clean.start < stretch.change.clean.end {
                    stretch.origins.push(change);
                    continue;
                }
                let is_inside = stretch.change.carries(&changes[change]);
                if matches!(kind, MarkKind::Target | MarkKind::Origin) || !is_inside {
                    self.close(open.take(), clean.start);
                }
            }
            self.copy(clean.start);
            match kind {
                MarkKind::Origin => self.number(change.cast_signed()),
                MarkKind::Target => {
                    self.next();
                    self.out.number("[", change);
                    self.out.raw(",[");
                    open = Some(Open { change: &changes[change], origins: Vec::new() });
                }
                MarkKind::Replace | MarkKind::Convert => {
                    self.next();
                    self.out.number("[", change);
                    self.out.raw(",");
                    self.stands_at(source.start);
                    self.out.string(source.of(cleaned.original()));
                    self.out.raw(",");
                    self.out.string(clean.of(cleaned.text()));
                    self.out.raw("]");
                    self.pos = self.pos.max(clean.end);
                }
            }
        }
        self.close(open, cleaned.text().len());
        self.copy(cleaned.text().len());
        while let Some((_, finding)) = self.findings.pop() {
            self.number(-1 - finding.cast_signed());
        }
    }

    /// Ends a moved stretch before `next`: a change that reaches across its end stands behind it.
    fn close(&mut self, open: Option<Open<'_>>, next: usize) {
        let Some(Open { change, origins }) = open else { return };
        self.copy(change.clean.end.min(next));
        self.out.raw("]]");
        for origin in origins {
            self.number(origin.cast_signed());
        }
    }

    /// Clean text up to `end` that no change touched, with the findings in it.
    fn copy(&mut self, end: usize) {
        let text = self.cleaned.text();
        while let Some((at, finding)) = self.findings.pop_if(|&mut (at, _)| at < end) {
            self.stretch(at.max(self.pos), text);
            self.number(-1 - finding.cast_signed());
        }
        self.stretch(end, text);
    }

    fn stretch(&mut self, end: usize, text: &str) {
        let cleaned = self.cleaned;
        while self.pos < end {
            let mut until = end;
            if self.sources.is_some() {
                // What stands together may come from several places.
                let pieces = cleaned.layer().pieces();
                let piece = pieces.partition_point(|piece| piece.output.end <= self.pos);
                let Piece { source, output, .. } = pieces[piece];
                until = output.end.min(end);
                self.stands_at(source.start + self.pos - output.start);
            }
            self.next();
            self.out.string(&text[self.pos..until]);
            self.pos = until;
        }
    }

    fn stands_at(&mut self, source: usize) {
        if let Some(sources) = &mut self.sources {
            sources.push(source);
        }
    }

    fn change(&mut self, change: &Change, places: &Places<'_>) {
        let kind = match change.kind {
            ChangeKind::Replace => 0,
            ChangeKind::Convert => 1,
            ChangeKind::Move => 2,
        };
        let place = places.at(change.source.start);
        self.next();
        self.out.number("[", kind);
        self.out.raw(",[");
        for &rule in &*change.rules {
            self.number(rule as isize);
        }
        self.out.number("],", place.line);
        self.out.number(",", place.column);
        self.out.number(",", thousandths(change.confidence));
        if !change.needs.is_empty() {
            self.out.raw(",");
            self.out.value(&change.needs);
        }
        self.out.raw("]");
    }

    fn finding(&mut self, finding: &Finding, places: &Places<'_>) {
        let place = places.at(finding.span.start);
        let old = finding.span.of(self.cleaned.original());
        let (rule, confidence) = (finding.rule as usize, thousandths(finding.confidence));
        let target = finding.target.map(|to| places.at(to)).map(|to| [to.line, to.column]);
        self.next();
        self.out.value(&(rule, place.line, place.column, confidence, old, &finding.proposal, target));
    }
}

fn thousandths(confidence: f32) -> u32 {
    (confidence.clamp(0.0, 1.0) * 1000.0).round() as u32
}

/// Where in the clean text the findings stand, the last first.
fn anchors(cleaned: &Cleaned<'_>) -> Vec<(usize, usize)> {
    if cleaned.findings().is_empty() {
        return Vec::new();
    }
    let mut pieces: Vec<&Piece> =
        cleaned.layer().pieces().iter().filter(|piece| !piece.source.is_empty()).collect();
    pieces.sort_unstable_by_key(|piece| piece.source);
    let anchor = |(i, finding): (usize, &Finding)| {
        let pos = finding.span.start;
        let piece = pieces.partition_point(|piece| piece.source.start <= pos).checked_sub(1);
        let at = piece.map_or(0, |i| {
            let Piece { source, output, kind, .. } = *pieces[i];
            match kind {
                PieceKind::Copy | PieceKind::Convert => output.start + (pos - source.start).min(output.len()),
                PieceKind::Char | PieceKind::New => output.start,
            }
        });
        (at, i)
    };
    let mut anchors: Vec<(usize, usize)> = cleaned.findings().iter().enumerate().map(anchor).collect();
    anchors.sort_unstable_by(|a, b| b.cmp(a));
    anchors
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::edit::Span;
    use crate::report::testing::{rounds, run};
    use crate::rules::RuleId;

    /// The original and the clean text, read back from the tokens.
    fn texts(line: &Value) -> (String, String) {
        fn walk<'v>(tokens: &'v Value, old: &mut Vec<&'v str>, new: &mut Vec<&'v str>) {
            for token in tokens.as_array().unwrap() {
                match token {
                    Value::Array(change) if change.len() == 2 => walk(&change[1], old, new),
                    Value::Array(change) => {
                        old.push(change[1].as_str().unwrap());
                        new.push(change[2].as_str().unwrap());
                    }
                    _ => token.as_str().into_iter().for_each(|text| {
                        old.push(text);
                        new.push(text);
                    }),
                }
            }
        }
        let (mut old, mut new) = (Vec::new(), Vec::new());
        walk(&line["t"], &mut old, &mut new);
        if let Some(order) = line["o"].as_array() {
            old = order.iter().map(|i| old[i.as_u64().unwrap() as usize]).collect();
        }
        (old.concat(), new.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

        #[test]
        fn both_texts_come_back(
            text in "[一二三國體\n<&\"\u{0}\u{202e}]{0,40}",
            rounds in rounds(),
            seen in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        ) {
            let (clean, layer) = run(&text, &rounds);
            let boundaries: Vec<usize> = text.char_indices().map(|(i, _)| i).chain([text.len()]).collect();
            let finding = |at: &prop::sample::Index| {
                let at = boundaries[at.index(boundaries.len())];
                let (rule, span) = (RuleId::LostText, Span::new(at, at));
                Finding { rule, span, proposal: None, target: None, confidence: 1.0 }
            };
            let findings: Vec<Finding> = seen.iter().map(finding).collect();
            let cleaned = Cleaned::of_layer(&text, clean.clone(), layer, findings);
            let changes = cleaned.changes();
            let line: Value = serde_json::from_slice(&Line::of(&cleaned, &changes)).unwrap();
            prop_assert_eq!(texts(&line), (text.clone(), clean));
            prop_assert_eq!(line["e"].as_array().unwrap().len(), changes.len());
            prop_assert_eq!(line["f"].as_array().unwrap().len(), seen.len());
            let all = line["t"].to_string();
            for k in 1..=seen.len() {
                prop_assert!(all.contains(&format!("-{k}")), "{all}");
            }
        }
    }
}
