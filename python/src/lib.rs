//! The Python package's extension: `jiaokan._jiaokan`. The Python side re-exports what is public.

mod batch;
mod chars;
mod cleaned;
mod cleaner;
mod error;
mod restore;

use std::ffi::OsString;

use pyo3::prelude::*;

#[pymodule]
mod _jiaokan {
    #[pymodule_export]
    use super::batch::Batch;
    #[pymodule_export]
    use super::cleaned::Cleaned;
    #[pymodule_export]
    use super::cleaner::Cleaner;
    #[pymodule_export]
    use super::error::{ConfigError, DecodeError, JiaokanError, RestoreError};
    #[pymodule_export]
    use super::restore::restore;
    #[pymodule_export]
    use super::run;

    #[pymodule_export]
    #[allow(non_upper_case_globals)]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}

/// The `jiaokan` command with these arguments, the first of them its name; returns the exit code.
#[pyfunction]
fn run(py: Python<'_>, args: Vec<OsString>) -> u8 {
    py.detach(|| jiaokan::cli::run(args))
}
