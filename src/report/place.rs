//! Where a byte of a text stands for a reader: paragraph, line, column.

use std::fmt;

/// Bytes between two remembered character counts.
const STEP: usize = 128;

/// A place as shown to people; everything counts from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Runs of lines that are not blank.
    pub(super) paragraph: usize,
    pub(super) line: usize,
    /// In characters.
    pub(super) column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "¶{} {}:{}", self.paragraph, self.line, self.column)
    }
}

/// Finds places in a text. Made in one pass, so that a line of any length costs no more per look-up.
pub(crate) struct Places<'t> {
    text: &'t str,
    /// First byte and paragraph of each line.
    lines: Vec<(usize, usize)>,
    /// Characters that start before each multiple of `STEP`.
    counts: Vec<usize>,
}

impl<'t> Places<'t> {
    pub(crate) fn of(text: &'t str) -> Self {
        let mut lines = Vec::new();
        let (mut start, mut paragraph, mut blank_before) = (0, 0, true);
        for line in text.split_inclusive('\n') {
            let blank = line.trim().is_empty();
            paragraph += usize::from(blank_before && !blank);
            lines.push((start, paragraph.max(1)));
            blank_before = blank;
            start += line.len();
        }
        if lines.is_empty() || text.ends_with('\n') {
            lines.push((start, paragraph.max(1)));
        }
        let (mut counts, mut sum) = (Vec::with_capacity(text.len() / STEP + 1), 0);
        for block in text.as_bytes().chunks(STEP) {
            counts.push(sum);
            sum += starts(block);
        }
        counts.push(sum);
        Self { text, lines, counts }
    }

    pub(super) fn at(&self, pos: usize) -> Place {
        let i = self.lines.partition_point(|&(start, _)| start <= pos) - 1;
        let (start, paragraph) = self.lines[i];
        Place { paragraph, line: i + 1, column: self.chars_before(pos) - self.chars_before(start) + 1 }
    }

    /// The byte offset of a line's column, if the text has such a place.
    #[cfg(any(test, feature = "corpus"))]
    pub(crate) fn find(&self, line: usize, column: usize) -> Option<usize> {
        let (start, _) = *self.lines.get(line.checked_sub(1)?)?;
        let end = self.lines.get(line).map_or(self.text.len(), |&(next, _)| next);
        let line = &self.text[start..end];
        let ends = std::iter::once(line.len());
        line.char_indices().map(|(i, _)| i).chain(ends).nth(column.checked_sub(1)?).map(|i| start + i)
    }

    fn chars_before(&self, pos: usize) -> usize {
        let block = pos / STEP;
        self.counts[block] + starts(&self.text.as_bytes()[block * STEP..pos])
    }
}

/// Characters that start in `bytes`.
fn starts(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| byte & 0xc0 != 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_from_one() {
        let text = "一二\n三\n\n \n四五";
        let places = Places::of(text);
        let at = |c| places.at(text.find(c).unwrap()).to_string();
        assert_eq!(at('一'), "¶1 1:1");
        assert_eq!(at('三'), "¶1 2:1");
        assert_eq!(at('五'), "¶2 5:2");
        assert_eq!(places.at(text.len()).to_string(), "¶2 5:3");
        assert_eq!(places.find(5, 2), text.find('五'));
        assert_eq!(places.find(5, 3), Some(text.len()));
        assert_eq!((places.find(5, 4), places.find(6, 1), places.find(0, 0)), (None, None, None));
        assert_eq!(Places::of("").at(0).to_string(), "¶1 1:1");
        assert_eq!(Places::of("一\n").at(4).to_string(), "¶1 2:1");
    }

    #[test]
    fn long_lines_are_counted_in_steps() {
        let text = "汉".repeat(STEP) + "x" + &"字".repeat(STEP);
        let places = Places::of(&text);
        for (i, (pos, _)) in text.char_indices().enumerate() {
            assert_eq!(places.at(pos).column, i + 1);
        }
        assert_eq!(places.at(text.len()).column, 2 * STEP + 2);
    }
}
