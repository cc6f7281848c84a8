//! gbk.bin and big5.bin: the two-byte characters as `encoding_rs` decodes them.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use encoding_rs::{BIG5, Encoding, GBK};

use super::{char_table, le16, pack};

/// gbk.bin: see `src/lexicon/pairs.rs` for the sections.
pub(super) fn gbk() -> Result<Vec<u8>> {
    // Where two pairs give one character, the first is the one that is written.
    compile(GBK, |_, _| false)
}

/// big5.bin, likewise.
pub(super) fn big5() -> Result<Vec<u8>> {
    // Where two pairs are one character, those of Hong Kong's extension are not written, nor those that Microsoft
    // added for drawings and the numbers 十 and 卅.
    compile(BIG5, |c, first| first < 0xa140 || matches!(c, '═' | '╞' | '╡' | '╪' | '十' | '卅'))
}

/// Compiles an encoding. `is_replaced` says whether a character is not written as the pair that is known for it, but
/// as a later one.
fn compile(encoding: &'static Encoding, is_replaced: fn(char, u16) -> bool) -> Result<Vec<u8>> {
    let chars = two_byte_characters(encoding);
    let mut pairs: BTreeMap<char, u16> = BTreeMap::new();
    for (bytes, c) in &chars {
        let Some(c) = *c else { continue };
        let pair = u16::from_be_bytes(*bytes);
        let known = pairs.entry(c).or_insert(pair);
        if is_replaced(c, *known) {
            *known = pair;
        }
    }
    let beyond = pairs.split_off(&'\u{10000}');
    ensure!(
        beyond.len() <= 0x800,
        "{}: more characters beyond the basic plane than surrogates",
        encoding.name()
    );
    let numbers: BTreeMap<char, u16> = beyond.keys().copied().zip(0xd800..).collect();
    let code = |c: Option<char>| match c {
        None => Ok(0),
        Some(c) => u16::try_from(u32::from(c)).or_else(|_| numbers.get(&c).copied().context("no number")),
    };
    let codes: Vec<u16> = chars.iter().map(|(_, c)| code(*c)).collect::<Result<_>>()?;
    let [index, blocks]: [Vec<u8>; 2] = char_table(&pairs)?.try_into().expect("two sections");
    let codes_beyond = beyond.keys().flat_map(|&c| u32::from(c).to_le_bytes()).collect();
    pack(&[le16(codes), index, blocks, codes_beyond, le16(beyond.into_values())])
}

/// Every pair of bytes that may be one character of an encoding, and the character if it is one; those that end in 0xFF
/// never are.
fn two_byte_characters(encoding: &'static Encoding) -> Vec<([u8; 2], Option<char>)> {
    let decode = |pair: [u8; 2]| {
        let text = encoding.decode_without_bom_handling_and_without_replacement(&pair)?;
        let mut chars = text.chars();
        chars.next().filter(|_| chars.next().is_none())
    };
    let pairs = (0x81..=0xfe).flat_map(|lead| (0x40..=0xff).map(move |trail| [lead, trail]));
    pairs.map(|pair| (pair, decode(pair))).collect()
}
