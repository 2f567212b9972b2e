//! Archives in the middle of other files, where no table tells of them: what a script unpacks out of
//! itself, what a program carries as an array of bytes or a resource, what was appended.
//!
//! A gzip stream is known by its first bytes, which chance makes once in gigabytes, and must inflate;
//! xz, bzip2, zstd, LZ4, lzip, lzop and LZMA streams likewise, and Squashfs by its header (images of kernels and firmware, scripts that unpack
//! themselves); a ZIP by the record at its end; 7z, RAR and cabinets (installers that unpack themselves) by their first
//! header. The file around them is read through the lenses as a whole: its
//! tables may point behind them.

use super::budget::Budget;
use super::gzip;
use super::inflate::{begins, inflate};
use super::piece::Piece;
use super::stream::{self, Stream as Packed};
use super::zip::{Zip, embedded as zips};
use super::{Container, Contents, Member, Opened, Problem};
use super::{cab, rar, sevenz, snappy_blocks, squashfs};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{size_le, u64_le};
use crate::limits::Limits;
use crate::look::{Look, Signature};
use std::ops::Range;

/// Opens what is embedded.
pub struct Embedded;

/// More archives than this in one file are chance or an attack.
const MOST: usize = 4096;
/// Beginnings of streams that are tried.
const TRIED: usize = 1 << 14;
/// Of those whose trial is dear: a whole decoder each.
const TRIED_DEAR: usize = 256;
/// Bytes of a stream that are tried, and that must come out of them at least.
const TRIAL: usize = 16 << 10;
const LEAST: usize = 64;

/// How programs begin: their own tables tell of nothing that is embedded. Whatever else is a ZIP as a
/// whole is opened as one.
const PROGRAMS: [&[u8]; 4] = [b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\0asm"];

impl Embedded {
    /// What it opens of a blob that is read as a whole besides; if that is nothing, the blob is one gap.
    pub fn or_gap<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        if self.reads(blob) {
            return self.open(blob, limits);
        }
        Opened { gaps: std::iter::once(0..blob.bytes.len()).collect(), ..Opened::default() }
    }
}

impl Container for Embedded {
    fn name(&self) -> &'static str {
        "embedded"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        self.reads_seen(blob, &Look::at(blob.bytes))
    }

    fn reads_seen(&self, blob: &Blob<'_>, look: &Look) -> bool {
        let is_program = PROGRAMS.iter().any(|magic| blob.bytes.starts_with(magic));
        let holds_any = |data| {
            let signs = Signs::seen(data, look);
            signs.streams(data).next().is_some()
                || !signs.packed(data).is_empty()
                || signs.zips(data).next().is_some()
                || signs.archives(data).next().is_some()
        };
        look.is_binary() && (is_program || !Zip.reads(blob)) && holds_any(blob.bytes)
    }

    fn may_read(&self, look: &Look) -> bool {
        [Signature::Gzip, Signature::ZipEnd, Signature::SevenZip, Signature::Rar, Signature::Cabinet]
            .into_iter()
            .chain(DEAR.iter().map(|(signature, ..)| *signature))
            .any(|signature| look.has(signature))
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        self.open_seen(blob, &Look::at(blob.bytes), limits)
    }

    fn open_seen<'b>(&self, blob: &Blob<'b>, look: &Look, _: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut opened = Opened::default();
        let signs = Signs::seen(data, look);
        for range in signs.zips(data).take(MOST) {
            let name = format!("zip at {}", range.start).into_bytes();
            let bytes = data.get(range).unwrap_or_default();
            opened.members.push(Box::new(Piece { name, bytes, missing: 0 }) as Box<dyn Member>);
        }
        for (at, kind) in signs.archives(data).take(MOST) {
            let name = format!("{kind} at {at}").into_bytes();
            let bytes = data.get(at..).unwrap_or_default();
            // A cabinet says how long it is; the others know their end.
            let len = if kind == "cab" { size_le(bytes, 8).unwrap_or(bytes.len()) } else { bytes.len() };
            let bytes = &bytes[..len.min(bytes.len())];
            opened.members.push(Box::new(Piece { name, bytes, missing: 0 }));
        }
        for (at, stream, kind) in signs.packed(data) {
            let name = format!("{kind} at {at}").into_bytes();
            let bytes = data.get(at..).unwrap_or_default();
            opened.members.push(match stream {
                Some(stream) => Box::new(One { name, bytes, stream }) as Box<dyn Member>,
                None => {
                    let len = match snappy_blocks::xerial_len(bytes) {
                        0 => u64_le(bytes, 40).and_then(|len| usize::try_from(len).ok()),
                        len => Some(len),
                    };
                    let bytes = &bytes[..len.unwrap_or(bytes.len()).min(bytes.len())];
                    Box::new(Piece { name, bytes, missing: 0 })
                }
            });
        }
        let mut found = signs.streams(data);
        for (at, header) in found.by_ref().take(MOST) {
            let name = match header.name.filter(|name| !name.is_empty()) {
                Some(name) => name.to_vec(),
                None => format!("gzip at {at}").into_bytes(),
            };
            let bytes = data.get(at + header.len..).unwrap_or_default();
            opened.members.push(Box::new(Stream { name, bytes }));
        }
        if found.next().is_some() {
            let detail = format!("more than {MOST} gzip streams inside another file");
            opened.problems.push(Problem::new(Reason::Limit, detail));
        }
        opened.gaps.push(0..data.len());
        opened
    }
}

/// What is known by a signature and must be tried: how many bytes before the signature it begins, and how it is read; Squashfs
/// and Snappy are members as they are.
#[rustfmt::skip]
static DEAR: [(Signature, usize, Option<&Packed>, &str); 12] = [
    (Signature::Xz, 0, Some(&stream::XZ), "xz"),
    (Signature::Bzip2Block, 4, Some(&stream::BZIP2), "bzip2"),
    (Signature::Zstd, 0, Some(&stream::ZSTD), "zstd"),
    (Signature::Lz4Legacy, 0, Some(&stream::LZ4), "lz4"),
    (Signature::Lz4, 0, Some(&stream::LZ4), "lz4"),
    (Signature::Squashfs, 0, None, "squashfs"),
    (Signature::Lzip, 0, Some(&stream::LZIP), "lzip"),
    (Signature::Lzop, 0, Some(&stream::LZOP), "lzop"),
    (Signature::Lzma, 0, Some(&stream::LZMA), "lzma"),
    (Signature::LzmaOfRouters, 0, Some(&stream::LZMA), "lzma"),
    (Signature::LzmaLarge, 0, Some(&stream::LZMA), "lzma"),
    (Signature::Xerial, 0, None, "snappy"),
];

/// Where signatures of archives stand, at most [`TRIED`] of each. The first byte of the file is another
/// container's.
#[derive(Default)]
struct Signs {
    gzip: Vec<usize>,
    zip: bool,
    sevenzip: Vec<usize>,
    rar: Vec<usize>,
    cabinet: Vec<usize>,
    /// Where something of [`DEAR`] begins, by its index.
    dear: Vec<(usize, usize)>,
}

impl Signs {
    fn seen(data: &[u8], look: &Look) -> Signs {
        let mut signs = Signs::default();
        look.signatures(data, &mut |signature, at| {
            let places = match signature {
                Signature::Gzip => &mut signs.gzip,
                Signature::SevenZip => &mut signs.sevenzip,
                Signature::Rar => &mut signs.rar,
                Signature::Cabinet => &mut signs.cabinet,
                Signature::ZipEnd => {
                    signs.zip = true;
                    return;
                }
                _ => {
                    let kind = DEAR.iter().position(|(dear, ..)| *dear == signature);
                    let place = kind.and_then(|kind| Some((at.checked_sub(DEAR[kind].1)?, kind)));
                    signs.dear.extend(place.filter(|(at, _)| *at > 0 && signs.dear.len() < TRIED));
                    return;
                }
            };
            if at > 0 && places.len() < TRIED {
                places.push(at);
            }
        });
        for places in [&mut signs.gzip, &mut signs.sevenzip, &mut signs.rar, &mut signs.cabinet] {
            places.sort_unstable();
        }
        signs.dear.sort_unstable();
        signs.dear.truncate(TRIED_DEAR);
        signs
    }

    /// What begins with a signature of [`DEAR`], and something comes out of it.
    fn packed(&self, data: &[u8]) -> Vec<(usize, Option<&'static Packed>, &'static str)> {
        let limits = Limits { entry_bytes: 1 << 16, expanded_bytes: 1 << 16, ..Limits::default() };
        let mut out = Vec::new();
        let mut comes_out = |stream: &Packed, bytes: &[u8]| {
            let budget = Budget::new(&limits, bytes.len() as u64);
            out.clear();
            // What asks for more than the trial has is worth an attempt, if more than four bytes tell of it.
            stream.begins(bytes)
                && match stream.one(&bytes[..bytes.len().min(TRIAL)], &mut out, &budget) {
                    Ok(_) => out.len() >= LEAST,
                    Err(problem) => problem.reason == Reason::Limit && bytes.starts_with(b"\xfd7zXZ"),
                }
        };
        let found = self.dear.iter().filter_map(|&(at, kind)| {
            let (_, _, stream, name) = DEAR[kind];
            let bytes = data.get(at..)?;
            let is_there = match stream {
                Some(stream) => comes_out(stream, bytes),
                None => squashfs::begins(bytes) || snappy_blocks::xerial_len(bytes) > 0,
            };
            is_there.then_some((at, stream, name))
        });
        found.collect()
    }

    /// Where archives begin that are known by their first header, one at most of 7z and of RAR: these
    /// go on to the end of the file.
    fn archives<'s>(&'s self, data: &'s [u8]) -> impl Iterator<Item = (usize, &'static str)> + 's {
        let find = move |places: &'s [usize], begins: fn(&[u8]) -> bool, kind: &'static str, most: usize| {
            let begins = move |at: &usize| data.get(*at..).is_some_and(begins);
            places.iter().copied().filter(begins).map(move |at| (at, kind)).take(most)
        };
        find(&self.sevenzip, sevenz::begins, "7z", 1)
            .chain(find(&self.rar, rar::begins, "rar", 1))
            .chain(find(&self.cabinet, cab::begins, "cab", MOST))
    }

    /// Archives that are known by the record at their end.
    fn zips<'s>(&self, data: &'s [u8]) -> impl Iterator<Item = Range<usize>> + 's {
        self.zip.then(|| zips(data)).into_iter().flatten()
    }

    /// Where gzip streams begin that inflate.
    fn streams<'s>(&'s self, data: &'s [u8]) -> impl Iterator<Item = (usize, gzip::Header<'s>)> + 's {
        self.gzip.iter().filter_map(move |&at| {
            let stream = data.get(at..)?;
            // What compressors write of their effort and system.
            let is_usual =
                matches!(stream.get(8), Some(0 | 2 | 4)) && matches!(stream.get(9), Some(0..=13 | 255));
            let header = gzip::header(stream).filter(|_| is_usual)?;
            begins(stream.get(header.len..)?).then_some((at, header))
        })
    }
}

/// Deflate, wherever it stands.
pub(super) struct Stream<'b> {
    /// The name it goes by.
    pub name: Vec<u8>,
    /// From the stream on to the end of the file: it knows its end itself.
    pub bytes: &'b [u8],
}

impl Member for Stream<'_> {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn size_hint(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        let problem = inflate(self.bytes, buffer, 0, budget).problem(self.bytes.len());
        Contents { bytes: buffer, problem }
    }
}

/// A stream of another kind, which knows its end itself too.
pub(super) struct One<'b> {
    /// The name it goes by.
    pub name: Vec<u8>,
    /// From where it begins.
    pub bytes: &'b [u8],
    /// How it is packed.
    pub stream: &'static Packed,
}

impl Member for One<'_> {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn size_hint(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        buffer.clear();
        let problem = match self.stream.one(self.bytes, buffer, budget) {
            Ok(outcome) => self.stream.problem(&outcome, self.bytes.len()),
            Err(problem) => Some(problem),
        };
        Contents { bytes: buffer, problem }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use flate2::{Compression, GzBuilder};
    use std::io::Write;

    fn gzip(name: &str, bytes: &[u8]) -> Vec<u8> {
        let mut out = GzBuilder::new().filename(name).write(Vec::new(), Compression::best());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    #[test]
    fn streams_behind_a_script_and_in_a_program() {
        let plain = b"[default]\nkey = value\n".repeat(20);
        let mut file = b"#!/bin/sh\nsed 1,3d $0 | gunzip\n".to_vec();
        file.extend(gzip("a.ini", &plain));
        file.extend([0; 700]);
        file.extend(gzip("", &plain));
        // A header that nothing follows.
        file.extend(b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xff\xff\xff\xff and more");
        let blob = Blob { address: Address::named("x.run"), bytes: &file };
        assert!(Embedded.reads(&blob));
        let opened = Embedded.open(&blob, &Limits::default());
        let budget = Budget::new(&Limits::default(), file.len() as u64);
        let mut buffer = Vec::new();
        let read: Vec<(String, bool)> = opened
            .members
            .iter()
            .map(|m| {
                let contents = m.read(&mut buffer, &budget);
                (String::from_utf8_lossy(m.name()).into(), contents.bytes == plain)
            })
            .collect();
        let second = file.len() - (14 + 9) - gzip("", &plain).len();
        assert_eq!(read, [("a.ini".to_owned(), true), (format!("gzip at {second}"), true)]);
        assert!(opened.gaps.len() == 1 && opened.gaps[0] == (0..file.len()));
        let blob = Blob { address: Address::named("x"), bytes: b"\x7fELF\0 no archive" };
        assert!(!Embedded.reads(&blob));
    }
}
