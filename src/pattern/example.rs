//! Examples of patterns are templates: `token = "ghp_{alnum:30}"`. Values are made up when the
//! test runs, so that the repository holds nothing that looks live.

use super::alphabet::{Alphabet, NAMED};
use super::{Matcher, Pattern, Segment};
use crate::triage::checksum;
use std::fmt::Write;

/// A small generator (SplitMix64): the same seed gives the same examples on every machine.
pub struct Generator(u64);

impl Generator {
    /// A generator for `seed`.
    pub fn new(seed: u64) -> Self {
        Generator(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// `length` characters of `alphabet`; those of 16 and more hold an upper-case letter, a
    /// lower-case letter and a digit wherever the alphabet has them.
    pub fn chars(&mut self, alphabet: &Alphabet, length: usize) -> String {
        let members: Vec<u8> = alphabet.members().collect();
        let classes = [u8::is_ascii_uppercase, u8::is_ascii_lowercase, u8::is_ascii_digit];
        loop {
            let value: Vec<u8> =
                (0..length).map(|_| members[(self.next() % members.len() as u64) as usize]).collect();
            let full = length < 16
                || classes
                    .iter()
                    .all(|has| !members.iter().any(has) || value.iter().filter(|b| has(b)).count() >= 2);
            // Values that start or end with punctuation are valid but make doubtful examples.
            let edges = [value.first(), value.last()].iter().flatten().all(|b| b.is_ascii_alphanumeric())
                || !members.iter().any(u8::is_ascii_alphanumeric);
            if full && edges {
                return String::from_utf8(value).expect("alphabets are ASCII");
            }
        }
    }
}

/// `template` with its fields filled in:
///
/// - `{ALPHABET:LENGTH}` for a named alphabet, `{[A-Z2-7_]:LENGTH}` for one that is written out;
/// - `{uuid}`;
/// - `{routable:PREFIX}`: PREFIX, 40 random characters, their number and the CRC-32 in base 36, as GitLab
///   makes tokens.
/// - `{crc62:PREFIX}`: PREFIX, 30 random characters, and the CRC-32 in base 62 that GitHub and npm
///   end their tokens with;
/// - `{b64:TEXT}`: base64 of TEXT, which holds no braces;
/// - `{hex-bytes:FEED}`: these bytes;
/// - `{jwt}`: three parts, the first two JSON;
/// - `{pem:LABEL}`: a block between `-----BEGIN LABEL-----` and its end, and `{pem-crlf:LABEL}`,
///   `{pem-escaped:LABEL}` (`\n` as in JSON), `{pem-line:LABEL}` (blanks for line ends).
///
/// Anything else in braces stays as it is.
pub fn fill(template: &str, generator: &mut Generator) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        let tail = &rest[open + 1..];
        let filled = tail.find('}').and_then(|close| field(&tail[..close], generator).map(|f| (f, close)));
        match filled {
            Some((text, close)) => {
                out.push_str(&text);
                rest = &tail[close + 1..];
            }
            None => {
                out.push('{');
                rest = tail;
            }
        }
    }
    out.push_str(rest);
    out
}

/// The templates of texts that hold what the pattern finds, and of texts that do not: its own, or, where it
/// has none, those that follow from its form.
pub fn of(pattern: &Pattern) -> (Vec<String>, Vec<String>) {
    let own = |all: &[super::Str]| all.iter().map(|text| text.to_string()).collect::<Vec<_>>();
    let (mut examples, mut not) = (own(&pattern.examples), own(&pattern.not));
    let (prefixes, bodies) = match &pattern.matcher {
        Matcher::Token { prefixes, bodies } => (prefixes.to_vec(), bodies),
        Matcher::Named { bodies } => (vec![super::Bytes::Borrowed(b"")], bodies),
        _ => return (examples, not),
    };
    let values: Vec<String> = prefixes
        .iter()
        .flat_map(|prefix| {
            bodies.iter().map(|body| String::from_utf8_lossy(prefix).into_owned() + &template(body))
        })
        .collect();
    let is_named = matches!(pattern.matcher, Matcher::Named { .. });
    if examples.is_empty() {
        let name = if is_named { name(pattern) } else { "key".to_owned() };
        examples.extend(values.iter().map(|value| format!("{name} = \"{value}\"")));
    }
    if not.is_empty() {
        not.extend(values.iter().map(|value| {
            if is_named { format!("commit \"{value}\"") } else { format!("key = \"x{value}\"") }
        }));
    }
    (examples, not)
}

/// A name that the words of the pattern are in.
fn name(pattern: &Pattern) -> String {
    let kind = pattern.id.split_once('.').map_or("key", |(_, kind)| kind).replace('-', "_");
    let all = || pattern.near.iter().chain(pattern.weak.iter());
    let is_plain = |word: &&super::Str| word.bytes().all(|b| b.is_ascii_alphanumeric());
    match all().find(is_plain).or(all().next()) {
        Some(word) if is_plain(&word) => format!("{word}_{kind}"),
        Some(word) => format!("{word} {kind}"),
        None => kind,
    }
}

fn template(body: &[Segment]) -> String {
    let part = |segment: &Segment| match segment {
        Segment::Literal(text) => String::from_utf8_lossy(text).into_owned(),
        Segment::Chars { alphabet, min, .. } => format!("{{[{}]:{min}}}", alphabet.ranges()),
    };
    body.iter().map(part).collect()
}

fn field(text: &str, generator: &mut Generator) -> Option<String> {
    if text == "uuid" {
        let hex = Alphabet::parse("hex").expect("a named alphabet");
        let mut part = |n| generator.chars(&hex, n);
        return Some(format!("{}-{}-4{}-a{}-{}", part(8), part(4), part(3), part(3), part(12)));
    }
    if text == "jwt" {
        return Some(jwt(generator));
    }
    if let Some((members, length)) = text.strip_prefix('[').and_then(|t| t.split_once("]:")) {
        let alphabet = Alphabet::parse(members).ok()?;
        return Some(generator.chars(&alphabet, length.parse().ok().filter(|&n| n <= 4096)?));
    }
    let (name, argument) = text.split_once(':')?;
    match name {
        "routable" => {
            let payload = generator.chars(&Alphabet::parse("base64url").expect("a named alphabet"), 40);
            let body = format!("{argument}{payload}.01.14");
            let sum = checksum::crc32_base36(body.as_bytes());
            Some(body + &sum)
        }
        "crc62" => {
            let body = generator.chars(&Alphabet::parse("alnum").expect("a named alphabet"), 30);
            let mut token = format!("{argument}{body}");
            write!(token, "{}", checksum::crc32_base62(body.as_bytes())).expect("writing to a string");
            Some(token)
        }
        // One character a byte: `check` makes bytes of them.
        "hex-bytes" => {
            let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
            argument.as_bytes().chunks(2).map(|pair| byte(pair).map(char::from)).collect()
        }
        "b64" => Some(checksum::base64_encode(argument.as_bytes())),
        "pem" => Some(pem(argument, "\n", generator)),
        "pem-crlf" => Some(pem(argument, "\r\n", generator)),
        "pem-escaped" => Some(pem(argument, "\\n", generator)),
        "pem-line" => Some(pem(argument, " ", generator)),
        _ => {
            let (_, ranges) = NAMED.iter().find(|(n, _)| *n == name)?;
            let length: usize = argument.parse().ok().filter(|&n| n <= 4096)?;
            Some(generator.chars(&Alphabet::parse(ranges).expect("a named alphabet"), length))
        }
    }
}

/// A JSON Web Token with a made-up subject and signature.
fn jwt(generator: &mut Generator) -> String {
    let [digits, base64url] = ["digits", "base64url"].map(|n| Alphabet::parse(n).expect("a named alphabet"));
    let part = |json: &str| {
        checksum::base64_encode(json.as_bytes()).trim_end_matches('=').replace('+', "-").replace('/', "_")
    };
    let header = part(r#"{"alg":"HS256","typ":"JWT"}"#);
    let payload = part(&format!(r#"{{"sub":"{}","name":"nobody"}}"#, generator.chars(&digits, 10)));
    format!("{header}.{payload}.{}", generator.chars(&base64url, 43))
}

/// How an unencrypted OpenSSH key begins: magic, cipher and KDF `none`, one key.
const OPENSSH: &str = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAAB";

/// A block of PEM, or of OpenPGP armour, with random contents.
fn pem(label: &str, newline: &str, generator: &mut Generator) -> String {
    let base64 = Alphabet::parse("base64").expect("a named alphabet");
    let mut lines = vec![format!("-----BEGIN {label}-----")];
    let armour = label.starts_with("PGP");
    if armour {
        lines.push(String::new());
    }
    lines.extend((0..5).map(|_| generator.chars(&base64, 64)));
    if label.starts_with("OPENSSH") {
        lines[1].replace_range(..OPENSSH.len(), OPENSSH);
    }
    lines.push(format!("{}=", generator.chars(&base64, 43)));
    if armour {
        lines.push(format!("={}", generator.chars(&base64, 4)));
    }
    lines.push(format!("-----END {label}-----"));
    lines.join(newline)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_filled_and_other_braces_kept() {
        let filled = fill(r#"{"key": "AKIA{base32:16}", "x": {y}}"#, &mut Generator::new(1));
        assert!(filled.starts_with(r#"{"key": "AKIA"#) && filled.ends_with(r#"", "x": {y}}"#), "{filled}");
        assert_eq!(filled.len(), r#"{"key": "AKIA", "x": {y}}"#.len() + 16);
        assert_eq!(filled, fill(r#"{"key": "AKIA{base32:16}", "x": {y}}"#, &mut Generator::new(1)));
    }

    #[test]
    fn blocks_and_tokens_have_their_form() {
        let mut generator = Generator::new(7);
        let block = fill("{pem-escaped:PGP PRIVATE KEY BLOCK}", &mut generator);
        assert!(block.starts_with(r"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n"), "{block}");
        assert!(!block.contains('\n') && block.ends_with("-----END PGP PRIVATE KEY BLOCK-----"), "{block}");
        assert!(fill("{pem:OPENSSH PRIVATE KEY}", &mut generator).contains(OPENSSH));
        let token = fill("{jwt}", &mut generator);
        assert!(checksum::Check::JwtHeader.passes(token.as_bytes()), "{token}");
        assert_eq!(fill("{[Qq]:30}", &mut generator).trim_matches(['Q', 'q']), "");
    }
}
