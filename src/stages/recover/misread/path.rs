//! The cheapest way through a stretch of text: what in it is sound and what is misread by a chain.

use super::super::coding::{Bytes, Coding, Step};
use super::super::entities::is_chinese;
use super::chain::{CHAINS, Chain, Level};
use super::cost::cost;
use super::{ENTER, ENTER_AGAIN, ENTER_WHOLE, Evidence, Repair, Window, without_overlaps};
use crate::chars::{is_common_han, is_han};
use crate::edit::Span;

/// Characters of damage within which misread characters end together at the latest, by the number of
/// misreadings: of the letters that UTF-8 in UTF-8 gives, few have an odd number of bytes.
pub(super) const LONGEST: [usize; 2] = [12, 200];
/// Characters within which all ways to read the bytes are tried.
const WAYS: usize = 12;
/// Characters of a long stretch on which the chains are tried.
const SAMPLE: usize = 400;
/// The best ways to a place that are kept where the same bytes can be read otherwise.
const BEAM: usize = 6;
/// A Han character that stood so many characters before is no surprise, however rare: what it costs at most.
const JUST_NOW: usize = 8;
const SAID: f32 = 6.0;
/// What it costs that the end of a stretch is not that of its line but a character before.
const NATURAL: f32 = 6.0;

/// A stretch of text and what it costs to take it for sound.
pub(super) struct Stretch {
    chars: Vec<char>,
    /// Byte offsets in the document, one more than there are characters.
    at: Vec<usize>,
    /// Cost in nats by character.
    costs: Vec<f32>,
    /// What of it a sound character above ASCII costs because of the rest of the document.
    more: f32,
    /// Whether a line begins and ends with it.
    is_line: [bool; 2],
}

/// The cheapest way to a place that ends there with a misread character, behind two certain others.
#[derive(Clone, Copy)]
struct Node {
    cost: f32,
    /// Where its last characters began.
    from: usize,
    /// The node there; none if the text before is sound.
    before: Option<usize>,
    /// Its last characters, in the arena.
    text: (usize, usize),
    /// The last two characters of the repaired text.
    history: [char; 2],
    /// Whether its last byte would have taken a continuation.
    lead: bool,
    /// How much dearer the next best way to read the bytes before is.
    lead_over: f32,
}

impl Stretch {
    /// Reads a stretch in which a sound character above ASCII costs `more`.
    pub(super) fn new(span: Span, text: &str, more: f32) -> Self {
        let (mut chars, mut at, mut costs) = (Vec::new(), Vec::new(), Vec::new());
        let mut history = ['\n'; 2];
        for (i, c) in span.of(text).char_indices() {
            at.push(span.start + i);
            let repeated = is_han(c) && chars.iter().rev().take(JUST_NOW).any(|&before| before == c);
            let cost = if repeated { cost(history, c).min(SAID) } else { cost(history, c) };
            costs.push(if c.is_ascii() { cost } else { cost + more });
            chars.push(c);
            history = [history[1], c];
        }
        at.push(span.end);
        let breaks = |c: Option<char>| c.is_none_or(|c| c == '\n');
        let is_line =
            [breaks(text[..span.start].chars().next_back()), breaks(text[span.end..].chars().next())];
        Self { chars, at, costs, more, is_line }
    }

    /// The repairs, none of which overlaps another. Chains that the document has shown are tried first,
    /// and the others only where those leave something unexplained.
    pub(super) fn repairs(&self, window: &Window, evidence: &Evidence) -> Vec<Repair> {
        let mut found: Vec<Repair> = Vec::new();
        let shown = evidence.shown();
        for &chain in &shown {
            found.extend(self.segments(chain, ENTER_AGAIN, usize::MAX));
            let of_text = found.iter().filter(|repair| !repair.is_strange());
            let explained: usize = of_text.map(|repair| repair.span.len()).sum();
            if 4 * explained > 3 * window.span.len() {
                return without_overlaps(found);
            }
        }
        let controls = self.chars.iter().any(|c| matches!(c, '\u{80}'..='\u{9f}'));
        let fits = |&chain: &usize| {
            let levels = CHAINS[chain].levels;
            match levels[0].read {
                // Where a few characters prove nothing.
                read if read.is_of_pairs() && (levels.len() > 1 || levels[0].written != Coding::Utf8) => {
                    window.han > 2
                }
                read if read.is_of_pairs() => window.han > 0,
                // The same as Windows', but for these.
                Coding::Latin1 => controls,
                _ => window.letters > 0,
            }
        };
        let mut chains: Vec<usize> =
            (0..CHAINS.len()).filter(|chain| !shown.contains(chain)).filter(fits).collect();
        if self.chars.len() > 2 * SAMPLE {
            let found_in_sample = |&chain: &usize| !self.segments(chain, ENTER, SAMPLE).is_empty();
            let tried: Vec<usize> = chains.iter().copied().filter(found_in_sample).collect();
            if !tried.is_empty() {
                chains = tried;
            }
        }
        for chain in chains {
            found.extend(self.segments(chain, ENTER, usize::MAX));
        }
        without_overlaps(found)
    }

    fn history(&self, i: usize) -> [char; 2] {
        let get = |back: usize| i.checked_sub(back).map_or('\n', |i| self.chars[i]);
        [get(2), get(1)]
    }

    /// The stretches among the first `n` characters that are likelier misread by the chain than sound.
    pub(super) fn segments(&self, index: usize, enter: f32, n: usize) -> Vec<Repair> {
        let chain = &CHAINS[index];
        let n = n.min(self.chars.len());
        let mut beam = Beam::new(n, if chain.is_ambiguous() { BEAM } else { 1 });
        let mut sound = vec![f32::INFINITY; n + 1];
        let mut after_misread = vec![false; n + 1];
        let (mut arena, mut scratch) = (Vec::new(), Vec::new());
        sound[0] = 0.0;
        for i in 0..n {
            let best = beam.best(i);
            if let Some(node) = best
                && node.cost < sound[i]
            {
                sound[i] = node.cost;
                after_misread[i] = true;
            }
            let entering = sound[i] + enter;
            let goes_on = best.is_some_and(|node| node.cost <= entering);
            let mut nodes = [None; BEAM];
            let ways = match goes_on {
                true => beam.at(i).zip(&mut nodes).map(|(at, node)| *node = Some(at)).count(),
                false => 1,
            };
            for &before in &nodes[..ways] {
                let (base, history, lead) = match before.map(|at| beam.nodes[at]) {
                    Some(node) => (node.cost, node.history, node.lead),
                    None => (entering, self.history(i), false),
                };
                self.atoms(chain, i, n, lead, &mut scratch, &mut |end, text, lead| {
                    let (mut cost, mut history) = (base, history);
                    for &c in text {
                        cost += self::cost(history, c);
                        history = [history[1], c];
                    }
                    let start = arena.len();
                    let text_at = (start, start + text.len());
                    let lead_over = f32::INFINITY;
                    if beam.add(end, Node { cost, from: i, before, text: text_at, history, lead, lead_over })
                    {
                        arena.extend_from_slice(text);
                    }
                });
            }
            let mut cost = self.costs[i];
            if let Some(node) = best.filter(|_| after_misread[i]) {
                // What is the kin of damage is no kin of the text.
                let more = if self.chars[i].is_ascii() { 0.0 } else { self.more };
                cost = cost.max(self::cost(node.history, self.chars[i]) + more);
            }
            sound[i + 1] = sound[i + 1].min(sound[i] + cost);
        }
        // Back from the end.
        let mut repairs = Vec::new();
        let mut i = n;
        let mut is_misread = beam.best(n).is_some_and(|node| node.cost < sound[n]);
        while i > 0 {
            if !is_misread && !after_misread[i] {
                i -= 1;
                continue;
            }
            let mut end = i;
            let mut lead_over = beam.lead_over(i);
            let (mut pieces, mut next) = (Vec::new(), beam.best(i));
            while let Some(node) = next {
                lead_over = lead_over.min(node.lead_over);
                pieces.push((Span::new(node.from, i), node.text));
                i = node.from;
                next = node.before.map(|at| beam.nodes[at]);
            }
            pieces.reverse();
            while let Some((span, _)) =
                pieces.pop_if(|(_, (_, last))| self.seems_rare(arena.get(*last - 1), end))
            {
                end = span.start;
            }
            let span = Span::new(i, end);
            let repair = self.repair(index, enter, span, &pieces, &arena).filter(|_| !span.is_empty());
            repairs
                .extend(repair.map(|repair| Repair { lead_over: lead_over.min(repair.lead_over), ..repair }));
            is_misread = false;
        }
        repairs
    }

    /// The repair of a stretch, if it is proven.
    fn repair(
        &self,
        chain: usize,
        enter: f32,
        span: Span,
        pieces: &[(Span, (usize, usize))],
        arena: &[char],
    ) -> Option<Repair> {
        let damage: String = self.chars[span.start..span.end].iter().collect();
        let text: String = pieces.iter().flat_map(|&(_, (a, b))| &arena[a..b]).collect();
        let above_ascii = damage.chars().filter(|c| !c.is_ascii()).count() as f32;
        let weight =
            self.costs[span.start..span.end].iter().sum::<f32>() - self.cost_behind(span.start, text.chars());
        let lead_over = if CHAINS[chain].is_of_pairs() && enter > ENTER_WHOLE {
            self.edges(chain, span)
        } else {
            f32::INFINITY
        };
        (CHAINS[chain].certifies(&text, &damage) && !self.is_lone(span, &text)).then(|| Repair {
            span: Span::new(self.at[span.start], self.at[span.end]),
            text,
            chain,
            gain: weight - self.more * above_ascii,
            weight,
            enter,
            lead_over,
        })
    }

    /// Whether the repair is nothing but signs and accents, beside no word in Latin letters: 隆 is `¡` to GBK, and where
    /// much of a document is misread, little speaks for a sound 隆.
    fn is_lone(&self, span: Span, text: &str) -> bool {
        let mut beside = [span.start.checked_sub(1), Some(span.end)].into_iter().flatten();
        self.chars[span.start..span.end].iter().all(|&c| is_han(c))
            && !text.chars().any(|c| is_chinese(c) || c.is_ascii_alphanumeric())
            && !beside.any(|i| self.chars.get(i).is_some_and(char::is_ascii_alphanumeric))
    }

    /// Whether a stretch that ends before `end` seems to end with a rare character alone: beside lost bytes, those of the
    /// last character and of the one that is lost may be another (面。 without its last byte is 靀).
    fn seems_rare(&self, last: Option<&char>, end: usize) -> bool {
        matches!(self.chars.get(end), Some('€' | '?' | '\u{fffd}'))
            && last.is_some_and(|&c| is_han(c) && !is_common_han(c))
    }

    /// What characters cost behind the sound ones before `i`.
    fn cost_behind(&self, i: usize, text: impl Iterator<Item = char>) -> f32 {
        let mut history = self.history(i);
        text.map(|c| {
            let cost = cost(history, c);
            history = [history[1], c];
            cost
        })
        .sum()
    }

    /// How many nats dearer the text is if a stretch of pairs begins or ends a character sooner or later.
    fn edges(&self, chain: usize, span: Span) -> f32 {
        let level = &CHAINS[chain].levels[0];
        let original = |c: char| match level.written.decode(&level.read.encode(c)?) {
            Step::Char(c) if !c.is_ascii() => Some(c),
            _ => None,
        };
        // The cost of the text about a place if what is misread is from `start` to `end`.
        let about = |place: usize, start: usize, end: usize| -> Option<f32> {
            let from = place.saturating_sub(3);
            let chars = self.chars[from..self.chars.len().min(place + 3)].iter();
            let text: Option<Vec<char>> = (from..)
                .zip(chars)
                .map(|(i, &c)| if (start..end).contains(&i) { original(c) } else { Some(c) })
                .collect();
            Some(self.cost_behind(from, text?.into_iter()))
        };
        let Span { start, end } = span;
        let dearer = |place: usize, natural: bool, others: [(usize, usize); 2]| {
            let here = about(place, start, end)?;
            let others =
                others.into_iter().filter(|&other| other != (start, end) && other.1 <= self.chars.len());
            let dearer = others.filter_map(|(start, end)| Some(about(place, start, end)? - here));
            Some(dearer.reduce(f32::min)? + if natural { NATURAL } else { 0.0 })
        };
        let begins_line = self.is_line[0] && start == 0;
        let ends_line = self.is_line[1] && end == self.chars.len();
        let first = dearer(start, begins_line, [(start.saturating_sub(1), end), (start + 1, end)]);
        let last = dearer(end, ends_line, [(start, end - 1), (start, end + 1)]);
        [first, last].into_iter().flatten().fold(f32::INFINITY, f32::min)
    }

    /// Calls `visit` with the end and the original of the shortest stretch from `i` on that is whole
    /// characters at every level, for each way to read its bytes.
    fn atoms(
        &self,
        chain: &Chain,
        i: usize,
        end: usize,
        after_lead: bool,
        scratch: &mut Vec<char>,
        visit: &mut dyn FnMut(usize, &[char], bool),
    ) {
        let end = end.min(i + LONGEST[chain.levels.len() - 1]);
        let mut atoms =
            Atoms { chars: &self.chars[..end], start: i, levels: chain.levels, text: scratch, visit };
        atoms.extend(i, [Bytes::default(); 2], after_lead);
    }
}

/// The cheapest ways to each place that end there with a misread character.
struct Beam {
    width: usize,
    /// `width` for each place, those that are not there at infinite cost.
    nodes: Vec<Node>,
}

impl Beam {
    fn new(places: usize, width: usize) -> Self {
        let none = Node {
            cost: f32::INFINITY,
            from: 0,
            before: None,
            text: (0, 0),
            history: ['\0'; 2],
            lead: false,
            lead_over: f32::INFINITY,
        };
        Self { width, nodes: vec![none; width * (places + 1)] }
    }

    /// The nodes at a place.
    fn at(&self, place: usize) -> impl Iterator<Item = usize> {
        (place * self.width..(place + 1) * self.width).filter(|&at| self.nodes[at].cost.is_finite())
    }

    fn best(&self, place: usize) -> Option<Node> {
        self.at(place).map(|at| self.nodes[at]).min_by(|a, b| a.cost.total_cmp(&b.cost))
    }

    /// How much dearer the second best node is.
    fn lead_over(&self, place: usize) -> f32 {
        let mut costs: Vec<f32> = self.at(place).map(|at| self.nodes[at].cost).collect();
        costs.sort_by(f32::total_cmp);
        if let [best, second, ..] = costs[..] { second - best } else { f32::INFINITY }
    }

    /// Adds a node, unless cheaper ones leave no room. Of two with the same last characters the cheaper one
    /// stays and remembers the other.
    fn add(&mut self, place: usize, mut node: Node) -> bool {
        let nodes = &mut self.nodes[place * self.width..(place + 1) * self.width];
        let same = |other: &&mut Node| {
            other.cost.is_finite() && (other.history, other.lead) == (node.history, node.lead)
        };
        if let Some(other) = nodes.iter_mut().find(same) {
            if other.cost <= node.cost {
                other.lead_over = other.lead_over.min(node.cost - other.cost);
                return false;
            }
            node.lead_over = other.cost - node.cost;
            *other = node;
            return true;
        }
        let Some(dearest) = nodes.iter_mut().max_by(|a, b| a.cost.total_cmp(&b.cost)) else { return false };
        let is_cheaper = node.cost < dearest.cost;
        if is_cheaper {
            *dearest = node;
        }
        is_cheaper
    }
}

/// Reads a stretch's bytes in every way.
struct Atoms<'a> {
    /// Those up to the farthest end.
    chars: &'a [char],
    start: usize,
    levels: &'static [Level],
    /// The original so far.
    text: &'a mut Vec<char>,
    visit: &'a mut dyn FnMut(usize, &[char], bool),
}

impl Atoms<'_> {
    fn extend(&mut self, i: usize, pending: [Bytes; 2], after_lead: bool) {
        let Some(&c) = self.chars.get(i) else { return };
        let read = self.levels[0].read;
        let len = self.text.len();
        // A lead byte with its continuation would have been read as one character.
        let joined = after_lead && matches!(c, '\u{80}'..='\u{bf}');
        let first = read.encode(c).filter(|_| !joined);
        let second = read.encode_otherwise(c).filter(|_| i - self.start < WAYS);
        for bytes in [first, second].into_iter().flatten() {
            let mut pending = pending;
            if feed(self.levels, &mut pending, &bytes, self.text) {
                let lead = read == Coding::Utf8OrLatin1 && matches!(*bytes, [0xc2..=0xdf]);
                if pending.iter().all(|bytes| bytes.is_empty()) {
                    (self.visit)(i + 1, self.text, lead);
                } else {
                    self.extend(i + 1, pending, lead);
                }
            }
            self.text.truncate(len);
        }
    }
}

/// Puts bytes through the levels; false where they are no characters.
fn feed(levels: &[Level], pending: &mut [Bytes; 2], bytes: &[u8], text: &mut Vec<char>) -> bool {
    bytes.iter().all(|&byte| {
        pending[2 - levels.len()].push(byte);
        match levels[0].written.decode(&pending[2 - levels.len()]) {
            Step::More => true,
            Step::Bad => false,
            Step::Char(c) => {
                pending[2 - levels.len()].clear();
                let Some(inner) = levels.get(1) else {
                    text.push(c);
                    return true;
                };
                inner.read.encode(c).is_some_and(|bytes| feed(&levels[1..], pending, &bytes, text))
            }
        }
    })
}
