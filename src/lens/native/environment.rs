//! Environment blocks: `KEY=VALUE` strings with a NUL behind each, as in `/proc/PID/environ`, core
//! dumps, memory images and Windows processes (there as UTF-16).

use crate::address::Address;
use crate::blob::{Blob, Scope, ScopeClass, ScopeId, Site, Text, TextKind};
use crate::lens::sieve::{self, sieve};
use crate::lens::strings::Strings;
use crate::lens::{Damage, Lens};
use crate::limits::Limits;

/// Reads environment blocks.
pub struct EnvironmentLens;

/// Longest name of a variable, and longest value that is taken.
const MAX_NAME: usize = 128;
const MAX_VALUE: usize = 128 << 10;

impl Lens for EnvironmentLens {
    fn name(&self) -> &'static str {
        "environment"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        memchr::memchr(0, &blob.bytes[..blob.bytes.len().min(MAX_VALUE)]).is_some()
    }

    fn texts(&self, blob: &Blob<'_>, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
        let places = Variables { bytes: blob.bytes, address: &blob.address };
        let mut strings = Strings::new(TextKind::List, blob.bytes.len(), limits, &places, emit);
        blocks(blob.bytes, &mut |variable, start| {
            strings.push(&blob.bytes[variable.clone()], variable.start as u64, tag(start, variable.start));
        });
        wide_blocks(blob.bytes, &mut |variable, first| {
            let start = variable.start;
            strings.push_utf16(&blob.bytes[variable], false, start as u64, tag(first, start) | WIDE);
        });
        strings.finish();
        Ok(())
    }
}

/// Variables are 12 bytes and more behind the first of their block: 31 bits of distance do.
fn tag(first: usize, start: usize) -> u64 {
    let back = (start - first).min(0x7fff_ffff >> 1) as u64;
    (start as u64 & 0xff_ffff_ffff) | (back & 0x7f_ffff) << 40
}

const WIDE: u64 = 1 << 63;

/// A run of variables: one alone is no block.
#[derive(Default)]
struct Block {
    first: usize,
    count: usize,
    pending: Option<std::ops::Range<usize>>,
}

impl Block {
    fn see(
        &mut self,
        variable: std::ops::Range<usize>,
        found: &mut dyn FnMut(std::ops::Range<usize>, usize),
    ) {
        self.count += 1;
        if self.count == 1 {
            self.first = variable.start;
            self.pending = Some(variable);
            return;
        }
        if let Some(first) = self.pending.take() {
            found(first, self.first);
        }
        found(variable, self.first);
    }
}

fn is_name(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-')
}

/// As [`is_name`], for vectors.
#[inline(always)]
fn may_be_name(b: u8) -> u8 {
    let lower = b | 0x20;
    u8::from(lower.wrapping_sub(b'a') < 26) | u8::from(b.wrapping_sub(b'-') < 13) | u8::from(b == b'_')
}

sieve! {
    /// The last characters of names before `=`.
    fn signs(window, places) {
        let mut any = 0;
        for i in 0..STEP {
            places[i] = may_be_name(window[i]) & u8::from(window[i + 1] == b'=');
            any |= places[i];
        }
        any != 0
    }
}

sieve! {
    /// The same in UTF-16.
    fn wide_signs(window, places) {
        let mut any = 0;
        for i in 0..STEP {
            let others = window[i + 1] | (window[i + 2] ^ b'=') | window[i + 3];
            places[i] = may_be_name(window[i]) & u8::from(others == 0);
            any |= places[i];
        }
        any != 0
    }
}

/// Calls `found` with every variable of every block of two or more, and where its block begins.
fn blocks(data: &[u8], found: &mut dyn FnMut(std::ops::Range<usize>, usize)) {
    let mut block = Block::default();
    // Where the next variable of the block must begin.
    let mut next = usize::MAX;
    let mut behind = 0;
    sieve::for_each(data, signs, &mut |last| {
        let sign = last + 1;
        if sign < behind {
            return true;
        }
        let floor = sign.saturating_sub(MAX_NAME).max(behind);
        let name = data[floor..sign].iter().rev().take_while(|&&b| is_name(b)).count();
        let start = sign - name;
        let is_start = start == 0 || data[start - 1] == 0;
        if name == 0 || !is_start || !(data[start].is_ascii_alphabetic() || data[start] == b'_') {
            return true;
        }
        let rest = &data[sign..data.len().min(sign + MAX_VALUE)];
        let end = match memchr::memchr(0, rest) {
            Some(n) => sign + n,
            None if sign + rest.len() == data.len() => data.len(),
            None => return true,
        };
        behind = end;
        if start != next {
            block = Block::default();
        }
        next = end + 1;
        block.see(start..end, found);
        true
    });
}

/// The same for UTF-16, little endian.
fn wide_blocks(data: &[u8], found: &mut dyn FnMut(std::ops::Range<usize>, usize)) {
    let mut block = Block::default();
    let mut next = usize::MAX;
    let mut behind = 0;
    sieve::for_each(data, wide_signs, &mut |last| {
        let sign = last + 2;
        if sign < behind {
            return true;
        }
        let floor = sign.saturating_sub(2 * MAX_NAME).max(behind);
        let units = data[floor..sign].rchunks_exact(2);
        let name = units.take_while(|u| is_name(u[0]) && u[1] == 0).count();
        let start = sign - 2 * name;
        let is_start = start == 0 || data[..start].ends_with(&[0, 0]);
        if name == 0 || !is_start || !(data[start].is_ascii_alphabetic() || data[start] == b'_') {
            return true;
        }
        let rest = &data[sign..data.len().min(sign + MAX_VALUE)];
        let end = sign + 2 * rest.chunks_exact(2).take_while(|u| **u != [0, 0]).count();
        behind = end;
        if start != next {
            block = Block::default();
        }
        next = end + 2;
        block.see(start..end, found);
        true
    });
}

struct Variables<'a> {
    bytes: &'a [u8],
    address: &'a Address,
}

impl crate::lens::strings::Places for Variables<'_> {
    fn places(&self, tags: &[u64]) -> Vec<Vec<Site>> {
        tags.iter().map(|&tag| vec![self.site(tag)]).collect()
    }
}

impl Variables<'_> {
    fn site(&self, tag: u64) -> Site {
        let start = (tag & 0xff_ffff_ffff) as usize;
        let first = start.saturating_sub((tag >> 40 & 0x7f_ffff) as usize);
        let step = if tag & WIDE != 0 { 2 } else { 1 };
        let rest = self.bytes.get(start..).unwrap_or(&[]);
        let name: Vec<u8> =
            rest.iter().step_by(step).take(MAX_NAME).copied().take_while(|&b| is_name(b)).collect();
        let name = String::from_utf8_lossy(&name).into_owned();
        Site {
            name: format!("environment {name}"),
            key: Some(name),
            role: None,
            scopes: vec![Scope {
                class: ScopeClass::Object,
                id: ScopeId::Named(format!("environment:{}#{first:x}", self.address)),
                order: Some(start as u64),
                label: format!("environment block at {first:#x}"),
            }],
        }
    }
}
