//! The first stage: bytes to text, reversibly. Whatever cannot be undone by encoding again is kept raw.
//!
//! The encoding is found for a window of about a megabyte at a time, the one before it being the first guess,
//! so that a document of any size is decoded in little memory, and gives the same text in one piece. Inside
//! a window, runs of lines may differ in encoding: files that were put together from several sources do.

use std::borrow::Cow;

use encoding_rs::{BIG5, Encoding, GB18030, GBK, UTF_8, UTF_16BE, UTF_16LE};

use crate::edit::Span;

mod detect;

use detect::{SAMPLE, fits, guess, is_mostly_utf8, shows_utf8, utf16_without_mark};

/// How far in a NUL byte makes a document binary, as git has it.
const BINARY_WINDOW: usize = 8000;
/// Bytes that are decoded at a time.
const WINDOW: usize = 1 << 20;

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
    /// Stretches that were in another encoding, ascending and disjoint.
    pub segments: Vec<Segment>,
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

/// A stretch of the text that was in an encoding of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Bytes of the text.
    pub span: Span,
    /// What it was encoded in.
    pub encoding: &'static Encoding,
}

/// Why a document could not be decoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// It is no text.
    #[error("byte {0}: a NUL byte: this is a binary file")]
    Binary(usize),
}

/// Finds the encoding (UTF-8, GB18030, Big5, UTF-16) and decodes. With `detect` off, only UTF-8 is considered.
///
/// # Errors
/// If the bytes are no text.
pub fn decode(bytes: &[u8], detect: bool) -> Result<Decoded<'_>, DecodeError> {
    decode_all(bytes, Decoder::new(detect))
}

/// Decodes what is known to be in `encoding`: one of those that [`encoding_of`] knows.
#[must_use]
pub fn decode_as<'b>(bytes: &'b [u8], encoding: &'static Encoding) -> Decoded<'b> {
    decode_all(bytes, Decoder::forced(encoding)).expect("nothing is refused")
}

/// The encoding of a name, if it is one that Chinese text comes in: UTF-8, GB18030 and its subset GBK, Big5
/// with the HKSCS, UTF-16 of either byte order.
#[must_use]
pub fn encoding_of(name: &str) -> Option<&'static Encoding> {
    let encoding = Encoding::for_label(name.as_bytes())?;
    let encoding = if encoding == GBK { GB18030 } else { encoding };
    [UTF_8, GB18030, BIG5, UTF_16LE, UTF_16BE].into_iter().find(|&known| known == encoding)
}

fn decode_all(bytes: &[u8], mut decoder: Decoder) -> Result<Decoded<'_>, DecodeError> {
    let bom = decoder.begin(bytes)?;
    Ok(decoder.record(&bytes[bom..]))
}

/// Decodes a document that comes in pieces.
#[derive(Clone, Debug)]
pub struct Decoder {
    detect: bool,
    forced: Option<&'static Encoding>,
    /// What a byte order mark said, or the window before.
    encoding: Option<&'static Encoding>,
    /// That of the whole document: what it begins in.
    document: Option<&'static Encoding>,
    bom: bool,
    /// Bytes decoded so far.
    offset: usize,
}

impl Decoder {
    /// A decoder that finds the encoding; with `detect` off, only UTF-8 is considered.
    #[must_use]
    pub fn new(detect: bool) -> Self {
        Self { detect, forced: None, encoding: None, document: None, bom: false, offset: 0 }
    }

    /// A decoder for an encoding that is known: one of those that [`encoding_of`] knows.
    #[must_use]
    pub fn forced(encoding: &'static Encoding) -> Self {
        Self { detect: false, forced: Some(encoding), encoding: Some(encoding), ..Self::new(false) }
    }

    /// A decoder for records that are, as far as their own bytes do not say otherwise, in `encoding`.
    #[must_use]
    pub fn expecting(&self, encoding: &'static Encoding) -> Self {
        Self { encoding: self.forced.or(Some(encoding)), document: None, bom: false, offset: 0, ..*self }
    }

    /// Decodes a record for itself.
    #[must_use]
    pub fn record<'b>(&self, bytes: &'b [u8]) -> Decoded<'b> {
        let mut decoder = self.clone();
        let mut out = decoder.empty();
        if decoder.utf8_only().is_none_or(|only| only)
            && let Ok(text) = simdutf8::basic::from_utf8(bytes)
        {
            return Decoded { text: Cow::Borrowed(text), ..out };
        }
        let mut pos = 0;
        while pos < bytes.len() {
            pos += decoder.window(&bytes[pos..], true, &mut out);
        }
        out
    }

    /// Whether the document is known to be in UTF-16.
    #[must_use]
    pub fn is_utf16(&self) -> bool {
        self.encoding.is_some_and(is_utf16)
    }

    /// Looks at the first bytes of a document (8000 are enough) and returns the length of its byte order mark.
    ///
    /// # Errors
    /// If they are no text.
    pub fn begin(&mut self, head: &[u8]) -> Result<usize, DecodeError> {
        let bom = Encoding::for_bom(head).filter(|&(found, _)| {
            self.forced.map_or(self.detect || found == UTF_8, |forced| found == forced)
        });
        if let Some((encoding, len)) = bom {
            self.bom = true;
            self.offset = len;
            self.encoding = Some(encoding);
        }
        let skipped = self.offset;
        if self.encoding.is_some_and(is_utf16) || self.forced.is_some() {
            return Ok(skipped);
        }
        let head = &head[skipped..head.len().min(BINARY_WINDOW)];
        if let Some(nul) = memchr::memchr(0, head) {
            match Some(head).filter(|_| self.detect).and_then(utf16_without_mark) {
                Some(encoding) => self.encoding = Some(encoding),
                None => return Err(DecodeError::Binary(nul + skipped)),
            }
        }
        Ok(skipped)
    }

    /// What a document of this decoder is before its first window.
    #[must_use]
    pub fn empty<'b>(&self) -> Decoded<'b> {
        let encoding = self.document.or(self.encoding).unwrap_or(UTF_8);
        Decoded { text: Cow::Borrowed(""), encoding, bom: self.bom, raw: Vec::new(), segments: Vec::new() }
    }

    /// Whether only UTF-8 is possible, as far as known.
    fn utf8_only(&self) -> Option<bool> {
        self.encoding.map(|encoding| encoding == UTF_8)
    }

    /// Bytes of the document that were decoded, its byte order mark included.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// Whether so many bytes are enough for [`Decoder::window`] before the end of the document.
    #[must_use]
    pub const fn is_enough(bytes: usize) -> bool {
        bytes > 2 * WINDOW
    }

    /// Decodes the first window of `bytes`, which follow those of the call before, and appends its text.
    /// Returns how many bytes it took; 0 if it needs more.
    pub fn window(&mut self, bytes: &[u8], at_end: bool, out: &mut Decoded<'_>) -> usize {
        let bytes = match bytes.len() {
            len if len > 2 * WINDOW => &bytes[..self.cut(bytes)],
            _ if at_end => bytes,
            _ => return 0,
        };
        let parts = match self.encoding {
            Some(encoding) if self.forced.is_some() || is_utf16(encoding) => vec![(encoding, bytes)],
            _ if simdutf8::basic::from_utf8(bytes).is_ok_and(|text| self.is_utf8(text)) => {
                vec![(UTF_8, bytes)]
            }
            _ if !self.detect || self.bom => vec![(UTF_8, bytes)],
            hint => self.parts(bytes, hint),
        };
        for (encoding, bytes) in parts {
            let start = out.text.len();
            out.encoding = *self.document.get_or_insert(encoding);
            decode_part(bytes, encoding, self.offset, out);
            self.offset += bytes.len();
            self.encoding = Some(encoding);
            if encoding != out.encoding {
                let span = Span::new(start, out.text.len());
                match out.segments.last_mut() {
                    Some(last) if last.span.end == start && last.encoding == encoding => {
                        last.span.end = span.end
                    }
                    _ => out.segments.push(Segment { span, encoding }),
                }
            }
        }
        bytes.len()
    }

    /// Whether a window that is valid UTF-8 is that, and not by chance a few characters of a legacy encoding.
    fn is_utf8(&self, text: &str) -> bool {
        match self.encoding {
            Some(encoding) if encoding != UTF_8 => text.is_ascii() || shows_utf8(text.as_bytes()),
            _ => true,
        }
    }

    /// Where the first window ends: behind a line, else a byte that is no part of a character, else at a
    /// character of the encoding of the window before.
    fn cut(&self, bytes: &[u8]) -> usize {
        let range = &bytes[WINDOW..WINDOW + WINDOW / 2];
        if let Some(encoding) = self.encoding.filter(|&encoding| is_utf16(encoding)) {
            let line = if encoding == UTF_16LE { [b'\n', 0] } else { [0, b'\n'] };
            let high = if encoding == UTF_16LE { 1 } else { 0 };
            let at = range.chunks_exact(2).position(|unit| unit == line).map(|i| 2 * (i + 1));
            // A surrogate pair stays whole.
            let within = || if range[high] & 0xfc == 0xdc { 2 } else { 0 };
            return WINDOW + at.unwrap_or_else(within);
        }
        if let Some(line) = memchr::memchr(b'\n', range) {
            return WINDOW + line + 1;
        }
        // No encoding of Chinese has a byte below the digits inside a character.
        if let Some(at) = range.iter().position(|&byte| byte < b'0') {
            return WINDOW + at + 1;
        }
        match self.encoding.or_else(|| guess(&bytes[..SAMPLE])) {
            Some(encoding) if encoding != UTF_8 && !shows_utf8(&bytes[..SAMPLE]) => {
                let ends = units(bytes, encoding).scan(0, |end, unit| {
                    *end += unit.len();
                    Some(*end)
                });
                ends.take_while(|&end| end <= WINDOW).last().unwrap_or(WINDOW)
            }
            _ => WINDOW + range.iter().take(3).take_while(|&&byte| byte & 0xc0 == 0x80).count(),
        }
    }

    /// Cuts a window that is no valid UTF-8 into runs of lines of one encoding.
    fn parts<'b>(
        &self,
        bytes: &'b [u8],
        hint: Option<&'static Encoding>,
    ) -> Vec<(&'static Encoding, &'b [u8])> {
        let mut foreign = Vec::new();
        let mut shown = false;
        for line in lines(bytes) {
            if is_mostly_utf8(line) {
                shown = shown || shows_utf8(line);
            } else if foreign.len() < SAMPLE {
                foreign.extend_from_slice(line);
            }
        }
        let hint = hint.filter(|&encoding| encoding != UTF_8 && fits(&foreign, encoding));
        let legacy = if foreign.is_empty() { None } else { hint.or_else(|| guess(&foreign)) };
        let Some(legacy) = legacy else { return vec![(UTF_8, bytes)] };
        if !shown {
            return vec![(legacy, bytes)];
        }
        let mut parts: Vec<(&'static Encoding, &[u8])> = Vec::new();
        let (mut start, mut pos, mut current) = (0, 0, None);
        for line in lines(bytes) {
            // A line that proves nothing belongs to the one before.
            let encoding = match current {
                _ if !is_mostly_utf8(line) => Some(legacy),
                None | Some(_) if shows_utf8(line) => Some(UTF_8),
                _ => current,
            };
            if encoding != current {
                if let Some(before) = current {
                    parts.push((before, &bytes[start..pos]));
                    start = pos;
                }
                current = encoding;
            }
            pos += line.len();
        }
        parts.push((current.unwrap_or(UTF_8), &bytes[start..]));
        parts
    }
}

impl Decoded<'_> {
    /// The document's bytes, as they came.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        encode(&self.text, self.encoding, self.bom, &self.raw, &self.segments)
    }

    /// Whether the bytes are those of the text.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.encoding == UTF_8 && !self.bom && self.raw.is_empty() && self.segments.is_empty()
    }
}

/// Encodes a text; `raw` bytes stand in for the places that they were read from.
#[must_use]
pub fn encode(
    text: &str,
    encoding: &'static Encoding,
    bom: bool,
    raw: &[Raw],
    segments: &[Segment],
) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() + 3);
    if bom {
        put(&mut bytes, "\u{feff}", encoding);
    }
    let (mut pos, mut segments) = (0, segments.iter().peekable());
    let mut stretch = |bytes: &mut Vec<u8>, mut from: usize, to: usize| {
        while from < to {
            let (encoding, until) = match segments.peek() {
                Some(segment) if segment.span.end <= from => {
                    segments.next();
                    continue;
                }
                Some(segment) if segment.span.start <= from => (segment.encoding, segment.span.end),
                Some(segment) => (encoding, segment.span.start),
                None => (encoding, to),
            };
            let until = until.min(to);
            put(bytes, &text[from..until], encoding);
            from = until;
        }
    };
    for raw in raw {
        stretch(&mut bytes, pos, raw.span.start);
        bytes.extend_from_slice(&raw.bytes);
        pos = raw.span.end;
    }
    stretch(&mut bytes, pos, text.len());
    bytes
}

fn put(bytes: &mut Vec<u8>, text: &str, encoding: &'static Encoding) {
    if encoding == UTF_16LE {
        bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    } else if encoding == UTF_16BE {
        bytes.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
    } else {
        bytes.extend_from_slice(&encoding.encode(text).0);
    }
}

fn is_utf16(encoding: &'static Encoding) -> bool {
    encoding == UTF_16LE || encoding == UTF_16BE
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split_inclusive(|&byte| byte == b'\n')
}

/// Appends the text of `bytes`, which stand at `offset` in the document.
fn decode_part(bytes: &[u8], encoding: &'static Encoding, offset: usize, out: &mut Decoded<'_>) {
    let text = out.text.to_mut();
    if is_utf16(encoding) {
        decode_utf16(bytes, offset, encoding, text, &mut out.raw);
    } else if encoding == UTF_8 {
        decode_utf8(bytes, offset, text, &mut out.raw);
    } else {
        decode_legacy(bytes, offset, encoding, text, &mut out.raw);
    }
}

/// Puts U+FFFD for bytes that mean nothing.
fn lose(text: &mut String, raw: &mut Vec<Raw>, offset: usize, bytes: &[u8]) {
    let start = text.len();
    text.push('\u{fffd}');
    raw.push(Raw { span: Span::new(start, text.len()), offset, bytes: bytes.to_vec() });
}

fn decode_legacy(
    bytes: &[u8],
    mut offset: usize,
    encoding: &'static Encoding,
    text: &mut String,
    raw: &mut Vec<Raw>,
) {
    // No character holds a line break, so that one bad byte slows down its line only.
    for line in lines(bytes) {
        let (whole, had_errors) = encoding.decode_without_bom_handling(line);
        if !had_errors && encoding.encode(&whole).0 == line {
            text.push_str(&whole);
        } else {
            decode_units(line, offset, encoding, text, raw);
        }
        offset += line.len();
    }
}

/// Finds what does not survive the way there and back, one character at a time.
fn decode_units(
    bytes: &[u8],
    mut offset: usize,
    encoding: &'static Encoding,
    text: &mut String,
    raw: &mut Vec<Raw>,
) {
    for unit in units(bytes, encoding) {
        let start = text.len();
        match encoding.decode_without_bom_handling_and_without_replacement(unit) {
            Some(decoded) => {
                text.push_str(&decoded);
                if *encoding.encode(&decoded).0 != *unit {
                    raw.push(Raw { span: Span::new(start, text.len()), offset, bytes: unit.to_vec() });
                }
            }
            None => lose(text, raw, offset, unit),
        }
        offset += unit.len();
    }
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

fn decode_utf8(bytes: &[u8], mut offset: usize, text: &mut String, raw: &mut Vec<Raw>) {
    if let Ok(valid) = simdutf8::basic::from_utf8(bytes) {
        return text.push_str(valid);
    }
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        offset += chunk.valid().len();
        if !chunk.invalid().is_empty() {
            lose(text, raw, offset, chunk.invalid());
            offset += chunk.invalid().len();
        }
    }
}

fn decode_utf16(
    bytes: &[u8],
    mut offset: usize,
    encoding: &'static Encoding,
    text: &mut String,
    raw: &mut Vec<Raw>,
) {
    for decoded in char::decode_utf16(utf16_units(bytes, encoding)) {
        match decoded {
            Ok(c) => {
                text.push(c);
                offset += 2 * c.len_utf16();
            }
            Err(e) => {
                let unit = e.unpaired_surrogate();
                let unit = if encoding == UTF_16LE { unit.to_le_bytes() } else { unit.to_be_bytes() };
                lose(text, raw, offset, &unit);
                offset += 2;
            }
        }
    }
    let (_, tail) = bytes.as_chunks::<2>();
    if !tail.is_empty() {
        lose(text, raw, offset, tail);
    }
}

/// The units of UTF-16 in either byte order; a single byte at the end is none.
fn utf16_units(bytes: &[u8], encoding: &'static Encoding) -> impl Iterator<Item = u16> {
    let read: fn([u8; 2]) -> u16 = if encoding == UTF_16LE { u16::from_le_bytes } else { u16::from_be_bytes };
    bytes.as_chunks().0.iter().map(move |&pair| read(pair))
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

    #[test]
    fn a_window_cuts_no_character() {
        let simplified = "全市上下齐心协力众志成城推动疫情防控成果持续巩固";
        let traditional = "臺灣的網路資料需要轉換成簡體字纔能使用";
        for (encoding, line) in [
            (UTF_8, simplified),
            (GB18030, simplified),
            (BIG5, traditional),
            (UTF_16LE, simplified),
            (UTF_16BE, "𠮷野家"),
        ] {
            for before in ["", "一"] {
                let text = format!("{before}{}", line.repeat(3 * WINDOW / line.len()));
                let mut bytes = Vec::new();
                put(&mut bytes, if is_utf16(encoding) { "\u{feff}" } else { "" }, encoding);
                put(&mut bytes, &text, encoding);
                let decoded = decode(&bytes, true).unwrap();
                assert!(decoded.text == text, "{}", encoding.name());
                assert_eq!((decoded.encoding, decoded.segments.len(), decoded.raw.len()), (encoding, 0, 0));
                assert!(decoded.encode() == bytes);
            }
        }
    }

    #[test]
    fn runs_of_lines_may_differ() {
        let utf8 = "市委副书记、市长调研，要求现场办公。\n\nASCII\n";
        let gbk = GB18030.encode(TEXT).0;
        let mixed = [utf8.as_bytes(), &gbk, b"x\n", &gbk, utf8.as_bytes()].concat();
        let decoded = decode(&mixed, true).unwrap();
        assert_eq!(decoded.text, format!("{utf8}{TEXT}x\n{TEXT}{utf8}"));
        assert_eq!(decoded.encoding, UTF_8);
        let (start, len) = (utf8.len(), 2 * TEXT.len() + 2);
        let segment = Segment { span: Span::new(start, start + len), encoding: GB18030 };
        assert_eq!(decoded.segments, [segment]);
        assert_eq!(decoded.encode(), mixed);
        // A few damaged characters make no other encoding.
        let mut damaged = utf8.repeat(3).into_bytes();
        damaged.splice(3..5, [0xb5, 0xc4]);
        let decoded = decode(&damaged, true).unwrap();
        assert!(decoded.segments.is_empty() && !decoded.raw.is_empty());
        assert_eq!(decoded.encode(), damaged);
    }

    #[test]
    fn utf16_needs_no_mark() {
        let text = "第 1 版: 全市上下齐心协力,推动疫情防控。\n";
        for encoding in [UTF_16LE, UTF_16BE] {
            let mut bytes = Vec::new();
            put(&mut bytes, text, encoding);
            let decoded = decode(&bytes, true).unwrap();
            assert_eq!((&*decoded.text, decoded.encoding, decoded.bom), (text, encoding, false));
            assert_eq!(decoded.encode(), bytes);
        }
    }

    #[test]
    fn an_encoding_can_be_forced() {
        let bytes = BIG5.encode("臺灣").0;
        assert_eq!(decode_as(&bytes, BIG5).text, "臺灣");
        let read = decode_as(&bytes, GB18030);
        assert_ne!(read.text, "臺灣");
        assert_eq!(read.encode(), *bytes);
        assert_eq!(encoding_of("gbk"), Some(GB18030));
        assert_eq!(encoding_of("latin1"), None);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_come_back(bytes: Vec<u8>, lines in proptest::collection::vec("[一是不了人我在有]{0,8}\n?", 0..9), which: u32) {
            let mut mixed = Vec::new();
            for (i, line) in lines.iter().enumerate() {
                put(&mut mixed, line, [UTF_8, GB18030, BIG5, UTF_8][(which >> (2 * i)) as usize % 4]);
            }
            mixed.extend(&bytes);
            for bytes in [&bytes, &mixed] {
                if let Ok(decoded) = decode(bytes, true) {
                    proptest::prop_assert_eq!(&decoded.encode(), bytes);
                }
                for encoding in [UTF_8, GB18030, BIG5, UTF_16LE] {
                    proptest::prop_assert_eq!(&decode_as(bytes, encoding).encode(), bytes);
                }
            }
        }
    }
}
