//! Addresses that code forms: `adrp` with `add` or `ldr` (arm64), `lea` and `mov` relative to the
//! instruction pointer (x86-64). A sweep, not a disassembly: linear, and wrong only where data in
//! code looks like an instruction.

use super::image::{ARM64, Image, Section, X86_64};

/// An address that code forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    /// Address of the instruction that completes it.
    pub(super) at: u64,
    pub(super) target: u64,
    /// A number loaded right behind it: often the length of what stands there.
    pub(super) number: Option<u64>,
    /// Which argument of a call the register is, from 0; `None` for other registers.
    pub(super) argument: Option<u8>,
    /// Not an address but a call: what stands between two calls is loaded for the second.
    pub(super) call: bool,
}

impl Reference {
    fn to(at: u64, target: u64, argument: Option<u8>) -> Self {
        Reference { at, target, number: None, argument, call: false }
    }

    fn call(at: u64) -> Self {
        Reference { at, target: 0, number: None, argument: None, call: true }
    }
}

/// Instructions between `adrp` and what completes it.
const REACH: usize = 64;

/// All references of the code in `from..to` (addresses), in order.
pub(super) fn references(image: &Image<'_>, from: u64, to: u64, found: &mut dyn FnMut(Reference)) {
    let stubs = image.sections.iter().find(|s| s.name == b"__stubs");
    for section in image.sections.iter().filter(|s| s.is_code()) {
        let end = section.addr.saturating_add(section.bytes.len() as u64);
        let (from, to) = (from.max(section.addr), to.min(end));
        if from >= to {
            continue;
        }
        match image.cpu {
            ARM64 => arm64(section, from, to, found),
            X86_64 => x86_64(section, stubs, from, to, found),
            _ => {}
        }
    }
}

fn code<'s>(section: &'s Section<'_>, from: u64, to: u64) -> &'s [u8] {
    let index = |addr: u64| usize::try_from(addr - section.addr).unwrap_or(usize::MAX);
    section.bytes.get(index(from)..index(to)).unwrap_or_default()
}

fn arm64(section: &Section<'_>, from: u64, to: u64, found: &mut dyn FnMut(Reference)) {
    let from = from.next_multiple_of(4);
    if from >= to {
        return;
    }
    let words = code(section, from, to).chunks_exact(4);
    // Of each register the address it holds, and since when.
    let mut pages = [(0u64, usize::MAX); 32];
    let mut last: Option<(usize, Reference)> = None;
    for (i, word) in words.enumerate() {
        let word = u32::from_le_bytes([word[0], word[1], word[2], word[3]]);
        let pc = from + 4 * i as u64;
        let (rd, rn) = ((word & 31) as usize, (word >> 5 & 31) as usize);
        let imm12 = u64::from(word >> 10 & 0xfff);
        let page = |r: usize| {
            let (page, since) = pages[r];
            (since != usize::MAX && i - since <= REACH && r != 31).then_some(page)
        };
        let mut reference = None;
        if word & 0x1f00_0000 == 0x1000_0000 {
            let imm = (word >> 5 & 0x7_ffff) << 2 | word >> 29 & 3;
            let imm = i64::from((imm << 11) as i32 >> 11);
            if word >> 31 == 1 {
                pages[rd] = ((pc & !0xfff).wrapping_add((imm << 12) as u64), i);
            } else {
                let target = pc.wrapping_add(imm as u64);
                pages[rd] = (target, i);
                reference = Some(target);
            }
        } else if word & 0xff80_0000 == 0x9100_0000 {
            let imm = if word >> 22 & 1 == 1 { imm12 << 12 } else { imm12 };
            reference = page(rn).map(|p| p.wrapping_add(imm));
            pages[rd] = reference.map_or((0, usize::MAX), |target| (target, i));
        } else if word & 0xffc0_0000 == 0xf940_0000 || word & 0xffc0_0000 == 0x3dc0_0000 {
            let shift = if word >> 26 & 1 == 1 { 4 } else { 3 };
            reference = page(rn).map(|p| p.wrapping_add(imm12 << shift));
            if shift == 3 {
                pages[rd] = (0, usize::MAX);
            }
        } else if word & 0xffc0_0000 == 0xa940_0000 {
            // ldp: two slots.
            let imm = (word << 10) as i32 >> 25;
            if let Some(p) = page(rn) {
                let first = p.wrapping_add((i64::from(imm) * 8) as u64);
                found(Reference::to(pc, first, None));
                found(Reference::to(pc, first.wrapping_add(8), None));
            }
        } else if word & 0x7f80_0000 == 0x5280_0000 {
            // movz: a length, if an address was formed just before.
            let number = u64::from(word >> 5 & 0xffff);
            if let Some((since, last)) = last.take()
                && i - since <= 4
                && word >> 21 & 3 == 0
            {
                found(Reference { number: Some(number), ..last });
            }
            pages[rd] = (0, usize::MAX);
        } else if word & 0xfc00_0000 == 0x9400_0000 || word & 0xffff_f000 == 0xd63f_0000 {
            // A call leaves nothing in the registers it may use.
            pages[..18].fill((0, usize::MAX));
            found(Reference::call(pc));
        }
        if let Some(target) = reference {
            let reference = Reference::to(pc, target, (rd < 8).then_some(rd as u8));
            found(reference);
            last = Some((i, reference));
        }
    }
}

fn x86_64(
    section: &Section<'_>,
    stubs: Option<&Section<'_>>,
    from: u64,
    to: u64,
    found: &mut dyn FnMut(Reference),
) {
    let code = code(section, from, to);
    // modrm with mod 00, rm 101 has a 32-bit distance to the next instruction.
    for (i, window) in code.windows(7).enumerate() {
        let [a, b, modrm, ..] = *window else { continue };
        if a == 0xe8 || (a == 0xff && b == 0x15) {
            let distance = crate::lens::bytes::u32_le(window, 1).unwrap_or(0);
            let to_code = from + i as u64 + 5;
            // Any byte can be E8: a call leads into this code.
            if a == 0xff
                || section.contains(to_code.wrapping_add(i64::from(distance as i32) as u64))
                || stubs.is_some_and(|s| s.contains(to_code.wrapping_add(i64::from(distance as i32) as u64)))
            {
                found(Reference::call(from + i as u64));
            }
            continue;
        }
        // Where one method is called often, its address is kept in a register: `call r15`.
        if a == 0xff && b & 0xf8 == 0xd0 {
            found(Reference::call(from + i as u64));
            continue;
        }
        if modrm & 0xc7 != 5 {
            continue;
        }
        let is_wide = a & 0xf8 == 0x48 && matches!(b, 0x8d | 0x8b);
        let is_vector = a == 0x0f && matches!(b, 0x10 | 0x28 | 0x6f);
        if !is_wide && !is_vector {
            continue;
        }
        let Some(distance) = crate::lens::bytes::u32_le(window, 3) else { continue };
        let at = from + i as u64;
        let target = at.wrapping_add(7).wrapping_add(i64::from(distance as i32) as u64);
        let behind = code.get(i + 7..).unwrap_or_default();
        let behind = if behind.first() == Some(&0x41) { &behind[1..] } else { behind };
        let number = match behind {
            [0xb8..=0xbf, rest @ ..] => crate::lens::bytes::u32_le(rest, 0).map(u64::from),
            _ => None,
        };
        // rdi, rsi, rdx, rcx, r8, r9.
        let register = if is_wide { (a & 4) << 1 | modrm >> 3 & 7 } else { 0 };
        let argument = [7, 6, 2, 1, 8, 9].iter().position(|&r| r == register).map(|n| n as u8);
        found(Reference { number, ..Reference::to(at, target, argument) });
    }
}
