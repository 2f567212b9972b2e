//! `keysift patterns`.

use super::args::{Patterns, PatternsCommand};
use super::exit::{Exit, UsageError};
use crate::address::escape;
use crate::engine::Engine;
use crate::pattern::example::{Generator, fill};
use crate::pattern::{Group, Matcher, Pattern, PatternSet, check, edit_distance};
use std::io::{self, Write};
use std::path::PathBuf;

/// Does what `keysift patterns` was asked.
pub fn run(arguments: &Patterns) -> anyhow::Result<Exit> {
    let mut out = io::stdout().lock();
    match &arguments.command {
        PatternsCommand::List { filter, patterns } => list(&load(patterns)?, filter.as_deref(), &mut out)?,
        PatternsCommand::Show { id, patterns } => show(&load(patterns)?, id, &mut out)?,
        PatternsCommand::Check { files } => return check_files(files, &mut out),
    }
    out.flush()?;
    Ok(Exit::Clean)
}

fn load(files: &[PathBuf]) -> anyhow::Result<PatternSet> {
    let mut set = PatternSet::builtin()?;
    for path in files {
        set.add_file(path)?;
    }
    Ok(set)
}

fn list(set: &PatternSet, filter: Option<&str>, out: &mut dyn Write) -> anyhow::Result<()> {
    let wanted = filter.unwrap_or("").to_lowercase();
    let matches = |p: &&Pattern| p.id.contains(&wanted) || p.name.to_lowercase().contains(&wanted);
    let mut patterns: Vec<&Pattern> = set.patterns().iter().filter(matches).collect();
    if patterns.is_empty() {
        return Err(UsageError(format!("no pattern's id or name contains {wanted:?}")).into());
    }
    patterns.sort_by_key(|p| &p.id);
    let width = patterns.iter().map(|p| p.id.len()).max().unwrap_or(0);
    for p in &patterns {
        writeln!(out, "{:width$}  {:8}  {:12}  {}", p.id, p.severity.name(), p.class.name(), p.name)?;
    }
    writeln!(out, "{} pattern{}", patterns.len(), if patterns.len() == 1 { "" } else { "s" })?;
    Ok(())
}

fn show(set: &PatternSet, id: &str, out: &mut dyn Write) -> anyhow::Result<()> {
    if let Some(group) = set.group(id) {
        return show_group(set, group, out);
    }
    let Some(p) = set.find(id) else {
        let all = "`keysift patterns list` names them all";
        return Err(UsageError(format!("no pattern has the id {id:?}{} {all}", hint(set, id))).into());
    };
    writeln!(out, "{}\n{}\n", p.id, p.name)?;
    writeln!(out, "class       {}", p.class.name())?;
    writeln!(out, "severity    {}", p.severity)?;
    writeln!(out, "confidence  {} of 100", p.confidence)?;
    writeln!(out, "found by    {}", found_by(p))?;
    if let Some((group, role)) = &p.part {
        writeln!(out, "part of     {group}, as its {}", role.name())?;
    }
    writeln!(out, "defined in  {}", p.origin)?;
    for (title, text) in [("What it opens", &p.why), ("What to do", &p.fix), ("Reference", &p.reference)] {
        writeln!(out, "\n{title}\n  {}", text.trim().replace('\n', "\n  "))?;
    }
    for (title, texts) in [("Found in (values made up)", &p.examples), ("Not found in", &p.not)] {
        writeln!(out, "\n{title}")?;
        for text in texts {
            writeln!(out, "  {}", escape(fill(text, &mut Generator::new(1)).as_bytes()))?;
        }
    }
    Ok(())
}

/// A credential of several parts: what the report calls a pair.
fn show_group(set: &PatternSet, group: &Group, out: &mut dyn Write) -> anyhow::Result<()> {
    writeln!(out, "{}\n{}\n", group.id, group.name)?;
    writeln!(out, "severity    {}", group.severity)?;
    for p in set.patterns() {
        if let Some((_, role)) = p.part.as_ref().filter(|(of, _)| *of == group.id) {
            writeln!(out, "{:10}  {} ({})", role.name(), p.id, p.name)?;
        }
    }
    for (title, text) in
        [("What it opens", &group.why), ("What to do", &group.fix), ("Reference", &group.reference)]
    {
        writeln!(out, "\n{title}\n  {}", text.trim().replace('\n', "\n  "))?;
    }
    Ok(())
}

/// The ids that `id` may have been meant for.
fn hint(set: &PatternSet, id: &str) -> String {
    let ids = || set.patterns().iter().map(|p| p.id.as_str()).chain(set.groups().map(|g| g.id.as_str()));
    let mut alike: Vec<&str> = ids().filter(|known| known.contains(id)).collect();
    if alike.is_empty() {
        alike.extend(ids().min_by_key(|known| (edit_distance(known, id), *known)));
    }
    alike.sort_unstable();
    alike.truncate(3);
    if alike.is_empty() { ";".into() } else { format!("; did you mean {}?", alike.join(" or ")) }
}

fn found_by(p: &Pattern) -> String {
    let texts = |all: &[Vec<u8>]| all.iter().map(|t| escape(t)).collect::<Vec<_>>().join(", ");
    match &p.matcher {
        Matcher::Token { prefixes, .. } => format!("prefix {}", texts(prefixes)),
        Matcher::Assigned { literals } => format!("assigned to a name with {}", texts(literals)),
        Matcher::Regex { literals, .. } => format!("expression around {}", texts(literals)),
        Matcher::Run { min, max, near, .. } if near.is_empty() => {
            format!("its shape, {min} to {max} characters")
        }
        Matcher::Run { min, max, near, .. } => {
            format!("its shape, {min} to {max} characters, near {}", near.join(", "))
        }
    }
}

fn check_files(files: &[PathBuf], out: &mut dyn Write) -> anyhow::Result<Exit> {
    let mut set = PatternSet::builtin()?;
    let builtin = set.patterns().len();
    for path in files {
        set.add_file(path)?;
    }
    let first = if files.is_empty() { 0 } else { builtin };
    let engine = Engine::new(&set);
    let mut problems = 0;
    for pattern in &set.patterns()[first..] {
        check::regexes(pattern)?;
        for what in check::examples(&set, &engine, pattern, 1) {
            problems += 1;
            writeln!(out, "{}: {}: {what}", pattern.origin, pattern.id)?;
        }
    }
    writeln!(out, "{} patterns checked, {problems} problems", set.patterns().len() - first)?;
    Ok(if problems == 0 { Exit::Clean } else { Exit::Usage })
}
