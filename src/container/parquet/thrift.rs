//! Thrift's compact protocol, as far as Parquet uses it (`thrift-compact-protocol.md`).

use crate::lens::bytes::{slice, uleb};

/// Structures in structures beyond this depth are not read.
const DEPTH: usize = 24;

/// Reads values one behind the other.
pub(super) struct Thrift<'d> {
    pub data: &'d [u8],
    pub at: usize,
}

pub(super) const STRUCT: u8 = 12;
const TRUE: u8 = 1;

/// A field of a structure: its number, and the type of its value.
pub(super) struct Field {
    pub id: i16,
    pub kind: u8,
}

impl Field {
    /// Booleans stand in the type of their field.
    pub(super) fn is_true(&self) -> bool {
        self.kind == TRUE
    }
}

impl<'d> Thrift<'d> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.data.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    /// Any of the whole numbers.
    pub(super) fn int(&mut self) -> Option<i64> {
        let n = uleb(self.data, &mut self.at)?;
        Some((n >> 1) as i64 ^ -((n & 1) as i64))
    }

    /// A size or an offset.
    pub(super) fn size(&mut self) -> Option<usize> {
        usize::try_from(self.int()?).ok()
    }

    pub(super) fn bytes(&mut self) -> Option<&'d [u8]> {
        let len = usize::try_from(uleb(self.data, &mut self.at)?).ok()?;
        let bytes = slice(self.data, self.at, len)?;
        self.at += len;
        Some(bytes)
    }

    /// The number of elements of a list, and their type.
    pub(super) fn list(&mut self) -> Option<(usize, u8)> {
        let head = self.byte()?;
        let count = match head >> 4 {
            15 => usize::try_from(uleb(self.data, &mut self.at)?).ok()?,
            few => usize::from(few),
        };
        // Each takes a byte at least.
        (count <= self.data.len().saturating_sub(self.at)).then_some((count, head & 15))
    }

    /// Calls `field` for each field of a structure; it reads the value and says so, or it is skipped.
    pub(super) fn fields(&mut self, field: &mut dyn FnMut(&mut Self, &Field) -> Option<bool>) -> Option<()> {
        let mut last = 0i16;
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Some(());
            }
            let id = match head >> 4 {
                0 => i16::try_from(self.int()?).ok()?,
                step => last.checked_add(i16::from(step))?,
            };
            last = id;
            let kind = head & 15;
            if !field(self, &Field { id, kind })? {
                self.skip(kind, DEPTH)?;
            }
        }
    }

    /// Calls `element` for each structure of a list.
    pub(super) fn structs(&mut self, element: &mut dyn FnMut(&mut Self) -> Option<()>) -> Option<()> {
        let (count, kind) = self.list()?;
        if kind != STRUCT {
            return (count == 0).then_some(());
        }
        (0..count).try_for_each(|_| element(self))
    }

    /// Goes behind a value of a field.
    fn skip(&mut self, kind: u8, depth: usize) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        match kind {
            1 | 2 => {}
            3 => self.at += 1,
            4..=6 => drop(self.int()?),
            7 => self.at += 8,
            8 => drop(self.bytes()?),
            9 | 10 => {
                let (count, kind) = self.list()?;
                for _ in 0..count {
                    self.skip_element(kind, depth)?;
                }
            }
            11 => {
                let count = usize::try_from(uleb(self.data, &mut self.at)?).ok()?;
                if count > 0 {
                    let kinds = self.byte()?;
                    for _ in 0..count {
                        self.skip_element(kinds >> 4, depth)?;
                        self.skip_element(kinds & 15, depth)?;
                    }
                }
            }
            STRUCT => loop {
                let head = self.byte()?;
                if head == 0 {
                    break;
                }
                if head >> 4 == 0 {
                    self.int()?;
                }
                self.skip(head & 15, depth)?;
            },
            _ => return None,
        }
        (self.at <= self.data.len()).then_some(())
    }

    /// Booleans in lists take a byte.
    fn skip_element(&mut self, kind: u8, depth: usize) -> Option<()> {
        self.skip(if matches!(kind, 1 | 2) { 3 } else { kind }, depth)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_or_skipped() {
        // 1: i32 150, 2: list of two strings, 3: true, 20: struct { 1: double }, 21: i64 -1
        let data = b"\x15\xac\x02\x19\x28\x01a\x02bc\x11\x0c\x28\x17\0\0\0\0\0\0\0\0\0\x16\x01\0rest";
        let mut seen = Vec::new();
        let mut thrift = Thrift { data, at: 0 };
        let read = thrift.fields(&mut |t, field| {
            seen.push((field.id, field.is_true()));
            Some(match field.id {
                1 => t.int()? == 150,
                21 => t.int()? == -1,
                _ => false,
            })
        });
        assert_eq!(read, Some(()));
        assert_eq!(seen, [(1, false), (2, false), (3, true), (20, false), (21, false)]);
        assert_eq!(&data[thrift.at..], b"rest");
        for end in 0..data.len() - 4 {
            assert_eq!(Thrift { data: &data[..end], at: 0 }.fields(&mut |_, _| Some(false)), None, "{end}");
        }
        // Lists in lists without end, and one that says more than there is.
        assert_eq!(Thrift { data: &[0x19; 100], at: 0 }.fields(&mut |_, _| Some(false)), None);
        assert_eq!(Thrift { data: b"\xf8\xff\xff\xff\x7f", at: 0 }.list(), None);
    }
}
