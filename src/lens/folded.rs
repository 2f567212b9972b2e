//! Lines that go on behind a line end and a blank: directories (LDIF, RFC 2849), calendars and cards (RFC 5545, RFC 6350), and mail whose
//! lines flow (`format=flowed; delsp=yes`, RFC 3676), in which a blank before the line end says so.

use super::document::DocumentSites;
use super::pieces::pieces;
use super::{Damage, Lens, raw};
use crate::address::Encoding;
use crate::blob::{Blob, OffsetMap, Text, TextKind};
use crate::limits::Limits;
use memchr::memmem;

/// Reads such texts.
pub struct FoldedLens;

/// Pieces of a file that are put together at a time overlap by this, in bytes.
const OVERLAP: usize = 4 << 10;

/// Where lines go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fold {
    /// Behind a line end and a blank.
    Blank,
    /// Behind a blank and a line end.
    Flowed,
}

impl Lens for FoldedLens {
    fn name(&self) -> &'static str {
        "folded"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        fold(blob.bytes).is_some_and(|fold| next(blob.bytes, 0, fold).is_some())
    }

    fn texts(&self, blob: &Blob<'_>, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
        let Some(fold) = fold(blob.bytes) else { return Ok(()) };
        let sites = DocumentSites::new(blob.address.file_name());
        for piece in pieces(0, blob.bytes.len(), OVERLAP, 1, limits) {
            let (text, map) = unfold(&blob.bytes[..piece.end], piece.start, fold);
            emit(&Text {
                bytes: &text,
                kind: TextKind::Plain,
                encoding: Some(Encoding::Assembled),
                map: &map,
                outer: None,
                sites: &sites,
            });
        }
        Ok(())
    }
}

/// How the lines of a text go on, by how it begins.
fn fold(bytes: &[u8]) -> Option<Fold> {
    const HEAD: usize = 4 << 10;
    let head = bytes[..bytes.len().min(HEAD)].trim_ascii_start();
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let begins = |word: &[u8]| head.get(..word.len()).is_some_and(|b| b.eq_ignore_ascii_case(word));
    let fold = match head.first()? {
        b'B' | b'b' if begins(b"BEGIN:V") => Fold::Blank,
        b'd' | b'D' if begins(b"dn:") => Fold::Blank,
        b'v' | b'#' if memmem::find(head, b"\ndn:").is_some() => Fold::Blank,
        // A header of mail, which says so.
        b'A'..=b'Z' | b'-' if memmem::find(head, b"format=flowed").is_some() => {
            memmem::find(head, b"elsp=yes").or_else(|| memmem::find(head, b"ELSP=YES"))?;
            Fold::Flowed
        }
        _ => return None,
    };
    (raw::kind(bytes) == TextKind::Plain).then_some(fold)
}

/// The next place at `from` or behind it where a line goes on.
fn next(bytes: &[u8], from: usize, fold: Fold) -> Option<std::ops::Range<usize>> {
    memchr::memchr_iter(b'\n', bytes.get(from..)?).map(|at| from + at).find_map(|at| {
        let end = if at > from && bytes[at - 1] == b'\r' { at - 1 } else { at };
        match fold {
            Fold::Blank => matches!(bytes.get(at + 1), Some(b' ' | b'\t')).then_some(end..at + 2),
            // A line of two dashes and a blank parts the signature.
            Fold::Flowed => (end > from && bytes[end - 1] == b' ' && !bytes[..end].ends_with(b"\n-- "))
                .then_some(end - 1..at + 1),
        }
    })
}

fn unfold(bytes: &[u8], from: usize, fold: Fold) -> (Vec<u8>, OffsetMap) {
    let mut text = Vec::with_capacity(bytes.len() - from);
    let mut map = OffsetMap::identity();
    map.push_plain(0, from as u64);
    let mut at = from;
    while let Some(joint) = next(bytes, at, fold) {
        text.extend_from_slice(&bytes[at..joint.start]);
        at = joint.end;
        map.push_plain(text.len(), at as u64);
    }
    text.extend_from_slice(&bytes[at..]);
    (text, map)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use crate::blob::TextOffset;

    fn unfolded(bytes: &[u8]) -> Option<Vec<u8>> {
        let blob = Blob { address: Address::named("x"), bytes };
        if !FoldedLens.reads(&blob) {
            return None;
        }
        let mut seen = Vec::new();
        let mut see = |text: &Text<'_>| {
            if let Some(at) = memmem::find(text.bytes, b"tail") {
                assert_eq!(text.blob_offset(TextOffset(at)).0, memmem::find(bytes, b"tail").unwrap() as u64);
            }
            seen.push(text.bytes.to_vec());
        };
        FoldedLens.texts(&blob, &Limits::default(), &mut see).unwrap();
        seen.pop()
    }

    #[test]
    fn lines_go_on() {
        for (folded, plain) in [
            (&b"dn: cn=a\nkey: abc\n def\n\tghi\ntail: x\n"[..], &b"dn: cn=a\nkey: abcdefghi\ntail: x\n"[..]),
            (
                b"# from a server\nversion: 1\n\ndn: a\nk: ab\r\n c tail\r\n",
                b"# from a server\nversion: 1\n\ndn: a\nk: abc tail\r\n",
            ),
            (
                b"BEGIN:VCALENDAR\r\nDESCRIPTION:ab\r\n  c tail\r\n",
                b"BEGIN:VCALENDAR\r\nDESCRIPTION:ab c tail\r\n",
            ),
            (
                b"Content-Type: text/plain; format=flowed; delsp=yes\n\nkey: ab \nc tail\n-- \nme\n",
                b"Content-Type: text/plain; format=flowed; delsp=yes\n\nkey: abc tail\n-- \nme\n",
            ),
        ] {
            assert_eq!(unfolded(folded).as_deref(), Some(plain), "{}", String::from_utf8_lossy(folded));
        }
    }

    #[test]
    fn others_are_left_alone() {
        for bytes in [
            &b"key: |\n  value\n"[..],
            b"dn: cn=a\nkey: abc\n",
            b"Content-Type: text/plain; format=flowed\n\nkey: ab \nc\n",
            b"dn: \0\x01\x02\x03\x04\n a",
            b"dn:",
            b"",
        ] {
            assert_eq!(unfolded(bytes), None, "{}", String::from_utf8_lossy(bytes));
        }
    }
}
