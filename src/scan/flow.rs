//! A packed tar is searched while it is expanded: what has come out whole goes to other threads, entry by entry, and
//! is never all in memory.

use super::blob::{Job, Searched};
use crate::address::Address;
use crate::blob::Blob;
use crate::container::flow::Passing;
use crate::container::tar::growing::{Growing, may_be_image};
use crate::container::{self, Container, Member, tar::Tar};
use crate::limits::Limits;
use rayon::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Members that expand to less are read whole. Bytes.
const LEAST: u64 = 16 << 20;
/// How much of a tar is handed on at a time, at least. Bytes.
const SEGMENT: usize = 4 << 20;

/// What is known of what comes out.
enum Kind {
    Unknown,
    Tar(Growing),
    Other,
}

impl Job<'_, '_> {
    /// Searches a member, in `depth` containers, while it comes out, if that can be done.
    pub(super) fn flowing(&self, member: &dyn Member, address: &Address, depth: u32) -> Option<Searched> {
        if !self.parallel || member.size_hint() < LEAST || depth >= self.budget.limits.depth {
            return None;
        }
        let (mut kind, mut begin, mut members) = (Kind::Unknown, 0, 0);
        // In the order in which they were handed on.
        let segments: Mutex<Vec<(u64, Searched)>> = Mutex::default();
        let waiting = AtomicUsize::new(0);
        let most = 2 * rayon::current_num_threads();
        let rest = rayon::in_place_scope(|scope| {
            let mut take = |out: &mut Vec<u8>| {
                if matches!(kind, Kind::Unknown) && out.len() >= SEGMENT {
                    let is_tar =
                        Tar.reads(&Blob { address: address.clone(), bytes: out }) && !may_be_image(out);
                    kind = if is_tar { Kind::Tar(Growing::default()) } else { Kind::Other };
                }
                let Kind::Tar(growing) = &mut kind else { return 0 };
                let before = growing.members();
                if out.len() < SEGMENT || before >= self.budget.limits.entries {
                    return 0;
                }
                let end = growing.whole(out);
                if end < SEGMENT / 2 {
                    return 0;
                }
                let limit = self.budget.limits.entries.saturating_sub(members);
                members = growing.members();
                growing.taken(end);
                let behind = out.split_off(end);
                let segment = std::mem::replace(out, behind);
                let at = begin;
                begin += end as u64;
                let (segments, waiting) = (&segments, &waiting);
                let search = move || {
                    let found = self.segment(address, &segment, depth, at, limit);
                    segments.lock().unwrap_or_else(PoisonError::into_inner).push((at, found));
                };
                // No faster than they are searched: or all would be in memory after all.
                if waiting.load(Ordering::Relaxed) >= most {
                    search();
                } else {
                    waiting.fetch_add(1, Ordering::Relaxed);
                    scope.spawn(move |_| {
                        search();
                        waiting.fetch_sub(1, Ordering::Relaxed);
                    });
                }
                end
            };
            member.flow(&mut Passing::to(&mut take), &self.budget)
        })?;
        let mut found = Searched::default();
        let mut segments = segments.into_inner().unwrap_or_else(PoisonError::into_inner);
        segments.par_sort_by_key(|(at, _)| *at);
        segments.into_iter().for_each(|(_, segment)| found.merge(segment));
        if begin > 0 {
            let limit = self.budget.limits.entries.saturating_sub(members);
            found.merge(self.segment(address, &rest.bytes, depth, begin, limit));
        } else if !rest.bytes.is_empty() || rest.problem.is_none() {
            found.merge(self.search(&Blob { address: address.clone(), bytes: &rest.bytes }, depth));
        }
        if let Some(problem) = rest.problem {
            found.problem(address, problem);
        }
        Some(found)
    }

    /// Searches a part of a tar that begins and ends with whole entries.
    fn segment(&self, address: &Address, bytes: &[u8], depth: u32, at: u64, entries: u64) -> Searched {
        let blob = Blob { address: address.clone(), bytes };
        let limits = Limits { entries, ..self.budget.limits.clone() };
        let opened = container::open(&Tar, &blob, &limits);
        self.members(opened, &blob, false, depth, at)
    }
}
