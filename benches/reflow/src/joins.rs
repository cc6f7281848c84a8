//! Joins of cut paragraphs: recall at fixed precision, beside what others decide by; and the joins that the
//! default settings make.

use jiaokan::join::{Break, Evidence};
use jiaokan::lexicon::ngram::Model;
use jiaokan::{RuleId, StageId};
use jiaokan_damage::layout::{Damage, Damaged, Kind};
use rayon::prelude::*;

use crate::{Text, cleaner, learn, share, show};

/// A break between two lines and whether a cut made it.
pub(crate) struct Gap<'t> {
    pub(crate) left: &'t str,
    pub(crate) right: &'t str,
    pub(crate) is_cut: bool,
}

/// The breaks of a document that are cuts or paragraphs' ends.
pub(crate) fn gaps(document: &Damaged) -> Vec<Gap<'_>> {
    let text = &document.text;
    let mut found = Vec::new();
    let mut above: Option<&str> = None;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        if let Some(left) = above {
            let end = left.as_ptr() as usize - text.as_ptr() as usize + left.len();
            let start = line.as_ptr() as usize - text.as_ptr() as usize;
            let i = document.marks.partition_point(|mark| mark.at.end <= end);
            let mark = document.marks.get(i).filter(|mark| mark.at.start < start).map(|mark| mark.what);
            if matches!(mark, None | Some(Damage::Cut)) {
                found.push(Gap { left, right: line, is_cut: mark.is_some() });
            }
        }
        above = Some(line);
    }
    found
}

/// MinerU merges two blocks when the first does not end in one of these marks and the second does not begin
/// with a capital or a digit (its text conditions alone; it also looks at the boxes).
fn mineru(gap: &Gap<'_>) -> bool {
    let ends = gap
        .left
        .trim_end()
        .ends_with(['.', '!', '?', '。', '！', '？', ')', '）', '"', '”', ':', '：', ';', '；']);
    let begins = gap.right.trim_start().starts_with(|c: char| c.is_numeric() || c.is_uppercase());
    !ends && !begins
}

fn unterminated(gap: &Gap<'_>) -> bool {
    !gap.left
        .trim_end()
        .ends_with(['。', '！', '？', '…', '”', '；', '：', '）', '.', '!', '?', '"', ';', ':', ')'])
}

pub(crate) fn run(text: &Text) {
    println!("\n## Joins of cut paragraphs\n");
    let documents = text.damaged(&[Kind::Cuts], 1);
    let all: Vec<Vec<Gap<'_>>> = documents.iter().map(gaps).collect();
    let cuts = all.iter().flatten().filter(|gap| gap.is_cut).count();
    let ends = all.iter().flatten().count() - cuts;
    println!("{cuts} cuts, {ends} paragraph ends in {} documents.\n", documents.len());
    println!("| method | precision | recall |\n|---|---|---|");
    for (name, joins) in [
        ("no terminal punctuation", unterminated as fn(&Gap<'_>) -> bool),
        ("MinerU's text conditions", mineru),
    ] {
        let joined: Vec<&Gap<'_>> = all.iter().flatten().filter(|gap| joins(gap)).collect();
        let right = joined.iter().filter(|gap| gap.is_cut).count();
        println!("| {name} | {:.3} | {:.3} |", share(right, joined.len()), share(right, cuts));
    }
    let profile = learn(documents.iter().map(|document| document.text.as_str()));
    let stages = [StageId::Reflow];
    for (name, cleaner) in
        [("default", cleaner(&stages)), ("--adapt", cleaner(&stages).with_profile(profile.clone()))]
    {
        let (right, wrong, examples) = made(&documents, &cleaner);
        println!("| joins made, {name} | {:.4} | {:.3} |", share(right, right + wrong), share(right, cuts));
        for example in examples.iter().take(if std::env::var_os("EXAMPLES").is_some() { 60 } else { 0 }) {
            println!("- {example}");
        }
    }
    println!("\n| confidence | R@P≥.98 | R@P≥.99 | R@P≥.995 |\n|---|---|---|---|");
    for (name, own) in [("default", None), ("--adapt", Some(profile.ngram()))] {
        let [a, b, c] = recall_at(&documents, &all, own, [0.98, 0.99, 0.995]);
        println!("| {name} | {a:.3} | {b:.3} | {c:.3} |");
    }
    println!(
        "\nCalibration of the confidence (default): of the breaks in a band, the share that is a cut.\n"
    );
    println!("| confidence | breaks | cuts |\n|---|---|---|");
    let mut scored = confidences(&documents, &all, None);
    scored.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (low, high) in [(0.0, 0.1), (0.1, 0.5), (0.5, 0.9), (0.9, 0.98), (0.98, 0.995), (0.995, 1.1)] {
        let band: Vec<_> = scored.iter().filter(|(p, _)| (low..high).contains(p)).collect();
        let right = band.iter().filter(|(_, is_cut)| *is_cut).count();
        println!("| {low}–{} | {} | {:.3} |", f32::min(high, 1.0), band.len(), share(right, band.len()));
    }
}

fn confidences(documents: &[Damaged], gaps: &[Vec<Gap<'_>>], own: Option<&Model>) -> Vec<(f32, bool)> {
    documents
        .par_iter()
        .zip(gaps)
        .flat_map_iter(|(document, gaps)| {
            let evidence = Evidence::of(&document.text, own);
            gaps.iter()
                .map(move |gap| (evidence.confidence(Break::between(gap.left, gap.right), own), gap.is_cut))
        })
        .collect()
}

fn recall_at(
    documents: &[Damaged],
    gaps: &[Vec<Gap<'_>>],
    own: Option<&Model>,
    wanted: [f64; 3],
) -> [f64; 3] {
    let mut scored = confidences(documents, gaps, own);
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let cuts = scored.iter().filter(|(_, is_cut)| *is_cut).count();
    let mut best = [0.0; 3];
    let mut right = 0;
    for (i, (_, is_cut)) in scored.iter().enumerate() {
        right += usize::from(*is_cut);
        for (best, wanted) in best.iter_mut().zip(wanted) {
            if share(right, i + 1) >= wanted {
                *best = share(right, cuts);
            }
        }
    }
    best
}

/// Joins that a cleaner makes: right, wrong, and what the wrong and the missing ones look like.
fn made(documents: &[Damaged], cleaner: &jiaokan::Cleaner) -> (usize, usize, Vec<String>) {
    let done: Vec<(usize, usize, Vec<String>)> = documents
        .par_iter()
        .map(|document| {
            let cleaned = cleaner.clean(&document.text);
            let changes = cleaned.changes();
            let joins: Vec<_> = changes
                .iter()
                .filter(|change| {
                    cleaned.old(change).contains('\n')
                        && change
                            .rules
                            .iter()
                            .any(|rule| matches!(rule, RuleId::CutParagraph | RuleId::HardWrap))
                })
                .map(|change| change.source.start..change.source.end)
                .collect();
            let is_break = |what| matches!(what, Damage::Cut | Damage::Wrap | Damage::Caption);
            let around = |at: &std::ops::Range<usize>| {
                let from = document.text.floor_char_boundary(at.start.saturating_sub(45));
                let to = document.text.ceil_char_boundary((at.end + 45).min(document.text.len()));
                show(&document.text[from..to])
            };
            let (mut right, mut wrong, mut examples) = (0, 0, Vec::new());
            for join in &joins {
                let true_one = document
                    .marks
                    .iter()
                    .any(|mark| is_break(mark.what) && mark.at.start < join.end && join.start < mark.at.end);
                if true_one {
                    right += 1;
                } else {
                    wrong += 1;
                    examples.push(format!("wrong: {}", around(join)));
                }
            }
            (right, wrong, examples)
        })
        .collect();
    done.into_iter().fold((0, 0, Vec::new()), |(a, b, mut c), (x, y, z)| {
        c.extend(z);
        (a + x, b + y, c)
    })
}
