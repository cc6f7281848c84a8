//! `jiaokan restore`: clean files and edit log give the originals back.

use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use jiaokan::corpus::output::Whole;
use jiaokan::corpus::reason;
use jiaokan::corpus::restore::{self, Lines, Logged, Taking, restore_file};

use crate::cli::Outcome;
use crate::cli::args::RestoreArgs;
use crate::cli::inputs::is_folder;
use crate::cli::output::{plural, tell};

/// Runs `jiaokan restore`.
pub(crate) fn restore(args: &RestoreArgs) -> anyhow::Result<Outcome> {
    let files = restore::files(&args.edits).map_err(|e| anyhow!(e))?;
    let taking = Taking { rules: args.drop.clone() };
    if args.clean.is_dir() {
        return folder(args, &files, &taking);
    }
    if args.clean.as_os_str() != "-" && !args.clean.exists() {
        bail!("{}: no such file or folder", args.clean.display());
    }
    let logged = restore::find(&files, &args.clean).ok_or_else(|| {
        let (log, clean) = (args.edits.display(), args.clean.display());
        anyhow!("{log}: no record of {clean} among its {}", files.len())
    })?;
    let mut lines = Lines::open(&args.edits).map_err(|e| anyhow!(e))?;
    let name = || args.clean.display().to_string();
    match &args.output {
        Some(path) => {
            let path = match args.clean.file_name() {
                Some(name) if is_folder(path) => &path.join(name),
                _ => path,
            };
            write(path, &args.clean, |out| restore_file(&args.clean, &mut lines, logged, &taking, out))
                .with_context(name)?;
        }
        None => {
            // Nothing is shown of a file that turns out not to be the one of the log.
            let mut file = tempfile::tempfile().context("cannot make a temporary file")?;
            let mut out = io::BufWriter::new(&mut file);
            restore_file(&args.clean, &mut lines, logged, &taking, &mut out)
                .map_err(|e| anyhow!(e))
                .with_context(name)?;
            out.flush()?;
            drop(out);
            io::Seek::rewind(&mut file)?;
            let mut stdout = io::stdout().lock();
            io::copy(&mut file, &mut stdout)?;
            stdout.flush()?;
        }
    }
    Ok(Outcome::Done)
}

/// Writes a whole file, or none, with the permissions of the `clean` one.
fn write(
    path: &Path,
    clean: &Path,
    restore: impl FnOnce(&mut (dyn Write + Send)) -> Result<(), String>,
) -> anyhow::Result<()> {
    let wrong = |e: io::Error| anyhow!("{}: {}", path.display(), reason(&e));
    let mut file = Whole::create(path, Some(clean)).map_err(wrong)?;
    restore(&mut file).map_err(|e| anyhow!(e))?;
    file.persist(path).map_err(wrong)
}

/// Restores all files of a run.
fn folder(args: &RestoreArgs, files: &[Logged], taking: &Taking) -> anyhow::Result<Outcome> {
    let Some(output) = &args.output else { bail!("to restore a folder, say where: -o DIR") };
    let mut lines = Lines::open(&args.edits).map_err(|e| anyhow!(e))?;
    let (mut restored, mut failed) = (0, 0);
    for logged in files {
        let clean = logged.output();
        let Some(below) = below(clean, &args.clean) else { continue };
        let restore = |out: &mut (dyn Write + Send)| restore_file(clean, &mut lines, logged, taking, out);
        let done = write(&output.join(&below), clean, restore).with_context(|| clean.display().to_string());
        match done {
            Ok(()) => restored += 1,
            Err(error) => {
                failed += 1;
                tell(&format!("{error:#}"));
            }
        }
    }
    if restored + failed == 0 {
        bail!("{}: no record of files below {}", args.edits.display(), args.clean.display());
    }
    tell(&format!(
        "{} restored{}",
        plural(restored, "file"),
        if failed > 0 { format!(", {failed} failed") } else { String::new() }
    ));
    Ok(if failed > 0 { Outcome::Failed } else { Outcome::Done })
}

/// The path of a file below a folder; none if it leaves the folder again, as no log of a run says.
fn below(file: &Path, folder: &Path) -> Option<PathBuf> {
    let plain = |path: &Path| -> PathBuf { path.components().filter(|c| *c != Component::CurDir).collect() };
    let file = plain(file);
    let below = file.strip_prefix(plain(folder)).ok()?;
    below.components().all(|c| matches!(c, Component::Normal(_))).then(|| below.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_cannot_lead_out_of_the_folder() {
        let below = |file: &str, folder: &str| below(Path::new(file), Path::new(folder));
        assert_eq!(below("out/a/b.txt", "./out"), Some(PathBuf::from("a/b.txt")));
        assert_eq!(below("./out/b.txt", "out/"), Some(PathBuf::from("b.txt")));
        assert_eq!(below("../out/b.txt", "../out"), Some(PathBuf::from("b.txt")));
        for other in ["out/../b.txt", "out/a/../../b.txt", "/etc/b.txt", "outer/b.txt"] {
            assert_eq!(below(other, "out"), None, "{other}");
        }
    }
}
