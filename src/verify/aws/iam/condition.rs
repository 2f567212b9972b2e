//! Condition clauses: what an operator says of a key whose value is known, absent or open.
//!
//! The truth of a clause depends on the world the key's holder acts in. A [`State::Open`] key has *base*
//! worlds (what anybody with the key alone can bring about) and a *met* world (the environment is as
//! demanded). An Allow that holds in a base world is simply true, one that holds only in the met world
//! waits; a Deny that some base world avoids does not count, one that only the met world avoids waits
//! as well. What waits becomes a [`Requirement`].

use super::matching;
use super::operator::{Operator, covers_all_v4};
use super::requirement::{Kind, Requirement};

/// One key of one operator.
#[derive(Debug, Clone)]
pub struct Clause {
    /// `ForAllValues` or `ForAnyValue`.
    quantifier: Option<Quantifier>,
    operator: Operator,
    if_exists: bool,
    /// The key, in lower case up to the first slash (tag names keep their case).
    pub key: String,
    /// The values as written.
    pub values: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quantifier {
    All,
    Any,
}

/// What is known of a key.
#[derive(Debug, Clone)]
pub enum State {
    /// The request carries these values.
    Known(Vec<String>),
    /// The request does not carry it.
    Absent,
    /// Nobody can say yet.
    Open {
        /// What the answer waits for.
        kind: Kind,
        /// Whether the holder or some resource may bring it about, so that it counts for the level.
        counted: bool,
        /// What the holder of the key alone can bring about.
        base: Vec<World>,
        /// What the environment may bring about.
        met: World,
    },
}

/// A value a key may have.
#[derive(Debug, Clone)]
pub enum World {
    /// The key is not sent.
    Absent,
    /// Just these values.
    Values(Vec<String>),
    /// A value that no policy names.
    Unlike,
    /// Whatever is demanded.
    Any,
}

/// A clause judged for one effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// It holds.
    True,
    /// It does not.
    False,
    /// An Allow holds, or a Deny does not, once this is met.
    Waits(Requirement),
}

/// Expands the variables of a policy value; `None` when one has no value.
pub type Expand<'a> = dyn Fn(&str) -> Option<Vec<u8>> + 'a;

impl Clause {
    /// Reads an operator name with its prefix and suffix.
    pub fn new(operator: &str, key: &str, values: Vec<String>) -> Result<Self, String> {
        let lower = operator.to_ascii_lowercase();
        let (quantifier, rest) = match lower.split_once(':') {
            Some(("forallvalues", rest)) => (Some(Quantifier::All), rest),
            Some(("foranyvalue", rest)) => (Some(Quantifier::Any), rest),
            Some(_) => return Err(format!("unknown condition operator {}", super::policy::short(operator))),
            None => (None, lower.as_str()),
        };
        let (name, if_exists) = match rest.strip_suffix("ifexists") {
            Some(name) => (name, true),
            None => (rest, false),
        };
        let operator = Operator::named(name)
            .ok_or_else(|| format!("unknown condition operator {}", super::policy::short(operator)))?;
        if key.is_empty() || key.len() > 600 {
            return Err("a condition key is empty or too long".to_owned());
        }
        Ok(Self { quantifier, operator, if_exists, key: normal_key(key), values })
    }

    /// Judges the clause as part of a statement that allows (`allow`) or denies.
    pub fn judge(&self, state: &State, allow: bool, expand: &Expand<'_>) -> Judgement {
        match state {
            State::Known(values) => truth(self.holds(Some(values), expand)),
            State::Absent => truth(self.holds(None, expand)),
            State::Open { kind, counted, base, met } => {
                let in_base: Vec<Option<bool>> =
                    base.iter().map(|world| self.in_world(world, expand)).collect();
                let in_met = self.in_world(met, expand);
                let wanted = Some(allow);
                if in_base.contains(&wanted) {
                    return truth(allow);
                }
                if in_met == Some(!allow) {
                    return truth(!allow);
                }
                // With no base world only what holds in every world is sure.
                if base.is_empty() && in_met == wanted && (!allow || matches!(met, World::Any)) {
                    return truth(allow);
                }
                Judgement::Waits(Requirement {
                    kind: *kind,
                    counted: *counted,
                    words: self.words(*kind, allow != self.operator.negated()),
                })
            }
        }
    }

    fn in_world(&self, world: &World, expand: &Expand<'_>) -> Option<bool> {
        match world {
            World::Absent => Some(self.holds(None, expand)),
            World::Values(values) => Some(self.holds(Some(values), expand)),
            World::Unlike => Some(match &self.operator {
                Operator::Null => self.values.iter().any(|v| v.eq_ignore_ascii_case("false")),
                operator => self.takes_all() != operator.negated(),
            }),
            World::Any if self.takes_all() => Some(!self.operator.negated()),
            World::Any => {
                // A value whose variable has no value can never be met.
                let resolvable =
                    self.operator == Operator::Null || self.values.iter().any(|v| expand(v).is_some());
                if resolvable { None } else { Some(false) }
            }
        }
    }

    /// Whether the positive form holds for any value at all.
    fn takes_all(&self) -> bool {
        match self.operator {
            Operator::StringLike { .. } | Operator::Arn { .. } => {
                self.values.iter().any(|v| matching::is_everything(v.as_bytes()))
            }
            Operator::Ip { .. } => covers_all_v4(&self.values),
            _ => false,
        }
    }

    /// Whether the clause holds for these values of the key (`None`: absent).
    pub fn holds(&self, values: Option<&[String]>, expand: &Expand<'_>) -> bool {
        if self.operator == Operator::Null {
            return self.values.iter().any(|v| match v.to_ascii_lowercase().as_str() {
                "true" => values.is_none(),
                "false" => values.is_some(),
                _ => false,
            });
        }
        let present = values.filter(|v| !v.is_empty() || self.quantifier.is_none());
        let Some(present) = present else {
            return match self.quantifier {
                Some(Quantifier::All) => true,
                Some(Quantifier::Any) => false,
                None => self.if_exists || self.operator.negated(),
            };
        };
        let wanted: Vec<Vec<u8>> = self.values.iter().filter_map(|v| expand(v)).collect();
        if wanted.is_empty() && !self.values.is_empty() {
            return false;
        }
        let hit = |value: &String| wanted.iter().any(|w| self.operator.matches(w, value));
        match (self.quantifier, self.operator.negated()) {
            (Some(Quantifier::All), false) => present.iter().all(hit),
            (Some(Quantifier::All), true) => !present.iter().any(hit),
            (Some(Quantifier::Any), false) | (None, false) => present.iter().any(hit),
            (Some(Quantifier::Any), true) => present.iter().any(|v| !hit(v)),
            (None, true) => !present.iter().any(hit),
        }
    }

    fn words(&self, kind: Kind, wanted: bool) -> String {
        let shown: Vec<String> = self.values.iter().take(4).map(|v| super::policy::short(v)).collect();
        let more = if self.values.len() > 4 { ", …" } else { "" };
        let list = format!("{}{more}", shown.join(", "));
        let key = super::policy::short(&self.key);
        if self.operator == Operator::Null {
            let absent = self.values.iter().any(|v| v.eq_ignore_ascii_case("true")) == wanted;
            return match (kind, absent) {
                (Kind::Mfa, _) => "needs MFA".to_owned(),
                (Kind::Tag, true) => format!("without tag {}", tag_name(&key)),
                (Kind::Tag, false) => format!("with tag {}", tag_name(&key)),
                (_, true) => format!("without {key}"),
                (_, false) => format!("with {key}"),
            };
        }
        match kind {
            Kind::Mfa if self.key == "aws:multifactorauthage" => format!("needs MFA not older than {list} s"),
            Kind::Mfa => "needs MFA".to_owned(),
            Kind::Ip if self.key == "aws:sourceip" || self.key == "aws:vpcsourceip" => {
                format!("{} {list}", if wanted { "from" } else { "not from" })
            }
            Kind::Ip => format!("{} {key} {list}", if wanted { "through" } else { "not through" }),
            Kind::ExternalId => {
                format!("{} external id {list}", if wanted { "with" } else { "without" })
            }
            Kind::Tag => {
                format!("{} tag {}={list}", if wanted { "with" } else { "without" }, tag_name(&key))
            }
            _ => format!("{key} {} {list}", if wanted { self.operator.word() } else { "is not" }),
        }
    }
}

/// Keys ignore case, tag names keep theirs.
pub fn normal_key(key: &str) -> String {
    match key.split_once('/') {
        Some((head, tail)) => format!("{}/{tail}", head.to_ascii_lowercase()),
        None => key.to_ascii_lowercase(),
    }
}

fn tag_name(key: &str) -> &str {
    key.split_once('/').map_or(key, |(_, name)| name)
}

fn truth(holds: bool) -> Judgement {
    if holds { Judgement::True } else { Judgement::False }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clause(operator: &str, key: &str, values: &[&str]) -> Clause {
        Clause::new(operator, key, values.iter().map(|v| (*v).to_owned()).collect()).expect("known operator")
    }

    fn holds(clause: &Clause, values: Option<&[&str]>) -> bool {
        let owned: Option<Vec<String>> = values.map(|v| v.iter().map(|s| (*s).to_owned()).collect());
        clause.holds(owned.as_deref(), &|v| Some(v.as_bytes().to_vec()))
    }

    #[test]
    fn an_absent_key() {
        for (operator, expected) in [
            ("StringEquals", false),
            ("StringNotEquals", true),
            ("StringEqualsIfExists", true),
            ("StringLike", false),
            ("StringNotLike", true),
            ("ArnNotLike", true),
            ("NotIpAddress", true),
            ("IpAddress", false),
            ("NumericNotEquals", true),
            ("NumericLessThan", false),
            ("Bool", false),
            ("BoolIfExists", true),
            ("DateGreaterThan", false),
            ("ForAllValues:StringEquals", true),
            ("ForAnyValue:StringEquals", false),
            ("ForAnyValue:StringEqualsIfExists", false),
            ("ForAnyValue:StringNotEquals", false),
            ("Null", true),
        ] {
            let value = match operator {
                "NotIpAddress" | "IpAddress" => "10.0.0.0/8",
                "NumericNotEquals" | "NumericLessThan" => "5",
                _ => "true",
            };
            assert_eq!(holds(&clause(operator, "k", &[value]), None), expected, "{operator}");
        }
    }

    #[test]
    fn values_are_or_and_not_is_nor() {
        assert!(holds(&clause("StringEquals", "k", &["a", "b"]), Some(&["b"])));
        assert!(!holds(&clause("StringNotEquals", "k", &["a", "b"]), Some(&["b"])));
        assert!(holds(&clause("StringNotEquals", "k", &["a", "b"]), Some(&["c"])));
        assert!(holds(&clause("StringEqualsIgnoreCase", "k", &["A"]), Some(&["a"])));
        assert!(!holds(&clause("StringEquals", "k", &["A"]), Some(&["a"])));
        assert!(holds(&clause("ForAllValues:StringEquals", "k", &["a", "b"]), Some(&["a", "b"])));
        assert!(!holds(&clause("ForAllValues:StringEquals", "k", &["a"]), Some(&["a", "b"])));
        assert!(holds(&clause("ForAnyValue:StringEquals", "k", &["a"]), Some(&["a", "b"])));
        assert!(holds(&clause("ForAnyValue:StringNotEquals", "k", &["a"]), Some(&["a", "b"])));
        assert!(!holds(&clause("ForAllValues:StringNotEquals", "k", &["a"]), Some(&["a", "b"])));
    }

    #[test]
    fn unknown_operators_are_errors() {
        assert!(Clause::new("StringIsh", "k", vec![]).is_err());
        assert!(Clause::new("ForSomeValues:StringEquals", "k", vec![]).is_err());
    }
}
