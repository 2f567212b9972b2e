//! What the library lz-string of JavaScript packs into letters: the state of an application in its storage, in cookies and links.
//!
//! Six bits a letter, the lowest bit of each code first. The dictionary is what came out before, so an entry of it is a stretch of
//! the text. Nearly all that is packed so is JSON, and how that begins is known.

use super::Decoded;
use crate::address::Encoding;
use crate::blob::OffsetMap;
use crate::triage::checksum::base64_value;
use std::ops::Range;

/// How `{"`, `{ "`, `{` and a line end, and the same of lists begin.
const BEGINNINGS: [&[u8]; 7] = [b"N4Ig", b"N4Ag", b"N4KA", b"Nobw", b"NoIg", b"NrBE", b"NoKA"];
/// Shortest value that is tried, in letters.
const SHORTEST: usize = 24;
/// Letters that come out for each that goes in: what repeats itself packs without a bound.
const MOST: usize = 64;

/// What the run at `run` was packed from, if it is text.
pub fn run(text: &[u8], run: &Range<usize>, limit: usize) -> Option<Decoded> {
    let value = &text[run.clone()];
    let is_likely = value.len() >= SHORTEST && BEGINNINGS.iter().any(|begin| value.starts_with(begin));
    is_likely.then_some(())?;
    let units = expand(value, limit.min(value.len().saturating_mul(MOST)))?;
    let mut bytes = String::from_utf16_lossy(&units).into_bytes();
    let cut = bytes.len() > limit;
    bytes.truncate(limit);
    let is_control = |b: &u8| *b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r');
    let mut map = OffsetMap::identity();
    map.push_plain(0, run.start as u64);
    (bytes.len() >= 16 && !bytes.iter().any(is_control)).then_some(Decoded {
        span: run.clone(),
        encoding: Encoding::LzString,
        bytes,
        map,
        cut,
    })
}

/// Bits of the letters, the highest of each first.
struct Bits<'v> {
    value: &'v [u8],
    at: usize,
}

impl Bits<'_> {
    /// A number, its lowest bit first.
    fn take(&mut self, count: u32) -> Option<u32> {
        let mut number = 0;
        for n in 0..count {
            // The alphabet of addresses has a minus sign in place of the slash.
            let letter = *self.value.get(self.at / 6)?;
            let six = base64_value(if letter == b'-' { b'/' } else { letter })?;
            number |= u32::from(six >> (5 - self.at % 6) & 1) << n;
            self.at += 1;
        }
        Some(number)
    }
}

/// UTF-16 that comes out; `None` where the letters make no sense, or `most` units are not enough.
fn expand(value: &[u8], most: usize) -> Option<Vec<u16>> {
    let mut bits = Bits { value, at: 0 };
    let mut out: Vec<u16> = Vec::new();
    // Stretches of what came out; numbers up to two are no entries.
    let mut entries: Vec<Range<usize>> = vec![0..0; 3];
    let (mut width, mut left) = (2, 1u32);
    let mut last: Option<Range<usize>> = None;
    loop {
        let code = bits.take(width)?;
        let start = out.len();
        let is_new = code < 2;
        match code {
            0 => out.push(bits.take(8)? as u16),
            1 => out.push(bits.take(16)? as u16),
            2 => return Some(out),
            _ => {
                // The entry that is about to be made is the last one and its first letter.
                let entry = match entries.get(code as usize) {
                    Some(entry) => entry.clone(),
                    None if code as usize == entries.len() => {
                        let last = last.clone()?;
                        last.start..last.end + 1
                    }
                    None => return None,
                };
                (start + entry.len() <= most).then_some(())?;
                for n in entry {
                    out.push(*out.get(n)?);
                }
            }
        }
        let here = start..out.len();
        if is_new {
            entries.push(here.clone());
            count(&mut width, &mut left);
        }
        if let Some(last) = last {
            entries.push(last.start..last.end + 1);
            count(&mut width, &mut left);
        } else {
            width = 3;
            left = 4;
        }
        last = Some(here);
    }
}

/// One entry more: codes grow by a bit when their number does.
fn count(width: &mut u32, left: &mut u32) {
    *left = left.saturating_sub(1);
    if *left == 0 {
        *left = 1 << *width;
        *width += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_library_packs() {
        let of = |text: &str| {
            run(text.as_bytes(), &(0..text.len()), 1 << 16).map(|d| String::from_utf8(d.bytes).unwrap())
        };
        // Made by the library: objects with letters outside of ASCII, and lists in the alphabet of addresses.
        let packed = "N4IgrgzgpgTiBcIDmMA/B9qACQNQQgDQgCWAJgiANZQCeAtAAyMCMBIAhkm0QHblV2N6TLPwaMATCJpj6AZikDGAFlYAbIhAAuCANpN84/LPxN9TQ02Omz5k5YC6AXyA";
        let whole = of(packed).unwrap();
        assert!(
            whole.starts_with(r#"{"user":"grüße €","id":"key-0001","again":"key-0001 key-0002"#),
            "{whole}"
        );
        assert!(whole.ends_with("111,112,113]}"), "{whole}");
        let list = of("NobwRAhmBcYPxwHyIH4oAToctnuoyyQL2NyJ0P3OqrLstMYpJZvqdds-ee7cJgAvgF0gA").unwrap();
        assert_eq!(list, format!(r#"[{{"a":"{}"}}]"#, "??>>~~  ".repeat(20)));
        // What is cut off or is no text.
        for n in 0..packed.len() - 3 {
            assert_eq!(of(&packed[..n]), None, "{n}");
        }
        assert_eq!(of("N4IgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), None);
    }
}
