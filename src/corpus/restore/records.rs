//! Records: what the log says of each, and how it was.

use std::borrow::Cow;
use std::sync::Arc;

use super::log::Lookahead;
use super::{Clean, LONGER, Packed, SHORTER, Taking};
use crate::corpus::csv::{self, Csv};
use crate::corpus::format::Format;
use crate::corpus::jsonl::Jsonl;
use crate::corpus::syntax::{Page, Style, Syntax};
use crate::corpus::warc::Warc;
use crate::report::jsonl::{
    self, BytesRecord, FileRecord, Line, PartRecord, Record, RemovedRecord, RestoreError,
};

/// The lines about one record.
#[derive(Default)]
pub(super) struct About {
    pub(super) texts: Vec<Record<'static>>,
    bytes: Option<BytesRecord<'static>>,
    pub(super) removed: Option<RemovedRecord<'static>>,
}

/// The records of a file's original, in order, with what the log says of each.
pub(super) struct Documents<'f> {
    lines: Lookahead<'f>,
    /// Those that come next; of a file of many originals only the log knows them.
    part: Option<PartRecord<'static>>,
    is_shard: bool,
}

impl<'f> Documents<'f> {
    pub(super) fn new(
        file: &FileRecord<'_>,
        next_line: &'f mut dyn FnMut() -> Result<Option<Line<'static>>, String>,
    ) -> Self {
        let is_shard = file.checksum.is_empty();
        let whole =
            PartRecord { path: file.path.clone().into_owned().into(), from: 0, records: file.records };
        Self { lines: Lookahead { next_line, line: None }, part: (!is_shard).then_some(whole), is_shard }
    }

    pub(super) fn next(&mut self) -> Result<Option<(usize, About)>, String> {
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
pub(super) fn fields(file: &FileRecord<'_>) -> Vec<String> {
    let mut fields: Vec<String> = file.fields.iter().map(|field| field.clone().into_owned()).collect();
    if fields.is_empty() || !file.mirrors && fields.iter().all(|field| field != "text") {
        fields.push("text".to_owned());
    }
    fields
}

/// Writes the records of a clean file as they were.
pub(super) fn records(
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
        let header = header.ok_or(SHORTER)?;
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
        let record = input.record(len)?.ok_or(SHORTER)?;
        if syntax.is_none() {
            syntax = Some(Arc::new(Csv::new(delimiter, &record, &fields)?));
        }
        let syntax = syntax.as_deref().expect("set above");
        let place = index + usize::from(is_headed);
        out.write(&original(syntax, place, record, &about, &fields, taking, file.mirrors)?)?;
    }
    if !input.is_at_end()? {
        return Err(LONGER.to_owned());
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
pub(super) fn decoded(clean: &str, record: &Record<'_>) -> Result<String, RestoreError> {
    // Proves that it is the original.
    jsonl::restore(clean, record)?;
    jsonl::restore_text(clean, &record.edits)
}
