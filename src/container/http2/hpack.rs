//! Heads as HTTP/2 packs them (RFC 7541): names and values by their number in a table, or by a Huffman code.

use std::collections::VecDeque;
use std::sync::OnceLock;

/// How long the codes are, by letter; the last is the end. Codes of one length are in the order of their letters (appendix B).
#[rustfmt::skip]
const LENGTHS: [u8; 257] = [
    13,23,28,28,28,28,28,28,28,24,30,28,28,30,28,28,28,28,28,28,28,28,30,28,28,28,28,28,28,28,28,28,6,10,10,12,13,6,8,11,10,10,8,11,8,6,6,6,
    5,5,5,6,6,6,6,6,6,6,7,8,15,6,12,10,13,6,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,8,7,8,13,19,13,14,6,15,5,6,5,6,5,6,6,6,5,7,7,6,6,6,5,6,
    7,6,5,5,6,7,7,7,7,7,15,11,14,13,28,20,22,20,20,22,22,22,23,22,23,23,23,23,23,24,23,24,24,22,23,24,23,23,23,23,21,22,23,22,23,23,24,22,21,
    20,22,22,23,23,21,23,22,22,24,21,22,23,23,21,21,22,21,23,22,23,23,20,22,22,22,23,22,22,23,26,26,20,19,22,23,22,25,26,26,26,27,27,26,24,
    25,19,21,26,27,27,26,27,24,21,21,26,26,28,27,27,27,20,24,20,21,22,21,21,23,22,22,25,25,24,24,26,23,26,27,26,26,27,27,27,27,27,28,27,27,
    27,27,27,26,30,
];
const LONGEST_CODE: usize = 30;

/// What everybody knows by number, from one on (appendix A).
#[rustfmt::skip]
const STATIC: [(&str, &str); 61] = [
    (":authority", ""), (":method", "GET"), (":method", "POST"), (":path", "/"), (":path", "/index.html"), (":scheme", "http"),
    (":scheme", "https"), (":status", "200"), (":status", "204"), (":status", "206"), (":status", "304"), (":status", "400"),
    (":status", "404"), (":status", "500"), ("accept-charset", ""), ("accept-encoding", "gzip, deflate"), ("accept-language", ""),
    ("accept-ranges", ""), ("accept", ""), ("access-control-allow-origin", ""), ("age", ""), ("allow", ""), ("authorization", ""),
    ("cache-control", ""), ("content-disposition", ""), ("content-encoding", ""), ("content-language", ""), ("content-length", ""),
    ("content-location", ""), ("content-range", ""), ("content-type", ""), ("cookie", ""), ("date", ""), ("etag", ""), ("expect", ""),
    ("expires", ""), ("from", ""), ("host", ""), ("if-match", ""), ("if-modified-since", ""), ("if-none-match", ""), ("if-range", ""),
    ("if-unmodified-since", ""), ("last-modified", ""), ("link", ""), ("location", ""), ("max-forwards", ""), ("proxy-authenticate", ""),
    ("proxy-authorization", ""), ("range", ""), ("referer", ""), ("refresh", ""), ("retry-after", ""), ("server", ""), ("set-cookie", ""),
    ("strict-transport-security", ""), ("transfer-encoding", ""), ("user-agent", ""), ("vary", ""), ("via", ""), ("www-authenticate", ""),
];

/// What an entry of the table counts for beyond its letters, and the largest table.
const ENTRY: usize = 32;
const LARGEST: usize = 64 << 10;
/// Longest name or value.
const LONGEST: usize = 64 << 10;

/// The table of one direction of a connection.
#[derive(Default)]
pub struct Table {
    entries: VecDeque<(Vec<u8>, Vec<u8>)>,
    size: usize,
}

impl Table {
    /// Reads the fields of a head; `None` at what makes no sense, or when `give` wants no more. What came before it was given.
    pub fn fields(&mut self, block: &[u8], give: &mut dyn FnMut(&[u8], &[u8]) -> bool) -> Option<()> {
        let mut at = 0;
        while let Some(&first) = block.get(at) {
            let prefix = match first {
                0x80.. => 7,
                0x40.. => 6,
                0x20.. => 5,
                _ => 4,
            };
            let number = integer(block, &mut at, prefix)?;
            if prefix == 5 {
                self.fit(number.min(LARGEST));
                continue;
            }
            let named = if number == 0 { None } else { Some(self.entry(number)?) };
            if prefix == 7 {
                let (name, value) = named?;
                give(&name, &value).then_some(())?;
                continue;
            }
            let name = match named {
                Some((name, _)) => name,
                None => string(block, &mut at)?,
            };
            let value = string(block, &mut at)?;
            give(&name, &value).then_some(())?;
            if prefix == 6 {
                self.size += name.len() + value.len() + ENTRY;
                self.entries.push_front((name, value));
                self.fit(LARGEST);
            }
        }
        Some(())
    }

    fn entry(&self, number: usize) -> Option<(Vec<u8>, Vec<u8>)> {
        match STATIC.get(number.checked_sub(1)?) {
            Some((name, value)) => Some((name.as_bytes().to_vec(), value.as_bytes().to_vec())),
            None => self.entries.get(number - 1 - STATIC.len()).cloned(),
        }
    }

    /// Drops the oldest beyond so many bytes. That the other side keeps fewer changes no number that it uses.
    fn fit(&mut self, most: usize) {
        while self.size > most
            && let Some((name, value)) = self.entries.pop_back()
        {
            self.size -= name.len() + value.len() + ENTRY;
        }
    }
}

/// A number whose first byte has `prefix` bits of it.
fn integer(block: &[u8], at: &mut usize, prefix: u32) -> Option<usize> {
    let most = (1usize << prefix) - 1;
    let mut value = usize::from(*block.get(*at)?) & most;
    *at += 1;
    if value < most {
        return Some(value);
    }
    for shift in [0, 7, 14, 21] {
        let byte = usize::from(*block.get(*at)?);
        *at += 1;
        value += (byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn string(block: &[u8], at: &mut usize) -> Option<Vec<u8>> {
    let is_packed = block.get(*at)? & 0x80 != 0;
    let len = integer(block, at, 7).filter(|len| *len <= LONGEST)?;
    let bytes = block.get(*at..at.checked_add(len)?)?;
    *at += len;
    if is_packed { unpacked(bytes) } else { Some(bytes.to_vec()) }
}

/// Of each length: the first code, and the letters in order.
fn codes() -> &'static [(u32, Vec<u16>); LONGEST_CODE + 1] {
    static CODES: OnceLock<[(u32, Vec<u16>); LONGEST_CODE + 1]> = OnceLock::new();
    CODES.get_or_init(|| {
        let mut next = 0;
        std::array::from_fn(|len| {
            let letters: Vec<u16> = (0..257)
                .filter(|letter| len > 0 && usize::from(LENGTHS[usize::from(*letter)]) == len)
                .collect();
            next <<= 1;
            let first = next;
            next += letters.len() as u32;
            (first, letters)
        })
    })
}

fn unpacked(bytes: &[u8]) -> Option<Vec<u8>> {
    let (mut out, codes) = (Vec::with_capacity(bytes.len() * 2), codes());
    let (mut code, mut len) = (0u32, 0);
    for bit in bytes.iter().flat_map(|b| (0..8).rev().map(move |n| b >> n & 1)) {
        (code, len) = (code << 1 | u32::from(bit), len + 1);
        let (first, letters) = codes.get(len)?;
        if let Some(letter) = code.checked_sub(*first).and_then(|n| letters.get(n as usize)) {
            out.push(u8::try_from(*letter).ok()?);
            (code, len) = (0, 0);
        }
    }
    // Filled up with ones.
    (len < 8).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(table: &mut Table, block: &[u8]) -> (String, bool) {
        let mut text = String::new();
        let whole = table.fields(block, &mut |name, value| {
            text += &format!("{}: {}\n", String::from_utf8_lossy(name), String::from_utf8_lossy(value));
            true
        });
        (text, whole.is_some())
    }

    /// Appendix C.4: three requests of one connection, with Huffman codes.
    #[test]
    fn the_examples_of_the_specification() {
        let mut table = Table::default();
        let first = b"\x82\x86\x84\x41\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff";
        let head = ":method: GET\n:scheme: http\n:path: /\n:authority: www.example.com\n";
        assert_eq!(fields(&mut table, first), (head.into(), true));
        let second = b"\x82\x86\x84\xbe\x58\x86\xa8\xeb\x10\x64\x9c\xbf";
        assert_eq!(fields(&mut table, second), (format!("{head}cache-control: no-cache\n"), true));
        let third = b"\x82\x87\x85\xbf\x40\x88\x25\xa8\x49\xe9\x5b\xa9\x7d\x7f\x89\x25\xa8\x49\xe9\x5b\xb8\xe8\xb4\xbf";
        let head = ":method: GET\n:scheme: https\n:path: /index.html\n:authority: www.example.com\ncustom-key: custom-value\n";
        assert_eq!(fields(&mut table, third), (head.into(), true));
        for end in 0..third.len() {
            fields(&mut Table::default(), &third[..end]);
        }
        assert!(!fields(&mut table, b"\xff\xff\xff\xff\xff\xff").1 && !fields(&mut table, b"\x80").1);
    }

    #[test]
    fn tables_stay_small() {
        let mut table = Table::default();
        let mut block = vec![0x40, 1, b'a', 0x7f, 0xe1, 0x5d];
        block.extend([b'x'; 12_000 + 128]);
        for _ in 0..100 {
            fields(&mut table, &block[..6 + 12_128]);
        }
        assert!(table.size <= LARGEST && table.entries.len() < 10);
    }
}
