//! The one static table of rules. The command line, the documentation and the reports all read it.
//!
//! To add a rule: add an entry here and propose its edits in the stage's file.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The stages, in the order in which they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StageId {
    /// Bytes to text.
    Decode,
    /// Undoes misread and shifted bytes; character hygiene.
    Recover,
    /// Drops pinyin glosses.
    Gloss,
    /// Traditional to Simplified.
    Script,
    /// Jump lines, stray marks, captions.
    Furniture,
    /// Rejoins broken lines and paragraphs.
    Reflow,
    /// Drops doubled fragments.
    Repeats,
    /// Full-width punctuation and quotes.
    Punctuation,
}

impl StageId {
    /// All stages, in order.
    pub const ALL: [StageId; 8] = [
        StageId::Decode,
        StageId::Recover,
        StageId::Gloss,
        StageId::Script,
        StageId::Furniture,
        StageId::Reflow,
        StageId::Repeats,
        StageId::Punctuation,
    ];

    /// The stage's name, as in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            StageId::Decode => "decode",
            StageId::Recover => "recover",
            StageId::Gloss => "gloss",
            StageId::Script => "script",
            StageId::Furniture => "furniture",
            StageId::Reflow => "reflow",
            StageId::Repeats => "repeats",
            StageId::Punctuation => "punctuation",
        }
    }
}

impl fmt::Display for StageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for StageId {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let known = || Self::ALL.map(StageId::name).join(", ");
        Self::ALL
            .into_iter()
            .find(|stage| stage.name() == s)
            .ok_or_else(|| format!("no stage `{s}`; the stages are {}", known()))
    }
}

/// What is done with what a rule finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Applicability {
    /// Never applied: a finding.
    Display,
    /// Applied on request (`--select-unsafe`), otherwise a finding.
    Unsafe,
    /// Applied.
    Safe,
}

impl fmt::Display for Applicability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Applicability::Display => "display",
            Applicability::Unsafe => "unsafe",
            Applicability::Safe => "safe",
        })
    }
}

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// Stable code, as in `REF003`.
    pub code: &'static str,
    /// Readable name, as in `cut-paragraph`.
    pub name: &'static str,
    /// The stage that it belongs to.
    pub stage: StageId,
    /// The most that is done with its edits; a doubtful edit of a safe rule is unsafe or a finding.
    pub applicability: Applicability,
    /// Wrong safe edits that are tolerated per million characters of clean text.
    pub harm_budget: f32,
    /// One line.
    pub summary: &'static str,
    /// What it sees, what it does, when it holds back; with an example.
    pub explanation: &'static str,
}

macro_rules! rules {
    ($($(#[$doc:meta])* $id:ident = $code:literal $name:literal $stage:ident $applicability:ident $budget:literal $summary:literal $explanation:literal)*) => {
        /// Names a rule of [`RULES`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum RuleId {
            $(#[doc = $summary] $id,)*
        }

        impl RuleId {
            /// All rules, by stage.
            pub const ALL: &'static [RuleId] = &[$(RuleId::$id,)*];
        }

        /// All rules, by stage.
        pub static RULES: &[Rule] = &[$(Rule {
            code: $code,
            name: $name,
            stage: StageId::$stage,
            applicability: Applicability::$applicability,
            harm_budget: $budget,
            summary: $summary,
            explanation: $explanation,
        },)*];
    };
}

rules! {
    InvalidBytes = "DEC001" "invalid-bytes" Decode Display 0.0
        "bytes that the document's encoding does not allow"
        "The bytes are shown as U+FFFD and kept in the edit log, so that the original can be restored. They are not guessed."
    ReplacementCharacter = "REC001" "replacement-character" Recover Display 0.0
        "U+FFFD stands for bytes lost before this text was written"
        "Nothing can be recovered from a replacement character: the place is reported."
    LostText = "REC002" "lost-text" Recover Display 0.0
        "锟斤拷, 烫烫烫 and the like: text lost by a wrong decoding"
        "`锟斤拷` is what two U+FFFD become when their UTF-8 bytes are read as GBK; `烫烫烫` and `屯屯屯` are uninitialised memory read as GBK. The text they stood for is gone: the place is reported."
    ShiftedBytes = "REC003" "shifted-bytes" Recover Safe 0.0
        "characters broken by a gloss or a split that hit their bytes"
        "A gloss that was put between the trail byte of one character and the lead byte of the next shifts the bytes up to the next ASCII byte: `運輸?shù)某鞘幸研纬闪溯^完整` is `運輸的城市已形成了較完整`, since [94 B5] is 數 (shù), and 輸 is DD 94, 的 B5 C4. A split at the bytes of a mark does the same: `任務?？h委` is `任務。縣委`. The bytes are found by the reading, the document's own glosses and the n-gram; a repair is made if running the damage on it gives the page back exactly and no other text is nearly as likely."
    KangxiRadical = "REC004" "kangxi-radical" Recover Safe 0.0
        "a Kangxi radical that stands for the ideograph of the same shape"
        "PDF extraction gives `⼀` (U+2F00) where the page has `一` (U+4E00). The ideograph is the radical's compatibility decomposition in Unicode. Radicals of the supplement (`⻓`) are likewise ideographs where exactly one ideograph has their shape."
    LostBytes = "REC005" "lost-bytes" Recover Unsafe 0.0
        "damage whose bytes are partly lost"
        "Where bytes are gone without a trace, the likeliest text under the bytes and readings that are left is proposed: `勇?lián)姑?、` may be `勇擔使命、`. Where no text is likely enough, the place is reported. Every later stage keeps away from what is left."
    MisreadUtf8 = "REC010" "misread-utf8" Recover Safe 0.0
        "UTF-8 that was read as another encoding"
        "`åŒ—äº¬` (read as Windows' Latin-1) and `缂栫爜` (read as GBK) become `北京` and `编码`. A stretch is repaired when misreading the repair gives the damage back exactly and the repair is far likelier text; a stretch that is only likelier is unsafe. Accidents happen (联通 in GBK is nearly valid UTF-8), so a short stretch in sound text needs more than one in a document full of them."
    MisreadGbk = "REC011" "misread-gbk" Recover Safe 0.0
        "GBK that was read as another encoding"
        "`ÖÐÎÄ±àÂë` (read as Latin-1) and `笢恅晤鎢` (read as Big5) become `中文编码`; also what a reader leaves that takes the accidental UTF-8 in it for UTF-8 and the rest for Latin-1. Nearly every pair of GBK is one of Big5, so there the text itself has to show it: four common characters or more, unless the document shows it elsewhere."
    MisreadBig5 = "REC012" "misread-big5" Recover Safe 0.0
        "Big5 that was read as another encoding"
        "`¤¤¤å½s½X` (read as Latin-1) and `いゅ絪絏` (read as GBK) become `中文編碼`, under the same conditions as misread-gbk."
    MisreadTwice = "REC013" "misread-twice" Recover Safe 0.0
        "text that was misread, stored, and misread again"
        "`Ã¥Å’â€”Ã¤ÂºÂ¬` is `北京` in UTF-8 read as Windows' Latin-1 twice; `脰脨脦脛` is the GBK of `中文` read as Latin-1, stored as UTF-8 and read as GBK. Both misreadings are undone at once, and misreading the repair twice gives the damage back exactly."
    EatenAmpersand = "REC014" "eaten-ampersand" Recover Safe 0.0
        "a character reference that lost its &"
        "`时间#xff1a;明天` and `时间#65306;明天` become `时间：明天`: next to Chinese, or anywhere in a text where most stand next to it, and where the reference is to a Chinese character or mark. Whole references (`&#xff1a;`) stay."
    CompatibilityIdeograph = "REC020" "compatible-ideograph" Recover Safe 0.0
        "a compatibility ideograph that stands for the unified one"
        "U+F967 looks like `不` and is not found by a search for it. The unified ideograph is its canonical equivalent in Unicode. Twelve of the block (U+FA0E 﨎) are unified themselves and stay, as do those of Korean and Japanese documents and those before a variation selector."
    InvisibleCharacter = "REC021" "invisible-character" Recover Safe 0.0
        "a zero-width space, joiner, byte order mark or mark of direction that has no meaning"
        "A zero-width space, joiner or byte order mark between Chinese or ASCII characters goes: nothing there joins or runs from right to left. The joiners of emoji stay, and marks beside Arabic or Hebrew; overrides of direction (U+202E) are reported."
    OddSpace = "REC022" "odd-space" Recover Safe 0.0
        "a no-break or other special space next to Chinese"
        "A no-break space (U+00A0), em space or thin space next to a Chinese character or mark becomes an ordinary space, never less. The ideographic space stays: it indents paragraphs and sets names (`王　伟`)."
    PrivateCharacter = "REC023" "private-character" Recover Unsafe 0.0
        "a private-use character"
        "Only the font knows what it is: reported. Twenty code points were those of characters that GBK or GB 18030 had before Unicode (U+E81E is U+9FB4 since GB 18030-2022): an unsafe edit, because icon fonts use them too."
    ControlCharacter = "REC024" "control-character" Recover Display 0.0
        "a control character other than tab and line ends"
        "`断\\u{2}字`: PDF extraction leaves such characters where a glyph has no code. Reported, NUL too."
    WindowsMark = "REC025" "windows-mark" Recover Safe 0.0
        "a quote or dash of Windows' Latin-1 read as a control character"
        "U+0093 and U+0094 next to text become `“` and `”`: the bytes 93 and 94 of Windows-1252 read as ISO 8859-1, as browsers read `&#147;`."
    PinyinGloss = "GLO001" "pinyin-gloss" Gloss Safe 0.0
        "a pinyin gloss that the site's software put behind a character"
        "`市委副書(shū)記` becomes `市委副書記`. A gloss goes when its syllable is a reading of the character before it and the document shows that software put it there: common characters glossed, glosses inside words, and the same character glossed each time it occurs."
    AuthorsReading = "GLO002" "authors-reading" Gloss Display 0.0
        "a reading that may be the author's own"
        "A rare character or a name glossed once, a textbook's readings: they stay and are listed as findings."
    EmojiInWord = "GLO003" "emoji-in-word" Gloss Safe 0.0
        "an emoji that software put inside a word"
        "`发😀展` becomes `发展` in a document whose words are broken up by glosses at random too: the same software put both there. In a document that software glossed, where emoji split words as often as chance does, those between words go too. Elsewhere, and at the end of a clause, it may be the author's: unsafe."
    RepeatedComma = "GLO004" "repeated-comma" Gloss Safe 0.0
        "commas that the glossing software repeated"
        "`发展，，，改革` becomes `发展，改革` in a document that software glossed: the same operators repeat commas."
    Traditional = "SCR001" "traditional" Script Safe 1.0
        "Traditional characters become Simplified"
        "`經濟發展` becomes `经济发展`: characters and phrases from OpenCC's dictionaries, the longest match first. 著 becomes 着 (`着力`, `看着`) unless it is the word of writing and fame (`著名`, `显著`, an author's `著`)."
    IsolatedTraditional = "SCR002" "isolated-traditional" Script Display 0.0
        "a Traditional or variant character in a Simplified document"
        "Names are written so (`刘鹹`, `鸿昇`), and OCR misreads so: the character stays and is a finding."
    JumpLine = "FUR001" "jump-line" Furniture Safe 0.0
        "a newspaper's jump line: (下转第3版)"
        "`争取政策和资金支持。(下转第3版)` loses its jump line, also with the digits lost, a bracket lost at the line's end, or the line's other half `（上接第1版）`. A reference (`详见第3版`) stays."
    StrayMark = "FUR002" "stray-mark" Furniture Safe 0.0
        "a `|` left over from a table cell of the page"
        "`|` as a line of its own or behind a full stop at a line's end: `……的工作要求。|`. Never in a document with tables."
    Caption = "FUR003" "caption" Furniture Safe 0.2
        "a caption inside a sentence moves behind its paragraph"
        "`同时,重 ⏎⏎ 太谷玛钢产业聚势赋能 资料图 ⏎⏎ 点聚焦以下工作`: the halves of a sentence stand on both sides of a picture's caption, or of a line that is the page's own (`责任编辑：王某某`, `A07 要闻`). One move takes the caption behind the paragraph; the halves are joined by cut-paragraph."
    PageNumber = "FUR004" "page-number" Furniture Safe 0.2
        "a page number among the text"
        "`— 3 —`, `第3页 共10页`: lines that count on from page to page go. Lone numbers (`3`) go only if some of them stand inside sentences, since sections are numbered so too. A single one is a finding."
    RunningHead = "FUR005" "running-head" Furniture Safe 0.2
        "a masthead or running head that the pages repeat"
        "`晋中日报 2024年6月3日 第3版` on each page, alike but for its numbers: three times or more, and inside sentences again and again. A heading that a document repeats (`编者按`) stays."
    HardWrap = "REF001" "hard-wrap" Reflow Safe 0.5
        "a line broken at the column's width"
        "Consecutive lines of the same width whose words run across their ends are one paragraph. Verse, lists, tables and code stay."
    WrapSpace = "REF002" "wrap-space" Reflow Safe 0.5
        "a space where the column wrapped"
        "`坚定不移贯 彻落实` recurs every column's width: the spaces at the wraps go, those that the author put inside a line (`100MW 风电`) stay."
    CutParagraph = "REF003" "cut-paragraph" Reflow Safe 1.0
        "a paragraph cut inside a word or sentence"
        "`集中教育整 ⏎⏎ 顿暨专项` becomes `集中教育整顿暨专项`. A trained model weighs what is seen at the break (marks, words across it, the n-gram, lengths, the shape of a heading) and how the document's other breaks look; a join that is likely but not certain is unsafe."
    Hyphenation = "REF004" "hyphenation" Reflow Safe 0.1
        "a Latin word hyphenated at a line's end"
        "`infor-⏎mation` becomes `information`; `well-⏎known` keeps its hyphen; a hyphen between Han characters goes. The word list and the document's own words decide."
    MarkSpace = "REF005" "mark-space" Reflow Safe 0.5
        "a space beside a full-width mark"
        "`（记者 殷雪莹、梁涛） 6月2日` becomes `（记者 殷雪莹、梁涛）6月2日` in running prose; headlines and bylines keep theirs."
    BlankLines = "REF006" "blank-lines" Reflow Safe 0.0
        "blank lines at the start and end, and runs of them"
        "Blank lines at the start and the end of a document go, runs of blank lines collapse to one. Nothing of the text changes."
    LostBreak = "REF007" "lost-break" Reflow Safe 0.0
        "a space that stands for a lost paragraph break"
        "In a document that is one long line, and whose spaces nearly all follow a full stop, the spaces are the paragraphs' ends."
    LostHalf = "REF008" "lost-half" Reflow Display 0.0
        "a paragraph that stops inside a sentence and does not go on"
        "`不断完善我市现代物 ⏎⏎ 市工信局局长张建岗表示`: the halves do not belong together, text was lost. Reported."
    ParagraphSeparator = "REF009" "paragraph-separator" Reflow Safe 0.0
        "a paragraph's end, where one separator is asked for"
        "With `--paragraphs newline` blank lines between paragraphs go; with `--paragraphs blank-line` one is put behind each paragraph: behind every line of a document without any, elsewhere behind prose that ends its sentence with the line. Lists, tables and code stay."
    LetterSpace = "REF010" "letter-space" Reflow Safe 0.0
        "a space between each two characters"
        "`全 市 上 下 齐 心 协 力 ， 推 动` becomes `全市上下齐心协力，推动`: running prose that was set or extracted with a space behind each character, and its headings. A heading that alone is spread, and verse, stay."
    StraySpace = "REF011" "stray-space" Reflow Safe 0.5
        "a space at random inside a sentence"
        "`充分发挥市场机 制作用` becomes `充分发挥市场机制作用` in a document whose sentences have such spaces again and again, one in five of them inside a word at the least. Names that are set wide (`李 明`), and text that is parted into its words, keep theirs."
    TailFragment = "REP001" "tail-fragment" Repeats Safe 0.2
        "a sentence's end that stands twice"
        "`困难和问题。问题。`: a fragment behind a full stop that repeats the end of the sentence before it goes. A sentence said twice as a whole (`停车！停车！`) stays."
    SeamOverlap = "REP002" "seam-overlap" Repeats Safe 0.0
        "characters that stand on both sides of a rejoined break"
        "`雄安新区 ⏎⏎ 区，优化` becomes `雄安新区，优化`."
    DoubledParticle = "REP003" "doubled-particle" Repeats Safe 0.5
        "的的 and the like inside running text"
        "`一体的的城市` becomes `一体的城市`, and so with 和 与 将 把 被 从 而 并 及 于; `目的的`, `的的确确`, `中和和` stay."
    RepeatedSentence = "REP004" "repeated-sentence" Repeats Safe 0.2
        "a long sentence or paragraph that stands twice"
        "`要把思想统一到会议精神上来。要把思想统一到会议精神上来。`: a sentence of at least 14 characters that repeats the one before it goes, and a paragraph that repeats the one above it, captions not counted, even where that stands in pieces, which are joined then; a long one that stands a few lines above is a finding. Refrains, slogans and what is short stay (`停车！停车！`)."
    HalfWidthMark = "PUN001" "half-width-mark" Punctuation Safe 1.5
        "a half-width mark in a Chinese context"
        "`奋进时,在` becomes `奋进时，在`. Numbers and times (3,800, 10:30), Latin runs, addresses and formulae stay."
    HalfWidthBracket = "PUN002" "half-width-bracket" Punctuation Safe 0.5
        "half-width brackets around or within Chinese"
        "`(记者 殷雪莹)` becomes `（记者 殷雪莹）`, both brackets or none."
    StraightQuote = "PUN003" "straight-quote" Punctuation Safe 0.5
        "straight quotes around Chinese, paired by paragraph"
        "`\"十四五\"规划` becomes `“十四五”规划`. Which quote opens and which closes is read from the marks beside them and from one another; apostrophes, inches and code stay, and a quote that is not certain is unpaired-quote."
    UnpairedQuote = "PUN004" "unpaired-quote" Punctuation Display 0.0
        "a straight quote without its partner"
        "A straight quote stays where it could as well open as close: one was lost (`只有\"一个引号`)."
    HalfWidthStop = "PUN005" "half-width-stop" Punctuation Safe 0.5
        "a half-width dot at the end of a Chinese sentence"
        "`闻令而动.擂鼓出征.` becomes `闻令而动。擂鼓出征。`. Decimal points, list numbers (`1.总则`, `一.总则`), foreign names (`比尔.克林顿`), abbreviations, file names and addresses stay."
    Ellipsis = "PUN006" "ellipsis" Punctuation Safe 0.2
        "an ellipsis typed as dots or full stops"
        "`他说...` and `他说。。。` become `他说……`. Leaders before a page number and dots between Latin words stay."
    Dash = "PUN007" "dash" Punctuation Safe 0.2
        "a dash typed as hyphens"
        "`双喜临门--大桥通车` becomes `双喜临门——大桥通车`. Ranges, options (`--help`), rules and tables of Markdown stay."
    FullWidthAlnum = "PUN008" "full-width-alnum" Punctuation Safe 0.2
        "full-width digits or Latin letters where the document mostly writes them in half width"
        "`共１２．５万吨` becomes `共12.5万吨` in a document with at least as many digits like `12`; letters are counted apart from digits. A text that is full-width throughout stays."
    FullWidthMark = "PUN009" "full-width-mark" Punctuation Safe 0.0
        "a full-width mark, where the half-width style is asked for"
        "With `--punctuation-style half`, `奋进时，（在` becomes `奋进时,(在`. 、《》 and quotes have no half-width form and stay."
    NotConverged = "PIP001" "not-converged" Decode Display 0.0
        "the stages kept making work for one another"
        "A part of the document still changed after the last round. It is given back unchanged."
}

impl RuleId {
    /// The rule as a list.
    pub(crate) fn alone(self) -> &'static [RuleId] {
        std::slice::from_ref(&Self::ALL[self as usize])
    }

    /// The rule's entry in the table.
    #[must_use]
    pub fn rule(self) -> &'static Rule {
        &RULES[self as usize]
    }

    /// The rule's stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.rule().code
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// Finds a rule by its code or name.
impl FromStr for RuleId {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let named = |id: &RuleId| id.code().eq_ignore_ascii_case(s) || id.rule().name == s;
        Self::ALL
            .iter()
            .copied()
            .find(named)
            .ok_or_else(|| format!("no rule `{s}`; `jiaokan rules` lists them"))
    }
}

impl Serialize for RuleId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for RuleId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        code.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_is_sound() {
        for (i, id) in RuleId::ALL.iter().enumerate() {
            let rule = id.rule();
            assert_eq!(*id as usize, i);
            assert_eq!(rule.code.parse(), Ok(*id), "codes are unique");
            assert_eq!(rule.name.parse(), Ok(*id), "names are unique");
            assert!(
                rule.applicability != Applicability::Display || rule.harm_budget == 0.0,
                "{id} never edits"
            );
        }
    }
}
