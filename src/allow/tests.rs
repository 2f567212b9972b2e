//! What lets findings through, and what does not.

use super::config::Config;
use super::testing::{finding, site};
use super::*;
use crate::finding::{Around, Candidate, Pair, Role, Secret};
use std::sync::Arc;

fn config(text: &str) -> Allowing {
    let config = Config::read("keysift.toml", text, "2026-11-29").unwrap();
    Allowing { config: Some(config), inline: true, ..Allowing::default() }
}

fn rule(keys: &str) -> Allowing {
    config(&format!("[[allow]]\n{keys}\nreason = \"made up\"\n"))
}

/// What lets a finding through.
fn by(allowing: &Allowing, finding: &Finding) -> Option<(By, String)> {
    allowing.grant(finding).map(|grant| (grant.by, grant.in_words()))
}

fn with_line(mut finding: Finding, n: usize, line: &str) -> Finding {
    finding.sites[n].around = Some(Arc::new(Around { above: None, line: Secret::new(line.as_bytes()) }));
    finding
}

#[test]
fn rules_allow_what_they_name_and_nothing_else() {
    let one = finding("generic.password", "hunter2-hunter2");
    let print = &one.fingerprint;
    let seal = seal::Seal::of(&one, [7; 8]);
    let hash = seal::Seal::of_value(&Secret::new(b"hunter2-hunter2"), [7; 8]);
    for keys in [
        format!("fingerprint = \"{print}\""),
        format!("fingerprint = [\"v1:{}\", \"{seal}\"]", "0".repeat(64)),
        format!("hash = \"{hash}\""),
        "path = \"src/\"".into(),
        "path = [\"*.js\", \"a.py\"]".into(),
        "pattern = \"generic.*\"".into(),
        "value = \"^hunter\\\\d-\"".into(),
        "path = \"src/**\"\npattern = \"generic.password\"\nvalue = \"hunter\"".into(),
    ] {
        assert_eq!(by(&rule(&keys), &one), Some((By::Config, "keysift.toml:1 (made up)".into())), "{keys}");
    }
    for keys in [
        format!("fingerprint = \"v1:{}\"", "0".repeat(64)),
        format!("fingerprint = \"{hash}\""),
        format!("hash = \"{seal}\""),
        "path = \"/a.py\"".into(),
        "pattern = \"generic\"".into(),
        "value = \"^unter\"".into(),
        "path = \"src/**\"\npattern = \"aws.*\"".into(),
        format!("fingerprint = \"{print}\"\npath = \"tests/\""),
        // Lines that nobody kept are matched by nothing.
        "line = \"password\"".into(),
    ] {
        assert_eq!(by(&rule(&keys), &one), None, "{keys}");
    }
    let lined = with_line(one, 0, "test_password = \"hunter2-hunter2\"");
    assert!(by(&rule("line = \"^test_\""), &lined).is_some());
    assert!(by(&rule("line = \"^password\""), &lined).is_none());
}

#[test]
fn what_is_wrong_in_a_file_is_told_with_its_line_and_without_values() {
    for (text, expected) in [
        ("\nfial-on = \"high\"\n", "keysift.toml:2: unknown key `fial-on`: did you mean `fail-on`?"),
        ("fail-on = \"topsecret\"", "keysift.toml:1: a value that is not known here: expected one of"),
        ("min-confidence = \"topsecret\"", "keysift.toml:1: a value of the wrong type: expected u8"),
        ("min-confidence = 101", "keysift.toml:1: min-confidence is a number from 0 to 100"),
        ("exclude = [\"[z-a]\"]", "keysift.toml:1: exclude: `[z-a]` is no glob"),
        ("[limits]\nmax-dept = 3", "keysift.toml:2: unknown limit `max-dept`"),
        ("\n[[allow]]\npath = \"x\"", "keysift.toml:2: this [[allow]] has no `reason`"),
        ("[[allow]]\nreason = \"x\"", "keysift.toml:1: this [[allow]] allows everything"),
        ("[[allow]]\npath = \"\"\nreason = \"x\"", "keysift.toml:1: an empty text"),
        (
            "[[allow]]\nvalue = \"(topsecret\"\nreason = \"x\"",
            "keysift.toml:1: value is no regular expression",
        ),
        ("[[allow]]\nfingerprint = \"topsecret\"\nreason = \"x\"", "keysift.toml:1: fingerprint is neither"),
        ("[[allow]]\npath = \"x\"\nreason = \"x\"\nexpires = 2026-13-01", "keysift.toml:4: "),
        ("[[allow]]\npath = \"x\"\nreason = \"x\"\nexpires = \"soon\"", "keysift.toml:1: expires is no date"),
        (
            "[[allow]]\npaths = \"x\"\nreason = \"x\"",
            "keysift.toml:2: unknown key `paths`: did you mean `path`?",
        ),
        ("[allowlist]\npaths = [\"topsecret\"]", "keysift.toml:1: unknown key `allowlist`"),
        ("a = topsecret", "keysift.toml:1: "),
    ] {
        let error = Config::read("keysift.toml", text, "2026-11-29").unwrap_err();
        assert!(error.starts_with(expected) && !error.contains("topsecret"), "{text}\n{error}");
    }
}

#[test]
fn what_has_expired_is_told_and_no_longer_holds() {
    let one = finding("generic.password", "hunter2-hunter2");
    for (date, holds) in [("2026-11-28", false), ("2026-11-29", true), ("\"2030-01-01\"", true)] {
        let allowing = rule(&format!("path = \"src/\"\nexpires = {date}"));
        assert_eq!(by(&allowing, &one).is_some(), holds, "{date}");
        let notes = &allowing.config.as_ref().unwrap().notes;
        assert_eq!(notes.len(), usize::from(!holds), "{notes:?}");
        assert!(holds || notes[0].contains("keysift.toml:1: expired on 2026-11-28"), "{notes:?}");
    }
}

#[test]
fn a_secret_is_reported_as_long_as_one_place_of_it_is_not_allowed() {
    let mut two = with_line(finding("generic.password", "hunter2-hunter2"), 0, "x # keysift:allow");
    two.sites.push(site("src/b.py", 9));
    let allowing = config("");
    assert_eq!(by(&allowing, &two), None);
    let (left, allowed) = allowing.apply(vec![two.clone()]);
    assert!(allowed.is_empty() && left[0].sites == [site("src/b.py", 9)]);
    assert_eq!(left[0].details["allowed_places"], "1 (by keysift:allow at src/a.py:2)");
    let two = with_line(two, 1, "y // gitleaks:allow");
    assert_eq!(by(&allowing, &two), Some((By::Comment, "keysift:allow at src/a.py:2".into())));
    let refusing = Allowing { inline: false, ..config("") };
    assert_eq!(by(&refusing, &two), None);
}

#[test]
fn a_pair_stands_or_falls_with_its_secret() {
    let pair = |allowed: Role| {
        let mut pair = finding("aws.key-pair", "x");
        let secret = |text: &str| Secret::new(text.as_bytes());
        pair.parts = BTreeMap::from([(Role::Id, secret("AKIA")), (Role::Secret, secret("s"))]);
        pair.sites = vec![site("src/a.py", 1), site("src/a.py", 2)];
        (pair.sites[0].role, pair.sites[1].role) = (Role::Id, Role::Secret);
        with_line(pair, usize::from(allowed == Role::Secret), "# keysift:allow")
    };
    let allowing = config("");
    assert_eq!(by(&allowing, &pair(Role::Id)), None);
    assert!(by(&allowing, &pair(Role::Secret)).is_some());
    // Of an id with several secrets, all count.
    let mut open = with_line(finding("aws.key-pair", "AKIA"), 0, "# keysift:allow");
    let candidate = |location| Candidate { secret: Secret::new(b"s"), evidence: String::new(), location };
    open.pair = Some(Pair { evidence: String::new(), candidates: vec![candidate(site("src/b.py", 1))] });
    assert_eq!(by(&allowing, &open), None);
    assert!(by(&rule("path = \"src/\""), &open).is_some());
}

#[test]
fn patterns_can_be_switched_off_and_weak_findings_left_out() {
    let one = finding("generic.password", "hunter2-hunter2");
    for (text, expected) in [
        ("disable = \"generic.*\"", true),
        ("disable = [\"aws.*\"]", false),
        ("only = [\"aws.*\"]", true),
        ("only = [\"generic.*\", \"aws.*\"]", false),
    ] {
        assert_eq!(by(&config(text), &one).is_some_and(|(by, _)| by == By::Disabled), expected, "{text}");
    }
    for (least, expected) in [(80, false), (81, true)] {
        let allowing = Allowing { min_confidence: least, ..config("") };
        assert_eq!(by(&allowing, &one).is_some_and(|(by, _)| by == By::Confidence), expected);
    }
    let patterns = PatternSet::builtin().unwrap();
    assert!(config("disable = \"generic.*\"").leaves_patterns(&patterns));
    for none in ["disable = \"*\"", "only = \"genric.*\""] {
        assert!(!config(none).leaves_patterns(&patterns), "{none}");
    }
    let notes = config("only = [\"genric.*\", \"aws.*\"]").notes(&patterns);
    assert!(notes.len() == 1 && notes[0].contains("`genric.*` is the id of no pattern"), "{notes:?}");
}

#[test]
fn an_ignore_file_hides_a_position_and_says_so() {
    let (known, _) = ignore_file::read(".gitleaksignore", "src/a.py:some-rule:2\nabcdef1:src/b.py:r:3\n");
    let allowing = Allowing { ignored: vec![known], ..Allowing::default() };
    let one = finding("generic.password", "hunter2-hunter2");
    assert_eq!(by(&allowing, &one), Some((By::Ignore, ".gitleaksignore:1".into())));
    let mut moved = one;
    moved.sites[0].line = Some(3);
    assert_eq!(by(&allowing, &moved), None);
    let notes = allowing.notes(&PatternSet::builtin().unwrap());
    assert!(notes[0].contains("by their position only"), "{notes:?}");
}

#[test]
fn what_is_allowed_and_in_a_baseline_is_not_stale() {
    let one = finding("generic.password", "hunter2-hunter2");
    let text = baseline::write("", &|_| true, &[(&one, "src/a.py".into())]);
    let known = baseline::read("b", text.as_bytes()).unwrap();
    let allowing = Allowing { baselines: vec![known], ..rule("path = \"src/\"") };
    assert_eq!(by(&allowing, &one).map(|(by, _)| by), Some(By::Config));
    assert_eq!(allowing.baselines[0].stale().count(), 0);
}
