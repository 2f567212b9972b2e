//! A repository made by real git, the same on every machine.

use crate::util::{Dir, Report};
use std::path::Path;
use std::process::{Command, Output};

/// A work tree, with a clock that goes on a minute with each command.
pub struct Repo {
    pub dir: Dir,
    clock: std::cell::Cell<u64>,
}

/// Runs git in a folder, without the settings of the user.
pub fn git_in(folder: &Path, time: u64, arguments: &[&str]) -> Output {
    let mut command = Command::new("git");
    command.current_dir(folder).args(arguments);
    for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_OBJECT_DIRECTORY"] {
        command.env_remove(name);
    }
    let date = format!("{time} +0000");
    command
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .envs([("GIT_AUTHOR_NAME", "Ann Author"), ("GIT_AUTHOR_EMAIL", "ann@example.org")])
        .envs([("GIT_COMMITTER_NAME", "Carl Committer"), ("GIT_COMMITTER_EMAIL", "carl@example.org")])
        .envs([("GIT_AUTHOR_DATE", &date), ("GIT_COMMITTER_DATE", &date)]);
    command.output().unwrap()
}

impl Repo {
    pub fn new() -> Self {
        Self::with(&[])
    }

    /// With arguments for `git init`.
    pub fn with(arguments: &[&str]) -> Self {
        let repo = Repo { dir: Dir::new(), clock: 1_700_000_000.into() };
        repo.git(&[&["init", "-q", "-b", "main"], arguments].concat());
        repo.git(&["config", "gc.auto", "0"]);
        repo
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Runs git; what it prints.
    pub fn git(&self, arguments: &[&str]) -> String {
        self.clock.set(self.clock.get() + 60);
        let output = git_in(self.path(), self.clock.get(), arguments);
        assert!(output.status.success(), "git {arguments:?}: {output:?}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Writes a file and commits it; the id of the commit.
    pub fn commit(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        self.dir.write(name, text);
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", &format!("change {name}")]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// `keysift` with these arguments before `-f jsonl --reveal`.
    pub fn run(&self, arguments: &[&str], exit: i32) -> Report {
        let mut command = self.dir.keysift();
        command.args(arguments).args(["-f", "jsonl", "--reveal"]);
        Report::of(command, exit)
    }
}

/// Addresses of the sites of a finding with this secret.
pub fn addresses(report: &Report, secret: &str) -> Vec<String> {
    let found =
        report.findings.iter().find(|f| f["parts"]["secret"] == secret || f["parts"]["value"] == secret);
    let Some(found) = found else { return Vec::new() };
    let sites = found["sites"].as_array().unwrap().iter();
    let mut all: Vec<String> = sites.map(|s| s["address"].as_str().unwrap().to_owned()).collect();
    all.sort();
    all.dedup();
    all
}

/// The history of the finding with this secret in the first repository that has it.
pub fn history<'r>(report: &'r Report, secret: &str) -> &'r serde_json::Value {
    let found = report.findings.iter().find(|f| f["parts"]["secret"] == secret);
    &found.unwrap_or_else(|| panic!("not found: {:#?}", report.findings))["history"][0]
}
