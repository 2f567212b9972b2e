//! Flash: packed from the eighth byte on by zlib (`CWS`) or LZMA (`ZWS`). The texts of actions and tags lie bare in what comes out.

use super::budget::Budget;
use super::inflate::{has_zlib_header, inflate};
use super::stream::Packing;
use super::{Container, Contents, Member, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::u32_le;
use crate::limits::Limits;

/// Opens packed films.
pub struct Swf;

impl Container for Swf {
    fn name(&self) -> &'static str {
        "swf"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        // A version there has been, and what the packed data begin with.
        match blob.bytes {
            [b'C', b'W', b'S', 6..=60, _, _, _, _, packed @ ..] => has_zlib_header(packed),
            [b'Z', b'W', b'S', 13..=60, rest @ ..] => rest.len() > 13 && rest[8] < 225,
            _ => false,
        }
    }

    fn open<'b>(&self, blob: &Blob<'b>, _: &Limits) -> Opened<'b> {
        Opened { members: vec![Box::new(Film { bytes: blob.bytes })], ..Opened::default() }
    }
}

struct Film<'b> {
    bytes: &'b [u8],
}

impl Member for Film<'_> {
    fn name(&self) -> &[u8] {
        b"film"
    }

    fn size_hint(&self) -> u64 {
        u32_le(self.bytes, 4).map_or(0, u64::from).min(self.bytes.len() as u64 * 16)
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        buffer.clear();
        if self.bytes.starts_with(b"C") {
            let packed = self.bytes.get(10..).unwrap_or_default();
            let problem = inflate(packed, buffer, self.size_hint(), budget).problem(packed.len());
            return Contents { bytes: buffer, problem };
        }
        let size = u64::from(u32_le(self.bytes, 4).unwrap_or(0)).saturating_sub(8);
        // As ZIP has it: a version and the size of the properties stand before these.
        let packed = [&[0, 0, 5, 0], self.bytes.get(12..).unwrap_or_default()].concat();
        let problem = match Packing::ZipLzma(size).expand(&packed, buffer, budget) {
            Ok(went) => went
                .problem(packed.len())
                .map(|problem| Problem { detail: problem.detail.replacen("deflate", "LZMA", 1), ..problem }),
            Err(refused) => Some(refused),
        };
        // What follows the stream is nothing, if it has ended.
        let is_whole = buffer.len() as u64 == size;
        Contents { bytes: buffer, problem: problem.filter(|p| !is_whole || p.reason != Reason::Damaged) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use std::io::Write;

    #[test]
    fn films_under_zlib_and_others() {
        let plain = b"\x78\0\x05\x5f a film".repeat(9);
        let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        packer.write_all(&plain).unwrap();
        let packed = packer.finish().unwrap();
        let file = [b"CWS\x0a", &(plain.len() as u32 + 8).to_le_bytes()[..], &packed].concat();
        for (bytes, is_whole) in [(&file[..], true), (&file[..file.len() - 20], false)] {
            let blob = Blob { address: Address::named("x"), bytes };
            assert!(Swf.reads(&blob));
            let opened = Swf.open(&blob, &Limits::default());
            let mut buffer = Vec::new();
            let contents = opened.members[0].read(&mut buffer, &Budget::new(&Limits::default(), 1000));
            assert_eq!(contents.problem.is_none(), is_whole);
            assert!(plain.starts_with(contents.bytes) && is_whole == (contents.bytes.len() == plain.len()));
        }
        for bytes in [&b"CWS is text of some kind"[..], b"ZWS\x0d", b"FWS\x0a\0\0\0\0x"] {
            assert!(!Swf.reads(&Blob { address: Address::named("x"), bytes }));
        }
    }
}
