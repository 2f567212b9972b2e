//! What was searched, and all that was not.

use super::{MAX_WORD, word};
use crate::ledger::{Entry, Reason};
use crate::report::Report;
use crate::report::common::{self, plural, thousands};
use crate::report::markup::{Markup, markup};
use std::io;

/// Entries that are listed, those that make the scan incomplete first.
const MAX_ENTRIES: usize = 1_000;

/// The section.
pub(super) fn section(report: &Report, to: &mut Markup<'_>) -> io::Result<()> {
    let ledger = &report.ledger;
    let searched = plural(ledger.searched_count, "file or entry", "files and entries");
    markup!(to, "<section id=\"searched\" aria-labelledby=\"h-searched\">\n<h2 id=\"h-searched\">What was searched</h2>\n<p>"
        {searched} ", " {common::size(ledger.searched_bytes)} ".");
    if ledger.entries.is_empty() {
        return to.literal(" Nothing was left out.</p>\n</section>\n");
    }
    to.literal(
        "</p>\n<table><thead><tr><th scope=\"col\">Left out because</th><th scope=\"col\">Places</th>\
                <th scope=\"col\">Known bytes</th></tr></thead><tbody>",
    )?;
    let mut reasons: Vec<_> = ledger.by_reason().into_iter().collect();
    reasons.sort_by_key(|(reason, _)| !reason.is_incomplete());
    for (reason, (count, bytes)) in reasons {
        let class = if reason.is_incomplete() { "cond some" } else { "cond" };
        markup!(to, "<tr><th scope=\"row\"><span class=\"" {class} "\">" {reason.name()} "</span></th><td data-th=\"Places\">"
            {thousands(count)} "</td><td data-th=\"Known bytes\">" {common::size(bytes)} "</td></tr>");
    }
    to.literal("</tbody></table>\n")?;
    let (incomplete, harmless): (Vec<&Entry>, Vec<&Entry>) =
        ledger.entries.iter().partition(|e| Reason::is_incomplete(e.reason));
    let open = if incomplete.is_empty() || incomplete.len() > 20 { "" } else { " open" };
    for (title, list, open) in
        [("Should have been searched and was not", incomplete, open), ("Left out on purpose", harmless, "")]
    {
        if list.is_empty() {
            continue;
        }
        markup!(to, "<details class=\"more\"" {open} "><summary>" {title} ": " {thousands(list.len() as u64)} "</summary>\n<ul class=\"places\">");
        for entry in list.iter().take(MAX_ENTRIES) {
            let address = common::shorten(&entry.address.to_string(), MAX_WORD);
            markup!(to, "<li><span class=\"role\">" {entry.reason.name()} "</span> <code class=\"address\">" {address} "</code>");
            if let Some(bytes) = entry.bytes {
                markup!(to, " (" {common::size(bytes)} ")");
            }
            markup!(to, " <span class=\"req\">" {word(&entry.detail)} "</span></li>");
        }
        to.literal("</ul>\n")?;
        if list.len() > MAX_ENTRIES {
            let more = thousands((list.len() - MAX_ENTRIES) as u64);
            markup!(to, "<p class=\"note\">and " {more} " more: json and jsonl list all</p>\n");
        }
        to.literal("</details>\n")?;
    }
    to.literal("</section>\n")
}
