//! The edit log: one JSON object a line, for each text that was changed and each file. A clean text and its
//! record give the original back, byte for byte.
//!
//! `source` spans are bytes of the decoded text, `clean` spans bytes of the clean text, both without a
//! byte order mark. What no edit covers is copied, in order: inside each moved stretch, and outside of
//! all of them. That is all [`restore`] needs.

mod write;

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::{self, BufRead, Write};

use encoding_rs::Encoding;
use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_128;

use crate::decode::{self, Decoded, Raw, Segment};
use crate::edit::{Change, ChangeKind, Layer, Span};
use crate::pipeline::Cleaned;
#[cfg(feature = "cli")]
use crate::pipeline::Finding;
use crate::rules::RuleId;

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
        let kind = match change.kind {
            ChangeKind::Replace => Kind::Replace,
            ChangeKind::Convert => Kind::Convert,
            ChangeKind::Move => Kind::Move,
        };
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

/// Why an original could not be restored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// The record was made for another text.
    #[error("the text is not the one that the record was made for: it differs at byte {0}")]
    OtherText(usize),
    /// It was made for another text, although the edits fit this one.
    #[error("the text is not the one that the record was made for: its checksum differs")]
    Changed,
    /// What came out is not the original.
    #[error("the record contradicts itself: the checksum of the original differs")]
    Checksum,
    /// The record contradicts itself.
    #[error("the record contradicts itself: {0}")]
    Record(&'static str),
    /// A move parted what an edit wrote, so that one cannot be taken back without the other.
    #[error("a move has parted what an edit wrote: only all edits together can be taken back")]
    Parted,
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
    if checksum(clean.as_bytes()) != record.clean_checksum {
        return Err(RestoreError::Changed);
    }
    let bytes = encoded(&text, &record.encoding, record.bom, &record.raw, &record.segments)?;
    if bytes.len() != record.source_bytes || checksum(&bytes) != record.checksum {
        return Err(RestoreError::Checksum);
    }
    Ok(bytes)
}

/// The bytes of a decoded text, as they were.
///
/// # Errors
/// If what the log says of them does not fit the text.
pub fn encoded(
    text: &str,
    encoding: &str,
    bom: bool,
    raw: &[RawBytes],
    segments: &[Stretch<'_>],
) -> Result<Vec<u8>, RestoreError> {
    const UNKNOWN: RestoreError = RestoreError::Record("unknown encoding");
    let known = |name: &str| Encoding::for_label(name.as_bytes()).ok_or(UNKNOWN);
    let fits = |spans: &mut dyn Iterator<Item = Span>| {
        let mut pos = 0;
        for span in spans {
            if span.start < pos || text.get(span.start..span.end).is_none() {
                return Err(RestoreError::Record("bytes stand outside the text"));
            }
            pos = span.end;
        }
        Ok(())
    };
    fits(&mut raw.iter().map(|raw| raw.span))?;
    fits(&mut segments.iter().map(|segment| segment.span))?;
    let raw: Vec<Raw> =
        raw.iter().map(|raw| Raw { span: raw.span, offset: raw.offset, bytes: raw.bytes.clone() }).collect();
    let segment =
        |s: &Stretch<'_>| Ok::<_, RestoreError>(Segment { span: s.span, encoding: known(&s.encoding)? });
    let segments = segments.iter().map(segment).collect::<Result<Vec<_>, _>>()?;
    Ok(decode::encode(text, known(encoding)?, bom, &raw, &segments))
}

/// The clean text without the edits that one of `rules` had a part in, and without those that depend on them.
///
/// # Errors
/// If `clean` is not the text that the record was made for, or the record is damaged.
pub fn take_back(clean: &str, record: &Record<'_>, rules: &[RuleId]) -> Result<String, RestoreError> {
    if clean.len() != record.clean_bytes {
        return Err(RestoreError::OtherText(clean.len().min(record.clean_bytes)));
    }
    let text = restore_text(clean, &record.edits)?;
    let (copies, source_len) = copies(clean, &record.edits)?;
    let mut changes = changes(&record.edits)?;
    for change in changes.iter_mut().filter(|change| change.kind == ChangeKind::Convert) {
        change.kind = ChangeKind::Replace;
    }
    if changes.iter().any(|change| change.rules.is_empty()) {
        return Err(OVERLAP);
    }
    let mut taken: Vec<bool> =
        changes.iter().map(|c| c.rules.iter().any(|rule| rules.contains(rule))).collect();
    let mut more = taken.contains(&true);
    while std::mem::take(&mut more) {
        for change in &changes {
            if !taken[change.id] && change.needs.iter().any(|&need| taken[need]) {
                (taken[change.id], more) = (true, true);
            }
        }
    }
    if taken.iter().all(|&taken| taken) {
        return Ok(text);
    }
    if !taken.contains(&true) {
        return Ok(clean.to_owned());
    }
    let layer = Layer::of_changes(&changes, &copies, source_len, clean.len());
    // Where a move parted what an edit wrote, the log does not tell which half stood first.
    if layer.without(&text, clean, &HashSet::new(), &[]).0 != clean {
        return Err(RestoreError::Parted);
    }
    let edits = (0..).zip(taken).filter(|(_, taken)| *taken).map(|(id, _)| id).collect();
    Ok(layer.without(&text, clean, &edits, &[]).0)
}

/// The edits as changes.
fn changes(edits: &[Edit<'_>]) -> Result<Vec<Change>, RestoreError> {
    let change = |(id, edit): (usize, &Edit<'_>)| {
        let fits = edit.needs.iter().all(|&need| need < edits.len());
        let change = Change {
            id,
            kind: match edit.kind {
                Kind::Replace => ChangeKind::Replace,
                Kind::Convert => ChangeKind::Convert,
                Kind::Move => ChangeKind::Move,
            },
            rules: edit.rules.clone(),
            source: edit.source,
            clean: edit.clean,
            confidence: edit.confidence,
            needs: edit.needs.clone(),
        };
        fits.then_some(change).ok_or(OVERLAP)
    };
    edits.iter().enumerate().map(change).collect()
}

/// What was done to a text, as the log has it: both texts, and the changes.
///
/// # Errors
/// If `clean` is not the text that the record was made for, or the record is damaged.
#[cfg(feature = "cli")]
pub(crate) fn cleaned<'t>(
    clean: &'t str,
    record: &Record<'_>,
) -> Result<(Cleaned<'t>, Vec<Change>), RestoreError> {
    let original = restore_text(clean, &record.edits)?;
    let (copies, _) = copies(clean, &record.edits)?;
    let changes = changes(&record.edits)?;
    let fits = |noted: &Noted<'_>| original.get(noted.source.start..noted.source.end).is_some();
    if !record.findings.iter().all(fits) {
        return Err(OVERLAP);
    }
    let finding = |noted: &Noted<'_>| Finding {
        rule: noted.rule,
        span: noted.source,
        proposal: noted.proposal.as_deref().map(str::to_owned),
        target: None,
        confidence: noted.confidence,
    };
    let findings = record.findings.iter().map(finding).collect();
    let layer = Layer::of_changes(&changes, &copies, original.len(), clean.len());
    Ok((Cleaned::of_layer(original, clean, layer, findings), changes))
}

const OVERLAP: RestoreError = RestoreError::Record("its edits do not fit together");

/// The decoded text of which `clean` was made. Unlike [`restore`] it notices only what contradicts the edits.
///
/// # Errors
/// If the edits do not fit the text or one another.
pub fn restore_text(clean: &str, edits: &[Edit<'_>]) -> Result<String, RestoreError> {
    let (copies, source_len) = copies(clean, edits)?;
    // Pieces of the original by their place in it.
    let mut pieces: Vec<(usize, &str)> = Vec::with_capacity(edits.len() + copies.len());
    pieces.extend(edits.iter().filter_map(|edit| Some((edit.source.start, edit.old.as_deref()?))));
    for (source, copy, _) in copies {
        pieces.push((source.start, clean.get(copy.start..copy.end).ok_or(OVERLAP)?));
    }
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

/// A stretch of the original that stands in the clean text, there, and the move that carried it.
type Copy = (Span, Span, Option<usize>);

/// What is copied, and the length of the decoded text.
fn copies(clean: &str, edits: &[Edit<'_>]) -> Result<(Vec<Copy>, usize), RestoreError> {
    let leaves = || edits.iter().filter(|edit| edit.kind != Kind::Move);
    let (mut source_len, mut removed) = (clean.len(), 0);
    for leaf in leaves() {
        let Some(old) = leaf.old.as_deref() else {
            return Err(RestoreError::Record("an edit has no text"));
        };
        let there = clean.get(leaf.clean.start..leaf.clean.end);
        let Some(new) = leaf.new.as_deref().or(there.filter(|_| leaf.kind == Kind::Convert)) else {
            return Err(RestoreError::Record("an edit has no text"));
        };
        if leaf.source.start > leaf.source.end || leaf.source.len() != old.len() {
            return Err(OVERLAP);
        }
        if there != Some(new) {
            return Err(RestoreError::OtherText(leaf.clean.start));
        }
        source_len += old.len();
        removed += new.len();
    }
    source_len = source_len.checked_sub(removed).ok_or(OVERLAP)?;

    let sorted = |spans: &mut dyn Iterator<Item = Span>| {
        let mut spans: Vec<Span> = spans.filter(|span| !span.is_empty()).collect();
        spans.sort_unstable();
        spans
    };
    let source_edits = sorted(&mut leaves().map(|edit| edit.source));
    let clean_edits = sorted(&mut leaves().map(|edit| edit.clean));
    let mut copies = Vec::with_capacity(edits.len() + 1);
    let mut copy = |source: Vec<Span>, clean: Vec<Span>, by: Option<usize>| {
        let (mut source, mut clean) = (source.into_iter(), clean.into_iter());
        let (mut to, mut from) = (Span::default(), Span::default());
        loop {
            if to.is_empty() {
                to = source.next().unwrap_or_default();
            }
            if from.is_empty() {
                from = clean.next().unwrap_or_default();
            }
            let len = to.len().min(from.len());
            if len == 0 {
                return if to.is_empty() && from.is_empty() { Ok(()) } else { Err(OVERLAP) };
            }
            copies.push((Span::new(to.start, to.start + len), Span::new(from.start, from.start + len), by));
            to.start += len;
            from.start += len;
        }
    };
    for (by, part) in edits.iter().enumerate().filter(|(_, edit)| edit.kind == Kind::Move) {
        if part.source.start > part.source.end || part.clean.start > part.clean.end {
            return Err(OVERLAP);
        }
        copy(
            gaps(part.source, within(&source_edits, part.source)),
            gaps(part.clean, within(&clean_edits, part.clean)),
            Some(by),
        )?;
    }
    let all_source = sorted(&mut edits.iter().map(|edit| edit.source));
    let all_clean = sorted(&mut edits.iter().map(|edit| edit.clean));
    copy(gaps(Span::new(0, source_len), &all_source), gaps(Span::new(0, clean.len()), &all_clean), None)?;
    Ok((copies, source_len))
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
            let cleaned = Cleaned::of_layer(&text, clean.clone(), layer.clone(), Vec::new());
            let edits = edits(&cleaned, &changes);
            prop_assert_eq!(restore_text(&clean, &edits), Ok(text.clone()));
            let record = Record { edits, ..record_of(&clean) };
            // All of it taken back is the original, none of it the clean text, one rule what the layer gives.
            prop_assert_eq!(take_back(&clean, &record, RuleId::ALL), Ok(text.clone()));
            prop_assert_eq!(take_back(&clean, &record, &[]), Ok(clean.clone()));
            // A conversion is logged as one run: what was written into it and moved away does not find back.
            let is_run = |c: &Change, at: usize| {
                c.kind == ChangeKind::Convert && c.source.start < at && at < c.source.end
            };
            let is_lost = |c: &Change| c.source.is_empty() && changes.iter().any(|run| is_run(run, c.source.start));
            // Nor does what a later move parted from the edit that wrote it: the log has two edits then.
            let carried = |c: &Change| {
                let carries = |by: &&Change| by.kind == ChangeKind::Move && by.clean.contains(c.clean);
                changes.iter().find(carries).map(|by| by.id)
            };
            let is_parted = |c: &Change| {
                let is_rest = |o: &Change| {
                    o.kind == ChangeKind::Replace
                        && !o.source.is_empty()
                        && [o.source.start, o.source.end].contains(&c.source.start)
                        && carried(o) != carried(c)
                };
                c.kind == ChangeKind::Replace && c.source.is_empty() && changes.iter().any(is_rest)
            };
            let lost = changes.iter().any(|c| is_lost(c) || is_parted(c));
            for rule in [RuleId::Caption, RuleId::CutParagraph, RuleId::Traditional] {
                let ids: Vec<usize> =
                    changes.iter().filter(|c| c.rules.contains(&rule)).map(|c| c.id).collect();
                let expected = layer.refuse(&text, &clean, &ids).text;
                let taken = take_back(&clean, &record, &[rule]);
                prop_assert!(lost || taken.as_ref() == Ok(&expected), "{rule:?}: {taken:?}, not {expected:?}");
            }
        }
    }

    fn record_of(clean: &str) -> Record<'static> {
        Record {
            path: "a.txt".into(),
            document: 0,
            field: None,
            output: None,
            encoding: "UTF-8".into(),
            bom: false,
            source_bytes: 0,
            clean_bytes: clean.len(),
            checksum: "".into(),
            clean_checksum: "".into(),
            edits: Vec::new(),
            raw: Vec::new(),
            segments: Vec::new(),
            style: None,
            literals: Vec::new(),
            findings: Vec::new(),
        }
    }

    fn restored(cleaner: &Cleaner, bytes: &[u8]) -> Vec<u8> {
        let (decoded, cleaned) = cleaner.clean_bytes(bytes).unwrap();
        let changes = cleaned.changes();
        let mut made = Record::new("a.txt", &decoded, &cleaned, &changes);
        if bytes.len().is_multiple_of(2) {
            made.expand(&cleaned, &changes);
        }
        let mut line = Vec::new();
        let made = Line::Text(Box::new(made));
        made.write(&mut line).unwrap();
        assert_eq!(String::from_utf8(line.clone()).unwrap(), serde_json::to_string(&made).unwrap() + "\n");
        assert_eq!(line.iter().filter(|&&byte| byte == b'\n').count(), 1);
        let Line::Text(record) = read(&line[..]).next().unwrap().unwrap() else { panic!("no text") };
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
        let record = Record::new("a.txt", &decoded, &cleaned, &changes);
        assert_eq!(restore(cleaned.text(), &record), Ok(bytes.to_vec()));
        assert!(matches!(restore("经济", &record), Err(RestoreError::OtherText(_))));
        let edited = cleaned.text().replace('经', "轻");
        assert_eq!(restore(&edited, &record), Err(RestoreError::Changed));
        let edited = cleaned.text().replace('，', "；");
        assert!(matches!(restore(&edited, &record), Err(RestoreError::OtherText(_))));
        let edited = cleaned.text().replace('人', "仁");
        assert_eq!(restore(&edited, &record), Err(RestoreError::Changed));
    }

    #[test]
    fn damaged_records_are_refused() {
        let cleaner = Cleaner::new(crate::Config::default()).unwrap();
        let bytes = "經濟發展,人民安居。".as_bytes();
        let (decoded, cleaned) = cleaner.clean_bytes(bytes).unwrap();
        let changes = cleaned.changes();
        let record = Record::new("a.txt", &decoded, &cleaned, &changes);
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
