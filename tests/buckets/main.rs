//! Buckets as a source: against moto, and against a store that misbehaves.
//!
//! All keys here are made when the tests run; the servers are on this machine.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a failure may panic")]

#[path = "../verify/moto.rs"]
#[allow(dead_code, reason = "verification uses the rest")]
mod moto;
#[path = "../util/mod.rs"]
mod util;

mod honest;
mod stub;
mod trouble;

use assert_cmd::Command;
use std::collections::BTreeSet;
use util::{Dir, Report};

/// A scan with these credentials and no other settings of AWS.
pub fn command(dir: &Dir, endpoint: &str, (id, secret): (&str, &str)) -> Command {
    let mut command = dir.keysift();
    for (name, _) in std::env::vars() {
        let is_setting = name.starts_with("AWS_") || name.to_ascii_lowercase().ends_with("_proxy");
        if is_setting || name == "SSL_CERT_FILE" {
            command.env_remove(name);
        }
    }
    command.env("HOME", dir.path()).env("AWS_EC2_METADATA_DISABLED", "true");
    command.env("AWS_ENDPOINT_URL_S3", endpoint);
    if !id.is_empty() {
        command.env("AWS_ACCESS_KEY_ID", id).env("AWS_SECRET_ACCESS_KEY", secret);
    }
    command.args(["scan", "-f", "jsonl", "--reveal"]);
    command
}

/// What any key of moto's own is, while it checks nothing.
pub const ANYBODY: (&str, &str) = ("testing", "testing");

/// Scans places of a store.
pub fn scan(endpoint: &str, who: (&str, &str), arguments: &[&str], exit: i32) -> Report {
    let dir = Dir::new();
    let mut command = command(&dir, endpoint, who);
    command.args(arguments);
    let report = Report::of(command, exit);
    // Nothing is left behind.
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    report
}

/// Where something was found.
pub fn places(report: &Report) -> BTreeSet<String> {
    let site = |site: &serde_json::Value| site["address"].as_str().unwrap().to_owned();
    report.findings.iter().flat_map(|f| f["sites"].as_array().unwrap().iter().map(site)).collect()
}

/// What a report says was searched.
pub fn searched(report: &Report) -> (u64, u64) {
    let of = |what: &str| report.ledger[what]["searched"].as_u64().unwrap();
    (of("count"), of("bytes"))
}
