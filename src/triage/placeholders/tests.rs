use super::*;
use crate::triage::names;
use Placeholder::{Documented, Dummy, Encrypted, KnownDefault, Reference, Template};

/// The rule that [`decoded`] is.
const DECODE_RULE: &str = "base64 of a placeholder";

const PLACEHOLDERS: &[(&str, Placeholder)] = &[
    ("AKIAIOSFODNN7EXAMPLE", Documented("AWS documentation")),
    ("AKIAI44QH8DHBEXAMPLE", Documented("AWS documentation")),
    ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", Documented("AWS documentation")),
    ("je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY", Documented("AWS documentation")),
    ("AIDACKCEVSQ6C2EXAMPLE", Documented("documentation")),
    ("AQoDYXdzEPT//////////wEXAMPLETOKEN", Documented("documentation")),
    ("AKIAEXAMPLE123456789", Dummy("phrase")),
    ("LSIAQAAAAAAVNCBMPNSG", Documented("documentation")),
    ("123456789012", Documented("AWS documentation")),
    ("550e8400-e29b-41d4-a716-446655440000", Documented("UUID of documentation")),
    ("2B7E151628AED2A6ABF7158809CF4F3C", Documented("FIPS 197 / NIST SP 800-38A")),
    ("JBSWY3DPEHPK3PXP", Documented("RFC 4226 / 6238")),
    ("test test test test test test test test test test test junk", Documented("mnemonic")),
    ("d41d8cd98f00b204e9800998ecf8427e", Documented("constant")),
    ("5f4dcc3b5aa765d61d8327deb882cf99", KnownDefault("hash of a known word")),
    ("postgres://app:pR0dP4ss@db.example.com:5432/app", Documented("host")),
    ("https://u:s3cr9@203.0.113.7/x", Documented("host")),
    ("password", Dummy("weak word")),
    ("'changeit'", KnownDefault("default password")),
    ("minioadmin", KnownDefault("default password")),
    ("P@ssw0rd", KnownDefault("default password")),
    ("admin:admin", KnownDefault("user:password")),
    ("ThisTokenIsNotSoSecretChangeIt", KnownDefault("framework default")),
    ("<YourStrong@Passw0rd>", KnownDefault("framework default")),
    ("django-insecure-k3f8z!q0", KnownDefault("framework default")),
    ("${DB_PASSWORD}", Template("interpolation")),
    ("${DB_PASSWORD:-}", Template("interpolation")),
    ("${DB_PASSWORD:-changeit}", KnownDefault("default password")),
    ("${env:TOKEN}", Reference("interpolation")),
    ("${{ secrets.TOKEN }}", Template("template")),
    ("$(cat /run/secrets/db)", Template("template")),
    ("$DB_PASSWORD", Template("shell variable")),
    ("$apiKey", Template("shell variable")),
    ("%DB_PASS%", Template("template")),
    ("{{ .Values.password }}", Template("template")),
    ("<%= ENV['KEY'] %>", Template("template")),
    ("<your-api-key>", Template("template")),
    ("[YOUR KEY]", Template("template")),
    ("{apiKey}", Template("template")),
    ("#{secret}", Template("template")),
    ("@DB_PASSWORD@", Template("template")),
    ("__API_KEY__", Template("template")),
    ("!Ref DbPassword", Template("template")),
    ("process.env.SECRET", Template("code")),
    ("os.environ['X']", Template("code")),
    ("user.password", Template("dotted name")),
    ("config2.getToken()", Template("dotted name")),
    ("DATABASE_PASSWORD", Template("constant name")),
    ("{{resolve:ssm-secure:/db/pw:1}}", Reference("reference")),
    ("op://vault/item/password", Reference("reference")),
    ("arn:aws:secretsmanager:eu-west-1:123456789012:secret:db", Reference("reference")),
    ("projects/p1/secrets/db-pw/versions/latest", Reference("reference")),
    ("@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/x)", Reference("reference")),
    ("ENC[AES256_GCM,data:Zm9v,iv:YmFy,tag:YmF6,type:str]", Encrypted("encrypted")),
    ("ENC(G6N718UuyPE5bHyWKyuLQSm02auQPUtm)", Encrypted("encrypted")),
    ("$ANSIBLE_VAULT;1.1;AES256\n6638643", Encrypted("encrypted")),
    ("vault:v1:8SDd3WHDOjf7mq69CyCqYjBXAiQQAVZRkFM13ok481zoCmHnSeDX9vyf7w==", Encrypted("encrypted")),
    ("{cipher}682bc583f4641835fa2db009355293665d2647dade3375c0ee201de2a49f7bda", Encrypted("encrypted")),
    ("your_api_key_here", Dummy("words")),
    ("YOUR-API-KEY", Dummy("words")),
    ("myYourTokenValue9", Dummy("phrase")),
    ("changeme-please-7", Dummy("phrase")),
    ("insert_token", Dummy("words")),
    ("TODO", Dummy("word")),
    ("x9-todo-77", Dummy("phrase")),
    ("someDummyKey42", Dummy("phrase")),
    ("sk_live_xxxxxxxxxxxxxxxxxxxxxxxx", Dummy("repetition")),
    ("XXXXXXXXXXXX", Dummy("repetition")),
    ("********", Dummy("repetition")),
    ("sk_live_****abcd", Dummy("mask")),
    ("AKIA...WXYZ", Dummy("mask")),
    ("abcd…", Dummy("mask")),
    ("••••••••", Dummy("repetition")),
    ("abababababab", Dummy("repetition")),
    ("33333333-3333-3333-3333-333333333333", Dummy("repetition")),
    ("zyxwvutsrqpo", Dummy("sequence")),
    ("1a2b3c4d5e6f7g8h", Dummy("sequence")),
    ("0123456789abcdef0123456789ABCDEF", Documented("constant")),
    ("fedcba9876543210fedcba9876543210", Dummy("sequence")),
    ("qwertyuiopas", Dummy("sequence")),
    ("abbababbaabbabab", Dummy("entropy")),
    ("ThisIsMyVerySecretKey", Dummy("words")),
    ("super-long-app-secret", Dummy("words")),
    ("client_secret", Dummy("words")),
    ("UserAccountTokenProvider", Dummy("words")),
    ("dein_passwort", Dummy("phrase other languages")),
    ("你的密钥", Dummy("phrase other languages")),
    ("ПРИМЕР ключа", Dummy("phrase other languages")),
    ("YWRtaW46YWRtaW4=", KnownDefault("user:password")),
    ("bWluaW9hZG1pbg==", KnownDefault("default password")),
    ("eW91cl9hcGlfa2V5X2hlcmU=", Dummy("words")),
    ("6d696e696f61646d696e", KnownDefault("default password")),
    ("%3Cyour%20key%3E", Template("template")),
    ("your%5Fkey%5Fhere", Dummy("words")),
];

const SECRETS: &str = "\
    x9Qm/Tz2LkRw8VbN4cYh+Jf6PsDg1AeUoI3nXqZt|hV7!pq2Zs#9|Tr0ub4dor&3|Winter2024!|Sommer.Regen.77|\
    Hammock2024|resampledCarpet9Zq2|correct-zebra-battery-lamp|purple monkey dishwasher fog|$ecret123|\
    pa$$Kx9|l3tM3!nNow|9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a09|\
    a1f4c9e07b3d2658|GOCSPX-u7Gq2LxwVb5N8tYcRzKp4mDe|X7KQ_93FZ_PL20|d2hhdCBhIHNlY3JldCE3|K8s#Prod#77|\
    MTA4NTc0.GxKz3q.Wb7Yt2|eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0NyJ9.kq3Yv9ZbT1|${DB_PASSWORD:-tZ9k!2qw}|\
    mongodb://app:zK93kdLq@localhost:27017/app|redis://:qK82hdPw@10.0.0.7:6379|f47ac10b58cc4372a5670e02b2c3d471|\
    7c9e6679-7425-40de-944b-e07fc1f90ae7|ab12cd34ef56gh78ij91|Passw0rd!Kx77q|sk_test_4fK9sLq2ZrT8vWx1Yb6Nc3Md";

#[test]
fn placeholders_are_known() {
    let found = |v: &str| kind(v.as_bytes());
    let wrong: Vec<_> =
        PLACEHOLDERS.iter().filter(|(v, e)| found(v) != Some(*e)).map(|(v, _)| (v, found(v))).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn secrets_are_none() {
    let found = |v: &&str| kind(v.as_bytes()).map(|k| (v.to_string(), k));
    let wrong: Vec<_> = SECRETS.split('|').filter_map(|v| found(&v)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn tokens_are_judged_by_their_bodies() {
    for (value, prefix_len, expected) in [
        ("AKIAIOSFODNN7EXAMPLE", 4, Some(Documented("AWS documentation"))),
        ("AKIAEXAMPLE123456789", 4, Some(Dummy("phrase"))),
        ("ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 4, Some(Dummy("repetition"))),
        ("ghp_0123456789abcdefghijklmnopqrstuvwxyz", 4, Some(Dummy("sequence"))),
        ("ghp_abcabcabcabcabcabcabcabcabcabcabcabc", 4, Some(Dummy("repetition"))),
        ("ghp_YourTokenGoesHereYourTokenGoesHereAB", 4, Some(Dummy("phrase"))),
        ("sk_live_REPLACE_ME_WITH_YOUR_KEY", 8, Some(Dummy("words"))),
        ("sk_live_****************", 8, Some(Dummy("repetition"))),
        ("sk_test_4fK9sLq2ZrT8vWx1Yb6Nc3Md", 8, None),
        ("ghp_Zt7Kq2VbN4cYhJf6PsDg1AeUoI3nXqRw8Lm5", 4, None),
        ("glpat-todoK4mockR2xxxxV7tbd", 6, None),
        ("AKIAY34FZKBOKMUTVV7A", 4, None),
        ("short", 9, None),
    ] {
        assert_eq!(token_kind(value.as_bytes(), prefix_len), expected, "{value}");
    }
}

#[test]
fn joined_values_are_put_together() {
    let rows: Vec<_> = DATA.lines().filter_map(columns).filter(|row| row.1 == "exact-joined").collect();
    assert_eq!(rows.len(), 10);
    for (value, ..) in rows {
        assert!(value.contains(" + "), "{value}");
        let whole = value.replace(" + ", "");
        assert!(matches!(kind(whole.as_bytes()), Some(Documented(_))), "{value}");
        assert!(matches!(token_kind(whole.as_bytes(), 4), Some(Documented(_))), "{value}");
    }
    let hook = ["https://hooks.slack.com/services/", "T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"].concat();
    assert_eq!(kind(hook.as_bytes()), Some(Documented("Slack documentation")));
}

#[test]
fn every_row_is_used() {
    for row in DATA.lines().skip(1) {
        let (value, how, _, detail) = columns(row).expect("four columns");
        let found = kind(value.as_bytes());
        match how {
            "exact" => assert!(found.is_some(), "{row}"),
            "rule" => {
                assert!(value == DECODE_RULE || RULES.iter().any(|(name, _)| *name == value), "{row}");
            }
            "contains" if detail == "local host" => assert!(found.is_none_or(|k| k.detail() != detail)),
            "contains" if detail == "host" => {
                let host = match value {
                    "2001:db8:" => "[2001:db8::1]",
                    _ if value.ends_with('.') => &format!("{value}1"),
                    _ => value.trim_start_matches('.'),
                };
                let url = format!("https://u:zK93kdLq@{host}:80/x");
                assert_eq!(kind(url.as_bytes()), Some(Documented("host")), "{row}");
            }
            "contains" => assert!(found.is_some(), "{row}"),
            "prefix" | "suffix" | "shape" | "exact-joined" | "parts" => {}
            _ => panic!("unknown match: {row}"),
        }
    }
    let rows = |name: &str| DATA.lines().filter_map(columns).filter(|r| r.1 == "rule" && r.0 == name).count();
    assert!(RULES.iter().all(|(name, _)| rows(name) == 1));
    assert_eq!(rows(DECODE_RULE), 1);
    assert_eq!(table().rules.len(), RULES.len());
    assert!(table().longest_exact <= 320);
}

#[test]
fn each_rule_holds_and_fails() {
    for (name, holds, fails) in [
        ("one character repeated", "aaaaaa", "aaaaab"),
        ("one character repeated", "keyAAAAAAAAAAAA", "AAAAB3NzaC1yc2E"),
        ("a short group repeated", "12341234123412341", "12341239412851734"),
        ("a short group repeated", "deadbeefdeadbeefdeadbeefdeadbeef", "deadbeefdeadbeef"),
        ("a short group repeated", "DO00abcabca-bcabc_abca", "DO00abdcega-hbeac_dbca"),
        ("UUID of one digit", "ffffffff-ffff-ffff-ffff-ffffffffffff", "ffffffff-ffff-ffff-ffff-fffffffffffe"),
        ("only mask characters", "xx..**", "xx..**a"),
        ("only mask characters", "•••", "•"),
        ("cut in the middle", "sk_live_***abcdef", "sk_live_a***abcdef"),
        ("cut in the middle", "ab…yz", "ab-yz"),
        ("cut in the middle", "abxxxxxxyz", "abxxxyz"),
        ("distinct characters < 5 in 16+", "abcdabcdbbccddaa", "abcdeabcdbbccdda"),
        ("ascending or descending run", "abcdefgh", "abdgkpv1"),
        ("ascending or descending run", "9876543210", "9172635480"),
        ("ascending or descending run", "1q2w3e4r5t6y", "1q9w2e7r4t0y"),
        ("ascending or descending run", "a1b2c3d4e5", "a1k2x3d4q5"),
        ("dictionary words joined", "this is not a secret", "zebra fog lamp hat"),
        ("dictionary words joined", "MyDemoAppKey", "MyDemoAppKey7"),
    ] {
        let (_, rule) = RULES.iter().find(|(n, _)| *n == name).expect("a rule");
        assert!(rule(holds.as_bytes(), &Facts::of(holds.as_bytes())), "{name}: {holds}");
        assert!(!rule(fails.as_bytes(), &Facts::of(fails.as_bytes())), "{name}: {fails}");
    }
}

#[test]
fn one_level_is_decoded() {
    use crate::triage::checksum::base64_encode;
    let once = base64_encode(b"changeit");
    assert_eq!(kind(once.as_bytes()), Some(KnownDefault("default password")));
    assert_eq!(kind(base64_encode(once.as_bytes()).as_bytes()), None);
    assert_eq!(kind(base64_encode(b"zK93kdLq:Ws7#").as_bytes()), None);
}

#[test]
fn long_values_are_judged_by_their_start() {
    let mut long = b"MIIEogIBAAKCAQEA6NF8iallvQVp22WDkTkyrtvp9eWW6A8YVr+kz4TjGYe7gHzI".to_vec();
    long.extend(random(7, BASE64, 8000));
    assert_eq!(kind(&long), Some(KnownDefault("Vagrant insecure key")));
    let mut key = random(9, BASE64, 3000);
    key[1000..1009].copy_from_slice(b"\nexample\n");
    assert_eq!(kind(&key), None);
    for n in [0, 1, 2, 3, 319, 320, 321, 4095, 4096, 4097, 100_000] {
        kind(&vec![0xe2; n]);
        kind(&vec![b'.'; n]);
        token_kind(&vec![b'x'; n], 3);
        token_kind(&random(n as u64, BASE64, n), 4);
    }
}

#[test]
fn no_bytes_are_too_strange() {
    let all: Vec<u8> = (0..=255).collect();
    for seed in 0..4_000 {
        for alphabet in [&all[..], "${}[]<>.:-_x*…•%=@!/a1".as_bytes()] {
            let value = random(seed, alphabet, seed as usize % 90);
            kind(&value);
            token_kind(&value, seed as usize % 7);
            names::judge(&String::from_utf8_lossy(&value));
            names::words(&String::from_utf8_lossy(&value));
        }
    }
}

const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const KINDS: [(&str, &[u8], usize); 6] = [
    ("40 base64", BASE64, 40),
    ("43 base64url", b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 43),
    ("32 alnum", b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 32),
    ("20 base36", b"0123456789abcdefghijklmnopqrstuvwxyz", 20),
    ("16 base32", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16),
    ("64 hex", b"0123456789abcdef", 64),
];

/// `n` characters; the same seed gives the same (splitmix64).
fn random(seed: u64, alphabet: &[u8], n: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x2545_f491_4f6c_dd1d);
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    };
    (0..n).map(|_| alphabet[((next() >> 32) as usize * alphabet.len()) >> 32]).collect()
}

fn refused(alphabet: &[u8], len: usize, from: u64, times: u64) -> Vec<(String, Placeholder)> {
    let judge = |value: &[u8]| kind(value).or_else(|| token_kind(value, 4));
    let values = (from..from + times).map(|seed| random(seed, alphabet, len));
    values.filter_map(|v| judge(&v).map(|k| (String::from_utf8_lossy(&v).into_owned(), k))).collect()
}

#[test]
fn random_values_are_no_placeholders() {
    for (name, alphabet, len) in KINDS {
        let refused = refused(alphabet, len, 1, 5_000);
        assert!(refused.is_empty(), "{name}: {refused:?}");
    }
}

#[test]
#[ignore = "a million of each and timing; run with --release --nocapture"]
fn a_million_random_values_of_each() {
    let clock = std::time::Instant::now();
    kind(b"$X");
    println!("tables and expressions: {:?}", clock.elapsed());
    for (name, alphabet, len) in KINDS {
        let refused = refused(alphabet, len, 1 << 32, 1_000_000);
        println!("{name}: {} of 1,000,000 refused {:?}", refused.len(), &refused[..refused.len().min(5)]);
        assert!(refused.len() < 50);
        let values: Vec<_> = (0..20_000).map(|seed| random(seed, alphabet, len)).collect();
        let clock = std::time::Instant::now();
        let n = values.iter().filter(|v| kind(std::hint::black_box(v)).is_some()).count();
        let whole = clock.elapsed() / 20_000;
        let clock = std::time::Instant::now();
        let m = values.iter().filter(|v| token_kind(std::hint::black_box(v), 4).is_some()).count();
        println!("  kind {whole:?}, token_kind {:?} a value ({n}, {m})", clock.elapsed() / 20_000);
    }
}
