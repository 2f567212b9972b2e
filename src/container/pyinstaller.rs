//! PyInstaller: a `CArchive` behind a program, and the `PYZ` archive of modules inside it
//! (PyInstaller documentation, "Advanced topics"; `PyInstaller/archive/readers.py`).

use super::budget::Budget;
use super::inflate::{OVER_BUDGET, inflate};
use super::{Container, Contents, Member, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes;
use crate::limits::Limits;
use crate::look::Look;
use std::ops::Range;

/// Opens the archive behind a PyInstaller program.
pub struct PyInstaller;

/// Opens archives of Python modules.
pub struct Pyz;

const COOKIE: &[u8] = b"MEI\x0c\x0b\x0a\x0b\x0e";

/// A signature may stand behind the archive.
const TAIL: usize = 64 << 10;

fn cookie(data: &[u8]) -> Option<usize> {
    let tail = data.len().saturating_sub(TAIL);
    let at = tail + crate::search::last(&data[tail..], COOKIE)?;
    // Length of the archive, table and its length, Python version, name of the library.
    let len = bytes::size_be(data, at + 8)?;
    let table = bytes::size_be(data, at + 12)?;
    (table < len && len > 24).then_some(at)
}

impl Container for PyInstaller {
    fn name(&self) -> &'static str {
        "pyinstaller"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        cookie(blob.bytes).is_some()
    }

    fn may_read(&self, look: &Look) -> bool {
        look.is_binary()
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let mut members = Vec::new();
        let mut problems = Vec::new();
        let data = blob.bytes;
        let whole = carchive(data, limits, &mut members);
        if whole.is_none() {
            let detail = "the table of the PyInstaller archive does not follow its format";
            problems.push(Problem::new(Reason::Damaged, detail));
        }
        finish(data, members, problems)
    }
}

/// Reads the table of contents; `None` if it is damaged.
fn carchive<'b>(data: &'b [u8], limits: &Limits, members: &mut Vec<Module<'b>>) -> Option<()> {
    let at = cookie(data)?;
    let len = bytes::size_be(data, at + 8)?;
    let version = bytes::u32_be(data, at + 20)?;
    // The cookie has 88 bytes since PyInstaller 2.1, 24 before.
    let start = [88, 24].iter().find_map(|n| {
        let start = (at + n).checked_sub(len)?;
        let table = start.checked_add(bytes::size_be(data, at + 12)?)?;
        let first = bytes::size_be(data, table)?;
        (18..4096).contains(&first).then_some(start)
    })?;
    let mut row = start.checked_add(bytes::size_be(data, at + 12)?)?;
    let end = row.checked_add(bytes::size_be(data, at + 16)?)?.min(at);
    while row + 18 <= end {
        let size = bytes::size_be(data, row)?;
        let [offset, packed, plain] = [4, 8, 12].map(|n| bytes::size_be(data, row + n));
        let (offset, packed, plain) = (offset?, packed?, plain?);
        let (is_packed, kind) = (*data.get(row + 16)? != 0, *data.get(row + 17)?);
        let name = bytes::slice(data, row + 18, size.checked_sub(18)?)?;
        let name = &name[..memchr::memchr(0, name).unwrap_or(name.len())];
        row += size;
        let from = start.checked_add(offset)?;
        let to = from.checked_add(packed).filter(|&to| to <= data.len())?;
        if members.len() as u64 >= limits.entries {
            return None;
        }
        // Scripts and modules are code without the header of a .pyc file.
        let is_code = matches!(kind, b's' | b'm' | b'M');
        let mut full = name.to_vec();
        if is_code {
            full.extend(b".pyc");
        }
        let header = if is_code { pyc_header(magic_of(version)) } else { Vec::new() };
        if packed > 0 {
            members.push(Module {
                data,
                range: from..to,
                is_packed,
                plain: plain as u64,
                name: full,
                header,
            });
        }
    }
    Some(())
}

/// What a `.pyc` file begins with: magic number, flags, time and size.
fn pyc_header(magic: [u8; 4]) -> Vec<u8> {
    let mut header = magic.to_vec();
    header.extend([0; 12]);
    header
}

/// The magic number of a Python version, 3.12 as 312 (`Lib/importlib/_bootstrap_external.py`).
fn magic_of(version: u32) -> [u8; 4] {
    let number: u16 = match version {
        36 | 306 => 3379,
        37 | 307 => 3394,
        38 | 308 => 3413,
        39 | 309 => 3425,
        310 => 3439,
        311 => 3495,
        312 => 3531,
        313 => 3571,
        _ => 3627,
    };
    let [a, b] = number.to_le_bytes();
    [a, b, b'\r', b'\n']
}

impl Container for Pyz {
    fn name(&self) -> &'static str {
        "pyz"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        blob.bytes.starts_with(b"PYZ\0")
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let mut members = Vec::new();
        let mut problems = Vec::new();
        if modules(blob.bytes, limits, &mut members).is_none() {
            let detail = "the table of the PYZ archive does not follow its format";
            problems.push(Problem::new(Reason::Damaged, detail));
        }
        finish(blob.bytes, members, problems)
    }
}

/// Reads the marshalled table `[(name, (is_package, offset, length)), …]`; `None` if it is damaged.
fn modules<'b>(data: &'b [u8], limits: &Limits, members: &mut Vec<Module<'b>>) -> Option<()> {
    let magic = *data.get(4..)?.first_chunk::<4>()?;
    let start = bytes::size_be(data, 8)?;
    let mut at = start;
    let list = *data.get(at)? & 0x7f;
    // A list, or a dictionary in old versions, which has no count.
    let mut left = match list {
        b'[' => {
            let n = bytes::size_le(data, at + 1)?;
            at += 5;
            n
        }
        b'{' => {
            at += 1;
            usize::MAX
        }
        _ => return None,
    };
    let mut refs = Refs::default();
    refs.keep(*data.get(start)?, Value::Other);
    while left > 0 {
        left -= 1;
        if list == b'[' {
            refs.tuple(data, &mut at, 2)?;
        } else if data.get(at) == Some(&b'0') {
            break;
        }
        let name = refs.text(data, &mut at)?;
        refs.tuple(data, &mut at, 3)?;
        let kind = refs.number(data, &mut at)?;
        let (offset, len) = (refs.number(data, &mut at)?, refs.number(data, &mut at)?);
        let end = offset.checked_add(len).filter(|&end| end <= data.len())?;
        if members.len() as u64 >= limits.entries {
            return None;
        }
        if len == 0 {
            continue;
        }
        let mut full = name.to_vec();
        full.iter_mut().filter(|b| **b == b'.').for_each(|b| *b = b'/');
        full.extend(if kind == 1 { &b"/__init__.pyc"[..] } else { b".pyc" });
        members.push(Module {
            data,
            range: offset..end,
            is_packed: true,
            plain: 4 * len as u64,
            name: full,
            // Data that is no code is rare here, and text under this header is read raw all the same.
            header: pyc_header(magic),
        });
    }
    Some(())
}

/// What a marshalled table refers back to: every object that is flagged, whatever it is, and interned strings of Python 2.
#[derive(Default)]
struct Refs<'a>(Vec<Value<'a>>);

#[derive(Clone, Copy)]
enum Value<'a> {
    Text(&'a [u8]),
    Number(usize),
    Other,
}

impl<'a> Refs<'a> {
    const FLAG: u8 = 0x80;

    fn keep(&mut self, kind: u8, value: Value<'a>) {
        if kind & Self::FLAG != 0 || kind == b't' {
            self.0.push(value);
        }
    }

    fn tuple(&mut self, data: &[u8], at: &mut usize, len: u8) -> Option<()> {
        let (kind, n) = (*data.get(*at)?, *data.get(*at + 1)?);
        self.keep(kind, Value::Other);
        let kind = kind & !Self::FLAG;
        *at += if kind == b')' { 2 } else { 5 };
        (matches!(kind, b')' | b'(') && n == len).then_some(())
    }

    fn value(&mut self, data: &'a [u8], at: &mut usize) -> Option<Value<'a>> {
        let kind = *data.get(*at)?;
        *at += 1;
        let long = |at: &mut usize| {
            *at += 4;
            bytes::size_le(data, *at - 4)
        };
        let len = match kind & !Self::FLAG {
            b'i' => {
                let value = Value::Number(long(at)?);
                self.keep(kind, value);
                return Some(value);
            }
            b'T' => return Some(Value::Number(1)),
            b'F' | b'N' => return Some(Value::Number(0)),
            b'r' | b'R' => return self.0.get(long(at)?).copied(),
            // Short ASCII, interned or not.
            b'z' | b'Z' => {
                *at += 1;
                usize::from(*data.get(*at - 1)?)
            }
            b'a' | b'A' | b'u' | b't' | b's' => long(at)?,
            _ => return None,
        };
        let value = Value::Text(bytes::slice(data, *at, len)?);
        *at += len;
        self.keep(kind, value);
        Some(value)
    }

    fn text(&mut self, data: &'a [u8], at: &mut usize) -> Option<&'a [u8]> {
        match self.value(data, at)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    fn number(&mut self, data: &'a [u8], at: &mut usize) -> Option<usize> {
        match self.value(data, at)? {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }
}

/// Members with the stretches between them.
fn finish<'b>(data: &'b [u8], mut members: Vec<Module<'b>>, problems: Vec<Problem>) -> Opened<'b> {
    let mut order: Vec<Range<usize>> = members.iter().map(|m| m.range.clone()).collect();
    order.sort_by_key(|r| r.start);
    let mut gaps = Vec::new();
    let mut at = 0;
    for range in order {
        if range.start > at {
            gaps.push(at..range.start);
        }
        at = at.max(range.end);
    }
    if at < data.len() {
        gaps.push(at..data.len());
    }
    // One stretch is read once.
    let mut seen = std::collections::HashSet::new();
    members.retain(|m| seen.insert(m.range.start));
    Opened {
        members: members.into_iter().map(|m| Box::new(m) as Box<dyn Member>).collect(),
        gaps,
        problems,
        ..Opened::default()
    }
}

/// A member, packed with zlib or not.
struct Module<'b> {
    data: &'b [u8],
    range: Range<usize>,
    is_packed: bool,
    plain: u64,
    name: Vec<u8>,
    /// What is put before it to make it a file of its own.
    header: Vec<u8>,
}

impl Member for Module<'_> {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn size_hint(&self) -> u64 {
        self.plain.max(self.range.len() as u64)
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        let input = &self.data[self.range.clone()];
        if !self.is_packed {
            if self.header.is_empty() {
                return Contents { bytes: input, problem: None };
            }
            buffer.clear();
            if !budget.take(input.len() as u64) {
                let problem = Problem::new(Reason::Limit, OVER_BUDGET);
                return Contents { bytes: input, problem: Some(problem) };
            }
            buffer.extend(&self.header);
            buffer.extend(input);
            return Contents { bytes: buffer, problem: None };
        }
        // zlib: two bytes before the deflate stream (RFC 1950).
        let Some(deflated) = input.get(2..).filter(|_| input[0] & 15 == 8) else {
            let problem = Problem::new(Reason::Encrypted, "the member is no zlib stream: perhaps encrypted")
                .of_bytes(input.len() as u64);
            return Contents { bytes: input, problem: Some(problem) };
        };
        let outcome = inflate(deflated, buffer, self.plain, budget);
        let problem = outcome.problem(input.len());
        if !buffer.is_empty() {
            buffer.splice(0..0, self.header.iter().copied());
        }
        Contents { bytes: buffer, problem }
    }
}
