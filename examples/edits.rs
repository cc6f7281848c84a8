//! Looks at every edit, takes some back, and keeps what gives the original back: `cargo run --example edits -- FILE`.

use std::error::Error;
use std::{env, fs};

use jiaokan::report::jsonl::{Record, restore};
use jiaokan::{Cleaner, Config, StageId};

fn main() -> Result<(), Box<dyn Error>> {
    let file = env::args_os().nth(1).ok_or("usage: edits FILE")?;
    let bytes = fs::read(file)?;
    let (decoded, cleaned) = Cleaner::new(Config::default())?.clean_bytes(&bytes)?;
    let changes = cleaned.changes();
    for change in &changes {
        let rules: Vec<&str> = change.rules.iter().map(|rule| rule.rule().summary).collect();
        println!("{:?} → {:?}: {}", cleaned.old(change), cleaned.new_text(change), rules.join("; "));
    }
    for finding in cleaned.findings() {
        println!("left alone at byte {}: {}", finding.span.start, finding.rule.rule().summary);
    }

    // The same without what was done to the punctuation.
    let is_punctuation =
        |c: &&jiaokan::Change| c.rules.iter().any(|r| r.rule().stage == StageId::Punctuation);
    let ids: Vec<usize> = changes.iter().filter(is_punctuation).map(|change| change.id).collect();
    println!("{}", cleaned.refuse(&ids).text);

    // The clean text and this record are all it takes.
    let record = Record::new("text", &decoded, &cleaned, &changes);
    assert_eq!(restore(cleaned.text(), &record)?, bytes);
    Ok(())
}
