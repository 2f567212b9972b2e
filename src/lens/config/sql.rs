//! SQL: rows of `INSERT`, `REPLACE`, `COPY … FROM stdin` and `UPDATE … SET`, with the names of their
//! columns from the statement or from `CREATE TABLE` above it.
//!
//! One pass for all dialects: mysqldump (backquotes, `\'`, rows of megabytes on one line), `pg_dump`
//! (`COPY`, `E''`, `$$` bodies), `sqlite3 .dump`, SQL Server (`[names]`, `N''`, no semicolons), Oracle
//! (`INSERT ALL`). What is no row is read as program text.

use super::files::{FileKind, file_kind, head};
use super::names::{clean, inner};
use super::seek::{Seeker, work};
use super::{Object, Place, Syntax, source};
use crate::lens::sqlite;
use memchr::{memchr, memchr2, memmem};
use std::cell::OnceCell;
use std::collections::HashMap;
use std::ops::Range;

/// Cells of a row that are told apart.
const CELLS: usize = 4096;
/// Tables that are remembered.
const TABLES: usize = 1 << 16;
/// Most of a `CREATE TABLE` that is read.
const CREATE: usize = 64 << 10;

/// SQL dumps.
pub struct Sql;

impl Syntax for Sql {
    fn name(&self) -> &'static str {
        "sql"
    }

    fn reads(&self, text: &[u8], file_name: &[u8]) -> bool {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        match file_kind(file_name) {
            FileKind::Code if file_name.len() > 4 && ends(file_name, b".sql") => true,
            FileKind::Unknown => is_dump(head(text)),
            _ => false,
        }
    }

    fn locate(&self, text: &[u8], spans: &[Range<usize>]) -> Vec<Option<Place>> {
        let mysql: [&[u8]; 5] = [b"MySQL", b"MariaDB", b"phpMyAdmin", b"ENGINE=", b"`"];
        let escapes = mysql.iter().any(|sign| memmem::find(head(text), sign).is_some());
        let mut scan = Scan {
            text,
            seeker: Seeker::new(spans),
            tables: HashMap::new(),
            escapes,
            dollars: true,
            comments: true,
            unclosed: [false; 128],
        };
        scan.statements();
        let mut places = scan.seeker.finish();
        for (place, span) in places.iter_mut().zip(spans) {
            if place.is_none() {
                *place = source::place(text, &(0..text.len()), span.start);
            }
        }
        places
    }
}

fn ends(name: &[u8], end: &[u8]) -> bool {
    name.len() >= end.len() && name[name.len() - end.len()..].eq_ignore_ascii_case(end)
}

/// Whether a text of unknown name begins as a dump does, and has a statement with rows near.
fn is_dump(head: &[u8]) -> bool {
    let mut at = 0;
    let mut rest = head;
    // Comments say `-- MySQL dump` and so on.
    let mut comments = 0;
    loop {
        rest = rest.get(at..).unwrap_or_default().trim_ascii_start();
        let line = memchr(b'\n', rest).unwrap_or(rest.len());
        if rest.starts_with(b"--") || rest.starts_with(b"/*!") || rest.starts_with(b"# ") {
            comments += 1;
            at = line;
        } else if rest.starts_with(b"/*") {
            comments += 1;
            at = memmem::find(rest, b"*/").map_or(rest.len(), |end| end + 2);
        } else {
            break;
        }
        if comments > 100 {
            return false;
        }
    }
    let begins = |words: &[u8]| {
        rest.len() > words.len() && rest[..words.len()].eq_ignore_ascii_case(words) && {
            let next = rest[words.len()];
            next.is_ascii_whitespace() || matches!(next, b'`' | b'"' | b'[' | b';' | b'=')
        }
    };
    let statements: [&[u8]; 18] = [
        b"INSERT INTO",
        b"INSERT IGNORE INTO",
        b"REPLACE INTO",
        b"CREATE TABLE",
        b"CREATE DATABASE",
        b"CREATE SCHEMA",
        b"DROP TABLE",
        b"DROP DATABASE",
        b"PRAGMA foreign_keys",
        b"BEGIN",
        b"BEGIN TRANSACTION",
        b"START TRANSACTION",
        b"USE",
        b"LOCK TABLES",
        b"INSERT ALL",
        b"SET IDENTITY_INSERT",
        b"SET",
        b"SELECT pg_catalog.set_config(",
    ];
    let first = rest.split(|b| *b == b'\n').next().unwrap_or_default();
    let is_copy = begins(b"COPY") && memmem::find(first, b"FROM stdin").is_some();
    let is_insert = begins(b"INSERT") && memmem::find(&rest[..rest.len().min(512)], b"VALUES").is_some();
    let is_update = begins(b"UPDATE") && {
        let upper = first.to_ascii_uppercase();
        memmem::find(&upper, b" SET ").is_some() && upper.contains(&b'=')
    };
    if is_copy || is_insert || is_update {
        return true;
    }
    let is_statement = statements.iter().any(|words| begins(words));
    // `SET x=1` opens batch files, `BEGIN` and `USE` much else: then rows or tables must follow.
    is_statement && {
        let upper = head.to_ascii_uppercase();
        let signs: [&[u8]; 5] = [b"INSERT ", b"CREATE TABLE ", b"COPY ", b"DROP TABLE ", b"REPLACE INTO "];
        upper.contains(&b';') && signs.iter().any(|sign| memmem::find(&upper, sign).is_some())
            || memmem::find(&upper, b"SET STATEMENT_TIMEOUT").is_some()
            || memmem::find(&upper, b"INSERT [").is_some()
    }
}

/// A table.
struct Table {
    /// Of the first statement about it: tells tables apart.
    start: usize,
    create: Range<usize>,
    columns: OnceCell<Vec<String>>,
    rows: u64,
}

struct Scan<'t, 's> {
    text: &'t [u8],
    seeker: Seeker<'s>,
    tables: HashMap<&'t [u8], Table>,
    /// Whether `\` is an escape in every string, as in MySQL.
    escapes: bool,
    /// Whether `$tag$` bodies and `/*` comments may still be closed.
    dollars: bool,
    comments: bool,
    /// Quotes that were opened and never closed: others of their kind are not looked for either.
    unclosed: [bool; 128],
}

impl<'t> Scan<'t, '_> {
    fn byte(&self, at: usize) -> u8 {
        self.text.get(at).copied().unwrap_or(0)
    }

    fn statements(&mut self) {
        let mut at = if self.text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let mut cells = Vec::new();
        while !self.seeker.done() {
            at = self.blank(at);
            if at >= self.text.len() {
                return;
            }
            let word = self.word(at);
            let after = word.end;
            let before = at;
            at = match &self.text[word] {
                w if is(w, b"INSERT") || is(w, b"REPLACE") => self.insert(at, after, &mut cells),
                w if is(w, b"COPY") => self.copy(at, after, &mut cells),
                w if is(w, b"CREATE") => self.create(at, after),
                w if is(w, b"UPDATE") => {
                    let after = self.skip_words(after, &[b"LOW_PRIORITY", b"IGNORE", b"ONLY", b"OR"]);
                    match self.name(after) {
                        Some((name, after)) => self.assignments(at, name, after),
                        None => self.end(after),
                    }
                }
                _ => self.end(after),
            };
            at = at.max(before + 1);
        }
    }

    /// Over blanks and comments.
    fn blank(&mut self, mut at: usize) -> usize {
        let from = at;
        loop {
            match (self.byte(at), self.byte(at + 1)) {
                (b' ' | b'\t' | b'\r' | b'\n' | 0x0c, _) => at += 1,
                (b'-', b'-') => at = self.line(at),
                (b'#', b' ' | b'\n' | b'-') => at = self.line(at),
                (b'/', b'*') if self.comments => match memmem::find(&self.text[at..], b"*/") {
                    Some(end) => at += end + 2,
                    None => {
                        self.comments = false;
                        break;
                    }
                },
                _ => break,
            }
        }
        work(at - from);
        at
    }

    fn line(&self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        let end = memchr(b'\n', rest).map_or(self.text.len(), |end| at + end + 1);
        work(end.saturating_sub(at));
        end
    }

    /// The word at `at`.
    fn word(&self, at: usize) -> Range<usize> {
        let rest = self.text.get(at..).unwrap_or_default();
        let len = rest.iter().take(64).take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
        at..at + len
    }

    fn skip_words(&mut self, mut at: usize, words: &[&[u8]]) -> usize {
        for _ in 0..8 {
            at = self.blank(at);
            let word = self.word(at);
            if word.is_empty() || !words.iter().any(|w| is(&self.text[word.clone()], w)) {
                break;
            }
            at = word.end;
        }
        at
    }

    /// The last part of a name like `public."users"`, and where it ends.
    fn name(&mut self, at: usize) -> Option<(&'t [u8], usize)> {
        let text = self.text;
        let mut at = self.blank(at);
        for _ in 0..8 {
            let close = match self.byte(at) {
                b'`' => b'`',
                b'"' => b'"',
                b'\'' => b'\'',
                b'[' => b']',
                _ => 0,
            };
            let (name, end) = if close == 0 {
                let rest = text.get(at..)?;
                let is_name = |b: &u8| {
                    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$' | b'#' | b'@') || *b >= 0x80
                };
                let len = rest.iter().take(256).take_while(|b| is_name(b)).count();
                (at..at + len, at + len)
            } else {
                let rest = text.get(at + 1..text.len().min(at + 258))?;
                let len = memchr(close, rest)?;
                (at + 1..at + 1 + len, at + len + 2)
            };
            work(name.len() + 2);
            if name.is_empty() {
                return None;
            }
            if self.byte(end) != b'.' {
                return Some((&text[name], end));
            }
            at = end + 1;
        }
        None
    }

    /// Behind the statement that goes on at `at`: behind its `;`, or at a line that begins another.
    fn end(&mut self, mut at: usize) -> usize {
        let from = at;
        while at < self.text.len() {
            match self.text[at] {
                b';' => {
                    at += 1;
                    break;
                }
                b'\'' | b'"' | b'`' => match self.string_end(at, false) {
                    Some(end) => at = end + 1,
                    None => at += 1,
                },
                b'-' if self.byte(at + 1) == b'-' => at = self.line(at).max(at + 2) - 1,
                b'/' if self.byte(at + 1) == b'*' => at = self.blank(at).max(at + 1),
                b'$' if self.dollars => at = self.dollar(at),
                b'\n' => {
                    at += 1;
                    if self.begins(at) {
                        break;
                    }
                }
                _ => at += 1,
            }
        }
        work(at - from);
        at
    }

    /// Whether a line begins a statement, so that the one before it needs no `;`.
    fn begins(&self, line: usize) -> bool {
        let begins: [&[u8]; 6] = [b"INSERT", b"CREATE", b"UPDATE", b"COPY", b"GO", b"REPLACE"];
        let word = &self.text[self.word(line)];
        begins.iter().any(|w| is(word, w))
    }

    /// Over a body between `$tag$` and `$tag$`.
    fn dollar(&mut self, at: usize) -> usize {
        let tag = self.word(at + 1);
        if self.byte(tag.end) != b'$' {
            return at + 1;
        }
        let tag = at..tag.end + 1;
        match memmem::find(&self.text[tag.end..], &self.text[tag.clone()]) {
            Some(end) => tag.end + end + tag.len(),
            None => {
                self.dollars = false;
                at + 1
            }
        }
    }

    /// The closing quote of the string that opens at `open`.
    fn string_end(&mut self, open: usize, is_escaped: bool) -> Option<usize> {
        let quote = self.byte(open);
        if self.unclosed.get(usize::from(quote)) == Some(&true) {
            return None;
        }
        let mut at = open + 1;
        loop {
            let rest = self.text.get(at..).unwrap_or_default();
            let Some(p) = memchr2(quote, if quote == b'`' { quote } else { b'\\' }, rest).map(|p| at + p)
            else {
                work(rest.len());
                if let Some(unclosed) = self.unclosed.get_mut(usize::from(quote)) {
                    *unclosed = true;
                }
                return None;
            };
            work(p - at + 1);
            if self.text[p] == b'\\' {
                // Whether the dialect has escapes is not always known: then `\'` ends a string if what
                // follows can follow one.
                let closes = self.byte(p + 1) == quote
                    && !is_escaped
                    && !self.escapes
                    && matches!(self.byte(p + 2), b',' | b')' | b';' | b'\n' | b'\r');
                at = if closes || (self.byte(p + 1) != quote && !is_escaped && !self.escapes) {
                    p + 1
                } else {
                    p + 2
                };
                continue;
            }
            if self.byte(p + 1) == quote {
                at = p + 2;
                continue;
            }
            return Some(p);
        }
    }

    /// The cells of the list that opens at `open`, and where it ends.
    fn list(&mut self, open: usize, cells: &mut Vec<Range<usize>>) -> Option<usize> {
        cells.clear();
        let (mut at, mut depth) = (open + 1, 0usize);
        let mut start = at;
        let mut literal: Option<Range<usize>> = None;
        while at < self.text.len() {
            work(1);
            match self.text[at] {
                quote @ (b'\'' | b'"' | b'`') => {
                    let prefix = self.text[start..at].trim_ascii();
                    work(at - start - prefix.len());
                    let is_escaped = matches!(prefix, b"E" | b"e");
                    let end = self.string_end(at, is_escaped)?;
                    if depth == 0 && literal.is_none() && prefix.len() <= 16 && quote != b'`' {
                        literal = Some(at + 1..end);
                    }
                    at = end + 1;
                }
                b'(' => {
                    depth += 1;
                    at += 1;
                }
                b'[' if literal.is_none() && depth == 0 && self.text[start..at].trim_ascii().is_empty() => {
                    // A name of SQL Server; in a row, an array.
                    at += 1;
                }
                b @ (b',' | b')') => {
                    if depth == 0 {
                        let cell = literal.take().unwrap_or_else(|| super::names::trim(self.text, start..at));
                        if cells.len() < CELLS {
                            cells.push(cell);
                        }
                        start = at + 1;
                    }
                    if b == b')' {
                        if depth == 0 {
                            return Some(at + 1);
                        }
                        depth -= 1;
                    }
                    at += 1;
                }
                b'-' if self.byte(at + 1) == b'-' => {
                    at = self.line(at);
                    if self.text[start..at].trim_ascii_start().starts_with(b"--") {
                        start = at;
                    }
                }
                b'$' if self.dollars => at = self.dollar(at),
                b';' => return None,
                b'\n' if self.begins(at + 1) => return None,
                // Blanks before a cell are no part of it: else each of its quotes would go through them again.
                b if at == start && b.is_ascii_whitespace() => {
                    at += 1;
                    start = at;
                }
                _ => at += 1,
            }
        }
        None
    }

    /// `INSERT INTO name (columns) VALUES (row), (row)`.
    fn insert(&mut self, statement: usize, after: usize, cells: &mut Vec<Range<usize>>) -> usize {
        const WORDS: [&[u8]; 12] = [
            b"INTO",
            b"IGNORE",
            b"LOW_PRIORITY",
            b"DELAYED",
            b"HIGH_PRIORITY",
            b"OR",
            b"REPLACE",
            b"ABORT",
            b"TABLE",
            b"OVERWRITE",
            b"ALL",
            b"ROLLBACK",
        ];
        let mut at = after;
        let mut named = Vec::new();
        loop {
            at = self.skip_words(at, &WORDS);
            let Some((name, after)) = self.name(at) else { return self.end(at) };
            at = self.blank(after);
            named.clear();
            if self.byte(at) == b'(' {
                match self.list(at, &mut named) {
                    Some(after) => at = after,
                    None => return self.end(at),
                }
            }
            // Up to VALUES: OVERRIDING SYSTEM VALUE, an alias.
            for _ in 0..8 {
                at = self.blank(at);
                let word = self.word(at);
                if word.is_empty() {
                    break;
                }
                if is(&self.text[word.clone()], b"SET") {
                    return self.assignments(statement, name, at);
                }
                at = word.end;
            }
            while !self.seeker.done() {
                at = self.blank(at);
                if self.byte(at) != b'(' {
                    break;
                }
                let Some(after) = self.list(at, cells) else { return self.end(at) };
                self.row(statement, name, &named, at..after, cells);
                at = self.blank(after);
                if self.byte(at) != b',' {
                    break;
                }
                at += 1;
            }
            let word = self.word(at);
            if !is(&self.text[word], b"INTO") {
                return if self.byte(at) == b';' { at + 1 } else { self.end(at.saturating_sub(1)) };
            }
        }
    }

    /// `COPY name (columns) FROM stdin;` and its rows up to `\.`.
    fn copy(&mut self, statement: usize, after: usize, cells: &mut Vec<Range<usize>>) -> usize {
        let Some((name, after)) = self.name(after) else { return self.end(after) };
        let mut at = self.blank(after);
        let mut named = Vec::new();
        if self.byte(at) == b'(' {
            match self.list(at, &mut named) {
                Some(after) => at = after,
                None => return self.end(at),
            }
        }
        let mut line = self.line(at);
        if memmem::find(&self.text[at..line].to_ascii_uppercase(), b"FROM STDIN").is_none() {
            return self.end(at);
        }
        while line < self.text.len() && !self.seeker.done() {
            let next = self.line(line);
            let row = super::names::trim(self.text, line..next);
            if &self.text[row.clone()] == b"\\." {
                return next;
            }
            cells.clear();
            if self.seeker.target() < next {
                let mut start = line;
                for tab in memchr::memchr_iter(b'\t', &self.text[line..row.end]).take(CELLS) {
                    cells.push(start..line + tab);
                    start = line + tab + 1;
                }
                cells.push(start..row.end.max(start));
            }
            self.row(statement, name, &named, line..next, cells);
            line = next;
        }
        line
    }

    fn create(&mut self, statement: usize, after: usize) -> usize {
        const WORDS: [&[u8]; 10] = [
            b"TABLE",
            b"IF",
            b"NOT",
            b"EXISTS",
            b"TEMP",
            b"TEMPORARY",
            b"UNLOGGED",
            b"EXTERNAL",
            b"GLOBAL",
            b"LOCAL",
        ];
        let at = self.blank(after);
        let begins = self.skip_words(at, &WORDS);
        let is_table = memmem::find(&self.text[at..begins].to_ascii_uppercase(), b"TABLE").is_some();
        let name = if is_table { self.name(begins) } else { None };
        let end = self.end(after);
        if let Some((name, from)) = name {
            let create = from..end.min(from + CREATE).max(from);
            if self.tables.len() < TABLES {
                self.tables.entry(name).or_insert(Table {
                    start: statement,
                    create,
                    columns: OnceCell::new(),
                    rows: 0,
                });
            }
        }
        end
    }

    /// `UPDATE name SET column = 'value', … WHERE column = 'value'`, as one row.
    fn assignments(&mut self, statement: usize, name: &'t [u8], after: usize) -> usize {
        let end = self.end(after);
        if self.seeker.target() >= end {
            return end;
        }
        let (mut columns, mut cells) = (Vec::new(), Vec::new());
        let (mut at, mut last) = (after, None);
        while at < end && cells.len() < CELLS {
            match self.text[at] {
                b'\'' => {
                    let Some(close) = self.string_end(at, false).filter(|close| *close < end) else { break };
                    if let Some(column) = last.take() {
                        columns.push(column);
                        cells.push(at + 1..close);
                    }
                    at = close + 1;
                }
                b'`' | b'"' | b'[' => match self.name(at) {
                    Some((column, after)) if after <= end => {
                        last = Some(clean(column));
                        at = after;
                    }
                    _ => at += 1,
                },
                b if b.is_ascii_alphabetic() || b == b'_' => match self.name(at) {
                    Some((column, after)) => {
                        if !matches!(column, b"N" | b"E" | b"SET" | b"set" | b"WHERE" | b"where") {
                            last = Some(clean(column));
                        }
                        at = after;
                    }
                    None => at += 1,
                },
                b',' | b'(' | b')' => {
                    last = None;
                    at += 1;
                }
                _ => at += 1,
            }
        }
        let table = clean(name);
        let objects = vec![Object { start: statement, label: format!("a row of {table}") }];
        let named = sides(&columns).map(|(n, v)| (v, clean(&self.text[cells[n].clone()])));
        for (n, cell) in cells.iter().enumerate() {
            let key = match &named {
                Some((value, name)) if *value == n => name.clone(),
                _ => columns[n].clone(),
            };
            let text = self.text;
            self.seeker.put(cell, |at| {
                Some(place(text, format!("{table}.{}", columns[n]), Some(key.clone()), &objects, cell, at))
            });
        }
        end
    }

    /// Places in one row.
    fn row(
        &mut self,
        statement: usize,
        name: &'t [u8],
        named: &[Range<usize>],
        range: Range<usize>,
        cells: &[Range<usize>],
    ) {
        let text = self.text;
        if self.tables.len() >= TABLES && !self.tables.contains_key(name) {
            return;
        }
        let table = self.tables.entry(name).or_insert(Table {
            start: statement,
            create: 0..0,
            columns: OnceCell::new(),
            rows: 0,
        });
        table.rows += 1;
        if !self.seeker.wants(&range) {
            return;
        }
        let listed: Vec<String> = named.iter().map(|n| ident(&text[n.clone()])).collect();
        work(listed.len() * 16);
        let columns = if listed.is_empty() {
            table.columns.get_or_init(|| {
                let sql = String::from_utf8_lossy(&text[table.create.clone()]);
                sqlite::columns(&sql)
            })
        } else {
            &listed
        };
        let title = clean(name);
        let row = table.rows;
        let objects = vec![
            Object { start: range.start, label: format!("row {row} of {title}") },
            Object { start: table.start, label: format!("table {title}") },
        ];
        let sides = sides(columns);
        let named = sides.and_then(|(n, v)| Some((v, clean(&text[cells.get(n)?.clone()]))));
        for (n, cell) in cells.iter().enumerate() {
            self.seeker.put(cell, |at| {
                let column = columns.get(n);
                let shown = column.cloned().unwrap_or_else(|| format!("column {}", n + 1));
                let path = format!("{title}.{shown} row {row}");
                match &named {
                    Some((value, name)) if *value == n => {
                        Some(place(text, format!("{path} ({name})"), Some(name.clone()), &objects, cell, at))
                    }
                    _ => Some(place(text, path, column.cloned(), &objects, cell, at)),
                }
            });
        }
    }
}

/// The columns of a name and its value, if the table is one of settings.
pub(super) fn sides(columns: &[String]) -> Option<(usize, usize)> {
    sqlite::sides(columns)
}

/// The place of what stands at `at` in a cell: under the cell's name, or one inside the cell.
pub(super) fn place(
    text: &[u8],
    path: String,
    key: Option<String>,
    objects: &[Object],
    cell: &Range<usize>,
    at: usize,
) -> Place {
    let objects = objects.to_vec();
    match inner(text, cell, at) {
        Some(found) => {
            let key = clean(&text[found.name]);
            Place { path: format!("{path} {key}"), key: Some(key), objects, value: found.value }
        }
        None => Place { path, key, objects, value: cell.clone() },
    }
}

fn is(word: &[u8], keyword: &[u8]) -> bool {
    word.eq_ignore_ascii_case(keyword)
}

/// A name without the quotes of any dialect.
fn ident(raw: &[u8]) -> String {
    let raw = raw.trim_ascii();
    let raw = raw.strip_prefix(b"[").and_then(|r| r.strip_suffix(b"]")).unwrap_or(raw);
    clean(raw)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn rows_of_all_dialects() {
        let table: &[(&str, &str)] = &[
            (
                "INSERT INTO `users` (`id`,`access_key`,`secret_key`) VALUES (1,'VALUE1','VALUE2'),(2,'it\\'s','VALUE3');\nINSERT INTO users (id,access_key) VALUES (3,'VALUE4');",
                "users.access_key row 1|access_key|row 1 of users,table users; users.secret_key row 1|secret_key|row 1 of users,table users; users.secret_key row 2|secret_key|row 2 of users,table users; users.access_key row 3|access_key|row 3 of users,table users",
            ),
            (
                "--\n-- PostgreSQL database dump\n--\nSET x = off;\nCOPY public.users (id, \"secret_key\", note) FROM stdin;\n1\tVALUE1\t\\N\n2\tx\tVALUE2\n\\.\n\nSELECT 1;\nINSERT INTO t VALUES (E'a\\'b', 'VALUE3');",
                "users.secret_key row 1|secret_key|row 1 of users,table users; users.note row 2|note|row 2 of users,table users; t.column 2 row 1|-|row 1 of t,table t",
            ),
            (
                "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE IF NOT EXISTS \"keys\" (id INTEGER PRIMARY KEY, [access] TEXT, secret TEXT);\nINSERT INTO keys VALUES(1,'VALUE1','C:\\');\nINSERT INTO \"keys\" VALUES(2,'x''y','VALUE2');\nCOMMIT;\n",
                "keys.access row 1|access|row 1 of keys,table keys; keys.secret row 2|secret|row 2 of keys,table keys",
            ),
            (
                "USE [shop]\nGO\nINSERT [dbo].[Users] ([Id], [Access Key], [Secret]) VALUES (1, N'VALUE1', N'VALUE2')\nGO\nINSERT [dbo].[Users] ([Id], [Secret]) VALUES (2, CAST(N'VALUE3' AS nvarchar(40)))\n",
                "Users.Access Key row 1|Access Key|row 1 of Users,table Users; Users.Secret row 1|Secret|row 1 of Users,table Users; Users.Secret row 2|Secret|row 2 of Users,table Users",
            ),
            (
                "INSERT INTO wp_options (option_id, option_name, option_value, autoload) VALUES (1,'aws_secret','VALUE1','yes');\nUPDATE settings SET value = 'VALUE2', t = 1 WHERE name = 'aws_key';\nUPDATE u SET `secret` = 'VALUE3';",
                "wp_options.option_value row 1 (aws_secret)|aws_secret|row 1 of wp_options,table wp_options; settings.value|aws_key|a row of settings; u.secret|secret|a row of u",
            ),
            (
                "INSERT ALL INTO a (k) VALUES ('VALUE1') INTO b (k) VALUES ('VALUE2') SELECT 1 FROM dual;\nINSERT INTO t (j) VALUES ('{\"secret\": \"VALUE3\"}');",
                "a.k row 1|k|row 1 of a,table a; b.k row 1|k|row 1 of b,table b; t.j row 1 secret|secret|row 1 of t,table t",
            ),
        ];
        check(&Sql, table);
        for (text, _) in table {
            assert!(Sql.reads(text.as_bytes(), b"x"), "{text}");
        }
        for no in [
            "SET A=1\nSET B=2\n",
            "use strict;\n",
            "Insert coin; CREATE TABLE \n",
            "update me set",
            "-- lua\nlocal x = 1\n",
        ] {
            assert!(!Sql.reads(no.as_bytes(), b"x"), "{no}");
        }
    }
}
