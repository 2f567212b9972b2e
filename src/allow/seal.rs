//! Seals: what stands for a secret in files that are committed and read by many.
//!
//! The fingerprint of a report is a bare hash, so whoever reads it can try a billion passwords a second
//! against it. A seal is the same fingerprint behind a salt; and where the secret is one that can be guessed
//! (a password, or anything of which we do not know better), behind [`ROUNDS`] of HMAC-SHA256 (PBKDF2), which
//! makes each guess 20,000 times as dear. A random token of 20 characters and more needs no such
//! help, and a baseline of ten thousand tokens is compared in no time.
//!
//! A seal is made of the fingerprint, so it can also be made of one that was copied out of a report. Each
//! carries its salt: files of seals can be sorted and merged line by line.

use crate::finding::{Class, Finding, Role, Secret};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, Hasher};
use std::str::FromStr;

/// Rounds for what can be guessed: some milliseconds a seal (7 in OpenSSL where this was written), so a baseline of
/// 1,000 passwords costs a scan a few seconds, spread over all cores.
const ROUNDS: u32 = 20_000;

/// Makes seals different from one file to the next.
pub type Salt = [u8; 8];

/// How dear a guess is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Cost {
    /// One round, for what nobody guesses.
    Quick,
    /// Many, for passwords.
    Slow,
}

impl Cost {
    fn name(self) -> &'static str {
        match self {
            Cost::Quick => "q1",
            Cost::Slow => "s1",
        }
    }

    fn rounds(self) -> u32 {
        match self {
            Cost::Quick => 1,
            Cost::Slow => ROUNDS,
        }
    }
}

/// Stands for a secret: `s1:`, 16 digits of salt, `:` and 32 digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seal {
    cost: Cost,
    salt: Salt,
    hash: [u8; 16],
}

impl Seal {
    /// The seal of a finding: of its kind and its secret.
    pub fn of(finding: &Finding, salt: Salt) -> Seal {
        let cost = if can_be_guessed(finding) { Cost::Slow } else { Cost::Quick };
        Seal::new(cost, salt, &print_message(&finding.fingerprint))
    }

    /// The seal of a fingerprint out of a report, of which nothing else is known.
    pub fn of_print(fingerprint: &str, salt: Salt) -> Seal {
        Seal::new(Cost::Slow, salt, &print_message(fingerprint))
    }

    /// The seal of a value, whatever kind it is taken for.
    pub fn of_value(value: &Secret, salt: Salt) -> Seal {
        Seal::new(Cost::Slow, salt, &value_message(value))
    }

    fn new(cost: Cost, salt: Salt, message: &[u8]) -> Seal {
        Seal { cost, salt, hash: derive(message, &salt, cost.rounds()) }
    }

    /// Its salt, for more of the same file.
    pub fn salt(&self) -> Salt {
        self.salt
    }
}

fn print_message(fingerprint: &str) -> Vec<u8> {
    [b"fingerprint\0", fingerprint.as_bytes()].concat()
}

fn value_message(value: &Secret) -> Vec<u8> {
    [b"value\0", value.reveal()].concat()
}

/// The first block of PBKDF2 with HMAC-SHA256, cut to 16 bytes.
fn derive(message: &[u8], salt: &[u8], rounds: u32) -> [u8; 16] {
    let keyed = Hmac::<Sha256>::new_from_slice(message).expect("HMAC takes keys of any length");
    let mac = |input: &[&[u8]]| -> [u8; 32] {
        let mut mac = keyed.clone();
        input.iter().for_each(|part| mac.update(part));
        mac.finalize().into_bytes().into()
    };
    let mut block = mac(&[salt, &[0, 0, 0, 1]]);
    let mut sum = block;
    for _ in 1..rounds {
        block = mac(&[&block]);
        sum.iter_mut().zip(block).for_each(|(sum, b)| *sum ^= b);
    }
    let mut hash = [0; 16];
    hash.copy_from_slice(&sum[..16]);
    hash
}

/// Random enough to differ: the standard library seeds its hash tables from the system.
pub fn new_salt() -> Salt {
    std::collections::hash_map::RandomState::new().build_hasher().finish().to_be_bytes()
}

/// Whether somebody who knows the kind of secret could find it by trying. In doubt, yes.
fn can_be_guessed(finding: &Finding) -> bool {
    if finding.class == Class::KeyMaterial {
        return false;
    }
    let part = |role| finding.parts.get(&role);
    let Some(secret) = part(Role::Secret).or(part(Role::Token)).or(part(Role::Value)).or(part(Role::Id))
    else {
        return true;
    };
    let bytes = secret.reveal();
    let mut seen = [false; 256];
    bytes.iter().for_each(|b| seen[usize::from(*b)] = true);
    let distinct = seen.iter().filter(|s| **s).count();
    // Of what is only known by a name beside it, people choose many; so they do of what stands in URLs.
    finding.class == Class::Generic
        || bytes.len() < 20
        || distinct < 10
        || !bytes.iter().any(u8::is_ascii_digit)
        || bytes.windows(3).any(|w| w == b"://")
        || bytes.iter().any(|b| matches!(b, b' ' | b'@' | b';'))
}

impl fmt::Display for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.cost.name())?;
        self.salt.iter().try_for_each(|b| write!(f, "{b:02x}"))?;
        f.write_str(":")?;
        self.hash.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl FromStr for Seal {
    type Err = String;
    fn from_str(text: &str) -> Result<Seal, String> {
        let wrong = || "no seal: `s1:` or `q1:`, 16 hexadecimal digits, `:` and 32 more".to_owned();
        let mut parts = text.split(':');
        let (name, salt, hash) = (parts.next(), parts.next(), parts.next());
        let cost =
            [Cost::Quick, Cost::Slow].into_iter().find(|c| Some(c.name()) == name).ok_or_else(wrong)?;
        let (Some(salt), Some(hash), None) = (salt, hash, parts.next()) else { return Err(wrong()) };
        let mut seal = Seal { cost, salt: [0; 8], hash: [0; 16] };
        unhex(salt, &mut seal.salt).ok_or_else(wrong)?;
        unhex(hash, &mut seal.hash).ok_or_else(wrong)?;
        Ok(seal)
    }
}

/// Reads as many bytes as `out` has.
pub(super) fn unhex(text: &str, out: &mut [u8]) -> Option<()> {
    if text.len() != 2 * out.len() || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, digits) in out.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(())
}

/// Seals to look findings up in, each with a number that its owner gave it.
#[derive(Clone, Debug, Default)]
pub struct Seals {
    quick: HashMap<Salt, HashMap<[u8; 16], usize>>,
    slow: HashMap<Salt, HashMap<[u8; 16], usize>>,
}

impl Seals {
    /// Adds one.
    pub fn add(&mut self, seal: Seal, number: usize) {
        let all = match seal.cost {
            Cost::Quick => &mut self.quick,
            Cost::Slow => &mut self.slow,
        };
        all.entry(seal.salt).or_default().entry(seal.hash).or_insert(number);
    }

    /// Whether there are any that take long to compare.
    pub fn has_slow(&self) -> bool {
        !self.slow.is_empty()
    }

    /// The number of the seal of a fingerprint.
    pub fn find_print(&self, fingerprint: &str) -> Option<usize> {
        self.find(&print_message(fingerprint))
    }

    /// The number of the seal of a value.
    pub fn find_value(&self, value: &Secret) -> Option<usize> {
        self.find(&value_message(value))
    }

    fn find(&self, message: &[u8]) -> Option<usize> {
        // Quick ones first: most are found there, and the others need not be computed. How a seal was made
        // is up to who made it: a later version may know better what can be guessed.
        [(&self.quick, Cost::Quick), (&self.slow, Cost::Slow)].into_iter().find_map(|(all, cost)| {
            all.iter().find_map(|(salt, hashes)| hashes.get(&derive(message, salt, cost.rounds())).copied())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_derivation_is_pbkdf2() {
        // RFC 7914, section 11, PBKDF2-HMAC-SHA-256, ("passwd", "salt", 1) and ("Password", "NaCl", 80000).
        let hex = |hash: [u8; 16]| hash.iter().map(|b| format!("{b:02x}")).collect::<String>();
        assert_eq!(hex(derive(b"passwd", b"salt", 1)), "55ac046e56e3089fec1691c22544b605");
        assert_eq!(hex(derive(b"Password", b"NaCl", 80_000)), "4ddcd8f60b98be21830cee5ef22701f9");
    }

    #[test]
    fn seals_are_written_read_and_found() {
        let print = format!("v1:{}", "ab".repeat(32));
        let seal = Seal::of_print(&print, [1; 8]);
        let read: Seal = seal.to_string().parse().unwrap();
        assert_eq!(read, seal);
        assert!(seal.to_string().starts_with("s1:0101010101010101:"));
        let mut seals = Seals::default();
        seals.add(read, 7);
        assert_eq!(seals.find_print(&print), Some(7));
        assert_eq!(seals.find_print("v1:other"), None);
        assert_ne!(Seal::of_print(&print, [2; 8]).hash, seal.hash);
        let value = Secret::new(b"hunter2");
        seals.add(Seal::of_value(&value, [3; 8]), 8);
        assert_eq!(seals.find_value(&value), Some(8));
        for wrong in ["", "s1", "s1:00:11", "x1:0101010101010101:0", &format!("{seal}:"), &format!("{seal}0")]
        {
            assert!(wrong.parse::<Seal>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn passwords_take_long_and_tokens_do_not() {
        let finding = |class, parts: &[(Role, &str)]| Finding {
            class,
            parts: parts.iter().map(|(role, value)| (*role, Secret::new(value.as_bytes()))).collect(),
            ..crate::allow::testing::finding("x", "")
        };
        for (class, parts, expected) in [
            (Class::Generic, &[(Role::Value, "q8Zk2LxP0vRt7YbN4mWs")][..], true),
            (Class::Credential, &[(Role::Value, "q8Zk2LxP0vRt7YbN4mWs")], false),
            (Class::Credential, &[(Role::Value, "q8Zk2Lx")], true),
            (Class::Credential, &[(Role::Value, "https://me:summer@example.org/repo12345")], true),
            (Class::Credential, &[(Role::Id, "AKIAq8Zk2LxP0vRt7YbN4mWs"), (Role::Secret, "summer")], true),
            (Class::KeyMaterial, &[(Role::Value, "-----BEGIN")], false),
        ] {
            assert_eq!(can_be_guessed(&finding(class, parts)), expected, "{parts:?}");
        }
    }
}
