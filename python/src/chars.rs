//! Offsets in characters, which Python counts, and in bytes, which the core counts.

/// Characters between two marks.
const STEP: usize = 128;

/// Where the characters of a text stand, every so often.
#[derive(Debug)]
pub(crate) struct Chars {
    /// Byte offset of each character whose number is a multiple of `STEP`.
    marks: Vec<usize>,
    len: usize,
}

impl Chars {
    pub(crate) fn of(text: &str) -> Self {
        let (mut marks, mut len) = (vec![0], 0);
        for (at, _) in text.char_indices() {
            if len > 0 && len % STEP == 0 {
                marks.push(at);
            }
            len += 1;
        }
        Self { marks, len }
    }

    /// How many there are.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Where a character starts; the text's end for the one behind the last.
    pub(crate) fn byte(&self, text: &str, char: usize) -> usize {
        let mark = self.marks[(char / STEP).min(self.marks.len() - 1)];
        let rest = char - (char / STEP).min(self.marks.len() - 1) * STEP;
        text[mark..].char_indices().nth(rest).map_or(text.len(), |(at, _)| mark + at)
    }

    /// How many characters start before a byte.
    pub(crate) fn char(&self, text: &str, byte: usize) -> usize {
        let i = self.marks.partition_point(|&mark| mark <= byte) - 1;
        i * STEP + text[self.marks[i]..byte].chars().count()
    }
}
