//! From the paths named to the documents to be cleaned and the places where they are to be written.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

use crate::output::reason;

/// Where a document comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Stdin,
    File(PathBuf),
}

/// A document to be cleaned.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) source: Source,
    /// How messages and records call it.
    pub(crate) name: String,
    /// The file that the clean text goes to.
    pub(crate) target: Option<PathBuf>,
    /// Its size, as far as known before it is read.
    pub(crate) size: u64,
}

/// Where clean text goes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Destination<'a> {
    /// Standard output, or nowhere.
    Stdout,
    /// A folder that mirrors the inputs.
    Folder(&'a Path),
    InPlace,
}

/// A document, or why there is none: its name and what is wrong.
pub(crate) type Found = Result<Input, (String, String)>;

/// The documents, in the order of `paths`, those of a folder by path, each once. `skipped` files are not
/// looked for in folders: they are this run's own output.
pub(crate) fn collect(paths: &[PathBuf], destination: Destination<'_>, skipped: &[&Path]) -> Vec<Found> {
    let stdin = [PathBuf::from("-")];
    let paths = if paths.is_empty() { &stdin } else { paths };
    let skipped: Vec<PathBuf> = skipped.iter().filter_map(|path| fs::canonicalize(path).ok()).collect();
    let mut collector = Collector { destination, skipped, found: Vec::new(), seen: HashSet::new() };
    for path in paths {
        if path.as_os_str() == "-" {
            collector.stdin();
        } else if path.is_dir() {
            collector.folder(path);
        } else {
            let below = path.file_name().map_or(path.as_path(), Path::new);
            collector.file(path, below);
        }
    }
    if let Destination::Folder(_) = destination {
        refuse_collisions(&mut collector.found);
    }
    collector.found
}

struct Collector<'a> {
    destination: Destination<'a>,
    skipped: Vec<PathBuf>,
    found: Vec<Found>,
    seen: HashSet<PathBuf>,
}

impl Collector<'_> {
    fn stdin(&mut self) {
        let found = match self.destination {
            Destination::Stdout => {
                Ok(Input { source: Source::Stdin, name: "-".to_owned(), target: None, size: 0 })
            }
            Destination::Folder(_) => {
                Err(("-".to_owned(), "standard input has no name to be written under".to_owned()))
            }
            Destination::InPlace => {
                Err(("-".to_owned(), "standard input cannot be cleaned in place".to_owned()))
            }
        };
        self.found.push(found);
    }

    fn folder(&mut self, folder: &Path) {
        let skipped = self.skipped.clone();
        let walk = WalkBuilder::new(folder)
            .standard_filters(false)
            .hidden(true)
            .sort_by_file_path(Path::cmp)
            .filter_entry(move |entry| {
                let own = || fs::canonicalize(entry.path()).is_ok_and(|path| skipped.contains(&path));
                skipped.is_empty() || entry.depth() == 0 || !own()
            })
            .build();
        for entry in walk {
            match entry {
                Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) => {
                    let path = entry.into_path();
                    let below = path.strip_prefix(folder).unwrap_or(&path).to_owned();
                    self.file(&path, &below);
                }
                Ok(_) => {}
                Err(error) => {
                    let name = error_path(&error).unwrap_or(folder).display().to_string();
                    let what = error.io_error().map_or_else(|| error.to_string(), reason);
                    self.found.push(Err((name, what)));
                }
            }
        }
    }

    fn file(&mut self, path: &Path, below: &Path) {
        let name = path.display().to_string();
        let known = fs::canonicalize(path).and_then(|real| Ok((fs::metadata(&real)?.len(), real)));
        let (size, real) = match known {
            Ok(known) => known,
            Err(error) => return self.found.push(Err((name, reason(&error)))),
        };
        if !self.seen.insert(real.clone()) {
            return;
        }
        let target = match self.destination {
            Destination::Stdout => None,
            Destination::Folder(folder) => Some(folder.join(below)),
            // A link stays a link: what it points to is replaced.
            Destination::InPlace => Some(real),
        };
        self.found.push(Ok(Input { source: Source::File(path.to_owned()), name, target, size }));
    }
}

fn error_path(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => error_path(err),
        _ => None,
    }
}

/// No output may take the place of an input or of another output.
fn refuse_collisions(found: &mut [Found]) {
    let real = |input: &Input| match &input.source {
        Source::File(path) => Some((fs::canonicalize(path).ok()?, input.name.clone())),
        Source::Stdin => None,
    };
    let inputs: HashMap<PathBuf, String> = found.iter().flatten().filter_map(real).collect();
    let mut targets: HashMap<PathBuf, String> = HashMap::new();
    for item in found {
        let Ok(Input { name, target: Some(target), .. }) = &*item else { continue };
        let to = target.display();
        let overwritten = fs::canonicalize(target).ok().and_then(|target| inputs.get(&target));
        let wrong = match overwritten {
            Some(input) => Some(format!("not cleaned: {to} would overwrite the input {input}")),
            None => targets
                .insert(target.clone(), name.clone())
                .map(|other| format!("not cleaned: {to} is the output of {other}")),
        };
        if let Some(wrong) = wrong {
            *item = Err((name.clone(), wrong));
        }
    }
}
