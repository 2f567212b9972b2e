//! Load commands of a thin Mach-O file: sections, symbols, where pointers lead.
//!
//! Structures as in Apple's `mach-o/loader.h`, `mach-o/nlist.h`, `mach-o/fixup-chains.h` and
//! `mach-o/reloc.h`. An own walk: of the `object` crate only the load commands would serve, and
//! fixups, method lists and slots are the larger part.

use crate::lens::Complaint;
use crate::lens::bytes;
use std::collections::HashMap;

pub(super) const ARM64: u32 = 0x0100_000c;
pub(super) const X86_64: u32 = 0x0100_0007;
pub(super) const I386: u32 = 7;
const MH_OBJECT: u32 = 1;
/// Files whose sections have addresses and no bytes: stub libraries and debug companions.
const EMPTY_FILES: [u32; 2] = [9, 10];
/// Names, segments and sections read at most; the kernel allows 255 sections a file.
const MAX_SECTIONS: usize = 4096;

/// A section that has bytes in the file.
#[derive(Clone, Debug)]
pub(super) struct Section<'a> {
    pub(super) segment: &'a [u8],
    pub(super) name: &'a [u8],
    pub(super) addr: u64,
    pub(super) offset: usize,
    pub(super) bytes: &'a [u8],
    pub(super) flags: u32,
    relocations: (usize, usize),
}

impl Section<'_> {
    pub(super) fn is_code(&self) -> bool {
        self.flags & 0x8000_0400 != 0
    }

    pub(super) fn contains(&self, addr: u64) -> bool {
        addr >= self.addr && addr - self.addr < self.bytes.len() as u64
    }

    /// Whether the section may hold pointers.
    pub(super) fn has_pointers(&self) -> bool {
        !self.is_code()
            && self.flags & 0xff != 2
            && (self.segment.starts_with(b"__DATA")
                || self.segment.starts_with(b"__AUTH")
                || self.name == b"__const"
                || self.segment.is_empty())
            && !matches!(self.name, b"__ustring" | b"__eh_frame" | b"__unwind_info" | b"__gcc_except_tab")
    }
}

/// How the pointers of a file are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pointers {
    /// Addresses as they are.
    Plain,
    /// `DYLD_CHAINED_PTR_…` with this number.
    Chained(u16),
}

/// A symbol that stands at an address.
#[derive(Clone, Copy, Debug)]
pub(super) struct Symbol<'a> {
    pub(super) addr: u64,
    pub(super) name: &'a [u8],
}

/// A range that the loader must decrypt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Encrypted {
    pub(super) offset: u32,
    pub(super) size: u32,
}

/// A thin Mach-O file.
#[derive(Debug)]
pub(super) struct Image<'a> {
    pub(super) data: &'a [u8],
    big: bool,
    pub(super) wide: bool,
    pub(super) cpu: u32,
    pub(super) object: bool,
    pub(super) sections: Vec<Section<'a>>,
    pub(super) encrypted: Option<Encrypted>,
    /// Tells images of one artifact apart.
    pub(super) id: u64,
    symtab: Option<(usize, usize, usize, usize)>,
    starts: Option<(usize, usize)>,
    base: u64,
    /// Bytes that further sections may have.
    spare: usize,
    pointers: Pointers,
}

/// Whether the bytes begin like a thin Mach-O file.
pub(super) fn is_magic(data: &[u8]) -> bool {
    let big = matches!(data.first_chunk(), Some([0xfe, 0xed, 0xfa, 0xce | 0xcf]));
    let little = matches!(data.first_chunk(), Some([0xce | 0xcf, 0xfa, 0xed, 0xfe]));
    let number = |at| if big { bytes::u32_be(data, at) } else { bytes::u32_le(data, at) };
    // The file type, and commands that fit: four bytes alone are weak.
    (big || little) && matches!(number(12), Some(1..=16)) && number(16).is_some_and(|n| n <= 10_000)
}

fn name(field: Option<&[u8]>) -> &[u8] {
    let field = field.unwrap_or_default();
    &field[..memchr::memchr(0, field).unwrap_or(field.len())]
}

impl<'a> Image<'a> {
    pub(super) fn parse(data: &'a [u8], complaint: &mut Complaint) -> Option<Self> {
        let big = data.first() == Some(&0xfe);
        let wide = if big { data.get(3) } else { data.first() } == Some(&0xcf);
        let mut image = Image {
            data,
            big,
            wide,
            cpu: 0,
            object: false,
            sections: Vec::new(),
            encrypted: None,
            id: data.len() as u64,
            symtab: None,
            starts: None,
            base: 0,
            spare: data.len().saturating_mul(2),
            pointers: Pointers::Plain,
        };
        image.cpu = image.u32(4)?;
        let kind = image.u32(12)?;
        image.object = kind == MH_OBJECT;
        let (count, size) = (image.u32(16)?, image.size(20)?);
        let mut at: usize = if wide { 32 } else { 28 };
        let end = at.checked_add(size).filter(|&end| end <= data.len()).unwrap_or_else(|| {
            complaint.note(20, || format!("{size} bytes of load commands in a file of {}", data.len()));
            data.len()
        });
        let has_bytes = !EMPTY_FILES.contains(&kind);
        for _ in 0..count {
            let (Some(command), Some(len)) = (image.u32(at), image.size(at.saturating_add(4))) else {
                complaint.note(at as u64, || "load commands are cut off".into());
                break;
            };
            if len < 8 || at.checked_add(len).is_none_or(|next| next > end) {
                complaint.note(at as u64, || format!("a load command of {len} bytes"));
                break;
            }
            image.command(command, at, len, has_bytes, complaint);
            at += len;
        }
        Some(image)
    }

    fn command(&mut self, command: u32, at: usize, len: usize, has_bytes: bool, complaint: &mut Complaint) {
        match command {
            0x1 | 0x19 => {
                self.segment(at, len, command == 0x19, has_bytes, complaint);
            }
            0x2 => {
                let of = |i: usize| self.size(at + 8 + 4 * i);
                if let (Some(a), Some(b), Some(c), Some(d)) = (of(0), of(1), of(2), of(3)) {
                    self.symtab = Some((a, b, c, d));
                }
            }
            // LC_FUNCTION_STARTS
            0x26 => self.starts = self.size(at + 8).zip(self.size(at + 12)),
            // LC_ENCRYPTION_INFO, LC_ENCRYPTION_INFO_64
            0x21 | 0x2c => {
                if let (Some(offset), Some(size), Some(1..)) =
                    (self.u32(at + 8), self.u32(at + 12), self.u32(at + 16))
                {
                    self.encrypted = Some(Encrypted { offset, size });
                }
            }
            // LC_UUID
            0x1b => self.id = self.u64(at + 8).unwrap_or(self.id),
            // LC_DYLD_CHAINED_FIXUPS
            0x8000_0034 => {
                if let Some(format) = self.size(at + 8).and_then(|at| self.chained(at)) {
                    self.pointers = Pointers::Chained(format);
                }
            }
            _ => {}
        }
    }

    fn segment(
        &mut self,
        at: usize,
        len: usize,
        wide: bool,
        has_bytes: bool,
        complaint: &mut Complaint,
    ) -> Option<()> {
        let (head, one) = if wide { (72, 80) } else { (56, 68) };
        let segment = name(bytes::slice(self.data, at + 8, 16));
        let word = |at: usize| if wide { self.u64(at) } else { self.u32(at).map(u64::from) };
        let base = if segment == b"__TEXT" { word(at + 24)? } else { self.base };
        let mut spare = self.spare;
        let count = self.size(at + if wide { 64 } else { 48 })?;
        let mut found = Vec::new();
        for i in 0..count {
            let s = at + head + i.checked_mul(one)?;
            if s + one > at + len || self.sections.len() + found.len() >= MAX_SECTIONS {
                complaint.note(at as u64, || format!("{count} sections in a segment command of {len} bytes"));
                break;
            }
            let (addr, size) =
                if wide { (word(s + 32)?, word(s + 40)?) } else { (word(s + 32)?, word(s + 36)?) };
            let rest = s + if wide { 48 } else { 40 };
            let offset = self.size(rest)?;
            let flags = self.u32(rest + 16)?;
            // Zero-filled sections take no room in the file.
            if matches!(flags & 0xff, 1 | 0xc | 0x12) || offset == 0 || !has_bytes && segment != b"__DWARF" {
                continue;
            }
            let size = usize::try_from(size).unwrap_or(usize::MAX);
            let bytes = bytes::slice(self.data, offset, size).or_else(|| {
                complaint.note(s as u64, || {
                    format!("a section of {size} bytes at {offset} of a file of {}", self.data.len())
                });
                self.data.get(offset..)
            })?;
            // Sections do not overlap: a file in which they do would be read over and over.
            spare = match spare.checked_sub(bytes.len()) {
                Some(spare) => spare,
                None => {
                    complaint.note(s as u64, || "sections overlap".into());
                    break;
                }
            };
            found.push(Section {
                segment: name(bytes::slice(self.data, s + 16, 16)),
                name: name(bytes::slice(self.data, s, 16)),
                addr,
                offset,
                bytes,
                flags,
                relocations: (self.size(rest + 8)?, self.size(rest + 12)?),
            });
        }
        (self.base, self.spare) = (base, spare);
        self.sections.append(&mut found);
        Some(())
    }

    /// The format of the first segment with chained pointers; a file has one.
    fn chained(&self, at: usize) -> Option<u16> {
        let starts = at.checked_add(self.size(at + 4)?)?;
        let count = self.size(starts)?.min(256);
        (0..count).find_map(|i| {
            let info = self.size(starts + 4 + 4 * i).filter(|&info| info != 0)?;
            let at = starts.checked_add(info)?.checked_add(6)?;
            if self.big { bytes::u16_be(self.data, at) } else { bytes::u16_le(self.data, at) }
        })
    }

    pub(super) fn u32(&self, at: usize) -> Option<u32> {
        if self.big { bytes::u32_be(self.data, at) } else { bytes::u32_le(self.data, at) }
    }

    pub(super) fn u64(&self, at: usize) -> Option<u64> {
        if self.big { bytes::u64_be(self.data, at) } else { bytes::u64_le(self.data, at) }
    }

    pub(super) fn size(&self, at: usize) -> Option<usize> {
        usize::try_from(self.u32(at)?).ok()
    }

    /// Bytes of a pointer.
    pub(super) fn pointer_size(&self) -> usize {
        if self.wide { 8 } else { 4 }
    }

    pub(super) fn is_big_endian(&self) -> bool {
        self.big
    }

    /// The section at an address.
    pub(super) fn section_at(&self, addr: u64) -> Option<&Section<'a>> {
        self.sections.iter().find(|s| s.contains(addr))
    }

    /// The file offset of an address.
    pub(super) fn offset(&self, addr: u64) -> Option<usize> {
        let section = self.section_at(addr)?;
        section.offset.checked_add(usize::try_from(addr - section.addr).ok()?)
    }

    /// The address of a file offset.
    pub(super) fn addr(&self, offset: usize) -> Option<u64> {
        let section =
            self.sections.iter().find(|s| offset >= s.offset && offset - s.offset < s.bytes.len())?;
        section.addr.checked_add((offset - section.offset) as u64)
    }

    /// The string with a NUL behind it at an address.
    pub(super) fn text_at(&self, addr: u64) -> Option<&'a [u8]> {
        let section = self.section_at(addr)?;
        let rest = section.bytes.get(usize::try_from(addr - section.addr).ok()?..)?;
        let rest = &rest[..rest.len().min(512)];
        Some(&rest[..memchr::memchr(0, rest)?])
    }

    /// Where the pointer at file offset `at` leads; `None` for what is bound to another image.
    pub(super) fn pointer(&self, at: usize) -> Option<u64> {
        if !self.wide {
            return self.u32(at).map(u64::from);
        }
        let raw = self.u64(at)?;
        let Pointers::Chained(format) = self.pointers else {
            // Tagged pointers of Swift strings carry flags in the highest byte.
            return Some(raw & 0x00ff_ffff_ffff_ffff);
        };
        let is_auth = raw >> 63 == 1;
        match format {
            // arm64e: 43 bits of address, or 32 bits of offset with authentication; bit 62 binds.
            1 | 7 | 9 | 10 | 12 if raw >> 62 & 1 == 1 => None,
            1 | 7 | 9 | 10 | 12 if is_auth => self.base.checked_add(raw & 0xffff_ffff),
            1 | 10 => Some(raw & 0x7ff_ffff_ffff),
            7 | 9 | 12 => self.base.checked_add(raw & 0x7ff_ffff_ffff),
            2 | 6 if is_auth => None,
            2 => Some(raw & 0xf_ffff_ffff),
            6 => self.base.checked_add(raw & 0xf_ffff_ffff),
            _ => Some(raw & 0x00ff_ffff_ffff_ffff),
        }
    }

    /// Whether the pointer at file offset `at` is the second word of a Swift string: 32 bytes before
    /// its characters, with the highest bit set (`docs/ABI` and `StringObject.swift` of Swift).
    pub(super) fn is_swift_string(&self, at: usize) -> bool {
        let high = self.u64(at).unwrap_or(0);
        self.wide
            && match self.pointers {
                Pointers::Plain => high >> 56 == 0x80,
                // The eight bits that are kept apart from the target.
                Pointers::Chained(2 | 6) => high >> 36 & 0xff == 0x80,
                Pointers::Chained(_) => high >> 43 & 0xff == 0x80,
            }
    }

    /// The symbols at addresses, sorted.
    pub(super) fn symbols(&self) -> Vec<Symbol<'a>> {
        let mut found: Vec<Symbol<'a>> =
            (0..self.symbol_count()).filter_map(|i| self.symbol(i)).filter(|s| !s.name.is_empty()).collect();
        found.sort_by_key(|s| (s.addr, s.name.starts_with(b"l") || s.name.starts_with(b"L")));
        found
    }

    fn symbol_count(&self) -> usize {
        let one = if self.wide { 16 } else { 12 };
        self.symtab.map_or(0, |(_, count, ..)| count.min(self.data.len() / one))
    }

    fn symbol(&self, i: usize) -> Option<Symbol<'a>> {
        let (at, _, strings, size) = self.symtab?;
        let at = at.checked_add(i.checked_mul(if self.wide { 16 } else { 12 })?)?;
        let kind = *self.data.get(at.checked_add(4)?)?;
        // Defined in a section, and no debugging entry.
        if kind & 0xe0 != 0 || kind & 0x0e != 0x0e {
            return None;
        }
        let addr = if self.wide { self.u64(at + 8)? } else { u64::from(self.u32(at + 8)?) };
        let table = bytes::slice(self.data, strings, size).or_else(|| self.data.get(strings..))?;
        let rest = table.get(self.size(at)?..)?;
        let rest = &rest[..rest.len().min(1024)];
        Some(Symbol { addr, name: &rest[..memchr::memchr(0, rest).unwrap_or(rest.len())] })
    }

    /// Where functions start, where symbols are stripped.
    pub(super) fn function_starts(&self) -> Vec<u64> {
        let Some(table) = self.starts.and_then(|(at, size)| bytes::slice(self.data, at, size)) else {
            return Vec::new();
        };
        let (mut at, mut addr, mut found) = (0, self.base, Vec::new());
        while let Some(delta) = bytes::uleb(table, &mut at) {
            if delta == 0 {
                break;
            }
            addr = addr.wrapping_add(delta);
            found.push(addr);
        }
        found
    }

    /// In an object file: each place that a relocation names, and what it leads to.
    pub(super) fn relocations(&self) -> HashMap<u64, u64> {
        let mut found = HashMap::new();
        if !self.object {
            return found;
        }
        for section in &self.sections {
            let (at, count) = section.relocations;
            let code = section.is_code();
            for i in 0..count.min(self.data.len() / 8) {
                let Some((place, info)) =
                    self.size(at.saturating_add(8 * i)).zip(self.u32(at.saturating_add(8 * i + 4)))
                else {
                    break;
                };
                // Scattered entries (32 bits): kind and place in the first word, the target in the second.
                if !self.wide && place >> 31 == 1 {
                    const PAIR: usize = 1;
                    let kind = place >> 24 & 15;
                    if kind != PAIR {
                        let place = section.addr.wrapping_add((place & 0xff_ffff) as u64);
                        found.insert(place, u64::from(info));
                    }
                    continue;
                }
                if place >= section.bytes.len() {
                    continue;
                }
                let number = usize::try_from(info & 0xff_ffff).unwrap_or(0);
                let is_symbol = info >> 27 & 1 == 1;
                let raw = if code {
                    // x86-64 keeps the addend in the instruction, arm64 (but for ADDEND) has none.
                    if self.cpu == X86_64 {
                        self.u32(section.offset + place).map_or(0, |n| n as i32 as i64 as u64)
                    } else {
                        0
                    }
                } else if self.wide && info >> 25 & 3 == 3 {
                    self.u64(section.offset + place).unwrap_or(0)
                } else {
                    self.u32(section.offset + place).map_or(0, u64::from)
                };
                let target = match is_symbol {
                    true => self.symbol(number).map(|s| s.addr.wrapping_add(raw)),
                    // Relative to the instruction behind the four bytes.
                    false if code => (section.addr.wrapping_add(place as u64 + 4)).checked_add(raw),
                    false => Some(raw),
                };
                if let Some(target) = target {
                    found.insert(section.addr.wrapping_add(place as u64), target);
                }
            }
        }
        found
    }
}
