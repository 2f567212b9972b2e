//! The file around the metadata: PE headers and the CLI header (ECMA-335 II.25).

use crate::lens::bytes::{size_le, slice, u16_le};
use std::ops::Range;

/// Where things of an image are in the file.
#[derive(Default)]
pub(super) struct Image {
    /// Virtual address, size in memory, offset in the file, size in the file.
    sections: Vec<[usize; 4]>,
    /// Offset of the metadata root.
    pub metadata: Option<usize>,
    /// The resources of the assembly.
    pub resources: Range<usize>,
}

impl Image {
    /// Reads the headers; without them only the metadata can be looked for.
    pub fn read(data: &[u8]) -> Option<Self> {
        if slice(data, 0, 2)? != b"MZ" {
            return None;
        }
        let pe = size_le(data, 0x3c)?;
        if slice(data, pe, 4)? != b"PE\0\0" {
            return None;
        }
        let sections = usize::from(u16_le(data, pe + 6)?);
        let optional = pe + 24;
        let after = optional + usize::from(u16_le(data, pe + 20)?);
        // PE32 and PE32+ differ by 16 bytes before the directories.
        let directories = match u16_le(data, optional)? {
            0x10b => optional + 96,
            0x20b => optional + 112,
            _ => return None,
        };
        let mut image = Image::default();
        for n in 0..sections.min(96) {
            let at = after + n * 40;
            let number = |offset: usize| size_le(data, at + offset);
            let (Some(size), Some(address), Some(raw), Some(offset)) =
                (number(8), number(12), number(16), number(20))
            else {
                break;
            };
            image.sections.push([address, size.max(raw), offset, raw]);
        }
        let cli = image.offset(size_le(data, directories + 14 * 8)?)?;
        image.metadata = image.offset(size_le(data, cli + 8)?);
        let (at, size) = (size_le(data, cli + 24)?, size_le(data, cli + 28)?);
        if let Some(start) = image.offset(at).filter(|_| at > 0 && size > 0) {
            image.resources = start.min(data.len())..start.saturating_add(size).min(data.len());
        }
        Some(image)
    }

    /// The offset in the file of a virtual address.
    pub fn offset(&self, rva: usize) -> Option<usize> {
        let inside = |s: &&[usize; 4]| rva >= s[0] && rva - s[0] < s[1];
        let [address, _, offset, raw] = *self.sections.iter().find(inside)?;
        (rva - address < raw).then(|| offset.saturating_add(rva - address))
    }
}

/// The first metadata root in a file whose headers do not lead to one: damaged, dumped or embedded.
pub(super) fn seek_root(data: &[u8]) -> Option<usize> {
    // Signature, version 1.1, reserved, then the length of a version such as `v4.0.30319`.
    memchr::memmem::find_iter(data, b"BSJB\x01\0\x01\0\0\0\0\0")
        .find(|&at| matches!(slice(data, at + 16, 1), Some(b"v" | b"W" | b"P" | b"S")))
}
