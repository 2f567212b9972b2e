//! Findings: what a person acts on, made by triage out of the engine's hits.

use crate::address::{Address, Encoding};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// How bad a finding is before anybody asked the provider; see `docs/architecture.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Embedded configuration: an inventory, not a secret.
    Info,
    /// Weak evidence, or little to gain.
    Low,
    /// A generic secret with strong evidence.
    Medium,
    /// A single distinctive credential.
    High,
    /// A paired long-term cloud key or a private key.
    Critical,
}

impl Severity {
    /// All severities, mildest first.
    pub const ALL: [Severity; 5] =
        [Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];

    /// The word used on the command line and in every report.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Severity {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        Severity::ALL
            .into_iter()
            .find(|v| v.name() == s)
            .ok_or_else(|| format!("unknown severity {s:?}: use info, low, medium, high or critical"))
    }
}

/// What sort of thing a pattern finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// A token or password that opens something.
    Credential,
    /// A private key.
    KeyMaterial,
    /// Embedded configuration: names resources, opens nothing by itself.
    Config,
    /// Something random that is assigned to a name that says it is secret.
    Generic,
}

impl Class {
    /// The word used in patterns and reports.
    pub fn name(self) -> &'static str {
        match self {
            Class::Credential => "credential",
            Class::KeyMaterial => "key-material",
            Class::Config => "config",
            Class::Generic => "generic",
        }
    }
}

/// The part a value plays in a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The public half: access key id, user name, client id.
    Id,
    /// The secret half.
    Secret,
    /// A session token that the two halves need.
    Token,
    /// The whole of a credential that has one part.
    Value,
}

impl Role {
    /// The word used in patterns and reports.
    pub fn name(self) -> &'static str {
        match self {
            Role::Id => "id",
            Role::Secret => "secret",
            Role::Token => "token",
            Role::Value => "value",
        }
    }
}

/// Bytes that must not leak: no `Display`, a `Debug` that tells only the length.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Secret(Arc<[u8]>);

impl Secret {
    /// A copy of `bytes` that holds on to nothing else.
    pub fn new(bytes: &[u8]) -> Self {
        Secret(bytes.into())
    }

    /// The bytes themselves, for checks and, where the user asked for it, for reports.
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }

    /// First 4 and last 2 characters around an ellipsis (`AKIA…7Q`); shorter values show less:
    /// below 16 characters the first 2, below 8 nothing.
    pub fn redacted(&self) -> String {
        let text = String::from_utf8_lossy(&self.0);
        let chars: Vec<char> = text.chars().collect();
        let (head, tail) = match chars.len() {
            0..=7 => (0, 0),
            8..=15 => (2, 0),
            _ => (4, 2),
        };
        let head: String = chars[..head].iter().collect();
        let tail: String = chars[chars.len() - tail..].iter().collect();
        crate::address::escape(format!("{head}…{tail}").as_bytes())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.0.len())
    }
}

/// The layer of an image in which something stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Layer {
    /// Its digest, as the image has it.
    pub digest: String,
    /// Its number in the image, from 1, the lowest first.
    pub number: u32,
    /// Name or platform of the image.
    pub image: Option<String>,
    /// The command that made it, without values.
    pub created_by: Option<String>,
    /// Digest of the later layer in which the file is deleted.
    pub deleted_in_layer: Option<String>,
    /// Digest of the later layer that puts another file in its place.
    pub overwritten_in_layer: Option<String>,
}

/// The text that a value stands in, where something in it may matter later on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Around {
    /// The line above.
    pub above: Option<Secret>,
    /// Its own line; of a value of several lines, what stands before the first and behind the last.
    pub line: Secret,
}

/// One place where a part of a finding stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The blob, and what was decoded from it.
    pub address: Address,
    /// Offset of the first byte (for encoded text, of the first encoded byte) in the innermost
    /// blob of the address, in bytes from 0.
    pub offset: u64,
    /// Line, from 1, where the blob is text.
    pub line: Option<u32>,
    /// Column in bytes, from 1, where the blob is text.
    pub column: Option<u32>,
    /// The place in the author's own terms, where a lens knows it.
    pub site: Option<String>,
    /// Which part of the finding stands here.
    pub role: Role,
    /// The encodings between blob and value, outermost first.
    pub decoded: Vec<Encoding>,
    /// In images, the layer.
    pub layer: Option<Arc<Layer>>,
    /// The lines around it, kept where [`Keep`](crate::scan::Keep) says so.
    pub around: Option<Arc<Around>>,
}

/// Why an id and a secret are reported as belonging together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// In words: "arguments of one call in method com.shop.Aws.client()".
    pub evidence: String,
    /// Where the evidence does not decide: the secrets that fit equally well, best first.
    /// Empty when the pair is certain.
    pub candidates: Vec<Candidate>,
}

/// A secret that may belong to the id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The secret.
    pub secret: Secret,
    /// What speaks for it, in words.
    pub evidence: String,
    /// Where it stands first.
    pub location: Location,
}

/// A commit, as findings name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// Its id.
    pub commit: String,
    /// When it was committed: `2026-01-31T10:00:00Z`.
    pub date: String,
    /// Name and address of its author; only where the user asked for authors.
    pub author: Option<String>,
}

/// What the history of a repository says of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// The repository, as the user named it.
    pub repository: String,
    /// The first commit that holds it; `None` where only objects outside all commits do.
    pub first: Option<Revision>,
    /// The last commit that holds it.
    pub last: Option<Revision>,
    /// Whether it is in the commit at `HEAD`.
    pub at_head: bool,
    /// Objects that hold it: versions of files, messages.
    pub objects: u64,
    /// The paths it has had, sorted; the first few where there are very many.
    pub paths: Vec<String>,
}

/// What a person acts on: one secret, with all the places where it stands.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Pattern or pair id, `aws.key-pair`.
    pub pattern: String,
    /// `AWS access key pair`.
    pub name: String,
    /// What sort of thing it is.
    pub class: Class,
    /// How bad it is.
    pub severity: Severity,
    /// How sure we are that it is what `name` says, 0 to 100.
    pub confidence: u8,
    /// `v1:` and 64 hexadecimal digits: SHA-256 over pattern id and secret. Same secret, same
    /// fingerprint, wherever it moves.
    pub fingerprint: String,
    /// The values by role.
    pub parts: BTreeMap<Role, Secret>,
    /// Every place, ordered by address, then offset. Never empty.
    pub sites: Vec<Location>,
    /// For paired credentials.
    pub pair: Option<Pair>,
    /// What could be read from the value offline (`account_id` …).
    pub details: BTreeMap<String, String>,
    /// What it opens.
    pub why: String,
    /// What to do about it.
    pub fix: String,
    /// Where the format is documented.
    pub reference: String,
    /// Where in the history of repositories it is; one element a repository.
    pub history: Vec<History>,
    /// What the provider says; only when it was asked.
    pub verification: Option<Box<crate::verify::verification::Verification>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redaction_shows_four_and_two_and_less_of_short_values() {
        assert_eq!(Secret::new(b"0123456789abcdefghij").redacted(), "0123…ij");
        assert_eq!(Secret::new(b"hunter2hunter").redacted(), "hu…");
        assert_eq!(Secret::new(b"hunter2").redacted(), "…");
        assert_eq!(format!("{:?}", Secret::new(b"hunter2")), "Secret(7 bytes)");
    }
}
