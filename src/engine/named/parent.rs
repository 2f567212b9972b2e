//! The block that a value stands in: what names it is the name of another service's value no more.
//!
//! `"acme": { "token": … },` and below it `"other": { "token": … }`: the second token is not Acme's, whether or not anybody
//! knows the other service.

use super::COMMON;
use crate::triage::names;

/// Lines above that are looked at.
const LINES: usize = 12;
/// Bytes of a line that are looked at.
const LINE: usize = 160;

/// What opens a block.
pub(super) struct Parent {
    /// Where its line begins.
    start: usize,
    indent: usize,
}

impl Parent {
    /// The innermost block around `at`, if its name is one that somebody gave it.
    pub(super) fn of(text: &[u8], at: usize) -> Option<Parent> {
        let start = line_start(text, at);
        if at - start > 4 * LINE {
            return None;
        }
        let indent = indent(text, start);
        if let Some(open) = unclosed(&text[start..at]) {
            let name = last_name(&text[start..start + open])?;
            return is_given(name).then_some(Parent { start, indent });
        }
        let mut below = start;
        for _ in 0..LINES {
            let above = line_start(text, below.checked_sub(1)?);
            let line = &text[above..below];
            below = above;
            if line.len() > LINE || line.trim_ascii().is_empty() || self::indent(text, above) >= indent {
                continue;
            }
            let line = line.trim_ascii();
            let head = line.strip_suffix(b"{").or_else(|| line.strip_suffix(b"["));
            let head = head.map_or(line, <[u8]>::trim_ascii_end);
            if head.len() == line.len() && !line.ends_with(b":") {
                return None;
            }
            let name = last_name(head)?;
            let is_all = head.iter().filter(|b| b.is_ascii_alphanumeric()).count()
                == name.bytes().filter(u8::is_ascii_alphanumeric).count();
            let indent = self::indent(text, above);
            return (is_all && is_given(name)).then_some(Parent { start: above, indent });
        }
        None
    }

    /// Whether what stands at `at`, above the value, belongs to another block: it is neither in this one, nor around it, nor
    /// a comment above it.
    pub(super) fn shuts_out(&self, text: &[u8], at: usize) -> bool {
        if at >= self.start {
            return false;
        }
        let start = line_start(text, at);
        let line = text[start..].trim_ascii_start();
        let is_comment =
            [&b"#"[..], b"//", b"--", b"/*", b"*", b";", b"<!--"].iter().any(|m| line.starts_with(m));
        !is_comment && indent(text, start) >= self.indent
    }
}

/// Names of blocks that say nothing of whose they are.
const PLAIN: &[&str] = &[
    "args",
    "authentication",
    "base",
    "body",
    "common",
    "config",
    "configuration",
    "connection",
    "context",
    "data",
    "default",
    "defaults",
    "env",
    "environment",
    "export",
    "exports",
    "extra",
    "form",
    "global",
    "header",
    "headers",
    "input",
    "inputs",
    "integrations",
    "json",
    "keys",
    "metadata",
    "options",
    "opts",
    "params",
    "parameters",
    "payload",
    "props",
    "provider",
    "providers",
    "query",
    "request",
    "secret",
    "secrets",
    "services",
    "settings",
    "source",
    "spec",
    "string",
    "token",
    "tokens",
    "values",
    "variables",
    "vars",
    "with",
    "key",
    "password",
    "passwords",
    "properties",
];

fn is_given(name: &str) -> bool {
    names::words(name)
        .iter()
        .any(|w| w.len() > 1 && !COMMON.contains(&w.as_str()) && !PLAIN.contains(&w.as_str()))
}

fn line_start(text: &[u8], at: usize) -> usize {
    memchr::memrchr(b'\n', &text[..at]).map_or(0, |n| n + 1)
}

fn indent(text: &[u8], start: usize) -> usize {
    text[start..].iter().take(LINE).take_while(|b| matches!(b, b' ' | b'\t')).count()
}

/// Where the innermost brace stands that `line` opens and does not close.
fn unclosed(line: &[u8]) -> Option<usize> {
    let mut closed = 0;
    line.iter().rposition(|b| {
        closed += i32::from(*b == b'}') - i32::from(*b == b'{');
        closed < 0
    })
}

/// The name at the end of `head`, before what sets it: `"acme": `, `acme = `, `'acme' => `.
fn last_name(head: &[u8]) -> Option<&str> {
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let end = head.iter().rposition(is_part)? + 1;
    let start = head[..end].iter().rposition(|b| !is_part(b)).map_or(0, |at| at + 1);
    let gap = &head[end..];
    (gap.len() < 8).then(|| std::str::from_utf8(&head[start..end]).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether `acme` is shut out from the value `V`.
    fn shut(text: &str) -> bool {
        let value = text.rfind('V').unwrap();
        Parent::of(text.as_bytes(), value)
            .is_some_and(|parent| parent.shuts_out(text.as_bytes(), text.find("acme").unwrap()))
    }

    #[test]
    fn what_belongs_to_another_block() {
        for text in [
            "{\n  \"acme\": { \"token\": \"x\" },\n  \"other\": { \"token\": \"V\" }\n}",
            "acme:\n  key: x\nother:\n  key: V\n",
            "acme = {\n  key = 1\n}\nother = {\n  key = V\n}",
        ] {
            assert!(shut(text), "{text}");
        }
        for text in [
            "acme:\n  key: V\n",
            "acme:\n  production:\n    key: V\n",
            "acme:\n  eu: { key: V }\n",
            "# acme\nproduction:\n  key: V\n",
            "import acme\n\ndef main():\n    key = V\n",
            "acme.init()\nheaders = { \"key\": \"V\" }",
            "acme.init()\nkey = V",
        ] {
            assert!(!shut(text), "{text}");
        }
    }
}
