//! The rows of the tables: our engines, crates and programs.

use std::fmt;

use crate::engine::{Converter, Direction};
use crate::startup::{self, Start};
use crate::{ours, programs};

/// What an engine is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Ours,
    /// A crate that jiaokan's users could link instead.
    Linkable,
    /// Its licence or its language keeps it out of a Rust program.
    Program,
}

/// A row of the tables.
pub struct Peer {
    /// Name and version.
    pub name: String,
    pub licence: &'static str,
    pub kind: Kind,
    /// `None` if the engine has no such direction.
    pub open: fn(Direction) -> Option<Box<dyn Converter>>,
    pub start: fn(&Peer) -> Start,
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// All engines that are there, ours first; those that are not are named on standard error.
pub fn all() -> Vec<Peer> {
    let mut peers = in_process();
    if !cfg!(feature = "opencc") {
        eprintln!(
            "skipped: opencc-rust (pkg-config does not find libopencc; on Debian install libopencc-dev)"
        );
    }
    peers.extend(programs::peers());
    peers
}

/// The engines that are linked into this program.
pub fn in_process() -> Vec<Peer> {
    let mut peers = ours::peers();
    peers.extend(linked());
    peers
}

fn linked() -> Vec<Peer> {
    let peer = |package: &str, licence, open| Peer {
        name: format!("{package} {}", locked_version(include_str!("../Cargo.lock"), package)),
        licence,
        kind: Kind::Linkable,
        open,
        start: startup::in_child,
    };
    vec![
        #[cfg(feature = "opencc")]
        Peer {
            name: format!("opencc-rust 1.1.19 on libopencc {}", programs::libopencc_version()),
            ..peer("opencc-rust", "Apache-2.0", opencc)
        },
        peer("ferrous-opencc", "Apache-2.0", ferrous),
        peer("hanconv", "MIT", hanconv),
        peer("fast2s", "MIT", |direction| {
            (direction == Direction::T2s).then(|| Box::new(fast2s::convert) as Box<dyn Converter>)
        }),
    ]
}

#[cfg(feature = "opencc")]
fn opencc(direction: Direction) -> Option<Box<dyn Converter>> {
    use opencc_rust::{DefaultConfig, OpenCC};
    let config = match direction {
        Direction::T2s => DefaultConfig::T2S,
        Direction::Tw2s => DefaultConfig::TW2S,
        Direction::Hk2s => DefaultConfig::HK2S,
        Direction::Tw2sp => DefaultConfig::TW2SP,
    };
    let opencc = OpenCC::new(config).expect("libopencc is installed with its configurations");
    Some(Box::new(move |text: &str| opencc.convert(text)))
}

fn ferrous(direction: Direction) -> Option<Box<dyn Converter>> {
    use ferrous_opencc::OpenCC;
    use ferrous_opencc::config::BuiltinConfig;
    let config = match direction {
        Direction::T2s => BuiltinConfig::T2s,
        Direction::Tw2s => BuiltinConfig::Tw2s,
        Direction::Hk2s => BuiltinConfig::Hk2s,
        Direction::Tw2sp => BuiltinConfig::Tw2sp,
    };
    let opencc = OpenCC::from_config(config).expect("the dictionaries are embedded");
    Some(Box::new(move |text: &str| opencc.convert(text)))
}

fn hanconv(direction: Direction) -> Option<Box<dyn Converter>> {
    use hanconv::Converters;
    let converter = match direction {
        Direction::T2s => Converters::T2S,
        Direction::Tw2s => Converters::TW2S,
        Direction::Hk2s => Converters::HK2S,
        Direction::Tw2sp => Converters::TW2SP,
    }
    .new_converter();
    Some(Box::new(move |text: &str| converter.convert(text)))
}

/// The version of a package in a lock file.
pub fn locked_version<'l>(lock: &'l str, package: &str) -> &'l str {
    let name = format!("name = \"{package}\"\nversion = \"");
    lock.find(&name).and_then(|at| lock[at + name.len()..].split('"').next()).unwrap_or("?")
}
