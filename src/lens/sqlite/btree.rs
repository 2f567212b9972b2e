//! Pages, b-trees and records (sections 1.3 to 2.1 of the file format).

use super::carve;
use crate::lens::bytes::{slice, u16_be, u32_be};
use std::collections::HashMap;

/// The pages of a database or of its log.
pub(super) struct Pages<'a> {
    pub(super) data: &'a [u8],
    size: usize,
    usable: usize,
    /// 1: UTF-8, 2: UTF-16LE, 3: UTF-16BE.
    pub(super) encoding: u32,
    frames: Option<HashMap<u32, usize>>,
    pub(super) is_log: bool,
}

impl<'a> Pages<'a> {
    pub(super) fn of_database(data: &'a [u8]) -> Option<Self> {
        let size = match usize::from(u16_be(data, 16)?) {
            1 => 65_536,
            n => n,
        };
        let usable = size.checked_sub(usize::from(*data.get(20)?))?;
        let encoding = u32_be(data, 56)?;
        (size >= 512 && usable >= 480).then_some(Pages {
            data,
            size,
            usable,
            encoding,
            frames: None,
            is_log: false,
        })
    }

    pub(super) fn of_wal(data: &'a [u8]) -> Option<Self> {
        let size = usize::try_from(u32_be(data, 8)?).ok().filter(|n| (512..=65_536).contains(n))?;
        let frames = super::frames(data, size);
        let mut pages = Pages { data, size, usable: size, encoding: 1, frames: Some(frames), is_log: true };
        if let Some((_, first)) = pages.page(1) {
            pages.usable =
                size.saturating_sub(usize::from(first.get(20).copied().unwrap_or_default())).max(480);
            pages.encoding = u32_be(first, 56).unwrap_or(1);
        }
        Some(pages)
    }

    /// Offset and bytes of a page.
    fn page(&self, number: u32) -> Option<(usize, &'a [u8])> {
        let at = match &self.frames {
            Some(frames) => *frames.get(&number)?,
            None => usize::try_from(number.checked_sub(1)?).ok()?.checked_mul(self.size)?,
        };
        Some((at, slice(self.data, at, self.size)?))
    }

    fn count(&self) -> usize {
        self.data.len() / self.size + 1
    }
}

/// A value of a record.
pub(super) struct Cell<'c> {
    pub(super) bytes: &'c [u8],
    pub(super) is_text: bool,
    pub(super) is_blob: bool,
    pub(super) number: Option<i64>,
    /// Where it is in the file, if it lies in one piece.
    pub(super) at: Option<usize>,
    /// Where its record starts.
    pub(super) start: usize,
}

pub(super) type Take<'t> = &'t mut dyn FnMut(Option<i64>, &[Cell<'_>]);

/// The same, with the table of the row.
type TakeOf<'t> = &'t mut dyn FnMut(usize, Option<i64>, &[Cell<'_>]);

/// A walk over b-trees that reads each page once.
pub(super) struct Walk {
    seen: std::collections::HashSet<u32>,
    /// The table whose pages are read, and the table of each leaf page.
    pub(super) current: usize,
    owners: Vec<(u32, usize)>,
    /// Bytes of records that may still be read.
    budget: usize,
    pub(super) damaged: bool,
}

impl Walk {
    pub(super) fn new(pages: &Pages<'_>) -> Self {
        Walk {
            seen: std::collections::HashSet::new(),
            current: 0,
            owners: Vec::new(),
            budget: pages.data.len().saturating_mul(4),
            damaged: false,
        }
    }

    /// All rows below a root page.
    pub(super) fn table(&mut self, pages: &Pages<'_>, root: u32, take: Take<'_>) {
        let mut stack = vec![root];
        while let Some(number) = stack.pop() {
            if number == 0 || !self.seen.insert(number) {
                continue;
            }
            let Some((at, page)) = pages.page(number) else {
                self.damaged = true;
                continue;
            };
            if page.get(if number == 1 { 100 } else { 0 }) == Some(&13) {
                self.owners.push((number, self.current));
            }
            let mut children = Vec::new();
            if self.page(pages, number, at, page, &mut children, take).is_none() {
                self.damaged = true;
            }
            children.reverse();
            if stack.len() + children.len() <= pages.count().saturating_mul(2) + 1024 {
                stack.extend(children);
            }
        }
    }

    /// All rows of leaf pages that no table has claimed.
    pub(super) fn leaves(&mut self, pages: &Pages<'_>, kinds: &[u8], take: Take<'_>) {
        let mut numbers: Vec<u32> = match &pages.frames {
            Some(frames) => frames.keys().copied().collect(),
            None => (1..=u32::try_from(pages.count()).unwrap_or(u32::MAX)).collect(),
        };
        numbers.sort_unstable();
        for number in numbers {
            if !self.seen.contains(&number)
                && let Some((at, page)) = pages.page(number)
                && page.get(if number == 1 { 100 } else { 0 }).is_some_and(|kind| kinds.contains(kind))
            {
                self.page(pages, number, at, page, &mut Vec::new(), take);
            }
        }
    }

    /// What is left of deleted rows: in the free space of the pages of each table (given with its
    /// rows), and in pages that no table has (given with `unknown`).
    pub(super) fn deleted(&mut self, pages: &Pages<'_>, unknown: usize, take: TakeOf<'_>) {
        for (number, table) in std::mem::take(&mut self.owners) {
            if let Some((base, page)) = pages.page(number) {
                let head = if number == 1 { 100 } else { 0 };
                carve::page(base, page, head, &mut |rowid, cells| take(table, rowid, cells));
            }
        }
        let budget = self.budget;
        for number in 2..=u32::try_from(pages.count()).unwrap_or(u32::MAX) {
            if self.seen.contains(&number) {
                continue;
            }
            let Some((base, page)) = pages.page(number) else { break };
            let mut unowned = |rowid: Option<i64>, cells: &[Cell<'_>]| take(unknown, rowid, cells);
            // A freed page keeps its header, unless it is a trunk of the list of freed pages.
            let is_leaf = page.first() == Some(&13);
            if !is_leaf || self.page(pages, number, base, page, &mut Vec::new(), &mut unowned).is_none() {
                carve::region(base, page, 8, pages.usable, &mut unowned);
            } else {
                carve::page(base, page, 0, &mut unowned);
            }
        }
        self.budget = budget;
    }

    fn page(
        &mut self,
        pages: &Pages<'_>,
        number: u32,
        base: usize,
        page: &[u8],
        children: &mut Vec<u32>,
        take: Take<'_>,
    ) -> Option<()> {
        let head = if number == 1 { 100 } else { 0 };
        let kind = *page.get(head)?;
        let cells = usize::from(u16_be(page, head + 3)?);
        let (is_leaf, is_table) = match kind {
            2 => (false, false),
            5 => (false, true),
            10 => (true, false),
            13 => (true, true),
            _ => return None,
        };
        let pointers = head + if is_leaf { 8 } else { 12 };
        for n in 0..cells {
            let mut at = usize::from(u16_be(page, pointers + n * 2)?);
            if !is_leaf {
                children.push(u32_be(page, at)?);
                at += 4;
            }
            if is_table && !is_leaf {
                continue;
            }
            let payload = usize::try_from(varint(page, &mut at)?).ok()?;
            let rowid = if is_table { Some(varint(page, &mut at)?) } else { None };
            self.record(pages, base, page, at, payload, is_table, rowid, take)?;
        }
        if !is_leaf {
            children.push(u32_be(page, head + 8)?);
        }
        Some(())
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one cell")]
    fn record(
        &mut self,
        pages: &Pages<'_>,
        base: usize,
        page: &[u8],
        at: usize,
        payload: usize,
        is_table: bool,
        rowid: Option<i64>,
        take: Take<'_>,
    ) -> Option<()> {
        self.budget = self.budget.checked_sub(payload)?;
        let usable = pages.usable;
        let most = if is_table {
            usable.checked_sub(35)?
        } else {
            (usable.checked_sub(12)? * 64 / 255).checked_sub(23)?
        };
        if payload <= most {
            return cells(slice(page, at, payload)?, base + at, true, rowid, take);
        }
        let least = (usable.checked_sub(12)? * 32 / 255).checked_sub(23)?;
        let fits = least + (payload - least) % (usable - 4);
        let local = if fits <= most { fits } else { least };
        let mut whole = slice(page, at, local)?.to_vec();
        let mut next = u32_be(page, at + local)?;
        let mut hops = pages.count();
        while next != 0 && whole.len() < payload && hops > 0 {
            hops -= 1;
            let Some((_, page)) = pages.page(next) else { break };
            let take = (payload - whole.len()).min(usable - 4);
            whole.extend_from_slice(slice(page, 4, take)?);
            next = u32_be(page, 0)?;
        }
        cells(&whole, base + at, false, rowid, take)
    }
}

/// The values of a record; what is cut off ends the last of them.
pub(super) fn cells(
    record: &[u8],
    start: usize,
    is_whole: bool,
    rowid: Option<i64>,
    take: Take<'_>,
) -> Option<()> {
    let mut head = 0;
    let header = usize::try_from(varint(record, &mut head)?).ok()?;
    let mut at = header;
    let mut row = Vec::new();
    while head < header {
        let kind = u64::try_from(varint(record, &mut head)?).ok()?;
        let len = match kind {
            0 | 8 | 9 | 10 | 11 => 0,
            1..=4 => kind as usize,
            5 => 6,
            6 | 7 => 8,
            n => usize::try_from((n - 12) / 2).ok()?,
        };
        let bytes = record.get(at..record.len().min(at.checked_add(len)?)).unwrap_or_default();
        let number = match kind {
            1..=6 => Some(bytes.iter().fold(0i64, |n, b| n.wrapping_shl(8) | i64::from(*b))),
            8 | 9 => Some(kind as i64 - 8),
            _ => None,
        };
        row.push(Cell {
            bytes,
            is_text: kind >= 13 && kind % 2 == 1,
            is_blob: kind >= 12 && kind % 2 == 0,
            number,
            at: is_whole.then_some(start.saturating_add(at)),
            start,
        });
        at = at.saturating_add(len);
    }
    take(rowid, &row);
    Some(())
}

/// A number of one to nine bytes.
pub(super) fn varint(data: &[u8], at: &mut usize) -> Option<i64> {
    let mut value = 0u64;
    for n in 0..9 {
        let byte = *data.get(*at)?;
        *at += 1;
        if n == 8 {
            value = value << 8 | u64::from(byte);
            break;
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some(value.cast_signed())
}
