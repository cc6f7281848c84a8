//! `jiaokan explain`: what a rule does, or why a place of a text was changed or was not.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use jiaokan::chars::{code_spans, is_han, lines};
use jiaokan::corpus::Format;
use jiaokan::facts::DocFacts;
use jiaokan::join::{self, Break};
use jiaokan::lexicon::script;
use jiaokan::pipeline::block_len;
use jiaokan::report::place::Places;
use jiaokan::report::terminal;
use jiaokan::stages::{self, gloss};
use jiaokan::{Change, ChangeKind, Cleaned, Cleaner, Finding, RuleId, Span, StageId};

use crate::cli::args::{Color, ExplainArgs};
use crate::cli::diff::{read, text};
use crate::cli::{Outcome, config_file, output, tables};

/// Features of a break that are shown, those that weigh most.
const FEATURES: usize = 10;

/// Runs `jiaokan explain`.
pub(crate) fn explain(args: &ExplainArgs, color: Color) -> anyhow::Result<Outcome> {
    let Some(asked) = Asked::parse(&args.what) else {
        let rule = args
            .what
            .parse()
            .map_err(|e: String| anyhow!("{e}; a place is FILE:LINE or FILE:LINE:COLUMN"))?;
        return tables::explain(rule);
    };
    let name = asked.file.display();
    let mut config = config_file::load(args.config.as_deref(), args.no_config)?;
    config.profile = args.profile.clone().or(config.profile);
    let cleaner = config_file::cleaner(config)?;
    let bytes = read(&asked.file)?;
    let format = Format::of(&asked.file, &bytes, &["text".to_owned()]);
    if format != Format::Text {
        bail!(
            "{name}: is {}: places are explained in plain text only; `jiaokan clean --diff {name}` shows what is done to \
             each record and why, and a record's text can be explained from a file of its own",
            format.name()
        );
    }
    let decoded = text(&asked.file, &bytes)?;
    let place = asked.span(&decoded.text).ok_or_else(|| anyhow!("{name}: has no such place"))?;
    let cleaned = cleaner.clean_part(&decoded, true, true);
    let mut out = io::stdout().lock();
    write(&mut out, &cleaner, &cleaned, &asked.file, place, color).context("standard output")?;
    Ok(Outcome::Done)
}

/// A place as it was asked for.
struct Asked {
    file: PathBuf,
    line: usize,
    column: Option<usize>,
}

impl Asked {
    fn parse(what: &str) -> Option<Self> {
        let number = |what: &'_ str| -> Option<(String, usize)> {
            let (rest, number) = what.rsplit_once(':')?;
            Some((rest.to_owned(), number.parse().ok()?))
        };
        let (rest, last) = number(what)?;
        Some(match number(&rest) {
            Some((file, line)) => Self { file: file.into(), line, column: Some(last) },
            None => Self { file: rest.into(), line: last, column: None },
        })
    }

    /// The character or the line, its end included.
    fn span(&self, text: &str) -> Option<Span> {
        let places = Places::of(text);
        let start = places.find(self.line, self.column.unwrap_or(1))?;
        let len = match self.column {
            Some(_) => text[start..].chars().next().map_or(0, char::len_utf8),
            None => text[start..].find('\n').map_or(text.len() - start, |end| end + 1),
        };
        Some(Span::new(start, start + len))
    }
}

fn write(
    out: &mut impl Write,
    cleaner: &Cleaner,
    cleaned: &Cleaned<'_>,
    file: &Path,
    place: Span,
    color: Color,
) -> io::Result<()> {
    let changes = changes(cleaned, place);
    let findings: Vec<Finding> =
        cleaned.findings().iter().filter(|finding| touches(finding.span, place)).cloned().collect();
    let name = file.display().to_string();
    terminal::write_place(out, &name, cleaned, &changes, &findings, output::style(color))?;
    if changes.is_empty() && findings.is_empty() {
        let text = place.of(cleaned.original()).trim();
        writeln!(out, "Nothing is changed or reported here: {}\n", terminal::short(text))?;
    }
    let block = block(cleaned.original(), place.start);
    let text = block.of(cleaned.original());
    let facts = cleaner.facts(text);
    let place = Span::new(place.start - block.start, place.end.min(block.end) - block.start);
    write_kept_off(out, cleaner, text, &findings, place)?;
    write_glosses(out, &facts, text, place)?;
    write_script(out, &facts, place.of(text))?;
    write_breaks(out, &facts, text, place)?;
    let seen = changes.iter().flat_map(|change| &*change.rules).chain(findings.iter().map(|f| &f.rule));
    write_stages(out, cleaner, &facts, &seen.copied().collect::<Vec<_>>())
}

/// Whether a span has something to do with a place; one without length may stand at either end.
fn touches(span: Span, place: Span) -> bool {
    span.overlaps(place)
        || (span.is_empty() || place.is_empty()) && span.start <= place.end && place.start <= span.end
}

/// The changes of a place; of conversion the characters there.
fn changes(cleaned: &Cleaned<'_>, place: Span) -> Vec<Change> {
    let mut at = Vec::new();
    for change in cleaned.changes().into_iter().filter(|change| touches(change.source, place)) {
        if change.kind != ChangeKind::Convert {
            at.push(change);
            continue;
        }
        let runs = cleaned.conversions(&change).into_iter().filter(|(source, _)| touches(*source, place));
        at.extend(runs.map(|(source, clean)| Change {
            kind: ChangeKind::Replace,
            source,
            clean,
            ..change.clone()
        }));
    }
    at
}

/// The block that a position stands in, whose facts decide there.
fn block(text: &str, pos: usize) -> Span {
    let mut start = 0;
    loop {
        match block_len(&text[start..]) {
            Some(len) if start + len <= pos => start += len,
            len => return Span::new(start, len.map_or(text.len(), |len| start + len)),
        }
    }
}

fn write_kept_off(
    out: &mut impl Write,
    cleaner: &Cleaner,
    text: &str,
    findings: &[Finding],
    place: Span,
) -> io::Result<()> {
    if code_spans(text).into_iter().any(|span| touches(span, place)) {
        writeln!(out, "Code stands here: no stage touches it.")?;
    }
    for pattern in cleaner.protected() {
        for found in pattern.find_iter(text) {
            if touches(Span::new(found.start(), found.end()), place) {
                let found = terminal::short(found.as_str());
                writeln!(out, "The pattern `{pattern}` protects {found}: no stage touches it.")?;
            }
        }
    }
    if findings.iter().any(|finding| finding.rule == RuleId::LostBytes) {
        writeln!(out, "Bytes are lost here and were not repaired: no later stage touches what is left.")?;
    }
    Ok(())
}

/// What the document says of the glosses and the glossed characters of a place.
fn write_glosses(out: &mut impl Write, facts: &DocFacts, text: &str, place: Span) -> io::Result<()> {
    let mut told = Vec::new();
    let glossed = gloss::glosses(text).filter(|gloss| touches(Span::new(gloss.at, gloss.span.end), place));
    let single = place.of(text).chars().filter(|&c| is_han(c) && place.len() == c.len_utf8());
    for c in glossed.map(|gloss| gloss.of).chain(single) {
        let Some((glossed, occurs)) = facts.glosses.table.counts(c).filter(|_| !told.contains(&c)) else {
            continue;
        };
        told.push(c);
        let reading = facts.glosses.table.reading(c).unwrap_or_default();
        writeln!(
            out,
            "{c} is glossed {glossed} of the {occurs} times that it stands here, first as {reading}."
        )?;
    }
    if !told.is_empty() {
        let who = match (facts.glosses.by_software, facts.glosses.scattered) {
            (true, false) => "software glossed this document, each time the same characters",
            (true, true) => "software glossed this document, at random",
            (false, _) => "nothing shows that software glossed this document: readings are the author's",
        };
        writeln!(out, "By all its glosses, {who}.")?;
    }
    Ok(())
}

fn write_script(out: &mut impl Write, facts: &DocFacts, place: &str) -> io::Result<()> {
    if !place.chars().any(|c| script::simplified(c) != c) {
        return Ok(());
    }
    let all = facts.traditional + facts.simplified;
    let what = if facts.is_traditional { "it is converted" } else { "one alone is reported, not converted" };
    writeln!(
        out,
        "{} of the document's {all} characters of one script alone are Traditional: {what}.",
        facts.traditional
    )
}

/// How the breaks above and below a place were judged.
fn write_breaks(out: &mut impl Write, facts: &DocFacts, text: &str, place: Span) -> io::Result<()> {
    let mut above: Option<(&str, usize)> = None;
    for line in lines(text).filter(|line| !line.is_blank()) {
        let start = line.text.as_ptr() as usize - text.as_ptr() as usize;
        let here = Span::new(start, start + line.text.len());
        if let Some((left, end)) = above
            && touches(Span::new(end, start), place)
        {
            write_break(out, facts, left, line.text)?;
        }
        if here.start > place.end {
            break;
        }
        above = Some((line.text, here.end));
    }
    Ok(())
}

fn write_break(out: &mut impl Write, facts: &DocFacts, left: &str, right: &str) -> io::Result<()> {
    let tail = left.char_indices().rev().nth(7).map_or(0, |(at, _)| at);
    let head = right.char_indices().nth(8).map_or(right.len(), |(at, _)| at);
    let sides = format!("{} ⏎ {}", terminal::short(&left[tail..]), terminal::short(&right[..head]));
    let Some(judged) = join::explain(facts, Break::between(left, right)) else {
        return writeln!(out, "The break {sides}: its shape is that of a paragraph's end.");
    };
    writeln!(
        out,
        "The break {sides}: a cut with probability {:.2}; joined from {:.2} on. Log odds {:+.2} before the document's other breaks are weighed, from",
        judged.confidence, judged.safe, judged.log_odds
    )?;
    for (name, value, weight) in judged.features.iter().take(FEATURES) {
        writeln!(out, "  {weight:+6.2}  {name} = {value:.2}")?;
    }
    let rest = judged.features.len().saturating_sub(FEATURES);
    if rest > 0 {
        writeln!(out, "  and {rest} features that weigh less")?;
    }
    Ok(())
}

/// Which stages looked and proposed nothing, and which did not look.
fn write_stages(
    out: &mut impl Write,
    cleaner: &Cleaner,
    facts: &DocFacts,
    seen: &[RuleId],
) -> io::Result<()> {
    let config = cleaner.config();
    let (mut silent, mut off, mut foreign) = (Vec::new(), Vec::new(), Vec::new());
    for stage in stages::all() {
        let id = stage.id();
        let list = if !config.runs(id) {
            &mut off
        } else if !facts.is_chinese() && !stage.is_for_any_language() {
            &mut foreign
        } else if seen.iter().any(|rule| rule.rule().stage == id) {
            continue;
        } else {
            &mut silent
        };
        list.push(id);
    }
    let barred: Vec<&str> =
        RuleId::ALL.iter().filter(|&&rule| !config.selects(rule)).map(|rule| rule.code()).collect();
    let names = |stages: &[StageId]| stages.iter().map(|stage| stage.name()).collect::<Vec<_>>().join(", ");
    if !silent.is_empty() {
        writeln!(out, "Looked here and proposed nothing: {}.", names(&silent))?;
    }
    if !foreign.is_empty() {
        writeln!(out, "Not for a document that is mostly not Chinese: {}.", names(&foreign))?;
    }
    if !off.is_empty() {
        writeln!(out, "Switched off by the configuration: {}.", names(&off))?;
    }
    if !barred.is_empty() {
        writeln!(out, "Rules that the configuration bars: {}.", barred.join(", "))?;
    }
    Ok(())
}
