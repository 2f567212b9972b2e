//! Custom attributes (ECMA-335 II.23.3): strings in `#Blob`, positional and named.

use super::meta::{Meta, packed, table};
use crate::lens::bytes::{size_le, slice, u16_le};
use std::ops::Range;

/// Values of one attribute that are read.
const MAX_VALUES: usize = 1024;

/// A string of an attribute.
pub(super) struct Text {
    /// Where in the file.
    pub range: Range<usize>,
    /// The property or field it is for; `None` for an argument of the constructor.
    pub name: Option<Range<usize>>,
}

/// The strings of an attribute by its row, in order.
pub(super) fn strings(meta: &Meta<'_>, row: u32) -> Vec<Text> {
    let blob = meta.blob(meta.cell(table::CUSTOM_ATTRIBUTE, row, 2));
    let mut reader =
        Reader { data: meta.data.get(..blob.end).unwrap_or_default(), at: blob.start + 2, found: Vec::new() };
    if slice(reader.data, blob.start, 2) != Some(&[1, 0]) {
        return reader.found;
    }
    let _ = reader.all(&signature(meta, row));
    reader.found
}

/// The types of the constructor's parameters.
fn signature(meta: &Meta<'_>, row: u32) -> Vec<u8> {
    let Some(method) = meta.coded(table::CUSTOM_ATTRIBUTE, row, 1) else { return Vec::new() };
    let column = if method.table == table::METHOD { 4 } else { 2 };
    let blob = meta.blob_bytes(meta.cell(method.table, method.row, column));
    let parameters =
        packed(blob, 1).and_then(|(count, at)| (count > 0).then(|| blob.get(at + 1..)).flatten());
    parameters.unwrap_or_default().to_vec()
}

struct Reader<'a> {
    data: &'a [u8],
    at: usize,
    found: Vec<Text>,
}

impl Reader<'_> {
    fn all(&mut self, types: &[u8]) -> Option<()> {
        let mut at = 0;
        while at < types.len() {
            let is_array = types[at] == 0x1d;
            at += usize::from(is_array);
            let kind = *types.get(at)?;
            at += 1;
            if matches!(kind, 0x11 | 0x12) {
                at = packed(types, at)?.1;
            }
            self.values(kind, is_array, None)?;
        }
        let named = u16_le(self.data, self.at)?;
        self.at += 2;
        for _ in 0..named {
            self.at += 1;
            let mut kind = self.kind()?;
            let is_array = kind == 0x1d;
            if is_array {
                kind = self.kind()?;
            }
            if kind == 0x55 {
                self.text()?;
            }
            let name = self.text()?;
            self.values(kind, is_array, Some(&name))?;
        }
        Some(())
    }

    fn kind(&mut self) -> Option<u8> {
        let kind = *self.data.get(self.at)?;
        self.at += 1;
        Some(kind)
    }

    fn values(&mut self, kind: u8, is_array: bool, name: Option<&Range<usize>>) -> Option<()> {
        let mut count = 1;
        if is_array {
            count = size_le(self.data, self.at)?;
            self.at += 4;
            if count == 0xffff_ffff {
                return Some(());
            }
        }
        for _ in 0..count.min(MAX_VALUES) {
            let kind = match kind {
                // Boxed: its type comes first.
                0x1c | 0x51 => {
                    let kind = self.kind()?;
                    if kind == 0x55 {
                        self.text()?;
                    }
                    kind
                }
                kind => kind,
            };
            match kind {
                0x0e | 0x12 | 0x50 => {
                    let range = self.text()?;
                    if kind == 0x0e && !range.is_empty() && self.found.len() < MAX_VALUES {
                        self.found.push(Text { range, name: name.cloned() });
                    }
                }
                0x02 | 0x04 | 0x05 => self.at += 1,
                0x03 | 0x06 | 0x07 => self.at += 2,
                // Of an enumeration the size is in another assembly: nearly always an int.
                0x08 | 0x09 | 0x0c | 0x11 | 0x55 => self.at += 4,
                0x0a | 0x0b | 0x0d => self.at += 8,
                _ => return None,
            }
        }
        Some(())
    }

    /// A packed length and UTF-8; `ff` is null.
    fn text(&mut self) -> Option<Range<usize>> {
        if *self.data.get(self.at)? == 0xff {
            self.at += 1;
            return Some(self.at..self.at);
        }
        let (length, start) = packed(self.data, self.at)?;
        let end = start.checked_add(length).filter(|&end| end <= self.data.len())?;
        self.at = end;
        Some(start..end)
    }
}
