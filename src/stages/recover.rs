//! Undoes misread and shifted bytes, and character hygiene. What cannot be proven is reported.

pub(crate) use glossed::Glossed;

mod certify;
mod coding;
mod entities;
mod gbk;
mod glossed;
mod hygiene;
mod likelihood;
mod misread;
mod page;
mod search;
mod shift;

use std::borrow::Cow;

use crate::chars::{is_full_mark, is_han};
use crate::edit::Span;
use crate::pipeline::{Doc, Proposals};
use crate::rules::StageId;
use crate::stages::Stage;

/// What U+FFFD twice, and memory that was never written, give when read as GBK.
pub(crate) const LOST: [&str; 3] = ["锟斤拷", "烫烫烫", "屯屯屯"];

/// The stage.
#[derive(Debug)]
pub struct Recover;

impl Stage for Recover {
    fn id(&self) -> StageId {
        StageId::Recover
    }

    fn is_for_any_language(&self) -> bool {
        true
    }

    fn scan(&self, doc: &Doc<'_>, out: &mut Proposals<'_>) {
        if doc.facts.shifts {
            shift::scan(doc, out);
        }
        // This stage is the first: it reads the text that was analysed.
        let mut rare = Cow::Borrowed(&doc.facts.rare[..]);
        if !rare.is_empty() {
            // What a shift explains needs no other explanation.
            let span = |&(at, c): &(usize, char)| Span::new(at, at + c.len_utf8());
            let open: Vec<(usize, char)> =
                rare.iter().copied().filter(|c| !out.is_replaced(span(c))).collect();
            let broken = misread::scan(doc, &open, out);
            if !broken.is_empty() {
                rare.to_mut().retain(|c| !span(c).overlaps_any(&broken));
            }
        }
        if doc.facts.residue {
            entities::scan(doc, out);
            hygiene::scan_residue(doc, out);
        }
        hygiene::scan(doc, &rare, out);
    }
}

/// Whether `c` is of the first level of GB 2312.
#[must_use]
pub(crate) fn is_first_level(c: char) -> bool {
    matches!(gbk::pair_of(c), Some([0xb0..=0xd7, 0xa1..=0xfe]))
}

/// Whether a text holds what is left of bytes that nobody could read, or of a reference without its `&`.
pub(crate) fn has_residue(text: &str) -> bool {
    LOST.iter().any(|lost| memchr::memmem::find(text.as_bytes(), lost.as_bytes()).is_some())
        || entities::has_any(text)
}

/// Whether a text may hold shifted bytes.
#[must_use]
pub(crate) fn may_be_shifted(text: &str) -> bool {
    shift::is_suspect(text)
}

/// Places where a gloss broke a character: `?lián)姑?`. A span reaches from the `?` over the rest of the
/// gloss and, where the shift of the bytes visibly ends in an ASCII character, over the shifted run.
#[must_use]
pub(crate) fn broken_glosses(text: &str) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for at in shift::lost(text) {
        if spans.last().is_some_and(|last| at < last.end) || !text[..at].ends_with(is_han) {
            continue;
        }
        let Some((_, len)) = page::broken(&text[at..]) else { continue };
        let tail = &text[at + len..];
        let run = tail.find(|c: char| c.is_ascii() || is_full_mark(c)).filter(|&end| end > 0);
        // The shift ends where an ASCII character was read as a trail byte, or where the trail is lost.
        let shifted = run
            .filter(|&end| tail[end..].starts_with(|c| matches!(c, '@'..='~' | '?')))
            .map_or(0, |end| end + 1);
        spans.push(Span::new(at, at + len + shifted));
    }
    spans
}

#[cfg(test)]
mod tests {
    use jiaokan_damage::gloss::{Decoder, Options, Site, Split, Width};
    use proptest::prelude::*;

    use super::page::Kind;
    use super::*;
    use crate::config::Config;
    use crate::pipeline::Cleaner;
    use crate::rules::RuleId;

    /// What the two stages promise of any text: cleaning what is clean changes nothing, and nothing is lost.
    fn holds(text: &str, select_unsafe: bool) -> Result<(), TestCaseError> {
        let stages = vec![StageId::Recover, StageId::Gloss];
        let cleaner = Cleaner::new(Config { stages, select_unsafe, ..Config::default() }).unwrap();
        let cleaned = cleaner.clean(text);
        let again = cleaner.clean(cleaned.text());
        prop_assert_eq!(again.text(), cleaned.text());
        let all: Vec<usize> = cleaned.changes().iter().map(|change| change.id).collect();
        prop_assert_eq!(cleaned.refuse(&all).text, text);
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn damaged_text(
            text in "[的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指几九区强放决西被干做必战先回则任取据处队南给色光门即保治北造百规热领七海口东导器压志世金增争济阶油思术极交受联什认六共权收证改清己美再采转更单风切打白教速花带安场身车例真务具万每目至达走积示议声报斗完类八离华名确才科张信马节话米整空元况今集温传土许步群广石记需段研界拉林律叫且究观越织装影算低持音众书布复容儿须际商非验连断深难近矿千周委素技备半办青省列习响约支般史感劳便团往酸历市克何除消构府称太准精值号率族维划选标写存候毛亲快效斯院查江型眼王按格养易置派层片始却专状育厂京识适属圆包火住调满县局照参红细引听该铁价严，。、；！？“”]{1,60}",
            seed in any::<u64>(),
            traditional in any::<bool>(),
            split in any::<bool>(),
            drop_private in any::<bool>(),
            half in any::<bool>(),
            decoder in 0..3usize,
        ) {
            let options = Options {
                traditional,
                split: if split { Split::Drawn } else { Split::No },
                drop_private,
                width: if half { Width::Half } else { Width::AsIs },
                decoder: [Decoder::Php, Decoder::Keep, Decoder::Fffd][decoder],
                ..Options::default()
            };
            let page = Site::draw(seed, options).damage(&text).text;
            holds(&page, false)?;
            holds(&page, true)?;
        }

        #[test]
        fn arbitrary_text(text in "([?？\u{fffd}(（)）shùlián的某鞘幸研纬闪溯較書長一，；！。、“”a@|~\u{80}-\u{ff}€\u{e000}-\u{e010}\n]|\\(shū\\)|\\?shù\\)){0,60}") {
            holds(&text, false)?;
            holds(&text, true)?;
        }
    }

    /// Whether the page's tokens can be made of the bytes: a `?` of one that was lost, and nothing of glosses.
    fn is_made_of(page: &[page::Token<'_>], bytes: &[u8]) -> bool {
        let Some((token, rest)) = page.split_first() else { return bytes.is_empty() };
        let goes_on = |with: &[u8]| bytes.strip_prefix(with).is_some_and(|bytes| is_made_of(rest, bytes));
        match token.kind {
            Kind::Pair(pair) => goes_on(&pair),
            // Pages are narrowed after the damage.
            Kind::Ascii(byte) => goes_on(&[byte]) || goes_on(&[0xa3, byte | 0x80]),
            Kind::Gloss(_) => is_made_of(rest, bytes),
            Kind::Broken(_) => bytes.first().is_some_and(|lost| goes_on(&[*lost])),
            Kind::Lost => bytes.first().is_some_and(|lost| goes_on(&[*lost])) || goes_on(&[0xa3, 0xbf]),
            Kind::Other => false,
        }
    }

    #[test]
    fn safe_repairs_are_made_of_the_pages_bytes() {
        let gold = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/gold/yangquan-gloss.txt");
        let text = std::fs::read_to_string(gold).expect("a gold text");
        let stages = vec![StageId::Recover];
        let cleaner = Cleaner::new(Config { stages, ..Config::default() }).unwrap();
        let mut repairs = 0;
        for seed in 0..24 {
            let options = Options {
                traditional: seed % 3 > 0,
                split: if seed % 2 == 0 { Split::Drawn } else { Split::No },
                drop_private: seed % 5 == 0,
                width: if seed % 4 == 3 { Width::Half } else { Width::AsIs },
                decoder: [Decoder::Php, Decoder::Keep, Decoder::Fffd][seed as usize % 7 % 3],
                ..Options::default()
            };
            let site = Site::draw(seed, options);
            let page: String = text.lines().map(|line| site.damage(line).text + "\n").collect();
            let cleaned = cleaner.clean(&page);
            for change in cleaned.changes().iter().filter(|change| *change.rules == [RuleId::ShiftedBytes]) {
                let (old, new) = (change.source.of(&page), cleaned.new_text(change));
                let bytes: Option<Vec<Vec<u8>>> = new
                    .chars()
                    .map(|c| match c {
                        '€' => Some(vec![0x80]),
                        c if c.is_ascii() => Some(vec![c as u8]),
                        c => gbk::pair_of(c).map(Vec::from),
                    })
                    .collect();
                let bytes = bytes.expect("GBK").concat();
                assert!(is_made_of(&page::tokens(old, 0), &bytes), "{old} became {new}");
                repairs += 1;
            }
        }
        assert!(repairs > 100, "{repairs}");
    }

    #[test]
    fn broken_glosses_are_seen() {
        let found =
            |text: &'static str| broken_glosses(text).into_iter().map(|s| s.of(text)).collect::<Vec<_>>();
        assert_eq!(found("要勇?lián)姑?、主?dòng)作為，高"), ["?lián)姑?", "?dòng)"]);
        assert_eq!(found("運輸?shù)某鞘幸研纬闪溯^完整"), ["?shù)某鞘幸研纬闪溯^"]);
        assert_eq!(found("主?dòng)作為,高質量"), ["?dòng)"]);
        assert!(found("什么?(略)他问:谁?").is_empty());
    }
}
