//! Records of firmware, a line each with its own length and checksum: Intel HEX, S-records, the two of Tektronix, those of MOS
//! Technology and of Signetics.

use super::byte;

/// Whose records they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Record {
    Intel,
    Motorola,
    Tektronix,
    /// Tektronix, extended.
    Extended,
    Mos,
    Signetics,
}

impl Record {
    /// Those that begin with such a byte.
    pub fn beginning(first: u8) -> &'static [Record] {
        match first {
            b':' => &[Record::Intel, Record::Signetics],
            b'S' => &[Record::Motorola],
            b'/' => &[Record::Tektronix],
            b'%' => &[Record::Extended],
            b';' => &[Record::Mos],
            _ => &[],
        }
    }

    /// Reads a line into `row`, behind what is there; gives its place, where it has bytes. `None` for what is no such line.
    pub fn line(self, text: &[u8], row: &mut Vec<u8>) -> Option<Option<u64>> {
        let text = text.trim_ascii_end();
        match self {
            Record::Intel => {
                let bytes = all(text.strip_prefix(b":")?)?;
                let [len, high, low, kind, body @ ..] = bytes.as_slice() else { return None };
                (body.len() == usize::from(*len) + 1).then_some(())?;
                (sum(&bytes) & 0xff == 0).then_some(())?;
                if *kind != 0 {
                    return Some(None);
                }
                row.extend_from_slice(&body[..body.len() - 1]);
                Some(Some(number(&[*high, *low])))
            }
            Record::Motorola => {
                let [b'S', kind @ b'0'..=b'9', digits @ ..] = text else { return None };
                let bytes = all(digits)?;
                let (len, rest) = bytes.split_first()?;
                (rest.len() == usize::from(*len)).then_some(())?;
                (sum(&bytes) & 0xff == 0xff).then_some(())?;
                let width = match kind {
                    b'1' => 2,
                    b'2' => 3,
                    b'3' => 4,
                    _ => return Some(None),
                };
                row.extend_from_slice(rest.get(width..rest.len() - 1)?);
                Some(Some(number(&rest[..width])))
            }
            Record::Tektronix => {
                let digits = text.strip_prefix(b"/")?;
                // The checksum is that of digits, not of bytes.
                let digit_sum =
                    digits.get(..6)?.iter().map(|b| char::from(*b).to_digit(16)).sum::<Option<u32>>();
                (digit_sum? == u32::from(byte(digits, 6)?)).then_some(())?;
                let bytes = all(digits)?;
                let [high, low, len, _, body @ ..] = bytes.as_slice() else { return None };
                if *len == 0 {
                    return Some(None);
                }
                (body.len() == usize::from(*len) + 1).then_some(())?;
                row.extend_from_slice(&body[..body.len() - 1]);
                Some(Some(number(&[*high, *low])))
            }
            Record::Extended => {
                let digits = text.strip_prefix(b"%")?;
                (digits.len() == usize::from(byte(digits, 0)?) && digits.len() >= 6).then_some(())?;
                if digits[2] != b'6' {
                    return Some(None);
                }
                let width = match char::from(digits[5]).to_digit(16)? {
                    0 => 16,
                    width => width as usize,
                };
                let address = std::str::from_utf8(digits.get(6..6 + width)?).ok()?;
                row.extend(pairs(&digits[6 + width..])?);
                Some(Some(u64::from_str_radix(address, 16).ok()?))
            }
            Record::Mos => {
                let bytes = all(text.strip_prefix(b";")?)?;
                let (rest, check) = bytes.split_last_chunk::<2>()?;
                let [len, high, low, body @ ..] = rest else { return None };
                (sum(rest) & 0xffff == u32::from(u16::from_be_bytes(*check))).then_some(())?;
                if *len == 0 {
                    return Some(None);
                }
                (body.len() == usize::from(*len)).then_some(())?;
                row.extend_from_slice(body);
                Some(Some(number(&[*high, *low])))
            }
            Record::Signetics => {
                let digits = text.strip_prefix(b":")?;
                let bytes = all(digits)?;
                let [high, low, len, body @ ..] = bytes.as_slice() else { return None };
                if *len == 0 {
                    return Some(None);
                }
                (body.len() == usize::from(*len) + 2).then_some(())?;
                row.extend_from_slice(&body[1..body.len() - 1]);
                Some(Some(number(&[*high, *low])))
            }
        }
    }
}

fn sum(bytes: &[u8]) -> u32 {
    bytes.iter().map(|b| u32::from(*b)).sum()
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |n, b| n << 8 | u64::from(*b))
}

fn all(digits: &[u8]) -> Option<Vec<u8>> {
    (digits.len() >= 4).then(|| pairs(digits))?
}

fn pairs(digits: &[u8]) -> Option<Vec<u8>> {
    digits.len().is_multiple_of(2).then_some(())?;
    (0..digits.len()).step_by(2).map(|at| byte(digits, at)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_each() {
        let lines: [(Record, &[u8], u64); 6] = [
            (Record::Intel, b":040010006162636462\r", 16),
            (Record::Motorola, b"S107001061626364 5E", 16),
            (Record::Tektronix, b"/0010040561626364A2", 16),
            (Record::Extended, b"%1369F40010\x36\x31\x36\x32\x36\x33\x36\x34\x20", 16),
            (Record::Mos, b";0400106162636401 9E", 16),
            (Record::Signetics, b":00100400616263 6400", 16),
        ];
        for (record, line, place) in lines {
            let line: Vec<u8> = line.iter().copied().filter(|b| *b != b' ').collect();
            let mut row = Vec::new();
            // Whatever the length that the line tells, this is it.
            let line = match record {
                Record::Extended => {
                    let digits = line.len() - 1;
                    [b"%", format!("{digits:02X}").as_bytes(), &line[3..]].concat()
                }
                _ => line,
            };
            assert_eq!(record.line(&line, &mut row), Some(Some(place)), "{record:?}");
            assert_eq!(row, b"abcd", "{record:?}");
            assert_eq!(record.line(&line[..line.len() - 3], &mut row), None, "{record:?}");
        }
    }
}
