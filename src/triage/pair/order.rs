//! What the order of values says about which belong together: those that stand in turn, at one distance, or much closer to
//! each other than to anything else.

use super::{Joined, Level, Member, NEAR_GAP, Resolved, Stems, distance, in_scope};
use std::collections::BTreeMap;

/// Pairs of values that stand strictly in turn: as many ids as secrets, and always the same first.
pub(super) fn in_turn(left: &[Member], right: &[Member]) -> Option<Vec<(usize, usize)>> {
    if left.len() != right.len() {
        return None;
    }
    let mut all: Vec<(u64, bool, usize)> = Vec::with_capacity(left.len() * 2);
    for (members, is_right) in [(left, false), (right, true)] {
        for m in members {
            all.push((m.order?, is_right, m.value));
        }
    }
    all.sort_unstable();
    let first = all[0].1;
    all.chunks_exact(2)
        .map(|pair| match (pair[0].1 == first, pair[1].1 != first) {
            (true, true) if first => Some((pair[1].2, pair[0].2)),
            (true, true) => Some((pair[0].2, pair[1].2)),
            _ => None,
        })
        .collect()
}

/// Pairs in a table of records, among values that look like secrets and are none: each id has a secret
/// at one and the same distance, and there is only one such distance.
pub(super) fn in_step(left: &[Member], right: &[Member]) -> Option<Vec<(usize, usize)>> {
    // Where values have names, those say more.
    let order = |members: &[Member]| -> Option<BTreeMap<u64, usize>> {
        members.iter().map(|m| Some((m.order.filter(|_| m.key.is_none())?, m.value))).collect()
    };
    let (ids, secrets) = (order(left)?, order(right)?);
    let (&first, _) = ids.first_key_value()?;
    if ids.len() < 2 || ids.len() != left.len() || secrets.len() != right.len() {
        return None;
    }
    let at = |id: &u64, secret: u64| secrets.get(&id.wrapping_add(secret.wrapping_sub(first))).copied();
    let mut fitting = secrets.keys().filter(|secret| ids.keys().all(|id| at(id, **secret).is_some()));
    let (secret, None) = (fitting.next()?, fitting.next()) else { return None };
    ids.iter().map(|(id, left)| Some((*left, at(id, *secret)?))).collect()
}

/// Values close together in a text: clusters between gaps, then mutual neighbours.
pub(super) fn near(left: &[Member], right: &[Member]) -> Resolved {
    let mut all: Vec<(u64, bool, &Member)> = left.iter().map(|m| (m.order.unwrap_or(0), false, m)).collect();
    all.extend(right.iter().map(|m| (m.order.unwrap_or(0), true, m)));
    all.sort_by_key(|(order, is_right, m)| (*order, *is_right, m.value));
    let mut resolved = Resolved::default();
    for cluster in all.chunk_by(|a, b| b.0 - a.0 <= NEAR_GAP) {
        let side = |is_right| {
            cluster.iter().filter(move |c| c.1 == is_right).map(|c| c.2.clone()).collect::<Vec<Member>>()
        };
        let (left, right) = (side(false), side(true));
        if left.is_empty() || right.is_empty() {
            continue;
        }
        let found = in_scope(Level::Near, &left, &right, "one stretch of text", &Stems::default());
        let apart = |j: &Joined| {
            let of =
                |members: &[Member], value| members.iter().find(|m| m.value == value).and_then(|m| m.order);
            of(&left, j.left).unwrap_or(0).abs_diff(of(&right, j.right).unwrap_or(0))
        };
        let say = |mut j: Joined| {
            j.evidence = format!(
                "{} bytes apart{}",
                apart(&j),
                j.evidence.trim_start_matches("both in one stretch of text")
            );
            j
        };
        let free = |m: &Member| found.ties.iter().any(|j| j.left == m.value || j.right == m.value);
        let rest: Vec<_> = cluster.iter().filter(|c| free(c.2)).map(|c| (c.0, c.1, c.2.value)).collect();
        let records = records(&rest);
        let in_records = |j: &Joined| records.contains(&(j.left, j.right));
        let (mutual, tied): (Vec<Joined>, Vec<Joined>) =
            found.ties.into_iter().partition(|j| in_records(j) || is_mutual(j, &left, &right));
        resolved.joined.extend(found.joined.into_iter().chain(mutual).map(say));
        resolved.ties.extend(tied.into_iter().map(say));
    }
    resolved
}

/// Neighbours that lie apart by the same distance time after time, as the fields of records do, among
/// values that do not: `(offset, is right, value)` in order.
fn records(all: &[(u64, bool, usize)]) -> Vec<(usize, usize)> {
    /// Fields of one record are not farther apart.
    const REACH: u64 = 128;
    let mut runs: Vec<std::ops::Range<usize>> = Vec::new();
    let gap = |i: usize| match (all.get(i), all.get(i + 1)) {
        (Some(a), Some(b)) if a.1 != b.1 => Some(b.0 - a.0).filter(|gap| *gap <= REACH),
        _ => None,
    };
    for from in 0..all.len() {
        // The longest only: this one may be the end of one that began before, of either phase.
        let is_inside = runs.iter().rev().take(2).any(|r| r.contains(&from) && (from - r.start) % 2 == 0);
        let Some(first) = gap(from).filter(|_| !is_inside) else { continue };
        let more = (from..all.len()).step_by(2);
        let end =
            more.take_while(|&i| all[i].1 == all[from].1 && gap(i) == Some(first)).last().unwrap_or(from);
        if end > from {
            runs.push(from..end + 2);
        }
    }
    // What can be read in two ways says nothing; nor do records of which a half may be the other's decoy.
    let count = |is_right| all.iter().filter(|v| v.1 == is_right).count();
    let spare = count(true).abs_diff(count(false));
    let is_sure = |r: &std::ops::Range<usize>| {
        r.len() / 2 > spare && runs.iter().all(|o| o == r || o.end <= r.start || r.end <= o.start)
    };
    let pairs = runs.iter().filter(|r| is_sure(r)).flat_map(|r| all[r.clone()].chunks_exact(2));
    pairs.map(|p| if p[0].1 { (p[1].2, p[0].2) } else { (p[0].2, p[1].2) }).collect()
}

/// Whether both ends of a tie are much closer to each other than to anything else of the other kind.
pub(super) fn is_mutual(tie: &Joined, left: &[Member], right: &[Member]) -> bool {
    let find = |members: &[Member], value| members.iter().find(|m| m.value == value).cloned();
    let (Some(l), Some(r)) = (find(left, tie.left), find(right, tie.right)) else { return false };
    let apart = distance(&l, &r).saturating_mul(3);
    right.iter().all(|other| other.value == r.value || distance(&l, other) > apart)
        && left.iter().all(|other| other.value == l.value || distance(other, &r) > apart)
}
