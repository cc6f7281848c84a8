//! Right and wrong: OpenCC's own cases, a dictionary's headwords, news text there and back.

use std::fs;

use crate::engine::{Direction, Text};
use crate::peers::{Kind, Peer};
use crate::text::{Column, Differences, data, print_table, read, root};
use crate::{Options, per_million};

pub fn report(peers: &[Peer], simplified: &Text, options: &Options) -> Vec<Column> {
    println!("## Accuracy\n");
    println!(
        "Cases and headwords are converted one by one: to a Cleaner each is a document of its own. `–` is a \
         direction that an engine does not have; zhconv's is zh-Hans.\n"
    );
    let mut columns = cases(peers, options);
    columns.extend(dictionary(peers, options));
    columns.extend(news(peers, simplified, options));
    columns
}

fn cases(peers: &[Peer], options: &Options) -> Vec<Column> {
    println!("### OpenCC's cases that pass\n");
    let json =
        fs::read(root().join("tests/data/opencc-cases.json")).expect("the cases are in the repository");
    let json: serde_json::Value = serde_json::from_slice(&json).expect("the cases are JSON");
    let cases = json["cases"].as_array().expect("a list of cases");
    let mut rows = Vec::new();
    let mut totals = [0; Direction::ALL.len()];
    let mut ours_wrong = Vec::new();
    for peer in peers {
        eprintln!("cases: {peer}");
        let mut row = vec![peer.to_string()];
        for (direction, total) in Direction::ALL.into_iter().zip(&mut totals) {
            let (inputs, expected): (Vec<&str>, Vec<&str>) = cases
                .iter()
                .filter_map(|case| {
                    Some((case["input"].as_str()?, case["expected"][direction.name()].as_str()?))
                })
                .unzip();
            *total = inputs.len();
            let Some(converter) = (peer.open)(direction) else {
                row.push("–".to_owned());
                continue;
            };
            let converted = converter.convert_all(&inputs);
            let mut passed = 0;
            for ((input, expected), converted) in inputs.iter().zip(&expected).zip(&converted) {
                if converted == expected {
                    passed += 1;
                } else if peer.kind == Kind::Ours {
                    ours_wrong.push(format!(
                        "- {peer}, {}: {input} → {converted}, not {expected}",
                        direction.name()
                    ));
                }
            }
            row.push(passed.to_string());
        }
        rows.push(row);
    }
    let header: Vec<String> = Direction::ALL
        .into_iter()
        .zip(totals)
        .map(|(direction, total)| format!("{} of {total}", direction.name()))
        .collect();
    let header: Vec<&str> = ["engine"].into_iter().chain(header.iter().map(String::as_str)).collect();
    print_table(&header, &rows);
    print_examples("Ours that differ", &ours_wrong, options.examples);
    vec![column(&format!("cases, {}", header[1]), &rows, 1)]
}

fn dictionary(peers: &[Peer], options: &Options) -> Vec<Column> {
    println!("### CC-CEDICT headwords that come out wrong\n");
    let Ok(pairs) = fs::read_to_string(data().join("cedict.tsv")) else {
        println!("Skipped: the dictionary could not be downloaded.\n");
        return Vec::new();
    };
    let (words, expected): (Vec<&str>, Vec<&str>) =
        pairs.lines().map(|line| line.split_once('\t').expect("two columns")).unzip();
    let odd: Vec<bool> = words.iter().map(|word| fnv1a(word) % 2 == 1).collect();
    let odd_total = odd.iter().filter(|&&odd| odd).count();
    println!(
        "{} entries; an entry with a definition that says `variant of` is left out, since its Simplified form is \
         of another character. `even` and `odd` halves by the 64-bit FNV-1a hash of the Traditional headword: \
         {} and {odd_total} entries. The odd half is counted only; nobody looks at its words.\n",
        words.len(),
        words.len() - odd_total,
    );
    let mut rows = Vec::new();
    let mut ours_wrong = Vec::new();
    for peer in peers {
        let mut row = vec![peer.to_string()];
        for direction in [Direction::T2s, Direction::Tw2s] {
            eprintln!("dictionary, {}: {peer}", direction.name());
            let Some(converter) = (peer.open)(direction) else {
                row.extend(["–".to_owned(), "–".to_owned(), "–".to_owned()]);
                continue;
            };
            let converted = converter.convert_all(&words);
            let mut wrong = [0; 2];
            for i in (0..words.len()).filter(|&i| converted[i] != expected[i]) {
                wrong[usize::from(odd[i])] += 1;
                if peer.kind == Kind::Ours && !odd[i] {
                    ours_wrong.push(format!(
                        "- {peer}, {}: {} → {}, not {}",
                        direction.name(),
                        words[i],
                        converted[i],
                        expected[i]
                    ));
                }
            }
            row.extend([wrong[0], wrong[1], wrong[0] + wrong[1]].map(|count| count.to_string()));
        }
        rows.push(row);
    }
    print_table(&["engine", "t2s, even", "t2s, odd", "t2s", "tw2s, even", "tw2s, odd", "tw2s"], &rows);
    print_examples("Ours, of the even half", &ours_wrong, options.examples);
    vec![column("CC-CEDICT wrong, even", &rows, 1), column("CC-CEDICT wrong, odd", &rows, 2)]
}

fn news(peers: &[Peer], simplified: &Text, options: &Options) -> Vec<Column> {
    let characters = simplified.content.chars().count();
    println!("### News text there and back\n");
    println!(
        "{characters} characters, made Traditional by OpenCC 1.4.2 to three standards and converted back: \
         characters that are not what they were. What the making lost (象→像) no engine can know.\n"
    );
    let mut columns = Vec::new();
    for (name, standard, back) in [
        ("s2t", "OpenCC's own standard", [Direction::T2s].as_slice()),
        ("s2tw", "Taiwan's", &[Direction::T2s, Direction::Tw2s]),
        ("s2hk", "Hong Kong's", &[Direction::T2s, Direction::Hk2s]),
    ] {
        let traditional = read(&format!("{}-{name}.txt", options.text));
        for &direction in back {
            let mut rows = Vec::new();
            for peer in peers {
                eprintln!("news, {name}, {}: {peer}", direction.name());
                let Some(converter) = (peer.open)(direction) else {
                    rows.push(vec![peer.to_string(), "–".to_owned(), "–".to_owned(), String::new()]);
                    continue;
                };
                let wrong =
                    Differences::between(&simplified.content, &converter.convert(&traditional.content));
                rows.push(vec![
                    peer.to_string(),
                    wrong.count.to_string(),
                    per_million(wrong.count, characters),
                    wrong.commonest(8),
                ]);
            }
            println!("#### {standard} ({name}), back by {}\n", direction.name());
            print_table(&["engine", "wrong", "per million", "right→wrong, the commonest"], &rows);
            if direction == Direction::T2s && name != "s2hk" {
                columns.push(column(&format!("news wrong, {name}"), &rows, 1));
            }
        }
    }
    columns
}

fn column(head: &str, rows: &[Vec<String>], cell: usize) -> Column {
    Column { head: head.to_owned(), cells: rows.iter().map(|row| row[cell].clone()).collect() }
}

fn print_examples(title: &str, examples: &[String], most: usize) {
    if examples.is_empty() || most == 0 {
        return;
    }
    println!("{title} ({} of {}):\n", examples.len().min(most), examples.len());
    // Spread over the list, so that each engine and every kind of word is seen.
    for i in 0..examples.len().min(most) {
        println!("{}", examples[i * examples.len() / examples.len().min(most)]);
    }
    println!();
}

/// A hash that is the same on every machine and in every version of this bench.
fn fnv1a(word: &str) -> u64 {
    word.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
