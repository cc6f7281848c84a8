//! The way of a text through the stages: analyse, propose, apply once per stage, until nothing changes.
//!
//! Output is a function of the document, the configuration and the profile alone: threads only share out blocks.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use memchr::memmem;
use rayon::prelude::*;
use regex::Regex;

use crate::chars::code_spans;
use crate::config::{Config, Engine};
use crate::decide::{Decided, Decision};
use crate::decode::{self, DecodeError, Decoded};
use crate::edit::Span;
use crate::facts::DocFacts;
use crate::lexicon::script::Direction;
use crate::lexicon::script::dict::{CustomDict, DictError, parse_dict};
use crate::profile::{Profile, ProfileError};
use crate::rules::{RuleId, StageId};
use crate::stages::{self, Stage};

mod block;
mod cleaned;
mod proposals;

use block::Block;
pub use cleaned::Cleaned;
use proposals::Origin;
pub use proposals::Proposals;

/// Documents above this many bytes are cut into blocks, each with facts of its own.
const BLOCK: usize = 1 << 20;

/// Something worth a look that was not changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The rule that saw it.
    pub rule: RuleId,
    /// Bytes in the original.
    pub span: Span,
    /// What an unsafe edit would write there, if the finding is one.
    pub proposal: Option<String>,
    /// Where an unsafe edit would move it, in bytes of the original, if the finding is one.
    pub target: Option<usize>,
    /// 0 to 1; 1 where the rule has no measure of it.
    pub confidence: f32,
}

/// What a stage reads.
#[derive(Clone, Copy, Debug)]
pub struct Doc<'a> {
    /// The text as the stages before left it.
    pub text: &'a str,
    /// What is known of the whole document.
    pub facts: &'a DocFacts,
    /// The configuration.
    pub config: &'a Config,
    /// Byte offsets where a stage before took a line break out, ascending.
    pub seams: &'a [usize],
    /// The user's own dictionary.
    pub dict: &'a CustomDict,
}

/// Why a [`Cleaner`] could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A protected pattern is not a regular expression.
    #[error("protected pattern `{0}`: {1}")]
    Pattern(String, #[source] Box<regex::Error>),
    /// A dictionary could not be read.
    #[error("{}: {source}", .file.display())]
    Io {
        /// The dictionary's file.
        file: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
    /// A line of a dictionary is wrong.
    #[error(transparent)]
    Dict(#[from] DictError),
    /// The profile could not be read.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The engine has only one direction.
    #[error("the OpenCC engine converts t2s only, not {0}")]
    Direction(Direction),
    /// The engine was not compiled in.
    #[error("this build has no OpenCC engine: build it with `--features opencc`")]
    NoOpencc,
}

/// Cleans documents. Make one and share it between threads.
#[derive(Debug)]
pub struct Cleaner {
    config: Config,
    protect: Vec<Regex>,
    dict: CustomDict,
    profile: Option<Arc<Profile>>,
    stages: Vec<Box<dyn Stage>>,
    /// Nanoseconds that each stage took, over all documents and threads.
    times: Arc<[AtomicU64; StageId::ALL.len()]>,
}

impl Cleaner {
    /// A cleaner for a configuration.
    ///
    /// # Errors
    /// If a protected pattern is not a regular expression, a dictionary or the profile cannot be read, or the
    /// engine is not in this build or lacks the direction.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        if config.engine == Engine::Opencc && !cfg!(feature = "opencc") {
            return Err(ConfigError::NoOpencc);
        }
        if config.engine == Engine::Opencc && config.direction != Direction::T2s {
            return Err(ConfigError::Direction(config.direction));
        }
        let mut entries = String::new();
        for file in &config.dict {
            let text = std::fs::read_to_string(file)
                .map_err(|source| ConfigError::Io { file: file.clone(), source })?;
            parse_dict(&file.display().to_string(), &text)?;
            entries.push_str(&text);
            entries.push('\n');
        }
        let dict = parse_dict("dictionaries", &entries)?;
        let protect = compile(&config.protect)?;
        let stages = stages_of(&config);
        let profile = config.profile.as_deref().map(Profile::read).transpose()?.map(Arc::new);
        Ok(Self { config, protect, dict, profile, stages, times: Default::default() })
    }

    /// The same with a profile that is at hand, instead of the configuration's.
    #[must_use]
    pub fn with_profile(self, profile: Arc<Profile>) -> Self {
        Self { profile: Some(profile), ..self }
    }

    /// The same, which also leaves alone what matches `patterns`. Both count the time of their stages together.
    ///
    /// # Errors
    /// If one of them is not a regular expression.
    pub fn protecting(&self, patterns: &[&str]) -> Result<Self, ConfigError> {
        let mut config = self.config.clone();
        config.protect.extend(patterns.iter().map(ToString::to_string));
        Ok(Self {
            protect: compile(&config.protect)?,
            dict: self.dict.clone(),
            profile: self.profile.clone(),
            stages: stages_of(&config),
            times: Arc::clone(&self.times),
            config,
        })
    }

    /// What was learned from the corpus.
    #[must_use]
    pub fn profile(&self) -> Option<&Profile> {
        self.profile.as_deref()
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What is known of a text before any stage has run.
    #[cfg(feature = "cli")]
    pub(crate) fn facts(&self, text: &str) -> DocFacts {
        DocFacts::analyse(text, &self.config, self.profile.as_ref())
    }

    /// What matches text that must never change.
    #[cfg(feature = "cli")]
    pub(crate) fn protected(&self) -> &[Regex] {
        &self.protect
    }

    /// Counts the time that a stage took.
    fn count(&self, stage: StageId, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.times[stage as usize].fetch_add(nanos, Ordering::Relaxed);
    }

    /// How long each stage took so far, over all documents and threads.
    pub fn stage_times(&self) -> impl Iterator<Item = (StageId, Duration)> {
        let time = |stage: StageId| self.times[stage as usize].load(Ordering::Relaxed);
        StageId::ALL.into_iter().map(move |stage| (stage, Duration::from_nanos(time(stage))))
    }

    /// Cleans a text.
    #[must_use]
    pub fn clean<'t>(&self, text: &'t str) -> Cleaned<'t> {
        self.clean_within(text, true, true, &Decided::default())
    }

    fn clean_within<'t>(&self, text: &'t str, first: bool, last: bool, decided: &Decided<'_>) -> Cleaned<'t> {
        let blocks = blocks(text);
        let clean = |span: &Span| {
            let (first, last) = (first && span.start == 0, last && span.end == text.len());
            let origin = Origin { original: span.of(text), start: span.start, layers: &[], decided };
            block::clean(self, origin, first, last)
        };
        let done: Vec<Block> = match &blocks[..] {
            [whole] => vec![clean(whole)],
            blocks => blocks.par_iter().map(clean).collect(),
        };
        Cleaned::new(text, &blocks, done)
    }

    /// Decodes and cleans a document.
    ///
    /// # Errors
    /// If the bytes are no text.
    pub fn clean_bytes<'b>(&self, bytes: &'b [u8]) -> Result<(Decoded<'b>, Cleaned<'static>), DecodeError> {
        let decoded = decode::decode(bytes, self.config.runs(StageId::Decode))?;
        let cleaned = self.clean_part(&decoded, true, true).into_owned();
        Ok((decoded, cleaned))
    }

    /// Cleans a decoded document, or a block of one that [`block_len`] cut: its `first`, its `last`, both or
    /// neither.
    #[must_use]
    pub fn clean_part<'t>(&self, decoded: &'t Decoded<'_>, first: bool, last: bool) -> Cleaned<'t> {
        self.clean_decided(decoded, first, last, &[]).0
    }

    /// The same with decisions on its edits, and which of them applied: unsafe edits that were accepted are
    /// made, then those that were refused are taken back.
    #[must_use]
    pub fn clean_decided<'t>(
        &self,
        decoded: &'t Decoded<'_>,
        first: bool,
        last: bool,
        decisions: &[Decision],
    ) -> (Cleaned<'t>, Vec<bool>) {
        let decided = Decided::new(decisions);
        let mut cleaned = self.clean_within(&decoded.text, first, last, &decided);
        let raw: Vec<Span> = decoded.raw.iter().map(|raw| raw.span).collect();
        let invalid = raw.iter().map(|&span| Finding {
            rule: RuleId::InvalidBytes,
            span,
            proposal: None,
            target: None,
            confidence: 1.0,
        });
        let mut findings: Vec<Finding> =
            invalid.filter(|_| self.config.selects(RuleId::InvalidBytes)).collect();
        // The character that stands for bytes that this run could not decode is not a loss of an earlier one.
        cleaned.findings.retain(|f| f.rule != RuleId::ReplacementCharacter || !f.span.overlaps_any(&raw));
        findings.append(&mut cleaned.findings);
        cleaned.findings = findings;
        let cleaned = decided.settle(cleaned);
        (cleaned, decided.applied())
    }

    /// What a stage must not touch: code, protected text and, but for the stage that repairs it, damage.
    fn keep_off(&self, text: &str, broken: bool, damage: &[Span]) -> Vec<Span> {
        let mut spans = code_spans(text);
        spans.extend_from_slice(damage);
        if broken {
            spans.extend(stages::recover::broken_glosses(text));
        }
        for pattern in &self.protect {
            spans.extend(pattern.find_iter(text).map(|m| Span::new(m.start(), m.end())));
        }
        spans.sort_unstable();
        // Overlapping spans are merged so that a binary search over their ends holds.
        let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
        for span in spans {
            match merged.last_mut() {
                Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
                _ => merged.push(span),
            }
        }
        merged
    }
}

fn compile(patterns: &[String]) -> Result<Vec<Regex>, ConfigError> {
    let compile = |pattern: &String| {
        Regex::new(pattern).map_err(|e| ConfigError::Pattern(pattern.clone(), Box::new(e)))
    };
    patterns.iter().map(compile).collect()
}

fn stages_of(config: &Config) -> Vec<Box<dyn Stage>> {
    stages::all().into_iter().filter(|stage| config.runs(stage.id())).collect()
}

fn blocks(text: &str) -> Vec<Span> {
    let mut blocks = Vec::new();
    let mut start = 0;
    while let Some(len) = block_len(&text[start..]) {
        blocks.push(Span::new(start, start + len));
        start += len;
    }
    blocks.push(Span::new(start, text.len()));
    blocks
}

/// The length of a text's first block, if it is so long that it is cut: into blocks of about 1 MiB, before a
/// line that follows a blank one, else before any line, else behind a sentence, else anywhere. Depends on
/// what follows the block by half its size, so that a text can be cut while it is read.
#[must_use]
pub fn block_len(text: &str) -> Option<usize> {
    if text.len() <= 2 * BLOCK {
        return None;
    }
    let near = text.ceil_char_boundary(BLOCK);
    let window = &text[near..text.ceil_char_boundary(near + BLOCK / 2)];
    let first = |blank: &str| memmem::find(window.as_bytes(), blank.as_bytes());
    let blank = [first("\n\n"), first("\r\n\r\n")].into_iter().flatten().min();
    let filled = |from: usize| {
        from + window[from..].find(|c| !matches!(c, '\n' | '\r')).unwrap_or(window.len() - from)
    };
    let line = || window.find('\n').map(|i| i + 1);
    let sentence = || window.find('。').map(|i| i + '。'.len_utf8());
    Some(near + blank.map(filled).or_else(line).or_else(sentence).unwrap_or(0))
}
