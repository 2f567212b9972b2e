//! Strings of data that stand behind their length, as serializers write them: that byte may be a letter, and so may be the first byte of
//! what follows, so that the string does not stand alone. Others have nothing between them at all, as fields of databases.

use super::runs::outline::Outline;
use std::ops::Range;

/// How far into a long run is looked.
const FAR: usize = 512;

/// Letters of a prefix before its bar, and the least that stands behind it.
const PREFIX: usize = 3;
const SHORTEST: usize = 30;

/// Calls `found` where in a run of data a token may begin that is no word of the run: behind its first character, which may be a length,
/// and where capitals follow small letters or digits.
pub fn for_each_start(
    text: &[u8],
    run: &Range<usize>,
    outline: Option<Outline>,
    found: &mut dyn FnMut(usize),
) {
    found(run.start + 1);
    // `github_tokenghp_…`: a key and its value with nothing between them. Most prefixes of tokens with a checksum are three letters and a bar.
    for bar in memchr::memchr_iter(b'_', &text[run.start..run.end.min(run.start + FAR)]) {
        let at = run.start + bar;
        if bar > PREFIX && run.end - at > SHORTEST && text[at - PREFIX..at].iter().all(u8::is_ascii_lowercase)
        {
            found(at - PREFIX);
        }
    }
    match outline {
        Some(outline) => {
            let mut humps = outline.upper & (outline.lower | outline.digit) << 1;
            while humps != 0 {
                found(run.start + humps.trailing_zeros() as usize);
                humps &= humps - 1;
            }
        }
        None => {
            let pairs = text[run.clone()].windows(2).take(FAR).enumerate();
            pairs
                .filter(|(_, pair)| {
                    (pair[0].is_ascii_lowercase() || pair[0].is_ascii_digit()) && pair[1].is_ascii_uppercase()
                })
                .for_each(|(n, _)| found(run.start + n + 1));
        }
    }
}

/// Whether a token without small letters stands behind one, which ends another field, or behind a digit and before something else than
/// capitals and digits: of those alone, base32 and the like consist.
pub fn is_behind_word(text: &[u8], token: Range<usize>) -> bool {
    const BEHIND: usize = 8;
    let is_capital = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    let last = text[token.start - 1];
    let behind = &text[token.end..text.len().min(token.end + BEHIND)];
    (last.is_ascii_lowercase() || last.is_ascii_digit() && !behind.iter().all(is_capital))
        && !text[token].iter().any(u8::is_ascii_lowercase)
}

/// What keys of databases and tables are called whose value is a secret of that length, in small letters and nothing else.
const NAMES: [&[u8]; 2] = [b"secretaccesskey", b"secretkey"];
/// More of the run before a value is no name.
const LONGEST_NAME: usize = 32;

/// Whether the name of a secret ends right before a value of `len` characters, or before the byte that is its length: keys and values of
/// databases stand behind each other.
pub fn is_behind_name(before: &[u8], len: usize) -> bool {
    let is_name = |before: &[u8]| {
        let before = &before[before.len().saturating_sub(LONGEST_NAME)..];
        let mut letters = [0; LONGEST_NAME];
        let mut count = 0;
        for b in before.iter().filter(|b| b.is_ascii_alphanumeric()) {
            letters[count] = b.to_ascii_lowercase();
            count += 1;
        }
        NAMES.iter().any(|name| letters[..count].ends_with(name))
    };
    let Some((last, rest)) = before.split_last() else { return false };
    is_name(before) || is_counted(*last, len) && is_name(rest)
}

/// Length of access keys of AWS (`AKIA…`, `ASIA…`), whose other half may be the next field of a record.
const ID: usize = 20;
/// Records in one run that are looked at.
const RECORDS: usize = 64;

/// Calls `found` where an access key ends in a run of data: columns of one width have nothing between them (Stata, SAS, dBase, arrays of
/// NumPy), or the byte that is the length of what follows.
pub fn for_each_id_end(run: &[u8], found: &mut dyn FnMut(usize)) {
    let is_begun = |at: usize| {
        at >= 2 && run[at - 2] == b'A' && matches!(run[at - 1], b'K' | b'S') && run.get(at + 1) == Some(&b'A')
    };
    let is_id = |id: &[u8]| id.iter().all(|b| b.is_ascii_uppercase() || matches!(b, b'2'..=b'7'));
    memchr::memchr_iter(b'I', run)
        .filter(|at| is_begun(*at))
        .map(|at| at - 2..at - 2 + ID)
        .filter(|id| run.get(id.clone()).is_some_and(is_id))
        .take(RECORDS)
        .for_each(|id| found(id.end));
}

/// Whether a byte before a string of `len` characters says so, in one of the ways that are in use.
pub fn is_counted(byte: u8, len: usize) -> bool {
    let value = usize::from(byte);
    // As it is; with five more (Ruby, LuaJIT); short ones of OCaml.
    value == len || value == len + 5 || len < 32 && value == 0x20 + len
        // Twice, for signs or flags: Avro, bytecode of Ruby, rows of PostgreSQL (which count themselves).
        || value == 2 * len || value == 2 * len + 1 || value == 2 * len + 3
        || match byte {
            // Smile: up to 32 characters, and more. CBOR shares its range with the second.
            0x40..=0x5f => value - 0x3f == len,
            0x60..=0x7f => value - 0x60 + 33 == len || len < 24 && value - 0x60 == len,
            // MessagePack.
            0xa0..=0xbf => value - 0xa0 == len,
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_fields_may_begin() {
        let text = b"=shopKEY0123secretKeyAbc7D=";
        let run = 1..text.len() - 1;
        for outline in [Outline::of(text, &run), None] {
            let mut starts = Vec::new();
            for_each_start(text, &run, outline, &mut |at| starts.push(at));
            assert_eq!(starts, [2, 5, 18, 21, 25]);
        }
        assert!(is_behind_word(text, 5..12) && !is_behind_word(text, 18..21));
        assert!(is_behind_word(b"s3KEY0123abc", 2..9) && !is_behind_word(b"73KEY0123ABCDEFGH7", 2..9));
    }

    #[test]
    fn values_behind_their_name() {
        for before in [
            &b"aws_secret_access_key"[..],
            b"aws_secret_access_keyS",
            b"shop.SecretKey",
            b"SECRET-ACCESS-KEY-",
        ] {
            assert!(is_behind_name(before, 40));
        }
        for before in [&b""[..], b"S", b"aws_secret_access_keys", b"secret_access_keyAB", b"key"] {
            assert!(!is_behind_name(before, 40));
        }
    }

    #[test]
    fn ends_of_access_keys() {
        let ends = |run: &str| {
            let mut ends = Vec::new();
            for_each_id_end(run.as_bytes(), &mut |at| ends.push(at));
            ends
        };
        let (id, secret) = (format!("AKIA{}", "B2".repeat(8)), "x/Y1".repeat(10));
        assert_eq!(ends(&format!("{id}{secret}")), [20]);
        assert_eq!(ends(&format!("s3{id}{secret}s3{id}{secret}")), [22, 84]);
        assert_eq!(ends(&format!("ASIA{}", "B2".repeat(8))), [20]);
        for none in ["AKIA", "IA", "AKI", &id[1..], &format!("AKIA{}{secret}", "b2".repeat(8))] {
            assert_eq!(ends(none), [] as [usize; 0], "{none}");
        }
    }

    #[test]
    fn ways_to_count() {
        for (byte, len) in [
            (40, 40),
            (b'-', 40),
            (b'P', 40),
            (b'Q', 40),
            (b'S', 40),
            (b'+', 20),
            (b'S', 20),
            (b'4', 20),
            (b'g', 40),
            (b't', 20),
            (0xb4, 20),
        ] {
            assert!(is_counted(byte, len), "{byte} {len}");
        }
        for (byte, len) in [(0, 40), (b'x', 40), (41, 40), (b'=', 40), (0xff, 40)] {
            assert!(!is_counted(byte, len), "{byte} {len}");
        }
    }
}
