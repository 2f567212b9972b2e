//! Verification, driven through the program: against moto, and against servers that misbehave.
//!
//! All keys here are made when the tests run; the servers are on this machine.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a failure may panic")]

#[path = "../util/mod.rs"]
mod util;

mod answers;
mod enforced;
mod moto;
mod principals;
mod responder;
mod silence;
mod stub;

use serde_json::Value;
use std::path::Path;
use util::{Dir, keysift};

/// A made-up key pair of this account, as an env file.
pub fn key(account: u64, n: u8) -> (String, String) {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    // The top bit says that the account is in the id; then 40 bits of it; the rest is any.
    let head = 1u128 << 79 | u128::from(account) << 39 | (0x2a_5e71_93b4 + u128::from(n) * 977);
    let id: String = (0..16).map(|i| alphabet[(head >> (75 - 5 * i) & 31) as usize] as char).collect();
    let mut state = 0x9e37_79b9_7f4a_7c15u64.wrapping_mul(u64::from(n) + 3);
    let secret: String = (0..40)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[(state >> 58) as usize]
                as char
        })
        .collect();
    (format!("AKIA{id}"), secret)
}

/// Writes a key where a scan pairs it.
pub fn write_key(dir: &Dir, name: &str, (id, secret): &(String, String)) {
    dir.write(name, format!("AWS_ACCESS_KEY_ID={id}\nAWS_SECRET_ACCESS_KEY={secret}\n"));
}

/// Scans a folder with `--verify` and gives the findings; the environment holds no AWS settings.
pub fn verify(path: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Vec<Value> {
    let mut command = keysift();
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_") || name.ends_with("_proxy"))
    {
        command.env_remove(name);
    }
    command.env("HOME", path).env("AWS_EC2_METADATA_DISABLED", "true").envs(environment.iter().copied());
    let output = command.arg("scan").arg(path).args(["-f", "json"]).args(arguments).output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let report: Value = serde_json::from_str(&stdout)
        .unwrap_or_else(|e| panic!("{e}: {}{stdout}", String::from_utf8_lossy(&output.stderr)));
    report["findings"].as_array().unwrap().clone()
}

/// The verification of the only AWS key in a folder.
pub fn verified(path: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Value {
    let findings = verify(path, arguments, environment);
    let mut found = findings.iter().filter(|f| !f["verification"].is_null());
    let verification = found.next().expect("a verified finding")["verification"].clone();
    assert!(found.next().is_none(), "one key, one verification");
    verification
}
