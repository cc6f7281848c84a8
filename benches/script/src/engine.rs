//! An engine, and how it is asked: by a call, or as a program by [`serve`].

use std::fs;
use std::hint::black_box;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Bytes of a block; blocks end with a line.
const BLOCK: usize = 1 << 20;

/// A direction of conversion, by OpenCC's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    T2s,
    Tw2s,
    Hk2s,
    Tw2sp,
}

impl Direction {
    pub const ALL: [Self; 4] = [Self::T2s, Self::Tw2s, Self::Hk2s, Self::Tw2sp];

    pub fn name(self) -> &'static str {
        match self {
            Self::T2s => "t2s",
            Self::Tw2s => "tw2s",
            Self::Hk2s => "hk2s",
            Self::Tw2sp => "tw2sp",
        }
    }
}

/// How a text is handed to an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    Blocks,
    Lines,
}

impl Cut {
    pub const ALL: [Self; 2] = [Self::Blocks, Self::Lines];

    pub fn name(self) -> &'static str {
        match self {
            Self::Blocks => "blocks",
            Self::Lines => "lines",
        }
    }
}

/// Megabytes a second.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// Of the conversion.
    pub net: f64,
    /// With the reading and writing that a program cannot do without.
    pub gross: f64,
}

/// A text in a file.
pub struct Text {
    pub path: PathBuf,
    pub content: String,
}

impl Text {
    pub fn read(path: PathBuf) -> io::Result<Self> {
        fs::read_to_string(&path).map(|content| Self { path, content })
    }

    pub fn blocks(&self) -> impl Iterator<Item = &str> {
        let mut rest = &self.content[..];
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let window = &rest.as_bytes()[..rest.len().min(BLOCK)];
            let end = window.iter().rposition(|&b| b == b'\n').map_or(rest.len(), |at| at + 1);
            let (block, tail) = rest.split_at(end);
            rest = tail;
            Some(block)
        })
    }
}

/// An engine opened for one direction.
pub trait Converter {
    fn convert(&self, text: &str) -> String;

    /// Converts texts without line breaks one by one; a program converts them as lines.
    fn convert_all(&self, texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| self.convert(text)).collect()
    }

    /// The speed over `text`, or over the beginning of it that `budget` is enough for. `None` if the
    /// engine cannot be called so.
    fn time(&self, text: &Text, cut: Cut, budget: Duration) -> Option<Rate> {
        // Lazy tables are start-up, which is measured apart.
        black_box(self.convert("漢字"));
        let mut done = 0;
        let start = Instant::now();
        for block in text.blocks() {
            match cut {
                Cut::Blocks => drop(black_box(self.convert(block))),
                Cut::Lines => {
                    for line in block.split_inclusive('\n') {
                        drop(black_box(self.convert(line)));
                    }
                }
            }
            done += block.len();
            if start.elapsed() > budget {
                break;
            }
        }
        let rate = done as f64 / 1e6 / start.elapsed().as_secs_f64();
        Some(Rate { net: rate, gross: rate })
    }
}

impl<F: Fn(&str) -> String> Converter for F {
    fn convert(&self, text: &str) -> String {
        self(text)
    }
}

/// Answers one question as a program and prints the answer:
///
/// - `convert DIRECTION`: standard input to standard output;
/// - `time DIRECTION FILE CUT SECONDS`: MB/s;
/// - `start DIRECTION FILE`: seconds to the first conversion, MiB of heap and MiB of mapped files that are
///   resident more after a block of the file than before the engine was opened.
///
/// # Panics
///
/// On any other question, and if the engine has no such direction.
pub fn serve(open: impl Fn(Direction) -> Option<Box<dyn Converter>>, args: &[String]) {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let opened = |name: &str| {
        let direction = Direction::ALL.into_iter().find(|direction| direction.name() == name);
        open(direction.expect("a direction")).expect("a direction of the engine")
    };
    match args[..] {
        ["convert", direction] => {
            let text = io::read_to_string(io::stdin().lock()).expect("UTF-8 on standard input");
            let converted = opened(direction).convert(&text);
            io::stdout().lock().write_all(converted.as_bytes()).expect("standard output can be written");
        }
        ["time", direction, file, cut, seconds] => {
            let text = Text::read(file.into()).expect("the text is there");
            let cut = Cut::ALL.into_iter().find(|c| c.name() == cut).expect("a cut");
            let budget = Duration::from_secs_f64(seconds.parse().expect("seconds"));
            let rate =
                opened(direction).time(&text, cut, budget).expect("a linked engine can be called either way");
            println!("{}", rate.net);
        }
        ["start", direction, file] => {
            let text = Text::read(file.into()).expect("the text is there");
            let block = text.blocks().next().expect("the text is not empty");
            // The allocator's own growth for a result is not the engine's.
            drop(black_box(block.to_owned()));
            let before = resident();
            let start = Instant::now();
            let converter = opened(direction);
            black_box(converter.convert("漢字"));
            let seconds = start.elapsed().as_secs_f64();
            drop(black_box(converter.convert(block)));
            println!("{seconds}");
            if let (Some(before), Some(after)) = (before, resident()) {
                println!("{} {}", (after.0 - before.0).max(0.0), (after.1 - before.1).max(0.0));
            }
        }
        _ => panic!("no such question: {args:?}"),
    }
}

/// MiB of heap and of mapped files that are resident; known on Linux.
fn resident() -> Option<(f64, f64)> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim_end_matches("kB").trim().parse::<f64>().ok()
    };
    Some((field("RssAnon:")? / 1024.0, field("RssFile:")? / 1024.0))
}
