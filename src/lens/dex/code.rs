//! Instructions: where each begins and ends, which registers and indices it names.
//!
//! Sizes are known for all 256 opcodes and the three payloads, so that a sweep through a method
//! never loses its step; what is cut off ends the sweep. Only the operands that the lens follows
//! are decoded.

use super::leb::{Cursor, size_at, u16_at, u32_at};

/// Opcodes by their names in the specification.
pub(super) mod op {
    pub(in super::super) const NOP: u8 = 0x00;
    pub(in super::super) const MOVE_RESULT_OBJECT: u8 = 0x0c;
    pub(in super::super) const RETURN_VOID: u8 = 0x0e;
    pub(in super::super) const RETURN_OBJECT: u8 = 0x11;
    pub(in super::super) const CONST_4: u8 = 0x12;
    pub(in super::super) const CONST_16: u8 = 0x13;
    pub(in super::super) const CONST: u8 = 0x14;
    pub(in super::super) const CONST_HIGH16: u8 = 0x15;
    pub(in super::super) const CONST_STRING: u8 = 0x1a;
    pub(in super::super) const CONST_STRING_JUMBO: u8 = 0x1b;
    pub(in super::super) const NEW_INSTANCE: u8 = 0x22;
    pub(in super::super) const NEW_ARRAY: u8 = 0x23;
    pub(in super::super) const FILLED_NEW_ARRAY: u8 = 0x24;
    pub(in super::super) const FILLED_NEW_ARRAY_RANGE: u8 = 0x25;
    pub(in super::super) const THROW: u8 = 0x27;
    pub(in super::super) const GOTO: u8 = 0x28;
    pub(in super::super) const GOTO_16: u8 = 0x29;
    pub(in super::super) const GOTO_32: u8 = 0x2a;
    pub(in super::super) const PACKED_SWITCH: u8 = 0x2b;
    pub(in super::super) const SPARSE_SWITCH: u8 = 0x2c;
    pub(in super::super) const IF_EQ: u8 = 0x32;
    pub(in super::super) const IF_LEZ: u8 = 0x3d;
    pub(in super::super) const APUT_OBJECT: u8 = 0x4d;
    pub(in super::super) const IGET_OBJECT: u8 = 0x54;
    pub(in super::super) const IPUT_OBJECT: u8 = 0x5b;
    pub(in super::super) const SGET_OBJECT: u8 = 0x62;
    pub(in super::super) const SPUT_OBJECT: u8 = 0x69;
    pub(in super::super) const INVOKE_STATIC: u8 = 0x71;
    pub(in super::super) const INVOKE_STATIC_RANGE: u8 = 0x77;
    pub(in super::super) const INT_TO_CHAR: u8 = 0x8e;
    pub(in super::super) const INVOKE_POLYMORPHIC: u8 = 0xfa;
    pub(in super::super) const INVOKE_CUSTOM_RANGE: u8 = 0xfd;
}

/// How many 16-bit units an instruction of each opcode takes.
static WIDTHS: [u8; 256] = widths();

const fn widths() -> [u8; 256] {
    let mut table = [1; 256];
    // (first, last, units); everything else takes one unit.
    let ranges = [
        (0x02, 0x02, 2),
        (0x03, 0x03, 3),
        (0x05, 0x05, 2),
        (0x06, 0x06, 3),
        (0x08, 0x08, 2),
        (0x09, 0x09, 3),
        (0x13, 0x13, 2),
        (0x14, 0x14, 3),
        (0x15, 0x16, 2),
        (0x17, 0x17, 3),
        (0x18, 0x18, 5),
        (0x19, 0x1a, 2),
        (0x1b, 0x1b, 3),
        (0x1c, 0x1c, 2),
        (0x1f, 0x20, 2),
        (0x22, 0x23, 2),
        (0x24, 0x26, 3),
        (0x29, 0x29, 2),
        (0x2a, 0x2c, 3),
        (0x2d, 0x3d, 2),
        (0x44, 0x6d, 2),
        (0x6e, 0x72, 3),
        (0x74, 0x78, 3),
        (0x90, 0xaf, 2),
        (0xd0, 0xe2, 2),
        (0xfa, 0xfb, 4),
        (0xfc, 0xfd, 3),
        (0xfe, 0xff, 2),
    ];
    let mut i = 0;
    while i < ranges.len() {
        let (first, last, units) = ranges[i];
        let mut opcode: usize = first;
        while opcode <= last {
            table[opcode] = units;
            opcode += 1;
        }
        i += 1;
    }
    table
}

/// What an instruction overwrites.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Written {
    Nothing,
    One(u32),
    /// A `long` or `double`: this register and the next.
    Two(u32),
}

/// One instruction, or one payload.
#[derive(Clone, Copy)]
pub(super) struct Insn<'a> {
    /// Where it begins, in units from the beginning of the method's code.
    pub(super) at: u32,
    pub(super) op: u8,
    bytes: &'a [u8],
}

impl<'a> Insn<'a> {
    /// The unit `n` of the instruction; 0 past its end.
    pub(super) fn unit(&self, n: usize) -> u16 {
        u16_at(self.bytes, n * 2).unwrap_or(0)
    }

    fn wide_unit(&self, n: usize) -> u32 {
        u32_at(self.bytes, n * 2).unwrap_or(0)
    }

    /// The byte behind the opcode.
    pub(super) fn aa(&self) -> u32 {
        u32::from(self.unit(0) >> 8)
    }

    /// The low half of the byte behind the opcode: register A of two.
    pub(super) fn a(&self) -> u32 {
        self.aa() & 0xf
    }

    /// The high half: register B of two.
    pub(super) fn b(&self) -> u32 {
        self.aa() >> 4
    }

    /// The index of a string, type, field or method, for instructions that have one.
    pub(super) fn index(&self) -> u32 {
        match self.op {
            op::CONST_STRING_JUMBO => self.wide_unit(1),
            _ => self.unit(1).into(),
        }
    }

    /// The arguments of an invoke or filled-new-array, as registers.
    pub(super) fn args(&self) -> Args {
        let second = self.unit(2);
        match self.op {
            0x25 | 0x74..=0x78 | 0xfb | 0xfd => {
                Args { count: self.aa() as u8, range: true, first: second, packed: 0 }
            }
            _ => {
                // A|G|op BBBB F|E|D|C: the fifth sits beside the count.
                let packed = u32::from(second) | (self.a() << 16);
                Args { count: self.b().min(5) as u8, range: false, first: 0, packed }
            }
        }
    }

    /// Whether this calls a method of the method table.
    pub(super) fn is_invoke(&self) -> bool {
        matches!(self.op, 0x6e..=0x72 | 0x74..=0x78)
    }

    /// The number that a `const` loads; `None` for other instructions.
    pub(super) fn constant(&self) -> Option<i32> {
        match self.op {
            op::CONST_4 => Some((self.b() << 28).cast_signed() >> 28),
            op::CONST_16 => Some(self.unit(1).cast_signed().into()),
            op::CONST => Some(self.wide_unit(1).cast_signed()),
            op::CONST_HIGH16 => Some((u32::from(self.unit(1)) << 16).cast_signed()),
            _ => None,
        }
    }

    /// Source and destination of a `move` of one register.
    pub(super) fn moved(&self) -> Option<(u32, u32)> {
        match self.op {
            0x01 | 0x07 => Some((self.b(), self.a())),
            0x02 | 0x08 => Some((self.unit(1).into(), self.aa())),
            0x03 | 0x09 => Some((self.unit(2).into(), self.unit(1).into())),
            _ => None,
        }
    }

    /// Whether the next instruction is not reached from here.
    pub(super) fn ends_block(&self) -> bool {
        matches!(self.op, op::RETURN_VOID..=op::RETURN_OBJECT | op::THROW..=op::GOTO_32)
    }

    /// Where a goto or if may go.
    pub(super) fn target(&self) -> Option<u32> {
        let by: i32 = match self.op {
            op::GOTO => i32::from((self.unit(0) >> 8) as i8),
            op::GOTO_16 => self.unit(1).cast_signed().into(),
            op::GOTO_32 => self.wide_unit(1).cast_signed(),
            op::IF_EQ..=op::IF_LEZ => self.unit(1).cast_signed().into(),
            _ => return None,
        };
        self.at.checked_add_signed(by)
    }

    /// Where a switch may go, given the code of the method.
    pub(super) fn switch_targets(&self, code: &'a [u8]) -> impl Iterator<Item = u32> + use<'a> {
        let at = self.at;
        let payload = match self.op {
            op::PACKED_SWITCH | op::SPARSE_SWITCH => at.checked_add_signed(self.wide_unit(1).cast_signed()),
            _ => None,
        };
        let rows = payload.and_then(|payload| {
            let bytes = code.get((payload as usize).checked_mul(2)?..)?;
            let count = usize::from(u16_at(bytes, 2)?);
            let (skip, take) = match u16_at(bytes, 0)? {
                0x0100 => (8, count),
                0x0200 => (4 + count * 4, count),
                _ => return None,
            };
            Some(bytes.get(skip..)?.as_chunks::<4>().0.iter().take(take))
        });
        rows.into_iter().flatten().filter_map(move |row| at.checked_add_signed(i32::from_le_bytes(*row)))
    }

    /// The registers it overwrites. A cast keeps the value, so it is not counted.
    pub(super) fn written(&self) -> Written {
        match self.op {
            0x01 | 0x07 | 0x12 | 0x20 | 0x21 | 0x23 | 0x52 | 0x54..=0x58 => Written::One(self.a()),
            0x7b | 0x7c | 0x7f | 0x82 | 0x84 | 0x85 | 0x87 | 0x8a | 0x8c..=0x8f => Written::One(self.a()),
            0xb0..=0xba | 0xc6..=0xca | 0xd0..=0xd7 => Written::One(self.a()),
            0x04 | 0x53 | 0x7d | 0x7e | 0x80 | 0x81 | 0x83 | 0x86 | 0x88 | 0x89 | 0x8b => {
                Written::Two(self.a())
            }
            0xbb..=0xc5 | 0xcb..=0xcf => Written::Two(self.a()),
            0x02 | 0x08 | 0x0a | 0x0c | 0x0d | 0x13..=0x15 | 0x1a..=0x1c | 0x22 => Written::One(self.aa()),
            0x2d..=0x31 | 0x44 | 0x46..=0x4a | 0x60 | 0x62..=0x66 => Written::One(self.aa()),
            0x90..=0x9a | 0xa6..=0xaa | 0xd8..=0xe2 | 0xfe | 0xff => Written::One(self.aa()),
            0x05 | 0x0b | 0x16..=0x19 | 0x45 | 0x61 | 0x9b..=0xa5 | 0xab..=0xaf => Written::Two(self.aa()),
            0x03 | 0x09 => Written::One(self.unit(1).into()),
            0x06 => Written::Two(self.unit(1).into()),
            _ => Written::Nothing,
        }
    }
}

/// The registers that an invoke passes.
#[derive(Clone, Copy)]
pub(super) struct Args {
    count: u8,
    range: bool,
    first: u16,
    packed: u32,
}

impl Args {
    pub(super) fn len(self) -> usize {
        self.count.into()
    }

    pub(super) fn get(self, n: usize) -> Option<u32> {
        if n >= self.len() {
            None
        } else if self.range {
            Some(u32::from(self.first) + n as u32)
        } else {
            Some(self.packed >> (n * 4) & 0xf)
        }
    }

    pub(super) fn iter(self) -> impl Iterator<Item = u32> {
        (0..self.len()).filter_map(move |n| self.get(n))
    }
}

/// The instructions of some code, one after the other.
pub(super) struct Insns<'a> {
    code: &'a [u8],
    at: usize,
}

impl<'a> Insns<'a> {
    pub(super) fn new(code: &'a [u8]) -> Self {
        Insns { code, at: 0 }
    }
}

impl<'a> Iterator for Insns<'a> {
    type Item = Insn<'a>;

    #[inline]
    fn next(&mut self) -> Option<Insn<'a>> {
        let rest = self.code.get(self.at..)?;
        let [op, high, ..] = *rest else { return None };
        let width = match (op, high) {
            (op::NOP, 1..=3) => payload_units(rest, high)?,
            _ => usize::from(*WIDTHS.get(usize::from(op))?),
        };
        let bytes = rest.get(..width.checked_mul(2)?)?;
        let insn = Insn { at: (self.at / 2) as u32, op, bytes };
        self.at += bytes.len();
        Some(insn)
    }
}

/// The size of a payload in units.
fn payload_units(bytes: &[u8], kind: u8) -> Option<usize> {
    let count = usize::from(u16_at(bytes, 2)?);
    match kind {
        1 => Some(count * 2 + 4),
        2 => Some(count * 4 + 2),
        _ => size_at(bytes, 4)?.checked_mul(count)?.checked_add(1)?.checked_div(2)?.checked_add(4),
    }
}

/// The body of a method.
#[derive(Clone, Copy)]
pub(super) struct Code<'a> {
    pub(super) registers: u32,
    /// How many of the registers, the last ones, hold the parameters at the beginning.
    pub(super) ins: u32,
    pub(super) insns: &'a [u8],
    tries: usize,
    data: &'a [u8],
    /// Where the exception table begins in the data.
    tries_at: usize,
}

impl<'a> Code<'a> {
    /// The code item at `offset`. Code that runs past the end is cut there.
    pub(super) fn new(data: &'a [u8], offset: usize) -> Option<Self> {
        let header = data.get(offset..)?;
        let size = size_at(header, 12)?.checked_mul(2)?;
        let rest = header.get(16..)?;
        let insns = rest.get(..size).unwrap_or(rest);
        // The exception table is aligned to four bytes.
        let tries_at = offset.checked_add(16)?.checked_add(size)?.checked_next_multiple_of(4)?;
        Some(Code {
            registers: u16_at(header, 0)?.into(),
            ins: u16_at(header, 2)?.into(),
            insns,
            tries: u16_at(header, 6)?.into(),
            data,
            tries_at,
        })
    }

    /// Whether all the code is there that the item says.
    pub(super) fn is_whole(&self, offset: usize) -> bool {
        size_at(self.data, offset.saturating_add(12))
            .is_some_and(|size| size.saturating_mul(2) == self.insns.len())
    }

    /// Where exception handlers begin, in units. At most as many as the code has units.
    pub(super) fn handlers(&self) -> impl Iterator<Item = u32> + use<'a> {
        let list = self.tries_at + self.tries * 8;
        let mut cursor = Cursor::new(self.data, list);
        let lists = if self.tries == 0 { 0 } else { cursor.uleb().unwrap_or(0) };
        let most = self.insns.len() / 2;
        let (mut lists, mut pairs, mut catch_all) = (lists, 0u32, false);
        std::iter::from_fn(move || {
            loop {
                if pairs > 0 {
                    pairs -= 1;
                    cursor.uleb()?;
                    return cursor.uleb();
                }
                if catch_all {
                    catch_all = false;
                    return cursor.uleb();
                }
                lists = lists.checked_sub(1)?;
                let size = cursor.sleb()?;
                (pairs, catch_all) = (size.unsigned_abs(), size <= 0);
            }
        })
        .take(most)
    }
}
