//! Any bytes: what was decoded gives them back, and so does what was cleaned.
#![no_main]

use std::sync::LazyLock;

use jiaokan::{Cleaner, Config, decode};
use libfuzzer_sys::fuzz_target;

static CLEANER: LazyLock<Cleaner> = LazyLock::new(|| Cleaner::new(Config::default()).expect("the default"));

fuzz_target!(|bytes: &[u8]| {
    for detect in [true, false] {
        if let Ok(decoded) = decode(bytes, detect) {
            assert_eq!(decoded.encode(), bytes);
        }
    }
    let Ok((decoded, cleaned)) = CLEANER.clean_bytes(bytes) else { return };
    let all: Vec<usize> = cleaned.changes().iter().map(|change| change.id).collect();
    assert_eq!(cleaned.refuse(&all).text, decoded.text);
});
