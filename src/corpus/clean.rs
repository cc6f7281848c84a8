//! What is made of a unit: clean bytes, lines of the log, what is shown, and the counts.

#[cfg(feature = "parquet")]
mod columns;

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use super::compression::Compression;
use super::convert::{self, Columns, Member, Rows, Value};
use super::decisions::{self, Decisions};
use super::format::Format;
use super::lines::Lines;
#[cfg(feature = "parquet")]
use super::parquet::batch::Schema;
use super::source::Unit;
use super::syntax::{Page, Slot, Syntax};
use super::tally::{Tally, damage_of};
use crate::decode::{Decoded, Decoder};
use crate::edit::{Change, Piece, PieceKind, Span};
use crate::pipeline::{Cleaned, Cleaner};
use crate::report::html::Document;
use crate::report::jsonl::{BytesRecord, Draft, Line, Literal, RawBytes, RemovedRecord, Stretch};
use crate::report::terminal::{self, Style};
use crate::report::unified;
use crate::report::{Counts, Filter};

/// What is wanted of each document.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The clean bytes.
    pub text: bool,
    /// The lines of the edit log, and how they are compressed.
    pub log: Option<Compression>,
    /// Whether the log has script conversion by runs of the characters that it changed.
    pub expand: bool,
    /// Counts by rule.
    pub counts: bool,
    /// What people are shown.
    pub shown: Option<Shown>,
    /// The documents of a report, given to [`Observer::report`](super::Observer::report).
    pub report: bool,
    /// What was decided on edits.
    pub decisions: Arc<Decisions>,
    /// The form of the clean bytes, if not that of the original.
    pub to: Option<Format>,
    /// How the clean bytes are compressed; none as the original.
    pub compression: Option<Compression>,
    /// The damage of documents that stay.
    pub damage: Damage,
    /// Whether files are written behind each other, so that each must end its last line and have no mark at
    /// its beginning.
    pub joins: bool,
}

/// What people are shown of each document.
#[derive(Clone, Debug)]
pub enum Shown {
    /// Each change and its reasons, as far as they are shown.
    Diff(Style, Filter),
    /// The change as a patch.
    Unified,
    /// The record of the log, with what conversion wrote.
    Json,
    /// A sample of each rule, so many of one document.
    Samples(usize),
}

/// Which documents stay. The damage of a document is the share of its characters that edits touched or
/// findings name; script and style are no damage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Damage {
    /// Documents with less are removed.
    pub min: f32,
    /// Documents with more are removed.
    pub max: f32,
    /// Whether removed documents are set aside; otherwise they are dropped.
    pub aside: bool,
}

impl Default for Damage {
    fn default() -> Self {
        Self { min: 0.0, max: 1.0, aside: false }
    }
}

impl Damage {
    /// Whether any document may be removed.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.min > 0.0 || self.max < 1.0
    }

    pub(crate) fn removes(&self, score: f32) -> bool {
        score < self.min || score > self.max
    }
}

/// What workers know of a file.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) name: String,
    /// Where the clean file is to be written, if that is not the original's place.
    pub(crate) output: Option<String>,
    pub(crate) format: Format,
    pub(crate) compression: Compression,
    pub(crate) fields: Vec<String>,
    pub(crate) syntax: Option<Arc<dyn Syntax>>,
    pub(crate) decoder: Decoder,
    /// The columns of the clean file, if it is a table of another form than the original.
    pub(crate) columns: Columns,
    /// The same of one whose rows keep their types.
    #[cfg(feature = "parquet")]
    pub(crate) schema: Option<Arc<Schema>>,
}

/// What was made of a unit.
#[derive(Debug)]
pub(crate) struct Done {
    /// Clean bytes, compressed, or clean rows.
    pub(crate) out: Rows,
    /// Records that were set aside, compressed.
    pub(crate) aside: Rows,
    pub(crate) log: Lines,
    pub(crate) shown: Vec<u8>,
    pub(crate) report: Vec<Document>,
    pub(crate) tally: Tally,
}

impl Done {
    /// Nothing so far. Its log is compressed as the run's is, since frames of another kind would spoil that.
    pub(crate) fn new(wanted: &Wanted) -> Self {
        Self {
            out: Rows::default(),
            aside: Rows::default(),
            log: Lines::new(wanted.log.unwrap_or_default()),
            shown: Vec::new(),
            report: Vec::new(),
            tally: Tally::default(),
        }
    }

    /// Adds what was made of the next part of the same file.
    pub(crate) fn append(&mut self, mut next: Done) -> Result<(), String> {
        self.out.append(next.out);
        self.aside.append(next.aside);
        self.log.append(next.log).map_err(|e| e.to_string())?;
        self.shown.append(&mut next.shown);
        self.report.append(&mut next.report);
        self.tally.add(next.tally, true, usize::MAX);
        Ok(())
    }

    /// Says that nothing more is appended.
    pub(crate) fn close(&mut self) -> Result<(), String> {
        self.log.close().map_err(|e| e.to_string())
    }
}

/// Cleans units.
#[derive(Debug)]
pub(crate) struct Job<'c> {
    cleaner: &'c Cleaner,
    pub(crate) wanted: Wanted,
    /// The cleaner for HTML, once there is any.
    pages: OnceLock<Result<Cleaner, String>>,
}

impl<'c> Job<'c> {
    pub(crate) fn new(cleaner: &'c Cleaner, wanted: Wanted) -> Self {
        Self { cleaner, wanted, pages: OnceLock::new() }
    }

    fn cleaner_of(&self, slot: &Slot<'_>) -> Result<&Cleaner, String> {
        if slot.page.is_none() {
            return Ok(self.cleaner);
        }
        let pages =
            self.pages.get_or_init(|| self.cleaner.protecting(&Page::PROTECTED).map_err(|e| e.to_string()));
        pages.as_ref().map_err(Clone::clone)
    }

    /// The form of the clean file.
    pub(crate) fn target(&self, format: Format) -> Format {
        self.wanted.to.unwrap_or(format)
    }

    /// Whether clean files are their originals with other texts, and not written anew.
    pub(crate) fn mirrors(&self, format: Format) -> bool {
        let is_anew = match format {
            // Behind each other, tables share their first line.
            Format::Csv | Format::Tsv => self.wanted.joins,
            // Its columns cannot be copied as they stand if there are to be other rows.
            Format::Parquet => self.wanted.joins || self.wanted.damage.is_asked(),
            Format::Text | Format::Jsonl | Format::Warc => false,
        };
        self.target(format) == format && !is_anew
    }

    /// Whether the columns of the clean file have to be known.
    pub(crate) fn needs_columns(&self, format: Format) -> bool {
        !self.mirrors(format) && convert::is_table(self.target(format))
    }

    /// Cleans a unit. `context` belongs to its file.
    pub(crate) fn run(&self, unit: Unit, context: &Arc<Context>) -> Result<Done, String> {
        let mut making = Making::new(self, context);
        match unit {
            Unit::Block { decoded, index, first, last } => making.block(&decoded, index, first, last),
            Unit::Records { bytes, ends, index } => {
                let mut start = 0;
                for (index, end) in (index..).zip(ends) {
                    making.record(&bytes[start..end], index)?;
                    start = end;
                }
                Ok(())
            }
        }?;
        let mut done = making.done;
        done.close()?;
        let compression = self.wanted.compression.unwrap_or(context.compression);
        pack(&mut done.out.bytes, compression)?;
        pack(&mut done.aside.bytes, context.compression)?;
        Ok(done)
    }
}

fn pack(bytes: &mut Vec<u8>, compression: Compression) -> Result<(), String> {
    *bytes = compression.compress(std::mem::take(bytes)).map_err(|e| e.to_string())?;
    Ok(())
}

/// What people see of a text: lines for a terminal, a document of the report.
type Seen = (Vec<u8>, Option<Document>);

impl Done {
    fn see(&mut self, (shown, document): Seen) {
        self.shown.extend(shown);
        self.report.extend(document);
    }
}

/// A text of a record, cleaned.
struct Text<'r> {
    slot: Slot<'r>,
    decoded: Decoded<'r>,
    field: Option<usize>,
}

struct Making<'a> {
    job: &'a Job<'a>,
    context: &'a Arc<Context>,
    done: Done,
}

impl<'a> Making<'a> {
    fn new(job: &'a Job<'a>, context: &'a Arc<Context>) -> Self {
        Self { job, context, done: Done::new(&job.wanted) }
    }

    fn wanted(&self) -> &'a Wanted {
        &self.job.wanted
    }

    fn block(&mut self, decoded: &Decoded<'_>, index: usize, first: bool, last: bool) -> Result<(), String> {
        let name =
            if first && last { self.context.name.clone() } else { format!("{}#{index}", self.context.name) };
        let cleaned = self.clean(self.job.cleaner, &name, decoded, (first, last));
        self.done.tally.text(decoded, &cleaned);
        self.done.tally.see(decoded, None);
        let is_changed = cleaned.is_changed() || !is_utf8(decoded) || !decoded.raw.is_empty();
        self.done.tally.document(is_changed, first);
        let (draft, seen) = self.log(&name, decoded, &cleaned, index, None)?;
        self.done.see(seen);
        if let Some(draft) = draft {
            draft.write(&mut self.done.log).map_err(|e| e.to_string())?;
        }
        if self.wanted().text {
            if self.job.mirrors(Format::Text) {
                let out = &mut self.done.out.bytes;
                if decoded.bom && is_utf8(decoded) {
                    out.extend_from_slice("\u{feff}".as_bytes());
                }
                out.extend_from_slice(cleaned.text().as_bytes());
            } else {
                let whole = first && last;
                let block = (!whole).then_some(index);
                self.row(index, convert::text(&self.context.name, block, cleaned.text()))?;
            }
        }
        Ok(())
    }

    /// The name of a record's text.
    fn name(&self, index: usize, field: Option<usize>) -> String {
        let fields = &self.context.fields;
        let field = field.filter(|_| fields.len() > 1).map(|i| format!(".{}", fields[i]));
        format!("{}:{}{}", self.context.name, index + 1, field.unwrap_or_default())
    }

    /// Cleans a text as was decided.
    fn clean<'t>(
        &mut self,
        cleaner: &Cleaner,
        name: &str,
        decoded: &'t Decoded<'_>,
        ends: (bool, bool),
    ) -> Cleaned<'t> {
        let (cleaned, outcomes) = self.wanted().decisions.clean(cleaner, name, decoded, ends);
        decisions::add(&mut self.done.tally.decided, outcomes);
        cleaned
    }

    /// The log's record of a text, to be written, and what is shown of it, as far as they are wanted; counts what was done.
    fn log<'t>(
        &mut self,
        name: &str,
        decoded: &Decoded<'_>,
        cleaned: &'t Cleaned<'_>,
        index: usize,
        field: Option<usize>,
    ) -> Result<(Option<Draft<'t>>, Seen), String>
    where
        'a: 't,
    {
        let wanted = self.wanted();
        let is_asked = wanted.log.is_some()
            || wanted.counts
            || wanted.shown.is_some()
            || wanted.report
            || wanted.damage.is_asked();
        let changes: Vec<Change> = if is_asked { cleaned.changes() } else { Vec::new() };
        let mut shown = Vec::new();
        match &wanted.shown {
            Some(Shown::Diff(style, filter)) => {
                terminal::write_document(&mut shown, name, cleaned, &changes, *style, filter)
                    .map_err(|e| e.to_string())?;
            }
            Some(Shown::Unified) => {
                let mark = decoded.bom && is_utf8(decoded);
                if !is_utf8(decoded) || !decoded.raw.is_empty() {
                    let encoding = decoded.encoding.name();
                    shown.extend_from_slice(format!("{name}: {encoding}, here as UTF-8\n").as_bytes());
                }
                unified::write_document(&mut shown, [name; 2], cleaned, mark).map_err(|e| e.to_string())?;
            }
            Some(Shown::Samples(each)) => self.done.tally.sample(name, cleaned, &changes, *each),
            Some(Shown::Json) | None => {}
        }
        if wanted.counts || wanted.shown.is_some() {
            self.done.tally.counts.add(&Counts::of(cleaned, &changes));
        }
        if wanted.damage.is_asked() || wanted.counts {
            self.done.tally.touch(cleaned, &changes);
        }
        let document = wanted.report.then(|| Document::new(name, cleaned, &changes));
        if !matches!(wanted.shown, Some(Shown::Json)) && wanted.log.is_none() {
            return Ok((None, (shown, document)));
        }
        let mut draft = Draft::new(&self.context.name, decoded, cleaned, changes);
        if wanted.expand {
            draft.expand();
        }
        draft.record.document = index;
        draft.record.output = self.context.output.as_deref().map(Cow::Borrowed);
        if matches!(wanted.shown, Some(Shown::Json)) && (!draft.is_empty() || !decoded.is_plain()) {
            let mut record = draft.finished();
            record.field = field.map(|i| self.context.fields[i].as_str().into());
            record.complete(cleaned);
            record.write(&mut shown).map_err(|e| e.to_string())?;
        }
        let draft = wanted.log.is_some().then_some(draft);
        Ok((draft, (shown, document)))
    }

    /// Writes a document in another form.
    fn row(&mut self, index: usize, mut row: Vec<Member<'_>>) -> Result<(), String> {
        let Context { format, name, columns, .. } = &**self.context;
        let to = self.job.target(*format);
        let is_named = match format {
            Format::Csv | Format::Tsv => to == Format::Jsonl,
            format => *format == Format::Warc,
        };
        if is_named && row.iter().all(|(name, _)| name != "id") {
            row.insert(0, ("id".into(), Value::String(format!("{name}:{}", index + 1).into())));
        }
        convert::write(&mut self.done.out, to, columns, row)
            .map_err(|what| format!("record {}: {what}", index + 1))
    }

    fn record(&mut self, bytes: &[u8], index: usize) -> Result<(), String> {
        let context = Arc::clone(self.context);
        let syntax = context.syntax.as_deref().expect("records have a syntax");
        let first = syntax.is_decoded_first();
        let outer = if first { Some(context.decoder.record(bytes)) } else { None };
        let body = outer.as_ref().map_or(bytes, |outer| outer.text.as_bytes());
        let is_plain = body == bytes;
        let mirrors = self.job.mirrors(context.format);
        let slots = syntax.slots(index, body).and_then(|slots| {
            // What has no other form is not written in it.
            if mirrors { Ok(slots) } else { syntax.row(index, body, &[]).map(|_| slots) }
        });
        let slots = match slots {
            Ok(slots) => slots,
            Err(skip) => {
                let is_passed = self.pass(bytes, body, outer.as_ref(), is_plain, index)?;
                self.done.tally.skip(skip, !is_passed, index);
                return Ok(());
            }
        };
        if slots.is_empty() {
            return self.pass(bytes, body, outer.as_ref(), is_plain, index).map(|_| ());
        }
        let mut texts = Vec::with_capacity(slots.len());
        for mut slot in slots {
            let field = slot.field;
            let decoder = slot.decoder(&context.decoder);
            let decoded = match std::mem::take(&mut slot.text) {
                Cow::Borrowed(bytes) => decoder.record(bytes),
                Cow::Owned(bytes) => {
                    let decoded = decoder.record(&bytes);
                    Decoded { text: decoded.text.into_owned().into(), ..decoded }
                }
            };
            // A text of a record that was decoded is UTF-8, in whatever the record was.
            let decoded = match &outer {
                Some(outer) if !is_plain || decoded.encoding != outer.encoding => {
                    Decoded { encoding: encoding_rs::UTF_8, ..decoded }
                }
                _ => decoded,
            };
            texts.push(Text { slot, decoded, field });
        }
        if let Some(outer) = &outer {
            self.done.tally.see(outer, Some(index));
        }
        let names: Vec<String> = texts.iter().map(|text| self.name(index, text.field)).collect();
        let cleaned: Vec<Cleaned<'_>> = texts
            .iter()
            .zip(&names)
            .map(|(text, name)| {
                let cleaner = self.job.cleaner_of(&text.slot)?;
                Ok(self.clean(cleaner, name, &text.decoded, (true, true)))
            })
            .collect::<Result<_, String>>()?;
        let before = self.done.tally.touched;
        let mut characters = 0;
        let mut drafts = Vec::new();
        let mut documents = Vec::new();
        for ((text, cleaned), name) in texts.iter().zip(&cleaned).zip(&names) {
            characters += self.done.tally.text(&text.decoded, cleaned);
            if !first {
                self.done.tally.see(&text.decoded, Some(index));
            }
            let (draft, (shown, document)) = self.log(name, &text.decoded, cleaned, index, text.field)?;
            self.done.shown.extend(shown);
            documents.extend(document);
            if let Some(mut draft) = draft.filter(|draft| !draft.is_empty()) {
                let record = &mut draft.record;
                record.field = text.field.map(|i| context.fields[i].as_str().into());
                record.style = text.slot.style.name().map(Into::into);
                record.literals.clone_from(&text.slot.literals);
                drafts.push(draft);
            }
        }
        let touched = self.done.tally.touched - before;
        let damage = damage_of(touched, characters);
        if self.wanted().damage.is_asked() && self.wanted().damage.removes(damage) {
            self.done.tally.removed += 1;
            return self.remove(bytes, index, damage);
        }
        self.done.report.append(&mut documents);
        let is_changed = !is_plain
            || cleaned.iter().any(Cleaned::is_changed)
            || texts.iter().any(|t| !t.decoded.is_plain() && !first && t.slot.page.is_none());
        self.done.tally.document(is_changed, true);
        if self.wanted().log.is_some() {
            if let Some(outer) = outer.as_ref().filter(|_| !is_plain) {
                self.bytes_line(outer, index)?;
            }
            for draft in drafts {
                draft.write(&mut self.done.log).map_err(|e| e.to_string())?;
            }
        }
        if !self.wanted().text {
            return Ok(());
        }
        if !mirrors {
            let texts: Vec<&str> = cleaned.iter().map(Cleaned::text).collect();
            let row = syntax.row(index, body, &texts).map_err(|e| e.to_string())?;
            return self.row(index, row);
        }
        if !is_changed {
            self.put(body);
            return Ok(());
        }
        let mut record = Vec::with_capacity(body.len());
        let mut pos = 0;
        for (text, cleaned) in texts.iter().zip(&cleaned) {
            let Span { start, end } = text.slot.span;
            record.extend_from_slice(&body[pos..start]);
            if text.slot.page.is_some() && cleaned.is_changed() && !is_utf8(&text.decoded) {
                // The page says, or its server, that it is in another encoding; that stays as it is.
                record.extend_from_slice(Page::MARK);
            }
            if cleaned.is_changed() || !first && text.slot.page.is_none() {
                let kept = kept(&text.slot.literals, cleaned);
                record.extend_from_slice(syntax.literal(cleaned.text(), text.slot.style, &kept).as_bytes());
            } else {
                record.extend_from_slice(&body[start..end]);
            }
            pos = end;
        }
        record.extend_from_slice(&body[pos..]);
        let grown = record.len() as isize - body.len() as isize;
        syntax.finish(&mut record, grown);
        self.put(&record);
        Ok(())
    }

    /// Writes a record.
    fn put(&mut self, record: &[u8]) {
        let is_joined = self.wanted().joins && self.context.format == Format::Jsonl;
        let mark = if is_joined { "\u{feff}".as_bytes() } else { b"" };
        let out = &mut self.done.out.bytes;
        out.extend_from_slice(record.strip_prefix(mark).unwrap_or(record));
        if is_joined && !record.ends_with(b"\n") {
            out.push(b'\n');
        }
    }

    /// A record without text: passed through; where the form changes and it has none in that, left out. Whether it
    /// was passed through.
    fn pass(
        &mut self,
        bytes: &[u8],
        body: &[u8],
        outer: Option<&Decoded<'_>>,
        is_plain: bool,
        index: usize,
    ) -> Result<bool, String> {
        if !self.job.mirrors(self.context.format) {
            let syntax = self.context.syntax.as_deref().expect("records have a syntax");
            let row = syntax.row(index, body, &[]).unwrap_or_default();
            if row.is_empty() || self.job.target(self.context.format) == Format::Text {
                return self.log_removed(bytes, index, 0.0).map(|()| false);
            }
            if self.wanted().text {
                self.row(index, row)?;
            }
            return Ok(true);
        }
        if self.wanted().text {
            self.put(body);
        }
        self.done.tally.is_changed |= !is_plain;
        if let Some(outer) = outer.filter(|_| !is_plain && self.wanted().log.is_some()) {
            self.bytes_line(outer, index)?;
        }
        Ok(true)
    }

    fn bytes_line(&mut self, outer: &Decoded<'_>, index: usize) -> Result<(), String> {
        let line = Line::Bytes(BytesRecord {
            path: self.context.name.as_str().into(),
            document: index,
            encoding: outer.encoding.name().into(),
            raw: RawBytes::of(&outer.raw),
            segments: Stretch::of(&outer.segments),
        });
        line.write(&mut self.done.log).map_err(|e| e.to_string())
    }

    fn remove(&mut self, bytes: &[u8], index: usize, damage: f32) -> Result<(), String> {
        self.done.tally.is_changed = true;
        if self.wanted().damage.aside {
            self.done.aside.bytes.extend_from_slice(bytes);
        }
        self.log_removed(bytes, index, damage)
    }

    fn log_removed(&mut self, bytes: &[u8], index: usize, damage: f32) -> Result<(), String> {
        if self.wanted().log.is_none() {
            return Ok(());
        }
        let text = std::str::from_utf8(bytes).ok();
        let line = Line::Removed(RemovedRecord {
            path: self.context.name.as_str().into(),
            document: index,
            damage,
            text: text.map(Into::into),
            bytes: if text.is_none() { bytes.to_vec() } else { Vec::new() },
        });
        line.write(&mut self.done.log).map_err(|e| e.to_string())
    }
}

fn is_utf8(decoded: &Decoded<'_>) -> bool {
    decoded.encoding == encoding_rs::UTF_8 && decoded.segments.is_empty()
}

/// What is written in an unusual way, and was copied into the clean text, stays so.
fn kept<'l>(literals: &[Literal<'l>], cleaned: &Cleaned<'_>) -> Vec<Literal<'l>> {
    if literals.is_empty() {
        return Vec::new();
    }
    let is_positional = |p: &&Piece| matches!(p.kind, PieceKind::Copy | PieceKind::Convert);
    let mut pieces: Vec<&Piece> = cleaned.layer().pieces().iter().filter(is_positional).collect();
    pieces.sort_by_key(|p| p.source);
    let (mut kept, mut pieces) = (Vec::new(), pieces.into_iter().peekable());
    for literal in literals {
        while pieces.next_if(|p| p.source.end < literal.span.end).is_some() {}
        let Some(piece) = pieces.peek().filter(|p| p.source.contains(literal.span)) else { continue };
        let start = piece.output.start + (literal.span.start - piece.source.start);
        let span = Span::new(start, start + literal.span.len());
        if cleaned.text().get(span.start..span.end) == Some(literal.span.of(cleaned.original())) {
            kept.push(Literal { span, ..literal.clone() });
        }
    }
    kept.sort_by_key(|literal| literal.span);
    kept
}
