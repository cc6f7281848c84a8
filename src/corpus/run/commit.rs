//! Finished files take their names together, once all that leads back to the originals is on the disk.

use std::fs;
use std::path::PathBuf;

use tempfile::NamedTempFile;

use super::file::samples;
use super::{Destination, RunError, Running, log_error};
use crate::corpus::manifest::Entry;
use crate::corpus::output;
use crate::corpus::source::reason;
use crate::corpus::tally::Tally;

/// Files that take their names together.
const COMMIT_FILES: usize = 256;
/// Bytes after which they do.
const COMMIT_BYTES: u64 = 64 << 20;

/// A file that is done and has to take its name.
pub(super) struct Committing {
    pub(super) name: String,
    pub(super) outcome: Result<(), String>,
    pub(super) files: Vec<(NamedTempFile, PathBuf)>,
    pub(super) bytes: u64,
    pub(super) entry: Option<Entry>,
    pub(super) tally: Tally,
}

impl Running<'_, '_> {
    pub(super) fn commit_if_full(&mut self) -> Result<(), RunError> {
        let is_stream = matches!(self.options.destination, Destination::Stream);
        let bytes: u64 = self.committing.iter().map(|c| c.bytes).sum();
        if is_stream || self.committing.len() >= COMMIT_FILES || bytes >= COMMIT_BYTES {
            return self.commit();
        }
        Ok(())
    }

    /// Lets finished files take their names: first the log is safe, then the files, then the entries that say
    /// so, and only then the names.
    pub(super) fn commit(&mut self) -> Result<(), RunError> {
        let mut committing = std::mem::take(&mut self.committing);
        let files: Vec<&fs::File> =
            committing.iter().flat_map(|c| &c.files).map(|(file, _)| file.as_file()).collect();
        if !files.is_empty() {
            if let Some(log) = &mut self.log {
                log.sync().map_err(|e| log_error(self.options, e))?;
            }
            if let Err(e) = output::sync(&files) {
                drop(files);
                for c in committing.iter_mut().filter(|c| !c.files.is_empty()) {
                    c.outcome = Err(format!("not written: {}", reason(&e)));
                }
            }
        }
        if let Some(manifest) = &mut self.manifest {
            let entries = committing.iter().filter(|c| c.outcome.is_ok()).filter_map(|c| c.entry.as_ref());
            let path = &self.options.resuming.as_ref().expect("a manifest has a path").manifest;
            manifest
                .append(entries)
                .map_err(|e| RunError::Manifest(format!("{}: {}", path.display(), reason(&e))))?;
        }
        let mut named = Vec::new();
        for Committing { name, mut outcome, files, tally, .. } in committing {
            for (file, path) in files {
                if outcome.is_ok() {
                    outcome = match file.persist(&path) {
                        Ok(_) => {
                            named.push(path);
                            Ok(())
                        }
                        Err(e) => Err(format!("not written: {}", reason(&e.error))),
                    };
                }
            }
            match outcome {
                Ok(()) => {
                    tally.notes().iter().for_each(|note| self.observer.note(&name, note));
                    self.observer.done(&name, &tally).map_err(RunError::Show)?;
                    self.summary.tally.add(tally, false, samples(self.options));
                }
                Err(what) => {
                    self.observer.failed(&name, &what);
                    self.summary.failed.push((name, what));
                }
            }
        }
        output::sync_names(named.iter().map(PathBuf::as_path));
        Ok(())
    }
}
