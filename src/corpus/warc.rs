//! Web archives (ISO 28500): the bodies of plain text records, as in WET files, are texts, decoded each for
//! itself. Digests in the headers stay those of the original.

use std::borrow::Cow;

use super::syntax::{LONGEST, Skip, Slot, Style, Syntax};
use crate::edit::Span;
use crate::report::jsonl::Literal;

/// A header may not be longer, in bytes.
const LONGEST_HEADER: usize = 1 << 20;
const BLANK: &[u8] = b"\r\n\r\n";

/// Web archives.
#[derive(Debug)]
pub(crate) struct Warc;

/// The length of the header, the blank line behind it included.
fn header_len(record: &[u8]) -> Option<usize> {
    let window = &record[..record.len().min(LONGEST_HEADER)];
    memchr::memmem::find(window, BLANK).map(|at| at + BLANK.len())
}

/// Where the value of a field stands in a header.
fn field(header: &[u8], name: &str) -> Option<Span> {
    let mut pos = 0;
    for line in header.split_inclusive(|&byte| byte == b'\n') {
        if let Some(colon) = memchr::memchr(b':', line)
            && line[..colon].trim_ascii().eq_ignore_ascii_case(name.as_bytes())
        {
            let value = line[colon + 1..].trim_ascii();
            let start = pos + (value.as_ptr() as usize - line.as_ptr() as usize);
            return Some(Span::new(start, start + value.len()));
        }
        pos += line.len();
    }
    None
}

/// The value of a field of a record.
pub(crate) fn value<'r>(record: &'r [u8], name: &str) -> Option<&'r str> {
    let header = &record[..header_len(record)?];
    let span = field(header, name)?;
    std::str::from_utf8(&header[span.start..span.end]).ok()
}

fn content_len(record: &[u8]) -> Option<usize> {
    value(record, "Content-Length")?.parse().ok()
}

impl Syntax for Warc {
    fn record_len(&self, bytes: &[u8], _: &mut usize, at_end: bool) -> Result<Option<usize>, String> {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok((at_end && !bytes.is_empty()).then_some(bytes.len()));
        }
        let start = bytes.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(0);
        if !bytes[start..].starts_with(b"WARC/") && (at_end || bytes.len() > start + 5) {
            return Err("a record does not begin with WARC/".to_owned());
        }
        let Some(header) = header_len(bytes) else {
            return if at_end || bytes.len() > LONGEST_HEADER {
                Err("the header of a record has no end".to_owned())
            } else {
                Ok(None)
            };
        };
        let content = content_len(bytes).ok_or("a record has no Content-Length")?;
        if content > LONGEST {
            return Err(format!("a record is longer than {} MiB", LONGEST >> 20));
        }
        let end = header + content;
        match bytes.len() {
            len if len >= end + BLANK.len() => {
                Ok(Some(end + if bytes[end..].starts_with(BLANK) { BLANK.len() } else { 0 }))
            }
            len if at_end && len >= end => Ok(Some(len)),
            _ if at_end => Err("the last record is cut short".to_owned()),
            _ => Ok(None),
        }
    }

    fn slots<'r>(&self, _: usize, record: &'r [u8]) -> Result<Vec<Slot<'r>>, Skip> {
        let (Some(header), Some(content)) = (header_len(record), content_len(record)) else {
            return Ok(Vec::new());
        };
        match value(record, "WARC-Type").unwrap_or_default() {
            "conversion" | "resource" => {}
            "response" => return Err(Skip::NotText),
            _ => return Ok(Vec::new()),
        }
        if !value(record, "Content-Type").unwrap_or_default().starts_with("text/plain") {
            return Err(Skip::NotText);
        }
        let span = Span::new(header, header + content);
        let text = Cow::Borrowed(&record[span.start..span.end]);
        Ok(vec![Slot { span, field: None, text, style: Style::Plain, literals: Vec::new() }])
    }

    fn is_decoded_first(&self) -> bool {
        false
    }

    fn literal(&self, text: &str, _: Style, _: &[Literal<'_>]) -> String {
        text.to_owned()
    }

    fn finish(&self, record: &mut Vec<u8>, grown: isize) {
        let place = header_len(record).and_then(|len| field(&record[..len], "Content-Length"));
        let len = content_len(record).and_then(|len| len.checked_add_signed(grown));
        if let (Some(place), Some(len)) = (place.filter(|_| grown != 0), len) {
            record.splice(place.start..place.end, len.to_string().into_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_texts() {
        let record = b"WARC/1.0\r\nWARC-Type: conversion\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nabc\r\n\r\n";
        let warc = Warc;
        let two = [&record[..], record].concat();
        assert_eq!(warc.record_len(&two, &mut 0, false), Ok(Some(record.len())));
        assert_eq!(warc.record_len(&record[..record.len() - 4], &mut 0, true), Ok(Some(record.len() - 4)));
        assert!(warc.record_len(&record[..record.len() - 5], &mut 0, true).is_err());
        let slots = warc.slots(0, record).unwrap();
        assert_eq!(&*slots[0].text, b"abc");
        let mut changed = record.to_vec();
        changed.splice(slots[0].span.start..slots[0].span.end, *b"abcdefghij");
        warc.finish(&mut changed, 7);
        assert_eq!(value(&changed, "content-length"), Some("10"));
        assert_eq!(&*warc.slots(0, &changed).unwrap()[0].text, b"abcdefghij");
    }
}
