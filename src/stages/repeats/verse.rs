//! Verse, whose refrains and doubled characters are its own.

use crate::chars::{self, is_han};

/// Most characters of a clause of verse.
const CLAUSE: usize = 7;
/// Clauses that are looked at on each side, and how many there have to be in all.
const BESIDE: usize = 4;
const CLAUSES: usize = 6;

/// Whether a place of a text, a byte offset, stands in verse: all clauses beside it are short.
pub(super) fn is_verse(text: &str, at: usize) -> bool {
    let at = text[at..].find(ends_clause).map_or(text.len(), |end| at + end);
    let before = clauses(text[..at].chars().rev());
    let after = || clauses(text[at..].chars());
    before.is_some_and(|before| after().is_some_and(|after| before + after >= CLAUSES))
}

/// How many clauses of verse come first, at most [`BESIDE`]; none where a longer one is among them.
fn clauses(chars: impl Iterator<Item = char>) -> Option<usize> {
    let (mut clauses, mut len) = (0, 0);
    for c in chars {
        // In prose, what is short is the items of a list or a quotation inside a clause.
        if is_han(c) {
            len += 1;
        } else if len > 0 && ends_clause(c) {
            (clauses, len) = (clauses + 1, 0);
        }
        if len > CLAUSE {
            return None;
        }
        if clauses == BESIDE {
            return Some(clauses);
        }
    }
    Some(clauses + usize::from(len > 0))
}

/// Whether a clause ends with `c`; what an enumeration's mark parts is no clause.
fn ends_clause(c: char) -> bool {
    c.is_whitespace() || chars::ends_clause(c) && c != '、' || c == '.'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verse_has_short_clauses() {
        let is = |text: &str| is_verse(text, text.find('|').unwrap());
        assert!(is("春到山家，柳垂低岸，花落谁看。\n燕语|无人听，\n小桥流水，斜阳几片。\n"));
        assert!(!is("春到|山家，柳垂低岸。\n"));
        assert!(!is("会议要求，加强领导，落实责任，切实解决|群众反映的问题，确保安全，不留死角。\n"));
        assert!(!is("会议要求，做到早谋划、早部署、早落实，抓项目|，抓发展，抓民生，抓安全，见成效。\n"));
        assert!(!is("会议要求，加强领导，狠抓|落实，确保全市各项工作取得实效。\n"));
    }
}
