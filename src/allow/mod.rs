//! What is found and let through all the same, because a person said so: one step between triage and report.
//!
//! A person says so in `keysift.toml`, in a comment beside the secret, in an ignore file or in a baseline.
//! What is let through is never gone: it leaves the findings and goes into a list of its own, with what let
//! it through and why, and every report tells of it. See `docs/allowing.md`.
//!
//! A finding is one secret with all its places. Rules over the secret (fingerprint, value, pattern) let all of
//! it through; rules over a place (path, comment, position) only that place, and the finding goes when no
//! place of its secret is left.

pub mod baseline;
pub mod config;
mod globs;
pub mod ignore_file;
pub mod inline;
pub mod known;
mod peers;
pub mod seal;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use crate::address::escape;
use crate::finding::{Finding, Location};
use crate::pattern::PatternSet;
use crate::scan::Keep;
use crate::source::exclude::Globs;
use crate::source::relative::Relative;
use config::{Config, Sealed};
use known::{Known, decisive_role};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// What let a finding through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum By {
    /// A rule of `keysift.toml`.
    Config,
    /// A comment beside it.
    Comment,
    /// An ignore file.
    Ignore,
    /// A baseline: it was known before.
    Baseline,
    /// It is in the history of a path that is excluded.
    Excluded,
    /// Its pattern is switched off.
    Disabled,
    /// It is less sure than what was asked for.
    Confidence,
}

impl By {
    /// All of them.
    pub const ALL: [By; 7] =
        [By::Config, By::Comment, By::Ignore, By::Baseline, By::Excluded, By::Disabled, By::Confidence];

    /// The word used in reports.
    pub fn name(self) -> &'static str {
        match self {
            By::Config => "config",
            By::Comment => "comment",
            By::Ignore => "ignore-file",
            By::Baseline => "baseline",
            By::Excluded => "excluded",
            By::Disabled => "disabled",
            By::Confidence => "confidence",
        }
    }
}

/// What let a finding, or a place of one, through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The kind of rule.
    pub by: By,
    /// Where the rule stands: `keysift.toml:12`, or what it is.
    pub rule: String,
    /// Why, where the rule says so.
    pub reason: Option<String>,
    /// Until when, `2026-12-31`.
    pub expires: Option<String>,
}

impl Grant {
    fn new(by: By, rule: impl Into<String>) -> Self {
        Grant { by, rule: rule.into(), reason: None, expires: None }
    }

    /// In words: `keysift.toml:12 (made up for the tests)`.
    pub fn in_words(&self) -> String {
        let reason = self.reason.as_ref().map(|r| format!(" ({r})")).unwrap_or_default();
        format!("{}{reason}", self.rule)
    }
}

/// A finding that was let through.
#[derive(Clone, Debug)]
pub struct Allowed {
    /// It.
    pub finding: Finding,
    /// What let it through.
    pub grant: Grant,
}

/// All that may let something through.
#[derive(Debug, Default)]
pub struct Allowing {
    /// What `keysift.toml` says.
    pub config: Option<Config>,
    /// Whether comments count.
    pub inline: bool,
    /// Ignore files.
    pub ignored: Vec<Known>,
    /// Baselines.
    pub baselines: Vec<Known>,
    /// Paths that are excluded: of files this was heeded before; here, of the history.
    pub exclude: Option<Globs>,
    /// Findings below are let through.
    pub min_confidence: u8,
    /// Where things are below the root.
    pub relative: Relative,
}

impl Allowing {
    /// Of which values the lines around them are needed.
    pub fn keep(&self) -> Option<Keep> {
        config::keep(self.config.as_ref(), self.inline)
    }

    /// Takes what is let through out of the findings. The order of both stays.
    pub fn apply(&self, findings: Vec<Finding>) -> (Vec<Finding>, Vec<Allowed>) {
        let mut left = Vec::with_capacity(findings.len());
        let mut allowed = Vec::new();
        // To compare a seal takes milliseconds.
        let is_slow = self.baselines.iter().any(Known::is_slow)
            || self.config.as_ref().is_some_and(|c| c.prints.has_slow() || c.values.has_slow());
        let judged: Vec<Judged> = if is_slow && findings.len() > 1 {
            findings.par_iter().map(|f| self.judge(f)).collect()
        } else {
            findings.iter().map(|f| self.judge(f)).collect()
        };
        for (mut finding, judged) in findings.into_iter().zip(judged) {
            match judged {
                Judged::Stands => left.push(finding),
                Judged::Goes(grant) => allowed.push(Allowed { finding, grant }),
                Judged::Partly(grants) => {
                    let mut grants = grants.into_iter();
                    let mut gone = Vec::new();
                    finding.sites.retain(|_| match grants.next().flatten() {
                        Some(grant) => {
                            gone.push(grant.in_words());
                            false
                        }
                        None => true,
                    });
                    let count = gone.len();
                    gone.dedup();
                    gone.truncate(3);
                    let told = format!("{count} (by {})", gone.join("; "));
                    finding.details.insert("allowed_places".into(), told);
                    left.push(finding);
                }
            }
        }
        (left, allowed)
    }

    /// What lets a finding through as a whole, for `keysift explain`.
    pub fn grant(&self, finding: &Finding) -> Option<Grant> {
        match self.judge(finding) {
            Judged::Goes(grant) => Some(grant),
            Judged::Stands | Judged::Partly(_) => None,
        }
    }

    /// Whether nothing but a comment could let something through.
    fn has_no_rules(&self) -> bool {
        let is_empty = self.ignored.is_empty() && self.baselines.is_empty();
        is_empty && self.config.is_none() && self.exclude.is_none() && self.min_confidence == 0
    }

    fn judge(&self, finding: &Finding) -> Judged {
        if self.has_no_rules() && finding.sites.iter().all(|site| site.around.is_none()) {
            return Judged::Stands;
        }
        let files: Vec<String> = finding.sites.iter().map(|site| self.relative.file(&site.address)).collect();
        // Asked in any case, so that a line of a baseline is not stale for what a comment allows too.
        let known = self.baselines.iter().find_map(|b| Some((b, b.finding(finding, &files)?)));
        if let Some(grant) = self.of_kind(finding) {
            return Judged::Goes(grant);
        }
        let sealed = self.config.as_ref().map(|c| c.sealed(finding)).unwrap_or_default();
        let role = decisive_role(finding);
        let is_decisive = |site: &Location| site.role == role;
        let mut grants: Vec<Option<Grant>> = finding
            .sites
            .iter()
            .zip(&files)
            .map(|(site, file)| self.of_site(finding, sealed, site, file))
            .collect();
        // A comment that was just written is in the work tree and not yet in the history.
        for n in 0..grants.len() {
            if grants[n].is_none() && finding.sites[n].address.as_object().is_some() {
                let is_newer = |m: &usize| {
                    files[*m] == files[n]
                        && finding.sites[*m].address.as_object().is_none()
                        && grants[*m].as_ref().is_some_and(|g| g.by == By::Comment)
                };
                grants[n] = (0..grants.len()).find(is_newer).and_then(|m| grants[m].clone());
            }
        }
        // Where an id has several secrets, these count too.
        let candidates = finding.pair.iter().flat_map(|pair| &pair.candidates).map(|c| &c.location);
        let of_candidates =
            candidates.map(|at| self.of_site(finding, sealed, at, &self.relative.file(&at.address)));
        let is_left = |(site, grant): (&Location, &Option<Grant>)| is_decisive(site) && grant.is_none();
        let is_whole =
            !finding.sites.iter().zip(&grants).any(is_left) && of_candidates.into_iter().all(|g| g.is_some());
        if is_whole {
            let of_decisive = finding.sites.iter().position(is_decisive).unwrap_or(0);
            if let Some(grant) = grants.get_mut(of_decisive).and_then(Option::take) {
                return Judged::Goes(grant);
            }
        }
        if let Some((baseline, line)) = known {
            return Judged::Goes(Grant::new(By::Baseline, format!("{}:{line}", baseline.file)));
        }
        // The id goes with its secret.
        let stays_decisive = finding.sites.iter().zip(&grants).any(is_left);
        if !stays_decisive || grants.iter().all(Option::is_none) {
            return Judged::Stands;
        }
        for (site, grant) in finding.sites.iter().zip(&mut grants) {
            if !is_decisive(site) {
                *grant = None;
            }
        }
        if grants.iter().all(Option::is_none) { Judged::Stands } else { Judged::Partly(grants) }
    }

    /// What lets all findings of a kind through.
    fn of_kind(&self, finding: &Finding) -> Option<Grant> {
        if let Some(config) = self.config.as_ref().filter(|c| !c.reports(&finding.pattern)) {
            return Some(Grant::new(By::Disabled, format!("{}: the pattern is switched off", config.file)));
        }
        (finding.confidence < self.min_confidence)
            .then(|| Grant::new(By::Confidence, format!("less than {}% sure", self.min_confidence)))
    }

    fn of_site(&self, finding: &Finding, sealed: Sealed, site: &Location, file: &str) -> Option<Grant> {
        if let Some(config) = &self.config
            && let Some(rule) = config.rule(finding, sealed, site, file)
        {
            return Some(Grant {
                reason: Some(rule.reason.clone()),
                expires: rule.expires.clone(),
                ..Grant::new(By::Config, format!("{}:{}", config.file, rule.line_number))
            });
        }
        if site.address.as_object().is_some() && self.exclude.as_ref().is_some_and(|globs| globs.holds(file))
        {
            return Some(Grant::new(By::Excluded, "the path is excluded"));
        }
        let also = self.config.as_ref().map_or(&[][..], |c| c.settings.inline_also.texts());
        if let Some(around) = site.around.as_ref().filter(|_| self.inline)
            && let Some(mark) = inline::mark(around, finding, also)
        {
            let line = site.line.map(|line| format!(":{line}")).unwrap_or_default();
            let rule = format!("{} at {}{line}", mark.word, escape(file.as_bytes()));
            return Some(Grant { reason: mark.reason, ..Grant::new(By::Comment, rule) });
        }
        let at = |all: &[Known], by| {
            all.iter().find_map(|known| {
                let line = known.place(file, site, finding)?;
                Some(Grant::new(by, format!("{}:{line}", known.file)))
            })
        };
        at(&self.ignored, By::Ignore).or_else(|| at(&self.baselines, By::Baseline))
    }

    /// What a person should know before the scan.
    pub fn notes(&self, patterns: &PatternSet) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(config) = &self.config {
            notes.extend(config.notes.iter().cloned());
            notes.extend(self.useless_ids(config, patterns));
        }
        for known in self.ignored.iter().chain(&self.baselines).filter(|known| known.positions() > 0) {
            let of_all = if known.positions() == known.len() { "" } else { " of these" };
            notes.push(format!(
                "{}: {} of {} entries{of_all} are known by their position only, so whatever comes to stand there is let \
                 through too; `keysift baseline create` or `keysift allow` name the secret itself",
                known.file,
                known.positions(),
                known.len()
            ));
        }
        notes
    }

    /// Ids in `keysift.toml` that name no pattern.
    fn useless_ids(&self, config: &Config, patterns: &PatternSet) -> Vec<String> {
        let named =
            config.rules.iter().flat_map(|rule| rule.patterns.iter().map(|id| (Some(rule.line_number), id)));
        let switched = config.settings.disable.texts().iter().chain(config.settings.only.texts());
        let all: Vec<(Option<usize>, &String)> = named.chain(switched.map(|id| (None, id))).collect();
        let is_known = |glob: &str| ids(patterns).any(|id| globs::holds(glob, id));
        let useless = all.into_iter().filter(|(_, glob)| !is_known(glob));
        useless
            .map(|(line, glob)| {
                let line = line.map(|line| format!(":{line}")).unwrap_or_default();
                format!(
                    "{}{line}: `{}` is the id of no pattern (keysift patterns list)",
                    config.file,
                    escape(glob.as_bytes())
                )
            })
            .collect()
    }

    /// Whether any pattern is left to report.
    pub fn leaves_patterns(&self, patterns: &PatternSet) -> bool {
        let Some(config) = &self.config else { return !patterns.is_empty() };
        let is_limited =
            !config.settings.only.texts().is_empty() || !config.settings.disable.texts().is_empty();
        !patterns.is_empty() && (!is_limited || ids(patterns).any(|id| config.reports(id)))
    }
}

/// Ids of patterns and of pairs.
fn ids(patterns: &PatternSet) -> impl Iterator<Item = &str> {
    patterns.patterns().map(|p| p.id.as_ref()).chain(patterns.groups().map(|g| g.id.as_ref()))
}

enum Judged {
    Stands,
    Goes(Grant),
    /// Some places go.
    Partly(Vec<Option<Grant>>),
}

/// How many were let through, by what.
pub fn counts(allowed: &[Allowed]) -> BTreeMap<By, u64> {
    let mut counts = BTreeMap::new();
    for one in allowed {
        *counts.entry(one.grant.by).or_default() += 1;
    }
    counts
}
