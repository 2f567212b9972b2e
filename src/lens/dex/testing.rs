//! Small files for tests.

use super::DexLens;
use crate::address::Address;
use crate::blob::{Blob, Text};
use crate::lens::{Damage, Lens};
use crate::limits::Limits;

/// The texts of `bytes`.
pub(super) fn texts(bytes: &[u8], limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
    DexLens.texts(&Blob { address: Address::named("classes.dex"), bytes }, limits, emit)
}

/// A file that has strings and nothing else.
pub(super) struct PoolFile<'s> {
    pub(super) version: &'s [u8; 3],
    /// Where it will stand in a container.
    pub(super) header_offset: usize,
    pub(super) strings: &'s [&'s [u8]],
}

impl PoolFile<'_> {
    pub(super) fn build(&self) -> Vec<u8> {
        let header_size = if self.version == b"041" { 0x78 } else { 0x70 };
        let ids = header_size + self.strings.len() * 4;
        let (mut table, mut data) = (Vec::new(), Vec::new());
        for string in self.strings {
            table.extend(((self.header_offset + ids + data.len()) as u32).to_le_bytes());
            let mut len = string.len();
            while len >= 0x80 {
                data.push((len & 0x7f) as u8 | 0x80);
                len >>= 7;
            }
            data.push(len as u8);
            data.extend_from_slice(string);
            data.push(0);
        }
        data.resize(data.len().next_multiple_of(4), 0);
        let mut header = vec![0; header_size];
        let mut put = |at: usize, value: usize| {
            if let Some(slot) = header.get_mut(at..at + 4) {
                slot.copy_from_slice(&(value as u32).to_le_bytes());
            }
        };
        put(0x20, ids + data.len());
        put(0x24, header_size);
        put(0x28, 0x1234_5678);
        put(0x38, self.strings.len());
        put(0x3c, self.header_offset + header_size);
        put(0x74, self.header_offset);
        header[..8].copy_from_slice(b"dex\n000\0");
        header[4..7].copy_from_slice(self.version);
        [header, table, data].concat()
    }
}
