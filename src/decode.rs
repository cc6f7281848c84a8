//! The first stage: bytes to text, reversibly. Whatever cannot be undone by encoding again is kept raw.

use std::borrow::Cow;

use encoding_rs::{BIG5, Encoding, GB18030, GBK, UTF_8, UTF_16BE, UTF_16LE};

use crate::chars::{is_common_han, is_full_mark};
use crate::edit::Span;

/// How far in a NUL byte makes a document binary, as git has it.
const BINARY_WINDOW: usize = 8000;

/// A decoded document.
#[derive(Clone, Debug)]
pub struct Decoded<'b> {
    /// The text, without a byte order mark.
    pub text: Cow<'b, str>,
    /// The encoding that was found.
    pub encoding: &'static Encoding,
    /// Whether a byte order mark stood before the text.
    pub bom: bool,
    /// Places whose bytes the text does not determine, ascending.
    pub raw: Vec<Raw>,
}

/// Bytes that stay as they were because encoding their text would not give them back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raw {
    /// What stands for them in the text, in bytes of UTF-8.
    pub span: Span,
    /// Byte offset in the document.
    pub offset: usize,
    /// The bytes themselves.
    pub bytes: Vec<u8>,
}

/// Why a document could not be decoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// It is no text.
    #[error("byte {0}: a NUL byte: this is a binary file")]
    Binary(usize),
}

/// Finds the encoding (UTF-8, GB18030, Big5, UTF-16 with a byte order mark) and decodes. With `detect`
/// off, only UTF-8 is considered.
///
/// # Errors
/// If the bytes are no text.
pub fn decode(bytes: &[u8], detect: bool) -> Result<Decoded<'_>, DecodeError> {
    let bom = Encoding::for_bom(bytes).filter(|(encoding, _)| detect || *encoding == UTF_8);
    let (body, skipped) = bom.map_or((bytes, 0), |(_, len)| (&bytes[len..], len));
    if let Some((encoding, _)) = bom.filter(|(encoding, _)| *encoding != UTF_8) {
        return Ok(decode_utf16(body, skipped, encoding));
    }
    if let Some(nul) = memchr::memchr(0, &body[..body.len().min(BINARY_WINDOW)]) {
        return Err(DecodeError::Binary(nul + skipped));
    }
    let decoded = |text, encoding, raw| Decoded { text, encoding, bom: bom.is_some(), raw };
    if let Ok(text) = std::str::from_utf8(body) {
        return Ok(decoded(Cow::Borrowed(text), UTF_8, Vec::new()));
    }
    let legacy = if detect && bom.is_none() && !is_mostly_utf8(body) { guess(body) } else { None };
    Ok(match legacy {
        Some(encoding) => {
            let (text, raw) = decode_legacy(body, encoding);
            decoded(text, encoding, raw)
        }
        None => {
            let (text, raw) = decode_broken_utf8(body, skipped);
            decoded(Cow::Owned(text), UTF_8, raw)
        }
    })
}

impl Decoded<'_> {
    /// The document's bytes, as they came.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        encode(&self.text, self.encoding, self.bom, &self.raw)
    }
}

/// Encodes a text; `raw` bytes stand in for the places that they were read from.
#[must_use]
pub fn encode(text: &str, encoding: &'static Encoding, bom: bool, raw: &[Raw]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() + 3);
    let put = |bytes: &mut Vec<u8>, text: &str| {
        if encoding == UTF_16LE {
            bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        } else if encoding == UTF_16BE {
            bytes.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
        } else {
            bytes.extend_from_slice(&encoding.encode(text).0);
        }
    };
    if bom {
        put(&mut bytes, "\u{feff}");
    }
    let mut pos = 0;
    for raw in raw {
        put(&mut bytes, &text[pos..raw.span.start]);
        bytes.extend_from_slice(&raw.bytes);
        pos = raw.span.end;
    }
    put(&mut bytes, &text[pos..]);
    bytes
}

/// Whether invalid UTF-8 is UTF-8 with damage rather than another encoding. Text in GBK holds accidental
/// two-byte sequences, so a plain majority is not enough.
fn is_mostly_utf8(bytes: &[u8]) -> bool {
    let (mut valid, mut invalid) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        valid += chunk.valid().bytes().filter(|b| !b.is_ascii()).count();
        invalid += chunk.invalid().len();
    }
    valid >= 3 * invalid
}

/// The legacy encoding of Chinese that the bytes are in, if nearly all of them fit. The detector gives an
/// encoding up at the first bad byte, so where it finds none, what the bytes would say decides.
fn guess(bytes: &[u8]) -> Option<&'static Encoding> {
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let found = detector.guess(None, chardetng::Utf8Detection::Deny);
    if found == GBK || found == BIG5 {
        return Some(if found == GBK { GB18030 } else { BIG5 });
    }
    [GB18030, BIG5].into_iter().find(|encoding| {
        let (mut wrong, mut common, mut high) = (0, 0, 0);
        for unit in units(bytes, encoding).filter(|unit| !unit[0].is_ascii()) {
            high += 1;
            match encoding.decode_without_bom_handling_and_without_replacement(unit) {
                Some(text) => {
                    common += usize::from(text.chars().all(|c| is_common_han(c) || is_full_mark(c)))
                }
                None => wrong += 1,
            }
        }
        wrong * 20 <= high && common * 2 >= high
    })
}

fn decode_legacy<'b>(bytes: &'b [u8], encoding: &'static Encoding) -> (Cow<'b, str>, Vec<Raw>) {
    let (text, had_errors) = encoding.decode_without_bom_handling(bytes);
    if !had_errors && encoding.encode(&text).0 == bytes {
        return (text, Vec::new());
    }
    // Some bytes do not survive the way there and back: find them one character at a time.
    let (mut text, mut raw, mut offset) = (String::with_capacity(bytes.len() * 3 / 2), Vec::new(), 0);
    for unit in units(bytes, encoding) {
        let start = text.len();
        match encoding.decode_without_bom_handling_and_without_replacement(unit) {
            Some(decoded) => {
                text.push_str(&decoded);
                if *encoding.encode(&decoded).0 != *unit {
                    raw.push(Raw { span: Span::new(start, text.len()), offset, bytes: unit.to_vec() });
                }
            }
            None => {
                text.push('\u{fffd}');
                raw.push(Raw { span: Span::new(start, text.len()), offset, bytes: unit.to_vec() });
            }
        }
        offset += unit.len();
    }
    (Cow::Owned(text), raw)
}

/// Splits GB18030 or Big5 into the bytes of single characters; a lead byte without a trail stands alone.
fn units<'b>(bytes: &'b [u8], encoding: &'static Encoding) -> impl Iterator<Item = &'b [u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let first = *rest.first()?;
        let four = encoding == GB18030 && rest.get(1).is_some_and(u8::is_ascii_digit);
        let len = match rest.get(1) {
            _ if first <= 0x80 || first == 0xff => 1,
            _ if four && rest.len() >= 4 && rest[2] > 0x80 && rest[3].is_ascii_digit() => 4,
            Some(0x40..=0x7e | 0x80..=0xfe) if !four => 2,
            _ => 1,
        };
        // A trail byte in the ASCII range belongs to a pair only if the pair exists.
        let exists =
            |pair: &[u8]| encoding.decode_without_bom_handling_and_without_replacement(pair).is_some();
        let len = if len == 2 && rest[1].is_ascii() && !exists(&rest[..2]) { 1 } else { len };
        let (unit, tail) = rest.split_at(len);
        rest = tail;
        Some(unit)
    })
}

fn decode_broken_utf8(bytes: &[u8], mut offset: usize) -> (String, Vec<Raw>) {
    let (mut text, mut raw) = (String::with_capacity(bytes.len()), Vec::new());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        offset += chunk.valid().len();
        if !chunk.invalid().is_empty() {
            let start = text.len();
            text.push('\u{fffd}');
            raw.push(Raw { span: Span::new(start, text.len()), offset, bytes: chunk.invalid().to_vec() });
            offset += chunk.invalid().len();
        }
    }
    (text, raw)
}

fn decode_utf16(bytes: &[u8], mut offset: usize, encoding: &'static Encoding) -> Decoded<'static> {
    let read = |pair: &[u8]| {
        let pair = [pair[0], pair[1]];
        if encoding == UTF_16LE { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) }
    };
    let pairs = bytes.chunks_exact(2);
    let tail = pairs.remainder();
    let (mut text, mut raw) = (String::with_capacity(bytes.len() * 3 / 2), Vec::new());
    let mut lost = |text: &mut String, offset: usize, bytes: &[u8]| {
        let start = text.len();
        text.push('\u{fffd}');
        raw.push(Raw { span: Span::new(start, text.len()), offset, bytes: bytes.to_vec() });
    };
    for decoded in char::decode_utf16(pairs.map(read)) {
        match decoded {
            Ok(c) => {
                text.push(c);
                offset += 2 * c.len_utf16();
            }
            Err(e) => {
                let unit = e.unpaired_surrogate();
                lost(
                    &mut text,
                    offset,
                    &if encoding == UTF_16LE { unit.to_le_bytes() } else { unit.to_be_bytes() },
                );
                offset += 2;
            }
        }
    }
    if !tail.is_empty() {
        lost(&mut text, offset, tail);
    }
    Decoded { text: Cow::Owned(text), encoding, bom: true, raw }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "全市上下齐心协力、众志成城，推动疫情防控成果持续巩固。\n";

    #[test]
    fn encodings_are_found() {
        for encoding in [UTF_8, GB18030, BIG5] {
            let text = if encoding == BIG5 {
                "臺灣的網路資料需要轉換成簡體字，纔能使用。"
            } else {
                TEXT
            };
            let bytes = encoding.encode(text).0;
            let decoded = decode(&bytes, true).unwrap();
            assert_eq!(decoded.encoding, encoding);
            assert_eq!(decoded.text, text);
            assert_eq!(decoded.encode(), *bytes);
        }
    }

    #[test]
    fn bad_bytes_are_kept() {
        let mut bytes = TEXT.as_bytes().to_vec();
        bytes.splice(6..6, [0xff, 0xe5]);
        let decoded = decode(&bytes, true).unwrap();
        assert_eq!(decoded.encoding, UTF_8);
        let offsets: Vec<_> = decoded.raw.iter().map(|raw| raw.offset).collect();
        assert_eq!(offsets, [6, 7]);
        assert_eq!(decoded.encode(), bytes);

        let mut bytes = GB18030.encode(&TEXT.repeat(4)).0.into_owned();
        bytes.splice(4..4, [0xff]);
        bytes.extend([0xa2, 0xe3, 0x84, 0x31, 0xa4, 0x37, b'x', 0xc4]);
        let decoded = decode(&bytes, true).unwrap();
        assert_eq!(decoded.encoding, GB18030);
        assert_eq!(decoded.encode(), bytes);
    }

    #[test]
    fn utf16_with_a_lone_surrogate() {
        let mut bytes = vec![0xff, 0xfe];
        bytes.extend("汉𠮷".encode_utf16().chain([0xd800, 0x4e00]).flat_map(u16::to_le_bytes));
        bytes.push(7);
        let decoded = decode(&bytes, true).unwrap();
        assert_eq!(decoded.text, "汉𠮷\u{fffd}一\u{fffd}");
        assert_eq!(decoded.encode(), bytes);
    }

    #[test]
    fn binary_is_refused() {
        assert_eq!(decode(b"ab\0c", true).unwrap_err(), DecodeError::Binary(2));
    }
}
