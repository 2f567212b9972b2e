//! The responder's own credentials, found where AWS's tools find them, in their order: environment, web
//! identity, profile (keys, roles to assume, processes, single sign-on), container, instance.
//!
//! AWS SDKs and Tools Reference Guide, "Standardized credential providers".

use super::endpoint::{Endpoints, Partition, Service};
use super::profile::{Profile, Profiles};
use super::service::Caller;
use super::sigv4::{Credential, form};
use crate::net::http::{Client, NoAnswer, Request, Speaker};
use serde_json::Value;

/// Roles that lead to roles: more is a mistake in the configuration.
const MAX_CHAIN: usize = 5;
const METADATA: &str = "http://169.254.169.254";
const CONTAINER: &str = "http://169.254.170.2";

/// What the chain looks at, so that tests can hand in their own.
pub struct Sources<'a> {
    /// Environment variables.
    pub env: &'a dyn Fn(&str) -> Option<String>,
    /// `--profile`.
    pub profile: Option<&'a str>,
    /// For the providers that ask a server.
    pub client: &'a Client,
    /// Where STS is.
    pub endpoints: &'a Endpoints,
}

impl Sources<'_> {
    /// The first credential of the chain; an error names what was looked at and what to do.
    pub fn find(&self) -> Result<Credential, String> {
        let var = |name: &str| (self.env)(name).filter(|v| !v.is_empty());
        // A profile named on the command line goes before everything.
        if self.profile.is_none()
            && let (Some(id), Some(secret)) = (var("AWS_ACCESS_KEY_ID"), var("AWS_SECRET_ACCESS_KEY"))
        {
            return Ok(Credential { id, secret, token: var("AWS_SESSION_TOKEN") });
        }
        if self.profile.is_none()
            && let (Some(file), Some(role)) = (var("AWS_WEB_IDENTITY_TOKEN_FILE"), var("AWS_ROLE_ARN"))
        {
            return self.web_identity(&file, &role);
        }
        let profiles = Profiles::load(self.env)?;
        let named = self.profile.map(str::to_string).or_else(|| var("AWS_PROFILE"));
        let name = named.clone().unwrap_or_else(|| "default".into());
        match profiles.get(&name) {
            Some(profile) if profile.has_credentials() => {
                return self.of_profile(&profiles, profile, MAX_CHAIN);
            }
            _ if named.is_some() => return Err(format!("profile {name:?}: no credentials in it")),
            _ => {}
        }
        if let Some(credential) = self.container()? {
            return Ok(credential);
        }
        if !var("AWS_EC2_METADATA_DISABLED").is_some_and(|v| v.eq_ignore_ascii_case("true"))
            && let Some(credential) = self.instance()
        {
            return Ok(credential);
        }
        Err("no AWS credentials of your own were found (environment, profile, container, instance): \
             set AWS_PROFILE or give --profile NAME"
            .into())
    }

    fn of_profile(&self, profiles: &Profiles, profile: &Profile, depth: usize) -> Result<Credential, String> {
        let failed = |what: &str| format!("profile {:?}: {what}", profile.name);
        if let Some(role) = profile.get("role_arn") {
            if depth == 0 {
                return Err(failed("roles lead to roles without end"));
            }
            if let Some(file) = profile.get("web_identity_token_file") {
                return self.web_identity(file, role);
            }
            if profile.get("mfa_serial").is_some() {
                return Err(failed(
                    "its role asks for MFA; get session credentials first (aws sts assume-role) \
                                   and hand them over in the environment",
                ));
            }
            let source = match (profile.get("source_profile"), profile.get("credential_source")) {
                (Some(source), _) if source == profile.name => self.keys(profile),
                (Some(source), _) => {
                    let source =
                        profiles.get(source).ok_or_else(|| failed("its source_profile does not exist"))?;
                    Some(self.of_profile(profiles, source, depth - 1)?)
                }
                (None, Some("Environment")) => {
                    let var = |name: &str| (self.env)(name).filter(|v| !v.is_empty());
                    var("AWS_ACCESS_KEY_ID")
                        .zip(var("AWS_SECRET_ACCESS_KEY"))
                        .map(|(id, secret)| Credential { id, secret, token: var("AWS_SESSION_TOKEN") })
                }
                (None, Some("Ec2InstanceMetadata")) => self.instance(),
                (None, Some("EcsContainer")) => self.container()?,
                _ => None,
            };
            let source = source.ok_or_else(|| failed("no credentials to assume its role with"))?;
            return self.assume(source, role, profile);
        }
        if let Some(credential) = self.keys(profile) {
            return Ok(credential);
        }
        if let Some(command) = profile.get("credential_process") {
            return process(command).map_err(|e| failed(&e));
        }
        if profile.get("sso_account_id").is_some() {
            return self.single_sign_on(profiles, profile).map_err(|e| failed(&e));
        }
        Err(failed("no credentials in it"))
    }

    fn keys(&self, profile: &Profile) -> Option<Credential> {
        Some(Credential {
            id: profile.get("aws_access_key_id")?.to_string(),
            secret: profile.get("aws_secret_access_key")?.to_string(),
            token: profile.get("aws_session_token").map(str::to_string),
        })
    }

    fn assume(&self, source: Credential, role: &str, profile: &Profile) -> Result<Credential, String> {
        let mut parameters = vec![("RoleArn", role), ("RoleSessionName", "keysift")];
        let named = [("ExternalId", "external_id"), ("DurationSeconds", "duration_seconds")];
        for (parameter, key) in named {
            parameters.extend(profile.get(key).map(|value| (parameter, value)));
        }
        let caller = Caller {
            client: self.client,
            endpoints: self.endpoints,
            credential: source,
            speaker: Speaker::Responder,
            partition: Partition::of_arn(role).unwrap_or(Partition::Aws),
        };
        let result = caller.call(Service::Sts, "AssumeRole", &parameters);
        let result = result.map_err(|e| format!("cannot assume {}: {e}", escaped(role)))?;
        credential_in(result.get("Credentials"), ["AccessKeyId", "SecretAccessKey", "SessionToken"])
            .ok_or_else(|| "AssumeRole gave no credentials".into())
    }

    fn web_identity(&self, file: &str, role: &str) -> Result<Credential, String> {
        let token = std::fs::read_to_string(file)
            .map_err(|e| format!("web identity token {}: {e}", escaped(file)))?;
        let partition = Partition::of_arn(role).unwrap_or(Partition::Aws);
        let (url, _) = self.endpoints.url(Service::Sts, partition);
        let session = (self.env)("AWS_ROLE_SESSION_NAME").unwrap_or_else(|| "keysift".into());
        // This one call is not signed: the token in it is the proof.
        let body = form(&[
            ("Action", "AssumeRoleWithWebIdentity"),
            ("Version", "2011-06-15"),
            ("RoleArn", role),
            ("RoleSessionName", &session),
            ("WebIdentityToken", token.trim()),
        ]);
        let headers = vec![("content-type".to_string(), "application/x-www-form-urlencoded".to_string())];
        let request = Request { method: "POST", url, headers, body: body.into_bytes() };
        let action = "sts:AssumeRoleWithWebIdentity";
        let answer = self
            .client
            .call(action, Speaker::Responder, "web identity", || request.clone(), super::protocol::is_busy)
            .map_err(|NoAnswer(words)| words)?;
        let result = super::protocol::read(&answer, "AssumeRoleWithWebIdentity")
            .map_err(|e| format!("web identity: {e}"))?;
        credential_in(result.get("Credentials"), ["AccessKeyId", "SecretAccessKey", "SessionToken"])
            .ok_or_else(|| "AssumeRoleWithWebIdentity gave no credentials".into())
    }

    /// What a session of `aws sso login` left behind is exchanged for credentials of the role.
    fn single_sign_on(&self, profiles: &Profiles, profile: &Profile) -> Result<Credential, String> {
        let session = profile.get("sso_session").and_then(|name| profiles.sso_session(name));
        let setting = |key: &str| profile.get(key).or_else(|| session.as_ref().and_then(|s| s.get(key)));
        let missing = |key: &str| format!("{key} is missing");
        let start = setting("sso_start_url").ok_or_else(|| missing("sso_start_url"))?;
        let region = setting("sso_region").ok_or_else(|| missing("sso_region"))?;
        let account = profile.get("sso_account_id").ok_or_else(|| missing("sso_account_id"))?;
        let role = profile.get("sso_role_name").ok_or_else(|| missing("sso_role_name"))?;
        let token =
            profiles.sso_token(start).ok_or("no valid single sign-on session: run aws sso login first")?;
        let query = form(&[("account_id", account), ("role_name", role)]);
        let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let url = format!("https://portal.sso.{}.{domain}/federation/credentials?{query}", plain(region)?);
        let value = self.get("sso:GetRoleCredentials", &url, &[("x-amz-sso_bearer_token", &token)])?;
        credential_in(value.get("roleCredentials"), ["accessKeyId", "secretAccessKey", "sessionToken"])
            .ok_or_else(|| "single sign-on gave no credentials: run aws sso login".into())
    }

    fn container(&self) -> Result<Option<Credential>, String> {
        let var = |name: &str| (self.env)(name).filter(|v| !v.is_empty());
        let url = match (
            var("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
            var("AWS_CONTAINER_CREDENTIALS_FULL_URI"),
        ) {
            (Some(path), _) if path.starts_with('/') => format!("{CONTAINER}{path}"),
            (_, Some(url)) if is_container_host(&url) => url,
            (_, Some(_)) => {
                return Err("AWS_CONTAINER_CREDENTIALS_FULL_URI: neither https nor this machine".into());
            }
            _ => return Ok(None),
        };
        let token = var("AWS_CONTAINER_AUTHORIZATION_TOKEN").or_else(|| {
            std::fs::read_to_string(var("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")?)
                .ok()
                .map(|t| t.trim().into())
        });
        let headers: Vec<(&str, &str)> = token.iter().map(|t| ("authorization", t.as_str())).collect();
        let value = self.get("container credentials", &url, &headers)?;
        Ok(credential_in(Some(&value), ["AccessKeyId", "SecretAccessKey", "Token"]))
    }

    /// Version 2 of the instance metadata service only: version 1 can be asked by anybody who makes us.
    fn instance(&self) -> Option<Credential> {
        let base = (self.env)("AWS_EC2_METADATA_SERVICE_ENDPOINT").unwrap_or_else(|| METADATA.into());
        let base = base.trim_end_matches('/');
        let request = Request {
            method: "PUT",
            url: format!("{base}/latest/api/token"),
            headers: vec![("x-aws-ec2-metadata-token-ttl-seconds".into(), "300".into())],
            body: Vec::new(),
        };
        let action = "instance metadata";
        let answer =
            self.client.call(action, Speaker::Responder, action, || request.clone(), |_| false).ok()?;
        let token = String::from_utf8(answer.body).ok().filter(|_| answer.status == 200)?;
        let headers = [("x-aws-ec2-metadata-token", token.as_str())];
        let path = format!("{base}/latest/meta-data/iam/security-credentials/");
        let role = self.get_text(action, &path, &headers).ok()?;
        let role = plain(role.lines().next()?.trim()).ok()?;
        let value = self.get(action, &format!("{path}{role}"), &headers).ok()?;
        credential_in(Some(&value), ["AccessKeyId", "SecretAccessKey", "Token"])
    }

    fn get(&self, action: &str, url: &str, headers: &[(&str, &str)]) -> Result<Value, String> {
        let text = self.get_text(action, url, headers)?;
        serde_json::from_str(&text).map_err(|_| format!("{action}: the answer is no JSON"))
    }

    fn get_text(&self, action: &str, url: &str, headers: &[(&str, &str)]) -> Result<String, String> {
        let headers = headers.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
        let request = Request { method: "GET", url: url.to_string(), headers, body: Vec::new() };
        let answer = self
            .client
            .call(action, Speaker::Responder, action, || request.clone(), |_| false)
            .map_err(|NoAnswer(words)| format!("{action}: {words}"))?;
        if answer.status != 200 {
            return Err(format!("{action}: HTTP {}", answer.status));
        }
        String::from_utf8(answer.body).map_err(|_| format!("{action}: the answer is no text"))
    }
}

/// Hosts that may hand out container credentials (SDK guide, "Container credential provider").
fn is_container_host(url: &str) -> bool {
    let host = crate::net::http::host_of(url);
    url.starts_with("https://")
        || crate::net::http::check_endpoint(url).is_ok()
        || ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"].contains(&host)
}

fn credential_in(value: Option<&Value>, [id, secret, token]: [&str; 3]) -> Option<Credential> {
    let text = |key: &str| value?.get(key)?.as_str().map(str::to_string);
    Some(Credential { id: text(id)?, secret: text(secret)?, token: text(token) })
}

/// Runs a `credential_process` of the user's own configuration, as AWS's tools do.
fn process(command: &str) -> Result<Credential, String> {
    let mut shell = if cfg!(windows) {
        let mut shell = std::process::Command::new("cmd");
        shell.arg("/C");
        shell
    } else {
        let mut shell = std::process::Command::new("sh");
        shell.arg("-c");
        shell
    };
    let output = shell.arg(command).stdin(std::process::Stdio::null()).output();
    let output = output.map_err(|e| format!("credential_process: {e}"))?;
    if !output.status.success() {
        return Err(format!("credential_process ended with {}", output.status));
    }
    let value: Value = serde_json::from_slice(&output.stdout)
        .map_err(|_| "credential_process: the answer is no JSON".to_string())?;
    credential_in(Some(&value), ["AccessKeyId", "SecretAccessKey", "SessionToken"])
        .ok_or_else(|| "credential_process gave no credentials".into())
}

fn plain(text: &str) -> Result<&str, String> {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.+=,@".contains(&b);
    if !text.is_empty() && text.len() <= 128 && text.bytes().all(is_plain) {
        Ok(text)
    } else {
        Err(format!("{:?} is no name", escaped(text)))
    }
}

fn escaped(text: &str) -> String {
    crate::address::escape(text.as_bytes())
}
