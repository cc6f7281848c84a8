//! The texts that are measured on, and how two of them differ.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::{fs, process};

use crate::engine::Text;

/// Reads a file of `target/bench-data`; without it there is nothing to measure.
pub fn read(name: &str) -> Text {
    Text::read(data().join(name)).unwrap_or_else(|error| {
        eprintln!("{name}: {error}; run `python3 benches/fetch.py script` first");
        process::exit(2);
    })
}

/// The text over and over up to `bytes`, in a file of `name`.
pub fn repeated(text: &Text, bytes: usize, name: &str) -> Text {
    let mut content = String::with_capacity(bytes + text.content.len());
    while content.len() < bytes {
        content.push_str(&text.content);
    }
    content.truncate(content.as_bytes()[..bytes].iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1));
    let path = data().join(name);
    fs::write(&path, &content).expect("target/bench-data can be written");
    Text { path, content }
}

/// Where `fetch.py` puts what it downloads.
pub fn data() -> PathBuf {
    root().join("target/bench-data")
}

/// The project's folder.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// How a text differs from what it should be, character by character.
#[derive(Default)]
pub struct Differences {
    pub count: usize,
    pairs: HashMap<(String, String), usize>,
}

impl Differences {
    /// Compares line by line. Lines of one length correspond one to one; in others the middle that they
    /// do not share counts with the length of the longer.
    pub fn between(old: &str, new: &str) -> Self {
        let mut found = Self::default();
        let mut new = new.split('\n');
        for old in old.split('\n') {
            let new = new.next().unwrap_or("");
            if old != new {
                found.line(old, new);
            }
        }
        for rest in new {
            found.line("", rest);
        }
        found
    }

    fn line(&mut self, old: &str, new: &str) {
        let old: Vec<char> = old.chars().collect();
        let new: Vec<char> = new.chars().collect();
        if old.len() == new.len() {
            for (a, b) in old.iter().zip(&new).filter(|(a, b)| a != b) {
                self.add(a.to_string(), b.to_string(), 1);
            }
            return;
        }
        let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
        let shorter = old.len().min(new.len());
        let tail = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
        let tail = tail.min(shorter - head);
        let (old, new) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);
        let shown = |chars: &[char]| chars.iter().take(8).collect::<String>();
        self.add(shown(old), shown(new), old.len().max(new.len()));
    }

    fn add(&mut self, old: String, new: String, count: usize) {
        self.count += count;
        *self.pairs.entry((old, new)).or_default() += count;
    }

    /// The `n` commonest, as `old→new count`.
    pub fn commonest(&self, n: usize) -> String {
        let mut pairs: Vec<_> = self.pairs.iter().collect();
        pairs.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
        let shown: Vec<_> =
            pairs.iter().take(n).map(|((old, new), count)| format!("{old}→{new} {count}")).collect();
        shown.join(", ")
    }
}

/// A column of the summary: what it says and a cell for each engine.
pub struct Column {
    pub head: String,
    pub cells: Vec<String>,
}

/// Prints a Markdown table.
pub fn print_table(header: &[&str], rows: &[Vec<String>]) {
    println!("| {} |", header.join(" | "));
    println!("|{}", "---|".repeat(header.len()));
    for row in rows {
        println!("| {} |", row.join(" | "));
    }
    println!();
}
