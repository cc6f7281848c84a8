//! Characters that stand on both sides of a break that was taken out.

use crate::chars::{han_head, han_tail, is_han, is_pause};
use crate::edit::Span;
use crate::lexicon::words;
use crate::pipeline::{Doc, Proposals};
use crate::rules::RuleId;

/// Longest overlap, in characters.
const OVERLAP: usize = 30;
/// Han characters on each side that the words are looked for in.
const WINDOW: usize = 6;
/// Nats that the words of a text cost more with a doubled character than without, in a document that shows
/// doubling at its seams: 98 of 100 characters doubled at random cost at least that much, and of those that
/// stand twice by nature (外国|国家) one in four.
const DOUBLED_OFTEN: f32 = 4.0;
/// The same in one that has no more overlaps than chance gives it.
const DOUBLED_RARELY: f32 = 9.0;

/// Proposes to drop the second of what stands twice.
pub(super) fn scan(doc: &Doc<'_>, out: &mut Proposals<'_>) {
    if doc.seams.is_empty() {
        return;
    }
    let sides = |&seam: &usize| (&doc.text[..seam], &doc.text[seam..]);
    // By chance one random place in four hundred has the same character on both sides: among many seams a
    // single one says nothing.
    let overlaps = doc.seams.iter().map(sides).filter(|(left, right)| common(left, right) > 0).count();
    let often = overlaps * 100 > doc.seams.len() && (overlaps > 1 || doc.seams.len() < 30);
    let doubled = if often { DOUBLED_OFTEN } else { DOUBLED_RARELY };
    for seam in doc.seams {
        let (left, right) = sides(seam);
        if let Some(len) = overlap(left, right, doubled) {
            out.replace(Span::new(*seam, seam + len), "", RuleId::SeamOverlap);
        }
    }
}

/// Bytes at the start of `right` that only repeat the end of `left`; a single character only where that makes
/// the words `doubled` nats cheaper.
fn overlap(left: &str, right: &str, doubled: f32) -> Option<usize> {
    let len = common(left, right);
    let mut chars = right[..len].chars();
    let first = chars.next()?;
    let several = chars.next().is_some();
    if several || is_pause(first) {
        return Some(len);
    }
    // One character: the sentence may need both (外国|国家, 爸|爸).
    let (left, right) = (han_tail(left, WINDOW), han_head(right, WINDOW + 1));
    let cost = |right: &str| words::shipped().cost(&[left, right].concat());
    (cost(right) - cost(&right[len..]) >= doubled).then_some(len)
}

/// Bytes of the longest text that ends `left` and begins `right`: a single Han character or comma, or
/// several characters with a Han one among them.
fn common(left: &str, right: &str) -> usize {
    let inside = |c: char| {
        c.is_alphanumeric() || is_pause(c) || matches!(c, '“' | '”' | '《' | '》' | '．' | '.' | '％' | '%')
    };
    let mut has_han = false;
    let ends = right.char_indices().take_while(|&(_, c)| inside(c)).take(OVERLAP).filter_map(|(at, c)| {
        has_han |= is_han(c);
        let end = at + c.len_utf8();
        (has_han || at == 0 && is_pause(c)).then_some(end)
    });
    ends.filter(|&end| left.ends_with(&right[..end])).last().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlaps_at_a_seam() {
        for (left, right, doubled) in [
            ("着眼融入京津冀、服务雄安新区", "区，优化区域", "区"),
            ("美丽的外国", "国家的人", ""),
            ("他的爸", "爸来了", ""),
            ("他的爸", "爸爸来了", "爸"),
            ("推动高质量", "高质量发展", "高质量"),
            ("集中教育整", "顿暨专项", ""),
            ("加强领导，", "，落实责任", "，"),
            ("增长１２．５％，达到", "５％，达到历史", "５％，达到"),
            ("自１９９", "９年起", ""),
            ("贯彻落实全会精神", "神，推动", "神"),
        ] {
            let len = overlap(left, right, DOUBLED_OFTEN).unwrap_or(0);
            assert_eq!(&right[..len], doubled, "{left}|{right}");
        }
    }
}
