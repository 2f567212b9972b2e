//! Findings that may be written down: embedded configuration, which opens nothing and which reports show in full.
//! Hardly an app is without any, and to search all of them again would be to begin anew.

use crate::address::{self, Address, Encoding};
use crate::finding::{Class, Finding, Location, Role, Secret, Severity};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A finding of class `config` and severity `info`.
#[derive(Serialize, Deserialize)]
pub(super) struct Named {
    pattern: String,
    name: String,
    confidence: u8,
    fingerprint: String,
    parts: Vec<(String, String)>,
    sites: Vec<Site>,
    details: BTreeMap<String, String>,
    why: String,
    fix: String,
    reference: String,
}

#[derive(Serialize, Deserialize)]
struct Site {
    address: String,
    offset: u64,
    line: Option<u32>,
    column: Option<u32>,
    site: Option<String>,
    role: String,
    decoded: Vec<String>,
}

const ROLES: [Role; 4] = [Role::Id, Role::Secret, Role::Token, Role::Value];

/// The findings of an artifact, where all of them may be written down.
pub(super) fn pack(findings: &[Finding]) -> Option<Vec<Named>> {
    findings.iter().map(named).collect()
}

fn named(f: &Finding) -> Option<Named> {
    let is_inventory = f.class == Class::Config && f.severity == Severity::Info;
    // Lines around a value could hold anything.
    let is_plain = f.sites.iter().all(|site| site.around.is_none() && site.layer.is_none());
    if !is_inventory || !is_plain || f.pair.is_some() || !f.history.is_empty() || f.verification.is_some() {
        return None;
    }
    let site = |site: &Location| Site {
        address: site.address.packed(),
        offset: site.offset,
        line: site.line,
        column: site.column,
        site: site.site.clone(),
        role: site.role.name().into(),
        decoded: site.decoded.iter().map(|e| e.name().to_owned()).collect(),
    };
    Some(Named {
        pattern: f.pattern.clone(),
        name: f.name.clone(),
        confidence: f.confidence,
        fingerprint: f.fingerprint.clone(),
        parts: f.parts.iter().map(|(role, v)| (role.name().into(), address::pack(v.reveal()))).collect(),
        sites: f.sites.iter().map(site).collect(),
        details: f.details.clone(),
        why: f.why.clone(),
        fix: f.fix.clone(),
        reference: f.reference.clone(),
    })
}

/// The findings that were written down.
pub(super) fn unpack(named: Vec<Named>) -> Option<Vec<Finding>> {
    named.into_iter().map(finding).collect()
}

fn finding(named: Named) -> Option<Finding> {
    let role = |name: &str| ROLES.into_iter().find(|role| role.name() == name);
    let encoding = |name: &String| Encoding::ALL.into_iter().find(|e| e.name() == name);
    let part = |(name, value): &(String, String)| Some((role(name)?, Secret::new(&address::unpack(value)?)));
    let site = |site: Site| {
        Some(Location {
            address: Address::unpacked(&site.address)?,
            offset: site.offset,
            line: site.line,
            column: site.column,
            site: site.site,
            role: role(&site.role)?,
            decoded: site.decoded.iter().map(encoding).collect::<Option<_>>()?,
            layer: None,
            around: None,
        })
    };
    let sites = named.sites.into_iter().map(site).collect::<Option<Vec<_>>>()?;
    // A finding stands somewhere.
    if sites.is_empty() {
        return None;
    }
    Some(Finding {
        pattern: named.pattern,
        name: named.name,
        class: Class::Config,
        severity: Severity::Info,
        confidence: named.confidence,
        fingerprint: named.fingerprint,
        parts: named.parts.iter().map(part).collect::<Option<_>>()?,
        sites,
        pair: None,
        details: named.details,
        why: named.why,
        fix: named.fix,
        reference: named.reference,
        history: Vec::new(),
        verification: None,
    })
}
