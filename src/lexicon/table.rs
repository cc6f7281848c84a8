//! Reads the containers that `cargo xtask tables` writes: numbered sections of little-endian data,
//! and the two-level table from a character to a number. Knows nothing of what the numbers mean.

/// Characters per block of a [`CharTable`]; `xtask` writes blocks of the same size.
const BLOCK: usize = 32;

/// Section `index` of a compiled table: a `u32` count of sections, the `u32` end of each within
/// the data, then the data. Meant for constants, where a damaged table fails the build.
pub(crate) const fn section(table: &'static [u8], index: usize) -> &'static [u8] {
    let (_, data) = table.split_at(4 * (u32_at(table, 0) as usize + 1));
    let start = if index == 0 { 0 } else { u32_at(table, index) as usize };
    let (_, tail) = data.split_at(start);
    let (section, _) = tail.split_at(u32_at(table, index + 1) as usize - start);
    section
}

/// The `index`-th little-endian `u16` of `bytes`.
pub(crate) const fn u16_at(bytes: &[u8], index: usize) -> u16 {
    u16::from_le_bytes(bytes.as_chunks().0[index])
}

/// The `index`-th little-endian `u32` of `bytes`.
const fn u32_at(bytes: &[u8], index: usize) -> u32 {
    u32::from_le_bytes(bytes.as_chunks().0[index])
}

/// The `u16`s of a section.
pub(crate) const fn u16s(section: &'static [u8]) -> &'static [[u8; 2]] {
    section.as_chunks().0
}

/// The `u32`s of a section.
pub(crate) const fn u32s(section: &'static [u8]) -> &'static [[u8; 4]] {
    section.as_chunks().0
}

/// A total map from characters to `u16`, 0 where the table says nothing. Two loads a look-up.
pub(crate) struct CharTable {
    index: &'static [[u8; 2]],
    /// The first one is empty, and no other is.
    blocks: &'static [[[u8; 2]; BLOCK]],
}

impl CharTable {
    /// The table whose block numbers are section `first` of `table` and whose blocks follow it.
    pub(crate) const fn new(table: &'static [u8], first: usize) -> Self {
        CharTable {
            index: u16s(section(table, first)),
            blocks: u16s(section(table, first + 1)).as_chunks().0,
        }
    }

    #[inline]
    pub(crate) fn get(&self, c: char) -> u16 {
        match self.index.get(c as usize / BLOCK) {
            Some(&block) => {
                let block = &self.blocks[usize::from(u16::from_le_bytes(block))];
                u16::from_le_bytes(block[c as usize % BLOCK])
            }
            None => 0,
        }
    }

    /// The characters that the table says something of, ascending, and what it says.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (char, u16)> {
        let full = (0..).step_by(BLOCK).zip(self.index).filter(|(_, block)| **block != [0; 2]);
        let numbers = full
            .flat_map(|(start, &block)| (start..).zip(&self.blocks[usize::from(u16::from_le_bytes(block))]));
        numbers
            .filter(|(_, number)| **number != [0; 2])
            .filter_map(|(code, &number)| Some((char::from_u32(code)?, u16::from_le_bytes(number))))
    }
}
