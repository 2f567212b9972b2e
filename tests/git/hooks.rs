//! Hooks that git itself runs.

use crate::repo::{Repo, git_in};
use crate::util::{Dir, credentials};
use std::fs;
use std::os::unix::fs::PermissionsExt;

fn commits(repo: &Repo) -> bool {
    repo.git(&["add", "-A"]);
    git_in(repo.path(), 1_700_000_900, &["commit", "-q", "-m", "try"]).status.success()
}

fn write_hook(repo: &Repo, name: &str, text: &str) {
    let path = repo.dir.write(format!(".git/hooks/{name}"), text);
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_commit_with_a_secret_is_stopped() {
    let repo = Repo::new();
    repo.dir.keysift().args(["hook", "install"]).assert().code(0);
    // Twice is as good as once.
    repo.dir.keysift().args(["hook", "install", "--pre-commit"]).assert().code(0);
    repo.dir.write("a", "clean\n");
    assert!(commits(&repo));
    repo.dir.write("b.ini", credentials("hooked"));
    assert!(!commits(&repo));
    repo.dir.keysift().args(["hook", "uninstall"]).assert().code(0);
    assert!(commits(&repo));
    assert!(!repo.dir.join(".git/hooks/pre-commit").exists());
}

#[test]
fn hooks_of_others_are_kept_and_run() {
    let repo = Repo::new();
    write_hook(&repo, "pre-commit", "#!/bin/sh\necho ran >>\"$PWD/log\"\n");
    let before = fs::read(repo.dir.join(".git/hooks/pre-commit")).unwrap();
    repo.dir.keysift().args(["hook", "install"]).assert().code(2);
    assert_eq!(fs::read(repo.dir.join(".git/hooks/pre-commit")).unwrap(), before);
    repo.dir.keysift().args(["hook", "install", "--force"]).assert().code(0);
    repo.dir.write("a", "clean\n");
    assert!(commits(&repo));
    assert_eq!(fs::read_to_string(repo.dir.join("log")).unwrap(), "ran\n");
    repo.dir.write("b.ini", credentials("hooked"));
    assert!(!commits(&repo));
    repo.dir.keysift().args(["hook", "uninstall"]).assert().code(0);
    assert_eq!(fs::read(repo.dir.join(".git/hooks/pre-commit")).unwrap(), before);
    // What is not ours is not removed.
    repo.dir.keysift().args(["hook", "uninstall"]).assert().code(0);
    assert_eq!(fs::read(repo.dir.join(".git/hooks/pre-commit")).unwrap(), before);
}

#[test]
fn a_push_is_stopped_for_what_the_other_side_lacks() {
    let other = Dir::new();
    git_in(other.path(), 1_700_000_000, &["init", "-q", "--bare", "-b", "main"]);
    let repo = Repo::new();
    repo.commit("old.ini", credentials("known"));
    repo.git(&["remote", "add", "origin", other.path().to_str().unwrap()]);
    repo.git(&["push", "-q", "origin", "main"]);
    repo.dir.keysift().args(["hook", "install", "--pre-push"]).assert().code(0);
    let pushes = |arguments: &[&str]| {
        let all = [&["push", "-q", "origin"], arguments].concat();
        git_in(repo.path(), 1_700_000_900, &all).status.success()
    };
    repo.commit("a", "clean\n");
    assert!(pushes(&["main"]));
    repo.git(&["checkout", "-q", "-b", "new"]);
    repo.commit("b", "clean\n");
    assert!(pushes(&["new"]), "a new branch brings only what no remote has");
    repo.commit("c.ini", credentials("pushed"));
    assert!(!pushes(&["new"]));
    assert!(!pushes(&["new:another"]));
    assert!(pushes(&[":new"]), "a branch that is removed brings nothing");
}
