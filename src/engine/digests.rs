//! Digests of files and packages, where tools write lists of them: vendored trees and lock files hold hundreds of thousands, and
//! nothing around them says whose a value is.

use crate::triage::names;
use std::ops::Range;

/// Longest name of a file in a list of checksums, in bytes.
const FILE: usize = 160;

/// Whether the run is the digest of a file or a package: `"src/lib.rs":"9a3e…"`, `checksum = "9a3e…"` of Cargo, `"integrity": "sha512-…"`
/// of npm, `h1:…` of Go.
#[inline]
pub(super) fn is_listed(text: &[u8], run: &Range<usize>) -> bool {
    match text.get(run.end) {
        Some(b'"') if is_length_of_hex(run.len()) => {
            (is_behind_file(text, run.start) || ends_with(text, run.start, b"checksum = \""))
                && text[run.clone()].iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        }
        // Base64 of 32 bytes has one sign of padding, that of 64 has two.
        Some(b'=') if run.len() == 43 => is_padded(text, run, b"=") && ends_with(text, run.start, b" h1:"),
        Some(b'=') if run.len() == 93 => {
            const NAMES: [&[u8]; 4] =
                [b"\"integrity\": \"", b"\"integrity\":\"", b"integrity: ", b"  integrity "];
            let is_named = || NAMES.iter().any(|name| ends_with(text, run.start, name));
            text[run.clone()].starts_with(b"sha512-") && is_padded(text, run, b"==") && is_named()
        }
        _ => false,
    }
}

/// Lengths of MD5, SHA-1, SHA-256, SHA-384 and SHA-512 in hexadecimal.
fn is_length_of_hex(length: usize) -> bool {
    matches!(length, 32 | 40 | 64 | 96 | 128)
}

fn ends_with(text: &[u8], at: usize, name: &[u8]) -> bool {
    text[..at].ends_with(name)
}

/// Whether padding and nothing more of a value stands behind the run.
fn is_padded(text: &[u8], run: &Range<usize>, padding: &[u8]) -> bool {
    let behind = &text[run.end..];
    behind.starts_with(padding)
        && !matches!(behind.get(padding.len()), Some(b'=' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z'))
}

/// Whether a value in quotes at `at` is that of a key which is the name of a file.
fn is_behind_file(text: &[u8], at: usize) -> bool {
    let before = &text[at.saturating_sub(FILE)..at];
    let Some(before) = before.strip_suffix(b"\"") else { return false };
    let Some(before) = before.trim_ascii_end().strip_suffix(b"\":") else { return false };
    let Some(quote) = memchr::memrchr(b'"', before) else { return false };
    std::str::from_utf8(&before[quote + 1..]).is_ok_and(names::ends_as_file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::runs;

    #[test]
    fn digests_stand_where_tools_write_them() {
        let hex = "0123456789abcdef".repeat(4);
        let (short, long) =
            (format!("{}=", "aB3/".repeat(11).split_at(43).0), format!("{}AA==", "aB3/".repeat(21)));
        for (text, wanted) in [
            (format!("{{\"files\":{{\"src/lib.rs\":\"{hex}\""), true),
            (format!("\"Cargo.lock\": \"{hex}\""), true),
            (format!("\"config/master.key\": \"{hex}\""), false),
            (format!("\"stripe.live\": \"{hex}\""), false),
            (format!("\"token\": \"{hex}\""), false),
            (format!("\"src/lib.rs\": \"{}\"", "Zyxw0123".repeat(8)), false),
            (format!("src/lib.rs = {hex}"), false),
            (format!("checksum = \"{hex}\"\n"), true),
            (format!("secret = \"{hex}\"\n"), false),
            (format!("golang.org/x/net v0.17.0 h1:{short}\n"), true),
            (format!("golang.org/x/net v0.17.0/go.mod h1:{short}"), true),
            (format!("token: {short}\n"), false),
            (format!("{{\"integrity\": \"sha512-{long}\"}}"), true),
            (format!("  integrity sha512-{long}\n"), true),
            (format!("{{integrity: sha512-{long}}}"), true),
            (format!("{{\"integrity\": \"sha512-{long}=\"}}"), false),
            (format!("{{\"integrity\": \"{long}AAAAAAA==\"}}"), false),
        ] {
            let mut found = Vec::new();
            runs::for_each_run(text.as_bytes(), 0..text.len(), &mut |run| found.push(run));
            let run = found.iter().find(|run| run.len() > 40).unwrap();
            assert_eq!(is_listed(text.as_bytes(), run), wanted, "{text} {run:?}");
        }
    }
}
