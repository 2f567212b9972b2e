//! A column of a table whose first line says what its columns are, and what its rows hold there: CSV and its like.

use super::{Form, Named, is_name};
use std::ops::Range;

/// Bytes of a text in which its first line must end.
const HEAD: usize = 1024;
/// Longest name of a column.
const CELL: usize = 48;
/// Longest stretch of rows that is read: a hostile text is nothing but such heads.
const ROWS: usize = 16 << 10;
/// Rows behind each other that have more or fewer cells than the head, after which it is no table.
const ODD: usize = 3;

/// Whether the hot word at `word` can stand in the head of a table: a look at nearly nothing, for nearly all are further in.
pub(super) fn may_be_head(text: &[u8], word: &Range<usize>) -> bool {
    word.start < HEAD && memchr::memchr2(b'\n', 0, &text[..word.start]).is_none()
}

/// Calls `found` with what stands below a name behind a tab, on whatever line a table begins: those of documents are read so.
pub(super) fn find_below(text: &[u8], name: &Range<usize>, found: &mut dyn FnMut(Named)) -> bool {
    let before = &text[name.start.saturating_sub(HEAD)..name.start];
    let line = memchr::memrchr2(b'\n', 0, before).map_or(0, |at| at + 1);
    let start = name.start - before.len() + line;
    // What stands above is no row of it.
    let above = before[..line].strip_suffix(b"\n").unwrap_or_default();
    let above = &above[memchr::memrchr(b'\n', above).map_or(0, |at| at + 1)..];
    let Some(stop) = memchr::memchr(b'\n', &text[name.end..text.len().min(name.end + HEAD)]) else {
        return false;
    };
    // Code is indented by tabs.
    if text[start] == b'\t' {
        return false;
    }
    let tabs = |line: &[u8]| line.iter().filter(|b| **b == b'\t').count();
    if tabs(above) == tabs(&text[start..name.end + stop]) {
        return false;
    }
    // It ends with the first row that is none: so nothing is read twice, however many tables there are.
    read(&text[start..], &(name.start - start..name.end - start), 1, &mut |named| {
        let moved = |range: &Range<usize>| start + range.start..start + range.end;
        found(Named { name: moved(&named.name), value: moved(&named.value), ..named });
    })
}

/// Calls `found` with what the rows hold in the column that the hot word at `word` is in the head of. Whether it is one.
pub(super) fn find(text: &[u8], word: &Range<usize>, found: &mut dyn FnMut(Named)) -> bool {
    read(text, word, ODD, found)
}

/// The same, up to so many rows behind each other that have more or fewer cells than the head.
fn read(text: &[u8], word: &Range<usize>, most_odd: usize, found: &mut dyn FnMut(Named)) -> bool {
    let Some(stop) = memchr::memchr(b'\n', &text[..text.len().min(HEAD)]) else { return false };
    let head = &text[..stop];
    let Some(delimiter) = delimiter(head, word) else { return false };
    let cells = cells_of(head, 0, delimiter);
    if cells.len() < 2 || !cells.iter().all(|cell| is_label(&head[cell.clone()])) {
        return false;
    }
    let Some(number) = cells.iter().position(|cell| cell.contains(&word.start)) else { return false };
    let end = text.len().min(stop + ROWS);
    let (mut at, mut odd, mut is_table) = (stop + 1, 0, false);
    while at < end && odd < most_odd {
        let len = memchr::memchr(b'\n', &text[at..end]).unwrap_or(end - at);
        // The last line that is read may be cut.
        if at + len == end && end < text.len() {
            break;
        }
        let row = cells_of(&text[at..at + len], at, delimiter);
        if row.len() == cells.len() {
            (odd, is_table) = (0, true);
            let value = row[number].clone();
            if !value.is_empty() && value.len() <= super::VALUE {
                let quoted = matches!(text[value.start - 1], b'"');
                found(Named {
                    name: cells[number].clone(),
                    value,
                    form: Form::Clause,
                    quoted,
                    goes_on: false,
                });
            }
        } else if len > 0 || most_odd == 1 {
            odd += 1;
        }
        at += len + 1;
    }
    is_table
}

/// What stands behind or before the cell of the head that `word` is in.
fn delimiter(head: &[u8], word: &Range<usize>) -> Option<u8> {
    const ALL: [u8; 4] = [b',', b';', b'\t', b'|'];
    let is_part = |b: &u8| is_name(*b) || matches!(b, b' ' | b'-' | b'.' | b'"' | b'\r');
    let behind = head.get(word.end..)?.iter().find(|b| !is_part(b));
    let before = head[..word.start].iter().rev().find(|b| !is_part(b));
    behind.or(before).copied().filter(|b| ALL.contains(b))
}

/// Whether a cell of the head names a column.
fn is_label(cell: &[u8]) -> bool {
    cell.len() <= CELL
        && cell
            .iter()
            .all(|b| is_name(*b) || matches!(b, b' ' | b'-' | b'.' | b'/' | b'#' | b'(' | b')' | b'?'))
        && (cell.is_empty() || cell.iter().any(|b| b.is_ascii_alphabetic() || *b >= 0x80))
}

/// The cells of a line that stands at `base`, without blanks and quotes around them.
fn cells_of(line: &[u8], base: usize, delimiter: u8) -> Vec<Range<usize>> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let mut all = Vec::new();
    let (mut from, mut in_quotes) = (0, false);
    for at in 0..=line.len() {
        match line.get(at) {
            Some(b'"') => in_quotes = !in_quotes,
            Some(b) if *b != delimiter || in_quotes => {}
            _ => {
                let cell = &line[from..at];
                let start = from + cell.len() - cell.trim_ascii_start().len();
                let cell = cell.trim_ascii();
                let inner = cell.strip_prefix(b"\"").and_then(|cell| cell.strip_suffix(b"\""));
                let start = base + start + usize::from(inner.is_some());
                all.push(start..start + inner.unwrap_or(cell).len());
                from = at + 1;
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str, word: &str) -> Vec<String> {
        let at = text.find(word).unwrap();
        let mut all = Vec::new();
        find(text.as_bytes(), &(at..at + word.len()), &mut |named| {
            all.push(format!("{}={}", &text[named.name.clone()], &text[named.value.clone()]));
        });
        all
    }

    #[test]
    fn columns() {
        for (text, word, wanted) in [
            ("user,password,role\nann,V1,x\nbob,V2,y\n", "passw", &["password=V1", "password=V2"][..]),
            ("\"Name\",\"Secret Key\"\n\"x\",\"V,1\"\n", "Secret", &["Secret Key=V,1"]),
            ("host;login;pass\r\ns;r;V1\r\n", "pass", &["pass=V1"]),
            ("host\tpassword\ns\tV1", "passw", &["password=V1"]),
            ("user | password\na | V1\n", "passw", &["password=V1"]),
            ("a,password\nx,,y\n\nx,V1\n", "passw", &["password=V1"]),
            ("a,password\nx\ny\nz\nx,V1\n", "passw", &[]),
            ("f(a, password)\nx,V1\n", "passw", &[]),
            ("x = a, password\nx,V1\n", "passw", &[]),
            ("password\nV1\n", "passw", &[]),
            ("a,password", "passw", &[]),
        ] {
            assert_eq!(values(text, word), wanted, "{text}");
        }
    }

    #[test]
    fn tables_below_other_text() {
        let below = |text: &str| {
            let at = text.find("password").unwrap();
            let mut all = Vec::new();
            find_below(text.as_bytes(), &(at..at + 8), &mut |named| all.push(text[named.value].to_owned()));
            all
        };
        assert_eq!(below("Accounts\n\nuser\tpassword\na\tV1\nb\tV2\n"), ["V1", "V2"]);
        assert!(below("a\tb\nuser\tpassword\na\tV1\n").is_empty());
        assert!(below("x\ty\tpassword").is_empty());
        assert!(below("class A:\n\tpassword\n\tx = 1\n").is_empty());
    }

    #[test]
    fn hostile_tables() {
        let text = "password,".repeat(100) + "x\n" + &",".repeat(100_000);
        assert!(values(&text, "passw").is_empty());
        // Of a long table only the beginning is read.
        let text = "a,password\n".to_owned() + &"x,\"\n".repeat(100_000);
        assert!(values(&text, "passw").len() <= ROWS / 4);
    }
}
