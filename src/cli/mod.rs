//! The `jiaokan` command: arguments → resolved configuration → run.
//!
//! Exit codes: 0 done, 1 something would change (`clean --check`) or differs (`diff`), 2 an error. One bad document does not
//! end a run, and a closed pipe is no error.

mod args;
mod config_file;
mod decisions;
mod diff;
mod explain;
mod inputs;
mod learn;
mod output;
mod pager;
mod progress;
mod restore;
mod run;
mod shell;
mod stats;
mod tables;

use std::ffi::OsString;
use std::io;

use clap::Parser;

use crate::cli::args::{Args, Command};

pub use crate::cli::config_file::read as read_config;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Done,
    WouldChange,
    Failed,
}

/// Runs the command with these arguments, the first of them its name, and returns the exit code.
pub fn run(args: impl IntoIterator<Item = OsString>) -> u8 {
    let args = match Args::try_parse_from(args) {
        Ok(args) => args,
        Err(error) => {
            // A closed pipe is no error.
            let _ = error.print();
            return u8::try_from(error.exit_code()).unwrap_or(2);
        }
    };
    let color = args.color;
    let outcome = match args.command {
        Command::Clean(clean) => run::clean(*clean, color),
        Command::Learn(learn) => learn::learn(&learn),
        Command::Rules(rules) => tables::rules(rules.format),
        Command::Diff(diff) => diff::diff(&diff, color),
        Command::Explain(args) => explain::explain(&args, color),
        Command::Restore(restore) => restore::restore(&restore),
        Command::Stats(args) => stats::stats(&args),
        Command::Completions(completions) => shell::completions(completions.shell),
        Command::Man => shell::manual(),
    };
    let outcome = outcome.unwrap_or_else(|error| {
        let closed = |cause: &(dyn std::error::Error + 'static)| {
            cause.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
        };
        if error.chain().any(closed) {
            return Outcome::Done;
        }
        output::tell(&format!("{error:#}"));
        Outcome::Failed
    });
    match outcome {
        Outcome::Done => 0,
        Outcome::WouldChange => 1,
        Outcome::Failed => 2,
    }
}
