//! Providers: the short way to write the kinds of token of one service. Each becomes plain
//! `[[pattern]]` tables, whose texts are composed from what the provider says.
//!
//! `build.rs` reads this file too, so it knows nothing of the rest of the crate.

use toml::{Table, Value};

/// The `[[pattern]]` tables, and the `[[group]]` table if there is one, that a `[[provider]]` table stands
/// for.
pub struct Expanded {
    /// One for each kind.
    pub patterns: Vec<Table>,
    /// The credential of two parts.
    pub group: Option<Table>,
}

const PROVIDER_KEYS: &[&str] =
    &["id", "name", "near", "weak", "opens", "console", "reference", "pair", "kinds"];
const KIND_KEYS: &[&str] = &[
    "id",
    "name",
    "form",
    "prefix",
    "alone",
    "near",
    "weak",
    "severity",
    "confidence",
    "class",
    "check",
    "decode",
    "opens",
    "console",
    "reference",
    "examples",
    "not",
    "ignore_case",
    "broad",
    "part",
];

/// Reads a `[[provider]]` table.
pub fn expand(provider: &Table) -> Result<Expanded, String> {
    let id = text(provider, "id")?;
    let fail = |what: String| format!("provider {id}: {what}");
    unknown(provider, PROVIDER_KEYS).map_err(fail)?;
    let name = text(provider, "name").map_err(fail)?;
    let kinds =
        provider.get("kinds").and_then(Value::as_array).ok_or_else(|| fail("needs `kinds`".into()))?;
    let mut patterns = Vec::with_capacity(kinds.len());
    for kind in kinds {
        let kind = kind.as_table().ok_or_else(|| fail("a kind is a table".into()))?;
        unknown(kind, KIND_KEYS).map_err(fail)?;
        patterns.push(pattern(provider, id, name, kind).map_err(fail)?);
    }
    let group = match provider.get("pair") {
        None => None,
        Some(pair) => {
            let pair = pair.as_table().ok_or_else(|| fail("`pair` is `{ id, secret }`".into()))?;
            Some(self::pair(id, name, provider, pair, &mut patterns).map_err(fail)?)
        }
    };
    Ok(Expanded { patterns, group })
}

/// Marks the two halves and makes the group they belong to.
fn pair(
    id: &str,
    name: &str,
    provider: &Table,
    pair: &Table,
    patterns: &mut [Table],
) -> Result<Table, String> {
    unknown(pair, &["id", "secret", "severity"])?;
    let of = format!("{id}.credentials");
    let mut names = Vec::new();
    for role in ["id", "secret"] {
        let kind = text(pair, role)?;
        let full = format!("{id}.{kind}");
        let is_it = |p: &&mut Table| p.get("id").and_then(Value::as_str) == Some(full.as_str());
        let half = patterns.iter_mut().find(is_it).ok_or_else(|| format!("`pair` names no kind {kind:?}"))?;
        let part = Table::from_iter([
            ("of".to_owned(), Value::from(of.as_str())),
            ("role".to_owned(), Value::from(role)),
        ]);
        half.insert("part".into(), Value::Table(part));
        let half = half.get("name").and_then(Value::as_str).unwrap_or_default();
        names.push(half.strip_prefix(name).unwrap_or(half).trim().to_owned());
    }
    let severity = pair.get("severity").and_then(Value::as_str).unwrap_or("critical");
    let subject = names.join(" and ");
    let opens = provider.get("opens").and_then(Value::as_str).unwrap_or("its API");
    Ok(table([
        ("id", of),
        ("name", format!("{name} {subject}")),
        ("severity", severity.to_owned()),
        ("why", format!("The {subject} of {name} belong together: whoever has both can use {opens}.")),
        ("fix", fix(provider, provider, name)),
        ("reference", reference(provider, provider, name)),
    ]))
}

fn pattern(provider: &Table, id: &str, name: &str, kind: &Table) -> Result<Table, String> {
    let own = text(kind, "id")?;
    let full = format!("{id}.{own}");
    let severity = text(kind, "severity").map_err(|what| format!("{full}: {what}"))?;
    let title = kind.get("name").and_then(Value::as_str).map_or_else(|| words(own), str::to_owned);
    let class = if severity == "info" { "config" } else { "credential" };
    let mut out = table([
        ("id", full.clone()),
        ("name", format!("{name} {title}")),
        ("class", class.to_owned()),
        ("severity", severity.to_owned()),
        ("why", why(provider, kind, name, &title, severity)),
        ("fix", fix(provider, kind, name)),
        ("reference", reference(provider, kind, name)),
    ]);
    for key in ["class", "confidence", "check", "decode", "examples", "not", "ignore_case", "broad", "part"] {
        if let Some(value) = kind.get(key) {
            out.insert(key.into(), value.clone());
        }
    }
    for key in ["near", "weak"] {
        let mut all = strings(provider, key)?;
        for word in strings(kind, key)? {
            if !all.contains(&word) {
                all.push(word);
            }
        }
        if all.is_empty() {
            continue;
        }
        if key == "near" {
            all.extend(spoken(name, &all));
        }
        out.insert(key.into(), Value::from(all));
    }
    let forms = strings(kind, "form")?;
    let prefixes = strings(kind, "prefix")?;
    let is_alone = kind.get("alone").and_then(Value::as_bool).unwrap_or(false);
    if is_alone && prefixes.is_empty() {
        return Err(format!("{full}: only what has a `prefix` can stand `alone`"));
    }
    if is_alone {
        out.insert("prefix".into(), Value::from(prefixes));
        out.insert("form".into(), Value::from(forms));
    } else if prefixes.is_empty() {
        out.insert("form".into(), Value::from(forms));
    } else {
        let both =
            |prefix: &String| forms.iter().map(|form| format!("'{prefix}' {form}")).collect::<Vec<_>>();
        out.insert("form".into(), Value::from(prefixes.iter().flat_map(both).collect::<Vec<_>>()));
    }
    Ok(out)
}

/// The names of a provider that people write in prose, which are of several words: `Alpha Vantage`. Those of one word may be
/// common words, and are named in the tables.
fn spoken(name: &str, known: &[String]) -> Vec<String> {
    let joined = |word: &str| word.replace([' ', '-', '_'], "").to_ascii_lowercase();
    let is_name = |part: &&str| {
        let words = part.split(' ').filter(|w| w.len() > 1 && w.bytes().all(|b| b.is_ascii_alphanumeric()));
        words.clone().count() >= 2
            && words.count() == part.split(' ').count()
            && part.starts_with(|c: char| c.is_ascii_uppercase())
            && part.len() >= 9
            && known.iter().all(|word| joined(word) != joined(part))
    };
    let parts = name.split(" (").next().unwrap_or_default().split(" / ").map(str::trim);
    parts.filter(is_name).map(str::to_ascii_lowercase).collect()
}

fn why(provider: &Table, kind: &Table, name: &str, title: &str, severity: &str) -> String {
    let opens = kind.get("opens").or_else(|| provider.get("opens")).and_then(Value::as_str);
    match (severity, opens) {
        ("info", _) => {
            format!("A public value: the {title} says which {name} account or project this artifact uses.")
        }
        (_, Some(opens)) => format!("Whoever holds this {title} of {name} can use {opens}."),
        ("critical", None) => {
            format!(
                "Whoever holds this {title} of {name} acts as its owner: data, money or machines behind that API are theirs."
            )
        }
        ("low", None) => {
            format!("Whoever holds this {title} of {name} can call its API on the owner's quota and bill.")
        }
        _ => format!(
            "Whoever holds this {title} of {name} can call its API as its owner, within what the key may do."
        ),
    }
}

fn fix(provider: &Table, kind: &Table, name: &str) -> String {
    let console = kind.get("console").or_else(|| provider.get("console")).and_then(Value::as_str);
    let place =
        console.map_or_else(|| format!("in the account settings of {name}"), |url| format!("at {url}"));
    format!(
        "Revoke it {place}, make a new one, and read that at run time from a secret store or the environment."
    )
}

fn reference(provider: &Table, kind: &Table, name: &str) -> String {
    let said = kind.get("reference").or_else(|| provider.get("reference")).and_then(Value::as_str);
    said.map_or_else(
        || format!("{name} documentation, authentication (form from memory, not checked against its pages)"),
        str::to_owned,
    )
}

/// `api-key` as it is written in a sentence: `API key`.
fn words(kind: &str) -> String {
    let word = |word: &str| match word {
        "api" | "id" | "url" | "jwt" | "sdk" | "dsn" | "ip" | "smtp" | "sms" | "ssh" | "pos" | "crc"
        | "im" | "http" | "hmac" | "sts" | "ci" | "rest" | "cma" | "otx" | "sid" => word.to_ascii_uppercase(),
        "pat" => "personal access token".to_owned(),
        "oauth" => "OAuth".to_owned(),
        _ => word.to_owned(),
    };
    kind.split('-').map(word).collect::<Vec<_>>().join(" ")
}

fn unknown(table: &Table, known: &[&str]) -> Result<(), String> {
    match table.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(format!("unknown key `{key}`: the keys are {}", known.join(", "))),
        None => Ok(()),
    }
}

fn table<const N: usize>(pairs: [(&str, String); N]) -> Table {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), Value::from(value))).collect()
}

fn text<'t>(table: &'t Table, key: &str) -> Result<&'t str, String> {
    table.get(key).and_then(Value::as_str).ok_or_else(|| format!("needs `{key}`, a text"))
}

/// The texts of `key`: one or a list.
fn strings(table: &Table, key: &str) -> Result<Vec<String>, String> {
    match table.get(key) {
        None => Ok(Vec::new()),
        Some(Value::String(one)) => Ok(vec![one.clone()]),
        Some(Value::Array(all)) => all
            .iter()
            .map(|one| one.as_str().map(str::to_owned).ok_or_else(|| format!("`{key}` is a list of texts")))
            .collect(),
        Some(_) => Err(format!("`{key}` is a text or a list of texts")),
    }
}
