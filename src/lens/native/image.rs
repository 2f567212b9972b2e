//! A program in memory, whatever file it came from: what lies where, and what points where.

use crate::lens::bytes;

/// How code is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arch {
    /// Intel, 32 bits.
    X86,
    /// Intel, 64 bits.
    X64,
    /// ARM, 64 bits.
    Arm64,
    /// WebAssembly: addresses of code are made up (see `wasm.rs`).
    Wasm,
    /// Any other: strings and tables only.
    Other,
}

/// What a region holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Instructions.
    Code,
    /// Constants: strings of the program text stand here.
    Constants,
    /// Data with pointers, and strings that may be written to.
    Data,
}

/// A stretch of the file with its address in memory.
#[derive(Clone, Debug)]
pub struct Region {
    /// Where it is loaded.
    pub addr: u64,
    /// Where it stands in the file.
    pub offset: usize,
    /// How long it is, within the file.
    pub len: usize,
    /// What it holds.
    pub kind: Kind,
    /// The section's name: `.rodata`.
    pub name: String,
}

/// A name for an address.
#[derive(Clone, Copy, Debug)]
pub struct Symbol<'a> {
    /// Where it is.
    pub addr: u64,
    /// How long; 0 is unknown.
    pub size: u64,
    /// As the file has it.
    pub name: &'a [u8],
    /// Whether it is a function rather than a variable.
    pub is_function: bool,
}

/// A program, read as far as it could be.
#[derive(Clone, Debug)]
pub struct Image<'a> {
    /// The file.
    pub bytes: &'a [u8],
    /// Its instructions.
    pub arch: Arch,
    /// Whether pointers have 64 bits.
    pub is_64: bool,
    /// Whether numbers are big endian.
    pub is_big: bool,
    /// Sorted by address (see [`Image::finish`]).
    pub regions: Vec<Region>,
    /// Pointers that the loader writes: slot and target, sorted by slot.
    pub pointers: Vec<(u64, u64)>,
    /// References from code that an object file says by relocations: place in the code and target.
    pub direct: Vec<(u64, u64)>,
    /// Sorted by address.
    pub symbols: Vec<Symbol<'a>>,
    /// Where functions start, from unwind tables; sorted.
    pub functions: Vec<u64>,
    /// What 32-bit code that can be loaded anywhere adds its offsets to.
    pub got: Option<u64>,
}

impl<'a> Image<'a> {
    /// Nothing known yet.
    pub fn new(bytes: &'a [u8], arch: Arch, is_64: bool, is_big: bool) -> Self {
        Image {
            bytes,
            arch,
            is_64,
            is_big,
            regions: Vec::new(),
            pointers: Vec::new(),
            direct: Vec::new(),
            symbols: Vec::new(),
            functions: Vec::new(),
            got: None,
        }
    }

    /// Adds a region, cut to the file. `false` if some of it lies outside.
    pub fn add(&mut self, addr: u64, offset: u64, len: u64, kind: Kind, name: &str) -> bool {
        let Ok(start) = usize::try_from(offset) else { return false };
        let Some(room) = self.bytes.len().checked_sub(start) else { return false };
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        let region = Region { addr, offset: start, len: len.min(room), kind, name: name.to_owned() };
        if region.len > 0 && addr.checked_add(region.len as u64).is_some() {
            self.regions.push(region);
        }
        len <= room
    }

    /// Puts tables in order. Regions that overlap others in the file are hostile, or segments that
    /// are two things at once: of each kind only what no earlier one covers is kept, so that work
    /// stays linear in the file.
    pub fn finish(&mut self) {
        for kind in [Kind::Code, Kind::Constants, Kind::Data] {
            let mut of_kind: Vec<usize> =
                (0..self.regions.len()).filter(|&i| self.regions[i].kind == kind).collect();
            of_kind.sort_by_key(|&i| (self.regions[i].offset, self.regions[i].addr));
            let mut end = 0usize;
            for i in of_kind {
                let region = &mut self.regions[i];
                let skip = end.saturating_sub(region.offset).min(region.len);
                region.offset += skip;
                region.addr += skip as u64;
                region.len -= skip;
                end = end.max(region.offset + region.len);
            }
        }
        self.regions.retain(|r| r.len > 0);
        self.regions.sort_by_key(|r| (r.addr, r.kind != Kind::Code));
        self.pointers.sort_unstable();
        self.pointers.dedup_by_key(|p| p.0);
        self.direct.sort_unstable();
        self.symbols.sort_by_key(|s| (s.addr, s.size, s.name.len()));
        self.functions.sort_unstable();
        self.functions.dedup();
    }

    /// The region of an address, of one of `kinds`.
    pub fn region(&self, addr: u64, kinds: &[Kind]) -> Option<&Region> {
        let after = self.regions.partition_point(|r| r.addr <= addr);
        // A segment can be code and constants at once: look at a few.
        self.regions[..after]
            .iter()
            .rev()
            .take(3)
            .find(|r| addr - r.addr < r.len as u64 && kinds.contains(&r.kind))
    }

    /// The address of what stands at an offset of the file.
    pub fn address(&self, offset: usize) -> Option<(u64, &Region)> {
        let holds = |r: &&Region| offset.checked_sub(r.offset).is_some_and(|n| n < r.len);
        let found = |code: bool| self.regions.iter().find(|r| (r.kind == Kind::Code) == code && holds(r));
        let region = found(false).or_else(|| found(true))?;
        Some((region.addr + (offset - region.offset) as u64, region))
    }

    /// Where an address of constants or data stands in the file.
    pub fn offset(&self, addr: u64) -> Option<usize> {
        let region = self.region(addr, &[Kind::Constants, Kind::Data])?;
        Some(region.offset + usize::try_from(addr - region.addr).ok()?)
    }

    /// The bytes of a region.
    pub fn slice(&self, region: &Region) -> &'a [u8] {
        bytes::slice(self.bytes, region.offset, region.len).unwrap_or(&[])
    }

    /// The pointer-sized number at an offset of the file.
    pub fn word(&self, at: usize) -> Option<u64> {
        match (self.is_64, self.is_big) {
            (true, false) => bytes::u64_le(self.bytes, at),
            (true, true) => bytes::u64_be(self.bytes, at),
            (false, false) => bytes::u32_le(self.bytes, at).map(u64::from),
            (false, true) => bytes::u32_be(self.bytes, at).map(u64::from),
        }
    }

    /// Bytes in a pointer.
    pub fn word_len(&self) -> usize {
        if self.is_64 { 8 } else { 4 }
    }

    /// The first address of constants and data, and the one behind the last.
    pub fn bounds(&self) -> (u64, u64) {
        let of = || self.regions.iter().filter(|r| r.kind != Kind::Code);
        let low = of().map(|r| r.addr).min().unwrap_or(0);
        (low, of().map(|r| r.addr + r.len as u64).max().unwrap_or(0))
    }

    /// Calls `found` with every pointer to constants or data: its slot and its target.
    pub fn for_each_pointer(&self, found: &mut dyn FnMut(u64, u64)) {
        for &(slot, target) in &self.pointers {
            found(slot, target);
        }
        let (low, high) = self.bounds();
        let step = self.word_len();
        // Of a program that is loaded where it says, constants hold pointers too. Where they have 32
        // bits, too many numbers look like one.
        let is_fixed = self.is_64 && self.pointers.is_empty() && low >= 0x1_0000;
        let holds = |r: &&Region| r.kind == Kind::Data || (is_fixed && r.kind == Kind::Constants);
        for region in self.regions.iter().filter(holds) {
            let skew = (region.addr % step as u64) as usize;
            let skip = if skew == 0 { 0 } else { step - skew };
            let data = self.slice(region).get(skip..).unwrap_or(&[]);
            let base = region.addr.wrapping_add(skip as u64);
            let mut see = |i: usize, word: u64| {
                if word.wrapping_sub(low) < high.wrapping_sub(low) {
                    found(base + (i * step) as u64, word);
                }
            };
            // The common case first: it is met in every large file.
            if self.is_64 && !self.is_big {
                for (i, word) in data.as_chunks::<8>().0.iter().enumerate() {
                    see(i, u64::from_le_bytes(*word));
                }
            } else {
                let at = region.offset + skip;
                (0..data.len() / step).for_each(|i| see(i, self.word(at + i * step).unwrap_or(0)));
            }
        }
    }

    /// The symbol that holds an address: the last that starts there or before and does not end.
    pub fn symbol(&self, addr: u64, is_function: bool) -> Option<&Symbol<'a>> {
        let after = self.symbols.partition_point(|s| s.addr <= addr);
        self.symbols[..after].iter().rev().take(64).find(|s| {
            s.is_function == is_function && (addr - s.addr < s.size || (s.addr == addr && s.size == 0))
        })
    }

    /// Where the function around an address of code starts, as far as anything tells, and its name.
    pub fn function(&self, addr: u64) -> Option<(u64, Option<&'a [u8]>)> {
        if let Some(symbol) = self.symbol(addr, true) {
            return Some((symbol.addr, Some(symbol.name)));
        }
        let after = self.functions.partition_point(|&f| f <= addr);
        let start = *self.functions.get(after.checked_sub(1)?)?;
        let name = self.symbol(start, true).map(|s| s.name);
        Some((start, name))
    }
}
