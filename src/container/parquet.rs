//! Parquet: tables column by column, in groups of rows (`parquet.thrift`, `Encodings.md`). What is read are the columns of
//! strings and bytes.

mod page;
mod schema;
mod thrift;
mod values;

use super::budget::Budget;
use super::columns::{self, Column, Piece, Problems, has_room};
use super::{Container, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::size_le;
use crate::limits::Limits;
use schema::{Chunk, Footer, Kind, Leaf};
use std::ops::Range;
use std::sync::Arc;

/// Opens such files.
pub struct Parquet;

const MARK: &[u8] = b"PAR1";
const ENCRYPTED: &[u8] = b"PARE";

impl Container for Parquet {
    fn name(&self) -> &'static str {
        "parquet"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        let data = blob.bytes;
        let is_between = |mark: &[u8]| data.starts_with(mark) && data.ends_with(mark);
        // Of what is cut off, the header of the first page is there: its first field, and a small number.
        let is_cut = data.starts_with(MARK) && matches!(data.get(4..6), Some([0x15, 0 | 4 | 6]));
        data.len() > 12 && (is_between(MARK) || is_between(ENCRYPTED) || is_cut)
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut opened = Opened::default();
        if data.starts_with(ENCRYPTED) {
            opened.gaps.push(0..data.len());
            let problem = Problem::new(Reason::Encrypted, "Parquet file: its contents are encrypted");
            opened.problems.push(problem.of_bytes(data.len() as u64));
            return opened;
        }
        let Some(footer) = footer(data) else {
            opened.gaps.push(0..data.len());
            let problem = Problem::new(Reason::Damaged, "parquet: the footer is damaged or missing");
            opened.problems.push(problem.of_bytes(data.len() as u64));
            return opened;
        };
        let Footer { leaves, groups, encrypted, elsewhere } = footer;
        if encrypted > 0 {
            let detail = format!("parquet: {encrypted} pieces of columns are encrypted");
            opened.problems.push(Problem::new(Reason::Encrypted, detail));
        }
        if elsewhere > 0 {
            let detail = format!("parquet: {elsewhere} pieces of columns are in other files");
            opened.problems.push(Problem::new(Reason::Unreadable, detail));
        }
        let leaves = Arc::new(leaves);
        let mut read: Vec<Range<usize>> = Vec::new();
        for (n, mut chunks) in groups.into_iter().enumerate() {
            if opened.members.len() as u64 >= limits.entries {
                let detail = format!("more than {} groups of rows", limits.entries);
                opened.problems.push(Problem::new(Reason::Limit, detail));
                break;
            }
            let is_text = |chunk: &Chunk| leaves.get(chunk.leaf).is_some_and(|leaf| leaf.kind != Kind::Other);
            chunks.retain(is_text);
            if chunks.is_empty() {
                continue;
            }
            read.extend(chunks.iter().map(|chunk| chunk.start..chunk.start.saturating_add(chunk.len)));
            let group = Group { file: data, leaves: Arc::clone(&leaves), chunks };
            opened.members.extend(columns::members(&format!("row group {n}"), group));
        }
        opened.gaps = around(read, data.len());
        opened
    }
}

/// The footer ends the file: its length, and the mark.
fn footer(data: &[u8]) -> Option<Footer> {
    let end = data.len().checked_sub(8).filter(|_| data.ends_with(MARK))?;
    let start = end.checked_sub(size_le(data, end)?)?;
    schema::footer(data.get(start..end)?)
}

/// What is left of `len` bytes besides some stretches.
pub(super) fn around(mut stretches: Vec<Range<usize>>, len: usize) -> Vec<Range<usize>> {
    stretches.sort_by_key(|stretch| stretch.start);
    let mut at = 0;
    let mut left = Vec::new();
    for stretch in stretches {
        let start = stretch.start.min(len);
        if start > at {
            left.push(at..start);
        }
        at = at.max(stretch.end.min(len));
    }
    if at < len {
        left.push(at..len);
    }
    left
}

struct Group<'b> {
    file: &'b [u8],
    leaves: Arc<Vec<Leaf>>,
    chunks: Vec<Chunk>,
}

impl Piece for Group<'_> {
    fn columns(&self, problems: &mut Problems, budget: &Budget) -> Vec<Column> {
        let mut columns = Vec::new();
        for chunk in &self.chunks {
            let Some(leaf) = self.leaves.get(chunk.leaf) else { continue };
            if !has_room(&columns, problems, budget) {
                break;
            }
            let mut column = Column::new(&leaf.name);
            if let Err(problem) = page::read(self.file, chunk, leaf, &mut column, budget) {
                problems.add(problem);
            }
            columns.push(column);
        }
        columns
    }

    fn stored(&self) -> u64 {
        self.chunks.iter().map(|chunk| chunk.len.min(self.file.len()) as u64).sum()
    }
}

#[cfg(test)]
mod tests;
