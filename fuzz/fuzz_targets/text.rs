//! Any text, by default and with all unsafe edits: a second run changes nothing, what is taken back is the
//! original, and every place can be found again.
#![no_main]

use std::sync::LazyLock;

use jiaokan::{Bias, Cleaner, Config};
use libfuzzer_sys::fuzz_target;

static CLEANERS: LazyLock<[Cleaner; 2]> = LazyLock::new(|| {
    [false, true].map(|select_unsafe| {
        Cleaner::new(Config { select_unsafe, ..Config::default() }).expect("the default but for unsafe edits")
    })
});

fuzz_target!(|text: &str| {
    for cleaner in &*CLEANERS {
        let cleaned = cleaner.clean(text);
        assert_eq!(cleaner.clean(cleaned.text()).text(), cleaned.text());
        let changes = cleaned.changes();
        let all: Vec<usize> = changes.iter().map(|change| change.id).collect();
        assert_eq!(cleaned.refuse(&all).text, text);
        for (i, change) in changes.iter().enumerate() {
            let _ = (cleaned.old(change), cleaned.new_text(change));
            // One alone, of those at the beginning: refusing is as dear as cleaning.
            if i < 3 {
                assert!(cleaned.refuse(&[change.id]).refused.contains(&change.id));
            }
        }
        for finding in cleaned.findings() {
            let _ = finding.span.of(text);
        }
        for at in [0, cleaned.text().len()] {
            assert!(cleaned.to_original(at, Bias::Left) <= text.len());
        }
    }
});
