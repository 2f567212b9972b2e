//! The ledger: what was searched, what was not, and why. Every byte seen is in it once.

use crate::address::Address;
use std::collections::BTreeMap;

/// Why bytes were not searched, or not understood as fully as their format promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Needs a key or password that is not there.
    Encrypted,
    /// A compression method or format that is not read.
    Unsupported,
    /// Broken or lying; what could be read was searched.
    Damaged,
    /// A limit was reached.
    Limit,
    /// Left out by a rule: `.gitignore`, a symbolic link, not a regular file.
    Ignored,
    /// Could not be read from disk.
    Unreadable,
    /// The same bytes were searched at another address.
    Duplicate,
}

impl Reason {
    /// All reasons.
    pub const ALL: [Reason; 7] = [
        Reason::Encrypted,
        Reason::Unsupported,
        Reason::Damaged,
        Reason::Limit,
        Reason::Ignored,
        Reason::Unreadable,
        Reason::Duplicate,
    ];

    /// The word used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Reason::Encrypted => "encrypted",
            Reason::Unsupported => "unsupported",
            Reason::Damaged => "damaged",
            Reason::Limit => "limit",
            Reason::Ignored => "ignored",
            Reason::Unreadable => "unreadable",
            Reason::Duplicate => "duplicate",
        }
    }

    /// Whether a scan with such an entry is incomplete (exit code 3 where nothing was found).
    pub fn is_incomplete(self) -> bool {
        !matches!(self, Reason::Ignored | Reason::Duplicate)
    }
}

/// Something that was not searched.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// What it is.
    pub address: Address,
    /// How many bytes; `None` when it cannot be known.
    pub bytes: Option<u64>,
    /// Why.
    pub reason: Reason,
    /// In words.
    pub detail: String,
}

/// What was searched and what was not. Ledgers of parts add up to the ledger of the whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Files, entries and other blobs searched to their last byte.
    pub searched_count: u64,
    /// Bytes searched; for compressed data, what came out of it.
    pub searched_bytes: u64,
    /// Everything that was not searched.
    pub entries: Vec<Entry>,
    /// Of what was searched: the objects of histories, where any are.
    pub history: Option<Objects>,
}

/// Objects of the history of repositories that were searched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Objects {
    /// How many.
    pub count: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Of these, the bytes that were looked at; all others are copies of them.
    pub new: u64,
}

impl Ledger {
    /// Enters a blob, or a part of one, that was searched.
    pub fn searched(&mut self, bytes: u64) {
        self.searched_count += 1;
        self.searched_bytes += bytes;
    }

    /// Enters more bytes of a blob that was entered already.
    pub fn searched_more(&mut self, bytes: u64) {
        self.searched_bytes += bytes;
    }

    /// Enters something that was not searched.
    pub fn skipped(
        &mut self,
        address: Address,
        bytes: Option<u64>,
        reason: Reason,
        detail: impl Into<String>,
    ) {
        self.entries.push(Entry { address, bytes, reason, detail: detail.into() });
    }

    /// Adds the ledger of another part.
    pub fn merge(&mut self, other: Ledger) {
        self.searched_count += other.searched_count;
        self.searched_bytes += other.searched_bytes;
        self.entries.extend(other.entries);
        if let Some(other) = other.history {
            let own = self.history.get_or_insert_default();
            own.count += other.count;
            own.bytes += other.bytes;
            own.new += other.new;
        }
    }

    /// Sorts the entries, so that reports do not depend on the order of work.
    pub fn sort(&mut self) {
        self.entries.sort();
    }

    /// Whether something could not be read that should have been.
    pub fn is_incomplete(&self) -> bool {
        self.entries.iter().any(|e| e.reason.is_incomplete())
    }

    /// Known bytes that were not searched.
    pub fn skipped_bytes(&self) -> u64 {
        self.entries.iter().filter_map(|e| e.bytes).fold(0, u64::saturating_add)
    }

    /// Count and known bytes by reason.
    pub fn by_reason(&self) -> BTreeMap<Reason, (u64, u64)> {
        let mut sums = BTreeMap::new();
        for entry in &self.entries {
            let (count, bytes): &mut (u64, u64) = sums.entry(entry.reason).or_insert((0, 0));
            *count += 1;
            // What hostile tables claim.
            *bytes = bytes.saturating_add(entry.bytes.unwrap_or(0));
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_add_up_and_only_some_reasons_make_a_scan_incomplete() {
        let mut whole = Ledger::default();
        whole.searched(10);
        let mut part = Ledger::default();
        part.searched(5);
        part.skipped(Address::named("x"), Some(3), Reason::Ignored, "by rule");
        whole.merge(part);
        assert_eq!((whole.searched_count, whole.searched_bytes, whole.skipped_bytes()), (2, 15, 3));
        assert!(!whole.is_incomplete());
        whole.skipped(Address::named("y"), None, Reason::Unreadable, "permission denied");
        assert!(whole.is_incomplete());
        assert_eq!(whole.by_reason()[&Reason::Ignored], (1, 3));
    }
}
