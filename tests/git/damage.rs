//! Damage costs an object and not the scan, and is always told.

use crate::repo::{Repo, addresses};
use crate::util::{credentials, demo::secret_access_key};
use std::fs;
use std::path::PathBuf;

fn packs(repo: &Repo, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(repo.dir.join(".git/objects/pack")).unwrap();
    let paths = entries.map(|e| e.unwrap().path());
    paths.filter(|p| p.extension().is_some_and(|e| e == extension)).collect()
}

/// Git makes its files read-only.
fn overwrite(path: &PathBuf, bytes: &[u8]) {
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
}

fn repo() -> Repo {
    let repo = Repo::new();
    for name in ["one", "two", "three"] {
        repo.commit(&format!("{name}.ini"), credentials(name));
    }
    repo
}

#[test]
fn loose_objects_that_are_broken_or_missing() {
    let repo = repo();
    let path = |spec: &str| {
        let id = repo.git(&["rev-parse", spec]);
        repo.dir.join(format!(".git/objects/{}/{}", &id[..2], &id[2..]))
    };
    overwrite(&path("HEAD:one.ini"), b"no zlib stream");
    fs::remove_file(path("HEAD:two.ini")).unwrap();
    let report = repo.run(&["git"], 1);
    assert!(!addresses(&report, &secret_access_key("three")).is_empty());
    assert_eq!(report.ledger["complete"], false);
    assert_eq!(report.entries("damaged").len(), 1, "{:?}", report.entries("damaged"));
    assert_eq!(report.entries("unreadable").len(), 1, "{:?}", report.entries("unreadable"));
    fs::remove_file(path("HEAD:three.ini")).unwrap();
    repo.run(&["git"], 3);
}

#[test]
fn packs_that_are_cut_or_changed() {
    let repo = repo();
    repo.git(&["repack", "-q", "-a", "-d", "--window=0"]);
    let pack = packs(&repo, "pack").remove(0);
    let whole = fs::read(&pack).unwrap();
    for cut in [0, 4, 11, 12, 40, whole.len() / 2, whole.len() - 21] {
        overwrite(&pack, &whole[..cut]);
        let mut command = repo.dir.keysift();
        command.args(["git", "-f", "jsonl", "--reveal"]);
        let output = command.output().unwrap();
        assert!(matches!(output.status.code(), Some(1 | 3)), "cut at {cut}: {output:?}");
        let report = crate::util::Report::parse(&output.stdout);
        assert_eq!(report.ledger["complete"], false, "cut at {cut}");
    }
    // Every byte changed in turn: the scan ends, and says so or finds all.
    for at in (12..whole.len() - 20).step_by(7) {
        let mut changed = whole.clone();
        changed[at] ^= 0x5a;
        overwrite(&pack, &changed);
        let output = repo.dir.keysift().args(["git", "-f", "jsonl", "--reveal"]).output().unwrap();
        assert!(matches!(output.status.code(), Some(1 | 3)), "byte {at}: {output:?}");
        let report = crate::util::Report::parse(&output.stdout);
        assert_eq!(report.ledger["complete"], false, "byte {at}");
    }
    // Without its index, a pack is read all the same.
    overwrite(&pack, &whole);
    let index = packs(&repo, "idx").remove(0);
    fs::remove_file(index).unwrap();
    assert_eq!(repo.run(&["git"], 1).pairs().len(), 3);
}

#[test]
fn partial_and_shallow_clones_say_what_is_not_here() {
    let repo = repo();
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", repo.path().display());
    repo.git(&["clone", "-q", "--bare", "--filter=blob:none", &url, "partial.git"]);
    let report = repo.run(&["git", "partial.git"], 3);
    assert!(report.entries("unreadable").iter().any(|e| e.1.contains("partial clone")));
    repo.git(&["clone", "-q", "--bare", "--depth=1", &url, "shallow.git"]);
    let report = repo.run(&["git", "shallow.git"], 1);
    assert!(report.entries("ignored").iter().any(|e| e.1.contains("shallow")), "{:?}", report.ledger);
    assert_eq!(report.ledger["complete"], true);
}
