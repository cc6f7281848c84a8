//! Writing: whole files or none, and a log that only grows.

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use twox_hash::XxHash3_128;

use super::compression::Compression;
use super::lines::Lines;

/// Bytes of the log that are compressed together.
const LOG_FRAME: usize = 1 << 20;
/// From so many files on, syncing the file system is cheaper than syncing each.
const MANY: usize = 8;

/// A file that has not taken its name yet. Dropped, it is gone.
pub(crate) struct Whole {
    file: BufWriter<NamedTempFile>,
    hash: XxHash3_128,
    pub(crate) bytes: u64,
}

impl Whole {
    /// A file that will stand at `path`. It keeps the owner and permissions of the one it replaces, or else
    /// takes the permissions of `like`.
    pub(crate) fn create(path: &Path, like: Option<&Path>) -> io::Result<Self> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let replaced = fs::metadata(path).ok();
        match &replaced {
            Some(there) if there.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            // A device or a pipe would be gone.
            Some(there) if !there.is_file() => return Err(io::Error::other("is no regular file")),
            _ => {}
        }
        let like = replaced.clone().or_else(|| fs::metadata(like?).ok());
        let mut builder = tempfile::Builder::new();
        builder.prefix(".jiaokan-");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = builder.tempfile_in(folder)?;
        if let Some(replaced) = &replaced {
            keep_owner(file.as_file(), replaced);
        }
        if let Some(like) = like {
            file.as_file().set_permissions(like.permissions())?;
        }
        Ok(Self { file: BufWriter::new(file), hash: XxHash3_128::new(), bytes: 0 })
    }

    /// What was written, and its hash.
    pub(crate) fn finish(self) -> io::Result<(NamedTempFile, String)> {
        let hash = format!("{:032x}", self.hash.finish_128());
        Ok((self.file.into_inner().map_err(io::IntoInnerError::into_error)?, hash))
    }

    /// Brings it to the disk and lets it take its name.
    pub(crate) fn persist(self, path: &Path) -> io::Result<()> {
        let (file, _) = self.finish()?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    }
}

impl Write for Whole {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_all(bytes)?;
        self.hash.write(bytes);
        self.bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Puts a whole file in place or leaves everything as it was.
///
/// # Errors
/// If it cannot be written.
pub(crate) fn replace(path: &Path, bytes: &[u8], like: Option<&Path>) -> io::Result<()> {
    let mut file = Whole::create(path, like)?;
    file.write_all(bytes)?;
    file.persist(path)
}

/// Only a privileged user may give files away; for others the owner is their own anyway.
#[cfg(unix)]
fn keep_owner(file: &File, replaced: &Metadata) {
    use std::os::unix::fs::MetadataExt;

    let _ = std::os::unix::fs::fchown(file, Some(replaced.uid()), Some(replaced.gid()));
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &Metadata) {}

/// Brings files to the disk.
pub(crate) fn sync(files: &[&File]) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    if files.len() >= MANY {
        use std::os::unix::fs::MetadataExt;

        // One call for each file system that they stand on.
        let mut devices = BTreeSet::new();
        for file in files {
            if devices.insert(file.metadata()?.dev()) {
                rustix::fs::syncfs(file)?;
            }
        }
        return Ok(());
    }
    files.iter().try_for_each(|file| file.sync_all())
}

/// Brings the names of files to the disk.
pub(crate) fn sync_names<'p>(paths: impl Iterator<Item = &'p Path>) {
    let folders: BTreeSet<PathBuf> = paths.filter_map(|path| Some(path.parent()?.to_owned())).collect();
    for folder in folders {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { &folder };
        // Not every system lets a folder be opened.
        if let Ok(folder) = File::open(folder) {
            let _ = folder.sync_all();
        }
    }
}

/// The hash of a file, as [`Whole::finish`] has it.
pub(crate) fn hash(path: &Path) -> io::Result<String> {
    let (mut file, mut hash, mut buffer) = (File::open(path)?, XxHash3_128::new(), vec![0; 256 << 10]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(format!("{:032x}", hash.finish_128())),
            n => hash.write(&buffer[..n]),
        }
    }
}

/// The edit log of a run. A run that is killed leaves the lines of all that it wrote.
#[derive(Debug)]
pub(crate) struct Log {
    file: File,
    compression: Compression,
    /// Whole lines, not yet compressed and written.
    pending: Vec<u8>,
    written: u64,
}

impl Log {
    /// Opens a log for writing from `at` on; what stood behind is gone. One that must not be overwritten
    /// (`keep`) may not be there yet.
    pub(crate) fn create(path: &Path, keep: bool, at: u64) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.write(true);
        let options = if keep { options.create_new(true) } else { options.create(true) };
        let mut file = options.truncate(false).open(path)?;
        if file.metadata()?.len() < at {
            return Err(io::Error::other("shorter than the manifest of the run says"));
        }
        file.set_len(at)?;
        io::Seek::seek(&mut file, io::SeekFrom::End(0))?;
        Ok(Self { file, compression: compression_of(path), pending: Vec::new(), written: at })
    }

    pub(crate) const fn compression(&self) -> Compression {
        self.compression
    }

    /// Appends what a unit has to say.
    pub(crate) fn add(&mut self, lines: &Lines) -> io::Result<()> {
        if !lines.frames.is_empty() {
            self.flush()?;
            self.file.write_all(&lines.frames)?;
            self.written += lines.frames.len() as u64;
        }
        self.append(&lines.plain)
    }

    /// Appends whole lines.
    pub(crate) fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        self.pending.extend_from_slice(lines);
        if self.pending.len() >= LOG_FRAME { self.flush() } else { Ok(()) }
    }

    /// Writes what is pending, and says how long the log is.
    pub(crate) fn position(&mut self) -> io::Result<u64> {
        self.flush()?;
        Ok(self.written)
    }

    /// Takes back what was written behind `position`.
    pub(crate) fn roll_back(&mut self, position: u64) -> io::Result<()> {
        self.pending.clear();
        self.file.set_len(position)?;
        io::Seek::seek(&mut self.file, io::SeekFrom::End(0))?;
        self.written = position;
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let mut frame = Vec::new();
        self.compression.compress_fast(&self.pending, &mut frame)?;
        self.pending.clear();
        self.file.write_all(&frame)?;
        self.written += frame.len() as u64;
        Ok(())
    }

    /// Brings all lines to the disk.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        self.flush()?;
        self.file.sync_data()
    }
}

/// How a file of this name is compressed.
#[must_use]
pub(crate) fn compression_of(path: &Path) -> Compression {
    let extension = path.extension().and_then(|extension| extension.to_str());
    let is = |c: &Compression| c.extension().is_some() && c.extension() == extension;
    Compression::ALL.into_iter().find(is).unwrap_or_default()
}
