//! Reviews that readers wrote, a line each: text whose paragraphs end without a stop as they please, in any width, with
//! slips. What its lines say belongs to nobody else's, so what joins, moves or drops a line is harm.

use std::collections::BTreeMap;

use jiaokan::{RuleId, StageId};
use rayon::prelude::*;

use crate::{SIZE, Text, around, cleaner};

const HEAD: &str = "\n## Harm: edits across the lines of reviews\n
| documents | lines | joins | furniture | repeats | shifted bytes | per 1,000 lines |
|---|---|---|---|---|---|---|";

pub(crate) fn run(text: &Text) {
    println!("{HEAD}");
    let lines: Vec<&str> = text.reviews.lines().collect();
    let mut examples = Vec::new();
    for (name, size) in [("whole", lines.len()), ("25 lines", SIZE), ("5 lines", 5)] {
        let cleaner = cleaner(&[]);
        let edits: Vec<(RuleId, String)> = lines
            .par_chunks(size.max(1))
            .map(|lines| lines.join("\n") + "\n")
            .flat_map_iter(|document| {
                let cleaned = cleaner.clean(&document);
                let found: Vec<_> =
                    cleaned.changes().iter().map(|c| (c.rules[0], around(&document, &cleaned, c))).collect();
                found
            })
            .filter(|(rule, _)| is_structural(*rule))
            .collect();
        let mut counts: BTreeMap<StageId, usize> = BTreeMap::new();
        for (rule, context) in &edits {
            *counts.entry(rule.rule().stage).or_default() += 1;
            examples.push(format!("{name}: {rule} {context}"));
        }
        let of = |stage| counts.get(&stage).copied().unwrap_or(0);
        println!(
            "| {name} | {} | {} | {} | {} | {} | {:.2} |",
            lines.len(),
            of(StageId::Reflow),
            of(StageId::Furniture),
            of(StageId::Repeats),
            of(StageId::Recover),
            edits.len() as f64 * 1e3 / lines.len() as f64,
        );
    }
    if std::env::var_os("EXAMPLES").is_some() {
        println!();
        examples.iter().for_each(|example| println!("- {example}"));
    }
}

/// Whether a rule joins, moves or drops lines, or reads bytes as shifted. 的的 is a slip of the writer's.
fn is_structural(rule: RuleId) -> bool {
    match rule.rule().stage {
        StageId::Furniture => true,
        StageId::Repeats => rule != RuleId::DoubledParticle,
        StageId::Reflow => matches!(rule, RuleId::CutParagraph | RuleId::HardWrap),
        StageId::Recover => rule == RuleId::ShiftedBytes,
        _ => false,
    }
}
