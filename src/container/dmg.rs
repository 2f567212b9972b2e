//! Disk images of macOS (UDIF): a trailer, a property list with a table of chunks for each partition, the chunks packed one by
//! one. Partitions are members; the file systems in them are read by whoever knows them.
//!
//! Apple does not document it; the layout is as `hdiutil` writes it.

use super::budget::Budget;
use super::inflate::{Inflated, OVER_BUDGET, inflate_more};
use super::lzfse;
use super::stream::Packing;
use super::{Container, Contents, Member, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{size_be, slice, u32_be, u64_be};
use crate::limits::Limits;
use crate::triage::checksum::base64_decode;
use memchr::memmem;
use std::ops::Range;

/// Opens such images.
pub struct Dmg;

const TRAILER: usize = 512;
const SECTOR: u64 = 512;
/// Most partitions of one image.
const MOST: usize = 256;

impl Container for Dmg {
    fn name(&self) -> &'static str {
        "dmg"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        trailer(blob.bytes).is_some()
    }

    fn open<'b>(&self, blob: &Blob<'b>, _: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut opened = Opened::default();
        let mut parts = trailer(data).and_then(|trailer| list(data, trailer)).unwrap_or_default();
        if parts.is_empty() {
            let detail = "dmg: no table of partitions; searched as raw bytes";
            opened.problems.push(Problem::new(Reason::Damaged, detail).of_bytes(data.len() as u64));
        }
        if parts.len() > MOST {
            let detail = format!("dmg: more than {MOST} partitions");
            opened.problems.push(Problem::new(Reason::Limit, detail));
            parts.truncate(MOST);
        }
        opened.members = parts.into_iter().map(|part| Box::new(part) as Box<dyn Member>).collect();
        // Chunks that are stored are searched in their partition; what is packed says nothing twice.
        opened.gaps.push(0..data.len());
        opened
    }
}

fn trailer(data: &[u8]) -> Option<&[u8]> {
    let trailer = data.get(data.len().checked_sub(TRAILER)?..)?;
    (trailer.starts_with(b"koly") && u32_be(trailer, 8) == Some(512)).then_some(trailer)
}

/// The partitions of the property list: `Name`, and a table in base64.
fn list<'b>(data: &'b [u8], trailer: &[u8]) -> Option<Vec<Part<'b>>> {
    let place = |at: usize| usize::try_from(u64_be(trailer, at)?).ok();
    let fork = place(24)?;
    let xml = slice(data, place(216)?, place(224)?)?;
    let start = memmem::find(xml, b"<key>blkx</key>")?;
    let xml = &xml[start..];
    let xml = &xml[..memmem::find(xml, b"</array>").unwrap_or(xml.len())];
    let mut parts = Vec::new();
    for dict in memmem::find_iter(xml, b"<dict>").take(MOST + 1) {
        let dict = &xml[dict..];
        let dict = &dict[..memmem::find(dict, b"</dict>").unwrap_or(dict.len())];
        let value = |key: &[u8], tag: &[u8]| {
            let at = memmem::find(dict, key)?;
            let from = at + memmem::find(&dict[at..], tag)? + tag.len();
            let len = memchr::memchr(b'<', &dict[from..])?;
            Some(&dict[from..from + len])
        };
        let Some(table) = value(b"<key>Data</key>", b"<data>").map(base64) else { continue };
        let name = value(b"<key>Name</key>", b"<string>").filter(|name| !name.is_empty());
        let name = name.map_or_else(|| format!("partition {}", parts.len()).into_bytes(), <[u8]>::to_vec);
        if table.starts_with(b"mish") {
            parts.push(Part { name, data, fork, table });
        }
    }
    Some(parts)
}

/// Of a value that is wrapped and indented.
fn base64(text: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = text.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
    base64_decode(&digits)
}

struct Part<'b> {
    name: Vec<u8>,
    data: &'b [u8],
    fork: usize,
    table: Vec<u8>,
}

impl Member for Part<'_> {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn size_hint(&self) -> u64 {
        u64_be(&self.table, 16).unwrap_or(0).saturating_mul(SECTOR)
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        buffer.clear();
        let problem = self.expand(buffer, budget).err();
        Contents { bytes: buffer, problem }
    }
}

impl Part<'_> {
    fn expand(&self, out: &mut Vec<u8>, budget: &Budget) -> Result<(), Problem> {
        let base = u64_be(&self.table, 24).unwrap_or(0);
        let chunks = self.table.get(204..).unwrap_or_default().chunks_exact(40);
        let (mut unknown, mut damaged, mut packed) = (0u64, 0u64, 0u64);
        for chunk in chunks.take(size_be(&self.table, 200).unwrap_or(0)) {
            let number = |at: usize| u64_be(chunk, at).unwrap_or(0);
            let size = number(16).saturating_mul(SECTOR);
            let kind = u32_be(chunk, 0).unwrap_or(u32::MAX);
            if matches!(kind, 0x7fff_fffe | u32::MAX) {
                continue;
            }
            let input = self.input(base.saturating_add(number(24)), number(32));
            let input = input.and_then(|range| self.data.get(range)).unwrap_or_default();
            packed = packed.saturating_add(input.len() as u64);
            let before = out.len();
            let end = (before as u64).saturating_add(size);
            if end > budget.limits.entry_bytes {
                let detail = format!("dmg: the partition has more than {} bytes", budget.limits.entry_bytes);
                return Err(Problem::new(Reason::Limit, detail));
            }
            if budget.limits.is_bomb(end, packed) {
                let detail = "dmg: the partition expands too much, or is empty";
                return Err(Problem::new(Reason::Limit, detail));
            }
            let expanded = match kind {
                0 | 2 => Ok(Inflated::Whole(0)),
                1 => {
                    if !budget.take(input.len() as u64) {
                        budget.spend();
                        return Err(Problem::new(Reason::Limit, OVER_BUDGET));
                    }
                    out.extend_from_slice(&input[..input.len().min(size as usize)]);
                    Ok(Inflated::Whole(0))
                }
                0x8000_0005 => Ok(inflate_more(input.get(2..).unwrap_or_default(), out, size, budget)),
                0x8000_0006 => Packing::Bzip2.expand(input, out, budget),
                0x8000_0007 => Ok(lzfse::expand(input, out, budget)),
                0x8000_0008 => Packing::Xz.expand(input, out, budget),
                0x8000_0004 => adc(input, size, out, budget),
                _ => {
                    unknown = unknown.saturating_add(input.len() as u64);
                    Ok(Inflated::Whole(0))
                }
            };
            match expanded? {
                Inflated::Cut(limit) => return Err(Problem::new(Reason::Limit, limit)),
                Inflated::Whole(_) => {}
                _ => damaged = damaged.saturating_add(input.len() as u64),
            }
            // What follows keeps its place.
            let short = size.saturating_sub((out.len() - before) as u64);
            if !budget.take(short) {
                budget.spend();
                return Err(Problem::new(Reason::Limit, OVER_BUDGET));
            }
            out.resize(before + size as usize, 0);
        }
        if unknown > 0 {
            let detail = "dmg: chunks packed in a way that is not known are not opened";
            return Err(Problem::new(Reason::Unsupported, detail).of_bytes(unknown));
        }
        if damaged > 0 {
            let detail = format!("dmg: {damaged} bytes of chunks are damaged");
            return Err(Problem::new(Reason::Damaged, detail).of_bytes(damaged));
        }
        Ok(())
    }

    fn input(&self, at: u64, len: u64) -> Option<Range<usize>> {
        let start = usize::try_from(at).ok()?.checked_add(self.fork)?.min(self.data.len());
        let end = start.saturating_add(usize::try_from(len).unwrap_or(usize::MAX)).min(self.data.len());
        Some(start..end)
    }
}

/// Apple Data Compression, of old images: literals, and copies of two or three bytes. `size` was refused where it is too much.
fn adc(input: &[u8], size: u64, out: &mut Vec<u8>, budget: &Budget) -> Result<Inflated, Problem> {
    if !budget.take(size) {
        budget.spend();
        return Err(Problem::new(Reason::Limit, OVER_BUDGET));
    }
    let start = out.len();
    let end = start + size as usize;
    let mut rest = input;
    while out.len() < end {
        let (len, back) = match rest {
            [] => return Ok(Inflated::Truncated),
            [code @ 0x80..=0xff, tail @ ..] => {
                let len = usize::from(code & 0x7f) + 1;
                let Some((literals, tail)) = tail.split_at_checked(len) else {
                    return Ok(Inflated::Truncated);
                };
                out.extend_from_slice(&literals[..len.min(end - out.len())]);
                rest = tail;
                continue;
            }
            [code @ 0x40..=0x7f, high, low, tail @ ..] => {
                rest = tail;
                (usize::from(code & 0x3f) + 4, usize::from(*high) << 8 | usize::from(*low))
            }
            [code @ 0..=0x3f, low, tail @ ..] => {
                rest = tail;
                (usize::from(code >> 2) + 3, usize::from(code & 3) << 8 | usize::from(*low))
            }
            _ => return Ok(Inflated::Truncated),
        };
        if back >= out.len() - start {
            return Ok(Inflated::Broken(input.len() - rest.len()));
        }
        for _ in 0..len.min(end - out.len()) {
            out.push(out[out.len() - back - 1]);
        }
    }
    Ok(Inflated::Whole(input.len() - rest.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use std::io::Write;

    fn encode(bytes: &[u8]) -> String {
        const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let digit = |n: u32| DIGITS[n as usize & 63] as char;
        bytes
            .chunks(3)
            .flat_map(|c| {
                let n = u32::from(c[0]) << 16
                    | u32::from(*c.get(1).unwrap_or(&0)) << 8
                    | u32::from(*c.get(2).unwrap_or(&0));
                [digit(n >> 18), digit(n >> 12), digit(n >> 6), digit(n)].into_iter().take(c.len() + 1)
            })
            .collect()
    }

    fn image(chunks: &[(u32, u64, &[u8])]) -> Vec<u8> {
        let (mut data, mut table) = (Vec::new(), b"mish\0\0\0\x01".to_vec());
        table.resize(200, 0);
        table.extend((chunks.len() as u32).to_be_bytes());
        for (kind, sectors, body) in chunks {
            table.extend(kind.to_be_bytes());
            table.extend([0; 12]);
            for number in [*sectors, data.len() as u64, body.len() as u64] {
                table.extend(number.to_be_bytes());
            }
            data.extend(*body);
        }
        let xml = format!(
            "<plist><dict><key>resource-fork</key><dict><key>blkx</key><array><dict><key>Data</key><data>\n{}\n</data>\
             <key>Name</key><string>disk</string></dict></array></dict></dict></plist>",
            encode(&table)
        );
        let at = data.len() as u64;
        data.extend(xml.bytes());
        let mut trailer = b"koly\0\0\0\x04\0\0\x02\0".to_vec();
        trailer.resize(512, 0);
        trailer[216..224].copy_from_slice(&at.to_be_bytes());
        trailer[224..232].copy_from_slice(&(xml.len() as u64).to_be_bytes());
        data.extend(trailer);
        data
    }

    fn read(data: &[u8]) -> (Vec<u8>, Option<Reason>) {
        let blob = Blob { address: Address::named("x"), bytes: data };
        assert!(Dmg.reads(&blob));
        let opened = Dmg.open(&blob, &Limits::default());
        assert_eq!(opened.members[0].name(), b"disk");
        let mut buffer = Vec::new();
        let budget = Budget::new(&Limits::default(), data.len() as u64);
        let contents = opened.members[0].read(&mut buffer, &budget);
        (contents.bytes.to_vec(), contents.problem.map(|p| p.reason))
    }

    #[test]
    fn chunks_of_each_kind() {
        let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        packed.write_all(&[b'b'; 512]).unwrap();
        let packed = packed.finish().unwrap();
        let raw = [b'a'; 512];
        let end: (u32, u64, &[u8]) = (u32::MAX, 0, b"");
        let whole = image(&[(1, 1, &raw), (0, 1, b""), (0x8000_0005, 1, &packed), end]);
        let all = [vec![b'a'; 512], vec![0; 512], vec![b'b'; 512]].concat();
        assert!(read(&whole) == (all, None));
        let (out, reason) = read(&image(&[(0x8000_0009, 1, b"what"), (1, 1, &raw)]));
        assert!(out.ends_with(&raw) && reason == Some(Reason::Unsupported));
        // LZFSE that is stored, and one letter over and over by ADC, with a short copy and long ones.
        let stored = [&b"bvx-\0\x02\0\0"[..], &[b'c'; 512], b"bvx$"].concat();
        let copies = [&[0x80, b'd', 0, 0][..], &[0x7f, 0, 0].repeat(8)].concat();
        let all = [[b'c'; 512], [b'd'; 512]].concat();
        assert!(read(&image(&[(0x8000_0007, 1, &stored), (0x8000_0004, 1, &copies)])) == (all, None));
        let (out, reason) =
            read(&image(&[(0x8000_0007, 1, b"bvx2"), (0x8000_0004, 1, b"\x40"), (1, 1, &raw)]));
        assert!(out.ends_with(&raw) && reason == Some(Reason::Damaged));
        assert_eq!(read(&image(&[(0, 1 << 50, b"")])).1, Some(Reason::Limit));
        assert_eq!(read(&image(&[(0, 1 << 18, b"")])).1, Some(Reason::Limit));
    }
}
