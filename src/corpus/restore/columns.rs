//! The texts of Parquet files.

use std::collections::HashMap;
use std::fs::File;
use std::io::Write;

use super::log::{Lines, Logged, Lookahead};
use super::records::{Documents, decoded, fields};
use super::{OTHER, Taking};
use crate::corpus::parquet;
use crate::report::jsonl::{self, Line, Record, RestoreError};

pub(super) fn columns(
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
    parquet::rewrite(clean, Some(out), &fields, |field, batch| {
        for (row, text) in batch {
            let is_about = |line: &Line<'_>| matches!(line, Line::Text(record) if record.document == *row && record.field.as_deref() == Some(&fields[field]));
            let Some(Line::Text(record)) = lines.take(is_about)? else { continue };
            let original = value(text.data(), &record, taking, jsonl::restore);
            *text = original.map_err(|e| format!("row {}: {e}", *row + 1))?.into();
        }
        Ok(())
    })?;
    match (lines.next_line)()?.or(lines.line) {
        Some(_) => Err(OTHER.to_owned()),
        None => Ok(()),
    }
}

/// The original of a value of a column.
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
fn table_texts(
    clean: File,
    fields: &[String],
    documents: &mut Documents<'_>,
    taking: &Taking,
    out: &mut (dyn Write + Send),
) -> Result<(), String> {
    // A table is read column by column, the log row by row: what was read and not yet used waits.
    let (mut waiting, mut read) = (HashMap::new(), 0);
    let rows = parquet::rewrite(clean, Some(out), fields, |field, batch| {
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
