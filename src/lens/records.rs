//! Tables whose records all have the same width: each column stands at its place in each record, and its name once at the beginning of the
//! file. dBASE (DBF), Stata, SAS transport files, structured arrays of NumPy, tables of FITS.
//!
//! A value touches its neighbours in the bytes, and nothing there says what it is called.

mod dbf;
mod fits;
mod npy;
mod stata;
mod xport;

use super::bytes::slice;
use super::strings::Strings;
use super::{Damage, Lens};
use crate::blob::{Blob, Scope, ScopeClass, ScopeId, Site, Text, TextKind};
use crate::limits::Limits;

/// Reads tables of records of one width.
pub struct RecordsLens;

/// Columns of text that are read.
const MOST_COLUMNS: usize = 4096;
/// Shorter values hold nothing anyone looks for.
const MIN_LEN: usize = 5;
/// Longest part of a column that may be a value.
const WIDEST: usize = 64 << 10;

/// A column of text.
struct Column {
    name: String,
    /// Where it begins in a record, and how wide it is.
    at: usize,
    width: usize,
    /// Letters of four bytes each, the lowest first.
    is_wide: bool,
}

/// Where the records are.
struct Table {
    start: usize,
    stride: usize,
    records: usize,
    columns: Vec<Column>,
}

/// Reads what leads to the records; `None` of other files.
type Read = fn(&[u8]) -> Option<Table>;

const FORMATS: [Read; 5] = [dbf::read, stata::read, xport::read, npy::read, fits::read];

/// Whether the first bytes may be of one of these.
fn begins(data: &[u8]) -> bool {
    dbf::begins(data)
        || stata::begins(data)
        || [xport::MAGIC, npy::MAGIC, fits::MAGIC].iter().any(|m| data.starts_with(m))
}

fn table(data: &[u8]) -> Option<Table> {
    let mut table = FORMATS.iter().find_map(|read| read(data))?;
    table.columns.retain(|column| column.width >= MIN_LEN);
    let fits = |column: &Column| column.at.checked_add(column.width).is_some_and(|end| end <= table.stride);
    // Columns that share their bytes are hostile: each byte is read once.
    let width = table.columns.iter().try_fold(0usize, |all, column| all.checked_add(column.width))?;
    let is_sound = table.columns.len() <= MOST_COLUMNS && table.columns.iter().all(fits);
    (table.stride > 0 && width <= table.stride && is_sound).then_some(table)
}

impl Lens for RecordsLens {
    fn name(&self) -> &'static str {
        "records"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        begins(blob.bytes)
    }

    fn texts(&self, blob: &Blob<'_>, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
        let Some(table) = table(blob.bytes) else { return Ok(()) };
        let salt = blob
            .bytes
            .iter()
            .take(4096)
            .fold(blob.bytes.len() as u64, |h, b| h.wrapping_mul(31).wrapping_add(u64::from(*b)));
        let place = |tag: u64| {
            let (row, n) = ((tag >> 12) + 1, (tag & 0xfff) as usize);
            let Some(column) = table.columns.get(n) else { return Vec::new() };
            let label = format!("row {row}");
            let id = ScopeId::Named(format!("records {salt} {row}"));
            let scope = Scope { class: ScopeClass::Object, id, order: Some(n as u64), label: label.clone() };
            vec![Site {
                name: format!("{} {label}", column.name),
                key: Some(column.name.clone()),
                role: None,
                scopes: vec![scope],
            }]
        };
        let mut strings = Strings::new(TextKind::List, blob.bytes.len(), limits, &place, emit);
        let there = blob.bytes.len().saturating_sub(table.start) / table.stride;
        'all: for row in 0..table.records.min(there) {
            let start = table.start + row * table.stride;
            for (n, column) in table.columns.iter().enumerate() {
                let (at, tag) = (start + column.at, (row as u64) << 12 | n as u64);
                let cell = slice(blob.bytes, at, column.width.min(WIDEST)).unwrap_or_default();
                let is_more = match column.is_wide {
                    true => {
                        let letters: Vec<u8> = cell
                            .as_chunks::<4>()
                            .0
                            .iter()
                            .map_while(|c| (c[1..] == [0; 3] && c[0] != 0).then_some(c[0]))
                            .collect();
                        letters.len() < MIN_LEN
                            || strings.push_named(&column.name, &letters, at as u64, 0, tag)
                            || strings.push_made(&letters, at as u64, tag)
                    }
                    false => {
                        let value = trimmed(cell);
                        let at = (at + (value.as_ptr() as usize - cell.as_ptr() as usize)) as u64;
                        value.len() < MIN_LEN
                            || strings.push_named(&column.name, value, at, 1, tag)
                            || strings.push(value, at, tag)
                    }
                };
                if !is_more {
                    break 'all;
                }
            }
        }
        strings.finish();
        Ok(())
    }
}

/// Up to the first NUL, without blanks at either end.
fn trimmed(cell: &[u8]) -> &[u8] {
    let len = memchr::memchr(0, cell).unwrap_or(cell.len());
    cell[..len].trim_ascii()
}

/// A name as it stands in a field of fixed width.
fn name(field: &[u8]) -> String {
    String::from_utf8_lossy(trimmed(field)).into_owned()
}

#[cfg(test)]
mod tests;
