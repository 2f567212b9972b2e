//! The cells of a workbook (OOXML) in their rows: sheets have the numbers of their strings only, which stand in a part of their own, so that
//! a name and its value are apart.

use super::Entry;
use crate::container::budget::Budget;
use crate::container::{Contents, Member, Problem};
use crate::ledger::Reason;
use crate::lens::decode::inner::entity;
use crate::lens::strings::is_secret_name;
use std::ops::Range;

/// Larger tables of strings are data, not settings.
const SHARED: u64 = 16 << 20;
/// Longest text of a cell that is told; longer ones are searched where they stand.
const CELL: usize = 256;
/// Columns that are told.
const COLUMNS: usize = 256;

/// The member that has the cells.
pub(super) struct Cells<'b> {
    /// Some programs write all strings into the sheets.
    shared: Option<Entry<'b>>,
    sheets: Vec<Entry<'b>>,
}

impl<'b> Cells<'b> {
    /// Of the members of an archive, if it is a workbook.
    pub(super) fn of(members: &[Entry<'b>]) -> Option<Self> {
        let named = |entry: &Entry<'_>, part: &[u8]| {
            let name = entry.header.name;
            // Between folders of the archive, some write what Windows has; letters are of either case.
            name.windows(part.len()).any(|name| {
                let is_same = |(a, b): (&u8, &u8)| a.eq_ignore_ascii_case(b) || (*a, *b) == (b'\\', b'/');
                name.iter().zip(part).all(is_same)
            })
        };
        let shared = members.iter().find(|entry| named(entry, b"/sharedstrings.xml"));
        if shared.is_some_and(|entry| entry.size_hint() > SHARED) {
            return None;
        }
        let sheets: Vec<_> =
            members.iter().filter(|entry| named(entry, b"/worksheets/sheet")).cloned().collect();
        (!sheets.is_empty()).then(|| Cells { shared: shared.cloned(), sheets })
    }
}

impl Member for Cells<'_> {
    fn name(&self) -> &[u8] {
        b"cells"
    }

    fn size_hint(&self) -> u64 {
        self.sheets.iter().map(Member::size_hint).sum()
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        let mut packed = Vec::new();
        let shared = self.shared.as_ref().map_or(&[][..], |shared| shared.read(&mut packed, budget).bytes);
        let strings = Strings::of(shared);
        let is_named = strings.all().any(is_name);
        buffer.clear();
        let mut unpacked = Vec::new();
        for sheet in &self.sheets {
            let sheet = sheet.read(&mut unpacked, budget).bytes;
            // Where nothing is called a secret, the strings have been searched where they stand.
            if !is_named && !has_strings(sheet) {
                continue;
            }
            let (start, most) = (buffer.len(), buffer.len() + 4 * sheet.len() + (64 << 10));
            let is_whole = rows(sheet, &strings, most, buffer);
            if !is_named && !buffer[start..].split(|b| matches!(b, b'\t' | b'\n')).any(is_name) {
                buffer.truncate(start);
                continue;
            }
            if !is_whole {
                let detail = "the cells of a sheet have more text than fits; searched where it stands";
                return Contents {
                    bytes: buffer,
                    problem: Some(Problem::new(Reason::Limit, detail).of_bytes(0)),
                };
            }
            buffer.push(b'\n');
        }
        Contents { bytes: buffer, problem: None }
    }
}

/// Whether a sheet has strings of its own.
fn has_strings(sheet: &[u8]) -> bool {
    memchr::memmem::find(sheet, b"\"inlineStr\"").is_some()
        || memchr::memmem::find(sheet, b"\"str\"").is_some()
}

/// The strings that sheets have the numbers of. Each is decoded once: any number of cells may have the same long one.
#[derive(Default)]
struct Strings {
    text: Vec<u8>,
    places: Vec<Range<usize>>,
}

impl Strings {
    fn of(xml: &[u8]) -> Self {
        let mut all = Strings { text: Vec::new(), places: strings(xml) };
        for place in &mut all.places {
            let start = all.text.len();
            all.text.extend(decoded(&xml[place.clone()]));
            *place = start..all.text.len();
        }
        all
    }

    fn get(&self, number: usize) -> Option<&[u8]> {
        self.places.get(number).map(|place| &self.text[place.clone()])
    }

    fn all(&self) -> impl Iterator<Item = &[u8]> {
        self.places.iter().map(|place| &self.text[place.clone()])
    }
}

fn is_name(text: &[u8]) -> bool {
    text.len() <= 64 && std::str::from_utf8(text).is_ok_and(is_secret_name)
}

/// A tag: where it is, its name without a prefix, whether it ends an element, and whether it has no inside.
struct Tag<'x> {
    at: Range<usize>,
    name: &'x [u8],
    is_end: bool,
    is_empty: bool,
}

/// The next tag at `from` or behind it.
fn next_tag(xml: &[u8], from: usize) -> Option<Tag<'_>> {
    let start = from + memchr::memchr(b'<', xml.get(from..)?)?;
    let end = start + memchr::memchr(b'>', &xml[start..])?;
    let inner = &xml[start + 1..end];
    let is_end = inner.starts_with(b"/");
    let name = &inner[usize::from(is_end)..];
    let name = &name[..name.iter().position(|b| b.is_ascii_whitespace() || *b == b'/').unwrap_or(name.len())];
    let name = memchr::memchr(b':', name).map_or(name, |colon| &name[colon + 1..]);
    Some(Tag { at: start..end + 1, name, is_end, is_empty: inner.ends_with(b"/") })
}

/// Where each string stands, from its tag to its end.
fn strings(xml: &[u8]) -> Vec<Range<usize>> {
    let (mut all, mut at, mut open) = (Vec::new(), 0, None);
    while let Some(tag) = next_tag(xml, at) {
        at = tag.at.end;
        if tag.name == b"si" {
            match open.take() {
                Some(start) if tag.is_end => all.push(start..tag.at.start),
                _ if tag.is_empty => all.push(at..at),
                _ => open = Some(at),
            }
        }
    }
    all
}

/// The text of a string: that of its runs, without how it is read aloud; on one line.
fn decoded(xml: &[u8]) -> Vec<u8> {
    let (mut out, mut at, mut is_text, mut aloud) = (Vec::new(), 0, false, false);
    while out.len() <= CELL {
        let tag = next_tag(xml, at);
        let end = tag.as_ref().map_or(xml.len(), |tag| tag.at.start);
        if is_text && !aloud {
            characters(&xml[at..end], &mut out);
        }
        let Some(tag) = tag else { break };
        match tag.name {
            b"t" => is_text = !tag.is_end && !tag.is_empty,
            b"rPh" => aloud = !tag.is_end,
            _ => {}
        }
        at = tag.at.end;
    }
    out
}

fn characters(text: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    while at < text.len() && out.len() <= CELL {
        match text[at] {
            b'&' => match entity(&text[at..text.len().min(at + 12)]) {
                Some((c, len)) => {
                    let c = if c.is_control() { ' ' } else { c };
                    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                    at += len;
                    continue;
                }
                None => out.push(b'&'),
            },
            b'\n' | b'\r' | b'\t' => out.push(b' '),
            b => out.push(b),
        }
        at += 1;
    }
}

/// What stands in a sheet, in its order.
enum Part<'x> {
    /// A row begins, or ends.
    Row { is_end: bool },
    /// A cell that has something inside.
    Cell { column: usize, kind: &'x [u8], inside: &'x [u8] },
}

struct Parts<'x> {
    xml: &'x [u8],
    at: usize,
    column: usize,
}

fn parts(xml: &[u8]) -> Parts<'_> {
    Parts { xml, at: 0, column: 0 }
}

impl<'x> Iterator for Parts<'x> {
    type Item = Part<'x>;

    fn next(&mut self) -> Option<Part<'x>> {
        let xml = self.xml;
        loop {
            let tag = next_tag(xml, self.at)?;
            self.at = tag.at.end;
            if tag.name == b"row" {
                self.column = 0;
                return Some(Part::Row { is_end: tag.is_end });
            }
            if tag.name != b"c" || tag.is_end {
                continue;
            }
            let attributes = &xml[tag.at.clone()];
            let column = attribute(attributes, b" r=\"").and_then(letters).unwrap_or(self.column);
            self.column = column + 1;
            if tag.is_empty || column >= COLUMNS {
                continue;
            }
            let kind = attribute(attributes, b" t=\"").unwrap_or_default();
            let start = self.at;
            self.at = cell_end(xml, start);
            return Some(Part::Cell { column, kind, inside: &xml[start..self.at] });
        }
    }
}

/// Writes the rows of a sheet, a line each with tabs between the cells. `false`: there was no room for all.
fn rows(xml: &[u8], strings: &Strings, most: usize, out: &mut Vec<u8>) -> bool {
    // Tables need not begin in the first column.
    let column = |part| if let Part::Cell { column, .. } = part { Some(column) } else { None };
    let first = parts(xml).filter_map(column).min().unwrap_or(0);
    let mut written = 0;
    for part in parts(xml) {
        match part {
            Part::Row { is_end: true } => out.push(b'\n'),
            Part::Row { is_end: false } => written = 0,
            Part::Cell { column, kind, inside } => {
                let value = cell(inside, kind, strings);
                while written < column - first {
                    out.push(b'\t');
                    written += 1;
                }
                if value.len() <= CELL {
                    out.extend_from_slice(&value);
                }
            }
        }
        if out.len() > most {
            return false;
        }
    }
    true
}

/// Where the cell ends whose inside begins at `from`.
fn cell_end(xml: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(tag) = next_tag(xml, at) {
        if matches!(tag.name, b"c" | b"row") {
            return tag.at.start;
        }
        at = tag.at.end;
    }
    xml.len()
}

/// The text of a cell.
fn cell(xml: &[u8], kind: &[u8], strings: &Strings) -> Vec<u8> {
    if kind == b"inlineStr" {
        return decoded(xml);
    }
    let mut at = 0;
    while let Some(tag) = next_tag(xml, at) {
        at = tag.at.end;
        if tag.name == b"v" && !tag.is_end {
            let len = memchr::memchr(b'<', &xml[at..]).unwrap_or(xml.len() - at);
            let value = &xml[at..at + len];
            if kind == b"s" {
                let number = std::str::from_utf8(value).ok().and_then(|n| n.trim().parse().ok());
                let string = number.and_then(|n| strings.get(n)).filter(|string| string.len() <= CELL);
                return string.unwrap_or_default().to_vec();
            }
            let mut out = Vec::new();
            characters(value, &mut out);
            return out;
        }
    }
    Vec::new()
}

fn attribute<'x>(tag: &'x [u8], name: &[u8]) -> Option<&'x [u8]> {
    let from = memchr::memmem::find(tag, name)? + name.len();
    let len = memchr::memchr(b'"', &tag[from..])?;
    Some(&tag[from..from + len])
}

/// The column of a place (`AB12`).
fn letters(place: &[u8]) -> Option<usize> {
    let letters = place.iter().take(4).take_while(|b| b.is_ascii_uppercase());
    letters.fold(None, |n, b| Some(n.map_or(0, |n: usize| (n + 1) * 26) + usize::from(b - b'A')))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRINGS: &str = "<sst><si><t>user</t></si><si><r><t>db_</t></r><r><t>password</t></r></si><si><t/></si>\
                           <si><t xml:space=\"preserve\">a &amp; b</t><rPh><t>x</t></rPh></si></sst>";

    fn text(sheet: &str, most: usize) -> (String, bool) {
        let mut out = Vec::new();
        let whole = rows(sheet.as_bytes(), &Strings::of(STRINGS.as_bytes()), most, &mut out);
        (String::from_utf8(out).unwrap(), whole)
    }

    #[test]
    fn cells_in_rows() {
        let sheet = "<sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"C1\" t=\"s\"><v>1</v></c></row>\
                     <row><c t=\"s\"><v>3</v></c><c/><c t=\"str\"><f>x</f><v>V1</v></c></row>\
                     <x:row><x:c r=\"B3\" t=\"inlineStr\"><is><t>in</t></is></x:c><c r=\"AA3\"><v>5</v></c></x:row></sheetData>";
        let tabs = "\t".repeat(25);
        assert_eq!(text(sheet, 1000).0, format!("user\t\tdb_password\na & b\t\tV1\n\tin{tabs}5\n"));
    }

    #[test]
    fn a_title_to_the_right_of_where_the_table_begins() {
        let sheet = "<row><c r=\"C1\" t=\"s\"><v>3</v></c></row>\
                     <row><c r=\"B2\" t=\"s\"><v>0</v></c><c r=\"C2\" t=\"s\"><v>1</v></c></row>\
                     <row><c r=\"B3\"><v>7</v></c><c r=\"C3\"><v>8</v></c></row>";
        assert_eq!(text(sheet, 1000).0, "\ta & b\nuser\tdb_password\n7\t8\n");
    }

    #[test]
    fn one_long_string_in_many_cells() {
        // As many tags without text as take seconds if they are gone through for each cell.
        let shared = format!("<si>{}</si>", "<r></r>".repeat(200_000));
        let sheet = "<row><c t=\"s\"><v>0</v></c></row>".repeat(20_000);
        let start = std::time::Instant::now();
        let mut out = Vec::new();
        assert!(rows(sheet.as_bytes(), &Strings::of(shared.as_bytes()), 1 << 20, &mut out));
        assert!(start.elapsed() < std::time::Duration::from_secs(10), "{:?}", start.elapsed());
    }

    #[test]
    fn what_is_wrong_is_passed_over() {
        for sheet in [
            "<row><c t=\"s\"><v>99999999999999999999</v></c></row>",
            "<row><c t=\"s\"><v>77</v>",
            "<c r=\"ZZZZ1\"><v>",
            "<row",
            "",
        ] {
            assert_eq!(text(sheet, 1000).0.trim(), "", "{sheet}");
        }
        let sheet = "<row><c t=\"s\"><v>1</v></c></row>".repeat(1000);
        assert!(!text(&sheet, 100).1);
    }
}
