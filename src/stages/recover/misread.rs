//! Undoes misread encodings: bytes of one encoding that were read as another, once or twice.
//!
//! A chain of misreadings maps a text to the damage, character by character at most places, so a stretch of
//! the damage can be undone alone where the bytes of its characters are whole characters of the encoding
//! that they were written in. Which stretches are to be undone is a question of likelihood: the cheapest way
//! through the text, where sound characters cost what the language model says, those of an undone stretch
//! cost what their originals would, and each change from sound to misread costs what such an accident is
//! worth. A stretch so found is repaired if misreading the repair gives the damage back exactly.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use crate::chars::{is_common_han, is_full_mark, is_han, lines};
use crate::edit::Span;
use crate::lexicon::words;
use crate::pipeline::{Doc, Proposals};
use crate::rules::{Applicability, RuleId};

use super::coding::{Bytes, Coding, Step};

mod chain;
mod cost;
mod path;

use chain::CHAINS;
use path::{LONGEST, Stretch};

/// Characters of context on each side of a suspect.
const CONTEXT: usize = 40;
/// What it costs to take sound text for misread, in nats: one place in a million.
const ENTER: f32 = 14.0;
/// The same where the document shows the misreading elsewhere.
const ENTER_AGAIN: f32 = 5.0;
/// The same where most of the document or of the line is misread, and what each sound character costs more
/// there.
const ENTER_WHOLE: f32 = 0.0;
const SOUND_WHOLE: f32 = 8.0;
const SOUND_LINE: f32 = 4.0;
/// Nats by which a stretch of pairs must be better than one that begins or ends elsewhere.
const CLEAR: f32 = 4.0;
/// Nats by which the other readings of characters that may be other bytes must lose.
const CLEAR_BYTES: f32 = 2.5;
/// Han characters from which signs and accents of code are no pairs of GBK or Big5 by accident.
const ACCIDENT: usize = 4;
/// Nats of gain that show a misreading.
const SHOWN: f32 = 100.0;

/// Misread stretches become what was written. `rare` are the text's characters of [`Class::RARE`]. Returns the
/// stretches that cannot be undone as a whole, ascending: nothing else may change them.
///
/// [`Class::RARE`]: crate::chars::Class::RARE
pub(super) fn scan(doc: &Doc<'_>, rare: &[(usize, char)], out: &mut Proposals<'_>) -> Vec<Span> {
    let mut evidence = Evidence::default();
    let mut found: Vec<Repair> = Vec::new();
    for window in windows(doc.text, rare, false) {
        let repairs = Stretch::new(window.span, doc.text, 0.0).repairs(&window, &evidence);
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
                let stretch = Stretch::new(window.span, doc.text, 0.0);
                found.extend(stretch.segments(chain, ENTER_AGAIN, usize::MAX));
            }
        }
    }
    // Each place once: what was found twice would count twice.
    let mut found = without_overlaps(found);
    let lines = mostly_misread(doc.text, &found);
    found.extend(lines.into_iter().flat_map(|(span, chain)| whole(doc.text, span, chain, SOUND_LINE)));
    let repairs = without_overlaps(found);
    let residue = residue(doc.text, &repairs);
    let broken = broken(doc.text, &repairs, &residue);
    for &span in &broken {
        out.report(span, RuleId::LostBytes);
    }
    for repair in repairs {
        // Half a repair is worse than none: what is left could not be undone with the rest any more.
        let is_half = repair.span.overlaps_any(&broken);
        // UTF-8 is none by accident.
        let is_accident = !doc.facts.is_chinese()
            && CHAINS[repair.chain].is_of_legacy()
            && repair.text.chars().filter(|&c| is_han(c)).count() < ACCIDENT;
        let safe = repair.is_safe() && !is_accident && !is_half;
        if !safe && CHAINS[repair.chain].is_of_pairs() {
            continue;
        }
        let applicability = if safe { Applicability::Safe } else { Applicability::Unsafe };
        out.propose(repair.span, &repair.text, CHAINS[repair.chain].rule, 1.0, applicability);
    }
    broken
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

/// Reads a line that is misread by the chain, or most of it; sound characters cost `sound` more. What explains less than
/// half of the line has found a sound one: nearly every sound character is another as well.
fn whole(text: &str, line: Span, chain: usize, sound: f32) -> Vec<Repair> {
    let repairs = Stretch::new(line, text, sound).segments(chain, ENTER_WHOLE, usize::MAX);
    let explained: usize = repairs.iter().map(|repair| above_ascii(repair.span.of(text))).sum();
    if 2 * explained < above_ascii(line.of(text)) { Vec::new() } else { repairs }
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

/// Of repairs that overlap, one; in the order of the text.
fn without_overlaps(mut repairs: Vec<Repair>) -> Vec<Repair> {
    // What sound characters cost more where a document is misread tells nothing against another misreading.
    let certain = heaviest(repairs.iter().filter(|repair| repair.is_safe()), |repair| repair.gain);
    let explained: Vec<(Span, usize, f32)> =
        certain.map(|repair| (repair.span, repair.chain, repair.gain)).collect();
    repairs.retain(|repair| {
        let first = explained.partition_point(|(span, ..)| span.end <= repair.span.start);
        let mut beside = explained[first..].iter().take_while(|(span, ..)| span.start < repair.span.end);
        !beside.any(|&(_, chain, gain)| chain != repair.chain && gain > repair.gain)
    });
    heaviest(repairs.into_iter(), |repair| repair.weight).collect()
}

/// Of repairs that overlap, the one that weighs most; in the order of the text.
fn heaviest<R: Borrow<Repair>>(
    repairs: impl Iterator<Item = R>,
    weight: impl Fn(&Repair) -> f32,
) -> impl Iterator<Item = R> {
    let mut repairs: Vec<R> = repairs.collect();
    repairs.sort_by(|a, b| weight(b.borrow()).total_cmp(&weight(a.borrow())));
    let mut taken: BTreeMap<usize, R> = BTreeMap::new();
    for repair in repairs {
        let span = repair.borrow().span;
        let before = taken.range(..span.end).next_back();
        if before.is_none_or(|(_, before)| before.borrow().span.end <= span.start) {
            taken.insert(span.start, repair);
        }
    }
    taken.into_values()
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
        let mut common = Vec::new();
        for c in self.text.chars().filter(|&c| is_common_han(c)) {
            if !common.contains(&c) && common.len() < 8 {
                common.push(c);
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
            () if outer.read.is_of_pairs() || inner.written.is_of_pairs() => (2, 6.0),
            () => (0, 3.0),
        };
        // Two Han characters may be a rare one by accident wherever UTF-8 was misread.
        let is_accident = !chain.is_of_legacy()
            && outer.read.is_of_pairs()
            && common.is_empty()
            && self.text.chars().any(is_han);
        self.gain >= self.enter + margin
            && common.len() >= least
            && (least == 0 || !self.is_strange())
            && !is_accident
    }

    /// Whether much of it is neither common characters nor marks.
    fn is_strange(&self) -> bool {
        let is_usual = |c: &char| {
            is_common_han(*c)
                || is_full_mark(*c)
                || matches!(c, '\u{ff01}'..='\u{ff5e}' | '\u{3000}'..='\u{3029}')
        };
        let above_ascii = || self.text.chars().filter(|c| !c.is_ascii());
        4 * above_ascii().filter(|c| !is_usual(c)).count() > above_ascii().count()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::chain::Chain;
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

    /// Unsafe edits are no licence to read a line by the rest of its document where it is plainly misread otherwise.
    #[test]
    fn lines_may_be_misread_in_different_ways() {
        let misread = |written, read| {
            let of = |chain: &&Chain| {
                chain.levels.len() == 1 && (chain.levels[0].written, chain.levels[0].read) == (written, read)
            };
            CHAINS.iter().find(of).and_then(|chain| chain.misread(TEXT)).expect("no byte is lost")
        };
        let legacy = misread(Coding::Gbk, Coding::Latin1);
        let page =
            format!("{}{}\n", format!("{legacy}\n").repeat(8), misread(Coding::Utf8, Coding::Windows1252));
        for select_unsafe in [false, true] {
            let stages = vec![StageId::Recover];
            let cleaner = Cleaner::new(Config { stages, select_unsafe, ..Config::default() }).unwrap();
            assert_eq!(cleaner.clean(&page).text(), format!("{TEXT}\n").repeat(9));
        }
    }

    #[test]
    fn stretches_in_sound_text() {
        let cleaner = cleaner();
        for (damage, text) in [
            ("他在ä¸\u{ad}æ–‡系任教", "他在中文系任教"),
            ("关于ÖÐÎÄ±àÂë的说明", "关于中文编码的说明"),
            ("关于缂栫爜的说明", "关于编码的说明"),
            ("it isnâ€™t", "it isn’t"),
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
        // The first character may be 陈 or 鲁.
        let chain = CHAINS.iter().find(|chain| chain.is_ambiguous()).expect("one of them");
        let damage =
            chain.misread("陈方老师在会上介绍了今年的工作情况和明年的打算。").expect("no byte is lost");
        let page = format!("{TEXT}\n{TEXT}\n{TEXT}\n{damage}\n");
        assert_eq!(cleaner.clean(&page).text(), page);
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
            for repair in Stretch::new(Span::new(0, damage.len()), &damage, 0.0).segments(index, 0.0, usize::MAX) {
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
