//! Whatever refers to an object, it is read.

use crate::repo::{Repo, addresses, git_in, history};
use crate::util::{Dir, credentials, demo::secret_access_key};

#[test]
fn a_deleted_file_is_told_with_its_first_and_last_commit() {
    let repo = Repo::new();
    let first = repo.commit("config/prod.ini", credentials("deleted"));
    let last = repo.commit("README", "text\n");
    repo.git(&["rm", "-q", "config/prod.ini"]);
    repo.git(&["commit", "-q", "-m", "remove"]);
    let report = repo.run(&["git"], 1);
    let secret = secret_access_key("deleted");
    let name = repo.path().file_name().unwrap().to_str().unwrap().to_owned();
    assert_eq!(addresses(&report, &secret), [format!("{name}@{}:config/prod.ini", &last[..8])]);
    let told = history(&report, &secret);
    assert_eq!(
        (told["first"]["commit"].as_str(), told["last"]["commit"].as_str()),
        (Some(&*first), Some(&*last))
    );
    assert_eq!(
        (&told["at_head"], &told["objects"], &told["paths"][0]),
        (&false.into(), &1.into(), &"config/prod.ini".into())
    );
    assert!(told["first"].get("author").is_none(), "authors only when asked");
    assert_eq!(told["first"]["date"], "2023-11-14T22:17:20Z");
    let authors = repo.run(&["git", "--authors"], 1);
    assert_eq!(history(&authors, &secret)["first"]["author"], "Ann Author <ann@example.org>");
    assert_eq!(report.ledger["complete"], true);
}

#[test]
fn of_many_versions_the_last_is_told_and_all_when_asked() {
    let repo = Repo::new();
    for n in 0..5 {
        repo.commit("a.ini", format!("{}# version {n}\n", credentials("versions")));
    }
    repo.git(&["mv", "a.ini", "b.ini"]);
    repo.git(&["commit", "-q", "-m", "rename"]);
    let head = repo.git(&["rev-parse", "HEAD"]);
    let secret = secret_access_key("versions");
    let report = repo.run(&["git"], 1);
    let told = history(&report, &secret);
    assert_eq!((&told["at_head"], &told["objects"]), (&true.into(), &5.into()));
    assert_eq!(told["paths"], serde_json::json!(["a.ini", "b.ini"]));
    assert_eq!(told["last"]["commit"], *head);
    assert_eq!(addresses(&report, &secret).len(), 1);
    assert_eq!(addresses(&repo.run(&["git", "--every-version"], 1), &secret).len(), 5);
}

/// One secret in each corner of a repository.
fn corners() -> (Repo, Vec<&'static str>) {
    let repo = Repo::new();
    repo.commit("start", "nothing\n");
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.commit("side.ini", credentials("branch"));
    repo.git(&["checkout", "-q", "main"]);
    repo.dir.write("x", "x\n");
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", &format!("subject\n\n{}", credentials("message"))]);
    repo.git(&["tag", "-a", "v1", "-m", &credentials("tag")]);
    repo.git(&["notes", "add", "-m", &credentials("note")]);
    repo.dir.write("start", credentials("stash"));
    repo.git(&["stash", "-q"]);
    repo.commit("gone.ini", credentials("dangling"));
    repo.git(&["reset", "-q", "--hard", "HEAD~"]);
    repo.dir.write("loose.ini", credentials("loose-blob"));
    repo.git(&["hash-object", "-w", "loose.ini"]);
    std::fs::remove_file(repo.dir.join("loose.ini")).unwrap();
    repo.git(&["worktree", "add", "-q", "tree", "-b", "other"]);
    git_in(
        &repo.dir.join("tree"),
        1_700_001_000,
        &["commit", "-q", "--allow-empty", "-m", &credentials("worktree")],
    );
    let all = vec!["branch", "message", "tag", "note", "stash", "dangling", "loose-blob", "worktree"];
    (repo, all)
}

#[test]
fn branches_messages_tags_notes_stashes_and_what_no_name_leads_to() {
    let (repo, all) = corners();
    let missing = |arguments: &[&str]| {
        let report = repo.run(arguments, 1);
        assert_eq!(report.entries("damaged"), []);
        all.iter()
            .filter(|n| addresses(&report, &secret_access_key(n)).is_empty())
            .copied()
            .collect::<Vec<_>>()
    };
    assert_eq!(missing(&["git"]), [""; 0], "loose");
    assert_eq!(missing(&["git", "tree"]), [""; 0], "from the worktree");
    assert_eq!(missing(&["scan", "."]), [""; 0], "with the files");
    // Packed in two packs, one without the objects of the other; what nothing leads to stays loose.
    repo.git(&["repack", "-q", "-d"]);
    repo.commit("more", "more\n");
    repo.git(&["repack", "-q", "-d", "--window=0"]);
    assert_eq!(missing(&["git"]), [""; 0], "packed");
    repo.git(&["repack", "-q", "-a", "-d", "-k"]);
    assert_eq!(missing(&["git"]), [""; 0], "in one pack");
    // From below the root.
    repo.dir.write("deep/er/file", "x\n");
    let report = repo.run(&["git", "deep/er"], 1);
    assert_eq!(history(&report, &secret_access_key("branch"))["paths"][0], "side.ini");
    assert!(addresses(&report, &secret_access_key("message"))[0].ends_with("!message"));
    assert!(addresses(&report, &secret_access_key("tag"))[0].ends_with("!tag"));
    assert_eq!(history(&report, &secret_access_key("loose-blob"))["first"], serde_json::Value::Null);
    // What is in several packs is searched once.
    repo.git(&["repack", "-q", "-a"]);
    repo.git(&["update-ref", "refs/keep/1", "HEAD~1"]);
    let pack = "git rev-list --objects --all | git pack-objects -q .git/objects/pack/pack";
    let made = std::process::Command::new("sh").args(["-c", pack]).current_dir(repo.path()).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    let report = repo.run(&["git"], 1);
    assert!(!report.entries("duplicate").is_empty());
    assert_eq!(report.ledger["complete"], true);
}

#[test]
fn bare_ones_alternates_submodules_and_bundles() {
    let repo = Repo::new();
    let secret = secret_access_key("everywhere");
    repo.commit("a.ini", credentials("everywhere"));
    repo.commit("a.ini", "clean now\n");
    let place = Dir::new();
    let url = format!("file://{}", repo.path().display());
    let git = |arguments: &[&str]| {
        let output = git_in(place.path(), 1_700_000_500, arguments);
        assert!(output.status.success(), "git {arguments:?}: {output:?}");
    };
    git(&["clone", "-q", "--bare", &url, "bare.git"]);
    git(&["clone", "-q", "--shared", repo.path().to_str().unwrap(), "shared"]);
    git(&["-C", "bare.git", "bundle", "create", "-q", "../all.bundle", "--all"]);
    git(&["init", "-q", "super"]);
    git(&["-C", "super", "-c", "protocol.file.allow=always", "submodule", "-q", "add", &url, "sub"]);
    let found = |arguments: &[&str]| {
        let mut command = place.keysift();
        command.args(arguments).args(["-f", "jsonl", "--reveal"]);
        addresses(&crate::util::Report::of(command, 1), &secret).concat()
    };
    assert!(found(&["git", "bare.git"]).starts_with("bare.git@"));
    assert!(found(&["git", "shared"]).starts_with("shared@"));
    assert!(found(&["git", "all.bundle"]).starts_with("all.bundle@"));
    assert!(found(&["scan", "all.bundle"]).starts_with("all.bundle@"));
    assert!(found(&["git", "super"]).contains("modules/sub@"));
    assert!(found(&["git", "super/sub"]).contains("sub@"));
    // An evidence folder that holds all of them.
    let all = found(&["scan", "."]);
    for name in ["bare.git@", "shared@", "all.bundle@", "modules/sub@"] {
        assert!(all.contains(name), "{name} in {all}");
    }
    // Without its history, the clean work tree is clean.
    let mut command = place.keysift();
    command.args(["scan", "shared", "--no-git", "-f", "jsonl"]);
    let report = crate::util::Report::of(command, 0);
    assert!(report.entries("ignored").iter().any(|e| e.1.contains("history is left out")));
    // Bundles with prerequisites hold what they hold.
    git(&["-C", "bare.git", "bundle", "create", "-q", "../new.bundle", "main~1..main"]);
    let mut command = place.keysift();
    command.args(["git", "new.bundle", "-f", "jsonl"]);
    let report = crate::util::Report::of(command, 0);
    assert!(!report.entries("ignored").is_empty());
}

#[test]
fn sha_256() {
    let repo = Repo::with(&["--object-format=sha256"]);
    let last = repo.commit("a.ini", credentials("sha-256"));
    repo.git(&["repack", "-q", "-a", "-d"]);
    let report = repo.run(&["git"], 1);
    assert_eq!(history(&report, &secret_access_key("sha-256"))["last"]["commit"], *last);
    repo.git(&["bundle", "create", "-q", "all.bundle", "--all"]);
    assert!(!addresses(&repo.run(&["git", "all.bundle"], 1), &secret_access_key("sha-256")).is_empty());
}

#[test]
fn ranges_and_branches() {
    let repo = Repo::new();
    let one = repo.commit("one.ini", credentials("one"));
    let two = repo.commit("two.ini", credentials("two"));
    repo.git(&["tag", "-a", "v2", "-m", "two"]);
    repo.git(&["checkout", "-q", "-b", "side", "HEAD~1"]);
    repo.commit("deep/side.ini", credentials("side"));
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["merge", "-q", "--no-edit", "side"]);
    repo.git(&["rm", "-q", "two.ini"]);
    repo.git(&["commit", "-q", "-m", &credentials("words")]);
    repo.git(&["repack", "-q", "-a", "-d"]);
    let found = |arguments: &[&str], exit| {
        let report = repo.run(&[&["git"], arguments].concat(), exit);
        let names = ["one", "two", "side", "words"];
        names
            .into_iter()
            .filter(|n| !addresses(&report, &secret_access_key(n)).is_empty())
            .collect::<Vec<_>>()
    };
    assert_eq!(found(&[], 1), ["one", "two", "side", "words"]);
    assert_eq!(found(&["--branch", "v2"], 1), ["one", "two"]);
    assert_eq!(found(&["--branch", "side"], 1), ["one", "side"]);
    assert_eq!(found(&["--since", "v2"], 1), ["side", "words"]);
    assert_eq!(found(&["--since", &one[..9]], 1), ["two", "side", "words"]);
    assert_eq!(found(&[&format!("{one}..{two}")], 1), ["two"]);
    assert_eq!(found(&["v2..side"], 1), ["side"]);
    assert_eq!(found(&["HEAD~1.."], 1), ["words"]);
    assert_eq!(found(&["HEAD..HEAD"], 0), [""; 0]);
    assert_eq!(found(&[".", "v2~1..v2^{commit}"], 1), ["two"]);
    let report = repo.run(&["git", "--since", "v2~1"], 1);
    let told = history(&report, &secret_access_key("two"));
    assert_eq!((told["first"]["commit"].as_str(), &told["at_head"]), (Some(&*two), &false.into()));
    assert_eq!(told["last"]["commit"].as_str().unwrap(), repo.git(&["rev-parse", "HEAD~1"]));
    let told = history(&report, &secret_access_key("side"));
    assert_eq!((&told["paths"][0], &told["at_head"]), (&"deep/side.ini".into(), &true.into()));
    for wrong in [&["--since", "nobody"][..], &["v2..nobody"], &["--branch", "HEAD~99"]] {
        let report = repo.run(&[&["git"], wrong].concat(), 3);
        assert_eq!(report.ledger["count"]["searched"], 0, "{wrong:?}");
    }
}

#[test]
fn nothing_read_is_never_nothing_found() {
    let empty = Repo::new();
    empty.run(&["git"], 3);
    // A new repository with files is scanned like a folder.
    empty.dir.write("a", "text\n");
    empty.run(&["scan", "."], 0);
    let none = Dir::new();
    for arguments in [&["git"][..], &["git", "nowhere"], &["git", "--staged"], &["hook", "install"]] {
        let output = none.keysift().args(arguments).assert().code(2).get_output().clone();
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_content_that_moved_is_told_where_it_is_and_not_where_another_is_now() {
    let repo = Repo::new();
    repo.commit("a.ini", credentials("first"));
    repo.dir.write("z.ini", credentials("first"));
    repo.commit("a.ini", credentials("second"));
    let head = repo.git(&["rev-parse", "HEAD"]);
    let report = repo.run(&["git"], 1);
    let name = repo.path().file_name().unwrap().to_str().unwrap().to_owned();
    for (secret, path) in [("first", "z.ini"), ("second", "a.ini")] {
        let address = format!("{name}@{}:{path}", &head[..8]);
        assert_eq!(addresses(&report, &secret_access_key(secret)), [address], "{secret}");
        assert_eq!(history(&report, &secret_access_key(secret))["objects"], 1, "{secret}");
    }
    assert_eq!(history(&report, &secret_access_key("first"))["paths"], serde_json::json!(["a.ini", "z.ini"]));
}
