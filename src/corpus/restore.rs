//! Originals from clean files and the edit log.
//!
//! A file's lines stand together in the log, in the order of its records, and end with a line for the whole
//! file. What no line names stands in the clean file as it was.

use std::borrow::Cow;
#[cfg(feature = "parquet")]
use std::collections::HashMap;
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use twox_hash::XxHash3_128;

use super::compression::Compression;
use super::csv::{self, Csv};
use super::format::Format;
use super::jsonl::Jsonl;
use super::source::reason;
use super::syntax::{Page, Style, Syntax};
use super::warc::Warc;
use crate::report::jsonl::{
    self, BytesRecord, FileRecord, Line, PartRecord, Record, RemovedRecord, RestoreError,
};
use crate::rules::RuleId;

/// A file of the log.
#[derive(Clone, Debug)]
pub struct Logged {
    /// The whole file's line.
    pub file: FileRecord<'static>,
    /// Lines before its first, and how many it has.
    lines: (usize, usize),
}

impl Logged {
    /// Where the clean file was written.
    #[must_use]
    pub fn output(&self) -> &Path {
        Path::new(&**self.file.output.as_ref().unwrap_or(&self.file.path))
    }
}

/// The files of a log, in order; of one that is in it more than once, what the last run did.
///
/// # Errors
/// If the log cannot be read.
pub fn files(log: &Path) -> Result<Vec<Logged>, String> {
    let at = |e: io::Error| format!("{}: {}", log.display(), reason(&e));
    let (mut files, mut start): (Vec<Logged>, usize) = (Vec::new(), 0);
    for (number, line) in open(log)?.enumerate() {
        match line.map_err(at)? {
            Line::Run(_) => start = number + 1,
            Line::File(file) => {
                files.push(Logged { file, lines: (start, number - start) });
                start = number + 1;
            }
            // Lines that no line for their file follows are of a file that was never finished.
            _ => {}
        }
    }
    let mut last = HashSet::new();
    files.reverse();
    files.retain(|logged| last.insert(logged.file.path.clone()));
    files.reverse();
    Ok(files)
}

/// The lines of a log, file after file.
pub struct Lines {
    lines: Box<dyn Iterator<Item = io::Result<Line<'static>>>>,
    log: PathBuf,
    read: usize,
}

impl Lines {
    /// Those of the log at `log`.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn open(log: &Path) -> Result<Self, String> {
        Ok(Self { lines: open(log)?, log: log.to_owned(), read: 0 })
    }

    /// The records of a file's texts.
    ///
    /// # Errors
    /// If the log cannot be read.
    #[cfg(feature = "cli")]
    pub(crate) fn texts(mut self, logged: &Logged) -> Result<Vec<Record<'static>>, String> {
        self.skip_to(logged)?;
        let mut texts = Vec::new();
        while self.read < logged.lines.0 + logged.lines.1 {
            if let Some(Line::Text(record)) = self.next()? {
                texts.push(*record);
            }
        }
        Ok(texts)
    }

    fn skip_to(&mut self, logged: &Logged) -> Result<(), String> {
        while self.read < logged.lines.0 {
            self.next()?;
        }
        Ok(())
    }

    fn next(&mut self) -> Result<Option<Line<'static>>, String> {
        self.read += 1;
        self.lines.next().transpose().map_err(|e| format!("{}: {}", self.log.display(), reason(&e)))
    }
}

/// The lines of a log, of whatever form it is.
fn open(log: &Path) -> Result<Box<dyn Iterator<Item = io::Result<Line<'static>>>>, String> {
    let at = |what: String| format!("{}: {what}", log.display());
    let mut file = File::open(log).map_err(|e| at(reason(&e)))?;
    let mut head = Vec::new();
    let read = Read::by_ref(&mut file).take(4).read_to_end(&mut head).and_then(|_| file.rewind());
    read.map_err(|e| at(reason(&e)))?;
    if head == b"PAR1" {
        return table(file).map_err(at);
    }
    let (_, reader) = Compression::open(file).map_err(|e| at(reason(&e)))?;
    Ok(Box::new(jsonl::read(BufReader::with_capacity(256 << 10, reader))))
}

#[cfg(not(feature = "parquet"))]
fn table(_: File) -> Result<Box<dyn Iterator<Item = io::Result<Line<'static>>>>, String> {
    Err("this build reads no Parquet: build it with `--features parquet`".to_owned())
}

#[cfg(feature = "parquet")]
fn table(file: File) -> Result<Box<dyn Iterator<Item = io::Result<Line<'static>>>>, String> {
    Ok(Box::new(super::parquet::log::read(file)?))
}

/// What is to be taken back.
#[derive(Clone, Debug, Default)]
pub struct Taking {
    /// Only the edits of these rules; empty for all that was done.
    pub rules: Vec<RuleId>,
}

/// Writes the original of a clean file to `out`: the file's bytes if it is plain text, JSON lines or CSV and
/// was not compressed; otherwise the same content in a container of the same kind. With rules to be taken
/// back, the clean file without their edits. `lines` goes forward only: of several files, those that come
/// first in the log come first.
///
/// # Errors
/// If the clean file is not the one of the log, or one of them cannot be read.
pub fn restore(
    clean: impl Read + Send,
    lines: &mut Lines,
    logged: &Logged,
    taking: &Taking,
    out: &mut dyn Write,
) -> Result<(), String> {
    lines.skip_to(logged)?;
    let end = logged.lines.0 + logged.lines.1;
    let mut next_line = || if lines.read < end { lines.next() } else { Ok(None) };

    let file = &logged.file;
    let format = Format::ALL.into_iter().find(|format| format.name() == file.format);
    let format = format.ok_or_else(|| format!("the log has an unknown format: {}", file.format))?;
    let (written, reader) = Compression::open(clean).map_err(|e| reason(&e))?;
    let is_all = taking.rules.is_empty();
    let compression = match Compression::ALL.into_iter().find(|c| c.name() == file.compression) {
        Some(original) if is_all && file.mirrors => original,
        _ => written,
    };
    let mut input = Clean { reader, bytes: Vec::new(), at_end: false };
    let mut out = Packed { out, compression, pending: Vec::new(), hash: XxHash3_128::new() };

    if format == Format::Text && file.mirrors {
        while let Some(line) = next_line()? {
            let Line::Text(record) = line else { continue };
            let bom = record.bom && record.encoding == encoding_rs::UTF_8.name();
            let mark = if bom { '\u{feff}'.len_utf8() } else { 0 };
            let bytes = input.exactly(mark + record.clean_bytes)?;
            let text = std::str::from_utf8(&bytes[mark.min(bytes.len())..]).map_err(|e| {
                format!("byte {}: not valid UTF-8, so no cleaned text", e.valid_up_to() + mark)
            })?;
            if is_all {
                out.write(&jsonl::restore(text, &record).map_err(|e| e.to_string())?)?;
            } else {
                out.write(&bytes[..mark])?;
                let taken = jsonl::take_back(text, &record, &taking.rules).map_err(|e| e.to_string())?;
                out.write(taken.as_bytes())?;
            }
        }
        if !input.is_at_end()? {
            return Err("the file is longer than the one that the log was made for".to_owned());
        }
    } else {
        records(&mut input, format, file, taking, &mut next_line, &mut out)?;
    }
    let hash = out.finish()?;
    if is_all && file.mirrors && format != Format::Warc && hash != file.checksum {
        return Err(
            "the file is not the one that the log was made for: the checksum of the original differs"
                .to_owned(),
        );
    }
    Ok(())
}

/// Writes the original of the clean file at `path` (`-` is standard input) to `out`; see [`restore`]. A Parquet
/// file gets its texts back, and keeps all else.
///
/// # Errors
/// If the clean file is not the one of the log, or one of them cannot be read.
pub fn restore_file(
    path: &Path,
    lines: &mut Lines,
    logged: &Logged,
    taking: &Taking,
    out: &mut (dyn Write + Send),
) -> Result<(), String> {
    let open = || File::open(path).map_err(|e| reason(&e));
    if logged.file.format == Format::Parquet.name() {
        return columns(open()?, lines, logged, taking, out);
    }
    match path.as_os_str() == "-" {
        true => restore(io::stdin(), lines, logged, taking, out),
        false => restore(open()?, lines, logged, taking, out),
    }
}

#[cfg(not(feature = "parquet"))]
fn columns(_: File, _: &mut Lines, _: &Logged, _: &Taking, _: &mut (dyn Write + Send)) -> Result<(), String> {
    Err("this build reads no Parquet: build it with `--features parquet`".to_owned())
}

#[cfg(feature = "parquet")]
fn columns(
    clean: File,
    lines: &mut Lines,
    logged: &Logged,
    taking: &Taking,
    out: &mut (dyn Write + Send),
) -> Result<(), String> {
    lines.skip_to(logged)?;
    let end = logged.lines.0 + logged.lines.1;
    let mut next_line = || if lines.read < end { lines.next() } else { Ok(None) };
    let fields = fields(&logged.file);
    if !logged.file.mirrors {
        return table_texts(clean, &fields, &mut Documents::new(&logged.file, &mut next_line), taking, out);
    }
    let mut lines = Lookahead { next_line: &mut next_line, line: None };
    super::parquet::rewrite(clean, Some(out), &fields, |field, batch| {
        for (row, text) in batch {
            let is_about = |line: &Line<'_>| matches!(line, Line::Text(record) if record.document == *row && record.field.as_deref() == Some(&fields[field]));
            let Some(Line::Text(record)) = lines.take(is_about)? else { continue };
            let original = value(text.data(), &record, taking, jsonl::restore);
            *text = original.map_err(|e| format!("row {}: {e}", *row + 1))?.into();
        }
        Ok(())
    })?;
    match (lines.next_line)()?.or(lines.line) {
        Some(_) => Err("the file is not the one that the log was made for".to_owned()),
        None => Ok(()),
    }
}

/// The original of a value of a column.
#[cfg(feature = "parquet")]
fn value(
    clean: &[u8],
    record: &Record<'_>,
    taking: &Taking,
    restore: impl Fn(&str, &Record<'_>) -> Result<Vec<u8>, RestoreError>,
) -> Result<Vec<u8>, String> {
    let clean = std::str::from_utf8(clean).map_err(|e| e.to_string())?;
    let original = match taking.rules.is_empty() {
        true => restore(clean, record),
        false => jsonl::take_back(clean, record, &taking.rules).map(String::into_bytes),
    };
    original.map_err(|e| e.to_string())
}

/// Gives the rows of a table that was written anew their texts back.
#[cfg(feature = "parquet")]
fn table_texts(
    clean: File,
    fields: &[String],
    documents: &mut Documents<'_>,
    taking: &Taking,
    out: &mut (dyn Write + Send),
) -> Result<(), String> {
    const OTHER: &str = "the file is not the one that the log was made for";
    // A table is read column by column, the log row by row: what was read and not yet used waits.
    let (mut waiting, mut read) = (HashMap::new(), 0);
    let rows = super::parquet::rewrite(clean, Some(out), fields, |field, batch| {
        for (row, text) in batch {
            while read <= *row {
                let (_, about) = documents.next()?.ok_or(OTHER)?;
                if about.removed.is_some() {
                    continue;
                }
                for record in about.texts {
                    let name = record.field.as_deref().unwrap_or("text").to_owned();
                    waiting.insert((read, name), record);
                }
                read += 1;
            }
            let Some(record) = waiting.remove(&(*row, fields[field].clone())) else { continue };
            let original = value(text.data(), &record, taking, |clean, record| match record.field {
                // The values of a column may be in any encoding.
                Some(_) => jsonl::restore(clean, record),
                None => decoded(clean, record).map(String::into_bytes),
            });
            *text = original.map_err(|e| format!("row {}: {e}", *row + 1))?.into();
        }
        Ok(())
    })?;
    while let Some((_, about)) = documents.next()? {
        read += usize::from(about.removed.is_none());
    }
    if rows == read && waiting.is_empty() { Ok(()) } else { Err(OTHER.to_owned()) }
}

/// The lines about one record.
#[derive(Default)]
struct About {
    texts: Vec<Record<'static>>,
    bytes: Option<BytesRecord<'static>>,
    removed: Option<RemovedRecord<'static>>,
}

/// The records of a file's original, in order, with what the log says of each.
struct Documents<'f> {
    lines: Lookahead<'f>,
    /// Those that come next; of a file of many originals only the log knows them.
    part: Option<PartRecord<'static>>,
    is_shard: bool,
}

impl<'f> Documents<'f> {
    fn new(
        file: &FileRecord<'_>,
        next_line: &'f mut dyn FnMut() -> Result<Option<Line<'static>>, String>,
    ) -> Self {
        let is_shard = file.checksum.is_empty();
        let whole =
            PartRecord { path: file.path.clone().into_owned().into(), from: 0, records: file.records };
        Self { lines: Lookahead { next_line, line: None }, part: (!is_shard).then_some(whole), is_shard }
    }

    fn next(&mut self) -> Result<Option<(usize, About)>, String> {
        while self.part.as_ref().is_none_or(|part| part.records == 0) {
            if !self.is_shard {
                return Ok(None);
            }
            match self.lines.take(|line| matches!(line, Line::Part(_)))? {
                Some(Line::Part(part)) => self.part = Some(part),
                _ => return Ok(None),
            }
        }
        let part = self.part.as_mut().expect("set above");
        let index = part.from;
        (part.from, part.records) = (index + 1, part.records - 1);
        let mut about = About::default();
        let is_about = |line: &Line<'_>| match line {
            Line::Text(record) => record.document == index,
            Line::Bytes(record) => record.document == index,
            Line::Removed(record) => record.document == index,
            Line::Part(_) | Line::Run(_) | Line::File(_) => false,
        };
        while let Some(line) = self.lines.take(is_about)? {
            match line {
                Line::Text(record) => about.texts.push(*record),
                Line::Bytes(record) => about.bytes = Some(record),
                Line::Removed(record) => about.removed = Some(record),
                Line::Part(_) | Line::Run(_) | Line::File(_) => unreachable!("they are about no record"),
            }
        }
        Ok(Some((index, about)))
    }
}

/// The fields that hold text; documents without fields become one when they are written in another form.
fn fields(file: &FileRecord<'_>) -> Vec<String> {
    let mut fields: Vec<String> = file.fields.iter().map(|field| field.clone().into_owned()).collect();
    if fields.is_empty() || !file.mirrors && fields.iter().all(|field| field != "text") {
        fields.push("text".to_owned());
    }
    fields
}

fn records(
    input: &mut Clean<'_>,
    format: Format,
    file: &FileRecord<'_>,
    taking: &Taking,
    next_line: &mut dyn FnMut() -> Result<Option<Line<'static>>, String>,
    out: &mut Packed<'_>,
) -> Result<(), String> {
    let fields = fields(file);
    let mut syntax: Option<Arc<dyn Syntax>> = match format {
        Format::Jsonl => Some(Arc::new(Jsonl { fields: fields.clone() })),
        Format::Warc => Some(Arc::new(Warc)),
        Format::Csv | Format::Tsv => None,
        Format::Text | Format::Parquet => {
            return Err(format!("a {} file of another form cannot be restored from", format.name()));
        }
    };
    let delimiter = if format == Format::Tsv { b'\t' } else { b',' };
    // The first line of a table that was written anew is no record of the original.
    let is_headed = syntax.is_none() && !file.mirrors;
    if is_headed {
        let header = input.record(|bytes, _, at_end| csv::record_len(bytes, delimiter, at_end))?;
        let header = header.ok_or("the file is shorter than the one that the log was made for")?;
        syntax = Some(Arc::new(Csv::new(delimiter, &header, &fields)?));
        out.write(&header)?;
    }
    let mut documents = Documents::new(file, next_line);
    while let Some((index, about)) = documents.next()? {
        if let Some(removed) = about.removed {
            if taking.rules.is_empty() && file.mirrors {
                out.write(removed.text.as_deref().map_or(&removed.bytes[..], str::as_bytes))?;
            }
            continue;
        }
        let len = |bytes: &[u8], from: &mut usize, at_end: bool| match &syntax {
            Some(syntax) => syntax.record_len(bytes, from, at_end),
            None => csv::record_len(bytes, delimiter, at_end),
        };
        let record =
            input.record(len)?.ok_or("the file is shorter than the one that the log was made for")?;
        if syntax.is_none() {
            syntax = Some(Arc::new(Csv::new(delimiter, &record, &fields)?));
        }
        let syntax = syntax.as_deref().expect("set above");
        let place = index + usize::from(is_headed);
        out.write(&original(syntax, place, record, &about, &fields, taking, file.mirrors)?)?;
    }
    if !input.is_at_end()? {
        return Err("the file is longer than the one that the log was made for".to_owned());
    }
    Ok(())
}

/// A record as it was.
fn original(
    syntax: &dyn Syntax,
    index: usize,
    record: Vec<u8>,
    about: &About,
    fields: &[String],
    taking: &Taking,
    mirrors: bool,
) -> Result<Vec<u8>, String> {
    if about.texts.is_empty() && about.bytes.is_none() {
        return Ok(record);
    }
    let wrong = |what: String| format!("record {}: {what}", index + 1);
    let mut texts = about.texts.iter();
    let mut restored = Vec::with_capacity(record.len());
    let mut pos = 0;
    let slots = if about.texts.is_empty() {
        Vec::new()
    } else {
        syntax.slots(index, &record).map_err(|e| wrong(e.to_string()))?
    };
    let mut next = texts.next();
    for slot in slots {
        let name = slot.field.map(|field| fields[field].as_str());
        // A field may stand in a record more than once, and not every one need have been changed.
        let Some(text) = next.filter(|text| text.field.as_deref().is_none_or(|field| Some(field) == name))
        else {
            continue;
        };
        if slot.page.is_some() && text.edits.is_empty() {
            // It was left in its own encoding.
            next = texts.next();
            continue;
        }
        let clean = std::str::from_utf8(&slot.text).map_err(|e| wrong(e.to_string()))?;
        let literal = if !taking.rules.is_empty() {
            let taken = jsonl::take_back(clean, text, &taking.rules).map_err(|e| wrong(e.to_string()))?;
            Cow::Owned(syntax.literal(&taken, slot.style, &[]).into_bytes())
        } else {
            let restored = match mirrors {
                true => jsonl::restore(clean, text),
                false => decoded(clean, text).map(String::into_bytes),
            };
            let bytes = match restored {
                Ok(bytes) => bytes,
                Err(_) if name.is_some() && clean.len() != text.clean_bytes => continue,
                Err(e) => return Err(wrong(e.to_string())),
            };
            if syntax.is_decoded_first() || !mirrors {
                let style = Style::of(text.style.as_deref()).filter(|_| mirrors).unwrap_or_default();
                let literals: &[_] = if mirrors { &text.literals } else { &[] };
                let original = String::from_utf8_lossy(&bytes);
                Cow::Owned(syntax.literal(&original, style, literals).into_bytes())
            } else {
                Cow::Owned(bytes)
            }
        };
        let before = &record[pos..slot.span.start];
        // What became UTF-8 was marked.
        let is_marked =
            slot.page.is_some() && taking.rules.is_empty() && text.encoding != encoding_rs::UTF_8.name();
        restored.extend_from_slice(before.strip_suffix(Page::MARK).filter(|_| is_marked).unwrap_or(before));
        restored.extend_from_slice(&literal);
        pos = slot.span.end;
        next = texts.next();
    }
    if next.is_some() {
        return Err(wrong("the text that was changed is not there".to_owned()));
    }
    restored.extend_from_slice(&record[pos..]);
    let grown = restored.len() as isize - record.len() as isize;
    syntax.finish(&mut restored, grown);
    match &about.bytes {
        Some(bytes) if taking.rules.is_empty() && mirrors => {
            let text = std::str::from_utf8(&restored).map_err(|e| wrong(e.to_string()))?;
            jsonl::encoded(text, &bytes.encoding, false, &bytes.raw, &bytes.segments)
                .map_err(|e| wrong(e.to_string()))
        }
        _ => Ok(restored),
    }
}

/// The original of a text that was written in another form, which holds characters and not bytes.
fn decoded(clean: &str, record: &Record<'_>) -> Result<String, RestoreError> {
    // Proves that it is the original.
    jsonl::restore(clean, record)?;
    jsonl::restore_text(clean, &record.edits)
}

/// Lines of which the next can be looked at.
struct Lookahead<'f> {
    next_line: &'f mut dyn FnMut() -> Result<Option<Line<'static>>, String>,
    line: Option<Line<'static>>,
}

impl Lookahead<'_> {
    /// The next line, if it is one of those wanted.
    fn take(&mut self, is_wanted: impl Fn(&Line<'_>) -> bool) -> Result<Option<Line<'static>>, String> {
        if self.line.is_none() {
            self.line = (self.next_line)()?;
        }
        Ok(self.line.take_if(|line| is_wanted(line)))
    }
}

/// A clean file that is being read.
struct Clean<'r> {
    reader: Box<dyn Read + Send + 'r>,
    bytes: Vec<u8>,
    at_end: bool,
}

impl Clean<'_> {
    fn more(&mut self) -> Result<(), String> {
        let want = self.bytes.len().max(256 << 10) as u64;
        let read = self.reader.by_ref().take(want).read_to_end(&mut self.bytes).map_err(|e| reason(&e))?;
        self.at_end = (read as u64) < want;
        Ok(())
    }

    fn is_at_end(&mut self) -> Result<bool, String> {
        while self.bytes.is_empty() && !self.at_end {
            self.more()?;
        }
        Ok(self.bytes.is_empty())
    }

    fn exactly(&mut self, len: usize) -> Result<Vec<u8>, String> {
        while self.bytes.len() < len && !self.at_end {
            self.more()?;
        }
        if self.bytes.len() < len {
            return Err("the text is not the one that the record was made for: it is too short".to_owned());
        }
        let rest = self.bytes.split_off(len);
        Ok(std::mem::replace(&mut self.bytes, rest))
    }

    fn record(
        &mut self,
        len: impl Fn(&[u8], &mut usize, bool) -> Result<Option<usize>, String>,
    ) -> Result<Option<Vec<u8>>, String> {
        let mut from = 0;
        loop {
            match len(&self.bytes, &mut from, self.at_end)? {
                Some(len) => return self.exactly(len).map(Some),
                None if self.at_end => return Ok(None),
                None => self.more()?,
            }
        }
    }
}

/// Output that is compressed like the original.
struct Packed<'o> {
    out: &'o mut dyn Write,
    compression: Compression,
    pending: Vec<u8>,
    hash: XxHash3_128,
}

impl Packed<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.hash.write(bytes);
        self.pending.extend_from_slice(bytes);
        if self.pending.len() >= 1 << 20 { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), String> {
        let frame =
            self.compression.compress(std::mem::take(&mut self.pending)).map_err(|e| e.to_string())?;
        self.out.write_all(&frame).map_err(|e| reason(&e))
    }

    fn finish(mut self) -> Result<String, String> {
        self.flush()?;
        Ok(format!("{:032x}", self.hash.finish_128()))
    }
}

/// The file of the log that a clean file is: by its path, or the only one there is.
#[must_use]
pub fn find<'l>(files: &'l [Logged], clean: &Path) -> Option<&'l Logged> {
    let plain = |path: &Path| -> PathBuf { path.strip_prefix(".").unwrap_or(path).to_owned() };
    let is = |path: &Path| plain(path) == plain(clean);
    let named = files.iter().rev().find(|f| is(f.output()) || is(Path::new(&*f.file.path)));
    named.or(match files {
        [only] => Some(only),
        _ => None,
    })
}
