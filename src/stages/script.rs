//! Traditional to Simplified. One character gives one character, so the layer is dense: same offsets,
//! but for the few characters whose length in UTF-8 changes.

use crate::chars::{Class, classes, is_han, is_hangul, is_kana, lines};
use crate::config::{Engine, ScriptMode};
use crate::convert::{Converted, Converter, Exceptions, PASSES};
use crate::edit::Span;
use crate::facts::is_traditional;
use crate::lexicon::script;
use crate::pipeline::{Doc, Proposals};
use crate::rules::{RuleId, StageId};
use crate::stages::Stage;
use crate::stages::gloss::glosses;

/// The stage.
#[derive(Debug)]
pub struct Script;

impl Stage for Script {
    fn id(&self) -> StageId {
        StageId::Script
    }

    fn scan(&self, doc: &Doc<'_>, out: &mut Proposals<'_>) {
        let Doc { text, facts, config, .. } = *doc;
        let other_script = if config.direction.simplifies() { facts.traditional } else { facts.simplified };
        let forced = config.script == ScriptMode::Force;
        let selected = config.selects(RuleId::Traditional);
        if !selected && !config.selects(RuleId::IsolatedTraditional)
            || !forced && other_script == 0 && doc.dict.is_empty()
        {
            return;
        }
        let mut work = Work { doc, marks: Vec::new() };
        let all = selected && facts.foreign == 0 && is_for_conversion(doc, "");
        let simplifies = config.direction.simplifies();
        for line in lines(text).filter(|_| !all) {
            let span = Span::new(line.start, line.end());
            let classes = classes().union(line.text);
            let may_be_foreign = classes.has(Class::FOREIGN);
            // In a text that is Simplified already, most lines hold nothing to convert.
            let is_plain = simplifies && !forced && !classes.has(Class::TRADITIONAL);
            if may_be_foreign && is_foreign(line.text) {
                work.marks.push((span, Treatment::Keep));
            } else if !selected || is_plain && !facts.is_traditional || !is_for_conversion(doc, line.text) {
                if simplifies && !is_plain {
                    report_isolated(line.text, line.start, out);
                }
                work.marks.push((span, if selected { Treatment::OnlyDict } else { Treatment::Keep }));
            } else if may_be_foreign {
                work.marks
                    .extend(japanese_runs(line.text).map(|run| (run.shift(line.start), Treatment::Keep)));
            }
        }
        if simplifies && facts.glosses.is_authors() {
            work.marks.extend(readings(text));
        }
        work.marks.extend(out.kept_off().iter().map(|&span| (span, Treatment::Keep)));
        if let Some((text, passes)) = work.convert() {
            out.convert(text, passes, RuleId::Traditional);
        }
    }
}

/// Whether a line of the document is converted: all are in a document that is not Simplified, and in a
/// Simplified one those that are Traditional themselves.
fn is_for_conversion(doc: &Doc<'_>, line: &str) -> bool {
    if doc.config.script == ScriptMode::Force {
        return true;
    }
    if !doc.config.direction.simplifies() {
        return doc.facts.simplified > 0;
    }
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

/// Whether a line is Japanese or Korean: kana and Hangul are more than a name or a loan here and there.
fn is_foreign(line: &str) -> bool {
    let (mut han, mut foreign) = (0, 0);
    for c in line.chars() {
        han += usize::from(is_han(c));
        foreign += usize::from(is_kana(c) || is_hangul(c));
    }
    foreign > 0 && foreign * 10 >= han
}

/// Runs of Han and kana in a Chinese line that are Japanese words: a kana in five characters, and not the
/// single の that Chinese uses as an ornament.
fn japanese_runs(line: &str) -> impl Iterator<Item = Span> {
    let mut from = 0;
    line.split_inclusive(|c| !is_han(c) && !is_kana(c)).filter_map(move |part| {
        let start = from;
        from += part.len();
        let run = part.trim_end_matches(|c| !is_han(c) && !is_kana(c));
        let kana = run.chars().filter(|&c| is_kana(c)).count();
        let japanese = kana > 1 && kana * 5 >= run.chars().count();
        japanese.then(|| Span::new(start, start + run.len()))
    })
}

fn report_isolated(line: &str, start: usize, out: &mut Proposals<'_>) {
    for (at, c) in line.char_indices().filter(|&(_, c)| script::is_traditional_only(c)) {
        out.report(Span::new(start + at, start + at + c.len_utf8()), RuleId::IsolatedTraditional);
    }
}

/// Traditional characters that are two words, their readings, and what each is in Simplified text.
const READ: [(char, &str, char); 12] = [
    ('著', "zhù", '著'),
    ('著', "zhe", '着'),
    ('著', "zháo", '着'),
    ('著', "zhuó", '着'),
    ('乾', "qián", '乾'),
    ('乾', "gān", '干'),
    ('徵', "zhǐ", '徵'),
    ('徵', "zhēng", '征'),
    ('瞭', "liào", '瞭'),
    ('瞭', "liǎo", '了'),
    ('藉', "jí", '藉'),
    ('藉', "jiè", '借'),
];

/// What an author's readings say of such characters: 著(zhù)名 and 看著(zhe). Software that glosses a page
/// gives each character one reading, whatever the word.
fn readings(text: &str) -> impl Iterator<Item = (Span, Treatment)> {
    glosses(text).filter_map(|gloss| {
        let (_, _, new) = READ.iter().find(|(c, reading, _)| (*c, *reading) == (gloss.of, gloss.syllable))?;
        Some((Span::new(gloss.at, gloss.at + gloss.of.len_utf8()), Treatment::Read(*new)))
    })
}

/// How a stretch of the text is treated that is not simply converted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Treatment {
    /// Not at all.
    Keep,
    /// Only the user's dictionary holds in it.
    OnlyDict,
    /// It is this character: the author says how it is read.
    Read(char),
}

/// What of a text is to be converted.
struct Work<'a> {
    doc: &'a Doc<'a>,
    marks: Vec<(Span, Treatment)>,
}

impl Work<'_> {
    /// The whole text with all that is not marked converted, in long stretches: the engine is fastest so.
    fn convert(mut self) -> Option<(String, Vec<Exceptions>)> {
        let source = self.doc.text;
        let mut new = New {
            doc: self.doc,
            text: String::with_capacity(source.len()),
            passes: Default::default(),
            read: [0; PASSES],
        };
        self.marks.sort_unstable();
        self.marks.push((Span::new(source.len(), source.len()), Treatment::Keep));
        let mut at = 0;
        for (span, treatment) in self.marks {
            if at < span.start {
                new.with_dict(&source[at..span.start], New::convert);
                at = span.start;
            }
            if at < span.end {
                let stretch = &source[at..span.end];
                match treatment {
                    Treatment::Keep => new.copy(stretch),
                    Treatment::OnlyDict => new.with_dict(stretch, New::copy),
                    Treatment::Read(c) => new.put(stretch.len(), pair(stretch, c.encode_utf8(&mut [0; 4]))),
                }
                at = span.end;
            }
        }
        (new.text != source).then_some((new.text, new.passes.into()))
    }
}

/// The converted text while it is written.
struct New<'a> {
    doc: &'a Doc<'a>,
    text: String,
    passes: [Exceptions; PASSES],
    /// Bytes that each pass has read so far.
    read: [usize; PASSES],
}

impl New<'_> {
    fn copy(&mut self, stretch: &str) {
        self.read.iter_mut().for_each(|len| *len += stretch.len());
        self.text.push_str(stretch);
    }

    fn convert(&mut self, stretch: &str) {
        let converted = match self.doc.config.engine {
            Engine::Jiaokan => Converter::new(self.doc.config.direction).convert(stretch),
            Engine::Opencc => opencc_engine::convert(stretch),
        };
        self.put(stretch.len(), converted);
    }

    fn put(&mut self, mut len: usize, converted: Converted) {
        for (i, exceptions) in converted.passes.into_iter().enumerate() {
            let start = self.read[i];
            self.read[i] += len;
            for (span, new) in exceptions {
                len = len - span.len() + new;
                self.passes[i].push((span.shift(start), new));
            }
        }
        self.text.push_str(&converted.text);
    }

    /// The user's dictionary for its keys, `otherwise` for what lies between them.
    fn with_dict(&mut self, stretch: &str, otherwise: fn(&mut Self, &str)) {
        if self.doc.dict.is_empty() {
            return otherwise(self, stretch);
        }
        for part in self.doc.dict.parts(stretch) {
            match part.value {
                Some(value) => self.put(part.text.len(), pair(part.text, value)),
                None => otherwise(self, part.text),
            }
        }
    }
}

/// A text and what it becomes, character against character where they are as many.
fn pair(old: &str, new: &str) -> Converted {
    let mut exceptions = Exceptions::new();
    if old.chars().count() == new.chars().count() {
        for ((i, a), b) in
            old.char_indices().zip(new.chars()).filter(|((_, a), b)| a.len_utf8() != b.len_utf8())
        {
            exceptions.push((Span::new(i, i + a.len_utf8()), b.len_utf8()));
        }
    } else {
        exceptions.push((Span::new(0, old.len()), new.len()));
    }
    Converted { text: new.to_owned(), passes: [Exceptions::new(), exceptions] }
}

/// OpenCC itself, as the reference engine.
#[cfg(feature = "opencc")]
mod opencc_engine {
    use opencc_rust::{DefaultConfig, OpenCC};

    use super::{Converted, pair};

    thread_local! {
        // The library's handle is not shared between threads.
        static T2S: OpenCC = OpenCC::new(DefaultConfig::T2S).expect("OpenCC is installed with its t2s configuration");
    }

    pub(super) fn convert(text: &str) -> Converted {
        // OpenCC ends at a NUL byte and gives no offsets: convert between NULs, then pair characters.
        let new: Vec<String> = text.split('\0').map(|part| T2S.with(|t2s| t2s.convert(part))).collect();
        pair(text, &new.join("\0"))
    }
}

#[cfg(not(feature = "opencc"))]
mod opencc_engine {
    pub(super) fn convert(_: &str) -> super::Converted {
        unreachable!("a cleaner without the engine is not made")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cleaner, Config};

    #[test]
    fn an_authors_reading_decides() {
        let cleaner = Cleaner::new(Config { stages: vec![StageId::Script], ..Config::default() }).unwrap();
        let clean = |text| cleaner.clean(text).into_text().into_owned();
        assert_eq!(
            clean("執著(zhuó)與土著(zhù)，乾(qián)與乾(gān)，讀書"),
            "执着(zhuó)与土著(zhù)，乾(qián)与干(gān)，读书"
        );
        // Against the word list too: it is what the text says.
        assert_eq!(clean("讀作著(zhù)力"), "读作著(zhù)力");
    }

    #[test]
    fn japanese_and_korean_are_left_alone() {
        assert!(is_foreign("東京都の経済発展について"));
        assert!(is_foreign("大韓民國 서울 特別市"));
        assert!(!is_foreign("他用の字代替的字，經濟發展與社會進步的關係問題"));
        let runs = |text: &'static str| japanese_runs(text).map(|run| run.of(text)).collect::<Vec<_>>();
        assert_eq!(runs("他讀過《吾輩は猫である》這本書"), ["吾輩は猫である"]);
        assert!(runs("優の良品的零食").is_empty());
    }
}
