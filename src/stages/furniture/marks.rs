//! Bars left over from the cells of a page's table.

use super::whole_line;
use crate::chars::{is_stop, lines};
use crate::edit::Span;
use crate::pipeline::Proposals;
use crate::rules::RuleId;

const BARS: [char; 2] = ['|', '｜'];

/// Proposes to drop bars that are a line of their own or stand behind a line's full stop, if the document
/// has no others.
pub(super) fn scan(text: &str, out: &mut Proposals<'_>) {
    let finder = memchr::memmem::Finder::new("｜");
    let bytes = text.as_bytes();
    if memchr::memchr(b'|', bytes).is_none() && finder.find(bytes).is_none() {
        return;
    }
    let with_bars = || lines(text).filter(|line| line.text.contains(BARS));
    if text.trim().trim_matches(BARS).is_empty() || !with_bars().all(|line| stray(line.text).is_some()) {
        return;
    }
    for line in with_bars() {
        let Some(before) = stray(line.text) else { continue };
        let span = if before.is_empty() {
            whole_line(text, line)
        } else {
            Span::new(line.start + before.len(), line.end())
        };
        out.replace(span, "", RuleId::StrayMark);
    }
}

/// What stands before a line's stray bar, if the line holds one.
fn stray(line: &str) -> Option<&str> {
    let before = line.trim_end().strip_suffix(BARS)?.trim_end();
    (before.is_empty() || before.ends_with(is_stop) && !before.contains(BARS)).then_some(before)
}

#[cfg(test)]
mod tests {
    use crate::StageId;
    use crate::stages::cleaned_by;

    fn clean(text: &str) -> String {
        cleaned_by(StageId::Furniture, text)
    }

    #[test]
    fn stray_bars_go() {
        assert_eq!(clean("工作要求。\n\n|\n"), "工作要求。\n");
        assert_eq!(clean("工作要求。|\n会议\n"), "工作要求。\n会议\n");
        assert_eq!(clean("工作要求。\n\n|"), "工作要求。\n");
        assert_eq!(clean("|\n\n工作要求。"), "工作要求。");
        for text in ["| 甲 | 乙 |\n|---|---|\n", "甲 | 乙\n|\n", "|\n", "观察|标题\n"] {
            assert_eq!(clean(text), text);
        }
    }
}
