//! Checks of values: checksums that formats carry, and shapes.

use crate::engine::runs::Shape;
use sha2::{Digest, Sha256};

/// A named check of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// The last 6 characters are the CRC-32 of the 30 before them, in base 62 (GitHub, npm).
    Crc62,
    /// The last 7 characters are the CRC-32 of all before them, in base 36, where the 2 before those are the
    /// length of the payload (routable tokens of GitLab).
    Crc36,
    /// Upper case, lower case and a digit; not hexadecimal, no path, no base64 of text.
    RandomBase64,
    /// At least one digit and one letter.
    LetterAndDigit,
    /// Random rather than words, versions, paths or numbers; see `triage::generic`.
    RandomToken,
    /// A JWT: the first part decodes to a JSON object with `alg`.
    JwtHeader,
    /// What follows the prefix, or all of it, is random; see `triage::generic`.
    RandomTail,
    /// Base58 whose last four bytes are the double SHA-256 of the others (Bitcoin).
    Base58Check,
    /// An Amazon SES SMTP password: base64 of 33 bytes of which the first is the version, 4.
    SesVersion,
    /// The part before the first dot is the number of an account in base64 (tokens of Discord's bots).
    DiscordId,
}

impl Check {
    const NAMES: &[(&str, Check)] = &[
        ("crc62", Check::Crc62),
        ("crc36", Check::Crc36),
        ("random-base64", Check::RandomBase64),
        ("letter-and-digit", Check::LetterAndDigit),
        ("random-token", Check::RandomToken),
        ("jwt-header", Check::JwtHeader),
        ("ses-version", Check::SesVersion),
        ("discord-id", Check::DiscordId),
        ("random-tail", Check::RandomTail),
        ("base58-check", Check::Base58Check),
    ];

    /// The check a pattern names.
    pub fn named(name: &str) -> Result<Check, String> {
        Check::NAMES.iter().find(|(n, _)| *n == name).map(|(_, check)| *check).ok_or_else(|| {
            let names: Vec<_> = Check::NAMES.iter().map(|(n, _)| *n).collect();
            format!("unknown check {name:?}; there are {}", names.join(", "))
        })
    }

    /// Whether it holds for no value by chance.
    pub fn is_checksum(self) -> bool {
        matches!(self, Check::Crc62 | Check::Crc36 | Check::Base58Check)
    }

    /// Whether `value` (with its prefix) passes.
    pub fn passes(self, value: &[u8]) -> bool {
        match self {
            Check::Crc62 => crc62_holds(value),
            Check::Crc36 => crc36_holds(value),
            Check::RandomBase64 => Shape::of(value).is_random_base64(value),
            Check::LetterAndDigit => {
                value.iter().any(u8::is_ascii_digit) && value.iter().any(u8::is_ascii_alphabetic)
            }
            Check::RandomToken => super::generic::is_random(value),
            Check::JwtHeader => jwt_header_holds(value),
            Check::RandomTail => {
                let tail = value.iter().position(|b| !b.is_ascii_alphanumeric()).map_or(0, |at| at + 1);
                super::generic::is_random(value) || super::generic::is_random(&value[tail..])
            }
            Check::Base58Check => base58_check_holds(value),
            Check::DiscordId => {
                let end = value.iter().position(|b| *b == b'.').unwrap_or(0);
                let number = base64_decode(&value[..end]);
                (17..=20).contains(&number.len()) && number.iter().all(u8::is_ascii_digit)
            }
            Check::SesVersion => value.len() == 44 && base64_decode(&value[..2]) == [4],
        }
    }
}

impl Check {
    /// Whether `value` passes where its name says that it is a secret: one in 300 random values has no
    /// digit, or looks like words by chance.
    pub fn passes_named(self, value: &[u8]) -> bool {
        match self {
            Check::RandomBase64 => Shape::of(value).may_be_random_base64(value),
            // The looks of it are judged by the other check of the pattern.
            Check::RandomToken => true,
            _ => self.passes(value),
        }
    }
}

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The CRC-32 of `body` in base 62 (digits, upper case, lower case), padded to 6 characters with `0`:
/// how GitHub's tokens end ("Behind GitHub's new authentication token formats", GitHub blog, 2021).
pub fn crc32_base62(body: &[u8]) -> String {
    let mut crc = crc32fast::hash(body);
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[(crc % 62) as usize];
        crc /= 62;
    }
    String::from_utf8_lossy(&digits).into_owned()
}

fn crc62_holds(value: &[u8]) -> bool {
    let body = value.iter().rposition(|&b| b == b'_').map_or(value, |at| &value[at + 1..]);
    let Some(split) = body.len().checked_sub(6) else { return false };
    let (random, sum) = body.split_at(split);
    crc32_base62(random).as_bytes() == sum
}

/// The CRC-32 of `body` in base 36, padded to 7 characters with `0`: how GitLab's routable tokens end
/// (GitLab handbook, design document "Routable Tokens").
pub fn crc32_base36(body: &[u8]) -> String {
    let mut crc = crc32fast::hash(body);
    let mut digits = [b'0'; 7];
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789abcdefghijklmnopqrstuvwxyz"[(crc % 36) as usize];
        crc /= 36;
    }
    String::from_utf8_lossy(&digits).into_owned()
}

/// `PREFIX-PAYLOAD.01.LLCCCCCCC`, or without the version: wrong only where the length of the payload is right
/// and the checksum is not. What has another length is of a form that is not known.
fn crc36_holds(value: &[u8]) -> bool {
    let parts: Vec<&[u8]> = value.split(|&b| b == b'.').collect();
    let (Some(first), Some(&tail)) = (parts.first(), parts.get(1..).and_then(<[_]>::last)) else {
        return true;
    };
    let payload = first.iter().position(|&b| b == b'-').map_or(first.len(), |at| first.len() - at - 1);
    let length = std::str::from_utf8(tail).ok().and_then(|t| usize::from_str_radix(t.get(..2)?, 36).ok());
    tail.len() != 9 || length != Some(payload) || {
        let (body, sum) = value.split_at(value.len() - 7);
        crc32_base36(body).as_bytes() == sum
    }
}

/// Whether the last four of the bytes that `text` stands for are the double SHA-256 of the others.
fn base58_check_holds(text: &[u8]) -> bool {
    const DIGITS: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    if text.len() > 200 {
        return false;
    }
    let mut bytes: Vec<u8> = Vec::with_capacity(text.len());
    for b in text {
        let Some(mut carry) = DIGITS.iter().position(|d| d == b) else { return false };
        for byte in bytes.iter_mut().rev() {
            carry += usize::from(*byte) * 58;
            *byte = carry as u8;
            carry >>= 8;
        }
        while carry > 0 {
            bytes.insert(0, carry as u8);
            carry >>= 8;
        }
    }
    let zeros = text.iter().take_while(|&&b| b == b'1').count();
    bytes.splice(0..0, std::iter::repeat_n(0, zeros));
    let Some(split) = bytes.len().checked_sub(4) else { return false };
    let (payload, sum) = bytes.split_at(split);
    Sha256::digest(Sha256::digest(payload)).starts_with(sum)
}

fn jwt_header_holds(value: &[u8]) -> bool {
    let header = value.split(|&b| b == b'.').next().unwrap_or_default();
    let decoded = base64_decode(header);
    serde_json::from_slice::<serde_json::Value>(&decoded).is_ok_and(|json| json.get("alg").is_some())
}

/// Base64, standard or URL alphabet, up to the first byte that is neither.
pub fn base64_decode(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut bits, mut count) = (0u32, 0);
    for &b in text {
        let Some(value) = base64_value(b) else { break };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    out
}

/// The 6 bits that `b` stands for.
pub fn base64_value(b: u8) -> Option<u8> {
    const NONE: u8 = u8::MAX;
    const VALUES: [u8; 256] = {
        let mut values = [NONE; 256];
        let mut b = 0;
        while b < 256 {
            let byte = b as u8;
            values[b] = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'a'..=b'z' => byte - b'a' + 26,
                b'0'..=b'9' => byte - b'0' + 52,
                b'+' | b'-' => 62,
                b'/' | b'_' => 63,
                _ => NONE,
            };
            b += 1;
        }
        values
    };
    let value = VALUES[usize::from(b)];
    (value != NONE).then_some(value)
}

/// Standard base64 with padding.
pub fn base64_encode(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let n = chunk.iter().fold(0u32, |n, &b| n << 8 | u32::from(b)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            let digit = DIGITS[(n >> (18 - 6 * i)) as usize & 63];
            out.push(if i <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_both_ways() {
        for text in ["", "a", "ab", "abc", "abcd", "\u{ff}\u{fe}"] {
            assert_eq!(base64_decode(base64_encode(text.as_bytes()).as_bytes()), text.as_bytes());
        }
        assert_eq!(base64_encode(b"ab"), "YWI=");
    }

    #[test]
    fn crc36_refuses_what_is_changed() {
        let token = crate::pattern::example::fill(
            "{routable:glpat-}",
            &mut crate::pattern::example::Generator::new(3),
        );
        assert!(Check::Crc36.passes(token.as_bytes()), "{token}");
        for at in [6, 20, token.len() - 1] {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'a' { b'b' } else { b'a' };
            assert!(!Check::Crc36.passes(&changed), "{at}");
        }
        // Another length: another form.
        assert!(Check::Crc36.passes(token.replace(".01.", ".01.z").as_bytes()));
        assert!(Check::Crc36.passes(b"glpat-x"));
    }

    #[test]
    fn crc62_accepts_its_own_and_nothing_else() {
        let body = "0123456789abcdefghijABCDEFGHIJ";
        let token = format!("ghp_{body}{}", crc32_base62(body.as_bytes()));
        assert!(Check::Crc62.passes(token.as_bytes()));
        assert!(!Check::Crc62.passes(token.replace("0123", "0124").as_bytes()));
        assert!(!Check::Crc62.passes(b"ghp_"));
    }

    #[test]
    fn base58_check_accepts_its_own_and_nothing_else() {
        // The key of 32 bytes 0x01 in wallet import format, made by hand: nobody's.
        let key = wif(&[1; 32]);
        assert!(Check::Base58Check.passes(key.as_bytes()), "{key}");
        let mut wrong = key.into_bytes();
        wrong[10] = if wrong[10] == b'2' { b'3' } else { b'2' };
        assert!(!Check::Base58Check.passes(&wrong));
        assert!(!Check::Base58Check.passes(b"0OIl") && !Check::Base58Check.passes(b""));
    }

    fn wif(key: &[u8]) -> String {
        let mut bytes = vec![0x80];
        bytes.extend_from_slice(key);
        let sum = Sha256::digest(Sha256::digest(&bytes));
        bytes.extend_from_slice(&sum[..4]);
        let mut digits = Vec::new();
        while bytes.iter().any(|&b| b != 0) {
            let mut rest = 0u32;
            for byte in &mut bytes {
                let n = rest << 8 | u32::from(*byte);
                *byte = (n / 58) as u8;
                rest = n % 58;
            }
            digits.push(b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"[rest as usize]);
        }
        digits.reverse();
        String::from_utf8(digits).unwrap()
    }

    #[test]
    fn unknown_checks_are_errors() {
        assert!(Check::named("crc63").unwrap_err().contains("crc62"));
    }
}
