//! The command line: arguments, settings, exit codes. One file a command.

mod allow;
mod args;
mod baseline;
mod exit;
mod explain;
mod git;
mod hook;
mod inspect;
mod output;
mod patterns;
mod progress;
mod resume;
mod revoke;
mod scan;
mod settings;
mod verify;

use clap::{ArgMatches, CommandFactory, FromArgMatches};
use std::io::Write;
use std::process::ExitCode;

pub use args::Arguments;
pub use exit::Exit;

/// Runs the program: parses the command line, does what it says, and gives the exit code.
pub fn main() -> ExitCode {
    quiet_panics();
    let (arguments, matches) = match parse() {
        Ok(parsed) => parsed,
        Err(e) => {
            // Help and version are answers, everything else is a mistake.
            let exit = if e.use_stderr() { Exit::Usage } else { Exit::Clean };
            let _ = e.print();
            return exit.into();
        }
    };
    let given = settings::Given::of(&matches);
    let result = match arguments.command {
        args::Command::Scan(mut scan) => scan::run(&mut scan, &given),
        args::Command::Git(mut git) => git::run(&mut git, &given),
        args::Command::Baseline(baseline) => baseline::run(baseline, &given),
        args::Command::Allow(allow) => allow::run(&allow),
        args::Command::Hook(hook) => hook::run(&hook),
        args::Command::Verify(verify) => verify::run(&verify),
        args::Command::Revoke(revoke) => revoke::run(&revoke),
        args::Command::Explain(explain) => explain::run(&explain, &given),
        args::Command::Inspect(inspect) => inspect::run(&inspect),
        args::Command::Patterns(patterns) => patterns::run(&patterns),
    };
    match result {
        Ok(exit) => exit.into(),
        // Whoever reads our output has seen enough.
        Err(e) if is_closed_pipe(&e) => Exit::Clean.into(),
        Err(e) => {
            let _ = writeln!(anstream::stderr(), "keysift: {e:#}");
            exit::of_error(&e).into()
        }
    }
}

/// The arguments, and what is known of where each came from.
fn parse() -> Result<(Arguments, ArgMatches), clap::Error> {
    let mut command = Arguments::command();
    let matches = command.try_get_matches_from_mut(std::env::args_os())?;
    let arguments = Arguments::from_arg_matches(&matches).map_err(|e| e.format(&mut command))?;
    Ok((arguments, matches))
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let closed = |e: &std::io::Error| e.kind() == std::io::ErrorKind::BrokenPipe;
    error.chain().any(|e| e.downcast_ref::<std::io::Error>().is_some_and(closed))
}

/// A panic is a defect, and it is caught where a file is searched. Its message could hold bytes of
/// that file, so only the place in our own code is printed.
fn quiet_panics() {
    // One message is enough: the ledger names every blob it happened in.
    static TOLD: std::sync::Once = std::sync::Once::new();
    std::panic::set_hook(Box::new(|info| {
        TOLD.call_once(|| {
            let place = info.location().map(|l| format!("{}:{}", l.file(), l.line())).unwrap_or_default();
            let _ = writeln!(anstream::stderr(), "keysift: internal error at {place}; please report it");
        });
    }));
}
