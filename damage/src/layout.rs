//! Newspaper layout as damage: paragraphs cut between columns and pages, hard wraps, wraps that became
//! spaces, spaces at random, captions inside sentences, doubled fragments, half-width punctuation, jump
//! lines; each alone or together.
//!
//! A [`Damaged`] document holds the damaged text, the text that a perfect cleaner gives back, and a
//! [`Mark`] for every place that was damaged, so that precision and recall are counted, not estimated. What
//! stands in no mark is as the author wrote it. The same seed gives the same bytes.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use fastrand::Rng;

/// A kind of damage that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Breaks inside sentences, about one per 120 characters.
    Cuts,
    /// Lines of one width, 10 to 40 characters.
    Wraps,
    /// Lines of one width whose breaks became spaces.
    Spaces,
    /// Captions, bylines and headings between the halves of a sentence.
    Captions,
    /// A page's own lines between the halves of a sentence: its editors, its date, its section.
    Notices,
    /// Fragments that stand twice.
    Repeats,
    /// Half-width punctuation and straight quotes.
    Punctuation,
    /// Jump lines: `（下转第3版）`.
    Jumps,
    /// Single spaces inside sentences, about one per 80 characters.
    Strays,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 9] = [
        Kind::Cuts,
        Kind::Wraps,
        Kind::Spaces,
        Kind::Captions,
        Kind::Notices,
        Kind::Repeats,
        Kind::Punctuation,
        Kind::Jumps,
        Kind::Strays,
    ];

    /// The kind's name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Cuts => "cuts",
            Kind::Wraps => "wraps",
            Kind::Spaces => "spaces",
            Kind::Captions => "captions",
            Kind::Notices => "notices",
            Kind::Repeats => "repeats",
            Kind::Punctuation => "punctuation",
            Kind::Jumps => "jumps",
            Kind::Strays => "strays",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let known = || Self::ALL.map(Kind::name).join(", ");
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == s)
            .ok_or_else(|| format!("no kind `{s}`; the kinds are {}", known()))
    }
}

/// What happened at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Damage {
    /// A break put inside a sentence.
    Cut,
    /// A line break at the column's width.
    Wrap,
    /// A space where a line broke at the column's width.
    WrapSpace,
    /// A space inside a sentence.
    StraySpace,
    /// A caption or a notice between the halves of a sentence, with the breaks around it.
    Caption,
    /// The end of a sentence again, behind its stop.
    Fragment,
    /// Characters that stand on both sides of a break.
    Overlap,
    /// A function character twice.
    Doubled,
    /// A whole sentence again.
    Sentence,
    /// A whole paragraph again.
    Paragraph,
    /// A half-width mark or straight quote for a full-width one.
    Mark,
    /// A space behind a half-width mark.
    MarkSpace,
    /// A jump line.
    Jump,
    /// A Latin word broken with a hyphen at a line's end.
    Hyphen,
    /// A Latin compound broken behind a hyphen of its own.
    OwnHyphen,
}

/// A damaged place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// What happened.
    pub what: Damage,
    /// Bytes of the damaged text.
    pub at: Range<usize>,
    /// What stands there in the clean text.
    pub clean: String,
    /// Byte offset of that in the clean text.
    pub clean_at: usize,
    /// The caption that belongs behind the paragraph, for [`Damage::Caption`]; otherwise empty.
    pub moved: String,
}

/// A damaged document and its truth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Damaged {
    /// The damaged text.
    pub text: String,
    /// The text without the damage.
    pub clean: String,
    /// The damaged places, ascending and apart.
    pub marks: Vec<Mark>,
    /// Characters of a full line, where lines were wrapped.
    pub width: Option<usize>,
}

/// Characters between two cuts, on the average.
const CUT_EVERY: usize = 120;
/// Shorter lines are headings and bylines, which columns do not cut.
const PROSE: usize = 30;
/// Characters of a full line.
const WIDTHS: Range<usize> = 10..41;

/// Damages a document of `paragraphs` in the ways of `kinds`. Headings between the halves of sentences are
/// taken from `others`: lines of other documents.
#[must_use]
pub fn damage(paragraphs: &[&str], others: &[&str], kinds: &[Kind], rng: &mut Rng) -> Damaged {
    let style = Style::new(kinds, rng);
    let mut page = Page { style, others, rng, out: Damaged { width: style.width, ..Damaged::default() } };
    for (i, paragraph) in paragraphs.iter().enumerate() {
        if i > 0 {
            page.both(style.paragraph_break);
        }
        page.paragraph(paragraph);
    }
    page.both("\n");
    page.out
}

/// What holds for a document as a whole.
#[derive(Clone, Copy, Debug)]
struct Style<'k> {
    kinds: &'k [Kind],
    /// Between paragraphs.
    paragraph_break: &'static str,
    /// Between the halves of a cut paragraph.
    cut: &'static str,
    /// What a wrap is now.
    wrap: &'static str,
    width: Option<usize>,
    indent: bool,
    /// A mark that cannot begin a line hangs beyond the width, rather than taking a character along.
    hanging: bool,
    /// Half-width marks are followed by a space.
    spaced: bool,
}

impl<'k> Style<'k> {
    fn new(kinds: &'k [Kind], rng: &mut Rng) -> Self {
        let spaces = kinds.contains(&Kind::Spaces) && (!kinds.contains(&Kind::Wraps) || rng.bool());
        let wraps = spaces || kinds.contains(&Kind::Wraps);
        let indent = wraps && rng.bool();
        // Wrapped lines follow one another directly, so a cut among them needs a blank line to be one.
        let cut = if wraps && !spaces || rng.bool() { "\n\n" } else { "\n" };
        Self {
            kinds,
            paragraph_break: if rng.bool() { "\n\n" } else { "\n" },
            cut,
            wrap: if spaces { " " } else { "\n" },
            width: wraps.then(|| rng.usize(WIDTHS)),
            indent,
            hanging: rng.bool(),
            spaced: rng.u8(0..4) == 0,
        }
    }

    fn has(&self, kind: Kind) -> bool {
        self.kinds.contains(&kind)
    }
}

/// A character on its way: what it was, what it is now, and the mark that it belongs to.
#[derive(Clone, Copy, Debug)]
struct Atom {
    clean: Option<char>,
    shown: Option<char>,
    mark: Option<(Damage, u32)>,
}

impl Atom {
    const fn copy(c: char) -> Self {
        Self { clean: Some(c), shown: Some(c), mark: None }
    }
}

/// A document under damage.
struct Page<'a> {
    style: Style<'a>,
    others: &'a [&'a str],
    rng: &'a mut Rng,
    out: Damaged,
}

impl Page<'_> {
    /// Text that is the same before and after.
    fn both(&mut self, text: &str) {
        self.out.text += text;
        self.out.clean += text;
    }

    fn chance(&mut self, per_thousand: u32) -> bool {
        self.rng.u32(0..1000) < per_thousand
    }

    fn paragraph(&mut self, paragraph: &str) {
        let mut ids = 0..;
        let mut atoms: Vec<Atom> = Vec::new();
        if self.style.indent {
            atoms.extend("\u{3000}\u{3000}".chars().map(Atom::copy));
        }
        atoms.extend(paragraph.chars().map(Atom::copy));
        if self.style.has(Kind::Repeats) {
            atoms = self.repeats(&atoms, &mut ids);
        }
        let mut captions = Vec::new();
        atoms = self.breaks(&atoms, &mut captions, &mut ids);
        if self.style.has(Kind::Jumps) && paragraph.ends_with('。') && self.chance(30) {
            let sheet = self.rng.u8(1..17);
            insert(&mut atoms, &format!("（下转第{sheet}版）"), Damage::Jump, &mut ids);
        }
        if self.style.has(Kind::Repeats) && paragraph.chars().count() >= 30 && self.chance(10) {
            let again = format!("{}{paragraph}", self.style.paragraph_break);
            insert(&mut atoms, &again, Damage::Paragraph, &mut ids);
        }
        if self.style.has(Kind::Punctuation) {
            atoms = self.half_width(&atoms, &mut ids);
        }
        self.write(&atoms, captions);
    }

    /// Doubles fragments, sentences and function characters.
    fn repeats(&mut self, atoms: &[Atom], ids: &mut impl Iterator<Item = u32>) -> Vec<Atom> {
        let mut out: Vec<Atom> = Vec::with_capacity(atoms.len());
        let mut sentence = 0;
        for (i, atom) in atoms.iter().enumerate() {
            out.push(*atom);
            let Some(c) = atom.clean else { continue };
            let next = atoms.get(i + 1).and_then(|next| next.clean);
            if matches!(c, '的' | '了' | '在' | '是' | '和' | '与')
                && i > 0
                && atoms[i - 1].clean.is_some_and(is_han)
                && next.is_some_and(|next| is_han(next) && next != c)
                && atoms[i - 1].clean != Some(c)
                && self.chance(5)
            {
                insert(&mut out, &c.to_string(), Damage::Doubled, ids);
            }
            if c != '。' {
                continue;
            }
            let text: String = atoms[sentence..=i].iter().filter_map(|atom| atom.clean).collect();
            let len = i + 1 - sentence;
            sentence = i + 1;
            let han = text.chars().rev().skip(1).take_while(|&c| is_han(c)).count();
            if len >= 15 && next != Some('”') && self.chance(8) {
                insert(&mut out, text.trim_start(), Damage::Sentence, ids);
            } else if han >= 3 && next != Some('”') && self.chance(40) {
                let keep = self.rng.usize(2..han.min(12));
                let fragment: String = text.chars().skip(len - 1 - keep).collect();
                insert(&mut out, &fragment, Damage::Fragment, ids);
            }
        }
        out
    }

    /// Wraps and cuts. A column ends where one of its lines does, so with both a cut is a wrap made larger.
    fn breaks(
        &mut self,
        atoms: &[Atom],
        captions: &mut Vec<String>,
        ids: &mut impl Iterator<Item = u32>,
    ) -> Vec<Atom> {
        let mut out: Vec<Atom> = Vec::with_capacity(atoms.len());
        let kinds = [Kind::Cuts, Kind::Captions, Kind::Notices];
        let cuts = kinds.into_iter().any(|kind| self.style.has(kind)) && atoms.len() >= PROSE;
        let strays = self.style.has(Kind::Strays) && self.style.wrap != " ";
        let (mut line, mut since_cut) = (0, self.rng.usize(0..CUT_EVERY));
        for (i, atom) in atoms.iter().enumerate() {
            if i > 1 && self.may_break(atoms, i, line) {
                let inside = cuts && is_inside_sentence(atoms, i);
                let every = self.style.width.unwrap_or(1);
                // As likely at each place that the cuts lie one in about `CUT_EVERY` characters.
                if inside && since_cut > CUT_EVERY / 4 && self.rng.usize(0..CUT_EVERY * 3 / 4) < every {
                    self.cut(&mut out, captions, ids);
                    (line, since_cut) = (0, 0);
                } else if self.style.width.is_some() {
                    let damage = if self.style.wrap == " " { Damage::WrapSpace } else { Damage::Wrap };
                    insert(&mut out, self.style.wrap, damage, ids);
                    line = 0;
                }
            }
            // Among wraps that became spaces they could not be told from them.
            if strays && is_between_han(&out, *atom) && self.chance(13) {
                insert(&mut out, " ", Damage::StraySpace, ids);
            }
            out.push(*atom);
            line += 1;
            since_cut += 1;
        }
        out
    }

    /// Whether a line or column can end before the character `i`, `line` characters of the line being full.
    fn may_break(&self, atoms: &[Atom], i: usize, line: usize) -> bool {
        let at = |i: usize| atoms[i].shown.unwrap_or(' ');
        let (before, after) = (at(i - 1), at(i));
        let blank = before.is_whitespace() || after.is_whitespace();
        // A number or a Latin word stays together.
        let inside_word = before.is_ascii_alphanumeric() && after.is_ascii_alphanumeric();
        if blank || inside_word || atoms[i].mark.is_some() && atoms[i].mark == atoms[i - 1].mark {
            return false;
        }
        let Some(width) = self.style.width else { return true };
        let fits = !cannot_begin(after) && !cannot_end(before);
        // The next line would begin with a mark: the character before goes along, or the mark hangs.
        let early = line + 1 == width
            && !self.style.hanging
            && i + 1 < atoms.len()
            && (cannot_begin(at(i + 1)) || cannot_end(after));
        fits && (line >= width || early)
    }

    fn cut(&mut self, out: &mut Vec<Atom>, captions: &mut Vec<String>, ids: &mut impl Iterator<Item = u32>) {
        let tail: Vec<char> =
            out.iter().rev().map_while(|atom| atom.clean).take_while(|&c| is_han(c)).collect();
        let [captions_stand, notices_stand] =
            [Kind::Captions, Kind::Notices].map(|kind| self.style.has(kind));
        if (captions_stand || notices_stand) && self.chance(400) {
            let is_notice = notices_stand && (!captions_stand || self.chance(500));
            let caption = if is_notice { vec![self.notice()] } else { self.caption() };
            let between = format!("{0}{1}{0}", self.style.cut, caption.join(self.style.cut));
            insert(out, &between, Damage::Caption, ids);
            captions.push(caption.concat());
        } else if self.style.has(Kind::Jumps) && self.chance(50) {
            let (from, to) = (self.rng.u8(1..4), self.rng.u8(4..17));
            insert(out, &format!("（下转第{to}版）"), Damage::Jump, ids);
            insert(out, self.style.cut, Damage::Cut, ids);
            insert(out, &format!("（上接第{from}版）"), Damage::Jump, ids);
        } else {
            insert(out, self.style.cut, Damage::Cut, ids);
            if self.style.has(Kind::Repeats) && !tail.is_empty() && self.chance(150) {
                let len = self.rng.usize(1..=tail.len().min(6));
                let overlap: String = tail[..len].iter().rev().collect();
                insert(out, &overlap, Damage::Overlap, ids);
            }
        }
    }

    /// A caption with or without its credit in a paragraph of its own, a byline, or a heading.
    fn caption(&mut self) -> Vec<String> {
        let line = |page: &mut Self, wanted: &dyn Fn(&str, usize) -> bool| {
            (0..200).find_map(|_| {
                let line = *page.rng.choice(page.others)?;
                wanted(line, line.chars().count()).then(|| line.to_owned())
            })
        };
        let is_bare = |line: &str| !line.contains(|c: char| !c.is_alphanumeric());
        let clause = |page: &mut Self| {
            let line = line(page, &|line, _| line.split(['，', '。']).any(|c| is_bare(c) && is_clause(c)))?;
            line.split(['，', '。']).find(|c| is_bare(c) && is_clause(c)).map(str::to_owned)
        };
        let name = self.name();
        match self.rng.u8(0..10) {
            0 | 1 => vec![format!("图为{}。", clause(self).unwrap_or_default()), format!("{name} 摄")],
            2 | 3 => vec![format!("图为{}。{name}摄", clause(self).unwrap_or_default())],
            4 | 5 => vec![format!("{} {name} 摄", clause(self).unwrap_or_default())],
            6 | 7 => vec![format!("{} 资料图", clause(self).unwrap_or_default())],
            8 => vec![match self.rng.u8(0..3) {
                0 => format!("本报记者 {name}"),
                1 => format!("□ 本报记者 {name}"),
                _ => format!("（记者 {name}）"),
            }],
            _ => vec![
                line(self, &|line, len| (6..=20).contains(&len) && is_bare(line))
                    .unwrap_or_else(|| format!("本报记者 {name}")),
            ],
        }
    }

    fn notice(&mut self) -> String {
        const SECTIONS: [&str; 6] = ["要闻", "国际", "综合", "体育", "文化", "广告"];
        const DAYS: [&str; 7] = ["一", "二", "三", "四", "五", "六", "日"];
        let section = SECTIONS[self.rng.usize(0..SECTIONS.len())];
        let page = self.rng.u8(1..17);
        let date = format!("{}年{}月{}日", self.rng.u16(1995..2030), self.rng.u8(1..13), self.rng.u8(1..29));
        let day = DAYS[self.rng.usize(0..DAYS.len())];
        let names = [self.name(), self.name(), self.name()];
        match self.rng.u8(0..10) {
            0 => format!("责任编辑：{}", names[0]),
            1 => format!("责编 {} 美编 {} 校对 {}", names[0], names[1], names[2]),
            2 => format!("（本版编辑 {}）", names[0]),
            3 => format!("{date} 星期{day}"),
            4 => format!("{date} 星期{day} 第{page}版 {section}"),
            5 => format!("A{page:02} {section}"),
            6 => format!("{page}版：{section}"),
            7 => "扫码观看视频".to_owned(),
            8 => format!("来源：{section}网"),
            _ => "【点击查看原图】".to_owned(),
        }
    }

    fn name(&mut self) -> String {
        const SURNAMES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严武戴莫孔向汤";
        const GIVEN: &str = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰红建国文斌鹏飞志海波宁晓燕春梅立新佳琪宇轩浩然子涵";
        let pick =
            |rng: &mut Rng, from: &str| rng.choice(from.chars().collect::<Vec<_>>()).expect("characters");
        let mut name = pick(self.rng, SURNAMES).to_string();
        for _ in 0..self.rng.usize(1..3) {
            name.push(pick(self.rng, GIVEN));
        }
        name
    }

    fn half_width(&mut self, atoms: &[Atom], ids: &mut impl Iterator<Item = u32>) -> Vec<Atom> {
        let mut out: Vec<Atom> = Vec::with_capacity(atoms.len());
        for (i, atom) in atoms.iter().enumerate() {
            let half = atom.shown.and_then(half_width);
            out.push(match half {
                Some(half) => Atom {
                    shown: Some(half),
                    mark: atom.mark.or_else(|| ids.next().map(|id| (Damage::Mark, id))),
                    ..*atom
                },
                None => *atom,
            });
            let goes_on = atoms.get(i + 1).is_some_and(|next| {
                next.mark.is_none() && next.shown.is_some_and(|c| half_width(c).is_none())
            });
            let takes_space = matches!(half, Some(',' | '.' | ':' | ';' | '?' | '!' | ')'));
            if self.style.spaced && atom.mark.is_none() && takes_space && goes_on {
                insert(&mut out, " ", Damage::MarkSpace, ids);
            }
        }
        out
    }

    fn write(&mut self, atoms: &[Atom], captions: Vec<String>) {
        let mut moved = captions.iter();
        for group in atoms.chunk_by(|a, b| a.mark.is_some() && a.mark == b.mark) {
            let start = self.out.text.len();
            self.out.text.extend(group.iter().filter_map(|atom| atom.shown));
            let clean: String = group.iter().filter_map(|atom| atom.clean).collect();
            let clean_at = self.out.clean.len();
            self.out.clean += &clean;
            if let Some((what, _)) = group[0].mark {
                let at = start..self.out.text.len();
                let moved = if what == Damage::Caption { moved.next().cloned() } else { None };
                self.out.marks.push(Mark { what, at, clean, clean_at, moved: moved.unwrap_or_default() });
            }
        }
        for caption in &captions {
            // Moved behind the paragraph, it keeps the break that it had before it.
            self.out.clean += self.style.cut;
            self.out.clean += caption;
        }
    }
}

/// Adds text that the author did not write, as one mark.
fn insert(out: &mut Vec<Atom>, text: &str, what: Damage, ids: &mut impl Iterator<Item = u32>) {
    let mark = ids.next().map(|id| (what, id));
    out.extend(text.chars().map(|c| Atom { clean: None, shown: Some(c), mark }));
}

/// Whether a break before the character `i` parts a sentence.
fn is_inside_sentence(atoms: &[Atom], i: usize) -> bool {
    let ends = |c: char| {
        matches!(c, '。' | '！' | '？' | '；' | '：' | '…' | '—' | '”' | '’' | '）' | '」' | '》' | '．')
    };
    atoms[i - 1].clean.is_some_and(|c| !ends(c)) && atoms[i].clean.is_some() && i + 2 < atoms.len()
}

/// Whether what comes next follows a Han character directly, and is one.
fn is_between_han(before: &[Atom], next: Atom) -> bool {
    let last = before.last().filter(|last| last.mark.is_none());
    last.and_then(|last| last.clean).is_some_and(is_han)
        && next.clean.is_some_and(is_han)
        && next.mark.is_none()
}

fn is_clause(text: &str) -> bool {
    (6..=24).contains(&text.chars().count())
}

const fn is_han(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}')
}

/// Marks that typesetting keeps off a line's start.
const fn cannot_begin(c: char) -> bool {
    matches!(
        c,
        '，' | '。'
            | '、'
            | '；'
            | '：'
            | '？'
            | '！'
            | '）'
            | '》'
            | '〉'
            | '」'
            | '』'
            | '】'
            | '〕'
            | '”'
            | '’'
            | '％'
            | '…'
            | '—'
            | '·'
    )
}

/// Marks that typesetting keeps off a line's end.
const fn cannot_end(c: char) -> bool {
    matches!(c, '（' | '《' | '〈' | '「' | '『' | '【' | '〔' | '“' | '‘')
}

const fn half_width(c: char) -> Option<char> {
    Some(match c {
        '，' => ',',
        '。' => '.',
        '：' => ':',
        '；' => ';',
        '？' => '?',
        '！' => '!',
        '（' => '(',
        '）' => ')',
        '“' | '”' => '"',
        _ => return None,
    })
}

/// Wraps Latin prose at `width` characters. A word that does not fit may be broken: inside, with `hyphen`
/// added, or behind a hyphen that it has. Breaks between words stay as they are in the truth too.
#[must_use]
pub fn hyphenate(prose: &str, width: usize, hyphen: char, rng: &mut Rng) -> Damaged {
    let mut out = Damaged { width: Some(width), ..Damaged::default() };
    let mut line = 0;
    for (i, word) in prose.split_whitespace().enumerate() {
        let len = word.chars().count();
        let gap = usize::from(line > 0);
        if line + gap + len <= width {
            let space = if i == 0 {
                ""
            } else if line == 0 {
                "\n"
            } else {
                " "
            };
            for text in [&mut out.text, &mut out.clean] {
                *text += space;
                *text += word;
            }
            line += gap + len;
            continue;
        }
        let room = width.saturating_sub(line + gap + 1);
        let letters = |part: &str| part.chars().all(|c| c.is_ascii_alphabetic());
        let own = word.match_indices('-').map(|(at, _)| at).rfind(|&at| {
            at > 1 && at <= room && letters(&word[..at]) && word.len() > at + 2 && word.is_ascii()
        });
        // A syllable ends behind a vowel before a consonant, or between two consonants.
        let vowel = |b: u8| matches!(b, b'a' | b'e' | b'i' | b'o' | b'u' | b'y');
        let bytes = word.as_bytes();
        let syllable = (2..word.len().saturating_sub(2)).rev().find(|&at| {
            at <= room
                && letters(word)
                && word[1..].bytes().all(|b| b.is_ascii_lowercase())
                && !vowel(bytes[at])
                && (vowel(bytes[at - 1]) || at > 2 && vowel(bytes[at - 2]) && vowel(bytes[at + 1]))
        });
        let gap = if i == 0 || line == 0 { "" } else { " " };
        let broken = match (own, syllable.filter(|_| rng.bool())) {
            (Some(at), _) => Some((Damage::OwnHyphen, at, at + 1, '-', "-")),
            (None, Some(at)) => Some((Damage::Hyphen, at, at, hyphen, "")),
            (None, None) => None,
        };
        if let Some((what, end, next, hyphen, clean)) = broken {
            for text in [&mut out.text, &mut out.clean] {
                *text += gap;
                *text += &word[..end];
            }
            let (start, clean_at) = (out.text.len(), out.clean.len());
            out.text.push(hyphen);
            out.text.push('\n');
            let at = start..out.text.len();
            out.marks.push(Mark { what, at, clean: clean.to_owned(), clean_at, moved: String::new() });
            out.text += &word[next..];
            out.clean += clean;
            out.clean += &word[next..];
            line = len - next;
        } else {
            for text in [&mut out.text, &mut out.clean] {
                *text += if i == 0 { "" } else { "\n" };
                *text += word;
            }
            line = len;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARAGRAPHS: [&str; 4] = [
        "在这一年中，农业生产再次获得好的收成，企业改革继续深化，人民生活进一步改善。对外经济技术合作与交流不断扩大，其他各项事业都有新的进展。",
        "农村工作会议召开",
        "他说：“各地要认真贯彻落实会议精神，把工作做好；把困难想够（包括资金）。”会议由市长主持，有关部门的负责人参加了会议。",
        "会议还研究了其他事项。有关部门要抓紧安排，切实做好今年的各项工作。",
    ];

    /// The clean text without line ends, captions last.
    fn undo(damaged: &Damaged) -> String {
        let (mut text, mut at) = (String::new(), 0);
        for mark in &damaged.marks {
            text += &damaged.text[at..mark.at.start];
            text += &mark.clean;
            at = mark.at.end;
        }
        text + &damaged.text[at..]
    }

    #[test]
    fn undoing_every_mark_gives_the_clean_text() {
        for seed in 0..500 {
            let mut rng = Rng::with_seed(seed);
            let mut kinds = Kind::ALL.to_vec();
            kinds.retain(|_| rng.bool());
            let damaged = damage(&PARAGRAPHS, &PARAGRAPHS, &kinds, &mut rng);
            assert!(damaged.marks.windows(2).all(|pair| pair[0].at.end <= pair[1].at.start));
            if [Kind::Captions, Kind::Notices].iter().any(|kind| kinds.contains(kind)) {
                for mark in damaged.marks.iter().filter(|mark| mark.what == Damage::Caption) {
                    assert!(damaged.clean.lines().any(|line| line == mark.moved), "{:?}", mark);
                }
            } else {
                assert_eq!(undo(&damaged), damaged.clean, "{kinds:?}");
            }
        }
    }

    #[test]
    fn no_kind_is_no_damage_and_a_seed_is_a_text() {
        let none = damage(&PARAGRAPHS, &PARAGRAPHS, &[], &mut Rng::with_seed(1));
        assert_eq!(none.text, none.clean);
        let [a, b, c] =
            [1, 1, 2].map(|seed| damage(&PARAGRAPHS, &PARAGRAPHS, &Kind::ALL, &mut Rng::with_seed(seed)));
        assert_eq!(a, b);
        assert_ne!(a.text, c.text);
    }

    #[test]
    fn every_line_but_the_last_is_full() {
        for seed in 0..50 {
            let wrapped = damage(&PARAGRAPHS[..1], &[], &[Kind::Wraps], &mut Rng::with_seed(seed));
            let width = wrapped.width.expect("a width");
            let lines: Vec<usize> = wrapped.text.trim_end().lines().map(|l| l.chars().count()).collect();
            let (_, full) = lines.split_last().expect("lines");
            assert!(full.iter().all(|len| (width - 2..=width + 2).contains(len)), "{width}: {lines:?}");
        }
    }

    #[test]
    fn hyphens_of_the_word_and_of_the_line() {
        let prose = "a well-known introduction to the mathematics of well-known information";
        let damaged = hyphenate(prose, 10, '-', &mut Rng::with_seed(3));
        assert_eq!(undo(&damaged), damaged.clean);
        assert!(damaged.text.contains("well-\nknown"));
        assert_eq!(damaged.clean.split_whitespace().collect::<Vec<_>>().join(" "), prose);
    }
}
