//! Latin hyphenation: English prose wrapped with and without hyphens. The prose is the README files of the
//! crates that cargo has downloaded.

use std::fs;
use std::path::PathBuf;

use fastrand::Rng;
use jiaokan::StageId;
use jiaokan::edit::Bias;
use jiaokan_damage::layout::{Damage, hyphenate};

use crate::{Text, cleaner, share, show};

pub(crate) fn run(_: &Text) {
    println!("\n## Latin hyphenation\n");
    println!(
        "| hyphen | broken words put together | of | compounds keep their hyphen | of | wrong edits |\n|---|---|---|---|---|---|"
    );
    let prose = prose();
    let cleaner = cleaner(&[StageId::Reflow]);
    let mut examples = Vec::new();
    for (name, hyphen) in [("-", '-'), ("U+2010", '\u{2010}'), ("soft hyphen", '\u{ad}'), ("¬", '¬')] {
        let mut rng = Rng::with_seed(7);
        let mut counts = [(0, 0); 2];
        let mut wrong = 0;
        for text in &prose {
            let damaged = hyphenate(text, rng.usize(30..70), hyphen, &mut rng);
            let cleaned = cleaner.clean(&damaged.text);
            for mark in &damaged.marks {
                let kind = usize::from(mark.what == Damage::OwnHyphen);
                let (from, to) =
                    (cleaned.to_clean(mark.at.start, Bias::Left), cleaned.to_clean(mark.at.end, Bias::Right));
                let right = cleaned.text()[from..to] == mark.clean;
                counts[kind].0 += usize::from(right);
                counts[kind].1 += 1;
                if !right {
                    let (a, b) =
                        (mark.at.start.saturating_sub(12), (mark.at.end + 12).min(damaged.text.len()));
                    let (a, b) = (damaged.text.floor_char_boundary(a), damaged.text.ceil_char_boundary(b));
                    examples.push(show(&damaged.text[a..b]));
                }
            }
            let edits = cleaned.changes();
            wrong += edits
                .iter()
                .filter(|c| {
                    !damaged.marks.iter().any(|m| m.at.start < c.source.end && c.source.start < m.at.end)
                })
                .count();
        }
        let [(a, all), (b, compounds)] = counts;
        println!(
            "| {name} | {:.4} | {all} | {:.4} | {compounds} | {wrong} |",
            share(a, all),
            share(b, compounds)
        );
    }
    if std::env::var_os("EXAMPLES").is_some() {
        examples.iter().take(40).for_each(|example| println!("- {example}"));
    }
}

/// Paragraphs of running prose in ASCII letters.
fn prose() -> Vec<String> {
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo")));
    let entries = |folder: PathBuf| -> Vec<PathBuf> {
        let mut found: Vec<PathBuf> =
            fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        found.sort();
        found
    };
    let Some(home) = home else { return Vec::new() };
    let crates = entries(home.join("registry/src")).into_iter().flat_map(entries);
    let texts = crates.filter_map(|folder| fs::read_to_string(folder.join("README.md")).ok());
    let mut prose: Vec<String> = Vec::new();
    for text in texts {
        let is_prose = |paragraph: &&str| {
            let letters = paragraph.chars().filter(|c| c.is_ascii_lowercase() || *c == ' ').count();
            paragraph.len() > 200
                && letters * 10 > paragraph.len() * 9
                && !paragraph.contains(['`', '|', '<', '[', '=', '{'])
        };
        let joined: Vec<&str> = text.split("\n\n").filter(is_prose).collect();
        if !joined.is_empty() {
            prose.push(joined.join(" "));
        }
    }
    prose
}
