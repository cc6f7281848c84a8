//! What the default settings change in clean text: safe edits by rule per million characters, against each
//! rule's budget, with examples. `make bench-harm`, or `cargo bench --bench harm -- [kinds] [final] [--examples N]`.
//!
//! The text is People's Daily 1998-01 (see `fetch.py`), as one document, with a line or a blank line between
//! its paragraphs, and as documents of 25: what a rule learns from a document differs with its length. Every
//! edit counts as harm unless it takes out page furniture, which this text has none of.
//!
//! `kinds` are texts that newspapers do not print, as they come and in pieces; edits are counted by stage. Script
//! conversion does not run: some are Traditional.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use jiaokan::{Change, Cleaned, Cleaner, Config, RuleId, StageId};

/// Paragraphs of a short document.
const SHORT: usize = 25;
/// Filled lines of a piece that tells next to nothing of itself.
const SHORTEST: usize = 5;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let half = if args.iter().any(|arg| arg == "final") { "final" } else { "dev" };
    let shown =
        args.iter().position(|arg| arg == "--examples").map(|i| args[i + 1].parse().expect("a number"));
    if args.iter().any(|arg| arg == "kinds") {
        kinds(half, shown.unwrap_or(0));
    } else {
        newspaper(&format!("clean-{half}.txt"), shown.unwrap_or(3));
    }
}

/// A file or folder that `fetch.py` downloads.
fn downloaded(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench-data").join(name);
    if !path.exists() {
        eprintln!("no {name}: run `python3 benches/fetch.py kinds` first");
        std::process::exit(1);
    }
    path
}

fn newspaper(name: &str, shown: usize) {
    let text = fs::read_to_string(downloaded(name)).expect("readable");
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
        let Harm { rules, unsafe_edits } = harm(&cleaner, &documents, shown);
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

fn kinds(half: &str, shown: usize) {
    let suffix = format!("-{half}.txt");
    let files =
        fs::read_dir(downloaded("kinds")).expect("readable").map(|file| file.expect("readable").path());
    let mut files: Vec<PathBuf> = files.filter(|path| path.to_string_lossy().ends_with(&suffix)).collect();
    files.sort();
    let stages: Vec<StageId> = StageId::ALL.into_iter().filter(|&stage| stage != StageId::Script).collect();
    let cleaner = Cleaner::new(Config { stages: stages.clone(), ..Config::default() }).expect("stages alone");
    let names: Vec<&str> = stages.iter().map(|stage| stage.name()).collect();
    println!("| text | documents | characters | {} |", names.join(" | "));
    println!("|---|---|---|{}", "---|".repeat(stages.len()));
    let mut examples = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("readable");
        let whole: Vec<String> = text.split('\x0c').map(str::to_owned).collect();
        let name =
            file.file_name().and_then(|name| name.to_str()?.strip_suffix(&suffix)).expect("filtered by it");
        let pieces = |lines: usize| whole.iter().flat_map(|text| pieces(text, lines)).collect();
        for (form, documents) in [
            (name.to_owned(), whole.clone()),
            (format!("{name}, {SHORT} lines"), pieces(SHORT)),
            (format!("{name}, {SHORTEST} lines"), pieces(SHORTEST)),
        ] {
            let Harm { rules, .. } = harm(&cleaner, &documents, shown);
            let edits = |stage: StageId| {
                rules.iter().filter(|(rule, _)| rule.rule().stage == stage).map(|(_, (count, _))| count).sum()
            };
            let counts: Vec<String> =
                stages.iter().map(|&stage| edits(stage)).map(|n: usize| n.to_string()).collect();
            println!("| {form} | {} | {} | {} |", documents.len(), text.chars().count(), counts.join(" | "));
            for (rule, (_, shown)) in rules {
                examples
                    .extend(shown.into_iter().map(|example| format!("{form}, {}: {example}", rule.code())));
            }
        }
    }
    examples.iter().for_each(|example| println!("{example}"));
}

/// A document as documents of so many filled lines, without the blank ones between them.
fn pieces(text: &str, lines: usize) -> Vec<String> {
    let mut filled = 0;
    let mut pieces = vec![String::new()];
    for line in text.split_inclusive('\n') {
        if !line.trim().is_empty() && filled == lines {
            filled = 0;
            pieces.push(String::new());
        }
        filled += usize::from(!line.trim().is_empty());
        pieces.last_mut().expect("never empty").push_str(line);
    }
    for piece in &mut pieces {
        let end = piece.trim_end().len();
        piece.truncate(end);
        piece.push('\n');
    }
    pieces
}

/// What was changed in documents, and what a user's leave would have changed.
struct Harm {
    /// Edits by rule, with some examples.
    rules: BTreeMap<RuleId, (usize, Vec<String>)>,
    unsafe_edits: usize,
}

fn harm(cleaner: &Cleaner, documents: &[String], shown: usize) -> Harm {
    let mut harm = Harm { rules: BTreeMap::new(), unsafe_edits: 0 };
    for document in documents {
        let cleaned = cleaner.clean(document);
        harm.unsafe_edits += cleaned.findings().iter().filter(|f| f.proposal.is_some()).count();
        for change in cleaned.changes() {
            for &rule in change.rules.iter() {
                let (count, examples) = harm.rules.entry(rule).or_default();
                *count += 1;
                if examples.len() < shown {
                    examples.push(example(&cleaned, &change));
                }
            }
        }
    }
    harm
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
