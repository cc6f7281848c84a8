//! How well broken text comes back, and what happens to text that is not broken. `make bench-reflow`, or
//! `make bench-reflow ARGS="final"`; a name of a section runs that section alone. EXAMPLES=1 shows what went wrong.
//!
//! The text is People's Daily 1998-01 (see `fetch.py`), in documents of 25 paragraphs, damaged by
//! `jiaokan-damage` with fixed seeds, so that every figure is a count against the truth.

mod damaged;
mod harm;
mod joins;
mod latin;
mod marks;
mod reviews;
mod speed;

use std::path::Path;
use std::sync::Arc;

use fastrand::Rng;
use jiaokan::edit::Span;
use jiaokan::{Change, Cleaned, Cleaner, Config, Learner, Profile, StageId};
use jiaokan_damage::layout::{Damaged, Kind, damage};
use rayon::prelude::*;

/// Paragraphs of a document.
pub(crate) const SIZE: usize = 25;

/// The clean text.
pub(crate) struct Text {
    pub(crate) all: String,
    pub(crate) characters: usize,
    /// Reviews, a line each.
    pub(crate) reviews: String,
}

impl Text {
    pub(crate) fn lines(&self) -> Vec<&str> {
        self.all.lines().collect()
    }

    /// The text in documents, damaged.
    pub(crate) fn damaged(&self, kinds: &[Kind], seed: u64) -> Vec<Damaged> {
        let lines = self.lines();
        lines
            .par_chunks(SIZE)
            .enumerate()
            .map(|(i, paragraphs)| {
                damage(paragraphs, &lines, kinds, &mut Rng::with_seed(seed << 32 | i as u64))
            })
            .collect()
    }
}

type Section = (&'static str, fn(&Text));

const SECTIONS: [Section; 7] = [
    ("harm", harm::run),
    ("reviews", reviews::run),
    ("joins", joins::run),
    ("damaged", damaged::run),
    ("marks", marks::run),
    ("latin", latin::run),
    ("speed", speed::run),
];

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let part = if args.iter().any(|arg| arg == "final") { "final" } else { "dev" };
    let name = format!("clean-{part}.txt");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/bench-data");
    let read = |name: &str| {
        std::fs::read_to_string(folder.join(name)).unwrap_or_else(|_| {
            eprintln!("no {name}: run `python3 benches/fetch.py` first");
            std::process::exit(1);
        })
    };
    let all = read(&name);
    let text = Text { characters: all.chars().count(), all, reviews: read(&format!("reviews-{part}.txt")) };
    println!("{name}: {} characters, {} paragraphs", text.characters, text.lines().len());
    let wanted: Vec<&String> =
        args.iter().filter(|arg| SECTIONS.iter().any(|(name, _)| name == arg)).collect();
    for (name, run) in SECTIONS {
        if wanted.is_empty() || wanted.iter().any(|arg| *arg == name) {
            run(&text);
        }
    }
}

/// A cleaner with these stages alone; all of them if none is named.
pub(crate) fn cleaner(stages: &[StageId]) -> Cleaner {
    let stages = if stages.is_empty() { StageId::ALL.to_vec() } else { stages.to_vec() };
    Cleaner::new(Config { stages, ..Config::default() }).expect("defaults")
}

/// What `jiaokan learn` learns from documents.
pub(crate) fn learn<'t>(documents: impl Iterator<Item = &'t str>) -> Arc<Profile> {
    let mut learner = Learner::default();
    documents.for_each(|text| learner.add(text));
    Arc::new(learner.finish())
}

pub(crate) fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { f64::NAN } else { part as f64 / whole as f64 }
}

/// A text as a line of output.
pub(crate) fn show(text: &str) -> String {
    text.replace('\n', "⏎")
}

/// A change with the text around it, for a line of output.
pub(crate) fn around(document: &str, cleaned: &Cleaned<'_>, change: &Change) -> String {
    const CONTEXT: usize = 60;
    let Span { start, end } = change.source;
    let from = document.floor_char_boundary(start.saturating_sub(CONTEXT));
    let to = document.ceil_char_boundary((end + CONTEXT).min(document.len()));
    let (old, new) = (cleaned.old(change), cleaned.new_text(change));
    show(&format!("{}[{old}→{new}]{}", &document[from..start], &document[end..to]))
}
