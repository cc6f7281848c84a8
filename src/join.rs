//! Whether two pieces of text that a break parts belong together: the one decision that captions, hard
//! wraps and cut paragraphs share. A small linear model over named features; its weights stand in
//! [`WEIGHTS`]: a logistic regression over the real paragraph ends of the benches' development text and
//! cuts put into its paragraphs at random, one in about 120 characters.

use crate::chars::{cannot_begin, is_han, is_opening, is_pause, is_stop, is_terminated, lines};
use crate::facts::DocFacts;
use crate::lexicon::{ngram, script, words};
use crate::shape::{begins_paragraph, is_caption, is_structure};
use crate::stages::repeats::overlap;

/// Confidence from which a join is likely.
const LIKELY: f32 = 0.9;
/// Nats that a word across the break gains at the least.
pub(crate) const WORD: f32 = 3.0;
/// From this log ratio on, the n-gram alone finds one wrong join in 500.
const RATIO: f32 = 12.0;
/// Characters on each side that the lexicon looks at.
const WINDOW: usize = 12;
/// Headings have at most this many characters.
const HEADING: usize = 30;

/// Log odds, per unit of each feature of [`Features`].
const WEIGHTS: Features = Features {
    bias: -0.7,
    left_is_sentence: 2.67,
    left_has_pause: 2.75,
    left_length: -0.42,
    left_is_short: -1.33,
    short_word_across: 2.17,
    long_word_across: 5.0,
    right_begins_with_mark: 4.8,
    left_ends_open: 2.34,
    join_ratio: 0.255,
};

/// The features of an unterminated break; as weights, what one unit of each adds to the log odds of a join.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Features {
    /// Always 1.
    pub(crate) bias: f32,
    /// The left side holds a mark that ends a sentence or a clause of one.
    pub(crate) left_is_sentence: f32,
    /// The left side holds a comma.
    pub(crate) left_has_pause: f32,
    /// Natural log of 1 + the left side's characters.
    pub(crate) left_length: f32,
    /// The left side is as short as a heading.
    pub(crate) left_is_short: f32,
    /// The longest word across the break has two characters.
    pub(crate) short_word_across: f32,
    /// The longest word across the break has three characters or more.
    pub(crate) long_word_across: f32,
    /// The right side begins with a mark that no line begins with.
    pub(crate) right_begins_with_mark: f32,
    /// The left side ends in a comma or an opening bracket: no paragraph does.
    pub(crate) left_ends_open: f32,
    /// Log of how much likelier the n-gram finds the two sides joined than parted, −15 to 15.
    pub(crate) join_ratio: f32,
}

impl Features {
    fn dot(&self, other: &Features) -> f32 {
        self.values().iter().zip(other.values()).map(|(a, b)| a * b).sum()
    }

    /// The values in the order of the fields.
    #[must_use]
    pub(crate) const fn values(&self) -> [f32; 10] {
        [
            self.bias,
            self.left_is_sentence,
            self.left_has_pause,
            self.left_length,
            self.left_is_short,
            self.short_word_across,
            self.long_word_across,
            self.right_begins_with_mark,
            self.left_ends_open,
            self.join_ratio,
        ]
    }
}

/// A break between two paragraphs or lines.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Break<'t> {
    left: &'t str,
    right: &'t str,
}

impl<'t> Break<'t> {
    /// The break between two paragraphs, each without its line ends.
    #[must_use]
    pub(crate) fn between(left: &'t str, right: &'t str) -> Self {
        Self { left: left.trim_end(), right: right.trim_end() }
    }

    /// Whether the shape of one side forbids a join: the left one is complete, or either is structure.
    #[must_use]
    pub(crate) fn is_paragraph_end(&self) -> bool {
        is_terminated(self.left)
            || self.left.is_empty()
            || self.right.is_empty()
            || is_structure(self.left)
            || begins_paragraph(self.right)
            || is_caption(&[self.left])
            || !is_chinese(self.left.chars().rev())
            || !is_chinese(self.right.chars())
    }

    /// Nats gained by reading the words on both sides without the break, where both are Han.
    #[must_use]
    pub(crate) fn word_gain(&self) -> f32 {
        if !self.left.ends_with(is_han) || !self.right.starts_with(is_han) {
            return 0.0;
        }
        words::shipped().join_gain(&fold_tail(self.left), &fold_head(self.right))
    }

    /// What is seen at the break.
    #[must_use]
    pub(crate) fn features(&self) -> Features {
        let (left, right) = (fold_tail(self.left), fold_head(self.right));
        let flag = |yes: bool| f32::from(u8::from(yes));
        let length = self.left.chars().count();
        let mut features = Features {
            bias: 1.0,
            left_is_sentence: flag(self.left.contains(|c| is_stop(c) || matches!(c, '；' | ';'))),
            left_has_pause: flag(self.left.contains(is_pause)),
            left_length: (1.0 + length as f32).ln(),
            left_is_short: flag(length <= HEADING),
            short_word_across: 0.0,
            long_word_across: 0.0,
            right_begins_with_mark: flag(self.right.starts_with(cannot_begin) && !begins_year(self.right)),
            left_ends_open: flag(self.left.ends_with(|c| is_pause(c) || is_opening(c))),
            join_ratio: ngram::shipped().join_ratio(&left, &right).clamp(-15.0, 15.0),
        };
        // Looking words up is the dearest part: only where one could make the join likely.
        if probability(features.dot(&WEIGHTS) + WEIGHTS.long_word_across) >= LIKELY {
            let chars = |span: words::Span| {
                left[left.len() - span.left..].chars().count() + right[..span.right].chars().count()
            };
            let across = words::shipped().spanning(&left, &right).map(chars).max().unwrap_or(0);
            features.short_word_across = flag(across == 2);
            features.long_word_across = flag(across > 2);
        }
        features
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
    /// Whether the join is likely and one side cannot stand alone: a word lies across the break, or a mark
    /// forbids it.
    certain: bool,
    /// Whether the document shows that it was cut.
    cut_document: bool,
}

impl Assessment {
    /// Whether the join is likely at all.
    #[must_use]
    pub(crate) fn is_join(self) -> bool {
        self.confidence >= LIKELY
    }

    /// Whether this join is the better one of two.
    #[must_use]
    pub(crate) fn outweighs(self, other: Assessment) -> bool {
        (self.certain, self.confidence) > (other.certain, other.confidence)
    }

    /// Whether the join is made by default.
    #[must_use]
    pub(crate) fn is_safe(self) -> bool {
        self.certain && self.cut_document
    }
}

/// Judges a break.
#[must_use]
pub(crate) fn assess(facts: &DocFacts, at: Break<'_>) -> Assessment {
    let (confidence, certain) = judge(at);
    Assessment { confidence, certain, cut_document: facts.is_cut() }
}

/// The confidence in a join, and whether it is likely and one side cannot stand alone.
fn judge(at: Break<'_>) -> (f32, bool) {
    if at.is_paragraph_end() {
        return (0.0, false);
    }
    let features = at.features();
    let confidence = probability(features.dot(&WEIGHTS));
    if confidence < LIKELY {
        return (confidence, false);
    }
    let certain = at.word_gain() >= WORD
        || features.right_begins_with_mark > 0.0
        // Verse and subheads end in commas too.
        || features.left_is_short == 0.0
            && (features.left_ends_open > 0.0 || features.join_ratio >= RATIO || overlap(at.left, at.right).is_some());
    (confidence, certain)
}

/// How many breaks a document has between paragraphs or lines, and how many of them provably stand inside
/// a word or sentence: the signs of having been cut.
#[must_use]
pub(crate) fn count_cuts(text: &str) -> (usize, usize) {
    let mut above: Option<&str> = None;
    let (mut breaks, mut cuts) = (0, 0);
    for line in lines(text).filter(|line| !line.is_blank()) {
        if let Some(above) = above {
            let (_, certain) = judge(Break::between(above, line.text));
            breaks += 1;
            cuts += usize::from(certain);
        }
        above = Some(line.text);
    }
    (breaks, cuts)
}

/// Whether the text beside a break has more Han characters than Latin letters: what is known of breaks
/// holds for Chinese.
fn is_chinese(chars: impl Iterator<Item = char>) -> bool {
    const NEAR: usize = 40;
    let (mut han, mut latin) = (0, 0);
    for c in chars.take(NEAR) {
        han += usize::from(is_han(c));
        latin += usize::from(c.is_ascii_alphabetic());
    }
    han > latin
}

/// Whether a text begins with a year written short: ’99.
fn begins_year(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next() == Some('’') && chars.next().is_some_and(|c| c.is_ascii_digit() || matches!(c, '０'..='９'))
}

/// The last characters of a text in Simplified characters, so that words are known whatever the script.
fn fold_tail(text: &str) -> String {
    let start = text.char_indices().rev().nth(WINDOW - 1).map_or(0, |(i, _)| i);
    text[start..].chars().map(script::simplified).collect()
}

fn fold_head(text: &str) -> String {
    text.chars().take(WINDOW).map(script::simplified).collect()
}

/// Whether both characters at a break are Han: then nothing stands between them when they are joined.
#[must_use]
pub(crate) fn joins_without_space(left: &str, right: &str) -> bool {
    let latin = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() && !is_han(c));
    !(latin(left.chars().next_back()) && latin(right.chars().next()))
}
