//! `jiaokan-damage layout [--seed N] [--kinds cuts,wraps,…] [--paragraphs N] TEXT DIR`: damages a text of one
//! paragraph a line, cut into documents, and writes `DIR/0000.txt`, the clean `DIR/0000.clean.txt` and the
//! damaged places, `DIR/0000.marks.tsv`, for each.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use jiaokan_damage::layout::{Kind, damage};

const USAGE: &str = "usage: jiaokan-damage layout [--seed N] [--kinds cuts,wraps,spaces,captions,repeats,\
                     punctuation,jumps] [--paragraphs N] TEXT DIR";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let done = match args.split_first() {
        Some((command, rest)) if command == "layout" => layout(rest),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(what) => {
            eprintln!("{what}");
            ExitCode::from(2)
        }
    }
}

fn layout(args: &[String]) -> Result<(), String> {
    let (mut seed, mut kinds, mut size) = (0u64, Kind::ALL.to_vec(), 25usize);
    let mut places = Vec::new();
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value"));
        let number = |text: &String| text.parse().map_err(|_| format!("{arg}: `{text}` is no number"));
        match arg.as_str() {
            "--seed" => seed = number(value()?)?,
            "--paragraphs" => size = number(value()?)?.max(1) as usize,
            "--kinds" => kinds = value()?.split(',').map(str::parse).collect::<Result<_, _>>()?,
            flag if flag.starts_with('-') => return Err(USAGE.to_owned()),
            place => places.push(place),
        }
    }
    let [text, folder] = places[..] else { return Err(USAGE.to_owned()) };
    let failed = |path: &Path, e: std::io::Error| format!("{}: {e}", path.display());
    let (path, folder) = (Path::new(text), Path::new(folder));
    let text = fs::read_to_string(path).map_err(|e| failed(path, e))?;
    fs::create_dir_all(folder).map_err(|e| failed(folder, e))?;
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    for (i, paragraphs) in (0u64..).zip(lines.chunks(size)) {
        let damaged = damage(paragraphs, &lines, &kinds, &mut fastrand::Rng::with_seed(seed << 32 | i));
        let marks: String = damaged
            .marks
            .iter()
            .map(|m| format!("{}\t{}\t{:?}\t{:?}\t{:?}\n", m.at.start, m.at.end, m.what, m.clean, m.moved))
            .collect();
        for (end, text) in [("txt", &damaged.text), ("clean.txt", &damaged.clean), ("marks.tsv", &marks)] {
            let path = folder.join(format!("{i:04}.{end}"));
            fs::write(&path, text).map_err(|e| failed(&path, e))?;
        }
    }
    Ok(())
}
