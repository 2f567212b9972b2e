//! LZO1X, by the kernel's `Documentation/staging/lzo.rst`: literals and copies, which share the bits of a few bytes.

/// Expands `input` behind what is in `out`, at most `most` bytes more; whether it came to its end in order.
pub fn expand(input: &[u8], most: usize, out: &mut Vec<u8>) -> bool {
    let start = out.len();
    let mut reader = Reader { input, at: 0 };
    let sound = reader.run(start, start.saturating_add(most), out).is_some();
    out.truncate(start.saturating_add(most));
    sound
}

struct Reader<'i> {
    input: &'i [u8],
    at: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<usize> {
        let byte = *self.input.get(self.at)?;
        self.at += 1;
        Some(usize::from(byte))
    }

    fn pair(&mut self) -> Option<usize> {
        let low = self.next()?;
        Some(low | self.next()? << 8)
    }

    /// A length that does not fit into its bits goes on in bytes.
    fn length(&mut self, bits: usize, full: usize) -> Option<usize> {
        if bits > 0 {
            return Some(bits);
        }
        let mut len = full;
        loop {
            match self.next()? {
                0 => len = len.checked_add(255)?,
                last => return len.checked_add(last),
            }
        }
    }

    fn literals(&mut self, len: usize, end: usize, out: &mut Vec<u8>) -> Option<()> {
        (out.len() + len <= end).then_some(())?;
        out.extend_from_slice(self.input.get(self.at..self.at.checked_add(len)?)?);
        self.at += len;
        Some(())
    }

    fn run(&mut self, start: usize, end: usize, out: &mut Vec<u8>) -> Option<()> {
        // Literals before this: none, one to three, or more.
        let mut state = 0;
        if let Some(first) = self.input.first().map(|&b| usize::from(b)).filter(|&b| b > 17) {
            self.at = 1;
            self.literals(first - 17, end, out)?;
            state = (first - 17).min(4);
        }
        loop {
            let code = self.next()?;
            let (len, back, after) = match code {
                0..16 if state == 0 => {
                    let len = self.length(code, 15)? + 3;
                    self.literals(len, end, out)?;
                    state = 4;
                    continue;
                }
                0..16 => {
                    let near = (code >> 2) + (self.next()? << 2) + 1;
                    if state == 4 { (3, near + 2048, code & 3) } else { (2, near, code & 3) }
                }
                16..32 => {
                    let len = self.length(code & 7, 7)? + 2;
                    let pair = self.pair()?;
                    let back = (code & 8) << 11 | pair >> 2;
                    if back == 0 {
                        return Some(());
                    }
                    (len, back + 0x4000, pair & 3)
                }
                32..64 => {
                    let len = self.length(code & 31, 31)? + 2;
                    let pair = self.pair()?;
                    (len, (pair >> 2) + 1, pair & 3)
                }
                _ => ((code >> 5) + 1, (code >> 2 & 7) + (self.next()? << 3) + 1, code & 3),
            };
            (back <= out.len() - start && out.len() + len <= end).then_some(())?;
            for _ in 0..len {
                out.push(out[out.len() - back]);
            }
            self.literals(after, end, out)?;
            state = after;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_copies_and_the_end() {
        // `abcdefgh`, eight from eight before, `x`, the end.
        let packed = [25, b'a', b'b', b'c', b'd', b'e', b'f', b'g', b'h', 0xfd, 0, b'x', 17, 0, 0];
        let mut out = b"before".to_vec();
        assert!(expand(&packed, 100, &mut out));
        assert_eq!(out, b"beforeabcdefghabcdefghx");
        for cut in 0..packed.len() {
            assert!(!expand(&packed[..cut], 100, &mut Vec::new()), "{cut}");
        }
        assert!(!expand(&packed, 10, &mut Vec::new()));
        // Further back than there is anything.
        assert!(!expand(&[21, b'a', b'b', b'c', b'd', 0xfc, 1], 100, &mut b"before".to_vec()));
    }
}
