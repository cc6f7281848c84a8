//! A cleaned text as Python sees it: offsets count characters.

use std::borrow::Cow;
use std::sync::OnceLock;

use jiaokan::report::jsonl::{self, Kind};
use jiaokan::report::terminal::{self, Style};
use jiaokan::report::{Filter, fragment};
use jiaokan::{Bias, Change, Decoded, Span};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyList, PyString, PyTuple, PyType};

use crate::chars::Chars;
use crate::cleaner::Cleaner;

/// A cleaned text, and all that is known of how it came about.
#[pyclass(frozen, module = "jiaokan")]
pub(crate) struct Cleaned {
    inner: jiaokan::Cleaned<'static>,
    /// How it was decoded, if it was given in bytes; without its text.
    decoded: Option<Decoded<'static>>,
    cleaner: Py<Cleaner>,
    changes: OnceLock<Vec<Change>>,
    original_chars: OnceLock<Chars>,
    clean_chars: OnceLock<Chars>,
    /// The two texts as Python has them, copied when first asked for.
    text: PyOnceLock<Py<PyString>>,
    original: PyOnceLock<Py<PyString>>,
}

impl Cleaned {
    pub(crate) fn new(
        inner: jiaokan::Cleaned<'static>,
        decoded: Option<Decoded<'static>>,
        cleaner: Py<Cleaner>,
    ) -> Self {
        Self {
            inner,
            decoded,
            cleaner,
            changes: OnceLock::new(),
            original_chars: OnceLock::new(),
            clean_chars: OnceLock::new(),
            text: PyOnceLock::new(),
            original: PyOnceLock::new(),
        }
    }

    fn changes(&self) -> &[Change] {
        self.changes.get_or_init(|| self.inner.changes())
    }

    fn original_chars(&self) -> &Chars {
        self.original_chars.get_or_init(|| Chars::of(self.inner.original()))
    }

    fn clean_chars(&self) -> &Chars {
        self.clean_chars.get_or_init(|| Chars::of(self.inner.text()))
    }
}

fn bias(name: &str) -> PyResult<Bias> {
    match name {
        "left" => Ok(Bias::Left),
        "right" => Ok(Bias::Right),
        _ => Err(PyValueError::new_err(format!("bias is \"left\" or \"right\", not {name:?}"))),
    }
}

fn inside(pos: usize, len: usize) -> PyResult<usize> {
    if pos <= len { Ok(pos) } else { Err(PyIndexError::new_err(format!("position {pos} of {len}"))) }
}

/// A class of the Python side.
fn class<'py>(
    py: Python<'py>,
    cell: &'static PyOnceLock<Py<PyType>>,
    name: &str,
) -> PyResult<&'py Bound<'py, PyType>> {
    cell.import(py, "jiaokan._types", name)
}

#[pymethods]
impl Cleaned {
    /// The clean text.
    #[getter]
    fn text<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        self.text.get_or_init(py, || PyString::new(py, self.inner.text()).unbind()).bind(py).clone()
    }

    /// The text as it was, decoded if it was given in bytes.
    #[getter]
    fn original<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        self.original.get_or_init(py, || PyString::new(py, self.inner.original()).unbind()).bind(py).clone()
    }

    /// Whether anything was changed.
    #[getter]
    fn changed(&self) -> bool {
        self.inner.is_changed()
    }

    /// The encoding that bytes were decoded from, by its WHATWG name.
    #[getter]
    fn encoding(&self) -> Option<&'static str> {
        self.decoded.as_ref().map(|decoded| decoded.encoding.name())
    }

    /// What was changed, in the order of the clean text.
    #[getter]
    fn edits<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        static EDIT: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        let class = class(py, &EDIT, "Edit")?;
        let edits = PyList::empty(py);
        for (edit, change) in jsonl::edits(&self.inner, self.changes()).iter().zip(self.changes()) {
            let new = (edit.kind != Kind::Move).then(|| self.inner.new_text(change));
            let rules = PyTuple::new(py, edit.rules.iter().map(|rule| rule.code()))?;
            let offsets = |span: Span| [span.start, span.end];
            let mut fields = vec![edit.kind.name().into_py_any(py)?, rules.into_py_any(py)?];
            for offset in [offsets(edit.source_chars), offsets(edit.clean_chars)].as_flattened() {
                fields.push(offset.into_py_any(py)?);
            }
            fields.push(edit.old.as_deref().into_py_any(py)?);
            fields.push(new.into_py_any(py)?);
            fields.push(edit.confidence.into_py_any(py)?);
            fields.push(PyTuple::new(py, &edit.needs)?.into_py_any(py)?);
            for offset in [offsets(edit.source), offsets(edit.clean)].as_flattened() {
                fields.push(offset.into_py_any(py)?);
            }
            edits.append(class.call1(PyTuple::new(py, fields)?)?)?;
        }
        Ok(edits)
    }

    /// What was seen and left alone, in the order of the original.
    #[getter]
    fn findings<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        static FINDING: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        let class = class(py, &FINDING, "Finding")?;
        let (text, chars) = (self.inner.original(), self.original_chars());
        let findings = PyList::empty(py);
        for finding in self.inner.findings() {
            let (start, end) = (chars.char(text, finding.span.start), chars.char(text, finding.span.end));
            let proposal = finding.proposal.as_deref();
            let finding =
                (finding.rule.code(), start, end, finding.span.of(text), proposal, finding.confidence);
            findings.append(class.call1(finding)?)?;
        }
        Ok(findings)
    }

    /// The offset in the original that an offset in the clean text comes from.
    #[pyo3(signature = (pos, bias = "left"))]
    fn to_original(&self, pos: usize, bias: &str) -> PyResult<usize> {
        let bias = self::bias(bias)?;
        let pos = inside(pos, self.clean_chars().len())?;
        let byte = self.inner.to_original(self.clean_chars().byte(self.inner.text(), pos), bias);
        Ok(self.original_chars().char(self.inner.original(), byte))
    }

    /// The offset in the clean text that an offset in the original went to.
    #[pyo3(signature = (pos, bias = "left"))]
    fn to_clean(&self, pos: usize, bias: &str) -> PyResult<usize> {
        let bias = self::bias(bias)?;
        let pos = inside(pos, self.original_chars().len())?;
        let byte = self.inner.to_clean(self.original_chars().byte(self.inner.original(), pos), bias);
        Ok(self.clean_chars().char(self.inner.text(), byte))
    }

    /// `to_original` in bytes of UTF-8.
    #[pyo3(signature = (pos, bias = "left"))]
    fn byte_to_original(&self, pos: usize, bias: &str) -> PyResult<usize> {
        Ok(self.inner.to_original(inside(pos, self.inner.text().len())?, self::bias(bias)?))
    }

    /// `to_clean` in bytes of UTF-8.
    #[pyo3(signature = (pos, bias = "left"))]
    fn byte_to_clean(&self, pos: usize, bias: &str) -> PyResult<usize> {
        Ok(self.inner.to_clean(inside(pos, self.inner.original().len())?, self::bias(bias)?))
    }

    /// What was given, made from the clean text and the edits: a text, or the bytes of a document.
    fn restore<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        let text =
            self.inner.layer().restore(self.inner.text(), |piece| piece.source.of(self.inner.original()));
        match &self.decoded {
            None => PyString::new(py, &text).into_any(),
            Some(like) => {
                let decoded = Decoded { text: Cow::Borrowed(&text), ..like.clone() };
                PyBytes::new(py, &decoded.encode()).into_any()
            }
        }
    }

    /// The clean text without some edits, named by their place in `edits`, and without those that depend on them.
    fn refuse(&self, edits: Vec<usize>) -> PyResult<String> {
        let count = self.changes().len();
        match edits.iter().find(|&&id| id >= count) {
            Some(id) => Err(PyIndexError::new_err(format!("edit {id} of {count}"))),
            None => Ok(self.inner.refuse(&edits).text),
        }
    }

    /// What was changed, where and why, as `jiaokan clean --diff` shows it.
    #[pyo3(signature = (name = "text"))]
    fn diff(&self, name: &str) -> String {
        let mut out = Vec::new();
        terminal::write_document(
            &mut out,
            name,
            &self.inner,
            self.changes(),
            Style::Plain,
            &Filter::default(),
        )
        .expect("memory can be written to");
        String::from_utf8_lossy(&out).into_owned()
    }

    fn _repr_html_(&self) -> String {
        fragment::html(&self.inner, self.changes())
    }

    fn __str__<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        self.text(py)
    }

    fn __repr__(&self) -> String {
        format!("<Cleaned: {} edits, {} findings>", self.changes().len(), self.inner.findings().len())
    }

    /// The same document and cleaner give the same bytes everywhere, so these two are all of it.
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyAny>,))> {
        let cleaner = self.cleaner.bind(py);
        let method = if self.decoded.is_some() { "clean_bytes" } else { "clean" };
        Ok((cleaner.getattr(method)?, (self.restore(py),)))
    }
}
