//! Decoders: what can be read from a value offline.

use std::collections::BTreeMap;

/// A named decoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decoder {
    /// The account an AWS unique id belongs to.
    AwsAccountId,
    /// Account and user in a long-term Bedrock key.
    Bedrock,
    /// Partition, service, region, account and resource of an ARN.
    Arn,
    /// Issuer, subject and expiry of a JWT.
    Jwt,
    /// Algorithm and size of a private key.
    PrivateKey,
}

impl Decoder {
    const NAMES: [(&'static str, Decoder); 5] = [
        ("aws-account-id", Decoder::AwsAccountId),
        ("bedrock", Decoder::Bedrock),
        ("arn", Decoder::Arn),
        ("jwt", Decoder::Jwt),
        ("private-key", Decoder::PrivateKey),
    ];

    /// The decoder a pattern names.
    pub fn named(name: &str) -> Result<Decoder, String> {
        Decoder::NAMES.iter().find(|(n, _)| *n == name).map(|(_, d)| *d).ok_or_else(|| {
            let names: Vec<_> = Decoder::NAMES.iter().map(|(n, _)| *n).collect();
            format!("unknown decoder {name:?}; there are {}", names.join(", "))
        })
    }

    /// Adds what `value` tells to `details`.
    pub fn read(self, value: &[u8], details: &mut BTreeMap<String, String>) {
        match self {
            Decoder::AwsAccountId => aws_key_id(value, details),
            Decoder::Bedrock => bedrock(value, details),
            Decoder::Arn => arn(value, details),
            Decoder::Jwt => jwt(value, details),
            Decoder::PrivateKey => {
                details.extend(super::keys::algorithm(value).map(|kind| ("algorithm".to_owned(), kind)));
            }
        }
    }
}

/// What an AWS unique id says about its account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Account {
    /// This account.
    Id(u64),
    /// An id from before March 2019: the account is not in it.
    NotEncoded,
    /// Characters outside base32: old test doubles (moto, localstack) and made-up ids.
    NotBase32,
    /// An account of 13 digits: a made-up id.
    TooLong,
}

/// The account in an AWS unique id (`AKIA` + 16 characters and the like): base32 of the 16
/// characters, first 6 bytes, bits 7 to 46 (T. Be'ery, "A short note on AWS key ID", 2023). The
/// top bit tells ids that carry it.
pub fn aws_account(id: &[u8]) -> Account {
    let Some(body) = id.get(4..20) else { return Account::NotBase32 };
    let mut n: u64 = 0;
    // 10 characters carry the first 50 bits; the account is in the first 48.
    for (i, &b) in body.iter().enumerate() {
        let value = match b {
            b'A'..=b'Z' => b - b'A',
            b'2'..=b'7' => b - b'2' + 26,
            _ => return Account::NotBase32,
        };
        if i < 10 {
            n = n << 5 | u64::from(value);
        }
    }
    let n = n >> 2;
    if n & 1 << 47 == 0 {
        return Account::NotEncoded;
    }
    match (n & 0x7fff_ffff_ff80) >> 7 {
        account @ 0..=999_999_999_999 => Account::Id(account),
        _ => Account::TooLong,
    }
}

fn aws_key_id(value: &[u8], details: &mut BTreeMap<String, String>) {
    let mut note = |text: &str| details.insert("account_note".into(), text.into());
    match aws_account(value) {
        Account::Id(account) => {
            details.insert("account_id".into(), format!("{account:012}"));
        }
        Account::NotEncoded => {
            note("issued before March 2019: the id does not carry its account");
        }
        Account::NotBase32 => {
            note("AWS issues no id with these characters: perhaps from a test double");
        }
        Account::TooLong => {
            note("the account in the id has 13 digits: perhaps made up");
        }
    }
    let kind = match value.get(..4) {
        Some(b"AKIA") => "long-term access key",
        Some(b"ASIA") => "temporary access key, needs its session token",
        Some(b"ABIA") => "STS service bearer token",
        Some(b"ACCA") => "context-specific credential",
        Some(b"AIDA") => "IAM user",
        Some(b"AROA") => "IAM role",
        Some(b"AGPA") => "IAM group",
        Some(b"AIPA") => "EC2 instance profile",
        Some(b"ANPA") => "managed policy",
        Some(b"ANVA") => "managed policy version",
        Some(b"APKA") => "public key",
        Some(b"ASCA") => "certificate",
        _ => return,
    };
    details.insert("kind".into(), kind.into());
}

fn bedrock(value: &[u8], details: &mut BTreeMap<String, String>) {
    // ABSK + base64 of `USER-at-ACCOUNT:SECRET`.
    let decoded = super::checksum::base64_decode(value.get(4..).unwrap_or_default());
    let Some(name) = decoded.split(|&b| b == b':').next().and_then(|n| std::str::from_utf8(n).ok()) else {
        return;
    };
    if let Some((user, account)) = name.rsplit_once("-at-")
        && account.len() == 12
        && account.bytes().all(|b| b.is_ascii_digit())
    {
        details.insert("account_id".into(), account.into());
        details.insert("user".into(), crate::address::escape(user.as_bytes()));
    }
}

fn arn(value: &[u8], details: &mut BTreeMap<String, String>) {
    let text = String::from_utf8_lossy(value);
    let mut parts = text.splitn(6, ':').skip(1);
    for name in ["partition", "service", "region", "account_id"] {
        if let Some(part) = parts.next().filter(|p| !p.is_empty()) {
            details.insert(name.into(), crate::address::escape(part.as_bytes()));
        }
    }
}

fn jwt(value: &[u8], details: &mut BTreeMap<String, String>) {
    let Some(json) = claims(value) else { return };
    for (claim, name) in [("iss", "issuer"), ("role", "role"), ("exp", "expires"), ("aud", "audience")] {
        let text = match json.get(claim) {
            Some(serde_json::Value::String(s)) => crate::address::escape(s.as_bytes()),
            Some(serde_json::Value::Number(n)) => n.to_string(),
            _ => continue,
        };
        details.insert(name.into(), text);
    }
}

/// What a JWT says of itself.
fn claims(value: &[u8]) -> Option<serde_json::Value> {
    let payload = value.split(|&b| b == b'.').nth(1)?;
    serde_json::from_slice(&super::checksum::base64_decode(payload)).ok()
}

/// Whether a JWT says that it was valid until yesterday or before (RFC 7519, section 4.1.4).
pub fn has_expired(value: &[u8]) -> bool {
    const DAY: u64 = 24 * 60 * 60;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let expires = claims(value).and_then(|claims| claims.get("exp")?.as_u64());
    now.is_ok_and(|now| expires.is_some_and(|expires| expires.saturating_add(DAY) < now.as_secs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_that_have_expired() {
        let token = |exp: u64| {
            let payload = crate::triage::checksum::base64_encode(format!("{{\"exp\":{exp}}}").as_bytes());
            format!("eyJhbGciOiJIUzI1NiJ9.{}.c2ln", payload.trim_end_matches('='))
        };
        assert!(has_expired(token(1_300_819_380).as_bytes()));
        assert!(!has_expired(token(32_503_680_000).as_bytes()));
        assert!(!has_expired(b"eyJhbGciOiJIUzI1NiJ9.e30.c2ln"));
    }

    #[test]
    fn accounts_of_published_ids() {
        // Worked examples of the method's publication.
        assert_eq!(aws_account(concat!("ASIA", "Y34FZKBOKMUTVV7A").as_bytes()), Account::Id(609_629_065_308));
        assert_eq!(aws_account(concat!("ASIA", "QAAAAAAAGMKEM7X5").as_bytes()), Account::Id(0));
        assert_eq!(aws_account(b"AKIAIOSFODNN7EXAMPLE"), Account::NotEncoded);
        assert_eq!(aws_account(b"AKIA0189AAAAAAAAAAAA"), Account::NotBase32);
        assert_eq!(aws_account(b"AKIA"), Account::NotBase32);
    }

    #[test]
    fn arns_are_taken_apart() {
        let mut details = BTreeMap::new();
        Decoder::Arn.read(b"arn:aws:sns:eu-west-1:123456789012:alerts", &mut details);
        assert_eq!(details["service"], "sns");
        assert_eq!(details["account_id"], "123456789012");
        let mut details = BTreeMap::new();
        Decoder::Arn.read(b"arn:aws:s3:::bucket/key", &mut details);
        assert_eq!(details.keys().collect::<Vec<_>>(), ["partition", "service"]);
    }
}
