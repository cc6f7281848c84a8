//! What is seen at a break between two paragraphs or lines: the input of the join model. Every feature has
//! a name, a unit and a bound; nothing here decides.

use std::borrow::Cow;

use crate::chars::{
    self, cannot_begin, ends_clause, is_closing, is_han, is_opening, is_pause, is_stop, is_terminated,
};
use crate::lexicon::ngram;
use crate::lexicon::script::simplified_text;
use crate::lexicon::words::{self, Reading, Tag};
use crate::shape;

/// Characters on each side that the lexicon and the n-gram look at.
const WINDOW: usize = 12;
/// Characters on each side that the shape of a text is read from.
const REACH: usize = 100;
/// A heading has at most so many characters.
const HEADING: usize = 30;
/// A byline or a line of verse has at most so many characters.
const SHORT: usize = 12;
/// Nats at which a log probability counts no further.
const DEEP: f32 = 25.0;

/// Parts of speech that the model tells apart, by the beginning of jieba's tag; the first that fits.
const TAGS: [&str; 16] = ["nr", "ns", "nt", "nz", "n", "v", "a", "d", "p", "c", "u", "m", "q", "r", "f", "t"];
/// Classes of a word beside a break: those of [`TAGS`], any other word, a Han character that is no word,
/// and what is not Han.
const CLASSES: usize = TAGS.len() + 3;

macro_rules! features {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// A feature that is one number.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        enum Feature { $($(#[$doc])* $name,)* }

        /// Names of the features that are one number.
        const NAMES: &[&str] = &[$(stringify!($name),)*];
    };
}

features! {
    /// Log of 1 + characters of the left side, at most [`REACH`].
    LeftLength,
    /// The left side is as short as a byline.
    LeftShort,
    /// The left side is as short as a heading.
    LeftHeading,
    /// The left side holds a mark that ends a sentence or a clause of one.
    LeftStop,
    /// The left side holds a comma.
    LeftPause,
    /// The left side ends in a comma or an opening bracket: no paragraph does.
    LeftEndsOpen,
    /// Log of 1 + characters behind the left side's last mark.
    LeftClause,
    /// A bracket or quotation is open at the break.
    LeftOpen,
    /// The left side holds a space.
    LeftSpace,
    /// The left side ends in a digit or letter.
    LeftDigit,
    /// The left side begins with an indent.
    LeftIndent,
    /// The right side begins with a mark that no line begins with.
    RightMark,
    /// Log of 1 + characters of the right side, at most [`REACH`].
    RightLength,
    /// The right side is as short as a byline.
    RightShort,
    /// The right side is as short as a heading.
    RightHeading,
    /// The right side ends as a paragraph does.
    RightEnds,
    /// The right side holds a mark that ends a sentence.
    RightStop,
    /// Log of 1 + characters before the right side's first mark.
    RightClause,
    /// The right side's first mark ends a sentence.
    RightFirstStop,
    /// The right side's first mark is a comma.
    RightFirstPause,
    /// The right side closes a bracket or quotation that it does not open.
    RightCloses,
    /// The right side begins with an opening mark.
    RightOpens,
    /// The right side begins with a digit or letter.
    RightDigit,
    /// The right side has a space near its beginning.
    RightSpace,
    /// The right side begins as reports do.
    RightLead,
    /// What the right side closes the left side has open.
    BracketAcross,
    /// The break is between two characters of a surname and a given name.
    NameAcross,
    /// Characters stand on both sides of the break.
    Overlap,
    /// Nats that the words gain without the break, 0 to 15.
    WordGain,
    /// A word of two characters lies across the break.
    WordAcross,
    /// A word of three characters or more lies across the break.
    LongWordAcross,
    /// Log probability that the left side goes on as the right side begins.
    Joined,
    /// Log probability that a paragraph ends behind the left side.
    End,
    /// Log probability that a paragraph begins as the right side does.
    Start,
    /// How much likelier the n-gram finds the two sides joined than parted, −15 to 15.
    Ratio,
    /// The same as far as it is positive.
    RatioPositive,
    /// [`Feature::Joined`] by the n-gram of a profile.
    OwnJoined,
    /// [`Feature::End`] by the n-gram of a profile.
    OwnEnd,
    /// [`Feature::Start`] by the n-gram of a profile.
    OwnStart,
    /// [`Feature::Ratio`] by the n-gram of a profile.
    OwnRatio,
    /// [`Feature::RatioPositive`] by the n-gram of a profile.
    OwnRatioPositive,
}

/// Numbers that a break is judged by.
pub const COUNT: usize = NAMES.len() + 2 * CLASSES;

/// The names of the numbers, in their order.
#[must_use]
pub fn names() -> Vec<String> {
    let classes = |side: &'static str| {
        TAGS.iter().chain(&["word", "character", "other"]).map(move |tag| format!("{side}_word_{tag}"))
    };
    NAMES.iter().map(|&name| name.to_owned()).chain(classes("left")).chain(classes("right")).collect()
}

/// What is seen at a break.
#[derive(Clone, Debug, PartialEq)]
pub struct Features {
    /// The numbers that [`names`] names.
    pub values: [f32; COUNT],
    /// The last character of the left side, folded.
    pub last: char,
    /// The first character of the right side, folded.
    pub first: char,
}

impl Features {
    /// Looks at the break between two paragraphs, given without line ends and white space beside it.
    #[must_use]
    pub fn of(left: &str, right: &str, own: Option<&ngram::Model>) -> Self {
        let mut seen = Self { values: [0.0; COUNT], last: ' ', first: ' ' };
        seen.left(left);
        seen.right(right);
        let (tail, head) = (fold_tail(left), fold_head(right));
        seen.last = tail.chars().next_back().map_or(' ', ngram::fold);
        seen.first = head.chars().next().map_or(' ', ngram::fold);
        let reading = words::shipped().read(&tail, &head);
        seen.words(&reading, &tail, &head);
        let logs = ngram::shipped().join_logs(&tail, &head);
        let model = [Feature::Joined, Feature::End, Feature::Start, Feature::Ratio, Feature::RatioPositive];
        seen.ngram(logs, model);
        if let Some(own) = own {
            use Feature::{OwnEnd, OwnJoined, OwnRatio, OwnRatioPositive, OwnStart};
            seen.ngram(
                own.join_logs(&tail, &head),
                [OwnJoined, OwnEnd, OwnStart, OwnRatio, OwnRatioPositive],
            );
        }
        seen
    }

    /// Nats that the words gain without the break, as far as the model looks: 0 to 15.
    pub(super) fn word_gain(&self) -> f32 {
        self.values[Feature::WordGain as usize]
    }

    /// How much likelier, in nats, the words and the n-gram find a cut than the end of a paragraph whose stop was left
    /// out: a logistic regression on cuts in the training text, on its paragraphs without their stops, and on reviews.
    pub(super) fn flow(&self) -> f32 {
        use Feature::{End, Joined, LongWordAcross, NameAcross, RightMark, Start, WordAcross, WordGain};
        let weights = [
            (Joined, 0.414),
            (End, -0.604),
            (Start, -0.267),
            (WordGain, 0.908),
            (WordAcross, 2.126),
            (LongWordAcross, 2.303),
            (NameAcross, 3.902),
            (RightMark, 5.852),
        ];
        weights.iter().fold(-3.04, |sum, &(feature, weight)| sum + weight * self.values[feature as usize])
    }

    fn set(&mut self, feature: Feature, value: f32) {
        self.values[feature as usize] = value;
    }

    fn flag(&mut self, feature: Feature, yes: bool) {
        self.set(feature, f32::from(u8::from(yes)));
    }

    fn left(&mut self, left: &str) {
        let (mut length, mut clause, mut depth) = (0, None, 0i32);
        let (mut stop, mut pause, mut space) = (false, false, false);
        for c in left.chars().rev().take(REACH) {
            if is_plain(c) {
                length += 1;
                continue;
            }
            stop |= is_stop(c) || matches!(c, '；' | ';');
            pause |= is_pause(c);
            space |= c.is_whitespace() && length > 0;
            if is_mark(c) && clause.is_none() {
                clause = Some(length);
            }
            // Read backwards, a bracket that was not closed on the way is open.
            if is_opening(c) {
                depth += 1;
            } else if is_closing(c) && depth <= 0 {
                depth -= 1;
            }
            length += 1;
        }
        self.set(Feature::LeftLength, log(length));
        self.flag(Feature::LeftShort, length <= SHORT);
        self.flag(Feature::LeftHeading, length <= HEADING);
        self.flag(Feature::LeftStop, stop);
        self.flag(Feature::LeftPause, pause);
        self.flag(Feature::LeftEndsOpen, left.ends_with(|c| is_pause(c) || is_opening(c)));
        self.set(Feature::LeftClause, log(clause.unwrap_or(length)));
        self.flag(Feature::LeftOpen, depth > 0);
        self.flag(Feature::LeftSpace, space);
        self.flag(Feature::LeftDigit, left.ends_with(is_alnum));
        self.flag(Feature::LeftIndent, left.starts_with('\u{3000}'));
    }

    fn right(&mut self, right: &str) {
        let (mut length, mut clause, mut depth) = (0, None, 0i32);
        let (mut stop, mut space, mut closes) = (false, false, false);
        for c in right.chars().take(REACH) {
            if is_plain(c) {
                length += 1;
                continue;
            }
            stop |= is_stop(c);
            space |= c.is_whitespace() && length < WINDOW;
            if is_mark(c) && clause.is_none() {
                clause = Some((length, c));
            }
            depth += i32::from(is_opening(c)) - i32::from(is_closing(c));
            closes |= depth < 0;
            length += 1;
        }
        self.flag(Feature::RightMark, right.starts_with(cannot_begin) && !begins_year(right));
        self.set(Feature::RightLength, log(length));
        self.flag(Feature::RightShort, length <= SHORT);
        self.flag(Feature::RightHeading, length <= HEADING);
        self.flag(Feature::RightEnds, is_terminated(right));
        self.flag(Feature::RightStop, stop);
        self.set(Feature::RightClause, log(clause.map_or(length, |(at, _)| at)));
        self.flag(Feature::RightFirstStop, clause.is_some_and(|(_, c)| is_stop(c)));
        self.flag(Feature::RightFirstPause, clause.is_some_and(|(_, c)| is_pause(c)));
        self.flag(Feature::RightCloses, closes);
        self.flag(Feature::RightOpens, right.starts_with(is_opening));
        self.flag(Feature::RightDigit, right.starts_with(is_alnum));
        self.flag(Feature::RightSpace, space);
        self.flag(Feature::RightLead, shape::begins_report(right));
        self.flag(Feature::BracketAcross, closes && self.values[Feature::LeftOpen as usize] > 0.0);
    }

    fn words(&mut self, reading: &Reading, tail: &str, head: &str) {
        self.set(Feature::WordGain, reading.gain.clamp(0.0, 15.0));
        self.flag(Feature::WordAcross, reading.across == 2);
        self.flag(Feature::LongWordAcross, reading.across > 2);
        self.flag(Feature::NameAcross, shape::splits_name(tail, head));
        let doubled = head.char_indices().skip(2).any(|(len, _)| tail.ends_with(&head[..len]));
        self.flag(Feature::Overlap, doubled);
        let class = |word: Option<words::Word>, beside: Option<char>| match word {
            Some(word) => class(word.tag),
            None if beside.is_some_and(is_han) => TAGS.len() + 1,
            None => TAGS.len() + 2,
        };
        self.values[NAMES.len() + class(reading.last, tail.chars().next_back())] = 1.0;
        self.values[NAMES.len() + CLASSES + class(reading.first, head.chars().next())] = 1.0;
    }

    fn ngram(&mut self, logs: ngram::JoinLogs, [joined, end, start, ratio, positive]: [Feature; 5]) {
        let difference = (logs.joined - logs.end - logs.start).clamp(-15.0, 15.0);
        self.set(joined, logs.joined.max(-DEEP));
        self.set(end, logs.end.max(-DEEP));
        self.set(start, logs.start.max(-DEEP));
        self.set(ratio, difference);
        self.set(positive, difference.max(0.0));
    }
}

fn log(count: usize) -> f32 {
    (1.0 + count as f32).ln()
}

fn class(tag: Tag) -> usize {
    TAGS.iter().position(|start| tag.as_str().starts_with(start)).unwrap_or(TAGS.len())
}

/// Whether a character is neither mark nor space, as most are: Han, of the block that nearly all are of.
const fn is_plain(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}')
}

fn is_mark(c: char) -> bool {
    ends_clause(c) || is_opening(c) || is_closing(c) || c == '"'
}

/// Whether a character is a digit or a letter of any script but Han.
fn is_alnum(c: char) -> bool {
    !is_han(c) && c.is_alphanumeric()
}

/// Whether a text begins with a year written short: ’99.
fn begins_year(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next() == Some('’') && chars.next().is_some_and(chars::is_digit)
}

/// The last characters of a text in Simplified characters, so that words are known whatever the script.
pub(super) fn fold_tail(text: &str) -> Cow<'_, str> {
    simplified_text(tail(text))
}

pub(super) fn fold_head(text: &str) -> Cow<'_, str> {
    simplified_text(head(text))
}

/// As much of a text's end as the lexicon and the n-gram look at.
pub(super) fn tail(text: &str) -> &str {
    let start = text.char_indices().rev().nth(WINDOW - 1).map_or(0, |(i, _)| i);
    &text[start..]
}

/// The same of its beginning.
pub(super) fn head(text: &str) -> &str {
    let end = text.char_indices().nth(WINDOW).map_or(text.len(), |(i, _)| i);
    &text[..end]
}
