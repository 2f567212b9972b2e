//! The string pool as one text: every string once, a NUL byte between them.
//!
//! Half a million strings must not cost half a million allocations, so strings are copied into one
//! buffer as they stand (nearly all are plain ASCII). The raw bytes of the file would not do: each
//! string follows a length, which often looks like one more letter of a token.

use super::mutf8;
use super::tables::{Complaint, Dex};
use crate::blob::OffsetMap;
use crate::limits::Limits;
use std::ops::Range;

/// Memory that one string takes in the tables beside the text.
const TABLE_BYTES: usize = 32;

/// A text of many strings, and which string begins where.
#[derive(Default)]
pub(super) struct Pool {
    /// The strings, each with a NUL byte behind it.
    pub(super) text: Vec<u8>,
    /// The way back to the blob.
    pub(super) map: OffsetMap,
    /// Where each string begins in the text, and its index; rising.
    starts: Vec<(u32, u32)>,
}

impl Pool {
    /// The index of the string that holds the beginning of `span`.
    pub(super) fn string(&self, span: &Range<usize>) -> Option<u32> {
        let after = self.starts.partition_point(|&(start, _)| start as usize <= span.start);
        Some(self.starts.get(after.checked_sub(1)?)?.1)
    }

    fn clear(&mut self) {
        self.text.clear();
        self.map.clear();
        self.starts.clear();
    }
}

/// Gives all strings of `dex` to `emit`, in as many pools as the limit on tables asks for.
/// `budget` bounds the bytes that all DEX files of one blob give: string ids may overlap.
pub(super) fn read(
    dex: &Dex<'_>,
    limits: &Limits,
    budget: &mut usize,
    complaint: &mut Complaint,
    emit: &mut dyn FnMut(&Pool),
) {
    let cap = usize::try_from(limits.decoded_bytes).unwrap_or(usize::MAX).min(u32::MAX as usize);
    let mut pool = Pool::default();
    pool.text.reserve(dex.data.len().min(cap) / 4);
    pool.starts.reserve(dex.strings.len().min(cap / TABLE_BYTES));
    for (row, index) in dex.strings.iter().zip(0u32..) {
        let offset = u32::from_le_bytes(*row);
        let Some(string) = dex.string_at(offset) else {
            complaint.note(dex.blob_offset(offset as usize), || {
                format!("string {index} points past the end ({} bytes)", dex.data.len())
            });
            continue;
        };
        if !string.terminated {
            complaint.note(dex.blob_offset(string.at), || format!("string {index} has no end"));
        }
        let len = string.bytes.len();
        if len == 0 {
            continue;
        }
        // A byte that is no character takes three.
        let most = if string.plain { len } else { len.saturating_mul(3) };
        let Some(left) = budget.checked_sub(most) else {
            complaint.note(dex.blob_offset(string.at), || {
                format!("strings overlap: string {index} and those after it are left out")
            });
            break;
        };
        *budget = left;
        if most >= cap {
            complaint.note(dex.blob_offset(string.at), || {
                format!("string {index} of {len} bytes is above the limit on decoded bytes")
            });
            continue;
        }
        let tables = pool.starts.len() * TABLE_BYTES;
        if pool.text.len() + most >= cap || tables >= cap {
            emit(&pool);
            pool.clear();
        }
        pool.starts.push((pool.text.len() as u32, index));
        let outer = dex.blob_offset(string.at);
        if string.plain {
            pool.map.push_plain(pool.text.len(), outer);
            pool.text.extend_from_slice(string.bytes);
        } else {
            mutf8::decode(string.bytes, outer, &mut pool.text, &mut pool.map);
        }
        pool.text.push(0);
    }
    if !pool.text.is_empty() {
        emit(&pool);
    }
}
