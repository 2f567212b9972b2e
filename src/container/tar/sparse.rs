//! Sparse files: pieces with holes between them, in the four ways GNU tar has written them.

use super::super::budget::Budget;
use super::super::piece::Piece;
use super::super::{Contents, Member, Problem};
use super::BLOCK;
use super::header::{Records, decimal, number};
use crate::ledger::Reason;
use crate::limits::Limits;

/// Where the pieces belong.
pub(super) struct Map {
    /// Where in the file each piece stands, and how long it is.
    pieces: Vec<(u64, u64)>,
    /// How long the file is.
    size: u64,
    /// Bytes of the data that are the map itself.
    skip: usize,
}

/// More pieces than this are not put in their places.
const MOST: usize = 1 << 20;

impl Map {
    fn new(pieces: Vec<(u64, u64)>, size: u64, skip: usize) -> Option<Self> {
        let mut end = 0;
        for &(at, len) in &pieces {
            // Pieces that overlap are made up.
            if at < end {
                return None;
            }
            end = at.checked_add(len)?;
        }
        (end <= size).then_some(Map { pieces, size, skip })
    }
}

/// The map in a header of type `S` and the blocks behind it, and where the data begins.
pub(super) fn old(data: &[u8], at: usize) -> Option<(usize, Map)> {
    let size = number(data.get(at + 483..at + 495)?)?;
    let mut pieces = Vec::new();
    let mut add = |rows: &[u8]| {
        for row in rows.chunks_exact(24) {
            if let (Some(at), Some(len)) = (number(&row[..12]), number(&row[12..]))
                && len > 0
            {
                pieces.push((at, len));
            }
        }
        pieces.len() < MOST
    };
    add(data.get(at + 386..at + 482)?);
    let mut more = data.get(at + 482).is_some_and(|&b| b != 0);
    let mut at = at + BLOCK;
    while more {
        let block = data.get(at..at + BLOCK)?;
        at += BLOCK;
        more = block[504] != 0;
        if !add(&block[..504]) {
            return None;
        }
    }
    Some((at, Map::new(pieces, size, 0)?))
}

/// The map in pax records (0.0, 0.1), or before the data in decimal lines (1.0).
pub(super) fn pax(records: &Records<'_>, data: &[u8]) -> Option<Map> {
    let size = records.sparse_size?;
    if records.sparse_version != Some(b"1") {
        let pieces = records.sparse_map.chunks_exact(2).map(|p| (p[0], p[1])).filter(|p| p.1 > 0).collect();
        return if records.sparse_map.is_empty() { None } else { Map::new(pieces, size, 0) };
    }
    let mut at = 0;
    let mut line = || {
        let rest = data.get(at..)?;
        let len = memchr::memchr(b'\n', &rest[..rest.len().min(24)])?;
        at += len + 1;
        decimal(&rest[..len])
    };
    let count = usize::try_from(line()?).ok().filter(|&n| n <= MOST)?;
    let mut pieces = Vec::new();
    for _ in 0..count {
        let piece = (line()?, line()?);
        if piece.1 > 0 {
            pieces.push(piece);
        }
    }
    Map::new(pieces, size, at.next_multiple_of(BLOCK))
}

/// A sparse file.
pub(super) struct Sparse<'b> {
    pub piece: Piece<'b>,
    pub map: Map,
}

impl Member for Sparse<'_> {
    fn name(&self) -> &[u8] {
        self.piece.name()
    }

    fn size_hint(&self) -> u64 {
        self.piece.size_hint()
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        let data = self.piece.bytes.get(self.map.skip..).unwrap_or_default();
        let size = self.map.size;
        let limits = &budget.limits;
        let too_much = size > limits.entry_bytes
            || size > Limits::RATIO_FREE_BYTES.max((data.len() as u64).saturating_mul(limits.ratio));
        if too_much || !budget.take(size) {
            // No byte is lost: only the holes are not there.
            let detail = "sparse file larger than the limit: searched without its holes";
            return Contents { bytes: data, problem: Some(Problem::new(Reason::Limit, detail).of_bytes(0)) };
        }
        buffer.clear();
        buffer.resize(size as usize, 0);
        let (mut at, mut missing) = (0, self.piece.missing);
        for &(place, len) in &self.map.pieces {
            let from = data.get(at..).unwrap_or_default();
            let from = &from[..from.len().min(len as usize)];
            // Pieces end within the file.
            if let Some(to) = buffer.get_mut(place as usize..place as usize + from.len()) {
                to.copy_from_slice(from);
            }
            at += from.len();
            missing = missing.max(len - from.len() as u64);
        }
        if data.len() > at {
            // Data that the map does not tell of.
            buffer.extend_from_slice(&data[at..]);
        }
        let problem = (missing > 0).then(|| {
            let detail = "the sparse file has fewer bytes than its map tells of";
            Problem::new(Reason::Damaged, detail).of_bytes(missing)
        });
        Contents { bytes: buffer, problem }
    }
}
