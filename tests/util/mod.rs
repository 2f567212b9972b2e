//! What integration tests share: a temporary folder, the binary, its reports, made-up keys.
//!
//! Every way of running the binary prints the command and all it said when the test fails.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "each test uses its own part, and a failure may panic"
)]

pub mod demo;
pub mod dex_oracle;
pub mod measure;
pub mod zip;

use assert_cmd::Command;
use serde_json::Value;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The folder of the package.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Whether what needs something that a machine may lack is left out, because the user said so; who asks says what that is.
fn is_left_out(variable: &str, what: &str) -> bool {
    let is_left_out = std::env::var_os(variable).is_some_and(|v| v == "1");
    if is_left_out {
        eprintln!("{variable}=1: {what}");
    }
    is_left_out
}

/// Of what Debian's tools make.
pub fn without_tools(what: &str) -> bool {
    is_left_out("KEYSIFT_SKIP_TOOLS", &format!("{what}: not built"))
}

/// Of what registries have.
pub fn without_network(what: &str) -> bool {
    is_left_out("KEYSIFT_SKIP_NETWORK", &format!("{what}: not fetched"))
}

/// Of what Android's tools build.
pub fn without_android(what: &str) -> bool {
    is_left_out("KEYSIFT_SKIP_ANDROID", &format!("{what}: not built"))
}

/// The demo app that is committed.
pub fn demo_apk() -> PathBuf {
    root().join("testdata/demo-app/demo.apk")
}

/// The binary, in the folder of the tests' data, with nothing of the caller's settings.
pub fn keysift() -> Command {
    let mut command = Command::from_std(plain());
    command.timeout(Duration::from_secs(120));
    command
}

/// The binary for tests that need its process.
pub fn plain() -> std::process::Command {
    let mut command = std::process::Command::new(binary());
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").env("LC_ALL", "C.UTF-8");
    command
}

/// Where the binary is.
pub fn binary() -> PathBuf {
    assert_cmd::cargo::cargo_bin!("keysift").to_owned()
}

/// A temporary folder that goes away with the test.
pub struct Dir(tempfile::TempDir);

impl Dir {
    pub fn new() -> Self {
        Dir(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path().join(name)
    }

    /// Writes a file, with the folders it needs; the name may be any bytes.
    pub fn write(&self, name: impl AsRef<[u8]>, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.join(std::ffi::OsStr::from_bytes(name.as_ref()));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// The binary with this folder as the current one.
    pub fn keysift(&self) -> Command {
        let mut command = keysift();
        command.current_dir(self.path());
        command
    }

    /// `keysift scan -f jsonl --reveal` with these arguments.
    pub fn scan(&self, arguments: &[&str], exit: i32) -> Report {
        let mut command = self.keysift();
        command.args(["scan", "-f", "jsonl", "--reveal"]).args(arguments);
        Report::of(command, exit)
    }
}

/// A report in JSONL.
pub struct Report {
    pub findings: Vec<Value>,
    /// What was let through.
    pub allowed: Vec<Value>,
    pub ledger: Value,
}

impl Report {
    /// Runs a command that writes one.
    pub fn of(mut command: Command, exit: i32) -> Self {
        let output = command.assert().code(exit).get_output().clone();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{command:?}");
        Self::parse(&output.stdout)
    }

    pub fn parse(stdout: &[u8]) -> Self {
        let text = std::str::from_utf8(stdout).unwrap();
        let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let ledger = lines.pop().expect("a ledger line");
        assert_eq!(ledger["type"], "ledger");
        let allowed = lines.split_off(lines.iter().take_while(|line| line["type"] == "finding").count());
        assert!(allowed.iter().all(|line| line["type"] == "allowed"));
        Report { findings: lines, allowed, ledger }
    }

    /// The findings of a pattern.
    pub fn of_pattern(&self, pattern: &str) -> Vec<&Value> {
        self.findings.iter().filter(|f| f["pattern"] == pattern).collect()
    }

    /// `(id, secret)` of all AWS pairs.
    pub fn pairs(&self) -> Vec<(String, String)> {
        let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
        self.of_pattern("aws.key-pair")
            .iter()
            .map(|f| (text(&f["parts"]["id"]), text(&f["parts"]["secret"])))
            .collect()
    }

    /// `(address, detail)` of the ledger's entries for a reason.
    pub fn entries(&self, reason: &str) -> Vec<(String, String)> {
        let text = |v: &Value| v.as_str().unwrap().to_owned();
        self.ledger["entries"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|e| e["reason"] == reason)
            .map(|e| (text(&e["address"]), text(&e["detail"])))
            .collect()
    }
}

/// A pair that opens nothing, in the text of a credentials file.
pub fn credentials(name: &str) -> String {
    format!(
        "[default]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        demo::access_key_id(name),
        demo::secret_access_key(name)
    )
}

/// Small, seeded, the same everywhere.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
}
