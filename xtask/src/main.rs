//! `cargo xtask <task>`: compiles the reviewable text in `dictionaries/` into the tables that the
//! library embeds (`src/lexicon/tables/`). No other code may write there.

mod ngram;
mod tables;

use std::path::Path;

/// The workspace.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace")
}

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["tables"] => tables::write(),
        ["tables", "--check"] => tables::check(),
        ["ngram", rest @ ..] => ngram::run(rest),
        _ => anyhow::bail!(
            "usage: cargo xtask tables [--check] | ngram count TEXT.xz | ngram compile | ngram check"
        ),
    }
}
