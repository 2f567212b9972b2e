//! RPM packages, versions 3 and 4: a lead, two headers, and a compressed cpio archive behind them.
//! The headers hold scripts and descriptions; they are searched as they are.

use super::piece::Piece;
use super::{Container, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{size_be, slice};
use crate::limits::Limits;

/// Opens RPM packages.
pub struct Rpm;

const LEAD: usize = 96;
const MAGIC: &[u8] = b"\xed\xab\xee\xdb";
const HEADER_MAGIC: &[u8] = b"\x8e\xad\xe8\x01";

impl Container for Rpm {
    fn name(&self) -> &'static str {
        "rpm"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        blob.bytes.starts_with(MAGIC) && slice(blob.bytes, LEAD, 4) == Some(HEADER_MAGIC)
    }

    fn open<'b>(&self, blob: &Blob<'b>, _: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut opened = Opened::default();
        let start = header(data, LEAD).and_then(|end| header(data, end.checked_next_multiple_of(8)?));
        match start.filter(|&start| start < data.len()) {
            Some(start) => {
                let bytes = &data[start..];
                // The name leads to what comes out of it.
                let name = match bytes {
                    [0x1f, 0x8b, ..] => "payload.cpio.gz",
                    [b'B', b'Z', b'h', ..] => "payload.cpio.bz2",
                    [0xfd, b'7', b'z', ..] => "payload.cpio.xz",
                    [0x28, 0xb5, 0x2f, 0xfd, ..] => "payload.cpio.zst",
                    [b'0', b'7', ..] => "payload.cpio",
                    _ => "payload.cpio.lzma",
                };
                opened.members.push(Box::new(Piece { name: name.into(), bytes, missing: 0 }));
                opened.gaps.push(0..start);
            }
            None => {
                let detail = "rpm: no payload behind the headers; searched as raw bytes";
                opened.problems.push(Problem::new(Reason::Damaged, detail));
                opened.gaps.push(0..data.len());
            }
        }
        opened
    }
}

/// Where the header at `at` ends.
fn header(data: &[u8], at: usize) -> Option<usize> {
    (slice(data, at, 4)? == HEADER_MAGIC).then_some(())?;
    let (entries, bytes) = (size_be(data, at + 8)?, size_be(data, at + 12)?);
    at.checked_add(16)?.checked_add(entries.checked_mul(16)?)?.checked_add(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;

    #[test]
    fn the_payload_is_behind_two_headers() {
        let mut data = [MAGIC, &[0; 92]].concat();
        for len in [5u8, 3] {
            data.extend(HEADER_MAGIC.iter().chain(&[0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, len]));
            data.extend([7; 16]);
            data.extend(vec![9; usize::from(len)]);
            if len == 5 {
                data.resize(data.len().next_multiple_of(8), 0);
            }
        }
        let at = data.len();
        data.extend(b"070701");
        let blob = Blob { address: Address::named("x"), bytes: &data };
        assert!(Rpm.reads(&blob));
        let opened = Rpm.open(&blob, &Limits::default());
        assert_eq!(opened.members[0].name(), b"payload.cpio");
        assert!(opened.gaps.len() == 1 && opened.gaps[0] == (0..at));
        let blob = Blob { bytes: &data[..at], ..blob };
        assert_eq!(Rpm.open(&blob, &Limits::default()).problems.len(), 1);
    }
}
