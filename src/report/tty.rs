//! The report for a person: at a terminal of 80 columns, or in a build log.
//!
//! The order is the order of reading: what is worst, what it is, where it stands, what it opens and
//! what to do; then the inventory, the totals, what was *not* searched, and on the last line the
//! result. Prose is wrapped; addresses, sites and fingerprints are not, so that they can be copied,
//! but every line is bounded, whatever the input (values in full, with `--reveal`, excepted).

use super::common::{self, Place, plural, shorten, thousands};
use super::{Options, Report, Reporter};
use crate::address::escape;
use crate::allow::{self, Allowed};
use crate::finding::{Candidate, Finding, Location, Role, Secret, Severity};
use crate::ledger::{Entry, Reason};
use anstyle::{AnsiColor, Color, Style};
use std::cmp::Reverse;
use std::collections::hash_map::Entry as Slot;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;
use std::io::{self, Write};

mod verification;

/// Sites, and candidates of an ambiguous pair, that are printed of one finding.
const MAX_SITES: usize = 5;
/// Lines of the inventory.
const MAX_INVENTORY: usize = 50;
/// Characters of a name in it.
const MAX_NAME: usize = 36;
/// Entries of the ledger.
const MAX_ENTRIES: usize = 10;
/// Characters of one address, site, evidence or detail.
const MAX_WORD: usize = 240;
/// Secrets longer than this are printed with their length.
const LONG_SECRET: usize = 200;
/// Where the text after a label begins: with a fingerprint of 67 characters, 80 columns.
const LABEL: usize = 13;

/// Writes text.
pub(super) struct Tty;

impl Reporter for Tty {
    fn write(&self, report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
        let mut out = io::BufWriter::with_capacity(1 << 16, out);
        let wrap = if options.width == 0 { 100 } else { options.width.clamp(40, 100) };
        let mut page = Page { out: &mut out, options, wrap, told: HashMap::new() };
        let findings = common::worst_first(report);
        let secrets = findings.iter().take_while(|f| !common::is_inventory(f)).count();
        let (secrets, inventory) = findings.split_at(secrets);
        for finding in secrets {
            page.finding(finding)?;
        }
        page.inventory(inventory)?;
        page.totals(report)?;
        if options.stats {
            page.stats(report)?;
        }
        page.result(report, secrets)?;
        out.flush()
    }
}

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const RED: Style = Style::new().bold().fg_color(Some(Color::Ansi(AnsiColor::Red)));
const YELLOW: Style = Style::new().bold().fg_color(Some(Color::Ansi(AnsiColor::Yellow)));
const GREEN: Style = Style::new().bold().fg_color(Some(Color::Ansi(AnsiColor::Green)));
const CYAN: Style = Style::new().bold().fg_color(Some(Color::Ansi(AnsiColor::Cyan)));
const PLAIN: Style = Style::new();

fn badge(severity: Severity) -> Style {
    match severity {
        Severity::Critical => Style::new()
            .bold()
            .fg_color(Some(Color::Ansi(AnsiColor::White)))
            .bg_color(Some(Color::Ansi(AnsiColor::Red))),
        Severity::High => RED,
        Severity::Medium => YELLOW,
        Severity::Low => CYAN,
        Severity::Info => DIM,
    }
}

struct Page<'a, 'o> {
    out: &'o mut dyn Write,
    options: &'a Options,
    wrap: usize,
    /// Why and fix that were printed, and the pattern they were first printed for: told once, not
    /// with each of a hundred findings.
    told: HashMap<(&'a str, &'a str), &'a str>,
}

impl<'a> Page<'a, '_> {
    fn paint(&self, style: Style, text: impl Display) -> String {
        let text = text.to_string();
        if self.options.color && style != PLAIN && !text.trim().is_empty() {
            format!("{style}{text}{style:#}")
        } else {
            text
        }
    }

    /// `text` after a label; an empty label continues the one above.
    fn row(&mut self, label: &str, text: &str) -> io::Result<()> {
        let label = self.paint(DIM, format_args!(" {label:<width$}", width = LABEL - 2));
        writeln!(self.out, "{label} {text}")
    }

    /// Prose after a label, wrapped.
    fn prose(&mut self, mut label: &str, text: &str) -> io::Result<()> {
        for line in wrapped(text, self.wrap - LABEL) {
            self.row(label, &line)?;
            label = "";
        }
        Ok(())
    }

    fn finding(&mut self, finding: &'a Finding) -> io::Result<()> {
        let severity = finding.severity.name().to_uppercase();
        let head = format!(
            "{}  {}  {}",
            self.paint(badge(finding.severity), severity),
            self.paint(BOLD, word(&finding.name)),
            self.paint(
                DIM,
                format_args!("{}, {}% sure", word(&finding.pattern), finding.confidence.min(100))
            ),
        );
        writeln!(self.out, "{head}")?;

        let full = common::in_full(finding, self.options);
        let values = self.values(finding, full);
        self.row("value", &values)?;
        for (key, value) in &finding.details {
            let key = word(key.strip_suffix("_id").unwrap_or(key)).replace('_', " ");
            if key.chars().count() < LABEL - 1 {
                self.row(&key, &word(value))?;
            } else {
                self.row("details", &format!("{key} {}", word(value)))?;
            }
        }
        if let Some(pair) = &finding.pair {
            self.prose("evidence", &word(&pair.evidence))?;
            self.candidates(&pair.candidates, full)?;
        }
        self.sites(finding)?;
        for history in finding.history.iter().take(MAX_SITES) {
            self.prose("history", &shorten(&common::history(history), MAX_WORD))?;
        }
        if let Some(verification) = &finding.verification {
            self.verification(verification)?;
        }
        match self.told.entry((&finding.why, &finding.fix)) {
            Slot::Vacant(slot) => {
                slot.insert(&finding.pattern);
                self.prose("opens", &common::one_line(&finding.why))?;
                self.prose("fix", &common::one_line(&finding.fix))?;
            }
            Slot::Occupied(first) => {
                let first = format!("as for {} above", word(first.get()));
                if !(finding.why.is_empty() && finding.fix.is_empty()) {
                    self.row("opens, fix", &first)?;
                }
            }
        }
        let print = self.paint(DIM, word(&finding.fingerprint));
        self.row("fingerprint", &print)?;
        writeln!(self.out)
    }

    fn values(&self, finding: &Finding, full: bool) -> String {
        let mut values: Vec<String> = Vec::new();
        for secret in finding.parts.values() {
            let mut value = self.paint(BOLD, shown_value(secret, full));
            let length = secret.reveal().len();
            if length > LONG_SECRET {
                value.push_str(&format!(" ({})", common::size(length as u64)));
            }
            values.push(value);
        }
        match finding.pair.as_ref().map_or(0, |p| p.candidates.len()) {
            0 => {}
            1 => values.push("perhaps the candidate below".into()),
            n => values.push(format!("one of {} candidates", thousands(n as u64))),
        }
        values.join(" + ")
    }

    fn candidates(&mut self, candidates: &[Candidate], full: bool) -> io::Result<()> {
        let mut label = "candidates";
        for candidate in candidates.iter().take(MAX_SITES) {
            let value = shown_value(&candidate.secret, full);
            let text = format!("{}  {}", self.paint(BOLD, &value), word(&candidate.evidence));
            let place = place(&candidate.location);
            let width =
                [&value, &candidate.evidence, &place].map(|s| s.chars().count()).iter().sum::<usize>();
            if LABEL + width + 4 <= self.wrap {
                self.row(label, &format!("{text}  {place}"))?;
            } else {
                self.row(label, &text)?;
                self.row("", &format!("    {place}"))?;
            }
            label = "";
        }
        self.more(candidates.len().saturating_sub(MAX_SITES))
    }

    /// The first sites, but at the least one of each role.
    fn sites(&mut self, finding: &Finding) -> io::Result<()> {
        let mut chosen: Vec<usize> = Vec::with_capacity(MAX_SITES);
        for role in [Role::Id, Role::Secret, Role::Token, Role::Value] {
            chosen.extend(finding.sites.iter().position(|site| site.role == role));
        }
        for i in 0..finding.sites.len() {
            if chosen.len() >= MAX_SITES {
                break;
            }
            if !chosen.contains(&i) {
                chosen.push(i);
            }
        }
        chosen.sort_unstable();

        let width = finding.sites.iter().map(|s| s.role).filter(|&r| r != Role::Value);
        let width = width.map(|r| r.name().len() + 2).max().unwrap_or(0);
        let mut label = "where";
        for &i in &chosen {
            let site = &finding.sites[i];
            let role = if site.role == Role::Value { "" } else { site.role.name() };
            let role = format!("{role:width$}");
            match site.site.as_deref().filter(|s| !s.is_empty()) {
                Some(author) => {
                    let author = self.paint(BOLD, word(author));
                    self.row(label, &format!("{role}{author}"))?;
                    self.row("", &format!("{:width$}{}", "", place(site)))?;
                }
                None => self.row(label, &format!("{role}{}", place(site)))?,
            }
            if let Some(layer) = &site.layer {
                let layer = shorten(&common::layer(layer), MAX_WORD);
                for line in wrapped(&layer, self.wrap - LABEL - width) {
                    let line = self.paint(DIM, line);
                    self.row("", &format!("{:width$}{line}", ""))?;
                }
            }
            label = "";
        }
        self.more(finding.sites.len() - chosen.len())
    }

    fn more(&mut self, count: usize) -> io::Result<()> {
        if count == 0 {
            return Ok(());
        }
        let text = format!("and {} more (all: --format json)", thousands(count as u64));
        let text = self.paint(DIM, text);
        self.row("", &text)
    }

    /// One line each, by name.
    fn inventory(&mut self, findings: &[&'a Finding]) -> io::Result<()> {
        if findings.is_empty() {
            return Ok(());
        }
        let title = self.paint(BOLD, "Embedded configuration");
        let note = self.paint(DIM, "names what the program uses; opens nothing by itself");
        writeln!(self.out, "{title}  {note}")?;

        let mut findings = findings.to_vec();
        findings.sort_by(|a, b| a.name.cmp(&b.name));
        let shown = &findings[..findings.len().min(MAX_INVENTORY)];
        let name = |f: &Finding| shorten(&escape(f.name.as_bytes()), MAX_NAME);
        let names = widest(shown.iter().map(|f| name(f)), MAX_NAME);
        // What is left of the line for the value, and for the place beside it.
        let rest = match self.options.width {
            0 => usize::MAX,
            width => width.saturating_sub(names + 5),
        };
        let value = |f: &Finding| {
            let full = common::in_full(f, self.options);
            let values: Vec<String> = f.parts.values().map(|s| shown_value(s, full)).collect();
            let values = values.join(" + ");
            if self.options.reveal { values } else { shorten(&values, rest.clamp(48, 100)) }
        };
        let values = widest(shown.iter().map(|f| value(f)), rest.saturating_sub(36).min(48));
        for finding in shown {
            let (name, value) = (name(finding), value(finding));
            let mut tail = String::new();
            if finding.sites.len() > 1 {
                tail = format!(" and {} more", thousands(finding.sites.len() as u64 - 1));
            }
            let place = finding.sites.first().map(|site| Place(site).to_string()).unwrap_or_default();
            let wanted = place.chars().count().min(24) + tail.len();
            let beside = rest.saturating_sub(value.chars().count().max(values));
            let room = if beside >= wanted { beside } else { rest };
            let place = shorten_head(&place, room.saturating_sub(tail.len()).clamp(24, MAX_WORD / 2));
            let place = self.paint(DIM, format_args!("{place}{tail}"));
            if beside >= wanted {
                writeln!(self.out, " {name:names$}  {value:values$}  {place}")?;
            } else {
                writeln!(self.out, " {name:names$}  {value}\n {:names$}  {place}", "")?;
            }
        }
        if findings.len() > shown.len() {
            let more = thousands((findings.len() - shown.len()) as u64);
            let text = self.paint(DIM, format_args!(" and {more} more (all: --format json)"));
            writeln!(self.out, "{text}")?;
        }
        writeln!(self.out)
    }

    fn totals(&mut self, report: &Report) -> io::Result<()> {
        if !report.findings.is_empty() {
            let places: usize = report.findings.iter().map(|f| f.sites.len()).sum();
            let mut parts = Vec::new();
            for (severity, count) in common::counts(report) {
                let text = format!("{} {severity}", thousands(count as u64));
                parts.push(if severity == Severity::Info { text } else { self.paint(badge(severity), text) });
            }
            writeln!(
                self.out,
                "{} in {}: {}",
                plural(report.findings.len() as u64, "finding", "findings"),
                plural(places as u64, "place", "places"),
                parts.join(", ")
            )?;
        }
        self.allowed(report)?;
        self.ledger(report)
    }

    /// What was let through: how many, and the worst of it.
    fn allowed(&mut self, report: &Report) -> io::Result<()> {
        let all = &report.allowed;
        let Some(worst) = all.iter().map(|a| a.finding.severity).max() else { return Ok(()) };
        let counts = allow::counts(all);
        let words =
            counts.iter().map(|(by, count)| format!("{} by {}", thousands(*count), super::words::by(*by)));
        let words: Vec<String> = words.collect();
        let count = plural(all.len() as u64, "finding", "findings");
        let live = super::words::live(all.iter().map(|a| &a.finding));
        let live = live.map(|live| format!("; {}", self.paint(RED, live))).unwrap_or_default();
        writeln!(self.out, "allowed {count}, the worst {worst}: {}{live}", words.join(", "))?;
        let mut order: Vec<&Allowed> = all.iter().collect();
        order.sort_by_key(|a| (Reverse(a.finding.severity), super::words::urgency(&a.finding)));
        for Allowed { finding, grant } in order.iter().take(MAX_ENTRIES) {
            let place = finding.sites.first().map(|site| Place(site).to_string()).unwrap_or_default();
            let place = shorten(&place, MAX_WORD);
            let by = self.paint(DIM, format_args!("by {}", word(&grant.in_words())));
            writeln!(
                self.out,
                "   {:<11} {}  {place}  {by}",
                finding.severity.name(),
                word(&finding.pattern)
            )?;
        }
        if order.len() > MAX_ENTRIES {
            let more = thousands((order.len() - MAX_ENTRIES) as u64);
            let text = self.paint(DIM, format_args!("   and {more} more (all: --format json)"));
            writeln!(self.out, "{text}")?;
        }
        Ok(())
    }

    fn ledger(&mut self, report: &Report) -> io::Result<()> {
        let ledger = &report.ledger;
        let mut bytes = common::size(ledger.searched_bytes);
        if ledger.searched_bytes == 0 {
            bytes = self.paint(RED, bytes);
        }
        let searched = plural(ledger.searched_count, "file or entry", "files and entries");
        let skipped = if ledger.entries.is_empty() {
            "nothing left out".to_owned()
        } else {
            let mut reasons: Vec<(Reason, u64)> =
                ledger.by_reason().into_iter().map(|(reason, (count, _))| (reason, count)).collect();
            reasons.sort_by_key(|(reason, _)| !reason.is_incomplete());
            let mut words = Vec::new();
            for (reason, count) in reasons {
                let text = format!("{} {}", thousands(count), reason.name());
                words.push(if reason.is_incomplete() { self.paint(YELLOW, text) } else { text });
            }
            format!("left out: {} ({})", thousands(ledger.entries.len() as u64), words.join(", "))
        };
        writeln!(self.out, "searched {searched}, {bytes}; {skipped}")?;

        let incomplete = || ledger.entries.iter().filter(|e| e.reason.is_incomplete());
        let count = incomplete().count();
        for entry in incomplete().take(MAX_ENTRIES) {
            self.entry(entry)?;
        }
        if count > MAX_ENTRIES {
            let more = thousands((count - MAX_ENTRIES) as u64);
            let text = self.paint(DIM, format_args!("   and {more} more (all: --format json)"));
            writeln!(self.out, "{text}")?;
        }
        Ok(())
    }

    fn entry(&mut self, entry: &Entry) -> io::Result<()> {
        let reason = self.paint(YELLOW, format_args!("{:<11}", entry.reason.name()));
        let size = entry.bytes.map(|bytes| format!(" ({})", common::size(bytes))).unwrap_or_default();
        let address = shorten(&entry.address.to_string(), MAX_WORD);
        let detail = word(&entry.detail);
        let used = 15 + address.chars().count() + size.len() + 2 + detail.chars().count();
        let size = self.paint(DIM, size);
        if used <= self.wrap {
            let detail = self.paint(DIM, detail);
            return writeln!(self.out, "   {reason} {address}{size}  {detail}");
        }
        writeln!(self.out, "   {reason} {address}{size}")?;
        for line in wrapped(&detail, self.wrap - 15) {
            let line = self.paint(DIM, line);
            writeln!(self.out, "{:15}{line}", "")?;
        }
        Ok(())
    }

    fn stats(&mut self, report: &Report) -> io::Result<()> {
        let timings = common::timings(report);
        let title = self.paint(BOLD, "Timings");
        writeln!(self.out, "\n{title}  {}", plural(report.pattern_count as u64, "pattern", "patterns"))?;
        let width = timings.iter().map(|(step, _)| step.len()).max().unwrap_or(0).max("throughput".len());
        for (step, time) in &timings {
            writeln!(self.out, " {step:width$} {:>12.1} ms", time.as_secs_f64() * 1000.0)?;
        }
        let total = timings.iter().find(|(step, _)| *step == "total").map(|(_, time)| *time);
        let seconds = total.unwrap_or_else(|| timings.iter().map(|(_, time)| *time).sum()).as_secs_f64();
        if seconds > 0.0 {
            let rate = common::size((report.ledger.searched_bytes as f64 / seconds) as u64);
            let (number, unit) = rate.split_once(' ').unwrap_or((&rate, ""));
            writeln!(self.out, " {:width$} {number:>12} {unit}/s", "throughput")?;
        }
        writeln!(self.out)
    }

    /// The last line: the result and what the exit code says of it.
    fn result(&mut self, report: &Report, secrets: &[&Finding]) -> io::Result<()> {
        let mut by_severity: BTreeMap<Severity, u64> = BTreeMap::new();
        for finding in secrets {
            *by_severity.entry(finding.severity).or_default() += 1;
        }
        let mut counts: Vec<String> =
            by_severity.iter().rev().map(|(severity, n)| format!("{} {severity}", thousands(*n))).collect();
        if let Some(live) = super::words::live(&report.findings) {
            counts.insert(0, live);
        }
        let found = match report.exit_code {
            1 if counts.is_empty() => format!("{} info", thousands(report.findings.len() as u64)),
            _ if counts.is_empty() => "no secrets found".to_owned(),
            _ => counts.join(", "),
        };
        let incomplete = report.ledger.is_incomplete();
        let nothing = report.ledger.searched_bytes == 0;
        let (style, text) = match report.exit_code {
            0 if nothing => (YELLOW, "nothing was searched".to_owned()),
            0 if incomplete && counts.is_empty() => {
                (YELLOW, format!("{found} in what was searched; the scan is incomplete, which was allowed"))
            }
            0 if incomplete => {
                (YELLOW, format!("{found}, below the bar; the scan is incomplete, which was allowed"))
            }
            0 if counts.is_empty() => (GREEN, found),
            0 => (GREEN, format!("{found}, below the bar")),
            1 if incomplete => (RED, format!("{found}, and the scan is incomplete")),
            1 => (RED, found),
            3 if nothing => (YELLOW, "nothing was searched".to_owned()),
            3 if counts.is_empty() => {
                (YELLOW, format!("{found} in what was searched, but the scan is incomplete"))
            }
            3 => (YELLOW, format!("{found}, below the bar, but the scan is incomplete")),
            _ => (RED, found),
        };
        let line = self.paint(style, format_args!("{text}: exit {}", report.exit_code));
        writeln!(self.out, "{line}")
    }
}

/// Text out of the input: escaped and bounded.
fn word(text: &str) -> String {
    shorten(&escape(text.as_bytes()), MAX_WORD)
}

/// A value; of a redacted private key its kind, which tells more than the dashes it begins with.
fn shown_value(secret: &Secret, full: bool) -> String {
    match pem_label(secret.reveal()) {
        Some(label) if !full => label.to_owned(),
        _ => common::screen_value(secret, full),
    }
}

/// `RSA PRIVATE KEY` of `-----BEGIN RSA PRIVATE KEY-----`.
fn pem_label(value: &[u8]) -> Option<&str> {
    let rest = value.strip_prefix(b"-----BEGIN ")?;
    let end = rest.iter().take(48).position(|&b| b == b'-')?;
    let label = std::str::from_utf8(&rest[..end]).ok()?;
    let plain = label.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b' ');
    (plain && label.contains("KEY") && rest[end..].starts_with(b"-----")).then_some(label)
}

/// The widest text of those that are at most `max` characters wide.
fn widest(texts: impl Iterator<Item = String>, max: usize) -> usize {
    texts.map(|text| text.chars().count()).filter(|&n| n <= max).max().unwrap_or(0)
}

/// An address in at most `max` characters; its end tells more than its beginning.
fn shorten_head(text: &str, max: usize) -> String {
    match text.chars().count().checked_sub(max) {
        None | Some(0) => text.to_owned(),
        Some(excess) => std::iter::once('…').chain(text.chars().skip(excess + 1)).collect(),
    }
}

/// An address with its line or offset, and what it was decoded from.
fn place(site: &Location) -> String {
    let mut text = shorten(&Place(site).to_string(), MAX_WORD);
    if let Some(decoding) = common::decoding(site) {
        text.push_str(&format!(" ({decoding})"));
    }
    text
}

/// `text` in lines of at most `width` characters where its words allow.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut used = 0;
    for word in text.split(' ').filter(|w| !w.is_empty()) {
        let length = word.chars().count();
        match lines.last_mut() {
            Some(line) if used + 1 + length <= width => {
                line.push(' ');
                line.push_str(word);
                used += 1 + length;
            }
            _ => {
                lines.push(word.to_owned());
                used = length;
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_words_and_leaves_long_ones_whole() {
        assert_eq!(wrapped("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrapped("a https://example.org/x b", 6), ["a", "https://example.org/x", "b"]);
        assert!(wrapped("", 7).is_empty());
    }

    #[test]
    fn redacted_private_keys_show_their_kind() {
        let head = |label: &str| Secret::new(format!("-----{label}-----\nMIIEabcdefgh").as_bytes());
        assert_eq!(shown_value(&head("BEGIN EC PRIVATE KEY"), false), "EC PRIVATE KEY");
        for other in ["BEGIN aKEY", "BEGIN CERTIFICATE", "BEGIN A-KEY", "END EC PRIVATE KEY"] {
            assert_eq!(shown_value(&head(other), false), "----…gh");
        }
        assert_eq!(shown_value(&head("BEGIN KEY"), true), "-----BEGIN KEY-----\\u{000a}MIIEabcdefgh");
    }

    #[test]
    fn addresses_keep_their_end() {
        assert_eq!(shorten_head("dist/app.apk!x", 6), "…apk!x");
        assert_eq!(shorten_head("dist", 4), "dist");
    }
}
