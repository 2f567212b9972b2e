//! How AWS is spoken to: where it is, whose credentials sign, how requests are signed and answers read.

pub mod credentials;
pub mod endpoint;
pub mod profile;
pub mod protocol;
pub mod service;
pub mod sigv4;
