//! What users of secret scanners complained about, as tests named after what they met. The list with its
//! sources is in the project's facts; numbers are those of that list.
#![allow(clippy::unwrap_used, reason = "a failure may panic")]

mod util;

use keysift::pattern::example::{Generator, fill};
use serde_json::Value;
use util::Dir;

/// A template with made-up values in it.
fn made(template: &str) -> String {
    fill(template, &mut Generator::new(41))
}

/// What a scan of one file with this text reports: pattern and severity.
fn found(name: &str, text: &str) -> Vec<(String, String)> {
    let dir = Dir::new();
    dir.write(name, text);
    let report = dir.keysift().args(["scan", "-f", "jsonl", "-q", "."]).output().unwrap();
    let lines = String::from_utf8(report.stdout).unwrap();
    let findings = lines.lines().map(|l| serde_json::from_str::<Value>(l).unwrap());
    findings
        .filter(|f| f["type"] == "finding" && f["severity"] != "info")
        .map(|f| (f["pattern"].as_str().unwrap().to_owned(), f["severity"].as_str().unwrap().to_owned()))
        .collect()
}

/// Lines of which none is a finding.
fn silent(name: &str, lines: &[&str]) {
    for line in lines {
        let text = made(line);
        assert_eq!(found(name, &text), [], "{text}");
    }
}

#[test]
fn c11_ids_hashes_interfaces_and_prose_are_no_api_keys() {
    silent(
        "config.yml",
        &[
            "id: {uuid}\n",
            "key_algorithm: ecdsa-sha2-nistp256\n",
            "monkey: \"{alnum:12}\"\n",
            "commit: {hex:40}\n",
            "image: registry/auth@sha256:{hex:64}\n",
            "interface: IApiKeyAuthenticationServiceProvider2\n",
            "public_key: \"{base64:44}\"\n",
            "key_id: {alnum:20}\n",
        ],
    );
    silent(
        "App.java",
        &[
            "private final ApiKeyRepositoryV2 apiKeyRepository2 = context.getBean(ApiKeyRepositoryV2.class);\n",
            "// The api key must be 32 characters long and is never logged.\n",
            "String apiKeyHeader = \"X-Api-Key-Version2-Header\";\n",
        ],
    );
}

#[test]
fn c12_an_ios_constant_that_ends_in_key_is_a_finding_only_with_a_random_value() {
    silent(
        "Keys.m",
        &[
            "static NSString *const kUserDefaultsKey = @\"com.acme.userDefaults\";\n",
            "NSString *const ACMEErrorDomainKey = @\"ACMEErrorDomain\";\n",
            "let cacheKey = \"profileImageCache\"\n",
            "static NSString *const kPasswordKey = @\"password\";\n",
        ],
    );
    let real = made("static NSString *const kMapsApiKey = @\"{alnum:32}\";\n");
    assert_eq!(found("Keys.m", &real), [("generic.password".to_owned(), "medium".to_owned())]);
}

#[test]
fn c13_a_binary_stream_is_no_place_for_weak_patterns() {
    let mut generator = Generator::new(7);
    let mut bytes = b"%PDF-1.7\n4 0 obj\n<< /Length 65536 >>\nstream\n".to_vec();
    // Compressed data with the words that weak patterns want strewn in.
    let words: [&[u8]; 4] = [b"password=", b"secret:", b"apikey=\"", b"adobe"];
    for i in 0..4096u32 {
        let noise = fill("{[!-~]:16}", &mut generator);
        bytes.extend(noise.bytes().map(|b| b ^ (i as u8).rotate_left(3) | 0x80));
        if i % 64 == 0 {
            bytes.push(0);
            bytes.extend(words[(i / 64) as usize % 4]);
            bytes.extend(noise.bytes().map(|b| b.wrapping_add(i as u8)));
        }
    }
    bytes.extend(b"\nendstream\nendobj\n%%EOF\n");
    let dir = Dir::new();
    dir.write("manual.pdf", &bytes);
    let output = dir.keysift().args(["scan", "-f", "jsonl", "-q", "."]).output().unwrap();
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(!report.contains("\"type\":\"finding\""), "{report}");
}

#[test]
fn c14_a_finding_is_known_by_its_content_wherever_it_moves() {
    let secret = made("{alnum:12}#x");
    let prints = |name: &str, text: String| {
        let dir = Dir::new();
        dir.write(name, text);
        let output = dir.keysift().args(["scan", "-f", "jsonl", "-q", "."]).output().unwrap();
        let report = String::from_utf8(output.stdout).unwrap();
        let findings = report.lines().map(|l| serde_json::from_str::<Value>(l).unwrap());
        findings
            .filter(|f| f["type"] == "finding")
            .map(|f| f["fingerprint"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let first = prints("a.py", format!("password = \"{secret}\"\n"));
    assert_eq!(first.len(), 1);
    assert_eq!(prints("moved/b.yml", format!("# a line\n\ndb_password: '{secret}'\n")), first);
    assert_ne!(prints("a.py", made("password = \"{alnum:13}#y\"\n")), first);
}

#[test]
fn c15_ids_and_secrets_are_not_multiplied_and_the_order_never_changes() {
    let text = made(
        "[one]\naws_access_key_id = AKIA{base32:16}\naws_secret_access_key = {base64:40}\n\
         [two]\naws_access_key_id = AKIA{base32:16}\naws_secret_access_key = {base64:40}\n",
    );
    let first = found("credentials", &text);
    let pairs = first.iter().filter(|(pattern, _)| pattern == "aws.key-pair").count();
    assert_eq!((pairs, first.len()), (2, 2), "{first:?}");
    for _ in 0..5 {
        assert_eq!(found("credentials", &text), first);
    }
}

/// Semgrep's figure behind number 11: people measured a third of findings left after names were judged as
/// words. Names that only hold a hot word are silent.
#[test]
fn names_that_only_contain_a_hot_word_are_silent() {
    silent(
        "a.py",
        &[
            "passenger = \"{alnum:12}\"\n",
            "compass_heading = \"{alnum:12}\"\n",
            "tokenizer = \"{alnum:12}\"\n",
            "author = \"{alnum:12}\"\n",
            "secretary = \"{alnum:12}\"\n",
            "bypass_cache = \"{alnum:12}\"\n",
        ],
    );
}

#[test]
fn translations_and_labels_are_no_passwords() {
    silent(
        "messages.json",
        &[
            "{\"password\": \"Mot de passe\", \"confirm_password\": \"Confirmez le mot de passe\"}",
            "{\"password\": \"Kennwort\"}",
            "{\"password\": \"パスワード\"}",
            "{\"login.password.placeholder\": \"Enter your password\"}",
        ],
    );
}

#[test]
fn a_password_that_everybody_knows_is_told_at_low_severity() {
    let report = found(
        "docker-compose.yml",
        "services:\n  db:\n    environment:\n      MYSQL_ROOT_PASSWORD: letmein\n",
    );
    assert_eq!(report, [("generic.password".to_owned(), "low".to_owned())]);
}

#[test]
fn a_password_in_a_test_is_told_one_step_lower() {
    let text = made("password = \"{alnum:10}!\"\n");
    assert_eq!(found("src/app.py", &text), [("generic.password".to_owned(), "medium".to_owned())]);
    assert_eq!(found("tests/test_app.py", &text), [("generic.password".to_owned(), "low".to_owned())]);
}

#[test]
fn explain_says_why_and_why_not() {
    let dir = Dir::new();
    let secret = made("{alnum:10}!");
    dir.write(
        "app.py",
        format!(
            "password = os.environ[\"PASSWORD\"]\ntoken_url = \"{secret}\"\ndb_password = \"{secret}\"\n"
        ),
    );
    let explain = |what: &str| {
        let output = dir.keysift().args(["explain", what]).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, text) = explain("app.py:3");
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("db_password is assigned a text"), "{text}");
    assert!(text.contains("name password"), "{text}");
    assert!(text.contains("reported as generic.password, medium"), "{text}");
    assert!(!text.contains(&secret), "{text}");
    let (code, text) = explain("app.py:2");
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("failed: the name says that it is something about a secret"), "{text}");
    let (code, text) = explain("app.py:9");
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("nothing there looks like a secret"), "{text}");
    let scan = dir.keysift().args(["scan", "-f", "jsonl", "-q", "app.py"]).output().unwrap();
    let report = String::from_utf8(scan.stdout).unwrap();
    let finding: Value =
        serde_json::from_str(report.lines().find(|l| l.contains("\"finding\"")).unwrap()).unwrap();
    let print = finding["fingerprint"].as_str().unwrap();
    let output = dir.keysift().args(["explain", print, "--in", "app.py"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("app.py:3") && text.contains("reported as generic.password"), "{text}");
    let output = dir.keysift().args(["explain", "no-place"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn what_documents_code_is_told_at_low_severity() {
    let low = |pattern: &str| [(pattern.to_owned(), "low".to_owned())];
    let text = "/**\n * Connects.\n *\n *     open('mongodb://val:{alnum:9}@db.shop.test:27017/mydb')\n */\nfunction open() {}\n";
    assert_eq!(found("lib/open.js", &made(text)), low("mongodb.uri"));
    let text = "def open():\n    \"\"\"Connects.\n\n    >>> open('mongodb://val:{alnum:9}@db.shop.test/mydb')\n    \"\"\"\n";
    assert_eq!(found("lib/open.py", &made(text)), low("mongodb.uri"));
    // A pattern of files opens no comment, and code that is switched off is not documentation.
    for text in [
        "files: [\"dist/**\"]\nurl: mongodb://val:{alnum:9}@db.shop.test/mydb\n",
        "// url = 'mongodb://val:{alnum:9}@db.shop.test/mydb'\n",
    ] {
        assert_eq!(
            found("conf/a.yml", &made(text)),
            [("mongodb.uri".to_owned(), "high".to_owned())],
            "{text}"
        );
    }
}

#[test]
fn half_an_escape_is_no_beginning_of_a_secret() {
    silent("strings.json", &["{\"access_token\": \"\\u00c5tkomstnyckel\"}\n"]);
}

#[test]
fn parameters_of_curves_and_alphabets_are_no_private_keys() {
    silent(
        "lib/wallet.js",
        &[
            "const wallet = { privateKeyMax: '0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0' };\n",
            "var ethereum = {}; ethereum.privateKey = '216936d3cd6e53fec0a4e231fdd6dc5c692cc7609525a7b2c9562d608f25d51a';\n",
            "qq.app_key = 'AaABbBCcCDdDEeEFfFGgGHhH'\n",
            "KEYCLOAK_CLIENT_SECRET = '1234abcd-1234-abcd-1234-abcd1234adcd'\n",
        ],
    );
}

/// A private key of made-up numbers: the label of its PEM, its first letters and its length in base64.
fn key(label: &str, head: &str, length: usize, seed: u64) -> String {
    let body = fill(&format!("{{base64:{}}}", length - head.len()), &mut Generator::new(seed));
    let text: Vec<char> = head.chars().chain(body.chars()).collect();
    let lines: String = text.chunks(64).flat_map(|line| line.iter().copied().chain(['\n'])).collect();
    format!("-----BEGIN {label}PRIVATE {k}-----\n{lines}-----END {label}PRIVATE {k}-----\n", k = "KEY")
}

#[test]
fn private_keys_of_every_kind_in_a_folder_are_test_vectors() {
    let rsa = |size, seed| match size {
        1024 => key("RSA ", "MIICXAIBAAKBgQC", 812, seed),
        4096 => key("RSA ", "MIIJKQIBAAKCAgEA", 3128, seed),
        _ => key("RSA ", "MIIEowIBAAKCAQEA", 1592, seed),
    };
    let p256 = |seed| key("", "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg", 184, seed);
    let p384 = |seed| key("", "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDA", 248, seed);
    let ed25519 = |seed| key("", "MC4CAQAwBQYDK2VwBCIEI", 64, seed);
    let dir = Dir::new();
    let all = [rsa(1024, 1), rsa(2048, 2), rsa(4096, 3), p256(4), p384(5), ed25519(6)];
    for (i, key) in all.iter().enumerate() {
        let folder = if i < 4 { "vault/pem" } else { "vault/pem/more" };
        dir.write(format!("{folder}/{i}.pem"), key);
    }
    // What somebody runs: keys of one kind, and the old ones of two more.
    for (i, key) in (0..8).map(|i| rsa(2048, 10 + i)).chain([rsa(1024, 20), p256(21)]).enumerate() {
        dir.write(format!("ssl/{i}.key"), key);
    }
    // One of the collection that is elsewhere, too.
    dir.write("deploy/server.pem", &all[3]);
    let report = dir.scan(&["."], 1);
    let place = |f: &Value| f["sites"][0]["address"].as_str().unwrap().to_owned();
    let worst: Vec<_> = report.findings.iter().filter(|f| f["severity"] == "critical").map(place).collect();
    assert_eq!(worst.iter().filter(|place| place.contains("ssl/")).count(), 10, "{worst:?}");
    assert!(worst.iter().any(|place| place.contains("deploy/")) && worst.len() == 11, "{worst:?}");
    let kinds: std::collections::BTreeSet<_> =
        report.findings.iter().map(|f| f["details"]["algorithm"].as_str().unwrap()).collect();
    assert_eq!(
        kinds.into_iter().collect::<Vec<_>>(),
        ["Ed25519", "P-256", "P-384", "RSA 1024", "RSA 2048", "RSA 4096"]
    );
    // Who asks about one of them sees its file alone.
    let output = dir.keysift().args(["explain", "vault/pem/1.pem:1"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("its severity is low if 6 private keys or more, of 5 kinds or more"), "{text}");
}

#[test]
fn checksums_of_files_are_no_secrets_whatever_the_files_are_called() {
    silent(
        ".cargo-checksum.json",
        &[
            "{\"files\":{\"src/aead/nonce.rs\":\"{hex:64}\",\"tests/ui/mid_compile_pass.stable.stderr\":\"{hex:64}\"}}\n",
            "{\"lib/secret-token.js\": \"{hex:40}\"}\n",
        ],
    );
}
