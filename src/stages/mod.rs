//! One file or folder per stage. A stage reads a [`Doc`] and proposes edits; it never changes text itself, and it
//! keeps no state between documents.

use std::fmt::Debug;

use crate::pipeline::{Doc, Proposals};
use crate::rules::StageId;

pub mod furniture;
pub mod gloss;
pub mod punctuation;
pub mod recover;
pub mod reflow;
pub mod repeats;
pub mod script;

/// A step of the pipeline.
pub trait Stage: Debug + Send + Sync {
    /// The stage's name.
    fn id(&self) -> StageId;

    /// Whether the stage has something to do in a document that is not Chinese.
    fn is_for_any_language(&self) -> bool {
        false
    }

    /// Proposes edits of `doc.text`.
    fn scan(&self, doc: &Doc<'_>, out: &mut Proposals<'_>);
}

/// All stages behind `decode`, in the order in which they run.
#[must_use]
pub fn all() -> Vec<Box<dyn Stage>> {
    vec![
        Box::new(recover::Recover),
        Box::new(gloss::GlossStage),
        Box::new(script::Script),
        Box::new(furniture::Furniture),
        Box::new(reflow::Reflow),
        Box::new(repeats::Repeats),
        Box::new(punctuation::Punctuation),
    ]
}

/// What one stage alone makes of a text, by default settings.
#[cfg(test)]
fn cleaned_by(stage: StageId, text: &str) -> String {
    let config = crate::Config { stages: vec![stage], ..crate::Config::default() };
    crate::Cleaner::new(config).expect("a configuration").clean(text).into_text().into_owned()
}
