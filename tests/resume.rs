//! `--resume`: a sweep that is killed and taken up again reports what an unbroken one reports.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a failure may panic")]

mod util;

use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use util::{Dir, Random, Report, credentials, demo, plain};

const FILES: usize = 3000;

/// A tree with a few findings, among them a value in two files and a pair over two splits of an app; and
/// entries of the ledger.
fn tree() -> (Dir, usize) {
    let dir = Dir::new();
    let mut count = 0;
    let mut write = |name: String, bytes: Vec<u8>| {
        dir.write(format!("tree/{name}"), bytes);
        count += 1;
    };
    for i in 0..FILES {
        let text = format!("fn f{i}() -> u64 {{ {i} }}\n").repeat(40);
        write(format!("{}/clean-{i}.rs", i % 50), text.into());
    }
    for i in 0..12 {
        write(format!("{}/found-{i}.ini", i * 4), credentials(&format!("key {}", i / 2)).into());
    }
    for i in 0..40 {
        let bucket =
            format!("bucket: s3://inventory-{}-of-us\nhost: https://key-app-{i}.firebaseio.com\n", i / 3);
        write(format!("{i}/inventory-{i}.yml"), bucket.into());
    }
    write("app/base.apk".into(), format!("aws_key = \"{}\"\n", demo::access_key_id("split")).into());
    let secret = demo::secret_access_key("split");
    write("app/split_config.en.apk".into(), format!("aws_secret_access_key = \"{secret}\"\n").into());
    write("app/split_config.de.apk".into(), b"nothing".to_vec());
    // A stream that was cut, and what is not opened.
    for i in 0..20 {
        write(format!("{i}/cut-{i}.gz"), [&b"\x1f\x8b\x08\0\0\0\0\0\0\x03"[..], &[i, 0, 7]].concat());
        write(format!("{i}/{i}\u{e9}.vmdk"), [&b"KDMV\x01\0\0\0"[..], &[0; 600]].concat());
    }
    std::os::unix::fs::symlink("nowhere", dir.join("tree/link")).unwrap();
    std::thread::sleep(Duration::from_millis(120));
    (dir, count)
}

fn command(dir: &Dir, journal: Option<&str>, more: &[&str]) -> Command {
    let mut command = plain();
    command.current_dir(dir.path()).args(["scan", "tree", "-f", "jsonl", "--reveal", "-j2"]).args(more);
    command.args(journal.iter().flat_map(|journal| ["--resume", journal]));
    command
}

/// The report, all of it but for the timings, and what standard error says.
fn run(mut command: Command, exit: i32) -> (Vec<Value>, String) {
    let output = command.output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(exit), "{error}");
    let Report { mut findings, mut ledger, .. } = Report::parse(&output.stdout);
    ledger.as_object_mut().unwrap().remove("timings");
    findings.push(ledger);
    (findings, error)
}

/// Artifacts that were taken from the journal, and that were searched.
fn counts(error: &str) -> (usize, usize) {
    let line = error.lines().find(|line| line.contains("keysift: journal")).expect(error);
    let numbers: Vec<usize> = line.split([' ', ':', ',']).filter_map(|word| word.parse().ok()).collect();
    (numbers[0], numbers[1])
}

fn lines(journal: &Path) -> usize {
    fs::read(journal).map_or(0, |bytes| bytes.iter().filter(|&&b| b == b'\n').count()).saturating_sub(1)
}

/// Runs until the journal has `enough` records, and kills.
fn killed(mut command: Command, journal: &Path, enough: usize) -> bool {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    loop {
        if lines(journal) >= enough {
            child.kill().unwrap();
            return child.wait().unwrap().code().is_none();
        }
        if child.try_wait().unwrap().is_some() {
            return false;
        }
    }
}

#[test]
fn a_sweep_that_is_killed_anywhere_goes_on() {
    let (dir, all) = tree();
    let (unbroken, error) = run(command(&dir, None, &[]), 1);
    assert_eq!(error, "");
    let inventory = unbroken.iter().filter(|f| f["class"] == "config").count();
    assert!(inventory >= 40 && unbroken.len() > inventory + 7, "{inventory} of {}", unbroken.len());
    assert!(unbroken.last().unwrap()["entries"].as_array().unwrap().len() >= 21);

    let mut random = Random(7);
    let mut in_the_middle = 0;
    for round in 0..6 {
        let name = format!("journal-{round}");
        let journal = dir.join(&name);
        let mut had = 0;
        // Killed up to three times before it is left alone.
        for _ in 0..=round % 3 {
            let enough = had + 1 + random.below(FILES / 3);
            let was_killed = killed(command(&dir, Some(&name), &[]), &journal, enough);
            had = lines(&journal);
            in_the_middle += usize::from(was_killed && had < FILES);
        }
        let (report, error) = run(command(&dir, Some(&name), &[]), 1);
        assert_eq!(report, unbroken, "round {round}");
        assert_eq!(counts(&error), (had, all - had), "round {round}: {error}");
    }
    assert!(in_the_middle >= 6, "{in_the_middle} runs were killed in the middle");
    for entry in fs::read_dir(dir.path()).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_file() {
            let text = fs::read_to_string(entry.path()).unwrap();
            for i in 0..6 {
                assert!(!text.contains(&demo::secret_access_key(&format!("key {i}"))));
                assert!(!text.contains(&demo::access_key_id(&format!("key {i}"))));
            }
        }
    }

    // A whole journal: what has findings is searched, and what was changed since.
    fs::write(dir.join("tree/1/clean-1.rs"), credentials("new")).unwrap();
    let (report, error) = run(command(&dir, Some("journal-0"), &[]), 1);
    assert_eq!(report.len(), unbroken.len() + 1);
    assert_eq!(counts(&error), (all - 15, 15), "{error}");
    // Reports may be others.
    run(command(&dir, Some("journal-0"), &["--fail-on", "critical", "-o", "x.sarif"]), 1);
}

#[test]
fn the_journal_of_another_run_is_refused() {
    let dir = Dir::new();
    dir.write("tree/a.txt", "nothing");
    dir.write("mine.txt", "not a journal\n");
    let pattern = |prefix: &str| {
        format!(
            "[[pattern]]\nid = \"own.token\"\nname = \"Own\"\nclass = \"credential\"\nseverity = \"high\"\n\
             prefix = [\"{prefix}\"]\nbody = {{ alphabet = \"base32\", length = 16 }}\nreference = \"none\"\n\
             why = \"x\"\nfix = \"y\"\nexamples = [\"{prefix}{{base32:16}}\"]\n"
        )
    };
    dir.write("own.toml", pattern("OWNED_"));
    run(command(&dir, Some("journal"), &[]), 0);
    let journal = fs::read(dir.join("journal")).unwrap();
    let refused = |journal: &str, more: &[&str], says: &str| {
        let output = command(&dir, Some(journal), more).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains(says) && error.contains("nothing was scanned"), "{error}");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    };
    for more in [
        &["--max-depth", "3"][..],
        &["--carve"],
        &["--no-ignore"],
        &["--no-git"],
        &["--exclude", "*.md"],
        &["mine.txt"],
    ] {
        refused("journal", more, "other arguments, settings or patterns");
    }
    refused("mine.txt", &[], "no journal");
    refused("none/journal", &[], "none/journal");
    refused("tree", &[], "tree");
    assert_eq!(fs::read(dir.join("journal")).unwrap(), journal);
    assert_eq!(fs::read(dir.join("mine.txt")).unwrap(), b"not a journal\n");
    // The content of pattern files counts, not their name alone.
    run(command(&dir, Some("with-own"), &["--patterns", "own.toml"]), 0);
    run(command(&dir, Some("with-own"), &["--patterns", "own.toml"]), 0);
    dir.write("own.toml", pattern("OTHER_"));
    refused("with-own", &["--patterns", "own.toml"], "other arguments, settings or patterns");
}

/// The journal may lie in what is searched: it is not searched itself.
#[test]
fn a_journal_in_the_tree() {
    let dir = Dir::new();
    dir.write("tree/a.txt", "nothing");
    for _ in 0..2 {
        let (report, _) = run(command(&dir, Some("tree/journal"), &[]), 0);
        let ledger = report.last().unwrap();
        assert_eq!(ledger["count"]["searched"], 1);
        assert_eq!(ledger["entries"][0]["detail"], "the journal of this run");
    }
}
