//! Members that stand in their container as they are.

use super::budget::Budget;
use super::{Contents, Member, Problem};
use crate::ledger::Reason;
use std::ops::Range;

/// A stretch of the container with a name.
pub struct Piece<'b> {
    /// Its name.
    pub name: Vec<u8>,
    /// What is there of it.
    pub bytes: &'b [u8],
    /// Bytes that it should have and that are behind the end of the container.
    pub missing: u64,
}

impl Member for Piece<'_> {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn size_hint(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read<'s>(&'s self, _: &'s mut Vec<u8>, _: &Budget) -> Contents<'s> {
        let problem = (self.missing > 0).then(|| {
            let detail = format!("the container ends {} bytes before the member does", self.missing);
            Problem::new(Reason::Damaged, detail).of_bytes(self.missing)
        });
        Contents { bytes: self.bytes, problem }
    }
}

/// A member that was put together when the container was opened.
pub struct Owned {
    /// Its name.
    pub name: Vec<u8>,
    /// All of it.
    pub bytes: Vec<u8>,
}

impl Member for Owned {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn size_hint(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read<'s>(&'s self, _: &'s mut Vec<u8>, _: &Budget) -> Contents<'s> {
        Contents { bytes: &self.bytes, problem: None }
    }
}

/// A JSON string in the container: its contents without the escapes.
pub struct Escaped<'b> {
    /// Its name.
    pub name: Vec<u8>,
    /// What stands between the quotes.
    pub raw: &'b [u8],
}

impl Member for Escaped<'_> {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn size_hint(&self) -> u64 {
        self.raw.len() as u64
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        let len = self.raw.len() as u64;
        if let Err(problem) = budget.take_member(len, "the text") {
            return Contents { bytes: &[], problem: Some(problem) };
        }
        buffer.clear();
        super::json::unescape(self.raw, buffer);
        Contents { bytes: buffer, problem: None }
    }
}

/// Takes stretches of a container, no byte twice: members that overlap are how small bombs grow large.
pub struct Taken {
    ranges: Vec<(Range<usize>, usize)>,
}

impl Taken {
    /// Of wanted ranges, those that lie behind all before them, in order of their place, by index.
    pub fn new(mut wanted: Vec<(Range<usize>, usize)>) -> (Self, usize) {
        wanted.sort_by_key(|(range, index)| (range.start, range.end, *index));
        let all = wanted.len();
        let mut end = 0;
        wanted.retain(|(range, _)| {
            let is_behind = range.start >= end && range.end >= range.start;
            if is_behind {
                end = range.end;
            }
            is_behind
        });
        let refused = all - wanted.len();
        (Taken { ranges: wanted }, refused)
    }

    /// The indexes that were taken, in the order in which they were given.
    pub fn indexes(&self) -> Vec<(usize, Range<usize>)> {
        let mut indexes: Vec<_> = self.ranges.iter().map(|(range, index)| (*index, range.clone())).collect();
        indexes.sort_by_key(|(index, _)| *index);
        indexes
    }

    /// What was not taken of `0..len`.
    pub fn gaps(&self, len: usize) -> Vec<Range<usize>> {
        gaps(self.ranges.iter().map(|(range, _)| range.clone()), len)
    }
}

/// The stretches of `0..len` that none of `taken` holds, which come in order of their start.
pub fn gaps(taken: impl IntoIterator<Item = Range<usize>>, len: usize) -> Vec<Range<usize>> {
    let mut gaps = Vec::new();
    let mut at = 0;
    for range in taken {
        if range.start > at {
            gaps.push(at..range.start);
        }
        at = at.max(range.end);
    }
    if at < len {
        gaps.push(at..len);
    }
    gaps
}

/// Stretches that members have taken, in any order and no byte twice.
#[derive(Default)]
pub struct Claims {
    taken: std::collections::BTreeMap<usize, usize>,
}

impl Claims {
    /// Takes the stretches if all of them are free.
    pub fn claim(&mut self, ranges: &[Range<usize>]) -> bool {
        for (done, range) in ranges.iter().filter(|range| !range.is_empty()).enumerate() {
            let before = self.taken.range(..range.end).next_back();
            if before.is_some_and(|(_, &end)| end > range.start) {
                for range in ranges.iter().filter(|range| !range.is_empty()).take(done) {
                    self.taken.remove(&range.start);
                }
                return false;
            }
            self.taken.insert(range.start, range.end);
        }
        true
    }

    /// What is said of files whose stretches were taken already, if there are any.
    pub fn shared(files: u64) -> Option<Problem> {
        let detail =
            || format!("{files} files have their blocks in common with others, which were searched once");
        (files > 0).then(|| Problem::new(Reason::Duplicate, detail()).of_bytes(0))
    }

    /// What was not taken of `0..len`.
    pub fn gaps(&self, len: usize) -> Vec<Range<usize>> {
        gaps(self.taken.iter().map(|(&start, &end)| start..end), len)
    }
}

/// A member in several stretches of its container: a file in a file system.
#[derive(Clone)]
pub struct Scattered<'b> {
    /// Its name.
    pub name: Vec<u8>,
    /// The container.
    pub data: &'b [u8],
    /// The stretches; an empty one stands for a hole.
    pub ranges: Vec<Range<usize>>,
    /// Bytes that it should have and that are not there.
    pub missing: u64,
}

impl<'b> Scattered<'b> {
    /// A file of `size` bytes in stretches of `data`, joined where they touch and cut at its size.
    pub fn new(name: Vec<u8>, data: &'b [u8], pieces: Vec<Range<u64>>, size: u64) -> Self {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        let mut left = size;
        for piece in pieces {
            let len = (piece.end.saturating_sub(piece.start)).min(left);
            left -= len;
            let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(data.len());
            let range = place(piece.start)..place(piece.start.saturating_add(len));
            left += len - range.len() as u64;
            match ranges.last_mut() {
                Some(last) if last.end == range.start && last.start < last.end => last.end = range.end,
                _ => ranges.push(range),
            }
        }
        Scattered { name, data, ranges, missing: left }
    }
}

impl Member for Scattered<'_> {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn size_hint(&self) -> u64 {
        self.ranges.iter().map(|range| range.len() as u64).sum()
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        let problem = (self.missing > 0).then(|| {
            let detail = format!("{} bytes of the file are not in the image", self.missing);
            Problem::new(Reason::Damaged, detail).of_bytes(self.missing)
        });
        if let [range] = self.ranges.as_slice() {
            return Contents { bytes: self.data.get(range.clone()).unwrap_or_default(), problem };
        }
        let len = self.size_hint();
        if let Err(refused) = budget.take_member(len, "the file") {
            return Contents { bytes: &[], problem: Some(refused) };
        }
        buffer.clear();
        for range in &self.ranges {
            match self.data.get(range.clone()) {
                // What is before a hole and what is behind it do not touch.
                Some([]) | None => buffer.push(0),
                Some(bytes) => buffer.extend_from_slice(bytes),
            }
        }
        Contents { bytes: buffer, problem }
    }
}
