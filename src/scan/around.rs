//! The lines around a value, kept for those who judge findings by what stands beside them.

use crate::finding::{Around, Secret};
use std::ops::Range;

/// Of which values the lines around them are kept.
#[derive(Clone, Copy, Debug)]
pub enum Keep {
    /// Of those where this says so of one of the lines: of hardly any.
    Where(fn(&[u8]) -> bool),
    /// Of all.
    All,
}

/// Bytes that are kept on each side of a value, and of the line above: lines of minified programs are as
/// long as the file.
const REACH: usize = 1024;
/// Longest value that is kept within its line.
const MAX_VALUE: usize = 4096;

/// The lines around `value`, where they are to be kept.
pub(super) fn around(text: &[u8], value: &Range<usize>, keep: Keep) -> Option<Around> {
    let (before, rest) = text.split_at_checked(value.start)?;
    let (own, behind) = rest.split_at_checked(value.len())?;
    let near = &before[before.len().saturating_sub(REACH)..];
    let line_start = memchr::memrchr(b'\n', near);
    let head = &near[line_start.map_or(0, |at| at + 1)..];
    let behind = &behind[..behind.len().min(REACH)];
    let tail = &behind[..memchr::memchr(b'\n', behind).unwrap_or(behind.len())];
    let above = line_start.map(|_| {
        let end = before.len() - head.len() - 1;
        let above = &before[end.saturating_sub(REACH)..end];
        &above[memchr::memrchr(b'\n', above).map_or(0, |at| at + 1)..]
    });
    if let Keep::Where(is_wanted) = keep
        && ![Some(head), Some(tail), above].into_iter().flatten().any(is_wanted)
    {
        return None;
    }
    let is_short = own.len() <= MAX_VALUE && !own.contains(&b'\n');
    let line = [head, if is_short { own } else { b"\n" }, tail].concat();
    Some(Around { above: above.map(Secret::new), line: Secret::new(&line) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, value: &str, keep: Keep) -> Option<(Option<String>, String)> {
        let start = text.find(value)?;
        let found = around(text.as_bytes(), &(start..start + value.len()), keep)?;
        let text = |s: &Secret| String::from_utf8(s.reveal().to_vec()).unwrap();
        Some((found.above.as_ref().map(text), text(&found.line)))
    }

    #[test]
    fn the_line_and_the_one_above_are_kept_where_they_are_wanted() {
        let text = "first\nsecond\nk = \"VALUE\" # here\nlast";
        let all = shown(text, "VALUE", Keep::All).unwrap();
        assert_eq!(all, (Some("second".into()), "k = \"VALUE\" # here".into()));
        let at = |word: &'static str| {
            shown(
                text,
                "VALUE",
                Keep::Where(match word {
                    "here" => |line| line.ends_with(b"here"),
                    "second" => |line| line == b"second",
                    _ => |line| line == b"first" || line == b"last",
                }),
            )
        };
        assert!(at("here").is_some() && at("second").is_some() && at("other").is_none());
        assert_eq!(shown("VALUE", "VALUE", Keep::All).unwrap(), (None, "VALUE".into()));
        assert_eq!(shown("\nVALUE", "VALUE", Keep::All).unwrap(), (Some(String::new()), "VALUE".into()));
    }

    #[test]
    fn long_lines_and_long_values_are_bounded() {
        let text = format!("{}VALUE{}", "a".repeat(1 << 20), "b".repeat(1 << 20));
        let (above, line) = shown(&text, "VALUE", Keep::All).unwrap();
        assert_eq!((above, line.len()), (None, 2 * REACH + 5));
        let (_, line) = shown("x\nk = A\nB # end\n", "A\nB", Keep::All).unwrap();
        assert_eq!(line, "k = \n # end");
    }
}
