//! The edit log: one JSON object a line, for each text that was changed and each file. A clean text and its
//! record give the original back, byte for byte.
//!
//! `source` spans are bytes of the decoded text, `clean` spans bytes of the clean text, both without a
//! byte order mark. What no edit covers is copied, in order: inside each moved stretch, and outside of
//! all of them. That is all [`restore()`] needs.

mod restore;
mod write;

use std::borrow::Cow;
use std::io::{self, BufRead, Write};

use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_128;

use crate::decode::{Decoded, Raw, Segment};
use crate::edit::{Change, ChangeKind, Span};
use crate::pipeline::Cleaned;
use crate::rules::RuleId;

#[cfg(feature = "cli")]
pub(crate) use restore::cleaned;
pub use restore::{RestoreError, encoded, restore, restore_text, take_back};

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Line<'a> {
    /// What the log was written by: its first line.
    Run(RunRecord<'a>),
    /// What was done to a text.
    Text(Box<Record<'a>>),
    /// How the bytes round the texts of a record were decoded, if they are not plain UTF-8.
    Bytes(BytesRecord<'a>),
    /// A record that is not in the output.
    Removed(RemovedRecord<'a>),
    /// Which records come next in a shard.
    Part(PartRecord<'a>),
    /// The end of a file: all its lines stand before this one.
    File(FileRecord<'a>),
}

/// What a log was written by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRecord<'a> {
    /// The version of jiaokan.
    pub version: Cow<'a, str>,
    /// A hash of all that determines the output beside the documents.
    pub config: Cow<'a, str>,
    /// A hash of what was learned across documents, if anything was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Cow<'a, str>>,
}

/// How a record of a file was decoded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BytesRecord<'a> {
    /// The file's name.
    pub path: Cow<'a, str>,
    /// Counts the records of the file.
    pub document: usize,
    /// The encoding it was read in, by its WHATWG name.
    pub encoding: Cow<'a, str>,
    /// Bytes that the decoded record does not determine.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub raw: Vec<RawBytes>,
    /// Stretches in another encoding.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<Stretch<'a>>,
}

/// A record that was set aside or dropped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RemovedRecord<'a> {
    /// The file's name.
    pub path: Cow<'a, str>,
    /// Counts the records of the file.
    pub document: usize,
    /// Why: its damage, 0 to 1.
    pub damage: f32,
    /// The record as it was, if it is UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Cow<'a, str>>,
    /// Its bytes, if it is not.
    #[serde(default, with = "hex", skip_serializing_if = "Vec::is_empty")]
    pub bytes: Vec<u8>,
}

/// Records of a file that stand together in a shard; the lines about them follow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartRecord<'a> {
    /// The file's name.
    pub path: Cow<'a, str>,
    /// The number of the first record.
    pub from: usize,
    /// How many there are.
    pub records: usize,
}

/// A whole file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileRecord<'a> {
    /// The file's name.
    pub path: Cow<'a, str>,
    /// Where the clean file was written, if not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Cow<'a, str>>,
    /// The format of the clean file.
    pub format: Cow<'a, str>,
    /// Whether the clean file has the format of the original; if not, only texts can be restored.
    pub mirrors: bool,
    /// How the original was compressed.
    pub compression: Cow<'a, str>,
    /// The fields that hold text, where the format has fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Cow<'a, str>>,
    /// How many records the original has, those without text included.
    pub records: usize,
    /// Length of the original in bytes, not compressed.
    pub source_bytes: u64,
    /// XXH3 (128 bit, hexadecimal) of these bytes.
    pub checksum: Cow<'a, str>,
}

/// All that was done to one text: a document, a block of a large one, or a field of a record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record<'a> {
    /// The file's name; with `document` and `field` the name of the text.
    pub path: Cow<'a, str>,
    /// Counts the records of the file, or the blocks of a large plain text.
    #[serde(default)]
    pub document: usize,
    /// The field that the text stands in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<Cow<'a, str>>,
    /// Where the clean text was written, if not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Cow<'a, str>>,
    /// The encoding it was read in, by its WHATWG name.
    pub encoding: Cow<'a, str>,
    /// Whether a byte order mark stood before the text.
    pub bom: bool,
    /// The original text's length in bytes as it was encoded.
    pub source_bytes: usize,
    /// The clean text's length in bytes of UTF-8, without a byte order mark.
    pub clean_bytes: usize,
    /// XXH3 (128 bit, hexadecimal) of the original text's bytes.
    pub checksum: Cow<'a, str>,
    /// XXH3 of the clean text's bytes.
    pub clean_checksum: Cow<'a, str>,
    /// What was changed, in the order of the clean text.
    pub edits: Vec<Edit<'a>>,
    /// Bytes that the decoded text does not determine.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub raw: Vec<RawBytes>,
    /// Stretches in another encoding.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<Stretch<'a>>,
    /// How the text was written as a value of its format, if not in the usual way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub style: Option<Cow<'a, str>>,
    /// Characters of the text that were written in another way than that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub literals: Vec<Literal<'a>>,
    /// What was seen and left alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Noted<'a>>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Edit<'a> {
    /// What kind of change it is.
    pub kind: Kind,
    /// Every rule that had a part in it.
    pub rules: Cow<'static, [RuleId]>,
    /// Bytes in the decoded text.
    #[serde(with = "span")]
    pub source: Span,
    /// Bytes in the clean text.
    #[serde(with = "span")]
    pub clean: Span,
    /// Characters in the decoded text.
    #[serde(with = "span")]
    pub source_chars: Span,
    /// Characters in the clean text.
    #[serde(with = "span")]
    pub clean_chars: Span,
    /// The old text; absent from a move, whose text is that of the clean text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<Cow<'a, str>>,
    /// The new text; absent from a move, and from a conversion: it stands in the clean text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<Cow<'a, str>>,
    /// The least confident of its rules, 0 to 1.
    #[serde(default = "certain", skip_serializing_if = "is_certain")]
    pub confidence: f32,
    /// Changes that this one depends on, by their place in the list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<usize>,
}

fn certain() -> f32 {
    1.0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_certain(confidence: &f32) -> bool {
    *confidence == 1.0
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

/// A stretch of the decoded text that was in an encoding of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch<'a> {
    /// Bytes in the decoded text.
    #[serde(with = "span")]
    pub span: Span,
    /// The encoding, by its WHATWG name.
    pub encoding: Cow<'a, str>,
}

/// A character, or more, as it stood in the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Literal<'a> {
    /// What it means, in bytes of the text.
    #[serde(with = "span")]
    pub span: Span,
    /// How it was written.
    pub literal: Cow<'a, str>,
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

impl Kind {
    /// Its name in the log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Replace => "replace",
            Kind::Convert => "convert",
            Kind::Move => "move",
        }
    }

    /// The kind of a name in the log.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        [Kind::Replace, Kind::Convert, Kind::Move].into_iter().find(|kind| kind.name() == name)
    }
}

impl From<ChangeKind> for Kind {
    fn from(kind: ChangeKind) -> Self {
        match kind {
            ChangeKind::Replace => Kind::Replace,
            ChangeKind::Convert => Kind::Convert,
            ChangeKind::Move => Kind::Move,
        }
    }
}

impl From<Kind> for ChangeKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Replace => ChangeKind::Replace,
            Kind::Convert => ChangeKind::Convert,
            Kind::Move => ChangeKind::Move,
        }
    }
}

impl<'a> Record<'a> {
    /// The record of a text that was decoded.
    #[must_use]
    pub fn new(path: &'a str, decoded: &Decoded<'_>, cleaned: &'a Cleaned<'_>, changes: &[Change]) -> Self {
        Self { edits: edits(cleaned, changes), ..Self::without_edits(path, decoded, cleaned) }
    }

    fn without_edits(path: &'a str, decoded: &Decoded<'_>, cleaned: &'a Cleaned<'_>) -> Self {
        let findings = cleaned.findings().iter().map(|f| Noted {
            rule: f.rule,
            source: f.span,
            text: f.span.of(cleaned.original()).into(),
            proposal: f.proposal.as_deref().map(Into::into),
            confidence: f.confidence,
        });
        let encoded: Cow<'_, [u8]> = match decoded.is_plain() {
            true => Cow::Borrowed(decoded.text.as_bytes()),
            false => Cow::Owned(decoded.encode()),
        };
        Self {
            path: path.into(),
            document: 0,
            field: None,
            output: None,
            encoding: decoded.encoding.name().into(),
            bom: decoded.bom,
            source_bytes: encoded.len(),
            clean_bytes: cleaned.text().len(),
            checksum: checksum(&encoded).into(),
            clean_checksum: checksum(cleaned.text().as_bytes()).into(),
            edits: Vec::new(),
            raw: RawBytes::of(&decoded.raw),
            segments: Stretch::of(&decoded.segments),
            style: None,
            literals: Vec::new(),
            findings: findings.collect(),
        }
    }

    /// Whether the clean text is the original, and nothing was seen in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty() && self.findings.is_empty() && self.raw.is_empty()
    }

    /// Says of each conversion what it wrote, so that the original and the record give the clean text too.
    pub fn complete(&mut self, cleaned: &'a Cleaned<'_>) {
        for edit in self.edits.iter_mut().filter(|edit| edit.kind == Kind::Convert) {
            edit.new = Some(edit.clean.of(cleaned.text()).into());
        }
    }

    /// Puts the next block of the same text behind this one.
    #[cfg(feature = "cli")]
    pub(crate) fn append(&mut self, next: Record<'a>, source_len: usize) {
        let Record { clean_bytes, edits, findings, .. } = next;
        let first = self.edits.len();
        self.edits.extend(edits.into_iter().map(|edit| Edit {
            source: edit.source.shift(source_len),
            clean: edit.clean.shift(self.clean_bytes),
            needs: edit.needs.into_iter().map(|need| first + need).collect(),
            ..edit
        }));
        let shift = |noted: Noted<'a>| Noted { source: noted.source.shift(source_len), ..noted };
        self.findings.extend(findings.into_iter().map(shift));
        self.clean_bytes += clean_bytes;
    }

    /// Logs each character of a conversion for itself instead of whole stretches.
    pub fn expand(&mut self, cleaned: &'a Cleaned<'_>, changes: &[Change]) {
        self.edits = edits(cleaned, &expanded(cleaned, changes));
    }

    /// Writes the record as one line.
    ///
    /// # Errors
    /// If `out` cannot be written to.
    pub fn write(self, out: impl Write) -> io::Result<()> {
        Line::Text(Box::new(self)).write(out)
    }
}

/// A record whose edits are made as they are written: there are many, and nobody else wants them.
#[cfg(feature = "corpus")]
pub(crate) struct Draft<'a> {
    /// All but the edits.
    pub(crate) record: Record<'a>,
    cleaned: &'a Cleaned<'a>,
    changes: Vec<Change>,
}

#[cfg(feature = "corpus")]
impl<'a> Draft<'a> {
    /// The same as [`Record::new`].
    pub(crate) fn new(
        path: &'a str,
        decoded: &Decoded<'_>,
        cleaned: &'a Cleaned<'_>,
        changes: Vec<Change>,
    ) -> Self {
        Self { record: Record::without_edits(path, decoded, cleaned), cleaned, changes }
    }

    /// The record with its edits.
    pub(crate) fn finished(&self) -> Record<'a> {
        Record { edits: edits(self.cleaned, &self.changes), ..self.record.clone() }
    }

    /// See [`Record::expand`].
    pub(crate) fn expand(&mut self) {
        self.changes = expanded(self.cleaned, &self.changes);
    }

    /// See [`Record::is_empty`].
    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.record.is_empty()
    }

    /// See [`Record::write`].
    pub(crate) fn write(&self, mut out: impl Write) -> io::Result<()> {
        write::record(&self.record, each_edit(self.cleaned, &self.changes), &mut out)?;
        out.write_all(b"\n")
    }
}

/// Each character of a conversion as a change of its own.
fn expanded(cleaned: &Cleaned<'_>, changes: &[Change]) -> Vec<Change> {
    let mut expanded = Vec::with_capacity(changes.len());
    let mut places = Vec::with_capacity(changes.len());
    for change in changes {
        places.push(expanded.len());
        if change.kind == ChangeKind::Convert {
            let runs = cleaned.conversions(change);
            expanded.extend(runs.into_iter().map(|(source, clean)| Change {
                source,
                clean,
                ..change.clone()
            }));
        } else {
            expanded.push(change.clone());
        }
    }
    for change in &mut expanded {
        change.needs.iter_mut().for_each(|need| *need = places[*need]);
    }
    expanded
}

impl RawBytes {
    /// What the log keeps of them.
    #[must_use]
    pub fn of(raw: &[Raw]) -> Vec<Self> {
        let kept = |raw: &Raw| Self { span: raw.span, offset: raw.offset, bytes: raw.bytes.clone() };
        raw.iter().map(kept).collect()
    }
}

impl Stretch<'_> {
    /// What the log keeps of them.
    #[must_use]
    pub fn of(segments: &[Segment]) -> Vec<Self> {
        let kept = |s: &Segment| Self { span: s.span, encoding: s.encoding.name().into() };
        segments.iter().map(kept).collect()
    }
}

impl Line<'_> {
    /// Writes the line.
    ///
    /// # Errors
    /// If `out` cannot be written to.
    pub fn write(&self, mut out: impl Write) -> io::Result<()> {
        match self {
            Line::Text(record) => write::record(record, &record.edits, &mut out)?,
            line => serde_json::to_writer(&mut out, line)?,
        }
        out.write_all(b"\n")
    }
}

/// Counts characters up to byte offsets that mostly ascend.
struct Counter<'t> {
    text: &'t str,
    bytes: usize,
    chars: usize,
}

impl<'t> Counter<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, bytes: 0, chars: 0 }
    }

    fn chars(&mut self, bytes: usize) -> usize {
        if self.bytes <= bytes {
            self.chars += self.text[self.bytes..bytes].chars().count();
        } else {
            self.chars -= self.text[bytes..self.bytes].chars().count();
        }
        self.bytes = bytes;
        self.chars
    }

    fn span(&mut self, span: Span) -> Span {
        let start = self.chars(span.start);
        Span::new(start, self.chars(span.end))
    }
}

/// What a record says of a text's changes. `changes` are the text's own.
#[must_use]
pub fn edits<'a>(cleaned: &'a Cleaned<'_>, changes: &[Change]) -> Vec<Edit<'a>> {
    each_edit(cleaned, changes).collect()
}

fn each_edit<'a>(cleaned: &'a Cleaned<'_>, changes: &[Change]) -> impl Iterator<Item = Edit<'a>> {
    let (source, clean) = (cleaned.original(), cleaned.text());
    let (mut source_chars, mut clean_chars) = (Counter::new(source), Counter::new(clean));
    let edit = move |change: &Change| {
        let kind = Kind::from(change.kind);
        let text = |text: &'a str| (kind != Kind::Move).then_some(Cow::Borrowed(text));
        Edit {
            kind,
            rules: change.rules.clone(),
            source: change.source,
            clean: change.clean,
            source_chars: source_chars.span(change.source),
            clean_chars: clean_chars.span(change.clean),
            old: text(change.source.of(source)),
            new: text(change.clean.of(clean)).filter(|_| kind == Kind::Replace),
            confidence: change.confidence,
            needs: change.needs.clone(),
        }
    };
    changes.iter().map(edit)
}

/// Reads a log back, one line after the other.
///
/// # Errors
/// Each item that cannot be read or is no line of a log is an error; the first line counts as 1.
pub fn read(log: impl BufRead) -> impl Iterator<Item = io::Result<Line<'static>>> {
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

/// XXH3 (128 bit, hexadecimal) of bytes.
#[must_use]
pub fn checksum(bytes: &[u8]) -> String {
    format!("{:032x}", XxHash3_128::oneshot(bytes))
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
