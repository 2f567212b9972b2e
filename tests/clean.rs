//! Scans that said "clean" and were not: what users of other scanners met, as tests with its number in the
//! list of the project's facts (1 to 10; 2 and 3 are in `allowing.rs`).
#![allow(clippy::unwrap_used, reason = "a failure may panic")]

mod util;

use keysift::pattern::example::{Generator, fill};
use std::fs;
use util::{Dir, Report};

fn made(template: &str, seed: u64) -> String {
    fill(template, &mut Generator::new(seed))
}

/// A line with a key that is found wherever it can be read.
fn line(seed: u64) -> String {
    made("aws_access_key_id = \"AKIA{base32:16}\"\n", seed)
}

fn found(report: &Report) -> usize {
    report.findings.iter().filter(|f| f["pattern"] == "aws.access-key-id").count()
}

fn report(dir: &Dir, arguments: &[&str]) -> (Option<i32>, Report) {
    let output = dir.keysift().args(["scan", "-f", "jsonl", "-q"]).args(arguments).output().unwrap();
    (output.status.code(), Report::parse(&output.stdout))
}

#[test]
fn c01_nothing_read_is_never_nothing_found() {
    let dir = Dir::new();
    // A repository without objects, and one that belongs to somebody else, are no clean ones.
    fs::create_dir_all(dir.join("empty.git/objects")).unwrap();
    fs::create_dir_all(dir.join("empty.git/refs")).unwrap();
    dir.write("empty.git/HEAD", "ref: refs/heads/main\n");
    let output = dir.keysift().args(["git", "empty.git", "-f", "jsonl", "-q"]).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(Report::parse(&output.stdout).ledger["complete"], false);
    let output = dir.keysift().args(["git", "gone", "-q"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    fs::create_dir(dir.join("nothing")).unwrap();
    let output = dir.keysift().args(["scan", "nothing", "-q"]).output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("nothing was searched"));
}

#[test]
fn c04_archives_are_known_by_content_and_opened_in_archives() {
    let dir = Dir::new();
    let inner = util::zip::Zip::new().deflated(b"config.py", line(1).as_bytes()).finish();
    dir.write("backup.other", util::zip::Zip::new().deflated(b"inner.dat", &inner).finish());
    let (code, report) = report(&dir, &["."]);
    assert_eq!((code, found(&report)), (Some(1), 1));
    assert_eq!(report.findings[0]["sites"][0]["address"], "./backup.other!inner.dat!config.py");
    // What is not opened any more is told.
    let (code, shallow) = self::report(&dir, &[".", "--max-depth", "1"]);
    assert_eq!((code, shallow.entries("limit").len()), (Some(3), 1));
}

#[test]
fn c05_binary_files_are_searched() {
    let dir = Dir::new();
    let mut bytes: Vec<u8> = (0..8192u32).map(|i| ((i * 131) >> 3) as u8 | 0x80).collect();
    bytes.extend(b"\0\x01\x02");
    bytes.extend(line(2).bytes());
    bytes.extend([0, 255, 0, 254]);
    for name in ["program", "photo.png", "font.woff"] {
        dir.write(name, &bytes);
        let (_, report) = report(&dir, &[name]);
        assert_eq!(found(&report), 1, "{name}");
    }
}

#[test]
fn c06_utf_16_is_text() {
    let text = format!("Windows Registry Editor Version 5.00\r\n\r\n[HKEY]\r\n{}", line(3));
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let files = [
        ("marked.reg", [&b"\xff\xfe"[..], &little].concat()),
        ("bare.reg", little),
        ("big.reg", [&b"\xfe\xff"[..], &big].concat()),
        ("utf8.txt", format!("\u{feff}größe = 1\n{}", line(3)).into_bytes()),
    ];
    for (name, bytes) in files {
        let dir = Dir::new();
        dir.write(name, bytes);
        assert_eq!(found(&report(&dir, &["."]).1), 1, "{name}");
    }
}

#[test]
fn c07_where_a_key_stands_in_a_large_file_changes_nothing() {
    let border = 1 << 20;
    for shift in [0usize, 1, 7, 19, 20, 21, 40] {
        let key = line(4);
        let dir = Dir::new();
        let mut text = "x\n".repeat((border + 64) / 2);
        text.insert_str((border - shift) & !1, &format!("{key}{}", line(5)));
        dir.write("large.txt", text);
        assert_eq!(found(&report(&dir, &["."]).1), 2, "{shift}");
    }
}

#[test]
fn c08_any_number_of_threads_finds_the_same() {
    let dir = Dir::new();
    for n in 0..40 {
        dir.write(format!("{n}/a.py"), line(n));
    }
    fs::copy(util::demo_apk(), dir.join("demo.apk")).unwrap();
    let run = |threads: &str| {
        let (code, report) = report(&dir, &[".", "-j", threads]);
        (code, report.findings)
    };
    let one = run("1");
    assert!(one.1.len() > 40);
    for threads in ["2", "64"] {
        assert_eq!(run(threads), one);
    }
}

#[test]
fn c09_vendored_code_and_lock_files_are_searched_and_hashes_in_them_are_none() {
    let dir = Dir::new();
    let hashes = made(
        "{\"node_modules/a\": {\"integrity\": \"sha512-{base64:86}==\", \"resolved\": \"https://registry.npmjs.org/a/-/a-1.0.0.tgz\"}}\n",
        6,
    );
    dir.write("package-lock.json", &hashes);
    dir.write("go.sum", made("example.org/a v1.0.0 h1:{base64:43}=\n", 7));
    dir.write("Cargo.lock", made("[[package]]\nname = \"a\"\nchecksum = \"{hex:64}\"\n", 8));
    let (code, clean) = report(&dir, &["."]);
    assert_eq!((code, clean.findings.len()), (Some(0), 0), "{:?}", clean.findings);
    for name in ["node_modules/a/index.js", "vendor/b.go", "yarn.lock", "a.min.js"] {
        dir.write(name, line(9));
        assert_eq!(found(&report(&dir, &[name]).1), 1, "{name}");
    }
    let (_, all) = report(&dir, &["."]);
    assert_eq!(all.of_pattern("aws.access-key-id")[0]["sites"].as_array().unwrap().len(), 4);
}

#[test]
fn c10_every_place_of_a_secret_is_told() {
    let dir = Dir::new();
    let key = line(10);
    for n in 0..30 {
        dir.write(format!("{n:02}.py"), format!("# {n}\n{key}"));
    }
    let (_, report) = report(&dir, &["."]);
    assert_eq!((report.findings.len(), report.findings[0]["sites"].as_array().unwrap().len()), (1, 30));
    let text = dir.keysift().args(["scan", "."]).output().unwrap().stdout;
    assert!(String::from_utf8(text).unwrap().contains("1 finding in 30 places"));
}

/// A packed tar of this size is searched entry by entry while it comes out; on one thread it is not.
#[test]
fn a_packed_archive_is_searched_the_same_while_it_is_expanded() {
    if util::without_tools("packed archives") {
        return;
    }
    let dir = Dir::new();
    // 28 MB, which pack to little: keys in the middle of files, at their ends, in names that need a record of their own.
    for n in 0..16 {
        let filler: String = (0..22_000).map(|i| format!("    total += items[{i}].price * {n};\n")).collect();
        let long = "a-rather-long-name-of-a-folder-".repeat(4);
        let name = if n % 4 == 0 { format!("big/{long}{n}/app.py") } else { format!("big/src{n}/app.py") };
        fs::create_dir_all(dir.join(&name).parent().unwrap()).unwrap();
        dir.write(name, format!("{filler}{}{filler}{}", line(n), line(n + 100)));
    }
    fs::copy(util::demo_apk(), dir.join("big/demo.apk")).unwrap();
    let run = |program: &str, arguments: &[&str]| {
        let done =
            std::process::Command::new(program).args(arguments).current_dir(dir.path()).status().unwrap();
        assert!(done.success(), "{program}");
    };
    run("tar", &["--format=pax", "-cf", "big.tar", "big"]);
    for (pack, ending) in [("gzip", "gz"), ("xz", "xz"), ("zstd", "zst"), ("bzip2", "bz2")] {
        let packed = format!("big.tar.{ending}");
        let level = if pack == "xz" { "-0" } else { "-1" };
        run("sh", &["-c", &format!("{pack} -c {level} big.tar > {packed}")]);
        let whole = fs::read(dir.join(&packed)).unwrap();
        // What is cut, too: the same is found before the cut, and the same is said of it.
        let cut = format!("cut.{ending}");
        dir.write(&cut, &whole[..whole.len() * 3 / 4]);
        for name in [&packed, &cut] {
            let [one, two] = ["1", "2"].map(|threads| {
                let output =
                    dir.keysift().args(["scan", "-f", "json", "-q", "-j", threads, name]).output().unwrap();
                let mut all: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
                all["ledger"]["timings"].take();
                (output.status.code(), all)
            });
            assert!(
                one == two,
                "{name}: {} and {} findings",
                one.1["findings"].as_array().unwrap().len(),
                two.1["findings"].as_array().unwrap().len()
            );
            assert!(one.1["findings"].as_array().unwrap().len() > 20, "{name}");
        }
    }
}
