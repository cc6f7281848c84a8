//! Searches for the bytes that a page with shifted bytes was made of; what [`shift`](super::shift) repairs
//! with. A beam search over the page's tokens: each state knows the bytes so far, whether the last one is a
//! lead byte that waits for its trail, and how likely its text is.

use std::collections::HashMap;
use std::mem;
use std::rc::Rc;

use super::gbk::{UNASSIGNED, char_of, is_lead, is_private, is_user_defined};
use super::glossed::Glossed;
use super::likelihood::{CharFacts, Likelihood, Pairs};
use super::page::{Kind, Token, is_trigger, split_mark};
use crate::chars::{closing_of, is_closing, is_full_alnum, is_han, is_opening, is_stop};
use crate::lexicon::ngram;
use crate::lexicon::readings::{self, Syllable};
use crate::lexicon::{script, words};

/// States that are kept at each token, of those in step with the page and of those out of step.
const BEAM: usize = 40;
/// States that may gather before the best of them are picked.
const CROWD: usize = 4 * BEAM;
/// Readings that are compared by their words.
pub(super) const READINGS: usize = 48;
/// States that differ only in what lies behind their last two characters.
const ALIKE: usize = 12;
/// States that pairs may have vanished behind.
const VANISHING: usize = 4;
/// Characters behind a repair that its likelihood is judged by.
const CONTEXT: usize = 3;
/// How far a hypothesis may lie behind the best, in nats, to be followed to its end.
const BEHIND: f32 = 12.0;
/// How far one may lie behind to be followed at all.
const HOPELESS: f32 = 25.0;
/// Longest stretch of tokens that is searched at once.
const LONGEST: usize = 300;

/// Log-probabilities of what the n-gram knows nothing of.
mod prior {
    /// A `?` before a syllable and a bracket that somebody meant.
    pub(super) const LITERAL_BROKEN: f32 = -14.0;
    /// A mark that a split found between two characters.
    pub(super) const FALSE_MARK: f32 = -5.0;
    /// The same where the document is known to be damaged.
    pub(super) const FALSE_MARK_IN_DAMAGE: f32 = -2.0;
    /// An ASCII character that went with the byte before it.
    pub(super) const EATEN: f32 = -4.0;
    /// Two bytes that are no character.
    pub(super) const UNASSIGNED: f32 = -6.0;
    /// A pair of a user-defined area that was dropped.
    pub(super) const VANISHED: f32 = -2.0;
    /// A byte that was lost without a trace at the end of a piece.
    pub(super) const SILENT: f32 = -6.0;
    /// A full-width mark that is half-width on the page.
    pub(super) const NARROWED: f32 = -1.0;
    /// Brackets behind a character that hold no reading of it.
    pub(super) const MEANT: f32 = -2.0;
    /// A character of the other script.
    pub(super) const OTHER_SCRIPT: f32 = -5.0;
    /// A digit or letter of full width, where the document has none.
    pub(super) const OTHER_WIDTH: f32 = -6.0;
    /// An opening bracket, or a closing one, without its partner.
    pub(super) const UNPAIRED: [f32; 2] = [-4.0, -6.0];
    /// A quotation of so many characters at most that ends with a full stop, or with none; what those above 14 are
    /// that end with one.
    pub(super) const QUOTED: [(usize, [f32; 2]); 2] = [(7, [-4.0, 0.2]), (14, [-0.7, 0.1])];
    pub(super) const QUOTED_LONG: [f32; 2] = [1.0, -0.8];
    /// A quotation mark of a shape that the document has nowhere.
    pub(super) const OTHER_QUOTES: f32 = -4.0;
    /// A full-width blank at the start of a line.
    pub(super) const INDENT: f32 = -2.0;
    /// A whole character lost with its gloss's bracket.
    pub(super) const WHOLE: f32 = -6.0;
}

/// A step of a repair, in the order of the bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Step {
    /// A character of the repair.
    Char(char),
    /// A gloss of the page, by its token, behind these two bytes; whether the second is the lead byte of the
    /// next character.
    Gloss(usize, [u8; 2], bool),
    /// A false mark, by its token, behind the lead byte of the next character.
    Split(usize),
    /// Something was lost that no trace tells of.
    Guess,
    /// A pair of a user-defined area was dropped.
    Vanished,
}

/// A stretch of the page and what it was.
#[derive(Clone, Debug)]
pub(super) struct Run {
    /// Tokens of the page.
    pub(super) tokens: std::ops::Range<usize>,
    /// The repair.
    pub(super) steps: Vec<Step>,
}

impl Run {
    /// The repaired text.
    pub(super) fn text(&self) -> String {
        self.steps
            .iter()
            .filter_map(|step| match step {
                Step::Char(c) => Some(*c),
                _ => None,
            })
            .collect()
    }
}

/// One reading of a stretch of the page.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub(super) runs: Vec<Run>,
    /// Log-probability.
    pub(super) score: f32,
    /// The log-probability of its least likely character.
    pub(super) worst: f32,
}

/// What the search goes by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Knowledge<'a> {
    pub(super) glossed: &'a Glossed,
    pub(super) likelihood: &'a Likelihood,
    /// Whether the document is in Traditional script.
    pub(super) traditional: bool,
    /// Whether the document is known to be damaged so.
    pub(super) damaged: bool,
    /// Whether the document has digits and letters of full width.
    pub(super) full_width: bool,
    /// Whether the document has quotation marks of Traditional text.
    pub(super) corner_quotes: bool,
    /// Log-probability of a line that ends in the middle of a sentence.
    pub(super) broken_line: f32,
    /// Whether to look for pairs that were dropped.
    pub(super) vanished: bool,
    /// Whether to look for bytes that were lost without a trace.
    pub(super) deep: bool,
}

/// The end of a list of steps or of runs.
const NONE: u32 = u32::MAX;

/// A hypothesis: what the bytes up to here were.
#[derive(Clone, Copy, Debug)]
struct State {
    score: f32,
    /// The log-probability of its least likely character.
    worst: f32,
    /// The last two characters, as symbols of the n-gram.
    history: [Option<u16>; 2],
    /// The last character, folded.
    last: char,
    /// The last two bytes.
    bytes: [u8; 2],
    /// The last byte is a lead byte that waits for its trail.
    pending: bool,
    /// The last step, in the search's list.
    step: u32,
    /// The last finished run, in the search's list.
    runs: u32,
    /// Where the open run began: token and step.
    open: (u32, u32),
    /// Token behind the last run, or behind the last trigger that was read as it stands.
    since: u32,
}

#[derive(Clone, Copy, Debug)]
struct FinishedRun {
    before: u32,
    tokens: (u32, u32),
    /// Steps behind the first, up to the second, backwards.
    steps: (u32, u32),
}

/// The readings of the page from the trigger at token `start` on, likeliest first, and the token behind the
/// stretch that they read.
pub(super) fn search(
    tokens: &[Token<'_>],
    start: usize,
    knowledge: Knowledge<'_>,
    memory: &mut Memory,
) -> (Vec<Reading>, usize) {
    let search = Search {
        tokens,
        know: knowledge,
        steps: mem::take(&mut memory.steps),
        runs: mem::take(&mut memory.runs),
        next: Vec::new(),
        ahead: Vec::new(),
        floor: [f32::NEG_INFINITY; 2],
        glossed: None,
        candidates: Vec::new(),
        memory,
    };
    search.run(start)
}

struct Search<'a, 't> {
    tokens: &'a [Token<'t>],
    know: Knowledge<'a>,
    /// Each with the step before it.
    steps: Vec<(u32, Step)>,
    runs: Vec<FinishedRun>,
    /// States behind the token that is being read, and those that have read the one after it too.
    next: Vec<State>,
    ahead: Vec<State>,
    /// Scores below which no state of either kind will be among `next`.
    floor: [f32; 2],
    /// The token and the last byte that `candidates` is for.
    glossed: Option<(usize, u8)>,
    /// Bytes that make a character with the reading of the gloss, each with its prior.
    candidates: Vec<(u8, f32)>,
    memory: &'a mut Memory,
}

/// What the searches of a page share. Holds for one page: what is likely depends on what it has elsewhere.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// By what comes before: the trail bytes of an open character, with the character and how likely it is.
    trails: HashMap<Before, Trails>,
    /// Empty lists that need not grow again.
    steps: Vec<(u32, Step)>,
    runs: Vec<FinishedRun>,
}

impl Memory {
    /// Contexts that are kept; some kilobytes each.
    const TRAILS: usize = 1024;
}

/// Trail bytes, each with the character that it makes and how likely that is.
type Trails = Rc<[(f32, u8, char)]>;

/// What the likelihood of an open character depends on: the characters before it and its lead byte.
type Before = ([Option<u16>; 2], char, u8);

impl Search<'_, '_> {
    fn run(mut self, start: usize) -> (Vec<Reading>, usize) {
        let mut at = start;
        let mut beam = vec![self.first(start)];
        while at < self.tokens.len() {
            let best = beam.iter().filter(|state| !state.pending).max_by(|a, b| a.score.total_cmp(&b.score));
            let is_done = best.is_some_and(|best| {
                at >= best.since as usize + CONTEXT
                    && !(at..self.tokens.len().min(at + CONTEXT)).any(|i| is_trigger(self.tokens, i))
                    && beam.iter().all(|state| !state.pending || state.score < best.score - BEHIND)
            });
            if is_done || beam.is_empty() || at - start > LONGEST {
                break;
            }
            self.next = mem::take(&mut self.ahead);
            self.floor = [f32::NEG_INFINITY; 2];
            for state in beam.drain(..) {
                self.read(state, at);
            }
            mem::swap(&mut beam, &mut self.next);
            at += 1;
            prune(&mut beam);
            if self.know.vanished {
                self.vanish(&mut beam, at);
            }
        }
        let mut ends: Vec<State> = beam.into_iter().filter(|state| !state.pending).collect();
        if at == self.tokens.len() {
            // A comma may be what a full stop is not there.
            for state in &mut ends {
                let [a, b] = state.history;
                let model = self.know.likelihood.model;
                state.score += model.log_prob_ids(a, b, model.id(ngram::BREAK));
                if !may_end_paragraph(state.last) {
                    state.score += self.know.broken_line;
                }
            }
        }
        ends.sort_unstable_by(|a, b| b.score.total_cmp(&a.score));
        let best_score = ends.first().map_or(0.0, |best| best.score);
        ends.truncate(READINGS);
        ends.retain(|end| end.score > best_score - BEHIND);
        let mut readings: Vec<Reading> = ends.iter().map(|state| self.reading(state)).collect();
        for reading in &mut readings {
            reading.score += self.in_context(start, at, reading);
        }
        readings.sort_by(|a, b| b.score.total_cmp(&a.score));
        self.steps.clear();
        self.runs.clear();
        (self.memory.steps, self.memory.runs) = (self.steps, self.runs);
        (readings, at)
    }

    fn first(&self, start: usize) -> State {
        let mut before = self.tokens[..start].iter().rev().filter(|t| !matches!(t.kind, Kind::Gloss(_)));
        let (b, a) = (before.next(), before.next());
        let bytes = match b.map(|t| t.kind) {
            Some(Kind::Pair(pair)) => pair,
            Some(Kind::Ascii(byte)) => [0, byte],
            _ => [0; 2],
        };
        let folded = |token: Option<&Token<'_>>| token.map_or(ngram::BREAK, |t| fold(t.first));
        let symbol = |token| self.know.likelihood.model.id(folded(token));
        State {
            score: 0.0,
            worst: 0.0,
            history: [symbol(a), symbol(b)],
            last: folded(b),
            bytes,
            pending: false,
            step: NONE,
            runs: NONE,
            open: (NONE, NONE),
            since: start as u32,
        }
    }

    /// Reads the token at `at` in every way there is.
    fn read(&mut self, state: State, at: usize) {
        let token = self.tokens[at];
        match token.kind {
            Kind::Pair(pair) => {
                if let Some(state) = self.bytes(state, pair, at) {
                    self.push(state, at, at + 1);
                }
                if state.pending && self.know.deep && split_mark(&token).is_some() {
                    self.lose_trail(state, at, at, prior::SILENT);
                }
            }
            Kind::Ascii(byte) => {
                if let Some(state) = self.byte(state, byte, at) {
                    self.push(state, at, at + 1);
                }
                if state.pending
                    && self.know.damaged
                    && (0x21..0x7f).contains(&byte)
                    && let Some(state) = self.bytes(state, [0xa3, byte | 0x80], at)
                {
                    self.push(penalised(state, prior::NARROWED), at, at + 1);
                }
                if state.pending && split_mark(&token).is_some() && self.know.deep {
                    self.lose_trail(state, at, at, prior::SILENT);
                }
            }
            Kind::Gloss(syllable) => self.gloss(state, at, syllable),
            Kind::Broken(syllable) => self.broken(state, at, syllable),
            Kind::Lost => self.lost(state, at),
            Kind::Other => {
                if !state.pending {
                    let state = self.emit(state, token.first);
                    self.push(state, at, at + 1);
                }
            }
        }
    }

    /// A gloss whose brackets are whole has shifted nothing: the bytes go on.
    fn gloss(&mut self, state: State, at: usize, syllable: &str) {
        let [a, b] = state.bytes;
        let fits = char_of(a, b).filter(|&c| readings::is_reading(c, syllable));
        if fits.is_some() || (!state.pending && !self.know.damaged) {
            let in_run = state.pending || state.since == at as u32;
            let prior = fits.filter(|_| in_run).and_then(|c| self.know.glossed.prior(c, syllable));
            let state = penalised(state, prior.unwrap_or(0.0));
            let state = self.step(state, Step::Gloss(at, state.bytes, state.pending));
            self.push(state, at, at + 1);
        } else if !state.pending {
            // Brackets that somebody meant.
            self.push(penalised(state, prior::MEANT), at, at + 1);
        }
    }

    /// The byte under the `?` makes, with the byte before it, the character that is glossed.
    fn broken(&mut self, state: State, at: usize, syllable: &str) {
        let last = state.bytes[1];
        if self.glossed.is_none_or(|key| key != (at, last)) {
            self.glossed = Some((at, last));
            self.candidates.clear();
            let parsed = Syllable::parse(syllable);
            for byte in 0x40..=0xfe {
                let is_read = |&c: &char| parsed.as_ref().is_some_and(|s| readings::is_read_as(c, s));
                let glossed = char_of(last, byte).filter(is_read);
                if let Some(penalty) = glossed.and_then(|c| self.know.glossed.prior(c, syllable)) {
                    self.candidates.push((byte, penalty));
                }
            }
        }
        for i in 0..self.candidates.len() {
            let (byte, penalty) = self.candidates[i];
            if !state.pending && !is_lead(byte) {
                continue;
            }
            if let Some(state) = self.byte(penalised(state, penalty), byte, at) {
                let state = self.step(state, Step::Gloss(at, state.bytes, state.pending));
                self.push(state, at, at + 1);
            }
        }
        if !state.pending {
            if self.know.deep {
                let whole: Vec<char> = self.know.glossed.table().read_as(syllable).collect();
                for glossed in whole {
                    let state = self.open(penalised(state, prior::WHOLE), at);
                    let state = self.step(state, Step::Guess);
                    let state = self.emit(state, glossed);
                    self.push(state, at, at + 1);
                }
            }
            let literal = State { since: at as u32 + 1, ..penalised(state, prior::LITERAL_BROKEN) };
            self.keep(literal);
        }
    }

    /// A `?` that no gloss explains.
    fn lost(&mut self, state: State, at: usize) {
        let next = self.tokens.get(at + 1);
        let mark = next.and_then(split_mark);
        if state.pending {
            // The trail byte, left alone where the text was split or ended.
            let penalty = if next.is_none() || mark.is_some() { 0.0 } else { prior::EATEN };
            self.lose_trail(state, at, at + 1, penalty);
            if self.tokens[at].first != '\u{fffd}'
                && let Some(state) = self.bytes(state, [0xa3, 0xbf], at)
            {
                let narrowed = self.tokens[at].first == '?';
                self.push(penalised(state, if narrowed { prior::NARROWED } else { 0.0 }), at, at + 1);
            }
            self.unassigned(state, at);
            return;
        }
        // The mark was found where one character ends and the next begins.
        if let Some([first, second]) = mark {
            let penalty = if self.know.damaged { prior::FALSE_MARK_IN_DAMAGE } else { prior::FALSE_MARK };
            let split = self.open(penalised(state, penalty), at);
            let split = self.step(split, Step::Split(at + 1));
            let chars: Vec<_> = self.likely_pairs(&split, self.know.likelihood.with_trail(first)).collect();
            for (likely, _, c) in chars {
                let state = self.emit_as(split, c, likely);
                self.ahead.push(State { bytes: [first, second], pending: true, ..state });
            }
        }
        let state = self.emit(state, '？');
        self.keep(State { since: at as u32 + 1, ..state });
    }

    /// The trail byte of the character that is open was lost at token `at`; the text goes on at `to`.
    fn lose_trail(&mut self, state: State, at: usize, to: usize, penalty: f32) {
        let lead = state.bytes[1];
        let is_eaten = to > at && penalty < 0.0;
        let state = penalised(state, penalty);
        if state.score < self.floor[0] {
            return;
        }
        for &(likely, trail, c) in &*self.trails(&state) {
            if state.score + likely < self.floor[0] {
                continue;
            }
            let state = if penalty < 0.0 { self.step(state, Step::Guess) } else { state };
            let mut state = self.emit_as(state, c, likely);
            state.bytes = [lead, trail];
            state.pending = false;
            if is_eaten {
                state = self.step(state, Step::Char('?'));
            }
            // Read at the same token again where the loss left no trace.
            if to == at {
                let state = self.close(state, at);
                self.read(state, at);
            } else {
                self.push(state, at, to);
            }
        }
    }

    /// The trail bytes that make a character with a state's open lead byte, the likeliest before the others.
    fn trails(&mut self, state: &State) -> Trails {
        let lead = state.bytes[1];
        let key = (state.history, state.last, lead);
        if let Some(known) = self.memory.trails.get(&key) {
            return Rc::clone(known);
        }
        let mut trails: Vec<(f32, u8, char)> =
            self.likely_pairs(state, self.know.likelihood.with_lead(lead)).collect();
        let likelier = |a: &(f32, u8, char), b: &(f32, u8, char)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        // The best set the floor that most of the others lie below; their order means nothing.
        if trails.len() > BEAM {
            trails.select_nth_unstable_by(BEAM, likelier);
            trails[..BEAM].sort_unstable_by(likelier);
        }
        let trails = Trails::from(trails);
        if self.memory.trails.len() == Memory::TRAILS {
            self.memory.trails.clear();
        }
        self.memory.trails.insert(key, Rc::clone(&trails));
        trails
    }

    /// Two bytes that are no character became one `?`.
    fn unassigned(&mut self, state: State, at: usize) {
        let state = penalised(state, prior::UNASSIGNED);
        if state.score < self.floor[1] {
            return;
        }
        for &(likely, trail, c) in &*self.trails(&state) {
            if state.score + likely < self.floor[1] {
                continue;
            }
            let from = UNASSIGNED.partition_point(|&(lead, _)| lead < trail);
            for &(_, next) in UNASSIGNED[from..].iter().take_while(|&&(lead, _)| lead == trail) {
                let state = self.step(state, Step::Guess);
                let mut state = self.emit_as(state, c, likely);
                state.bytes = [trail, next];
                self.push(state, at, at + 1);
            }
        }
    }

    /// Pairs of the user-defined areas that were dropped from a shifted run before token `at`.
    fn vanish(&mut self, beam: &mut Vec<State>, at: usize) {
        let next = match self.tokens.get(at).map(|token| token.kind) {
            Some(Kind::Pair([byte, _]) | Kind::Ascii(byte)) => byte,
            _ => return,
        };
        let best = beam.iter().map(|state| state.score).fold(f32::NEG_INFINITY, f32::max);
        let mut pending: Vec<State> = beam.iter().copied().filter(|state| state.pending).collect();
        pending.retain(|state| state.score > best - BEHIND);
        pending.sort_unstable_by(|a, b| b.score.total_cmp(&a.score));
        pending.truncate(VANISHING);
        for state in pending {
            let is_first = |trail: u8| matches!(trail, 0xa1..=0xa7 | 0xaa..=0xaf | 0xf8..=0xfe);
            let trails = self.trails(&state);
            let mut firsts: Vec<_> =
                trails.iter().copied().filter(|&(_, trail, _)| is_first(trail)).collect();
            firsts.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
            firsts.truncate(VANISHING);
            let firsts: Vec<State> = firsts
                .into_iter()
                .map(|(likely, trail, c)| {
                    let state = self.step(penalised(state, prior::VANISHED), Step::Vanished);
                    State { bytes: [trail, 0], ..self.emit_as(state, c, likely) }
                })
                .collect();
            // The lead byte that goes with it is chosen by the character that it makes with the next byte.
            let mut leads: Vec<(f32, u8, usize)> = Vec::new();
            for (i, state) in firsts.iter().enumerate() {
                let likely = self.likely_pairs(state, self.know.likelihood.with_trail(next));
                let possible = likely.filter(|&(_, lead, _)| is_user_defined(state.bytes[0], lead));
                leads.extend(possible.map(|(likely, lead, _)| (state.score + likely, lead, i)));
            }
            if leads.len() > BEAM {
                leads.select_nth_unstable_by(BEAM, |a, b| b.0.total_cmp(&a.0));
                leads.truncate(BEAM);
            }
            beam.extend(leads.into_iter().map(|(_, lead, i)| {
                let first = firsts[i];
                State { bytes: [first.bytes[0], lead], ..first }
            }));
        }
    }

    /// Reads two bytes.
    fn bytes(&mut self, state: State, [first, second]: [u8; 2], at: usize) -> Option<State> {
        let state = self.byte(state, first, at)?;
        self.byte(state, second, at)
    }

    /// Reads a byte; `None` if it cannot stand there.
    fn byte(&mut self, mut state: State, byte: u8, at: usize) -> Option<State> {
        let last = state.bytes[1];
        state.bytes = [last, byte];
        if state.pending {
            let c = char_of(last, byte).filter(|&c| !is_private(c))?;
            state.pending = false;
            return Some(self.emit(state, c));
        }
        if byte <= 0x80 {
            return Some(self.emit(state, if byte == 0x80 { '€' } else { byte as char }));
        }
        state = self.open(state, at);
        state.pending = true;
        Some(state)
    }

    /// Opens a run at token `at` if none is open.
    fn open(&self, mut state: State, at: usize) -> State {
        if state.open.0 == NONE {
            state.open = (at as u32, state.step);
        }
        state
    }

    /// Ends the open run before token `end`.
    fn close(&mut self, mut state: State, end: usize) -> State {
        if state.open.0 != NONE {
            let tokens = (state.open.0, end as u32);
            self.runs.push(FinishedRun { before: state.runs, tokens, steps: (state.open.1, state.step) });
            state.runs = self.runs.len() as u32 - 1;
            state.open = (NONE, NONE);
            state.since = end as u32;
        }
        state
    }

    /// Puts a state behind the token that is being read.
    fn keep(&mut self, state: State) {
        if state.score < self.floor[usize::from(state.pending)] {
            return;
        }
        self.next.push(state);
        if self.next.len() >= CROWD {
            self.floor = prune(&mut self.next);
        }
    }

    /// Ends the run of a state that has read token `at` and is at token `to`, and puts it there.
    fn push(&mut self, mut state: State, at: usize, to: usize) {
        if !state.pending && state.open.0 != NONE {
            // A whole character of the page is no run.
            if state.open.0 as usize == at && matches!(self.tokens[at].kind, Kind::Pair(_)) {
                state.open = (NONE, NONE);
            } else {
                state = self.close(state, to);
            }
        }
        self.keep(state);
    }

    /// Adds a character to the text.
    fn emit(&mut self, state: State, c: char) -> State {
        let likely = self.likely(&state, c);
        self.emit_as(state, c, likely)
    }

    /// Adds a character that is so likely to the text.
    fn emit_as(&mut self, mut state: State, c: char, likely: f32) -> State {
        let facts = self.know.likelihood.of(c);
        state.score += likely;
        state.worst = state.worst.min(likely);
        if !facts.goes_on(state.last) {
            state.history = [state.history[1], facts.symbol];
            state.last = facts.folded;
        }
        self.step(state, Step::Char(c))
    }

    /// How likely a character is behind a state's text, with runs of digits, letters and blanks as one.
    fn likely(&self, state: &State, c: char) -> f32 {
        let facts = self.know.likelihood.of(c);
        let [a, b] = state.history;
        self.likely_at(state, c, &facts, || self.know.likelihood.model.log_prob_ids(a, b, facts.symbol))
    }

    /// How likely each character of some pairs is behind a state's text, with the pair's other byte.
    fn likely_pairs<'p>(&self, state: &State, pairs: &'p Pairs) -> impl Iterator<Item = (f32, u8, char)> {
        let [a, b] = state.history;
        let logs =
            self.know.likelihood.model.log_probs_ids(a, b, pairs.iter().map(|(.., facts)| facts.symbol));
        let likely = |(&(byte, c, ref facts), log): (&'p (u8, char, CharFacts), f32)| {
            (self.likely_at(state, c, facts, || log), byte, c)
        };
        pairs.iter().zip(logs).map(likely)
    }

    /// The same, where the n-gram's own `log` is at hand.
    fn likely_at(&self, state: &State, c: char, facts: &CharFacts, log: impl FnOnce() -> f32) -> f32 {
        if facts.goes_on(state.last) {
            0.0
        } else if c == '\u{3000}' && matches!(state.last, ngram::BREAK | ' ') {
            // The n-gram was counted without the blanks that indent paragraphs.
            prior::INDENT
        } else {
            self.log_prob_of(c, facts, log())
        }
    }

    /// How likely a character is where the n-gram says `log`.
    fn log_prob_of(&self, c: char, facts: &CharFacts, log: f32) -> f32 {
        let is_foreign = if self.know.traditional { facts.is_simplified } else { facts.is_traditional };
        log.max(facts.frequency)
            + facts.rarity
            + if is_foreign { prior::OTHER_SCRIPT } else { 0.0 }
            + facts.variant
            + if is_corner_quote(c) && !self.know.corner_quotes { prior::OTHER_QUOTES } else { 0.0 }
            + if is_full_alnum(c) && !self.know.full_width { prior::OTHER_WIDTH } else { 0.0 }
    }

    fn step(&mut self, mut state: State, step: Step) -> State {
        self.steps.push((state.step, step));
        state.step = self.steps.len() as u32 - 1;
        state
    }

    fn reading(&self, state: &State) -> Reading {
        let mut runs = Vec::new();
        let mut at = state.runs;
        while let Some(run) = self.runs.get(at as usize) {
            let mut steps = Vec::new();
            let mut step = run.steps.1;
            while step != run.steps.0 {
                let (before, this) = self.steps[step as usize];
                steps.push(this);
                step = before;
            }
            steps.reverse();
            runs.push(Run { tokens: run.tokens.0 as usize..run.tokens.1 as usize, steps });
            at = run.before;
        }
        runs.reverse();
        Reading { runs, score: state.score, worst: state.worst }
    }

    /// How likely a reading makes the text around it: its words, its brackets and quotations.
    fn in_context(&self, start: usize, end: usize, reading: &Reading) -> f32 {
        /// The word list's say, beside the n-gram's.
        const SHARE: f32 = 0.8;
        /// Tokens on each side whose words and whose brackets are looked at.
        const WORDS: usize = 8;
        const BRACKETS: usize = 200;
        let text = self.text(start.saturating_sub(WORDS)..end, reading);
        let around = start.saturating_sub(BRACKETS)..self.tokens.len().min(end + BRACKETS);
        let marks = marks(&self.text(around, reading));
        let unglossed: f32 = reading.runs.iter().map(|run| self.unglossed(run)).sum();
        marks - SHARE * cost(&text) + unglossed
    }

    /// How likely it is that the page left out the glosses which a run lacks.
    fn unglossed(&self, run: &Run) -> f32 {
        let due = run.steps.iter().enumerate().filter_map(|(i, step)| {
            // A gloss or a split between its bytes came first.
            let parted = i > 0 && matches!(run.steps[i - 1], Step::Gloss(_, _, true) | Step::Split(_));
            match (step, run.steps.get(i + 1)?) {
                (Step::Char(c), next) if !parted && !matches!(next, Step::Gloss(..)) => {
                    Some(self.know.glossed.left_out(*c))
                }
                _ => None,
            }
        });
        due.sum()
    }

    /// The text of some tokens, as a reading has it, without its glosses.
    fn text(&self, tokens: std::ops::Range<usize>, reading: &Reading) -> String {
        let mut text = String::new();
        let mut at = tokens.start;
        let plain = |text: &mut String, tokens: &[Token<'_>]| {
            text.extend(tokens.iter().filter(|t| !matches!(t.kind, Kind::Gloss(_))).map(|t| t.first));
        };
        for run in &reading.runs {
            plain(&mut text, &self.tokens[at..run.tokens.start]);
            text.push_str(&run.text());
            at = run.tokens.end;
        }
        plain(&mut text, &self.tokens[at..tokens.end.max(at)]);
        text
    }
}

/// What the words of a text cost, in nats.
fn cost(text: &str) -> f32 {
    /// What a character costs that words are not made of.
    const OTHER: f32 = 4.0;
    let text = script::simplified_text(text);
    let words = words::shipped();
    text.split_inclusive(|c| !is_han(c))
        .map(|part| match part.chars().next_back().filter(|&c| !is_han(c)) {
            Some(other) => words.cost(&part[..part.len() - other.len_utf8()]) + OTHER,
            None => words.cost(part),
        })
        .sum()
}

/// Whether a paragraph may end with a character: with a word, a stop or what closes.
fn may_end_paragraph(c: char) -> bool {
    c.is_alphanumeric() || is_closing(c) || is_stop(c) || matches!(c, '：' | '；' | '—' | '％' | '．')
}

/// How likely a text's brackets and quotation marks are: pairs, and sentences in quotation marks if they are long.
fn marks(text: &str) -> f32 {
    let mut open: Vec<(char, usize)> = Vec::new();
    let [opening, closing] = prior::UNPAIRED;
    let (mut likely, mut last) = (0.0, ' ');
    for (i, c) in text.chars().enumerate() {
        if is_opening(c) {
            open.push((c, i));
        } else if is_closing(c) {
            match open.last() {
                Some(&(partner, at)) if closing_of(partner) == Some(c) => {
                    if matches!(c, '”' | '』' | '」') {
                        let shorter = prior::QUOTED.iter().find(|(most, _)| i - at - 1 <= *most);
                        let [stop, none] = shorter.map_or(prior::QUOTED_LONG, |(_, likely)| *likely);
                        likely += if last == '。' { stop } else { none };
                    }
                    open.pop();
                }
                _ => likely += closing,
            }
        }
        last = c;
    }
    likely + opening * open.len() as f32
}

/// Whether `c` is a quotation mark as Traditional text has them.
pub(super) const fn is_corner_quote(c: char) -> bool {
    matches!(c, '「' | '」' | '『' | '』')
}

fn penalised(mut state: State, penalty: f32) -> State {
    state.score += penalty;
    state
}

fn fold(c: char) -> char {
    ngram::fold(script::simplified(c))
}

/// Keeps the best states of either kind, and of those that will go on alike only a few. Returns, for either
/// kind, the score below which one more state would not be kept.
fn prune(beam: &mut Vec<State>) -> [f32; 2] {
    let best = beam.iter().map(|state| state.score).fold(f32::NEG_INFINITY, f32::max);
    let mut floor = [best - HOPELESS; 2];
    if beam.len() <= ALIKE {
        return floor;
    }
    // Likeliest first; what is sorted is small.
    let mut order: Vec<(f32, u32)> = (0..).zip(&*beam).map(|(i, state)| (state.score, i)).collect();
    order.retain(|&(score, _)| score > best - HOPELESS);
    order.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut kept = [0; 2];
    let mut alike: Vec<([Option<u16>; 2], u8, bool, usize)> = Vec::with_capacity(2 * BEAM);
    order.retain(|&(score, i)| {
        let state = &beam[i as usize];
        let kind = usize::from(state.pending);
        if kept[kind] == BEAM {
            return false;
        }
        let key = (state.history, state.bytes[1], state.pending);
        match alike.iter_mut().find(|other| (other.0, other.1, other.2) == key) {
            Some(other) if other.3 == ALIKE => return false,
            Some(other) => other.3 += 1,
            None => alike.push((key.0, key.1, key.2, 1)),
        }
        kept[kind] += 1;
        if kept[kind] == BEAM {
            floor[kind] = score;
        }
        true
    });
    *beam = order.iter().map(|&(_, i)| beam[i as usize]).collect();
    floor
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_quotations_are_no_sentences() {
        assert!(marks("他說“來。”了") < marks("他說“來福”了"));
        let long = |end| marks(&format!("他說“{}{end}”", "來".repeat(20)));
        assert!(long('。') > long('福'));
        assert!(marks("他說”") < marks("他說“") && marks("他說“") < marks("他說"));
    }
}
