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
        return;
    };
    for (encoding, text) in [(GB18030, &simplified), (BIG5, &traditional), (UTF_8, &simplified)] {
        let text: Vec<char> = text.chars().filter(|&c| c != '\n').collect();
        for length in [200, 20] {
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
            let share = 100.0 * right as f64 / count as f64;
            println!("{:8} {length:4} characters: {right} of {count} right, {share:.2} %", encoding.name());
        }
    }
    for (encoding, text) in [(UTF_8, &simplified), (GB18030, &simplified), (BIG5, &traditional)] {
        speed(encoding, &encoding.encode(text).0);
    }
}

fn speed(encoding: &'static Encoding, bytes: &[u8]) {
    let best = (0..9)
        .map(|_| {
            let began = Instant::now();
            std::hint::black_box(decode(std::hint::black_box(bytes), true).is_ok());
            began.elapsed()
        })
        .min()
        .expect("nine runs");
    println!(
        "{:8} found and decoded at {:.0} MB/s",
        encoding.name(),
        bytes.len() as f64 / best.as_secs_f64() / 1e6
    );
}
