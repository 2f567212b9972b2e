//! Tables and the names of their columns, from the SQL that made them.

use super::btree::{Cell, Pages, Walk};
use crate::address::escape;
use crate::lens::strings::is_secret_name;

/// A table.
pub(super) struct Table {
    pub(super) name: String,
    pub(super) root: u32,
    /// In the order of its records.
    pub(super) columns: Vec<String>,
    /// Those that are called like secrets.
    pub(super) secrets: Vec<usize>,
    /// See [`sides`].
    pub(super) sides: Option<(usize, usize)>,
}

impl Table {
    pub(super) fn new(name: String, root: u32, columns: Vec<String>) -> Self {
        let is_secret = |(n, column): (usize, &String)| is_secret_name(column).then_some(n);
        let secrets = columns.iter().enumerate().filter_map(is_secret).collect();
        let sides = sides(&columns);
        Table { name, root, columns, secrets, sides }
    }
}

/// Text of a cell as UTF-8, at most `most` bytes of it.
pub(super) fn cell_text(pages: &Pages<'_>, cell: &Cell<'_>, most: usize) -> String {
    let bytes = cell.bytes.get(..cell.bytes.len().min(most)).unwrap_or_default();
    let units = |from: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| from([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match pages.encoding {
        2 => units(u16::from_le_bytes),
        3 => units(u16::from_be_bytes),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// Reads `sqlite_schema`, the table on page 1.
pub(super) fn read(pages: &Pages<'_>, walk: &mut Walk) -> Vec<Table> {
    let mut tables = Vec::new();
    walk.table(pages, 1, &mut |_, cells| {
        let [kind, name, _, root, sql] = cells else { return };
        let Some(root) = root.number.and_then(|n| u32::try_from(n).ok()) else { return };
        if cell_text(pages, kind, 64) == "table" && root > 1 && tables.len() < 1 << 16 {
            let name = escape(cell_text(pages, name, 256).as_bytes());
            tables.push(Table::new(name, root, columns(&cell_text(pages, sql, 1 << 16))));
        }
    });
    if pages.is_log {
        // Of a log that lacks the first page nothing is damaged.
        walk.damaged = false;
    }
    tables
}

/// The columns that hold the name and the value, in a table of settings.
pub(in crate::lens) fn sides(columns: &[String]) -> Option<(usize, usize)> {
    let find = |ends: &[&str], not: Option<usize>| {
        let is = |c: &String| {
            let lower = c.to_ascii_lowercase();
            let last = lower.trim_start_matches("z").rsplit(['_', '-']).next().unwrap_or_default().to_owned();
            ends.contains(&last.as_str()) || ends.contains(&lower.as_str())
        };
        columns.iter().enumerate().position(|(i, c)| Some(i) != not && is(c))
    };
    let value = find(&["value", "val", "v", "content", "data"], None)?;
    let name = find(
        &["name", "key", "k", "setting", "option", "property", "param", "variable", "field"],
        Some(value),
    )?;
    // A table with many columns is no table of settings.
    (columns.len() <= 8 || columns.iter().any(|c| c == "host_key")).then_some((name, value))
}

/// Names of columns in `CREATE TABLE`, in the order in which records have them.
pub(in crate::lens) fn columns(sql: &str) -> Vec<String> {
    let bytes = sql.as_bytes();
    let Some(open) = sql.find('(') else { return Vec::new() };
    let (mut parts, mut depth, mut start, mut quote) = (Vec::new(), 0, open + 1, None);
    for (i, &b) in bytes.iter().enumerate().skip(open) {
        match (quote, b) {
            (Some(q), b) => quote = Some(q).filter(|q| *q != b),
            (None, b'"' | b'\'' | b'`') => quote = Some(b),
            (None, b'[') => quote = Some(b']'),
            (None, b'(') => depth += 1,
            (None, b')') => {
                depth -= 1;
                if depth == 0 {
                    parts.push(sql.get(start..i).unwrap_or_default());
                    start = i;
                    break;
                }
            }
            (None, b',') if depth == 1 => {
                parts.push(sql.get(start..i).unwrap_or_default());
                start = i + 1;
            }
            _ => {}
        }
    }
    let tail = sql.get(start..).unwrap_or_default().to_ascii_uppercase();
    let (mut columns, mut keys) = (Vec::new(), Vec::new());
    for part in parts {
        let part = part.trim();
        let upper = part.to_ascii_uppercase();
        if upper.starts_with("PRIMARY KEY") {
            let inside = part.split_once('(').map_or("", |p| p.1);
            keys.extend(inside.split([',', ')']).map(first_word).filter(|w| !w.is_empty()));
            continue;
        }
        if ["CONSTRAINT", "UNIQUE", "CHECK", "FOREIGN"]
            .iter()
            .any(|w| upper.strip_prefix(w).is_some_and(|r| r.starts_with([' ', '(', '\n', '\t'])))
        {
            continue;
        }
        let name = first_word(part);
        if upper.contains("PRIMARY KEY") {
            keys.push(name.clone());
        }
        columns.push(name);
    }
    if tail.contains("WITHOUT") && tail.contains("ROWID") {
        // Records of such a table start with its key.
        let rest: Vec<String> = columns.iter().filter(|c| !keys.contains(c)).cloned().collect();
        keys.extend(rest);
        return keys;
    }
    columns
}

fn first_word(part: &str) -> String {
    let part = part.trim_start();
    let close = match part.chars().next() {
        Some('"') => '"',
        Some('`') => '`',
        Some('\'') => '\'',
        Some('[') => ']',
        _ => {
            let end = part.find(|c: char| c.is_whitespace() || matches!(c, '(' | ')')).unwrap_or(part.len());
            return escape(part.get(..end).unwrap_or_default().as_bytes());
        }
    };
    let inside = part.get(1..).unwrap_or_default();
    escape(inside.split(close).next().unwrap_or_default().as_bytes())
}
