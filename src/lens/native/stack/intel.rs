//! x86 and x86-64: no full decoder, but the instructions that move values of printable characters.

use super::super::image::Arch;
use super::super::sieve::text_moves;
use super::{ABSOLUTE, PATIENCE, PROLOGUE, Slot, Sweep, is_text};
use crate::lens::bytes;
use crate::lens::sieve;

/// A memory operand: where, and how many bytes modrm, SIB and displacement take.
struct Operand {
    slot: Slot,
    register: usize,
    len: usize,
}

/// The opcode of what [`text_moves`] has let through.
pub(super) fn behind_prefix(code: &[u8], at: usize) -> usize {
    at + usize::from(code[at] & 0xfe == 0x48)
}

impl Sweep<'_, '_> {
    pub(super) fn intel(&mut self, found: &mut dyn FnMut(usize, &[u8])) {
        let mut behind = 0;
        sieve::for_each(self.code, text_moves, &mut |at| {
            let at = behind_prefix(self.code, at);
            if at >= self.code.len() || at < behind || !self.is_anchor(at) {
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

    /// Whether a function ends here: `ret` behind what gives the stack back.
    fn returns(&self, at: usize) -> bool {
        let before = &self.code[at.saturating_sub(4)..at];
        self.code.get(at) == Some(&0xc3)
            && (matches!(before.last(), Some(0xc9 | 0x58..=0x5f)) || before.starts_with(&[0x48, 0x83, 0xc4]))
    }

    /// Whether an immediate or constant of printable characters is loaded by the opcode at `at`.
    pub(super) fn is_anchor(&self, at: usize) -> bool {
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
}
