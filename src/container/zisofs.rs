//! zisofs: files that are packed block by block for a CD (`mkzftree`, `mkisofs -z`, xorriso), inside an image or taken out of it.

use super::blocks;
use super::budget::Budget;
use super::{Container, Contents, Member, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{size_le, u32_le, u64_le};
use crate::limits::Limits;

/// Opens such files.
pub struct Zisofs;

const FIRST: &[u8] = b"\x37\xe4\x53\x96\xc9\xdb\xd6\x07";
const SECOND: &[u8] = b"\xef\x22\x55\xa1\xbc\x1b\x95\xa0";

/// What the header says.
#[derive(Clone, Copy)]
struct Header {
    /// Where the table of blocks is.
    table: usize,
    /// Bytes of an entry of it.
    width: usize,
    /// Bytes of a block when it is not packed.
    block: usize,
    size: u64,
}

impl Header {
    fn read(data: &[u8]) -> Option<Self> {
        let (size, head, shift, width) = if data.starts_with(FIRST) {
            (u64::from(u32_le(data, 8)?), *data.get(12)?, *data.get(13)?, 4)
        } else {
            // Of its methods only zlib is in use.
            (data.starts_with(SECOND) && *data.get(9)? == 1).then_some(())?;
            (u64_le(data, 16)?, *data.get(10)?, *data.get(11)?, 8)
        };
        (15..=20).contains(&shift).then_some(())?;
        Some(Header { table: usize::from(head) * 4, width, block: 1 << shift, size })
    }

    fn place(&self, data: &[u8], block: usize) -> Option<usize> {
        let at = self.table.checked_add(block.checked_mul(self.width)?)?;
        match self.width {
            4 => size_le(data, at),
            _ => usize::try_from(u64_le(data, at)?).ok(),
        }
    }
}

impl Container for Zisofs {
    fn name(&self) -> &'static str {
        "zisofs"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        blob.bytes.starts_with(FIRST) || blob.bytes.starts_with(SECOND)
    }

    fn open<'b>(&self, blob: &Blob<'b>, _: &Limits) -> Opened<'b> {
        let mut opened = Opened::default();
        match Header::read(blob.bytes) {
            Some(header) => {
                let name = blob.address.file_name().to_vec();
                opened.members.push(Box::new(File { name, header, data: blob.bytes }));
            }
            None => {
                let detail = "zisofs: packed in a way that is not known";
                let size = blob.bytes.len() as u64;
                opened.problems.push(Problem::new(Reason::Unsupported, detail).of_bytes(size));
                opened.gaps.push(0..blob.bytes.len());
            }
        }
        opened
    }
}

struct File<'b> {
    name: Vec<u8>,
    header: Header,
    data: &'b [u8],
}

impl Member for File<'_> {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn size_hint(&self) -> u64 {
        self.header.size.min(self.data.len() as u64 * 16)
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        buffer.clear();
        let header = &self.header;
        let (mut broken, mut block, mut read) = (0, 0, 0);
        while (buffer.len() as u64) < header.size {
            let (Some(from), Some(to)) = (header.place(self.data, block), header.place(self.data, block + 1))
            else {
                broken += 1;
                break;
            };
            block += 1;
            let end = header.size.min(buffer.len() as u64 + header.block as u64) as usize;
            let Some(packed) = self.data.get(from..to) else {
                broken += 1;
                break;
            };
            read += packed.len() + header.width;
            if !packed.is_empty() {
                match blocks::inflate(packed, header.block, buffer, budget) {
                    Ok(is_whole) => broken += usize::from(!is_whole),
                    Err(problem) => return Contents { bytes: buffer, problem: Some(problem) },
                }
            }
            // A block of nothing but zeros has no bytes; they are what is told of a broken one too.
            if let Err(problem) = blocks::fill_up(buffer, end, header.size, read, budget) {
                return Contents { bytes: buffer, problem: Some(problem) };
            }
        }
        Contents { bytes: buffer, problem: blocks::told("zisofs", broken) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use std::io::Write;

    fn file(blocks: &[&[u8]], size: u32) -> Vec<u8> {
        let mut out = [FIRST, &size.to_le_bytes()[..], &[4, 15, 0, 0]].concat();
        let packed: Vec<Vec<u8>> = blocks
            .iter()
            .map(|block| {
                let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
                packer.write_all(block).unwrap();
                if block.is_empty() { Vec::new() } else { packer.finish().unwrap() }
            })
            .collect();
        let mut at = 16 + 4 * (blocks.len() as u32 + 1);
        out.extend(at.to_le_bytes());
        for block in &packed {
            at += block.len() as u32;
            out.extend(at.to_le_bytes());
        }
        out.extend(packed.concat());
        out
    }

    #[test]
    fn blocks_holes_and_damage() {
        let first = b"a line of text\n".repeat(3000)[..1 << 15].to_vec();
        let whole = file(&[&first, b"", b"the end"], (2 << 15) + 7);
        let read = |bytes: &[u8]| {
            let blob = Blob { address: Address::named("x"), bytes };
            assert!(Zisofs.reads(&blob));
            let opened = Zisofs.open(&blob, &Limits::default());
            let mut buffer = Vec::new();
            let contents = opened.members[0].read(&mut buffer, &Budget::new(&Limits::default(), 1 << 20));
            (contents.bytes.to_vec(), contents.problem.is_none())
        };
        let want = [&first[..], &vec![0; 1 << 15], b"the end"].concat();
        assert!(read(&whole) == (want.clone(), true));
        let (bytes, is_whole) = read(&whole[..whole.len() - 4]);
        assert!(!is_whole && want.starts_with(&bytes));
    }
}
