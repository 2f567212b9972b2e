//! Runs that are nothing, whatever stands around them: names, nearly all.
//!
//! Half of the names in a text, or more, have stood in it or in the files before. What only the characters of a run decide is
//! decided once, and kept by a hash of them.

use super::runs::outline::Outline;
use super::{Engine, Sink, digests};
use crate::blob::TextKind;
use crate::finding::Class;
use crate::pattern::Matcher;
use crate::triage::checksum::Check;
use crate::triage::generic;
use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;

/// What the characters of a run say of it, wherever it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Looks {
    /// That was not asked.
    Unknown,
    /// It is nothing of itself: no token begins in it, and whatever names it makes no value of it.
    Plain,
    /// It looks random.
    Random,
    /// It does not, but may be something all the same.
    Ordinary,
}

impl Looks {
    /// Whether it looks random, where that is known.
    pub(super) fn random(self) -> Option<bool> {
        match self {
            Looks::Unknown => None,
            Looks::Random => Some(true),
            Looks::Plain | Looks::Ordinary => Some(false),
        }
    }

    /// As the lowest bits of a hash.
    const BITS: u64 = 3;

    fn of_bits(hash: u64) -> Looks {
        [Looks::Unknown, Looks::Plain, Looks::Random, Looks::Ordinary][(hash & Looks::BITS) as usize]
    }
}

/// Values that are remembered, by a thread.
const PLACES: usize = 1 << 14;

thread_local! {
    /// Hashes of values seen of late, each with what it looks like as its lowest bits; 0 where there is none.
    static SEEN: [Cell<u64>; PLACES] = const { [const { Cell::new(0) }; PLACES] };
}

/// What the hashes of one engine begin with: chosen by chance, so that nobody can write two values of one hash.
#[derive(Clone, Copy, Debug)]
pub struct Seed([u64; 2]);

impl Seed {
    pub fn new() -> Seed {
        let state = RandomState::new();
        Seed([0, 1].map(|n| state.hash_one(n)))
    }

    /// A hash of a value of 16 bytes or more, and never 0: by products of what it holds, as wyhash does.
    #[inline]
    fn hash(self, value: &[u8]) -> u64 {
        let mix = |a: u64, b: u64| {
            let product = u128::from(a) * u128::from(b);
            product as u64 ^ (product >> 64) as u64
        };
        let Seed([first, second]) = self;
        let mut hash = first ^ value.len() as u64;
        // The last 16 bytes overlap those before.
        for bytes in value.as_chunks().0.iter().chain(value.last_chunk()) {
            let both = u128::from_le_bytes(*bytes);
            hash = mix(both as u64 ^ second, (both >> 64) as u64 ^ hash);
        }
        mix(hash, second) | (Looks::BITS + 1)
    }
}

impl Engine<'_> {
    /// What a run looks like: of a plain one nothing more need be asked. What may be encoded in it is the sink's to know.
    #[inline]
    pub(super) fn at_first_sight(
        &self,
        text: &[u8],
        run: &Range<usize>,
        outline: Option<Outline>,
        kind: TextKind,
        sink: &mut dyn Sink,
    ) -> Looks {
        if digests::is_listed(text, run) {
            return Looks::Plain;
        }
        let Some(outline) = outline.filter(|_| kind != TextKind::Binary && !sink.wants_all()) else {
            return Looks::Unknown;
        };
        if !stands_apart(text, run) {
            return Looks::Unknown;
        }
        let looks = self.remembered(&text[run.clone()], outline);
        if looks == Looks::Plain && outline.is_varied() {
            sink.run(run.clone());
        }
        looks
    }

    #[inline]
    fn remembered(&self, value: &[u8], outline: Outline) -> Looks {
        let hash = self.seed.hash(value) & !Looks::BITS;
        SEEN.with(|seen| {
            let place = &seen[(hash >> 32) as usize % PLACES];
            let known = place.get();
            if known & !Looks::BITS == hash {
                return Looks::of_bits(known);
            }
            let looks = self.looks(value, outline);
            place.set(hash | looks as u64);
            looks
        })
    }

    fn looks(&self, value: &[u8], outline: Outline) -> Looks {
        if self.starts.may_hold(value, outline) {
            return Looks::Unknown;
        }
        if !outline.is_varied() {
            return Looks::Plain;
        }
        let may_be_random = generic::may_be_random(&outline);
        if may_be_random && generic::is_random_as(value, Some(outline)) {
            return Looks::Random;
        }
        let is_of = |id| {
            let pattern = self.patterns.get(id);
            let Matcher::Run { alphabet, near, .. } = &pattern.matcher else { return false };
            // It does not look random: only its name can make it one of these.
            let may_be_named = || {
                pattern.checks.iter().all(|c| *c != Check::RandomToken && c.passes(value))
                    || !near.is_empty() && pattern.checks.iter().all(|c| c.passes_named(value))
            };
            (pattern.class != Class::Generic || may_be_random)
                && alphabet.contains_all(value)
                && may_be_named()
        };
        let is_of_any = self.runs.get(value.len()).is_some_and(|ids| ids.iter().any(|id| is_of(*id)));
        let may_be_named = || self.has_names && self.patterns.names().may_name(value, outline);
        if is_of_any || may_be_named() { Looks::Ordinary } else { Looks::Plain }
    }
}

/// Whether a run is what it seems: neither an escape nor a sign of another kind stands before it that its first characters may
/// belong to.
#[inline]
fn stands_apart(text: &[u8], run: &Range<usize>) -> bool {
    let first = text[run.start];
    match text[..run.start].last() {
        Some(b'\\' | b'%' | b'[') => false,
        Some(b';') => !(first.is_ascii_digit() || matches!(first, b'K' | b'm')),
        Some(b':') => first != b'-',
        // Whether a number is one, its quotes say.
        _ => first != b'0',
    }
}

#[cfg(test)]
mod tests {
    use super::super::Hit;
    use super::*;
    use crate::pattern::PatternSet;
    use proptest::prelude::*;
    use std::sync::LazyLock;

    static SET: LazyLock<PatternSet> = LazyLock::new(|| PatternSet::builtin().unwrap());
    static ENGINE: LazyLock<Engine<'static>> = LazyLock::new(|| Engine::new(&SET));

    #[derive(Default)]
    struct All {
        hits: Vec<Hit>,
        runs: Vec<Range<usize>>,
        wants_all: bool,
    }

    impl Sink for All {
        fn hit(&mut self, hit: Hit) {
            self.hits.push(hit);
        }
        fn run(&mut self, run: Range<usize>) {
            self.runs.push(run);
        }
        fn wants_all(&self) -> bool {
            self.wants_all
        }
    }

    fn found(text: &str, wants_all: bool) -> (Vec<Hit>, Vec<Range<usize>>) {
        let mut sink = All { wants_all, ..All::default() };
        ENGINE.search(text.as_bytes(), 0..text.len(), TextKind::Plain, &mut sink);
        (sink.hits, sink.runs)
    }

    proptest! {
        /// The oracle is the engine for those who want to see all: it passes nothing over.
        #[test]
        fn what_is_passed_over_is_nothing(
            values in proptest::collection::vec(
                prop_oneof![
                    "[A-Za-z0-9]{16,64}", "[a-f0-9]{16,64}", "[A-Z0-9_]{16,40}", "[a-zA-Z]{16,48}", "[A-Za-z0-9+/]{40}",
                    "[a-z]{3,9}([A-Z][a-z]{2,7}[0-9]?){2,5}", "[a-z0-9]{2,8}([_/-][a-z0-9]{1,8}){2,6}",
                    "(sk-|ghp_|xoxb-|0x|n|K|-)[A-Za-z0-9-]{16,48}", "[a-z/]{4,20}/[A-Za-z0-9]{20,32}",
                    "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
                ],
                1..4,
            ),
            places in proptest::collection::vec(
                (0usize..4, prop_oneof![
                    Just("\n"), Just(" "), Just("["), Just("\\"), Just("%2"), Just("\x1b[3;"), Just(":"), Just("https://x.io/"),
                    Just("password = \""), Just("\", \"twilio_auth_token\": \""), Just("api.datadoghq.com key='"),
                    Just("aws_secret_access_key="), Just("<"), Just("=="), Just("secretkey: "), Just("{"),
                ]),
                1..12,
            ),
        ) {
            let text: String = places.iter().flat_map(|(n, before)| [*before, &values[n % values.len()]]).collect();
            prop_assert_eq!(found(&text, false), found(&text, true), "{}", text);
        }
    }

    #[test]
    fn values_that_differ_have_other_hashes() {
        let seed = Seed::new();
        let value = b"aLongNameOfSomething_that_fills_sixty_four_bytes_of_a_text_again";
        let mut hashes = std::collections::HashSet::new();
        for len in 16..=value.len() {
            assert!(hashes.insert(seed.hash(&value[..len])));
            for at in 0..len {
                let mut other = value[..len].to_vec();
                other[at] ^= 1;
                assert!(hashes.insert(seed.hash(&other)), "{len} {at}");
            }
        }
        assert!(!hashes.contains(&0));
        assert_ne!(Seed::new().hash(value), seed.hash(value));
    }
}
