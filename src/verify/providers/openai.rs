//! OpenAI: `GET /v1/models`, for admin keys `GET /v1/organization/projects`.

use super::super::verification::{Verdict, Verification};
use super::reply::{Reply, facts, raw};
use super::{Aftercare, Ask, Credential, Kind, Provider, get};

pub(super) struct OpenAi;

impl Provider for OpenAi {
    fn id(&self) -> &'static str {
        "openai"
    }

    fn name(&self) -> &'static str {
        "OpenAI"
    }

    fn base(&self) -> &'static str {
        "https://api.openai.com"
    }

    fn kind(&self, pattern: &str, value: &str) -> Option<Kind> {
        match pattern {
            "openai.key" if value.starts_with("sk-admin-") => Some(get("/v1/organization/projects?limit=1")),
            "openai.key" | "openai.key-legacy" => Some(get("/v1/models")),
            _ => None,
        }
    }

    fn headers(&self, _: &Ask, credential: &Credential) -> Vec<(&'static str, String)> {
        vec![("authorization", format!("Bearer {}", credential.secret))]
    }

    fn judge(&self, reply: &Reply<'_>) -> Result<Verification, String> {
        let json = reply.json()?;
        let (code, message) = (raw(&json, "/error/code"), raw(&json, "/error/message"));
        match reply.status() {
            200 if raw(&json, "/object") == "list" && json.get("data").is_some_and(|d| d.is_array()) => {
                let rights = match raw(&json, "/data/0/object") {
                    "model" => "can list models, and call those its permissions name",
                    "organization.project" => "can administer the organisation: projects, members, keys",
                    _ => return Err(reply.strange()),
                };
                let organisation = reply.header("openai-organization");
                let mut live = reply.live(organisation.clone());
                let project = reply.header("openai-project");
                facts(&mut live, [("organisation", organisation), ("project", project)]);
                live.facts.insert("rights".into(), rights.into());
                Ok(live)
            }
            401 if code == "invalid_api_key" => {
                Ok(reply.dead(Verdict::Revoked, "invalid_api_key: no such key"))
            }
            401 | 403 if code == "account_deactivated" => {
                Ok(reply.dead(Verdict::Inactive, "account_deactivated"))
            }
            401 | 403 if message.starts_with("You have insufficient permissions for this operation") => {
                Ok(reply.limited("its permissions do not reach this call"))
            }
            401 | 403 if code == "ip_not_authorized" => {
                Ok(reply.limited("it may be used from allowed addresses only"))
            }
            _ => Err(reply.strange()),
        }
    }

    fn aftercare(&self) -> Aftercare {
        Aftercare {
            revoke: &[],
            misuse: "Look at the usage by key, https://platform.openai.com/usage, and the organisation's audit \
                     log; check for new keys and members.",
        }
    }
}
