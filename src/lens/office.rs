//! Text of office documents: OOXML (ECMA-376) and OpenDocument.
//!
//! Word processors cut a paragraph into runs wherever a format, a spelling mark or an edit begins, in
//! the middle of a token as well. This lens gives the text of a part with the runs of each paragraph
//! joined, a line a paragraph or row, and tabs between cells.

use super::document::DocumentSites;
use super::sqlite::sides;
use super::{Damage, Lens};
use crate::address::Encoding;
use crate::blob::{Blob, OffsetMap, Scope, ScopeClass, ScopeId, Site, Sites, Text, TextKind};
use crate::lens::decode::inner::entity;
use crate::limits::Limits;
use std::ops::Range;

/// Reads the XML parts of office documents.
pub struct OfficeLens;

/// Bytes in which the namespace must be declared: the root element of a part.
const HEAD: usize = 16 << 10;

const NAMESPACES: [&[u8]; 4] = [
    b"/wordprocessingml/2006/main",
    b"/spreadsheetml/2006/main",
    b"/drawingml/2006/main",
    b"urn:oasis:names:tc:opendocument:xmlns:text",
];
/// The same in ISO 29500 Strict.
const STRICT: &[u8] = b"http://purl.oclc.org/ooxml/";

impl Lens for OfficeLens {
    fn name(&self) -> &'static str {
        "office"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        let head = &blob.bytes[..blob.bytes.len().min(HEAD)];
        let start = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
        start.starts_with(b"<")
            && (NAMESPACES.iter().any(|n| memchr::memmem::find(head, n).is_some())
                || memchr::memmem::find(head, STRICT).is_some())
    }

    fn names_places(&self) -> bool {
        true
    }

    fn texts(&self, blob: &Blob<'_>, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
        let cap = usize::try_from(limits.decoded_bytes).unwrap_or(usize::MAX);
        let mut joined = Joined::default();
        let mut at = 0;
        while at < blob.bytes.len() {
            at = joined.next(blob.bytes, at);
            if joined.text.len() >= cap && joined.at_line_start() {
                joined.give(emit);
            }
        }
        joined.give(emit);
        Ok(())
    }
}

/// What an element means for the text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// Its characters are text.
    Text,
    /// A line ends with it.
    Line,
    /// A cell ends with it.
    Cell,
    /// Stands for a tab.
    Tab,
    /// Stands for a blank.
    Blank,
    /// Neither text nor an end: formatting.
    Other,
}

/// By the name behind the prefix. Prefixes differ (`w:t`, `a:t`, `x:t`, `t`).
fn meaning(name: &[u8], is_odf: bool) -> Meaning {
    let local = memchr::memrchr(b':', name).map_or(name, |colon| &name[colon + 1..]);
    match (local, is_odf) {
        (b"p" | b"h", true) => Meaning::Line,
        (b"s", true) => Meaning::Blank,
        (b"tab", true) => Meaning::Tab,
        (b"line-break", true) => Meaning::Line,
        (b"table-cell" | b"covered-table-cell", true) => Meaning::Cell,
        (b"t" | b"delText" | b"instrText" | b"v" | b"f", false) => Meaning::Text,
        (b"p" | b"br" | b"cr" | b"si", false) => Meaning::Line,
        (b"tab", false) => Meaning::Tab,
        (b"tc" | b"c" | b"comment", false) => Meaning::Cell,
        _ => Meaning::Other,
    }
}

#[derive(Default)]
struct Joined {
    text: Vec<u8>,
    map: OffsetMap,
    is_odf: Option<bool>,
    /// How deep in elements whose characters are text.
    depth: u32,
    /// How deep in table cells: paragraphs in them end no line.
    cells: u32,
    /// Rows of tables that have ended.
    rows: Vec<Row>,
    /// Tables that have begun.
    tables: u32,
    /// Where the line that is being read begins.
    line: usize,
}

/// A row of a table in the text.
struct Row {
    table: u32,
    text: Range<usize>,
}

impl Joined {
    fn at_line_start(&self) -> bool {
        self.text.last().is_none_or(|&b| b == b'\n')
    }

    fn ends_with_blank(&self) -> bool {
        matches!(self.text.last(), Some(b' ' | b'\t'))
    }

    /// Reads the markup or the characters at `at`; gives where they end.
    fn next(&mut self, bytes: &[u8], at: usize) -> usize {
        let is_odf = *self.is_odf.get_or_insert_with(|| {
            let head = &bytes[..bytes.len().min(HEAD)];
            memchr::memmem::find(head, NAMESPACES[3]).is_some()
        });
        if bytes[at] != b'<' {
            let end = memchr::memchr(b'<', &bytes[at..]).map_or(bytes.len(), |i| at + i);
            if self.depth > 0 || is_odf {
                self.characters(bytes, at, end);
            }
            return end;
        }
        if bytes[at..].starts_with(b"<!--") {
            return memchr::memmem::find(&bytes[at..], b"-->").map_or(bytes.len(), |i| at + i + 3);
        }
        let end = memchr::memchr(b'>', &bytes[at..]).map_or(bytes.len(), |i| at + i + 1);
        let tag = bytes[at..end].strip_suffix(b">").unwrap_or(&bytes[at..end]);
        let (is_end, is_empty) = (tag.starts_with(b"</"), tag.ends_with(b"/"));
        let name = &tag[if is_end { 2 } else { 1 }..];
        let len = name.iter().position(|b| b.is_ascii_whitespace() || *b == b'/').unwrap_or(name.len());
        let meaning = meaning(&name[..len], is_odf);
        let closes = is_end || is_empty;
        if !closes
            && matches!(name[..len].rsplit(|&b| b == b':').next(), Some(b"tbl" | b"sheetData" | b"table"))
        {
            self.tables += 1;
            self.line = self.text.len();
        }
        match meaning {
            Meaning::Text if is_end => self.depth = self.depth.saturating_sub(1),
            Meaning::Text if !is_empty => self.depth += 1,
            Meaning::Line if closes && self.cells > 0 && self.ends_with_blank() => {}
            Meaning::Line if closes && self.cells > 0 => self.separate(b' '),
            Meaning::Line if closes => self.separate(b'\n'),
            Meaning::Tab if closes => self.separate(b'\t'),
            Meaning::Blank if closes => self.separate(b' '),
            Meaning::Cell if is_end => {
                self.cells = self.cells.saturating_sub(1);
                self.separate(b'\t');
            }
            Meaning::Cell if !is_empty => self.cells += 1,
            _ => {}
        }
        let row = matches!(name[..len].rsplit(|&b| b == b':').next(), Some(b"tr" | b"row" | b"table-row"));
        if row && closes {
            self.cells = 0;
            self.separate(b'\n');
            self.rows.push(Row { table: self.tables, text: self.line..self.text.len() });
            self.line = self.text.len();
        }
        end
    }

    fn separate(&mut self, by: u8) {
        match self.text.last() {
            None | Some(b'\n') => {}
            // A line ends a cell, a cell ends a paragraph in it.
            Some(b' ' | b'\t') if by != b' ' => {
                let last = self.text.len() - 1;
                self.text[last] = by;
            }
            Some(_) => self.text.push(by),
        }
    }

    fn characters(&mut self, bytes: &[u8], from: usize, to: usize) {
        // Pretty-printed markup between elements.
        let between = &bytes[from..to];
        if between.iter().all(u8::is_ascii_whitespace)
            && (between.contains(&b'\n') || !between.contains(&b' '))
        {
            return;
        }
        self.map.push_plain(self.text.len(), from as u64);
        let mut at = from;
        while at < to {
            let plain = memchr::memchr(b'&', &bytes[at..to]).map_or(to, |i| at + i);
            self.text.extend_from_slice(&bytes[at..plain]);
            at = plain;
            if at == to {
                break;
            }
            match entity(&bytes[at..to.min(at + 12)]) {
                Some((c, len)) => {
                    self.text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                    at += len;
                    self.map.push_plain(self.text.len(), at as u64);
                }
                None => {
                    self.text.push(b'&');
                    at += 1;
                }
            }
        }
    }

    fn give(&mut self, emit: &mut dyn FnMut(&Text<'_>)) {
        if !self.text.is_empty() {
            emit(&Text {
                bytes: &self.text,
                kind: TextKind::Plain,
                encoding: Some(Encoding::Assembled),
                map: &self.map,
                outer: None,
                sites: &RowSites(&self.rows),
            });
        }
        self.text.clear();
        self.map.clear();
        self.rows.clear();
        self.line = 0;
    }
}

/// Cells by the row they stand in and the heading of their column; all else as in any text.
struct RowSites<'r>(&'r [Row]);

impl RowSites<'_> {
    fn cell(&self, text: &[u8], at: usize) -> Option<Site> {
        let row = self.0.partition_point(|row| row.text.start <= at).checked_sub(1)?;
        let index = row;
        let row = self.0.get(row).filter(|row| row.text.contains(&at))?;
        let start = self.0.partition_point(|first| first.table < row.table);
        let (first, number) = (self.0.get(start)?, index - start);
        let column = text.get(row.text.start..at)?.iter().filter(|&&b| b == b'\t').count();
        let heading = text.get(first.text.clone())?.split(|&b| b == b'\t').nth(column)?.trim_ascii();
        let is_heading = first.text != row.text && (1..=64).contains(&heading.len());
        let heading = is_heading.then(|| String::from_utf8_lossy(heading).into_owned());
        let name = match &heading {
            Some(heading) => format!("row {} {heading}", number + 1),
            None => format!("row {} column {}", number + 1, column + 1),
        };
        // A table of settings: the name stands beside the value.
        let words: Vec<String> = text
            .get(first.text.clone())?
            .split(|&b| b == b'\t')
            .take(64)
            .map(|cell| String::from_utf8_lossy(cell.trim_ascii()).replace([' ', '.'], "_"))
            .collect();
        let setting = sides(&words).filter(|(_, value)| is_heading && *value == column).and_then(|(n, _)| {
            let cell = text.get(row.text.clone())?.split(|&b| b == b'\t').nth(n)?.trim_ascii();
            (1..=64).contains(&cell.len()).then(|| String::from_utf8_lossy(cell).into_owned())
        });
        let name = setting.as_ref().map_or(name.clone(), |setting| format!("{name} ({setting})"));
        let scope = |class, id: u64, label: String| Scope {
            class,
            id: ScopeId::Local(id),
            order: Some(at as u64),
            label,
        };
        let table = u64::from(row.table) << 32 | u64::from(u32::MAX);
        let scopes = vec![
            scope(ScopeClass::Object, index as u64, format!("row {}", number + 1)),
            scope(ScopeClass::Parent, table, format!("table {}", row.table)),
        ];
        Some(Site { name, key: setting.or(heading), role: None, scopes })
    }
}

impl Sites for RowSites<'_> {
    fn resolve(&self, text: &[u8], spans: &[Range<usize>]) -> Vec<Vec<Site>> {
        let mut sites = DocumentSites::new(b"document.txt").resolve(text, spans);
        for (span, sites) in spans.iter().zip(&mut sites) {
            if let Some(cell) = self.cell(text, span.start) {
                *sites = vec![cell];
            }
        }
        sites
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use crate::blob::TextOffset;

    fn read(xml: &str) -> String {
        let blob = Blob { address: Address::named("x.xml"), bytes: xml.as_bytes() };
        assert!(OfficeLens.reads(&blob));
        let mut all = String::new();
        OfficeLens
            .texts(&blob, &Limits::default(), &mut |text| {
                all += std::str::from_utf8(text.bytes).unwrap();
                // Every line leads back to its first character.
                for (at, c) in all.char_indices().filter(|(_, c)| c.is_ascii_uppercase()) {
                    let offset = text.blob_offset(TextOffset(at)).0 as usize;
                    assert_eq!(xml.as_bytes()[offset], c as u8, "{all:?} at {at}");
                }
            })
            .unwrap();
        all
    }

    const W: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"";

    #[test]
    fn runs_of_a_paragraph_are_joined() {
        let xml = format!(
            "<w:document {W}><w:p><w:r><w:t>ABC</w:t></w:r><w:proofErr/><w:r><w:rPr><w:b/></w:rPr><w:t xml:space=\"preserve\">DEF &amp;G</w:t>\
             </w:r></w:p><w:p><w:r><w:t>x</w:t><w:tab/><w:t>Y</w:t></w:r></w:p></w:document>"
        );
        assert_eq!(read(&xml), "ABCDEF &G\nx\tY\n");
    }

    #[test]
    fn tables_are_rows() {
        let cell = |t: &str| format!("<w:tc><w:p><w:r><w:t>{t}</w:t></w:r></w:p><w:p/></w:tc>");
        let row = |a, b| format!("<w:tr>{}{}</w:tr>", cell(a), cell(b));
        let xml =
            format!("<w:document {W}><w:tbl>{}{}</w:tbl></w:document>", row("Key", "Value"), row("A", "B"));
        assert_eq!(read(&xml), "Key\tValue\nA\tB\n");
    }

    #[test]
    fn shared_strings_and_slides() {
        let xml = "<sst xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><si><t>A</t></si><si><r><t>B</t></r><r><t>C</t></r></si></sst>";
        assert_eq!(read(xml), "A\nBC\n");
        let xml = "<p:sld xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\"><a:p><a:r><a:t>A</a:t></a:r><a:r><a:t>B</a:t></a:r></a:p></p:sld>";
        assert_eq!(read(xml), "AB\n");
    }

    #[test]
    fn open_document() {
        let xml = "<office:document-content xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\"><text:p>A<text:span>B</text:span><text:s/>C</text:p>\
                   <table:table-row><table:table-cell><text:p>D</text:p></table:table-cell><table:table-cell><text:p>E</text:p></table:table-cell></table:table-row></office:document-content>";
        assert_eq!(read(xml), "AB C\nD\tE\n");
    }
}
