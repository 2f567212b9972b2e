//! What lets a finding through: `keysift.toml`, comments, ignore files, baselines. Tests that begin with `c`
//! and a number are named after what users met with other scanners; the list is in the project's facts.
#![allow(clippy::unwrap_used, reason = "a failure may panic")]

mod util;

use keysift::pattern::example::{Generator, fill};
use serde_json::Value;
use std::fs;
use std::process::Command;
use util::{Dir, Report};

/// What a run said.
struct Said {
    code: i32,
    report: Report,
    stderr: String,
}

impl Said {
    /// `(pattern, by, rule)` of what was let through.
    fn allowed(&self) -> Vec<(String, String, String)> {
        let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
        let of = |f: &Value| (text(&f["pattern"]), text(&f["allowed"]["by"]), text(&f["allowed"]["rule"]));
        self.report.allowed.iter().map(of).collect()
    }

    fn by(&self) -> Vec<String> {
        self.allowed().into_iter().map(|(_, by, _)| by).collect()
    }

    fn patterns(&self) -> Vec<&str> {
        self.report.findings.iter().filter_map(|f| f["pattern"].as_str()).collect()
    }
}

fn run(dir: &Dir, arguments: &[&str]) -> (i32, String, String) {
    let output = dir.keysift().args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

fn said(dir: &Dir, arguments: &[&str]) -> Said {
    let (code, stdout, stderr) = run(dir, &[arguments, &["-f", "jsonl", "-q"]].concat());
    assert_ne!(code, 2, "{stderr}");
    Said { code, report: Report::parse(stdout.as_bytes()), stderr }
}

fn scan(dir: &Dir) -> Said {
    said(dir, &["scan", "."])
}

/// What is wrong with the settings.
fn refused(dir: &Dir, arguments: &[&str]) -> String {
    let (code, stdout, stderr) = run(dir, arguments);
    assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
    stderr
}

/// A template with made-up values in it.
fn made(template: &str, seed: u64) -> String {
    fill(template, &mut Generator::new(seed))
}

fn password(seed: u64) -> String {
    made("{alnum:11}#x", seed)
}

fn git(dir: &Dir, arguments: &[&str]) {
    let identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"];
    let output = Command::new("git")
        .args(identity)
        .args(arguments)
        .current_dir(dir.path())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A folder with two passwords in two files.
fn two() -> (Dir, String, String) {
    let (one, two) = (password(1), password(2));
    let dir = Dir::new();
    dir.write("src/a.py", format!("import os\ndb_password = \"{one}\"\n"));
    dir.write("src/b.py", format!("api_password = \"{two}\"\n"));
    (dir, one, two)
}

fn no_secret(text: &str, secrets: &[&str]) {
    for secret in secrets {
        assert!(!text.contains(secret), "{text}");
    }
}

#[test]
fn a_rule_of_keysift_toml_lets_through_what_it_names_and_every_report_tells_of_it() {
    let (dir, ..) = two();
    dir.write("keysift.toml", "[[allow]]\npath = \"src/a.py\"\nreason = \"made up\"\n");
    let said = scan(&dir);
    assert_eq!((said.code, said.patterns()), (1, vec!["generic.password"]));
    let rule = ("generic.password".to_owned(), "config".to_owned(), "keysift.toml:1".to_owned());
    assert_eq!(said.allowed(), [rule]);
    assert_eq!(said.report.allowed[0]["allowed"]["reason"], "made up");
    assert_eq!(said.report.ledger["allowed"], serde_json::json!({"config": 1}));
    assert_eq!(said.stderr, "keysift: settings from keysift.toml\n");
    let (_, text, _) = run(&dir, &["scan", "."]);
    assert!(text.contains("allowed 1 finding, the worst medium: 1 by rules of keysift.toml"), "{text}");
    assert!(text.contains("./src/a.py:2:16  by keysift.toml:1 (made up)"), "{text}");
    let (_, sarif, _) = run(&dir, &["scan", ".", "-f", "sarif"]);
    let sarif: Value = serde_json::from_str(&sarif).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    assert_eq!(results[1]["suppressions"][0]["justification"], "keysift.toml:1 (made up)");
    let (_, html, _) = run(&dir, &["scan", ".", "-f", "html"]);
    assert!(html.contains("<h2 id=\"h-allowed\">Allowed</h2>"));
}

#[test]
fn settings_come_from_the_flag_then_the_environment_then_the_file() {
    let (dir, ..) = two();
    dir.write("keysift.toml", "fail-on = \"critical\"\n");
    assert_eq!(scan(&dir).code, 0);
    let with = |value: &str, arguments: &[&str]| {
        let mut command = dir.keysift();
        command.env("KEYSIFT_FAIL_ON", value).args(["scan", ".", "-q"]).args(arguments);
        command.output().unwrap().status.code()
    };
    assert_eq!(with("low", &[]), Some(1));
    assert_eq!(with("low", &["--fail-on", "high"]), Some(0));
    assert_eq!(with("urgent", &[]), Some(2));
    assert_eq!(said(&dir, &["scan", ".", "--no-config"]).code, 1);
    dir.write("other.toml", "fail-on = \"high\"\nmin-confidence = 100\n");
    let other = said(&dir, &["scan", ".", "--config", "other.toml"]);
    assert_eq!((other.code, other.by()), (0, vec!["confidence".to_owned(); 2]));
    let flag = said(&dir, &["scan", ".", "--config", "other.toml", "--min-confidence", "5"]);
    assert_eq!((flag.code, flag.report.findings.len()), (0, 2));
    refused(&dir, &["scan", ".", "--config", "gone.toml"]);
    refused(&dir, &["scan", ".", "--config", "other.toml", "--no-config"]);
}

#[test]
fn limits_and_patterns_of_the_file_count() {
    let dir = Dir::new();
    fs::copy(util::demo_apk(), dir.join("demo.apk")).unwrap();
    dir.write("keysift.toml", "[limits]\nmax-depth = 0\n");
    let limited = scan(&dir);
    assert!(!limited.report.entries("limit").is_empty());
    assert!(said(&dir, &["scan", ".", "--max-depth", "8"]).report.entries("limit").is_empty());
    dir.write("keysift.toml", "[limits]\nmax-depth = \"deep\"\n");
    assert!(refused(&dir, &["scan", "."]).contains("keysift.toml: limits.max-depth has no value"));
    dir.write("keysift.toml", "patterns = \"tools/gone.toml\"\n");
    assert!(refused(&dir, &["scan", "."]).contains("gone.toml"));
}

#[test]
fn a_package_cannot_configure_its_own_scan() {
    let everything = "[[allow]]\npath = \"**\"\nreason = \"x\"\n";
    let dir = Dir::new();
    let secret = password(3);
    let text = format!("db_password = \"{secret}\"  # gitleaks:allow\n");
    let baseline = "# keysift baseline 1\n";
    let zip = util::zip::Zip::new()
        .stored(b"keysift.toml", everything.as_bytes())
        .stored(b"keysift.baseline", baseline.as_bytes())
        .stored(b"a.py", text.as_bytes())
        .finish();
    dir.write("package.zip", zip);
    // In folders below the root it has no say either.
    dir.write("vendor/keysift.toml", everything);
    dir.write("vendor/a.py", format!("db_password = \"{}\"\n", password(4)));
    let said = scan(&dir);
    assert_eq!((said.code, said.patterns().len()), (1, 2), "{}", said.stderr);
    assert_eq!((said.allowed(), said.stderr.as_str()), (vec![], ""));
    // A link at the root is not followed.
    std::os::unix::fs::symlink(dir.join("vendor/keysift.toml"), dir.join("keysift.toml")).unwrap();
    assert_eq!(scan(&dir).patterns().len(), 2);
}

#[test]
fn of_several_roots_none_speaks_for_another() {
    let (dir, ..) = two();
    dir.write("mine/a.txt", "x");
    dir.write("src/keysift.toml", "fail-on = \"critical\"\n");
    let error = refused(&dir, &["scan", "mine", "src"]);
    assert!(error.contains("several roots are scanned"), "{error}");
    assert_eq!(said(&dir, &["scan", "mine", "src", "--no-config"]).code, 1);
    assert_eq!(said(&dir, &["scan", "mine", "src", "--config", "src/keysift.toml"]).code, 0);
}

#[test]
fn comments_of_all_tools_let_through_and_can_be_refused() {
    let dir = Dir::new();
    let lines = [
        "# keysift:allow made up, for the tests",
        "# keysift:allow[generic.*]",
        "# gitleaks:allow",
        "# betterleaks:allow",
        "# trufflehog:ignore",
        "# kingfisher:ignore",
        "# pragma: allowlist secret",
    ];
    let mut text = String::new();
    for (n, comment) in lines.iter().enumerate() {
        text.push_str(&format!("password_{n} = \"{}\"  {comment}\n", password(10 + n as u64)));
    }
    text.push_str(&format!("# pragma: allowlist nextline secret\nnext_password = \"{}\"\n", password(30)));
    dir.write("a.py", &text);
    let allowed = scan(&dir);
    assert_eq!((allowed.code, allowed.patterns().len(), allowed.by().len()), (0, 0, lines.len() + 1));
    assert!(allowed.by().iter().all(|by| by == "comment"));
    assert_eq!(allowed.report.allowed[0]["allowed"]["reason"], "made up, for the tests");
    let refused = said(&dir, &["scan", ".", "--no-inline-allow"]);
    assert_eq!((refused.code, refused.patterns().len()), (1, lines.len() + 1));
    dir.write("keysift.toml", "inline = false\n");
    assert_eq!(scan(&dir).code, 1);
    // Of another kind, and of the scanners of code, no comment counts until somebody says so.
    dir.write("a.py", format!("p_password = \"{}\"  # keysift:allow[aws.*] nosec\n", password(40)));
    dir.write("keysift.toml", "");
    assert_eq!(scan(&dir).code, 1);
    dir.write("keysift.toml", "inline-also = [\"nosec\"]\n");
    assert_eq!(scan(&dir).code, 0);
}

#[test]
fn a_private_key_is_allowed_on_its_first_or_last_line() {
    let key = made(
        "-----BEGIN RSA PRIVATE KEY-----\n{base64:64}\n{base64:64}\n{base64:64}\n-----END RSA PRIVATE KEY-----",
        5,
    );
    let dir = Dir::new();
    dir.write("a.py", format!("KEY = \"\"\"{key}\"\"\"  # keysift:allow made up\n"));
    let said = scan(&dir);
    let found = said.patterns().len() + said.allowed().len();
    assert!(found > 0 && said.patterns().is_empty(), "{:?}", said.patterns());
    dir.write("a.py", format!("KEY = \"\"\"{key}\"\"\"\n"));
    assert_eq!(scan(&dir).code, 1);
}

#[test]
fn what_stands_elsewhere_too_is_reported_there() {
    let (dir, one, _) = two();
    dir.write("src/b.py", format!("x = 1\nother_password = \"{one}\"  # gitleaks:allow\n"));
    let said = scan(&dir);
    assert_eq!((said.code, said.patterns().len(), said.allowed().len()), (1, 1, 0));
    let finding = &said.report.findings[0];
    assert!(finding["sites"].as_array().unwrap().iter().all(|s| s["address"] == "./src/a.py"), "{finding}");
    assert!(finding["details"]["allowed_places"].as_str().unwrap().contains("gitleaks:allow at src/b.py:2"));
}

#[test]
fn excluded_paths_are_in_the_ledger_and_a_scan_of_nothing_is_no_clean_one() {
    let (dir, ..) = two();
    dir.write("keysift.toml", "exclude = [\"/src/b.py\", \"build/\"]\n");
    dir.write("build/x/c.py", format!("password = \"{}\"\n", password(6)));
    let said1 = scan(&dir);
    assert_eq!((said1.code, said1.patterns().len()), (1, 1));
    let mut left_out: Vec<String> = said1.report.entries("ignored").into_iter().map(|(a, _)| a).collect();
    left_out.sort();
    assert_eq!(left_out, ["./build", "./src/b.py"]);
    for arguments in [&["scan", ".", "--exclude", "*"][..], &["scan", "src", "--exclude", "**/*.py"]] {
        let said = said(&dir, arguments);
        assert_eq!(said.code, 3, "{arguments:?}");
        assert!(said.report.entries("unreadable")[0].1.contains("everything is excluded"));
    }
    // What a person names is searched.
    assert_eq!(said(&dir, &["scan", "src/b.py"]).code, 1);
}

#[test]
fn patterns_can_be_switched_off_but_not_all() {
    let (dir, ..) = two();
    dir.write("keysift.toml", "disable = [\"generic.*\"]\n");
    let off = scan(&dir);
    assert_eq!((off.code, off.by()), (0, vec!["disabled".to_owned(); 2]));
    for none in ["disable = \"*\"\n", "only = []\ndisable = [\"*.*\"]\n", "only = \"no.such\"\n"] {
        dir.write("keysift.toml", none);
        let error = refused(&dir, &["scan", "."]);
        assert!(error.contains("the settings leave no pattern to search for"), "{error}");
    }
    dir.write("keysift.toml", "disable = [\"genric.*\"]\n");
    let typo = scan(&dir);
    assert_eq!(typo.code, 1);
    assert!(typo.stderr.contains("`genric.*` is the id of no pattern"), "{}", typo.stderr);
}

#[test]
fn what_has_expired_is_told_and_reported_again() {
    let (dir, ..) = two();
    let rules = "[[allow]]\npath = \"src/a.py\"\nreason = \"x\"\nexpires = 2020-02-29\n\
                 [[allow]]\npath = \"src/b.py\"\nreason = \"x\"\nexpires = 2999-01-01\n";
    dir.write("keysift.toml", rules);
    let said = scan(&dir);
    assert_eq!((said.code, said.patterns().len(), said.by()), (1, 1, vec!["config".to_owned()]));
    assert_eq!(said.report.allowed[0]["allowed"]["expires"], "2999-01-01");
    assert!(said.stderr.contains("keysift.toml:1: expired on 2020-02-29"), "{}", said.stderr);
}

#[test]
fn allow_appends_a_sealed_rule_and_leaves_all_else_as_it_is() {
    let (dir, one, two) = two();
    let old = "# ours\nfail-on = \"low\" # keep\n\n[[allow]]\npath = \"x\"\nreason = \"y\"";
    dir.write("keysift.toml", old);
    let (code, out, error) =
        run(&dir, &["allow", "src/a.py:2", "--reason", "made \"up\"", "--expires", "2999-01-01"]);
    assert_eq!(code, 0, "{error}");
    let text = fs::read_to_string(dir.join("keysift.toml")).unwrap();
    assert!(
        text.starts_with(old) && text.contains("reason = \"made \\\"up\\\"\"\nexpires = 2999-01-01\n"),
        "{text}"
    );
    assert_eq!(scan(&dir).patterns().len(), 1);
    // The other by its fingerprint, as a report has it.
    let print = scan(&dir).report.findings[0]["fingerprint"].as_str().unwrap().to_owned();
    assert_eq!(run(&dir, &["allow", &print, "--reason", "revoked"]).0, 0);
    let text = fs::read_to_string(dir.join("keysift.toml")).unwrap();
    let said = scan(&dir);
    assert_eq!((said.code, said.by()), (0, vec!["config".to_owned(); 2]));
    assert!(!text.contains(print.trim_start_matches("v1:")));
    no_secret(&format!("{text}{out}"), &[&one, &two]);
    let (_, again, _) = run(&dir, &["allow", "src/a.py:2", "--reason", "again"]);
    assert!(again.contains("allows this already"), "{again}");
    for wrong in ["src/a.py:1", "src/gone.py:1", "src/a.py", "nothing"] {
        assert!(refused(&dir, &["allow", wrong, "--reason", "x"]).contains("nothing was done"), "{wrong}");
    }
    assert!(refused(&dir, &["allow", "src/a.py:2", "--reason", " "]).contains("nothing was done"));
    assert!(
        refused(&dir, &["allow", &print, "--reason", "x", "--expires", "soon"])
            .contains("expires is no date")
    );
    assert_eq!(fs::read_to_string(dir.join("keysift.toml")).unwrap(), text);
}

#[test]
fn a_value_is_allowed_whatever_finds_it() {
    let (dir, one, _) = two();
    assert_eq!(run(&dir, &["allow", "src/a.py:2", "--value", "--reason", "x"]).0, 0);
    let text = fs::read_to_string(dir.join("keysift.toml")).unwrap();
    assert!(text.contains("hash = \"s1:"), "{text}");
    no_secret(&text, &[&one]);
    let said = scan(&dir);
    assert_eq!((said.patterns().len(), said.by()), (1, vec!["config".to_owned()]));
}

#[test]
fn a_gitleaksignore_is_honoured_and_told_to_hide_positions() {
    let (dir, ..) = two();
    dir.write(".gitleaksignore", "# old\nsrc/a.py:generic-api-key:2\n./src/b.py:generic-api-key:7\n");
    let said1 = scan(&dir);
    assert_eq!((said1.code, said1.by()), (1, vec!["ignore-file".to_owned()]));
    assert!(
        said1.stderr.contains(".gitleaksignore: 2 of 2 entries are known by their position only"),
        "{}",
        said1.stderr
    );
    assert_eq!(said(&dir, &["scan", ".", "--no-config"]).patterns().len(), 2);
}

#[test]
fn a_baseline_is_made_compared_and_kept() {
    let (dir, one, two) = two();
    let (code, out, _) = run(&dir, &["baseline", "create"]);
    assert_eq!((code, out.as_str()), (0, "wrote keysift.baseline with 2 findings\n"));
    let first = fs::read_to_string(dir.join("keysift.baseline")).unwrap();
    no_secret(&first, &[&one, &two]);
    let known = scan(&dir);
    assert_eq!((known.code, known.by()), (0, vec!["baseline".to_owned(); 2]));
    assert!(refused(&dir, &["baseline", "create"]).contains("keysift.baseline is there"));
    assert_eq!(run(&dir, &["baseline", "diff"]).0, 0);

    // A new one fails the run and is told by diff; one that is gone is told and stays.
    dir.write("src/b.py", format!("new_password = \"{}\"\n", password(7)));
    let new = scan(&dir);
    assert_eq!((new.code, new.patterns().len()), (1, 1));
    assert!(new.stderr.contains("1 of 2 entries are found no more"), "{}", new.stderr);
    let (code, diff, _) = run(&dir, &["baseline", "diff"]);
    assert_eq!(code, 1);
    let signs: Vec<&str> = diff.lines().map(|l| &l[..2]).collect();
    assert_eq!(signs, ["+ ", "- "], "{diff}");
    assert!(
        diff.contains("generic.password  ./src/b.py:1") && diff.contains("generic.password  src/b.py"),
        "{diff}"
    );

    assert!(run(&dir, &["baseline", "update"]).1.contains("1 added; 1 are found no more"));
    let second = fs::read_to_string(dir.join("keysift.baseline")).unwrap();
    assert!(first.lines().all(|line| second.lines().any(|l| l == line)));
    assert_eq!((second.lines().count(), scan(&dir).code), (first.lines().count() + 1, 0));
    assert!(run(&dir, &["baseline", "update", "--prune"]).1.contains("0 added, 1 taken out"));
    let third = fs::read_to_string(dir.join("keysift.baseline")).unwrap();
    assert_eq!(third.lines().count(), first.lines().count());
    // Part of the root says nothing of the rest.
    let part = said(&dir, &["scan", "src/a.py", "--baseline", "keysift.baseline"]);
    assert!((part.code, part.stderr.contains("found no more")) == (0, false), "{}", part.stderr);
    refused(&dir, &["baseline", "update", "--baseline", "gone"]);
}

#[test]
fn reports_and_baselines_of_others_are_baselines() {
    let (dir, one, two) = two();
    let (_, ours, _) = run(&dir, &["scan", ".", "-f", "json"]);
    let gitleaks = format!(
        r#"[{{"RuleID": "generic-api-key", "StartLine": 2, "EndLine": 2, "Secret": "{one}", "File": "old/a.py", "Commit": ""}},
            {{"RuleID": "generic-api-key", "StartLine": 1, "EndLine": 1, "Secret": "REDACTED", "File": "src/b.py", "Commit": ""}}]"#
    );
    let sha1 = |text: &str| {
        use sha1::{Digest, Sha1};
        Sha1::digest(text.as_bytes()).iter().map(|b| format!("{b:02x}")).collect::<String>()
    };
    let detect = format!(
        r#"{{"version": "1.5.0", "plugins_used": [], "results": {{"src/a.py": [{{"hashed_secret": "{}"}}, {{"hashed_secret": "{}"}}]}}}}"#,
        sha1(&one),
        sha1(&two)
    );
    let kingfisher = "ExactFindings:\n  matches:\n  - filepath: src/a.py\n    linenum: 2\n  - filepath: src/b.py\n    linenum: 1\n";
    let elsewhere = Dir::new();
    for (name, text) in
        [("ours", ours.as_str()), ("gitleaks", &gitleaks), ("detect", &detect), ("kingfisher", kingfisher)]
    {
        let path = elsewhere.write(name, text);
        let said = said(&dir, &["scan", ".", "--baseline", path.to_str().unwrap()]);
        assert_eq!((said.code, said.by()), (0, vec!["baseline".to_owned(); 2]), "{name}: {}", said.stderr);
        no_secret(&said.stderr, &[&one, &two]);
    }
    let wrong = elsewhere.write("wrong", format!("{{\"a\": \"{one}\"}}"));
    let error = refused(&dir, &["scan", ".", "--baseline", wrong.to_str().unwrap()]);
    no_secret(&error, &[&one]);
}

#[test]
fn the_history_and_the_hook_use_the_settings_of_the_work_tree() {
    let (dir, one, _) = two();
    git(&dir, &["init", "-q"]);
    git(&dir, &["add", "."]);
    git(&dir, &["commit", "-qm", "one"]);
    // What the history says of settings does not count.
    dir.write("keysift.toml", "[[allow]]\npath = \"**\"\nreason = \"x\"\n");
    git(&dir, &["add", "."]);
    git(&dir, &["commit", "-qm", "two"]);
    fs::remove_file(dir.join("keysift.toml")).unwrap();
    assert_eq!(said(&dir, &["git"]).patterns().len(), 2);
    dir.write("keysift.toml", "[[allow]]\npath = \"src/a.py\"\nreason = \"x\"\n");
    for arguments in [&["git"][..], &["git", "."], &["scan", "."], &["scan", "src"]] {
        let said = said(&dir, arguments);
        assert_eq!((said.patterns().len(), said.by()), (1, vec!["config".to_owned()]), "{arguments:?}");
    }
    dir.write("keysift.toml", "exclude = \"src/b.py\"\n");
    assert_eq!(said(&dir, &["git"]).by(), ["excluded"]);

    // Staged: the baseline of the root, from a folder below it too; comments in what is staged.
    fs::remove_file(dir.join("keysift.toml")).unwrap();
    assert_eq!(run(&dir, &["baseline", "create"]).0, 0);
    dir.write(
        "src/moved.py",
        format!("moved_password = \"{one}\"\nnew_password = \"{}\" # keysift:allow x\n", password(8)),
    );
    git(&dir, &["add", "src/moved.py"]);
    let mut staged = dir.keysift();
    staged.current_dir(dir.join("src")).args(["git", "--staged", "-f", "jsonl", "-q"]);
    let output = staged.output().unwrap();
    let report = Report::parse(&output.stdout);
    assert_eq!((output.status.code(), report.findings.len(), report.allowed.len()), (Some(0), 0, 2));
    dir.write("src/moved.py", format!("really_new_password = \"{}\"\n", password(9)));
    git(&dir, &["add", "src/moved.py"]);
    assert_eq!(said(&dir, &["git", "--staged"]).code, 1);
    dir.write("keysift.toml", "exclude = \"moved.py\"\n");
    let excluded = said(&dir, &["git", "--staged"]);
    assert_eq!((excluded.code, excluded.report.entries("ignored").len()), (0, 1));
}

#[test]
fn a_comment_that_is_not_yet_committed_counts() {
    let (dir, one, two) = two();
    fs::remove_file(dir.join("src/b.py")).unwrap();
    git(&dir, &["init", "-q"]);
    git(&dir, &["add", "."]);
    git(&dir, &["commit", "-qm", "one"]);
    dir.write("src/a.py", format!("import os\ndb_password = \"{one}\"  # keysift:allow\n"));
    let said = scan(&dir);
    assert_eq!((said.code, said.by()), (0, vec!["comment".to_owned()]));
    no_secret(&said.stderr, &[&one, &two]);
}

#[test]
fn explain_says_what_is_allowed() {
    let (dir, ..) = two();
    dir.write("keysift.toml", "[[allow]]\npath = \"src/a.py\"\nreason = \"made up\"\n");
    let (code, text, _) = run(&dir, &["explain", "src/a.py:2"]);
    assert!(code == 0 && text.contains("allowed by keysift.toml:1 (made up)"), "{text}");
    let (code, text, _) = run(&dir, &["explain", "src/b.py:1"]);
    assert!(code == 1 && !text.contains("allowed"), "{text}");
}

#[test]
fn files_of_settings_are_no_findings_themselves() {
    let (dir, ..) = two();
    run(&dir, &["baseline", "create"]);
    run(&dir, &["allow", "src/a.py:2", "--reason", "x"]);
    fs::remove_dir_all(dir.join("src")).unwrap();
    let said = said(&dir, &["scan", ".", "--no-config", "--fail-on", "info"]);
    assert_eq!((said.code, said.patterns().len()), (0, 0), "{:?}", said.report.findings);
}

// What users met.

#[test]
fn c02_rules_of_exception_switch_no_pattern_off() {
    let (dir, ..) = two();
    dir.write("keysift.toml", "[[allow]]\npath = \"docs/\"\nreason = \"examples\"\n");
    assert_eq!(scan(&dir).patterns().len(), 2);
}

#[test]
fn c03_a_key_that_is_not_known_is_an_error_with_its_line() {
    let (dir, ..) = two();
    for (text, expected) in [
        ("\n[allowlists]\npaths = [\"x\"]\n", "keysift.toml:2: unknown key `allowlists`"),
        ("[[allow]]\nfiles = \"x\"\nreason = \"y\"\n", "keysift.toml:2: unknown key `files`"),
        ("fail_on = \"high\"\n", "keysift.toml:1: unknown key `fail_on`: did you mean `fail-on`?"),
        ("fail-on = high\n", "keysift.toml:1: "),
    ] {
        dir.write("keysift.toml", text);
        let error = refused(&dir, &["scan", "."]);
        assert!(error.contains(expected) && error.contains("nothing was scanned"), "{error}");
    }
}

#[test]
fn c16_a_move_changes_nothing_and_another_secret_in_its_place_is_reported() {
    let (dir, one, _) = two();
    run(&dir, &["baseline", "create"]);
    // Moved within the file, to another file, under another name, and reported redacted or not.
    fs::remove_file(dir.join("src/a.py")).unwrap();
    dir.write("lib/c.yml", format!("# a line above\n\n\nadmin_password: '{one}'\n"));
    assert_eq!(scan(&dir).code, 0);
    assert_eq!(said(&dir, &["scan", ".", "--reveal"]).code, 0);
    // Another secret on the same line of the same file is not known.
    dir.write("lib/c.yml", format!("# a line above\n\n\nadmin_password: '{}'\n", password(50)));
    assert_eq!(scan(&dir).code, 1);
    // The folder is named in another way.
    dir.write("lib/c.yml", format!("admin_password: '{one}'\n"));
    assert_eq!(said(&dir, &["scan", dir.path().to_str().unwrap()]).code, 0);
}

#[test]
fn c17_branches_merge_as_text_and_nothing_changes_without_cause() {
    let (dir, ..) = two();
    run(&dir, &["baseline", "create"]);
    git(&dir, &["init", "-q"]);
    git(&dir, &["add", "."]);
    git(&dir, &["commit", "-qm", "base"]);
    let before = fs::read(dir.join("keysift.baseline")).unwrap();
    dir.write(
        "src/a.py",
        fs::read_to_string(dir.join("src/a.py")).unwrap().replace("import os\n", "\n\n\nimport os\n"),
    );
    run(&dir, &["baseline", "update"]);
    assert_eq!(fs::read(dir.join("keysift.baseline")).unwrap(), before, "no positions, no clock");
    for (branch, seed) in [("left", 60), ("right", 61)] {
        git(&dir, &["checkout", "-q", "-b", branch, "main"]);
        dir.write(format!("src/{branch}.py"), format!("{branch}_password = \"{}\"\n", password(seed)));
        run(&dir, &["baseline", "update"]);
        git(&dir, &["add", "."]);
        git(&dir, &["commit", "-qm", branch]);
    }
    dir.write(".gitattributes", "keysift.baseline merge=union\n");
    git(&dir, &["merge", "-q", "-m", "merged", "left"]);
    assert_eq!(scan(&dir).code, 0);
    // A conflict that nobody resolved is an error that says so.
    let text = fs::read_to_string(dir.join("keysift.baseline")).unwrap();
    dir.write("keysift.baseline", format!("<<<<<<< HEAD\n{text}=======\n{text}>>>>>>> left\n"));
    let error = refused(&dir, &["scan", "."]);
    assert!(error.contains("keysift.baseline:1: a conflict of a merge is not resolved"), "{error}");
}

#[test]
fn c18_one_baseline_serves_files_history_and_the_hook() {
    let (dir, ..) = two();
    git(&dir, &["init", "-q"]);
    git(&dir, &["add", "."]);
    git(&dir, &["commit", "-qm", "one"]);
    let (_, out, _) = run(&dir, &["baseline", "create", "--no-git"]);
    assert!(out.contains("with 2 findings"), "{out}");
    dir.write("src/a.py", fs::read_to_string(dir.join("src/a.py")).unwrap() + "# more\n");
    git(&dir, &["add", "."]);
    for arguments in [
        &["scan", "."][..],
        &["scan", ".", "--no-git"],
        &["git"],
        &["git", "--branch", "main"],
        &["git", "--staged"],
        &["scan", "src/a.py"],
    ] {
        let said = said(&dir, arguments);
        assert_eq!(said.code, 0, "{arguments:?}: {}", said.stderr);
        assert!(!said.by().is_empty(), "{arguments:?}");
    }
}
