//! Twilio: `GET /2010-04-01/Accounts/SID.json` with account SID and auth token.

use super::super::verification::{Verdict, Verification};
use super::reply::{Reply, basic, facts, raw, text};
use super::{Aftercare, Ask, Credential, Kind, Provider, get};

pub(super) struct Twilio;

/// Whether a text is an account SID.
pub(super) fn is_account(id: &str) -> bool {
    id.len() == 34
        && id.starts_with("AC")
        && id.bytes().skip(2).all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

impl Provider for Twilio {
    fn id(&self) -> &'static str {
        "twilio"
    }

    fn name(&self) -> &'static str {
        "Twilio"
    }

    fn base(&self) -> &'static str {
        "https://api.twilio.com"
    }

    fn kind(&self, pattern: &str, _: &str) -> Option<Kind> {
        Some(match pattern {
            "twilio.auth-token" | "twilio.credentials" => get("/2010-04-01/Accounts/{id}.json"),
            "twilio.api-key" => {
                Kind::NotAsked("it names a key; its secret, which has no form of its own, is not with it")
            }
            "twilio.api-secret" | "twilio.api-credentials" => {
                Kind::NotAsked("an API key answers only together with the account it is of")
            }
            _ => return None,
        })
    }

    fn headers(&self, _: &Ask, credential: &Credential) -> Vec<(&'static str, String)> {
        let id = credential.id.as_deref().unwrap_or_default();
        vec![("authorization", basic(id, &credential.secret)), ("accept", "application/json".into())]
    }

    fn judge(&self, reply: &Reply<'_>) -> Result<Verification, String> {
        let json = reply.json()?;
        if reply.status() == 200 {
            let sid = text(&json, "/sid").filter(|sid| is_account(sid)).ok_or_else(|| reply.strange())?;
            let mut verification = match raw(&json, "/status") {
                "active" => reply.live(None),
                "suspended" => reply.dead(Verdict::Inactive, "its account is suspended"),
                "closed" => reply.dead(Verdict::Revoked, "its account is closed"),
                _ => return Err(reply.strange()),
            };
            let name = text(&json, "/friendly_name").filter(|name| !name.contains('@'));
            verification.principal = Some(name.map_or_else(|| sid.clone(), |name| format!("{name} ({sid})")));
            facts(&mut verification, [("account", Some(sid)), ("account type", text(&json, "/type"))]);
            if verification.verdict == Verdict::Live {
                verification.facts.insert("rights".into(), "can do everything in the account".into());
            }
            return Ok(verification);
        }
        match (reply.status(), json.pointer("/code").and_then(|c| c.as_u64())) {
            (401, Some(20003)) if reply.is_guess => {
                Ok(reply.dead(Verdict::Unknown, "20003: no account SID that was found near goes with it"))
            }
            (401, Some(20003)) => Ok(reply.dead(Verdict::Revoked, "20003: not the token of this account")),
            (401 | 403, Some(20005)) => Ok(reply.dead(Verdict::Inactive, "20005: its account is not active")),
            (403, Some(20008)) => Ok(reply.limited("test credentials: they reach nothing real")),
            _ => Err(reply.strange()),
        }
    }

    fn aftercare(&self) -> Aftercare {
        Aftercare {
            revoke: &[],
            misuse: "Look at the usage and the call, message and monitor logs in the Twilio console; check \
                     for new API keys and numbers.",
        }
    }
}
