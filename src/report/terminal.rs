//! The explained diff of a document, for people: each cluster of changes in its context as one merged
//! paragraph, and below it the reasons.
//!
//! Made from the edits themselves, not by comparing two texts, so it says what was really done. Script
//! conversion would flood everything else: beside other changes it is shown as new text, dimmed, and
//! counted.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Write};

use super::marks::{self, Mark, MarkKind};
use super::place::Places;
use super::visible;
use super::{Counts, Filter};
use crate::edit::{Bias, Change, ChangeKind, Span};
use crate::pipeline::{Cleaned, Finding};
use crate::rules::RuleId;

/// Cells of context on each side: twenty Han characters.
const CONTEXT: usize = 40;
/// Changed text wider than this is folded.
const FOLD: usize = 40;
/// Bytes before and behind a folded drop in which its copy is looked for.
const NEAR: usize = 1 << 14;
/// A cluster longer than this, in bytes, ends with the next sentence.
const LONG: usize = 1000;

/// How changes are marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `[-deleted-]{+inserted+}`.
    Plain,
    /// Deleted red and struck, inserted green and underlined.
    Colour,
}

/// How a stretch of text looks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Context,
    Converted,
    Deleted,
    Inserted,
    /// What a finding is about.
    Noted,
    Heading,
    Code,
}

impl Style {
    /// What stands before and behind a stretch.
    fn signs(self, look: Look) -> (&'static str, &'static str) {
        match (self, look) {
            (_, Look::Context) | (Style::Plain, Look::Converted | Look::Heading | Look::Code) => ("", ""),
            (Style::Plain, Look::Deleted) => ("[-", "-]"),
            (Style::Plain, Look::Inserted) => ("{+", "+}"),
            (Style::Plain, Look::Noted) => ("[=", "=]"),
            (Style::Colour, Look::Converted) => ("\x1b[2m", "\x1b[0m"),
            (Style::Colour, Look::Deleted) => ("\x1b[31;9m", "\x1b[0m"),
            (Style::Colour, Look::Inserted) => ("\x1b[32;4m", "\x1b[0m"),
            (Style::Colour, Look::Noted) => ("\x1b[33;4m", "\x1b[0m"),
            (Style::Colour, Look::Heading) => ("\x1b[1m", "\x1b[0m"),
            (Style::Colour, Look::Code) => ("\x1b[36m", "\x1b[0m"),
        }
    }

    fn paint<T: fmt::Display>(self, look: Look, text: T) -> Painted<T> {
        Painted(self.signs(look), text)
    }
}

struct Painted<T>((&'static str, &'static str), T);

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self((start, end), text) = self;
        write!(f, "{start}{text}{end}")
    }
}

/// Writes what was changed in a document, then what was only found, as far as `filter` shows it. `changes` are the
/// document's own.
///
/// # Errors
/// If `out` cannot be written to.
pub fn write_document(
    out: &mut impl Write,
    path: &str,
    cleaned: &Cleaned<'_>,
    changes: &[Change],
    style: Style,
    filter: &Filter,
) -> io::Result<()> {
    if changes.is_empty() && cleaned.findings().is_empty() {
        return Ok(());
    }
    View::new(path, cleaned, changes, cleaned.findings(), style, filter).write(out)
}

/// Writes some of a document's changes and findings.
///
/// # Errors
/// If `out` cannot be written to.
#[cfg(feature = "cli")]
pub(crate) fn write_place(
    out: &mut impl Write,
    path: &str,
    cleaned: &Cleaned<'_>,
    changes: &[Change],
    findings: &[Finding],
    style: Style,
) -> io::Result<()> {
    View::new(path, cleaned, changes, findings, style, &Filter::default()).write(out)
}

/// A text as it may go to a terminal, folded if it is long.
#[cfg(feature = "cli")]
pub(crate) fn short(text: &str) -> String {
    visible::folded(visible::text(text), FOLD)
}

/// Writes what each rule did, and of which of them `filter` shows nothing.
///
/// # Errors
/// If `out` cannot be written to.
pub fn write_counts(out: &mut impl Write, counts: &Counts, style: Style, filter: &Filter) -> io::Result<()> {
    for (rule, count) in counts.iter() {
        let numbers = [(count.edits, "edit"), (count.converted, "character"), (count.findings, "finding")];
        let told: Vec<String> =
            numbers.iter().filter(|(n, _)| *n > 0).map(|&(n, what)| plural(n, what)).collect();
        writeln!(
            out,
            "{} {:<22} {}{}",
            style.paint(Look::Code, rule.code()),
            rule.rule().name,
            told.join(", "),
            if filter.shows(rule) { "" } else { " (hidden)" }
        )?;
    }
    Ok(())
}

fn plural(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

struct View<'a> {
    path: String,
    cleaned: &'a Cleaned<'a>,
    changes: &'a [Change],
    findings: &'a [Finding],
    places: Places<'a>,
    /// Runs of converted characters in the clean text, ascending; empty where they are marked as changes.
    converted: Vec<Span>,
    style: Style,
    filter: &'a Filter,
}

impl<'a> View<'a> {
    fn new(
        path: &str,
        cleaned: &'a Cleaned<'a>,
        changes: &'a [Change],
        findings: &'a [Finding],
        style: Style,
        filter: &'a Filter,
    ) -> Self {
        let places = Places::of(cleaned.original());
        let path = visible::text(path);
        Self { path, cleaned, changes, findings, places, converted: Vec::new(), style, filter }
    }

    fn write(mut self, out: &mut impl Write) -> io::Result<()> {
        let marks = self.marks();
        let text_len = self.cleaned.text().len();
        let (mut from, mut free) = (0, 0);
        let mut end = marks.first().map_or(0, |mark| mark.clean.end);
        for (i, mark) in marks.iter().enumerate() {
            if !self.is_near(marks[from].clean.start, end, mark.clean.start) {
                self.write_cluster(out, &marks[from..i], Span::new(free, mark.clean.start))?;
                (from, free) = (i, end);
            }
            end = end.max(mark.clean.end);
        }
        if from < marks.len() {
            self.write_cluster(out, &marks[from..], Span::new(free, text_len))?;
        }
        let mut findings = self.findings.iter().filter(|finding| self.filter.shows(finding.rule));
        findings.try_for_each(|finding| self.write_finding(out, finding))
    }

    /// What to mark, in the order of the clean text.
    fn marks(&mut self) -> Vec<Mark> {
        let is_shown = |change: &Change| self.filter.shows_change(change);
        let conversion_only =
            self.changes.iter().all(|change| change.kind == ChangeKind::Convert || !is_shown(change));
        let mut marks = marks::of(self.cleaned, self.changes);
        marks.retain(|mark| is_shown(&self.changes[mark.change]));
        let runs = |mark: &Mark| self.cleaned.conversions(&self.changes[mark.change]).into_iter();
        if conversion_only {
            let split = |mark: Mark| runs(&mark).map(move |(source, clean)| Mark { source, clean, ..mark });
            return marks.into_iter().flat_map(split).collect();
        }
        let conversions = marks.iter().filter(|mark| mark.kind == MarkKind::Convert);
        self.converted = conversions.flat_map(runs).map(|(_, clean)| clean).collect();
        marks.retain(|mark| mark.kind != MarkKind::Convert);
        marks
    }

    /// Whether a change at `start` belongs to the cluster that reaches from `first` to `end`.
    fn is_near(&self, first: usize, end: usize, start: usize) -> bool {
        if start <= end {
            return true;
        }
        let gap = &self.cleaned.text()[end..start];
        let is_long = end - first > LONG;
        visible::fits(gap, 2 * CONTEXT) && !(is_long && gap.contains(['。', '！', '？', '；']))
    }

    /// Writes a cluster and its context, which ends where other changes begin.
    fn write_cluster(&self, out: &mut impl Write, marks: &[Mark], free: Span) -> io::Result<()> {
        let text = self.cleaned.text();
        let start = marks[0].clean.start;
        let end = marks.iter().map(|mark| mark.clean.end).max().unwrap_or(start);
        let (head, tail) = context(text, Span::new(start, end));
        let head = Span::new(head.start.max(free.start), head.end);
        let tail = Span::new(tail.start, tail.end.min(free.end));
        let reasons = Reasons::of(self.changes, marks);
        let mut labels = reasons.of.iter().filter(|_| reasons.list.len() > 1);
        let mut line = Line::new(self);
        line.text.reserve(2 * (tail.end - head.start));
        line.open(text, head.start);
        line.copy(head, Look::Context);
        // Inside a moved stretch what was not changed is new to its place.
        let (mut pos, mut moved) = (start, Span::default());
        for mark in marks {
            let moved_until = moved.end.clamp(pos, mark.clean.start.max(pos));
            line.copy(Span::new(pos, moved_until), Look::Inserted);
            line.copy(Span::new(moved_until, mark.clean.start.max(moved_until)), Look::Context);
            pos = pos.max(mark.clean.start);
            match mark.kind {
                MarkKind::Replace | MarkKind::Convert => {
                    line.changed(Look::Deleted, mark.source.of(self.cleaned.original()));
                    line.changed(Look::Inserted, mark.clean.of(text));
                }
                MarkKind::Origin => line.changed(Look::Deleted, mark.source.of(self.cleaned.original())),
                MarkKind::Target => {
                    moved = mark.clean;
                    line.label(labels.next());
                    continue;
                }
            }
            if mark.kind == MarkKind::Convert {
                line.converted += mark.clean.of(text).chars().count();
            } else {
                line.label(labels.next());
            }
            pos = pos.max(mark.clean.end);
        }
        line.copy(Span::new(pos, moved.end.max(pos)), Look::Inserted);
        line.copy(tail, Look::Context);
        line.close(text, tail.end);

        self.write_heading(out, self.place(&marks[0]), "")?;
        writeln!(out, "{}", line.text)?;
        for (number, reason) in (1..).zip(&reasons.list) {
            self.write_reason(out, number, reason)?;
        }
        self.write_copies(out, marks)?;
        if line.converted > 0 {
            writeln!(out, "  {} of script conversion", plural(line.converted, "character"))?;
        }
        writeln!(out)
    }

    /// Where in the original a mark stands.
    fn place(&self, mark: &Mark) -> usize {
        match mark.kind {
            MarkKind::Target if mark.clean.start == 0 => 0,
            MarkKind::Target => self.cleaned.to_original(mark.clean.start, Bias::Left),
            _ => mark.source.start,
        }
    }

    fn write_heading(&self, out: &mut impl Write, pos: usize, what: &str) -> io::Result<()> {
        let (path, place) = (&self.path, self.places.at(pos));
        writeln!(out, "{}", self.style.paint(Look::Heading, format_args!("{path} {place}{what}")))
    }

    /// One line for each rule that had a part in it.
    fn write_reason(&self, out: &mut impl Write, number: usize, reason: &Reason) -> io::Result<()> {
        let change = &self.changes[reason.change];
        for (i, &rule) in change.rules.iter().enumerate() {
            match i {
                0 => write!(out, "  {number} ")?,
                _ => write!(out, "  {:width$} ", "", width = number.ilog10() as usize + 1)?,
            }
            self.write_rule(out, rule, change.confidence)?;
            if change.kind == ChangeKind::Move {
                let (from, to) = (self.places.at(change.source.start), self.places.at(self.target(change)));
                write!(out, ", moved from {}:{} to {}:{}", from.line, from.column, to.line, to.column)?;
            }
            if reason.times > 1 {
                write!(out, " ×{}", reason.times)?;
            }
            writeln!(out)?;
        }
        Ok(())
    }

    /// Says where the copies stay of what was dropped and is folded.
    fn write_copies(&self, out: &mut impl Write, marks: &[Mark]) -> io::Result<()> {
        let is_drop = |mark: &&Mark| mark.kind == MarkKind::Replace && mark.clean.is_empty();
        let mut dropped = String::new();
        for mark in marks.iter().filter(is_drop) {
            dropped.clear();
            visible::push_changed(&mut dropped, mark.source.of(self.cleaned.original()));
            if !visible::is_folded(&dropped, FOLD) {
                continue;
            }
            if let Some(copy) = self.copy(mark.source) {
                let place = self.places.at(copy);
                let start = &dropped[..visible::head(&dropped, FOLD / 2)];
                writeln!(out, "  {start}… stays at {}:{}", place.line, place.column)?;
            }
        }
        Ok(())
    }

    /// Where nearby in the original the text of a span stands once more.
    fn copy(&self, span: Span) -> Option<usize> {
        let original = self.cleaned.original();
        let text = span.of(original).trim();
        let from = original.floor_char_boundary(span.start.saturating_sub(NEAR));
        let until = original.ceil_char_boundary(span.end.saturating_add(NEAR));
        let before = original[from..span.start].rfind(text).map(|at| from + at);
        before.or_else(|| original[span.end..until].find(text).map(|at| span.end + at))
    }

    fn target(&self, change: &Change) -> usize {
        self.place(&Mark {
            kind: MarkKind::Target,
            change: change.id,
            source: change.source,
            clean: change.clean,
        })
    }

    fn write_rule(&self, out: &mut impl Write, rule: RuleId, confidence: f32) -> io::Result<()> {
        let percent = percent(confidence);
        let (name, summary) = (rule.rule().name, rule.rule().summary);
        let code = self.style.paint(Look::Code, rule.code());
        write!(out, "{code} {name} {}.{:02} {summary}", percent / 100, percent % 100)
    }

    fn write_finding(&self, out: &mut impl Write, finding: &Finding) -> io::Result<()> {
        let original = self.cleaned.original();
        self.write_heading(out, finding.span.start, " finding")?;
        let (head, tail) = context(original, finding.span);
        let mut line = Line::new(self);
        line.open(original, head.start);
        visible::push_text(&mut line.text, head.of(original));
        match &finding.proposal {
            Some(proposal) => {
                line.changed(Look::Deleted, finding.span.of(original));
                line.changed(Look::Inserted, proposal);
            }
            None => line.changed(Look::Noted, finding.span.of(original)),
        }
        visible::push_text(&mut line.text, tail.of(original));
        line.close(original, tail.end);
        write!(out, "{}\n  ", line.text)?;
        self.write_rule(out, finding.rule, finding.confidence)?;
        writeln!(out, "\n")
    }
}

/// Why a cluster's changes were made: alike ones share a reason, each move is one of its own.
struct Reasons {
    list: Vec<Reason>,
    /// Position in `list` of each mark that is not of conversion.
    of: Vec<usize>,
}

struct Reason {
    /// The first change made for it.
    change: usize,
    times: usize,
}

impl Reasons {
    fn of(changes: &[Change], marks: &[Mark]) -> Self {
        let mut reasons = Self { list: Vec::new(), of: Vec::with_capacity(marks.len()) };
        // There are few that are alike, but any number of moves, each of which has two marks at most.
        let (mut alike, mut moves): (Vec<usize>, _) = (Vec::new(), HashMap::new());
        for mark in marks.iter().filter(|mark| mark.kind != MarkKind::Convert) {
            let change = &changes[mark.change];
            let is_move = change.kind == ChangeKind::Move;
            let is_alike = |&&reason: &&usize| {
                let first = &changes[reasons.list[reason].change];
                first.rules == change.rules && percent(first.confidence) == percent(change.confidence)
            };
            let known = match is_move {
                true => moves.get(&mark.change),
                false => alike.iter().find(is_alike),
            };
            let reason = known.copied().unwrap_or(reasons.list.len());
            if reason == reasons.list.len() {
                reasons.list.push(Reason { change: mark.change, times: 0 });
                match is_move {
                    true => drop(moves.insert(mark.change, reason)),
                    false => alike.push(reason),
                }
            }
            if !is_move {
                reasons.list[reason].times += 1;
            }
            reasons.of.push(reason);
        }
        reasons
    }
}

/// A confidence in hundredths, as it is shown.
fn percent(confidence: f32) -> u32 {
    (confidence.clamp(0.0, 1.0) * 100.0).round() as u32
}

/// The rest of the line before and behind a span, as far as context reaches.
fn context(text: &str, span: Span) -> (Span, Span) {
    let head = visible::tail(&text[..span.start], CONTEXT);
    let behind = &text[span.end..];
    let behind = behind[..visible::head(behind, CONTEXT)].trim_end_matches('\r');
    (Span::new(head, span.start), Span::new(span.end, span.end + behind.len()))
}

/// The merged line of a cluster.
struct Line<'v> {
    view: &'v View<'v>,
    text: String,
    /// Characters in it that were converted.
    converted: usize,
}

impl<'v> Line<'v> {
    fn new(view: &'v View<'v>) -> Self {
        Self { view, text: String::from("  "), converted: 0 }
    }

    /// Says whether the line of `text` began before the context that starts at `pos`.
    fn open(&mut self, text: &str, pos: usize) {
        if pos > 0 && !text[..pos].ends_with('\n') {
            self.text.push('…');
        }
    }

    /// Says whether the line of `text` goes on behind the context that ends at `pos`.
    fn close(&mut self, text: &str, pos: usize) {
        if pos < text.len() && !text[pos..].starts_with(['\n', '\r']) {
            self.text.push('…');
        }
    }

    /// The number that leads from a change to its reason, where there is a choice.
    fn label(&mut self, reason: Option<&usize>) {
        const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
        if let Some(reason) = reason {
            let mut number = itoa::Buffer::new();
            let digits = number.format(reason + 1).bytes();
            self.text.extend(digits.map(|digit| DIGITS[usize::from(digit - b'0')]));
        }
    }

    /// Clean text that no change but conversion touched.
    fn copy(&mut self, span: Span, look: Look) {
        let text = self.view.cleaned.text();
        if look == Look::Inserted {
            self.changed(look, span.of(text));
            return;
        }
        let mut pos = span.start;
        let converted = &self.view.converted;
        let from = converted.partition_point(|run| run.end <= span.start);
        for run in converted[from..].iter().take_while(|run| run.start < span.end) {
            let run = Span::new(run.start.max(span.start), run.end.min(span.end));
            visible::push_text(&mut self.text, &text[pos..run.start]);
            let (before, behind) = self.view.style.signs(Look::Converted);
            self.text.push_str(before);
            visible::push_text(&mut self.text, run.of(text));
            self.text.push_str(behind);
            self.converted += run.of(text).chars().count();
            pos = run.end;
        }
        visible::push_text(&mut self.text, &text[pos..span.end]);
    }

    fn changed(&mut self, look: Look, text: &str) {
        if !text.is_empty() || look == Look::Noted {
            let (before, behind) = self.view.style.signs(look);
            self.text.push_str(before);
            let from = self.text.len();
            visible::push_changed(&mut self.text, text);
            visible::fold(&mut self.text, from, FOLD);
            self.text.push_str(behind);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::edit::{Layer, PatchBuilder};
    use crate::report::testing::{rounds, run};

    fn shown(cleaned: &Cleaned<'_>, style: Style) -> String {
        let mut out = Vec::new();
        write_document(&mut out, "a.txt", cleaned, &cleaned.changes(), style, &Filter::default()).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn edited(text: &str, edit: impl FnOnce(&mut PatchBuilder<'_>)) -> (String, Layer) {
        let mut patch = PatchBuilder::new(text);
        edit(&mut patch);
        patch.finish().apply()
    }

    fn at(text: &str, what: &str) -> Span {
        let start = text.find(what).unwrap();
        Span::new(start, start + what.len())
    }

    #[test]
    fn a_cluster_has_place_context_and_reasons() {
        let text = "题目\n\n开展集中教育整\n\n顿暨专项整治 行动,成效好。\n";
        let (clean, layer) = edited(text, |patch| {
            patch
                .replace(
                    Span::new(at(text, "整\n").start + 3, at(text, "顿").start),
                    "",
                    RuleId::CutParagraph,
                    0.98,
                )
                .unwrap();
            patch.replace(at(text, " "), "", RuleId::WrapSpace, 1.0).unwrap();
            patch.replace(at(text, ","), "，", RuleId::HalfWidthMark, 1.0).unwrap();
        });
        let cleaned = Cleaned::of_layer(text, clean, layer, Vec::new());
        let expected = "\
a.txt ¶2 3:8
  开展集中教育整[-⏎⏎-]¹顿暨专项整治[-□-]²行动[-,-]{+，+}³成效好。
  1 REF003 cut-paragraph 0.98 a paragraph cut inside a word or sentence
  2 REF002 wrap-space 1.00 a space where the column wrapped
  3 PUN001 half-width-mark 1.00 a half-width mark in a Chinese context

";
        assert_eq!(shown(&cleaned, Style::Plain), expected);
        let colour = shown(&cleaned, Style::Colour);
        assert!(colour.contains("整\x1b[31;9m⏎⏎\x1b[0m¹顿"), "{colour}");
        assert!(colour.contains("\x1b[31;9m,\x1b[0m\x1b[32;4m，\x1b[0m³成效好"), "{colour}");
    }

    #[test]
    fn a_move_is_shown_at_both_ends() {
        let filler = "市里召开会议部署重点工作，".repeat(9);
        let text = format!("同时重【图】点聚焦。{filler}\n\n下段。\n");
        let (clean, layer) = edited(&text, |patch| {
            patch.relocate(at(&text, "【图】"), text.find("\n\n").unwrap(), RuleId::Caption, 0.9).unwrap();
            patch.replace(at(&text, "图"), "照", RuleId::KangxiRadical, 1.0).unwrap();
        });
        let cleaned = Cleaned::of_layer(&text, clean, layer, Vec::new());
        let shown = shown(&cleaned, Style::Plain);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines[0], "a.txt ¶1 1:4");
        assert!(lines[1].starts_with("  同时重[-【图】-]点聚焦。"), "{shown}");
        assert!(lines[2].ends_with("moved from 1:4 to 1:128"), "{shown}");
        assert_eq!(lines[4], "a.txt ¶1 1:128");
        assert!(lines[5].ends_with("重点工作，¹{+【+}[-图-]{+照+}²{+】+}"), "{shown}");
        assert!(lines[6].starts_with("  1 FUR003"), "{shown}");
        assert!(lines[7].starts_with("  2 REC004"), "{shown}");
    }

    #[test]
    fn conversion_is_counted_beside_other_changes() {
        let text = "國家體制,國體";
        let cleaner = crate::Cleaner::new(crate::Config::default()).unwrap();
        let shown = shown(&cleaner.clean(text), Style::Plain);
        assert!(shown.contains("  国家体制[-,-]{+，+}国体\n"), "{shown}");
        assert!(shown.contains("  4 characters of script conversion\n"), "{shown}");
        let alone = self::shown(&cleaner.clean("國家體制"), Style::Plain);
        assert!(alone.contains("  [-國-]{+国+}家[-體-]{+体+}制\n"), "{alone}");
    }

    #[test]
    fn long_changes_are_folded_and_far_ones_stand_apart() {
        let far = "一二三四五六七八九十".repeat(5);
        let text = format!("甲,{far},乙\n丙,{}", "丁".repeat(100));
        let (clean, layer) = edited(&text, |patch| {
            for (i, _) in text.match_indices(',') {
                patch.replace(Span::new(i, i + 1), "，", RuleId::HalfWidthMark, 1.0).unwrap();
            }
            patch
                .replace(Span::new(text.find('丁').unwrap(), text.len()), "", RuleId::TailFragment, 1.0)
                .unwrap();
        });
        let cleaned = Cleaned::of_layer(&text, clean, layer, Vec::new());
        let shown = shown(&cleaned, Style::Plain);
        let clusters: Vec<&str> =
            shown.lines().filter(|line| line.starts_with("  ") && !line.contains(" 1.00 ")).collect();
        let ten = "一二三四五六七八九十";
        assert_eq!(clusters[0], format!("  甲[-,-]{{+，+}}{ten}{ten}…"));
        assert_eq!(clusters[1], format!("  …{ten}{ten}[-,-]{{+，+}}乙"));
        let side = "丁".repeat(10);
        assert_eq!(clusters[2], format!("  丙[-,-]{{+，+}}¹[-{side}…80…{side}-]²"));
    }

    #[test]
    fn findings_follow() {
        let text = "刘鹹说\n";
        let finding = |proposal| Finding {
            rule: RuleId::IsolatedTraditional,
            span: at(text, "鹹"),
            proposal,
            target: None,
            confidence: 1.0,
        };
        let findings = vec![finding(None), finding(Some("咸".to_owned()))];
        let cleaned = Cleaned::of_layer(text, text.to_owned(), Layer::identity(text.len()), findings);
        let shown = shown(&cleaned, Style::Plain);
        assert!(
            shown
                .starts_with("a.txt ¶1 1:2 finding\n  刘[=鹹=]说\n  SCR002 isolated-traditional 1.00 a Trad"),
            "{shown}"
        );
        assert!(shown.contains("\n  刘[-鹹-]{+咸+}说\n"), "{shown}");
    }

    #[test]
    fn a_folded_drop_says_where_its_copy_stays() {
        let sentence = "要把思想和行动统一到会议精神上来，抓好各项任务落实。";
        let text = format!("题目\n\n{sentence}{sentence}\n");
        let cleaner = crate::Cleaner::new(crate::Config::default()).unwrap();
        let shown = shown(&cleaner.clean(&text), Style::Plain);
        assert!(
            shown.contains("REP004") && shown.contains("  要把思想和行动统一到… stays at 3:1\n"),
            "{shown}"
        );
    }

    #[test]
    fn rules_are_shown_and_hidden() {
        let cleaner = crate::Cleaner::new(crate::Config::default()).unwrap();
        let cleaned = cleaner.clean("經濟發展,人民安居。(下轉第3版)\n");
        let changes = cleaned.changes();
        let shown = |show: &[RuleId], hide: &[RuleId]| {
            let filter = Filter { show: show.to_vec(), hide: hide.to_vec() };
            let mut out = Vec::new();
            write_document(&mut out, "a.txt", &cleaned, &changes, Style::Plain, &filter).unwrap();
            write_counts(&mut out, &Counts::of(&cleaned, &changes), Style::Plain, &filter).unwrap();
            String::from_utf8(out).unwrap()
        };
        let marks = shown(&[RuleId::HalfWidthMark], &[]);
        assert!(marks.contains("发展[-,-]{+，+}人民安居。\n"), "{marks}");
        assert!(marks.contains("PUN001 half-width-mark        1 edit\n"), "{marks}");
        assert!(marks.contains("FUR001 jump-line              1 edit (hidden)\n"), "{marks}");
        let others = shown(&[], &[RuleId::HalfWidthMark, RuleId::JumpLine]);
        assert!(others.contains("[-經濟發-]{+经济发+}展，人民安居。\n"), "{others}");
    }

    proptest! {
        #[test]
        fn any_change_can_be_shown(text in "[國體字ab\n。\u{1b}\u{202e}\r]{0,200}", rounds in rounds()) {
            let (clean, layer) = run(&text, &rounds);
            let cleaned = Cleaned::of_layer(&text, clean, layer, Vec::new());
            let shown = shown(&cleaned, Style::Plain);
            let is_raw = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            prop_assert!(!shown.contains(is_raw));
            prop_assert_eq!(shown.is_empty(), cleaned.changes().is_empty());
        }
    }
}
