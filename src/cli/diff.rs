//! `jiaokan diff`: a text and what was made of it, by the edit log or, without it, by comparing them.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use jiaokan::corpus::restore::{self, Lines};
use jiaokan::corpus::{Compression, Format, reason};
use jiaokan::report::compare::{Compared, compare};
use jiaokan::report::jsonl::{self, Record};
use jiaokan::report::{Counts, terminal, unified};
use jiaokan::{Change, Cleaned, Decoded, decode};

use crate::cli::Outcome;
use crate::cli::args::{Color, DiffArgs, DiffFormat, ShowArgs};
use crate::cli::output::{self, Out, plural, tell};

/// Runs `jiaokan diff`.
pub(crate) fn diff(args: &DiffArgs, color: Color) -> anyhow::Result<Outcome> {
    if args.old.as_os_str() == "-" && args.new.as_os_str() == "-" {
        bail!("only one of the two can be standard input");
    }
    args.shown.check(true)?;
    let shows_rules = args.shown.show.is_empty() && args.shown.hide.is_empty();
    if args.edits.is_none() && !shows_rules {
        bail!("--show and --hide need --edits: without the log nobody knows which rule did what");
    }
    let [old_bytes, new_bytes] = [read(&args.old)?, read(&args.new)?];
    let old = text(&args.old, &old_bytes)?;
    let new = text(&args.new, &new_bytes)?;
    if old_bytes == new_bytes && args.edits.is_none() {
        return Ok(Outcome::Done);
    }
    let (texts, changes, how) = match &args.edits {
        Some(log) => {
            let (texts, changes) = logged(log, args, &new)?;
            if texts.original() != old.text {
                bail!("{}: not the text that the edit log was made for", args.old.display());
            }
            (texts, changes, None)
        }
        None => {
            let compared = compare(&old.text, &new.text);
            let how = how(&compared);
            (compared.texts, compared.changes, Some(how))
        }
    };
    let mut out = Out::for_reading(args.shown.no_pager);
    let written = write(&mut out, args, &old, &new, (&texts, &changes), color, how.as_deref());
    let written = written.and_then(|()| out.flush()).context("standard output");
    drop(out);
    written?;
    Ok(if old_bytes == new_bytes { Outcome::Done } else { Outcome::WouldChange })
}

fn write(
    out: &mut Out,
    args: &DiffArgs,
    old: &Decoded<'_>,
    new: &Decoded<'_>,
    (texts, changes): (&Cleaned<'_>, &[Change]),
    color: Color,
    how: Option<&str>,
) -> io::Result<()> {
    let names = [&args.old, &args.new].map(|path| path.display().to_string());
    let ShowArgs { format, .. } = &args.shown;
    if !matches!(format, Some(DiffFormat::Json)) && old.encoding != new.encoding {
        let encodings = [old, new].map(|text| text.encoding.name());
        writeln!(out, "{} is {}, {} is {}", names[0], encodings[0], names[1], encodings[1])?;
    }
    match format.unwrap_or_default() {
        DiffFormat::Text => {
            let (style, filter) = (output::style(color), args.shown.filter());
            terminal::write_document(out, &names[0], texts, changes, style, &filter)?;
            if let Some(how) = how {
                writeln!(out, "{how}")?;
            }
            terminal::write_counts(out, &Counts::of(texts, changes), style, &filter)
        }
        DiffFormat::Unified => {
            tell_how(how);
            let names = [names[0].as_str(), names[1].as_str()];
            unified::write_document(out, names, texts, old.bom && new.bom)
        }
        DiffFormat::Json => {
            tell_how(how);
            let mut record = Record::new(&names[0], old, texts, changes);
            record.output = Some(Cow::Borrowed(&names[1]));
            record.complete(texts);
            record.write(out)
        }
    }
}

fn tell_how(how: Option<&str>) {
    if let Some(how) = how {
        tell(how);
    }
}

/// What the reader of a comparison must know.
fn how(compared: &Compared<'_>) -> String {
    let mut how = format!(
        "{}, found by comparing the texts: without the edit log (--edits) nobody knows the reasons",
        plural(compared.changes.len(), "difference")
    );
    if compared.coarse > 0 {
        how += &format!("; {} of them too long to be compared by characters", compared.coarse);
    }
    if compared.hurried {
        how += "; pairing of clauses was given up after some seconds";
    }
    how
}

/// What the log says of a plain text and its clean text.
fn logged<'t>(
    log: &Path,
    args: &DiffArgs,
    new: &'t Decoded<'_>,
) -> anyhow::Result<(Cleaned<'t>, Vec<Change>)> {
    let files = restore::files(log).map_err(|e| anyhow!(e))?;
    let is_original = |name: &str| Path::new(name) == args.old;
    let found = restore::find(&files, &args.new).or_else(|| files.iter().find(|f| is_original(&f.file.path)));
    let found = found.ok_or_else(|| {
        let (log, new) = (log.display(), args.new.display());
        anyhow!("{log}: no record of {new} among its {}", files.len())
    })?;
    if found.file.format != Format::Text.name() {
        let (new, old, format) = (args.new.display(), args.old.display(), &found.file.format);
        bail!(
            "{new}: the log's edits are shown of plain text only, not of {format}; `jiaokan clean --diff {old}` shows what \
             is done to each record, `--report FILE` for a browser"
        );
    }
    let wrong = |e: jsonl::RestoreError| anyhow!("{}: {e}", args.new.display());
    let lines = Lines::open(log).and_then(|lines| lines.texts(found)).map_err(|e| anyhow!(e))?;
    let (mut whole, mut pos, mut source_len): (Option<Record<'_>>, usize, usize) = (None, 0, 0);
    for record in lines {
        let end = pos + record.clean_bytes;
        let block = new.text.get(pos..end).ok_or_else(|| wrong(jsonl::RestoreError::OtherText(pos)))?;
        let len = jsonl::restore_text(block, &record.edits).map_err(wrong)?.len();
        match &mut whole {
            Some(whole) => whole.append(record, source_len),
            None => whole = Some(record),
        }
        (pos, source_len) = (end, source_len + len);
    }
    let whole = whole.filter(|_| pos == new.text.len());
    let whole = whole.ok_or_else(|| wrong(jsonl::RestoreError::OtherText(pos)))?;
    jsonl::cleaned(&new.text, &whole).map_err(wrong)
}

/// The bytes of a file, not compressed; `-` is standard input.
pub(crate) fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let wrong = |e: io::Error| anyhow!("{}: {}", path.display(), reason(&e));
    let source: Box<dyn Read + Send> = match path.as_os_str() == "-" {
        true => Box::new(io::stdin()),
        false => Box::new(File::open(path).map_err(wrong)?),
    };
    let (_, mut reader) = Compression::open(source).map_err(wrong)?;
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).map_err(wrong)?;
    Ok(bytes)
}

/// The text of a document.
pub(crate) fn text<'b>(path: &Path, bytes: &'b [u8]) -> anyhow::Result<Decoded<'b>> {
    decode(bytes, true).map_err(|e| anyhow!("{}: {e}", path.display()))
}
