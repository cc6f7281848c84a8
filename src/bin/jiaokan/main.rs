//! The `jiaokan` command: arguments → resolved configuration → run.
//!
//! Exit codes: 0 done, 1 something would change (`clean --check`), 2 an error. One bad document does not
//! end a run, and a closed pipe is no error.

mod args;
mod config_file;
mod decisions;
mod inputs;
mod learn;
mod output;
mod progress;
mod restore;
mod run;
mod shell;
mod stats;
mod tables;

use std::io;
use std::process::ExitCode;

use clap::Parser;

use crate::args::{Args, Command};

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Done,
    WouldChange,
    Failed,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let color = args.color;
    let outcome = match args.command {
        Command::Clean(clean) => run::clean(*clean, color),
        Command::Learn(learn) => learn::learn(&learn),
        Command::Rules(rules) => tables::rules(rules.format),
        Command::Explain(explain) => tables::explain(explain.rule),
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
        Outcome::Done => ExitCode::SUCCESS,
        Outcome::WouldChange => ExitCode::from(1),
        Outcome::Failed => ExitCode::from(2),
    }
}
