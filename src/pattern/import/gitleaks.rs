//! Rules of gitleaks and betterleaks: TOML, expressions of RE2.

use super::Imported;
use super::regex::Secret;
use super::rule::Rule;
use super::tree::Node;
use crate::finding::Severity;
use crate::pattern::schema::{RawExcept, RawOnly, Target};

const FILE: &[&str] = &[
    "title",
    "description",
    "minVersion",
    "betterleaksMinVersion",
    "extend",
    "rules",
    "allowlist",
    "allowlists",
    "prefilter",
    "filter",
    "validate",
];
const RULE: &[&str] = &[
    "id",
    "description",
    "regex",
    "secretGroup",
    "entropy",
    "keywords",
    "path",
    "tags",
    "skipReport",
    "required",
    "allowlist",
    "allowlists",
    "prefilter",
    "filter",
    "validate",
];
const ALLOW: &[&str] = &[
    "id",
    "description",
    "condition",
    "commits",
    "paths",
    "regexes",
    "regexTarget",
    "stopwords",
    "targetRules",
];
const EXPRESSIONS: &[(&str, &str)] = &[
    ("prefilter", "expressions are not evaluated, and more is found"),
    ("filter", "expressions are not evaluated, and more is found"),
    ("validate", "values are not validated by rules: see `keysift verify`"),
];

/// Reads all rules of the tree.
pub fn read(tree: &Node, out: &mut Imported<'_>) -> Result<(), (usize, String)> {
    out.note_unknown(tree, "", FILE);
    out.note_keys(tree, "", EXPRESSIONS);
    if let Some(extend) = tree.get("extend") {
        if extend.is("useDefault") {
            out.note_minor(
                extend.line,
                "",
                "`extend.useDefault`: the built-in patterns of keysift take their place",
            );
        }
        let others = [
            ("path", "name that file with --patterns too"),
            ("url", "nothing is fetched"),
            ("disabledRules", "it names rules of other files"),
        ];
        out.note_keys(extend, "", &others);
    }
    let mut ids = Vec::new();
    for node in tree.get("rules").map_or(&[][..], Node::list) {
        let before = out.rules.len();
        rule(node, out)?;
        if out.rules.len() > before {
            ids.push((node.text_of("id")?.unwrap_or("").to_owned(), out.rules[before].pattern.id.clone()));
        }
    }
    for node in ["allowlist", "allowlists"].iter().filter_map(|key| tree.get(key)).flat_map(Node::list) {
        let Some(mut except) = allow(node, "", out)? else { continue };
        let targets = node.texts_of("targetRules")?;
        if !targets.is_empty() {
            except.patterns =
                ids.iter().filter(|(id, _)| targets.contains(id)).map(|(_, own)| own.clone()).collect();
            if except.patterns.is_empty() {
                out.note(
                    node.line,
                    "",
                    "the allowlist is left out: none of its `targetRules` is in this file",
                );
                continue;
            }
        }
        out.except.push(except);
    }
    Ok(())
}

fn rule(node: &Node, out: &mut Imported<'_>) -> Result<(), (usize, String)> {
    let id = node.text_of("id")?.unwrap_or("").to_owned();
    if id.is_empty() {
        return Err((node.line, "a rule needs an `id`".into()));
    }
    out.note_unknown(node, &id, RULE);
    let own = [
        EXPRESSIONS[0],
        EXPRESSIONS[1],
        EXPRESSIONS[2],
        ("required", "whether other rules match close by is not asked, and more is found"),
    ];
    out.note_keys(node, &id, &own);
    if node.is("skipReport") {
        out.note(node.line, &id, "left out: `skipReport` says that it is not reported");
        return Ok(());
    }
    let Some(regex) = node.text_of("regex")?.filter(|regex| !regex.is_empty()) else {
        let what = if node.get("path").is_some() {
            "left out: a rule for paths alone finds no secret"
        } else {
            "left out: it has no `regex`"
        };
        out.note(node.line, &id, what);
        return Ok(());
    };
    let secret = match node.number_of::<usize>("secretGroup")? {
        None | Some(0) => Secret::First,
        Some(n) => Secret::Number(n),
    };
    let path = match node.text_of("path")? {
        Some(path) => out.condition(path, node, &id, "path"),
        None => None,
    };
    let mut except = Vec::new();
    for allowed in ["allowlist", "allowlists"].iter().filter_map(|key| node.get(key)).flat_map(Node::list) {
        except.extend(allow(allowed, &id, out)?);
    }
    out.add(Rule {
        node,
        name: node.text_of("description")?.unwrap_or(&id).to_owned(),
        regex: regex.to_owned(),
        secret,
        entropy: node.number_of("entropy")?.unwrap_or(0.0),
        keywords: node.texts_of("keywords")?,
        confidence: 80,
        severity: Severity::High,
        reference: None,
        only: RawOnly { path, ..RawOnly::default() },
        except,
        examples: Vec::new(),
        id,
    });
    Ok(())
}

/// An allowlist; `None` where nothing of it can be honoured.
fn allow(node: &Node, rule: &str, out: &mut Imported<'_>) -> Result<Option<RawExcept>, (usize, String)> {
    out.note_unknown(node, rule, ALLOW);
    let all =
        node.text_of("condition")?.is_some_and(|c| matches!(c.to_ascii_uppercase().as_str(), "AND" | "&&"));
    let target = match node.text_of("regexTarget")?.unwrap_or("secret") {
        "secret" | "" => Target::Value,
        "match" => Target::Match,
        "line" => Target::Line,
        other => return Err((node.line, format!("`regexTarget` is secret, match or line, found {other:?}"))),
    };
    let (paths, regexes) = (node.texts_of("paths")?, node.texts_of("regexes")?);
    let words: Vec<String> = node.texts_of("stopwords")?.into_iter().filter(|w| !w.is_empty()).collect();
    let wanted = [paths.len(), regexes.len()];
    let mut maps = |all: Vec<String>, key| -> Vec<String> {
        all.iter().filter_map(|source| out.condition(source, node, rule, key)).collect()
    };
    let (path, regex) = (maps(paths, "allowlist.paths"), maps(regexes, "allowlist.regexes"));
    let has_commits = node.get("commits").is_some();
    if has_commits {
        out.note(
            node.line,
            rule,
            "`allowlist.commits` is not honoured: a secret is one in whatever commit it stands",
        );
    }
    // Where all conditions must hold, none can be left out.
    let is_cut = has_commits || wanted != [path.len(), regex.len()];
    if all && is_cut || path.is_empty() && regex.is_empty() && words.is_empty() {
        if all && is_cut {
            out.note(node.line, rule, "an allowlist with the condition AND is left out with what it needs");
        }
        return Ok(None);
    }
    Ok(Some(RawExcept { patterns: Vec::new(), all, target, regex, words, path }))
}
