//! `jiaokan rules` and `jiaokan explain`: the table of rules, as text and as data.

use std::io::{self, Write};

use jiaokan::{RULES, Rule, RuleId, StageId};
use serde_json::json;

use crate::cli::Outcome;
use crate::cli::args::RulesFormat;

/// Runs `jiaokan rules`.
pub(crate) fn rules(format: RulesFormat) -> anyhow::Result<Outcome> {
    let mut out = io::stdout().lock();
    match format {
        RulesFormat::Text => {
            let width = RULES.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
            for Rule { code, name, stage, applicability, summary, .. } in RULES {
                writeln!(out, "{code}  {name:width$}  {stage:11}  {applicability:7}  {summary}")?;
            }
        }
        RulesFormat::Json => {
            let rules: Vec<_> = RULES.iter().map(entry).collect();
            serde_json::to_writer_pretty(&mut out, &rules).map_err(io::Error::from)?;
            writeln!(out)?;
        }
        RulesFormat::Markdown => markdown(&mut out)?,
    }
    out.flush()?;
    Ok(Outcome::Done)
}

/// The table as a document, a section for each stage.
fn markdown(out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "# Rules\n\nWritten by `jiaokan rules --format markdown`; do not edit it here.")?;
    for stage in StageId::ALL {
        let rules: Vec<&Rule> = RULES.iter().filter(|rule| rule.stage == stage).collect();
        if rules.is_empty() {
            continue;
        }
        writeln!(out, "\n## {stage}")?;
        for Rule { code, name, applicability, harm_budget, summary, explanation, .. } in rules {
            writeln!(out, "\n### {code} {name}: {summary}\n")?;
            write!(out, "{explanation}\n\n{}", treatment(*applicability))?;
            if *harm_budget > 0.0 {
                write!(out, " Wrong edits tolerated per million characters of clean text: {harm_budget}.")?;
            }
            writeln!(out)?;
        }
    }
    Ok(())
}

fn entry(rule: &Rule) -> serde_json::Value {
    json!({
        "code": rule.code,
        "name": rule.name,
        "stage": rule.stage,
        "applicability": rule.applicability,
        // Through text: 0.2 is not the `f64` next to the `f32` 0.2.
        "harm_budget": rule.harm_budget.to_string().parse::<f64>().ok(),
        "summary": rule.summary,
        "explanation": rule.explanation,
    })
}

/// `jiaokan explain RULE`: what the table says of a rule.
pub(crate) fn explain(rule: RuleId) -> anyhow::Result<Outcome> {
    let Rule { code, name, stage, applicability, harm_budget, summary, explanation } = rule.rule();
    let mut out = io::stdout().lock();
    writeln!(out, "{code} {name}: {summary}\n\n{explanation}\n")?;
    writeln!(out, "Stage {stage}. {}", treatment(*applicability))?;
    if *harm_budget > 0.0 {
        writeln!(out, "Wrong edits tolerated per million characters of clean text: {harm_budget}.")?;
    }
    out.flush()?;
    Ok(Outcome::Done)
}

const fn treatment(applicability: jiaokan::Applicability) -> &'static str {
    match applicability {
        jiaokan::Applicability::Safe => "Safe: applied.",
        jiaokan::Applicability::Unsafe => "Unsafe: applied with --select-unsafe, otherwise a finding.",
        jiaokan::Applicability::Display => "Never applied: a finding.",
    }
}
