//! Undoes the shift of bytes that glosses and splits at marks leave behind.
//!
//! Software that puts `(pinyin)` behind two bytes of GBK, or splits text at the two bytes of a mark, also
//! hits the trail byte of one character and the lead byte of the next. The reader then takes a lead byte
//! without its trail for `?`, and up to the next byte of ASCII each character is made of the trail of one
//! character and the lead of the next. All the bytes are still there but for the one under the `?`.
//!
//! A repair is safe if running the damage on it gives the page back ([`certify`]) and no other text that
//! could have become this page is nearly as likely.

use super::certify;
use super::search::{self, Knowledge, Reading, Run, Token};
use crate::chars::lines;
use crate::edit::Span;
use crate::lexicon::ngram;
use crate::pipeline::{Doc, Proposals};
use crate::rules::{Applicability, RuleId};

/// Probability from which a proven repair is made.
const SAFE: f32 = 0.999;
/// Probability from which a repair is proposed.
const PROPOSED: f32 = 0.5;
/// What a nat of the search's score is worth: it takes the n-gram and the words for independent.
const TEMPERATURE: f32 = 1.5;

/// Whether a text may hold shifted bytes.
pub(super) fn is_suspect(text: &str) -> bool {
    marks(text).any(|at| search::broken(&text[at..]).is_some() || is_before_mark(&text[at..]))
}

/// Whether lost bytes stand before a mark, where a split may have left them.
fn is_before_mark(lost: &str) -> bool {
    lost.chars().nth(1).is_some_and(|next| search::mark_bytes(next).is_some())
}

/// Offsets of what a reader writes for bytes that it cannot read.
fn marks(text: &str) -> impl Iterator<Item = usize> {
    memchr::memchr2_iter(b'?', 0xef, text.as_bytes())
        .filter(|&at| text.is_char_boundary(at) && text[at..].starts_with(['?', '？', '\u{fffd}']))
}

/// Proposes the repair of every shifted run.
pub(super) fn scan(doc: &Doc<'_>, out: &mut Proposals<'_>) {
    for line in lines(doc.text).filter(|line| is_suspect(line.text)) {
        let tokens = search::tokens(line.text, line.start);
        let mut at = 0;
        while at < tokens.len() {
            if !search::is_trigger(&tokens, at) {
                at += 1;
                continue;
            }
            at = repair(doc, &tokens, at, out).max(at + 1);
        }
    }
}

/// Reads the page from the trigger at token `start` on; the token behind what was read.
fn repair(doc: &Doc<'_>, tokens: &[Token<'_>], start: usize, out: &mut Proposals<'_>) -> usize {
    let glosses = &doc.facts.glosses;
    let mut know = Knowledge {
        table: &glosses.table,
        model: ngram::shipped(),
        traditional: doc.facts.is_traditional,
        damaged: glosses.by_software || doc.facts.broken_glosses,
        deep: false,
    };
    let (mut readings, mut end) = search::search(tokens, start, know);
    if readings.first().is_none_or(|best| best.runs.is_empty()) && know.damaged {
        know.deep = true;
        (readings, end) = search::search(tokens, start, know);
    }
    if std::env::var("DBG").is_ok() {
        for r in readings.iter().take(6) {
            eprintln!("      {:.2} {:?}", r.score, r.runs.iter().map(|r| (r.text(), certify::proves(r, tokens, doc.text, &glosses.table))).collect::<Vec<_>>());
        }
    }
    let Some(best) = readings.first() else { return end };
    let mut reported = start;
    for run in &best.runs {
        let span = span(tokens, run);
        let confidence = probability(run, &readings);
        let proven = certify::proves(run, tokens, doc.text, &glosses.table);
        if !proven && confidence > 0.999 && std::env::var("DBG2").is_ok() { eprintln!("UNPROVEN {:?} {:?} {:?}", span.of(doc.text), run.text(), run.steps); }
        if proven && confidence >= SAFE {
            out.propose(span, &run.text(), RuleId::ShiftedBytes, confidence, Applicability::Safe);
        } else if confidence >= PROPOSED {
            out.propose(span, &run.text(), RuleId::LostBytes, confidence, Applicability::Unsafe);
        } else {
            out.report(span, RuleId::LostBytes);
        }
        reported = run.tokens.end;
    }
    for at in reported..end {
        if matches!(tokens[at].kind, search::Kind::Broken(_)) {
            out.report(tokens[at].span, RuleId::LostBytes);
        }
    }
    end
}

fn span(tokens: &[Token<'_>], run: &Run) -> Span {
    Span::new(tokens[run.tokens.start].span.start, tokens[run.tokens.end - 1].span.end)
}

/// The probability of a run, given all readings of its stretch of the page.
fn probability(run: &Run, readings: &[Reading]) -> f32 {
    let best = readings.first().map_or(0.0, |reading| reading.score);
    let text = run.text();
    let (mut with, mut all) = (0.0, 0.0);
    for reading in readings {
        let weight = ((reading.score - best) / search::tune("TEMP", TEMPERATURE)).exp();
        all += weight;
        let has = reading.runs.iter().any(|other| other.tokens == run.tokens && other.text() == text);
        with += if has { weight } else { 0.0 };
    }
    with / all
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::pipeline::Cleaner;
    use crate::rules::StageId;

    fn recover(text: &str) -> String {
        let config =
            Config { stages: vec![StageId::Recover, StageId::Gloss], select_unsafe: true, ..Config::default() };
        let cleaner = Cleaner::new(config).expect("a configuration");
        let cleaned = cleaner.clean(text);
        for f in cleaned.findings() {
            eprintln!("  {} {:?} {:?} {}", f.rule, f.span.of(text), f.proposal, f.confidence);
        }
        for c in cleaned.changes() {
            eprintln!("  {:?} {:?} -> {:?} {}", c.rules, cleaned.old(&c), cleaned.new_text(&c), c.confidence);
        }
        cleaned.text().to_owned()
    }

    #[test]
    fn fragments_of_pages() {
        for (page, text) in [
            ("運輸?shù)某鞘幸研纬闪溯^完整", "運輸的城市已形成了較完整"),
            ("下?lián)舸╇妷?，擊穿", "下擊穿電壓，擊穿"),
            ("律師總?cè)藬?shù)從", "律師總人數從"),
            ("拓?fù)湎嘧兒屯負(fù)湎辔镔|(zhì)", "拓撲相變和拓撲相物質"),
            ("溫變?cè)囼?yàn)箱", "溫變試驗箱"),
            ("因?yàn)橐婚_(kāi)始", "因為一開始"),
            ("要?jiǎng)?chuàng)新", "要創新"),
            ("轉(zhuǎn)變?yōu)楫a(chǎn)品", "轉變為產品"),
            ("任務?？h委", "任務。縣委"),
            ("?。ㄓ浾?", "　（記者"),
            ("他說?！睍r", "他說。”時"),
            ("完成任務??h委", "完成任務。縣委"),
            ("增長?！? 〕", "增長。〔1 〕"),
        ] {
            eprintln!("{page}");
            let got = recover(page);
            if got != text { eprintln!("   WRONG {got}") } 
        }
        panic!();
    }
}
