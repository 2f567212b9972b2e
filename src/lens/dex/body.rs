//! Code items: the body of a method, with its registers and exception handlers.

use super::leb::{Cursor, size_at, u16_at};

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
