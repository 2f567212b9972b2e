//! Tables that are stored column by column, put together again: a row is a line of JSON, so that an id and its secret
//! are in one object, under the names of their columns. Cells of many lines, long or binary ones are a text of their own.
//!
//! What columns of numbers hold is left out.

pub(super) mod codec;

use super::budget::Budget;
use super::inflate::OVER_BUDGET;
use super::{Contents, Member, Problem};
use crate::ledger::Reason;
use crate::limits::Limits;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// Cells from this size on are no part of a row.
const LONG: usize = 4096;
/// How often a value is told that is stored once for many rows.
const TIMES: u8 = 16;
/// What the budget is charged for a cell.
const CELL: u64 = size_of::<Cell>() as u64;

/// Where a value stands among the bytes of its column.
pub(super) type Span = (u32, u32);

struct Cell {
    row: u32,
    start: u32,
    len: u32,
}

/// The cells of a column, in the order of their rows.
#[derive(Default)]
pub(super) struct Cells(Vec<Cell>);

impl Cells {
    /// Adds a cell of a row.
    pub(super) fn push(&mut self, row: u64, (start, len): Span, budget: &Budget) -> Result<(), Problem> {
        if len == 0 {
            return Ok(());
        }
        if self.0.len() == self.0.capacity() {
            let more = self.0.capacity().max(64);
            charge(more as u64 * CELL, budget)?;
            self.0.reserve_exact(more);
        }
        self.0.push(Cell { row: u32::try_from(row).unwrap_or(u32::MAX), start, len });
        Ok(())
    }

    /// Row and place of each.
    pub(super) fn places(&self) -> impl Iterator<Item = (u64, Span)> {
        self.0.iter().map(|cell| (u64::from(cell.row), (cell.start, cell.len)))
    }
}

/// A column of strings.
pub(super) struct Column {
    /// As the author called it; of nested ones, the path with dots.
    pub name: Vec<u8>,
    /// What its cells refer to; charged already.
    pub bytes: Vec<u8>,
    /// Its cells.
    pub cells: Cells,
}

impl Column {
    /// One without cells.
    pub(super) fn new(name: &[u8]) -> Self {
        Column { name: name.to_vec(), bytes: Vec::new(), cells: Cells::default() }
    }

    /// Keeps a value; where it is.
    pub(super) fn keep(&mut self, value: &[u8], budget: &Budget) -> Result<Span, Problem> {
        charge(value.len() as u64, budget)?;
        let start = self.bytes.len();
        self.bytes.extend_from_slice(value);
        span(start, value.len()).ok_or_else(|| too_large(budget))
    }

    fn value(&self, cell: &Cell) -> &[u8] {
        let start = cell.start as usize;
        self.bytes.get(start..start.saturating_add(cell.len as usize)).unwrap_or_default()
    }
}

/// A place among the bytes of a column.
pub(super) fn span(start: usize, len: usize) -> Option<Span> {
    Some((u32::try_from(start).ok()?, u32::try_from(len).ok()?))
}

/// Takes from the budget.
pub(super) fn charge(bytes: u64, budget: &Budget) -> Result<(), Problem> {
    match budget.take(bytes) {
        true => Ok(()),
        false => Err(Problem::new(Reason::Limit, OVER_BUDGET)),
    }
}

fn too_large(budget: &Budget) -> Problem {
    let detail = format!("the rows have more than {} bytes", budget.limits.entry_bytes);
    Problem::new(Reason::Limit, detail)
}

/// Values that are stored once, and how often each was told.
#[derive(Default)]
pub(super) struct Dictionary {
    values: Vec<(Span, u8)>,
}

impl Dictionary {
    pub(super) fn push(&mut self, value: Span, budget: &Budget) -> Result<(), Problem> {
        if self.values.len() == self.values.capacity() {
            let more = self.values.capacity().max(64);
            charge(more as u64 * CELL, budget)?;
            self.values.reserve_exact(more);
        }
        self.values.push((value, 0));
        Ok(())
    }

    /// The value, if it was not told often already; `None` when there is no such value.
    pub(super) fn get(&mut self, index: u64) -> Option<Option<Span>> {
        let (value, times) = self.values.get_mut(usize::try_from(index).ok()?)?;
        *times = times.saturating_add(1);
        Some((*times <= TIMES).then_some(*value))
    }

    /// How many values there are.
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }
}

/// What is wrong with the columns of a piece of a table: the first problem, and how many there are.
#[derive(Default)]
pub(super) struct Problems {
    first: Option<Problem>,
    more: usize,
    /// Bytes of the columns that were read, and how many columns these are.
    held: u64,
    counted: usize,
}

impl Problems {
    pub(super) fn add(&mut self, problem: Problem) {
        match &mut self.first {
            None => self.first = Some(problem),
            // What a limit cut is what a user can do something about.
            Some(first) if first.reason != Reason::Limit && problem.reason == Reason::Limit => {
                *first = problem;
                self.more += 1;
            }
            Some(_) => self.more += 1,
        }
    }

    fn told(self) -> Option<Problem> {
        let mut problem = self.first?;
        if self.more > 0 {
            problem.detail = format!("{}; and {} more", problem.detail, self.more);
        }
        Some(problem)
    }
}

/// A piece of a table whose rows are put together at a time.
pub(super) trait Piece: Send + Sync {
    /// Reads its columns; tells what is wrong with them.
    fn columns(&self, problems: &mut Problems, budget: &Budget) -> Vec<Column>;

    /// How many bytes it has as it is stored.
    fn stored(&self) -> u64;
}

/// Whether more columns may be read beside those that were: all of them are in memory together.
pub(super) fn has_room(columns: &[Column], problems: &mut Problems, budget: &Budget) -> bool {
    let new = columns.get(problems.counted..).unwrap_or_default();
    let held = |column: &Column| column.bytes.len() as u64 + column.cells.0.capacity() as u64 * CELL;
    problems.held += new.iter().map(held).sum::<u64>();
    problems.counted = columns.len();
    let has_room = problems.held <= budget.limits.entry_bytes;
    if !has_room {
        problems.add(too_large(budget));
    }
    has_room
}

/// The members of a piece: its rows, and what is no part of them.
pub(super) fn members<'b>(name: &str, piece: impl Piece + 'b) -> [Box<dyn Member + 'b>; 2] {
    let shared = Arc::new(Shared { piece, others: AtomicU8::new(UNKNOWN) });
    let rows = Part { name: name.as_bytes().to_vec(), is_rows: true, shared: Arc::clone(&shared) };
    let others = Part { name: format!("{name}, long cells").into_bytes(), is_rows: false, shared };
    [Box::new(rows), Box::new(others)]
}

const UNKNOWN: u8 = 0;
const NONE: u8 = 1;
const SOME: u8 = 2;

struct Shared<P> {
    piece: P,
    /// Whether there are cells that are no part of rows: known when either was read.
    others: AtomicU8,
}

struct Part<P> {
    name: Vec<u8>,
    is_rows: bool,
    shared: Arc<Shared<P>>,
}

impl<P: Piece> Member for Part<P> {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn size_hint(&self) -> u64 {
        // Rows come first, and mostly all is in them.
        if self.is_rows { self.shared.piece.stored().saturating_mul(4) } else { 0 }
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        buffer.clear();
        if !self.is_rows && self.shared.others.load(Ordering::Relaxed) == NONE {
            return Contents::default();
        }
        let mut problems = Problems::default();
        let outer = budget;
        // Half of what is left for one column, so that something is left for the rows.
        let most = most_held(self.shared.piece.stored(), &outer.limits).min(outer.left() / 2);
        let budget = &outer.narrowed(most);
        let before = budget.left();
        let columns = self.shared.piece.columns(&mut problems, budget);
        let is_long = |column: &Column, cell: &Cell| is_no_part(column.value(cell));
        let has_others = columns.iter().any(|c| c.cells.0.iter().any(|cell| is_long(c, cell)));
        self.shared.others.store(if has_others { SOME } else { NONE }, Ordering::Relaxed);
        let written = match self.is_rows {
            true => rows(&columns, buffer, budget),
            false => long_cells(&columns, buffer, budget),
        };
        if let Err(problem) = written {
            problems.add(problem);
        }
        // Nothing is given back to the budget: pieces that overlap by the thousand are work without end. The rows tell
        // what is wrong.
        outer.settle(budget, before);
        let problem = problems.told().filter(|_| self.is_rows);
        Contents { bytes: buffer, problem }
    }
}

/// Bytes that the columns of a piece may have, and its rows as many again: all are in memory together, so less than an
/// entry may have that is expanded alone, and no more than may come out of what is stored.
fn most_held(stored: u64, limits: &Limits) -> u64 {
    (limits.entry_bytes / 4).min(stored.saturating_mul(limits.ratio).max(Limits::RATIO_FREE_BYTES))
}

/// Whether a cell is no part of a row.
fn is_no_part(value: &[u8]) -> bool {
    value.len() >= LONG
        || value.iter().any(|&b| b < 0x20 && b != b'\t')
        || std::str::from_utf8(value).is_err()
}

/// Charged before it is written.
fn append(bytes: &[u8], out: &mut Vec<u8>, budget: &Budget) -> Result<(), Problem> {
    if (out.len() + bytes.len()) as u64 > budget.limits.entry_bytes {
        return Err(too_large(budget));
    }
    charge(bytes.len() as u64, budget)?;
    out.extend_from_slice(bytes);
    Ok(())
}

fn long_cells(columns: &[Column], out: &mut Vec<u8>, budget: &Budget) -> Result<(), Problem> {
    for column in columns {
        for value in column.cells.0.iter().map(|cell| column.value(cell)).filter(|value| is_no_part(value)) {
            append(value, out, budget)?;
            append(b"\n\n", out, budget)?;
        }
    }
    Ok(())
}

fn rows(columns: &[Column], out: &mut Vec<u8>, budget: &Budget) -> Result<(), Problem> {
    let mut next = vec![0; columns.len()];
    let first = |n: usize| Some(Reverse((columns[n].cells.0.first()?.row, n)));
    let mut heap: BinaryHeap<Reverse<(u32, usize)>> = (0..columns.len()).filter_map(first).collect();
    // The cells of one row: column and value.
    let mut row: Vec<(usize, &[u8])> = Vec::new();
    let mut line = Vec::new();
    while let Some(Reverse((number, n))) = heap.pop() {
        let cells = &columns[n].cells.0;
        while let Some(cell) = cells.get(next[n]).filter(|cell| cell.row <= number) {
            row.push((n, columns[n].value(cell)));
            next[n] += 1;
        }
        if let Some(cell) = cells.get(next[n]) {
            heap.push(Reverse((cell.row, n)));
        }
        if heap.peek().is_some_and(|Reverse((other, _))| *other == number) {
            continue;
        }
        row.retain(|(_, value)| !is_no_part(value));
        if !row.is_empty() {
            write_row(columns, &row, &mut line);
            append(&line, out, budget)?;
            line.clear();
        }
        row.clear();
    }
    Ok(())
}

/// One row as an object; keys and values of maps become names and values.
fn write_row(columns: &[Column], row: &[(usize, &[u8])], line: &mut Vec<u8>) {
    let mut groups = row.chunk_by(|(a, _), (b, _)| a == b).peekable();
    line.push(b'{');
    while let Some(group) = groups.next() {
        let name = &columns[group[0].0].name;
        let is_map = |values: &&&[(usize, &[u8])]| {
            let stem = name.strip_suffix(b".key");
            values.len() == group.len()
                && stem.is_some()
                && columns[values[0].0].name.strip_suffix(b".value") == stem
        };
        if let Some(values) = groups.peek().filter(is_map) {
            for ((_, key), (_, value)) in group.iter().zip(*values) {
                text(key, line);
                line.push(b':');
                cell(value, line);
                line.push(b',');
            }
            groups.next();
            continue;
        }
        text(name, line);
        line.push(b':');
        match group {
            [(_, value)] => cell(value, line),
            _ => {
                line.push(b'[');
                for (_, value) in group {
                    cell(value, line);
                    line.push(b',');
                }
                line.pop();
                line.push(b']');
            }
        }
        line.push(b',');
    }
    line.pop();
    line.extend_from_slice(b"}\n");
}

/// Documents in cells are part of the document.
fn cell(value: &[u8], line: &mut Vec<u8>) {
    let is_document = matches!(value, [b'{', b'"', .., b'}'] | [b'[', b'"' | b'{', .., b']']);
    if is_document { line.extend_from_slice(value) } else { text(value, line) }
}

/// A string of JSON.
pub(super) fn text(value: &[u8], line: &mut Vec<u8>) {
    line.push(b'"');
    for &b in value {
        match b {
            b'"' | b'\\' => line.extend([b'\\', b]),
            b'\t' => line.extend(b"\\t"),
            b'\n' => line.extend(b"\\n"),
            b'\r' => line.extend(b"\\r"),
            0..0x20 => line.push(b' '),
            _ => line.push(b),
        }
    }
    line.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, cells: &[(u64, &str)], budget: &Budget) -> Column {
        let mut column = Column::new(name.as_bytes());
        for (row, value) in cells {
            let span = column.keep(value.as_bytes(), budget).unwrap();
            column.cells.push(*row, span, budget).unwrap();
        }
        column
    }

    #[test]
    fn rows_are_put_together_and_long_cells_stand_apart() {
        let budget = Budget::new(&Limits::default(), 1 << 20);
        let columns = [
            column("id", &[(0, "a\"b"), (3, "c")], &budget),
            column("m.key", &[(0, "x"), (0, "y"), (1, "z")], &budget),
            column("m.value", &[(0, "1"), (0, "2")], &budget),
            column("secret", &[(1, "two\nlines"), (3, "d"), (3, "e"), (4, "{\"k\":1}")], &budget),
        ];
        let mut out = Vec::new();
        rows(&columns, &mut out, &budget).unwrap();
        let wanted = "{\"id\":\"a\\\"b\",\"x\":\"1\",\"y\":\"2\"}\n{\"m.key\":\"z\"}\n\
                      {\"id\":\"c\",\"secret\":[\"d\",\"e\"]}\n{\"secret\":{\"k\":1}}\n";
        assert_eq!(String::from_utf8(out).unwrap(), wanted);
        let mut out = Vec::new();
        long_cells(&columns, &mut out, &budget).unwrap();
        assert_eq!(out, b"two\nlines\n\n");
    }

    #[test]
    fn budgets_and_dictionaries() {
        let budget = Budget::new(&Limits { expanded_bytes: 1000, ..Limits::default() }, 10);
        let mut cells = Cells::default();
        let pushed = (0..100).take_while(|&n| cells.push(n, (0, 1), &budget).is_ok()).count();
        assert!(pushed < 100 && budget.is_exhausted());
        let budget = Budget::new(&Limits { entry_bytes: 20, ..Limits::default() }, 10);
        let columns = [column("a", &[(0, "0123456"), (1, "0123456")], &budget)];
        let mut out = Vec::new();
        assert!(rows(&columns, &mut out, &budget).is_err());
        assert_eq!(out, b"{\"a\":\"0123456\"}\n");
        let mut dictionary = Dictionary::default();
        dictionary.push((7, 1), &Budget::new(&Limits::default(), 10)).unwrap();
        let told = (0..100).filter(|_| dictionary.get(0) == Some(Some((7, 1)))).count();
        assert_eq!((told, dictionary.get(1)), (usize::from(TIMES), None));
    }
}
