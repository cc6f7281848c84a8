//! A text's record as a line of JSON.

use std::borrow::Borrow;
use std::io::{self, Write};

use serde::Serialize;

use super::super::json::Json;
use super::{Edit, Record};
use crate::edit::Span;

/// Bytes that are handed on together: they are still near the processor when they are compressed.
const CHUNK: usize = 32 << 10;

/// The line without its end, with `edits` for those of the record.
pub(super) fn record<'e>(
    record: &Record<'_>,
    edits: impl IntoIterator<Item: Borrow<Edit<'e>>>,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut line = Json::with_capacity(512);
    line.raw("{\"type\":\"text\",\"path\":");
    line.string(&record.path);
    line.number(",\"document\":", record.document);
    line.optional(",\"field\":", record.field.as_deref());
    line.optional(",\"output\":", record.output.as_deref());
    line.raw(",\"encoding\":");
    line.string(&record.encoding);
    line.raw(if record.bom { ",\"bom\":true" } else { ",\"bom\":false" });
    line.number(",\"source_bytes\":", record.source_bytes);
    line.number(",\"clean_bytes\":", record.clean_bytes);
    line.optional(",\"checksum\":", Some(&record.checksum));
    line.optional(",\"clean_checksum\":", Some(&record.clean_checksum));
    line.raw(",\"edits\":[");
    for (i, edit) in edits.into_iter().enumerate() {
        line.raw(if i > 0 { "," } else { "" });
        line.edit(edit.borrow());
        if line.0.len() >= CHUNK {
            out.write_all(&line.0)?;
            line.0.clear();
        }
    }
    line.raw("]");
    line.list(",\"raw\":", &record.raw);
    line.list(",\"segments\":", &record.segments);
    line.optional(",\"style\":", record.style.as_deref());
    line.list(",\"literals\":", &record.literals);
    line.list(",\"findings\":", &record.findings);
    line.raw("}");
    out.write_all(&line.0)
}

impl Json {
    fn optional(&mut self, key: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.raw(key);
            self.string(text);
        }
    }

    fn span(&mut self, key: &str, span: Span) {
        self.number(key, span.start);
        self.number(",", span.end);
        self.raw("]");
    }

    fn list<T: Serialize>(&mut self, key: &str, list: &[T]) {
        if !list.is_empty() {
            self.raw(key);
            self.value(list);
        }
    }

    fn edit(&mut self, edit: &Edit<'_>) {
        self.raw("{\"kind\":\"");
        self.raw(edit.kind.name());
        self.raw("\",\"rules\":[");
        for (i, rule) in edit.rules.iter().enumerate() {
            self.raw(if i > 0 { ",\"" } else { "\"" });
            self.raw(rule.code());
            self.raw("\"");
        }
        self.span("],\"source\":[", edit.source);
        self.span(",\"clean\":[", edit.clean);
        self.span(",\"source_chars\":[", edit.source_chars);
        self.span(",\"clean_chars\":[", edit.clean_chars);
        self.optional(",\"old\":", edit.old.as_deref());
        self.optional(",\"new\":", edit.new.as_deref());
        if edit.confidence != 1.0 {
            self.raw(",\"confidence\":");
            self.value(&edit.confidence);
        }
        self.list(",\"needs\":", &edit.needs);
        self.raw("}");
    }
}
