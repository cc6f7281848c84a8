//! The cleaner as Python sees it, and the threads that it cleans in.

use std::borrow::Cow;
use std::path::PathBuf;
use std::process;
use std::sync::{Arc, Mutex, PoisonError};

use jiaokan::cli::read_config;
use jiaokan::{Config, Profile};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{IntoPyDict, PyBytes, PyDict, PyMapping, PyString};
use rayon::ThreadPool;
use rayon::prelude::*;

use crate::batch::{self, Batch};
use crate::cleaned::Cleaned;
use crate::error::{ConfigError, DecodeError};

/// Texts above this many bytes are cleaned by all threads.
const LARGE: usize = 1 << 20;

/// Cleans texts. Make one and share it between threads.
#[pyclass(frozen, module = "jiaokan")]
pub(crate) struct Cleaner {
    inner: jiaokan::Cleaner,
    threads: Option<usize>,
    pool: Mutex<Option<(u32, Arc<ThreadPool>)>>,
}

fn wrong(error: impl ToString) -> PyErr {
    ConfigError::new_err(error.to_string())
}

/// From a file's path, or from what such a file holds.
fn config(given: &Bound<'_, PyAny>) -> PyResult<Config> {
    if given.is_instance_of::<PyString>() || given.hasattr("__fspath__")? {
        let file: PathBuf = given.extract()?;
        return read_config(&file).map_err(|e| wrong(format!("{e:#}")));
    }
    let py = given.py();
    let mapping = PyDict::new(py);
    mapping.update(given.cast::<PyMapping>()?)?;
    let paths = [("default", py.import("os")?.getattr("fspath")?)].into_py_dict(py)?;
    let json = py.import("json")?.call_method("dumps", (mapping,), Some(&paths))?;
    serde_json::from_str(json.cast::<PyString>()?.to_str()?).map_err(wrong)
}

impl Cleaner {
    /// The threads, of this process: those of one that it was forked from are not there.
    fn pool(&self) -> PyResult<Arc<ThreadPool>> {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        match &*pool {
            Some((owner, pool)) if *owner == process::id() => Ok(Arc::clone(pool)),
            _ => {
                let threads = self.threads.unwrap_or(0);
                let made = rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(wrong)?;
                let made = Arc::new(made);
                // A parent's threads cannot be ended from here.
                std::mem::forget(pool.replace((process::id(), Arc::clone(&made))));
                Ok(made)
            }
        }
    }

    /// Does something with all threads, while others may run Python.
    pub(crate) fn in_threads<T: Send>(
        &self,
        py: Python<'_>,
        task: impl FnOnce(&jiaokan::Cleaner) -> T + Send,
    ) -> PyResult<T> {
        let pool = self.pool()?;
        Ok(py.detach(|| pool.install(|| task(&self.inner))))
    }

    fn in_some<T: Send>(
        &self,
        py: Python<'_>,
        bytes: usize,
        task: impl FnOnce(&jiaokan::Cleaner) -> T + Send,
    ) -> PyResult<T> {
        if bytes > LARGE { self.in_threads(py, task) } else { Ok(py.detach(|| task(&self.inner))) }
    }
}

impl Drop for Cleaner {
    fn drop(&mut self) {
        let pool = self.pool.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, pool)) = pool.take_if(|(owner, _)| *owner != process::id()) {
            std::mem::forget(pool);
        }
    }
}

#[pymethods]
impl Cleaner {
    #[new]
    #[pyo3(signature = (config = None, profile = None, *, threads = None))]
    fn new(
        py: Python<'_>,
        config: Option<&Bound<'_, PyAny>>,
        profile: Option<&Bound<'_, PyAny>>,
        threads: Option<usize>,
    ) -> PyResult<Self> {
        let mut config = config.map(self::config).transpose()?.unwrap_or_default();
        let mut bytes = None;
        match profile {
            Some(profile) if profile.is_instance_of::<PyBytes>() => {
                bytes = Some(Arc::new(Profile::from_bytes(profile.extract()?).map_err(wrong)?));
                config.profile = None;
            }
            Some(path) => config.profile = Some(path.extract()?),
            None => {}
        }
        let mut inner = py.detach(|| jiaokan::Cleaner::new(config)).map_err(wrong)?;
        if let Some(profile) = bytes {
            inner = inner.with_profile(profile);
        }
        Ok(Self { inner, threads, pool: Mutex::new(None) })
    }

    /// Cleans a text.
    fn clean(slf: &Bound<'_, Self>, text: &Bound<'_, PyString>) -> PyResult<Cleaned> {
        let text = text.to_str()?;
        let cleaned = slf.get().in_some(slf.py(), text.len(), |cleaner| cleaner.clean(text).into_owned())?;
        Ok(Cleaned::new(cleaned, None, slf.clone().unbind()))
    }

    /// Cleans texts, with all threads.
    fn clean_many(slf: &Bound<'_, Self>, texts: &Bound<'_, PyAny>) -> PyResult<Vec<Cleaned>> {
        let texts: Vec<PyBackedStr> =
            texts.try_iter()?.map(|text| text?.extract()).collect::<PyResult<_>>()?;
        let cleaned: Vec<_> = slf.get().in_threads(slf.py(), |cleaner| {
            texts.par_iter().map(|text| cleaner.clean(text).into_owned()).collect()
        })?;
        let cleaner = slf.clone().unbind();
        let wrap = |cleaned| Cleaned::new(cleaned, None, cleaner.clone_ref(slf.py()));
        Ok(cleaned.into_iter().map(wrap).collect())
    }

    /// Decodes and cleans a document.
    fn clean_bytes(slf: &Bound<'_, Self>, data: &[u8]) -> PyResult<Cleaned> {
        let clean = |cleaner: &jiaokan::Cleaner| {
            let (decoded, cleaned) = cleaner.clean_bytes(data)?;
            Ok((jiaokan::Decoded { text: Cow::Borrowed(""), ..decoded }, cleaned))
        };
        let (decoded, cleaned) = slf
            .get()
            .in_some(slf.py(), data.len(), clean)?
            .map_err(|e: jiaokan::decode::DecodeError| DecodeError::new_err(e.to_string()))?;
        Ok(Cleaned::new(cleaned, Some(decoded), slf.clone().unbind()))
    }

    /// Cleans a column of a record batch.
    #[pyo3(signature = (batch, column = "text", *, edits = true))]
    fn clean_batch(&self, batch: &Bound<'_, PyAny>, column: &str, edits: bool) -> PyResult<Batch> {
        batch::clean(self, batch, column, edits)
    }

    /// The configuration, as a configuration file says it; without the profile.
    #[getter]
    fn config(&self) -> PyResult<String> {
        let config = Config { profile: None, ..self.inner.config().clone() };
        toml::to_string(&config).map_err(wrong)
    }

    /// Identifies what was learned from a corpus, if there is anything.
    #[getter]
    fn profile_id(&self) -> Option<u64> {
        self.inner.profile().map(Profile::id)
    }

    fn __repr__(&self) -> String {
        let profile = if self.inner.profile().is_some() { "a" } else { "no" };
        format!("<Cleaner with {profile} profile>")
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let config = Config { profile: None, ..self.inner.config().clone() };
        let config = serde_json::to_string(&config).map_err(wrong)?;
        let profile = self.inner.profile().map(|profile| PyBytes::new(py, &profile.to_bytes()));
        let made = py.import("jiaokan._types")?.getattr("cleaner")?;
        Ok((made, (config, profile, self.threads)).into_pyobject(py)?.into_any())
    }
}
