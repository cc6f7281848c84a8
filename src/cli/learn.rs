//! `jiaokan learn`: counts a corpus and writes the profile.
//!
//! Counts are added up, so neither the order of the documents nor the number of threads shows.

use std::num::NonZeroUsize;
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use jiaokan::corpus::{self, Found, Reading, reason};
use jiaokan::{Learner, Profile};
use rayon::prelude::*;

use crate::cli::Outcome;
use crate::cli::args::LearnArgs;
use crate::cli::inputs::{self, Destination, Naming};
use crate::cli::output::tell;
use crate::cli::run::{has_input, reading};

/// Runs `jiaokan learn`.
pub(crate) fn learn(args: &LearnArgs) -> anyhow::Result<Outcome> {
    has_input(&args.input)?;
    let own: [&Path; 1] = [&args.output];
    let found = inputs::collect(&args.input, Destination::Stdout, Naming::default(), &own)?;
    let (profile, failed) = in_threads(args.threads, || from(&found, &reading(&args.input, true, false)))?;
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
pub(crate) fn from(found: &[Found], reading: &Reading) -> (Profile, Vec<String>) {
    let learn = |learner: &mut Learner, found: &Found| {
        let input = found.as_ref().map_err(|(name, what)| format!("{name}: {what}"))?;
        corpus::learn(learner, &input.source, Path::new(&input.name), reading)
            .map_err(|what| format!("{}: {what}", input.name))
    };
    let (learner, failed) = found
        .par_iter()
        .fold(Default::default, |(mut learner, mut failed): (Learner, Vec<String>), found| {
            failed.extend(learn(&mut learner, found).err());
            (learner, failed)
        })
        .reduce(Default::default, |(mut learner, mut failed), (other, more)| {
            learner.merge(other);
            failed.extend(more);
            (learner, failed)
        });
    (learner.finish(), failed)
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
