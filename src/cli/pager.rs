//! The pager that long output for people goes through, where they sit at a terminal.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::process::{Child, ChildStdin, Command, Stdio};

/// What is run if nothing else is asked for.
const DEFAULT: &str = "less -FRX";

/// A running pager.
pub(crate) struct Pager {
    child: Child,
    input: Option<ChildStdin>,
}

impl Pager {
    /// Starts `$JIAOKAN_PAGER`, `$PAGER` or `less` on a terminal; `None` elsewhere, if the name is empty, or if it
    /// cannot be started.
    pub(crate) fn start() -> Option<Self> {
        if !io::stdout().is_terminal() {
            return None;
        }
        let named = |name| env::var(name).ok();
        let command = named("JIAOKAN_PAGER").or_else(|| named("PAGER")).unwrap_or_else(|| DEFAULT.to_owned());
        let mut words = command.split_whitespace();
        let mut pager = Command::new(words.next()?);
        pager.args(words).stdin(Stdio::piped());
        // What a `less` without options of its own needs: colours, and to be gone where a screen is enough.
        for (name, value) in [("LESS", "FRX"), ("LESSCHARSET", "utf-8")] {
            if env::var_os(name).is_none() {
                pager.env(name, value);
            }
        }
        let mut child = pager.spawn().ok()?;
        let input = child.stdin.take();
        Some(Self { child, input })
    }
}

impl Drop for Pager {
    /// Waits until the reader has seen enough.
    fn drop(&mut self) {
        self.input = None;
        let _ = self.child.wait();
    }
}

impl Write for Pager {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.input.as_mut().map_or(Ok(bytes.len()), |input| input.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.input.as_mut().map_or(Ok(()), Write::flush)
    }
}
