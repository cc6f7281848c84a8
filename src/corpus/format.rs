//! The formats, and how a file's is told.

use std::path::Path;

use super::compression::Compression;
use super::jsonl;

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A document.
    Text,
    /// An object a line.
    Jsonl,
    /// Fields parted by commas, a record a line, names in the first.
    Csv,
    /// The same with tabs.
    Tsv,
    /// Web archives: WARC and WET.
    Warc,
    /// Columns in row groups.
    Parquet,
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 6] =
        [Format::Text, Format::Jsonl, Format::Csv, Format::Tsv, Format::Warc, Format::Parquet];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Format::Text => "text",
            Format::Jsonl => "jsonl",
            Format::Csv => "csv",
            Format::Tsv => "tsv",
            Format::Warc => "warc",
            Format::Parquet => "parquet",
        }
    }

    /// The usual end of the names of its files, without the dot.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Format::Text => "txt",
            _ => self.name(),
        }
    }

    /// The format of a file by its name and its first bytes, not compressed. What begins like no other
    /// format is plain text.
    #[must_use]
    pub fn of(name: &Path, head: &[u8], fields: &[String]) -> Self {
        if head.starts_with(b"PAR1") {
            return Format::Parquet;
        }
        if head.starts_with(b"WARC/1.") {
            return Format::Warc;
        }
        match extension(name).as_deref() {
            Some("jsonl" | "ndjson" | "jsonlines") => Format::Jsonl,
            Some("csv") => Format::Csv,
            Some("tsv") => Format::Tsv,
            _ if jsonl::begins(head, fields) => Format::Jsonl,
            _ => Format::Text,
        }
    }
}

/// The extension of a file's name in small letters, that of a compression left out.
fn extension(name: &Path) -> Option<String> {
    let lower = |path: &Path| Some(path.extension()?.to_str()?.to_ascii_lowercase());
    let last = lower(name)?;
    let is_compression = Compression::ALL.into_iter().any(|c| c.extension() == Some(&last));
    if is_compression { lower(Path::new(name.file_stem()?)) } else { Some(last) }
}
