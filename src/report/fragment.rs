//! The explained diff as a piece of HTML without script, for notebooks: deletions struck, insertions underlined,
//! the reason of each in its tooltip.

use std::fmt::Write;

use super::visible;
use crate::edit::{Change, ChangeKind, Span};
use crate::pipeline::Cleaned;

/// Characters that stay beside each change; a longer stretch is folded.
const AROUND: usize = 30;
/// Changes and findings that are shown; the others are counted.
const SHOWN: usize = 500;

/// What was changed in a document, then what was only found. `changes` are the document's own. Nothing in a text
/// can become markup.
#[must_use]
pub fn html(cleaned: &Cleaned<'_>, changes: &[Change]) -> String {
    let mut out = String::from(
        "<div style=\"white-space:pre-wrap;line-height:1.8\"><style scoped>\
         .jk del{color:#b3261e;text-decoration:line-through} .jk ins{color:#146c2e;text-decoration:underline} \
         .jk .moved{border-bottom:1px dotted} .jk .note{opacity:.7}</style><div class=\"jk\">",
    );
    let shown = &changes[..changes.len().min(SHOWN)];
    let mut pos = 0;
    // Where each move that is open ends.
    let mut open: Vec<usize> = Vec::new();
    for change in shown {
        while let Some(end) = open.pop_if(|end| *end <= change.clean.start) {
            stay(&mut out, cleaned, Span::new(pos, end.max(pos)), pos == 0, false);
            out += "</span>";
            pos = pos.max(end);
        }
        stay(&mut out, cleaned, Span::new(pos, change.clean.start), pos == 0, false);
        pos = change.clean.start;
        let reason = reason(change);
        match change.kind {
            ChangeKind::Replace => {
                mark(&mut out, "del", &reason, cleaned.old(change));
                mark(&mut out, "ins", &reason, cleaned.new_text(change));
                pos = change.clean.end;
            }
            ChangeKind::Convert => {
                for (old, new) in cleaned.conversions(change) {
                    stay(&mut out, cleaned, Span::new(pos, new.start), false, false);
                    mark(&mut out, "del", &reason, old.of(cleaned.original()));
                    mark(&mut out, "ins", &reason, new.of(cleaned.text()));
                    pos = new.end;
                }
            }
            ChangeKind::Move => {
                let _ = write!(out, "<span class=\"moved\" title=\"{} (moved here)\">", escaped(&reason));
                open.push(change.clean.end);
            }
        }
    }
    while let Some(end) = open.pop() {
        stay(&mut out, cleaned, Span::new(pos, end.max(pos)), false, false);
        out += "</span>";
        pos = pos.max(end);
    }
    if shown.len() == changes.len() {
        stay(&mut out, cleaned, Span::new(pos, cleaned.text().len()), pos == 0, true);
    } else {
        let _ = write!(out, "<p class=\"note\">… {} more changes</p>", changes.len() - shown.len());
    }
    findings(&mut out, cleaned);
    out + "</div></div>"
}

fn findings(out: &mut String, cleaned: &Cleaned<'_>) {
    let all = cleaned.findings();
    if all.is_empty() {
        return;
    }
    let _ = write!(out, "<p class=\"note\">Seen and left alone: {}</p><ul class=\"note\">", all.len());
    for finding in all.iter().take(SHOWN) {
        let rule = finding.rule.rule();
        let text = visible::folded(visible::changed(finding.span.of(cleaned.original())), 2 * AROUND);
        let _ = write!(out, "<li>{} {}: {}", rule.code, escaped(rule.summary), escaped(&text));
        if let Some(proposal) = &finding.proposal {
            let _ = write!(out, " → {}", escaped(&visible::changed(proposal)));
        }
        out.push_str("</li>");
    }
    out.push_str("</ul>");
}

/// Text that stays, all of it or its ends.
fn stay(out: &mut String, cleaned: &Cleaned<'_>, span: Span, is_start: bool, is_end: bool) {
    let text = span.of(cleaned.text());
    let nth = |n: usize| text.char_indices().nth(n).map_or(text.len(), |(at, _)| at);
    let back = |n: usize| text.char_indices().nth_back(n).map_or(0, |(at, _)| at);
    let head = if is_start { 0 } else { nth(AROUND) };
    let tail = if is_end { text.len() } else { back(AROUND) };
    if head >= tail || text.chars().nth(3 * AROUND).is_none() {
        lines(out, text);
        return;
    }
    lines(out, &text[..head]);
    out.push_str("<span class=\"note\">…</span>");
    lines(out, &text[tail..]);
}

/// Text that stays keeps its lines.
fn lines(out: &mut String, text: &str) {
    for (i, line) in text.split('\n').enumerate() {
        if i > 0 {
            out.push('\n');
        }
        out.push_str(&escaped(&visible::text(line)));
    }
}

fn mark(out: &mut String, tag: &str, reason: &str, text: &str) {
    if !text.is_empty() {
        let text = visible::folded(visible::changed(text), 4 * AROUND);
        let _ = write!(out, "<{tag} title=\"{}\">{}</{tag}>", escaped(reason), escaped(&text));
    }
}

fn reason(change: &Change) -> String {
    let of = |rule: &crate::rules::RuleId| format!("{} {}", rule.code(), rule.rule().summary);
    change.rules.iter().map(of).collect::<Vec<_>>().join("; ")
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pipeline::Cleaner;
    use crate::report::testing::{rounds, run};

    #[test]
    fn changes_are_marked_and_escaped() {
        let cleaner = Cleaner::new(crate::Config::default()).unwrap();
        let cleaned = cleaner
            .clean("市委副書(shū)記、市長(zhǎng)調(diào)研。<script>alert(1)</script>\n\u{202e}經濟發展");
        let html = html(&cleaned, &cleaned.changes());
        assert!(html.contains("(shū)</del>") && html.contains(">书</ins>"), "{html}");
        assert!(html.contains("&lt;script&gt;") && !html.contains("<script>"), "{html}");
        assert!(!html.contains('\u{202e}'), "{html}");
    }

    proptest! {
        #[test]
        fn every_tag_is_closed(text in "[國體字ab<>&\"\n。]{0,30}", rounds in rounds()) {
            let (clean, layer) = run(&text, &rounds);
            let changes = layer.changes(&text, &clean);
            let cleaned = Cleaned::of_layer(&text, clean.clone(), layer, Vec::new());
            let html = html(&cleaned, &changes);
            for tag in ["del", "ins", "span", "div"] {
                let (opened, closed) = (format!("<{tag}"), format!("</{tag}>"));
                prop_assert_eq!(html.matches(&opened).count(), html.matches(&closed).count());
            }
            // What is written is the clean text: without tags and deletions nothing else stands there.
            let moves = changes.iter().any(|change| change.kind == ChangeKind::Move);
            if !moves && text.chars().count() < AROUND && clean.chars().count() < AROUND {
                let body = &html[html.find("class=\"jk\">").unwrap() + 11..];
                let mut shown = String::new();
                for part in body.split('<') {
                    let (tag, rest) = part.split_once('>').unwrap_or(("", part));
                    if !tag.starts_with("del") {
                        shown.push_str(rest);
                    }
                }
                let expected = escaped(&clean);
                prop_assert_eq!(shown.replace(['⏎', '\n'], ""), expected.replace('\n', ""));
            }
        }
    }
}
