//! The header and the tables of one DEX file: what stands where, and how to look things up.
//!
//! Offsets and counts are only believed as far as there are bytes. Checksum, signature and sizes
//! are not checked at all: packers write nonsense there to stop tools like this one, and the
//! runtime forgives it.

use super::leb::{Cursor, size_at, u16_at, u32_at};
use crate::lens::{Complaint, Damage};

const HEADER_SIZE: usize = 0x70;
const ENDIAN_CONSTANT: u32 = 0x1234_5678;
const REVERSED_ENDIAN: u32 = 0x7856_3412;

/// Whether a DEX file begins here; gives the version, 35 to 99.
pub(super) fn version(bytes: &[u8]) -> Option<u32> {
    match bytes {
        [b'd', b'e', b'x', b'\n', b'0', a @ b'0'..=b'9', b @ b'0'..=b'9', 0, ..] => {
            Some(u32::from(a - b'0') * 10 + u32::from(b - b'0')).filter(|&v| v >= 35)
        }
        _ => None,
    }
}

/// What the ledger calls the format.
pub(super) const FORMAT: &str = "DEX";

pub(super) fn damage(offset: u64, what: String) -> Damage {
    Damage::new(FORMAT, offset, what)
}

/// A method as the method table has it.
#[derive(Clone, Copy)]
pub(super) struct MethodId {
    pub(super) class: u32,
    pub(super) proto: u32,
    pub(super) name: u32,
}

/// A field as the field table has it.
#[derive(Clone, Copy)]
pub(super) struct FieldId {
    pub(super) class: u32,
    /// The type of what it holds.
    pub(super) kind: u32,
    pub(super) name: u32,
}

/// A class definition, as far as it matters here; offsets are 0 where there is nothing.
#[derive(Clone, Copy)]
pub(super) struct ClassDef {
    pub(super) class: u32,
    pub(super) annotations: usize,
    pub(super) data: usize,
    pub(super) static_values: usize,
}

/// One string as it stands in the file.
pub(super) struct RawString<'a> {
    /// Where its characters begin in the data.
    pub(super) at: usize,
    /// Modified UTF-8, without the NUL at the end.
    pub(super) bytes: &'a [u8],
    /// ASCII without NUL.
    pub(super) plain: bool,
    /// Whether there is a NUL at the end.
    pub(super) terminated: bool,
}

/// One logical DEX file.
pub(super) struct Dex<'a> {
    /// What offsets inside the file count from.
    pub(super) data: &'a [u8],
    /// Where `data` begins in the blob.
    pub(super) base: u64,
    /// Where the header says the next one begins, in the blob.
    pub(super) end: u64,
    pub(super) strings: &'a [[u8; 4]],
    pub(super) types: &'a [[u8; 4]],
    protos: &'a [[u8; 12]],
    pub(super) fields: &'a [[u8; 8]],
    pub(super) methods: &'a [[u8; 8]],
    pub(super) classes: &'a [[u8; 32]],
    /// Where the list of sections is.
    pub(super) map: usize,
}

impl<'a> Dex<'a> {
    /// Reads the header at `start` of the blob; `complaint` hears of tables that do not fit.
    pub(super) fn new(blob: &'a [u8], start: usize, complaint: &mut Complaint) -> Result<Self, Damage> {
        let header = blob.get(start..).unwrap_or_default();
        let Some(version) = version(header) else {
            return Err(damage(start as u64, "no magic".into()));
        };
        if header.len() < HEADER_SIZE {
            let what = format!("header of {} bytes, expected {HEADER_SIZE}", header.len());
            return Err(damage(start as u64, what));
        }
        if u32_at(header, 0x28) == Some(REVERSED_ENDIAN) {
            return Err(damage(start as u64 + 0x28, "big-endian files are not supported".into()));
        }
        if u32_at(header, 0x28) != Some(ENDIAN_CONSTANT) {
            complaint.note(start as u64 + 0x28, || "unknown endian tag".into());
        }
        // From version 41 on several headers share one data section, and offsets count from the
        // beginning of the first.
        let origin = match u32_at(header, 0x24) {
            Some(size) if version >= 41 && size as usize >= HEADER_SIZE + 8 => {
                size_at(header, 0x74).and_then(|offset| start.checked_sub(offset)).unwrap_or(start)
            }
            _ => start,
        };
        let data = blob.get(origin..).unwrap_or_default();
        let file_size = size_at(header, 0x20).unwrap_or(0);
        if file_size > header.len() {
            complaint.note(start as u64 + 0x20, || {
                format!("the header says {file_size} bytes, {} are there", header.len())
            });
        }
        let at = start as u64;
        Ok(Dex {
            data,
            base: origin as u64,
            end: at + file_size as u64,
            strings: table(data, header, 0x38, "string", at, complaint),
            types: table(data, header, 0x40, "type", at, complaint),
            protos: table(data, header, 0x48, "prototype", at, complaint),
            fields: table(data, header, 0x50, "field", at, complaint),
            methods: table(data, header, 0x58, "method", at, complaint),
            classes: table(data, header, 0x60, "class", at, complaint),
            map: size_at(header, 0x34).unwrap_or(0),
        })
    }

    /// The string whose data is at `offset`.
    pub(super) fn string_at(&self, offset: u32) -> Option<RawString<'a>> {
        let mut cursor = Cursor::new(self.data, usize::try_from(offset).ok()?);
        let units = cursor.uleb()? as usize;
        let at = cursor.at();
        let rest = self.data.get(at..)?;
        // Nearly all strings are ASCII, and for those the length in UTF-16 units is the length.
        if let Some(bytes) = rest.get(..units)
            && rest.get(units) == Some(&0)
            && super::mutf8::is_plain(bytes)
        {
            return Some(RawString { at, bytes, plain: true, terminated: true });
        }
        let (bytes, terminated) = match memchr::memchr(0, rest) {
            Some(end) => (rest.get(..end)?, true),
            None => (rest, false),
        };
        Some(RawString { at, bytes, plain: bytes.is_ascii(), terminated })
    }

    /// The string with this index and where it begins, if it is at most `most` bytes long.
    pub(super) fn short_string(&self, index: u32, most: usize) -> Option<(usize, &'a [u8])> {
        let row = self.strings.get(usize::try_from(index).ok()?)?;
        let mut cursor = Cursor::new(self.data, size_at(row, 0)?);
        cursor.uleb()?;
        let rest = self.data.get(cursor.at()..)?;
        let rest = rest.get(..most.saturating_add(1)).unwrap_or(rest);
        Some((cursor.at(), rest.get(..memchr::memchr(0, rest)?)?))
    }

    /// A string that is used as a name, at most [`MAX_NAME`] bytes of it.
    pub(super) fn name(&self, index: u32) -> Option<&'a [u8]> {
        let row = self.strings.get(usize::try_from(index).ok()?)?;
        let mut cursor = Cursor::new(self.data, size_at(row, 0)?);
        cursor.uleb()?;
        let rest = self.data.get(cursor.at()..)?;
        let rest = rest.get(..MAX_NAME).unwrap_or(rest);
        Some(match memchr::memchr(0, rest) {
            Some(end) => rest.get(..end)?,
            None => rest,
        })
    }

    /// The descriptor of a type: `Lcom/shop/Aws;`.
    pub(super) fn descriptor(&self, index: u32) -> Option<&'a [u8]> {
        let row = self.types.get(usize::try_from(index).ok()?)?;
        self.name(u32::from_le_bytes(*row))
    }

    pub(super) fn field(&self, index: u32) -> Option<FieldId> {
        let row = self.fields.get(usize::try_from(index).ok()?)?;
        Some(FieldId { class: u16_at(row, 0)?.into(), kind: u16_at(row, 2)?.into(), name: u32_at(row, 4)? })
    }

    pub(super) fn method(&self, index: u32) -> Option<MethodId> {
        let row = self.methods.get(usize::try_from(index).ok()?)?;
        Some(MethodId { class: u16_at(row, 0)?.into(), proto: u16_at(row, 2)?.into(), name: u32_at(row, 4)? })
    }

    /// The index of the return type of a prototype.
    pub(super) fn return_type(&self, proto: u32) -> Option<u32> {
        u32_at(self.protos.get(usize::try_from(proto).ok()?)?, 4)
    }

    /// The indices of the parameter types of a prototype, at most 255.
    pub(super) fn parameters(&self, proto: u32) -> impl Iterator<Item = u32> + use<'a> {
        let list = self
            .protos
            .get(proto as usize)
            .and_then(|row| size_at(row, 8))
            .filter(|&offset| offset != 0)
            .and_then(|offset| Some((size_at(self.data, offset)?, self.data.get(offset.checked_add(4)?..)?)));
        let (count, rows) = list.unwrap_or_default();
        rows.as_chunks::<2>().0.iter().take(count.min(255)).map(|row| u16::from_le_bytes(*row).into())
    }

    pub(super) fn class(&self, index: usize) -> Option<ClassDef> {
        let row = self.classes.get(index)?;
        Some(ClassDef {
            class: u32_at(row, 0)?,
            annotations: size_at(row, 20)?,
            data: size_at(row, 24)?,
            static_values: size_at(row, 28)?,
        })
    }

    /// The offset in the blob of an offset in the data.
    pub(super) fn blob_offset(&self, at: usize) -> u64 {
        self.base + at as u64
    }
}

/// Names are printed; longer ones are cut.
pub(super) const MAX_NAME: usize = 512;

/// The table whose count is at `field` of the header and whose offset follows it, as far as there
/// are bytes.
fn table<'a, const N: usize>(
    data: &'a [u8],
    header: &[u8],
    field: usize,
    what: &str,
    start: u64,
    complaint: &mut Complaint,
) -> &'a [[u8; N]] {
    let (count, offset) = (size_at(header, field).unwrap_or(0), size_at(header, field + 4).unwrap_or(0));
    if count == 0 {
        return &[];
    }
    let (rows, _) = data.get(offset..).unwrap_or_default().as_chunks::<N>();
    rows.get(..count).unwrap_or_else(|| {
        complaint.note(start + field as u64, || {
            format!("{count} {what} ids at {offset} point past the end, {} fit", rows.len())
        });
        rows
    })
}
