//! An author's readings: none may be dropped.

use std::collections::{BTreeMap, HashSet};

use jiaokan::Cleaner;
use jiaokan_damage::gloss::{Options, Site};
use pinyin::ToPinyin;

use crate::{BOTH, Bench, cleaner, data};

/// Lines of a document.
const SIZE: usize = 50;
/// Characters that occur so seldom in the text are taken for rare.
const RARE: usize = 3;

/// A line, and the readings that an author put there.
struct Line {
    text: String,
    readings: Vec<String>,
}

pub(crate) fn run(bench: &Bench<'_>) {
    println!("\n## An author's readings that are dropped\n");
    println!("| source | documents | readings | dropped by safe edits | with unsafe edits |");
    println!("|---|---|---|---|---|");
    let (safe, all) = (cleaner(&BOTH, false), cleaner(&BOTH, true));
    let report = |name: &str, documents: &[Vec<Line>]| {
        let count: usize = documents.iter().flatten().map(|line| line.readings.len()).sum();
        let [one, two] =
            [&safe, &all].map(|cleaner| documents.iter().map(|d| dropped(cleaner, d)).sum::<usize>());
        println!("| {name} | {} | {count} | {one} | {two} |", documents.len());
    };
    if let Some(table) = data("readings.tsv") {
        for (kind, name) in [
            ("rare", "dictionary, rare characters"),
            ("polyphone", "textbook, common characters read otherwise"),
            ("english", "translations that are syllables"),
        ] {
            let lines =
                || table.lines().filter_map(move |line| line.split_once('\t')).filter(move |l| l.0 == kind);
            let line = |(_, line): (&str, &str)| {
                let mut fields = line.split('\t').map(str::to_owned);
                Line { text: fields.next().unwrap_or_default(), readings: fields.collect() }
            };
            report(&format!("{name}, an entry each"), &lines().map(|l| vec![line(l)]).collect::<Vec<_>>());
            report(&format!("{name}, {SIZE} entries each"), &chunked(lines().map(line)));
        }
    }
    let rare = rare_characters(&bench.lines);
    let news = || bench.lines.chunks(SIZE).map(|lines| glossed(lines, &rare));
    report("news, rare characters glossed once a document", &news().collect::<Vec<_>>());
    let damaged = (0..).zip(news()).map(|(seed, document)| {
        let options = Options::default();
        let site = Site::draw(seed, options.clone());
        let damage = |line: Line| {
            let page = site.damage(&line.text);
            let readings = line.readings.iter().map(|reading| options.convert(reading));
            // One that the damage broke, or that software put there too, is not asked for.
            let stands = |r: &String| page.text.contains(r.as_str()) && !page.text.contains(&format!("{r}("));
            Line { readings: readings.filter(stands).collect(), text: page.text }
        };
        document.into_iter().map(damage).collect()
    });
    report("the same on pages of glossed text", &damaged.collect::<Vec<_>>());
}

fn chunked(lines: impl Iterator<Item = Line>) -> Vec<Vec<Line>> {
    let mut documents = vec![Vec::new()];
    for line in lines {
        if documents.last().is_some_and(|document| document.len() == SIZE) {
            documents.push(Vec::new());
        }
        documents.last_mut().expect("never empty").push(line);
    }
    documents
}

/// Readings that the cleaned document no longer has.
fn dropped(cleaner: &Cleaner, document: &[Line]) -> usize {
    let text = document.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n");
    let cleaned = cleaner.clean(&text);
    let lines: Vec<&str> = cleaned.text().split('\n').collect();
    let gone = |(line, cleaned): (&Line, &&str)| {
        line.readings.iter().filter(|r| !cleaned.contains(r.as_str())).count()
    };
    document.iter().zip(&lines).map(gone).sum::<usize>()
        + document.iter().skip(lines.len()).map(|line| line.readings.len()).sum::<usize>()
}

fn rare_characters(lines: &[&str]) -> Vec<char> {
    let mut counts = BTreeMap::<char, usize>::new();
    for c in lines.iter().flat_map(|line| line.chars()).filter(|c| matches!(c, '\u{4e00}'..='\u{9fff}')) {
        *counts.entry(c).or_default() += 1;
    }
    counts.into_iter().filter(|&(_, count)| count <= RARE).map(|(c, _)| c).collect()
}

/// A document with the readings of its rare characters where each comes first, as an editor puts them there.
fn glossed(lines: &[&str], rare: &[char]) -> Vec<Line> {
    let mut seen = HashSet::new();
    let mut line = |line: &&str| {
        let (mut text, mut readings) = (String::new(), Vec::new());
        for c in line.chars() {
            text.push(c);
            let reading = c.to_pinyin().filter(|_| rare.binary_search(&c).is_ok());
            if let Some(reading) = reading.filter(|_| seen.insert(c)) {
                let reading = format!("({})", reading.with_tone());
                text.push_str(&reading);
                readings.push(format!("{c}{reading}"));
            }
        }
        Line { text, readings }
    };
    lines.iter().map(&mut line).collect()
}
