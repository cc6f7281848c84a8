//! What a page glosses, and what it does not: a site's table is the same wherever its bytes stand, also in a
//! shifted run, so a character that stands anywhere without a gloss is not in the table.

use std::sync::Arc;

use crate::chars::is_han;
use crate::lexicon::{readings, script, words};
use crate::profile::Profile;
use crate::stages::gloss::{GlossFacts, GlossTable};

/// Log-probability that the page glosses a character that it glosses nowhere else; once more for so many ranks
/// that it is rarer than the commonest, up to the rarest.
const NEW: f32 = -2.0;
const RANKS: f32 = 2000.0;
const RAREST: f32 = 8000.0;
/// The same for a reading that is not the character's commonest.
const UNUSUAL: f32 = -2.0;
/// The share of glosses left out that is always to be expected.
const LEFT_OUT: f32 = 0.002;
/// Log-probability of what never happens.
const NEVER: f32 = -18.0;
/// Whole glosses for each broken one from which the page is as its software left it.
const WHOLE: usize = 3;

/// Log-probability that the page glosses a character that its corpus glosses again and again.
const OF_CORPUS: f32 = -0.5;

/// What a page glosses.
#[derive(Clone, Debug, Default)]
pub(crate) struct Glossed {
    table: GlossTable,
    /// How often each character of the basic plane stands on the page, with a gloss or without.
    occurs: Arc<Vec<u16>>,
    /// Log-probability that a character of the table stands without its gloss.
    left_out: f32,
    profile: Option<Arc<Profile>>,
}

impl Glossed {
    /// `broken` is how many glosses of the page are broken. Where few are whole, a page was cleaned before, and
    /// what stands without a gloss tells nothing.
    pub(crate) fn new(facts: &GlossFacts, page: &str, broken: usize, profile: Option<Arc<Profile>>) -> Self {
        let table = facts.table.clone();
        let (glossed, all) = table.repeated();
        let mut occurs = Vec::new();
        if facts.by_software && !facts.scattered && glossed >= WHOLE * broken {
            occurs = vec![0u16; 1 << 16];
            for c in page.chars().filter(|&c| is_han(c)) {
                if let Some(n) = occurs.get_mut(c as usize) {
                    *n = n.saturating_add(1);
                }
            }
        }
        let left_out = (all - glossed + 1) as f32 / (all + 2) as f32;
        Self { table, occurs: Arc::new(occurs), left_out: left_out.max(LEFT_OUT).ln(), profile }
    }

    /// Whether the page shows what it glosses and what it does not.
    pub(super) fn is_known(&self) -> bool {
        !self.occurs.is_empty()
    }

    pub(super) const fn table(&self) -> &GlossTable {
        &self.table
    }

    /// Adds a gloss that the page holds in another form.
    pub(super) fn add(&mut self, c: char, syllable: &str) {
        self.table.add(c, syllable);
    }

    /// How likely it is that the page glosses a character so, as a log-probability; `None` if it does not.
    pub(super) fn prior(&self, c: char, syllable: &str) -> Option<f32> {
        match self.table.reading(c) {
            Some(reading) => readings::same_syllable(reading, syllable).then_some(0.0),
            None => {
                let rank = words::char_rank(script::simplified(c)).map_or(RAREST, f32::from);
                let corpus = |profile: &Arc<Profile>| profile.glossed(c, &syllable.to_lowercase()) > 1;
                let usual = readings::is_commonest_reading(c, syllable);
                let new = NEW * (1.0 + rank / RANKS) + if usual { 0.0 } else { UNUSUAL };
                let new = if self.profile.as_ref().is_some_and(corpus) { OF_CORPUS } else { new };
                let plain = self.occurs.get(c as usize).copied().unwrap_or(0);
                Some(new + (self.left_out * f32::from(plain)).max(NEVER))
            }
        }
    }

    /// The log-probability that a character stands where it does without a gloss.
    pub(super) fn left_out(&self, c: char) -> f32 {
        if self.is_known() && self.table.is_always_glossed(c) { self.left_out } else { 0.0 }
    }
}
