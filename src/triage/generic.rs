//! The generic detector's judgement: is a run that is assigned to a name really a secret?
//!
//! The name decides first (`names.rs`): without a word that means secret nothing is reported. Then
//! the value has to look random: what people and programs put under such names is full of paths,
//! type names, ids and hashes.

use super::checksum::base64_decode;
use super::names::{self, Strength, Verdict};
use super::natural;
use crate::engine::runs::Shape;

/// Why something is reported, and how sure that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The name that says it is a secret.
    pub key: String,
    /// 0 to 100.
    pub confidence: u8,
}

/// Judges a value that stands under `keys`.
pub fn judge<'k>(value: &[u8], keys: impl Iterator<Item = &'k str>) -> Option<Evidence> {
    let mut best: Option<(Strength, &str)> = None;
    // Nobody types such a PIN: it is a certificate's.
    let is_pin = |key: &str| value.len() > 16 && matches!(&*names::words(key), [.., last] if last == "pin");
    for key in keys.filter(|key| !is_pin(key)) {
        match names::judge(key) {
            Verdict::Secret(Strength::Strong) => {
                best = Some((Strength::Strong, key));
                break;
            }
            Verdict::Secret(strength) => best = best.or(Some((strength, key))),
            Verdict::Negated | Verdict::Unknown => {}
        }
    }
    let (strength, key) = best?;
    // A symbol that is named like a secret is no value: `d2i_PrivateKey_bio`.
    let is_symbol = |v: &str| {
        v == key || names::judge(v) != Verdict::Unknown && natural::surprise(value) < 25.0 && !is_hex(value)
    };
    let parts = value.iter().any(u8::is_ascii_alphabetic) && std::str::from_utf8(value).is_ok_and(is_symbol);
    if parts || !is_hex(value) && !is_uuid(value) && natural::surprise(value) < 3.0 {
        return None;
    }
    let confidence = match (strength, randomness(value)?) {
        (Strength::Strong, Randomness::High) => 75,
        (Strength::Strong, Randomness::Some) => 50,
        (Strength::Weak, Randomness::High) => 45,
        (Strength::Weak, Randomness::Some) => return None,
    };
    Some(Evidence { key: key.to_owned(), confidence })
}

/// How random a value looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Randomness {
    High,
    Some,
}

fn randomness(value: &[u8]) -> Option<Randomness> {
    if value.len() < 16
        || is_identifier(value)
        || is_hash_or_header(value)
        || (!is_hex(value) && is_words(value))
    {
        return None;
    }
    if is_uuid(value) {
        return Some(Randomness::Some);
    }
    let shape = Shape::of(value);
    if shape.digit == 0 || shape.upper + shape.lower == 0 {
        return None;
    }
    let floor = if shape.hex { 2.8 } else { 3.2 };
    if shape.entropy < floor || shape.changes * 7 < shape.len {
        return None;
    }
    let spread = (shape.len.min(64) as f32).log2();
    Some(if shape.hex || shape.entropy > spread * 0.78 { Randomness::High } else { Randomness::Some })
}

/// Whether a value looks random at all: a cheap look first, since nearly every run is a word.
pub fn is_random(value: &[u8]) -> bool {
    value.iter().any(u8::is_ascii_digit)
        && value.iter().any(u8::is_ascii_alphabetic)
        && randomness(value).is_some()
}

fn is_uuid(value: &[u8]) -> bool {
    value.len() == 36
        && value.iter().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => *b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// Whether most pairs of letters in a value are common in English and in identifiers.
pub fn reads_well(value: &[u8]) -> bool {
    let (mut pairs, mut common) = (0usize, 0usize);
    for pair in words(value).flat_map(|word| word.windows(2)) {
        pairs += 1;
        common += usize::from(is_common_pair(pair[0], pair[1]));
    }
    pairs >= 6 && common * 2 >= pairs + 2
}

/// Whether a value is words, versions and numbers joined by punctuation or case: a path, a slug, a
/// type name.
fn is_words(value: &[u8]) -> bool {
    if let [b'0', b'x' | b'X', digits @ ..] = value
        && digits.iter().all(u8::is_ascii_hexdigit)
    {
        return true;
    }
    let (mut letters, mut in_words, mut pairs, mut common) = (0usize, 0usize, 0usize, 0usize);
    for word in words(value) {
        letters += word.len();
        // Random values rarely have five letters of one case in a row.
        if word.len() >= 5 || (word.len() == 4 && word[1..].iter().all(u8::is_ascii_lowercase)) {
            in_words += word.len();
        }
        for pair in word.windows(2) {
            pairs += 1;
            common += usize::from(is_common_pair(pair[0], pair[1]));
        }
    }
    // One in five pairs of random letters is common, three in four of English and of identifiers.
    let reads_well = pairs >= 6 && common * 2 >= pairs + 2;
    let mixed = value.iter().any(u8::is_ascii_uppercase) && value.iter().any(u8::is_ascii_lowercase);
    let reads_rather_well = pairs >= 6 && common * 2 > pairs && mixed_slug(value);
    reads_well
        || reads_rather_well
        || is_slug(value)
        || (mixed && in_words * 3 > letters * 2 && common * 3 >= pairs)
        || letters * 6 < value.len()
}

/// Whether a value is hexadecimal digits of one case, with digits among them: half the pairs of the
/// letters from A to F are common in English, so hexadecimal values seem to read well.
fn is_hex(value: &[u8]) -> bool {
    value.iter().all(u8::is_ascii_hexdigit)
        && !(value.iter().any(u8::is_ascii_uppercase) && value.iter().any(u8::is_ascii_lowercase))
        && value.iter().filter(|b| b.is_ascii_digit()).count() * 4 >= value.len()
}

/// Whether a value is an identifier in mixed case with a few numbers in it: `Ed25519PrivateKey`,
/// `OAuth2CredentialProvider`. Most of its letters are in words with a vowel, many in words of four
/// letters and more. Less than one in a hundred random values of 20 letters and digits is like that.
fn is_identifier(value: &[u8]) -> bool {
    let (mut letters, mut words, mut good, mut long, mut numbers, mut digits) = (0, 0, 0, 0, 0, 0);
    let mut mixed = [false; 2];
    let mut rest = value;
    while let Some(&first) = rest.first() {
        let count = |is: fn(&u8) -> bool| rest.iter().take_while(|b| is(b)).count();
        let len = if first.is_ascii_digit() {
            let len = count(u8::is_ascii_digit);
            numbers += 1;
            digits += len;
            len
        } else if first.is_ascii_alphabetic() {
            let upper = count(u8::is_ascii_uppercase);
            let lower = rest[upper..].iter().take_while(|b| b.is_ascii_lowercase()).count();
            // The last of several capitals belongs to the word that follows.
            let len = if upper > 1 && lower > 0 { upper - 1 } else { upper + lower };
            let word = &rest[..len];
            let vowel = word.iter().any(|b| b"aeiouyAEIOUY".contains(b));
            mixed[0] |= upper > 0;
            mixed[1] |= lower > 0;
            letters += len;
            words += 1;
            good += if len >= 3 && (vowel || (upper >= len && len <= 5)) { len } else { 0 };
            long += if len >= 4 && vowel { len } else { 0 };
            len
        } else {
            1
        };
        rest = &rest[len..];
    }
    mixed == [true; 2]
        && numbers <= 4
        && digits * 3 <= value.len()
        && good * 10 >= letters * 8
        && long * 5 >= letters * 2
        && letters >= words * 3
}

/// Whether a value is what PostgreSQL makes of a password (`md5` and a hash), or the header of a
/// token by itself.
fn is_hash_or_header(value: &[u8]) -> bool {
    let is_md5 =
        value.len() == 35 && value.starts_with(b"md5") && value[3..].iter().all(u8::is_ascii_hexdigit);
    let is_header = value.starts_with(b"eyJ")
        && serde_json::from_slice::<serde_json::Value>(&base64_decode(value))
            .is_ok_and(|json| json.get("alg").is_some());
    is_md5 || is_header
}

/// Whether a value is parts in one case, each of letters or digits or a few of either, joined by
/// punctuation: `x86_64-unknown-linux-gnu`, `RFC3526_2048BIT_GROUP`; or a hexadecimal number with
/// its digits grouped.
fn is_slug(value: &[u8]) -> bool {
    let mixed = value.iter().any(u8::is_ascii_uppercase) && value.iter().any(u8::is_ascii_lowercase);
    let parts = || value.split(|b| matches!(b, b'-' | b'_' | b'/' | b'+'));
    if parts().nth(1).is_none() || is_uuid(value) {
        return false;
    }
    let turns =
        |part: &[u8]| part.windows(2).filter(|w| w[0].is_ascii_digit() != w[1].is_ascii_digit()).count();
    let grouped = value.contains(&b'_') && parts().all(|p| p.iter().all(u8::is_ascii_hexdigit));
    grouped
        || (!mixed
            && parts().all(|p| {
                p.len() <= 4 || turns(p) <= 2 || (p.len() <= 12 && turns(p) == 3 && value.contains(&b'_'))
            }))
}

/// Whether a value has punctuation and no capitals.
fn mixed_slug(value: &[u8]) -> bool {
    value.iter().any(|b| matches!(b, b'-' | b'_' | b'/')) && !value.iter().any(u8::is_ascii_uppercase)
}

/// The words of a value: letters of one case, perhaps behind one capital.
fn words(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value
        .chunk_by(|a, b| {
            a.is_ascii_alphabetic()
                && b.is_ascii_alphabetic()
                && !(a.is_ascii_lowercase() && b.is_ascii_uppercase())
        })
        .filter(|w| w[0].is_ascii_alphabetic())
}

/// The pairs of letters that make up most of English.
const COMMON_PAIRS: &[u8] = b"thheineranreonndatntenesstedortiasteetouitngofaldelesearsaveraldurhaicnemerio\
coroniseliceommaelislaecildichpetanacsutemunoleepridhrssgeultractaiotpoadmitrmonocahosolopleirabpaosshfo\
doewviryapivexepckblclsuuetylyrsrtrmtsocodogopidifigipbobacrdaebefgrmpncqupuubudugupvawillffgn\
amasppmyusadotgewhwaweyowokeegimivnaexoutwkesk";

fn is_common_pair(a: u8, b: u8) -> bool {
    static TABLE: std::sync::OnceLock<[u32; 26]> = std::sync::OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let mut table = [0u32; 26];
        for pair in COMMON_PAIRS.chunks_exact(2) {
            table[usize::from(pair[0] - b'a')] |= 1 << (pair[1] - b'a');
        }
        table
    });
    let index = |c: u8| c.to_ascii_lowercase().wrapping_sub(b'a');
    table.get(usize::from(index(a))).is_some_and(|row| row >> (index(b) & 31) & 1 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn confidence(key: &str, value: &str) -> Option<u8> {
        judge(value.as_bytes(), [key].into_iter()).map(|e| e.confidence)
    }

    #[test]
    fn random_values_under_secret_names() {
        assert!(confidence("api_secret", "k3Jx9QmTz2LkRw8VbN4cYh").unwrap() >= 70);
        assert!(confidence("clientSecret", "9f86d081884c7d659a2feaa0c55ad015").unwrap() >= 70);
        assert_eq!(confidence("title", "k3Jx9QmTz2LkRw8VbN4cYh"), None);
    }

    #[test]
    fn random_values_of_every_alphabet_pass() {
        use crate::pattern::{alphabet::Alphabet, example::Generator};
        for (alphabet, length) in [
            ("alnum", 20),
            ("base36", 20),
            ("base36", 32),
            ("hex", 32),
            ("hex", 64),
            ("alnum", 32),
            ("alnum", 40),
            ("anybase64", 40),
            ("BASE36", 24),
        ] {
            let alphabet = Alphabet::parse(alphabet).unwrap();
            let mut generator = Generator::new(7);
            let lost =
                (0..2000).filter(|_| !is_random(generator.chars(&alphabet, length).as_bytes())).count();
            assert!(lost <= 40, "{lost} of 2,000 lost: {alphabet:?} {length}");
        }
    }

    #[test]
    fn words_paths_and_numbers_are_no_secrets() {
        for value in [
            "my-application-name-v2",
            "com/example/application/MainActivity1",
            "SECRET_KEY_NAME_2",
            "1234567890123456",
            "application/vnd-json2",
            "getSecretValueFromStore2",
            "org/licenses/LICENSE-2",
            "x86_64-unknown-linux-gnu",
            "recursive_disassembler_0",
            "0x1234567890abcdef1234",
            "Win32_Storage_FileSystem",
            "Ed25519PrivateKey",
            "PKCS7PrivateKeyTypes",
            "OAuth2CredentialProvider",
            "UsWest1BucketKeyArn",
            "privateKeyToAsn1",
            "Cryptography_STACK_OF_X509",
            "EC_KEY_SECP256R1",
            "md59543f1d82624df2b31672ec0f7050460",
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9",
        ] {
            assert_eq!(confidence("secret", value), None, "{value}");
        }
    }
}
