//! The evaluator of IAM policies against hand-made truth, damage and size.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "counts and times are what one runs these for")]

mod large;
mod mutations;
mod truth;
