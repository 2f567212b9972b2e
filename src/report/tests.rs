//! Each format over the same fabricated reports: snapshots, schemas, hostile names, size.
//!
//! All secrets here are made up when the tests run and open nothing.

use super::{Format, Options, Report};
use crate::address::{Address, Encoding};
use crate::allow::{Allowed, By, Grant};
use crate::finding::{Candidate, Class, Finding, Location, Pair, Role, Secret, Severity};
use crate::ledger::{Ledger, Reason};
use crate::verify::verification::Verdict;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

/// An escape sequence, a line break, an override of the writing direction, and a link and a
/// placeholder for readers of SARIF messages.
pub(super) const HOSTILE: &str = "x\x1b[31m\n\u{202e}[here](https://example.org){0}";

fn location(address: &Address, offset: u64, role: Role) -> Location {
    Location {
        address: address.clone(),
        offset,
        line: None,
        column: None,
        site: None,
        role,
        decoded: Vec::new(),
        layer: None,
        around: None,
    }
}

fn text(address: &Address, offset: u64, line: u32, column: u32, role: Role) -> Location {
    Location { line: Some(line), column: Some(column), ..location(address, offset, role) }
}

fn at(site: &str, location: Location) -> Location {
    Location { site: Some(site.into()), ..location }
}

fn finding(pattern: &str, name: &str, class: Class, severity: Severity, confidence: u8) -> Finding {
    Finding {
        pattern: pattern.into(),
        name: name.into(),
        class,
        severity,
        confidence,
        fingerprint: format!("v1:{:064x}", pattern.len() as u64 * 7919 + u64::from(confidence)),
        parts: BTreeMap::new(),
        sites: Vec::new(),
        pair: None,
        details: BTreeMap::new(),
        why: String::new(),
        fix: String::new(),
        reference: String::new(),
        history: Vec::new(),
        verification: None,
    }
}

fn secret(text: &str) -> Secret {
    Secret::new(text.as_bytes())
}

fn key_id(fill: char) -> Secret {
    secret(&format!("AKIA{}", fill.to_string().repeat(16)))
}

fn key_secret(head: &str) -> Secret {
    secret(&format!("{head}{}", "aB3/".repeat(9)))
}

fn aws(mut finding: Finding) -> Finding {
    finding.why = "Signs requests to the AWS API as an IAM user. What it may do depends on the user's \
                   policies; it does not expire."
        .into();
    finding.fix = "Deactivate the key in IAM, look for its use in CloudTrail, then delete it. Ship no \
                   long-term key: let the app ask your own back end, or use Cognito with a narrow role."
        .into();
    finding.reference =
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html".into();
    finding
}

/// A report with one of everything.
pub(super) fn rich() -> Report {
    let dex = Address::file(Path::new("dist/app.apk")).entry(b"classes.dex");
    let bundle = Address::file(Path::new("dist/app.ipa")).entry(b"Payload/Shop.app/main.jsbundle");
    let yaml = Address::file(Path::new("./config/prod [eu].yml"));
    let decoded = yaml.decoded(Encoding::Base64, 1042);
    let hostile = Address::file(Path::new("dist/bundle.zip")).entry(b"inner.tar").entry(HOSTILE.as_bytes());

    let mut pair =
        aws(finding("aws.key-pair", "AWS access key pair", Class::Credential, Severity::Critical, 98));
    pair.parts = [(Role::Id, key_id('X')), (Role::Secret, key_secret("wJal"))].into();
    pair.details = [("account_id".into(), "123456789012".into())].into();
    pair.pair = Some(Pair {
        evidence: "arguments of one call in method com.shop.Aws.client()".into(),
        candidates: Vec::new(),
    });
    pair.sites = vec![
        at("com.shop.Aws.ACCESS_KEY", location(&dex, 66_051, Role::Id)),
        at("com.shop.Legacy.KEY", location(&dex, 68_114, Role::Id)),
        location(&bundle, 1_204_551, Role::Id),
        location(&bundle, 1_904_220, Role::Id),
        location(&bundle, 2_904_220, Role::Id),
        location(&bundle, 3_904_220, Role::Id),
        at("com.shop.Aws.SECRET_KEY", location(&dex, 67_310, Role::Secret)),
        location(&bundle, 1_204_590, Role::Secret),
    ];
    pair.sites.sort();

    let mut ambiguous =
        aws(finding("aws.access-key-id", "AWS access key ID", Class::Credential, Severity::High, 90));
    ambiguous.parts = [(Role::Id, key_id('Q'))].into();
    ambiguous.sites = vec![text(&yaml, 310, 12, 15, Role::Id)];
    ambiguous.pair = Some(Pair {
        evidence: "several secrets in the same object fit".into(),
        candidates: (0..7)
            .map(|i| Candidate {
                secret: key_secret(&format!("cand{i}")),
                evidence: format!("same object, line {}", i + 13),
                location: text(&yaml, 340 + i * 50, 13 + i as u32, 15, Role::Secret),
            })
            .collect(),
    });

    let mut token =
        finding("github.pat", "GitHub personal access token", Class::Credential, Severity::High, 99);
    token.parts = [(Role::Value, secret(&format!("ghp_{}", "z9".repeat(18))))].into();
    token.sites = vec![
        Location {
            decoded: vec![Encoding::Base64, Encoding::Utf16Le],
            ..at("/data/token", text(&yaml, 1042, 31, 9, Role::Value))
        },
        at(
            "/auth/token",
            Location { decoded: vec![Encoding::Base64], ..text(&decoded, 17, 2, 4, Role::Value) },
        ),
    ];
    token.why = "Reads and writes repositories as its owner.".into();
    token.fix = "Delete it under Settings, Developer settings.".into();
    token.reference = "GitHub Docs, Managing your personal access tokens".into();

    let mut key = finding("crypto.private-key", "Private key", Class::KeyMaterial, Severity::Critical, 100);
    let armor = |word: &str| format!("-----{word} RSA PRIVATE KEY-----\n");
    let body = format!("{}\n", "Mi1".repeat(21)).repeat(6);
    let pem = format!("{}{body}{}", armor("BEGIN"), armor("END").trim_end());
    key.parts = [(Role::Value, secret(&pem))].into();
    key.sites = vec![text(&Address::file(Path::new("deploy/id_rsa")), 0, 1, 1, Role::Value)];
    key.details =
        [("format".into(), "PKCS#1".into()), ("embedded_certificate_subject".into(), "CN=x".into())].into();
    key.why = "Whoever has it is the host or the user it stands for.".into();
    key.fix = "Replace the key pair\nand revoke its certificates.".into();

    let mut nasty = finding("generic.password", "Password", Class::Generic, Severity::Low, 35);
    nasty.parts = [(Role::Value, Secret::new(b"p\x1b[2J\xff\xe2\x80\xaerest-of-it"))].into();
    nasty.sites = vec![at(HOSTILE, location(&hostile, 7, Role::Value))];
    nasty.details = [(HOSTILE.into(), HOSTILE.into())].into();
    nasty.pair = Some(Pair { evidence: HOSTILE.into(), candidates: Vec::new() });

    let mut findings = vec![pair, ambiguous, token, key, nasty];
    for (i, (pattern, name, value)) in [
        ("aws.cognito-pool", "Cognito identity pool", "eu-west-1:0f0f0f0f-1111-2222-3333-444444444444"),
        ("google.firebase-url", "Firebase database", "https://shop-prod-1f2e3.firebaseio.com"),
        ("aws.s3-bucket", "S3 bucket", "shop-prod-uploads"),
        ("aws.s3-bucket", "S3 bucket", "shop-prod-logs"),
        ("web.endpoint", "Endpoint", &format!("https://api.example.org/{}", "very-long/".repeat(30))),
    ]
    .into_iter()
    .enumerate()
    {
        let mut info = finding(pattern, name, Class::Config, Severity::Info, 80 + i as u8);
        info.parts = [(Role::Value, secret(value))].into();
        let arsc = Address::file(Path::new("dist/app.apk")).entry(b"resources.arsc");
        info.sites = (0..=i as u64)
            .map(|n| at("@string/endpoint", location(&arsc, 4000 + n * 100, Role::Value)))
            .collect();
        findings.push(info);
    }
    // A credential that was judged harmless: told with the inventory, but never in full.
    let mut harmless = finding("stripe.test-key", "Stripe test key", Class::Credential, Severity::Info, 60);
    harmless.parts = [(Role::Value, secret(&format!("sk_test_{}", "7Yz".repeat(8))))].into();
    harmless.sites = vec![text(&Address::file(Path::new("README.md")), 100, 8, 3, Role::Value)];
    findings.push(harmless);
    findings.sort_by(|a, b| {
        let key = |f: &Finding| (f.sites[0].address.clone(), f.sites[0].offset);
        key(a).cmp(&key(b))
    });

    let mut ledger =
        Ledger { searched_count: 1234, searched_bytes: 45_600_000, entries: Vec::new(), history: None };
    let app = Address::file(Path::new("dist/app.apk"));
    for (name, bytes, reason, detail) in [
        (
            "classes2.dex",
            Some(1_200_000),
            Reason::Damaged,
            "dex: string ids at 8192 point past the end (4096 bytes)",
        ),
        ("assets/db.zip", Some(812), Reason::Encrypted, "entry needs a password"),
        ("assets/model.lzfse", None, Reason::Unsupported, "compression method 99"),
        ("assets/bomb.gz", None, Reason::Limit, "more than 4 GiB came out of one entry (--max-entry-bytes)"),
        (HOSTILE, Some(1), Reason::Unreadable, HOSTILE),
        ("lib/x86/libapp.so", Some(2_000_000), Reason::Duplicate, "same bytes as lib/arm64/libapp.so"),
    ] {
        ledger.skipped(app.entry(name.as_bytes()), bytes, reason, detail);
    }
    ledger.skipped(Address::file(Path::new("target")), None, Reason::Ignored, ".gitignore line 1");
    ledger.sort();

    Report {
        findings,
        allowed: Vec::new(),
        ledger,
        artifacts: vec!["dist/app.apk".into(), "dist/app.ipa".into(), format!("./{HOSTILE}")],
        exit_code: 1,
        timings: vec![
            ("walk", Duration::from_micros(12_340)),
            ("search", Duration::from_micros(300_000)),
            ("search", Duration::from_micros(45_678)),
            ("triage", Duration::from_nanos(1_999)),
        ],
        pattern_count: 337,
    }
}

fn clean() -> Report {
    Report {
        ledger: Ledger { searched_count: 1, searched_bytes: 812, entries: Vec::new(), history: None },
        artifacts: vec!["src".into()],
        pattern_count: 337,
        ..Report::default()
    }
}

/// Nothing was searched: what must never look like success.
fn nothing() -> Report {
    let mut report = Report { exit_code: 3, artifacts: vec!["gone".into()], ..Report::default() };
    let gone = Address::file(Path::new("gone"));
    report.ledger.skipped(gone, None, Reason::Unreadable, "permission denied");
    report
}

fn incomplete() -> Report {
    let mut report = Report { exit_code: 3, ..clean() };
    for i in 0..25u64 {
        let address = Address::file(Path::new("app.apk")).entry(format!("assets/{i:02}.bin").as_bytes());
        report.ledger.skipped(address, Some(i * 1000), Reason::Encrypted, "entry needs a password");
    }
    report
}

fn inventory() -> Report {
    let mut report = clean();
    for i in 0..70u64 {
        let mut info = finding("aws.s3-bucket", "S3 bucket", Class::Config, Severity::Info, 80);
        info.parts = [(Role::Value, secret(&format!("bucket-{i:03}")))].into();
        info.sites = vec![text(&Address::file(Path::new("a.tf")), i, i as u32 + 1, 1, Role::Value)];
        report.findings.push(info);
    }
    report
}

/// Some was let through, and one of that is live.
pub(super) fn allowed() -> Report {
    let mut report = rich();
    let grant = |by: By, rule: &str, reason: Option<&str>, expires: Option<&str>| Grant {
        by,
        rule: rule.into(),
        reason: reason.map(str::to_owned),
        expires: expires.map(str::to_owned),
    };
    let grants = [
        grant(By::Config, "keysift.toml:12", Some(HOSTILE), Some("2027-01-31")),
        grant(By::Comment, "keysift:allow at src/a.py:3", None, None),
        grant(By::Baseline, "keysift.baseline:7", None, None),
    ];
    let findings = report.findings.drain(..grants.len());
    report.allowed = findings.zip(grants).map(|(finding, grant)| Allowed { finding, grant }).collect();
    let live = super::fixture::verified()
        .findings
        .into_iter()
        .find(|f| f.verification.as_ref().is_some_and(|v| v.verdict == Verdict::Live));
    report.allowed[2].finding = live.unwrap();
    report
}

fn all() -> [(&'static str, Report); 8] {
    [
        ("allowed", allowed()),
        ("verified", super::fixture::verified()),
        ("rich", rich()),
        ("clean", clean()),
        ("nothing", nothing()),
        ("incomplete", incomplete()),
        ("inventory", inventory()),
        ("empty", Report::default()),
    ]
}

fn written(format: Format, report: &Report, options: &Options) -> String {
    let mut out = Vec::new();
    format.reporter().write(report, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn revealed() -> Options {
    Options { reveal: true, ..Options::default() }
}

/// Every value that must not be in a redacted report.
fn secrets(report: &Report) -> Vec<String> {
    let all = || report.findings.iter().chain(report.allowed.iter().map(|a| &a.finding));
    let parts = all()
        .filter(|f| !(f.class == Class::Config && f.severity == Severity::Info))
        .flat_map(|f| f.parts.values());
    let candidates = all().filter_map(|f| f.pair.as_ref()).flat_map(|p| &p.candidates);
    parts
        .chain(candidates.map(|c| &c.secret))
        .map(|s| String::from_utf8_lossy(s.reveal()).into_owned())
        .collect()
}

fn snapshot(name: &str, text: &str) {
    let text = text.replace(&format!("ersion\":\"{}\"", env!("CARGO_PKG_VERSION")), "ersion\":\"[version]\"");
    insta::assert_snapshot!(name, text);
}

fn pretty(json: &str) -> String {
    let json = json.replace(&format!("ersion\":\"{}\"", env!("CARGO_PKG_VERSION")), "ersion\":\"[version]\"");
    let value: Value = serde_json::from_str(&json).unwrap();
    serde_json::to_string_pretty(&value).unwrap()
}

#[test]
fn text_snapshots() {
    let options = Options { width: 80, ..Options::default() };
    for (name, report) in all() {
        snapshot(&format!("text_{name}"), &written(Format::Tty, &report, &options));
    }
    let stats = Options { stats: true, ..Options::default() };
    snapshot("text_rich_piped_stats", &written(Format::Tty, &rich(), &stats));
    snapshot("text_rich_revealed", &written(Format::Tty, &rich(), &Options { reveal: true, ..options }));
    let color = written(Format::Tty, &rich(), &Options { color: true, ..options });
    snapshot("text_rich_color", &color.replace('\x1b', "ESC"));
}

#[test]
fn json_snapshots() {
    snapshot("jsonl_rich", &written(Format::Jsonl, &rich(), &Options::default()));
    snapshot("jsonl_allowed", &written(Format::Jsonl, &allowed(), &Options::default()));
    snapshot("json_clean", &written(Format::Json, &clean(), &Options::default()));
    let revealed = written(Format::Jsonl, &rich(), &revealed());
    snapshot("jsonl_rich_revealed_pair", revealed.lines().find(|l| l.contains("aws.key-pair")).unwrap());
}

#[test]
fn sarif_snapshots() {
    snapshot("sarif_rich", &pretty(&written(Format::Sarif, &rich(), &Options::default())));
    let verified = pretty(&written(Format::Sarif, &super::fixture::verified(), &Options::default()));
    let verified: Value = serde_json::from_str(&verified).unwrap();
    let pair = |list: &Value, key: &str| {
        let is_pair = |v: &&Value| v[key].as_str().is_some_and(|id| id.starts_with("aws.key-pair"));
        serde_json::to_string_pretty(list.as_array().unwrap().iter().find(is_pair).unwrap()).unwrap()
    };
    let rule = pair(&verified["runs"][0]["tool"]["driver"]["rules"], "id");
    snapshot("sarif_verified", &format!("{rule}\n{}", pair(&verified["runs"][0]["results"], "ruleId")));
    let suppressed: Value =
        serde_json::from_str(&written(Format::Sarif, &allowed(), &Options::default())).unwrap();
    let results = suppressed["runs"][0]["results"].as_array().unwrap();
    let told: Vec<_> = results.iter().map(|r| (&r["ruleId"], &r["suppressions"])).collect();
    snapshot("sarif_allowed", &serde_json::to_string_pretty(&told).unwrap());
    snapshot("sarif_nothing", &pretty(&written(Format::Sarif, &nothing(), &Options::default())));
}

/// The last line says the result and the exit code in words, whatever the combination.
#[test]
fn the_last_line_of_text_is_the_result() {
    let mut below = rich();
    below.findings.retain(|f| f.severity <= Severity::Low);
    let mut below_complete = below.clone();
    below_complete.ledger.entries.clear();
    let only_info = inventory();
    for (report, exit_code, expected) in [
        (clean(), 0, "no secrets found: exit 0"),
        (only_info.clone(), 0, "no secrets found: exit 0"),
        (only_info, 1, "70 info: exit 1"),
        (rich(), 1, "2 critical, 2 high, 1 low, and the scan is incomplete: exit 1"),
        (below_complete, 0, "1 low, below the bar: exit 0"),
        (below.clone(), 3, "1 low, below the bar, but the scan is incomplete: exit 3"),
        (below, 0, "1 low, below the bar; the scan is incomplete, which was allowed: exit 0"),
        (incomplete(), 3, "no secrets found in what was searched, but the scan is incomplete: exit 3"),
        (
            incomplete(),
            0,
            "no secrets found in what was searched; the scan is incomplete, which was allowed: exit 0",
        ),
        (Report::default(), 0, "nothing was searched: exit 0"),
        (nothing(), 3, "nothing was searched: exit 3"),
    ] {
        let report = Report { exit_code, ..report };
        let text = written(Format::Tty, &report, &Options::default());
        assert_eq!(text.lines().last(), Some(expected));
    }
}

#[test]
fn text_lines_are_bounded_and_plain() {
    let mut report = rich();
    let long = "q".repeat(100_000);
    for finding in &mut report.findings {
        for text in [&mut finding.name, &mut finding.pattern, &mut finding.fingerprint] {
            text.push_str(&long);
        }
        finding.details.insert(long.clone(), long.clone());
        for site in &mut finding.sites {
            site.site = Some(long.clone());
            site.address = site.address.entry(long.as_bytes());
        }
        if let Some(pair) = &mut finding.pair {
            pair.evidence = long.clone();
        }
    }
    report.ledger.skipped(Address::named(&long), None, Reason::Damaged, long.clone());
    for width in [0, 1, 40, 80, 500] {
        let text = written(Format::Tty, &report, &Options { width, ..Options::default() });
        let longest = text.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(longest < 700, "{longest} characters at width {width}");
    }
    // All but whole addresses, inventory values and the ledger line fit the terminal.
    let text = written(Format::Tty, &rich(), &Options { width: 80, ..Options::default() });
    for line in text.lines().filter(|l| !["dist/", "https://", "searched "].iter().any(|s| l.contains(s))) {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn no_format_lets_a_name_or_a_value_steer_the_reader() {
    for options in [Options { width: 80, ..Options::default() }, revealed()] {
        let text = written(Format::Tty, &rich(), &options);
        assert!(!text.contains(['\x1b', '\u{202e}', '\r']), "{text}");
    }
    for format in [Format::Json, Format::Jsonl, Format::Sarif] {
        let text = written(format, &rich(), &Options::default());
        assert!(!text.contains(['\x1b', '\u{202e}']), "{text}");
        // The bell rings for no one: a hostile name is escaped once more than JSON needs.
        assert!(text.contains(r"x\\u{001b}[31m\\u{000a}\\u{202e}"), "{format}: {text}");
    }
}

#[test]
fn redacted_reports_hold_no_secret_and_revealed_ones_all() {
    let report = rich();
    assert_eq!(secrets(&report).len(), 14);
    for format in Format::ALL {
        let redacted = written(format, &report, &Options::default());
        let full = written(format, &report, &revealed());
        for secret in secrets(&report) {
            let quoted = serde_json::to_string(&secret).unwrap();
            let quoted = quoted.trim_matches('"');
            assert!(!redacted.contains(&secret) && !redacted.contains(quoted), "{format}: {secret:?}");
            if matches!(format, Format::Tty | Format::Html) {
                // Five candidates are printed, and control characters are escaped.
                continue;
            }
            assert!(full.contains(quoted), "{format}: {secret:?}");
        }
        for inventory in ["shop-prod-uploads", "https://shop-prod-1f2e3.firebaseio.com"] {
            assert!(redacted.contains(inventory), "{format}");
        }
        assert!(full.contains(&format!("AKIA{}", "X".repeat(16))), "{format}");
    }
}

fn schema(path: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// SARIF's own, with the one pattern mended that only JavaScript reads as a regular expression.
fn sarif_schema() -> Value {
    let mut schema = schema("testdata/sarif-2.1.0.schema.json");
    let mut mended = 0;
    for definition in schema["definitions"].as_object_mut().unwrap().values_mut() {
        if let Some(pattern) = definition.pointer_mut("/properties/language/pattern") {
            *pattern = Value::from(pattern.as_str().unwrap().replace("{2}]?$", r"{2}\]?$"));
            mended += 1;
        }
    }
    assert!(mended > 0);
    schema
}

/// Closes every object that lists its members: the published schema lets readers meet new ones,
/// but what is written today must all be described.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if map.contains_key("properties") && !map.contains_key("additionalProperties") {
                map.insert("additionalProperties".into(), false.into());
            }
            map.values_mut().for_each(close);
        }
        Value::Array(list) => list.iter_mut().for_each(close),
        _ => {}
    }
}

fn assert_valid(schema: &Value, part: Option<&str>, value: &Value, what: &str) {
    let mut schema = schema.clone();
    if let Some(part) = part {
        let root = schema.as_object_mut().unwrap();
        root.remove("oneOf");
        root.insert("$ref".into(), format!("#/$defs/{part}").into());
    }
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(value).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{what}: {errors:#?}");
}

#[test]
fn json_and_jsonl_keep_the_published_schema() {
    let open = schema("docs/schema/keysift-report.schema.json");
    let mut closed = open.clone();
    close(&mut closed);
    for (name, report) in all() {
        for options in [Options::default(), revealed()] {
            let json = written(Format::Json, &report, &options);
            let document: Value = serde_json::from_str(&json).unwrap();
            assert_valid(&open, None, &document, name);
            assert_valid(&closed, Some("report"), &document, name);

            let jsonl = written(Format::Jsonl, &report, &options);
            let lines: Vec<Value> = jsonl.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
            for line in &lines {
                assert_valid(&open, None, line, name);
                assert_valid(&closed, line["type"].as_str(), line, name);
            }
            let (ledger, findings) = lines.split_last().unwrap();
            let of = |key: &str| document[key].as_array().cloned().unwrap_or_default();
            assert_eq!([of("findings"), of("allowed")].concat(), findings, "{name}");
            assert_eq!(&document["ledger"], ledger, "{name}");
            assert!(jsonl.lines().all(|l| l.starts_with("{\"type\":")), "{name}");
        }
    }
}

#[test]
fn the_schema_refuses_what_is_not_the_contract() {
    let open = schema("docs/schema/keysift-report.schema.json");
    let validator = jsonschema::validator_for(&open).unwrap();
    let line = written(Format::Jsonl, &rich(), &Options::default());
    let finding: Value = serde_json::from_str(line.lines().next().unwrap()).unwrap();
    assert!(validator.is_valid(&finding));
    for (pointer, value) in [
        ("/severity", Value::from("urgent")),
        ("/confidence", 98.into()),
        ("/sites", Value::Array(Vec::new())),
        ("/sites/0/role", "password".into()),
        ("/sites/0/offset", Value::Null),
        ("/fingerprint", "v1:1".into()),
        ("/type", "leak".into()),
    ] {
        let mut broken = finding.clone();
        *broken.pointer_mut(pointer).unwrap() = value;
        assert!(!validator.is_valid(&broken), "{pointer}");
    }
    for key in finding.as_object().unwrap().keys() {
        let mut broken = finding.clone();
        broken.as_object_mut().unwrap().remove(key);
        assert!(!validator.is_valid(&broken), "{key} is not required");
    }
}

#[test]
fn sarif_keeps_its_schema_and_the_rules_of_code_scanning() {
    let sarif = sarif_schema();
    for (name, report) in all() {
        for options in [Options::default(), revealed()] {
            let log: Value = serde_json::from_str(&written(Format::Sarif, &report, &options)).unwrap();
            assert_valid(&sarif, None, &log, name);
            assert_code_scanning_takes(&log);
            let run = &log["runs"][0];
            assert_eq!(
                run["results"].as_array().unwrap().len(),
                report.findings.len() + report.allowed.len()
            );
            assert_eq!(
                run["invocations"][0]["executionSuccessful"],
                !(report.ledger.is_incomplete() || report.exit_code == 3),
                "{name}"
            );
        }
    }
}

/// What GitHub and its like want beyond the schema.
fn assert_code_scanning_takes(log: &Value) {
    fn no_empty_strings(value: &Value, path: &str) {
        match value {
            Value::String(s) => assert!(!s.is_empty(), "empty string at {path}"),
            Value::Array(list) => {
                list.iter().enumerate().for_each(|(i, v)| no_empty_strings(v, &format!("{path}/{i}")));
            }
            Value::Object(map) => map.iter().for_each(|(k, v)| no_empty_strings(v, &format!("{path}/{k}"))),
            _ => {}
        }
    }
    no_empty_strings(log, "");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let mut ids: Vec<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "rules come once");
    for rule in rules {
        for text in ["/shortDescription/text", "/fullDescription/text", "/help/text", "/help/markdown"] {
            assert!(rule.pointer(text).unwrap().as_str().unwrap().chars().count() <= 1024);
        }
        let properties = &rule["properties"];
        let tags = properties["tags"].as_array().unwrap();
        let security = tags.contains(&"security".into());
        assert_eq!(security, properties["security-severity"].is_string());
        assert_eq!(security, tags.contains(&"external/cwe/cwe-798".into()));
        assert!(security || tags.contains(&"config".into()));
    }
    let results = run["results"].as_array().unwrap();
    assert!(results.len() <= 25_000);
    let rank = |result: &Value| match result["properties"]["severity"].as_str().unwrap() {
        "critical" => 0,
        "high" => 1,
        "medium" => 2,
        "low" => 3,
        _ => 4,
    };
    // What was let through comes last.
    let stands = results.iter().take_while(|r| r["suppressions"].is_null()).count();
    assert!(results[..stands].is_sorted_by_key(rank));
    assert!(results[stands..].iter().all(|r| r["suppressions"][0]["status"] == "accepted"));
    let mut prints: Vec<&str> = Vec::new();
    for result in results {
        let index = result["ruleIndex"].as_u64().unwrap() as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let locations = result["locations"].as_array().unwrap();
        assert!((1..=100).contains(&locations.len()));
        for location in locations {
            let physical = &location["physicalLocation"];
            let uri = physical["artifactLocation"]["uri"].as_str().unwrap();
            assert!(!uri.contains(['!', '\\', ' ']) && uri.is_ascii(), "{uri}");
            let n = |name: &str| physical["region"][name].as_u64().unwrap();
            assert!(n("startLine") >= 1 && n("startColumn") >= 1);
            assert!((n("startLine"), n("startColumn")) < (n("endLine"), n("endColumn")));
        }
        prints.push(result["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap());
    }
    let count = prints.len();
    prints.sort_unstable();
    prints.dedup();
    assert_eq!(prints.len(), count, "location fingerprints come once");
}

#[test]
fn sarif_regions_are_real_only_in_text_artifacts() {
    let log: Value = serde_json::from_str(&written(Format::Sarif, &rich(), &Options::default())).unwrap();
    let region = |rule: &str, location: usize| {
        let results = log["runs"][0]["results"].as_array().unwrap();
        let result = results.iter().find(|r| r["ruleId"] == rule).unwrap();
        let physical = &result["locations"][location]["physicalLocation"];
        let n = |name: &str| physical["region"][name].as_u64().unwrap();
        (
            physical["artifactLocation"]["uri"].as_str().unwrap().to_owned(),
            [n("startLine"), n("startColumn"), n("endLine"), n("endColumn")],
        )
    };
    // The id has 20 characters; the private key 8 lines; base64 hides the length of the token.
    assert_eq!(region("aws.access-key-id", 0), ("config/prod%20%5Beu%5D.yml".into(), [12, 15, 12, 35]));
    assert_eq!(region("crypto.private-key", 0), ("deploy/id_rsa".into(), [1, 1, 8, 30]));
    assert_eq!(region("github.pat", 0), ("config/prod%20%5Beu%5D.yml".into(), [31, 9, 31, 10]));
    assert_eq!(region("github.pat", 1), ("config/prod%20%5Beu%5D.yml".into(), [1, 1, 1, 2]));
    assert_eq!(region("aws.key-pair", 0), ("dist/app.apk".into(), [1, 1, 1, 2]));
}

#[test]
fn sarif_location_fingerprints_do_not_move_with_lines() {
    let prints = |report: &Report| -> BTreeMap<String, String> {
        let log: Value = serde_json::from_str(&written(Format::Sarif, report, &Options::default())).unwrap();
        let results = log["runs"][0]["results"].as_array().unwrap();
        let print =
            |r: &Value| r["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap().to_owned();
        results.iter().map(|r| (r["ruleId"].as_str().unwrap().to_owned(), print(r))).collect()
    };
    let report = rich();
    let mut moved = report.clone();
    for site in moved.findings.iter_mut().flat_map(|f| &mut f.sites) {
        site.offset += 100;
        site.line = site.line.map(|l| l + 3);
    }
    assert_eq!(prints(&report), prints(&moved));
    let mut other = report.clone();
    other.findings[0].fingerprint = format!("v1:{}", "5".repeat(64));
    let changed = other.findings[0].pattern.clone();
    assert_ne!(prints(&report)[&changed], prints(&other)[&changed]);
}

/// Counts, and remembers the largest write: a report that is first made in memory would show here.
#[derive(Default)]
struct Counting {
    bytes: usize,
    largest: usize,
    lines: usize,
}

impl Write for Counting {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.bytes += data.len();
        self.largest = self.largest.max(data.len());
        self.lines += data.iter().filter(|&&b| b == b'\n').count();
        Ok(data.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn many(count: usize) -> Report {
    let sample = rich().findings.into_iter().find(|f| f.pattern == "github.pat").unwrap();
    let mut report = clean();
    report.exit_code = 1;
    report.findings = (0..count)
        .map(|i| Finding {
            fingerprint: format!("v1:{i:064x}"),
            severity: Severity::ALL[1 + i % 4],
            ..sample.clone()
        })
        .collect();
    report
}

#[test]
fn many_findings_stream() {
    let report = many(40_000);
    for format in Format::ALL {
        let mut sink = Counting::default();
        format.reporter().write(&report, &Options::default(), &mut sink).unwrap();
        assert!(sink.largest <= 1 << 17, "{format}: one write of {} bytes", sink.largest);
        let least = if format == Format::Html { 5_000_000 } else { 8_000_000 };
        assert!(sink.bytes > least, "{format}: {} bytes", sink.bytes);
        match format {
            Format::Jsonl => assert_eq!(sink.lines, 40_001),
            Format::Json => assert_eq!(sink.lines, 40_002),
            _ => {}
        }
        assert_eq!(
            format.reporter().omits(&report).is_some(),
            matches!(format, Format::Sarif | Format::Html)
        );
    }
}

#[test]
fn sarif_is_cut_at_what_code_scanning_takes_and_says_so() {
    let report = many(25_001);
    let log: Value = serde_json::from_str(&written(Format::Sarif, &report, &Options::default())).unwrap();
    assert_code_scanning_takes(&log);
    let run = &log["runs"][0];
    assert_eq!(run["results"].as_array().unwrap().len(), 25_000);
    let notifications = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    assert_eq!(notifications.len(), 1);
    let text = notifications[0]["message"]["text"].as_str().unwrap();
    assert!(text.contains("25,000 of 25,001"), "{text}");
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
}

#[test]
fn sarif_bounds_locations_and_notifications() {
    let mut report = rich();
    for finding in &mut report.findings {
        finding.sites = std::iter::repeat_n(finding.sites[0].clone(), 1000).collect();
    }
    for i in 0..1000 {
        let address = Address::named("x").entry(i.to_string().as_bytes());
        report.ledger.skipped(address, None, Reason::Damaged, "");
    }
    let log: Value = serde_json::from_str(&written(Format::Sarif, &report, &Options::default())).unwrap();
    assert_valid(&sarif_schema(), None, &log, "bounds");
    assert_code_scanning_takes(&log);
    let run = &log["runs"][0];
    assert_eq!(run["results"][0]["locations"].as_array().unwrap().len(), 100);
    assert_eq!(run["results"][0]["properties"]["places"], 1000);
    assert!(run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap().len() <= 102);
}

/// Fails once, with an error of its own, after some bytes.
struct Failing(usize);

impl Write for Failing {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(io::Error::from_raw_os_error(28));
        }
        let taken = data.len().min(self.0);
        self.0 -= taken;
        Ok(taken)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn errors_of_the_sink_come_back_as_they_are() {
    let report = many(1000);
    for format in Format::ALL {
        for room in [0, 1, 100, 70_000, 300_000] {
            let error =
                format.reporter().write(&report, &Options::default(), &mut Failing(room)).unwrap_err();
            assert_eq!(error.raw_os_error(), Some(28), "{format} after {room} bytes");
        }
    }
}

#[test]
fn formats_have_names_and_extensions() {
    for format in Format::ALL {
        assert_eq!(format.name().parse(), Ok(format));
    }
    for (path, expected) in [
        ("out/report.JSON", Some(Format::Json)),
        ("a.jsonl", Some(Format::Jsonl)),
        ("a.ndjson", Some(Format::Jsonl)),
        ("a.json.sarif", Some(Format::Sarif)),
        ("a.txt", Some(Format::Tty)),
        ("a.html", Some(Format::Html)),
        ("a.HTM", Some(Format::Html)),
        ("a.pdf", None),
        ("sarif", None),
    ] {
        assert_eq!(Format::from_path(Path::new(path)), expected, "{path}");
    }
    let error = |name: &str| name.parse::<Format>().unwrap_err();
    assert_eq!(
        error("sraif"),
        "unknown format \"sraif\" (did you mean sarif?): use text, json, jsonl, sarif or html"
    );
    assert_eq!(
        error("JSON"),
        "unknown format \"JSON\" (did you mean json?): use text, json, jsonl, sarif or html"
    );
    assert_eq!(error("pdf"), "unknown format \"pdf\": use text, json, jsonl, sarif or html");
}

#[test]
#[ignore = "writes the sample reports to the folder $KEYSIFT_SAMPLES, to look at"]
fn write_samples() {
    let folder = std::env::var("KEYSIFT_SAMPLES").unwrap();
    for (name, report) in all() {
        for format in Format::ALL {
            let path =
                format!("{folder}/{name}.{}", if format == Format::Tty { "txt" } else { format.name() });
            let options = Options { width: 80, color: true, stats: name == "rich", ..Options::default() };
            std::fs::write(path, written(format, &report, &options)).unwrap();
        }
    }
}
