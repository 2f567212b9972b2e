//! GitHub: `GET /user`, for installation tokens `GET /installation/repositories`.

use super::super::verification::{Verdict, Verification};
use super::reply::{Reply, facts, raw, scopes, text};
use super::{Aftercare, Ask, Credential, Kind, Provider, get};

/// What GitHub's OAuth scopes let a token do.
const WORDS: &[(&str, &str)] = &[
    ("repo", "write repositories"),
    ("public_repo", "write public repositories"),
    ("repo:status", "set commit statuses"),
    ("repo_deployment", "deploy"),
    ("repo:invite", "take invitations to repositories"),
    ("security_events", "read and close security alerts"),
    ("delete_repo", "delete repositories"),
    ("workflow", "change workflows, which run with their secrets"),
    ("admin:org", "administer the organisation"),
    ("write:org", "change the organisation's teams"),
    ("read:org", "read the organisation"),
    ("admin:org_hook", "administer the organisation's webhooks"),
    ("admin:repo_hook", "administer webhooks"),
    ("write:repo_hook", "write webhooks"),
    ("read:repo_hook", "read webhooks"),
    ("admin:public_key", "add SSH keys"),
    ("write:public_key", "add SSH keys"),
    ("read:public_key", "read SSH keys"),
    ("admin:gpg_key", "add GPG keys"),
    ("admin:ssh_signing_key", "add signing keys"),
    ("admin:enterprise", "administer the enterprise"),
    ("manage_billing:enterprise", "manage the enterprise's billing"),
    ("read:enterprise", "read the enterprise"),
    ("site_admin", "administer the whole server"),
    ("write:packages", "publish packages"),
    ("read:packages", "read packages"),
    ("delete:packages", "delete packages"),
    ("gist", "write gists"),
    ("user", "change the user's profile"),
    ("read:user", "read the user's profile"),
    ("user:email", "read the user's addresses"),
    ("user:follow", "follow users"),
    ("notifications", "read notifications"),
    ("project", "write projects"),
    ("read:project", "read projects"),
    ("codespace", "run codespaces"),
    ("copilot", "manage Copilot seats"),
    ("read:audit_log", "read the audit log"),
    ("audit_log", "read the audit log"),
];

pub(super) struct GitHub;

impl Provider for GitHub {
    fn id(&self) -> &'static str {
        "github"
    }

    fn name(&self) -> &'static str {
        "GitHub"
    }

    fn base(&self) -> &'static str {
        "https://api.github.com"
    }

    fn kind(&self, pattern: &str, _: &str) -> Option<Kind> {
        Some(match pattern {
            "github.pat"
            | "github.oauth-token"
            | "github.user-to-server"
            | "github.fine-grained-pat"
            | "github.token-legacy" => get("/user"),
            "github.server-to-server" | "github.server-to-server-jwt" => {
                get("/installation/repositories?per_page=1")
            }
            "github.refresh-token" => {
                Kind::NotAsked("a refresh token is checked only by using it up, and needs its app's secret")
            }
            "github.oauth-client-secret" => {
                Kind::NotAsked("a client secret needs its client id and somebody's token to be checked")
            }
            _ => return None,
        })
    }

    fn headers(&self, _: &Ask, credential: &Credential) -> Vec<(&'static str, String)> {
        vec![
            ("authorization", format!("Bearer {}", credential.secret)),
            ("accept", "application/vnd.github+json".into()),
            ("x-github-api-version", "2022-11-28".into()),
        ]
    }

    fn judge(&self, reply: &Reply<'_>) -> Result<Verification, String> {
        let json = reply.json()?;
        if reply.status() == 200 {
            let is_user = json.get("id").is_some_and(|id| id.is_u64());
            let mut live = if let Some(login) = text(&json, "/login").filter(|_| is_user) {
                reply.live(Some(login))
            } else if json.get("total_count").is_some_and(|n| n.is_u64())
                && json.get("repositories").is_some_and(|r| r.is_array())
            {
                reply.live(text(&json, "/repositories/0/owner/login"))
            } else {
                return Err(reply.strange());
            };
            facts(
                &mut live,
                [
                    ("account type", text(&json, "/type")),
                    ("plan", text(&json, "/plan/name")),
                    ("site administrator", text(&json, "/site_admin").filter(|a| a == "true")),
                    ("repositories", text(&json, "/total_count")),
                    ("repository selection", text(&json, "/repository_selection")),
                    ("expires", reply.header("github-authentication-token-expiration")),
                ],
            );
            scopes(&mut live, &reply.list("x-oauth-scopes"), WORDS);
            return Ok(live);
        }
        // GitHub's errors name their documentation.
        let message = raw(&json, "/message").to_ascii_lowercase();
        if raw(&json, "/documentation_url").is_empty() {
            return Err(reply.strange());
        }
        match reply.status() {
            401 if message.contains("bad credentials") => {
                let mut dead =
                    reply.dead(Verdict::Revoked, "bad credentials: not known, or revoked or expired");
                if !reply.is_named {
                    let gap = "a token of a GitHub Enterprise Server is unknown here too: name its endpoint";
                    dead.gaps.push(gap.into());
                }
                Ok(dead)
            }
            403 if message.contains("suspended") => {
                Ok(reply.dead(Verdict::Inactive, "its account is suspended"))
            }
            403 if message.contains("saml") || reply.answer.header("x-github-sso").is_some() => {
                Ok(reply.limited("the organisation wants single sign-on first"))
            }
            403 if message.contains("resource not accessible") => {
                Ok(reply.limited("it may not make this call"))
            }
            403 if message.contains("ip allow list") => {
                Ok(reply.limited("it may be used from allowed addresses only"))
            }
            403 if message.contains("rate limit") => Err("asked too often (rate limit)".into()),
            _ => Err(reply.strange()),
        }
    }

    fn aftercare(&self) -> Aftercare {
        Aftercare {
            // Needs no login: made for whoever finds a leaked token.
            revoke: &[
                r#"curl -X POST {base}/credentials/revoke -H 'Accept: application/vnd.github+json' -d "{\"credentials\":[\"$TOKEN\"]}""#,
            ],
            misuse: "Read the security log, https://github.com/settings/security-log, and the organisation's \
                     audit log: clones, new keys, changed workflows since the leak.",
        }
    }
}
