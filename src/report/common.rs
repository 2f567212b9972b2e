//! What the formats share: which values are shown, order, numbers in words, bounded text.

use super::{Options, Report};
use crate::address::{escape, escape_into};
use crate::finding::{Class, Finding, History, Layer, Location, Revision, Secret, Severity};
use serde::{Serialize, Serializer};
use std::cmp::Reverse;
use std::fmt;
use std::time::Duration;

/// The tool's own version.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Whether a finding belongs to the inventory of embedded configuration.
pub(super) fn is_inventory(finding: &Finding) -> bool {
    finding.severity == Severity::Info
}

/// Whether the values of a finding are written in full: because the user asked, or because they
/// are configuration that opens nothing. Both class and severity must say so: a credential that
/// was judged harmless stays redacted, and so does configuration that was judged dangerous.
pub(super) fn in_full(finding: &Finding, options: &Options) -> bool {
    options.reveal || (finding.class == Class::Config && is_inventory(finding))
}

/// A value for a machine: redacted, or in full as lossy UTF-8.
pub(super) fn machine_value(secret: &Secret, full: bool) -> String {
    if full { String::from_utf8_lossy(secret.reveal()).into_owned() } else { secret.redacted() }
}

/// A value for a screen: redacted, or in full and escaped.
pub(super) fn screen_value(secret: &Secret, full: bool) -> String {
    if full { escape(secret.reveal()) } else { secret.redacted() }
}

/// The findings worst first, of one severity those first that are known to be live and to do most, then as
/// they arrive: by address and offset.
pub(super) fn worst_first(report: &Report) -> Vec<&Finding> {
    let mut findings: Vec<&Finding> = report.findings.iter().collect();
    findings.sort_by_key(|f| (Reverse(f.severity), super::words::urgency(f)));
    findings
}

/// Findings by severity, worst first, severities without findings left out.
pub(super) fn counts(report: &Report) -> Vec<(Severity, usize)> {
    let mut counts = [0usize; Severity::ALL.len()];
    for finding in &report.findings {
        counts[finding.severity as usize] += 1;
    }
    Severity::ALL.into_iter().rev().map(|s| (s, counts[s as usize])).filter(|(_, n)| *n > 0).collect()
}

/// Times by step in the order of their first mention; a step named twice counts once, with its sum.
pub(super) fn timings(report: &Report) -> Vec<(&'static str, Duration)> {
    let mut sums: Vec<(&'static str, Duration)> = Vec::with_capacity(report.timings.len());
    for &(step, time) in &report.timings {
        match sums.iter_mut().find(|(known, _)| *known == step) {
            Some((_, sum)) => *sum += time,
            None => sums.push((step, time)),
        }
    }
    sums
}

/// The length of the part that stands at a location, where it is known and not encoded there.
pub(super) fn part_at<'a>(finding: &'a Finding, location: &Location) -> Option<&'a Secret> {
    if location.decoded.is_empty() { finding.parts.get(&location.role) } else { None }
}

/// A location on one line: `address:line:column` in text, `address@offset` elsewhere.
pub(super) struct Place<'a>(pub &'a Location);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Location { address, offset, line, column, .. } = self.0;
        match (line, column) {
            (Some(line), Some(column)) => write!(f, "{address}:{line}:{column}"),
            (Some(line), None) => write!(f, "{address}:{line}"),
            (None, _) => write!(f, "{address}@{offset}"),
        }
    }
}

/// The encodings between blob and value in words, outermost first: `base64, then utf-16le`.
pub(super) fn decoding(location: &Location) -> Option<String> {
    let names: Vec<&str> = location.decoded.iter().map(|e| e.name()).collect();
    if names.is_empty() { None } else { Some(names.join(", then ")) }
}

/// The layer of an image in which something stands, and what hides it there, in words.
pub(super) fn layer(layer: &Layer) -> String {
    let short = |digest: &str| {
        let end = digest.char_indices().nth("sha256:".len() + 12).map_or(digest.len(), |(at, _)| at);
        escape(&digest.as_bytes()[..end])
    };
    let mut text = format!("layer {}", layer.number);
    if let Some(image) = &layer.image {
        text.push_str(&format!(" of image {}", escape(image.as_bytes())));
    }
    if let Some(command) = layer.created_by.as_ref().filter(|c| !c.is_empty()) {
        text.push_str(&format!(", made by {}", escape(command.as_bytes())));
    }
    if let Some(by) = &layer.deleted_in_layer {
        text.push_str(&format!("; deleted in layer {}, but still in the image", short(by)));
    }
    if let Some(by) = &layer.overwritten_in_layer {
        text.push_str(&format!("; overwritten in layer {}, but still in the image", short(by)));
    }
    text
}

/// What the history of a repository says, in words.
pub(super) fn history(history: &History) -> String {
    let revision = |r: &Revision| {
        let commit = r.commit.get(..8).unwrap_or(&r.commit);
        let author = r.author.as_ref().map(|a| format!(" by {}", escape(a.as_bytes()))).unwrap_or_default();
        format!("{commit} of {}{author}", r.date.get(..10).unwrap_or(&r.date))
    };
    let held = match (&history.first, &history.last) {
        (Some(first), Some(last)) if first == last => format!("only in commit {}", revision(first)),
        (Some(first), Some(last)) => format!("from commit {} to {}", revision(first), revision(last)),
        _ => "in no commit: only in objects that no name leads to, or in a tag".to_owned(),
    };
    let head = if history.at_head { "still at HEAD" } else { "not at HEAD" };
    let objects = plural(history.objects, "object", "objects");
    let paths = match history.paths.len() {
        0 | 1 => String::new(),
        n => format!(", {n} paths"),
    };
    format!("{}: {held}; {head}; in {objects}{paths}", escape(history.repository.as_bytes()))
}

/// 1,234,567.
pub(super) fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 place`, `2 places`.
pub(super) fn plural(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(n), if n == 1 { one } else { many })
}

/// `0 bytes`, `812 bytes`, `45.6 MB`: decimal units, as disks and networks are sold.
pub(super) fn size(bytes: u64) -> String {
    if bytes < 1000 {
        return plural(bytes, "byte", "bytes");
    }
    let mut value = bytes as f64;
    let mut unit = 0;
    // 999.95 would be rounded to 1000.0 of the smaller unit.
    while value >= 999.95 && unit < 4 {
        value /= 1000.0;
        unit += 1;
    }
    format!("{value:.1} {}", ["bytes", "kB", "MB", "GB", "TB"][unit])
}

/// `text` in at most `max` characters (3 at the least), what is too much cut out of its middle.
pub(super) fn shorten(text: &str, max: usize) -> String {
    let count = text.chars().count();
    if count <= max {
        return text.to_owned();
    }
    let keep = max.max(3) - 1;
    let head = keep.div_ceil(2);
    let mut out: String = text.chars().take(head).collect();
    out.push('…');
    out.extend(text.chars().skip(count - (keep - head)));
    out
}

/// `text` in at most `max` characters, what is too much cut off its end.
pub(super) fn truncate(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let mut out: String = text.chars().take(max - 1).collect();
    out.truncate(out.trim_end().len());
    out.push('…');
    out
}

/// Prose of a pattern as one escaped line, whatever its white space.
pub(super) fn one_line(prose: &str) -> String {
    let mut out = String::with_capacity(prose.len());
    for word in prose.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&escape(word.as_bytes()));
    }
    out
}

/// How many characters must be put in, left out, changed or swapped with a neighbour.
pub(super) fn edits(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > 8 {
        return usize::MAX;
    }
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = change.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

/// Text out of the input, escaped while it is written.
pub(super) struct Escaped<'a>(pub &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        escape_into(f, self.0.as_bytes())
    }
}

/// Serializes what can be displayed as a string, without making the string first.
pub(super) struct Shown<T>(pub T);

impl<T: fmt::Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// Serializes as a list whose elements are made one at a time.
pub(super) struct List<F>(pub F);

impl<F: Fn() -> I, I: Iterator> Serialize for List<F>
where
    I::Item: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

/// Serializes as an object whose members are made one at a time.
pub(super) struct Object<F>(pub F);

impl<F: Fn() -> I, I: Iterator<Item = (K, V)>, K: Serialize, V: Serialize> Serialize for Object<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map((self.0)())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_words() {
        for (n, expected) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(thousands(n), expected);
        }
        for (n, expected) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (999, "999 bytes"),
            (1000, "1.0 kB"),
            (999_949, "999.9 kB"),
            (999_950, "1.0 MB"),
            (45_600_000, "45.6 MB"),
            (u64::MAX, "18446744.1 TB"),
        ] {
            assert_eq!(size(n), expected);
        }
    }

    #[test]
    fn long_text_is_cut_in_its_middle_or_at_its_end() {
        assert_eq!(shorten("abcdefghij", 10), "abcdefghij");
        assert_eq!(shorten("abcdefghijk", 10), "abcde…hijk");
        assert_eq!(shorten("äöüäöüäöü", 4), "äö…ü");
        assert_eq!(shorten("abcdef", 0), "a…f");
        assert_eq!(truncate("one two three", 8), "one two…");
        assert_eq!(truncate("one two", 8), "one two");
    }

    #[test]
    fn prose_becomes_one_line() {
        assert_eq!(one_line("  a\n  b\tc\x1b "), "a b c\\u{001b}");
    }

    #[test]
    fn counts_edits() {
        for (a, b, expected) in
            [("json", "json", 0), ("json", "jsno", 1), ("json", "jsonl", 1), ("text", "tty", 3)]
        {
            assert_eq!(edits(a, b), expected, "{a} {b}");
        }
    }
}
