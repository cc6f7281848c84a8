//! Writing a table row by row: columns of one kind each, where every value may be missing.

use std::io::Write;
use std::sync::Arc;

use parquet::basic::{Compression as Codec, GzipLevel, LogicalType, Repetition, Type as Physical, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type;

use super::super::compression::Compression;
use super::super::convert::Kind;
use super::wrong;

/// Bytes of values that make a row group.
const GROUP: usize = 16 << 20;
/// Bytes that a value takes beside its text.
const VALUE: usize = 16;

/// A value, if there is one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    None,
    Text(String),
    Number(i64),
    Real(f64),
    Truth(bool),
}

impl Cell {
    pub(crate) fn text(text: Option<impl Into<String>>) -> Self {
        text.map_or(Cell::None, |text| Cell::Text(text.into()))
    }
}

/// A table that is being written.
pub(crate) struct Table<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    columns: Vec<(Kind, Vec<Cell>)>,
    pending: usize,
}

impl<W: Write + Send> Table<W> {
    /// A table with these columns, whose values are compressed by zstd if not otherwise.
    pub(crate) fn new(
        out: W,
        columns: &[(impl AsRef<str>, Kind)],
        compression: Option<Compression>,
    ) -> Result<Self, String> {
        let codec = match compression {
            None | Some(Compression::Zstd) => Codec::ZSTD(ZstdLevel::default()),
            Some(Compression::None) => Codec::UNCOMPRESSED,
            Some(Compression::Gzip) => Codec::GZIP(GzipLevel::default()),
            Some(Compression::Xz) => return Err("Parquet is not compressed by xz".to_owned()),
        };
        let field = |(name, kind): &(_, Kind)| {
            let physical = match kind {
                Kind::Text | Kind::Json => Physical::BYTE_ARRAY,
                Kind::Truth => Physical::BOOLEAN,
                Kind::Number => Physical::INT64,
                Kind::Real => Physical::DOUBLE,
            };
            let logical = (physical == Physical::BYTE_ARRAY).then_some(LogicalType::String);
            let field = Type::primitive_type_builder(AsRef::as_ref(name), physical)
                .with_repetition(Repetition::OPTIONAL)
                .with_logical_type(logical);
            field.build().map(Arc::new)
        };
        let fields = columns.iter().map(field).collect::<Result<_, _>>().map_err(wrong)?;
        let schema = Type::group_type_builder("documents").with_fields(fields).build().map_err(wrong)?;
        let properties = WriterProperties::builder().set_compression(codec).build();
        let writer = SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties)).map_err(wrong)?;
        let columns = columns.iter().map(|(_, kind)| (*kind, Vec::new())).collect();
        Ok(Self { writer, columns, pending: 0 })
    }

    /// Adds a row: a cell for each column.
    pub(crate) fn push(&mut self, row: Vec<Cell>) -> Result<(), String> {
        for ((_, column), cell) in self.columns.iter_mut().zip(row) {
            self.pending += VALUE + if let Cell::Text(text) = &cell { text.len() } else { 0 };
            column.push(cell);
        }
        if self.pending >= GROUP { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), String> {
        if self.pending == 0 {
            return Ok(());
        }
        let mut group = self.writer.next_row_group().map_err(wrong)?;
        for (kind, column) in &mut self.columns {
            let mut out = group.next_column().map_err(wrong)?.ok_or("a column is missing")?;
            let cells = std::mem::take(column);
            match kind {
                Kind::Text | Kind::Json => write::<ByteArrayType>(&mut out, cells, |cell| match cell {
                    Cell::Text(text) => Some(ByteArray::from(text.into_bytes())),
                    _ => None,
                }),
                Kind::Number => write::<Int64Type>(&mut out, cells, |cell| match cell {
                    Cell::Number(number) => Some(number),
                    _ => None,
                }),
                Kind::Truth => write::<BoolType>(&mut out, cells, |cell| match cell {
                    Cell::Truth(truth) => Some(truth),
                    _ => None,
                }),
                Kind::Real => write::<DoubleType>(&mut out, cells, |cell| match cell {
                    Cell::Real(real) => Some(real),
                    _ => None,
                }),
            }?;
            out.close().map_err(wrong)?;
        }
        group.close().map_err(wrong)?;
        self.pending = 0;
        Ok(())
    }

    /// About the bytes of the file so far; those of the rows that are not written yet count as they are.
    pub(crate) fn len(&self) -> u64 {
        (self.writer.bytes_written() + self.pending) as u64
    }

    /// Writes what is left; gives back what was written to.
    pub(crate) fn finish(mut self) -> Result<W, String> {
        self.flush()?;
        self.writer.into_inner().map_err(wrong)
    }
}

fn write<T: DataType>(
    out: &mut SerializedColumnWriter<'_>,
    cells: Vec<Cell>,
    value: impl Fn(Cell) -> Option<T::T>,
) -> Result<(), String> {
    let values: Vec<Option<T::T>> = cells.into_iter().map(value).collect();
    let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
    let values: Vec<T::T> = values.into_iter().flatten().collect();
    out.typed::<T>().write_batch(&values, Some(&levels), None).map_err(wrong)?;
    Ok(())
}
