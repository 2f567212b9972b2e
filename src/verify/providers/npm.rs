//! npm: `GET /-/whoami`.

use super::super::verification::{Verdict, Verification};
use super::reply::{Reply, raw, text};
use super::{Aftercare, Ask, Credential, Kind, Provider, get};

pub(super) struct Npm;

impl Provider for Npm {
    fn id(&self) -> &'static str {
        "npm"
    }

    fn name(&self) -> &'static str {
        "npm"
    }

    fn base(&self) -> &'static str {
        "https://registry.npmjs.org"
    }

    fn kind(&self, pattern: &str, _: &str) -> Option<Kind> {
        Some(match pattern {
            "npm.token" => get("/-/whoami"),
            "npm.token-legacy" | "npm.token-uuid" | "npm.basic-auth" => {
                Kind::NotAsked("which registry it is for is not known, and it must not go to another")
            }
            _ => return None,
        })
    }

    fn headers(&self, _: &Ask, credential: &Credential) -> Vec<(&'static str, String)> {
        vec![
            ("authorization", format!("Bearer {}", credential.secret)),
            ("accept", "application/json".into()),
        ]
    }

    fn judge(&self, reply: &Reply<'_>) -> Result<Verification, String> {
        let json = reply.json()?;
        let says = [raw(&json, "/message"), raw(&json, "/error"), raw(&json, "/code")]
            .join(" ")
            .to_ascii_lowercase();
        match (reply.status(), text(&json, "/username")) {
            (200, Some(user)) => {
                let mut live = reply.live(Some(user));
                live.gaps.push("whether it may publish, and which packages, npm does not tell".into());
                Ok(live)
            }
            (401, _) if says.contains("unauthorized") || says.contains("invalid token") => {
                Ok(reply.dead(Verdict::Revoked, "unauthorized: no such token, or it is revoked or expired"))
            }
            _ => Err(reply.strange()),
        }
    }

    fn aftercare(&self) -> Aftercare {
        Aftercare {
            revoke: &["npm token list", "npm token revoke $TOKEN_ID  # the id from the list"],
            misuse: "Compare the versions of the owner's packages (`npm view NAME time`) with your releases; \
                     unpublish what you did not make.",
        }
    }
}
