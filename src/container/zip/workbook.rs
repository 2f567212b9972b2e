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
    shared: Entry<'b>,
    sheets: Vec<Entry<'b>>,
}

impl<'b> Cells<'b> {
    /// Of the members of an archive, if it is a workbook.
    pub(super) fn of(members: &[Entry<'b>]) -> Option<Self> {
        let is_shared = |entry: &&Entry<'_>| entry.header.name.ends_with(b"/sharedStrings.xml");
        let shared = members.iter().find(is_shared).filter(|entry| entry.size_hint() <= SHARED)?.clone();
        let is_sheet =
            |entry: &&Entry<'_>| memchr::memmem::find(entry.header.name, b"/worksheets/sheet").is_some();
        let sheets: Vec<_> = members.iter().filter(is_sheet).cloned().collect();
        (!sheets.is_empty()).then_some(Cells { shared, sheets })
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
        let shared = self.shared.read(&mut packed, budget).bytes;
        let strings = strings(shared);
        // Where nothing is called a secret, the strings have been searched where they stand.
        let text = |string: &Range<usize>| decoded(&shared[string.clone()]);
        if !strings.iter().any(|string| is_name(&text(string))) {
            return Contents::default();
        }
        buffer.clear();
        let mut unpacked = Vec::new();
        for sheet in &self.sheets {
            let sheet = sheet.read(&mut unpacked, budget).bytes;
            let most = buffer.len() + 4 * sheet.len() + (64 << 10);
            if !rows(sheet, &mut |number| strings.get(number).map(text), most, buffer) {
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

/// Writes the rows of a sheet, a line each with tabs between the cells. `false`: there was no room for all.
fn rows(
    xml: &[u8],
    string: &mut dyn FnMut(usize) -> Option<Vec<u8>>,
    most: usize,
    out: &mut Vec<u8>,
) -> bool {
    let (mut at, mut column, mut written) = (0, 0, 0);
    // Tables need not begin in the first column.
    let mut first = None;
    while let Some(tag) = next_tag(xml, at) {
        at = tag.at.end;
        match tag.name {
            b"row" if tag.is_end => out.push(b'\n'),
            b"row" => (column, written) = (0, 0),
            b"c" if !tag.is_end => {
                let attributes = &xml[tag.at.clone()];
                column = attribute(attributes, b" r=\"").and_then(letters).unwrap_or(column);
                if tag.is_empty || column >= COLUMNS {
                    column += 1;
                    continue;
                }
                let kind = attribute(attributes, b" t=\"").unwrap_or_default();
                let end = cell_end(xml, at);
                let value = cell(&xml[at..end], kind, string);
                at = end;
                let place = column.saturating_sub(*first.get_or_insert(column));
                while written < place {
                    out.push(b'\t');
                    written += 1;
                }
                if value.len() <= CELL {
                    out.extend_from_slice(&value);
                }
                column += 1;
            }
            _ => {}
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
fn cell(xml: &[u8], kind: &[u8], string: &mut dyn FnMut(usize) -> Option<Vec<u8>>) -> Vec<u8> {
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
                return number.and_then(string).unwrap_or_default();
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
        let strings = strings(STRINGS.as_bytes());
        let mut out = Vec::new();
        let mut string = |n: usize| strings.get(n).map(|s| decoded(&STRINGS.as_bytes()[s.clone()]));
        let whole = rows(sheet.as_bytes(), &mut string, most, &mut out);
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
