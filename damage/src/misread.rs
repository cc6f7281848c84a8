//! Text whose bytes were read in an encoding that they are not in.
//!
//! Encoders and decoders are the Encoding Standard's, on its indexes (crates `encoding-index-simpchinese` and
//! `encoding-index-tradchinese`, CC0): what a browser would have shown.

use encoding_index_simpchinese::gb18030;
use encoding_index_tradchinese::big5;
use fastrand::Rng;

/// What the bytes are, and as what they were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `涓枃`
    Utf8AsGbk,
    /// `ä¸­æ\u{96}\u{87}`
    Utf8AsLatin1,
    /// `ä¸­æ–‡`
    Utf8AsCp1252,
    /// `ÖÐÎÄ`, with control characters.
    GbkAsLatin1,
    /// `ÖÐÎÄ`
    GbkAsCp1252,
    /// `笢恅`
    GbkAsBig5,
    /// `いゅ`; the text has to be Traditional.
    Big5AsGbk,
    /// GBK read as UTF-8, and as Latin-1 byte by byte where it is not UTF-8.
    GbkAsUtf8OrLatin1,
    /// Marks as references in hexadecimal whose `&` is gone: `#xff1a;`.
    BareHexReferences,
    /// Marks as references in decimal whose `&` is gone: `#65306;`.
    BareDecimalReferences,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 10] = [
        Kind::Utf8AsGbk,
        Kind::Utf8AsLatin1,
        Kind::Utf8AsCp1252,
        Kind::GbkAsLatin1,
        Kind::GbkAsCp1252,
        Kind::GbkAsBig5,
        Kind::Big5AsGbk,
        Kind::GbkAsUtf8OrLatin1,
        Kind::BareHexReferences,
        Kind::BareDecimalReferences,
    ];

    /// As on the command line: `utf8-as-gbk`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Utf8AsGbk => "utf8-as-gbk",
            Kind::Utf8AsLatin1 => "utf8-as-latin1",
            Kind::Utf8AsCp1252 => "utf8-as-cp1252",
            Kind::GbkAsLatin1 => "gbk-as-latin1",
            Kind::GbkAsCp1252 => "gbk-as-cp1252",
            Kind::GbkAsBig5 => "gbk-as-big5",
            Kind::Big5AsGbk => "big5-as-gbk",
            Kind::GbkAsUtf8OrLatin1 => "gbk-as-utf8-or-latin1",
            Kind::BareHexReferences => "bare-hex-references",
            Kind::BareDecimalReferences => "bare-decimal-references",
        }
    }
}

/// A misread text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misread {
    /// What was read.
    pub text: String,
    /// Whether each byte is still there: the text, written in the encoding it was read in, gives the bytes.
    pub lossless: bool,
}

/// Misreads a whole text, or gives nothing where its encoding does not have one of its characters.
#[must_use]
pub fn misread(text: &str, kind: Kind) -> Option<Misread> {
    Some(match kind {
        Kind::Utf8AsGbk => GBK.read(text.as_bytes()),
        Kind::Utf8AsLatin1 => lossless(text.bytes().map(char::from).collect()),
        Kind::Utf8AsCp1252 => lossless(text.bytes().map(cp1252).collect()),
        Kind::GbkAsLatin1 => lossless(GBK.write(text)?.into_iter().map(char::from).collect()),
        Kind::GbkAsCp1252 => lossless(GBK.write(text)?.into_iter().map(cp1252).collect()),
        Kind::GbkAsBig5 => BIG5.read(&GBK.write(text)?),
        Kind::Big5AsGbk => GBK.read(&BIG5.write(text)?),
        Kind::GbkAsUtf8OrLatin1 => lossless(utf8_or_latin1(&GBK.write(text)?)),
        Kind::BareHexReferences => lossless(bare_references(text, |code| format!("#x{code:x};"))),
        Kind::BareDecimalReferences => lossless(bare_references(text, |code| format!("#{code};"))),
    })
}

/// Misreads the text, and what came of it again, `times` in all.
#[must_use]
pub fn misread_times(text: &str, kind: Kind, times: usize) -> Option<Misread> {
    let mut done = lossless(text.to_owned());
    for _ in 0..times {
        let next = misread(&done.text, kind)?;
        done = Misread { lossless: done.lossless && next.lossless, ..next };
    }
    Some(done)
}

/// Misreads one run of 4 to 24 characters somewhere in the text, or gives nothing where it has none.
#[must_use]
pub fn misread_run(text: &str, kind: Kind, times: usize, rng: &mut Rng) -> Option<Misread> {
    let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let length = rng.usize(4..=24).min(starts.len() - 1);
    let first = rng.usize(..starts.len() - length);
    let (from, to) = (starts[first], starts[first + length]);
    let run = misread_times(&text[from..to], kind, times).filter(|run| run.text != text[from..to])?;
    Some(Misread { text: [&text[..from], &run.text, &text[to..]].concat(), ..run })
}

fn lossless(text: String) -> Misread {
    Misread { text, lossless: true }
}

/// An encoding of ASCII and pairs of bytes.
struct DoubleByte {
    /// The character of a pair.
    read: fn(u8, u8) -> Option<char>,
    /// The pair of a character.
    write: fn(char) -> Option<[u8; 2]>,
    /// The character of the byte 80.
    euro: Option<char>,
}

const GBK: DoubleByte = DoubleByte {
    read: |lead, trail| {
        let column = match trail {
            0x40..=0x7e => trail - 0x40,
            0x80..=0xfe => trail - 0x41,
            _ => return None,
        };
        let code = gb18030::forward(u16::from(lead - 0x81) * 190 + u16::from(column));
        char::from_u32(code).filter(|_| code != 0xffff)
    },
    write: |c| {
        let pointer = gb18030::backward(u32::from(c));
        let (lead, column) = ((pointer / 190) as u8, (pointer % 190) as u8);
        (pointer != u16::MAX).then(|| [lead + 0x81, column + if column < 0x3f { 0x40 } else { 0x41 }])
    },
    euro: Some('€'),
};

const BIG5: DoubleByte = DoubleByte {
    read: |lead, trail| {
        let column = match trail {
            0x40..=0x7e => trail - 0x40,
            0xa1..=0xfe => trail - 0x62,
            _ => return None,
        };
        let code = big5::forward(u16::from(lead - 0x81) * 157 + u16::from(column));
        char::from_u32(code).filter(|_| code != 0xffff)
    },
    write: |c| {
        let pointer = big5::backward(u32::from(c));
        let (lead, column) = ((pointer / 157) as u8, (pointer % 157) as u8);
        (pointer != u16::MAX).then(|| [lead + 0x81, column + if column < 0x3f { 0x40 } else { 0x62 }])
    },
    euro: None,
};

impl DoubleByte {
    fn read(&self, bytes: &[u8]) -> Misread {
        let mut text = String::with_capacity(bytes.len() * 3 / 2);
        let mut rest = bytes;
        while let Some((&lead, after)) = rest.split_first() {
            rest = after;
            match lead {
                0..=0x7f => text.push(char::from(lead)),
                0x81..=0xfe => {
                    let trail = rest.first().copied();
                    let c = trail.and_then(|trail| (self.read)(lead, trail));
                    text.push(c.unwrap_or('\u{fffd}'));
                    // An ASCII byte that is no trail byte is read again.
                    if c.is_some() || trail.is_some_and(|trail| !trail.is_ascii()) {
                        rest = &rest[1..];
                    }
                }
                _ => text.push(self.euro.filter(|_| lead == 0x80).unwrap_or('\u{fffd}')),
            }
        }
        let lossless = self.write(&text).is_some_and(|written| written == bytes);
        Misread { text, lossless }
    }

    fn write(&self, text: &str) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(text.len());
        for c in text.chars() {
            if c.is_ascii() {
                bytes.push(c as u8);
            } else if Some(c) == self.euro {
                bytes.push(0x80);
            } else {
                bytes.extend((self.write)(c)?);
            }
        }
        Some(bytes)
    }
}

/// Windows-1252; the five bytes that it leaves open are control characters, as in browsers.
fn cp1252(byte: u8) -> char {
    const FROM_80: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
        '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => FROM_80[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

fn utf8_or_latin1(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    let mut rest = bytes;
    while !rest.is_empty() {
        let valid = match std::str::from_utf8(rest) {
            Ok(valid) => valid,
            Err(error) => std::str::from_utf8(&rest[..error.valid_up_to()]).expect("valid up to there"),
        };
        text.push_str(valid);
        rest = &rest[valid.len()..];
        if let Some((&byte, after)) = rest.split_first() {
            text.push(char::from(byte));
            rest = after;
        }
    }
    text
}

fn bare_references(text: &str, reference: fn(u32) -> String) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for c in text.chars() {
        if matches!(c, '\u{3000}'..='\u{301f}' | '\u{ff01}'..='\u{ff5e}' | '·' | '—' | '…' | '“' | '”' | '‘' | '’')
        {
            out.push_str(&reference(u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, kind: Kind) -> (String, bool) {
        let misread = misread(text, kind).expect("in the encoding");
        (misread.text, misread.lossless)
    }

    #[test]
    fn as_found() {
        // Often seen as 涓枃缂栫爜: no font has the private character.
        assert_eq!(read("中文编码", Kind::Utf8AsGbk), ("涓\u{e15f}枃缂栫爜".into(), true));
        assert_eq!(read("中文编码", Kind::GbkAsCp1252), ("ÖÐÎÄ±àÂë".into(), true));
        assert_eq!(read("中文编码", Kind::GbkAsLatin1), ("ÖÐÎÄ±àÂë".into(), true));
        assert_eq!(read("中文", Kind::Utf8AsCp1252), ("ä¸\u{ad}æ–‡".into(), true));
        assert_eq!(read("中文", Kind::Utf8AsLatin1), ("ä¸\u{ad}æ\u{96}\u{87}".into(), true));
        assert_eq!(read("中文", Kind::GbkAsBig5), ("笢恅".into(), true));
        assert_eq!(read("中文", Kind::Big5AsGbk), ("いゅ".into(), true));
        assert_eq!(read("书名：好", Kind::BareHexReferences), ("书名#xff1a;好".into(), true));
        assert_eq!(read("书名：好", Kind::BareDecimalReferences), ("书名#65306;好".into(), true));
    }

    #[test]
    fn a_lost_byte_is_known() {
        // The last of nine bytes has no partner.
        assert_eq!(read("中国人", Kind::Utf8AsGbk), ("涓\u{e15e}浗浜\u{fffd}".into(), false));
    }

    #[test]
    fn accidental_utf8_is_one_character() {
        // 联 is C1AA, 通 CDA8: the famous file of Notepad; CDA8 is ͨ in UTF-8, C1AA is no UTF-8.
        assert_eq!(read("联通", Kind::GbkAsUtf8OrLatin1), ("Áªͨ".into(), true));
    }

    #[test]
    fn twice() {
        let twice = misread_times("中文", Kind::Utf8AsCp1252, 2).unwrap();
        let once = misread("中文", Kind::Utf8AsCp1252).unwrap();
        assert_eq!(misread(&once.text, Kind::Utf8AsCp1252).unwrap(), twice);
    }

    #[test]
    fn what_the_encoding_does_not_have() {
        assert_eq!(misread("😀", Kind::GbkAsLatin1), None);
        assert_eq!(misread("编码", Kind::Big5AsGbk), None);
    }

    #[test]
    fn a_run_leaves_the_rest_alone() {
        let text = "中文编码在网页里常常读错，结果是一串看不懂的字。";
        for seed in 0..50 {
            for kind in Kind::ALL {
                let Some(run) = misread_run(text, kind, 1, &mut Rng::with_seed(seed)) else { continue };
                assert_ne!(run.text, text);
                let same = |a: &mut dyn Iterator<Item = char>, b: &mut dyn Iterator<Item = char>| {
                    a.zip(b).take_while(|(a, b)| a == b).count()
                };
                let head = same(&mut text.chars(), &mut run.text.chars());
                let tail = same(&mut text.chars().rev(), &mut run.text.chars().rev());
                assert!(head + tail + 24 >= text.chars().count());
                assert_eq!(misread_run(text, kind, 1, &mut Rng::with_seed(seed)), Some(run));
            }
        }
    }
}
