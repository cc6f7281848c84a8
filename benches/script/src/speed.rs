//! Megabytes a second on one thread.

use std::time::Duration;

use crate::engine::{Cut, Direction, Rate, Text};
use crate::peers::{Kind, Peer};
use crate::text::{Column, print_table, repeated};
use crate::{Options, median};

/// The most time for one measurement; a slow engine is measured on the beginning of the text, which is the
/// same text over and over.
const BUDGET: Duration = Duration::from_secs(3);

pub fn report(peers: &[Peer], simplified: &Text, traditional: &Text, options: &Options) -> Vec<Column> {
    let bytes = options.megabytes * 1_000_000;
    let texts = [
        ("Traditional", repeated(traditional, bytes, "speed-traditional.txt")),
        ("Simplified", repeated(simplified, bytes, "speed-simplified.txt")),
    ];
    println!("## Speed\n");
    println!(
        "MB/s of UTF-8 on one thread, t2s, {} MB of each script; median of {} interleaved rounds (least to most). \
         `blocks` are calls with 1 MiB, `lines` calls with a line. × is the speed as a multiple of the fastest \
         peer's, and of the fastest that may be linked.\n",
        options.megabytes, options.rounds
    );
    // [peer][text][cut], a rate for each round.
    let mut rates: Vec<[[Vec<Rate>; Cut::ALL.len()]; 2]> = peers.iter().map(|_| Default::default()).collect();
    for round in 1..=options.rounds {
        for (peer, rates) in peers.iter().zip(&mut rates) {
            eprintln!("speed, round {round}: {peer}");
            let converter = (peer.open)(Direction::T2s).expect("every engine has t2s");
            for ((_, text), rates) in texts.iter().zip(rates) {
                for (cut, rates) in Cut::ALL.into_iter().zip(rates) {
                    rates.extend(converter.time(text, cut, BUDGET));
                }
            }
        }
    }
    let mut columns = Vec::new();
    for (t, (script, text)) in texts.iter().enumerate() {
        println!("### {script}\n");
        let net = |p: usize, cut: usize| {
            let rates = &rates[p][t][cut];
            (!rates.is_empty()).then(|| median(rates.iter().map(|rate| rate.net)))
        };
        let fastest = |cut: usize, admits: fn(Kind) -> bool| {
            (0..peers.len())
                .filter(|&p| admits(peers[p].kind))
                .filter_map(|p| net(p, cut))
                .fold(f64::NAN, f64::max)
        };
        let mut rows = Vec::new();
        for (p, peer) in peers.iter().enumerate() {
            let mut row = vec![peer.to_string(), peer.licence.to_owned()];
            for (cut, all) in rates[p][t].iter().enumerate() {
                let Some(rate) = net(p, cut) else {
                    row.extend(["–".to_owned(), "–".to_owned(), "–".to_owned()]);
                    continue;
                };
                let all = all.iter().map(|rate| rate.net);
                let least = all.clone().fold(f64::INFINITY, f64::min);
                let most = all.fold(0.0, f64::max);
                row.push(format!("{rate:.0} ({least:.0}–{most:.0})"));
                row.push(format!("{:.2}", rate / fastest(cut, |kind| kind != Kind::Ours)));
                row.push(format!("{:.2}", rate / fastest(cut, |kind| kind == Kind::Linkable)));
            }
            rows.push(row);
        }
        print_table(
            &["engine", "licence", "blocks", "× fastest", "× linkable", "lines", "× fastest", "× linkable"],
            &rows,
        );
        for (p, peer) in peers.iter().enumerate().filter(|(_, peer)| peer.name.starts_with("zhconv")) {
            let gross = median(rates[p][t][0].iter().map(|rate| rate.gross));
            println!(
                "{peer} has no calls that could be timed: its figure is the time of a process on the whole text, \
                 less its start-up and less what a process takes that reads, copies and writes the same. Less the \
                 start-up alone it is {gross:.0} MB/s.\n"
            );
        }
        let cells = (0..peers.len()).map(|p| net(p, 0).map_or("–".to_owned(), |rate| format!("{rate:.0}")));
        columns.push(Column { head: format!("{script}, MB/s"), cells: cells.collect() });
        let _ = std::fs::remove_file(&text.path);
    }
    columns
}
