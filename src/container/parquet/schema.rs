//! The footer of a Parquet file: its columns, and where their pieces are (`parquet.thrift`).

use super::super::columns::codec::Codec;
use super::thrift::Thrift;

/// Columns beyond this number, or deeper, are not read.
const LEAVES: usize = 1 << 16;
const DEPTH: usize = 32;
/// Longest name of a column.
const NAME: usize = 256;

/// What kind of values a column has: those that may be strings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Of any length.
    Bytes,
    /// All of one length.
    Fixed(usize),
    /// Numbers.
    Other,
}

/// A column that has values.
pub(super) struct Leaf {
    pub name: Vec<u8>,
    pub kind: Kind,
    /// Levels: of how many lists, and of how many parts that may be absent.
    pub lists: u32,
    pub optional: u32,
}

/// What a row group has of a column.
pub(super) struct Chunk {
    pub leaf: usize,
    pub codec: Result<Codec, i64>,
    pub start: usize,
    pub len: usize,
    pub values: u64,
}

/// The footer.
#[derive(Default)]
pub(super) struct Footer {
    pub leaves: Vec<Leaf>,
    pub groups: Vec<Vec<Chunk>>,
    /// Chunks that are encrypted.
    pub encrypted: usize,
    /// Chunks in other files.
    pub elsewhere: usize,
}

/// An element of the schema, which is a tree in the order of its nodes.
#[derive(Default)]
struct Element<'d> {
    kind: Option<i64>,
    width: usize,
    repetition: i64,
    name: &'d [u8],
    children: usize,
}

pub(super) fn footer(data: &[u8]) -> Option<Footer> {
    let mut footer = Footer::default();
    let mut elements = Vec::new();
    Thrift { data, at: 0 }.fields(&mut |t, field| {
        match field.id {
            2 => t.structs(&mut |t| {
                elements.push(element(t)?);
                Some(())
            })?,
            4 => t.structs(&mut |t| {
                let group = row_group(t, &mut footer)?;
                footer.groups.push(group);
                Some(())
            })?,
            _ => return Some(false),
        }
        Some(true)
    })?;
    footer.leaves = leaves(&elements)?;
    Some(footer)
}

fn element<'d>(t: &mut Thrift<'d>) -> Option<Element<'d>> {
    let mut element = Element::default();
    t.fields(&mut |t, field| {
        match field.id {
            1 => element.kind = Some(t.int()?),
            2 => element.width = t.size()?,
            3 => element.repetition = t.int()?,
            4 => element.name = t.bytes()?,
            5 => element.children = t.size()?,
            _ => return Some(false),
        }
        Some(true)
    })?;
    Some(element)
}

fn leaves(elements: &[Element<'_>]) -> Option<Vec<Leaf>> {
    let mut leaves = Vec::new();
    // Of each node above: children to come, levels, and how long the name is.
    let mut above: Vec<(usize, u32, u32, usize)> = vec![(elements.first()?.children, 0, 0, 0)];
    let mut name: Vec<u8> = Vec::new();
    for element in &elements[1..] {
        while above.last().is_some_and(|(children, ..)| *children == 0) {
            above.pop();
        }
        let (children, mut lists, mut optional, len) = *above.last()?;
        above.last_mut()?.0 = children - 1;
        // 0 is required, 1 optional, 2 repeated.
        lists += u32::from(element.repetition == 2);
        optional += u32::from(element.repetition != 0);
        name.truncate(len);
        if !name.is_empty() {
            name.push(b'.');
        }
        let room = NAME.saturating_sub(name.len());
        name.extend_from_slice(&element.name[..element.name.len().min(room)]);
        if element.children > 0 {
            if above.len() >= DEPTH {
                return None;
            }
            above.push((element.children, lists, optional, name.len()));
            continue;
        }
        let kind = match element.kind {
            Some(6) => Kind::Bytes,
            Some(7) if element.width > 0 => Kind::Fixed(element.width),
            _ => Kind::Other,
        };
        if leaves.len() >= LEAVES {
            return None;
        }
        leaves.push(Leaf { name: name.clone(), kind, lists, optional });
    }
    Some(leaves)
}

fn row_group(t: &mut Thrift<'_>, footer: &mut Footer) -> Option<Vec<Chunk>> {
    let mut chunks = Vec::new();
    let mut leaf = 0;
    t.fields(&mut |t, field| {
        if field.id != 1 {
            return Some(false);
        }
        t.structs(&mut |t| {
            let (mut chunk, mut is_encrypted, mut is_elsewhere) = (None, false, false);
            t.fields(&mut |t, field| {
                match field.id {
                    1 => is_elsewhere = !t.bytes()?.is_empty(),
                    3 => chunk = Some(column(t, leaf)?),
                    8 => {
                        is_encrypted = true;
                        return Some(false);
                    }
                    _ => return Some(false),
                }
                Some(true)
            })?;
            leaf += 1;
            footer.encrypted += usize::from(is_encrypted);
            footer.elsewhere += usize::from(is_elsewhere);
            chunks.extend(chunk.filter(|_| !is_encrypted && !is_elsewhere));
            Some(())
        })?;
        Some(true)
    })?;
    Some(chunks)
}

fn column(t: &mut Thrift<'_>, leaf: usize) -> Option<Chunk> {
    let (mut codec, mut values, mut len, mut data, mut dictionary) = (0, 0, 0, 0, 0);
    t.fields(&mut |t, field| {
        match field.id {
            4 => codec = t.int()?,
            5 => values = u64::try_from(t.int()?).ok()?,
            7 => len = t.size()?,
            9 => data = t.size()?,
            11 => dictionary = t.size()?,
            _ => return Some(false),
        }
        Some(true)
    })?;
    let codec = match codec {
        0 => Ok(Codec::Plain),
        1 => Ok(Codec::Snappy),
        2 => Ok(Codec::Gzip),
        4 => Ok(Codec::Brotli),
        5 => Ok(Codec::Lz4Hadoop),
        6 => Ok(Codec::Zstd),
        7 => Ok(Codec::Lz4),
        other => Err(other),
    };
    let start = if dictionary > 0 { dictionary.min(data) } else { data };
    Some(Chunk { leaf, codec, start, len, values })
}
