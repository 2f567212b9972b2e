//! Findings for the tests of this folder.

use crate::address::Address;
use crate::finding::{Class, Finding, Location, Role, Secret, Severity};
use std::collections::BTreeMap;
use std::path::Path;

/// A place on a line of a file.
pub fn site(file: &str, line: u32) -> Location {
    Location {
        address: Address::file(Path::new(file)),
        offset: u64::from(line) * 40,
        line: Some(line),
        column: Some(1),
        site: None,
        role: Role::Value,
        decoded: Vec::new(),
        layer: None,
        around: None,
    }
}

/// A finding on the second line of `src/a.py`.
pub fn finding(pattern: &str, value: &str) -> Finding {
    let parts = BTreeMap::from([(Role::Value, Secret::new(value.as_bytes()))]);
    Finding {
        pattern: pattern.into(),
        name: "Password".into(),
        class: Class::Generic,
        severity: Severity::Medium,
        confidence: 80,
        fingerprint: crate::triage::fingerprint(pattern, &parts),
        parts,
        sites: vec![site("src/a.py", 2)],
        pair: None,
        details: BTreeMap::new(),
        why: String::new(),
        fix: String::new(),
        reference: String::new(),
        history: Vec::new(),
        verification: None,
    }
}
