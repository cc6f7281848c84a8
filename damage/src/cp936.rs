//! GBK as PHP's mbstring reads it, where `GBK` is Microsoft's code page 936.
//!
//! The table is the Encoding Standard's gb18030 index (crate `encoding-index-simpchinese`, CC0), which is
//! code page 936 but for the pairs that GB 18030 assigned later: those stay in the private use area.

use encoding_index_simpchinese::gb18030;

/// The character of two bytes, or nothing where `trail` is no trail byte. What the standard leaves to users
/// (AAA1–AFFE, F8A1–FEFE, A140–A7A0) and what is not assigned is private use.
#[must_use]
pub fn decode_pair(lead: u8, trail: u8) -> Option<char> {
    if !matches!(lead, 0x81..=0xfe) || !matches!(trail, 0x40..=0x7e | 0x80..=0xfe) {
        return None;
    }
    let later = match (lead, trail) {
        (0xa2, 0xe3) => Some(0xe76c),
        (0xa3, 0xa0) => Some(0xe5e5),
        (0xa8, 0xbf) => Some(0xe7c8),
        (0xa9, 0x89..=0x95) => Some(0xe7e7 + u32::from(trail - 0x89)),
        (0xfe, 0x50..=0x7e) => Some(0xe815 + u32::from(trail - 0x50)),
        (0xfe, 0x80..=0xa0) => Some(0xe844 + u32::from(trail - 0x80)),
        _ => None,
    };
    let code = later.unwrap_or_else(|| {
        let column = trail - if trail < 0x7f { 0x40 } else { 0x41 };
        gb18030::forward(u16::from(lead - 0x81) * 190 + u16::from(column))
    });
    char::from_u32(code)
}

/// The two bytes of a character, if it has any.
#[must_use]
pub fn encode_char(c: char) -> Option<[u8; 2]> {
    let pointer = gb18030::backward(u32::from(c));
    if pointer == u16::MAX {
        // The private characters of the pairs that were assigned later.
        return private(c);
    }
    let (lead, column) = ((pointer / 190) as u8, (pointer % 190) as u8);
    let pair = [lead + 0x81, column + if column < 0x3f { 0x40 } else { 0x41 }];
    (decode_pair(pair[0], pair[1]) == Some(c)).then_some(pair)
}

fn private(c: char) -> Option<[u8; 2]> {
    if !is_private(c) {
        return None;
    }
    let trails = || (0x40..=0x7e).chain(0x80..=0xfe);
    [0xa2, 0xa3, 0xa8, 0xa9, 0xfe]
        .into_iter()
        .flat_map(|lead| trails().map(move |trail| [lead, trail]))
        .find(|&[lead, trail]| decode_pair(lead, trail) == Some(c))
}

/// Whether a character is in the private use area.
#[must_use]
pub const fn is_private(c: char) -> bool {
    matches!(c, '\u{e000}'..='\u{f8ff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs() -> impl Iterator<Item = [u8; 2]> {
        (0x81..=0xfe).flat_map(|lead| (0x40..=0x7e).chain(0x80..=0xfe).map(move |trail| [lead, trail]))
    }

    /// The expected value is the same hash over `mb_convert_encoding($pair, 'UTF-8', 'GBK')` in PHP 8.2.36.
    #[test]
    fn every_pair_is_what_php_reads() {
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
        for [lead, trail] in pairs() {
            let c = decode_pair(lead, trail).expect("assigned or private");
            for byte in u32::from(c).to_le_bytes() {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
            }
        }
        assert_eq!(hash, 0xb5a1_90a4_e661_2f01);
    }

    #[test]
    fn every_pair_comes_back() {
        for [lead, trail] in pairs() {
            let c = decode_pair(lead, trail).unwrap();
            let [l, t] = encode_char(c).unwrap_or_else(|| panic!("{lead:x}{trail:x} {c}"));
            assert_eq!(decode_pair(l, t), Some(c));
        }
        assert_eq!(encode_char('輸'), Some([0xdd, 0x94]));
        assert_eq!(encode_char('a'), None);
        assert_eq!(encode_char('ǹ'), None);
        assert_eq!(encode_char('😀'), None);
    }
}
