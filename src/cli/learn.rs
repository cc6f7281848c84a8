//! `jiaokan learn`: counts a corpus and writes the profile.
//!
//! Counts are added up, so neither the order of the documents nor the number of threads shows.

use std::fs;
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use jiaokan::corpus::{self, Format, Found, Source, reason};
use jiaokan::{Learner, Profile, decode};
use rayon::prelude::*;

use crate::cli::Outcome;
use crate::cli::args::{InputArgs, LearnArgs};
use crate::cli::inputs::{self, Destination, Naming};
use crate::cli::output::tell;
use crate::cli::run::has_input;

/// Runs `jiaokan learn`.
pub(crate) fn learn(args: &LearnArgs) -> anyhow::Result<Outcome> {
    let input = InputArgs::plain(args.paths.clone());
    has_input(&input)?;
    let own: [&Path; 1] = [&args.output];
    let found = inputs::collect(&input, Destination::Stdout, Naming::default(), &own)?;
    let (profile, failed) = in_threads(args.threads, || from(&found))?;
    for what in &failed {
        tell(what);
    }
    if profile.documents() == 0 {
        bail!("nothing was learned: no document could be read");
    }
    corpus::output::replace(&args.output, &profile.to_bytes(), None)
        .map_err(|e| anyhow!("{}: {}", args.output.display(), reason(&e)))?;
    if !args.quiet {
        tell(&summary(&profile));
    }
    Ok(if failed.is_empty() { Outcome::Done } else { Outcome::Failed })
}

/// Runs a task in so many threads, in as many as there are cores by default.
pub(crate) fn in_threads<T: Send>(
    threads: Option<NonZeroUsize>,
    task: impl FnOnce() -> T + Send,
) -> anyhow::Result<T> {
    let threads = threads.map_or(0, Into::into);
    let pool =
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().context("cannot start threads")?;
    Ok(pool.install(task))
}

/// What the documents teach, and why some taught nothing.
pub(crate) fn from(found: &[Found]) -> (Profile, Vec<String>) {
    let (learner, failed) = found
        .par_iter()
        .fold(Default::default, |(mut learner, mut failed): (Learner, Vec<String>), found| {
            match text(found) {
                Ok(text) => learner.add(&text),
                Err(what) => failed.push(what),
            }
            (learner, failed)
        })
        .reduce(Default::default, |(mut learner, mut failed), (other, more)| {
            learner.merge(other);
            failed.extend(more);
            (learner, failed)
        });
    (learner.finish(), failed)
}

fn text(found: &Found) -> Result<String, String> {
    let input = found.as_ref().map_err(|(name, what)| format!("{name}: {what}"))?;
    let bytes = match &input.source {
        Source::File(path) => fs::read(path),
        Source::Stdin => {
            let mut bytes = Vec::new();
            io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
        }
    };
    let bytes = bytes.map_err(|e| format!("{}: {}", input.name, reason(&e)))?;
    if Format::of(Path::new(&input.name), &bytes, &[]) != Format::Text {
        return Err(format!("{}: only plain text can be learned from", input.name));
    }
    let decoded = decode(&bytes, true).map_err(|e| format!("{}: {e}", input.name))?;
    Ok(decoded.text.into_owned())
}

/// What was learned, in a line.
pub(crate) fn summary(profile: &Profile) -> String {
    format!(
        "learned from {} documents, {} characters: {profile}, {} running heads, {} glosses",
        profile.documents(),
        profile.characters(),
        profile.heads().count(),
        profile.glosses().count()
    )
}
