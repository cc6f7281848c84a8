//! Writing: whole files or none, standard output that may be closed, messages.

use std::fs::{self, Metadata};
use std::io::{self, BufWriter, StdoutLock, Write};
use std::path::Path;

use anstream::{AutoStream, ColorChoice};
use jiaokan::report::terminal::Style;

use crate::args::Color;

/// Writes a message to standard error, whatever becomes of it.
pub(crate) fn tell(message: &str) {
    // The names of files may hold anything.
    let mut line = String::from("jiaokan: ");
    for c in message.chars() {
        if c.is_control() && c != '\n' {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    let _ = writeln!(io::stderr(), "{line}");
}

/// What went wrong, without the operating system's numbers.
pub(crate) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or folder".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "is a folder".to_owned(),
        _ => {
            let text = error.to_string();
            text.split_once(" (os error").map_or(text.as_str(), |(what, _)| what).to_owned()
        }
    }
}

/// How standard output is to be written for people.
pub(crate) fn style(color: Color) -> Style {
    let choice = match color {
        Color::Auto => AutoStream::choice(&io::stdout()),
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
    };
    if choice == ColorChoice::Never { Style::Plain } else { Style::Colour }
}

/// Standard output. Once its reader has gone, what is written is dropped.
pub(crate) struct Out {
    stdout: BufWriter<StdoutLock<'static>>,
    closed: bool,
}

impl Out {
    pub(crate) fn new() -> Self {
        Self { stdout: BufWriter::new(io::stdout().lock()), closed: false }
    }

    /// Whether the reader has gone.
    pub(crate) const fn is_closed(&self) -> bool {
        self.closed
    }

    fn or_closed<T>(&mut self, result: io::Result<T>, closed: T) -> io::Result<T> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(closed)
            }
            result => result,
        }
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.closed {
            return Ok(bytes.len());
        }
        let written = self.stdout.write(bytes);
        self.or_closed(written, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.closed {
            return Ok(());
        }
        let flushed = self.stdout.flush();
        self.or_closed(flushed, ())
    }
}

/// Puts a whole file in place or leaves everything as it was. The file keeps the owner and permissions of
/// the one it replaces, or else takes the permissions of `like`.
pub(crate) fn replace(path: &Path, bytes: &[u8], like: Option<&Path>) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let replaced = fs::metadata(path).ok();
    let like = replaced.clone().or_else(|| fs::metadata(like?).ok());
    let mut builder = tempfile::Builder::new();
    builder.prefix(".jiaokan-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    if let Some(replaced) = &replaced {
        keep_owner(file.as_file(), replaced);
    }
    if let Some(like) = like {
        file.as_file().set_permissions(like.permissions())?;
    }
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// Only a privileged user may give files away; for others the owner is their own anyway.
#[cfg(unix)]
fn keep_owner(file: &fs::File, replaced: &Metadata) {
    use std::os::unix::fs::MetadataExt;

    let _ = std::os::unix::fs::fchown(file, Some(replaced.uid()), Some(replaced.gid()));
}

#[cfg(not(unix))]
fn keep_owner(_: &fs::File, _: &Metadata) {}
