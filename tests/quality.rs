//! What comes back of the five gold texts when `jiaokan-damage` has damaged them, with fixed seeds: no change may
//! bring back less, or write more that is wrong, than `quality.tsv` says. The figures that count are those of
//! the benches, on far more text; this is the gate that each commit passes.
//!
//! `UPDATE_QUALITY=1 cargo test --test quality` writes the table again.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use fastrand::Rng;
use jiaokan::{Cleaner, Config};
use jiaokan_damage::gloss::{Options, Site, Split, Tones};
use jiaokan_damage::layout;
use jiaokan_damage::misread::{self, misread_run};

/// Times that each text is damaged, each time otherwise.
const SEEDS: u64 = 4;

/// A damaged text and its truth.
struct Case {
    damaged: String,
    truth: String,
}

/// Lines of the truth that stand in the cleaned text, all of them, and lines of the cleaned text that stand
/// neither in the truth nor in the damaged text.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Score {
    right: usize,
    of: usize,
    wrong: usize,
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

fn gold() -> Vec<String> {
    let mut files: Vec<PathBuf> = fs::read_dir(path("gold"))
        .expect("the gold texts")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    files.sort();
    assert_eq!(files.len(), 5);
    files.iter().map(|file| fs::read_to_string(file).expect("a text")).collect()
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim().is_empty())
}

fn score(cleaner: &Cleaner, cases: &[Case]) -> Score {
    let mut score = Score::default();
    for case in cases {
        // What the cleaner makes of the truth: the damage may be in the other script.
        let truth = cleaner.clean(&case.truth).into_text().into_owned();
        let cleaned = cleaner.clean(&case.damaged).into_text().into_owned();
        let mut left: HashMap<&str, usize> = HashMap::new();
        for line in lines(&truth) {
            score.of += 1;
            *left.entry(line).or_default() += 1;
        }
        for line in lines(&cleaned) {
            match left.get_mut(line).filter(|left| **left > 0) {
                Some(left) => {
                    *left -= 1;
                    score.right += 1;
                }
                None => score.wrong += usize::from(!lines(&case.damaged).any(|damaged| damaged == line)),
            }
        }
    }
    score
}

fn glossed(texts: &[String], options: &Options) -> Vec<Case> {
    let sites = (0..SEEDS).flat_map(|seed| texts.iter().map(move |text| (seed, text)));
    let case = |(seed, text): (u64, &String)| {
        let site = Site::draw(seed, options.clone());
        let damaged: Vec<_> = text.lines().map(|line| site.damage(line)).collect();
        let join = |of: &dyn Fn(&jiaokan_damage::page::Damaged) -> String| {
            damaged.iter().map(|line| of(line) + "\n").collect::<String>()
        };
        Case { damaged: join(&|line| line.text.clone()), truth: join(&|line| line.truth.clone()) }
    };
    sites.map(case).collect()
}

/// Every third paragraph misread as a whole, and a run in the one behind it.
fn misread(texts: &[String], kind: misread::Kind) -> Vec<Case> {
    let options = Options { traditional: kind == misread::Kind::Big5AsGbk, ..Options::default() };
    let mut rng = Rng::with_seed(7);
    let mut case = |text: &String| {
        let (mut damaged, mut truth) = (String::new(), String::new());
        for (i, line) in text.lines().enumerate() {
            let line = options.convert(line);
            let bad = match i % 3 {
                0 => misread::misread(&line, kind),
                1 if line.chars().count() > 8 => misread_run(&line, kind, 1, &mut rng),
                _ => None,
            };
            let bad = bad.filter(|bad| bad.lossless).map_or_else(|| line.clone(), |bad| bad.text);
            damaged += &(bad + "\n");
            truth += &(line + "\n");
        }
        Case { damaged, truth }
    };
    texts.iter().map(&mut case).collect()
}

fn laid_out(texts: &[String], kinds: &[layout::Kind]) -> Vec<Case> {
    let all: Vec<Vec<&str>> = texts.iter().map(|text| lines(text).collect()).collect();
    let mut cases = Vec::new();
    for seed in 0..SEEDS {
        for (i, paragraphs) in all.iter().enumerate() {
            let others: Vec<&str> =
                all[(i + 1) % all.len()].iter().copied().filter(|line| line.chars().count() < 25).collect();
            let damaged =
                layout::damage(paragraphs, &others, kinds, &mut Rng::with_seed(seed * 100 + i as u64));
            cases.push(Case { damaged: damaged.text, truth: damaged.clean });
        }
    }
    cases
}

/// Every kind of damage by its name.
fn cases() -> Vec<(String, Vec<Case>)> {
    let texts = gold();
    let plain = texts.iter().map(|text| Case { damaged: text.clone(), truth: text.clone() }).collect();
    let mut cases = vec![("none".to_owned(), plain)];
    let table = Options { table: (120, 250), ..Options::default() };
    for (name, options) in [
        ("glosses", table.clone()),
        ("glosses, Simplified", Options { traditional: false, ..table.clone() }),
        ("glosses without tones", Options { tones: Tones::Without, ..table.clone() }),
        ("glosses repeated", Options { repeats: 3, ..table.clone() }),
        ("glosses and a split", Options { split: Split::Drawn, ..table.clone() }),
        ("glosses, private use dropped", Options { split: Split::Drawn, drop_private: true, ..table }),
    ] {
        cases.push((name.to_owned(), glossed(&texts, &options)));
    }
    for kind in misread::Kind::ALL {
        cases.push((kind.name().to_owned(), misread(&texts, kind)));
    }
    for kind in layout::Kind::ALL {
        cases.push((kind.to_string(), laid_out(&texts, &[kind])));
    }
    cases.push(("all layout".to_owned(), laid_out(&texts, &layout::Kind::ALL)));
    cases
}

/// The table: by damage and by what is made, the figures.
fn table() -> Vec<(String, Score)> {
    let cleaners = [("safe", false), ("unsafe", true)].map(|(name, select_unsafe)| {
        let config = Config { select_unsafe, ..Config::default() };
        (name, Cleaner::new(config).expect("a configuration"))
    });
    let rows = cases().into_iter().flat_map(|(damage, cases)| {
        cleaners
            .iter()
            .map(|(edits, cleaner)| (format!("{damage}\t{edits}"), score(cleaner, &cases)))
            .collect::<Vec<_>>()
    });
    rows.collect()
}

#[test]
fn nothing_comes_back_less_or_worse() {
    const HEADER: &str = "# Lines brought back of all that were damaged or not, and lines that became something else, with safe edits\n\
        # alone and with unsafe ones. See quality.rs.\n# damage\tedits\tright\tof\twrong\n";
    let found = table();
    if std::env::var_os("UPDATE_QUALITY").is_some() {
        let mut text = HEADER.to_owned();
        for (row, Score { right, of, wrong }) in &found {
            writeln!(text, "{row}\t{right}\t{of}\t{wrong}").expect("a string");
        }
        fs::write(path("quality.tsv"), text).expect("the table is written");
    }
    let held = fs::read_to_string(path("quality.tsv")).expect("the table");
    let mut rows = held.lines().filter(|line| !line.starts_with('#'));
    let mut fallen = Vec::new();
    for (row, score) in &found {
        let line = rows.next().unwrap_or_default();
        let figures = line.strip_prefix(row.as_str()).and_then(|rest| rest.strip_prefix('\t'));
        let figures: Vec<usize> = figures
            .unwrap_or_else(|| panic!("quality.tsv has `{line}` where `{row}` belongs"))
            .split('\t')
            .map(|figure| figure.parse().expect("a number"))
            .collect();
        assert_eq!(figures[1], score.of, "{row}: the damage is not what it was");
        if score.right < figures[0] || score.wrong > figures[2] {
            fallen.push(format!("{row}: {figures:?} became {score:?}"));
        }
    }
    assert_eq!(rows.next(), None, "a row too many");
    assert!(fallen.is_empty(), "{}", fallen.join("\n"));
    let [(_, safe), (_, all)] = &found[..2] else { unreachable!("two rows of each damage") };
    assert_eq!((safe.right, safe.wrong), (safe.of, 0), "sound text is changed");
    assert_eq!(all.of, safe.of);
}
