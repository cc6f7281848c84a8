//! The analysis pass: what is known of a whole document before any stage runs, and never changes while
//! they do. Facts are of the document, not of places in it, so they hold for every stage's text.

use std::sync::Arc;

use crate::chars::{self, Class, lines};
use crate::config::Config;
use crate::join;
use crate::lexicon::ngram::Model;
use crate::profile::Profile;
use crate::stages::gloss::GlossFacts;
use crate::stages::recover::{self, Glossed};
use crate::stages::reflow;

/// Facts of a document (of a block, where the document was cut into blocks).
#[derive(Clone, Debug, Default)]
pub struct DocFacts {
    /// Whether the text begins where the document does.
    pub is_start: bool,
    /// Whether the text ends where the document does.
    pub is_end: bool,
    /// Han characters.
    pub han: usize,
    /// Latin letters, those of glosses left out.
    pub latin: usize,
    /// Characters that only Traditional text has.
    pub traditional: usize,
    /// Characters that only Simplified text has.
    pub simplified: usize,
    /// Kana and Hangul.
    pub foreign: usize,
    /// Whether the document is to be converted as a whole.
    pub is_traditional: bool,
    /// Pinyin glosses.
    pub glosses: GlossFacts,
    /// What the page glosses and what it does not, where bytes may be shifted.
    pub(crate) glossed: Arc<Glossed>,
    /// Whether glosses broke characters, so that a `?` may stand for lost bytes.
    pub broken_glosses: bool,
    /// Whether bytes may be shifted, by a broken gloss or a split.
    pub shifts: bool,
    /// Lines end in `\r\n`.
    pub crlf: bool,
    /// What was learned from the corpus that the document belongs to.
    pub profile: Option<Arc<Profile>>,
    /// The signs that the document was cut.
    pub evidence: join::Evidence,
    /// What was made of each break so far.
    pub(crate) judged: Arc<join::Judged>,
    /// Lines are records of fields parted by half-width commas or tabs.
    pub tabular: bool,
    /// The characters of [`Class::RARE`] with their byte offsets in the text that was analysed.
    pub(crate) rare: Vec<(usize, char)>,
    /// What is left of bytes that nobody could read, or of a reference without its `&`.
    pub(crate) residue: bool,
}

impl DocFacts {
    /// Reads a document once.
    #[must_use]
    pub fn analyse(text: &str, config: &Config, profile: Option<&Arc<Profile>>) -> Self {
        let mut facts = Self::analyse_again(text, config, profile, &Arc::default());
        facts.judge(text, 0, 0);
        facts
    }

    /// Reads what came of a document whose breaks were judged before; the signs that it was cut are left to
    /// [`DocFacts::judge`].
    pub(crate) fn analyse_again(
        text: &str,
        config: &Config,
        profile: Option<&Arc<Profile>>,
        judged: &Arc<join::Judged>,
    ) -> Self {
        let mut facts = Self { profile: profile.cloned(), judged: Arc::clone(judged), ..Self::default() };
        let (counts, rare) = chars::classes().count(text);
        facts.han = counts.of(Class::HAN);
        facts.latin = counts.of(Class::LATIN);
        facts.traditional = counts.of(Class::TRADITIONAL);
        facts.simplified = counts.of(Class::SIMPLIFIED);
        facts.foreign = counts.of(Class::FOREIGN);
        let [brackets, mut questions] = [Class::BRACKET, Class::QUESTION].map(|class| counts.of(class) > 0);
        facts.residue = recover::has_residue(text);
        if brackets {
            facts.glosses = GlossFacts::of(text, facts.han);
            facts.latin -= facts.glosses.letters;
        }
        // A replacement character may stand for lost bytes too.
        questions |= !rare.is_empty();
        facts.rare = rare;
        let broken = if questions { recover::broken_glosses(text).len() } else { 0 };
        facts.broken_glosses = broken > 0;
        facts.shifts = questions && recover::may_be_shifted(text);
        if facts.shifts {
            facts.glossed = Arc::new(Glossed::new(&facts.glosses, text, broken, profile.cloned()));
        }
        facts.is_traditional = is_traditional(facts.traditional, facts.simplified, config.traditional_share);
        facts.crlf = memchr::memchr(b'\n', text.as_bytes()).is_some_and(|i| text[..i].ends_with('\r'));
        facts.tabular = is_tabular(text, judged);
        facts
    }

    /// Looks for the signs that the document was cut, of whose cuts and wraps so many are undone already. Dear, and of
    /// use to the stages that join and those behind them alone: so of the text that these read.
    pub(crate) fn judge(&mut self, text: &str, cuts: usize, wraps: usize) {
        self.evidence = join::Evidence::judge(text, self.ngram(), &self.judged, cuts, wraps);
    }

    /// Whether the document is Chinese, rather than Latin text or code with Chinese in it. An English word
    /// has about five letters, so a Chinese document may well have more letters than Han characters.
    #[must_use]
    pub const fn is_chinese(&self) -> bool {
        self.han * 3 >= self.latin
    }

    /// The n-gram of the document's own corpus.
    #[must_use]
    pub fn ngram(&self) -> Option<&Model> {
        self.profile.as_deref().map(Profile::ngram)
    }

    /// Whether the document shows that it was cut.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.evidence.is_cut()
    }

    /// The document's line terminator.
    #[must_use]
    pub const fn newline(&self) -> &'static str {
        if self.crlf { "\r\n" } else { "\n" }
    }
}

/// Whether text with so many script-specific characters is Traditional or mixed rather than Simplified
/// text with isolated Traditional characters in it.
#[must_use]
pub fn is_traditional(traditional: usize, simplified: usize, share: f32) -> bool {
    if share <= 0.0 {
        return traditional > 0;
    }
    let enough = traditional as f32 >= share * (traditional + simplified) as f32;
    traditional > 0 && enough && (traditional >= 5 || traditional > simplified)
}

/// Whether most lines hold the same number of separators and no sentence, and no word runs from one to the next.
fn is_tabular(text: &str, judged: &join::Judged) -> bool {
    for separator in [b',', b'\t'] {
        if memchr::memchr(separator, text.as_bytes()).is_none() {
            continue;
        }
        let mut counts = [0usize; 64];
        let mut total = 0;
        for line in lines(text).filter(|line| !line.is_blank()) {
            let fields = memchr::memchr_iter(separator, line.text.as_bytes()).count();
            let sentence = line.text.contains(['。', '！', '？', '；'])
                || line.text.trim_end().ends_with(['.', '!', '?', ';']);
            counts[if sentence { 0 } else { fields.min(63) }] += 1;
            total += 1;
        }
        let most = counts[1..].iter().max().copied().unwrap_or(0);
        if total >= 3 && most * 5 >= total * 4 {
            return !reflow::is_wrapped(text, judged);
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_told_from_prose() {
        assert!(is_tabular("姓名,年龄\n张三,25\n李四,31\n", &join::Judged::default()));
        assert!(!is_tabular(
            "春潮涌动处,扬帆奋进时。\n闻令而动,擂鼓出征。\n以竞的姿态,跑出加速度。\n",
            &join::Judged::default()
        ));
        assert!(!is_tabular(
            "春潮涌动处,扬帆奋进时.\n闻令而动,擂鼓出征.\n以竞的姿态,跑出加速度.\n",
            &join::Judged::default()
        ));
        assert!(!is_tabular(
            "会议指出,要抓好安\n全生产,确保经济社\n会发展,推动高质量\n发展,落实各项任务\n",
            &join::Judged::default()
        ));
    }

    #[test]
    fn isolated_characters_do_not_make_a_text_traditional() {
        assert!(!is_traditional(1, 1, 0.1));
        assert!(!is_traditional(9, 300, 0.1));
        assert!(is_traditional(1, 0, 0.1));
        assert!(is_traditional(40, 60, 0.1));
        assert!(is_traditional(1, 300, 0.0));
    }
}
