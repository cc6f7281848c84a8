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
/// The same where most of the document or of the line is misread, and what each sound character costs more
/// there.
const ENTER_WHOLE: f32 = 0.0;
const SOUND_WHOLE: f32 = 8.0;
const SOUND_LINE: f32 = 4.0;
/// The best ways to a place that are kept where the same bytes can be read otherwise.
const BEAM: usize = 6;
/// Nats by which a stretch of pairs must be better than one that begins or ends elsewhere.
const CLEAR: f32 = 4.0;
/// What it costs that the end of a stretch is not that of its line but a character before.
const NATURAL: f32 = 6.0;
/// Nats by which the other readings of characters that may be other bytes must lose.
const CLEAR_BYTES: f32 = 2.5;
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

    /// Reads the bytes of the damage in the encodings that they are in.
    fn undo(&self, damage: &str) -> Option<String> {
        let mut text = damage.to_owned();
        for level in self.levels {
            text = level.written.decode_all(&level.read.encode_all(&text)?)?;
        }
        Some(text)
    }

    /// Whether misreading `text` gives the damage, or would with the other code of a character that has two.
    fn certifies(&self, text: &str, damage: &str) -> bool {
        self.misread(text).as_deref() == Some(damage)
            || !self.is_ambiguous() && self.undo(damage).as_deref() == Some(text)
    }

    /// Whether both encodings are of two bytes, so that the bytes prove nothing.
    fn is_of_pairs(&self) -> bool {
        let pairs = |coding| matches!(coding, Coding::Gbk | Coding::Big5);
        matches!(self.levels, [level] if pairs(level.read) && pairs(level.written))
    }

    /// Whether the bytes are of GBK or Big5: nearly any are.
    fn is_of_legacy(&self) -> bool {
        self.levels.iter().all(|level| level.written != Coding::Utf8)
    }

    /// Whether the same characters may be other bytes.
    fn is_ambiguous(&self) -> bool {
        self.levels[0].read == Coding::Utf8OrLatin1
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
        if evidence.is_whole(doc.text, chain) {
            found.extend(
                lines_above_ascii(doc.text).flat_map(|span| whole(doc.text, span, chain, SOUND_WHOLE)),
            );
        } else {
            for window in windows(doc.text, rare, true) {
                let reading = Reading::new(window.span, doc.text, 0.0);
                found.extend(reading.segments(chain, ENTER_AGAIN, usize::MAX));
            }
        }
    }
    let lines = mostly_misread(doc.text, &found);
    found.extend(lines.into_iter().flat_map(|(span, chain)| whole(doc.text, span, chain, SOUND_LINE)));
    let repairs = without_overlaps(found);
    let residue = residue(doc.text, &repairs);
    for span in broken(doc.text, &repairs, &residue) {
        out.report(span, RuleId::LostBytes);
    }
    for repair in repairs {
        // Half a repair is worse than none: what is left could not be undone with the rest any more.
        let behind = residue.partition_point(|left| left.start < repair.span.start);
        let mut nearest = residue[behind.saturating_sub(1)..].iter().take(2);
        let is_half = nearest.any(|left| is_one_line(doc.text, repair.span, *left));
        // A few signs and accents of code are a pair or two of GBK or Big5 by accident. UTF-8 is none by accident.
        let is_accident = !doc.facts.is_chinese()
            && CHAINS[repair.chain].is_of_legacy()
            && repair.text.chars().filter(|&c| is_han(c)).count() < 4;
        // 隆 is the UTF-8 of a sign in GBK, but it is a common word too.
        let is_word = repair.span.of(doc.text).chars().all(is_common_han) && !repair.text.contains(is_han);
        let safe = repair.is_safe() && !is_accident && !is_half;
        if is_word || !safe && CHAINS[repair.chain].is_of_pairs() {
            continue;
        }
        let applicability = if safe { Applicability::Safe } else { Applicability::Unsafe };
        out.propose(repair.span, &repair.text, CHAINS[repair.chain].rule, 1.0, applicability);
    }
}

/// The stretches that hold what is left and what could be repaired beside it, one to a line: all in them is of the same
/// damage, and no later stage may touch it.
fn broken(text: &str, repairs: &[Repair], residue: &[Span]) -> Vec<Span> {
    let mut pieces: Vec<Span> =
        residue.iter().copied().chain(repairs.iter().map(|repair| repair.span)).collect();
    pieces.sort_unstable();
    let stretches = pieces
        .chunk_by(|a, b| is_one_line(text, *a, *b))
        .map(|line| (line[0].start, line[line.len() - 1].end));
    let holds = |start, end| {
        residue.partition_point(|left| left.start < start) < residue.partition_point(|left| left.end <= end)
    };
    // What is left beside the pieces is no whole character.
    let beside = |&(_, c): &(usize, char)| c != '\n';
    stretches
        .filter(|&(start, end)| holds(start, end))
        .map(|(start, end)| {
            let before = text[..start].char_indices().rev().take(LONGEST[0]).take_while(beside).last();
            let behind = text[end..].char_indices().take(LONGEST[0]).take_while(beside).last();
            Span::new(
                before.map_or(start, |(at, _)| at),
                behind.map_or(end, |(at, c)| end + at + c.len_utf8()),
            )
        })
        .collect()
}

/// What is left of the same damage in lines with repairs: a byte that was read as a letter, then another or a lost
/// one; the beginning of a character of UTF-8 that was read as GBK, then a lost byte (`锛?`).
fn residue(text: &str, repairs: &[Repair]) -> Vec<Span> {
    let mut residue: Vec<Span> = Vec::new();
    let mut done = 0;
    for repair in repairs {
        let start = text[..repair.span.start].rfind('\n').map_or(0, |at| at + 1).max(done);
        let end = text[repair.span.end..].find('\n').map_or(text.len(), |at| repair.span.end + at);
        let outer = &CHAINS[repair.chain].levels[0];
        let is_left = |c: char, next: Option<char>, beside: bool| match outer.read {
            Coding::Gbk if outer.written == Coding::Utf8 && !is_common_han(c) && !c.is_ascii() => {
                // The last of its bytes wait for one that is lost.
                let begins = |bytes: &[u8]| Coding::Utf8.decode(bytes) == Step::More;
                let begun = |pair: Bytes| begins(&pair) || begins(pair.last_chunk::<1>().expect("a pair"));
                let is_before_lost = matches!(next, Some('?' | '？' | '\u{fffd}'));
                is_before_lost && Coding::Gbk.encode(c).is_some_and(begun) || beside && is_han(c)
            }
            Coding::Gbk => false,
            Coding::Big5 => c == '\u{fffd}',
            _ => {
                matches!(c, '\u{80}'..='\u{9f}' | '\u{fffd}')
                    || matches!(c, 'À'..='ÿ')
                        && next.is_some_and(|next| match next {
                            ' ' => c.is_uppercase(),
                            next => {
                                is_letter_like(next) && !next.is_alphabetic()
                                    || matches!(next, '?' | '\u{fffd}')
                            }
                        })
            }
        };
        let mut chars = text[start..end].char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let span = Span::new(start + at, start + at + c.len_utf8());
            let covered = repairs.partition_point(|other| other.span.end <= span.start);
            if repairs.get(covered).is_some_and(|other| other.span.start < span.end) {
                continue;
            }
            // A byte may be lost without a trace.
            let beside = covered.checked_sub(1).is_some_and(|last| repairs[last].span.end == span.start)
                || repairs.get(covered).is_some_and(|next| next.span.start == span.end);
            if is_left(c, chars.peek().map(|&(_, next)| next), beside) {
                residue.push(span);
            }
        }
        done = end;
    }
    residue
}

fn is_one_line(text: &str, a: Span, b: Span) -> bool {
    !text[a.end.min(b.end)..a.start.max(b.start)].contains('\n')
}

/// Reads a line that is misread by the chain, or most of it; sound characters cost `sound` more.
fn whole(text: &str, line: Span, chain: usize, sound: f32) -> Vec<Repair> {
    Reading::new(line, text, sound).segments(chain, ENTER_WHOLE, usize::MAX)
}

/// The lines of which a chain explains most but not all.
fn mostly_misread(text: &str, found: &[Repair]) -> Vec<(Span, usize)> {
    let mut bytes: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    let mut lines: Vec<Span> = Vec::new();
    let starts: Vec<Span> = lines_above_ascii(text).collect();
    for repair in found.iter().filter(|repair| repair.is_safe()) {
        let line = starts.partition_point(|line| line.end < repair.span.end);
        if let Some(line) = starts.get(line).filter(|line| line.start <= repair.span.start) {
            *bytes.entry((line.start, repair.chain)).or_default() += above_ascii(repair.span.of(text));
            lines.push(*line);
        }
    }
    lines.dedup();
    let of_chains = |line: Span| bytes.range((line.start, 0)..=(line.start, CHAINS.len()));
    let most = |line: Span| {
        let all = above_ascii(line.of(text));
        of_chains(line).find(|&(_, &n)| n < all && 10 * n > 8 * all).map(|(&(_, chain), _)| (line, chain))
    };
    lines.into_iter().filter_map(most).collect()
}

/// Bytes that are not ASCII.
fn above_ascii(text: &str) -> usize {
    text.bytes().filter(|byte| !byte.is_ascii()).count()
}

/// Character references that lost their `&`: `#xff1a;`, `#65306;`.
pub(super) fn scan_entities(doc: &Doc<'_>, out: &mut Proposals<'_>) {
    for (span, c) in eaten_entities(doc.text) {
        out.replace(span, c.encode_utf8(&mut [0; 4]), RuleId::EatenAmpersand);
    }
}

/// Whether the text has such references.
pub(crate) fn has_eaten_entity(text: &str) -> bool {
    !eaten_entities(text).is_empty()
}

/// References to Chinese characters and marks, without `&`: next to Chinese, in a row with one that is, or
/// anywhere in a text of which most rows are. (`#12345;` is a number in other text.)
fn eaten_entities(text: &str) -> Vec<(Span, char)> {
    let mut references =
        memchr::memchr_iter(b'#', text.as_bytes()).filter_map(|at| eaten_entity(text, at)).peekable();
    let (mut beside, mut others) = (Vec::new(), Vec::new());
    while let Some(first) = references.next() {
        let (mut row, before) = (vec![first], text[..first.0.start].chars().next_back());
        while let Some(next) = references.next_if(|next| next.0.start == row[row.len() - 1].0.end) {
            row.push(next);
        }
        let after = text[row[row.len() - 1].0.end..].chars().next();
        if before == Some('&') {
            continue;
        }
        let rows =
            if [before, after].into_iter().flatten().any(is_chinese) { &mut beside } else { &mut others };
        rows.push(row);
    }
    if others.len() <= beside.len() {
        beside.append(&mut others);
        beside.sort_unstable_by_key(|row| row[0].0.start);
    }
    beside.concat()
}

/// A reference to a Chinese character or mark whose `#` is at `at`.
fn eaten_entity(text: &str, at: usize) -> Option<(Span, char)> {
    let rest = &text[at + 1..];
    let digits = &rest[..rest.bytes().take(7).position(|byte| byte == b';')?];
    let code = match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => digits.parse().ok()?,
    };
    let c = char::from_u32(code).filter(|&c| is_chinese(c))?;
    Some((Span::new(at, at + digits.len() + 2), c))
}

/// Han characters, and the marks, letters and digits of their width.
fn is_chinese(c: char) -> bool {
    is_han(c) || is_full_mark(c) || matches!(c, '\u{3000}'..='\u{301f}' | '\u{ff01}'..='\u{ff5e}' | '·')
}

/// Of repairs that overlap, the one that gains most; in the order of the text.
fn without_overlaps(mut repairs: Vec<Repair>) -> Vec<Repair> {
    repairs.sort_by(|a, b| b.weight.total_cmp(&a.weight));
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
        for repair in repairs.iter().filter(|repair| repair.is_likely()) {
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
        // What is sound nearly always is text as pairs of another encoding too.
        let most = if CHAINS[chain].is_of_pairs() { 8 } else { 5 };
        10 * self.bytes[chain] > most * above_ascii(text)
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
fn lines_above_ascii(text: &str) -> impl Iterator<Item = Span> {
    lines(text).filter(|line| !line.text.is_ascii()).map(|line| Span::new(line.start, line.end()))
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
    /// The same with what sound characters cost more because of the rest of the line.
    weight: f32,
    /// What it cost to take sound text for misread.
    enter: f32,
    /// By how many nats it beats the next best way to read the same bytes.
    lead_over: f32,
}

impl Repair {
    /// Whether it is beyond doubt: no other reading comes near.
    fn is_safe(&self) -> bool {
        let clear = if CHAINS[self.chain].is_ambiguous() { CLEAR_BYTES } else { CLEAR };
        self.lead_over >= clear && self.is_likely()
    }

    /// Whether it gains more than accidents do, and is text.
    fn is_likely(&self) -> bool {
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
            () if chain.is_of_pairs() && self.enter == ENTER_AGAIN => (2, 12.0),
            () if known => (0, 2.0),
            // Lists of letters with accents are such text too.
            () if chain.is_ambiguous() => (6, 30.0),
            () if chain.is_of_pairs() => (4, 25.0),
            () if pairs(outer.read) || pairs(inner.written) => (2, 6.0),
            () => (0, 3.0),
        };
        self.gain >= self.enter + margin
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
    /// Whether a line begins and ends with it.
    is_line: [bool; 2],
}

/// The cheapest way to a place that ends there with a misread character, behind two certain others.
#[derive(Clone, Copy)]
struct Node {
    cost: f32,
    /// Where its last characters began.
    from: usize,
    /// The node there; none if the text before is sound.
    before: Option<usize>,
    /// Its last characters, in the arena.
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
        let breaks = |c: Option<char>| c.is_none_or(|c| c == '\n');
        let is_line =
            [breaks(text[..span.start].chars().next_back()), breaks(text[span.end..].chars().next())];
        Self { chars, at, costs, more, is_line }
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
        let mut beam = Beam::new(n, if chain.is_ambiguous() { BEAM } else { 1 });
        let mut sound = vec![f32::INFINITY; n + 1];
        let mut after_misread = vec![false; n + 1];
        let (mut arena, mut scratch) = (Vec::new(), Vec::new());
        sound[0] = 0.0;
        for i in 0..n {
            let best = beam.best(i);
            if let Some(node) = best
                && node.cost < sound[i]
            {
                sound[i] = node.cost;
                after_misread[i] = true;
            }
            let entering = sound[i] + enter;
            let goes_on = best.is_some_and(|node| node.cost <= entering);
            let mut nodes = [None; BEAM];
            let ways = match goes_on {
                true => beam.at(i).zip(&mut nodes).map(|(at, node)| *node = Some(at)).count(),
                false => 1,
            };
            for &before in &nodes[..ways] {
                let (base, history, lead) = match before.map(|at| beam.nodes[at]) {
                    Some(node) => (node.cost, node.history, node.lead),
                    None => (entering, self.history(i), false),
                };
                self.atoms(chain, i, n, lead, &mut scratch, &mut |end, text, lead| {
                    let (mut cost, mut history) = (base, history);
                    for &c in text {
                        cost += self::cost(history, c);
                        history = [history[1], c];
                    }
                    let start = arena.len();
                    let text_at = (start, start + text.len());
                    let lead_over = f32::INFINITY;
                    if beam.add(end, Node { cost, from: i, before, text: text_at, history, lead, lead_over })
                    {
                        arena.extend_from_slice(text);
                    }
                });
            }
            let mut cost = self.costs[i];
            if let Some(node) = best.filter(|_| after_misread[i]) {
                // What is the kin of damage is no kin of the text.
                let more = if self.chars[i].is_ascii() { 0.0 } else { self.more };
                cost = cost.max(self::cost(node.history, self.chars[i]) + more);
            }
            sound[i + 1] = sound[i + 1].min(sound[i] + cost);
        }
        // Back from the end.
        let mut repairs = Vec::new();
        let mut i = n;
        let mut is_misread = beam.best(n).is_some_and(|node| node.cost < sound[n]);
        while i > 0 {
            if !is_misread && !after_misread[i] {
                i -= 1;
                continue;
            }
            let end = i;
            let mut lead_over = beam.lead_over(i);
            let (mut pieces, mut next) = (Vec::new(), beam.best(i));
            while let Some(node) = next {
                lead_over = lead_over.min(node.lead_over);
                pieces.push((Span::new(node.from, i), node.text));
                i = node.from;
                next = node.before.map(|at| beam.nodes[at]);
            }
            pieces.reverse();
            let repair = self.repair(index, enter, Span::new(i, end), &pieces, &arena);
            repairs
                .extend(repair.map(|repair| Repair { lead_over: lead_over.min(repair.lead_over), ..repair }));
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
        let above_ascii = damage.chars().filter(|c| !c.is_ascii()).count() as f32;
        let weight =
            self.costs[span.start..span.end].iter().sum::<f32>() - self.cost_behind(span.start, text.chars());
        let lead_over = if CHAINS[chain].is_of_pairs() && enter > ENTER_WHOLE {
            self.edges(chain, span)
        } else {
            f32::INFINITY
        };
        CHAINS[chain].certifies(&text, &damage).then(|| Repair {
            span: Span::new(self.at[span.start], self.at[span.end]),
            text,
            chain,
            gain: weight - self.more * above_ascii,
            weight,
            enter,
            lead_over,
        })
    }

    /// What characters cost behind the sound ones before `i`.
    fn cost_behind(&self, i: usize, text: impl Iterator<Item = char>) -> f32 {
        let mut history = self.history(i);
        text.map(|c| {
            let cost = cost(history, c);
            history = [history[1], c];
            cost
        })
        .sum()
    }

    /// How many nats dearer the text is if a stretch of pairs begins or ends a character sooner or later.
    fn edges(&self, chain: usize, span: Span) -> f32 {
        let level = &CHAINS[chain].levels[0];
        let original = |c: char| match level.written.decode(&level.read.encode(c)?) {
            Step::Char(c) if !c.is_ascii() => Some(c),
            _ => None,
        };
        // The cost of the text about a place if what is misread is from `start` to `end`.
        let about = |place: usize, start: usize, end: usize| -> Option<f32> {
            let from = place.saturating_sub(3);
            let chars = self.chars[from..self.chars.len().min(place + 3)].iter();
            let text: Option<Vec<char>> = (from..)
                .zip(chars)
                .map(|(i, &c)| if (start..end).contains(&i) { original(c) } else { Some(c) })
                .collect();
            Some(self.cost_behind(from, text?.into_iter()))
        };
        let Span { start, end } = span;
        let dearer = |place: usize, natural: bool, others: [(usize, usize); 2]| {
            let here = about(place, start, end)?;
            let others =
                others.into_iter().filter(|&other| other != (start, end) && other.1 <= self.chars.len());
            let dearer = others.filter_map(|(start, end)| Some(about(place, start, end)? - here));
            Some(dearer.reduce(f32::min)? + if natural { NATURAL } else { 0.0 })
        };
        let begins_line = self.is_line[0] && start == 0;
        let ends_line = self.is_line[1] && end == self.chars.len();
        let first = dearer(start, begins_line, [(start.saturating_sub(1), end), (start + 1, end)]);
        let last = dearer(end, ends_line, [(start, end - 1), (start, end + 1)]);
        [first, last].into_iter().flatten().fold(f32::INFINITY, f32::min)
    }

    /// Calls `visit` with the end and the original of the shortest stretch from `i` on that is whole
    /// characters at every level, for each way to read its bytes.
    fn atoms(
        &self,
        chain: &Chain,
        i: usize,
        end: usize,
        after_lead: bool,
        scratch: &mut Vec<char>,
        visit: &mut dyn FnMut(usize, &[char], bool),
    ) {
        let end = end.min(i + LONGEST[chain.levels.len() - 1]);
        let mut atoms =
            Atoms { chars: &self.chars[..end], start: i, levels: chain.levels, text: scratch, visit };
        atoms.extend(i, [Bytes::default(); 2], after_lead);
    }
}

/// The cheapest ways to each place that end there with a misread character.
struct Beam {
    width: usize,
    /// `width` for each place, those that are not there at infinite cost.
    nodes: Vec<Node>,
}

impl Beam {
    fn new(places: usize, width: usize) -> Self {
        let none = Node {
            cost: f32::INFINITY,
            from: 0,
            before: None,
            text: (0, 0),
            history: ['\0'; 2],
            lead: false,
            lead_over: f32::INFINITY,
        };
        Self { width, nodes: vec![none; width * (places + 1)] }
    }

    /// The nodes at a place.
    fn at(&self, place: usize) -> impl Iterator<Item = usize> {
        (place * self.width..(place + 1) * self.width).filter(|&at| self.nodes[at].cost.is_finite())
    }

    fn best(&self, place: usize) -> Option<Node> {
        self.at(place).map(|at| self.nodes[at]).min_by(|a, b| a.cost.total_cmp(&b.cost))
    }

    /// How much dearer the second best node is.
    fn lead_over(&self, place: usize) -> f32 {
        let mut costs: Vec<f32> = self.at(place).map(|at| self.nodes[at].cost).collect();
        costs.sort_by(f32::total_cmp);
        if let [best, second, ..] = costs[..] { second - best } else { f32::INFINITY }
    }

    /// Adds a node, unless cheaper ones leave no room. Of two with the same last characters the cheaper one
    /// stays and remembers the other.
    fn add(&mut self, place: usize, mut node: Node) -> bool {
        let nodes = &mut self.nodes[place * self.width..(place + 1) * self.width];
        let same = |other: &&mut Node| {
            other.cost.is_finite() && (other.history, other.lead) == (node.history, node.lead)
        };
        if let Some(other) = nodes.iter_mut().find(same) {
            if other.cost <= node.cost {
                other.lead_over = other.lead_over.min(node.cost - other.cost);
                return false;
            }
            node.lead_over = other.cost - node.cost;
            *other = node;
            return true;
        }
        let Some(dearest) = nodes.iter_mut().max_by(|a, b| a.cost.total_cmp(&b.cost)) else { return false };
        let is_cheaper = node.cost < dearest.cost;
        if is_cheaper {
            *dearest = node;
        }
        is_cheaper
    }
}

/// Reads a stretch's bytes in every way.
struct Atoms<'a> {
    /// Those up to the farthest end.
    chars: &'a [char],
    start: usize,
    levels: &'static [Level],
    /// The original so far.
    text: &'a mut Vec<char>,
    visit: &'a mut dyn FnMut(usize, &[char], bool),
}

impl Atoms<'_> {
    fn extend(&mut self, i: usize, pending: [Bytes; 2], after_lead: bool) {
        let Some(&c) = self.chars.get(i) else { return };
        let read = self.levels[0].read;
        let len = self.text.len();
        // A lead byte with its continuation would have been read as one character.
        let joined = after_lead && matches!(c, '\u{80}'..='\u{bf}');
        let first = read.encode(c).filter(|_| !joined);
        let second = read.encode_otherwise(c).filter(|_| i - self.start < WAYS);
        for bytes in [first, second].into_iter().flatten() {
            let mut pending = pending;
            if feed(self.levels, &mut pending, &bytes, self.text) {
                let lead = read == Coding::Utf8OrLatin1 && matches!(*bytes, [0xc2..=0xdf]);
                if pending.iter().all(|bytes| bytes.is_empty()) {
                    (self.visit)(i + 1, self.text, lead);
                } else {
                    self.extend(i + 1, pending, lead);
                }
            }
            self.text.truncate(len);
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
        'A'..='Z' | 'a'..='z' | '@' | '['..='`' | '{'..='~' if is_han(history[1]) => 8.0,
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
        // Behind a word in capitals, one of which has an accent.
        '\u{a0}' | '»' | '”' | '’' if is_capital(history[0]) && matches!(history[1], 'À'..='Þ') => 3.0,
        _ if matches!(history[1], '\u{c0}'..='\u{ff}') && is_letter_like(c) && !c.is_alphabetic() => 12.0,
        '‘' | '’' | '“' | '”' | '–' | '—' | '…' if history[1].is_ascii() => 5.0,
        _ if is_full_mark(c) => (-ngram::shipped().log_prob(history, c)).min(9.0),
        'Ａ'..='Ｚ' | 'ａ'..='ｚ' if !matches!(history[1], '\u{ff01}'..='\u{ff5e}') => 9.0,
        // Full-width forms and the marks of CJK.
        '\u{ff01}'..='\u{ff5e}' | '\u{3000}'..='\u{3002}' => 4.5,
        // Words with accents have one, seldom two in a row, and never three.
        '\u{a0}'..='\u{24f}' if is_letter_like(history[1]) && is_letter_like(history[0]) => 12.0,
        // The letters of Western Europe, in the case of the word.
        'ß'..='ÿ' if is_capital(history[0]) && is_capital(history[1]) => 8.0,
        'À'..='ÿ' if history[1].is_ascii_alphabetic() => 5.0,
        '\u{100}'..='\u{24f}' if history[1].is_ascii_alphabetic() => 8.0,
        '\u{c0}'..='\u{24f}' if is_han(history[1]) => 11.0,
        '\u{100}'..='\u{24f}' => 11.0,
        '\u{a0}'..='\u{24f}' => 8.0,
        // Words of another script, drawings.
        _ if kin(history[1], c) => 4.5,
        '\u{2010}'..='\u{2bff}' => 9.0,
        _ => STRANGE,
    }
}

fn is_capital(c: char) -> bool {
    matches!(c, 'A'..='Z' | 'À'..='Þ')
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
    fn whole_lines_of_pairs() {
        let cleaner = cleaner();
        for (written, text) in [
            (Coding::Gbk, "那是他们如雷似火、震天动地"),
            (Coding::Gbk, "钱其琛宣布，中国方面已提名中国驻南非研究中心主任"),
            (Coding::Big5, "錢其琛宣布，中國方面已提名中國駐南非研究中心主任"),
        ] {
            let read = if written == Coding::Gbk { Coding::Big5 } else { Coding::Gbk };
            let of_pairs = |chain: &&Chain| chain.is_of_pairs() && chain.levels[0].written == written;
            let chain = CHAINS.iter().find(of_pairs).expect("one of each");
            assert_eq!(chain.levels[0].read, read);
            let damage = chain.misread(text).expect("no byte is lost");
            let page = |line: &str| format!("记者从会上获悉，\n{line}\n会议强调");
            assert_eq!(cleaner.clean(&page(&damage)).text(), page(text));
        }
    }

    #[test]
    fn references_of_a_page_that_has_them() {
        let cleaner = cleaner();
        for (damage, text) in [
            ("设备#x201c;GPS#x201d;#x3001;#x201c;BP#x201d;等", "设备“GPS”、“BP”等"),
            ("时间#xff1a;明天\n#xff11;\n完#x3002;", "时间：明天\n１\n完。"),
            // Most are numbers of something else.
            ("时间#xff1a;明天 #x3002; a #x3002; b", "时间：明天 #x3002; a #x3002; b"),
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
            "SELKÄ\u{a0}EDELLÄ\u{a0}SISÄLLÄ\u{a0}PÄÄLLÄ\u{a0}MAAHAN",
            "»LEIPÄ« »SELKÄ» ”TÖITÄ” ”EDELLÄ” ’SISÄLLÄ’",
            "PÅ\u{a0}NORSK, GÅ\u{a0}DIT, MANHÃ\u{a0}DE SÃO, AMANHÃ\u{a0}NÃO, MAÇÃ\u{a0}DO",
            "JÄÄÄÄR TÖÖÖÖ ÕÕVÕÕS JÄÄKÕRRE TÖÖÕPIK",
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
    fn half_a_repair_is_none() {
        for text in [
            "â€œlossy decodingâ€\u{fffd}",
            "Ã perturber la rÃ©flexion des thÃ©ologiens",
            "Ð Ñƒ\u{fffd}\u{fffd}ÐºÐ¸Ð¹",
            "涓枃鐨勭紪鐮侊紝杞崲涓虹畝浣撳瓧锛?",
        ] {
            let cleaner = cleaner();
            let cleaned = cleaner.clean(text);
            assert_eq!(cleaned.text(), text);
        }
        let cleaner = cleaner();
        let cleaned = cleaner.clean("â€œlossy decodingâ€\u{fffd}");
        assert!(cleaned.findings().iter().any(|finding| finding.rule == RuleId::LostBytes));
    }

    #[test]
    fn a_common_word_is_no_sign_beside_misread_lines() {
        let text = "全市上下齐心协力，发展农业生产，改善人民生活\n".repeat(8);
        let chain = CHAINS.iter().find(|chain| chain.levels[0].read == Coding::Gbk).expect("one");
        let damage = chain.misread(&text).expect("no byte is lost");
        let name = "赵振隆参加上述活动。\n";
        assert_eq!(cleaner().clean(&(damage + name)).text(), text + name);
    }

    #[test]
    fn no_stage_touches_what_cannot_be_undone() {
        let cleaner = Cleaner::new(Config::default()).unwrap();
        // A lost byte gives a character of its own, a question mark, or nothing.
        for damage in [
            "鏄ㄥぉ甯傞噷鍙\u{fffd}寮\u{fffd}浼氳\u{fffd}\u{fffd}锛岃\u{fffd}ㄨ\u{fffd}轰簡瀛︽牎鍜屽尰闄㈢殑寤鸿\u{fffd}撅紝浠ｈ〃浠\u{fffd}閮借〃绀哄悓鎰忥紝骞朵笖鎻愬嚭浜嗚\u{fffd}稿\u{fffd}氬緢濂界殑寤鸿\u{fffd}\u{fffd}銆\u{fffd}",
            "鏄ㄥぉ甯傞噷鍙?寮?浼氳??锛岃?ㄨ?轰簡瀛︽牎鍜屽尰闄㈢殑寤鸿?撅紝浠ｈ〃浠?閮借〃绀哄悓鎰忥紝骞朵笖鎻愬嚭浜嗚?稿?氬緢濂界殑寤鸿??銆?",
            "鏄ㄥぉ甯傞噷鍙寮浼氳锛岃ㄨ轰簡瀛︽牎鍜屽尰闄㈢殑寤鸿撅紝浠ｈ〃浠閮借〃绀哄悓鎰忥紝骞朵笖鎻愬嚭浜嗚稿氬緢濂界殑寤鸿銆",
        ] {
            let page = format!("记者从会上获悉，今年的工作已经完成。\n{damage}\n");
            let cleaned = cleaner.clean(&page);
            assert_eq!(cleaned.text(), page);
            assert!(cleaned.findings().iter().any(|finding| finding.rule == RuleId::LostBytes));
        }
    }

    #[test]
    fn lost_bytes_are_not_invented() {
        let text = "中文的编码锛?";
        assert_eq!(cleaner().clean(text).text(), text);
    }

    proptest! {
        #[test]
        fn what_is_undone_is_certified(text in "[一-龥，。é a-z]{0,12}", index in 0..CHAINS.len()) {
            let Some(damage) = CHAINS[index].misread(&text) else { return Ok(()) };
            for repair in Reading::new(Span::new(0, damage.len()), &damage, 0.0).segments(index, 0.0, usize::MAX) {
                prop_assert!(CHAINS[index].certifies(&repair.text, repair.span.of(&damage)));
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
