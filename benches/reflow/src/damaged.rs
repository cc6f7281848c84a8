//! Damaged documents, a kind at a time and all kinds together: the share of each damage that is repaired, the
//! edits that are wrong, the character error rate.

use std::collections::BTreeMap;

use jiaokan::edit::Bias;
use jiaokan::{Cleaned, Cleaner};
use jiaokan_damage::layout::{Damage, Damaged, Kind, Mark};
use rapidfuzz::distance::levenshtein;
use rayon::prelude::*;

use crate::{Text, cleaner, learn, share, show};

/// Characters on each side of a place that must be right for it to count as repaired.
const BESIDE: usize = 4;

/// What became of a set of documents.
#[derive(Default)]
pub(crate) struct Score {
    /// Repaired and all, by damage.
    pub(crate) marks: BTreeMap<String, (usize, usize)>,
    /// Right and all edits that took out a line break, and a space.
    breaks: (usize, usize),
    spaces: (usize, usize),
    /// Edit distance to the clean text before and after, in characters.
    errors: (usize, usize),
    examples: Vec<String>,
}

impl Score {
    fn add(mut self, other: Score) -> Score {
        for (what, (right, all)) in other.marks {
            let held = self.marks.entry(what).or_default();
            *held = (held.0 + right, held.1 + all);
        }
        for (a, b) in [
            (&mut self.breaks, other.breaks),
            (&mut self.spaces, other.spaces),
            (&mut self.errors, other.errors),
        ] {
            *a = (a.0 + b.0, a.1 + b.1);
        }
        self.examples.extend(other.examples);
        self
    }
}

pub(crate) fn run(text: &Text) {
    println!("\n## Damaged documents\n");
    let sets: Vec<(String, Vec<Kind>)> = Kind::ALL
        .iter()
        .map(|&kind| (kind.to_string(), vec![kind]))
        .chain([
            ("cuts and wraps".to_owned(), vec![Kind::Cuts, Kind::Wraps]),
            (
                "cuts, captions, half-width marks".to_owned(),
                vec![Kind::Cuts, Kind::Captions, Kind::Punctuation],
            ),
            ("all kinds".to_owned(), Kind::ALL.to_vec()),
        ])
        .collect();
    let wanted: Vec<String> =
        std::env::args().filter(|arg| sets.iter().any(|(name, _)| name == arg)).collect();
    let sets: Vec<_> =
        sets.into_iter().filter(|(name, _)| wanted.is_empty() || wanted.contains(name)).collect();
    for adapted in [false, true] {
        println!("\n### {}\n", if adapted { "With --adapt" } else { "By default" });
        println!(
            "| damage | errors before, per million | after | fall | breaks taken out: right | spaces taken out: right | repaired |"
        );
        println!("|---|---|---|---|---|---|---|");
        for (seed, (name, kinds)) in (10..).zip(&sets) {
            let documents = text.damaged(kinds, seed);
            let mut cleaner = cleaner(&[]);
            if adapted {
                cleaner = cleaner.with_profile(learn(documents.iter().map(|d| d.text.as_str())));
            }
            let score = score(&documents, &cleaner);
            let per = |n: usize| n as f64 * 1e6 / text.characters as f64;
            let repaired: Vec<String> = score
                .marks
                .iter()
                .map(|(what, (right, all))| format!("{what} {:.3} of {all}", share(*right, *all)))
                .collect();
            println!(
                "| {name} | {:.0} | {:.0} | {:.3} | {:.4} of {} | {:.4} of {} | {} |",
                per(score.errors.0),
                per(score.errors.1),
                1.0 - share(score.errors.1, score.errors.0),
                share(score.breaks.0, score.breaks.1),
                score.breaks.1,
                share(score.spaces.0, score.spaces.1),
                score.spaces.1,
                repaired.join(", "),
            );
            if std::env::var_os("EXAMPLES").is_some() {
                let step = (score.examples.len() / 400).max(1);
                score.examples.iter().step_by(step).for_each(|example| println!("- {example}"));
            }
        }
    }
}

pub(crate) fn score(documents: &[Damaged], cleaner: &Cleaner) -> Score {
    documents.par_iter().map(|document| of(document, cleaner)).reduce(Score::default, Score::add)
}

fn of(document: &Damaged, cleaner: &Cleaner) -> Score {
    let cleaned = cleaner.clean(&document.text);
    let mut score = Score::default();
    let distance = |text: &str| levenshtein::distance(text.chars(), document.clean.chars());
    score.errors = (distance(&document.text), distance(cleaned.text()));
    for mark in &document.marks {
        let right = is_repaired(document, &cleaned, mark);
        let mut name = format!("{:?}", mark.what);
        if mark.what == Damage::Wrap
            && document.text[..mark.at.start].ends_with(['。', '！', '？', '”', '.', '"', '!', '?'])
        {
            name += " at a sentence's end";
        }
        let held = score.marks.entry(name).or_default();
        *held = (held.0 + usize::from(right), held.1 + 1);
        if !right {
            score.examples.push(format!("not repaired: {:?} {}", mark.what, around(document, &mark.at)));
        }
    }
    for change in cleaned.changes() {
        let (old, new) = (cleaned.old(&change), cleaned.new_text(&change));
        let at = change.source.start..change.source.end;
        let right = document.marks.iter().any(|mark| mark.at.start < at.end && at.start < mark.at.end);
        let (counted, what) = if old.contains('\n') && !new.contains('\n') {
            (&mut score.breaks, "break")
        } else if !old.is_empty() && old.trim().is_empty() && !old.contains('\n') {
            (&mut score.spaces, "space")
        } else {
            if !right {
                score.examples.push(format!("wrong: {:?} {}", change.rules, around(document, &at)));
            }
            continue;
        };
        *counted = (counted.0 + usize::from(right), counted.1 + 1);
        if !right {
            score.examples.push(format!("wrong {what}: {:?} {}", change.rules, around(document, &at)));
        }
    }
    score
}

fn around(document: &Damaged, at: &std::ops::Range<usize>) -> String {
    let from = document.text.floor_char_boundary(at.start.saturating_sub(60));
    let to = document.text.ceil_char_boundary((at.end + 60).min(document.text.len()));
    show(&format!(
        "{}[{}]{}",
        &document.text[from..at.start],
        &document.text[at.clone()],
        &document.text[at.end..to]
    ))
}

/// Whether the clean text has, where the mark was, what the truth has there, with some characters on each side.
fn is_repaired(document: &Damaged, cleaned: &Cleaned<'_>, mark: &Mark) -> bool {
    let truth = &document.clean;
    let before = truth[..mark.clean_at].char_indices().rev().nth(BESIDE - 1).map_or(0, |(at, _)| at);
    let end = mark.clean_at + mark.clean.len();
    let after = truth[end..].char_indices().nth(BESIDE).map_or(truth.len(), |(at, _)| end + at);
    let wanted = &truth[before..after];
    let text = cleaned.text();
    let near = cleaned.to_clean(mark.at.start, Bias::Left);
    let from = text.floor_char_boundary(near.saturating_sub(wanted.len() + 90));
    let to = text.ceil_char_boundary((near + wanted.len() + 90).min(text.len()));
    let floated = mark.moved.is_empty() || text.lines().any(|line| same_caption(line, &mark.moved));
    floated && text[from..to].contains(wanted)
}

/// Captions may keep a space where two of their paragraphs met.
fn same_caption(a: &str, b: &str) -> bool {
    a.chars().filter(|c| !c.is_whitespace()).eq(b.chars().filter(|c| !c.is_whitespace()))
}
