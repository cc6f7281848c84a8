//! Any configuration, dictionary, profile and decisions: an error or what they say, never a panic.
#![no_main]

use std::ffi::OsString;
use std::fs;

use jiaokan::lexicon::script::dict::parse_dict;
use jiaokan::{Cleaner, Profile};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|case: (u8, &[u8])| {
    let (kind, bytes) = case;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("jiaokan.toml");
    match kind % 4 {
        0 => {
            fs::write(&file, bytes).expect("a file");
            if let Ok(config) = jiaokan::cli::read_config(&file)
                && config.dict.is_empty()
                && config.profile.is_none()
                && let Ok(cleaner) = Cleaner::new(config)
            {
                let text = "市委副書(shū)記、市長(zhǎng)調(diào)研,他说.";
                let cleaned = cleaner.clean(text);
                let all: Vec<usize> = cleaned.changes().iter().map(|change| change.id).collect();
                assert_eq!(cleaned.refuse(&all).text, text);
            }
        }
        1 => {
            if let Ok(text) = std::str::from_utf8(bytes) {
                let _ = parse_dict("dictionary", text);
            }
        }
        2 => {
            if let Ok(profile) = Profile::from_bytes(bytes) {
                assert!(Profile::from_bytes(&profile.to_bytes()).is_ok());
            }
        }
        _ => {
            let text = folder.path().join("a.txt");
            fs::write(&file, bytes).expect("a file");
            fs::write(&text, "市委副書(shū)記、市長(zhǎng)調(diào)研,他说.").expect("a file");
            let args = ["jiaokan", "clean", "--no-config", "--quiet", "--check", "--decisions"];
            let args = args.into_iter().map(OsString::from).chain([file.into(), text.into()]);
            let _ = jiaokan::cli::run(args);
        }
    }
});
