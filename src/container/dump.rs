//! Bytes written as text: dumps in columns (`xxd`, `hexdump`, `od`, `tcpdump -X`), a file as a whole or somewhere in a text; Intel HEX,
//! S-records and other records of firmware. The bytes are one member; the text is searched as it is too.

mod columns;
mod records;

use super::budget::Budget;
use super::{Container, Contents, Member, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::limits::Limits;
use crate::look::Look;
use columns::Layout;
use records::Record;

/// Opens such files.
pub struct Dump;

/// Bytes between two lines that stand for repetition (`*`), at most.
const MOST_REPEATED: u64 = 1 << 20;
/// A line of any dump is shorter, and what stands before each (indentation, a sign of a comment).
const LONGEST_LINE: usize = 2048;
const LONGEST_PREFIX: usize = 64;
/// Lines with the same bytes in other columns, at most.
const MOST_WAYS: usize = 3;

#[derive(Clone, Copy)]
enum Form {
    Columns(Layout),
    Records(Record),
}

impl Container for Dump {
    fn name(&self) -> &'static str {
        "dump"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        form(blob.bytes).is_some()
    }

    fn may_read(&self, look: &Look) -> bool {
        !look.is_binary()
    }

    fn open<'b>(&self, blob: &Blob<'b>, _: &Limits) -> Opened<'b> {
        let mut opened = Opened::default();
        if let Some(form) = form(blob.bytes) {
            opened.members.push(Box::new(Dumped { form, text: blob.bytes, prefix: b"" }));
        }
        opened.gaps.push(0..blob.bytes.len());
        opened
    }
}

/// The form of the first lines, all of which must be of it.
fn form(data: &[u8]) -> Option<Form> {
    let mut first = lines(&data[..data.len().min(4096)]).filter(|text| !goes_on(text));
    match data.first()? {
        b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F' => {
            let (one, next) = (first.next()?, first.next()?);
            // The same line over and over is written once.
            let layout = match next == b"*" {
                true => Layout::usual(one, first.next()?)?,
                false => Layout::of(one, next)?,
            };
            Some(Form::Columns(layout))
        }
        begins => {
            let rows: Vec<&[u8]> = first.filter(|text| *text != b"*").take(3).collect();
            let is_of = |record: &&Record| {
                let mut row = Vec::new();
                rows.iter().all(|text| record.line(text, &mut row).is_some())
                    && rows.len() > 1
                    && !row.is_empty()
            };
            Record::beginning(*begins).iter().find(is_of).map(|record| Form::Records(*record))
        }
    }
}

/// Opens the dump whose second line has its address at `at`, in any other text; also where it ends.
pub fn open(text: &[u8], at: usize) -> Option<(Opened<'_>, usize)> {
    let address = at + text.get(at..)?.iter().position(|b| b.is_ascii_hexdigit())?;
    // Some have a zero more.
    let address = if text[..address].ends_with(b"0") { address - 1 } else { address };
    let floor = address.saturating_sub(LONGEST_PREFIX + 1);
    let second = memchr::memrchr(b'\n', &text[floor..address]).map(|n| floor + n + 1)?;
    let prefix = &text[second..address];
    // Other ways to write the same may stand below the first line.
    let mut first = second;
    for _ in 0..=MOST_WAYS {
        let floor = first.saturating_sub(LONGEST_LINE);
        let end = first.checked_sub(1)?;
        first = memchr::memrchr(b'\n', &text[floor..end]).map_or(floor, |n| floor + n + 1);
        if !goes_on(row_at(text, first).0.strip_prefix(prefix)?) {
            break;
        }
    }
    // A file that is one as a whole was opened as such.
    (first > 0 || !prefix.is_empty()).then_some(())?;
    let mut rows = Vec::new();
    for at in [first, second] {
        rows.push(row_at(text, at).0.strip_prefix(prefix)?);
    }
    let form = Form::Columns(Layout::of(rows[0], rows[1])?);
    let (mut end, mut row) = (second, Vec::new());
    while end < text.len() {
        let (line_there, next) = row_at(text, end);
        let Some(bytes) = line_there.strip_prefix(prefix) else { break };
        row.clear();
        if bytes.trim_ascii() != b"*" && !goes_on(bytes) && line(form, bytes, &mut row).is_none() {
            break;
        }
        end = next;
    }
    let dumped = Dumped { form, text: &text[first..end], prefix };
    Some((Opened { members: vec![Box::new(dumped)], ..Opened::default() }, end))
}

/// The line at `at`, and where the next begins.
fn row_at(text: &[u8], at: usize) -> (&[u8], usize) {
    let rest = &text[at..];
    let len =
        memchr::memchr(b'\n', &rest[..rest.len().min(LONGEST_LINE)]).unwrap_or(rest.len().min(LONGEST_LINE));
    (rest[..len].strip_suffix(b"\r").unwrap_or(&rest[..len]), (at + len + 1).min(text.len()))
}

/// Whether a line has the bytes of the one above once more, in other columns.
fn goes_on(line: &[u8]) -> bool {
    line.starts_with(b"       ")
}

fn lines(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    data.split(|&b| b == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .filter(|line| !line.is_empty())
}

fn digit(b: u8) -> Option<u8> {
    char::from(b).to_digit(16).map(|n| n as u8)
}

fn byte(text: &[u8], at: usize) -> Option<u8> {
    Some(digit(*text.get(at)?)? << 4 | digit(*text.get(at + 1)?)?)
}

/// Reads a line into `row`, behind what is there; gives its place, where it has bytes. `None` for what is no such line.
fn line(form: Form, text: &[u8], row: &mut Vec<u8>) -> Option<Option<u64>> {
    match form {
        Form::Columns(layout) => layout.line(text, row).map(|at| (!row.is_empty()).then_some(at)),
        Form::Records(record) => record.line(text, row),
    }
}

struct Dumped<'b> {
    form: Form,
    text: &'b [u8],
    /// What stands before each line.
    prefix: &'b [u8],
}

impl Member for Dumped<'_> {
    fn name(&self) -> &[u8] {
        b"bytes"
    }

    fn size_hint(&self) -> u64 {
        self.text.len() as u64 / 3
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        buffer.clear();
        let limit = |bytes: u64| {
            let problem = Problem::new(Reason::Limit, "the bytes are over the limit").of_bytes(bytes);
            Contents { bytes: &[], problem: Some(problem) }
        };
        let (mut next, mut row, mut other, mut is_repeated) = (None, Vec::new(), 0u64, false);
        for text in lines(self.text) {
            let text = text.strip_prefix(self.prefix).unwrap_or(text);
            if matches!(self.form, Form::Columns(_)) && goes_on(text) {
                continue;
            }
            let last = std::mem::take(&mut row);
            match line(self.form, text, &mut row) {
                Some(Some(at)) => {
                    // The same line over and over is written once; elsewhere, what is apart stays apart.
                    if let Some(next) = next.filter(|next| *next != at && !self.goes_on(*next, at, &last)) {
                        let gap = at.saturating_sub(next);
                        if is_repeated && !last.is_empty() && gap <= MOST_REPEATED && budget.take(gap) {
                            buffer.extend(last.iter().cycle().take(gap as usize));
                        } else {
                            buffer.push(0);
                        }
                    }
                    is_repeated = false;
                    let len = row.len() as u64;
                    if buffer.len() as u64 + len > budget.limits.entry_bytes || !budget.take(len) {
                        return limit(len);
                    }
                    next = Some(at.wrapping_add(len));
                    buffer.extend_from_slice(&row);
                }
                Some(None) => {}
                None if text.trim_ascii() == b"*" => {
                    is_repeated = true;
                    row = last;
                }
                None => other += text.len() as u64,
            }
        }
        let problem = (other > 0).then(|| {
            let detail = format!("{other} bytes of the dump are in lines of another form; searched as text");
            Problem::new(Reason::Damaged, detail).of_bytes(0)
        });
        Contents { bytes: buffer, problem }
    }
}

impl Dumped<'_> {
    /// Whether the bytes at `at` are next to the last ones all the same: addresses of records may count words of two or four bytes.
    fn goes_on(&self, next: u64, at: u64, last: &[u8]) -> bool {
        let len = last.len() as u64;
        matches!(self.form, Form::Records(_))
            && [2, 4].iter().any(|n| next.wrapping_sub(len).wrapping_add(len / n) == at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;

    #[test]
    fn a_dump_in_a_text() {
        let dump = "00000000: 2066 6c61 6720 3d20 6162 6364 6566 6768   flag = abcdefgh\n00000010: 690a                                     i.\n";
        let note = |prefix: &str| {
            let lines: String = dump.lines().map(|line| format!("{prefix}{line}\n")).collect();
            format!("What was in memory:\n\n{lines}\nand no more\n")
        };
        for prefix in ["", "    ", "// "] {
            let text = note(prefix);
            let at = text.find("0000010").unwrap();
            let (opened, end) = open(text.as_bytes(), at).unwrap();
            let mut buffer = Vec::new();
            let contents = opened.members[0].read(&mut buffer, &Budget::new(&Limits::default(), 1000));
            assert_eq!(contents.bytes, b" flag = abcdefghi\n", "{prefix}");
            assert!(contents.problem.is_none() && text[end..].starts_with("\nand no more"), "{prefix}");
        }
        for other in
            ["00000010: ", "\n00000010: 41", "a\n\n00000010: 4142 4344\n", "x 00000000: y\nx 00000010: z"]
        {
            assert!(open(other.as_bytes(), other.find("0000010").unwrap()).is_none(), "{other}");
        }
    }

    fn read(text: &str) -> Option<(Vec<u8>, bool)> {
        let blob = Blob { address: Address::named("x"), bytes: text.as_bytes() };
        Dump.reads(&blob).then_some(())?;
        let opened = Dump.open(&blob, &Limits::default());
        let mut buffer = Vec::new();
        let contents = opened.members[0].read(&mut buffer, &Budget::new(&Limits::default(), 1000));
        Some((contents.bytes.to_vec(), contents.problem.is_none()))
    }

    #[test]
    fn dumps_of_each_form() {
        let xxd = "00000000: 2066 6c61 6720 3d20 6162 6364 6566 6768   flag = abcdefgh\n00000010: 690a                                     i.\n";
        let hexdump = "00000000  20 66 6c 61 67 20 3d 20  61 62 63 64 65 66 67 68  | flag = abcdefgh|\n\
                       00000010  69 0a                                             |i.|\n00000012\n";
        let intel = ":1000000020666C6167203D20616263646566676895\n:02001000690A7B\n:00000001FF\n";
        let whole = Some((b" flag = abcdefghi\n".to_vec(), true));
        for (n, text) in [xxd, hexdump, intel].into_iter().enumerate() {
            assert_eq!(read(text), whole, "{n}");
            assert_eq!(read(&text.replace('\n', "\r\n")), whole, "{n}");
        }
        let records = "S00600004844521B\nS1130000285F245F2212226A000424290008237C2A\nS9030000FC\n";
        assert_eq!(read(records).unwrap().0.len(), 16);
        let repeated = "00000000  61 62 63 64 65 66 67 68  61 62 63 64 65 66 67 68  |abcdefghabcdefgh|\n*\n00000040  69 6a\n00000042\n";
        assert_eq!(read(repeated).unwrap().0, [b"abcdefgh".repeat(8), b"ij".to_vec()].concat());
        for other in [
            "00000000 is a number\n00000001 too\n",
            ": a list\n: of things\n",
            "Some text\nSome more\n",
            "0123456789\n0123456789\n",
        ] {
            assert!(read(other).is_none(), "{other}");
        }
    }
}
