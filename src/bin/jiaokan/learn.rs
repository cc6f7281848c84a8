//! `jiaokan learn`: counts a corpus and writes the profile.
//!
//! Counts are added up, so neither the order of the documents nor the number of threads shows.

use std::io::{self, IsTerminal};
use std::path::Path;

use anyhow::{Context, bail};
use jiaokan::{Learner, Profile, decode};
use rayon::prelude::*;

use crate::Outcome;
use crate::args::LearnArgs;
use crate::inputs::{self, Destination, Found};
use crate::output::{self, reason, tell};
use crate::run::read;

/// Runs `jiaokan learn`.
pub(crate) fn learn(args: &LearnArgs) -> anyhow::Result<Outcome> {
    if args.paths.is_empty() && io::stdin().is_terminal() {
        bail!("nothing to learn from: name files or folders, or - for standard input");
    }
    let own: [&Path; 1] = [&args.output];
    let found = inputs::collect(&args.paths, Destination::Stdout, &own);
    let threads = args.threads.map_or(0, Into::into);
    let pool =
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().context("cannot start threads")?;
    let (profile, failed) = pool.install(|| from(&found));
    for what in &failed {
        tell(what);
    }
    if profile.documents() == 0 {
        bail!("nothing was learned: no document could be read");
    }
    output::replace(&args.output, &profile.to_bytes(), None)
        .with_context(|| args.output.display().to_string())?;
    if !args.quiet {
        tell(&summary(&profile));
    }
    Ok(if failed.is_empty() { Outcome::Done } else { Outcome::Failed })
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
    let bytes = read(&input.source).map_err(|e| format!("{}: {}", input.name, reason(&e)))?;
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
