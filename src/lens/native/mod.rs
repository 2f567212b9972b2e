//! Native binaries: ELF, PE, WebAssembly, and what they have in common with Mach-O.
//!
//! A format's lens only says what lies where ([`image::Image`]); the strings are made by
//! [`emit`], true boundaries of strings without NUL by [`packed`], strings that code builds from
//! immediates by [`stack`], keys in pieces and under masks by [`joined`] and [`masked`], and the places of what was hit by [`refs`]: none of them knows the format.

pub mod elf;
pub mod emit;
pub mod environment;
mod golang;
pub mod image;
pub mod joined;
pub mod masked;
mod names;
pub mod packed;
pub mod pe;
mod refs;
mod resources;
mod sieve;
pub mod slices;
pub mod stack;
pub mod wasm;
