//! Arrow: tables in memory, as files (Feather 2) and as streams (`Columnar.rst`, "IPC"). Batches of rows stand one behind
//! the other, each behind its description; buffers are packed by LZ4 or zstd, or not at all.

mod batch;
mod flat;
mod schema;

use super::budget::Budget;
use super::columns::{self, Column, Piece, Problems};
use super::parquet::around;
use super::{Container, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{size_le, slice, u32_le, u64_le};
use crate::limits::Limits;
use batch::{Dictionaries, Reader, Stored};
use flat::Table;
use schema::{Field, Layout};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// Opens files and streams.
pub struct Arrow;

const MARK: &[u8] = b"ARROW1\0\0";
/// What stands before each message, since version 0.15.
const CONTINUED: u32 = u32::MAX;
const SCHEMA: u8 = 1;
const DICTIONARY: u8 = 2;
const BATCH: u8 = 3;
/// Bytes of dictionaries that are read again for each batch, beyond four times the file.
const AGAIN: u64 = 16 << 20;

/// A piece of the file with its description.
struct Message<'b> {
    kind: u8,
    header: Table<'b>,
    body: Range<usize>,
    /// What is there of the body.
    is_cut: bool,
}

/// The message at `at`, and where the next one is; `Some(None)` at the end of all.
fn message<'b>(data: &'b [u8], at: usize) -> Option<Option<(Message<'b>, usize)>> {
    let mut at = at;
    if u32_le(data, at)? == CONTINUED {
        at += 4;
    }
    let len = size_le(data, at)?;
    at += 4;
    if len == 0 {
        return Some(None);
    }
    let message = Table::root(slice(data, at, len)?)?;
    let start = at + len;
    let end = start.checked_add(usize::try_from(message.long(3)).ok()?)?;
    let header = message.table(2)?;
    let body = start..end.min(data.len());
    Some(Some((Message { kind: message.byte(1), header, body, is_cut: end > data.len() }, end)))
}

/// Where messages begin.
fn first(data: &[u8]) -> Option<usize> {
    let at = if data.starts_with(MARK) { MARK.len() } else { 0 };
    // Without a mark, the first message has to be a schema.
    let is_stream = || {
        u32_le(data, 0) == Some(CONTINUED) && message(data, 0).flatten().is_some_and(|m| m.0.kind == SCHEMA)
    };
    (at > 0 && data.len() > 32 || is_stream()).then_some(at)
}

impl Container for Arrow {
    fn name(&self) -> &'static str {
        "arrow"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        matches!(blob.bytes, [b'A', ..] | [0xff, ..]) && first(blob.bytes).is_some()
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut opened = Opened::default();
        let mut bodies = Vec::new();
        let (messages, ended) = messages(data, limits);
        if let Some(problem) = ended {
            opened.problems.push(problem);
        }
        let schema = messages.iter().find(|m| m.kind == SCHEMA).map(|m| m.header);
        let table = schema.and_then(|schema| {
            if schema.short(0) != 0 {
                return None;
            }
            let fields = schema::fields(schema)?;
            let mut dictionaries = HashMap::new();
            schema::dictionaries(&fields, &mut dictionaries);
            Some(Arc::new(Columns { fields, dictionaries }))
        });
        let Some(table) = table else {
            opened.gaps.push(0..data.len());
            let problem = Problem::new(Reason::Unsupported, "arrow: columns that are not known");
            opened.problems.push(problem.of_bytes(data.len() as u64));
            return opened;
        };
        let batches = messages.iter().filter(|m| m.kind == BATCH).count() as u64;
        let held = messages.iter().filter(|m| m.kind == DICTIONARY).map(|m| m.body.len() as u64 + 64);
        let held: u64 = held.sum();
        let is_joined =
            batches > 0 && held.saturating_mul(batches) <= (data.len() as u64).saturating_mul(4).max(AGAIN);
        // Dictionaries so far: a new one takes the place of the old, unless it is more of the same.
        let mut so_far: Known<'b> = HashMap::new();
        let (mut shared, mut has_changed) = (Arc::default(), false);
        let (mut batches, mut dictionaries) = (0, 0);
        for message in messages {
            let stored = |batch| Stored { batch, body: &data[message.body.clone()] };
            match message.kind {
                DICTIONARY => {
                    let Some(batch) = message.header.table(1) else { continue };
                    let id = message.header.long(0);
                    if is_joined {
                        let pieces = so_far.entry(id).or_default();
                        if message.header.byte(2) == 0 {
                            pieces.clear();
                        }
                        pieces.push(stored(batch));
                        has_changed = true;
                    } else {
                        let table = Arc::clone(&table);
                        let piece = Rows {
                            table,
                            only: Some(id),
                            stored: stored(batch),
                            dictionaries: Arc::default(),
                        };
                        opened.members.extend(columns::members(&format!("dictionary {dictionaries}"), piece));
                        dictionaries += 1;
                    }
                }
                BATCH => {
                    if std::mem::take(&mut has_changed) {
                        shared = Arc::new(so_far.clone());
                    }
                    let (table, dictionaries) = (Arc::clone(&table), Arc::clone(&shared));
                    let piece = Rows { table, only: None, stored: stored(message.header), dictionaries };
                    opened.members.extend(columns::members(&format!("batch {batches}"), piece));
                    batches += 1;
                }
                _ => continue,
            }
            bodies.push(message.body);
        }
        opened.gaps = around(bodies, data.len());
        opened
    }
}

/// All messages, and what is wrong with them.
fn messages<'b>(data: &'b [u8], limits: &Limits) -> (Vec<Message<'b>>, Option<Problem>) {
    let mut messages = Vec::new();
    let Some(mut at) = first(data) else { return (messages, None) };
    // Polars writes the schema without its length: readers take it from behind the batches.
    if data.starts_with(MARK)
        && message(data, at).flatten().is_none()
        && let Some(listed) = listed(data, limits)
    {
        return listed;
    }
    let damaged = |at: usize| {
        let left = data.len().saturating_sub(at) as u64;
        Problem::new(Reason::Damaged, format!("arrow: the message at {at} is damaged")).of_bytes(left)
    };
    // A stream may end without a word.
    while at < data.len() {
        if messages.len() as u64 >= limits.entries {
            let detail = format!("more than {} batches", limits.entries);
            return (messages, Some(Problem::new(Reason::Limit, detail)));
        }
        match message(data, at) {
            Some(None) => break,
            Some(Some((message, end))) => {
                let is_cut = message.is_cut;
                messages.push(message);
                if is_cut {
                    return (messages, Some(damaged(at)));
                }
                at = end;
            }
            None => return (messages, Some(damaged(at))),
        }
    }
    (messages, None)
}

/// The messages of a file as the table at its end lists them.
fn listed<'b>(data: &'b [u8], limits: &Limits) -> Option<(Vec<Message<'b>>, Option<Problem>)> {
    const BLOCK: usize = 24;
    let end = data.len().checked_sub(10).filter(|end| data[end + 4..] == MARK[..6])?;
    let start = end.checked_sub(size_le(data, end)?)?;
    let footer = Table::root(&data[start..end])?;
    let schema = Message { kind: SCHEMA, header: footer.table(1)?, body: 0..0, is_cut: false };
    let mut messages = vec![schema];
    let mut damaged = 0;
    // Dictionaries come first.
    for block in [2, 3].iter().flat_map(|n| footer.list(*n, BLOCK).unwrap_or_default().chunks_exact(BLOCK)) {
        if messages.len() as u64 >= limits.entries {
            let detail = format!("more than {} batches", limits.entries);
            return Some((messages, Some(Problem::new(Reason::Limit, detail))));
        }
        let at = u64_le(block, 0).and_then(|at| usize::try_from(at).ok());
        match at.and_then(|at| message(data, at)).flatten() {
            Some((message, _)) => messages.push(message),
            None => damaged += 1,
        }
    }
    let problem = (damaged > 0)
        .then(|| Problem::new(Reason::Damaged, format!("arrow: {damaged} messages are damaged")));
    Some((messages, problem))
}

/// Dictionaries in pieces, by their numbers.
type Known<'b> = HashMap<i64, Vec<Stored<'b>>>;

/// What the schema says.
struct Columns {
    fields: Vec<Field>,
    dictionaries: HashMap<i64, Layout>,
}

/// A batch, or a dictionary.
struct Rows<'b> {
    table: Arc<Columns>,
    /// Of a dictionary, its number.
    only: Option<i64>,
    stored: Stored<'b>,
    dictionaries: Arc<Known<'b>>,
}

impl Piece for Rows<'_> {
    fn columns(&self, problems: &mut Problems, budget: &Budget) -> Vec<Column> {
        if let Some(id) = self.only {
            return dictionary(&self.table, id, self.stored, problems, budget);
        }
        let mut dictionaries = Dictionaries::default();
        let pieces = self.dictionaries.iter().flat_map(|(id, pieces)| pieces.iter().map(move |p| (id, p)));
        for (id, stored) in pieces {
            let values = dictionary(&self.table, *id, *stored, problems, budget);
            if let Some(column) = values.into_iter().next() {
                let count = u64::try_from(stored.batch.long(0)).unwrap_or(0);
                dictionaries.entry(*id).or_default().push((count, column));
            }
        }
        read(self.stored, &self.table.fields, &dictionaries, problems, budget)
    }

    fn stored(&self) -> u64 {
        self.stored.body.len() as u64
    }
}

fn read(
    stored: Stored<'_>,
    fields: &[Field],
    dictionaries: &Dictionaries,
    problems: &mut Problems,
    budget: &Budget,
) -> Vec<Column> {
    match Reader::new(stored, dictionaries, budget) {
        Ok(reader) => reader.read(fields, problems),
        Err(problem) => {
            problems.add(problem);
            Vec::new()
        }
    }
}

/// The values of a dictionary: a batch of one column.
fn dictionary(
    table: &Columns,
    id: i64,
    stored: Stored<'_>,
    problems: &mut Problems,
    budget: &Budget,
) -> Vec<Column> {
    let Some(&layout) = table.dictionaries.get(&id) else { return Vec::new() };
    let name = format!("dictionary {id}").into_bytes();
    let field = [Field { name, layout, dictionary: None, parts: Vec::new() }];
    read(stored, &field, &Dictionaries::default(), problems, budget)
}

#[cfg(test)]
mod tests;
