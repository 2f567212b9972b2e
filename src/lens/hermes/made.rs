//! Strings that code makes of constants: `a + b`, templates (`HermesInternal.concat`), `[…].join("")`,
//! `"…".split("").reverse().join("")`, `String.fromCharCode(…)`, `"…".slice(2, 22)`, `"…".replace("-", "")`.
//!
//! Each gets a number behind those of the table, the same in every pass over the code, so that what
//! becomes of it is followed like any other string.

use super::file::File;
use std::collections::HashMap;

/// Numbers of made strings have this bit.
pub const MADE: u32 = 1 << 31;
/// No key is longer.
const LONGEST: usize = 4096;
/// Elements of a list that is followed.
pub const ELEMENTS: u32 = 128;

/// Methods that make strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Concat,
    Join,
    Split,
    Reverse,
    FromCharCode,
    Slice,
    Substr,
    Replace,
    ReplaceAll,
    Upper,
    Lower,
    Trim,
}

/// A string that code makes.
#[derive(Debug, Default)]
pub struct Made {
    pub bytes: Vec<u8>,
    /// Where the instruction stands that makes it. Not its first piece: strings share their bytes, and
    /// what begins inside another string is taken for a part of it.
    pub offset: u64,
    /// Was put into a longer one.
    pub is_piece: bool,
}

/// All of them, and the lists of which some are made.
pub struct Makings<'p, 'a> {
    file: &'p File<'a>,
    pub all: Vec<Made>,
    lists: Vec<Vec<u32>>,
    methods: HashMap<u32, Method>,
    /// Bytes that may still be made: loops and shared code make none without end.
    room: usize,
}

impl<'p, 'a> Makings<'p, 'a> {
    pub fn new(file: &'p File<'a>) -> Self {
        let methods =
            (0..file.strings()).filter_map(|id| Some((id, method(file.string(id)?.bytes)?))).collect();
        let room = file.len().saturating_add(1 << 16);
        Makings { file, all: Vec::new(), lists: Vec::new(), methods, room }
    }

    pub fn method(&self, name: Option<u32>) -> Option<Method> {
        self.methods.get(&name?).copied()
    }

    /// The text of a string of the table or a made one.
    fn text(&self, id: u32) -> Option<Vec<u8>> {
        if id & MADE != 0 {
            let made = self.all.get((id & !MADE) as usize)?;
            return Some(made.bytes.clone());
        }
        let string = self.file.string(id)?;
        if string.bytes.len() > LONGEST {
            return None;
        }
        if !string.utf16 {
            return Some(string.bytes.to_vec());
        }
        let units =
            string.bytes.chunks_exact(2).filter_map(|c| c.first_chunk()).map(|c| u16::from_le_bytes(*c));
        let text: String =
            char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        Some(text.into_bytes())
    }

    fn add(&mut self, made: Made) -> Option<u32> {
        if made.bytes.len() > LONGEST {
            return None;
        }
        // What a string takes beside its bytes counts too.
        self.room = self.room.checked_sub(made.bytes.len() + 64)?;
        self.all.push(made);
        u32::try_from(self.all.len() - 1).ok().map(|n| n | MADE)
    }

    /// The strings in one, with another between them.
    pub fn join(&mut self, pieces: &[u32], between: &[u8], offset: u64) -> Option<u32> {
        let mut made = Made { offset, ..Made::default() };
        for (n, &id) in pieces.iter().enumerate() {
            if n > 0 {
                made.bytes.extend_from_slice(between);
            }
            made.bytes.extend(self.text(id)?);
            if made.bytes.len() > LONGEST {
                return None;
            }
        }
        for id in pieces.iter().filter(|id| **id & MADE != 0) {
            if let Some(piece) = self.all.get_mut((id & !MADE) as usize) {
                piece.is_piece = true;
            }
        }
        self.add(made)
    }

    pub fn characters(&mut self, codes: &[u32], offset: u64) -> Option<u32> {
        let units = codes.iter().map(|&c| u16::try_from(c & 0xffff).unwrap_or(0));
        let text: String =
            char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        self.add(Made { bytes: text.into_bytes(), offset, is_piece: false })
    }

    /// A string with something done to it.
    fn edit(&mut self, string: u32, offset: u64, with: impl FnOnce(&str) -> Option<String>) -> Option<u32> {
        let text = String::from_utf8(self.text(string)?).ok()?;
        let bytes = with(&text).filter(|new| *new != text)?.into_bytes();
        if let Some(piece) = self.all.get_mut((string & !MADE) as usize).filter(|_| string & MADE != 0) {
            piece.is_piece = true;
        }
        self.add(Made { bytes, offset, is_piece: false })
    }

    /// `"…".slice(from, to)`, or with the length as the second number.
    pub fn slice(
        &mut self,
        string: u32,
        from: u32,
        to: Option<u32>,
        is_length: bool,
        offset: u64,
    ) -> Option<u32> {
        self.edit(string, offset, |text| {
            let len = text.len();
            // Numbers below 0 count from the end.
            let place = |n: u32| match n as i32 {
                n if n < 0 => len.saturating_sub(n.unsigned_abs() as usize),
                n => (n as usize).min(len),
            };
            let from = place(from);
            let to = match to {
                Some(n) if is_length => from.saturating_add(n as usize).min(len),
                Some(n) => place(n),
                None => len,
            };
            text.get(from..to).map(str::to_owned)
        })
    }

    /// `"…".replace(what, with)`, of all or of the first.
    pub fn replace(&mut self, string: u32, what: What, with: u32, all: bool, offset: u64) -> Option<u32> {
        let with = String::from_utf8(self.text(with)?).ok()?;
        let (what, all) = match what {
            What::Text(id) => (vec![String::from_utf8(self.text(id)?).ok()?], all),
            What::Pattern(id, flags) => {
                let flags = self.text(flags).unwrap_or_default();
                (literals(&String::from_utf8(self.text(id)?).ok()?)?, flags.contains(&b'g'))
            }
        };
        self.edit(string, offset, |text| {
            let mut text = text.to_owned();
            for what in what.iter().filter(|what| !what.is_empty()) {
                text = if all { text.replace(what, &with) } else { text.replacen(what, &with, 1) };
            }
            (text.len() <= LONGEST).then_some(text)
        })
    }

    pub fn change(&mut self, string: u32, method: Method, offset: u64) -> Option<u32> {
        self.edit(string, offset, |text| match method {
            Method::Upper => Some(text.to_ascii_uppercase()),
            Method::Lower => Some(text.to_ascii_lowercase()),
            Method::Trim => Some(text.trim().to_owned()),
            _ => None,
        })
    }

    /// A new list; lists are numbered from 1.
    pub fn list(&mut self, items: Vec<u32>) -> u32 {
        let Some(room) = self.room.checked_sub(items.len() * 4 + 32) else { return 0 };
        self.room = room;
        self.lists.push(items);
        u32::try_from(self.lists.len()).unwrap_or(0)
    }

    pub fn items(&mut self, list: u32) -> Option<&mut Vec<u32>> {
        self.lists.get_mut((list as usize).checked_sub(1)?)
    }

    pub fn join_list(&mut self, list: u32, between: Option<u32>, offset: u64) -> Option<u32> {
        let between = between.map_or(Some(b",".to_vec()), |id| self.text(id))?;
        let items = self.items(list)?.clone();
        self.join(&items, &between, offset)
    }

    /// `"…".split(…)`: pieces that nobody prints by themselves.
    pub fn split(&mut self, string: u32, at: u32, offset: u64) -> Option<u32> {
        let (text, at) = (self.text(string)?, self.text(at)?);
        let text = String::from_utf8(text).ok()?;
        let at = String::from_utf8(at).ok()?;
        let parts: Vec<&str> = if at.is_empty() {
            text.split("").filter(|p| !p.is_empty()).collect()
        } else {
            text.split(at.as_str()).collect()
        };
        if parts.len() > ELEMENTS as usize {
            return None;
        }
        let mut items = Vec::with_capacity(parts.len());
        for part in parts {
            items.push(self.add(Made { bytes: part.as_bytes().to_vec(), offset, is_piece: true })?);
        }
        Some(self.list(items)).filter(|&list| list != 0)
    }
}

/// What is replaced in a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Text(u32),
    /// A regular expression: its source and its flags.
    Pattern(u32, u32),
}

/// The texts that a simple regular expression matches: a literal one, or one of a class.
fn literals(pattern: &str) -> Option<Vec<String>> {
    let pattern = pattern.strip_suffix('+').unwrap_or(pattern);
    let class = pattern.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let (mut out, mut chars) = (Vec::new(), class.unwrap_or(pattern).chars());
    while let Some(c) = chars.next() {
        let plain = match c {
            '\\' => chars.next().filter(|c| !c.is_alphanumeric())?,
            '.' | '*' | '?' | '|' | '(' | ')' | '[' | ']' | '{' | '}' | '^' | '$' if class.is_none() => {
                return None;
            }
            '-' | '^' if class.is_some() => return None,
            c => c,
        };
        out.push(plain.to_string());
    }
    if class.is_some() { Some(out) } else { Some(vec![out.concat()]) }
}

fn method(name: &[u8]) -> Option<Method> {
    Some(match name {
        b"concat" => Method::Concat,
        b"join" => Method::Join,
        b"split" => Method::Split,
        b"reverse" => Method::Reverse,
        b"fromCharCode" | b"fromCodePoint" => Method::FromCharCode,
        b"slice" | b"substring" => Method::Slice,
        b"substr" => Method::Substr,
        b"replace" => Method::Replace,
        b"replaceAll" => Method::ReplaceAll,
        b"toUpperCase" => Method::Upper,
        b"toLowerCase" => Method::Lower,
        b"trim" => Method::Trim,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::literals;

    #[test]
    fn simple_patterns() {
        let all = |pattern: &str| literals(pattern).map(|l| l.join(" "));
        assert_eq!(all("#"), Some("#".into()));
        assert_eq!(all(r"\-\."), Some("-.".into()));
        assert_eq!(all("[#_]+"), Some("# _".into()));
        assert_eq!(all(".*"), None);
        assert_eq!(all("[a-z]"), None);
        assert_eq!(all(r"\s"), None);
    }
}
