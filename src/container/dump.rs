//! Bytes written as text, a file as a whole: dumps of `xxd` and `hexdump -C`, Intel HEX and S-records of firmware. The bytes are one
//! member; the text is searched as it is too.

use super::budget::Budget;
use super::{Container, Contents, Member, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::limits::Limits;
use crate::look::Look;

/// Opens such files.
pub struct Dump;

/// Bytes between two lines that stand for repetition (`*`), at most.
const MOST_REPEATED: u64 = 1 << 20;

#[derive(Clone, Copy)]
enum Form {
    Xxd,
    Hexdump,
    Intel,
    Motorola,
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
            opened.members.push(Box::new(Dumped { form, text: blob.bytes }));
        }
        opened.gaps.push(0..blob.bytes.len());
        opened
    }
}

/// The form of the first lines, all of which must be of it.
fn form(data: &[u8]) -> Option<Form> {
    let form = match data.first()? {
        b':' => Form::Intel,
        b'S' => Form::Motorola,
        b'0' if data.get(8) == Some(&b':') => Form::Xxd,
        b'0' => Form::Hexdump,
        _ => return None,
    };
    let mut row = Vec::new();
    let mut count = 0;
    // Lines of each of them are short.
    for text in lines(&data[..data.len().min(4096)]).filter(|text| *text != b"*").take(3) {
        line(form, text, &mut row)?;
        count += 1;
    }
    (count > 1 && !row.is_empty()).then_some(form)
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

fn number(text: &[u8]) -> Option<u64> {
    text.iter().try_fold(0u64, |n, b| Some(n.checked_mul(16)? | u64::from(digit(*b)?)))
}

/// Reads a line into `row`, behind what is there; gives its place, where it has bytes. `None` for what is no such line.
fn line(form: Form, text: &[u8], row: &mut Vec<u8>) -> Option<Option<u64>> {
    match form {
        Form::Xxd => {
            let at = number(text.get(..8)?)?;
            let mut rest = text.get(8..)?.strip_prefix(b": ")?;
            while let Some(b) = byte(rest, 0) {
                row.push(b);
                rest = &rest[2..];
                // Two blanks stand before the column of text.
                match rest {
                    [b' ', b' ', ..] | [] => break,
                    [b' ', more @ ..] => rest = more,
                    _ => {}
                }
            }
            Some(Some(at))
        }
        Form::Hexdump => {
            let digits = text.iter().take_while(|b| b.is_ascii_hexdigit()).count();
            ((7..=16).contains(&digits)).then_some(())?;
            let at = number(&text[..digits])?;
            let mut rest = &text[digits..];
            if rest.is_empty() {
                return Some(None);
            }
            rest = rest.strip_prefix(b"  ")?;
            while let Some(b) = byte(rest, 0).filter(|_| matches!(rest.get(2), Some(b' ') | None)) {
                row.push(b);
                rest = rest.get(2..).unwrap_or_default();
                rest = rest.strip_prefix(b" ").unwrap_or(rest);
                if !rest.starts_with(b" |") {
                    rest = rest.strip_prefix(b" ").unwrap_or(rest);
                }
            }
            (rest.is_empty() || rest.trim_ascii_start().starts_with(b"|")).then_some(Some(at))
        }
        Form::Intel => {
            let bytes = all(text.strip_prefix(b":")?)?;
            let [len, high, low, kind, body @ ..] = bytes.as_slice() else { return None };
            (body.len() == usize::from(*len) + 1).then_some(())?;
            (bytes.iter().fold(0u8, |n, b| n.wrapping_add(*b)) == 0).then_some(())?;
            if *kind != 0 {
                return Some(None);
            }
            row.extend_from_slice(&body[..body.len() - 1]);
            Some(Some(u64::from(*high) << 8 | u64::from(*low)))
        }
        Form::Motorola => {
            let [b'S', kind @ b'0'..=b'9', digits @ ..] = text else { return None };
            let bytes = all(digits)?;
            let (len, rest) = bytes.split_first()?;
            (rest.len() == usize::from(*len)).then_some(())?;
            (bytes.iter().fold(0u8, |n, b| n.wrapping_add(*b)) == 0xff).then_some(())?;
            let width = match kind {
                b'1' => 2,
                b'2' => 3,
                b'3' => 4,
                _ => return Some(None),
            };
            let body = rest.get(width..rest.len() - 1)?;
            row.extend_from_slice(body);
            Some(Some(rest[..width].iter().fold(0, |n, b| n << 8 | u64::from(*b))))
        }
    }
}

fn all(digits: &[u8]) -> Option<Vec<u8>> {
    let digits = digits.trim_ascii_end();
    (digits.len().is_multiple_of(2) && digits.len() >= 4).then_some(())?;
    (0..digits.len()).step_by(2).map(|at| byte(digits, at)).collect()
}

struct Dumped<'b> {
    form: Form,
    text: &'b [u8],
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
            let last = std::mem::take(&mut row);
            match line(self.form, text, &mut row) {
                Some(Some(at)) => {
                    // The same line over and over is written once; elsewhere, what is apart stays apart.
                    if let Some(next) = next.filter(|next| *next != at) {
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
                None if text == b"*" => {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;

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
