//! With Android's own tools and with packages nobody here wrote. Needs the package registries the
//! first time; `scripts/test --fast` leaves these tests out and says so.

mod util;

use std::path::{Path, PathBuf};
use std::process::Command;
use util::{Report, keysift, root};

fn skipped(variable: &str) -> bool {
    let skipped = std::env::var_os(variable).is_some();
    if skipped {
        eprintln!("left out because {variable} is set");
    }
    skipped
}

/// Runs a recipe of `testdata/`.
fn recipe(script: &str, out: &Path) {
    let output = Command::new("bash").arg(root().join("testdata").join(script)).arg(out).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{script}: {}{}", text(&output.stdout), text(&output.stderr));
}

#[test]
fn the_demo_rebuilt_gives_the_same_findings() {
    if skipped("KEYSIFT_SKIP_ANDROID") {
        return;
    }
    let dir = util::Dir::new();
    recipe("demo-app/build.sh", dir.path());
    let report = dir.scan(&["demo.apk"], 1);
    util::demo::check(&report, "demo.apk");
}

#[test]
fn real_packages_are_read_without_damage() {
    if skipped("KEYSIFT_SKIP_NETWORK") {
        return;
    }
    let folder = root().join("target/real-packages");
    recipe("real-packages.sh", &folder);
    let packages: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "apk" || e == "jar"))
        .collect();
    assert!(packages.len() >= 5, "{packages:?}");
    for package in &packages {
        let mut command = keysift();
        command.args(["scan", "-f", "jsonl", "--fail-on", "critical", "--incomplete-ok"]).arg(package);
        let output = command.output().unwrap();
        let report = Report::parse(&output.stdout);
        assert_eq!(report.entries("damaged"), [], "{}", package.display());
        assert_eq!(report.ledger["complete"], true, "{}", package.display());
        // Looked at by eye: a probing key of Netty in one of them, nothing of AWS in any.
        assert_eq!(report.of_pattern("aws.key-pair").len(), 0, "{}", package.display());

        let pools = util::Dir::new();
        let unzipped = Command::new("unzip")
            .args(["-q", "-o"])
            .arg(package)
            .args(["classes*.dex", "-d"])
            .arg(pools.path())
            .status()
            .unwrap();
        assert!(unzipped.success(), "{}", package.display());
        let (files, strings) = util::dex_oracle::check_directory(pools.path()).unwrap();
        assert!(files >= 1 && strings > 1000, "{}: {files} DEX files, {strings} strings", package.display());
    }
}
