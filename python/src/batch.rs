//! Arrow record batches in and out, by the C data interface: what stays is not copied, and the Python side needs no
//! library but the caller's own.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::ffi::{FFI_ArrowArray, from_ffi};
use arrow_array::{
    Array, ArrayRef, Float32Array, Int32Array, Int64Array, LargeStringArray, ListArray, RecordBatch,
    StringArray, StringViewArray, StructArray,
};
use arrow_buffer::OffsetBuffer;
use arrow_schema::ffi::FFI_ArrowSchema;
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema};
use jiaokan::report::jsonl::{self, Edit, Kind};
use pyo3::exceptions::{PyKeyError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use rayon::prelude::*;

use crate::cleaner::Cleaner;
use crate::error::JiaokanError;

/// A record batch for any Arrow library: `pyarrow.record_batch(batch)`, `polars.DataFrame(batch)`.
#[pyclass(frozen, module = "jiaokan")]
pub(crate) struct Batch(RecordBatch);

fn wrong(error: ArrowError) -> PyErr {
    JiaokanError::new_err(error.to_string())
}

#[pymethods]
impl Batch {
    /// How many rows there are.
    #[getter]
    fn num_rows(&self) -> usize {
        self.0.num_rows()
    }

    fn __len__(&self) -> usize {
        self.0.num_rows()
    }

    /// The Arrow schema, by the PyCapsule interface.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        let schema = FFI_ArrowSchema::try_from(self.0.schema_ref().as_ref()).map_err(wrong)?;
        PyCapsule::new_with_value(py, schema, c"arrow_schema")
    }

    /// The Arrow schema and array, by the PyCapsule interface.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
        // A producer that converts nothing may leave the request aside.
        let _ = requested_schema;
        let array = FFI_ArrowArray::new(&StructArray::from(self.0.clone()).to_data());
        Ok((self.__arrow_c_schema__(py)?, PyCapsule::new_with_value(py, array, c"arrow_array")?))
    }
}

/// Takes a record batch over from any Arrow library.
fn import(batch: &Bound<'_, PyAny>) -> PyResult<RecordBatch> {
    let capsules = batch.call_method0("__arrow_c_array__").map_err(|_| {
        PyTypeError::new_err("not an Arrow record batch: it has no working `__arrow_c_array__`")
    })?;
    let (schema, array): (Bound<'_, PyCapsule>, Bound<'_, PyCapsule>) = capsules.extract()?;
    let schema = schema.pointer_checked(Some(c"arrow_schema"))?.cast::<FFI_ArrowSchema>();
    let array = array.pointer_checked(Some(c"arrow_array"))?.cast::<FFI_ArrowArray>();
    // SAFETY: by the PyCapsule interface, capsules of these names hold such structures, valid until the capsules
    // go, and moving the array out is how it is consumed.
    #[allow(unsafe_code)]
    let (schema, data) = unsafe {
        let schema = schema.as_ref();
        (schema, from_ffi(FFI_ArrowArray::from_raw(array.as_ptr()), schema).map_err(wrong)?)
    };
    if !matches!(data.data_type(), DataType::Struct(_)) {
        return Err(PyTypeError::new_err("not an Arrow record batch, but a single array"));
    }
    let rows = StructArray::from(data);
    if rows.null_count() > 0 {
        return Err(PyTypeError::new_err("not an Arrow record batch: whole rows of it are null"));
    }
    let schema = Arc::new(Schema::try_from(schema).map_err(wrong)?);
    let (_, columns, _) = rows.into_parts();
    RecordBatch::try_new(schema, columns).map_err(wrong)
}

/// A text on its way: the new text if there is one, and its edits, whose old and new text stand in the two.
#[derive(Default)]
struct Row {
    text: Option<String>,
    edits: Vec<Edit<'static>>,
}

fn row(cleaner: &jiaokan::Cleaner, text: &str) -> Row {
    let cleaned = cleaner.clean(text);
    if !cleaned.is_changed() {
        return Row::default();
    }
    let bare = |edit: Edit<'_>| Edit {
        kind: edit.kind,
        rules: edit.rules,
        source: edit.source,
        clean: edit.clean,
        source_chars: edit.source_chars,
        clean_chars: edit.clean_chars,
        old: None,
        new: None,
        confidence: edit.confidence,
        needs: edit.needs,
    };
    let edits = jsonl::edits(&cleaned, &cleaned.changes()).into_iter().map(bare).collect();
    Row { text: Some(cleaned.text().to_owned()), edits }
}

/// Cleans a column of a batch; appends `n_edits` and, if wanted, `edits`.
pub(crate) fn clean(
    cleaner: &Cleaner,
    batch: &Bound<'_, PyAny>,
    column: &str,
    with_edits: bool,
) -> PyResult<Batch> {
    let py = batch.py();
    let batch = import(batch)?;
    let at = batch.schema_ref().index_of(column).map_err(|_| PyKeyError::new_err(column.to_owned()))?;
    let added = if with_edits { &["n_edits", "edits"][..] } else { &["n_edits"] };
    if let Some(name) = added.iter().find(|name| batch.schema_ref().index_of(name).is_ok()) {
        return Err(PyValueError::new_err(format!("there is a column `{name}` already")));
    }
    let texts = texts(batch.column(at).as_ref()).ok_or_else(|| {
        let kind = batch.column(at).data_type();
        PyTypeError::new_err(format!("column `{column}` holds no text but {kind}"))
    })?;
    let rows: Vec<Row> = cleaner.in_threads(py, |cleaner| {
        texts.par_iter().map(|text| text.map(|text| row(cleaner, text)).unwrap_or_default()).collect()
    })?;
    let clean = rows.iter().zip(&texts).map(|(row, text)| row.text.as_deref().or(*text));
    let column: ArrayRef = match batch.column(at).data_type() {
        DataType::LargeUtf8 => Arc::new(clean.collect::<LargeStringArray>()),
        DataType::Utf8View => Arc::new(clean.collect::<StringViewArray>()),
        _ if clean.clone().flatten().map(str::len).sum::<usize>() > i32::MAX as usize => {
            return Err(JiaokanError::new_err(
                "more than 2 GiB of clean text: use large_string, or smaller batches",
            ));
        }
        _ => Arc::new(clean.collect::<StringArray>()),
    };
    let counts = rows.iter().map(|row| i32::try_from(row.edits.len()).unwrap_or(i32::MAX));
    let mut fields = batch.schema_ref().fields().to_vec();
    let mut columns = batch.columns().to_vec();
    columns[at] = column;
    fields.push(Arc::new(Field::new("n_edits", DataType::Int32, false)));
    columns.push(Arc::new(counts.collect::<Int32Array>()));
    if with_edits {
        let edits = list(edits_array(&rows, &texts), rows.iter().map(|row| row.edits.len()));
        fields.push(Arc::new(Field::new("edits", edits.data_type().clone(), false)));
        columns.push(edits);
    }
    let schema = Schema::new_with_metadata(fields, batch.schema_ref().metadata().clone());
    RecordBatch::try_new(Arc::new(schema), columns).map(Batch).map_err(wrong)
}

/// The texts of a column, if it holds such.
fn texts(column: &dyn Array) -> Option<Vec<Option<&str>>> {
    Some(match column.data_type() {
        DataType::Utf8 => column.as_string::<i32>().iter().collect(),
        DataType::LargeUtf8 => column.as_string::<i64>().iter().collect(),
        DataType::Utf8View => column.as_string_view().iter().collect(),
        _ => return None,
    })
}

/// The edits of all rows, one behind the other.
fn edits_array(rows: &[Row], texts: &[Option<&str>]) -> ArrayRef {
    let edits = || rows.iter().flat_map(|row| &row.edits);
    let offset = |of: fn(&Edit<'_>) -> usize| -> ArrayRef {
        Arc::new(edits().map(|edit| i64::try_from(of(edit)).expect("fits a text")).collect::<Int64Array>())
    };
    let rules = edits().flat_map(|edit| &*edit.rules).map(|rule| Some(rule.code())).collect::<StringArray>();
    let needs = edits().flat_map(|edit| &edit.needs).map(|&need| i64::try_from(need).expect("fits a text"));
    // A move has its text in both places, and is no replacement.
    let text = |clean: bool| -> ArrayRef {
        let of = rows.iter().zip(texts).flat_map(|(row, text)| {
            let text = if clean { row.text.as_deref() } else { *text }.unwrap_or_default();
            let of = move |edit: &Edit<'_>| if clean { edit.clean } else { edit.source }.of(text);
            row.edits.iter().map(move |edit| (edit.kind != Kind::Move).then(|| of(edit)))
        });
        Arc::new(of.collect::<StringArray>())
    };
    let columns: [(&str, ArrayRef, bool); 14] = [
        ("kind", Arc::new(edits().map(|edit| Some(edit.kind.name())).collect::<StringArray>()), false),
        ("rules", list(Arc::new(rules), edits().map(|edit| edit.rules.len())), false),
        ("start", offset(|edit| edit.source_chars.start), false),
        ("end", offset(|edit| edit.source_chars.end), false),
        ("clean_start", offset(|edit| edit.clean_chars.start), false),
        ("clean_end", offset(|edit| edit.clean_chars.end), false),
        ("old", text(false), true),
        ("new", text(true), true),
        ("confidence", Arc::new(edits().map(|edit| edit.confidence).collect::<Float32Array>()), false),
        ("needs", list(Arc::new(needs.collect::<Int64Array>()), edits().map(|edit| edit.needs.len())), false),
        ("byte_start", offset(|edit| edit.source.start), false),
        ("byte_end", offset(|edit| edit.source.end), false),
        ("clean_byte_start", offset(|edit| edit.clean.start), false),
        ("clean_byte_end", offset(|edit| edit.clean.end), false),
    ];
    let (mut fields, mut arrays) = (Vec::new(), Vec::new());
    for (name, array, nullable) in columns {
        fields.push(Field::new(name, array.data_type().clone(), nullable));
        arrays.push(array);
    }
    Arc::new(StructArray::new(Fields::from(fields), arrays, None))
}

/// `items` in lists of these lengths.
fn list(items: ArrayRef, lengths: impl Iterator<Item = usize>) -> ArrayRef {
    let field = Arc::new(Field::new_list_field(items.data_type().clone(), false));
    Arc::new(ListArray::new(field, OffsetBuffer::from_lengths(lengths), items, None))
}
