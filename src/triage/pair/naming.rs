//! What the names of two values say about whether they belong together.

use super::{Joined, Level, Member, Stems};
use crate::triage::names;
use std::collections::BTreeMap;

/// Of values that all have names, the only one whose name says that it is a secret.
pub(super) fn named_secret(right: &[Member]) -> Option<&Member> {
    let says_secret = |m: &&Member| {
        let words = m.key.as_deref().map(names::words).unwrap_or_default();
        words.iter().any(|w| SECRET_WORDS.contains(&w.as_str()))
    };
    let mut named = right.iter().filter(says_secret);
    let (found, None) = (named.next()?, named.next()) else { return None };
    right.iter().all(|m| m.key.is_some()).then_some(found)
}

/// Words that name a secret, and no checksum.
const SECRET_WORDS: &[&str] =
    &["passwd", "password", "private", "pwd", "secret", "secretaccesskey", "secretkey", "secrets", "sk"];

/// Joins values whose names are alike but for the words that say which half they are; gives what
/// remains.
pub(super) fn by_name(
    level: Level,
    left: &[Member],
    right: &[Member],
    words: &str,
) -> (Vec<Joined>, Vec<Member>, Vec<Member>) {
    let mut stems: BTreeMap<Vec<String>, (Vec<&Member>, Vec<&Member>)> = BTreeMap::new();
    for m in left {
        if let Some(key) = &m.key {
            stems.entry(stem(key)).or_default().0.push(m);
        }
    }
    for m in right {
        if let Some(key) = &m.key {
            stems.entry(stem(key)).or_default().1.push(m);
        }
    }
    let mut joined = Vec::new();
    for (l, r) in stems.values() {
        if let ([l], [r]) = (&l[..], &r[..]) {
            let names =
                [&l.key, &r.key].map(|k| crate::address::escape(k.as_deref().unwrap_or("").as_bytes()));
            joined.push(Joined {
                left: l.value,
                right: r.value,
                level,
                evidence: format!("{words}, named alike ({} and {})", names[0], names[1]),
            });
        }
    }
    let rest = |members: &[Member], taken: &dyn Fn(usize) -> bool| {
        members.iter().filter(|m| !taken(m.value)).cloned().collect::<Vec<_>>()
    };
    let rest_left = rest(left, &|v| joined.iter().any(|j| j.left == v));
    let rest_right = rest(right, &|v| joined.iter().any(|j| j.right == v));
    (joined, rest_left, rest_right)
}

/// Words that tell the half, not the pair.
const HALF_WORDS: &[&str] = &[
    "access",
    "accesskey",
    "accesskeyid",
    "accessid",
    "ak",
    "apikey",
    "client",
    "cred",
    "credential",
    "credentials",
    "clientid",
    "id",
    "ident",
    "identifier",
    "identity",
    "ids",
    "key",
    "keyid",
    "keys",
    "kid",
    "login",
    "pass",
    "passphrase",
    "passwd",
    "password",
    "phrase",
    "private",
    "pub",
    "pwd",
    "public",
    "sec",
    "secret",
    "secretaccess",
    "secretaccesskey",
    "secretid",
    "secretkey",
    "secrets",
    "session",
    "sessiontoken",
    "sign",
    "signing",
    "sk",
    "str",
    "string",
    "token",
    "user",
    "username",
    "val",
    "value",
];

/// What a name says beyond its half: `PROD_ACCESS_KEY_ID` and `prodSecretKey` have the stem `prod`.
pub(crate) fn stem(key: &str) -> Vec<String> {
    names::words(key).into_iter().filter(|w| !HALF_WORDS.contains(&w.as_str())).collect()
}

/// Whether the names of two values say that they belong to different pairs.
///
/// A name whose other half stands elsewhere does, and words that tell environments and numbers apart: `UPLOADER_ID` and `SIGNING_KEY` may well
/// be one pair, `PROD_ID` and `STAGING_KEY` are halves of two.
pub(super) fn are_at_odds(a: &Member, b: &Member, all: &Stems) -> bool {
    let stems = [&a.key, &b.key].map(|k| k.as_deref().map(stem).unwrap_or_default());
    let tells_apart = |of: &[String], other: &[String]| {
        of.iter().any(|w| {
            let number = w.bytes().all(|b| b.is_ascii_digit());
            !other.contains(w) && (number || ENVIRONMENTS.contains(&w.as_str()))
        })
    };
    let common = stems[0].iter().any(|w| stems[1].contains(w));
    if common || stems.iter().any(Vec::is_empty) {
        return false;
    }
    let partner_elsewhere = all.right.contains(&stems[0]) || all.left.contains(&stems[1]);
    partner_elsewhere || (tells_apart(&stems[0], &stems[1]) && tells_apart(&stems[1], &stems[0]))
}

/// Words by which people tell the places apart in which a program runs.
const ENVIRONMENTS: &[&str] = &[
    "acceptance",
    "alpha",
    "ap",
    "backup",
    "beta",
    "ca",
    "canary",
    "ci",
    "cn",
    "debug",
    "demo",
    "dev",
    "develop",
    "development",
    "dr",
    "eu",
    "int",
    "integration",
    "internal",
    "legacy",
    "live",
    "local",
    "main",
    "new",
    "old",
    "pre",
    "preprod",
    "preview",
    "primary",
    "prod",
    "production",
    "public",
    "qa",
    "release",
    "sa",
    "sandbox",
    "s3",
    "secondary",
    "ses",
    "sns",
    "sqs",
    "stage",
    "staging",
    "standby",
    "stg",
    "test",
    "testing",
    "tst",
    "uat",
    "us",
];
