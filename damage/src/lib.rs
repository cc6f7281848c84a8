//! Damages clean Chinese text in the ways that jiaokan repairs, with a seed, so that tests and benches have
//! any amount of damaged text whose truth is known. Shares no code with jiaokan, and of the tables of the
//! stages that undo the damage OpenCC's list of Traditional characters alone.

pub mod cp936;
pub mod gloss;
pub mod layout;
pub mod misread;
pub mod page;
