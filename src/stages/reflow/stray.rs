//! Takes out spaces that stand inside sentences at random, as recognition and extraction from a page leave them.

use std::collections::BTreeSet;

use crate::chars::{Line, is_han, is_pause};
use crate::pipeline::{Doc, Proposals};
use crate::rules::RuleId;
use crate::shape;
use crate::stages::reflow::{PROSE, Space, WORD};

/// Words with a space inside from which a document is taken to have spaces at random.
const SHOWN: usize = 3;
/// Of so many spaces inside its sentences, one stands in a word at the least: of random ones it is every third or so, of
/// a writer's hardly any.
const SHARE: usize = 5;

/// Takes out single spaces between the Han characters of a sentence where such spaces stand in words again and again;
/// in other lines, those that do. Writers put theirs between words: behind a clause, in a list, in a name set wide.
pub(super) fn close<'t>(doc: &Doc<'_>, lines: impl Iterator<Item = Line<'t>>, out: &mut Proposals<'_>) {
    let (mut open, mut other) = (Vec::new(), Vec::new());
    let (mut spaces, mut han) = (0, 0);
    for line in lines.filter(|line| !shape::is_structure(line.text)) {
        let inside = Space::all(line.text);
        let found = if line.text.contains(is_pause) && line.text.chars().nth(PROSE).is_some() {
            spaces += inside.len();
            han += line.text.chars().filter(|&c| is_han(c)).count();
            &mut open
        } else {
            &mut other
        };
        let is_open = |space: &Space| is_inside(line.text, space) && !out.is_replaced(space.span(line));
        found.extend(inside.into_iter().filter(is_open).map(|space| (line, space)));
    }
    if open.len() < SHOWN || han < WORD * spaces {
        return;
    }
    let cuts = |(line, space): &&(Line<'_>, Space)| space.cuts_word(doc, line.text);
    let cut: Vec<&(Line<'_>, Space)> = open.iter().filter(cuts).collect();
    // What recurs may be the writer's.
    let beside = |(left, right): (&str, &str)| [left.chars().next_back(), right.chars().next()];
    let words: BTreeSet<[Option<char>; 2]> =
        cut.iter().map(|(line, space)| beside(space.sides(line.text))).collect();
    if words.len() < SHOWN || cut.len() * SHARE < open.len() {
        return;
    }
    for (line, space) in open.iter().chain(other.iter().filter(cuts)) {
        out.replace(space.span(*line), "", RuleId::StraySpace);
    }
}

/// Whether an ASCII space stands between Han characters, and is not a name's.
fn is_inside(text: &str, space: &Space) -> bool {
    let (left, right) = space.sides(text);
    let goes_on = |second: Option<char>| second.is_some_and(is_han);
    &text[space.at..text.len() - right.len()] == " "
        && left.ends_with(is_han)
        && right.starts_with(is_han)
        && (goes_on(left.chars().nth_back(1)) || goes_on(right.chars().nth(1)))
}

#[cfg(test)]
mod tests {
    use crate::rules::StageId;
    use crate::stages::cleaned_by;

    #[test]
    fn spaces_at_random_go() {
        let text = "要充分发挥市场机 制的作用，完善各项政策，推动经济持续健康发展，不断提高人民生活水平。\n\
            会议强调，各级党组织要切实加强领 导，把责任落到 实处，确保各项工 作任务按时完成。\n\
            进一步深化农村改 革\n";
        assert_eq!(cleaned_by(StageId::Reflow, text), text.replace(' ', ""));
    }

    #[test]
    fn a_writers_spaces_stay() {
        for text in [
            // One that recurs, wide ones, those behind clauses and in names, words all parted.
            "要充分发挥市场机  制的作用，切实加强领  导，把责任落到  实处，确保各项工  作任务按时完成，不断改善生  活。\n",
            "存 贷款利率不变，合同期内存 贷款利率依市场变化，其余各行存 贷款利率由各行自定，报人民银行备案。\n",
            "今天天气很好 我们一起去爬山，路上看到很多人 大家都很开心，回来的时候已经很晚 谁也不觉得累。\n",
            "出席会议的有李 明、张 强、王 磊、赵 刚、孙 立、周 平，主持会议的是市委副书记、市长陈 东，会期两天。\n",
            "改革 开放 以来 ， 我国 的 经 济 建 设 取 得 了 举世 瞩目 的 成就 ， 人民 生活 水平 显著 提高 。\n",
        ] {
            assert_eq!(cleaned_by(StageId::Reflow, text), text);
        }
    }
}
