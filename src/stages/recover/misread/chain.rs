//! Which encodings are taken for which: the misreadings that are undone.

use crate::rules::RuleId;

use super::super::coding::Coding;

/// One misreading.
#[derive(Debug)]
pub(super) struct Level {
    /// The encoding of the bytes.
    pub(super) written: Coding,
    /// The one that they were read in.
    pub(super) read: Coding,
}

/// One or two misreadings, the last one first.
#[derive(Debug)]
pub(super) struct Chain {
    pub(super) levels: &'static [Level],
    /// What undoes it.
    pub(super) rule: RuleId,
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
pub(super) static CHAINS: &[Chain] = &[
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
    pub(super) fn misread(&self, text: &str) -> Option<String> {
        let mut text = text.to_owned();
        for level in self.levels.iter().rev() {
            text = level.read.decode_all(&level.written.encode_all(&text)?)?;
        }
        Some(text)
    }

    /// Reads the bytes of the damage in the encodings that they are in.
    pub(super) fn undo(&self, damage: &str) -> Option<String> {
        let mut text = damage.to_owned();
        for level in self.levels {
            text = level.written.decode_all(&level.read.encode_all(&text)?)?;
        }
        Some(text)
    }

    /// Whether misreading `text` gives the damage, or would with the other code of a character that has two.
    pub(super) fn certifies(&self, text: &str, damage: &str) -> bool {
        self.misread(text).as_deref() == Some(damage)
            || !self.is_ambiguous() && self.undo(damage).as_deref() == Some(text)
    }

    /// Whether both encodings are of two bytes, so that the bytes prove nothing.
    pub(super) fn is_of_pairs(&self) -> bool {
        matches!(self.levels, [level] if level.read.is_of_pairs() && level.written.is_of_pairs())
    }

    /// Whether the bytes are of GBK or Big5: nearly any are.
    pub(super) fn is_of_legacy(&self) -> bool {
        self.levels.iter().all(|level| level.written != Coding::Utf8)
    }

    /// Whether the same characters may be other bytes.
    pub(super) fn is_ambiguous(&self) -> bool {
        self.levels[0].read == Coding::Utf8OrLatin1
    }
}
