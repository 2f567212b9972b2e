//! Files of which something is packed, extent by extent.

use super::tree::System;
use crate::container::budget::Budget;
use crate::container::inflate::{Inflated, OVER_BUDGET, inflate_more};
use crate::container::stream::Packing;
use crate::container::{Contents, Member, Problem, lzo};
use crate::ledger::Reason;
use crate::lens::bytes::{size_le, slice, u64_le};

/// How an extent is packed.
const PLAIN: u8 = 0;
const ZLIB: u8 = 1;
const LZO: u8 = 2;
const ZSTD: u8 = 3;
/// The kernel packs no more at a time than an eighth of this.
const MOST: u64 = 1 << 20;

/// A stretch of a file.
pub struct Extent<'b> {
    /// Where in the file.
    pub at: u64,
    /// What is stored of it, and where that stands.
    pub bytes: &'b [u8],
    pub place: usize,
    /// Of what comes out: where the stretch begins, and how long it and all of it are.
    pub offset: u64,
    len: u64,
    whole: u64,
    way: u8,
    /// Of a sector, where it matters.
    sector: usize,
    /// Bytes that are not on this device.
    pub elsewhere: u64,
}

impl<'b> Extent<'b> {
    pub fn read(system: &System<'b>, at: u64, item: &'b [u8]) -> Option<Self> {
        let (whole, way, kind) = (u64_le(item, 8)?, *item.get(16)?, *item.get(20)?);
        let mut extent = Extent {
            at,
            bytes: &[],
            place: 0,
            offset: 0,
            len: 0,
            whole,
            way,
            sector: system.sector,
            elsewhere: 0,
        };
        match kind {
            0 => {
                extent.bytes = item.get(21..)?;
                extent.place = extent.bytes.as_ptr() as usize - system.data.as_ptr() as usize;
                extent.len = whole;
            }
            1 => {
                let [start, stored, offset, len] = [21, 29, 37, 45].map(|at| u64_le(item, at));
                let (start, stored, offset, len) = (start?, stored?, offset?, len?);
                // A hole has no place.
                if start == 0 {
                    return Some(extent);
                }
                (extent.offset, extent.len) = (offset, len);
                // Of what is not packed, only the stretch itself.
                let (start, stored) = match way {
                    PLAIN => (start.checked_add(offset)?, len),
                    _ => (start, stored),
                };
                match system.place(start, stored) {
                    Some(place) => {
                        extent.place = place;
                        extent.bytes = slice(system.data, place, usize::try_from(stored).ok()?)?;
                    }
                    None => extent.elsewhere = len,
                }
            }
            // Room for what was never written.
            _ => {}
        }
        Some(extent)
    }

    pub fn is_plain(&self) -> bool {
        self.way == PLAIN
    }

    /// Appends the stretch.
    fn expand(&self, out: &mut Vec<u8>, budget: &Budget) -> Result<bool, Problem> {
        let over = || Err(Problem::new(Reason::Limit, OVER_BUDGET));
        if self.way == PLAIN {
            if (out.len() + self.bytes.len()) as u64 > budget.limits.entry_bytes
                || !budget.take(self.bytes.len() as u64)
            {
                return over();
            }
            out.extend_from_slice(self.bytes);
            return Ok(true);
        }
        if self.whole > MOST {
            return Ok(false);
        }
        if out.len() as u64 + self.len.min(self.whole) > budget.limits.entry_bytes {
            return over();
        }
        let mut all = Vec::new();
        let went = match self.way {
            ZLIB => Ok(inflate_more(self.bytes.get(2..).unwrap_or_default(), &mut all, self.whole, budget)),
            ZSTD => Packing::Zstd.expand(self.bytes, &mut all, budget),
            LZO => {
                if !budget.take(self.whole) {
                    return over();
                }
                Ok(match lzo_segments(self.bytes, self.sector, self.whole as usize, &mut all) {
                    Some(()) => Inflated::Whole(0),
                    None => Inflated::Broken(0),
                })
            }
            _ => return Ok(false),
        };
        match went {
            Ok(Inflated::Cut(limit)) => return Err(Problem::new(Reason::Limit, limit)),
            Err(problem) if problem.reason == Reason::Limit => return Err(problem),
            _ => {}
        }
        let start = usize::try_from(self.offset).unwrap_or(usize::MAX).min(all.len());
        let end = start.saturating_add(usize::try_from(self.len).unwrap_or(usize::MAX)).min(all.len());
        out.extend_from_slice(&all[start..end]);
        // Of the last sector of a file only what is there was packed.
        Ok((end - start) as u64 == self.len || (all.len() + self.sector) as u64 > self.whole)
    }
}

/// Segments of LZO, whose lengths do not lie across sectors.
fn lzo_segments(input: &[u8], sector: usize, most: usize, out: &mut Vec<u8>) -> Option<()> {
    let sector = sector.clamp(512, 64 << 10);
    let end = size_le(input, 0)?.min(input.len());
    let mut at = 4;
    while at < end && out.len() < most {
        if sector - at % sector < 4 {
            at = at.checked_next_multiple_of(sector)?;
        }
        let len = size_le(input, at)?;
        let segment = slice(input, at + 4, len)?;
        let room = sector.min(most - out.len());
        lzo::expand(segment, room, out).then_some(())?;
        at += 4 + len;
    }
    Some(())
}

/// A file.
pub struct File<'b> {
    pub name: Vec<u8>,
    pub extents: Vec<Extent<'b>>,
    pub size: Option<u64>,
}

impl File<'_> {
    fn expand(&self, out: &mut Vec<u8>, budget: &Budget) -> Result<(), Problem> {
        let (mut broken, mut end) = (0u64, 0);
        for extent in &self.extents {
            // What is before a hole and what is behind it do not touch.
            if extent.at > end {
                out.push(0);
            }
            end = extent.at.saturating_add(extent.len);
            broken += u64::from(!extent.expand(out, budget)?);
        }
        // Behind the end of the file a sector is filled.
        if let Some(more) = self.size.and_then(|size| end.checked_sub(size)) {
            let more = usize::try_from(more).unwrap_or(usize::MAX);
            let filled = out.iter().rev().take(more).take_while(|b| **b == 0).count();
            out.truncate(out.len() - filled);
        }
        match broken {
            0 => Ok(()),
            _ => Err(Problem::new(
                Reason::Damaged,
                format!("btrfs: {broken} parts of the file are broken, or packed in a way that is not known"),
            )),
        }
    }
}

impl Member for File<'_> {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn size_hint(&self) -> u64 {
        self.extents.iter().map(|extent| extent.whole.min(MOST)).sum()
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        buffer.clear();
        let problem = self.expand(buffer, budget).err();
        Contents { bytes: buffer, problem }
    }
}
