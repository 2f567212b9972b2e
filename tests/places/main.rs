//! AWS keys in text and structured text: what is found where, and what belongs to what.
//!
//! Table driven. The values are made up at run time by a seeded generator: nothing here looks live.
//! A case is a document with `@{…}` for values: `I1` an id, `S1` a secret, `T1` a session token, and
//! decoys; `@{json S1}` and the like encode one. What is wanted is written as `1+1` (a pair), `1+1+1`
//! (with its token), `i2` and `s2` (lone halves), `?1:1,2` (an id with candidates). Nothing else may
//! be of medium severity or above. Each site of a value must be on a line where it stands.
#![allow(clippy::unwrap_used, reason = "a failure may panic")]

mod cases;
mod decoys;
mod shapes;
mod strings;

use keysift::finding::{Finding, Role, Severity};
use keysift::pattern::PatternSet;
use keysift::scan::{Options, Scanner};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Encodes a whole case.
type Wrap = fn(&[u8]) -> Vec<u8>;

/// A document and what is in it.
pub struct Case {
    name: &'static str,
    file: &'static str,
    text: String,
    want: &'static str,
    sites: Vec<(&'static str, &'static str)>,
    wrap: Option<Wrap>,
    only_pairs: bool,
}

/// A case.
pub fn c(name: &'static str, file: &'static str, text: impl Into<String>, want: &'static str) -> Case {
    Case { name, file, text: text.into(), want, sites: Vec::new(), wrap: None, only_pairs: false }
}

impl Case {
    /// The value stands at this site.
    pub fn at(mut self, value: &'static str, site: &'static str) -> Case {
        self.sites.push((value, site));
        self
    }

    /// It holds secrets of other kinds too.
    pub fn only_pairs(mut self) -> Case {
        self.only_pairs = true;
        self
    }

    /// The document is encoded so; lines are not checked then.
    pub fn via(mut self, wrap: fn(&[u8]) -> Vec<u8>) -> Case {
        self.wrap = Some(wrap);
        self
    }
}

/// Pseudo-random numbers (splitmix64).
pub struct Random(pub u64);

impl Random {
    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// So many characters of an alphabet.
    pub fn chars(&mut self, alphabet: &[u8], n: usize) -> String {
        (0..n).map(|_| char::from(alphabet[(self.draw() % alphabet.len() as u64) as usize])).collect()
    }
}

const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const HEX: &[u8] = b"0123456789abcdef";

/// A secret of 40 characters; the lost one in a thousand that looks like no secret is made again.
pub fn secret(random: &mut Random) -> String {
    loop {
        let value = random.chars(BASE64, 40);
        let count = |f: fn(char) -> bool| value.chars().filter(|c| f(*c)).count();
        let first = value.chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
        if first
            && count(|c| c.is_ascii_digit()) > 2
            && count(|c| c.is_ascii_uppercase()) > 9
            && count(|c| c.is_ascii_lowercase()) > 9
            && count(|c| "+/".contains(c)) > 0
        {
            return value;
        }
    }
}

/// Base64 with padding.
pub fn base64(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let n = chunk.iter().fold(0u32, |n, b| n << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            out.push(if i <= chunk.len() {
                char::from(BASE64[(n >> (18 - 6 * i) & 63) as usize])
            } else {
                '='
            });
        }
    }
    out
}

/// Hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// The value with this name, the same whenever it is asked for in one run.
fn value(seed: u64, name: &str) -> String {
    let hash =
        name.bytes().fold(seed ^ 0x51_7c_c1_b7, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    let mut random = Random(hash);
    let (kind, rest) = name.split_at(name.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(name.len()));
    let number: usize = rest.trim_end_matches(|c: char| !c.is_ascii_digit()).parse().unwrap_or(0);
    match kind {
        "I" => format!("AKIA{}", random.chars(BASE32, 16)),
        "A" => format!("ASIA{}", random.chars(BASE32, 16)),
        "U" => format!("AIDA{}", random.chars(BASE32, 17)),
        "R" => format!("AROA{}", random.chars(BASE32, 17)),
        "S" => secret(&mut random),
        "T" => format!("IQoJb3JpZ2luX2Vj{}==", random.chars(BASE64, 340)),
        "hex" => random.chars(HEX, number),
        "b" => random.chars(BASE64, number),
        "uuid" => {
            let h = random.chars(HEX, 32);
            format!("{}-{}-{}-{}-{}", &h[..8], &h[8..12], &h[12..16], &h[16..20], &h[20..])
        }
        _ => panic!("no such value: {name}"),
    }
}

/// Fills in the values; gives the lines on which each stands.
fn fill(seed: u64, text: &str) -> (String, BTreeMap<String, BTreeSet<u32>>) {
    let mut out = String::new();
    let mut lines: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
    let mut rest = text;
    while let Some(at) = rest.find("@{") {
        out.push_str(&rest[..at]);
        let end = at + rest[at..].find('}').expect("a closing brace");
        let (how, name) = rest[at + 2..end].rsplit_once(' ').unwrap_or(("", &rest[at + 2..end]));
        let line = 1 + out.matches('\n').count() as u32;
        lines.entry(name.to_owned()).or_default().insert(line);
        let v = value(seed, name);
        out.push_str(&match how {
            "" => v,
            "json" => v.replace('/', "\\/").replace('+', "\\u002b"),
            "pct" => v.replace('/', "%2F").replace('+', "%2B").replace('=', "%3D"),
            "b64" => base64(v.as_bytes()),
            "b64nl" => base64(format!("{v}\n").as_bytes()),
            "hex" => hex(v.as_bytes()),
            "xml" => v.replace('+', "&#43;"),
            _ => panic!("no such encoding: {how}"),
        });
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    (out, lines)
}

/// What is wrong with a case, in words; empty if nothing is.
fn check(scanner: &Scanner<'_>, case: &Case, seed: u64) -> String {
    let (text, lines) = fill(seed, &case.text);
    let bytes = case.wrap.map_or_else(|| text.clone().into_bytes(), |wrap| wrap(text.as_bytes()));
    let found = scanner.scan_stream(case.file, &mut &bytes[..]).findings;
    let names: BTreeMap<String, &str> = lines.keys().map(|n| (value(seed, n), n.as_str())).collect();
    let mut wrong = String::new();
    let short = |role: Role, bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        match names.get(&text) {
            Some(name) => name[1..].to_owned(),
            None => format!("<{role:?} {text}>"),
        }
    };
    let describe = |f: &Finding| {
        let part = |role| f.parts.get(&role).map(|v| short(role, v.reveal()));
        match (&f.pair, part(Role::Id), part(Role::Secret)) {
            (Some(pair), Some(id), None) => {
                let mut all: Vec<_> =
                    pair.candidates.iter().map(|c| short(Role::Secret, c.secret.reveal())).collect();
                all.sort();
                format!("?{id}:{}", all.join(","))
            }
            (Some(_), Some(id), Some(secret)) => match part(Role::Token) {
                Some(token) => format!("{id}+{secret}+{token}"),
                None => format!("{id}+{secret}"),
            },
            (None, Some(id), None) if f.pattern.starts_with("aws.") => format!("i{id}"),
            (None, None, Some(secret)) if f.pattern.starts_with("aws.") => format!("s{secret}"),
            (None, None, None) if f.pattern == "aws.session-token" => {
                format!("t{}", part(Role::Token).unwrap_or_default())
            }
            _ => format!(
                "{}={}",
                f.pattern,
                f.parts.values().map(|v| String::from_utf8_lossy(v.reveal())).collect::<Vec<_>>().join("|")
            ),
        }
    };
    let mut got: Vec<String> = found
        .iter()
        .filter(|f| f.severity >= Severity::Medium && (!case.only_pairs || f.pattern.starts_with("aws.")))
        .map(describe)
        .collect();
    let mut want: Vec<&str> = case.want.split_whitespace().collect();
    got.sort();
    want.sort_unstable();
    if got != want {
        let evidence: Vec<String> = found
            .iter()
            .filter_map(|f| f.pair.as_ref())
            .map(|p| {
                format!("{} {:?}", p.evidence, p.candidates.iter().map(|c| &c.evidence).collect::<Vec<_>>())
            })
            .collect();
        let _ = write!(wrong, "wanted {want:?}, got {got:?} ({})", evidence.join("; "));
        return wrong;
    }
    let mut seen: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
    let mut sites: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for f in found.iter().filter(|f| f.severity >= Severity::Medium) {
        let candidates = f.pair.iter().flat_map(|p| p.candidates.iter().map(|c| (&c.secret, &c.location)));
        let own = f.sites.iter().filter_map(|s| f.parts.get(&s.role).map(|v| (v, s)));
        for (v, site) in own.chain(candidates) {
            if let Some(name) = names.get(&*String::from_utf8_lossy(v.reveal())) {
                seen.entry(name).or_default().extend(site.line);
                sites.entry(name).or_default().extend(site.site.clone());
            }
        }
    }
    for (name, got) in &seen {
        let all = lines.get(*name).cloned().unwrap_or_default();
        let candidate = case.want.contains('?');
        if case.wrap.is_none() && (if candidate { !got.is_subset(&all) } else { *got != all }) {
            let _ = write!(wrong, "{name}: stands on {all:?}, reported on {got:?}. ");
        }
    }
    for (name, site) in &case.sites {
        let got = sites.get(name).cloned().unwrap_or_default();
        if !got.iter().any(|s| s == site) {
            let _ = write!(wrong, "{name}: wanted the site {site:?}, got {got:?}. ");
        }
    }
    wrong
}

fn run(cases: Vec<Case>) {
    let patterns = PatternSet::builtin().expect("built-in patterns load");
    let scanner = Scanner::new(&patterns, Options::default()).expect("threads start");
    let only = std::env::var("PLACE").unwrap_or_default();
    let mut failed = Vec::new();
    let count = cases.len();
    for case in cases.iter().filter(|c| c.name.contains(&only)) {
        for seed in 1..=4 {
            let wrong = check(&scanner, case, seed);
            if !wrong.is_empty() {
                failed.push(format!("{} (seed {seed}, {}): {wrong}", case.name, case.file));
                if !only.is_empty() {
                    failed.push(fill(seed, &case.text).0.chars().take(3000).collect());
                }
                break;
            }
        }
    }
    let all: BTreeSet<&str> = cases.iter().map(|c| c.name).collect();
    assert_eq!(all.len(), count, "names are unique");
    assert!(failed.is_empty(), "{} of {count} fail\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn configuration() {
    run(cases::configuration());
}

#[test]
fn structured() {
    run(cases::structured());
}

#[test]
fn source_code() {
    run(cases::source_code());
}

#[test]
fn documents_and_logs() {
    run(cases::documents());
}

#[test]
fn encodings() {
    run(shapes::encodings());
}

#[test]
fn many_keys() {
    run(shapes::many());
}

#[test]
fn decoys_next_to_ids() {
    run(decoys::decoys());
}
