//! The reference engine, where it is compiled in: it agrees with ours but for 著.
#![cfg(feature = "opencc")]

use jiaokan::{Cleaner, Config, Engine};

#[test]
fn the_engines_agree() {
    let text =
        "7月15日，市委副書記、市長鞠振調研我市部分省市重點工程項目建設進展。\0他乾杯，後來去了皇后大道。\n";
    let clean = |engine| {
        Cleaner::new(Config { engine, ..Config::default() }).unwrap().clean(text).into_text().into_owned()
    };
    let opencc = clean(Engine::Opencc);
    assert_eq!(
        opencc,
        "7月15日，市委副书记、市长鞠振调研我市部分省市重点工程项目建设进展。\0他干杯，后来去了皇后大道。\n"
    );
    assert_eq!(opencc, clean(Engine::Jiaokan));
}

#[test]
fn only_ours_tells_zhu_from_zhe() {
    let clean = |engine| {
        Cleaner::new(Config { engine, ..Config::default() })
            .unwrap()
            .clean("著力解決問題")
            .into_text()
            .into_owned()
    };
    assert_eq!(clean(Engine::Opencc), "著力解决问题");
    assert_eq!(clean(Engine::Jiaokan), "着力解决问题");
}
