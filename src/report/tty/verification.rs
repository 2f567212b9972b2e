//! What verification found, for a person at a terminal: the verdict, how far the key reaches, and the first
//! things to do with the commands to paste.

use super::{Page, RED, YELLOW, word};
use crate::address::escape;
use crate::report::{common, words};
use crate::verify::aws::iam::{Assessment, Kind, Level};
use crate::verify::verification::{Step, Verdict, Verification};
use anstyle::Style;
use std::collections::BTreeMap;
use std::io;

/// Steps of the plan, and commands of one.
const MAX_STEPS: usize = 3;
const MAX_COMMANDS: usize = 2;
/// Roles, ways up, gaps.
const MAX_NAMES: usize = 6;
/// Longer commands are not printed: cut, they would do harm.
const MAX_COMMAND: usize = 600;

fn tone(v: &Verification) -> Style {
    match v.verdict {
        Verdict::Live => super::badge(crate::finding::Severity::Critical),
        Verdict::Inactive | Verdict::Unknown => YELLOW,
        Verdict::Revoked | Verdict::Expired => super::GREEN,
    }
}

impl<'a> Page<'a, '_> {
    pub(super) fn verification(&mut self, v: &'a Verification) -> io::Result<()> {
        let verdict = self.paint(tone(v), v.verdict.name().to_uppercase());
        self.row("verdict", &format!("{verdict}  {}", words::verdict(v.verdict)))?;
        if !v.reason.is_empty() {
            self.prose("", &word(&v.reason))?;
        }
        if let Some(principal) = &v.principal {
            self.row("whose", &word(principal))?;
        } else if let Some(account) = &v.account_id {
            self.row("whose", &format!("account {}", word(account)))?;
        }
        if let Some(assessment) = &v.assessment {
            self.assessment(assessment)?;
        }
        self.key_facts(v)?;
        self.plan(&v.plan)?;
        self.names("not read", &v.gaps.iter().map(|g| word(g)).collect::<Vec<_>>(), "; ")
    }

    fn assessment(&mut self, a: &Assessment) -> io::Result<()> {
        let style = if a.level >= Level::Destructive { RED } else { super::BOLD };
        let level = self.paint(style, a.level.word());
        self.row("level", &level)?;
        self.prose("", words::level(a.level))?;
        for (key, level) in &a.level_if {
            self.prose("", &format!("{} once {}", level.word(), words::once(key)))?;
        }

        let o = &a.ownership;
        let mut owner = vec![word(&words::owner(a))];
        for (name, value) in [("env", &o.env), ("criticality", &o.criticality), ("recovery", &o.dr)] {
            owner.extend(value.as_deref().map(|value| format!("{name} {}", word(value))));
        }
        self.prose("owner", &owner.join(", "))?;

        let mut groups: BTreeMap<Kind, Vec<&str>> = BTreeMap::new();
        for group in &a.dangerous {
            groups.entry(group.condition).or_default().push(words::group(&group.group));
        }
        let mut label = "dangerous";
        for (condition, groups) in groups {
            self.prose(label, &format!("{}: {}", words::condition(condition), groups.join("; ")))?;
            label = "";
        }

        let short = |arn: &str| word(arn.splitn(6, ':').nth(5).unwrap_or(arn));
        let (mut now, later): (Vec<_>, Vec<_>) =
            a.roles.iter().partition(|r| crate::report::verification::is_reached(r));
        now.sort_by_key(|r| std::cmp::Reverse(r.level));
        let mut roles: Vec<String> =
            now.iter().map(|r| format!("{} ({})", short(&r.arn), r.level.word())).collect();
        let perhaps = |count: usize| (count > 0).then(|| format!("{count} more under a condition"));
        keep(&mut roles, perhaps(later.len()));
        self.names("roles", &roles, ", ")?;

        let (perhaps, certain): (Vec<_>, Vec<_>) = a.escalations.iter().partition(|e| e.potential);
        // The same way by several roles is told once.
        let mut by_actions: BTreeMap<&str, Vec<Option<&str>>> = BTreeMap::new();
        for way in certain {
            by_actions.entry(&way.actions).or_default().push(way.via.as_deref());
        }
        let way = |(actions, vias): (&str, Vec<Option<&str>>)| {
            let via = match vias[..] {
                _ if vias.contains(&None) => String::new(),
                [Some(one)] => format!(" as {}", short(one)),
                _ => format!(" as one of {} roles", vias.len()),
            };
            word(&format!("{}{via}", actions.replace('+', " + ")))
        };
        let mut ways: Vec<String> = by_actions.into_iter().map(way).collect();
        keep(&mut ways, (!perhaps.is_empty()).then(|| format!("{} more that may work", perhaps.len())));
        self.names("ways up", &ways, ", ")
    }

    fn key_facts(&mut self, v: &Verification) -> io::Result<()> {
        let mut facts: Vec<String> = v
            .facts
            .iter()
            .take(MAX_NAMES * 2)
            .map(|(key, value)| match key.as_str() {
                "age_days" => format!("{} days old", word(value)),
                key => format!("{} {}", words::fact(&word(key)), word(value)),
            })
            .collect();
        facts.extend(v.other_keys.iter().map(|k| format!("also {} ({})", word(&k.id), word(&k.status))));
        self.names("key", &facts, ", ")
    }

    /// The first steps; the rest is for a page with more room.
    fn plan(&mut self, plan: &[Step]) -> io::Result<()> {
        for (n, step) in plan.iter().take(MAX_STEPS).enumerate() {
            let title = self.paint(super::BOLD, word(&step.title));
            self.row(&format!("do {}", n + 1), &title)?;
            if !step.breaks.is_empty() {
                self.prose("", &format!("may break: {}", word(&step.breaks)))?;
            }
            // Lines that set a variable belong to the next.
            let lines = step.commands.iter().filter(|c| c.chars().count() <= MAX_COMMAND);
            let lines: Vec<String> = lines.take(MAX_COMMANDS).map(|c| escape(c.as_bytes())).collect();
            for line in &lines {
                self.row("", &format!("$ {line}"))?;
            }
            if step.commands.len() > lines.len() {
                let more = common::plural(
                    (step.commands.len() - lines.len()) as u64,
                    "more command",
                    "more commands",
                );
                let more = self.paint(super::DIM, format_args!("{more} (all: --format html)"));
                self.row("", &more)?;
            }
        }
        if plan.len() > MAX_STEPS {
            let more = common::plural((plan.len() - MAX_STEPS) as u64, "more step", "more steps");
            let more = self.paint(super::DIM, format_args!("{more} (all: --format html)"));
            self.row("then", &more)?;
        }
        Ok(())
    }

    /// Names in one paragraph; none, no line.
    fn names(&mut self, label: &str, names: &[String], between: &str) -> io::Result<()> {
        let mut shown: Vec<&str> = names.iter().take(MAX_NAMES * 2).map(String::as_str).collect();
        let more = format!("and {} more", names.len() - shown.len());
        if names.len() > shown.len() {
            shown.push(&more);
        }
        self.prose(label, &shown.join(between))
    }
}

/// Keeps some names, and says how many were left out and what else there is.
fn keep(names: &mut Vec<String>, also: Option<String>) {
    let more = names.len().saturating_sub(MAX_NAMES);
    names.truncate(MAX_NAMES);
    if more > 0 {
        names.push(format!("{more} more"));
    }
    names.extend(also);
}
