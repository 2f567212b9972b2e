//! Whose key it is and how much it matters, from tags.
//!
//! Names of tags differ from house to house, so a short list is tried in order, without regard to case
//! and to `-`, `_`, ` ` and `.`, with an optional prefix (`acme:owner`). A team or a creator is no owner
//! and stands by itself, unless it is configured as one. The owner of a role that is reached is not the
//! key's owner either: it is reported apart.

use super::account::Tags;
use super::engine::Options;
use serde::Serialize;

const OWNER: [&str; 15] = [
    "owner",
    "serviceowner",
    "technicalowner",
    "techowner",
    "businessowner",
    "appowner",
    "applicationowner",
    "productowner",
    "resourceowner",
    "ownername",
    "owneremail",
    "ownercontact",
    "ownedby",
    "maintainer",
    "maintainedby",
];
const TEAM: [&str; 12] = [
    "team",
    "teamname",
    "squad",
    "department",
    "businessunit",
    "contact",
    "contactemail",
    "email",
    "createdby",
    "creator",
    "costcenter",
    "costcentre",
];
const ENVIRONMENT: [&str; 5] = ["env", "environment", "stage", "envname", "deploymentenvironment"];
const CRITICALITY: [&str; 9] = [
    "criticality",
    "critical",
    "businesscriticality",
    "importance",
    "tier",
    "servicetier",
    "sla",
    "dataclassification",
    "classification",
];
const RECOVERY: [&str; 9] =
    ["dr", "disasterrecovery", "drtier", "backup", "backupplan", "backuppolicy", "rto", "rpo", "recovery"];

/// Whose it is, as far as tags say.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Ownership {
    /// The owner.
    pub owner: Option<String>,
    /// A team, contact, creator or cost centre, for when nobody is named as owner.
    pub team: Option<String>,
    /// The environment.
    pub env: Option<String>,
    /// How critical.
    pub criticality: Option<String>,
    /// Disaster recovery or backup class.
    pub dr: Option<String>,
    /// What the values were taken from: tag, and the ARN that has it.
    pub from: Vec<String>,
    /// The judgement on environment and criticality, in words.
    pub judgement: Option<String>,
}

/// Reads ownership from the tags of these ARNs, the first that says something first.
pub fn ownership(sources: &[(&str, &Tags)], options: &Options) -> Ownership {
    let mut out = Ownership::default();
    let extra = |keys: &[String]| keys.iter().map(|k| normal(k)).collect::<Vec<_>>();
    let owner = extra(&options.owner_tag_keys);
    let criticality = extra(&options.criticality_tag_keys);
    for (arn, tags) in sources {
        for (slot, more, names) in [
            (&mut out.owner, owner.as_slice(), OWNER.as_slice()),
            (&mut out.team, &[], TEAM.as_slice()),
            (&mut out.env, &[], ENVIRONMENT.as_slice()),
            (&mut out.criticality, criticality.as_slice(), CRITICALITY.as_slice()),
            (&mut out.dr, &[], RECOVERY.as_slice()),
        ] {
            if slot.is_none()
                && let Some((key, value)) = find(tags, more, names)
            {
                *slot = Some(value.clone());
                out.from.push(format!("{key} of {arn}"));
            }
        }
    }
    out.judgement = judge(&out);
    out
}

fn find<'t>(tags: &'t Tags, more: &[String], names: &[&str]) -> Option<(&'t String, &'t String)> {
    let wanted = more.iter().map(String::as_str).chain(names.iter().copied());
    for name in wanted {
        for exact in [true, false] {
            let hit = tags.iter().find(|(key, value)| {
                let key = normal(key);
                let last = key.rsplit([':', '/']).next().unwrap_or_default();
                !value.trim().is_empty() && (if exact { key == name } else { last == name })
            });
            if hit.is_some() {
                return hit;
            }
        }
    }
    None
}

fn normal(key: &str) -> String {
    key.chars().filter(|c| !matches!(c, '-' | '_' | ' ' | '.')).flat_map(char::to_lowercase).collect()
}

fn judge(found: &Ownership) -> Option<String> {
    let value = |v: &Option<String>| v.as_deref().unwrap_or_default().to_lowercase();
    let (env, criticality) = (value(&found.env), value(&found.criticality));
    let production = ["prod", "prd", "live"].iter().any(|p| env.starts_with(p)) && !env.contains("non");
    let high = [
        "critical",
        "high",
        "tier0",
        "tier1",
        "tier-0",
        "tier-1",
        "0",
        "1",
        "p0",
        "p1",
        "confidential",
        "restricted",
    ]
    .iter()
    .any(|w| criticality.starts_with(w))
        || ["yes", "true", "mission"].iter().any(|w| criticality.starts_with(w));
    match (production, high) {
        (true, true) => Some("production and marked critical".to_owned()),
        (true, false) => Some("production".to_owned()),
        (false, true) => Some("marked critical".to_owned()),
        (false, false) if !env.is_empty() => Some("not production, by its tag".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn names_are_tried_in_order() {
        let options = Options { owner_tag_keys: vec!["Squad-Lead".to_owned()], ..Options::default() };
        let user = tags(&[
            ("Team", "payments"),
            ("Owner", "ana"),
            ("Environment", "Production"),
            ("Cost-Center", "7"),
        ]);
        let found = ownership(&[("u", &user)], &options);
        assert_eq!(found.owner.as_deref(), Some("ana"));
        assert_eq!(found.judgement.as_deref(), Some("production"));
        let led = tags(&[("owner", "ana"), ("squad lead", "bo")]);
        assert_eq!(ownership(&[("u", &led)], &options).owner.as_deref(), Some("bo"));
        let prefixed = tags(&[("acme:owner", "cy"), ("team", "x")]);
        assert_eq!(ownership(&[("u", &prefixed)], &options).owner.as_deref(), Some("cy"));
        let role = tags(&[("created_by", "di"), ("DR", "gold")]);
        let found = ownership(&[("u", &Tags::new()), ("r", &role)], &options);
        assert_eq!(
            (found.owner, found.team.as_deref(), found.dr.as_deref()),
            (None, Some("di"), Some("gold"))
        );
        assert_eq!(found.from, ["created_by of r", "DR of r"]);
    }
}
