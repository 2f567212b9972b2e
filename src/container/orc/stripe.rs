//! The columns of a stripe, out of their streams.

use super::super::budget::Budget;
use super::super::columns::{Column, Dictionary, Problems, charge, has_room, span};
use super::integers::{bytes, numbers};
use super::tail::{Kind, Stream, Stripe, stripe_footer};
use super::{Packed, Problem};
use crate::ledger::Reason;
use crate::lens::bytes::slice;
use std::rc::Rc;

/// Deeper columns are not read.
const DEPTH: usize = 24;
const NAME: usize = 256;

/// Streams.
const PRESENT: u64 = 0;
const DATA: u64 = 1;
const LENGTH: u64 = 2;
const DICTIONARY: u64 = 3;

/// For each value of a column its row; without a list, each is its own.
type Rows = Option<Rc<Vec<u32>>>;

pub(super) fn columns(
    data: &[u8],
    packed: Packed,
    kinds: &[Kind],
    stripe: Stripe,
    problems: &mut Problems,
    budget: &Budget,
) -> Vec<Column> {
    let footer = stripe.start.saturating_add(stripe.index).saturating_add(stripe.data);
    let Some(stored) = slice(data, footer, stripe.footer) else {
        let problem = Problem::new(Reason::Damaged, "orc: a stripe is not there as a whole");
        problems.add(problem.of_bytes(stripe.data as u64));
        return Vec::new();
    };
    let mut bytes = Vec::new();
    if let Err(problem) = packed.expand(stored, &mut bytes, budget) {
        problems.add(problem);
    }
    let (mut streams, encodings) = stripe_footer(&bytes, stripe.start);
    streams.sort_by_key(|stream| (stream.column, stream.kind));
    let mut reader = Reader {
        data,
        packed,
        kinds,
        streams,
        encodings,
        seen: vec![false; kinds.len()],
        columns: Vec::new(),
        budget,
    };
    reader.column(0, &[], None, DEPTH, problems);
    reader.columns
}

struct Reader<'r> {
    data: &'r [u8],
    packed: Packed,
    kinds: &'r [Kind],
    /// By column and kind.
    streams: Vec<Stream>,
    encodings: Vec<(u64, u64)>,
    /// Columns that were read: each is part of one other.
    seen: Vec<bool>,
    columns: Vec<Column>,
    budget: &'r Budget,
}

impl Reader<'_> {
    /// What is in a stream; `None` when there is none.
    fn stream(&self, column: usize, kind: u64) -> Result<Option<Vec<u8>>, Problem> {
        let (bytes, problem) = self.stream_so_far(column, kind);
        problem.map_or(Ok(bytes), Err)
    }

    /// The same, with what came out before something went wrong.
    fn stream_so_far(&self, column: usize, kind: u64) -> (Option<Vec<u8>>, Option<Problem>) {
        let found = self.streams.binary_search_by_key(&(column, kind), |stream| (stream.column, stream.kind));
        let Ok(n) = found else { return (None, None) };
        let stream = &self.streams[n];
        let Some(stored) = slice(self.data, stream.start, stream.len) else {
            let problem = Problem::new(Reason::Damaged, "orc: a stream is cut off");
            return (None, Some(problem.of_bytes(stream.len as u64)));
        };
        let mut out = Vec::new();
        let problem = self.packed.expand(stored, &mut out, self.budget).err();
        (Some(out), problem)
    }

    /// Numbers of a stream, and whether they are sound.
    fn numbers(&self, column: usize, kind: u64, problems: &mut Problems) -> Result<Vec<u64>, Problem> {
        let Some(stored) = self.stream(column, kind)? else { return Ok(Vec::new()) };
        let is_second = self.encodings.get(column).is_some_and(|(encoding, _)| *encoding >= 2);
        let (numbers, is_sound) = numbers(&stored, is_second, u64::MAX, self.budget)?;
        if !is_sound {
            problems.add(Problem::new(Reason::Damaged, "orc: a stream of numbers is damaged"));
        }
        Ok(numbers)
    }

    fn column(&mut self, id: usize, name: &[u8], rows: Rows, depth: usize, problems: &mut Problems) {
        let Some(kind) = self.kinds.get(id) else { return };
        if std::mem::replace(&mut self.seen[id], true) {
            return;
        }
        let Some(depth) = depth.checked_sub(1) else {
            problems.add(Problem::new(Reason::Limit, "orc: columns in columns without end"));
            return;
        };
        if !has_room(&self.columns, problems, self.budget) {
            return;
        }
        if let Err(problem) = self.parts(id, kind, name, rows, depth, problems) {
            problems.add(problem);
        }
    }

    fn parts(
        &mut self,
        id: usize,
        kind: &Kind,
        name: &[u8],
        rows: Rows,
        depth: usize,
        problems: &mut Problems,
    ) -> Result<(), Problem> {
        let below = |part: &[u8]| {
            let mut path = name.to_vec();
            if !name.is_empty() {
                path.push(b'.');
            }
            path.extend_from_slice(&part[..part.len().min(NAME.saturating_sub(path.len()))]);
            path
        };
        match kind.kind {
            // Strings, bytes, and those of a longest or one length.
            7 | 8 | 16 | 17 => {
                let rows = self.present(id, rows)?;
                let mut column = Column::new(name);
                let done = self.strings(id, &mut column, &rows, problems);
                self.columns.push(column);
                done
            }
            // Lists and maps: how many values each row has.
            10 | 11 => {
                let rows = self.present(id, rows)?;
                let mut all = Vec::new();
                for (n, count) in self.numbers(id, LENGTH, problems)?.into_iter().enumerate() {
                    charge(count.saturating_mul(4), self.budget)?;
                    let row = row(&rows, n) as u32;
                    all.extend(std::iter::repeat_n(row, count as usize));
                }
                let rows = Some(Rc::new(all));
                for (n, part) in kind.parts.iter().enumerate() {
                    let path = match (kind.kind, n) {
                        (11, 0) => below(b"key"),
                        (11, _) => below(b"value"),
                        _ => name.to_vec(),
                    };
                    self.column(*part, &path, rows.clone(), depth, problems);
                }
                Ok(())
            }
            // Structures; of unions, which rows have a part is not looked at.
            12 | 13 => {
                let rows = self.present(id, rows)?;
                for (n, part) in kind.parts.iter().enumerate() {
                    let path = kind.names.get(n).map_or_else(|| name.to_vec(), |part| below(part));
                    self.column(*part, &path, rows.clone(), depth, problems);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The rows that have a value.
    fn present(&self, id: usize, rows: Rows) -> Result<Rows, Problem> {
        let Some(stored) = self.stream(id, PRESENT)? else { return Ok(rows) };
        let bits = bytes(&stored, self.budget)?;
        let count = bits.iter().map(|byte| u64::from(byte.count_ones())).sum::<u64>();
        charge(count * 4, self.budget)?;
        let all = bits.len() * 8;
        let all = rows.as_ref().map_or(all, |rows| rows.len().min(all));
        let is_there = |n: &usize| bits[n / 8] >> (7 - n % 8) & 1 == 1;
        Ok(Some(Rc::new((0..all).filter(is_there).map(|n| row(&rows, n) as u32).collect())))
    }

    fn strings(
        &self,
        id: usize,
        column: &mut Column,
        rows: &Rows,
        problems: &mut Problems,
    ) -> Result<(), Problem> {
        let encoding = self.encodings.get(id).map_or(0, |(encoding, _)| *encoding);
        let is_dictionary = matches!(encoding, 1 | 3);
        let lengths = self.numbers(id, LENGTH, problems)?;
        let (bytes, problem) = self.stream_so_far(id, if is_dictionary { DICTIONARY } else { DATA });
        column.bytes = bytes.unwrap_or_default();
        let mut at = 0;
        let mut dictionary = Dictionary::default();
        for (n, len) in lengths.into_iter().enumerate() {
            let place = usize::try_from(len).ok().filter(|len| *len <= column.bytes.len() - at);
            let place = place.and_then(|len| span(at, len));
            let Some(place) = place else {
                // The values before it are there.
                return Err(problem.unwrap_or_else(|| {
                    let problem = Problem::new(Reason::Damaged, "orc: the lengths of a column are damaged");
                    problem.of_bytes((column.bytes.len() - at) as u64)
                }));
            };
            at += place.1 as usize;
            if is_dictionary {
                dictionary.push(place, self.budget)?;
            } else {
                column.cells.push(row(rows, n), place, self.budget)?;
            }
        }
        if is_dictionary {
            for (n, index) in self.numbers(id, DATA, problems)?.into_iter().enumerate() {
                if let Some(place) = dictionary.get(index).flatten() {
                    column.cells.push(row(rows, n), place, self.budget)?;
                }
            }
        }
        problem.map_or(Ok(()), Err)
    }
}

/// The row of a value.
fn row(rows: &Rows, n: usize) -> u64 {
    rows.as_ref().map_or(n as u64, |rows| rows.get(n).map_or(n as u64, |row| u64::from(*row)))
}
