//! Dumps of PostgreSQL in the format of its own (`pg_dump -Fc`): behind a table of what there is, the data of each, in pieces
//! that are packed together.
//!
//! As `pg_dump` writes it (`pg_backup_custom.c`). Data are looked for from the table's end on: what the table says of their
//! places is often not filled in.

use super::budget::Budget;
use super::inflate::{has_zlib_header, inflate};
use super::piece::{Scattered, gaps};
use super::{Container, Contents, Member, Opened, Problem, stream};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{slice, u32_le};
use crate::lens::strings::is_secret_name;
use crate::limits::Limits;
use std::collections::HashMap;
use std::ops::Range;

/// Opens such dumps.
pub struct PgDump;

/// Longest entry of the table, most entries that are looked at, and most bytes of packed rows that are put behind their statement.
const ENTRY: usize = 4 << 10;
const MOST_TABLES: usize = 1 << 12;
const MOST_PACKED: u64 = 16 << 20;

/// Kinds of blocks: rows, and large objects.
const ROWS: u8 = 1;
const OBJECTS: u8 = 3;
/// How packed rows begin that are not packed with zlib.
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const LZ4: &[u8] = &[4, 0x22, 0x4d, 0x18];

impl Container for PgDump {
    fn name(&self) -> &'static str {
        "pg-dump"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        // Numbers of four bytes, places of eight, and the format.
        blob.bytes.starts_with(b"PGDMP") && matches!(blob.bytes.get(5..11), Some([1, _, _, 4, 4 | 8, 1]))
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut opened = Opened::default();
        let (mut at, mut used) = (11, Vec::new());
        let copies = copies(data);
        while let Some(next) = data.get(at..).and_then(|rest| memchr::memchr2(ROWS, OBJECTS, rest)) {
            at += next;
            let Some((id, pieces, end)) = block(data, at, &copies) else {
                at += 1;
                continue;
            };
            if opened.members.len() as u64 >= limits.entries {
                let detail = format!("more than {} members", limits.entries);
                opened.problems.push(Problem::new(Reason::Limit, detail));
                break;
            }
            used.push(at..end);
            at = end;
            let name = format!("data {id}").into_bytes();
            let packed = Scattered { name, data, ranges: pieces, missing: 0 };
            match copies.get(&id).cloned().filter(|_| packed.size_hint() <= MOST_PACKED) {
                Some(copy) => opened.members.push(Box::new(Rows { packed, copy })),
                None => opened.members.push(Box::new(packed)),
            }
        }
        opened.gaps = gaps(used, data.len());
        opened
    }
}

/// The statements that take rows of tables in which a column is called a secret, by the number of their data.
fn copies(data: &[u8]) -> HashMap<usize, Range<usize>> {
    const KIND: &[u8] = b"\0\x0a\0\0\0TABLE DATA";
    const COPY: &[u8] = b"COPY ";
    // There are data, and what they are of is in no table of the system.
    const HEAD: &[u8] = b"\0\x01\0\0\0\0\x01\0\0\x000";
    let mut all = HashMap::new();
    let mut kinds = memchr::memmem::find_iter(data, KIND).peekable();
    // What is one entry's is not looked for in another: they may stand close together.
    let mut last = 0;
    while let Some(kind) = kinds.next() {
        if all.len() >= MOST_TABLES {
            break;
        }
        let end = kinds.peek().copied().unwrap_or(data.len());
        let before = &data[last.max(kind.saturating_sub(ENTRY))..kind];
        let behind = &data[kind..end.min(kind + ENTRY)];
        last = kind;
        let head = memchr::memmem::rfind(before, HEAD).map(|at| kind - before.len() + at);
        let Some(id) = head.and_then(|at| number(data, at.checked_sub(5)?)) else { continue };
        let Some(copy) = memchr::memmem::find(behind, COPY).map(|at| kind + at) else { continue };
        let Some(end) = memchr::memchr(b'\n', &data[copy..data.len().min(copy + ENTRY)]) else { continue };
        let statement = &data[copy..copy + end];
        let columns = statement.split(|b| matches!(b, b'(' | b')')).nth(1).unwrap_or_default();
        let is_secret = |column: &[u8]| std::str::from_utf8(column.trim_ascii()).is_ok_and(is_secret_name);
        if statement.ends_with(b") FROM stdin;") && columns.split(|b| *b == b',').any(is_secret) {
            all.entry(id).or_insert(copy..copy + end + 1);
        }
    }
    all
}

/// Rows behind the statement that takes them, which names their columns.
struct Rows<'b> {
    packed: Scattered<'b>,
    copy: Range<usize>,
}

impl Member for Rows<'_> {
    fn name(&self) -> &[u8] {
        self.packed.name()
    }

    fn size_hint(&self) -> u64 {
        self.packed.size_hint()
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        let mut packed = Vec::new();
        let contents = self.packed.read(&mut packed, budget);
        if contents.problem.is_some() {
            return self.packed.read(buffer, budget);
        }
        let bytes = contents.bytes;
        buffer.clear();
        let problem = if has_zlib_header(bytes) {
            inflate(&bytes[2..], buffer, 0, budget).problem(bytes.len())
        } else if bytes.starts_with(ZSTD) {
            stream::ZSTD.expand(bytes, buffer, budget)
        } else if bytes.starts_with(LZ4) {
            stream::LZ4.expand(bytes, buffer, budget)
        } else {
            buffer.extend_from_slice(bytes);
            None
        };
        let statement = self.packed.data.get(self.copy.clone()).unwrap_or_default();
        buffer.splice(..0, statement.iter().copied());
        Contents { bytes: buffer, problem }
    }
}

/// A number: its sign, and four bytes.
fn number(data: &[u8], at: usize) -> Option<usize> {
    (*data.get(at)? == 0).then_some(())?;
    usize::try_from(u32_le(data, at + 1)?).ok()
}

/// A block of data that begins at `at`: its number, its pieces, and its end. What is not packed (`pg_dump -Z0`) says nothing of itself,
/// and each row is a piece: that is read where `copies` has a statement for it.
fn block(
    data: &[u8],
    at: usize,
    copies: &HashMap<usize, Range<usize>>,
) -> Option<(usize, Vec<Range<usize>>, usize)> {
    let copy = copies.get(&number(data, at + 1)?).filter(|copy| data[at] == ROWS && copy.end <= at);
    let id = number(data, at + 1).filter(|id| (1..1 << 28).contains(id))?;
    let mut at = at + 6;
    if data[at - 6] == OBJECTS {
        // The object's own number.
        number(data, at)?;
        at += 5;
    }
    let first = number(data, at).filter(|len| *len > 0)?;
    let head = slice(data, at + 5, first)?;
    let is_packed = has_zlib_header(head) || head.starts_with(ZSTD) || head.starts_with(LZ4);
    (is_packed || copy.is_some()).then_some(())?;
    let mut pieces = Vec::new();
    // One that is cut off has no last piece, of no bytes.
    while let Some(len) = number(data, at).filter(|len| *len > 0) {
        let start = at + 5;
        let end = start.saturating_add(len).min(data.len());
        // One that the file has nothing of would be a hole.
        pieces.extend((start < end).then_some(start..end));
        at = end;
    }
    Some((id, pieces, (at + 5).min(data.len())))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{read, zlib};
    use super::*;

    #[test]
    fn pieces_are_put_together() {
        let packed = zlib(b"aws_access_key_id\tvalue\naws_secret_access_key\tvalue\n");
        let mut data = b"PGDMP\x01\x0e\0\x04\x08\x01 the table of contents \x01\0\0".to_vec();
        let number = |n: usize| [&[0][..], &(n as u32).to_le_bytes()].concat();
        data.extend([&[ROWS][..], &number(3001), &number(10), &packed[..10]].concat());
        data.extend([number(packed.len() - 10), packed[10..].to_vec(), number(0)].concat());
        let (members, problems) = read(&PgDump, &data);
        assert_eq!((members.len(), members[0].0.as_str(), problems), (1, "data 3001", vec![]));
        assert!(members[0].1 == packed);
    }

    #[test]
    fn rows_have_their_columns_before_them() {
        let number = |n: usize| [&[0][..], &(n as u32).to_le_bytes()].concat();
        let text = |text: &str| [number(text.len()), text.as_bytes().to_vec()].concat();
        let copy = "COPY public.t (id, db_password) FROM stdin;\n";
        let dump = |pieces: &[Vec<u8>]| {
            let mut data = [
                b"PGDMP\x01\x0e\0\x04\x08\x01".to_vec(),
                number(3001),
                number(1),
                text("0"),
                text("16385"),
                text("t"),
                text("TABLE DATA"),
                text(copy),
                vec![ROWS],
                number(3001),
            ]
            .concat();
            for piece in pieces {
                data.extend([number(piece.len()), piece.clone()].concat());
            }
            [data, number(0)].concat()
        };
        let rows = b"1\tvalue\n2\tother\n";
        let mut zstd = vec![0; 100];
        let len = zstd_safe::compress(&mut zstd[..], rows, 3).unwrap();
        zstd.truncate(len);
        let plain: Vec<_> = rows.split_inclusive(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
        for pieces in [vec![zlib(rows)], vec![zstd], plain] {
            let data = dump(&pieces);
            let (members, problems) = read(&PgDump, &data);
            assert_eq!((members.len(), problems), (1, vec![]));
            assert_eq!(String::from_utf8_lossy(&members[0].1), format!("{copy}1\tvalue\n2\tother\n"));
            // Its first eleven bytes tell what it is.
            for len in 11..data.len() {
                read(&PgDump, &data[..len]);
            }
        }
        // What stands before or behind another entry is none of its own.
        let kind = text("TABLE DATA");
        let others = [number(3001), number(1), text("0"), kind.clone(), kind, text(copy)].concat();
        assert!(copies(&others).is_empty());
    }
}
