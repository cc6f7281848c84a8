//! The command: lines stay lines, the same seed gives the same text, the truth is written beside.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

const CLEAN: &str = "市委副书记、市长调研重点工程项目建设进展。\n\n他强调，要深入学习贯彻重要讲话精神。\n为实现这一目标努力。\n";

fn run(args: &[&str]) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_jiaokan-damage"))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command starts");
    child.stdin.take().expect("piped").write_all(CLEAN.as_bytes()).expect("the command reads");
    let output = child.wait_with_output().expect("the command ends");
    assert!(output.status.success(), "{args:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn lines_stay_lines() {
    for args in [
        "gloss --traditional --table 250 250",
        "gloss --traditional --split drawn --normalise --drop-pua --twice",
        "gloss --traditional --split ？！ --silent --decoder keep --document-lines 1",
        "gloss --variant repeated",
        "gloss --variant mixed --normalise brackets",
        "misread --kind utf8-as-gbk",
        "misread --kind gbk-as-cp1252 --runs",
        "misread --kind big5-as-gbk --traditional",
        "misread --kind utf8-as-cp1252 --times 2",
    ] {
        let args: Vec<&str> = args.split(' ').collect();
        let of = |seed| run(&[&args[..], &["--seed", seed]].concat());
        let damaged = of("7");
        assert_eq!(damaged, of("7"));
        assert_eq!(damaged.lines().count(), CLEAN.lines().count(), "{args:?}");
        assert_ne!(damaged, CLEAN, "{args:?}");
    }
}

#[test]
fn the_truth_is_written_beside() {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("truth.txt");
    let truth = |args: &[&str]| {
        run(&[args, &["--truth", file.to_str().expect("UTF-8")]].concat());
        std::fs::read_to_string(&file).expect("the truth")
    };
    assert_eq!(truth(&["gloss"]), CLEAN);
    assert!(
        truth(&["gloss", "--traditional", "--normalise"]).contains("他強調,要深入學習貫徹重要講話精神。")
    );
    assert_eq!(truth(&["misread", "--kind", "gbk-as-big5", "--lossless"]), CLEAN);
}
