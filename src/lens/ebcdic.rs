//! EBCDIC: whole files from mainframes, in the code pages 037, 500 and 1047, which differ in brackets and few other signs.
//!
//! Nothing marks such a file, but its bytes do: letters and digits lie above 0x80, the blank is 0x40, and nothing stands where ASCII
//! has its letters. Any other file is refused within its first bytes.

use super::document::DocumentSites;
use super::pieces::pieces;
use super::{Damage, Lens};
use crate::address::Encoding;
use crate::blob::{Blob, OffsetMap, Text, TextKind};
use crate::limits::Limits;

/// Reads EBCDIC.
pub struct EbcdicLens;

/// Bytes at the beginning that are looked at.
const HEAD: usize = 512;
/// Fewer say nothing.
const SHORTEST: usize = 32;
/// By how much pieces of a file overlap. Bytes.
const OVERLAP: usize = 4 << 10;

/// What each byte stands for: 0 for what is no text.
const LETTERS: [u8; 256] = {
    let mut to = [0; 256];
    // First byte, and what it and those behind it stand for, from code page 1047.
    let rows: [(usize, &[u8]); 21] = [
        (0x05, b"\t"),
        (0x0d, b"\r"),
        (0x15, b"\n"),
        (0x25, b"\n"),
        (0x40, b" "),
        (0x4a, b"[.<(+|&"),
        (0x5a, b"!$*);^-/"),
        (0x6a, b"|,%_>?"),
        (0x79, b"`:#@'=\""),
        (0x81, b"abcdefghi"),
        (0x91, b"jklmnopqr"),
        (0xa1, b"~stuvwxyz"),
        (0xad, b"["),
        (0xb0, b"^"),
        (0xba, b"[]"),
        (0xbd, b"]"),
        (0xc0, b"{ABCDEFGHI"),
        (0xd0, b"}JKLMNOPQR"),
        (0xe0, b"\\"),
        (0xe2, b"STUVWXYZ"),
        (0xf0, b"0123456789"),
    ];
    let mut row = 0;
    while row < rows.len() {
        let (first, letters) = rows[row];
        let mut n = 0;
        while n < letters.len() {
            to[first + n] = letters[n];
            n += 1;
        }
        row += 1;
    }
    to
};

impl Lens for EbcdicLens {
    fn name(&self) -> &'static str {
        "ebcdic"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        let head = &blob.bytes[..blob.bytes.len().min(HEAD)];
        // Any text in ASCII ends here.
        let first = &head[..head.len().min(16)];
        if first.iter().filter(|&&b| LETTERS[usize::from(b)] == 0).count() > 6 {
            return false;
        }
        // Lengths of records and packed numbers stand between the letters.
        let mut left = head.len() / 8;
        let mut letters = 0;
        for &b in head {
            match LETTERS[usize::from(b)] {
                0 if left == 0 => return false,
                0 => left -= 1,
                _ => letters += usize::from(b > 0x80),
            }
        }
        head.len() >= SHORTEST && letters * 3 >= head.len()
    }

    fn texts(&self, blob: &Blob<'_>, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
        let sites = DocumentSites::new(blob.address.file_name());
        let letters = letters(&blob.bytes[..blob.bytes.len().min(HEAD)]);
        for piece in pieces(0, blob.bytes.len(), OVERLAP, 1, limits) {
            let start = piece.start as u64;
            let text: Vec<u8> = blob.bytes[piece].iter().map(|&b| letters[usize::from(b)]).collect();
            let mut map = OffsetMap::identity();
            map.push_plain(0, start);
            emit(&Text {
                bytes: &text,
                kind: TextKind::Plain,
                encoding: Some(Encoding::Ebcdic),
                map: &map,
                outer: None,
                sites: &sites,
            });
        }
        Ok(())
    }
}

/// The letters of the page that the beginning of a file seems to be of: 500 has brackets where others have other signs.
fn letters(head: &[u8]) -> [u8; 256] {
    let mut letters = LETTERS;
    if head.contains(&0x4a) && head.contains(&0x5a) {
        letters[0x5a] = b']';
        letters[0x4f] = b'!';
    }
    letters
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;

    /// In the page 1047.
    fn encode(text: &str) -> Vec<u8> {
        let of = |c: u8| LETTERS.iter().rposition(|&l| l == c).unwrap() as u8;
        text.bytes().map(|c| if c == b'\n' { 0x15 } else { of(c) }).collect()
    }

    #[test]
    fn text_of_a_mainframe_and_nothing_else() {
        let plain = "[default]\nkey = abcXYZ019 / + \"quoted\"; {a: b}\n".repeat(3);
        let bytes = encode(&plain);
        let blob = Blob { address: Address::named("x"), bytes: &bytes };
        assert!(EbcdicLens.reads(&blob));
        let mut seen = Vec::new();
        EbcdicLens.texts(&blob, &Limits::default(), &mut |text| seen.extend_from_slice(text.bytes)).unwrap();
        assert_eq!(String::from_utf8(seen).unwrap(), plain);

        let cyrillic: Vec<u8> =
            (0..400u32).map(|n| if n % 7 == 6 { b' ' } else { 0xc0 + (n * 7 % 32) as u8 }).collect();
        let random: Vec<u8> = (0..600u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        let texts = [
            plain.as_bytes(),
            "日本語のテキスト。".repeat(20).as_bytes(),
            b"KEY=ABC;@LONG{};".repeat(9).as_slice(),
        ]
        .map(<[u8]>::to_vec);
        for other in texts.iter().chain([&cyrillic, &random, &vec![0xff; 400], &vec![0x40; 400]]) {
            assert!(!EbcdicLens.reads(&Blob { address: Address::named("x"), bytes: other }));
        }
    }
}
