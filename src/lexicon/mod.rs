//! What the stages know about Chinese: words, readings, character variants, the n-gram, the pairs of GBK and Big5.
//!
//! Every table is compiled from the reviewable text in `dictionaries/` by `cargo xtask tables` and
//! embedded; nothing is parsed or allocated at start-up.

pub mod english;
pub mod ngram;
pub(crate) mod pairs;
mod prefixes;
pub mod readings;
pub mod script;
mod table;
mod trie;
pub mod words;
