//! Signed requests to one bucket: repeated where the store is busy, at the right region, with credentials that
//! are looked up anew when they expire. They go to the endpoint and nowhere else: a redirect tells the region at
//! most.

use super::site::{self, Site};
use super::{Object, Settings, xml};
use crate::address::escape;
use crate::net::aws::credentials::Sources;
use crate::net::aws::endpoint::Endpoints;
use crate::net::aws::profile::Profiles;
use crate::net::aws::sigv4::{Credential, Signable, sign};
use crate::net::http::{self, Client, Stream};
use crate::source::remote::fetch::Bounds;
use std::fmt;
use std::io::Read;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// Tries of one request, the first included.
const TRIES: u32 = 5;
/// The longest wait before a try that a store may ask for.
const MAX_WAIT: Duration = Duration::from_secs(20);
/// A store that says nothing for so long is asked anew.
const SILENCE: Duration = Duration::from_secs(30);
/// Bytes of an answer that is read as a whole: a page of a list has some hundred KB.
const MAX_ANSWER: u64 = 32 << 20;
const MAX_ERROR: u64 = 64 << 10;
/// SHA-256 of nothing: no request has a body.
const NO_BODY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// See the module.
pub struct Connection {
    client: Client,
    site: Site,
    bucket: String,
    settings: Settings,
    region: Mutex<String>,
    /// None for requests that nobody signs.
    credential: Mutex<Option<Credential>>,
}

/// Why a request was not answered with what was asked for.
#[derive(Debug, Default)]
pub struct Refusal {
    /// HTTP status; 0 where there was no answer.
    pub status: u16,
    /// The store's own word for it; may be empty.
    pub code: String,
    /// In words, escaped and bounded.
    pub message: String,
    /// Where the bucket is, if the store says so.
    region: Option<String>,
}

impl Refusal {
    /// One that the store did not put into words.
    pub fn words(words: impl Into<String>) -> Self {
        Refusal { message: words.into(), ..Refusal::default() }
    }

    fn of(stream: Stream) -> Refusal {
        let (status, region) = (stream.status, stream.header("x-amz-bucket-region"));
        let mut body = Vec::new();
        // What can be had of it: the status says enough.
        let _ = stream.body.take(MAX_ERROR).read_to_end(&mut body);
        let mut refusal = Refusal { status, region, ..Refusal::default() };
        let bounded = |text: &str, most: usize| escape(text.as_bytes()).chars().take(most).collect();
        let _ = xml::each(&body, |names, text| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            match names[..] {
                ["Error", "Code"] => refusal.code = bounded(text.trim(), 80),
                ["Error", "Message"] => refusal.message = bounded(text.trim(), 300),
                ["Error", "Region"] => refusal.region = Some(text.trim().to_owned()),
                _ => {}
            }
        });
        refusal
    }

    fn is_busy(&self) -> bool {
        let codes = ["SlowDown", "Throttl", "RequestTimeout", "ServiceUnavailable", "InternalError"];
        matches!(self.status, 429 | 500 | 502 | 503 | 504)
            // RequestTimeTooSkewed is another matter.
            || self.code != "RequestTimeTooSkewed" && codes.iter().any(|code| self.code.starts_with(code))
    }

    fn is_expired(&self) -> bool {
        ["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"].contains(&self.code.as_str())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.status, self.code.as_str(), self.message.as_str()) {
            (0, _, message) => f.write_str(message),
            (status, "", _) => write!(f, "HTTP {status}"),
            (_, code, "") => f.write_str(code),
            (_, code, message) => write!(f, "{code}: {message}"),
        }
    }
}

impl Connection {
    /// Looks for region, endpoint and credentials.
    pub fn new(bucket: &str, settings: &Settings, bounds: &Bounds) -> Result<Self, String> {
        let profiles = Profiles::load(&settings.env)?;
        let site = Site::new(settings, Some(&profiles))?;
        let client = Client::new(http::Settings {
            timeout: bounds.time,
            silence: Some(SILENCE),
            interval: Duration::ZERO,
            ca_bundle: settings.ca_bundle.clone().or_else(|| bounds.ca_bundle.clone()),
            ..http::Settings::default()
        });
        let connection = Connection {
            client: client.map_err(|e| e.to_string())?,
            region: Mutex::new(site.region.clone()),
            site,
            bucket: bucket.to_owned(),
            settings: settings.clone(),
            credential: Mutex::default(),
        };
        if !settings.unsigned {
            let credential = connection.find()?;
            *lock(&connection.credential) = Some(credential);
        }
        Ok(connection)
    }

    /// Host of the store.
    pub fn host(&self) -> String {
        self.site.host()
    }

    /// The user's own credentials. A named endpoint is the store's: roles are asked for where AWS is, or where the
    /// environment says.
    fn find(&self) -> Result<Credential, String> {
        let client = Client::new(http::Settings {
            ca_bundle: self.settings.ca_bundle.clone(),
            ..http::Settings::default()
        });
        let (client, region) = (client.map_err(|e| e.to_string())?, Some(self.site.region.as_str()));
        let env = &self.settings.env;
        let endpoints = Endpoints::new(None, region, env);
        let without = |name: &str| env(name).filter(|_| !name.starts_with("AWS_ENDPOINT_URL"));
        // Endpoints of stores may speak plain http, those of STS may not.
        let endpoints = endpoints.or_else(|_| Endpoints::new(None, region, &without))?;
        let sources = Sources {
            env,
            profile: self.settings.profile.as_deref(),
            client: &client,
            endpoints: &endpoints,
        };
        sources.find().map_err(|what| format!("{what}; --no-sign-request reads public buckets without any"))
    }

    /// What the bucket answers to a query, where `read` can make something of it.
    pub fn ask<T>(&self, query: &str, read: impl Fn(&[u8]) -> Option<T>) -> Result<T, Refusal> {
        let mut tries = 1;
        loop {
            let stream = self.get(b"", query, &[])?;
            let mut body = Vec::new();
            let result = stream.body.take(MAX_ANSWER).read_to_end(&mut body);
            if let Some(answer) = read(&body).filter(|_| result.is_ok()) {
                return Ok(answer);
            }
            if tries == TRIES || result.is_ok() {
                let host = http::host_of(&self.address()).to_owned();
                return Err(Refusal::words(match result {
                    Ok(_) => format!("{host} answered something that S3 does not"),
                    Err(e) => http::broken(&host, &e).to_string(),
                }));
            }
            std::thread::sleep(http::backoff(tries));
            tries += 1;
        }
    }

    /// Whether an object can be read.
    pub fn has(&self, object: &Object) -> bool {
        self.get(&object.key, "", &[]).is_ok()
    }

    /// Asks for an object, or for the bucket itself where the key is empty; gives what is answered with 200 or 206.
    pub fn get(
        &self,
        key: &[u8],
        query: &str,
        headers: &[(&'static str, String)],
    ) -> Result<Stream, Refusal> {
        let (mut tries, mut may_move, mut may_renew) = (1, 2, true);
        loop {
            let region = lock(&self.region).clone();
            let credential = lock(&self.credential).clone();
            let mut wait = http::backoff(tries);
            let refusal = match self.once(key, query, headers, &region, credential.as_ref()) {
                Ok(stream) if matches!(stream.status, 200 | 206) => return Ok(stream),
                Ok(stream) => {
                    let asked = stream.header("retry-after").and_then(|s| s.parse().ok());
                    wait = asked.map_or(wait, Duration::from_secs);
                    Refusal::of(stream)
                }
                Err(what) => Refusal::words(what.to_string()),
            };
            if let Some(to) = refusal.region.as_ref().filter(|to| **to != region && may_move > 0) {
                if !self.site.may_be_in(to) {
                    return Err(refusal);
                }
                *lock(&self.region) = to.clone();
                may_move -= 1;
                continue;
            }
            if refusal.is_expired() && may_renew {
                may_renew = false;
                self.renew(credential.as_ref()).map_err(Refusal::words)?;
                continue;
            }
            let is_worth_it = refusal.status == 0 || refusal.is_busy();
            if !is_worth_it || tries == TRIES || wait > MAX_WAIT {
                return Err(refusal);
            }
            std::thread::sleep(wait);
            tries += 1;
        }
    }

    /// Looks credentials up again, unless another thread did.
    fn renew(&self, expired: Option<&Credential>) -> Result<(), String> {
        let mut held = lock(&self.credential);
        if held.as_ref().map(|c| (&c.id, &c.token)) == expired.map(|c| (&c.id, &c.token)) {
            *held = Some(self.find()?);
        }
        Ok(())
    }

    fn address(&self) -> String {
        let region = lock(&self.region).clone();
        self.site.bucket(&self.bucket, &region)
    }

    fn once(
        &self,
        key: &[u8],
        query: &str,
        more: &[(&'static str, String)],
        region: &str,
        credential: Option<&Credential>,
    ) -> Result<Stream, http::NoAnswer> {
        let mut url = format!("{}/{}", self.site.bucket(&self.bucket, region), site::encoded(key));
        let path = url.splitn(4, '/').nth(3).map_or_else(|| "/".to_owned(), |path| format!("/{path}"));
        let mut headers = more.to_vec();
        headers.push(("accept-encoding", "identity".into()));
        let signed;
        if let Some(credential) = credential {
            let fixed = vec![
                ("host".to_owned(), http::host_of(&url).to_owned()),
                ("x-amz-content-sha256".to_owned(), NO_BODY.to_owned()),
            ];
            let request = Signable { method: "GET", path: &path, query, headers: fixed, body: b"" };
            signed = sign(request, credential, region, "s3", SystemTime::now());
            headers.push(("x-amz-content-sha256", NO_BODY.into()));
            headers.extend(signed.iter().filter_map(|(name, value)| {
                let names = ["x-amz-date", "x-amz-security-token", "authorization"];
                Some((names.into_iter().find(|known| known == name)?, value.clone()))
            }));
        }
        if !query.is_empty() {
            url = format!("{url}?{query}");
        }
        self.client.open(&url, &headers)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
