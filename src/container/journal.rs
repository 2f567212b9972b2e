//! Journals of systemd: fields of records that are packed one by one, which are put together in one text, a field a line. Others
//! are searched as they are.
//!
//! systemd's `JOURNAL_FILE_FORMAT`.

use super::budget::Budget;
use super::inflate::{Inflated, OVER_BUDGET};
use super::stream::Packing;
use super::{Container, Contents, Member, Opened, Problem, lz4};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{slice, u32_le, u64_le};
use crate::limits::Limits;

/// Opens such journals.
pub struct Journal;

const DATA: u8 = 1;
const XZ: u8 = 1;
const LZ4: u8 = 2;
const ZSTD: u8 = 4;
/// Of the features that a reader needs: heads of data are longer.
const COMPACT: u32 = 1 << 4;

impl Container for Journal {
    fn name(&self) -> &'static str {
        "journal"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        blob.bytes.starts_with(b"LPKSHHRH") && Fields::of(blob.bytes).next().is_some()
    }

    fn open<'b>(&self, blob: &Blob<'b>, _: &Limits) -> Opened<'b> {
        let mut opened = Opened::default();
        opened.members.push(Box::new(Packed { data: blob.bytes }));
        opened.gaps.push(0..blob.bytes.len());
        opened
    }
}

/// Fields that are packed, and how.
struct Fields<'b> {
    data: &'b [u8],
    at: usize,
    head: usize,
}

impl<'b> Fields<'b> {
    fn of(data: &'b [u8]) -> Self {
        let is_compact = u32_le(data, 12).is_some_and(|flags| flags & COMPACT != 0);
        let start = u64_le(data, 88).and_then(|size| usize::try_from(size).ok()).unwrap_or(usize::MAX);
        Fields { data, at: start, head: if is_compact { 72 } else { 64 } }
    }
}

impl<'b> Iterator for Fields<'b> {
    type Item = (u8, &'b [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let head = slice(self.data, self.at, 16)?;
            let (kind, flags) = (head[0], head[1] & (XZ | LZ4 | ZSTD));
            let size = usize::try_from(u64_le(head, 8)?).ok().filter(|size| *size >= 16)?;
            let (start, end) = (self.at, self.at.checked_add(size)?);
            self.at = end.checked_next_multiple_of(8)?;
            if kind == DATA && flags != 0 {
                let body = self.data.get(start + self.head..end.min(self.data.len()));
                return Some((flags, body.unwrap_or_default()));
            }
        }
    }
}

struct Packed<'b> {
    data: &'b [u8],
}

impl Packed<'_> {
    fn expand(&self, out: &mut Vec<u8>, budget: &Budget) -> Result<(), Problem> {
        let mut broken = 0u64;
        for (how, body) in Fields::of(self.data) {
            let went = match how {
                LZ4 => {
                    let size = u64_le(body, 0).unwrap_or(u64::MAX);
                    lz4::block(body.get(8..).unwrap_or_default(), size, out, budget)
                        .map(|()| Inflated::Whole(0))
                }
                XZ => Packing::Xz.expand(body, out, budget),
                _ => Packing::Zstd.expand(body, out, budget),
            };
            match went {
                Ok(Inflated::Whole(_)) => {}
                Ok(Inflated::Cut(limit)) => return Err(Problem::new(Reason::Limit, limit)),
                Err(problem) if problem.reason == Reason::Limit => return Err(problem),
                _ => broken += 1,
            }
            if !budget.take(1) {
                return Err(Problem::new(Reason::Limit, OVER_BUDGET));
            }
            out.push(b'\n');
        }
        match broken {
            0 => Ok(()),
            _ => Err(Problem::new(Reason::Damaged, format!("journal: {broken} packed fields are broken"))),
        }
    }
}

impl Member for Packed<'_> {
    fn name(&self) -> &[u8] {
        b"packed fields"
    }

    fn size_hint(&self) -> u64 {
        self.data.len() as u64
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        buffer.clear();
        let problem = self.expand(buffer, budget).err();
        Contents { bytes: buffer, problem }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::read;
    use super::*;

    #[test]
    fn packed_fields_a_line_each() {
        let text = b"MESSAGE=a field that is long and packed, and packed, and packed";
        let mut block = vec![0; 4096];
        let len = lz4_flex::block::compress_into(text, &mut block).unwrap();
        let mut data = b"LPKSHHRH".to_vec();
        data.resize(208, 0);
        data[88] = 208;
        for (flags, body) in
            [(0, b"PLAIN=1".to_vec()), (LZ4, [&(text.len() as u64).to_le_bytes(), &block[..len]].concat())]
        {
            let size = 64 + body.len() as u64;
            data.extend([DATA, flags, 0, 0, 0, 0, 0, 0]);
            data.extend(size.to_le_bytes());
            data.extend([0; 48]);
            data.extend(body);
            data.resize(data.len().next_multiple_of(8), 0);
        }
        let (members, problems) = read(&Journal, &data);
        assert!(members[0].1 == [&text[..], b"\n"].concat() && problems.is_empty());
        data[352..370].fill(0xff);
        let (members, _) = read(&Journal, &data);
        assert!(members[0].2.is_some());
    }
}
