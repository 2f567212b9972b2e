//! Strings that code builds from immediates: `char key[] = "…"` on the stack, and what authors do to
//! hide a string from `strings`.
//!
//! A cheap look finds an immediate (or a 16-byte constant) of printable characters; from there on
//! the few instructions that move such values are followed, all others are skipped, and the bytes
//! that were stored side by side are put together. No full decoder: what is taken for an
//! instruction and is none makes no long printable string.

use super::image::{Arch, Image, Kind};
use super::packed::adrp;
use super::sieve::text_moves;
use crate::lens::bytes;
use crate::lens::sieve;
use std::collections::BTreeMap;

/// Shortest string that is reported.
const MIN_LEN: usize = 12;

/// Bytes of code without a store of anything known, after which a string is taken as finished.
const PATIENCE: usize = 96;

/// Bytes that are followed of one window: hostile code must not make a table of itself.
const MAX_STORED: usize = 1 << 16;

/// Bytes between the start of a function and the first piece of a string, for all to be followed.
const PROLOGUE: usize = 64;

/// Calls `found` with every built string and the offset of the code that starts to build it.
pub fn strings(image: &Image<'_>, found: &mut dyn FnMut(usize, &[u8])) {
    if !matches!(image.arch, Arch::X64 | Arch::X86 | Arch::Arm64) {
        return;
    }
    let named = image.symbols.iter().filter(|s| s.is_function).map(|s| s.addr);
    let mut functions: Vec<u64> = image.functions.iter().copied().chain(named).collect();
    functions.sort_unstable();
    functions.dedup();
    for region in image.regions.iter().filter(|r| r.kind == Kind::Code) {
        let code = image.slice(region);
        let mut sweep =
            Sweep { image, code, base: region.addr, functions: &functions, state: State::default() };
        let mut report = |at: usize, text: &[u8]| found(region.offset + at, text);
        match image.arch {
            Arch::X64 | Arch::X86 => sweep.intel(&mut report),
            Arch::Arm64 => sweep.arm64(&mut report),
            Arch::Wasm | Arch::Other => {}
        }
    }
}

/// Where a byte was stored: what the base register held (see [`State::origin`]), and how far off.
type Slot = (u32, i64);

/// What stores to a fixed address are based on.
const ABSOLUTE: u32 = u32::MAX;

struct State {
    general: [Option<u64>; 32],
    vector: [Option<[u8; 16]>; 32],
    /// What each register points to: something unknown with a number, and a distance from it. Two
    /// registers can point into one buffer, and one register to one buffer after the other.
    origin: [Slot; 32],
    /// The next number.
    unknown: u32,
    /// What was stored, and by which instruction.
    stored: BTreeMap<Slot, (u8, usize)>,
}

fn is_text(b: u8) -> bool {
    (0x20..0x7f).contains(&b) || matches!(b, b'\n' | b'\t')
}

impl Default for State {
    fn default() -> Self {
        State {
            general: [None; 32],
            vector: [None; 32],
            origin: Self::ORIGIN,
            unknown: 32,
            stored: BTreeMap::new(),
        }
    }
}

impl State {
    /// Every register something of its own.
    const ORIGIN: [Slot; 32] = {
        let mut origin = [(0, 0); 32];
        let mut i = 0;
        while i < 32 {
            origin[i].0 = i as u32;
            i += 1;
        }
        origin
    };

    /// A register gets a value that nothing is known of.
    fn forget(&mut self, register: usize) {
        self.general[register] = None;
        self.origin[register] = (self.unknown, 0);
        self.unknown = self.unknown.wrapping_add(1);
    }

    fn slot(&self, base: usize, disp: i64) -> Slot {
        let (origin, off) = self.origin[base];
        (origin, off.wrapping_add(disp))
    }

    /// What was stored at a slot, if all of it is known.
    fn load<const N: usize>(&self, slot: Slot) -> Option<[u8; N]> {
        let mut value = [0; N];
        for (i, b) in value.iter_mut().enumerate() {
            *b = self.stored.get(&(slot.0, slot.1.wrapping_add(i as i64)))?.0;
        }
        Some(value)
    }

    fn store(&mut self, at: usize, slot: Slot, value: &[u8], found: &mut dyn FnMut(usize, &[u8])) {
        let clashes = value.iter().enumerate().any(|(i, b)| {
            self.stored
                .get(&(slot.0, slot.1.wrapping_add(i as i64)))
                .is_some_and(|(old, _)| old != b && *old != 0)
        });
        if clashes || self.stored.len() + value.len() > MAX_STORED {
            self.flush(found);
        }
        for (i, &b) in value.iter().enumerate() {
            self.stored.entry((slot.0, slot.1.wrapping_add(i as i64))).or_insert((b, at)).0 = b;
        }
    }

    fn flush(&mut self, found: &mut dyn FnMut(usize, &[u8])) {
        // Each string stands where its first byte is stored: two that are built together are two places.
        let mut text: Vec<u8> = Vec::new();
        let (mut first, mut next): (usize, Option<Slot>) = (0, None);
        for (&slot, &(b, at)) in &self.stored {
            if next != Some(slot) || !is_text(b) {
                if text.len() >= MIN_LEN {
                    found(first, &text);
                }
                text.clear();
            }
            if is_text(b) {
                if text.is_empty() {
                    first = at;
                }
                text.push(b);
            }
            next = Some((slot.0, slot.1.wrapping_add(1)));
        }
        if text.len() >= MIN_LEN {
            found(first, &text);
        }
        self.stored.clear();
    }

    fn finish(&mut self, found: &mut dyn FnMut(usize, &[u8])) {
        self.flush(found);
        *self = State { stored: std::mem::take(&mut self.stored), ..State::default() };
    }
}

struct Sweep<'i, 'a> {
    image: &'i Image<'a>,
    code: &'a [u8],
    base: u64,
    /// Where functions are known to start.
    functions: &'i [u64],
    state: State,
}

/// A memory operand: where, and how many bytes modrm, SIB and displacement take.
struct Operand {
    slot: Slot,
    register: usize,
    len: usize,
}

impl Sweep<'_, '_> {
    fn intel(&mut self, found: &mut dyn FnMut(usize, &[u8])) {
        let mut behind = 0;
        sieve::for_each(self.code, text_moves, &mut |at| {
            if at < behind || !self.is_anchor(at) {
                return true;
            }
            // Prefixes stand before; better, the whole function up to here.
            let (first, end) = self.function(at);
            let mut here = if at - first <= PROLOGUE { first } else { at.saturating_sub(2) };
            let mut last = at;
            while here < end && here.saturating_sub(last) < PATIENCE {
                match self.step(here, found) {
                    Some(len) => {
                        here += len;
                        last = here;
                    }
                    None if self.returns(here) => break,
                    None => here += 1,
                }
            }
            self.state.finish(found);
            behind = last.max(at + 1);
            true
        });
    }

    /// The function around `at`, as far as it is known.
    fn function(&self, at: usize) -> (usize, usize) {
        let after = self.functions.partition_point(|&f| f <= self.base + at as u64);
        let offset = |i: usize| {
            let start = self.functions.get(i)?.checked_sub(self.base)?;
            usize::try_from(start).ok()
        };
        let first = after.checked_sub(1).and_then(offset).unwrap_or(0);
        (first, offset(after).unwrap_or(usize::MAX).min(self.code.len()))
    }

    /// Whether a function ends here: `ret` behind what gives the stack back.
    fn returns(&self, at: usize) -> bool {
        let before = &self.code[at.saturating_sub(4)..at];
        self.code.get(at) == Some(&0xc3)
            && (matches!(before.last(), Some(0xc9 | 0x58..=0x5f)) || before.starts_with(&[0x48, 0x83, 0xc4]))
    }

    /// Whether an immediate or constant of printable characters is loaded by the opcode at `at`.
    fn is_anchor(&self, at: usize) -> bool {
        let code = self.code;
        let printable = |from: usize, n: usize| {
            bytes::slice(code, from, n).is_some_and(|b| b.iter().all(|&b| is_text(b)))
        };
        match code[at] {
            0xb8..=0xbf => {
                let is_wide = at > 0 && code[at - 1] & 0xfe == 0x48;
                is_wide && printable(at + 1, 4)
            }
            0xc7 => self.operand(at + 1, 0).is_some_and(|o| printable(at + 1 + o.len, 4)),
            // Byte by byte: more than one.
            0xc6 => self.operand(at + 1, 0).is_some_and(|o| {
                let next = code.get(at + 2 + o.len..).unwrap_or(&[]);
                let next = next.strip_prefix(&[0x41]).unwrap_or(next);
                printable(at + 1 + o.len, 1) && next.first() == Some(&0xc6)
            }),
            _ => {
                let is_load = matches!(code.get(at + 1), Some(0x28 | 0x10 | 0x6f));
                is_load
                    && code.get(at + 2).is_some_and(|m| m & 0xc7 == 5)
                    && self.constant::<16>(at + 3).is_some_and(|c| c.iter().all(|&b| is_text(b)))
            }
        }
    }

    /// The bytes that a displacement at `at` from the next instruction leads to.
    fn constant<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        let disp = bytes::u32_le(self.code, at)?;
        let addr = self.base.wrapping_add(at as u64 + 4).wrapping_add_signed(i64::from(disp as i32));
        let place = self.base + at as u64;
        let addr = match self.image.direct.binary_search_by_key(&place, |d| d.0) {
            Ok(i) => self.image.direct.get(i)?.1,
            Err(_) => addr,
        };
        let offset = self.image.offset(addr)?;
        Some(*self.image.bytes.get(offset..)?.first_chunk()?)
    }

    /// The operand whose modrm byte is at `at` (Intel SDM volume 2, 2.1.5). Only in memory.
    fn operand(&self, at: usize, rex: u8) -> Option<Operand> {
        let modrm = *self.code.get(at)?;
        let (mode, mut base) = (modrm >> 6, modrm & 7);
        let register = usize::from(modrm >> 3 & 7 | (rex & 4) << 1);
        let mut len = 1;
        if mode == 3 {
            return None;
        }
        if base == 4 {
            let sib = *self.code.get(at + 1)?;
            // No index.
            if sib >> 3 & 7 != 4 || rex & 2 != 0 {
                return None;
            }
            base = sib & 7;
            len += 1;
        }
        if mode == 0 && base == 5 {
            let disp = i64::from(bytes::u32_le(self.code, at + len)? as i32);
            let place = self.base + (at + len) as u64;
            let addr = match self.image.direct.binary_search_by_key(&place, |d| d.0) {
                Ok(i) => self.image.direct.get(i)?.1 as i64,
                Err(_) if self.image.arch == Arch::X64 => (place as i64).wrapping_add(4).wrapping_add(disp),
                Err(_) => disp,
            };
            return Some(Operand { slot: (ABSOLUTE, addr), register, len: len + 4 });
        }
        let disp = match mode {
            1 => i64::from(*self.code.get(at + len)? as i8),
            2 => i64::from(bytes::u32_le(self.code, at + len)? as i32),
            _ => 0,
        };
        len += [0, 1, 4][usize::from(mode)];
        let slot = self.state.slot(usize::from(base | (rex & 1) << 3), disp);
        Some(Operand { slot, register, len })
    }

    /// Follows the instruction at `at` if it moves known values; its length.
    fn step(&mut self, start: usize, found: &mut dyn FnMut(usize, &[u8])) -> Option<usize> {
        let code = self.code;
        let mut at = start;
        let mut prefix = 0;
        if let b @ (0x66 | 0xf3 | 0xf2) = *code.get(at)? {
            prefix = b;
            at += 1;
        }
        let mut rex = 0;
        if self.image.arch == Arch::X64
            && let b @ 0x40..=0x4f = *code.get(at)?
        {
            rex = b;
            at += 1;
        }
        let is_wide = rex & 8 != 0;
        let size = if is_wide {
            8
        } else if prefix == 0x66 {
            2
        } else {
            4
        };
        // Addresses count from the end of the instruction, behind what is stored.
        let is_64 = self.image.arch == Arch::X64;
        let fix = |operand: &Operand, immediate: usize| match operand.slot {
            (ABSOLUTE, addr) if is_64 => (ABSOLUTE, addr.wrapping_add(immediate as i64)),
            slot => slot,
        };
        match *code.get(at)? {
            op @ 0xb8..=0xbf if prefix == 0 => {
                let register = usize::from(op & 7 | (rex & 1) << 3);
                let (value, n) = if is_wide {
                    (bytes::u64_le(code, at + 1)?, 8)
                } else {
                    (bytes::u32_le(code, at + 1)?.into(), 4)
                };
                self.state.forget(register);
                self.state.general[register] = Some(value);
                Some(at + 1 + n - start)
            }
            0xc7 => {
                let operand = self.operand(at + 1, rex)?;
                let n = size.min(4);
                let end = at + 1 + operand.len;
                let value = bytes::slice(code, end, n)?;
                let mut wide = [0; 8];
                wide[..n].copy_from_slice(value);
                if !value.iter().all(|&b| is_text(b) || b == 0) {
                    return None;
                }
                self.state.store(start, fix(&operand, n), &wide[..size.max(n)], found);
                Some(end + n - start)
            }
            0xc6 => {
                let operand = self.operand(at + 1, rex)?;
                let end = at + 1 + operand.len;
                let value = *code.get(end)?;
                if !is_text(value) && value != 0 {
                    return None;
                }
                self.state.store(start, fix(&operand, 1), &[value], found);
                Some(end + 1 - start)
            }
            // mov reg, [rip + disp]: the rest of a string that is copied in pieces.
            0x8b if code.get(at + 1).is_some_and(|m| m & 0xc7 == 5) => {
                let register = usize::from(code[at + 1] >> 3 & 7 | (rex & 4) << 1);
                let value = if is_wide {
                    self.constant::<8>(at + 2).map(u64::from_le_bytes)
                } else {
                    self.constant::<4>(at + 2).map(|b| u32::from_le_bytes(b).into())
                };
                self.state.forget(register);
                self.state.general[register] = value;
                Some(at + 6 - start)
            }
            // mov and lea from memory; registers that are moved or grow.
            op @ (0x8b | 0x8d) => {
                let modrm = *code.get(at + 1)?;
                let register = usize::from(modrm >> 3 & 7 | (rex & 4) << 1);
                if modrm >> 6 == 3 {
                    return (op == 0x8b)
                        .then(|| self.copy(register, modrm & 7 | (rex & 1) << 3, at + 2 - start));
                }
                let operand = self.operand(at + 1, rex)?;
                self.state.forget(register);
                if op == 0x8d {
                    self.state.origin[register] = operand.slot;
                }
                Some(at + 1 + operand.len - start)
            }
            0x89 if code.get(at + 1).is_some_and(|m| m >> 6 == 3) => {
                let modrm = code[at + 1];
                let to = usize::from(modrm & 7 | (rex & 1) << 3);
                Some(self.copy(to, modrm >> 3 & 7 | (rex & 4) << 1, at + 2 - start))
            }
            0x83 if is_wide && code.get(at + 1).is_some_and(|m| matches!(m & 0xf8, 0xc0 | 0xe8)) => {
                let modrm = code[at + 1];
                let register = usize::from(modrm & 7 | (rex & 1) << 3);
                let by = i64::from(*code.get(at + 2)? as i8);
                // The stack pointer moves before and behind what is built, not meanwhile.
                if register != 4 {
                    let by = if modrm & 0xf8 == 0xc0 { by } else { -by };
                    self.state.general[register] = None;
                    self.state.origin[register] = self.state.slot(register, by);
                }
                Some(at + 3 - start)
            }
            0xe8 => {
                let target = (at as i64 + 5).wrapping_add(i64::from(bytes::u32_le(code, at + 1)? as i32));
                if usize::try_from(target).ok().is_none_or(|t| t > code.len()) {
                    return None;
                }
                self.called();
                Some(at + 5 - start)
            }
            0xff if code.get(at + 1).is_some_and(|m| m >> 3 & 7 == 2) => {
                let modrm = code[at + 1];
                let len = if modrm >> 6 == 3 { 1 } else { self.operand(at + 1, rex)?.len };
                self.called();
                Some(at + 1 + len - start)
            }
            op @ (0x88 | 0x89) => {
                let operand = self.operand(at + 1, rex)?;
                let value = self.state.general[operand.register]?.to_le_bytes();
                let n = if op == 0x88 { 1 } else { size };
                let end = at + 1 + operand.len;
                self.state.store(start, operand.slot, &value[..n], found);
                Some(end - start)
            }
            0x0f => {
                let modrm = *code.get(at + 2)?;
                let register = usize::from(modrm >> 3 & 7 | (rex & 4) << 1);
                let other = usize::from(modrm & 7 | (rex & 1) << 3);
                match *code.get(at + 1)? {
                    0x28 | 0x10 | 0x6f if modrm & 0xc7 == 5 => {
                        self.state.vector[register] = self.constant(at + 3);
                        Some(at + 7 - start)
                    }
                    // From a register, and from memory: structures are copied by way of the stack.
                    0x28 | 0x10 | 0x6f if modrm >> 6 == 3 => {
                        self.state.vector[register] = self.state.vector[other];
                        Some(at + 3 - start)
                    }
                    0x28 | 0x10 | 0x6f => {
                        let operand = self.operand(at + 2, rex)?;
                        self.state.vector[register] = self.state.load(operand.slot);
                        Some(at + 2 + operand.len - start)
                    }
                    // movq xmm, r64
                    0x6e if is_wide && prefix == 0x66 && modrm >> 6 == 3 => {
                        let low = self.state.general[other]?.to_le_bytes();
                        let mut value = [0; 16];
                        value[..8].copy_from_slice(&low);
                        self.state.vector[register] = Some(value);
                        Some(at + 3 - start)
                    }
                    // punpcklqdq
                    0x6c if prefix == 0x66 && modrm >> 6 == 3 => {
                        let high = self.state.vector[other]?;
                        self.state.vector[register].as_mut()?[8..].copy_from_slice(&high[..8]);
                        Some(at + 3 - start)
                    }
                    // pinsrq xmm, r64, 1
                    0x3a if is_wide && modrm == 0x22 => {
                        let modrm = *code.get(at + 3)?;
                        let register = usize::from(modrm >> 3 & 7 | (rex & 4) << 1);
                        let high = self.state.general[usize::from(modrm & 7 | (rex & 1) << 3)]?;
                        self.state.vector[register].as_mut()?[8..].copy_from_slice(&high.to_le_bytes());
                        Some(at + 5 - start)
                    }
                    // Stores of all of it, then of its low half.
                    op @ (0x11 | 0x29 | 0x7f | 0x13 | 0xd6) => {
                        let operand = self.operand(at + 2, rex)?;
                        let value = self.state.vector[operand.register]?;
                        let n = if matches!(op, 0x13 | 0xd6) { 8 } else { 16 };
                        let end = at + 2 + operand.len;
                        self.state.store(start, operand.slot, &value[..n], found);
                        Some(end - start)
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn copy(&mut self, to: usize, from: u8, len: usize) -> usize {
        let from = usize::from(from);
        self.state.general[to] = self.state.general[from];
        self.state.origin[to] = self.state.origin[from];
        len
    }

    /// What a called function may change (System V ABI for AMD64, 3.2.1).
    fn called(&mut self) {
        let changed: &[usize] =
            if self.image.arch == Arch::X64 { &[0, 1, 2, 6, 7, 8, 9, 10, 11] } else { &[0, 1, 2] };
        changed.iter().for_each(|&r| self.state.forget(r));
        self.state.vector = [None; 32];
    }

    fn arm64(&mut self, found: &mut dyn FnMut(usize, &[u8])) {
        let words = self.code.as_chunks::<4>().0;
        let mut last = usize::MAX;
        let mut pages = [(0u64, usize::MAX); 32];
        let mut next = self.functions.partition_point(|&f| f < self.base);
        for (i, word) in words.iter().enumerate() {
            let w = u32::from_le_bytes(*word);
            // ret; the start of the next function, for those that end with a jump.
            let is_start = self.functions.get(next).is_some_and(|&f| f <= self.base + 4 * i as u64);
            if w == 0xd65f_03c0 || is_start {
                next += usize::from(is_start);
                if last != usize::MAX {
                    self.state.finish(found);
                    last = usize::MAX;
                } else {
                    self.state.origin = State::ORIGIN;
                }
            }
            let known = match w {
                // movz, movk; 64 and 32 bits.
                _ if w & 0x5f80_0000 == 0x5280_0000 => self.move_wide(w),
                _ if w & 0x9f00_0000 == 0x9000_0000 => {
                    let page = adrp(w, self.base + 4 * i as u64);
                    pages[(w & 31) as usize] = (page, i);
                    self.state.origin[(w & 31) as usize] = (ABSOLUTE, page as i64);
                    None
                }
                // add of 64 bits with an immediate: an address in the same buffer.
                _ if w & 0xffc0_0000 == 0x9100_0000 => {
                    let slot = self.state.slot((w >> 5 & 31) as usize, i64::from(w >> 10 & 0xfff));
                    // The frame pointer is set once, from the stack pointer that moves.
                    if w & 31 != 31 {
                        self.state.origin[(w & 31) as usize] = slot;
                    }
                    None
                }
                // bl, blr: the other function may change x0 to x17 (AAPCS64, 6.1.1).
                _ if last != usize::MAX && (w >> 26 == 0x25 || w & 0xffff_fc1f == 0xd63f_0000) => {
                    (0..18).for_each(|r| self.state.forget(r));
                    None
                }
                // ldr q, ldr d, ldr s: constants of 16, 8 and 4 bytes.
                _ if matches!(w & 0xffc0_0000, 0x3dc0_0000 | 0xfd40_0000 | 0xbd40_0000) => {
                    let len = [16, 8, 4][if w >> 24 == 0x3d { 0 } else { 2 - (w >> 30 & 1) as usize }];
                    let (page, from) = pages[(w >> 5 & 31) as usize];
                    let addr = page.wrapping_add(u64::from(w >> 10 & 0xfff) * len as u64);
                    let near = from != usize::MAX && i - from <= 32;
                    // An object file says it by a relocation.
                    let place = self.base + 4 * i as u64;
                    let direct = &self.image.direct;
                    let told = direct.get(direct.partition_point(|d| d.0 < place)).filter(|d| d.0 == place);
                    let addr = told.map(|d| d.1).or(near.then_some(addr));
                    let bytes =
                        addr.and_then(|addr| bytes::slice(self.image.bytes, self.image.offset(addr)?, len));
                    let value = bytes.map(|bytes| {
                        let mut value = [0; 16];
                        value[..len].copy_from_slice(bytes);
                        value
                    });
                    self.state.vector[(w & 31) as usize] = value;
                    value.filter(|v| v[..len].iter().all(|&b| is_text(b))).map(|_| ())
                }
                _ if last != usize::MAX => self.arm64_store(w, i * 4, found),
                _ => None,
            };
            match known {
                Some(()) => last = i,
                None if last != usize::MAX && (i - last) * 4 >= PATIENCE => {
                    self.state.finish(found);
                    last = usize::MAX;
                }
                None => {}
            }
        }
        self.state.finish(found);
    }

    /// Keeps the value; known if its two bytes are printable.
    fn move_wide(&mut self, w: u32) -> Option<()> {
        let (register, shift) = ((w & 31) as usize, 16 * (w >> 21 & 3));
        let imm = u64::from(w >> 5 & 0xffff);
        let keeps = w & 0x2000_0000 != 0;
        let old = if keeps { self.state.general[register].unwrap_or(0) & !(0xffff << shift) } else { 0 };
        self.state.general[register] = Some(old | imm << shift);
        let [low, high] = (imm as u16).to_le_bytes();
        (is_text(low) && (is_text(high) || high == 0)).then_some(())
    }

    fn arm64_store(&mut self, w: u32, at: usize, found: &mut dyn FnMut(usize, &[u8])) -> Option<()> {
        let register = (w & 31) as usize;
        let (base, off) = self.state.origin[(w >> 5 & 31) as usize];
        let general = |state: &State, r: usize| if r == 31 { Some(0) } else { state.general[r] };
        let imm12 = i64::from(w >> 10 & 0xfff);
        let imm9 = i64::from((w << 11) as i32 >> 23);
        let imm7 = i64::from((w << 10) as i32 >> 25);
        // Unsigned offset, then unscaled; by size: b, h, w, x, q.
        let (n, disp, is_vector) = match (w & 0xffc0_0000, w & 0xffe0_0c00) {
            (0x3900_0000, _) => (1, imm12, false),
            (0x7900_0000, _) => (2, imm12 * 2, false),
            (0xb900_0000, _) => (4, imm12 * 4, false),
            (0xf900_0000, _) => (8, imm12 * 8, false),
            (0x3d80_0000, _) => (16, imm12 * 16, true),
            (0xfd00_0000, _) => (8, imm12 * 8, true),
            (0xbd00_0000, _) => (4, imm12 * 4, true),
            (_, 0x3800_0000) => (1, imm9, false),
            (_, 0x7800_0000) => (2, imm9, false),
            (_, 0xb800_0000) => (4, imm9, false),
            (_, 0xf800_0000) => (8, imm9, false),
            (_, 0x3c80_0000) => (16, imm9, true),
            (_, 0xfc00_0000) => (8, imm9, true),
            // stp of x and q.
            (0xa900_0000, _) => {
                let second = (w >> 10 & 31) as usize;
                let (a, b) = (general(&self.state, register)?, general(&self.state, second)?);
                self.state.store(at, (base, off.wrapping_add(imm7 * 8)), &a.to_le_bytes(), found);
                self.state.store(at, (base, off.wrapping_add(imm7 * 8 + 8)), &b.to_le_bytes(), found);
                return Some(());
            }
            (0x6d00_0000, _) => {
                let second = (w >> 10 & 31) as usize;
                let (a, b) = (self.state.vector[register]?, self.state.vector[second]?);
                self.state.store(at, (base, off.wrapping_add(imm7 * 8)), &a[..8], found);
                self.state.store(at, (base, off.wrapping_add(imm7 * 8 + 8)), &b[..8], found);
                return Some(());
            }
            (0xad00_0000, _) => {
                let second = (w >> 10 & 31) as usize;
                let (a, b) = (self.state.vector[register]?, self.state.vector[second]?);
                self.state.store(at, (base, off.wrapping_add(imm7 * 16)), &a, found);
                self.state.store(at, (base, off.wrapping_add(imm7 * 16 + 16)), &b, found);
                return Some(());
            }
            _ => return None,
        };
        if is_vector {
            let value = self.state.vector[register]?;
            self.state.store(at, (base, off.wrapping_add(disp)), &value[..n], found);
        } else {
            let value = general(&self.state, register)?.to_le_bytes();
            self.state.store(at, (base, off.wrapping_add(disp)), &value[..n], found);
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(arch: Arch, code: &[u8], constants: &[u8]) -> Vec<(usize, String)> {
        let mut file = code.to_vec();
        file.resize(file.len().next_multiple_of(0x100), 0);
        let at = file.len() as u64;
        file.extend_from_slice(constants);
        let mut image = Image::new(&file, arch, true, false);
        image.add(0x1000, 0, code.len() as u64, Kind::Code, ".text");
        image.add(0x1000 + at, at, constants.len() as u64, Kind::Constants, ".rodata");
        image.finish();
        let mut found = Vec::new();
        strings(&image, &mut |at, text| found.push((at, String::from_utf8_lossy(text).into_owned())));
        found
    }

    #[test]
    fn bytes_words_and_vectors_on_intel() {
        // mov byte [rsp+i], c
        let text = b"built-by-bytes";
        let mut code: Vec<u8> =
            text.iter().enumerate().flat_map(|(i, &c)| [0xc6, 0x44, 0x24, i as u8, c]).collect();
        code.push(0xc3);
        assert_eq!(built(Arch::X64, &code, b""), [(0, "built-by-bytes".into())]);

        // movabs rax, …; mov [rdi], rax; lea rsi, [rdi+8]; movabs rax, …; mov [rsi], rax.
        let mut code = vec![0x48, 0xb8];
        code.extend_from_slice(b"two-regi");
        code.extend_from_slice(&[0x48, 0x89, 0x07, 0x48, 0x8d, 0x77, 0x08, 0x48, 0xb8]);
        code.extend_from_slice(b"sters-at");
        code.extend_from_slice(&[0x48, 0x89, 0x06, 0xc3]);
        assert_eq!(built(Arch::X64, &code, b""), [(10, "two-registers-at".into())]);

        // movups xmm0, [rip+…]; movups [rax+0x10], xmm0; the half before; a tail of four bytes.
        let mut code = vec![0x0f, 0x10, 0x05];
        code.extend_from_slice(&(0x100u32 + 16 - 7).to_le_bytes());
        code.extend_from_slice(&[0x0f, 0x11, 0x40, 0x10, 0x0f, 0x10, 0x05]);
        code.extend_from_slice(&(0x100u32 - 18).to_le_bytes());
        code.extend_from_slice(&[0x0f, 0x11, 0x00, 0xc7, 0x40, 0x20]);
        code.extend_from_slice(b"tail\xc3");
        let found = built(Arch::X64, &code, b"a string that is copied by halvesand others");
        assert_eq!(found, [(14 + 4, "a string that is copied by halvetail".into())]);
    }

    /// Whatever is an anchor, the sieve lets through.
    #[test]
    fn anchors_are_seen_by_the_sieve() {
        const OFTEN: &[u8] = b"\x48\x49\xb8\xbf\xc7\xc6\x0f\x10\x28\x6f\x05\x44\x24\x84\x41texts and more ";
        let mut state = 5u32;
        let mut next = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 8
        };
        let code: Vec<u8> = (0..100_000)
            .map(|_| if next() & 7 == 0 { next() as u8 } else { OFTEN[next() as usize % OFTEN.len()] })
            .collect();
        let mut image = Image::new(&code, Arch::X64, true, false);
        image.add(0x1000, 0, 50_000, Kind::Code, ".text");
        // Displacements lead nearly nowhere but here: all of it is constants too.
        image.add(0, 0, code.len() as u64, Kind::Constants, ".rodata");
        image.finish();
        let sweep =
            Sweep { image: &image, code: &code, base: 0x1000, functions: &[], state: State::default() };
        let anchors: Vec<usize> = (0..code.len())
            .filter(|&at| matches!(code[at], 0xb8..=0xbf | 0xc7 | 0xc6 | 0x0f) && sweep.is_anchor(at))
            .collect();
        assert!(anchors.len() > 100);
        let mut seen = Vec::new();
        sieve::for_each(&code, text_moves, &mut |at| {
            seen.push(at);
            true
        });
        assert!(anchors.iter().all(|at| seen.binary_search(at).is_ok()));
    }

    #[test]
    fn one_register_for_two_buffers() {
        // movabs rcx, …; mov [rax], rcx (twice, for 16 bytes); call; the same again, no clash of bytes.
        let mut code = Vec::new();
        for (n, half) in [b"aaaaaaaa", b"bbbbbbbb", b"cccccccc", b"dddddddd"].iter().enumerate() {
            code.extend_from_slice(&[0x48, 0xb9]);
            code.extend_from_slice(*half);
            code.extend_from_slice(&[0x48, 0x89, 0x48, 8 * n as u8]);
            if n == 1 {
                code.extend_from_slice(&[0xe8, 0, 0, 0, 0]);
            }
        }
        code.push(0xc3);
        let found: Vec<String> = built(Arch::X64, &code, b"").into_iter().map(|f| f.1).collect();
        assert_eq!(found, ["aaaaaaaabbbbbbbb", "ccccccccdddddddd"]);
    }

    #[test]
    fn halves_of_words_on_arm() {
        // movz and movk of x0, then str x0, [sp, #n].
        let mut code = Vec::new();
        for (n, word) in [b"stack-st", b"ring-arm"].iter().enumerate() {
            for (i, half) in word.chunks_exact(2).enumerate() {
                let imm = u32::from(u16::from_le_bytes([half[0], half[1]]));
                let opcode: u32 = if i == 0 { 0xd280_0000 } else { 0xf280_0000 };
                code.extend_from_slice(&(opcode | (i as u32) << 21 | imm << 5).to_le_bytes());
            }
            code.extend_from_slice(&(0xf900_03e0 | (n as u32) << 10).to_le_bytes());
        }
        code.extend_from_slice(&0xd65f_03c0u32.to_le_bytes());
        assert_eq!(built(Arch::Arm64, &code, b""), [(16, "stack-string-arm".into())]);
    }
}
