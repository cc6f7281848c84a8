//! The encodings that are taken for one another, one character at a time and both ways.

use std::ops::Deref;
use std::sync::LazyLock;

use encoding_rs::WINDOWS_1252;

use super::{gbk, hygiene};
use crate::lexicon::pairs::BIG5;

/// A way to read bytes as characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    /// UTF-8.
    Utf8,
    /// ISO 8859-1: every byte is the character of its number.
    Latin1,
    /// Windows' Latin-1 with curly quotes and dashes in place of the control characters.
    Windows1252,
    /// GBK as code page 936 and the browsers have it: user-defined pairs are private-use characters and 0x80
    /// is €.
    Gbk,
    /// Big5 with Hong Kong's characters, as the browsers have it.
    Big5,
    /// UTF-8, and what is not UTF-8 byte by byte as ISO 8859-1.
    Utf8OrLatin1,
}

/// What bytes are so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A whole character.
    Char(char),
    /// The beginning of one.
    More,
    /// No character.
    Bad,
}

/// The bytes of at most one character.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bytes {
    bytes: [u8; 4],
    len: u8,
}

impl Bytes {
    fn of(from: &[u8]) -> Self {
        let mut bytes = Self::default();
        bytes.bytes[..from.len()].copy_from_slice(from);
        bytes.len = from.len() as u8;
        bytes
    }

    /// Appends a byte. There must be room.
    pub(super) fn push(&mut self, byte: u8) {
        self.bytes[usize::from(self.len)] = byte;
        self.len += 1;
    }

    /// Leaves none.
    pub(super) fn clear(&mut self) {
        self.len = 0;
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

impl Coding {
    /// Whether a character above ASCII is two bytes, of which nearly any make one.
    pub(super) const fn is_of_pairs(self) -> bool {
        matches!(self, Coding::Gbk | Coding::Big5)
    }

    /// The bytes that are read as `c`.
    pub(super) fn encode(self, c: char) -> Option<Bytes> {
        let code = c as u32;
        match self {
            _ if c.is_ascii() => Some(Bytes::of(&[code as u8])),
            Coding::Latin1 | Coding::Utf8OrLatin1 if code < 0x100 => Some(Bytes::of(&[code as u8])),
            Coding::Latin1 => None,
            Coding::Utf8 | Coding::Utf8OrLatin1 => Some(Bytes::of(c.encode_utf8(&mut [0; 4]).as_bytes())),
            Coding::Windows1252 if matches!(c, '\u{a0}'..='\u{ff}') => Some(Bytes::of(&[code as u8])),
            // The trade mark is the last of them.
            Coding::Windows1252 if c > '™' => None,
            Coding::Windows1252 => {
                let byte = (0x80..=0x9f).find(|&byte| windows_1252(byte) == c)?;
                Some(Bytes::of(&[byte]))
            }
            Coding::Gbk if c == '€' => Some(Bytes::of(&[0x80])),
            Coding::Gbk => {
                // What was a private character before a standard gave its pair to another one.
                let pair = gbk::pair_of(c).or_else(|| gbk::pair_of(hygiene::standard(c)?))?;
                Some(Bytes::of(&pair))
            }
            Coding::Big5 => BIG5.pair_of(c).map(|pair| Bytes::of(&pair)),
        }
    }

    /// Other bytes that are read as `c` too.
    pub(super) fn encode_otherwise(self, c: char) -> Option<Bytes> {
        match self {
            Coding::Utf8OrLatin1 if matches!(c, '\u{80}'..='\u{ff}') => Coding::Utf8.encode(c),
            Coding::Gbk if c == '€' => Some(Bytes::of(&[0xa2, 0xe3])),
            _ => None,
        }
    }

    /// Reads bytes of which no shorter part is a character.
    pub(super) fn decode(self, bytes: &[u8]) -> Step {
        let &[first, ref rest @ ..] = bytes else { return Step::More };
        if first.is_ascii() {
            return Step::Char(char::from(first));
        }
        match self {
            Coding::Latin1 | Coding::Utf8OrLatin1 => Step::Char(char::from(first)),
            Coding::Windows1252 => Step::Char(windows_1252(first)),
            Coding::Gbk if first == 0x80 => Step::Char('€'),
            Coding::Gbk => pair(first, rest, gbk::char_of),
            Coding::Big5 => pair(first, rest, |first, second| BIG5.char_of(first, second)),
            Coding::Utf8 => match std::str::from_utf8(bytes) {
                Ok(text) => text.chars().next().map_or(Step::More, Step::Char),
                Err(e) if e.error_len().is_none() => Step::More,
                Err(_) => Step::Bad,
            },
        }
    }

    /// The bytes that are read as `text`, if every character has some.
    pub(super) fn encode_all(self, text: &str) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(text.len());
        for c in text.chars() {
            bytes.extend_from_slice(&self.encode(c)?);
        }
        Some(bytes)
    }

    /// Reads bytes to the end, if all of them are characters.
    pub(super) fn decode_all(self, bytes: &[u8]) -> Option<String> {
        let mut text = String::with_capacity(2 * bytes.len());
        if self == Coding::Utf8OrLatin1 {
            for chunk in bytes.utf8_chunks() {
                text.push_str(chunk.valid());
                text.extend(chunk.invalid().iter().map(|&byte| char::from(byte)));
            }
            return Some(text);
        }
        let mut pending = Bytes::default();
        for &byte in bytes {
            pending.push(byte);
            match self.decode(&pending) {
                Step::More => {}
                Step::Bad => return None,
                Step::Char(c) => {
                    text.push(c);
                    pending.clear();
                }
            }
        }
        pending.is_empty().then_some(text)
    }
}

fn windows_1252(byte: u8) -> char {
    static HIGH: LazyLock<[char; 128]> = LazyLock::new(|| {
        let bytes: [u8; 128] = std::array::from_fn(|i| i as u8 + 0x80);
        let text = WINDOWS_1252.decode_without_bom_handling(&bytes).0;
        let mut chars = text.chars();
        std::array::from_fn(|_| chars.next().expect("every byte is a character"))
    });
    HIGH[usize::from(byte & 0x7f)]
}

/// Reads a byte and the one behind it, if there is one.
fn pair(first: u8, rest: &[u8], char_of: impl Fn(u8, u8) -> Option<char>) -> Step {
    match rest.first() {
        None if matches!(first, 0x81..=0xfe) => Step::More,
        None => Step::Bad,
        Some(&second) => char_of(first, second).map_or(Step::Bad, Step::Char),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [Coding; 6] =
        [Coding::Utf8, Coding::Latin1, Coding::Windows1252, Coding::Gbk, Coding::Big5, Coding::Utf8OrLatin1];

    #[test]
    fn every_character_comes_back() {
        for coding in ALL {
            let all: Vec<char> = ('\0'..=char::MAX).filter(|&c| coding.encode(c).is_some()).collect();
            assert!(all.len() >= 256, "{coding:?}");
            for c in all {
                let bytes = coding.encode(c).unwrap();
                // In a stretch of UTF-8 a byte alone is not the character.
                if coding != Coding::Utf8OrLatin1 {
                    // A private character's pair is another character since a standard gave it away.
                    let back = coding.decode(&bytes);
                    assert!(
                        back == Step::Char(c) || coding == Coding::Gbk && gbk::is_private(c),
                        "{coding:?} {c}"
                    );
                }
                if let Some(other) = coding.encode_otherwise(c) {
                    assert_ne!(other, bytes);
                    assert_eq!(coding.decode_all(&other).as_deref(), Some(c.to_string().as_str()));
                }
            }
        }
    }

    #[test]
    fn private_pairs_and_the_euro() {
        assert_eq!(Coding::Gbk.decode(&[0xaa, 0xa1]), Step::Char('\u{e000}'));
        assert_eq!(Coding::Gbk.decode(&[0x80]), Step::Char('€'));
        assert_eq!(Coding::Windows1252.decode(&[0x81]), Step::Char('\u{81}'));
        assert_eq!(Coding::Utf8.decode(&[0xc1]), Step::Bad);
        assert_eq!(Coding::Gbk.decode(&[0xff]), Step::Bad);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            for coding in ALL {
                if let Some(text) = coding.decode_all(&bytes)
                    && coding != Coding::Utf8OrLatin1
                    && let Some(back) = coding.encode_all(&text)
                {
                    prop_assert_eq!(coding.decode_all(&back), Some(text));
                }
            }
        }
    }
}
