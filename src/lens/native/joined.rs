//! Access keys in pieces that code puts together: `strcat`, `snprintf("%s%s")`, `std::string +`,
//! `stringByAppendingString:`.
//!
//! What a program calls to join strings has many names, and none in a stripped one. But pieces are
//! loaded one after the other by one stretch of code, the first begins like an id, and together they
//! are exactly as long as one; the pieces that are left over and make forty characters are its secret.

use std::ops::Range;

/// Bytes of code between the pieces of one string.
const REACH: u64 = 192;
/// Pieces that a string is put together of.
const MAX_PIECES: usize = 4;
/// References around the first piece that are looked at.
const AROUND: usize = 12;
const ID_LEN: usize = 20;
const SECRET_LEN: usize = 40;
/// First pieces that are looked at: real programs have none.
const MAX_FIRST: usize = 256;

/// A piece that code loads.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'a> {
    /// Address of the instruction.
    pub at: u64,
    /// What it loads.
    pub text: &'a [u8],
}

/// Whether a string may be part of a key, and no more than a part.
pub fn is_piece(text: &[u8]) -> bool {
    (1..SECRET_LEN).contains(&text.len())
        && text.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'))
}

/// Whether it may be the first piece of an id.
pub fn is_first(text: &[u8]) -> bool {
    (4..ID_LEN).contains(&text.len())
        && (text.starts_with(b"AKIA") || text.starts_with(b"ASIA"))
        && text.iter().all(|b| matches!(b, b'A'..=b'Z' | b'2'..=b'7'))
}

fn joined(pieces: &[Piece<'_>], backwards: bool) -> Vec<u8> {
    let mut texts: Vec<&[u8]> = pieces.iter().map(|p| p.text).collect();
    if backwards {
        texts.reverse();
    }
    texts.concat()
}

/// Ranges of two to four neighbours in `pieces` within `among` whose texts have `len` bytes together.
fn ranges(pieces: &[Piece<'_>], among: Range<usize>, len: usize) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for from in among.clone() {
        let mut sum = 0;
        for to in from..among.end.min(from + MAX_PIECES) {
            let (Some(first), Some(last)) = (pieces.get(from), pieces.get(to)) else { break };
            sum += last.text.len();
            if sum > len || last.at.wrapping_sub(first.at) > REACH {
                break;
            }
            if sum == len && to > from {
                found.push(from..to + 1);
            }
        }
    }
    found
}

/// Calls `found` with the keys that `pieces`, in the order of the code, make, and where.
pub fn keys(pieces: &[Piece<'_>], found: &mut dyn FnMut(u64, &[u8])) {
    let firsts = (0..pieces.len()).filter(|&n| pieces.get(n).is_some_and(|p| is_first(p.text)));
    for first in firsts.take(MAX_FIRST) {
        let among = first.saturating_sub(AROUND)..(first + AROUND).min(pieces.len());
        let candidates = ranges(pieces, among.clone(), ID_LEN).into_iter().filter_map(|range| {
            // Pieces that are arguments of one call may be loaded in either order.
            let backwards = range.end - 1 == first;
            if !backwards && range.start != first {
                return None;
            }
            let id = joined(pieces.get(range.clone())?, backwards);
            id.iter().all(|b| matches!(b, b'A'..=b'Z' | b'2'..=b'7')).then_some((range, backwards, id))
        });
        let Some((range, backwards, id)) = candidates.min_by_key(|c| c.1) else { continue };
        let Some(at) = pieces.get(range.start).map(|p| p.at) else { continue };
        found(at, &id);
        // The secret that is loaded next, or else the last one before.
        let behind = ranges(pieces, range.end..among.end, SECRET_LEN).into_iter().next();
        let secret = behind.or_else(|| ranges(pieces, among.start..range.start, SECRET_LEN).pop());
        if let Some(secret) = secret.and_then(|range| pieces.get(range)) {
            let text = joined(secret, backwards);
            if let Some(first) = secret.first().filter(|first| first.at.abs_diff(at) <= 4 * REACH) {
                found(first.at, &text);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(texts: &[&'static str]) -> Vec<String> {
        let pieces: Vec<Piece<'_>> = (0u64..)
            .zip(texts)
            .map(|(n, text)| Piece { at: 0x1000 + 8 * n, text: text.as_bytes() })
            .collect();
        let mut found = Vec::new();
        keys(&pieces, &mut |_, text| found.push(String::from_utf8_lossy(text).into_owned()));
        found
    }

    #[test]
    fn pieces_in_either_order() {
        let secret = ["a8Zk+Q2w/Lr5Tn9X", "bVd3HsJf7Gp", "Yc1MeUi6Oq0Kt"];
        let whole = secret.concat();
        let forwards = all(&["AKIAQX7Z", "T2MN5RB6WKCH", secret[0], secret[1], secret[2]]);
        assert_eq!(forwards, ["AKIAQX7ZT2MN5RB6WKCH", &whole]);
        let backwards = all(&["T2MN5RB6WKCH", "AKIAQX7Z", secret[2], secret[1], secret[0]]);
        assert_eq!(backwards, ["AKIAQX7ZT2MN5RB6WKCH", &whole]);
        assert!(all(&["AKIAQX7Z", "T2MN5RB6WKC", "x"]).is_empty(), "too short");
        assert!(all(&["AKIAQX7Z", "t2mn5rb6wkch"]).is_empty(), "not the letters of an id");
    }
}
