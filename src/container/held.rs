//! How much of what came out of containers is in memory, over all artifacts that are searched at a time.
//!
//! Each entry is bounded by itself (`Limits::entry_bytes`), and so is all that comes out of one artifact. But as many
//! entries as there are threads may be open side by side, and others inside them: without a bound for what is held
//! together, a few megabytes of archives inside archives take gigabytes of memory.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// Of the whole process.
static ALL: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// What came out for the member that this thread reads, if it does.
    static READING: Cell<Option<u64>> = const { Cell::new(None) };
}

/// What one artifact holds.
#[derive(Debug)]
pub(super) struct Holding {
    bytes: AtomicU64,
    crowd: AtomicU8,
    /// What all hold, this one too.
    all: &'static AtomicU64,
    /// What came out and is still searched may have so many bytes, whatever asks for more.
    most: u64,
    /// Whether it may be searched later, when others hold too much.
    yields: bool,
}

/// Why something was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Crowd {
    /// Nothing was.
    None,
    /// The artifact itself holds too much.
    Own,
    /// Others that are searched at the same time do.
    Others,
}

impl Holding {
    pub fn new(most: u64, yields: bool) -> Arc<Self> {
        Holding::among(&ALL, most, yields)
    }

    fn among(all: &'static AtomicU64, most: u64, yields: bool) -> Arc<Self> {
        Arc::new(Holding { bytes: AtomicU64::new(0), crowd: AtomicU8::new(0), all, most, yields })
    }

    pub fn crowd(&self) -> Crowd {
        match self.crowd.load(Ordering::Relaxed) {
            0 => Crowd::None,
            1 => Crowd::Own,
            _ => Crowd::Others,
        }
    }

    /// Counts what comes out for the member that is read; `false` where that is too much to be held.
    pub fn grow(&self, bytes: u64) -> bool {
        let Some(read) = READING.get() else { return true };
        let own = self.bytes.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        let all = self.all.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        let crowd = match () {
            () if own > self.most => Crowd::Own,
            () if all > self.most && self.yields => Crowd::Others,
            () => {
                READING.set(Some(read + bytes));
                return true;
            }
        };
        self.release(bytes);
        self.crowd.fetch_max(crowd as u8, Ordering::Relaxed);
        false
    }

    /// What was counted, and dropped again.
    pub fn shrink(&self, bytes: u64) {
        let Some(read) = READING.get() else { return };
        let bytes = bytes.min(read);
        READING.set(Some(read - bytes));
        self.release(bytes);
    }

    fn release(&self, bytes: u64) {
        if bytes == 0 {
            return;
        }
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.all.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// What was counted so far for the member that is read is held by itself from here on, `most` bytes of it.
    pub fn keep(self: &Arc<Self>, most: u64) -> Held {
        let read = READING.get().unwrap_or(0);
        let bytes = read.min(most);
        READING.set(READING.get().map(|read| read - bytes));
        Held { bytes, holding: self.clone() }
    }
}

/// So many bytes are counted until this is dropped.
#[derive(Debug)]
pub struct Held {
    bytes: u64,
    holding: Arc<Holding>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.holding.release(self.bytes);
    }
}

/// While this lives, what comes out on this thread is counted.
pub struct Reading {
    holding: Arc<Holding>,
    before: Option<u64>,
}

impl Reading {
    pub(super) fn begin(holding: &Arc<Holding>) -> Self {
        Reading { holding: holding.clone(), before: READING.replace(Some(0)) }
    }

    /// What was read, to be held while it is searched: `most` bytes of it.
    pub fn end(self, most: usize) -> Held {
        self.holding.keep(most as u64)
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.holding.shrink(u64::MAX);
        READING.set(self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_held_until_it_was_searched() {
        const MOST: u64 = 1000;
        static HERE: AtomicU64 = AtomicU64::new(0);
        let (first, second) = (Holding::among(&HERE, MOST, true), Holding::among(&HERE, MOST, true));
        assert!(first.grow(MOST * 2), "nothing is read");
        let reading = Reading::begin(&first);
        assert!(first.grow(MOST - 100) && first.grow(60));
        first.shrink(10);
        let inner = Reading::begin(&second);
        assert!(second.grow(50) && !second.grow(1));
        assert_eq!((first.crowd(), second.crowd()), (Crowd::None, Crowd::Others));
        let block = second.keep(20);
        drop(inner);
        assert!(first.grow(30) && !first.grow(1));
        drop(block);
        assert!(first.grow(20) && !first.grow(1));
        // Of what came out, some is in place.
        drop(reading.end(70));
        assert_eq!(HERE.load(Ordering::Relaxed), 0);

        let reading = Reading::begin(&first);
        assert!(first.grow(5));
        let held = reading.end(usize::MAX);
        let patient = Holding::among(&HERE, MOST, false);
        let reading = Reading::begin(&patient);
        assert!(patient.grow(MOST) && !patient.grow(1));
        assert_eq!(patient.crowd(), Crowd::Own);
        drop((reading, held));
        assert_eq!((HERE.load(Ordering::Relaxed), READING.get()), (0, None));
    }
}
