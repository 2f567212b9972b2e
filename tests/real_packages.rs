//! Real packages from public registries, made by nobody here: their DEX files as another parser
//! reads them, and no damage where there is none.
//!
//! They are fetched into `target/real-packages`. Where there is no network the tests fail, unless
//! `KEYSIFT_SKIP_NETWORK=1` says so.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a failure may panic")]

mod util;

use keysift::address::Address;
use keysift::blob::Blob;
use keysift::container::Container;
use keysift::container::budget::Budget;
use keysift::container::zip::Zip;
use keysift::limits::Limits;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use util::dex_oracle::check_directory;
use util::{Dir, Report, keysift, root};

const PACKAGES: [&str; 5] = [
    "settings_apk-debug.apk",
    "appium-uiautomator2-server-v10.6.6.apk",
    "appium-uiautomator2-server-debug-androidTest.apk",
    "app-uiautomator.apk",
    "u2.jar",
];

/// The folder with the packages; `None` where they were declined.
fn packages() -> Option<PathBuf> {
    static FETCHED: OnceLock<()> = OnceLock::new();
    if util::without_network("real packages") {
        return None;
    }
    let folder = root().join("target/real-packages");
    FETCHED.get_or_init(|| {
        fs::create_dir_all(&folder).unwrap();
        // One process at a time: runners may start each test in a process of its own.
        let lock = fs::File::create(folder.join(".lock")).unwrap();
        lock.lock().unwrap();
        let fetched = Command::new(root().join("testdata/real-packages.sh")).arg(&folder).output().unwrap();
        assert!(
            fetched.status.success(),
            "real-packages.sh: {}\n{}\n(KEYSIFT_SKIP_NETWORK=1 leaves this test out)",
            fetched.status,
            String::from_utf8_lossy(&fetched.stderr)
        );
    });
    Some(folder)
}

#[test]
fn strings_of_every_dex_are_those_of_baksmali() {
    let Some(folder) = packages() else { return };
    let dir = Dir::new();
    let mut count = 0;
    for package in PACKAGES {
        let bytes = fs::read(folder.join(package)).unwrap();
        let blob = Blob { address: Address::named(package), bytes: &bytes };
        let limits = Limits::default();
        let budget = Budget::new(&limits, bytes.len() as u64);
        let opened = Zip.open(&blob, &limits);
        assert!(opened.problems.is_empty(), "{package}: {:?}", opened.problems);
        for member in &opened.members {
            let name = String::from_utf8(member.name().to_vec()).unwrap();
            if name.ends_with(".dex") {
                let mut buffer = Vec::new();
                let contents = member.read(&mut buffer, &budget);
                assert_eq!(contents.problem, None, "{package}: {name}");
                dir.write(format!("{package}/{}", name.replace('/', "_")), contents.bytes);
                count += 1;
            }
        }
    }
    let (files, strings) = check_directory(dir.path()).unwrap();
    assert_eq!(files, count);
    eprintln!("{files} files, {strings} strings agree");
    assert!(files >= 5 && strings > 20_000, "{files} files, {strings} strings");
}

#[test]
fn no_damage_is_reported_in_whole_packages() {
    let Some(folder) = packages() else { return };
    for package in PACKAGES {
        let mut command = keysift();
        // The bar out of the way: what is found is not the question here.
        command.current_dir(&folder).args(["scan", package, "-f", "jsonl"]);
        let output = command.assert().get_output().clone();
        assert!(matches!(output.status.code(), Some(0 | 1)), "{package}: {:?}", output.status);
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{package}");
        let report = Report::parse(&output.stdout);
        assert_eq!(report.entries("damaged"), [], "{package}");
        assert_eq!(report.ledger["complete"], true, "{package}: {:#}", report.ledger);
        assert!(report.ledger["count"]["searched"].as_u64().unwrap() > 1, "{package}");
    }
}
