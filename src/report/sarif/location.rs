//! Where a finding stands, in SARIF: the outer artifact by a URI reference with a region, and the place inside it by name.

use super::super::common;
use crate::address::{Address, escape};
use crate::finding::{Finding, Layer, Location};
use serde::ser::{Serialize, SerializeStruct, Serializer};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The region of what has no lines.
pub(super) const START: Region = Region { start: (1, 1), end: (1, 2) };

pub(super) struct Region {
    start: (u32, u32),
    end: (u32, u32),
}

impl Serialize for Region {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut s = serializer.serialize_struct("region", 4)?;
        s.serialize_field("startLine", &self.start.0)?;
        s.serialize_field("startColumn", &self.start.1)?;
        s.serialize_field("endLine", &self.end.0)?;
        s.serialize_field("endColumn", &self.end.1)?;
        s.end()
    }
}

/// Lines and columns only where a reader who opens the artifact will find them.
fn region(site: &Location, finding: &Finding) -> Region {
    let (true, Some(line)) = (site.address.is_artifact(), site.line.filter(|&line| line > 0)) else {
        return START;
    };
    let column = site.column.unwrap_or(1).max(1);
    let value = common::part_at(finding, site).map_or(&[][..], |secret| secret.reveal());
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX).max(1);
    let end = match value.iter().rposition(|&b| b == b'\n') {
        Some(last) => {
            let lines = value.iter().filter(|&&b| b == b'\n').count();
            let line = line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
            (line, length(&value[last + 1..]).saturating_add(1))
        }
        None => (line, column.saturating_add(length(value))),
    };
    Region { start: (line, column), end }
}

pub(super) fn physical(artifact: &Address, region: Value) -> Value {
    json!({"physicalLocation": {"artifactLocation": {"uri": uri(artifact)}, "region": region}})
}

pub(super) fn location(site: &Location, finding: &Finding) -> Value {
    let artifact = site.address.artifact();
    let mut location = physical(artifact, json!(region(site, finding)));

    let address = site.address.to_string();
    let mut names: Vec<&str> = Vec::new();
    // Both are printed the same way, so the one begins with the other.
    if let Some(inner) = address.strip_prefix(&artifact.to_string()).and_then(|a| a.strip_prefix('!')) {
        names.push(inner);
    }
    let author = site.site.as_ref().map(|s| escape(s.as_bytes())).filter(|s| !s.is_empty());
    if let Some(author) = &author {
        names.push(author);
    }
    names.retain(|name| !name.is_empty());
    names.dedup();
    if !names.is_empty() {
        location["logicalLocations"] =
            names.iter().map(|name| json!({"fullyQualifiedName": name})).collect::<Vec<_>>().into();
    }

    let mut properties = json!({
        "address": address,
        "offset": site.offset,
        "role": site.role.name(),
    });
    if let Some(author) = &author {
        properties["site"] = author.as_str().into();
    }
    if !site.decoded.is_empty() {
        properties["decoded"] = site.decoded.iter().map(|e| e.name()).collect::<Vec<_>>().into();
    }
    if let Some(layer) = &site.layer {
        properties["layer"] = layer_properties(layer);
    }
    location["properties"] = properties;
    location
}

/// The members of a layer that are known, named as in JSON.
fn layer_properties(layer: &Layer) -> Value {
    let mut properties = json!({"digest": escape(layer.digest.as_bytes()), "number": layer.number});
    let known = [
        ("image", &layer.image),
        ("created_by", &layer.created_by),
        ("deleted_in_layer", &layer.deleted_in_layer),
        ("overwritten_in_layer", &layer.overwritten_in_layer),
    ];
    for (name, value) in known {
        if let Some(value) = value.as_ref().filter(|value| !value.is_empty()) {
            properties[name] = escape(value.as_bytes()).into();
        }
    }
    properties
}

/// The path of an artifact as a URI reference: relative paths stay relative, absolute ones become
/// `file:` URIs, and every byte that is not plainly part of a path is escaped.
fn uri(artifact: &Address) -> String {
    let mut path = artifact.inner_path();
    while let Some(rest) = path.strip_prefix(b"./") {
        path = rest;
    }
    let mut uri = String::with_capacity(path.len() + 8);
    if path.starts_with(b"/") {
        uri.push_str("file://");
        let slashes = path.iter().take_while(|&&b| b == b'/').count();
        path = &path[slashes - 1..];
    } else if let Some(scheme) = [&b"https://"[..], b"http://"].iter().find(|s| path.starts_with(s)) {
        uri.push_str(&String::from_utf8_lossy(scheme));
        path = &path[scheme.len()..];
        // Host and port are as they were asked for.
        let (host, rest) = path.split_at(path.iter().position(|&b| b == b'/').unwrap_or(path.len()));
        uri.push_str(&String::from_utf8_lossy(host));
        path = rest;
    } else if let [drive, b':', b'/', ..] = path
        && drive.is_ascii_alphabetic()
    {
        uri.push_str("file:///");
        uri.push(char::from(*drive));
        uri.push(':');
        path = &path[2..];
    }
    for &byte in path {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    if uri.is_empty() { "unknown".into() } else { uri }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn paths_become_uri_references() {
        for (path, expected) in [
            ("dist/app.apk", "dist/app.apk"),
            ("./././dist/my app.apk", "dist/my%20app.apk"),
            ("../up.txt", "../up.txt"),
            ("a:b", "a%3Ab"),
            ("/tmp/x#y?z%", "file:///tmp/x%23y%3Fz%25"),
            ("//host/x", "file:///host/x"),
            ("C:/Users/x y", "file:///C:/Users/x%20y"),
            ("é\u{202e}\n", "%C3%A9%E2%80%AE%0A"),
            ("<stdin>", "%3Cstdin%3E"),
            ("", "unknown"),
            ("./", "unknown"),
        ] {
            assert_eq!(uri(&Address::file(Path::new(path))), expected, "{path:?}");
        }
    }
}
