//! Documents in another form than that of their file: each becomes a row of named values, and a row is written as
//! a JSON line, as a row of a table, or as its texts alone.

use std::borrow::Cow;
use std::collections::HashSet;

use super::csv;
use super::format::Format;
use super::jsonl::escape;

/// A value of a document.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'r> {
    /// A text that is cleaned.
    Text(Cow<'r, str>),
    /// Any other string.
    String(Cow<'r, str>),
    /// Anything else, as JSON writes it.
    Json(Cow<'r, str>),
}

/// A value and its name.
pub(crate) type Member<'r> = (Cow<'r, str>, Value<'r>);

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Number,
    Real,
    Truth,
    /// Anything, as JSON writes it.
    Json,
}

impl Kind {
    /// The kind of a value; none for null.
    fn of(value: &Value<'_>) -> Option<Self> {
        Some(match value {
            Value::Text(_) | Value::String(_) => Kind::Text,
            Value::Json(json) => match &**json {
                "null" => return None,
                "true" | "false" => Kind::Truth,
                json if json.parse::<i64>().is_ok() => Kind::Number,
                json if json.parse().is_ok_and(f64::is_finite) => Kind::Real,
                _ => Kind::Json,
            },
        })
    }

    /// The kind of values of both kinds.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (a, b) if a == b => a,
            (Kind::Number | Kind::Real, Kind::Number | Kind::Real) => Kind::Real,
            _ => Kind::Json,
        }
    }

    #[cfg(feature = "parquet")]
    const fn name(self) -> &'static str {
        match self {
            Kind::Text => "strings",
            Kind::Number => "whole numbers",
            Kind::Real => "numbers",
            Kind::Truth => "true or false",
            Kind::Json => "JSON",
        }
    }
}

/// The columns of a table. Those of a file are known before its documents are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Columns(Vec<(String, Kind)>);

impl Columns {
    /// Columns of strings, but for `block`.
    pub(crate) fn named(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(names.into_iter().map(|name| (name.into(), Kind::Text)).collect())
    }

    /// Those of plain texts.
    pub(crate) fn of_texts() -> Self {
        let columns = [("id", Kind::Text), ("block", Kind::Number), ("text", Kind::Text)];
        Self(columns.map(|(name, kind)| (name.to_owned(), kind)).to_vec())
    }

    /// Those that hold all values of these rows. What is null in all of them is expected to be a string.
    pub(crate) fn holding<'r>(rows: impl IntoIterator<Item = Vec<Member<'r>>>) -> Self {
        let (mut columns, mut texts): (Vec<(String, Option<Kind>)>, _) = (Vec::new(), HashSet::new());
        for (name, value) in rows.into_iter().flatten() {
            if matches!(value, Value::Text(_)) {
                texts.insert(name.to_string());
            }
            let kind = Kind::of(&value);
            match columns.iter_mut().find(|(known, _)| *known == *name) {
                Some((_, known)) => {
                    *known = known.map_or(kind, |known| Some(kind.map_or(known, |k| known.and(k))))
                }
                None => columns.push((name.into_owned(), kind)),
            }
        }
        let column = |(name, known): (String, Option<Kind>)| {
            let kind = known.filter(|_| !texts.contains(&name)).unwrap_or(Kind::Text);
            (name, kind)
        };
        Self(columns.into_iter().map(column).collect())
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The columns, for a writer of tables.
    #[cfg(feature = "parquet")]
    pub(crate) fn kinds(&self) -> &[(String, Kind)] {
        &self.0
    }

    /// The first line of a table.
    pub(crate) fn header(&self, to: Format) -> Vec<u8> {
        let mut line = Vec::new();
        csv::write_row(&mut line, delimiter(to), self.names());
        line
    }

    /// The values of a row in the order of the columns.
    fn arrange<'r>(&self, row: Vec<Member<'r>>) -> Result<Vec<Option<Value<'r>>>, String> {
        let mut values = vec![None; self.0.len()];
        for (name, value) in row {
            let Some(column) = self.names().position(|known| known == name) else {
                let known: Vec<&str> = self.names().collect();
                return Err(format!("{name} is none of the first columns, {}{INSTEAD}", known.join(", ")));
            };
            if values[column].replace(value).is_some() {
                return Err(format!("{name} stands twice{INSTEAD}"));
            }
        }
        Ok(values)
    }
}

/// What to do where a table cannot hold a row.
const INSTEAD: &str = "; --to jsonl takes every record";

const fn delimiter(to: Format) -> u8 {
    if matches!(to, Format::Tsv) { b'\t' } else { b',' }
}

/// Whether documents can be written so.
#[cfg(feature = "cli")]
pub(crate) fn is_target(to: Format) -> bool {
    to != Format::Warc
}

/// Whether all documents of a file have the same columns there.
pub(crate) const fn is_table(to: Format) -> bool {
    matches!(to, Format::Csv | Format::Tsv | Format::Parquet)
}

/// The row of a plain text, or of a block of one, under its file's name.
pub(crate) fn text<'r>(name: &'r str, block: Option<usize>, text: &'r str) -> Vec<Member<'r>> {
    let block = block.map(|block| ("block".into(), Value::Json(block.to_string().into())));
    let id = ("id".into(), Value::String(name.into()));
    [id].into_iter().chain(block).chain([("text".into(), Value::Text(text.into()))]).collect()
}

/// Rows that were written.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    /// Their bytes, in forms that rows are written in one behind the other.
    pub(crate) bytes: Vec<u8>,
    /// Their values, for tables that are written by column.
    #[cfg(feature = "parquet")]
    pub(crate) cells: Vec<Vec<super::parquet::table::Cell>>,
    /// Those that keep the types they have in their file.
    #[cfg(feature = "parquet")]
    pub(crate) batch: Option<super::parquet::batch::Batch>,
}

impl Rows {
    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        #[cfg(feature = "parquet")]
        if !self.cells.is_empty() || self.batch.is_some() {
            return false;
        }
        self.bytes.is_empty()
    }

    /// Adds later ones.
    pub(crate) fn append(&mut self, mut later: Self) {
        self.bytes.append(&mut later.bytes);
        #[cfg(feature = "parquet")]
        self.cells.append(&mut later.cells);
    }
}

/// Writes a row.
pub(crate) fn write(
    rows: &mut Rows,
    to: Format,
    columns: &Columns,
    row: Vec<Member<'_>>,
) -> Result<(), String> {
    match to {
        Format::Text => {
            for (_, value) in row {
                if let Value::Text(text) = value {
                    rows.bytes.extend_from_slice(text.trim_end_matches('\n').as_bytes());
                    rows.bytes.extend_from_slice(b"\n\n");
                }
            }
        }
        Format::Csv | Format::Tsv => {
            let values = columns.arrange(row)?;
            let cells = values.iter().map(|value| match value {
                Some(Value::Text(text) | Value::String(text)) => text,
                Some(Value::Json(json)) if json != "null" => json,
                Some(Value::Json(_)) | None => "",
            });
            csv::write_row(&mut rows.bytes, delimiter(to), cells);
        }
        #[cfg(feature = "parquet")]
        Format::Parquet => {
            let values = columns.arrange(row)?.into_iter().zip(columns.kinds());
            let cells = values.map(|(value, (name, kind))| {
                cell(*kind, value).map_err(|value| {
                    format!("{name} is {value}, where the first records have {}{INSTEAD}", kind.name())
                })
            });
            rows.cells.push(cells.collect::<Result<_, _>>()?);
        }
        _ => object(&mut rows.bytes, &row),
    }
    Ok(())
}

/// A value as one of a column; what it is in JSON if it is of another kind.
#[cfg(feature = "parquet")]
fn cell(kind: Kind, value: Option<Value<'_>>) -> Result<super::parquet::table::Cell, String> {
    use super::parquet::table::Cell;

    let Some(value) = value else { return Ok(Cell::None) };
    let json = match value {
        Value::Text(text) | Value::String(text) => match kind {
            Kind::Text => return Ok(Cell::Text(text.into_owned())),
            _ => {
                let mut json = String::new();
                string(&mut json, &text);
                json
            }
        },
        Value::Json(json) if json == "null" => return Ok(Cell::None),
        Value::Json(json) => json.into_owned(),
    };
    let cell = match kind {
        Kind::Text => None,
        Kind::Number => json.parse().ok().map(Cell::Number),
        Kind::Real => json.parse().ok().filter(|real: &f64| real.is_finite()).map(Cell::Real),
        Kind::Truth => json.parse().ok().map(Cell::Truth),
        Kind::Json => return Ok(Cell::Text(json)),
    };
    cell.ok_or(json)
}

fn string(out: &mut String, text: &str) {
    out.push('"');
    escape(out, text, false);
    out.push('"');
}

fn object(out: &mut Vec<u8>, row: &[Member<'_>]) {
    let mut object = String::from("{");
    for (i, (name, value)) in row.iter().enumerate() {
        object.push_str(if i == 0 { "" } else { "," });
        string(&mut object, name);
        object.push(':');
        match value {
            Value::Text(text) | Value::String(text) => string(&mut object, text),
            Value::Json(json) => object.push_str(json),
        }
    }
    object.push_str("}\n");
    out.extend_from_slice(object.as_bytes());
}
