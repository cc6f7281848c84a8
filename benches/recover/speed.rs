//! What the stages cost on text with nothing to do, and how fast glossed text is cleaned.

use std::hint::black_box;
use std::time::Instant;

use jiaokan::{Cleaner, StageId};
use jiaokan_damage::gloss::Options;

use crate::gloss::{documents, page};
use crate::{BOTH, Bench, cleaner, data, peers};

/// Runs of a document, of which the best counts; interleaved, so that a noisy neighbour hits all alike.
const ROUNDS: usize = 15;
/// Lines of a document.
const SIZE: usize = 500;

pub(crate) fn run(bench: &Bench<'_>) {
    println!("\n## Speed, one thread, best of {ROUNDS} interleaved rounds for each document\n");
    println!(
        "Nanoseconds per byte that a stage adds on text with nothing to do: all stages less all but it, and it alone less none.\n"
    );
    println!("| text | no stage | all stages | recover adds to all | alone | gloss adds to all | alone |");
    println!("|---|---|---|---|---|---|---|");
    let chunks = |text: &str| {
        let lines: Vec<&str> = text.lines().collect();
        lines.chunks(SIZE).map(|chunk| chunk.join("\n")).collect::<Vec<_>>()
    };
    let without = |stage: StageId| StageId::ALL.into_iter().filter(|&s| s != stage).collect::<Vec<_>>();
    let configurations = [
        Vec::new(),
        StageId::ALL.to_vec(),
        without(StageId::Recover),
        vec![StageId::Recover],
        without(StageId::Gloss),
        vec![StageId::Gloss],
    ];
    let cleaners: Vec<Cleaner> = configurations.iter().map(|stages| cleaner(stages, false)).collect();
    let traditional = data("clean-dev-s2t.txt").unwrap_or_default();
    let code = data("foreign-python.txt").unwrap_or_default();
    for (name, documents) in [
        ("Simplified news", chunks(&bench.lines.join("\n"))),
        ("Traditional news", chunks(&traditional)),
        ("source code", chunks(&code)),
    ] {
        let t = per_byte(&cleaners, &documents);
        println!(
            "| {name} | {:.3} | {:.3} | {:.3} | {:.3} | {:.3} | {:.3} |",
            t[0],
            t[1],
            t[1] - t[2],
            t[3] - t[0],
            t[1] - t[4],
            t[5] - t[0]
        );
    }

    let glossed = documents(&bench.lines, SIZE, &Options { table: (250, 250), ..Options::default() }, 3);
    let documents: Vec<String> = glossed.iter().map(|document| page(document)).collect();
    let bytes: usize = documents.iter().map(String::len).sum();
    let glosses: usize = documents.iter().map(|text| peers::GLOSS.find_iter(text).count()).sum();
    println!(
        "\nHeavily glossed text: {bytes} bytes, {glosses} glosses, {:.1} per 100 characters.\n",
        100.0 * glosses as f64 / bench.lines.iter().map(|line| line.chars().count()).sum::<usize>() as f64
    );
    println!("| engine | MB/s |");
    println!("|---|---|");
    let rate = |seconds: f64| bytes as f64 / 1e6 / seconds;
    let cleaners = [cleaner(&[], false), cleaner(&BOTH, false), cleaner(&StageId::ALL, false)];
    let t = per_byte(&cleaners, &documents);
    println!("| jiaokan, recover and gloss | {:.1} |", 1e3 / t[1]);
    println!("| the two stages less a run without any stage | {:.1} |", 1e3 / (t[1] - t[0]));
    println!("| jiaokan, all stages | {:.1} |", 1e3 / t[2]);
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for text in &documents {
            black_box(peers::GLOSS.replace_all(text, ""));
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("| the plain regex, crate regex | {:.1} |", rate(best));
    let lines: Vec<String> = documents.iter().flat_map(|text| text.lines()).map(str::to_owned).collect();
    for (engine, name) in [
        ("regex", "the plain regex, Python's re"),
        ("ftfy", "ftfy.fix_text"),
        ("fix_unicode", "what data-juicer's fix_unicode_mapper calls"),
    ] {
        if let Some((_, seconds)) = peers::python(engine, &lines, 1) {
            println!("| {name} | {:.2} |", rate(seconds));
        }
    }
}

/// Nanoseconds per byte of each cleaner: the best round of each document, summed.
fn per_byte(cleaners: &[Cleaner], documents: &[String]) -> Vec<f64> {
    let bytes: usize = documents.iter().map(String::len).sum();
    let mut totals = vec![0.0; cleaners.len()];
    for text in documents {
        let mut best = vec![f64::INFINITY; cleaners.len()];
        for _ in 0..ROUNDS {
            for (cleaner, best) in cleaners.iter().zip(&mut best) {
                let start = Instant::now();
                black_box(cleaner.clean(text));
                *best = best.min(start.elapsed().as_secs_f64());
            }
        }
        totals.iter_mut().zip(best).for_each(|(total, best)| *total += best);
    }
    totals.into_iter().map(|seconds| seconds * 1e9 / bytes.max(1) as f64).collect()
}
