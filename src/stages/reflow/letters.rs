//! Undoes text that was set, or extracted, with a space behind each character.

use crate::chars::{is_han, is_pause, is_stop};
use crate::edit::Span;
use crate::pipeline::Proposals;
use crate::rules::RuleId;
use crate::stages::reflow::{Layout, LayoutLine};

/// Pairs of Han characters with a space between them that make running prose out of a line, and any line of such a text.
const PROSE: usize = 12;
const LINE: usize = 3;
/// Of so many such pairs, one at the most has no space.
const EVEN: usize = 10;
/// Characters of a clause that is no verse's: that may have been set so.
const CLAUSE: usize = 8;

/// Takes the spaces out of lines that have one behind each character. A heading is set so too: it is closed where most
/// of the document's prose was spread.
pub(super) fn close(layout: &Layout<'_>, out: &mut Proposals<'_>) {
    let lines = || layout.filled.iter().map(|&i| &layout.lines[i]).filter(|line| !line.code);
    // Hardly any line has so many spaces.
    if !lines().any(|line| line.line.text.bytes().filter(|&b| b == b' ').count() > PROSE) {
        return;
    }
    let (mut spread, mut prose) = (Vec::new(), 0);
    for line in lines() {
        let pairs = Pairs::of(line);
        prose += usize::from(pairs.loose + pairs.tight >= PROSE);
        if pairs.is_spread(LINE) {
            spread.push((line, pairs));
        }
    }
    let is_prose = |pairs: &Pairs| pairs.is_spread(PROSE) && pairs.clause >= CLAUSE && pairs.pauses;
    let all = spread.iter().filter(|(_, pairs)| is_prose(pairs)).count() * 2 > prose;
    for (line, _) in spread.iter().filter(|(_, pairs)| all || is_prose(pairs)) {
        close_line(line, out);
    }
}

fn close_line(line: &LayoutLine<'_>, out: &mut Proposals<'_>) {
    let text = line.line.text;
    let mut words = text.split(' ').peekable();
    let mut at = 0;
    while let (Some(left), Some(right)) = (words.next(), words.peek()) {
        at += left.len();
        // Where there are more, one was the author's.
        let single = !left.is_empty() && !right.is_empty();
        let is_letter = |word: &str| word.len() == 1;
        let beside = left.ends_with(|c: char| !c.is_ascii()) || right.starts_with(|c: char| !c.is_ascii());
        if single && (beside || is_letter(left) && is_letter(right)) {
            let start = line.line.start + at;
            out.replace(Span::new(start, start + 1), "", RuleId::LetterSpace);
        }
        at += 1;
    }
}

/// Pairs of Han characters that follow one another in a line.
#[derive(Clone, Copy, Default)]
struct Pairs {
    /// Those with a space between them.
    loose: usize,
    /// Those without.
    tight: usize,
    /// Han characters of the longest clause.
    clause: usize,
    /// Whether a mark parts or ends a sentence.
    pauses: bool,
}

impl Pairs {
    fn of(line: &LayoutLine<'_>) -> Self {
        let mut pairs = Self::default();
        let (mut before, mut spaces, mut clause) = (' ', 0, 0);
        for c in line.line.text.chars() {
            if c == ' ' {
                spaces += 1;
                continue;
            }
            if is_han(c) {
                clause += 1;
                pairs.clause = pairs.clause.max(clause);
                pairs.loose += usize::from(is_han(before) && spaces == 1);
                pairs.tight += usize::from(is_han(before) && spaces == 0);
            } else if is_pause(c) || is_stop(c) {
                pairs.pauses = true;
                clause = 0;
            }
            (before, spaces) = (c, 0);
        }
        pairs
    }

    fn is_spread(self, least: usize) -> bool {
        self.loose >= least && self.tight * EVEN <= self.loose
    }
}
