//! Sections of ELF files that are packed: by the flag that says so (zlib, Zstandard), or by their name as GNU's tools had it before
//! (`.zdebug_str`). What debuggers read has strings too: macros, values of templates, sources.

use super::embedded::Embedded;
use super::piece::Piece;
use super::{Container, Member, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{slice, u16_be, u16_le, u32_be, u32_le, u64_be, u64_le};
use crate::limits::Limits;
use crate::look::Look;
use std::ops::Range;

/// Opens packed sections, and what else is in such a file.
pub struct Sections;

const MAGIC: &[u8] = b"\x7fELF";
/// The flag of packed sections.
const COMPRESSED: u64 = 1 << 11;
/// A section without bytes in the file.
const NOBITS: u32 = 8;
const ZLIB: u32 = 1;
const ZSTD: u32 = 2;
/// What stands before the stream in sections known by their name: a word and the size of what comes out.
const OLD_HEAD: usize = 12;

impl Container for Sections {
    fn name(&self) -> &'static str {
        "elf-sections"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        !packed(blob.bytes).is_empty()
    }

    fn may_read(&self, look: &Look) -> bool {
        look.is_binary()
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut opened = Embedded.or_gap(blob, limits);
        let (mut unknown, mut end) = (0, 0);
        for section in packed(data) {
            // Headers may lead to the same bytes again and again.
            if section.bytes.start < end {
                continue;
            }
            end = section.bytes.end;
            if !section.is_known {
                unknown += section.bytes.len() as u64;
                continue;
            }
            let bytes = data.get(section.bytes).unwrap_or_default();
            let piece = Piece { name: section.name.to_vec(), bytes, missing: section.missing };
            opened.members.push(Box::new(piece) as Box<dyn Member>);
        }
        if unknown > 0 {
            let detail = format!("{unknown} bytes of sections are packed in a way that is not known");
            opened.problems.push(Problem::new(Reason::Unsupported, detail).of_bytes(unknown));
        }
        opened
    }
}

/// A packed section, without its head.
struct Section<'b> {
    name: &'b [u8],
    bytes: Range<usize>,
    missing: u64,
    is_known: bool,
}

/// The packed sections, by place.
fn packed(data: &[u8]) -> Vec<Section<'_>> {
    let mut all = sections(data).unwrap_or_default();
    all.sort_by_key(|section| (section.bytes.start, section.bytes.end));
    all
}

fn sections(data: &[u8]) -> Option<Vec<Section<'_>>> {
    let (is_64, is_big) = match data.strip_prefix(MAGIC)? {
        [class @ (1 | 2), order @ (1 | 2), ..] => (*class == 2, *order == 2),
        _ => return None,
    };
    let half = |at: usize| if is_big { u16_be(data, at) } else { u16_le(data, at) };
    let word = |at: usize| if is_big { u32_be(data, at) } else { u32_le(data, at) };
    let long = |at: usize| match (is_64, is_big) {
        (false, _) => word(at).map(u64::from),
        (true, false) => u64_le(data, at),
        (true, true) => u64_be(data, at),
    };
    let (table, each, count) = if is_64 { (40, 64, 60) } else { (32, 40, 48) };
    let table = usize::try_from(long(table)?).ok().filter(|table| *table > 0)?;
    let (count, names) = (usize::from(half(count)?), usize::from(half(count + 2)?));
    // At 8, 16, 24 and 32 of the wide form.
    let field = |n: usize, field: usize| {
        let at = table.checked_add(n.checked_mul(each)?)?.checked_add(if is_64 {
            8 * field
        } else {
            4 + 4 * field
        })?;
        long(at)
    };
    let place = |n: usize| {
        let start = usize::try_from(field(n, 3)?).ok()?;
        let len = usize::try_from(field(n, 4)?).ok()?;
        let end = start.saturating_add(len).min(data.len());
        (start < end).then(|| (start..end, (len - (end - start)) as u64))
    };
    let name = |n: usize| {
        let start = place(names)?.0.start.checked_add(word(table + n * each)? as usize)?;
        let rest = data.get(start..start.saturating_add(256).min(data.len()))?;
        Some(&rest[..memchr::memchr(0, rest).unwrap_or(rest.len())])
    };
    let section = |n: usize| {
        let kind = word(table.checked_add(n.checked_mul(each)?)?.checked_add(4)?)?;
        let (bytes, missing) = place(n).filter(|_| kind != NOBITS)?;
        let name = name(n).unwrap_or(b"section");
        if field(n, 1)? & COMPRESSED != 0 {
            let head = if is_64 { 24 } else { 12 };
            let way = word(bytes.start)?;
            let bytes = bytes.start.saturating_add(head).min(bytes.end)..bytes.end;
            return Some(Section { name, bytes, missing, is_known: matches!(way, ZLIB | ZSTD) });
        }
        let is_old = name.starts_with(b".zdebug") && slice(data, bytes.start, OLD_HEAD)?.starts_with(b"ZLIB");
        let bytes = (bytes.start + OLD_HEAD).min(bytes.end)..bytes.end;
        is_old.then_some(Section { name, bytes, missing, is_known: true })
    };
    Some((0..count).filter_map(section).collect())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{read, zlib};
    use super::*;

    /// A file of three sections: nothing, the names, and what is packed.
    fn elf(is_64: bool, is_big: bool, name: &[u8], flags: u64, body: &[u8]) -> Vec<u8> {
        let number = |value: u64, width: usize| match is_big {
            true => value.to_be_bytes()[8 - width..].to_vec(),
            false => value.to_le_bytes()[..width].to_vec(),
        };
        let wide = if is_64 { 8 } else { 4 };
        let head = if is_64 { 64 } else { 52 };
        let names = [b"\0", name, b"\0"].concat();
        let mut file = vec![0; head];
        file[..6].copy_from_slice(&[0x7f, b'E', b'L', b'F', 1 + u8::from(is_64), 1 + u8::from(is_big)]);
        let (names_at, body_at) = (head, head + names.len());
        let table = body_at + body.len();
        let (at, count) = if is_64 { (40, 60) } else { (32, 48) };
        file[at..at + wide].copy_from_slice(&number(table as u64, wide));
        file[count..count + 4].copy_from_slice(&[number(3, 2), number(1, 2)].concat());
        file.extend(names.iter().chain(body));
        for (name, flags, start, len) in
            [(0, 0, 0, 0), (0, 0, names_at, names.len()), (1, flags, body_at, body.len())]
        {
            file.extend(number(name, 4));
            file.extend(number(1, 4));
            for value in [flags, 0, start as u64, len as u64] {
                file.extend(number(value, wide));
            }
            file.extend(vec![0; if is_64 { 24 } else { 16 }]);
        }
        file
    }

    #[test]
    fn both_ways_in_all_kinds_of_files() {
        let packed = zlib(b"#define KEY \"value\"");
        // A place behind the end of the file is none.
        let mut beyond = elf(true, false, b".debug_str", COMPRESSED, &packed);
        let place = beyond.len() - 64 + 24;
        beyond[place..place + 8].copy_from_slice(&(1u64 << 40).to_le_bytes());
        assert!(super::packed(&beyond).is_empty());
        for (is_64, is_big) in [(false, false), (false, true), (true, false), (true, true)] {
            let mut head = vec![0; if is_64 { 24 } else { 12 }];
            head[if is_big { 3 } else { 0 }] = 1;
            let file = elf(is_64, is_big, b".debug_str", COMPRESSED, &[&head[..], &packed].concat());
            let (members, problems) = read(&Sections, &file);
            assert_eq!(members, [(".debug_str".to_owned(), packed.clone(), None)]);
            assert!(problems.is_empty());
            let file =
                elf(is_64, is_big, b".zdebug_str", 0, &[b"ZLIB\0\0\0\0\0\0\0\x13", &packed[..]].concat());
            assert_eq!(read(&Sections, &file).0, [(".zdebug_str".to_owned(), packed.clone(), None)]);
            head[if is_big { 3 } else { 0 }] = 9;
            let file = elf(is_64, is_big, b".debug_str", COMPRESSED, &[&head[..], &packed].concat());
            assert_eq!(read(&Sections, &file), (vec![], vec![Reason::Unsupported]));
        }
    }
}
