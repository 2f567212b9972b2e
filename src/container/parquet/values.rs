//! How values and levels are written in pages (`Encodings.md` of parquet-format).

use super::super::budget::Budget;
use super::super::columns::charge;
use crate::container::Problem;
use crate::lens::bytes::{slice, uleb};

/// Small numbers as runs: of one that is repeated, or packed bit by bit.
pub(super) struct Runs<'d> {
    data: &'d [u8],
    at: usize,
    width: u32,
    value: u32,
    left: u64,
    /// Values in the packed stretch, and where its next bit is.
    packed: u64,
    bit: usize,
}

impl<'d> Runs<'d> {
    pub(super) fn new(data: &'d [u8], width: u32) -> Self {
        Runs { data, at: 0, width: width.min(32), value: 0, left: 0, packed: 0, bit: 0 }
    }

    /// Nothing but one value.
    pub(super) fn all(value: u32) -> Self {
        Runs { data: &[], at: 0, width: 0, value, left: u64::MAX, packed: 0, bit: 0 }
    }

    /// The next value, and how often it stands there at least.
    pub(super) fn run(&mut self) -> Option<(u32, u64)> {
        while self.left == 0 {
            if self.packed > 0 {
                self.packed -= 1;
                self.value = self.packed_value()?;
                self.left = 1;
                break;
            }
            let head = uleb(self.data, &mut self.at)?;
            if head & 1 == 1 {
                let groups = head >> 1;
                if self.width == 0 {
                    (self.value, self.left) = (0, groups.saturating_mul(8));
                    continue;
                }
                self.bit = self.at.checked_mul(8)?;
                self.packed = groups.checked_mul(8)?;
                let bytes = usize::try_from(groups.checked_mul(u64::from(self.width))?).ok()?;
                self.at = self.at.saturating_add(bytes).min(self.data.len());
            } else {
                let bytes = self.width.div_ceil(8) as usize;
                let value = slice(self.data, self.at, bytes)?;
                self.at += bytes;
                self.value = value.iter().rev().fold(0, |n, b| n << 8 | u32::from(*b));
                self.left = head >> 1;
            }
        }
        Some((self.value, self.left))
    }

    pub(super) fn eat(&mut self, count: u64) {
        self.left = self.left.saturating_sub(count);
    }

    fn packed_value(&mut self) -> Option<u32> {
        let value = bits(self.data, self.bit, self.width)?;
        self.bit += self.width as usize;
        Some(value as u32)
    }
}

/// A number of at most 64 bits at a bit, the low ones first; what is beyond the end is zero.
fn bits(data: &[u8], bit: usize, width: u32) -> Option<u64> {
    let rest = data.get(bit / 8..).filter(|rest| !rest.is_empty())?;
    let mut word = [0; 16];
    let len = rest.len().min(9);
    word[..len].copy_from_slice(&rest[..len]);
    let value = u128::from_le_bytes(word) >> (bit % 8);
    Some((value & ((1u128 << width.min(64)) - 1)) as u64)
}

/// Numbers as differences (DELTA_BINARY_PACKED), at most `most` of them; `at` moves behind them.
pub(super) fn differences(
    data: &[u8],
    at: &mut usize,
    most: u64,
    budget: &Budget,
) -> Result<Option<Vec<i64>>, Problem> {
    let mut values = Vec::new();
    let whole = differences_into(data, at, most, budget, &mut values)?;
    Ok(whole.map(|()| values))
}

fn differences_into(
    data: &[u8],
    at: &mut usize,
    most: u64,
    budget: &Budget,
    values: &mut Vec<i64>,
) -> Result<Option<()>, Problem> {
    let header = |at: &mut usize| {
        let block = uleb(data, at)?;
        let pieces = uleb(data, at)?;
        let count = uleb(data, at)?;
        let sound = (1..=1 << 20).contains(&block) && (1..=1024).contains(&pieces) && block % pieces == 0;
        let first = signed(uleb(data, at)?);
        (sound && count <= most).then(|| (block / pieces, pieces as usize, count, first))
    };
    let Some((piece, pieces, count, mut value)) = header(at) else { return Ok(None) };
    if count == 0 {
        return Ok(Some(()));
    }
    charge(count.saturating_mul(8), budget)?;
    values.push(value);
    while (values.len() as u64) < count {
        let Some(least) = uleb(data, at).map(signed) else { return Ok(None) };
        let Some(widths) = slice(data, *at, pieces) else { return Ok(None) };
        *at += pieces;
        for &width in widths {
            if values.len() as u64 >= count {
                break;
            }
            let width = u32::from(width.min(64));
            for n in 0..piece.min(count - values.len() as u64) {
                let bit = *at * 8 + n as usize * width as usize;
                let more = if width == 0 { Some(0) } else { bits(data, bit, width) };
                let Some(more) = more else { return Ok(None) };
                value = value.wrapping_add(least).wrapping_add(more as i64);
                values.push(value);
            }
            *at = at.saturating_add((piece as usize).saturating_mul(width as usize) / 8);
        }
    }
    Ok(Some(()))
}

fn signed(n: u64) -> i64 {
    (n >> 1) as i64 ^ -((n & 1) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    #[test]
    fn runs() {
        // Five times 3, then eight packed numbers of three bits: 0 to 7.
        let data = [10, 3, 3, 0b1000_1000, 0b1100_0110, 0b1111_1010];
        let mut runs = Runs::new(&data, 3);
        let mut seen = Vec::new();
        while let Some((value, count)) = runs.run() {
            seen.extend(vec![value; count as usize]);
            runs.eat(count);
        }
        assert_eq!(seen, [3, 3, 3, 3, 3, 0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(Runs::new(&[0xff; 10], 1).run(), None);
        assert_eq!(Runs::new(&[0xff, 0xff, 0xff, 0x7f], 1).run(), None);
        assert_eq!(Runs::all(7).run(), Some((7, u64::MAX)));
    }

    #[test]
    fn numbers_as_differences() {
        let budget = Budget::new(&Limits::default(), 100);
        // The example of the specification: 7, 5, 3, 1, 2, 3, 4, 5, in a block of 128 and four pieces.
        let mut data = vec![0x80, 0x01, 4, 8, 14, 3, 2, 0, 0, 0];
        data.extend([0b1100_0000, 0b0011_1111, 0, 0, 0, 0, 0, 0]);
        let mut at = 0;
        let values = differences(&data, &mut at, 8, &budget).unwrap();
        assert_eq!(values.unwrap(), [7, 5, 3, 1, 2, 3, 4, 5]);
        assert_eq!(at, data.len());
        assert_eq!(differences(&data, &mut 0, 7, &budget).unwrap(), None);
        assert_eq!(differences(&data[..9], &mut 0, 8, &budget).unwrap(), None);
        // Blocks of no pieces.
        assert_eq!(differences(&[8, 0, 8, 14], &mut 0, 8, &budget).unwrap(), None);
        // Numbers that take no room.
        let many = [0x80, 0x01, 4, 0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0, 0, 0, 0];
        assert!(
            differences(
                &many,
                &mut 0,
                u64::MAX,
                &Budget::new(&Limits { expanded_bytes: 1000, ..Limits::default() }, 1)
            )
            .is_err()
        );
    }
}
