//! Engines that run as programs.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::engine::{Converter, Cut, Direction, Rate, Text};
use crate::peers::{Kind, Peer, locked_version};
use crate::startup::Start;
use crate::text::{data, root};

/// The programs that are installed; those that are not are named on standard error.
pub fn peers() -> Vec<Peer> {
    let mut peers = Vec::new();
    if fmmseg().is_file() {
        let version = locked_version(include_str!("../fmmseg/Cargo.lock"), "opencc-fmmseg");
        peers.push(Peer {
            name: format!("opencc-fmmseg {version}"),
            licence: "MIT",
            kind: Kind::Linkable,
            open: |direction| Some(Box::new(Served { command: || Command::new(fmmseg()), direction })),
            start: |_| start(Command::new(fmmseg())),
        });
    } else {
        eprintln!("skipped: opencc-fmmseg (its program is not built: run `make bench-script`)");
    }
    if data().join("tools/python/opencc").is_dir() {
        peers.push(Peer {
            name: "OpenCC 1.4.2 (C++, called from Python)".to_owned(),
            licence: "Apache-2.0",
            kind: Kind::Program,
            open: |direction| Some(Box::new(Served { command: python, direction })),
            start: |_| start(python()),
        });
    } else {
        eprintln!("skipped: OpenCC 1.4.2 (its wheel for Python is not installed)");
    }
    if zhconv().is_file() {
        peers.push(Peer {
            name: "zhconv 0.4.2 (a program)".to_owned(),
            licence: "GPL-2.0-or-later",
            kind: Kind::Program,
            open: |direction| (direction == Direction::T2s).then(|| Box::new(Zhconv) as Box<dyn Converter>),
            start: |_| Start { seconds: wall(zhconv_command, None), memory: None },
        });
    } else {
        eprintln!("skipped: zhconv (the program is not installed)");
    }
    peers
}

/// A program that answers as [`crate::engine::serve`] does and times itself.
struct Served {
    command: fn() -> Command,
    direction: Direction,
}

impl Served {
    fn ask(&self, what: &str) -> Command {
        let mut command = (self.command)();
        command.arg(what).arg(self.direction.name());
        command
    }
}

impl Converter for Served {
    fn convert(&self, text: &str) -> String {
        run(self.ask("convert"), text)
    }

    fn convert_all(&self, texts: &[&str]) -> Vec<String> {
        as_lines(self, texts)
    }

    fn time(&self, text: &Text, cut: Cut, budget: Duration) -> Option<Rate> {
        let mut command = self.ask("time");
        command.arg(&text.path).arg(cut.name()).arg(budget.as_secs_f64().to_string());
        let rate = numbers(command)[0];
        Some(Rate { net: rate, gross: rate })
    }
}

/// What a program that answers as [`crate::engine::serve`] does needs before it is at work.
pub fn start(mut command: Command) -> Start {
    command.args(["start", Direction::T2s.name()]).arg(data().join("clean-dev-s2t.txt"));
    let said = numbers(command);
    Start { seconds: said[0], memory: said.get(2).map(|&mapped| (said[1], mapped)) }
}

/// Built beside this program.
fn fmmseg() -> PathBuf {
    std::env::current_exe().expect("the bench's own path").with_file_name("bench-fmmseg")
}

fn python() -> Command {
    let mut command = Command::new("python3");
    command.arg(root().join("benches/script/opencc.py"));
    command
}

/// The version of Debian's package where there is one: its pkg-config file is known to name an older.
#[cfg(feature = "opencc")]
pub fn libopencc_version() -> String {
    let said = |command: &str, args: &[&str]| {
        let output = Command::new(command).args(args).stderr(Stdio::null()).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        let version = text.split(['+', '-', '\n']).next()?.trim();
        (!version.is_empty()).then(|| version.to_owned())
    };
    said("dpkg-query", &["-W", "-f", "${Version}", "libopencc-dev"])
        .or_else(|| said("pkg-config", &["--modversion", "opencc"]))
        .unwrap_or_else(|| "of unknown version".to_owned())
}

/// The GPL keeps it out of this program; it has no calls that could be timed.
struct Zhconv;

impl Converter for Zhconv {
    fn convert(&self, text: &str) -> String {
        let mut converted = run(zhconv_command(), text);
        // The program ends its output with a line break of its own.
        converted.pop();
        converted
    }

    fn convert_all(&self, texts: &[&str]) -> Vec<String> {
        as_lines(self, texts)
    }

    fn time(&self, text: &Text, cut: Cut, _: Duration) -> Option<Rate> {
        if cut == Cut::Lines {
            return None;
        }
        let seconds = wall(zhconv_command, Some(&text.path)) - wall(zhconv_command, None);
        let copying = wall(copy_command, Some(&text.path)) - wall(copy_command, None);
        let megabytes = text.content.len() as f64 / 1e6;
        Some(Rate { net: megabytes / (seconds - copying).max(1e-3), gross: megabytes / seconds })
    }
}

fn zhconv() -> PathBuf {
    data().join("tools/zhconv/bin/zhconv")
}

fn zhconv_command() -> Command {
    let mut command = Command::new(zhconv());
    command.arg("zh-Hans");
    command
}

fn copy_command() -> Command {
    let mut command = Command::new(std::env::current_exe().expect("the bench's own path"));
    command.arg("copy");
    command
}

/// What zhconv's program does around the conversion: reads all, writes a new string, prints that.
pub fn copy() {
    let mut text = String::new();
    io::Read::read_to_string(&mut io::stdin().lock(), &mut text).expect("UTF-8 on standard input");
    let mut copied = String::with_capacity(text.len());
    copied.push_str(&text);
    println!("{copied}");
}

/// Seconds that a program takes for a file; without one for two characters, the best of three.
fn wall(command: fn() -> Command, file: Option<&Path>) -> f64 {
    let once = |file: &Path| {
        let mut command = command();
        command.stdin(File::open(file).expect("the text is there")).stdout(Stdio::null());
        let start = Instant::now();
        let status = command.status().expect("the program starts");
        let seconds = start.elapsed().as_secs_f64();
        assert!(status.success(), "{command:?} failed");
        seconds
    };
    if let Some(file) = file {
        return once(file);
    }
    let tiny = data().join("tiny.txt");
    std::fs::write(&tiny, "漢字\n").expect("target/bench-data can be written");
    let seconds = (0..3).map(|_| once(&tiny)).fold(f64::INFINITY, f64::min);
    std::fs::remove_file(&tiny).expect("it was just written");
    seconds
}

/// Converts texts that hold no line break in one run of a program.
fn as_lines(converter: &impl Converter, texts: &[&str]) -> Vec<String> {
    assert!(texts.iter().all(|text| !text.contains('\n')), "a text of more than one line");
    let converted = converter.convert(&texts.join("\n"));
    let lines: Vec<_> = converted.split('\n').map(str::to_owned).collect();
    assert_eq!(lines.len(), texts.len(), "a program changed the number of lines");
    lines
}

fn run(mut command: Command, input: &str) -> String {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program starts");
    // The programs read all before they write, so neither pipe blocks the other.
    child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("the program reads");
    let output = child.wait_with_output().expect("the program ends");
    assert!(output.status.success(), "{command:?} failed");
    String::from_utf8(output.stdout).expect("the program writes UTF-8")
}

/// The numbers that a program prints; at least one.
fn numbers(mut command: Command) -> Vec<f64> {
    let output = command.env("RAYON_NUM_THREADS", "1").stderr(Stdio::inherit()).output();
    let output = output.expect("the program starts");
    let text = String::from_utf8(output.stdout).expect("the program writes UTF-8");
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|number| number.parse().ok()).collect();
    assert!(output.status.success() && !numbers.is_empty(), "{command:?} failed");
    numbers
}
