//! What a run is asked to do. The same structure serves the command line, `jiaokan.toml` and the library.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::lexicon::script::Direction;
use crate::rules::{RuleId, StageId};

/// The engine that converts scripts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// Our own, on OpenCC's data.
    #[default]
    Jiaokan,
    /// The OpenCC library (cargo feature `opencc`).
    Opencc,
}

/// Which text is converted to the other script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ScriptMode {
    /// Text that is in the other script; an isolated character of it is a finding.
    #[default]
    Auto,
    /// Every character of it, in any document.
    Force,
}

/// The width of punctuation in Chinese prose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PunctuationStyle {
    /// Half-width marks become full-width, straight quotes are paired.
    #[default]
    Full,
    /// Marks, digits and letters stay as they are.
    Keep,
    /// Full-width marks become half-width where such a mark exists: ，。：；？！（）
    Half,
}

/// What stands between paragraphs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Paragraphs {
    /// What stood there.
    #[default]
    Keep,
    /// A line break.
    Newline,
    /// A blank line. Where the document has none, each line is a paragraph; elsewhere a line of prose that ends
    /// with its sentence is one too.
    BlankLine,
}

/// A cleaner's configuration. Unknown keys in a file are errors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// The stages that run.
    pub stages: Vec<StageId>,
    /// Stages taken out of `stages`.
    pub skip: Vec<StageId>,
    /// If not empty, only these rules edit or report.
    pub only: Vec<RuleId>,
    /// Rules that neither edit nor report.
    pub never: Vec<RuleId>,
    /// Rules of which unsafe edits are applied too.
    pub always: Vec<RuleId>,
    /// Apply unsafe edits too.
    pub select_unsafe: bool,
    /// Regular expressions of text that must never change.
    pub protect: Vec<String>,
    /// The engine that converts scripts.
    pub engine: Engine,
    /// From which script to which.
    pub direction: Direction,
    /// Which text is converted.
    pub script: ScriptMode,
    /// Files of the user's own dictionary entries: `key<TAB>value`, the value the key itself to protect it.
    pub dict: Vec<PathBuf>,
    /// What was learned from a corpus: the file that `jiaokan learn` wrote.
    pub profile: Option<PathBuf>,
    /// A document is Simplified, and an isolated Traditional character in it a finding, when less than
    /// this share of its script-specific characters is Traditional. 0 converts every one.
    pub traditional_share: f32,
    /// The width of punctuation.
    pub punctuation_style: PunctuationStyle,
    /// What stands between paragraphs.
    pub paragraphs: Paragraphs,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            stages: StageId::ALL.to_vec(),
            skip: Vec::new(),
            only: Vec::new(),
            never: Vec::new(),
            always: Vec::new(),
            select_unsafe: false,
            protect: Vec::new(),
            engine: Engine::default(),
            direction: Direction::default(),
            script: ScriptMode::default(),
            dict: Vec::new(),
            profile: None,
            traditional_share: 0.1,
            punctuation_style: PunctuationStyle::default(),
            paragraphs: Paragraphs::default(),
        }
    }
}

impl Config {
    /// Whether a stage runs.
    #[must_use]
    pub fn runs(&self, stage: StageId) -> bool {
        self.stages.contains(&stage) && !self.skip.contains(&stage)
    }

    /// Whether a rule may edit or report.
    #[must_use]
    pub fn selects(&self, rule: RuleId) -> bool {
        (self.only.is_empty() || self.only.contains(&rule)) && !self.never.contains(&rule)
    }
}
