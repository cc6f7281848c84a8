//! Runs the damage on a repaired text: a repair is proven if that gives the page back.

use super::gbk::{char_of, is_lead, is_private, is_private_to_some, pair_of};
use super::glossed::Glossed;
use super::page::{Kind, Token};
use super::search::{Run, Step};

/// Whether the damage, run on a repair, gives the page again, and glosses all that the page glosses.
pub(super) fn proves(run: &Run, tokens: &[Token<'_>], page: &str, glossed: &Glossed) -> bool {
    // A gloss of the last character stands behind the run, where nothing is shifted any more.
    let behind = tokens[run.tokens.end..].iter().take_while(|t| matches!(t.kind, Kind::Gloss(_))).count();
    let Some(plan) = plan(run, tokens, behind) else { return false };
    let span = tokens[run.tokens.start].span.start..tokens[run.tokens.end + behind - 1].span.end;
    normal(&damage(&plan)) == normal(&page[span]) && glosses_all(&plan, glossed)
}

/// What code page 936 has the euro sign at, alone among the bytes above ASCII.
const EURO: u8 = 0x80;

/// The bytes of a repair and what was done to them.
struct Plan<'t> {
    bytes: Vec<u8>,
    /// Glosses that were put in, each behind so many bytes; ascending.
    glosses: Vec<(usize, &'t str)>,
    /// Marks that the bytes were split at, each behind so many bytes; ascending.
    splits: Vec<usize>,
}

/// The plan of a run and of the glosses `behind` it; `None` where something was guessed that left no trace.
fn plan<'t>(run: &Run, tokens: &[Token<'t>], behind: usize) -> Option<Plan<'t>> {
    let mut plan = Plan { bytes: Vec::new(), glosses: Vec::new(), splits: Vec::new() };
    for step in &run.steps {
        match *step {
            Step::Char(c) if c.is_ascii() => plan.bytes.push(c as u8),
            Step::Char('€') => plan.bytes.push(EURO),
            Step::Char(c) => plan.bytes.extend(pair_of(c)?),
            Step::Gloss(token, _, pending) => {
                let (Kind::Gloss(syllable) | Kind::Broken(syllable)) = tokens[token].kind else {
                    return None;
                };
                plan.glosses.push((plan.bytes.len() + usize::from(pending), syllable));
            }
            Step::Split(_) => plan.splits.push(plan.bytes.len() + 1),
            Step::Guess | Step::Vanished => return None,
        }
    }
    for token in &tokens[run.tokens.end..run.tokens.end + behind] {
        let Kind::Gloss(syllable) = token.kind else { continue };
        plan.glosses.push((plan.bytes.len(), syllable));
    }
    Some(plan)
}

/// What a reader of GBK makes of the bytes once the glosses are in and they are split: a lead byte without a
/// trail becomes `?`, and what stood in the trail's place is gone; user-defined characters are dropped.
fn damage(plan: &Plan<'_>) -> String {
    let mut page = String::new();
    let mut lead: Option<u8> = None;
    let (mut glosses, mut splits) = (plan.glosses.iter().peekable(), plan.splits.iter().peekable());
    let mut at = 0;
    loop {
        while let Some((_, syllable)) = glosses.next_if(|(behind, _)| *behind == at) {
            page.push(if lead.take().is_some() { '?' } else { '(' });
            page.push_str(syllable);
            page.push(')');
        }
        if splits.next_if(|behind| **behind == at).is_some() {
            page.extend(lead.take().map(|_| '?'));
            let mark = plan.bytes.get(at..at + 2).and_then(|pair| char_of(pair[0], pair[1]));
            page.extend(mark);
            at += 2;
            continue;
        }
        let Some(&byte) = plan.bytes.get(at) else { break };
        at += 1;
        match lead.take() {
            Some(lead) => match char_of(lead, byte) {
                Some(c) if !is_private(c) => page.push(c),
                Some(_) => {}
                None => page.push('?'),
            },
            None if is_lead(byte) => lead = Some(byte),
            None if byte == EURO => page.push('€'),
            None => page.push(byte as char),
        }
    }
    page.extend(lead.map(|_| '?'));
    page
}

/// Whether every pair of bytes that the page always glosses has its gloss, unless another gloss parts it.
fn glosses_all(plan: &Plan<'_>, glossed: &Glossed) -> bool {
    let is_glossed = |behind: usize| plan.glosses.binary_search_by_key(&behind, |gloss| gloss.0).is_ok();
    plan.bytes.windows(2).enumerate().all(|(at, pair)| {
        let is_due = || char_of(pair[0], pair[1]).is_some_and(|c| glossed.table().is_always_glossed(c));
        is_glossed(at + 2) || is_glossed(at + 1) || !is_due()
    })
}

/// A text as it is compared: marks narrowed, since pages are after the damage, and without what depends on
/// the reader: the bracket behind a lost byte, spaces in brackets, what user-defined characters became.
fn normal(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    for c in text.chars() {
        let c = match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
            '\u{fffd}' => '?',
            '\u{3000}' => ' ',
            c => c,
        };
        let is_readers = (c == '(' && normal.ends_with('?')) || (c == ' ' && normal.ends_with(is_letter));
        if !is_readers && !is_private(c) && !is_private_to_some(c) {
            normal.push(c);
        }
    }
    normal
}

fn is_letter(c: char) -> bool {
    c.is_alphabetic() && (c as u32) < 0x370
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn readers_may_differ() {
        // FE6E is a radical to some and private to others; a page has what its reader made of it.
        assert_eq!(char_of(0xfe, 0x6e), Some('⺪'));
        assert_eq!(normal("市⺪？(shù)"), normal("市\u{e833}?shù)"));
        assert_ne!(normal("市書"), normal("市"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_damaged(
            bytes in proptest::collection::vec(any::<u8>(), 0..40),
            glosses in proptest::collection::btree_set(0..40usize, 0..4),
            splits in proptest::collection::btree_set(0..40usize, 0..4),
        ) {
            let glosses = glosses.into_iter().map(|behind| (behind, "shù")).collect();
            let plan = Plan { bytes, glosses, splits: splits.into_iter().collect() };
            let page = damage(&plan);
            prop_assert!(page.chars().count() <= plan.bytes.len() + 6 * (plan.glosses.len() + plan.splits.len()) + 1);
            prop_assert_eq!(normal(&normal(&page)), normal(&page));
        }
    }
}
