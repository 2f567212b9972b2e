//! The tables of a Hermes bytecode file (hermes, `include/hermes/BCGen/HBC/BytecodeFileFormat.h`).
//!
//! Header, function headers, string kinds, identifier hashes, small string table, overflow table,
//! string storage, literal buffers: each padded to 4 bytes, in this order in all versions.

use super::FORMAT;
use crate::lens::bytes::{size_le, slice, u32_le};
use crate::lens::{Complaint, Damage};

/// "Hermes" in ancient Greek, UTF-16BE, cut off.
pub const MAGIC: &[u8] = b"\xc6\x1f\xbc\x03\xc1\x03\x19\x1f";
/// All versions pad the header to this.
const HEADER: usize = 128;
/// The first version with the string table of today, and the last whose layout is known.
const VERSIONS: std::ops::RangeInclusive<u32> = 71..=99;
/// The first version of static Hermes: one literal buffer, shapes, short function headers.
pub const STATIC: u32 = 97;

/// A string of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Str<'a> {
    /// Its bytes in the storage.
    pub bytes: &'a [u8],
    /// Where they stand in the file.
    pub offset: usize,
    pub utf16: bool,
}

/// A function: where its code is and what it is called.
#[derive(Clone, Copy, Debug)]
pub struct Function<'a> {
    pub code: &'a [u8],
    pub offset: u64,
    pub name: u32,
    pub registers: u32,
}

/// The tables.
pub struct File<'a> {
    data: &'a [u8],
    pub version: u32,
    functions: &'a [u8],
    pub global: u32,
    small: &'a [u8],
    overflow: &'a [u8],
    storage: &'a [u8],
    storage_at: usize,
    /// Values of array literals; since [`STATIC`], those of objects too.
    pub arrays: &'a [u8],
    pub keys: &'a [u8],
    /// Values of object literals.
    pub values: &'a [u8],
    shapes: &'a [u8],
}

impl<'a> File<'a> {
    /// Reads the header, and finds what it can of the tables.
    pub fn new(data: &'a [u8], complaint: &mut Complaint) -> Result<Self, Damage> {
        let version = u32_le(data, 8).ok_or_else(|| Damage::new(FORMAT, 8, "the header is cut off"))?;
        if !VERSIONS.contains(&version) {
            let what = format!("bytecode version {version} is not read");
            return Err(Damage::new(FORMAT, 8, what).because(crate::ledger::Reason::Unsupported, 0));
        }
        let field = |n: usize| {
            let at = 32 + 4 * n;
            size_le(data, at).ok_or_else(|| Damage::new(FORMAT, at as u64, "the header is cut off"))
        };
        let length = field(0)?;
        if length > data.len() {
            complaint.note(32, || format!("the file should have {length} bytes and has {}", data.len()));
        }
        // Big integers came with version 87.
        let literals = if version < 87 { 10 } else { 12 };
        let last = field(literals + 2)?;
        let (function_size, array_bytes) = (if version < STATIC { 16 } else { 12 }, field(literals)?);
        let mut reader = Segments { data, at: HEADER, complaint };
        let functions = reader.take(field(2)?, function_size, "functions");
        reader.take(field(3)?, 4, "string kinds");
        reader.take(field(4)?, 4, "identifiers");
        let small = reader.take(field(5)?, 4, "strings");
        let overflow = reader.take(field(6)?, 8, "long strings");
        let (storage_at, storage) = (reader.at, reader.take(field(7)?, 1, "bytes of strings"));
        let arrays = reader.take(array_bytes, 1, "bytes of literals");
        let keys = reader.take(field(literals + 1)?, 1, "bytes of object keys");
        let (values, shapes) = if version < STATIC {
            (reader.take(last, 1, "bytes of object values"), &[][..])
        } else {
            (arrays, reader.take(last, 8, "object shapes"))
        };
        let global = u32::try_from(field(1)?).unwrap_or(0);
        Ok(File {
            data,
            version,
            functions,
            global,
            small,
            overflow,
            storage,
            storage_at,
            arrays,
            keys,
            values,
            shapes,
        })
    }

    /// Bytes of the file.
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// How many strings there are.
    pub fn strings(&self) -> u32 {
        u32::try_from(self.small.len() / 4).unwrap_or(u32::MAX)
    }

    /// A string by its number.
    pub fn string(&self, id: u32) -> Option<Str<'a>> {
        let entry = u32_le(self.small, usize::try_from(id).ok()?.checked_mul(4)?)?;
        let utf16 = entry & 1 != 0;
        let (mut offset, mut length) = ((entry >> 1 & 0x7f_ffff) as usize, (entry >> 24) as usize);
        if length == 0xff {
            let at = offset.checked_mul(8)?;
            (offset, length) = (size_le(self.overflow, at)?, size_le(self.overflow, at + 4)?);
        }
        let length = if utf16 { length.checked_mul(2)? } else { length };
        let bytes = slice(self.storage, offset, length)?;
        Some(Str { bytes, offset: self.storage_at + offset, utf16 })
    }

    /// A string as text, cut where it is too long for a name.
    pub fn text(&self, id: u32) -> Option<String> {
        let string = self.string(id)?;
        let bytes = string.bytes.get(..string.bytes.len().min(256)).unwrap_or(string.bytes);
        Some(if string.utf16 {
            let units: Vec<u16> = bytes
                .chunks_exact(2)
                .filter_map(|c| c.first_chunk())
                .map(|c| u16::from_le_bytes(*c))
                .collect();
            String::from_utf16_lossy(&units)
        } else {
            String::from_utf8_lossy(bytes).into_owned()
        })
    }

    /// How many functions there are.
    pub fn functions(&self) -> u32 {
        u32::try_from(self.functions.len() / if self.version < STATIC { 16 } else { 12 }).unwrap_or(u32::MAX)
    }

    /// A function by its number.
    pub fn function(&self, id: u32) -> Option<Function<'a>> {
        let old = self.version < STATIC;
        let header =
            slice(self.functions, id as usize * if old { 16 } else { 12 }, if old { 16 } else { 12 })?;
        let (first, second) = (u32_le(header, 0)?, u32_le(header, 4)?);
        let flags = *header.last()?;
        let (offset, size, name, registers) = if flags & 0x20 != 0 {
            // The real header is elsewhere; the pieces of its offset are in two fields.
            let low = first & 0x1ff_ffff;
            let at = match self.version {
                ..STATIC => (u32_le(header, 8)? & 0x1ff_ffff) << 16 | low & 0xffff,
                STATIC => (second >> 15) << 16 | low & 0xffff,
                _ => (second >> 14 & 0xff) << 24 | low & 0xff_ffff,
            };
            let field = |n: usize| u32_le(self.data, (at as usize).checked_add(4 * n)?);
            match self.version {
                ..STATIC => (field(0)?, field(2)?, field(3)?, field(5)?),
                STATIC => (field(0)?, field(2)?, field(3)?, field(4)?),
                _ => (field(0)?, field(3)?, field(4)?, field(7)?),
            }
        } else {
            let offset = first & 0x1ff_ffff;
            match self.version {
                ..STATIC => (offset, second & 0x7fff, second >> 15, u32_le(header, 8)? >> 25),
                STATIC => (offset, second & 0x7fff, second >> 15, u32::from(*header.get(8)?)),
                _ => (offset, second & 0x3fff, second >> 14 & 0xff, u32::from(*header.get(8)?)),
            }
        };
        let code = slice(self.data, offset as usize, size as usize)?;
        Some(Function { code, offset: offset.into(), name, registers })
    }

    /// The keys of a shape: where they start in the key buffer, and how many there are.
    pub fn shape(&self, id: u32) -> Option<(usize, u32)> {
        let at = usize::try_from(id).ok()?.checked_mul(8)?;
        Some((size_le(self.shapes, at)?, u32_le(self.shapes, at + 4)?))
    }
}

/// Takes one table after the other.
struct Segments<'a, 'c> {
    data: &'a [u8],
    at: usize,
    complaint: &'c mut Complaint,
}

impl<'a> Segments<'a, '_> {
    /// A table of `count` entries of `size` bytes; of one that is cut off, what there is.
    fn take(&mut self, count: usize, size: usize, what: &str) -> &'a [u8] {
        let len = count.saturating_mul(size);
        let rest = self.data.get(self.at..).unwrap_or_default();
        if len > rest.len() {
            self.complaint.note(self.at as u64, || format!("there are not {count} {what}"));
        }
        let table = rest.get(..len.min(rest.len())).unwrap_or_default();
        self.at = self.at.saturating_add(len).checked_next_multiple_of(4).unwrap_or(usize::MAX);
        table
    }
}
