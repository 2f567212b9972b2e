//! LZVN: a byte tells how many literals follow and how long a copy is, and how its distance is written.

use super::copy;

/// Expands a stream behind what is in `out`, up to `end`; copies reach back to `start`. `None` where it is broken.
pub fn expand(input: &[u8], start: usize, end: usize, out: &mut Vec<u8>) -> Option<()> {
    let (mut at, mut back) = (0, 0);
    while out.len() < end {
        let code = usize::from(*input.get(at)?);
        let byte = |n: usize| input.get(at + n).map(|b| usize::from(*b));
        // How long the head is, how many literals, how long the copy.
        let (head, literals, len) = match code {
            0x06 => break,
            0x0e | 0x16 => (1, 0, 0),
            0x1e | 0x26 | 0x2e | 0x36 | 0x3e | 0x70..=0x7f | 0xd0..=0xdf => return None,
            0xe0 => (2, byte(1)? + 16, 0),
            0xe1..=0xef => (1, code & 15, 0),
            0xf0 => (2, 0, byte(1)? + 16),
            0xf1..=0xff => (1, 0, code & 15),
            0xa0..=0xbf => {
                let pair = byte(1)? | byte(2)? << 8;
                back = pair >> 2;
                (3, code >> 3 & 3, ((code & 7) << 2 | pair & 3) + 3)
            }
            _ => {
                let head = match code & 7 {
                    // The distance of the copy before.
                    6 => 1,
                    7 => {
                        back = byte(1)? | byte(2)? << 8;
                        3
                    }
                    high => {
                        back = high << 8 | byte(1)?;
                        2
                    }
                };
                (head, code >> 6, (code >> 3 & 7) + 3)
            }
        };
        at += head;
        let literals = input.get(at..at + literals.min(end - out.len()))?;
        out.extend_from_slice(literals);
        at += literals.len();
        if len > 0 && out.len() < end {
            copy(back, len.min(end - out.len()), start, end, out)?;
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_and_copies() {
        // `abc`, three literals more and a copy of four from six back, the same distance again, the end.
        let packed = [0xe3, b'a', b'b', b'c', 0b1100_1000, 6, b'd', b'e', b'f', 0xf2, 6, 0, 0];
        let mut out = b"x".to_vec();
        assert_eq!(expand(&packed, 1, 100, &mut out), Some(()));
        assert_eq!(out, b"xabcdefabcdef");
        assert_eq!(expand(&[0xf3], 0, 100, &mut Vec::new()), None);
        assert_eq!(expand(&[0xe3, b'a'], 0, 100, &mut Vec::new()), None);
    }
}
