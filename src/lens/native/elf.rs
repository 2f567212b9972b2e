//! ELF: programs, shared libraries and object files (System V ABI, chapters 4 and 5).
//!
//! Section headers say more than segments; where they are stripped, segments and the dynamic table
//! stand in. Core dumps are memory, not programs: the lens `environment` reads them.

use super::image::{Arch, Image, Kind, Symbol};
use super::{emit, golang};
use crate::blob::{Blob, Text};
use crate::lens::{Complaint, Damage, Lens, bytes};
use crate::limits::Limits;

/// Reads ELF files.
pub struct ElfLens;

const MAGIC: &[u8] = b"\x7fELF";
const ET_REL: u16 = 1;
const ET_CORE: u16 = 4;

impl Lens for ElfLens {
    fn name(&self) -> &'static str {
        "elf"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        let file = Elf::new(blob.bytes);
        file.is_some_and(|f| f.half(16).is_some_and(|kind| kind != ET_CORE))
    }

    fn texts(&self, blob: &Blob<'_>, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
        let Some(file) = Elf::new(blob.bytes) else { return Ok(()) };
        let mut complaint = Complaint::of("ELF");
        let image = file.image(&mut complaint);
        emit::texts(&image, &blob.address, limits, emit);
        complaint.into_result()
    }
}

/// A file with the way in which it writes numbers.
pub(super) struct Elf<'a> {
    bytes: &'a [u8],
    is_64: bool,
    is_big: bool,
}

struct Section {
    name: u32,
    kind: u32,
    flags: u64,
    addr: u64,
    offset: u64,
    size: u64,
    link: u32,
    info: u32,
}

/// Most entries that are read of all tables of one kind together: no table of a real file is longer
/// than the file, but hostile ones overlap.
fn entries(size: u64, each: u64, budget: &mut u64) -> u64 {
    let n = (size / each.max(1)).min(*budget);
    *budget -= n;
    n
}

impl<'a> Elf<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Option<Self> {
        let ident = bytes.strip_prefix(MAGIC)?;
        let is_64 = match ident.first()? {
            1 => false,
            2 => true,
            _ => return None,
        };
        let is_big = match ident.get(1)? {
            1 => false,
            2 => true,
            _ => return None,
        };
        Some(Elf { bytes, is_64, is_big })
    }

    fn half(&self, at: usize) -> Option<u16> {
        if self.is_big { bytes::u16_be(self.bytes, at) } else { bytes::u16_le(self.bytes, at) }
    }

    fn word(&self, at: usize) -> Option<u32> {
        if self.is_big { bytes::u32_be(self.bytes, at) } else { bytes::u32_le(self.bytes, at) }
    }

    fn long(&self, at: usize) -> Option<u64> {
        match (self.is_64, self.is_big) {
            (false, _) => self.word(at).map(u64::from),
            (true, false) => bytes::u64_le(self.bytes, at),
            (true, true) => bytes::u64_be(self.bytes, at),
        }
    }

    fn section(&self, at: usize) -> Option<Section> {
        let wide = |narrow: usize, wide: usize| self.long(at + if self.is_64 { wide } else { narrow });
        let four = |narrow: usize, wide: usize| self.word(at + if self.is_64 { wide } else { narrow });
        Some(Section {
            name: self.word(at)?,
            kind: self.word(at.checked_add(4)?)?,
            flags: wide(8, 8)?,
            addr: wide(12, 16)?,
            offset: wide(16, 24)?,
            size: wide(20, 32)?,
            link: four(24, 40)?,
            info: four(28, 44)?,
        })
    }

    fn sections(&self, complaint: &mut Complaint) -> Vec<Section> {
        let (table, each, count) = if self.is_64 { (40, 64, 60) } else { (32, 40, 48) };
        let Some(offset) = self.long(table).and_then(|o| usize::try_from(o).ok()).filter(|&o| o > 0) else {
            return Vec::new();
        };
        let mut n = usize::from(self.half(count).unwrap_or(0));
        if n == 0 {
            // More than 65,279 sections: the first header says how many.
            n = self.section(offset).map_or(0, |s| usize::try_from(s.size).unwrap_or(0));
        }
        let room = self.bytes.len().saturating_sub(offset) / each;
        if n > room {
            complaint.note(offset as u64, || format!("{n} section headers, room for {room}"));
        }
        (0..n.min(room)).filter_map(|i| self.section(offset + i * each)).collect()
    }

    fn name(&self, table: Option<&Section>, at: u32) -> &'a [u8] {
        let Some(table) = table else { return b"" };
        let start = usize::try_from(table.offset).ok().and_then(|o| o.checked_add(at as usize));
        string(self.bytes, start.unwrap_or(usize::MAX))
    }

    pub(super) fn image(&self, complaint: &mut Complaint) -> Image<'a> {
        let machine = self.half(18).unwrap_or(0);
        let arch = match (machine, self.is_big) {
            (3, false) => Arch::X86,
            (62, false) => Arch::X64,
            (183, false) => Arch::Arm64,
            _ => Arch::Other,
        };
        let mut image = Image::new(self.bytes, arch, self.is_64, self.is_big);
        let is_object = self.half(16) == Some(ET_REL);
        let mut sections = self.sections(complaint);
        if is_object {
            // Sections of an object file have no addresses yet: their offsets are as good.
            sections.iter_mut().for_each(|s| s.addr = s.offset);
        }
        let names = self.half(if self.is_64 { 62 } else { 50 }).unwrap_or(0);
        let names = match names {
            0xffff => sections.first().map_or(0, |s| s.link as usize),
            n => usize::from(n),
        };
        let named: Vec<String> = sections
            .iter()
            .map(|s| String::from_utf8_lossy(self.name(sections.get(names), s.name)).into_owned())
            .collect();
        self.regions(&sections, &named, &mut image, complaint);
        if image.regions.is_empty() {
            self.segments(&mut image, complaint);
        }
        let mut budget = (self.bytes.len() / 8) as u64;
        for s in &sections {
            match s.kind {
                // The dynamic table repeats the full one.
                2 | 11 if s.kind == 2 || !sections.iter().any(|s| s.kind == 2) => {
                    self.symbols(s, &sections, is_object, &mut image, &mut budget);
                }
                4 | 9 if is_object => self.object_relocations(s, &sections, &mut image, &mut budget),
                4 | 9 if s.info == 0 || s.flags & 2 != 0 => {
                    self.relocations(s.offset, s.size, s.kind == 4, machine, &mut image, &mut budget);
                }
                // SHT_RELR (19) lists slots only; their values stand in them.
                _ => {}
            }
        }
        for (s, name) in sections.iter().zip(&named) {
            match name.as_str() {
                ".eh_frame_hdr" => self.unwind(s.addr, s.offset, &mut image),
                ".got.plt" => image.got = Some(s.addr),
                ".got" if image.got.is_none() => image.got = Some(s.addr),
                ".gopclntab" | ".data.rel.ro.gopclntab" => {
                    golang::functions(
                        self.bytes,
                        s.offset,
                        s.size,
                        &sections_text(&sections, &named),
                        &mut image,
                    );
                }
                _ => {}
            }
        }
        image.finish();
        image
    }

    fn regions(
        &self,
        sections: &[Section],
        names: &[String],
        image: &mut Image<'a>,
        complaint: &mut Complaint,
    ) {
        for (s, name) in sections.iter().zip(names) {
            // Only what holds program bits, is not compressed and is not about unwinding or debugging.
            if s.kind != 1 || s.flags & 0x800 != 0 || s.size == 0 {
                continue;
            }
            let is_loaded = s.flags & 2 != 0;
            let skipped =
                [".eh_frame", ".gcc_except_table", ".debug", ".gopclntab", ".gnu", ".stab", ".interp"];
            if skipped.iter().any(|p| name.starts_with(p)) || name.ends_with(".gopclntab") {
                continue;
            }
            let kind = match (s.flags & 4 != 0, s.flags & 1 != 0) {
                (true, _) => Kind::Code,
                (_, true) => Kind::Data,
                _ => Kind::Constants,
            };
            // What is not loaded (.comment, sections of one's own) has no address.
            let addr = if is_loaded { s.addr } else { (1 << 63) | s.offset };
            if !image.add(addr, s.offset, s.size, kind, name) {
                complaint.note(s.offset, || format!("section of {} bytes ends behind the file", s.size));
            }
        }
    }

    fn segments(&self, image: &mut Image<'a>, complaint: &mut Complaint) {
        let (table, each, count) = if self.is_64 { (32, 56, 56) } else { (28, 32, 44) };
        let start = self.long(table).and_then(|o| usize::try_from(o).ok()).unwrap_or(usize::MAX);
        let n = usize::from(self.half(count).unwrap_or(0));
        for i in 0..n {
            let Some(at) = start.checked_add(i * each).filter(|a| *a < self.bytes.len()) else { break };
            let pick = |narrow: usize, wide: usize| at + if self.is_64 { wide } else { narrow };
            let (Some(kind), Some(flags)) = (self.word(at), self.word(pick(24, 4))) else { break };
            let [Some(offset), Some(addr), Some(size)] =
                [pick(4, 8), pick(8, 16), pick(16, 32)].map(|at| self.long(at))
            else {
                break;
            };
            match kind {
                1 => {
                    let mut add = |kind| {
                        if !image.add(addr, offset, size, kind, "segment") {
                            complaint
                                .note(offset, || format!("segment of {size} bytes ends behind the file"));
                        }
                    };
                    if flags & 1 != 0 {
                        // Older linkers put constants in the segment of the code.
                        add(Kind::Code);
                        add(Kind::Constants);
                    } else {
                        add(if flags & 2 != 0 { Kind::Data } else { Kind::Constants });
                    }
                }
                2 => self.dynamic(offset, size, image),
                0x6474_e550 => self.unwind(addr, offset, image),
                _ => {}
            }
        }
    }

    /// Relocations and symbols where no section says where they are.
    fn dynamic(&self, offset: u64, size: u64, image: &mut Image<'a>) {
        let step = if self.is_64 { 8 } else { 4 };
        let Ok(start) = usize::try_from(offset) else { return };
        let mut table = std::collections::HashMap::new();
        for i in 0..(size as usize / (2 * step)).min(256) {
            let Some(at) = start.checked_add(i * 2 * step).filter(|a| *a < self.bytes.len()) else { return };
            if let (Some(tag), Some(value)) = (self.long(at), self.long(at + step)) {
                table.entry(tag).or_insert(value);
            }
        }
        let mut budget = (self.bytes.len() / 8) as u64;
        let machine = self.half(18).unwrap_or(0);
        let region = |addr: u64| {
            let found =
                image.regions.iter().find(|r| addr.checked_sub(r.addr).is_some_and(|n| n < r.len as u64));
            found.map(|r| r.offset as u64 + (addr - r.addr))
        };
        let place = |tag: u64| table.get(&tag).and_then(|&addr| region(addr));
        let length = |tag: u64| table.get(&tag).copied().unwrap_or(0);
        // Other relocations (DT_REL, DT_RELR) leave the values in their slots.
        let rela = place(7);
        let (symbols, strings) = (place(6), place(5));
        if let Some(at) = rela {
            self.relocations(at, length(8), true, machine, image, &mut budget);
        }
        if let (Some(symbols), Some(strings)) = (symbols, strings) {
            // Nothing says how many there are; the strings mostly follow.
            let size = strings.saturating_sub(symbols);
            let section = |kind, offset, size, link| Section {
                name: 0,
                kind,
                flags: 2,
                addr: 0,
                offset,
                size,
                link,
                info: 0,
            };
            let both = [section(11, symbols, size, 1), section(3, strings, length(10), 0)];
            self.symbols(&both[0], &both, false, image, &mut budget);
        }
    }

    fn symbols(
        &self,
        table: &Section,
        sections: &[Section],
        is_object: bool,
        image: &mut Image<'a>,
        budget: &mut u64,
    ) {
        let each = if self.is_64 { 24 } else { 16 };
        let Ok(start) = usize::try_from(table.offset) else { return };
        let strings = sections.get(table.link as usize);
        for i in 0..entries(table.size, each as u64, budget) as usize {
            let Some(at) = start.checked_add(i * each).filter(|a| *a < self.bytes.len()) else { break };
            let pick = |narrow: usize, wide: usize| at + if self.is_64 { wide } else { narrow };
            let Some(&info) = self.bytes.get(pick(12, 4)) else { break };
            let (Some(section), Some(name)) = (self.half(pick(14, 6)), self.word(at)) else { break };
            // Functions (also those chosen when loading) and variables.
            if !matches!(info & 15, 1 | 2 | 10) || section == 0 {
                continue;
            }
            let (Some(mut addr), Some(size)) = (self.long(pick(4, 8)), self.long(pick(8, 16))) else { break };
            if is_object {
                addr = addr.wrapping_add(sections.get(usize::from(section)).map_or(0, |s| s.addr));
            }
            let name = self.name(strings, name);
            // Constants without a name of the author's: `.L.str`, `anon.….12.llvm.…`.
            if !name.is_empty() && !name.starts_with(b".L") && !name.starts_with(b"anon.") {
                image.symbols.push(Symbol { addr, size, name, is_function: info & 15 != 1 });
            }
        }
    }

    fn relocations(
        &self,
        offset: u64,
        size: u64,
        has_addend: bool,
        machine: u16,
        image: &mut Image<'a>,
        budget: &mut u64,
    ) {
        let step = if self.is_64 { 8 } else { 4 };
        let each = step * if has_addend { 3 } else { 2 };
        let Ok(start) = usize::try_from(offset) else { return };
        // What moves with the program, by machine (psABI of each).
        let relative = match machine {
            3 | 62 => 8,
            183 => 1027,
            40 => 23,
            22 => 12,
            243 => 3,
            20 | 21 => 22,
            _ => return,
        };
        if !has_addend {
            // The value stands in the slot.
            return;
        }
        for i in 0..entries(size, each as u64, budget) as usize {
            let Some(at) = start.checked_add(i * each).filter(|a| *a < self.bytes.len()) else { break };
            let [Some(slot), Some(info), Some(addend)] =
                [at, at + step, at + 2 * step].map(|at| self.long(at))
            else {
                break;
            };
            let kind = if self.is_64 { info & 0xffff_ffff } else { info & 0xff };
            if kind == relative && addend != 0 {
                image.pointers.push((slot, addend));
            }
        }
    }

    /// Relocations of an object file: nothing points anywhere yet.
    fn object_relocations(
        &self,
        table: &Section,
        sections: &[Section],
        image: &mut Image<'a>,
        budget: &mut u64,
    ) {
        let (Some(target), Some(symbols)) =
            (sections.get(table.info as usize), sections.get(table.link as usize))
        else {
            return;
        };
        if target.flags & 2 == 0 || !self.is_64 || self.is_big {
            return;
        }
        let has_addend = table.kind == 4;
        let each = if has_addend { 24 } else { 16 };
        let (Ok(start), Ok(base)) = (usize::try_from(table.offset), usize::try_from(symbols.offset)) else {
            return;
        };
        for i in 0..entries(table.size, each as u64, budget) as usize {
            let Some(at) = start.checked_add(i * each).filter(|a| *a < self.bytes.len()) else { break };
            let (Some(place), Some(info)) = (self.long(at), self.long(at + 8)) else { break };
            let addend = if has_addend { self.long(at + 16).unwrap_or(0) } else { 0 };
            let symbol = (info >> 32).checked_mul(24).and_then(|n| usize::try_from(n).ok());
            let Some(symbol) = symbol.and_then(|n| base.checked_add(n)) else { continue };
            let (Some(section), Some(value)) =
                (self.half(symbol.saturating_add(6)), self.long(symbol.saturating_add(8)))
            else {
                continue;
            };
            let Some(home) = sections.get(usize::from(section)).filter(|_| section != 0) else { continue };
            let value = home.addr.wrapping_add(value).wrapping_add(addend);
            let place = target.addr.wrapping_add(place);
            let machine = self.half(18).unwrap_or(0);
            match (machine, info & 0xffff_ffff) {
                // R_X86_64_64, R_AARCH64_ABS64.
                (62, 1) | (183, 257) if target.flags & 4 == 0 => image.pointers.push((place, value)),
                // R_X86_64_PC32 and PLT32 count from the end of the instruction.
                (62, 2 | 4) => image.direct.push((place, value.wrapping_add(4))),
                (62, 1 | 10 | 11) | (183, 257 | 274 | 275 | 277 | 285 | 286 | 299) => {
                    image.direct.push((place, value))
                }
                _ => {}
            }
        }
    }

    /// `.eh_frame_hdr`: where functions start (Linux Standard Base, 10.6.2).
    fn unwind(&self, addr: u64, offset: u64, image: &mut Image<'a>) {
        let Ok(start) = usize::try_from(offset) else { return };
        // Version 1; the usual encodings: count as a 32-bit number, table relative to this header.
        let Some([1, _, 0x03, 0x3b]) = bytes::slice(self.bytes, start, 4) else { return };
        let count = self.word(start + 8).unwrap_or(0) as usize;
        for i in 0..count.min(self.bytes.len() / 8) {
            let Some(value) = self.word(start + 12 + i * 8) else { break };
            image.functions.push(addr.wrapping_add_signed(i64::from(value as i32)));
        }
    }
}

/// Where the code is, for Go's tables.
fn sections_text(sections: &[Section], names: &[String]) -> Option<u64> {
    sections.iter().zip(names).find(|(_, name)| *name == ".text").map(|(s, _)| s.addr)
}

/// The bytes from `at` to the next NUL, at most as many as names have.
pub(super) fn string(data: &[u8], at: usize) -> &[u8] {
    let rest = data.get(at..).unwrap_or(&[]);
    let rest = &rest[..rest.len().min(4096)];
    &rest[..memchr::memchr(0, rest).unwrap_or(0)]
}
