//! Binary files in patches: what `git diff --binary` and `git format-patch` write for each, as it is after the change and as it was
//! before, whole (`literal`) or as a delta, under zlib and base85.
//!
//! Of a delta, what the change brings is here and what it copies is not.

use super::budget::Budget;
use super::inflate::inflate_more;
use super::{Contents, Member, Opened, Problem};
use crate::ledger::Reason;
use crate::lens::bytes::line;
use crate::lens::decode::base85::{self, GIT};
use std::ops::Range;

/// The line above the data.
pub const WORD: &[u8] = b"GIT binary patch";

/// How far above that line the one with the names may stand.
const ABOVE: usize = 4 << 10;

/// Opens the file whose patch has [`WORD`] at `at`; also where it ends.
pub fn open(text: &[u8], at: usize) -> Option<(Opened<'_>, usize)> {
    let mut opened = Opened::default();
    let is_line = at == 0 || text.get(at - 1) == Some(&b'\n');
    let mut from = line(text, at).filter(|(line, _)| is_line && *line == WORD)?.1;
    let mut path = None;
    for what in [&b""[..], b" (before)"] {
        let Some(mut hunk) = Hunk::read(text, from) else { break };
        from = hunk.lines.end;
        let unnamed = || format!("binary patch at {at}").into_bytes();
        let path = path.get_or_insert_with(|| name(text, at).unwrap_or_else(unnamed));
        hunk.name = [path, what].concat();
        opened.members.push(Box::new(hunk));
    }
    (!opened.members.is_empty()).then_some((opened, from))
}

/// The path behind `diff --git a/x b/`.
fn name(text: &[u8], at: usize) -> Option<Vec<u8>> {
    let above = &text[at.saturating_sub(ABOVE)..at];
    let names = &above[memchr::memmem::rfind(above, b"diff --git ")?..];
    let names = line(names, 0)?.0;
    let from = memchr::memmem::rfind(names, b" b/").or_else(|| memchr::memmem::rfind(names, b" \"b/"))?;
    let name = &names[from..];
    let name = name.trim_ascii();
    let name = name.strip_prefix(b"\"").unwrap_or(name);
    Some(name.strip_suffix(b"\"").unwrap_or(name).strip_prefix(b"b/")?.to_vec())
}

/// A file before or after the change.
struct Hunk<'b> {
    name: Vec<u8>,
    text: &'b [u8],
    /// Lines of base85.
    lines: Range<usize>,
    is_delta: bool,
    /// Bytes that should come out.
    size: u64,
}

impl<'b> Hunk<'b> {
    fn read(text: &'b [u8], at: usize) -> Option<Self> {
        let (mut head, mut start) = line(text, at)?;
        if head.is_empty() {
            (head, start) = line(text, start)?;
        }
        let (is_delta, digits) = match head.strip_prefix(b"literal ") {
            Some(digits) => (false, digits),
            None => (true, head.strip_prefix(b"delta ")?),
        };
        let size = std::str::from_utf8(digits).ok()?.trim_ascii_end().parse().ok()?;
        let mut end = start;
        while let Some((line, next)) = line(text, end) {
            if length(line).is_none() {
                break;
            }
            end = next;
        }
        (end > start).then_some(Hunk { name: Vec::new(), text, lines: start..end, is_delta, size })
    }
}

/// How many bytes a line stands for, if it is one of base85.
fn length(line: &[u8]) -> Option<usize> {
    let len = match line.first()? {
        b @ b'A'..=b'Z' => b - b'A' + 1,
        b @ b'a'..=b'z' => b - b'a' + 27,
        _ => return None,
    };
    let len = usize::from(len);
    (line.len() == 1 + len.div_ceil(4) * 5).then_some(len)
}

impl Member for Hunk<'_> {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn size_hint(&self) -> u64 {
        (self.lines.len() as u64).saturating_mul(4)
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        buffer.clear();
        let size = self.lines.len() as u64;
        if let Err(problem) = budget.take_member(size, "the patch") {
            return Contents { bytes: &[], problem: Some(problem) };
        }
        let mut packed = Vec::with_capacity(self.lines.len() / 5 * 4);
        let mut at = self.lines.start;
        while let Some((line, next)) = line(&self.text[..self.lines.end], at) {
            at = next;
            let Some(len) = length(line) else { break };
            let end = packed.len() + len;
            base85::groups(&line[1..], &GIT, &mut packed);
            packed.truncate(end);
        }
        let went = inflate_more(packed.get(2..).unwrap_or_default(), buffer, self.size, budget);
        let mut problem = went.problem(packed.len());
        if self.is_delta {
            *buffer = inserted(buffer);
        } else if problem.is_none() && buffer.len() as u64 != self.size {
            let detail = format!("{} bytes came out of the patch, not {}", buffer.len(), self.size);
            problem = Some(Problem::new(Reason::Damaged, detail));
        }
        Contents { bytes: buffer, problem }
    }
}

/// What a delta brings; a line end stands where it copies.
fn inserted(delta: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(delta.len());
    let mut at = 0;
    // The sizes of the two files.
    for _ in 0..2 {
        while delta.get(at).is_some_and(|b| b & 0x80 != 0) {
            at += 1;
        }
        at += 1;
    }
    while let Some(&op) = delta.get(at) {
        at += 1;
        if op & 0x80 != 0 {
            at += (op & 0x7f).count_ones() as usize;
            if out.last().is_some_and(|b| *b != b'\n') {
                out.push(b'\n');
            }
        } else {
            let len = usize::from(op);
            out.extend_from_slice(&delta[at.min(delta.len())..(at + len).min(delta.len())]);
            at += len;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use std::io::Write;

    fn hunk(kind: &str, size: usize, bytes: &[u8]) -> String {
        let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        packer.write_all(bytes).unwrap();
        let packed = packer.finish().unwrap();
        let mut text = format!("{kind} {size}\n");
        for line in packed.chunks(52) {
            let n = line.len() as u8;
            text.push(char::from(if n > 26 { b'a' + n - 27 } else { b'A' + n - 1 }));
            for four in line.chunks(4) {
                let mut bits =
                    four.iter().enumerate().fold(0u32, |n, (i, b)| n | u32::from(*b) << (24 - 8 * i));
                let mut five = [0; 5];
                for digit in five.iter_mut().rev() {
                    *digit = GIT.digits[bits as usize % 85];
                    bits /= 85;
                }
                text.push_str(std::str::from_utf8(&five).unwrap());
            }
            text.push('\n');
        }
        text + "\n"
    }

    fn read(text: &str) -> Vec<(String, String, bool)> {
        let at = memchr::memmem::find(text.as_bytes(), WORD).unwrap();
        let Some((opened, end)) = open(text.as_bytes(), at) else { return Vec::new() };
        assert!(end <= text.len());
        let budget = Budget::new(&Limits::default(), 1000);
        let mut buffer = Vec::new();
        opened
            .members
            .iter()
            .map(|member| {
                let contents = member.read(&mut buffer, &budget);
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                (text(member.name()), text(contents.bytes), contents.problem.is_none())
            })
            .collect()
    }

    #[test]
    fn both_sides_of_a_change() {
        let after = "key = value\n".repeat(30);
        let delta = [&[0x80, 2, 5][..], b"\x04abcd", b"\x90\x10", b"\x02ef\x02gh"].concat();
        let head = "diff --git a/x.bin b/x y.bin\nindex 1..2 100644\n";
        let text = format!(
            "{head}GIT binary patch\n{}{}",
            hunk("literal", after.len(), after.as_bytes()),
            hunk("delta", delta.len(), &delta)
        );
        let want = [
            ("x y.bin".to_owned(), after.clone(), true),
            ("x y.bin (before)".to_owned(), "abcd\nefgh".to_owned(), true),
        ];
        assert_eq!(read(&text), want);
        assert_eq!(read(&text.replace('\n', "\r\n")), want);
        // A line that is cut stands for nothing.
        assert!(read(&text[..head.len() + 60]).is_empty());
        assert!(read("a GIT binary patch\nliteral 3\n").is_empty());
        assert!(read("GIT binary patch\nis what it says\n").is_empty());
    }
}
