//! The progress bar: on standard error, only on a terminal, only for scans that take a while.

use crate::scan::Progress;
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::time::Duration;

/// Most scans are over before a bar would be worth drawing.
const PATIENCE: Duration = Duration::from_millis(300);
const TICK: Duration = Duration::from_millis(100);

/// Runs `work` with a progress bar that reads `progress`.
pub fn shown<T>(progress: &Progress, quiet: bool, work: impl FnOnce() -> T) -> T {
    if quiet || !std::io::stderr().is_terminal() {
        return work();
    }
    let (done, waiting) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || draw(progress, &waiting));
        let result = work();
        drop(done);
        result
    })
}

fn draw(progress: &Progress, done: &mpsc::Receiver<()>) {
    let goes_on = |patience| done.recv_timeout(patience) == Err(mpsc::RecvTimeoutError::Timeout);
    if !goes_on(PATIENCE) {
        return;
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
        bar.set_style(style);
    }
    loop {
        let files = progress.files.load(Ordering::Relaxed);
        let bytes = progress.bytes.load(Ordering::Relaxed);
        bar.set_message(format!("{} files, {}", HumanCount(files), HumanBytes(bytes)));
        bar.tick();
        if !goes_on(TICK) {
            break;
        }
    }
    bar.finish_and_clear();
}
