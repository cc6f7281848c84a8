//! Text read in an encoding that it is not in, and text that it must not be taken for.

use fastrand::Rng;
use jiaokan::Cleaner;
use jiaokan_damage::gloss::Options;
use jiaokan_damage::misread::{Kind, Misread, misread_run, misread_times};

use crate::{BOTH, Bench, cleaned_lines, cleaner, data, peers, percent};

/// Lines of a document.
const SIZE: usize = 50;

/// Where the damage is.
#[derive(Clone, Copy, PartialEq)]
enum Scope {
    Documents,
    /// Every tenth line of good text.
    Lines,
    /// A run in every tenth line of good text.
    Runs,
}

struct Line {
    text: String,
    truth: String,
    /// What was done to it, if anything.
    damage: Option<Misread>,
}

pub(crate) fn recovered(bench: &Bench<'_>) {
    println!("\n## Misread text: lines exactly recovered where no byte is lost, %\n");
    println!(
        "`wrong`: of these, changed into something else. `good`: lines without damage that were changed.\n"
    );
    println!(
        "| misread | where | lines | no byte lost | ftfy, widths kept | safe edits | wrong | good | with unsafe edits | wrong | good |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    let (safe, all) = (cleaner(&BOTH, false), cleaner(&BOTH, true));
    let twice = [Kind::Utf8AsCp1252, Kind::Utf8AsLatin1, Kind::Utf8AsGbk].map(|kind| (kind, 2));
    for (kind, times) in Kind::ALL.map(|kind| (kind, 1)).into_iter().chain(twice) {
        for (scope, place) in
            [(Scope::Documents, "documents"), (Scope::Lines, "lines"), (Scope::Runs, "runs")]
        {
            let lines = damaged(bench, kind, times, scope);
            let counted = || lines.iter().filter(|line| line.damage.as_ref().is_some_and(|d| d.lossless));
            let damaged = lines.iter().filter(|line| line.damage.is_some()).count();
            let (count, texts) =
                (counted().count(), lines.iter().map(|line| line.text.clone()).collect::<Vec<_>>());
            let ftfy = peers::python("ftfy-keep", &texts, 1).map_or("–".to_owned(), |(fixed, _)| {
                let right = |(line, fixed): &(&Line, &String)| {
                    line.damage.as_ref().is_some_and(|d| d.lossless) && line.truth == **fixed
                };
                format!("{:.2}", percent(lines.iter().zip(&fixed).filter(right).count(), count))
            });
            let [one, two] = [&safe, &all].map(|cleaner| {
                let Tally { right, wrong, harmed } = tally(cleaner, &safe, &lines);
                format!("{:.2} | {wrong} | {harmed}", percent(right, count))
            });
            let name = if times == 1 { kind.name().to_owned() } else { format!("{}, twice", kind.name()) };
            println!("| {name} | {place} | {damaged} | {count} | {ftfy} | {one} | {two} |");
        }
    }
}

fn damaged(bench: &Bench<'_>, kind: Kind, times: usize, scope: Scope) -> Vec<Line> {
    let mut rng = Rng::with_seed(11);
    let options = Options { traditional: kind == Kind::Big5AsGbk, ..Options::default() };
    let line = |(i, clean): (usize, &&str)| {
        let truth = options.convert(clean);
        let damage = match scope {
            Scope::Documents => misread_times(&truth, kind, times),
            Scope::Lines if i % 10 == 3 => misread_times(&truth, kind, times),
            Scope::Runs if i % 10 == 3 => misread_run(&truth, kind, times, &mut rng),
            _ => None,
        };
        let damage = damage.filter(|damage| damage.text != truth);
        Line { text: damage.as_ref().map_or(&truth, |damage| &damage.text).clone(), truth, damage }
    };
    bench.lines.iter().enumerate().map(line).collect()
}

#[derive(Default)]
struct Tally {
    /// Lines that lost no byte and are recovered.
    right: usize,
    /// Lines that lost no byte and were changed into something else.
    wrong: usize,
    /// Good lines that were changed.
    harmed: usize,
}

fn tally(cleaner: &Cleaner, reference: &Cleaner, lines: &[Line]) -> Tally {
    let mut tally = Tally::default();
    for document in lines.chunks(SIZE) {
        let text = document.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n");
        let truth = document.iter().map(|line| line.truth.as_str()).collect::<Vec<_>>().join("\n");
        let truth = cleaned_lines(reference, &truth).expect("no line break of clean text changes");
        let cleaned = cleaned_lines(cleaner, &text);
        for (i, line) in document.iter().enumerate() {
            let cleaned = cleaned.as_ref().map(|cleaned| &cleaned[i]);
            let is_truth = cleaned == Some(&truth[i]);
            match &line.damage {
                Some(damage) if damage.lossless => {
                    tally.right += usize::from(is_truth);
                    tally.wrong += usize::from(!is_truth && cleaned != Some(&line.text));
                }
                Some(_) => {}
                None => tally.harmed += usize::from(!is_truth),
            }
        }
    }
    tally
}

/// What the stages change in text that has no such damage, and in ftfy's own cases.
pub(crate) fn harm() {
    println!("\n## Edits in text without damage\n");
    println!("| text | bytes | safe edits | with unsafe edits |");
    println!("|---|---|---|---|");
    let (safe, all) = (cleaner(&BOTH, false), cleaner(&BOTH, true));
    let report = |name: &str, text: &str| {
        let [one, two] = [&safe, &all].map(|cleaner| {
            let documents: Vec<&str> = text.lines().collect();
            documents
                .chunks(SIZE)
                .map(|chunk| cleaner.clean(&chunk.join("\n")).changes().len())
                .sum::<usize>()
        });
        println!("| {name} | {} | {one} | {two} |", text.len());
    };
    for name in ["clean-dev.txt", "clean-dev-s2t.txt"] {
        if let Some(text) = data(name) {
            report(name, &text);
        }
    }
    for language in ["english", "french", "german", "russian", "japanese", "korean", "python", "javascript"] {
        if let Some(text) = data(&format!("foreign-{language}.txt")) {
            report(language, &text);
        }
    }
    let Some(cases) = data("ftfy-cases.json") else { return };
    let cases: serde_json::Value = serde_json::from_str(&cases).expect("JSON");
    let cases = cases.as_array().expect("a list");
    println!("\nftfy's own {} cases, each a document:\n", cases.len());
    println!("| edits | as ftfy wants it | left alone | other, so perhaps worse |");
    println!("|---|---|---|---|");
    for (name, cleaner) in [("safe", &safe), ("unsafe too", &all)] {
        let (mut right, mut alone, mut other) = (0, 0, Vec::new());
        for case in cases {
            let text = |key: &str| case.get(key).and_then(serde_json::Value::as_str);
            let original = text("original").expect("every case has one");
            let cleaned = cleaner.clean(original);
            // Without ftfy's changes of quotes and widths, which are no repair of an encoding.
            if cleaned.text() == original {
                alone += 1;
            } else if [text("fixed"), text("fixed-encoding")].contains(&Some(cleaned.text())) {
                right += 1;
            } else {
                other.push(format!("{original:?} → {:?}", cleaned.text()));
            }
        }
        println!("| {name} | {right} | {alone} | {} |", other.len());
        for case in other.iter().take(5) {
            println!("other: {case}");
        }
    }
}
