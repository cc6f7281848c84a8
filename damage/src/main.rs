//! Reads clean text and writes it damaged, line for line.

use std::fs;
use std::io::{self, BufWriter, Read, Write};
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser;
use clap::{Parser, Subcommand, ValueEnum};
use fastrand::Rng;
use jiaokan_damage::gloss::{Decoder, Options, Site, Split, Tones, Width};
use jiaokan_damage::layout;
use jiaokan_damage::misread::{Kind, misread_run, misread_times};

/// Damages clean Chinese text: a line of standard input is a line of standard output
#[derive(Debug, Parser)]
#[command(name = "jiaokan-damage", arg_required_else_help = true)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Put pinyin behind characters as web sites do, with what it breaks
    Gloss(GlossArgs),
    /// Read the text in an encoding that it is not in
    Misread(MisreadArgs),
    /// Cut, wrap and disorder documents as newspapers' columns do
    Layout(LayoutArgs),
}

#[derive(Debug, clap::Args)]
struct Common {
    /// The same seed gives the same text
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Write what each line would be without the damage to FILE
    #[arg(long, value_name = "FILE")]
    truth: Option<PathBuf>,
    /// Make the text Traditional first, one character to one
    #[arg(long)]
    traditional: bool,
}

#[derive(Debug, clap::Args)]
struct GlossArgs {
    #[command(flatten)]
    common: Common,
    /// Draw a new site every N lines instead of one for all
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    document_lines: Option<u64>,
    /// With --traditional: write 着 as 著
    #[arg(long)]
    zhu: bool,
    /// With --traditional: Simplified characters that stay
    #[arg(long, value_name = "CHARS", default_value_t = Options::default().keep)]
    keep: String,
    /// Least and most characters in a site's table
    #[arg(long, num_args = 2, value_names = ["LEAST", "MOST"], default_values_t = [40, 250])]
    table: Vec<usize>,
    #[arg(long, value_enum, default_value_t)]
    variant: Variant,
    /// Split the bytes at MARKS, in this order; `drawn` draws them with the site
    #[arg(long, value_name = "MARKS")]
    split: Option<String>,
    /// A lead byte at the end of a piece goes without a trace instead of giving `?`
    #[arg(long)]
    silent: bool,
    /// Decode and encode once before the split
    #[arg(long)]
    twice: bool,
    /// What becomes of a lead byte without a trail byte
    #[arg(long, value_enum, default_value_t)]
    decoder: DecoderArg,
    /// Drop characters of private use afterwards
    #[arg(long)]
    drop_pua: bool,
    /// Make the width of marks even afterwards
    #[arg(long, value_name = "WIDTH", num_args = 0..=1, default_missing_value = "half", value_enum, default_value_t)]
    normalise: WidthArg,
    /// Share of the lines that are cut off inside a gloss
    #[arg(long, default_value_t = 0.0)]
    cut: f64,
}

/// How the glosses look
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Variant {
    /// `書(shū)`
    #[default]
    Toned,
    /// `書(shu)`
    Toneless,
    /// Some with and some without tones, on every third character, and emoji inside words
    Mixed,
    /// `系(xi)(xi)(xi)`, on any character
    Repeated,
    /// `會(huì )`, for some readings
    Spaced,
    /// Toned, with emoji, rare characters and commas sprinkled in
    Sprinkled,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum DecoderArg {
    /// One `?` for both bytes
    #[default]
    Php,
    /// `?`, and an ASCII byte behind it stays
    Keep,
    /// U+FFFD, and an ASCII byte behind it stays
    Fffd,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum WidthArg {
    /// As decoded
    #[default]
    AsIs,
    /// Full-width forms become ASCII
    Half,
    /// Brackets become full-width
    Brackets,
    /// A `?` between a Han character and a full-width mark becomes full-width
    Question,
}

#[derive(Debug, clap::Args)]
struct MisreadArgs {
    #[command(flatten)]
    common: Common,
    /// What the bytes are, and as what they are read
    #[arg(long, value_parser = kinds())]
    kind: Kind,
    /// Misread one run in each line instead of the whole line
    #[arg(long)]
    runs: bool,
    /// Misread so many times in a row
    #[arg(long, default_value_t = 1)]
    times: usize,
    /// Leave lines alone that would lose a byte
    #[arg(long)]
    lossless: bool,
}

#[derive(Debug, clap::Args)]
struct LayoutArgs {
    /// The same seed gives the same text
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Kinds of damage: cuts, wraps, spaces, captions, repeats, punctuation, jumps; all by default
    #[arg(long, value_delimiter = ',')]
    kinds: Vec<layout::Kind>,
    /// Paragraphs of a document
    #[arg(long, default_value_t = 25, value_parser = clap::value_parser!(u64).range(1..))]
    paragraphs: u64,
    /// Clean text, a paragraph a line
    text: PathBuf,
    /// Folder for each document, damaged (0000.txt) and clean (0000.clean.txt), and its damaged places
    folder: PathBuf,
}

fn kinds() -> impl TypedValueParser<Value = Kind> {
    PossibleValuesParser::new(Kind::ALL.map(Kind::name))
        .map(|name| Kind::ALL.into_iter().find(|kind| kind.name() == name).expect("a possible value"))
}

impl GlossArgs {
    fn options(&self) -> anyhow::Result<Options> {
        let &[least, most] = &self.table[..] else { bail!("--table takes two numbers") };
        if least > most {
            bail!("--table {least} {most}: the least is more than the most");
        }
        let marks = |marks: &String| match marks.as_str() {
            "drawn" => Split::Drawn,
            marks => Split::At(marks.chars().collect()),
        };
        let options = Options {
            traditional: self.common.traditional,
            keep: self.keep.clone(),
            zhu: self.zhu,
            table: (least, most),
            split: self.split.as_ref().map_or(Split::No, marks),
            dangling: !self.silent,
            twice: self.twice,
            decoder: match self.decoder {
                DecoderArg::Php => Decoder::Php,
                DecoderArg::Keep => Decoder::Keep,
                DecoderArg::Fffd => Decoder::Fffd,
            },
            drop_private: self.drop_pua,
            width: match self.normalise {
                WidthArg::AsIs => Width::AsIs,
                WidthArg::Half => Width::Half,
                WidthArg::Brackets => Width::WideBrackets,
                WidthArg::Question => Width::WideQuestion,
            },
            cut: self.cut,
            ..Options::default()
        };
        Ok(match self.variant {
            Variant::Toned => options,
            Variant::Toneless => Options { tones: Tones::Without, ..options },
            Variant::Mixed => {
                Options { tones: Tones::Mixed, scattered: 0.33, emoji: 0.01, table: (0, 0), ..options }
            }
            Variant::Repeated => {
                Options { tones: Tones::Without, scattered: 0.33, repeats: 3, table: (0, 0), ..options }
            }
            Variant::Spaced => Options { spaced: 0.3, ..options },
            Variant::Sprinkled => Options { emoji: 0.01, rare: 0.01, commas: 0.3, ..options },
        })
    }
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    if let Command::Layout(args) = &args.command {
        return layout(args);
    }
    let mut clean = String::new();
    io::stdin().read_to_string(&mut clean).context("standard input is not UTF-8 text")?;
    let (damaged, truth, file) = match &args.command {
        Command::Gloss(args) => {
            let (damaged, truth) = gloss(args, &clean)?;
            (damaged, truth, &args.common.truth)
        }
        Command::Misread(args) => {
            let (damaged, truth) = misread(args, &clean);
            (damaged, truth, &args.common.truth)
        }
        Command::Layout(_) => unreachable!("reads files"),
    };
    if let Some(path) = file {
        fs::write(path, truth).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let mut out = BufWriter::new(io::stdout().lock());
    out.write_all(damaged.as_bytes())?;
    Ok(out.flush()?)
}

/// The damaged text and the truth.
fn gloss(args: &GlossArgs, clean: &str) -> anyhow::Result<(String, String)> {
    let options = args.options()?;
    let (mut damaged, mut truth) = (String::new(), String::new());
    let mut site = Site::draw(args.common.seed, options.clone());
    for (i, line) in (0..).zip(clean.lines()) {
        if let Some(lines) = args.document_lines
            && i % lines == 0
        {
            site = Site::draw(args.common.seed.wrapping_add(i / lines), options.clone());
        }
        let page = site.damage(line);
        damaged += &page.text;
        damaged.push('\n');
        truth += &page.truth;
        truth.push('\n');
    }
    Ok((damaged, truth))
}

/// The damaged text and the truth.
fn misread(args: &MisreadArgs, clean: &str) -> (String, String) {
    let options = Options { traditional: args.common.traditional, ..Options::default() };
    let mut rng = Rng::with_seed(args.common.seed);
    let (mut damaged, mut truth) = (String::new(), String::new());
    for line in clean.lines() {
        let line = options.convert(line);
        let page = if args.runs {
            misread_run(&line, args.kind, args.times, &mut rng)
        } else {
            misread_times(&line, args.kind, args.times)
        };
        let page = page.filter(|page| page.lossless || !args.lossless);
        damaged += page.as_ref().map_or(&line, |page| &page.text);
        damaged.push('\n');
        truth += &line;
        truth.push('\n');
    }
    (damaged, truth)
}

/// Writes the documents of a text, damaged and clean, and where they are damaged.
fn layout(args: &LayoutArgs) -> anyhow::Result<()> {
    let kinds = if args.kinds.is_empty() { &layout::Kind::ALL[..] } else { &args.kinds };
    let text =
        fs::read_to_string(&args.text).with_context(|| format!("cannot read {}", args.text.display()))?;
    fs::create_dir_all(&args.folder).with_context(|| format!("cannot make {}", args.folder.display()))?;
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    for (i, paragraphs) in (0u64..).zip(lines.chunks(args.paragraphs as usize)) {
        let mut rng = Rng::with_seed(args.seed << 32 | i);
        let damaged = layout::damage(paragraphs, &lines, kinds, &mut rng);
        let marks: String = damaged
            .marks
            .iter()
            .map(|m| format!("{}\t{}\t{:?}\t{:?}\t{:?}\n", m.at.start, m.at.end, m.what, m.clean, m.moved))
            .collect();
        for (end, text) in [("txt", &damaged.text), ("clean.txt", &damaged.clean), ("marks.tsv", &marks)] {
            let path = args.folder.join(format!("{i:04}.{end}"));
            fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    Ok(())
}
