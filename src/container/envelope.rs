//! Files that are a short head and something packed, which is a member as it is: what it is packed by its own beginning tells.
//!
//! Bundles of Mercurial, packed sessions of Firefox, objects of OSTree (Flatpak), data files of MATLAB, messages that OpenPGP and CMS
//! only pack, chunks of HDF5, literals of Erlang's modules and its packed terms, scripts of Ren'Py, lengths before zlib as Qt, MySQL and
//! Fossil write them, images of Java's modules that are packed.

use super::budget::Budget;
use super::inflate::{begins as deflates, has_zlib_header, inflate};
use super::piece::{Piece, Taken};
use super::{Container, Contents, Member, Opened, Problem, hdf5, lz4, zlibs};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{size_be, size_le, slice, u32_be, u32_le, u64_le};
use crate::limits::Limits;
use crate::look::Look;
use memchr::memmem;
use std::ops::Range;

/// Opens such files.
pub struct Envelope;

const HDF5: &[u8] = b"\x89HDF\r\n\x1a\n";

/// What is in one.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Inside {
    /// Stretches that are packed.
    Pieces(Vec<(&'static str, Range<usize>)>),
    /// Deflate without a header, up to the end.
    Deflate(usize),
    /// A block of LZ4 up to the end, and what size comes out.
    Lz4(usize, u64),
}

impl Container for Envelope {
    fn name(&self) -> &'static str {
        "envelope"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        look_into(blob.bytes, 1).is_some()
    }

    fn may_read(&self, look: &Look) -> bool {
        look.is_binary()
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut opened = Opened::default();
        let most = usize::try_from(limits.entries).unwrap_or(usize::MAX);
        match look_into(data, most.saturating_add(1)) {
            Some(Inside::Pieces(mut pieces)) => {
                if pieces.len() > most {
                    let detail = format!("more than {most} packed parts");
                    opened.problems.push(Problem::new(Reason::Limit, detail));
                    pieces.truncate(most);
                }
                let wanted = pieces.iter().enumerate().map(|(n, (_, range))| (range.clone(), n)).collect();
                let (taken, _) = Taken::new(wanted);
                let is_one = pieces.len() == 1;
                let sizes = if data.starts_with(HDF5) { hdf5::shuffled(data) } else { Vec::new() };
                for (n, range) in taken.indexes() {
                    let what = pieces[n].0;
                    let name = if is_one { what.to_owned() } else { format!("{what} at {}", range.start) };
                    let bytes = &data[range];
                    for &size in &sizes {
                        let name = format!("{name}, elements of {size} bytes").into_bytes();
                        opened.members.push(Box::new(hdf5::Shuffled { name, bytes, size }));
                    }
                    opened.members.push(Box::new(Piece { name: name.into_bytes(), bytes, missing: 0 }));
                }
                opened.gaps = taken.gaps(data.len());
            }
            Some(Inside::Deflate(at)) => {
                opened.members.push(Box::new(Packed { bytes: &data[at..], size: None }));
                opened.gaps.push(0..at);
            }
            Some(Inside::Lz4(at, size)) => {
                opened.members.push(Box::new(Packed { bytes: &data[at..], size: Some(size) }));
                opened.gaps.push(0..at);
            }
            None => opened.gaps.push(0..data.len()),
        }
        opened
    }
}

/// What is in the file; of many stretches, the first `most`.
fn look_into(data: &[u8], most: usize) -> Option<Inside> {
    let one = |what, range: Range<usize>| {
        (range.start < range.end && range.end <= data.len()).then(|| Inside::Pieces(vec![(what, range)]))
    };
    match data.get(..12)? {
        [b'H', b'G', b'1', b'0', b'G', b'Z', ..] => one("changes", 6..data.len()),
        [b'H', b'G', b'1', b'0', b'B', b'Z', ..] => one("changes", 4..data.len()),
        [b'H', b'G', b'2', b'0', ..] => {
            let head = size_be(data, 4)?;
            let is_packed = memmem::find(slice(data, 8, head)?, b"Compression=").is_some();
            one("changes", 8 + head..data.len()).filter(|_| is_packed)
        }
        [b'm', b'o', b'z', b'L', b'z', b'4', b'0', 0, ..] => {
            Some(Inside::Lz4(12, u64::from(u32_le(data, 8)?)))
        }
        [b'M', b'A', b'T', b'L', b'A', b'B', b' ', b'5', ..] => matlab(data, most),
        [0xda, 0xda, 0xfe, 0xca, ..] => java(data, most),
        _ if data.starts_with(HDF5) => streams(data, "chunk", most),
        // Literals, and what debuggers read.
        [b'F', b'O', b'R', b'1', _, _, _, _, b'B', b'E', b'A', b'M'] => streams(data, "part", most),
        [b'R', b'E', b'N', b'P', b'Y', b' ', b'R', b'P', b'C', b'2', ..] => streams(data, "part", most),
        // A term of Erlang, whose size stands before it.
        [131, 80, ..] if is_zlib(data, 6) => one("term", 6..data.len()),
        // A packet of OpenPGP that is packed, of a length that is told or goes on to the end.
        [head @ (0xa0..=0xa3 | 0xc8), ..] => {
            let at = match head {
                0xa0 => 2,
                0xa1 => 3,
                0xa2 => 5,
                0xa3 => 1,
                _ => match data[1] {
                    0..192 => 2,
                    192..224 => 3,
                    255 => 6,
                    // In parts, which the stream goes through.
                    _ => return None,
                },
            };
            match data.get(at)? {
                1 if deflates(data.get(at + 1..)?) => Some(Inside::Deflate(at + 1)),
                2 if is_zlib(data, at + 1) => one("contents", at + 1..data.len()),
                3 if data.get(at + 1..)?.starts_with(b"BZh") => one("contents", at + 1..data.len()),
                _ => None,
            }
        }
        [0x30, 0x80..=0xff, ..] => {
            // Compressed data of CMS, and behind them how: zlib.
            const ZLIB: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x08";
            let head = &data[..data.len().min(128)];
            let from = memmem::find(head, ZLIB)? + ZLIB.len();
            (from..from + 64).find(|at| is_zlib(data, *at)).and_then(|at| one("content", at..data.len()))
        }
        // An object of OSTree: the size of a description, which says that it is a file.
        [0, 0, _, _, 0, 0, 0, 0, ..] if matches!(size_be(data, 0), Some(24..=4096)) => {
            let start = 8 + size_be(data, 0)?;
            let is_file = u32_be(data, 24)? & 0xf000 == 0x8000;
            (is_file && deflates(data.get(start..)?)).then_some(Inside::Deflate(start))
        }
        _ if is_zlib(data, 4) => {
            // Deflate expands at most 1,032-fold.
            let is_size = |size: Option<u32>| {
                let (size, packed) = (u64::from(size.unwrap_or(0)), data.len() as u64);
                size > 0 && size / 1032 <= packed && size + 64 >= packed / 2
            };
            match is_size(u32_be(data, 0)) || is_size(u32_le(data, 0)) {
                true => one("contents", 4..data.len()),
                false => None,
            }
        }
        _ => None,
    }
}

fn is_zlib(data: &[u8], at: usize) -> bool {
    data.get(at..).is_some_and(|data| has_zlib_header(data) && deflates(&data[2..]))
}

/// Version 5: each variable is an element, which may be packed.
fn matlab(data: &[u8], most: usize) -> Option<Inside> {
    let number = |at: usize| match &data[126..128] {
        b"IM" => size_le(data, at),
        _ => size_be(data, at),
    };
    data.get(126..128).filter(|order| matches!(*order, b"IM" | b"MI"))?;
    let (mut at, mut pieces) = (128, Vec::new());
    while let (Some(kind), Some(len)) = (number(at), number(at + 4)) {
        let end = (at + 8).saturating_add(len).min(data.len());
        if kind == 15 && at + 8 < end {
            pieces.push(("variable", at + 8..end));
        }
        // What is packed is not padded.
        at = if kind == 15 { end } else { (at + 8).saturating_add(len.next_multiple_of(8)) };
        if pieces.len() >= most {
            break;
        }
    }
    (!pieces.is_empty()).then_some(Inside::Pieces(pieces))
}

/// Resources that `jlink` has packed, each behind a head of its own. Strings that are kept together stand there as they are.
fn java(data: &[u8], most: usize) -> Option<Inside> {
    const HEAD: usize = 29;
    let mut pieces = Vec::new();
    let mut end = 0;
    for at in memmem::find_iter(data, b"\xfa\xfa\xfe\xca") {
        let Some(len) = u64_le(data, at + 4).and_then(|len| usize::try_from(len).ok()) else { continue };
        let (Some(from), Some(to)) = (Some(at + HEAD), (at + HEAD).checked_add(len)) else { continue };
        if at >= end && to <= data.len() && is_zlib(data, from) {
            pieces.push(("resource", from..to));
            end = to;
        }
        if pieces.len() >= most {
            break;
        }
    }
    (!pieces.is_empty()).then_some(Inside::Pieces(pieces))
}

/// Whatever is packed by zlib, known by heads and checksums: what leads to it (in HDF5) is long, and says no more.
fn streams(data: &[u8], what: &'static str, most: usize) -> Option<Inside> {
    let (found, _) = zlibs::find(data, 0, most);
    let pieces: Vec<_> = found.into_iter().map(|range| (what, range)).collect();
    (!pieces.is_empty()).then_some(Inside::Pieces(pieces))
}

/// Contents without a head of their own: LZ4 of a size that is known, or deflate.
struct Packed<'b> {
    bytes: &'b [u8],
    size: Option<u64>,
}

impl Member for Packed<'_> {
    fn name(&self) -> &[u8] {
        b"contents"
    }

    fn size_hint(&self) -> u64 {
        (self.bytes.len() as u64).saturating_mul(4)
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        buffer.clear();
        let problem = match self.size {
            Some(size) => lz4::block(self.bytes, size, buffer, budget).err(),
            None => inflate(self.bytes, buffer, 0, budget).problem(self.bytes.len()),
        };
        Contents { bytes: buffer, problem }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{read, zlib};
    use super::*;

    fn text() -> Vec<u8> {
        (1..200).flat_map(|n| format!("line {n} of a text\n").into_bytes()).collect()
    }

    #[test]
    fn each_kind() {
        let packed = zlib(&text());
        let raw = packed[2..packed.len() - 4].to_vec();
        let sizes = (text().len() as u32).to_be_bytes();
        let element = [&15u32.to_le_bytes()[..], &(packed.len() as u32).to_le_bytes()].concat();
        let matlab = [&b"MATLAB 5.0 MAT-file"[..], &[b' '; 105], &[0, 1], b"IM", &element, &packed].concat();
        let object = [&[0, 0, 0, 24, 0, 0, 0, 0][..], &[0; 16], &[0, 0, 0x81, 0xa4], &[0; 4]].concat();
        let java = [&b"\xda\xda\xfe\xca"[..], &[0; 60], b"\xfa\xfa\xfe\xca"].concat();
        let java = [java, (packed.len() as u64).to_le_bytes().to_vec(), vec![0; 17], packed.clone()].concat();
        let cms = b"\x30\x80\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x08\x04\x82\x01\x02";
        for (head, body, is_piece) in [
            (&b"HG10GZ"[..], &packed, true),
            (b"HG20\0\0\0\x0eCompression=GZ", &packed, true),
            (&sizes, &packed, true),
            (b"\xa3\x02", &packed, true),
            (b"\xa3\x01", &raw, false),
            (&object, &raw, false),
            (&matlab[..136], &packed, true),
            (&java[..93], &packed, true),
            (cms, &packed, true),
        ] {
            let data = [head, body].concat();
            let (members, problems) = read(&Envelope, &data);
            let want = if is_piece { packed.clone() } else { text() };
            assert!(members.len() == 1 && members[0].1 == want && problems.is_empty(), "{head:?}");
        }
        let mut block = vec![0; 4096];
        let len = lz4_flex::block::compress_into(&text(), &mut block).unwrap();
        let size = (text().len() as u32).to_le_bytes();
        let (members, _) = read(&Envelope, &[&b"mozLz40\0"[..], &size, &block[..len]].concat());
        assert!(members[0].1 == text());
    }

    #[test]
    fn a_few_bytes_are_no_proof() {
        for data in [
            &b"\0\0\0\x20\x78\x9c and more that is not packed"[..],
            b"\xa3\x02\x78\x9c\0\0\0\0\0\0\0\0\0",
            b"HG20\xff\xff\xff\xff    ",
        ] {
            assert_eq!(look_into(data, 9), None);
        }
    }
}
