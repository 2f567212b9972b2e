//! Signed calls to AWS.

use super::endpoint::{Endpoints, Partition, Service};
use super::protocol::{self, Failure};
use super::sigv4::{Credential, Signable, form, sign};
use crate::net::http::{Client, NoAnswer, Request, Speaker, host_of};
use serde_json::Value;
use std::time::SystemTime;

/// Pages of one list that are read.
const MAX_PAGES: usize = 500;

/// One credential, speaking to one partition.
pub struct Caller<'a> {
    /// The way out.
    pub client: &'a Client,
    /// Where the services are.
    pub endpoints: &'a Endpoints,
    /// Who signs.
    pub credential: Credential,
    /// On whose behalf, for the list of calls.
    pub speaker: Speaker,
    /// Where the credential is from.
    pub partition: Partition,
}

impl Caller<'_> {
    /// Calls `action` and gives its result.
    pub fn call(
        &self,
        service: Service,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Value, Failure> {
        let (url, region) = self.endpoints.url(service, self.partition);
        let make = || self.request(service, action, parameters, &url, &region);
        let name = format!("{}:{action}", service.name());
        // Limits of rate are the account's; one credential speaks for one account.
        let answer = self
            .client
            .call(&name, self.speaker, &self.credential.id, make, protocol::is_busy)
            .map_err(|NoAnswer(words)| Failure::NoAnswer(words))?;
        protocol::read(&answer, action)
    }

    /// Calls `action` until its list ends, and hands over page by page. When a later page fails, the
    /// failure is given and what came before stays.
    pub fn pages(
        &self,
        service: Service,
        action: &str,
        parameters: &[(&str, &str)],
        mut take: impl FnMut(&Value),
    ) -> Result<(), Failure> {
        let mut marker: Option<String> = None;
        let is_json = service.version().is_none();
        for _ in 0..MAX_PAGES {
            let mut parameters = parameters.to_vec();
            if let Some(marker) = &marker {
                parameters.push((if is_json { "NextToken" } else { "Marker" }, marker));
            }
            let page = self.call(service, action, &parameters)?;
            take(&page);
            let next = page.get(if is_json { "NextToken" } else { "Marker" }).and_then(Value::as_str);
            let more = is_json || page.get("IsTruncated").and_then(Value::as_str) == Some("true");
            match next.filter(|n| more && !n.is_empty()) {
                // A marker that comes back unchanged would go on for ever.
                Some(next) if marker.as_deref() != Some(next) => marker = Some(next.to_string()),
                _ => return Ok(()),
            }
        }
        Err(Failure::Strange(format!("{action}: more than {MAX_PAGES} pages")))
    }

    fn request(
        &self,
        service: Service,
        action: &str,
        parameters: &[(&str, &str)],
        url: &str,
        region: &str,
    ) -> Request {
        let mut headers = vec![("host".to_string(), host_of(url).to_string())];
        let body = match service.version() {
            Some(version) => {
                headers
                    .push(("content-type".into(), "application/x-www-form-urlencoded; charset=utf-8".into()));
                let mut all = vec![("Action", action), ("Version", version)];
                all.extend_from_slice(parameters);
                form(&all)
            }
            None => {
                headers.push(("content-type".into(), "application/x-amz-json-1.1".into()));
                headers.push(("x-amz-target".into(), format!("AWSOrganizationsV20161128.{action}")));
                Value::Object(parameters.iter().map(|(k, v)| (k.to_string(), Value::from(*v))).collect())
                    .to_string()
            }
        };
        // The path of an endpoint that has one (`https://host/aws`) is signed as it is sent.
        let path =
            url.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..])).unwrap_or("/");
        let request =
            Signable { method: "POST", path, query: "", headers: headers.clone(), body: body.as_bytes() };
        headers.extend(sign(request, &self.credential, region, service.name(), SystemTime::now()));
        headers.retain(|(name, _)| name != "host");
        Request { method: "POST", url: url.to_string(), headers, body: body.into_bytes() }
    }
}
