//! Programs that Nuitka has made of Python: the constants of each module.
//!
//! There is no specification. A block has a name, a length, a count and values; before each string stands a letter for its type, which
//! would be its first letter for everybody else (`aAKIA…`, `ughp_…`), and behind it a NUL. The first block is that of `.bytecode`.

use super::bytes::{size_le, slice};
use super::strings::Strings;
use super::{Damage, Lens};
use crate::blob::{Blob, Site, Text, TextKind};
use crate::limits::Limits;
use crate::look::{Look, Signature};

/// Reads the constants.
pub struct NuitkaLens;

const FIRST: &[u8] = b".bytecode\0";
/// Longest name of a module.
const NAME: usize = 256;
/// Length and count.
const HEAD: usize = 6;

impl Lens for NuitkaLens {
    fn name(&self) -> &'static str {
        "nuitka"
    }

    fn may_read(&self, look: &Look) -> bool {
        look.has(Signature::Nuitka)
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        blocks(blob.bytes).nth(1).is_some()
    }

    fn texts(&self, blob: &Blob<'_>, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
        let data = blob.bytes;
        let all: Vec<Block> = blocks(data).collect();
        let places = |tag: u64| {
            let block = usize::try_from(tag).ok().and_then(|tag| all.get(tag));
            block.map_or_else(Vec::new, |block| vec![Site { name: block.name(data), ..Site::default() }])
        };
        let mut strings = Strings::new(TextKind::List, data.len(), limits, &places, emit);
        'all: for (tag, block) in all.iter().enumerate() {
            let mut at = block.start;
            while let Some(len) = memchr::memchr(0, &data[at..block.end]) {
                let skipped = typed(&data[at..at + len]);
                let string = &data[at + skipped..at + len];
                if !string.is_empty() && !strings.push(string, (at + skipped) as u64, tag as u64) {
                    break 'all;
                }
                at += len + 1;
            }
        }
        strings.finish();
        Ok(())
    }
}

/// The constants of a module.
struct Block {
    /// Where its name begins, and its values.
    named: usize,
    start: usize,
    end: usize,
}

impl Block {
    fn name(&self, data: &[u8]) -> String {
        match &data[self.named..self.start - HEAD - 1] {
            [] => "(constants)".to_owned(),
            name => format!("module {}", String::from_utf8_lossy(name)),
        }
    }
}

/// The blocks, one behind the other, from the first on whose length leads to another.
fn blocks(data: &[u8]) -> impl Iterator<Item = Block> {
    let starts = memchr::memmem::find_iter(data, FIRST);
    let first =
        starts.take(8).find(|at| block(data, *at).is_some_and(|first| block(data, first.end).is_some()));
    let mut next = first;
    std::iter::from_fn(move || {
        let block = block(data, next?)?;
        next = Some(block.end);
        Some(block)
    })
}

fn block(data: &[u8], named: usize) -> Option<Block> {
    let name = &data.get(named..)?[..NAME.min(data.len() - named)];
    let len = memchr::memchr(0, name)?;
    let is_name = name[..len].iter().all(|b| b.is_ascii_graphic() || *b >= 0x80);
    let start = named + len + 1 + HEAD;
    let size = size_le(data, start - HEAD)?.checked_sub(2).filter(|size| *size > 0)?;
    slice(data, start, size)?;
    is_name.then_some(Block { named, start, end: start + size })
}

/// How many bytes of `piece`, which ends where a string may, are no part of it: whatever came before, and the letter of its type.
fn typed(piece: &[u8]) -> usize {
    let is_letter = |b: &u8| *b >= 0x80 || matches!(b, b' '..=b'~' | b'\t' | b'\n' | b'\r');
    let text = piece.iter().rposition(|b| !is_letter(b)).map_or(0, |n| n + 1);
    // `None`, `True`, `False`, an empty string and what was before need no more than their letter.
    let alone =
        piece[text..].iter().take(3).take_while(|b| matches!(b, b'n' | b't' | b'F' | b's' | b'p')).count();
    match piece.get(text + alone) {
        Some(b'a' | b'u' | b'c') => text + alone + 1,
        // Values that are no strings.
        _ => piece.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;

    fn read(bytes: &[u8]) -> Option<String> {
        let blob = Blob { address: Address::named("x"), bytes };
        let mut all = Vec::new();
        NuitkaLens.reads(&blob).then_some(())?;
        NuitkaLens.texts(&blob, &Limits::default(), &mut |text| all.extend_from_slice(text.bytes)).unwrap();
        Some(String::from_utf8_lossy(&all).replace('\0', "|"))
    }

    fn block(name: &str, values: &[u8]) -> Vec<u8> {
        let size = (values.len() as u32 + 2).to_le_bytes();
        [name.as_bytes(), b"\0", &size, &[1, 0], values].concat()
    }

    #[test]
    fn strings_without_the_letter_of_their_type() {
        let values = b"D\x02akey\0uother key\0aabcd1234\0nutext\0l\x05c\xc3\xa9\0.";
        let mut data = b"\x7fELF and a program, .bytecode\0 too".to_vec();
        data.extend([block(".bytecode", b"."), block("", b"asome\0."), block("__main__", values)].concat());
        assert_eq!(read(&data).as_deref(), Some("some|key|other key|abcd1234|text|é"));
        for end in 0..data.len() {
            read(&data[..end]);
        }
        assert_eq!(read(b"a text of .bytecode\0 and no more"), None);
    }
}
