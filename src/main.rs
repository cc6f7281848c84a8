//! The `jiaokan` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(jiaokan::cli::run(std::env::args_os()))
}
