//! The wire format of protocol buffers: fields of a message, one behind the other.

use crate::lens::bytes::uleb;
use std::ops::Range;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// A number.
    Number(u64),
    /// Bytes, text or a message, from one offset to another.
    Bytes { start: usize, end: usize },
}

/// A field of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) number: u64,
    pub(super) value: Value,
}

impl Field {
    /// Where its bytes are, if it is the field `number`.
    pub(super) fn bytes(&self, number: u64) -> Option<Range<usize>> {
        match self.value {
            Value::Bytes { start, end } if self.number == number => Some(start..end),
            _ => None,
        }
    }
}

/// Reads the fields of the message in `data[at..end]`.
#[derive(Clone, Debug)]
pub(super) struct Fields<'a> {
    data: &'a [u8],
    pub(super) at: usize,
    end: usize,
    /// Whether something was no field, or went on behind the end.
    pub(super) broken: bool,
}

impl<'a> Fields<'a> {
    pub(super) fn new(data: &'a [u8], message: Range<usize>) -> Self {
        Fields { data, at: message.start, end: message.end.min(data.len()), broken: false }
    }

    fn field(&mut self) -> Option<Field> {
        let data = self.data.get(..self.end)?;
        let tag = uleb(data, &mut self.at)?;
        let number = tag >> 3;
        if number == 0 {
            return None;
        }
        let value = match tag & 7 {
            0 => Value::Number(uleb(data, &mut self.at)?),
            1 => self.fixed(8)?,
            2 => {
                let len = usize::try_from(uleb(data, &mut self.at)?).ok()?;
                let start = self.at;
                let end = start.checked_add(len)?;
                if end > self.end {
                    // What is there of it is read, and then no more.
                    self.broken = true;
                }
                self.at = end.min(self.end);
                Value::Bytes { start, end: self.at }
            }
            5 => self.fixed(4)?,
            // Groups are in none of these messages.
            _ => return None,
        };
        Some(Field { number, value })
    }

    fn fixed(&mut self, len: usize) -> Option<Value> {
        let end = self.at.checked_add(len).filter(|&end| end <= self.end)?;
        self.at = end;
        Some(Value::Number(0))
    }
}

impl Iterator for Fields<'_> {
    type Item = Field;

    fn next(&mut self) -> Option<Field> {
        if self.at >= self.end {
            return None;
        }
        let field = self.field();
        if field.is_none() {
            self.broken = true;
            self.at = self.end;
        }
        field
    }
}

/// The text of a field, as far as it is UTF-8 and not longer than `most` bytes.
pub(super) fn text(data: &[u8], range: Range<usize>, most: usize) -> String {
    let bytes = data.get(range).unwrap_or_default();
    String::from_utf8_lossy(bytes.get(..most).unwrap_or(bytes)).into_owned()
}
