//! Any log beside any clean file: an error or a text, never a panic.
#![no_main]

use std::fs::{self, File};
use std::io;

use jiaokan::corpus::restore::{Lines, Taking, files, restore};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|case: (&[u8], &[u8])| {
    let (log, clean) = case;
    let folder = tempfile::tempdir().expect("a folder");
    let [path, file] = ["log.jsonl", "clean"].map(|name| folder.path().join(name));
    fs::write(&path, log).expect("a log");
    fs::write(&file, clean).expect("a file");
    let Ok(logged) = files(&path) else { return };
    let Ok(mut lines) = Lines::open(&path) else { return };
    for logged in &logged {
        let clean = File::open(&file).expect("the file");
        let _ = restore(clean, &mut lines, logged, &Taking::default(), &mut io::sink());
    }
});
