//! Forms that a whole value has: an expression each, compiled when a value begins as it does.
//!
//! All of them together take milliseconds to compile, which a scan of a few files never earns back. With what most
//! begin (`${`, `ENC(`) nearly no value begins.

use super::Placeholder;
use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};
use std::sync::OnceLock;

/// One form.
pub(super) struct Shape {
    source: &'static str,
    any_case: bool,
    /// What such a value is.
    pub(super) kind: Placeholder,
    heads: Vec<Head>,
    regex: OnceLock<Regex>,
}

/// How a value may begin. Letters are compared in any case: the expression decides.
#[derive(Debug, PartialEq, Eq)]
enum Head {
    Text(String),
    /// With a letter or `_`.
    Letter,
    Any,
}

impl Shape {
    /// A row of the table.
    pub(super) fn new(source: &'static str, any_case: bool, kind: Placeholder) -> Shape {
        Shape { source, any_case, kind, heads: heads(source), regex: OnceLock::new() }
    }

    /// Whether the whole value has the form.
    pub(super) fn fits(&self, value: &[u8]) -> bool {
        let begins = |head: &Head| match head {
            Head::Text(text) => {
                value.get(..text.len()).is_some_and(|start| start.eq_ignore_ascii_case(text.as_bytes()))
            }
            Head::Letter => value.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_'),
            Head::Any => true,
        };
        self.heads.iter().any(begins)
            && self.regex().search_half(&Input::new(value).anchored(Anchored::Yes)).is_some()
    }

    fn regex(&self) -> &Regex {
        self.regex.get_or_init(|| {
            let syntax = syntax::Config::new()
                .utf8(false)
                .unicode(false)
                .dot_matches_new_line(true)
                .case_insensitive(self.any_case);
            Regex::builder()
                .syntax(syntax)
                .configure(Regex::config().utf8_empty(false))
                .build(&format!(r"\A(?:{})\z", self.source))
                .expect("the built-in table's expressions compile, a test says")
        })
    }
}

/// How a match of the expression begins, read off its text: enough for those of the table.
fn heads(source: &str) -> Vec<Head> {
    let mut heads = Vec::new();
    let mut rest = Some(source);
    while let Some(source) = rest {
        let (choice, behind) = cut(source, '|');
        rest = behind;
        match choice.strip_prefix('(').map(|group| cut(group, ')')) {
            Some((_, None)) => heads.push(Head::Any),
            // What may be missing is no beginning.
            Some((_, Some(behind))) if behind.starts_with(['?', '*', '{']) => heads.push(Head::Any),
            Some((group, Some(_))) => heads.extend(self::heads(group)),
            None => heads.push(head(choice)),
        }
    }
    heads
}

/// What stands before the first `end` that is in no group and no class, and what stands behind it.
fn cut(source: &str, end: char) -> (&str, Option<&str>) {
    let (mut depth, mut in_class, mut chars) = (0u32, false, source.char_indices());
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => {
                chars.next();
            }
            '[' => in_class = true,
            ']' => in_class = false,
            _ if in_class => {}
            c if c == end && depth == 0 => return (&source[..at], Some(&source[at + 1..])),
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    (source, None)
}

/// How a match of an expression without a choice begins.
fn head(source: &str) -> Head {
    if source.starts_with("[A-Za-z_]") || source.starts_with("[A-Z]") {
        return Head::Letter;
    }
    let mut text = String::new();
    let mut chars = source.chars().peekable();
    while let Some(c) = chars.next() {
        let literal = match c {
            '\\' => chars.next_if(|c| c.is_ascii_punctuation()),
            c if c.is_ascii_alphanumeric() || "_-/:;<>=@!%#, ~\"'&`".contains(c) => Some(c),
            _ => None,
        };
        let Some(literal) = literal else { break };
        // What may be missing is no beginning.
        if chars.peek().is_some_and(|next| "?*{".contains(*next)) {
            break;
        }
        text.push(literal);
    }
    if text.is_empty() { Head::Any } else { Head::Text(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginnings_of_expressions() {
        let text = |text: &str| Head::Text(text.to_owned());
        for (source, want) in [
            (r"\$\{[^}]*\}", vec![text("${")]),
            (r"%\([a-z]+\)s", vec![text("%(")]),
            (r"https?://x", vec![text("http")]),
            (r"(op|vault)://.+", vec![text("op"), text("vault")]),
            (r"(process\.env|vars?)x", vec![text("process.env"), text("var")]),
            (r"<\?(php|=)[^?]*", vec![text("<?")]),
            (r"(a|b)?c", vec![Head::Any]),
            (r"\[\[x\]\]|\[[A-Z|]+\]", vec![text("[[x]]"), text("[")]),
            (r"[A-Z][A-Z0-9]*", vec![Head::Letter]),
            (r"[0-9]+", vec![Head::Any]),
            (r"(a(b|c)|d[ef)]+|(g))", vec![text("a"), text("d"), text("g")]),
        ] {
            assert_eq!(heads(source), want, "{source}");
        }
    }

    #[test]
    fn nothing_that_an_expression_matches_begins_otherwise() {
        use proptest::strategy::{Strategy, ValueTree};
        use proptest::test_runner::TestRunner;
        let mut runner = TestRunner::deterministic();
        for shape in &super::super::table().shapes {
            // Without what only looks around, and in its own case: enough of each to tell.
            let source = shape.source.replace(r"\b", "");
            let values = proptest::string::bytes_regex(&format!("(?-u:{source})")).unwrap();
            for _ in 0..200 {
                let value = values.new_tree(&mut runner).unwrap().current();
                if shape.regex().is_match(&value[..]) {
                    assert!(shape.fits(&value), "{} {:?}", shape.source, String::from_utf8_lossy(&value));
                }
            }
        }
    }
}
