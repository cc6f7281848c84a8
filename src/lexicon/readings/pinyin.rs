//! One syllable of pinyin in any of its spellings, reduced to one form. `xtask` includes this file
//! too, so that the table and the look-up agree on the form.

/// A syllable: its letters and its tone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Syllable {
    letters: [u8; Syllable::MAX],
    len: u8,
    /// 1 to 4, or 0 where no tone is marked.
    pub(crate) tone: u8,
}

impl Syllable {
    /// No syllable has more letters (zhuang, shuang, chuang), ê counting as two.
    const MAX: usize = 7;

    /// Reads one syllable. Accepts tone marks composed or combining, `ü` also as `v` and `u:`,
    /// capitals, the script letters `ɡ` and `ɑ`, and the breve that often stands for the caron.
    /// `None` for anything else, and for two tone marks.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut this = Syllable { letters: [0; Self::MAX], len: 0, tone: 0 };
        for c in text.chars() {
            let c = c.to_lowercase().next()?;
            let (letter, tone) = match c {
                'a'..='z' => (c, 0),
                'ɡ' => ('g', 0),
                'ɑ' => ('a', 0),
                'ü' | 'ê' => (c, 0),
                'ā' => ('a', 1),
                'á' => ('a', 2),
                'ǎ' | 'ă' => ('a', 3),
                'à' => ('a', 4),
                'ē' => ('e', 1),
                'é' => ('e', 2),
                'ě' | 'ĕ' => ('e', 3),
                'è' => ('e', 4),
                'ī' => ('i', 1),
                'í' => ('i', 2),
                'ǐ' | 'ĭ' => ('i', 3),
                'ì' => ('i', 4),
                'ō' => ('o', 1),
                'ó' => ('o', 2),
                'ǒ' | 'ŏ' => ('o', 3),
                'ò' => ('o', 4),
                'ū' => ('u', 1),
                'ú' => ('u', 2),
                'ǔ' | 'ŭ' => ('u', 3),
                'ù' => ('u', 4),
                'ǖ' => ('ü', 1),
                'ǘ' => ('ü', 2),
                'ǚ' => ('ü', 3),
                'ǜ' => ('ü', 4),
                'ế' => ('ê', 2),
                'ề' => ('ê', 4),
                'ń' => ('n', 2),
                'ň' => ('n', 3),
                'ǹ' => ('n', 4),
                'ḿ' => ('m', 2),
                '\u{304}' => ('\0', 1),
                '\u{301}' => ('\0', 2),
                '\u{30c}' | '\u{306}' => ('\0', 3),
                '\u{300}' => ('\0', 4),
                // The diaeresis and its stand-in turn the u before them into ü.
                '\u{308}' | ':' if this.ends_with(b'u') => {
                    this.letters[usize::from(this.len) - 1] = b'v';
                    continue;
                }
                '\u{302}' if this.ends_with(b'e') => {
                    this.push(b'^')?;
                    continue;
                }
                _ => return None,
            };
            match letter {
                '\0' if this.len == 0 => return None,
                '\0' => {}
                'ü' => this.push(b'v')?,
                'ê' => {
                    this.push(b'e')?;
                    this.push(b'^')?;
                }
                _ => this.push(letter as u8)?,
            }
            if tone != 0 && std::mem::replace(&mut this.tone, tone) != 0 {
                return None;
            }
        }
        this.settle_umlaut();
        (this.len > 0).then_some(this)
    }

    /// The letters, ü written `v` and ê written `e^`.
    pub(crate) fn letters(&self) -> &[u8] {
        &self.letters[..usize::from(self.len)]
    }

    fn push(&mut self, letter: u8) -> Option<()> {
        *self.letters.get_mut(usize::from(self.len))? = letter;
        self.len += 1;
        Some(())
    }

    fn ends_with(&self, letter: u8) -> bool {
        self.letters().last() == Some(&letter)
    }

    /// One spelling where the dots are free: `ju` for jü, `lve` for lue.
    fn settle_umlaut(&mut self) {
        match self.letters() {
            [b'j' | b'q' | b'x' | b'y', b'v', ..] => self.letters[1] = b'u',
            [b'l' | b'n', b'u', b'e'] => self.letters[1] = b'v',
            _ => {}
        }
    }
}
