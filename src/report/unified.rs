//! The change of a document as a unified diff, which `patch` applies: from the edits themselves, so that it takes
//! no time to find what both texts share.

use std::io::{self, Write};
use std::ops::Range;

use crate::edit::{Piece, PieceKind, Span};
use crate::pipeline::Cleaned;

/// Lines of context.
const CONTEXT: usize = 3;

/// Lines of the original and of the clean text that differ.
type Block = (Range<usize>, Range<usize>);

/// Writes how one text becomes the other, in lines; nothing if they are alike. `names` are those of the two files,
/// `mark` says whether both begin with a byte order mark.
///
/// # Errors
/// If `out` cannot be written to.
pub fn write_document(
    out: &mut impl Write,
    names: [&str; 2],
    cleaned: &Cleaned<'_>,
    mark: bool,
) -> io::Result<()> {
    let old: Vec<&str> = cleaned.original().split_inclusive('\n').collect();
    let new: Vec<&str> = cleaned.text().split_inclusive('\n').collect();
    let blocks = blocks(cleaned, &old, &new);
    if blocks.is_empty() {
        return Ok(());
    }
    writeln!(out, "--- {}\n+++ {}", quoted(names[0]), quoted(names[1]))?;
    let write_line = |out: &mut dyn Write, sign: &str, lines: &[&str], i: usize| {
        let (line, mark) = (lines[i], if mark && i == 0 { "\u{feff}" } else { "" });
        let end = if line.ends_with('\n') { "" } else { "\n\\ No newline at end of file\n" };
        write!(out, "{sign}{mark}{line}{end}")
    };
    for hunk in blocks.chunk_by(|a, b| b.0.start - a.0.end <= 2 * CONTEXT) {
        let (first, last) = (&hunk[0], &hunk[hunk.len() - 1]);
        let before = first.0.start.min(CONTEXT);
        let behind = (old.len() - last.0.end).min(CONTEXT);
        let range = |start: usize, end: usize| {
            let (start, end) = (start - before, end + behind);
            // What is empty stands behind the line of its number.
            format!("{},{}", start + usize::from(start < end), end - start)
        };
        let [from, to] = [range(first.0.start, last.0.end), range(first.1.start, last.1.end)];
        writeln!(out, "@@ -{from} +{to} @@")?;
        let mut pos = first.0.start - before;
        for (gone, come) in hunk {
            (pos..gone.start).try_for_each(|i| write_line(out, " ", &old, i))?;
            gone.clone().try_for_each(|i| write_line(out, "-", &old, i))?;
            come.clone().try_for_each(|i| write_line(out, "+", &new, i))?;
            pos = gone.end;
        }
        (pos..last.0.end + behind).try_for_each(|i| write_line(out, " ", &old, i))?;
    }
    Ok(())
}

/// The lines that differ, in both orders.
fn blocks(cleaned: &Cleaned<'_>, old: &[&str], new: &[&str]) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let (mut i, mut j) = (0, 0);
    let mut close = |same: (usize, usize), i: &mut usize, j: &mut usize| {
        let (mut gone, mut come) = (*i..same.0, *j..same.1);
        while !gone.is_empty() && !come.is_empty() && old[gone.start] == new[come.start] {
            (gone.start, come.start) = (gone.start + 1, come.start + 1);
        }
        while !gone.is_empty() && !come.is_empty() && old[gone.end - 1] == new[come.end - 1] {
            (gone.end, come.end) = (gone.end - 1, come.end - 1);
        }
        if !gone.is_empty() || !come.is_empty() {
            blocks.push((gone, come));
        }
        (*i, *j) = (same.0 + 1, same.1 + 1);
    };
    let (old_starts, new_starts) = (starts(old), starts(new));
    for (source, output) in shared(cleaned) {
        let mut from = old_starts.partition_point(|&start| start < source.start);
        while from < old.len() && old_starts[from] + old[from].len() <= source.end {
            let there = output.start + (old_starts[from] - source.start);
            if let Ok(to) = new_starts.binary_search(&there)
                && new[to] == old[from]
            {
                close((from, to), &mut i, &mut j);
            }
            from += 1;
        }
    }
    close((old.len(), new.len()), &mut i, &mut j);
    blocks
}

fn starts(lines: &[&str]) -> Vec<usize> {
    let start = |end: &mut usize, line: &&str| {
        *end += line.len();
        Some(*end - line.len())
    };
    lines.iter().scan(0, start).collect()
}

/// Stretches that stand at both ends in the same order, byte against byte; conversion may have changed some.
fn shared(cleaned: &Cleaned<'_>) -> Vec<(Span, Span)> {
    let mut shared: Vec<(Span, Span)> = Vec::new();
    let stays = |p: &&Piece| !p.is_moved() && matches!(p.kind, PieceKind::Copy | PieceKind::Convert);
    for &Piece { source, output, .. } in cleaned.layer().pieces().iter().filter(stays) {
        match shared.last_mut() {
            Some(last) if last.0.end == source.start && last.1.end == output.start => {
                (last.0.end, last.1.end) = (source.end, output.end);
            }
            _ => shared.push((source, output)),
        }
    }
    shared
}

/// A file's name as `patch` reads it.
fn quoted(name: &str) -> String {
    if name.contains(|c: char| c.is_control() || matches!(c, '"' | '\\')) {
        let quoted = name.bytes().map(|byte| match byte {
            b'"' | b'\\' => format!("\\{}", byte as char),
            0..=0x1f | 0x7f..=0xff => format!("\\{byte:03o}"),
            _ => (byte as char).to_string(),
        });
        return format!("\"{}\"", quoted.collect::<String>());
    }
    // A name with spaces ends with a tab.
    format!("{name}{}", if name.contains(char::is_whitespace) { "\t" } else { "" })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::testing::{rounds, run};

    /// What a unified diff makes of a text, by its definition.
    fn patched(text: &str, diff: &str) -> String {
        let old: Vec<&str> = text.split_inclusive('\n').collect();
        let (mut new, mut pos) = (String::new(), 0);
        let mut lines = diff.split_inclusive('\n').skip(2).peekable();
        while let Some(line) = lines.next() {
            if let Some(ranges) = line.strip_prefix("@@ -") {
                let (start, rest) = ranges.split_once(',').unwrap();
                let len: usize = rest.split_once(' ').unwrap().0.parse().unwrap();
                let start = start.parse::<usize>().unwrap() - usize::from(len > 0);
                new.extend(old[pos..start].iter().copied());
                pos = start;
                continue;
            }
            let cut = lines.next_if(|next| next.starts_with('\\')).is_some();
            let text = if cut { line[1..].strip_suffix('\n').unwrap() } else { &line[1..] };
            if !line.starts_with('+') {
                assert_eq!(old[pos], text);
                pos += 1;
            }
            if !line.starts_with('-') {
                new.push_str(text);
            }
        }
        new.extend(old[pos..].iter().copied());
        new
    }

    #[test]
    fn names_are_quoted_where_they_must_be() {
        assert_eq!(quoted("文/a.txt"), "文/a.txt");
        assert_eq!(quoted("a b.txt"), "a b.txt\t");
        assert_eq!(quoted("a\n文.txt"), "\"a\\012\\346\\226\\207.txt\"");
    }

    #[test]
    fn lines_that_only_look_touched_are_no_part_of_it() {
        let cleaner = crate::Cleaner::new(crate::Config::default()).unwrap();
        let same = "今天好。\n".repeat(20);
        let cleaned_text = format!("{same}經濟發展,人民安居。\n{same}");
        let cleaned = cleaner.clean(&cleaned_text);
        let mut out = Vec::new();
        write_document(&mut out, ["a", "b"], &cleaned, false).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert!(out.contains("@@ -18,7 +18,7 @@\n"), "{out}");
        assert_eq!(out.lines().count(), 3 + 8);
    }

    proptest! {
        #[test]
        fn a_patch_gives_the_clean_text(text in "([國體字ab\r]{0,3}\n){0,20}[國a]{0,3}", rounds in rounds()) {
            let (clean, layer) = run(&text, &rounds);
            let cleaned = Cleaned::of_layer(&text, clean.clone(), layer, Vec::new());
            let mut out = Vec::new();
            write_document(&mut out, ["a", "b"], &cleaned, false).unwrap();
            let out = String::from_utf8(out).unwrap();
            prop_assert_eq!(out.is_empty(), text == clean);
            prop_assert_eq!(patched(&text, &out), clean);
        }
    }
}
