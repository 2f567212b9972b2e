//! What goes wrong in the world: a clear message or a ledger entry, the rest is scanned, the right
//! exit code, and never a panic.

mod util;

use std::fs;
use std::io::Write;
use util::{Dir, demo_apk, keysift, plain};

/// An AWS pair, made up when the test runs.
fn env_file() -> String {
    let id = util::demo::access_key_id("bad-input");
    let secret = util::demo::secret_access_key("bad-input");
    format!("AWS_ACCESS_KEY_ID={id}\nAWS_SECRET_ACCESS_KEY={secret}\n")
}

/// Exit code, standard output and standard error.
fn run(arguments: &[&str], dir: &Dir) -> (i32, String, String) {
    let output = keysift().current_dir(dir.path()).args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(!out.contains("internal error") && !err.contains("internal error"), "{out}{err}");
    (output.status.code().unwrap(), out, err)
}

fn ledger(out: &str) -> serde_json::Value {
    serde_json::from_str(out.lines().last().unwrap()).unwrap()
}

#[test]
fn wrong_command_lines_are_exit_2_and_say_what_would_be_right() {
    let dir = Dir::new();
    fs::write(dir.join("p.toml"), "[[pattern]]\nid = 'a.b'\nprefixx = ['abc']\n").unwrap();
    fs::write(
        dir.join("r.toml"),
        "[[pattern]]\nid='a.b'\nname='n'\nclass='credential'\nseverity='high'\nwhy='w'\nfix='f'\nreference='r'\nliteral=['abc']\nregex='abc('\n",
    )
    .unwrap();
    for (arguments, want) in [
        (&["scan", "missing"][..], "missing: No such file"),
        (&["scan", "--fial-on", "low"], "--fail-on"),
        (&["scan", "--fail-on", "hihg"], "possible values"),
        (&["scna"], "scan"),
        (&["scan", "--patterns", "p.toml"], "p.toml:3: unknown key `prefixx`: did you mean `prefix`?"),
        (&["scan", "--patterns", "r.toml"], "a.b: regex"),
        (&["scan", "--patterns", "none.toml"], "none.toml: cannot be read"),
        (&["scan", "-o", "report.xyz"], ".sarif"),
        (&["scan", "-o", "no/such/report.json"], "no/such"),
        (&["scan", "--max-entry", "lots"], "is no size"),
        (&["patterns", "show", "aws.acess-key-id"], "did you mean aws.access-key-id?"),
        (&["scan", "-", "-"], "twice"),
    ] {
        let (code, out, err) = run(arguments, &dir);
        assert_eq!(code, 2, "{arguments:?}: {out}{err}");
        assert!(err.contains(want), "{arguments:?}: {err}");
    }
}

#[test]
fn an_unreadable_file_costs_itself_only() {
    let dir = Dir::new();
    fs::write(dir.join("app.env"), env_file()).unwrap();
    std::os::unix::fs::symlink("nowhere", dir.join("dangling")).unwrap();
    let (code, out, _) = run(&["scan", "dangling", "app.env", "-f", "jsonl"], &dir);
    assert_eq!(code, 1);
    assert_eq!(ledger(&out)["entries"][0]["reason"], "unreadable");
    let (code, out, _) = run(&["scan", "dangling", "-f", "jsonl"], &dir);
    assert_eq!((code, &ledger(&out)["complete"]), (3, &false.into()));
    assert_eq!(run(&["scan", "dangling", "--incomplete-ok"], &dir).0, 0);
}

#[test]
fn names_that_could_fool_a_terminal_are_escaped() {
    use std::os::unix::ffi::OsStrExt;
    let dir = Dir::new();
    let name = std::ffi::OsStr::from_bytes(b"a\xff\x1b[31m\xe2\x80\xae.env");
    fs::write(dir.path().join(name), env_file()).unwrap();
    for format in ["text", "json", "jsonl", "sarif"] {
        let output = keysift().current_dir(dir.path()).args(["scan", ".", "-f", format]).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{format}");
        assert!(std::str::from_utf8(&output.stdout).is_ok(), "{format}");
        assert!(!output.stdout.contains(&0x1b), "{format}");
    }
}

#[test]
fn links_and_pipes_are_neither_followed_nor_waited_for() {
    let dir = Dir::new();
    fs::create_dir(dir.join("a")).unwrap();
    fs::write(dir.join("a/app.env"), env_file()).unwrap();
    std::os::unix::fs::symlink("..", dir.join("a/up")).unwrap();
    std::os::unix::fs::symlink("/etc", dir.join("a/etc")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(dir.join("a/pipe")).status().unwrap();
    assert!(made.success());
    let (code, out, _) = run(&["scan", ".", "-f", "jsonl"], &dir);
    assert_eq!(code, 1);
    let ledger = ledger(&out);
    assert_eq!(ledger["count"]["skipped"], 3, "{ledger}");
    assert_eq!(ledger["complete"], true);
}

#[test]
fn empty_things() {
    let dir = Dir::new();
    fs::write(dir.join("empty"), "").unwrap();
    fs::create_dir(dir.join("folder")).unwrap();
    assert_eq!(run(&["scan", "empty"], &dir).0, 0);
    assert_eq!(run(&["scan", "folder"], &dir).0, 0);
}

#[test]
fn bombs_are_cut_and_said_to_be() {
    let dir = Dir::new();
    // One entry that expands a thousandfold, and archives of archives of such.
    let mut level = util_zip(&[("zeros", &vec![0; 40 << 20])]);
    for depth in 0..3 {
        let names: Vec<String> = (0..12).map(|i| format!("{depth}-{i}.zip")).collect();
        let entries: Vec<(&str, &[u8])> = names.iter().map(|n| (n.as_str(), level.as_slice())).collect();
        level = util_zip(&entries);
    }
    fs::write(dir.join("nested.zip"), &level).unwrap();
    fs::write(dir.join("flat.zip"), util_zip(&[("zeros", &vec![0; 100 << 20])])).unwrap();
    for name in ["nested.zip", "flat.zip"] {
        let (code, out, _) = run(&["scan", name, "--max-expanded", "300M", "-f", "jsonl"], &dir);
        assert_eq!(code, 3, "{name}");
        let ledger = ledger(&out);
        let limits = ledger["entries"].as_array().unwrap().iter().filter(|e| e["reason"] == "limit").count();
        assert!(limits > 0, "{name}: {ledger}");
        let (_, again, _) = run(&["scan", name, "--max-expanded", "300M", "-f", "jsonl", "-j", "1"], &dir);
        let strip = |out: &str| out.rsplit_once("\"timings\"").map(|(head, _)| head.to_owned());
        assert_eq!(strip(&out), strip(&again), "{name}: what is cut does not depend on threads");
    }
}

/// A ZIP archive of deflated entries.
fn util_zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in entries {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(content).unwrap();
        let data = encoder.finish().unwrap();
        let mut sizes = crc32fast::hash(content).to_le_bytes().to_vec();
        sizes.extend((data.len() as u32).to_le_bytes());
        sizes.extend((content.len() as u32).to_le_bytes());
        sizes.extend((name.len() as u16).to_le_bytes());
        directory.extend(b"PK\x01\x02\x14\0\x14\0\0\0\x08\0\0\0\0\0");
        directory.extend(&sizes);
        directory.extend([0; 12]);
        directory.extend((out.len() as u32).to_le_bytes());
        directory.extend(name.as_bytes());
        out.extend(b"PK\x03\x04\x14\0\0\0\x08\0\0\0\0\0");
        out.extend(&sizes);
        out.extend([0; 2]);
        out.extend(name.as_bytes());
        out.extend(&data);
    }
    let start = out.len() as u32;
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend((entries.len() as u16).to_le_bytes());
    out.extend((entries.len() as u16).to_le_bytes());
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0; 2]);
    out
}

#[test]
fn truncated_and_mutated_packages_never_panic() {
    use keysift::pattern::PatternSet;
    use keysift::scan::{Options, Scanner};
    let patterns = PatternSet::builtin().unwrap();
    let scanner = Scanner::new(&patterns, Options { threads: 1, ..Options::default() }).unwrap();
    let apk = fs::read(demo_apk()).unwrap();
    let scan = |bytes: &[u8], what: &str| {
        let outcome = scanner.scan_stream("t", &mut std::io::Cursor::new(bytes));
        for entry in &outcome.ledger.entries {
            assert!(!entry.detail.contains("internal error"), "{what}: {}", entry.detail);
        }
    };
    for end in (0..apk.len()).step_by(97) {
        scan(&apk[..end], &format!("prefix of {end}"));
    }
    let mut seed = 11u64;
    let mut random = |n: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % n
    };
    for round in 0..1500 {
        let mut bytes = apk.clone();
        for _ in 0..1 + round % 20 {
            let at = random(bytes.len());
            bytes[at] = random(256) as u8;
        }
        scan(&bytes, &format!("mutation {round}"));
    }
}

#[test]
fn a_file_that_is_cut_while_it_is_read() {
    let dir = Dir::new();
    let path = dir.join("log");
    let mut file = fs::File::create(&path).unwrap();
    let line = b"an ordinary line of a log that grows and is rotated\n".repeat(1000);
    for _ in 0..2000 {
        file.write_all(&line).unwrap();
    }
    let cutter = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(60));
        file.set_len(4096).unwrap();
    });
    let (code, _, err) = run(&["scan", "log", "-f", "jsonl"], &dir);
    cutter.join().unwrap();
    assert!(code == 0 || code == 3, "{code} {err}");
}

#[test]
fn no_room_for_the_report_and_nobody_to_read_it() {
    let dir = Dir::new();
    fs::write(dir.join("app.env"), env_file()).unwrap();
    let (code, _, err) = run(&["scan", "app.env", "-o", "/dev/full"], &dir);
    assert_eq!(code, 2, "an ending tells the format: {err}");
    std::os::unix::fs::symlink("/dev/full", dir.join("full.json")).unwrap();
    let (code, _, err) = run(&["scan", "app.env", "-o", "full.json"], &dir);
    assert_eq!(code, 3);
    assert!(err.contains("cannot write the report to full.json"), "{err}");

    let mut child = plain()
        .current_dir(dir.path())
        .args(["scan", "app.env", "-f", "json"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn streams_wide_text_and_ignore_rules() {
    let dir = Dir::new();
    let text = env_file();
    for mark in [true, false] {
        let mut units: Vec<u16> = if mark { vec![0xfeff] } else { Vec::new() };
        units.extend(text.encode_utf16());
        for bytes in [
            units.iter().flat_map(|u| u.to_le_bytes()).collect::<Vec<u8>>(),
            units.iter().flat_map(|u| u.to_be_bytes()).collect(),
            text.clone().into_bytes(),
            fs::read(demo_apk()).unwrap(),
        ] {
            let output = keysift().args(["scan", "-", "-f", "jsonl"]).write_stdin(bytes).output().unwrap();
            assert_eq!(output.status.code(), Some(1));
            assert!(String::from_utf8_lossy(&output.stdout).contains("aws.key-pair"));
        }
    }
    fs::create_dir_all(dir.join("repo/.git")).unwrap();
    fs::write(dir.join("repo/.gitignore"), "*.env\n").unwrap();
    fs::write(dir.join("repo/app.env"), &text).unwrap();
    let (code, out, _) = run(&["scan", "repo"], &dir);
    assert_eq!(code, 0);
    assert!(out.contains("1 ignored"), "{out}");
    assert_eq!(run(&["scan", "repo", "--no-ignore"], &dir).0, 1);
    assert_eq!(run(&["scan", "repo/app.env"], &dir).0, 1, "what is named is scanned");
}

#[test]
fn revealed_secrets_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let dir = Dir::new();
    fs::write(dir.join("app.env"), env_file()).unwrap();
    let secret = util::demo::secret_access_key("bad-input");
    run(&["scan", "app.env", "--reveal", "-o", "open.json"], &dir);
    run(&["scan", "app.env", "-o", "redacted.json"], &dir);
    let mode = |name: &str| fs::metadata(dir.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("open.json"), mode("redacted.json")), (0o600, 0o644));
    assert!(fs::read_to_string(dir.join("open.json")).unwrap().contains(&secret));
    assert!(!fs::read_to_string(dir.join("redacted.json")).unwrap().contains(&secret));
    for format in ["text", "json", "jsonl", "sarif"] {
        assert!(!run(&["scan", "app.env", "-f", format], &dir).1.contains(&secret), "{format}");
    }
}
