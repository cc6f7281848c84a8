//! Punctuation: how many of each mark come back from half width, beside the crate autocorrect.

use std::collections::BTreeMap;

use jiaokan::StageId;
use jiaokan_damage::layout::{Damage, Damaged, Kind};
use rayon::prelude::*;

use crate::{Text, cleaner, share};

pub(crate) fn run(text: &Text) {
    println!("\n## Punctuation: marks that come back, and marks that come out of clean text changed\n");
    println!("| mark | all | jiaokan | autocorrect 2.14 |\n|---|---|---|---|");
    let documents = text.damaged(&[Kind::Punctuation], 20);
    let cleaner = cleaner(&[StageId::Punctuation]);
    let ours = restored(&documents, &|text| cleaner.clean(text).into_text().into_owned());
    let theirs = restored(&documents, &|text| autocorrect::format(text));
    for (mark, (right, all)) in &ours {
        let (other, _) = theirs[mark];
        println!("| {mark} | {all} | {:.4} | {:.4} |", share(*right, *all), share(other, *all));
    }
    let lines = text.lines();
    let changed = lines.par_iter().filter(|line| autocorrect::format(line) != **line).count();
    println!("\nautocorrect changes {changed} of {} clean lines.", lines.len());
}

/// Restored and all, by mark: in the order of the marks of a document, spaces and line ends aside.
fn restored(
    documents: &[Damaged],
    run: &(dyn Fn(&str) -> String + Sync),
) -> BTreeMap<String, (usize, usize)> {
    let of = |document: &Damaged| {
        let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        let text = run(&document.text);
        // Nothing but marks and spaces was changed, so the characters that are neither stand in step.
        let is_mark = |c: &char| !c.is_whitespace();
        let (a, b): (Vec<char>, Vec<char>) =
            (text.chars().filter(is_mark).collect(), document.clean.chars().filter(is_mark).collect());
        let mut at = 0;
        let mut ordinal: BTreeMap<usize, usize> = BTreeMap::new();
        for (i, c) in document.clean.char_indices() {
            if !c.is_whitespace() {
                ordinal.insert(i, at);
                at += 1;
            }
        }
        let in_step = a.len() == b.len();
        for mark in document.marks.iter().filter(|mark| mark.what == Damage::Mark) {
            let held = counts.entry(mark.clean.clone()).or_default();
            let i = ordinal[&mark.clean_at];
            held.0 += usize::from(in_step && a[i] == b[i]);
            held.1 += 1;
        }
        counts
    };
    documents.par_iter().map(of).reduce(BTreeMap::new, |mut all, counts| {
        for (mark, (right, count)) in counts {
            let held = all.entry(mark).or_default();
            *held = (held.0 + right, held.1 + count);
        }
        all
    })
}
