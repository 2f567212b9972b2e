//! The tables of an assembly (ECMA-335, partition II, sections 22 to 25).

use crate::lens::bytes::{size_le, slice, u16_le, u32_le, u64_le};
use std::ops::Range;

/// Numbers of the tables that are looked at (II.22).
pub(super) mod table {
    pub const TYPE_REF: usize = 0x01;
    pub const TYPE_DEF: usize = 0x02;
    pub const FIELD: usize = 0x04;
    pub const METHOD: usize = 0x06;
    pub const PARAM: usize = 0x08;
    pub const MEMBER_REF: usize = 0x0a;
    pub const CONSTANT: usize = 0x0b;
    pub const CUSTOM_ATTRIBUTE: usize = 0x0c;
    pub const CLASS_LAYOUT: usize = 0x0f;
    pub const PROPERTY_MAP: usize = 0x15;
    pub const PROPERTY: usize = 0x17;
    pub const TYPE_SPEC: usize = 0x1b;
    pub const ASSEMBLY: usize = 0x20;
    pub const FIELD_RVA: usize = 0x1d;
    pub const MANIFEST_RESOURCE: usize = 0x28;
    pub const NESTED_CLASS: usize = 0x29;
    pub const METHOD_SPEC: usize = 0x2b;
}

/// What a column holds (II.24.2.6).
#[derive(Clone, Copy)]
enum Col {
    /// A number of so many bytes.
    N(u8),
    /// Index into `#Strings`.
    S,
    /// Index into `#GUID`.
    G,
    /// Index into `#Blob`.
    B,
    /// Row of a table.
    T(u8),
    /// Row of one of several tables: index into [`CODED`].
    C(u8),
}
use Col::{B, C, G, N, S, T};

const NONE: u8 = 0xff;
/// Coded indexes: the bits of the tag, the tables by tag (II.24.2.6).
const CODED: &[(u32, &[u8])] = &[
    (2, &[0x02, 0x01, 0x1b]),
    (2, &[0x04, 0x08, 0x17]),
    (
        5,
        &[
            0x06, 0x04, 0x01, 0x02, 0x08, 0x09, 0x0a, 0x00, 0x0e, 0x17, 0x14, 0x11, 0x1a, 0x1b, 0x20, 0x23,
            0x26, 0x27, 0x28, 0x2a, 0x2c, 0x2b,
        ],
    ),
    (1, &[0x04, 0x08]),
    (2, &[0x02, 0x06, 0x20]),
    (3, &[0x02, 0x01, 0x1a, 0x06, 0x1b]),
    (1, &[0x14, 0x17]),
    (1, &[0x06, 0x0a]),
    (1, &[0x04, 0x06]),
    (2, &[0x26, 0x23, 0x27]),
    (3, &[NONE, NONE, 0x06, 0x0a, NONE]),
    (2, &[0x00, 0x1a, 0x23, 0x01]),
    (1, &[0x02, 0x06]),
];
const TYPE_DEF_OR_REF: u8 = 0;
const HAS_CONSTANT: u8 = 1;
const HAS_ATTRIBUTE: u8 = 2;
const MEMBER_PARENT: u8 = 5;
const METHOD_OR_REF: u8 = 7;
const ATTRIBUTE_TYPE: u8 = 10;

/// Columns of the tables by number (II.22), with those of portable PDBs left out: no code there.
const COLUMNS: &[&[Col]] = &[
    &[N(2), S, G, G, G],
    &[C(11), S, S],
    &[N(4), S, S, C(TYPE_DEF_OR_REF), T(0x04), T(0x06)],
    &[T(0x04)],
    &[N(2), S, B],
    &[T(0x06)],
    &[N(4), N(2), N(2), S, B, T(0x08)],
    &[T(0x08)],
    &[N(2), N(2), S],
    &[T(0x02), C(TYPE_DEF_OR_REF)],
    &[C(MEMBER_PARENT), S, B],
    &[N(2), C(HAS_CONSTANT), B],
    &[C(HAS_ATTRIBUTE), C(ATTRIBUTE_TYPE), B],
    &[C(3), B],
    &[N(2), C(4), B],
    &[N(2), N(4), T(0x02)],
    &[N(4), T(0x04)],
    &[B],
    &[T(0x02), T(0x14)],
    &[T(0x14)],
    &[N(2), S, C(TYPE_DEF_OR_REF)],
    &[T(0x02), T(0x17)],
    &[T(0x17)],
    &[N(2), S, B],
    &[N(2), T(0x06), C(6)],
    &[T(0x02), C(METHOD_OR_REF), C(METHOD_OR_REF)],
    &[S],
    &[B],
    &[N(2), C(8), S, T(0x1a)],
    &[N(4), T(0x04)],
    &[N(4), N(4)],
    &[N(4)],
    &[N(4), N(2), N(2), N(2), N(2), N(4), B, S, S],
    &[N(4)],
    &[N(4), N(4), N(4)],
    &[N(2), N(2), N(2), N(2), N(4), B, S, S, B],
    &[N(4), T(0x23)],
    &[N(4), N(4), N(4), T(0x23)],
    &[N(4), S, B],
    &[N(4), N(4), S, S, C(9)],
    &[N(4), N(4), S, C(9)],
    &[T(0x02), T(0x02)],
    &[N(2), N(2), C(12), S],
    &[C(METHOD_OR_REF), B],
    &[T(0x2a), C(TYPE_DEF_OR_REF)],
];

/// Where a table is and how its rows are cut.
#[derive(Clone, Copy, Default)]
struct Layout {
    at: usize,
    rows: u32,
    width: usize,
    /// Offset and width of each column.
    columns: [(u8, u8); 9],
}

/// A row of one of several tables; rows count from 1, 0 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Token {
    pub table: usize,
    pub row: u32,
}

impl Token {
    /// As code and signatures have it: the table in the top byte.
    pub fn of(raw: u32) -> Self {
        Token { table: (raw >> 24) as usize, row: raw & 0x00ff_ffff }
    }
}

/// The metadata of one assembly.
pub(super) struct Meta<'a> {
    /// The whole blob.
    pub data: &'a [u8],
    /// `#Strings`, `#US` and `#Blob`, as ranges of the blob.
    pub strings: Range<usize>,
    pub user: Range<usize>,
    pub blobs: Range<usize>,
    tables: Box<[Layout; 64]>,
    /// What is wrong, and where.
    pub wrong: Option<(usize, &'static str)>,
}

impl<'a> Meta<'a> {
    /// No metadata at all, for what is read like it.
    pub fn none(data: &'a [u8]) -> Self {
        Meta {
            data,
            strings: 0..0,
            user: 0..0,
            blobs: 0..0,
            tables: Box::new([Layout::default(); 64]),
            wrong: None,
        }
    }

    /// Reads the metadata root at `at` (II.24.2.1).
    pub fn read(data: &'a [u8], at: usize) -> Option<Self> {
        let length = size_le(data, at.checked_add(12)?)?;
        if slice(data, at, 4)? != b"BSJB" || length > 255 {
            return None;
        }
        let mut meta = Meta::none(data);
        let mut cursor = at + 16 + length;
        let count = u16_le(data, cursor + 2)?;
        cursor += 4;
        let mut tables = 0..0;
        for _ in 0..count.min(64) {
            let Some((offset, size)) = size_le(data, cursor).zip(size_le(data, cursor + 4)) else {
                meta.complain(cursor, "stream headers are cut off");
                break;
            };
            let name_at = cursor + 8;
            let name = data.get(name_at..(name_at + 32).min(data.len()))?;
            let Some(length) = memchr::memchr(0, name) else {
                meta.complain(cursor, "a stream's name has no end");
                break;
            };
            cursor = name_at + (length / 4 + 1) * 4;
            let start = at.saturating_add(offset).min(data.len());
            let end = start.saturating_add(size).min(data.len());
            if end - start < size {
                meta.complain(cursor, "a stream reaches behind the end of the file");
            }
            // Of two streams with one name the last counts, as it does for the runtime.
            match &name[..length] {
                b"#Strings" => meta.strings = start..end,
                b"#US" => meta.user = start..end,
                b"#Blob" => meta.blobs = start..end,
                b"#~" | b"#-" => tables = start..end,
                _ => {}
            }
        }
        if !tables.is_empty() {
            meta.read_tables(tables);
        }
        Some(meta)
    }

    pub fn complain(&mut self, at: usize, what: &'static str) {
        self.wrong.get_or_insert((at, what));
    }

    /// The header of `#~` (II.24.2.6).
    fn read_tables(&mut self, stream: Range<usize>) {
        let data = self.data;
        let Some((sizes, valid)) = data.get(stream.start + 6).copied().zip(u64_le(data, stream.start + 8))
        else {
            return self.complain(stream.start, "the tables have no header");
        };
        let mut rows = [0u32; 64];
        let mut at = stream.start + 24;
        for (number, rows) in rows.iter_mut().enumerate() {
            if valid >> number & 1 == 1 {
                let Some(n) = u32_le(data, at) else {
                    return self.complain(at, "the tables have no sizes");
                };
                *rows = n & 0x00ff_ffff;
                at += 4;
            }
        }
        // Edit-and-continue and some obfuscators put four more bytes behind the sizes.
        if sizes & 0x40 != 0 {
            at += 4;
        }
        let heap = |bit: u8| if sizes & bit != 0 { 4 } else { 2 };
        let index = |rows: u32, bits: u32| if rows < 1 << (16 - bits) { 2 } else { 4 };
        for (number, &n) in rows.iter().enumerate() {
            if n == 0 {
                continue;
            }
            let Some(columns) = COLUMNS.get(number) else { break };
            let mut layout = Layout { at, rows: n, ..Layout::default() };
            for (slot, column) in layout.columns.iter_mut().zip(columns.iter()) {
                let width = match *column {
                    N(width) => width,
                    S => heap(1),
                    G => heap(2),
                    B => heap(4),
                    T(other) => index(rows[usize::from(other)], 0),
                    C(code) => {
                        let (bits, of) = CODED[usize::from(code)];
                        let most = of.iter().filter_map(|&t| rows.get(usize::from(t))).max();
                        index(most.copied().unwrap_or(0), bits)
                    }
                };
                *slot = (layout.width as u8, width);
                layout.width += usize::from(width);
            }
            let room = stream.end.saturating_sub(at) / layout.width.max(1);
            if room < n as usize {
                layout.rows = room as u32;
                self.complain(at, "a table reaches behind its stream");
            }
            at = at.saturating_add(layout.width * n as usize);
            self.tables[number] = layout;
        }
    }

    /// Rows of a table.
    pub fn rows(&self, table: usize) -> u32 {
        self.tables.get(table).map_or(0, |t| t.rows)
    }

    /// A column of a row, as the number that is there; 0 where there is none.
    pub fn cell(&self, table: usize, row: u32, column: usize) -> u32 {
        let read = || {
            let layout = self.tables.get(table)?;
            let row = row.checked_sub(1).filter(|&r| r < layout.rows)?;
            let (offset, width) = *layout.columns.get(column)?;
            let at = layout.at + row as usize * layout.width + usize::from(offset);
            if width == 4 { u32_le(self.data, at) } else { u16_le(self.data, at).map(u32::from) }
        };
        read().unwrap_or(0)
    }

    /// A column that names a row of one of several tables.
    pub fn coded(&self, table: usize, row: u32, column: usize) -> Option<Token> {
        let Some(C(code)) = COLUMNS.get(table)?.get(column) else { return None };
        let (bits, of) = CODED[usize::from(*code)];
        let raw = self.cell(table, row, column);
        let to = *of.get((raw & ((1 << bits) - 1)) as usize)?;
        Some(Token { table: usize::from(to), row: raw >> bits }).filter(|t| t.row > 0 && to != NONE)
    }

    /// A name of the `#Strings` heap.
    pub fn name(&self, at: u32) -> &'a [u8] {
        let heap = self.data.get(self.strings.clone()).unwrap_or_default();
        let rest = heap.get(at as usize..).unwrap_or_default();
        let rest = &rest[..rest.len().min(1024)];
        &rest[..memchr::memchr(0, rest).unwrap_or(rest.len())]
    }

    /// The name column of a row.
    pub fn name_of(&self, table: usize, row: u32, column: usize) -> &'a [u8] {
        self.name(self.cell(table, row, column))
    }

    /// A blob of the `#Blob` heap, as a range of the file.
    pub fn blob(&self, at: u32) -> Range<usize> {
        let start = self.blobs.start.saturating_add(at as usize);
        sized(self.data, start, self.blobs.end).unwrap_or(start..start)
    }

    /// The bytes of a blob.
    pub fn blob_bytes(&self, at: u32) -> &'a [u8] {
        self.data.get(self.blob(at)).unwrap_or_default()
    }

    /// A user string by its offset in `#US`: the UTF-16 without the flag byte behind it.
    pub fn user_string(&self, at: u32) -> Option<Range<usize>> {
        let range = sized(self.data, self.user.start.checked_add(at as usize)?, self.user.end)?;
        let units = range.len() & !1;
        Some(range.start..range.start + units)
    }

    /// Rows of `owned` that belong to `row` of `owner`: from its own list column to the next row's.
    pub fn list(&self, owner: usize, row: u32, column: usize, owned: usize) -> Range<u32> {
        let first = self.cell(owner, row, column).max(1);
        let last = self.rows(owned).saturating_add(1);
        let end = if row >= self.rows(owner) { last } else { self.cell(owner, row + 1, column).min(last) };
        first..end.max(first)
    }

    /// The row of `owner` whose list holds `row`: lists rise, so it can be sought.
    pub fn owner(&self, owner: usize, column: usize, row: u32) -> Option<u32> {
        let (mut low, mut high) = (0, self.rows(owner));
        while low < high {
            let middle = low + (high - low) / 2;
            if self.cell(owner, middle + 1, column) <= row {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        (low > 0).then_some(low)
    }

    /// The first row of a sorted table whose column is `value`.
    pub fn find(&self, table: usize, column: usize, value: u32) -> Option<u32> {
        let (mut low, mut high) = (0, self.rows(table));
        while low < high {
            let middle = low + (high - low) / 2;
            if self.cell(table, middle + 1, column) < value {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        (low < self.rows(table) && self.cell(table, low + 1, column) == value).then_some(low + 1)
    }
}

/// A compressed length (II.23.2) and where what follows it begins.
pub(super) fn packed(data: &[u8], at: usize) -> Option<(usize, usize)> {
    let first = usize::from(*data.get(at)?);
    if first & 0x80 == 0 {
        return Some((first, at + 1));
    }
    let byte = |n: usize| data.get(at + n).map(|&b| usize::from(b));
    if first & 0x40 == 0 {
        return Some(((first & 0x3f) << 8 | byte(1)?, at + 2));
    }
    if first & 0x20 == 0 {
        return Some(((first & 0x1f) << 24 | byte(1)? << 16 | byte(2)? << 8 | byte(3)?, at + 4));
    }
    None
}

fn sized(data: &[u8], at: usize, end: usize) -> Option<Range<usize>> {
    let (length, start) = packed(data, at)?;
    let stop = start.checked_add(length)?;
    (stop <= end.min(data.len())).then_some(start..stop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compressed_numbers_of_the_standard() {
        // II.23.2, the examples there.
        for (bytes, number) in [
            (&[0x03][..], 3),
            (&[0x7f], 0x7f),
            (&[0x80, 0x80], 0x80),
            (&[0xae, 0x57], 0x2e57),
            (&[0xbf, 0xff], 0x3fff),
            (&[0xc0, 0x00, 0x40, 0x00], 0x4000),
            (&[0xdf, 0xff, 0xff, 0xff], 0x1fff_ffff),
        ] {
            assert_eq!(packed(bytes, 0), Some((number, bytes.len())));
            assert_eq!(packed(&bytes[..bytes.len() - 1], 0), None, "cut off");
        }
        assert_eq!(packed(&[0xff], 0), None, "null");
    }

    #[test]
    fn heaps_end_where_they_end() {
        // A string of one character, and one that says it is longer than its heap.
        let data = b"\x00\x03a\0\0\x7fx";
        let meta = Meta { user: 0..data.len(), ..Meta::none(data) };
        assert_eq!(meta.user_string(1), Some(2..4));
        assert_eq!(meta.user_string(5), None);
        assert_eq!(meta.user_string(99), None);
    }
}
