//! Runs that are judged: a secret without a prefix, or one of the many names, paths and hashes.

use super::plain::Looks;
use super::runs::outline::Outline;
use super::runs::{self, Shape};
use super::{Engine, Hit, Sink, assigned, counted};
use crate::blob::TextKind;
use crate::finding::Class;
use crate::pattern::{Boundary, Matcher};
use crate::triage::checksum::Check;
use crate::triage::generic;
use std::ops::Range;

impl Engine<'_> {
    /// Reports a run, and what it is if it is a secret without a prefix.
    pub(super) fn judge_run(
        &self,
        text: &[u8],
        run: Range<usize>,
        outline: Option<Outline>,
        looks: Looks,
        kind: TextKind,
        sink: &mut dyn Sink,
    ) {
        let own = own_part(text, &run);
        let (outline, looks) =
            if own == run { (outline, looks) } else { (Outline::of(text, &own), Looks::Unknown) };
        // Words without a digit in one case are names, in whatever spelling.
        let is_varied = outline.map_or_else(|| runs::is_varied(&text[own.clone()]), |o| o.is_varied());
        if is_varied && !is_number(text, &own) {
            if own.len() <= LONGEST_VALUE && !runs::is_wrapped(text, &own) {
                self.search_run(text, &own, outline, looks, kind, sink);
                if kind == TextKind::Binary {
                    self.search_counted(text, &own, sink);
                }
            }
            sink.run(own);
        }
    }

    /// Reports parts of pairs that stand behind their length at the beginning of a longer run, behind their name at its end, or right
    /// behind an access key in it.
    pub(super) fn search_counted(&self, text: &[u8], run: &Range<usize>, sink: &mut dyn Sink) {
        for &len in self.parts.iter().filter(|len| run.len() > **len) {
            for start in run.start.max(1)..=run.start + 1 {
                let value = start..start + len;
                if value.end <= run.end && counted::is_counted(text[start - 1], len) {
                    self.search_loose(text, &value, sink);
                }
            }
            let value = run.end - len..run.end;
            if counted::is_behind_name(&text[run.start..value.start], len) {
                self.search_loose(text, &value, sink);
            }
        }
        counted::for_each_id_end(&text[run.clone()], &mut |end| {
            let rest = run.start + end..run.end;
            for &len in self.parts.iter().filter(|len| rest.len() >= **len) {
                let is_counted = rest.len() > len && counted::is_counted(text[rest.start], len);
                for start in rest.start..=rest.start + usize::from(is_counted) {
                    self.search_loose(text, &(start..start + len), sink);
                }
            }
        });
    }

    /// Reports what a value is by its shape, which touches its neighbours.
    fn search_loose(&self, text: &[u8], value: &Range<usize>, sink: &mut dyn Sink) {
        let outline = Outline::of(text, value);
        self.search_run(text, value, outline, Looks::Unknown, TextKind::Binary, &mut Loose(sink));
    }

    /// Reports what a run is by its shape and by what stands around it.
    pub(super) fn search_run(
        &self,
        text: &[u8],
        run: &Range<usize>,
        outline: Option<Outline>,
        looks: Looks,
        kind: TextKind,
        sink: &mut dyn Sink,
    ) {
        let value = &text[run.clone()];
        let may_be_random = outline.is_none_or(|o| generic::may_be_random(&o));
        let is_random = || generic::is_random_as(value, outline);
        let (mut shape, mut window, mut random) = (None, None, looks.random());
        for &id in self.runs.get(value.len()).map_or(&[][..], |ids| ids) {
            let pattern = self.patterns.get(id);
            // Nearly all are names: no look at anything else, then. What begins with an escape, `\u00e4ndern`, is judged
            // where it is decoded.
            if pattern.class == Class::Generic && (!may_be_random || is_half_escaped(text, run)) {
                continue;
            }
            let Matcher::Run { alphabet, near, .. } = &pattern.matcher else { continue };
            if !alphabet.contains_all(value) {
                continue;
            }
            // In binary data only a part of a pair can be told from noise, by its other half.
            if kind == TextKind::Binary && pattern.part.is_none() {
                continue;
            }
            // Base64 that goes on with padding is a longer value than this pattern's.
            if pattern.boundary == Boundary::Token && text.get(run.end) == Some(&b'=') {
                continue;
            }
            // A value known only by its surroundings: in text the word must be close by, in a pool a
            // lens may know it.
            let is_near = !near.is_empty() && {
                let window = window.get_or_insert_with(|| near_window(text, run.start));
                near.iter().any(|word| memchr::memmem::find(window, word.as_bytes()).is_some())
            };
            let lone = pattern.part.is_none() && !near.is_empty() && !is_near;
            if lone && (kind == TextKind::Plain || !*random.get_or_insert_with(is_random)) {
                continue;
            }
            // What its own name calls a secret need not look as random as what has none.
            let looks_so = pattern.checks.iter().all(|c| match c {
                Check::RandomToken => *random.get_or_insert_with(is_random),
                _ => c.passes(value),
            });
            let is_named_so = || {
                is_near
                    && is_named_secret(text, run.start, near)
                    && pattern.checks.iter().all(|c| c.passes_named(value))
            };
            if !looks_so && !is_named_so() {
                continue;
            }
            if pattern.class == Class::Generic
                && kind == TextKind::Plain
                && (assigned::is_template(text, run.end) || !assigned::may_be_secret(text, run.start))
            {
                continue;
            }
            let shape = shape.get_or_insert_with(|| Shape::of(value));
            if shape.entropy < pattern.entropy {
                continue;
            }
            sink.hit(Hit { near: is_near, ..Hit::new(id, run.clone()) });
        }
        if self.has_names
            && kind != TextKind::Binary
            && let Some(named) = self.patterns.names().name(
                self.patterns,
                text,
                run,
                outline,
                kind,
                *random.get_or_insert_with(is_random),
            )
        {
            sink.hit(Hit::named(named));
        }
    }
}

/// Says of what is found that it touches its neighbours: what a format says of its strings is surer.
struct Loose<'s>(&'s mut dyn Sink);

impl Sink for Loose<'_> {
    fn hit(&mut self, hit: Hit) {
        self.0.hit(Hit { loose: true, ..hit });
    }

    fn run(&mut self, run: Range<usize>) {
        self.0.run(run);
    }
}

/// A run without what only looks like its first characters: the operator of a shell's default value,
/// `${NAME:-VALUE}`, the letter of an escape, `"ID\nVALUE"`, the digits of one, `%20VALUE`, and the end of a control
/// sequence of a terminal, `ESC [ 1 m VALUE`.
fn own_part(text: &[u8], run: &Range<usize>) -> Range<usize> {
    let first = match (text[..run.start].last(), text[run.start]) {
        (Some(b':'), b'-') => 1,
        (Some(b'\\'), b'n' | b'r' | b't') => 1,
        (Some(b'%'), b'0'..=b'9') => percent_digits(&text[run.clone()]),
        (Some(b'[' | b';'), b'0'..=b'9' | b'K' | b'm') => control_end(text, run),
        _ => 0,
    };
    run.start + first.min(run.len() - 1)..run.end
}

/// How many digits of `%20`, `%3D` and the like a run begins with: of what stands for a token character, none, for it is a part of
/// the value.
fn percent_digits(run: &[u8]) -> usize {
    let digit = |n: usize| run.get(n).and_then(|b| char::from(*b).to_digit(16));
    let (Some(high), Some(low)) = (digit(0), digit(1)) else { return 0 };
    if runs::is_token((high << 4 | low) as u8) { 0 } else { 2 }
}

/// How much of a run belongs to a control sequence that begins before it: its last number, and the letter that ends it.
fn control_end(text: &[u8], run: &Range<usize>) -> usize {
    const LONGEST: usize = 16;
    let before = &text[run.start.saturating_sub(LONGEST)..run.start];
    let numbers = before.iter().rev().take_while(|b| b.is_ascii_digit() || **b == b';').count();
    if !before[..before.len() - numbers].ends_with(b"\x1b[") {
        return 0;
    }
    let digits = text[run.clone()].iter().take(3).take_while(|b| b.is_ascii_digit()).count();
    let ends = text[run.clone()].get(digits).is_some_and(u8::is_ascii_alphabetic);
    if ends { digits + 1 } else { 0 }
}

/// Longer runs are looked at only for what is encoded in them, in bytes.
pub(super) const LONGEST_VALUE: usize = 4 << 10;

/// Whether the run is a number in source text: `0x0000_0000_c000_0046`, `0x0123456789abcdef`. Without
/// quotes, of no more than 64 bits or with joints between its digits.
fn is_number(text: &[u8], run: &Range<usize>) -> bool {
    let Some(digits) = text[run.clone()].strip_prefix(b"0x") else { return false };
    let has_joints = digits.contains(&b'_');
    (has_joints || digits.len() <= 16)
        && digits.iter().all(|b| b.is_ascii_hexdigit() || *b == b'_')
        && !matches!(text[..run.start].last(), Some(b'"' | b'\'' | b'`'))
}

/// Bytes before a run in which a word may name it.
const NEAR_WINDOW: usize = 160;

/// Whether a word of `near` that says secret stands in the name right before `start`: behind what ends the
/// value before.
fn is_named_secret(text: &[u8], start: usize, near: &[crate::pattern::Str]) -> bool {
    let before = &text[start.saturating_sub(NEAR_WINDOW)..start];
    let ends = |b: &u8| matches!(b, b'\n' | b'\r' | b',' | b';' | b'{' | b'}' | b'&' | 0);
    let own = &before[before.iter().rposition(ends).map_or(0, |at| at + 1)..];
    let own = near_window(own, own.len());
    near.iter().any(|word| word.contains("secret") && memchr::memmem::find(&own, word.as_bytes()).is_some())
}

/// Whether a run begins with the digits of an escape whose backslash stands before it.
fn is_half_escaped(text: &[u8], run: &Range<usize>) -> bool {
    let digits = match &text[run.clone()] {
        [b'u', digits @ ..] => digits.first_chunk::<4>().map(<[u8; 4]>::as_slice),
        [b'x', digits @ ..] => digits.first_chunk::<2>().map(<[u8; 2]>::as_slice),
        _ => None,
    };
    text[..run.start].ends_with(b"\\") && digits.is_some_and(|d| d.iter().all(u8::is_ascii_hexdigit))
}

/// What stands shortly before `start`, in lower case and without the joints of names: made once a
/// run, for all patterns that look for their words in it.
fn near_window(text: &[u8], start: usize) -> Vec<u8> {
    let window = &text[start.saturating_sub(NEAR_WINDOW)..start];
    // Key words stand on the line of the value or on the one before it, and in the same string of a
    // pool: its neighbours there mean nothing.
    let lines = window.iter().enumerate().rev().filter(|&(_, &b)| b == b'\n').nth(1).map_or(0, |(i, _)| i);
    let string = memchr::memrchr(0, window).map_or(0, |i| i + 1);
    window[lines.max(string)..]
        .iter()
        .filter(|b| !matches!(b, b'_' | b'-' | b'.' | b' '))
        .map(u8::to_ascii_lowercase)
        .collect()
}
