//! Between what was read of an account and the evaluator that knows no network.

use super::super::Options;
use super::AwsKey;
use super::iam::{Account, Assessment};
use super::learn::Learned;

/// The account that a snapshot describes.
pub fn account(_learned: &Learned) -> Result<Account, String> {
    Ok(Account)
}

/// What the principal `arn` can do with `key`.
pub fn assess(_: &Account, _: &Learned, arn: &str, _: &AwsKey, _: &Options, _now: u64) -> Assessment {
    Assessment { principal: arn.into(), ..Assessment::default() }
}
