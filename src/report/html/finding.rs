//! Every finding, collapsed, and the inventory of embedded configuration as a table.

use super::{Item, MAX_WORD, Options, filter_attributes, verified, word};
use crate::finding::{Finding, Location, Role};
use crate::report::common::{self, Place, plural};
use crate::report::markup::{Markup, markup};
use std::io;

/// Places of one finding, and candidates of one pair.
const MAX_PLACES: usize = 100;

/// The findings, worst first.
pub(super) fn section(secrets: &[Item<'_>], options: &Options, to: &mut Markup<'_>) -> io::Result<()> {
    markup!(to, "<section id=\"findings\" aria-labelledby=\"h-findings\">\n<h2 id=\"h-findings\">Findings: " {common::thousands(secrets.len() as u64)} "</h2>\n");
    if secrets.is_empty() {
        to.literal("<p>No secrets were found in what was searched.</p>\n")?;
    }
    // A few are read from top to bottom; many are looked through.
    let open = if secrets.len() <= 3 { " open" } else { "" };
    for item in secrets {
        one(item, open, options, to)?;
    }
    to.literal("</section>\n")
}

fn one(item: &Item<'_>, open: &str, options: &Options, to: &mut Markup<'_>) -> io::Result<()> {
    let f = item.finding;
    markup!(to, "<details class=\"finding item " {f.severity} "\" id=\"f" {item.number} "\"");
    filter_attributes(f, to)?;
    markup!(to, {open} ">\n<summary><h3><span class=\"chip s-" {f.severity} "\">" {f.severity} "</span> ");
    if let Some(v) = &f.verification {
        verified::chips(v, to)?;
    }
    markup!(to, "<span>" {word(&f.name)} " <code>" {values(f, options)} "</code></span></h3>");
    if let Some(site) = f.sites.first() {
        markup!(to, "<span class=\"first\">" {common::shorten(&Place(site).to_string(), 120)});
        if f.sites.len() > 1 {
            markup!(to, " and " {plural(f.sites.len() as u64 - 1, "more place", "more places")});
        }
        to.literal("</span>")?;
    }
    to.literal("</summary>\n<div class=\"body\">\n<dl class=\"facts\">")?;
    let mut row = |name: &str, value: &str| -> io::Result<()> {
        markup!(to, "<div><dt>" {name} "</dt><dd>" {value} "</dd></div>\n");
        Ok(())
    };
    row("Pattern", &word(&f.pattern))?;
    row("Confidence", &format!("{}%", f.confidence.min(100)))?;
    for (key, value) in &f.details {
        row(&word(key).replace('_', " "), &word(value))?;
    }
    if let Some(pair) = f.pair.as_ref().filter(|p| !p.evidence.is_empty()) {
        row("Evidence", &word(&pair.evidence))?;
    }
    row("Fingerprint", &word(&f.fingerprint))?;
    to.literal("</dl>\n")?;
    candidates(f, options, to)?;
    places(f, to)?;
    for (title, prose) in [("What it opens", &f.why), ("What to do", &f.fix)] {
        if !prose.is_empty() {
            markup!(to, "<h4>" {title} "</h4><p>" {word(&common::one_line(prose))} "</p>\n");
        }
    }
    let reference = common::one_line(&f.reference);
    if crate::report::sarif::is_web_address(&reference) {
        markup!(to, "<p>Reference: <a rel=\"noreferrer noopener\" target=\"_blank\" href=\"" {reference} "\">" {reference} "</a></p>\n");
    } else if !reference.is_empty() {
        markup!(to, "<p>Reference: " {word(&reference)} "</p>\n");
    }
    to.literal("</div>\n</details>\n")
}

/// The values, redacted unless they may be shown.
pub(super) fn values(f: &Finding, options: &Options) -> String {
    let full = common::in_full(f, options);
    let mut values: Vec<String> = f.parts.values().map(|s| common::screen_value(s, full)).collect();
    match f.pair.as_ref().map_or(0, |p| p.candidates.len()) {
        0 => {}
        n => values.push(format!("one of {} candidates", common::thousands(n as u64))),
    }
    values.join(" + ")
}

fn candidates(f: &Finding, options: &Options, to: &mut Markup<'_>) -> io::Result<()> {
    let Some(pair) = f.pair.as_ref().filter(|p| !p.candidates.is_empty()) else { return Ok(()) };
    let works = f.verification.as_ref().and_then(|v| v.secret_at);
    let full = common::in_full(f, options);
    to.literal("<h4>Secrets that fit, best first</h4>\n<ol class=\"places\">")?;
    // Counted from 0 after the pair's own secret, where there is one.
    let own = usize::from(f.parts.contains_key(&Role::Secret));
    for (n, candidate) in pair.candidates.iter().take(MAX_PLACES).enumerate() {
        markup!(to, "<li><code>" {common::screen_value(&candidate.secret, full)} "</code> " {word(&candidate.evidence)});
        if works == Some(n + own) {
            to.literal(" <b>(this one works)</b>")?;
        }
        place(&candidate.location, to)?;
        to.literal("</li>")?;
    }
    to.literal("</ol>\n")?;
    more(pair.candidates.len(), to)
}

fn places(f: &Finding, to: &mut Markup<'_>) -> io::Result<()> {
    to.literal("<h4>Where</h4>\n<ul class=\"places\">")?;
    for site in f.sites.iter().take(MAX_PLACES) {
        to.literal("<li>")?;
        if site.role != Role::Value {
            markup!(to, "<span class=\"role\">" {site.role.name()} "</span> ");
        }
        if let Some(author) = site.site.as_deref().filter(|s| !s.is_empty()) {
            markup!(to, "<b>" {word(author)} "</b>");
        }
        place(site, to)?;
        to.literal("</li>")?;
    }
    to.literal("</ul>\n")?;
    more(f.sites.len(), to)?;
    for history in f.history.iter().take(MAX_PLACES) {
        markup!(to, "<p>History of " {common::shorten(&common::history(history), MAX_WORD)} ".</p>\n");
    }
    Ok(())
}

fn place(site: &Location, to: &mut Markup<'_>) -> io::Result<()> {
    markup!(to, " <code class=\"address\">" {common::shorten(&Place(site).to_string(), MAX_WORD)} "</code>");
    if let Some(decoding) = common::decoding(site) {
        markup!(to, " <span class=\"req\">(" {decoding} ")</span>");
    }
    if let Some(layer) = &site.layer {
        markup!(to, " <span class=\"req\">" {common::shorten(&common::layer(layer), MAX_WORD)} "</span>");
    }
    Ok(())
}

fn more(all: usize, to: &mut Markup<'_>) -> io::Result<()> {
    if all > MAX_PLACES {
        let count = common::thousands((all - MAX_PLACES) as u64);
        markup!(to, "<p class=\"note\">and " {count} " more: json and jsonl list all</p>\n");
    }
    Ok(())
}

/// What names things and opens nothing.
pub(super) fn inventory(items: &[Item<'_>], options: &Options, to: &mut Markup<'_>) -> io::Result<()> {
    if items.is_empty() {
        return Ok(());
    }
    let mut items = items.to_vec();
    items.sort_by(|a, b| a.finding.name.cmp(&b.finding.name).then(a.number.cmp(&b.number)));
    markup!(to, "<section id=\"inventory\" aria-labelledby=\"h-inventory\">\n<h2 id=\"h-inventory\">Embedded configuration: " {common::thousands(items.len() as u64)}
        "</h2>\n<p>Names what the program uses; opens nothing by itself.</p>\n<details><summary>Show the list</summary>\n"
        "<table><thead><tr><th scope=\"col\">What</th><th scope=\"col\">Value</th><th scope=\"col\">Where</th></tr></thead><tbody>\n");
    for item in items {
        let f = item.finding;
        markup!(to, "<tr class=\"item\" id=\"f" {item.number} "\"");
        filter_attributes(f, to)?;
        markup!(to, "><th scope=\"row\">" {word(&f.name)} "</th><td data-th=\"Value\"><code>" {common::shorten(&values(f, options), MAX_WORD)}
            "</code></td><td data-th=\"Where\">");
        if let Some(site) = f.sites.first() {
            place(site, to)?;
        }
        if f.sites.len() > 1 {
            markup!(to, " and " {common::thousands(f.sites.len() as u64 - 1)} " more");
        }
        to.literal("</td></tr>\n")?;
    }
    to.literal("</tbody></table>\n</details>\n</section>\n")
}
