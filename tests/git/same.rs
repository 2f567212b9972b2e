//! The fast search finds exactly what a search of every object as a whole finds.
//!
//! Histories are grown by random edits out of pieces that are hard for a search that looks at changes
//! only: halves of tokens, names far from their values, wrapped base64, escapes, key blocks, words that make a
//! text a container; then packed in chains of many shapes, and in both modes every version is told.

use crate::repo::{Repo, git_in};
use crate::util::{Dir, Random, Report, credentials, demo};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Everything that is told, in both modes, must be the same.
pub fn assert_same(folder: &Path, what: &str) -> usize {
    let run = |more: &[&str]| {
        let mut command = crate::util::keysift();
        command.current_dir(folder).args(["git", "--every-version", "--reveal", "-f", "jsonl"]).args(more);
        let output = command.output().unwrap();
        assert!(matches!(output.status.code(), Some(0 | 1 | 3)), "{what}: {output:?}");
        Report::parse(&output.stdout)
    };
    let (fast, slow) = (run(&[]), run(&["--brute-force"]));
    let names = |r: &Report| {
        r.findings
            .iter()
            .map(|f| format!("{} {} {}", f["pattern"], f["parts"], f["sites"]))
            .collect::<Vec<_>>()
    };
    let (fast_names, slow_names) = (names(&fast), names(&slow));
    for (name, others) in [(&slow_names, &fast_names), (&fast_names, &slow_names)] {
        let missing: Vec<&String> = name.iter().filter(|n| !others.contains(n)).collect();
        assert!(missing.is_empty(), "{what}: only one of them finds {missing:#?}");
    }
    assert_eq!(fast.findings, slow.findings, "{what}");
    for key in ["entries", "bytes", "count", "complete"] {
        assert_eq!(fast.ledger[key], slow.ledger[key], "{what}");
    }
    let (bytes, new) = (&fast.ledger["history"]["bytes"], &fast.ledger["history"]["new_bytes"]);
    assert_eq!(bytes, &slow.ledger["history"]["bytes"], "{what}");
    assert!(new.as_u64() <= bytes.as_u64());
    fast.findings.len()
}

/// What texts are made of.
pub fn piece(random: &mut Random) -> Vec<u8> {
    let name = format!("p{}", random.below(6));
    let (id, secret) = (demo::access_key_id(&name), demo::secret_access_key(&name));
    let base64 = |bytes: &[u8]| {
        const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut out = String::new();
        for chunk in bytes.chunks(3) {
            let n = chunk.iter().fold(0u32, |n, &b| n << 8 | u32::from(b)) << (8 * (3 - chunk.len()));
            out.extend((0..=chunk.len()).map(|i| char::from(DIGITS[(n >> (18 - 6 * i)) as usize & 63])));
        }
        out
    };
    let wrapped = |text: &str, joint: &str| {
        text.as_bytes().chunks(64).map(|c| std::str::from_utf8(c).unwrap()).collect::<Vec<_>>().join(joint)
    };
    let cut = |text: &str, random: &mut Random| text[..random.below(text.len() + 1)].to_owned();
    let key = format!("{}{}", secret.replace('/', "a"), secret.replace('+', "b")).repeat(6);
    let text = match random.below(26) {
        0 => format!("aws_access_key_id = {id}\n"),
        1 => format!("aws_secret_access_key = {secret}\n"),
        2 => credentials(&name),
        3 => id,
        4 => secret,
        5 => cut(&id, random),
        6 => cut(&secret, random),
        7 => "aws_secret_access_key".into(),
        8 => " = \"".into(),
        9 => "\n".into(),
        10 => "api_secret: ".into(),
        11 => base64(credentials(&name).as_bytes()),
        12 => wrapped(&base64(credentials(&name).repeat(3).as_bytes()), "\n"),
        13 => wrapped(
            &base64(format!("{} padding of some length", credentials(&name)).repeat(2).as_bytes()),
            "\\n\" +\n   \"",
        ),
        14 => format!("\"{}\"", secret.replace('/', "\\/").replace('+', "\\u002b")),
        15 => format!("https://user:{}@host.tld/x", secret.replace('/', "%2F")),
        16 => format!("-----BEGIN RSA PRIVATE KEY-----\n{}\n", wrapped(&key, "\n")),
        17 => "-----END RSA PRIVATE KEY-----\n".into(),
        18 => wrapped(&key, "\n"),
        19 => [
            "uoted-printable",
            "sourcesContent\": [\"x\"], \"mappings\"",
            "//# sourceURL=",
            "{\"version\":3,\"sources\":[\"a\"],",
        ][random.below(4)]
        .into(),
        20 => format!("x{}", " filler of words".repeat(random.below(30))),
        21 => "    \"".into(),
        22 => credentials(&name).bytes().map(|b| format!("{b:02x}")).collect(),
        23 => ["\0", "\u{1}", "\u{feff}", "\t"][random.below(4)].into(),
        24 => "\\".repeat(random.below(3)),
        _ => format!("fn line_{}() {{ return {}; }}\n", random.below(100), random.below(1000))
            .repeat(random.below(40)),
    };
    text.into_bytes()
}

fn edited(text: &[u8], random: &mut Random) -> Vec<u8> {
    let mut text = text.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(text.len() + 1);
        let end = (at + random.below(120)).min(text.len());
        match random.below(5) {
            0 | 1 => {
                text.splice(at..at, piece(random));
            }
            2 => {
                text.splice(at..end, piece(random));
            }
            3 => {
                text.drain(at..end);
            }
            // A stretch of it somewhere else.
            _ => {
                let stretch = text[at..(at + random.below(2000)).min(text.len())].to_vec();
                let to = random.below(text.len() + 1);
                text.splice(to..to, stretch);
            }
        }
    }
    text.truncate(60_000);
    text
}

/// Adds `versions` of a few files, without a work tree: by `git fast-import`.
fn grow(folder: &Path, seed: u64, versions: usize) {
    let mut random = Random(seed);
    let mut stream: Vec<u8> = Vec::new();
    let names = ["a.py", "conf/b.env", "c.json", "d", "e.min.js"];
    let mut files: Vec<Vec<u8>> =
        names.iter().map(|_| (0..20).flat_map(|_| piece(&mut random)).collect()).collect();
    for version in 0..versions {
        stream.extend(
            format!(
                "commit refs/heads/main\ncommitter A <a@b> {} +0000\ndata 1\nx\n",
                1_700_000_000 + version
            )
            .bytes(),
        );
        for (name, file) in names.iter().zip(&mut files) {
            *file = edited(file, &mut random);
            stream.extend(format!("M 100644 inline {name}\ndata {}\n", file.len()).bytes());
            stream.extend(&*file);
            stream.push(b'\n');
        }
    }
    let path = folder.join("stream");
    std::fs::write(&path, stream).unwrap();
    let output = Command::new("sh")
        .current_dir(folder)
        .args(["-c", "git fast-import --quiet <stream && rm stream"])
        .output();
    let output = output.unwrap();
    assert!(output.status.success(), "{output:?}");
}

fn random_history(seed: u64, versions: usize) -> usize {
    let dir = Dir::new();
    assert!(git_in(dir.path(), 0, &["init", "-q", "--bare", "-b", "main"]).status.success());
    grow(dir.path(), seed, versions);
    let mut found = 0;
    for shape in [["--window=50", "--depth=200"], ["--window=3", "--depth=4"]] {
        let output = git_in(dir.path(), 0, &[&["repack", "-q", "-a", "-d", "-f"], &shape[..]].concat());
        assert!(output.status.success(), "{output:?}");
        found += assert_same(dir.path(), &format!("seed {seed}, {shape:?}"));
    }
    found
}

#[test]
fn random_histories() {
    // KEYSIFT_SEEDS=from..to for more than the usual few.
    let seeds = std::env::var("KEYSIFT_SEEDS").ok().and_then(|text| {
        let (from, to) = text.split_once("..")?;
        Some(from.parse().ok()?..to.parse().ok()?)
    });
    let found: usize = seeds.unwrap_or(1..3u64).map(|seed| random_history(seed, 14)).sum();
    assert!(found > 30, "{found}");
}

/// Commits of this project that are compared.
const OWN_COMMITS: &str = "60";

/// The last commits of this project, in a repository of their own: without what takes seconds each time it is opened.
fn own(folder: &Path) -> PathBuf {
    let git = |dir: &Path, arguments: &[&str]| {
        let mut git = Command::new("git");
        git.current_dir(dir).args(arguments);
        git
    };
    let (cut, own) = (folder.join("cut.git"), folder.join("own.git"));
    let url = format!("file://{}", crate::util::root().display());
    for arguments in [
        &["clone", "-q", "--bare", "--depth", OWN_COMMITS, &url, "cut.git"][..],
        &["init", "-q", "--bare", "own.git"],
    ] {
        assert!(git(folder, arguments).status().unwrap().success());
    }
    let mut export = git(&cut, &["fast-export", "HEAD", "--", ".", ":(exclude)testdata/bombs"]);
    let mut export = export.stdout(Stdio::piped()).spawn().unwrap();
    let import = git(&own, &["fast-import", "--quiet"]).stdin(export.stdout.take().unwrap()).status();
    assert!(export.wait().unwrap().success() && import.unwrap().success());
    own
}

#[test]
fn a_repository_of_this_project_or_another() {
    // KEYSIFT_REPOSITORIES names more, separated by colons.
    let more = std::env::var("KEYSIFT_REPOSITORIES").unwrap_or_default();
    let mut all: Vec<_> = more.split(':').filter(|p| !p.is_empty()).map(PathBuf::from).collect();
    let folder = tempfile::tempdir().unwrap();
    if crate::util::root().join(".git").exists() {
        all.push(own(folder.path()));
    }
    for path in all {
        assert_same(&path, &path.to_string_lossy());
    }
}

#[test]
fn what_a_clean_version_was_made_from_is_still_found() {
    let repo = Repo::new();
    let filler = "some words on a line\n".repeat(400);
    for n in 0..30 {
        let secret =
            if n % 3 == 0 { credentials(&format!("v{}", n / 6)) } else { format!("# none in {n}\n") };
        repo.commit("a.ini", format!("{filler}{secret}{filler}"));
    }
    repo.git(&["repack", "-q", "-a", "-d", "-f"]);
    assert!(assert_same(repo.path(), "alternating") >= 5);
}
