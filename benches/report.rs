//! What it costs to show edits: `make bench-report`. A text of 1 MB with some 95,000 edits, and the samples as often as make 1 MB, in
//! the form for a terminal and in that for a browser, beside what it costs to clean them.

use std::time::{Duration, Instant};

use jiaokan::report::html::{Document, Report, Totals};
use jiaokan::report::terminal::{self, Style};
use jiaokan::report::{Counts, Filter};
use jiaokan::{Cleaner, Config};

const BYTES: usize = 1_000_000;
const TIMES: usize = 7;

const SAMPLES: [&str; 5] = [
    include_str!("../samples/jinzhong-projects.txt"),
    include_str!("../samples/taixin-talks.txt"),
    include_str!("../samples/taiyuan-highway.txt"),
    include_str!("../samples/taiyuan-meeting.txt"),
    include_str!("../samples/yangquan-gloss.txt"),
];

/// Clauses that end in half-width commas, as short as prose has them.
fn text() -> String {
    let clauses = ["人民,", "安居,", "经济发展,", "城市更新,", "项目,", "环境整治,"];
    let mut text = String::with_capacity(BYTES + 100);
    let mut random = fastrand::Rng::with_seed(1);
    while text.len() < BYTES {
        for _ in 0..random.usize(8..30) {
            text.push_str(clauses[random.usize(..clauses.len())]);
        }
        text.push_str("在前。\n");
    }
    text
}

/// The shortest of some runs, and what the last one gave.
fn best<T>(mut run: impl FnMut() -> T) -> (Duration, T) {
    let mut timed = || {
        let began = Instant::now();
        let made = run();
        (began.elapsed(), made)
    };
    let (mut least, mut last) = timed();
    for _ in 1..TIMES {
        let (took, made) = timed();
        least = least.min(took);
        last = made;
    }
    (least, last)
}

/// Cleans documents and shows them.
fn measure(what: &str, texts: &[&str]) {
    let cleaner = Cleaner::new(Config::default()).expect("the defaults are sound");
    let (clean, cleaned) = best(|| texts.iter().map(|text| cleaner.clean(text)).collect::<Vec<_>>());
    // A document makes its changes from what it keeps once, so each run has fresh ones.
    let (list, changes) = best(|| texts.iter().map(|text| cleaner.clean(text).changes()).collect::<Vec<_>>());
    let documents = || cleaned.iter().zip(&changes);
    let (terminal, diff) = best(|| {
        let mut out = Vec::new();
        for (cleaned, changes) in documents() {
            terminal::write_document(&mut out, "a.txt", cleaned, changes, Style::Colour, &Filter::default())
                .expect("memory");
        }
        out.len()
    });
    let (html, page) = best(|| {
        let (mut report, mut counts, mut characters) = (Report::default(), Counts::default(), 0);
        for (cleaned, changes) in documents() {
            report.add(Document::new("a.txt", cleaned, changes));
            counts.add(&Counts::of(cleaned, changes));
            characters += cleaned.original().chars().count();
        }
        let (documents, counts) = (texts.len(), &counts);
        let totals = Totals { documents, changed: documents, characters, counts, failed: &[], before: 0 };
        let mut out = Vec::new();
        report.write(&mut out, &totals).expect("memory");
        out.len()
    });
    let bytes: usize = texts.iter().map(|text| text.len()).sum();
    let edits: usize = changes.iter().map(Vec::len).sum();
    println!("\n{what}: {bytes} bytes, {edits} edits; the shortest of {TIMES} runs\n");
    println!("| | ms | of cleaning | bytes |\n|---|---|---|---|");
    let row = |what: &str, took: Duration, bytes: usize| {
        let ratio = took.as_secs_f64() / clean.as_secs_f64();
        println!("| {what} | {:.1} | {ratio:.2} | {bytes} |", took.as_secs_f64() * 1e3);
    };
    row("clean", clean, cleaned.iter().map(|cleaned| cleaned.text().len()).sum());
    row("list of the edits", list.saturating_sub(clean), 0);
    row("terminal", terminal, diff);
    row("page for a browser", html, page);
}

fn main() {
    let text = text();
    measure("an edit every ten bytes", &[&text]);
    let round: usize = SAMPLES.iter().map(|text| text.len()).sum();
    let samples: Vec<&str> = SAMPLES.into_iter().cycle().take(BYTES / round * SAMPLES.len()).collect();
    measure("the samples", &samples);
}
