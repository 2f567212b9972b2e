//! AArch64: words of code that move values of printable characters.

use super::super::packed::adrp;
use super::{ABSOLUTE, PATIENCE, State, Sweep, is_text};
use crate::lens::bytes;

impl Sweep<'_, '_> {
    pub(super) fn arm64(&mut self, found: &mut dyn FnMut(usize, &[u8])) {
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
