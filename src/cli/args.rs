//! The command line: what can be asked for, and in which combinations.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::bail;
use clap::{ArgGroup, Parser, Subcommand, ValueEnum};
use jiaokan::corpus::convert::is_target;
use jiaokan::corpus::{Compression, Format as FileFormat};
use jiaokan::report::Filter;
use jiaokan::{Direction, Engine, Paragraphs, PunctuationStyle, RuleId, ScriptMode, StageId};

/// The default of `--memory`, in bytes.
pub(crate) const MEMORY: usize = 384 << 20;

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
    /// Show how two texts differ: one and what was made of it
    Diff(DiffArgs),
    /// Say what a rule sees and does, or why a place of a file is changed or is not
    Explain(ExplainArgs),
    /// Give the originals of cleaned files back, byte for byte
    Restore(RestoreArgs),
    /// Count the damage, with a sample of each kind, and clean nothing
    Stats(StatsArgs),
    /// Print completions for a shell
    Completions(CompletionsArgs),
    /// Print the manual page
    Man,
}

/// What is read, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct InputArgs {
    /// Files and folders (all their files but hidden ones); - or nothing is standard input
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Read the names of files and folders from FILE, one a line; - is standard input
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub(crate) files_from: Option<PathBuf>,
    /// In folders, only files that match; with ! before it, none that match
    #[arg(long, value_name = "GLOB", help_heading = "Input")]
    pub(crate) glob: Vec<String>,
    /// In folders, no files that the rules in FILE (as in a .gitignore) exclude
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub(crate) ignore_file: Vec<PathBuf>,
    /// The format of all files, if it is not to be told from each: text, jsonl, csv, tsv, warc or parquet
    #[arg(long, value_name = "FORMAT", value_parser = format, help_heading = "Input")]
    pub(crate) from: Option<FileFormat>,
    /// The fields or columns that hold text
    #[arg(long, value_name = "NAME", value_delimiter = ',', default_value = "text", help_heading = "Input")]
    pub(crate) text_field: Vec<String>,
    /// The encoding of all files, if it is not to be found: utf-8, gb18030, big5, utf-16le or utf-16be
    #[arg(long, value_name = "NAME", value_parser = encoding, help_heading = "Input")]
    pub(crate) encoding: Option<&'static encoding_rs::Encoding>,
}

fn format(name: &str) -> Result<FileFormat, String> {
    let known = || FileFormat::ALL.map(FileFormat::name).join(", ");
    FileFormat::ALL
        .into_iter()
        .find(|f| f.name() == name)
        .ok_or_else(|| format!("the formats are {}", known()))
}

fn target(name: &str) -> Result<FileFormat, String> {
    let to = format(name)?;
    match is_target(to) {
        true => Ok(to),
        false => Err("documents can be written as jsonl, csv, tsv, parquet or text".to_owned()),
    }
}

fn compression(name: &str) -> Result<Compression, String> {
    let known = || Compression::ALL.map(Compression::name).join(", ");
    Compression::ALL
        .into_iter()
        .find(|c| c.name() == name || c.extension() == Some(name))
        .ok_or_else(|| format!("files are compressed by {}", known()))
}

fn encoding(name: &str) -> Result<&'static encoding_rs::Encoding, String> {
    jiaokan::decode::encoding_of(name)
        .ok_or_else(|| "Chinese text comes in utf-8, gb18030 (gbk), big5, utf-16le and utf-16be".to_owned())
}

/// Bytes, with K, M, G or T for powers of 1024.
fn size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let power = match text[digits.len()..].trim_start().trim_end_matches(['i', 'B', 'b']) {
        "" => 0,
        "k" | "K" => 1,
        "m" | "M" => 2,
        "g" | "G" => 3,
        "t" | "T" => 4,
        _ => return Err("a size is a number, with K, M, G or T behind it".to_owned()),
    };
    let number: u64 = digits.parse().map_err(|_| "a size begins with a number".to_owned())?;
    number.checked_mul(1 << (10 * power)).ok_or_else(|| "too large".to_owned())
}

fn share(text: &str) -> Result<f32, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "damage is a number from 0 to 1".to_owned())
}

/// When an earlier run is gone on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Resume {
    /// If it had the same configuration
    Same,
    /// Whatever its configuration was
    Any,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 done, 1 something would change (--check), 2 an error.",
    group(ArgGroup::new("restorable").args(["edits", "no_restore"])),
    group(ArgGroup::new("chosen").args(["max_damage", "min_damage"]).multiple(true))
)]
pub(crate) struct CleanArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,

    /// Write clean documents into the folder PATH, at their paths below the named folders; a single file is written as
    /// PATH, unless that is a folder or ends with a slash
    #[arg(short, long, value_name = "PATH", help_heading = "Output")]
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
    #[command(flatten)]
    pub(crate) shown: ShowArgs,
    /// Write a page to FILE that shows each change to a browser, to be read and decided on, instead of the text
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) report: Option<PathBuf>,
    /// Write the edit log to FILE, JSON lines or by its name Parquet; `jiaokan restore` reads it
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) edits: Option<PathBuf>,
    /// Write documents as jsonl, csv, tsv, parquet or text, whatever they come from
    #[arg(long, value_name = "FORMAT", value_parser = target, conflicts_with = "write", help_heading = "Output")]
    pub(crate) to: Option<FileFormat>,
    /// Compress with gzip, zstd or xz, or with none; by default as the input is
    #[arg(long, value_name = "HOW", value_parser = compression, conflicts_with = "write", help_heading = "Output")]
    pub(crate) compress: Option<Compression>,
    /// Write all documents behind each other, into files of about SIZE bytes
    #[arg(long, value_name = "SIZE", value_parser = size, requires = "output", help_heading = "Output")]
    pub(crate) shard_size: Option<u64>,
    /// Log script conversion by runs of the characters that it changed
    #[arg(long, requires = "edits", help_heading = "Output")]
    pub(crate) expand_script: bool,
    /// Write what was counted to FILE (JSON)
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) stats: Option<PathBuf>,
    /// Keep only documents of which at most this share is damage, 0 to 1
    #[arg(long, value_name = "SHARE", value_parser = share, help_heading = "Output")]
    pub(crate) max_damage: Option<f32>,
    /// Keep only documents of which at least this share is damage, 0 to 1
    #[arg(long, value_name = "SHARE", value_parser = share, help_heading = "Output")]
    pub(crate) min_damage: Option<f32>,
    /// Put what is not kept below DIR, as it was
    #[arg(long, value_name = "DIR", requires = "chosen", help_heading = "Output")]
    pub(crate) aside: Option<PathBuf>,
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
    /// Refuse and accept edits as FILE says, which the page of --report writes
    #[arg(long, value_name = "FILE", help_heading = "What to clean")]
    pub(crate) decisions: Option<PathBuf>,
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
    /// What stands between paragraphs: as it was, a line break, or a blank line
    #[arg(long, value_enum, value_name = "HOW", help_heading = "What to clean")]
    pub(crate) paragraphs: Option<ParagraphsName>,

    /// Threads; by default one for each processor
    #[arg(short = 'j', long, value_name = "N", help_heading = "Running")]
    pub(crate) threads: Option<NonZeroUsize>,
    /// Memory for documents on their way, as in 512M
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "384M", help_heading = "Running")]
    pub(crate) memory: u64,
    /// Go on where an earlier run with the same output was stopped
    #[arg(
        long,
        value_enum,
        value_name = "IF",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "same",
        help_heading = "Running"
    )]
    pub(crate) resume: Option<Resume>,
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
    #[command(flatten)]
    pub(crate) input: InputArgs,
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
    #[arg(long, value_enum, default_value_t = RulesFormat::Text)]
    pub(crate) format: RulesFormat,
}

/// How differences are shown.
#[derive(Debug, clap::Args)]
pub(crate) struct ShowArgs {
    /// The form of the diff: for people, for `patch`, or the records of the edit log
    #[arg(long, value_enum, help_heading = "Diff")]
    pub(crate) format: Option<DiffFormat>,
    /// Show only what this rule or stage did
    #[arg(long, value_name = "RULE|STAGE", value_delimiter = ',', help_heading = "Diff")]
    pub(crate) show: Vec<Rules>,
    /// Do not show what this rule or stage did
    #[arg(long, value_name = "RULE|STAGE", value_delimiter = ',', help_heading = "Diff")]
    pub(crate) hide: Vec<Rules>,
    /// On a terminal too, write to it without $JIAOKAN_PAGER, $PAGER or less
    #[arg(long, help_heading = "Diff")]
    pub(crate) no_pager: bool,
}

impl ShowArgs {
    /// Refuses what would not be heeded.
    pub(crate) fn check(&self, is_diff: bool) -> anyhow::Result<()> {
        let chooses = !self.show.is_empty() || !self.hide.is_empty();
        if !is_diff && (self.format.is_some() || chooses) {
            bail!("--format, --show and --hide say how --diff shows changes");
        }
        if chooses && self.format.unwrap_or_default() != DiffFormat::Text {
            bail!("--show and --hide are for the diff that people read: a patch or a record is whole");
        }
        Ok(())
    }

    pub(crate) fn filter(&self) -> Filter {
        let rules = |sets: &[Rules]| sets.iter().flat_map(|Rules(rules)| rules).copied().collect();
        Filter { show: rules(&self.show), hide: rules(&self.hide) }
    }
}

/// A form of the diff.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffFormat {
    #[default]
    Text,
    Unified,
    Json,
}

/// A rule, or all those of a stage.
#[derive(Clone, Debug)]
pub(crate) struct Rules(Vec<RuleId>);

impl FromStr for Rules {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        if let Ok(stage) = name.parse::<StageId>() {
            let of_stage = |rule: &RuleId| rule.rule().stage == stage;
            return Ok(Self(RuleId::ALL.iter().copied().filter(of_stage).collect()));
        }
        let rule =
            name.parse().map_err(|_| format!("no rule or stage `{name}`; `jiaokan rules` lists them"))?;
        Ok(Self(vec![rule]))
    }
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes: 0 the files are alike, 1 they differ, 2 an error.")]
pub(crate) struct DiffArgs {
    /// The text as it was; - is standard input
    #[arg(value_name = "OLD")]
    pub(crate) old: PathBuf,
    /// What was made of it; - is standard input
    #[arg(value_name = "NEW")]
    pub(crate) new: PathBuf,
    /// The edit log that was written with it, which knows what was done and why
    #[arg(long, value_name = "FILE")]
    pub(crate) edits: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) shown: ShowArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArgs {
    /// The rule's code or name, or a place: FILE:LINE or FILE:LINE:COLUMN, in characters from 1
    #[arg(value_name = "RULE|PLACE")]
    pub(crate) what: String,
    /// The profile that the file is cleaned with
    #[arg(long, value_name = "FILE")]
    pub(crate) profile: Option<PathBuf>,
    /// Read the configuration from FILE, not from a jiaokan.toml here or above
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Read no configuration file
    #[arg(long, conflicts_with = "config")]
    pub(crate) no_config: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RestoreArgs {
    /// The cleaned file, or with -o the folder of a run; - is standard input
    #[arg(value_name = "CLEAN")]
    pub(crate) clean: PathBuf,
    /// The edit log that was written with it
    #[arg(long, value_name = "FILE")]
    pub(crate) edits: PathBuf,
    /// Write to PATH, not to standard output; into it, if it is a folder or ends with a slash
    #[arg(short, long, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,
    /// Take back only the edits of these rules, and those that depend on them
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(crate) drop: Vec<RuleId>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct StatsArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// Samples of each rule
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) samples: usize,
    /// How to show them
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Threads; by default one for each processor
    #[arg(short = 'j', long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,
    /// Read the configuration from FILE, not from a jiaokan.toml here or above
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Read no configuration file
    #[arg(long, conflicts_with = "config")]
    pub(crate) no_config: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
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
pub(crate) enum ParagraphsName {
    Keep,
    Newline,
    BlankLine,
}

impl From<ParagraphsName> for Paragraphs {
    fn from(name: ParagraphsName) -> Self {
        match name {
            ParagraphsName::Keep => Paragraphs::Keep,
            ParagraphsName::Newline => Paragraphs::Newline,
            ParagraphsName::BlankLine => Paragraphs::BlankLine,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

/// A form of the table of rules.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum RulesFormat {
    Text,
    Json,
    /// What docs/RULES.md is
    Markdown,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn command_line_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn the_default_memory_is_that_of_the_other_commands() {
        let Command::Clean(clean) = Args::parse_from(["jiaokan", "clean"]).command else { panic!("clean") };
        assert_eq!(clean.memory, MEMORY as u64);
    }
}
