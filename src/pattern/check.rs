//! Checks of patterns that cost too much for every start: all regular expressions compile, every
//! example is found and no counter-example is. Run by tests and by `keysift patterns check`.

use super::{Matcher, Pattern, PatternError};

/// Ids are `family.kind`, in lower case with hyphens: usable as SARIF rule ids and file names.
pub(super) fn id(id: &str) -> Result<(), String> {
    let word = |w: &str| {
        !w.is_empty()
            && w.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !w.starts_with('-')
            && !w.ends_with('-')
    };
    match id.split_once('.') {
        Some((family, kind)) if word(family) && word(kind) => Ok(()),
        _ => Err(format!("id {id:?} must be `family.kind` in lower-case letters, digits and hyphens")),
    }
}

/// Whether the regular expression compiles.
pub fn regexes(pattern: &Pattern) -> Result<(), PatternError> {
    match &pattern.matcher {
        Matcher::Regex { regex, .. } => regex.compile().map(drop).map_err(|what| PatternError {
            origin: pattern.origin.clone(),
            what: format!("{}: regex: {what}", pattern.id),
        }),
        _ => Ok(()),
    }
}
