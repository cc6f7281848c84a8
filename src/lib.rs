//! Cleans damaged Chinese text and shows every edit.
//!
//! ```
//! use jiaokan::{Cleaner, Config};
//!
//! let cleaner = Cleaner::new(Config::default())?;
//! let cleaned = cleaner.clean("市委副書(shū)記、市長(zhǎng)調(diào)研。");
//! assert_eq!(cleaned.text(), "市委副书记、市长调研。");
//! for change in cleaned.changes() {
//!     println!("{:?} {} → {}", change.rules, cleaned.old(&change), cleaned.new_text(&change));
//! }
//! # Ok::<(), jiaokan::ConfigError>(())
//! ```
//!
//! Three promises: clean text comes back unchanged; clean text and edits give the original back, byte
//! for byte; the same document and configuration give the same bytes everywhere.

pub mod chars;
pub mod config;
pub mod convert;
#[cfg(feature = "corpus")]
pub mod corpus;
pub mod decode;
pub mod edit;
pub mod facts;
pub mod join;
pub mod lexicon;
pub mod pipeline;
pub mod profile;
pub mod report;
pub mod rules;
pub(crate) mod shape;
pub mod stages;

pub use config::{Config, Engine, Paragraphs, PunctuationStyle, ScriptMode};
pub use decode::{Decoded, decode};
pub use edit::{Bias, Change, ChangeKind, Layer, Span};
pub use lexicon::script::Direction;
pub use pipeline::{Cleaned, Cleaner, ConfigError, Finding};
pub use profile::{Learner, Profile, ProfileError};
pub use rules::{Applicability, RULES, Rule, RuleId, StageId};
