//! Takes page furniture out of the text: jump lines, page numbers, running heads, stray marks, captions
//! between the halves of a sentence.

use crate::chars::{Line, is_terminated, lines};
use crate::edit::Span;
use crate::join::{self, Break};
use crate::pipeline::{Doc, Proposals};
use crate::rules::{Applicability, RuleId, StageId};
use crate::shape::is_caption;
use crate::stages::Stage;
use crate::stages::repeats::repeats_tail;

mod heads;
mod jumps;
mod marks;

/// Most paragraphs that a caption and its credit fill.
const CAPTION_PARAGRAPHS: usize = 2;

/// The stage.
#[derive(Debug)]
pub struct Furniture;

impl Stage for Furniture {
    fn id(&self) -> StageId {
        StageId::Furniture
    }

    fn scan(&self, doc: &Doc<'_>, out: &mut Proposals<'_>) {
        jumps::scan(doc.text, out);
        marks::scan(doc.text, out);
        heads::scan(doc, out);
        captions(doc, out);
    }
}

/// The span of a line that goes as a whole: with the break before it, or behind it where it is the first.
fn whole_line(text: &str, line: Line<'_>) -> Span {
    let above = text[..line.start].trim_end_matches(['\n', '\r', ' ', '\u{3000}']).len();
    if above > 0 {
        // At the end of the text, the break behind the line above stays.
        let last = line.end() == text.len();
        let kept = if last { text[above..].find('\n').map_or(0, |i| i + 1) } else { 0 };
        return Span::new(above + kept, line.end());
    }
    let rest = &text[line.end()..];
    let below = rest.trim_start_matches(['\n', '\r']);
    Span::new(line.start, line.end() + rest.len() - below.len())
}

/// Moves a caption that stands between the halves of a sentence behind the paragraph that they make.
fn captions(doc: &Doc<'_>, out: &mut Proposals<'_>) {
    let paragraphs: Vec<Line<'_>> = lines(doc.text).filter(|line| !line.is_blank()).collect();
    let assess = |a: Line<'_>, b: Line<'_>| join::assess(doc.facts, Break::between(a.text, b.text));
    let mut i = 0;
    while i + 2 < paragraphs.len() {
        let before = paragraphs[i];
        let Some(count) = caption_behind(doc, &paragraphs[i..]) else {
            i += 1;
            continue;
        };
        let caption = &paragraphs[i + 1..=i + count];
        let after = i + count + 1;
        // The paragraph goes on as long as its parts join; a doubled fragment of its end belongs to it too.
        let goes_on = |at: usize| {
            assess(paragraphs[at], paragraphs[at + 1]).is_safe()
                || repeats_tail(paragraphs[at].text, paragraphs[at + 1].text)
        };
        let mut last = after;
        while last + 1 < paragraphs.len() && goes_on(last) {
            last += 1;
        }
        let assessed = assess(before, paragraphs[after]);
        let applicability = if assessed.is_safe() { Applicability::Safe } else { Applicability::Unsafe };
        // The break before the caption moves with it, the one behind it is left to the halves.
        let span = Span::new(before.end(), caption[count - 1].end());
        let moved =
            out.relocate(span, paragraphs[last].end(), RuleId::Caption, assessed.confidence, applicability);
        if let Some(moved) = moved.filter(|_| count == 2) {
            let between = Span::new(caption[0].end(), caption[1].start);
            if let Some(joined) = out.replace(between, "", RuleId::Caption) {
                out.depends(joined, moved);
            }
        }
        i = last;
    }
}

/// How many paragraphs behind the first one are a caption that parts it from its other half.
fn caption_behind(doc: &Doc<'_>, paragraphs: &[Line<'_>]) -> Option<usize> {
    let before = paragraphs[0].text;
    if is_terminated(before) {
        return None;
    }
    (1..=CAPTION_PARAGRAPHS.min(paragraphs.len() - 2)).find(|&count| {
        let caption: Vec<&str> = paragraphs[1..=count].iter().map(|line| line.text).collect();
        if !is_caption(&caption) {
            return false;
        }
        let after = join::assess(doc.facts, Break::between(before, paragraphs[count + 1].text));
        let into_caption = join::assess(doc.facts, Break::between(before, caption[0]));
        after.is_join() && after.outweighs(into_caption)
    })
}
