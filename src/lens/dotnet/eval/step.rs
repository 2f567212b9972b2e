//! Arithmetic of the intermediate language (ECMA-335 III.3).

use super::heap::Val;

/// A binary operation; `None`: not known.
pub(super) fn binary(op: u16, a: Val, b: Val) -> Option<Val> {
    match (a, b) {
        (Val::Int(a), Val::Int(b)) => Some(Val::Int(match op {
            0x58 | 0xd6 | 0xd7 => a.wrapping_add(b),
            0x59 | 0xda | 0xdb => a.wrapping_sub(b),
            0x5a | 0xd8 | 0xd9 => a.wrapping_mul(b),
            0x5b => a.checked_div(b)?,
            0x5c => (a as u32).checked_div(b as u32)? as i32,
            0x5d => a.checked_rem(b)?,
            0x5e => (a as u32).checked_rem(b as u32)? as i32,
            0x5f => a & b,
            0x60 => a | b,
            0x61 => a ^ b,
            0x62 => a.wrapping_shl(b as u32),
            0x63 => a.wrapping_shr(b as u32),
            0x64 => (a as u32).wrapping_shr(b as u32) as i32,
            _ => return compare(op, a.cmp(&b), (a as u32).cmp(&(b as u32))).map(|yes| Val::Int(yes.into())),
        })),
        (Val::Long(a), Val::Int(b)) if (0x62..=0x64).contains(&op) => Some(Val::Long(match op {
            0x62 => a.wrapping_shl(b as u32),
            0x63 => a.wrapping_shr(b as u32),
            _ => (a as u64).wrapping_shr(b as u32) as i64,
        })),
        (Val::Long(_) | Val::Int(_), Val::Long(_) | Val::Int(_)) => {
            let (a, b) = (long(a)?, long(b)?);
            Some(Val::Long(match op {
                0x58 | 0xd6 | 0xd7 => a.wrapping_add(b),
                0x59 | 0xda | 0xdb => a.wrapping_sub(b),
                0x5a | 0xd8 | 0xd9 => a.wrapping_mul(b),
                0x5b => a.checked_div(b)?,
                0x5c => (a as u64).checked_div(b as u64)? as i64,
                0x5d => a.checked_rem(b)?,
                0x5e => (a as u64).checked_rem(b as u64)? as i64,
                0x5f => a & b,
                0x60 => a | b,
                0x61 => a ^ b,
                _ => {
                    return compare(op, a.cmp(&b), (a as u64).cmp(&(b as u64)))
                        .map(|yes| Val::Int(yes.into()));
                }
            }))
        }
        (Val::Null, Val::Ref(_)) | (Val::Ref(_), Val::Null) => match op {
            0x101 => Some(Val::Int(0)),
            0x103 => Some(Val::Int(1)),
            _ => None,
        },
        (Val::Null, Val::Null) if op == 0x101 => Some(Val::Int(1)),
        _ => None,
    }
}

fn long(value: Val) -> Option<i64> {
    match value {
        Val::Int(n) => Some(n.into()),
        Val::Long(n) => Some(n),
        _ => None,
    }
}

/// `ceq`, `cgt`, `cgt.un`, `clt`, `clt.un`.
fn compare(op: u16, signed: std::cmp::Ordering, unsigned: std::cmp::Ordering) -> Option<bool> {
    Some(match op {
        0x101 => signed.is_eq(),
        0x102 => signed.is_gt(),
        0x103 => unsigned.is_gt(),
        0x104 => signed.is_lt(),
        0x105 => unsigned.is_lt(),
        _ => return None,
    })
}

/// Whether a conditional jump is taken; `op` is that of the long form.
pub(super) fn branches(op: u16, a: Val, b: Val) -> Option<bool> {
    let by = |op: u16| binary(op, a, b).map(|v| v == Val::Int(1));
    match op {
        0x3b => by(0x101),
        0x3c => by(0x104).map(|less| !less),
        0x3d => by(0x102),
        0x3e => by(0x102).map(|more| !more),
        0x3f => by(0x104),
        0x40 => by(0x101).map(|same| !same),
        0x41 => by(0x105).map(|less| !less),
        0x42 => by(0x103),
        0x43 => by(0x103).map(|more| !more),
        0x44 => by(0x105),
        _ => None,
    }
}

/// A conversion, or an operation on one value.
pub(super) fn unary(op: u16, a: Val) -> Option<Val> {
    let n = long(a)?;
    Some(match op {
        0x65 => match a {
            Val::Int(n) => Val::Int(n.wrapping_neg()),
            _ => Val::Long(n.wrapping_neg()),
        },
        0x66 => match a {
            Val::Int(n) => Val::Int(!n),
            _ => Val::Long(!n),
        },
        0x67 | 0x82 | 0xb3 => Val::Int((n as i8).into()),
        0x68 | 0x83 | 0xb5 => Val::Int((n as i16).into()),
        // Sizes and indexes fit into 32 bits here.
        0x69 | 0x6d | 0x84 | 0x88 | 0xb7 | 0xb8 | 0xd3 | 0xd4 | 0xd5 | 0xe0 => Val::Int(n as i32),
        0x6a | 0x85 | 0xb9 => Val::Long(n),
        0x6e | 0x89 | 0xba => match a {
            Val::Int(n) => Val::Long((n as u32).into()),
            _ => Val::Long(n),
        },
        0x86 | 0xb4 | 0xd2 => Val::Int((n as u8).into()),
        0x87 | 0xb6 | 0xd1 => Val::Int((n as u16).into()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_wrap_as_the_runtime_wraps_them() {
        assert_eq!(binary(0x58, Val::Int(i32::MAX), Val::Int(1)), Some(Val::Int(i32::MIN)));
        assert_eq!(binary(0x5b, Val::Int(1), Val::Int(0)), None);
        assert_eq!(binary(0x5b, Val::Int(i32::MIN), Val::Int(-1)), None);
        assert_eq!(unary(0xd2, Val::Int(0x1ff)), Some(Val::Int(0xff)));
        assert_eq!(branches(0x3f, Val::Int(1), Val::Int(2)), Some(true));
        assert_eq!(branches(0x44, Val::Int(-1), Val::Int(2)), Some(false), "without a sign");
        assert_eq!(branches(0x3f, Val::Unknown, Val::Int(2)), None);
    }
}
