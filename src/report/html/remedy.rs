//! What to do: the first thing at the top of a card, the whole plan below.

use super::word;
use crate::report::markup::{Markup, markup};
use crate::verify::verification::{Step, Verdict, Verification};
use serde_json::Value;
use std::io;

/// The first step, where something must be stopped.
pub(super) fn first(v: &Verification, number: usize, to: &mut Markup<'_>) -> io::Result<()> {
    let Some(step) = v.plan.first().filter(|_| matches!(v.verdict, Verdict::Live | Verdict::Unknown)) else {
        return Ok(());
    };
    markup!(to, "<div class=\"now\"><h4>Do first: " {word(&step.title)} "</h4>\n");
    if let Some(text) = step.commands.first() {
        command(text, to)?;
    }
    if !step.breaks.is_empty() {
        markup!(to, "<p>May break: " {word(&step.breaks)} ". <a href=\"#p" {number} "\" class=\"to-plan\">All steps are below.</a></p>");
    }
    to.literal("</div>\n")
}

/// All steps.
pub(super) fn plan(v: &Verification, number: usize, to: &mut Markup<'_>) -> io::Result<()> {
    if v.plan.is_empty() {
        return Ok(());
    }
    markup!(to, "<h4 id=\"p" {number} "\">What to do, in order</h4>\n<ol class=\"plan\">\n");
    for step in &v.plan {
        one(step, to)?;
    }
    to.literal("</ol>\n")
}

fn one(step: &Step, to: &mut Markup<'_>) -> io::Result<()> {
    markup!(to, "<li><h5>" {word(&step.title)} "</h5>\n");
    if !step.why.is_empty() {
        markup!(to, "<p>" {word(&step.why)} ".</p>\n");
    }
    if !step.breaks.is_empty() {
        markup!(to, "<p class=\"breaks\"><b>May break:</b> " {word(&step.breaks)} "</p>\n");
    }
    for text in &step.commands {
        command(text, to)?;
    }
    for document in &step.documents {
        to.literal(
            "<details class=\"more policy\"><summary>Policy document</summary><pre class=\"copy\"><code>",
        )?;
        to.lines(&pretty(document))?;
        to.literal("</code></pre></details>\n")?;
    }
    to.literal("</li>\n")
}

fn command(text: &str, to: &mut Markup<'_>) -> io::Result<()> {
    to.literal("<pre class=\"copy\"><code>")?;
    to.lines(text)?;
    to.literal("</code></pre>\n")
}

/// JSON on lines; what is none, as it is.
fn pretty(document: &str) -> String {
    let value: Option<Value> = serde_json::from_str(document).ok();
    value.and_then(|v| serde_json::to_string_pretty(&v).ok()).unwrap_or_else(|| document.to_owned())
}
