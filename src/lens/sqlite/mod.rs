//! SQLite databases: rows of tables with the names of their columns (<https://sqlite.org/fileformat2.html>).

mod btree;
mod carve;
mod schema;

use super::strings::{Places, Strings};
use super::{Complaint, Damage, Lens, bytes};
use crate::blob::{Blob, Scope, ScopeClass, ScopeId, Site, Text, TextKind};
use crate::limits::Limits;
use btree::{Cell, Pages, Walk};
use schema::{Table, cell_text};
pub(super) use schema::{columns, sides};
use std::collections::HashMap;

/// Reads databases.
pub struct SqliteLens;
/// Reads write-ahead logs.
pub struct WalLens;

/// Shorter strings hold nothing anyone looks for.
const MIN_LEN: usize = 8;
/// Rows that are remembered by name.
const MAX_ROWS: usize = 1 << 20;

impl Lens for SqliteLens {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        blob.bytes.starts_with(b"SQLite format 3\0")
    }

    fn texts(&self, blob: &Blob<'_>, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
        let mut complaint = Complaint::of("SQLite");
        match Pages::of_database(blob.bytes) {
            Some(pages) => read(&pages, limits, &mut complaint, emit),
            None => complaint.note(16, || "no page size".into()),
        }
        complaint.into_result()
    }
}

impl Lens for WalLens {
    fn name(&self) -> &'static str {
        "sqlite-wal"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        matches!(bytes::u32_be(blob.bytes, 0), Some(0x377f_0682 | 0x377f_0683)) && blob.bytes.len() > 56
    }

    fn texts(&self, blob: &Blob<'_>, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
        let mut complaint = Complaint::of("SQLite WAL");
        match Pages::of_wal(blob.bytes) {
            Some(pages) => read(&pages, limits, &mut complaint, emit),
            None => complaint.note(8, || "no page size".into()),
        }
        complaint.into_result()
    }
}

/// A row with something worth telling in it.
struct Row {
    table: usize,
    rowid: Option<i64>,
    /// The cell that names the others.
    name: Option<String>,
    /// Found where deleted rows are.
    is_deleted: bool,
}

struct Rows {
    /// A hash of the file: rows of several databases of one artifact differ.
    salt: u64,
    tables: Vec<Table>,
    rows: Vec<Row>,
}

/// Kinds of pages.
const LEAF: u8 = 13;
const LEAF_OF_KEYS: u8 = 10;

/// Takes a value that is bytes: its row, where it stands if that is in one piece, and the bytes.
type TakeBlob<'t> = dyn FnMut(Option<i64>, Option<usize>, &[u8]) + 't;

/// Calls `found` with each value of a database that is bytes. Pages that were freed are among those that are read.
pub fn blobs(data: &[u8], found: &mut TakeBlob<'_>) {
    let Some(pages) = Pages::of_database(data) else { return };
    // Those of tables without row numbers too, as Firefox has for what pages have stored.
    Walk::new(&pages).leaves(&pages, &[LEAF, LEAF_OF_KEYS], &mut |row, cells| {
        cells.iter().filter(|cell| cell.is_blob).for_each(|cell| found(row, cell.at, cell.bytes));
    });
}

fn read(pages: &Pages<'_>, limits: &Limits, complaint: &mut Complaint, emit: &mut dyn FnMut(&Text<'_>)) {
    let mut walk = Walk::new(pages);
    let mut tables = schema::read(pages, &mut walk);
    let is_whole = !tables.is_empty();
    // The name of each row is known only when it has been read, and places are asked for at the end.
    let mut found: Vec<(usize, usize, Found)> = Vec::new();
    let mut rows = Vec::new();
    let mut kept = 0usize;
    let most = pages.data.len().saturating_mul(4);
    for (table, of) in tables.iter().enumerate() {
        let root = of.root;
        let sides = of.sides;
        walk.current = table;
        walk.table(pages, root, &mut |rowid, cells| {
            take(pages, table, rowid, cells, sides, &mut rows, &mut found, &mut kept, most)
        });
    }
    if !is_whole || pages.is_log {
        tables.push(Table::new("?".into(), 0, Vec::new()));
        let table = tables.len() - 1;
        walk.leaves(pages, &[LEAF], &mut |rowid, cells| {
            take(pages, table, rowid, cells, None, &mut rows, &mut found, &mut kept, most)
        });
    }
    if is_whole && !pages.is_log {
        let unknown = tables.len();
        let live = rows.len();
        walk.deleted(pages, unknown, &mut |table, rowid, cells| {
            take(pages, table, rowid, cells, None, &mut rows, &mut found, &mut kept, most)
        });
        tables.push(Table::new("?".into(), 0, Vec::new()));
        rows.iter_mut().skip(live).for_each(|row| row.is_deleted = true);
    }
    if walk.damaged && !pages.is_log {
        complaint.note(0, || "a page of a table is no page of a table".into());
    }
    let salt = pages
        .data
        .iter()
        .take(4096)
        .fold(pages.data.len() as u64, |h, b| h.wrapping_mul(31).wrapping_add(u64::from(*b)));
    let places = Rows { salt, tables, rows };
    let mut strings = Strings::new(TextKind::List, pages.data.len(), limits, &places, emit);
    for (row, column, value) in found {
        let tag = (row as u64) << 16 | column as u64 & 0xffff;
        if places.push_named(row, column, &value, pages, &mut strings, tag) {
            continue;
        }
        match value {
            Found::Here(at, len) => {
                let value = bytes::slice(pages.data, at, len).unwrap_or_default();
                match pages.encoding {
                    2 | 3 => strings.push_utf16(value, pages.encoding == 3, at as u64, tag),
                    _ => strings.push(value, at as u64, tag),
                };
            }
            Found::Blob(at, len) => {
                strings.push(bytes::slice(pages.data, at, len).unwrap_or_default(), at as u64, tag);
            }
            Found::Made(value, at) => {
                strings.push_made(&value, at as u64, tag);
            }
        }
    }
    strings.finish();
}

enum Found {
    Here(usize, usize),
    Blob(usize, usize),
    Made(Vec<u8>, usize),
}

#[allow(clippy::too_many_arguments, reason = "called in two places, with the state of one loop")]
fn take(
    pages: &Pages<'_>,
    table: usize,
    rowid: Option<i64>,
    cells: &[Cell<'_>],
    sides: Option<(usize, usize)>,
    rows: &mut Vec<Row>,
    found: &mut Vec<(usize, usize, Found)>,
    kept: &mut usize,
    most: usize,
) {
    let is_worth = |c: &Cell<'_>| (c.is_text || c.is_blob) && c.bytes.len() >= MIN_LEN;
    if rows.len() >= MAX_ROWS || !cells.iter().any(is_worth) {
        return;
    }
    let name =
        sides.and_then(|(name, _)| cells.get(name)).filter(|c| c.is_text).map(|c| cell_text(pages, c, 128));
    rows.push(Row { table, rowid, name, is_deleted: false });
    for (column, cell) in cells.iter().enumerate().filter(|(_, c)| is_worth(c)) {
        let value = match cell.at {
            Some(at) if cell.is_text => Found::Here(at, cell.bytes.len()),
            Some(at) => Found::Blob(at, cell.bytes.len()),
            None => {
                *kept = kept.saturating_add(cell.bytes.len());
                if *kept > most {
                    continue;
                }
                let value = if cell.is_text {
                    cell_text(pages, cell, usize::MAX).into_bytes()
                } else {
                    cell.bytes.to_vec()
                };
                Found::Made(value, cell.start.saturating_add(column))
            }
        };
        found.push((rows.len() - 1, column, value));
    }
}

impl Rows {
    /// Gives a value with the name that its column or its row has, if that says it is a secret.
    fn push_named(
        &self,
        row: usize,
        column: usize,
        value: &Found,
        pages: &Pages<'_>,
        strings: &mut Strings<'_>,
        tag: u64,
    ) -> bool {
        let Some(row) = self.rows.get(row).filter(|row| !row.is_deleted) else { return false };
        let Some(table) = self.tables.get(row.table) else { return false };
        let Some(name) = table.columns.get(column) else { return false };
        let name = match &row.name {
            Some(key) if table.sides.is_some_and(|(_, value)| value == column) => key,
            _ if table.secrets.contains(&column) => name,
            _ => return false,
        };
        match value {
            Found::Here(at, len) => {
                let here = bytes::slice(pages.data, *at, *len).unwrap_or_default();
                let at = *at as u64;
                match pages.encoding {
                    2 | 3 => {
                        let low = usize::from(pages.encoding == 3);
                        let is_plain = here.iter().skip(1 - low).step_by(2).all(|b| *b == 0);
                        let letters: Vec<u8> = here.iter().skip(low).step_by(2).copied().take(256).collect();
                        is_plain && strings.push_named(name, &letters, at, 2, tag)
                    }
                    _ => strings.push_named(name, here, at, 1, tag),
                }
            }
            Found::Blob(..) => false,
            Found::Made(value, at) => strings.push_named(name, value, *at as u64, 0, tag),
        }
    }
}

impl Places for Rows {
    fn places(&self, tags: &[u64]) -> Vec<Vec<Site>> {
        let one = |tag: &u64| {
            let index = (*tag >> 16) as usize;
            let row = self.rows.get(index)?;
            let table = self.tables.get(row.table)?;
            let n = (*tag & 0xffff) as usize;
            if row.is_deleted {
                return Some(vec![deleted(self.salt, index, n, row, table)]);
            }
            let column = table.columns.get(n).cloned().unwrap_or_else(|| format!("column {}", n + 1));
            let line = row.rowid.map_or_else(String::new, |id| format!(" row {id}"));
            let is_value = table.sides.is_some_and(|(_, value)| value == n);
            let key = if is_value { row.name.clone() } else { table.columns.get(n).cloned() };
            let name = match (&row.name, is_value) {
                (Some(name), true) => format!("{}.{column}{line} ({name})", table.name),
                _ => format!("{}.{column}{line}", table.name),
            };
            let scope =
                |class, id: String, order, label| Scope { class, id: ScopeId::Named(id), order, label };
            let mut scopes = vec![scope(
                ScopeClass::Object,
                format!("sqlite {} row {index}", self.salt),
                Some(n as u64),
                format!("table {}{line}", table.name),
            )];
            if is_value {
                let label = format!("table {}", table.name);
                scopes.push(scope(
                    ScopeClass::Parent,
                    format!("sqlite {} {label}", self.salt),
                    Some(index as u64),
                    label,
                ));
            }
            Some(vec![Site { name, key, role: None, scopes }])
        };
        tags.iter().map(|tag| one(tag).unwrap_or_default()).collect()
    }
}

/// A value of a deleted row: the head of its record may be gone, and its first columns with it, so that
/// nothing says which column it is in.
fn deleted(salt: u64, index: usize, n: usize, row: &Row, table: &Table) -> Site {
    let line = row.rowid.map_or_else(String::new, |id| format!(" {id}"));
    let of = if table.name == "?" { String::new() } else { format!(" of {}", table.name) };
    let label = format!("deleted row{line}{of}");
    let id = ScopeId::Named(format!("sqlite {salt} row {index}"));
    let scope = Scope { class: ScopeClass::Object, id, order: Some(n as u64), label: label.clone() };
    Site { name: label, key: None, role: None, scopes: vec![scope] }
}

/// Where pages of a log are: the last frame of each.
fn frames(data: &[u8], size: usize) -> HashMap<u32, usize> {
    let mut at = 32usize;
    let mut map = HashMap::new();
    while let (Some(page), true) = (bytes::u32_be(data, at), at.saturating_add(24 + size) <= data.len()) {
        map.insert(page, at + 24);
        at += 24 + size;
    }
    map
}
