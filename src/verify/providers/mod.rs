//! Tokens of other providers: each is checked by one harmless call to the provider's own host.
//!
//! A provider is a file that implements [`Provider`] and a line in [`ALL`]. Before a token is shown to an
//! endpoint, a made-up one of the same shape is: who takes that takes anything, and who does not refuse
//! it in the provider's own words (a captive portal, a firewall, a busy server) never sees the real one.
//! What is sent where, and what is not asked: `docs/verification-providers.md`.

mod anthropic;
mod control;
mod github;
mod gitlab;
mod google;
mod npm;
mod openai;
mod plan;
mod pypi;
mod reply;
mod sendgrid;
mod slack;
mod stripe;
mod twilio;

use super::Options;
use super::verification::{Verdict, Verification};
use crate::address::Address;
use crate::finding::{Class, Finding, Role};
use crate::net::http::{Answer, Client, Request, Speaker, check_endpoint, host_of};
use reply::{Reply, is_busy};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// All providers.
static ALL: [&dyn Provider; 12] = [
    &anthropic::Anthropic,
    &github::GitHub,
    &gitlab::GitLab,
    &google::Google,
    &npm::Npm,
    &openai::OpenAi,
    &pypi::PYPI,
    &pypi::TEST_PYPI,
    &sendgrid::SendGrid,
    &slack::Slack,
    &stripe::Stripe,
    &twilio::Twilio,
];

/// Longer values are no tokens of these providers.
const MAX_TOKEN: usize = 4096;

/// Whose tokens can be checked.
trait Provider: Sync {
    /// As in `--provider-endpoint ID=URL`.
    fn id(&self) -> &'static str;

    /// As people say it.
    fn name(&self) -> &'static str;

    /// Where the provider's API is: scheme and host, and a path where all calls share one.
    fn base(&self) -> &'static str;

    /// What can be asked about a value found by a pattern; `None` for patterns of others and for what is
    /// no secret.
    fn kind(&self, pattern: &str, value: &str) -> Option<Kind>;

    /// The headers that carry the token, and those that the API wants.
    fn headers(&self, ask: &Ask, credential: &Credential) -> Vec<(&'static str, String)>;

    /// What is posted. It holds no secret.
    fn body(&self) -> &'static str {
        ""
    }

    /// What the answer proves. An error says why it proves nothing.
    fn judge(&self, reply: &Reply<'_>) -> Result<Verification, String>;

    /// What to do about a token that is not known to be dead.
    fn aftercare(&self) -> Aftercare;
}

/// What can be done with a kind of token.
enum Kind {
    /// This call tells.
    Asked(Ask),
    /// No harmless call does: why.
    NotAsked(&'static str),
}

/// A call that changes nothing.
struct Ask {
    method: &'static str,
    /// After the base; `{id}` stands for the public part of a credential.
    path: &'static str,
}

const fn get(path: &'static str) -> Kind {
    Kind::Asked(Ask { method: "GET", path })
}

const fn post(path: &'static str) -> Kind {
    Kind::Asked(Ask { method: "POST", path })
}

/// What is checked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Credential {
    /// The public part, where the provider wants one.
    id: Option<String>,
    secret: String,
    /// Whether the id is only known to stand near.
    is_guess: bool,
}

/// What to do after a leak.
struct Aftercare {
    /// Commands that revoke; `$TOKEN` is for the reader to fill in, `{base}` becomes the endpoint.
    revoke: &'static [&'static str],
    /// Where misuse shows.
    misuse: &'static str,
}

/// One run: what is known from earlier calls is not asked again.
pub struct Run<'a> {
    client: &'a Client,
    options: &'a Options,
    twilio_accounts: Accounts,
    /// By address of the call: whether a made-up token was refused, and if not, why nothing can be said.
    controls: HashMap<String, Result<(), String>>,
    /// Calls that are not made any more, with the reason.
    stopped: HashMap<String, String>,
    known: BTreeMap<(String, Vec<Credential>), Verification>,
}

impl<'a> Run<'a> {
    /// Gets ready to verify `findings`. An error is a wrong configuration.
    pub fn new(findings: &[Finding], client: &'a Client, options: &'a Options) -> Result<Self, String> {
        check(options)?;
        Ok(Run {
            client,
            options,
            twilio_accounts: Accounts::new(findings),
            controls: HashMap::new(),
            stopped: HashMap::new(),
            known: BTreeMap::new(),
        })
    }

    /// Asks the provider about a finding; `None` when it is of no provider that is known here.
    pub fn verify(&mut self, finding: &Finding) -> Option<Verification> {
        let (provider, kind) = of(finding)?;
        let mut verification = match kind {
            Kind::NotAsked(why) => Verification::unknown(format!("not asked: {why}")),
            Kind::Asked(ask) => match credentials(provider, finding, &self.twilio_accounts, self.options) {
                Err(why) => Verification::unknown(format!("not asked: {why}")),
                Ok(credentials) => {
                    let url = format!("{}{}", base(provider, self.options), ask.path);
                    let key = (format!("{} {url}", ask.method), credentials);
                    match self.known.get(&key) {
                        Some(known) => known.clone(),
                        None => {
                            let verification = self.ask_all(provider, &ask, &url, &key.1);
                            self.known.insert(key, verification.clone());
                            verification
                        }
                    }
                }
            },
        };
        let base = base(provider, self.options);
        verification.plan = plan::steps(provider, finding, &verification, &base);
        Some(verification)
    }

    /// The first credential that is live, or what is known of the last.
    fn ask_all(&mut self, provider: &dyn Provider, ask: &Ask, url: &str, all: &[Credential]) -> Verification {
        let mut last = Verification::default();
        for credential in all {
            last = match self.ask(provider, ask, url, credential) {
                Ok(verification) if verification.verdict == Verdict::Live => return verification,
                Ok(verification) => verification,
                Err(why) => return Verification::unknown(why),
            };
        }
        last
    }

    fn ask(
        &mut self,
        provider: &dyn Provider,
        ask: &Ask,
        url: &str,
        credential: &Credential,
    ) -> Result<Verification, String> {
        if let Some(why) = self.stopped.get(url) {
            return Err(why.clone());
        }
        if !self.controls.contains_key(url) {
            let made_up = control::of(credential).ok_or("not asked: no control of its shape can be made")?;
            let control = self.control(provider, ask, url, &made_up);
            self.controls.insert(url.to_string(), control);
        }
        if let Some(Err(why)) = self.controls.get(url) {
            return Err(why.clone());
        }
        self.send(provider, ask, url, credential, Speaker::Found)
    }

    /// Whether the endpoint refuses what cannot be a token, as the provider does.
    fn control(
        &mut self,
        provider: &dyn Provider,
        ask: &Ask,
        url: &str,
        made_up: &Credential,
    ) -> Result<(), String> {
        let host = host_of(url);
        let verification = self
            .send(provider, ask, url, made_up, Speaker::Control)
            .map_err(|why| format!("{why} (asked with a made-up token; the found one was not sent)"))?;
        match verification.verdict {
            Verdict::Revoked => Ok(()),
            Verdict::Live => Err(format!(
                "{host} took a made-up token, so what it takes proves nothing; the found one was not sent"
            )),
            _ => Err(format!(
                "{host} did not refuse a made-up token as {} does; the found one was not sent",
                provider.name()
            )),
        }
    }

    fn send(
        &mut self,
        provider: &dyn Provider,
        ask: &Ask,
        url: &str,
        credential: &Credential,
        speaker: Speaker,
    ) -> Result<Verification, String> {
        let to = url.replace("{id}", credential.id.as_deref().unwrap_or_default());
        let is_named =
            speaker == Speaker::Control || self.options.provider_endpoints.contains_key(provider.id());
        let make = || {
            let headers = provider.headers(ask, credential);
            let headers = headers.into_iter().map(|(name, value)| (name.to_string(), value)).collect();
            Request {
                method: ask.method,
                url: to.clone(),
                headers,
                body: provider.body().as_bytes().to_vec(),
            }
        };
        let answer: Answer =
            self.client.call(&action(ask), speaker, url, make, is_busy).map_err(|e| e.to_string())?;
        let host = host_of(url);
        let reply = Reply { answer: &answer, host, is_named, is_guess: credential.is_guess };
        if answer.status == 429 {
            let why = format!("{host} was asked too often (HTTP 429) and was not asked again");
            self.stopped.insert(url.to_string(), why);
        }
        let mut verification =
            reply.check().and_then(|()| provider.judge(&reply)).map_err(|why| format!("{host}: {why}"))?;
        // No answer may put the token into a report, whatever it echoes.
        plan::scrub(&mut verification, &credential.secret);
        Ok(verification)
    }
}

/// Refuses endpoints of unknown providers, and those that nothing may be sent to.
pub fn check(options: &Options) -> Result<(), String> {
    for (id, url) in &options.provider_endpoints {
        if !ALL.iter().any(|p| p.id() == id) {
            let ids: Vec<&str> = ALL.iter().map(|p| p.id()).collect();
            let id = crate::address::escape(id.as_bytes());
            return Err(format!("unknown provider {id}: use one of {}", ids.join(", ")));
        }
        check_endpoint(url).map_err(|e| format!("--provider-endpoint {id}: {e}"))?;
    }
    Ok(())
}

/// A call that verifying would make: address, what is asked, with whose credential, at least and at most.
pub type PlannedCall = (String, String, Speaker, usize, usize);

/// The calls that verifying `findings` would make.
pub fn planned(findings: &[Finding], options: &Options) -> Result<Vec<PlannedCall>, String> {
    check(options)?;
    let accounts = Accounts::new(findings);
    let mut asked: BTreeMap<(String, String), BTreeSet<Vec<Credential>>> = BTreeMap::new();
    for finding in findings {
        if let Some((provider, Kind::Asked(ask))) = of(finding)
            && let Ok(credentials) = credentials(provider, finding, &accounts, options)
        {
            let url = format!("{}{}", base(provider, options), ask.path);
            asked.entry((url, action(&ask))).or_default().insert(credentials);
        }
    }
    let mut calls = Vec::new();
    for ((url, action), tokens) in asked {
        calls.push((url.clone(), action.clone(), Speaker::Control, 1, 1));
        calls.push((url, action, Speaker::Found, 0, tokens.iter().map(Vec::len).sum()));
    }
    Ok(calls)
}

/// The provider a finding is of, and what can be asked.
fn of(finding: &Finding) -> Option<(&'static dyn Provider, Kind)> {
    if finding.class == Class::Config {
        return None;
    }
    let value = value(finding).unwrap_or_default();
    ALL.iter().find_map(|p| Some((*p, p.kind(&finding.pattern, value)?)))
}

/// The secret of a finding as text.
fn value(finding: &Finding) -> Option<&str> {
    let part = [Role::Value, Role::Secret, Role::Token].iter().find_map(|role| finding.parts.get(role))?;
    std::str::from_utf8(part.reveal()).ok()
}

/// Where a provider is asked: the endpoint that the user named, or its own.
fn base(provider: &dyn Provider, options: &Options) -> String {
    let named = options.provider_endpoints.get(provider.id()).map(String::as_str);
    named.unwrap_or(provider.base()).trim_end_matches('/').to_string()
}

/// As it stands in plans and reports: without ids.
fn action(ask: &Ask) -> String {
    format!("{} {}", ask.method, ask.path.replace("{id}", "ID"))
}

/// What is to be checked for a finding, best first.
fn credentials(
    provider: &dyn Provider,
    finding: &Finding,
    accounts: &Accounts,
    options: &Options,
) -> Result<Vec<Credential>, String> {
    let secret = value(finding).filter(|v| (16..=MAX_TOKEN).contains(&v.len()));
    let secret = secret.filter(|v| v.bytes().all(|b| b.is_ascii_graphic()));
    let secret = secret.ok_or("the value is no token that could be sent")?.to_string();
    if provider.id() != twilio::Twilio.id() {
        return Ok(vec![Credential { id: None, secret, is_guess: false }]);
    }
    let own = finding.parts.get(&Role::Id).and_then(|id| std::str::from_utf8(id.reveal()).ok());
    if let Some(id) = own.filter(|id| twilio::is_account(id)) {
        return Ok(vec![Credential { id: Some(id.to_string()), secret, is_guess: false }]);
    }
    let near = accounts.near(finding);
    let guess = |id: &String| Credential { id: Some(id.clone()), secret: secret.clone(), is_guess: true };
    match near.iter().take(options.max_candidates).map(guess).collect::<Vec<_>>() {
        none if none.is_empty() => Err("the account SID that an auth token needs was not found".into()),
        some => Ok(some),
    }
}

/// Account SIDs of Twilio: their auth tokens are no use without.
struct Accounts(Vec<(String, Vec<Address>)>);

impl Accounts {
    fn new(findings: &[Finding]) -> Self {
        let sid = |f: &Finding| {
            let id = f.parts.values().find_map(|v| std::str::from_utf8(v.reveal()).ok())?;
            let sites = f.sites.iter().map(|s| s.address.clone()).collect();
            twilio::is_account(id).then(|| (id.to_string(), sites))
        };
        Accounts(findings.iter().filter(|f| f.pattern == "twilio.account-sid").filter_map(sid).collect())
    }

    /// Those in the same artifacts, the ones in the same blob first.
    fn near(&self, finding: &Finding) -> Vec<String> {
        let distance = |sites: &Vec<Address>| {
            let pairs = || sites.iter().flat_map(|a| finding.sites.iter().map(move |s| (a, &s.address)));
            match () {
                () if pairs().any(|(a, b)| a == b) => Some(0),
                () if pairs().any(|(a, b)| a.artifact() == b.artifact()) => Some(1),
                () => None,
            }
        };
        let mut near: Vec<(u8, &String)> =
            self.0.iter().filter_map(|(id, sites)| Some((distance(sites)?, id))).collect();
        near.sort();
        near.into_iter().map(|(_, id)| id.clone()).collect()
    }
}

#[cfg(test)]
mod tests;
