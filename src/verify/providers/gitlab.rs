//! GitLab: `GET /api/v4/personal_access_tokens/self`, for CI job tokens `GET /api/v4/job`.

use super::super::verification::{Verdict, Verification};
use super::reply::{Reply, facts, raw, scopes, text, texts};
use super::{Aftercare, Ask, Credential, Kind, Provider, get};

const WORDS: &[(&str, &str)] = &[
    ("api", "read and write everything of its owner"),
    ("read_api", "read everything of its owner"),
    ("read_user", "read the user's profile"),
    ("read_repository", "read repositories"),
    ("write_repository", "write repositories"),
    ("read_registry", "read container images"),
    ("write_registry", "publish container images"),
    ("read_virtual_registry", "read through virtual registries"),
    ("write_virtual_registry", "write virtual registries"),
    ("sudo", "act as any user of the server"),
    ("admin_mode", "administer the server"),
    ("create_runner", "create runners, which are given jobs and their secrets"),
    ("manage_runner", "manage runners"),
    ("ai_features", "use GitLab Duo"),
    ("k8s_proxy", "reach Kubernetes clusters through agents"),
    ("self_rotate", "rotate itself"),
];

pub(super) struct GitLab;

impl Provider for GitLab {
    fn id(&self) -> &'static str {
        "gitlab"
    }

    fn name(&self) -> &'static str {
        "GitLab"
    }

    fn base(&self) -> &'static str {
        "https://gitlab.com"
    }

    fn kind(&self, pattern: &str, _: &str) -> Option<Kind> {
        Some(match pattern {
            "gitlab.pat" | "gitlab.pat-routable" | "gitlab.legacy-pat" => {
                get("/api/v4/personal_access_tokens/self")
            }
            "gitlab.ci-job-token" => get("/api/v4/job"),
            "gitlab.deploy-token" => Kind::NotAsked("a deploy token needs its user name and project"),
            "gitlab.runner-auth" | "gitlab.runner-auth-routable" => {
                Kind::NotAsked("its only check counts as a sign of life of the runner")
            }
            "gitlab.runner-registration" => Kind::NotAsked("it is checked only by registering a runner"),
            "gitlab.pipeline-trigger" => Kind::NotAsked("it is checked only by starting a pipeline"),
            "gitlab.feed-token" => Kind::NotAsked("it would have to travel in an address, which is logged"),
            "gitlab.incoming-mail" => Kind::NotAsked("it is checked only by sending mail"),
            "gitlab.agent-token" => Kind::NotAsked("it is checked only by connecting as the agent"),
            "gitlab.scim" => Kind::NotAsked("it needs the path of its group"),
            "gitlab.feature-flag" => Kind::NotAsked("it needs the number of its project"),
            "gitlab.oauth-secret" => Kind::NotAsked("an application's secret needs its id and a code"),
            "gitlab.session-cookie" => Kind::NotAsked("using a session acts as the user"),
            _ => return None,
        })
    }

    fn headers(&self, ask: &Ask, credential: &Credential) -> Vec<(&'static str, String)> {
        let name = if ask.path.ends_with("/job") { "job-token" } else { "private-token" };
        vec![(name, credential.secret.clone()), ("accept", "application/json".into())]
    }

    fn judge(&self, reply: &Reply<'_>) -> Result<Verification, String> {
        let json = reply.json()?;
        let says = [raw(&json, "/message"), raw(&json, "/error_description")].join(" ").to_ascii_lowercase();
        match reply.status() {
            200 => token(reply, &json).or_else(|| job(reply, &json)).ok_or_else(|| reply.strange()),
            401 if raw(&json, "/error") == "invalid_token" && says.contains("revoked") => {
                Ok(reply.dead(Verdict::Revoked, "the token was revoked"))
            }
            401 if raw(&json, "/error") == "invalid_token" && says.contains("expired") => {
                Ok(reply.dead(Verdict::Expired, "the token is expired"))
            }
            401 if says.contains("401 unauthorized") || raw(&json, "/error") == "invalid_token" => {
                if reply.is_named {
                    Ok(reply.dead(Verdict::Revoked, "unauthorized: no such token"))
                } else {
                    Err("unauthorized: no such token here, but tokens of other GitLab servers look the same; \
                         name yours with --provider-endpoint gitlab=URL"
                        .into())
                }
            }
            403 if raw(&json, "/error") == "insufficient_scope" => {
                Ok(reply.limited("its scopes do not reach this call"))
            }
            403 if says.contains("blocked") || says.contains("deactivated") => {
                Ok(reply.dead(Verdict::Inactive, "its user is blocked or deactivated"))
            }
            _ => Err(reply.strange()),
        }
    }

    fn aftercare(&self) -> Aftercare {
        Aftercare {
            revoke: &[
                r#"curl -X DELETE -H "PRIVATE-TOKEN: $TOKEN" {base}/api/v4/personal_access_tokens/self"#,
            ],
            misuse: "Read the user's authentication log and the group's audit events: clones, new keys and \
                     tokens, changed CI variables since the leak.",
        }
    }
}

/// An access token about itself.
fn token(reply: &Reply<'_>, json: &serde_json::Value) -> Option<Verification> {
    json.get("id").filter(|id| id.is_u64())?;
    let is = |name: &str| json.get(name).and_then(|v| v.as_bool());
    let mut verification = match (is("revoked")?, is("active")?) {
        (true, _) => reply.dead(Verdict::Revoked, "the token was revoked"),
        (false, false) => reply.dead(Verdict::Inactive, "the token is not active"),
        (false, true) => reply.live(Some(format!("user {}", text(json, "/user_id")?))),
    };
    facts(
        &mut verification,
        [
            ("token name", text(json, "/name")),
            ("created", text(json, "/created_at")),
            ("last used", text(json, "/last_used_at")),
            ("expires", text(json, "/expires_at")),
        ],
    );
    scopes(&mut verification, &texts(json, "/scopes").unwrap_or_default(), WORDS);
    Some(verification)
}

/// A running job about itself.
fn job(reply: &Reply<'_>, json: &serde_json::Value) -> Option<Verification> {
    json.get("id").filter(|id| id.is_u64())?;
    json.get("pipeline").filter(|p| p.is_object())?;
    let mut live = reply.live(Some(format!("{}, in a job", text(json, "/user/username")?)));
    facts(&mut live, [("job", text(json, "/name")), ("branch", text(json, "/ref"))]);
    Some(live)
}
