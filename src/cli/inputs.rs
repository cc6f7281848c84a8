//! From the paths named to the documents to be cleaned and the places where they are to be written.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf, is_separator};

use anyhow::{Context, anyhow};
use ignore::WalkBuilder;
use ignore::overrides::{Override, OverrideBuilder};
use jiaokan::corpus::{Compression, Format, Found, Input, Source, reason};

use crate::cli::args::InputArgs;

/// Where clean text goes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Destination<'a> {
    /// Standard output, or nowhere.
    Stdout,
    /// A folder that mirrors the inputs.
    Folder(&'a Path),
    /// A file, for a single input.
    File(&'a Path),
    InPlace,
}

/// What the names of clean files say.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Naming {
    pub(crate) to: Option<Format>,
    pub(crate) compression: Option<Compression>,
}

impl Naming {
    /// The name of a clean file, by that of its original.
    fn apply(self, below: &Path) -> PathBuf {
        let mut name = below.as_os_str().to_owned();
        let found = jiaokan::corpus::output::compression_of(below);
        let end = found.extension().filter(|_| self.to.is_some() || self.compression.is_some());
        if let (Some(_), Some(stem)) = (end, below.file_stem()) {
            name = below.with_file_name(stem).into_os_string();
        }
        if let Some(to) = self.to
            && Path::new(&name).extension().is_none_or(|extension| extension != to.extension())
        {
            name.push(".");
            name.push(to.extension());
        }
        // What a Parquet file holds is compressed, not the file.
        if Path::new(&name).extension().is_some_and(|extension| extension == Format::Parquet.extension()) {
            return name.into();
        }
        let compression = self.compression.unwrap_or(if end.is_some() { found } else { Compression::None });
        if let Some(extension) = compression.extension() {
            name.push(".");
            name.push(extension);
        }
        name.into()
    }
}

/// Whether a path means a folder: it is one, or says so by its end.
pub(crate) fn is_folder(path: &Path) -> bool {
    path.is_dir() || path.as_os_str().as_encoded_bytes().last().is_some_and(|&end| is_separator(end.into()))
}

/// Whether `output` is to be the one clean file itself, as with `cp`: a single file is named, and no folder there.
pub(crate) fn is_one_file(args: &InputArgs, output: &Path) -> bool {
    match (&*args.paths, &args.files_from) {
        ([path], None) => path.as_os_str() != "-" && !path.is_dir() && !is_folder(output),
        _ => false,
    }
}

/// The documents, in the order in which they are named, those of a folder by path, each once. `skipped` files
/// are not looked for in folders: they are this run's own output.
pub(crate) fn collect(
    args: &InputArgs,
    destination: Destination<'_>,
    naming: Naming,
    skipped: &[&Path],
) -> anyhow::Result<Vec<Found>> {
    let mut paths = args.paths.clone();
    if let Some(list) = &args.files_from {
        paths.extend(read_list(list)?);
    } else if paths.is_empty() {
        paths.push(PathBuf::from("-"));
    }
    let skipped: Vec<PathBuf> = skipped.iter().filter_map(|path| fs::canonicalize(path).ok()).collect();
    let mut collector =
        Collector { args, destination, naming, skipped, found: Vec::new(), seen: HashSet::new() };
    for path in &paths {
        if path.as_os_str() == "-" {
            collector.stdin();
        } else if path.is_dir() {
            collector.folder(path)?;
        } else {
            let below = path.file_name().map_or(path.as_path(), Path::new);
            collector.file(path, below);
        }
    }
    if let Destination::Folder(_) | Destination::File(_) = destination {
        refuse_collisions(&mut collector.found);
    }
    Ok(collector.found)
}

fn read_list(list: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let wrong = |e: io::Error| anyhow!("{}: {}", list.display(), reason(&e));
    let lines: Box<dyn BufRead> = match list.as_os_str() == "-" {
        true => Box::new(io::stdin().lock()),
        false => Box::new(BufReader::new(fs::File::open(list).map_err(wrong)?)),
    };
    let lines =
        lines.lines().filter(|line| line.as_ref().is_ok_and(|line| !line.is_empty()) || line.is_err());
    lines.map(|line| line.map(PathBuf::from).map_err(wrong)).collect()
}

struct Collector<'a> {
    args: &'a InputArgs,
    destination: Destination<'a>,
    naming: Naming,
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
            Destination::Folder(_) | Destination::File(_) => {
                Err(("-".to_owned(), "standard input has no name to be written under".to_owned()))
            }
            Destination::InPlace => {
                Err(("-".to_owned(), "standard input cannot be cleaned in place".to_owned()))
            }
        };
        self.found.push(found);
    }

    fn globs(&self, folder: &Path) -> anyhow::Result<Override> {
        let mut globs = OverrideBuilder::new(folder);
        for glob in &self.args.glob {
            globs.add(glob).with_context(|| format!("--glob {glob}"))?;
        }
        globs.build().context("--glob")
    }

    fn folder(&mut self, folder: &Path) -> anyhow::Result<()> {
        let skipped = self.skipped.clone();
        let mut walk = WalkBuilder::new(folder);
        for rules in &self.args.ignore_file {
            if let Some(error) = walk.add_ignore(rules) {
                return Err(match error.io_error() {
                    Some(e) => anyhow!("{}: {}", rules.display(), reason(e)),
                    None => anyhow!("{error}"),
                });
            }
        }
        let walk = walk
            .standard_filters(false)
            .hidden(true)
            .overrides(self.globs(folder)?)
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
        Ok(())
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
            Destination::Folder(folder) => Some(folder.join(self.naming.apply(below))),
            Destination::File(file) => Some(file.to_owned()),
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
