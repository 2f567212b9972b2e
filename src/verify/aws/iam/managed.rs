//! AWS managed policies that a snapshot refers to and does not hold.
//!
//! Some two hundred that are in use everywhere, as AWS publishes them. `ReadOnlyAccess` is an approximation:
//! the real one lists 1,500 actions and changes monthly. Others stay unknown and are named in a note.

use super::policy::Document;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

static TEXT: &str = include_str!("data/managed.json");

/// A document as text, and parsed once it was asked for.
type Lazy = (Value, OnceLock<Arc<Document>>);

/// The document of an AWS managed policy, in any partition.
pub fn document(arn: &str) -> Option<Arc<Document>> {
    static KNOWN: OnceLock<BTreeMap<String, Lazy>> = OnceLock::new();
    let known = KNOWN.get_or_init(|| {
        let all: BTreeMap<String, Value> = serde_json::from_str(TEXT).unwrap_or_default();
        all.into_iter().map(|(arn, value)| (arn, (value, OnceLock::new()))).collect()
    });
    let name = arn.split_once(":iam::aws:policy/")?.1;
    let (value, parsed) = known.get(&format!("arn:aws:iam::aws:policy/{name}"))?;
    Some(parsed.get_or_init(|| Arc::new(Document::from_value(value))).clone())
}

/// Whether the policy belongs to AWS, so that nobody in the account can change it.
pub fn is_aws(arn: &str) -> bool {
    arn.contains(":iam::aws:policy/")
}

/// Whether it is one of AWS's own that only look.
pub fn is_read_only(arn: &str) -> bool {
    let name = arn.rsplit('/').next().unwrap_or_default();
    is_aws(arn) && (name.ends_with("ReadOnlyAccess") || name == "SecurityAudit" || name == "ViewOnlyAccess")
}

/// Whether the document is known by name only in part.
pub fn is_approximate(arn: &str) -> bool {
    arn.ends_with(":iam::aws:policy/ReadOnlyAccess")
}

/// Whether it is one of the policies AWS attaches to users whose key was seen in public.
pub fn is_quarantine(arn: &str) -> bool {
    arn.rsplit('/').next().is_some_and(|name| name.starts_with("AWSCompromisedKeyQuarantine"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_understood() {
        let all: BTreeMap<String, Value> = serde_json::from_str(TEXT).expect("embedded JSON");
        assert!(all.len() > 40);
        for arn in all.keys() {
            let document = document(arn).expect("known");
            assert!(document.not_understood.is_empty() && !document.statements.is_empty(), "{arn}");
        }
        assert!(document("arn:aws-us-gov:iam::aws:policy/AdministratorAccess").is_some());
        assert!(document("arn:aws:iam::aws:policy/Nothing").is_none());
    }
}
