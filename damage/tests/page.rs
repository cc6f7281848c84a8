//! The glossed page of the samples, made again from what it was.

use std::collections::HashSet;
use std::path::Path;

use jiaokan_damage::gloss::{Options, Site, Split, Width};

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
    std::fs::read_to_string(path).expect("the samples are in the repository")
}

/// What the page glosses, and how.
fn table(page: &str) -> Vec<(char, &str)> {
    let mut known = HashSet::new();
    let gloss = |(at, _): (usize, &str)| {
        let of = page[..at].chars().next_back()?;
        let reading = page[at + 1..].split_once(')')?.0;
        (!matches!(of, '?' | '。') && known.insert(of)).then_some((of, reading))
    };
    page.match_indices('(').filter_map(gloss).collect()
}

#[test]
fn the_sample_is_made_again() {
    let page = read("samples/yangquan-gloss.txt");
    let mut table = table(&page);
    // Its one false hit: [C2 93] in 勇擔 is 聯, which the article itself does not have.
    table.push(('聯', "lián"));
    let options = Options {
        zhu: true,
        keep: Options::default().keep + "砜并赟",
        split: Split::At(vec!['、']),
        twice: true,
        drop_private: true,
        width: Width::Half,
        ..Options::default()
    };
    let site = Site::new(&table, options);
    let clean = read("tests/gold/yangquan-gloss.txt");
    for paragraph in clean.lines().filter(|line| !line.is_empty()) {
        let damaged = site.damage(paragraph).text;
        assert!(page.contains(&damaged), "{damaged}");
    }
}
