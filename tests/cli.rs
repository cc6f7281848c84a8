//! The command line, as its users see it: cases in files, and here what files cannot express.
#![cfg(feature = "cli")]

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const DAMAGED: &str = "經濟發展,人民安居。\n";
const CLEAN: &str = "经济发展，人民安居。\n";

#[test]
fn cases() {
    trycmd::TestCases::new().case("tests/cmd/*.trycmd");
}

/// The command in `folder`, with nothing of the environment that would colour its output.
fn jiaokan(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jiaokan"));
    command.current_dir(folder).args(args).stdin(Stdio::null());
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command
}

fn run(folder: &Path, args: &[&str]) -> Output {
    jiaokan(folder, args).output().unwrap()
}

/// Feeds standard input.
fn pipe(args: &[&str], input: &[u8]) -> Output {
    let mut child = jiaokan(Path::new("."), args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_vec());
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    let _ = writer.join().unwrap();
    output
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// A folder of documents.
fn folder(documents: &[(&str, &[u8])]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, bytes) in documents {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

/// The names of all that stands in a folder, but for what a run keeps for itself.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != ".jiaokan")
        .collect();
    names.sort();
    names
}

#[test]
fn standard_input_is_cleaned() {
    for args in [&["clean", "--no-config"][..], &["clean", "--no-config", "-"]] {
        let output = pipe(args, DAMAGED.as_bytes());
        assert_eq!(text(&output.stdout), CLEAN);
        assert_eq!(text(&output.stderr), "jiaokan: 1 document, 1 changed\n");
        assert_eq!(output.status.code(), Some(0));
    }
    let output = pipe(&["clean", "--no-config", "--check"], DAMAGED.as_bytes());
    assert_eq!((text(&output.stdout), output.status.code()), ("-\n", Some(1)));
    let output = pipe(&["clean", "--no-config", "-o", "none"], DAMAGED.as_bytes());
    assert!(text(&output.stderr).starts_with("jiaokan: -: standard input has no name"));
    assert_eq!(output.status.code(), Some(2));
    let output = pipe(&["clean", "--no-config", "--write", "--no-restore", "-"], DAMAGED.as_bytes());
    assert!(text(&output.stderr).starts_with("jiaokan: -: standard input cannot be cleaned in place"));
    assert_eq!(output.status.code(), Some(2));
}

/// Like `cp`: a single file goes to the path that is named, or into it if it is a folder or ends with a slash.
#[test]
fn a_single_file_is_written_under_the_name_given() {
    let folder = folder(&[("a.txt", DAMAGED.as_bytes()), ("there/x", b""), ("in/b.txt", DAMAGED.as_bytes())]);
    let at = |name: &str| folder.path().join(name);
    let read = |name: &str| fs::read_to_string(at(name)).unwrap();
    let clean = |input: &str, output: &str, more: &[&str]| {
        run(folder.path(), &[&["clean", "--no-config", "-q", input, "-o", output][..], more].concat())
    };
    assert!(clean("a.txt", "deep/b.txt", &["--edits", "log"]).status.success());
    assert_eq!(read("deep/b.txt"), CLEAN);
    assert!(!at("deep/.jiaokan").exists(), "one file needs no manifest");
    for (output, name) in [("new/", "new/a.txt"), ("there", "there/a.txt")] {
        assert!(clean("a.txt", output, &[]).status.success());
        assert_eq!(read(name), CLEAN);
    }
    assert!(clean("in", "mirror", &[]).status.success());
    assert_eq!(read("mirror/b.txt"), CLEAN);

    // Its name says how it is compressed; the log knows where it is.
    assert!(clean("a.txt", "c.gz", &["--edits", "packed"]).status.success());
    assert_eq!(fs::read(at("c.gz")).unwrap()[..2], [0x1f, 0x8b]);
    let restore = |clean: &str, log: &str, output: &str| {
        let output = run(folder.path(), &["restore", clean, "--edits", log, "-o", output]);
        assert!(output.status.success(), "{}", text(&output.stderr));
    };
    restore("c.gz", "packed", "c.txt");
    restore("deep/b.txt", "log", "back.txt");
    restore("deep/b.txt", "log", "back/");
    restore("deep/b.txt", "log", "there");
    for name in ["c.txt", "back.txt", "back/b.txt", "there/b.txt"] {
        assert_eq!(read(name), DAMAGED, "{name}");
    }

    let refused = |output: &Output| {
        assert_eq!(output.status.code(), Some(2));
        text(&output.stderr).to_owned()
    };
    let itself = refused(&clean("a.txt", "a.txt", &[]));
    assert!(itself.contains("would overwrite the input"), "{itself}");
    assert_eq!(read("a.txt"), DAMAGED);
    let resumed = refused(&clean("a.txt", "d.txt", &["--resume"]));
    assert!(resumed.contains("--resume needs a folder"), "{resumed}");
}

#[test]
fn line_ends_and_byte_order_marks_stay() {
    for (damaged, clean) in [
        ("", ""),
        ("經濟發展,好。", "经济发展，好。"),
        ("\u{feff}經濟發展,好。\n", "\u{feff}经济发展，好。\n"),
        ("經濟發展,好。\r\n第二行,好。\r\n", "经济发展，好。\r\n第二行，好。\r\n"),
    ] {
        assert_eq!(text(&pipe(&["clean", "--no-config", "-q"], damaged.as_bytes()).stdout), clean);
    }
}

#[test]
fn other_encodings_become_utf8_and_come_back() {
    let gbk = encoding_rs::GB18030.encode("全市上下齐心协力、众志成城,推动疫情防控成果持续巩固。").0;
    let utf16: Vec<u8> = "\u{feff}經濟發展,好。".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let documents: [(&str, &[u8]); 4] = [
        ("bad.txt", b"\xe4\xb8\xad\xff,\xe5\xa5\xbd\xe4\xb8"),
        ("bom.txt", "\u{feff}好,在。".as_bytes()),
        ("gbk.txt", &gbk),
        ("utf16.txt", &utf16),
    ];
    let folder = folder(&documents);
    let output = run(folder.path(), &["clean", "--no-config", ".", "-o", "clean", "--edits", "log.jsonl"]);
    let messages = "\
jiaokan: ./bad.txt: warning: byte 3: not valid UTF-8, and 1 more place; shown as U+FFFD
jiaokan: ./gbk.txt: read as gb18030, cleaned to UTF-8
jiaokan: ./utf16.txt: read as UTF-16LE, cleaned to UTF-8
jiaokan: 4 documents, 4 changed; 2 findings (--diff shows them)
";
    assert_eq!(text(&output.stderr), messages);
    assert_eq!(output.status.code(), Some(0));
    let clean = |name| fs::read_to_string(folder.path().join("clean").join(name)).unwrap();
    assert_eq!(clean("gbk.txt"), "全市上下齐心协力、众志成城，推动疫情防控成果持续巩固。");
    assert_eq!(clean("utf16.txt"), "经济发展，好。");
    assert_eq!(clean("bom.txt"), "\u{feff}好，在。");
    for (name, original) in documents {
        let restored = run(folder.path(), &["restore", &format!("clean/{name}"), "--edits", "log.jsonl"]);
        assert_eq!(restored.stdout, original, "{name}");
    }
}

#[test]
fn restoring_notices_a_changed_text() {
    let folder = folder(&[("a.txt", DAMAGED.as_bytes())]);
    assert!(
        run(folder.path(), &["clean", "--no-config", "--write", "--edits", "log", "a.txt"]).status.success()
    );
    fs::write(folder.path().join("a.txt"), CLEAN.replace('人', "仁")).unwrap();
    let output = run(folder.path(), &["restore", "a.txt", "--edits", "log", "-o", "b.txt"]);
    assert!(
        text(&output.stderr)
            .starts_with("jiaokan: a.txt: the text is not the one that the record was made for")
    );
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(names(folder.path()), ["a.txt", "log"]);
    fs::write(folder.path().join("log"), "{}\n").unwrap();
    let output = run(folder.path(), &["restore", "a.txt", "--edits", "log"]);
    assert!(
        text(&output.stderr).starts_with("jiaokan: log: line 1 is no record of an edit log"),
        "{output:?}"
    );
}

#[test]
fn threads_do_not_show() {
    let filler: Vec<String> =
        (0..300).map(|i| format!("第{i}篇:經濟發展,人民安居。\n\n{DAMAGED}").repeat(1 + i % 7)).collect();
    let names: Vec<String> = (0..300).map(|i| format!("{}/{i}.txt", i % 5)).collect();
    let mut documents: Vec<(&str, &[u8])> =
        names.iter().map(String::as_str).zip(filler.iter().map(String::as_bytes)).collect();
    documents[7].1 = b"\0";
    let folder = folder(&documents);
    let run = |threads: &str, mode: &[&str]| {
        let log = folder.path().join("log");
        let mut args = vec!["clean", "--no-config", ".", "--edits", "log", "-j", threads];
        args.extend(mode);
        let output = run(folder.path(), &args);
        assert_eq!(output.status.code(), Some(2));
        (output.stdout, output.stderr, fs::read(log).unwrap())
    };
    for mode in [&[][..], &["--diff"]] {
        let one = run("1", mode);
        assert_eq!(one, run("4", mode));
        let log = text(&one.2);
        assert_eq!(log.lines().filter(|line| line.starts_with("{\"type\":\"text\"")).count(), 299);
    }
}

#[test]
fn a_long_line_is_cleaned() {
    let times = 10_000_000 / DAMAGED.len();
    let output = pipe(&["clean", "--no-config", "-q"], DAMAGED.trim_end().repeat(times).as_bytes());
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout) == CLEAN.trim_end().repeat(times));
}

#[test]
fn a_closed_pipe_is_success() {
    let folder = folder(&[("a.txt", DAMAGED.trim_end().repeat(200_000).as_bytes())]);
    for args in [&["clean", "--no-config", "-q", "a.txt"][..], &["rules", "--format", "json"]] {
        let mut child =
            jiaokan(folder.path(), args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert_eq!((child.wait().unwrap().code(), stderr.as_str()), (Some(0), ""), "{args:?}");
    }
    // Files are written although nobody reads what is shown.
    let args = ["clean", "--no-config", "-q", "--diff", "--write", "--no-restore", "a.txt"];
    let mut child = jiaokan(folder.path(), &args).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(fs::read_to_string(folder.path().join("a.txt")).unwrap().starts_with(CLEAN.trim_end()));
}

#[test]
fn colour_is_asked_for() {
    let folder = folder(&[("a.txt", DAMAGED.as_bytes())]);
    let is_coloured = |args: &[&str], env: &[(&str, &str)]| {
        let args = [&["clean", "--no-config", "--diff", "a.txt"], args].concat();
        let output = jiaokan(folder.path(), &args).envs(env.iter().copied()).output().unwrap();
        output.stdout.contains(&0x1b)
    };
    assert!(!is_coloured(&[], &[]), "standard output is no terminal");
    assert!(is_coloured(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!is_coloured(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(is_coloured(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(!is_coloured(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
}

#[test]
fn git_ignores_nothing_here() {
    let folder = folder(&[(".gitignore", b"*.txt\n"), ("a.txt", DAMAGED.as_bytes()), (".git/config", b"")]);
    assert_eq!(text(&run(folder.path(), &["clean", "--no-config", "."]).stdout), CLEAN);
}

#[test]
fn what_is_written_in_place_is_whole() {
    let folder = folder(&[("a.txt", DAMAGED.as_bytes()), ("clean.txt", CLEAN.as_bytes())]);
    let clean = folder.path().join("clean.txt");
    let before = fs::metadata(&clean).unwrap().modified().unwrap();
    assert!(run(folder.path(), &["clean", "--no-config", "--write", "--no-restore", "."]).status.success());
    assert_eq!(fs::read_to_string(folder.path().join("a.txt")).unwrap(), CLEAN);
    assert_eq!(fs::metadata(&clean).unwrap().modified().unwrap(), before, "what is clean is not written");
    assert_eq!(names(folder.path()), ["a.txt", "clean.txt"]);
}

#[test]
fn the_log_of_a_run_that_writes_is_not_optional() {
    let folder = folder(&[("a.txt", DAMAGED.as_bytes())]);
    let output = run(folder.path(), &["clean", "--no-config", "--write", "--edits", "none/log", "a.txt"]);
    assert_eq!(text(&output.stderr), "jiaokan: none/log: no such file or folder\n");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(fs::read_to_string(folder.path().join("a.txt")).unwrap(), DAMAGED);
}

#[test]
fn a_place_that_cannot_be_written_fails_alone() {
    let folder = folder(&[
        ("in/a.txt", DAMAGED.as_bytes()),
        ("in/b.txt", DAMAGED.as_bytes()),
        ("out/a.txt/file", b""),
    ]);
    let output = run(folder.path(), &["clean", "--no-config", "in", "-o", "out"]);
    assert!(text(&output.stderr).starts_with("jiaokan: in/a.txt: not written: "), "{output:?}");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(names(&folder.path().join("out")), ["a.txt", "b.txt"]);
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn permissions_are_kept() {
        let folder = folder(&[("a.txt", DAMAGED.as_bytes())]);
        let file = folder.path().join("a.txt");
        set_mode(&file, 0o640);
        let log = ["--edits", "log"];
        let clean = [&["clean", "--no-config", "a.txt", "-o", "out/"], &log[..]].concat();
        assert!(run(folder.path(), &clean).status.success());
        assert_eq!(mode(&folder.path().join("out/a.txt")), 0o640);
        for (clean, back) in [("out/a.txt", "back.txt"), ("out", "back")] {
            let restore = [&["restore", clean, "-o", back], &log[..]].concat();
            assert!(run(folder.path(), &restore).status.success());
        }
        assert_eq!(mode(&folder.path().join("back.txt")), 0o640);
        assert_eq!(mode(&folder.path().join("back/a.txt")), 0o640);
        assert!(
            run(folder.path(), &["clean", "--no-config", "--write", "--no-restore", "a.txt"])
                .status
                .success()
        );
        assert_eq!(mode(&file), 0o640);
        assert_eq!(fs::read_to_string(file).unwrap(), CLEAN);
    }

    #[test]
    fn a_link_stays_a_link() {
        let folder = folder(&[("real/a.txt", DAMAGED.as_bytes())]);
        let link = folder.path().join("link.txt");
        symlink("real/a.txt", &link).unwrap();
        assert!(
            run(folder.path(), &["clean", "--no-config", "--write", "--no-restore", "link.txt"])
                .status
                .success()
        );
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(folder.path().join("real/a.txt")).unwrap(), CLEAN);
    }

    #[test]
    fn what_is_no_file_is_not_replaced_by_one() {
        use std::os::unix::fs::FileTypeExt;

        let folder = folder(&[("a.txt", DAMAGED.as_bytes())]);
        let pipe = folder.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        for args in [
            &["clean", "--no-config", "a.txt", "-o", "pipe"][..],
            &["clean", "--no-config", "a.txt", "--stats", "pipe"],
            &["clean", "--no-config", "a.txt", "--report", "pipe"],
            &["learn", "a.txt", "-o", "pipe"],
        ] {
            let output = run(folder.path(), args);
            assert!(text(&output.stderr).contains("is no regular file"), "{output:?}");
            assert_eq!(output.status.code(), Some(2));
            assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo(), "{args:?}");
        }
    }

    #[test]
    fn links_in_folders_are_not_followed() {
        let folder = folder(&[("in/a.txt", DAMAGED.as_bytes()), ("other/b.txt", DAMAGED.as_bytes())]);
        symlink("../other/b.txt", folder.path().join("in/b.txt")).unwrap();
        symlink("../other", folder.path().join("in/other")).unwrap();
        let output = run(folder.path(), &["clean", "--no-config", "-q", "in", "--write", "--no-restore"]);
        assert!(output.status.success(), "{output:?}");
        assert_eq!(fs::read_to_string(folder.path().join("in/a.txt")).unwrap(), CLEAN);
        assert_eq!(fs::read_to_string(folder.path().join("other/b.txt")).unwrap(), DAMAGED);
    }

    #[test]
    fn what_may_not_be_read_fails_alone() {
        let folder = folder(&[
            ("closed/a.txt", DAMAGED.as_bytes()),
            ("file.txt", DAMAGED.as_bytes()),
            ("open.txt", DAMAGED.as_bytes()),
        ]);
        let (closed, file) = (folder.path().join("closed"), folder.path().join("file.txt"));
        set_mode(&closed, 0);
        set_mode(&file, 0);
        // A privileged user reads everything all the same.
        let enforced = fs::read_dir(&closed).is_err();
        let output = run(folder.path(), &["clean", "--no-config", "."]);
        set_mode(&closed, 0o755);
        if enforced {
            assert_eq!(text(&output.stdout), CLEAN);
            assert!(text(&output.stderr).contains("jiaokan: ./closed: permission denied\n"), "{output:?}");
            assert!(text(&output.stderr).contains("jiaokan: ./file.txt: permission denied\n"), "{output:?}");
            assert_eq!(output.status.code(), Some(2));
        } else {
            assert_eq!(text(&output.stdout), CLEAN.repeat(3));
        }
    }

    #[test]
    fn a_full_disk_is_an_error() {
        let full = Path::new("/dev/full");
        if full.exists() {
            let folder = folder(&[("a.txt", DAMAGED.as_bytes())]);
            let stdout = fs::OpenOptions::new().write(true).open(full).unwrap();
            let output = jiaokan(folder.path(), &["clean", "--no-config", "-q", "a.txt"])
                .stdout(stdout)
                .output()
                .unwrap();
            assert!(text(&output.stderr).starts_with("jiaokan: standard output: "), "{output:?}");
            assert_eq!(output.status.code(), Some(2));
        }
    }

    #[test]
    fn names_reach_the_terminal_harmlessly() {
        let folder = folder(&[("a\x1b[31m.txt", b"\0")]);
        let output = run(folder.path(), &["clean", "--no-config", "."]);
        assert_eq!(
            text(&output.stderr),
            "jiaokan: ./a\\u{1b}[31m.txt: byte 0: a NUL byte: this is a binary file\n"
        );
    }
}

#[test]
fn the_document_of_rules_is_fresh() {
    let out = Command::new(env!("CARGO_BIN_EXE_jiaokan"))
        .args(["rules", "--format", "markdown"])
        .output()
        .expect("jiaokan runs");
    let committed = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/RULES.md"));
    let written = String::from_utf8(out.stdout).expect("UTF-8");
    assert!(
        written == committed.expect("docs/RULES.md"),
        "docs/RULES.md is stale: cargo run -- rules --format markdown > docs/RULES.md"
    );
}

/// What `patch` makes of a file by a diff.
fn patched(folder: &Path, diff: &[u8]) -> Output {
    let mut child = Command::new("patch")
        .current_dir(folder)
        .args(["-p0", "--fuzz=0", "-o", "patched"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(diff).unwrap();
    child.wait_with_output().unwrap()
}

#[cfg(unix)]
#[test]
fn patch_applies_what_is_shown() {
    let far = "这一行干净。\n".repeat(20);
    let texts = [
        DAMAGED.to_owned(),
        DAMAGED.trim_end().to_owned(),
        format!("{far}{DAMAGED}{far}下一段,也要改。"),
        format!("{DAMAGED}{far}下一段,也要改。\n{far}").replace('\n', "\r\n"),
        format!("\u{feff}{DAMAGED}干净。\n"),
        "\n".to_owned() + DAMAGED,
    ];
    for name in ["a.txt", "a b 文.txt", "a\"b\\c.txt"] {
        for text in &texts {
            let folder = folder(&[(name, text.as_bytes())]);
            let cleaned = run(folder.path(), &["clean", "--no-config", "-q", name]).stdout;
            let diff =
                run(folder.path(), &["clean", "--no-config", "-q", "--diff", "--format", "unified", name]);
            let told = patched(folder.path(), &diff.stdout);
            assert!(told.status.success(), "{told:?} {}", text_of(&diff.stdout));
            assert_eq!(
                fs::read(folder.path().join("patched")).unwrap(),
                cleaned,
                "{}",
                text_of(&diff.stdout)
            );
            // The same of two files.
            fs::write(folder.path().join("new"), &cleaned).unwrap();
            let diff = run(folder.path(), &["diff", name, "new", "--format", "unified"]);
            assert_eq!(diff.status.code(), Some(1));
            fs::rename(folder.path().join("new"), folder.path().join("gone")).unwrap();
            let told = patched(folder.path(), &diff.stdout);
            assert!(told.status.success(), "{told:?}");
            assert_eq!(fs::read(folder.path().join("patched")).unwrap(), cleaned);
        }
    }
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Records have no lines of their own: what asks for a place in them is told what works.
#[test]
fn records_are_shown_by_the_run_that_cleans_them() {
    let folder = folder(&[("a.jsonl", "{\"text\":\"經濟發展,好。\"}\n".as_bytes())]);
    let run = |args: &[&str]| run(folder.path(), args);
    assert!(
        run(&["clean", "--no-config", "-q", "a.jsonl", "--edits", "log", "-o", "b.jsonl"]).status.success()
    );
    for args in [&["explain", "a.jsonl:1"][..], &["diff", "a.jsonl", "b.jsonl", "--edits", "log"]] {
        let output = run(args);
        assert_eq!(output.status.code(), Some(2));
        assert!(
            text(&output.stderr).contains("`jiaokan clean --diff a.jsonl` shows"),
            "{}",
            text(&output.stderr)
        );
    }
    assert!(
        text(&run(&["clean", "--no-config", "-q", "--diff", "a.jsonl"]).stdout).contains("a.jsonl:1 ¶1 1:5")
    );
}

#[test]
fn a_diff_by_the_log_is_that_of_the_run() {
    let damaged = format!("{}{DAMAGED}", "市委副書(shū)記、市長(zhǎng)調(diào)研。\n".repeat(3));
    let folder = folder(&[("a.txt", damaged.as_bytes())]);
    let run = |args: &[&str]| run(folder.path(), args);
    let log = ["clean", "--no-config", "-q", "a.txt", "--edits", "log", "-o", "out/"];
    assert!(run(&log).status.success());
    for format in ["text", "unified", "json"] {
        let of_run = run(&["clean", "--no-config", "-q", "--diff", "--format", format, "a.txt"]);
        let of_log = run(&["diff", "a.txt", "out/a.txt", "--edits", "log", "--format", format]);
        assert_eq!(of_log.status.code(), Some(1), "{}", text(&of_log.stderr));
        let plain = |output: &Output| {
            text(&output.stdout).replace("out/a.txt", "a.txt").replace(",\"output\":\"a.txt\"", "")
        };
        assert_eq!(plain(&of_log), plain(&of_run), "{format}");
        assert!(!of_run.stdout.is_empty());
    }
    // A text that was changed since is not the log's.
    fs::write(folder.path().join("out/a.txt"), CLEAN).unwrap();
    let other = run(&["diff", "a.txt", "out/a.txt", "--edits", "log"]);
    assert_eq!(other.status.code(), Some(2));
    assert!(text(&other.stderr).contains("not the one that the record was made for"));
}

#[test]
fn both_texts_come_back_from_json() {
    let damaged = "經濟發展,人民安居。\n國家體制(shū),好。\n";
    let folder = folder(&[("a.txt", damaged.as_bytes())]);
    let cleaned = run(folder.path(), &["clean", "--no-config", "-q", "a.txt"]).stdout;
    let json =
        run(folder.path(), &["clean", "--no-config", "-q", "--diff", "--format", "json", "a.txt"]).stdout;
    let record: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let (mut old, mut new, mut pos, mut there) = (String::new(), String::new(), 0, 0);
    for edit in record["edits"].as_array().unwrap() {
        let at = |side: &str, i: usize| usize::try_from(edit[side][i].as_u64().unwrap()).unwrap();
        old.push_str(&text(&cleaned)[there..at("clean", 0)]);
        new.push_str(&damaged[pos..at("source", 0)]);
        old.push_str(edit["old"].as_str().unwrap());
        new.push_str(edit["new"].as_str().unwrap());
        (pos, there) = (at("source", 1), at("clean", 1));
    }
    assert_eq!(old + &text(&cleaned)[there..], damaged);
    assert_eq!(new + &damaged[pos..], text(&cleaned));
}

#[cfg(unix)]
#[test]
fn a_pager_is_for_terminals_alone() {
    let folder = folder(&[("a.txt", DAMAGED.as_bytes())]);
    let mark = folder.path().join("paged");
    let command = format!("{} clean --no-config -q --diff a.txt", env!("CARGO_BIN_EXE_jiaokan"));
    let pager = format!("tee {}", mark.display());
    let piped = jiaokan(folder.path(), &["clean", "--no-config", "-q", "--diff", "a.txt"])
        .env("JIAOKAN_PAGER", &pager)
        .output()
        .unwrap();
    assert!(piped.status.success() && !mark.exists());
    // `script` gives a terminal where it is installed; a pager that is left early is no failure.
    for (pager, is_paged) in [(pager.as_str(), true), ("true", false)] {
        let shown = Command::new("script")
            .current_dir(folder.path())
            .args(["-qec", &command, "/dev/null"])
            .env("JIAOKAN_PAGER", pager)
            .stdin(Stdio::null())
            .output();
        let Ok(shown) = shown else { return };
        assert!(shown.status.success(), "{shown:?}");
        assert_eq!(mark.exists(), is_paged);
        let _ = fs::remove_file(&mark);
    }
}

#[test]
fn adapt_is_learn_then_clean() {
    let page = |n: usize| {
        format!(
            "会议听取了有关部门的汇报。\n\n会议指出，要认真贯彻落实党中央、国务院的决策部署，加快推进经济建\n\n\
             太行日报 第{n}版\n\n设的步伐。\n\n各级党委高度重视，加强组织领导。\n"
        )
    };
    let pages: Vec<(String, String)> = (1..9).map(|n| (format!("in/{n}.txt"), page(n))).collect();
    let documents: Vec<(&str, &[u8])> =
        pages.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    let folder = folder(&documents);
    for args in [
        &["clean", "in", "-o", "plain"][..],
        &["clean", "--adapt", "in", "-o", "adapted"],
        &["learn", "in", "-o", "corpus.profile"],
        &["clean", "--profile", "corpus.profile", "in", "-o", "profiled"],
    ] {
        let output = run(folder.path(), args);
        assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
    }
    let cleaned = |out: &str| fs::read_to_string(folder.path().join(out).join("3.txt")).unwrap();
    assert!(cleaned("plain").contains("太行日报"));
    assert!(!cleaned("adapted").contains("太行日报"));
    assert_eq!(cleaned("adapted"), cleaned("profiled"));
}
