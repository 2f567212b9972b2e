//! Source of macros as Office keeps it: packed in pieces of 4 KiB (MS-OVBA, section 2.4.1), behind the compiled code of its module.

use super::Problem;
use super::budget::Budget;
use super::inflate::OVER_BUDGET;
use crate::ledger::Reason;
use crate::lens::bytes::u16_le;

/// What comes out of a piece.
const PIECE: usize = 4096;
/// How every module begins, packed: `Attribute VB_Name`, in which nothing repeats itself.
const BEGINNING: &[u8] = b"\0Attribut\0e VB_Nam";

/// Where the packed source of a module begins in its stream.
pub fn source(stream: &[u8]) -> Option<usize> {
    let found = memchr::memmem::find_iter(stream, BEGINNING).filter_map(|at| at.checked_sub(3));
    found.filter(|at| begins(&stream[*at..])).last()
}

/// Whether packed data begin here.
pub fn begins(data: &[u8]) -> bool {
    data.first() == Some(&1) && u16_le(data, 1).is_some_and(|head| head >> 12 & 7 == 3)
}

/// Appends what comes out of the pieces that `data` begins with.
pub fn expand(data: &[u8], out: &mut Vec<u8>, budget: &Budget) -> Result<(), Problem> {
    let mut at = 1;
    while let Some(head) = u16_le(data, at) {
        if head >> 12 & 7 != 3 {
            break;
        }
        let end = at + 3 + usize::from(head & 0xfff);
        let piece = data.get(at + 2..end.min(data.len())).unwrap_or_default();
        if out.len() + PIECE > budget.limits.entry_bytes as usize || !budget.take(PIECE as u64) {
            return Err(Problem::new(Reason::Limit, OVER_BUDGET));
        }
        let is_whole = match head >> 15 {
            0 => {
                out.extend_from_slice(piece);
                true
            }
            _ => unpack(piece, out).is_some(),
        };
        if !is_whole || end > data.len() {
            return Err(Problem::new(
                Reason::Damaged,
                format!("the source of the macro is broken at byte {at}"),
            ));
        }
        at = end;
    }
    Ok(())
}

/// A piece: of eight tokens each a byte of flags says which are bytes and which are copies.
fn unpack(piece: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let start = out.len();
    let mut at = 0;
    while let Some(flags) = piece.get(at) {
        at += 1;
        for bit in 0..8 {
            if at >= piece.len() {
                break;
            }
            let made = out.len() - start;
            if flags >> bit & 1 == 0 {
                (made < PIECE).then_some(())?;
                out.push(piece[at]);
                at += 1;
                continue;
            }
            let token = u16_le(piece, at)?;
            at += 2;
            // The more there is to copy from, the more bits say where.
            let bits = made.next_power_of_two().trailing_zeros().max(4);
            (made > 0 && bits <= 12).then_some(())?;
            let len = usize::from(token & (0xffff >> bits)) + 3;
            let back = usize::from(token >> (16 - bits)) + 1;
            let from = out.len().checked_sub(back).filter(|from| *from >= start)?;
            (made + len <= PIECE).then_some(())?;
            (from..from + len).for_each(|i| out.push(out[i]));
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    fn expanded(data: &[u8]) -> (Vec<u8>, bool) {
        let mut out = Vec::new();
        let went = expand(data, &mut out, &Budget::new(&Limits::default(), 1 << 20));
        (out, went.is_ok())
    }

    #[test]
    fn examples_of_the_document() {
        // MS-OVBA, sections 3.2.1 to 3.2.3.
        let none = b"\x01\x19\xb0\x00abcdefgh\x00ijklmnop\x00qrstuv.";
        assert_eq!(expanded(none), (b"abcdefghijklmnopqrstuv.".to_vec(), true));
        let normal = b"\x01\x2f\xb0\x00#aaabcde\x82f\x00paghij\x01\x38\x08akl\x00\x30mnop\x06q\x02\x70\x04\x10rstuv\x10wxyz\x00\x3c";
        assert_eq!(
            expanded(normal),
            (b"#aaabcdefaaaaghijaaaaaklaaamnopqaaaaaaaaaaaarstuvwxyzaaa".to_vec(), true)
        );
        let most = b"\x01\x03\xb0\x02a\x45\x00";
        assert_eq!(expanded(most), (vec![b'a'; 73], true));
    }

    #[test]
    fn what_is_broken_is_told() {
        for data in
            [&b"\x01\x03\xb0\x02a\x45"[..], b"\x01\x03\xb0\x01\x45\x00a", b"\x01\x03\xb0\x02a\x45\xff"]
        {
            let (_, is_whole) = expanded(data);
            assert!(!is_whole, "{data:?}");
        }
    }

    #[test]
    fn where_the_source_begins() {
        let packed = [&b"\x01\x19\xb0"[..], BEGINNING].concat();
        let stream = [&b"code and \0Attribut\0e VB_Nam"[..], &packed].concat();
        assert_eq!(source(&stream), Some(27));
        assert_eq!(source(b"\0Attribut\0e VB_Nam"), None);
    }
}
