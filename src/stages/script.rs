//! Traditional to Simplified. One character gives one character, so the layer is dense: same offsets,
//! but for the few characters whose length in UTF-8 changes.

use crate::chars::{is_han, is_kana, lines};
use crate::config::Engine;
use crate::edit::Span;
use crate::facts::is_traditional;
use crate::lexicon::script::{self, Zhu};
use crate::lexicon::words;
use crate::pipeline::{Doc, Proposals};
use crate::rules::{RuleId, StageId};
use crate::stages::Stage;

/// The stage.
#[derive(Debug)]
pub struct Script;

impl Stage for Script {
    fn id(&self) -> StageId {
        StageId::Script
    }

    fn scan(&self, doc: &Doc<'_>, out: &mut Proposals<'_>) {
        if doc.facts.traditional == 0
            || !(doc.config.selects(RuleId::Traditional) || doc.config.selects(RuleId::IsolatedTraditional))
        {
            return;
        }
        let mut conversion = Conversion::new(doc.text);
        for line in lines(doc.text) {
            let span = Span::new(line.start, line.end());
            if !doc.config.selects(RuleId::Traditional)
                || is_japanese(line.text)
                || !is_for_conversion(doc, line.text)
            {
                report_isolated(line.text, line.start, out);
                continue;
            }
            let mut pos = span.start;
            let kept = out.kept_off().iter().filter(|k| k.overlaps(span)).copied().collect::<Vec<_>>();
            for keep in kept {
                conversion.stretch(Span::new(pos, keep.start.max(pos)), doc.config.engine);
                pos = keep.end.min(span.end);
            }
            conversion.stretch(Span::new(pos, span.end), doc.config.engine);
        }
        if let Some((text, exceptions)) = conversion.finish() {
            out.convert(text, exceptions, RuleId::Traditional);
        }
    }
}

/// Whether a line of the document is converted: all are in a document that is not Simplified, and in a
/// Simplified one those that are Traditional themselves.
fn is_for_conversion(doc: &Doc<'_>, line: &str) -> bool {
    if doc.facts.is_traditional {
        return true;
    }
    let traditional = line.chars().filter(|&c| script::is_traditional_only(c)).count();
    if traditional == 0 {
        return false;
    }
    let simplified = line.chars().filter(|&c| script::is_simplified_only(c)).count();
    traditional >= 5 && is_traditional(traditional, simplified, 0.5)
}

/// Whether a line is Japanese: kana are more than a name or a loan here and there.
fn is_japanese(line: &str) -> bool {
    let kana = line.chars().filter(|&c| is_kana(c)).count();
    kana > 0 && kana * 10 >= line.chars().filter(|&c| is_han(c)).count()
}

fn report_isolated(line: &str, start: usize, out: &mut Proposals<'_>) {
    if is_japanese(line) {
        return;
    }
    for (at, c) in line.char_indices().filter(|&(_, c)| script::is_traditional_only(c)) {
        out.report(Span::new(start + at, start + at + c.len_utf8()), RuleId::IsolatedTraditional);
    }
}

/// The new text while it is written.
struct Conversion<'t> {
    source: &'t str,
    text: String,
    exceptions: Vec<(Span, usize)>,
    pos: usize,
    changed: bool,
}

impl<'t> Conversion<'t> {
    fn new(source: &'t str) -> Self {
        Self {
            source,
            text: String::with_capacity(source.len()),
            exceptions: Vec::new(),
            pos: 0,
            changed: false,
        }
    }

    /// Converts a stretch; what lies between it and the one before stays as it is.
    fn stretch(&mut self, span: Span, engine: Engine) {
        if span.is_empty() {
            return;
        }
        self.text.push_str(&self.source[self.pos..span.start]);
        self.pos = span.end;
        match engine {
            Engine::Jiaokan => self.convert(span),
            Engine::Opencc => self.convert_by_opencc(span),
        }
    }

    fn convert(&mut self, span: Span) {
        let source = self.source;
        let mut pos = span.start;
        while pos < span.end {
            let rest = &source[pos..span.end];
            if let Some((len, new)) = script::phrase_at(rest) {
                self.put_pairs(pos, &rest[..len], new);
                pos += len;
                continue;
            }
            let c = rest.chars().next().expect("not at the end");
            let new = if c == '著' {
                if is_zhe(&source[..pos], &source[pos + c.len_utf8()..]) { '着' } else { c }
            } else {
                script::simplify_char(c).unwrap_or(c)
            };
            self.put(pos, c, new);
            pos += c.len_utf8();
        }
    }

    /// Puts a phrase. Where old and new have the same number of characters they correspond one to one;
    /// otherwise the phrase is one exception.
    fn put_pairs(&mut self, at: usize, old: &str, new: &str) {
        if old.chars().count() == new.chars().count() {
            for ((i, a), b) in old.char_indices().zip(new.chars()) {
                self.put(at + i, a, b);
            }
        } else {
            self.changed = true;
            self.exceptions.push((Span::new(at, at + old.len()), new.len()));
            self.text.push_str(new);
        }
    }

    fn put(&mut self, at: usize, old: char, new: char) {
        self.changed |= old != new;
        if old.len_utf8() != new.len_utf8() {
            self.exceptions.push((Span::new(at, at + old.len_utf8()), new.len_utf8()));
        }
        self.text.push(new);
    }

    #[cfg(feature = "opencc")]
    fn convert_by_opencc(&mut self, span: Span) {
        // OpenCC ends at a NUL byte and gives no offsets: convert between NULs, then pair characters.
        let mut pos = span.start;
        for part in span.of(self.source).split_inclusive('\0') {
            let text = part.trim_end_matches('\0');
            let new = opencc_engine::convert(text);
            self.put_pairs(pos, text, &new);
            self.text.push_str(&part[text.len()..]);
            pos += part.len();
        }
    }

    #[cfg(not(feature = "opencc"))]
    fn convert_by_opencc(&mut self, _: Span) {
        unreachable!("a cleaner without the engine is not made");
    }

    fn finish(mut self) -> Option<(String, Vec<(Span, usize)>)> {
        self.text.push_str(&self.source[self.pos..]);
        self.changed.then_some((self.text, self.exceptions))
    }
}

/// OpenCC itself, as the reference engine.
#[cfg(feature = "opencc")]
mod opencc_engine {
    use opencc_rust::{DefaultConfig, OpenCC};

    thread_local! {
        // The library's handle is not shared between threads.
        static T2S: OpenCC = OpenCC::new(DefaultConfig::T2S).expect("OpenCC is installed with its t2s configuration");
    }

    pub(super) fn convert(text: &str) -> String {
        T2S.with(|t2s| t2s.convert(text))
    }
}

/// Whether a 著 is the particle or verb 着 rather than the word of writing and fame. The word list
/// decides; where it knows no word, only an author's 著 stays: it stands apart behind the name, or ends
/// the line or bracket.
fn is_zhe(before: &str, after: &str) -> bool {
    match script::zhu(before, after) {
        Some(Zhu::Keep) => return false,
        Some(Zhu::Weigh) => {
            let reading = |c: char| words::shipped().cost(&window(before, c, after));
            return reading('着') < reading('著');
        }
        None => {}
    }
    let apart = before.ends_with(|c: char| !is_han(c));
    let ends = !after.starts_with(is_han)
        && !after.starts_with(['，', '。', '！', '？', '；', '…', ',', '"', '”', '」']);
    let word = words::shipped()
        .spanning(&window(before, '着', ""), &window("", '着', after)['着'.len_utf8()..])
        .next()
        .is_some();
    word || !(apart || ends)
}

/// `c` between the Han characters beside it, in Simplified characters.
fn window(before: &str, c: char, after: &str) -> String {
    const REACH: usize = 4;
    let fold = |c: char| script::simplify_char(c).unwrap_or(c);
    let mut left: Vec<char> = before.chars().rev().take_while(|&c| is_han(c)).take(REACH).map(fold).collect();
    left.reverse();
    let right = after.chars().take_while(|&c| is_han(c)).take(REACH).map(fold);
    left.into_iter().chain([c]).chain(right).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn convert(text: &str) -> String {
        let mut conversion = Conversion::new(text);
        conversion.stretch(Span::new(0, text.len()), Engine::Jiaokan);
        conversion.finish().map_or_else(|| text.to_owned(), |(text, _)| text)
    }

    #[test]
    fn zhu_and_zhe() {
        for (old, new) in [
            ("著力解決問題", "着力解决问题"),
            ("看著他沿著河走", "看着他沿着河走"),
            ("成效顯著", "成效显著"),
            ("著名的著作", "著名的著作"),
            ("魯迅 著", "鲁迅 著"),
            ("他笑著，哭著。", "他笑着，哭着。"),
            ("專著與土著", "专著与土著"),
        ] {
            assert_eq!(convert(old), new);
        }
    }

    #[test]
    fn japanese_is_left_alone() {
        assert!(is_japanese("東京都の経済発展について"));
        assert!(!is_japanese("他用の字代替的字，經濟發展與社會進步的關係問題"));
    }
}
