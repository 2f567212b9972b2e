//! Tokens of other providers, against local servers that play them: what is sent where and in which
//! order, and which answers prove something.
#![allow(clippy::unwrap_used, reason = "a failure may panic")]

use keysift::address::Address;
use keysift::finding::{Class, Finding, Location, Role, Secret, Severity};
use keysift::net::http::Speaker;
use keysift::pattern::example::{Generator, fill};
use keysift::verify::verification::{Verdict, Verification};
use keysift::verify::{Mode, Options, planned, verify};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A provider as the tests see it. `T` in a header's value is the token.
struct Played {
    id: &'static str,
    pattern: &'static str,
    token: &'static str,
    request: &'static str,
    header: &'static str,
    carries: &'static str,
    good: (u16, &'static str),
    refused: (u16, &'static str),
    dead: (u16, &'static str, Verdict),
    principal: Option<&'static str>,
}

const SID: &str = "AC{hex:32}";

#[rustfmt::skip]
const PLAYED: &[Played] = &[
    Played { id: "github", pattern: "github.pat", token: "{crc62:ghp_}", request: "GET /user", header: "authorization", carries: "Bearer T",
        good: (200, r#"{"login":"ada","id":7,"type":"User"}"#),
        refused: (401, r#"{"message":"Bad credentials","documentation_url":"https://docs.github.com/rest","status":"401"}"#),
        dead: (403, r#"{"message":"Sorry. Your account was suspended.","documentation_url":"https://docs.github.com"}"#, Verdict::Inactive),
        principal: Some("ada") },
    Played { id: "github", pattern: "github.server-to-server", token: "{crc62:ghs_}", request: "GET /installation/repositories?per_page=1", header: "authorization", carries: "Bearer T",
        good: (200, r#"{"total_count":1,"repositories":[{"owner":{"login":"acme"}}]}"#),
        refused: (401, r#"{"message":"Bad credentials","documentation_url":"https://docs.github.com/rest"}"#),
        dead: (401, r#"{"message":"Bad credentials","documentation_url":"https://docs.github.com/rest"}"#, Verdict::Revoked),
        principal: Some("acme") },
    Played { id: "gitlab", pattern: "gitlab.pat", token: "glpat-{base64url:20}", request: "GET /api/v4/personal_access_tokens/self", header: "private-token", carries: "T",
        good: (200, r#"{"id":4,"name":"ci","revoked":false,"scopes":["api"],"user_id":3,"active":true,"expires_at":null}"#),
        refused: (401, r#"{"message":"401 Unauthorized"}"#),
        dead: (401, r#"{"error":"invalid_token","error_description":"Token was revoked. You have to re-authorize from the user."}"#, Verdict::Revoked),
        principal: Some("user 3") },
    Played { id: "slack", pattern: "slack.bot-token", token: "xoxb-{digits:12}-{digits:12}-{alnum:24}", request: "POST /api/auth.test", header: "authorization", carries: "Bearer T",
        good: (200, r#"{"ok":true,"url":"https://acme.slack.com/","team":"Acme","user":"bot","team_id":"T1","user_id":"U1"}"#),
        refused: (200, r#"{"ok":false,"error":"invalid_auth"}"#),
        dead: (200, r#"{"ok":false,"error":"token_expired"}"#, Verdict::Expired),
        principal: Some("bot at Acme") },
    Played { id: "stripe", pattern: "stripe.secret-key", token: "sk_live_{alnum:24}", request: "GET /v1/account", header: "authorization", carries: "Bearer T",
        good: (200, r#"{"id":"acct_1032D82eZvKYlo2C","object":"account","country":"DE"}"#),
        refused: (401, r#"{"error":{"message":"Invalid API Key provided: sk_live_****6789","type":"invalid_request_error"}}"#),
        dead: (401, r#"{"error":{"code":"api_key_expired","message":"Expired API Key provided: sk_live_****6789","type":"invalid_request_error"}}"#, Verdict::Expired),
        principal: Some("acct_1032D82eZvKYlo2C") },
    Played { id: "google", pattern: "google.api-key", token: "AIza{base64url:35}", request: "GET /v1beta/models?pageSize=1", header: "x-goog-api-key", carries: "T",
        good: (200, r#"{"models":[{"name":"models/gemini-pro"}]}"#),
        refused: (400, r#"{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com"}]}}"#),
        dead: (400, r#"{"error":{"code":400,"message":"API key expired. Please renew the API key.","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com"}]}}"#, Verdict::Expired),
        principal: None },
    Played { id: "npm", pattern: "npm.token", token: "{crc62:npm_}", request: "GET /-/whoami", header: "authorization", carries: "Bearer T",
        good: (200, r#"{"username":"ada"}"#), refused: (401, r#"{"message":"Unauthorized"}"#),
        dead: (401, r#"{"message":"Unauthorized"}"#, Verdict::Revoked), principal: Some("ada") },
    Played { id: "pypi", pattern: "pypi.token", token: "pypi-AgEIcHlwaS5vcmc{base64url:120}", request: "POST /legacy/", header: "authorization", carries: "Basic __token__:T",
        good: (400, r#"{"message":"'' is an invalid value for Metadata-Version. See https://packaging.python.org/specifications/core-metadata"}"#),
        refused: (403, r#"{"message":"Invalid or non-existent authentication information. See https://pypi.org/help/#invalid-auth"}"#),
        dead: (403, r#"{"message":"Invalid or non-existent authentication information."}"#, Verdict::Revoked), principal: None },
    Played { id: "testpypi", pattern: "pypi.test-token", token: "pypi-AgENdGVzdC5weXBpLm9yZw{base64url:120}", request: "POST /legacy/", header: "authorization", carries: "Basic __token__:T",
        good: (400, r#"{"message":"'' is an invalid value for Metadata-Version."}"#),
        refused: (403, r#"{"message":"Invalid or non-existent authentication information."}"#),
        dead: (403, r#"{"message":"Invalid or non-existent authentication information."}"#, Verdict::Revoked), principal: None },
    Played { id: "sendgrid", pattern: "sendgrid.api-key", token: "SG.{base64url:22}.{base64url:43}", request: "GET /v3/scopes", header: "authorization", carries: "Bearer T",
        good: (200, r#"{"scopes":["mail.send"]}"#), refused: (401, r#"{"errors":[{"field":null,"message":"authorization required"}]}"#),
        dead: (401, r#"{"errors":[{"message":"The provided authorization grant is invalid, expired, or revoked"}]}"#, Verdict::Revoked), principal: None },
    Played { id: "twilio", pattern: "twilio.auth-token", token: "{hex:32}", request: "GET /2010-04-01/Accounts/SID.json", header: "authorization", carries: "Basic SID:T",
        good: (200, r#"{"sid":"AC0123456789abcdef0123456789abcdef","status":"active","friendly_name":"Shop","type":"Full"}"#),
        refused: (401, r#"{"code":20003,"message":"Authenticate","status":401}"#),
        dead: (401, r#"{"code":20005,"message":"Account not active","status":401}"#, Verdict::Inactive),
        principal: Some("Shop (AC0123456789abcdef0123456789abcdef)") },
    Played { id: "openai", pattern: "openai.key", token: "sk-proj-{alnum:74}T3BlbkFJ{alnum:74}", request: "GET /v1/models", header: "authorization", carries: "Bearer T",
        good: (200, r#"{"object":"list","data":[{"id":"gpt-5","object":"model"}]}"#),
        refused: (401, r#"{"error":{"message":"Incorrect API key provided","type":"invalid_request_error","code":"invalid_api_key"}}"#),
        dead: (401, r#"{"error":{"message":"deactivated","code":"account_deactivated"}}"#, Verdict::Inactive), principal: None },
    Played { id: "anthropic", pattern: "anthropic.key", token: "sk-ant-api03-{base64url:95}", request: "GET /v1/models?limit=1", header: "x-api-key", carries: "T",
        good: (200, r#"{"data":[{"type":"model","id":"claude-x"}],"has_more":true}"#),
        refused: (401, r#"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}"#),
        dead: (403, r#"{"type":"error","error":{"type":"invalid_request_error","message":"This organization has been disabled."}}"#, Verdict::Inactive),
        principal: None },
];

#[derive(Clone, Debug)]
struct Seen {
    line: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Seen {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)
    }
}

/// What a server says to a request; none: it dribbles for ever.
type Answering = dyn Fn(&Seen) -> Option<String> + Send + Sync;

struct Server {
    host: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    fn new(answering: Box<Answering>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (log, answering) = (seen.clone(), Arc::<Answering>::from(answering));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, answering) = (log.clone(), answering.clone());
                std::thread::spawn(move || serve(stream, &log, &*answering));
            }
        });
        Server { host, seen }
    }

    fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

fn serve(stream: TcpStream, log: &Mutex<Vec<Seen>>, answering: &Answering) {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).unwrap_or(0);
    let mut seen = Seen { line: line.trim_end().to_string(), headers: Vec::new(), body: String::new() };
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header).unwrap_or(0) == 0 || header.trim().is_empty() {
            break;
        }
        let (name, value) = header.split_once(':').unwrap();
        seen.headers.push((name.to_ascii_lowercase(), value.trim().to_string()));
    }
    let mut body = vec![0; seen.header("content-length").parse().unwrap_or(0)];
    reader.read_exact(&mut body).unwrap();
    seen.body = String::from_utf8(body).unwrap();
    log.lock().unwrap().push(seen.clone());
    let mut stream = reader.into_inner();
    match answering(&seen) {
        Some(answer) => drop(stream.write_all(answer.as_bytes())),
        None => {
            let dribble =
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-a: ".chars().chain(['a'; 400]);
            for c in dribble {
                if stream.write_all(&[c as u8]).is_err() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }
}

fn http(status: u16, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status} X\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n{body}")
}

fn json((status, body): (u16, &str)) -> String {
    http(status, "content-type: application/json; charset=utf-8\r\n", body)
}

fn finding(pattern: &str, parts: &[(Role, &str)]) -> Finding {
    let site = Location {
        address: Address::named("app.env"),
        offset: 0,
        line: Some(1),
        column: Some(1),
        site: None,
        role: Role::Value,
        decoded: Vec::new(),
        layer: None,
        around: None,
    };
    Finding {
        pattern: pattern.into(),
        name: pattern.into(),
        class: if pattern == "twilio.account-sid" { Class::Config } else { Class::Credential },
        severity: Severity::High,
        confidence: 99,
        fingerprint: String::new(),
        parts: parts.iter().map(|(role, value)| (*role, Secret::new(value.as_bytes()))).collect(),
        sites: vec![site],
        pair: None,
        details: BTreeMap::new(),
        why: "why".into(),
        fix: "how it is revoked".into(),
        reference: String::new(),
        history: Vec::new(),
        verification: None,
    }
}

impl Played {
    /// A token that nobody has, and the finding it is in.
    fn make(&self, generator: &mut Generator) -> (Token, Finding) {
        let secret = fill(self.token, generator);
        let id = (self.id == "twilio").then(|| fill(SID, generator));
        let mut parts = vec![(Role::Value, secret.as_str())];
        parts.extend(id.as_deref().map(|id| (Role::Id, id)));
        let finding = finding(self.pattern, &parts);
        let carried = self.carries.replace("SID", id.as_deref().unwrap_or("")).replace('T', "\0");
        let carried = match carried.strip_prefix("Basic ") {
            Some(pair) => format!("Basic {}", base64(&pair.replace('\0', &secret))),
            None => carried.replace('\0', &secret),
        };
        let line = self.request.replace("SID", id.as_deref().unwrap_or(""));
        (Token { secret, carried, line: format!("{line} HTTP/1.1") }, finding)
    }

    fn options(&self, server: &Server) -> Options {
        let mut options = Options::new(Mode::Key);
        options.provider_endpoints.insert(self.id.into(), format!("http://{}/", server.host));
        options.http.timeout = Duration::from_millis(1500);
        options.http.tries = 1;
        options
    }
}

struct Token {
    secret: String,
    /// The header's value with it.
    carried: String,
    line: String,
}

fn base64(text: &str) -> String {
    let digits: Vec<char> = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['+', '/']).collect();
    let mut out = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let n = (0..3).fold(0, |n, i| n << 8 | usize::from(*chunk.get(i).unwrap_or(&0)));
        out.extend((0..4).map(|i| if i > chunk.len() { '=' } else { digits[n >> (18 - 6 * i) & 63] }));
    }
    out
}

fn run(findings: &mut [Finding], options: &Options) {
    verify(findings, options, &|_| None).unwrap();
}

fn verdict(finding: &Finding) -> &Verification {
    finding.verification.as_deref().expect("it was looked at")
}

#[test]
fn live_and_dead_tokens_are_told_apart_and_the_control_goes_first() {
    let mut generator = Generator::new(1);
    for played in PLAYED {
        let (good, found) = played.make(&mut generator);
        let (dead, found_dead) = played.make(&mut generator);
        let (takes, knows) = (good.carried.clone(), dead.carried.clone());
        let server = Server::new(Box::new(move |seen| {
            let carried = seen.header(played.header);
            Some(match carried {
                c if c == takes => json(played.good),
                c if c == knows => json((played.dead.0, played.dead.1)),
                _ => json(played.refused),
            })
        }));
        let options = played.options(&server);
        let mut findings = [found.clone(), found_dead, found];

        let plan = planned(&findings, &options, &|_| None).unwrap();
        assert!(server.seen().is_empty(), "a plan calls nothing");
        let counts: Vec<_> = plan.iter().map(|p| (p.host.as_str(), p.speaker, p.least, p.most)).collect();
        let host = server.host.as_str();
        assert_eq!(counts, [(host, Speaker::Found, 0, Some(2)), (host, Speaker::Control, 1, Some(1))]);

        run(&mut findings, &options);
        let [first, second, third] = findings.each_ref().map(verdict);
        assert_eq!(first.verdict, Verdict::Live, "{}: {}", played.pattern, first.reason);
        assert_eq!(first.principal.as_deref(), played.principal, "{}", played.pattern);
        assert_eq!(second.verdict, played.dead.2, "{}: {}", played.pattern, second.reason);
        assert_eq!(third.verdict, Verdict::Live);
        assert_eq!(first.plan[0].why, "how it is revoked");
        assert!(third.calls.is_empty() && first.calls.iter().any(|c| c.speaker == Speaker::Control));

        let seen = server.seen();
        let lines: Vec<&str> = seen.iter().map(|s| s.line.as_str()).collect();
        assert_eq!(seen.len(), 3, "a control and two tokens, each once: {lines:?}");
        assert_eq!([lines[1], lines[2]], [good.line.as_str(), dead.line.as_str()]);
        assert_eq!(seen[1].header(played.header), good.carried);
        assert_eq!(seen[2].header(played.header), dead.carried);
        let control = seen[0].header(played.header);
        assert_eq!(control.len(), good.carried.len(), "{}: the control has the same shape", played.pattern);
        assert!(control != good.carried && control != dead.carried);
        if !played.carries.starts_with("Basic") {
            let prefix = played.token.split('{').find(|p| !p.is_empty()).unwrap_or_default();
            let prefix = prefix.trim_start_matches("crc62:").trim_end_matches('}');
            assert!(control.replace("Bearer ", "").starts_with(prefix), "{}: prefix", played.pattern);
        }
        for request in &seen {
            assert_eq!(request.header("host"), server.host);
            assert!(request.header("user-agent").starts_with("keysift/"));
            let rest = request.headers.iter().filter(|(name, _)| name != played.header);
            let rest = format!("{}{}{:?}", request.line, request.body, rest.collect::<Vec<_>>());
            assert!(!rest.contains(&good.secret) && !rest.contains(&dead.secret), "{rest}");
        }
        let told = format!("{first:?}{second:?}{plan:?}");
        assert!(!told.contains(&good.secret) && !told.contains(&dead.secret), "{told}");
    }
}

/// What stands between us and a provider, or is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Trouble {
    TakesAll,
    Portal,
    Firewall,
    TooMany,
    Broken,
    Elsewhere,
    Empty,
    Cut,
    Slow,
}

const TROUBLES: [Trouble; 9] = [
    Trouble::TakesAll,
    Trouble::Portal,
    Trouble::Firewall,
    Trouble::TooMany,
    Trouble::Broken,
    Trouble::Elsewhere,
    Trouble::Empty,
    Trouble::Cut,
    Trouble::Slow,
];

impl Trouble {
    fn answer(self, good: (u16, &str), elsewhere: &str) -> Option<String> {
        let page = |status, headers: &str| {
            let headers = format!("content-type: text/html\r\n{headers}");
            Some(http(status, &headers, "<html><title>Sign in</title></html>"))
        };
        match self {
            Trouble::TakesAll => Some(json(good)),
            Trouble::Portal => page(200, ""),
            Trouble::Firewall => page(403, ""),
            Trouble::TooMany => page(429, "retry-after: 3600\r\n"),
            Trouble::Broken => page(500, ""),
            Trouble::Elsewhere => page(302, &format!("location: http://{elsewhere}/user\r\n")),
            Trouble::Empty => Some(json((200, "{}"))),
            Trouble::Cut => Some(json(good).replace("content-length: ", "content-length: 9")),
            Trouble::Slow => None,
        }
    }
}

/// Trouble from the first request on, and trouble that starts after the control was refused.
#[test]
fn trouble_is_unknown_with_a_reason() {
    let threads: Vec<_> = TROUBLES
        .into_iter()
        .map(|trouble| {
            std::thread::spawn(move || {
                for played in PLAYED {
                    in_trouble(played, trouble, false);
                    if trouble != Trouble::TakesAll {
                        in_trouble(played, trouble, true);
                    }
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

fn in_trouble(played: &'static Played, trouble: Trouble, after_control: bool) {
    let mut generator = Generator::new(2);
    let (token, found) = played.make(&mut generator);
    let other = Server::new(Box::new(move |_| Some(json(played.good))));
    let (elsewhere, carried) = (other.host.clone(), token.carried.clone());
    let server = Server::new(Box::new(move |seen| {
        if after_control && seen.header(played.header) != carried {
            return Some(json(played.refused));
        }
        trouble.answer(played.good, &elsewhere)
    }));
    let mut options = played.options(&server);
    if trouble == Trouble::Slow {
        options.http.timeout = Duration::from_millis(300);
    }
    let mut findings = [found.clone(), found];
    let start = Instant::now();
    run(&mut findings, &options);
    let took = start.elapsed();
    let what = format!("{} {trouble:?} {after_control}", played.pattern);
    assert!(took < Duration::from_secs(5), "{what}: {took:?}");
    for finding in &findings {
        let v = verdict(finding);
        assert_eq!(v.verdict, Verdict::Unknown, "{what}: {v:?}");
        assert!(v.reason.contains(&server.host), "{what}: the reason names the host: {}", v.reason);
        assert!(!format!("{v:?}").contains(&token.secret), "{what}");
        assert!(v.principal.is_none() && !v.plan.is_empty(), "{what}");
    }
    assert!(other.seen().is_empty(), "{what}: redirects are not followed");
    let seen = server.seen();
    let sent = seen.iter().filter(|s| s.header(played.header) == token.carried).count();
    let tries = if trouble == Trouble::Cut { 2 } else { 1 };
    assert!(sent <= tries * usize::from(after_control), "{what}: {sent} requests with the token");
}

#[test]
fn retry_after_is_obeyed() {
    let played = &PLAYED[0];
    let (token, found) = played.make(&mut Generator::new(3));
    let (busy, carried) = (Mutex::new(true), token.carried);
    let server = Server::new(Box::new(move |seen| {
        if seen.header(played.header) != carried {
            return Some(json(played.refused));
        }
        let is_busy = std::mem::take(&mut *busy.lock().unwrap());
        Some(if is_busy { http(429, "retry-after: 1\r\n", "") } else { json(played.good) })
    }));
    let mut options = played.options(&server);
    options.http.tries = 2;
    let (mut findings, start) = ([found], Instant::now());
    run(&mut findings, &options);
    assert_eq!(verdict(&findings[0]).verdict, Verdict::Live);
    assert!(start.elapsed() >= Duration::from_secs(1));
}

#[test]
fn who_was_asked_too_often_is_left_alone() {
    let played = &PLAYED[0];
    let mut generator = Generator::new(4);
    let mut findings: Vec<Finding> = (0..4).map(|_| played.make(&mut generator).1).collect();
    let calls = Mutex::new(0);
    let server = Server::new(Box::new(move |_| {
        *calls.lock().unwrap() += 1;
        let is_control = *calls.lock().unwrap() == 1;
        Some(if is_control { json(played.refused) } else { http(429, "retry-after: 60\r\n", "") })
    }));
    run(&mut findings, &played.options(&server));
    assert!(findings.iter().all(|f| verdict(f).verdict == Verdict::Unknown));
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn what_cannot_be_asked_harmlessly_is_not() {
    let server = Server::new(Box::new(|_| None));
    let mut options = Options::new(Mode::Key);
    for id in ["github", "gitlab", "slack", "stripe", "google", "npm", "twilio", "anthropic"] {
        options.provider_endpoints.insert(id.into(), format!("http://{}", server.host));
    }
    let mut generator = Generator::new(5);
    let mut findings: Vec<Finding> = [
        ("slack.webhook", "https://hooks.slack.com/services/T{BASE36:8}/B{BASE36:10}/{alnum:24}"),
        ("slack.session", "xoxc-{digits:12}-{digits:12}-{digits:12}-{hex:64}"),
        ("slack.workspace-token", "xoxr-{digits:12}-{alnum:60}"),
        ("github.refresh-token", "ghr_{alnum:76}"),
        ("gitlab.pipeline-trigger", "glptt-{hex:40}"),
        ("gitlab.runner-auth", "glrt-{base64url:20}"),
        ("stripe.webhook-secret", "whsec_{alnum:32}"),
        ("npm.token-legacy", "{uuid}"),
        ("twilio.api-key", "SK{hex:32}"),
        ("twilio.auth-token", "{hex:32}"),
        ("anthropic.oauth-token", "sk-ant-ort01-{base64url:90}"),
        ("github.pat", "ghp_…ab"),
        ("github.pat", "ghp_{alnum:30}\r\nx-injected: 1"),
    ]
    .iter()
    .map(|(pattern, template)| finding(pattern, &[(Role::Value, &fill(template, &mut generator))]))
    .collect();
    assert!(planned(&findings, &options, &|_| None).unwrap().is_empty());
    run(&mut findings, &options);
    for finding in &findings {
        let v = verdict(finding);
        assert!(v.reason.starts_with("not asked: "), "{}: {}", finding.pattern, v.reason);
        assert!(v.verdict == Verdict::Unknown && v.calls.is_empty() && !v.plan.is_empty());
    }
    assert!(server.seen().is_empty());
}

#[test]
fn twilio_tokens_are_tried_with_the_accounts_near() {
    let played = PLAYED.iter().find(|p| p.id == "twilio").unwrap();
    let mut generator = Generator::new(6);
    let (secret, ids) = (fill("{hex:32}", &mut generator), [0, 1].map(|_| fill(SID, &mut generator)));
    let right = ids.iter().max().unwrap().clone();
    let carried = format!("Basic {}", base64(&format!("{right}:{secret}")));
    let server = Server::new(Box::new(move |seen| {
        Some(json(if seen.header("authorization") == carried { played.good } else { played.refused }))
    }));
    let mut findings = vec![finding("twilio.auth-token", &[(Role::Value, &secret)])];
    findings.extend(ids.iter().map(|id| finding("twilio.account-sid", &[(Role::Value, id)])));
    let mut stranger = finding("twilio.auth-token", &[(Role::Value, &fill("{hex:32}", &mut generator))]);
    stranger.sites[0].address = Address::named("app.env");
    findings.push(stranger);
    run(&mut findings, &played.options(&server));
    assert_eq!(verdict(&findings[0]).verdict, Verdict::Live, "{}", verdict(&findings[0]).reason);
    assert!(findings[1].verification.is_none(), "an account SID is no secret");
    // With guessed accounts a refusal is no proof.
    assert_eq!(verdict(&findings[3]).verdict, Verdict::Unknown);
    assert_eq!(server.seen().len(), 5, "a control, and two accounts for each token");
}

#[test]
fn other_modes_ask_no_provider_and_wrong_endpoints_are_refused() {
    let played = &PLAYED[0];
    let server = Server::new(Box::new(|_| Some(json(PLAYED[0].good))));
    let mut options = played.options(&server);
    options.mode = Mode::Responder;
    let mut findings = [played.make(&mut Generator::new(7)).1];
    run(&mut findings, &options);
    assert!(findings[0].verification.is_none() && server.seen().is_empty());
    for (id, url) in
        [("github", "http://example.com"), ("github", "https://u:p@h"), ("nobody", "https://a.b")]
    {
        let mut options = Options::new(Mode::Key);
        options.provider_endpoints.insert(id.into(), url.into());
        assert!(verify(&mut findings, &options, &|_| None).is_err(), "{id}={url}");
        assert!(planned(&findings, &options, &|_| None).is_err(), "{id}={url}");
    }
}
