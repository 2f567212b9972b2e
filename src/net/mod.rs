//! The network, for the two steps that may use it when the user says so: sources that fetch and verification.
//! It knows neither of them.

pub mod aws;
pub mod clock;
pub mod http;
