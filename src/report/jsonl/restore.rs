//! The way back: an original from its clean text and record, and a clean text without some of its edits.

use std::collections::HashSet;

use encoding_rs::Encoding;

#[cfg(feature = "cli")]
use super::Noted;
use super::{Edit, Kind, RawBytes, Record, Stretch, checksum};
use crate::decode::{self, Raw, Segment};
use crate::edit::{Change, ChangeKind, Copied, Layer, Span};
#[cfg(feature = "cli")]
use crate::pipeline::{Cleaned, Finding};
use crate::rules::RuleId;

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
            kind: edit.kind.into(),
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

/// What is copied, and the length of the decoded text.
fn copies(clean: &str, edits: &[Edit<'_>]) -> Result<(Vec<Copied>, usize), RestoreError> {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Line, edits, read};
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
