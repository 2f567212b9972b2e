//! Memory and time of the binary.

use super::{Dir, Report, plain};
use std::fs;
use std::time::{Duration, Instant};

/// Runs `keysift scan` and gives its report, its peak memory in MiB, and the time it took.
#[allow(
    unsafe_code,
    clippy::zombie_processes,
    clippy::print_stderr,
    reason = "only wait4 tells the peak memory of one child, and it waits"
)]
pub fn measured(dir: &Dir, arguments: &[&str], exit: i32) -> (Report, u64, Duration) {
    let start = Instant::now();
    let out = fs::File::create(dir.join("report")).unwrap();
    let child = plain()
        .current_dir(dir.path())
        .args(["scan", "-f", "jsonl", "--reveal"])
        .args(arguments)
        .stdout(out)
        .spawn()
        .unwrap();
    let mut status = 0;
    // SAFETY: plain old data, and a child that nobody else waits for.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        assert_eq!(libc::wait4(child.id() as i32, &mut status, 0, &mut usage), child.id() as i32);
        usage
    };
    let text = fs::read(dir.join("report")).unwrap();
    assert!(libc::WIFEXITED(status), "ended by signal {}", libc::WTERMSIG(status));
    assert_eq!(libc::WEXITSTATUS(status), exit, "{}", String::from_utf8_lossy(&text));
    let (mebibytes, time) = (usage.ru_maxrss as u64 >> 10, start.elapsed());
    eprintln!("{arguments:?}: {mebibytes} MiB, {time:?}");
    (Report::parse(&text), mebibytes, time)
}
