//! Drops pinyin glosses that software put behind characters; keeps an author's readings.
//!
//! The document decides first ([`GlossFacts`]), then each character: software glosses common characters,
//! inside words, each time, always with one reading; an author glosses a rare character or a name, once.

use std::borrow::Cow;
use std::sync::Arc;

use memchr::memmem;
use rustc_hash::FxHashMap;

use crate::chars::{han_head, han_tail, is_common_han, is_han};
use crate::edit::Span;
use crate::lexicon::{readings, script, words};
use crate::pipeline::{Doc, Proposals};
use crate::profile::Profile;
use crate::rules::{Applicability, RuleId, StageId};
use crate::stages::{Stage, recover};

/// Longest content of a bracket that is looked at, in bytes: `zhuāng` and spaces, in either width.
const LONGEST: usize = 24;

/// Glosses of everyday characters from which their number tells of software that glosses at random.
const SCATTERED: usize = 12;

/// Glosses of everyday characters that are looked up with what stands around them: enough to tell the share of
/// those inside words.
const LOOKED_UP: usize = 2000;

/// Han characters on each side of a gloss that the word which it stands in is looked for in.
const AROUND: usize = 3;

/// Characters that are glossed again and again from which they show what the software's table is of.
const TABLE: usize = 20;

/// Emoji inside words from which they tell of software that puts them anywhere.
const RANDOM: usize = 4;

/// The rank from which on a character is rare even for software.
const RARE: u16 = 3500;

/// A well-formed gloss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gloss<'t> {
    /// The character that is glossed.
    pub of: char,
    /// Its byte offset.
    pub at: usize,
    /// The brackets with all between them, repeated glosses included.
    pub span: Span,
    /// The syllable.
    pub syllable: &'t str,
    /// How many brackets there are, one behind the other.
    pub times: usize,
}

/// The well-formed glosses of a text: a Han character, then one or more brackets that hold one of its readings.
pub fn glosses(text: &str) -> impl Iterator<Item = Gloss<'_>> {
    let mut done = 0;
    // Few characters are glossed, and each mostly alike: what was last found to be a reading is one again.
    let mut known = [('\0', ""); 256];
    openings(text).filter_map(move |open| {
        if open < done {
            return None;
        }
        // Emoji that software put there too may stand between.
        let glossed = text[..open].trim_end_matches(is_emoji);
        let of = glossed.chars().next_back().filter(|&c| is_han(c))?;
        let (mut end, mut syllable, mut times) = (open, None, 0);
        while let Some((inside, len)) = bracket(&text[end..]) {
            let inside = inside.trim();
            let known = &mut known[of as usize % 256];
            if *known != (of, inside) {
                if !readings::is_reading(of, inside) {
                    break;
                }
                *known = (of, inside);
            }
            syllable.get_or_insert(inside);
            end += len;
            times += 1;
        }
        done = end;
        syllable.map(|syllable| Gloss {
            of,
            at: glossed.len() - of.len_utf8(),
            span: Span::new(open, end),
            syllable,
            times,
        })
    })
}

/// Where brackets of either width open.
fn openings(text: &str) -> impl Iterator<Item = usize> {
    let mut half = memchr::memchr_iter(b'(', text.as_bytes()).peekable();
    let mut full = memmem::find_iter(text.as_bytes(), "（").peekable();
    std::iter::from_fn(move || match (half.peek(), full.peek()) {
        (Some(a), Some(b)) if a < b => half.next(),
        (_, Some(_)) => full.next(),
        _ => half.next(),
    })
}

/// The content of the bracket that `text` begins with and the bracket's whole length in bytes.
pub(crate) fn bracket(text: &str) -> Option<(&str, usize)> {
    let open = text.chars().next().filter(|c| matches!(c, '(' | '（'))?;
    let inside = &text[open.len_utf8()..];
    let (at, close) =
        inside.char_indices().take_while(|(i, _)| *i <= LONGEST).find(|(_, c)| matches!(c, ')' | '）'))?;
    Some((&inside[..at], open.len_utf8() + at + close.len_utf8()))
}

/// What the whole document says of its glosses.
#[derive(Clone, Debug, Default)]
pub struct GlossFacts {
    /// What is glossed.
    pub table: GlossTable,
    /// Whether software put the glosses there.
    pub by_software: bool,
    /// Whether it glosses at random, not the characters of a table.
    pub scattered: bool,
    /// ASCII letters in glosses: they do not make a document less Chinese.
    pub letters: usize,
}

/// The characters that a text glosses; copies share what they hold.
#[derive(Clone, Debug, Default)]
pub struct GlossTable(Arc<FxHashMap<char, Entry>>);

#[derive(Clone, Debug, Default)]
struct Entry {
    glossed: usize,
    occurs: usize,
    /// Glossed with more than one reading.
    varies: bool,
    /// The reading that came first, as it is spelled there.
    reading: String,
}

impl GlossTable {
    /// The reading that a character is glossed with; `None` if it never is.
    #[must_use]
    pub fn reading(&self, c: char) -> Option<&str> {
        self.0.get(&c).map(|entry| entry.reading.as_str())
    }

    /// How often a character is glossed, and how often it occurs; `None` if it is never glossed.
    #[must_use]
    pub fn counts(&self, c: char) -> Option<(usize, usize)> {
        self.0.get(&c).map(|entry| (entry.glossed, entry.occurs))
    }

    /// The characters that are glossed so, in the order of their code points.
    pub fn read_as(&self, syllable: &str) -> impl Iterator<Item = char> {
        let is_so = |entry: &Entry| readings::same_syllable(&entry.reading, syllable);
        let mut chars: Vec<char> = self.0.iter().filter(|(_, entry)| is_so(entry)).map(|(&c, _)| c).collect();
        chars.sort_unstable();
        chars.into_iter()
    }

    /// Adds a gloss that the text holds in another form.
    pub fn add(&mut self, c: char, syllable: &str) {
        let entry = Arc::make_mut(&mut self.0).entry(c).or_default();
        entry.glossed += 1;
        entry.occurs += 1;
        if entry.reading.is_empty() {
            syllable.clone_into(&mut entry.reading);
        }
    }

    /// Of the characters that are glossed more than once, how often they are, and how often they occur.
    pub(crate) fn repeated(&self) -> (usize, usize) {
        let repeated = self.0.values().filter(|entry| entry.glossed > 1);
        repeated.fold((0, 0), |(glossed, all), entry| (glossed + entry.glossed, all + entry.occurs))
    }

    /// Whether what is glossed again and again is nearly all such as only Traditional text has: the software had a
    /// table of what a conversion makes.
    fn is_of_traditional(&self) -> bool {
        let repeated = || self.0.iter().filter(|(_, entry)| entry.glossed > 1);
        let traditional = repeated().filter(|&(&c, _)| script::simplified(c) != c).count();
        traditional >= TABLE && traditional * 20 >= repeated().count() * 19
    }

    /// Whether a character is glossed that no software's table has: one of those that are not taught.
    fn has_authors(&self) -> bool {
        self.0.keys().any(|&c| !is_common_han(c) && !recover::is_first_level(script::simplified(c)))
    }

    /// Whether a character is glossed wherever it stands whole.
    #[must_use]
    pub fn is_always_glossed(&self, c: char) -> bool {
        self.0.get(&c).is_some_and(|entry| entry.glossed == entry.occurs)
    }
}

impl GlossFacts {
    /// Reads the glosses of a text that holds `han` Han characters.
    #[must_use]
    pub fn of(text: &str, han: usize) -> Self {
        let seen = Seen::of(text);
        if seen.table.is_empty() {
            return Self::default();
        }
        let of_table = seen.are_of_table();
        let scattered = !of_table && seen.are_scattered();
        // Where nearly every character has its reading, the readings are the point of the text.
        let is_reader = seen.all * 9 > han * 5;
        Self {
            by_software: (of_table || scattered) && !is_reader,
            scattered,
            letters: seen.letters,
            table: GlossTable(Arc::new(seen.table)),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.table.0.is_empty()
    }

    /// Whether there are readings and an author wrote them.
    #[must_use]
    pub fn is_authors(&self) -> bool {
        !self.is_empty() && !self.by_software
    }
}

/// What is counted of a text's glosses.
#[derive(Default)]
struct Seen {
    table: FxHashMap<char, Entry>,
    all: usize,
    /// Those of everyday characters, and of the first [`LOOKED_UP`] of these the ones inside words.
    everyday: usize,
    inside_words: usize,
    /// Those that stand several times, one behind the other.
    repeated: usize,
    /// ASCII letters in them.
    letters: usize,
}

impl Seen {
    fn of(text: &str) -> Self {
        let mut seen = Self::default();
        // By character of the basic plane: whether it is glossed.
        let mut is_glossed = [0u64; 1 << 10];
        for gloss in glosses(text) {
            let entry = seen.table.entry(gloss.of).or_default();
            entry.glossed += 1;
            if let Some(bits) = is_glossed.get_mut(gloss.of as usize / 64) {
                *bits |= 1 << (gloss.of as usize % 64);
            }
            if entry.reading.is_empty() {
                gloss.syllable.clone_into(&mut entry.reading);
            }
            entry.varies |= !readings::same_syllable(&entry.reading, gloss.syllable);
            seen.all += 1;
            seen.letters += gloss.span.of(text).bytes().filter(u8::is_ascii_alphabetic).count();
            seen.repeated += usize::from(gloss.times > 1);
            if is_everyday(gloss.of) {
                seen.inside_words += usize::from(seen.everyday < LOOKED_UP && splits_word(text, &gloss));
                seen.everyday += 1;
            }
        }
        if seen.table.is_empty() {
            return seen;
        }
        let may_be_glossed =
            |&c: &char| is_glossed.get(c as usize / 64).is_none_or(|bits| bits >> (c as usize % 64) & 1 == 1);
        for c in text.chars().filter(may_be_glossed) {
            if let Some(entry) = seen.table.get_mut(&c) {
                entry.occurs += 1;
            }
        }
        seen
    }

    /// The everyday characters that are glossed.
    fn entries(&self) -> impl Iterator<Item = (char, &Entry)> {
        self.table.iter().map(|(&c, entry)| (c, entry)).filter(|&(c, _)| is_everyday(c))
    }

    /// Those of them that can be read in one way only: a textbook glosses the others, software does not care.
    fn of_one_reading(&self) -> usize {
        self.entries().filter(|&(c, _)| readings::readings(c).count() == 1).count()
    }

    /// Whether they are of software that glosses the characters of a table each time.
    fn are_of_table(&self) -> bool {
        let characters = self.entries().count();
        let glossed: usize = self.entries().map(|(_, e)| e.glossed).sum();
        let occurs: usize = self.entries().map(|(_, e)| e.occurs).sum();
        let varying = self.entries().filter(|(_, e)| e.varies).count();
        // Nobody glosses by hand what stands glossed a line above.
        let steady =
            self.entries().filter(|(_, e)| e.glossed >= 3 && e.glossed == e.occurs && !e.varies).count();
        characters >= 2
            && self.inside_words >= 1
            && (self.of_one_reading() * 4 >= characters.max(4) || steady >= 3)
            // A dictionary's entries are of rare characters as well.
            && self.everyday * 3 >= self.all
            && varying * 10 <= characters
            // Every time, or nearly: a shift of the bytes hides some.
            && glossed * 10 >= occurs * 7
    }

    /// Whether they are of software that glosses at random: inside the words that everybody can read, or with the
    /// same reading twice, one behind the other.
    fn are_scattered(&self) -> bool {
        let inside_words = self.everyday >= SCATTERED
            && self.inside_words * 3 >= self.everyday.min(LOOKED_UP)
            && self.everyday * 3 >= self.all
            && self.of_one_reading() * 4 >= self.entries().count();
        inside_words || self.repeated >= 2 && self.repeated * 4 >= self.all
    }
}

/// Whether the gloss stands inside a word of the dictionary.
fn splits_word(text: &str, gloss: &Gloss<'_>) -> bool {
    let of = gloss.at + gloss.of.len_utf8();
    let (left, right) = (around_left(&text[..of]), around_right(&text[gloss.span.end..]));
    words::shipped().spanning(&left, &right).next().is_some()
}

/// The last Han characters of a text, simplified.
fn around_left(text: &str) -> Cow<'_, str> {
    script::simplified_text(han_tail(text, AROUND))
}

/// The first Han characters of a text, simplified.
fn around_right(text: &str) -> Cow<'_, str> {
    script::simplified_text(han_head(text, AROUND))
}

/// What the glosses of a page tell of each.
#[derive(Clone, Copy)]
struct Page {
    /// The table is of what a conversion to Traditional makes.
    of_traditional: bool,
    /// Some are such as only an author writes.
    has_authors: bool,
}

/// What is done with a gloss in a document that software glossed. An author may have glossed the character if it
/// is not common, stands without a gloss elsewhere, or is read otherwise than it mostly is, as in a place's name.
fn of_software(
    gloss: &Gloss<'_>,
    facts: &GlossFacts,
    profile: Option<&Profile>,
    page: Page,
    text: &str,
) -> Applicability {
    // Behind a run that was repaired just now there may be one that stood nowhere whole.
    let unseen = Entry { glossed: 1, occurs: 1, ..Entry::default() };
    let entry = facts.table.0.get(&gloss.of).unwrap_or(&unseen);
    // Nobody writes a reading twice.
    if facts.scattered || gloss.times > 1 {
        return Applicability::Safe;
    }
    let is_usual = || {
        let simplified = script::simplified(gloss.of);
        simplified != gloss.of || readings::is_commonest_reading(gloss.of, gloss.syllable)
    };
    // The corpus glosses it so, again and again.
    let is_of_corpus = || {
        let glossed = profile.map_or(0, |profile| profile.glossed(gloss.of, &gloss.syllable.to_lowercase()));
        glossed >= 3 && profile.is_some_and(|profile| glossed * 2 > profile.occurrences(gloss.of))
    };
    let is_of_table = || {
        let simplified = script::simplified(gloss.of);
        let is_known = || words::char_rank(simplified).is_some_and(|rank| rank < RARE);
        let is_taught = || is_known() || recover::is_first_level(simplified);
        simplified != gloss.of && if page.has_authors { is_everyday(gloss.of) } else { is_taught() }
    };
    let is_expected = || match page.of_traditional {
        true => is_of_table() || (is_everyday(gloss.of) && (is_usual() || splits_word(text, gloss))),
        false => is_common_han(gloss.of) && is_usual(),
    };
    let is_once = entry.glossed * 2 >= entry.occurs && (is_expected() || is_of_corpus());
    if is_once || (entry.glossed > 1 && entry.glossed * 2 > entry.occurs) {
        Applicability::Safe
    } else if is_common_han(gloss.of)
        || entry.occurs > 1
        || recover::is_first_level(script::simplified(gloss.of))
    {
        Applicability::Unsafe
    } else {
        Applicability::Display
    }
}

/// Whether every reader knows `c`: one of the 1,500 characters that are 19 in 20 of all text.
fn is_everyday(c: char) -> bool {
    words::char_rank(script::simplified(c)).is_some_and(|rank| rank < 1500)
}

/// The stage.
#[derive(Debug)]
pub struct GlossStage;

impl Stage for GlossStage {
    fn id(&self) -> StageId {
        StageId::Gloss
    }

    fn scan(&self, doc: &Doc<'_>, out: &mut Proposals<'_>) {
        let facts = &doc.facts.glosses;
        if facts.is_empty() {
            return;
        }
        let profile = doc.facts.profile.as_deref();
        let page =
            Page { of_traditional: facts.table.is_of_traditional(), has_authors: facts.table.has_authors() };
        for gloss in glosses(doc.text) {
            let applicability = if facts.by_software {
                of_software(&gloss, facts, profile, page, doc.text)
            } else if is_common_han(gloss.of) && splits_word(doc.text, &gloss) {
                Applicability::Unsafe
            } else {
                Applicability::Display
            };
            if applicability == Applicability::Display {
                out.report(gloss.span, RuleId::AuthorsReading);
            } else {
                out.propose(gloss.span, "", RuleId::PinyinGloss, 1.0, applicability);
            }
        }
        if facts.by_software
            && doc.facts.is_end
            && let Some(span) = cut_off(doc.text, facts)
        {
            out.replace(span, "", RuleId::PinyinGloss);
        }
        if facts.by_software {
            scan_emoji(doc.text, facts.scattered, out);
            for span in repeated_commas(doc.text) {
                out.replace(span, "", RuleId::RepeatedComma);
            }
        }
    }
}

/// The beginning of a gloss that the end of the text cuts off: `發展(zhǎ`.
fn cut_off(text: &str, facts: &GlossFacts) -> Option<Span> {
    let text = text.trim_end();
    let open = text.char_indices().rev().take(LONGEST).find(|(_, c)| matches!(c, '(' | '（'))?;
    let begun = &text[open.0 + open.1.len_utf8()..];
    let of = text[..open.0].chars().next_back().filter(|&c| is_han(c))?;
    let is_begun = match facts.table.reading(of) {
        Some(reading) => reading.starts_with(begun),
        None => facts.scattered && readings::readings(of).any(|reading| reading.starts_with(begun)),
    };
    is_begun.then(|| Span::new(open.0, text.len()))
}

/// Where emoji stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Inside a word of the dictionary.
    Word,
    /// Between Han characters that are no word, or where two clauses meet.
    Han,
    /// Behind a Han character, before a mark or the end of a line.
    End,
}

/// Drops emoji that software put at random places: inside a word nobody puts them, and where they split words as
/// often as chance does, it was chance that put them between others. `scattered` glosses stand at random too, so that
/// one is enough to be doubted.
fn scan_emoji(text: &str, scattered: bool, out: &mut Proposals<'_>) {
    let emoji: Vec<(Span, Place)> = emoji(text).collect();
    let count = |wanted: Place| emoji.iter().filter(|&&(_, place)| place == wanted).count();
    let is_random = count(Place::Word) >= RANDOM && count(Place::Word) * 2 >= count(Place::Han);
    for (span, place) in emoji.into_iter().filter(|_| is_random || scattered) {
        let is_safe = place == Place::Word || place == Place::Han && is_random;
        let applicability = if is_safe { Applicability::Safe } else { Applicability::Unsafe };
        out.propose(span, "", RuleId::EmojiInWord, 1.0, applicability);
    }
}

/// The emoji of a text that stand behind Han characters, or behind the glosses of such.
fn emoji(text: &str) -> impl Iterator<Item = (Span, Place)> {
    let mut at = 0;
    let runs = std::iter::from_fn(move || {
        // They begin with three of the bytes that begin a character.
        let begins = |i: &usize| text[at + i..].starts_with(is_emoji);
        let start = at + memchr::memchr3_iter(0xe2, 0xef, 0xf0, &text.as_bytes()[at..]).find(begins)?;
        let end = start + text[start..].find(|c| !is_emoji(c)).unwrap_or(text.len() - start);
        at = end;
        Some(Span::new(start, end))
    });
    runs.filter_map(|span| {
        // The character before it may have a gloss of its own, on either side.
        let before = &text[..span.start];
        let gloss = before.strip_suffix([')', '）']).and_then(|inside| inside.rfind(['(', '（']));
        let before = &before[..gloss.unwrap_or(span.start)];
        let of = before.chars().next_back().filter(|&c| is_han(c))?;
        let after = &text[span.end..];
        let own = bracket(after).filter(|(inside, _)| readings::is_reading(of, inside.trim()));
        let (left, right) = (around_left(before), around_right(&after[own.map_or(0, |(_, len)| len)..]));
        let is_word = || words::shipped().spanning(&left, &right).next().is_some();
        let place = match right.is_empty() {
            true => Place::End,
            false if is_word() => Place::Word,
            false => Place::Han,
        };
        Some((span, place))
    })
}

/// Commas behind a comma.
fn repeated_commas(text: &str) -> impl Iterator<Item = Span> {
    let run = |comma: char, pair: &'static str| {
        let mut done = 0;
        memmem::find_iter(text.as_bytes(), pair).filter_map(move |at| {
            let start = at + comma.len_utf8();
            let end = text.len() - text[start..].trim_start_matches(comma).len();
            let is_new = start > done;
            done = end.max(done);
            is_new.then(|| Span::new(start, end))
        })
    };
    run(',', ",,").chain(run('，', "，，"))
}

/// Whether `c` is an emoji or part of one.
const fn is_emoji(c: char) -> bool {
    matches!(c, '\u{1f300}'..='\u{1faff}' | '\u{2600}'..='\u{27bf}' | '\u{fe0f}' | '\u{200d}')
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::pipeline::Cleaner;
    use crate::rules::StageId;

    fn clean(text: &str) -> String {
        let config = Config { stages: vec![StageId::Recover, StageId::Gloss], ..Config::default() };
        Cleaner::new(config).expect("a configuration").clean(text).text().to_owned()
    }

    #[test]
    fn software_glosses_each_time_inside_words() {
        let page = "市委副書(shū)記、市長(zhǎng)調(diào)研我市重點(diǎn)工程項(xiàng)目建設(shè)進(jìn)展，現(xiàn)場(chǎng)辦公";
        let text = "市委副書記、市長調研我市重點工程項目建設進展，現場辦公";
        assert_eq!(clean(page), text);
        // In any width, without tones, with spaces, and cut off at the end.
        assert_eq!(clean(&page.replace('(', "（").replace(')', "）")), text);
        assert_eq!(clean(&page.replace(['ū', 'ǔ'], "u").replace('ǎ', "a").replace('è', "e")), text);
        assert_eq!(clean(&page.replace(')', " )")), text);
        assert_eq!(clean(&format!("{page}，市長(zhǎ")), format!("{text}，市長"));
        // The same operators repeat commas.
        assert_eq!(clean(&page.replace('，', "，，，")), text);
    }

    #[test]
    fn software_that_repeats_its_glosses() {
        let page = "系(xi)(xi)(xi)統(tong)(tong)(tong)工程(cheng)(cheng)(cheng)建設";
        assert_eq!(clean(page), "系統工程建設");
    }

    #[test]
    fn software_that_glosses_at_random() {
        let page = "我們(men)的工(gōng)作是為了人(ren)民的利(lì)益，要認(rèn)真學(xue)習，提(tí)高水平(ping)，發(fā)😀展經(jing)濟，改(gǎi)善民生(sheng)，加強(qiáng)管理(li)，我們要努力工作，為人民學習，提高水平，改善工作，加強生活管理，發展人民的經濟";
        let text = "我們的工作是為了人民的利益，要認真學習，提高水平，發展經濟，改善民生，加強管理，我們要努力工作，為人民學習，提高水平，改善工作，加強生活管理，發展人民的經濟";
        assert_eq!(clean(page), text);
    }

    #[test]
    fn emoji_that_split_words_stand_anywhere() {
        let page = "我們(men)的工(gōng)作是為了人(ren)民的利(lì)益，要認(rèn)真學(xue)習，提(tí)高水平(ping)，發展經(jing)濟，改(gǎi)善民生(sheng)，加強(qiáng)管理(li)";
        let text = "我們的工作是為了人民的利益，要認真學習，提高水平，發展經濟，改善民生，加強管理";
        // Behind a character that is glossed, the emoji stands before the gloss or behind it.
        let split =
            [("工(", "工😀("), ("人(ren)", "人(ren)😀"), ("認(rèn)", "認(rèn)🌟"), ("發展", "發❤\u{fe0f}展")];
        let damaged = split.iter().fold(page.to_owned(), |page, (old, new)| page.replace(old, new));
        // Four inside words are a rule.
        let between = |page: &str| page.replace("是為了", "是😊為了").replace("要認", "要👍認");
        assert_eq!(clean(&between(&damaged)), text);
        assert_eq!(clean(&between(page)), text.replace("是為了", "是😊為了").replace("要認", "要👍認"));
        // At the end of a clause it may be the author's.
        assert_eq!(clean(&format!("{damaged}😀。\n")), format!("{text}😀。\n"));
    }

    #[test]
    fn a_corpus_tells_what_its_pages_gloss() {
        let page =
            "市委副書(shū)記、市長(zhǎng)調(diào)研重點(diǎn)工程項(xiàng)目建設(shè)，和龔(gōng)書(shū)記";
        let config = Config { stages: vec![StageId::Gloss], ..Config::default() };
        let cleaner = Cleaner::new(config).expect("a configuration");
        assert!(cleaner.clean(page).text().ends_with("和龔(gōng)書記"));
        let mut learner = crate::profile::Learner::default();
        (0..4).for_each(|_| learner.add("龔(gōng)先生"));
        let cleaner = cleaner.with_profile(std::sync::Arc::new(learner.finish()));
        assert!(cleaner.clean(page).text().ends_with("和龔書記"));
    }

    #[test]
    fn an_authors_readings_stay() {
        for text in [
            "作者刘鹓(yuān)是北京人。",
            "银行(háng)的行(háng)长行(xíng)走在行(háng)列里。",
            "亳(bó)州、涪(fú)陵、盱(xū)眙(yí)都是地名。",
            "北京（shi）",
            "他说法语(the)和英语(you)。",
        ] {
            assert_eq!(clean(text), text);
        }
    }

    #[test]
    fn an_authors_readings_stay_beside_damage() {
        let page = "市委副書(shū)記、市長(zhǎng)調(diào)研重點(diǎn)工程項(xiàng)目建設(shè)，亳(bó)州、單縣、鄄(juàn)城、項(xiàng)城的書(shū)";
        let text = "市委副書記、市長調研重點工程項目建設，亳(bó)州、單縣、鄄(juàn)城、項城的書";
        assert_eq!(clean(page), text);
    }
}
