//! Slack: `POST /api/auth.test`.

use super::super::verification::{Verdict, Verification};
use super::reply::{Reply, facts, raw, scopes, text};
use super::{Aftercare, Ask, Credential, Kind, Provider, post};

const WORDS: &[(&str, &str)] = &[
    ("admin", "administer the workspace"),
    ("chat:write", "post messages"),
    ("chat:write.public", "post to every public channel"),
    ("chat:write.customize", "post under any name"),
    ("channels:history", "read public channels"),
    ("groups:history", "read private channels"),
    ("im:history", "read direct messages"),
    ("mpim:history", "read group messages"),
    ("files:read", "read files"),
    ("files:write", "write files"),
    ("users:read", "list users"),
    ("users:read.email", "list users' addresses"),
    ("search:read", "search everything the user sees"),
    ("incoming-webhook", "post to one channel"),
    ("connections:write", "receive the app's events"),
    ("authorizations:read", "list where the app is installed"),
    ("channels:manage", "manage public channels"),
    ("channels:read", "list public channels"),
    ("groups:read", "list private channels"),
    ("groups:write", "manage private channels"),
];

pub(super) struct Slack;

impl Provider for Slack {
    fn id(&self) -> &'static str {
        "slack"
    }

    fn name(&self) -> &'static str {
        "Slack"
    }

    fn base(&self) -> &'static str {
        "https://slack.com"
    }

    fn kind(&self, pattern: &str, value: &str) -> Option<Kind> {
        Some(match pattern {
            "slack.workspace-token" if value.starts_with("xoxr-") => {
                Kind::NotAsked("a refresh token is checked only by using it up")
            }
            "slack.bot-token"
            | "slack.user-token"
            | "slack.app-token"
            | "slack.workspace-token"
            | "slack.legacy-token"
            | "slack.config-token" => post("/api/auth.test"),
            "slack.config-refresh" => Kind::NotAsked("a refresh token is checked only by using it up"),
            "slack.session" => {
                Kind::NotAsked("a session needs its token and its cookie, and using it acts as the user")
            }
            "slack.signing-secret" => Kind::NotAsked("a signing secret is never sent to Slack"),
            "slack.client-secret" => Kind::NotAsked("a client secret needs its client id and a code"),
            "slack.webhook" => Kind::NotAsked("a webhook is checked only by posting to its channel"),
            _ => return None,
        })
    }

    fn headers(&self, _: &Ask, credential: &Credential) -> Vec<(&'static str, String)> {
        vec![
            ("authorization", format!("Bearer {}", credential.secret)),
            ("content-type", "application/x-www-form-urlencoded".into()),
        ]
    }

    fn judge(&self, reply: &Reply<'_>) -> Result<Verification, String> {
        let json = reply.json()?;
        match (reply.status(), json.get("ok").and_then(|ok| ok.as_bool())) {
            (200, Some(true)) => {
                let team = text(&json, "/team");
                let who = text(&json, "/user").or_else(|| text(&json, "/app_name"));
                if raw(&json, "/user_id").is_empty() && raw(&json, "/app_id").is_empty() {
                    return Err(reply.strange());
                }
                let mut live = reply.live(match (who, &team) {
                    (Some(who), Some(team)) => Some(format!("{who} at {team}")),
                    (who, team) => who.or(team.clone()),
                });
                facts(
                    &mut live,
                    [
                        ("team", team),
                        ("team id", text(&json, "/team_id")),
                        ("workspace", text(&json, "/url")),
                        ("user id", text(&json, "/user_id")),
                        ("bot id", text(&json, "/bot_id")),
                        ("app id", text(&json, "/app_id")),
                        ("expires in seconds", text(&json, "/expires_in")),
                    ],
                );
                scopes(&mut live, &reply.list("x-oauth-scopes"), WORDS);
                Ok(live)
            }
            (200 | 401 | 403, Some(false)) => {
                match raw(&json, "/error") {
                    "token_revoked" => Ok(reply.dead(Verdict::Revoked, "token_revoked")),
                    "invalid_auth" => {
                        let mut dead = reply.dead(Verdict::Revoked, "invalid_auth: no such token");
                        let gap = "Slack gives the same answer where an app allows certain addresses only";
                        dead.gaps.push(gap.into());
                        Ok(dead)
                    }
                    "token_expired" => Ok(reply.dead(Verdict::Expired, "token_expired")),
                    "account_inactive" => Ok(reply
                        .dead(Verdict::Inactive, "account_inactive: its user or workspace is switched off")),
                    "missing_scope" => Ok(reply.limited("its scopes do not reach this call")),
                    "ratelimited" => Err("asked too often (ratelimited)".into()),
                    _ => Err(reply.strange()),
                }
            }
            _ => Err(reply.strange()),
        }
    }

    fn aftercare(&self) -> Aftercare {
        Aftercare {
            revoke: &[r#"curl -X POST -H "Authorization: Bearer $TOKEN" {base}/api/auth.revoke"#],
            misuse: "Read the workspace's access logs and, on Enterprise, the audit logs for this app or user; \
                     look for messages that nobody wrote.",
        }
    }
}
