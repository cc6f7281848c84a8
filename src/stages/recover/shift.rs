//! Undoes the shift of bytes that glosses and splits at marks leave behind.
//!
//! Software that puts `(pinyin)` behind two bytes of GBK, or splits text at the two bytes of a mark, also
//! hits the trail byte of one character and the lead byte of the next. The reader then takes a lead byte
//! without its trail for `?`, and up to the next byte of ASCII each character is made of the trail of one
//! character and the lead of the next. All the bytes are still there but for the one under the `?`.
//!
//! A repair is safe if running the damage on it gives the page back ([`certify`]) and no other text that
//! could have become this page is nearly as likely.

use super::glossed::Glossed;
use super::likelihood::Likelihood;
use super::page::{self, Kind, Token};
use super::search::{self, Knowledge, Memory, Reading, Run, Step};
use super::{certify, gbk};
use crate::chars::{Line, full_alnum, is_pause, is_stop, lines, places};
use crate::edit::Span;
use crate::pipeline::{Doc, Proposals};
use crate::rules::{Applicability, RuleId};

/// Probability from which a proven repair is made: where the page shows what it glosses; the same if a byte is lost;
/// on a Simplified page (more of the pairs that a shift makes are characters of such text); where no gloss is broken;
/// where characters may have been dropped; where they were; and where glosses are broken and nothing shows what the
/// page glosses.
const SAFE: f32 = 0.98;
const SAFE_LOST: f32 = 0.998;
const SAFE_SIMPLIFIED: f32 = 0.999;
const SAFE_SPLIT: f32 = 0.9988;
const SAFE_MAY_VANISH: f32 = 0.9997;
const SAFE_VANISHED: f32 = 0.999_995;
const NEVER: f32 = f32::INFINITY;
/// Characters of shifted runs from which a page without any that are user-defined has lost them.
const SHIFTED: usize = 20;
/// Log-probability below which a character is so implausible that something may be missing; and where characters
/// were dropped.
const PLAUSIBLE: f32 = -12.5;
const PLAUSIBLE_VANISHED: f32 = -11.2;
/// Probability from which a repair tells what the page glosses.
const LEARNED: f32 = 0.99;
/// Probability from which a repair is proposed, and in a document that is known to be damaged so.
const PROPOSED: f32 = 0.5;
const PROPOSED_IN_DAMAGE: f32 = 1.0 / 3.0;
/// What a nat of the search's score is worth: it takes the n-gram and the words for independent.
const TEMPERATURE: f32 = 1.25;

/// Whether a text may hold shifted bytes.
pub(super) fn is_suspect(text: &str) -> bool {
    lost(text).any(|at| page::broken(&text[at..]).is_some() || is_before_mark(&text[at..]))
}

/// Whether lost bytes stand before a mark, where a split may have left them.
fn is_before_mark(lost: &str) -> bool {
    lost.chars().nth(1).is_some_and(|next| page::mark_bytes(next).is_some())
}

/// Offsets of what a reader writes for bytes that it cannot read.
pub(super) fn lost(text: &str) -> impl Iterator<Item = usize> {
    places(text.as_bytes(), |b, i| {
        let full = (b[i + 1] == 0xbc) & (b[i + 2] == 0x9f);
        let replaced = (b[i + 1] == 0xbf) & (b[i + 2] == 0xbd);
        (b[i] == b'?') | (b[i] == 0xef) & (full | replaced)
    })
}

/// The lines that hold any.
fn lines_with_lost(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut done = 0;
    lost(text).filter_map(move |at| {
        let start = (at >= done).then(|| text[..at].rfind('\n').map_or(0, |i| i + 1))?;
        let line = lines(&text[start..]).next()?;
        done = start + line.text.len();
        Some(Line { start, ..line })
    })
}

/// Proposes the repair of every shifted run.
pub(super) fn scan(doc: &Doc<'_>, out: &mut Proposals<'_>) {
    let suspects: Vec<Vec<Token<'_>>> = lines_with_lost(doc.text)
        .filter(|line| is_suspect(line.text))
        .map(|line| page::tokens(line.text, line.start))
        .filter(|tokens| is_readable(tokens))
        .collect();
    let glosses = &doc.facts.glosses;
    let glossed = &*doc.facts.glossed;
    let know = Knowledge {
        glossed,
        likelihood: Likelihood::shipped(),
        traditional: doc.facts.is_traditional,
        damaged: glosses.by_software || doc.facts.broken_glosses,
        full_width: full_alnum(doc.text).next().is_some(),
        corner_quotes: doc.text.contains(search::is_corner_quote),
        broken_line: broken_line(doc.text),
        vanished: false,
        deep: false,
    };
    let mut memory = Memory::default();
    let mut stretches = Vec::new();
    for tokens in &suspects {
        let mut at = 0;
        while at < tokens.len() {
            if !page::is_trigger(tokens, at) {
                at += 1;
                continue;
            }
            let stretch = Stretch::read(tokens, at, know, &mut memory);
            at = stretch.end.max(at + 1);
            stretches.push(stretch);
        }
    }
    // What is repaired in one place tells what else the page glosses.
    let mut learned = glossed.clone();
    for stretch in &stretches {
        stretch.learn(&mut learned);
    }
    // A reader that drops what is for users to define keeps none of it. This stage reads the text that was analysed.
    let may_vanish = !doc.facts.rare.iter().any(|&(_, c)| gbk::is_private(c));
    let know = Knowledge { glossed: &learned, vanished: may_vanish, ..know };
    let safe = match () {
        () if learned.is_known() && know.traditional => SAFE,
        () if learned.is_known() => SAFE_SIMPLIFIED,
        () if !doc.facts.broken_glosses => SAFE_SPLIT,
        () => NEVER,
    };
    for stretch in &mut stretches {
        if may_vanish || !stretch.is_certain(doc.text, know, safe) {
            *stretch = Stretch::read(stretch.tokens, stretch.start, know, &mut memory);
            if !stretch.is_complete() && know.damaged {
                let deep = Knowledge { deep: true, ..know };
                *stretch = Stretch::read(stretch.tokens, stretch.start, deep, &mut memory);
            }
        }
    }
    let shifted: usize = stretches.iter().flat_map(Stretch::runs).map(|(run, _)| run.tokens.len()).sum();
    let vanished = may_vanish && (shifted > SHIFTED || stretches.iter().any(Stretch::shows_vanished));
    for stretch in &stretches {
        stretch.propose(doc.text, know, safe, vanished, out);
    }
}

/// Whether a line has more characters than lost bytes: a shift loses one of many.
fn is_readable(line: &[Token<'_>]) -> bool {
    let count = |is: fn(&Kind<'_>) -> bool| line.iter().filter(|token| is(&token.kind)).count();
    count(|kind| matches!(kind, Kind::Lost)) <= count(|kind| matches!(kind, Kind::Pair(_)))
}

/// Log-probability of a line that ends in the middle of a sentence, by how many do so and how many end with one.
fn broken_line(page: &str) -> f32 {
    let ends = |ends: fn(char) -> bool| lines(page).filter(|line| line.text.ends_with(ends)).count() as f32;
    let (broken, whole) = (ends(is_pause), ends(is_stop));
    ((broken + 1.0) / (broken + whole + 2.0)).ln()
}

/// A stretch of the page from a trigger on, and what it may have been.
#[derive(Debug)]
struct Stretch<'p, 't> {
    tokens: &'p [Token<'t>],
    start: usize,
    end: usize,
    /// The likeliest first.
    readings: Vec<Reading>,
}

impl<'p, 't> Stretch<'p, 't> {
    fn read(tokens: &'p [Token<'t>], start: usize, know: Knowledge<'_>, memory: &mut Memory) -> Self {
        let (readings, end) = search::search(tokens, start, know, memory);
        Self { tokens, start, end, readings }
    }

    /// The runs of the likeliest reading, each with its probability.
    fn runs(&self) -> impl Iterator<Item = (&Run, f32)> {
        let runs = self.readings.first().map_or(&[][..], |best| &best.runs);
        runs.iter().map(|run| (run, self.probability(run)))
    }

    /// The probability of a run, given all readings.
    fn probability(&self, run: &Run) -> f32 {
        let best = self.readings.first().map_or(0.0, |reading| reading.score);
        let text = run.text();
        // Of the readings that were not kept, one may be as likely as the last of those that were.
        let last = self.readings.last().filter(|_| self.readings.len() == search::READINGS);
        let (mut with, mut all) = (0.0, last.map_or(0.0, |last| ((last.score - best) / TEMPERATURE).exp()));
        for reading in &self.readings {
            let weight = ((reading.score - best) / TEMPERATURE).exp();
            all += weight;
            let has = reading.runs.iter().any(|other| other.tokens == run.tokens && other.text() == text);
            with += if has { weight } else { 0.0 };
        }
        with / all
    }

    /// Adds what the repairs show to be glossed.
    fn learn(&self, glossed: &mut Glossed) {
        for (run, _) in self.runs().filter(|&(_, probability)| probability >= LEARNED) {
            for step in &run.steps {
                let Step::Gloss(token, [lead, trail], _) = *step else { continue };
                let (Kind::Broken(syllable), Some(c)) = (self.tokens[token].kind, gbk::char_of(lead, trail))
                else {
                    continue;
                };
                glossed.add(c, syllable);
            }
        }
    }

    fn is_certain(&self, page: &str, know: Knowledge<'_>, safe: f32) -> bool {
        let mut runs = self.runs().peekable();
        runs.peek().is_some()
            && runs.all(|(run, probability)| {
                probability >= self.least(run, know, safe)
                    && certify::proves(run, self.tokens, page, know.glossed)
            })
    }

    /// The probability from which a run is repaired, where the page's is `safe`.
    fn least(&self, run: &Run, know: Knowledge<'_>, safe: f32) -> f32 {
        let is_lost = self.tokens[run.tokens.clone()].iter().any(|token| token.kind == Kind::Lost);
        let lost = if is_lost { SAFE_LOST } else { 0.0 };
        let vanished = if know.vanished { SAFE_MAY_VANISH } else { 0.0 };
        safe.max(lost).max(vanished)
    }

    /// Whether characters were dropped from the stretch beyond doubt.
    fn shows_vanished(&self) -> bool {
        self.runs().any(|(run, probability)| probability >= LEARNED && run.steps.contains(&Step::Vanished))
    }

    /// Whether the likeliest reading repairs every broken gloss.
    fn is_complete(&self) -> bool {
        let is_repaired = |at| self.runs().any(|(run, _)| run.tokens.contains(&at));
        (self.start..self.end).all(|at| !matches!(self.tokens[at].kind, Kind::Broken(_)) || is_repaired(at))
    }

    /// Whether every character of the likeliest reading is likelier than `least`.
    fn is_plausible(&self, least: f32) -> bool {
        self.readings.first().is_some_and(|best| best.worst > least)
    }

    /// Proposes the repairs, those that are as likely as `safe` to be made, and reports what has none. From some
    /// of the page characters may have `vanished`.
    fn propose(&self, page: &str, know: Knowledge<'_>, safe: f32, vanished: bool, out: &mut Proposals<'_>) {
        let plausible = if vanished { PLAUSIBLE_VANISHED } else { PLAUSIBLE };
        // Where no gloss is broken, the text alone has to show it.
        let is_whole = !know.vanished && know.damaged || self.is_plausible(plausible);
        let proposed = if know.damaged { PROPOSED_IN_DAMAGE } else { PROPOSED };
        let mut done = self.start;
        // Question marks in a row are a question: no byte of theirs tells of anything else.
        let is_asked =
            |token: &Token<'_>| token.kind == Kind::Lost || page::mark_bytes(token.first).is_some();
        let shows = |run: &Run| know.damaged || !self.tokens[run.tokens.clone()].iter().all(is_asked);
        for (run, probability) in self.runs().filter(|(run, _)| shows(run)) {
            let (first, last) = (&self.tokens[run.tokens.start], &self.tokens[run.tokens.end - 1]);
            let span = Span::new(first.span.start, last.span.end);
            let least = self.least(run, know, safe).max(if vanished { SAFE_VANISHED } else { 0.0 });
            if is_whole && probability >= least && certify::proves(run, self.tokens, page, know.glossed) {
                out.propose(span, &run.text(), RuleId::ShiftedBytes, probability, Applicability::Safe);
            } else if probability >= proposed {
                out.propose(span, &run.text(), RuleId::LostBytes, probability, Applicability::Unsafe);
            } else {
                out.report(span, RuleId::LostBytes);
            }
            done = run.tokens.end;
        }
        for token in &self.tokens[done.min(self.end)..self.end] {
            if matches!(token.kind, Kind::Broken(_)) {
                out.report(token.span, RuleId::LostBytes);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::pipeline::Cleaner;
    use crate::rules::StageId;

    fn recover(text: &str) -> String {
        let stages = vec![StageId::Recover, StageId::Gloss];
        let config = Config { stages, select_unsafe: true, ..Config::default() };
        Cleaner::new(config).expect("a configuration").clean(text).text().to_owned()
    }

    #[test]
    fn shifted_runs_are_undone() {
        for (page, text) in [
            ("運輸?shù)某鞘幸研纬闪溯^完整", "運輸的城市已形成了較完整"),
            ("下?lián)舸╇妷?，擊穿", "下擊穿電壓，擊穿"),
            ("律師總?cè)藬?shù)從", "律師總人數從"),
            ("溫變?cè)囼?yàn)箱", "溫變試驗箱"),
            ("因?yàn)橐婚_(kāi)始", "因為一開始"),
            ("要?jiǎng)?chuàng)新", "要創新"),
            ("轉(zhuǎn)變?yōu)楫a(chǎn)品", "轉變為產品"),
            // The shifted run has a gloss of its own, and another behind the `|` that ends it.
            ("拓?fù)湎嘧兒屯負(fù)湎辔镔|(zhì)，變(biàn)質(zhì)", "拓撲相變和拓撲相物質，變質"),
            // Readers differ in what they leave of the bracket, and pages in width.
            ("運輸?(shù)某鞘幸研纬闪溯^完整", "運輸的城市已形成了較完整"),
            ("運輸\u{fffd}(shù)某鞘幸研纬闪溯^完整", "運輸的城市已形成了較完整"),
            ("律師總?cè）藬?shù）從", "律師總人數從"),
            // 0x80 is the trail byte of 還, and the euro sign where it stands alone.
            ("我?guī)Щ氐倪€有", "我帶回的還有"),
        ] {
            assert_eq!(recover(page), text, "{page}");
        }
    }

    #[test]
    fn splits_shift_without_any_gloss() {
        for (page, text) in [
            ("完成任務?？h委", "完成任務。縣委"),
            ("完成任務??h委", "完成任務。縣委"),
            ("?。ㄓ浾?", "　（記者"),
            ("他這樣說?！睍r間", "他這樣說。”時間"),
            // Both characters around the false mark are lost, the second at a mark of its own.
            (
                "责(zé)令改正，可以并处违法所得五倍以下的???；情节(jiē)严(yán)重的，责(zé)令停业(yè)整顿。",
                "责令改正，可以并处违法所得五倍以下的罚款；情节严重的，责令停业整顿。",
            ),
        ] {
            assert_eq!(recover(page), text, "{page}");
        }
    }

    #[test]
    fn questions_stay_questions() {
        for text in ["真的？！他說", "什麼?(略)他問:誰?", "怎么?。。。", "OK?? h委员会", "为什么？？？因为"]
        {
            assert_eq!(recover(text), text);
        }
        // So many that a search through them would not end.
        for row in ["？", "?", "?,", "？！"] {
            let asked = format!("怎么还没到啊{}等到花都谢了", row.repeat(2000));
            assert_eq!(recover(&asked), asked);
        }
    }
}
