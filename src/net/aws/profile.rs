//! The files `~/.aws/credentials` and `~/.aws/config`.
//!
//! AWS SDKs and Tools Reference Guide, "Shared config and credentials files".

use std::collections::BTreeMap;
use std::path::PathBuf;

type Settings = BTreeMap<String, String>;

/// A profile: settings of both files, those of `credentials` first.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// As it is named after `profile`.
    pub name: String,
    settings: Settings,
}

impl Profile {
    /// A setting.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.settings.get(key).map(String::as_str).filter(|v| !v.is_empty())
    }

    /// Whether it says in some way how to get credentials.
    pub fn has_credentials(&self) -> bool {
        ["aws_access_key_id", "role_arn", "credential_process", "sso_account_id"]
            .iter()
            .any(|key| self.get(key).is_some())
    }
}

/// All profiles.
#[derive(Debug, Default)]
pub struct Profiles {
    profiles: BTreeMap<String, Profile>,
    sessions: BTreeMap<String, Settings>,
    services: BTreeMap<String, Settings>,
    cache: Option<PathBuf>,
}

impl Profiles {
    /// Reads both files where they are, or where `AWS_CONFIG_FILE` and `AWS_SHARED_CREDENTIALS_FILE` say.
    /// A file that is not there is empty; one that cannot be read is an error.
    pub fn load(env: &dyn Fn(&str) -> Option<String>) -> Result<Profiles, String> {
        let home = env("HOME").or_else(|| env("USERPROFILE")).map(|home| PathBuf::from(home).join(".aws"));
        let read = |variable: &str, name: &str| -> Result<String, String> {
            let Some(path) = env(variable).map(PathBuf::from).or_else(|| Some(home.as_ref()?.join(name)))
            else {
                return Ok(String::new());
            };
            match std::fs::read(&path) {
                Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
                Err(e) => Err(format!("{}: {e}", crate::address::escape(path.to_string_lossy().as_bytes()))),
            }
        };
        let credentials = read("AWS_SHARED_CREDENTIALS_FILE", "credentials")?;
        let mut profiles = Profiles::parse(&credentials, &read("AWS_CONFIG_FILE", "config")?);
        profiles.cache = home.map(|home| home.join("sso").join("cache"));
        Ok(profiles)
    }

    /// The profiles of the texts of both files.
    pub(crate) fn parse(credentials: &str, config: &str) -> Profiles {
        let mut all = Profiles::default();
        for (section, settings) in sections(config) {
            match section.split_once(char::is_whitespace) {
                Some(("profile", name)) => all.add(name.trim(), settings),
                Some(("sso-session", name)) => {
                    all.sessions.insert(name.trim().to_string(), settings);
                }
                Some(("services", name)) => {
                    all.services.insert(name.trim().to_string(), settings);
                }
                None if section == "default" => all.add("default", settings),
                _ => {}
            }
        }
        for (section, settings) in sections(credentials) {
            all.add(section.strip_prefix("profile ").unwrap_or(&section).trim(), settings);
        }
        all
    }

    /// Later settings replace earlier ones.
    fn add(&mut self, name: &str, settings: Settings) {
        let profile = self.profiles.entry(name.to_string()).or_default();
        profile.name = name.to_string();
        profile.settings.extend(settings);
    }

    /// A profile by name.
    pub fn get(&self, name: &str) -> Option<&Profile> {
        self.profiles.get(name)
    }

    /// The settings of an `[sso-session NAME]`.
    pub fn sso_session(&self, name: &str) -> Option<Profile> {
        self.sessions.get(name).map(|s| Profile { name: name.to_string(), settings: s.clone() })
    }

    /// The settings of a `[services NAME]`.
    pub fn services(&self, name: &str) -> Option<Profile> {
        self.services.get(name).map(|s| Profile { name: name.to_string(), settings: s.clone() })
    }

    /// The token that `aws sso login` left for a start URL, unless it has expired.
    pub fn sso_token(&self, start_url: &str) -> Option<String> {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).ok()?.as_secs();
        let files = std::fs::read_dir(self.cache.as_ref()?).ok()?;
        files.flatten().filter(|f| f.path().extension().is_some_and(|e| e == "json")).find_map(|file| {
            let value: serde_json::Value = serde_json::from_slice(&std::fs::read(file.path()).ok()?).ok()?;
            let text = |key: &str| value.get(key)?.as_str();
            let is_ours =
                text("startUrl")?.trim_end_matches(['#', '/']) == start_url.trim_end_matches(['#', '/']);
            let is_valid = crate::net::clock::parse(text("expiresAt")?)? > now;
            (is_ours && is_valid).then(|| text("accessToken").map(str::to_string)).flatten()
        })
    }
}

/// Section names with their settings; a nested one (an indented line) is named `s3.endpoint_url`.
fn sections(text: &str) -> Vec<(String, Settings)> {
    let mut sections: Vec<(String, Settings)> = Vec::new();
    let mut outer = None;
    for line in text.lines() {
        let content = line.trim();
        if content.is_empty() || content.starts_with(['#', ';']) {
            continue;
        }
        if line.starts_with([' ', '\t']) {
            if let (Some(outer), Some((key, value)), Some((_, settings))) =
                (&outer, content.split_once('='), sections.last_mut())
            {
                settings
                    .insert(format!("{outer}.{}", key.trim().to_ascii_lowercase()), value.trim().to_string());
            }
            continue;
        }
        outer = None;
        if let Some(name) = content.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            sections.push((name.trim().trim_matches(['"', '\'']).to_string(), Settings::new()));
        } else if let Some((key, value)) = content.split_once('=')
            && let Some((_, settings)) = sections.last_mut()
        {
            let value = value.split(" #").next().unwrap_or(value).trim();
            let key = key.trim().to_ascii_lowercase();
            outer = value.is_empty().then(|| key.clone());
            settings.insert(key, value.to_string());
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_files_make_one_profile() {
        let credentials = "[default]\naws_access_key_id = A\n[ops]\naws_access_key_id=B # mine\n";
        let config = "[default]\nregion = eu-west-1\n[profile ops]\naws_access_key_id = C\nsso_session = corp\n\
                      s3 =\n  max = 1\n[sso-session corp]\nsso_region = eu-west-1\n[ops2]\nx = 1\n";
        let profiles = Profiles::parse(credentials, config);
        assert_eq!(profiles.get("default").unwrap().get("aws_access_key_id"), Some("A"));
        assert_eq!(profiles.get("default").unwrap().get("region"), Some("eu-west-1"));
        assert_eq!(profiles.get("ops").unwrap().get("aws_access_key_id"), Some("B"));
        assert_eq!(profiles.sso_session("corp").unwrap().get("sso_region"), Some("eu-west-1"));
        assert_eq!(profiles.get("ops").unwrap().get("s3.max"), Some("1"));
        assert!(profiles.get("ops2").is_none() && profiles.get("ops").unwrap().has_credentials());
    }
}
