//! Glossed, shifted and split text.

use std::collections::BTreeMap;

use jiaokan::{Cleaner, RuleId};
use jiaokan_damage::gloss::{Decoder, Options, Site, Split, Tones, Width};
use jiaokan_damage::page::{Class, Damaged};

use crate::{BOTH, Bench, cleaned_lines, cleaner, lower_bound, peers, percent};

/// Lines of a document.
const SIZES: [usize; 2] = [50, 500];

/// Damages the text; each document is a page of another site, cut off in its last line if the options say so.
pub(crate) fn documents(lines: &[&str], size: usize, options: &Options, seed: u64) -> Vec<Vec<Damaged>> {
    let page = |(i, chunk): (u64, &[&str])| {
        let site = |cut| {
            Site::draw(seed.wrapping_mul(1_000_003).wrapping_add(i), Options { cut, ..options.clone() })
        };
        let whole = site(0.0);
        let mut page: Vec<Damaged> = chunk.iter().map(|line| whole.damage(line)).collect();
        if let Some((last, line)) = page.last_mut().zip(chunk.last()).filter(|_| options.cut > 0.0) {
            *last = site(options.cut).damage(line);
        }
        page
    };
    (0..).zip(lines.chunks(size)).map(page).collect()
}

fn joined<'a>(lines: impl IntoIterator<Item = &'a str>) -> String {
    lines.into_iter().collect::<Vec<_>>().join("\n")
}

pub(crate) fn page(document: &[Damaged]) -> String {
    joined(document.iter().map(|line| line.text.as_str()))
}

fn split() -> Options {
    Options { split: Split::Drawn, ..Options::default() }
}

/// What is wrong in a line at the worst.
#[derive(Clone, Copy, PartialEq)]
enum Damage {
    /// Nothing but well-formed glosses, or nothing at all.
    Whole,
    /// Text differs from the truth by more than well-formed glosses, and every byte is there.
    Broken,
    /// A byte is lost.
    Lost,
}

impl Damage {
    fn of(line: &Damaged) -> Self {
        if line.lost > 0 {
            Self::Lost
        } else if line.broken > 0 || peers::GLOSS.replace_all(&line.text, "") != line.truth {
            Self::Broken
        } else {
            Self::Whole
        }
    }
}

/// What came of the lines.
#[derive(Default)]
struct Tally {
    lines: usize,
    recovered: usize,
    /// Not recovered, and nothing in the line is reported.
    silent: usize,
}

impl Tally {
    /// Of the lines that `counts` holds of, given with their place in the document.
    fn of(
        cleaner: &Cleaner,
        reference: &Cleaner,
        documents: &[Vec<Damaged>],
        counts: impl Fn(usize, &[Damaged]) -> bool,
    ) -> Self {
        let mut tally = Self::default();
        for document in documents {
            let text = page(document);
            let truth = joined(document.iter().map(|line| line.truth.as_str()));
            let truth = cleaned_lines(reference, &truth).expect("no line break of clean text changes");
            let cleaned = cleaner.clean(&text);
            let lines: Vec<&str> = cleaned.text().split('\n').collect();
            let mut reported = vec![false; document.len()];
            for finding in cleaned.findings() {
                reported[text[..finding.span.start].matches('\n').count()] = true;
            }
            let aligned = lines.len() == document.len();
            for (i, truth) in truth.iter().enumerate().filter(|&(i, _)| counts(i, document)) {
                tally.lines += 1;
                let right = aligned && lines[i] == truth;
                tally.recovered += usize::from(right);
                tally.silent += usize::from(!right && !reported[i]);
            }
        }
        tally
    }

    fn cells(&self) -> String {
        format!("{:.2} | {:.2}", percent(self.recovered, self.lines), percent(self.silent, self.lines))
    }
}

/// Lines recovered, beside the peers.
pub(crate) fn recovered(bench: &Bench<'_>) {
    println!("\n## Lines exactly recovered, %\n");
    println!("`silent`: lines that are not recovered and in which nothing is reported.\n");
    println!(
        "| damage | lines of a document | untouched | regex | ftfy | ftfy, widths kept | safe edits | silent | with unsafe edits | silent |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    let (safe, all) = (cleaner(&BOTH, false), cleaner(&BOTH, true));
    for (name, options) in [("glosses", Options::default()), ("glosses and split", split())] {
        for size in SIZES {
            let documents = documents(&bench.lines, size, &options, 1);
            let lines: Vec<&Damaged> = documents.iter().flatten().collect();
            let equal = |fixed: &mut dyn Iterator<Item = &str>| {
                percent(fixed.zip(&lines).filter(|(fixed, line)| *fixed == line.truth).count(), lines.len())
            };
            let untouched = equal(&mut lines.iter().map(|line| line.text.as_str()));
            let dropped: Vec<_> = lines.iter().map(|line| peers::GLOSS.replace_all(&line.text, "")).collect();
            let regex = equal(&mut dropped.iter().map(|line| &**line));
            let texts: Vec<String> = lines.iter().map(|line| line.text.clone()).collect();
            let [ftfy, keep] = ["ftfy", "ftfy-keep"].map(|engine| {
                peers::python(engine, &texts, 1).map_or("–".to_owned(), |(fixed, _)| {
                    format!("{:.2}", equal(&mut fixed.iter().map(String::as_str)))
                })
            });
            let [one, two] =
                [&safe, &all].map(|cleaner| Tally::of(cleaner, &safe, &documents, |_, _| true).cells());
            println!("| {name} | {size} | {untouched:.2} | {regex:.2} | {ftfy} | {keep} | {one} | {two} |");
        }
    }
    println!("\nThe same lines by their damage:\n");
    println!(
        "| text | lines of a document | damage | lines | safe edits | silent | with unsafe edits | silent |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for (name, options) in [("glosses", Options::default()), ("glosses and split", split())] {
        for size in SIZES {
            let documents = documents(&bench.lines, size, &options, 1);
            for (damage, label) in [
                (Damage::Whole, "none, or well-formed glosses"),
                (Damage::Broken, "shifted, every byte there"),
                (Damage::Lost, "bytes lost"),
            ] {
                let counts = |i: usize, document: &[Damaged]| Damage::of(&document[i]) == damage;
                let tallies = [&safe, &all].map(|cleaner| Tally::of(cleaner, &safe, &documents, counts));
                let (lines, [one, two]) = (tallies[0].lines, tallies.map(|tally| tally.cells()));
                println!("| {name} | {size} | {label} | {lines} | {one} | {two} |");
            }
        }
    }
}

/// Lines recovered, for every way of the sites.
pub(crate) fn variants(bench: &Bench<'_>) {
    let plain = Options::default;
    let none = || Options { table: (0, 0), ..plain() };
    let variants = [
        ("Simplified text", Options { traditional: false, ..plain() }),
        ("toneless", Options { tones: Tones::Without, ..plain() }),
        (
            "every third character, some toneless, emoji",
            Options { tones: Tones::Mixed, scattered: 0.33, emoji: 0.01, ..none() },
        ),
        (
            "every third, toneless, up to three times, Simplified",
            Options { traditional: false, tones: Tones::Without, scattered: 0.33, repeats: 3, ..none() },
        ),
        ("a space in some", Options { spaced: 0.3, ..plain() }),
        ("cut off at the end, last lines", Options { cut: 1.0, ..plain() }),
        ("full-width brackets", Options { width: Width::WideBrackets, ..plain() }),
        ("marks half-width", Options { width: Width::Half, ..plain() }),
        ("marks half-width, split", Options { width: Width::Half, ..split() }),
        ("decoder keeps the bracket", Options { decoder: Decoder::Keep, ..plain() }),
        ("decoder keeps the bracket, U+FFFD", Options { decoder: Decoder::Fffd, ..plain() }),
        ("private use dropped", Options { drop_private: true, ..plain() }),
        ("private use dropped, split, decoded twice", Options { drop_private: true, twice: true, ..split() }),
        ("split, nothing at the piece ends", Options { dangling: false, ..split() }),
        ("split, wide question marks", Options { width: Width::WideQuestion, ..split() }),
        ("no gloss, split", Options { split: Split::Drawn, ..none() }),
        ("repeated commas", Options { commas: 0.3, ..plain() }),
    ];
    println!("\n## Lines exactly recovered, by variant, %\n");
    println!(
        "| variant | lines of a document | untouched | regex | safe edits | silent | with unsafe edits | silent |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    let (safe, all) = (cleaner(&BOTH, false), cleaner(&BOTH, true));
    for (name, options) in variants {
        for size in SIZES {
            let documents = documents(&bench.lines, size, &options, 2);
            let counts = |i: usize, document: &[Damaged]| options.cut == 0.0 || i + 1 == document.len();
            let lines =
                || documents.iter().flat_map(|d| (0..d.len()).filter(|&i| counts(i, d)).map(|i| &d[i]));
            let count = |fixed: &dyn Fn(&Damaged) -> bool| {
                percent(lines().filter(|line| fixed(line)).count(), lines().count())
            };
            let untouched = count(&|line| line.text == line.truth);
            let regex = count(&|line| peers::GLOSS.replace_all(&line.text, "") == line.truth);
            let [one, two] =
                [&safe, &all].map(|cleaner| Tally::of(cleaner, &safe, &documents, counts).cells());
            println!("| {name} | {size} | {untouched:.2} | {regex:.2} | {one} | {two} |");
        }
    }
}

/// Edits of one kind.
#[derive(Default)]
struct Edits {
    all: usize,
    right: usize,
    examples: Vec<String>,
}

/// How many edits are right, by rule and by what they repair.
pub(crate) fn precision(bench: &Bench<'_>) {
    println!("\n## Edits that are right\n");
    println!(
        "An edit is right when what it writes is what stood in the original where it writes: the damage tool knows \
         for each character of the page which bytes it stands for. The bound is the lower end of a one-sided 95 % \
         interval (Clopper-Pearson). Documents of 50 and of 500 lines, {} rounds of tables each.",
        bench.rounds
    );
    let dropped = |options| Options { drop_private: true, ..options };
    for (name, options) in [
        ("glosses", Options::default()),
        ("glosses and split", split()),
        ("glosses, private use dropped", dropped(Options::default())),
        ("glosses and split, private use dropped", dropped(split())),
    ] {
        for unsafe_too in [false, true] {
            let cleaner = cleaner(&BOTH, unsafe_too);
            let mut edits: BTreeMap<(String, Class), Edits> = BTreeMap::new();
            let mut damage: BTreeMap<&str, usize> = BTreeMap::new();
            for (seed, size) in (0..bench.rounds).flat_map(|round| SIZES.map(|size| (100 + round, size))) {
                for document in documents(&bench.lines, size, &options, seed) {
                    *damage.entry("broken glosses").or_default() +=
                        document.iter().map(|l| l.broken).sum::<usize>();
                    *damage.entry("lost bytes").or_default() +=
                        document.iter().map(|l| l.lost).sum::<usize>();
                    judge(&cleaner, &document, &mut edits);
                }
            }
            let mode = if unsafe_too { "unsafe edits too" } else { "safe edits" };
            println!("\n{name}, {mode}; in the text: {damage:?}\n");
            println!("| rule | class | edits | wrong | right, % | at least, % |");
            println!("|---|---|---|---|---|---|");
            for ((rule, class), Edits { all, right, .. }) in &edits {
                // Rounded down: no bound is 100 %.
                let bound = (lower_bound(*right, *all) * 1e3).floor() / 1e3;
                let share = percent(*right, *all);
                println!("| {rule} | {class:?} | {all} | {} | {share:.3} | {bound:.3} |", all - right);
            }
            for ((rule, class), edits) in &edits {
                for example in &edits.examples {
                    println!("wrong: {rule} {class:?}: {example}");
                }
            }
        }
    }
}

fn judge(cleaner: &Cleaner, document: &[Damaged], edits: &mut BTreeMap<(String, Class), Edits>) {
    let text = page(document);
    let mut starts = vec![0];
    starts.extend(text.match_indices('\n').map(|(at, _)| at + 1));
    let cleaned = cleaner.clean(&text);
    for change in cleaned.changes() {
        let i = starts.partition_point(|&start| start <= change.source.start) - 1;
        let (line, start) = (&document[i], starts[i]);
        let span = change.source.start - start..change.source.end - start;
        let new = cleaned.new_text(&change);
        let within = span.end <= line.text.len();
        let class = if within { line.class(span.clone()) } else { Class::Whole };
        let rules: Vec<&str> = change.rules.iter().map(|&rule| RuleId::code(rule)).collect();
        let entry = edits.entry((rules.join("+"), class)).or_default();
        entry.all += 1;
        if within && line.is_repair(span.clone(), new) {
            entry.right += 1;
        } else if within && entry.examples.len() < 3 {
            let left: String =
                line.text[..span.start].chars().rev().take(8).collect::<Vec<_>>().into_iter().rev().collect();
            let right: String = line.text[span.end..].chars().take(8).collect();
            entry.examples.push(format!("{left}[-{}-]{{+{new}+}}{right}", &line.text[span]));
        }
    }
}
