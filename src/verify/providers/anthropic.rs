//! Anthropic: `GET /v1/models`, for admin keys `GET /v1/organizations/me`.

use super::super::verification::{Verdict, Verification};
use super::reply::{Reply, facts, raw, text};
use super::{Aftercare, Ask, Credential, Kind, Provider, get};

pub(super) struct Anthropic;

impl Provider for Anthropic {
    fn id(&self) -> &'static str {
        "anthropic"
    }

    fn name(&self) -> &'static str {
        "Anthropic"
    }

    fn base(&self) -> &'static str {
        "https://api.anthropic.com"
    }

    fn kind(&self, pattern: &str, _: &str) -> Option<Kind> {
        Some(match pattern {
            "anthropic.key" => get("/v1/models?limit=1"),
            "anthropic.admin-key" => get("/v1/organizations/me"),
            "anthropic.oauth-token" => Kind::NotAsked(
                "no call is documented for these tokens, and refresh tokens are used up by one",
            ),
            _ => return None,
        })
    }

    fn headers(&self, _: &Ask, credential: &Credential) -> Vec<(&'static str, String)> {
        vec![("x-api-key", credential.secret.clone()), ("anthropic-version", "2023-06-01".into())]
    }

    fn judge(&self, reply: &Reply<'_>) -> Result<Verification, String> {
        let json = reply.json()?;
        if reply.status() == 200 {
            let header = reply.header("anthropic-organization-id");
            let (mut live, rights) = if raw(&json, "/data/0/type") == "model" {
                (reply.live(header.as_ref().map(|id| format!("organisation {id}"))), "can call models")
            } else if raw(&json, "/type") == "organization" && json.get("id").is_some_and(|id| id.is_string())
            {
                let name = text(&json, "/name").or_else(|| text(&json, "/id"));
                (reply.live(name), "can administer the organisation: members, workspaces, keys")
            } else {
                return Err(reply.strange());
            };
            facts(&mut live, [("organisation", header.or_else(|| text(&json, "/id")))]);
            live.facts.insert("rights".into(), rights.into());
            return Ok(live);
        }
        if raw(&json, "/type") != "error" {
            return Err(reply.strange());
        }
        let message = raw(&json, "/error/message");
        match (reply.status(), raw(&json, "/error/type")) {
            (400..=403, _) if message.contains("has been disabled") || message.contains("is disabled") => {
                Ok(reply.dead(Verdict::Inactive, "the key or its organisation is disabled"))
            }
            (401, "authentication_error") => {
                Ok(reply.dead(Verdict::Revoked, "authentication_error: no such key"))
            }
            (403, "permission_error") => Ok(reply.limited("its permissions do not reach this call")),
            _ => Err(reply.strange()),
        }
    }

    fn aftercare(&self) -> Aftercare {
        Aftercare {
            revoke: &[],
            misuse: "Look at usage and cost by key in the console, https://console.anthropic.com/usage; check \
                     for new keys and members.",
        }
    }
}
