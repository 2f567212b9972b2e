//! Method bodies and instructions of the intermediate language (ECMA-335 II.25.4 and III).

use super::image::Image;
use super::meta::{Meta, table};
use crate::lens::bytes::{u16_le, u32_le};
use std::ops::Range;

/// Opcodes that are told apart; those behind `fe` have 0x100 added.
pub(super) mod op {
    pub const LDARG_0: u16 = 0x02;
    pub const LDARG_S: u16 = 0x0e;
    pub const STARG_S: u16 = 0x10;
    pub const LDLOC_0: u16 = 0x06;
    pub const LDLOC_S: u16 = 0x11;
    pub const LDLOCA_S: u16 = 0x12;
    pub const STLOC_0: u16 = 0x0a;
    pub const STLOC_S: u16 = 0x13;
    pub const LDC_I4_M1: u16 = 0x15;
    pub const LDC_I4_8: u16 = 0x1e;
    pub const LDC_I4_S: u16 = 0x1f;
    pub const LDC_I4: u16 = 0x20;
    pub const DUP: u16 = 0x25;
    pub const CALL: u16 = 0x28;
    pub const CALLI: u16 = 0x29;
    pub const RET: u16 = 0x2a;
    pub const BR_S: u16 = 0x2b;
    pub const BR: u16 = 0x38;
    pub const SWITCH: u16 = 0x45;
    pub const CALLVIRT: u16 = 0x6f;
    pub const LDSTR: u16 = 0x72;
    pub const NEWOBJ: u16 = 0x73;
    pub const THROW: u16 = 0x7a;
    pub const LDFLD: u16 = 0x7b;
    pub const LDFLDA: u16 = 0x7c;
    pub const STFLD: u16 = 0x7d;
    pub const LDSFLD: u16 = 0x7e;
    pub const LDSFLDA: u16 = 0x7f;
    pub const STSFLD: u16 = 0x80;
    pub const NEWARR: u16 = 0x8d;
    pub const LDTOKEN: u16 = 0xd0;
    pub const LEAVE: u16 = 0xdd;
    pub const LEAVE_S: u16 = 0xde;
    pub const LDARG: u16 = 0x109;
    pub const LDARGA: u16 = 0x10a;
    pub const STARG: u16 = 0x10b;
    pub const LDLOC: u16 = 0x10c;
    pub const LDLOCA: u16 = 0x10d;
    pub const STLOC: u16 = 0x10e;
    pub const RETHROW: u16 = 0x11a;
}

/// Bytes of the operand of each opcode of one byte.
static OPERANDS: [u8; 256] = operands();

const fn operands() -> [u8; 256] {
    let mut table = [0u8; 256];
    let mut n = 0;
    while n < 256 {
        table[n] = match n {
            0x0e..=0x13 | 0x1f | 0x2b..=0x37 | 0xde => 1,
            0x20 | 0x22 | 0x27..=0x29 | 0x38..=0x45 | 0x6f..=0x75 | 0x79 | 0x7b..=0x81 => 4,
            0x8c | 0x8d | 0x8f | 0xa3..=0xa5 | 0xc2 | 0xc6 | 0xd0 | 0xdd => 4,
            0x21 | 0x23 => 8,
            _ => 0,
        };
        n += 1;
    }
    table
}

/// One instruction.
#[derive(Clone, Copy)]
pub(super) struct Insn {
    /// Offset in the code.
    pub at: usize,
    /// Offset of the next one.
    pub next: usize,
    pub op: u16,
    /// A token, number, index or distance.
    pub operand: u32,
}

/// The instruction at `at`; `None` at the end of the code, or where it is cut off.
#[inline]
pub(super) fn decode(code: &[u8], at: usize) -> Option<Insn> {
    let first = *code.get(at)?;
    let (op, width, start) = if first == 0xfe {
        let second = *code.get(at + 1)?;
        let width = match second {
            0x06 | 0x07 | 0x15 | 0x16 | 0x1c => 4,
            0x09..=0x0e => 2,
            0x12 | 0x19 => 1,
            _ => 0,
        };
        (0x100 + u16::from(second), width, at + 2)
    } else {
        (u16::from(first), usize::from(OPERANDS[usize::from(first)]), at + 1)
    };
    let operand = match width {
        0 => 0,
        1 => u32::from(*code.get(start)?),
        2 => u32::from(u16_le(code, start)?),
        _ => u32_le(code, start)?,
    };
    let mut next = start + width;
    if op == op::SWITCH {
        next = next.checked_add((operand as usize).checked_mul(4)?)?;
    }
    (next <= code.len()).then_some(Insn { at, next, op, operand })
}

/// The code of a method.
pub(super) fn body<'a>(meta: &Meta<'a>, image: &Image, method: u32) -> Option<&'a [u8]> {
    meta.data.get(place(meta, image, method)?)
}

/// Where the code of a method is in the file.
pub(super) fn place(meta: &Meta<'_>, image: &Image, method: u32) -> Option<Range<usize>> {
    let rva = meta.cell(table::METHOD, method, 0) as usize;
    if rva == 0 {
        return None;
    }
    let at = image.offset(rva)?;
    let first = *meta.data.get(at)?;
    match first & 3 {
        2 => Some(at + 1..(at + 1 + usize::from(first >> 2)).min(meta.data.len())),
        3 => {
            let header = usize::from(u16_le(meta.data, at)? >> 12) * 4;
            let size = u32_le(meta.data, at + 4)? as usize;
            let start = at.checked_add(header.max(12))?;
            // What is cut off is read as far as it goes.
            let end = start.checked_add(size)?.min(meta.data.len());
            Some(start..end)
        }
        _ => None,
    }
}

/// Pops and pushes of the opcodes that say nothing more about a value.
pub(super) fn effect(op: u16) -> (usize, usize) {
    match op {
        0x14 | 0x20..=0x23 | 0x100 | 0x106 | 0x11c => (0, 1),
        0x26 | 0x2c | 0x2d | 0x39 | 0x3a | 0x45 | 0x111 | 0x115 => (1, 0),
        0x2e..=0x37 | 0x3b..=0x44 | 0x51..=0x57 | 0x70 | 0x81 | 0xdf => (2, 0),
        0x58..=0x64 | 0x8f..=0x9a | 0xa3 | 0xd6..=0xdb | 0x101..=0x105 => (2, 1),
        0x65..=0x6e | 0x71 | 0x76 | 0x82..=0x8b | 0x8e | 0xb3..=0xba | 0xc2 | 0xc3 | 0xc6 => (1, 1),
        0xd1..=0xd5 | 0xe0 | 0x107 | 0x10f | 0x11d => (1, 1),
        0x9b..=0xa2 | 0xa4 | 0x117 | 0x118 => (3, 0),
        _ => (0, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_are_cut_as_the_standard_says() {
        // nop; ldstr 70000001; ldarg 2 (fe 09); switch of two; br.s +1; a call that is cut off.
        let code = [
            0x00, 0x72, 1, 0, 0, 0x70, 0xfe, 0x09, 2, 0, 0x45, 2, 0, 0, 0, 9, 9, 9, 9, 9, 9, 9, 9, 0x2b, 1,
            0x28, 0,
        ];
        let (mut at, mut seen) = (0, Vec::new());
        while let Some(insn) = decode(&code, at) {
            seen.push((insn.at, insn.op, insn.operand));
            at = insn.next;
        }
        assert_eq!(
            seen,
            [
                (0, 0x00, 0),
                (1, op::LDSTR, 0x7000_0001),
                (6, op::LDARG, 2),
                (10, op::SWITCH, 2),
                (23, op::BR_S, 1),
            ]
        );
        assert_eq!(at, 25, "what is cut off is no instruction");
        let hostile = [0x45, 0xff, 0xff, 0xff, 0xff];
        assert!(decode(&hostile, 0).is_none(), "a switch longer than the code");
    }
}
