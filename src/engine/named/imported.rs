//! Libraries that are taken into use far above the value that their client is made with: `import { createClient } from
//! "@acme/sdk"` at the head of a file, `createClient("VALUE")` two hundred lines below.

use super::place;
use crate::engine::call;
use crate::engine::context;
use std::ops::Range;

/// Bytes at the head of a text in which libraries are taken into use.
const HEAD: usize = 8 << 10;
/// Bytes before a value in which its call may begin.
const CALL: usize = 400;
/// Places of a name that are looked at.
const PLACES: usize = 16;

/// A value's call below the line that takes its library into use, and nothing between.
pub(super) struct Brought {
    pub text: Vec<u8>,
    /// The value in it.
    pub run: Range<usize>,
}

/// What the value at `run` is handed to, below the line that takes it into use; nothing where that line is near enough to be
/// seen anyway, or where there is none.
pub(super) fn brought(text: &[u8], run: &Range<usize>) -> Option<Brought> {
    let quote = *text[..run.start].last().filter(|b| matches!(b, b'"' | b'\''))?;
    if text.get(run.end) != Some(&quote) {
        return None;
    }
    let floor = run.start.saturating_sub(CALL);
    // No call begins in the statement before.
    let floor = memchr::memrchr(b';', &text[floor..run.start]).map_or(floor, |at| floor + at + 1);
    let called = call::before(&text[floor..run.start]);
    let name = call::root(std::str::from_utf8(&text[floor + called.start..floor + called.end]).ok()?);
    if name.len() < 3 {
        return None;
    }
    let head = &text[..HEAD.min(run.start.saturating_sub(context::BEFORE))];
    let at =
        memchr::memmem::find_iter(head, name).take(PLACES).find(|at| place::binds(head, *at, || name))?;
    let line = place::line(head, at);
    let start = memchr::memrchr(b'\n', &text[..floor + called.start]).map_or(0, |n| n + 1).max(floor);
    let rest = &text[run.end..text.len().min(run.end + context::AFTER)];
    let rest = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
    let run_start = line.len() + 1 + run.start - start;
    Some(Brought {
        text: [&head[line], b"\n", &text[start..run.end], rest].concat(),
        run: run_start..run_start + run.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_brought_below_its_library() {
        let between = "x();\n".repeat(200);
        for (library, call, wanted) in [
            ("import { createClient } from '@acme/sdk'", "createClient('VALUE')", true),
            ("const { createClient } = require(\"acme\")", "x = createClient({ key: 'VALUE' })", true),
            ("from acme import Client as A1B", "A1B(\n  'VALUE')", true),
            ("from acme import Client", "Other('VALUE')", false),
            ("// createClient of acme", "createClient('VALUE')", false),
            ("import { createClients } from '@acme/sdk'", "createClient('VALUE')", false),
            ("from acme import Client", "Client(VALUE)", false),
        ] {
            let text = format!("{library}\n{between}{call};\n");
            let at = text.find("VALUE").unwrap();
            let brought = brought(text.as_bytes(), &(at..at + 5));
            assert_eq!(brought.is_some(), wanted, "{library} {call}");
            if let Some(brought) = brought {
                assert!(brought.text.starts_with(format!("{library}\n").as_bytes()), "{library}");
                assert_eq!(&brought.text[brought.run], b"VALUE");
            }
        }
    }
}
