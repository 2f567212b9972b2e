//! Our own baseline: what was known when it was made, one finding a line.
//!
//! ```text
//! # keysift baseline 1
//! s1:3f0c…:9a1d…  generic.password  src/settings.py
//! ```
//!
//! The seal alone decides; pattern and path are there for people, and say where the secret was when the line
//! was written. There are no counts, dates or positions, and no line says anything of another: branches
//! merge as text, in any order, and lines that two of them added are no conflict of meaning.

use super::known::{Known, Name};
use super::peers;
use super::seal::{Salt, Seal, new_salt};
use crate::address::escape;
use crate::finding::Finding;
use std::collections::BTreeSet;

/// The name under which a baseline is found at a root.
pub const NAME: &str = "keysift.baseline";

/// What [`Known::form`](super::known::Known::form) says of one.
pub const FORM: &str = "baseline";

/// First line.
const HEAD: &str = "# keysift baseline 1";

const NOTE: &str = "\
# Findings that were known when this was made: `keysift baseline update` adds to it, `keysift baseline diff` compares.
# A line is a seal of the secret, which cannot be read back, its pattern, and where it was. Lines may be removed,
# moved and merged.
";

/// Reads a baseline of any known format, told by its content; `name` is what messages call it.
pub fn read(name: &str, bytes: &[u8]) -> Result<Known, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|_| format!("{name}: no text in UTF-8"))?;
    if let Some(line) = text.lines().position(is_conflict) {
        return Err(format!(
            "{name}:{}: a conflict of a merge is not resolved: keep the lines of both sides",
            line + 1
        ));
    }
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim_start();
    if first.starts_with(['{', '[']) {
        return peers::read_json(name, text);
    }
    if is_own(text) {
        return read_own(name, text);
    }
    peers::read_yaml(name, text).ok_or_else(|| {
        format!(
            "{name}: no baseline that is known: not one of keysift, gitleaks (a report in JSON), detect-secrets or kingfisher"
        )
    })
}

fn is_conflict(line: &str) -> bool {
    ["<<<<<<< ", ">>>>>>> ", "||||||| "].iter().any(|mark| line.starts_with(mark))
}

/// Merged and sorted, its head may stand anywhere.
fn is_own(text: &str) -> bool {
    text.lines().any(|line| line.trim_end() == HEAD)
        || text.lines().any(|line| entry(line).is_some_and(|e| e.is_ok()))
}

/// The seal on a line, where the line is an entry.
fn entry(line: &str) -> Option<Result<Seal, String>> {
    let line = line.trim();
    (!line.is_empty() && !line.starts_with('#'))
        .then(|| line.split_whitespace().next().unwrap_or_default().parse())
}

fn read_own(name: &str, text: &str) -> Result<Known, String> {
    let mut known = Known::new(name, FORM);
    let mut seen = BTreeSet::new();
    for (n, line) in text.lines().enumerate() {
        if let Some(version) = line.strip_prefix("# keysift baseline ")
            && version.trim() != "1"
        {
            return Err(format!("{name}:{}: made by a newer keysift", n + 1));
        }
        match entry(line) {
            None => {}
            Some(Ok(seal)) if !seen.insert(seal) => {}
            Some(Ok(seal)) => known.add(n + 1, Name::Seal(seal)),
            Some(Err(e)) => return Err(format!("{name}:{}: {e}", n + 1)),
        }
    }
    Ok(known)
}

/// The salt of a baseline that is there, so that its lines stay comparable at the cost of one.
fn salt_of(text: &str) -> Salt {
    text.lines().filter_map(entry).find_map(Result::ok).map_or_else(new_salt, |seal| seal.salt())
}

/// The text of a baseline: of `old`, all lines that `keeps` says (by their number from 1), and one for each
/// of `new`.
pub fn write(old: &str, keeps: &dyn Fn(usize) -> bool, new: &[(&Finding, String)]) -> String {
    let salt = salt_of(old);
    let kept = old.lines().enumerate().filter(|(_, line)| entry(line).is_some());
    let mut lines: BTreeSet<String> =
        kept.filter(|(n, _)| keeps(n + 1)).map(|(_, line)| line.trim().to_owned()).collect();
    lines.extend(new.iter().map(|(finding, file)| line_of(finding, file, salt)));
    let mut text = format!("{HEAD}\n{NOTE}");
    for line in lines {
        text.push_str(&line);
        text.push('\n');
    }
    text
}

fn line_of(finding: &Finding, file: &str, salt: Salt) -> String {
    format!("{}  {}  {}", Seal::of(finding, salt), finding.pattern, escape(file.as_bytes()))
        .trim_end()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::allow::testing::finding;

    fn made(secrets: &[&str], old: &str) -> String {
        let findings: Vec<Finding> = secrets.iter().map(|s| finding("generic.password", s)).collect();
        let new: Vec<_> = findings.iter().map(|f| (f, "src/a b.py".to_owned())).collect();
        write(old, &|_| true, &new)
    }

    #[test]
    fn lines_are_sorted_and_hold_no_secret() {
        let text = made(&["hunter2-one", "hunter2-two"], "");
        assert!(text.starts_with(HEAD) && !text.contains("hunter2"), "{text}");
        let known = read("b", text.as_bytes()).unwrap();
        assert_eq!(known.len(), 2);
        assert!(known.finding(&finding("generic.password", "hunter2-one"), &[]).is_some());
        assert!(known.finding(&finding("generic.password", "hunter2-new"), &[]).is_none());
        assert_eq!(known.stale().count(), 1);
        // The same again changes nothing, and more is only added.
        assert_eq!(made(&["hunter2-one"], &text), text);
        let more = made(&["hunter2-three"], &text);
        assert!(text.lines().all(|line| more.lines().any(|l| l == line)));
        assert_eq!(more.lines().count(), text.lines().count() + 1);
    }

    #[test]
    fn two_branches_merge_as_text() {
        let (ours, theirs) = (made(&["one"], ""), made(&["two"], ""));
        for merged in [format!("{ours}{theirs}"), format!("{theirs}\n\n{ours}{ours}")] {
            let mut lines: Vec<&str> = merged.lines().collect();
            for _ in 0..2 {
                let known = read("b", lines.join("\r\n").as_bytes()).unwrap();
                assert_eq!(known.len(), 2);
                assert!(
                    ["one", "two"]
                        .iter()
                        .all(|s| known.finding(&finding("generic.password", s), &[]).is_some())
                );
                lines.sort_unstable();
            }
        }
        let conflict = format!("{HEAD}\n<<<<<<< HEAD\nx\n=======\ny\n>>>>>>> branch\n");
        let error = read("b", conflict.as_bytes()).unwrap_err();
        assert!(error.starts_with("b:2: a conflict"), "{error}");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line_and_not_quoted() {
        for wrong in
            [format!("{HEAD}\nmypassword\n"), "# keysift baseline 2\n# keysift baseline 1\n".to_owned()]
        {
            let error = read("b", wrong.as_bytes()).unwrap_err();
            assert!(error.starts_with("b:") && !error.contains("mypassword"), "{error}");
        }
        assert!(read("b", b"some text\n").unwrap_err().contains("no baseline that is known"));
        assert_eq!(read("b", format!("{HEAD}\n").as_bytes()).unwrap().len(), 0);
    }
}
