//! Hostile, broken and awkward input: a clear message or a ledger entry, the rest is scanned, no
//! panic, the right exit code.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a failure may panic")]

mod util;

use keysift::pattern::PatternSet;
use keysift::scan::{Options, Outcome, Scanner};
use std::fs;
use std::io::Read;
use std::os::unix::fs::{FileExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use util::demo::{access_key_id, secret_access_key};
use util::measure::measured;
use util::zip::{Zip, zeros};
use util::{Dir, Random, Report, binary, credentials, demo_apk, plain};

const NAME: &str = "static-fields";

fn pair() -> (String, String) {
    (access_key_id(NAME), secret_access_key(NAME))
}

fn stderr_of(mut command: assert_cmd::Command, exit: i32) -> String {
    String::from_utf8(command.assert().code(exit).get_output().stderr.clone()).unwrap()
}

// Paths.

#[test]
fn a_missing_path_is_named_and_nothing_is_scanned() {
    let dir = Dir::new();
    dir.write("a.ini", credentials(NAME));
    let mut command = dir.keysift();
    command.args(["scan", "a.ini", "no-such\u{1b}[31m.apk"]);
    let output = command.assert().code(2).get_output().clone();
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("no-such") && message.contains("nothing was scanned"), "{message}");
    assert!(!message.contains('\u{1b}'), "{message:?}");
    assert!(output.stdout.is_empty());
}

/// The binary as a user who may not read everything: root without its privileges, or whoever runs
/// the test.
fn unprivileged(dir: &Dir) -> assert_cmd::Command {
    let id = Command::new("id").arg("-u").output().unwrap().stdout;
    if id.starts_with(b"0\n") {
        let mut command = assert_cmd::Command::new("setpriv");
        command.args(["--bounding-set", "-all", "--inh-caps", "-all"]).arg(binary());
        command.current_dir(dir.path());
        command
    } else {
        dir.keysift()
    }
}

#[test]
fn what_cannot_be_read_is_in_the_ledger_and_the_rest_is_scanned() {
    let dir = Dir::new();
    let closed = dir.write("closed.ini", credentials("constants"));
    dir.write("folder/in.ini", credentials("constants"));
    dir.write("open.txt", "nothing here");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o0)).unwrap();
    fs::set_permissions(dir.join("folder"), fs::Permissions::from_mode(0o0)).unwrap();
    let run = |exit| {
        let mut command = unprivileged(&dir);
        command.args(["scan", "-f", "jsonl", "."]);
        Report::of(command, exit)
    };
    let report = run(3);
    let open: Vec<String> = report.entries("unreadable").into_iter().map(|(address, _)| address).collect();
    assert_eq!(open, ["./closed.ini", "./folder"], "{:#}", report.ledger);
    assert_eq!(report.ledger["complete"], false);
    assert_eq!(report.ledger["count"]["searched"], 1);

    dir.write("found.ini", credentials(NAME));
    let report = run(1);
    assert_eq!((report.pairs().len(), report.entries("unreadable").len()), (1, 2));
    fs::set_permissions(dir.join("folder"), fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn links_named_are_followed_links_below_are_not() {
    let dir = Dir::new();
    dir.write("real/a.ini", credentials(NAME));
    symlink("nowhere", dir.join("dangling")).unwrap();
    symlink(".", dir.join("real/loop")).unwrap();
    symlink("ring-b", dir.join("ring-a")).unwrap();
    symlink("ring-a", dir.join("ring-b")).unwrap();
    symlink("real", dir.join("link")).unwrap();

    let report = dir.scan(&["dangling"], 3);
    assert_eq!(report.entries("unreadable")[0].0, "dangling");
    let report = dir.scan(&["ring-a"], 3);
    assert_eq!(report.entries("unreadable")[0].0, "ring-a");
    assert_eq!(dir.scan(&["link"], 1).pairs(), [pair()]);
    let report = dir.scan(&["."], 1);
    assert_eq!(report.findings[0]["sites"].as_array().unwrap().len(), 2, "once, an id and a secret");
    assert_eq!(report.entries("ignored").len(), 5);
    assert_eq!(report.ledger["complete"], true);
}

#[test]
fn hostile_names_are_escaped_everywhere_and_their_files_searched() {
    let dir = Dir::new();
    dir.write(b"bad\xff\xfe.ini", credentials("constants"));
    dir.write("esc\u{1b}]0;x\u{7}\u{202e}\n.ini", credentials("map-entries"));
    let inner = credentials("two-classes");
    dir.write("a.zip", Zip::new().deflated(b"in\x1b[2J\xff.ini", inner.as_bytes()).finish());
    for format in ["text", "json", "jsonl", "sarif"] {
        let output =
            dir.keysift().args(["scan", "-f", format, "."]).assert().code(1).get_output().stdout.clone();
        let text = String::from_utf8(output).unwrap();
        for c in ['\u{1b}', '\u{7}', '\u{202e}'] {
            assert!(!text.contains(c), "{format}: {c:?}");
        }
        // JSON could hold them as its own escapes, which come back when it is read.
        let lower = text.to_lowercase();
        assert!(!lower.contains(r#"esc\u001b"#) && !lower.contains(r#"\u202e"#), "{format}");
    }
    let report = dir.scan(&["."], 1);
    assert_eq!(report.pairs().len(), 3);
    let all: Vec<&str> = report.findings.iter().map(|f| f["sites"][0]["address"].as_str().unwrap()).collect();
    assert_eq!(
        all,
        [
            r"./a.zip!in\u{001b}[2J\xff.ini",
            r"./bad\xff\xfe.ini",
            r"./esc\u{001b}]0;x\u{0007}\u{202e}\u{000a}.ini"
        ]
    );
}

#[test]
fn nothing_at_all() {
    let dir = Dir::new();
    let report = dir.scan(&["."], 0);
    assert_eq!((report.findings.len(), report.ledger["count"]["searched"].clone()), (0, 0.into()));
    dir.write("empty", "");
    let report = dir.scan(&["empty"], 0);
    assert_eq!((report.findings.len(), report.ledger["complete"].clone()), (0, true.into()));
    // No path: the current folder.
    dir.write("a.ini", credentials(NAME));
    assert_eq!(dir.scan(&[], 1).pairs(), [pair()]);
}

#[test]
fn a_pipe_in_the_tree_is_not_waited_for() {
    let dir = Dir::new();
    assert!(Command::new("mkfifo").arg(dir.join("pipe")).status().unwrap().success());
    dir.write("a.ini", credentials(NAME));
    let report = dir.scan(&["."], 1);
    assert_eq!(report.pairs(), [pair()]);
    assert_eq!(report.entries("ignored")[0].0, "./pipe");
}

#[test]
fn rules_of_gitignore_hold_in_repositories_until_told_otherwise() {
    let dir = Dir::new();
    dir.write("repo/.git/HEAD", "ref: refs/heads/main\n");
    dir.write("repo/.gitignore", "secret.ini\n");
    dir.write("repo/secret.ini", credentials(NAME));
    dir.write("plain/.gitignore", "secret.ini\n");
    let report = dir.scan(&["."], 0);
    assert_eq!(report.entries("ignored"), [("./repo/secret.ini".into(), "by a rule of .gitignore".into())]);
    assert_eq!(report.ledger["complete"], true);
    let report = dir.scan(&["--no-ignore", "."], 1);
    assert_eq!((report.pairs(), report.entries("ignored").len()), (vec![pair()], 0));
    // What is named is searched; so is everything outside repositories.
    assert_eq!(dir.scan(&["repo/secret.ini"], 1).pairs(), [pair()]);
    dir.write("plain/secret.ini", credentials(NAME));
    assert_eq!(dir.scan(&["plain"], 1).pairs(), [pair()]);
}

// Verdicts.

#[test]
fn the_bar_and_incomplete_scans() {
    let dir = Dir::new();
    dir.write("id.ini", format!("aws_access_key_id = {}\n", access_key_id(NAME)));
    for (bar, exit) in [("info", 1), ("low", 1), ("medium", 1), ("high", 1), ("critical", 0)] {
        dir.keysift().args(["scan", "id.ini", "--fail-on", bar]).assert().code(exit);
    }
    let whole = Zip::new().deflated(b"a.txt", &b"a few words, and some more".repeat(40)).finish();
    dir.write("broken.zip", &whole[..whole.len() / 2]);
    let report = dir.scan(&["broken.zip"], 3);
    assert_eq!(report.ledger["complete"], false);
    dir.scan(&["broken.zip", "--incomplete-ok"], 0);
    dir.scan(&["broken.zip", "id.ini"], 1);
    dir.scan(&["broken.zip", "id.ini", "--fail-on", "critical"], 3);
}

// Standard input and encodings.

#[test]
fn standard_input_is_text_or_a_package() {
    let dir = Dir::new();
    let text = credentials(NAME);
    for bytes in [text.clone().into_bytes(), Zip::new().deflated(b"in/a.ini", text.as_bytes()).finish()] {
        let is_zip = bytes.starts_with(b"PK");
        let mut command = dir.keysift();
        command.args(["scan", "-", "-f", "jsonl", "--reveal"]).write_stdin(bytes);
        let report = Report::of(command, 1);
        assert_eq!(report.pairs(), [pair()]);
        let address = report.findings[0]["sites"][0]["address"].as_str().unwrap();
        assert_eq!(address, if is_zip { "<stdin>!in/a.ini" } else { "<stdin>" });
    }
    let mut command = dir.keysift();
    command.args(["scan", "-", "-"]).write_stdin("");
    assert!(stderr_of(command, 2).contains("twice"));
}

#[test]
fn utf_16_with_and_without_a_mark() {
    let dir = Dir::new();
    let text = credentials(NAME);
    for (name, mark, big) in
        [("le", false, false), ("be", false, true), ("le-mark", true, false), ("be-mark", true, true)]
    {
        let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
        let bytes: Vec<u8> =
            units.flat_map(|u: u16| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect();
        dir.write(name, bytes);
        let report = dir.scan(&[name], 1);
        assert_eq!(report.pairs(), [pair()], "{name}");
        let site = &report.findings[0]["sites"][0];
        let offset = 2 * (text.find("AKIA").unwrap() as u64 + u64::from(mark));
        assert_eq!((site["role"].as_str(), site["offset"].as_u64()), (Some("id"), Some(offset)), "{name}");
        assert_eq!(site["decoded"][0], if big { "utf-16be" } else { "utf-16le" });
    }
}

// Truncation and mutation, through the library: thousands of scans in one process.

fn small_zip() -> Vec<u8> {
    Zip::new()
        .stored(b"a.ini", credentials("constants").as_bytes())
        .deflated(b"dir/b.json", br#"{"a": [1, 2, {"password": "x"}], "b": "text"}"#)
        .deflated(b"c.zip", &Zip::new().deflated(b"d.ini", credentials(NAME).as_bytes()).finish())
        .finish()
}

fn dex() -> Vec<u8> {
    use keysift::address::Address;
    use keysift::blob::Blob;
    use keysift::container::{Container, budget::Budget};
    let (apk, limits) = (fs::read(demo_apk()).unwrap(), Options::default().limits);
    let opened = keysift::container::zip::Zip
        .open(&Blob { address: Address::named("demo.apk"), bytes: &apk }, &limits);
    let member = opened.members.iter().find(|m| m.name() == b"classes.dex").unwrap();
    let mut buffer = Vec::new();
    let len = member.read(&mut buffer, &Budget::new(&limits, apk.len() as u64)).bytes.len();
    assert!(len == buffer.len() && buffer.starts_with(b"dex\n"));
    buffer
}

/// Scans every input; panics inside keysift are caught there and told in the ledger.
fn survive(inputs: impl Iterator<Item = (String, Vec<u8>)>) -> Vec<Outcome> {
    let patterns = PatternSet::builtin().unwrap();
    let scanner = Scanner::new(&patterns, Options { threads: 1, ..Options::default() }).unwrap();
    let mut outcomes = Vec::new();
    for (what, bytes) in inputs {
        let outcome = scanner.scan_stream("x", &mut &bytes[..]);
        for entry in &outcome.ledger.entries {
            assert!(!entry.detail.contains("internal error"), "{what}: {entry:?}");
        }
        outcomes.push(outcome);
    }
    outcomes
}

#[test]
fn every_prefix_of_a_zip() {
    let zip = small_zip();
    let outcomes = survive((0..=zip.len()).map(|n| (format!("{n} bytes"), zip[..n].to_vec())));
    let whole = outcomes.last().unwrap();
    assert_eq!((whole.findings.len(), whole.ledger.is_incomplete()), (2, false));
    // From where the stored entry is whole, its pair is found whatever is missing.
    let from = zip.windows(5).position(|w| w == b"dir/b").unwrap();
    for (n, outcome) in outcomes.iter().enumerate().skip(from) {
        assert!(outcome.findings.iter().any(|f| f.pattern == "aws.key-pair"), "{n} of {} bytes", zip.len());
    }
    let silent = outcomes[5..zip.len()].iter().filter(|o| !o.ledger.is_incomplete()).count();
    assert!(silent <= zip.len() / 4, "{silent} of {} prefixes are taken for whole", zip.len());
}

#[test]
fn prefixes_of_a_dex() {
    let dex = dex();
    let outcomes = survive((0..dex.len()).step_by(61).map(|n| (format!("{n} bytes"), dex[..n].to_vec())));
    // A header that promises more than there is.
    for (i, outcome) in outcomes.iter().enumerate().skip(2) {
        assert!(outcome.ledger.is_incomplete(), "{} bytes pass for a whole file", i * 61);
    }
}

fn mutations(bytes: Vec<u8>, seed: u64, count: usize) -> impl Iterator<Item = (String, Vec<u8>)> {
    (0..count).map(move |n| {
        let mut random = Random(seed * 1_000_003 + n as u64);
        let mut bytes = bytes.clone();
        for _ in 0..1 + random.below(8) {
            let at = random.below(bytes.len());
            match random.below(5) {
                0 => bytes[at] ^= 1 << random.below(8),
                1 => bytes[at] = random.next() as u8,
                2 => {
                    let value = [0u32, 1, 0x7fff_ffff, 0x8000_0000, u32::MAX][random.below(5)];
                    let end = bytes.len().min(at + 4);
                    bytes[at..end].copy_from_slice(&value.to_le_bytes()[..end - at]);
                }
                3 => {
                    let (from, len) = (random.below(bytes.len()), random.below(64));
                    let len = len.min(bytes.len() - from).min(bytes.len() - at);
                    bytes.copy_within(from..from + len, at);
                }
                // Most of what decides is in the first bytes and the last.
                _ => {
                    let near = random.below(200.min(bytes.len()));
                    let at = if random.below(2) == 0 { near } else { bytes.len() - 1 - near };
                    bytes[at] = random.next() as u8;
                }
            }
        }
        (format!("mutation {n} of seed {seed}"), bytes)
    })
}

#[test]
fn mutations_of_the_demo_package() {
    let outcomes = survive(mutations(fs::read(demo_apk()).unwrap(), 1, 800));
    let found = outcomes.iter().filter(|o| !o.findings.is_empty()).count();
    let told = outcomes.iter().filter(|o| o.ledger.is_incomplete()).count();
    assert!(found > 750 && told > 250, "{found} with findings, {told} with damage told");
}

#[test]
fn mutations_of_a_dex() {
    let outcomes = survive(mutations(dex(), 2, 1500));
    let found = outcomes.iter().filter(|o| !o.findings.is_empty()).count();
    assert!(found > 1400, "{found} with findings");
}

#[test]
fn mutations_of_a_small_zip() {
    let outcomes = survive(mutations(small_zip(), 3, 2000));
    let found = outcomes.iter().filter(|o| !o.findings.is_empty()).count();
    assert!(found > 1000, "{found} with findings");
}

/// What is behind a hole of a terabyte, and in the middle of it.
#[cfg(target_os = "linux")]
#[test]
fn holes_of_sparse_files_cost_nothing() {
    let dir = Dir::new();
    let (id, secret) = pair();
    let file = fs::File::create(dir.join("disk.img")).unwrap();
    file.write_all_at(credentials(NAME).as_bytes(), 1 << 39).unwrap();
    file.write_all_at(format!("\0\0access_key = {id}\0\0").as_bytes(), (1 << 40) + 1).unwrap();
    file.set_len((1 << 40) + (64 << 20)).unwrap();
    let (report, mebibytes, time) = measured(&dir, &["disk.img"], 1);
    let shown = format!("{:?}", report.findings);
    assert!(shown.contains(&secret), "{shown}");
    assert!(mebibytes < 200, "{mebibytes} MiB");
    assert!(time < Duration::from_secs(20), "{time:?}");
}

// Bombs.

fn assert_defused(bytes: &[u8]) -> Report {
    assert_defused_by(&[], bytes)
}

fn assert_defused_by(options: &[&str], bytes: &[u8]) -> Report {
    let dir = Dir::new();
    dir.write("bomb", bytes);
    let (report, mebibytes, time) = measured(&dir, &[&["bomb"], options].concat(), 3);
    assert!(!report.entries("limit").is_empty(), "{:#}", report.ledger);
    assert!(mebibytes < 600, "{mebibytes} MiB");
    assert!(time < Duration::from_secs(60), "{time:?}");
    report
}

#[test]
fn ten_gigabytes_in_ten_megabytes() {
    let packed = zeros(10 << 10);
    assert!((5 << 20..20 << 20).contains(&packed.len()));
    let report = assert_defused(&Zip::new().raw(b"zeros", 8, 0, &packed, 10 << 30).finish());
    assert!(report.entries("limit")[0].1.contains("bomb"), "{:#}", report.ledger);
}

/// Zeros through the real tools: cut, told, and not held in memory.
#[test]
fn streams_that_are_nothing_but_zeros() {
    if util::without_tools("streams of zeros") {
        return;
    }
    let lzma = "xz -1 --format=lzma";
    for tool in ["bzip2", "xz -1", lzma, "lzip -1", "zstd -q --long=31"] {
        let dir = Dir::new();
        let line = format!("head -c 160M /dev/zero | {tool} -c >bomb");
        assert!(Command::new("sh").current_dir(dir.path()).args(["-c", &line]).status().unwrap().success());
        assert_defused(&fs::read(dir.join("bomb")).unwrap());
    }
    let dir = Dir::new();
    let line = "head -c 160M /dev/zero | 7z a -bd -mx=1 -si bomb.7z >zip.log && mv bomb.7z bomb";
    assert!(Command::new("sh").current_dir(dir.path()).args(["-c", line]).status().unwrap().success());
    assert_defused(&fs::read(dir.join("bomb")).unwrap());
}

#[test]
fn entries_that_overlap() {
    let packed = zeros(60);
    let dir = Dir::new();
    dir.write("bomb", Zip::new().raw(b"zeros", 8, 0, &packed, 60 << 20).again(2000).finish());
    let (report, mebibytes, _) = measured(&dir, &["bomb"], 3);
    assert_eq!(report.entries("duplicate").len(), 1, "{:#}", report.ledger);
    assert!(report.ledger["bytes"]["searched"].as_u64().unwrap() < 100 << 20, "{:#}", report.ledger["bytes"]);
    assert!(mebibytes < 600, "{mebibytes} MiB");
}

#[test]
fn archives_of_archives_of_archives() {
    // As 42.zip: sixteen in each of five, 4 GB at the bottom of each.
    let mut archive = Zip::new().raw(b"0.dll", 8, 0, &zeros(4 << 10), u64::from(u32::MAX) - 1).finish();
    for level in 0..5 {
        let mut outer = Zip::new();
        for n in 0..16 {
            outer = outer.deflated(format!("{level}-{n}.zip").as_bytes(), &archive);
        }
        archive = outer.finish();
    }
    // What is read of it, whole, takes a minute of a slow machine in a test build.
    assert_defused_by(&["--max-expanded", "256M"], &archive);
}

#[test]
fn depth_is_bounded_and_what_is_above_it_searched() {
    let mut archive = Zip::new().stored(b"a.ini", credentials(NAME).as_bytes()).finish();
    for _ in 0..20 {
        archive = Zip::new().deflated(b"x.zip", &archive).finish();
    }
    let report = assert_defused(&archive);
    assert_eq!(report.pairs(), []);
    let (address, detail) = &report.entries("limit")[0];
    assert!(address.matches('!').count() == 8 && detail.contains("8 containers"), "{address}: {detail}");
    let dir = Dir::new();
    dir.write("deep", &archive);
    assert_eq!(dir.scan(&["deep", "--max-depth", "30"], 1).pairs(), [pair()]);
}

#[test]
fn a_file_that_is_cut_while_it_is_read() {
    let dir = Dir::new();
    // Zeros that are written, no hole: those are not read.
    let large = [(credentials(NAME) + "\n").into_bytes(), vec![0; 192 << 20]].concat();
    let path = dir.write("large", large);
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    let mut child = plain()
        .current_dir(dir.path())
        .args(["scan", "-f", "jsonl", "--reveal", "large"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let maps = format!("/proc/{}/maps", child.id());
    while !fs::read_to_string(&maps).unwrap_or_default().contains("/large") {
        assert_eq!(child.try_wait().unwrap(), None, "it ended before it was cut");
        std::thread::sleep(Duration::from_millis(1));
    }
    std::thread::sleep(Duration::from_millis(20));
    file.set_len(8192).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(matches!(output.status.code(), Some(1 | 3)), "{:?}", output.status);
    let report = Report::parse(&output.stdout);
    let (address, detail) = &report.entries("unreadable")[0];
    assert!(address == "large" && detail.contains("cut while"), "{address}: {detail}");
    assert_eq!(report.pairs(), [pair()], "it stands in what was left");
}

// Where the report goes.

#[test]
fn no_space_for_the_report() {
    let dir = Dir::new();
    dir.write("a.ini", credentials(NAME));
    for format in ["text", "json", "jsonl", "sarif"] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = plain()
            .current_dir(dir.path())
            .args(["scan", "a.ini", "-f", format])
            .stdout(full)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{format}: {message}");
        assert!(message.contains("cannot write the report") && message.contains("No space"), "{message}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error_and_the_verdict_stays() {
    let dir = Dir::new();
    dir.write("a.ini", credentials(NAME));
    dir.write("clean.txt", "nothing");
    for (file, exit) in [("a.ini", 1), ("clean.txt", 0)] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = plain()
            .current_dir(dir.path())
            .args(["scan", file])
            .stdout(writer)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        assert_eq!(output.status.code(), Some(exit), "{file}");
    }
}

#[test]
fn output_files() {
    let dir = Dir::new();
    dir.write("a.ini", credentials(NAME));
    let run = |arguments: &[&str]| {
        let mut command = dir.keysift();
        command.args(["scan", "a.ini"]).args(arguments);
        command
    };
    let message = stderr_of(run(&["-o", "missing/r.json"]), 2);
    assert!(message.contains("missing") && message.contains("does not exist"), "{message}");
    let message = stderr_of(run(&["-o", "r.pdf"]), 2);
    assert!(message.contains("r.pdf") && message.contains(".sarif"), "{message}");

    let mode = |name: &str| fs::metadata(dir.join(name)).unwrap().permissions().mode() & 0o777;
    run(&["-o", "r.json", "--reveal"]).assert().code(1);
    assert_eq!(mode("r.json"), 0o600);
    let mut text = String::new();
    fs::File::open(dir.join("r.json")).unwrap().read_to_string(&mut text).unwrap();
    assert!(text.contains(&pair().1));
    // One that is there already and open to all is replaced, not written into.
    fs::write(dir.join("old.json"), "").unwrap();
    fs::set_permissions(dir.join("old.json"), fs::Permissions::from_mode(0o644)).unwrap();
    run(&["-o", "old.json", "--reveal"]).assert().code(1);
    assert_eq!(mode("old.json"), 0o600);
    run(&["-o", "r.sarif"]).assert().code(1);
    assert!(!fs::read_to_string(dir.join("r.sarif")).unwrap().contains(&pair().1));
    let left: Vec<_> = fs::read_dir(dir.path())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .filter(|n| Path::new(n).to_string_lossy().starts_with(".keysift"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

// Command line and configuration.

#[test]
fn mistakes_on_the_command_line_are_told_with_a_suggestion() {
    let dir = Dir::new();
    for (arguments, says) in [
        (&["scan", "--revael"][..], "--reveal"),
        (&["scan", "--fail-on", "hihg"], "high"),
        (&["scan", "-f", "sraif"], "sarif"),
        (&["scna"], "scan"),
        (&["scan", "-j", "0"], "1..=1024"),
        (&["scan", "--max-entry", "lots"], "lots"),
        (&["patterns", "show", "aws.acess-key-id"], "aws.access-key-id"),
        (&["patterns", "list", "zzzz"], "zzzz"),
    ] {
        let mut command = dir.keysift();
        command.args(arguments);
        let message = stderr_of(command, 2);
        assert!(message.contains(says), "{arguments:?}: {message}");
    }
}

const PATTERN: &str = r#"# mine
[[pattern]]
id = "acme.token"
name = "Acme token"
class = "credential"
severity = "high"
why = "Opens the Acme test account."
fix = "Revoke it in the Acme console."
reference = "Acme handbook, tokens"
literal = ["acme_"]
regex = "acme_[a-z0-9]{20}"
"#;

#[test]
fn mistakes_in_pattern_files_name_file_and_line() {
    let dir = Dir::new();
    let line = |text: &str, what: &str| text[..text.find(what).unwrap()].lines().count() + 1;
    let unknown = PATTERN.to_owned() + "entorpy = 3.0\n";
    let regex = PATTERN.replace("{20}\"", "{20}(\"");
    let class = PATTERN.replace("\"credential\"", "\"credentail\"");
    for (name, text, at, says) in [
        ("unknown.toml", &unknown, line(&unknown, "entorpy"), "entropy"),
        ("regex.toml", &regex, 0, "acme.token"),
        ("class.toml", &class, line(&class, "class ="), "credential"),
    ] {
        dir.write(name, text);
        let mut command = dir.keysift();
        command.args(["scan", "--patterns", name, "."]);
        let message = stderr_of(command, 2);
        assert!(message.contains(says), "{name}: {message}");
        let place = if at > 0 { format!("{name}:{at}") } else { format!("{name}:") };
        assert!(message.contains(&place), "{name}: no {place} in {message}");
    }
    let mut command = dir.keysift();
    command.args(["scan", "--patterns", "none.toml", "."]);
    assert!(stderr_of(command, 2).contains("none.toml"));

    dir.write("good.toml", PATTERN);
    dir.write("x/a.txt", "token: acme_0123456789abcdefghij\n");
    let report = dir.scan(&["--patterns", "good.toml", "x"], 1);
    assert_eq!(report.findings.len(), 1);
    assert_eq!(report.findings[0]["pattern"], "acme.token");
}
