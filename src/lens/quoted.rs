//! Quoted-printable (RFC 2045, section 6.7): mail and web archives (EML, MBOX, MHTML), in which a
//! token is cut by soft line breaks (`=` at the end of a line) and `=` itself is `=3D`.

use super::document::DocumentSites;
use super::pieces::pieces;
use super::{Damage, Lens, raw};
use crate::address::Encoding;
use crate::blob::{Blob, OffsetMap, Text, TextKind};
use crate::limits::Limits;

/// Reads texts with quoted-printable parts.
pub struct QuotedLens;

/// Pieces of a file that are decoded together overlap by this, in bytes.
const OVERLAP: usize = 4 << 10;

impl Lens for QuotedLens {
    fn name(&self) -> &'static str {
        "quoted-printable"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        // The header that says so, in the spellings of the common writers, or a header that is written so itself (RFC 2047).
        begins_with_header(blob.bytes)
            && raw::kind(blob.bytes) == TextKind::Plain
            && [&b"uoted-printable"[..], b"UOTED-PRINTABLE", b"uoted-Printable", b"?q?", b"?Q?"]
                .iter()
                .any(|word| memchr::memmem::find(blob.bytes, word).is_some())
    }

    fn texts(&self, blob: &Blob<'_>, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
        let sites = DocumentSites::new(blob.address.file_name());
        for piece in pieces(0, blob.bytes.len(), OVERLAP, 1, limits) {
            let (text, map) = decode(blob.bytes, piece.start, piece.end);
            emit(&Text {
                bytes: &text,
                kind: TextKind::Plain,
                encoding: Some(Encoding::QuotedPrintable),
                map: &map,
                outer: None,
                sites: &sites,
            });
        }
        Ok(())
    }
}

/// Whether a file begins like mail, a part of one, a mailbox, or a card: with a header (`Name: value`,
/// `BEGIN:VCARD`), a boundary, or the line that parts mails. Nobody else needs to be searched for the
/// encoding's name.
fn begins_with_header(bytes: &[u8]) -> bool {
    const LONGEST: usize = 64;
    let head =
        bytes[..bytes.len().min(1 << 10)].strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let name = head.iter().take(LONGEST).take_while(|b| b.is_ascii_alphanumeric() || **b == b'-').count();
    match head.get(name) {
        Some(b':') => name > 0,
        Some(b' ') => head.starts_with(b"From "),
        _ => head.starts_with(b"--"),
    }
}

fn decode(bytes: &[u8], from: usize, to: usize) -> (Vec<u8>, OffsetMap) {
    let mut text = Vec::with_capacity(to - from);
    let mut map = OffsetMap::identity();
    map.push_plain(0, from as u64);
    let mut at = from;
    while at < to {
        let plain = memchr::memchr(b'=', &bytes[at..to]).map_or(to, |i| at + i);
        text.extend_from_slice(&bytes[at..plain]);
        at = plain;
        if at == to {
            break;
        }
        let digit = |i: usize| bytes.get(i).and_then(|&b| char::from(b).to_digit(16));
        if let (Some(high), Some(low)) = (digit(at + 1), digit(at + 2)) {
            let byte = (high << 4 | low) as u8;
            // Every second byte of UTF-16.
            if byte != 0 {
                text.push(byte);
            }
            at += 3;
            map.push_plain(text.len(), at as u64);
            continue;
        }
        // Transport may have added blanks behind the soft break.
        let blanks =
            bytes[at + 1..].iter().take(80).take_while(|&&b| matches!(b, b' ' | b'\t' | b'\r')).count();
        if bytes.get(at + 1 + blanks) == Some(&b'\n') {
            at += 2 + blanks;
            map.push_plain(text.len(), at as u64);
        } else {
            text.push(b'=');
            at += 1;
        }
    }
    (text, map)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use crate::blob::TextOffset;

    #[test]
    fn breaks_and_escapes_are_undone() {
        let bytes =
            b"Content-Transfer-Encoding: quoted-printable\n\nkey =3D abcd=\r\nef=  \ngh = x=C3=A9 a==\n";
        let blob = Blob { address: Address::named("m.eml"), bytes };
        assert!(QuotedLens.reads(&blob));
        let mut seen = Vec::new();
        QuotedLens
            .texts(&blob, &Limits::default(), &mut |text| {
                let at = memchr::memmem::find(text.bytes, b"gh").unwrap();
                seen.push((text.bytes.to_vec(), text.blob_offset(TextOffset(at)).0));
            })
            .unwrap();
        assert!(seen[0].0.ends_with("key = abcdefgh = xé a=".as_bytes()), "{:?}", seen[0]);
        assert_eq!(seen[0].1, memchr::memmem::find(bytes, b"gh").unwrap() as u64);
        for bytes in [&b"key = abcd=\nef"[..], b"fn f() {} // quoted-printable"] {
            assert!(!QuotedLens.reads(&Blob { address: Address::named("x"), bytes }));
        }
        for begin in ["From a@b Thu Jan 1\n", "\r\n--part\r\n", "\u{feff}Subject: x\n"] {
            let bytes = format!("{begin}Content-Transfer-Encoding: quoted-printable\n\nx=3D");
            assert!(QuotedLens.reads(&Blob { address: Address::named("x"), bytes: bytes.as_bytes() }));
        }
    }
}
