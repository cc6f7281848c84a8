//! The edit log: one JSON object per document and line. A clean text and its record give the original
//! document back, byte for byte.
//!
//! `source` spans are bytes of the decoded text, `clean` spans bytes of the clean text, both without a
//! byte order mark. What no edit covers is copied, in order: inside each moved stretch, and outside of
//! all of them. That is all [`restore`] needs.

use std::borrow::Cow;
use std::io::{self, BufRead, Write};

use encoding_rs::Encoding;
use serde::{Deserialize, Serialize};

use crate::decode::{self, Decoded, Raw};
use crate::edit::{Change, ChangeKind, Span};
use crate::pipeline::Cleaned;
use crate::rules::RuleId;

/// All that was done to one document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record<'a> {
    /// The document's name.
    pub path: Cow<'a, str>,
    /// Where the clean text was written, if not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Cow<'a, str>>,
    /// The encoding it was read in, by its WHATWG name.
    pub encoding: Cow<'a, str>,
    /// Whether a byte order mark stood before the text.
    pub bom: bool,
    /// The original document's length in bytes.
    pub source_bytes: usize,
    /// The clean text's length in bytes of UTF-8, without a byte order mark.
    pub clean_bytes: usize,
    /// FNV-1a (64 bit, hexadecimal) of the original document's bytes.
    pub checksum: Cow<'a, str>,
    /// What was changed, in the order of the clean text.
    pub edits: Vec<Edit<'a>>,
    /// Bytes that the decoded text does not determine.
    pub raw: Vec<RawBytes>,
    /// What was seen and left alone.
    pub findings: Vec<Noted<'a>>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Edit<'a> {
    /// Counts the changes of the document.
    pub id: usize,
    /// What kind of change it is.
    pub kind: Kind,
    /// Every rule that had a part in it.
    pub rules: Vec<RuleId>,
    /// Bytes in the decoded text.
    #[serde(with = "span")]
    pub source: Span,
    /// Bytes in the clean text.
    #[serde(with = "span")]
    pub clean: Span,
    /// The old text; absent from a move, whose text is that of the clean text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<Cow<'a, str>>,
    /// The new text; absent from a move.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<Cow<'a, str>>,
    /// The least confident of its rules, 0 to 1.
    pub confidence: f32,
    /// Changes that this one depends on.
    pub needs: Vec<usize>,
}

/// What kind of change it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// `old` was replaced by `new`.
    Replace,
    /// A stretch was converted to the other script.
    Convert,
    /// The text at `source` stands at `clean`; edits inside it are changes of their own.
    Move,
}

/// Bytes as they came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawBytes {
    /// What stands for them in the decoded text.
    #[serde(with = "span")]
    pub span: Span,
    /// Byte offset in the document.
    pub offset: usize,
    /// The bytes.
    #[serde(with = "hex")]
    pub bytes: Vec<u8>,
}

/// A finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Noted<'a> {
    /// The rule that saw it.
    pub rule: RuleId,
    /// Bytes in the decoded text.
    #[serde(with = "span")]
    pub source: Span,
    /// The text there.
    pub text: Cow<'a, str>,
    /// What an unsafe edit would write there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<Cow<'a, str>>,
    /// 0 to 1.
    pub confidence: f32,
}

impl<'a> Record<'a> {
    /// The record of a document that was read from `bytes`.
    #[must_use]
    pub fn new(
        path: &'a str,
        bytes: &[u8],
        decoded: &Decoded<'_>,
        cleaned: &'a Cleaned<'_>,
        changes: &[Change],
    ) -> Self {
        let raw = |raw: &Raw| RawBytes { span: raw.span, offset: raw.offset, bytes: raw.bytes.clone() };
        let findings = cleaned.findings().iter().map(|f| Noted {
            rule: f.rule,
            source: f.span,
            text: f.span.of(cleaned.original()).into(),
            proposal: f.proposal.as_deref().map(Into::into),
            confidence: f.confidence,
        });
        Self {
            path: path.into(),
            output: None,
            encoding: decoded.encoding.name().into(),
            bom: decoded.bom,
            source_bytes: bytes.len(),
            clean_bytes: cleaned.text().len(),
            checksum: checksum(bytes).into(),
            edits: edits(changes, cleaned.original(), cleaned.text()),
            raw: decoded.raw.iter().map(raw).collect(),
            findings: findings.collect(),
        }
    }

    /// Writes the record as one line.
    ///
    /// # Errors
    /// If `out` cannot be written to.
    pub fn write(&self, mut out: impl Write) -> io::Result<()> {
        serde_json::to_writer(&mut out, self)?;
        out.write_all(b"\n")
    }
}

fn edits<'a>(changes: &[Change], source: &'a str, clean: &'a str) -> Vec<Edit<'a>> {
    let edit = |change: &Change| {
        let kind = match change.kind {
            ChangeKind::Replace => Kind::Replace,
            ChangeKind::Convert => Kind::Convert,
            ChangeKind::Move => Kind::Move,
        };
        let text = |text: &'a str| (kind != Kind::Move).then_some(Cow::Borrowed(text));
        Edit {
            id: change.id,
            kind,
            rules: change.rules.clone(),
            source: change.source,
            clean: change.clean,
            old: text(change.source.of(source)),
            new: text(change.clean.of(clean)),
            confidence: change.confidence,
            needs: change.needs.clone(),
        }
    };
    changes.iter().map(edit).collect()
}

/// Reads a log back, one record after the other.
///
/// # Errors
/// Each item that cannot be read or is no record is an error; the first line counts as 1.
pub fn read(log: impl BufRead) -> impl Iterator<Item = io::Result<Record<'static>>> {
    log.lines().zip(1..).map(|(line, number)| {
        let wrong = |e: serde_json::Error| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                format!("line {number} is no record of an edit log: {e}"),
            )
        };
        serde_json::from_str(&line?).map_err(wrong)
    })
}

/// Why an original could not be restored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// The record was made for another text.
    #[error("the text is not the one that the record was made for: it differs at byte {0}")]
    OtherText(usize),
    /// What came out is not the original: the text was changed where no edit stands.
    #[error("the text is not the one that the record was made for: the checksum of the original differs")]
    Checksum,
    /// The record contradicts itself.
    #[error("the record contradicts itself: {0}")]
    Record(&'static str),
}

/// Gives the original document back.
///
/// # Errors
/// If `clean` is not the text that the record was made for, or the record is damaged.
pub fn restore(clean: &str, record: &Record<'_>) -> Result<Vec<u8>, RestoreError> {
    if clean.len() != record.clean_bytes {
        return Err(RestoreError::OtherText(clean.len().min(record.clean_bytes)));
    }
    let text = restore_text(clean, &record.edits)?;
    let encoding =
        Encoding::for_label(record.encoding.as_bytes()).ok_or(RestoreError::Record("unknown encoding"))?;
    let mut pos = 0;
    for raw in &record.raw {
        if raw.span.start < pos || text.get(raw.span.start..raw.span.end).is_none() {
            return Err(RestoreError::Record("raw bytes stand outside the text"));
        }
        pos = raw.span.end;
    }
    let raw: Vec<Raw> = record
        .raw
        .iter()
        .map(|raw| Raw { span: raw.span, offset: raw.offset, bytes: raw.bytes.clone() })
        .collect();
    let bytes = decode::encode(&text, encoding, record.bom, &raw);
    if bytes.len() != record.source_bytes || checksum(&bytes) != record.checksum {
        return Err(RestoreError::Checksum);
    }
    Ok(bytes)
}

/// Puts the decoded text together again.
fn restore_text(clean: &str, edits: &[Edit<'_>]) -> Result<String, RestoreError> {
    const OVERLAP: RestoreError = RestoreError::Record("its edits do not fit together");
    let (moves, leaves): (Vec<&Edit<'_>>, Vec<&Edit<'_>>) =
        edits.iter().partition(|edit| edit.kind == Kind::Move);
    // Pieces of the original by their place in it.
    let mut pieces: Vec<(usize, &str)> = Vec::with_capacity(2 * edits.len() + 1);
    let (mut source_len, mut removed) = (clean.len(), 0);
    for leaf in &leaves {
        let (Some(old), Some(new)) = (leaf.old.as_deref(), leaf.new.as_deref()) else {
            return Err(RestoreError::Record("an edit has no text"));
        };
        if leaf.source.start > leaf.source.end || leaf.source.len() != old.len() {
            return Err(OVERLAP);
        }
        if clean.get(leaf.clean.start..leaf.clean.end) != Some(new) {
            return Err(RestoreError::OtherText(leaf.clean.start));
        }
        pieces.push((leaf.source.start, old));
        source_len += old.len();
        removed += new.len();
    }
    source_len = source_len.checked_sub(removed).ok_or(OVERLAP)?;

    let sorted = |spans: &mut dyn Iterator<Item = Span>| {
        let mut spans: Vec<Span> = spans.filter(|span| !span.is_empty()).collect();
        spans.sort_unstable();
        spans
    };
    let source_edits = sorted(&mut leaves.iter().map(|edit| edit.source));
    let clean_edits = sorted(&mut leaves.iter().map(|edit| edit.clean));
    let mut copy = |source: Vec<Span>, copies: Vec<Span>| {
        let (mut source, mut copies) = (source.into_iter(), copies.into_iter());
        let (mut to, mut from) = (Span::default(), Span::default());
        loop {
            if to.is_empty() {
                to = source.next().unwrap_or_default();
            }
            if from.is_empty() {
                from = copies.next().unwrap_or_default();
            }
            let len = to.len().min(from.len());
            if len == 0 {
                return if to.is_empty() && from.is_empty() { Ok(()) } else { Err(OVERLAP) };
            }
            pieces.push((to.start, clean.get(from.start..from.start + len).ok_or(OVERLAP)?));
            to.start += len;
            from.start += len;
        }
    };
    for part in &moves {
        if part.source.start > part.source.end || part.clean.start > part.clean.end {
            return Err(OVERLAP);
        }
        copy(
            gaps(part.source, within(&source_edits, part.source)),
            gaps(part.clean, within(&clean_edits, part.clean)),
        )?;
    }
    let all_source = sorted(&mut edits.iter().map(|edit| edit.source));
    let all_clean = sorted(&mut edits.iter().map(|edit| edit.clean));
    copy(gaps(Span::new(0, source_len), &all_source), gaps(Span::new(0, clean.len()), &all_clean))?;

    // Insertions have no text in the original, so no two pieces that count share their place.
    pieces.retain(|(_, text)| !text.is_empty());
    pieces.sort_by_key(|&(at, _)| at);
    let mut text = String::with_capacity(source_len);
    for (at, piece) in pieces {
        if at != text.len() {
            return Err(OVERLAP);
        }
        text.push_str(piece);
    }
    if text.len() == source_len { Ok(text) } else { Err(OVERLAP) }
}

/// Those of `spans` (ascending) that touch `whole`.
fn within(spans: &[Span], whole: Span) -> &[Span] {
    let from = spans.partition_point(|span| span.end <= whole.start);
    let until = spans.partition_point(|span| span.start < whole.end);
    &spans[from..until.max(from)]
}

/// What `covers` (ascending) leave free of `whole`.
fn gaps(whole: Span, covers: &[Span]) -> Vec<Span> {
    let (mut gaps, mut pos) = (Vec::with_capacity(covers.len() + 1), whole.start);
    for cover in covers {
        if pos < cover.start.min(whole.end) {
            gaps.push(Span::new(pos, cover.start.min(whole.end)));
        }
        pos = pos.max(cover.end);
    }
    if pos < whole.end {
        gaps.push(Span::new(pos, whole.end));
    }
    gaps
}

fn checksum(bytes: &[u8]) -> String {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

/// A span as `[start, end]`.
mod span {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::edit::Span;

    pub(super) fn serialize<S: Serializer>(span: &Span, serializer: S) -> Result<S::Ok, S::Error> {
        [span.start, span.end].serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Span, D::Error> {
        <[usize; 2]>::deserialize(deserializer).map(|[start, end]| Span::new(start, end))
    }
}

/// Bytes as hexadecimal digits.
mod hex {
    use std::borrow::Cow;
    use std::fmt::Write;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        let mut digits = String::with_capacity(2 * bytes.len());
        for byte in bytes {
            let _ = write!(digits, "{byte:02x}");
        }
        serializer.serialize_str(&digits)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let digits = Cow::<'de, str>::deserialize(deserializer)?;
        let byte = |pair: &[u8]| {
            u8::from_str_radix(std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2)?, 16).ok()
        };
        digits
            .as_bytes()
            .chunks(2)
            .map(byte)
            .collect::<Option<_>>()
            .ok_or_else(|| D::Error::custom("not hexadecimal"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pipeline::Cleaner;
    use crate::report::testing::{rounds, run};

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

        #[test]
        fn original_comes_back_through_any_layers(
            text in "[國體字ab\n。]{0,30}",
            rounds in rounds(),
        ) {
            let (clean, layer) = run(&text, &rounds);
            let changes = layer.changes(&text, &clean);
            let edits = edits(&changes, &text, &clean);
            prop_assert_eq!(restore_text(&clean, &edits), Ok(text));
        }
    }

    fn restored(cleaner: &Cleaner, bytes: &[u8]) -> Vec<u8> {
        let (decoded, cleaned) = cleaner.clean_bytes(bytes).unwrap();
        let mut line = Vec::new();
        Record::new("a.txt", bytes, &decoded, &cleaned, &cleaned.changes()).write(&mut line).unwrap();
        assert_eq!(line.iter().filter(|&&byte| byte == b'\n').count(), 1);
        let record = read(&line[..]).next().unwrap().unwrap();
        restore(cleaned.text(), &record).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

        #[test]
        fn original_bytes_come_back(
            text in prop_oneof!["\\PC*", "[經濟發展着。，,()\" \n\r]{0,60}", "(書\\(shū\\)|記,|者.\n\n){0,20}"],
            encoding in 0..5usize,
            bom: bool,
            damage in prop::collection::vec((any::<u16>(), 1..=255u8), 0..3),
        ) {
            let cleaner = Cleaner::new(crate::Config::default()).unwrap();
            let mut bytes = match encoding {
                0 => encoding_rs::GB18030.encode(&text).0.into_owned(),
                1 => encoding_rs::BIG5.encode(&text).0.into_owned(),
                2 => [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect(),
                3 => [0xfe, 0xff].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect(),
                _ if bom => ["\u{feff}", &text].concat().into_bytes(),
                _ => text.into_bytes(),
            };
            for (at, byte) in damage {
                if !bytes.is_empty() {
                    let at = usize::from(at) % bytes.len();
                    bytes[at] = byte;
                }
            }
            prop_assume!(decode::decode(&bytes, true).is_ok());
            prop_assert_eq!(restored(&cleaner, &bytes), bytes);
        }
    }

    #[test]
    fn another_text_is_refused() {
        let cleaner = Cleaner::new(crate::Config::default()).unwrap();
        let bytes = "經濟發展,人民安居。".as_bytes();
        let (decoded, cleaned) = cleaner.clean_bytes(bytes).unwrap();
        let changes = cleaned.changes();
        let record = Record::new("a.txt", bytes, &decoded, &cleaned, &changes);
        assert_eq!(restore(cleaned.text(), &record), Ok(bytes.to_vec()));
        assert!(matches!(restore("经济", &record), Err(RestoreError::OtherText(_))));
        let edited = cleaned.text().replace('经', "轻");
        assert!(matches!(restore(&edited, &record), Err(RestoreError::OtherText(_))));
        let edited = cleaned.text().replace('人', "仁");
        assert_eq!(restore(&edited, &record), Err(RestoreError::Checksum));
    }

    #[test]
    fn damaged_records_are_refused() {
        let cleaner = Cleaner::new(crate::Config::default()).unwrap();
        let bytes = "經濟發展,人民安居。".as_bytes();
        let (decoded, cleaned) = cleaner.clean_bytes(bytes).unwrap();
        let changes = cleaned.changes();
        let record = Record::new("a.txt", bytes, &decoded, &cleaned, &changes);
        for (start, end) in [(0, 100), (9, 3), (usize::MAX - 1, usize::MAX), (1, 2)] {
            for kind in [Kind::Replace, Kind::Move] {
                for side in 0..2 {
                    let mut damaged = record.clone();
                    let edit = &mut damaged.edits[0];
                    edit.kind = kind;
                    *(if side == 0 { &mut edit.source } else { &mut edit.clean }) = Span::new(start, end);
                    assert!(restore(cleaned.text(), &damaged).is_err());
                }
            }
        }
        let lines = b"{}\nnot json\n";
        let errors: Vec<String> = read(&lines[..]).map(|record| record.unwrap_err().to_string()).collect();
        assert!(errors[1].starts_with("line 2 is no record"), "{errors:?}");
    }
}
