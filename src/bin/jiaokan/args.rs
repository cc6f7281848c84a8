//! The command line: what can be asked for, and in which combinations.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{ArgGroup, Parser, Subcommand, ValueEnum};
use jiaokan::{Direction, Engine, PunctuationStyle, RuleId, ScriptMode, StageId};

/// Cleans damaged Chinese text and shows every edit
#[derive(Debug, Parser)]
#[command(name = "jiaokan", version, about, arg_required_else_help = true)]
pub(crate) struct Args {
    /// Colour what is written for people; NO_COLOR is honoured
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Color::Auto)]
    pub(crate) color: Color,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Clean documents: to standard output, into a folder, or in place
    Clean(Box<CleanArgs>),
    /// Learn from a corpus, clean or damaged, what `clean --profile` uses
    Learn(LearnArgs),
    /// List the rules
    Rules(RulesArgs),
    /// Say what a rule sees and does
    Explain(ExplainArgs),
    /// Give the original of a cleaned document back, byte for byte
    Restore(RestoreArgs),
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 done, 1 something would change (--check), 2 an error.",
    group(ArgGroup::new("restorable").args(["edits", "no_restore"]))
)]
pub(crate) struct CleanArgs {
    /// Files and folders (all their files but hidden ones); - or nothing is standard input
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,

    /// Write clean documents into DIR, at their paths below the named folders
    #[arg(short, long, value_name = "DIR", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
    /// Clean files in place; needs --edits or --no-restore
    #[arg(long, requires = "restorable", conflicts_with = "output", help_heading = "Output")]
    pub(crate) write: bool,
    /// Write nothing but the paths of documents that would change
    #[arg(long, conflicts_with_all = ["output", "write", "edits"], help_heading = "Output")]
    pub(crate) check: bool,
    /// Show each change and its reasons instead of the text
    #[arg(long, help_heading = "Output")]
    pub(crate) diff: bool,
    /// Write the edit log to FILE (JSON lines); `jiaokan restore` reads it
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) edits: Option<PathBuf>,
    /// Clean in place without a way back
    #[arg(long, requires = "write", help_heading = "Output")]
    pub(crate) no_restore: bool,
    /// Write only errors to standard error
    #[arg(short, long, help_heading = "Output")]
    pub(crate) quiet: bool,

    /// Run only these stages
    #[arg(long, value_name = "STAGE", value_delimiter = ',', help_heading = "What to clean")]
    pub(crate) stages: Vec<StageId>,
    /// Run all stages but these
    #[arg(long, value_name = "STAGE", value_delimiter = ',', help_heading = "What to clean")]
    pub(crate) skip: Vec<StageId>,
    /// Apply and report only these rules, by code or name
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = "What to clean")]
    pub(crate) only: Vec<RuleId>,
    /// Apply unsafe edits too
    #[arg(long, help_heading = "What to clean")]
    pub(crate) select_unsafe: bool,
    /// Never change what this regular expression matches; adds to those of the configuration
    #[arg(long, value_name = "REGEX", help_heading = "What to clean")]
    pub(crate) protect: Vec<String>,
    /// From which script to which: t2s, tw2s, hk2s, tw2sp (with the mainland's words) or s2t
    #[arg(long, value_name = "DIRECTION", help_heading = "What to clean")]
    pub(crate) direction: Option<Direction>,
    /// Convert text in the other script, or every character of it wherever it stands
    #[arg(long, value_enum, value_name = "WHICH", help_heading = "What to clean")]
    pub(crate) script: Option<ScriptName>,
    /// The user's own entries for conversion, key<TAB>value; adds to those of the configuration
    #[arg(long, value_name = "FILE", help_heading = "What to clean")]
    pub(crate) dict: Vec<PathBuf>,
    /// Use what `jiaokan learn` learned from the corpus
    #[arg(long, value_name = "FILE", help_heading = "What to clean")]
    pub(crate) profile: Option<PathBuf>,
    /// Learn from the documents first, then clean them with that profile
    #[arg(long, conflicts_with = "profile", help_heading = "What to clean")]
    pub(crate) adapt: bool,
    /// What converts Traditional to Simplified
    #[arg(long, value_enum, help_heading = "What to clean")]
    pub(crate) engine: Option<EngineName>,
    /// The width of punctuation in Chinese prose
    #[arg(long, value_enum, value_name = "STYLE", help_heading = "What to clean")]
    pub(crate) punctuation_style: Option<StyleName>,

    /// Threads; by default one for each processor
    #[arg(short = 'j', long, value_name = "N", help_heading = "Running")]
    pub(crate) threads: Option<NonZeroUsize>,
    /// Read the configuration from FILE, not from a jiaokan.toml here or above
    #[arg(long, value_name = "FILE", help_heading = "Running")]
    pub(crate) config: Option<PathBuf>,
    /// Read no configuration file
    #[arg(long, conflicts_with = "config", help_heading = "Running")]
    pub(crate) no_config: bool,
    /// Print the resolved configuration and clean nothing
    #[arg(long, help_heading = "Running")]
    pub(crate) dump_config: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct LearnArgs {
    /// Files and folders (all their files but hidden ones); - or nothing is standard input
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Write the profile to FILE
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Threads; by default one for each processor
    #[arg(short = 'j', long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,
    /// Write only errors to standard error
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RulesArgs {
    /// How to list them
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArgs {
    /// The rule's code or name
    #[arg(value_name = "CODE")]
    pub(crate) rule: RuleId,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RestoreArgs {
    /// The cleaned document; - is standard input
    #[arg(value_name = "CLEAN")]
    pub(crate) clean: PathBuf,
    /// The edit log that was written with it
    #[arg(long, value_name = "FILE")]
    pub(crate) edits: PathBuf,
    /// Write to FILE, not to standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum EngineName {
    Jiaokan,
    Opencc,
}

impl From<EngineName> for Engine {
    fn from(name: EngineName) -> Self {
        match name {
            EngineName::Jiaokan => Engine::Jiaokan,
            EngineName::Opencc => Engine::Opencc,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ScriptName {
    Auto,
    Force,
}

impl From<ScriptName> for ScriptMode {
    fn from(name: ScriptName) -> Self {
        match name {
            ScriptName::Auto => ScriptMode::Auto,
            ScriptName::Force => ScriptMode::Force,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum StyleName {
    Full,
    Keep,
    Half,
}

impl From<StyleName> for PunctuationStyle {
    fn from(name: StyleName) -> Self {
        match name {
            StyleName::Full => PunctuationStyle::Full,
            StyleName::Keep => PunctuationStyle::Keep,
            StyleName::Half => PunctuationStyle::Half,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn command_line_is_sound() {
        Args::command().debug_assert();
    }
}
