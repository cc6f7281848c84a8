//! Cleans a folder of text files, all cores at work: `cargo run --example batch -- IN OUT`.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use jiaokan::{Cleaner, Config};
use rayon::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args_os().skip(1).map(PathBuf::from);
    let (Some(from), Some(to)) = (args.next(), args.next()) else {
        return Err("usage: batch IN OUT".into());
    };
    fs::create_dir_all(&to)?;
    let files: Vec<PathBuf> =
        fs::read_dir(from)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    let cleaner = Cleaner::new(Config::default())?;
    let clean = |file: &PathBuf| -> Result<(), Box<dyn Error + Send + Sync>> {
        // The encoding is found; the clean text is UTF-8.
        let (_, cleaned) = cleaner.clean_bytes(&fs::read(file)?)?;
        fs::write(to.join(file.file_name().unwrap_or(Path::new("text").as_os_str())), cleaned.text())?;
        Ok(())
    };
    for (file, done) in files.iter().zip(files.par_iter().map(clean).collect::<Vec<_>>()) {
        if let Err(error) = done {
            eprintln!("{}: {error}", file.display());
        }
    }
    Ok(())
}
