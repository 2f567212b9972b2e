//! A packed tar is searched while it is expanded: what has come out whole goes to other threads, entry by entry, and
//! is never all in memory.

use super::blob::{Job, Searched};
use crate::address::Address;
use crate::blob::Blob;
use crate::container::budget::Budget;
use crate::container::flow::Passing;
use crate::container::tar::Tar;
use crate::container::tar::growing::{Growing, begins, may_be_image};
use crate::container::{self, Member, Problem};
use crate::limits::Limits;
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

/// A part of a tar that begins and ends with whole entries.
struct Segment<'s> {
    bytes: &'s [u8],
    /// Where in the tar it begins.
    at: u64,
    /// How many members it may have.
    entries: u64,
}

impl Job<'_, '_> {
    /// Searches a member, in `depth` containers, while it comes out, if that can be done.
    pub(super) fn flowing(&self, member: &dyn Member, address: &Address, depth: u32) -> Option<Searched> {
        if !self.parallel || member.size_hint() < LEAST || depth >= self.budget.limits.depth {
            return None;
        }
        // Not called by name: the compiler takes many minutes to see through one more recursion around rayon's scopes.
        let search: &Search<'_> = &|segment| match segment {
            Segment { bytes, at: 0, entries: u64::MAX } => {
                self.search(&Blob { address: address.clone(), bytes }, depth)
            }
            Segment { bytes, at, entries } => {
                let blob = Blob { address: address.clone(), bytes };
                let limits = Limits { entries, ..self.budget.limits.clone() };
                let opened = container::open(&Tar, &blob, &limits);
                self.members(opened, &blob, false, depth, at)
            }
        };
        let (mut found, problem) = pass_on(member, &self.budget, search)?;
        if let Some(problem) = problem {
            found.problem(address, problem);
        }
        Some(found)
    }
}

/// Searches a segment; one that begins at 0 and may have any number of members is all there is, and may be no tar.
type Search<'s> = dyn Fn(Segment<'_>) -> Searched + Sync + 's;

/// Hands on what comes out of a member, and puts together what was found in it.
fn pass_on(member: &dyn Member, budget: &Budget, search: &Search<'_>) -> Option<(Searched, Option<Problem>)> {
    let (mut kind, mut begin, mut members) = (Kind::Unknown, 0, 0u64);
    let most_members = budget.limits.entries;
    // In the order in which they were handed on.
    let segments: Mutex<Vec<(u64, Searched)>> = Mutex::default();
    let waiting = AtomicUsize::new(0);
    let most = 2 * rayon::current_num_threads();
    let rest = rayon::in_place_scope(|scope| {
        let mut take = |out: &mut Vec<u8>| {
            if matches!(kind, Kind::Unknown) && out.len() >= SEGMENT {
                kind = if begins(out) && !may_be_image(out) {
                    Kind::Tar(Growing::default())
                } else {
                    Kind::Other
                };
            }
            let Kind::Tar(growing) = &mut kind else { return 0 };
            if out.len() < SEGMENT || members >= most_members {
                return 0;
            }
            let end = growing.whole(out);
            if end < SEGMENT / 2 {
                return 0;
            }
            let entries = most_members - members;
            members = growing.members();
            growing.taken(end);
            let behind = out.split_off(end);
            let bytes = std::mem::replace(out, behind);
            let at = begin;
            begin += end as u64;
            let (segments, waiting) = (&segments, &waiting);
            let run = move || {
                let found = search(Segment { bytes: &bytes, at, entries });
                segments.lock().unwrap_or_else(PoisonError::into_inner).push((at, found));
            };
            // No faster than they are searched: or all would be in memory after all.
            if waiting.load(Ordering::Relaxed) >= most {
                run();
            } else {
                waiting.fetch_add(1, Ordering::Relaxed);
                scope.spawn(move |_| {
                    run();
                    waiting.fetch_sub(1, Ordering::Relaxed);
                });
            }
            end
        };
        member.flow(&mut Passing::to(&mut take), budget)
    })?;
    let mut segments = segments.into_inner().unwrap_or_else(PoisonError::into_inner);
    segments.sort_by_key(|(at, _)| *at);
    let mut found = Searched::default();
    segments.into_iter().for_each(|(_, segment)| found.merge(segment));
    if begin > 0 || !rest.bytes.is_empty() || rest.problem.is_none() {
        let entries = if begin > 0 { most_members.saturating_sub(members) } else { u64::MAX };
        found.merge(search(Segment { bytes: &rest.bytes, at: begin, entries }));
    }
    Some((found, rest.problem))
}
