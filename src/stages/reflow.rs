//! Rejoins what the page broke: hard-wrapped lines, spaces left by wraps, at random or between all characters, hyphenated
//! words, paragraphs cut inside a sentence. Lists, verse, tables, Markdown and code stay as they are.

mod letters;
mod paragraphs;
mod stray;

use std::ops::RangeInclusive;
use std::sync::LazyLock;

use memchr::memmem::{self, Finder};

use crate::chars::{
    Line, cells, ends_sentence, is_closing, is_full_mark, is_han, is_opening, is_pause, is_stop,
    is_terminated, lines,
};
use crate::edit::Span;
use crate::join::{self, Break, Judged};
use crate::lexicon::english;
use crate::pipeline::{Doc, Proposals};
use crate::rules::{Applicability, RuleId, StageId};
use crate::shape;
use crate::stages::Stage;
use crate::stages::reflow::paragraphs::Separator;

/// Widths of a column, in cells: narrower lines are verse or a table, wider ones no column.
const COLUMN: RangeInclusive<usize> = 16..=120;
/// Cells by which a full line may fall short of its column: one character kept off a line's start or end.
const SLACK: usize = 3;
/// Cells by which the next line of a column may differ from the one before, where the wraps became spaces.
const DRIFT: usize = 5;
/// Cells by which a line falls short or runs over because a mark cannot begin or end one.
const KINSOKU: usize = 2;
/// Half-width marks that a space is typed behind.
const TYPED: [char; 7] = [',', '.', ':', ';', '?', '!', ')'];
/// Lines of a column between two of whose wraps no space was left.
const LINES: usize = 4;
/// A document that is one line counts as one that lost its breaks from this many characters on.
const LONG_LINE: usize = 200;
/// Characters of a line of running prose.
const PROSE: usize = 30;
/// Han characters from one space to the next, at the most, in text that is parted into its words.
const WORD: usize = 4;
/// Full lines across whose ends words are looked for.
const SAMPLE: usize = 512;
/// Of so many full lines that end a sentence, less than one ends its paragraph too where that is taken to be rare.
const RARE_ENDS: usize = 3;

/// What ends a line inside a Latin word.
const HYPHENS: [char; 4] = ['-', '\u{2010}', '\u{ad}', '¬'];
/// Prefixes that are no words and keep their hyphen where the word list does not have the whole.
const PREFIXES: [&str; 3] = ["non", "pseudo", "quasi"];

/// The stage.
#[derive(Debug)]
pub struct Reflow;

impl Stage for Reflow {
    fn id(&self) -> StageId {
        StageId::Reflow
    }

    fn is_for_any_language(&self) -> bool {
        true
    }

    fn scan(&self, doc: &Doc<'_>, out: &mut Proposals<'_>) {
        let layout = Layout::of(doc.text, |line| out.covers(Span::new(line.start, line.end())));
        if layout.filled.is_empty() {
            return;
        }
        if doc.facts.is_chinese() {
            letters::close(&layout, out);
            lost_breaks(doc, &layout, out);
            let spaced = || {
                layout
                    .filled
                    .iter()
                    .map(|&i| &layout.lines[i])
                    .filter(|l| !l.code && has_space(l.line.text))
                    .map(|l| l.line)
            };
            wrap_spaces(doc, spaced(), out);
            stray::close(doc, spaced(), out);
            spaced().for_each(|line| mark_spaces(line, out));
        }
        let column = layout.column(&doc.facts.judged);
        // What of the other breaks are cuts, the paragraphs will say.
        let wrapped = column.is_some_and(|column| layout.has_wraps(column));
        let is_prose = doc.facts.is_chinese() || !is_source_code(&layout);
        let separator = Separator::of(doc, &layout);
        for pair in layout.filled.windows(2) {
            let (above, below) = (&layout.lines[pair[0]], &layout.lines[pair[1]]);
            let wrap = column.and_then(|column| layout.wrap(column, [pair[0], pair[1]]));
            let joined = !above.code
                && !below.code
                && (is_prose && hyphenation(doc, above.line, below.line, out)
                    || match wrap {
                        Some(applicability) => {
                            join_lines(above.line, below.line, RuleId::HardWrap, 0.995, applicability, out)
                        }
                        None => !wrapped && rejoin(doc, above.line, below.line, out),
                    });
            let done = joined || is_prose && separator.part(doc, &layout, (pair[0], pair[1]), out);
            if !done && doc.facts.is_chinese() && pair[1] - pair[0] > 2 {
                let gap = Span::new(layout.lines[pair[0] + 1].line.start, below.line.start);
                out.replace(gap, doc.facts.newline(), RuleId::BlankLines);
            }
        }
        outer_blank_lines(doc, &layout, out);
        if is_prose && !doc.facts.is_end {
            separator.end(doc, &layout, layout.filled[layout.filled.len() - 1], out);
        }
    }
}

/// A line of a document.
struct LayoutLine<'t> {
    line: Line<'t>,
    /// Its [`width_in_column`].
    width: usize,
    /// Whether it is code or protected as a whole.
    code: bool,
}

/// The lines of a document.
struct Layout<'t> {
    lines: Vec<LayoutLine<'t>>,
    /// Indices of the lines that are not blank.
    filled: Vec<usize>,
}

/// The column that a document was set in.
#[derive(Clone, Copy)]
struct Column {
    /// Cells of a full line.
    width: usize,
    /// A full line goes on even if a sentence ends with it: paragraphs begin with an indent, or stand apart, or
    /// are so long that hardly any ends at the end of a line.
    shows_paragraphs: bool,
}

impl Column {
    fn is_full(self, line: &LayoutLine<'_>) -> bool {
        (self.width - SLACK..=self.width).contains(&line.width)
    }
}

impl<'t> Layout<'t> {
    fn of(text: &'t str, is_code: impl Fn(Line<'t>) -> bool) -> Self {
        let all: Vec<_> = lines(text)
            .map(|line| LayoutLine { line, width: width_in_column(line.text), code: is_code(line) })
            .collect();
        let filled = (0..all.len()).filter(|&i| !all[i].line.is_blank()).collect();
        Self { lines: all, filled }
    }

    /// The width at which lines that follow one another directly were wrapped, if they were: most are
    /// of one width, and words run across their ends. Verse has the first without the second.
    fn column(&self, judged: &Judged) -> Option<Column> {
        let wrapped: Vec<[&LayoutLine<'_>; 2]> = self
            .filled
            .windows(2)
            .filter(|pair| pair[1] == pair[0] + 1)
            .map(|pair| [&self.lines[pair[0]], &self.lines[pair[1]]])
            .filter(|pair| pair.iter().all(|line| !line.code))
            .collect();
        let widths: Vec<usize> = wrapped.iter().map(|[above, _]| above.width).collect();
        let (width, full) = commonest(&widths)?;
        let wider = widths.iter().filter(|&&w| w > width).count();
        if full < 2 || full * 2 < wrapped.len() || wider * 20 > wrapped.len() {
            return None;
        }
        let column = |shows_paragraphs| Column { width, shows_paragraphs };
        let breaks = || wrapped.iter().filter(|[above, _]| column(false).is_full(above));
        // Dear: no more of them than are needed.
        let is_sampled = join::sample(full, SAMPLE);
        let sample = || breaks().enumerate().filter(|&(i, _)| is_sampled(i)).map(|(_, pair)| pair);
        let needed = sample().count().div_ceil(6).max(2);
        let cuts =
            |[above, below]: &&[&LayoutLine<'_>; 2]| cuts_word(judged, above.line.text, below.line.text);
        if sample().filter(cuts).take(needed).count() < needed {
            return None;
        }
        let indents = self.filled.iter().any(|&i| self.lines[i].line.text.starts_with("\u{3000}\u{3000}"));
        // Where a blank line ends each paragraph, nearly every line that has none behind it is full.
        let apart = full * 50 >= wrapped.len() * 49 && self.filled.len() > wrapped.len() + 1;
        // A paragraph's last line is of any length: as many of them are full as one length in all has.
        let ends = |[above, _]: &&[&LayoutLine<'_>; 2]| is_terminated(above.line.text);
        let full_ends = breaks().filter(ends).count();
        let short_ends = wrapped.iter().filter(|pair| pair[0].width + SLACK < width && ends(pair)).count();
        let rare = short_ends * (SLACK + 1) * RARE_ENDS < full_ends * width;
        Some(column(indents || apart || rare))
    }

    /// Whether any line is to be joined to the next one because it is full.
    fn has_wraps(&self, column: Column) -> bool {
        let wrap = |pair: &[usize]| self.wrap(column, [pair[0], pair[1]]) == Some(Applicability::Safe);
        self.filled.windows(2).any(wrap)
    }

    /// Whether the break below a line is a wrap: how far the line may be joined to the next one.
    fn wrap(&self, column: Column, [i, next]: [usize; 2]) -> Option<Applicability> {
        let lines = [&self.lines[i], &self.lines[next]];
        let [above, below] = lines.map(|line| line.line.text);
        if next != i + 1
            || !column.is_full(lines[0])
            || lines.iter().any(|line| line.code)
            || shape::begins_paragraph(below)
            || shape::is_structure(above)
        {
            return None;
        }
        // A sentence that ends with the line may end the paragraph; a heading may fill a line too.
        let heading = || !column.is_full(lines[1]) && !is_terminated(below);
        let goes_on = (!is_terminated(above) || column.shows_paragraphs && !heading())
            && !shape::begins_report(below)
            && !shape::begins_with_source(below);
        Some(if goes_on { Applicability::Safe } else { Applicability::Unsafe })
    }
}

/// Whether a text is wrapped: what its lines say of its paragraphs will only be known when it is not.
#[must_use]
pub(crate) fn is_wrapped(text: &str, judged: &Judged) -> bool {
    let layout = Layout::of(text, |_| false);
    layout.column(judged).is_some_and(|column| layout.has_wraps(column))
}

/// The width of a column that most of `widths` fill or nearly fill, and how many do; the wider of two.
fn commonest(widths: &[usize]) -> Option<(usize, usize)> {
    let mut counts = [0; *COLUMN.end() + 1];
    for &w in widths.iter().filter(|w| **w <= *COLUMN.end()) {
        counts[w] += 1;
    }
    let near = |w: usize| counts[w - SLACK..=w].iter().sum();
    COLUMN.filter(|&w| counts[w] > 0).map(|w| (w, near(w))).max_by_key(|&(w, near)| (near, w))
}

/// Whether a word lies across the break.
fn cuts_word(judged: &Judged, above: &str, below: &str) -> bool {
    judged.cuts_word(Break::between(above, below))
}

/// Cells of a line as it was set, half-width marks standing for full-width ones; no line is read much beyond the
/// widest column.
fn width_in_column(text: &str) -> usize {
    let (mut width, mut behind, mut rest) = (0, ' ', text.trim_end());
    while width <= *COLUMN.end() {
        // Nearly every character is Han, from U+5000 to U+9FFF.
        let (characters, _) = rest.as_bytes().as_chunks();
        let room = (*COLUMN.end() - width) / 2 + 1;
        let han = characters.iter().take(room).take_while(|[lead, _, _]| matches!(lead, 0xe5..=0xe9)).count();
        if han > 0 {
            (width, behind, rest) = (width + 2 * han, '\0', &rest[3 * han..]);
            continue;
        }
        let Some(c) = rest.chars().next() else { break };
        // A space behind a half-width mark was typed, not set.
        let typed = c == ' ' && TYPED.contains(&behind);
        width += if typed { 0 } else { cells(c, true) };
        (behind, rest) = (c, &rest[c.len_utf8()..]);
    }
    width
}

/// Joins two lines, or paragraphs with blank lines between.
pub(crate) fn join_lines(
    above: Line<'_>,
    below: Line<'_>,
    rule: RuleId,
    confidence: f32,
    applicability: Applicability,
    out: &mut Proposals<'_>,
) -> bool {
    let (left, right) = (above.text.trim_end(), below.text.trim_start());
    let gap = Span::new(above.start + left.len(), below.end() - right.len());
    let glue = if join::joins_without_space(left, right) { "" } else { " " };
    out.propose(gap, glue, rule, confidence, applicability).is_some()
}

/// Joins two paragraphs if a cut parts them.
fn rejoin(doc: &Doc<'_>, above: Line<'_>, below: Line<'_>, out: &mut Proposals<'_>) -> bool {
    let at = Break::between(above.text, below.text);
    let assessed = join::assess(doc.facts, at);
    if assessed.is_join() {
        let applicability = if assessed.is_safe() { Applicability::Safe } else { Applicability::Unsafe };
        return join_lines(above, below, RuleId::CutParagraph, assessed.confidence, applicability, out);
    }
    let broken_off = doc.facts.is_cut()
        && !at.is_paragraph_end()
        && above.text.contains(|c| is_stop(c) || is_pause(c))
        && above.text.chars().nth(PROSE).is_some();
    if broken_off {
        let left = above.text.trim_end();
        let last = left.chars().next_back().map_or(0, char::len_utf8);
        let end = above.start + left.len();
        out.report(Span::new(end - last, end), RuleId::LostHalf);
    }
    false
}

/// Joins a word hyphenated at a line's end.
fn hyphenation(doc: &Doc<'_>, above: Line<'_>, below: Line<'_>, out: &mut Proposals<'_>) -> bool {
    let left = above.text.trim_end();
    let right = below.text.trim_start();
    let Some(hyphen) = left.chars().next_back().filter(|c| HYPHENS.contains(c)) else {
        return false;
    };
    let left = &left[..left.len() - hyphen.len_utf8()];
    let gap = Span::new(above.start + left.len(), below.start + below.text.len() - right.len());
    let latin = |c: char| c.is_ascii_alphabetic();
    let head = &left[left.trim_end_matches(latin).len()..];
    let tail = &right[..right.len() - right.trim_start_matches(latin).len()];
    if left.ends_with(is_han) && right.starts_with(is_han) {
        let applicability = if cuts_word(&doc.facts.judged, left, right) {
            Applicability::Safe
        } else {
            Applicability::Unsafe
        };
        return out.propose(gap, "", RuleId::Hyphenation, 0.99, applicability).is_some();
    }
    // Nobody breaks a word before a digit: Apache-2.0.
    let numbered = matches!(hyphen, '-' | '\u{2010}')
        && head.len() > 1
        && right.starts_with(|c: char| c.is_ascii_digit())
        && !shape::begins_paragraph(right);
    if numbered {
        return out.propose(gap, "-", RuleId::Hyphenation, 0.99, Applicability::Safe).is_some();
    }
    if head.is_empty() || tail.is_empty() {
        return false;
    }
    if tail.starts_with(|c: char| c.is_ascii_uppercase()) {
        // Nobody breaks a word before a capital: the hyphen is its own, but for formulae and words in capitals.
        let lower = |c: char| c.is_ascii_lowercase();
        let name = matches!(hyphen, '-' | '\u{2010}') && (tail.contains(lower) || head[1..].ends_with(lower));
        return name && out.propose(gap, "-", RuleId::Hyphenation, 0.99, Applicability::Safe).is_some();
    }
    let whole = format!("{head}{tail}");
    let compound = format!("{head}-{tail}");
    let written = |word: &str| {
        memmem::find_iter(doc.text.as_bytes(), word)
            .any(|i| !doc.text[..i].ends_with(latin) && !doc.text[i + word.len()..].starts_with(latin))
    };
    let soft = matches!(hyphen, '\u{ad}' | '¬');
    let (text, certain) = if soft || written(&whole) || !written(&compound) && is_english(&whole) {
        ("", true)
    } else if written(&compound) {
        ("-", true)
    } else {
        // A word of the document's own stands in it elsewhere, not beside a hyphen.
        let stands = |part: &str| {
            memmem::find_iter(doc.text.as_bytes(), part).any(|i| {
                let (before, behind) = (&doc.text[..i], &doc.text[i + part.len()..]);
                !before.trim_end().ends_with(HYPHENS)
                    && !before.ends_with(latin)
                    && !behind.starts_with(latin)
                    && !behind.starts_with(HYPHENS)
            })
        };
        let is_word = |part: &str| {
            is_english(part)
                || part.len() > 2 && (PREFIXES.contains(&&*part.to_ascii_lowercase()) || stands(part))
        };
        // A word of several hyphens (no-std-check), and a part that is no syllable (no-std).
        let chained = left[..left.len() - head.len()].ends_with(HYPHENS)
            || right[tail.len()..].starts_with(HYPHENS) && right.len() > tail.len() + 1;
        let vowel = |c: char| matches!(c.to_ascii_lowercase(), 'a' | 'e' | 'i' | 'o' | 'u' | 'y');
        let is_compound = chained || !head.contains(vowel) || !tail.contains(vowel);
        match (is_word(head), is_word(tail)) {
            (true, true) => ("-", true),
            (true, false) | (false, true) if is_compound => ("-", true),
            // Neither half is a word: together they are one that the list does not have.
            (false, false) => ("", true),
            _ => ("", false),
        }
    };
    let applicability = if certain { Applicability::Safe } else { Applicability::Unsafe };
    out.propose(gap, text, RuleId::Hyphenation, 0.99, applicability).is_some()
}

/// Whether a word or the word that it is formed from is in the word list.
fn is_english(word: &str) -> bool {
    const BEGINNINGS: [&str; 3] = ["re", "un", "de"];
    const ENDINGS: [&str; 8] = ["s", "es", "d", "ed", "ing", "ly", "er", "ers"];
    let is_formed = |word: &str| {
        let stems = ENDINGS.iter().filter_map(|end| word.strip_suffix(end));
        english::is_word(word) || stems.into_iter().any(|stem| stem.len() > 2 && english::is_word(stem))
    };
    let bare = BEGINNINGS.iter().filter_map(|start| word.strip_prefix(start));
    is_formed(word) || bare.into_iter().any(|word| word.len() > 4 && is_formed(word))
}

/// Whether a document in Latin letters is source code, where a hyphen at a line's end is an operator, an option
/// or the writer's own: one line in ten looks like a statement.
fn is_source_code(layout: &Layout<'_>) -> bool {
    const STARTS: [&str; 12] =
        ["#include", "//", "/*", "def ", "class ", "import ", "from ", "return ", "fn ", "use ", "let ", "@"];
    let is_code = |line: &str| {
        let text = line.trim();
        text.ends_with([';', '{', '}'])
            || STARTS.iter().any(|start| text.starts_with(start))
            || [" = ", "==", "();", "->", "=>"].iter().any(|mark| text.contains(mark))
    };
    let code = layout.filled.iter().filter(|&&i| is_code(layout.lines[i].line.text)).count();
    code * 10 > layout.filled.len()
}

/// Takes out the spaces that a column's wraps left inside long lines: they recur at its width, and words
/// run across them.
fn wrap_spaces<'t>(doc: &Doc<'_>, lines: impl Iterator<Item = Line<'t>>, out: &mut Proposals<'_>) {
    let lines: Vec<Spaced<'_>> = lines.map(Spaced::of).filter(|line| line.bare().next().is_some()).collect();
    let gaps: Vec<Vec<usize>> = lines.iter().map(Spaced::gaps).collect();
    let Some((common, _)) = commonest(&gaps.concat()) else { return };
    // Columns of one document may differ.
    let wraps: Vec<Vec<usize>> = lines
        .iter()
        .zip(&gaps)
        .map(|(line, gaps)| {
            let own = commonest(gaps).map_or(common, |(own, _)| own);
            [common, own]
                .map(|column| line.wraps(column))
                .into_iter()
                .max_by_key(Vec::len)
                .unwrap_or_default()
        })
        .collect();
    let shown = |(line, wraps): &(&Spaced<'_>, &Vec<usize>)| {
        wraps.len() >= 3 && wraps.len() * 5 >= line.bare().count() * 4
    };
    let (mut all, mut cut) = (0, 0);
    for (line, wraps) in lines.iter().zip(&wraps).filter(shown) {
        all += wraps.len();
        cut += wraps.iter().filter(|&&i| line.spaces[i].cuts_word(doc, line.line.text)).count();
    }
    if cut < 2 || cut * 6 < all {
        return;
    }
    for (Spaced { line, spaces }, wraps) in lines.iter().zip(&wraps) {
        // A headline has a space of its own about there.
        let prose = line.text.contains(|c| is_stop(c) || is_pause(c));
        for (i, space) in spaces.iter().enumerate() {
            let (left, right) = space.sides(line.text);
            let at_wrap = wraps.binary_search(&i).is_ok() && join::joins_without_space(left, right);
            if prose && at_wrap || space.cuts_word(doc, line.text) {
                out.replace(space.span(*line), "", RuleId::WrapSpace);
            }
        }
    }
}

/// A line and its spaces.
struct Spaced<'t> {
    line: Line<'t>,
    spaces: Vec<Space>,
}

impl<'t> Spaced<'t> {
    fn of(line: Line<'t>) -> Self {
        Self { line, spaces: Space::all(line.text) }
    }

    /// The spaces that nobody typed behind a mark.
    fn bare(&self) -> impl Iterator<Item = &Space> {
        self.spaces.iter().filter(|space| !space.typed)
    }

    /// Cells from each of those to the next.
    fn gaps(&self) -> Vec<usize> {
        let bare: Vec<&Space> = self.bare().collect();
        bare.windows(2).map(|pair| pair[1].cells - pair[0].cells - 1).collect()
    }

    /// Indices of the spaces that fall where a column of about `column` cells wraps, ascending. The width may
    /// drift from line to line, as columns run round pictures; a line's marks may have been set full or half;
    /// where a wrap was no space, or that is gone, the next one is a line further on.
    fn wraps(&self, column: usize) -> Vec<usize> {
        let spaces = &self.spaces;
        let mut found = Vec::new();
        let (mut from, mut least_from, mut width) = (0, 0, column);
        let mut i = 0;
        while i < spaces.len() {
            let range = |space: &Space| (space.least - least_from, space.cells - from);
            // The first line may be indented, the indent lost.
            let first = if found.is_empty() { 4 } else { 0 };
            let at_wrap = |lines: usize| {
                let goal = lines * width;
                let off = |space: &Space| {
                    let (least, most) = range(space);
                    goal.abs_diff(goal.clamp(least, most))
                };
                let drift = |space: &Space| {
                    if space.typed { KINSOKU } else { DRIFT + 2 * (lines - 1) + first }
                };
                (i..spaces.len())
                    .take_while(|&j| range(&spaces[j]).0 <= goal + DRIFT + 2 * lines + first)
                    .filter(|&j| off(&spaces[j]) <= drift(&spaces[j]))
                    .min_by_key(|&j| (off(&spaces[j]), range(&spaces[j]).1.abs_diff(goal)))
                    .map(|j| (j, lines))
            };
            let next = match (1..=LINES).find_map(at_wrap) {
                Some((j, lines)) => {
                    let (least, most) = range(&spaces[j]);
                    if !found.is_empty() && lines == 1 {
                        width = width.clamp(least, most);
                    }
                    found.push(j);
                    j
                }
                None => i,
            };
            (from, least_from) = (spaces[next].cells + 1, spaces[next].least + 1);
            i = next + 1;
        }
        found.retain(|&i| !spaces[i].typed);
        found
    }
}

/// Whether a text has a space of either width.
fn has_space(text: &str) -> bool {
    static WIDE: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new("\u{3000}"));
    memchr::memchr(b' ', text.as_bytes()).is_some() || WIDE.find(text.as_bytes()).is_some()
}

/// A single space inside a line.
struct Space {
    /// Byte offset in the line.
    at: usize,
    /// Length in bytes.
    len: usize,
    /// Cells before it in the line, marks set full.
    cells: usize,
    /// Cells before it in the line, half-width marks set half.
    least: usize,
    /// Whether it stands behind a half-width mark, where it may have been typed.
    typed: bool,
}

impl Space {
    fn all(text: &str) -> Vec<Space> {
        let mut spaces: Vec<Space> = Vec::new();
        let (mut width, mut least) = (0, 0);
        for (at, c) in text.char_indices() {
            if matches!(c, '\u{4e00}'..='\u{9fff}') {
                width += 2;
                least += 2;
                continue;
            }
            if matches!(c, ' ' | '\u{3000}') {
                match spaces.last_mut() {
                    Some(last) if last.at + last.len == at => last.len += c.len_utf8(),
                    _ => spaces.push(Space { at, len: c.len_utf8(), cells: width, least, typed: false }),
                }
            }
            width += cells(c, true);
            least += cells(c, false);
        }
        spaces.retain(|space| space.at > 0 && space.at + space.len < text.len() && space.len <= 3);
        for space in &mut spaces {
            space.typed = text[..space.at].ends_with(TYPED);
        }
        spaces
    }

    fn span(&self, line: Line<'_>) -> Span {
        Span::new(line.start + self.at, line.start + self.at + self.len)
    }

    /// The line's text before and behind it.
    fn sides<'t>(&self, text: &'t str) -> (&'t str, &'t str) {
        (&text[..self.at], &text[self.at + self.len..])
    }

    fn cuts_word(&self, doc: &Doc<'_>, text: &str) -> bool {
        let (left, right) = self.sides(text);
        cuts_word(&doc.facts.judged, left, right)
    }
}

/// Takes out single spaces beside a full-width mark in running prose, if that is not parted into its words.
fn mark_spaces(line: Line<'_>, out: &mut Proposals<'_>) {
    let text = line.text;
    let prose = is_terminated(text) && text.contains(is_pause) && text.chars().nth(PROSE).is_some();
    if !prose || shape::is_structure(text) {
        return;
    }
    let spaces = Space::all(text);
    if spaces.len() * WORD > text.chars().filter(|&c| is_han(c)).count() {
        return;
    }
    // An ideographic space was set: before a name, out of respect, or to part what stands beside it.
    let is_set = |space: &Space| text[space.at..].starts_with('\u{3000}');
    for space in spaces.into_iter().filter(|space| !is_set(space)) {
        let (left, right) = space.sides(text);
        let (Some(before), Some(after)) = (left.chars().next_back(), right.chars().next()) else { continue };
        let chinese = |c: char| is_han(c) || c.is_ascii_digit() || is_full_mark(c);
        // A space behind a full stop may be all that is left of a paragraph's end.
        let behind = (is_full_mark(before) || before == ')' && !closes_link(left))
            && !is_stop(before)
            && !is_opening(before)
            && !matches!(before, '—' | '·' | '…')
            && chinese(after);
        let in_front = (is_full_mark(after) || matches!(after, ',' | ')'))
            && !is_opening(after)
            && !matches!(after, '—' | '·' | '…')
            && chinese(before);
        let closed = behind && is_closing(before) && (enumerates(left) || shape::begins_paragraph(right));
        if (behind || in_front) && !closed {
            out.replace(space.span(line), "", RuleId::MarkSpace);
        }
    }
}

/// Whether a text ends in a Markdown link's target.
fn closes_link(text: &str) -> bool {
    text.rfind('(').is_some_and(|open| text[..open].ends_with(']'))
}

/// Whether a text ends in a bracketed number, as an item's or a heading's.
fn enumerates(text: &str) -> bool {
    let Some(open) = text.rfind(['（', '(']) else { return false };
    let inside = text[open..].trim_matches(['（', '(', '）', ')']);
    text[..open].trim().is_empty()
        || inside.chars().all(|c| {
            c.is_ascii_digit()
                || matches!(c, '一' | '二' | '三' | '四' | '五' | '六' | '七' | '八' | '九' | '十')
        })
}

/// In a document of one long line whose spaces nearly all follow a full stop, they are paragraph ends.
fn lost_breaks(doc: &Doc<'_>, layout: &Layout<'_>, out: &mut Proposals<'_>) {
    let [only] = layout.filled[..] else { return };
    if !(doc.facts.is_start && doc.facts.is_end) {
        return;
    }
    let line = layout.lines[only].line;
    if line.text.chars().nth(LONG_LINE).is_none() {
        return;
    }
    let spaces = Space::all(line.text);
    let ends: Vec<&Space> = spaces.iter().filter(|space| ends_sentence(&line.text[..space.at])).collect();
    if ends.len() < 2 || ends.len() * 10 < spaces.len() * 9 {
        return;
    }
    for space in ends {
        out.replace(space.span(line), doc.facts.newline(), RuleId::LostBreak);
    }
}

/// Blank lines at the document's start and end go; its last line keeps the terminator it has.
fn outer_blank_lines(doc: &Doc<'_>, layout: &Layout<'_>, out: &mut Proposals<'_>) {
    if !doc.facts.is_chinese() {
        return;
    }
    let (first, last) = (layout.filled[0], layout.filled[layout.filled.len() - 1]);
    if first > 0 && doc.facts.is_start {
        out.replace(Span::new(0, layout.lines[first].line.start), "", RuleId::BlankLines);
    }
    // Where the document goes on, one blank line parts the blocks.
    let kept = usize::from(!doc.facts.is_end);
    if let Some(next) = layout.lines.get(last + 1 + kept) {
        out.replace(Span::new(next.line.start, doc.text.len()), "", RuleId::BlankLines);
    }
}

#[cfg(test)]
mod tests {
    use crate::StageId;
    use crate::stages::cleaned_by;

    fn clean(text: &str) -> String {
        cleaned_by(StageId::Reflow, text)
    }

    #[test]
    fn hyphens() {
        for (old, new) in [
            ("this is infor-\nmation", "this is information"),
            ("a well-\nknown man", "a well-known man"),
            ("教育整-\n顿工作", "教育整顿工作"),
            ("北京-\n上海线", "北京-\n上海线"),
            ("soft\u{ad}\nware", "software"),
            ("the X-\nRay", "the X-Ray"),
            ("of Aho-\nCorasick", "of Aho-Corasick"),
            ("the A-\nB", "the A-\nB"),
            ("a non-\nASCII letter", "a non-ASCII letter"),
            ("CAPI-\nTALS", "CAPI-\nTALS"),
            ("without reimplemen-\nting it", "without reimplementing it"),
            ("under Apache-\n2.0", "under Apache-2.0"),
            ("the model is old-\n2. a list", "the model is old-\n2. a list"),
            ("code for no-\nstd environments", "code for no-std environments"),
            ("see rust-\nalloc-no-std", "see rust-alloc-no-std"),
            ("a non-\nblocking call", "a non-blocking call"),
            ("const-\nfolded values of a const", "const-folded values of a const"),
            ("const-\nfolded values", "const-\nfolded values"),
            ("deseriali-\nzers, deseriali-\nzers", "deserializers, deserializers"),
        ] {
            assert_eq!(clean(old), new, "{old}");
        }
    }

    #[test]
    fn blank_lines() {
        assert_eq!(clean("\n\n一。\n\n\n\n二。\n\n"), "一。\n\n二。\n");
        assert_eq!(clean("一。\r\n\r\n\r\n二。"), "一。\r\n\r\n二。");
        assert_eq!(clean("```\na\n\n\n\nb\n```\n"), "```\na\n\n\n\nb\n```\n");
    }

    #[test]
    fn verse_and_lists_stay() {
        for text in [
            "床前明月光，\n疑是地上霜。\n举头望明月，\n低头思故乡。\n",
            "1、加强领导\n2、落实责任\n3、狠抓整改\n",
            "白日依山尽 黄河入海流 欲穷千里目 更上一层楼 白日依山尽 黄河入海流",
        ] {
            assert_eq!(clean(text), text);
        }
    }

    #[test]
    fn headings_stay_above_prose_that_was_cut() {
        let prose = "会议指出，今年以来全市各级各部门认真落实工作部署，农业生产稳步发展，工业经济持续向好，城乡居|民收入不断增加。\n\n\
            会议要求，要把安全生产放在第一位，全面排查各类隐患，建立健全责任制度，切实保障人民群众的生命财|产安全。\n\n\
            会议强调，要进一步加强队伍建设，改进工作作风，深入基层调查研究，及时解决群众反映强烈的突出问|题。\n";
        for line in ["主队终于赢了！二十一连败今晚结束", "三、改善农村生活条件，建设宜居乡村"]
        {
            let page = format!("{line}\n\n{prose}");
            assert_eq!(clean(&page.replace('|', "\n\n")), page.replace('|', ""));
        }
    }

    #[test]
    fn headings_stay_above_what_takes_them_up() {
        let text = "七、优化全省交通布局，促进城乡协调发展\n\
            城乡协调发展是共同富裕的内在要求，要统筹推进。\n\
            八、保护绿水青山，加快发展生态旅游\n\
            生态旅游要立足实际，因地制宜，稳步推进。\n\
            九、发展教育事业，培养农村教师\n\
            农村教师的待遇要进一步提高，住房要得到改善。\n";
        assert_eq!(clean(text), text);
    }

    #[test]
    fn a_first_clause_that_is_taken_up_below_was_cut_where_no_heading_stands() {
        let page = "全市农业工作会议昨天召开。\n\n\
            会议指出，今年以来全市各级各部门认真落实工作部署，农业生产稳步发展，工业经济持续向好，城乡居|民收入不断增加。\n\n\
            会议要求，要把安全生产放在第一位，全面排查各类隐患，建立健全责任制度，切实保障人民群众的生命财|产安全。\n\n\
            会议强调，要在今后的工作中进一步|加强队伍建设，改进工作作风，深入基层调查研究，及时解决群众反映强烈的突出问题。\n";
        let broken = page.replace("进一步|", "进一步\n\n进一步").replace('|', "\n\n");
        let cleaned = crate::Cleaner::new(crate::Config::default()).expect("a configuration").clean(&broken);
        assert_eq!(cleaned.text(), page.replace('|', ""));
    }

    #[test]
    fn prose_with_a_space_behind_each_character_is_closed() {
        let spread = |text: &str| text.chars().map(String::from).collect::<Vec<_>>().join(" ");
        let page = [
            "全市农业工作会议召开",
            "昨天，全市农业工作会议在人民礼堂召开，各县区的代表参加了会议。",
            "到2025年底，全市要新修高标准农田8万亩，让农民的收入再上一个台阶。",
        ];
        assert_eq!(clean(&page.map(spread).join("\n")), page.join("\n"));
        for text in [
            "会 议 通 知\n请各位委员按时参加，不得迟到。\n",
            "两 个 黄 鹂 鸣 翠 柳，一 行 白 鹭 上 青 天。窗 含 西 岭 千 秋 雪，门 泊 东 吴 万 里 船。\n",
            "金 木 水 火 土 日 月 山 川 风 云 雷 电 江 河 湖 海\n",
        ] {
            assert_eq!(clean(text), text);
        }
    }
}
