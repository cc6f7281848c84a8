//! OpenCC 1.4.2's conversions as its configurations chain them, read from its dictionaries: what the
//! tables are tested against. For tests only; fast it is not.

use std::collections::HashMap;

use super::{Direction, description_len};

macro_rules! dict {
    ($name:literal) => {
        Dict::new(include_str!(concat!("../../../dictionaries/opencc/", $name, ".txt")))
    };
}

/// One dictionary.
struct Dict {
    entries: HashMap<&'static str, &'static str>,
    longest: usize,
}

impl Dict {
    fn new(text: &'static str) -> Self {
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with("# "));
        let entries: HashMap<_, _> = lines
            .map(|line| line.split_once('\t').expect("a tab"))
            .map(|(key, candidates)| (key, candidates.split(' ').next().expect("a candidate")))
            .collect();
        let longest = entries.keys().map(|key| key.len()).max().unwrap_or(0);
        Dict { entries, longest }
    }

    /// The longest key that `text` begins with.
    fn prefix(&self, text: &str) -> Option<(usize, &'static str)> {
        let longest = text.floor_char_boundary(self.longest.min(text.len()));
        let ends = (1..=longest).rev().filter(|&end| text.is_char_boundary(end));
        ends.into_iter().find_map(|end| Some((end, *self.entries.get(&text[..end])?)))
    }
}

/// A group whose first dictionary with any match decides; within a list, the longest match does.
type Group = Vec<Vec<Dict>>;

fn prefix<'a>(group: &Group, text: &'a str) -> Option<(usize, &'a str)> {
    group.iter().find_map(|union| {
        // Of equal lengths the first dictionary's goes.
        union.iter().rev().filter_map(|dict| dict.prefix(text)).max_by_key(|(len, _)| *len)
    })
}

/// A configuration of OpenCC.
pub(super) struct OpenCc {
    normalization: Group,
    segmentation: Option<Group>,
    chain: Vec<Group>,
}

impl OpenCc {
    /// The configuration of that name.
    pub(super) fn new(direction: Direction) -> Self {
        let simplify =
            || vec![vec![dict!("TSPhrases")], vec![dict!("TSCharactersExt")], vec![dict!("TSCharacters")]];
        let taiwan = || vec![vec![dict!("TWVariantsRevPhrases")], vec![dict!("TWVariantsRev")]];
        let (segmented, chain) = match direction {
            Direction::T2s => (false, vec![simplify()]),
            Direction::Tw2s => (true, vec![taiwan(), simplify()]),
            Direction::Hk2s => (
                true,
                vec![vec![vec![dict!("HKVariantsRevPhrases")], vec![dict!("HKVariantsRev")]], simplify()],
            ),
            Direction::Tw2sp => {
                let mut words = vec![vec![dict!("TWPhrasesRev")]];
                words.extend(taiwan());
                (true, vec![words, simplify()])
            }
            Direction::S2t => {
                let phrases = vec![dict!("STPhrases"), dict!("STPhrases_GeneratedFromRegionalPhrases")];
                (false, vec![vec![phrases, vec![dict!("STCharacters")]]])
            }
        };
        OpenCc {
            normalization: vec![vec![dict!("CJK_Compatibility_Ideographs")]],
            segmentation: segmented.then(|| vec![vec![dict!("TSPhrases")]]),
            chain,
        }
    }

    pub(super) fn convert(&self, text: &str) -> String {
        let text = apply(&self.normalization, text);
        let segments =
            self.segmentation.as_ref().map_or_else(|| vec![&*text], |group| segments(group, &text));
        let convert =
            |segment: &str| self.chain.iter().fold(segment.to_owned(), |text, group| apply(group, &text));
        segments.into_iter().map(convert).collect()
    }
}

/// One pass: the longest match of the deciding dictionary, else a description sequence or a character
/// as it is.
fn apply(group: &Group, text: &str) -> String {
    let mut out = String::new();
    let mut rest: &str = text;
    while !rest.is_empty() {
        let (len, new) = prefix(group, rest).unwrap_or_else(|| {
            let len = unmatched(rest);
            (len, &rest[..len])
        });
        out.push_str(new);
        rest = &rest[len..];
    }
    out
}

/// The text cut before and behind each match.
fn segments<'a>(group: &Group, text: &'a str) -> Vec<&'a str> {
    let mut segments = Vec::new();
    let (mut start, mut pos) = (0, 0);
    while pos < text.len() {
        match prefix(group, &text[pos..]) {
            Some((len, _)) => {
                segments.push(&text[start..pos]);
                segments.push(&text[pos..pos + len]);
                pos += len;
                start = pos;
            }
            None => pos += unmatched(&text[pos..]),
        }
    }
    segments.push(&text[start..]);
    segments
}

fn unmatched(text: &str) -> usize {
    description_len(text).unwrap_or_else(|| text.chars().next().map_or(0, char::len_utf8))
}
