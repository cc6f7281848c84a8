//! Page numbers and running heads: lines that the pages of a document repeat, alike but for their numbers, or
//! that a profile knows from other documents of the corpus.
//!
//! A document repeats lines of its own too: headings, bylines, the numbers of its sections. What tells the
//! page's lines from them is that a page ends anywhere: its lines part sentences.

use rustc_hash::FxHashMap;
use twox_hash::XxHash3_128;

use super::whole_line;
use crate::chars::{Line, is_han, is_stop, lines};
use crate::join::{self, Break};
use crate::pipeline::{Doc, Proposals};
use crate::profile::Profile;
use crate::rules::{Applicability, RuleId};
use crate::shape::{begins_report, is_caption};

/// Longest head, in bytes.
const LONGEST: usize = 120;
/// Pages that a head must stand on, and lines that must stand between it and the next.
const PAGES: usize = 3;
const APART: usize = 3;

/// One document in so many has the head, at the least, that a profile tells.
const KNOWN: u32 = 5;

/// A line that may be a head.
#[derive(Clone, Copy, Debug)]
struct Candidate<'t> {
    line: &'t str,
    /// Of its text, each number counted as the same.
    key: u128,
    /// Which of the lines that are not blank it is.
    index: usize,
    /// The first and last number in it.
    numbers: Option<(u32, u32)>,
    form: Form,
    /// Whether it is the head of other documents too.
    known: bool,
}

/// What a line looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// A number alone: a page's, a section's.
    Number,
    /// `— 3 —`, `第3页 共10页`
    Page,
    Text,
}

/// Proposes to drop page numbers and running heads.
pub(super) fn scan(doc: &Doc<'_>, out: &mut Proposals<'_>) {
    let short = |line: &Line<'_>| line.text.len() <= LONGEST && !line.text.trim_end().ends_with(is_stop);
    let all = || lines(doc.text).filter(|line| !line.is_blank());
    let lines: Vec<(usize, &str, [char; 2])> = all()
        .enumerate()
        .filter(|(_, line)| short(line))
        .map(|(i, line)| (i, line.text, ends(line.text)))
        .collect();
    // Lines that are alike begin and end alike: most short ones of a wrapped text are alone already so.
    let mut alike: FxHashMap<[char; 2], usize> = FxHashMap::default();
    lines.iter().for_each(|(_, _, ends)| *alike.entry(*ends).or_default() += 1);
    let may_be = |ends: &[char; 2]| {
        doc.facts.profile.is_some() || alike[ends] >= PAGES || ends.iter().all(|&c| c == '0' || is_of_page(c))
    };
    let mut text = String::with_capacity(LONGEST + 1);
    let mut candidates: Vec<Candidate<'_>> = lines
        .iter()
        .filter(|(_, _, ends)| may_be(ends))
        .filter_map(|&(i, line, _)| candidate(line, i, &mut text))
        .collect();
    if let Some(profile) = doc.facts.profile.as_deref() {
        for c in &mut candidates {
            c.known = c.form == Form::Text && is_known(profile, c.line);
        }
    }
    candidates.sort_unstable_by_key(|c| (c.key, c.index));
    let worth =
        |group: &[Candidate<'_>]| group.len() >= PAGES || group[0].form == Form::Page || group[0].known;
    // A caption is not a head, however often its photographer signs.
    let is_head = |c: &&Candidate<'_>| c.form != Form::Text || !is_caption(&[c.line]);
    let groups = candidates.chunk_by(|a, b| a.key == b.key).filter(|group| worth(group));
    let groups: Vec<Vec<Candidate<'_>>> = groups
        .map(|group| group.iter().filter(is_head).copied().collect())
        .filter(|group: &Vec<_>| !group.is_empty() && worth(group))
        .collect();
    if groups.is_empty() {
        return;
    }
    let paragraphs: Vec<Line<'_>> = all().collect();
    // Head and number of a page stand together: neither is the other's neighbour.
    let mut suspect = vec![false; paragraphs.len()];
    groups.iter().flatten().for_each(|c| suspect[c.index] = true);
    let parts_sentence = |c: &&Candidate<'_>| {
        let before = (0..c.index).rev().find(|&i| !suspect[i]);
        let after = (c.index + 1..paragraphs.len()).find(|&i| !suspect[i]);
        before.zip(after).is_some_and(|(before, after)| {
            let at = Break::between(paragraphs[before].text, paragraphs[after].text);
            if c.known {
                join::assess_across(doc.facts, at, [c.line; 2], true).is_join()
            } else {
                join::assess(doc.facts, at).is_join()
            }
        })
    };
    for group in groups {
        let apart = group.windows(2).all(|pair| pair[1].index - pair[0].index > APART);
        let repeated = group.len() >= PAGES && apart;
        let known = group[0].known && apart;
        // Dear: only for what else looks like a head.
        let parting = if repeated || known { group.iter().filter(parts_sentence).count() } else { 0 };
        let parts = parting >= if known { 1 } else { 2 } && parting * 3 >= group.len();
        let (rule, applicability) = match group[0].form {
            Form::Page if repeated && is_sequence(&group) => (RuleId::PageNumber, Applicability::Safe),
            Form::Page => (RuleId::PageNumber, Applicability::Unsafe),
            Form::Number if repeated && is_sequence(&group) => {
                (RuleId::PageNumber, if parts { Applicability::Safe } else { Applicability::Unsafe })
            }
            // A word of code or a name in Latin letters that has a line of its own belongs to the sentence around it.
            Form::Text if parts => {
                let named = known || group[0].line.contains(is_han);
                (RuleId::RunningHead, if named { Applicability::Safe } else { Applicability::Unsafe })
            }
            _ => continue,
        };
        for c in group {
            let span = whole_line(doc.text, paragraphs[c.index]);
            out.propose(span, "", rule, 1.0, applicability);
        }
    }
}

/// A short line as a candidate, unless its form is another's. `text` is for the line with each number as `#`.
fn candidate<'t>(line: &'t str, index: usize, text: &mut String) -> Option<Candidate<'t>> {
    text.clear();
    let mut numbers: Option<(u32, u32)> = None;
    let (mut number, mut count, mut words, mut marks) = (None, 0, false, false);
    for c in line.trim().chars().chain([' ']) {
        // As nearly all are, once there are words.
        if words && number.is_none() && is_han(c) {
            text.push(c);
            continue;
        }
        if let Some(digit) = digit(c) {
            number = Some(number.unwrap_or(0u32).saturating_mul(10).saturating_add(digit));
            continue;
        }
        if let Some(number) = number.take() {
            numbers = Some((numbers.map_or(number, |(first, _)| first), number));
            count += 1;
            text.push('#');
        }
        if c.is_whitespace() {
            continue;
        }
        text.push(c);
        marks = true;
        words = words || !is_of_page(c);
    }
    let form = match (words, numbers) {
        (true, _) => Form::Text,
        (false, Some((first, last))) if count <= 2 && first <= 9999 && last <= 9999 => {
            if marks {
                page_form(line)
            } else {
                Form::Number
            }
        }
        _ => return None,
    };
    Some(Candidate { line, key: XxHash3_128::oneshot(text.as_bytes()), index, numbers, form, known: false })
}

/// The first and the last character of a line, of any number `0`.
fn ends(line: &str) -> [char; 2] {
    let text = line.trim();
    let end = |c: Option<char>| c.map_or(' ', |c| if digit(c).is_some() { '0' } else { c });
    [end(text.chars().next()), end(text.chars().next_back())]
}

/// Whether `c` stands with a page's number, or for it.
const fn is_of_page(c: char) -> bool {
    matches!(
        c,
        '—' | '–'
            | '-'
            | '－'
            | '·'
            | '•'
            | '.'
            | '~'
            | '～'
            | '*'
            | '/'
            | '／'
            | '第'
            | '页'
            | '頁'
            | '共'
            | '['
            | ']'
            | '('
            | ')'
            | '（'
            | '）'
            | '【'
            | '】'
            | '|'
    )
}

/// Whether a line is the running head of the corpus. Bylines recur too, and belong to their text.
fn is_known(profile: &Profile, line: &str) -> bool {
    let documents = profile.head_documents(line);
    let byline = begins_report(line.trim().trim_start_matches(['（', '(', '□', ' ']));
    documents > 0 && documents * KNOWN >= profile.documents() && !byline
}

/// A number among marks: a page's if marks stand on both sides or the page is named; `1.` and `(1)` are a
/// list's.
fn page_form(line: &str) -> Form {
    let line = line.trim();
    let dash = |c: char| matches!(c, '—' | '–' | '-' | '－' | '·' | '•' | '~' | '～');
    if line.contains(['页', '頁']) || line.starts_with(dash) && line.ends_with(dash) {
        Form::Page
    } else {
        Form::Number
    }
}

fn digit(c: char) -> Option<u32> {
    match c {
        '０'..='９' => Some(c as u32 - '０' as u32),
        _ => c.to_digit(10),
    }
}

/// Whether the lines count on, by one or, where left and right pages differ, by two.
fn is_sequence(group: &[Candidate<'_>]) -> bool {
    let counts_on = |number: fn((u32, u32)) -> u32| {
        let step = |pair: &&[Candidate<'_>]| {
            let of = |c: &Candidate<'_>| c.numbers.map_or(0, number);
            (1..=2).contains(&of(&pair[1]).wrapping_sub(of(&pair[0])))
        };
        let steps = group.windows(2).filter(step).count();
        steps * 5 >= (group.len() - 1) * 4
    };
    counts_on(|(first, _)| first) || counts_on(|(_, last)| last)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::{Cleaner, Config, Learner, StageId};

    fn cleaner() -> Cleaner {
        Cleaner::new(Config { stages: vec![StageId::Furniture], ..Config::default() }).unwrap()
    }

    fn clean(text: &str) -> String {
        cleaner().clean(text).into_text().into_owned()
    }

    /// Four pages that end inside sentences, with what `furniture` puts at each page's end.
    fn pages(furniture: impl Fn(usize) -> String) -> String {
        let page = |n: usize| {
            let words = ["经济", "文化", "教育", "卫生"][n - 1];
            format!(
                "设事业取得了新的成绩。\n\n各级党委高度重视{words}工作，加强组织领导。\n\n会议听取了有关部门关于{words}工作的汇报。\n\n\
                 会议指出，要认真贯彻落实党中央、国务院的决策部署，加快推进{words}建\n\n{}",
                furniture(n)
            )
        };
        (1..=4).map(page).collect::<String>() + "设的步伐。\n"
    }

    #[test]
    fn furniture_between_pages_goes() {
        let bare = pages(|_| String::new());
        for furniture in [
            (|n| format!("— {n} —\n\n")) as fn(usize) -> String,
            |n| format!("第{n}页 共4页\n\n"),
            |n| format!("{n}\n\n"),
            |_| "晋中日报\n\n".to_owned(),
            |n| format!("晋中日报 2024年6月3日 第{n}版\n\n"),
            |n| format!("- {n} -\n\n晋中日报\n\n"),
        ] {
            assert_eq!(clean(&pages(furniture)), bare, "{}", furniture(1));
        }
    }

    #[test]
    fn a_profile_knows_heads_that_stand_in_a_document_once() {
        let page = |line: &str| {
            format!(
                "会议听取了有关部门的汇报。\n\n会议指出，要认真贯彻落实党中央、国务院的决策部署，加快推进经济建\n\n{line}\n\n\
                 设的步伐。\n\n各级党委高度重视，加强组织领导。\n"
            )
        };
        let learn = |head: fn(usize) -> String| {
            let mut learner = Learner::default();
            (1..9).for_each(|n| learner.add(&page(&head(n))));
            cleaner().with_profile(Arc::new(learner.finish()))
        };
        let paper = learn(|n| format!("太行日报 第{n}版"));
        let text = page("太行日报　第１２版");
        assert_eq!(clean(&text), text, "once says nothing");
        let whole = text.replace("太行日报　第１２版\n\n", "");
        assert_eq!(paper.clean(&text).text(), whole);
        assert_eq!(paper.clean(&whole).text(), whole);
        // Between paragraphs it may be theirs, and a byline always is.
        let apart = "会议听取了汇报。\n\n太行日报 第3版\n\n各级党委高度重视。\n";
        assert_eq!(paper.clean(apart).text(), apart);
        let byline = learn(|_| "本报记者 王某某".to_owned());
        assert!(byline.clean(&page("本报记者 王某某")).text().contains("王某某"));
    }

    #[test]
    fn what_only_looks_like_furniture_stays() {
        let section = |head: fn(usize) -> String| -> String {
            (1..=5)
                .map(|n| {
                    format!(
                        "{}\n\n本节讨论第一个问题。\n\n答案在后面。\n\n还有一些话要说。\n\n就到这里。\n\n",
                        head(n)
                    )
                })
                .collect()
        };
        for head in [
            (|n| n.to_string()) as fn(usize) -> String,
            |n| format!("练习{n}"),
            |_| "编者按".to_owned(),
            |n| format!("({n})"),
        ] {
            let text = section(head);
            assert_eq!(clean(&text), text);
        }
        for text in ["上文。\n\n— 3 —\n\n下文。\n", "1\n2\n3\n4\n", "目录\n第1页\n第2页\n第3页\n"]
        {
            assert_eq!(clean(text), text);
        }
    }

    #[test]
    fn one_page_number_is_a_finding() {
        assert_eq!(cleaner().clean("上文。\n\n第3页 共10页\n\n下文。\n").findings().len(), 1);
    }
}
