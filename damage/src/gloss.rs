//! Pinyin put behind characters by a replace on GBK bytes, and what it breaks.
//!
//! The order is that of the sites it was worked out from: Traditional one character to one → GBK → a
//! replace for each character of the site's table, one after the other, blind to where characters begin →
//! on some sites a split at the bytes of full-width marks → decoding → on some sites the width of marks made
//! even. Reproduces pages byte for byte; the fragments in the tests are from real ones.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;

use fastrand::Rng;
use memchr::memmem;
use pinyin::ToPinyinMulti;

use crate::cp936::{decode_pair, encode_char, is_private};
use crate::page::{Bytes, Damaged, Glyph, encode};

/// Characters that many sites gloss.
const OFTEN: &str = "書長項發產設話應驗測計機強復對導國質環場業過動創聯數側運術護經認規責實當補進細達統衛鄉鎮區優態現濟學貿\
網絡標準個構時關內執轉務線詢見頁領會門負聽開級績調預問儲結獲礎風來還觀專類節點醫營萬號臺費識滿著冊獎嚴";
/// Characters that some sites gloss.
const RARELY: &str = "記試電壓擊檢儀絕緣議縣總車輛輸撲變題決辦證資廣東踐將劃與備兩響顯揮訂單";
/// Where the sites' converters differ from OpenCC's first choice.
const OTHERWISE: [(char, char); 5] = [('为', '為'), ('伪', '偽'), ('众', '眾'), ('冲', '沖'), ('启', '啟')];
/// The marks that sites split at.
const MARKS: [char; 6] = ['，', '；', '！', '？', '、', '。'];
/// Emoji that operators put inside words.
const EMOJI: [char; 8] = ['😀', '😊', '👍', '🎉', '❤', '🌟', '🔥', '🌺'];

/// The readings that a table has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tones {
    /// `shū`
    #[default]
    Marked,
    /// `shu`
    Without,
    /// Some characters with, some without.
    Mixed,
}

/// What a decoder makes of a lead byte whose trail is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Decoder {
    /// PHP's: one `?` for both bytes.
    #[default]
    Php,
    /// `?` for the lead byte; an ASCII trail is read again.
    Keep,
    /// U+FFFD for the lead byte; an ASCII trail is read again.
    Fffd,
}

/// What a site splits its bytes at before it decodes them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Split {
    /// Nothing.
    #[default]
    No,
    /// Some of `，；！？、。`, drawn with the site.
    Drawn,
    /// These marks, in this order.
    At(Vec<char>),
}

/// What later hands did to the width of marks. The truth has the same done to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Width {
    /// Nothing.
    #[default]
    AsIs,
    /// Full-width forms became ASCII: `（？！，＠` are `(?!,@`.
    Half,
    /// Brackets became full-width.
    WideBrackets,
    /// A `?` between a Han character and a full-width mark became `？`.
    WideQuestion,
}

/// How a site damages its text.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Whether the text is made Traditional first, one character to one.
    pub traditional: bool,
    /// Simplified characters that stay, because the site's converter kept them.
    pub keep: String,
    /// Whether 着 is 著 everywhere.
    pub zhu: bool,
    /// Least and most characters in the table.
    pub table: (usize, usize),
    /// The readings in the table.
    pub tones: Tones,
    /// How often a gloss stands at most, one behind the other: 3 is `(xi)(xi)(xi)`.
    pub repeats: usize,
    /// Share of the Han characters that get a gloss where they stand, by software that knows characters: nothing
    /// breaks. Has nothing to do with the table.
    pub scattered: f64,
    /// Share of the readings with a space before the closing bracket.
    pub spaced: f64,
    /// What the bytes are split at.
    pub split: Split,
    /// Whether a lead byte at the end of a piece gives `?`; else it goes without a trace.
    pub dangling: bool,
    /// Whether the bytes were decoded and encoded once before they were split.
    pub twice: bool,
    /// The decoder.
    pub decoder: Decoder,
    /// Whether characters of private use were dropped afterwards.
    pub drop_private: bool,
    /// What became of the width of marks.
    pub width: Width,
    /// Share of the lines that are cut off inside their last gloss: `改革(g`. So is their truth, but for the gloss.
    pub cut: f64,
    /// Emoji put behind characters, per Han character.
    pub emoji: f64,
    /// Rare characters put behind characters, per Han character.
    pub rare: f64,
    /// Share of the commas that are repeated.
    pub commas: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            traditional: true,
            keep: "后里于面云范游群峰吃秘床咨岩唇灶皂熏占余".to_owned(),
            zhu: false,
            table: (40, 250),
            tones: Tones::default(),
            repeats: 1,
            scattered: 0.0,
            spaced: 0.0,
            split: Split::default(),
            dangling: true,
            twice: false,
            decoder: Decoder::default(),
            drop_private: false,
            width: Width::default(),
            cut: 0.0,
            emoji: 0.0,
            rare: 0.0,
            commas: 0.0,
        }
    }
}

/// A site: its table, its marks and its ways.
#[derive(Clone, Debug)]
pub struct Site {
    options: Options,
    /// Bytes and what is put behind them, in the order of the replaces.
    table: Vec<([u8; 2], Vec<u8>)>,
    marks: Vec<char>,
    seed: u64,
}

impl Site {
    /// Draws a site.
    #[must_use]
    pub fn draw(seed: u64, options: Options) -> Self {
        let mut rng = Rng::with_seed(seed);
        let size = rng.usize(options.table.0..=options.table.1);
        let often = (size as f64 * (0.5 + 0.4 * rng.f64())) as usize;
        let mut pool = Vec::new();
        let mut shuffled = |chars: &mut dyn Iterator<Item = char>| {
            let mut chars: Vec<char> = chars.collect();
            rng.shuffle(&mut chars);
            chars
        };
        let of_site =
            |c: char| if options.traditional { options.traditional_of(c) } else { simplified_of(c) };
        pool.extend(shuffled(&mut OFTEN.chars()).into_iter().take(often));
        // What sites gloss in Traditional text is what the conversion made.
        let others = common().filter(|&c| !options.traditional || options.traditional_of(c) != c);
        pool.extend(shuffled(&mut RARELY.chars().chain(others)));
        let mut table: Vec<(char, String)> = Vec::with_capacity(size);
        for c in pool {
            if table.len() == size {
                break;
            }
            let c = of_site(c);
            if table.iter().any(|&(known, _)| known == c) {
                continue;
            }
            if let Some(reading) = draw_reading(c, options.tones, &mut rng) {
                table.push((c, reading));
            }
        }
        rng.shuffle(&mut table);
        for (_, reading) in &mut table {
            if rng.f64() < options.spaced {
                reading.push(' ');
            }
        }
        let mut marks = MARKS;
        rng.shuffle(&mut marks);
        let drawn = marks[..rng.usize(1..=MARKS.len())].to_vec();
        let table =
            table.iter().map(|(c, reading)| entry(*c, reading, rng.usize(1..=options.repeats))).collect();
        Self { marks: drawn, table, seed, options }.settled()
    }

    /// A site with this table, in this order; the reading is what stands between the brackets.
    ///
    /// # Panics
    /// If a character or a reading is not in GBK.
    #[must_use]
    pub fn new(table: &[(char, &str)], options: Options) -> Self {
        let table = table.iter().map(|&(c, reading)| entry(c, reading, options.repeats)).collect();
        Self { table, marks: Vec::new(), seed: 0, options }.settled()
    }

    /// The marks that the options ask for.
    fn settled(mut self) -> Self {
        match &self.options.split {
            Split::No => self.marks.clear(),
            Split::Drawn => {}
            Split::At(marks) => self.marks.clone_from(marks),
        }
        self
    }

    /// Damages a line.
    #[must_use]
    pub fn damage(&self, clean: &str) -> Damaged {
        let options = &self.options;
        let mut rng = self.rng_of(clean);
        let mut original = options.convert(clean);
        let cut = rng.f64() < options.cut && self.cut_behind_glossed(&mut original, &mut rng);
        let (mut bytes, ends) = Bytes::of(&original);
        for (search, gloss) in &self.table {
            bytes = bytes.put_behind(*search, gloss);
        }
        let mut page = Damaged { ends, ..Damaged::default() };
        if options.twice {
            options.decode(&bytes, 0..bytes.bytes.len(), &mut page);
            bytes = Bytes::again(&std::mem::take(&mut page.glyphs));
        }
        self.decode_pieces(&bytes, 0..bytes.bytes.len(), &self.marks, &mut page);
        if options.drop_private {
            let before = page.glyphs.len();
            page.glyphs.retain(|glyph| !is_private(glyph.c));
            page.lost += 2 * (before - page.glyphs.len());
        }
        if cut && page.glyphs.last().is_some_and(|glyph| glyph.c == ')') {
            let inside = page.glyphs.iter().rev().skip(1).take_while(|glyph| glyph.c != '(').count();
            page.glyphs.truncate(page.glyphs.len() - rng.usize(1..=inside.max(1)));
        }
        if options.scattered > 0.0 {
            self.scatter(&mut page.glyphs, &mut rng);
        }
        options.make_even(&mut page.glyphs);
        options.sprinkle(&mut page.glyphs, &mut rng);
        page.text = page.glyphs.iter().map(|glyph| glyph.c).collect();
        let mut truth: Vec<Glyph> = original.chars().map(Glyph::inserted).collect();
        options.make_even(&mut truth);
        page.truth = truth.iter().map(|glyph| glyph.c).collect();
        page
    }

    /// Glosses on any character; each has one reading on the whole page.
    fn scatter(&self, glyphs: &mut Vec<Glyph>, rng: &mut Rng) {
        let options = &self.options;
        for glyph in std::mem::take(glyphs) {
            glyphs.push(glyph);
            if !is_han(glyph.c) || rng.f64() >= options.scattered {
                continue;
            }
            let tones = match options.tones {
                Tones::Mixed if rng.bool() => Tones::Without,
                Tones::Mixed => Tones::Marked,
                tones => tones,
            };
            let mut of_character = Rng::with_seed(self.seed ^ u64::from(u32::from(glyph.c)));
            if let Some(reading) = draw_reading(glyph.c, tones, &mut of_character) {
                let gloss = format!("({reading})").repeat(rng.usize(1..=options.repeats));
                glyphs.extend(gloss.chars().map(Glyph::inserted));
            }
        }
    }

    /// Different for each line, and the same in each run.
    fn rng_of(&self, line: &str) -> Rng {
        let hash = |hash: u64, b: u8| (hash ^ u64::from(b)).wrapping_mul(0x100_0000_01b3);
        Rng::with_seed(line.bytes().fold(self.seed ^ 0xcbf2_9ce4_8422_2325, hash))
    }

    /// Cuts the line behind one of its characters that are in the table, if there are any.
    fn cut_behind_glossed(&self, line: &mut String, rng: &mut Rng) -> bool {
        let glossed =
            |c| encode_char(c).is_some_and(|pair| self.table.iter().any(|(search, _)| *search == pair));
        let ends: Vec<usize> =
            line.char_indices().filter(|&(_, c)| glossed(c)).map(|(at, c)| at + c.len_utf8()).collect();
        if ends.is_empty() {
            return false;
        }
        line.truncate(ends[rng.usize(..ends.len())]);
        true
    }

    /// Splits at the first mark, the pieces at the next, and so on; the marks themselves stay what they are.
    fn decode_pieces(&self, bytes: &Bytes, range: Range<usize>, marks: &[char], page: &mut Damaged) {
        let Some((&mark, marks)) = marks.split_first() else {
            self.options.decode(bytes, range, page);
            return;
        };
        let code = encode_char(mark).expect("a full-width mark");
        let mut from = range.start;
        for at in memmem::find_iter(&bytes.bytes[range.clone()], &code).map(|at| range.start + at) {
            self.decode_pieces(bytes, from..at, marks, page);
            from = at + code.len();
            page.glyphs.push(bytes.glyph(mark, at..from, false));
        }
        self.decode_pieces(bytes, from..range.end, marks, page);
    }
}

impl Options {
    fn traditional_of(&self, c: char) -> char {
        match c {
            '着' if self.zhu => '著',
            _ if self.keep.contains(c) => c,
            _ => one_to_one().0.get(&c).copied().unwrap_or(c),
        }
    }

    /// The text as the site has it before it is damaged: Traditional, if the options say so.
    #[must_use]
    pub fn convert(&self, clean: &str) -> String {
        if self.traditional {
            clean.chars().map(|c| self.traditional_of(c)).collect()
        } else {
            clean.to_owned()
        }
    }

    /// Decodes a piece behind what the page has already.
    fn decode(&self, all: &Bytes, range: Range<usize>, page: &mut Damaged) {
        let mark = if self.decoder == Decoder::Fffd { '\u{fffd}' } else { '?' };
        let bytes = &all.bytes[..range.end];
        let begin = page.glyphs.len();
        let mut at = range.start;
        while let Some(&lead) = bytes.get(at) {
            let single = match lead {
                0..=0x7f => Some(char::from(lead)),
                0x80 => Some('€'),
                0xff => Some('\u{f8f5}'),
                _ => None,
            };
            if let Some(c) = single {
                page.glyphs.push(all.glyph(c, at..at + 1, false));
                at += 1;
                continue;
            }
            let Some(&trail) = bytes.get(at + 1) else {
                page.lost += 1;
                if self.dangling {
                    page.glyphs.push(all.glyph(mark, at..at + 1, true));
                }
                break;
            };
            if let Some(c) = decode_pair(lead, trail) {
                page.glyphs.push(all.glyph(c, at..at + 2, false));
                at += 2;
                continue;
            }
            let eaten = self.decoder == Decoder::Php || !trail.is_ascii();
            // A bracket says that a gloss is to follow, and the gloss says which byte it stands behind.
            let lost = trail != b'(';
            page.broken += usize::from(!lost);
            page.lost += if lost { 1 + usize::from(eaten) } else { 0 };
            let end = at + 1 + usize::from(eaten);
            page.glyphs.push(all.glyph(mark, at..end, lost));
            at = end;
        }
        resolve_references(&mut page.glyphs, begin);
    }

    /// Emoji, rare characters and more commas.
    fn sprinkle(&self, glyphs: &mut Vec<Glyph>, rng: &mut Rng) {
        if self.emoji + self.rare + self.commas == 0.0 {
            return;
        }
        for glyph in std::mem::take(glyphs) {
            glyphs.push(glyph);
            if is_han(glyph.c) && rng.f64() < self.emoji {
                glyphs.push(Glyph::inserted(EMOJI[rng.usize(..EMOJI.len())]));
            }
            if is_han(glyph.c) && rng.f64() < self.rare {
                // The characters of GBK/3 are all but a few hundred rare.
                glyphs.extend(decode_pair(rng.u8(0x81..=0xa0), rng.u8(0x80..=0xfe)).map(Glyph::inserted));
            }
            if matches!(glyph.c, ',' | '，') && rng.f64() < self.commas {
                glyphs.extend(std::iter::repeat_n(Glyph::inserted(glyph.c), rng.usize(1..=2)));
            }
        }
    }

    fn make_even(&self, glyphs: &mut [Glyph]) {
        for i in 0..glyphs.len() {
            let c = glyphs[i].c;
            let even = match (self.width, c) {
                (Width::Half, '\u{ff01}'..='\u{ff5e}') => {
                    char::from_u32(u32::from(c) - 0xfee0).expect("an ASCII character")
                }
                (Width::WideBrackets, '(') => '（',
                (Width::WideBrackets, ')') => '）',
                (Width::WideQuestion, '?')
                    if i > 0
                        && is_han(glyphs[i - 1].c)
                        && glyphs.get(i + 1).is_some_and(|next| MARKS.contains(&next.c)) =>
                {
                    '？'
                }
                _ => c,
            };
            glyphs[i] = glyphs[i].read_as(even);
        }
    }
}

const fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')
}

/// Resolves the references that stand for what GBK does not have, where they are whole still.
fn resolve_references(glyphs: &mut Vec<Glyph>, from: usize) {
    let mut at = from;
    while let Some(start) = glyphs[at..].windows(2).position(|w| [w[0].c, w[1].c] == ['&', '#']) {
        let start = at + start;
        let digits: String =
            glyphs[start + 2..].iter().map(|g| g.c).take_while(char::is_ascii_digit).collect();
        let end = start + 2 + digits.len();
        at = start + 1;
        let character = digits.parse().ok().filter(|&code| code > 0x7f).and_then(char::from_u32);
        if let Some(c) = character.filter(|_| glyphs.get(end).is_some_and(|g| g.c == ';')) {
            glyphs[start] = glyphs[start].joined(glyphs[end], c);
            glyphs.drain(at..=end);
        }
    }
}

/// The bytes of a character, and what is put behind them.
fn entry(c: char, reading: &str, repeats: usize) -> ([u8; 2], Vec<u8>) {
    let search = encode_char(c).unwrap_or_else(|| panic!("{c} is not in GBK"));
    let mut gloss = Vec::new();
    format!("({reading})").chars().for_each(|c| encode(c, &mut gloss));
    (search, gloss.repeat(repeats))
}

/// A reading that GBK can hold: mostly the commonest, for some characters another.
fn draw_reading(c: char, tones: Tones, rng: &mut Rng) -> Option<String> {
    encode_char(c)?;
    let readings = c.to_pinyin_multi()?;
    let index = if rng.f64() < 0.8 { 0 } else { rng.usize(..readings.count()) };
    let reading = readings.get(index);
    let toned = match tones {
        Tones::Marked => true,
        Tones::Without => false,
        Tones::Mixed => rng.bool(),
    };
    let reading = if toned { reading.with_tone() } else { reading.plain() };
    reading.chars().all(|c| c.is_ascii() || encode_char(c).is_some()).then(|| reading.to_owned())
}

/// The 3,755 characters of GB 2312's first level, the common ones.
fn common() -> impl Iterator<Item = char> {
    (0xb0..=0xd7)
        .flat_map(|lead| (0xa1..=0xfe).filter_map(move |trail| decode_pair(lead, trail)))
        .filter(|&c| !is_private(c))
}

/// OpenCC's first choice for each character, but for [`OTHERWISE`], and the way back.
fn one_to_one() -> &'static (HashMap<char, char>, HashMap<char, char>) {
    static TABLE: OnceLock<(HashMap<char, char>, HashMap<char, char>)> = OnceLock::new();
    TABLE.get_or_init(|| {
        let (mut there, mut back) = (HashMap::new(), HashMap::new());
        let mut add = |from, to| {
            there.insert(from, to);
            back.insert(to, from);
        };
        for line in include_str!("../../dictionaries/opencc/STCharacters.txt").lines() {
            let Some((from, to)) = line.split_once('\t') else { continue };
            if let (Some(from), Some(to)) = (from.chars().next(), to.chars().next()) {
                add(from, to);
            }
        }
        OTHERWISE.into_iter().for_each(|(from, to)| add(from, to));
        (there, back)
    })
}

fn simplified_of(c: char) -> char {
    one_to_one().1.get(&c).copied().unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Class;

    /// As found on a page: the text is Traditional already.
    fn page(table: &[(char, &str)], text: &str) -> String {
        page_of(table, text, Options::default())
    }

    fn page_of(table: &[(char, &str)], text: &str, options: Options) -> String {
        Site::new(table, Options { traditional: false, ..options }).damage(text).text
    }

    fn split_at(marks: &str) -> Options {
        Options { split: Split::At(marks.chars().collect()), ..Options::default() }
    }

    #[test]
    fn well_formed() {
        let table = [('書', "shū"), ('長', "zhǎng")];
        assert_eq!(page(&table, "市委副書記、市長"), "市委副書(shū)記、市長(zhǎng)");
    }

    #[test]
    fn trail_and_lead_make_a_character_of_the_table() {
        assert_eq!(page(&[('數', "shù")], "運輸的城市已形成了較完整"), "運輸?shù)某鞘幸研纬闪溯^完整");
        assert_eq!(page(&[('側', "cè"), ('數', "shù")], "律師總人數從"), "律師總?cè)藬?shù)從");
        assert_eq!(page(&[('冊', "cè"), ('驗', "yàn")], "溫變試驗箱"), "溫變?cè)囼?yàn)箱");
        assert_eq!(page(&[('驗', "yàn"), ('開', "kāi")], "因為一開始"), "因?yàn)橐婚_(kāi)始");
    }

    #[test]
    fn a_shifted_run_ends_at_a_piece_end() {
        let damaged = page_of(&[('聯', "lián")], "下擊穿電壓，擊穿", split_at("，"));
        assert_eq!(damaged, "下?lián)舸╇妷?，擊穿");
    }

    #[test]
    fn a_shifted_run_gets_glosses_of_its_own() {
        let table = [('負', "fù"), ('質', "zhì")];
        assert_eq!(page(&table, "拓撲相變和拓撲相物質"), "拓?fù)湎嘧兒屯負(fù)湎辔镔|(zhì)");
        assert_eq!(
            page(&[('轉', "zhuǎn"), ('優', "yōu"), ('產', "chǎn")], "轉變為產品"),
            "轉(zhuǎn)變?yōu)楫a(chǎn)品"
        );
        let table = [('谷', "gǔ"), ('鄉', "xiāng")];
        assert_eq!(page(&table, "使全市城鄉"), "使?gǔ)\u{e087}谐青l(xiāng)");
    }

    #[test]
    fn the_order_of_the_table_counts() {
        let (first, second) = (('創', "chuàng"), ('獎', "jiǎng"));
        assert_eq!(page(&[first, second], "要創新"), "要?jiǎng)?chuàng)新");
        assert_ne!(page(&[second, first], "要創新"), "要?jiǎng)?chuàng)新");
    }

    #[test]
    fn a_split_between_characters_breaks_text_without_glosses() {
        assert_eq!(page_of(&[], "任務。縣委", split_at("？")), "任務?？h委");
        assert_eq!(page_of(&[], "增長。〔1 〕", split_at("！")), "增長?！? 〕");
        assert_eq!(page_of(&[], "紀元。回國", split_at("；")), "紀元?；貒?");
        assert_eq!(page_of(&[], "。”時", split_at("！")), "?！睍r");
        assert_eq!(page_of(&[], "　（記者，", split_at("。，")), "?。ㄓ浾?，");
        // A mark that comes first in the site's order takes its bytes from the others.
        assert_eq!(page_of(&[], "任務。縣委", split_at("。？")), "任務。縣委");
    }

    #[test]
    fn stored_pages_have_other_widths() {
        let wide = |marks| Options { width: Width::WideQuestion, ..split_at(marks) };
        assert_eq!(page_of(&[], "任務。縣委", wide("？")), "任務？？h委");
        assert_eq!(page_of(&[], "增長。〔1 〕", wide("！")), "增長？！? 〕");
        let half = |marks| Options { width: Width::Half, ..split_at(marks) };
        assert_eq!(page_of(&[], "。縣", half("？")), "??h");
        // ＠ is A3C0, the trail byte of 福 and the lead byte of 利.
        let table = [('和', "hé")];
        let (shifted, kept) = ("兒?hé)\u{e1ed}＠\u{e381}号c", Options::default());
        assert_eq!(page_of(&table, "兒童福利院與", kept), shifted);
        assert_eq!(page_of(&table, "兒童福利院與", half("")), shifted.replace('＠', "@"));
        let brackets = Options { width: Width::WideBrackets, ..Options::default() };
        assert_eq!(page_of(&[('書', "shū")], "副書記", brackets), "副書（shū）記");
    }

    #[test]
    fn decoders() {
        let table = [('聯', "lián")];
        let with = |decoder| page_of(&table, "下擊穿", Options { decoder, ..Options::default() });
        assert_eq!(with(Decoder::Php), "下?lián)舸?");
        assert_eq!(with(Decoder::Keep), "下?(lián)舸?");
        assert_eq!(with(Decoder::Fffd), "下\u{fffd}(lián)舸\u{fffd}");
        let silent = Options { dangling: false, ..Options::default() };
        assert_eq!(page_of(&table, "下擊穿", silent), "下?lián)舸");
    }

    #[test]
    fn pairs_of_private_use_vanish() {
        // 擔使命 is 93FA CAB9 C3FC; FACA and, where nothing splits at 、, FCA1 are for users.
        let table = [('聯', "lián"), ('動', "dòng")];
        let dropped = Options { drop_private: true, ..Options::default() };
        assert_eq!(page(&table, "要勇擔使命、主動作為"), "要勇?lián)\u{e319}姑\u{e3ac}⒅鲃?dòng)作為");
        assert_eq!(page_of(&table, "要勇擔使命、主動作為", dropped), "要勇?lián)姑⒅鲃?dòng)作為");
        // The page of the samples: decoded with the shift, encoded, split at 、, decoded again.
        let yangquan = Options { twice: true, drop_private: true, ..split_at("、") };
        assert_eq!(page_of(&table, "要勇擔使命、主動作為", yangquan), "要勇?lián)姑?、主?dòng)作為");
    }

    #[test]
    fn circled_numbers_where_a_mark_meets_a_shifted_byte() {
        assert_eq!(page(&[('形', "xíng")], "市委宣傳部、市政"), "市?xíng)\u{e205}麄鞑俊⑹姓?");
        assert_eq!(page(&[('志', "zhì")], "創持久和平、共同"), "創持?zhì)煤推健⒐餐?");
    }

    #[test]
    fn a_false_hit_on_a_letter_shifts_nothing() {
        // 產 is AE61.
        let trail = decode_pair(0x88, 0xae).unwrap();
        assert_eq!(page(&[('產', "chǎn")], &format!("{trail}a級")), format!("{trail}a(chǎn)級"));
    }

    #[test]
    fn variants_of_the_gloss() {
        let repeated = Options { repeats: 3, ..Options::default() };
        assert_eq!(page_of(&[('系', "xi")], "系統", repeated), "系(xi)(xi)(xi)統");
        assert_eq!(page(&[('會', "huì "), ('類', "lèi")], "社會人類"), "社會(huì )人類(lèi)");
        let every =
            Options { traditional: false, scattered: 1.0, tones: Tones::Without, ..Options::default() };
        assert_eq!(page_of(&[], "统一，", every), "统(tong)一(yi)，");
        let cut = Options { cut: 1.0, ..Options::default() };
        let site = Site::new(&[('國', "guó")], cut);
        let line = site.damage("中国人民");
        assert_eq!(line.truth, "中國");
        assert!("中國(guó".starts_with(&line.text) && line.text.starts_with("中國("), "{}", line.text);
    }

    #[test]
    fn truth_is_traditional_one_to_one() {
        let options = Options { width: Width::Half, ..Options::default() };
        let line = Site::new(&[('書', "shū")], options).damage("市委副书记，看着皇后发言里面？");
        assert_eq!(line.truth, "市委副書記,看着皇后發言里面?");
        assert_eq!(line.text, "市委副書(shū)記,看着皇后發言里面?");
        assert_eq!((line.broken, line.lost), (0, 0));
        let zhu = Options { zhu: true, keep: String::new(), ..Options::default() };
        assert_eq!(Site::new(&[], zhu).damage("看着皇后").truth, "看著皇後");
    }

    #[test]
    fn characters_outside_gbk_are_references_in_the_bytes() {
        let line = Site::new(&[], Options::default()).damage("A·B😀¥é");
        assert_eq!((line.text.as_str(), line.lost), ("A·B😀¥é", 0));
        // The gloss of a false hit ends at the `&` of the reference, which its last byte eats.
        let text = page(&[('聯', "lián")], "下擊😀");
        assert_eq!(text, "下?lián)?#128512;");
    }

    #[test]
    fn what_is_lost_is_counted() {
        let site = Site::new(&[('聯', "lián")], Options { traditional: false, ..split_at("，") });
        let line = site.damage("下擊穿電壓，擊穿");
        assert_eq!((line.broken, line.lost), (1, 1));
    }

    #[test]
    fn repairs_are_judged_by_what_stood_there() {
        let site =
            Site::new(&[('數', "shù"), ('書', "shū")], Options { traditional: false, ..Options::default() });
        let page = site.damage("副書記運輸的城市已形成了較完整");
        assert_eq!(page.text, "副書(shū)記運輸?shù)某鞘幸研纬闪溯^完整");
        let span = |part: &str| {
            let at = page.text.find(part).unwrap();
            at..at + part.len()
        };
        let (gloss, run) = (span("(shū)"), span("?shù)某鞘幸研纬闪溯^"));
        assert!(page.is_repair(gloss.clone(), ""));
        assert!(!page.is_repair(span("書(shū)"), ""));
        assert!(page.is_repair(span("書(shū)"), "書"));
        assert!(page.is_repair(run.clone(), "的城市已形成了較"));
        assert!(!page.is_repair(run.clone(), "的城市已形成了校"));
        assert!(page.is_repair(span("輸?shù)某鞘幸研纬闪溯^完"), "輸的城市已形成了較完"));
        // Its ends lie inside characters.
        assert!(!page.is_repair(span("某"), "城"));
        assert!(!page.is_repair(span("?shù)"), ""));
        assert_eq!(page.class(gloss), Class::WellFormed);
        assert_eq!(page.class(run), Class::Shifted);
        assert_eq!(page.class(span("完整")), Class::Whole);
    }

    #[test]
    fn what_vanished_may_be_put_back_or_not() {
        let silent = Options { traditional: false, dangling: false, ..split_at("，") };
        let page = Site::new(&[('聯', "lián")], silent).damage("下擊穿電壓，擊穿");
        assert_eq!(page.text, "下?lián)舸╇妷，擊穿");
        let end = page.text.find('，').unwrap();
        assert!(page.is_repair("下".len()..end, "擊穿電壓"));
        assert!(!page.is_repair("下".len()..end, "擊穿電"));
        assert_eq!(page.class("下".len()..end), Class::Lost);
        let table = [('負', "fù"), ('質', "zhì")];
        let page = Site::new(&table, Options { traditional: false, ..Options::default() });
        let page = page.damage("拓撲相變和拓撲相物質");
        let gloss = page.text.find("(zhì)").unwrap();
        assert_eq!(page.class(gloss..page.text.len()), Class::InShiftedRun);
    }

    #[test]
    fn the_whole_page_is_what_the_whole_truth_was() {
        let marks = "，。、；！？";
        let text = "《通知》要求，各级各部门要“高度重视”、认真学习；抓好落实！１９９８年１月１日（星期四）记者 😀 Wang报道。";
        for seed in 0..200 {
            let options = Options {
                split: if seed % 2 == 0 { Split::Drawn } else { Split::At(marks.chars().collect()) },
                twice: seed % 3 == 0,
                drop_private: seed % 5 == 0,
                dangling: seed % 7 != 0,
                width: [Width::AsIs, Width::Half, Width::WideBrackets][seed as usize % 3],
                decoder: [Decoder::Php, Decoder::Keep, Decoder::Fffd][seed as usize % 4 % 3],
                commas: 0.3,
                ..Options::default()
            };
            let page = Site::draw(seed, options).damage(text);
            assert!(page.is_repair(0..page.text.len(), &page.truth), "{page:?}");
            assert!(!page.is_repair(0..page.text.len(), &page.truth[3..]));
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_site() {
        let options = || Options {
            split: Split::Drawn,
            tones: Tones::Mixed,
            spaced: 0.3,
            emoji: 0.1,
            rare: 0.1,
            commas: 0.5,
            cut: 0.5,
            ..Options::default()
        };
        let text = "全国各族人民要紧密团结起来，认真学习，为实现这一目标，为建设现代化国家努力工作。";
        let of = |seed| Site::draw(seed, options()).damage(text);
        assert_eq!(of(7), of(7));
        assert!((0..20).any(|seed| of(seed) != of(7)));
        for seed in 0..50 {
            let site = Site::draw(seed, options());
            assert!((40..=250).contains(&site.table.len()), "{}", site.table.len());
            assert!(!site.marks.is_empty());
        }
    }
}
