//! Text of RTF documents (Rich Text Format Specification 1.9.1).
//!
//! Word processors cut a paragraph into groups and runs with their formats, in the middle of a token
//! as well: this lens gives the text without them, a line a paragraph or row, and tabs between cells.
//! Nothing is skipped: hidden text and the hexadecimal of objects are text too.

use super::document::DocumentSites;
use super::{Damage, Lens};
use crate::address::Encoding;
use crate::blob::{Blob, OffsetMap, Text, TextKind};
use crate::limits::Limits;

/// Reads RTF documents.
pub struct RtfLens;

impl Lens for RtfLens {
    fn name(&self) -> &'static str {
        "rtf"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        blob.bytes.starts_with(b"{\\rtf")
    }

    fn names_places(&self) -> bool {
        true
    }

    fn texts(&self, blob: &Blob<'_>, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
        let sites = DocumentSites::new(b"document.txt");
        // The way back takes more memory than the text.
        let cap = usize::try_from(limits.decoded_bytes).unwrap_or(usize::MAX).min(1 << 20);
        let mut reader = Reader { data: blob.bytes, text: Vec::new(), map: OffsetMap::identity(), skip: 1 };
        let mut at = 0;
        while at < blob.bytes.len() {
            at = reader.next(at);
            let len = reader.text.len();
            let is_full = len >= cap && reader.text.last() == Some(&b'\n') || len >= 2 * cap;
            if (is_full || at >= blob.bytes.len()) && !reader.text.is_empty() {
                emit(&Text {
                    bytes: &reader.text,
                    kind: TextKind::Plain,
                    encoding: Some(Encoding::Assembled),
                    map: &reader.map,
                    outer: None,
                    sites: &sites,
                });
                reader.text.clear();
                reader.map.clear();
            }
        }
        Ok(())
    }
}

struct Reader<'a> {
    data: &'a [u8],
    text: Vec<u8>,
    map: OffsetMap,
    /// Bytes that stand for a character that was given as `\u`.
    skip: usize,
}

impl Reader<'_> {
    fn push(&mut self, bytes: &[u8], at: usize) {
        self.map.push_plain(self.text.len(), at as u64);
        self.text.extend_from_slice(bytes);
    }

    fn separate(&mut self, by: u8, at: usize) {
        match self.text.last() {
            None | Some(b'\n') => {}
            Some(b'\t') if by == b'\n' => {
                self.text.pop();
                self.push(b"\n", at);
            }
            Some(_) => self.push(&[by], at),
        }
    }

    /// Reads what stands at `at`; gives where it ends.
    fn next(&mut self, at: usize) -> usize {
        let data = self.data;
        match data[at] {
            b'\\' => self.control(at),
            b'{' | b'}' | b'\r' | b'\n' => at + 1,
            _ => {
                let end = data[at..].iter().position(|b| matches!(b, b'\\' | b'{' | b'}' | b'\r' | b'\n'));
                let end = end.map_or(data.len(), |n| at + n);
                self.push(&data[at..end], at);
                end
            }
        }
    }

    fn control(&mut self, at: usize) -> usize {
        let data = self.data;
        let rest = &data[at + 1..];
        let letters = rest.iter().take(32).take_while(|b| b.is_ascii_alphabetic()).count();
        if letters == 0 {
            match rest.first() {
                Some(b'\'') => {
                    let digit = |n: usize| rest.get(n).and_then(|b| char::from(*b).to_digit(16));
                    if let (Some(high), Some(low)) = (digit(1), digit(2)) {
                        self.push(&[(high << 4 | low) as u8], at);
                        return at + 4;
                    }
                }
                Some(b @ (b'\\' | b'{' | b'}')) => self.push(&[*b], at + 1),
                Some(b'~') => self.push(b" ", at),
                // An optional hyphen is none.
                Some(b'_') => self.push(b"-", at),
                Some(b'\r' | b'\n') => self.separate(b'\n', at),
                _ => {}
            }
            return at + 2;
        }
        let word = &rest[..letters];
        let digits =
            rest[letters..].iter().take(11).take_while(|b| b.is_ascii_digit() || **b == b'-').count();
        let number: Option<i64> =
            std::str::from_utf8(&rest[letters..letters + digits]).ok().and_then(|n| n.parse().ok());
        let mut end = at + 1 + letters + digits;
        // One blank ends the word and is no text.
        end += usize::from(data.get(end) == Some(&b' '));
        match word {
            b"par" | b"line" | b"row" | b"sect" | b"page" | b"nestrow" => self.separate(b'\n', at),
            b"cell" | b"tab" | b"nestcell" => self.separate(b'\t', at),
            b"uc" => self.skip = usize::try_from(number.unwrap_or(1)).unwrap_or(1).min(8),
            b"u" => {
                let c = number.map(|n| if n < 0 { n + 65536 } else { n });
                let c = c.and_then(|c| char::from_u32(u32::try_from(c).ok()?));
                self.push(c.unwrap_or('\u{fffd}').encode_utf8(&mut [0; 4]).as_bytes(), at);
                for _ in 0..self.skip {
                    end += match data.get(end) {
                        Some(b'\\') if data.get(end + 1) == Some(&b'\'') => 4,
                        Some(b'\\' | b'{' | b'}') | None => 0,
                        Some(_) => 1,
                    };
                }
            }
            b"bin" => end = end.saturating_add(usize::try_from(number.unwrap_or(0)).unwrap_or(0)),
            _ => {}
        }
        end.min(data.len()).max(at + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use crate::blob::TextOffset;

    #[test]
    fn runs_are_joined_and_rows_are_lines() {
        let rtf: &[u8] = br"{\rtf1\ansi\pard Key: {\b AB}{\rtlch\fcs1 \af0 C\'44}\u69?F\par\trowd\cellx100\intbl X\cell Y\cell\row {\*\x}\pard Z\\\{}";
        let blob = Blob { address: Address::named("x.rtf"), bytes: rtf };
        let mut seen = Vec::new();
        RtfLens
            .texts(&blob, &Limits::default(), &mut |text| {
                let at = memchr::memchr(b'Z', text.bytes).unwrap();
                seen.push((text.bytes.to_vec(), text.blob_offset(TextOffset(at)).0));
            })
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&seen[0].0), "Key: ABCDEF\nX\tY\nZ\\{");
        assert_eq!(rtf[seen[0].1 as usize], b'Z');
    }
}
