//! Files in ASCII 85: alone (`<~ … ~>`), of btoa, and the data that PostScript programs carry. All are known by their first bytes, so
//! that no other text is gone through for a sign of two letters.

use super::budget::Budget;
use super::{Container, Contents, Member, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::decode::base85::{ADOBE, Decoder};
use crate::limits::Limits;
use std::ops::Range;

/// Opens such files.
pub struct Ascii85;

const BTOA: &[u8] = b"xbtoa Begin";
/// Shorter data are a colour table, or chance.
const SHORTEST: usize = 20;

impl Container for Ascii85 {
    fn name(&self) -> &'static str {
        "ascii85"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        // By the first bytes alone: the filter of the history does not ask again when others change.
        is_begun(blob.bytes)
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut opened = Opened::default();
        let mut at = 0;
        while let Some(range) = next(data, at) {
            at = range.end;
            let name = format!("ascii85 at {}", range.start).into_bytes();
            opened.members.push(Box::new(Encoded { name, digits: &data[range] }));
            if opened.members.len() as u64 >= limits.entries {
                let detail = format!("more than {} pieces of data", limits.entries);
                opened.problems.push(Problem::new(Reason::Limit, detail));
                break;
            }
        }
        opened.gaps.push(0..data.len());
        opened
    }
}

fn is_begun(data: &[u8]) -> bool {
    let is_data = |rest: &[u8]| rest.iter().take(SHORTEST).all(|&b| is_digit(b) || b.is_ascii_whitespace());
    data.len() > SHORTEST && data.strip_prefix(b"<~").is_some_and(is_data)
        || data.starts_with(b"%!PS")
        || data.starts_with(BTOA)
}

/// The digits of the next piece.
fn next(data: &[u8], mut at: usize) -> Option<Range<usize>> {
    if at == 0 && data.starts_with(BTOA) {
        let start = memchr::memchr(b'\n', &data[..data.len().min(80)])? + 1;
        let end = memchr::memmem::find(&data[start..], b"\nxbtoa End").map_or(data.len(), |n| start + n);
        return Some(start..end);
    }
    loop {
        let start = at + memchr::memmem::find(&data[at..], b"<~")? + 2;
        let end = data[start..].iter().position(|&b| !is_digit(b) && !b.is_ascii_whitespace());
        let end = end.map_or(data.len(), |n| start + n);
        if end - start >= SHORTEST && data.get(end) == Some(&b'~') {
            return Some(start..end);
        }
        at = end;
    }
}

fn is_digit(b: u8) -> bool {
    matches!(b, b'!'..=b'u' | b'z' | b'y')
}

struct Encoded<'b> {
    name: Vec<u8>,
    digits: &'b [u8],
}

impl Member for Encoded<'_> {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn size_hint(&self) -> u64 {
        self.digits.len() as u64 / 5 * 4
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        buffer.clear();
        // A digit may stand for four zeros.
        let most = self.digits.len() as u64 * 4;
        if most > budget.limits.entry_bytes || !budget.take(self.size_hint()) {
            let problem = Problem::new(Reason::Limit, "the data are over the limit").of_bytes(most);
            return Contents { bytes: &[], problem: Some(problem) };
        }
        let mut decoder = Decoder::new(&ADOBE);
        for &b in self.digits.iter().filter(|b| !b.is_ascii_whitespace()) {
            if decoder.push(b, buffer).is_none() {
                break;
            }
        }
        decoder.end(buffer);
        Contents { bytes: buffer, problem: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;

    fn read(text: &str) -> Option<Vec<String>> {
        let blob = Blob { address: Address::named("x"), bytes: text.as_bytes() };
        Ascii85.reads(&blob).then_some(())?;
        let opened = Ascii85.open(&blob, &Limits::default());
        let budget = Budget::new(&Limits::default(), 1000);
        let mut buffer = Vec::new();
        let members = opened.members.iter();
        Some(
            members
                .map(|m| String::from_utf8_lossy(m.read(&mut buffer, &budget).bytes).into_owned())
                .collect(),
        )
    }

    #[test]
    fn alone_in_postscript_and_of_btoa() {
        let code = "9jqo^BlbD-BleB1DJ\n+*+F(f,q";
        let plain = "Man is distinguished".to_owned();
        assert_eq!(read(&format!("<~{code}~>\n")), Some(vec![plain.clone()]));
        assert_eq!(read(&format!("xbtoa Begin\n{code}\nxbtoa End N 20 14\n")), Some(vec![plain.clone()]));
        let program = format!("%!PS-Adobe-3.0\n/a <~{code}~> def /b <~ab~> def\n/c <~{code}~> def\n");
        assert_eq!(read(&program), Some(vec![plain.clone(), plain]));
        assert_eq!(read("%!PS\n/a (text) def"), Some(vec![]));
        for other in ["<~ is a sign and text {}", "<~ab~>", "text <~9jqo^BlbD-BleB1DJ+*+F(f,q~>"] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
