//! Classes of characters. Of the basic plane they are compiled, by `xtask`, which includes this file.

/// What kind of character it is, as far as the analysis of a document counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class(pub(super) u8);

impl Class {
    /// A Han ideograph.
    pub const HAN: Class = Class(1);
    /// A Latin letter of ASCII.
    pub const LATIN: Class = Class(2);
    /// Only Traditional text has it.
    pub const TRADITIONAL: Class = Class(4);
    /// Only Simplified text has it.
    pub const SIMPLIFIED: Class = Class(8);
    /// An opening bracket of either width: a gloss may follow.
    pub const BRACKET: Class = Class(16);
    /// A question mark of either width: it may stand for lost bytes.
    pub const QUESTION: Class = Class(32);
    /// What `recover` looks at: hardly any in sound text, some in every damaged one.
    pub const RARE: Class = Class(64);
    /// Kana or Hangul.
    pub const FOREIGN: Class = Class(128);

    /// Whether it is of class `other` too.
    #[must_use]
    pub const fn has(self, other: Class) -> bool {
        self.0 & other.0 != 0
    }

    /// The classes of a character that only Traditional or only Simplified text may have, and that has this rank in
    /// Simplified text.
    #[must_use]
    pub(crate) fn of(c: char, traditional: bool, simplified: bool, rank: Option<u16>) -> Self {
        let han = is_han(c);
        let classes = [
            (han, Self::HAN),
            (c.is_ascii_alphabetic(), Self::LATIN),
            (han && traditional, Self::TRADITIONAL),
            (han && simplified, Self::SIMPLIFIED),
            (matches!(c, '(' | '（'), Self::BRACKET),
            (matches!(c, '?' | '？'), Self::QUESTION),
            (is_kana(c) || is_hangul(c), Self::FOREIGN),
            (is_rare(c, rank), Self::RARE),
        ];
        Self(classes.into_iter().filter(|(has, _)| *has).fold(0, |all, (_, class)| all | class.0))
    }
}

/// Whether `c` is a Han ideograph (all blocks, compatibility ideographs and 〇 included).
#[must_use]
pub const fn is_han(c: char) -> bool {
    matches!(c,
        '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{3007}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{323af}')
}

/// Whether `c` is hardly ever in sound Chinese text: a Han character that few texts have, a letter of Latin-1,
/// a radical, a private, invisible or control character, a space other than those of ASCII and CJK.
fn is_rare(c: char, rank: Option<u16>) -> bool {
    /// One character in 800 of a newspaper is beyond it, and every second one of misread text.
    const KNOWN: u16 = 4000;
    match c {
        '\t' | '\n' | '\r' | ' '..='~' | '\u{3000}' => false,
        '§' | '°' | '±' | '²' | '³' | '·' | '×' | '÷' => false,
        '\u{2e80}'..='\u{2fd5}' | '\u{e000}'..='\u{f8ff}' | '\u{f900}'..='\u{faff}' | '\u{fffd}' => true,
        '\u{80}'..='\u{ff}' => true,
        _ if is_han(c) => rank.is_none_or(|rank| rank >= KNOWN),
        _ => c.is_control() || c.is_whitespace() || is_invisible(c),
    }
}

/// Whether `c` has no width: joiners, marks of direction, byte order marks, the soft hyphen.
#[must_use]
pub const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
        | '\u{feff}')
}

/// Whether `c` is kana, which Japanese has and Chinese has not.
#[must_use]
pub const fn is_kana(c: char) -> bool {
    // The middle dot (U+30FB) and the long mark (U+30FC) are used in Chinese too.
    matches!(c, '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | '\u{31f0}'..='\u{31ff}' | '\u{ff66}'..='\u{ff9d}')
}

/// Whether `c` is Hangul, which Korean has and Chinese has not.
#[must_use]
pub const fn is_hangul(c: char) -> bool {
    matches!(c, '\u{ac00}'..='\u{d7a3}' | '\u{1100}'..='\u{11ff}' | '\u{3131}'..='\u{318e}')
}
