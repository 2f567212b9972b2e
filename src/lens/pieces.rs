//! Whole files that are decoded piece by piece.

use crate::limits::Limits;
use std::ops::Range;

/// Stretches of `from..len`, each of so many whole units of `unit` bytes as are decoded at a time. They overlap by `overlap`
/// bytes: what a token and its line may need.
pub(super) fn pieces(
    from: usize,
    len: usize,
    overlap: usize,
    unit: usize,
    limits: &Limits,
) -> impl Iterator<Item = Range<usize>> {
    let most = (limits.decoded_bytes as usize).max(4 * overlap) / unit * unit;
    let piece = move |from: usize| from..len.min(from + most);
    std::iter::successors(Some(piece(from)), move |last| (last.end < len).then(|| piece(last.end - overlap)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_covered_and_units_stay_whole() {
        let limits = Limits { decoded_bytes: 403, ..Limits::default() };
        let all: Vec<Range<usize>> = pieces(2, 1000, 100, 4, &limits).collect();
        assert_eq!(all, [2..402, 302..702, 602..1000]);
        assert_eq!(pieces(5, 5, 100, 1, &limits).collect::<Vec<_>>(), vec![5..5]);
    }
}
