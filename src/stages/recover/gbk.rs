//! GBK as Windows reads and writes it (code page 936): characters to pairs of bytes and back.
//!
//! The pairs are those of `encoding_rs`, which follows the WHATWG index; the user-defined areas are private-use
//! characters there as in code page 936.

use std::sync::LazyLock;

use encoding_rs::{BIG5, Encoding, GBK};

/// Trail bytes: 0x40 to 0xFE but 0x7F.
const TRAILS: usize = 0xff - 0x40;

/// Both directions of the code, about 24,000 pairs.
struct Table {
    /// By lead byte from 0x81 and trail byte from 0x40; NUL where nothing is assigned.
    chars: Vec<char>,
    /// By character of the basic plane; zeros where it has no pair.
    pairs: Vec<[u8; 2]>,
    /// By character of the basic plane.
    rarities: Vec<u8>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table {
        chars: Vec::with_capacity(126 * TRAILS),
        pairs: vec![[0; 2]; 1 << 16],
        rarities: vec![2; 1 << 16],
    };
    for ([lead, trail], c) in two_byte_characters(GBK) {
        let c = c.unwrap_or('\0');
        table.chars.push(c);
        // Where two pairs give one character, the first is the one that is written.
        if let Some(pair) = table.pairs.get_mut(c as usize).filter(|pair| c != '\0' && **pair == [0; 2]) {
            *pair = [lead, trail];
            if matches!(lead, 0xd8..=0xf7) && trail >= 0xa1 {
                table.rarities[c as usize] = 1;
            }
        }
    }
    for ([lead, _], c) in two_byte_characters(BIG5) {
        if let Some(rarity) = c.and_then(|c| table.rarities.get_mut(c as usize)) {
            *rarity = match lead {
                0xa4..=0xc6 => 0,
                0xc9..=0xf9 => 1.min(*rarity),
                _ => *rarity,
            };
        }
    }
    table
});

/// Every pair of bytes that may be one character of an encoding, and the character if it is one. All are decoded
/// at once: a call for each pair would be most of what a short run takes.
pub(super) fn two_byte_characters(encoding: &'static Encoding) -> Vec<([u8; 2], Option<char>)> {
    let pairs = (0x81..=0xfe_u8).flat_map(|lead| (0x40..=0xfe_u8).map(move |trail| [lead, trail]));
    let lines: Vec<u8> = pairs.clone().flat_map(|[lead, trail]| [lead, trail, b'\n']).collect();
    let (text, _) = encoding.decode_without_bom_handling(&lines);
    let mut chars = text.chars();
    let only = |pair| {
        let c = chars.next().filter(|&c| c != char::REPLACEMENT_CHARACTER);
        let is_one = chars.next() == Some('\n');
        if !is_one {
            chars.by_ref().take_while(|&c| c != '\n').for_each(drop);
        }
        (pair, c.filter(|_| is_one))
    };
    pairs.map(only).collect()
}

/// Whether a byte begins a pair.
pub(super) const fn is_lead(byte: u8) -> bool {
    matches!(byte, 0x81..=0xfe)
}

/// The character of a pair; `None` where nothing is assigned.
pub(super) fn char_of(lead: u8, trail: u8) -> Option<char> {
    if !is_lead(lead) || trail < 0x40 {
        return None;
    }
    let c = *TABLE.chars.get(usize::from(lead - 0x81) * TRAILS + usize::from(trail - 0x40))?;
    (c != '\0').then_some(c)
}

/// The pair of a character; `None` for ASCII and for what GBK does not have.
pub(super) fn pair_of(c: char) -> Option<[u8; 2]> {
    let pair = TABLE.pairs.get(c as usize).copied().filter(|&pair| pair != [0; 2]);
    pair.or_else(|| {
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

/// How rare a Han character is, by the character sets of its day: 0 in the first level of GB 2312 or of Big5,
/// 1 in the second, 2 in neither; 2 for the letters of other scripts and the signs that no text has.
pub(super) fn rarity(c: char) -> u8 {
    let Some([lead, trail]) = pair_of(c) else { return 0 };
    match (lead, trail) {
        // Letters of full width.
        (0xa3, 0xc1..=0xda | 0xe1..=0xfa) => 1,
        (0xb0..=0xd7, 0xa1..) | (0xa1 | 0xa3, _) => 0,
        (0xa2 | 0xa4..=0xa9, _) => 2,
        _ => TABLE.rarities[c as usize],
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
