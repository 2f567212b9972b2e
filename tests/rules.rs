//! Rule files of other tools, through the binary: made-up rules in `testdata/rules`, values made up here.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod util;

use serde_json::Value;
use std::collections::BTreeSet;
use util::{Dir, Random, Report, keysift, root};

const FILES: [&str; 5] =
    ["gitleaks.toml", "betterleaks.toml", "noseyparker.yml", "kingfisher.yml", "trufflehog.yaml"];

fn rules(name: &str) -> String {
    root().join("testdata/rules").join(name).to_str().unwrap().to_owned()
}

/// So many characters of an alphabet.
fn made_up(alphabet: &str, length: usize, seed: u64) -> String {
    let mut random = Random(seed);
    let all: Vec<char> = alphabet.chars().collect();
    (0..length).map(|_| all[random.below(all.len())]).collect()
}

const BASE36: &str = "abcdefghijklmnopqrstuvwxyz0123456789";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const HEX: &str = "0123456789abcdef";

fn base36(seed: u64) -> String {
    made_up(BASE36, 24, seed)
}

struct Scanned {
    report: Report,
    warnings: String,
}

impl Scanned {
    /// `keysift scan` with rules, in a folder.
    fn of(dir: &Dir, arguments: &[&str]) -> Scanned {
        let mut command = dir.keysift();
        command.args(["scan", "-f", "jsonl", "--reveal", "."]).args(arguments);
        let output = command.output().unwrap();
        let warnings = String::from_utf8(output.stderr).unwrap();
        assert!(matches!(output.status.code(), Some(0 | 1)), "{command:?} {warnings}");
        Scanned { report: Report::parse(&output.stdout), warnings }
    }

    /// The values of a pattern, and the files they stand in.
    fn values(&self, pattern: &str) -> BTreeSet<(String, String)> {
        let of = |f: &&Value| {
            let sites = f["sites"].as_array().unwrap().iter();
            let value = f["parts"]["value"].as_str().unwrap().to_owned();
            sites
                .map(|s| (value.clone(), s["address"].as_str().unwrap().replace("./", "")))
                .collect::<Vec<_>>()
        };
        self.report.of_pattern(pattern).iter().flat_map(of).collect()
    }

    fn finds(&self, pattern: &str, wanted: &[(&str, &str)]) {
        let wanted = wanted.iter().map(|(v, a)| ((*v).to_owned(), (*a).to_owned())).collect();
        assert_eq!(self.values(pattern), wanted, "{pattern}\n{:#?}", self.report.findings);
    }
}

/// Files with something for each rule, and something that each must leave alone.
fn samples() -> Dir {
    let dir = Dir::new();
    let n = base36;
    let dull = "a".repeat(24);
    dir.write("src/a.txt", format!("x zzq_{} y\nzzq_{dull}\nzzq_{}dummy\nxzzq_{}\n", n(1), &n(2)[5..], n(3)));
    dir.write("vendored/a.txt", format!("zzq_{}\n", n(4)));
    let hex = made_up(HEX, 20, 5);
    dir.write("src/b.txt", format!("MY_ZORBL_KEY: '{hex}'\nMY_OTHER: {}\n", made_up(HEX, 20, 6)));
    let capitals = made_up(UPPER, 16, 7);
    dir.write("src/c.txt", format!("id zzu-{}-{capitals} end\n", made_up(HEX, 8, 8)));
    let shaped = format!("{}{}{}", made_up(UPPER, 6, 9), made_up("0123456789", 14, 9), made_up(UPPER, 6, 10));
    dir.write("src/d.txt", format!("host QuuxNet\n{}\nvalue {shaped}\n", "filler line\n".repeat(300)));
    dir.write("src/e.txt", format!("nothing near\nvalue {shaped}\n"));
    dir.write("conf/prod.env", format!("A=zzp_{}\n", n(11)));
    dir.write("conf/prod.txt", format!("A=zzp_{}\n", n(12)));
    dir.write(
        "src/f.txt",
        format!(
            "key = \"zza_{}\"\nkey = \"zza_{}\"\nkey = \"zza_{}sample\"\nkey = \"zza_{}\" # harmless\n",
            n(13),
            "0".repeat(24),
            &n(14)[6..],
            n(15)
        ),
    );
    dir.write("fixtures/f.txt", format!("key = \"zza_{}\"\nkey=\"zza_{}\"\n", n(16), n(17)));
    dir.write("src/g.txt", format!("zzs_{} zzc_{}\n", n(18), n(19)));
    dir.write("src/h.txt", format!("zzb_{}\n", n(20)));
    dir.write("src/n.txt", format!("ZZN_{} zzw-{} x\n", n(21), made_up("0123456789", 12, 22)));
    dir.write("src/l.txt", format!("zzl_{} (zzl_{}) zzl_{}Z\n", n(23), n(24), n(25)));
    dir.write("src/r.txt", format!("\"zzr_{}\"\n", made_up(&BASE36[..26], 20, 26)));
    let good = kingfisher_value(27);
    dir.write(
        "src/k.txt",
        format!("zorblkf = {good}\nzorblkf = {}\nzorblkf = EXAMPLE{}\n", made_up(UPPER, 30, 28), &good[7..]),
    );
    dir.write("src/k3.txt", format!("zzk_{}\nzzi12345678\n", n(29)));
    dir.write(
        "src/t.txt",
        format!("# ZORBLHOG\n{}\n0{}\n{}\n", hog(30), &hog(31)[1..], made_up(&BASE36[..26], 32, 32)),
    );
    dir.write("src/u.txt", format!("{}\n", hog(30)));
    dir
}

/// Capitals and at least three digits.
fn kingfisher_value(seed: u64) -> String {
    format!("{}482{}", made_up(UPPER, 14, seed), made_up(UPPER, 13, seed + 1))
}

/// 32 small letters and digits that do not begin with a nought.
fn hog(seed: u64) -> String {
    format!("a7{}", made_up(BASE36, 30, seed))
}

fn check(scanned: &Scanned) {
    let n = base36;
    let prefixed = |prefix: &str, seed| format!("{prefix}{}", n(seed));
    let one = |pattern: &str, value: &str, file: &str| scanned.finds(pattern, &[(value, file)]);
    // Entropy, a stopword for one rule, a word boundary, a global path.
    one("gitleaks.zzq-token", &prefixed("zzq_", 1), "src/a.txt");
    one("gitleaks.zorbl-assigned", &made_up(HEX, 20, 5), "src/b.txt");
    one("gitleaks.zorbl-second-group", &made_up(UPPER, 16, 7), "src/c.txt");
    let shaped = format!("{}{}{}", made_up(UPPER, 6, 9), made_up("0123456789", 14, 9), made_up(UPPER, 6, 10));
    one("gitleaks.zorbl-by-keyword", &shaped, "src/d.txt");
    one("gitleaks.zorbl-in-env", &prefixed("zzp_", 11), "conf/prod.env");
    let (allowed, other) = (prefixed("zza_", 13), prefixed("zza_", 17));
    scanned.finds("gitleaks.zorbl-allowed", &[(&allowed, "src/f.txt"), (&other, "fixtures/f.txt")]);
    one("gitleaks.zorbl-composite", &prefixed("zzc_", 19), "src/g.txt");
    assert!(scanned.values("gitleaks.zorbl-silent").is_empty());
    one("betterleaks.zzb-token", &prefixed("zzb_", 20), "src/h.txt");
    one("noseyparker.np-zorbl-1", &prefixed("ZZN_", 21), "src/n.txt");
    one("noseyparker.np-zorbl-2", &format!("zzw-{}", made_up("0123456789", 12, 22)), "src/n.txt");
    let (bare, in_brackets) = (prefixed("zzl_", 23), prefixed("zzl_", 24));
    scanned.finds("noseyparker.np-zorbl-3", &[(&bare, "src/l.txt"), (&in_brackets, "src/l.txt")]);
    one("kingfisher.zorbl-1", &kingfisher_value(27), "src/k.txt");
    assert!(scanned.values("kingfisher.zorbl-2").is_empty());
    one("kingfisher.zorbl-3", &prefixed("zzk_", 29), "src/k3.txt");
    one("trufflehog.zorblhog", &hog(30), "src/t.txt");
}

#[test]
fn rules_of_every_tool_find_what_they_mean() {
    let dir = samples();
    let mut arguments = Vec::new();
    let files = FILES.map(rules);
    for file in &files {
        arguments.extend(["--patterns", file]);
    }
    check(&Scanned::of(&dir, &arguments));
    // The same for any number of threads and any prefilter, and without our own.
    check(&Scanned::of(&dir, &[&arguments[..], &["-j", "1", "--engine", "oracle"]].concat()));
    let alone = Scanned::of(&dir, &[&arguments[..], &["--no-builtin"]].concat());
    check(&alone);
    assert!(alone.report.findings.iter().all(|f| !f["pattern"].as_str().unwrap().starts_with("generic.")));
}

#[test]
fn a_folder_of_rules_and_what_is_not_honoured() {
    let dir = samples();
    let scanned = Scanned::of(&dir, &["--patterns", &rules("")]);
    check(&scanned);
    for (file, line, what) in [
        ("gitleaks.toml", 7, "`path` is not honoured"),
        ("gitleaks.toml", 29, "zorbl-by-keyword: slow"),
        ("gitleaks.toml", 60, "zorbl-path-only: left out"),
        ("gitleaks.toml", 65, "zorbl-silent: left out: `skipReport`"),
        ("gitleaks.toml", 75, "zorbl-composite: `required` is not honoured"),
        ("gitleaks.toml", 88, "`allowlist.commits` is not honoured"),
        ("betterleaks.toml", 3, "`prefilter` is not honoured"),
        ("betterleaks.toml", 10, "zzb-token: `filter` is not honoured"),
        ("noseyparker.yml", 21, "np.zorbl.2: is not found in its example"),
        ("noseyparker.yml", 27, "np.zorbl.4: left out: back-references"),
        ("kingfisher.yml", 30, "kingfisher.zorbl.1: `depends_on_rule` is not honoured"),
        ("kingfisher.yml", 32, "kingfisher.zorbl.2: left out: `visible: false`"),
        ("kingfisher.yml", 44, "kingfisher.zorbl.3: `checksum` is not honoured"),
        ("trufflehog.yaml", 18, "ZorblHog: `verify` is not honoured"),
        ("trufflehog.yaml", 3, "ZorblHog: only zorblSecret is reported"),
    ] {
        let wanted = format!("{file}:{line}: ");
        let said = scanned
            .warnings
            .lines()
            .any(|l| l.starts_with("warning: ") && l.contains(&wanted) && l.contains(what));
        assert!(said, "{wanted}{what}\n{}", scanned.warnings);
    }
}

#[test]
fn what_is_imported_finds_the_same_again() {
    let dir = samples();
    for name in FILES {
        let out = Dir::new();
        let toml = out.join("ours.toml");
        let toml = toml.to_str().unwrap();
        keysift().args(["patterns", "import", &rules(name), "-o", toml]).assert().code(0);
        let direct = Scanned::of(&dir, &["--no-builtin", "--patterns", &rules(name)]);
        let again = Scanned::of(&dir, &["--no-builtin", "--patterns", toml]);
        assert_eq!(again.warnings, "", "{name}");
        assert!(!direct.report.findings.is_empty(), "{name}");
        let told = |s: &Scanned| s.report.findings.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(told(&direct), told(&again), "{name}");
        // Examples of rules may be secrets.
        let text = std::fs::read_to_string(toml).unwrap();
        assert!(!text.contains("zzn_abcdef") && !text.contains("zzw-12"), "{text}");
    }
    let whole = keysift().args(["patterns", "import", &rules("")]).assert().code(0).get_output().clone();
    let text = String::from_utf8(whole.stdout).unwrap();
    assert_eq!(text.matches("[[pattern]]").count(), 14);
    assert!(text.contains("# zorbl-path-only: left out"));
}

#[test]
fn a_name_of_our_own_wins() {
    let dir = Dir::new();
    let id = util::demo::access_key_id("rules");
    dir.write("a.txt", format!("key_id = {id}\n"));
    let rule = dir.write(
        "../rule.toml".replace("../", "r-"),
        "[[rules]]\nid = 'amazon'\nregex = '''\\b(AKIA[A-Z0-9]{16})\\b'''\n",
    );
    let rule = rule.to_str().unwrap();
    let both = Scanned::of(&dir, &["--patterns", rule]);
    both.finds("gitleaks.amazon", &[]);
    assert_eq!(both.report.findings.len(), 1, "{:#?}", both.report.findings);
    let alone = Scanned::of(&dir, &["--patterns", rule, "--no-builtin"]);
    alone.finds("gitleaks.amazon", &[(&id, "a.txt")]);
}

#[test]
fn halves_stay_halves() {
    let dir = Dir::new();
    dir.write("credentials", util::credentials("rules"));
    let rule = dir.write("rule.toml", "[[rules]]\nid = 'forty'\nregex = '''= ([A-Za-z0-9/+]{40})\\b'''\n");
    let scanned = Scanned::of(&dir, &["--patterns", rule.to_str().unwrap()]);
    assert_eq!(scanned.report.pairs().len(), 1);
    scanned.finds("gitleaks.forty", &[]);
    assert_eq!(scanned.report.findings.len(), 1, "{:#?}", scanned.report.findings);
}

#[test]
fn rules_without_literal_or_keyword_are_tried_everywhere() {
    let dir = Dir::new();
    let value = format!("{}-{}", made_up(UPPER, 8, 1), made_up("0123456789", 9, 2));
    // On both sides of where a large text is cut.
    let filler = "some words of no interest\n".repeat(41_000);
    dir.write("large.txt", format!("{value}1\n{filler}{value}2 x {value}3\n{filler}{value}4"));
    let rule =
        dir.write("rules.yml", "rules:\n- name: bare\n  id: bare.1\n  pattern: '\\b[A-Z]{8}-[0-9]{10}\\b'\n");
    let scanned = Scanned::of(&dir, &["--patterns", rule.to_str().unwrap(), "--no-builtin"]);
    assert!(scanned.warnings.contains("rules.yml:2: bare.1: slow"), "{}", scanned.warnings);
    assert_eq!(scanned.values("noseyparker.bare-1").len(), 4);
}

#[test]
fn in_the_history_too() {
    let dir = samples();
    let git = |arguments: &[&str]| {
        let ran = std::process::Command::new("git")
            .current_dir(dir.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
            .args(arguments)
            .output()
            .unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    };
    git(&["init", "-q"]);
    git(&["add", "-A"]);
    git(&["commit", "-qm", "one"]);
    for n in 0..20 {
        dir.write("src/d.txt", format!("{n}\n{}", std::fs::read_to_string(dir.join("src/d.txt")).unwrap()));
        git(&["commit", "-qam", "more"]);
    }
    let bare = format!("{}-{}", made_up(UPPER, 8, 1), made_up("0123456789", 10, 2));
    dir.write("src/bare.txt", format!("{bare}\n"));
    git(&["add", "-A"]);
    git(&["commit", "-qm", "bare"]);
    git(&["rm", "-rq", "src", "conf", "fixtures", "vendored"]);
    git(&["commit", "-qm", "gone"]);
    git(&["gc", "-q"]);
    let mut command = dir.keysift();
    command.args(["git", "-f", "jsonl", "--reveal", "--patterns", &rules("")]);
    let output = command.output().unwrap();
    let report = Report::parse(&output.stdout);
    let found: BTreeSet<&str> = report.findings.iter().filter_map(|f| f["pattern"].as_str()).collect();
    for pattern in [
        "gitleaks.zzq-token",
        "gitleaks.zorbl-by-keyword",
        "gitleaks.zorbl-in-env",
        "gitleaks.zorbl-allowed",
        "kingfisher.zorbl-1",
        "trufflehog.zorblhog",
    ] {
        assert!(found.contains(pattern), "{pattern} {found:?}");
    }
    let rule =
        dir.write("rules.yml", "rules:\n- name: bare\n  id: bare.1\n  pattern: '\\b[A-Z]{8}-[0-9]{10}\\b'\n");
    let mut command = dir.keysift();
    command.args(["git", "-f", "jsonl", "--reveal", "--no-builtin", "--patterns"]).arg(rule);
    let everywhere = Report::parse(&command.output().unwrap().stdout);
    assert_eq!(everywhere.of_pattern("noseyparker.bare-1")[0]["parts"]["value"], bare.as_str());
    assert_eq!(report.of_pattern("gitleaks.zzq-token").len(), 1);
    assert_eq!(report.of_pattern("gitleaks.zorbl-in-env").len(), 1);
    assert_eq!(report.of_pattern("gitleaks.zorbl-allowed").len(), 2);
}

#[test]
fn what_is_wrong_is_told_by_file_and_line() {
    let dir = Dir::new();
    let deep = format!("rules: {}", "[".repeat(50_000));
    let aliases = "a: &a [x, x]\nb: &b [*a, *a]\nrules: [*b]\n";
    let huge = "[[rules]]\nid = 'x'\nregex = '((a{1000}){1000}){1000}'\n";
    let many = "[[rules]]\nid = 'x'\nregex = 'zzq'\n".repeat(20_001);
    for (name, text, what) in [
        ("a.yml", "title: x\nother: y\n", "a.yml: is no pattern file of keysift, gitleaks"),
        ("b.yml", "rules:\n- name: 'open\n", "b.yml:"),
        ("c.toml", "[[rules]]\nregex = 'x'\n", "c.toml:1: a rule needs an `id`"),
        ("d.toml", "[[rules]]\nid = 'x'\nregex = 5\n", "d.toml"),
        ("e.toml", "[[rules]]\nid = 'x'\n\nregex = '(zzq'\n", "e.toml:1: x: left out: `(` without `)`"),
        ("f.yml", deep.as_str(), "f.yml:1:"),
        ("g.yml", aliases, "aliases"),
        ("h.toml", huge, "h.toml:1: x: left out: the expression cannot be read"),
        ("i.toml", many.as_str(), "more than 20000 rules"),
        (
            "j.toml",
            "[[rules]]\nid = 'x'\nregex = 'zzq'\nentropy = 'high'\n",
            "j.toml:4: `entropy` must be a number",
        ),
        (
            "k.yml",
            "rules:\n- id: x\n  pattern: zzq\n  confidence: sure\n",
            "k.yml:2: `confidence` is low, medium or high",
        ),
        ("l.yml", "detectors:\n- keywords: [a]\n", "l.yml:2: a detector needs a `name`"),
        ("m.toml", "[[pattern]]\nid = 'a.b'\nregexx = 'x'\n", "m.toml:3: unknown key `regexx`"),
        ("n.toml", "", "n.toml: "),
    ] {
        let path = dir.write(name, text);
        let mut command = keysift();
        command.args(["scan", "--patterns"]).arg(&path).arg(dir.path());
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        if name == "n.toml" || name == "d.toml" {
            // Nothing to find is no mistake; a number is an expression too.
            assert!(matches!(output.status.code(), Some(0 | 1)), "{name}: {said}");
            continue;
        }
        assert_eq!(output.status.code(), Some(2), "{name}: {said}");
        assert!(said.contains(what), "{name}: {said}");
        assert!(said.len() < 4000, "{name}: {said}");
    }
}
