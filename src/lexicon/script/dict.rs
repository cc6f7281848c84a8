//! Custom dictionaries: what a user wants converted otherwise, or not at all.

use std::collections::HashMap;
use std::fmt;

/// A custom dictionary, laid over the built-in ones: see [`CustomDict::parts`].
#[derive(Clone, Default, PartialEq, Eq)]
pub struct CustomDict {
    /// By the first character of their keys, the longest key first.
    entries: HashMap<char, Vec<Entry>>,
}

/// A key and its value.
type Entry = (Box<str>, Box<str>);

/// What is wrong with a line of a custom dictionary.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}:{line}: {problem}")]
pub struct DictError {
    /// The file, as the caller names it.
    pub name: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: DictProblem,
}

/// A way for a line to be wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DictProblem {
    /// The line has no tab.
    #[error("expected `key<TAB>value`, but there is no tab")]
    NoTab,
    /// The line has more than one tab.
    #[error("expected `key<TAB>value`, but there is more than one tab")]
    ManyTabs,
    /// Nothing stands before the tab.
    #[error("the key is empty")]
    EmptyKey,
    /// Nothing stands behind the tab.
    #[error("the value is empty")]
    EmptyValue,
    /// Spaces stand beside the tab or at an end of the line.
    #[error("spaces around {0:?}")]
    Spaces(String),
    /// The key stands in an earlier line.
    #[error("the key {key:?} stands in line {first} already")]
    Duplicate {
        /// The key.
        key: String,
        /// The line that has it.
        first: usize,
    },
}

/// A part of a text under a custom dictionary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// The text of the part.
    pub text: &'a str,
    /// What the dictionary has for it; `None` for text that is converted as if it stood alone.
    pub value: Option<&'a str>,
}

/// Reads a dictionary: `key<TAB>value` on each line, where the value may be the key to protect it;
/// blank lines and lines that begin with `#` are passed over. `name` is for errors.
///
/// # Errors
/// If a line is no entry, or its key stands in an earlier one.
pub fn parse_dict(name: &str, text: &str) -> Result<CustomDict, DictError> {
    let mut dict = CustomDict::default();
    let mut lines: HashMap<&str, usize> = HashMap::new();
    for (line, content) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        if content.trim().is_empty() || content.starts_with('#') {
            continue;
        }
        let (key, value) = split(content)
            .and_then(|(key, value)| match lines.insert(key, line) {
                Some(first) => Err(DictProblem::Duplicate { key: key.to_owned(), first }),
                None => Ok((key, value)),
            })
            .map_err(|problem| DictError { name: name.to_owned(), line, problem })?;
        let first = key.chars().next().expect("the key is not empty");
        dict.entries.entry(first).or_default().push((key.into(), value.into()));
    }
    for entries in dict.entries.values_mut() {
        entries.sort_by_key(|(key, _)| std::cmp::Reverse(key.len()));
    }
    Ok(dict)
}

fn split(line: &str) -> Result<(&str, &str), DictProblem> {
    let (key, value) = line.split_once('\t').ok_or(DictProblem::NoTab)?;
    if value.contains('\t') {
        return Err(DictProblem::ManyTabs);
    }
    if key.trim().is_empty() {
        return Err(DictProblem::EmptyKey);
    }
    if value.trim().is_empty() {
        return Err(DictProblem::EmptyValue);
    }
    match [key, value].into_iter().find(|field| field.trim() != *field) {
        Some(field) => Err(DictProblem::Spaces(field.to_owned())),
        None => Ok((key, value)),
    }
}

impl CustomDict {
    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The longest key that `text` begins with: its length in bytes and its value.
    fn phrase_at(&self, text: &str) -> Option<(usize, &str)> {
        let entries = self.entries.get(&text.chars().next()?)?;
        let (key, value) = entries.iter().find(|(key, _)| text.starts_with(&**key))?;
        Some((key.len(), value))
    }

    /// The text cut at this dictionary's keys, leftmost-longest. Keys go before every built-in
    /// phrase, even one that begins earlier: what lies between them is converted piece by piece.
    /// The parts tile the text; none is empty.
    pub fn parts<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Part<'a>> {
        let mut pos = 0;
        let mut found: Option<(usize, &'a str)> = None;
        std::iter::from_fn(move || {
            if let Some((len, value)) = found.take() {
                let part = Part { text: &text[pos..pos + len], value: Some(value) };
                pos += len;
                return Some(part);
            }
            let rest = &text[pos..];
            let next = rest.char_indices().find_map(|(at, _)| Some((at, self.phrase_at(&rest[at..])?)));
            match next {
                Some((0, (len, value))) => {
                    pos += len;
                    Some(Part { text: &rest[..len], value: Some(value) })
                }
                Some((at, entry)) => {
                    found = Some(entry);
                    pos += at;
                    Some(Part { text: &rest[..at], value: None })
                }
                None if rest.is_empty() => None,
                None => {
                    pos = text.len();
                    Some(Part { text: rest, value: None })
                }
            }
        })
    }
}

impl fmt::Debug for CustomDict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.entries.values().flatten().map(|(key, value)| (key, value))).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Direction, convert};
    use super::*;

    fn error(text: &str) -> String {
        parse_dict("my.tsv", text).unwrap_err().to_string()
    }

    #[test]
    fn errors_say_where_and_what() {
        assert_eq!(
            error("電腦\t计算机\n軟體 软件"),
            "my.tsv:2: expected `key<TAB>value`, but there is no tab"
        );
        assert_eq!(error("a\tb\tc"), "my.tsv:1: expected `key<TAB>value`, but there is more than one tab");
        assert_eq!(error("# 一\n\n\t值"), "my.tsv:3: the key is empty");
        assert_eq!(error("鍵\t"), "my.tsv:1: the value is empty");
        assert_eq!(error("鍵 \t值"), "my.tsv:1: spaces around \"鍵 \"");
        assert_eq!(error("鍵\t一\r\n鍵\t二\r\n"), "my.tsv:2: the key \"鍵\" stands in line 1 already");
    }

    #[test]
    fn reads_comments_marks_and_protections() {
        let dict = parse_dict("my.tsv", "\u{feff}# 说明\n\n乾\t乾\n電腦\t计算机\n").unwrap();
        assert_eq!(dict.phrase_at("電腦桌"), Some((6, "计算机")));
        assert_eq!(dict.phrase_at("電"), None);
        assert_eq!(dict.phrase_at("乾隆"), Some((3, "乾")));
        assert!(parse_dict("my.tsv", "# 只有说明").unwrap().is_empty());
    }

    #[test]
    fn keys_go_before_built_in_phrases() {
        let dict = parse_dict("my.tsv", "電\t雷\n電腦\t计算机\n隆重\t隆重\n").unwrap();
        let converted =
            |part: Part<'_>| part.value.map_or_else(|| convert(Direction::T2s, part.text), str::to_owned);
        let t2s = |text: &str| dict.parts(text).map(converted).collect::<String>();
        assert_eq!(t2s("電腦與電視"), "计算机与雷视");
        // 乾隆 would begin earlier.
        assert_eq!(t2s("餅乾隆重登場"), "饼干隆重登场");
        assert_eq!(t2s(""), "");
    }

    #[test]
    fn parts_tile_the_text() {
        let dict = parse_dict("my.tsv", "一\t1\n二三\t23\n").unwrap();
        for text in ["", "一", "一二", "零一二三四二", "二三二三", "四"] {
            let parts: Vec<_> = dict.parts(text).collect();
            assert_eq!(parts.iter().map(|part| part.text).collect::<String>(), text);
            assert!(parts.iter().all(|part| !part.text.is_empty()));
        }
    }
}
