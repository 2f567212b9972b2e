//! Passes over large data, 64 places at a time: a cheap question about every place, in loops of fixed length
//! without a branch, of which the compiler makes vector code; the few places that are left are looked at
//! one by one.

use crate::source::holes;

/// Places that are asked about at once.
pub const STEP: usize = 64;
/// Bytes from the first of these on that a question may look at.
pub const WINDOW: usize = STEP + 40;

/// Windows that are asked about with one call.
pub const BATCH: usize = 8;
/// Bytes of so many windows.
pub const SPAN: usize = (BATCH - 1) * STEP + WINDOW;

/// The answers: 0 for no.
pub type Places = [u8; STEP];

/// A question: what is asked of one window, as a function that asks it of the first `count` windows of a span, and says of which any
/// place is let through, a bit each. What `$body` makes of a window is whether any of its places is.
macro_rules! sieve {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($window:ident, $places:ident $(, $arg:ident: $type:ty)* $(,)?) $body:block) => {
        crate::vector::vectored! {
            $(#[$meta])*
            $vis fn $name(
                span: &[u8; $crate::lens::sieve::SPAN],
                count: usize,
                places: &mut [$crate::lens::sieve::Places; $crate::lens::sieve::BATCH],
                $($arg: $type,)*
            ) -> u64 {
                use $crate::lens::sieve::{STEP, WINDOW};
                let mut all = 0;
                for (n, $places) in places.iter_mut().enumerate().take(count) {
                    let $window: &[u8; WINDOW] = span[n * STEP..].first_chunk().unwrap_or(&[0; WINDOW]);
                    let any: bool = $body;
                    all |= u64::from(any) << n;
                }
                all
            }
        }
    };
}
pub(crate) use sieve;

/// Calls `see` with every place of `data` that `sieve` lets through, until it answers `false`. Behind the end
/// the window is filled with zeros: `see` must ask whether all it needs is there.
pub fn for_each(
    data: &[u8],
    sieve: impl Fn(&[u8; SPAN], usize, &mut [Places; BATCH]) -> u64,
    see: &mut dyn FnMut(usize) -> bool,
) {
    let mut places = [[0; STEP]; BATCH];
    for stretch in holes::stretches(data) {
        for from in (stretch.start / STEP * STEP..stretch.end).step_by(BATCH * STEP) {
            let count = (stretch.end - from).div_ceil(STEP).min(BATCH);
            let rest = &data[from..];
            let mut windows = match rest.first_chunk() {
                Some(span) => sieve(span, count, &mut places),
                None => {
                    let mut span = [0; SPAN];
                    span[..rest.len()].copy_from_slice(rest);
                    sieve(&span, count, &mut places)
                }
            };
            while windows != 0 {
                let n = windows.trailing_zeros() as usize;
                windows &= windows - 1;
                if !see_window(data, from + n * STEP, &places[n], see) {
                    return;
                }
            }
        }
    }
}

/// Calls `see` with the places of a window that begins at `from`.
fn see_window(data: &[u8], from: usize, places: &Places, see: &mut dyn FnMut(usize) -> bool) -> bool {
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
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    sieve! {
        fn is_seven(window, places) {
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
        let data: Vec<u8> = (0..4000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 29) as u8).collect();
        for len in (0..1200).chain([4000]) {
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
