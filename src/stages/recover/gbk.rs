//! GBK as Windows reads and writes it (code page 936), where the user-defined areas are private-use characters.

use std::sync::LazyLock;

use crate::lexicon::pairs::{BIG5, GBK};

/// Whether a byte begins a pair.
pub(super) const fn is_lead(byte: u8) -> bool {
    matches!(byte, 0x81..=0xfe)
}

/// The character of a pair; `None` where nothing is assigned.
pub(super) fn char_of(lead: u8, trail: u8) -> Option<char> {
    GBK.char_of(lead, trail)
}

/// The pair of a character; `None` for ASCII and for what GBK does not have.
pub(super) fn pair_of(c: char) -> Option<[u8; 2]> {
    GBK.pair_of(c).or_else(|| {
        // FE50 to FEA0, which later standards gave to Han characters, are of private use in code page 936.
        let at = (c as u32).checked_sub(0xe815).filter(|&at| at < 80)?;
        let trail = if at < 0x2f { 0x50 + at } else { 0x51 + at };
        Some([0xfe, trail as u8])
    })
}

/// Whether a character is of the private use area: what the user-defined pairs are read as.
pub(super) const fn is_private(c: char) -> bool {
    matches!(c, '\u{e000}'..='\u{f8ff}')
}

/// Whether readers differ in a character: of FE50 to FEA0 some make Han characters, some private ones.
pub(super) fn is_private_to_some(c: char) -> bool {
    matches!(pair_of(c), Some([0xfe, 0x50..=0xa0]))
}

/// Whether code page 936 leaves a pair to its users.
pub(super) const fn is_user_defined(lead: u8, trail: u8) -> bool {
    matches!((lead, trail), (0xaa..=0xaf | 0xf8..=0xfe, 0xa1..=0xfe) | (0xa1..=0xa7, 0x40..=0xa0))
}

/// Pairs of bytes above 0x80 that code page 936 assigns nothing to.
pub(super) static UNASSIGNED: LazyLock<Vec<(u8, u8)>> = LazyLock::new(|| {
    let pairs = (0xa2..=0xfe).flat_map(|lead| (0x81..=0xfe).map(move |trail| (lead, trail)));
    pairs
        .filter(|&(lead, trail)| {
            char_of(lead, trail).is_some_and(is_private) && !is_user_defined(lead, trail)
        })
        .collect()
});

/// How rare a Han character is, by the character sets of its day: 0 in the first level of GB 2312 or of Big5,
/// 1 in the second, 2 in neither; 2 for the letters of other scripts and the signs that no text has.
pub(super) fn rarity(c: char) -> u8 {
    let Some([lead, trail]) = pair_of(c) else { return 0 };
    match (lead, trail) {
        // Letters of full width.
        (0xa3, 0xc1..=0xda | 0xe1..=0xfa) => 1,
        (0xb0..=0xd7, 0xa1..) | (0xa1 | 0xa3, _) => 0,
        (0xa2 | 0xa4..=0xa9, _) => 2,
        (0xd8..=0xf7, 0xa1..) => rarity_in_big5(c).min(1),
        _ => rarity_in_big5(c),
    }
}

fn rarity_in_big5(c: char) -> u8 {
    match BIG5.pair_of(c) {
        Some([0xa4..=0xc6, _]) => 0,
        Some([0xc9..=0xf9, _]) => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_go_both_ways() {
        assert_eq!(pair_of('輸'), Some([0xdd, 0x94]));
        assert_eq!(char_of(0xb5, 0xc4), Some('的'));
        assert_eq!((char_of(0xfa, 0xca).map(is_private), char_of(0x81, 0x7f)), (Some(true), None));
        assert_eq!((pair_of('a'), pair_of('€'), pair_of('𠮷')), (None, Some([0xa2, 0xe3]), None));
        let assigned =
            (0x81..=0xfe).flat_map(|lead| (0x40..=0xfe).filter_map(move |trail| char_of(lead, trail)));
        let mut seen = 0;
        for c in assigned {
            let [lead, trail] = pair_of(c).expect("a pair");
            assert_eq!(char_of(lead, trail), Some(c));
            seen += 1;
        }
        assert_eq!(seen, 23_940);
        assert_eq!(('\u{e815}'..='\u{e864}').map(|c| pair_of(c).unwrap()[1]).max(), Some(0xa0));
    }
}
