//! A batch of rows: its columns lie one behind the other, each in its own buffers (`Message.fbs`, `Columnar.rst`).

use super::super::budget::Budget;
use super::super::columns::codec::Codec;
use super::super::columns::{Column, Dictionary, Problems, Span, has_room, span};
use super::flat::Table;
use super::schema::{Field, Layout};
use crate::container::Problem;
use crate::ledger::Reason;
use crate::lens::bytes::{size_le, slice, u64_le};
use std::collections::HashMap;
use std::rc::Rc;

/// A batch as it is stored.
#[derive(Clone, Copy)]
pub(super) struct Stored<'d> {
    pub batch: Table<'d>,
    pub body: &'d [u8],
}

/// Dictionaries by their numbers, in pieces: how many values each has, and those that are not empty.
pub(super) type Dictionaries = HashMap<i64, Vec<(u64, Column)>>;

pub(super) struct Reader<'r, 'd> {
    stored: Stored<'d>,
    codec: Option<Codec>,
    nodes: &'d [u8],
    buffers: &'d [u8],
    /// How many buffers the next columns of views have beside their own.
    variadic: &'d [u8],
    node: usize,
    buffer: usize,
    view: usize,
    dictionaries: &'r Dictionaries,
    budget: &'r Budget,
}

/// Which row an element of a list belongs to.
enum Rows {
    Same,
    Lists { offsets: Vec<u8>, width: usize, above: Rc<Rows> },
    Every { count: usize, above: Rc<Rows> },
}

impl Rows {
    fn of(&self, index: usize) -> u64 {
        match self {
            Rows::Same => index as u64,
            Rows::Lists { offsets, width, above } => {
                let (mut low, mut high) = (0, offsets.len() / width);
                while low < high {
                    let middle = low.midpoint(high);
                    match number(offsets, middle, *width).is_some_and(|n| n <= index as u64) {
                        true => low = middle + 1,
                        false => high = middle,
                    }
                }
                above.of(low.saturating_sub(1))
            }
            Rows::Every { count, above } => above.of(index / (*count).max(1)),
        }
    }
}

/// The number at an index of a buffer of numbers of 1, 2, 4 or 8 bytes.
fn number(bytes: &[u8], index: usize, width: usize) -> Option<u64> {
    let bytes = slice(bytes, index.checked_mul(width)?, width)?;
    Some(bytes.iter().rev().fold(0, |n, b| n << 8 | u64::from(*b)))
}

fn is_there(validity: &[u8], index: usize) -> bool {
    validity.is_empty() || validity.get(index / 8).is_some_and(|byte| byte >> (index % 8) & 1 == 1)
}

fn damaged(what: &str) -> Problem {
    Problem::new(Reason::Damaged, format!("arrow: {what}"))
}

impl<'r, 'd> Reader<'r, 'd> {
    pub(super) fn new(
        stored: Stored<'d>,
        dictionaries: &'r Dictionaries,
        budget: &'r Budget,
    ) -> Result<Self, Problem> {
        let batch = stored.batch;
        let codec = match batch.table(3).map(|how| (how.byte(0), how.byte(1))) {
            None => None,
            Some((0, 0)) => Some(Codec::Lz4Frame),
            Some((1, 0)) => Some(Codec::Zstd),
            Some((codec, _)) => {
                let detail = format!("arrow: buffers are packed by codec {codec}");
                return Err(Problem::new(Reason::Unsupported, detail).of_bytes(stored.body.len() as u64));
            }
        };
        Ok(Reader {
            stored,
            codec,
            nodes: batch.list(1, 16).unwrap_or_default(),
            buffers: batch.list(2, 16).unwrap_or_default(),
            variadic: batch.list(4, 8).unwrap_or_default(),
            node: 0,
            buffer: 0,
            view: 0,
            dictionaries,
            budget,
        })
    }

    /// Reads all columns.
    pub(super) fn read(mut self, fields: &[Field], problems: &mut Problems) -> Vec<Column> {
        let mut columns = Vec::new();
        for field in fields {
            if self.field(field, &Rc::new(Rows::Same), &mut columns, problems).is_none() {
                problems.add(damaged("a batch has fewer buffers than its columns need"));
                break;
            }
            if !has_room(&columns, problems, self.budget) {
                break;
            }
        }
        columns
    }

    /// The bytes of the next buffer, as they are stored.
    fn next(&mut self) -> Option<&'d [u8]> {
        let at = self.buffer * 16;
        self.buffer += 1;
        let start = usize::try_from(u64_le(self.buffers, at)?).ok()?;
        let len = usize::try_from(u64_le(self.buffers, at + 8)?).ok()?;
        slice(self.stored.body, start, len)
    }

    /// Appends what is in a buffer.
    fn expand(&self, stored: &[u8], out: &mut Vec<u8>) -> Result<(), Problem> {
        let Some(codec) = self.codec.filter(|_| !stored.is_empty()) else {
            return Codec::Plain.expand(stored, 0, out, self.budget);
        };
        let size = u64_le(stored, 0).ok_or_else(|| damaged("a buffer is damaged"))?;
        // Minus one says that it is not packed.
        let codec = if size == u64::MAX { Codec::Plain } else { codec };
        codec.expand(&stored[8..], size, out, self.budget)
    }

    fn expanded(&self, stored: &[u8], problems: &mut Problems) -> Vec<u8> {
        let mut out = Vec::new();
        if let Err(problem) = self.expand(stored, &mut out) {
            problems.add(problem);
        }
        out
    }

    /// Reads a column, and its parts; `None` when its buffers are not there.
    fn field(
        &mut self,
        field: &Field,
        rows: &Rc<Rows>,
        columns: &mut Vec<Column>,
        problems: &mut Problems,
    ) -> Option<()> {
        let count = usize::try_from(u64_le(self.nodes, self.node * 16)?).ok()?;
        self.node += 1;
        if let Some((id, width)) = field.dictionary {
            let validity = self.next()?;
            let indices = self.next()?;
            if let Some(column) = self.coded(id, count, width, [validity, indices], rows, problems) {
                columns.push(Column { name: field.name.clone(), ..column });
            }
            return Some(());
        }
        let mut below = Rc::clone(rows);
        match field.layout {
            Layout::Null | Layout::Repeated => {}
            Layout::Numbers => drop((self.next()?, self.next()?)),
            Layout::Text(width) => {
                let validity = self.next()?;
                let (offsets, data) = (self.next()?, self.next()?);
                let mut column = Column::new(&field.name);
                let done = self.text(&mut column, count, width, [validity, offsets, data], rows, problems);
                if let Err(problem) = done {
                    problems.add(problem);
                }
                columns.push(column);
            }
            Layout::Views => {
                let validity = self.next()?;
                let views = self.next()?;
                let more = usize::try_from(u64_le(self.variadic, self.view * 8)?).ok()?;
                self.view += 1;
                let others: Option<Vec<_>> = (0..more.min(self.buffers.len())).map(|_| self.next()).collect();
                let mut column = Column::new(&field.name);
                let done = self.views(&mut column, count, [validity, views], &others?, rows, problems);
                if let Err(problem) = done {
                    problems.add(problem);
                }
                columns.push(column);
            }
            Layout::Fixed(width) => {
                let validity = self.next()?;
                let data = self.next()?;
                let mut column = Column::new(&field.name);
                if let Err(problem) = self.fixed(&mut column, count, width, [validity, data], rows, problems)
                {
                    problems.add(problem);
                }
                columns.push(column);
            }
            Layout::List(width) => {
                self.next()?;
                let offsets = self.next()?;
                if has_text(field) {
                    let offsets = self.expanded(offsets, problems);
                    below = Rc::new(Rows::Lists { offsets, width, above: Rc::clone(rows) });
                }
            }
            Layout::ListViews => drop((self.next()?, self.next()?, self.next()?)),
            Layout::FixedList(count) => {
                self.next()?;
                below = Rc::new(Rows::Every { count, above: Rc::clone(rows) });
            }
            Layout::Struct => drop(self.next()?),
            Layout::Union(is_dense) => {
                self.next()?;
                if is_dense {
                    self.next()?;
                }
            }
        }
        field.parts.iter().try_for_each(|part| self.field(part, &below, columns, problems))
    }

    fn text(
        &self,
        column: &mut Column,
        count: usize,
        width: usize,
        [validity, offsets, data]: [&[u8]; 3],
        rows: &Rows,
        problems: &mut Problems,
    ) -> Result<(), Problem> {
        let validity = self.expanded(validity, problems);
        let offsets = self.expanded(offsets, problems);
        // What came out before damage is kept.
        if let Err(problem) = self.expand(data, &mut column.bytes) {
            problems.add(problem);
        }
        for index in 0..count.min((offsets.len() / width).saturating_sub(1)) {
            let [start, end] = [index, index + 1].map(|n| number(&offsets, n, width).unwrap_or(0));
            let len = end.checked_sub(start).filter(|_| end <= column.bytes.len() as u64);
            let place = len.and_then(|len| span(start as usize, len as usize));
            let place = place.ok_or_else(|| damaged("the offsets of a column are damaged"))?;
            if is_there(&validity, index) {
                column.cells.push(rows.of(index), place, self.budget)?;
            }
        }
        Ok(())
    }

    fn views(
        &self,
        column: &mut Column,
        count: usize,
        [validity, views]: [&[u8]; 2],
        others: &[&[u8]],
        rows: &Rows,
        problems: &mut Problems,
    ) -> Result<(), Problem> {
        let validity = self.expanded(validity, problems);
        self.expand(views, &mut column.bytes)?;
        let views = column.bytes.len();
        let mut starts = Vec::new();
        for other in others {
            starts.push(column.bytes.len());
            if let Err(problem) = self.expand(other, &mut column.bytes) {
                problems.add(problem);
            }
        }
        let place = |bytes: &[u8], index: usize| -> Option<Span> {
            let at = index * 16;
            let len = size_le(bytes, at)?;
            if len <= 12 {
                return span(at + 4, len);
            }
            let start = starts.get(size_le(bytes, at + 8)?)?.checked_add(size_le(bytes, at + 12)?)?;
            (start.checked_add(len)? <= bytes.len()).then(|| span(start, len))?
        };
        for index in 0..count.min(views / 16) {
            if is_there(&validity, index) {
                let place = place(&column.bytes, index);
                let place = place.ok_or_else(|| damaged("the views of a column are damaged"))?;
                column.cells.push(rows.of(index), place, self.budget)?;
            }
        }
        Ok(())
    }

    fn fixed(
        &self,
        column: &mut Column,
        count: usize,
        width: usize,
        [validity, data]: [&[u8]; 2],
        rows: &Rows,
        problems: &mut Problems,
    ) -> Result<(), Problem> {
        let validity = self.expanded(validity, problems);
        self.expand(data, &mut column.bytes)?;
        for index in 0..count.min(column.bytes.len().checked_div(width).unwrap_or(0)) {
            if let Some(place) = span(index * width, width).filter(|_| is_there(&validity, index)) {
                column.cells.push(rows.of(index), place, self.budget)?;
            }
        }
        Ok(())
    }

    /// A column of indices; `None` where its dictionary is told by itself, or has no strings.
    fn coded(
        &self,
        id: i64,
        count: usize,
        width: usize,
        [validity, indices]: [&[u8]; 2],
        rows: &Rows,
        problems: &mut Problems,
    ) -> Option<Column> {
        let values = self.dictionaries.get(&id)?;
        let mut column = Column::new(b"");
        let mut dictionary = Dictionary::default();
        let validity = self.expanded(validity, problems);
        let indices = self.expanded(indices, problems);
        let done = (|| {
            let mut first = 0u64;
            for (count, part) in values {
                let base = column.keep(&part.bytes, self.budget)?.0;
                for (row, (start, len)) in part.cells.places() {
                    // Values that are empty have no cells.
                    while (dictionary.len() as u64) < first.saturating_add(row) {
                        dictionary.push((0, 0), self.budget)?;
                    }
                    dictionary.push((base.saturating_add(start), len), self.budget)?;
                }
                first = first.saturating_add(*count);
            }
            for index in (0..count.min(indices.len() / width)).filter(|n| is_there(&validity, *n)) {
                let value = number(&indices, index, width).and_then(|n| dictionary.get(n)).flatten();
                if let Some(place) = value {
                    column.cells.push(rows.of(index), place, self.budget)?;
                }
            }
            Ok(())
        })();
        if let Err(problem) = done {
            problems.add(problem);
        }
        Some(column)
    }
}

/// Whether a column or a part of it has strings.
fn has_text(field: &Field) -> bool {
    matches!(field.layout, Layout::Text(_) | Layout::Views | Layout::Fixed(_))
        || field.parts.iter().any(has_text)
}
