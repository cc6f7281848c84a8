//! What the default settings change in clean text: safe edits by rule per million characters, against each
//! rule's budget, with examples. `make bench-harm`, or `cargo bench --bench harm -- [final] [--examples N]`.
//!
//! The text is People's Daily 1998-01 (see `fetch.py`), as one document, with a line or a blank line between
//! its paragraphs, and as documents of 25: what a rule learns from a document differs with its length. Every edit counts as harm unless it takes
//! out page furniture, which this text has none of.

use std::collections::BTreeMap;
use std::path::Path;

use jiaokan::{Change, Cleaned, Cleaner, Config, RuleId, StageId};

/// Paragraphs of a short document.
const SHORT: usize = 25;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let name = if args.iter().any(|arg| arg == "final") { "clean-final.txt" } else { "clean-dev.txt" };
    let shown =
        args.iter().position(|arg| arg == "--examples").map_or(3, |i| args[i + 1].parse().expect("a number"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench-data").join(name);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("no {name}: run `python3 benches/fetch.py` first");
        std::process::exit(1);
    };
    let characters = text.chars().count();
    let lines: Vec<&str> = text.lines().collect();
    let cleaner = Cleaner::new(Config::default()).expect("defaults");
    println!("{name}: {characters} characters, {} paragraphs", lines.len());
    for (form, documents) in [
        ("one line each".to_owned(), vec![text.clone()]),
        ("a blank line between".to_owned(), vec![lines.join("\n\n")]),
        (
            format!("documents of {SHORT}, a blank line between"),
            lines.chunks(SHORT).map(|chunk| chunk.join("\n\n")).collect(),
        ),
    ] {
        let mut rules: BTreeMap<RuleId, (usize, Vec<String>)> = BTreeMap::new();
        let mut unsafe_edits = 0;
        for document in &documents {
            let cleaned = cleaner.clean(document);
            unsafe_edits += cleaned.findings().iter().filter(|f| f.proposal.is_some()).count();
            for change in cleaned.changes() {
                for &rule in change.rules.iter() {
                    let (count, examples) = rules.entry(rule).or_default();
                    *count += 1;
                    if examples.len() < shown {
                        examples.push(example(&cleaned, &change));
                    }
                }
            }
        }
        println!("\n{form}: {} documents, {unsafe_edits} unsafe edits not made", documents.len());
        let mut total = 0;
        for &rule in RuleId::ALL.iter().filter(|rule| rule.rule().stage != StageId::Decode) {
            let Some((count, examples)) = rules.get(&rule) else { continue };
            total += count;
            let rate = per_million(*count, characters);
            let budget = rule.rule().harm_budget;
            let mark = if rate > f64::from(budget) { "  OVER" } else { "" };
            println!(
                "{} {:22} {count:6} edits {rate:8.2} per million, budget {budget}{mark}",
                rule.code(),
                rule.rule().name
            );
            for example in examples {
                println!("        {example}");
            }
        }
        println!("all rules: {total} edits, {:.2} per million characters", per_million(total, characters));
    }
}

fn per_million(count: usize, characters: usize) -> f64 {
    count as f64 * 1e6 / characters as f64
}

/// The change with some text on each side.
fn example(cleaned: &Cleaned<'_>, change: &Change) -> String {
    let text = cleaned.original();
    let left: String =
        text[..change.source.start].chars().rev().take(14).collect::<Vec<_>>().into_iter().rev().collect();
    let right: String = text[change.source.end..].chars().take(14).collect();
    format!("{left}[-{}-]{{+{}+}}{right}", cleaned.old(change), cleaned.new_text(change)).replace('\n', "⏎")
}
