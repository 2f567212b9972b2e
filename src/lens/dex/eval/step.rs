//! Arithmetic, as the Dalvik specification has it.

use super::heap::Val;

/// `add`, `sub`, `mul`, `div`, `rem`, `and`, `or`, `xor`, `shl`, `shr`, `ushr`: 0 to 10.
pub(super) fn int(op: u8, a: i32, b: i32) -> Option<i32> {
    Some(match op {
        0 => a.wrapping_add(b),
        1 => a.wrapping_sub(b),
        2 => a.wrapping_mul(b),
        3 if b != 0 => a.wrapping_div(b),
        4 if b != 0 => a.wrapping_rem(b),
        5 => a & b,
        6 => a | b,
        7 => a ^ b,
        8 => a.wrapping_shl(b.cast_unsigned()),
        9 => a.wrapping_shr(b.cast_unsigned()),
        10 => a.cast_unsigned().wrapping_shr(b.cast_unsigned()).cast_signed(),
        _ => return None,
    })
}

/// The same for 64 bits; shifts take an int.
pub(super) fn long(op: u8, a: i64, b: i64) -> Option<i64> {
    let by = (b & 63) as u32;
    Some(match op {
        0 => a.wrapping_add(b),
        1 => a.wrapping_sub(b),
        2 => a.wrapping_mul(b),
        3 if b != 0 => a.wrapping_div(b),
        4 if b != 0 => a.wrapping_rem(b),
        5 => a & b,
        6 => a | b,
        7 => a ^ b,
        8 => a.wrapping_shl(by),
        9 => a.wrapping_shr(by),
        10 => a.cast_unsigned().wrapping_shr(by).cast_signed(),
        _ => return None,
    })
}

/// Two operands of a `binop` whose opcode counts from the first of its kind (`add-int`).
pub(super) fn binary(op: u8, a: Val, b: Val) -> Val {
    match (op, a, b) {
        (0..=10, Val::Int(a), Val::Int(b)) => int(op, a, b).map_or(Val::Unknown, Val::Int),
        (11..=18, Val::Long(a), Val::Long(b)) => long(op - 11, a, b).map_or(Val::Unknown, Val::Long),
        (19..=21, Val::Long(a), Val::Int(b)) => long(op - 11, a, b.into()).map_or(Val::Unknown, Val::Long),
        _ => Val::Unknown,
    }
}

/// An operand of a `unop`, 0x7b to 0x8f; floating point is not followed.
pub(super) fn unary(op: u8, a: Val) -> Val {
    match (op, a) {
        (0x7b, Val::Int(a)) => Val::Int(a.wrapping_neg()),
        (0x7c, Val::Int(a)) => Val::Int(!a),
        (0x7d, Val::Long(a)) => Val::Long(a.wrapping_neg()),
        (0x7e, Val::Long(a)) => Val::Long(!a),
        (0x81, Val::Int(a)) => Val::Long(a.into()),
        (0x84, Val::Long(a)) => Val::Int(a as i32),
        (0x8d, Val::Int(a)) => Val::Int((a as i8).into()),
        (0x8e, Val::Int(a)) => Val::Int((a as u16).into()),
        (0x8f, Val::Int(a)) => Val::Int((a as i16).into()),
        _ => Val::Unknown,
    }
}

/// `if-eq`, `ne`, `lt`, `ge`, `gt`, `le`: 0 to 5. Nothing where it cannot be told.
pub(super) fn test(op: u8, a: Val, b: Val) -> Option<bool> {
    match (a, b) {
        (Val::Int(a), Val::Int(b)) => Some(match op {
            0 => a == b,
            1 => a != b,
            2 => a < b,
            3 => a >= b,
            4 => a > b,
            _ => a <= b,
        }),
        // An object against null, or itself.
        (Val::Ref(_), Val::Int(0)) | (Val::Int(0), Val::Ref(_)) => Some(op == 1),
        (Val::Ref(a), Val::Ref(b)) => Some((a == b) == (op == 0)),
        _ => None,
    }
}
