//! Without a mode that asks somebody, the program opens no socket. The kernel is the witness.

use crate::util::{Dir, plain, root};
use crate::{key, write_key};
use std::process::Command;

/// The socket calls of a run with these arguments, by strace; and its exit code.
fn sockets(dir: &Dir, arguments: &[&str]) -> (Vec<String>, Option<i32>) {
    let trace = dir.join("trace");
    let program = plain().get_program().to_owned();
    let output = Command::new("strace")
        .args(["-f", "-qq", "-e", "trace=%network", "-o"])
        .arg(&trace)
        .arg(program)
        .args(arguments)
        .current_dir(dir.path())
        .env("HOME", dir.path())
        .output()
        .expect("strace is needed: scripts/test installs it");
    let calls = std::fs::read_to_string(&trace).unwrap();
    assert!(!String::from_utf8_lossy(&output.stderr).contains("ptrace"), "strace cannot trace here");
    let network = |l: &&str| ["socket(", "connect(", "sendto(", "bind("].iter().any(|call| l.contains(call));
    (calls.lines().filter(network).map(str::to_string).collect(), output.status.code())
}

#[test]
fn no_socket_is_opened_unless_a_mode_needs_one() {
    if std::env::var_os("KEYSIFT_SKIP_TOOLS").is_some_and(|v| v == "1") {
        eprintln!("skipped: KEYSIFT_SKIP_TOOLS=1");
        return;
    }
    let dir = Dir::new();
    write_key(&dir, "a.env", &key(123_456_789_012, 1));
    let demo = root().join("testdata/demo-app/demo.apk");
    let demo = demo.to_str().unwrap();
    dir.write("snapshot.json", r#"{"UserDetailList": [], "RoleDetailList": []}"#);
    for arguments in [
        &["scan", "a.env", "-f", "json", "-o", "r.sarif"][..],
        &["scan", demo],
        &["scan", "a.env", "--verify", "key", "--plan"],
        &["scan", "a.env", "--verify", "responder", "--plan"],
        &["scan", "a.env", "--verify", "snapshot", "--iam-snapshot", "snapshot.json"],
        &["patterns", "list"],
        &["inspect", demo],
    ] {
        let (calls, code) = sockets(&dir, arguments);
        assert!(code.is_some_and(|c| c < 2), "{arguments:?}: {code:?}");
        assert!(calls.is_empty(), "{arguments:?}: {calls:#?}");
    }
    // The witness sees what there is to see.
    let asks = ["scan", "a.env", "--verify", "key", "--endpoint-url", "http://127.0.0.1:1"];
    assert!(!sockets(&dir, &asks).0.is_empty());
}
