//! Script conversion: jiaokan and its peers side by side, as Markdown tables. `make bench-script`.
//!
//! The text is People's Daily 1998-01 and what OpenCC's s2t makes of it (see `benches/fetch.py`).

mod accuracy;
mod engine;
mod harm;
mod ours;
mod peers;
mod programs;
mod speed;
mod startup;
mod text;

use std::process;

use crate::peers::Peer;
use crate::text::Column;

const USAGE: &str = "\
usage: bench-script [--final] [--rounds N] [--megabytes N] [--examples N] [--engine NAME]... [SECTION]...

sections: speed start-up accuracy harm (all of them if none is named)
--final      measures on clean-final.txt, for a result to publish, not on clean-dev.txt
--rounds     rounds of the speed measurement (3)
--megabytes  text of each script that is converted in a round (100)
--examples   how many of our own errors are shown (10)
--engine     only engines whose name has this in it; ratios are then to what is left";

/// What was asked for.
pub struct Options {
    /// The clean text, less its extension.
    pub text: &'static str,
    pub rounds: usize,
    pub megabytes: usize,
    pub examples: usize,
    engines: Vec<String>,
    sections: Vec<String>,
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    // One thread for every engine that would use more.
    rayon::ThreadPoolBuilder::new().num_threads(1).build_global().expect("no pool is running yet");
    // The bench runs itself for these two.
    match &args[..] {
        [command] if command == "copy" => return programs::copy(),
        [command, name, question @ ..] if command == "engine" => {
            let peer = peers::in_process()
                .into_iter()
                .find(|peer| peer.name == *name)
                .expect("an engine of that name");
            return engine::serve(peer.open, question);
        }
        _ => {}
    }
    let Some(options) = options(args) else {
        eprintln!("{USAGE}");
        process::exit(2);
    };
    let wanted =
        |name: &str| options.sections.is_empty() || options.sections.iter().any(|section| section == name);
    let mut peers = peers::all();
    if !options.engines.is_empty() {
        peers.retain(|peer| options.engines.iter().any(|name| peer.to_string().contains(name)));
    }
    let simplified = text::read(&format!("{}.txt", options.text));
    let traditional = text::read(&format!("{}-s2t.txt", options.text));
    print_head(&peers, &options);
    let mut summary = Vec::new();
    if wanted("speed") {
        summary.extend(speed::report(&peers, &simplified, &traditional, &options));
    }
    if wanted("start-up") {
        summary.extend(startup::report(&peers));
    }
    if wanted("accuracy") {
        summary.extend(accuracy::report(&peers, &simplified, &options));
    }
    if wanted("harm") {
        summary.extend(harm::report(&peers, &simplified, &traditional));
    }
    print_summary(&peers, &summary);
}

fn options(args: Vec<String>) -> Option<Options> {
    let mut options = Options {
        text: "clean-dev",
        rounds: 3,
        megabytes: 100,
        examples: 10,
        engines: Vec::new(),
        sections: Vec::new(),
    };
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--final" => options.text = "clean-final",
            "--rounds" => options.rounds = args.next()?.parse().ok().filter(|&n| n > 0)?,
            "--megabytes" => options.megabytes = args.next()?.parse().ok().filter(|&n| n > 0)?,
            "--examples" => options.examples = args.next()?.parse().ok()?,
            "--engine" => options.engines.push(args.next()?),
            "speed" | "start-up" | "accuracy" | "harm" => options.sections.push(arg),
            _ => return None,
        }
    }
    Some(options)
}

fn print_head(peers: &[Peer], options: &Options) {
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cpu = cpu.map_or("a processor of unknown name", |(_, name)| name);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("{cpu}, {cores} cores; {}; {} engines.", options.text, peers.len());
    if !cfg!(feature = "opencc") {
        println!("opencc-rust was skipped: libopencc is not installed.");
    }
    println!();
}

fn print_summary(peers: &[Peer], columns: &[Column]) {
    println!("## Summary\n");
    println!("Speed is in blocks; the rest is counted, and less is better, but for the cases that pass.\n");
    let header: Vec<&str> = ["engine"].into_iter().chain(columns.iter().map(|c| c.head.as_str())).collect();
    let rows: Vec<Vec<String>> = peers
        .iter()
        .enumerate()
        .map(|(p, peer)| {
            [peer.to_string()].into_iter().chain(columns.iter().map(|c| c.cells[p].clone())).collect()
        })
        .collect();
    text::print_table(&header, &rows);
}

/// The middle value; the mean of the two if there are two.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 0 => f64::midpoint(values[middle - 1], values[middle]),
        _ => values[middle],
    }
}

fn per_million(count: usize, characters: usize) -> String {
    format!("{:.1}", count as f64 * 1e6 / characters as f64)
}
