//! What it costs to show edits: `make bench-report`. A text of 1 MB with some 95,000 edits, in the form for a terminal and in that
//! for a browser, beside what it costs to clean it.

use std::time::{Duration, Instant};

use jiaokan::report::html::{Document, Report, Totals};
use jiaokan::report::terminal::{self, Style};
use jiaokan::report::{Counts, Filter};
use jiaokan::{Cleaner, Config};

const BYTES: usize = 1_000_000;
const TIMES: usize = 7;

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

fn main() {
    let text = text();
    let cleaner = Cleaner::new(Config::default()).expect("the defaults are sound");
    let (clean, cleaned) = best(|| cleaner.clean(&text));
    let (list, changes) = best(|| cleaner.clean(&text).changes());
    let (terminal, diff) = best(|| {
        let mut out = Vec::new();
        terminal::write_document(&mut out, "a.txt", &cleaned, &changes, Style::Colour, &Filter::default())
            .expect("memory");
        out.len()
    });
    let (html, page) = best(|| {
        let mut report = Report::default();
        report.add(Document::new("a.txt", &cleaned, &changes));
        let counts = Counts::of(&cleaned, &changes);
        let characters = text.chars().count();
        let totals = Totals { documents: 1, changed: 1, characters, counts: &counts, failed: &[], before: 0 };
        let mut out = Vec::new();
        report.write(&mut out, &totals).expect("memory");
        out.len()
    });
    println!("{} bytes, {} edits; the shortest of {TIMES} runs", text.len(), changes.len());
    let row = |what: &str, took: Duration, bytes: usize| {
        let ratio = took.as_secs_f64() / clean.as_secs_f64();
        println!(
            "{what:<22} {:>7.1} ms  {ratio:>5.2} of cleaning  {bytes:>9} bytes",
            took.as_secs_f64() * 1e3
        );
    };
    row("clean", clean, cleaned.text().len());
    row("list of the edits", list.saturating_sub(clean), 0);
    row("terminal", terminal, diff);
    row("browser", html, page);
}
