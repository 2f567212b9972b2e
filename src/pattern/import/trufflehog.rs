//! Custom detectors of trufflehog: YAML, expressions of RE2, one or several by name.

use super::Imported;
use super::regex::Secret;
use super::rule::Rule;
use super::tree::{Node, Value};
use crate::finding::Severity;
use crate::pattern::schema::{RawExcept, RawOnly, Target};

const DETECTOR: &[&str] = &[
    "name",
    "description",
    "keywords",
    "regex",
    "verify",
    "exclude_words",
    "exclude_regexes_capture",
    "exclude_regexes_match",
    "entropy",
    "primary_regex_name",
    "validations",
];

/// Reads all detectors of the tree.
pub fn read(tree: &Node, out: &mut Imported<'_>) -> Result<(), (usize, String)> {
    for (key, value) in tree.keys() {
        if key != "detectors" {
            out.note(value.line, "", format!("`{key}` is not honoured: only `detectors` are read"));
        }
    }
    tree.get("detectors").map_or(&[][..], Node::list).iter().try_for_each(|node| detector(node, out))
}

fn detector(node: &Node, out: &mut Imported<'_>) -> Result<(), (usize, String)> {
    let id = node.text_of("name")?.unwrap_or("").to_owned();
    if id.is_empty() {
        return Err((node.line, "a detector needs a `name`".into()));
    }
    out.note_unknown(node, &id, DETECTOR);
    out.note_keys(
        node,
        &id,
        &[("verify", "values are not sent to endpoints of rules: see `keysift verify`")],
    );
    let regexes: Vec<(&str, &Node)> = match node.get("regex").map(|regex| (regex, &regex.value)) {
        Some((_, Value::Map(_))) => node.get("regex").into_iter().flat_map(Node::keys).collect(),
        Some((one, _)) => vec![("regex", one)],
        None => Vec::new(),
    };
    let primary = node.text_of("primary_regex_name")?;
    let Some((name, regex)) = primary_of(&regexes, primary) else {
        out.note(node.line, &id, "left out: it has no `regex`");
        return Ok(());
    };
    if primary.is_some_and(|primary| primary != name) {
        out.note(node.line, &id, format!("`primary_regex_name` names no expression; {name} is taken"));
    }
    if regexes.len() > 1 {
        let others: Vec<&str> = regexes.iter().map(|(n, _)| *n).filter(|n| *n != name).collect();
        let what = format!(
            "only {name} is reported; whether {} stands near is not asked, and more is found",
            others.join(" or ")
        );
        out.note(node.line, &id, what);
    }
    let Some(text) = regex.text() else {
        return Err((regex.line, "`regex` must be expressions by name".into()));
    };
    let only = validations(node, name, &id, out);
    let except = exceptions(node, &id, out)?;
    out.add(Rule {
        node,
        name: node.text_of("description")?.unwrap_or(&id).to_owned(),
        regex: text.trim().to_owned(),
        secret: Secret::First,
        entropy: node.number_of("entropy")?.unwrap_or(0.0),
        keywords: node.texts_of("keywords")?,
        confidence: 80,
        severity: Severity::High,
        reference: None,
        only,
        except,
        examples: Vec::new(),
        id,
    });
    Ok(())
}

/// The expression whose match is the secret: the one that is said to be, or is named like one, or the first.
fn primary_of<'n>(regexes: &[(&'n str, &'n Node)], primary: Option<&str>) -> Option<(&'n str, &'n Node)> {
    let said = regexes.iter().find(|(name, _)| Some(*name) == primary);
    let is_like_one = |name: &str| {
        let name = name.to_ascii_lowercase();
        ["secret", "token", "password", "key"].iter().any(|word| name.contains(word)) && !name.ends_with("id")
    };
    said.or_else(|| regexes.iter().find(|(name, _)| is_like_one(name))).or(regexes.first()).copied()
}

/// What is asked of the characters of the primary expression's match.
fn validations(node: &Node, name: &str, id: &str, out: &mut Imported<'_>) -> RawOnly {
    const KNOWN: &[&str] =
        &["contains_digit", "contains_lowercase", "contains_uppercase", "contains_special_char"];
    let Some(asked) = node.get("validations").and_then(|all| all.get(name)) else {
        return RawOnly::default();
    };
    out.note_unknown(asked, id, KNOWN);
    let least = |key: &str| usize::from(asked.is(key));
    RawOnly {
        digits: least("contains_digit"),
        lower: least("contains_lowercase"),
        upper: least("contains_uppercase"),
        special: least("contains_special_char"),
        ..RawOnly::default()
    }
}

fn exceptions(node: &Node, id: &str, out: &mut Imported<'_>) -> Result<Vec<RawExcept>, (usize, String)> {
    let mut all = Vec::new();
    let words: Vec<String> = node.texts_of("exclude_words")?.into_iter().filter(|w| !w.is_empty()).collect();
    if !words.is_empty() {
        all.push(RawExcept { words, ..RawExcept::default() });
    }
    for (key, target) in
        [("exclude_regexes_capture", Target::Value), ("exclude_regexes_match", Target::Match)]
    {
        let regex: Vec<String> =
            node.texts_of(key)?.iter().filter_map(|source| out.condition(source, node, id, key)).collect();
        if !regex.is_empty() {
            all.push(RawExcept { regex, target, ..RawExcept::default() });
        }
    }
    Ok(all)
}
