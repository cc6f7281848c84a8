//! Any file of any format: a run ends with its clean file and log or with an error, and the log gives the
//! original back.
#![no_main]

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use libfuzzer_sys::fuzz_target;

/// The first byte of a case says which; Parquet and compressed files are told by their content.
const NAMES: [&str; 6] = ["a.txt", "a.jsonl", "a.csv", "a.tsv", "a.warc", "a.parquet"];

fn jiaokan<'p>(args: impl IntoIterator<Item = &'p Path>) -> u8 {
    jiaokan::cli::run(
        [Path::new("jiaokan")].into_iter().chain(args).map(|arg| OsString::from(arg.as_os_str())),
    )
}

fuzz_target!(|case: (u8, &[u8])| {
    let (kind, bytes) = case;
    let folder = tempfile::tempdir().expect("a folder");
    let name = NAMES[usize::from(kind) % NAMES.len()];
    let [source, log, out, back] = [name, "log.jsonl", "out", "back"].map(|name| folder.path().join(name));
    fs::write(&source, bytes).expect("a file");
    fs::create_dir(&out).expect("a folder");
    let arg = Path::new;
    let code = jiaokan([
        arg("clean"),
        arg("--no-config"),
        arg("--quiet"),
        &source,
        arg("-o"),
        &out,
        arg("--edits"),
        &log,
    ]);
    if code != 0 {
        return;
    }
    let clean = out.join(name);
    assert_eq!(jiaokan([arg("restore"), &clean, arg("--edits"), &log, arg("-o"), &back]), 0, "{name}");
    let mirrored = matches!(name, "a.txt" | "a.jsonl" | "a.csv" | "a.tsv") && !bytes.starts_with(b"PAR1");
    let packed =
        [&b"\x1f\x8b"[..], b"\x28\xb5\x2f\xfd", b"\xfd7zXZ"].iter().any(|magic| bytes.starts_with(magic));
    if mirrored && !packed && !bytes.starts_with(b"WARC/1.") {
        assert_eq!(fs::read(&back).expect("the original"), bytes, "{name}");
    }
});
