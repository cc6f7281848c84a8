//! How far a run is, on a terminal.

use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use jiaokan::corpus::Tally;

/// A bar on standard error; hidden where that is no terminal.
pub(crate) struct Progress {
    bar: ProgressBar,
    documents: usize,
    edits: Vec<(&'static str, usize)>,
}

impl Progress {
    /// A bar for so many bytes, of files that are shown if they are worth it.
    pub(crate) fn new(bytes: u64, is_wanted: bool) -> Self {
        let is_shown = is_wanted && io::stderr().is_terminal();
        let bar = if is_shown { ProgressBar::new(bytes) } else { ProgressBar::hidden() };
        let form = "{bar:24} {bytes}/{total_bytes} {bytes_per_sec} {eta} left; {msg}";
        bar.set_style(ProgressStyle::with_template(form).expect("a valid template"));
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar, documents: 0, edits: Vec::new() }
    }

    /// Whether anybody sees it.
    pub(crate) fn is_shown(&self) -> bool {
        !self.bar.is_hidden()
    }

    pub(crate) fn step(&mut self, bytes: u64, tally: &Tally) {
        if !self.is_shown() {
            return;
        }
        self.bar.inc(bytes);
        self.documents += tally.documents;
        for (rule, count) in tally.counts.iter() {
            let stage = rule.rule().stage.name();
            let edits = count.edits + count.converted;
            match self.edits.iter_mut().find(|(name, _)| *name == stage) {
                Some((_, known)) => *known += edits,
                None => self.edits.push((stage, edits)),
            }
        }
        let edits: Vec<String> = self
            .edits
            .iter()
            .filter(|(_, count)| *count > 0)
            .map(|(stage, count)| format!("{stage} {}", HumanCount(*count as u64)))
            .collect();
        let documents = HumanCount(self.documents as u64);
        self.bar.set_message(format!("{documents} documents; {}", edits.join(", ")));
    }

    /// Lets something be written where the bar stands.
    pub(crate) fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }

    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
