//! The way of a block through the stages: round after round, until one changes nothing.

use std::mem;
use std::sync::Arc;
use std::time::Instant;

use crate::edit::{Bias, Layer, Span};
use crate::facts::DocFacts;
use crate::join;
use crate::pipeline::proposals::{Origin, Proposals};
use crate::pipeline::{Cleaner, Doc, Finding};
use crate::rules::{RuleId, StageId};
use crate::stages::Stage;
use crate::stages::gloss::GlossFacts;
use crate::stages::recover::Glossed;

/// Rounds over a block before it is given back unchanged.
const ROUNDS: usize = 8;

/// What became of a block.
#[derive(Debug)]
pub(super) struct Block {
    /// The text, if it differs from the original.
    pub(super) text: Option<String>,
    pub(super) layers: Vec<Layer>,
    /// In coordinates of the original block.
    pub(super) findings: Vec<Finding>,
}

/// Cleans a block, which may be the document's `first` or `last` one.
pub(super) fn clean(cleaner: &Cleaner, origin: Origin<'_>, first: bool, last: bool) -> Block {
    let block = Block { text: None, layers: Vec::new(), findings: Vec::new() };
    let mut rounds =
        Rounds { cleaner, origin, first, last, block, judged: Arc::default(), glossed: None, settles: false };
    for _ in 0..ROUNDS {
        if !rounds.round() {
            let mut block = rounds.block;
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

/// What is known of a text's glosses.
type Glosses = (GlossFacts, Arc<Glossed>);

/// The rounds over a block.
struct Rounds<'a> {
    cleaner: &'a Cleaner,
    origin: Origin<'a>,
    first: bool,
    last: bool,
    block: Block,
    judged: Arc<join::Judged>,
    /// What the first round saw of software's glosses: those that follow find few of them.
    glossed: Option<Glosses>,
    /// Whether the rounds go by the text alone again.
    settles: bool,
}

/// What one round knows, and what came of it so far.
struct Round {
    facts: DocFacts,
    /// What the text itself says of its glosses, where `facts` say what the first round saw.
    own: Option<Glosses>,
    /// Whether `facts` say how the document was cut.
    is_judged: bool,
    changed: bool,
    /// Where a stage took a line break out, in the text as it is.
    seams: Vec<usize>,
    /// What no stage could repair, in the text as it is.
    damage: Vec<Span>,
    /// What the next stage must not touch, if it is known already.
    keep_off: Option<Vec<Span>>,
    /// When the last stage was done.
    began: Instant,
}

impl Rounds<'_> {
    /// Runs every stage once; whether anything changed.
    fn round(&mut self) -> bool {
        let mut round = self.begin();
        let stages = &self.cleaner.stages;
        let (repairs, rest) = stages.split_at(stages.partition_point(|stage| stage.id() <= StageId::Gloss));
        self.run(&mut round, repairs);
        // What comes out is to be clean by its own account: what changes nothing any more is read once again.
        if !round.changed
            && let Some(own) = round.own.take()
        {
            (round.facts.glosses, round.facts.glossed) = own;
            round.keep_off = None;
            round.damage.clear();
            self.settles = true;
            self.run(&mut round, repairs);
        }
        self.run(&mut round, rest);
        round.changed
    }

    /// Reads the text as the round before left it.
    fn begin(&mut self) -> Round {
        let cleaner = self.cleaner;
        let text = self.block.text.as_deref().unwrap_or(self.origin.original);
        let mut facts =
            DocFacts::analyse_again(text, &cleaner.config, cleaner.profile.as_ref(), &self.judged);
        (facts.is_start, facts.is_end) = (self.first, self.last);
        let mut keep_off = None;
        if !cleaner.protect.is_empty() {
            // The language is that of what may be changed.
            let letters = |span: Span| span.of(text).bytes().filter(u8::is_ascii_alphabetic).count();
            let kept = cleaner.keep_off(text, false, &[]);
            facts.latin = facts.latin.saturating_sub(kept.iter().copied().map(letters).sum());
            // The stage that repairs damage keeps off the rest alone.
            let is_first = cleaner.stages.first().is_some_and(|stage| stage.id() == StageId::Recover);
            keep_off = is_first.then_some(kept);
        }
        let mut own = None;
        match &self.glossed {
            Some(before) if !self.settles => {
                let read = (mem::take(&mut facts.glosses), mem::take(&mut facts.glossed));
                // Without glosses and shifts the text is read alike whatever was glossed.
                own = (facts.shifts || !read.0.is_empty()).then_some(read);
                (facts.glosses, facts.glossed) = before.clone();
            }
            None if facts.glosses.by_software => {
                self.glossed = Some((facts.glosses.clone(), Arc::clone(&facts.glossed)));
            }
            _ => {}
        }
        Round {
            facts,
            own,
            is_judged: false,
            changed: false,
            seams: Vec::new(),
            damage: Vec::new(),
            keep_off,
            began: Instant::now(),
        }
    }

    fn run(&mut self, round: &mut Round, stages: &[Box<dyn Stage>]) {
        for stage in stages {
            if round.facts.is_chinese() || stage.is_for_any_language() {
                self.run_stage(round, &**stage);
            }
        }
    }

    fn run_stage(&mut self, round: &mut Round, stage: &dyn Stage) {
        let cleaner = self.cleaner;
        let block = &mut self.block;
        let text = block.text.as_deref().unwrap_or(self.origin.original);
        if matches!(stage.id(), StageId::Furniture | StageId::Reflow)
            && !mem::replace(&mut round.is_judged, true)
        {
            let made = |rule| block.layers.iter().map(|layer| layer.places_of(rule).count()).sum();
            round.facts.judge(text, made(RuleId::CutParagraph), made(RuleId::HardWrap));
        }
        let repairs = stage.id() == StageId::Recover;
        let kept = round
            .keep_off
            .take()
            .unwrap_or_else(|| cleaner.keep_off(text, round.facts.broken_glosses && !repairs, &round.damage));
        let doc = Doc {
            text,
            facts: &round.facts,
            config: &cleaner.config,
            seams: &round.seams,
            dict: &cleaner.dict,
        };
        let origin = Origin { layers: &block.layers, ..self.origin };
        let mut proposals = Proposals::new(doc, kept, origin);
        stage.scan(&doc, &mut proposals);
        let (patch, mut findings, kept) = proposals.finish();
        for finding in &mut findings {
            if finding.rule == RuleId::LostBytes {
                round.damage.push(finding.span);
            }
            finding.span = origin.span(finding.span);
            finding.target = finding.target.map(|to| origin.position(to));
        }
        block.findings.append(&mut findings);
        let applied = if patch.is_empty() { None } else { Some(patch.apply()) };
        let now = Instant::now();
        cleaner.count(stage.id(), now - mem::replace(&mut round.began, now));
        let Some((text, layer)) = applied else {
            let holds = !repairs || !round.facts.broken_glosses && round.damage.is_empty();
            round.keep_off = holds.then_some(kept);
            return;
        };
        round.follow(&layer);
        block.text = Some(text);
        block.layers.push(layer);
        round.changed = true;
    }
}

impl Round {
    /// Moves what is known of places to where a stage's edits put them.
    fn follow(&mut self, layer: &Layer) {
        if !self.seams.is_empty() || !self.damage.is_empty() {
            let order = layer.source_order();
            self.seams.iter_mut().for_each(|at| *at = layer.to_output_in(&order, *at, Bias::Left));
            for span in &mut self.damage {
                let start = layer.to_output_in(&order, span.start, Bias::Right);
                *span = Span::new(start, layer.to_output_in(&order, span.end, Bias::Left).max(start));
            }
        }
        // A wrap doubles nothing; columns and pages do.
        self.seams.extend(layer.places_of(RuleId::CutParagraph).map(|span| span.start));
        self.seams.sort_unstable();
    }
}
