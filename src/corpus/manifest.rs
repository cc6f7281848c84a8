//! The record of what a run has finished, so that it can go on where it was stopped; and the lock that keeps
//! a second run away.
//!
//! The manifest is a file of lines that only grows. An entry is on the disk before the file it names has taken
//! its name, so an entry alone proves nothing: a file is done when the hash of what stands there is that of
//! the entry. The log is as long as the last such entry says; what stands behind it is of files not done.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::output;
use super::source::reason;

/// What a manifest begins with.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Header {
    jiaokan: String,
    config: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    profile: Option<String>,
}

/// A file, or a shard, that is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The original's name; of a shard, the file it ends in.
    pub(crate) path: String,
    /// Where it was written.
    pub(crate) output: PathBuf,
    /// The hash of what was written; nothing if the document is left out.
    pub(crate) hash: Option<String>,
    /// The length of the log with all its lines.
    pub(crate) log: u64,
    /// Of a shard: how many units of the file are in it and those before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) units: Option<usize>,
}

/// What determines the output beside the documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// A hash of the configuration.
    pub config: String,
    /// A hash of what was learned across documents, if anything was.
    pub profile: Option<String>,
}

/// What an earlier run has done.
#[derive(Debug, Default)]
pub(crate) struct Before {
    /// By the original's name.
    pub(crate) done: HashMap<String, Entry>,
    pub(crate) shards: Vec<Entry>,
    /// How much of the log is valid.
    pub(crate) log: u64,
    /// Whether there was a manifest: then what stands behind in the log is of this run, and of no use.
    pub(crate) found: bool,
}

/// The manifest of a run, and its lock.
#[derive(Debug)]
pub(crate) struct Manifest {
    file: File,
    _lock: File,
}

impl Manifest {
    /// Locks `path` and opens it. With `resume`, says what is done; if `any` is not set, only for a run with
    /// the same fingerprint. Otherwise it begins anew. With `keep`, the log may be the only way back to
    /// originals, and lines of files that are no longer what the run made of them stay in it.
    pub(crate) fn open(
        path: &Path,
        fingerprint: &Fingerprint,
        resume: bool,
        any: bool,
        keep: bool,
    ) -> Result<(Self, Before), String> {
        let at = |e: &io::Error| format!("{}: {}", path.display(), reason(e));
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|e| at(&e))?;
        }
        let mut lock = path.as_os_str().to_owned();
        lock.push(".lock");
        let lock =
            OpenOptions::new().create(true).write(true).truncate(false).open(lock).map_err(|e| at(&e))?;
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) => {
                return Err(format!("{}: another run writes here", path.display()));
            }
            // Not every file system has locks.
            Err(TryLockError::Error(_)) | Ok(()) => {}
        }
        let header = Header {
            jiaokan: env!("CARGO_PKG_VERSION").to_owned(),
            config: fingerprint.config.clone(),
            profile: fingerprint.profile.clone(),
        };
        let (before, lines) = match resume {
            true => read(path, &header, any, keep)?,
            false => (Before::default(), Vec::new()),
        };
        // Entries that turned out not to be done are left out.
        let mut text = serde_json::to_vec(&header).map_err(|e| e.to_string())?;
        text.push(b'\n');
        for entry in &lines {
            serde_json::to_writer(&mut text, entry).map_err(|e| e.to_string())?;
            text.push(b'\n');
        }
        output::replace(path, &text, None).map_err(|e| at(&e))?;
        let file = OpenOptions::new().append(true).open(path).map_err(|e| at(&e))?;
        Ok((Self { file, _lock: lock }, before))
    }

    /// Appends entries and brings them to the disk.
    pub(crate) fn append<'e>(&mut self, entries: impl Iterator<Item = &'e Entry>) -> io::Result<()> {
        let mut lines = Vec::new();
        for entry in entries {
            serde_json::to_writer(&mut lines, entry)?;
            lines.push(b'\n');
        }
        self.file.write_all(&lines)?;
        self.file.sync_data()
    }
}

fn read(path: &Path, expected: &Header, any: bool, keep: bool) -> Result<(Before, Vec<Entry>), String> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok((Before::default(), Vec::new())),
        Err(e) => return Err(format!("{}: {}", path.display(), reason(&e))),
    };
    let mut lines = BufReader::new(file).lines();
    let header =
        lines.next().and_then(Result::ok).and_then(|line| serde_json::from_str::<Header>(&line).ok());
    match header {
        Some(header) if header == *expected || any => {}
        Some(_) => {
            return Err(format!(
                "{}: the run to be resumed had another configuration; --resume=any goes on all the same",
                path.display()
            ));
        }
        None => return Ok((Before::default(), Vec::new())),
    }
    let (mut before, mut kept) = (Before { found: true, ..Before::default() }, Vec::new());
    // A killed run may leave half a line.
    let entries = lines.map_while(Result::ok).map_while(|line| serde_json::from_str::<Entry>(&line).ok());
    for entry in entries {
        let is_done = match &entry.hash {
            Some(hash) => output::hash(&entry.output).is_ok_and(|found| found == *hash),
            None => true,
        };
        if entry.units.is_some() && !is_done {
            // Shards follow each other: what comes behind a lost one is made again.
            break;
        }
        if keep && !is_done {
            before.log = before.log.max(entry.log);
            before.done.remove(&entry.path);
            kept.push(entry);
        } else if is_done {
            before.log = before.log.max(entry.log);
            match entry.units {
                Some(_) => before.shards.push(entry.clone()),
                None => drop(before.done.insert(entry.path.clone(), entry.clone())),
            }
            kept.push(entry);
        }
    }
    Ok((before, kept))
}
