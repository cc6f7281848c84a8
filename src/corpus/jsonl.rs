//! JSON lines: the strings of named fields are texts, all other bytes stay as they are.

use std::borrow::Cow;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::convert::{Columns, Member, Value};
use super::syntax::{Skip, Slot, Style, Syntax, join, line_len};
use crate::edit::Span;
use crate::report::jsonl::Literal;

/// JSON lines with texts in these fields.
#[derive(Debug)]
pub(crate) struct Jsonl {
    pub(crate) fields: Vec<String>,
}

/// Whether what begins with `head` is JSON lines: its first line is an object with one of the fields.
pub(crate) fn begins(head: &[u8], fields: &[String]) -> bool {
    let head = head.strip_prefix("\u{feff}".as_bytes()).unwrap_or(head);
    let end = memchr::memchr(b'\n', head).unwrap_or(head.len());
    head.first() == Some(&b'{')
        && std::str::from_utf8(&head[..end])
            .is_ok_and(|line| members(line).is_ok_and(|m| m.iter().any(|(key, _)| fields.contains(key))))
}

impl Syntax for Jsonl {
    fn record_len(&self, bytes: &[u8], from: &mut usize, at_end: bool) -> Result<Option<usize>, String> {
        line_len(bytes, from, at_end)
    }

    fn slots<'r>(&self, _: usize, record: &'r [u8]) -> Result<Vec<Slot<'r>>, Skip> {
        let record = simdutf8::basic::from_utf8(record).map_err(|_| Skip::NotJson)?;
        if record.trim_ascii().is_empty() {
            return Ok(Vec::new());
        }
        let mut slots = Vec::new();
        let (mut found, mut other) = (false, false);
        for (key, value) in members(record)? {
            let Some(field) = self.fields.iter().position(|name| *name == key) else { continue };
            found = true;
            let value = value.get();
            let Some(inside) = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')) else {
                other |= value != "null";
                continue;
            };
            let start = inside.as_ptr() as usize - record.as_ptr() as usize;
            let (text, style, literals) = unescape(inside)?;
            let text = match text {
                Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
                Cow::Owned(text) => Cow::Owned(text.into_bytes()),
            };
            let span = Span::new(start, start + inside.len());
            slots.push(Slot { span, field: Some(field), text, style, literals, page: None });
        }
        match (found, other) {
            (false, _) => Err(Skip::NoField),
            (_, true) if slots.is_empty() => Err(Skip::NotString),
            _ => Ok(slots),
        }
    }

    fn columns(&self) -> Option<Columns> {
        None
    }

    fn row<'r>(&self, _: usize, record: &'r [u8], texts: &[&'r str]) -> Result<Vec<Member<'r>>, Skip> {
        let record = simdutf8::basic::from_utf8(record).map_err(|_| Skip::NotJson)?;
        if record.trim_ascii().is_empty() {
            return Ok(Vec::new());
        }
        let mut texts = texts.iter();
        let row = members(record)?.into_iter().map(|(key, value)| {
            let value = value.get();
            let value = match value.strip_prefix('"').and_then(|value| value.strip_suffix('"')) {
                None => Value::Json(value.into()),
                Some(inside) if self.fields.contains(&key) => Value::Text(match texts.next() {
                    Some(&text) => text.into(),
                    None => unescape(inside)?.0,
                }),
                Some(inside) => Value::String(unescape(inside)?.0),
            };
            Ok((key.into(), value))
        });
        row.collect()
    }

    fn literal(&self, text: &str, style: Style, literals: &[Literal<'_>]) -> String {
        join(text, literals, |out, text| escape(out, text, style == Style::Ascii))
    }
}

/// The members of an object, in order, those with the same key too.
fn members(record: &str) -> Result<Vec<(String, &RawValue)>, Skip> {
    struct Members;
    impl<'de> Visitor<'de> for Members {
        type Value = Vec<(String, &'de RawValue)>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::with_capacity(map.size_hint().unwrap_or(8));
            while let Some(member) = map.next_entry()? {
                members.push(member);
            }
            Ok(members)
        }
    }
    // A byte order mark belongs to the file; white space may stand round an object.
    let body = record.strip_prefix('\u{feff}').unwrap_or(record);
    let mut json = serde_json::Deserializer::from_str(body);
    let members = json.deserialize_map(Members).map_err(|_| Skip::NotJson)?;
    json.end().map_err(|_| Skip::NotJson)?;
    Ok(members)
}

/// What stands between the quotes of a string, its style, and what is not written as the style has it.
fn unescape(literal: &str) -> Result<(Cow<'_, str>, Style, Vec<Literal<'_>>), Skip> {
    let Some(first) = memchr::memchr(b'\\', literal.as_bytes()) else {
        return Ok((Cow::Borrowed(literal), Style::Plain, Vec::new()));
    };
    let is_ascii = literal.bytes().all(|byte| byte < 0x7f) && literal.contains("\\u");
    let style = if is_ascii { Style::Ascii } else { Style::Plain };
    let (mut text, mut literals) = (String::with_capacity(literal.len()), Vec::new());
    let (mut pos, mut usual) = (0, String::new());
    let mut next = Some(first);
    while let Some(at) = next {
        text.push_str(&literal[pos..at]);
        let (c, len) = escaped(&literal[at..])?;
        let (raw, start) = (&literal[at..at + len], text.len());
        text.push(c);
        usual.clear();
        escape(&mut usual, &text[start..], style == Style::Ascii);
        if usual != raw {
            literals.push(Literal { span: Span::new(start, text.len()), literal: raw.into() });
        }
        pos = at + len;
        next = memchr::memchr(b'\\', &literal.as_bytes()[pos..]).map(|i| pos + i);
    }
    text.push_str(&literal[pos..]);
    Ok((Cow::Owned(text), style, literals))
}

/// The character that an escape stands for, and the escape's length.
fn escaped(literal: &str) -> Result<(char, usize), Skip> {
    let c = match literal.as_bytes().get(1) {
        Some(b'u') => {
            let unit = |at: usize| {
                let digits = literal.get(at..at + 4)?;
                u16::from_str_radix(digits, 16).ok()
            };
            let first = unit(2).ok_or(Skip::NotJson)?;
            let second = || literal.get(6..8).filter(|&u| u == "\\u").and_then(|_| unit(8));
            let units = match first {
                0xd800..=0xdbff => vec![first, second().ok_or(Skip::LoneSurrogate)?],
                _ => vec![first],
            };
            let len = if units.len() == 2 { 12 } else { 6 };
            let c = char::decode_utf16(units).next().and_then(Result::ok).ok_or(Skip::LoneSurrogate)?;
            return Ok((c, len));
        }
        Some(b'n') => '\n',
        Some(b't') => '\t',
        Some(b'r') => '\r',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(&byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
        _ => return Err(Skip::NotJson),
    };
    Ok((c, 2))
}

/// Escapes what has to be, as nearly all writers of JSON do; with `ascii` all that is not printable ASCII.
pub(super) fn escape(out: &mut String, text: &str, ascii: bool) {
    use std::fmt::Write;

    let needs = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\' || (ascii && byte > b'~');
    let mut rest = text;
    while let Some(at) = rest.bytes().position(needs) {
        out.push_str(&rest[..at]);
        let c = rest[at..].chars().next().expect("a character stands here");
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
        rest = &rest[at + c.len_utf8()..];
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn jsonl() -> Jsonl {
        Jsonl { fields: vec!["text".to_owned()] }
    }

    fn texts(record: &str) -> Result<Vec<String>, Skip> {
        let slots = jsonl().slots(0, record.as_bytes())?;
        Ok(slots.into_iter().map(|slot| String::from_utf8(slot.text.into_owned()).unwrap()).collect())
    }

    #[test]
    fn texts_are_found() {
        assert_eq!(texts(r#"{"id":1e400,"text":"a\u4e2d\n"}"#), Ok(vec!["a中\n".to_owned()]));
        assert_eq!(
            texts(r#" {"text" : "a", "x": {"text":"b"}, "text":"c"} "#),
            Ok(vec!["a".into(), "c".into()])
        );
        assert_eq!(texts("\n"), Ok(Vec::new()));
        assert_eq!(texts(r#"{"text":null}"#), Ok(Vec::new()));
        assert_eq!(texts(r#"{"text":"\ud800x"}"#), Err(Skip::LoneSurrogate));
        assert_eq!(texts(r#"{"text":"\udc00x"}"#), Err(Skip::LoneSurrogate));
        assert_eq!(texts(r#"{"text":3}"#), Err(Skip::NotString));
        assert_eq!(texts(r#"{"body":"x"}"#), Err(Skip::NoField));
        assert_eq!(texts(r#"["text"]"#), Err(Skip::NotJson));
        assert_eq!(texts(r#"{"text":"x"} {}"#), Err(Skip::NotJson));
        let deep = format!("{{\"text\":\"x\",\"d\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        // What is not looked into may be as deep as it likes.
        assert_eq!(texts(&deep), Ok(vec!["x".to_owned()]));
    }

    proptest! {
        #[test]
        fn literals_come_back(parts in prop::collection::vec(prop_oneof![
            "[a-z中文，\u{7f}\u{10ffff}]{1,3}",
            prop::sample::select(vec![
                r"\n", r"\/", r"\u000a", r"\u4E2D", r"\u4e2d", r"\ud83d\ude00", r"\\", r#"\""#, r"\u0041", r"\u0000",
            ]).prop_map(str::to_owned),
        ], 0..12)) {
            let literal = parts.concat();
            let (text, style, literals) = unescape(&literal).unwrap();
            let json: String = serde_json::from_str(&format!("\"{literal}\"")).unwrap();
            prop_assert_eq!(&json, &text);
            prop_assert_eq!(jsonl().literal(&text, style, &literals), literal);
        }
    }
}
