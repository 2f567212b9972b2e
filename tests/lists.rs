//! `--files-from`: names out of a list, searched as if they stood on the command line.
#![allow(clippy::unwrap_used, reason = "a failure may panic")]

mod util;

use std::fs;
use std::os::unix::fs::symlink;
use util::measure::measured;
use util::{Dir, Report, credentials};

/// Addresses of what is found.
fn places(report: &Report) -> Vec<String> {
    let mut places: Vec<String> = report
        .findings
        .iter()
        .flat_map(|f| f["sites"].as_array().unwrap())
        .map(|s| s["address"].as_str().unwrap().to_owned())
        .collect();
    places.sort();
    places.dedup();
    places
}

#[test]
fn names_by_line_and_by_nul_and_beside_paths() {
    let dir = Dir::new();
    for name in ["a.ini", "b c.ini", "named.ini", "folder/d.ini", "-", "line\nend.ini", "not-listed.ini"] {
        dir.write(name, credentials(&name.replace('\n', "-")));
    }
    dir.write("list", "a.ini\nb c.ini\n\nfolder\r\n-\n");
    let report = dir.scan(&["--files-from", "list", "named.ini"], 1);
    assert_eq!(places(&report), ["-", "a.ini", "b c.ini", "folder/d.ini", "named.ini"]);
    assert_eq!(report.ledger["artifacts"], serde_json::json!(["named.ini", "--files-from list"]));

    dir.write("nul", "line\nend.ini\0a.ini");
    let report = dir.scan(&["--files-from", "nul", "-0"], 1);
    assert_eq!(places(&report), ["a.ini", "line\\u{000a}end.ini"]);

    for (flag, list) in [("--null", "a.ini\0b c.ini\0"), ("-q", "a.ini\nb c.ini")] {
        let mut command = dir.keysift();
        command.args(["scan", "-f", "jsonl", flag, "--files-from", "-"]).write_stdin(list);
        assert_eq!(places(&Report::of(command, 1)), ["a.ini", "b c.ini"], "{flag}");
    }
}

#[test]
fn what_is_not_there_is_told_and_the_rest_is_searched() {
    let dir = Dir::new();
    dir.write("a.ini", credentials("a"));
    dir.write("clean.txt", "nothing");
    dir.write("list", "gone.ini\na.ini\nfolder/gone.ini\n");
    let report = dir.scan(&["--files-from", "list"], 1);
    let told: Vec<String> = report.entries("unreadable").into_iter().map(|(address, _)| address).collect();
    assert_eq!(told, ["folder/gone.ini", "gone.ini"]);
    assert_eq!(places(&report), ["a.ini"]);
    dir.write("list", "clean.txt\ngone.ini\n");
    assert_eq!(dir.scan(&["--files-from", "list"], 3).ledger["complete"], false);
    dir.write("list", "clean.txt\n");
    assert_eq!(dir.scan(&["--files-from", "list"], 0).ledger["complete"], true);
    // An empty list is no list of the current folder.
    dir.write("list", "\n");
    assert_eq!(dir.scan(&["--files-from", "list"], 0).ledger["count"]["searched"], 0);
}

#[test]
fn a_list_that_cannot_be_read_is_wrong_use() {
    let dir = Dir::new();
    dir.write("a.ini", credentials("a"));
    for (arguments, says) in [
        (&["a.ini", "--files-from", "gone"][..], "gone"),
        (&["a.ini", "--files-from", "."], "nothing was scanned"),
        (&["-", "--files-from", "-"], "twice"),
        (&["a.ini", "-0"], "--files-from"),
    ] {
        let mut command = dir.keysift();
        let output = command.arg("scan").args(arguments).assert().code(2).get_output().clone();
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(message.contains(says) && output.stdout.is_empty(), "{arguments:?}: {message}");
    }
}

/// What is named is followed, what lies in a named folder is not, and rules of `.gitignore` hold in folders.
#[test]
fn the_rules_are_those_of_named_paths() {
    let dir = Dir::new();
    dir.write("real.ini", credentials("real"));
    dir.write("repo/.git/HEAD", "ref: refs/heads/main\n");
    dir.write("repo/.gitignore", "ignored.ini\n");
    dir.write("repo/ignored.ini", credentials("ignored"));
    symlink("../real.ini", dir.join("repo/link.ini")).unwrap();
    symlink("loop", dir.join("loop")).unwrap();
    for names in [&["repo"][..], &["repo/link.ini"], &["repo/ignored.ini", "repo"], &["loop"]] {
        dir.write("list", names.join("\n"));
        let scan = |arguments: &[&str]| {
            let mut command = dir.keysift();
            let out = command.args(["scan", "-f", "jsonl"]).args(arguments).output().unwrap().stdout;
            let report = Report::parse(&out);
            (places(&report), report.ledger["entries"].clone())
        };
        assert_eq!(scan(&["--files-from", "list"]), scan(names), "{names:?}");
    }
}

#[test]
fn a_hundred_thousand_names_take_no_more_memory() {
    let dir = Dir::new();
    for n in 0..100 {
        dir.write(format!("files/{n}.txt"), format!("file {n}\n"));
    }
    dir.write("files/42.txt", credentials("a"));
    let list = |count: usize| -> String { (0..count).map(|n| format!("files/{}.txt\n", n % 100)).collect() };
    fs::write(dir.join("few"), list(100)).unwrap();
    fs::write(dir.join("many"), list(100_000)).unwrap();
    let (few, small, _) = measured(&dir, &["--files-from", "few"], 1);
    let (many, large, time) = measured(&dir, &["--files-from", "many"], 1);
    assert_eq!(many.ledger["count"]["searched"], 100_000);
    assert_eq!(many.findings, few.findings);
    assert!(large < small + 64, "{small} MiB, then {large} MiB");
    assert!(time.as_secs() < 60, "{time:?}");
}
