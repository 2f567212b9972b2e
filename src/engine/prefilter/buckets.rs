//! Which windows share a bucket of the prefilter in AVX-512.
//!
//! A window is four bytes of a literal. AVX-512 asks, for many positions of a text at once, whether
//! any window of one of sixteen buckets can stand there: a bucket knows for each of the four places the
//! set of bytes its windows have. What passes goes on to the table of windows, which decides; so how
//! buckets are filled can cost time, never a literal, as long as every window is in one.

use super::filling::WINDOW;
use super::statistics;

/// Buckets: bits of the masks.
pub const BUCKETS: usize = 16;

/// Buckets in a byte of a table.
pub const OF_BYTE: usize = 8;

/// Which bytes may stand at the four places of a window.
pub type Shape = [Place; WINDOW];

/// Which bytes may stand at one place of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// This one.
    Byte(u8),
    /// This letter in either case.
    Letter(u8),
    /// Any: behind the end of a literal of three bytes.
    Any,
}

/// What stands in the window of a literal at `offset`.
pub fn shape(literal: &[u8], ignore_case: bool, offset: usize) -> Shape {
    std::array::from_fn(|i| match literal.get(offset + i) {
        None => Place::Any,
        Some(b) if ignore_case && b.is_ascii_alphabetic() => Place::Letter(b.to_ascii_lowercase()),
        Some(b) => Place::Byte(*b),
    })
}

/// Bytes that a bucket takes at one place.
#[derive(Clone, Copy, Default)]
pub struct Set {
    bits: [u128; 2],
    /// The chance that a byte of real data is one of them.
    chance: f32,
}

impl Set {
    pub fn bytes(&self) -> impl Iterator<Item = u8> {
        let bits = self.bits;
        (0..=u8::MAX).filter(move |b| bits[usize::from(b >> 7)] >> (b & 127) & 1 != 0)
    }

    /// Whether a byte outside ASCII is among them because a window has it: not because any byte is.
    pub fn names_high_bytes(&self) -> bool {
        self.bits[1] != 0 && self.bits[1] != u128::MAX
    }

    fn has(&self, b: u8) -> bool {
        self.bits[usize::from(b >> 7)] >> (b & 127) & 1 != 0
    }

    /// The chance of its bytes and of those of `place`.
    fn chance_with(&self, place: Place, chances: &[f32; 256]) -> f32 {
        let own = |b: u8| if self.has(b) { 0.0 } else { chances[usize::from(b)] };
        match place {
            Place::Byte(b) => self.chance + own(b),
            Place::Letter(b) => self.chance + own(b.to_ascii_lowercase()) + own(b.to_ascii_uppercase()),
            Place::Any => 1.0,
        }
    }

    fn with(mut self, place: Place, chances: &[f32; 256]) -> Set {
        self.chance = self.chance_with(place, chances);
        let mut add = |b: u8| self.bits[usize::from(b >> 7)] |= 1u128 << (b & 127);
        match place {
            Place::Byte(b) => add(b),
            Place::Letter(b) => {
                add(b.to_ascii_lowercase());
                add(b.to_ascii_uppercase());
            }
            Place::Any => self.bits = [u128::MAX; 2],
        }
        self
    }
}

/// What one bucket takes at each place.
pub type Bucket = [Set; WINDOW];

/// The share of positions of real data that a bucket lets pass, if neighbours did not matter.
fn passing(bucket: &Bucket) -> f32 {
    bucket.iter().map(|set| set.chance).product()
}

/// Puts each window where it adds least to the expected number of positions that pass: greedy, those
/// that pass most first, so that they open buckets of their own.
pub fn fill(shapes: &[Shape]) -> [Bucket; BUCKETS] {
    let chances: [f32; 256] = std::array::from_fn(|b| statistics::of_byte(b as u8));
    let with = |bucket: &Bucket, shape: &Shape| -> Bucket {
        std::array::from_fn(|p| bucket[p].with(shape[p], &chances))
    };
    let mut shapes: Vec<(f32, Shape)> =
        shapes.iter().map(|shape| (passing(&with(&Bucket::default(), shape)), *shape)).collect();
    shapes.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    shapes.dedup();
    let mut buckets = [Bucket::default(); BUCKETS];
    for (_, shape) in &shapes {
        let mut best = (f32::INFINITY, 0);
        for (i, bucket) in buckets.iter().enumerate() {
            let grown = bucket.iter().zip(shape).map(|(set, place)| set.chance_with(*place, &chances));
            let added = grown.product::<f32>() - passing(bucket);
            if added < best.0 {
                best = (added, i);
            }
        }
        buckets[best.1] = with(&buckets[best.1], shape);
    }
    buckets
}

/// For each place of a window and each eight buckets: which of them have a byte of ASCII there.
#[derive(Debug, PartialEq)]
pub struct Masks {
    pub(super) tables: [[[u8; 128]; BUCKETS / OF_BYTE]; WINDOW],
    /// Whether no window begins with a byte outside ASCII: such bytes are looked up as the ASCII byte
    /// that is 128 less.
    pub(super) is_ascii: bool,
}

impl Masks {
    pub fn of(buckets: &[Bucket; BUCKETS]) -> Masks {
        let mut masks = Masks { tables: [[[0; 128]; BUCKETS / OF_BYTE]; WINDOW], is_ascii: true };
        for (i, bucket) in buckets.iter().enumerate() {
            for (p, set) in bucket.iter().enumerate() {
                for byte in set.bytes() {
                    masks.tables[p][i / OF_BYTE][usize::from(byte & 127)] |= 1 << (i % OF_BYTE);
                }
            }
            masks.is_ascii &= !bucket[0].names_high_bytes();
        }
        masks
    }
}
