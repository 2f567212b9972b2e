//! Exit codes: a contract with pipelines, mapped to numbers here and nowhere else.

use std::process::ExitCode;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Nothing at or above the bar.
    Clean,
    /// Something at or above the bar.
    Found,
    /// The command line or a configuration is wrong; nothing was scanned.
    Usage,
    /// The scan, or the report of it, is incomplete, and nothing was found at or above the bar.
    Incomplete,
}

impl Exit {
    /// The number the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Exit::Clean => 0,
            Exit::Found => 1,
            Exit::Usage => 2,
            Exit::Incomplete => 3,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

/// An error that stopped the run before anything was scanned.
#[derive(Debug)]
pub struct UsageError(pub String);

impl std::fmt::Display for UsageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

/// The exit for an error: wrong use, or a report that could not be written.
pub fn of_error(error: &anyhow::Error) -> Exit {
    let is_usage = |e: &(dyn std::error::Error + 'static)| {
        e.is::<UsageError>() || e.is::<crate::pattern::PatternError>()
    };
    if error.chain().any(is_usage) { Exit::Usage } else { Exit::Incomplete }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_a_contract() {
        assert_eq!([Exit::Clean, Exit::Found, Exit::Usage, Exit::Incomplete].map(Exit::code), [0, 1, 2, 3]);
    }

    #[test]
    fn errors_before_the_scan_are_usage() {
        let usage = anyhow::Error::from(UsageError("x".into())).context("while parsing");
        assert_eq!(of_error(&usage), Exit::Usage);
        assert_eq!(of_error(&anyhow::anyhow!("disk full")), Exit::Incomplete);
    }
}
