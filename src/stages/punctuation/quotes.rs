//! Straight quotes, made “ ” and ‘ ’.
//!
//! A straight quote does not say whether it opens or closes. Its neighbours do, more or less, and so do the
//! quotes around it, since opening and closing ones alternate. The cheapest reading of all quotes is looked
//! for, within a line and over the lines that a quotation runs on; a quote that another reading would turn
//! round at little more cost is left alone and reported.

use super::prose::{Prose, Side};
use crate::chars::{cannot_begin, is_digit, is_han, is_opening, is_terminated};
use crate::edit::Span;
use crate::pipeline::Proposals;
use crate::rules::RuleId;

/// What the reading of a text costs for each thing in it that is not as it should be.
mod cost {
    /// An opening quote inside a quotation, or a closing one outside: one was lost.
    pub(super) const LOST: f32 = 3.0;
    /// A quotation that ends with its line without a closing quote, as all but the last paragraph of a
    /// long quotation do.
    pub(super) const UNCLOSED: f32 = 2.0;
    /// A quotation that goes on in the next line, where that is the next paragraph.
    pub(super) const NEXT_PARAGRAPH: f32 = 2.5;
    /// The same where the line is merely wrapped.
    pub(super) const NEXT_LINE: f32 = 0.5;
    /// A neighbour that does not stand on this side of such a quote.
    pub(super) const NEIGHBOUR: f32 = 4.0;
    /// A neighbour that is unlikely there.
    pub(super) const UNLIKELY: f32 = 1.0;
    /// A mark of feet, inches or minutes that is not read as one.
    pub(super) const MEASURE: f32 = 0.5;
    /// A quote that stands as opening or closing read otherwise.
    pub(super) const CURLY: f32 = 20.0;
    /// What cannot be.
    pub(super) const NEVER: f32 = 1e6;
    /// How much dearer the next best reading must be.
    pub(super) const MARGIN: f32 = 2.0;
}

/// A kind of quote.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    pub(super) straight: char,
    pub(super) opening: &'static str,
    pub(super) closing: &'static str,
}

/// Double quotes.
pub(super) const DOUBLE: Kind = Kind { straight: '"', opening: "“", closing: "”" };
/// Single quotes.
pub(super) const SINGLE: Kind = Kind { straight: '\'', opening: "‘", closing: "’" };

/// How a quote can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    Opens,
    Closes,
    /// An apostrophe, an inch.
    Other,
}

/// What is done with a quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    /// Nothing: it is no quote, or not Chinese.
    Left,
    /// It is reported.
    Doubtful,
    /// It becomes a quote of Chinese text.
    Taken,
}

/// A quote, or a line's end.
#[derive(Clone, Copy, Debug)]
enum Event {
    Quote {
        /// Byte offset in the text.
        at: usize,
        straight: bool,
        /// What each [`Reading`] costs.
        costs: [f32; 3],
        /// Whether its own neighbours are Chinese.
        chinese: bool,
    },
    /// What it costs a quotation to go on behind the line's end.
    LineEnd(f32),
}

/// The quotes of one kind in a text.
#[derive(Debug)]
pub(super) struct Quotes {
    kind: Kind,
    events: Vec<Event>,
    straight: usize,
}

impl Quotes {
    pub(super) fn new(kind: Kind) -> Self {
        Self { kind, events: Vec::new(), straight: 0 }
    }

    /// Takes the quotes of a line of prose.
    pub(super) fn take(&mut self, prose: &Prose<'_>) {
        let text = prose.text();
        let straight = self.kind.straight as u8;
        let curly = self.kind.opening.as_bytes()[0];
        for at in memchr::memchr2_iter(straight, curly, text.as_bytes()) {
            let rest = &text[at..];
            let costs = if rest.starts_with(self.kind.straight) {
                if prose.is_markup(at) {
                    continue;
                }
                self.straight += 1;
                costs(prose, at, self.kind)
            } else if rest.starts_with(self.kind.opening) {
                [0.0, cost::CURLY, cost::CURLY]
            } else if rest.starts_with(self.kind.closing) {
                // ’99 is a year.
                let year = rest.chars().nth(1).is_some_and(is_digit);
                [cost::CURLY, 0.0, if year { cost::MEASURE } else { cost::CURLY }]
            } else {
                continue;
            };
            let straight = rest.starts_with(self.kind.straight);
            let end = at + if straight { 1 } else { self.kind.opening.len() };
            let chinese = prose.before(at) == Side::Chinese || prose.after(end) == Side::Chinese;
            self.events.push(Event::Quote { at: prose.line.start + at, straight, costs, chinese });
        }
    }

    /// Ends a line; no quotation runs on behind one that is not prose.
    pub(super) fn end_line(&mut self, line: &str, is_prose: bool, wrapped: bool) {
        let goes_on = match (is_prose, wrapped) {
            (false, _) => cost::NEVER,
            (true, false) => cost::NEXT_PARAGRAPH,
            (true, true) if is_terminated(line) => cost::UNLIKELY,
            (true, true) => cost::NEXT_LINE,
        };
        match self.events.last_mut() {
            None => {}
            // Lines without quotes make a quotation no likelier to go on.
            Some(Event::LineEnd(cost)) => *cost = cost.max(goes_on),
            Some(Event::Quote { .. }) => self.events.push(Event::LineEnd(goes_on)),
        }
    }

    /// Proposes the quotes whose reading is certain, in pairs where they are paired, and reports the others.
    pub(super) fn finish(self, text: &str, out: &mut Proposals<'_>) {
        if self.straight == 0 {
            return;
        }
        let readings = read(&self.events);
        let verdicts = self.verdicts(text, &readings);
        for ((event, verdict), (reading, _)) in self.events.iter().zip(verdicts).zip(readings) {
            let Event::Quote { at, straight: true, .. } = *event else { continue };
            let span = Span::new(at, at + 1);
            match (verdict, reading) {
                (Verdict::Taken, Reading::Opens) => {
                    out.replace(span, self.kind.opening, RuleId::StraightQuote);
                }
                (Verdict::Taken, Reading::Closes) => {
                    out.replace(span, self.kind.closing, RuleId::StraightQuote);
                }
                // Single quotes have too many offices for a doubtful one to be worth a look.
                (Verdict::Doubtful, _) if self.kind.straight == '"' => {
                    out.report(span, RuleId::UnpairedQuote);
                }
                _ => {}
            }
        }
    }

    /// What is done with each event. A pair is taken or left as a whole.
    fn verdicts(&self, text: &str, readings: &[(Reading, f32)]) -> Vec<Verdict> {
        let mut verdicts = vec![Verdict::Left; self.events.len()];
        let alone = |i: usize, chinese| match readings[i].1 >= cost::MARGIN {
            true if chinese => Verdict::Taken,
            true => Verdict::Left,
            false => Verdict::Doubtful,
        };
        let mut open: Option<(usize, usize, bool)> = None;
        for (i, event) in self.events.iter().enumerate() {
            let Event::Quote { at, chinese, .. } = *event else { continue };
            match readings[i].0 {
                Reading::Opens => {
                    verdicts[i] = alone(i, chinese);
                    open = Some((i, at, chinese));
                }
                Reading::Closes => {
                    verdicts[i] = alone(i, chinese);
                    if let Some((start, from, before)) = open.take() {
                        let chinese = chinese || before || text[from..at].contains(is_han);
                        let pair = alone(start, chinese).min(alone(i, chinese));
                        (verdicts[start], verdicts[i]) = (pair, pair);
                    }
                }
                Reading::Other => {}
            }
        }
        verdicts
    }
}

/// What each reading of a straight quote costs, from the characters beside it.
fn costs(prose: &Prose<'_>, at: usize, kind: Kind) -> [f32; 3] {
    let (previous, next) = (prose.previous(at), prose.next(at + 1));
    let alone = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() && !is_han(c));
    let digit = |c: Option<char>| c.is_some_and(is_digit);
    if kind.straight == '\'' {
        // An apostrophe inside a word, a year written short, feet or minutes.
        if alone(previous) && alone(next) {
            return [cost::NEVER, cost::NEVER, 0.0];
        }
    }
    // At a wrap both neighbours are known, but the wrap itself is only probable.
    let (begins, ends) = (at == 0, at + 1 == prose.text().len());
    let opens = match next {
        None => cost::NEIGHBOUR,
        Some(c) if cannot_begin(c) || matches!(c, '.' | ']') => cost::NEIGHBOUR,
        Some(c) if c.is_whitespace() || ends => cost::UNLIKELY,
        _ => 0.0,
    };
    let closes = match previous {
        None | Some('：' | ':') => cost::NEIGHBOUR,
        Some(c) if is_opening(c) => cost::NEIGHBOUR,
        Some(c) if c.is_whitespace() || matches!(c, '，' | ',' | '、' | '；' | ';') || begins => {
            cost::UNLIKELY
        }
        _ => 0.0,
    };
    // A number in quotes is no measure, nor a digit in quotes a year.
    let number = prose.left(at).trim_end_matches(|c| digit(Some(c)) || matches!(c, '.' | '．' | '·'));
    let quoted = number.ends_with([kind.straight, '“', '‘']);
    let year = prose.right(at + 1).chars().take_while(|&c| digit(Some(c))).count() == 2;
    if kind.straight == '\'' && year {
        return [opens + cost::UNLIKELY, closes, 0.0];
    }
    let measure = !quoted && (digit(previous) || kind.straight == '\'' && alone(previous));
    [opens, closes, if measure { cost::MEASURE } else { cost::NEVER }]
}

/// The cheapest reading of each event, and how much dearer the next best one is.
fn read(events: &[Event]) -> Vec<(Reading, f32)> {
    const OUTSIDE: usize = 0;
    const INSIDE: usize = 1;
    // What each state costs from an event on, the last first.
    let mut ahead = vec![[0.0, cost::UNCLOSED]; events.len() + 1];
    for (i, event) in events.iter().enumerate().rev() {
        let next = ahead[i + 1];
        ahead[i] = match *event {
            Event::Quote { costs: [opens, closes, other], .. } => [OUTSIDE, INSIDE].map(|state| {
                let lost = |wrong| if state == wrong { cost::LOST } else { 0.0 };
                (lost(INSIDE) + opens + next[INSIDE])
                    .min(lost(OUTSIDE) + closes + next[OUTSIDE])
                    .min(other + next[state])
            }),
            Event::LineEnd(goes_on) => {
                [next[OUTSIDE], (cost::UNCLOSED + next[OUTSIDE]).min(goes_on + next[INSIDE])]
            }
        };
    }
    let mut behind = [0.0, cost::NEVER];
    let mut readings = Vec::with_capacity(events.len());
    for (event, next) in events.iter().zip(&ahead[1..]) {
        match *event {
            Event::Quote { costs: [opens, closes, other], .. } => {
                let opened = behind[OUTSIDE].min(behind[INSIDE] + cost::LOST) + opens;
                let closed = behind[INSIDE].min(behind[OUTSIDE] + cost::LOST) + closes;
                let kept = behind.map(|cost| cost + other);
                let mut totals = [
                    (opened + next[INSIDE], Reading::Opens),
                    (closed + next[OUTSIDE], Reading::Closes),
                    ((kept[OUTSIDE] + next[OUTSIDE]).min(kept[INSIDE] + next[INSIDE]), Reading::Other),
                ];
                totals.sort_by(|a, b| a.0.total_cmp(&b.0));
                readings.push((totals[0].1, totals[1].0 - totals[0].0));
                behind = [closed.min(kept[OUTSIDE]), opened.min(kept[INSIDE])];
            }
            Event::LineEnd(goes_on) => {
                readings.push((Reading::Other, 0.0));
                behind = [behind[OUTSIDE].min(behind[INSIDE] + cost::UNCLOSED), behind[INSIDE] + goes_on];
            }
        }
        // Costs are relative: kept small, they stay exact.
        let least = behind[0].min(behind[1]);
        behind = behind.map(|cost| cost - least);
    }
    readings
}
