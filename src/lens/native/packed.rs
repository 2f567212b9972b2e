//! Strings without NUL between them: Rust and Go pack theirs end to end, and only pointers and
//! lengths elsewhere say where one ends and the next begins.
//!
//! Two things are learnt in one pass over data and code: *starts*, addresses that something points
//! to, and *spans*, addresses with a length beside them: a (pointer, length) pair in a table, or an
//! immediate near the instruction that loads the address.

use super::image::{Arch, Image, Kind};
use super::sieve::{lengths, near_loads};
use crate::lens::bytes;
use crate::lens::sieve;

/// What is known about boundaries in an image, as offsets in the file.
#[derive(Debug, Default)]
pub struct Boundaries {
    /// Where something starts; sorted.
    pub starts: Vec<usize>,
    /// Offset and length; sorted.
    pub spans: Vec<(usize, usize)>,
}

/// Lengths outside this are no strings that hold a secret.
const LENGTHS: std::ops::RangeInclusive<u64> = 12..=8192;

/// Bytes of code around an address that may say its length.
const NEAR_CODE: usize = 28;
const _: () = assert!(2 * NEAR_CODE + 6 <= 64);

/// Reads the boundaries that data and code tell.
pub fn boundaries(image: &Image<'_>) -> Boundaries {
    let mut found = Gatherer {
        image,
        bounds: constant_bounds(image),
        boundaries: Boundaries::default(),
        loads: Vec::new(),
    };
    image.for_each_pointer(&mut |slot, target| {
        if found.start(target).is_some() {
            let next = image.offset(slot).and_then(|at| image.word(at.checked_add(image.word_len())?));
            found.span(target, next.unwrap_or(0));
        }
    });
    for region in image.regions.iter().filter(|r| r.kind == Kind::Code) {
        let code = image.slice(region);
        match image.arch {
            Arch::X64 => found.x64(code, region.addr),
            Arch::Arm64 => found.arm64(code, region.addr),
            Arch::Wasm => for_each_constant(code, image.is_64, &mut |_, addr, next| {
                if found.start(addr).is_some() {
                    found.span(addr, next.unwrap_or(0));
                }
            }),
            Arch::X86 | Arch::Other => {}
        }
    }
    for &(_, target) in &image.direct {
        found.start(target);
    }
    for symbol in image.symbols.iter().filter(|s| !s.is_function) {
        // `char secret[40]` has no room for a NUL.
        if found.start(symbol.addr).is_some() {
            found.span(symbol.addr, symbol.size);
        }
    }
    let mut boundaries = found.boundaries;
    boundaries.starts.sort_unstable();
    boundaries.starts.dedup();
    boundaries.spans.sort_unstable();
    boundaries.spans.dedup();
    boundaries
}

fn constant_bounds(image: &Image<'_>) -> (u64, u64) {
    // What is not loaded has an address of our own, far above.
    let of = || image.regions.iter().filter(|r| r.kind != Kind::Code && r.addr >> 63 == 0);
    let low = of().map(|r| r.addr).min().unwrap_or(0);
    (low, of().map(|r| r.addr + r.len as u64).max().unwrap_or(0))
}

struct Gatherer<'i, 'a> {
    image: &'i Image<'a>,
    bounds: (u64, u64),
    boundaries: Boundaries,
    /// Loads of 16 bytes of text: from where, and the place in the code.
    loads: Vec<(u64, u64)>,
}

/// Bytes of one load of a vector, and of code in which one string is copied.
const LOAD: u64 = 16;
const COPY_REACH: u64 = 128;

impl Gatherer<'_, '_> {
    /// Notes that something starts at an address, if text does: the byte before being NUL, the
    /// boundary is known anyway.
    fn start(&mut self, addr: u64) -> Option<usize> {
        let at = self.text(addr)?;
        if self.is_inside(at) {
            self.boundaries.starts.push(at);
        }
        Some(at)
    }

    fn is_inside(&self, at: usize) -> bool {
        at > 0 && self.image.bytes.get(at - 1).is_some_and(|&b| b != 0)
    }

    /// Where the text stands that an address leads to.
    fn text(&self, addr: u64) -> Option<usize> {
        let (low, high) = self.bounds;
        if addr.wrapping_sub(low) >= high.wrapping_sub(low) {
            return None;
        }
        let at = self.image.offset(addr)?;
        let here = *self.image.bytes.get(at)?;
        (0x20..0x7f).contains(&here).then_some(at)
    }

    fn load(&mut self, addr: u64, code: u64) {
        if let Some(at) = self.text(addr)
            && self.is_inside(at)
        {
            self.loads.push((addr, code));
        }
    }

    /// A string that code copies piece by piece starts where its first piece does: a load that goes
    /// on where another one near by ends, or overlaps it, starts nothing. Gives the first pieces.
    fn copies(&mut self) -> Vec<(u64, u64)> {
        let mut loads = std::mem::take(&mut self.loads);
        loads.sort_unstable();
        let is_first = |&(i, &(addr, code)): &(usize, &(u64, u64))| {
            let before = loads[..i].iter().rev().take_while(|l| l.0 + LOAD >= addr).take(64);
            !before.filter(|l| l.0 < addr).any(|l| l.1.abs_diff(code) <= COPY_REACH)
        };
        let firsts: Vec<(u64, u64)> = loads.iter().enumerate().filter(is_first).map(|(_, l)| *l).collect();
        for &(addr, _) in &firsts {
            self.start(addr);
        }
        firsts
    }

    fn span(&mut self, addr: u64, len: u64) {
        if !LENGTHS.contains(&len) {
            return;
        }
        let (Some(at), Ok(len)) = (self.image.offset(addr), usize::try_from(len)) else { return };
        let Some(text) = bytes::slice(self.image.bytes, at, len + 1) else { return };
        // A string that a NUL ends needs no length.
        if text[len] != 0 && !text[..len].contains(&0) {
            self.boundaries.spans.push((at, len));
        } else if at > 0 && self.image.bytes[at - 1] != 0 && text[len] == 0 {
            self.boundaries.starts.push(at);
        }
    }

    /// `lea reg, [rip + disp]`: REX.W 8D, modrm 00 reg 101 (Intel SDM volume 2, 2.2.1.6); and the
    /// loads of 16 bytes (0F 10, 0F 28, 0F 6F) by which code copies a string.
    fn x64(&mut self, code: &[u8], base: u64) {
        sieve::for_each(code, near_loads, &mut |first| {
            let at = first + 1;
            let Some(disp) = bytes::u32_le(code, at + 2) else { return false };
            let addr = base.wrapping_add(at as u64 + 6).wrapping_add_signed(i64::from(disp as i32));
            if code[first] == 0x0f {
                self.load(addr, base + at as u64);
            } else if self.start(addr).is_some() {
                self.lengths(addr, code, at);
            }
            true
        });
        for (addr, at) in self.copies() {
            self.lengths(addr, code, usize::try_from(at - base).unwrap_or(usize::MAX));
        }
    }

    /// Numbers in the code around `at` that may be the length of the string at `addr`.
    fn lengths(&mut self, addr: u64, code: &[u8], at: usize) {
        let to = code.len().min(at.saturating_add(6 + NEAR_CODE));
        let near = code.get(at.saturating_sub(NEAR_CODE)..to).unwrap_or(&[]);
        let mut window = [0; 64];
        window[..near.len()].copy_from_slice(near);
        let mut left = lengths(&window);
        while left != 0 {
            let i = left.trailing_zeros() as usize;
            left &= left - 1;
            // mov r32, imm32; mov qword [rsp+disp8], imm32; mov qword [reg+disp8], imm32.
            let len = match &near[i..] {
                [0xb8..=0xbf, ..] => bytes::u32_le(near, i + 1),
                [0xc7, 0x44, 0x24, _, ..] => bytes::u32_le(near, i + 4),
                [0xc7, modrm, ..] if modrm & 0xf8 == 0x40 => bytes::u32_le(near, i + 3),
                [0xc7, modrm, ..] if *modrm < 8 => bytes::u32_le(near, i + 2),
                // push imm8; pop reg: how small code loads a length.
                [0x6a, n, 0x58..=0x5f, _, _, ..] => Some(u32::from(*n)),
                _ => None,
            };
            if let Some(len) = len {
                self.span(addr, len.into());
            }
        }
    }

    /// `adrp reg, page` and `add reg, reg, #low` (Arm ARM, C6.2), a few instructions apart.
    fn arm64(&mut self, code: &[u8], base: u64) {
        let mut pages = [(0u64, usize::MAX); 32];
        let words = code.as_chunks::<4>().0;
        for (i, word) in words.iter().enumerate() {
            let w = u32::from_le_bytes(*word);
            if w & 0x9f00_0000 == 0x9000_0000 {
                pages[(w & 31) as usize] = (adrp(w, base + 4 * i as u64), i);
            } else if w & 0xffc0_0000 == 0x9100_0000 {
                let (page, from) = pages[(w >> 5 & 31) as usize];
                if from == usize::MAX || i - from > 16 {
                    continue;
                }
                let addr = page.wrapping_add(u64::from(w >> 10 & 0xfff));
                if self.start(addr).is_none() {
                    continue;
                }
                for near in &words[i.saturating_sub(6)..words.len().min(i + 7)] {
                    // mov wN, #imm.
                    let w = u32::from_le_bytes(*near);
                    if w & 0x7fe0_0000 == 0x5280_0000 {
                        self.span(addr, u64::from(w >> 5 & 0xffff));
                    }
                }
            } else if w & 0xffc0_0000 == 0x3dc0_0000 {
                // ldr q
                let (page, from) = pages[(w >> 5 & 31) as usize];
                if from != usize::MAX && i - from <= 16 {
                    self.load(page.wrapping_add(u64::from(w >> 10 & 0xfff) * 16), base + 4 * i as u64);
                }
            }
        }
        self.copies();
    }
}

/// Bytes of code between the address of a string and its length, where they are stored one by one.
const STORES: usize = 10;

/// Calls `found` with the place and value of every constant that may be an address (`i32.const`; where
/// pointers have 64 bits, `i64.const`) and of the one behind it (WebAssembly core specification,
/// 5.4.6): a string and its length.
pub(super) fn for_each_constant(code: &[u8], is_64: bool, found: &mut dyn FnMut(usize, u64, Option<u64>)) {
    let op = if is_64 { 0x42 } else { 0x41 };
    let read = |at: usize| -> Option<(u64, usize)> {
        if code.get(at) != Some(&op) {
            return None;
        }
        let (mut end, mut value, mut shift) = (at + 1, 0u64, 0);
        loop {
            let byte = *code.get(end)?;
            end += 1;
            value |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
            if shift > 28 {
                return None;
            }
        }
        // Signed; addresses in the upper half of memory are negative.
        let is_negative = shift < 32 && value >> (shift - 1) & 1 != 0;
        let value = if is_negative { value | u64::MAX << shift } else { value };
        Some((value & 0xffff_ffff, end))
    };
    // Go stores the address, then the length: `local.get`, `i64.const`, `i64.store`, and again.
    let reach = if is_64 { STORES } else { 0 };
    for at in memchr::memchr_iter(op, code) {
        if let Some((value, end)) = read(at) {
            let next = (end..=end + reach).find_map(&read);
            found(at, value, next.map(|next| next.0));
        }
    }
}

/// The page that an `adrp` at `at` loads.
pub(super) fn adrp(w: u32, at: u64) -> u64 {
    let imm = ((w >> 5 & 0x7_ffff) << 2 | (w >> 29 & 3)) << 11;
    (at & !0xfff).wrapping_add_signed(i64::from(imm as i32) << 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_adrp() {
        // adrp x0, +1 page; adrp x1, -1 page.
        assert_eq!(adrp(0xb000_0000, 0x1234), 0x2000);
        assert_eq!(adrp(0xf0ff_ffe1, 0x2234), 0x1000);
    }

    #[test]
    fn a_copy_in_pieces_starts_once() {
        let text = b"......first string of forty bytes, all of it...then another one";
        let load = |code: &mut Vec<u8>, to: usize| {
            // movups xmm0, [rip + …]: the constants stand 0x100 behind the code.
            let disp = 0x100 + to - (code.len() + 7);
            code.extend_from_slice(&[0x0f, 0x10, 0x05]);
            code.extend_from_slice(&(disp as u32).to_le_bytes());
        };
        let mut code = Vec::new();
        load(&mut code, 6 + 16);
        load(&mut code, 6);
        load(&mut code, 6 + 24);
        load(&mut code, 47);
        let mut file = code.clone();
        file.resize(0x100, 0);
        file.extend_from_slice(text);
        let mut image = Image::new(&file, Arch::X64, true, false);
        image.add(0x1000, 0, code.len() as u64, Kind::Code, ".text");
        image.add(0x1100, 0x100, text.len() as u64, Kind::Constants, ".rodata");
        image.finish();
        assert_eq!(boundaries(&image).starts, [0x106, 0x100 + 47]);
    }

    #[test]
    fn tables_say_where_strings_start_and_how_long_they_are() {
        let mut file = b"onetwothree-is-a-string-and-more".to_vec();
        let at = file.len() as u64;
        for n in [0x1000 + 6, 17u64] {
            file.extend_from_slice(&n.to_le_bytes());
        }
        let mut image = Image::new(&file, Arch::X64, true, false);
        image.add(0x1000, 0, at, Kind::Constants, ".rodata");
        image.add(0x2000, at, 16, Kind::Data, ".data");
        image.finish();
        let found = boundaries(&image);
        assert_eq!((found.starts, found.spans), (vec![6], vec![(6, 17)]));
    }
}
