//! LZNT1, by [MS-XCA]: chunks of 4 KiB, each of literals and of copies from within it.

const CHUNK: usize = 4096;

/// Expands `input` behind what is in `out`, up to `most` bytes in all; whether it came to an end in order.
pub fn expand(mut input: &[u8], out: &mut Vec<u8>, most: usize) -> bool {
    while out.len() < most {
        let Some((head, rest)) = input.split_first_chunk::<2>() else { return true };
        let head = u16::from_le_bytes(*head);
        if head == 0 {
            return true;
        }
        let len = usize::from(head & 0xfff) + 1;
        let chunk = &rest[..len.min(rest.len())];
        if head & 0x8000 == 0 {
            out.extend_from_slice(chunk);
        } else if !one(chunk, out) {
            return false;
        }
        if chunk.len() < len {
            return false;
        }
        input = &rest[len..];
    }
    out.truncate(most);
    true
}

fn one(chunk: &[u8], out: &mut Vec<u8>) -> bool {
    let start = out.len();
    let mut bytes = chunk.iter().copied();
    while let Some(flags) = bytes.next() {
        for bit in 0..8 {
            if flags >> bit & 1 == 0 {
                let Some(byte) = bytes.next() else { return true };
                out.push(byte);
                continue;
            }
            let (Some(low), Some(high)) = (bytes.next(), bytes.next()) else { return bit > 0 };
            let token = usize::from(u16::from_le_bytes([low, high]));
            let done = out.len() - start;
            // The further in, the more bits say how far back, and the fewer how long.
            let shift = (usize::BITS - done.saturating_sub(1).leading_zeros()).saturating_sub(4).min(8);
            let back = (token >> (12 - shift)) + 1;
            let len = (token & (0xfff >> shift)) + 3;
            if back > done || done + len > CHUNK {
                return false;
            }
            for _ in 0..len {
                out.push(out[out.len() - back]);
            }
        }
        if out.len() - start > CHUNK {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of [MS-XCA] 3.2.
    const TEXT: &[u8] = b"F# F# G A A G F# E D D E F# F# E E F# F# G A A G F# E D D E F# E D D E E F# D E F# G F# D E F# G F# E D E A F# F# G A A G F# E D D E F# E D D\0";
    const PACKED: &str = "38b08846232000204720410010a24701a045204400084501507900c045200524138805b4024a44ef0358028c091601484500be009e0004011890 00";

    #[test]
    fn the_documents_example() {
        let digits: Vec<u8> = PACKED.bytes().filter(|b| *b != b' ').collect();
        let packed: Vec<u8> = digits
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect();
        let mut out = Vec::new();
        assert!(expand(&packed, &mut out, 1 << 16));
        assert_eq!(String::from_utf8_lossy(&out), String::from_utf8_lossy(TEXT));
    }

    #[test]
    fn what_points_before_its_chunk_is_refused() {
        let mut out = vec![b'x'; 100];
        assert!(!expand(&[0x03, 0xb0, 0x02, b'a', 0x00, 0x10], &mut out, 1 << 16));
        // Stored, and nothing behind.
        let mut out = Vec::new();
        assert!(expand(&[0x02, 0x30, b'a', b'b', b'c', 0, 0], &mut out, 1 << 16) && out == b"abc");
        assert!(!expand(&[0xff, 0x3f, b'a'], &mut out, 1 << 16));
    }
}
