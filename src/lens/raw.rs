//! The raw lens: a blob's own bytes. Every blob is searched through it, whatever else reads it.

use crate::blob::TextKind;

/// Bytes looked at to tell text from binary data.
const SNIFF: usize = 8 << 10;

/// Whether `bytes` are text (of any ASCII-compatible encoding) or arbitrary data. Looks at the
/// first and the last 8 KiB for NUL bytes, and a little of that for control characters: a script with an archive behind it is no plain text.
pub fn kind(bytes: &[u8]) -> TextKind {
    let head = &bytes[..bytes.len().min(SNIFF)];
    let tail = &bytes[bytes.len().saturating_sub(SNIFF).max(head.len())..];
    if is_text(head) && is_text(tail) { TextKind::Plain } else { TextKind::Binary }
}

fn is_text(bytes: &[u8]) -> bool {
    if memchr::memchr(0, bytes).is_some() {
        return false;
    }
    let bytes = &bytes[..bytes.len().min(1 << 10)];
    let control =
        bytes.iter().filter(|&&b| b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b)).count();
    control * 50 <= bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_binary() {
        assert_eq!(kind(b""), TextKind::Plain);
        assert_eq!(kind("grüße\n".as_bytes()), TextKind::Plain);
        assert_eq!(kind(b"gr\xfc\xdfe in latin-1\n"), TextKind::Plain);
        assert_eq!(kind(b"MZ\x90\x00\x03"), TextKind::Binary);
        let mut script = b"#!/bin/sh\n".repeat(2000);
        script.extend([0, 1, 2, 3]);
        assert_eq!(kind(&script), TextKind::Binary);
    }
}
