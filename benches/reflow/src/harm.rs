//! Harm: safe edits that the default settings make in clean text, where every edit is wrong.

use std::collections::BTreeMap;

use jiaokan::{RuleId, StageId};
use rayon::prelude::*;

use crate::{SIZE, Text, around, cleaner, learn};

/// Expected events of a Poisson process of which so many were seen: the upper 95 % bound, one-sided.
fn bound(seen: usize) -> f64 {
    // The least mean at which `seen` events or fewer have a chance of 5 %.
    let chance = |mean: f64| {
        let mut term = (-mean).exp();
        let mut sum = term;
        for k in 1..=seen {
            term *= mean / k as f64;
            sum += term;
        }
        sum
    };
    let (mut low, mut high) = (0.0, 10.0 + 3.0 * seen as f64);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if chance(middle) > 0.05 { low = middle } else { high = middle }
    }
    high
}

pub(crate) fn run(text: &Text) {
    println!("\n## Harm: edits in clean text\n");
    println!(
        "| documents | adapted | joins | spaces | captions | repeats | punctuation | all stages | per million | 95 % bound |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    let lines = text.lines();
    let forms: [(&str, Vec<String>); 4] = [
        ("whole, a line each", vec![text.all.clone()]),
        ("whole, blank lines", vec![lines.join("\n\n") + "\n"]),
        ("25 paragraphs", lines.chunks(SIZE).map(|chunk| chunk.join("\n\n") + "\n").collect()),
        ("1 paragraph", lines.iter().map(|line| format!("{line}\n")).collect()),
    ];
    let mut examples = Vec::new();
    for (name, documents) in &forms {
        for adapted in [false, true] {
            let mut cleaner = cleaner(&[]);
            if adapted {
                cleaner = cleaner.with_profile(learn(documents.iter().map(String::as_str)));
            }
            let edits: Vec<(RuleId, String)> = documents
                .par_iter()
                .flat_map_iter(|document| {
                    let cleaned = cleaner.clean(document);
                    let changes = cleaned.changes();
                    let found: Vec<_> =
                        changes.iter().map(|c| (c.rules[0], around(document, &cleaned, c))).collect();
                    found
                })
                .collect();
            let mut counts: BTreeMap<StageId, usize> = BTreeMap::new();
            let mut joins = 0;
            for (rule, context) in &edits {
                *counts.entry(rule.rule().stage).or_default() += 1;
                joins += usize::from(matches!(rule, RuleId::CutParagraph | RuleId::HardWrap));
                examples.push(format!("{name}{}: {rule} {context}", if adapted { ", adapted" } else { "" }));
            }
            let of = |stage| counts.get(&stage).copied().unwrap_or(0);
            let per = |count: f64| count * 1e6 / text.characters as f64;
            println!(
                "| {name} | {} | {joins} | {} | {} | {} | {} | {} | {:.2} | {:.2} |",
                if adapted { "yes" } else { "no" },
                of(StageId::Reflow) - joins,
                of(StageId::Furniture),
                of(StageId::Repeats),
                of(StageId::Punctuation),
                edits.len(),
                per(edits.len() as f64),
                per(bound(edits.len())),
            );
        }
    }
    if !examples.is_empty() {
        println!();
        examples.iter().take(60).for_each(|example| println!("- {example}"));
    }
}
