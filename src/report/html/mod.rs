//! The report for a browser: one page that holds everything, for reading and for deciding on edits.
//!
//! The page asks nothing of a network, and nothing in a text can become a part of it: texts stand in it as
//! data, and its program writes them as text. It holds the riskiest documents, as many as there is room for,
//! and says how many it leaves out.

mod document;

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::io::{self, Write};

use serde_json::{Value, json};
use twox_hash::XxHash3_128;

pub use document::Document;
use document::Standing;

use super::{Counts, visible};
use crate::rules::RULES;

/// Bytes of documents in a page: it is to open at once.
const ROOM: usize = 12 << 20;
/// Upper ends of the shares by which documents are counted.
const SHARES: [f32; 6] = [0.001, 0.01, 0.05, 0.1, 0.25, 0.5];

const PAGE: &str = include_str!("report.html");
const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");

/// A document and its place in the order of the inputs.
#[derive(Debug)]
struct Ranked {
    document: Document,
    number: usize,
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        self.document.standing.cmp(&other.document.standing).then(other.number.cmp(&self.number))
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ranked {}

/// What a page says of the whole run.
#[derive(Clone, Copy, Debug)]
pub struct Totals<'a> {
    /// Documents that were cleaned.
    pub documents: usize,
    /// Those that changed.
    pub changed: usize,
    /// Their characters.
    pub characters: usize,
    /// What each rule did.
    pub counts: &'a Counts,
    /// Files that could not be cleaned, and why.
    pub failed: &'a [(String, String)],
    /// Files that an earlier run had cleaned.
    pub before: usize,
}

/// Collects documents for a page. What it keeps depends on the documents and their order alone, and its memory
/// is bounded.
#[derive(Debug)]
pub struct Report {
    room: usize,
    /// The least risky first.
    kept: BinaryHeap<Reverse<Ranked>>,
    size: usize,
    /// The riskiest that was left out; what is not riskier is left out too.
    floor: Option<Ranked>,
    texts: usize,
    left_out: Standing,
    documents_left_out: usize,
    /// Documents by the share of their characters that was touched: none, then up to each of [`SHARES`], then
    /// more.
    shares: [usize; SHARES.len() + 2],
}

impl Default for Report {
    fn default() -> Self {
        Self::with_room(ROOM)
    }
}

impl Report {
    /// A report with room for so many bytes of documents.
    fn with_room(room: usize) -> Self {
        Self {
            room,
            kept: BinaryHeap::new(),
            size: 0,
            floor: None,
            texts: 0,
            left_out: Standing::default(),
            documents_left_out: 0,
            shares: Default::default(),
        }
    }

    /// Adds a document; the order counts.
    pub fn add(&mut self, document: Document) {
        let number = self.texts;
        self.texts += 1;
        let standing = &document.standing;
        let share = match standing.touched {
            0 => 0,
            _ => 1 + SHARES.partition_point(|&end| end < standing.share()),
        };
        self.shares[share] += 1;
        if document.line.is_empty() {
            return;
        }
        let ranked = Ranked { document, number };
        if self.floor.as_ref().is_some_and(|floor| ranked <= *floor) {
            return self.leave_out(ranked);
        }
        self.size += ranked.document.line.len();
        self.kept.push(Reverse(ranked));
        while self.size > self.room {
            let Some(Reverse(least)) = self.kept.pop() else { break };
            self.size -= least.document.line.len();
            self.leave_out(least);
        }
    }

    fn leave_out(&mut self, Ranked { mut document, number }: Ranked) {
        let standing = &document.standing;
        self.documents_left_out += 1;
        self.left_out.edits += standing.edits;
        self.left_out.findings += standing.findings;
        document.line = Vec::new();
        let ranked = Ranked { document, number };
        if self.floor.as_ref().is_none_or(|floor| ranked > *floor) {
            self.floor = Some(ranked);
        }
    }

    /// Documents with something to see that are not in the page.
    #[must_use]
    pub fn left_out(&self) -> usize {
        self.documents_left_out
    }

    /// Writes the page.
    ///
    /// # Errors
    /// If `out` cannot be written to.
    pub fn write(self, out: &mut impl Write, totals: &Totals<'_>) -> io::Result<()> {
        let mut about = self.about(totals);
        let kept = self.kept.into_sorted_vec();
        let standings = kept.iter().map(|Reverse(ranked)| {
            let Standing { name, characters, touched, edits, findings, .. } = &ranked.document.standing;
            json!([name, characters, touched, edits, findings])
        });
        about["index"] = standings.collect();
        let mut hash = XxHash3_128::new();
        kept.iter().for_each(|Reverse(ranked)| hash.write(&ranked.document.line));
        hash.write(about.to_string().as_bytes());
        // The page trusts what carries this; no text can know it.
        let nonce = format!("{:032x}", hash.finish_128());
        about["id"] = json!(nonce);
        for (i, part) in PAGE.split("{{").enumerate() {
            let (name, html) = if i == 0 { ("", part) } else { part.split_once("}}").unwrap_or(("", part)) };
            match name {
                "nonce" => out.write_all(nonce.as_bytes())?,
                "style" => out.write_all(STYLE.as_bytes())?,
                "script" => out.write_all(SCRIPT.as_bytes())?,
                "about" => write_data(out, about.to_string().as_bytes())?,
                "documents" => {
                    for Reverse(ranked) in &kept {
                        write_data(out, &ranked.document.line)?;
                        out.write_all(b"\n")?;
                    }
                }
                _ => {}
            }
            out.write_all(html.as_bytes())?;
        }
        Ok(())
    }

    /// What the page knows beside the documents.
    fn about(&self, totals: &Totals<'_>) -> Value {
        let counts = totals
            .counts
            .iter()
            .map(|(rule, count)| json!([rule as usize, count.edits, count.converted, count.findings]));
        let rules = RULES.iter().map(|rule| {
            json!({
                "code": rule.code,
                "name": rule.name,
                "stage": rule.stage,
                "applicability": rule.applicability,
                "summary": rule.summary,
                "explanation": rule.explanation,
            })
        });
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "documents": totals.documents,
            "changed": totals.changed,
            "characters": totals.characters,
            "counts": counts.collect::<Value>(),
            "failed": totals.failed,
            "before": totals.before,
            "left": {
                "documents": self.documents_left_out,
                "edits": self.left_out.edits,
                "findings": self.left_out.findings,
            },
            "shares": self.shares,
            "ends": SHARES.map(|end| end.to_string()),
            "hidden": visible::HIDDEN.map(|(first, last)| [first as u32, last as u32]),
            "rules": rules.collect::<Value>(),
        })
    }
}

/// Writes JSON so that no string in it can end the element that it stands in.
fn write_data(out: &mut impl Write, json: &[u8]) -> io::Result<()> {
    let mut pos = 0;
    for at in memchr::memchr_iter(b'<', json) {
        out.write_all(&json[pos..at])?;
        out.write_all(b"\\u003c")?;
        pos = at + 1;
    }
    out.write_all(&json[pos..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cleaner, Config};

    fn document(name: &str, text: &str) -> Document {
        let cleaner = Cleaner::new(Config::default()).unwrap();
        let cleaned = cleaner.clean(text);
        Document::new(name, &cleaned, &cleaned.changes())
    }

    fn page(report: Report) -> String {
        let counts = Counts::default();
        let totals =
            Totals { documents: 9, changed: 3, characters: 99, counts: &counts, failed: &[], before: 0 };
        let mut out = Vec::new();
        report.write(&mut out, &totals).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn about(page: &str) -> Value {
        let (_, data) = page.split_once("id=\"about\">").unwrap();
        serde_json::from_str(data.split_once("</script>").unwrap().0).unwrap()
    }

    #[test]
    fn nothing_in_a_text_becomes_part_of_the_page() {
        let mut report = Report::default();
        let harm = "</script><script>alert(1)</script><!--\u{202e}\u{0}&amp;";
        let text = format!("奋进时,在{}{harm}\n", "人民安居乐业。".repeat(9));
        report.add(document("<b>&.txt", &text));
        let page = page(report);
        assert_eq!(page.matches("<script").count(), 3);
        assert_eq!(page.matches("</script>").count(), 3);
        assert!(!page.contains("<!--") && !page.contains("<b>") && !page.contains('\0'));
        assert_eq!(about(&page)["index"][0][0], "<b>&.txt");
        assert!(page.contains(r"\u003c/script>\u003cscript>alert(1)"));
    }

    #[test]
    fn the_riskiest_stay_and_the_others_are_counted() {
        let varied: String = (0..40).map(|i| format!("第{i}号决定说，人民安居乐业。")).collect();
        let light = format!("{varied}奋进时,在。\n");
        let heavy = "奋进时,在,前,进。\n";
        let size = document("", heavy).line.len();
        let names = |texts: &[(&str, &str)]| {
            let mut report = Report::with_room(2 * size + 10);
            texts.iter().for_each(|(name, text)| report.add(document(name, text)));
            let left_out = report.left_out();
            let about = about(&page(report));
            assert_eq!(about["left"]["documents"], left_out);
            let names: Vec<String> = about["index"]
                .as_array()
                .unwrap()
                .iter()
                .map(|entry| entry[0].as_str().unwrap().to_owned())
                .collect();
            (names, left_out)
        };
        let texts =
            [("a", &*light), ("b", heavy), ("c", "人民。"), ("d", heavy), ("e", heavy), ("f", &light)];
        // Alike ones are taken in their order.
        assert_eq!(names(&texts), (vec!["b".to_owned(), "d".to_owned()], 3));
        assert_eq!(names(&texts[..3]).0[0], "b");
        let all = document("g", &format!("{heavy}{heavy}{heavy}"));
        let mut report = Report::with_room(all.line.len() - 1);
        report.add(all);
        assert_eq!((report.left_out(), report.kept.len()), (1, 0));
    }
}
