//! The generic detector's judgement: is a run that is assigned to a name really a secret?
//!
//! The name decides first (`names.rs`): without a word that means secret nothing is reported. Then
//! the value has to look random: what people and programs put under such names is full of paths,
//! type names, ids and hashes.

use super::checksum::base64_decode;
use super::names::{self, Strength, Verdict};
use super::{natural, score};
use crate::engine::runs::Shape;
use crate::engine::runs::outline::{Outline, outlines, pieces, span};

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
    let is_pin = |key: &str| {
        value.len() > 16 && matches!(&*names::words(key), [.., last] if last == "pin" || last == "pins")
    };
    // `"AWS::SecretsManager::Secret": "f6b785ff8e74d121"`
    let is_type = |key: &str| key.starts_with(|c: char| c.is_ascii_uppercase()) && key.contains("::");
    // `d3pwY3N0dA==` on the line above: base64 in which `pw` stands by chance.
    let is_encoded = |key: &str| {
        let has = |is: fn(&u8) -> bool| key.as_bytes().iter().any(is);
        key.len() >= 8
            && has(u8::is_ascii_uppercase)
            && has(u8::is_ascii_lowercase)
            && has(u8::is_ascii_digit)
            && key.bytes().all(|b| b.is_ascii_alphanumeric())
            && natural::surprise(key.as_bytes()) > 8.0
    };
    for key in keys.filter(|key| !is_pin(key) && !is_type(key) && !is_encoded(key)) {
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
    if is_digest(value) || is_id(key, value) {
        return None;
    }
    // A symbol that is named like a secret is no value: `d2i_PrivateKey_bio`.
    let is_symbol = |v: &str| {
        v == key || names::judge(v) != Verdict::Unknown && natural::surprise(value) < 25.0 && !is_hex(value)
    };
    let parts = value.iter().any(u8::is_ascii_alphabetic) && std::str::from_utf8(value).is_ok_and(is_symbol);
    // `_1720230151480_AddApiKey_1 = require("./1720230151480-AddApiKey")`
    let fold = |text: &[u8]| -> Vec<u8> {
        text.iter().filter(|b| b.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect()
    };
    if memchr::memmem::find(&fold(key.as_bytes()), &fold(value)).is_some() || natural::is_algorithm(value) {
        return None;
    }
    if parts || !is_hex(value) && !is_uuid(value) && natural::surprise(value) < 3.0 {
        return None;
    }
    let confidence = match (strength, randomness(value, Outline::of(value, &(0..value.len())))?) {
        (Strength::Strong, Randomness::High) => 75,
        (Strength::Strong, Randomness::Some) => 50,
        (Strength::Weak, Randomness::High) => 45,
        (Strength::Weak, Randomness::Some) => return None,
    };
    let is_made_up = |word: &String| matches!(&**word, "sample" | "example" | "dummy" | "fake" | "mock");
    let confidence =
        if names::words(key).iter().any(is_made_up) { confidence.min(score::HINT) } else { confidence };
    Some(Evidence { key: key.to_owned(), confidence })
}

/// How random a value looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Randomness {
    High,
    Some,
}

fn randomness(value: &[u8], outline: Option<Outline>) -> Option<Randomness> {
    if value.len() < 16 || outline.is_some_and(|o| !may_be_random(&o) || is_plain_slug(value, &o)) {
        return None;
    }
    if is_identifier(value, outline)
        || is_hash_or_header(value)
        || (!is_hex(value) && is_words(value, outline))
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
    if shape.entropy < floor || shape.changes * CHANGES < shape.len {
        return None;
    }
    let spread = (shape.len.min(64) as f32).log2();
    Some(if shape.hex || shape.entropy > spread * 0.78 { Randomness::High } else { Randomness::Some })
}

/// In random values one neighbour in so many is of another kind, at least.
const CHANGES: usize = 7;

/// Whether a value of this outline may look random: a cheap look first, since nearly every run is a name.
/// (UUIDs with their joints pass too.)
pub fn may_be_random(outline: &Outline) -> bool {
    outline.digit != 0 && outline.letter() != 0 && outline.changes() * CHANGES >= outline.len
}

/// Whether a value looks random at all.
pub fn is_random(value: &[u8]) -> bool {
    is_random_as(value, Outline::of(value, &(0..value.len())))
}

/// The same where the outline of the value is known, or known to be missing.
pub fn is_random_as(value: &[u8], outline: Option<Outline>) -> bool {
    randomness(value, outline).is_some()
}

/// Whether a value is a hash that says so, in base64: of a certificate's key (`sha256/…`, RFC 7469), of a file
/// (`sha384-…`, Subresource Integrity).
fn is_digest(value: &[u8]) -> bool {
    const KINDS: [(&[u8], usize); 4] = [(b"sha1", 27), (b"sha256", 43), (b"sha384", 64), (b"sha512", 86)];
    KINDS.iter().any(|(kind, len)| {
        value.strip_prefix(*kind).is_some_and(|rest| {
            matches!(rest.first(), Some(b'/' | b'-'))
                && rest[1..].trim_ascii_end().iter().filter(|b| **b != b'=').count() == *len
        })
    })
}

/// Whether a value is an id that stands where keys do: hexadecimal digits of SHA-1 under no other name than `key` (what pages
/// are built of has a key, `h("div", {key: "…"})`, and so have signers of packages) or of an identifier of keys.
fn is_id(key: &str, value: &[u8]) -> bool {
    value.len() == 40
        && value.iter().all(u8::is_ascii_hexdigit)
        && matches!(&*key.to_ascii_lowercase(), "key" | "keyid" | "keyidentifier" | "key_id")
}

/// Whether a value is a UUID, with its joints.
pub fn is_uuid(value: &[u8]) -> bool {
    value.len() == 36
        && value.iter().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => *b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// What a value has in words: stretches of letters that begin where the case rises.
#[derive(Clone, Copy, Debug, Default)]
struct Words {
    letters: usize,
    /// Letters in words that random values rarely have.
    in_words: usize,
    /// Neighbours that are both letters of a word.
    pairs: usize,
    /// Of these, common ones.
    common: usize,
    is_mixed: bool,
}

impl Words {
    /// Words that go over the border of two outlines count as two.
    fn of(value: &[u8], known: Option<Outline>) -> Words {
        let mut words = Words::default();
        let (mut upper, mut lower) = (0, 0);
        for (bytes, outline) in outlines(value, known) {
            upper |= outline.upper;
            lower |= outline.lower;
            for word in pieces(outline.letter(), outline.upper & outline.lower << 1) {
                let len = word.len();
                let rest = span(&(word.start + 1..word.end));
                words.letters += len;
                // Random values rarely have five letters of one case in a row.
                if len >= 5 || len == 4 && outline.lower & rest == rest {
                    words.in_words += len;
                }
                words.pairs += len - 1;
                let word = &bytes[word.start as usize..word.end as usize];
                words.common += word.windows(2).filter(|pair| is_common_pair(pair[0], pair[1])).count();
            }
        }
        words.is_mixed = upper != 0 && lower != 0;
        words
    }

    /// Whether most pairs are common: one in five pairs of random letters is, three in four of English and
    /// of identifiers.
    fn read_well(&self) -> bool {
        self.pairs >= 6 && self.common * 2 >= self.pairs + 2
    }
}

/// Whether most pairs of letters in a value are common in English and in identifiers.
pub fn reads_well(value: &[u8]) -> bool {
    Words::of(value, None).read_well()
}

/// Whether a value is words, versions and numbers joined by punctuation or case: a path, a slug, a
/// type name.
fn is_words(value: &[u8], known: Option<Outline>) -> bool {
    // `0x9f1f608628a4fefbULL`
    let number = value.trim_ascii_end();
    let suffix = number.iter().rev().take_while(|b| b"uUlL".contains(b)).count().min(3);
    if let [b'0', b'x' | b'X', digits @ ..] = &number[..number.len() - suffix]
        && digits.iter().all(u8::is_ascii_hexdigit)
    {
        return true;
    }
    let words = Words::of(value, known);
    let Words { letters, in_words, pairs, common, is_mixed } = words;
    words.read_well()
        || (pairs >= 6 && common * 2 > pairs && mixed_slug(value))
        || is_slug(value)
        || (is_mixed && in_words * 3 > letters * 2 && common * 3 >= pairs)
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
fn is_identifier(value: &[u8], known: Option<Outline>) -> bool {
    let (mut upper, mut lower) = (0, 0);
    let (mut letters, mut words, mut good, mut long, mut numbers, mut digits) = (0, 0, 0, 0, 0, 0);
    for (_, outline) in outlines(value, known) {
        upper |= outline.upper;
        lower |= outline.lower;
        digits += outline.digit.count_ones() as usize;
        numbers += (outline.digit & !(outline.digit << 1)).count_ones();
        // The last of several capitals belongs to the word that follows.
        let after = outline.lower << 1 | outline.upper << 1 & outline.lower >> 1;
        for word in pieces(outline.letter(), outline.upper & after) {
            let (len, bits) = (word.len(), span(&word));
            let has_vowel = outline.vowel & bits != 0;
            letters += len;
            words += 1;
            good += if len >= 3 && (has_vowel || outline.lower & bits == 0 && len <= 5) { len } else { 0 };
            long += if len >= 4 && has_vowel { len } else { 0 };
        }
    }
    (upper != 0 && lower != 0)
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

/// What is one by so few bits that nothing else need be asked: most names with digits in them are.
fn is_plain_slug(value: &[u8], o: &Outline) -> bool {
    let (joints, within) = (o.other(), !0u64 >> (Outline::LONGEST - o.len) >> 1);
    let turns = (o.digit ^ o.digit >> 1) & within & !(joints | joints >> 1);
    let is_joint = |at: u32| value.get(at as usize).is_some_and(|b| matches!(b, b'-' | b'_' | b'/' | b'+'));
    joints != 0
        && !o.is_mixed()
        && turns.count_ones() <= 2
        && !is_uuid(value)
        && pieces(joints, joints).all(|joint| is_joint(joint.start))
}

/// Whether a value has punctuation and no capitals.
fn mixed_slug(value: &[u8]) -> bool {
    value.iter().any(|b| matches!(b, b'-' | b'_' | b'/')) && !value.iter().any(u8::is_ascii_uppercase)
}

/// The pairs of letters that make up most of English.
const COMMON_PAIRS: &[u8] = b"thheineranreonndatntenesstedortiasteetouitngofaldelesearsaveraldurhaicnemerio\
coroniseliceommaelislaecildichpetanacsutemunoleepridhrssgeultractaiotpoadmitrmonocahosolopleirabpaosshfo\
doewviryapivexepckblclsuuetylyrsrtrmtsocodogopidifigipbobacrdaebefgrmpncqupuubudugupvawillffgn\
amasppmyusadotgewhwaweyowokeegimivnaexoutwkesk";

fn is_common_pair(a: u8, b: u8) -> bool {
    const TABLE: [u32; 26] = {
        let mut table = [0u32; 26];
        let mut i = 0;
        while i + 1 < COMMON_PAIRS.len() {
            table[(COMMON_PAIRS[i] - b'a') as usize] |= 1 << (COMMON_PAIRS[i + 1] - b'a');
            i += 2;
        }
        table
    };
    let index = |c: u8| c.to_ascii_lowercase().wrapping_sub(b'a');
    TABLE.get(usize::from(index(a))).is_some_and(|row| row >> (index(b) & 31) & 1 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn confidence(key: &str, value: &str) -> Option<u8> {
        judge(value.as_bytes(), [key].into_iter()).map(|e| e.confidence)
    }

    proptest::proptest! {
        #[test]
        fn plain_slugs_are_words(value in "[ab1]{0,6}([-_./+]?[aB12]{1,9}){1,9}") {
            let value = value.as_bytes();
            if let Some(outline) = Outline::of(value, &(0..value.len())) {
                proptest::prop_assert!(!is_plain_slug(value, &outline) || is_words(value, Some(outline)));
            }
        }
    }

    #[test]
    fn what_is_named_a_sample_is_a_hint() {
        let value = "Vjs8r4z80wjNcr1YKepWQboSIRi63Ws";
        assert!(confidence("secret_key", value) > Some(45));
        assert_eq!(confidence("sample_secret_key", value), Some(45));
    }

    #[test]
    fn hashes_that_say_so_are_no_secrets() {
        let body = "Vjs8r4z+80wjNcr1YKepWQboSIRi63WsWXhIMN+eWys";
        assert!(confidence("api_secret", body).is_some());
        for key in ["api_secret", "PINS"] {
            assert_eq!(confidence(key, &format!("sha256/{body}=")), None);
            assert_eq!(confidence(key, &format!("sha256-{body}")), None);
        }
        assert!(confidence("api_secret", &format!("sha256/{}", &body[..40])).is_some());
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
