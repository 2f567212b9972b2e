//! What each provider's answers prove; the bodies are as the providers document them.

use super::super::verification::Verdict::{self, Expired, Inactive, Live, Revoked};
use super::*;
use crate::net::http::Answer;
use crate::pattern::PatternSet;

const HUB: &str = r#"{"message":"%M%","documentation_url":"https://docs.github.com/rest","status":"0"}"#;
const INFO: &str = r#"{"error":{"code":0,"message":"API key not valid.","status":"S","details":[
    {"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"%M%","domain":"googleapis.com",
     "metadata":{"service":"generativelanguage.googleapis.com","consumer":"projects/123"}}]}}"#;
const STRIPE: &str = r#"{"error":{"message":"%M%","type":"invalid_request_error"}}"#;
const OPENAI: &str = r#"{"error":{"message":"%M%","type":"invalid_request_error","param":null,"code":null}}"#;

/// Pattern, status, body with `M`, what stands for `M`, verdict (none: it proves nothing), and a word of
/// what is learned.
type Case = (&'static str, u16, &'static str, &'static str, Option<Verdict>, &'static str);

const CASES: &[Case] = &[
    ("github.pat", 200, r#"{"login":"ada","id":1,"type":"User","site_admin":false}"#, "", Some(Live), "ada"),
    ("github.pat", 200, r#"{"login":"ada"}"#, "", None, ""),
    ("github.pat", 200, r#"{"id":1,"login":""}"#, "", None, ""),
    ("github.pat", 401, HUB, "Bad credentials", Some(Revoked), "bad credentials"),
    ("github.pat", 401, r#"{"message":"Bad credentials"}"#, "", None, ""),
    ("github.pat", 401, HUB, "Requires authentication", None, ""),
    ("github.pat", 403, HUB, "Sorry. Your account was suspended.", Some(Inactive), "suspended"),
    (
        "github.pat",
        403,
        HUB,
        "Resource protected by organization SAML enforcement.",
        Some(Live),
        "single sign-on",
    ),
    ("github.pat", 403, HUB, "API rate limit exceeded for user ID 1.", None, "often"),
    ("github.pat", 404, HUB, "Not Found", None, ""),
    ("github.server-to-server", 403, HUB, "Resource not accessible by integration", Some(Live), "limited"),
    (
        "github.server-to-server",
        200,
        r#"{"total_count":3,"repository_selection":"all","repositories":[{"owner":{"login":"acme"}}]}"#,
        "",
        Some(Live),
        "acme",
    ),
    (
        "gitlab.pat",
        200,
        r#"{"id":4,"name":"ci","revoked":false,"scopes":["api","read_user"],"user_id":3,"active":true,"expires_at":"2027-01-31"}"#,
        "",
        Some(Live),
        "read and write everything",
    ),
    (
        "gitlab.pat",
        200,
        r#"{"id":4,"revoked":true,"active":false,"user_id":3}"#,
        "",
        Some(Revoked),
        "revoked",
    ),
    (
        "gitlab.pat",
        200,
        r#"{"id":4,"revoked":false,"active":false,"user_id":3}"#,
        "",
        Some(Inactive),
        "not active",
    ),
    ("gitlab.pat", 200, r#"{"id":4}"#, "", None, ""),
    (
        "gitlab.pat",
        401,
        r#"{"error":"invalid_token","error_description":"Token was revoked. You have to re-authorize from the user."}"#,
        "",
        Some(Revoked),
        "revoked",
    ),
    (
        "gitlab.pat",
        401,
        r#"{"error":"invalid_token","error_description":"Token is expired. You can either do re-authorization or token refresh."}"#,
        "",
        Some(Expired),
        "expired",
    ),
    ("gitlab.pat", 401, r#"{"message":"401 Unauthorized"}"#, "", Some(Revoked), "no such token"),
    (
        "gitlab.pat",
        403,
        r#"{"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token.","scope":"api"}"#,
        "",
        Some(Live),
        "limited",
    ),
    (
        "gitlab.pat",
        403,
        r#"{"message":"403 Forbidden - Your account has been blocked."}"#,
        "",
        Some(Inactive),
        "blocked",
    ),
    (
        "gitlab.ci-job-token",
        200,
        r#"{"id":8,"name":"test","ref":"main","pipeline":{"id":6},"user":{"username":"ada"}}"#,
        "",
        Some(Live),
        "ada",
    ),
    (
        "slack.bot-token",
        200,
        r#"{"ok":true,"url":"https://acme.slack.com/","team":"Acme","user":"bot","team_id":"T1","user_id":"U1","bot_id":"B1"}"#,
        "",
        Some(Live),
        "bot at Acme",
    ),
    ("slack.app-token", 200, r#"{"ok":true,"app_name":"Deploys","app_id":"A1"}"#, "", Some(Live), "Deploys"),
    ("slack.bot-token", 200, r#"{"ok":true}"#, "", None, ""),
    (
        "slack.bot-token",
        200,
        r#"{"ok":false,"error":"%M%"}"#,
        "token_revoked",
        Some(Revoked),
        "token_revoked",
    ),
    ("slack.bot-token", 200, r#"{"ok":false,"error":"%M%"}"#, "invalid_auth", Some(Revoked), "invalid_auth"),
    (
        "slack.bot-token",
        200,
        r#"{"ok":false,"error":"%M%"}"#,
        "token_expired",
        Some(Expired),
        "token_expired",
    ),
    (
        "slack.bot-token",
        200,
        r#"{"ok":false,"error":"%M%"}"#,
        "account_inactive",
        Some(Inactive),
        "switched off",
    ),
    ("slack.bot-token", 200, r#"{"ok":false,"error":"%M%"}"#, "fatal_error", None, ""),
    ("slack.bot-token", 200, r#"{"ok":false,"error":"%M%"}"#, "ratelimited", None, "often"),
    (
        "stripe.secret-key",
        200,
        r#"{"id":"acct_1032D82eZvKYlo2C","object":"account","country":"DE","email":"a@b.de","charges_enabled":true,"settings":{"dashboard":{"display_name":"Shop"}}}"#,
        "",
        Some(Live),
        "Shop (acct_1032D82eZvKYlo2C)",
    ),
    ("stripe.secret-key", 200, r#"{"object":"balance"}"#, "", None, ""),
    (
        "stripe.secret-key",
        401,
        STRIPE,
        "Invalid API Key provided: sk_live_*********6789",
        Some(Revoked),
        "no such key",
    ),
    (
        "stripe.secret-key",
        401,
        STRIPE,
        "Expired API Key provided: sk_live_*********6789",
        Some(Expired),
        "expired",
    ),
    (
        "stripe.restricted-key",
        403,
        STRIPE,
        "The provided key 'rk_live_*****789' does not have the required permissions for this endpoint on account 'acct_1032D82eZvKYlo2C'.",
        Some(Live),
        "acct_1032D82eZvKYlo2C",
    ),
    ("stripe.secret-key", 401, STRIPE, "You did not provide an API key.", None, ""),
    (
        "google.api-key",
        200,
        r#"{"models":[{"name":"models/gemini-pro"}],"nextPageToken":"x"}"#,
        "",
        Some(Live),
        "Gemini",
    ),
    ("google.api-key", 200, r#"{}"#, "", None, ""),
    ("google.api-key", 400, INFO, "API_KEY_INVALID", Some(Revoked), "no such key"),
    ("google.api-key", 403, INFO, "API_KEY_SERVICE_BLOCKED", Some(Live), "other APIs"),
    ("google.api-key", 403, INFO, "API_KEY_ANDROID_APP_BLOCKED", Some(Live), "project 123"),
    ("google.api-key", 403, INFO, "SERVICE_DISABLED", Some(Live), "off in its project"),
    ("google.api-key", 403, INFO, "CONSUMER_SUSPENDED", Some(Inactive), "suspended"),
    ("google.api-key", 403, INFO, "USER_PROJECT_DENIED", None, ""),
    ("google.api-key", 400, r#"{"error":{"code":400,"message":"API key not valid."}}"#, "", None, ""),
    ("npm.token", 200, r#"{"username":"ada"}"#, "", Some(Live), "ada"),
    ("npm.token", 200, r#"{}"#, "", None, ""),
    ("npm.token", 401, r#"{"message":"Unauthorized"}"#, "", Some(Revoked), "unauthorized"),
    ("npm.token", 403, r#"{"message":"Forbidden"}"#, "", None, ""),
    (
        "pypi.token",
        403,
        r#"{"message":"Invalid or non-existent authentication information. See https://pypi.org/help/#invalid-auth for more information.","code":"403 Forbidden"}"#,
        "",
        Some(Revoked),
        "no such token",
    ),
    (
        "pypi.token",
        403,
        "<html><h1>403 Invalid or non-existent authentication information.</h1></html>",
        "",
        Some(Revoked),
        "no such token",
    ),
    ("pypi.token", 403, "<html><h1>403 Forbidden</h1>Request blocked</html>", "", None, ""),
    (
        "pypi.token",
        400,
        "<h1>400 '' is an invalid value for Metadata-Version. Error: This field is required. See https://packaging.python.org/specifications/core-metadata for more information.</h1>",
        "",
        Some(Live),
        "upload",
    ),
    ("pypi.token", 400, "<h1>400 Bad Request</h1>", "", None, ""),
    ("pypi.token", 200, "<h1>Log in</h1>", "", None, ""),
    (
        "sendgrid.api-key",
        200,
        r#"{"scopes":["mail.send","api_keys.create"]}"#,
        "",
        Some(Live),
        "send mail, make more keys",
    ),
    ("sendgrid.api-key", 200, r#"{"scopes":[]}"#, "", None, ""),
    (
        "sendgrid.api-key",
        401,
        r#"{"errors":[{"field":null,"message":"authorization required"}]}"#,
        "",
        Some(Revoked),
        "no such key",
    ),
    (
        "sendgrid.api-key",
        401,
        r#"{"errors":[{"message":"The provided authorization grant is invalid, expired, or revoked"}]}"#,
        "",
        Some(Revoked),
        "revoked",
    ),
    ("sendgrid.api-key", 403, r#"{"errors":[{"message":"access forbidden"}]}"#, "", None, ""),
    (
        "twilio.auth-token",
        200,
        r#"{"sid":"AC0123456789abcdef0123456789abcdef","status":"%M%","friendly_name":"Shop","type":"Full"}"#,
        "active",
        Some(Live),
        "Shop",
    ),
    (
        "twilio.auth-token",
        200,
        r#"{"sid":"AC0123456789abcdef0123456789abcdef","status":"%M%","friendly_name":"a@b.de"}"#,
        "suspended",
        Some(Inactive),
        "suspended",
    ),
    ("twilio.auth-token", 200, r#"{"status":"active"}"#, "", None, ""),
    (
        "twilio.auth-token",
        401,
        r#"{"code":20003,"message":"Authenticate","more_info":"https://www.twilio.com/docs/errors/20003","status":401}"#,
        "",
        Some(Revoked),
        "20003",
    ),
    (
        "twilio.auth-token",
        403,
        r#"{"code":20008,"message":"Resource not accessible with Test Account Credentials","status":403}"#,
        "",
        Some(Live),
        "test credentials",
    ),
    ("twilio.auth-token", 401, r#"{"message":"Unauthorized"}"#, "", None, ""),
    (
        "openai.key",
        200,
        r#"{"object":"list","data":[{"id":"gpt-5","object":"model"}]}"#,
        "",
        Some(Live),
        "list models",
    ),
    ("openai.key", 200, r#"{"object":"list","data":[]}"#, "", None, ""),
    (
        "openai.key",
        401,
        r#"{"error":{"message":"Incorrect API key provided: sk-pr***x.","code":"invalid_api_key"}}"#,
        "",
        Some(Revoked),
        "no such key",
    ),
    (
        "openai.key",
        403,
        OPENAI,
        "You have insufficient permissions for this operation. Missing scopes: api.model.read.",
        Some(Live),
        "limited",
    ),
    (
        "openai.key",
        403,
        r#"{"error":{"code":"unsupported_country_region_territory","message":"x"}}"#,
        "",
        None,
        "",
    ),
    (
        "anthropic.key",
        200,
        r#"{"data":[{"type":"model","id":"claude-x"}],"has_more":true}"#,
        "",
        Some(Live),
        "call models",
    ),
    (
        "anthropic.admin-key",
        200,
        r#"{"id":"12-34","type":"organization","name":"Acme"}"#,
        "",
        Some(Live),
        "Acme",
    ),
    (
        "anthropic.key",
        401,
        r#"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}"#,
        "",
        Some(Revoked),
        "no such key",
    ),
    (
        "anthropic.key",
        403,
        r#"{"type":"error","error":{"type":"permission_error","message":"x"}}"#,
        "",
        Some(Live),
        "limited",
    ),
    ("anthropic.key", 403, r#"{"error":{"type":"forbidden","message":"Request not allowed"}}"#, "", None, ""),
    (
        "anthropic.key",
        400,
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"This organization has been disabled."}}"#,
        "",
        Some(Inactive),
        "disabled",
    ),
];

fn provider(pattern: &str) -> &'static dyn Provider {
    *ALL.iter().find(|p| p.kind(pattern, "").is_some()).expect(pattern)
}

fn judge(pattern: &str, answer: &Answer, is_named: bool, is_guess: bool) -> Result<Verification, String> {
    let reply = Reply { answer, host: "api.example", is_named, is_guess };
    reply.check().and_then(|()| provider(pattern).judge(&reply))
}

#[test]
fn bodies_prove_verdicts() {
    for &(pattern, status, body, message, verdict, word) in CASES {
        let body = body.replace("%M%", message);
        let kind = if body.starts_with('<') { "text/html" } else { "application/json" };
        let answer = Answer::for_test(status, kind, &body);
        let said = judge(pattern, &answer, true, false);
        match (&said, verdict) {
            (Ok(v), Some(expected)) => {
                assert_eq!(v.verdict, expected, "{pattern} {status} {body}");
                assert!(format!("{v:?}").contains(word), "{pattern}: {word:?} not in {v:?}");
                assert!(!format!("{v:?}").contains("a@b.de"), "addresses of people stay out: {v:?}");
            }
            (Err(why), None) => assert!(why.contains(word), "{pattern}: {why}"),
            _ => panic!("{pattern} {status} {body}: {said:?}, expected {verdict:?}"),
        }
    }
}

#[test]
fn what_is_no_answer_of_the_api_proves_nothing() {
    let patterns: BTreeSet<&str> = CASES.iter().map(|c| c.0).collect();
    for pattern in patterns {
        for (status, kind, body) in [
            (200, "text/html", "<html>Please log in</html>"),
            (200, "application/json", "[1]"),
            (200, "application/json", "{"),
            (200, "application/json", "{}"),
            (200, "application/json", "null"),
            (200, "", ""),
            (204, "", ""),
            (301, "application/json", r#"{"login":"a","id":1}"#),
            (401, "application/json", "{}"),
            (401, "text/plain", "Unauthorized"),
            (403, "text/html", "<html>blocked by firewall</html>"),
            (407, "text/html", "<html>proxy</html>"),
            (429, "application/json", r#"{"ok":true,"user_id":"U"}"#),
            (500, "application/json", r#"{"username":"a"}"#),
            (503, "text/html", "<html>busy</html>"),
        ] {
            let said = judge(pattern, &Answer::for_test(status, kind, body), true, false);
            assert!(said.is_err(), "{pattern} {status} {body}: {said:?}");
        }
    }
}

#[test]
fn scopes_become_words() {
    let body = r#"{"login":"ada","id":1}"#;
    let answer = Answer::for_test(200, "application/json", body)
        .with_header("x-oauth-scopes", "repo, admin:org, delete_repo, new:scope")
        .with_header("github-authentication-token-expiration", "2027-01-31 10:00:00 UTC");
    let said = judge("github.pat", &answer, true, false).unwrap();
    assert_eq!(
        said.facts["rights"],
        "can write repositories, administer the organisation, delete repositories, new:scope"
    );
    assert_eq!(said.facts["expires"], "2027-01-31 10:00:00 UTC");
}

#[test]
fn a_token_of_a_server_elsewhere_is_not_called_revoked() {
    let unauthorized = Answer::for_test(401, "application/json", r#"{"message":"401 Unauthorized"}"#);
    assert!(judge("gitlab.pat", &unauthorized, false, false).unwrap_err().contains("--provider-endpoint"));
    let bad = Answer::for_test(401, "application/json", &HUB.replace("%M%", "Bad credentials"));
    assert_eq!(judge("github.pat", &bad, false, false).unwrap().gaps.len(), 1);
    let twilio = Answer::for_test(401, "application/json", r#"{"code":20003}"#);
    assert_eq!(judge("twilio.auth-token", &twilio, true, true).unwrap().verdict, Verdict::Unknown);
}

/// A new pattern of these families must be asked about, or be said not to be.
#[test]
fn every_credential_of_the_providers_is_asked_or_has_a_reason() {
    let families = ALL.map(|p| p.id());
    let set = PatternSet::builtin().unwrap();
    for (_, pattern) in set.iter() {
        let family = pattern.id.split('.').next().unwrap_or_default();
        // Google is asked about API keys only.
        let is_ours =
            families.contains(&family) && family != "google" || pattern.id.starts_with("google.api-key");
        let kinds = ALL.iter().filter(|p| p.kind(&pattern.id, "").is_some()).count();
        let expected = usize::from(is_ours && pattern.class != Class::Config);
        let is_other_google = family == "google" && kinds == 1;
        assert!(kinds == expected || is_other_google, "{}: {kinds} providers", pattern.id);
    }
}

#[test]
fn tables_are_whole() {
    let page =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/verification-providers.md"))
            .expect("docs/verification-providers.md");
    for provider in ALL {
        assert!(provider.base().starts_with("https://") && !provider.base().ends_with('/'));
        assert!(page.contains(&format!("`{}`", provider.id())), "{} is not documented", provider.id());
        assert!(CASES.iter().any(|c| provider.kind(c.0, "").is_some()) || provider.id() == "testpypi");
        let set = PatternSet::builtin().unwrap();
        for (_, pattern) in set.iter() {
            if let Some(Kind::Asked(ask)) = provider.kind(&pattern.id, "") {
                let path = ask.path.split('?').next().unwrap_or_default();
                assert!(page.contains(path), "{path} is not documented");
            }
        }
    }
}
