//! What the recover and gloss stages bring back, beside what others do, on clean text that the damage tool
//! damages. `make bench-recover`, or `cargo bench --bench recover -- [final] [--rounds N] [sections]`; the
//! sections are gloss, variants, precision, readings, misread, harm and speed, all by default.
//!
//! The text is People's Daily 1998-01 (see `benches/fetch.py`). The tables of the sites are drawn anew for
//! each document; the cleaner does not know them. Only the two stages run. A line counts as recovered when it
//! is, character for character, what the cleaner makes of the undamaged line.

use std::path::{Path, PathBuf};

use jiaokan::{Cleaner, Config, StageId};

mod gloss;
mod misread;
mod peers;
mod readings;
mod speed;

const SECTIONS: [&str; 7] = ["gloss", "variants", "precision", "readings", "misread", "harm", "speed"];

fn main() {
    let mut args = std::env::args().skip(1).filter(|arg| arg != "--bench");
    let (mut text, mut rounds, mut sections) = ("clean-dev.txt", 1, Vec::new());
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "final" => text = "clean-final.txt",
            "--rounds" => rounds = args.next().and_then(|n| n.parse().ok()).expect("--rounds takes a number"),
            section => {
                assert!(SECTIONS.contains(&section), "no section {section}; they are {SECTIONS:?}");
                sections.push(arg);
            }
        }
    }
    let Some(clean) = data(text) else { std::process::exit(1) };
    let lines: Vec<&str> = clean.lines().collect();
    let bench = Bench { lines, rounds };
    println!("{text}: {} lines, {} characters; {rounds} rounds", bench.lines.len(), clean.chars().count());
    for section in SECTIONS {
        if !sections.is_empty() && !sections.iter().any(|s| s == section) {
            continue;
        }
        match section {
            "gloss" => gloss::recovered(&bench),
            "variants" => gloss::variants(&bench),
            "precision" => gloss::precision(&bench),
            "readings" => readings::run(&bench),
            "misread" => misread::recovered(&bench),
            "harm" => misread::harm(),
            _ => speed::run(&bench),
        }
    }
}

/// What every section reads.
struct Bench<'a> {
    lines: Vec<&'a str>,
    rounds: u64,
}

fn data_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench-data").join(name)
}

/// A file of `benches/fetch.py recover`.
fn data(name: &str) -> Option<String> {
    let text = std::fs::read_to_string(data_path(name)).ok();
    if text.is_none() {
        println!("no {name}: run `python3 benches/fetch.py recover` first");
    }
    text
}

/// A cleaner with only these stages.
fn cleaner(stages: &[StageId], select_unsafe: bool) -> Cleaner {
    Cleaner::new(Config { stages: stages.to_vec(), select_unsafe, ..Config::default() })
        .expect("a valid configuration")
}

/// The two stages that are measured.
const BOTH: [StageId; 2] = [StageId::Recover, StageId::Gloss];

/// The cleaned lines of a document, or nothing if its lines are no longer the same number.
fn cleaned_lines(cleaner: &Cleaner, document: &str) -> Option<Vec<String>> {
    let cleaned = cleaner.clean(document);
    let lines: Vec<String> = cleaned.text().split('\n').map(str::to_owned).collect();
    (lines.len() == document.split('\n').count()).then_some(lines)
}

fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}

/// The lower end of a one-sided 95 % interval (Clopper and Pearson) for the share of right ones, in percent.
fn lower_bound(right: usize, of: usize) -> f64 {
    if of == 0 {
        return 0.0;
    }
    let (n, wrong) = (of as f64, of - right);
    // The chance of at most so many wrong ones if each is wrong with chance q.
    let at_most = |q: f64| {
        let (mut log_term, mut sum) = (n * (1.0 - q).ln(), 0.0);
        for i in 0..=wrong {
            sum += f64::exp(log_term);
            let i = i as f64;
            log_term += ((n - i) / (i + 1.0)).ln() + (q / (1.0 - q)).ln();
        }
        sum
    };
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if at_most(middle) > 0.05 { low = middle } else { high = middle }
    }
    100.0 * (1.0 - high)
}
