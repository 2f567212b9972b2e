//! One HTML file that a person on call can act on, offline, on a phone, printed, or without scripts.
//!
//! The order is the order of need: what is live and what it can do, with what to do first; then every
//! finding, collapsed; the inventory; what was searched. The page asks for nothing outside itself, and its
//! policy forbids it to: the one style sheet and the one script are named by their hashes, so that even
//! markup smuggled in would neither run nor load. Nothing in it depends on the clock.

mod allowed;
mod csp;
mod finding;
mod ledger;
mod privilege;
mod remedy;
#[cfg(test)]
mod tests;
mod verified;

use super::common::{self, thousands};
use super::markup::{Markup, markup};
use super::{Options, Report, Reporter, words};
use crate::finding::{Finding, Severity};
use crate::verify::verification::Verdict;
use std::io::{self, Write};

/// Findings in a page: browsers take more, people do not.
const MAX_FINDINGS: usize = 5_000;
/// Verified credentials that are told in full.
const MAX_CARDS: usize = 100;
/// Of those, the ones that are open from the start: the worst.
const OPEN_CARDS: usize = 1;
/// Characters of one word out of the input.
const MAX_WORD: usize = 1_000;

const NOT_ASKED: &str = "not asked";

const CSS: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Writes a page.
pub(super) struct Html;

impl Reporter for Html {
    fn write(&self, report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
        let mut out = io::BufWriter::with_capacity(1 << 16, out);
        page(report, options, &mut Markup::new(&mut out))?;
        out.flush()
    }

    fn omits(&self, report: &Report) -> Option<String> {
        let all = report.findings.len();
        (all > MAX_FINDINGS).then(|| {
            format!(
                "the HTML report holds the worst {} of {} findings; json and jsonl hold all",
                thousands(MAX_FINDINGS as u64),
                thousands(all as u64)
            )
        })
    }
}

/// A finding with its number, which names it in links.
#[derive(Clone, Copy)]
struct Item<'a> {
    number: usize,
    finding: &'a Finding,
}

fn page(report: &Report, options: &Options, to: &mut Markup<'_>) -> io::Result<()> {
    let mut findings = common::worst_first(report);
    findings.truncate(MAX_FINDINGS);
    let items = findings.iter().enumerate().map(|(i, &finding)| Item { number: i + 1, finding });
    let (inventory, secrets): (Vec<_>, Vec<_>) = items.partition(|i| common::is_inventory(i.finding));
    let mut asked: Vec<Item<'_>> =
        secrets.iter().chain(&inventory).filter(|i| i.finding.verification.is_some()).copied().collect();
    asked.sort_by_key(|item| words::urgency(item.finding));

    head(to)?;
    top(report, options, &asked, &secrets, to)?;
    to.literal("<main id=\"main\">\n")?;
    verified::section(&asked, options, to)?;
    finding::section(&secrets, options, to)?;
    if let Some(omitted) = Html.omits(report) {
        markup!(to, "<p class=\"note\">Not all is here: " {omitted} ".</p>\n");
    }
    finding::inventory(&inventory, options, to)?;
    allowed::section(report, to)?;
    ledger::section(report, to)?;
    markup!(to, "</main>\n<footer><p>keysift " {common::VERSION} ", " {thousands(report.pattern_count as u64)}
        " patterns, exit code " {report.exit_code} ".</p></footer>\n<script>");
    to.literal(SCRIPT)?;
    to.literal("</script>\n</body>\n</html>\n")
}

fn head(to: &mut Markup<'_>) -> io::Result<()> {
    let policy = csp::policy(&[CSS, super::graph::CSS], &[SCRIPT]);
    markup!(to, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"" {policy} "\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n"
        "<meta name=\"robots\" content=\"noindex\">\n<title>keysift report</title>\n<style>");
    to.literal(CSS)?;
    to.literal(super::graph::CSS)?;
    to.literal("</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the report</a>\n")
}

/// The summary: one sentence, the counts, what is wrong with the scan itself.
fn top(
    report: &Report,
    options: &Options,
    asked: &[Item<'_>],
    secrets: &[Item<'_>],
    to: &mut Markup<'_>,
) -> io::Result<()> {
    let live = words::live(asked.iter().map(|i| i.finding));
    let is_incomplete = report.ledger.is_incomplete();
    let tone = match (&live, secrets.first().map(|i| i.finding.severity)) {
        (Some(_), _) | (_, Some(Severity::Critical)) => "bad",
        (_, Some(Severity::High | Severity::Medium)) => "warn",
        _ if is_incomplete || report.ledger.searched_bytes == 0 => "warn",
        _ => "good",
    };
    markup!(to, "<header class=\"top " {tone} "\">\n<p class=\"brand\">keysift report</p>\n<h1>");
    match &live {
        Some(live) => markup!(to, { live }),
        None if secrets.is_empty() => to.literal("No secrets found")?,
        None => {
            let count = common::plural(secrets.len() as u64, "secret", "secrets");
            let known = if asked.is_empty() { ", not verified" } else { ", none known to be live" };
            markup!(to, {count} {known});
        }
    }
    to.literal("</h1>\n<ul class=\"counts\">")?;
    for (severity, count) in common::counts(report) {
        let what = if severity == Severity::Info { "configuration" } else { severity.name() };
        markup!(to, "<li class=\"sev " {severity} "\"><b>" {thousands(count as u64)} "</b> " {what} "</li>");
    }
    to.literal("</ul>\n")?;
    if !report.artifacts.is_empty() {
        to.literal("<p class=\"where\">Searched: ")?;
        for (n, artifact) in report.artifacts.iter().take(20).enumerate() {
            let comma = if n == 0 { "" } else { ", " };
            markup!(to, {comma} "<code>" {word(artifact)} "</code>");
        }
        if report.artifacts.len() > 20 {
            markup!(to, " and " {report.artifacts.len() - 20} " more");
        }
        to.literal("</p>\n")?;
    }
    if report.ledger.searched_bytes == 0 {
        to.literal("<p class=\"alert\">Nothing was searched: this says nothing about what was named.</p>\n")?;
    } else if is_incomplete {
        to.literal("<p class=\"alert\">The scan is incomplete: <a href=\"#searched\">what was not searched</a>.</p>\n")?;
    }
    if options.reveal {
        to.literal("<p class=\"alert\">This file holds secrets in full: keep it from others, delete it after use.</p>\n")?;
    }
    to.literal("<nav aria-label=\"Sections\"><ul>")?;
    if !asked.is_empty() {
        to.literal("<li><a href=\"#verified\">Verified</a></li>")?;
    }
    to.literal("<li><a href=\"#findings\">Findings</a></li>")?;
    if report.findings.iter().any(common::is_inventory) {
        to.literal("<li><a href=\"#inventory\">Configuration</a></li>")?;
    }
    to.literal("<li><a href=\"#searched\">What was searched</a></li></ul></nav>\n</header>\n")?;
    filters(report, !asked.is_empty(), to)
}

/// Hidden until the script that makes it work shows it.
fn filters(report: &Report, is_asked: bool, to: &mut Markup<'_>) -> io::Result<()> {
    to.literal("<form id=\"filter\" role=\"search\" aria-label=\"Filter\" hidden>\n<fieldset><legend>Severity</legend>")?;
    for (severity, _) in common::counts(report) {
        markup!(to, "<label><input type=\"checkbox\" name=\"severity\" value=\"" {severity} "\" checked> " {severity} "</label>");
    }
    to.literal("</fieldset>\n")?;
    if is_asked {
        to.literal("<fieldset><legend>Verdict</legend>")?;
        let names = Verdict::ALL.into_iter().map(Verdict::name).chain([NOT_ASKED]);
        for name in names.filter(|name| report.findings.iter().any(|f| verdict_name(f) == *name)) {
            markup!(to, "<label><input type=\"checkbox\" name=\"verdict\" value=\"" {name} "\" checked> " {name} "</label>");
        }
        to.literal("</fieldset>\n")?;
    }
    to.literal(
        "<label class=\"text\">Text <input type=\"search\" name=\"text\" autocomplete=\"off\" \
         placeholder=\"file, pattern, account …\"></label>\n<p role=\"status\" id=\"shown\"></p>\n</form>\n",
    )
}

/// The attributes that filters look at.
fn filter_attributes(finding: &Finding, to: &mut Markup<'_>) -> io::Result<()> {
    markup!(to, " data-severity=\"" {finding.severity} "\" data-verdict=\"" {verdict_name(finding)} "\"");
    Ok(())
}

fn verdict_name(finding: &Finding) -> &'static str {
    finding.verification.as_ref().map_or(NOT_ASKED, |v| v.verdict.name())
}

/// Text out of the input, bounded; escaped where it is written.
fn word(text: &str) -> String {
    common::shorten(&crate::address::escape(text.as_bytes()), MAX_WORD)
}

/// What ends an ARN: `user/app` of `arn:aws:iam::123456789012:user/app`.
fn short_arn(arn: &str) -> String {
    word(&words::name(arn.splitn(6, ':').nth(5).unwrap_or(arn)))
}
