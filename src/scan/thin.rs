//! Which of the hits of one text are left out, because others like them tell as much.

use crate::engine::Hit;
use crate::pattern::conditions::Open;
use std::collections::HashMap;

/// Places of one value in one text that are told.
pub const MOST_PLACES: usize = 1000;
/// Hits on either side that must be of such values too, so that whatever a value is paired with keeps its neighbours.
const NEIGHBOURS: usize = 8;

/// Leaves out the places of values that are told often enough already, and says how many.
pub fn thin(text: &[u8], hits: &mut Vec<(Hit, Open)>) -> Option<usize> {
    if hits.len() <= MOST_PLACES {
        return None;
    }
    let mut times: HashMap<_, usize> = HashMap::new();
    let is_old = hits.iter().map(|(hit, _)| {
        let times = times.entry((
            hit.pattern,
            &text[hit.value.clone()],
            hit.secret.as_ref().map(|s| &text[s.clone()]),
        ));
        *times.and_modify(|n| *n += 1).or_insert(1) > MOST_PLACES
    });
    let is_old: Vec<bool> = is_old.collect();
    let all = is_old.len();
    let mut at = 0_usize;
    hits.retain(|_| {
        let around = at.saturating_sub(NEIGHBOURS)..all.min(at + NEIGHBOURS + 1);
        at += 1;
        !is_old[around].iter().all(|&old| old)
    });
    (hits.len() < all).then(|| all - hits.len())
}

/// Values in one text that nothing but their shape speaks for, before most of them are left out.
const MOST_SHAPES: usize = 1000;
/// Bytes from whatever else was found in which they stay: they may belong to it.
const SHAPE_REACH: usize = 1 << 10;

/// In a list of random values none of them is more than the others: leaves out those that stand near nothing. No
/// report would tell them.
pub fn thin_shapes(hits: &mut Vec<(Hit, Open)>, is_shape: impl Fn(&Hit) -> bool) {
    if hits.len() <= MOST_SHAPES || hits.iter().filter(|(hit, _)| is_shape(hit)).count() <= MOST_SHAPES {
        return;
    }
    let others: Vec<usize> =
        hits.iter().filter(|(hit, _)| !is_shape(hit)).map(|(hit, _)| hit.span.start).collect();
    hits.retain(|(hit, _)| {
        let at = hit.span.start;
        let next = others.partition_point(|other| *other < at);
        let around = [next.checked_sub(1), Some(next)].into_iter().flatten().filter_map(|i| others.get(i));
        !is_shape(hit) || around.into_iter().any(|other| other.abs_diff(at) <= SHAPE_REACH)
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::PatternId;
    use std::ops::Range;

    fn hit(value: Range<usize>) -> (Hit, Open) {
        (Hit::new(PatternId(0), value), Open::default())
    }

    #[test]
    fn what_has_only_a_shape_stays_near_something_else() {
        let at = |start: usize| Hit { near: start == 300_000, ..hit(start..start + 40).0 };
        let mut hits: Vec<_> = (0..10_000).map(|n| (at(n * 100), Open::default())).collect();
        thin_shapes(&mut hits, |hit| !hit.near);
        let left: Vec<usize> = hits.iter().map(|(hit, _)| hit.span.start).collect();
        assert_eq!(left, (299_000..=301_000).step_by(100).collect::<Vec<_>>());
        let mut few: Vec<_> = (0..MOST_SHAPES).map(|n| (at(n * 100), Open::default())).collect();
        thin_shapes(&mut few, |_| true);
        assert_eq!(few.len(), MOST_SHAPES);
    }

    #[test]
    fn what_is_told_often_enough_and_what_stands_beside_something_else() {
        let text = b"one two";
        let mut hits: Vec<_> = (0..MOST_PLACES).map(|_| hit(0..3)).collect();
        assert_eq!(thin(text, &mut hits), None);
        hits.extend((0..500).map(|_| hit(0..3)));
        hits.push(hit(4..7));
        hits.extend((0..500).map(|_| hit(0..3)));
        assert_eq!(thin(text, &mut hits), Some(1000 - 3 * NEIGHBOURS));
        let others: Vec<_> =
            hits.iter().enumerate().filter(|(_, h)| h.0.value.start == 4).map(|(i, _)| i).collect();
        assert_eq!(others, [MOST_PLACES + 2 * NEIGHBOURS]);
    }
}
