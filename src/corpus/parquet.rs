//! Parquet: the values of named columns are texts. All other columns are copied as they stand in the file,
//! without being decoded; so are the schema and the metadata.

pub(crate) mod batch;
pub(crate) mod log;
pub(crate) mod table;

use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;

use parquet::basic::{Compression as Codec, Type};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::column::writer::ColumnCloseResult;
use parquet::data_type::{ByteArray, ByteArrayType};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData};
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::record::Field;
use parquet::record::reader::RowIter;
use parquet::schema::types::SchemaDescriptor;

use super::compression::{FREE, RATIO};
use super::convert::{Columns, Value as Other};

/// Bytes of text that are cleaned together.
const BATCH: usize = 8 << 20;
/// Rows read at a time.
const ROWS: usize = 256;

/// What is wrong with a row group that ends before its rows do.
const SHORT: &str = "a row group is shorter than the footer says";

/// The rows of a row group.
fn row_count(group: &RowGroupMetaData) -> Result<usize, String> {
    usize::try_from(group.num_rows()).map_err(|_| "a row group has a negative length".to_owned())
}

/// A value: its row, counted from the beginning of the file, and its bytes.
pub(crate) type Value = (usize, ByteArray);

fn wrong(error: ParquetError) -> String {
    match error {
        ParquetError::General(what) | ParquetError::EOF(what) | ParquetError::NYI(what) => what,
        error => error.to_string(),
    }
}

/// Copies a file with other texts: `texts` gets a batch of values of one of the fields, in the order of the
/// rows of a row group, and replaces those that change. Returns the number of rows.
pub(crate) fn rewrite(
    file: File,
    out: Option<&mut (dyn Write + Send)>,
    fields: &[String],
    mut texts: impl FnMut(usize, &mut [Value]) -> Result<(), String>,
) -> Result<usize, String> {
    let len = file.metadata().map_err(|e| e.to_string())?.len();
    let source = file.try_clone().map_err(|e| e.to_string())?;
    let reader = SerializedFileReader::new(file).map_err(wrong)?;
    let metadata = reader.metadata();
    let schema = metadata.file_metadata().schema_descr();
    let columns = text_columns(schema, fields)?;
    let properties =
        properties(metadata, columns.iter().map(|&(index, _)| index)).set_dictionary_enabled(false);
    let mut sink = io::sink();
    let out: &mut (dyn Write + Send) = out.unwrap_or(&mut sink);
    let root = schema.root_schema_ptr();
    let mut writer = SerializedFileWriter::new(out, root, Arc::new(properties.build())).map_err(wrong)?;
    let mut row = 0;
    for (number, group) in metadata.row_groups().iter().enumerate() {
        let rows = row_count(group)?;
        let mut written = writer.next_row_group().map_err(wrong)?;
        let group_reader = reader.get_row_group(number).map_err(wrong)?;
        for (index, column) in group.columns().iter().enumerate() {
            check(column, len)?;
            let Some(&(_, field)) = columns.iter().find(|(text, _)| *text == index) else {
                let copied = ColumnCloseResult {
                    bytes_written: column.compressed_size().unsigned_abs(),
                    rows_written: rows as u64,
                    metadata: column.clone(),
                    bloom_filter: None,
                    column_index: None,
                    offset_index: None,
                };
                written.append_column(&source, copied).map_err(wrong)?;
                continue;
            };
            let ColumnReader::ByteArrayColumnReader(mut values) =
                group_reader.get_column_reader(index).map_err(wrong)?
            else {
                return Err("a column holds no text".to_owned());
            };
            let most = schema.column(index).max_def_level();
            let mut column = written.next_column().map_err(wrong)?.ok_or("a column is missing")?;
            let mut read = 0;
            while read < rows {
                let (levels, originals) = batch(&mut values, rows - read, most)?;
                let places = levels.iter().enumerate().filter(|(_, level)| **level == most);
                let mut batch: Vec<Value> = places.map(|(at, _)| row + read + at).zip(originals).collect();
                texts(field, &mut batch)?;
                read += levels.len();
                let clean: Vec<ByteArray> = batch.into_iter().map(|(_, text)| text).collect();
                let levels = (most > 0).then_some(&levels[..]);
                column.typed::<ByteArrayType>().write_batch(&clean, levels, None).map_err(wrong)?;
            }
            column.close().map_err(wrong)?;
        }
        written.close().map_err(wrong)?;
        row += rows;
    }
    if i64::try_from(row).ok() != Some(metadata.file_metadata().num_rows()) {
        return Err("the footer contradicts itself about the number of rows".to_owned());
    }
    writer.close().map_err(wrong)?;
    Ok(row)
}

/// Reads texts of a column until they make a batch or `rows` rows, with the level of each row; a row has a text if
/// its level is `most`.
fn batch(
    values: &mut ColumnReaderImpl<ByteArrayType>,
    rows: usize,
    most: i16,
) -> Result<(Vec<i16>, Vec<ByteArray>), String> {
    let (mut levels, mut texts, mut size) = (Vec::new(), Vec::new(), 0);
    while size < BATCH && levels.len() < rows {
        let before = texts.len();
        let want = ROWS.min(rows - levels.len());
        let mut defined = Vec::new();
        let (records, ..) = values.read_records(want, Some(&mut defined), None, &mut texts).map_err(wrong)?;
        if most == 0 {
            defined = vec![0; records];
        }
        if records == 0 || defined.len() != records {
            return Err(SHORT.to_owned());
        }
        levels.extend(defined);
        size += texts[before..].iter().map(ByteArray::len).sum::<usize>();
    }
    Ok((levels, texts))
}

/// How a file is written that is to be like another one, as far as `columns` go.
fn properties(metadata: &ParquetMetaData, columns: impl Iterator<Item = usize>) -> WriterPropertiesBuilder {
    let file = metadata.file_metadata();
    let mut properties =
        WriterProperties::builder().set_key_value_metadata(file.key_value_metadata().cloned());
    if let Some(creator) = file.created_by() {
        properties = properties.set_created_by(creator.to_owned());
    }
    let Some(group) = metadata.row_groups().first() else { return properties };
    for index in columns {
        let codec = match group.column(index).compression() {
            // The oldest form of LZ4 is no longer written.
            Codec::LZ4 => Codec::LZ4_RAW,
            codec => codec,
        };
        properties =
            properties.set_column_compression(file.schema_descr().column(index).path().clone(), codec);
    }
    properties
}

/// The columns that hold text, with the numbers of the fields asked for.
fn text_columns(schema: &SchemaDescriptor, fields: &[String]) -> Result<Vec<(usize, usize)>, String> {
    let mut columns = Vec::new();
    for (index, column) in schema.columns().iter().enumerate() {
        if let [name] = column.path().parts()
            && let Some(field) = fields.iter().position(|field| field == name)
        {
            if column.physical_type() != Type::BYTE_ARRAY || column.max_rep_level() > 0 {
                return Err(format!("the column {name} holds no text"));
            }
            columns.push((index, field));
        }
    }
    if columns.is_empty() {
        let names: Vec<String> = schema.columns().iter().map(|column| column.path().string()).collect();
        return Err(format!("no column {} among {}", fields.join(", "), names.join(", ")));
    }
    Ok(columns)
}

/// A value of a row that is to be written in another form.
pub(crate) enum Member {
    /// A text.
    Text(Vec<u8>),
    /// Anything else.
    Other(Other<'static>),
}

/// The columns of a file.
pub(crate) fn columns(file: File) -> Result<Columns, String> {
    let reader = SerializedFileReader::new(file).map_err(wrong)?;
    let schema = reader.metadata().file_metadata().schema();
    Ok(Columns::named(schema.get_fields().iter().map(|field| field.name())))
}

/// Reads a file row by row: `rows` gets batches, each row with its number and all columns that JSON can hold.
/// Returns the number of rows.
pub(crate) fn read(
    file: File,
    fields: &[String],
    mut rows: impl FnMut(Vec<(usize, Vec<(String, Member)>)>) -> Result<(), String>,
) -> Result<usize, String> {
    let len = file.metadata().map_err(|e| e.to_string())?.len();
    let reader = SerializedFileReader::new(file).map_err(wrong)?;
    text_columns(reader.metadata().file_metadata().schema_descr(), fields)?;
    for group in reader.metadata().row_groups() {
        group.columns().iter().try_for_each(|column| check(column, len))?;
    }
    let (mut batch, mut size, mut count) = (Vec::new(), 0, 0);
    for row in RowIter::from_file_into(Box::new(reader)) {
        let columns = row.map_err(wrong)?.into_columns().into_iter();
        let members = columns.filter_map(|(name, value)| {
            let member = match (fields.contains(&name), value) {
                (true, Field::Str(text)) => Member::Text(text.into_bytes()),
                (true, Field::Bytes(text)) => Member::Text(text.data().to_vec()),
                (_, Field::Str(text)) => Member::Other(Other::String(text.into())),
                (_, value) => Member::Other(Other::Json(json(&value)?.into())),
            };
            Some((name, member))
        });
        let members: Vec<_> = members.collect();
        let len = |member: &Member| match member {
            Member::Text(text) => text.len(),
            Member::Other(Other::Text(other) | Other::String(other) | Other::Json(other)) => other.len(),
        };
        size += members.iter().map(|(name, member)| name.len() + len(member)).sum::<usize>();
        batch.push((count, members));
        count += 1;
        if size >= BATCH {
            rows(std::mem::take(&mut batch))?;
            size = 0;
        }
    }
    rows(batch)?;
    Ok(count)
}

/// A value as JSON; nothing for bytes that are no text.
fn json(value: &Field) -> Option<String> {
    let string = |text: &str| serde_json::to_string(text).ok();
    let member = |key: &str, value: &Field| Some(format!("{}:{}", string(key)?, json(value)?));
    Some(match value {
        Field::Null => "null".to_owned(),
        Field::Bool(value) => value.to_string(),
        Field::Byte(number) => number.to_string(),
        Field::Short(number) => number.to_string(),
        Field::Int(number) => number.to_string(),
        Field::Long(number) => number.to_string(),
        Field::UByte(number) => number.to_string(),
        Field::UShort(number) => number.to_string(),
        Field::UInt(number) => number.to_string(),
        Field::ULong(number) => number.to_string(),
        // What is no number is null.
        Field::Float(number) => serde_json::to_string(number).ok()?,
        Field::Double(number) => serde_json::to_string(number).ok()?,
        Field::Str(text) => string(text)?,
        Field::Bytes(bytes) => string(std::str::from_utf8(bytes.data()).ok()?)?,
        Field::Group(row) => {
            let members: Vec<String> =
                row.get_column_iter().filter_map(|(key, value)| member(key, value)).collect();
            format!("{{{}}}", members.join(","))
        }
        Field::ListInternal(list) => {
            let values: Vec<String> = list.elements().iter().filter_map(json).collect();
            format!("[{}]", values.join(","))
        }
        Field::MapInternal(map) => {
            let key = |key: &Field| if let Field::Str(key) = key { key.clone() } else { key.to_string() };
            let members: Vec<String> =
                map.entries().iter().filter_map(|(name, value)| member(&key(name), value)).collect();
            format!("{{{}}}", members.join(","))
        }
        // Dates, times and decimals as they are written.
        value => string(&value.to_string())?,
    })
}

/// Refuses what a footer may say of a column but cannot be.
fn check(column: &ColumnChunkMetaData, file: u64) -> Result<(), String> {
    const OUTSIDE: &str = "the footer names a column outside the file";
    let start = column.dictionary_page_offset().unwrap_or_else(|| column.data_page_offset());
    let sizes = [start, column.compressed_size(), column.uncompressed_size()].map(u64::try_from);
    let [Ok(start @ 4..), Ok(packed), Ok(plain)] = sizes else { return Err(OUTSIDE.to_owned()) };
    if start.checked_add(packed).is_none_or(|end| end > file) {
        return Err(OUTSIDE.to_owned());
    }
    if plain > FREE && plain / RATIO > packed {
        return Err(format!("a column of {packed} bytes would become more than {RATIO} times as many"));
    }
    Ok(())
}
