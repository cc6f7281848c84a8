//! Undoes misread encodings: bytes of one encoding that were read as another, once or twice.
//!
//! A chain of misreadings maps a text to the damage, character by character at most places, so a stretch of
//! the damage can be undone alone where the bytes of its characters are whole characters of the encoding
//! that they were written in. Which stretches are to be undone is a question of likelihood: the cheapest way
//! through the text, where sound characters cost what the language model says, those of an undone stretch
//! cost what their originals would, and each change from sound to misread costs what such an accident is
//! worth. A stretch so found is repaired if misreading the repair gives the damage back exactly.

use std::collections::BTreeMap;

use crate::chars::{is_common_han, is_full_mark, is_han, lines};
use crate::edit::Span;
use crate::lexicon::{ngram, script, words};
use crate::pipeline::{Doc, Proposals};
use crate::rules::{Applicability, RuleId};

use super::coding::{Bytes, Coding, Step};

/// Characters of context on each side of a suspect.
const CONTEXT: usize = 40;
/// Characters of damage within which misread characters end together at the latest, by the number of
/// misreadings: of the letters that UTF-8 in UTF-8 gives, few have an odd number of bytes.
const LONGEST: [usize; 2] = [12, 200];
/// Characters within which all ways to read the bytes are tried.
const WAYS: usize = 12;
/// Characters of a long stretch on which the chains are tried.
const SAMPLE: usize = 400;

/// What it costs to take sound text for misread, in nats: one place in a million.
const ENTER: f32 = 14.0;
/// The same where the document shows the misreading elsewhere.
const ENTER_AGAIN: f32 = 5.0;
/// The same where most of the document is misread, and what each sound character costs more there.
const ENTER_WHOLE: f32 = 0.0;
const SOUND_WHOLE: f32 = 4.0;
/// Nats of gain that show a misreading.
const SHOWN: f32 = 100.0;

/// One misreading.
#[derive(Debug)]
struct Level {
    /// The encoding of the bytes.
    written: Coding,
    /// The one that they were read in.
    read: Coding,
}

/// One or two misreadings, the last one first.
#[derive(Debug)]
struct Chain {
    levels: &'static [Level],
    rule: RuleId,
}

macro_rules! chain {
    ($rule:ident: $($written:ident as $read:ident),+) => {
        Chain {
            levels: &[$(Level { written: Coding::$written, read: Coding::$read }),+],
            rule: RuleId::$rule,
        }
    };
}

/// What is undone; of chains that explain a stretch equally well the first is taken.
static CHAINS: &[Chain] = &[
    chain!(MisreadUtf8: Utf8 as Windows1252),
    chain!(MisreadUtf8: Utf8 as Latin1),
    chain!(MisreadUtf8: Utf8 as Gbk),
    chain!(MisreadUtf8: Utf8 as Big5),
    chain!(MisreadGbk: Gbk as Windows1252),
    chain!(MisreadGbk: Gbk as Latin1),
    chain!(MisreadGbk: Gbk as Utf8OrLatin1),
    chain!(MisreadGbk: Gbk as Big5),
    chain!(MisreadBig5: Big5 as Windows1252),
    chain!(MisreadBig5: Big5 as Latin1),
    chain!(MisreadBig5: Big5 as Gbk),
    chain!(MisreadTwice: Utf8 as Windows1252, Utf8 as Windows1252),
    chain!(MisreadTwice: Utf8 as Latin1, Utf8 as Latin1),
    chain!(MisreadTwice: Utf8 as Windows1252, Utf8 as Latin1),
    chain!(MisreadTwice: Utf8 as Latin1, Utf8 as Windows1252),
    chain!(MisreadTwice: Utf8 as Windows1252, Gbk as Latin1),
    chain!(MisreadTwice: Utf8 as Latin1, Gbk as Latin1),
    chain!(MisreadTwice: Utf8 as Gbk, Utf8 as Gbk),
    chain!(MisreadTwice: Utf8 as Gbk, Utf8 as Latin1),
    chain!(MisreadTwice: Utf8 as Gbk, Utf8 as Windows1252),
    chain!(MisreadTwice: Utf8 as Gbk, Gbk as Latin1),
    chain!(MisreadTwice: Utf8 as Gbk, Gbk as Windows1252),
];

impl Chain {
    /// Misreads a text.
    fn misread(&self, text: &str) -> Option<String> {
        let mut text = text.to_owned();
        for level in self.levels.iter().rev() {
            text = level.read.decode_all(&level.written.encode_all(&text)?)?;
        }
        Some(text)
    }
}

/// Misread stretches become what was written. `rare` are the text's characters of [`Class::RARE`].
///
/// [`Class::RARE`]: crate::chars::Class::RARE
pub(super) fn scan(doc: &Doc<'_>, rare: &[(usize, char)], out: &mut Proposals<'_>) {
    let mut evidence = Evidence::default();
    let mut found: Vec<Repair> = Vec::new();
    for window in windows(doc.text, rare, false) {
        let repairs = Reading::new(window.span, doc.text, 0.0).repairs(&window, &evidence);
        evidence.add(&repairs);
        found.extend(repairs);
    }
    // In a document known to be misread, places that proved nothing alone are looked at again.
    for chain in evidence.shown() {
        let whole = evidence.is_whole(doc.text, chain);
        let again = if whole { lines_above_ascii(doc.text) } else { windows(doc.text, rare, true) };
        for window in again {
            let (enter, sound) = if whole { (ENTER_WHOLE, SOUND_WHOLE) } else { (ENTER_AGAIN, 0.0) };
            found.extend(Reading::new(window.span, doc.text, sound).segments(chain, enter, usize::MAX));
        }
    }
    for repair in without_overlaps(found) {
        let safe = repair.is_safe();
        if !safe && repair.is_of_pairs() {
            continue;
        }
        let applicability = if safe { Applicability::Safe } else { Applicability::Unsafe };
        out.propose(repair.span, &repair.text, CHAINS[repair.chain].rule, 1.0, applicability);
    }
}

/// Character references that lost their `&`: `#xff1a;`, `#65306;`.
pub(super) fn scan_entities(doc: &Doc<'_>, out: &mut Proposals<'_>) {
    for (span, c) in eaten_entities(doc.text) {
        out.replace(span, c.encode_utf8(&mut [0; 4]), RuleId::EatenAmpersand);
    }
}

/// Whether the text has such references.
pub(crate) fn has_eaten_entity(text: &str) -> bool {
    eaten_entities(text).next().is_some()
}

/// References to Chinese characters and marks, without `&` and next to Chinese. (`#12345;` is a number in
/// other text.)
fn eaten_entities(text: &str) -> impl Iterator<Item = (Span, char)> {
    let is_chinese = |c: char| is_han(c) || is_full_mark(c);
    memchr::memchr_iter(b'#', text.as_bytes()).filter_map(move |at| {
        let rest = &text[at + 1..];
        let digits = &rest[..rest.bytes().take(7).position(|byte| byte == b';')?];
        let code = match digits.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => digits.parse().ok()?,
        };
        let span = Span::new(at, at + digits.len() + 2);
        let before = text[..at].chars().next_back();
        let after = text[span.end..].chars().next();
        let c = char::from_u32(code).filter(|&c| is_chinese(c))?;
        let beside = [before, after].into_iter().flatten().any(is_chinese);
        (beside && before != Some('&')).then_some((span, c))
    })
}

/// Of repairs that overlap, the one that gains most; in the order of the text.
fn without_overlaps(mut repairs: Vec<Repair>) -> Vec<Repair> {
    repairs.sort_by(|a, b| b.gain.total_cmp(&a.gain));
    let mut taken: BTreeMap<usize, Repair> = BTreeMap::new();
    for repair in repairs {
        let before = taken.range(..repair.span.end).next_back();
        if before.is_none_or(|(_, before)| before.span.end <= repair.span.start) {
            taken.insert(repair.span.start, repair);
        }
    }
    taken.into_values().collect()
}

/// What the document's repairs are worth so far, by chain.
#[derive(Default)]
struct Evidence {
    gain: [f32; CHAINS.len()],
    bytes: [usize; CHAINS.len()],
}

impl Evidence {
    fn add(&mut self, repairs: &[Repair]) {
        for repair in repairs.iter().filter(|repair| repair.is_safe()) {
            self.gain[repair.chain] += repair.gain;
            self.bytes[repair.chain] += repair.span.len();
        }
    }

    /// The chains that the document shows, the commonest first.
    fn shown(&self) -> Vec<usize> {
        let mut shown: Vec<usize> = (0..CHAINS.len()).filter(|&i| self.gain[i] >= SHOWN).collect();
        shown.sort_by(|&a, &b| self.gain[b].total_cmp(&self.gain[a]));
        shown
    }

    /// Whether most of the document is this chain's.
    fn is_whole(&self, text: &str, chain: usize) -> bool {
        let above_ascii = text.bytes().filter(|byte| !byte.is_ascii()).count();
        2 * self.bytes[chain] > above_ascii
    }
}

/// A stretch of text with suspects.
struct Window {
    span: Span,
    /// Suspects that are letters.
    letters: usize,
    /// Suspects that are Han characters or private ones.
    han: usize,
}

/// Where a suspect is not alone, and the text about it up to the line's ends; with `all`, about every one.
fn windows(text: &str, rare: &[(usize, char)], all: bool) -> Vec<Window> {
    let mut windows: Vec<Window> = Vec::new();
    let mut last: Option<usize> = None;
    for &(at, c) in rare {
        let letter = c < '\u{800}';
        let end = at + c.len_utf8();
        let suspect = all
            || if letter {
                let before = text[..at].chars().next_back();
                let after = text[end..].chars().next();
                [before, after].into_iter().flatten().any(is_letter_like)
            } else {
                // Three characters of damage are two of text, so another suspect is near.
                last.replace(at)
                    .is_some_and(|last| at - last <= 9 && words::shipped().get(&text[last..end]).is_none())
                    || is_utf8_read_as_gbk(text, at)
            };
        if !suspect {
            continue;
        }
        let near = |&(_, c): &(usize, char)| c != '\n';
        let back = text[..at].char_indices().rev().take_while(near).take(CONTEXT).last();
        let on = text[end..].char_indices().take_while(near).take(CONTEXT).last();
        let span = Span::new(back.map_or(at, |(i, _)| i), on.map_or(end, |(i, c)| end + i + c.len_utf8()));
        let (letters, han) = (usize::from(letter), usize::from(!letter));
        match windows.last_mut() {
            Some(window) if span.start < window.span.end => {
                window.span.end = span.end;
                window.letters += letters;
                window.han += han;
            }
            _ => windows.push(Window { span, letters, han }),
        }
    }
    windows
}

/// Every line that is not ASCII.
fn lines_above_ascii(text: &str) -> Vec<Window> {
    lines(text)
        .filter(|line| !line.text.is_ascii())
        .map(|line| Window { span: Span::new(line.start, line.end()), letters: 0, han: 0 })
        .collect()
}

/// Whether `c` may be a single byte, or two of UTF-8, above ASCII.
fn is_letter_like(c: char) -> bool {
    matches!(c, '\u{80}'..='\u{7ff}') || !c.is_ascii() && Coding::Windows1252.encode(c).is_some()
}

/// Whether, from the character at `at` or one of the two before it, the bytes in GBK are Chinese in UTF-8,
/// or three characters' bytes on end are letters.
fn is_utf8_read_as_gbk(text: &str, at: usize) -> bool {
    let back = text[..at].char_indices().rev().take(2).map(|(i, _)| i);
    std::iter::once(at).chain(back).any(|start| {
        let (mut bytes, mut letters) = (Bytes::default(), 0);
        for c in text[start..].chars().take(4) {
            let Some(pair) = Coding::Gbk.encode(c).filter(|pair| pair.len() == 2) else { return false };
            for &byte in &*pair {
                bytes.push(byte);
                match Coding::Utf8.decode(&bytes) {
                    Step::More => {}
                    Step::Bad => return false,
                    Step::Char(c) if is_han(c) || is_full_mark(c) => return true,
                    Step::Char(c) if is_letter_like(c) && letters < 2 => letters += 1,
                    Step::Char(c) => return is_letter_like(c),
                }
                if !matches!(Coding::Utf8.decode(&bytes), Step::More) {
                    bytes.clear();
                }
            }
        }
        false
    })
}

/// A stretch to be replaced.
#[derive(Debug)]
struct Repair {
    span: Span,
    text: String,
    /// Index in [`CHAINS`].
    chain: usize,
    /// How much likelier the repair is than the damage, in nats.
    gain: f32,
    /// What it cost to take sound text for misread.
    enter: f32,
    /// By how many nats it beats the next best way to read the same bytes.
    lead_over: f32,
}

impl Repair {
    /// Whether both encodings are of two bytes, so that the bytes prove nothing.
    fn is_of_pairs(&self) -> bool {
        let pairs = |coding| matches!(coding, Coding::Gbk | Coding::Big5);
        matches!(CHAINS[self.chain].levels, [level] if pairs(level.read) && pairs(level.written))
    }

    /// Whether it is beyond doubt: it gains more than accidents do, and it is text.
    fn is_safe(&self) -> bool {
        /// Nats by which the other readings of the same bytes must lose.
        const CLEAR: f32 = 4.0;
        let chain = &CHAINS[self.chain];
        let [inner, outer] = [&chain.levels[chain.levels.len() - 1], &chain.levels[0]];
        let pairs = |coding| matches!(coding, Coding::Gbk | Coding::Big5);
        let (mut common, mut strange, mut above_ascii) = (Vec::new(), 0, 0);
        for c in self.text.chars().filter(|c| !c.is_ascii()) {
            above_ascii += 1;
            if is_common_han(c) {
                if !common.contains(&c) && common.len() < 8 {
                    common.push(c);
                }
            } else if !is_full_mark(c) && !matches!(c, '\u{ff01}'..='\u{ff5e}' | '\u{3000}'..='\u{3029}') {
                strange += 1;
            }
        }
        let known = self.enter < ENTER;
        // Nearly every pair of one is a pair of the other: the text itself has to show it.
        let (least, margin) = match () {
            () if known => (0, 2.0),
            // Lists of letters with accents are such text too.
            () if outer.read == Coding::Utf8OrLatin1 => (8, 30.0),
            () if self.is_of_pairs() => (4, 25.0),
            () if pairs(outer.read) || pairs(inner.written) => (2, 6.0),
            () => (0, 3.0),
        };
        let clear = outer.read != Coding::Utf8OrLatin1 || self.lead_over >= CLEAR;
        clear
            && self.gain >= self.enter + margin
            && common.len() >= least
            && (least == 0 || strange * 4 <= above_ascii)
    }
}

/// A stretch of text and what it costs to take it for sound.
struct Reading {
    chars: Vec<char>,
    /// Byte offsets in the document, one more than there are characters.
    at: Vec<usize>,
    /// Cost in nats by character.
    costs: Vec<f32>,
    /// What of it a sound character above ASCII costs because of the rest of the document.
    more: f32,
}

/// The cheapest way to a place that ends there with a misread character.
#[derive(Clone, Copy)]
struct Node {
    cost: f32,
    /// Where its last characters began.
    from: usize,
    /// Whether the text before them is sound.
    entered: bool,
    /// Its last characters, in `Path::text`.
    text: (usize, usize),
    /// The last two characters of the repaired text.
    history: [char; 2],
    /// Whether its last byte would have taken a continuation.
    lead: bool,
    /// How much dearer the next best way to read the bytes before is.
    lead_over: f32,
}

impl Reading {
    /// Reads a stretch in which a sound character above ASCII costs `more`.
    fn new(span: Span, text: &str, more: f32) -> Self {
        let (mut chars, mut at, mut costs) = (Vec::new(), Vec::new(), Vec::new());
        let mut history = ['\n'; 2];
        for (i, c) in span.of(text).char_indices() {
            at.push(span.start + i);
            // What was said just now is no surprise, however rare.
            let repeated = is_han(c) && chars.iter().rev().take(8).any(|&before| before == c);
            let cost = if repeated { cost(history, c).min(6.0) } else { cost(history, c) };
            costs.push(if c.is_ascii() { cost } else { cost + more });
            chars.push(c);
            history = [history[1], c];
        }
        at.push(span.end);
        Self { chars, at, costs, more }
    }

    /// The repairs, none of which overlaps another. Chains that the document has shown are tried first,
    /// and the others only where those leave something unexplained.
    fn repairs(&self, window: &Window, evidence: &Evidence) -> Vec<Repair> {
        let mut found: Vec<Repair> = Vec::new();
        let shown = evidence.shown();
        for &chain in &shown {
            found.extend(self.segments(chain, ENTER_AGAIN, usize::MAX));
            let explained: usize = found.iter().map(|repair| repair.span.len()).sum();
            if 4 * explained > 3 * window.span.len() {
                return without_overlaps(found);
            }
        }
        let controls = self.chars.iter().any(|c| matches!(c, '\u{80}'..='\u{9f}'));
        let fits = |&chain: &usize| {
            let levels = CHAINS[chain].levels;
            match levels[0].read {
                // Where a few characters prove nothing.
                Coding::Gbk | Coding::Big5 if levels.len() > 1 || levels[0].written != Coding::Utf8 => {
                    window.han > 2
                }
                Coding::Gbk | Coding::Big5 => window.han > 0,
                // The same as Windows', but for these.
                Coding::Latin1 => controls,
                _ => window.letters > 0,
            }
        };
        let mut chains: Vec<usize> =
            (0..CHAINS.len()).filter(|chain| !shown.contains(chain)).filter(fits).collect();
        if self.chars.len() > 2 * SAMPLE {
            let found_in_sample = |&chain: &usize| !self.segments(chain, ENTER, SAMPLE).is_empty();
            let tried: Vec<usize> = chains.iter().copied().filter(found_in_sample).collect();
            if !tried.is_empty() {
                chains = tried;
            }
        }
        for chain in chains {
            found.extend(self.segments(chain, ENTER, usize::MAX));
        }
        without_overlaps(found)
    }

    fn history(&self, i: usize) -> [char; 2] {
        let get = |back: usize| i.checked_sub(back).map_or('\n', |i| self.chars[i]);
        [get(2), get(1)]
    }

    /// The stretches among the first `n` characters that are likelier misread by the chain than sound.
    fn segments(&self, index: usize, enter: f32, n: usize) -> Vec<Repair> {
        let chain = &CHAINS[index];
        let n = n.min(self.chars.len());
        let mut sound = vec![f32::INFINITY; n + 1];
        let mut misread: Vec<Option<Node>> = vec![None; n + 1];
        let mut after_misread = vec![false; n + 1];
        let mut arena: Vec<char> = Vec::new();
        sound[0] = 0.0;
        for i in 0..n {
            let here = misread[i];
            if let Some(node) = here
                && node.cost < sound[i]
            {
                sound[i] = node.cost;
                after_misread[i] = true;
            }
            let entering = sound[i] + enter;
            let (base, entered, history, lead) = match here {
                Some(node) if node.cost <= entering => (node.cost, false, node.history, node.lead),
                _ => (entering, true, self.history(i), false),
            };
            self.atoms(chain, i, n, lead, &mut |end, text, lead| {
                let (mut cost, mut history) = (base, history);
                for &c in text {
                    cost += self::cost(history, c);
                    history = [history[1], c];
                }
                match &mut misread[end] {
                    Some(node) if node.cost <= cost => node.lead_over = node.lead_over.min(cost - node.cost),
                    rival => {
                        let lead_over = rival.map_or(f32::INFINITY, |rival| rival.cost - cost);
                        let start = arena.len();
                        arena.extend_from_slice(text);
                        let text = (start, arena.len());
                        *rival = Some(Node { cost, from: i, entered, text, history, lead, lead_over });
                    }
                }
            });
            if sound[i] + self.costs[i] < sound[i + 1] {
                sound[i + 1] = sound[i] + self.costs[i];
            }
        }
        // Back from the end.
        let mut repairs = Vec::new();
        let mut i = n;
        let mut is_misread = misread[n].is_some_and(|node| node.cost < sound[n]);
        while i > 0 {
            if !is_misread && !after_misread[i] {
                i -= 1;
                continue;
            }
            let end = i;
            let (mut pieces, mut lead_over) = (Vec::new(), f32::INFINITY);
            while let Some(node) = misread[i] {
                lead_over = lead_over.min(node.lead_over);
                pieces.push((Span::new(node.from, i), node.text));
                i = node.from;
                if node.entered {
                    break;
                }
            }
            pieces.reverse();
            let repair = self.repair(index, enter, Span::new(i, end), &pieces, &arena);
            repairs.extend(repair.map(|repair| Repair { lead_over, ..repair }));
            is_misread = false;
        }
        repairs
    }

    /// The repair of a stretch, if it is proven.
    fn repair(
        &self,
        chain: usize,
        enter: f32,
        span: Span,
        pieces: &[(Span, (usize, usize))],
        arena: &[char],
    ) -> Option<Repair> {
        let damage: String = self.chars[span.start..span.end].iter().collect();
        let text: String = pieces.iter().flat_map(|&(_, (a, b))| &arena[a..b]).collect();
        let mut history = self.history(span.start);
        let above_ascii = damage.chars().filter(|c| !c.is_ascii()).count() as f32;
        let mut gain = self.costs[span.start..span.end].iter().sum::<f32>() - self.more * above_ascii;
        for c in text.chars() {
            gain -= cost(history, c);
            history = [history[1], c];
        }
        let certified = CHAINS[chain].misread(&text).as_deref() == Some(&damage);
        certified.then(|| Repair {
            span: Span::new(self.at[span.start], self.at[span.end]),
            text,
            chain,
            gain,
            enter,
            lead_over: f32::INFINITY,
        })
    }

    /// Calls `visit` with the end and the original of the shortest stretch from `i` on that is whole
    /// characters at every level, for each way to read its bytes.
    fn atoms(
        &self,
        chain: &Chain,
        i: usize,
        end: usize,
        after_lead: bool,
        visit: &mut dyn FnMut(usize, &[char], bool),
    ) {
        let end = end.min(i + LONGEST[chain.levels.len() - 1]);
        self.extend(i, chain.levels, i, end, [Bytes::default(); 2], after_lead, &mut Vec::new(), visit);
    }

    #[allow(clippy::too_many_arguments)]
    fn extend(
        &self,
        start: usize,
        levels: &[Level],
        i: usize,
        end: usize,
        pending: [Bytes; 2],
        after_lead: bool,
        text: &mut Vec<char>,
        visit: &mut dyn FnMut(usize, &[char], bool),
    ) {
        let Some(&c) = self.chars[..end].get(i) else { return };
        let read = levels[0].read;
        let len = text.len();
        // A lead byte with its continuation would have been read as one character.
        let joined = after_lead && matches!(c, '\u{80}'..='\u{bf}');
        let first = read.encode(c).filter(|_| !joined);
        let second = read.encode_otherwise(c).filter(|_| i - start < WAYS);
        for bytes in [first, second].into_iter().flatten() {
            let mut pending = pending;
            if feed(levels, &mut pending, &bytes, text) {
                let lead = read == Coding::Utf8OrLatin1 && matches!(*bytes, [0xc2..=0xdf]);
                if pending.iter().all(|bytes| bytes.is_empty()) {
                    visit(i + 1, text, lead);
                } else {
                    self.extend(start, levels, i + 1, end, pending, lead, text, visit);
                }
            }
            text.truncate(len);
        }
    }
}

/// Puts bytes through the levels; false where they are no characters.
fn feed(levels: &[Level], pending: &mut [Bytes; 2], bytes: &[u8], text: &mut Vec<char>) -> bool {
    bytes.iter().all(|&byte| {
        pending[2 - levels.len()].push(byte);
        match levels[0].written.decode(&pending[2 - levels.len()]) {
            Step::More => true,
            Step::Bad => false,
            Step::Char(c) => {
                pending[2 - levels.len()].clear();
                let Some(inner) = levels.get(1) else {
                    text.push(c);
                    return true;
                };
                inner.read.encode(c).is_some_and(|bytes| feed(&levels[1..], pending, &bytes, text))
            }
        }
    })
}

fn is_word(a: char, b: char) -> bool {
    let mut word = [0; 8];
    let len = a.encode_utf8(&mut word).len();
    let len = len + b.encode_utf8(&mut word[len..]).len();
    std::str::from_utf8(&word[..len]).is_ok_and(|word| words::shipped().get(word).is_some())
}

/// What a character of sound text costs behind two others: −ln of its probability, roughly.
fn cost(history: [char; 2], c: char) -> f32 {
    /// A character where nothing led to expect it.
    const STRANGE: f32 = 14.0;
    let kin = |a: char, b: char| a as u32 >> 7 == b as u32 >> 7;
    match c {
        '\t' | '\n' | '\r' | ' '..='~' => 3.0,
        '\u{fffd}' => 3.0,
        // Quotes of Windows read as control characters, an accident of their own.
        '\u{85}' | '\u{91}'..='\u{97}' => 6.0,
        '\0'..='\u{9f}' | '\u{e000}'..='\u{f8ff}' => STRANGE,
        _ if is_han(c) => {
            let [a, b, c] = [history[0], history[1], c].map(script::simplified);
            let known = match words::char_rank(c) {
                // Two characters that are a word.
                Some(_) if is_word(b, c) => 6.5,
                Some(0..3000) => 10.5,
                Some(3000..5000) => 12.5,
                Some(_) => STRANGE,
                None => 16.0,
            };
            (-ngram::shipped().log_prob([a, b], c)).min(known)
        }
        _ if matches!(history[1], '\u{c0}'..='\u{ff}') && is_letter_like(c) && !c.is_alphabetic() => 12.0,
        '‘' | '’' | '“' | '”' | '–' | '—' | '…' if history[1].is_ascii() => 5.0,
        _ if is_full_mark(c) => (-ngram::shipped().log_prob(history, c)).min(9.0),
        // Full-width forms and the marks of CJK.
        '\u{ff01}'..='\u{ff5e}' | '\u{3000}'..='\u{3002}' => 4.5,
        // Words with accents have one, seldom two in a row, and never three.
        '\u{a0}'..='\u{24f}' if is_letter_like(history[1]) && is_letter_like(history[0]) => 12.0,
        '\u{c0}'..='\u{24f}' if history[1].is_ascii_alphabetic() => 5.0,
        '\u{c0}'..='\u{24f}' if is_han(history[1]) => 11.0,
        '\u{100}'..='\u{24f}' => 11.0,
        '\u{a0}'..='\u{24f}' => 8.0,
        // Words of another script, drawings.
        _ if kin(history[1], c) => 4.5,
        '\u{2010}'..='\u{2bff}' => 9.0,
        _ => STRANGE,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::Config;
    use crate::pipeline::Cleaner;
    use crate::rules::StageId;

    const TEXT: &str = "全市上下齐心协力、众志成城，推动疫情防控成果持续巩固。";
    const TRADITIONAL: &str = "臺灣的網路資料需要轉換成簡體字，纔能使用。";

    fn cleaner() -> Cleaner {
        Cleaner::new(Config { stages: vec![StageId::Recover], ..Config::default() }).unwrap()
    }

    #[test]
    fn every_chain_is_undone() {
        let cleaner = cleaner();
        let mut undone = 0;
        for (chain, text) in CHAINS.iter().flat_map(|chain| [(chain, TEXT), (chain, TRADITIONAL)]) {
            let Some(damage) = chain.misread(text) else { continue };
            // Where two readings of the same bytes are about as likely, neither is taken.
            if chain.levels[0].read == Coding::Utf8OrLatin1 {
                continue;
            }
            undone += 1;
            assert_eq!(cleaner.clean(&damage).text(), text, "{:?}", chain.levels);
            let inside = format!("记者从会上获悉，{damage}会议强调");
            assert_eq!(cleaner.clean(&inside).text(), inside.replace(&damage, text), "{:?}", chain.levels);
        }
        assert!(undone > 20, "{undone}");
    }

    #[test]
    fn stretches_in_sound_text() {
        let cleaner = cleaner();
        for (damage, text) in [
            ("他在ä¸\u{ad}æ–‡系任教", "他在中文系任教"),
            ("关于ÖÐÎÄ±àÂë的说明", "关于中文编码的说明"),
            ("关于缂栫爜的说明", "关于编码的说明"),
            ("it isnâ€™t", "it isn’t"),
            ("时间#xff1a;明天，地点#65306;北京", "时间：明天，地点：北京"),
        ] {
            assert_eq!(cleaner.clean(damage).text(), text);
        }
    }

    #[test]
    fn sound_text_stays() {
        let cleaner = cleaner();
        for text in [
            "联通公司的联通卡",
            "café naïve Ångström Citroën créée à l’œuvre « où »",
            "ÅÄÖåäö, äöüÄÖÜß, ÀÁÂÃÄÅÆÇÈÉ",
            "锒铛入狱，惆怅，璀璨，饕餮，魑魅魍魉",
            "龘靐齉齾爩麤灪龖厵滟",
            "ひらがなとカタカナと漢字",
            "见#12345;号，色#ff1a00;，&#xff1a;",
            "abc #x4e2d; def",
        ] {
            let cleaned = cleaner.clean(text);
            assert_eq!(cleaned.text(), text);
        }
    }

    #[test]
    fn lost_bytes_are_not_invented() {
        let text = "中文的编码锛?";
        assert_eq!(cleaner().clean(text).text(), text);
    }

    proptest! {
        #[test]
        fn what_is_undone_misreads_to_the_damage(text in "[一-龥，。é a-z]{0,12}", index in 0..CHAINS.len()) {
            let Some(damage) = CHAINS[index].misread(&text) else { return Ok(()) };
            for repair in Reading::new(Span::new(0, damage.len()), &damage, 0.0).segments(index, 0.0, usize::MAX) {
                let again = CHAINS[index].misread(&repair.text);
                prop_assert_eq!(again.as_deref(), Some(repair.span.of(&damage)));
            }
        }

        #[test]
        fn arbitrary_text_is_read(text in "\\PC{0,60}|[\u{80}-\u{7ff}涓鐨锛银�€?a]{0,40}") {
            let cleaner = cleaner();
            let cleaned = cleaner.clean(&text);
            let again = cleaner.clean(cleaned.text());
            prop_assert_eq!(again.text(), cleaned.text());
        }
    }
}
