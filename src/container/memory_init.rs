//! Contents of memories as hardware is described with: words of `$readmemh` and `$readmemb` (VMEM), initialization files of Intel's
//! and AMD's tools (MIF, COE). The words are bytes in their order, and once more with the lowest first: no file says which it is.
//!
//! IEEE 1364, section 17.2.9; Quartus, *Memory Initialization File*; Vivado, *COE File Syntax*.

use super::budget::Budget;
use super::inflate::OVER_BUDGET;
use super::{Container, Contents, Member, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::limits::Limits;
use crate::look::Look;

/// Opens such files.
pub struct MemoryInit;

/// Bytes by which a file is known.
const HEAD: usize = 4096;
/// Words that a file without an address must begin with.
const LEAST: usize = 8;
/// Longest word, in digits.
const LONGEST: usize = 128;

/// How words are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Form {
    kind: Kind,
    base: u32,
    /// Digits of a word; of other bases than two powers, bits.
    width: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// Nothing but words, addresses and comments.
    Plain,
    /// `address : word word;`
    Mif,
    /// A list behind the name of a field.
    Coe,
}

impl Container for MemoryInit {
    fn name(&self) -> &'static str {
        "memory-init"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        form(blob.bytes).is_some()
    }

    fn may_read(&self, look: &Look) -> bool {
        !look.is_binary()
    }

    fn open<'b>(&self, blob: &Blob<'b>, _: &Limits) -> Opened<'b> {
        let mut opened = Opened::default();
        if let Some((form, from)) = form(blob.bytes) {
            let text = &blob.bytes[from..];
            opened.members.push(Box::new(Words { form, text, lowest_first: false }));
            // Other words are lines of a file, as `xxd -p` has it.
            if form.bytes() > 1 && form.bytes().is_power_of_two() {
                opened.members.push(Box::new(Words { form, text, lowest_first: true }));
            }
        }
        opened.gaps.push(0..blob.bytes.len());
        opened
    }
}

impl Form {
    /// Bytes of a word.
    fn bytes(self) -> usize {
        match self.base {
            16 => self.width / 2,
            _ => self.width / 8,
        }
    }

    /// Adds the bytes of a word.
    fn word(self, word: &[u8], lowest_first: bool, out: &mut Vec<u8>) -> Option<()> {
        let start = out.len();
        if matches!(self.base, 2 | 16) {
            let per = if self.base == 16 { 2 } else { 8 };
            let digits: Vec<u8> = word.iter().copied().filter(|b| *b != b'_').collect();
            // Zeros in front may be left out.
            let missing = self.width.checked_sub(digits.len()).filter(|_| !digits.is_empty())?;
            let digits = [vec![b'0'; missing], digits].concat();
            for pair in digits.chunks(per) {
                let value = std::str::from_utf8(pair).ok()?;
                let is_sound = pair.iter().all(|b| char::from(*b).is_digit(self.base));
                out.push(u8::from_str_radix(value, self.base).ok().filter(|_| is_sound)?);
            }
        } else {
            let value: i128 = std::str::from_utf8(word).ok()?.parse().ok()?;
            let bytes = value.to_be_bytes();
            out.extend_from_slice(bytes.get(bytes.len().checked_sub(self.bytes())?..)?);
        }
        if lowest_first {
            out[start..].reverse();
        }
        Some(())
    }
}

/// What a file is, and where its words begin.
fn form(data: &[u8]) -> Option<(Form, usize)> {
    let head = &data[..data.len().min(HEAD)];
    let first = head.iter().position(|b| !b.is_ascii_whitespace())?;
    match head[first] {
        b'@' | b'/' | b'#' | b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F' if let Some(form) = plain(head) => {
            Some((form, 0))
        }
        b'-' | b'%' | b'D' | b'd' | b'W' | b'w' | b'A' | b'a' => mif(head),
        b'm' | b'M' | b';' => coe(head),
        _ => None,
    }
}

/// Nothing but words of one width.
fn plain(head: &[u8]) -> Option<Form> {
    let mut words = Words::items(head, Kind::Plain);
    let first = words.next()?;
    let is_placed = first.starts_with(b"@");
    let width = |word: &[u8]| word.iter().filter(|b| **b != b'_').count();
    let one = if is_placed { words.next()? } else { first };
    let is_word =
        |word: &[u8]| word.iter().all(|b| b.is_ascii_hexdigit() || *b == b'_') && word.len() <= LONGEST;
    let is_bits = |word: &[u8]| word.iter().all(|b| matches!(b, b'0' | b'1' | b'_'));
    let (mut count, mut bits) = (1, is_bits(one));
    is_word(one).then_some(())?;
    // The last one may be cut.
    let mut rest: Vec<&[u8]> = words.collect();
    if head.len() == HEAD {
        rest.pop();
    }
    for word in rest {
        if let Some(address) = word.strip_prefix(b"@") {
            address.iter().all(u8::is_ascii_hexdigit).then_some(())?;
            continue;
        }
        (is_word(word) && width(word) == width(one)).then_some(())?;
        bits &= is_bits(word);
        count += 1;
    }
    (is_placed && count > 1 || count >= LEAST).then_some(())?;
    let width = width(one);
    let base = if bits && width.is_multiple_of(8) { 2 } else { 16 };
    // Hexadecimal in pairs and alone is a list of bytes like any other, which others read.
    let is_usual = base == 2 || width.is_multiple_of(2) && (is_placed || width > 2);
    is_usual.then_some(Form { kind: Kind::Plain, base, width })
}

/// The value of a field (`WIDTH = 8;`), in either case.
fn field<'h>(head: &'h [u8], name: &str) -> Option<&'h [u8]> {
    let lower = head.to_ascii_lowercase();
    let at = memchr::memmem::find(&lower, name.as_bytes())? + name.len();
    let rest = head[at..].trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    Some(&rest[..rest.iter().position(|b| !b.is_ascii_alphanumeric()).unwrap_or(rest.len())])
}

fn parsed(value: &[u8]) -> Option<usize> {
    std::str::from_utf8(value).ok()?.parse().ok()
}

fn mif(head: &[u8]) -> Option<(Form, usize)> {
    let bits =
        parsed(field(head, "width")?).filter(|bits| bits.is_multiple_of(8) && (8..=512).contains(bits))?;
    field(head, "depth")?;
    let lower = head.to_ascii_lowercase();
    let begin = memchr::memmem::find(&lower, b"begin")? + 5;
    let (base, width) = match field(head, "data_radix").map(<[u8]>::to_ascii_lowercase).as_deref() {
        Some(b"bin") => (2, bits),
        Some(b"uns" | b"dec") => (10, bits),
        Some(b"hex") | None => (16, bits / 4),
        Some(_) => return None,
    };
    Some((Form { kind: Kind::Mif, base, width }, begin))
}

fn coe(head: &[u8]) -> Option<(Form, usize)> {
    let base = parsed(field(head, "initialization_radix")?)? as u32;
    let lower = head.to_ascii_lowercase();
    let name = memchr::memmem::find(&lower, b"initialization_vector")?;
    let from = name + memchr::memchr(b'=', &head[name..])? + 1;
    // Zeros in front may be left out: the longest tells.
    let words = Words::items(&head[from..], Kind::Coe);
    let longest = words.map(<[u8]>::len).max().filter(|len| *len <= LONGEST)?;
    let (base, width) = match base {
        2 => (2, longest.next_multiple_of(8)),
        16 => (16, longest.next_multiple_of(2)),
        10 => (10, 32),
        _ => return None,
    };
    Some((Form { kind: Kind::Coe, base, width }, from))
}

struct Words<'b> {
    form: Form,
    text: &'b [u8],
    lowest_first: bool,
}

impl<'b> Words<'b> {
    /// Words and addresses, without comments.
    fn items(text: &'b [u8], kind: Kind) -> impl Iterator<Item = &'b [u8]> {
        let mut rest = text;
        std::iter::from_fn(move || {
            loop {
                let is_between = |b: &u8| b.is_ascii_whitespace() || kind == Kind::Coe && *b == b',';
                let from = rest.iter().position(|b| !is_between(b))?;
                rest = &rest[from..];
                let comment = match (rest, kind) {
                    ([b'/', b'/', ..] | [b'#', ..], Kind::Plain) | ([b'-', b'-', ..], Kind::Mif) => {
                        memchr::memchr(b'\n', rest)
                    }
                    ([b'/', b'*', ..], Kind::Plain) => memchr::memmem::find(rest, b"*/").map(|n| n + 2),
                    ([b'%', ..], Kind::Mif) => memchr::memchr(b'%', &rest[1..]).map(|n| n + 2),
                    _ => {
                        let is_end = |b: &u8| is_between(b) || matches!(b, b':' | b';');
                        let len = rest.iter().position(is_end).unwrap_or(rest.len()).max(1);
                        let item;
                        (item, rest) = rest.split_at(len);
                        return Some(item);
                    }
                };
                rest = &rest[comment.unwrap_or(rest.len())..];
            }
        })
    }
}

impl Member for Words<'_> {
    fn name(&self) -> &[u8] {
        if self.lowest_first { b"bytes, lowest first" } else { b"bytes" }
    }

    fn size_hint(&self) -> u64 {
        self.text.len() as u64 / 3
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        buffer.clear();
        let kind = self.form.kind;
        let mut items = Words::items(self.text, kind).peekable();
        let mut other = 0u64;
        while let Some(item) = items.next() {
            let is_address = item.starts_with(b"@") || kind == Kind::Mif && items.peek() == Some(&&b":"[..]);
            if is_address {
                // What is before a hole and what is behind it do not touch.
                if let Some(place) = item.strip_prefix(b"@")
                    && !self.is_next(place, buffer.len())
                {
                    buffer.push(0);
                }
                continue;
            }
            match item {
                b":" => continue,
                b";" if kind == Kind::Coe => break,
                b";" => continue,
                _ if kind == Kind::Mif && item.eq_ignore_ascii_case(b"end") => break,
                _ => {}
            }
            let len = self.form.bytes() as u64;
            if buffer.len() as u64 + len > budget.limits.entry_bytes || !budget.take(len) {
                return Contents { bytes: buffer, problem: Some(Problem::new(Reason::Limit, OVER_BUDGET)) };
            }
            // The end of a file in lines: a word would have all its digits, or no zeros before those it has.
            let is_last = kind == Kind::Plain && items.peek().is_none() && item.len().is_multiple_of(2);
            let width = if is_last { item.len().min(self.form.width) } else { self.form.width };
            if (Form { width, ..self.form }).word(item, self.lowest_first, buffer).is_none() {
                other += item.len() as u64;
            }
        }
        let problem = (other > 0).then(|| {
            let detail = format!("{other} bytes are no words of the memory; searched as text");
            Problem::new(Reason::Damaged, detail).of_bytes(0)
        });
        Contents { bytes: buffer, problem }
    }
}

impl Words<'_> {
    /// Whether an address, in words or in bytes, is where the bytes so far end.
    fn is_next(&self, place: &[u8], len: usize) -> bool {
        let place = std::str::from_utf8(place).ok().and_then(|place| usize::from_str_radix(place, 16).ok());
        place.is_some_and(|place| place == len || place == len / self.form.bytes().max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::testing::read as open;

    fn read(text: &str) -> Vec<String> {
        let is_read = form(text.as_bytes()).is_some();
        let members = if is_read { open(&MemoryInit, text.as_bytes()).0 } else { Vec::new() };
        members.iter().map(|(_, bytes, _)| String::from_utf8_lossy(bytes).into_owned()).collect()
    }

    #[test]
    fn words_of_each_kind() {
        let pair = ["some bytes of words".to_owned() + ".", "emosetyb fo ow f.sdr".to_owned()];
        let words = |sep: &str, mark: &str| {
            let hex = |c: &[u8]| c.iter().map(|b| format!("{b:02x}")).collect::<String>();
            pair[0].as_bytes().chunks(4).map(|c| mark.to_owned() + &hex(c)).collect::<Vec<_>>().join(sep)
        };
        let turned: String =
            pair[0].as_bytes().chunks(4).flat_map(|c| c.iter().rev()).map(|b| char::from(*b)).collect();
        let both = vec![pair[0].clone(), turned];
        assert_eq!(read(&format!("/* a */\n@0000 {} // b\n", words(" ", ""))), both);
        assert_eq!(read(&format!("@0\n{}\n", words("\n", ""))), both);
        let many = words("\n", "") + "\n20202020\n20202020\n20202020\n";
        assert_eq!(read(&many)[0], pair[0].clone() + "            ");
        let coe = format!(
            "memory_initialization_radix=16;\nmemory_initialization_vector=\n{};\n",
            words(",\n", "")
        );
        assert_eq!(read(&coe), both);
        let mif = format!(
            "-- a\nDEPTH = 5;\nWIDTH = 32;\nADDRESS_RADIX = HEX;\nDATA_RADIX = HEX;\nCONTENT BEGIN\n0 : {};\nEND;\n",
            words(" ", "")
        );
        assert_eq!(read(&mif), both);
        let decimal = "WIDTH=8;\nDEPTH=2;\nDATA_RADIX=UNS;\nCONTENT\nBEGIN\n0:115;\n1:111 109;\nEND;\n";
        assert_eq!(read(decimal), ["som"]);
        let bits: String = pair[0].bytes().map(|b| format!("{b:08b}\n")).collect();
        assert_eq!(read(&bits), [pair[0].clone()]);
        let lines: Vec<String> = pair[0]
            .repeat(130)
            .as_bytes()
            .chunks(30)
            .map(|line| line.iter().map(|b| format!("{b:02x}")).collect())
            .collect();
        assert_eq!(read(&lines.join("\n")), [pair[0].repeat(130)]);
        assert_eq!(read("@10 7365 6372\n@20 6574 6574\n")[0], "\0secr\0etet");
    }

    #[test]
    fn other_texts_are_none() {
        for text in [
            "",
            "@",
            "@user said so\n",
            "// comment\nint main;\n",
            "# title\n\ntext\n",
            "deadbeef\ncafe\n",
            "abcd efgh ijkl\n",
            "-- sql\nselect 1;\n",
            "memory of things\n",
            "DEPTH = 3;\n",
            "1 2 3 4 5 6 7 8 9\n",
        ] {
            assert!(form(text.as_bytes()).is_none(), "{text}");
        }
    }
}
