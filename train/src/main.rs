//! `cargo train-join TEXT`: trains the join model on clean text of one paragraph a line and writes its weights
//! to `src/join/weights.rs`. `cargo train-join --check TEXT` trains it too, but writes nothing and fails where
//! the weights are stale: what is seen at a break, or which breaks are looked at, is no longer what they were
//! trained on. The same text gives the same weights, to the byte.
//!
//! The text is cut into documents of 25 paragraphs and damaged with a seed, again and again. What is learned
//! from are the breaks between its lines that a cut could have made: those that the damage put there, and the
//! ends of headings, bylines and verse that were there before. One document in five is kept back: on these the
//! log odds are calibrated and the figures printed.

mod net;

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use fastrand::Rng;
use jiaokan::join::Break;
use jiaokan::lexicon::ngram::{Counter, Model};
use jiaokan_damage::layout::{Damage, Damaged, Kind, damage};

use net::{Sample, Trained};

/// Paragraphs of a document.
const SIZE: usize = 25;
/// One document in so many is kept back.
const KEPT_BACK: usize = 5;
/// How often the text is damaged.
const ROUNDS: u64 = 6;
/// Documents that are taken for one corpus, to learn an n-gram of its own.
const CORPUS: usize = 130;

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (check, text) = match args.as_slice() {
        [text] => (false, text),
        [flag, text] if flag == "--check" => (true, text),
        _ => bail!("usage: cargo train-join [--check] TEXT"),
    };
    let name = text;
    let text = fs::read_to_string(text).with_context(|| text.clone())?;
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let mut out = String::from(HEADER);
    for (set, with_own) in [("SHIPPED", false), ("OWN", true)] {
        let (learned, kept) = samples(&lines, with_own);
        eprintln!("{set}: {} breaks to learn from, {} kept back", learned.len(), kept.len());
        let mut trained = Trained::new(&learned, &mut Rng::with_seed(1));
        trained.calibrate(&kept);
        report("kept back", &trained, &kept);
        report("learned", &trained, &learned);
        out.push('\n');
        out += &trained.to_rust(set);
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/join/weights.rs");
    if check {
        let fresh = fs::read_to_string(&path).with_context(|| path.display().to_string())? == out;
        anyhow::ensure!(fresh, "src/join/weights.rs is stale: run `cargo train-join {name}`");
        println!("src/join/weights.rs is fresh");
        return Ok(());
    }
    fs::write(&path, out).with_context(|| path.display().to_string())?;
    println!(
        "wrote src/join/weights.rs; `cargo train-join --check {name}` says later whether it is still fresh"
    );
    Ok(())
}

const HEADER: &str = "//! The weights of the join model, written by `cargo train-join TEXT`; see `docs/BENCHMARKS.md`. Not for editing.
//! `cargo train-join --check TEXT` says whether they are fresh.

// A weight may come near π/8 by chance.
#![allow(clippy::approx_constant)]

use super::Net;
";

/// Breaks to learn from, and breaks that are kept back.
fn samples(lines: &[&str], with_own: bool) -> (Vec<Sample>, Vec<Sample>) {
    let (mut learned, mut kept) = (Vec::new(), Vec::new());
    let mut rng = Rng::with_seed(ROUNDS);
    for round in 0..ROUNDS {
        let documents: Vec<Damaged> = (0u64..)
            .zip(lines.chunks(SIZE))
            .map(|(i, paragraphs)| {
                let mut rng = Rng::with_seed(round << 32 | i);
                damage(paragraphs, lines, &kinds(round, &mut rng), &mut rng)
            })
            .collect();
        for (corpus, documents) in documents.chunks(CORPUS).enumerate() {
            let own = with_own.then(|| own_model(documents)).transpose().expect("a model as it was compiled");
            for (i, document) in documents.iter().enumerate() {
                let into =
                    if (corpus * CORPUS + i).is_multiple_of(KEPT_BACK) { &mut kept } else { &mut learned };
                breaks(document, own.as_ref(), into);
                strangers(document, lines, own.as_ref(), &mut rng, into);
            }
        }
    }
    (learned, kept)
}

/// Every round has cuts but the first, which is clean; some have half-width marks or doubled fragments too.
fn kinds(round: u64, rng: &mut Rng) -> Vec<Kind> {
    if round == 0 {
        return Vec::new();
    }
    let mut kinds = vec![Kind::Cuts];
    kinds.extend((rng.u8(0..4) == 0).then_some(Kind::Punctuation));
    kinds.extend((rng.u8(0..4) == 0).then_some(Kind::Repeats));
    kinds.extend((rng.u8(0..4) == 0).then_some(Kind::Captions));
    kinds
}

fn own_model(documents: &[Damaged]) -> Result<Model, jiaokan::lexicon::ngram::ModelError> {
    let mut counter = Counter::default();
    documents.iter().flat_map(|document| document.text.lines()).for_each(|line| counter.add(line));
    Model::from_bytes(&counter.compile(1, 2))
}

fn breaks(document: &Damaged, own: Option<&Model>, into: &mut Vec<Sample>) {
    let text = &document.text;
    let mut marks = document.marks.iter().peekable();
    let mut above: Option<(usize, &str)> = None;
    for line in text.split_inclusive('\n') {
        let start = line.as_ptr() as usize - text.as_ptr() as usize;
        let line = line.trim_end_matches('\n');
        if line.trim().is_empty() {
            continue;
        }
        if let Some((end, left)) = above {
            while marks.peek().is_some_and(|mark| mark.at.end <= end) {
                marks.next();
            }
            let mark = marks.peek().filter(|mark| mark.at.start < start);
            let is_cut = match mark.map(|mark| (mark.what, &mark.at)) {
                None => Some(false),
                Some((Damage::Cut, _)) => Some(true),
                // Between a half and the caption, not between the caption and its credit.
                Some((Damage::Caption, at)) if at.start == end || at.end == start => Some(false),
                Some(_) => None,
            };
            push(left, line, is_cut, own, into);
        }
        above = Some((start + line.len(), line));
    }
}

/// Breaks where text was lost: what stands before a cut, and the beginning of some other paragraph; and
/// headings before other paragraphs than their own. Neither is to be joined.
fn strangers(document: &Damaged, lines: &[&str], own: Option<&Model>, rng: &mut Rng, into: &mut Vec<Sample>) {
    for left in document.text.lines() {
        let is_heading = left.chars().count() < 30;
        if rng.u8(0..100) < if is_heading { 20 } else { 2 } {
            let from = into.len();
            push(left, rng.choice(lines).expect("lines"), Some(false), own, into);
            into[from..].iter_mut().for_each(|sample| sample.is_lost = !is_heading);
        }
    }
}

fn push(left: &str, right: &str, is_cut: Option<bool>, own: Option<&Model>, into: &mut Vec<Sample>) {
    let at = Break::between(left, right);
    if let Some(is_cut) = is_cut.filter(|_| !at.is_paragraph_end()) {
        into.push(Sample { seen: at.features(own), is_cut, is_lost: false });
    }
}

/// Prints recall at fixed precision.
fn report(what: &str, trained: &Trained, samples: &[Sample]) {
    let mut scored: Vec<(f32, &Sample)> =
        samples.iter().filter(|s| !s.is_lost).map(|s| (trained.log_odds(&s.seen), s)).collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let cuts = samples.iter().filter(|s| s.is_cut).count();
    let mut best = [(0.0, 0.0); 3];
    let mut right = 0;
    for (i, (score, sample)) in scored.iter().enumerate() {
        right += usize::from(sample.is_cut);
        let precision = right as f64 / (i + 1) as f64;
        for (best, wanted) in best.iter_mut().zip([0.98, 0.99, 0.995]) {
            if precision >= wanted {
                *best = (right as f64 / cuts as f64, *score);
            }
        }
    }
    let [a, b, c] = best;
    println!(
        "{what}: {cuts} cuts, {} ends; R@P≥.98 {:.3}, R@P≥.99 {:.3} (log odds {:.2}), R@P≥.995 {:.3} ({:.2})",
        samples.len() - cuts,
        a.0,
        b.0,
        b.1,
        c.0,
        c.1
    );
}
