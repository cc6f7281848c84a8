//! Takes page furniture out of the text: jump lines, page numbers, running heads, stray marks, captions
//! between the halves of a sentence.

use crate::chars::{Line, is_han, is_terminated, lines};
use crate::edit::Span;
use crate::join::{self, Break};
use crate::pipeline::{Doc, Proposals};
use crate::rules::{Applicability, RuleId, StageId};
use crate::shape::{is_caption, is_line_of_its_own, is_notice};
use crate::stages::repeats::repeats_tail;
use crate::stages::{Stage, reflow};

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

/// Moves captions that stand between the halves of a sentence behind the paragraph that the halves make.
fn captions(doc: &Doc<'_>, out: &mut Proposals<'_>) {
    let paragraphs: Vec<Line<'_>> = lines(doc.text).filter(|line| !line.is_blank()).collect();
    let mut i = 0;
    let mut wrapped = None;
    while i + 2 < paragraphs.len() {
        // The paragraph goes on as long as its parts join, across other captions too; a doubled fragment of
        // its end belongs to it.
        let (mut last, mut found) = (i, Vec::new());
        while last + 1 < paragraphs.len() {
            let (here, next) = (paragraphs[last], paragraphs[last + 1]);
            if let Some(caption) = caption_behind(doc, &paragraphs[last..]) {
                found.push((last, caption));
                last += caption.paragraphs + 1;
            } else if !found.is_empty()
                && (join::assess(doc.facts, Break::between(here.text, next.text)).is_safe()
                    || repeats_tail(here.text, next.text))
            {
                last += 1;
            } else {
                break;
            }
        }
        // Between wrapped lines it is not yet known what a paragraph is.
        if !found.is_empty()
            && *wrapped.get_or_insert_with(|| reflow::is_wrapped(doc.text, &doc.facts.judged))
        {
            return;
        }
        for (before, Caption { paragraphs: count, confidence, applicability }) in found {
            // The break before the caption moves with it, the one behind it goes.
            let span = Span::new(paragraphs[before].end(), paragraphs[before + count].end());
            // A running head is dropped, not moved.
            if out.is_replaced(span) {
                continue;
            }
            let moved =
                out.relocate(span, paragraphs[last].end(), RuleId::Caption, confidence, applicability);
            let Some(moved) = moved else { continue };
            let halves = [paragraphs[before], paragraphs[before + count + 1]];
            let gap = Span::new(paragraphs[before + count].end(), halves[1].start);
            let glue =
                if join::joins_without_space(halves[0].text.trim_end(), halves[1].text) { "" } else { " " };
            // Moved by a decision or as asked, it leaves no gap behind.
            let joined = out.propose(gap, glue, RuleId::CutParagraph, confidence, Applicability::Safe);
            // Two notices stay two lines.
            let credit = (count == 2 && !is_notice(paragraphs[before + 2].text))
                .then(|| Span::new(paragraphs[before + 1].end(), paragraphs[before + 2].start))
                .and_then(|between| out.replace(between, "", RuleId::Caption));
            for edit in [joined, credit].into_iter().flatten() {
                out.depends(edit, moved);
            }
        }
        i = last.max(i + 1);
    }
}

/// A caption that parts a paragraph.
#[derive(Clone, Copy)]
struct Caption {
    /// Paragraphs that it fills.
    paragraphs: usize,
    confidence: f32,
    applicability: Applicability,
}

/// The caption, byline or heading behind the first paragraph, if it parts that from its other half.
fn caption_behind(doc: &Doc<'_>, paragraphs: &[Line<'_>]) -> Option<Caption> {
    let before = paragraphs[0].text;
    if paragraphs.len() < 3 || is_terminated(before) {
        return None;
    }
    let most = CAPTION_PARAGRAPHS.min(paragraphs.len() - 2);
    let text = |count: usize| paragraphs[1..=count].iter().map(|line| line.text).collect::<Vec<_>>();
    // The longest: a credit behind a caption is its own.
    let is_named = |count: usize| {
        is_caption(&text(count)) || paragraphs[1..=count].iter().all(|line| is_notice(line.text))
    };
    let named = (1..=most).rev().find(|&count| is_named(count));
    // A word of code or a name in Latin letters belongs to the sentence around it.
    let line = || {
        let text = paragraphs[1].text;
        doc.facts.is_cut() && text.contains(is_han) && is_line_of_its_own(text)
    };
    let count = named.or_else(|| line().then_some(1))?;
    let halves = Break::between(before, paragraphs[count + 1].text);
    let ends = [paragraphs[1].text, paragraphs[count].text];
    let assessed = join::assess_across(doc.facts, halves, ends, named.is_some());
    let applicability = if assessed.is_safe() { Applicability::Safe } else { Applicability::Unsafe };
    assessed.is_join().then_some(Caption {
        paragraphs: count,
        confidence: assessed.confidence,
        applicability,
    })
}

#[cfg(test)]
mod tests {
    use crate::StageId;
    use crate::stages::cleaned_by;

    #[test]
    fn a_pages_own_lines_go_behind_the_paragraph_that_they_part() {
        let (left, right) = (
            "会议指出，今年以来全市各级各部门认真落实工作部署，农业生产稳步发",
            "展，工业经济持续向好，城乡居民收入不断增加。",
        );
        let more = "会议要求，要把安全生产放在第一位，全面排查各类隐患。";
        for notice in [
            "责任编辑：王小明",
            "2025年3月5日 星期三",
            "A07 要闻",
            "扫码观看视频",
            "责任编辑：王小明\n\n扫码观看视频",
        ] {
            let text = format!("{more}\n\n{left}\n\n{notice}\n\n{right}\n\n{more}\n");
            let clean = format!("{more}\n\n{left}{right}\n\n{notice}\n\n{more}\n");
            assert_eq!(cleaned_by(StageId::Furniture, &text), clean);
        }
        let page = format!(
            "全市农业工作会议召开，部署今年工作\n\n2025年3月5日 10:30\n\n{left}{right}\n\n{more}\n\n责任编辑：王小明\n"
        );
        assert_eq!(cleaned_by(StageId::Furniture, &page), page);
    }
}
