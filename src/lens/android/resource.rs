//! Values of a table in the author's own terms, from either encoding of it.

use super::{app_scope, package_scope};
use crate::blob::{Blob, Scope, ScopeClass, ScopeId, Site};

/// The name that `aapt2 optimize --collapse-resource-names` gives to all.
const COLLAPSED: &str = "0_resource_name_obfuscated";
/// Words of two letters that people write; any other name so short is an obfuscator's.
const SHORT: [&str; 6] = ["ak", "sk", "id", "pw", "pk", "db"];
/// Longest name printed.
pub(super) const NAME: usize = 128;

/// What of a resource a string is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// The value.
    Whole,
    /// An element of an array.
    Element(u32),
    /// A quantity of a plural.
    Quantity(&'static str),
    /// An item of a style, or something else with named parts.
    Part(String),
}

/// What all values of a table have in common.
pub(super) struct Table {
    address: String,
    app: Option<Scope>,
}

/// A resource with a value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resource<'r> {
    /// `com.shop`.
    pub(super) package: &'r str,
    /// Whether the package must be printed: it is not the first of its table.
    pub(super) foreign: bool,
    /// `string`.
    pub(super) kind: &'r str,
    /// `aws_secret`.
    pub(super) name: &'r str,
    /// Its resource id.
    pub(super) id: u32,
    /// Qualifiers of the value's configuration.
    pub(super) config: &'r str,
}

impl Table {
    pub(super) fn new(blob: &Blob<'_>) -> Self {
        Table { address: blob.address.to_string(), app: app_scope(blob) }
    }

    /// The place of a string that is `item` of `resource`. `place` is its place in the resource.
    pub(super) fn site(&self, resource: &Resource<'_>, item: &Item, place: u32) -> Site {
        let Resource { package, kind, id, config, .. } = *resource;
        let collapsed = resource.name.is_empty() || resource.name == COLLAPSED;
        let name = if collapsed { format!("{id:#010x}") } else { resource.name.to_owned() };
        let prefix = if resource.foreign { format!("{package}:") } else { String::new() };
        let base = format!("@{prefix}{kind}/{name}");
        let in_config = if config.is_empty() { String::new() } else { format!(" ({config})") };
        let (full, key) = match item {
            Item::Whole => (base.clone(), name.clone()),
            Item::Element(n) => (format!("{base}[{n}]"), format!("{name}[{n}]")),
            Item::Quantity(quantity) => (format!("{base}/{quantity}"), name.clone()),
            Item::Part(part) => (format!("{base}/{part}"), part.clone()),
        };
        let nameless = collapsed || (name.len() <= 2 && !SHORT.contains(&name.as_str()));
        let nameless = match item {
            Item::Part(part) => says_nothing(part) || part.starts_with("0x"),
            _ => nameless,
        };
        let key = (!nameless).then_some(key);
        let mut scopes = Vec::with_capacity(5);
        let own = |class, what: &str, label: String| Scope {
            class,
            id: ScopeId::Named(format!("android {} {id:#x} {config}", self.address)),
            order: Some(place.into()),
            label: format!("{what}{label}"),
        };
        match item {
            Item::Whole => {}
            Item::Element(_) => scopes.push(own(ScopeClass::Call, "", format!("{base}{in_config}"))),
            Item::Quantity(_) | Item::Part(_) => {
                scopes.push(own(ScopeClass::Object, "", format!("{base}{in_config}")));
            }
        }
        // The values of one configuration are one set: this file's, then with those of its splits.
        let label = format!("resources of {package}{in_config}");
        scopes.push(Scope {
            class: ScopeClass::Type,
            id: ScopeId::Named(format!("android table {} {package} {config}", self.address)),
            order: Some(u64::from(id) << 32 | u64::from(place)),
            label: label.clone(),
        });
        scopes.push(Scope {
            class: ScopeClass::Type,
            id: ScopeId::Named(format!("android resources {package} {config}")),
            order: None,
            label,
        });
        scopes.push(package_scope(package));
        scopes.extend(self.app.clone());
        Site { name: format!("{full}{in_config}"), key, role: None, scopes }
    }
}

/// Whether an attribute only says where a value is shown: `android:text`. Words for such places
/// would speak against a secret.
pub(super) fn says_nothing(attribute: &str) -> bool {
    matches!(attribute.rsplit(':').next(), Some("text" | "hint" | "tag" | "value" | "defaultValue"))
}

/// The name of a table's own, not one that `aapt2` gave to all.
pub(super) fn own_name(name: String) -> Option<String> {
    Some(name).filter(|name| !name.is_empty() && name != COLLAPSED)
}

/// The quantity of a plural by the name in its bag (`ResTable_map`), or as `Plural.Arity` less six.
pub(super) fn quantity(name: u32) -> Option<&'static str> {
    Some(match name {
        0x0100_0004 => "other",
        0x0100_0005 => "zero",
        0x0100_0006 => "one",
        0x0100_0007 => "two",
        0x0100_0008 => "few",
        0x0100_0009 => "many",
        _ => return None,
    })
}
