//! What was found and let through, with what let it through.

use super::{MAX_WORD, word};
use crate::allow::{self, Allowed};
use crate::report::Report;
use crate::report::common::{self, Place, plural, thousands};
use crate::report::markup::{Markup, markup};
use crate::report::words;
use std::cmp::Reverse;
use std::io;

/// Findings that are listed, the worst first.
const MAX_ALLOWED: usize = 1_000;

/// The section; nothing, where nothing was let through.
pub(super) fn section(report: &Report, to: &mut Markup<'_>) -> io::Result<()> {
    let all = &report.allowed;
    if all.is_empty() {
        return Ok(());
    }
    let counts = allow::counts(all);
    let by: Vec<String> =
        counts.iter().map(|(by, n)| format!("{} by {}", thousands(*n), words::by(*by))).collect();
    let count = plural(all.len() as u64, "finding", "findings");
    markup!(to, "<section id=\"allowed\" aria-labelledby=\"h-allowed\">\n<h2 id=\"h-allowed\">Allowed</h2>\n<p>"
        {count} " let through: " {by.join(", ")} ".</p>\n");
    if let Some(live) = words::live(all.iter().map(|a| &a.finding)) {
        markup!(to, "<p class=\"alert\">Among them: " {live} ".</p>\n");
    }
    let mut order: Vec<&Allowed> = all.iter().collect();
    order.sort_by_key(|a| (Reverse(a.finding.severity), words::urgency(&a.finding)));
    to.literal("<details class=\"more\"><summary>What, and why</summary>\n<ul class=\"places\">")?;
    for Allowed { finding, grant } in order.iter().take(MAX_ALLOWED) {
        let place = finding.sites.first().map(|site| Place(site).to_string()).unwrap_or_default();
        let place = common::shorten(&place, MAX_WORD);
        markup!(to, "<li><span class=\"role\">" {finding.severity} "</span> " {word(&finding.pattern)} " <code class=\"address\">"
            {place} "</code> <span class=\"req\">by " {word(&grant.in_words())} "</span></li>");
    }
    to.literal("</ul>\n")?;
    if all.len() > MAX_ALLOWED {
        let more = thousands((all.len() - MAX_ALLOWED) as u64);
        markup!(to, "<p class=\"note\">and " {more} " more: json and jsonl list all</p>\n");
    }
    to.literal("</details>\n</section>\n")
}
