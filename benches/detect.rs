//! How well and how fast encodings are found: `cargo bench --bench detect`. Samples are cut from the clean
//! text (see `fetch.py`), Simplified in GBK and UTF-8, Traditional in Big5; `corpus.py` gives the same samples to
//! charset_normalizer and chardet.

use std::path::Path;
use std::time::Instant;

use encoding_rs::{BIG5, Encoding, GB18030, UTF_8};
use jiaokan::decode;

/// Samples of each length and encoding.
const SAMPLES: usize = 2000;

fn main() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench-data");
    let read = |name: &str| std::fs::read_to_string(data.join(name));
    let (Ok(simplified), Ok(traditional)) = (read("clean-dev.txt"), read("clean-dev-s2t.txt")) else {
        eprintln!("no text: run `python3 benches/fetch.py script` first");
        std::process::exit(1);
    };
    println!("Samples of 200 and of 20 characters whose encoding is found, in %, and MB/s with decoding.\n");
    println!("| encoding | samples | 200 characters | 20 characters | MB/s |\n|---|---|---|---|---|");
    for (name, encoding, text) in
        [("GBK", GB18030, &simplified), ("Big5", BIG5, &traditional), ("UTF-8", UTF_8, &simplified)]
    {
        let characters: Vec<char> = text.chars().filter(|&c| c != '\n').collect();
        let shares = [200, 20].map(|length| share(encoding, &characters, length));
        let speed = speed(&encoding.encode(text).0);
        println!("| {name} | {SAMPLES} | {:.2} | {:.2} | {speed:.0} |", shares[0], shares[1]);
    }
}

/// How many samples of a length come out as they were, in percent.
fn share(encoding: &'static Encoding, text: &[char], length: usize) -> f64 {
    let (mut right, mut count) = (0, 0);
    for i in 0..SAMPLES {
        let start = i * (text.len() - length) / SAMPLES;
        let sample: String = text[start..start + length].iter().collect();
        let (bytes, _, failed) = encoding.encode(&sample);
        // What the encoding does not have is no sample of it.
        if failed || sample.is_ascii() {
            continue;
        }
        count += 1;
        right += usize::from(decode(&bytes, true).is_ok_and(|found| found.text == sample));
    }
    100.0 * right as f64 / count as f64
}

/// Megabytes a second.
fn speed(bytes: &[u8]) -> f64 {
    let best = (0..9)
        .map(|_| {
            let began = Instant::now();
            std::hint::black_box(decode(std::hint::black_box(bytes), true).is_ok());
            began.elapsed()
        })
        .min()
        .expect("nine runs");
    bytes.len() as f64 / best.as_secs_f64() / 1e6
}
