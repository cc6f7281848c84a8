//! The edit log as a table: a row for each edit, so that a query over columns answers what was done. What else the
//! lines of the log hold stands as JSON in the first row of each.

use std::fs::File;
use std::io::{self, BufRead, Write};

use parquet::file::reader::SerializedFileReader;
use parquet::record::reader::RowIter;
use parquet::record::{Field, Row};

use super::super::convert::Kind;
use super::table::{Cell, Table};
use super::wrong;
use crate::edit::Span;
use crate::report::jsonl::{self, Edit, Line};
use crate::rules::RuleId;

const COLUMNS: [(&str, Kind); 18] = [
    ("path", Kind::Text),
    ("document", Kind::Number),
    ("field", Kind::Text),
    ("kind", Kind::Text),
    ("rules", Kind::Text),
    ("source_start", Kind::Number),
    ("source_end", Kind::Number),
    ("clean_start", Kind::Number),
    ("clean_end", Kind::Number),
    ("source_chars_start", Kind::Number),
    ("source_chars_end", Kind::Number),
    ("clean_chars_start", Kind::Number),
    ("clean_chars_end", Kind::Number),
    ("old", Kind::Text),
    ("new", Kind::Text),
    ("confidence", Kind::Real),
    ("needs", Kind::Text),
    ("line", Kind::Text),
];

/// Writes the lines of a log to a table.
pub(crate) fn write<W: Write + Send>(lines: impl BufRead, out: W) -> Result<W, String> {
    let mut table = Table::new(out, &COLUMNS, None)?;
    for line in jsonl::read(lines) {
        let mut line = line.map_err(|e| e.to_string())?;
        let (about, edits) = match &mut line {
            Line::Text(record) => {
                let about = [
                    Cell::Text(record.path.to_string()),
                    number(record.document),
                    Cell::text(record.field.as_deref()),
                ];
                (about, std::mem::take(&mut record.edits))
            }
            Line::File(file) => ([Cell::Text(file.path.to_string()), Cell::None, Cell::None], Vec::new()),
            _ => ([Cell::None, Cell::None, Cell::None], Vec::new()),
        };
        let mut rest = Cell::Text(serde_json::to_string(&line).map_err(|e| e.to_string())?);
        if edits.is_empty() {
            let nothing = std::iter::repeat_n(Cell::None, COLUMNS.len() - about.len() - 1);
            table.push(about.into_iter().chain(nothing).chain([rest]).collect())?;
            continue;
        }
        for edit in edits {
            let rest = std::mem::replace(&mut rest, Cell::None);
            table.push(about.iter().cloned().chain(cells(edit)).chain([rest]).collect())?;
        }
    }
    table.finish()
}

fn number(number: usize) -> Cell {
    i64::try_from(number).map_or(Cell::None, Cell::Number)
}

fn cells(edit: Edit<'_>) -> impl Iterator<Item = Cell> {
    let rules: Vec<&str> = edit.rules.iter().map(|rule| rule.code()).collect();
    let needs: Vec<String> = edit.needs.iter().map(usize::to_string).collect();
    let spans = [edit.source, edit.clean, edit.source_chars, edit.clean_chars];
    [Cell::Text(edit.kind.name().to_owned()), Cell::Text(rules.join(","))]
        .into_iter()
        .chain(spans.into_iter().flat_map(|span| [number(span.start), number(span.end)]))
        .chain([
            Cell::text(edit.old),
            Cell::text(edit.new),
            Cell::Real(f64::from(edit.confidence)),
            Cell::text((!needs.is_empty()).then(|| needs.join(","))),
        ])
}

/// Reads the lines back.
pub(crate) fn read(file: File) -> Result<impl Iterator<Item = io::Result<Line<'static>>>, String> {
    let reader = SerializedFileReader::new(file).map_err(wrong)?;
    Ok(Reading { rows: RowIter::from_file_into(Box::new(reader)), line: None })
}

struct Reading {
    rows: RowIter<'static>,
    /// The line whose edits are being read.
    line: Option<Line<'static>>,
}

impl Reading {
    fn next_line(&mut self) -> Result<Option<Line<'static>>, String> {
        for row in self.rows.by_ref() {
            let (line, edit) = row.map_err(wrong).and_then(parsed)?;
            let before = line.and_then(|line| self.line.replace(line));
            match (&mut self.line, edit) {
                (_, None) => {}
                (Some(Line::Text(record)), Some(edit)) => record.edits.push(edit),
                _ => return Err("an edit of no text".to_owned()),
            }
            if before.is_some() {
                return Ok(before);
            }
        }
        Ok(self.line.take())
    }
}

impl Iterator for Reading {
    type Item = io::Result<Line<'static>>;

    fn next(&mut self) -> Option<Self::Item> {
        let wrong = |what| io::Error::new(io::ErrorKind::InvalidData, format!("no edit log: {what}"));
        self.next_line().map_err(wrong).transpose()
    }
}

/// The line that begins in a row, and the edit in it.
fn parsed(row: Row) -> Result<(Option<Line<'static>>, Option<Edit<'static>>), String> {
    let mut cells = row.into_columns().into_iter();
    let mut next = |name: &str| match cells.next() {
        Some((found, cell)) if found == name => Ok(cell),
        _ => Err(format!("no column {name}")),
    };
    let mut found = Vec::with_capacity(COLUMNS.len());
    for (name, _) in COLUMNS {
        found.push(next(name)?);
    }
    let mut cells = found.into_iter().skip(3);
    let mut cell = || cells.next().expect("as many as there are columns");
    let (kind, rules) = (text(cell()), text(cell()));
    let mut spans = [Span::default(); 4];
    for span in &mut spans {
        let (start, end) = (cell(), cell());
        if kind.is_some() {
            *span = Span::new(offset(&start)?, offset(&end)?);
        }
    }
    let (old, new, confidence, needs) = (text(cell()), text(cell()), cell(), text(cell()));
    let line = match text(cell()) {
        Some(line) => Some(serde_json::from_str(&line).map_err(|e| e.to_string())?),
        None => None,
    };
    let Some(kind) = kind else { return Ok((line, None)) };
    let [source, clean, source_chars, clean_chars] = spans;
    let rules = rules.unwrap_or_default();
    let rules = rules.split(',').map(str::parse::<RuleId>).collect::<Result<_, _>>()?;
    let needs = needs.iter().flat_map(|needs| needs.split(','));
    let edit = Edit {
        kind: jsonl::Kind::of(&kind).ok_or_else(|| format!("no kind of edit: {kind}"))?,
        rules,
        source,
        clean,
        source_chars,
        clean_chars,
        old: old.map(Into::into),
        new: new.map(Into::into),
        confidence: if let Field::Double(confidence) = confidence { confidence as f32 } else { 1.0 },
        needs: needs
            .map(|need| need.parse().map_err(|_| "no number of an edit"))
            .collect::<Result<_, _>>()?,
    };
    Ok((line, Some(edit)))
}

fn text(cell: Field) -> Option<String> {
    if let Field::Str(text) = cell { Some(text) } else { None }
}

fn offset(cell: &Field) -> Result<usize, String> {
    match cell {
        Field::Long(number) => usize::try_from(*number).map_err(|e| e.to_string()),
        _ => Err("an edit without an offset".to_owned()),
    }
}
