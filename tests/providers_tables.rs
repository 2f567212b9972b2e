//! Every kind of token in the tables of providers is found, and named, in the settings it is met in.
//!
//! Samples come straight from the tables (`testdata/facts/*.tsv`): prefix, alphabet, length and context of
//! a row, and nothing of the patterns. What cannot be made up from a row stands in
//! `testdata/facts/excluded.tsv` with the reason.

use keysift::finding::Finding;
use keysift::pattern::PatternSet;
use keysift::pattern::alphabet::Alphabet;
use keysift::pattern::example::Generator;
use keysift::scan::{Options, Progress, Scanner, Target};
use std::collections::{BTreeMap, BTreeSet};

const TABLES: [&str; 2] = [
    include_str!("../testdata/facts/providers.tsv"),
    include_str!("../testdata/facts/providers-longtail.tsv"),
];
const EXCLUDED: &str = include_str!("../testdata/facts/excluded.tsv");

/// Rows of which every sample is found and named; fewer is a step back.
const ROWS_FOUND: usize = 1745;

struct Row {
    id: &'static str,
    prefix: &'static str,
    alphabet: &'static str,
    length: &'static str,
    checksum: &'static str,
    context: Vec<&'static str>,
}

impl Row {
    fn family(&self) -> &'static str {
        self.id.split('.').next().unwrap()
    }

    fn kind(&self) -> &'static str {
        self.id.split('.').nth(1).unwrap()
    }
}

fn rows() -> Vec<Row> {
    let all = TABLES.iter().flat_map(|table| table.lines().skip(1));
    all.map(|line| {
        let column: Vec<&'static str> = line.split('\t').collect();
        let context = column[6].split(", ").map(str::trim).filter(|w| !w.is_empty()).collect();
        Row {
            id: column[0],
            prefix: column[2],
            alphabet: column[3],
            length: column[4],
            checksum: column[5],
            context,
        }
    })
    .collect()
}

/// Rows without samples, with the reason, and rows that another id finds, with that id.
fn excluded() -> BTreeMap<&'static str, &'static str> {
    EXCLUDED.lines().skip(1).filter_map(|line| line.split_once('\t')).collect()
}

struct Random(Generator);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        let digits = Alphabet::parse("digits").unwrap();
        self.0.chars(&digits, 9).parse::<usize>().unwrap() % n
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        let i = self.below(all.len());
        &all[i]
    }
}

/// The members of an alphabet as the tables name it.
fn members(name: &str) -> Option<&'static str> {
    Some(match name.trim() {
        "hex" | "hex (MD5)" | "hex or digits" => "0-9a-f",
        "HEX" => "0-9A-F",
        "alnum" | "digits + alnum" | "unknown" | "token characters" | "A-Z0-9a-z" => "A-Za-z0-9",
        "b64url" | "b64url macaroon" | "alnum-_" | "alnum + _ -" => "A-Za-z0-9_-",
        "base64" | "b64" | "A-Za-z0-9+/" | "base64-like" | "base64 macaroon" => "A-Za-z0-9+/",
        "a-z0-9" => "a-z0-9",
        "A-Z0-9" => "A-Z0-9",
        "base32" | "A-Z2-7" | "base32 (A-Z2-7)" => "A-Z2-7",
        "a-z2-7" | "base32 lower (a-z2-7)" => "a-z2-7",
        "base58" => "1-9A-HJ-NP-Za-km-z",
        "digits" => "0-9",
        "a-z" => "a-z",
        "A-Z" => "A-Z",
        "A-Za-z" => "A-Za-z",
        "alnum_" | "alnum + _" | "alnum_hex" | "hex_alnum" => "A-Za-z0-9_",
        "alnum-" => "A-Za-z0-9-",
        "a-z0-9_" => "a-z0-9_",
        "a-z0-9-" => "a-z0-9-",
        "b64url and ." | "b64url ." => "A-Za-z0-9_.-",
        "b64url + =" | "b64url and =" => "A-Za-z0-9_-",
        _ => return None,
    })
}

/// A value of one alphabet and length (`32`, `20-40`, `40+`).
fn chars(random: &mut Random, alphabet: &str, length: &str) -> Option<String> {
    let alphabet = Alphabet::parse(members(alphabet)?).ok()?;
    let length = length.trim().trim_start_matches('~');
    let n = match (length.strip_suffix('+'), length.split_once('-')) {
        (Some(least), _) => least.parse::<usize>().ok()? + random.below(8),
        (_, Some((least, most))) => {
            let (least, most) = (least.parse::<usize>().ok()?, most.parse::<usize>().ok()?);
            least + random.below(most.checked_sub(least)? + 1)
        }
        _ => length.parse().ok()?,
    };
    Some(random.0.chars(&alphabet, n))
}

fn uuid(random: &mut Random) -> String {
    let mut part = |n: &str| chars(random, "hex", n).unwrap();
    format!("{}-{}-4{}-a{}-{}", part("8"), part("4"), part("3"), part("3"), part("12"))
}

/// The value of a row without its prefix; `None` where the row does not say it in a form that is read here.
fn body(random: &mut Random, row: &Row) -> Option<String> {
    let mut length = row.length.trim();
    if let Some(all) = length.strip_suffix(" in all").or(length.strip_suffix(" total")) {
        let rest = all.parse::<usize>().ok()? - row.prefix.split(',').next()?.len();
        return chars(random, row.alphabet, &rest.to_string());
    }
    if let Some((_, ends)) = length.split_once("(ends ")
        && let Some(ends) = ends.strip_suffix(')')
    {
        let n: usize = length.split(' ').next()?.parse().ok()?;
        return Some(chars(random, row.alphabet, &(n - ends.len()).to_string())? + ends);
    }
    if let Some((head, note)) = length.split_once('(') {
        // Notes say more of the value where they have digits.
        if note.contains(|c: char| c.is_ascii_digit())
            && !note.contains("in all")
            && !note.contains("usually")
        {
            return None;
        }
        length = head.trim();
    }
    match row.alphabet {
        "uuid" => return Some(uuid(random)),
        "JWT" => {
            return Some(keysift::pattern::example::fill(
                "{jwt}",
                &mut Generator::new(random.below(1 << 30) as u64),
            ));
        }
        _ => {}
    }
    if length.contains('…') {
        return None;
    }
    if let Some((groups, each)) = length.split_once(" groups of ") {
        let all: Option<Vec<String>> =
            (0..groups.parse().ok()?).map(|_| chars(random, row.alphabet, each)).collect();
        return Some(all?.join("-"));
    }
    if length.contains(" + ") {
        let parts: Vec<&str> = length.split(" + ").collect();
        let is_length = |part: &str| part.starts_with(|c: char| c.is_ascii_digit());
        let names: Vec<&str> = row
            .alphabet
            .split(|c: char| {
                matches!(c, ':' | '.' | '|' | '$' | ',' | '_') || c == '-' && !row.alphabet.contains("a-z")
            })
            .map(str::trim)
            .collect();
        let lengths = parts.iter().filter(|part| is_length(part)).count();
        let mut names = if names.len() == lengths { names } else { vec![row.alphabet; lengths] }.into_iter();
        let mut value = String::new();
        for part in parts {
            match part {
                part if is_length(part) => value += &chars(random, names.next()?, part)?,
                "comma" => value.push(','),
                "n" | "digits" => return None,
                sign => value += sign,
            }
        }
        return Some(value);
    }
    if length.matches('-').count() >= 2 {
        let all: Option<Vec<String>> = length.split('-').map(|n| chars(random, row.alphabet, n)).collect();
        return Some(all?.join("-"));
    }
    if length.is_empty() || length == "unknown" {
        return if members(row.alphabet).is_some() { chars(random, row.alphabet, "24-48") } else { None };
    }
    let choices: Vec<&str> = length.split(" or ").flat_map(|l| l.split(", ")).collect();
    let alphabets: Vec<&str> = row.alphabet.split(" or ").collect();
    let i = random.below(choices.len().max(alphabets.len()));
    let alphabet = alphabets.get(i).or(alphabets.last())?.trim();
    if alphabet == "uuid" {
        return Some(uuid(random));
    }
    chars(random, alphabet, choices.get(i).or(choices.last())?)
}

fn value(random: &mut Random, row: &Row) -> Option<String> {
    if row.checksum.starts_with("CRC32 of the first 30") || row.checksum == "CRC32 base62, last 6" {
        let prefix = row.prefix;
        return Some(keysift::pattern::example::fill(&format!("{{crc62:{prefix}}}"), &mut random.0));
    }
    // Other checksums are made by the examples of the patterns.
    if row.checksum.contains("CRC") || row.checksum.contains("checksum") || row.checksum.contains("decodes") {
        return None;
    }
    let body = body(random, row)?;
    let prefixes: Vec<&str> = row.prefix.split(',').map(str::trim).collect();
    let prefix = *random.of(&prefixes);
    // Words about a prefix are no prefix.
    if prefix.contains([' ', '(', '…']) && !prefix.starts_with("FlyV1 ") {
        return None;
    }
    if row.alphabet == "JWT" && body.starts_with("eyJ") && prefix.starts_with("ey") {
        return Some(body);
    }
    Some(format!("{prefix}{body}"))
}

/// The words of an id, in the spellings that variables have.
fn spelt(words: &[&str], style: usize) -> String {
    let capital = |word: &str| word[..1].to_ascii_uppercase() + &word[1..];
    match style {
        0 => words.join("_").to_ascii_uppercase(),
        1 => words.join("_"),
        2 => {
            words.iter().enumerate().map(|(i, w)| if i == 0 { (*w).to_owned() } else { capital(w) }).collect()
        }
        3 => words.iter().map(|w| capital(w)).collect(),
        _ => words.join("-"),
    }
}

/// Words of headers that many services have.
const PLAIN: &[&str] = &[
    "x",
    "api",
    "key",
    "auth",
    "access",
    "token",
    "secret",
    "app",
    "id",
    "appid",
    "apikey",
    "client",
    "sign",
    "signature",
    "account",
    "user",
    "p",
    "private",
    "merchant",
    "security",
    "nonce",
    "timestamp",
    "passphrase",
    "http",
    "git",
    "server",
];

/// The row's value in settings of many kinds: name of the file and its text.
fn settings(random: &mut Random, row: &Row) -> Option<Vec<(&'static str, String)>> {
    let mut value = || self::value(random, row);
    let values = [value()?, value()?, value()?, value()?, value()?, value()?];
    let [v1, v2, v3, v4, v5, v6] = &values;
    let kind: Vec<&str> = match row.kind() {
        "key" => vec!["api", "key"],
        kind => kind.split('-').filter(|w| *w != "legacy" && *w != "v2").collect(),
    };
    // What a person calls the service: the first word of the context that is one.
    let is_name =
        |w: &&&str| w.bytes().all(|b| b.is_ascii_alphanumeric()) && !row.kind().contains(&w.to_lowercase());
    let is_family = |w: &&&str| w.eq_ignore_ascii_case(row.family());
    let is_lower = |w: &&&str| {
        let says = ["key", "token", "secret"].iter().any(|word| w.contains(word));
        is_name(w) && !says && w.bytes().all(|b| !b.is_ascii_uppercase())
    };
    let product = row.context.iter().find(is_family).or(row.context.iter().find(is_lower));
    let product = product.map_or(row.family().to_owned(), |w| w.to_lowercase());
    let host = row.context.iter().find(|w| {
        w.contains('.')
            && w.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'/'))
            && !w.starts_with('.')
    });
    let header = row.context.iter().find(|w| {
        let is_plain = |part: &str| PLAIN.contains(&part.to_ascii_lowercase().as_str());
        w.contains('-')
            && w.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !w.split('-').all(is_plain)
    });
    let variable = row.context.iter().find(|w| {
        w.contains('_') && w.bytes().all(|b| b.is_ascii_uppercase() || b == b'_' || b.is_ascii_digit())
    });
    let all: Vec<&str> = std::iter::once(product.as_str()).chain(kind.iter().copied()).collect();
    let declared = ["const ", "export const ", "let ", "static final String ", ""][random.below(5)];
    let name = spelt(&all, random.below(4));
    let mut texts = vec![
        ("a.js", format!("import x from \"y\";\n\n{declared}{name} = \"{v1}\";\n\nrun();\n")),
        (
            "b.json",
            if random.below(2) == 0 {
                format!(
                    "{{\n  \"name\": \"app\",\n  \"{product}\": {{\n    \"enabled\": true,\n    \"{}\": \"{v2}\"\n  }}\n}}\n",
                    spelt(&kind, 2)
                )
            } else {
                format!("{{\"log\":\"info\",\"{}\":\"{v2}\",\"port\":8080}}\n", spelt(&all, 2))
            },
        ),
        (
            "c.yaml",
            if random.below(2) == 0 {
                format!("server:\n  port: 80\n{product}:\n  region: eu\n  {}: {v3}\n", spelt(&kind, 1))
            } else {
                format!("env:\n  - name: {}\n    value: {v3}\n", spelt(&all, 0))
            },
        ),
        (
            "d.env",
            format!("PORT=80\n{}={v4}\n", variable.map_or_else(|| spelt(&all, 0), |name| (*name).to_owned())),
        ),
    ];
    if let Some(header) = header {
        texts.push(("e.py", format!("r = requests.get(url, headers={{\n    \"Accept\": \"*/*\",\n    \"{header}\": \"{v5}\",\n}})\n")));
    } else if let Some(host) = host {
        texts.push((
            "e.sh",
            match random.below(3) {
                0 => format!("curl -s -H \"Authorization: Bearer {v5}\" https://{host}/v1/items\n"),
                1 => format!("curl https://{host}/v1/items -H 'X-Api-Key: {v5}'\n"),
                _ => format!("wget \"https://{host}/v1/items?api_key={v5}&limit=3\"\n"),
            },
        ));
    }
    if row.context.is_empty() && row.prefix.len() > 2 {
        texts.push(("f.md", format!("# Notes\n\nUse {v6} for the tests, and ask for your own later.\n")));
    } else {
        let client = spelt(&[product.as_str(), "client"], 3);
        texts.push((
            "f.rb",
            format!("client = {client}.new(\n  {}: '{v6}',\n  timeout: 5\n)\n", spelt(&kind, 1)),
        ));
    }
    Some(texts)
}

/// The families that a finding names.
fn families(finding: &Finding) -> BTreeSet<String> {
    let ids = finding.details.get("candidates").map_or("", String::as_str).split(", ");
    let family = |id: &str| id.split('.').next().unwrap_or_default().to_owned();
    ids.chain([finding.pattern.as_str()]).filter(|id| !id.is_empty()).map(family).collect()
}

#[test]
fn every_row_is_found_and_named() {
    let excluded = excluded();
    let folder = tempfile::tempdir().unwrap();
    let mut wanted: BTreeMap<String, (&'static str, String)> = BTreeMap::new();
    let (mut counted, mut unread) = (0, Vec::new());
    for (n, row) in rows().iter().enumerate() {
        if excluded.get(row.id).is_some_and(|says| !says.starts_with('=')) {
            continue;
        }
        let mut random = Random(Generator::new(n as u64 + 1));
        let Some(texts) = settings(&mut random, row) else {
            unread.push(row.id);
            continue;
        };
        counted += 1;
        let family = excluded.get(row.id).map_or(row.family(), |as_id| as_id[1..].split('.').next().unwrap());
        for (name, text) in texts {
            let dir = folder.path().join(format!("{n:04}"));
            std::fs::create_dir_all(&dir).unwrap();
            let path = dir.join(name);
            std::fs::write(&path, text).unwrap();
            wanted.insert(path.display().to_string(), (row.id, family.to_owned()));
        }
    }
    let patterns = PatternSet::builtin().unwrap();
    let scanner = Scanner::new(&patterns, Options::default()).unwrap();
    let outcome = scanner.scan(&[Target::Path(folder.path().to_path_buf())], &Progress::default());
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for finding in &outcome.findings {
        for site in &finding.sites {
            found.entry(site.address.to_string()).or_default().extend(families(finding));
        }
    }
    let mut failed: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (path, (id, family)) in &wanted {
        if !found.get(path).is_some_and(|families| families.contains(family)) {
            let name = path.rsplit('/').next().unwrap();
            let instead =
                found.get(path).map(|f| f.iter().cloned().collect::<Vec<_>>().join("/")).unwrap_or_default();
            let text = std::fs::read_to_string(path).unwrap();
            failed.entry(id).or_default().push(format!("{name}({instead}) {}", text.replace('\n', "⏎")));
        }
    }
    let samples: usize = failed.values().map(Vec::len).sum();
    for (id, what) in &failed {
        println!("{id}: {}", what.join("  "));
    }
    println!("unread: {}", unread.join(" "));
    println!(
        "{} of {counted} rows found and named in all their settings, {} of {} samples; {} rows not read, {} excluded",
        counted - failed.len(),
        wanted.len() - samples,
        wanted.len(),
        unread.len(),
        excluded.len()
    );
    let untold: Vec<&&str> = unread.iter().filter(|id| !excluded.contains_key(**id)).collect();
    assert!(untold.is_empty(), "no reason stands in excluded.tsv for {untold:?}");
    assert!(counted - failed.len() >= ROWS_FOUND, "fewer rows than before");
}
