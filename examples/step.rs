//! A step before another tool: counts characters in clean text and says where in the original each stands.
//! `cargo run --example step -- FILE`

use std::collections::BTreeMap;
use std::error::Error;
use std::{env, fs};

use jiaokan::{Bias, Cleaner, Config};

fn main() -> Result<(), Box<dyn Error>> {
    let file = env::args_os().nth(1).ok_or("usage: step FILE")?;
    let text = fs::read_to_string(file)?;
    // No line is joined to another one, so that the tool's lines stay those of the file.
    let config = Config { skip: vec!["furniture".parse()?, "reflow".parse()?], ..Config::default() };
    let cleaned = Cleaner::new(config)?.clean(&text);
    let mut first: BTreeMap<char, (usize, usize)> = BTreeMap::new();
    for (at, c) in cleaned.text().char_indices() {
        let place = cleaned.to_original(at, Bias::Right);
        first.entry(c).or_insert((0, place)).0 += 1;
    }
    let mut counts: Vec<_> = first.into_iter().collect();
    counts.sort_by_key(|&(c, (count, _))| (std::cmp::Reverse(count), c));
    for (c, (count, at)) in counts.into_iter().take(20) {
        println!("{c:?} {count}, first at byte {at} of the original");
    }
    Ok(())
}
