//! The way of a text through the stages: analyse, propose, apply once per stage, until nothing changes.
//!
//! Output is a function of the document, the configuration and the profile alone: threads only share out blocks.

use std::borrow::Cow;
use std::mem;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use memchr::memmem;
use rayon::prelude::*;
use regex::Regex;

use crate::chars::code_spans;
use crate::config::{Config, Engine};
use crate::convert::Exceptions;
use crate::decide::{Decided, Decision};
use crate::decode::{self, DecodeError, Decoded};
use crate::edit::{Bias, Change, EditId, Layer, PatchBuilder, Refusal, SourceOrder, Span};
use crate::facts::DocFacts;
use crate::join;
use crate::lexicon::script::Direction;
use crate::lexicon::script::dict::{CustomDict, DictError, parse_dict};
use crate::profile::{Profile, ProfileError};
use crate::rules::{Applicability, RuleId, StageId};
use crate::stages::gloss::GlossFacts;
use crate::stages::recover::Glossed;
use crate::stages::{self, Stage};

/// Documents above this many bytes are cut into blocks, each with facts of its own.
const BLOCK: usize = 1 << 20;
/// Rounds over a block before it is given back unchanged.
const ROUNDS: usize = 8;

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

/// What a stage proposes. Routes each edit by its applicability: into the patch or among the findings.
#[derive(Debug)]
pub struct Proposals<'a> {
    doc: Doc<'a>,
    patch: PatchBuilder<'a>,
    findings: Vec<Finding>,
    /// Spans of `doc.text` that no edit may touch, ascending.
    keep_off: Vec<Span>,
    origin: Origin<'a>,
}

/// Where a stage's text comes from, and what was decided on its edits.
#[derive(Clone, Copy, Debug)]
struct Origin<'a> {
    /// The block as it was.
    original: &'a str,
    /// Where in the document it stands.
    start: usize,
    /// What the stages before did to it.
    layers: &'a [Layer],
    decided: &'a Decided<'a>,
}

impl Origin<'_> {
    /// What a position in the stage's text was in the block.
    fn position(&self, pos: usize) -> usize {
        self.layers.iter().rev().fold(pos, |pos, layer| layer.to_source(pos, Bias::Left))
    }

    /// What a span of the stage's text was in the block.
    fn span(&self, span: Span) -> Span {
        self.layers.iter().rev().fold(span, |span, layer| {
            let start = layer.to_source(span.start, Bias::Right);
            let end = layer.to_source(span.end, Bias::Left);
            Span::new(start.min(end), start.max(end))
        })
    }

    /// The decision to accept an unsafe edit.
    fn accepts(&self, span: Span, rule: RuleId, new: Option<&str>) -> Option<usize> {
        if self.decided.is_empty() {
            return None;
        }
        let span = self.span(span);
        self.decided.accepts(rule, self.start + span.start, span.of(self.original), new)
    }
}

/// An edit that goes into the patch, and the decision that lets it.
type Taken = Option<usize>;

/// What an edit does.
#[derive(Clone, Copy)]
enum Edit<'e> {
    Replace(&'e str),
    Move(usize),
}

impl<'a> Proposals<'a> {
    fn new(doc: Doc<'a>, keep_off: Vec<Span>, origin: Origin<'a>) -> Self {
        Self { doc, patch: PatchBuilder::new(doc.text), findings: Vec::new(), keep_off, origin }
    }

    /// Whether an edit of `span` would touch protected text or an unresolved damage.
    #[must_use]
    pub fn is_kept_off(&self, span: Span) -> bool {
        span.overlaps_any(&self.keep_off)
    }

    /// Whether no edit may touch anything in `span`.
    #[must_use]
    pub fn covers(&self, span: Span) -> bool {
        let i = self.keep_off.partition_point(|k| k.end < span.end);
        self.keep_off.get(i).is_some_and(|k| k.contains(span))
    }

    /// Whether something of `span` is replaced already.
    #[must_use]
    pub fn is_replaced(&self, span: Span) -> bool {
        self.patch.replaces(span)
    }

    /// The spans that no edit may touch, ascending.
    #[must_use]
    pub fn kept_off(&self) -> &[Span] {
        &self.keep_off
    }

    /// Replaces `span` by `text` at the rule's own applicability.
    pub fn replace(&mut self, span: Span, text: &str, rule: RuleId) -> Option<EditId> {
        self.propose(span, text, rule, 1.0, rule.rule().applicability)
    }

    /// Replaces `span` by `text` if `applicability` is selected, otherwise reports it. Returns the edit
    /// if it was taken.
    pub fn propose(
        &mut self,
        span: Span,
        text: &str,
        rule: RuleId,
        confidence: f32,
        applicability: Applicability,
    ) -> Option<EditId> {
        let taken = self.takes(span, Edit::Replace(text), rule, confidence, applicability)?;
        let edit = self.patch.replace(span, text, rule, confidence).ok()?;
        Some(self.taken(edit, taken))
    }

    /// Moves `span` to `to` if `applicability` is selected, otherwise reports it.
    pub fn relocate(
        &mut self,
        span: Span,
        to: usize,
        rule: RuleId,
        confidence: f32,
        applicability: Applicability,
    ) -> Option<EditId> {
        let taken = self.takes(span, Edit::Move(to), rule, confidence, applicability)?;
        let edit = self.patch.relocate(span, to, rule, confidence).ok()?;
        Some(self.taken(edit, taken))
    }

    fn taken(&self, edit: EditId, taken: Taken) -> EditId {
        if let Some(decision) = taken {
            self.origin.decided.apply(decision);
        }
        edit
    }

    /// Replaces the whole text by its conversion; see [`PatchBuilder::convert`].
    pub fn convert(&mut self, text: String, passes: Vec<Exceptions>, rule: RuleId) {
        self.patch.convert(text, passes, rule);
    }

    /// Reports `span`.
    pub fn report(&mut self, span: Span, rule: RuleId) {
        if self.doc.config.selects(rule) {
            self.findings.push(Finding { rule, span, proposal: None, target: None, confidence: 1.0 });
        }
    }

    /// Declares that refusing `on` refuses `edit` too.
    pub fn depends(&mut self, edit: EditId, on: EditId) {
        self.patch.depends(edit, on);
    }

    /// Whether an edit goes into the patch. One that is allowed but not selected becomes a finding.
    fn takes(
        &mut self,
        span: Span,
        edit: Edit<'_>,
        rule: RuleId,
        confidence: f32,
        applicability: Applicability,
    ) -> Option<Taken> {
        let config = self.doc.config;
        if !config.selects(rule) || self.is_kept_off(span) {
            return None;
        }
        let proposal = match edit {
            Edit::Replace(text) => Some(text),
            Edit::Move(_) => None,
        };
        let taken = match applicability {
            Applicability::Safe => Some(None),
            Applicability::Unsafe if config.select_unsafe || config.always.contains(&rule) => Some(None),
            Applicability::Unsafe => self.origin.accepts(span, rule, proposal).map(Some),
            Applicability::Display => None,
        };
        if taken.is_none() {
            let target = match edit {
                Edit::Move(to) if applicability == Applicability::Unsafe => Some(to),
                _ => None,
            };
            self.findings.push(Finding {
                rule,
                span,
                proposal: proposal.map(str::to_owned),
                target,
                confidence,
            });
        }
        taken
    }
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
            self.clean_block(origin, first, last)
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

    /// Cleans a block, which may be the document's `first` or `last` one.
    fn clean_block(&self, origin: Origin<'_>, first: bool, last: bool) -> Block {
        let mut block = Block { text: None, layers: Vec::new(), findings: Vec::new() };
        let mut shared = Shared::default();
        for _ in 0..ROUNDS {
            if !self.round(origin, &mut block, &mut shared, first, last) {
                block.findings.sort_by_key(|f| (f.span, f.rule));
                block.findings.dedup_by(|b, a| a.rule == b.rule && a.span == b.span);
                return block;
            }
        }
        let all = Span::new(0, origin.original.len());
        let finding =
            Finding { rule: RuleId::NotConverged, span: all, proposal: None, target: None, confidence: 1.0 };
        Block { text: None, layers: Vec::new(), findings: vec![finding] }
    }

    /// Runs every stage once; whether anything changed.
    fn round(
        &self,
        origin: Origin<'_>,
        block: &mut Block,
        shared: &mut Shared,
        first: bool,
        last: bool,
    ) -> bool {
        let original = origin.original;
        let mut changed = false;
        let text = block.text.as_deref().unwrap_or(original);
        let mut facts = DocFacts::analyse_again(text, &self.config, self.profile.as_ref(), &shared.judged);
        // Of the text that goes, as long as no stage changes it; the first repairs damage, and keeps off the rest alone.
        let mut keep_off: Option<Vec<Span>> = None;
        if !self.protect.is_empty() {
            // The language is that of what may be changed.
            let letters = |span: Span| span.of(text).bytes().filter(u8::is_ascii_alphabetic).count();
            let kept = self.keep_off(text, false, &[]);
            facts.latin = facts.latin.saturating_sub(kept.iter().copied().map(letters).sum());
            keep_off =
                self.stages.first().is_some_and(|stage| stage.id() == StageId::Recover).then_some(kept);
        }
        (facts.is_start, facts.is_end) = (first, last);
        // What the text itself says, where the stages go by what the first round knew.
        let mut own = None;
        let mut is_judged = false;
        match &shared.glossed {
            Some(before) if !shared.settles => {
                let read = (mem::take(&mut facts.glosses), mem::take(&mut facts.glossed));
                // Without glosses and shifts the text is read alike whatever was glossed.
                own = (facts.shifts || !read.0.is_empty()).then_some(read);
                (facts.glosses, facts.glossed) = before.clone();
            }
            None if facts.glosses.by_software => {
                shared.glossed = Some((facts.glosses.clone(), Arc::clone(&facts.glossed)));
            }
            _ => {}
        }
        let mut seams: Vec<usize> = Vec::new();
        // What the first stage could not repair.
        let mut damage: Vec<Span> = Vec::new();
        let mut began = Instant::now();
        let mut next = 0;
        loop {
            let stage = self.stages.get(next);
            // What comes out is to be clean by its own account: what changes nothing any more is read once again.
            if !changed
                && stage.is_none_or(|stage| stage.id() > StageId::Gloss)
                && let Some(own) = own.take()
            {
                (facts.glosses, facts.glossed) = own;
                shared.settles = true;
                (next, keep_off) = (0, None);
                damage.clear();
                continue;
            }
            let Some(stage) = stage else { break };
            next += 1;
            if !facts.is_chinese() && !stage.is_for_any_language() {
                continue;
            }
            let text = block.text.as_deref().unwrap_or(original);
            if matches!(stage.id(), StageId::Furniture | StageId::Reflow)
                && !mem::replace(&mut is_judged, true)
            {
                let made = |rule| block.layers.iter().map(|layer| layer.places_of(rule).count()).sum();
                facts.judge(text, made(RuleId::CutParagraph), made(RuleId::HardWrap));
            }
            let doc = Doc { text, facts: &facts, config: &self.config, seams: &seams, dict: &self.dict };
            let repairs = stage.id() == StageId::Recover;
            let kept = match keep_off.take() {
                Some(kept) => kept,
                None => self.keep_off(text, facts.broken_glosses && !repairs, &damage),
            };
            let origin = Origin { layers: &block.layers, ..origin };
            let mut proposals = Proposals::new(doc, kept, origin);
            stage.scan(&doc, &mut proposals);
            let Proposals { patch, mut findings, keep_off: kept, .. } = proposals;
            for finding in &mut findings {
                if finding.rule == RuleId::LostBytes {
                    damage.push(finding.span);
                }
                finding.span = origin.span(finding.span);
                finding.target = finding.target.map(|to| origin.position(to));
            }
            block.findings.append(&mut findings);
            let patch = patch.finish();
            let applied = if patch.is_empty() { None } else { Some(patch.apply()) };
            let now = Instant::now();
            let took = u64::try_from((now - began).as_nanos()).unwrap_or(u64::MAX);
            self.times[stage.id() as usize].fetch_add(took, Ordering::Relaxed);
            began = now;
            let Some((text, layer)) = applied else {
                keep_off = (!repairs || !facts.broken_glosses && damage.is_empty()).then_some(kept);
                continue;
            };
            if !seams.is_empty() || !damage.is_empty() {
                let order = layer.source_order();
                seams.iter_mut().for_each(|at| *at = layer.to_output_in(&order, *at, Bias::Left));
                for span in &mut damage {
                    let start = layer.to_output_in(&order, span.start, Bias::Right);
                    *span = Span::new(start, layer.to_output_in(&order, span.end, Bias::Left).max(start));
                }
            }
            // A wrap doubles nothing; columns and pages do.
            seams.extend(layer.places_of(RuleId::CutParagraph).map(|span| span.start));
            seams.sort_unstable();
            block.text = Some(text);
            block.layers.push(layer);
            changed = true;
        }
        changed
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

/// What the rounds of a block share.
#[derive(Default)]
struct Shared {
    judged: Arc<join::Judged>,
    /// What the first round saw of software's glosses: those that follow find few of them.
    glossed: Option<(GlossFacts, Arc<Glossed>)>,
    /// Whether the rounds go by the text alone again.
    settles: bool,
}

/// A block on its way through the stages.
#[derive(Debug)]
struct Block {
    /// The text, once it differs from the original.
    text: Option<String>,
    layers: Vec<Layer>,
    /// In coordinates of the original block.
    findings: Vec<Finding>,
}

/// A cleaned text and all that is known of how it came about.
#[derive(Debug)]
pub struct Cleaned<'t> {
    original: Cow<'t, str>,
    text: Cow<'t, str>,
    findings: Vec<Finding>,
    /// Length of each block's original and its layers; composed when first asked for.
    blocks: Vec<(usize, Vec<Layer>)>,
    layer: OnceLock<Layer>,
    /// The layer's pieces in the order of the source; sorted when first asked for.
    order: OnceLock<SourceOrder>,
}

impl<'t> Cleaned<'t> {
    fn new(original: &'t str, spans: &[Span], done: Vec<Block>) -> Self {
        let text = if done.iter().all(|block| block.text.is_none()) {
            Cow::Borrowed(original)
        } else {
            spans
                .iter()
                .zip(&done)
                .map(|(span, block)| block.text.as_deref().unwrap_or_else(|| span.of(original)))
                .collect()
        };
        let mut findings = Vec::new();
        let mut blocks = Vec::with_capacity(done.len());
        for (span, block) in spans.iter().zip(done) {
            findings.extend(block.findings.into_iter().map(|f| Finding {
                span: f.span.shift(span.start),
                target: f.target.map(|to| to + span.start),
                ..f
            }));
            blocks.push((span.len(), block.layers));
        }
        Self {
            original: Cow::Borrowed(original),
            text,
            findings,
            blocks,
            layer: OnceLock::new(),
            order: OnceLock::new(),
        }
    }

    /// What one layer made of a text.
    #[cfg(any(test, feature = "cli"))]
    pub(crate) fn of_layer(
        original: impl Into<Cow<'t, str>>,
        text: impl Into<Cow<'t, str>>,
        layer: Layer,
        findings: Vec<Finding>,
    ) -> Self {
        let (original, text) = (original.into(), text.into());
        let blocks = vec![(original.len(), vec![layer])];
        Self { original, text, findings, blocks, layer: OnceLock::new(), order: OnceLock::new() }
    }

    /// The text as it was.
    #[must_use]
    pub fn original(&self) -> &str {
        &self.original
    }

    /// The clean text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The clean text, without a copy where possible.
    #[must_use]
    pub fn into_text(self) -> Cow<'t, str> {
        self.text
    }

    /// Whether anything was changed.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        self.blocks.iter().any(|(_, layers)| !layers.is_empty()) && self.original != self.text
    }

    /// What was seen and left alone, in the order of the original.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The way from the original to the clean text as one layer.
    pub fn layer(&self) -> &Layer {
        self.layer.get_or_init(|| {
            Layer::concat(self.blocks.iter().map(|(len, layers)| {
                let mut layers = layers.iter().cloned();
                let first = layers.next().unwrap_or_else(|| Layer::identity(*len));
                layers.fold(first, Layer::then)
            }))
        })
    }

    /// Every change, in the order of the clean text.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        self.layer().changes(&self.original, &self.text)
    }

    /// The old text of a change.
    #[must_use]
    pub fn old(&self, change: &Change) -> &str {
        change.source.of(&self.original)
    }

    /// The new text of a change.
    #[must_use]
    pub fn new_text(&self, change: &Change) -> &str {
        change.clean.of(&self.text)
    }

    /// The characters that a stretch of conversion really changed, as runs in the original and in the clean
    /// text. A stretch whose two sides do not stand character against character is one run.
    #[must_use]
    pub fn conversions(&self, change: &Change) -> Vec<(Span, Span)> {
        let (old, new) = (self.old(change), self.new_text(change));
        if old.chars().count() != new.chars().count() {
            return vec![(change.source, change.clean)];
        }
        let mut runs: Vec<(Span, Span)> = Vec::new();
        let (mut i, mut j) = (change.source.start, change.clean.start);
        for (a, b) in old.chars().zip(new.chars()) {
            let (from, to) = (Span::new(i, i + a.len_utf8()), Span::new(j, j + b.len_utf8()));
            (i, j) = (from.end, to.end);
            match runs.last_mut() {
                _ if a == b => {}
                Some(last) if last.0.end == from.start && last.1.end == to.start => {
                    (last.0.end, last.1.end) = (i, j)
                }
                _ => runs.push((from, to)),
            }
        }
        runs
    }

    /// The byte offset in the original that a byte offset in the clean text comes from.
    #[must_use]
    pub fn to_original(&self, pos: usize, bias: Bias) -> usize {
        self.layer().to_source(pos, bias)
    }

    /// The byte offset in the clean text that a byte offset in the original went to.
    #[must_use]
    pub fn to_clean(&self, pos: usize, bias: Bias) -> usize {
        let order = self.order.get_or_init(|| self.layer().source_order());
        self.layer().to_output_in(order, pos, bias)
    }

    /// Takes changes back, by [`Change::id`], and what depends on them.
    #[must_use]
    pub fn refuse(&self, ids: &[usize]) -> Refusal {
        self.layer().refuse(&self.original, &self.text, ids)
    }

    /// The document with the changes `ids` and the conversion of the clean text's `spans` taken back, and only
    /// the findings that are `open`.
    pub(crate) fn without(self, ids: &[usize], spans: &[Span], open: &[bool]) -> Self {
        let refused = !ids.is_empty() || !spans.is_empty();
        let refusal = refused.then(|| self.layer().refuse_within(&self.original, &self.text, ids, spans));
        let mut cleaned = self;
        let mut open = open.iter();
        cleaned.findings.retain(|_| open.next() == Some(&true));
        if let Some(Refusal { text, layer, .. }) = refusal {
            cleaned.text = Cow::Owned(text);
            cleaned.blocks = vec![(cleaned.original.len(), vec![layer])];
            cleaned.layer = OnceLock::new();
        }
        cleaned
    }

    /// The same, owning its texts.
    #[must_use]
    pub fn into_owned(self) -> Cleaned<'static> {
        Cleaned {
            original: Cow::Owned(self.original.into_owned()),
            text: Cow::Owned(self.text.into_owned()),
            findings: self.findings,
            blocks: self.blocks,
            layer: self.layer,
            order: self.order,
        }
    }
}
