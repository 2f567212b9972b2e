//! What an AWS key can do: dangerous actions, roles, ways up.

use super::{short_arn, word};
use crate::report::markup::{Markup, markup};
use crate::report::{common, words};
use crate::verify::aws::iam::{Assessment, Dangerous, Escalation, Kind, Level, RoleReach, escalation_table};
use std::io;

static TABLE: &str = include_str!("../../verify/aws/iam/data/dangerous.tsv");

/// Roles and ways up that are listed.
const MAX_ROWS: usize = 200;

/// The groups of dangerous actions, those without a condition first.
pub(super) fn dangerous(groups: &[Dangerous], level: Level, to: &mut Markup<'_>) -> io::Result<()> {
    if groups.is_empty() {
        return Ok(());
    }
    let mut groups: Vec<&Dangerous> = groups.iter().collect();
    groups.sort_by_key(|g| g.condition);
    let count = common::plural(groups.len() as u64, "group", "groups");
    markup!(to, "<h4>What it can destroy or reroute: " {count} " of dangerous actions</h4>\n");
    if level >= Level::Admin {
        to.literal("<details class=\"more\"><summary>All of it: nothing is left out for an administrator</summary>\n")?;
    }
    to.literal("<table class=\"wide\"><thead><tr><th scope=\"col\">What</th><th scope=\"col\">Condition</th><th scope=\"col\">Actions</th>\
                <th scope=\"col\">On</th><th scope=\"col\">Through</th></tr></thead><tbody>\n")?;
    for g in groups {
        markup!(to, "<tr><th scope=\"row\">" {words::group(&g.group)} "</th><td data-th=\"Condition\">");
        condition(g.condition, &g.requirements, to)?;
        to.literal("</td><td data-th=\"Actions\">")?;
        actions(&g.actions, to)?;
        if !g.more.is_empty() {
            markup!(to, "<p class=\"note\">under stronger conditions: " {word(&g.more.join(", "))} "</p>");
        }
        to.literal("</td><td data-th=\"On\">")?;
        if g.resources.is_empty() {
            to.literal("everything")?;
        }
        for (n, resource) in g.resources.iter().enumerate() {
            if n > 0 {
                to.literal("<br>")?;
            }
            markup!(to, "<code>" {word(resource)} "</code>");
        }
        to.literal("</td><td data-th=\"Through\">")?;
        match &g.via {
            Some(role) => markup!(to, "<code>" {short_arn(role)} "</code>"),
            None => to.literal("the key itself")?,
        }
        to.literal("</td></tr>\n")?;
    }
    to.literal("</tbody></table>\n")?;
    if level >= Level::Admin {
        to.literal("</details>\n")?;
    }
    Ok(())
}

/// A condition, with what it asks for; the words of the kind are left out where the list says them.
fn condition(kind: Kind, requirements: &[String], to: &mut Markup<'_>) -> io::Result<()> {
    let class = if kind <= Kind::Resource { "none" } else { "some" };
    markup!(to, "<span class=\"cond " {class} "\">" {words::condition(kind)} "</span>");
    let said = words::condition(kind);
    for text in requirements.iter().filter(|r| r.as_str() != said) {
        markup!(to, "<br><span class=\"req\">" {word(text)} "</span>");
    }
    Ok(())
}

/// What is lost by an action, from the table of dangerous ones.
fn lost(action: &str) -> Option<&'static str> {
    TABLE.lines().map(|line| line.split('\t')).find_map(|mut row| {
        let is_it = row.nth(1) == Some(action);
        row.nth(1).filter(|_| is_it)
    })
}

fn actions(actions: &[String], to: &mut Markup<'_>) -> io::Result<()> {
    let first: Vec<&str> = actions.iter().take(2).map(String::as_str).collect();
    let more = actions.len().saturating_sub(2);
    markup!(to, "<details><summary>" {word(&first.join(", "))});
    if more > 0 {
        markup!(to, " and " {more} " more");
    }
    to.literal("</summary><ul class=\"plain\">")?;
    for action in actions {
        markup!(to, "<li><code>" {word(action)} "</code>");
        if let Some(lost) = lost(action) {
            markup!(to, " " {lost});
        }
        to.literal("</li>")?;
    }
    to.literal("</ul></details>")
}

/// The roles that it enters, and those that it enters under a condition.
pub(super) fn roles(a: &Assessment, to: &mut Markup<'_>) -> io::Result<()> {
    let is_reached = |r: &&RoleReach| crate::report::verification::is_reached(r);
    let (now, later): (Vec<&RoleReach>, Vec<&RoleReach>) = a.roles.iter().partition(is_reached);
    for (title, roles) in [("Roles it can enter", now), ("Roles it may enter under a condition", later)] {
        if roles.is_empty() {
            continue;
        }
        markup!(to, "<h4>" {title} ": " {roles.len()} "</h4>\n<table><thead><tr><th scope=\"col\">Role</th>"
            "<th scope=\"col\">Level</th><th scope=\"col\">Path</th><th scope=\"col\">Condition</th></tr></thead><tbody>\n");
        for role in roles.iter().take(MAX_ROWS) {
            markup!(to, "<tr><th scope=\"row\"><code>" {word(&role.arn)} "</code></th><td data-th=\"Level\"><span class=\"chip l-"
                {role.level.word()} "\">" {role.level.word()} "</span></td><td data-th=\"Path\">the key");
            for step in &role.path {
                markup!(to, " → " {short_arn(step)});
            }
            to.literal("</td><td data-th=\"Condition\">")?;
            if role.potential {
                to.literal("<span class=\"cond some\">perhaps</span> ")?;
            }
            condition(role.condition, &role.requirements, to)?;
            to.literal("</td></tr>\n")?;
        }
        to.literal("</tbody></table>\n")?;
        left_out(roles.len(), to)?;
    }
    Ok(())
}

/// Ways up, those that are not certain apart.
pub(super) fn ways_up(a: &Assessment, to: &mut Markup<'_>) -> io::Result<()> {
    let (perhaps, certain): (Vec<_>, Vec<_>) = a.escalations.iter().partition(|e| e.potential);
    if !certain.is_empty() {
        markup!(to, "<h4>Ways up: " {certain.len()} " by which it makes itself more</h4>\n");
        ways(&certain, to)?;
    }
    if !perhaps.is_empty() {
        let count = common::plural(perhaps.len() as u64, "way up", "ways up");
        markup!(to, "<details class=\"more\"><summary>" {count} " more that may work: something was not seen, or a condition must be met</summary>\n");
        ways(&perhaps, to)?;
        to.literal("</details>\n")?;
    }
    Ok(())
}

fn ways(list: &[&Escalation], to: &mut Markup<'_>) -> io::Result<()> {
    to.literal(
        "<table class=\"wide\"><thead><tr><th scope=\"col\">By</th><th scope=\"col\">What it needs</th>\
                <th scope=\"col\">Through</th><th scope=\"col\">Then</th></tr></thead><tbody>\n",
    )?;
    for way in list.iter().take(MAX_ROWS) {
        to.literal("<tr><th scope=\"row\">")?;
        for (n, action) in way.actions.split('+').enumerate() {
            if n > 0 {
                to.literal(" + ")?;
            }
            markup!(to, "<code>" {word(action)} "</code>");
        }
        markup!(to, "<br><span class=\"req\">" {word(&way.id)} "</span></th><td data-th=\"What it needs\">");
        if let Some(row) = escalation_table().find(|row| row.id == way.id) {
            markup!(to, { row.condition });
        }
        for text in &way.requirements {
            markup!(to, "<br><span class=\"cond some\">" {word(text)} "</span>");
        }
        to.literal("</td><td data-th=\"Through\">")?;
        if let Some(role) = &way.via {
            markup!(to, "as <code>" {short_arn(role)} "</code> ");
        }
        for (n, target) in way.targets.iter().take(8).enumerate() {
            if n > 0 {
                to.literal("<br>")?;
            }
            markup!(to, "<code>" {short_arn(target)} "</code>");
        }
        if way.targets.len() > 8 {
            markup!(to, "<br>and " {way.targets.len() - 8} " more");
        }
        markup!(to, "</td><td data-th=\"Then\"><span class=\"chip l-" {way.gained.word()} "\">" {way.gained.word()} "</span></td></tr>\n");
    }
    to.literal("</tbody></table>\n")?;
    left_out(list.len(), to)
}

fn left_out(all: usize, to: &mut Markup<'_>) -> io::Result<()> {
    if all > MAX_ROWS {
        markup!(to, "<p class=\"note\">and " {all - MAX_ROWS} " more: json and jsonl list all</p>\n");
    }
    Ok(())
}
