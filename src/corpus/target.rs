//! A clean file in its form, while it is being written.

use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use super::clean::{Context, Job};
use super::compression::Compression;
use super::convert::Rows;
use super::format::Format;
use super::output::Whole;
#[cfg(feature = "parquet")]
use super::parquet::batch::Writer;
#[cfg(feature = "parquet")]
use super::parquet::table::Table;

/// A clean file that has not taken its name yet.
pub(crate) enum Target {
    Bytes(Box<Whole>),
    #[cfg(feature = "parquet")]
    Table(Box<Table<Whole>>),
    #[cfg(feature = "parquet")]
    Batches(Box<Writer<Whole>>),
}

/// The compression of the clean file of an original.
pub(crate) fn compression(job: &Job<'_>, context: &Context) -> Compression {
    match job.target(context.format) {
        // Parquet is compressed inside.
        Format::Parquet => Compression::None,
        _ => job.wanted.compression.unwrap_or(context.compression),
    }
}

/// Whether what is made of two originals can stand in one file.
pub(crate) fn is_shared(job: &Job<'_>, one: &Context, other: &Context) -> bool {
    #[cfg(feature = "parquet")]
    if one.schema != other.schema {
        return false;
    }
    job.target(one.format) == job.target(other.format)
        && compression(job, one) == compression(job, other)
        && one.columns == other.columns
}

/// What stands before the rows of a table in bytes.
pub(crate) fn header(job: &Job<'_>, context: &Context) -> io::Result<Vec<u8>> {
    let format = job.target(context.format);
    let is_headed = job.needs_columns(context.format) && format != Format::Parquet;
    let header = if is_headed { context.columns.header(format) } else { Vec::new() };
    compression(job, context).compress(header)
}

impl Target {
    /// The file that will stand at `path` and take what is made of an original; see [`Whole::create`].
    pub(crate) fn create(
        path: &Path,
        like: Option<&Path>,
        job: &Job<'_>,
        context: &Context,
    ) -> io::Result<Self> {
        #[cfg(feature = "parquet")]
        if context.schema.is_some() {
            return Self::aside(path, like, context);
        }
        let mut file = Whole::create(path, like)?;
        #[cfg(feature = "parquet")]
        if job.needs_columns(context.format) && job.target(context.format) == Format::Parquet {
            let table = Table::new(file, context.columns.kinds(), job.wanted.compression);
            return Ok(Self::Table(Box::new(table.map_err(io::Error::other)?)));
        }
        file.write_all(&header(job, context)?)?;
        Ok(Self::Bytes(Box::new(file)))
    }

    /// The file for what is set aside of an original, as it is.
    pub(crate) fn aside(path: &Path, like: Option<&Path>, context: &Context) -> io::Result<Self> {
        let file = Whole::create(path, like)?;
        #[cfg(feature = "parquet")]
        if let Some(schema) = &context.schema {
            let writer = Writer::new(file, schema).map_err(io::Error::other)?;
            return Ok(Self::Batches(Box::new(writer)));
        }
        #[cfg(not(feature = "parquet"))]
        let _ = context;
        Ok(Self::Bytes(Box::new(file)))
    }

    /// Appends what was made of a unit.
    pub(crate) fn write(&mut self, rows: &mut Rows) -> io::Result<()> {
        match self {
            Self::Bytes(file) => file.write_all(&rows.bytes),
            #[cfg(feature = "parquet")]
            Self::Table(table) => {
                rows.cells.drain(..).try_for_each(|row| table.push(row)).map_err(io::Error::other)
            }
            #[cfg(feature = "parquet")]
            Self::Batches(writer) => {
                rows.batch.take().map_or(Ok(()), |batch| writer.write(&batch)).map_err(io::Error::other)
            }
        }
    }

    /// About the bytes of the file so far.
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Bytes(file) => file.bytes,
            #[cfg(feature = "parquet")]
            Self::Table(table) => table.len(),
            #[cfg(feature = "parquet")]
            Self::Batches(writer) => writer.len(),
        }
    }

    /// What was written, its hash and its length.
    pub(crate) fn finish(self) -> io::Result<(NamedTempFile, String, u64)> {
        let file = match self {
            Self::Bytes(file) => *file,
            #[cfg(feature = "parquet")]
            Self::Table(table) => table.finish().map_err(io::Error::other)?,
            #[cfg(feature = "parquet")]
            Self::Batches(writer) => writer.finish().map_err(io::Error::other)?,
        };
        let bytes = file.bytes;
        let (file, hash) = file.finish()?;
        Ok((file, hash, bytes))
    }
}
