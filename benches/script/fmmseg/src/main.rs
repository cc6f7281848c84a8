//! opencc-fmmseg, measured in this process by the code that measures the linked engines.

// The bench proper uses all of it.
#[allow(dead_code)]
#[path = "../../src/engine.rs"]
mod engine;

use engine::{Converter, Direction};
use opencc_fmmseg::{OpenCC, OpenccConfig};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    engine::serve(open, &args);
}

fn open(direction: Direction) -> Option<Box<dyn Converter>> {
    let config = match direction {
        Direction::T2s => OpenccConfig::T2s,
        Direction::Tw2s => OpenccConfig::Tw2s,
        Direction::Hk2s => OpenccConfig::Hk2s,
        Direction::Tw2sp => OpenccConfig::Tw2sp,
    };
    let mut opencc = OpenCC::new();
    opencc.set_parallel(false);
    Some(Box::new(move |text: &str| opencc.convert_with_config(text, config, false)))
}
