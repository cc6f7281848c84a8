//! Rows of a file with all their values as they stand in it, so that some can be left out and none changes its type.

use std::fs::File;
use std::io::Write;
use std::sync::Arc;

use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FixedLenByteArrayType, FloatType, Int32Type,
    Int64Type, Int96Type,
};
use parquet::file::properties::WriterPropertiesPtr;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{SchemaDescPtr, SchemaDescriptor};

use super::{BATCH, SHORT, check, properties, row_count, text_columns, wrong};

/// Rows that are read together at most.
const MOST: i64 = 1 << 16;

/// What the rows of a file have in common.
#[derive(Clone, Debug)]
pub(crate) struct Schema {
    columns: SchemaDescPtr,
    properties: WriterPropertiesPtr,
    /// The columns that hold text, with the numbers of their fields.
    texts: Vec<(usize, usize)>,
}

impl PartialEq for Schema {
    fn eq(&self, other: &Self) -> bool {
        let metadata = |schema: &Self| schema.properties.key_value_metadata().cloned();
        self.columns.root_schema() == other.columns.root_schema() && metadata(self) == metadata(other)
    }
}

/// Values of a column, with the levels that say to which rows they belong.
#[derive(Clone, Debug)]
struct Column<T> {
    values: Vec<T>,
    defined: Vec<i16>,
    repeated: Vec<i16>,
}

impl<T: Clone> Column<T> {
    /// Reads `rows` rows.
    fn read<D: DataType<T = T>>(
        reader: &mut ColumnReaderImpl<D>,
        rows: usize,
        most: Levels,
    ) -> Result<Self, String> {
        let mut column = Self { values: Vec::new(), defined: Vec::new(), repeated: Vec::new() };
        let mut read = 0;
        while read < rows {
            let Self { values, defined, repeated } = &mut column;
            let (defined, repeated) = ((most.0 > 0).then_some(defined), (most.1 > 0).then_some(repeated));
            let (records, ..) = reader.read_records(rows - read, defined, repeated, values).map_err(wrong)?;
            if records == 0 {
                return Err(SHORT.to_owned());
            }
            read += records;
        }
        Ok(column)
    }

    /// The rows of which `keep` says so.
    fn filter(&self, keep: &[bool], most: Levels) -> Self {
        let mut kept = Self { values: Vec::new(), defined: Vec::new(), repeated: Vec::new() };
        let levels = self.defined.len().max(self.repeated.len()).max(self.values.len());
        let (mut row, mut value) = (0, 0);
        for level in 0..levels {
            row += usize::from(level > 0 && self.repeated.get(level).is_none_or(|&repeated| repeated == 0));
            let is_value = self.defined.get(level).is_none_or(|&defined| defined == most.0);
            if keep[row] {
                kept.defined.extend(self.defined.get(level));
                kept.repeated.extend(self.repeated.get(level));
                kept.values.extend(self.values.get(value).filter(|_| is_value).cloned());
            }
            value += usize::from(is_value);
        }
        kept
    }

    fn write<D: DataType<T = T>>(
        &self,
        out: &mut SerializedColumnWriter<'_>,
        most: Levels,
    ) -> Result<(), String> {
        let (defined, repeated) =
            ((most.0 > 0).then_some(&self.defined[..]), (most.1 > 0).then_some(&self.repeated[..]));
        out.typed::<D>().write_batch(&self.values, defined, repeated).map_err(wrong)?;
        Ok(())
    }
}

/// The greatest levels of definition and repetition of a column.
type Levels = (i16, i16);

fn levels(schema: &SchemaDescriptor, column: usize) -> Levels {
    let column = schema.column(column);
    (column.max_def_level(), column.max_rep_level())
}

macro_rules! physical_types {
    ($($name:ident $type:ident $reader:ident,)*) => {
        /// A column of any type.
        #[derive(Clone, Debug)]
        enum Values {
            $($name(Column<<$type as DataType>::T>),)*
        }

        impl Values {
            fn read(reader: &mut ColumnReader, rows: usize, most: Levels) -> Result<Self, String> {
                Ok(match reader {
                    $(ColumnReader::$reader(reader) => Self::$name(Column::read(reader, rows, most)?),)*
                })
            }

            fn filter(&self, keep: &[bool], most: Levels) -> Self {
                match self {
                    $(Self::$name(column) => Self::$name(column.filter(keep, most)),)*
                }
            }

            fn write(&self, out: &mut SerializedColumnWriter<'_>, most: Levels) -> Result<(), String> {
                match self {
                    $(Self::$name(column) => column.write::<$type>(out, most),)*
                }
            }
        }
    };
}

physical_types! {
    Bool BoolType BoolColumnReader,
    Int32 Int32Type Int32ColumnReader,
    Int64 Int64Type Int64ColumnReader,
    Int96 Int96Type Int96ColumnReader,
    Float FloatType FloatColumnReader,
    Double DoubleType DoubleColumnReader,
    Bytes ByteArrayType ByteArrayColumnReader,
    Fixed FixedLenByteArrayType FixedLenByteArrayColumnReader,
}

/// Rows of a file.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    pub(crate) schema: Arc<Schema>,
    pub(crate) rows: usize,
    columns: Vec<Values>,
}

impl Batch {
    /// The texts of each row, with the numbers of their fields.
    pub(crate) fn texts(&self) -> Vec<Vec<(usize, ByteArray)>> {
        let mut texts = vec![Vec::new(); self.rows];
        for &(index, field) in &self.schema.texts {
            let Values::Bytes(column) = &self.columns[index] else { continue };
            let (most, _) = levels(&self.schema.columns, index);
            let is_text = |row: &usize| column.defined.get(*row).is_none_or(|&defined| defined == most);
            for (row, text) in (0..self.rows).filter(is_text).zip(&column.values) {
                texts[row].push((field, text.clone()));
            }
        }
        texts
    }

    /// Puts other texts in place of those of [`Self::texts`].
    pub(crate) fn replace(&mut self, texts: &[Vec<(usize, ByteArray)>]) {
        let schema = Arc::clone(&self.schema);
        for &(index, field) in &schema.texts {
            let Values::Bytes(column) = &mut self.columns[index] else { continue };
            let of_field = texts.iter().flatten().filter(|(of, _)| *of == field);
            column.values = of_field.map(|(_, text)| text.clone()).collect();
        }
    }

    /// The rows of which `keep` says so.
    pub(crate) fn filter(&self, keep: &[bool]) -> Self {
        let columns = self.columns.iter().enumerate();
        let columns = columns.map(|(i, values)| values.filter(keep, levels(&self.schema.columns, i)));
        let rows = keep.iter().filter(|&&keep| keep).count();
        Self { schema: Arc::clone(&self.schema), rows, columns: columns.collect() }
    }

    /// A file of these rows alone.
    pub(crate) fn file(&self) -> Result<Vec<u8>, String> {
        let mut writer = Writer::new(Vec::new(), &self.schema)?;
        writer.write(self)?;
        writer.finish()
    }
}

/// What the rows of a file have in common.
pub(crate) fn schema(file: File, fields: &[String]) -> Result<Schema, String> {
    let reader = SerializedFileReader::new(file).map_err(wrong)?;
    let metadata = reader.metadata();
    let columns = metadata.file_metadata().schema_descr_ptr();
    let texts = text_columns(&columns, fields)?;
    let properties = properties(metadata, 0..columns.num_columns());
    Ok(Schema { columns, properties: Arc::new(properties.build()), texts })
}

/// Reads a file: `batches` gets rows, with the number of the first. Returns the number of rows.
pub(crate) fn read(
    file: File,
    schema: &Arc<Schema>,
    mut batches: impl FnMut(usize, Batch) -> Result<(), String>,
) -> Result<usize, String> {
    let len = file.metadata().map_err(|e| e.to_string())?.len();
    let reader = SerializedFileReader::new(file).map_err(wrong)?;
    let mut first = 0;
    for (number, group) in reader.metadata().row_groups().iter().enumerate() {
        group.columns().iter().try_for_each(|column| check(column, len))?;
        let bytes: i64 = group.columns().iter().map(|column| column.uncompressed_size()).sum();
        let most = (BATCH as i64).saturating_mul(group.num_rows().max(0)) / bytes.max(1);
        let most = usize::try_from(most.clamp(1, MOST)).map_err(|e| e.to_string())?;
        let rows = row_count(group)?;
        let group = reader.get_row_group(number).map_err(wrong)?;
        let columns = 0..schema.columns.num_columns();
        let readers = columns.map(|column| group.get_column_reader(column).map_err(wrong));
        let mut readers: Vec<ColumnReader> = readers.collect::<Result<_, _>>()?;
        let mut left = rows;
        while left > 0 {
            let rows = left.min(most);
            let columns = readers.iter_mut().enumerate();
            let columns = columns.map(|(i, reader)| Values::read(reader, rows, levels(&schema.columns, i)));
            let columns = columns.collect::<Result<_, _>>()?;
            batches(first, Batch { schema: Arc::clone(schema), rows, columns })?;
            first += rows;
            left -= rows;
        }
    }
    Ok(first)
}

/// A file that is being written, batch by batch.
pub(crate) struct Writer<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    schema: Schema,
}

impl<W: Write + Send> Writer<W> {
    pub(crate) fn new(out: W, schema: &Schema) -> Result<Self, String> {
        let root = schema.columns.root_schema_ptr();
        let writer = SerializedFileWriter::new(out, root, Arc::clone(&schema.properties)).map_err(wrong)?;
        Ok(Self { writer, schema: schema.clone() })
    }

    pub(crate) fn write(&mut self, batch: &Batch) -> Result<(), String> {
        if batch.rows == 0 {
            return Ok(());
        }
        let mut group = self.writer.next_row_group().map_err(wrong)?;
        for (index, values) in batch.columns.iter().enumerate() {
            let mut column = group.next_column().map_err(wrong)?.ok_or("a column is missing")?;
            values.write(&mut column, levels(&self.schema.columns, index))?;
            column.close().map_err(wrong)?;
        }
        group.close().map_err(wrong)?;
        Ok(())
    }

    /// Bytes so far.
    pub(crate) fn len(&self) -> u64 {
        self.writer.bytes_written() as u64
    }

    pub(crate) fn finish(self) -> Result<W, String> {
        self.writer.into_inner().map_err(wrong)
    }
}
