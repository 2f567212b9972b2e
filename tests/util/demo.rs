//! The demo app: what is planted in it, computed as `testdata/demo-app/gen.py` defines it.

use super::{Report, root};
use sha2::{Digest, Sha256};
use std::fs;

/// A row of `expected.tsv`.
pub struct Planted {
    pub name: String,
    pub kind: String,
    pub place: String,
    pub id_site: String,
    pub secret_site: String,
}

pub fn planted() -> Vec<Planted> {
    let table = fs::read_to_string(root().join("testdata/demo-app/expected.tsv")).unwrap();
    table
        .lines()
        .skip(1)
        .map(|line| {
            let mut cells = line.split('\t').map(str::to_owned);
            let mut next = || cells.next().unwrap();
            Planted { name: next(), kind: next(), place: next(), id_site: next(), secret_site: next() }
        })
        .collect()
}

fn digest(text: &str) -> Vec<u8> {
    Sha256::digest(text.as_bytes()).to_vec()
}

fn groups(bytes: &[u8], bits: usize, alphabet: &[u8]) -> String {
    let bit = |i: usize| usize::from(bytes[i / 8] >> (7 - i % 8) & 1);
    (0..bytes.len() * 8 / bits)
        .map(|g| char::from(alphabet[(0..bits).fold(0, |n, i| n << 1 | bit(g * bits + i))]))
        .collect()
}

const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The account number in an access key id: 5 bits a character, 39 bits from the second on.
pub fn account(id: &str) -> u64 {
    let first = id
        .bytes()
        .skip(4)
        .take(10)
        .fold(0u64, |n, c| n << 5 | BASE32.iter().position(|&b| b == c).unwrap() as u64);
    // Ten characters are 50 bits, six bytes are 48.
    ((first >> 2) & 0x7fff_ffff_ff80) >> 7
}

pub fn access_key_id(name: &str) -> String {
    (0..)
        .map(|n| {
            let digest = digest(&format!("keysift-demo/{name}/id/{n}"));
            format!("AKIA{}", groups(&digest[..10], 5, BASE32))
        })
        .find(|id| {
            "QRSTUVWXYZ234567".contains(&id[4..5])
                && (100_000_000_000..1_000_000_000_000).contains(&account(id))
        })
        .unwrap()
}

fn forty(name: &str, usage: &str) -> String {
    (0..)
        .map(|n| groups(&digest(&format!("keysift-demo/{name}/{usage}/{n}"))[..30], 6, BASE64))
        .find(|s| {
            [u8::is_ascii_uppercase, u8::is_ascii_lowercase, u8::is_ascii_digit]
                .iter()
                .all(|is| s.bytes().filter(is).count() >= 3)
        })
        .unwrap()
}

pub fn secret_access_key(name: &str) -> String {
    forty(name, "secret")
}

/// What stands beside the lone id and is no secret.
pub fn hash(name: &str) -> String {
    forty(name, "hash")
}

/// Holds a report of the demo app at `apk` against the table.
pub fn check(report: &Report, apk: &str) {
    let planted = planted();
    let pairs: Vec<&Planted> = planted.iter().filter(|p| p.kind == "pair").collect();
    assert_eq!(pairs.len(), 15);
    for p in &pairs {
        let (id, secret) = (access_key_id(&p.name), secret_access_key(&p.name));
        let found: Vec<_> =
            report.of_pattern("aws.key-pair").into_iter().filter(|f| f["parts"]["id"] == *id).collect();
        assert_eq!(found.len(), 1, "{}: {found:#?}", p.name);
        let f = found[0];
        assert_eq!(f["parts"]["secret"], *secret, "{}: paired wrongly: {f:#}", p.name);
        assert_eq!(f["pair"]["candidates"].as_array().unwrap().len(), 0, "{}: ambiguous: {f:#}", p.name);
        assert_eq!(f["severity"], "critical", "{}", p.name);
        assert_eq!(f["details"]["account_id"], account(&id).to_string(), "{}", p.name);
        assert!(f["fix"].as_str().unwrap().contains("update-access-key"), "{}", p.name);
        for (role, site) in [("id", &p.id_site), ("secret", &p.secret_site)] {
            let place = format!("{apk}!{}", p.place);
            let right = f["sites"].as_array().unwrap().iter().any(|s| {
                let has = s["site"].as_str().unwrap_or_default();
                let address = s["address"].as_str().unwrap();
                // A value inside an encoded field: the field, then the path inside its text.
                let site_is =
                    has == site || has.ends_with(&format!(" {site}")) || has.starts_with(&format!("{site}/"));
                let at_place = address == place || address.starts_with(&format!("{place}!base64@"));
                s["role"] == role && site_is && at_place
            });
            assert!(right, "{}: no {role} at {place} {site}: {f:#}", p.name);
        }
        for s in f["sites"].as_array().unwrap() {
            let address = s["address"].as_str().unwrap();
            assert!(address.starts_with(&format!("{apk}!{}", p.place)), "{}: also at {address}", p.name);
        }
    }
    assert_eq!(report.pairs().len(), pairs.len(), "pairs nobody planted: {:?}", report.pairs());

    let lone: Vec<_> = report.of_pattern("aws.access-key-id");
    assert_eq!(lone.len(), 1, "{lone:#?}");
    let p = planted.iter().find(|p| p.kind == "lone-id").unwrap();
    assert_eq!(lone[0]["parts"], serde_json::json!({ "id": access_key_id(&p.name) }));
    assert!(lone[0]["pair"].is_null(), "{:#}", lone[0]);
    assert_eq!(lone[0]["sites"][0]["site"], p.id_site);

    // Decoys: the documented pair, the hash beside the lone id.
    let decoys = [
        "AKIA".to_owned() + "IOSFODNN7" + "EXAMPLE",
        "wJalrXUtnFEMI/".to_owned() + "K7MDENG/bPxRfi" + "CYEXAMPLEKEY",
        hash("lone-id"),
    ];
    for f in &report.findings {
        let parts = f["parts"].to_string() + &f["pair"].to_string();
        assert!(!decoys.iter().any(|d| parts.contains(d)), "a decoy: {f:#}");
    }
    assert_eq!(report.ledger["complete"], true);
    assert_eq!(report.ledger["entries"], serde_json::json!([]));
}
