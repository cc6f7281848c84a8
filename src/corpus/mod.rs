//! Corpora: gigabytes in, clean corpus out, nothing lost.
//!
//! [`run()`] reads files of many formats as streams of units, cleans them in parallel and writes clean files, the
//! edit log and the counts in the order of the inputs. A unit depends on the bytes of its file alone, so the
//! number of threads and the memory do not show. [`restore()`] gives the originals back from clean files and log.
//! This module knows nothing of Chinese, and nothing of the terminal.

mod clean;
mod compression;
pub(crate) mod convert;
mod csv;
pub mod decisions;
mod format;
mod jsonl;
mod learn;
mod lines;
mod manifest;
pub(crate) mod output;
#[cfg(feature = "parquet")]
mod parquet;
pub mod restore;
mod run;
mod source;
mod syntax;
pub mod tally;
mod target;
mod warc;

pub use clean::{Damage, Shown, Wanted};
pub use compression::Compression;
pub use decisions::Decisions;
pub use format::Format;
pub use learn::learn;
pub use manifest::Fingerprint;
pub use restore::restore;
pub use run::{Destination, Found, Input, LogFile, Observer, Options, Resuming, RunError, Summary, run};
pub use source::{Reading, Source, reason};
pub use tally::Tally;
