//! A newspaper's jump lines: where an article goes on, and where it comes from.

use std::sync::LazyLock;

use regex::Regex;

use super::whole_line;
use crate::chars::{Line, is_han, is_stop};
use crate::edit::Span;
use crate::pipeline::Proposals;
use crate::rules::RuleId;

/// `（下转第3版)` and `（上接第1版）`, also with the digits or a bracket lost; a page or sheet must be named.
static JUMP: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?P<open>[(（【\[〔])?[ \x{3000}]*",
        r"(?:(?:上[ \x{3000}]*接|下[ \x{3000}]*接|紧接|緊接|下[ \x{3000}]*[转轉]|上[转轉]|[转轉])[ \x{3000}]*第?|[接续續]第)",
        r"[ \x{3000}]*(?P<number>[0-9０-９A-Za-z一二三四五六七八九十、]{0,6})[ \x{3000}]*[版页頁]",
        r"(?:[^()（）【】\[\]〔〕\n。]{0,6}(?P<close>[)）】\]〕]))?"
    ))
    .expect("a valid expression")
});

/// Characters between a jump line's bracket and the page it names, at the most.
const REACH: usize = 16;

/// Proposes to drop jump lines.
pub(super) fn scan(text: &str, out: &mut Proposals<'_>) {
    // The page or sheet is the rarest part: look for it, then for what leads to it.
    for sheet in ["版", "页", "頁"] {
        for at in memchr::memmem::find_iter(text.as_bytes(), sheet) {
            let start = text[..at].char_indices().rev().take(REACH).take_while(|&(_, c)| c != '\n').last();
            let end = text.floor_char_boundary(at + 4 * REACH);
            let Some((start, _)) = start else { continue };
            let window = &text[start..end];
            if !window[..at - start].contains(['接', '转', '轉', '续', '續']) {
                continue;
            }
            let found = JUMP.captures_iter(window).find(|found| {
                let all = found.get(0).map_or(0..0, |m| m.range());
                (all.start..all.end).contains(&(at - start))
            });
            if let Some(span) = found.and_then(|found| jump(text, start, &found)) {
                out.replace(span, "", RuleId::JumpLine);
            }
        }
    }
}

/// The span that goes for a match in the window that begins at `start`, if it is a jump line.
fn jump(text: &str, start: usize, found: &regex::Captures<'_>) -> Option<Span> {
    const SPACES: [char; 2] = [' ', '\u{3000}'];
    let all = found.get(0)?;
    let before = text[..start + all.start()].trim_end_matches(SPACES);
    let rest = &text[start + all.end()..];
    let after = rest.trim_start_matches(SPACES);
    let begins = before.is_empty() || before.ends_with('\n');
    let ends = after.is_empty() || after.starts_with(['\n', '\r']);
    let (open, close) = (found.name("open").is_some(), found.name("close").is_some());
    let named = found.name("number").is_some_and(|number| !number.is_empty());
    let jumps = match (open, close) {
        (true, true) => true,
        // What is left of a bracketed one, or one without brackets, stands alone or behind the last sentence.
        (true, false) => named && ends,
        (false, true) => named && begins,
        (false, false) => named && ends && (begins || before.ends_with(is_stop)),
    };
    if !jumps {
        return None;
    }
    let end = text.len() - after.len();
    if begins && ends {
        let line = Line { start: before.len(), text: &text[before.len()..end] };
        return Some(whole_line(text, line));
    }
    // The spaces beside it go with it, unless they part words.
    let joins = begins || ends || after.starts_with(is_han);
    Some(Span::new(
        if begins { start + all.start() } else { before.len() },
        if joins { end } else { start + all.end() },
    ))
}

#[cfg(test)]
mod tests {
    use crate::StageId;
    use crate::stages::cleaned_by;

    fn clean(text: &str) -> String {
        cleaned_by(StageId::Furniture, text)
    }

    #[test]
    fn jump_lines_go() {
        for jump in [
            "(下转第3版)",
            "（上接第1版）",
            "（下转第 页 ）",
            "（下转第191页）",
            "（转第二版）",
            "（上接A1版）",
            "【下转第3版】",
            "（ 下转 第 3 版 ）",
            "（接第一版）",
            "（下转第2、3版）",
        ] {
            assert_eq!(clean(&format!("争取资金支持。{jump}")), "争取资金支持。", "{jump}");
            assert_eq!(clean(&format!("争取资金{jump}支持。")), "争取资金支持。", "{jump}");
            assert_eq!(clean(&format!("争取资金\n\n{jump}\n\n支持。\n")), "争取资金\n\n支持。\n", "{jump}");
            assert_eq!(clean(&format!("{jump}支持。")), "支持。", "{jump}");
            assert_eq!(clean(&format!("{jump}\n支持。")), "支持。", "{jump}");
        }
        assert_eq!(clean("争取资金支持。 （下转第3版\n"), "争取资金支持。\n");
        assert_eq!(clean("争取资金支持。下转第3版\n"), "争取资金支持。\n");
        assert_eq!(clean("上接第1版\n支持。"), "支持。");
    }

    #[test]
    fn references_stay() {
        for text in [
            "（转载）",
            "（上接）",
            "（下转第三产业）",
            "（见第3版）",
            "报道下转第3版的文章",
            "他接第3版的稿子",
            "（详见第3版）",
            "文章由一版转第3版刊登。",
        ] {
            assert_eq!(clean(text), text);
        }
    }
}
