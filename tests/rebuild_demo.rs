//! The demo app built anew from its sources by the real tools gives the findings of the committed one.
//!
//! Needs the Debian packages that `build.sh` installs, and PyPI. Where that cannot be, the test
//! fails, unless `KEYSIFT_SKIP_ANDROID=1` says so.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a failure may panic")]

mod util;

use serde_json::Value;
use util::{Dir, Report, demo, demo_apk, root};

#[test]
fn a_rebuilt_package_has_the_same_findings() {
    if util::without_android("the demo app") {
        return;
    }
    let dir = Dir::new();
    let built = std::process::Command::new(root().join("testdata/demo-app/build.sh"))
        .arg(dir.path())
        .output()
        .unwrap();
    assert!(
        built.status.success(),
        "build.sh: {}\n{}\n(KEYSIFT_SKIP_ANDROID=1 leaves this test out)",
        built.status,
        String::from_utf8_lossy(&built.stderr)
    );
    let rebuilt = dir.scan(&["demo.apk"], 1);
    demo::check(&rebuilt, "demo.apk");

    let mut command = util::keysift();
    command.current_dir(demo_apk().parent().unwrap());
    command.args(["scan", "demo.apk", "-f", "jsonl", "--reveal"]);
    let committed = Report::of(command, 1);
    // All findings, to the byte offset: both packages hold the same code and resources.
    let lines = |report: &Report| report.findings.iter().map(Value::to_string).collect::<Vec<_>>();
    assert_eq!(lines(&rebuilt), lines(&committed));
}
