//! What can go wrong, as Python sees it.

use pyo3::create_exception;
use pyo3::exceptions::PyValueError;

create_exception!(jiaokan, JiaokanError, PyValueError, "What jiaokan could not do.");
create_exception!(jiaokan, ConfigError, JiaokanError, "A configuration, dictionary or profile is wrong.");
create_exception!(jiaokan, DecodeError, JiaokanError, "The bytes are no text.");
create_exception!(jiaokan, RestoreError, JiaokanError, "The text and the edits do not belong together.");
