//! Condition operators on known values.

use super::matching;
use std::net::IpAddr;

/// A condition operator, its negation included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `StringEquals`, `StringEqualsIgnoreCase`.
    StringEquals {
        /// `Not`.
        negated: bool,
        /// `IgnoreCase`.
        fold: bool,
    },
    /// `StringLike`.
    StringLike {
        /// `Not`.
        negated: bool,
    },
    /// `NumericEquals` and its kin.
    Numeric(Compare),
    /// `DateEquals` and its kin.
    Date(Compare),
    /// `Bool`.
    Bool,
    /// `BinaryEquals`.
    Binary,
    /// `IpAddress`.
    Ip {
        /// `Not`.
        negated: bool,
    },
    /// `ArnEquals` and `ArnLike`: both take wildcards.
    Arn {
        /// `Not`.
        negated: bool,
    },
    /// `Null`.
    Null,
}

/// How two quantities are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    /// Equal.
    Equals,
    /// Not equal.
    NotEquals,
    /// Less.
    Less,
    /// Less or equal.
    LessEquals,
    /// Greater.
    Greater,
    /// Greater or equal.
    GreaterEquals,
}

impl Compare {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "equals" => Self::Equals,
            "notequals" => Self::NotEquals,
            "lessthan" => Self::Less,
            "lessthanequals" => Self::LessEquals,
            "greaterthan" => Self::Greater,
            "greaterthanequals" => Self::GreaterEquals,
            _ => return None,
        })
    }

    // `NotEquals` is the negated form of `Equals`: the clause negates, so the match is equality.
    fn matches(self, value: f64, bound: f64) -> bool {
        match self {
            Self::Equals | Self::NotEquals => value == bound,
            Self::Less => value < bound,
            Self::LessEquals => value <= bound,
            Self::Greater => value > bound,
            Self::GreaterEquals => value >= bound,
        }
    }
}

impl Operator {
    /// The operator of a name in lower case, without quantifier and `IfExists`.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "stringequals" => Self::StringEquals { negated: false, fold: false },
            "stringnotequals" => Self::StringEquals { negated: true, fold: false },
            "stringequalsignorecase" => Self::StringEquals { negated: false, fold: true },
            "stringnotequalsignorecase" => Self::StringEquals { negated: true, fold: true },
            "stringlike" => Self::StringLike { negated: false },
            "stringnotlike" => Self::StringLike { negated: true },
            "bool" => Self::Bool,
            "binaryequals" => Self::Binary,
            "ipaddress" => Self::Ip { negated: false },
            "notipaddress" => Self::Ip { negated: true },
            "arnequals" | "arnlike" => Self::Arn { negated: false },
            "arnnotequals" | "arnnotlike" => Self::Arn { negated: true },
            "null" => Self::Null,
            _ => {
                return if let Some(rest) = name.strip_prefix("numeric") {
                    Compare::named(rest).map(Self::Numeric)
                } else {
                    name.strip_prefix("date").and_then(Compare::named).map(Self::Date)
                };
            }
        })
    }

    /// Whether an absent key makes it true.
    pub fn negated(self) -> bool {
        match self {
            Self::StringEquals { negated, .. }
            | Self::StringLike { negated }
            | Self::Ip { negated }
            | Self::Arn { negated } => negated,
            Self::Numeric(compare) | Self::Date(compare) => compare == Compare::NotEquals,
            Self::Bool | Self::Binary | Self::Null => false,
        }
    }

    /// Its relation in words.
    pub fn word(self) -> &'static str {
        match self {
            Self::StringLike { .. } | Self::Arn { .. } => "like",
            Self::Numeric(compare) | Self::Date(compare) => match compare {
                Compare::Equals | Compare::NotEquals => "is",
                Compare::Less => "under",
                Compare::LessEquals => "at most",
                Compare::Greater => "over",
                Compare::GreaterEquals => "at least",
            },
            _ => "is",
        }
    }

    /// The positive form of the operator on one pair of values.
    pub fn matches(self, wanted: &[u8], value: &str) -> bool {
        match self {
            Self::StringEquals { fold, .. } => {
                let plain = matching::show(wanted);
                if fold { plain.to_lowercase() == value.to_lowercase() } else { plain == value }
            }
            Self::StringLike { .. } => matching::glob(wanted, value.as_bytes(), false),
            Self::Arn { .. } => matching::arn(wanted, value.as_bytes()),
            Self::Bool => matching::show(wanted).eq_ignore_ascii_case(value),
            Self::Binary => matching::show(wanted) == value,
            Self::Numeric(compare) => match (number(&matching::show(wanted)), number(value)) {
                (Some(bound), Some(value)) => compare.matches(value, bound),
                _ => false,
            },
            Self::Date(compare) => match (date(&matching::show(wanted)), date(value)) {
                (Some(bound), Some(value)) => compare.matches(value, bound),
                _ => false,
            },
            Self::Ip { .. } => match (Network::parse(&matching::show(wanted)), value.trim().parse().ok()) {
                (Some(network), Some(address)) => network.has(address),
                _ => false,
            },
            Self::Null => false,
        }
    }
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse::<f64>().ok().filter(|n| n.is_finite())
}

/// Seconds since 1970 of an ISO 8601 date or a bare number of seconds.
pub fn date(text: &str) -> Option<f64> {
    let text = text.trim();
    if let Some(seconds) = number(text)
        && !(text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit()))
    {
        return Some(seconds);
    }
    let (day, time) = match text.split_once(['T', 't', ' ']) {
        Some((day, time)) => (day, time),
        None => (text, ""),
    };
    let mut parts = day.split('-').map(|p| p.parse::<i64>().ok());
    let year = parts.next().flatten()?;
    let month = parts.next().map_or(Some(1), |m| m)?;
    let dom = parts.next().map_or(Some(1), |d| d)?;
    if parts.next().is_some()
        || !(0..=9999).contains(&year)
        || !(1..=12).contains(&month)
        || !(1..=31).contains(&dom)
    {
        return None;
    }
    let (clock, offset) = split_offset(time)?;
    let mut seconds = 0.0;
    for (part, unit) in clock.split(':').zip([3600.0, 60.0, 1.0]) {
        if !part.is_empty() {
            let value: f64 = part.parse().ok()?;
            if !(0.0..=60.0).contains(&value) {
                return None;
            }
            seconds += value * unit;
        }
    }
    // Days from the civil date, by the usual era arithmetic.
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y - era * 400;
    let doy = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + dom - 1;
    let days = era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468;
    Some(days as f64 * 86_400.0 + seconds - offset)
}

fn split_offset(time: &str) -> Option<(&str, f64)> {
    if let Some(clock) = time.strip_suffix(['Z', 'z']) {
        return Some((clock, 0.0));
    }
    match time.rfind(['+', '-']) {
        None => Some((time, 0.0)),
        Some(at) => {
            let (clock, zone) = time.split_at(at);
            let digits: String = zone.chars().filter(char::is_ascii_digit).collect();
            let hours: f64 = digits.get(0..2)?.parse().ok()?;
            let minutes: f64 = digits.get(2..4).unwrap_or("0").parse().ok()?;
            let sign = if zone.starts_with('-') { -1.0 } else { 1.0 };
            Some((clock, sign * (hours * 3600.0 + minutes * 60.0)))
        }
    }
}

struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address.parse::<IpAddr>().ok()?, Some(prefix.parse::<u32>().ok()?)),
            None => (text.parse::<IpAddr>().ok()?, None),
        };
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(most);
        (prefix <= most).then_some(Self { address, prefix })
    }

    fn has(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let shift = 32 - self.prefix;
                shift == 32 || u32::from(network) >> shift == u32::from(address) >> shift
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let shift = 128 - self.prefix;
                shift == 128 || u128::from(network) >> shift == u128::from(address) >> shift
            }
            _ => false,
        }
    }
}

/// Whether the networks together hold every IPv4 address: such a limit limits nobody.
pub fn covers_all_v4(values: &[String]) -> bool {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for value in values {
        if let Some(Network { address: IpAddr::V4(address), prefix }) = Network::parse(value) {
            let size = 1u64 << (32 - prefix);
            let start = u64::from(u32::from(address)) & !(size - 1);
            ranges.push((start, start + size));
        }
    }
    ranges.sort_unstable();
    let mut reached = 0;
    for (start, end) in ranges {
        if start > reached {
            return false;
        }
        reached = reached.max(end);
    }
    reached >= 1 << 32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dates() {
        assert_eq!(date("1970-01-01T00:00:00Z"), Some(0.0));
        assert_eq!(date("2026-01-01"), Some(1_767_225_600.0));
        assert_eq!(date("2026-01-01T01:00:00+01:00"), Some(1_767_225_600.0));
        assert_eq!(date("2026-01-01T00:00:00.000Z"), Some(1_767_225_600.0));
        assert_eq!(date("1767225600"), Some(1_767_225_600.0));
        assert_eq!(date("soon"), None);
        assert_eq!(date("2026-13-01"), None);
    }

    #[test]
    fn addresses() {
        let ip = Operator::Ip { negated: false };
        assert!(ip.matches(b"10.0.0.0/8", "10.255.0.1"));
        assert!(!ip.matches(b"10.0.0.0/8", "11.0.0.1"));
        assert!(ip.matches(b"203.0.113.7", "203.0.113.7"));
        assert!(ip.matches(b"2001:db8::/32", "2001:db8::1"));
        assert!(!ip.matches(b"2001:db8::/32", "10.0.0.1"));
        assert!(ip.matches(b"0.0.0.0/0", "198.51.100.1"));
        assert!(!ip.matches(b"10.0.0.0/99", "10.0.0.1"));
        let all = |v: &[&str]| covers_all_v4(&v.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>());
        assert!(all(&["0.0.0.0/0"]));
        assert!(all(&["128.0.0.0/1", "0.0.0.0/1"]));
        assert!(!all(&["::/0"]) && !all(&["10.0.0.0/8"]));
    }

    proptest! {
        #[test]
        fn no_text_panics(a in "\\PC{0,30}", b in "\\PC{0,30}") {
            let _ = date(&a);
            let _ = covers_all_v4(std::slice::from_ref(&a));
            for operator in [Operator::Ip { negated: false }, Operator::Date(Compare::Less), Operator::Numeric(Compare::Less), Operator::Arn { negated: false }] {
                let _ = operator.matches(a.as_bytes(), &b);
            }
        }
    }
}
