//! The budget of one artifact: how much may come out of all its containers together.

use super::Problem;
use super::held::{Crowd, Held, Holding, Reading};
use crate::ledger::Reason;
use crate::limits::Limits;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What is left. Shared by all threads that work on an artifact.
///
/// Which member meets the end of a budget depends on how threads are scheduled. So an artifact
/// that exhausts it while many threads work is searched again on one (see `scan.rs`): then the
/// members are charged in their own order and the same ones are cut every time.
#[derive(Debug)]
pub struct Budget {
    /// The limits it was made from.
    pub limits: Limits,
    left: AtomicU64,
    exhausted: AtomicBool,
    holding: Arc<Holding>,
}

impl Budget {
    /// A full budget for an artifact of `size` bytes: what the limits allow in all, and no more
    /// than the ratio allows for its size.
    pub fn new(limits: &Limits, size: u64) -> Self {
        Budget::yielding(limits, size, false)
    }

    /// The same; with `yields`, of an artifact that is searched later if too much is held by others.
    pub fn yielding(limits: &Limits, size: u64, yields: bool) -> Self {
        let by_size = size.saturating_mul(limits.ratio).saturating_add(Limits::ARTIFACT_FREE_BYTES);
        Budget {
            left: AtomicU64::new(limits.expanded_bytes.min(by_size)),
            exhausted: AtomicBool::new(false),
            holding: Holding::new(limits.held_bytes(), yields),
            limits: limits.clone(),
        }
    }

    /// Charges `bytes` that came out of a container; `false` when there is not so much left, or so much in memory that
    /// no more may be.
    pub fn take(&self, bytes: u64) -> bool {
        self.charge(bytes) && {
            let is_held = self.holding.grow(bytes);
            if !is_held {
                self.left.fetch_add(bytes, Ordering::Relaxed);
                self.exhausted.store(true, Ordering::Relaxed);
            }
            is_held
        }
    }

    fn charge(&self, bytes: u64) -> bool {
        let taken =
            self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes));
        if taken.is_err() {
            self.exhausted.store(true, Ordering::Relaxed);
        }
        taken.is_ok()
    }

    /// Begins to count what comes out on this thread as held in memory.
    pub fn reading(&self) -> Reading {
        Reading::begin(&self.holding)
    }

    /// Holds what came out so far for the member that is read by itself, `most` bytes of it.
    pub fn keep(&self, most: u64) -> Held {
        self.holding.keep(most)
    }

    /// Whether something was refused because too much is in memory.
    pub fn crowd(&self) -> Crowd {
        self.holding.crowd()
    }

    /// Charges a member of `bytes` that is about to be made; what to tell of `what` where that is more than a member
    /// may have, or than is left.
    pub(super) fn take_member(&self, bytes: u64, what: &str) -> Result<(), Problem> {
        if bytes <= self.limits.entry_bytes && self.take(bytes) {
            return Ok(());
        }
        Err(Problem::new(Reason::Limit, format!("{what} is over the limit")).of_bytes(bytes))
    }

    /// The same budget for a member that is put together in memory, of which no part may have more than `entry_bytes`. What
    /// it took is charged by [`Budget::settle`].
    pub(super) fn narrowed(&self, entry_bytes: u64) -> Budget {
        Budget {
            limits: Limits { entry_bytes, ..self.limits.clone() },
            left: AtomicU64::new(self.left.load(Ordering::Relaxed)),
            exhausted: AtomicBool::new(false),
            holding: self.holding.clone(),
        }
    }

    /// Charges what a narrowed budget, which had `before`, was charged.
    pub(super) fn settle(&self, narrowed: &Budget, before: u64) {
        let taken = before.saturating_sub(narrowed.left());
        // It is held already.
        if !self.charge(taken) || narrowed.is_exhausted() {
            self.spend();
        }
    }

    /// Bytes that are left.
    pub(super) fn left(&self) -> u64 {
        self.left.load(Ordering::Relaxed)
    }

    /// Gives back what was charged for bytes that were dropped again.
    pub fn give_back(&self, bytes: u64) {
        self.left.fetch_add(bytes, Ordering::Relaxed);
        self.holding.shrink(bytes);
    }

    /// Whether nothing is left.
    pub fn is_spent(&self) -> bool {
        self.left() == 0
    }

    /// Leaves nothing for whatever comes next. For work that was done and then refused: without
    /// this, every further member of a bomb would be done and refused as well.
    pub fn spend(&self) {
        self.exhausted.store(true, Ordering::Relaxed);
        self.left.store(0, Ordering::Relaxed);
    }

    /// Whether something was refused.
    pub fn is_exhausted(&self) -> bool {
        self.exhausted.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_spent_once() {
        let budget = Budget::new(&Limits { expanded_bytes: 10, ..Limits::default() }, 5);
        assert!(budget.take(7) && !budget.is_exhausted());
        assert!(!budget.take(4) && budget.is_exhausted());
        assert!(budget.take(3) && budget.is_spent());

        let budget = Budget::new(&Limits { expanded_bytes: 10, ..Limits::default() }, 5);
        let narrowed = budget.narrowed(4);
        assert!(narrowed.take(6) && narrowed.limits.entry_bytes == 4);
        budget.settle(&narrowed, 10);
        assert!(budget.left() == 4 && !budget.is_exhausted());
        let narrowed = budget.narrowed(4);
        assert!(!narrowed.take(6));
        budget.settle(&narrowed, 4);
        assert!(budget.is_exhausted());

        let budget = Budget::new(&Limits::default(), 5);
        budget.spend();
        assert!(budget.is_exhausted() && budget.is_spent() && !budget.take(1));
    }
}
