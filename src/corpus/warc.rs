//! Web archives (ISO 28500): the bodies of plain text records, as in WET files, are texts, and so are pages of HTML;
//! each is decoded for itself. A page that changes becomes UTF-8, with the mark that browsers heed before all that
//! is said of its encoding. Digests in the headers stay those of the original.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};

use super::convert::{Columns, Member, Value};
use super::syntax::{LONGEST, Page, Skip, Slot, Style, Syntax};
use crate::decode::encoding_of;
use crate::edit::Span;
use crate::report::jsonl::Literal;

/// A header may not be longer, in bytes.
const LONGEST_HEADER: usize = 1 << 20;
/// Bytes of a page in which its encoding is named.
const PAGE_HEAD: usize = 4 << 10;
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

/// What a body of this media type is, if it is a text: plain text, or a page.
fn page(media: &str, body: &[u8]) -> Result<Option<Page>, Skip> {
    match media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "text/plain" => Ok(None),
        "text/html" | "application/xhtml+xml" => {
            let declared = charset(media.as_bytes()).or_else(|| {
                let head = &body[..body.len().min(PAGE_HEAD)];
                charset(&head[memchr::memmem::find(&head.to_ascii_lowercase(), b"<meta")?..])
            });
            Ok(Some(Page { charset: declared }))
        }
        _ => Err(Skip::NotText),
    }
}

/// The first encoding that is named.
fn charset(bytes: &[u8]) -> Option<&'static Encoding> {
    let bytes = bytes.to_ascii_lowercase();
    let name = &bytes[memchr::memmem::find(&bytes, b"charset")? + b"charset".len()..];
    let name = name.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let name = name.strip_prefix(b"\"").or(name.strip_prefix(b"'")).unwrap_or(name);
    let is_label = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_:.".contains(byte);
    let len = name.iter().position(|byte| !is_label(byte)).unwrap_or(name.len());
    encoding_of(std::str::from_utf8(&name[..len]).ok()?)
}

/// Where the text of a server's answer stands, if it is one, and what it is.
fn message(record: &[u8], answer: Span) -> Result<(Span, Option<Page>), Skip> {
    let bytes = &record[answer.start..answer.end];
    let header = header_len(bytes).filter(|_| bytes.starts_with(b"HTTP/")).ok_or(Skip::NotText)?;
    let (fields, body) = bytes.split_at(header);
    let field = |name| field(fields, name).and_then(|at| std::str::from_utf8(&fields[at.start..at.end]).ok());
    let page = page(field("Content-Type").unwrap_or_default(), body)?;
    let is_plain = |coding: &str| coding.is_empty() || coding.eq_ignore_ascii_case("identity");
    if ["Content-Encoding", "Transfer-Encoding"].iter().any(|name| !field(name).is_none_or(is_plain)) {
        return Err(Skip::Packed);
    }
    Ok((Span::new(answer.start + header, answer.end), page))
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
        let body = Span::new(header, header + content);
        let (mut span, mut page) = match value(record, "WARC-Type").unwrap_or_default() {
            "conversion" | "resource" => {
                let media = value(record, "Content-Type").unwrap_or_default();
                (body, page(media, &record[body.start..body.end])?)
            }
            "response" => message(record, body)?,
            _ => return Ok(Vec::new()),
        };
        if let Some(page) = page.as_mut().filter(|_| record[span.start..span.end].starts_with(Page::MARK)) {
            span.start += Page::MARK.len();
            page.charset = Some(UTF_8);
        }
        let text = Cow::Borrowed(&record[span.start..span.end]);
        Ok(vec![Slot { span, field: None, text, style: Style::Plain, literals: Vec::new(), page }])
    }

    fn columns(&self) -> Option<Columns> {
        Some(Columns::named(["id", "url", "date", "text"]))
    }

    fn row<'r>(&self, _: usize, record: &'r [u8], texts: &[&'r str]) -> Result<Vec<Member<'r>>, Skip> {
        let Some(text) = texts.first() else { return Ok(Vec::new()) };
        let fields = [("id", "WARC-Record-ID"), ("url", "WARC-Target-URI"), ("date", "WARC-Date")];
        let fields = fields
            .into_iter()
            .filter_map(|(name, field)| Some((name.into(), Value::String(value(record, field)?.into()))));
        Ok(fields.chain([("text".into(), Value::Text((*text).into()))]).collect())
    }

    fn is_decoded_first(&self) -> bool {
        false
    }

    fn literal(&self, text: &str, _: Style, _: &[Literal<'_>]) -> String {
        text.to_owned()
    }

    fn finish(&self, record: &mut Vec<u8>, grown: isize) {
        let (Some(header), Some(content)) = (header_len(record), content_len(record)) else { return };
        let Some(after) = content.checked_add_signed(grown).filter(|_| grown != 0) else { return };
        // What a server said of the length of its answer, if that was so.
        let answer = &record[header..header + after];
        let inner = header_len(answer).filter(|_| answer.starts_with(b"HTTP/"));
        let inner = inner.and_then(|len| Some((len, field(&answer[..len], "Content-Length")?)));
        let mut longer = 0;
        if let Some((len, Span { start, end })) = inner {
            let said = std::str::from_utf8(&answer[start..end]).ok().and_then(|said| said.parse().ok());
            if said.is_some() && said == content.checked_sub(len) {
                let now = (after - len).to_string();
                longer = now.len() as isize - (end - start) as isize;
                record.splice(header + start..header + end, now.into_bytes());
            }
        }
        let place = field(&record[..header], "Content-Length");
        if let (Some(place), Some(len)) = (place, after.checked_add_signed(longer)) {
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
