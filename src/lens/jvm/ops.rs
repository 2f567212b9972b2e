//! Instructions (JVMS chapter 6): how long they are and what they do to the stack.

use crate::lens::bytes::{u16_be, u32_be};

/// The length of the instruction at `at`, with its operands; `None` where there is none.
pub(super) fn len(code: &[u8], at: usize) -> Option<usize> {
    Some(match *code.get(at)? {
        16 | 18 | 21..=25 | 54..=58 | 169 | 188 => 2,
        17 | 19 | 20 | 132 | 153..=168 | 178..=184 | 187 | 189 | 192 | 193 | 198 | 199 => 3,
        185 | 186 | 200 | 201 => 5,
        197 => 4,
        196 => {
            if code.get(at + 1) == Some(&132) {
                6
            } else {
                4
            }
        }
        170 => {
            let base = (at + 4) & !3;
            let low = i64::from(u32_be(code, base + 4)?.cast_signed());
            let high = i64::from(u32_be(code, base + 8)?.cast_signed());
            let count = usize::try_from(high.checked_sub(low)?.checked_add(1)?).ok()?;
            (base - at).checked_add(12)?.checked_add(count.checked_mul(4)?)?
        }
        171 => {
            let base = (at + 4) & !3;
            let count = usize::try_from(u32_be(code, base + 4)?).ok()?;
            (base - at).checked_add(8)?.checked_add(count.checked_mul(8)?)?
        }
        0..=201 => 1,
        _ => return None,
    })
}

/// Slots popped and pushed by instructions whose values nobody follows. `None` for the others.
pub(super) fn effect(op: u8) -> Option<(usize, usize)> {
    Some(match op {
        0 | 116..=119 | 132 | 134 | 138 | 139 | 143 | 145..=147 | 177 | 200 | 167 | 169 => (0, 0),
        1 | 11..=13 | 23 | 34..=37 | 168 | 201 => (0, 1),
        9 | 10 | 14 | 15 | 20 | 22 | 24 | 30..=33 | 38..=41 => (0, 2),
        46 | 48 | 50..=53 => (2, 1),
        47 | 49 => (2, 2),
        79 | 81 | 86 => (3, 0),
        80 | 82 => (4, 0),
        55 | 57 | 63..=66 | 71..=74 => (2, 0),
        56 | 67..=70 => (1, 0),
        87 => (1, 0),
        88 => (2, 0),
        // add, sub, mul, div, rem: int, long, float, double in turn.
        96..=115 => {
            if op.is_multiple_of(2) {
                (2, 1)
            } else {
                (4, 2)
            }
        }
        120 | 122 | 124 | 126 | 128 | 130 => (2, 1),
        121 | 123 | 125 => (3, 2),
        127 | 129 | 131 => (4, 2),
        133 | 135 | 140 | 141 => (1, 2),
        136 | 137 | 142 | 144 => (2, 1),
        148 | 151 | 152 => (4, 1),
        149 | 150 => (2, 1),
        153..=158 | 170 | 171 | 194 | 195 | 198 | 199 | 172 | 174 | 191 => (1, 0),
        159..=166 | 173 | 175 => (2, 0),
        190 | 193 => (1, 1),
        _ => return None,
    })
}

/// Where an instruction may go besides the next one; of switches all their targets.
pub(super) fn targets(code: &[u8], at: usize, len: usize, out: &mut Vec<usize>) {
    let mut go = |offset: i64| {
        if let Some(target) =
            i64::try_from(at).ok().and_then(|at| usize::try_from(at.checked_add(offset)?).ok())
        {
            out.push(target);
        }
    };
    let wide = |at: usize| u32_be(code, at).map(|n| i64::from(n.cast_signed()));
    match code.get(at) {
        Some(153..=168 | 198 | 199) => {
            if let Some(n) = u16_be(code, at + 1) {
                go(i64::from(n.cast_signed()));
            }
        }
        Some(200 | 201) => wide(at + 1).into_iter().for_each(go),
        Some(170) => {
            let base = (at + 4) & !3;
            wide(base).into_iter().for_each(&mut go);
            (base + 12..at + len).step_by(4).filter_map(wide).for_each(go);
        }
        Some(171) => {
            let base = (at + 4) & !3;
            wide(base).into_iter().for_each(&mut go);
            (base + 12..at + len).step_by(8).filter_map(wide).for_each(go);
        }
        _ => {}
    }
}

/// Whether the next instruction is not reached from this one.
pub(super) fn ends_block(op: u8) -> bool {
    matches!(op, 167 | 169 | 170 | 171 | 172..=177 | 191 | 200)
}

/// Slots of each parameter of a method descriptor, and those of its answer.
pub(super) fn slots(descriptor: &[u8], parameters: &mut Vec<u8>) -> (u8, u8) {
    parameters.clear();
    let mut at = 1;
    let mut kinds = (0, 0);
    let mut is_answer = false;
    while let Some(&first) = descriptor.get(at) {
        if first == b')' {
            is_answer = true;
            at += 1;
            continue;
        }
        let kind = first;
        while descriptor.get(at) == Some(&b'[') {
            at += 1;
        }
        match descriptor.get(at) {
            Some(b'L') => {
                let rest = descriptor.get(at..).unwrap_or_default();
                at += memchr::memchr(b';', rest).map_or(rest.len(), |p| p + 1);
            }
            _ => at += 1,
        }
        let size = match kind {
            b'J' | b'D' => 2,
            b'V' => 0,
            _ => 1,
        };
        if is_answer {
            kinds = (size, kind);
            break;
        }
        parameters.push(size);
    }
    kinds
}
