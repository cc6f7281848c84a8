//! The script engine: character for character, phrases where characters change under them.
//!
//! Equal to plain leftmost-longest matching ([`crate::lexicon::script`]), but it stops only where a phrase
//! can matter. A phrase that gives other characters than its characters alone would has an anchor: one of
//! those. At an anchor the engine steps back to a place that no phrase lies across, which therefore is a
//! boundary of the leftmost-longest segmentation, and goes on from there phrase by phrase.

mod run;

use std::sync::LazyLock;

use crate::chars::is_han;
use crate::edit::Span;
use crate::lexicon::script::{self, COMPATIBILITY, SIMPLIFY, Step, Zhu};
use crate::lexicon::words;

use run::{STOP, Table};

/// Spans of a source, ascending, whose new text has another length, and that length in bytes. Everything
/// else stands at the same offsets.
pub type Exceptions = Vec<(Span, usize)>;

/// A converted text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Converted {
    /// The new text.
    pub text: String,
    /// The exceptions of each pass, in coordinates of the text that the pass read; always as many as
    /// [`Converter::passes`].
    pub passes: Vec<Exceptions>,
}

/// A conversion: the normalisation of compatibility ideographs, then one pass for each step.
#[derive(Clone, Debug)]
pub struct Converter {
    engines: Vec<&'static Engine>,
}

impl Converter {
    /// Traditional to Simplified.
    #[must_use]
    pub fn t2s() -> Self {
        static T2S: LazyLock<Engine> = LazyLock::new(|| Engine::new(&SIMPLIFY, &['著'], zhe));
        Self { engines: vec![&T2S] }
    }

    /// How many passes a conversion has.
    #[must_use]
    pub fn passes(&self) -> usize {
        1 + self.engines.len()
    }

    /// Converts a text.
    #[must_use]
    pub fn convert(&self, text: &str) -> Converted {
        let mut passes = Vec::with_capacity(self.passes());
        let mut current: Option<String> = None;
        for (i, engine) in self.engines.iter().enumerate() {
            let converted = match engine.convert(current.as_deref().unwrap_or(text)) {
                Some(converted) => {
                    if i == 0 {
                        passes.push(Exceptions::new());
                    }
                    converted
                }
                // Compatibility ideographs are normalised first, in a pass of their own: phrases hold them.
                None => {
                    let (normal, exceptions) = normalise(current.as_deref().unwrap_or(text));
                    passes.push(exceptions);
                    engine.convert(&normal).expect("nothing is left to normalise")
                }
            };
            current = Some(converted.0);
            passes.push(converted.1);
        }
        Converted { text: current.unwrap_or_default(), passes }
    }
}

/// Decides a character by what stands before and behind it in the source.
type InContext = fn(char, &str, &str) -> Option<char>;

/// One step of a conversion, compiled.
struct Engine {
    step: &'static Step,
    table: Box<Table>,
    /// Longest phrase, in characters.
    longest: usize,
    /// Characters that phrases are anchored on or that depend on their context.
    anchors: Vec<char>,
    in_context: InContext,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("anchors", &self.anchors.len()).finish_non_exhaustive()
    }
}

/// 著 is 着 where it is the particle or verb.
fn zhe(c: char, before: &str, after: &str) -> Option<char> {
    (c == '著').then(|| if is_zhe(before, after) { '着' } else { c })
}

/// Whether a 著 is the particle or verb 着 rather than the word of writing and fame. The word list
/// decides; where it knows no word, only an author's 著 stays: it stands apart behind the name, or ends
/// the line or bracket.
fn is_zhe(before: &str, after: &str) -> bool {
    match script::zhu(before, after) {
        Some(Zhu::Keep) => return false,
        Some(Zhu::Weigh) => {
            let reading = |c: char| words::shipped().cost(&window(before, c, after));
            return reading('着') < reading('著');
        }
        None => {}
    }
    let apart = before.ends_with(|c: char| !is_han(c));
    let ends = !after.starts_with(is_han)
        && !after.starts_with(['，', '。', '！', '？', '；', '…', ',', '"', '”', '」']);
    let word = words::shipped()
        .spanning(&window(before, '着', ""), &window("", '着', after)['着'.len_utf8()..])
        .next()
        .is_some();
    word || !(apart || ends)
}

/// `c` between the Han characters beside it, in Simplified characters.
fn window(before: &str, c: char, after: &str) -> String {
    const REACH: usize = 4;
    let fold = |c: char| script::simplify_char(c).unwrap_or(c);
    let mut left: Vec<char> = before.chars().rev().take_while(|&c| is_han(c)).take(REACH).map(fold).collect();
    left.reverse();
    let right = after.chars().take_while(|&c| is_han(c)).take(REACH).map(fold);
    left.into_iter().chain([c]).chain(right).collect()
}

impl Engine {
    fn new(step: &'static Step, contextual: &[char], in_context: InContext) -> Self {
        let mut table: Box<Table> = vec![STOP; 1 << 16].try_into().expect("65,536 entries");
        for c in '\u{800}'..='\u{ffff}' {
            let new = step.char(c).unwrap_or(c);
            let special = script::operands(c) > 0 || COMPATIBILITY.char(c).is_some();
            if new.len_utf8() == 3 && !special {
                let mut bytes = [0; 4];
                new.encode_utf8(&mut bytes);
                table[c as usize] = u32::from_le_bytes(bytes);
            }
        }
        let mut anchors: Vec<char> = contextual.to_vec();
        let mut longest = 1;
        step.for_each_phrase(|key, value| {
            longest = longest.max(key.chars().count());
            let same_length = key.chars().count() == value.chars().count();
            let mut changed = key
                .chars()
                .zip(value.chars())
                .filter(|&(k, v)| !same_length || step.char(k).unwrap_or(k) != v)
                .map(|(k, _)| k)
                .peekable();
            // A phrase of another length changes as a whole: its first character will do.
            if let Some(&first) = changed.peek()
                && !changed.any(|c| anchors.contains(&c))
            {
                anchors.push(first);
            }
        });
        anchors.sort_unstable();
        for &c in anchors.iter().filter(|&&c| c <= '\u{ffff}') {
            table[c as usize] |= STOP;
        }
        Self { step, table, longest, anchors, in_context }
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
            let rest = &bytes[at..];
            let ascii = rest.iter().position(|b| !b.is_ascii()).unwrap_or(rest.len());
            if ascii > 0 {
                self.out.extend_from_slice(&rest[..ascii]);
                at += ascii;
                continue;
            }
            let Some(c) = self.source[at..].chars().next() else { break };
            if is_compatibility(c) {
                return false;
            }
            at = match script::description_len(&self.source[at..]) {
                Some(len) => {
                    self.out.extend_from_slice(&bytes[at..at + len]);
                    self.settled = at + len;
                    self.settled
                }
                None if self.engine.anchors.binary_search(&c).is_ok() => self.phrases_around(at),
                None => self.put(at, c),
            };
        }
        true
    }

    /// Puts the character at `at`, whatever phrases there are; returns where the next one begins.
    fn put(&mut self, at: usize, c: char) -> usize {
        let end = at + c.len_utf8();
        let in_context = (self.engine.in_context)(c, &self.source[..at], &self.source[end..]);
        let new = in_context.or_else(|| self.engine.step.char(c)).unwrap_or(c);
        self.put_text(Span::new(at, end), new.encode_utf8(&mut [0; 4]));
        end
    }

    fn put_text(&mut self, span: Span, new: &str) {
        if new.len() != span.len() {
            self.exceptions.push((span, new.len()));
        }
        self.out.extend_from_slice(new.as_bytes());
    }

    /// Converts again from a boundary before the anchor at `anchor`, phrase by phrase, until behind it.
    fn phrases_around(&mut self, anchor: usize) -> usize {
        let step = self.engine.step;
        let mut at = self.boundary(anchor);
        self.take_back(at, anchor);
        while at <= anchor {
            let rest = &self.source[at..];
            match step.phrase_at(rest) {
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
        let step = self.engine.step;
        let mut boundary = from;
        loop {
            let before =
                self.source[self.settled..boundary].char_indices().rev().take(self.engine.longest - 1);
            let across = before
                .map(|(i, c)| (self.settled + i, c))
                .filter(|&(i, c)| {
                    step.begins_phrase(c)
                        && step.phrase_at(&self.source[i..]).is_some_and(|(len, _)| i + len > boundary)
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

fn is_compatibility(c: char) -> bool {
    matches!(c, '\u{f900}'..='\u{faff}' | '\u{2f800}'..='\u{2fa1f}') && COMPATIBILITY.char(c).is_some()
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

    /// Plain leftmost-longest matching with the same decisions in context.
    fn plain(text: &str) -> String {
        let (text, _) = normalise(text);
        let (mut new, mut at) = (String::new(), 0);
        while at < text.len() {
            let rest = &text[at..];
            if let Some(len) = script::description_len(rest) {
                new.push_str(&rest[..len]);
                at += len;
            } else if let Some((len, phrase)) = SIMPLIFY.phrase_at(rest) {
                new.push_str(phrase);
                at += len;
            } else {
                let c = rest.chars().next().unwrap();
                at += c.len_utf8();
                new.push(
                    zhe(c, &text[..at - c.len_utf8()], &text[at..]).or_else(|| SIMPLIFY.char(c)).unwrap_or(c),
                );
            }
        }
        new
    }

    fn check(text: &str) {
        let converted = Converter::t2s().convert(text);
        assert_eq!(converted.text, plain(text), "{text}");
        if !normalise(text).0.contains('著') {
            assert_eq!(converted.text, script::convert_t2s(text), "{text}");
        }
        assert_eq!(converted.passes.len(), 2);
        let mut len = text.len();
        for pass in &converted.passes {
            assert!(pass.windows(2).all(|pair| pair[0].0.end <= pair[1].0.start));
            assert!(pass.iter().all(|(span, _)| span.end <= len));
            len = len + pass.iter().map(|&(_, new)| new).sum::<usize>()
                - pass.iter().map(|(span, _)| span.len()).sum::<usize>();
        }
        assert_eq!(len, converted.text.len());
    }

    /// Every phrase, whole and cut, alone and joined with its neighbour: where anchors matter.
    #[test]
    fn equals_plain_matching_on_all_phrases() {
        let mut phrases = Vec::new();
        SIMPLIFY.for_each_phrase(|key, _| phrases.push(key.to_owned()));
        for pair in phrases.windows(2) {
            let joined = pair.concat();
            check(&joined);
            let starts: Vec<usize> = joined.char_indices().map(|(i, _)| i).collect();
            for &from in &starts {
                check(&joined[from..]);
                check(&joined[..from]);
                check(&format!("{}{}", &joined[from..], pair[0]));
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn equals_plain_matching(parts in prop::collection::vec(fragment(), 0..30)) {
            check(&parts.concat());
        }
    }

    fn fragment() -> impl Strategy<Value = String> {
        static PHRASES: LazyLock<Vec<String>> = LazyLock::new(|| {
            let mut phrases = Vec::new();
            SIMPLIFY.for_each_phrase(|key, _| phrases.push(key.to_owned()));
            phrases
        });
        let phrase = (0..PHRASES.len(), 0..4usize, 0..4usize).prop_map(|(i, from, until)| {
            let chars: Vec<char> = PHRASES[i].chars().collect();
            let until = chars.len().saturating_sub(until);
            chars.get(from.min(until)..until).unwrap_or_default().iter().collect()
        });
        prop_oneof![
            6 => phrase,
            2 => "[著乾於徵瞭藉覆夥餘后里發髮面麵]{1,4}",
            1 => "[⿰⿱⿲]",
            1 => "[\u{f900}-\u{fa6d}\u{2f800}-\u{2f810}]",
            2 => "[一-龥]{1,6}",
            1 => "[a\né𠮷，。]{1,3}",
        ]
    }

    #[test]
    fn zhu_and_zhe() {
        for (old, new) in [
            ("著力解決問題", "着力解决问题"),
            ("看著他沿著河走", "看着他沿着河走"),
            ("成效顯著", "成效显著"),
            ("著名的著作", "著名的著作"),
            ("魯迅 著", "鲁迅 著"),
            ("他笑著，哭著。", "他笑着，哭着。"),
            ("專著與土著", "专著与土著"),
        ] {
            assert_eq!(Converter::t2s().convert(old).text, new);
        }
    }
}
