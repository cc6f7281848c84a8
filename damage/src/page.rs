//! A damaged line with the way back: which bytes of the original each character of the page stands for.

use std::ops::Range;

use crate::cp936::encode_char;

/// Not from the original.
const NONE: u32 = u32::MAX;

/// Bytes, and which byte of the original each was.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bytes {
    pub(crate) bytes: Vec<u8>,
    origin: Vec<u32>,
}

impl Bytes {
    /// The bytes of an undamaged line, and where each of its characters ends in them.
    pub(crate) fn of(original: &str) -> (Self, Vec<u32>) {
        let (mut bytes, mut ends) = (Vec::with_capacity(original.len()), Vec::new());
        for c in original.chars() {
            encode(c, &mut bytes);
            ends.push(offset(bytes.len()));
        }
        let origin = (0..offset(bytes.len())).collect();
        (Self { bytes, origin }, ends)
    }

    /// The bytes of what was decoded already.
    pub(crate) fn again(glyphs: &[Glyph]) -> Self {
        let mut all = Self::default();
        for glyph in glyphs {
            let from = all.bytes.len();
            encode(glyph.c, &mut all.bytes);
            all.origin.resize(all.bytes.len(), NONE);
            if glyph.from != NONE {
                all.origin[from] = glyph.from;
                *all.origin.last_mut().expect("a character has bytes") = glyph.to - 1;
            }
        }
        all
    }

    /// PHP's `str_replace($search, $search.$gloss, $bytes)`.
    pub(crate) fn put_behind(self, search: [u8; 2], gloss: &[u8]) -> Self {
        let mut hits = memchr::memmem::find_iter(&self.bytes, &search).peekable();
        if hits.peek().is_none() {
            return self;
        }
        let mut out = Self::default();
        let mut from = 0;
        for end in hits.map(|at| at + search.len()) {
            out.extend(&self, from..end);
            out.bytes.extend(gloss);
            out.origin.resize(out.bytes.len(), NONE);
            from = end;
        }
        out.extend(&self, from..self.bytes.len());
        out
    }

    fn extend(&mut self, other: &Self, range: Range<usize>) {
        self.bytes.extend(&other.bytes[range.clone()]);
        self.origin.extend(&other.origin[range]);
    }

    /// A character that the bytes of `range` became.
    pub(crate) fn glyph(&self, c: char, range: Range<usize>, lost: bool) -> Glyph {
        let mut known = self.origin[range].iter().copied().filter(|&origin| origin != NONE);
        let from = known.next().unwrap_or(NONE);
        let to = known.next_back().unwrap_or(from);
        Glyph { c, from, to: if to == NONE { NONE } else { to + 1 }, lost }
    }
}

/// A character of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Glyph {
    pub(crate) c: char,
    /// The bytes of the original that it stands for, or [`NONE`] twice.
    from: u32,
    to: u32,
    /// Whether it stands for bytes that are lost.
    lost: bool,
}

impl Glyph {
    pub(crate) const fn inserted(c: char) -> Self {
        Self { c, from: NONE, to: NONE, lost: false }
    }

    /// The same place, read as `c`.
    pub(crate) const fn read_as(self, c: char) -> Self {
        Self { c, ..self }
    }

    /// One for both.
    pub(crate) fn joined(self, last: Self, c: char) -> Self {
        let to = if last.to == NONE { self.to } else { last.to };
        Self { c, from: self.from.min(last.from), to, lost: self.lost || last.lost }
    }
}

/// A line as it stands on the page, and what went wrong in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Damaged {
    /// The page's line.
    pub text: String,
    /// What it would be without the damage: Traditional, with the width of marks made even.
    pub truth: String,
    /// Lead bytes that were parted from their trail bytes by a gloss; a decoder put a mark in their place.
    pub broken: usize,
    /// Bytes of the line that nothing on the page stands for: a lead byte at the end of a piece, what a
    /// decoder ate (an opening bracket apart), characters of private use that were dropped.
    pub lost: usize,
    pub(crate) glyphs: Vec<Glyph>,
    /// Where the characters of the truth end, in bytes of the original.
    pub(crate) ends: Vec<u32>,
}

/// What kind of damage a stretch of the page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// A gloss behind a whole character.
    WellFormed,
    /// A gloss, and nothing else, behind what a shifted run became.
    InShiftedRun,
    /// Shifted bytes, all of them there.
    Shifted,
    /// Bytes are lost.
    Lost,
    /// Emoji, rare characters, commas.
    Sprinkled,
    /// No damage.
    Whole,
}

impl Damaged {
    /// Whether `new` is what stood in the original where `span` (bytes of the text) stands on the page. Where
    /// bytes vanished at an end of the span, it may be with or without them; an end inside a character of
    /// the original is wrong.
    #[must_use]
    pub fn is_repair(&self, span: Range<usize>, new: &str) -> bool {
        let (first, last) = (self.glyph_at(span.start), self.glyph_at(span.end));
        let starts = self.boundaries(first);
        let ends = self.boundaries(last);
        starts.iter().any(|&from| ends.iter().any(|&to| from <= to && self.truth.get(from..to) == Some(new)))
    }

    /// The class of a stretch of the page, in bytes of the text.
    #[must_use]
    pub fn class(&self, span: Range<usize>) -> Class {
        let (first, last) = (self.glyph_at(span.start), self.glyph_at(span.end));
        let inside = &self.glyphs[first..last];
        let from = self.glyphs[..first].iter().filter(|g| g.to != NONE).map(|g| g.to).max().unwrap_or(0);
        let total = self.ends.last().copied().unwrap_or(0);
        let to = self.glyphs[last..].iter().map(|g| g.from).min().unwrap_or(total).min(total);
        let there: u32 = inside.iter().filter(|g| g.from != NONE).map(|g| g.to - g.from).sum();
        if inside.iter().any(|g| g.lost) || there != to - from {
            return Class::Lost;
        }
        if inside.iter().all(|g| self.is_whole(g)) {
            return Class::Whole;
        }
        if inside.iter().any(|g| g.from != NONE && !self.is_whole(g)) {
            return Class::Shifted;
        }
        let gloss = |g: &&Glyph| matches!(g.c, '(' | '（');
        if !inside.iter().any(|g| gloss(&g)) {
            return Class::Sprinkled;
        }
        let before = self.glyphs[..first].iter().rev().find(|g| g.from != NONE);
        if before.is_some_and(|g| self.is_whole(g)) { Class::WellFormed } else { Class::InShiftedRun }
    }

    /// Whether it is a whole character of the original.
    fn is_whole(&self, glyph: &Glyph) -> bool {
        let is_boundary = |at| at == 0 || self.ends.binary_search(&at).is_ok();
        glyph.from != NONE && is_boundary(glyph.from) && is_boundary(glyph.to)
    }

    fn glyph_at(&self, byte: usize) -> usize {
        self.text[..byte].chars().count()
    }

    /// Where in the truth, in bytes, a character of the page begins; more than one place where bytes vanished.
    fn boundaries(&self, glyph: usize) -> Vec<usize> {
        let (before, after) = self.glyphs.split_at(glyph);
        let low = before.iter().filter(|g| g.to != NONE).map(|g| g.to).max().unwrap_or(0);
        let high = after.iter().map(|g| g.from).min().filter(|&from| from != NONE).unwrap_or(NONE);
        let mut at = 0;
        let starts = [(0, 0)].into_iter().chain(self.truth.chars().zip(&self.ends).map(|(c, &end)| {
            at += c.len_utf8();
            (at, end)
        }));
        starts.filter(|&(_, end)| low <= end && end <= high).map(|(at, _)| at).collect()
    }
}

/// Writes a character in GBK; one that it does not have is a reference as in HTML.
pub(crate) fn encode(c: char, bytes: &mut Vec<u8>) {
    match encode_char(c) {
        _ if c.is_ascii() => bytes.push(c as u8),
        Some(pair) => bytes.extend(pair),
        None if c == '€' => bytes.push(0x80),
        None if c == '\u{f8f5}' => bytes.push(0xff),
        None => bytes.extend(format!("&#{};", u32::from(c)).bytes()),
    }
}

fn offset(len: usize) -> u32 {
    u32::try_from(len).expect("a line below 4 GiB")
}
