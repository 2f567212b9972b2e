//! The wire format of protocol buffers, which tables of containers are written in.

use crate::lens::bytes::{slice, uleb};

/// The fields of a message: numbers, and values. Ends where it is damaged.
pub struct Fields<'d> {
    data: &'d [u8],
    at: usize,
}

/// What a field holds.
pub enum Value<'d> {
    /// A number.
    Number(u64),
    /// Text, a message, or a number of fixed length.
    Bytes(&'d [u8]),
}

impl Value<'_> {
    /// The number; 0 of anything else.
    pub fn number(&self) -> u64 {
        if let Value::Number(n) = self { *n } else { 0 }
    }

    /// The same as a length; one that cannot be is the largest there is.
    pub fn size(&self) -> usize {
        usize::try_from(self.number()).unwrap_or(usize::MAX)
    }
}

impl<'d> Fields<'d> {
    /// Of the message `data`.
    pub fn new(data: &'d [u8]) -> Self {
        Fields { data, at: 0 }
    }
}

impl<'d> Iterator for Fields<'d> {
    type Item = (u64, Value<'d>);

    fn next(&mut self) -> Option<Self::Item> {
        let key = uleb(self.data, &mut self.at)?;
        let len = match key & 7 {
            0 => return Some((key >> 3, Value::Number(uleb(self.data, &mut self.at)?))),
            1 => 8,
            2 => usize::try_from(uleb(self.data, &mut self.at)?).ok()?,
            5 => 4,
            _ => return None,
        };
        let bytes = slice(self.data, self.at, len)?;
        self.at += len;
        Some((key >> 3, Value::Bytes(bytes)))
    }
}
