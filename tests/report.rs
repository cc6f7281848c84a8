//! The report for a browser and decisions on edits, through the command line.
#![cfg(feature = "cli")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use jiaokan::{Cleaner, Config, Finding};
use serde_json::Value;
use tempfile::TempDir;

fn jiaokan(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jiaokan"));
    command.current_dir(folder).arg("clean").arg("--no-config").args(args).stdin(Stdio::null());
    command.output().unwrap()
}

fn succeeds(output: &Output) -> &str {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    std::str::from_utf8(&output.stderr).unwrap()
}

fn samples() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("in")).unwrap();
    for file in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), folder.path().join("in").join(file.file_name())).unwrap();
    }
    folder
}

/// What stands in an element of a page.
fn data<'p>(page: &'p str, id: &str) -> &'p str {
    let (_, data) = page.split_once(&format!("id=\"{id}\">")).unwrap();
    data.split_once("</script>").unwrap().0
}

/// A document's original and clean text.
fn texts(document: &Value) -> (String, String) {
    fn walk<'v>(tokens: &'v Value, old: &mut Vec<&'v str>, new: &mut Vec<&'v str>) {
        for token in tokens.as_array().unwrap() {
            match token {
                Value::String(text) => {
                    old.push(text);
                    new.push(text);
                }
                Value::Array(change) if change.len() == 2 => walk(&change[1], old, new),
                Value::Array(change) => {
                    old.push(change[1].as_str().unwrap());
                    new.push(change[2].as_str().unwrap());
                }
                _ => {}
            }
        }
    }
    let (mut old, mut new) = (Vec::new(), Vec::new());
    walk(&document["t"], &mut old, &mut new);
    if let Some(order) = document["o"].as_array() {
        old = order.iter().map(|i| old[i.as_u64().unwrap() as usize]).collect();
    }
    (old.concat(), new.concat())
}

/// The documents of a page by their names.
fn documents(page: &str) -> BTreeMap<String, Value> {
    let about: Value = serde_json::from_str(data(page, "about")).unwrap();
    let names = about["index"].as_array().unwrap().iter().map(|entry| entry[0].as_str().unwrap().to_owned());
    let lines = data(page, "documents").lines();
    names.zip(lines.map(|line| serde_json::from_str(line).unwrap())).collect()
}

#[test]
fn every_character_can_be_accounted_for() {
    let folder = samples();
    succeeds(&jiaokan(folder.path(), &["in", "-o", "out", "--report", "report.html"]));
    let page = fs::read_to_string(folder.path().join("report.html")).unwrap();
    let documents = documents(&page);
    assert_eq!(documents.len(), 5);
    for (name, document) in &documents {
        let (original, clean) = texts(document);
        assert_eq!(original, fs::read_to_string(folder.path().join(name)).unwrap(), "{name}");
        let written = name.replacen("in/", "out/", 1);
        assert_eq!(clean, fs::read_to_string(folder.path().join(written)).unwrap(), "{name}");
    }
    let moves = |document: &Value| {
        let edits = document["e"].as_array().unwrap();
        edits.iter().filter(|edit| edit[0] == 2).count()
    };
    assert!(documents.values().map(moves).sum::<usize>() > 0, "captions are moved");
}

#[test]
fn threads_do_not_show_and_every_format_is_in_it() {
    let folder = TempDir::new().unwrap();
    let record = |i: usize| {
        let text = format!("第{i}次會議,部署工作。{}", "人民安居乐业。".repeat(i % 7));
        serde_json::json!({ "id": i, "text": text, "title": "經濟發展,在前" }).to_string()
    };
    let records: String = (0..3000).map(|i| record(i) + "\n").collect();
    fs::write(folder.path().join("a.jsonl"), records).unwrap();
    fs::write(folder.path().join("b.csv"), "id,text\n1,\"奋进时,在前。人民安居乐业。\"\n").unwrap();
    fs::write(folder.path().join("c.txt"), "奋进时,在前。人民安居乐业。\n").unwrap();
    let page = |threads: &str, memory: &str| {
        let fields = ["--text-field", "text,title"];
        let options = ["--report", "report.html", "-j", threads, "--memory", memory];
        let output =
            jiaokan(folder.path(), &[&["a.jsonl", "b.csv", "c.txt"][..], &fields, &options].concat());
        succeeds(&output);
        assert!(output.stdout.is_empty(), "a report is shown instead of the text");
        fs::read(folder.path().join("report.html")).unwrap()
    };
    let one = page("1", "384M");
    assert!(one == page("4", "384M"));
    assert!(one == page("3", "1M"));
    let documents = documents(std::str::from_utf8(&one).unwrap());
    assert_eq!(documents.len(), 6002);
    let (original, clean) = texts(&documents["a.jsonl:17.title"]);
    assert_eq!((&*original, &*clean), ("經濟發展,在前", "经济发展，在前"));
    assert_eq!(texts(&documents["b.csv:2.text"]).1, "奋进时，在前。人民安居乐业。");
    assert_eq!(texts(&documents["c.txt"]).1, "奋进时，在前。人民安居乐业。\n");
}

const TEXT: &str = "\
奋进时,在前。刘鹹说,要把各项工作抓紧抓好抓实。
\n他在会上说,人民安居乐业,经济发展。要坚持问题导向。问题导向。
";

fn decided(decisions: &str, args: &[&str]) -> (String, String) {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("a.txt"), TEXT).unwrap();
    fs::write(folder.path().join("decisions.toml"), decisions).unwrap();
    let output = jiaokan(folder.path(), &[&["a.txt", "--decisions", "decisions.toml"][..], args].concat());
    let told = succeeds(&output).to_owned();
    (String::from_utf8(output.stdout).unwrap(), told)
}

#[test]
fn a_single_edit_is_refused() {
    let refuse = "[[refuse]]\ndocument = 'a.txt'\nat = '1:4'\nrule = 'PUN001'\nold = ','\nnew = '，'\n";
    let (clean, told) = decided(refuse, &[]);
    let all = decided("", &[]).0;
    assert!(all.starts_with("奋进时，在前。刘鹹说，"), "{all}");
    assert_eq!(clean, all.replacen('，', ",", 1));
    assert!(told.contains("1 of 1 decisions applied, 0 did not"), "{told}");
}

#[test]
fn edits_alike_rules_and_text_are_refused_everywhere() {
    let all = decided("", &[]).0;
    let (clean, _) = decided("[[refuse]]\nrule = 'half-width-mark'\nold = ','\n", &[]);
    assert_eq!(clean, all.replace('，', ","));
    assert_eq!(decided("never = ['PUN001']", &[]).0, clean);
    assert_eq!(decided("protect = [',']", &[]).0, clean);
    // The decision on one place goes before the one on all.
    let one = "[[accept]]\ndocument = 'a.txt'\nat = '1:4'\nrule = 'PUN001'\nold = ','\n";
    let (clean, told) = decided(&format!("{one}[[refuse]]\nrule = 'PUN001'\nold = ','\n"), &[]);
    assert_eq!(clean, all.replace('，', ",").replacen(',', "，", 1));
    assert!(told.contains("2 of 2 decisions applied"), "{told}");
}

#[test]
fn a_run_of_conversion_is_refused_alone() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("a.txt"), "經濟發展，國家建設，經濟體制。\n").unwrap();
    let refuse = "[[refuse]]\ndocument = 'a.txt'\nat = '1:6'\nrule = 'SCR001'\nold = '國'\nnew = '国'\n";
    fs::write(folder.path().join("decisions.toml"), refuse).unwrap();
    let output = jiaokan(folder.path(), &["a.txt", "--decisions", "decisions.toml"]);
    assert!(succeeds(&output).contains("1 of 1 decisions applied"));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "经济发展，國家建设，经济体制。\n");
}

#[test]
fn what_no_longer_applies_is_told() {
    let decisions = "\
[[refuse]]
document = 'a.txt'
at = '1:5'
rule = 'PUN001'
old = ','

[[refuse]]
document = 'a.txt'
at = '1:1'
rule = 'PUN001'
old = '奋'

[[accept]]
document = 'b.txt'
at = '1:1'
rule = 'PUN001'
old = ','

[[refuse]]
rule = 'GLO001'
old = '(zhǎng)'
";
    let (clean, told) = decided(decisions, &[]);
    assert_eq!(clean, decided("", &[]).0);
    for line in [
        "decisions.toml:1: a.txt 1:5 PUN001: does not apply: the text there is another one",
        "decisions.toml:7: a.txt 1:1 PUN001: does not apply: no such edit is made or proposed there",
        "decisions.toml:13: b.txt 1:1 PUN001: does not apply: no such document was cleaned",
        "decisions.toml:19: GLO001: does not apply: no such edit is made or proposed",
        "0 of 4 decisions applied, 4 did not",
    ] {
        assert!(told.contains(line), "{told}");
    }
}

#[test]
fn a_file_that_makes_no_sense_is_an_error() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("a.txt"), TEXT).unwrap();
    let refused = |decisions: &str| {
        fs::write(folder.path().join("decisions.toml"), decisions).unwrap();
        let output = jiaokan(folder.path(), &["a.txt", "--decisions", "decisions.toml"]);
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(
        refused("\nrefuse = [{ rule = 'PUN001' }]\n")
            .contains("decisions.toml:2: missing field `old`: the original's text")
    );
    assert!(refused("[[refuse]]\nrule = 'XXX'\nold = ','\n").contains("decisions.toml:2: no rule `XXX`"));
    let place = refused("[[refuse]]\ndocument = 'a.txt'\nat = 'top'\nrule = 'PUN001'\nold = ','\n");
    assert!(place.contains("decisions.toml:1: a place is a line and a column"), "{place}");
}

/// Every edit of the samples can be refused alone; log, `restore` and a second run know of it.
#[test]
fn edits_inside_a_moved_caption_are_refused_alone_and_restored() {
    let folder = samples();
    let at = folder.path();
    succeeds(&jiaokan(at, &["in", "-o", "all", "--report", "report.html"]));
    let page = fs::read_to_string(at.join("report.html")).unwrap();
    let about: Value = serde_json::from_str(data(&page, "about")).unwrap();
    let mut refused = Vec::new();
    for (name, document) in documents(&page) {
        for token in document["t"].as_array().unwrap().iter().filter_map(Value::as_array) {
            let Some(inside) = token[1].as_array() else { continue };
            for edit in inside.iter().filter_map(Value::as_array) {
                let entry = &document["e"][edit[0].as_u64().unwrap() as usize];
                if entry[0] == 0 {
                    refused.push((name.clone(), entry.clone(), edit[1].clone(), edit[2].clone()));
                }
            }
        }
    }
    assert!(!refused.is_empty(), "captions have edits inside them");
    let mut decisions = String::new();
    for (name, entry, old, new) in &refused {
        let rule = &about["rules"][entry[1][0].as_u64().unwrap() as usize]["code"];
        decisions += &format!(
            "[[refuse]]\ndocument = \"{name}\"\nat = \"{}:{}\"\nrule = {rule}\nold = {old}\nnew = {new}\n",
            entry[2], entry[3]
        );
    }
    fs::write(at.join("decisions.toml"), decisions).unwrap();
    let options = ["in", "-o", "some", "--edits", "log.jsonl", "--decisions", "decisions.toml"];
    let told = jiaokan(at, &options);
    let applied = format!("{0} of {0} decisions applied, 0 did not", refused.len());
    assert!(succeeds(&told).contains(&applied), "{}", String::from_utf8_lossy(&told.stderr));
    let all: usize = fs::read_dir(at.join("in"))
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .filter(|name| {
            fs::read(at.join("all").join(name)).unwrap() != fs::read(at.join("some").join(name)).unwrap()
        })
        .count();
    let names: std::collections::BTreeSet<&String> = refused.iter().map(|(name, ..)| name).collect();
    assert_eq!(all, names.len(), "only documents with refused edits differ");

    let restore = |args: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_jiaokan"))
            .current_dir(at)
            .arg("restore")
            .args(args)
            .output()
            .unwrap()
    };
    succeeds(&restore(&["some", "--edits", "log.jsonl", "-o", "back"]));
    for file in fs::read_dir(at.join("in")).unwrap() {
        let name = file.unwrap().file_name();
        let find = |folder: &str| fs::read(at.join(folder).join(&name)).unwrap();
        assert_eq!(find("in"), find("back"), "{name:?}");
    }
    // Other decisions are another configuration.
    fs::write(at.join("decisions.toml"), "never = ['PUN001']\n").unwrap();
    let resumed = jiaokan(at, &[&options[..], &["--resume"]].concat());
    assert_eq!(resumed.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&resumed.stderr).contains("another configuration"));
}

/// An unsafe edit that was proposed is made once it is accepted, at its place, for all alike, or by its rule.
#[test]
fn an_unsafe_edit_is_accepted() {
    let folder = samples();
    let at = folder.path();
    succeeds(&jiaokan(at, &["in/yangquan-gloss.txt", "--report", "report.html"]));
    let page = fs::read_to_string(at.join("report.html")).unwrap();
    let about: Value = serde_json::from_str(data(&page, "about")).unwrap();
    let document = &documents(&page)["in/yangquan-gloss.txt"];
    let open: Vec<&Value> = document["f"].as_array().unwrap().iter().filter(|f| f[5].is_string()).collect();
    assert!(!open.is_empty(), "the sample has unsafe proposals");
    let plain = jiaokan(at, &["in/yangquan-gloss.txt"]).stdout;
    let run = |decisions: &str| {
        fs::write(at.join("decisions.toml"), decisions).unwrap();
        let output = jiaokan(at, &["in/yangquan-gloss.txt", "--decisions", "decisions.toml"]);
        (String::from_utf8(output.stdout.clone()).unwrap(), succeeds(&output).to_owned())
    };
    for finding in open {
        let rule = &about["rules"][finding[0].as_u64().unwrap() as usize]["code"];
        let texts = format!("rule = {rule}\nold = {}\nnew = {}\n", finding[4], finding[5]);
        let place = format!("document = 'in/yangquan-gloss.txt'\nat = '{}:{}'\n", finding[1], finding[2]);
        let (clean, told) = run(&format!("[[accept]]\n{place}{texts}"));
        assert!(clean.as_bytes() != plain, "{told}");
        assert!(told.contains("1 of 1 decisions applied"), "{told}");
        assert_eq!(run(&format!("[[accept]]\n{texts}")).0, clean);
        // One that is refused stays as it is, and is no finding any more.
        let (clean, told) = run(&format!("[[refuse]]\n{place}{texts}"));
        assert_eq!(clean.as_bytes(), plain);
        assert!(told.contains("1 of 1 decisions applied"), "{told}");
    }
    assert!(run("always = ['REC005']").0.as_bytes() != plain);
}

/// A caption that stands in a sentence, at the first place of the gold texts where moving it is only proposed.
fn doubtful_caption() -> (String, String, Finding) {
    let cleaner = Cleaner::new(Config::default()).unwrap();
    let gold = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/gold/taiyuan-highway.txt");
    let gold = fs::read_to_string(gold).unwrap();
    for paragraph in gold.lines().filter(|line| line.chars().count() > 60) {
        for (cut, _) in paragraph.char_indices().skip(10).take(60) {
            let (head, tail) = paragraph.split_at(cut);
            let text = format!("{head}\n\n图为会议现场。 本报记者王强摄\n\n{tail}\n");
            let findings = cleaner.clean(&text).findings().to_vec();
            if let Some(finding) = findings.into_iter().find(|finding| finding.target.is_some()) {
                return (paragraph.to_owned(), text, finding);
            }
        }
    }
    panic!("no caption's move is doubtful");
}

/// A proposed move that is accepted is made with all that belongs to it, is restored, and can be refused again.
#[test]
fn an_unsafe_move_is_accepted() {
    let (paragraph, text, finding) = doubtful_caption();
    let folder = TempDir::new().unwrap();
    let at = folder.path();
    fs::write(at.join("a.txt"), &text).unwrap();
    let before = &text[..finding.span.start];
    let place = (before.matches('\n').count() + 1, before.lines().last().unwrap().chars().count() + 1);
    let old = serde_json::to_string(&text[finding.span.start..finding.span.end]).unwrap();
    let decide = |verdict: &str| {
        let decision = format!(
            "[[{verdict}]]\ndocument = 'a.txt'\nat = '{}:{}'\nrule = '{}'\nold = {old}\n",
            place.0, place.1, finding.rule
        );
        fs::write(at.join("decisions.toml"), decision).unwrap();
        let args = ["a.txt", "-o", "clean.txt", "--edits", "log", "--decisions", "decisions.toml"];
        let output = jiaokan(at, &args);
        assert!(succeeds(&output).contains("1 of 1 decisions applied, 0 did not"), "{output:?}");
        fs::read_to_string(at.join("clean.txt")).unwrap()
    };
    let restore = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_jiaokan"));
        command.current_dir(at).args(["restore", "clean.txt", "--edits", "log"]).args(more);
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    assert_eq!(decide("accept"), format!("{paragraph}\n\n图为会议现场。 本报记者王强摄\n"));
    assert_eq!(restore(&[]), text);
    // Without the move, the join that needs it is none either.
    assert_eq!(restore(&["--drop", "FUR003"]), text);
    assert_eq!(decide("refuse"), text);
    assert_eq!(restore(&[]), text);
    let shown = |more: &[&str]| jiaokan(at, &[&["a.txt", "--diff"], more].concat()).stdout;
    let is_told = |shown: Vec<u8>| String::from_utf8(shown).unwrap().contains("FUR003 caption");
    assert!(is_told(shown(&[])));
    assert!(!is_told(shown(&["--decisions", "decisions.toml"])), "what is refused is no finding any more");
}
