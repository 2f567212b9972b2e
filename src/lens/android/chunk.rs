//! Chunks: type, size of the header, size of all (`ResChunk_header`).

use crate::lens::bytes::{size_le, u16_le};

pub(super) const STRING_POOL: u16 = 0x0001;
pub(super) const TABLE: u16 = 0x0002;
pub(super) const XML: u16 = 0x0003;
pub(super) const TABLE_PACKAGE: u16 = 0x0200;
pub(super) const TABLE_TYPE: u16 = 0x0201;
pub(super) const START_NAMESPACE: u16 = 0x0100;
pub(super) const START_ELEMENT: u16 = 0x0102;
pub(super) const END_ELEMENT: u16 = 0x0103;
pub(super) const CDATA: u16 = 0x0104;
pub(super) const RESOURCE_MAP: u16 = 0x0180;

/// Size of a chunk's header, at least.
pub(super) const HEADER: usize = 8;

/// A chunk as its header describes it, cut to what there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chunk {
    pub(super) at: usize,
    pub(super) kind: u16,
    /// Offset of what follows the header.
    pub(super) body: usize,
    /// One past the last byte, in the data.
    pub(super) end: usize,
    /// Whether it says that it goes on behind the end of what holds it.
    pub(super) cut: bool,
}

impl Chunk {
    /// The chunk at `at` of what ends at `end`. `None`: no header, or one that is no chunk (a size
    /// smaller than its header), where the runtime stops too.
    pub(super) fn read(data: &[u8], at: usize, end: usize) -> Option<Chunk> {
        let end = end.min(data.len());
        if at.checked_add(HEADER)? > end {
            return None;
        }
        let header = usize::from(u16_le(data, at.checked_add(2)?)?);
        let size = size_le(data, at.checked_add(4)?)?;
        if header < HEADER || size < header {
            return None;
        }
        let said = at.checked_add(size)?;
        Some(Chunk {
            at,
            kind: u16_le(data, at)?,
            body: at.checked_add(header)?.min(end),
            end: said.min(end),
            cut: said > end,
        })
    }
}

/// The chunks from `at` on, one behind the other, until one is none.
pub(super) fn chunks(data: &[u8], at: usize, end: usize) -> impl Iterator<Item = Chunk> + '_ {
    let mut at = at;
    std::iter::from_fn(move || {
        let chunk = Chunk::read(data, at, end)?;
        at = chunk.end;
        Some(chunk)
    })
}
