//! Filters of streams (ISO 32000-1, section 7.4).

use super::object::Value;
use crate::container::Problem;
use crate::container::budget::Budget;
use crate::container::inflate::inflate;
use crate::ledger::Reason;

/// The filters of a stream, outermost first, with their short names written out.
pub fn names(dict: &Value) -> Vec<Vec<u8>> {
    let name = |v: &Value| match v {
        Value::Name(n) => match n.as_slice() {
            b"Fl" => Some(b"FlateDecode".to_vec()),
            b"A85" => Some(b"ASCII85Decode".to_vec()),
            b"AHx" => Some(b"ASCIIHexDecode".to_vec()),
            b"RL" => Some(b"RunLengthDecode".to_vec()),
            b"LZW" => Some(b"LZWDecode".to_vec()),
            _ => Some(n.clone()),
        },
        _ => None,
    };
    match dict.get(b"Filter") {
        Some(Value::Array(filters)) => filters.iter().filter_map(name).take(8).collect(),
        Some(filter) => name(filter).into_iter().collect(),
        None => Vec::new(),
    }
}

/// Whether a filter compresses pictures.
pub fn is_picture(name: &[u8]) -> bool {
    matches!(name, b"DCTDecode" | b"DCT" | b"JPXDecode" | b"CCITTFaxDecode" | b"CCF" | b"JBIG2Decode")
}

/// Whether [`undo`] knows a filter.
pub fn is_known(name: &[u8]) -> bool {
    matches!(name, b"FlateDecode" | b"ASCII85Decode" | b"ASCIIHexDecode" | b"RunLengthDecode" | b"LZWDecode")
}

/// How rows of a deflated stream were prepared (section 7.4.4.4): of use here for cross-reference and
/// object streams; PNG predictors only.
pub struct Predictor {
    /// Bytes of a row; 0 for none.
    row: usize,
    /// Bytes of a pixel.
    pixel: usize,
}

impl Predictor {
    /// As the parameters of a stream say.
    pub fn new(dict: &Value) -> Self {
        let parameters = match dict.get(b"DecodeParms").or_else(|| dict.get(b"DP")) {
            Some(Value::Array(all)) => all.iter().find(|p| p.get(b"Predictor").is_some()).cloned(),
            other => other.cloned(),
        };
        let number = |key: &[u8], usual: f64| {
            let found = parameters.as_ref().and_then(|p| p.get(key)).and_then(Value::number);
            found.unwrap_or(usual).clamp(0.0, 1e6) as usize
        };
        if number(b"Predictor", 1.0) < 10 {
            return Predictor { row: 0, pixel: 1 };
        }
        let bits = number(b"Colors", 1.0) * number(b"BitsPerComponent", 8.0);
        Predictor { row: (number(b"Columns", 1.0) * bits).div_ceil(8), pixel: bits.div_ceil(8).max(1) }
    }

    fn undo(&self, data: &mut Vec<u8>) {
        if self.row == 0 {
            return;
        }
        let mut above = vec![0u8; self.row];
        let mut out = Vec::with_capacity(data.len());
        for row in data.chunks(self.row + 1) {
            let (kind, row) = (row[0], &row[1..]);
            let start = out.len();
            for (i, &byte) in row.iter().enumerate() {
                let left = if i >= self.pixel { out[start + i - self.pixel] } else { 0 };
                let corner = if i >= self.pixel { above[i - self.pixel] } else { 0 };
                let up = above[i];
                let guess = match kind {
                    1 => left,
                    2 => up,
                    3 => ((u16::from(left) + u16::from(up)) / 2) as u8,
                    4 => paeth(left, up, corner),
                    _ => 0,
                };
                out.push(byte.wrapping_add(guess));
            }
            above[..row.len()].copy_from_slice(&out[start..]);
        }
        *data = out;
    }
}

fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let estimate = i16::from(left) + i16::from(up) - i16::from(corner);
    let distance = |b: u8| (estimate - i16::from(b)).abs();
    let (a, b, c) = (distance(left), distance(up), distance(corner));
    if a <= b && a <= c {
        left
    } else if b <= c {
        up
    } else {
        corner
    }
}

/// Undoes the filters of a stream, one after the other, into `out`.
pub fn undo(
    data: &[u8],
    filters: &[Vec<u8>],
    predictor: &Predictor,
    out: &mut Vec<u8>,
    budget: &Budget,
) -> Option<Problem> {
    let mut problem = None;
    out.clear();
    let mut input: Option<Vec<u8>> = None;
    for filter in filters {
        let bytes = input.as_deref().unwrap_or(data);
        let mut next = Vec::new();
        match filter.as_slice() {
            b"FlateDecode" => {
                // The two bytes of the zlib header; the checksum behind is not looked at.
                let deflated = bytes.get(2..).unwrap_or_default();
                let inflated = inflate(deflated, &mut next, 3 * bytes.len() as u64, budget);
                problem = problem.or(inflated.problem(deflated.len()));
                predictor.undo(&mut next);
            }
            b"ASCII85Decode" => ascii85(bytes, &mut next),
            b"ASCIIHexDecode" => {
                let digits: Vec<u8> = bytes
                    .iter()
                    .take_while(|&&b| b != b'>')
                    .filter_map(|&b| char::from(b).to_digit(16).map(|d| d as u8))
                    .collect();
                next.extend(digits.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).unwrap_or(&0)));
            }
            b"RunLengthDecode" => run_length(bytes, &mut next, budget),
            b"LZWDecode" => {
                lzw(bytes, &mut next, budget);
                predictor.undo(&mut next);
            }
            _ => {
                problem = Some(Problem::new(Reason::Unsupported, "a filter that is not read"));
                break;
            }
        }
        input = Some(next);
    }
    match input {
        Some(bytes) => *out = bytes,
        None => out.extend_from_slice(data),
    }
    problem
}

fn ascii85(bytes: &[u8], out: &mut Vec<u8>) {
    let mut group = 0u64;
    let mut count = 0;
    for &b in bytes.strip_prefix(b"<~").unwrap_or(bytes) {
        match b {
            b'z' if count == 0 => out.extend([0; 4]),
            b'!'..=b'u' => {
                group = group * 85 + u64::from(b - b'!');
                count += 1;
                if count == 5 {
                    out.extend((group as u32).to_be_bytes());
                    (group, count) = (0, 0);
                }
            }
            b'~' => break,
            _ => {}
        }
    }
    if count > 1 {
        for _ in count..5 {
            group = group * 85 + 84;
        }
        out.extend(&(group as u32).to_be_bytes()[..count - 1]);
    }
}

fn run_length(bytes: &[u8], out: &mut Vec<u8>, budget: &Budget) {
    let mut at = 0;
    while let Some(&len) = bytes.get(at) {
        at += 1;
        match len {
            0..=127 => {
                let end = bytes.len().min(at + usize::from(len) + 1);
                out.extend_from_slice(&bytes[at.min(end)..end]);
                at = end;
            }
            128 => break,
            _ => {
                let Some(&b) = bytes.get(at) else { break };
                out.resize(out.len() + 257 - usize::from(len), b);
                at += 1;
            }
        }
    }
    if !budget.take(out.len() as u64) {
        out.clear();
    }
}

/// Section 7.4.4.2, with the early change that is the default.
fn lzw(bytes: &[u8], out: &mut Vec<u8>, budget: &Budget) {
    // Of each entry of the table, where a copy of it stands in `out`.
    let mut table: Vec<(usize, usize)> = Vec::new();
    let (mut bits, mut buffer, mut width) = (0u32, 0u32, 9);
    let mut last: Option<(usize, usize)> = None;
    for &b in bytes {
        buffer = buffer << 8 | u32::from(b);
        bits += 8;
        if bits < width {
            continue;
        }
        bits -= width;
        let code = (buffer >> bits & ((1 << width) - 1)) as usize;
        let start = out.len();
        match code {
            256 => {
                table.clear();
                width = 9;
                last = None;
                continue;
            }
            257 => return,
            0..=255 => out.push(code as u8),
            _ => match (table.get(code - 258).copied(), last) {
                (Some((from, len)), _) => out.extend_from_within(from..from + len),
                // The entry that is just being made: what came last and its first byte once more.
                (None, Some((from, len))) if code - 258 == table.len() => {
                    out.extend_from_within(from..from + len);
                    out.push(out[from]);
                }
                _ => return,
            },
        }
        if !budget.take((out.len() - start) as u64) || out.len() as u64 > budget.limits.entry_bytes {
            return;
        }
        if let Some((from, len)) = last
            && table.len() < 4096 - 258
        {
            table.push((from, len + 1));
        }
        last = Some((start, out.len() - start));
        // The code that comes next, and one more: the early change.
        width = match table.len() + 259 {
            0..512 => 9,
            512..1024 => 10,
            1024..2048 => 11,
            _ => 12,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    #[test]
    fn text_filters() {
        let mut out = Vec::new();
        ascii85(b"<~87cURD]i,\"Ebo80~>", &mut out);
        assert_eq!(out, b"Hello World!");
        let budget = Budget::new(&Limits::default(), 100);
        let mut out = Vec::new();
        run_length(&[2, b'a', b'b', b'c', 254, b'x', 128, 9], &mut out, &budget);
        assert_eq!(out, b"abcxxx");
    }

    #[test]
    fn lzw_as_in_the_specification() {
        // Section 7.4.4.2, example 1.
        let mut out = Vec::new();
        lzw(
            &[0x80, 0x0b, 0x60, 0x50, 0x22, 0x0c, 0x0c, 0x85, 0x01],
            &mut out,
            &Budget::new(&Limits::default(), 100),
        );
        assert_eq!(out, [45, 45, 45, 45, 45, 65, 45, 45, 45, 66]);
    }

    /// An encoder that knows nothing of the decoder's ways.
    fn lzw_encoded(bytes: &[u8]) -> Vec<u8> {
        let (mut out, mut bits, mut buffer) = (Vec::new(), 0u32, 0u64);
        let mut put = |code: usize, width: u32| {
            buffer = buffer << width | code as u64;
            bits += width;
            while bits >= 8 {
                bits -= 8;
                out.push((buffer >> bits) as u8);
            }
        };
        let mut table: std::collections::HashMap<Vec<u8>, usize> =
            (0..256).map(|n| (vec![n as u8], n)).collect();
        let (mut next, mut width) = (258, 9);
        put(256, 9);
        let mut prefix: Vec<u8> = Vec::new();
        for &b in bytes {
            let mut longer = prefix.clone();
            longer.push(b);
            if table.contains_key(&longer) {
                prefix = longer;
                continue;
            }
            put(table[&prefix], width);
            table.insert(longer, next);
            next += 1;
            if next == 4095 {
                put(256, width);
                table.retain(|k, _| k.len() == 1);
                (next, width) = (258, 9);
            } else {
                // The decoder is one entry behind, and changes early.
                width = [(2048, 12), (1024, 11), (512, 10)]
                    .into_iter()
                    .find(|(n, _)| next >= *n)
                    .map_or(9, |(_, width)| width);
            }
            prefix = vec![b];
        }
        put(table[&prefix], width);
        put(257, width);
        put(0, 7);
        out
    }

    #[test]
    fn long_lzw() {
        let plain: Vec<u8> =
            (0..60_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 27) as u8 + b'A').collect();
        let mut out = Vec::new();
        lzw(&lzw_encoded(&plain), &mut out, &Budget::new(&Limits::default(), 1 << 20));
        assert!(out == plain, "differs at {:?}", out.iter().zip(&plain).position(|(a, b)| a != b));
    }

    #[test]
    fn predictors() {
        let dict = super::super::object::Parser::new(b"<< /DecodeParms << /Predictor 12 /Columns 3 >> >>", 0);
        let dict = { dict }.value().unwrap();
        let mut data = vec![2, 1, 2, 3, 2, 1, 1, 1, 1, 5, 1, 1];
        Predictor::new(&dict).undo(&mut data);
        assert_eq!(data, [1, 2, 3, 2, 3, 4, 5, 6, 7]);
    }
}
