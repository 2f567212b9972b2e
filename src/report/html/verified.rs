//! What was verified: a card for each credential that is live, or whose rights are known; a line for others.

use super::{
    Item, MAX_CARDS, OPEN_CARDS, Options, filter_attributes, finding, privilege, remedy, short_arn, word,
};
use crate::report::markup::{Markup, markup};
use crate::report::{common, graph, words};
use crate::verify::aws::iam::Assessment;
use crate::verify::verification::{Verdict, Verification};
use std::io;

/// Boxes of a picture inside the page; `--graph` draws more.
const MAX_NODES: usize = 60;

/// The section; nothing when nobody was asked.
pub(super) fn section(asked: &[Item<'_>], options: &Options, to: &mut Markup<'_>) -> io::Result<()> {
    if asked.is_empty() {
        return Ok(());
    }
    let (urgent, rest): (Vec<&Item<'_>>, Vec<&Item<'_>>) = asked.iter().partition(|item| {
        item.finding
            .verification
            .as_ref()
            .is_some_and(|v| matches!(v.verdict, Verdict::Live | Verdict::Inactive) || v.assessment.is_some())
    });
    to.literal("<section id=\"verified\" aria-labelledby=\"h-verified\">\n<h2 id=\"h-verified\">Verified, worst first</h2>\n")?;
    if urgent.is_empty() {
        to.literal("<p>None of the credentials that were asked about is known to be live.</p>\n")?;
    }
    if urgent.len() > 1 {
        glance(&urgent, options, to)?;
    }
    for (n, item) in urgent.iter().take(MAX_CARDS).enumerate() {
        if let Some(v) = &item.finding.verification {
            card(item, v, n < OPEN_CARDS, options, to)?;
        }
    }
    if urgent.len() > MAX_CARDS {
        markup!(to, "<p class=\"note\">" {urgent.len() - MAX_CARDS}
            " more are not told in full here, only among the findings; json and jsonl tell all.</p>\n");
    }
    if !rest.is_empty() {
        others(&rest, options, to)?;
    }
    to.literal("</section>\n")
}

/// One line for each, so that the worst can be told from the rest before any of it is read.
fn glance(urgent: &[&Item<'_>], options: &Options, to: &mut Markup<'_>) -> io::Result<()> {
    to.literal("<div class=\"glance\"><table><thead><tr><th scope=\"col\">Verdict, level</th><th scope=\"col\">Whose</th>\
                <th scope=\"col\">Owner</th><th scope=\"col\">It can</th></tr></thead><tbody>\n")?;
    for item in urgent.iter().take(MAX_CARDS) {
        let Some(v) = &item.finding.verification else { continue };
        to.literal("<tr class=\"item\"")?;
        filter_attributes(item.finding, to)?;
        to.literal("><td>")?;
        chips(v, to)?;
        let whose = v.principal.as_deref().map_or_else(|| word(&item.finding.name), short_arn);
        markup!(to, "</td><td data-th=\"Whose\"><a href=\"#v" {item.number} "\">" {whose} "</a> <code>" {finding::values(item.finding, options)}
            "</code></td><td data-th=\"Owner\">");
        if let Some(a) = &v.assessment {
            let o = &a.ownership;
            let named = words::owner(a);
            let owner = [Some(named.as_str()), o.env.as_deref(), o.criticality.as_deref()];
            let owner: Vec<String> = owner.into_iter().flatten().map(word).collect();
            markup!(to, {owner.join(", ")} "</td><td data-th=\"It can\">" {words::level(a.level)});
            for (key, level) in &a.level_if {
                markup!(to, "; <b>" {level.word()} "</b> once " {words::once(key)});
            }
        } else {
            to.literal("</td><td>")?;
        }
        to.literal("</td></tr>\n")?;
    }
    to.literal("</tbody></table></div>\n")
}

fn card(
    item: &Item<'_>,
    v: &Verification,
    is_open: bool,
    options: &Options,
    to: &mut Markup<'_>,
) -> io::Result<()> {
    let f = item.finding;
    let open = if is_open { " open" } else { "" };
    markup!(to, "<details class=\"card item " {v.verdict.name()} "\" id=\"v" {item.number} "\"");
    filter_attributes(f, to)?;
    markup!(to, {open} ">\n<summary><h3>");
    chips(v, to)?;
    markup!(to, "<span>" {word(&f.name)} " <code>" {finding::values(f, options)} "</code>");
    if let Some(principal) = &v.principal {
        markup!(to, " of " {short_arn(principal)});
    }
    to.literal("</span></h3></summary>\n<div class=\"body\">\n")?;

    markup!(to, "<p class=\"lead\"><strong>" {sentence(words::verdict(v.verdict))} ".</strong>");
    if let Some(a) = &v.assessment {
        markup!(to, " Level <b>" {a.level.word()} "</b>: " {words::level(a.level)} ".");
        for (key, level) in &a.level_if {
            markup!(to, " <span class=\"if\">Once " {words::once(key)} ", level <b>" {level.word()} "</b>: " {words::level(*level)} ".</span>");
        }
    }
    markup!(to, "</p>\n");
    remedy::first(v, item.number, to)?;
    identity(v, to)?;
    to.literal("<figure class=\"picture\">\n")?;
    if graph::inline(f, MAX_NODES, to)? {
        to.literal(
            "<figcaption>What this key reaches. Point at a box or a label for its full name.</figcaption>",
        )?;
    }
    to.literal("</figure>\n")?;
    if let Some(a) = &v.assessment {
        privilege::dangerous(&a.dangerous, a.level, to)?;
        privilege::roles(a, to)?;
        privilege::ways_up(a, to)?;
    }
    remedy::plan(v, item.number, to)?;
    doubts(v, to)?;
    calls(v, to)?;
    markup!(to, "<p><a href=\"#f" {item.number} "\">Where it was found, and the evidence</a></p>\n</div>\n</details>\n");
    Ok(())
}

/// With a capital.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}", chars.as_str())
}

/// Verdict and level.
pub(super) fn chips(v: &Verification, to: &mut Markup<'_>) -> io::Result<()> {
    markup!(to, "<span class=\"chip v-" {v.verdict.name()} "\">" {v.verdict.name()} "</span> ");
    if let Some(a) = &v.assessment {
        markup!(to, "<span class=\"chip l-" {a.level.word()} "\">" {a.level.word()} "</span> ");
    }
    Ok(())
}

/// Whose it is, and what is known of the key itself.
fn identity(v: &Verification, to: &mut Markup<'_>) -> io::Result<()> {
    to.literal("<dl class=\"facts\">\n")?;
    let mut row = |name: &str, value: &str| -> io::Result<()> {
        markup!(to, "<div><dt>" {name} "</dt><dd>" {value} "</dd></div>\n");
        Ok(())
    };
    if let Some(principal) = &v.principal {
        row("Whose", &word(principal))?;
    }
    if let Some(account) = &v.account_id {
        row("Account", &word(account))?;
    }
    if let Some(a @ Assessment { ownership: o, .. }) = v.assessment.as_ref() {
        row("Owner", &word(&words::owner(a)))?;
        let environment = [o.env.as_deref(), o.judgement.as_deref().filter(|j| Some(*j) != o.env.as_deref())];
        let environment: Vec<String> = environment.into_iter().flatten().map(word).collect();
        if !environment.is_empty() {
            row("Environment", &environment.join(": "))?;
        }
        for (name, value) in [("Criticality", &o.criticality), ("Recovery", &o.dr)] {
            if let Some(value) = value {
                row(name, &word(value))?;
            }
        }
    }
    for (name, value) in &v.facts {
        row(&sentence(&words::fact(name)), &word(value))?;
    }
    for key in &v.other_keys {
        let created = key.created.as_deref().map_or(String::new(), |c| format!(", made {}", word(c)));
        row("Another key of the user", &format!("{} ({}{created})", word(&key.id), word(&key.status)))?;
    }
    if let Some(n) = v.secret_at.filter(|n| *n > 0) {
        row("Secret", &format!("candidate {n} of the pair is the one that works"))?;
    }
    row("The provider says", &word(&v.reason))?;
    to.literal("</dl>\n")?;
    if let Some(a) = v.assessment.as_ref().filter(|a| !a.tags.is_empty()) {
        to.literal("<details class=\"more\"><summary>All tags</summary><dl class=\"facts\">")?;
        for (key, value) in a.tags.iter().take(60) {
            markup!(to, "<div><dt>" {word(key)} "</dt><dd>" {word(value)} "</dd></div>");
        }
        to.literal("</dl>")?;
        for from in &a.ownership.from {
            markup!(to, "<p class=\"note\">Taken from " {word(from)} "</p>");
        }
        to.literal("</details>\n")?;
    }
    Ok(())
}

/// What could not be read, and what else is worth saying.
fn doubts(v: &Verification, to: &mut Markup<'_>) -> io::Result<()> {
    let notes = v.assessment.iter().flat_map(|a| &a.notes);
    for (title, list) in
        [("What could not be read", v.gaps.iter().collect::<Vec<_>>()), ("Notes", notes.collect())]
    {
        if !list.is_empty() {
            markup!(to, "<h4>" {title} "</h4>\n<ul>");
            for text in list {
                markup!(to, "<li>" {word(text)} "</li>");
            }
            to.literal("</ul>\n")?;
        }
    }
    Ok(())
}

fn calls(v: &Verification, to: &mut Markup<'_>) -> io::Result<()> {
    if v.calls.is_empty() {
        return Ok(());
    }
    let count: u32 = v.calls.iter().map(|c| c.count).sum();
    markup!(to, "<details class=\"more\"><summary>" {common::plural(count.into(), "call was", "calls were")}
        " made to find this out</summary>\n<table><thead><tr><th scope=\"col\">Host</th><th scope=\"col\">Call</th>"
        "<th scope=\"col\">Credential</th><th scope=\"col\">Times</th></tr></thead><tbody>");
    for call in &v.calls {
        markup!(to, "<tr><td data-th=\"Host\">" {word(&call.host)} "</td><td data-th=\"Call\">" {word(&call.action)}
            "</td><td data-th=\"Credential\">" {call.speaker.name()} "</td><td data-th=\"Times\">" {call.count} "</td></tr>");
    }
    to.literal("</tbody></table></details>\n")
}

fn others(rest: &[&Item<'_>], options: &Options, to: &mut Markup<'_>) -> io::Result<()> {
    markup!(to, "<h3>Asked about, not known to be live</h3>\n<table><thead><tr><th scope=\"col\">Verdict</th>"
        "<th scope=\"col\">What</th><th scope=\"col\">The provider says</th></tr></thead><tbody>\n");
    for item in rest {
        let Some(v) = &item.finding.verification else { continue };
        to.literal("<tr class=\"item\"")?;
        filter_attributes(item.finding, to)?;
        to.literal("><td data-th=\"Verdict\">")?;
        chips(v, to)?;
        markup!(to, "</td><td data-th=\"What\"><a href=\"#f" {item.number} "\">" {word(&item.finding.name)} "</a> <code>"
            {finding::values(item.finding, options)} "</code></td><td data-th=\"The provider says\">" {word(&v.reason)} "</td></tr>\n");
    }
    to.literal("</tbody></table>\n")
}
