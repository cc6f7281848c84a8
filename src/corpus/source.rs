//! A file as a stream of units of work: decompressed, its format told, cut into blocks of text or batches of
//! records. What a unit is depends on the file's bytes alone.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use encoding_rs::Encoding;
use twox_hash::XxHash3_128;

use super::compression::Compression;
use super::convert::Columns;
use super::csv::{self, Csv};
use super::format::Format;
use super::jsonl::Jsonl;
use super::syntax::Syntax;
use super::warc::Warc;
use crate::decode::{Decoded, Decoder, Segment};
use crate::edit::Span;
use crate::pipeline::block_len;

/// Bytes after which a batch of records is full.
const BATCH: usize = 512 << 10;
/// Bytes read at a time.
const READ: usize = 256 << 10;
/// Bytes of text up to which a plain text stays one piece, where that is asked for.
const WHOLE: usize = 16 << 20;
/// Bytes that tell a format.
const HEAD: usize = 64 << 10;

/// Where a file comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Standard input.
    Stdin,
    /// A file.
    File(PathBuf),
}

/// How files are read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The format, if it is not to be told from the file.
    pub format: Option<Format>,
    /// The encoding, if it is not to be found.
    pub encoding: Option<&'static Encoding>,
    /// Whether encodings other than UTF-8 are considered.
    pub detect: bool,
    /// The fields that hold text.
    pub fields: Vec<String>,
    /// Whether a plain text stays one piece; one above 16 MiB is cut into blocks all the same.
    pub whole: bool,
}

/// A piece of work.
#[derive(Debug)]
pub(crate) enum Unit {
    /// A plain text, or a block of it.
    Block { decoded: Decoded<'static>, index: usize, first: bool, last: bool },
    /// Records: where each ends, and the number of the first.
    Records { bytes: Vec<u8>, ends: Vec<usize>, index: usize },
}

impl Unit {
    /// About how many bytes it holds.
    pub(crate) fn size(&self) -> usize {
        match self {
            Unit::Block { decoded, .. } => decoded.text.len(),
            Unit::Records { bytes, .. } => bytes.len(),
        }
    }
}

/// What was read of a file.
#[derive(Clone, Debug)]
pub(crate) struct Whole {
    /// Bytes, not compressed.
    pub(crate) bytes: u64,
    pub(crate) checksum: String,
    pub(crate) records: usize,
}

/// What does not change while a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    len: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    /// That of a file; a pipe has none.
    fn of(path: &Path) -> io::Result<Option<Self>> {
        let metadata = fs::metadata(path)?;
        let stamp = Self { len: metadata.len(), modified: metadata.modified().ok() };
        Ok(metadata.is_file().then_some(stamp))
    }
}

/// Bytes that were read and not yet used.
struct Buffer {
    reader: Box<dyn Read + Send>,
    bytes: Vec<u8>,
    at_end: bool,
    read: u64,
    hash: XxHash3_128,
}

impl Buffer {
    /// Reads more; whether there was any.
    fn more(&mut self) -> io::Result<bool> {
        let len = self.bytes.len();
        let read = match self.reader.by_ref().take(READ as u64).read_to_end(&mut self.bytes) {
            Ok(read) => read,
            Err(e) => {
                self.bytes.truncate(len);
                return Err(e);
            }
        };
        self.at_end = read < READ;
        self.hash.write(&self.bytes[len..]);
        self.read += read as u64;
        Ok(read > 0)
    }

    fn fill(&mut self, len: usize) -> io::Result<()> {
        while self.bytes.len() < len && !self.at_end {
            self.more()?;
        }
        Ok(())
    }

    fn take(&mut self, len: usize) -> Vec<u8> {
        let rest = self.bytes.split_off(len);
        std::mem::replace(&mut self.bytes, rest)
    }
}

/// How a file is cut.
enum Cutting {
    Text { decoder: Decoder, pending: Decoded<'static>, done: bool },
    Records,
}

/// A file that is being read.
pub(crate) struct Opened {
    pub(crate) format: Format,
    pub(crate) compression: Compression,
    /// For formats of records.
    pub(crate) syntax: Option<Arc<dyn Syntax>>,
    /// How records are decoded.
    pub(crate) decoder: Decoder,
    path: Option<(PathBuf, Stamp)>,
    buffer: Buffer,
    cutting: Cutting,
    /// Records or blocks so far.
    count: usize,
    whole: bool,
}

impl Opened {
    /// Opens a file. Nothing for a Parquet file: those are read by column, not as a stream.
    pub(crate) fn open(source: &Source, name: &Path, reading: &Reading) -> Result<Option<Self>, String> {
        let (reader, path): (Box<dyn Read + Send>, _) = match source {
            Source::Stdin => (Box::new(io::stdin()), None),
            Source::File(path) => {
                let stamp = Stamp::of(path).map_err(|e| reason(&e))?;
                let file = File::open(path).map_err(|e| reason(&e))?;
                (Box::new(file), stamp.map(|stamp| (path.clone(), stamp)))
            }
        };
        let (compression, reader) = Compression::open(reader).map_err(|e| reason(&e))?;
        let mut buffer =
            Buffer { reader, bytes: Vec::new(), at_end: false, read: 0, hash: XxHash3_128::new() };
        buffer.fill(HEAD).map_err(|e| reason(&e))?;
        let head = &buffer.bytes[..buffer.bytes.len().min(HEAD)];
        let format = reading.format.unwrap_or_else(|| Format::of(name, head, &reading.fields));
        if format == Format::Parquet {
            return Ok(None);
        }
        let mut decoder = match reading.encoding {
            Some(encoding) => Decoder::forced(encoding),
            None => Decoder::new(reading.detect),
        };
        let cutting = if format == Format::Text {
            let bom = decoder.begin(head).map_err(|e| e.to_string())?;
            buffer.bytes.drain(..bom);
            Cutting::Text { pending: decoder.empty(), decoder: decoder.clone(), done: false }
        } else {
            // The records of a file are expected to be in one encoding; those of an archive come from anywhere.
            if format != Format::Warc && reading.encoding.is_none() {
                let lines = memchr::memrchr(b'\n', head).map_or(head, |line| &head[..=line]);
                let found = crate::decode::decode(lines, reading.detect).map_err(|e| e.to_string())?;
                decoder = decoder.expecting(found.encoding);
            }
            if decoder.is_utf16() {
                return Err(format!("{} in UTF-16", format.name()));
            }
            Cutting::Records
        };
        let syntax: Option<Arc<dyn Syntax>> = match format {
            Format::Text | Format::Parquet => None,
            Format::Jsonl => Some(Arc::new(Jsonl { fields: reading.fields.clone() })),
            Format::Warc => Some(Arc::new(Warc)),
            Format::Csv | Format::Tsv => {
                let delimiter = if format == Format::Csv { b',' } else { b'\t' };
                let header = loop {
                    match csv::record_len(&buffer.bytes, delimiter, buffer.at_end)? {
                        Some(len) => break len,
                        None if buffer.at_end => break 0,
                        None => buffer.more().map_err(|e| reason(&e))?,
                    };
                };
                let header = decoder.record(&buffer.bytes[..header]);
                Some(Arc::new(Csv::new(delimiter, header.text.as_bytes(), &reading.fields)?))
            }
        };
        let whole = reading.whole;
        Ok(Some(Self { format, compression, syntax, decoder, path, buffer, cutting, count: 0, whole }))
    }

    /// The columns of the documents, as far as the first records tell.
    pub(crate) fn columns(&mut self) -> Result<Columns, String> {
        let Some(syntax) = self.syntax.clone() else { return Ok(Columns::of_texts()) };
        if let Some(columns) = syntax.columns() {
            return Ok(columns);
        }
        let ends = self.ends()?;
        let starts = [0].into_iter().chain(ends.iter().copied());
        let records: Vec<Decoded<'_>> = starts
            .zip(&ends)
            .map(|(start, &end)| self.decoder.record(&self.buffer.bytes[start..end]))
            .collect();
        let rows =
            records.iter().zip(1..).flat_map(|(record, i)| syntax.row(i, record.text.as_bytes(), &[]).ok());
        Ok(Columns::holding(rows))
    }

    /// The next piece of work.
    pub(crate) fn next(&mut self) -> Result<Option<Unit>, String> {
        let unit = if matches!(self.cutting, Cutting::Records) { self.records() } else { self.block() };
        if let (Ok(None), Some((path, stamp))) = (&unit, &self.path) {
            let now = Stamp::of(path).map_err(|e| reason(&e))?;
            if now != Some(*stamp) {
                return Err("the file was changed while it was read".to_owned());
            }
        }
        unit
    }

    fn block(&mut self) -> Result<Option<Unit>, String> {
        let Cutting::Text { decoder, pending, done } = &mut self.cutting else { return Ok(None) };
        if *done {
            return Ok(None);
        }
        let len = loop {
            self.whole &= pending.text.len() <= WHOLE;
            if let Some(len) = block_len(&pending.text).filter(|_| !self.whole) {
                break len;
            }
            let bytes = &mut self.buffer;
            while !Decoder::is_enough(bytes.bytes.len()) && !bytes.at_end {
                bytes.more().map_err(|e| reason(&e))?;
            }
            if bytes.bytes.is_empty() {
                *done = true;
                break pending.text.len();
            }
            let taken = decoder.window(&bytes.bytes, bytes.at_end, pending);
            bytes.bytes.drain(..taken);
        };
        let decoded = split(pending, len);
        let index = self.count;
        self.count += 1;
        Ok(Some(Unit::Block { decoded, index, first: index == 0, last: *done }))
    }

    /// Where the next records end that make a batch.
    fn ends(&mut self) -> Result<Vec<usize>, String> {
        let syntax = self.syntax.as_ref().expect("records have a syntax");
        let (mut ends, mut pos, mut from) = (Vec::new(), 0, 0);
        while pos < BATCH {
            let buffer = &mut self.buffer;
            match syntax.record_len(&buffer.bytes[pos..], &mut from, buffer.at_end) {
                Ok(Some(len)) => {
                    pos += len;
                    from = 0;
                    ends.push(pos);
                }
                Ok(None) if buffer.at_end => break,
                Ok(None) => {
                    // What is asked for again and again grows with what there is.
                    let want = buffer.bytes.len() + (buffer.bytes.len() - pos).max(READ);
                    buffer.fill(want).map_err(|e| reason(&e))?;
                }
                Err(what) => return Err(format!("record {}: {what}", self.count + ends.len() + 1)),
            }
        }
        Ok(ends)
    }

    fn records(&mut self) -> Result<Option<Unit>, String> {
        let ends = self.ends()?;
        let Some(&len) = ends.last() else { return Ok(None) };
        let index = self.count;
        self.count += ends.len();
        Ok(Some(Unit::Records { bytes: self.buffer.take(len), ends, index }))
    }

    /// What was read, once all was.
    pub(crate) fn finish(&self) -> Whole {
        Whole {
            bytes: self.buffer.read,
            checksum: format!("{:032x}", self.buffer.hash.finish_128()),
            records: self.count,
        }
    }
}

/// Takes the first `len` bytes of the text; the memory of the rest serves for what is read next.
fn split(pending: &mut Decoded<'static>, len: usize) -> Decoded<'static> {
    let text = pending.text.to_mut();
    let first = if len == text.len() { std::mem::take(text) } else { text.drain(..len).as_str().to_owned() };
    let later = pending.raw.partition_point(|raw| raw.span.start < len);
    let back = |span: Span| Span::new(span.start - len, span.end - len);
    let mut raw = pending.raw.split_off(later);
    raw.iter_mut().for_each(|raw| raw.span = back(raw.span));
    let mut segments = Vec::new();
    pending.segments.retain_mut(|segment| {
        if segment.span.end > len {
            let span = Span::new(segment.span.start.max(len), segment.span.end);
            segments.push(Segment { span: back(span), encoding: segment.encoding });
            segment.span.end = len;
        }
        segment.span.start < segment.span.end
    });
    Decoded {
        text: first.into(),
        encoding: pending.encoding,
        bom: std::mem::take(&mut pending.bom),
        raw: std::mem::replace(&mut pending.raw, raw),
        segments: std::mem::replace(&mut pending.segments, segments),
    }
}

/// What went wrong, without the operating system's numbers.
#[must_use]
pub fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or folder".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "is a folder".to_owned(),
        _ => {
            let text = error.to_string();
            text.split_once(" (os error").map_or(text.as_str(), |(what, _)| what).to_owned()
        }
    }
}
