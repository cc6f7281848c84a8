//! The resolved configuration: flag, then `--config FILE` or the nearest `jiaokan.toml`, then defaults.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use jiaokan::corpus::reason;
use jiaokan::{Cleaner, Config, ConfigError, ProfileError};

use crate::cli::args::CleanArgs;

/// The name looked for from the current folder upwards.
const NAME: &str = "jiaokan.toml";

/// What a run is to do.
pub(crate) fn resolve(args: &CleanArgs) -> anyhow::Result<Config> {
    let mut config = load(args.config.as_deref(), args.no_config)?;
    if !args.stages.is_empty() {
        config.stages.clone_from(&args.stages);
        // Stages asked for on the command line are not to be taken out by the file.
        config.skip.clear();
    }
    if !args.skip.is_empty() {
        config.skip.clone_from(&args.skip);
    }
    if !args.only.is_empty() {
        config.only.clone_from(&args.only);
    }
    config.select_unsafe |= args.select_unsafe;
    config.protect.extend(args.protect.iter().cloned());
    config.direction = args.direction.unwrap_or(config.direction);
    config.script = args.script.map_or(config.script, Into::into);
    config.punctuation_style = args.punctuation_style.map_or(config.punctuation_style, Into::into);
    config.paragraphs = args.paragraphs.map_or(config.paragraphs, Into::into);
    config.dict.extend(args.dict.iter().cloned());
    if args.profile.is_some() {
        config.profile.clone_from(&args.profile);
    }
    if args.adapt {
        config.profile = None;
    }
    if let Some(engine) = args.engine {
        config.engine = engine.into();
    }
    Ok(config)
}

/// The configuration of `file`, or else of the one found from here upwards, unless there is to be `none`.
pub(crate) fn load(file: Option<&Path>, none: bool) -> anyhow::Result<Config> {
    let file = if none { None } else { file.map_or_else(find, |file| Ok(Some(file.to_owned())))? };
    file.map_or_else(|| Ok(Config::default()), |file| read(&file))
}

/// The cleaner of a configuration. Its errors name the file that is wrong.
pub(crate) fn cleaner(config: Config) -> anyhow::Result<Cleaner> {
    let profile = config.profile.clone();
    Cleaner::new(config).map_err(|error| match (&error, profile) {
        (ConfigError::Io { file, source } | ConfigError::Profile(ProfileError::Io { file, source }), _) => {
            anyhow!("{}: {}", file.display(), reason(source))
        }
        (ConfigError::Profile(_), Some(file)) => anyhow!("{}: {error}", file.display()),
        // The error's text holds its cause already.
        _ => anyhow!("{error}"),
    })
}

/// The configuration as a file that gives it back.
pub(crate) fn dump(config: &Config) -> anyhow::Result<String> {
    toml::to_string(config).context("the configuration")
}

fn find() -> anyhow::Result<Option<PathBuf>> {
    let here = env::current_dir().context("the current folder")?;
    Ok(here.ancestors().map(|folder| folder.join(NAME)).find(|file| file.is_file()))
}

/// The configuration that a file holds.
///
/// # Errors
/// If the file cannot be read or is no configuration.
pub fn read(file: &Path) -> anyhow::Result<Config> {
    let text = fs::read_to_string(file).map_err(|e| anyhow!("{}: {}", file.display(), reason(&e)))?;
    let mut config: Config = toml::from_str(&text).map_err(|e| {
        let line = e.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
        anyhow!("{}:{line}: {}", file.display(), e.message())
    })?;
    // A file names its dictionaries and its profile from where it stands.
    let folder = file.parent().unwrap_or(Path::new(""));
    config.dict.iter_mut().chain(&mut config.profile).for_each(|named| *named = folder.join(&*named));
    Ok(config)
}
