//! `keysift patterns`.

use super::args::{Patterns, PatternsCommand};
use super::exit::{Exit, UsageError};
use crate::address::escape;
use crate::engine::Engine;
use crate::engine::profile::Profile;
use crate::lens::raw;
use crate::pattern::example::{self, Generator, fill};
use crate::pattern::{Group, Matcher, Pattern, PatternSet, check, edit_distance, import};
use crate::source::{read, tree};
use std::collections::HashMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Does what `keysift patterns` was asked.
pub fn run(arguments: &Patterns) -> anyhow::Result<Exit> {
    let mut out = io::stdout().lock();
    match &arguments.command {
        PatternsCommand::List { filter, patterns } => list(&load(patterns)?, filter.as_deref(), &mut out)?,
        PatternsCommand::Show { id, patterns } => show(&load(patterns)?, id, &mut out)?,
        PatternsCommand::Profile { paths, patterns, all } => {
            profile(&load(patterns)?, paths, *all, &mut out)?;
        }
        PatternsCommand::Check { files } => return check_files(files, &mut out),
        PatternsCommand::Import { path, output } => return convert(path, output.as_deref(), &mut out),
    }
    out.flush()?;
    Ok(Exit::Clean)
}

fn load(files: &[PathBuf]) -> anyhow::Result<PatternSet> {
    set(files, true, &mut io::stderr())
}

/// Notes that a scan prints; `keysift patterns import` prints all.
const MOST_NOTES: usize = 20;

/// The built-in patterns, if they are wanted, and those of files. What of these is not honoured is said on
/// `err`.
pub fn set(files: &[PathBuf], builtin: bool, err: &mut dyn Write) -> anyhow::Result<PatternSet> {
    let mut set = if builtin { PatternSet::builtin()? } else { PatternSet::empty() };
    // The same is often to be said of many rules: once, then.
    let mut notes: Vec<(import::Note, usize)> = Vec::new();
    let mut seen: HashMap<String, usize> = HashMap::new();
    for path in files {
        for note in set.add_file(path)?.into_iter().filter(|note| !note.is_minor) {
            match seen.get(&note.what) {
                Some(&at) => notes[at].1 += 1,
                None => {
                    seen.insert(note.what.clone(), notes.len());
                    notes.push((note, 0));
                }
            }
        }
    }
    for (note, others) in notes.iter().take(MOST_NOTES) {
        let others = if *others == 0 { String::new() } else { format!(" (and {others} more like this)") };
        writeln!(err, "warning: {}{others}", escape(note.to_string().as_bytes()))?;
    }
    if notes.len() > MOST_NOTES {
        let more = notes.len() - MOST_NOTES;
        writeln!(err, "warning: … and {more} more: `keysift patterns import` tells all")?;
    }
    Ok(set)
}

/// Writes rules of other tools as TOML of ours.
fn convert(path: &Path, output: Option<&Path>, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let mut set = PatternSet::builtin()?;
    let (mut text, mut count) = (String::new(), 0);
    let mut notes = Vec::new();
    for file in import::files(path)? {
        let Some(converted) = set.convert(&file)? else {
            let file = escape(file.to_string_lossy().as_bytes());
            return Err(UsageError(format!("{file}: is a pattern file of keysift already")).into());
        };
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&converted.toml);
        count += converted.count;
        notes.extend(converted.notes);
    }
    match output {
        Some(path) => std::fs::write(path, &text)
            .map_err(|e| UsageError(format!("{}: {e}", escape(path.to_string_lossy().as_bytes()))))?,
        None => out.write_all(text.as_bytes())?,
    }
    out.flush()?;
    let mut err = io::stderr().lock();
    for note in &notes {
        let kind = if note.is_minor { "note" } else { "warning" };
        writeln!(err, "{kind}: {}", escape(note.to_string().as_bytes()))?;
    }
    writeln!(err, "{count} patterns, {} remarks", notes.len())?;
    Ok(Exit::Clean)
}

fn list(set: &PatternSet, filter: Option<&str>, out: &mut dyn Write) -> anyhow::Result<()> {
    let wanted = filter.unwrap_or("").to_lowercase();
    let matches = |p: &&Pattern| p.id.contains(&wanted) || p.name.to_lowercase().contains(&wanted);
    let mut patterns: Vec<&Pattern> = set.patterns().filter(matches).collect();
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
    let (examples, not) = example::of(p);
    for (title, texts) in [("Found in (values made up)", &examples), ("Not found in", &not)] {
        writeln!(out, "\n{title}")?;
        for text in texts {
            writeln!(out, "  {}", escape(fill(text, &mut Generator::new(1)).as_bytes()))?;
        }
    }
    Ok(())
}

/// Patterns that are listed unless all are asked for.
const SLOWEST: usize = 20;

fn profile(set: &PatternSet, paths: &[PathBuf], all: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let engine = Engine::new(set);
    let state = Mutex::new((Profile::default(), Vec::new()));
    let search = |path: &Path| {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let (profile, buffer) = &mut *state;
        // What cannot be read costs nothing.
        if let Ok(bytes) = read::file(path, buffer) {
            let bytes = bytes.as_slice();
            engine.profile(bytes, raw::kind(bytes), profile);
        }
    };
    for path in paths {
        let meta = std::fs::metadata(path).map_err(|e| UsageError(format!("{}: {e}", path.display())))?;
        if meta.is_dir() {
            tree::walk(path, true, None, &|found| {
                if let tree::Found::File(place) = found {
                    search(&place.path);
                }
            });
        } else {
            search(path);
        }
    }
    let (profile, _) = state.into_inner().unwrap_or_else(PoisonError::into_inner);
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let speed = |time: Duration| profile.bytes as f64 / 1e9 / time.as_secs_f64().max(1e-9);
    writeln!(out, "{:.1} MB", profile.bytes as f64 / 1e6)?;
    for (what, time) in [("literals", profile.literals), ("runs", profile.runs)] {
        writeln!(out, "{what:<10}{:>10.1} ms  {:>6.2} GB/s", ms(time), speed(time))?;
    }
    writeln!(out, "{:<10}{:>10.1} ms  {} runs judged", "values", ms(profile.judging), profile.run_count)?;
    let mut costs: Vec<_> = profile.patterns.iter().collect();
    costs.sort_by_key(|(id, cost)| (std::cmp::Reverse(cost.time), **id));
    let confirming: Duration = costs.iter().map(|(_, cost)| cost.time).sum();
    writeln!(out, "{:<10}{:>10.1} ms  by pattern:\n", "confirming", ms(confirming))?;
    writeln!(out, "{:>10}  {:>10}  {:>8}  pattern", "ms", "candidates", "hits")?;
    let shown = if all { costs.len() } else { SLOWEST };
    for (id, cost) in costs.iter().take(shown) {
        let id = &set.get(**id).id;
        writeln!(out, "{:>10.2}  {:>10}  {:>8}  {id}", ms(cost.time), cost.candidates, cost.hits)?;
    }
    if costs.len() > shown {
        writeln!(out, "… and {} more: --all", costs.len() - shown)?;
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
    let ids = || set.patterns().map(|p| p.id.as_ref()).chain(set.groups().map(|g| g.id.as_ref()));
    let mut alike: Vec<&str> = ids().filter(|known| known.contains(id)).collect();
    if alike.is_empty() {
        alike.extend(ids().min_by_key(|known| (edit_distance(known, id), *known)));
    }
    alike.sort_unstable();
    alike.truncate(3);
    if alike.is_empty() { ";".into() } else { format!("; did you mean {}?", alike.join(" or ")) }
}

fn found_by(p: &Pattern) -> String {
    let texts = |all: &[crate::pattern::Bytes]| all.iter().map(|t| escape(t)).collect::<Vec<_>>().join(", ");
    match &p.matcher {
        Matcher::Token { prefixes, .. } => format!("prefix {}", texts(prefixes)),
        Matcher::Assigned { literals } => format!("assigned to a name with {}", texts(literals)),
        Matcher::Regex { literals, .. } => format!("expression around {}", texts(literals)),
        Matcher::Search { keywords, .. } if keywords.is_empty() => {
            "expression, tried everywhere (slow)".into()
        }
        Matcher::Search { keywords, .. } => format!("expression near {}", texts(keywords)),
        Matcher::Named { .. } => {
            let words = p
                .near
                .iter()
                .map(|w| w.to_string())
                .chain(p.weak.iter().map(|w| format!("{w} with a secret name")));
            format!("its form, named by {}", words.collect::<Vec<_>>().join(", "))
        }
        Matcher::Run { min, max, near, .. } if near.is_empty() => {
            format!("its shape, {min} to {max} characters")
        }
        Matcher::Run { min, max, near, .. } => {
            format!("its shape, {min} to {max} characters, near {}", near.join(", "))
        }
    }
}

fn check_files(files: &[PathBuf], out: &mut dyn Write) -> anyhow::Result<Exit> {
    let set = load(files)?;
    let first = if files.is_empty() { 0 } else { PatternSet::builtin()?.len() };
    let engine = Engine::new(&set);
    let mut problems = 0;
    for pattern in set.patterns().skip(first) {
        check::regexes(pattern)?;
        for what in check::examples(&set, &engine, pattern, 1) {
            problems += 1;
            writeln!(out, "{}: {}: {what}", pattern.origin, pattern.id)?;
        }
    }
    writeln!(out, "{} patterns checked, {problems} problems", set.len() - first)?;
    Ok(if problems == 0 { Exit::Clean } else { Exit::Usage })
}
