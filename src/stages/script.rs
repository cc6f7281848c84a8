//! Traditional to Simplified. One character gives one character, so the layer is dense: same offsets,
//! but for the few characters whose length in UTF-8 changes.

use crate::chars::{is_han, is_kana, lines};
use crate::config::Engine;
use crate::convert::{Converted, Converter, Exceptions};
use crate::edit::Span;
use crate::facts::is_traditional;
use crate::lexicon::script;
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
        let mut work = Work::new(doc.text, doc.config.engine);
        for line in lines(doc.text) {
            let span = Span::new(line.start, line.end());
            let convertible = doc.config.selects(RuleId::Traditional)
                && !is_japanese(line.text)
                && is_for_conversion(doc, line.text);
            if !convertible {
                report_isolated(line.text, line.start, out);
                work.keep(span);
            }
        }
        out.kept_off().iter().for_each(|&span| work.keep(span));
        if let Some((text, passes)) = work.convert() {
            out.convert(text, passes, RuleId::Traditional);
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

/// What of a text is to be converted, and by what.
struct Work<'t> {
    source: &'t str,
    engine: Engine,
    kept: Vec<Span>,
}

impl<'t> Work<'t> {
    fn new(source: &'t str, engine: Engine) -> Self {
        Self { source, engine, kept: Vec::new() }
    }

    /// Leaves `span` as it is.
    fn keep(&mut self, span: Span) {
        self.kept.push(span);
    }

    /// The whole text with all that is not kept converted, in long stretches: the engine is fastest so.
    fn convert(mut self) -> Option<(String, Vec<Exceptions>)> {
        let converter = Converter::t2s();
        let mut text = String::with_capacity(self.source.len());
        let mut passes = vec![Exceptions::new(); converter.passes()];
        // Length of what each pass has read so far.
        let mut read = vec![0; converter.passes()];
        self.kept.sort_unstable();
        self.kept.push(Span::new(self.source.len(), self.source.len()));
        let mut at = 0;
        for keep in self.kept {
            if at < keep.start {
                let stretch = &self.source[at..keep.start];
                let converted = match self.engine {
                    Engine::Jiaokan => converter.convert(stretch),
                    Engine::Opencc => opencc_engine::convert(stretch, converter.passes()),
                };
                let mut len = stretch.len();
                for (i, exceptions) in converted.passes.into_iter().enumerate() {
                    let start = read[i];
                    read[i] += len;
                    for (span, new) in exceptions {
                        len = len - span.len() + new;
                        passes[i].push((span.shift(start), new));
                    }
                }
                text.push_str(&converted.text);
                at = keep.start;
            }
            if at < keep.end {
                let kept = &self.source[at..keep.end];
                read.iter_mut().for_each(|len| *len += kept.len());
                text.push_str(kept);
                at = keep.end;
            }
        }
        (text != self.source).then_some((text, passes))
    }
}

/// OpenCC itself, as the reference engine.
#[cfg(feature = "opencc")]
mod opencc_engine {
    use opencc_rust::{DefaultConfig, OpenCC};

    use super::{Converted, Exceptions, Span};

    thread_local! {
        // The library's handle is not shared between threads.
        static T2S: OpenCC = OpenCC::new(DefaultConfig::T2S).expect("OpenCC is installed with its t2s configuration");
    }

    pub(super) fn convert(text: &str, passes: usize) -> Converted {
        let mut converted =
            Converted { text: String::with_capacity(text.len()), passes: vec![Exceptions::new(); passes] };
        let exceptions = &mut converted.passes[passes - 1];
        let mut at = 0;
        // OpenCC ends at a NUL byte and gives no offsets: convert between NULs, then pair characters.
        for part in text.split_inclusive('\0') {
            let old = part.trim_end_matches('\0');
            let new = T2S.with(|t2s| t2s.convert(old));
            if old.chars().count() == new.chars().count() {
                for ((i, a), b) in
                    old.char_indices().zip(new.chars()).filter(|((_, a), b)| a.len_utf8() != b.len_utf8())
                {
                    exceptions.push((Span::new(at + i, at + i + a.len_utf8()), b.len_utf8()));
                }
            } else if !old.is_empty() {
                exceptions.push((Span::new(at, at + old.len()), new.len()));
            }
            converted.text.push_str(&new);
            converted.text.push_str(&part[old.len()..]);
            at += part.len();
        }
        converted
    }
}

#[cfg(not(feature = "opencc"))]
mod opencc_engine {
    pub(super) fn convert(_: &str, _: usize) -> super::Converted {
        unreachable!("a cleaner without the engine is not made")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn japanese_is_left_alone() {
        assert!(is_japanese("東京都の経済発展について"));
        assert!(!is_japanese("他用の字代替的字，經濟發展與社會進步的關係問題"));
    }
}
