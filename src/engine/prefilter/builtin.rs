//! The tables of the prefilter for the literals of the built-in patterns, which `build.rs` makes.

use super::Literal;
#[cfg(target_arch = "x86_64")]
use super::buckets::Masks;
use super::filling::PAIRS;
#[cfg(target_arch = "x86_64")]
use crate::engine::held::Held;

include!(concat!(env!("OUT_DIR"), "/prefilter.rs"));

/// Texts that lie one behind the other, by their lengths: times two, and one more if they stand in any case.
pub fn literals_of(mut text: &'static [u8], lengths: &[u16]) -> impl Iterator<Item = Literal> {
    lengths.iter().map(move |length| {
        let bytes = text.split_off(..usize::from(length >> 1)).unwrap_or_default().to_vec();
        Literal { bytes, ignore_case: length & 1 != 0 }
    })
}

/// The literals of the tables.
pub fn literals() -> impl Iterator<Item = Literal> {
    literals_of(LITERAL_TEXT, LITERAL_LENGTHS)
}

/// Whether these are the literals that the tables were made for, in the same order.
fn are_built_in(literals: &[Literal]) -> bool {
    let mut rest = LITERAL_TEXT;
    let mut is_next = |(literal, &length): (&Literal, &u16)| {
        let (length, ignore_case) = (usize::from(length >> 1), length & 1 != 0);
        let own = rest.split_off(..length).unwrap_or_default();
        literal.ignore_case == ignore_case && literal.bytes == own
    };
    literals.len() == LITERAL_LENGTHS.len() && literals.iter().zip(LITERAL_LENGTHS).all(&mut is_next)
}

/// The table of pairs, and where in each literal its window stands; `None` for other literals.
pub(super) fn pairs(literals: &[Literal]) -> Option<(&'static [u32; PAIRS], Vec<Option<usize>>)> {
    are_built_in(literals).then(|| (&PAIR_TABLE, offsets(&OFFSETS)))
}

/// The buckets of AVX-512, and where in each literal its window stands there; `None` for other literals.
#[cfg(target_arch = "x86_64")]
pub(super) fn masks(literals: &[Literal]) -> Option<(Held<Masks>, Vec<Option<usize>>)> {
    are_built_in(literals).then(|| (Held::Static(&MASKS), offsets(&MASK_OFFSETS)))
}

fn offsets(table: &[u8]) -> Vec<Option<usize>> {
    table.iter().map(|&offset| (offset != u8::MAX).then_some(usize::from(offset))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::prefilter::filling;

    #[test]
    fn the_tables_are_those_of_their_literals() {
        let all: Vec<Literal> = literals().collect();
        let (table, offsets) = pairs(&all).unwrap();
        let (own_table, own_offsets) = filling::fill(all.iter().map(|literal| &literal.bytes[..]));
        assert!(*table == *own_table && offsets == own_offsets);
        #[cfg(target_arch = "x86_64")]
        {
            use crate::engine::prefilter::buckets;
            let texts = all.iter().map(|literal| (&literal.bytes[..], literal.ignore_case));
            let ((masks, offsets), own) = (masks(&all).unwrap(), buckets::fill(texts));
            assert!(*masks == own.0 && offsets == own.1);
        }
        assert!(pairs(&all[1..]).is_none());
        let mut other = all;
        other[0].ignore_case ^= true;
        assert!(pairs(&other).is_none());
    }
}
