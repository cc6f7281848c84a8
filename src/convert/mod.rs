//! The script engine: character for character, phrases where characters change under them.
//!
//! Equal to plain leftmost-longest matching ([`crate::lexicon::script`]), but it stops only where a phrase
//! can matter. A phrase that gives other characters than its characters alone would has an anchor: one of
//! those. At an anchor the engine steps back to a place that no phrase lies across, which therefore is a
//! boundary of the leftmost-longest segmentation, and goes on from there phrase by phrase.

mod run;

use std::sync::LazyLock;

use crate::edit::Span;
use crate::lexicon::script::{self, COMPATIBILITY, Direction, Step};

use run::{BEGINS, STOP, Table};
use rustc_hash::FxHashSet;

/// Spans of a source, ascending, whose new text has another length, and that length in bytes. Everything
/// else stands at the same offsets.
pub type Exceptions = Vec<(Span, usize)>;

/// A converted text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Converted {
    /// The new text.
    pub text: String,
    /// The exceptions of each pass, in coordinates of the text that the pass read.
    pub passes: [Exceptions; PASSES],
}

/// A conversion: the normalisation of compatibility ideographs, then the direction's own step.
#[derive(Clone, Copy, Debug)]
pub struct Converter {
    engine: &'static Engine,
}

/// Passes of a conversion.
pub const PASSES: usize = 2;

impl Converter {
    /// A converter; its tables are made when a direction is first asked for.
    #[must_use]
    pub fn new(direction: Direction) -> Self {
        macro_rules! engine {
            ($direction:expr) => {{
                static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new($direction));
                &ENGINE
            }};
        }
        let engine = match direction {
            Direction::T2s | Direction::Hk2s => engine!(Direction::T2s),
            Direction::Tw2s => engine!(Direction::Tw2s),
            Direction::Tw2sp => engine!(Direction::Tw2sp),
            Direction::S2t => engine!(Direction::S2t),
        };
        Self { engine }
    }

    /// Converts a text.
    #[must_use]
    pub fn convert(&self, text: &str) -> Converted {
        if let Some((text, exceptions)) = self.engine.convert(text) {
            return Converted { text, passes: [Exceptions::new(), exceptions] };
        }
        // Compatibility ideographs are normalised first, in a pass of their own: phrases hold them.
        let (normal, first) = normalise(text);
        let (text, second) = self.engine.convert(&normal).expect("nothing is left to normalise");
        Converted { text, passes: [first, second] }
    }
}

/// One step of a conversion, compiled.
struct Engine {
    step: &'static Step,
    table: Box<Table>,
    /// Longest phrase, in characters.
    longest: usize,
    /// The phrases by their first character, if they are few: faster than the step's own look-up.
    index: Option<Index>,
    /// Characters that phrases are anchored on, and 著 where its context decides it; sorted.
    anchors: Vec<char>,
    /// For each anchor the phrases under which it changes, unless they are too many to be tried one by one.
    holders: Vec<Option<Vec<Holder>>>,
    /// Whether 著 is decided by its context.
    in_context: bool,
}

/// Phrases and their replacements by first character, sorted; the longest phrase first.
type Index = Vec<(char, Vec<(Box<str>, &'static str)>)>;

/// Most phrases that are worth an index of their own at start-up.
const INDEXED: usize = 4096;

/// A phrase under which an anchor changes.
struct Holder {
    phrase: Box<str>,
    /// Bytes of the phrase before the anchor.
    before: usize,
}

/// Most phrases that are tried one by one at an anchor.
const HOLDERS: usize = 64;

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("anchors", &self.anchors.len()).finish_non_exhaustive()
    }
}

impl Engine {
    fn new(direction: Direction) -> Self {
        let [_, step] = direction.steps();
        let in_context = direction.simplifies();
        let mut table = run::identity();
        for (c, new) in step.chars() {
            run::set(&mut table, c, Some(new));
        }
        let described = ('\u{2ff0}'..='\u{2fff}').filter(|&c| script::operands(c) > 0);
        for c in COMPATIBILITY.chars().map(|(c, _)| c).chain(described) {
            run::set(&mut table, c, None);
        }
        let mut phrases: Vec<(Box<str>, &'static str)> = Vec::new();
        step.for_each_phrase(|phrase, new| phrases.push((phrase.into(), new)));
        let mut longest = 1;
        let mut anchors: FxHashSet<char> = in_context.then_some('著').into_iter().collect();
        for (phrase, new) in &phrases {
            run::mark(&mut table, phrase.chars().next().expect("no phrase is empty"), BEGINS);
            longest = longest.max(phrase.chars().count());
            if !is_anchored(step, phrase, new, |c| anchors.contains(&c)) {
                // Any character of the phrase will do; runs of ASCII are not looked into.
                let changed = changed(step, phrase, new).into_iter().flatten();
                let anchor = changed.chain(phrase.chars()).find(|c| !c.is_ascii());
                anchors.insert(anchor.expect("no phrase is all ASCII"));
            }
        }
        let mut anchors: Vec<char> = anchors.into_iter().collect();
        anchors.sort_unstable();
        for &c in &anchors {
            run::mark(&mut table, c, STOP);
        }
        let mut holders: Vec<Option<Vec<Holder>>> = anchors.iter().map(|_| Some(Vec::new())).collect();
        for (phrase, new) in &phrases {
            // Anchored on a character that it changes, as all are but those that change ASCII alone.
            let anchored = is_anchored(step, phrase, new, |c| anchors.binary_search(&c).is_ok());
            let new = new.chars().map(Some).chain(std::iter::repeat(None));
            for ((before, c), new) in phrase.char_indices().zip(new) {
                let Ok(i) = anchors.binary_search(&c) else { continue };
                // Where a phrase gives what the character alone gives, it does not matter here.
                if anchored && new == Some(step.char(c).unwrap_or(c)) && c != '著' {
                    continue;
                }
                match &mut holders[i] {
                    Some(all) if all.len() == HOLDERS => holders[i] = None,
                    Some(all) => all.push(Holder { phrase: phrase.clone(), before }),
                    None => {}
                }
            }
        }
        let index = (phrases.len() <= INDEXED).then(|| Self::index(phrases));
        Self { step, table, longest, index, anchors, holders, in_context }
    }

    /// The phrases, which come in the order of their bytes, by their first character.
    fn index(phrases: Vec<(Box<str>, &'static str)>) -> Index {
        let mut index = Index::new();
        for (phrase, new) in phrases {
            let first = phrase.chars().next().expect("no phrase is empty");
            match index.last_mut().filter(|(c, _)| *c == first) {
                Some((_, all)) => all.push((phrase, new)),
                None => index.push((first, vec![(phrase, new)])),
            }
        }
        for (_, all) in &mut index {
            all.sort_by_key(|(phrase, _)| std::cmp::Reverse(phrase.len()));
        }
        index
    }

    /// Whether some phrase begins with the character.
    fn begins_phrase(&self, c: char) -> bool {
        self.table.get(c as usize).map_or_else(|| self.step.begins_phrase(c), |entry| entry & BEGINS != 0)
    }

    /// The longest phrase that `text` begins with; see [`Step::phrase_at`].
    fn phrase_at(&self, text: &str) -> Option<(usize, &'static str)> {
        let first = text.chars().next().filter(|&c| self.begins_phrase(c))?;
        let Some(index) = &self.index else { return self.step.phrase_at(text) };
        let at = index.binary_search_by_key(&first, |&(c, _)| c).ok()?;
        let (phrase, new) = index[at].1.iter().find(|(phrase, _)| text.starts_with(&**phrase))?;
        Some((phrase.len(), new))
    }

    /// Converts a text; `None` if a compatibility ideograph stands in it.
    fn convert(&self, text: &str) -> Option<(String, Exceptions)> {
        let mut conversion = Conversion {
            engine: self,
            source: text,
            out: Vec::with_capacity(text.len() + 32),
            exceptions: Vec::new(),
            settled: 0,
        };
        conversion.convert().then(|| (run::into_string(conversion.out), conversion.exceptions))
    }
}

/// The characters of a phrase that become others under it than alone; `None` if the phrase changes as a
/// whole, into another number of characters.
fn changed<'p>(step: &Step, phrase: &'p str, new: &'p str) -> Option<impl Iterator<Item = char>> {
    let same_length = phrase.chars().count() == new.chars().count();
    let pairs = phrase.chars().zip(new.chars());
    same_length.then(|| pairs.filter(|&(c, new)| step.char(c).unwrap_or(c) != new).map(|(c, _)| c))
}

/// Whether a phrase needs no anchor, or has one already among the characters that it changes.
fn is_anchored(step: &Step, phrase: &str, new: &str, is_anchor: impl Fn(char) -> bool) -> bool {
    changed(step, phrase, new).is_some_and(|changed| {
        let mut changed = changed.peekable();
        changed.peek().is_none() || changed.any(is_anchor)
    })
}

/// A conversion on its way.
struct Conversion<'a> {
    engine: &'a Engine,
    source: &'a str,
    out: Vec<u8>,
    exceptions: Exceptions,
    /// Up to here the segmentation into phrases is decided.
    settled: usize,
}

impl Conversion<'_> {
    /// Converts all; false if a compatibility ideograph stands in the way.
    fn convert(&mut self) -> bool {
        let bytes = self.source.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            at += run::run(&self.engine.table, &bytes[at..], &mut self.out);
            if bytes.get(at).is_some_and(u8::is_ascii) {
                // Mostly a line end or a few digits: not worth a call to copy them.
                while let Some(&byte) = bytes.get(at).filter(|byte| byte.is_ascii()) {
                    self.out.push(byte);
                    at += 1;
                }
                continue;
            }
            let Some(c) = self.source[at..].chars().next() else { break };
            if script::is_compatibility(c) && COMPATIBILITY.char(c).is_some() {
                return false;
            }
            at = match script::description_len(&self.source[at..]) {
                Some(len) => {
                    self.out.extend_from_slice(&bytes[at..at + len]);
                    self.settled = at + len;
                    self.settled
                }
                None => match self.engine.anchors.binary_search(&c) {
                    Ok(anchor) if self.is_held(at, anchor) => self.phrases_around(at),
                    _ => self.put(at, c),
                },
            };
        }
        true
    }

    /// Puts the character at `at`, whatever phrases there are; returns where the next one begins.
    fn put(&mut self, at: usize, c: char) -> usize {
        let end = at + c.len_utf8();
        let new = if c == '著' && self.engine.in_context {
            if script::is_zhe(&self.source[..at], &self.source[end..]) { '着' } else { c }
        } else {
            self.engine.step.char(c).unwrap_or(c)
        };
        self.put_text(Span::new(at, end), new.encode_utf8(&mut [0; 4]));
        end
    }

    fn put_text(&mut self, span: Span, new: &str) {
        if new.len() != span.len() {
            self.exceptions.push((span, new.len()));
        }
        self.out.extend_from_slice(new.as_bytes());
    }

    /// Whether a phrase lies over the anchor at `at` under which it may change.
    fn is_held(&self, at: usize, anchor: usize) -> bool {
        let Some(holders) = &self.engine.holders[anchor] else { return true };
        let (before, behind) = self.source.as_bytes()[self.settled..].split_at(at - self.settled);
        // One byte of the character before or of the one behind tells most phrases apart.
        const NEXT: usize = 2 * '一'.len_utf8() - 1;
        holders.iter().any(|holder| {
            let (head, tail) = holder.phrase.as_bytes().split_at(holder.before);
            let likely = match head.last() {
                Some(byte) => before.last() == Some(byte),
                None => tail.get(NEXT).is_none_or(|byte| behind.get(NEXT) == Some(byte)),
            };
            likely && before.ends_with(head) && behind.starts_with(tail)
        })
    }

    /// Converts again from a boundary before the anchor at `anchor`, phrase by phrase, until behind it.
    fn phrases_around(&mut self, anchor: usize) -> usize {
        let mut at = self.boundary(anchor);
        self.take_back(at, anchor);
        while at <= anchor {
            let rest = &self.source[at..];
            match self.engine.phrase_at(rest) {
                Some((len, new)) => {
                    self.put_phrase(at, &rest[..len], new);
                    at += len;
                }
                None => at = self.put(at, rest.chars().next().expect("the anchor is still ahead")),
            }
        }
        self.settled = at;
        at
    }

    /// The last place up to `from` that no phrase lies across.
    fn boundary(&self, from: usize) -> usize {
        let engine = self.engine;
        let mut boundary = from;
        loop {
            let before =
                self.source[self.settled..boundary].char_indices().rev().take(self.engine.longest - 1);
            let across = before
                .map(|(i, c)| (self.settled + i, c))
                .filter(|&(i, c)| {
                    engine.begins_phrase(c)
                        && engine.phrase_at(&self.source[i..]).is_some_and(|(len, _)| i + len > boundary)
                })
                .last();
            match across {
                Some((i, _)) => boundary = i,
                None => return boundary,
            }
        }
    }

    /// Takes back what was put for `from..to`: characters without an anchor among them.
    fn take_back(&mut self, from: usize, to: usize) {
        let mut len = to - from;
        while let Some(&(span, new)) = self.exceptions.last().filter(|(span, _)| span.start >= from) {
            len = len - span.len() + new;
            self.exceptions.pop();
        }
        self.out.truncate(self.out.len() - len);
    }

    /// Puts a phrase, as characters where old and new correspond one to one.
    fn put_phrase(&mut self, at: usize, old: &str, new: &str) {
        if old.len() == new.len() && old.chars().zip(new.chars()).all(|(a, b)| a.len_utf8() == b.len_utf8()) {
            self.out.extend_from_slice(new.as_bytes());
        } else if old.chars().count() == new.chars().count() {
            for ((i, a), b) in old.char_indices().zip(new.chars()) {
                self.put_text(Span::new(at + i, at + i + a.len_utf8()), b.encode_utf8(&mut [0; 4]));
            }
        } else {
            self.exceptions.push((Span::new(at, at + old.len()), new.len()));
            self.out.extend_from_slice(new.as_bytes());
        }
    }
}

/// Compatibility ideographs become the unified ones, but in description sequences, which stay.
fn normalise(text: &str) -> (String, Exceptions) {
    let (mut new, mut exceptions) = (String::with_capacity(text.len()), Vec::new());
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let end = at + c.len_utf8();
        if let Some(len) = script::description_len(&text[at..]) {
            new.push_str(&text[at..at + len]);
            at += len;
            continue;
        }
        let unified = COMPATIBILITY.char(c).unwrap_or(c);
        if unified.len_utf8() != c.len_utf8() {
            exceptions.push((Span::new(at, end), unified.len_utf8()));
        }
        new.push(unified);
        at = end;
    }
    (new, exceptions)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Against plain leftmost-longest matching, in every direction.
    fn check(text: &str) {
        for direction in Direction::ALL {
            let converted = Converter::new(direction).convert(text);
            assert_eq!(converted.text, script::convert(direction, text), "{direction}: {text}");
            let mut len = text.len();
            for pass in &converted.passes {
                assert!(pass.windows(2).all(|pair| pair[0].0.end <= pair[1].0.start));
                assert!(pass.iter().all(|(span, _)| span.end <= len));
                len += pass.iter().map(|&(_, new)| new).sum::<usize>();
                len -= pass.iter().map(|(span, _)| span.len()).sum::<usize>();
            }
            assert_eq!(len, converted.text.len());
        }
    }

    fn phrases(direction: Direction) -> Vec<String> {
        let mut phrases = Vec::new();
        direction.steps()[1].for_each_phrase(|key, _| phrases.push(key.to_owned()));
        phrases
    }

    /// Every phrase, whole and cut, alone and joined with its neighbour: where anchors matter.
    #[test]
    fn equals_plain_matching_on_all_phrases() {
        for direction in [Direction::T2s, Direction::Tw2sp] {
            for pair in phrases(direction).windows(2) {
                let joined = pair.concat();
                check(&joined);
                let middle = joined.char_indices().nth(joined.chars().count() / 2).map_or(0, |(i, _)| i);
                check(&joined[middle..]);
                check(&joined[..middle]);
                check(&format!("{}{}", &joined[middle..], pair[0]));
            }
        }
        for phrase in phrases(Direction::S2t).iter().step_by(7) {
            check(phrase);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn equals_plain_matching(parts in prop::collection::vec(fragment(), 0..30)) {
            check(&parts.concat());
        }
    }

    fn fragment() -> impl Strategy<Value = String> {
        static PHRASES: LazyLock<Vec<String>> =
            LazyLock::new(|| Direction::ALL.into_iter().flat_map(phrases).collect());
        let phrase = (0..PHRASES.len(), 0..4usize, 0..4usize).prop_map(|(i, from, until)| {
            let chars: Vec<char> = PHRASES[i].chars().collect();
            let until = chars.len().saturating_sub(until);
            chars.get(from.min(until)..until).unwrap_or_default().iter().collect()
        });
        prop_oneof![
            6 => phrase,
            2 => "[著乾於徵瞭藉覆夥餘后里發髮面麵么]{1,4}",
            1 => "[⿰⿱⿲]",
            1 => "[\u{f900}-\u{fa6d}\u{2f800}-\u{2f810}]",
            2 => "[一-龥]{1,6}",
            1 => "[a\né𠮷，。]{1,3}",
        ]
    }
}
