//! Originals from clean files and the edit log.
//!
//! A file's lines stand together in the log, in the order of its records, and end with a line for the whole
//! file. What no line names stands in the clean file as it was.

#[cfg(feature = "parquet")]
mod columns;
mod log;
mod records;

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use twox_hash::XxHash3_128;

#[cfg(feature = "parquet")]
use self::columns::columns;
use super::compression::Compression;
use super::format::Format;
use super::source::reason;
use crate::report::jsonl::{self, Line};
use crate::rules::RuleId;

pub use self::log::{Lines, Logged, files, find};

/// Bytes of a clean file that are read at a time.
const READ: usize = 256 << 10;
/// Bytes of an original that are compressed together.
const FRAME: usize = 1 << 20;

// What is wrong with a clean file.
const OTHER: &str = "the file is not the one that the log was made for";
const LONGER: &str = "the file is longer than the one that the log was made for";
const SHORTER: &str = "the file is shorter than the one that the log was made for";

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
    let mut input = Clean { reader, bytes: Vec::new(), at: 0, at_end: false };
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
            return Err(LONGER.to_owned());
        }
    } else {
        records::records(&mut input, format, file, taking, &mut next_line, &mut out)?;
    }
    let hash = out.finish()?;
    if is_all && file.mirrors && format != Format::Warc && hash != file.checksum {
        return Err(format!("{OTHER}: the checksum of the original differs"));
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

/// A clean file that is being read.
struct Clean<'r> {
    reader: Box<dyn Read + Send + 'r>,
    bytes: Vec<u8>,
    /// Up to where they are used: what is taken record by record is not moved record by record.
    at: usize,
    at_end: bool,
}

impl Clean<'_> {
    /// What was read and not yet taken.
    fn rest(&self) -> &[u8] {
        &self.bytes[self.at..]
    }

    fn more(&mut self) -> Result<(), String> {
        self.bytes.drain(..std::mem::take(&mut self.at));
        // What is asked for again and again grows with what there is.
        let want = self.bytes.len().max(READ) as u64;
        let read = self.reader.by_ref().take(want).read_to_end(&mut self.bytes).map_err(|e| reason(&e))?;
        self.at_end = (read as u64) < want;
        Ok(())
    }

    fn is_at_end(&mut self) -> Result<bool, String> {
        while self.rest().is_empty() && !self.at_end {
            self.more()?;
        }
        Ok(self.rest().is_empty())
    }

    fn exactly(&mut self, len: usize) -> Result<Vec<u8>, String> {
        while self.rest().len() < len && !self.at_end {
            self.more()?;
        }
        let Some(taken) = self.rest().get(..len).map(<[u8]>::to_vec) else {
            return Err("the text is not the one that the record was made for: it is too short".to_owned());
        };
        self.at += len;
        Ok(taken)
    }

    /// The next record, whose length `len` tells as [`Syntax::record_len`](super::syntax::Syntax::record_len) does.
    fn record(
        &mut self,
        len: impl Fn(&[u8], &mut usize, bool) -> Result<Option<usize>, String>,
    ) -> Result<Option<Vec<u8>>, String> {
        let mut from = 0;
        loop {
            match len(self.rest(), &mut from, self.at_end)? {
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
        if self.pending.len() >= FRAME { self.flush() } else { Ok(()) }
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
