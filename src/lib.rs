//! Cleans damaged Chinese text and shows every edit.
//!
//! ```
//! use jiaokan::{Cleaner, Config};
//!
//! let cleaner = Cleaner::new(Config::default())?;
//! let cleaned = cleaner.clean("市委副書(shū)記、市長(zhǎng)調(diào)研。");
//! assert_eq!(cleaned.text(), "市委副书记、市长调研。");
//! for change in cleaned.changes() {
//!     println!("{:?}: {} → {}", change.rules, cleaned.old(&change), cleaned.new_text(&change));
//! }
//! # Ok::<(), jiaokan::ConfigError>(())
//! ```
//!
//! Three promises: clean text comes back unchanged; clean text and edits give the original back, byte
//! for byte; the same document and configuration give the same bytes everywhere.
//!
//! `examples/` has a batch run, a look at every edit, and a step before another tool.
//!
//! # Features
//!
//! With `default-features = false` this is the pipeline alone: no files but dictionaries and profiles, no network.
//! `corpus` adds runs over corpora, `parquet` that format, `cli` (the default) the command and both, `opencc` a second
//! script engine.
//!
//! # Versions
//!
//! What the documentation shows follows semantic versioning. Within a minor version the same text and configuration
//! give the same clean text; a new minor version may clean more, and the changelog says what.

// The command says `jiaokan::` as its users do.
#[cfg(feature = "cli")]
extern crate self as jiaokan;

pub mod chars;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
pub mod config;
pub mod convert;
#[cfg(feature = "corpus")]
pub mod corpus;
pub mod decide;
pub mod decode;
pub mod edit;
pub mod facts;
pub mod join;
pub mod lexicon;
pub mod pipeline;
pub mod profile;
pub mod report;
pub mod rules;
mod shape;
pub mod stages;

pub use config::{Config, Engine, Paragraphs, PunctuationStyle, ScriptMode};
pub use decide::Decision;
pub use decode::{Decoded, decode};
pub use edit::{Bias, Change, ChangeKind, Layer, Span};
pub use lexicon::script::Direction;
pub use pipeline::{Cleaned, Cleaner, ConfigError, Finding};
pub use profile::{Learner, Profile, ProfileError};
pub use rules::{Applicability, RULES, Rule, RuleId, StageId};
