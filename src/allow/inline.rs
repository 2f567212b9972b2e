//! Comments beside a finding that let it through: ours, and those that people have written for others.
//!
//! They are looked for beside findings only. Ours may name what it allows and why:
//! `keysift:allow[generic.*] made up for the test`. Others may name a rule of theirs, which we do not know.

use super::globs;
use crate::finding::{Around, Finding};
use std::sync::LazyLock;

/// Which line a comment speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Own,
    Next,
}

/// A comment as it is listed.
#[derive(Debug)]
struct Word {
    text: &'static str,
    line: Line,
}

static WORDS: LazyLock<Vec<Word>> = LazyLock::new(|| {
    let rows = include_str!("inline.tsv").lines().filter(|row| !row.starts_with('#'));
    rows.filter_map(|row| {
        let mut cells = row.split('\t');
        let text = cells.next().filter(|text| !text.is_empty())?;
        let line = if cells.next()? == "next" { Line::Next } else { Line::Own };
        Some(Word { text, line })
    })
    .collect()
});

/// A comment that lets a finding through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The words of it that are known.
    pub word: String,
    /// Why, where it says so.
    pub reason: Option<String>,
}

/// Whether a line holds what may be such a comment: asked of the lines around every value that may be
/// secret, and of no others.
pub fn may_be_marked(line: &[u8]) -> bool {
    // What listed words begin with.
    static STARTS: LazyLock<Vec<memchr::memmem::Finder<'static>>> = LazyLock::new(|| {
        let mut starts: Vec<&str> =
            WORDS.iter().map(|w| w.text.split([' ', '-']).next().unwrap_or(w.text)).collect();
        starts.sort_unstable();
        starts.dedup();
        starts.into_iter().map(memchr::memmem::Finder::new).collect()
    });
    STARTS.iter().any(|start| start.find(line).is_some())
}

/// The comment that lets a finding with these lines around it through. `also` are words of the user's.
pub fn mark(around: &Around, finding: &Finding, also: &[String]) -> Option<Mark> {
    let own = around.line.reveal();
    let above = around.above.as_ref().map_or(&[][..], |above| above.reveal());
    let listed = WORDS.iter().find_map(|word| {
        let line = if word.line == Line::Own { own } else { above };
        ends_of(line, word.text).into_iter().find_map(|end| mark_of(word.text, &line[end..], finding))
    });
    listed.or_else(|| {
        let word = also.iter().find(|word| !ends_of(own, word).is_empty())?;
        Some(Mark { word: word.clone(), reason: None })
    })
}

/// Our own comment may be for one kind only, and say why.
fn mark_of(word: &str, behind: &[u8], finding: &Finding) -> Option<Mark> {
    let text = String::from_utf8_lossy(&behind[..behind.len().min(512)]);
    let mut rest = text.as_ref();
    if !word.starts_with("keysift") {
        return Some(Mark { word: word.to_owned(), reason: None });
    }
    if let Some((ids, after)) = rest.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        if !ids.split(',').any(|id| globs::holds(id.trim(), &finding.pattern)) {
            return None;
        }
        rest = after;
    }
    Some(Mark { word: word.to_owned(), reason: reason(rest, finding) })
}

/// Longest reason that is repeated.
const MAX_REASON: usize = 160;

/// What a person wrote behind our comment. It ends where prose ends: what follows in quotes, or behind the
/// end of the comment, may be a secret.
fn reason(text: &str, finding: &Finding) -> Option<String> {
    let text = text.strip_prefix([':', ' ', '\t'])?.trim_start();
    let is_prose = |c: char| c.is_alphanumeric() || " ,.-_#:()/'".contains(c);
    let end = text.find(|c: char| !is_prose(c)).unwrap_or(text.len());
    let text = text[..end].trim_end_matches([' ', '-', '/', '#']);
    let holds_secret = || {
        let mut values = finding.parts.values().filter_map(|v| std::str::from_utf8(v.reveal()).ok());
        values.any(|value| value.len() >= 4 && text.contains(value))
    };
    (!text.is_empty() && text.len() <= MAX_REASON && !holds_secret()).then(|| text.to_owned())
}

/// Where the occurrences of a word end that stand by themselves.
fn ends_of(line: &[u8], word: &str) -> Vec<usize> {
    let word = word.as_bytes();
    let first = word.split(|b| *b == b' ').next().unwrap_or(word);
    let is_letter = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    let is_word = |b: &u8| is_letter(b) || *b == b'-';
    // Two dashes begin a comment, one joins words.
    let follows_word = |start: usize| match &line[..start] {
        [.., before, b'-'] => is_letter(before),
        [.., before] => is_letter(before),
        [] => false,
    };
    let starts = memchr::memmem::find_iter(line, first);
    starts
        .filter(|start| !follows_word(*start))
        .filter_map(|start| Some(start + length(&line[start..], word)?))
        .filter(|end| line.get(*end).is_none_or(|b| !is_word(b)))
        .collect()
}

/// How much of `text` a word takes, where it begins with it; a blank of the word is any number of blanks
/// and dashes.
fn length(text: &[u8], word: &[u8]) -> Option<usize> {
    let mut at = 0;
    for b in word {
        if *b == b' ' {
            at += text[at..].iter().take_while(|b| matches!(b, b' ' | b'\t' | b'-')).count();
        } else if text.get(at) == Some(b) {
            at += 1;
        } else {
            return None;
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Secret;

    fn of(line: &str, above: Option<&str>) -> Option<(String, Option<String>)> {
        let finding = crate::allow::testing::finding("generic.password", "hunter2hunter2");
        let secret = |text: &str| Secret::new(text.as_bytes());
        let around = Around { above: above.map(secret), line: secret(line) };
        let found = mark(&around, &finding, &["NOSONAR".to_owned()]).map(|m| (m.word, m.reason));
        if found.is_some() && !line.contains("NOSONAR") {
            assert!(may_be_marked(line.as_bytes()) || above.is_some_and(|a| may_be_marked(a.as_bytes())));
        }
        found
    }

    #[test]
    fn comments_of_all_tools_are_known() {
        for line in [
            "k = 'hunter2hunter2' # gitleaks:allow",
            "k = 'hunter2hunter2' // betterleaks:allow",
            "k: hunter2hunter2 # trufflehog:ignore",
            "k: hunter2hunter2 # kingfisher:ignore",
            "k = 'x'  # pragma: allowlist secret",
            "k = 'x'  # pragma:allowlist-secret",
            "k = 'x'  # pragma: whitelist secret",
            "<!-- ggignore -->",
            "-- keysift:allow",
            "--keysift:allow",
            "/* keysift:allow[generic.*, aws.*] */",
            "k = 1 // NOSONAR",
            "# nosecret",
        ] {
            assert!(of(line, None).is_some(), "{line}");
        }
        for line in [
            "gitleaks:allowed",
            "my-gitleaks:allow",
            "keysift:allow[aws.*]",
            "keysift:allow-next-line",
            "pragma: allowlist",
            "pragma: allowlist nextline secret",
            "noSecret",
            "nosecrets",
            "x_nosecret",
            "",
        ] {
            assert_eq!(of(line, None), None, "{line}");
        }
    }

    #[test]
    fn some_speak_of_the_next_line() {
        assert!(of("k", Some("# pragma: allowlist nextline secret")).is_some());
        assert!(of("k", Some("# keysift:allow-next-line made up")).is_some());
        assert_eq!(of("k", Some("x # gitleaks:allow")), None);
        assert_eq!(of("k", Some("x # keysift:allow")), None);
    }

    #[test]
    fn the_reason_ends_where_a_secret_may_begin() {
        let reason = |line: &str| of(line, None).and_then(|(_, reason)| reason);
        assert_eq!(reason("# keysift:allow made up, for tests").as_deref(), Some("made up, for tests"));
        assert_eq!(reason("# keysift:allow[generic.*] see #12").as_deref(), Some("see #12"));
        assert_eq!(reason("/* keysift:allow why */ p = \"abc\"").as_deref(), Some("why"));
        assert_eq!(reason("<!-- keysift:allow why --> abc").as_deref(), Some("why"));
        for none in [
            "{\"a\": \"keysift:allow\", \"p\": \"abc\"}",
            "# keysift:allow",
            "# keysift:allow hunter2hunter2",
        ] {
            assert_eq!(reason(none), None, "{none}");
        }
    }
}
