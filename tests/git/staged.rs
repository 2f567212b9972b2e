//! What is staged, as hooks ask for it.

use crate::repo::{Repo, addresses};
use crate::util::{credentials, demo::secret_access_key};

#[test]
fn the_index_is_read_and_not_the_files() {
    let repo = Repo::new();
    repo.commit("kept/old.ini", credentials("committed"));
    repo.commit("kept/deep/x", "x\n");
    assert_eq!(repo.run(&["git", "--staged"], 0).ledger["count"]["searched"], 0);
    repo.dir.write("new/staged.ini", credentials("staged"));
    repo.dir.write("kept/deep/x", credentials("changed"));
    repo.git(&["add", "-A"]);
    // What came after `git add` is not in the next commit, what was taken away again is.
    repo.dir.write("new/staged.ini", "clean again\n");
    repo.dir.write("kept/untracked.ini", credentials("untracked"));
    repo.dir.write("announced.ini", credentials("announced"));
    repo.git(&["add", "-N", "announced.ini"]);
    let report = repo.run(&["git", "--staged"], 1);
    let found = |report: &crate::util::Report| {
        let names = ["committed", "staged", "changed", "untracked", "announced"];
        names.into_iter().filter(|n| !addresses(report, &secret_access_key(n)).is_empty()).collect::<Vec<_>>()
    };
    assert_eq!(found(&report), ["staged", "changed", "announced"]);
    assert_eq!(addresses(&report, &secret_access_key("changed")), ["kept/deep/x"]);
    // With names, as pre-commit gives them: the staged content of these, changed or not.
    assert_eq!(found(&repo.run(&["git", "--staged", "new/staged.ini"], 1)), ["staged"]);
    assert_eq!(found(&repo.run(&["git", "--staged", "kept/old.ini"], 1)), ["committed"]);
    assert_eq!(found(&repo.run(&["git", "--staged", "kept"], 1)), ["committed", "changed"]);
    // An untracked file has nothing staged.
    repo.run(&["git", "--staged", "kept/untracked.ini"], 3);
    // The trees that git remembers in the index change nothing.
    repo.git(&["read-tree", "--empty"]);
    repo.git(&["add", "kept/deep/x", "kept/old.ini"]);
    assert_eq!(found(&repo.run(&["git", "--staged"], 1)), ["changed"]);
    for version in ["4", "2"] {
        repo.git(&["update-index", "--index-version", version]);
        assert_eq!(found(&repo.run(&["git", "--staged"], 1)), ["changed"], "version {version}");
    }
}

#[test]
fn before_the_first_commit_all_is_new() {
    let repo = Repo::new();
    assert_eq!(repo.run(&["git", "--staged"], 0).findings.len(), 0);
    repo.dir.write("a.ini", credentials("first"));
    repo.git(&["add", "-A"]);
    assert_eq!(repo.run(&["git", "--staged"], 1).pairs().len(), 1);
    // A type of index that is not read is no clean index.
    repo.git(&["update-index", "--split-index"]);
    let report = repo.run(&["git", "--staged"], 3);
    assert_eq!(report.entries("unsupported").len(), 1);
}
