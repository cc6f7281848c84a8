//! `jiaokan restore`: clean text and edit log give the original back.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use anyhow::{Context, anyhow};
use jiaokan::report::jsonl::{self, Record};

use crate::Outcome;
use crate::args::RestoreArgs;
use crate::output::{self, reason};

/// Runs `jiaokan restore`.
pub(crate) fn restore(args: &RestoreArgs) -> anyhow::Result<Outcome> {
    let wrong = |path: &Path, e: &io::Error| anyhow!("{}: {}", path.display(), reason(e));
    let clean = read(&args.clean).map_err(|e| wrong(&args.clean, &e))?;
    let record = find(&args.clean, &args.edits)?;
    let original = undo(&clean, &record).with_context(|| args.clean.display().to_string())?;
    match &args.output {
        Some(path) => output::replace(path, &original, Some(&args.clean)).map_err(|e| wrong(path, &e))?,
        None => {
            let mut stdout = io::stdout().lock();
            stdout.write_all(&original)?;
            stdout.flush()?;
        }
    }
    Ok(Outcome::Done)
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    if path.as_os_str() != "-" {
        return fs::read(path);
    }
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The last record of a document, or the only record there is.
fn find(clean: &Path, log: &Path) -> anyhow::Result<Record<'static>> {
    let file = File::open(log).map_err(|e| anyhow!("{}: {}", log.display(), reason(&e)))?;
    let (mut count, mut only, mut named) = (0, None, None);
    for record in jsonl::read(BufReader::new(file)) {
        let record = record.map_err(|e| anyhow!("{}: {}", log.display(), reason(&e)))?;
        count += 1;
        let is_named =
            record.output.iter().chain([&record.path]).any(|path| is_same(Path::new(&**path), clean));
        if is_named {
            named = Some(record);
        } else if count == 1 {
            only = Some(record);
        }
    }
    let only = only.filter(|_| count == 1);
    named
        .or(only)
        .ok_or_else(|| anyhow!("{}: no record of {} among its {count}", log.display(), clean.display()))
}

fn is_same(a: &Path, b: &Path) -> bool {
    let plain = |path: &Path| path.strip_prefix(".").unwrap_or(path).to_owned();
    plain(a) == plain(b)
}

fn undo(clean: &[u8], record: &Record<'_>) -> anyhow::Result<Vec<u8>> {
    let bom = record.bom && record.encoding == encoding_rs::UTF_8.name();
    let body = if bom { clean.strip_prefix("\u{feff}".as_bytes()).unwrap_or(clean) } else { clean };
    let text = std::str::from_utf8(body)
        .map_err(|e| anyhow!("byte {}: not valid UTF-8, so no cleaned text", e.valid_up_to()))?;
    Ok(jsonl::restore(text, record)?)
}
