//! Our own engines as peers among peers. What the bench calls of jiaokan is called here and nowhere else.

use jiaokan::{Cleaner, Config, ScriptMode, StageId};

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
            cleaner(direction, Config { script: ScriptMode::Force, ..Config::default() })
        }),
    ]
}

fn ours(direction: Direction) -> jiaokan::Direction {
    match direction {
        Direction::T2s => jiaokan::Direction::T2s,
        Direction::Tw2s => jiaokan::Direction::Tw2s,
        Direction::Hk2s => jiaokan::Direction::Hk2s,
        Direction::Tw2sp => jiaokan::Direction::Tw2sp,
    }
}

fn engine(direction: Direction) -> Option<Box<dyn Converter>> {
    let engine = jiaokan::convert::Converter::new(ours(direction));
    Some(Box::new(move |text: &str| engine.convert(text).text))
}

/// The whole way of a text with the script stage alone: facts, edits, layers.
fn cleaner(direction: Direction, config: Config) -> Option<Box<dyn Converter>> {
    let config = Config { stages: vec![StageId::Script], direction: ours(direction), ..config };
    let cleaner = Cleaner::new(config).expect("a plain configuration");
    Some(Box::new(move |text: &str| cleaner.clean(text).text().to_owned()))
}
