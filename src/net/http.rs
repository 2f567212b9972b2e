//! The one way out: every request that verification makes goes through [`Client`], and so does what a
//! user names to be fetched.
//!
//! It follows no redirect (a captive portal is no answer), bounds time and size of each exchange, waits
//! between calls to one account, retries what a server asks to be retried, and stops asking a host that
//! does not answer. What was called is counted, never with what was sent.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::Read;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Bytes of one answer that are read: a page of an account's authorization details has some hundred KB.
const MAX_ANSWER: u64 = 32 << 20;
/// Failures in a row after which a host is not asked any more.
const MAX_FAILURES: u32 = 3;
/// The longest wait that a server may ask for before a retry.
const MAX_WAIT: Duration = Duration::from_secs(10);

/// How the client behaves.
#[derive(Clone, Debug)]
pub struct Settings {
    /// For one exchange, from the name lookup to the last byte.
    pub timeout: Duration,
    /// Tries of one call, the first included, when the server is busy.
    pub tries: u32,
    /// Least time between two calls to one account.
    pub interval: Duration,
    /// How long the other side may say nothing within an exchange; as long as that may take, if there is no bound.
    pub silence: Option<Duration>,
    /// Certificates to trust instead of the built-in roots, in PEM.
    pub ca_bundle: Option<Vec<u8>>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            timeout: Duration::from_secs(15),
            tries: 4,
            interval: Duration::from_millis(20),
            silence: None,
            ca_bundle: None,
        }
    }
}

/// Who a call speaks for: what is known to the other side from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Speaker {
    /// The credential that was found.
    Found,
    /// The responder's own credentials.
    Responder,
    /// A made-up token, sent to see whether the provider takes anything.
    Control,
}

impl Speaker {
    /// The word used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Speaker::Found => "found",
            Speaker::Responder => "responder",
            Speaker::Control => "control",
        }
    }
}

/// Calls of one kind that were made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// Host, with its port where it is not the usual one.
    pub host: String,
    /// `sts:GetCallerIdentity`, or method and path.
    pub action: String,
    /// Whose credential was used.
    pub speaker: Speaker,
    /// How often, retries included.
    pub count: u32,
}

/// A request.
#[derive(Clone)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Absolute address.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// What is posted.
    pub body: Vec<u8>,
}

/// An answer, whatever its status.
#[derive(Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Media type, in lower case, without parameters; empty when not given.
    pub content_type: String,
    /// `Date` as the server gives it.
    pub date: Option<String>,
    /// The first bytes, [`MAX_ANSWER`] at most.
    pub body: Vec<u8>,
    headers: ureq::http::HeaderMap,
    retry_after: Option<Duration>,
}

impl Answer {
    /// The first header of a name, where it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok().map(str::trim)
    }

    /// How long the server wants to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

#[cfg(test)]
impl Answer {
    /// An answer as if it had come.
    pub fn for_test(status: u16, content_type: &str, body: &str) -> Self {
        let (content_type, body) = (content_type.into(), body.into());
        Answer { status, content_type, date: None, body, headers: Default::default(), retry_after: None }
    }

    /// The same with a header.
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, value.parse().expect("a header's value"));
        self
    }
}

/// An answer that is read as it comes.
pub struct Stream {
    /// The HTTP status.
    pub status: u16,
    /// Where the server says it is instead.
    pub location: Option<String>,
    /// Bytes of the body, where the server says so.
    pub length: Option<u64>,
    /// The body.
    pub body: Box<dyn Read + Send>,
    headers: ureq::http::HeaderMap,
}

impl Stream {
    /// The first header of a name, where it is text.
    pub fn header(&self, name: &str) -> Option<String> {
        Some(self.headers.get(name)?.to_str().ok()?.trim().to_owned())
    }
}

/// Why there is no answer, in words without anything that was sent.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct NoAnswer(pub String);

#[derive(Default)]
struct State {
    last_call: HashMap<String, Instant>,
    failures: HashMap<String, u32>,
    calls: BTreeMap<(String, String, Speaker), u32>,
}

/// See the module.
pub struct Client {
    agent: ureq::Agent,
    settings: Settings,
    state: Mutex<State>,
}

impl Client {
    /// A client. The proxy is that of the environment (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`).
    ///
    /// Fails when the certificates of the settings cannot be read.
    pub fn new(settings: Settings) -> Result<Self, NoAnswer> {
        let mut tls = ureq::tls::TlsConfig::builder();
        if let Some(pem) = &settings.ca_bundle {
            let certificates: Vec<_> = ureq::tls::parse_pem(pem)
                .filter_map(|item| match item {
                    Ok(ureq::tls::PemItem::Certificate(certificate)) => Some(certificate),
                    _ => None,
                })
                .collect();
            if certificates.is_empty() {
                return Err(NoAnswer("the file of trusted certificates holds none in PEM".into()));
            }
            tls = tls.root_certs(ureq::tls::RootCerts::new_with_certs(&certificates));
        }
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(settings.timeout))
            .timeout_connect(Some(settings.timeout.min(Duration::from_secs(5))))
            .timeout_recv_response(settings.silence)
            .timeout_per_read(settings.silence)
            .user_agent(user_agent())
            .tls_config(tls.build())
            .build()
            .new_agent();
        Ok(Client { agent, settings, state: Mutex::default() })
    }

    /// Makes a call named `action` for `speaker`; `account` is what the rate of calls is counted by.
    ///
    /// `is_busy` says of an answer whether it asks to come again later; those are retried. `make` is asked
    /// for the request anew each time, for signatures carry the time.
    pub fn call(
        &self,
        action: &str,
        speaker: Speaker,
        account: &str,
        mut make: impl FnMut() -> Request,
        is_busy: impl Fn(&Answer) -> bool,
    ) -> Result<Answer, NoAnswer> {
        let mut tries = 1;
        loop {
            let request = make();
            let host = host_of(&request.url).to_string();
            self.admit(&host, account)?;
            self.count(&host, action, speaker);
            let result = self.exchange(&request);
            self.note(&host, result.is_ok());
            match result {
                // Who wants more patience than we have is not asked sooner, but not again.
                Ok(answer)
                    if tries < self.settings.tries
                        && answer.retry_after.is_none_or(|wait| wait <= MAX_WAIT)
                        && is_busy(&answer) =>
                {
                    std::thread::sleep(answer.retry_after.unwrap_or_else(|| backoff(tries)));
                }
                Ok(answer) => return Ok(answer),
                // A connection that broke may be tried once more; one that hangs has cost enough.
                Err((error, again)) if !again || tries >= 2 => return Err(error),
                Err(_) => std::thread::sleep(backoff(tries)),
            }
            tries += 1;
        }
    }

    /// Asks for something that is read as it comes, once: a file that the user named. Nothing is retried, counted
    /// or followed.
    pub fn open(&self, url: &str, headers: &[(&str, String)]) -> Result<Stream, NoAnswer> {
        let host = host_of(url);
        let agent = format!("keysift/{} (+https://github.com/keysift/keysift)", env!("CARGO_PKG_VERSION"));
        let mut builder = ureq::http::Request::get(url).header("user-agent", agent);
        for (name, value) in headers {
            builder = builder.header(*name, value);
        }
        // The error could quote a password.
        let request =
            builder.body(()).map_err(|_| NoAnswer(format!("{host}: no address that can be asked for")))?;
        let response = self.agent.run(request).map_err(|e| words(host, &e).0)?;
        let header = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok());
        let (status, location) = (response.status().as_u16(), header("location").map(str::to_owned));
        let length = header("content-length").and_then(|length| length.trim().parse().ok());
        let headers = response.headers().clone();
        let body = Box::new(response.into_body().into_reader());
        Ok(Stream { status, location, length, body, headers })
    }

    /// All calls so far, in order of host, action and speaker.
    pub fn calls(&self) -> Vec<Call> {
        let state = self.state.lock().unwrap_or_else(|e| e.into_inner());
        let call = |((host, action, speaker), count): (&(String, String, Speaker), &u32)| Call {
            host: host.clone(),
            action: action.clone(),
            speaker: *speaker,
            count: *count,
        };
        state.calls.iter().map(call).collect()
    }

    /// Waits until the account may be called again; refuses when the host never answers.
    fn admit(&self, host: &str, account: &str) -> Result<(), NoAnswer> {
        let wait = {
            let mut state = self.state.lock().unwrap_or_else(|e| e.into_inner());
            if state.failures.get(host).is_some_and(|&n| n >= MAX_FAILURES) {
                return Err(NoAnswer(format!(
                    "{host} did not answer {MAX_FAILURES} times in a row and was not asked again"
                )));
            }
            let now = Instant::now();
            let next =
                state.last_call.get(account).map_or(now, |&last| (last + self.settings.interval).max(now));
            state.last_call.insert(account.to_string(), next);
            next - now
        };
        if !wait.is_zero() {
            std::thread::sleep(wait);
        }
        Ok(())
    }

    fn count(&self, host: &str, action: &str, speaker: Speaker) {
        let mut state = self.state.lock().unwrap_or_else(|e| e.into_inner());
        *state.calls.entry((host.to_string(), action.to_string(), speaker)).or_insert(0) += 1;
    }

    fn note(&self, host: &str, answered: bool) {
        let mut state = self.state.lock().unwrap_or_else(|e| e.into_inner());
        let failures = state.failures.entry(host.to_string()).or_insert(0);
        *failures = if answered { 0 } else { *failures + 1 };
    }

    /// One exchange; an error tells whether another try may help.
    fn exchange(&self, request: &Request) -> Result<Answer, (NoAnswer, bool)> {
        let mut builder = ureq::http::Request::builder().method(request.method).uri(&request.url);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        let host = host_of(&request.url);
        // The error of a header that cannot be sent could quote it.
        let bad = |_| (NoAnswer(format!("{host}: the request cannot be sent: a value is no header")), false);
        let result = if request.method == "GET" {
            self.agent.run(builder.body(()).map_err(bad)?)
        } else {
            self.agent.run(builder.body(request.body.as_slice()).map_err(bad)?)
        };
        let mut response = result.map_err(|e| words(host, &e))?;
        let header = |name: &str| {
            response.headers().get(name).and_then(|v| v.to_str().ok()).map(|v| v.trim().to_string())
        };
        let (status, date) = (response.status().as_u16(), header("date"));
        let content_type = header("content-type").unwrap_or_default().to_ascii_lowercase();
        let retry_after = header("retry-after").and_then(|s| s.parse().ok()).map(Duration::from_secs);
        let headers = response.headers().clone();
        let mut body = Vec::new();
        response
            .body_mut()
            .as_reader()
            .take(MAX_ANSWER + 1)
            .read_to_end(&mut body)
            .map_err(|e| io_words(host, &e))?;
        if body.len() as u64 > MAX_ANSWER {
            return Err((NoAnswer(format!("{host} answered with more than {MAX_ANSWER} bytes")), false));
        }
        let content_type = content_type.split(';').next().unwrap_or_default().trim().to_string();
        Ok(Answer { status, content_type, date, body, headers, retry_after })
    }
}

/// Says who asks, so that the owner of the account can tell our calls from others.
pub fn user_agent() -> String {
    format!(
        "keysift/{} (secret verification; +https://github.com/keysift/keysift)",
        env!("CARGO_PKG_VERSION")
    )
}

/// Host and port of an absolute address.
pub fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

/// Whether an endpoint may be spoken to: TLS, or this machine itself.
pub fn check_endpoint(url: &str) -> Result<(), String> {
    let host = host_of(url);
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => host.split(':').next().unwrap_or(host),
    };
    let has_user =
        url.split("://").nth(1).is_some_and(|r| r.split('/').next().is_some_and(|a| a.contains('@')));
    if host.is_empty() || has_user {
        return Err(format!(
            "{:?} is no endpoint: use https://HOST[:PORT]",
            crate::address::escape(url.as_bytes())
        ));
    }
    let is_here = name == "localhost" || name.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
    match url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase()).as_deref() {
        Some("https") => Ok(()),
        Some("http") if is_here => Ok(()),
        Some("http") => {
            Err(format!("{host}: plain http is used with this machine (localhost) only; use https"))
        }
        _ => Err(format!(
            "{:?} is no endpoint: use https://HOST[:PORT]",
            crate::address::escape(url.as_bytes())
        )),
    }
}

/// Why reading an answer from `host` ended early.
pub fn broken(host: &str, error: &std::io::Error) -> NoAnswer {
    io_words(host, error).0
}

fn words(host: &str, error: &ureq::Error) -> (NoAnswer, bool) {
    use ureq::Error as E;
    let (what, again) = match error {
        E::Timeout(_) => ("did not answer in time".to_string(), false),
        E::HostNotFound => ("has no address (name lookup failed)".to_string(), false),
        E::Tls(_) | E::Rustls(_) => ("cannot be trusted: TLS failed".to_string(), false),
        E::Io(e) => return io_words(host, e),
        E::ConnectionFailed => ("refused the connection".to_string(), true),
        E::InvalidProxyUrl => ("cannot be reached: the proxy's address is wrong".to_string(), false),
        E::Protocol(_) | E::Http(_) => ("does not speak HTTP".to_string(), false),
        _ => ("cannot be reached".to_string(), false),
    };
    (NoAnswer(format!("{host} {what}")), again)
}

fn io_words(host: &str, error: &std::io::Error) -> (NoAnswer, bool) {
    use std::io::ErrorKind as K;
    // ureq wraps its own errors into those of reading.
    if let Some(inner) = error.get_ref().and_then(|e| e.downcast_ref::<ureq::Error>())
        && !matches!(inner, ureq::Error::Io(_))
    {
        return words(host, inner);
    }
    let (what, again) = match error.kind() {
        K::ConnectionRefused => ("refused the connection", true),
        K::ConnectionReset | K::ConnectionAborted | K::BrokenPipe | K::UnexpectedEof => {
            ("broke the connection off", true)
        }
        K::TimedOut | K::WouldBlock => ("did not answer in time", false),
        _ => ("cannot be reached", false),
    };
    (NoAnswer(format!("{host} {what}")), again)
}

/// 0.1 to 0.2 s, then twice as much each time: full jitter would let two of us meet again.
pub fn backoff(tries: u32) -> Duration {
    let base = 100u64 << tries.saturating_sub(1).min(5);
    Duration::from_millis(base + random() % base)
}

/// A number that differs from call to call: the keys of the standard library's hash maps are random.
pub fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_https_or_here() {
        for good in
            ["https://sts.amazonaws.com", "http://127.0.0.1:5000", "http://localhost:1/x", "http://[::1]:5"]
        {
            assert_eq!(check_endpoint(good), Ok(()), "{good}");
        }
        for bad in ["http://example.com", "ftp://127.0.0.1", "example.com", "https://", "https://u:p@h", ""] {
            assert!(check_endpoint(bad).is_err(), "{bad}");
        }
        assert_eq!(host_of("https://a.b:8443/x?y"), "a.b:8443");
    }

    #[test]
    fn backoff_grows_and_is_bounded() {
        for tries in 1..40 {
            let wait = backoff(tries);
            assert!(wait >= Duration::from_millis(100) && wait < Duration::from_secs(7), "{wait:?}");
        }
    }
}
