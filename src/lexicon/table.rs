//! Reads the containers that `cargo xtask tables` writes: numbered sections of little-endian data,
//! and the two-level table from a character to a number. Knows nothing of what the numbers mean.

/// Characters per block of a [`CharTable`]; `xtask` writes blocks of the same size.
const BLOCK: u32 = 32;

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
pub(crate) const fn u32_at(bytes: &[u8], index: usize) -> u32 {
    u32::from_le_bytes(bytes.as_chunks().0[index])
}

/// A total map from characters to `u16`, 0 where the table says nothing. Two loads a look-up.
pub(crate) struct CharTable {
    index: &'static [u8],
    blocks: &'static [u8],
}

impl CharTable {
    /// The table whose block numbers are section `first` of `table` and whose blocks follow it.
    pub(crate) const fn new(table: &'static [u8], first: usize) -> Self {
        CharTable { index: section(table, first), blocks: section(table, first + 1) }
    }

    #[inline]
    pub(crate) fn get(&self, c: char) -> u16 {
        let block = (u32::from(c) / BLOCK) as usize;
        if 2 * block >= self.index.len() {
            return 0;
        }
        let block = u16_at(self.index, block);
        u16_at(self.blocks, usize::from(block) * BLOCK as usize + (u32::from(c) % BLOCK) as usize)
    }
}
