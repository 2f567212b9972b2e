//! Rows of the tables, and values made up from them.

use keysift::pattern::alphabet::Alphabet;
use keysift::pattern::example::Generator;
use std::collections::BTreeMap;

const TABLES: [&str; 2] = [
    include_str!("../../testdata/facts/providers.tsv"),
    include_str!("../../testdata/facts/providers-longtail.tsv"),
];
const EXCLUDED: &str = include_str!("../../testdata/facts/excluded.tsv");

/// What a row says.
pub struct Row {
    pub id: &'static str,
    pub provider: &'static str,
    pub prefix: &'static str,
    pub alphabet: &'static str,
    pub length: &'static str,
    pub checksum: &'static str,
    pub context: Vec<&'static str>,
    pub severity: &'static str,
}

impl Row {
    pub fn family(&self) -> &'static str {
        self.id.split('.').next().unwrap()
    }

    pub fn kind(&self) -> &'static str {
        self.id.split('.').nth(1).unwrap()
    }
}

/// All rows.
pub fn rows() -> Vec<Row> {
    let all = TABLES.iter().flat_map(|table| table.lines().skip(1));
    all.map(|line| {
        let column: Vec<&'static str> = line.split('\t').collect();
        let context = column[6].split(", ").map(str::trim).filter(|w| !w.is_empty()).collect();
        Row {
            id: column[0],
            provider: column[1],
            prefix: column[2],
            alphabet: column[3],
            length: column[4],
            checksum: column[5],
            context,
            severity: column[8].trim(),
        }
    })
    .collect()
}

/// Rows without samples, with the reason, and rows that another id finds, with that id.
pub fn excluded() -> BTreeMap<&'static str, &'static str> {
    EXCLUDED.lines().skip(1).filter_map(|line| line.split_once('\t')).collect()
}

/// Choices that come out the same each time.
pub struct Random(pub Generator);

impl Random {
    pub fn below(&mut self, n: usize) -> usize {
        let digits = Alphabet::parse("digits").unwrap();
        self.0.chars(&digits, 9).parse::<usize>().unwrap() % n
    }

    pub fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
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

/// A value of a row, made up; `None` where the row does not say it in a form that is read here.
pub fn value(random: &mut Random, row: &Row) -> Option<String> {
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
