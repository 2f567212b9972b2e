//! Condition keys: which are known, which are absent, which are open, and who could close them.
//!
//! The classes, for a key that neither the request nor the caller's context states:
//! - *known*: who the principal is, its tags, the time, that the call is direct and over TLS;
//! - *absent*: what only AWS services send (`aws:SourceArn`, `aws:CalledVia`), identity providers' keys,
//!   tags on actions that carry none, the MFA keys of a long-term key (until MFA is assumed);
//! - *chosen*: region, request tags, user agent, keys of the services: counted for the level;
//! - *waiting*: addresses and VPC endpoints (`ip`), MFA, external ids, organisations (`other`).

use super::account::Account;
use super::actor::{Actor, Credential, PrincipalKind};
use super::catalogue;
use super::condition::{State, World};
use super::matching::{LITERAL_QUESTION, LITERAL_STAR};
use super::requirement::Kind;

/// A request that is judged.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// `service:Action`.
    pub action: &'a str,
    /// ARN of the resource, or `*`.
    pub resource: &'a str,
    /// Keys of this request, in lower case; `None`: known to be absent.
    pub extra: &'a [(&'a str, Option<&'a str>)],
}

/// What is known of `key` in this request.
pub fn state(account: &Account, now: u64, actor: &Actor, request: &Request<'_>, key: &str) -> State {
    if let Some((_, value)) = request.extra.iter().find(|(name, _)| *name == key) {
        return value.map_or(State::Absent, |v| State::Known(vec![v.to_owned()]));
    }
    if let Some(stated) = actor.context.get(key) {
        return stated.map_or(State::Absent, |v| State::Known(v.clone()));
    }
    let known = |value: &str| State::Known(vec![value.to_owned()]);
    let waiting = |kind, base| State::Open { kind, counted: false, base, met: World::Any };
    let chosen = |base| State::Open { kind: Kind::Other, counted: true, base, met: World::Any };
    if let Some((head, tag)) = key.split_once('/') {
        return tagged(account, actor, request, head, tag);
    }
    let service = request.action.split(':').next().unwrap_or_default().to_ascii_lowercase();
    match key {
        "aws:username" if actor.kind == PrincipalKind::User => known(&actor.name),
        "aws:username" => State::Absent,
        "aws:userid" => match (&actor.id, &actor.session_arn) {
            (Some(id), Some(session)) => {
                known(&format!("{id}:{}", session.rsplit('/').next().unwrap_or_default()))
            }
            (Some(id), None) => known(id),
            (None, _) if actor.kind == PrincipalKind::Root => known(&actor.account),
            (None, _) => waiting(Kind::Other, vec![]),
        },
        "aws:principalarn" => known(&actor.arn),
        "aws:principalaccount" => known(&actor.account),
        "aws:principaltype" => known(match actor.kind {
            PrincipalKind::Root => "Account",
            PrincipalKind::User | PrincipalKind::Other => "User",
            PrincipalKind::Role => "AssumedRole",
            PrincipalKind::Federated => "FederatedUser",
        }),
        "aws:principalisawsservice" | "aws:viaawsservice" => known("false"),
        "aws:securetransport" => known("true"),
        "aws:currenttime" | "aws:epochtime" => known(&now.to_string()),
        "aws:tokenissuetime" => match actor.credential {
            Credential::LongTerm => State::Absent,
            Credential::Session { issued: Some(at), .. } => known(&at.to_string()),
            Credential::Session { issued: None, .. } if actor.reached => known(&now.to_string()),
            Credential::Session { issued: None, .. } => waiting(Kind::Other, vec![]),
        },
        "aws:multifactorauthpresent" | "aws:multifactorauthage" => mfa(actor, key),
        "aws:sourceip" => waiting(Kind::Ip, vec![World::Unlike]),
        "aws:vpcsourceip" | "aws:sourcevpc" | "aws:sourcevpce" | "aws:vpceaccount" | "aws:vpceorgid"
        | "aws:vpceorgpaths" | "aws:sourcevpcarn" => waiting(Kind::Ip, vec![World::Absent]),
        "aws:requestedregion" | "ec2:region" => match service.as_str() {
            // These have one endpoint: its region is all the caller can choose.
            "iam" | "organizations" | "route53" | "route53domains" | "cloudfront" | "account" | "support"
            | "budgets" | "ce" | "health" => State::Open {
                kind: Kind::Other,
                counted: true,
                base: vec![],
                met: World::Values(vec!["us-east-1".to_owned()]),
            },
            _ => chosen(vec![]),
        },
        "aws:useragent" => chosen(vec![World::Unlike]),
        "aws:referer" => chosen(vec![World::Absent, World::Unlike]),
        "aws:tagkeys" if carries(request.action, |a| a.request_tag) => {
            State::Open { kind: Kind::Tag, counted: true, base: vec![World::Absent], met: World::Any }
        }
        "aws:tagkeys" => State::Absent,
        "aws:resourceaccount" | "s3:resourceaccount" => {
            known(super::account::account_of(request.resource).unwrap_or(actor.account.as_str()))
        }
        "aws:principalorgid" | "aws:resourceorgid" => {
            match account.organization.as_ref().and_then(|o| o.id.as_ref()) {
                Some(id) => known(id),
                None => waiting(Kind::Other, vec![]),
            }
        }
        "aws:sourcearn"
        | "aws:sourceaccount"
        | "aws:sourceorgid"
        | "aws:sourceorgpaths"
        | "aws:calledvia"
        | "aws:calledviafirst"
        | "aws:calledvialast"
        | "aws:principalservicename"
        | "aws:principalservicenameslist"
        | "aws:federatedprovider"
        | "aws:ec2instancesourcevpc"
        | "aws:ec2instancesourceprivateipv4"
        | "aws:sourceidentity"
        | "aws:assumedroot"
        | "aws:chatbotsourcearn"
        | "aws:sourceinstancearn"
        | "ec2:sourceinstancearn"
        | "kms:viaservice"
        | "lambda:sourcefunctionarn"
        | "ecs:sourcetaskarn" => State::Absent,
        "sts:externalid" => waiting(Kind::ExternalId, vec![World::Absent, World::Unlike]),
        // A session name is the caller's choice, but only its own name is at hand without reading the trust.
        "sts:rolesessionname" => waiting(Kind::Other, vec![World::Values(vec![actor.name.clone()])]),
        "sts:sourceidentity" => waiting(Kind::Other, vec![World::Absent]),
        "iam:permissionsboundary" => boundary(account, request),
        _ => {
            let head = key.split(':').next().unwrap_or_default();
            if head.contains('.') || head == "saml" || head == "cognito-identity" {
                State::Absent
            } else if matches!(head, "aws" | "sts") || !key.contains(':') {
                waiting(Kind::Other, vec![])
            } else if key.ends_with("resourcetag") || key.ends_with("tag-key") {
                State::Open { kind: Kind::Tag, counted: true, base: vec![], met: World::Any }
            } else {
                chosen(vec![])
            }
        }
    }
}

fn carries(action: &str, what: impl Fn(&catalogue::Action) -> bool) -> bool {
    catalogue::action(action).is_none_or(what)
}

fn mfa(actor: &Actor, key: &str) -> State {
    let age = key == "aws:multifactorauthage";
    let without = if age { World::Absent } else { World::Values(vec!["false".to_owned()]) };
    let with = World::Values(vec![if age { "0" } else { "true" }.to_owned()]);
    let open = |base| State::Open { kind: Kind::Mfa, counted: false, base, met: with.clone() };
    match actor.credential {
        // The session of a role says nothing of the factor its caller showed.
        Credential::Session { .. } if actor.reached => {
            if age {
                State::Absent
            } else {
                State::Known(vec!["false".to_owned()])
            }
        }
        Credential::Session { mfa: Some(true), .. } => {
            State::Known(vec![if age { "60" } else { "true" }.to_owned()])
        }
        // A session cannot be given a factor afterwards.
        Credential::Session { mfa: Some(false), .. } => {
            if age {
                State::Absent
            } else {
                State::Known(vec!["false".to_owned()])
            }
        }
        Credential::Session { mfa: None, .. } => open(vec![without]),
        // Root takes no MFA session from a key, a user does by GetSessionToken.
        Credential::LongTerm => open(vec![World::Absent]),
    }
}

fn tagged(account: &Account, actor: &Actor, request: &Request<'_>, head: &str, tag: &str) -> State {
    let of_resource = || State::Open { kind: Kind::Tag, counted: true, base: vec![], met: World::Any };
    match head {
        "aws:principaltag" => match &actor.tags {
            Some(tags) => match tags.iter().find(|(name, _)| name.eq_ignore_ascii_case(tag)) {
                Some((_, value)) => State::Known(vec![value.clone()]),
                None => State::Absent,
            },
            None if actor.kind == PrincipalKind::Root => State::Absent,
            None => State::Open { kind: Kind::Other, counted: false, base: vec![], met: World::Any },
        },
        "aws:requesttag" if carries(request.action, |a| a.request_tag) => {
            State::Open { kind: Kind::Tag, counted: true, base: vec![World::Absent], met: World::Any }
        }
        "aws:requesttag" => State::Absent,
        // The reference does not list objects' tags for all that takes objects: they are believed to be there,
        // so that a limit by tag is rather shown than a right missed.
        "s3:existingobjecttag" if carries(request.action, |a| a.on_objects()) => of_resource(),
        "s3:existingobjecttag" => State::Absent,
        _ if head == "aws:resourcetag" || head.ends_with(":resourcetag") => {
            let entity = account
                .users
                .get(request.resource)
                .map(|u| &u.entity)
                .or_else(|| account.roles.get(request.resource).map(|r| &r.entity));
            if let Some(tags) = entity.and_then(|e| e.tags.as_ref()) {
                return match tags.iter().find(|(name, _)| name.eq_ignore_ascii_case(tag)) {
                    Some((_, value)) => State::Known(vec![value.clone()]),
                    None => State::Absent,
                };
            }
            if carries(request.action, |a| !a.resources.is_empty() && a.resource_tag) {
                of_resource()
            } else {
                State::Absent
            }
        }
        _ if head.ends_with("tag") => of_resource(),
        _ if head.contains('.') => State::Absent,
        _ if head.starts_with("aws:") => {
            State::Open { kind: Kind::Other, counted: false, base: vec![], met: World::Any }
        }
        _ => State::Open { kind: Kind::Other, counted: true, base: vec![], met: World::Any },
    }
}

/// `iam:PermissionsBoundary` is what the target has, or what a new principal is given.
fn boundary(account: &Account, request: &Request<'_>) -> State {
    let name = request.action.rsplit(':').next().unwrap_or_default().to_ascii_lowercase();
    let open = |base| State::Open { kind: Kind::Other, counted: true, base, met: World::Any };
    if name.starts_with("create") {
        return open(vec![World::Absent]);
    }
    if name.starts_with("put") && name.ends_with("permissionsboundary") {
        return open(vec![World::Unlike]);
    }
    let entity = account
        .users
        .get(request.resource)
        .map(|u| &u.entity)
        .or_else(|| account.roles.get(request.resource).map(|r| &r.entity));
    match entity {
        Some(entity) => match &entity.boundary {
            Some(arn) => State::Known(vec![arn.clone()]),
            None => State::Absent,
        },
        None => open(vec![]),
    }
}

/// Expands the variables of a value into a pattern; `None` when one has no value here.
pub fn expand(text: &str, variables: bool, lookup: &dyn Fn(&str) -> Option<String>) -> Option<Vec<u8>> {
    if !variables || !text.contains("${") {
        return Some(text.as_bytes().to_vec());
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out.extend(before.as_bytes());
        let Some((inside, tail)) = after.split_once('}') else {
            out.extend(b"${");
            rest = after;
            continue;
        };
        match inside {
            "*" => out.push(LITERAL_STAR),
            "?" => out.push(LITERAL_QUESTION),
            "$" => out.push(b'$'),
            _ => {
                let (name, default) = match inside.split_once(',') {
                    Some((name, default)) => (name, Some(default.trim().trim_matches('\''))),
                    None => (inside, None),
                };
                let value = lookup(&super::condition::normal_key(name.trim()))
                    .or_else(|| default.map(str::to_owned))?;
                out.extend(value.bytes().map(|b| match b {
                    b'*' => LITERAL_STAR,
                    b'?' => LITERAL_QUESTION,
                    b => b,
                }));
            }
        }
        rest = tail;
    }
    out.extend(rest.as_bytes());
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables() {
        let look = |key: &str| (key == "aws:username").then(|| "al*ce".to_owned());
        let show = |text: &str, on: bool| expand(text, on, &look).map(|p| super::super::matching::show(&p));
        assert_eq!(show("u/${aws:UserName}", true).as_deref(), Some("u/al*ce"));
        assert_eq!(show("u/${aws:username}", false).as_deref(), Some("u/${aws:username}"));
        assert_eq!(show("${aws:PrincipalTag/x, 'y'}", true).as_deref(), Some("y"));
        assert_eq!(show("${aws:PrincipalTag/x}", true), None);
        assert_eq!(show("${*}${?}${$}", true).as_deref(), Some("*?$"));
        assert_eq!(show("a${b", true).as_deref(), Some("a${b"));
        assert_eq!(expand("${*}", true, &look), Some(vec![LITERAL_STAR]));
    }
}
