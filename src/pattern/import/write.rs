//! Imported rules as a pattern file of our own.

use super::{Imported, Made, Note};
use crate::pattern::schema::{RawExcept, RawOnly, Target};
use std::fmt::Write;

/// The TOML of a file's rules, with comments for what was not honoured. Examples of rules are left out: they may hold secrets.
pub fn toml(imported: &Imported<'_>) -> String {
    let notes = &imported.notes;
    let mut out = format!("# Rules for {}, from {}.\n", imported.format.name(), comment(&imported.origin));
    let about = |out: &mut String, rule: &str| {
        for note in notes.iter().filter(|note| note.rule == rule) {
            let line = note.origin.rsplit(':').next().unwrap_or_default();
            let _ = writeln!(out, "# not as there, line {line}: {}", comment(&note.what));
        }
    };
    about(&mut out, "");
    for made in &imported.rules {
        out.push('\n');
        about(&mut out, &made.id);
        pattern(&mut out, made);
    }
    let left_out: Vec<&Note> = notes
        .iter()
        .filter(|n| !n.rule.is_empty() && imported.rules.iter().all(|r| r.id != n.rule))
        .collect();
    if !left_out.is_empty() {
        out.push('\n');
    }
    for note in left_out {
        let _ = writeln!(out, "# {}: {}", comment(&note.rule), comment(&note.what));
    }
    for raw in &imported.except {
        out.push_str("\n[[except]]\n");
        if !raw.patterns.is_empty() {
            let _ = writeln!(out, "patterns = {}", list(&raw.patterns));
        }
        except(&mut out, raw);
    }
    out
}

fn pattern(out: &mut String, made: &Made) {
    let p = &made.pattern;
    out.push_str("[[pattern]]\n");
    let severity = p.severity.to_string();
    for (key, value) in [
        ("id", p.id.as_str()),
        ("name", &p.name),
        ("class", p.class.name()),
        ("severity", &severity),
        ("why", &p.why),
        ("fix", &p.fix),
        ("reference", &p.reference),
    ] {
        let _ = writeln!(out, "{key} = {}", quoted(value));
    }
    let _ = writeln!(out, "confidence = {}", p.confidence);
    if !p.literal.is_empty() {
        let _ = writeln!(out, "literal = {}\nbefore = {}\nafter = {}", list(&p.literal), p.before, p.after);
    }
    if !p.keywords.is_empty() {
        let _ = writeln!(out, "keywords = {}", list(&p.keywords));
    }
    if p.slow {
        out.push_str("slow = true\n");
    }
    if let Some(regex) = &p.regex {
        let _ = writeln!(out, "regex = {}", quoted(regex));
    }
    if p.ignore_case {
        out.push_str("ignore_case = true\n");
    }
    out.push_str("boundary = \"none\"\nbroad = true\n");
    if p.entropy != 0.0 {
        let _ = writeln!(out, "entropy = {:?}", p.entropy);
    }
    if let Some(conditions) = &p.only {
        only(out, conditions);
    }
    for raw in &p.except {
        out.push_str("[[pattern.except]]\n");
        except(out, raw);
    }
}

fn only(out: &mut String, only: &RawOnly) {
    let RawOnly { path, preceded, followed, digits, upper, lower, special, specials } = only;
    let texts = [("path", path), ("preceded", preceded), ("followed", followed), ("specials", specials)];
    let numbers = [("digits", digits), ("upper", upper), ("lower", lower), ("special", special)];
    let texts =
        texts.into_iter().filter_map(|(key, text)| Some(format!("{key} = {}", quoted(text.as_ref()?))));
    let numbers = numbers.into_iter().filter(|(_, n)| **n > 0).map(|(key, n)| format!("{key} = {n}"));
    let all: Vec<String> = texts.chain(numbers).collect();
    if !all.is_empty() {
        let _ = writeln!(out, "only = {{ {} }}", all.join(", "));
    }
}

fn except(out: &mut String, raw: &RawExcept) {
    if raw.all {
        out.push_str("all = true\n");
    }
    match raw.target {
        Target::Value => {}
        Target::Match => out.push_str("target = \"match\"\n"),
        Target::Line => out.push_str("target = \"line\"\n"),
    }
    for (key, all) in [("regex", &raw.regex), ("words", &raw.words), ("path", &raw.path)] {
        if !all.is_empty() {
            let _ = writeln!(out, "{key} = {}", list(all));
        }
    }
}

fn list(texts: &[String]) -> String {
    let all: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", all.join(", "))
}

/// A string of TOML: as it is where that can be, with escapes else.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| !c.is_control() && c != '\'';
    if text.contains(['\\', '"']) && text.chars().all(is_plain) {
        return format!("'{text}'");
    }
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A text on one line of a comment.
fn comment(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
