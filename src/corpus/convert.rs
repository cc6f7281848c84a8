//! Documents in another form than that of their file: as JSON lines, or as plain text.

use super::clean::Context;
use super::format::Format;
use super::jsonl::escape;
#[cfg(feature = "parquet")]
use super::parquet::Member;
use super::warc;

/// Whether documents can be written so.
#[must_use]
pub fn is_target(to: Format) -> bool {
    matches!(to, Format::Text | Format::Jsonl)
}

fn key(out: &mut String, key: &str) {
    out.push_str(if out.is_empty() { "{\"" } else { ",\"" });
    escape(out, key, false);
    out.push_str("\":");
}

fn member(out: &mut String, name: &str, value: &str) {
    key(out, name);
    out.push('"');
    escape(out, value, false);
    out.push('"');
}

fn end(out: &mut Vec<u8>, mut object: String) {
    object.push_str("}\n");
    out.extend_from_slice(object.as_bytes());
}

/// Writes a plain text, or a block of one, under its file's name.
pub(crate) fn text(out: &mut Vec<u8>, to: Option<Format>, name: &str, block: Option<usize>, text: &str) {
    if to != Some(Format::Jsonl) {
        return out.extend_from_slice(text.as_bytes());
    }
    let mut object = String::with_capacity(text.len() + name.len() + 32);
    member(&mut object, "id", name);
    if let Some(block) = block {
        object.push_str(&format!(",\"block\":{block}"));
    }
    member(&mut object, "text", text);
    end(out, object);
}

/// Writes a row of a table with these texts.
#[cfg(feature = "parquet")]
pub(crate) fn row(
    out: &mut Vec<u8>,
    to: Option<Format>,
    members: &[(String, Member)],
    texts: &[impl AsRef<str>],
) {
    let (mut object, mut texts) = (String::new(), texts.iter());
    for (name, value) in members {
        match value {
            Member::Text(_) => {
                let text = texts.next().expect("a text for each").as_ref();
                match to {
                    Some(Format::Jsonl) => member(&mut object, name, text),
                    _ => paragraph(out, text),
                }
            }
            Member::Json(json) => {
                key(&mut object, name);
                object.push_str(json);
            }
        }
    }
    if to == Some(Format::Jsonl) {
        end(out, object);
    }
}

fn paragraph(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.trim_end_matches('\n').as_bytes());
    out.extend_from_slice(b"\n\n");
}

/// Writes the texts of a record: to plain text with a blank line behind each, to JSON with what else is known
/// of the document.
pub(crate) fn record(
    out: &mut Vec<u8>,
    to: Option<Format>,
    context: &Context,
    index: usize,
    record: &[u8],
    texts: &[(Option<usize>, &str)],
) {
    if to != Some(Format::Jsonl) {
        for (_, text) in texts {
            paragraph(out, text);
        }
        return;
    }
    let mut object = String::with_capacity(record.len() + 64);
    if context.format == Format::Warc {
        let header = |name| warc::value(record, name);
        let id = header("WARC-Record-ID").map(str::to_owned);
        member(&mut object, "id", &id.unwrap_or_else(|| format!("{}:{}", context.name, index + 1)));
        for (key, name) in [("url", "WARC-Target-URI"), ("date", "WARC-Date")] {
            if let Some(value) = header(name) {
                member(&mut object, key, value);
            }
        }
    } else {
        member(&mut object, "id", &format!("{}:{}", context.name, index + 1));
        for (name, value) in context.syntax.iter().flat_map(|syntax| syntax.others(record)) {
            member(&mut object, &name, &value);
        }
    }
    for (field, text) in texts {
        member(&mut object, field.map_or("text", |field| &context.fields[field]), text);
    }
    end(out, object);
}
