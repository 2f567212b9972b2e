//! GetObject: read as it comes, and taken up where it broke off.

use super::connection::{Connection, Refusal};
use super::{Content, Object};
use crate::ledger::Reason;
use crate::net::aws::sigv4::form;
use crate::net::http::{self, Stream};
use crate::source::read;
use crate::source::remote::fetch::{Bounds, Problem};
use std::io::{self, Read};
use std::time::Instant;

/// Times in a row that an object may break off without a byte in between.
const MAX_BREAKS: u32 = 5;

/// Reads an object: into `buffer`, or spooled where it is large.
pub fn read<'b>(
    connection: &Connection,
    object: &Object,
    version: Option<&str>,
    bounds: &Bounds,
    buffer: &'b mut Vec<u8>,
) -> Result<Content<'b>, Problem> {
    let most = bounds.bytes;
    let too_large = || Problem {
        reason: Reason::Limit,
        detail: format!("larger than {most} bytes (--max-download), not searched"),
    };
    if object.size.is_some_and(|size| size > most) {
        return Err(too_large());
    }
    let deadline = Instant::now() + bounds.time;
    let query = version.map_or_else(String::new, |version| form(&[("versionId", version)]));
    let stream = connection.get(&object.key, &query, &[]).map_err(|refusal| problem(&refusal, object))?;
    let (length, etag) = (stream.length, stream.header("etag"));
    if length.is_some_and(|length| length > most) {
        return Err(too_large());
    }
    let is_as_listed = etag.as_ref().is_some_and(|etag| etag.trim_matches('"') == object.etag)
        && object.size.is_some_and(|size| length == Some(size));
    let mut reader = Resuming {
        connection,
        key: &object.key,
        query,
        etag,
        length,
        body: Some(stream.body),
        at: 0,
        passed_over: 0,
        breaks: 0,
        deadline,
        time: bounds.time.as_secs(),
        failure: None,
    };
    let result = read::spool(&mut (&mut reader).take(most.saturating_add(1)), buffer);
    if let Some(failure) = reader.failure {
        return Err(Problem::unreadable(failure));
    }
    // What is left is the spool file's.
    let bytes = result.map_err(|e| Problem::unreadable(e.to_string()))?;
    if bytes.as_slice().len() as u64 > most {
        return Err(too_large());
    }
    Ok(Content { bytes, is_as_listed })
}

/// What a refusal means for an object.
fn problem(refusal: &Refusal, object: &Object) -> Problem {
    let says = |word: &str| refusal.message.to_ascii_lowercase().contains(word);
    let is_archived = ["GLACIER", "DEEP_ARCHIVE", "INTELLIGENT_TIERING"].contains(&object.class.as_str());
    let class = if object.class.is_empty() { "archive" } else { &object.class };
    match (refusal.status, refusal.code.as_str()) {
        (_, "InvalidObjectState") => {
            Problem::unreadable(format!("archived ({class}): restore it before it can be read"))
        }
        // Not all that speak the protocol say why.
        (403, "") if is_archived => {
            Problem::unreadable(format!("archived ({class}): restore it before it can be read"))
        }
        (400, "InvalidRequest") if says("encryption") => Problem {
            reason: Reason::Encrypted,
            detail: format!("encrypted with a key that its owner sends along (SSE-C): {}", refusal.message),
        },
        (_, code) if code.starts_with("KMS") || (code == "AccessDenied" && says("kms")) => {
            Problem { reason: Reason::Encrypted, detail: format!("its KMS key may not be used: {refusal}") }
        }
        (404, "NoSuchKey" | "NoSuchVersion" | "") if object.size.is_some() => {
            Problem::unreadable("gone since the bucket was listed")
        }
        (405, _) => Problem::unreadable("this version marks the object as deleted"),
        _ => Problem::unreadable(refusal.to_string()),
    }
}

/// An object's bytes. Where they break off, the rest is asked for, as long as the object is the same.
struct Resuming<'c> {
    connection: &'c Connection,
    key: &'c [u8],
    query: String,
    etag: Option<String>,
    length: Option<u64>,
    body: Option<Box<dyn Read + Send>>,
    /// Bytes that were handed on.
    at: u64,
    /// Of these, what the present answer brings once more.
    passed_over: u64,
    /// Since the last byte.
    breaks: u32,
    deadline: Instant,
    time: u64,
    /// Why it ended too early.
    failure: Option<String>,
}

impl Resuming<'_> {
    fn fail<T>(&mut self, what: String) -> io::Result<T> {
        self.failure = Some(what);
        Err(io::Error::other("the object broke off"))
    }

    /// Asks for the rest. `what` is why that is needed.
    fn again(&mut self, what: String) -> io::Result<()> {
        self.breaks += 1;
        self.body = None;
        let Some(etag) = self.etag.clone().filter(|_| self.breaks <= MAX_BREAKS) else {
            return self.fail(what);
        };
        std::thread::sleep(http::backoff(self.breaks));
        let headers = [("range", format!("bytes={}-", self.at)), ("if-match", etag)];
        match self.connection.get(self.key, &self.query, &headers) {
            Ok(stream) => self.continued(stream),
            Err(refusal) if refusal.status == 412 => self.fail("was replaced while it was read".into()),
            Err(refusal) => self.fail(format!("broke off, and then: {refusal}")),
        }
    }

    fn continued(&mut self, stream: Stream) -> io::Result<()> {
        let from = stream
            .header("content-range")
            .and_then(|range| range.strip_prefix("bytes ")?.split('-').next()?.trim().parse::<u64>().ok());
        self.passed_over = match (stream.status, from) {
            (206, Some(from)) if from == self.at => 0,
            // Who does not know ranges begins anew.
            (200, None) => self.at,
            _ => return self.fail("broke off, and another part came than was asked for".into()),
        };
        self.body = Some(stream.body);
        Ok(())
    }
}

impl Read for Resuming<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !buffer.is_empty() {
            if Instant::now() > self.deadline {
                return self.fail(format!("took longer than {} s (--download-timeout)", self.time));
            }
            let Some(body) = &mut self.body else { return Ok(0) };
            let result = match self.passed_over {
                0 => body.read(buffer),
                rest => io::copy(&mut body.take(rest.min(1 << 20)), &mut io::sink()).map(|n| n as usize),
            };
            match result {
                Ok(0) if self.length.is_some_and(|length| self.at < length) => {
                    self.again("the store broke it off".into())?;
                }
                Ok(n) if self.passed_over > 0 => self.passed_over -= n as u64,
                Ok(n) => {
                    self.at += n as u64;
                    self.breaks = 0;
                    return Ok(n);
                }
                Err(e) => self.again(http::broken(&self.connection.host(), &e).to_string())?,
            }
        }
        Ok(0)
    }
}
