//! Expressions of RE2, PCRE, vectorscan and Rust as one for the `regex` crate on bytes.
//!
//! Read once, token by token: escapes and classes are rewritten where the syntaxes differ, comments and
//! blanks of `(?x)` dropped. Look-around at an edge becomes a condition on the byte beside the match, or
//! a part of the match beside its value; elsewhere it is left out, and said to be.

mod edges;
mod reader;

use edges::edges;
use reader::tokens;

/// An expression in our syntax.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapped {
    /// The expression; the groups that hold the secret are named `value`, `value2` …
    pub source: String,
    /// What may stand right before a match: a class, with `^` where nothing may.
    pub preceded: Option<String>,
    /// What may stand right behind it, with `$` where nothing may.
    pub followed: Option<String>,
    /// What was not honoured.
    pub notes: Vec<String>,
}

/// Which group is the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secret {
    /// The first that takes part in the match; all of it where there is no group.
    First,
    /// This one, from 1.
    Number(usize),
}

/// Longest expression that is read.
const LONGEST: usize = 64 << 10;
/// Deepest nesting of groups.
const DEPTH: usize = 200;
/// Groups that may be the value.
const VALUES: usize = 16;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// Anything that stands for itself by now.
    Plain(String),
    /// `^` or `$`: where a text or a line begins or ends.
    Edge(&'static str),
    /// `|`.
    Or,
    /// The opening of a group that captures, with its name.
    Capture(Option<String>),
    /// Of any other group.
    Open(String),
    /// Of a look-around.
    Look { ahead: bool, negative: bool },
    /// Where the match is to begin (`\K`).
    Keep,
    /// `)`.
    Close,
}

/// Maps `source`; the error says what cannot be read.
pub fn map(source: &str, secret: Secret) -> Result<Mapped, String> {
    if source.len() > LONGEST {
        return Err(format!("the expression is longer than {LONGEST} bytes"));
    }
    let (mut tokens, mut notes) = tokens(source)?;
    let (preceded, followed) = edges(&mut tokens, &mut notes);
    let source = render(&tokens, secret, &mut notes)?;
    notes.dedup();
    Ok(Mapped { source, preceded, followed, notes })
}

/// The expression, with the groups that are the secret named.
fn render(tokens: &[Token], secret: Secret, notes: &mut Vec<String>) -> Result<String, String> {
    let names: Vec<Option<&str>> = tokens
        .iter()
        .filter_map(|t| match t {
            Token::Capture(name) => Some(name.as_deref()),
            _ => None,
        })
        .collect();
    let named = |wanted: &[&str]| {
        names.iter().position(|n| n.is_some_and(|n| wanted.contains(&n.to_ascii_lowercase().as_str())))
    };
    let values: Vec<usize> = match secret {
        Secret::Number(0) => Vec::new(),
        Secret::Number(n) if n <= names.len() => vec![n - 1],
        Secret::Number(n) => return Err(format!("there is no group {n}")),
        Secret::First => match named(&["value", "secret", "token"]) {
            Some(one) => vec![one],
            None => (0..names.len().min(VALUES)).collect(),
        },
    };
    if secret == Secret::First && names.len() > VALUES {
        notes.push(format!("only the first {VALUES} groups are looked at"));
    }
    let mut source = String::new();
    let mut group = 0;
    // Whether each open group is a value.
    let mut open: Vec<bool> = Vec::new();
    for token in tokens {
        match token {
            Token::Plain(text) => source.push_str(text),
            Token::Open(text) => {
                open.push(false);
                source.push_str(text);
            }
            // Strings of programs lie one after another with a NUL between them: each is a text of its own.
            Token::Edge(edge) if !values.is_empty() && !open.contains(&true) => {
                source.push_str(&format!("(?:{edge}|\\x00)"));
            }
            Token::Edge(edge) => source.push_str(edge),
            Token::Or => source.push('|'),
            Token::Close => {
                open.pop();
                source.push(')');
            }
            Token::Capture(_) => {
                open.push(values.contains(&group));
                match values.iter().position(|v| *v == group) {
                    Some(0) => source.push_str("(?P<value>"),
                    Some(n) => source.push_str(&format!("(?P<value{}>", n + 1)),
                    None => source.push_str("(?:"),
                }
                group += 1;
            }
            Token::Look { .. } | Token::Keep => {}
        }
    }
    Ok(source)
}

#[cfg(test)]
mod tests;
