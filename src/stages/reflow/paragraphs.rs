//! One separator between paragraphs throughout, where the user asks for one.

use super::{Layout, PROSE};
use crate::chars::is_terminated;
use crate::config::Paragraphs;
use crate::edit::Span;
use crate::pipeline::{Doc, Proposals};
use crate::rules::RuleId;
use crate::shape::is_structure;

/// How the paragraphs of a document are to be parted.
pub(super) struct Separator {
    wanted: Paragraphs,
    /// No blank line stands in the document: there a paragraph ends with its line.
    by_line: bool,
}

impl Separator {
    pub(super) fn of(doc: &Doc<'_>, layout: &Layout<'_>) -> Self {
        let by_line = layout.filled.windows(2).all(|pair| pair[1] == pair[0] + 1);
        Self { wanted: doc.config.paragraphs, by_line }
    }

    /// Parts two lines that stay apart, the indices of the layout's lines; whether there was something to do.
    pub(super) fn part(
        &self,
        doc: &Doc<'_>,
        layout: &Layout<'_>,
        (above, below): (usize, usize),
        out: &mut Proposals<'_>,
    ) -> bool {
        let start = |line: usize| layout.lines[line].line.start;
        let edit = match (self.wanted, below - above) {
            (Paragraphs::Newline, 2..) => Some((Span::new(start(above + 1), start(below)), "")),
            (Paragraphs::BlankLine, 1) if self.ends_paragraph(layout, above, below) => {
                Some((Span::new(start(below), start(below)), doc.facts.newline()))
            }
            _ => None,
        };
        edit.is_some_and(|(span, text)| out.replace(span, text, RuleId::ParagraphSeparator).is_some())
    }

    /// Parts a block from the one that follows it in the document.
    pub(super) fn end(&self, doc: &Doc<'_>, layout: &Layout<'_>, last: usize, out: &mut Proposals<'_>) {
        let end = doc.text.len();
        match (self.wanted, layout.lines.get(last + 1)) {
            (Paragraphs::Newline, Some(next)) => {
                out.replace(Span::new(next.line.start, end), "", RuleId::ParagraphSeparator);
            }
            (Paragraphs::BlankLine, None)
                if doc.text.ends_with('\n') && self.ends_paragraph(layout, last, last) =>
            {
                out.replace(Span::new(end, end), doc.facts.newline(), RuleId::ParagraphSeparator);
            }
            _ => {}
        }
    }

    /// Whether a paragraph ends with a line that another follows directly: verse, lists, tables and addresses
    /// have lines that end none.
    fn ends_paragraph(&self, layout: &Layout<'_>, above: usize, below: usize) -> bool {
        let (above, below) = (&layout.lines[above], &layout.lines[below]);
        let (text, next) = (above.line.text, below.line.text);
        let is_structured = is_structure(text) && is_structure(next);
        !above.code
            && !below.code
            && !is_structured
            && (self.by_line || is_terminated(text) && text.chars().nth(PROSE).is_some())
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Paragraphs;
    use crate::{Cleaner, Config, StageId};

    fn clean(text: &str, paragraphs: Paragraphs) -> String {
        let config = Config { paragraphs, stages: vec![StageId::Reflow], ..Config::default() };
        let cleaner = Cleaner::new(config).unwrap();
        let cleaned = cleaner.clean(text);
        let ids: Vec<usize> = cleaned.changes().iter().map(|change| change.id).collect();
        assert_eq!(cleaned.refuse(&ids).text, text);
        assert!(cleaner.clean(cleaned.text()).text() == cleaned.text(), "once is enough");
        cleaned.text().to_owned()
    }

    const PROSE: &str = "全市上下齐心协力、众志成城，推动疫情防控成果持续巩固，经济社会发展稳步向前。";

    #[test]
    fn paragraphs_are_parted_as_asked() {
        let verse = "床前明月光，\n疑是地上霜。\n举头望明月，\n低头思故乡。\n";
        let apart = format!("标题\n\n{PROSE}\n\n{PROSE}甲。\n\n{verse}");
        let lines = format!("标题\n{PROSE}\n{PROSE}甲。\n{verse}");
        assert_eq!(clean(&apart, Paragraphs::Keep), apart);
        assert_eq!(clean(&apart, Paragraphs::BlankLine), apart);
        assert_eq!(clean(&apart, Paragraphs::Newline), lines);
        assert_eq!(clean(&lines, Paragraphs::Newline), lines);
        let every_line =
            format!("标题\n\n{PROSE}\n\n{PROSE}甲。\n\n{}", verse.trim_end().replace('\n', "\n\n"));
        assert_eq!(clean(&lines, Paragraphs::BlankLine), every_line + "\n");
        // Prose ends its paragraph beside blank lines too.
        let mixed = format!("标题\n\n{PROSE}\n{PROSE}甲。\n\n{verse}");
        assert_eq!(clean(&mixed, Paragraphs::BlankLine), apart);
    }

    #[test]
    fn structure_stays() {
        let list = format!("{PROSE}\r\n- 加强领导\r\n- 落实责任\r\n{PROSE}乙。\r\n");
        let parted = format!("{PROSE}\r\n\r\n- 加强领导\r\n- 落实责任\r\n\r\n{PROSE}乙。\r\n");
        assert_eq!(clean(&list, Paragraphs::BlankLine), parted);
        assert_eq!(clean(&parted, Paragraphs::Newline), list);
        let code = format!("{PROSE}\n\n```\na\n\nb\n```\n\n{PROSE}乙。\n");
        let closed = code.replace("。\n\n", "。\n").replace("```\n\n全", "```\n全");
        assert_eq!(clean(&code, Paragraphs::Newline), closed);
    }

    #[test]
    fn blocks_of_a_large_document_are_parted_too() {
        let text: String = (0..40_000).map(|i| format!("{i}、{PROSE}\n")).collect();
        let parted = clean(&text, Paragraphs::BlankLine);
        assert!(parted == text.trim_end().replace('\n', "\n\n") + "\n");
        assert!(clean(&parted, Paragraphs::Newline) == text);
    }
}
