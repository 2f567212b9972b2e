//! PE: Windows programs and libraries (Microsoft PE and COFF specification).

use super::image::{Arch, Image, Kind, Symbol};
use super::{elf, emit, resources};
use crate::blob::{Blob, Text};
use crate::lens::{Complaint, Damage, Lens, bytes};
use crate::limits::Limits;

/// Reads PE files.
pub struct PeLens;

impl Lens for PeLens {
    fn name(&self) -> &'static str {
        "pe"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        blob.bytes.starts_with(b"MZ") && header(blob.bytes).is_some()
    }

    fn texts(&self, blob: &Blob<'_>, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
        let mut complaint = Complaint::of("PE");
        let Some(pe) = Pe::new(blob.bytes, &mut complaint) else {
            complaint.note(0, || "headers end behind the file".into());
            return complaint.into_result();
        };
        let image = pe.image();
        emit::texts(&image, &blob.address, limits, emit);
        if let Some((rva, size)) = pe.directory(2)
            && let Some(at) = pe.offset(rva)
        {
            let tree = resources::Tree { data: blob.bytes, start: at, len: size as usize, pe: &pe };
            resources::texts(&tree, &blob.address, limits, emit);
        }
        complaint.into_result()
    }
}

/// Where the header `PE\0\0` is.
fn header(data: &[u8]) -> Option<usize> {
    let at = bytes::size_le(data, 0x3c)?;
    data.get(at..)?.starts_with(b"PE\0\0").then_some(at)
}

struct Section {
    name: String,
    rva: u64,
    offset: u64,
    len: u64,
    flags: u32,
}

/// The headers of a file.
pub(super) struct Pe<'a> {
    data: &'a [u8],
    coff: usize,
    is_64: bool,
    base: u64,
    sections: Vec<Section>,
}

impl<'a> Pe<'a> {
    pub(super) fn new(data: &'a [u8], complaint: &mut Complaint) -> Option<Self> {
        let coff = header(data)?.checked_add(4)?;
        // Windows itself takes 96 at most.
        let count = usize::from(bytes::u16_le(data, coff + 2)?).min(256);
        let optional = coff + 20;
        let is_64 = match bytes::u16_le(data, optional)? {
            0x20b => true,
            0x10b => false,
            _ => return None,
        };
        let base = if is_64 {
            bytes::u64_le(data, optional + 24)?
        } else {
            bytes::u32_le(data, optional + 28)?.into()
        };
        let table = optional + usize::from(bytes::u16_le(data, coff + 16)?);
        let mut pe = Pe { data, coff, is_64, base, sections: Vec::new() };
        for i in 0..count {
            let at = table + i * 40;
            let Some(row) = bytes::slice(data, at, 40) else { return Some(pe) };
            let number = |n: usize| bytes::u32_le(row, n).unwrap_or(0);
            let (virtual_size, raw) = (number(8), number(16));
            // What is behind the virtual size is padding of the file.
            let len = if virtual_size == 0 { raw } else { raw.min(virtual_size) };
            if u64::from(number(20)) + u64::from(len) > data.len() as u64 {
                complaint.note(at as u64, || format!("section {i} ends behind the file"));
            }
            let name = &row[..8];
            let name = &name[..name.iter().position(|&b| b == 0).unwrap_or(8)];
            pe.sections.push(Section {
                name: String::from_utf8_lossy(name).into_owned(),
                rva: number(12).into(),
                offset: number(20).into(),
                len: len.into(),
                flags: number(36),
            });
        }
        Some(pe)
    }

    /// Address and size of a data directory.
    fn directory(&self, n: usize) -> Option<(u64, u64)> {
        let optional = self.coff + 20;
        let start = optional + if self.is_64 { 112 } else { 96 };
        if n >= bytes::size_le(self.data, start - 4)? {
            return None;
        }
        let rva = bytes::u32_le(self.data, start + 8 * n)?;
        let size = bytes::u32_le(self.data, start + 8 * n + 4)?;
        (rva != 0).then_some((rva.into(), size.into()))
    }

    /// Where a relative address stands in the file.
    pub(super) fn offset(&self, rva: u64) -> Option<usize> {
        let section = self.sections.iter().find(|s| rva.checked_sub(s.rva).is_some_and(|n| n < s.len))?;
        usize::try_from(section.offset + (rva - section.rva)).ok().filter(|&at| at < self.data.len())
    }

    pub(super) fn image(&self) -> Image<'a> {
        let arch = match bytes::u16_le(self.data, self.coff) {
            Some(0x8664) => Arch::X64,
            Some(0x14c) => Arch::X86,
            Some(0xaa64) => Arch::Arm64,
            _ => Arch::Other,
        };
        let mut image = Image::new(self.data, arch, self.is_64, false);
        for s in &self.sections {
            let skipped = [".rsrc", ".reloc", ".pdata", ".debug", ".edata", ".idata", ".eh_fram", "/"];
            if skipped.iter().any(|p| s.name.starts_with(p)) {
                continue;
            }
            let kind = match s.flags {
                f if f & 0x2000_0000 != 0 => Kind::Code,
                f if f & 0x8000_0000 != 0 => Kind::Data,
                _ => Kind::Constants,
            };
            image.add(self.base.wrapping_add(s.rva), s.offset, s.len, kind, &s.name);
        }
        // Tables of pointers that are constant stand among the constants: relocations tell them.
        self.relocations(&mut image);
        self.unwind(&mut image);
        self.symbols(&mut image);
        self.exports(&mut image);
        image.finish();
        image
    }

    /// Base relocations: slots with pointers in them (`.reloc`).
    fn relocations(&self, image: &mut Image<'a>) {
        let Some((rva, size)) = self.directory(5) else { return };
        let Some(mut at) = self.offset(rva) else { return };
        let end = at.saturating_add(size as usize).min(self.data.len());
        while let (Some(page), Some(len)) = (bytes::u32_le(self.data, at), bytes::size_le(self.data, at + 4))
        {
            if len < 8 || at >= end {
                break;
            }
            let stop = (at + len).min(end);
            for i in (at + 8..stop).step_by(2) {
                let Some(entry) = bytes::u16_le(self.data, i) else { break };
                if !matches!(entry >> 12, 3 | 10) {
                    continue;
                }
                let slot = u64::from(page) + u64::from(entry & 0xfff);
                let value = self.offset(slot).and_then(|at| image.word(at));
                // Those in code are found there.
                if let Some(value) = value
                    && self.sections.iter().any(|s| {
                        slot.checked_sub(s.rva).is_some_and(|n| n < s.len) && s.flags & 0xa000_0000 == 0
                    })
                {
                    image.pointers.push((self.base.wrapping_add(slot), value));
                }
            }
            at = stop;
        }
    }

    /// `.pdata`: where functions begin.
    fn unwind(&self, image: &mut Image<'a>) {
        let each = match image.arch {
            Arch::X64 => 12,
            Arch::Arm64 => 8,
            _ => return,
        };
        let Some((rva, size)) = self.directory(3) else { return };
        let Some(at) = self.offset(rva) else { return };
        let table = &self.data[at..at.saturating_add(size as usize).min(self.data.len())];
        for row in table.chunks_exact(each) {
            let begin = bytes::u32_le(row, 0).unwrap_or(0);
            // Parts of a function that were moved away chain to it (UNW_FLAG_CHAININFO): too rare to follow.
            image.functions.push(self.base.wrapping_add(begin.into()));
        }
    }

    /// The COFF symbol table: MinGW's linker keeps it.
    fn symbols(&self, image: &mut Image<'a>) {
        let table = bytes::size_le(self.data, self.coff + 8).unwrap_or(0);
        let count = bytes::size_le(self.data, self.coff + 12).unwrap_or(0);
        let Some(rows) = self.data.get(table..).filter(|_| table > 0) else { return };
        let count = count.min(rows.len() / 18);
        let strings = table + count * 18;
        let mut skip = 0;
        for (i, row) in rows.chunks_exact(18).take(count).enumerate() {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            skip = usize::from(row[17]);
            let section = bytes::u16_le(row, 12).unwrap_or(0);
            let Some(section) = usize::from(section).checked_sub(1).and_then(|n| self.sections.get(n)) else {
                continue;
            };
            // External and static.
            if !matches!(row[16], 2 | 3) {
                continue;
            }
            let name = match row[..4] {
                [0, 0, 0, 0] => {
                    let at = bytes::size_le(row, 4).and_then(|n| strings.checked_add(n));
                    elf::string(self.data, at.unwrap_or(usize::MAX))
                }
                _ => {
                    let start = table + i * 18;
                    let name = &self.data[start..start + 8];
                    &name[..name.iter().position(|&b| b == 0).unwrap_or(8)]
                }
            };
            if name.is_empty() || name.starts_with(b".") {
                continue;
            }
            // On 32 bits C names have an underscore in front.
            let name = if self.is_64 { name } else { name.strip_prefix(b"_").unwrap_or(name) };
            let addr =
                self.base.wrapping_add(section.rva).wrapping_add(bytes::u32_le(row, 8).unwrap_or(0).into());
            let is_function = bytes::u16_le(row, 14) == Some(0x20);
            image.symbols.push(Symbol { addr, size: 0, name, is_function });
        }
    }

    fn exports(&self, image: &mut Image<'a>) {
        let mut read = || -> Option<()> {
            let at = self.offset(self.directory(0)?.0)?;
            let table = |n: usize| self.offset(bytes::u32_le(self.data, at + n)?.into());
            let (functions, names, ordinals) = (table(28)?, table(32)?, table(36)?);
            let count = bytes::size_le(self.data, at + 24)?.min(self.data.len() / 4);
            for i in 0..count {
                let name = self.offset(bytes::u32_le(self.data, names + 4 * i)?.into())?;
                let ordinal = usize::from(bytes::u16_le(self.data, ordinals + 2 * i)?);
                let rva = u64::from(bytes::u32_le(self.data, functions + 4 * ordinal)?);
                let section =
                    self.sections.iter().find(|s| rva.checked_sub(s.rva).is_some_and(|n| n < s.len));
                image.symbols.push(Symbol {
                    addr: self.base.wrapping_add(rva),
                    size: 0,
                    name: elf::string(self.data, name),
                    is_function: section.is_some_and(|s| s.flags & 0x2000_0000 != 0),
                });
            }
            Some(())
        };
        let _ = read();
    }
}
