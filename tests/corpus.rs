//! Runs over corpora: what goes in comes back, whatever the format, the number of threads and the mishap.
#![cfg(feature = "cli")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use jiaokan::corpus::Compression;
use tempfile::TempDir;

const DAMAGED: &str = "經濟發展,人民安居。";
const CLEAN: &str = "经济发展，人民安居。";

fn jiaokan(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jiaokan"));
    command.current_dir(folder).args(args).stdin(Stdio::null());
    command.env_remove("NO_COLOR").env_remove("CLICOLOR").env_remove("CLICOLOR_FORCE");
    command
}

fn run(folder: &Path, args: &[&str]) -> Output {
    jiaokan(folder, args).output().unwrap()
}

fn pipe(folder: &Path, args: &[&str], input: &[u8]) -> Output {
    let mut command = jiaokan(folder, args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_vec());
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    let _ = writer.join().unwrap();
    output
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn succeeds(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn write(folder: &Path, files: &[(&str, &[u8])]) {
    for (name, bytes) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// All files below a folder, but for what a run keeps for itself.
fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fn add(folder: &Path, below: &str, files: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let entry = entry.unwrap();
            let name = format!("{below}{}", entry.file_name().into_string().unwrap());
            if entry.file_type().unwrap().is_dir() {
                if entry.file_name() != ".jiaokan" {
                    add(&entry.path(), &format!("{name}/"), files);
                }
            } else {
                files.insert(name, fs::read(entry.path()).unwrap());
            }
        }
    }
    let mut files = BTreeMap::new();
    add(folder, "", &mut files);
    files
}

fn pack(compression: Compression, text: &[u8]) -> Vec<u8> {
    compression.compress(text.to_vec()).unwrap()
}

fn unpack(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    Compression::of(bytes).reader(bytes).unwrap().read_to_end(&mut text).unwrap();
    text
}

fn gbk(text: &str) -> Vec<u8> {
    encoding_rs::GB18030.encode(text).0.into_owned()
}

/// Documents with all kinds of damage, their number at the end.
fn document(i: usize) -> String {
    format!(
        "市委副書(shū)記、市長(zhǎng)調(diào)研,第{i}次。\n\n{DAMAGED}困难和问题。问题。\"引用\"的字：\\ \t{}。\n",
        "重要講話精神".repeat(i % 5)
    )
}

fn jsonl(records: usize) -> String {
    let record = |i: usize| match i % 9 {
        0 => format!(
            "{{\"id\": {i}, \"text\": {}, \"n\":1.50e+3, \"id\": 2}}\n",
            serde_json::json!(document(i))
        ),
        // All that is not ASCII escaped, as Python does.
        1 => {
            let escaped: String = DAMAGED
                .chars()
                .map(|c| if c.is_ascii() { c.to_string() } else { format!("\\u{:04x}", c as u32) })
                .collect();
            format!("{{\"text\":\"{escaped}\",\"id\":{i}}}\r\n")
        }
        // Escapes that nobody needs.
        2 => format!("{{\"text\":\"\\/{DAMAGED}\\u000a\\u4E2D\\/{DAMAGED}\\/\"}}\n"),
        3 => "{\"text\":\"\\ud800 經濟發展,好。\"}\n".to_owned(),
        4 => "{\"title\": \"經濟發展,好。\"}\n".to_owned(),
        5 => "not json, 經濟\n".to_owned(),
        6 => "\n".to_owned(),
        7 => format!("  {{ \"text\" : \"{CLEAN}\" , \"deep\": {}{} }}\n", "[".repeat(500), "]".repeat(500)),
        _ => format!("{{\"text\":null,\"body\":\"{DAMAGED}\",\"x\":{{\"text\":\"{DAMAGED}\"}}}}\n"),
    };
    (0..records).map(record).collect()
}

fn csv(records: usize, delimiter: char, line: &str) -> String {
    let mut table = format!("id{delimiter}text{delimiter}note{line}");
    for i in 0..records {
        let quoted = format!("\"{}\"", document(i).replace('"', "\"\""));
        let cell = match i % 4 {
            0 => quoted,
            1 => "\"經濟發展。\"".to_owned(),
            2 => "發展 a\"b經濟".to_owned(),
            _ => "經濟發展。".to_owned(),
        };
        table += &format!("{i}{delimiter}{cell}{delimiter}經濟{line}");
    }
    table
}

fn warc(records: usize) -> Vec<u8> {
    let mut archive = Vec::new();
    for i in 0..records {
        let kind = if i == 0 {
            "warcinfo"
        } else if i % 5 == 4 {
            "response"
        } else {
            "conversion"
        };
        let body =
            if i % 3 == 2 { gbk(&CLEAN.repeat(20).replace('，', ",")) } else { document(i).into_bytes() };
        archive.extend(format!("WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: http://example.org/{i}\r\nWARC-Record-ID: <urn:uuid:{i}>\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n", body.len()).bytes());
        archive.extend(&body);
        archive.extend(b"\r\n\r\n");
    }
    archive
}

/// Three row groups of an id, a text that may be missing, and a list.
#[cfg(feature = "parquet")]
fn parquet(rows: usize) -> Vec<u8> {
    use std::sync::Arc;

    use parquet::basic::{Compression, ZstdLevel};
    use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
    use parquet::file::metadata::KeyValue;
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;

    let schema = "message m { required int64 id; optional binary text (UTF8);
        optional group tags (LIST) { repeated group list { optional binary element (UTF8); } } }";
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_key_value_metadata(Some(vec![KeyValue::new("origin".to_owned(), "經濟".to_owned())]));
    let mut file = Vec::new();
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut writer = SerializedFileWriter::new(&mut file, schema, Arc::new(properties.build())).unwrap();
    for group in 0..3 {
        let mut out = writer.next_row_group().unwrap();
        let ids: Vec<i64> = (0..rows as i64).map(|i| i + group).collect();
        let mut column = out.next_column().unwrap().unwrap();
        column.typed::<Int64Type>().write_batch(&ids, None, None).unwrap();
        column.close().unwrap();
        let levels: Vec<i16> = (0..rows).map(|i| i16::from(i % 7 != 3)).collect();
        let texts: Vec<ByteArray> =
            (0..rows).filter(|i| i % 7 != 3).map(|i| document(i).into_bytes().into()).collect();
        let mut column = out.next_column().unwrap().unwrap();
        column.typed::<ByteArrayType>().write_batch(&texts, Some(&levels), None).unwrap();
        column.close().unwrap();
        let tags: Vec<ByteArray> = (0..rows * 2).map(|i| format!("經{i}").into_bytes().into()).collect();
        let (def, rep): (Vec<i16>, Vec<i16>) = (0..rows * 2).map(|i| (3, (i % 2) as i16)).unzip();
        let mut column = out.next_column().unwrap().unwrap();
        column.typed::<ByteArrayType>().write_batch(&tags, Some(&def), Some(&rep)).unwrap();
        column.close().unwrap();
        out.close().unwrap();
    }
    writer.close().unwrap();
    file
}

/// Metadata and all rows of a Parquet file, as text.
#[cfg(feature = "parquet")]
fn rows(file: &Path) -> (String, Vec<String>) {
    use parquet::file::reader::{FileReader, SerializedFileReader};

    let reader = SerializedFileReader::new(fs::File::open(file).unwrap()).unwrap();
    let metadata = reader.metadata().file_metadata();
    let about = format!("{:?} {:?}", metadata.key_value_metadata(), metadata.schema());
    (about, reader.get_row_iter(None).unwrap().map(|row| row.unwrap().to_string()).collect())
}

#[cfg(feature = "parquet")]
#[test]
fn a_column_is_cleaned_and_the_others_kept() {
    let folder = TempDir::new().unwrap();
    let original = parquet(700);
    write(folder.path(), &[("in/a.parquet", &original)]);
    let run = |args: &[&str]| succeeds(&run(folder.path(), args));
    run(&["clean", "--no-config", "-q", "in", "-o", "out", "--edits", "log"]);
    let path = |name: &str| folder.path().join(name);
    let (before, after) = (rows(&path("in/a.parquet")), rows(&path("out/a.parquet")));
    assert_eq!(before.0, after.0);
    assert_eq!(after.1.len(), 2100);
    for (before, after) in before.1.iter().zip(&after.1) {
        let rest = |row: &str| {
            (row.split("text").next().unwrap().to_owned(), row.rsplit("tags").next().unwrap().to_owned())
        };
        assert_eq!(rest(before), rest(after));
        assert!(after.contains("经济发展") || after.contains("text: null"), "{after}");
    }
    run(&["restore", "out/a.parquet", "--edits", "log", "-o", "back.parquet"]);
    assert_eq!(rows(&path("back.parquet")), before);
    run(&["clean", "--no-config", "-q", "in", "-o", "four", "--edits", "log4", "-j", "4"]);
    let log = |name: &str| fs::read_to_string(path(name)).unwrap().replace("four/", "out/");
    assert!(log("log") == log("log4"));
    assert!(fs::read(path("out/a.parquet")).unwrap() == fs::read(path("four/a.parquet")).unwrap());
    // Whatever a footer claims, it is an error of that file.
    let footer = original.len() - 600;
    for at in (footer..original.len()).step_by(7) {
        let mut lying = original.clone();
        lying[at] ^= 0x5a;
        write(folder.path(), &[("in/a.parquet", &lying), ("in/b.txt", DAMAGED.as_bytes())]);
        let output =
            jiaokan(folder.path(), &["clean", "--no-config", "-q", "in", "-o", "lies"]).output().unwrap();
        assert!(matches!(output.status.code(), Some(0 | 2)), "byte {at}: {output:?}");
        assert_eq!(fs::read_to_string(path("lies/b.txt")).unwrap(), CLEAN);
        fs::remove_dir_all(path("lies")).unwrap();
    }
}

#[cfg(feature = "parquet")]
#[test]
fn rows_are_chosen_and_parted_and_keep_their_types() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), &[("in/a.parquet", &parquet(700))]);
    let path = |name: &str| folder.path().join(name);
    let clean = |out: &str, more: &[&str]| {
        let args = ["clean", "--no-config", "-q", "in", "--edits", "log", "-o", out];
        succeeds(&run(folder.path(), &[&args[..], more].concat()));
    };
    clean("all", &[]);
    let (about, all) = rows(&path("all/a.parquet"));
    let originals = rows(&path("in/a.parquet")).1;
    let chosen = ["--max-damage", "0.3", "--aside", "aside"];
    clean("out", &chosen);
    let (kept, aside) = (rows(&path("out/a.parquet")), rows(&path("aside/in/a.parquet")));
    assert!(kept.0 == about && aside.0 == about);
    assert_eq!(kept.1.len() + aside.1.len(), 2100);
    assert!(kept.1.len() > 300 && aside.1.len() > 300, "{} {}", kept.1.len(), aside.1.len());
    let (mut stays, mut goes) = (kept.1.iter().peekable(), aside.1.iter().peekable());
    for (clean, original) in all.iter().zip(&originals) {
        assert!(stays.next_if_eq(&clean).is_some() || goes.next_if_eq(&original).is_some(), "{clean}");
    }
    succeeds(&run(folder.path(), &["restore", "out/a.parquet", "--edits", "log", "-o", "back.parquet"]));
    let back = rows(&path("back.parquet")).1;
    assert_eq!(back.len(), kept.1.len());
    assert!(back.iter().all(|row| originals.contains(row)));
    clean("four", &[&chosen[..], &["-j", "4"]].concat());
    assert!(tree(&path("out")) == tree(&path("four")));
    // What is dropped stays in the log, row by row.
    clean("out", &chosen[..2]);
    let log = fs::read_to_string(path("log")).unwrap();
    let removed = log.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let mut removed = removed.filter(|line| line["type"] == "removed");
    let hex = removed.next().unwrap()["bytes"].as_str().unwrap().to_owned();
    let bytes = (0..hex.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap())
        .collect::<Vec<_>>();
    write(folder.path(), &[("one.parquet", &bytes)]);
    assert_eq!(rows(&path("one.parquet")), (about.clone(), vec![aside.1[0].clone()]));
    assert_eq!(removed.count() + 1, aside.1.len());
    // Behind each other, in files of a size; what is missing is made again.
    write(folder.path(), &[("in/b.parquet", &parquet(700)), ("in/c.jsonl", jsonl(20).as_bytes())]);
    for form in [&["--shard-size", "8K"][..], &["--shard-size", "8K", "--to", "jsonl"]] {
        clean("shards", form);
        let whole = tree(&path("shards"));
        for lost in whole.keys() {
            fs::remove_file(path("shards").join(lost)).unwrap();
            clean("shards", &[form, &["--resume"]].concat());
            assert!(whole == tree(&path("shards")), "{lost}");
        }
        if form.len() == 2 {
            let tables = whole.keys().filter(|name| name.ends_with(".parquet"));
            let found: Vec<_> = tables.map(|name| rows(&path("shards").join(name))).collect();
            assert!(found.len() > 1 && found.iter().all(|table| table.0 == about), "{}", found.len());
            let found: Vec<String> = found.into_iter().flat_map(|table| table.1).collect();
            assert!(found == [&all[..], &all[..]].concat());
            succeeds(&run(folder.path(), &["restore", "shards", "--edits", "log", "-o", "again"]));
            let tables = whole.keys().filter(|name| name.ends_with(".parquet"));
            let back: Vec<String> = tables.flat_map(|name| rows(&path("again").join(name)).1).collect();
            assert!(back == [&originals[..], &originals[..]].concat());
        }
        fs::remove_dir_all(path("shards")).unwrap();
    }
}

/// A corpus of all formats, compressions and encodings.
fn corpus() -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> =
        (0..40).map(|i| (format!("text/{i}.txt"), document(i).into_bytes())).collect();
    files[3].1 = gbk(&document(3).replace(|c: char| "ūǎàǎ".contains(c), "u"));
    files[4].1 = format!("\u{feff}{}", document(4)).encode_utf16().flat_map(u16::to_le_bytes).collect();
    files[5].1.splice(9..9, [0xff, 0xfe, 0x80]);
    files[6].1 = format!("\u{feff}{}", document(6)).into_bytes();
    // A file put together from two encodings.
    files[7].1 = [
        document(7).into_bytes(),
        gbk(&format!("{CLEAN}重要讲话精神，全市上下齐心协力、众志成城。\n").repeat(9)),
    ]
    .concat();
    files.push(("text/large.txt".into(), (0..13_000).map(document).collect::<String>().into_bytes()));
    files.push((
        "text/large-gbk.txt".into(),
        gbk(&"全市上下齐心协力、众志成城,推动疫情防控成果持续巩固。\n".repeat(40_000)),
    ));
    files.push(("text/one-line.txt".into(), DAMAGED.repeat(80_000).into_bytes()));
    files.push(("records/a.jsonl".into(), jsonl(2500).into_bytes()));
    files.push(("records/bom.jsonl".into(), format!("\u{feff}{}", jsonl(10)).into_bytes()));
    files.push(("records/no-end.jsonl".into(), jsonl(10).trim_end().as_bytes().to_vec()));
    files.push((
        "records/gbk.jsonl".into(),
        gbk(&"{\"text\":\"全市上下齐心协力、众志成城,推动疫情防控。\"}\n".repeat(99)),
    ));
    files.push((
        "records/broken.jsonl".into(),
        [b"{\"text\":\"\xff\xe7\xbb\x8f,\xe6\xb5\x8e\"}\n".to_vec(), jsonl(3).into_bytes()].concat(),
    ));
    files.push(("records/a.csv".into(), csv(900, ',', "\r\n").into_bytes()));
    files.push((
        "records/gbk.csv".into(),
        gbk(&csv(90, ',', "\n").replace(|c: char| "ūǎàǎ".contains(c), "u")),
    ));
    files.push(("records/a.tsv".into(), csv(90, '\t', "\n").replace("\\ \t", "").into_bytes()));
    files.push(("web/a.warc".into(), warc(200)));
    for compression in [Compression::Gzip, Compression::Zstd, Compression::Xz] {
        let extension = compression.extension().unwrap();
        files.push((format!("packed/a.jsonl.{extension}"), pack(compression, jsonl(300).as_bytes())));
        files.push((format!("packed/a.txt.{extension}"), pack(compression, document(1).as_bytes())));
        files.push((format!("packed/a.wet.{extension}"), pack(compression, &warc(20))));
    }
    files
}

fn corpus_in(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = corpus();
    let borrowed: Vec<(&str, &[u8])> =
        files.iter().map(|(name, bytes)| (name.as_str(), &bytes[..])).collect();
    write(&folder.join("in"), &borrowed);
    files.into_iter().collect()
}

const CLEANING: [&str; 8] = ["clean", "--no-config", "-q", "in", "-o", "out", "--edits", "log.jsonl.zst"];

#[test]
fn every_original_comes_back() {
    let folder = TempDir::new().unwrap();
    let originals = corpus_in(folder.path());
    succeeds(&run(folder.path(), &CLEANING));
    let clean = tree(&folder.path().join("out"));
    assert!(clean.keys().eq(originals.keys()));
    for (name, bytes) in &clean {
        let bytes = unpack(bytes);
        let is_clean = String::from_utf8_lossy(&bytes).contains("经济发展");
        assert!(is_clean || name.contains("gbk") || name.contains("broken"), "{name}");
    }
    succeeds(&run(folder.path(), &["restore", "out", "--edits", "log.jsonl.zst", "-o", "back"]));
    let back = tree(&folder.path().join("back"));
    for (name, original) in &originals {
        let same = unpack(&back[name]) == unpack(original);
        assert!(same, "{name} did not come back");
        assert_eq!(Compression::of(&back[name]), Compression::of(original), "{name}");
    }
    // One file alone, by its name.
    let one = run(folder.path(), &["restore", "out/text/7.txt", "--edits", "log.jsonl.zst"]);
    assert_eq!(one.stdout, originals["text/7.txt"]);
}

#[test]
fn json_beside_the_text_is_copied() {
    let folder = TempDir::new().unwrap();
    let record = r#"{"b":1.50e+3,"text":"經濟\/發展,好\u3002","text":"國","a":"經\u6FDF", "b" :0.10 }"#;
    let output = pipe(folder.path(), &["clean", "--no-config", "-q"], format!("{record}\n").as_bytes());
    assert_eq!(
        text(&output.stdout),
        "{\"b\":1.50e+3,\"text\":\"经济\\/发展，好\\u3002\",\"text\":\"国\",\"a\":\"經\\u6FDF\", \"b\" :0.10 }\n"
    );
    let several = ["clean", "--no-config", "-q", "--text-field", "title,body"];
    let output =
        pipe(folder.path(), &several, r#"{"body":"發展","text":"發展","title":"經濟發展"}"#.as_bytes());
    assert_eq!(text(&output.stdout), r#"{"body":"发展","text":"發展","title":"经济发展"}"#);
}

#[test]
fn what_cannot_be_read_as_a_record_is_passed_through_and_told() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), &[("a.jsonl", jsonl(9).as_bytes())]);
    let output = run(folder.path(), &["clean", "--no-config", "a.jsonl"]);
    let told = "\
jiaokan: a.jsonl: warning: record 6: not a JSON object; passed through
jiaokan: a.jsonl: warning: record 5: no such field; passed through
jiaokan: a.jsonl: warning: record 4: a lone surrogate; passed through
";
    assert!(text(&output.stderr).starts_with(told), "{}", text(&output.stderr));
    let (before, after) = (jsonl(9), text(&output.stdout));
    for i in [3, 4, 5, 6, 7] {
        assert_eq!(before.lines().nth(i), after.lines().nth(i));
    }
}

#[test]
fn threads_and_memory_do_not_show() {
    let folder = TempDir::new().unwrap();
    corpus_in(folder.path());
    let run = |more: &[&str]| {
        let _ = fs::remove_dir_all(folder.path().join("out"));
        succeeds(&run(folder.path(), &[&CLEANING[..], more].concat()));
        (tree(&folder.path().join("out")), fs::read(folder.path().join("log.jsonl.zst")).unwrap())
    };
    let one = run(&["-j", "1"]);
    assert!(one == run(&["-j", "4"]));
    assert!(one == run(&["-j", "3", "--memory", "1M"]));
}

#[test]
fn frames_of_threads_are_one_log() {
    let folder = TempDir::new().unwrap();
    let original: String = (0..13_000).map(document).collect();
    write(folder.path(), &[("in/a.txt", original.as_bytes())]);
    let log = |threads: &str| {
        succeeds(&run(folder.path(), &[&CLEANING[..], &["-j", threads]].concat()));
        fs::read(folder.path().join("log.jsonl.zst")).unwrap()
    };
    let frames = log("1");
    assert!(frames == log("3"));
    let lines = String::from_utf8(zstd::decode_all(&frames[..]).unwrap()).unwrap();
    let of_text = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["type"] == "text";
    let blocks = lines.lines().filter(|line| of_text(line)).count();
    let begins = |bytes: &&[u8]| Compression::of(bytes) == Compression::Zstd;
    assert!(
        blocks > 1 && frames.windows(4).filter(begins).count() >= blocks,
        "each block is compressed for itself"
    );
    succeeds(&run(folder.path(), &["restore", "out", "--edits", "log.jsonl.zst", "-o", "back"]));
    assert!(fs::read(folder.path().join("back/a.txt")).unwrap() == original.as_bytes());
}

/// What one worker makes of several units is one stream too: few lines of the first, many of those behind it.
#[test]
fn frames_of_units_are_one_log() {
    let folder = TempDir::new().unwrap();
    let mut records = String::new();
    for i in 0.. {
        let text = match records.len() {
            0..550_000 if i % 100 == 0 => DAMAGED.to_owned(),
            0..550_000 => CLEAN.repeat(10),
            550_000..1_000_000 => DAMAGED.repeat(3),
            _ => break,
        };
        records += &format!("{{\"text\":\"{text}\"}}\n");
    }
    assert!(records.len() < 1 << 20, "one worker reads all of it");
    write(folder.path(), &[("in/a.jsonl", records.as_bytes())]);
    for log in ["log", "log.gz", "log.zst", "log.xz"] {
        succeeds(&run(folder.path(), &["clean", "--no-config", "-q", "in", "-o", "out", "--edits", log]));
        let back = run(folder.path(), &["restore", "out/a.jsonl", "--edits", log]);
        succeeds(&back);
        assert!(text(&back.stdout) == records, "{log}");
    }
}

#[cfg(feature = "parquet")]
#[test]
fn frames_of_rows_are_one_log() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), &[("in/a.parquet", &parquet(700))]);
    let lines = |form: &[&str], log: &str| {
        let args = ["clean", "--no-config", "-q", "in", "-o", "out", "--edits", log];
        succeeds(&run(folder.path(), &[&args[..], form].concat()));
        String::from_utf8(unpack(&fs::read(folder.path().join(log)).unwrap())).unwrap()
    };
    for form in [&[][..], &["--to", "jsonl"], &["--max-damage", "0.5"]] {
        assert!(lines(form, "log") == lines(form, "log.zst"), "{form:?}");
    }
}

#[test]
fn conversion_is_logged_by_what_it_changed() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), &[("a.txt", "經濟發展，國家建設。\n".as_bytes())]);
    let log = |more: &[&str]| {
        let args = ["clean", "--no-config", "-q", "a.txt", "-o", "out/", "--edits", "log"];
        succeeds(&run(folder.path(), &[&args[..], more].concat()));
        let back = run(folder.path(), &["restore", "out/a.txt", "--edits", "log"]);
        assert_eq!(text(&back.stdout), "經濟發展，國家建設。\n");
        let log = fs::read_to_string(folder.path().join("log")).unwrap();
        let record: serde_json::Value = serde_json::from_str(log.lines().nth(1).unwrap()).unwrap();
        let olds =
            record["edits"].as_array().unwrap().iter().map(|edit| edit["old"].as_str().unwrap().to_owned());
        olds.collect::<Vec<_>>()
    };
    assert_eq!(log(&["--expand-script"]), ["經濟發", "國", "設"]);
    assert_eq!(log(&[]).len(), 1);
}

#[test]
fn edits_can_be_taken_back_by_rule() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), &[("in/a.txt", document(2).as_bytes()), ("in/a.jsonl", jsonl(1).as_bytes())]);
    succeeds(&run(folder.path(), &["clean", "--no-config", "-q", "in", "-o", "out", "--edits", "log"]));
    let back = |rule: &str, file: &str| {
        let output = run(folder.path(), &["restore", file, "--edits", "log", "--drop", rule]);
        succeeds(&output);
        String::from_utf8(output.stdout).unwrap()
    };
    let clean = fs::read_to_string(folder.path().join("out/a.txt")).unwrap();
    assert!(clean.contains("市长调研，第2次") && clean.contains("问题。“引用”"), "{clean}");
    assert!(back("GLO001", "out/a.txt").contains("市委副书(shū)记、市长(zhǎng)调(diào)研，第2次"));
    assert!(back("traditional", "out/a.txt").contains("市委副書記、市長調研，第2次"));
    assert!(back("traditional", "out/a.jsonl").contains("市委副書記、市長調研，第0次"));
    assert_eq!(back("hard-wrap", "out/a.txt"), clean);
}

#[test]
fn documents_are_chosen_by_damage() {
    let folder = TempDir::new().unwrap();
    let bad = "市委副書(shū)記、市長(zhǎng)調(diào)研。";
    let records = format!("{{\"text\":\"{CLEAN}\"}}\n{{\"text\":\"{bad}\"}}\n{{\"text\":\"{CLEAN}\"}}\n");
    write(
        folder.path(),
        &[("in/a.jsonl", records.as_bytes()), ("in/b.txt", bad.as_bytes()), ("in/c.txt", CLEAN.as_bytes())],
    );
    let clean = [
        "clean",
        "--no-config",
        "in",
        "-o",
        "out",
        "--edits",
        "log",
        "--max-damage",
        "0.1",
        "--aside",
        "aside",
    ];
    let output = run(folder.path(), &clean);
    succeeds(&output);
    assert_eq!(text(&output.stderr), "jiaokan: 5 documents, 0 changed, 2 set aside\n");
    let out = tree(&folder.path().join("out"));
    assert_eq!(text(&out["a.jsonl"]), format!("{{\"text\":\"{CLEAN}\"}}\n").repeat(2));
    assert!(out.keys().eq(["a.jsonl", "c.txt"]));
    let aside = tree(&folder.path().join("aside/in"));
    assert_eq!(text(&aside["a.jsonl"]), format!("{{\"text\":\"{bad}\"}}\n"));
    assert_eq!(text(&aside["b.txt"]), bad);
    // The log has what was removed.
    let back = run(folder.path(), &["restore", "out/a.jsonl", "--edits", "log"]);
    assert_eq!(text(&back.stdout), records);
    // Without a folder too.
    let shown =
        run(folder.path(), &["clean", "--no-config", "-q", "in/b.txt", "in/c.txt", "--max-damage", "0.1"]);
    assert_eq!(text(&shown.stdout), CLEAN);
    for (wrong, told) in [
        (&["--aside", "aside"][..], "--max-damage"),
        (&["--min-damage", "0.5", "--max-damage", "0.1"], "nothing would be kept"),
    ] {
        let output = run(folder.path(), &[&["clean", "--no-config", "in"], wrong].concat());
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(told), "{output:?}");
    }
}

/// The damage of a plain text is that of all its blocks, also where some of them are in shards already.
#[test]
fn plain_texts_in_shards_are_chosen_as_a_whole() {
    let folder = TempDir::new().unwrap();
    let bad = "市委副書(shū)記、市長(zhǎng)調(diào)研。\n\n";
    let paragraph = format!("{CLEAN}\n\n");
    let mixed = paragraph.repeat((2 << 20) / paragraph.len()) + &bad.repeat((1 << 20) / bad.len());
    write(folder.path(), &[("in/bad.txt", bad.as_bytes()), ("in/mixed.txt", mixed.as_bytes())]);
    let args = ["clean", "--no-config", "-q", "in", "-o", "out", "--edits", "log"];
    let args = [&args[..], &["--shard-size", "1K", "--max-damage", "0.3"]].concat();
    succeeds(&run(folder.path(), &args));
    let whole = tree(&folder.path().join("out"));
    let all: Vec<u8> = whole.values().flatten().copied().collect();
    assert!(whole.len() > 1);
    assert!(text(&all).starts_with(CLEAN) && text(&all).ends_with("市委副书记、市长调研。\n"));
    fs::remove_file(folder.path().join("out").join(whole.keys().last().unwrap())).unwrap();
    succeeds(&run(folder.path(), &[&args[..], &["--resume"]].concat()));
    assert!(whole == tree(&folder.path().join("out")));
}

#[test]
fn documents_are_written_in_another_form_and_in_shards() {
    let folder = TempDir::new().unwrap();
    let originals = corpus_in(folder.path());
    let args = ["clean", "--no-config", "-q", "in", "-o", "out", "--edits", "log", "--to", "jsonl"];
    succeeds(&run(folder.path(), &[&args[..], &["--shard-size", "8K", "--compress", "zstd"]].concat()));
    let shards = tree(&folder.path().join("out"));
    assert!(
        shards.len() > 3 && shards.keys().all(|name| name.ends_with(".jsonl.zst")),
        "{:?}",
        shards.keys()
    );
    let mut documents = 0;
    for shard in shards.values() {
        for line in text(&unpack(shard)).lines().filter(|line| !line.trim().is_empty()) {
            documents += usize::from(
                serde_json::from_str::<serde_json::Value>(line).is_ok_and(|v| v["text"].is_string()),
            );
        }
    }
    assert!(documents > 2000, "{documents}");
    // The originals' texts come back into the shards.
    succeeds(&run(folder.path(), &["restore", "out", "--edits", "log", "-o", "back"]));
    let back = tree(&folder.path().join("back"));
    assert!(back.keys().eq(shards.keys()));
    let all: String = back.values().map(|shard| String::from_utf8(unpack(shard)).unwrap()).collect();
    let original = text(&originals["text/1.txt"]);
    assert!(
        all.contains(&serde_json::json!({ "id": "in/text/1.txt", "text": original })["text"].to_string())
    );
    // A file of the same form as before.
    succeeds(&run(
        folder.path(),
        &[
            "clean",
            "--no-config",
            "-q",
            "in/text/1.txt",
            "in/records/a.jsonl",
            "-o",
            "other",
            "--to",
            "jsonl",
        ],
    ));
    assert!(tree(&folder.path().join("other")).keys().eq(["1.txt.jsonl", "a.jsonl"]));
}

/// A corpus whose records have the same columns throughout, and what its texts are.
fn regular() -> Vec<(&'static str, Vec<u8>)> {
    let record = |i: usize| {
        let score = if i.is_multiple_of(3) { "null".to_owned() } else { format!("{}.5", i % 7) };
        let text = serde_json::json!(document(i));
        format!(
            "{{\"n\":{i},\"text\":{text},\"score\":{score},\"good\":{},\"tags\":[\"經濟\",{i}]}}\n",
            i.is_multiple_of(2)
        )
    };
    let lines: String = (0..300).map(record).collect();
    vec![
        ("in/a.txt", document(1).into_bytes()),
        ("in/b.txt", gbk(&CLEAN.repeat(30).replace('，', ","))),
        ("in/c.jsonl", format!("{lines}{{\"n\":300,\"text\":null}}\nno json\n").into_bytes()),
        ("in/d.csv.gz", pack(Compression::Gzip, csv(200, ',', "\r\n").as_bytes())),
        ("in/e.warc", warc(40)),
    ]
}

#[test]
fn documents_become_rows_of_a_table() {
    let folder = TempDir::new().unwrap();
    let files = regular();
    let borrowed: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (*name, &bytes[..])).collect();
    write(folder.path(), &borrowed);
    let args = ["clean", "--no-config", "-q", "in", "--edits", "log", "--to", "csv", "-o"];
    succeeds(&run(folder.path(), &[&args[..], &["out"]].concat()));
    succeeds(&run(folder.path(), &[&args[..], &["four", "-j", "4", "--memory", "1M"]].concat()));
    let out = tree(&folder.path().join("out"));
    assert!(out == tree(&folder.path().join("four")));
    assert!(out.keys().eq(["a.txt.csv", "b.txt.csv", "c.jsonl.csv", "d.csv.gz", "e.warc.csv"]));
    let line = |name: &str, i: usize| text(&unpack(&out[name])).lines().nth(i).unwrap().to_owned();
    assert_eq!(line("a.txt.csv", 0), "id,block,text");
    assert_eq!(line("b.txt.csv", 1), format!("in/b.txt,,{}", CLEAN.repeat(30)));
    assert_eq!(line("c.jsonl.csv", 0), "n,text,score,good,tags");
    assert!(text(&out["c.jsonl.csv"]).contains(",0.5,true,\"[\"\"經濟\"\",28]\"\n"));
    assert!(text(&out["c.jsonl.csv"]).ends_with("\n300,,,,\n"));
    assert_eq!(line("e.warc.csv", 0), "id,url,date,text");
    // The texts come back.
    succeeds(&run(folder.path(), &["restore", "four", "--edits", "log", "-o", "back"]));
    let back = tree(&folder.path().join("back"));
    assert!(text(&back["a.txt.csv"]).contains(&document(1).replace('"', "\"\"")));
    assert!(text(&back["b.txt.csv"]).contains(&CLEAN.repeat(30).replace('，', ",")));
    for i in 0..300 {
        assert!(text(&back["c.jsonl.csv"]).contains(&document(i).replace('"', "\"\"")), "{i}");
    }
    assert_eq!(unpack(&back["d.csv.gz"]), unpack(&files[3].1));
    // All tables of one form behind each other, in files of a size; what is missing is made again.
    let shards =
        ["clean", "--no-config", "-q", "in/d.csv.gz", "in/c.jsonl", "--edits", "log", "-o", "shards"];
    let shards = [&shards[..], &["--shard-size", "20K", "--to", "tsv", "--compress", "none"]].concat();
    succeeds(&run(folder.path(), &shards));
    let whole = tree(&folder.path().join("shards"));
    let heads: Vec<&str> = whole.values().map(|shard| text(shard).lines().next().unwrap()).collect();
    assert!(
        heads.len() > 1 && heads.contains(&"id\ttext\tnote") && heads.contains(&"n\ttext\tscore\tgood\ttags")
    );
    fs::remove_file(folder.path().join("shards").join(whole.keys().last().unwrap())).unwrap();
    succeeds(&run(folder.path(), &[&shards[..], &["--resume"]].concat()));
    assert!(whole == tree(&folder.path().join("shards")));
    succeeds(&run(folder.path(), &["restore", "shards", "--edits", "log", "-o", "again"]));
    let again: String =
        tree(&folder.path().join("again")).into_values().map(|s| text(&s).to_owned()).collect();
    assert!((0..300).all(|i| again.contains(&document(i).replace('"', "\"\""))));
    // To standard output, one header for all that have it.
    let output = run(folder.path(), &["clean", "--no-config", "-q", "in/a.txt", "in/b.txt", "--to", "csv"]);
    assert_eq!(text(&output.stdout).matches("id,block,text").count(), 1);
}

#[test]
fn what_the_columns_do_not_hold_fails_its_file() {
    let folder = TempDir::new().unwrap();
    let line = format!("{{\"text\":\"{DAMAGED}\",\"n\":1}}\n");
    let later = line.repeat(20_000);
    write(
        folder.path(),
        &[
            ("in/key.jsonl", format!("{later}{{\"text\":\"\",\"m\":1}}\n").as_bytes()),
            ("in/twice.jsonl", format!("{{\"text\":\"\",\"n\":1,\"n\":2}}\n{line}").as_bytes()),
            ("in/good.jsonl", line.as_bytes()),
        ],
    );
    let output =
        run(folder.path(), &["clean", "--no-config", "in", "-o", "out", "--edits", "log", "--to", "csv"]);
    assert_eq!(output.status.code(), Some(2));
    let told = text(&output.stderr);
    let key =
        "in/key.jsonl: record 20001: m is none of the first columns, text, n; --to jsonl takes every record";
    assert!(told.contains(key), "{told}");
    assert!(told.contains("in/twice.jsonl: record 1: n stands twice; --to jsonl"), "{told}");
    assert!(tree(&folder.path().join("out")).into_keys().eq(["good.jsonl.csv".to_owned()]));
    let log = fs::read_to_string(folder.path().join("log")).unwrap();
    assert_eq!(log.lines().count(), 3, "what failed left nothing in the log");
}

#[cfg(feature = "parquet")]
#[test]
fn documents_become_rows_of_parquet() {
    let folder = TempDir::new().unwrap();
    let files = regular();
    let borrowed: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (*name, &bytes[..])).collect();
    write(folder.path(), &borrowed);
    let path = |name: &str| folder.path().join(name);
    let args = ["clean", "--no-config", "-q", "in", "--edits", "log", "--to", "parquet", "-o"];
    succeeds(&run(folder.path(), &[&args[..], &["out"]].concat()));
    let output = run(folder.path(), &["clean", "--no-config", "in/c.jsonl", "-o", "told", "--to", "parquet"]);
    assert!(text(&output.stderr).contains("record 302: not a JSON object; left out"), "{output:?}");
    succeeds(&run(folder.path(), &[&args[..], &["four", "-j", "4"]].concat()));
    let out = tree(&path("out"));
    assert!(out == tree(&path("four")));
    let names = ["a.txt.parquet", "b.txt.parquet", "c.jsonl.parquet", "d.csv.parquet", "e.warc.parquet"];
    assert!(out.keys().eq(names), "{:?}", out.keys());
    let (about, records) = rows(&path("out/c.jsonl.parquet"));
    for kind in ["INT64", "DOUBLE", "BOOLEAN"] {
        assert!(about.contains(kind), "{about}");
    }
    assert_eq!(records.len(), 301);
    assert!(records[28].ends_with("score: 0.5, good: true, tags: \"[\"經濟\",28]\"}"), "{}", records[28]);
    assert_eq!(records[300], "{n: 300, text: null, score: null, good: null, tags: null}");
    assert_eq!(rows(&path("out/d.csv.parquet")).1.len(), 200);
    assert_eq!(rows(&path("out/e.warc.parquet")).1.len(), 31);
    succeeds(&run(folder.path(), &["restore", "four", "--edits", "log", "-o", "back"]));
    let text_of = |row: &str| row.split("text: ").nth(1).unwrap().to_owned();
    for (i, row) in rows(&path("back/c.jsonl.parquet")).1.iter().take(300).enumerate() {
        assert!(text_of(row).starts_with(&format!("\"{}\"", document(i))), "{row}");
    }
    assert!(rows(&path("back/b.txt.parquet")).1[0].contains(&CLEAN.repeat(30).replace('，', ",")));
    assert!(rows(&path("back/e.warc.parquet")).1[0].contains(&document(1)));
    // Columns that are the same share shards; a number among strings has no place there.
    let shards =
        ["clean", "--no-config", "-q", "in/c.jsonl", "in/d.csv.gz", "--edits", "log", "-o", "shards"];
    let shards = [&shards[..], &["--shard-size", "20K", "--to", "parquet", "--max-damage", "0.4"]].concat();
    succeeds(&run(folder.path(), &shards));
    let whole = tree(&path("shards"));
    assert!(whole.len() > 1 && whole.keys().all(|name| name.ends_with(".parquet")));
    fs::remove_file(path("shards").join(whole.keys().last().unwrap())).unwrap();
    succeeds(&run(folder.path(), &[&shards[..], &["--resume"]].concat()));
    assert!(whole == tree(&path("shards")));
    succeeds(&run(folder.path(), &["restore", "shards", "--edits", "log", "-o", "again"]));
    let again: Vec<String> = whole.keys().flat_map(|name| rows(&path("again").join(name)).1).collect();
    assert!(again.iter().any(|row| row.contains(&document(0))));
    write(
        folder.path(),
        &[(
            "more.jsonl",
            format!("{}{}\n", "{\"text\":\"\",\"n\":1}\n".repeat(40_000), "{\"text\":\"\",\"n\":1.5}")
                .as_bytes(),
        )],
    );
    let output = run(folder.path(), &["clean", "--no-config", "more.jsonl", "-o", "more", "--to", "parquet"]);
    let told = "more.jsonl: record 40001: n is 1.5, where the first records have whole numbers; --to jsonl takes every record";
    assert!(text(&output.stderr).contains(told), "{output:?}");
    assert!(tree(&path("more")).is_empty());
    let output = run(folder.path(), &["clean", "--no-config", "in/a.txt", "--to", "parquet"]);
    assert!(
        text(&output.stderr).contains("Parquet goes into files only: name a folder with -o"),
        "{output:?}"
    );
}

#[test]
fn a_table_keeps_its_own_ids() {
    let folder = TempDir::new().unwrap();
    write(
        folder.path(),
        &[
            ("a.csv", format!("id,text\nx,{CLEAN}\n").as_bytes()),
            ("b.csv", format!("text\n{CLEAN}\n").as_bytes()),
        ],
    );
    let output = run(folder.path(), &["clean", "--no-config", "-q", "--to", "jsonl", "a.csv", "b.csv"]);
    let expected = [
        format!("{{\"id\":\"x\",\"text\":\"{CLEAN}\"}}\n"),
        format!("{{\"id\":\"b.csv:2\",\"text\":\"{CLEAN}\"}}\n"),
    ];
    assert_eq!(text(&output.stdout), expected.concat());
}

/// An archive of what servers answered.
fn answers(answers: &[(&str, &[u8])]) -> Vec<u8> {
    let record = |(i, (header, body)): (usize, &(&str, &[u8]))| {
        let http = format!("HTTP/1.1 200 OK\r\n{header}\r\n\r\n").into_bytes();
        let head = format!(
            "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://example.org/{i}\r\n\
             WARC-Block-Digest: sha1:OF-THE-ORIGINAL\r\n\
             Content-Type: application/http; msgtype=response\r\nContent-Length: {}\r\n\r\n",
            http.len() + body.len()
        );
        [head.as_bytes(), &http, body, b"\r\n\r\n"].concat()
    };
    answers.iter().enumerate().flat_map(record).collect()
}

#[test]
fn pages_are_cleaned_between_their_tags() {
    let folder = TempDir::new().unwrap();
    let page = |charset: &str, text: &str, aside: &str| {
        format!(
            "<html><head><meta charset=\"{charset}\">\n<title>{text}</title>\n<script>a = \"{aside}\";</script>\
             <style>p {{ font: '{aside}' }}</style></head><body class='{}'><!-- {aside} -->\n\
             <p title=\"{aside}\">{text}&nbsp;&lt;<a href=\"/{aside}?a=1&b\">{text}</a></p>\n<pre>{aside}</pre></body></html>",
            "menu navigation ".repeat(40)
        )
    };
    let utf8 = page("utf-8", DAMAGED, DAMAGED);
    let clean = page("utf-8", CLEAN, DAMAGED);
    let legacy = gbk(&page("gb2312", "經濟發展,好。", "经济,好"));
    let untouched = gbk(&page("gb2312", CLEAN, CLEAN));
    let chunked = format!("{:x}\r\n{utf8}\r\n0\r\n\r\n", utf8.len());
    let html = |more: &str| format!("Content-Type: text/html{more}");
    let length = |body: &[u8]| format!("Content-Type: text/html\r\nContent-Length: {}", body.len());
    let others: [(&str, Vec<u8>); 4] = [
        (&html("\r\nContent-Encoding: gzip"), pack(Compression::Gzip, utf8.as_bytes())),
        (&html("\r\nTransfer-Encoding: chunked"), chunked.into_bytes()),
        ("Content-Type: application/json", format!("{{\"text\":\"{DAMAGED}\"}}").into_bytes()),
        ("Content-Type: image/png", [&b"\x89PNG\r\n"[..], DAMAGED.as_bytes()].concat()),
    ];
    let others: Vec<(&str, &[u8])> = others.iter().map(|(header, body)| (*header, &body[..])).collect();
    let with = |first: (&str, &[u8]), second: (&str, &[u8])| {
        let own = html("; charset=GBK");
        answers(&[&[first, second, (&own, &untouched)], &others[..]].concat())
    };
    let meta = html("");
    let original = with((&length(utf8.as_bytes()), utf8.as_bytes()), (&meta, &legacy));
    write(folder.path(), &[("in/a.warc", &original)]);
    let output = run(folder.path(), &["clean", "--no-config", "in", "-o", "out", "--edits", "log"]);
    succeeds(&output);
    assert!(
        text(&output.stderr).contains("warning: record 4, and 1 more: a page that is compressed or chunked")
    );
    assert!(text(&output.stderr).contains("warning: record 6, and 1 more: a record that is no text"));
    // What is in another encoding now says so.
    let marked = format!("\u{feff}{}", page("gb2312", "经济发展，好。", "经济,好"));
    let expected = with((&length(clean.as_bytes()), clean.as_bytes()), (&meta, marked.as_bytes()));
    let out = fs::read(folder.path().join("out/a.warc")).unwrap();
    assert_eq!(String::from_utf8_lossy(&out), String::from_utf8_lossy(&expected));
    assert!(out == expected);
    let back = run(folder.path(), &["restore", "out/a.warc", "--edits", "log"]);
    assert!(back.stdout == original, "{}", String::from_utf8_lossy(&back.stdout));
    succeeds(&run(folder.path(), &["clean", "--no-config", "out", "-o", "twice"]));
    assert!(fs::read(folder.path().join("twice/a.warc")).unwrap() == expected);
}

#[test]
fn paragraphs_are_parted_in_every_format() {
    let folder = TempDir::new().unwrap();
    let (apart, lines) = (format!("甲{CLEAN}\n\n乙{CLEAN}\n"), format!("甲{CLEAN}\n乙{CLEAN}\n"));
    let record = |text: &str| format!("{}\n", serde_json::json!({ "text": text }));
    write(
        folder.path(),
        &[
            ("in/a.txt", apart.as_bytes()),
            ("in/a.jsonl", record(&apart).as_bytes()),
            ("jiaokan.toml", b"paragraphs = \"newline\"\n"),
        ],
    );
    succeeds(&run(folder.path(), &["clean", "-q", "in", "-o", "out", "--edits", "log"]));
    let out = tree(&folder.path().join("out"));
    assert_eq!((text(&out["a.txt"]), text(&out["a.jsonl"])), (&*lines, &*record(&lines)));
    succeeds(&run(folder.path(), &["restore", "out", "--edits", "log", "-o", "back"]));
    assert_eq!(tree(&folder.path().join("back")), tree(&folder.path().join("in")));
    let output = run(folder.path(), &["clean", "-q", "out/a.txt", "--paragraphs", "blank-line"]);
    assert_eq!(text(&output.stdout), apart);
}

#[test]
fn every_format_teaches_the_same() {
    let folder = TempDir::new().unwrap();
    let documents: Vec<String> = (0..60).map(document).collect();
    let mut records: String =
        documents.iter().map(|text| format!("{}\n", serde_json::json!({ "text": text }))).collect();
    let mut table = "id,text\r\n".to_owned();
    let mut archive = Vec::new();
    for (i, document) in documents.iter().enumerate() {
        write(folder.path(), &[(&format!("text/{i}.txt"), document.as_bytes())]);
        table += &format!("{i},\"{}\"\r\n", document.replace('"', "\"\""));
        archive.extend(format!("WARC/1.0\r\nWARC-Type: conversion\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{document}\r\n\r\n", document.len()).bytes());
    }
    let learn = |input: &str| {
        let output = run(folder.path(), &["learn", "-q", input, "-o", "profile"]);
        succeeds(&output);
        fs::read(folder.path().join("profile")).unwrap()
    };
    let learned = learn("text");
    write(
        folder.path(),
        &[
            ("a.csv", table.as_bytes()),
            ("a.wet.gz", &pack(Compression::Gzip, &archive)),
            ("a.jsonl.zst", &pack(Compression::Zstd, records.as_bytes())),
        ],
    );
    for input in ["a.csv", "a.wet.gz", "a.jsonl.zst"] {
        assert!(learn(input) == learned, "{input}");
    }
    // What is no record teaches nothing, a file that cannot be read is an error.
    records += "not json\n";
    write(folder.path(), &[("b.jsonl", records.as_bytes()), ("c.csv", b"id,body\n1,2\n")]);
    assert!(learn("b.jsonl") == learned);
    let output = run(folder.path(), &["learn", "b.jsonl", "c.csv", "-o", "profile"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("c.csv: no column text among id, body"), "{output:?}");
}

#[cfg(feature = "parquet")]
#[test]
fn the_log_can_be_a_table() {
    use parquet::file::reader::{FileReader, SerializedFileReader};

    let folder = TempDir::new().unwrap();
    let originals = corpus_in(folder.path());
    write(folder.path(), &[("in/columns/a.parquet", &parquet(50))]);
    let args = ["clean", "--no-config", "-q", "in", "-o", "out", "--edits"];
    succeeds(&run(folder.path(), &[&args[..], &["log.parquet"]].concat()));
    succeeds(&run(folder.path(), &["restore", "out", "--edits", "log.parquet", "-o", "back"]));
    let back = tree(&folder.path().join("back"));
    for (name, original) in &originals {
        assert!(unpack(&back[name]) == unpack(original), "{name} did not come back");
    }
    assert_eq!(
        rows(&folder.path().join("back/columns/a.parquet")),
        rows(&folder.path().join("in/columns/a.parquet"))
    );
    // It says what the lines say.
    let file = fs::File::open(folder.path().join("log.parquet")).unwrap();
    let table = SerializedFileReader::new(file).unwrap();
    let edits = table.get_row_iter(None).unwrap().map(|row| row.unwrap().to_string());
    let edits: Vec<String> = edits.filter(|row| row.contains("path: \"in/text/2.txt\"")).collect();
    succeeds(&run(
        folder.path(),
        &["clean", "--no-config", "-q", "in/text/2.txt", "-o", "one/", "--edits", "log"],
    ));
    let log = fs::read_to_string(folder.path().join("log")).unwrap();
    assert_eq!(edits.len(), log.matches("\"kind\":").count() + 1, "the edits and the file");
    assert!(edits[0].contains("rules: \"SCR001\"") && edits[1].contains("old: \"(shū)\""), "{edits:?}");
    let drop = |log: &str, file: &str| {
        run(folder.path(), &["restore", file, "--edits", log, "--drop", "GLO001"]).stdout
    };
    assert_eq!(drop("log.parquet", "out/text/2.txt"), drop("log", "one/2.txt"));
    // Without a run that could be gone on with, nothing else is left.
    succeeds(&run(
        folder.path(),
        &["clean", "--no-config", "-q", "in/text/2.txt", "--edits", "alone.parquet"],
    ));
    assert!(!folder.path().join(".alone.parquet.jsonl.zst").exists());
    let again = run(folder.path(), &["clean", "--no-config", "in", "--write", "--edits", "alone.parquet"]);
    assert!(text(&again.stderr).contains("the only way back to other originals"), "{again:?}");
}

#[test]
fn a_long_text_is_shown_by_blocks() {
    let folder = TempDir::new().unwrap();
    let chinese = format!("{}{DAMAGED}\n", format!("{CLEAN}\n").repeat(60_000));
    let long = "plain words in a line\n".repeat(800_000) + &chinese;
    write(folder.path(), &[("a.txt", long.as_bytes()), ("b.txt", chinese.as_bytes())]);
    let diff = |file: &str| {
        let output = run(folder.path(), &["clean", "--no-config", "--diff", file]);
        succeeds(&output);
        String::from_utf8(output.stdout).unwrap()
    };
    let (long, short) = (diff("a.txt"), diff("b.txt"));
    assert!(short.contains("b.txt") && !short.contains("b.txt#"), "{short:.300}");
    assert!(long.contains("a.txt#") && long.contains("PUN001"), "{long:.300}");
}

#[cfg(feature = "parquet")]
#[test]
fn rows_become_records() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), &[("in/a.parquet", &parquet(30))]);
    let clean = |more: &[&str]| {
        let args = ["clean", "--no-config", "-q", "in", "-o", "out", "--edits", "log"];
        succeeds(&run(folder.path(), &[&args[..], more].concat()));
        let mut files = tree(&folder.path().join("out"));
        fs::remove_dir_all(folder.path().join("out")).unwrap();
        assert_eq!(files.len(), 1);
        String::from_utf8(unpack(&files.pop_first().unwrap().1)).unwrap()
    };
    let records = clean(&["--to", "jsonl"]);
    let parsed: Vec<serde_json::Value> =
        records.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(parsed.len(), 90);
    for (i, record) in parsed.iter().enumerate() {
        assert_eq!(record["id"], i % 30 + i / 30);
        assert_eq!(
            record["tags"],
            serde_json::json!([format!("經{}", i % 30 * 2), format!("經{}", i % 30 * 2 + 1)])
        );
        let cleaned = record["text"].as_str().is_some_and(|text| text.contains("经济发展"));
        assert!(if i % 30 % 7 == 3 { record["text"].is_null() } else { cleaned }, "{record}");
    }
    assert_eq!(clean(&["--to", "jsonl", "--compress", "zstd", "-j", "3"]), records);
    assert_eq!(clean(&["--to", "jsonl", "--shard-size", "1M"]), records);
    assert_eq!(clean(&["--to", "text"]).matches("经济发展").count(), 78);
    // By their damage, with the originals' texts in the log.
    let some = clean(&["--to", "jsonl", "--max-damage", "0"]);
    assert!(some.lines().count() < 90, "{}", some.lines().count());
    succeeds(&run(
        folder.path(),
        &["clean", "--no-config", "-q", "in", "-o", "out", "--edits", "log", "--to", "jsonl"],
    ));
    let output = run(folder.path(), &["restore", "out/a.parquet.jsonl", "--edits", "log"]);
    succeeds(&output);
    for (i, line) in text(&output.stdout).lines().enumerate().filter(|(i, _)| i % 30 % 7 != 3) {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(record["text"], document(i % 30), "{i}");
    }
}

/// Corpora that a run is disturbed in: many small files, a large one, records.
fn disturbed(folder: &Path) {
    let mut files: Vec<(String, Vec<u8>)> =
        (0..600).map(|i| (format!("in/{}/{i}.txt", i % 3), document(i).into_bytes())).collect();
    files.push(("in/1/large.txt".into(), (0..14_000).map(document).collect::<String>().into_bytes()));
    files.push(("in/2/a.jsonl.gz".into(), pack(Compression::Gzip, jsonl(900).as_bytes())));
    let borrowed: Vec<(&str, &[u8])> =
        files.iter().map(|(name, bytes)| (name.as_str(), &bytes[..])).collect();
    write(folder, &borrowed);
}

/// Kills runs of `args` at random moments and lets them go on, until one comes to its end. Returns how many
/// were killed.
fn kill_until_done(folder: &Path, args: &[&str], random: &mut u64, longest: u64) -> usize {
    for kills in 0.. {
        let args = if kills == 0 { args.to_vec() } else { [args, &["--resume"]].concat() };
        let mut child = jiaokan(folder, &args).stderr(Stdio::piped()).spawn().unwrap();
        *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // Later and later, so that the end is reached.
        let wait = (*random >> 33) % longest + kills as u64 * longest / 16;
        std::thread::sleep(std::time::Duration::from_millis(wait));
        let _ = child.kill();
        let output = child.wait_with_output().unwrap();
        match output.status.code() {
            Some(0) => return kills,
            Some(code) => panic!("exit code {code}: {}", String::from_utf8_lossy(&output.stderr)),
            None => {}
        }
        for name in tree(folder).into_keys().filter(|name| name.starts_with("out/")) {
            let is_temporary = name.rsplit('/').next().unwrap().starts_with(".jiaokan-");
            let original = folder.join("in").join(&name[4..]);
            assert!(is_temporary || name.contains("shard-") || original.exists(), "{name}");
        }
    }
    unreachable!("the loop has no end")
}

#[test]
fn a_killed_run_goes_on_to_the_same_end() {
    let began = std::time::Instant::now();
    let modes: [&[&str]; 4] = [
        &["in", "-o", "out", "--edits", "log"],
        &["in", "-o", "out", "--edits", "log", "--to", "jsonl", "--shard-size", "40K"],
        &["in", "--write", "--edits", "log.gz"],
        &["in", "-o", "out", "--edits", "log.parquet"],
    ];
    let (mut random, mut kills, mut round) = (17, 0, 0);
    let mut undisturbed = Vec::new();
    for mode in modes {
        let folder = TempDir::new().unwrap();
        disturbed(folder.path());
        let began = std::time::Instant::now();
        succeeds(&run(folder.path(), &[&["clean", "--no-config", "-q"], mode].concat()));
        undisturbed.push((tree(folder.path()), began.elapsed().as_millis() as u64));
    }
    while kills < 50 {
        let mode = round % modes.len();
        let folder = TempDir::new().unwrap();
        disturbed(folder.path());
        let args = [&["clean", "--no-config", "-q"], modes[mode]].concat();
        kills += kill_until_done(folder.path(), &args, &mut random, undisturbed[mode].1);
        let is_output =
            |(name, _): &(String, Vec<u8>)| !name.rsplit('/').next().unwrap().starts_with(".jiaokan-");
        let now: BTreeMap<_, _> = tree(folder.path()).into_iter().filter(is_output).collect();
        let expected = &undisturbed[mode].0;
        assert!(now.keys().eq(expected.keys()), "mode {mode}");
        for (name, bytes) in expected {
            // Of files that are cleaned in place, the log never loses a line.
            assert!(name == "log.gz" || now[name] == *bytes, "mode {mode}: {name}");
        }
        if mode == 2 {
            succeeds(&run(folder.path(), &["restore", "in", "--edits", "log.gz", "-o", "back"]));
            let originals = TempDir::new().unwrap();
            disturbed(originals.path());
            let (back, originals) = (tree(&folder.path().join("back")), tree(&originals.path().join("in")));
            assert!(back.keys().eq(originals.keys()));
            assert!(back.iter().all(|(name, bytes)| unpack(bytes) == unpack(&originals[name])));
        }
        round += 1;
    }
    eprintln!("{kills} kills in {round} runs, {:?}", began.elapsed());
}

#[test]
fn another_configuration_is_not_gone_on_with() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), &[("in/a.txt", DAMAGED.as_bytes())]);
    let clean =
        |more: &[&str]| run(folder.path(), &[&["clean", "--no-config", "in", "-o", "out"], more].concat());
    succeeds(&clean(&[]));
    let output = clean(&["--resume"]);
    assert_eq!(text(&output.stderr), "jiaokan: 0 documents, 0 changed, 1 file done before\n");
    let output = clean(&["--resume", "--skip", "script"]);
    assert!(text(&output.stderr).contains("had another configuration"), "{output:?}");
    assert_eq!(output.status.code(), Some(2));
    succeeds(&clean(&["--resume=any", "--skip", "script"]));
    // What was changed since is made again.
    fs::write(folder.path().join("out/a.txt"), "x").unwrap();
    succeeds(&clean(&["--resume=any"]));
    assert_eq!(fs::read_to_string(folder.path().join("out/a.txt")).unwrap(), CLEAN);
}

#[test]
fn absurd_input_is_an_error_of_its_file() {
    let folder = TempDir::new().unwrap();
    let long = format!("{{\"text\":\"{}\"}}\n", "a".repeat(70 << 20));
    let mut cut = pack(Compression::Gzip, document(1).repeat(9000).as_bytes());
    cut.truncate(cut.len() / 2);
    let mut bad = pack(Compression::Gzip, document(1).repeat(9000).as_bytes());
    let middle = bad.len() / 2;
    bad[middle..middle + 40].fill(0x55);
    let bomb = pack(Compression::Gzip, &vec![b'a'; 200 << 20]);
    write(
        folder.path(),
        &[
            ("in/bad.txt.gz", &bad),
            ("in/bomb.txt.gz", &bomb),
            ("in/cut.txt.gz", &cut),
            ("in/good.txt", DAMAGED.as_bytes()),
            ("in/long.jsonl", long.as_bytes()),
            ("in/open.csv", format!("id,text\n1,\"{}", "a,\n".repeat(23 << 20)).as_bytes()),
        ],
    );
    let output = run(folder.path(), &["clean", "--no-config", "in", "-o", "out", "--edits", "log"]);
    assert_eq!(output.status.code(), Some(2));
    let told = text(&output.stderr);
    for what in [
        "in/bad.txt.gz: the compressed stream is ",
        "times as many",
        "in/cut.txt.gz: the compressed stream is cut short",
        "in/long.jsonl: record 1: a record is longer than 64 MiB",
        "in/open.csv: record 2: a record is longer than 64 MiB; is a quote not closed?",
        "6 documents, 1 changed, 5 failed",
    ] {
        assert!(told.contains(what), "{what} is not in: {told}");
    }
    assert!(tree(&folder.path().join("out")).into_keys().eq(["good.txt".to_owned()]));
    let log = fs::read_to_string(folder.path().join("log")).unwrap();
    assert_eq!(log.lines().count(), 3, "what failed left nothing in the log");
}

#[test]
fn damage_is_counted_without_cleaning() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), &[("a.txt", document(3).as_bytes()), ("b.jsonl", jsonl(20).as_bytes())]);
    let output = run(folder.path(), &["stats", "--no-config", "."]);
    let shown = text(&output.stdout);
    for what in ["GLO001", "PUN001", "市委副書[-(shū)-]{++}記", "UTF-8"] {
        assert!(shown.contains(what), "{what} is not in {shown}");
    }
    let output = run(folder.path(), &["stats", "--no-config", "--format", "json", "."]);
    let counted: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(counted["rules"]["GLO001"]["edits"].as_u64() > Some(10), "{counted}");
    assert!(tree(folder.path()).len() == 2);
    // The same counts stand in the statistics of a run that cleans.
    succeeds(&run(folder.path(), &["clean", "--no-config", "-q", ".", "-o", "out", "--stats", "stats.json"]));
    let stats: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.path().join("stats.json")).unwrap()).unwrap();
    assert_eq!(stats["documents"]["rules"], counted["rules"]);
    assert!(stats["stage_seconds"]["gloss"].as_f64() > Some(0.0));
}

#[test]
fn inputs_are_chosen() {
    let folder = TempDir::new().unwrap();
    write(
        folder.path(),
        &[
            ("in/a.txt", b"a"),
            ("in/b.md", b"b"),
            ("in/sub/c.txt", b"c"),
            ("in/sub/d.bak", b"d"),
            ("list", b"in/sub/c.txt\nin/a.txt\n"),
            ("rules", b"*.bak\nb.*\n"),
        ],
    );
    let clean = |args: &[&str]| {
        let output = run(folder.path(), &[&["clean", "--no-config", "-q"], args].concat());
        succeeds(&output);
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(clean(&["in", "--glob", "*.txt"]), "ac");
    assert_eq!(clean(&["in", "--glob", "!*.txt"]), "bd");
    assert_eq!(clean(&["in", "--ignore-file", "rules"]), "ac");
    assert_eq!(clean(&["--files-from", "list"]), "ca");
    let output = pipe(folder.path(), &["clean", "--no-config", "-q", "--files-from", "-"], b"in/b.md\n");
    assert_eq!(text(&output.stdout), "b");
}

#[test]
fn shells_and_manual() {
    let folder = TempDir::new().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let output = run(folder.path(), &["completions", shell]);
        assert!(text(&output.stdout).contains("max-damage"), "{shell}");
    }
    let output = run(folder.path(), &["man"]);
    assert!(text(&output.stdout).contains(".SH \"JIAOKAN CLEAN\"") && text(&output.stdout).contains("shard"));
}

#[cfg(target_os = "linux")]
mod linux {
    use std::time::Duration;

    use super::*;

    /// Runs a shell script that may mount; nothing if that is not allowed here.
    fn mounted(folder: &Path, script: &str) -> Option<Output> {
        let allowed = Command::new("unshare").args(["-rm", "mount", "-t", "tmpfs", "none", "/mnt"]).status();
        if !allowed.is_ok_and(|status| status.success()) {
            eprintln!("skipped: no file system can be mounted here");
            return None;
        }
        let program = env!("CARGO_BIN_EXE_jiaokan");
        let script = script.replace("jiaokan", program);
        Some(Command::new("unshare").current_dir(folder).args(["-rm", "sh", "-c", &script]).output().unwrap())
    }

    #[test]
    fn a_full_disk_fails_files_and_leaves_no_half_ones() {
        let folder = TempDir::new().unwrap();
        let sizes = [10, 3000, 20, 9000, 30];
        for (i, size) in sizes.into_iter().enumerate() {
            write(folder.path(), &[(&format!("in/{i}.txt"), DAMAGED.repeat(size).as_bytes())]);
        }
        fs::create_dir(folder.path().join("out")).unwrap();
        let script = "mount -t tmpfs -o size=160k none out && jiaokan clean --no-config in -o out --edits log; \
            echo exit $? >&2; cp -r out kept";
        let Some(output) = mounted(folder.path(), script) else { return };
        let told = text(&output.stderr);
        assert!(
            told.contains("in/3.txt: not written: No space left on device") && told.contains("exit 2"),
            "{told}"
        );
        let kept = tree(&folder.path().join("kept"));
        assert!(kept.keys().eq(["0.txt", "1.txt", "2.txt", "4.txt"]), "{:?}", kept.keys());
        for (name, bytes) in kept {
            assert_eq!(text(&bytes), CLEAN.repeat(sizes[name[..1].parse::<usize>().unwrap()]));
        }
        let log = fs::read_to_string(folder.path().join("log")).unwrap();
        assert!(!log.contains("in/3.txt"));
    }

    #[test]
    fn an_output_that_cannot_be_written_is_an_error() {
        let folder = TempDir::new().unwrap();
        write(folder.path(), &[("in/a.txt", DAMAGED.as_bytes())]);
        fs::create_dir(folder.path().join("out")).unwrap();
        let script = "mount -t tmpfs -o ro none out && jiaokan clean --no-config in -o out; echo exit $? >&2";
        let Some(output) = mounted(folder.path(), script) else { return };
        assert!(text(&output.stderr).contains("ead-only file system\nexit 2"), "{output:?}");
    }

    /// Lets a run wait at a pipe, its only worker busy, while `meanwhile` happens.
    fn while_it_waits(folder: &Path, args: &[&str], meanwhile: impl FnOnce()) -> Output {
        assert!(Command::new("mkfifo").current_dir(folder).arg("pipe").status().unwrap().success());
        let mut command =
            jiaokan(folder, &[&["clean", "--no-config", "-j", "1", "--memory", "1M", "pipe"], args].concat());
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // Opening waits for the reader; what it reads next it has to wait for.
        let mut pipe = fs::OpenOptions::new().write(true).open(folder.join("pipe")).unwrap();
        std::thread::sleep(Duration::from_millis(300));
        meanwhile();
        pipe.write_all(DAMAGED.as_bytes()).unwrap();
        drop(pipe);
        child.wait_with_output().unwrap()
    }

    #[test]
    fn files_that_change_during_the_run_fail_alone() {
        let folder = TempDir::new().unwrap();
        let large = DAMAGED.repeat(500_000);
        write(
            folder.path(),
            &[
                ("gone.txt", DAMAGED.as_bytes()),
                ("large.txt", large.as_bytes()),
                ("z.txt", DAMAGED.as_bytes()),
            ],
        );
        let files = ["large.txt", "gone.txt", "z.txt", "-o", "out", "--edits", "log"];
        let path = |name: &str| folder.path().join(name);
        for grows in [true, false] {
            let output = while_it_waits(folder.path(), &files, || {
                let _ = fs::remove_file(path("gone.txt"));
                let file = fs::OpenOptions::new().append(true).open(path("large.txt")).unwrap();
                file.set_len(
                    large.len() as u64 + if grows { 1000 } else { 0 } - if grows { 0 } else { 9_000_000 },
                )
                .unwrap();
            });
            let told = text(&output.stderr);
            assert!(told.contains("large.txt: the file was changed while it was read"), "{told}");
            assert!(told.contains("gone.txt: no such file or folder"), "{told}");
            assert_eq!(output.status.code(), Some(2));
            assert!(tree(&path("out")).keys().eq(["pipe", "z.txt"]));
            assert!(!fs::read_to_string(path("log")).unwrap().contains("large.txt"));
            fs::remove_file(path("pipe")).unwrap();
            write(folder.path(), &[("gone.txt", DAMAGED.as_bytes()), ("large.txt", large.as_bytes())]);
        }
    }

    #[test]
    fn a_second_run_on_the_same_output_is_refused() {
        let folder = TempDir::new().unwrap();
        write(folder.path(), &[("a.txt", DAMAGED.as_bytes())]);
        let output = while_it_waits(folder.path(), &["a.txt", "-o", "out/"], || {
            let second = run(folder.path(), &["clean", "--no-config", "a.txt", "-o", "out/"]);
            assert!(text(&second.stderr).contains("another run writes here"), "{second:?}");
            assert_eq!(second.status.code(), Some(2));
        });
        succeeds(&output);
        succeeds(&run(folder.path(), &["clean", "--no-config", "-q", "a.txt", "-o", "out/"]));
    }

    #[test]
    fn an_interrupted_run_stops_cleanly_and_goes_on() {
        let folder = TempDir::new().unwrap();
        write(
            folder.path(),
            &[("a.txt", DAMAGED.as_bytes()), ("large.txt", DAMAGED.repeat(300_000).as_bytes())],
        );
        let args = ["a.txt", "large.txt", "-o", "out", "--edits", "log"];
        assert!(Command::new("mkfifo").current_dir(folder.path()).arg("pipe").status().unwrap().success());
        let mut command = jiaokan(
            folder.path(),
            &[&["clean", "--no-config", "-j", "1", "--memory", "1M", "pipe"], &args[..]].concat(),
        );
        let child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut pipe = fs::OpenOptions::new().write(true).open(folder.path().join("pipe")).unwrap();
        std::thread::sleep(Duration::from_millis(300));
        let interrupted = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        assert!(interrupted.success());
        std::thread::sleep(Duration::from_millis(100));
        pipe.write_all(DAMAGED.as_bytes()).unwrap();
        drop(pipe);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).ends_with("stopped; --resume goes on\n"), "{output:?}");
        assert!(!folder.path().join("out/large.txt").exists());
        fs::remove_file(folder.path().join("pipe")).unwrap();
        write(folder.path(), &[("pipe", DAMAGED.as_bytes())]);
        let again = [&["clean", "--no-config", "-q", "pipe"], &args[..], &["--resume"]].concat();
        succeeds(&run(folder.path(), &again));
        assert!(fs::read_to_string(folder.path().join("out/large.txt")).unwrap() == CLEAN.repeat(300_000));
        let log = fs::read_to_string(folder.path().join("log")).unwrap();
        assert_eq!(log.matches("\"type\":\"file\"").count(), 3);
    }
}
