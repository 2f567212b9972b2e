//! Quotation marks as they are written.

use super::VALUE;

/// A quotation mark as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quote {
    pub mark: u8,
    /// `"""`
    pub triple: bool,
    /// `\"`
    pub escaped: bool,
    /// `&quot;`
    pub entity: bool,
}

impl Quote {
    pub(super) fn at(text: &[u8], at: usize) -> Option<(Quote, usize)> {
        let rest = text.get(at..)?;
        let plain = |mark| Quote { mark, triple: false, escaped: false, entity: false };
        match rest {
            [a @ (b'"' | b'\''), b, c, ..] if a == b && b == c => {
                Some((Quote { triple: true, ..plain(*a) }, 3))
            }
            [a @ (b'"' | b'\'' | b'`'), ..] => Some((plain(*a), 1)),
            [b'\\', a @ (b'"' | b'\''), ..] => Some((Quote { escaped: true, ..plain(*a) }, 2)),
            _ if rest.starts_with(b"&quot;") => Some((Quote { entity: true, ..plain(b'"') }, 6)),
            _ => None,
        }
    }

    /// Where the text that this opened ends before, on the same line.
    pub(super) fn close(self, text: &[u8], from: usize) -> Option<usize> {
        let stop = text.len().min(from + VALUE);
        let mut at = from;
        while at < stop {
            match text[at] {
                b'\n' | 0 => return None,
                b'&' if self.entity && text[at..].starts_with(b"&quot;") => return Some(at),
                b'\\' if self.escaped => {
                    if text.get(at + 1) == Some(&self.mark) {
                        return Some(at);
                    }
                    at += 1;
                }
                b'\\' => at += 1,
                // The string around it ends: so does this.
                b if b == self.mark && (self.escaped || self.entity) => return Some(at),
                b if b == self.mark => {
                    let doubled = self.triple && !text[at..].starts_with(&[self.mark; 3]);
                    if !doubled {
                        return Some(at);
                    }
                }
                _ => {}
            }
            at += 1;
        }
        None
    }
}
