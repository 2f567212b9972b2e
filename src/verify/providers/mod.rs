//! STUB: to be written.
#![allow(missing_docs)]
use super::Options;
use super::http::Client;
use super::verification::Verification;
use crate::finding::Finding;

pub struct Provider;

pub fn of(_pattern: &str) -> Option<&'static Provider> {
    None
}
pub fn verify(_: &Provider, _: &Finding, _: &Client, _: &Options) -> Verification {
    Verification::unknown("stub")
}
pub fn planned(_: &Provider, _: &Options) -> Result<(String, String), String> {
    Err("stub".into())
}
