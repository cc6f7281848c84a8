//! The edit log of a run.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::anyhow;

use crate::output::reason;

/// The file that `--edits` names. Records are appended and never taken back, so that a run that is
/// killed leaves the records of all that it wrote.
pub(crate) struct Log {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Log {
    /// Opens the log. One that is the only way back to originals (`keep`) is never overwritten.
    pub(crate) fn create(path: &Path, keep: bool) -> anyhow::Result<Self> {
        let mut options = OpenOptions::new();
        options.write(true);
        let options = if keep { options.create_new(true) } else { options.create(true).truncate(true) };
        let file = options.open(path).map_err(|e| match e.kind() {
            ErrorKind::AlreadyExists => {
                anyhow!("{}: exists already, and may be the only way back to other originals", path.display())
            }
            _ => anyhow!("{}: {}", path.display(), reason(&e)),
        })?;
        Ok(Self { path: path.to_owned(), file: BufWriter::new(file) })
    }

    pub(crate) fn append(&mut self, record: &[u8]) -> anyhow::Result<()> {
        self.file.write_all(record).map_err(|e| anyhow!("{}: {}", self.path.display(), reason(&e)))
    }

    /// Brings what was appended to the disk.
    pub(crate) fn sync(&mut self) -> anyhow::Result<()> {
        let synced = self.file.flush().and_then(|()| self.file.get_ref().sync_data());
        synced.map_err(|e| anyhow!("{}: {}", self.path.display(), reason(&e)))
    }
}
