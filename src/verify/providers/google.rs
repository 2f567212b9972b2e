//! Google API keys: `GET /v1beta/models` of the Gemini API.
//!
//! That API tells an invalid key from a restricted one in `ErrorInfo.reason`, costs nothing to ask, takes
//! the key in a header, and is the one whose misuse costs most.

use super::super::verification::{Verdict, Verification};
use super::reply::{Reply, facts, raw, text};
use super::{Aftercare, Ask, Credential, Kind, Provider, get};
use serde_json::Value;

pub(super) struct Google;

impl Provider for Google {
    fn id(&self) -> &'static str {
        "google"
    }

    fn name(&self) -> &'static str {
        "Google"
    }

    fn base(&self) -> &'static str {
        "https://generativelanguage.googleapis.com"
    }

    fn kind(&self, pattern: &str, _: &str) -> Option<Kind> {
        Some(match pattern {
            "google.api-key" | "google.auth-key" => get("/v1beta/models?pageSize=1"),
            "google.fcm-server-key" => Kind::NotAsked("Google shut the API of these keys down in 2024"),
            _ => return None,
        })
    }

    fn headers(&self, _: &Ask, credential: &Credential) -> Vec<(&'static str, String)> {
        vec![("x-goog-api-key", credential.secret.clone())]
    }

    fn judge(&self, reply: &Reply<'_>) -> Result<Verification, String> {
        let json = reply.json()?;
        if reply.status() == 200 {
            let model = raw(&json, "/models/0/name");
            if !model.starts_with("models/") {
                return Err(reply.strange());
            }
            let mut live = reply.live(None);
            live.facts.insert("rights".into(), "can call the Gemini API".into());
            live.gaps.push("which other APIs the key opens was not asked".into());
            return Ok(live);
        }
        let error = json.pointer("/error").ok_or_else(|| reply.strange())?;
        let details =
            error.pointer("/details").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let is_info = |d: &&Value| {
            raw(d, "/@type") == "type.googleapis.com/google.rpc.ErrorInfo"
                && raw(d, "/domain") == "googleapis.com"
        };
        let info = details.iter().find(is_info).ok_or_else(|| reply.strange())?;
        let mut verification = match raw(info, "/reason") {
            "API_KEY_INVALID" if raw(error, "/message").contains("expired") => {
                reply.dead(Verdict::Expired, "API_KEY_INVALID: the key is expired")
            }
            "API_KEY_INVALID" => {
                let mut dead = reply.dead(Verdict::Revoked, "API_KEY_INVALID: no such key");
                dead.gaps.push("a key deleted less than 30 days ago can be restored".into());
                dead
            }
            "CONSUMER_SUSPENDED" => {
                reply.dead(Verdict::Inactive, "CONSUMER_SUSPENDED: its project is suspended")
            }
            "CONSUMER_INVALID" => {
                reply.dead(Verdict::Inactive, "CONSUMER_INVALID: its project is deleted or off")
            }
            reason => {
                let mut live = reply.limited(limit(reason).ok_or_else(|| reply.strange())?);
                live.gaps.push("which other APIs the key opens was not asked".into());
                live
            }
        };
        let project = text(info, "/metadata/consumer");
        verification.principal = project.as_ref().map(|p| p.replace("projects/", "project "));
        facts(&mut verification, [("project", project)]);
        Ok(verification)
    }

    fn aftercare(&self) -> Aftercare {
        Aftercare {
            revoke: &[
                "gcloud services api-keys lookup $TOKEN",
                "gcloud services api-keys delete $KEY_NAME  # as the lookup names it",
            ],
            misuse: "Look at the project's API metrics and billing by key, \
                     https://console.cloud.google.com/apis/dashboard.",
        }
    }
}

/// What keeps a valid key from this API.
fn limit(reason: &str) -> Option<&'static str> {
    Some(match reason {
        "API_KEY_SERVICE_BLOCKED" => "restricted to other APIs than Gemini",
        "SERVICE_DISABLED" => "the Gemini API is off in its project",
        "API_KEY_HTTP_REFERRER_BLOCKED" => "restricted to certain web pages",
        "API_KEY_IP_ADDRESS_BLOCKED" => "restricted to certain addresses",
        "API_KEY_ANDROID_APP_BLOCKED" => "restricted to certain Android apps",
        "API_KEY_IOS_APP_BLOCKED" => "restricted to certain iOS apps",
        "BILLING_DISABLED" => "billing is off in its project",
        _ => return None,
    })
}
