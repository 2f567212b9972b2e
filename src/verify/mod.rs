//! Verification: whether a credential opens something, whose it is, what it can do, and what to do about it.
//!
//! Nothing here runs unless the user names a [`Mode`]; without one the program opens no connection. A
//! verdict rests on the provider's own words: an unknown page, a busy server or a wrong clock is
//! [`Verdict::Unknown`](verification::Verdict), with its reason.

pub mod aws;
mod plan;
mod providers;
mod remediation;
pub mod verification;

use crate::finding::{Finding, Role, Secret, Severity};
use crate::net::aws::endpoint::Endpoints;
use crate::net::http::{self, Call, Client};
use aws::responder::Responder;
use aws::{Aws, AwsKey};
use std::collections::BTreeMap;
use verification::{Verdict, Verification};

pub use plan::{Planned, planned};

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The credential that was found speaks for itself.
    Key,
    /// The responder's own credentials; the found secret is not used.
    Responder,
    /// Nobody: a file tells.
    Snapshot,
}

impl Mode {
    /// All modes.
    pub const ALL: [Mode; 3] = [Mode::Key, Mode::Responder, Mode::Snapshot];

    /// The word used on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Key => "key",
            Mode::Responder => "responder",
            Mode::Snapshot => "snapshot",
        }
    }
}

/// What the user asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// Who asks.
    pub mode: Mode,
    /// Profile of the responder's credentials.
    pub profile: Option<String>,
    /// Another endpoint for all AWS services.
    pub endpoint_url: Option<String>,
    /// Region to speak to.
    pub region: Option<String>,
    /// GetAccountAuthorizationDetails as JSON.
    pub snapshot: Option<Vec<u8>>,
    /// Service control policies as JSON, by level.
    pub organisation: Option<Vec<u8>>,
    /// Whose the keys are, where a snapshot does not say it: an ARN or the name of a user.
    pub principal: Option<String>,
    /// Secrets of one ambiguous pair that are tried at most.
    pub max_candidates: usize,
    /// Ask only who the key is.
    pub identity_only: bool,
    /// Use keys of known canary services too.
    pub verify_canaries: bool,
    /// More accounts with canaries.
    pub canary_accounts: Vec<String>,
    /// Names of tags that name the owner, before the usual ones.
    pub owner_tags: Vec<String>,
    /// Other endpoints of providers, by their id.
    pub provider_endpoints: BTreeMap<String, String>,
    /// How calls are made.
    pub http: http::Settings,
}

impl Options {
    /// The defaults of a mode.
    pub fn new(mode: Mode) -> Self {
        Options {
            mode,
            profile: None,
            endpoint_url: None,
            region: None,
            snapshot: None,
            organisation: None,
            principal: None,
            max_candidates: 5,
            identity_only: false,
            verify_canaries: false,
            canary_accounts: Vec::new(),
            owner_tags: Vec::new(),
            provider_endpoints: BTreeMap::new(),
            http: http::Settings::default(),
        }
    }
}

/// Environment variables, as a function so that tests can hand in their own.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Refuses a wrong configuration before anything is scanned.
pub fn check(options: &Options, env: Environment<'_>) -> Result<(), String> {
    Endpoints::new(options.endpoint_url.as_deref(), options.region.as_deref(), env)?;
    if let Some(bytes) = &options.snapshot {
        aws::snapshot::read(bytes, options.organisation.as_deref())
            .map_err(|e| format!("--iam-snapshot: {e}"))?;
    }
    providers::check(options)
}

/// Verifies what can be verified among `findings`. An error is a wrong configuration, found before any
/// call; everything later is a verdict.
pub fn verify(findings: &mut [Finding], options: &Options, env: Environment<'_>) -> Result<(), String> {
    let endpoints = Endpoints::new(options.endpoint_url.as_deref(), options.region.as_deref(), env)?;
    let given = match &options.snapshot {
        Some(bytes) => Some(aws::snapshot::read(bytes, options.organisation.as_deref())?),
        None if options.mode == Mode::Snapshot => {
            return Err("mode snapshot needs --iam-snapshot FILE".into());
        }
        None => None,
    };
    let client = Client::new(options.http.clone()).map_err(|e| e.to_string())?;
    let mut tokens = providers::Run::new(findings, &client, options)?;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let whole = Default::default();
    let aws = Aws { client: &client, endpoints: &endpoints, options, given, now, whole };
    let mut responder = match options.mode {
        Mode::Responder if findings.iter().any(|f| aws_key(f).is_some()) => {
            let profile = options.profile.as_deref();
            let sources = crate::net::aws::credentials::Sources {
                env,
                profile,
                client: &client,
                endpoints: &endpoints,
            };
            Some(Responder::new(&aws, sources.find()?))
        }
        _ => None,
    };
    // The same key in several findings is asked about once.
    let mut known: BTreeMap<AwsKey, Verification> = BTreeMap::new();
    for key in findings.iter().filter_map(aws_key) {
        known.entry(key.clone()).or_insert_with(|| {
            let before = client.calls();
            let mut verification = match (options.mode, &mut responder) {
                (Mode::Key, _) => aws::key::verify(&aws, &key),
                (Mode::Responder, Some(Ok(responder))) => responder.verify(&aws, &key),
                (Mode::Responder, Some(Err(reason))) => Verification::unknown(reason.clone()),
                (Mode::Responder, None) => Verification::unknown("no credentials of your own"),
                (Mode::Snapshot, _) => aws::snapshot::verify(&aws, &key),
            };
            verification.calls = since(&before, client.calls());
            verification
        });
    }
    for (key, verification) in &mut known {
        aws.judge_by_others(key, verification);
        verification.plan = remediation::aws(key, verification, options);
    }
    for finding in findings {
        let verification = if let Some(key) = aws_key(finding) {
            known.get(&key).cloned()
        } else if options.mode == Mode::Key {
            let before = client.calls();
            let Some(mut verification) = tokens.verify(finding) else { continue };
            verification.calls = since(&before, client.calls());
            Some(verification)
        } else {
            None
        };
        if let Some(verification) = verification {
            finding.severity = finding.severity.max(severity_of(&verification));
            finding.verification = Some(Box::new(verification));
        }
    }
    Ok(())
}

/// A live key that can destroy something is critical whatever it looked like; nothing makes a leaked
/// credential milder, for it leaked all the same.
fn severity_of(verification: &Verification) -> Severity {
    let level = verification.assessment.as_ref().map(|a| a.level).unwrap_or_default();
    if verification.verdict == Verdict::Live && level >= aws::iam::Level::Destructive {
        Severity::Critical
    } else {
        Severity::Info
    }
}

/// The calls of `after` that are not in `before`.
fn since(before: &[Call], after: Vec<Call>) -> Vec<Call> {
    let known: BTreeMap<_, u32> = before.iter().map(|c| ((&c.host, &c.action, c.speaker), c.count)).collect();
    let rest = |mut call: Call| {
        call.count -= known.get(&(&call.host, &call.action, call.speaker)).copied().unwrap_or(0);
        (call.count > 0).then_some(call)
    };
    after.into_iter().filter_map(rest).collect()
}

/// The AWS key in a finding: a pair, an ambiguous pair, or a key id alone.
fn aws_key(finding: &Finding) -> Option<AwsKey> {
    let text = |secret: &Secret| std::str::from_utf8(secret.reveal()).ok().map(str::to_string);
    let is_pair = finding.pattern == "aws.key-pair";
    let id = match finding.pattern.as_str() {
        "aws.key-pair" | "aws.access-key-id" | "aws.temporary-access-key-id" => {
            text(finding.parts.get(&Role::Id).or_else(|| finding.parts.get(&Role::Value))?)?
        }
        _ => return None,
    };
    let is_id = id.len() >= 16 && id.len() <= 128 && id.bytes().all(|b| b.is_ascii_alphanumeric());
    if !is_id {
        return None;
    }
    let own = finding.parts.get(&Role::Secret).filter(|_| is_pair);
    let candidates = finding.pair.iter().flat_map(|pair| pair.candidates.iter().map(|c| &c.secret));
    let mut secrets: Vec<String> = Vec::new();
    for secret in own.into_iter().chain(candidates).filter_map(text) {
        if !secrets.contains(&secret) {
            secrets.push(secret);
        }
    }
    Some(AwsKey { id, secrets, token: finding.parts.get(&Role::Token).and_then(text) })
}
