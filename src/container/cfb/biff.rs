//! The cells of old workbooks of Excel (BIFF5 and BIFF8, MS-XLS) in their rows: sheets have the numbers of their strings only, and the
//! strings stand one behind the other with two bytes before each.

use crate::container::budget::Budget;
use crate::container::piece::Scattered;
use crate::container::{Contents, Member, Problem};
use crate::ledger::Reason;
use crate::lens::bytes::{slice, u16_le, u32_le};
use std::collections::BTreeMap;
use std::ops::Range;

/// Longest text of a cell that is told; longer ones are searched where they stand.
const CELL: usize = 256;
/// Columns, and strings.
const COLUMNS: u16 = 256;
const STRINGS: usize = 1 << 20;

/// The member that has the cells, of the stream with the records.
pub(super) struct Cells<'b>(pub(super) Scattered<'b>);

impl Member for Cells<'_> {
    fn name(&self) -> &[u8] {
        b"cells"
    }

    fn size_hint(&self) -> u64 {
        self.0.size_hint()
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        let mut stream = Vec::new();
        let records = self.0.read(&mut stream, budget).bytes;
        let most = records.len().saturating_mul(4).saturating_add(4096);
        buffer.clear();
        match cells(records, most, buffer) {
            Ok(()) => Contents { bytes: buffer, problem: None },
            Err(problem) => Contents { bytes: buffer, problem: Some(problem) },
        }
    }
}

const BOF: u16 = 0x0809;
const EOF: u16 = 0x000a;
const CONTINUE: u16 = 0x003c;
const FILEPASS: u16 = 0x002f;
const SST: u16 = 0x00fc;
const LABEL_SST: u16 = 0x00fd;
const LABEL: u16 = 0x0204;
const RICH: u16 = 0x00d6;
const FORMULA: u16 = 0x0006;
const STRING: u16 = 0x0207;

/// Writes the rows of all sheets, a line each with tabs between the cells.
fn cells(records: &[u8], most: usize, out: &mut Vec<u8>) -> Result<(), Problem> {
    let mut strings: Vec<Vec<u8>> = Vec::new();
    let mut sheet: BTreeMap<(u16, u16), Vec<u8>> = BTreeMap::new();
    let (mut at, mut is_new, mut formula, mut size) = (0, true, None, 0usize);
    while let (Some(kind), Some(len)) = (u16_le(records, at), u16_le(records, at + 2)) {
        let start = at + 4;
        at = start + usize::from(len);
        let Some(body) = slice(records, start, usize::from(len)) else { break };
        let place = u16_le(body, 0).zip(u16_le(body, 2));
        let text = match kind {
            // Zeros behind the last sheet.
            0 => break,
            BOF => {
                is_new = u16_le(body, 0) == Some(0x0600);
                None
            }
            FILEPASS => {
                let problem = Problem::new(Reason::Encrypted, "the workbook is encrypted with a password");
                return Err(problem.of_bytes(records.len() as u64));
            }
            EOF => {
                if !write(&mut sheet, most, out) {
                    return Err(over());
                }
                None
            }
            SST => {
                strings = shared(records, start, body.len(), &mut at);
                None
            }
            LABEL_SST => {
                // Many cells may have the same long one.
                let string = u32_le(body, 6).and_then(|n| strings.get(n as usize));
                string.filter(|string| string.len() <= CELL).cloned()
            }
            LABEL | RICH => string(body, 6, is_new),
            FORMULA => {
                formula = place;
                None
            }
            STRING => string(body, 0, is_new),
            _ => None,
        };
        let place = if kind == STRING { formula.take() } else { place };
        if let (Some(text), Some((row, column))) = (text, place)
            && column < COLUMNS
            && text.len() <= CELL
        {
            size += text.len() + 4;
            if size > most {
                write(&mut sheet, most, out);
                return Err(over());
            }
            sheet.insert((row, column), text);
        }
    }
    if write(&mut sheet, most, out) { Ok(()) } else { Err(over()) }
}

fn over() -> Problem {
    let detail = "the cells have more text than fits; searched where it stands";
    Problem::new(Reason::Limit, detail).of_bytes(0)
}

/// Writes the rows of a sheet. `false`: there was no room for all, for the tabs between far cells take some too.
fn write(sheet: &mut BTreeMap<(u16, u16), Vec<u8>>, most: usize, out: &mut Vec<u8>) -> bool {
    let (mut last, mut next) = (None, 0);
    // Tables need not begin in the first column.
    let first = sheet.keys().map(|(_, column)| *column).min().unwrap_or(0);
    for ((row, column), text) in std::mem::take(sheet) {
        if out.len() > most {
            return false;
        }
        let column = column - first;
        if last != Some(row) {
            if let Some(last) = last {
                // What stands above an empty row is no part of the table below.
                out.extend_from_slice(if row > last + 1 { b"\n\n" } else { b"\n" });
            }
            (last, next) = (Some(row), 0);
        }
        // Cells without text between those with.
        out.resize(out.len() + usize::from(column.saturating_sub(next)), b'\t');
        next = column;
        out.extend(text.iter().map(|b| if matches!(b, b'\n' | b'\r' | b'\t') { b' ' } else { *b }));
    }
    if last.is_some() {
        out.extend_from_slice(b"\n\n");
    }
    true
}

/// A string with its length of two bytes; of new files with a byte of flags behind it.
fn string(body: &[u8], at: usize, is_new: bool) -> Option<Vec<u8>> {
    let len = usize::from(u16_le(body, at)?);
    if !is_new {
        return slice(body, at + 2, len).map(<[u8]>::to_vec);
    }
    let flags = *body.get(at + 2)?;
    let wide = flags & 1 != 0;
    letters(slice(body, at + 3, if wide { 2 * len } else { len })?, wide)
}

fn letters(bytes: &[u8], wide: bool) -> Option<Vec<u8>> {
    let units: Vec<u16> = match wide {
        true => bytes.as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit)).collect(),
        // Letters of Latin-1.
        false => bytes.iter().map(|b| u16::from(*b)).collect(),
    };
    Some(String::from_utf16_lossy(&units).into_bytes())
}

/// The strings of the table whose record begins at `start`, which goes on in the records behind it; `next` moves behind these.
fn shared(records: &[u8], start: usize, len: usize, next: &mut usize) -> Vec<Vec<u8>> {
    let mut parts: Vec<Range<usize>> = std::iter::once(start..start + len).collect();
    while u16_le(records, *next) == Some(CONTINUE) {
        let Some(len) = u16_le(records, *next + 2) else { break };
        let from = *next + 4;
        parts.push(from.min(records.len())..(from + usize::from(len)).min(records.len()));
        *next = from + usize::from(len);
    }
    let count = u32_le(records, start + 4).unwrap_or(0) as usize;
    let mut reader = Parts { records, at: start + 8, part: 0, parts };
    let mut all = Vec::new();
    while all.len() < count.min(STRINGS) {
        let Some(string) = reader.string() else { break };
        all.push(string);
    }
    all
}

/// Reads through records as if they were one.
struct Parts<'r> {
    records: &'r [u8],
    parts: Vec<std::ops::Range<usize>>,
    part: usize,
    at: usize,
}

impl Parts<'_> {
    /// What is left of this part; of the next, where it is read to its end.
    fn left(&mut self) -> Option<usize> {
        while self.at >= self.parts.get(self.part)?.end {
            self.part += 1;
            self.at = self.parts.get(self.part)?.start;
        }
        Some(self.parts[self.part].end - self.at)
    }

    fn byte(&mut self) -> Option<u8> {
        self.left()?;
        self.at += 1;
        self.records.get(self.at - 1).copied()
    }

    fn u16(&mut self) -> Option<usize> {
        Some(usize::from(u16::from_le_bytes([self.byte()?, self.byte()?])))
    }

    fn skip(&mut self, mut len: usize) -> Option<()> {
        while len > 0 {
            let step = self.left()?.min(len);
            self.at += step;
            len -= step;
        }
        Some(())
    }

    fn string(&mut self) -> Option<Vec<u8>> {
        let mut left = self.u16()?;
        let mut flags = self.byte()?;
        let runs = if flags & 8 != 0 { self.u16()? } else { 0 };
        let more = if flags & 4 != 0 { self.u16()? | self.u16()? << 16 } else { 0 };
        let mut text = Vec::new();
        while left > 0 {
            let part = self.part;
            let room = self.left()?;
            // Letters that go on in another record have their width before them there.
            if self.part != part {
                flags = self.byte()?;
                continue;
            }
            let wide = flags & 1 != 0;
            let width = if wide { 2 } else { 1 };
            let take = left.min(room / width);
            if take == 0 {
                return None;
            }
            let bytes = slice(self.records, self.at, take * width)?;
            if text.len() <= CELL {
                text.extend(letters(bytes, wide)?);
            }
            self.at += take * width;
            left -= take;
        }
        self.skip(runs * 4)?;
        self.skip(more)?;
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u16, body: &[u8]) -> Vec<u8> {
        [&kind.to_le_bytes()[..], &(body.len() as u16).to_le_bytes(), body].concat()
    }

    fn label(row: u8, column: u8, string: u8) -> Vec<u8> {
        record(LABEL_SST, &[row, 0, column, 0, 0, 0, string, 0, 0, 0])
    }

    fn text(records: &[u8]) -> (String, bool) {
        let mut out = Vec::new();
        let whole = cells(records, 4096, &mut out).is_ok();
        (String::from_utf8(out).unwrap(), whole)
    }

    #[test]
    fn rows_of_a_sheet() {
        let sst = record(SST, b"\x03\0\0\0\x03\0\0\0\x04\0\0user\x08\0\x01p\0a\0s\0s\0");
        let more = record(CONTINUE, b"\0word\x02\0\x08\x01\0V1....");
        let records = [
            record(BOF, &[0, 6, 5, 0]),
            sst,
            more,
            record(EOF, &[]),
            record(BOF, &[0, 6, 0x10, 0]),
            label(0, 0, 0),
            label(0, 2, 1),
            label(1, 2, 2),
            record(LABEL, b"\x02\0\x01\0\0\0\x02\0\0V2"),
            record(FORMULA, b"\x03\0\0\0rest of it"),
            record(STRING, b"\x02\0\0V3"),
            record(EOF, &[]),
        ]
        .concat();
        assert_eq!(text(&records).0, "user\t\tpassword\n\t\tV1\n\tV2\nV3\n\n");
        for len in 0..records.len() {
            text(&records[..len]);
        }
    }

    #[test]
    fn a_title_to_the_right_of_where_the_table_begins() {
        let sst = record(SST, b"\x04\0\0\0\x04\0\0\0\x02\0\0T1\x04\0\0user\x08\0\0password\x02\0\0V1");
        let cells = [label(0, 2, 0), label(2, 1, 1), label(2, 2, 2), label(3, 1, 3), label(3, 2, 3)];
        let records = [record(BOF, &[0, 6, 5, 0]), sst, cells.concat(), record(EOF, &[])].concat();
        assert_eq!(text(&records).0, "\tT1\n\nuser\tpassword\nV1\tV1\n\n");
    }

    #[test]
    fn tabs_take_room_too() {
        let sst = record(SST, b"\x01\0\0\0\x01\0\0\0\x02\0\0V1");
        let far: Vec<u8> = (0..250).flat_map(|row| label(row, 255, 0)).collect();
        let records = [record(BOF, &[0, 6, 5, 0]), sst, label(0, 0, 0), far, record(EOF, &[])].concat();
        let (text, is_whole) = text(&records);
        assert!(!is_whole && text.len() < 5000, "{}", text.len());
    }

    #[test]
    fn what_is_wrong_or_encrypted() {
        let old = [record(BOF, &[0, 5, 0x10, 0]), record(LABEL, b"\0\0\0\0\0\0\x02\0V1")].concat();
        assert_eq!(text(&old), ("V1\n\n".into(), true));
        let locked = [record(BOF, &[0, 6, 5, 0]), record(FILEPASS, &[0; 6])].concat();
        assert!(!text(&locked).1);
        let endless = record(SST, b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x0c\xff\xff\xff\xff\xff\xffx");
        assert_eq!(text(&endless).0, "");
    }
}
