//! FlatBuffers, as far as Arrow's metadata uses them: every place is looked at before it is read.

use crate::lens::bytes::{size_le, slice, u16_le, u64_le};

/// A table, whose fields stand where its own table of places says.
#[derive(Clone, Copy)]
pub(super) struct Table<'d> {
    data: &'d [u8],
    at: usize,
}

impl<'d> Table<'d> {
    /// The one that all others hang on.
    pub(super) fn root(data: &'d [u8]) -> Option<Self> {
        Table { data, at: size_le(data, 0)? }.sound()
    }

    fn sound(self) -> Option<Self> {
        self.places().map(|_| self)
    }

    /// Where the places of fields are, and how many bytes they have.
    fn places(&self) -> Option<(usize, usize)> {
        let back = i64::from(size_le(self.data, self.at)? as u32 as i32);
        let at = usize::try_from(i64::try_from(self.at).ok()?.checked_sub(back)?).ok()?;
        let len = usize::from(u16_le(self.data, at)?);
        (len >= 4).then_some((at, len))
    }

    /// Where a field is; `None` when it is not there, and has its default.
    fn field(&self, n: usize) -> Option<usize> {
        let (at, len) = self.places()?;
        let place = 4 + 2 * n;
        let offset = usize::from(u16_le(self.data, at + place).filter(|_| place + 2 <= len)?);
        (offset > 0).then(|| self.at.checked_add(offset))?
    }

    pub(super) fn byte(&self, n: usize) -> u8 {
        self.field(n).and_then(|at| self.data.get(at).copied()).unwrap_or(0)
    }

    pub(super) fn short(&self, n: usize) -> u16 {
        self.field(n).and_then(|at| u16_le(self.data, at)).unwrap_or(0)
    }

    pub(super) fn int(&self, n: usize) -> u32 {
        self.field(n).and_then(|at| size_le(self.data, at)).unwrap_or(0) as u32
    }

    pub(super) fn long(&self, n: usize) -> i64 {
        self.field(n).and_then(|at| u64_le(self.data, at)).unwrap_or(0) as i64
    }

    /// What a field refers to.
    fn follow(&self, n: usize) -> Option<usize> {
        let at = self.field(n)?;
        at.checked_add(size_le(self.data, at)?)
    }

    pub(super) fn table(&self, n: usize) -> Option<Self> {
        Table { data: self.data, at: self.follow(n)? }.sound()
    }

    /// The bytes of a list, each of `size`.
    pub(super) fn list(&self, n: usize, size: usize) -> Option<&'d [u8]> {
        let at = self.follow(n)?;
        slice(self.data, at + 4, size_le(self.data, at)?.checked_mul(size)?)
    }

    /// The tables of a list.
    pub(super) fn tables(&self, n: usize) -> impl Iterator<Item = Table<'d>> + use<'d> {
        let count = self.list(n, 4).map_or(0, |list| list.len() / 4);
        let first = self.follow(n).map_or(0, |at| at + 4);
        let data = self.data;
        (0..count).map_while(move |n| {
            let at = first + 4 * n;
            Table { data, at: at.checked_add(size_le(data, at)?)? }.sound()
        })
    }
}
