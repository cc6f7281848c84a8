//! How likely characters are: the n-gram's numbers, and what it says nothing of.

use std::sync::{LazyLock, OnceLock};

use super::gbk::{char_of, is_private, rarity};
use crate::lexicon::ngram::{self, Model};
use crate::lexicon::{script, words};

/// Log-probability of a character of each level of rarity.
const RARITY: [f32; 3] = [0.0, -2.0, -9.0];
/// Log-probability of a Traditional character that no conversion from one character to one gives.
const VARIANT: f32 = -4.0;

/// How likely text is, by an n-gram and by what is known of each character.
#[derive(Debug)]
pub(super) struct Likelihood {
    pub(super) model: &'static Model,
    /// By character of the basic plane, each made when it is first asked for.
    pages: [OnceLock<Box<Page>>; PAGES],
    /// By lead byte, the characters that it begins with their trail bytes; by trail byte, those that it ends with
    /// their lead bytes.
    with_lead: [OnceLock<Pairs>; 256],
    with_trail: [OnceLock<Pairs>; 256],
}

/// The other byte of a pair and its character, but for those of users; ascending by the characters' symbols, for
/// the n-gram's walk.
pub(super) type Pairs = Box<[(u8, char, CharFacts)]>;

/// Characters of a page, and pages.
const PAGE: usize = 256;
const PAGES: usize = (1 << 16) / PAGE;

type Page = [OnceLock<CharFacts>; PAGE];

/// What is known of a character, wherever it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct CharFacts {
    pub(super) folded: char,
    pub(super) symbol: Option<u16>,
    /// The least log-probability that it has anywhere.
    pub(super) frequency: f32,
    /// Log-probability for being as rare as it is.
    pub(super) rarity: f32,
    /// Log-probability for being no conversion's.
    pub(super) variant: f32,
    pub(super) is_traditional: bool,
    pub(super) is_simplified: bool,
}

impl Likelihood {
    /// By the n-gram that comes with the library.
    pub(super) fn shipped() -> &'static Self {
        static SHIPPED: LazyLock<Likelihood> = LazyLock::new(|| Likelihood {
            model: ngram::shipped(),
            pages: [const { OnceLock::new() }; PAGES],
            with_lead: [const { OnceLock::new() }; 256],
            with_trail: [const { OnceLock::new() }; 256],
        });
        &SHIPPED
    }

    /// The characters that a lead byte begins, each with its trail byte.
    pub(super) fn with_lead(&self, lead: u8) -> &Pairs {
        self.with_lead[usize::from(lead)]
            .get_or_init(|| self.pairs((0x40..=0xfe).map(|trail| (trail, char_of(lead, trail)))))
    }

    /// The characters that a trail byte ends, each with its lead byte.
    pub(super) fn with_trail(&self, trail: u8) -> &Pairs {
        self.with_trail[usize::from(trail)]
            .get_or_init(|| self.pairs((0x81..=0xfe).map(|lead| (lead, char_of(lead, trail)))))
    }

    fn pairs(&self, chars: impl Iterator<Item = (u8, Option<char>)>) -> Pairs {
        let chars =
            chars.filter_map(|(byte, c)| c.filter(|&c| !is_private(c)).map(|c| (byte, c, self.of(c))));
        let mut pairs: Vec<_> = chars.collect();
        pairs.sort_by_key(|(.., facts)| facts.symbol);
        pairs.into()
    }

    /// What is known of a character.
    #[inline]
    pub(super) fn of(&self, c: char) -> CharFacts {
        match self.pages.get(c as usize / PAGE) {
            Some(page) => {
                let page = page.get_or_init(|| Box::new([const { OnceLock::new() }; PAGE]));
                *page[c as usize % PAGE].get_or_init(|| CharFacts::of(c, self.model))
            }
            None => CharFacts::of(c, self.model),
        }
    }
}

impl CharFacts {
    /// Whether the character goes on with the run that `last`, folded, is of, and that the n-gram counts once.
    pub(super) fn goes_on(&self, last: char) -> bool {
        self.folded == last && matches!(self.folded, '0' | 'a' | ' ')
    }

    fn of(c: char, model: &Model) -> Self {
        /// Weight of a character's own frequency beside the n-gram, times what makes the shares of ranks sum to 1.
        const WEIGHT: f32 = 0.012;
        /// The rank of a character that has none.
        const RAREST: f32 = 20_000.0;
        let simplified = script::simplified(c);
        // The n-gram was counted on text with the others.
        let folded = ngram::fold(match simplified {
            '「' | '『' => '“',
            '」' | '』' => '”',
            c => c,
        });
        let rank = words::char_rank(simplified).map_or(RAREST, f32::from);
        let is_variant =
            simplified != c && script::TRADITIONAL.char(simplified).is_some_and(|first| first != c);
        Self {
            folded,
            symbol: model.id(folded),
            frequency: (WEIGHT / (rank + 12.0)).ln(),
            rarity: RARITY[usize::from(rarity(c))],
            variant: if is_variant { VARIANT } else { 0.0 },
            is_traditional: script::is_traditional_only(c),
            is_simplified: script::is_simplified_only(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_conversion_gives_one_character() {
        let variant = |c| Likelihood::shipped().of(c).variant;
        assert_eq!((variant('強'), variant('强'), variant('的')), (0.0, 0.0, 0.0));
        assert!(variant('彊') < 0.0);
    }
}
