//! The n-gram table: counts a text, compiles the counts, proves the table fresh.
//!
//! The committed source is `dictionaries/ngram/laws.counts.xz`, the counts of every trigram in
//! statutes, regulations and judicial interpretations, which carry no copyright. `ngram count`
//! makes it from the text, one paragraph a line; the text itself is not part of this repository.
//! The first line is a comment; each other line is a history of two symbols, a tab, and the symbols
//! that follow it, each with its count unless that is one:
//!
//! ```text
//! 三考    试
//! 三级    、20。7以5伤体6
//! ```
//!
//! `¶` is the paragraph break; digits, Latin letters and white space are one symbol each (`0`, `a`,
//! a space) and are written `#`, `a` and `␣`, so that a figure is always a count.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;

use anyhow::{Context, bail, ensure};
use lzma_rust2::{XzOptions, XzReader, XzWriter};

// The library's own module: the text is folded and the model laid out by the very code that reads
// it, and the library need not compile for its tables to be made.
#[allow(dead_code)]
#[path = "../../src/lexicon/ngram/mod.rs"]
mod model;

use crate::root;
use model::{BREAK, Counter};

const COUNTS: &str = "dictionaries/ngram/laws.counts.xz";
const TABLE: &str = "src/lexicon/tables/ngram.bin";
const MAX_TABLE: usize = 1_000_000;

// What was seen less often than this is left to back-off. Chosen to fit `MAX_TABLE`; looser
// thresholds find no more breaks at the same precision.
const MIN_BIGRAM: u32 = 3;
const MIN_TRIGRAM: u32 = 8;

const USAGE: &str = "usage: cargo xtask ngram count TEXT.xz | compile | check";

/// Runs `ngram count TEXT.xz`, `ngram compile` or `ngram check`.
pub fn run(args: &[&str]) -> anyhow::Result<()> {
    match args {
        ["count", text] => count(Path::new(text)),
        ["compile"] => {
            let table = compile()?;
            fs::write(root().join(TABLE), &table).with_context(|| TABLE.to_owned())?;
            eprintln!("{TABLE}: {} bytes", table.len());
            Ok(())
        }
        ["check"] => {
            let held = fs::read(root().join(TABLE)).with_context(|| TABLE.to_owned())?;
            ensure!(held == compile()?, "{TABLE} is stale: run `cargo xtask ngram compile`");
            Ok(())
        }
        _ => bail!(USAGE),
    }
}

fn count(text: &Path) -> anyhow::Result<()> {
    let mut counter = Counter::default();
    for line in unpack(text)?.lines() {
        counter.add(without_enumerator(line));
    }
    let packed = pack(&to_text(&counter)?)?;
    fs::write(root().join(COUNTS), &packed).with_context(|| COUNTS.to_owned())?;
    eprintln!("{COUNTS}: {} bytes", packed.len());
    Ok(())
}

fn compile() -> anyhow::Result<Vec<u8>> {
    let counter = from_text(&unpack(&root().join(COUNTS))?)?;
    let table = counter.compile(MIN_BIGRAM, MIN_TRIGRAM);
    model::Model::from_bytes(&table)?;
    ensure!(table.len() <= MAX_TABLE, "the table has {} bytes, over {MAX_TABLE}", table.len());
    Ok(table)
}

fn unpack(path: &Path) -> anyhow::Result<String> {
    let packed = fs::read(path).with_context(|| path.display().to_string())?;
    let mut text = String::new();
    XzReader::new(packed.as_slice(), true)
        .read_to_string(&mut text)
        .with_context(|| path.display().to_string())?;
    Ok(text)
}

fn pack(text: &str) -> anyhow::Result<Vec<u8>> {
    let mut writer = XzWriter::new(Vec::new(), XzOptions::with_preset(9))?;
    writer.write_all(text.as_bytes())?;
    Ok(writer.finish()?)
}

/// The paragraph without the number of its article or item (`第三条　`, `（一）`, `2.`). Half the
/// paragraphs of a statute begin with one and no sentence elsewhere does: left in, they would be
/// all the model knows of how paragraphs begin.
fn without_enumerator(line: &str) -> &str {
    const NUMERALS: &str = "零〇一二三四五六七八九十百千0123456789";
    let is_numeral = |c: char| NUMERALS.contains(c);
    let after_numerals = |text: &'_ str| text.len() - text.trim_start_matches(is_numeral).len();

    let line = line.trim();
    if let Some(rest) = line.strip_prefix('第') {
        let digits = after_numerals(rest);
        if let Some(rest) = rest[digits..].strip_prefix(['编', '章', '节', '条', '款']) {
            let rest = match rest.strip_prefix('之') {
                Some(branch) => branch.trim_start_matches(is_numeral),
                None => rest,
            };
            // `第三条规定的` is the middle of a sentence; the number of an article stands off.
            if digits > 0 && rest.starts_with(char::is_whitespace) {
                return rest.trim_start();
            }
        }
    }
    if let Some(rest) = line.strip_prefix(['（', '(']) {
        let digits = after_numerals(rest);
        if let Some(rest) = rest[digits..].strip_prefix(['）', ')'])
            && digits > 0
        {
            return rest.trim_start();
        }
    }
    let rest = line.trim_start_matches(|c| is_numeral(c) || c == '.');
    let number = &line[..line.len() - rest.len()];
    let stands_off = rest.starts_with(['、', '．', '）', ')', ' ', '\u{3000}']);
    if !number.is_empty() && (stands_off || number.ends_with('.')) {
        return rest.trim_start_matches(['、', '．', '）', ')']).trim_start();
    }
    line
}

fn to_text(counter: &Counter) -> anyhow::Result<String> {
    let mut out = String::from("# history <tab> what follows it, with counts over one\n");
    let counts = counter.sorted();
    let taken = counts.iter().flat_map(|(trigram, _)| trigram).find(|&&c| read(c) != c);
    ensure!(taken.is_none(), "{taken:?} in the text would read as another symbol");
    for group in counts.chunk_by(|(a, _), (b, _)| a[..2] == b[..2]) {
        out.extend(group[0].0[..2].iter().copied().map(written));
        out.push('\t');
        for &([.., next], count) in group {
            out.push(written(next));
            if count > 1 {
                out += &count.to_string();
            }
        }
        out.push('\n');
    }
    Ok(out)
}

fn from_text(text: &str) -> anyhow::Result<Counter> {
    let mut counter = Counter::default();
    for line in text.lines().skip(1) {
        let (history, follow) = line.split_once('\t').with_context(|| line.to_owned())?;
        let history: Vec<char> = history.chars().map(read).collect();
        let &[a, b] = history.as_slice() else {
            bail!("not a history of two symbols: {line}");
        };
        let mut follow = follow.chars().peekable();
        while let Some(next) = follow.next() {
            let mut digits = String::new();
            while let Some(digit) = follow.next_if(char::is_ascii_digit) {
                digits.push(digit);
            }
            let count = if digits.is_empty() { 1 } else { digits.parse()? };
            counter.insert([a, b, read(next)], count);
        }
    }
    Ok(counter)
}

/// A symbol as the text of the counts has it.
fn written(symbol: char) -> char {
    match symbol {
        BREAK => '¶',
        '0' => '#',
        ' ' => '␣',
        other => other,
    }
}

/// A symbol from the text of the counts; the reverse of [`written`].
fn read(character: char) -> char {
    match character {
        '¶' => BREAK,
        '#' => '0',
        '␣' => ' ',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_survive_their_text() {
        let mut counter = Counter::default();
        counter.add("第12条 GB#标准");
        counter.add("第12条 GB#标准");
        counter.add("第三条");
        let text = to_text(&counter).unwrap();
        let back = from_text(&text).unwrap();
        assert_eq!(back.sorted(), counter.sorted());
        assert_eq!(unpack_bytes(&pack(&text).unwrap()), text);
    }

    fn unpack_bytes(packed: &[u8]) -> String {
        let mut text = String::new();
        XzReader::new(packed, true).read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn enumerators_go_and_sentences_stay() {
        for (line, rest) in [
            ("第三条　国务院", "国务院"),
            ("第一百二十条之一 违反", "违反"),
            ("（十二）其他", "其他"),
            ("5.1.2 重伤二级", "重伤二级"),
            ("三、附则", "附则"),
            ("第三条规定的期限", "第三条规定的期限"),
            ("十日内提出", "十日内提出"),
            ("2021年", "2021年"),
        ] {
            assert_eq!(without_enumerator(line), rest);
        }
    }
}
