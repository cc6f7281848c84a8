//! What formats of records have in common: where records end, where in them texts stand, and how a text is
//! written there.

use std::borrow::Cow;
use std::fmt;

use encoding_rs::Encoding;

use super::convert::{Columns, Member};
use crate::decode::Decoder;
use crate::edit::Span;
use crate::report::jsonl::Literal;

/// A record may not be longer, in bytes.
pub(crate) const LONGEST: usize = 64 << 20;

/// A text in a record.
#[derive(Debug)]
pub(crate) struct Slot<'r> {
    /// Where its literal stands in the record.
    pub(crate) span: Span,
    /// The field it is the value of.
    pub(crate) field: Option<usize>,
    /// What the literal means.
    pub(crate) text: Cow<'r, [u8]>,
    /// How it is written.
    pub(crate) style: Style,
    /// What of it is written in another way, ascending.
    pub(crate) literals: Vec<Literal<'r>>,
    /// What is known of it if it is a page of HTML.
    pub(crate) page: Option<Page>,
}

/// A page of HTML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// The encoding that it is said to be in.
    pub(crate) charset: Option<&'static Encoding>,
}

impl Page {
    /// What is not to be touched in a page: what is no text in it, and text as it was typed.
    pub(crate) const PROTECTED: [&str; 2] = [
        r"(?is)<(?:script\b.*?</script|style\b.*?</style|textarea\b.*?</textarea|pre\b.*?</pre|code\b.*?</code)\s*>",
        r#"(?is)<!--.*?-->|</?[a-z!?](?:[^<>"']|"[^"]*"|'[^']*')*>|&#?[a-z0-9]+;"#,
    ];
    /// What says that a page is in UTF-8, whatever its header says.
    pub(crate) const MARK: &[u8] = "\u{feff}".as_bytes();
}

impl Slot<'_> {
    /// The decoder for the text, of those for the records.
    pub(crate) fn decoder(&self, records: &Decoder) -> Decoder {
        match self.page.and_then(|page| page.charset) {
            Some(charset) => records.expecting(charset),
            None => records.clone(),
        }
    }
}

/// How a text is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Style {
    /// As the format would have it.
    #[default]
    Plain,
    /// JSON with escapes for all that is not ASCII.
    Ascii,
    /// CSV in quotes that it does not need.
    Quoted,
}

impl Style {
    /// Its name in the log, if it has to be named.
    pub(crate) const fn name(self) -> Option<&'static str> {
        match self {
            Style::Plain => None,
            Style::Ascii => Some("ascii"),
            Style::Quoted => Some("quoted"),
        }
    }

    /// The style of a name in the log.
    pub(crate) fn of(name: Option<&str>) -> Option<Self> {
        [Style::Plain, Style::Ascii, Style::Quoted].into_iter().find(|style| style.name() == name)
    }
}

/// Why a record is passed through as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Skip {
    NotJson,
    NoField,
    NotString,
    LoneSurrogate,
    FewColumns,
    ManyColumns,
    NotText,
    Packed,
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Skip::NotJson => "not a JSON object",
            Skip::NoField => "no such field",
            Skip::NotString => "the field is no string",
            Skip::LoneSurrogate => "a lone surrogate",
            Skip::ManyColumns => "more columns than the first line",
            Skip::FewColumns => "fewer columns than the first line",
            Skip::NotText => "a record that is no text",
            Skip::Packed => "a page that is compressed or chunked",
        })
    }
}

/// A format of records.
pub(crate) trait Syntax: fmt::Debug + Send + Sync {
    /// The length of the first record, if all of it is there. `from` is how far the call before looked, 0 for
    /// a new record; it is set to how far this one did.
    fn record_len(&self, bytes: &[u8], from: &mut usize, at_end: bool) -> Result<Option<usize>, String>;

    /// The texts of record number `index`. Records whose encoding is their own ([`Self::is_decoded_first`])
    /// are UTF-8 here.
    fn slots<'r>(&self, index: usize, record: &'r [u8]) -> Result<Vec<Slot<'r>>, Skip>;

    /// Whether a record is decoded before its texts are looked for; otherwise each text for itself.
    fn is_decoded_first(&self) -> bool {
        true
    }

    /// Writes a text as a literal.
    fn literal(&self, text: &str, style: Style, literals: &[Literal<'_>]) -> String;

    /// The columns that records have; none if only the records tell.
    fn columns(&self) -> Option<Columns>;

    /// What record number `index` is in another form, with these texts in place of those found; empty if it is no
    /// document.
    fn row<'r>(&self, index: usize, record: &'r [u8], texts: &[&'r str]) -> Result<Vec<Member<'r>>, Skip>;

    /// Puts in order what in a record depends on the length of its text, which has `grown` by so many bytes.
    fn finish(&self, _record: &mut Vec<u8>, _grown: isize) {}
}

/// Joins the literals of stretches of a text: what `literals` name as it stood, the rest by `write`.
pub(crate) fn join(text: &str, literals: &[Literal<'_>], mut write: impl FnMut(&mut String, &str)) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    let mut pos = 0;
    for literal in literals {
        write(&mut out, &text[pos..literal.span.start]);
        out.push_str(&literal.literal);
        pos = literal.span.end;
    }
    write(&mut out, &text[pos..]);
    out
}

/// The end of the line that `bytes` begin with.
pub(crate) fn line_len(bytes: &[u8], from: &mut usize, at_end: bool) -> Result<Option<usize>, String> {
    let found = memchr::memchr(b'\n', &bytes[*from..]).map(|i| *from + i + 1);
    *from = bytes.len();
    let len = found.or((at_end && !bytes.is_empty()).then_some(bytes.len()));
    match len.unwrap_or(bytes.len()) {
        long if long > LONGEST => Err(format!("a record is longer than {} MiB", LONGEST >> 20)),
        _ => Ok(len),
    }
}
