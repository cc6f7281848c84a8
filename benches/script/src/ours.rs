//! Our own engines as peers among peers. What the bench calls of jiaokan is called here and nowhere else.

use jiaokan::{Cleaner, Config, StageId};

use crate::engine::{Converter, Direction};
use crate::peers::{Kind, Peer};
use crate::startup;

pub fn peers() -> Vec<Peer> {
    let peer = |name: &str, open| Peer {
        name: name.to_owned(),
        licence: "MIT OR Apache-2.0",
        kind: Kind::Ours,
        open,
        start: startup::in_child,
    };
    vec![
        peer("jiaokan, engine", engine),
        peer("jiaokan, Cleaner", |direction| cleaner(direction, Config::default())),
        // Converts what a predominantly Simplified document would only have reported.
        peer("jiaokan, Cleaner, forced", |direction| {
            cleaner(direction, Config { traditional_share: 0.0, ..Config::default() })
        }),
    ]
}

fn engine(direction: Direction) -> Option<Box<dyn Converter>> {
    match direction {
        Direction::T2s => Some(Box::new(jiaokan::lexicon::script::convert_t2s)),
        Direction::Tw2s | Direction::Hk2s | Direction::Tw2sp => None,
    }
}

/// The whole way of a text with the script stage alone: facts, edits, layers.
fn cleaner(direction: Direction, config: Config) -> Option<Box<dyn Converter>> {
    if direction != Direction::T2s {
        return None;
    }
    let cleaner =
        Cleaner::new(Config { stages: vec![StageId::Script], ..config }).expect("a plain configuration");
    Some(Box::new(move |text: &str| cleaner.clean(text).text().to_owned()))
}
