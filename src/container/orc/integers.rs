//! Runs of numbers, bytes and bits (`ORCv1.md`, "Run Length Encoding"). What comes out is charged before it is made; `None` where the
//! runs are damaged, after what could be read.

use super::super::budget::Budget;
use super::super::columns::charge;
use crate::container::Problem;
use crate::lens::bytes::{slice, uleb};

/// Numbers that came out, and whether all of them are sound.
pub(super) type Numbers = (Vec<u64>, bool);

/// Adds `count` numbers to what came out.
fn more(out: &[u64], count: usize, most: u64, budget: &Budget) -> Result<Option<()>, Problem> {
    if out.len() as u64 + count as u64 > most {
        return Ok(None);
    }
    charge(count as u64 * 8, budget)?;
    Ok(Some(()))
}

fn signed(n: u64) -> i64 {
    (n >> 1) as i64 ^ -((n & 1) as i64)
}

/// Numbers without signs, at most `most` of them, in the first or the second way.
pub(super) fn numbers(data: &[u8], is_second: bool, most: u64, budget: &Budget) -> Result<Numbers, Problem> {
    let (mut at, mut out) = (0, Vec::new());
    while at < data.len() {
        let run = if is_second {
            second(data, &mut at, &mut out, most, budget)?
        } else {
            first(data, &mut at, &mut out, most, budget)?
        };
        if run.is_none() {
            return Ok((out, false));
        }
    }
    Ok((out, true))
}

type Run = Result<Option<()>, Problem>;

/// Takes the value out of an option, or ends the run.
macro_rules! some {
    ($value:expr) => {
        match $value {
            Some(value) => value,
            None => return Ok(None),
        }
    };
}

fn first(data: &[u8], at: &mut usize, out: &mut Vec<u64>, most: u64, budget: &Budget) -> Run {
    let control = some!(data.get(*at)).cast_signed();
    *at += 1;
    if control >= 0 {
        let count = control as usize + 3;
        let step = i64::from(some!(data.get(*at)).cast_signed());
        *at += 1;
        let base = some!(uleb(data, at));
        some!(more(out, count, most, budget)?);
        out.extend((0..count as i64).map(|n| base.wrapping_add_signed(step.wrapping_mul(n))));
    } else {
        let count = usize::from(control.unsigned_abs());
        some!(more(out, count, most, budget)?);
        for _ in 0..count {
            out.push(some!(uleb(data, at)));
        }
    }
    Ok(Some(()))
}

/// Bits of a number by its code.
fn width(code: u8) -> u32 {
    match code {
        0..24 => u32::from(code) + 1,
        24..28 => 26 + 2 * u32::from(code - 24),
        _ => 40 + 8 * u32::from(code.min(31) - 28),
    }
}

/// The width that numbers of so many bits are written with.
fn next_width(bits: u32) -> u32 {
    (0..32).map(width).find(|width| *width >= bits).unwrap_or(64)
}

/// Numbers packed bit by bit, the high ones first; ends at a whole byte.
fn packed<'d>(
    data: &'d [u8],
    at: &mut usize,
    count: usize,
    width: u32,
) -> Option<impl Iterator<Item = u64> + use<'d>> {
    let bytes = slice(data, *at, (count * width as usize).div_ceil(8))?;
    *at += bytes.len();
    Some((0..count).map(move |n| {
        let bit = n * width as usize;
        let mut word = [0; 16];
        let rest = bytes.get(bit / 8..).unwrap_or_default();
        let len = rest.len().min(9);
        word[..len].copy_from_slice(&rest[..len]);
        let high = u128::from_be_bytes(word) << (bit % 8);
        (high >> (128 - width)) as u64
    }))
}

/// A number of so many bytes, the high one first.
fn whole(data: &[u8], at: &mut usize, bytes: usize) -> Option<u64> {
    let value = slice(data, *at, bytes)?.iter().fold(0, |n, b| n << 8 | u64::from(*b));
    *at += bytes;
    Some(value)
}

fn second(data: &[u8], at: &mut usize, out: &mut Vec<u64>, most: u64, budget: &Budget) -> Run {
    let head = *some!(data.get(*at));
    *at += 1;
    if head >> 6 == 0 {
        let count = usize::from(head & 7) + 3;
        let value = some!(whole(data, at, usize::from(head >> 3 & 7) + 1));
        some!(more(out, count, most, budget)?);
        out.extend(std::iter::repeat_n(value, count));
        return Ok(Some(()));
    }
    let count = (usize::from(head & 1) << 8 | usize::from(*some!(data.get(*at)))) + 1;
    *at += 1;
    some!(more(out, count, most, budget)?);
    let code = head >> 1 & 31;
    match head >> 6 {
        1 => out.extend(some!(packed(data, at, count, width(code)))),
        2 => {
            let [third, fourth] = *some!(data.get(*at..).and_then(|rest| rest.first_chunk()));
            *at += 2;
            let bytes = usize::from(third >> 5) + 1;
            let raw = some!(whole(data, at, bytes));
            // The highest bit is the sign.
            let sign = 1u64 << (8 * bytes - 1);
            let base = if raw & sign != 0 { (raw & (sign - 1)).wrapping_neg() } else { raw };
            let from = out.len();
            let bits = width(code);
            out.extend(some!(packed(data, at, count, bits)));
            let patch = width(third & 31);
            let gap = u32::from(fourth >> 5) + 1;
            let list = some!(packed(data, at, usize::from(fourth & 31), next_width(patch + gap)));
            let mut place = from;
            for entry in list {
                place += (entry >> patch.min(63)) as usize & 0xff;
                let value = some!(out.get_mut(place));
                *value |= (entry & (u64::MAX >> (64 - patch))).checked_shl(bits).unwrap_or(0);
            }
            out[from..].iter_mut().for_each(|value| *value = value.wrapping_add(base));
        }
        _ => {
            let mut value = some!(uleb(data, at));
            let step = signed(some!(uleb(data, at)));
            out.push(value);
            if code == 0 {
                for _ in 1..count {
                    value = value.wrapping_add_signed(step);
                    out.push(value);
                }
            } else if count > 1 {
                value = value.wrapping_add_signed(step);
                out.push(value);
                for step_more in some!(packed(data, at, count - 2, width(code))) {
                    value =
                        if step < 0 { value.wrapping_sub(step_more) } else { value.wrapping_add(step_more) };
                    out.push(value);
                }
            }
        }
    }
    Ok(Some(()))
}

/// Bytes in runs.
pub(super) fn bytes(data: &[u8], budget: &Budget) -> Result<Vec<u8>, Problem> {
    let (mut at, mut out) = (0, Vec::new());
    while let Some(control) = data.get(at).map(|b| b.cast_signed()) {
        at += 1;
        if control >= 0 {
            let count = control as usize + 3;
            charge(count as u64, budget)?;
            let Some(&value) = data.get(at) else { break };
            out.resize(out.len() + count, value);
            at += 1;
        } else {
            let count = usize::from(control.unsigned_abs());
            let Some(literal) = slice(data, at, count) else { break };
            charge(count as u64, budget)?;
            out.extend_from_slice(literal);
            at += count;
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    fn read(data: &[u8], is_second: bool) -> Numbers {
        numbers(data, is_second, 1000, &Budget::new(&Limits::default(), 10)).unwrap()
    }

    /// The examples of the specification.
    #[test]
    fn as_the_specification_says() {
        assert_eq!(read(&[0x61, 0, 7], false), (vec![7; 100], true));
        assert_eq!(read(&[0x61, 0xff, 100], false), ((1..=100).rev().collect(), true));
        assert_eq!(read(&[0xfb, 2, 3, 6, 7, 11], false), (vec![2, 3, 6, 7, 11], true));
        assert_eq!(read(&[0x0a, 0x27, 0x10], true), (vec![10_000; 5], true));
        let direct = [0x5e, 0x03, 0x5c, 0xa1, 0xab, 0x1e, 0xde, 0xad, 0xbe, 0xef];
        assert_eq!(read(&direct, true), (vec![23_713, 43_806, 57_005, 48_879], true));
        let patched = [
            0x8e, 0x13, 0x2b, 0x21, 0x07, 0xd0, 0x1e, 0x00, 0x14, 0x70, 0x28, 0x32, 0x3c, 0x46, 0x50, 0x5a,
            0x64, 0x6e, 0x78, 0x82, 0x8c, 0x96, 0xa0, 0xaa, 0xb4, 0xbe, 0xfc, 0xe8,
        ];
        let mut wanted = vec![2030, 2000, 2020, 1_000_000];
        wanted.extend((2040..=2190).step_by(10));
        assert_eq!(read(&patched, true), (wanted, true));
        let delta = [0xc6, 0x09, 0x02, 0x02, 0x22, 0x42, 0x42, 0x46];
        assert_eq!(read(&delta, true), (vec![2, 3, 5, 7, 11, 13, 17, 19, 23, 29], true));
        let budget = Budget::new(&Limits::default(), 10);
        assert_eq!(bytes(&[0x61, 0], &budget).unwrap(), [0; 100]);
        assert_eq!(bytes(&[0xfe, 0x44, 0x45], &budget).unwrap(), [0x44, 0x45]);
    }

    #[test]
    fn damage_ends_them() {
        assert_eq!(read(&[0xfb, 2, 3, 6], false), (vec![2, 3, 6], false));
        assert!(!read(&[0x5e, 0x03, 0x5c], true).1);
        assert!(!read(&[0xc0, 0xff, 1], true).1);
        let budget = Budget::new(&Limits { expanded_bytes: 1000, ..Limits::default() }, 10);
        assert!(numbers(&[0x61, 0, 7].repeat(100), false, u64::MAX, &budget).is_err());
        assert!(bytes(&[0x7f, 0].repeat(100), &budget).is_err());
    }
}
