//! Strings that code builds from immediates: `char key[] = "…"` on the stack, and what authors do to
//! hide a string from `strings`.
//!
//! A cheap look finds an immediate (or a 16-byte constant) of printable characters; from there on
//! the few instructions that move such values are followed, all others are skipped, and the bytes
//! that were stored side by side are put together. No full decoder: what is taken for an
//! instruction and is none makes no long printable string.

mod arm64;
mod intel;

use super::image::{Arch, Image, Kind};
use std::collections::BTreeMap;

/// Shortest string that is reported.
const MIN_LEN: usize = 12;

/// Bytes of code without a store of anything known, after which a string is taken as finished.
const PATIENCE: usize = 96;

/// Bytes that are followed of one window: hostile code must not make a table of itself.
const MAX_STORED: usize = 1 << 16;

/// Bytes between the start of a function and the first piece of a string, for all to be followed.
const PROLOGUE: usize = 64;

/// Calls `found` with every built string and the offset of the code that starts to build it.
pub fn strings(image: &Image<'_>, found: &mut dyn FnMut(usize, &[u8])) {
    if !matches!(image.arch, Arch::X64 | Arch::X86 | Arch::Arm64) {
        return;
    }
    let named = image.symbols.iter().filter(|s| s.is_function).map(|s| s.addr);
    let mut functions: Vec<u64> = image.functions.iter().copied().chain(named).collect();
    functions.sort_unstable();
    functions.dedup();
    for region in image.regions.iter().filter(|r| r.kind == Kind::Code) {
        let code = image.slice(region);
        let mut sweep =
            Sweep { image, code, base: region.addr, functions: &functions, state: State::default() };
        let mut report = |at: usize, text: &[u8]| found(region.offset + at, text);
        match image.arch {
            Arch::X64 | Arch::X86 => sweep.intel(&mut report),
            Arch::Arm64 => sweep.arm64(&mut report),
            Arch::Wasm | Arch::Other => {}
        }
    }
}

/// Where a byte was stored: what the base register held (see [`State::origin`]), and how far off.
type Slot = (u32, i64);

/// What stores to a fixed address are based on.
const ABSOLUTE: u32 = u32::MAX;

struct State {
    general: [Option<u64>; 32],
    vector: [Option<[u8; 16]>; 32],
    /// What each register points to: something unknown with a number, and a distance from it. Two
    /// registers can point into one buffer, and one register to one buffer after the other.
    origin: [Slot; 32],
    /// The next number.
    unknown: u32,
    /// What was stored, and by which instruction.
    stored: BTreeMap<Slot, (u8, usize)>,
}

fn is_text(b: u8) -> bool {
    (0x20..0x7f).contains(&b) || matches!(b, b'\n' | b'\t')
}

impl Default for State {
    fn default() -> Self {
        State {
            general: [None; 32],
            vector: [None; 32],
            origin: Self::ORIGIN,
            unknown: 32,
            stored: BTreeMap::new(),
        }
    }
}

impl State {
    /// Every register something of its own.
    const ORIGIN: [Slot; 32] = {
        let mut origin = [(0, 0); 32];
        let mut i = 0;
        while i < 32 {
            origin[i].0 = i as u32;
            i += 1;
        }
        origin
    };

    /// A register gets a value that nothing is known of.
    fn forget(&mut self, register: usize) {
        self.general[register] = None;
        self.origin[register] = (self.unknown, 0);
        self.unknown = self.unknown.wrapping_add(1);
    }

    fn slot(&self, base: usize, disp: i64) -> Slot {
        let (origin, off) = self.origin[base];
        (origin, off.wrapping_add(disp))
    }

    /// What was stored at a slot, if all of it is known.
    fn load<const N: usize>(&self, slot: Slot) -> Option<[u8; N]> {
        let mut value = [0; N];
        for (i, b) in value.iter_mut().enumerate() {
            *b = self.stored.get(&(slot.0, slot.1.wrapping_add(i as i64)))?.0;
        }
        Some(value)
    }

    fn store(&mut self, at: usize, slot: Slot, value: &[u8], found: &mut dyn FnMut(usize, &[u8])) {
        let clashes = value.iter().enumerate().any(|(i, b)| {
            self.stored
                .get(&(slot.0, slot.1.wrapping_add(i as i64)))
                .is_some_and(|(old, _)| old != b && *old != 0)
        });
        if clashes || self.stored.len() + value.len() > MAX_STORED {
            self.flush(found);
        }
        for (i, &b) in value.iter().enumerate() {
            self.stored.entry((slot.0, slot.1.wrapping_add(i as i64))).or_insert((b, at)).0 = b;
        }
    }

    fn flush(&mut self, found: &mut dyn FnMut(usize, &[u8])) {
        // Each string stands where its first byte is stored: two that are built together are two places.
        let mut text: Vec<u8> = Vec::new();
        let (mut first, mut next): (usize, Option<Slot>) = (0, None);
        for (&slot, &(b, at)) in &self.stored {
            if next != Some(slot) || !is_text(b) {
                if text.len() >= MIN_LEN {
                    found(first, &text);
                }
                text.clear();
            }
            if is_text(b) {
                if text.is_empty() {
                    first = at;
                }
                text.push(b);
            }
            next = Some((slot.0, slot.1.wrapping_add(1)));
        }
        if text.len() >= MIN_LEN {
            found(first, &text);
        }
        self.stored.clear();
    }

    fn finish(&mut self, found: &mut dyn FnMut(usize, &[u8])) {
        self.flush(found);
        *self = State { stored: std::mem::take(&mut self.stored), ..State::default() };
    }
}

struct Sweep<'i, 'a> {
    image: &'i Image<'a>,
    code: &'a [u8],
    base: u64,
    /// Where functions are known to start.
    functions: &'i [u64],
    state: State,
}

impl Sweep<'_, '_> {
    /// The function around `at`, as far as it is known.
    fn function(&self, at: usize) -> (usize, usize) {
        let after = self.functions.partition_point(|&f| f <= self.base + at as u64);
        let offset = |i: usize| {
            let start = self.functions.get(i)?.checked_sub(self.base)?;
            usize::try_from(start).ok()
        };
        let first = after.checked_sub(1).and_then(offset).unwrap_or(0);
        (first, offset(after).unwrap_or(usize::MAX).min(self.code.len()))
    }
}

#[cfg(test)]
mod tests;
