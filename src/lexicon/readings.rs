//! The Mandarin readings of characters, Simplified and Traditional, all that are attested: a
//! reading here shows that a gloss is possible, not which sense a text means.
//!
//! Source: `dictionaries/readings.tsv` (pypinyin, MIT).

mod pinyin;

pub(crate) use self::pinyin::Syllable;
use super::table::{CharTable, section, u16_at};

static TABLE: &[u8] = include_bytes!("tables/readings.bin");

/// From a character to 1 + the number of its set of readings.
static SETS: CharTable = CharTable::new(TABLE, 0);
/// Where each set ends within `MEMBERS`, in members, after a leading 0.
static SET_ENDS: &[u8] = section(TABLE, 2);
/// Numbers of syllables, the commoner reading first as in the source.
static MEMBERS: &[u8] = section(TABLE, 3);
/// Each syllable: the number of its letters << 3 | its tone.
static SYLLABLES: &[u8] = section(TABLE, 4);
/// Where each syllable's spelling ends within `SPELLINGS`, after a leading 0.
static SPELLING_ENDS: &[u8] = section(TABLE, 5);
static SPELLINGS: &[u8] = section(TABLE, 6);
/// Where each run of letters ends within `LETTERS`, after a leading 0; sorted.
static LETTER_ENDS: &[u8] = section(TABLE, 7);
static LETTERS: &[u8] = section(TABLE, 8);
/// For each run of letters, the tones it is read with: bit t for tone t, bit 0 for the neutral one.
static TONES: &[u8] = section(TABLE, 9);

/// Whether `c` can be read `syllable`. A marked tone must match; without one any tone does. Takes
/// every spelling that glosses use: capitals, combining marks, `ü` as `v` or `u:`, `ɡ` for g.
pub fn is_reading(c: char, syllable: &str) -> bool {
    Syllable::parse(syllable).is_some_and(|syllable| is_read_as(c, &syllable))
}

/// The same as [`is_reading`], of a syllable that was read before.
pub(crate) fn is_read_as(c: char, syllable: &Syllable) -> bool {
    members(c).any(|id| {
        let packed = u16_at(SYLLABLES, id);
        (syllable.tone == 0 || packed & 7 == u16::from(syllable.tone))
            && letters(usize::from(packed >> 3)) == syllable.letters()
    })
}

/// The readings of `c` with tone marks (`shū`), the commoner first; none for a character without.
pub fn readings(c: char) -> impl Iterator<Item = &'static str> {
    members(c)
        .map(|id| std::str::from_utf8(slice(SPELLINGS, SPELLING_ENDS, id)).expect("spellings are UTF-8"))
}

/// Whether `c` is mostly read so; spelled as for [`is_reading`].
pub(crate) fn is_commonest_reading(c: char, syllable: &str) -> bool {
    readings(c).next().is_some_and(|commonest| same_syllable(commonest, syllable))
}

/// Whether some character is read so; spelled as for [`is_reading`].
pub fn is_syllable(text: &str) -> bool {
    let Some(syllable) = Syllable::parse(text) else {
        return false;
    };
    let (mut low, mut high) = (0, TONES.len());
    while low < high {
        let middle = (low + high) / 2;
        match letters(middle).cmp(syllable.letters()) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
            std::cmp::Ordering::Equal => {
                return syllable.tone == 0 || TONES[middle] >> syllable.tone & 1 == 1;
            }
        }
    }
    false
}

/// Whether two spellings of syllables are of the same one; a tone that only one of them marks does not part them.
pub fn same_syllable(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    let (Some(a), Some(b)) = (Syllable::parse(a), Syllable::parse(b)) else {
        return false;
    };
    a.letters() == b.letters() && (a.tone == b.tone || a.tone == 0 || b.tone == 0)
}

/// The numbers of the syllables that `c` is read as.
fn members(c: char) -> impl Iterator<Item = usize> {
    let range = match usize::from(SETS.get(c)) {
        0 => 0..0,
        set => usize::from(u16_at(SET_ENDS, set - 1))..usize::from(u16_at(SET_ENDS, set)),
    };
    range.map(|member| usize::from(u16_at(MEMBERS, member)))
}

fn letters(number: usize) -> &'static [u8] {
    slice(LETTERS, LETTER_ENDS, number)
}

fn slice(data: &'static [u8], ends: &[u8], number: usize) -> &'static [u8] {
    &data[usize::from(u16_at(ends, number))..usize::from(u16_at(ends, number + 1))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_every_spelling() {
        for syllable in ["shū", "shu", "Shū", "SHU", "shu\u{304}"] {
            assert!(is_reading('書', syllable), "{syllable}");
        }
        for syllable in ["lǜ", "lü", "lv", "lu:", "lu\u{308}", "lu\u{308}\u{300}", "shuài", "shuai"] {
            assert!(is_reading('率', syllable), "{syllable}");
        }
        assert!(is_reading('行', "hánɡ") && is_reading('行', "xínɡ") && is_reading('略', "lue"));
        assert!(is_reading('张', "zhɑnɡ") && is_reading('𨭎', "xǐ"));
    }

    #[test]
    fn refuses_what_is_no_reading() {
        for syllable in ["shù", "shi", "", "s hu", "shuu", "shū̀", "\u{304}", "shanghai", "书"] {
            assert!(!is_reading('書', syllable), "{syllable}");
        }
        assert!(!is_reading('a', "a") && !is_reading('，', "dou"));
    }

    #[test]
    fn lists_readings_as_written_in_the_source() {
        assert_eq!(readings('行').take(2).collect::<Vec<_>>(), ["xíng", "háng"]);
        assert!(readings('的').any(|r| r == "de"));
        assert_eq!(readings('!').count(), 0);
    }

    #[test]
    fn tells_syllables_from_words() {
        for yes in ["zhōng", "zhong", "lüè", "nv", "ǹg", "er", "ju", "Xiàng"] {
            assert!(is_syllable(yes), "{yes}");
        }
        // No character is read zhóng: the tone counts.
        for no in ["the", "zhóng", "shanghai", "b", "v", ""] {
            assert!(!is_syllable(no), "{no}");
        }
    }
}
