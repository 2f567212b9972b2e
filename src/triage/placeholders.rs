//! stub until the helper's lands
#![allow(missing_docs)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found;
impl Found {
    pub fn is_no_secret(&self) -> bool {
        true
    }
}
pub fn kind(value: &[u8]) -> Option<Found> {
    value.windows(7).any(|w| w == b"EXAMPLE").then_some(Found)
}
pub fn token_kind(value: &[u8], _prefix: usize) -> Option<Found> {
    kind(value)
}
