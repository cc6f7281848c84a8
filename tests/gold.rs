//! The five articles against their gold texts. What still differs is listed, by line of the gold text, in
//! `gold/expected-failures.tsv`; the list must be exact: a listed line that comes right fails the test too.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use jiaokan::{Cleaner, Config};
use similar::{ChangeTag, TextDiff};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn names() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(root().join("samples"))
        .expect("samples")
        .map(|entry| entry.expect("entry").file_name().into_string().expect("UTF-8"))
        .filter(|name| name.ends_with(".txt"))
        .collect();
    names.sort();
    assert_eq!(names.len(), 5);
    names
}

fn read(folder: &str, name: &str) -> String {
    fs::read_to_string(root().join(folder).join(name)).expect("readable")
}

/// Lines of the gold text, counted from 1, that the clean text does not have, `+N` for a line that the clean
/// text has too many behind line N, and 0 for a difference in the end of the file.
fn failures(clean: &str, gold: &str) -> BTreeSet<String> {
    let diff = TextDiff::from_lines(gold, clean);
    let mut failures = BTreeSet::new();
    let mut line = 0;
    for change in diff.iter_all_changes() {
        match change.tag() {
            ChangeTag::Equal => line += 1,
            ChangeTag::Delete => {
                line += 1;
                failures.insert(line.to_string());
            }
            ChangeTag::Insert => {
                failures.insert(format!("+{line}"));
            }
        }
    }
    failures
}

#[test]
fn samples_become_gold_but_for_the_expected_failures() {
    let listed: BTreeSet<(String, String)> = read("tests/gold", "expected-failures.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let mut fields = line.split('\t');
            let name = fields.next().expect("a file").to_owned();
            (name, fields.next().expect("a line").to_owned())
        })
        .collect();
    let cleaner = Cleaner::new(Config::default()).expect("defaults");
    let mut found = BTreeSet::new();
    for name in names() {
        let sample = read("samples", &name);
        let cleaned = cleaner.clean(&sample);
        let gold = read("tests/gold", &name);
        for line in failures(cleaned.text(), &gold) {
            let number: usize = line.trim_start_matches('+').parse().expect("a number");
            if !listed.contains(&(name.clone(), line.clone())) {
                let wanted = gold.lines().nth(number.saturating_sub(1)).unwrap_or_default();
                eprintln!("{name}:{line}: {}…", wanted.chars().take(30).collect::<String>());
            }
            found.insert((name.clone(), line));
        }
    }
    let new: Vec<_> = found.difference(&listed).collect();
    let right: Vec<_> = listed.difference(&found).collect();
    assert!(new.is_empty(), "not as the gold texts: {new:?}");
    assert!(right.is_empty(), "come right, take them off the list: {right:?}");
}

#[test]
fn gold_texts_stay() {
    let cleaner = Cleaner::new(Config::default()).expect("defaults");
    for name in names() {
        let gold = read("tests/gold", &name);
        let cleaned = cleaner.clean(&gold);
        let changes: Vec<_> = cleaned
            .changes()
            .iter()
            .map(|c| format!("{:?} {:?} → {:?}", c.rules, cleaned.old(c), cleaned.new_text(c)))
            .collect();
        assert!(cleaned.text() == gold, "{name}: {changes:#?}");
    }
}

#[test]
fn the_glossed_page_comes_back_whole_with_unsafe_edits() {
    let cleaner = Cleaner::new(Config { select_unsafe: true, ..Config::default() }).expect("defaults");
    let sample = read("samples", "yangquan-gloss.txt");
    let gold = read("tests/gold", "yangquan-gloss.txt");
    assert_eq!(failures(cleaner.clean(&sample).text(), &gold), BTreeSet::new());
}
