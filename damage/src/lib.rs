//! Damages clean Chinese text in the ways that jiaokan repairs, with a seed, so that tests and benches have
//! any amount of damaged text whose truth is known. Shares no code and no tables with jiaokan.

pub mod layout;
