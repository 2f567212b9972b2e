//! Tables of text: rows with separators (`,` tab `;` `|`), quoted as RFC 4180 says, under a line of
//! headings. Without headings the columns have no names; of two, the first may name the second.

use super::files::{FileKind, file_kind};
use super::names::{clean, looks_like_name, trim};
use super::seek::{Seeker, work};
use super::{Object, Place, Syntax, sql};
use memchr::{memchr, memchr2};
use std::ops::Range;

/// Rows that tell whether a text is a table.
const SAMPLE: usize = 16;
/// Bytes of a text that are looked at for that.
const HEAD: usize = 32 << 10;
/// Columns that are told apart.
const COLUMNS: usize = 1024;

/// Tables of text.
pub struct Csv;

impl Syntax for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn reads(&self, text: &[u8], file_name: &[u8]) -> bool {
        file_kind(file_name) == FileKind::Unknown && layout(text, is_table_name(file_name)).is_some()
    }

    fn locate(&self, text: &[u8], spans: &[Range<usize>]) -> Vec<Option<Place>> {
        let mut seeker = Seeker::new(spans);
        let Some(layout) = layout(text, true) else { return seeker.finish() };
        let mut rows = Rows { text, separator: layout.separator, quotes: true };
        let mut cells = Vec::new();
        let mut at = layout.start;
        let mut row = 0u64;
        while at < text.len() && !seeker.done() {
            let start = at;
            at = rows.next(at, &mut cells);
            row += 1;
            if seeker.wants(&(start..at)) {
                serve(text, &layout, row, start, &cells, &mut seeker);
            }
        }
        seeker.finish()
    }
}

fn is_table_name(name: &[u8]) -> bool {
    let lower = name[name.len().saturating_sub(8)..].to_ascii_lowercase();
    [&b".csv"[..], b".tsv", b".tab", b".psv"].iter().any(|end| lower.ends_with(end))
}

fn serve(
    text: &[u8],
    layout: &Layout,
    row: u64,
    start: usize,
    cells: &[Range<usize>],
    seeker: &mut Seeker<'_>,
) {
    // The table is the object at 0, so no row is.
    let objects = [
        Object { start: start.max(1).min(text.len()), label: format!("row {row}") },
        Object { start: 0, label: "the table".to_owned() },
    ];
    let name = layout.sides.and_then(|(n, v)| Some((v, clean(&text[cells.get(n)?.clone()]))));
    for (n, cell) in cells.iter().enumerate() {
        seeker.put(cell, |at| {
            let heading = layout.headings.get(n).filter(|h| !h.is_empty());
            let shown = heading.cloned().unwrap_or_else(|| format!("column {}", n + 1));
            let (path, key) = match &name {
                Some((value, name)) if *value == n => {
                    (format!("row {row} {shown} ({name})"), Some(name.clone()))
                }
                _ => (format!("row {row} {shown}"), heading.cloned()),
            };
            Some(sql::place(text, path, key, &objects, cell, at))
        });
    }
}

/// How a table is written.
struct Layout {
    separator: u8,
    /// Where its first row starts.
    start: usize,
    /// Empty where it has none.
    headings: Vec<String>,
    sides: Option<(usize, usize)>,
}

/// Looks at the first rows. `is_named`: the file is called a table, so that less must be seen in it.
fn layout(text: &[u8], is_named: bool) -> Option<Layout> {
    let mut start = if text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let mut separators: &[u8] = b",\t;|";
    if text.get(start..)?.starts_with(b"sep=") && matches!(text.get(start + 5), Some(b'\r' | b'\n')) {
        separators = text.get(start + 4..start + 5)?;
        start += memchr(b'\n', &text[start..])? + 1;
    }
    let head = &text[..text.len().min(start + HEAD)];
    if matches!(head.get(start)?, b'{' | b'[' | b'<' | b'#' | b'-') {
        return None;
    }
    let first = head.get(start..start + memchr(b'\n', &head[start..])?)?;
    for &separator in separators {
        if memchr(separator, first).is_none() {
            continue;
        }
        let mut rows = Rows { text: head, separator, quotes: true };
        let (mut at, mut sample) = (start, Vec::new());
        while at < head.len() && sample.len() < SAMPLE {
            let mut cells = Vec::new();
            at = rows.next(at, &mut cells);
            // The last row of a long text may be cut, and empty lines are no rows.
            if (at < head.len() || head.len() == text.len()) && cells.iter().any(|c| !c.is_empty()) {
                sample.push(cells);
            }
        }
        let Some((first, rest)) = sample.split_first() else { continue };
        let width = first.len();
        let is_even = rest.iter().all(|row| row.len() == width);
        if !(2..=COLUMNS).contains(&width) || !is_even {
            continue;
        }
        let is_heading = !rest.is_empty() && headings(text, first);
        let is_worth = |c: &Range<usize>| is_key_word(&text[c.clone()]);
        if is_heading && (is_named || first.iter().any(is_worth)) {
            let headings: Vec<String> = first.iter().map(|c| clean(&text[c.clone()])).collect();
            let words: Vec<String> = headings.iter().map(|h| h.replace([' ', '.'], "_")).collect();
            return Some(Layout { separator, start, sides: sql::sides(&words), headings });
        }
        if is_named && !is_heading {
            // `AWS_SECRET_ACCESS_KEY,…`: names and values without headings.
            let is_name = |row: &Vec<Range<usize>>| {
                row.first().is_some_and(|c| {
                    let name = &text[c.clone()];
                    looks_like_name(name) && is_key_word(name) && heading(name)
                })
            };
            let is_settings = width == 2 && sample.iter().all(is_name);
            return Some(Layout {
                separator,
                start,
                headings: Vec::new(),
                sides: is_settings.then_some((0, 1)),
            });
        }
    }
    None
}

/// Whether a row names columns: short words, no two alike.
fn headings(text: &[u8], row: &[Range<usize>]) -> bool {
    let mut seen = std::collections::HashSet::new();
    row.iter().all(|c| {
        let name = text[c.clone()].trim_ascii();
        heading(name) && seen.insert(name)
    })
}

fn heading(name: &[u8]) -> bool {
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || b" _-./()#:&'".contains(b) || *b >= 0x80;
    let digits = name.iter().filter(|b| b.is_ascii_digit()).count();
    (1..=64).contains(&name.len())
        && (name[0].is_ascii_alphabetic() || name[0] == b'_' || name[0] >= 0x80)
        && name.iter().all(is_part)
        && digits * 4 <= name.len()
        && name.split(|b| *b == b' ').count() <= 6
        && (looks_like_name(name) || name.contains(&b' '))
}

/// Whether a heading says that values worth looking for stand below it.
fn is_key_word(name: &[u8]) -> bool {
    let lower = name.to_ascii_lowercase();
    let words: [&[u8]; 9] =
        [b"key", b"secret", b"token", b"passw", b"credential", b"value", b"access", b"apikey", b"client"];
    words.iter().any(|w| memchr::memmem::find(&lower, w).is_some())
}

/// Rows of a text.
struct Rows<'t> {
    text: &'t [u8],
    separator: u8,
    /// Whether a quote that opens may still be closed.
    quotes: bool,
}

impl Rows<'_> {
    /// The cells of the row at `start`, and where the next one starts.
    fn next(&mut self, start: usize, cells: &mut Vec<Range<usize>>) -> usize {
        cells.clear();
        let mut at = start;
        loop {
            let (cell, end) = self.cell(at);
            if cells.len() < COLUMNS {
                cells.push(cell);
            }
            match self.text.get(end) {
                Some(b) if *b == self.separator => at = end + 1,
                Some(b'\n') => return end + 1,
                // A quoted cell ends before CR LF.
                Some(b'\r') => return (end + 2).min(self.text.len()),
                _ => return self.text.len(),
            }
        }
    }

    /// The value of a cell, and where it ends: at a separator, a line's end, or the end of all.
    fn cell(&mut self, at: usize) -> (Range<usize>, usize) {
        if self.text.get(at) == Some(&b'"')
            && self.quotes
            && let Some(close) = self.close(at + 1)
        {
            let next = self.text.get(close + 1);
            let is_end = match next {
                None | Some(b'\n') => true,
                Some(b'\r') => matches!(self.text.get(close + 2), None | Some(b'\n')),
                Some(b) => *b == self.separator,
            };
            if is_end {
                return (at + 1..close, close + 1);
            }
        }
        let rest = self.text.get(at..).unwrap_or_default();
        let len = memchr2(self.separator, b'\n', rest).unwrap_or(rest.len());
        work(len + 1);
        // A tab may be the separator, so that blanks are part of a cell but for print.
        (trim(self.text, at..at + len), at + len)
    }

    /// The quote that closes a cell, of which two are one.
    fn close(&mut self, mut at: usize) -> Option<usize> {
        loop {
            let Some(len) = self.text.get(at..).and_then(|rest| memchr(b'"', rest)) else {
                self.quotes = false;
                return None;
            };
            work(len + 1);
            at += len;
            if self.text.get(at + 1) != Some(&b'"') {
                return Some(at);
            }
            at += 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn rows_under_headings() {
        let table: &[(&str, &str)] = &[
            (
                "\u{feff}Access key ID,Secret access key\r\nVALUE1,VALUE2\r\nVALUE3,\"VALUE4\"\r\n",
                "row 2 Access key ID|Access key ID|row 2,the table; row 2 Secret access key|Secret access key|row 2,the table; row 3 Access key ID|Access key ID|row 3,the table; row 3 Secret access key|Secret access key|row 3,the table",
            ),
            ("name;note;secret\nbob;\"a \"\"b\"\";\nc\";VALUE1\n", "row 2 secret|secret|row 2,the table"),
            (
                "Name\tValue\naws_key\tVALUE1\naws_secret\tVALUE2\n",
                "row 2 Value (aws_key)|aws_key|row 2,the table; row 3 Value (aws_secret)|aws_secret|row 3,the table",
            ),
            (
                "AWS_KEY_ID,+VALUE1\nAWS_SECRET,+VALUE2\n",
                "row 1 column 2 (AWS_KEY_ID)|AWS_KEY_ID|row 1,the table; row 2 column 2 (AWS_SECRET)|AWS_SECRET|row 2,the table",
            ),
            ("12,VALUE1\n13,VALUE2\n", "row 1 column 2|-|row 1,the table; row 2 column 2|-|row 2,the table"),
            (
                "name|secret\n\"x|VALUE1\n\"y\"z|VALUE2",
                "row 2 secret|secret|row 2,the table; row 3 secret|secret|row 3,the table",
            ),
        ];
        check(&Csv, table);
    }

    #[test]
    fn reads_tables_and_nothing_else() {
        for (yes, name) in [
            ("User name,Password,Access key ID,Secret access key,Console login link\na,,b,c,d\n", "x"),
            ("a,b\n1,2\n", "a.csv"),
            ("id\taccess_key\tsecret_key\n1\tx\ty\n", "out.txt"),
            ("sep=;\na;b\n1;2\n", "a.csv"),
        ] {
            assert!(Csv.reads(yes.as_bytes(), name.as_bytes()), "{yes}");
        }
        for (no, name) in [
            ("Hello, world\nthis is, text\n", "x"),
            ("A=1,b\nsecret=2,c\n", "x"),
            ("key, value\nonly one\n", "x"),
            ("a,key\n1,2\n", "a.py"),
            ("| key | b |\n|---|---|\n", "x"),
            ("{\"key\",\n\"b\",\n", "x"),
            ("the key, of course\n", "x.txt"),
        ] {
            assert!(!Csv.reads(no.as_bytes(), name.as_bytes()), "{no}");
        }
    }
}
