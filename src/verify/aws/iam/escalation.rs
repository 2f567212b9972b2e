//! Escalations: the table of ways up, each checked against the policies and what the account holds.
//!
//! A path is confirmed only where what it needs is in view: a role that is strong, trusts the service
//! and may be passed; a stronger user in scope; a policy attached to the caller. Paths through running
//! resources, and all paths through targets of an account that could not be listed, are `potential`.
//! *Strong* is admin, or able to make itself so.

use super::engine::View;
use super::level::{self, Level};
use super::requirement::{Kind, Needs};
use super::targets;
use serde::Serialize;

static TEXT: &str = include_str!("data/escalation.tsv");

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Its id.
    pub id: &'static str,
    /// The actions joined with `+`.
    pub actions: &'static str,
    /// What must hold, in words.
    pub condition: &'static str,
}

impl Row {
    /// The services a passed role must trust, any of them.
    pub fn services(&self) -> Vec<&'static str> {
        self.condition
            .split(|c: char| c.is_whitespace() || c == ';' || c == ',')
            .filter(|word| word.ends_with(".amazonaws.com"))
            .collect()
    }
}

/// All rows.
pub fn table() -> impl Iterator<Item = Row> {
    TEXT.lines().skip(1).filter_map(|line| {
        let mut fields = line.split('\t');
        Some(Row { id: fields.next()?, actions: fields.next()?, condition: fields.next()? })
    })
}

/// A way up.
#[derive(Debug, Clone, Serialize)]
pub struct Escalation {
    /// The row of the table.
    pub id: String,
    /// Its actions joined with `+`.
    pub actions: String,
    /// Whether something it needs was not seen, or waits.
    pub potential: bool,
    /// What it goes through, bounded.
    pub targets: Vec<String>,
    /// The level afterwards.
    pub gained: Level,
    /// What it waits for.
    pub condition: Kind,
    /// Why it is potential, or what it needs, in words.
    pub requirements: Vec<String>,
    /// The role that can do it, when not the key itself.
    pub via: Option<String>,
}

/// What a check of a row found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// What it goes through.
    pub targets: Vec<String>,
    /// The level afterwards, the best of the targets.
    pub gained: Level,
    /// Why it is only potential.
    pub potential: Option<String>,
}

impl Found {
    /// A confirmed path to an admin.
    pub fn strong(target: &str) -> Self {
        Self { targets: vec![target.to_owned()], gained: Level::Admin, potential: None }
    }

    /// A path that waits for something to be seen.
    pub fn potential(why: &str) -> Self {
        Self { targets: Vec::new(), gained: Level::Unknown, potential: Some(why.to_owned()) }
    }
}

/// How deep targets are looked into: whether a target can make itself admin, by way of a further one.
pub const DEPTH: usize = 2;

/// All ways up for the principal once `met` is met.
pub fn all(view: &View<'_, '_>, met: Needs, depth: usize) -> Vec<Escalation> {
    let mut out = Vec::new();
    for row in table() {
        if let Some(found) = targets::check(view, &row, met, depth) {
            out.push(Escalation {
                id: row.id.to_owned(),
                actions: row.actions.to_owned(),
                potential: found.potential.is_some(),
                targets: found.targets,
                gained: found.gained,
                condition: Kind::Unconditional,
                requirements: found.potential.into_iter().collect(),
                via: None,
            });
        }
    }
    out
}

/// Whether the principal's policies name all the actions of any row.
pub fn names_any(view: &View<'_, '_>) -> bool {
    table().any(|row| targets::names(view, &row))
}

/// Whether there is any confirmed way to an admin.
pub fn any(view: &View<'_, '_>, met: Needs, depth: usize) -> bool {
    table().any(|row| {
        targets::check(view, &row, met, depth)
            .is_some_and(|found| found.potential.is_none() && found.gained >= Level::Escalation)
    })
}

/// Whether a principal is admin, or makes itself so.
pub fn is_strong(view: &View<'_, '_>, met: Needs, depth: usize) -> bool {
    level::is_admin(view, met) || (depth > 0 && any(view, met, depth - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table() {
        assert_eq!(table().count(), 107);
        for row in table() {
            for action in row.actions.split('+') {
                assert!(super::super::catalogue::action(action).is_some(), "{action}");
            }
            if row.id.starts_with("pass-") {
                assert!(!row.services().is_empty(), "{}", row.id);
            }
        }
    }
}
