//! Tables that are drawn with signs: of psql and mysql, Markdown, reStructuredText and AsciiDoc, those of PowerShell and SQL*Plus whose
//! columns stand below lines of dashes.

use super::{Form, Named, VALUE, is_name};
use std::ops::Range;

/// Bytes in which a line must end.
const LINE: usize = 1024;
/// Longest name of a column.
const CELL: usize = 48;
/// Longest stretch of rows that is read.
const ROWS: usize = 16 << 10;
/// Shortest value that stands beside its name.
const SHORTEST: usize = 6;

const BOX: &[u8] = "│".as_bytes();

/// Whether what stands behind a name may go on in such a table: nearly all names end before something else.
pub(super) fn may_be(next: Option<&u8>) -> bool {
    matches!(next, Some(b' ' | b'\t' | b'|' | b'\n' | b'\r' | b'`' | b'*'))
}

/// Calls `found` with what stands below the name, or beside it. Whether the name stands in such a table.
pub(super) fn find(text: &[u8], name: &Range<usize>, found: &mut dyn FnMut(Named)) -> bool {
    let behind = text.get(name.end..).unwrap_or_default();
    let stop = match end_of_line(text, name.end) {
        Some(stop) => stop,
        None if behind.len() <= LINE => text.len(),
        None => return false,
    };
    let is_head = is_ruler(text, stop + 1);
    if !is_head {
        let rest = behind[..stop - name.end].trim_ascii_start();
        let may_be_beside = match rest.first() {
            Some(b'|' | b'`' | b'*') => true,
            None => text.get(stop + 1) == Some(&b'|'),
            Some(_) => rest.starts_with(BOX),
        };
        if !may_be_beside {
            return false;
        }
    }
    let before = text[..name.start].iter().rev();
    let from = name.start - before.take(LINE).take_while(|b| **b != b'\n').count();
    if !is_head {
        return beside(text, from..stop, name, found);
    }
    let below = end_of_line(text, stop + 1).unwrap_or(text.len());
    match divider(&text[from..stop]) {
        Some(divider) => below_cell(text, from..stop, below + 1, divider, name, found),
        None => below_dashes(text, stop + 1..below, name, from, found),
    }
}

fn end_of_line(text: &[u8], from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    memchr::memchr(b'\n', &rest[..rest.len().min(LINE)]).map(|len| from + len)
}

/// Whether the line at `at` is drawn: dashes, and what stands where they meet.
fn is_ruler(text: &[u8], at: usize) -> bool {
    let rest = text.get(at..).unwrap_or_default();
    let is_sign = |b: &u8| matches!(b, b'-' | b'=' | b'+' | b'|' | b':' | b' ' | b'\t' | b'\r' | 0x80..);
    let mut first = rest.iter().skip_while(|b| **b == b' ');
    if !matches!(first.next(), Some(b'-' | b'=' | b'+' | b'|' | b':' | 0xe2)) {
        return false;
    }
    let line = &rest[..memchr::memchr(b'\n', &rest[..rest.len().min(LINE)]).unwrap_or(rest.len().min(LINE))];
    let dashes = line.iter().filter(|b| matches!(b, b'-' | b'=')).count();
    line.iter().all(is_sign) && (dashes >= 3 || memchr::memmem::find(line, "──".as_bytes()).is_some())
}

/// What stands between cells.
fn divider(line: &[u8]) -> Option<&'static [u8]> {
    [b"|", BOX].into_iter().find(|sign| memchr::memmem::find(line, sign).is_some())
}

fn cells(line: &[u8], divider: &[u8]) -> Vec<Range<usize>> {
    let mut all = Vec::new();
    let mut from = 0;
    for at in memchr::memmem::find_iter(line, divider) {
        all.push(from..at);
        from = at + divider.len();
    }
    all.push(from..line.len());
    all.iter().map(|cell| trimmed(line, cell)).collect()
}

/// Without blanks, and without what makes a text bold or a code.
fn trimmed(line: &[u8], cell: &Range<usize>) -> Range<usize> {
    let is_around = |b: &u8| matches!(b, b' ' | b'\t' | b'\r' | b'`' | b'*');
    let inner = &line[cell.clone()];
    let start = cell.start + inner.iter().take_while(|b| is_around(b)).count();
    let end = cell.end - inner.iter().rev().take_while(|b| is_around(b)).count();
    start..end.max(start)
}

fn is_label(cell: &[u8]) -> bool {
    let is_part =
        |b: &u8| is_name(*b) || matches!(b, b' ' | b'-' | b'.' | b'/' | b'#' | b'(' | b')' | b'?' | b'\\');
    cell.len() <= CELL && cell.iter().all(is_part)
}

/// What the rows from `at` on hold in the column of the name.
fn below_cell(
    text: &[u8],
    head: Range<usize>,
    mut at: usize,
    divider: &[u8],
    name: &Range<usize>,
    found: &mut dyn FnMut(Named),
) -> bool {
    let line = &text[head.clone()];
    let names = cells(line, divider);
    let inner = name.start - head.start;
    let Some(number) = names.iter().position(|cell| cell.contains(&inner)) else { return false };
    if !names.iter().all(|cell| is_label(&line[cell.clone()])) {
        return false;
    }
    let stop = text.len().min(at + ROWS);
    // Grids have a line below each row, and double ones below their heads.
    let is_double = |line: &[u8]| line.contains(&b'=');
    let is_grid = is_double(&text[head.end + 1..text.len().min(at)]);
    while at < stop {
        let end = end_of_line(text, at).unwrap_or(text.len()).min(text.len());
        let row = &text[at..end];
        if is_ruler(text, at) {
            // The table ends here, or another has its head above: nothing is read twice, however many there are.
            if !is_grid || is_double(row) {
                break;
            }
        } else {
            let cells = cells(row, divider);
            if cells.len() != names.len() {
                break;
            }
            if let Some(cell) = cells.get(number) {
                give(text, at + cell.start..at + cell.end, name, Form::Clause, found);
            }
        }
        at = end + 1;
    }
    true
}

/// The same where the columns stand below dashes.
fn below_dashes(
    text: &[u8],
    ruler: Range<usize>,
    name: &Range<usize>,
    head: usize,
    found: &mut dyn FnMut(Named),
) -> bool {
    let line = &text[ruler.clone()];
    let is_dash = |b: &u8| matches!(b, b'-' | b'=');
    let mut starts = Vec::new();
    for (n, b) in line.iter().enumerate() {
        if is_dash(b) && (n == 0 || !is_dash(&line[n - 1])) {
            starts.push(n);
        }
    }
    // A line below a heading.
    if starts.len() < 2 {
        return false;
    }
    let inner = name.start - head;
    let Some(column) = starts.iter().rposition(|start| *start <= inner) else { return false };
    let (from, to) = (starts[column], starts.get(column + 1).copied());
    let mut at = ruler.end + 1;
    let stop = text.len().min(at + ROWS);
    while at < stop {
        let end = end_of_line(text, at).unwrap_or(text.len());
        let row = &text[at..end];
        if row.trim_ascii().is_empty() || is_ruler(text, at) {
            break;
        }
        if row.len() > from {
            let cell = trimmed(row, &(from..to.unwrap_or(row.len()).min(row.len())));
            if !row[cell.clone()].contains(&b' ') {
                give(text, at + cell.start..at + cell.end, name, Form::Clause, found);
            }
        }
        at = end + 1;
    }
    true
}

/// The cell beside the one that the name is all of.
fn beside(text: &[u8], whole: Range<usize>, name: &Range<usize>, found: &mut dyn FnMut(Named)) -> bool {
    let line = &text[whole.clone()];
    let before = trimmed(line, &(0..name.start - whole.start));
    let before = &line[before];
    if !(before.is_empty() || before.ends_with(b"|") || before.ends_with(BOX)) {
        return false;
    }
    let behind = trimmed(line, &(name.end - whole.start..line.len()));
    let rest = &line[behind.clone()];
    let sign = [b"|", BOX].into_iter().find(|sign| rest.starts_with(sign));
    let value = match sign {
        // `||` is something else.
        Some(sign) if !rest[sign.len()..].starts_with(b"|") => {
            let from = behind.start + sign.len();
            let len = memchr::memmem::find(&line[from..], sign).unwrap_or(line.len() - from);
            let cell = trimmed(line, &(from..from + len));
            whole.start + cell.start..whole.start + cell.end
        }
        // AsciiDoc has each cell on a line of its own.
        None if rest.is_empty() && before == b"|" => {
            let next = whole.end + 1;
            let Some(cell) = text.get(next..).filter(|rest| rest.starts_with(b"|")) else { return false };
            let len = memchr::memchr2(b'\n', b'|', &cell[1..cell.len().min(LINE)]).unwrap_or(0);
            let cell = trimmed(text, &(next + 1..next + 1 + len));
            cell.start..cell.end
        }
        _ => return false,
    };
    let bytes = &text[value.clone()];
    // What describes the setting, not what it is set to.
    let is_value = bytes.len() >= SHORTEST
        && !bytes.contains(&b' ')
        && bytes.iter().any(|b| b.is_ascii_digit() || b"!#$%^&+@~".contains(b))
        && bytes.iter().any(u8::is_ascii_alphabetic);
    if is_value {
        give(text, value, name, Form::Pair, found);
    }
    is_value
}

fn give(text: &[u8], value: Range<usize>, name: &Range<usize>, form: Form, found: &mut dyn FnMut(Named)) {
    if !value.is_empty() && value.len() <= VALUE {
        let quoted = text[..value.start].ends_with(b"`");
        found(Named { name: name.clone(), value, form, quoted, goes_on: false });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<String> {
        let at = text.find("password").unwrap();
        let mut all = Vec::new();
        find(text.as_bytes(), &(at..at + 8), &mut |named| all.push(text[named.value].to_owned()));
        all
    }

    #[test]
    fn what_stands_below_a_name() {
        for table in [
            " id | password \n----+----------\n  1 | V1-a\n  2 | V2-b\n(2 rows)\n",
            "+----+----------+\n| id | password |\n+----+----------+\n|  1 | V1-a |\n|  2 | V2-b |\n+----+\n",
            "| user | password |\n|:-----|---------:|\n| a | `V1-a` |\n| b | **V2-b** |\n",
            "│ id │ password │\n├────┼──────────┤\n│ 1  │ V1-a     │\n│ 2  │ V2-b     │\n└────┴──────────┘\n",
            "+----+----------+\n| id | password |\n+====+==========+\n|  1 | V1-a |\n+----+----------+\n|  2 | V2-b |\n+----+---+\n",
            "id  password \n--  ---------\n1   V1-a\n2   V2-b\n\n3   x\n",
            "==  ========\nid  password\n==  ========\n1   V1-a\n2   V2-b\n==  ========\n",
        ] {
            assert_eq!(values(table), ["V1-a", "V2-b"], "{table}");
        }
    }

    #[test]
    fn what_stands_beside_a_name() {
        for table in [
            "| user | x |\n| password | `V1-abc` |\n",
            "-[ RECORD 1 ]\npassword | V1-abc\n",
            "|===\n|password\n|V1-abc\n|===\n",
            "│ password │ V1-abc │\n",
        ] {
            assert_eq!(values(table), ["V1-abc"], "{table}");
        }
    }

    #[test]
    fn no_tables() {
        for text in [
            "the password\n--------\nV1-abc\n",
            "echo password | V1-abc\n",
            "| password | the password of it |\n",
            "| password | string |\n",
            "if (a || password || V1-abc)\n",
            "password\n",
            "password",
            "a password \n-- x --\nV1-abc\n",
        ] {
            assert!(values(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn hostile_tables() {
        let text = "a | password\n--|--\n".to_owned() + &"x | y\n".repeat(100_000);
        assert!(values(&text).len() <= ROWS / 4);
        let text = "| user | password |\n|---|---|\n".repeat(100_000);
        assert_eq!(values(&text), ["password"]);
        let text = "|password".repeat(100_000) + "\n--|--\n";
        assert!(values(&text).is_empty());
    }
}
