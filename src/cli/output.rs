//! Standard output that may be closed, messages.

use std::io::{self, BufWriter, StdoutLock, Write};

use anstream::{AutoStream, ColorChoice};
use jiaokan::report::terminal::Style;

use crate::cli::args::Color;
use crate::cli::pager::Pager;

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

/// How many of something, in words.
pub(crate) fn plural(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
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

/// Where what is shown goes.
enum Sink {
    Stdout(StdoutLock<'static>),
    Pager(Pager),
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Sink::Stdout(stdout) => stdout.write(bytes),
            Sink::Pager(pager) => pager.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Sink::Stdout(stdout) => stdout.flush(),
            Sink::Pager(pager) => pager.flush(),
        }
    }
}

/// Standard output, or a pager before it. Once its reader has gone, what is written is dropped.
pub(crate) struct Out {
    sink: BufWriter<Sink>,
    closed: bool,
}

impl Out {
    pub(crate) fn new() -> Self {
        Self { sink: BufWriter::new(Sink::Stdout(io::stdout().lock())), closed: false }
    }

    /// The same for what is to be read: on a terminal through a pager, unless there is to be none.
    pub(crate) fn for_reading(no_pager: bool) -> Self {
        match if no_pager { None } else { Pager::start() } {
            Some(pager) => Self { sink: BufWriter::new(Sink::Pager(pager)), closed: false },
            None => Self::new(),
        }
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
        let written = self.sink.write(bytes);
        self.or_closed(written, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.closed {
            return Ok(());
        }
        let flushed = self.sink.flush();
        self.or_closed(flushed, ())
    }
}
