//! Passes over large data, 64 places at a time: a cheap question about every place, in loops of fixed length
//! without a branch, of which the compiler makes vector code; the few places that are left are looked at
//! one by one.

use crate::source::holes;

/// Places that are asked about at once.
pub const STEP: usize = 64;
/// Bytes from the first of these on that a question may look at.
pub const WINDOW: usize = STEP + 40;

/// The answers: 0 for no.
pub type Places = [u8; STEP];

/// Calls `see` with every place of `data` that `sieve` lets through, until it answers `false`. Behind the end
/// the window is filled with zeros: `see` must ask whether all it needs is there.
pub fn for_each(
    data: &[u8],
    sieve: impl Fn(&[u8; WINDOW], &mut Places) -> bool,
    see: &mut dyn FnMut(usize) -> bool,
) {
    for stretch in holes::stretches(data) {
        if !of_stretch(data, stretch.start / STEP * STEP..stretch.end, &sieve, see) {
            return;
        }
    }
}

fn of_stretch(
    data: &[u8],
    stretch: std::ops::Range<usize>,
    sieve: &impl Fn(&[u8; WINDOW], &mut Places) -> bool,
    see: &mut dyn FnMut(usize) -> bool,
) -> bool {
    let mut places = [0; STEP];
    for from in stretch.step_by(STEP) {
        let rest = &data[from..];
        let any = match rest.first_chunk() {
            Some(window) => sieve(window, &mut places),
            None => {
                let mut window = [0; WINDOW];
                window[..rest.len()].copy_from_slice(rest);
                sieve(&window, &mut places)
            }
        };
        if !any {
            continue;
        }
        for (i, eight) in places.as_chunks::<8>().0.iter().enumerate() {
            let mut left = u64::from_le_bytes(*eight);
            while left != 0 {
                let place = from + 8 * i + left.trailing_zeros() as usize / 8;
                // All bits of the lowest byte that has any.
                left &= !(0xff << (left.trailing_zeros() & !7));
                if place < data.len() && !see(place) {
                    return false;
                }
            }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vector::vectored;

    vectored! {
        fn is_seven(window: &[u8; WINDOW], places: &mut Places) -> bool {
            let mut any = 0;
            for i in 0..STEP {
                places[i] = u8::from(window[i] == 7) * 0x81;
                any |= places[i];
            }
            any != 0
        }
    }

    #[test]
    fn every_place_once_and_in_order() {
        let data: Vec<u8> = (0..1000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 29) as u8).collect();
        for len in (0..300).chain([1000]) {
            let mut seen = Vec::new();
            for_each(&data[..len], is_seven, &mut |at| {
                seen.push(at);
                true
            });
            let all: Vec<usize> = (0..len).filter(|&i| data[i] == 7).collect();
            assert_eq!(seen, all, "{len}");
        }
        let mut first = None;
        for_each(&data, is_seven, &mut |at| {
            first = Some(at);
            false
        });
        assert_eq!(first, data.iter().position(|b| *b == 7));
    }
}
