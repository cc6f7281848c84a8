//! Standard output that may be closed, messages.

use std::io::{self, BufWriter, StdoutLock, Write};

use anstream::{AutoStream, ColorChoice};
use jiaokan::report::terminal::Style;

use crate::cli::args::Color;

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
