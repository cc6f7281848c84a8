//! The characters that GBK and Big5 write as two bytes, both ways, as the WHATWG's indexes have them.
//!
//! Source: `encoding_rs`, which `xtask` reads once: to decode all pairs is most of what a short run would take.

use super::table::{CharTable, section, u16s, u32s};

/// Trail bytes from 0x40.
const TRAILS: usize = 0xc0;

/// GBK; its user-defined pairs are private-use characters.
pub(crate) static GBK: Pairs = Pairs::new(include_bytes!("tables/gbk.bin"));
/// Big5 with Hong Kong's characters.
pub(crate) static BIG5: Pairs = Pairs::new(include_bytes!("tables/big5.bin"));

/// The pairs of an encoding.
pub(crate) struct Pairs {
    /// By lead byte from 0x81 and trail byte: the character, or 0. Surrogates number those beyond the basic plane.
    chars: &'static [[[u8; 2]; TRAILS]],
    /// The pair of each character of the basic plane, lead byte first, or 0.
    pairs: CharTable,
    /// The characters beyond the basic plane, ascending, and the pair of each.
    beyond: &'static [[u8; 4]],
    beyond_pairs: &'static [[u8; 2]],
}

impl Pairs {
    const fn new(table: &'static [u8]) -> Self {
        Pairs {
            chars: u16s(section(table, 0)).as_chunks().0,
            pairs: CharTable::new(table, 1),
            beyond: u32s(section(table, 3)),
            beyond_pairs: u16s(section(table, 4)),
        }
    }

    /// The character of a pair; `None` where nothing is assigned.
    #[inline]
    pub(crate) fn char_of(&self, lead: u8, trail: u8) -> Option<char> {
        let row = self.chars.get(usize::from(lead).checked_sub(0x81)?)?;
        let code = u16::from_le_bytes(row[usize::from(trail).checked_sub(0x40)?]);
        match char::from_u32(u32::from(code)) {
            Some('\0') => None,
            None => char::from_u32(u32::from_le_bytes(self.beyond[usize::from(code - 0xd800)])),
            c => c,
        }
    }

    /// The pair that a character is written as; `None` if it has none.
    #[inline]
    pub(crate) fn pair_of(&self, c: char) -> Option<[u8; 2]> {
        let pair = self.pairs.get(c);
        if pair > 0 {
            return Some(pair.to_be_bytes());
        }
        if c <= '\u{ffff}' {
            return None;
        }
        let at = self.beyond.binary_search_by_key(&u32::from(c), |&code| u32::from_le_bytes(code)).ok()?;
        Some(u16::from_le_bytes(self.beyond_pairs[at]).to_be_bytes())
    }
}
