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
    let offset = |&offset: &u8| (offset != u8::MAX).then_some(usize::from(offset));
    are_built_in(literals).then(|| (&PAIR_TABLE, OFFSETS.iter().map(offset).collect()))
}

/// The buckets of AVX-512; `None` for other literals.
#[cfg(target_arch = "x86_64")]
pub(super) fn masks(literals: &[Literal]) -> Option<Held<Masks>> {
    are_built_in(literals).then_some(Held::Static(&MASKS))
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
            use crate::engine::prefilter::{buckets, windows::Windows};
            let own = Masks::of(&buckets::fill(&Windows::new(all.clone()).shapes()));
            assert_eq!(*masks(&all).unwrap(), own);
        }
        assert!(pairs(&all[1..]).is_none());
        let mut other = all;
        other[0].ignore_case ^= true;
        assert!(pairs(&other).is_none());
    }
}
