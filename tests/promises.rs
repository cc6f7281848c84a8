//! The promises, for every kind of damage that `jiaokan-damage` knows and for every stage, alone, left out and with
//! all others: the damaged text comes back, cleaning twice is cleaning once, clean text stays, and the command
//! writes what the library does, for any number of threads.

use std::fs;
use std::path::Path;
use std::process::Command;

use fastrand::Rng;
use jiaokan::report::jsonl::{self, Record};
use jiaokan::{Cleaner, Config, StageId};
use jiaokan_damage::gloss::{Decoder, Options, Site, Split, Tones, Width};
use jiaokan_damage::{layout, misread};
use proptest::prelude::*;
use rayon::prelude::*;

/// Clean text, a paragraph a line: headings, a byline, prose, speech, a list, an address, verse.
const CLEAN: &str = "\
老城区的书店又开门了
本报记者 周明 方晓云
三月十二日上午，停业两年的新华路书店重新开门。不到九点，门外已经排起了长队，有带着孩子的父母，也有拄着拐杖的老人。
“我从小就在这里看书，那时候没有钱买，店员从来不赶我们走。”退休教师陈国华说，“现在我带孙女来，让她也坐在那个靠窗的位置上。”
书店占地680平方米，分为上下两层，共有图书3.2万种。一层是文学、历史和地方志，二层专门留给孩子，墙上的画由附近小学的学生完成。
据介绍，重新开业的费用由三方承担：区政府出资120万元，街道减免房租，余下的部分来自读者的捐助。最小的一笔捐款只有5元，最大的一笔是8万元。
为什么要留住一家书店？区文化局的一位负责人回答说，书店不只是卖书的地方，它还是邻居们见面、说话、歇脚的地方，这样的地方越来越少了。
一、每天开放时间为9:00至21:00，周一上午整理图书，不对外开放；
二、借阅区的图书可以带回家，期限为30天，到期可续借一次；
三、二层的活动室免费使用，须提前在网站www.example.org预约。
下午三点，店里举行了第一场读书会，主题是《红楼梦》里的饮食。主讲人准备了半个月，讲到一半停电了，大家便点起蜡烛，接着往下听。
春雨落在旧屋檐，
灯下有人翻旧篇。
晚上九点，最后一位读者离开。店长关上灯，在日记里写道：今天卖出312本书，有47个孩子办了借书证，其中最小的只有六岁。
";

const ENGLISH: &str = "The information about transportation and communication between the neighbouring communities was \
    well-known, although several contributors considered the documentation incomplete and asked for further explanations.";

/// A kind of damage by its name, as a function of a text and a seed.
type Damage = (String, Box<dyn Fn(&str, u64) -> String + Sync>);

fn damages() -> Vec<Damage> {
    let mut all: Vec<Damage> = Vec::new();
    let plain = || Options { table: (120, 250), ..Options::default() };
    for (name, options) in [
        ("glosses", plain()),
        ("Simplified", Options { traditional: false, ..plain() }),
        ("著", Options { zhu: true, ..plain() }),
        ("without tones", Options { tones: Tones::Without, ..plain() }),
        ("scattered", Options { tones: Tones::Mixed, scattered: 0.33, ..plain() }),
        ("repeated", Options { repeats: 3, ..plain() }),
        ("spaced", Options { spaced: 0.3, ..plain() }),
        ("split", Options { split: Split::Drawn, ..plain() }),
        (
            "split at marks, silent",
            Options { split: Split::At(vec!['，', '。']), dangling: false, ..plain() },
        ),
        ("split, decoded twice", Options { split: Split::Drawn, twice: true, ..plain() }),
        ("bracket kept", Options { split: Split::Drawn, decoder: Decoder::Keep, ..plain() }),
        ("U+FFFD", Options { split: Split::Drawn, decoder: Decoder::Fffd, ..plain() }),
        ("private use dropped", Options { split: Split::Drawn, drop_private: true, ..plain() }),
        ("half-width", Options { split: Split::Drawn, width: Width::Half, ..plain() }),
        ("wide brackets", Options { width: Width::WideBrackets, ..plain() }),
        ("wide question marks", Options { split: Split::Drawn, width: Width::WideQuestion, ..plain() }),
        ("cut off", Options { cut: 0.5, ..plain() }),
        ("sprinkled", Options { emoji: 0.02, rare: 0.02, commas: 0.5, ..plain() }),
    ] {
        all.push((
            format!("glosses: {name}"),
            Box::new(move |text, seed| {
                let site = Site::draw(seed, options.clone());
                by_line(text, |line| site.damage(line).text)
            }),
        ));
    }
    for kind in misread::Kind::ALL {
        let options = Options { traditional: kind == misread::Kind::Big5AsGbk, ..Options::default() };
        let convert = move |line: &str| options.convert(line);
        // Twice goes only where what came out can be written in the first encoding again.
        let utf8 = kind.name().starts_with("utf8");
        for times in if utf8 { 1..3 } else { 1..2 } {
            let convert = convert.clone();
            all.push((
                format!("{} {times}, whole", kind.name()),
                Box::new(move |text, _| {
                    by_line(text, |line| {
                        let line = convert(line);
                        misread::misread_times(&line, kind, times).map_or(line, |misread| misread.text)
                    })
                }),
            ));
        }
        all.push((
            format!("{} in runs", kind.name()),
            Box::new(move |text, seed| {
                let mut rng = Rng::with_seed(seed);
                by_line(text, |line| {
                    let line = convert(line);
                    misread::misread_run(&line, kind, 1, &mut rng).map_or(line, |misread| misread.text)
                })
            }),
        ));
    }
    for kinds in layout::Kind::ALL.map(|kind| vec![kind]).into_iter().chain([layout::Kind::ALL.to_vec()]) {
        let name = kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ");
        all.push((
            name,
            Box::new(move |text, seed| {
                let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
                // Some kinds are rare.
                let damaged = (0..1000)
                    .map(|more| {
                        let mut rng = Rng::with_seed(seed.wrapping_mul(1000).wrapping_add(more));
                        layout::damage(&lines, &lines, &kinds, &mut rng)
                    })
                    .find(|damaged| !damaged.marks.is_empty());
                damaged.map_or_else(|| text.to_owned(), |damaged| damaged.text)
            }),
        ));
    }
    for hyphen in ['-', '\u{2010}', '\u{ad}', '¬'] {
        all.push((
            format!("hyphens {:04X}", hyphen as u32),
            Box::new(move |text, seed| {
                let mut rng = Rng::with_seed(seed);
                format!("{text}\n{}\n", layout::hyphenate(ENGLISH, 20, hyphen, &mut rng).text)
            }),
        ));
    }
    all
}

fn by_line(text: &str, mut damage: impl FnMut(&str) -> String) -> String {
    text.lines().map(|line| damage(line) + "\n").collect()
}

fn cleaner(stages: Vec<StageId>, select_unsafe: bool) -> Cleaner {
    Cleaner::new(Config { stages, select_unsafe, ..Config::default() }).unwrap()
}

/// All stages, with unsafe edits too, each stage alone, and all stages but each.
fn cleaners() -> Vec<(String, Cleaner)> {
    let all = || StageId::ALL.to_vec();
    let mut cleaners =
        vec![("all".to_owned(), cleaner(all(), false)), ("unsafe too".to_owned(), cleaner(all(), true))];
    for stage in StageId::ALL {
        cleaners.push((format!("{stage:?} alone"), cleaner(vec![stage], true)));
        let others = StageId::ALL.into_iter().filter(|&other| other != stage).collect();
        cleaners.push((format!("no {stage:?}"), cleaner(others, false)));
    }
    cleaners
}

/// What does not hold of a text, if anything.
fn broken_promise(cleaner: &Cleaner, text: &str) -> Option<String> {
    let cleaned = cleaner.clean(text);
    let changes = cleaned.changes();
    let all: Vec<usize> = changes.iter().map(|change| change.id).collect();
    if cleaned.refuse(&all).text != text {
        return Some("refusing all edits does not give the text back".to_owned());
    }
    let decoded = jiaokan::decode(text.as_bytes(), false).unwrap();
    let record = Record::new("text", &decoded, &cleaned, &changes);
    if jsonl::restore(cleaned.text(), &record).ok().as_deref() != Some(text.as_bytes()) {
        return Some("the record does not give the text back".to_owned());
    }
    let again = cleaner.clean(cleaned.text());
    let change = again.changes().into_iter().next()?;
    Some(format!(
        "cleaned again, {:?} becomes {:?} by {:?}",
        again.old(&change),
        again.new_text(&change),
        change.rules
    ))
}

#[test]
fn every_stage_keeps_the_promises_on_every_damage() {
    let (damages, cleaners) = (damages(), cleaners());
    let cases: Vec<(&Damage, u64)> =
        damages.iter().flat_map(|damage| [1, 2].map(|seed| (damage, seed))).collect();
    let broken: Vec<String> = cases
        .into_par_iter()
        .flat_map_iter(|((name, damage), seed)| {
            let text = damage(CLEAN, seed);
            assert_ne!(text, CLEAN, "{name} did nothing");
            let judge = |(stages, cleaner): &(String, Cleaner)| {
                let broken = broken_promise(cleaner, &text)?;
                Some(format!("{name}, seed {seed}, {stages}: {broken}"))
            };
            cleaners.iter().filter_map(judge).collect::<Vec<_>>()
        })
        .collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn clean_text_stays() {
    for (stages, cleaner) in cleaners() {
        for text in [CLEAN.to_owned(), CLEAN.trim_end().replace('\n', "\n\n"), ENGLISH.to_owned()] {
            let cleaned = cleaner.clean(&text);
            let changes = cleaned.changes();
            let changes: Vec<_> =
                changes.iter().map(|c| (&c.rules, cleaned.old(c), cleaned.new_text(c))).collect();
            assert!(changes.is_empty(), "{stages}: {changes:?}");
        }
    }
}

/// Random text, random damage on damage, stages at random.
fn case() -> impl Strategy<Value = (String, Vec<(usize, u64)>, Vec<StageId>, bool)> {
    let lines: Vec<&str> = CLEAN.lines().collect();
    let characters: Vec<char> = CLEAN.chars().collect();
    let line = prop_oneof![
        6 => prop::sample::select(lines).prop_map(str::to_owned),
        2 => prop::collection::vec(prop::sample::select(characters), 0..60).prop_map(String::from_iter),
        1 => any::<String>(),
    ];
    let text = prop::collection::vec(line, 1..12).prop_map(|lines| lines.join("\n"));
    let damage = prop::collection::vec((0..damages().len(), any::<u32>().prop_map(u64::from)), 1..4);
    (text, damage, prop::sample::subsequence(StageId::ALL.to_vec(), 1..=StageId::ALL.len()), any::<bool>())
}

#[test]
fn random_text_keeps_the_promises_under_random_damage() {
    let damages = damages();
    let config = ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |((mut text, hurt, stages, select_unsafe) in case())| {
        for &(i, seed) in &hurt {
            text = damages[i].1(&text, seed);
        }
        let broken = broken_promise(&cleaner(stages, select_unsafe), &text);
        let names: Vec<&String> = hurt.iter().map(|&(i, _)| &damages[i].0).collect();
        prop_assert!(broken.is_none(), "{names:?}: {}\n{text:?}", broken.unwrap_or_default());
    });
}

/// Every damage as a file, and files in every encoding, whole, mixed and broken.
fn files() -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<Vec<u8>> = damages().iter().map(|(_, damage)| damage(CLEAN, 3).into_bytes()).collect();
    let traditional = Options::default().convert(CLEAN);
    let gbk = encoding_rs::GB18030.encode(CLEAN).0.into_owned();
    let utf16 = CLEAN.encode_utf16().flat_map(u16::to_le_bytes);
    files.push([b"\xff\xfe".to_vec(), utf16.collect()].concat());
    files.push(encoding_rs::BIG5.encode(&traditional).0.into_owned());
    files.push([traditional.as_bytes(), &gbk, CLEAN.as_bytes()].concat());
    let mut rng = Rng::with_seed(5);
    for mut broken in [gbk.clone(), traditional.into_bytes()] {
        for _ in 0..20 {
            broken.remove(rng.usize(..broken.len()));
        }
        files.push(broken);
    }
    files.push(gbk);
    files.into_iter().enumerate().map(|(i, bytes)| (format!("{i:02}.txt"), bytes)).collect()
}

#[cfg(feature = "cli")]
#[test]
fn the_command_writes_what_the_library_does() {
    let folder = tempfile::tempdir().unwrap();
    let (files, cleaner) = (files(), cleaner(StageId::ALL.to_vec(), false));
    fs::create_dir(folder.path().join("in")).unwrap();
    for (name, bytes) in &files {
        fs::write(folder.path().join("in").join(name), bytes).unwrap();
    }
    let run = |args: &[&str]| {
        let output =
            Command::new(env!("CARGO_BIN_EXE_jiaokan")).current_dir(folder.path()).args(args).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let read = |name: String| fs::read(folder.path().join(name)).unwrap();
    for threads in ["1", "3"] {
        let [out, log, back] = ["out", "log", "back"].map(|name| format!("{name}{threads}"));
        run(&["clean", "--no-config", "-q", "in", "-o", &out, "--edits", &log, "-j", threads]);
        run(&["restore", &out, "--edits", &log, "-o", &back]);
        let logged = String::from_utf8(read(log)).unwrap();
        let mut logged = logged.lines().filter(|line| line.starts_with(r#"{"type":"text""#));
        for (name, bytes) in &files {
            let (decoded, cleaned) = cleaner.clean_bytes(bytes).unwrap();
            let clean = read(format!("{out}/{name}"));
            assert_eq!(clean.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&clean), cleaned.text().as_bytes());
            assert_eq!(read(format!("{back}/{name}")), *bytes, "{name}");
            let path = format!("in/{name}");
            let mut record = Record::new(&path, &decoded, &cleaned, &cleaned.changes());
            record.output = Some(format!("{out}/{name}").into());
            let mut line = Vec::new();
            record.write(&mut line).unwrap();
            assert_eq!(logged.next(), std::str::from_utf8(line.trim_ascii_end()).ok(), "{name}");
        }
        assert_eq!(logged.next(), None);
    }
}

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The rows of a Markdown table behind its rule, less those bars.
fn rows<'t>(document: &'t str, head: &str) -> Vec<Vec<&'t str>> {
    let table = document.split_once(head).expect("the table").1;
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
}

/// What stands in backticks.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// Every damage in the table becomes what the table says: in its article, if it is of a sample, else on a glossed page.
#[test]
fn the_table_of_the_readme_is_true() {
    let cleaner = cleaner(StageId::ALL.to_vec(), false);
    let flat = |text: &str| text.replace('⏎', "").split_whitespace().collect::<String>();
    let samples: Vec<String> = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("samples"))
        .unwrap()
        .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect();
    let glossed = read("samples/yangquan-gloss.txt");
    let readme = read("README.md");
    let rows = rows(&readme, "| damage | before | after |");
    assert!(rows.len() > 5);
    for row in rows {
        let (befores, after) = (quoted(row[1]), quoted(row[2]));
        for before in befores {
            let article = samples.iter().find(|text| flat(text).contains(&flat(before)));
            let text = article.cloned().unwrap_or_else(|| format!("{glossed}\n{before}\n"));
            let cleaned = cleaner.clean(&text);
            assert!(!cleaned.text().contains(&before.replace(" ⏎⏎ ", "\n\n")), "{before}");
            for after in &after {
                assert!(cleaned.text().contains(after), "{before}: {}", cleaned.text());
            }
        }
    }
}

/// The example is that of the crate's documentation, which is compiled and run.
#[test]
fn the_example_of_the_readme_is_true() {
    let (readme, library) = (read("README.md"), read("src/lib.rs"));
    let example = readme.split_once("```rust\n").unwrap().1.split_once("```").unwrap().0;
    let documented: String = library
        .lines()
        .skip_while(|line| *line != "//! ```")
        .skip(1)
        .take_while(|line| *line != "//! ```")
        .map(|line| line.trim_start_matches("//!").strip_prefix(' ').unwrap_or_default())
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.to_owned() + "\n")
        .collect();
    assert_eq!(example, documented);
}

/// Whether a test is where a document says: `file::name`.
fn assert_is_there(test: &str) {
    let (file, name) = test.split_once("::").expect("file::test");
    let code = read(file);
    let definitions = [format!("fn {name}("), format!("def {name}("), format!("test(\"{name}\"")];
    assert!(definitions.iter().any(|definition| code.contains(definition)), "{file} has no test `{name}`");
}

#[test]
fn every_promise_has_a_test() {
    let document = read("docs/PROMISES.md");
    let promises = rows(&document, "| promise | tests |");
    assert!(promises.len() > 40);
    for row in promises {
        let tests = quoted(row[1]);
        assert!(!tests.is_empty(), "{}", row[0]);
        tests.into_iter().for_each(assert_is_there);
    }
    // What else shows that a promise of security is kept is no test.
    let document = read("SECURITY.md");
    let shown = rows(&document, "| promise | how | shown by |").into_iter().flat_map(|row| quoted(row[2]));
    let tests: Vec<&str> = shown.filter(|shown| shown.contains("::")).collect();
    assert!(tests.len() > 10);
    tests.into_iter().for_each(assert_is_there);
}
