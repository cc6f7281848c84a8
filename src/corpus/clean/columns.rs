//! What is made of Parquet: of the values of a column, of rows that take another form, of rows that keep their types.

use std::io::Write;
use std::sync::Arc;

use rayon::prelude::*;

use super::{Context, Done, Job, Making, pack};
use crate::corpus::convert::{self, Columns, Rows, Value};
use crate::corpus::format::Format;
use crate::corpus::parquet;
use crate::corpus::parquet::batch::Batch;
use crate::corpus::parquet::table::Cell;
use crate::corpus::tally::damage_of;

impl Job<'_> {
    /// Cleans a value of a column: what it becomes, if it changes, and all else.
    pub(crate) fn value(
        &self,
        context: &Arc<Context>,
        field: usize,
        index: usize,
        bytes: &[u8],
    ) -> Result<(Option<String>, Done), String> {
        let mut making = Making::new(self, context);
        let decoded = context.decoder.record(bytes);
        let name = making.name(index, Some(field));
        let cleaned = making.clean(self.cleaner, &name, &decoded, (true, true));
        making.done.tally.text(&decoded, &cleaned);
        making.done.tally.see(&decoded, Some(index));
        let is_changed = cleaned.is_changed() || !decoded.is_plain();
        making.done.tally.document(is_changed, true);
        let (draft, seen) = making.log(&name, &decoded, &cleaned, index, Some(field))?;
        making.done.see(seen);
        if let Some(mut draft) = draft.filter(|draft| !draft.is_empty() || !decoded.is_plain()) {
            draft.record.field = Some(context.fields[field].as_str().into());
            draft.write(&mut making.done.log).map_err(|e| e.to_string())?;
        }
        making.done.close()?;
        Ok((is_changed.then(|| cleaned.text().to_owned()), making.done))
    }

    /// Cleans rows of a table that are written in another form.
    pub(crate) fn rows(
        &self,
        context: &Arc<Context>,
        rows: &[(usize, Vec<(String, parquet::Member)>)],
    ) -> Result<Done, String> {
        let done: Vec<Done> = rows
            .par_iter()
            .map(|(index, members)| self.row(context, *index, members, || json(members)))
            .collect::<Result<_, _>>()?;
        let mut all = Done::new(&self.wanted);
        done.into_iter().try_for_each(|done| all.append(done))?;
        pack(&mut all.out.bytes, self.wanted.compression.unwrap_or_default())?;
        all.close()?;
        Ok(all)
    }

    /// Cleans rows that keep their types.
    pub(crate) fn batch(
        &self,
        context: &Arc<Context>,
        first: usize,
        mut batch: Batch,
    ) -> Result<Done, String> {
        let mut texts = batch.texts();
        let done: Vec<Done> = texts
            .par_iter_mut()
            .enumerate()
            .map(|(i, texts)| {
                let members: Vec<_> = texts
                    .iter()
                    .map(|(field, text)| {
                        (context.fields[*field].clone(), parquet::Member::Text(text.data().to_vec()))
                    })
                    .collect();
                let original =
                    || batch.filter(&(0..batch.rows).map(|row| row == i).collect::<Vec<_>>()).file();
                let mut done = self.row(context, first + i, &members, original)?;
                for clean in done.out.cells.drain(..) {
                    for (field, text) in texts.iter_mut() {
                        if let Cell::Text(clean) = &clean[*field] {
                            *text = clean.clone().into_bytes().into();
                        }
                    }
                }
                Ok(done)
            })
            .collect::<Result<_, String>>()?;
        let stays: Vec<bool> = done.iter().map(|done| done.tally.removed == 0).collect();
        let mut all = Done::new(&self.wanted);
        done.into_iter().try_for_each(|done| all.append(done))?;
        if self.wanted.damage.aside && stays.contains(&false) {
            let goes: Vec<bool> = stays.iter().map(|stays| !stays).collect();
            all.aside.batch = Some(batch.filter(&goes));
        }
        batch.replace(&texts);
        all.out.batch = Some(batch.filter(&stays));
        all.close()?;
        Ok(all)
    }

    fn row(
        &self,
        context: &Arc<Context>,
        index: usize,
        members: &[(String, parquet::Member)],
        original: impl FnOnce() -> Result<Vec<u8>, String>,
    ) -> Result<Done, String> {
        let mut making = Making::new(self, context);
        let (mut clean, mut records, mut characters, mut is_changed) = (Vec::new(), Vec::new(), 0, false);
        let mut documents = Vec::new();
        for (column, member) in members {
            let parquet::Member::Text(bytes) = member else { continue };
            let decoded = context.decoder.record(bytes);
            let field = context.fields.iter().position(|field| field == column);
            let name = making.name(index, field);
            let cleaned = making.clean(self.cleaner, &name, &decoded, (true, true));
            characters += making.done.tally.text(&decoded, &cleaned);
            making.done.tally.see(&decoded, Some(index));
            is_changed |= cleaned.is_changed() || !decoded.is_plain();
            let (draft, (shown, document)) = making.log(&name, &decoded, &cleaned, index, field)?;
            making.done.shown.extend(shown);
            documents.extend(document);
            if let Some(mut draft) = draft.filter(|draft| !draft.is_empty() || !decoded.is_plain()) {
                draft.record.field = Some(column.as_str().into());
                draft.write(&mut records).map_err(|e| e.to_string())?;
            }
            clean.push(cleaned.text().to_owned());
        }
        let damage = damage_of(making.done.tally.touched, characters);
        if self.wanted.damage.is_asked() && self.wanted.damage.removes(damage) {
            making.done.tally.removed += 1;
            making.remove(&original()?, index, damage)?;
            return Ok(making.done);
        }
        making.done.report.append(&mut documents);
        making.done.tally.document(is_changed, !clean.is_empty());
        making.done.log.write_all(&records).map_err(|e| e.to_string())?;
        if self.wanted.text {
            let mut clean = clean.into_iter();
            let row = members.iter().map(|(name, member)| {
                let value = match member {
                    parquet::Member::Text(_) => Value::Text(clean.next().expect("a text for each").into()),
                    parquet::Member::Other(value) => value.clone(),
                };
                (name.into(), value)
            });
            making.row(index, row.collect())?;
        }
        Ok(making.done)
    }
}

/// A row as JSON.
fn json(members: &[(String, parquet::Member)]) -> Result<Vec<u8>, String> {
    let row = members.iter().map(|(name, member)| {
        let value = match member {
            parquet::Member::Text(bytes) => Value::Text(String::from_utf8_lossy(bytes)),
            parquet::Member::Other(value) => value.clone(),
        };
        (name.into(), value)
    });
    let mut rows = Rows::default();
    convert::write(&mut rows, Format::Jsonl, &Columns::default(), row.collect())?;
    Ok(rows.bytes)
}
