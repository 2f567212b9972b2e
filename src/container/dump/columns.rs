//! Dumps in columns: `xxd`, `hexdump`, `od`, `tcpdump -X` and their kind. An address, the bytes one by one or several together, in one of
//! four bases or as letters, and often once more as text.
//!
//! No line says what it is. The address of the second line tells how many bytes the first has, and only one way to read it gives so many.

/// How the lines of a dump are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Layout {
    /// The base of addresses.
    base: u32,
    /// Bytes of a line.
    len: usize,
    unit: Unit,
    /// Where the bytes end, counted from behind the address, if they stand there as text once more.
    text_at: Option<usize>,
}

/// How bytes are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Unit {
    /// Pairs of hexadecimal digits in their order, in groups of any size.
    Pairs,
    /// Numbers of so many bytes, the lowest first, in this base and of so many digits: none where that is not the same for all.
    Number { bytes: usize, base: u32, digits: Option<usize> },
    /// Letters and escapes, four columns each.
    Cells,
    /// Letters and the names that ASCII has for others.
    Names,
}

/// All ways, and whether they stand behind an address with a colon, or one without.
#[rustfmt::skip]
const UNITS: [(Unit, bool, bool); 14] = {
    const fn number(bytes: usize, base: u32, digits: usize) -> Unit {
        Unit::Number { bytes, base, digits: if digits == 0 { None } else { Some(digits) } }
    }
    [
        (Unit::Pairs, true, false),
        (number(4, 16, 8), true, true), (number(2, 16, 4), true, true), (number(8, 16, 16), true, true),
        (number(1, 16, 2), false, true), (number(1, 2, 8), true, false),
        (number(1, 8, 3), false, true), (number(2, 8, 6), false, true), (number(4, 8, 11), false, true),
        (number(1, 10, 0), false, true), (number(2, 10, 5), false, true), (number(2, 10, 0), false, true),
        (Unit::Cells, false, true), (Unit::Names, false, true),
    ]
};

/// Bytes of a line.
const LENGTHS: std::ops::RangeInclusive<u64> = 4..=256;
/// Most have so many.
const USUAL: u64 = 16;

/// A line: its address, and what stands behind it.
fn address(line: &[u8], base: u32) -> Option<(u64, bool, &[u8])> {
    let line = line.strip_prefix(b"0x").filter(|_| base == 16).unwrap_or(line);
    let len = line.iter().take_while(|b| b.is_ascii_hexdigit()).count();
    (4..=16).contains(&len).then_some(())?;
    let add = |n: u64, b: &u8| {
        n.checked_mul(u64::from(base))?.checked_add(u64::from(char::from(*b).to_digit(base)?))
    };
    let at = line[..len].iter().try_fold(0, add)?;
    let rest = &line[len..];
    match rest {
        [b':', rest @ ..] => Some((at, true, rest)),
        [] | [b' ' | b'\t', ..] => Some((at, false, rest)),
        _ => None,
    }
}

impl Layout {
    /// The layout of a dump of which these are two lines, one behind the other.
    pub fn of(first: &[u8], second: &[u8]) -> Option<Layout> {
        Layout::by(first, second, None)
    }

    /// The layout of a dump of which these are two lines with others between them, if each has the usual number of bytes.
    pub fn usual(first: &[u8], second: &[u8]) -> Option<Layout> {
        Layout::by(first, second, Some(USUAL))
    }

    fn by(first: &[u8], second: &[u8], usual: Option<u64>) -> Option<Layout> {
        let ways = UNITS.iter().flat_map(|unit| [16, 10, 8].map(|base| (unit, base)));
        // An address in a smaller base is one in a larger, of more bytes: these are tried first.
        let mut found = ways.filter_map(|((unit, with, without), base)| {
            let (at, has_colon, rest) = address(first, base)?;
            let len = address(second, base)?.0.checked_sub(at)?;
            let len = usual.filter(|usual| len % usual == 0).unwrap_or(len);
            let is_meant = if has_colon { *with } else { *without };
            (is_meant && LENGTHS.contains(&len)).then_some(())?;
            let mut layout = Layout { base, len: len as usize, unit: *unit, text_at: None };
            let mut row = Vec::new();
            let end = layout.bytes(rest, &mut row).filter(|_| row.len() == layout.len)?;
            let text = rest[end..].trim_ascii();
            layout.text_at = (!is_nothing(text)).then_some(end);
            // Two blanks stand before it, or a sign; `curl --trace` has one.
            let is_shown = agrees(text, &row);
            let is_apart = rest[end..].starts_with(b"  ") || matches!(text, [b'|' | b'>', ..]);
            (layout.text_at.is_none() || is_apart || is_shown).then_some((layout, is_shown))
        });
        let (layout, is_shown) = found.next()?;
        // Of groups the text tells in which order they are.
        let other =
            if is_shown || layout.text_at.is_none() { None } else { found.find(|(_, is_shown)| *is_shown) };
        Some(other.map_or(layout, |(other, _)| other))
    }

    /// Reads a line into `row`, behind what is there; gives its address. `None` for what is no such line.
    pub fn line(&self, line: &[u8], row: &mut Vec<u8>) -> Option<u64> {
        let (at, _, rest) = address(line, self.base)?;
        let area = &rest[..rest.len().min(self.text_at.unwrap_or(rest.len()))];
        let end = self.bytes(area, row)?;
        let rest = area[end..].trim_ascii();
        (is_nothing(rest) || matches!(rest, [b'|' | b'>', ..])).then_some(at)
    }

    /// Reads bytes into `row`, as many as a line has or as there are; gives where they end.
    fn bytes(&self, area: &[u8], row: &mut Vec<u8>) -> Option<usize> {
        let last = row.len() + self.len;
        if self.unit == Unit::Cells {
            for cell in area.chunks(4).take(self.len) {
                row.push(letter(cell)?);
            }
            return Some(area.len());
        }
        let mut at = 0;
        while row.len() < last {
            let blanks = area[at..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
            let word = &area[at + blanks..];
            // A letter that is one of these is one.
            let is_text = self.unit != Unit::Names && matches!(word, [b'|' | b'>', ..]);
            if blanks == 0 || word.is_empty() || is_text {
                break;
            }
            let len = word.iter().position(|b| matches!(b, b' ' | b'\t')).unwrap_or(word.len());
            self.word(&word[..len], row)?;
            at += blanks + len;
        }
        // No word goes on behind the last byte.
        (row.len() <= last).then_some(at)
    }

    fn word(&self, word: &[u8], row: &mut Vec<u8>) -> Option<()> {
        match self.unit {
            Unit::Pairs => {
                let word = word.strip_suffix(b";").unwrap_or(word);
                word.len().is_multiple_of(2).then_some(())?;
                let before = row.len();
                for pair in word.chunks_exact(2) {
                    match number(pair, 16) {
                        Some(byte) => row.push(byte as u8),
                        None => {
                            row.truncate(before);
                            return None;
                        }
                    }
                }
            }
            Unit::Number { bytes, base, digits } => {
                // Of the last, only what is there is written.
                let bytes = if base == 16 && word.len().is_multiple_of(2) {
                    bytes.min(word.len() / 2)
                } else {
                    bytes
                };
                let is_usual = match digits {
                    Some(digits) => {
                        digits == word.len()
                            || base == 16 && word.len() < digits && word.len().is_multiple_of(2)
                    }
                    None => word.len() == 1 || word[0] != b'0',
                };
                is_usual.then_some(())?;
                let value = number(word, base)?.to_le_bytes();
                value[bytes..].iter().all(|b| *b == 0).then_some(())?;
                row.extend_from_slice(&value[..bytes]);
            }
            Unit::Cells => return None,
            Unit::Names => match word {
                [byte] => row.push(*byte),
                _ => row.push(NAMES.iter().find(|(name, _)| *name == word)?.1),
            },
        }
        Some(())
    }
}

/// Whether nothing stands behind the bytes, or a sign that ends them.
fn is_nothing(text: &[u8]) -> bool {
    matches!(text, [] | b";")
}

/// A number of at most 64 bits.
fn number(digits: &[u8], base: u32) -> Option<u64> {
    let add = |n: u64, b: &u8| {
        n.checked_mul(u64::from(base))?.checked_add(u64::from(char::from(*b).to_digit(base)?))
    };
    (!digits.is_empty()).then(|| digits.iter().try_fold(0, add)).flatten()
}

/// Whether bytes stand beside themselves as this text.
fn agrees(text: &[u8], row: &[u8]) -> bool {
    let text = match text {
        [b'|', text @ .., b'|'] | [b'>', text @ .., b'<'] => text,
        text => text,
    };
    // Blanks at either end have been taken away.
    let is_graphic = |b: &u8| b.is_ascii_graphic() && *b != b'.';
    let (shown, have): (Vec<u8>, Vec<u8>) =
        (text.iter().copied().filter(is_graphic).collect(), row.iter().copied().filter(is_graphic).collect());
    !have.is_empty() && shown == have
}

/// A letter, an escape or three octal digits in four columns.
fn letter(cell: &[u8]) -> Option<u8> {
    match cell.trim_ascii() {
        [] => Some(b' '),
        [byte] => Some(*byte),
        b"\\n" => Some(b'\n'),
        b"\\r" => Some(b'\r'),
        b"\\t" => Some(b'\t'),
        b"\\0" => Some(0),
        b"\\a" => Some(7),
        b"\\b" => Some(8),
        b"\\f" => Some(12),
        b"\\v" => Some(11),
        digits @ [_, _, _] => number(digits, 8).and_then(|value| u8::try_from(value).ok()),
        _ => None,
    }
}

/// What `od -a` has for bytes without a letter.
#[rustfmt::skip]
const NAMES: [(&[u8], u8); 36] = [
    (b"nul", 0), (b"soh", 1), (b"stx", 2), (b"etx", 3), (b"eot", 4), (b"enq", 5), (b"ack", 6), (b"bel", 7), (b"bs", 8), (b"ht", 9),
    (b"nl", 10), (b"lf", 10), (b"vt", 11), (b"ff", 12), (b"np", 12), (b"cr", 13), (b"so", 14), (b"si", 15), (b"dle", 16), (b"dc1", 17),
    (b"dc2", 18), (b"dc3", 19), (b"dc4", 20), (b"nak", 21), (b"syn", 22), (b"etb", 23), (b"can", 24), (b"em", 25), (b"sub", 26),
    (b"esc", 27), (b"fs", 28), (b"gs", 29), (b"rs", 30), (b"us", 31), (b"sp", 32), (b"del", 127),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_columns() {
        let plain = b"[a] key = abcdef";
        for (first, second) in [
            ("00000000: 5b61 5d20 6b65 7920 3d20 6162 6364 6566  [a] key = abcdef", "00000010: 0a"),
            ("00000000: 5b615d206b6579203d20616263646566", "00000010: 0a"),
            (
                "00000000: 205d615b 2079656b 6261203d 66656463  [a] key = abcdef",
                "00000010:       0a                             .",
            ),
            (
                "00000000  5b 61 5d 20 6b 65 79 20  3d 20 61 62 63 64 65 66  |[a] key = abcdef|",
                "00000010  0a  |.|",
            ),
            ("0000000 615b 205d 656b 2079 203d 6261 6463 6665", "0000010 000a"),
            ("0000000 615b 205d 656b 2079 203d 6261 6463 6665", "0000020 000a"),
            ("0000000    615b    205d    656b    2079    203d    6261    6463    6665", "0000010    000a"),
            ("0000000 133 141 135 040 153 145 171 040 075 040 141 142 143 144 145 146", "0000020 012"),
            ("0000000   [   a   ]       k   e   y       =       a   b   c   d   e   f", "0000020  \\n"),
            ("0000000   [   a   ]  sp   k   e   y  sp   =  sp   a   b   c   d   e   f", "0000020  nl"),
            ("0000000 060533 020135 062553 020171 020075 061141 062143 063145", "0000020 000012"),
            ("0000000 24923  8285 25963  8313  8253 25185 25699 26213", "0000020    10"),
            ("0000000  91  97  93  32 107 101 121  32  61  32  97  98  99 100 101 102", "0000016  10"),
            ("0x0000:  5b61 5d20 6b65 7920 3d20 6162 6364 6566  [a].key.=.abcdef", "0x0010:  0a"),
            ("0000: 5b 61 5d 20 6b 65 79 20 3d 20 61 62 63 64 65 66 [a] key = abcdef", "0010: 0a"),
            ("0000  5b 61 5d 20 6b 65 79 20 3d 20 61 62 63 64 65 66   [a] key = abcdef", "0010  0a"),
            (
                "00000000: 01011011 01100001 01011101 00100000 01101011 01100101 01111001 00100000 00111101 00100000 01100001 01100010 01100011 01100100 01100101 01100110  [a] key = abcdef",
                "00000010: 00001010",
            ),
        ] {
            let layout = Layout::of(first.as_bytes(), second.as_bytes()).expect(first);
            let mut row = Vec::new();
            assert_eq!(layout.line(first.as_bytes(), &mut row), Some(0), "{first}");
            assert_eq!(String::from_utf8_lossy(&row), String::from_utf8_lossy(plain), "{first}");
            row.clear();
            assert!(layout.line(second.as_bytes(), &mut row).is_some(), "{second}");
            assert_eq!(row[0], b'\n', "{second}");
        }
    }

    #[test]
    fn tables_of_numbers_are_no_dumps() {
        for (first, second) in [
            ("0000 is a number", "0010 too"),
            ("00000000 is a number", "00000001 too"),
            ("1234 5678 9012", "1235 5678 9012"),
            ("00000000:", "00000010:"),
            ("2024 10 11 12", "2025 10 11 12"),
        ] {
            assert_eq!(Layout::of(first.as_bytes(), second.as_bytes()), None, "{first}");
        }
    }
}
