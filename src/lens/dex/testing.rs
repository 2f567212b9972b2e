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

/// A file with one piece of code that any number of methods of any number of classes share.
/// Strings: 10 is `Piece-1-`. Methods: 0 `StringBuilder.append(String)`, 1 `.toString()`,
/// 2 `String.concat(String)`, 3 `StringBuilder.<init>()`, 4 the one with the code.
pub(super) struct CodeFile {
    pub(super) code: Vec<u8>,
    pub(super) classes: usize,
    pub(super) methods: usize,
}

impl CodeFile {
    /// `new-instance v0, StringBuilder; invoke-direct {v0}, <init>; const-string v1, "Piece-1-"`
    pub(super) const BUILDER: [u8; 14] = [0x22, 0, 1, 0, 0x70, 0x10, 3, 0, 0, 0, 0x1a, 1, 10, 0];
    /// `invoke-virtual {v0, v1}, append`
    pub(super) const APPEND: [u8; 6] = [0x6e, 0x20, 0, 0, 0x10, 0];
    /// `invoke-virtual {v0}, toString; move-result-object v1`
    pub(super) const TO_STRING: [u8; 8] = [0x6e, 0x10, 1, 0, 0, 0, 0x0c, 1];

    pub(super) fn build(&self) -> Vec<u8> {
        let strings: [&[u8]; 11] = [
            b"LA;",
            b"Ljava/lang/StringBuilder;",
            b"Ljava/lang/String;",
            b"append",
            b"toString",
            b"concat",
            b"<init>",
            b"m",
            b"V",
            b"L",
            b"Piece-1-",
        ];
        let mut file = PoolFile { version: b"035", header_offset: 0, strings: &strings }.build();
        let section = |file: &mut Vec<u8>, at: usize, count: usize, rows: &[u8]| {
            file.resize(file.len().next_multiple_of(4), 0);
            let offset = file.len() as u32;
            file.extend_from_slice(rows);
            if at > 0 {
                file[at..at + 4].copy_from_slice(&(count as u32).to_le_bytes());
                file[at + 4..at + 8].copy_from_slice(&offset.to_le_bytes());
            }
            offset
        };
        let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
        section(&mut file, 0x40, 4, &words(&[0, 1, 2, 8]));
        let one_string = section(&mut file, 0, 0, &[1, 0, 0, 0, 2, 0]);
        let protos = [9, 1, one_string, 9, 2, 0, 9, 2, one_string, 8, 3, 0];
        section(&mut file, 0x48, 4, &words(&protos));
        let methods = [1, 3, 1 | 1 << 16, 4, 2 | 2 << 16, 5, 1 | 3 << 16, 6, 3 << 16, 7];
        section(&mut file, 0x58, 5, &words(&methods));
        let mut item = words(&[16, 0, 0, self.code.len() as u32 / 2]);
        item.extend_from_slice(&self.code);
        let code = section(&mut file, 0, 0, &item);
        let uleb = |value: u32| {
            [0, 7, 14, 21].map(|shift| (value >> shift & 0x7f) as u8 | 0x80).into_iter().chain([0])
        };
        let mut data = vec![0, 0];
        data.extend(uleb(self.methods as u32));
        data.push(0);
        for n in 0..self.methods {
            data.extend([if n == 0 { 4 } else { 0 }, 0]);
            data.extend(uleb(code));
        }
        let data = section(&mut file, 0, 0, &data);
        let class = words(&[0, 1, u32::MAX, 0, u32::MAX, 0, data, 0]);
        section(&mut file, 0x60, self.classes, &class.repeat(self.classes));
        let size = (file.len() as u32).to_le_bytes();
        file[0x20..0x24].copy_from_slice(&size);
        file
    }
}
