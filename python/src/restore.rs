//! From a clean text and its edits back to the original, without the cleaner.

use jiaokan::report::jsonl::{Edit, Kind, restore_text};
use jiaokan::{RuleId, Span};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;

use crate::error::RestoreError;

/// What [`restore`] needs of an edit; the rest of its fields are for people.
#[derive(FromPyObject)]
struct Given {
    kind: PyBackedStr,
    rules: Vec<PyBackedStr>,
    old: Option<PyBackedStr>,
    new: Option<PyBackedStr>,
    needs: Vec<usize>,
    byte_start: usize,
    byte_end: usize,
    clean_byte_start: usize,
    clean_byte_end: usize,
}

impl Given {
    fn edit(&self) -> PyResult<Edit<'_>> {
        let kind = Kind::of(&self.kind)
            .ok_or_else(|| RestoreError::new_err(format!("no kind of edit: {}", &*self.kind)))?;
        let rules = self.rules.iter().map(|rule| rule.parse()).collect::<Result<Vec<RuleId>, _>>();
        Ok(Edit {
            kind,
            rules: rules.map_err(RestoreError::new_err)?.into(),
            source: Span::new(self.byte_start, self.byte_end),
            clean: Span::new(self.clean_byte_start, self.clean_byte_end),
            source_chars: Span::default(),
            clean_chars: Span::default(),
            old: self.old.as_deref().map(Into::into),
            new: self.new.as_deref().map(Into::into),
            confidence: 1.0,
            needs: self.needs.clone(),
        })
    }
}

/// The original of a clean text.
#[pyfunction]
pub(crate) fn restore(text: &str, edits: Vec<Bound<'_, PyAny>>) -> PyResult<String> {
    let given: Vec<Given> = edits.iter().map(|edit| edit.extract()).collect::<PyResult<_>>()?;
    let edits = given.iter().map(Given::edit).collect::<PyResult<Vec<_>>>()?;
    restore_text(text, &edits).map_err(|e| RestoreError::new_err(e.to_string()))
}
