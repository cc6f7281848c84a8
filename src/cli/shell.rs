//! `jiaokan completions` and `jiaokan man`, both from the one definition of the command line.

use std::io::{self, Write};

use clap::CommandFactory;
use clap_complete::Shell;

use crate::cli::Outcome;
use crate::cli::args::Args;

/// Runs `jiaokan completions`.
pub(crate) fn completions(shell: Shell) -> anyhow::Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "jiaokan", &mut script);
    io::stdout().write_all(&script)?;
    Ok(Outcome::Done)
}

/// Runs `jiaokan man`: one page, a section for each subcommand.
pub(crate) fn manual() -> anyhow::Result<Outcome> {
    let mut out = io::stdout().lock();
    let mut command = Args::command();
    command.build();
    let page = clap_mangen::Man::new(command.clone());
    page.render(&mut out)?;
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        writeln!(out, ".SH \"JIAOKAN {}\"", sub.get_name().to_uppercase())?;
        let sub = clap_mangen::Man::new(sub.clone());
        sub.render_description_section(&mut out)?;
        sub.render_options_section(&mut out)?;
    }
    out.flush()?;
    Ok(Outcome::Done)
}
