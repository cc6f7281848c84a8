//! Which encoding bytes are in, by what they would say: text that is decoded rightly is made of common characters.

use encoding_rs::{BIG5, Encoding, GB18030, GBK, UTF_16BE, UTF_16LE};

use super::{units, utf16_units};
use crate::chars::{is_common_han, is_full_mark};
use crate::lexicon::{script, words};

/// Bytes that are enough to tell one legacy encoding from another.
pub(super) const SAMPLE: usize = 1 << 16;
/// Characters that prove an encoding, where one of the encodings mixed in a file is in question.
const EVIDENCE: usize = 4;

/// Whether invalid UTF-8 is UTF-8 with damage rather than another encoding. Text in GBK holds accidental
/// two-byte sequences, so a plain majority is not enough.
pub(super) fn is_mostly_utf8(bytes: &[u8]) -> bool {
    if simdutf8::basic::from_utf8(bytes).is_ok() {
        return true;
    }
    let (mut valid, mut invalid) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        valid += chunk.valid().bytes().filter(|b| !b.is_ascii()).count();
        invalid += chunk.invalid().len();
    }
    valid >= 3 * invalid
}

/// Whether bytes read as UTF-8 say something in Chinese.
pub(super) fn shows_utf8(bytes: &[u8]) -> bool {
    let mut seen = 0;
    bytes.utf8_chunks().flat_map(|chunk| chunk.valid().chars()).any(|c| {
        seen += usize::from(!c.is_ascii() && is_common_han(c));
        seen >= EVIDENCE
    })
}

/// How well bytes read as an encoding of Chinese: how many characters there are beyond ASCII, how many of
/// them do not exist, how many are common, and a score that is the higher the commoner they are.
#[derive(Debug, Default)]
struct Reading {
    high: usize,
    wrong: usize,
    common: usize,
    score: i64,
}

impl Reading {
    /// Whether nearly all bytes fit, and what they say is Chinese.
    const fn is_chinese(&self) -> bool {
        self.wrong * 20 <= self.high && self.common * 2 >= self.high
    }
}

fn read_as(bytes: &[u8], encoding: &'static Encoding) -> Reading {
    let mut reading = Reading::default();
    for unit in units(bytes, encoding).filter(|unit| !unit[0].is_ascii()) {
        reading.high += 1;
        let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(unit) else {
            reading.wrong += 1;
            reading.score -= 12;
            continue;
        };
        for c in text.chars() {
            let rank = words::char_rank(script::simplified(c));
            reading.common += usize::from(is_common_han(c) || is_full_mark(c));
            reading.score += match rank {
                _ if is_full_mark(c) => 4,
                Some(0..300) => 5,
                Some(300..1000) => 3,
                Some(1000..3000) => 0,
                _ => -4,
            };
        }
    }
    reading
}

/// Whether bytes are Chinese in an encoding.
pub(super) fn fits(bytes: &[u8], encoding: &'static Encoding) -> bool {
    read_as(bytes, encoding).is_chinese()
}

/// The legacy encoding of Chinese that the bytes are in, if nearly all of them fit. The detector knows
/// encodings of other languages, but gives one up at the first bad byte and guesses at short texts; which of
/// ours it is, what the bytes would say decides.
pub(super) fn guess(bytes: &[u8]) -> Option<&'static Encoding> {
    let bytes = &bytes[..bytes.len().min(SAMPLE)];
    let [gb, big5] = [GB18030, BIG5].map(|encoding| read_as(bytes, encoding));
    let (best, reading) = if gb.score >= big5.score { (GB18030, gb) } else { (BIG5, big5) };
    if reading.is_chinese() {
        return Some(best);
    }
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let found = detector.guess(None, chardetng::Utf8Detection::Deny);
    if found == GBK || found == BIG5 {
        return Some(if found == GBK { GB18030 } else { BIG5 });
    }
    None
}

/// UTF-16 without a byte order mark: its ASCII characters show which byte of a pair is the high one, and what
/// it says is Chinese.
pub(super) fn utf16_without_mark(head: &[u8]) -> Option<&'static Encoding> {
    let pairs = head.len() / 2;
    let zeros = |at: usize| head.chunks_exact(2).filter(|pair| pair[at] == 0).count();
    let (encoding, ascii, wrong) = match (zeros(0), zeros(1)) {
        (high, low) if low > high => (UTF_16LE, low, high),
        (high, low) => (UTF_16BE, high, low),
    };
    let common = char::decode_utf16(utf16_units(head, encoding))
        .filter(|c| c.as_ref().is_ok_and(|&c| is_common_han(c) || is_full_mark(c)))
        .count();
    (wrong == 0 && common >= EVIDENCE && (ascii + common) * 10 >= pairs * 9).then_some(encoding)
}
