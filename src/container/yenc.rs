//! yEnc: files in news articles, a byte a byte, with four values escaped.

use super::budget::Budget;
use super::{Contents, Member, Opened, Problem};
use crate::ledger::Reason;

/// How the line above the data begins.
pub const WORD: &[u8] = b"=ybegin ";

/// Most bytes of one file.
const LARGEST: usize = 64 << 20;
/// Longest line of a header.
const LINE: usize = 1024;

/// Opens the file whose header has [`WORD`] at `at`; also where it ends.
pub fn open(text: &[u8], at: usize) -> Option<(Opened<'_>, usize)> {
    let is_line = at == 0 || text.get(at - 1) == Some(&b'\n');
    let (head, mut from) = line(text, at)?;
    (is_line && has(head, b" line=") && has(head, b" size=")).then_some(())?;
    let name = memchr::memmem::find(head, b" name=").map(|at| head[at + 6..].trim_ascii().to_vec());
    let name = name.filter(|name| !name.is_empty()).unwrap_or_else(|| format!("yenc at {at}").into_bytes());
    if text[from..].starts_with(b"=ypart ") {
        from = line(text, from)?.1;
    }
    // The end is sought no farther than the largest articles are.
    let rest = &text[from..text.len().min(from + LARGEST)];
    let (len, is_whole) = match memchr::memmem::find(rest, b"\n=yend ") {
        Some(len) => (len, true),
        None => (rest.len(), false),
    };
    let file = Encoded { name, bytes: &rest[..len], is_whole };
    Some((Opened { members: vec![Box::new(file)], ..Opened::default() }, from + len))
}

fn line(text: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let rest = text.get(at..)?;
    let len = memchr::memchr(b'\n', &rest[..rest.len().min(LINE)])?;
    Some((&rest[..len], at + len + 1))
}

fn has(line: &[u8], word: &[u8]) -> bool {
    memchr::memmem::find(line, word).is_some()
}

struct Encoded<'b> {
    name: Vec<u8>,
    bytes: &'b [u8],
    is_whole: bool,
}

impl Member for Encoded<'_> {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn size_hint(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        buffer.clear();
        let size = self.size_hint();
        if let Err(problem) = budget.take_member(size, "the file") {
            return Contents { bytes: &[], problem: Some(problem) };
        }
        let mut shift = 42u8;
        for &b in self.bytes {
            match b {
                b'\r' | b'\n' => {}
                b'=' if shift == 42 => shift = 42 + 64,
                _ => {
                    buffer.push(b.wrapping_sub(shift));
                    shift = 42;
                }
            }
        }
        let problem = (!self.is_whole)
            .then(|| Problem::new(Reason::Damaged, "the file has no end; what is there was searched"));
        Contents { bytes: buffer, problem }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    fn read(text: &[u8]) -> Option<(String, Vec<u8>, bool)> {
        let at = memchr::memmem::find(text, WORD)?;
        let (opened, _) = open(text, at)?;
        let mut buffer = Vec::new();
        let member = opened.members[0].as_ref();
        let contents = member.read(&mut buffer, &Budget::new(&Limits::default(), 1000));
        let name = String::from_utf8_lossy(member.name()).into_owned();
        Some((name, contents.bytes.to_vec(), contents.problem.is_none()))
    }

    #[test]
    fn a_file_of_all_bytes() {
        let plain: Vec<u8> = (0..=255).collect();
        let mut text =
            b"Subject: x\r\n\r\n=ybegin part=1 line=128 size=256 name=a b.bin\r\n=ypart begin=1 end=256\r\n"
                .to_vec();
        for (n, b) in plain.iter().enumerate() {
            match b.wrapping_add(42) {
                c @ (0 | b'\n' | b'\r' | b'=') => text.extend([b'=', c.wrapping_add(64)]),
                c => text.push(c),
            }
            if n % 128 == 127 {
                text.extend(b"\r\n");
            }
        }
        let end = text.len();
        text.extend(b"=yend size=256\r\n");
        assert_eq!(read(&text), Some(("a b.bin".to_owned(), plain, true)));
        assert!(!read(&text[..end]).unwrap().2);
        assert_eq!(read(b"see =ybegin line=128 size=4\n"), None);
        assert_eq!(read(b"=ybegin is the first line of a file\n"), None);
    }
}
