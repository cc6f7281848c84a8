//! Comma- and tab-separated values as spreadsheets write them (RFC 4180): the fields of named columns are
//! texts, all other bytes stay as they are.

use std::borrow::Cow;

use super::convert::{Columns, Member, Value};
use super::syntax::{LONGEST, Skip, Slot, Style, Syntax};
use crate::edit::Span;
use crate::report::jsonl::Literal;

/// A table, the names of its columns in the first record.
#[derive(Debug)]
pub(crate) struct Csv {
    delimiter: u8,
    /// Positions of the columns that hold text, ascending, with the number of the field asked for.
    columns: Vec<(usize, usize)>,
    names: Vec<String>,
}

impl Csv {
    /// The table whose first record is `header`.
    pub(crate) fn new(delimiter: u8, header: &[u8], fields: &[String]) -> Result<Self, String> {
        let header = header.strip_prefix("\u{feff}".as_bytes()).unwrap_or(header);
        let names: Vec<String> = cells(header, delimiter)
            .map(|cell| String::from_utf8_lossy(&value(&header[cell.start..cell.end])).into_owned())
            .collect();
        let column = |name: &String| names.iter().position(|n| n == name);
        let mut columns: Vec<(usize, usize)> =
            fields.iter().enumerate().filter_map(|(i, name)| Some((column(name)?, i))).collect();
        columns.sort_unstable();
        if columns.is_empty() {
            return Err(format!("no column {} among {}", fields.join(", "), names.join(", ")));
        }
        Ok(Self { delimiter, columns, names })
    }
}

fn needs_quotes(text: &str, delimiter: u8) -> bool {
    text.bytes().any(|byte| byte == delimiter || matches!(byte, b'"' | b'\n' | b'\r'))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// Writes a record with these values.
pub(crate) fn write_row<'t>(out: &mut Vec<u8>, delimiter: u8, values: impl Iterator<Item = &'t str>) {
    let start = out.len();
    for (i, value) in values.enumerate() {
        if i > 0 {
            out.push(delimiter);
        }
        let value = if needs_quotes(value, delimiter) { quoted(value).into() } else { Cow::Borrowed(value) };
        out.extend_from_slice(value.as_bytes());
    }
    // An empty line is no record.
    out.extend_from_slice(if out.len() == start { b"\"\"\n" } else { b"\n" });
}

/// The length of the first record, its line break included, if all of it is there.
pub(crate) fn record_len(bytes: &[u8], delimiter: u8, at_end: bool) -> Result<Option<usize>, String> {
    let mut pos = 0;
    let end = loop {
        let Some(cell) = cell_len(&bytes[pos..], delimiter) else { break None };
        pos += cell;
        match bytes.get(pos) {
            Some(&byte) if byte == delimiter => pos += 1,
            Some(_) => break memchr::memchr(b'\n', &bytes[pos..]).map(|i| pos + i + 1),
            None => break None,
        }
    };
    let len = end.or((at_end && !bytes.is_empty()).then_some(bytes.len()));
    match len.unwrap_or(bytes.len()) {
        long if long > LONGEST => {
            Err(format!("a record is longer than {} MiB; is a quote not closed?", LONGEST >> 20))
        }
        _ => Ok(len),
    }
}

/// The length of the first cell, if its end is there.
fn cell_len(bytes: &[u8], delimiter: u8) -> Option<usize> {
    let mut pos = 0;
    if bytes.first() == Some(&b'"') {
        pos = 1;
        loop {
            pos += memchr::memchr(b'"', &bytes[pos..])? + 1;
            match bytes.get(pos) {
                Some(b'"') => pos += 1,
                _ => break,
            }
        }
    }
    Some(pos + memchr::memchr3(delimiter, b'\n', b'\r', &bytes[pos..])?)
}

/// The cells of a record.
fn cells(record: &[u8], delimiter: u8) -> impl Iterator<Item = Span> {
    let mut next = Some(0);
    std::iter::from_fn(move || {
        let start = next?;
        let end = cell_len(&record[start..], delimiter).map_or(record.len(), |len| start + len);
        next = (record.get(end) == Some(&delimiter)).then_some(end + 1);
        Some(Span::new(start, end))
    })
}

/// What a cell means.
fn value(cell: &[u8]) -> Cow<'_, [u8]> {
    let Some(inside) = cell.strip_prefix(b"\"") else { return Cow::Borrowed(cell) };
    let inside = inside.strip_suffix(b"\"").unwrap_or(inside);
    if memchr::memchr(b'"', inside).is_none() {
        return Cow::Borrowed(inside);
    }
    let mut text = Vec::with_capacity(inside.len());
    let mut pos = 0;
    while let Some(quote) = memchr::memchr(b'"', &inside[pos..]) {
        text.extend_from_slice(&inside[pos..=pos + quote]);
        pos += quote + 1;
        pos += usize::from(inside.get(pos) == Some(&b'"'));
    }
    text.extend_from_slice(&inside[pos..]);
    Cow::Owned(text)
}

impl Syntax for Csv {
    fn record_len(&self, bytes: &[u8], _: &mut usize, at_end: bool) -> Result<Option<usize>, String> {
        record_len(bytes, self.delimiter, at_end)
    }

    fn slots<'r>(&self, index: usize, record: &'r [u8]) -> Result<Vec<Slot<'r>>, Skip> {
        if index == 0 || record.iter().all(|byte| matches!(byte, b'\r' | b'\n')) {
            return Ok(Vec::new());
        }
        let (mut slots, mut wanted) = (Vec::new(), self.columns.iter().peekable());
        for (position, span) in cells(record, self.delimiter).enumerate() {
            let Some(&&(column, field)) = wanted.peek() else { break };
            if position < column {
                continue;
            }
            wanted.next();
            let cell = &record[span.start..span.end];
            let text = value(cell);
            let written = std::str::from_utf8(&text).map_err(|_| Skip::NotText)?;
            let is = |&style: &Style| self.literal(written, style, &[]).as_bytes() == cell;
            let style = [Style::Plain, Style::Quoted].into_iter().find(is);
            let literals = match style {
                Some(_) => Vec::new(),
                None => {
                    let literal = std::str::from_utf8(cell).map_err(|_| Skip::NotText)?;
                    vec![Literal { span: Span::new(0, text.len()), literal: literal.into() }]
                }
            };
            slots.push(Slot {
                span,
                field: Some(field),
                style: style.unwrap_or_default(),
                text,
                literals,
                page: None,
            });
        }
        if wanted.next().is_some() { Err(Skip::FewColumns) } else { Ok(slots) }
    }

    fn columns(&self) -> Option<Columns> {
        Some(Columns::named(&self.names))
    }

    fn row<'r>(&self, index: usize, record: &'r [u8], texts: &[&'r str]) -> Result<Vec<Member<'r>>, Skip> {
        if index == 0 || record.iter().all(|byte| matches!(byte, b'\r' | b'\n')) {
            return Ok(Vec::new());
        }
        let (mut row, mut texts) = (Vec::with_capacity(self.names.len()), texts.iter());
        for (position, cell) in cells(record, self.delimiter).enumerate() {
            let value = match value(&record[cell.start..cell.end]) {
                Cow::Borrowed(value) => String::from_utf8_lossy(value),
                Cow::Owned(value) => String::from_utf8_lossy(&value).into_owned().into(),
            };
            let Some(name) = self.names.get(position) else {
                // Some writers end each line with a delimiter.
                if value.is_empty() {
                    continue;
                }
                return Err(Skip::ManyColumns);
            };
            let is_text = self.columns.iter().any(|&(column, _)| column == position);
            let text = if is_text { texts.next() } else { None };
            row.push((
                name.clone().into(),
                text.map_or(Value::String(value), |&text| Value::Text(text.into())),
            ));
        }
        Ok(row)
    }

    fn literal(&self, text: &str, style: Style, literals: &[Literal<'_>]) -> String {
        // A cell is written in one way as a whole.
        if let [literal] = literals {
            return literal.literal.to_string();
        }
        if style != Style::Quoted && !needs_quotes(text, self.delimiter) {
            return text.to_owned();
        }
        quoted(text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn cells_come_back(rows in prop::collection::vec(prop::collection::vec(prop_oneof![
            "[a中\" ]{0,4}", "\"[a,\n中]{0,4}\"", "\"(a|\"\"){0,3}\"",
        ], 3), 1..5)) {
            let table: String = rows.iter().map(|row| row.join(",") + "\r\n").collect();
            let csv = Csv::new(b',', b"id,text,more\n", &["text".to_owned()]).unwrap();
            let (mut pos, mut from) = (0, 0);
            while let Some(len) = csv.record_len(&table.as_bytes()[pos..], &mut from, true).unwrap() {
                let record = &table.as_bytes()[pos..pos + len];
                for slot in csv.slots(1, record).unwrap_or_default() {
                    let text = std::str::from_utf8(&slot.text).unwrap();
                    let literal = csv.literal(text, slot.style, &slot.literals);
                    prop_assert_eq!(literal.as_bytes(), &record[slot.span.start..slot.span.end]);
                }
                pos += len;
            }
            prop_assert_eq!(pos, table.len());
        }
    }

    #[test]
    fn columns_are_found() {
        let csv = Csv::new(b',', "\u{feff}id,\"text\"\r\n".as_bytes(), &["text".to_owned()]).unwrap();
        let text = |record: &str| {
            csv.slots(1, record.as_bytes()).map(|slots| String::from_utf8(slots[0].text.to_vec()).unwrap())
        };
        assert_eq!(text("1,\"a \"\"b\"\",\nc\"\r\n"), Ok("a \"b\",\nc".to_owned()));
        assert_eq!(text("1,a,b"), Ok("a".to_owned()));
        assert_eq!(text("1\n"), Err(Skip::FewColumns));
        assert_eq!(csv.record_len(b"1,\"a\n", &mut 0, false), Ok(None));
        assert!(Csv::new(b'\t', b"id,text\n", &["text".to_owned()]).is_err());
    }
}
