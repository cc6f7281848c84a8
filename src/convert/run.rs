//! The inner loop: runs of three-byte characters through a table from code point to output bytes.
//!
//! The only module with unsafe code. What it rests on: the source is valid UTF-8; every entry of the table
//! that is not [`STOP`] holds three bytes that are one character of UTF-8; a vector is loaded only where the
//! source, and stored only where the destination, has room for all of it.
#![allow(unsafe_code)]

/// Marks a character that the caller has to look at; the top bit, so that a vector's sign mask shows it.
pub(super) const STOP: u32 = 1 << 31;

/// Marks a character that a phrase begins with; of no concern here.
pub(super) const BEGINS: u32 = 1 << 24;

/// What becomes of each character of the basic plane: its three bytes of UTF-8, first byte lowest, and marks.
pub(super) type Table = [u32; 1 << 16];

/// The table by which every character of three bytes stays as it is.
pub(super) fn identity() -> Box<Table> {
    let mut table: Box<Table> = vec![STOP; 1 << 16].try_into().expect("65,536 entries");
    for (code, entry) in table.iter_mut().enumerate().skip(0x800) {
        *entry = utf8(code as u32);
    }
    // Surrogates are no characters.
    table[0xd800..0xe000].fill(STOP);
    table
}

/// Makes a character become another, or stop where that is none of three bytes.
pub(super) fn set(table: &mut Table, c: char, new: Option<char>) {
    if let Some(entry) = table.get_mut(c as usize) {
        *entry = new.filter(|new| new.len_utf8() == 3).map_or(STOP, |new| utf8(new as u32));
    }
}

/// Puts a mark on a character.
pub(super) fn mark(table: &mut Table, c: char, mark: u32) {
    if let Some(entry) = table.get_mut(c as usize) {
        *entry |= mark;
    }
}

/// The three bytes of a character that has as many, first byte lowest.
const fn utf8(code: u32) -> u32 {
    0x80_80e0 | code >> 12 | (code >> 6 & 0x3f) << 8 | (code & 0x3f) << 16
}

/// Converts a run of three-byte characters at the start of `source` that ends at the first other or
/// stopping character, appends it to `out` and returns its length in bytes, the same on both sides.
pub(super) fn run(table: &Table, source: &[u8], out: &mut Vec<u8>) -> usize {
    #[cfg(target_arch = "x86_64")]
    if source.len() >= avx2::LOAD && std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the CPU has AVX2.
        let done = unsafe { avx2::run(table, source, out) };
        return done + scalar(table, &source[done..], out);
    }
    scalar(table, source, out)
}

/// The same, for every CPU; the vector path leaves its last characters to it.
fn scalar(table: &Table, source: &[u8], out: &mut Vec<u8>) -> usize {
    let mut done = 0;
    while let Some(&[a, b, c]) = source[done..].first_chunk::<3>() {
        if a & 0xf0 != 0xe0 {
            break;
        }
        let entry = table[usize::from(a & 0xf) << 12 | usize::from(b & 0x3f) << 6 | usize::from(c & 0x3f)];
        if entry & STOP != 0 {
            break;
        }
        let [a, b, c, _] = entry.to_le_bytes();
        out.extend_from_slice(&[a, b, c]);
        done += 3;
    }
    done
}

/// The bytes as a string.
pub(super) fn into_string(bytes: Vec<u8>) -> String {
    debug_assert!(std::str::from_utf8(&bytes).is_ok());
    // SAFETY: `run` appends whole characters from the table, the callers append whole `str`s and `char`s,
    // and truncate at character boundaries.
    unsafe { String::from_utf8_unchecked(bytes) }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::*;

    use super::Table;

    /// Bytes that one step loads: two overlapping halves of 16, of which 24 are converted.
    pub(super) const LOAD: usize = 28;
    /// Bytes that one step stores, likewise.
    const STORE: usize = 28;

    /// Eight characters a step: shuffle the bytes into code points, gather the entries, store their bytes.
    #[target_feature(enable = "avx2")]
    pub(super) fn run(table: &Table, source: &[u8], out: &mut Vec<u8>) -> usize {
        // Bytes of characters 0–3 of each half into the lanes of a 32-bit vector, first byte highest.
        let spread = _mm256_setr_epi8(
            2, 1, 0, -1, 5, 4, 3, -1, 8, 7, 6, -1, 11, 10, 9, -1, //
            2, 1, 0, -1, 5, 4, 3, -1, 8, 7, 6, -1, 11, 10, 9, -1,
        );
        // The three low bytes of each lane side by side.
        let pack = _mm256_setr_epi8(
            0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1, //
            0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1,
        );
        let (lead_mask, lead) = (_mm256_set1_epi32(0xf0_0000), _mm256_set1_epi32(0xe0_0000));
        let mut done = 0;
        while done + LOAD <= source.len() {
            if out.capacity() - out.len() < STORE {
                out.reserve((source.len() - done).max(STORE));
            }
            // SAFETY: `LOAD` bytes are left in the source: the halves are 0..16 and 12..28.
            let bytes = unsafe {
                let at = source.as_ptr().add(done);
                _mm256_loadu2_m128i(at.add(12).cast(), at.cast())
            };
            let x = _mm256_shuffle_epi8(bytes, spread);
            let three = _mm256_cmpeq_epi32(_mm256_and_si256(x, lead_mask), lead);
            let other = !_mm256_movemask_ps(_mm256_castsi256_ps(three)) & 0xff;
            let point = _mm256_or_si256(
                _mm256_and_si256(x, _mm256_set1_epi32(0x3f)),
                _mm256_or_si256(
                    _mm256_and_si256(_mm256_srli_epi32::<2>(x), _mm256_set1_epi32(0xfc0)),
                    _mm256_and_si256(_mm256_srli_epi32::<4>(x), _mm256_set1_epi32(0xf000)),
                ),
            );
            // SAFETY: a code point put together from 4 + 6 + 6 bits is an index of the table.
            let entries = unsafe { _mm256_i32gather_epi32::<4>(table.as_ptr().cast(), point) };
            let stop = _mm256_movemask_ps(_mm256_castsi256_ps(entries));
            let packed = _mm256_shuffle_epi8(entries, pack);
            // SAFETY: `STORE` bytes are left in the buffer; the upper half starts where the lower one's
            // twelve bytes end.
            unsafe {
                let at = out.as_mut_ptr().add(out.len());
                _mm_storeu_si128(at.cast(), _mm256_castsi256_si128(packed));
                _mm_storeu_si128(at.add(12).cast(), _mm256_extracti128_si256::<1>(packed));
            }
            // A branch, not arithmetic with the mask: the next step need not wait for the gather.
            let good = if other | stop == 0 { 8 } else { (other | stop).trailing_zeros() as usize };
            // SAFETY: the first `good` characters have just been stored.
            unsafe { out.set_len(out.len() + 3 * good) };
            if good < 8 {
                return done + 3 * good;
            }
            done += 24;
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every character becomes another of three bytes; some stop.
    fn table() -> Box<Table> {
        let mut table = identity();
        for c in '\u{800}'..='\u{ffff}' {
            let mapped = char::from_u32(c as u32 ^ 1).unwrap_or('一');
            set(&mut table, c, Some(mapped).filter(|_| !(c as u32).is_multiple_of(37)));
        }
        table
    }

    #[test]
    fn characters_of_three_bytes_stay() {
        let table = identity();
        for (code, entry) in (0..).zip(table.iter()) {
            let c = char::from_u32(code).filter(|c| c.len_utf8() == 3);
            let bytes = c.map(|c| {
                let mut bytes = [0; 4];
                c.encode_utf8(&mut bytes);
                u32::from_le_bytes(bytes)
            });
            assert_eq!(*entry, bytes.unwrap_or(STOP), "{code:x}");
        }
    }

    proptest! {
        #[test]
        fn the_vector_path_equals_the_scalar_one(text in "([\u{800}-\u{ffff}]|[一-龥]{4}|[一-龥]|[aé𠮷]){0,60}") {
            let table = table();
            let (mut fast, mut slow) = (Vec::new(), Vec::new());
            let mut at = 0;
            while at < text.len() {
                let rest = &text.as_bytes()[at..];
                let done = run(&table, rest, &mut fast);
                prop_assert_eq!(done, scalar(&table, rest, &mut slow));
                prop_assert_eq!(&fast, &slow);
                prop_assert!(std::str::from_utf8(&fast).is_ok());
                at += done + text[at + done..].chars().next().map_or(0, char::len_utf8);
            }
        }
    }
}
