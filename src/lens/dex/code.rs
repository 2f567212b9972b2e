//! Instructions: where each begins and ends, which registers and indices it names.
//!
//! Sizes are known for all 256 opcodes and the three payloads, so that a sweep through a method
//! never loses its step; what is cut off ends the sweep. Only the operands that the lens follows
//! are decoded.

use super::leb::{size_at, u16_at, u32_at};

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
    pub(in super::super) const INVOKE_CUSTOM: u8 = 0xfc;
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

    /// Two units from `n` on.
    pub(super) fn wide(&self, n: usize) -> u32 {
        self.wide_unit(n)
    }

    /// Where the next instruction begins.
    pub(super) fn end(&self) -> u32 {
        self.at + (self.bytes.len() / 2) as u32
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

    /// Where a switch goes for one key; nothing where it goes on.
    pub(super) fn switch_target(&self, code: &[u8], key: i32) -> Option<u32> {
        let payload = self.at.checked_add_signed(self.wide_unit(1).cast_signed())?;
        let bytes = code.get((payload as usize).checked_mul(2)?..)?;
        let count = usize::from(u16_at(bytes, 2)?);
        let by = match u16_at(bytes, 0)? {
            0x0100 => {
                let n = key.checked_sub(u32_at(bytes, 4)?.cast_signed())?;
                let n = usize::try_from(n).ok().filter(|&n| n < count)?;
                u32_at(bytes, 8 + n * 4)?
            }
            0x0200 => {
                let keys = bytes.get(4..)?.as_chunks::<4>().0.iter().take(count);
                let n = keys.map(|row| i32::from_le_bytes(*row)).position(|known| known == key)?;
                u32_at(bytes, 4 + (count + n) * 4)?
            }
            _ => return None,
        };
        self.at.checked_add_signed(by.cast_signed())
    }

    /// The numbers that a `fill-array-data` puts into its array.
    pub(super) fn array_payload(&self, code: &'a [u8]) -> impl Iterator<Item = i64> + use<'a> {
        let rows = (|| {
            let payload = self.at.checked_add_signed(self.wide_unit(1).cast_signed())?;
            let bytes = code.get((payload as usize).checked_mul(2)?..)?;
            let width = usize::from(u16_at(bytes, 2)?);
            (u16_at(bytes, 0)? == 0x0300 && (1..=8).contains(&width)).then_some(())?;
            let count = size_at(bytes, 4)?;
            Some(bytes.get(8..)?.chunks_exact(width).take(count))
        })();
        rows.into_iter().flatten().map(|row| {
            let unused = 64u32.saturating_sub(8 * row.len() as u32);
            let value = row.iter().rev().fold(0u64, |value, &b| value << 8 | u64::from(b));
            value.wrapping_shl(unused).cast_signed() >> unused
        })
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

    /// Those from the unit `at` on.
    pub(super) fn at(code: &'a [u8], at: u32) -> Self {
        Insns { code, at: (at as usize).saturating_mul(2) }
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

#[cfg(test)]
mod tests {
    use super::super::body::Code;
    use super::*;
    use proptest::prelude::*;

    /// The specification's table: first opcode of each format; its first digit is the size.
    static FORMATS: &str = "00 10x, 01 12x, 02 22x, 03 32x, 04 12x, 05 22x, 06 32x, 07 12x, 08 22x, 09 32x, \
        0a 11x, 0e 10x, 0f 11x, 12 11n, 13 21s, 14 31i, 15 21h, 16 21s, 17 31i, 18 51l, 19 21h, 1a 21c, \
        1b 31c, 1c 21c, 1d 11x, 1f 21c, 20 22c, 21 12x, 22 21c, 23 22c, 24 35c, 25 3rc, 26 31t, 27 11x, \
        28 10t, 29 20t, 2a 30t, 2b 31t, 2d 23x, 32 22t, 38 21t, 3e 10x, 44 23x, 52 22c, 60 21c, 6e 35c, \
        73 10x, 74 3rc, 79 10x, 7b 12x, 90 23x, b0 12x, d0 22s, d8 22b, e3 10x, fa 45cc, fb 4rcc, fc 35c, \
        fd 3rc, fe 21c";

    #[test]
    fn every_opcode_has_the_size_of_its_format() {
        let mut sizes = [0; 256];
        for row in FORMATS.split(", ") {
            let (opcode, format) = row.split_once(' ').unwrap();
            let first = usize::from_str_radix(opcode, 16).unwrap();
            sizes[first..].fill(format.as_bytes()[0] - b'0');
        }
        assert_eq!(WIDTHS, sizes);
    }

    #[test]
    fn payloads_are_one_instruction() {
        for (payload, bytes) in [
            (&[0u8, 1, 2, 0][..], 16),
            (&[0, 2, 2, 0], 20),
            (&[0, 3, 1, 0, 3, 0, 0, 0], 12),
            (&[0, 3, 4, 0, 2, 0, 0, 0], 16),
        ] {
            let mut code = payload.to_vec();
            code.resize(bytes, 0xaa);
            code.extend([0x0e, 0]);
            let insns: Vec<(u32, u8)> = Insns::new(&code).map(|insn| (insn.at, insn.op)).collect();
            assert_eq!(insns, [(0, 0), (bytes as u32 / 2, 0x0e)]);
            assert_eq!(Insns::new(&code[..bytes - 1]).count(), 0, "cut off");
        }
    }

    #[test]
    fn operands_are_where_the_formats_say() {
        let first = |code: &[u8]| {
            let insn = Insns::new(code).next().unwrap();
            let args: Vec<u32> = insn.args().iter().collect();
            (insn.index(), args)
        };
        // invoke-virtual {v1, v2, v3, v4, v5}, 0x607
        assert_eq!(first(&[0x6e, 0x55, 0x07, 0x06, 0x21, 0x43]), (0x607, vec![1, 2, 3, 4, 5]));
        assert_eq!(first(&[0x77, 2, 1, 0, 0x10, 0x01]), (1, vec![0x110, 0x111]));
        assert_eq!(first(&[0x1b, 0, 1, 2, 3, 4]).0, 0x0403_0201);
        fn one(code: &[u8]) -> Insn<'_> {
            Insns::new(code).next().unwrap()
        }
        assert_eq!(one(&[0x12, 0xf3]).constant(), Some(-1));
        assert_eq!(one(&[0x12, 0xf3]).written(), Written::One(3));
        assert_eq!(one(&[0x15, 0, 0xff, 0x7f]).constant(), Some(0x7fff_0000));
        assert_eq!(one(&[0x18, 7, 0, 0, 0, 0, 0, 0, 0, 0]).written(), Written::Two(7));
        assert_eq!(one(&[0x03, 0, 1, 2, 3, 4]).moved(), Some((0x403, 0x201)));
        assert_eq!(one(&[0x28, 0xff]).target(), None, "before the beginning");
        assert_eq!(one(&[0x38, 0, 5, 0]).target(), Some(5));
    }

    proptest! {
        #[test]
        fn garbage_moves_on(code in proptest::collection::vec(prop_oneof![any::<u8>(), 0u8..4], 0..200)) {
            let mut end = 0;
            for insn in Insns::new(&code) {
                prop_assert_eq!(insn.at, end);
                end += (insn.bytes.len() / 2) as u32;
                let _ = (insn.target(), insn.constant(), insn.moved(), insn.written(), insn.ends_block());
                prop_assert!(insn.switch_targets(&code).count() <= code.len());
                prop_assert!(insn.args().iter().count() <= 255);
            }
            prop_assert!(end as usize * 2 <= code.len());
            if let Some(item) = Code::new(&code, 0) {
                prop_assert!(item.handlers().count() <= code.len());
            }
        }
    }
}
