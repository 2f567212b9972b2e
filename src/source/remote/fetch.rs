//! Fetches what a user named, and nothing else: bounded in size, time and redirects.

use super::url::Url;
use crate::ledger::Reason;
use crate::net::http::{self, Client, Stream};
use crate::source::read::{self, Bytes};
use crate::triage::checksum::base64_encode;
use std::io::Read;
use std::time::Duration;

/// Bounds on what is fetched.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// Bytes of one file.
    pub bytes: u64,
    /// For one file, from the name lookup to the last byte.
    pub time: Duration,
    /// Certificates to trust instead of the built-in roots, in PEM.
    pub ca_bundle: Option<Vec<u8>>,
}

impl Default for Bounds {
    fn default() -> Self {
        Bounds { bytes: 4 << 30, time: Duration::from_secs(1800), ca_bundle: None }
    }
}

/// Redirects of one file.
const MAX_REDIRECTS: usize = 5;
/// Bytes of what a registry says about a package.
const MAX_ANSWER: u64 = 32 << 20;

/// Why something was not fetched.
#[derive(Debug)]
pub struct Problem {
    /// For the ledger.
    pub reason: Reason,
    /// In words.
    pub detail: String,
}

impl Problem {
    /// Something that could not be had.
    pub fn unreadable(detail: impl Into<String>) -> Self {
        Problem { reason: Reason::Unreadable, detail: detail.into() }
    }
}

/// See the module.
pub struct Fetcher {
    client: Client,
    bounds: Bounds,
}

impl Fetcher {
    /// A fetcher; it opens no connection.
    pub fn new(bounds: &Bounds) -> Result<Self, Problem> {
        let ca_bundle = bounds.ca_bundle.clone();
        let settings = http::Settings { timeout: bounds.time, ca_bundle, ..http::Settings::default() };
        let client = Client::new(settings).map_err(|e| Problem::unreadable(e.to_string()))?;
        Ok(Fetcher { client, bounds: bounds.clone() })
    }

    /// A file: in `buffer`, or spooled where it is large.
    pub fn file<'b>(&self, url: &Url, buffer: &'b mut Vec<u8>) -> Result<Bytes<'b>, Problem> {
        let stream = self.open(url, "*/*")?;
        if stream.status != 200 {
            return Err(Problem::unreadable(format!("{} answered {}", url.host(), stream.status)));
        }
        self.read(url, stream, self.bounds.bytes, buffer)
    }

    /// What a registry says, where it knows the name.
    pub fn answer(&self, url: &Url) -> Result<Option<Vec<u8>>, Problem> {
        let accept = "application/vnd.pypi.simple.v1+json, application/json;q=0.8, */*;q=0.1";
        let stream = self.open(url, accept)?;
        match stream.status {
            200 => {}
            404 | 410 => return Ok(None),
            status => return Err(Problem::unreadable(format!("{} answered {status}", url.host()))),
        }
        let mut buffer = Vec::new();
        self.read(url, stream, MAX_ANSWER, &mut buffer).map(|bytes| Some(bytes.as_slice().to_vec()))
    }

    fn read<'b>(
        &self,
        url: &Url,
        stream: Stream,
        most: u64,
        buffer: &'b mut Vec<u8>,
    ) -> Result<Bytes<'b>, Problem> {
        let too_large = || Problem {
            reason: Reason::Limit,
            detail: format!("larger than {most} bytes (--max-download), not searched"),
        };
        // A server may say so before it sends anything.
        if stream.length.is_some_and(|length| length > most) {
            return Err(too_large());
        }
        let length = stream.length;
        let bytes = read::spool(&mut stream.body.take(most.saturating_add(1)), buffer).map_err(|e| {
            match e.kind() {
                // Of the spool file, not of the network.
                std::io::ErrorKind::StorageFull => Problem::unreadable(e.to_string()),
                _ => Problem::unreadable(http::broken(url.host(), &e).to_string()),
            }
        })?;
        let have = bytes.as_slice().len() as u64;
        if have > most {
            return Err(too_large());
        }
        if length.is_some_and(|length| length != have) {
            return Err(Problem::unreadable(format!("{} broke the answer off", url.host())));
        }
        Ok(bytes)
    }

    /// Follows redirects: to http and https only, from https to https only, and never from the outside to this
    /// machine or a private network.
    fn open(&self, url: &Url, accept: &str) -> Result<Stream, Problem> {
        let mut url = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let mut headers = vec![("accept", accept.to_owned()), ("accept-encoding", "identity".into())];
            if let Some(user) = url.user() {
                headers.push(("authorization", format!("Basic {}", base64_encode(&user))));
            }
            let stream =
                self.client.open(&url.asked(), &headers).map_err(|e| Problem::unreadable(e.to_string()))?;
            if !matches!(stream.status, 301 | 302 | 303 | 307 | 308) {
                return Ok(stream);
            }
            let refused = |what: &str| Problem::unreadable(format!("{} redirects {what}", url.host()));
            let location = stream.location.as_deref().ok_or_else(|| refused("to nowhere"))?;
            let to =
                url.join(location).map_err(|what| refused(&format!("to what is not followed: {what}")))?;
            if url.is_https() && !to.is_https() {
                return Err(refused("from https to plain http; not followed"));
            }
            if to.is_inside() && !url.is_inside() {
                return Err(refused("into a private network; not followed"));
            }
            url = to;
        }
        Err(Problem::unreadable(format!("more than {MAX_REDIRECTS} redirects")))
    }
}
