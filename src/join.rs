//! Whether two pieces of text that a break parts belong together: the one decision that captions, hard
//! wraps and cut paragraphs share.
//!
//! What is seen at a break ([`features`]) is weighed by a small model (`join/weights.rs`, trained by
//! `cargo train-join`) into how much likelier a cut is than a paragraph's end. How common cuts are differs
//! from document to document: clean text has none, a column of newspaper has one in every sentence. So the
//! other breaks of the document say what to expect ([`Evidence`]), and both together give the confidence.

use std::mem;
use std::sync::{Mutex, PoisonError};

use rustc_hash::FxHashMap;
use twox_hash::XxHash3_128;

use crate::chars::{ends_clause, is_han, is_pause, is_stop, is_terminated, lines};
use crate::facts::DocFacts;
use crate::lexicon::{ngram, words};
use crate::shape::{
    begins_paragraph, begins_with_source, is_byline, is_caption, is_line_of_its_own, is_notice,
    is_numbered_heading, is_roll, is_signed, is_structure,
};

pub mod features;
mod weights;

use features::{COUNT, Features, fold_head, fold_tail, head, tail};

/// Confidence from which a join is made.
const SAFE: f32 = 0.92;
/// The same in a document that was cut: there nearly every break that looks open is a cut.
const SAFE_IN_CUT: f32 = 0.83;
/// The same where neither side may be a heading: what is left to end without a stop was cut.
const SAFE_IN_CUT_PROSE: f32 = 0.6;
/// Confidence from which a join is likely.
const LIKELY: f32 = 0.9;
/// Nats that a word across the break gains at the least.
const WORD: f32 = 3.0;
/// Share of cuts among the open breaks of a document of which nothing is known.
const RARE: f32 = 0.005;
/// Open breaks that this first guess weighs as much as.
const GUESS: f32 = 1.0;
/// Rounds of estimating the share of cuts; it settles in a few.
const ROUNDS: usize = 12;
/// Breaks that the share is estimated from.
const SAMPLE: usize = 1024;
/// Share of the stretches of prose that end a paragraph without a stop in the text that the model was trained on.
const UNSTOPPED: f32 = 0.0005;
/// Of the documents with open ends in their prose, those whose writers leave stops out.
const FREE: f32 = 0.3;
/// Share of the open ends of prose that are cuts in a document that was cut; in one that was not, the rest is.
const CUT_ENDS: f32 = 0.95;
/// Share of the ends without a stop where stops are left out, and ends that this first guess weighs as much as.
const LEFT_OUT: f32 = 0.05;
const LEFT_OUT_ENDS: f32 = 4.0;
/// Share of cuts among the breaks that a caption covers, behind prose that stops inside a sentence: nobody sets
/// a caption there.
const CAPTION_IN_PROSE: f32 = 0.995;
/// The same behind what may be a heading, and so in a document that was cut.
const CAPTION_BELOW_HEADING: f32 = 0.3;
const CAPTION_IN_CUT: f32 = 0.97;
/// The same where it is a byline or a heading, in a document that was cut.
const LINE_IN_CUT: f32 = 0.9;
/// Share of cuts among the open breaks of a document that was cut.
const CUT: f32 = 0.1;
/// Share of cuts, in such a document, among the breaks inside prose: what has a sentence in it ends with one.
const CUT_PROSE: f32 = 0.95;
/// The most, behind what may be a heading by its words: a paragraph's first clause, cut, looks the same.
const CUT_HEADING: f32 = 0.7;
/// The same where its place says so too: hardly any heading is cut.
const CUT_PLACED_HEADING: f32 = 0.3;
/// Characters from which a text with a comma in it is prose rather than a heading.
const PROSE: usize = 30;
/// Longest heading, in characters.
const HEADING: usize = 40;
/// Lines above the text that may be its headings: overline, headline, subtitle, byline.
const OPENING: usize = 4;

/// Units of the model's hidden layer.
pub const HIDDEN: usize = 12;

/// A model of breaks: a line through the features, a small hidden layer for what features mean together,
/// and a weight for each common character beside a break.
#[derive(Clone, Debug)]
pub struct Net {
    /// Log odds where every feature is 0.
    pub bias: f32,
    /// Log odds per unit of each feature.
    pub direct: [f32; COUNT],
    /// What each hidden unit is where every feature is 0; a unit below 0 is 0.
    pub hidden_bias: [f32; HIDDEN],
    /// What each feature adds to each hidden unit.
    pub hidden: [[f32; HIDDEN]; COUNT],
    /// Log odds per hidden unit.
    pub out: [f32; HIDDEN],
    /// Log odds by the last character of the left side; ascending.
    pub last: &'static [(char, f32)],
    /// Log odds by the first character of the right side; ascending.
    pub first: &'static [(char, f32)],
}

impl Net {
    /// Natural log of how much likelier the features are at a cut than at a paragraph's end.
    #[must_use]
    pub fn log_odds(&self, seen: &Features) -> f32 {
        let mut sum = self.bias;
        let mut hidden = self.hidden_bias;
        for ((&value, &direct), units) in seen.values.iter().zip(&self.direct).zip(&self.hidden) {
            if value != 0.0 {
                sum += value * direct;
                hidden.iter_mut().zip(units).for_each(|(unit, weight)| *unit += value * weight);
            }
        }
        sum += hidden.iter().zip(&self.out).map(|(unit, weight)| unit.max(0.0) * weight).sum::<f32>();
        sum + of_character(self.last, seen.last) + of_character(self.first, seen.first)
    }
}

fn of_character(weights: &[(char, f32)], c: char) -> f32 {
    weights.binary_search_by_key(&c, |&(key, _)| key).map_or(0.0, |at| weights[at].1)
}

/// A break between two paragraphs or lines.
#[derive(Clone, Copy, Debug)]
pub struct Break<'t> {
    left: &'t str,
    right: &'t str,
}

impl<'t> Break<'t> {
    /// The break between two paragraphs, each without its line ends.
    #[must_use]
    pub fn between(left: &'t str, right: &'t str) -> Self {
        Self { left: left.trim_end(), right: right.trim_end() }
    }

    /// Whether the shape of one side forbids a join: the left one is complete, or either is structure.
    #[must_use]
    pub fn is_paragraph_end(&self) -> bool {
        is_terminated(self.left)
            || self.left.is_empty()
            || self.right.is_empty()
            || is_structure(self.left)
            || is_numbered_heading(self.left)
            || (is_roll(self.left) || is_unmarked(self.left.chars().rev()) && is_unmarked(self.right.chars()))
                && self.word_gain() < WORD
            || begins_paragraph(self.right)
            || is_caption(&[self.left])
            || is_notice(self.left)
            || is_line_of_its_own(self.left) && self.repeats()
            || !is_chinese(self.left.chars().rev())
            || !is_chinese(self.right.chars())
    }

    /// Whether the left side ends with a mark that parts a sentence.
    fn is_behind_pause(&self) -> bool {
        self.left.ends_with(is_pause)
    }

    /// Whether the right side begins with the two characters or more that the left one ends with: below a heading,
    /// its subject.
    fn repeats(&self) -> bool {
        const NAME: usize = 6;
        let mut ends = self.right.char_indices().map(|(end, _)| end).skip(2).take(NAME - 1);
        ends.any(|end| self.left.ends_with(&self.right[..end]))
    }

    /// Whether the right side begins with what the left one speaks of, as a paragraph does below its heading: with
    /// whole words that end it, or with four characters that it holds.
    fn takes_up_subject(&self) -> bool {
        const SUBJECT: usize = 4;
        let subject = || self.right.char_indices().nth(SUBJECT).map(|(end, _)| &self.right[..end]);
        self.repeats() && self.ends_word() || subject().is_some_and(|subject| self.left.contains(subject))
    }

    /// Whether both sides are running prose, as no heading or byline is, and no word is cut whose rest is lost.
    fn is_amid_prose(&self) -> bool {
        !is_line_of_its_own(self.right)
            && !is_caption(&[self.right])
            && !is_notice(self.right)
            && self.ends_prose()
            && (self.ends_word() || self.word_gain() >= WORD)
    }

    /// Whether the left side ends in a word that needs nothing more.
    fn ends_word(&self) -> bool {
        const ALONE: &str = "的了在和与是将对把为而从以向由被及并也都就还又不";
        const LONGEST: usize = 4;
        let starts = self.left.char_indices().rev().skip(1).take(LONGEST - 1);
        let is_word = |word: &str| words::shipped().get(word).is_some();
        !self.left.ends_with(is_han)
            || self.left.ends_with(|c| ALONE.contains(c))
            || starts.map(|(at, _)| &self.left[at..]).any(is_word)
    }

    /// The same of the left side alone.
    fn ends_prose(&self) -> bool {
        let pauses = || self.left.chars().nth(PROSE).is_some() && self.left.contains(is_pause);
        self.left.contains(is_stop) || pauses()
    }

    /// Nats gained by reading the words on both sides without the break, where both are Han.
    fn word_gain(&self) -> f32 {
        if !self.left.ends_with(is_han) || !self.right.starts_with(is_han) {
            return 0.0;
        }
        words::shipped().join_gain(&fold_tail(self.left), &fold_head(self.right))
    }

    /// What is seen at the break, by the shipped n-gram and one of the corpus's own.
    #[must_use]
    pub fn features(&self, own: Option<&ngram::Model>) -> Features {
        Features::of(self.left, self.right, own)
    }

    /// How much likelier a cut is here than a paragraph's end, as a log ratio, and what it is judged by; none
    /// where it cannot be one.
    fn log_odds(&self, own: Option<&ngram::Model>) -> Option<(f32, Features)> {
        if self.is_paragraph_end() || is_signed(self.left) || begins_with_source(self.right) {
            return None;
        }
        let net = if own.is_some() { &weights::OWN } else { &weights::SHIPPED };
        let features = self.features(own);
        Some((net.log_odds(&features), features))
    }
}

/// The probability that log odds stand for.
fn probability(log_odds: f32) -> f32 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// What was made of a break.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Assessment {
    /// That the two sides belong together, 0 to 1.
    pub(crate) confidence: f32,
    /// The confidence from which the join is made.
    safe: f32,
}

impl Assessment {
    /// Whether the join is likely at all.
    #[must_use]
    pub(crate) fn is_join(self) -> bool {
        self.confidence >= LIKELY.min(self.safe)
    }

    /// Whether the join is made by default.
    #[must_use]
    pub(crate) fn is_safe(self) -> bool {
        self.confidence >= self.safe
    }

    /// The same join, to be reported alone.
    fn doubted(self) -> Self {
        Self { safe: f32::INFINITY, ..self }
    }

    fn of(facts: &DocFacts, confidence: f32) -> Self {
        Self { confidence, safe: if facts.is_cut() { SAFE_IN_CUT } else { SAFE } }
    }
}

/// Judges a break.
#[must_use]
pub(crate) fn assess(facts: &DocFacts, at: Break<'_>) -> Assessment {
    let mut assessed = Assessment::of(facts, facts.evidence.weigh(at, odds_of(facts, at)));
    if facts.is_cut() && ![at.left, at.right].into_iter().any(may_be_heading) {
        assessed.safe = SAFE_IN_CUT_PROSE;
    }
    if at.is_behind_pause() && facts.evidence.at_pauses { assessed.doubted() } else { assessed }
}

/// Judges the break that a caption covers, whose first and last line are given: it may be that one of its ends
/// belongs to the text beside it instead.
#[must_use]
pub(crate) fn assess_across(
    facts: &DocFacts,
    at: Break<'_>,
    [first, last]: [&str; 2],
    named: bool,
) -> Assessment {
    let odds = odds_of(facts, at);
    let rivals = [Break::between(at.left, first), Break::between(last, at.right)];
    let is_word = |at: Break<'_>| facts.judged.cuts_word(at);
    let is_notice = is_notice(first);
    // Below a heading stand its author's name and its date, below those a picture. 主办、中国摄 is no credit before 影家协会.
    let possible = !(is_byline(at.left) || is_notice && facts.evidence.is_below_heading(at))
        && (named || at.ends_prose() || is_word(at))
        && (is_word(at) || !rivals.into_iter().any(is_word));
    let cut = |odds: Option<Odds>| odds.map(|odds| odds.cut);
    if !possible || rivals.into_iter().any(|rival| cut(odds_of(facts, rival)) > cut(odds)) {
        return Assessment::of(facts, 0.0);
    }
    let below_heading = is_line_of_its_own(at.left) || is_notice && may_be_heading(at.left);
    let share = match (named, below_heading) {
        (true, false) => CAPTION_IN_PROSE,
        (true, true) if facts.is_cut() => CAPTION_IN_CUT,
        (true, true) => CAPTION_BELOW_HEADING,
        (false, _) => LINE_IN_CUT,
    };
    let across = odds.map_or(0.0, |odds| probability(odds.against(facts.evidence.habit) + log_odds(share)));
    Assessment::of(facts, facts.evidence.weigh(at, odds).max(across))
}

/// How a break was judged.
#[cfg(feature = "cli")]
#[derive(Clone, Debug)]
pub(crate) struct Judgement {
    /// That the two sides belong together, 0 to 1.
    pub(crate) confidence: f32,
    /// The confidence from which they are joined.
    pub(crate) safe: f32,
    /// How much likelier a cut is than a paragraph's end by the break alone, as a log ratio.
    pub(crate) log_odds: f32,
    /// Name, value and what the log ratio is less without it, of each feature that counts; the weightiest first.
    pub(crate) features: Vec<(String, f32, f32)>,
}

/// Explains how a break is judged; none where its shape forbids a join.
#[cfg(feature = "cli")]
pub(crate) fn explain(facts: &DocFacts, at: Break<'_>) -> Option<Judgement> {
    let own = facts.ngram();
    let net = if own.is_some() { &weights::OWN } else { &weights::SHIPPED };
    let (log_odds, seen) = at.log_odds(own)?;
    let mut features = Vec::new();
    for (i, name) in features::names().into_iter().enumerate().filter(|&(i, _)| seen.values[i] != 0.0) {
        let mut without = seen.clone();
        without.values[i] = 0.0;
        features.push((name, seen.values[i], log_odds - net.log_odds(&without)));
    }
    let characters = [("last character", net.last, seen.last), ("first character", net.first, seen.first)];
    for (name, weights, c) in characters {
        features.push((format!("{name} {c}"), 1.0, of_character(weights, c)));
    }
    features.sort_by(|a, b| b.2.abs().total_cmp(&a.2.abs()));
    features.retain(|&(_, _, weight)| weight != 0.0);
    let Assessment { confidence, safe } = assess(facts, at);
    Some(Judgement { confidence, safe, log_odds, features })
}

fn odds_of(facts: &DocFacts, at: Break<'_>) -> Option<Odds> {
    // Most paragraphs end as such, which is seen at once. A record ends with its line.
    if is_terminated(at.left) || facts.tabular {
        return None;
    }
    facts.judged.odds(at, facts.ngram())
}

/// What a break looks like.
#[derive(Clone, Copy, Debug)]
struct Odds {
    /// How much likelier a cut is than a paragraph's end, as a log ratio.
    cut: f32,
    /// See [`Features::flow`].
    flow: f32,
}

impl Odds {
    /// How much likelier a cut is, as a log ratio, where ends without a stop are commoner by `habit`: at the least by
    /// what the text tells, were they the rule.
    fn against(self, habit: f32) -> f32 {
        (self.cut - habit).max(self.cut.min(self.flow))
    }
}

/// What the model made of the breaks of a document, whose stages and rounds ask for the same ones again. A break
/// is known by a hash of its sides, on which alone the answer depends.
#[derive(Debug, Default)]
pub(crate) struct Judged {
    odds: Mutex<FxHashMap<u128, Option<Odds>>>,
    gains: Mutex<FxHashMap<u128, f32>>,
}

impl Judged {
    /// Whether a word lies across the break.
    pub(crate) fn cuts_word(&self, at: Break<'_>) -> bool {
        if !at.left.ends_with(is_han) || !at.right.starts_with(is_han) {
            return false;
        }
        let key = hash([tail(at.left), head(at.right)]);
        let mut gains = self.gains.lock().unwrap_or_else(PoisonError::into_inner);
        *gains.entry(key).or_insert_with(|| at.word_gain()) >= WORD
    }

    /// What was made of a break; one document has one n-gram.
    fn odds(&self, at: Break<'_>, own: Option<&ngram::Model>) -> Option<Odds> {
        let mut odds = self.odds.lock().unwrap_or_else(PoisonError::into_inner);
        *odds.entry(hash([at.left, at.right])).or_insert_with(|| {
            let (cut, features) = at.log_odds(own)?;
            let mut gains = self.gains.lock().unwrap_or_else(PoisonError::into_inner);
            gains.insert(hash([tail(at.left), head(at.right)]), features.word_gain());
            Some(Odds { cut, flow: features.flow() })
        })
    }
}

fn hash([left, right]: [&str; 2]) -> u128 {
    // The right side's hash is kept apart from that of the same bytes on the left.
    XxHash3_128::oneshot(left.as_bytes()) ^ XxHash3_128::oneshot(right.as_bytes()).rotate_left(64)
}

/// Which of `count` places stand for all, about `most` of them: those whose multiples of the golden ratio are smallest
/// lie as evenly as can be, whatever recurs in the document.
pub(crate) fn sample(count: usize, most: usize) -> impl Fn(usize) -> bool {
    let below = ((most as u64) << u32::BITS) / count.max(1) as u64;
    move |i| u64::from((i as u32).wrapping_mul(0x9e37_79b9)) < below
}

/// The signs that a document was cut: how many of its breaks are cuts, as far as they tell themselves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// The lines above the text that may be its headings.
    opening: Vec<String>,
    /// Breaks that a cut could have made.
    open: usize,
    /// How many of them cuts are expected to have made.
    cuts: f32,
    /// Nats by which a cut is less likely than the model takes it for, since the document's paragraphs end without
    /// a stop as they please: reviews, messages, subtitles, a record a line.
    habit: f32,
    /// Whether what looks cut stands behind pauses, where authors break lines of verse and numbered verses, rather
    /// than anywhere, as a page's end does.
    at_pauses: bool,
}

impl Evidence {
    /// Reads a document.
    #[must_use]
    pub fn of(text: &str, own: Option<&ngram::Model>) -> Self {
        Self::judge(text, own, &Judged::default(), 0, 0)
    }

    /// Reads a document, of whose cuts and wraps so many are undone already, and keeps what was made of each break.
    pub(crate) fn judge(
        text: &str,
        own: Option<&ngram::Model>,
        judged: &Judged,
        cuts: usize,
        wraps: usize,
    ) -> Self {
        let first = lines(text).filter(|line| !line.is_blank()).map(|line| line.text.trim_end());
        let opening = first.take(OPENING).take_while(|line| may_be_heading(line)).map(str::to_owned);
        let mut evidence = Self { opening: opening.collect(), ..Self::default() };
        let (mut above, mut stopped) = ("", 0);
        let open: Vec<[&str; 2]> = lines(text)
            .filter(|line| !line.is_blank())
            .map(|line| [mem::replace(&mut above, line.text), line.text])
            .skip(1)
            .filter(|[above, _]| {
                let terminated = is_terminated(above);
                stopped += usize::from(terminated);
                !terminated
            })
            .collect();
        // The share of cuts is as well known from some breaks as from all.
        let is_sampled = sample(open.len(), SAMPLE);
        let sample: Vec<_> = (0..open.len()).filter(|&i| is_sampled(i)).map(|i| open[i]).collect();
        let scale = open.len() as f32 / sample.len().max(1) as f32;
        // Beside a caption or a notice nothing was cut; it may stand in a cut itself.
        let mut seen: Vec<(Break<'_>, Odds)> = sample
            .iter()
            .filter(|[_, below]| !is_caption(&[below]) && !is_notice(below))
            .map(|&[above, below]| Break::between(above, below))
            .filter(|at| !evidence.is_below_heading(*at) || !at.takes_up_subject())
            .filter_map(|at| Some((at, judged.odds(at, own)?)))
            .collect();
        let flows: Vec<f32> =
            seen.iter().filter(|(at, _)| at.ends_prose()).map(|(_, odds)| odds.flow).collect();
        evidence.habit = habit(&flows, scale, stopped as f32, (cuts + wraps) as f32);
        evidence.count(&seen);
        let prior = log_odds(share(evidence.cuts, evidence.open));
        let behind_pauses = |(at, _): &&(Break<'_>, Odds)| at.is_behind_pause();
        let cuts_at_pauses: f32 = seen
            .iter()
            .filter(behind_pauses)
            .map(|(_, odds)| probability(odds.against(evidence.habit) + prior))
            .sum();
        // One cut in ten falls there.
        evidence.at_pauses = cuts_at_pauses * scale > evidence.cuts - cuts_at_pauses + (cuts + wraps) as f32;
        if evidence.at_pauses {
            seen.retain(|(at, _)| !at.is_behind_pause());
            evidence.count(&seen);
        }
        if sample.len() < open.len() {
            evidence.open = (evidence.open as f32 * scale) as usize;
            evidence.cuts *= scale;
        }
        evidence.open += cuts;
        evidence.cuts += cuts as f32;
        evidence
    }

    /// Counts the cuts among breaks. By expectation and maximisation: how many there are says how likely each is,
    /// and the other way round. From below, so that doubtful breaks alone never make each other likely.
    fn count(&mut self, seen: &[(Break<'_>, Odds)]) {
        (self.open, self.cuts) = (seen.len(), 0.0);
        for _ in 0..ROUNDS {
            let prior = log_odds(share(self.cuts, self.open));
            let before = self.cuts;
            self.cuts = seen.iter().map(|(_, odds)| probability(odds.against(self.habit) + prior)).sum();
            if self.cuts == before {
                break;
            }
        }
    }

    /// Whether the left side may be a heading by its place too: above the text, or numbered.
    fn is_below_heading(&self, at: Break<'_>) -> bool {
        let is_placed =
            || begins_paragraph(at.left.trim_start()) || self.opening.iter().any(|line| line == at.left);
        may_be_heading(at.left) && is_placed()
    }

    /// Whether the document was cut, not counting one break that looks so by chance.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.cuts >= 0.9 && share(self.cuts, self.open) >= CUT
    }

    /// The probability that a break of this document is a cut, 0 to 1.
    #[must_use]
    pub fn confidence(&self, at: Break<'_>, own: Option<&ngram::Model>) -> f32 {
        self.weigh(at, at.log_odds(own).map(|(cut, features)| Odds { cut, flow: features.flow() }))
    }

    /// The probability that a break that looks so is a cut.
    fn weigh(&self, at: Break<'_>, odds: Option<Odds>) -> f32 {
        let Some(odds) = odds.map(|odds| odds.against(self.habit)) else { return 0.0 };
        // The break itself is no evidence for itself.
        let others = self.open.saturating_sub(1);
        let cuts = self.cuts - probability(odds + log_odds(share(self.cuts, self.open)));
        let mut share = share(cuts.max(0.0), others);
        if share < CUT_PROSE && self.is_cut() && at.is_amid_prose() {
            share = CUT_PROSE;
        }
        if self.is_below_heading(at) {
            if at.takes_up_subject() {
                return 0.0;
            }
            share = share.min(CUT_PLACED_HEADING);
        } else if may_be_heading(at.left) {
            share = share.min(CUT_HEADING);
        }
        probability(odds + log_odds(share))
    }
}

/// How much more often, as a log ratio, a document's paragraphs end without a stop than the model expects: by how well
/// the text flows across the ends of prose without one, each of which stands for `scale`, how many paragraphs are
/// `stopped`, and how many cuts are `joined` already. Where the text was cut, it flows across half of them; where its
/// writers leave stops out, across none.
fn habit(flows: &[f32], scale: f32, stopped: f32, joined: f32) -> f32 {
    let count = flows.len() as f32;
    // The break itself is no evidence for itself.
    let others = (count - 1.0).max(0.0);
    let likelihood = |flow: f32, share: f32| (share * flow.exp() + 1.0 - share).ln();
    let cut: f32 = flows.iter().map(|&f| likelihood(f, CUT_ENDS) - likelihood(f, 1.0 - CUT_ENDS)).sum();
    // A join is worth what a cut is on the average: a nat.
    let free = probability(log_odds(FREE) - cut * others / count.max(1.0) - joined);
    let ends = others * scale;
    let left_out = (ends + LEFT_OUT_ENDS * LEFT_OUT) / (ends + stopped + LEFT_OUT_ENDS);
    let unstopped = free * left_out + (1.0 - free) * UNSTOPPED;
    (unstopped / UNSTOPPED).ln().max(0.0)
}

/// The share of cuts among the open breaks of a document: where few are known, mostly a guess.
fn share(cuts: f32, open: usize) -> f32 {
    (cuts + GUESS * RARE) / (open as f32 + GUESS)
}

fn log_odds(probability: f32) -> f32 {
    (probability / (1.0 - probability)).ln()
}

/// Whether a line may be a heading: as short as one, with few commas, and no statement ends in it.
fn may_be_heading(line: &str) -> bool {
    const PAUSES: usize = 2;
    let states = |c: char| is_stop(c) && !matches!(c, '！' | '!' | '？' | '?') || matches!(c, '；' | ';');
    line.chars().nth(HEADING).is_none()
        && !line.ends_with(is_pause)
        && !line.contains(states)
        && line.matches(is_pause).nth(PAUSES).is_none()
}

/// Whether a text, read from a break on, is so long that prose would have a mark in it, and has none: names
/// without end.
fn is_unmarked(chars: impl Iterator<Item = char>) -> bool {
    let mut seen = 0;
    chars.take(2 * PROSE).inspect(|_| seen += 1).all(|c| !ends_clause(c)) && seen >= PROSE
}

/// Whether the text beside a break has more Han characters than Latin letters: what is known of breaks
/// holds for Chinese.
fn is_chinese(chars: impl Iterator<Item = char>) -> bool {
    const NEAR: usize = 40;
    let (mut han, mut latin) = (0, 0);
    for c in chars.take(NEAR) {
        han += usize::from(is_han(c));
        latin += usize::from(c.is_ascii_alphabetic());
        if 2 * han > NEAR {
            return true;
        }
    }
    han > latin
}

/// Whether nothing stands between two texts when they are joined: only half-width words take a space, and
/// digits on both sides are one number.
#[must_use]
pub(crate) fn joins_without_space(left: &str, right: &str) -> bool {
    let (Some(last), Some(first)) = (left.chars().next_back(), right.chars().next()) else { return true };
    let narrow = |c: char| !is_han(c) && c.is_alphanumeric() && !matches!(c, '\u{ff01}'..='\u{ff5e}');
    !(narrow(last) && narrow(first)) || last.is_ascii_digit() && first.is_ascii_digit()
}
