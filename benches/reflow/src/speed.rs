//! Speed: what each stage adds to the time of a document, on clean and on damaged text.

use std::time::Instant;

use jiaokan::facts::DocFacts;
use jiaokan::{Cleaner, Config, StageId};
use jiaokan_damage::layout::Kind;

use crate::{Text, cleaner};

/// The best of so many runs.
const RUNS: usize = 7;

pub(crate) fn run(text: &Text) {
    println!("\n## Speed, ns per byte, one thread, best of {RUNS}\n");
    println!("| stage alone | clean text | damaged text |\n|---|---|---|");
    let clean: Vec<String> = text.lines().chunks(crate::SIZE).map(|chunk| chunk.join("\n") + "\n").collect();
    let damaged: Vec<String> =
        text.damaged(&Kind::ALL, 99).into_iter().map(|document| document.text).collect();
    let facts = |stages: &[StageId]| {
        let config = Config { stages: stages.to_vec(), ..Config::default() };
        move |text: &str| {
            std::hint::black_box(DocFacts::analyse(text, &config, None));
        }
    };
    let all = [StageId::Furniture, StageId::Reflow, StageId::Repeats, StageId::Punctuation];
    let show = |name: &str, run: &dyn Fn(&str)| {
        println!("| {name} | {:.2} | {:.2} |", time(&clean, run), time(&damaged, run));
    };
    show("facts without the breaks", &facts(&[]));
    show("facts with the breaks", &facts(&[StageId::Reflow]));
    let run = |cleaner: Cleaner| {
        move |text: &str| {
            std::hint::black_box(cleaner.clean(text).is_changed());
        }
    };
    for stage in all {
        show(&format!("{stage}, with its facts"), &run(cleaner(&[stage])));
    }
    show("all stages", &run(cleaner(&[])));
}

fn time(documents: &[String], run: &dyn Fn(&str)) -> f64 {
    let bytes: usize = documents.iter().map(String::len).sum();
    let once = || {
        let start = Instant::now();
        documents.iter().for_each(|text| run(text));
        start.elapsed().as_nanos() as f64 / bytes as f64
    };
    (0..RUNS).map(|_| once()).fold(f64::INFINITY, f64::min)
}
