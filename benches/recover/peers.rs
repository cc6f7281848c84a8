//! What others make of the same lines.

use std::process::Command;
use std::sync::LazyLock;

use regex::Regex;

use crate::data_path;

/// A plain regular expression that drops every bracket with a syllable, as people do.
pub(crate) static GLOSS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("[(（]\\s*[a-zāáǎàōóǒòēéěèīíǐìūúǔùǖǘǚǜü]+\\s*[)）]").expect("a valid expression")
});

/// Lines through an engine of `peers.py`, and the seconds of the best of `rounds`.
pub(crate) fn python(engine: &str, lines: &[String], rounds: usize) -> Option<(Vec<String>, f64)> {
    let folder = data_path("peers");
    std::fs::create_dir_all(&folder).ok()?;
    let (source, out) = (folder.join("in.txt"), folder.join("out.txt"));
    std::fs::write(&source, lines.join("\n")).ok()?;
    let run = Command::new("python3")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/recover/peers.py"))
        .arg(engine)
        .args([&source, &out])
        .arg(rounds.to_string())
        .output()
        .ok()?;
    if !run.status.success() {
        println!("{engine}: {}", String::from_utf8_lossy(&run.stderr).lines().last().unwrap_or_default());
        return None;
    }
    let seconds = String::from_utf8_lossy(&run.stdout).trim().parse().ok()?;
    let fixed: Vec<String> = std::fs::read_to_string(&out).ok()?.split('\n').map(str::to_owned).collect();
    (fixed.len() == lines.len()).then_some((fixed, seconds))
}
