//! What characters of sound text cost, in nats.

use crate::chars::{is_full_mark, is_han};
use crate::lexicon::{ngram, script, words};

use super::is_letter_like;

/// What a character of sound text costs behind two others: −ln of its probability, roughly.
pub(super) fn cost(history: [char; 2], c: char) -> f32 {
    /// A character where nothing led to expect it.
    const STRANGE: f32 = 14.0;
    let kin = |a: char, b: char| a as u32 >> 7 == b as u32 >> 7;
    match c {
        'A'..='Z' | 'a'..='z' | '@' | '['..='`' | '{'..='~' if is_han(history[1]) => 8.0,
        '\t' | '\n' | '\r' | ' '..='~' => 3.0,
        '\u{fffd}' => 3.0,
        // Quotes of Windows read as control characters, an accident of their own.
        '\u{85}' | '\u{91}'..='\u{97}' => 6.0,
        '\0'..='\u{9f}' | '\u{e000}'..='\u{f8ff}' => STRANGE,
        _ if is_han(c) => {
            let [a, b, c] = [history[0], history[1], c].map(script::simplified);
            let known = match words::char_rank(c) {
                // Two characters that are a word.
                Some(_) if is_word(b, c) => 6.5,
                Some(0..3000) => 10.5,
                Some(3000..5000) => 12.5,
                Some(_) => STRANGE,
                None => 16.0,
            };
            (-ngram::shipped().log_prob([a, b], c)).min(known)
        }
        // Behind a word in capitals, one of which has an accent.
        '\u{a0}' | '»' | '”' | '’' if is_capital(history[0]) && matches!(history[1], 'À'..='Þ') => 3.0,
        _ if matches!(history[1], '\u{c0}'..='\u{ff}') && is_letter_like(c) && !c.is_alphabetic() => 12.0,
        '‘' | '’' | '“' | '”' | '–' | '—' | '…' if history[1].is_ascii() => 5.0,
        _ if is_full_mark(c) => (-ngram::shipped().log_prob(history, c)).min(9.0),
        'Ａ'..='Ｚ' | 'ａ'..='ｚ' if !matches!(history[1], '\u{ff01}'..='\u{ff5e}') => 9.0,
        // Full-width forms and the marks of CJK.
        '\u{ff01}'..='\u{ff5e}' | '\u{3000}'..='\u{3002}' => 4.5,
        // Words with accents have one, seldom two in a row, and never three.
        '\u{a0}'..='\u{24f}' if is_letter_like(history[1]) && is_letter_like(history[0]) => 12.0,
        // The letters of Western Europe, in the case of the word.
        'ß'..='ÿ' if is_capital(history[0]) && is_capital(history[1]) => 8.0,
        'À'..='ÿ' if history[1].is_ascii_alphabetic() => 5.0,
        '\u{100}'..='\u{24f}' if history[1].is_ascii_alphabetic() => 8.0,
        '\u{c0}'..='\u{24f}' if is_han(history[1]) => 11.0,
        '\u{100}'..='\u{24f}' => 11.0,
        '\u{a0}'..='\u{24f}' => 8.0,
        // Words of another script, drawings.
        _ if kin(history[1], c) => 4.5,
        '\u{2010}'..='\u{2bff}' => 9.0,
        _ => STRANGE,
    }
}

/// Whether two characters are a word.
fn is_word(a: char, b: char) -> bool {
    let mut word = [0; 8];
    let len = a.encode_utf8(&mut word).len();
    let len = len + b.encode_utf8(&mut word[len..]).len();
    std::str::from_utf8(&word[..len]).is_ok_and(|word| words::shipped().get(word).is_some())
}

fn is_capital(c: char) -> bool {
    matches!(c, 'A'..='Z' | 'À'..='Þ')
}
