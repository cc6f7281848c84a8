//! Time and memory up to the first conversion, each time in a fresh process.

use std::process::Command;

use crate::median;
use crate::peers::Peer;
use crate::programs;
use crate::text::{Column, print_table};

/// Fresh processes for each engine.
const RUNS: usize = 15;

/// What an engine needs before it is at work.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    pub seconds: f64,
    /// MiB of heap and of mapped files, where it can be told.
    pub memory: Option<(f64, f64)>,
}

pub fn report(peers: &[Peer]) -> Vec<Column> {
    println!("## Start-up and memory\n");
    println!(
        "Construction and the first conversion, median of {RUNS} fresh processes. Memory is what is resident more \
         after 1 MiB of Traditional text than before construction; `mapped` is tables in the binary or in files, \
         and code. zhconv: a whole run on two characters. OpenCC from Python: without the interpreter's start.\n"
    );
    let mut rows = Vec::new();
    for peer in peers {
        eprintln!("start-up: {peer}");
        let starts: Vec<Start> = (0..RUNS).map(|_| (peer.start)(peer)).collect();
        let memory = |part: fn((f64, f64)) -> f64| {
            let parts: Option<Vec<f64>> = starts.iter().map(|start| start.memory.map(part)).collect();
            parts.map_or("–".to_owned(), |parts| format!("{:.1}", median(parts.into_iter())))
        };
        rows.push(vec![
            peer.to_string(),
            format!("{:.2}", median(starts.iter().map(|start| start.seconds)) * 1e3),
            memory(|(heap, _)| heap),
            memory(|(_, mapped)| mapped),
        ]);
    }
    print_table(&["engine", "start-up, ms", "heap, MiB", "mapped, MiB"], &rows);
    vec![Column { head: "start-up, ms".to_owned(), cells: rows.iter().map(|row| row[1].clone()).collect() }]
}

/// Starts the bench again for this engine alone.
pub fn in_child(peer: &Peer) -> Start {
    let mut command = Command::new(std::env::current_exe().expect("the bench's own path"));
    command.arg("engine").arg(&peer.name);
    programs::start(command)
}
