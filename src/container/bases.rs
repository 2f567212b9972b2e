//! Files that are nothing but one value in an encoding of few letters: base 85 in its alphabets, base 45, base 32 of Crockford and with
//! `y` first, base 58, 62 and 36. What comes out of their first letters tells: text, or a packed file.

use super::budget::Budget;
use super::inflate;
use super::{Container, Contents, Member, Opened, Problem};
use crate::blob::{Blob, TextKind};
use crate::ledger::Reason;
use crate::lens::decode::base85::{ADOBE, Decoder, GIT, ZEROMQ};
use crate::limits::Limits;
use crate::look::Look;

/// Opens such files.
pub struct Bases;

/// Letters of the shortest file.
const SHORTEST: usize = 32;
/// Letters that are looked at first, and how many of them stand on one line.
const HEAD: usize = 160;
const LINE: usize = 40;
/// Longest file whose letters are one number: decoding one takes the square of its length.
const LONGEST_NUMBER: usize = 8 << 10;
/// Bytes that must be text: fewer may be chance.
const ENOUGH: usize = 20;

/// How letters stand for bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Base {
    /// Five letters for four bytes.
    Ascii85,
    Git85,
    Zeromq85,
    /// Three letters for two bytes.
    Base45,
    /// Five bits a letter.
    Bits(&'static [u8; 32]),
    /// All letters are one number.
    Number(&'static [u8]),
}

const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const Z_BASE_32: &[u8; 32] = b"ybndrfg8ejkmcpqxot1uwisza345h769";
const BASE45: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const BASE62: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// All of them, by the names of their members.
const BASES: [(&str, Base); 11] = [
    ("base85", Base::Git85),
    ("z85", Base::Zeromq85),
    ("ascii85", Base::Ascii85),
    ("base45", Base::Base45),
    ("base32", Base::Bits(CROCKFORD)),
    ("z-base-32", Base::Bits(Z_BASE_32)),
    ("base58", Base::Number(b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")),
    ("base62", Base::Number(BASE62)),
    ("base62", Base::Number(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")),
    ("base62", Base::Number(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")),
    ("base36", Base::Number(b"0123456789abcdefghijklmnopqrstuvwxyz")),
];

impl Container for Bases {
    fn name(&self) -> &'static str {
        "bases"
    }

    fn may_read(&self, look: &Look) -> bool {
        look.kind == TextKind::Plain
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        base(blob.bytes).is_some()
    }

    fn open<'b>(&self, blob: &Blob<'b>, _: &Limits) -> Opened<'b> {
        let mut opened = Opened::default();
        if let Some((name, base)) = base(blob.bytes) {
            opened.members.push(Box::new(Encoded { name, base, letters: blob.bytes }));
        }
        opened.gaps.push(0..blob.bytes.len());
        opened
    }
}

/// What the file is written in.
fn base(data: &[u8]) -> Option<(&'static str, Base)> {
    let data = data.trim_ascii();
    // Nearly every text has a blank or a line end near its beginning.
    let head = &data[..data.len().min(HEAD)];
    let line = head.iter().position(|b| matches!(b, b'\n' | b'\r')).unwrap_or(head.len());
    let has_blanks = head[..line].iter().any(|b| matches!(b, b' ' | b'\t'));
    if data.len() < SHORTEST || line < LINE.min(data.len()) || has_blanks && !head.iter().all(is_base45) {
        return None;
    }
    BASES.into_iter().find(|(_, base)| {
        let mut out = Vec::new();
        let is_all = match base {
            Base::Number(alphabet) => {
                data.len() <= LONGEST_NUMBER && is_likely(data, alphabet) && decode(*base, data, &mut out)
            }
            _ => decode(*base, head, &mut out),
        };
        is_all && is_file(&out)
    })
}

/// Whether the first byte of a number is one with which a file begins: its first letters and how many there are tell, without the rest.
fn is_likely(letters: &[u8], alphabet: &[u8]) -> bool {
    const FIRST: usize = 8;
    let zero = alphabet[0];
    let mut letters = letters.iter().filter(|b| !matches!(b, b'\n' | b'\r')).skip_while(|b| **b == zero);
    let base = alphabet.len() as f64;
    let (mut value, mut count) = (0.0, 0);
    while count < FIRST
        && let Some(letter) = letters.next()
    {
        let Some(digit) = place(alphabet, *letter) else { return false };
        value = value * base + f64::from(digit);
        count += 1;
    }
    let bits = f64::log2(value) + letters.count() as f64 * base.log2();
    let first = (bits - (bits / 8.0).floor() * 8.0).exp2() as u8;
    matches!(first, b'\t' | b'\n' | b'\r' | 0x1f | b' '..=b'~' | 0xc2..)
}

fn is_base45(b: &u8) -> bool {
    BASE45.contains(b) || matches!(b, b'\n' | b'\r')
}

/// Whether that is what somebody would encode.
fn is_file(bytes: &[u8]) -> bool {
    const MAGIC: [&[u8]; 6] =
        [b"\x1f\x8b\x08", b"PK\x03\x04", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"BZh", b"7z\xbc\xaf\x27\x1c"];
    let is_text = || match std::str::from_utf8(&bytes[..bytes.len().min(HEAD / 2)]) {
        Ok(text) => !text.contains(|c: char| c.is_control() && !c.is_ascii_whitespace()),
        // A letter that is cut off.
        Err(error) => error.error_len().is_none() && error.valid_up_to() > 0,
    };
    let is_zlib = || inflate::has_zlib_header(bytes) && inflate::begins(&bytes[2..]);
    bytes.len() >= ENOUGH && (is_text() || MAGIC.iter().any(|magic| bytes.starts_with(magic)) || is_zlib())
}

/// Decodes all of `letters` behind what is in `out`; says whether they all were such letters.
fn decode(base: Base, letters: &[u8], out: &mut Vec<u8>) -> bool {
    let is_break = |b: &&u8| !matches!(b, b'\n' | b'\r');
    let mut letters = letters.iter().filter(is_break).copied();
    match base {
        Base::Ascii85 => base85(Decoder::new(&ADOBE), &mut letters, out),
        Base::Git85 => base85(Decoder::new(&GIT), &mut letters, out),
        Base::Zeromq85 => base85(Decoder::new(&ZEROMQ), &mut letters, out),
        Base::Base45 => base45(&mut letters, out),
        Base::Bits(alphabet) => bits(alphabet, &mut letters, out),
        Base::Number(alphabet) => number(alphabet, &mut letters, out),
    }
}

type Letters<'l> = dyn Iterator<Item = u8> + 'l;

fn base85(mut decoder: Decoder<'_>, letters: &mut Letters<'_>, out: &mut Vec<u8>) -> bool {
    for letter in letters {
        if decoder.push(letter, out).is_none() {
            return false;
        }
    }
    decoder.end(out);
    true
}

fn place(alphabet: &[u8], letter: u8) -> Option<u32> {
    alphabet.iter().position(|b| *b == letter).map(|n| n as u32)
}

fn base45(letters: &mut Letters<'_>, out: &mut Vec<u8>) -> bool {
    loop {
        let (mut value, mut weight, mut count) = (0, 1, 0);
        while count < 3
            && let Some(letter) = letters.next()
        {
            let Some(digit) = place(BASE45, letter) else { return false };
            value += digit * weight;
            (weight, count) = (weight * 45, count + 1);
        }
        match (count, u16::try_from(value)) {
            (0, _) => return true,
            (3, Ok(value)) => out.extend(value.to_be_bytes()),
            (2, Ok(value @ 0..=255)) => out.push(value as u8),
            _ => return false,
        }
    }
}

fn bits(alphabet: &[u8; 32], letters: &mut Letters<'_>, out: &mut Vec<u8>) -> bool {
    let (mut bits, mut count) = (0u32, 0);
    for letter in letters {
        let same =
            if alphabet == Z_BASE_32 { letter.to_ascii_lowercase() } else { letter.to_ascii_uppercase() };
        let Some(digit) = place(alphabet, same) else { return false };
        (bits, count) = (bits << 5 | digit, count + 5);
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
        bits &= 0xff;
    }
    true
}

fn number(alphabet: &[u8], letters: &mut Letters<'_>, out: &mut Vec<u8>) -> bool {
    // The lowest digit of 32 bits first.
    let mut digits: Vec<u32> = Vec::new();
    let (mut zeros, mut has_begun) = (0, false);
    for letter in letters {
        let Some(digit) = place(alphabet, letter) else { return false };
        has_begun |= digit > 0;
        zeros += usize::from(!has_begun);
        let mut carry = u64::from(digit);
        for part in &mut digits {
            carry += u64::from(*part) * alphabet.len() as u64;
            *part = carry as u32;
            carry >>= 32;
        }
        if carry > 0 {
            digits.push(carry as u32);
        }
    }
    out.resize(out.len() + zeros, 0);
    let bytes: Vec<u8> = digits.iter().rev().flat_map(|digit| digit.to_be_bytes()).collect();
    out.extend(bytes.iter().skip_while(|b| **b == 0));
    true
}

struct Encoded<'b> {
    name: &'static str,
    base: Base,
    letters: &'b [u8],
}

impl Member for Encoded<'_> {
    fn name(&self) -> &[u8] {
        self.name.as_bytes()
    }

    fn size_hint(&self) -> u64 {
        self.letters.len() as u64 / 5 * 4
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        buffer.clear();
        // A letter of ASCII 85 may stand for four zeros.
        let most = self.letters.len() as u64 * 4;
        if most > budget.limits.entry_bytes || !budget.take(self.size_hint()) {
            let problem = Problem::new(Reason::Limit, "the data are over the limit").of_bytes(most);
            return Contents { bytes: &[], problem: Some(problem) };
        }
        let is_all = decode(self.base, self.letters.trim_ascii(), buffer);
        let problem = || Problem::new(Reason::Damaged, "the file has letters that are none of the encoding");
        Contents { bytes: buffer, problem: (!is_all).then(problem) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::read;
    use super::*;
    use crate::address::Address;

    #[test]
    fn whole_files() {
        let plain = "name = some text of ours, 40 bytes long!";
        for (name, base) in BASES {
            let text = encoded(base, plain.as_bytes());
            let (members, problems) = read(&Bases, text.as_bytes());
            assert_eq!(members.len(), 1, "{name}: {text}");
            assert_eq!(String::from_utf8_lossy(&members[0].1), plain, "{name}: {text}");
            assert!(problems.is_empty(), "{name}");
        }
        let long = encoded(Base::Git85, plain.repeat(9).as_bytes());
        let wrapped: Vec<&str> =
            long.as_bytes().chunks(76).map(|c| std::str::from_utf8(c).unwrap()).collect();
        assert_eq!(read(&Bases, wrapped.join("\n").as_bytes()).0[0].1, plain.repeat(9).as_bytes());
    }

    #[test]
    fn other_texts() {
        for text in [
            "6f1ed002ab5595859014ebf0951522d9",
            "bmFtZSA9IHNvbWUgdGV4dCBvZiBvdXJzLCA0MCBieXRlcyBsb25nIQ==",
            "some words that are written in a row, and no value",
            "AVeryLongNameWithoutAnyBlanksThatIsNoEncodingOfAnythingAtAll",
            "{\"a\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]}",
        ] {
            let blob = Blob { address: Address::named("x"), bytes: text.as_bytes() };
            assert!(!Bases.reads(&blob), "{text}");
        }
    }

    /// As slow and plain as can be.
    fn encoded(base: Base, bytes: &[u8]) -> String {
        let groups = |digits: &[u8; 85]| {
            let of = |group: &[u8]| {
                let number = u32::from_be_bytes(group.try_into().unwrap());
                [52_200_625, 614_125, 7225, 85, 1].map(|n| char::from(digits[(number / n % 85) as usize]))
            };
            bytes.chunks(4).flat_map(of).collect()
        };
        let of_number = |alphabet: &[u8]| {
            let (mut rest, mut text) = (bytes.to_vec(), Vec::new());
            while rest.iter().any(|b| *b > 0) {
                let mut left = 0;
                for b in &mut rest {
                    let value = left * 256 + usize::from(*b);
                    (*b, left) = ((value / alphabet.len()) as u8, value % alphabet.len());
                }
                text.push(char::from(alphabet[left]));
            }
            text.iter().rev().collect()
        };
        match base {
            Base::Ascii85 => groups(ADOBE.digits),
            Base::Git85 => groups(GIT.digits),
            Base::Zeromq85 => groups(ZEROMQ.digits),
            Base::Base45 => bytes
                .chunks(2)
                .flat_map(|pair| {
                    let n = usize::from(pair[0]) << 8 | usize::from(pair[1]);
                    [n % 45, n / 45 % 45, n / 2025].map(|n| char::from(BASE45[n]))
                })
                .collect(),
            Base::Bits(alphabet) => {
                let bits: Vec<u8> =
                    bytes.iter().flat_map(|b| (0..8).rev().map(move |n| b >> n & 1)).collect();
                let letter = |five: &[u8]| five.iter().fold(0, |n, bit| n << 1 | usize::from(*bit));
                bits.chunks(5).map(|five| char::from(alphabet[letter(five)])).collect()
            }
            Base::Number(alphabet) => of_number(alphabet),
        }
    }
}
