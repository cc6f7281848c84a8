//! English words, to decide whether a hyphen at a line's end belongs to the word.
//!
//! Source: `dictionaries/english.txt` (SCOWL). Lower-case words of ASCII letters; no names, no
//! possessives, no compounds with a hyphen.

use std::sync::LazyLock;

use fst::raw::Fst;

use super::table::section;

static WORDS: LazyLock<Fst<&'static [u8]>> = LazyLock::new(|| {
    Fst::new(section(include_bytes!("tables/english.bin"), 0)).expect("english.bin holds an fst")
});

/// Whether `word` is an English word, whatever its case.
pub fn is_word(word: &str) -> bool {
    let mut node = WORDS.root();
    for byte in word.bytes() {
        match node.find_input(byte.to_ascii_lowercase()) {
            Some(step) => node = WORDS.node(node.transition_addr(step)),
            None => return false,
        }
    }
    node.is_final()
}

#[cfg(test)]
mod tests {
    use super::is_word;

    #[test]
    fn knows_words_in_any_case() {
        assert!(is_word("information") && is_word("Information") && is_word("A"));
        assert!(!is_word("infor") && !is_word("mation") && !is_word("") && !is_word("中"));
    }
}
