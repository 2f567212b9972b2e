//! Repositories in archives, and parts of repositories that lie alone.

use crate::repo::{Repo, addresses, git_in, history};
use crate::util::{Dir, Report, credentials, demo::secret_access_key};
use std::path::Path;
use std::process::Command;

/// A repository with a secret in a deleted file in a pack, and one in a loose object.
fn repository() -> Repo {
    let repo = Repo::new();
    let filler = "a line of a file that stays as it is\n".repeat(50);
    for n in 0..4 {
        repo.commit("config/old.ini", format!("{filler}# {n}\n{}{filler}", credentials("packed")));
    }
    repo.git(&["rm", "-q", "config/old.ini"]);
    repo.git(&["commit", "-q", "-m", "remove"]);
    repo.git(&["repack", "-q", "-a", "-d", "-f"]);
    repo.commit("new.ini", credentials("loose"));
    repo
}

fn scanned(folder: &Dir, arguments: &[&str], exit: i32) -> Report {
    let mut command = folder.keysift();
    command.arg("scan").args(arguments).args(["-f", "jsonl", "--reveal"]);
    Report::of(command, exit)
}

fn packed(from: &Path, command: &str) {
    let output = Command::new("sh").current_dir(from).args(["-ec", command]).output().unwrap();
    assert!(output.status.success(), "{command}: {output:?}");
}

/// Both secrets are told with commit and path.
fn assert_told(repo: &Repo, report: &Report, name: &str) {
    let before = &repo.git(&["rev-parse", "HEAD~2"])[..8];
    let head = &repo.git(&["rev-parse", "HEAD"])[..8];
    let packed = secret_access_key("packed");
    assert_eq!(addresses(report, &packed), [format!("{name}@{before}:config/old.ini")]);
    let told = history(report, &packed);
    assert_eq!((&told["objects"], &told["at_head"]), (&4.into(), &false.into()));
    let loose = addresses(report, &secret_access_key("loose"));
    assert!(loose.contains(&format!("{name}@{head}:new.ini")), "{loose:?}");
    assert_eq!(history(report, &secret_access_key("loose"))["at_head"], true);
    assert_eq!(report.ledger["complete"], true, "{:#?}", report.ledger["entries"]);
}

#[test]
fn a_git_folder_in_an_archive_is_a_repository() {
    let repo = repository();
    let name = repo.path().file_name().unwrap().to_str().unwrap().to_owned();
    let out = Dir::new();
    let to = out.path().display();
    packed(repo.path().parent().unwrap(), &format!("tar cf {to}/a.tar {name}"));
    assert_told(&repo, &scanned(&out, &["a.tar"], 1), &format!("a.tar!{name}"));
    std::fs::remove_file(out.path().join("a.tar")).unwrap();
    packed(repo.path(), &format!("tar czf {to}/b.tar.gz ./.git"));
    let report = scanned(&out, &["."], 1);
    assert_told(&repo, &report, "./b.tar.gz!b.tar!.");
    std::fs::remove_file(out.path().join("b.tar.gz")).unwrap();
    // A bare one.
    packed(repo.path(), &format!("mv .git bare.git && zip -qr {to}/c.zip bare.git && mv bare.git .git"));
    assert_told(&repo, &scanned(&out, &["c.zip"], 1), "c.zip!bare.git");

    let without = scanned(&out, &["c.zip", "--no-git"], 0);
    let entries = without.ledger["entries"].as_array().unwrap();
    assert!(entries.iter().any(|e| e["reason"] == "ignored"), "{entries:#?}");
}

#[test]
fn two_repositories_in_one_archive_are_two() {
    let (a, b) = (repository(), Repo::new());
    b.commit("b.ini", credentials("other"));
    let out = Dir::new();
    let to = out.path().display();
    packed(a.path(), &format!("mkdir -p {to}/x/a {to}/x/b && cp -r .git {to}/x/a"));
    packed(b.path(), &format!("cp -r .git {to}/x/b"));
    packed(out.path(), "tar cf x.tar x && rm -r x");
    let report = scanned(&out, &["x.tar"], 1);
    assert_told(&a, &report, "x.tar!x/a");
    let head = &b.git(&["rev-parse", "HEAD"])[..8];
    assert_eq!(addresses(&report, &secret_access_key("other")), [format!("x.tar!x/b@{head}:b.ini")]);
}

#[test]
fn what_lies_alone_is_read_too() {
    let repo = repository();
    let out = Dir::new();
    let to = out.path().display();
    packed(repo.path(), &format!("cp .git/objects/pack/*.pack {to}/some.pack"));
    let report = scanned(&out, &["some.pack"], 1);
    let found = addresses(&report, &secret_access_key("packed"));
    assert!(found.len() == 1 && found[0].starts_with("some.pack@"), "{found:?}");
    assert!(found[0].ends_with(":config/old.ini"), "{found:?}");

    // Single loose objects, under names that say nothing, on disk and in an archive.
    let blob = repo.git(&["rev-parse", "HEAD:new.ini"]);
    packed(repo.path(), &format!("cp .git/objects/{}/{} {to}/found", &blob[..2], &blob[2..]));
    let report = scanned(&out, &["found"], 1);
    assert_eq!(addresses(&report, &secret_access_key("loose")), [format!("found@{}", &blob[..8])]);
    packed(out.path(), "mkdir d && mv found d/ && tar cf found.tar d");
    let report = scanned(&out, &["found.tar"], 1);
    assert_eq!(
        addresses(&report, &secret_access_key("loose")),
        [format!("found.tar!d/found@{}", &blob[..8])]
    );

    // A bundle in an archive.
    repo.git(&["bundle", "create", &format!("{to}/all.bundle"), "--all"]);
    packed(out.path(), "zip -q e.zip all.bundle && rm all.bundle");
    let report = scanned(&out, &["e.zip"], 1);
    assert_told(&repo, &report, "e.zip!all.bundle");
}

#[test]
fn damage_in_an_archive_is_told_and_the_rest_read() {
    let repo = repository();
    let out = Dir::new();
    let to = out.path().display();
    packed(repo.path(), &format!("cp .git/objects/pack/*.pack {to}/whole.pack"));
    let bytes = std::fs::read(out.path().join("whole.pack")).unwrap();
    std::fs::remove_file(out.path().join("whole.pack")).unwrap();
    for cut in [12, 13, bytes.len() / 2, bytes.len() - 21] {
        let folder = Dir::new();
        std::fs::write(folder.path().join("cut.pack"), &bytes[..cut]).unwrap();
        packed(folder.path(), "tar cf cut.tar cut.pack && rm cut.pack");
        let mut command = folder.keysift();
        command.args(["scan", "cut.tar", "-f", "jsonl"]);
        let output = command.output().unwrap();
        assert!(matches!(output.status.code(), Some(1 | 3)), "{cut}: {output:?}");
        let report = Report::parse(&output.stdout);
        let entries = report.ledger["entries"].as_array().unwrap();
        assert!(entries.iter().any(|e| e["reason"] == "damaged"), "{cut}: {entries:#?}");
    }
    // A tree is no text, and an object of a kind that is none is no object.
    let tree = repo.git(&["rev-parse", "HEAD^{tree}"]);
    assert!(git_in(repo.path(), 0, &["cat-file", "-e", &tree]).status.success());
    packed(repo.path(), &format!("cp .git/objects/{}/{} {to}/tree", &tree[..2], &tree[2..]));
    let report = scanned(&out, &["tree"], 0);
    assert_eq!(report.findings.len(), 0);
}
