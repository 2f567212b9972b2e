//! The documentation says what there is.
#![allow(clippy::unwrap_used, reason = "a failure may panic")]

mod util;

use keysift::container::{CONTAINERS, ENCLOSED};
use keysift::lens::LENSES;
use std::collections::BTreeSet;
use util::root;

#[test]
fn every_format_has_a_row() {
    let text = std::fs::read_to_string(root().join("docs/formats.md")).unwrap();
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| line.starts_with('|') && !line.starts_with("|-"))
        .map(|line| line.trim_matches('|').split(" |").map(str::trim).collect())
        .filter(|cells: &Vec<&str>| cells[0] != "format")
        .collect();
    assert!(rows.iter().all(|cells| cells.len() == 5), "{:?}", rows.iter().find(|c| c.len() != 5));
    let documented: BTreeSet<&str> = rows
        .iter()
        .flat_map(|cells| cells[1].split(", "))
        .filter_map(|c| c.strip_prefix('`')?.strip_suffix('`'))
        .collect();
    let built: BTreeSet<&str> = LENSES
        .iter()
        .map(|l| l.name())
        .chain(CONTAINERS.iter().map(|c| c.name()))
        .chain(ENCLOSED.iter().map(|e| e.name))
        .collect();
    assert_eq!(documented, built);
}
