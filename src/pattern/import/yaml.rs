//! Rules of noseyparker and kingfisher: YAML, expressions of vectorscan and Rust.

use super::Imported;
use super::regex::Secret;
use super::rule::Rule;
use super::tree::Node;
use crate::finding::Severity;
use crate::pattern::schema::{RawExcept, RawOnly};

const FILE: &[&str] = &["rules", "rulesets"];
const RULE: &[&str] = &[
    "name",
    "id",
    "pattern",
    "description",
    "examples",
    "negative_examples",
    "references",
    "categories",
    "prevalidated",
    "tls_mode",
    "tags",
];
/// Keys of rules that only kingfisher has, by which its files are told from those of noseyparker.
pub(super) const OF_KINGFISHER: &[&str] = &[
    "min_entropy",
    "confidence",
    "visible",
    "validation",
    "revocation",
    "depends_on_rule",
    "pattern_requirements",
];
const NOT_HONOURED: &[(&str, &str)] = &[
    ("validation", "values are not validated by rules: see `keysift verify`"),
    ("revocation", "nothing is revoked by rules: see `keysift revoke`"),
    ("depends_on_rule", "whether another rule matches is not asked"),
];
const REQUIREMENTS: &[&str] = &[
    "min_digits",
    "min_uppercase",
    "min_lowercase",
    "min_special_chars",
    "special_chars",
    "ignore_if_contains",
    "checksum",
];

/// Reads all rules of the tree.
pub fn read(tree: &Node, out: &mut Imported<'_>) -> Result<(), (usize, String)> {
    out.note_unknown(tree, "", FILE);
    if let Some(sets) = tree.get("rulesets") {
        out.note_minor(sets.line, "", "`rulesets` is not honoured: all rules of a file are searched for");
    }
    tree.get("rules").map_or(&[][..], Node::list).iter().try_for_each(|node| rule(node, out))
}

fn rule(node: &Node, out: &mut Imported<'_>) -> Result<(), (usize, String)> {
    let id = node.text_of("id")?.or(node.text_of("name")?).unwrap_or("").to_owned();
    if id.is_empty() {
        return Err((node.line, "a rule needs an `id`".into()));
    }
    out.note_unknown(node, &id, &[RULE, OF_KINGFISHER].concat());
    if node.is_not("visible") {
        out.note(node.line, &id, "left out: `visible: false` says that it is not reported");
        return Ok(());
    }
    out.note_keys(node, &id, NOT_HONOURED);
    let Some(pattern) = node.text_of("pattern")?.filter(|pattern| !pattern.trim().is_empty()) else {
        out.note(node.line, &id, "left out: it has no `pattern`");
        return Ok(());
    };
    let (confidence, severity) = match node.text_of("confidence")?.unwrap_or("medium") {
        "low" => (60, Severity::Medium),
        "high" => (90, Severity::High),
        "medium" => (80, Severity::High),
        other => return Err((node.line, format!("`confidence` is low, medium or high, found {other:?}"))),
    };
    let (only, except) = requirements(node, &id, out)?;
    let mut examples = Vec::new();
    for (key, wanted) in [("examples", true), ("negative_examples", false)] {
        for example in node.get(key).map_or(&[][..], Node::list) {
            let text = example.text().ok_or((example.line, format!("`{key}` must be a list of texts")))?;
            examples.push((example.line, text.to_owned(), wanted));
        }
    }
    let name = node.text_of("name")?.unwrap_or(&id).to_owned();
    out.add(Rule {
        node,
        name,
        // A block of YAML ends with a line end that belongs to no expression.
        regex: pattern.trim_end_matches('\n').to_owned(),
        secret: Secret::First,
        entropy: node.number_of("min_entropy")?.unwrap_or(0.0),
        keywords: Vec::new(),
        confidence,
        severity,
        reference: node.texts_of("references")?.into_iter().next(),
        only,
        except,
        examples,
        id,
    });
    Ok(())
}

/// What kingfisher asks of the secret's characters.
fn requirements(
    node: &Node,
    id: &str,
    out: &mut Imported<'_>,
) -> Result<(RawOnly, Vec<RawExcept>), (usize, String)> {
    let Some(asked) = node.get("pattern_requirements") else { return Ok((RawOnly::default(), Vec::new())) };
    out.note_unknown(asked, id, REQUIREMENTS);
    out.note_keys(asked, id, &[("checksum", "templates are not evaluated, and more is found")]);
    let only = RawOnly {
        digits: asked.number_of("min_digits")?.unwrap_or(0),
        upper: asked.number_of("min_uppercase")?.unwrap_or(0),
        lower: asked.number_of("min_lowercase")?.unwrap_or(0),
        special: asked.number_of("min_special_chars")?.unwrap_or(0),
        specials: asked.text_of("special_chars")?.map(str::to_owned),
        ..RawOnly::default()
    };
    let words: Vec<String> =
        asked.texts_of("ignore_if_contains")?.into_iter().filter(|word| !word.is_empty()).collect();
    let except =
        if words.is_empty() { Vec::new() } else { vec![RawExcept { words, ..RawExcept::default() }] };
    Ok((only, except))
}
