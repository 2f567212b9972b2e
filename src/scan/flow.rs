//! A packed tar is searched while it is expanded: what has come out whole goes to other threads, entry by entry, and
//! is never all in memory.

use super::blob::{Job, Searched};
use crate::address::Address;
use crate::blob::Blob;
use crate::container::budget::Budget;
use crate::container::flow::Passing;
use crate::container::tar::growing::{Growing, may_be_image};
use crate::container::tar::{self, Tar};
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

/// What is searched at a time.
enum Part<'s> {
    /// All that came out, whatever it is.
    Whole(&'s [u8]),
    /// Whole entries of a tar: where in it they begin, and how many members they may have.
    Entries { bytes: &'s [u8], at: u64, most: u64 },
}

impl Job<'_, '_> {
    /// Searches a member, in `depth` containers, while it comes out, if that can be done.
    pub(super) fn flowing(&self, member: &dyn Member, address: &Address, depth: u32) -> Option<Searched> {
        if member.size_hint() < LEAST || depth >= self.budget.limits.depth {
            return None;
        }
        // Not called by name: the compiler takes many minutes to see through one more recursion around rayon's scopes.
        let search: &Search<'_> = &|part| match part {
            Part::Whole(bytes) => self.search(&Blob { address: address.clone(), bytes }, depth),
            Part::Entries { bytes, at, most } => {
                let blob = Blob { address: address.clone(), bytes };
                let limits = Limits { entries: most, ..self.budget.limits.clone() };
                let opened = container::open(&Tar, &blob, &limits);
                self.members(opened, &blob, None, false, depth, at)
            }
        };
        let (mut found, problem) = pass_on(member, &self.budget, self.parallel, search)?;
        if let Some(problem) = problem {
            found.problem(address, problem);
        }
        Some(found)
    }
}

type Search<'s> = dyn Fn(Part<'_>) -> Searched + Sync + 's;

/// Hands on what comes out of a member, and puts together what was found in it.
fn pass_on(
    member: &dyn Member,
    budget: &Budget,
    parallel: bool,
    search: &Search<'_>,
) -> Option<(Searched, Option<Problem>)> {
    let (mut kind, mut begin, mut members) = (Kind::Unknown, 0, 0);
    let left = |members: u64| budget.limits.entries.saturating_sub(members);
    let parts: Mutex<Vec<(u64, Searched)>> = Mutex::default();
    let waiting = AtomicUsize::new(0);
    let most_waiting = if parallel { 2 * rayon::current_num_threads() } else { 0 };
    let reading = budget.reading();
    let rest = rayon::in_place_scope(|scope| {
        let mut take = |out: &mut Vec<u8>| {
            if matches!(kind, Kind::Unknown) && out.len() >= SEGMENT {
                let is_tar = tar::begins(out) && !may_be_image(out, &budget.limits);
                kind = if is_tar { Kind::Tar(Growing::default()) } else { Kind::Other };
            }
            let Kind::Tar(growing) = &mut kind else { return 0 };
            let most = left(members);
            if out.len() < SEGMENT || most == 0 {
                return 0;
            }
            let end = growing.whole(out);
            if end < SEGMENT / 2 {
                return 0;
            }
            members = growing.members();
            growing.taken(end);
            let behind = out.split_off(end);
            let bytes = std::mem::replace(out, behind);
            let at = begin;
            begin += end as u64;
            let (parts, waiting) = (&parts, &waiting);
            let held = budget.keep(end as u64);
            let run = move || {
                let _held = held;
                let found = search(Part::Entries { bytes: &bytes, at, most });
                parts.lock().unwrap_or_else(PoisonError::into_inner).push((at, found));
            };
            // No faster than they are searched: or all would be in memory after all.
            if waiting.load(Ordering::Relaxed) >= most_waiting {
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
    let _held = reading.end(rest.bytes.len());
    if parallel && budget.is_exhausted() {
        // To be searched again, from its beginning.
        return Some((Searched::default(), None));
    }
    let mut parts = parts.into_inner().unwrap_or_else(PoisonError::into_inner);
    parts.sort_by_key(|(at, _)| *at);
    let mut found = Searched::default();
    parts.into_iter().for_each(|(_, part)| found.merge(part));
    if begin > 0 {
        found.merge(search(Part::Entries { bytes: &rest.bytes, at: begin, most: left(members) }));
    } else if !rest.bytes.is_empty() || rest.problem.is_none() {
        found.merge(search(Part::Whole(&rest.bytes)));
    }
    Some((found, rest.problem))
}
