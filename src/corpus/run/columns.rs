//! Parquet files in a run.

use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rayon::prelude::*;

use super::{RunError, Running, guarded};
use crate::corpus::clean::{Context, Done};
use crate::corpus::compression::Compression;
use crate::corpus::convert::Columns;
use crate::corpus::format::Format;
use crate::corpus::source::{Source, Whole, reason};
use crate::corpus::target::Target;
use crate::corpus::{output, parquet};
use crate::decode::Decoder;

impl Running<'_, '_> {
    /// Cleans a Parquet file: its columns stand one behind the other, so it is no stream of units. The first batches of
    /// rows may be done already.
    pub(super) fn columns(&mut self, input: usize, skip: usize) -> Result<(), RunError> {
        let found = self.input(input);
        let (name, reading) = (found.name.clone(), &self.options.reading);
        let Source::File(path) = found.source.clone() else {
            return self.fail(name, "Parquet is read from files only".to_owned());
        };
        let mirrors = self.job.mirrors(Format::Parquet);
        let (job, pool) = (self.job, self.pool);
        let open = || fs::File::open(&path).map_err(|e| reason(&e));
        let keeps_types = !mirrors && job.target(Format::Parquet) == Format::Parquet;
        let form = guarded(|| match mirrors {
            true => Ok((Columns::default(), None)),
            false if keeps_types => Ok((
                Columns::named(&reading.fields),
                Some(Arc::new(parquet::batch::schema(open()?, &reading.fields)?)),
            )),
            false => Ok((parquet::columns(open()?)?, None)),
        });
        let (columns, schema) = match form {
            Ok(form) => form,
            Err(what) => return self.fail(name, what),
        };
        let context = Arc::new(Context {
            columns,
            schema: schema.clone(),
            name: name.clone(),
            output: self.output_name(found),
            format: Format::Parquet,
            compression: Compression::None,
            fields: reading.fields.clone(),
            syntax: None,
            decoder: reading.encoding.map_or_else(|| Decoder::new(reading.detect), Decoder::forced),
        });
        self.begin(input, Arc::clone(&context), skip)?;
        // Rows of another form are written as they come, columns by the library.
        let file = self.writing.as_mut().map(|writing| &mut writing.file).filter(|_| mirrors);
        let mut file = file.and_then(Option::take);
        let (mut failed, mut units) = (None, 0);
        let mut is_before = || {
            units += 1;
            units <= skip
        };
        let mut write = |this: &mut Self, done: Done, records: (usize, usize)| {
            this.unit(done, records).map_err(|e| {
                let what = e.to_string();
                failed = Some(e);
                what
            })?;
            match this.options.stop.load(Ordering::Relaxed) {
                true => Err("stopped".to_owned()),
                false => Ok(()),
            }
        };
        let rewritten = open().and_then(|source| {
            if let Some(schema) = &schema {
                return guarded(|| {
                    parquet::batch::read(source, schema, |from, batch| {
                        if is_before() {
                            return Ok(());
                        }
                        let records = (from, batch.rows);
                        let done = pool.install(|| job.batch(&context, from, batch))?;
                        write(self, done, records)
                    })
                });
            }
            if !mirrors {
                return guarded(|| {
                    parquet::read(source, &reading.fields, |batch| {
                        if is_before() {
                            return Ok(());
                        }
                        let from = batch.first().map_or(0, |row| row.0);
                        let done = pool.install(|| job.rows(&context, &batch))?;
                        write(self, done, (from, batch.len()))
                    })
                });
            }
            let out = match &mut file {
                Some(Target::Bytes(file)) => Some(file as &mut (dyn io::Write + Send)),
                _ => None,
            };
            guarded(|| {
                parquet::rewrite(source, out, &reading.fields, |field, batch| {
                    let clean = |(row, text): &mut parquet::Value| {
                        let (clean, done) = job.value(&context, field, *row, text.data())?;
                        if let Some(clean) = clean {
                            *text = clean.into_bytes().into();
                        }
                        Ok::<_, String>(done)
                    };
                    let done: Vec<Done> =
                        pool.install(|| batch.par_iter_mut().map(clean).collect::<Result<_, _>>())?;
                    done.into_iter().try_for_each(|done| write(self, done, (0, 0)))
                })
            })
        });
        if let Some(error) = failed {
            return Err(error);
        }
        if let Some(writing) = self.writing.as_mut().filter(|_| mirrors) {
            writing.file = file;
        }
        if self.options.stop.load(Ordering::Relaxed) {
            return Ok(());
        }
        let whole = rewritten.map(|records| Whole {
            bytes: fs::metadata(&path).map_or(0, |metadata| metadata.len()),
            checksum: output::hash(&path).unwrap_or_default(),
            records,
        });
        self.end(input, whole)
    }
}
