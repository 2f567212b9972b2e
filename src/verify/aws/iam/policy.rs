//! Policy documents, read leniently.
//!
//! IAM accepts a statement or a list of them, a string or a list of strings, and returns documents
//! percent-encoded or as JSON. What is not understood is left out statement by statement and named in
//! [`Document::not_understood`]: an Allow nobody can read grants nothing, and a Deny nobody can read
//! does not talk a level down.

use super::condition::Clause;
use serde_json::Value;

/// Longest document that is read; IAM's own limit is a hundredth of it.
pub const MAX_DOCUMENT: usize = 1 << 20;
const MAX_STATEMENTS: usize = 2_000;
const MAX_VALUES: usize = 5_000;
const MAX_NOTES: usize = 20;

/// A parsed policy document.
#[derive(Debug, Clone, Default)]
pub struct Document {
    /// The statements that were understood.
    pub statements: Vec<Statement>,
    /// What was not, in words.
    pub not_understood: Vec<String>,
}

/// What a statement does when it applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Grants.
    Allow,
    /// Forbids, whatever else grants.
    Deny,
}

/// One statement.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Its `Sid`, when it has one.
    pub sid: Option<String>,
    /// Allow or Deny.
    pub effect: Effect,
    /// `Action` or `NotAction`.
    pub actions: List,
    /// `Resource` or `NotResource`; a trust policy has none.
    pub resources: Option<List>,
    /// `Principal` or `NotPrincipal`; identity policies have none.
    pub principals: Option<Principals>,
    /// All of these must hold.
    pub conditions: Vec<Clause>,
    /// Whether `${…}` is a variable: only in version 2012-10-17.
    pub variables: bool,
}

/// A list of patterns, or everything but them.
#[derive(Debug, Clone, Default)]
pub struct List {
    /// `Not…`: everything but the patterns.
    pub not: bool,
    /// The patterns as written.
    pub patterns: Vec<String>,
}

/// Whom a resource or trust policy speaks of.
#[derive(Debug, Clone, Default)]
pub struct Principals {
    /// `NotPrincipal`.
    pub not: bool,
    /// `*`, or `AWS` with `*`.
    pub everyone: bool,
    /// ARNs, account numbers and unique ids.
    pub aws: Vec<String>,
    /// Service names.
    pub services: Vec<String>,
    /// Identity providers.
    pub federated: Vec<String>,
}

impl Document {
    /// Reads a document from a JSON value: an object, or a string that holds one.
    pub fn from_value(value: &Value) -> Self {
        match value {
            Value::String(text) => Self::from_text(text),
            Value::Object(_) => {
                let mut out = Self::default();
                out.read(value);
                out
            }
            other => Self::nothing(format!("a policy document is {}, not an object", kind(other))),
        }
    }

    /// Reads a document from text, percent-encoded or plain.
    pub fn from_text(text: &str) -> Self {
        if text.len() > MAX_DOCUMENT {
            return Self::nothing(format!(
                "a policy document of {} bytes is over the limit of {MAX_DOCUMENT}",
                text.len()
            ));
        }
        let trimmed = text.trim_start();
        let decoded;
        let text = if trimmed.starts_with('%') {
            decoded = percent_decode(trimmed);
            decoded.as_str()
        } else {
            trimmed
        };
        match serde_json::from_str::<Value>(text) {
            Ok(value @ Value::Object(_)) => {
                let mut out = Self::default();
                out.read(&value);
                out
            }
            Ok(other) => Self::nothing(format!("a policy document is {}, not an object", kind(&other))),
            Err(error) => Self::nothing(format!(
                "a policy document is not JSON: line {}, column {}",
                error.line(),
                error.column()
            )),
        }
    }

    fn nothing(why: String) -> Self {
        Self { statements: Vec::new(), not_understood: vec![why] }
    }

    fn doubt(&mut self, why: String) {
        if self.not_understood.len() < MAX_NOTES {
            self.not_understood.push(why);
        }
    }

    fn read(&mut self, value: &Value) {
        let variables = match field(value, "Version") {
            Some(Value::String(version)) if version == "2012-10-17" => true,
            None => false,
            Some(Value::String(version)) if version == "2008-10-17" => false,
            Some(_) => {
                self.doubt("an unknown policy version".to_owned());
                return;
            }
        };
        let list = match field(value, "Statement") {
            Some(Value::Array(list)) => list.as_slice(),
            Some(one @ Value::Object(_)) => std::slice::from_ref(one),
            Some(other) => {
                self.doubt(format!("Statement is {}", kind(other)));
                return;
            }
            None => {
                self.doubt("no Statement".to_owned());
                return;
            }
        };
        if list.len() > MAX_STATEMENTS {
            self.doubt(format!("{} statements, the first {MAX_STATEMENTS} are read", list.len()));
        }
        for (at, entry) in list.iter().take(MAX_STATEMENTS).enumerate() {
            match Statement::read(entry, variables) {
                Ok(statement) => self.statements.push(statement),
                Err(why) => self.doubt(format!("statement {}: {why}", at + 1)),
            }
        }
    }
}

impl Statement {
    fn read(value: &Value, variables: bool) -> Result<Self, String> {
        let Value::Object(map) = value else {
            return Err(format!("is {}", kind(value)));
        };
        for key in map.keys() {
            let known = [
                "sid",
                "effect",
                "action",
                "notaction",
                "resource",
                "notresource",
                "principal",
                "notprincipal",
                "condition",
            ];
            if !known.contains(&key.to_ascii_lowercase().as_str()) {
                return Err(format!("unknown element {}", short(key)));
            }
        }
        let effect = match field(value, "Effect") {
            Some(Value::String(text)) if text == "Allow" => Effect::Allow,
            Some(Value::String(text)) if text == "Deny" => Effect::Deny,
            Some(Value::String(text)) => return Err(format!("unknown effect {}", short(text))),
            _ => return Err("no effect".to_owned()),
        };
        let actions = match (field(value, "Action"), field(value, "NotAction")) {
            (Some(list), None) => List { not: false, patterns: strings(list, "Action")? },
            (None, Some(list)) => List { not: true, patterns: strings(list, "NotAction")? },
            (Some(_), Some(_)) => return Err("both Action and NotAction".to_owned()),
            (None, None) => return Err("no Action".to_owned()),
        };
        let resources = match (field(value, "Resource"), field(value, "NotResource")) {
            (Some(list), None) => Some(List { not: false, patterns: strings(list, "Resource")? }),
            (None, Some(list)) => Some(List { not: true, patterns: strings(list, "NotResource")? }),
            (Some(_), Some(_)) => return Err("both Resource and NotResource".to_owned()),
            (None, None) => None,
        };
        let principals = match (field(value, "Principal"), field(value, "NotPrincipal")) {
            (Some(who), None) => Some(Principals::read(who, false)?),
            (None, Some(who)) => Some(Principals::read(who, true)?),
            (Some(_), Some(_)) => return Err("both Principal and NotPrincipal".to_owned()),
            (None, None) => None,
        };
        let conditions = match field(value, "Condition") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Object(block)) => {
                let mut out = Vec::new();
                for (operator, keys) in block {
                    let Value::Object(keys) = keys else {
                        return Err(format!("condition {} is {}", short(operator), kind(keys)));
                    };
                    for (key, values) in keys {
                        out.push(Clause::new(operator, key, strings(values, "condition")?)?);
                    }
                }
                out
            }
            Some(other) => return Err(format!("Condition is {}", kind(other))),
        };
        let sid = match field(value, "Sid") {
            Some(Value::String(text)) => Some(short(text)),
            _ => None,
        };
        Ok(Self { sid, effect, actions, resources, principals, conditions, variables })
    }
}

impl List {
    /// Whether an action is in the list.
    pub fn has_action(&self, action: &str) -> bool {
        self.patterns.iter().any(|pattern| super::matching::action(pattern, action)) != self.not
    }
}

impl Principals {
    fn read(value: &Value, not: bool) -> Result<Self, String> {
        let mut out = Self { not, ..Self::default() };
        match value {
            Value::String(text) if text == "*" => out.everyone = true,
            Value::Object(map) => {
                for (kind, list) in map {
                    let list = strings(list, "Principal")?;
                    match kind.as_str() {
                        "AWS" => {
                            out.everyone |= list.iter().any(|p| p == "*");
                            out.aws.extend(list.into_iter().filter(|p| p != "*"));
                        }
                        "Service" => out.services.extend(list),
                        "Federated" => out.federated.extend(list),
                        "CanonicalUser" => {}
                        other => return Err(format!("unknown principal kind {}", short(other))),
                    }
                }
            }
            other => return Err(format!("Principal is {}", self::kind(other))),
        }
        Ok(out)
    }
}

/// A field by its name; IAM takes element names in any case.
pub(super) fn field<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let map = value.as_object()?;
    map.get(name)
        .or_else(|| map.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

fn strings(value: &Value, what: &str) -> Result<Vec<String>, String> {
    let one = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(flag) => Ok(flag.to_string()),
        Value::Number(number) => Ok(number.to_string()),
        other => Err(format!("{what} holds {}", kind(other))),
    };
    match value {
        Value::Array(list) if list.len() > MAX_VALUES => Err(format!("{what} holds {} values", list.len())),
        Value::Array(list) => list.iter().map(one).collect(),
        other => Ok(vec![one(other)?]),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// At most 80 characters of a hostile name.
pub(super) fn short(text: &str) -> String {
    text.chars().take(80).collect()
}

/// Undoes percent-encoding; what is no escape stays.
pub fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    let hex = |b: Option<&u8>| b.and_then(|b| (*b as char).to_digit(16));
    while let Some(&byte) = bytes.get(at) {
        if byte == b'%'
            && let (Some(high), Some(low)) = (hex(bytes.get(at + 1)), hex(bytes.get(at + 2)))
        {
            out.push((high * 16 + low) as u8);
            at += 3;
            continue;
        }
        out.push(byte);
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn shapes() {
        let one = Document::from_value(
            &json!({"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}),
        );
        assert_eq!(one.statements.len(), 1);
        assert!(!one.statements[0].variables);
        let text = Document::from_text(
            "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Deny%22%2C%22NotAction%22%3A%5B%22a%3Ab%22%5D%2C%22Resource%22%3A%22%2A%22%7D%5D%7D",
        );
        assert_eq!(text.statements.len(), 1);
        assert!(text.statements[0].variables && text.statements[0].actions.not);
        let values = Document::from_value(
            &json!({"Statement": [{"Effect": "Allow", "Action": ["s3:*"], "Resource": ["*"],
            "Condition": {"Bool": {"aws:SecureTransport": true}, "NumericLessThan": {"aws:MultiFactorAuthAge": 3600}}}]}),
        );
        assert_eq!(values.statements[0].conditions.len(), 2);
    }

    #[test]
    fn what_is_not_understood_is_named_and_grants_nothing() {
        for bad in [
            json!([]),
            json!("{"),
            json!({}),
            json!({"Statement": 7}),
            json!({"Statement": [{"Effect": "allow", "Action": "*", "Resource": "*"}]}),
            json!({"Statement": [{"Effect": "Allow", "Action": {"a": 1}, "Resource": "*"}]}),
            json!({"Statement": [{"Effect": "Allow", "Action": "*", "NotAction": "*", "Resource": "*"}]}),
            json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Odd": {"a": "b"}}}]}),
            json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Surprise": 1}]}),
        ] {
            let document = Document::from_value(&bad);
            assert!(document.statements.is_empty(), "{bad}");
            assert_eq!(document.not_understood.len(), 1, "{bad}");
        }
    }

    #[test]
    fn deep_nesting_is_refused() {
        let text = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(Document::from_text(&text).statements.is_empty());
        assert!(Document::from_text(&" ".repeat(MAX_DOCUMENT + 1)).statements.is_empty());
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,200}") {
            let _ = Document::from_text(&text);
            let _ = percent_decode(&text);
        }
    }
}
