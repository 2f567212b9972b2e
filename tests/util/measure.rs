//! Memory and time of the binary.

use super::{Dir, Report, plain};
use std::fs;
use std::time::Duration;

/// Runs `keysift scan`, which ends with this exit code, and gives its report, its peak memory in MiB, and the time that
/// processors spent on it: what else the machine does counts little.
pub fn measured(dir: &Dir, arguments: &[&str], exit: i32) -> (Report, u64, Duration) {
    measured_any(dir, arguments, &[exit])
}

/// The same with any of these exit codes.
pub fn measured_any(dir: &Dir, arguments: &[&str], exits: &[i32]) -> (Report, u64, Duration) {
    run(dir, arguments, exits, &mut plain())
}

/// The same of what is in use at a time: glibc's allocator gives back what is freed, where it would keep up to 64 MiB for each thread.
#[allow(dead_code, reason = "each test program has its own copy")]
pub fn measured_in_use(dir: &Dir, arguments: &[&str], exit: i32) -> (Report, u64, Duration) {
    run(dir, arguments, &[exit], plain().env("MALLOC_MMAP_THRESHOLD_", "1048576"))
}

#[allow(
    unsafe_code,
    clippy::zombie_processes,
    clippy::print_stderr,
    reason = "only wait4 tells the peak memory of one child, and it waits"
)]
fn run(
    dir: &Dir,
    arguments: &[&str],
    exits: &[i32],
    command: &mut std::process::Command,
) -> (Report, u64, Duration) {
    let out = fs::File::create(dir.join("report")).unwrap();
    let child = command
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
    let exit = libc::WEXITSTATUS(status);
    assert!(exits.contains(&exit), "exit {exit}: {}", String::from_utf8_lossy(&text));
    let spent = |time: libc::timeval| Duration::new(time.tv_sec as u64, time.tv_usec as u32 * 1000);
    let (mebibytes, time) = (usage.ru_maxrss as u64 >> 10, spent(usage.ru_utime) + spent(usage.ru_stime));
    eprintln!("{arguments:?}: {mebibytes} MiB, {time:?}");
    (Report::parse(&text), mebibytes, time)
}
