//! Strings that the program puts together when it runs, as one text.
//!
//! A secret cut in two and joined by a `StringBuilder` is in no pool. Methods that join strings
//! are run in the abstract ([`super::machine`]); what they join out of constants alone, two or
//! more in a row, goes into the text. Which methods matter cannot be known before the search, so
//! all that join are looked at: they are few, and the rest is passed over by one look at each call.

use super::super::Complaint;
use super::classes::Method;
use super::machine::{Machine, Nobody};
use super::mutf8;
use super::refs::Program;
use super::ropes::Piece;
use super::tables::Dex;
use crate::blob::{OffsetMap, Segment};
use crate::limits::Limits;
use std::collections::HashSet;
use std::ops::Range;

/// No token is shorter.
const MIN_LEN: usize = 16;
/// Pieces longer than this are texts of their own; what is joined to them is not a token.
const MAX_PIECE: usize = 4096;
/// Memory that one string takes in the tables beside the text.
const TABLE_BYTES: usize = 128;

/// A string that a method put together.
#[derive(Clone, Copy)]
pub(super) struct Joined {
    /// Where it begins in the text.
    start: u32,
    /// The method, by its place in the file.
    pub(super) method: u32,
    /// The last node of the whole string in a run of that method.
    pub(super) node: u32,
    /// Where in the code it was ready.
    pub(super) at: u32,
}

/// A text of strings that methods put together.
#[derive(Default)]
pub(super) struct Assembled {
    /// The strings, each with a NUL byte behind it.
    pub(super) text: Vec<u8>,
    /// The way back to the pieces in the blob.
    pub(super) map: OffsetMap,
    joined: Vec<Joined>,
}

impl Assembled {
    /// The string that holds the beginning of `span`.
    pub(super) fn joined(&self, span: &Range<usize>) -> Option<Joined> {
        let after = self.joined.partition_point(|joined| joined.start as usize <= span.start);
        self.joined.get(after.checked_sub(1)?).copied()
    }

    fn clear(&mut self) {
        self.text.clear();
        self.map.clear();
        self.joined.clear();
    }

    /// Adds what is constant in a row of pieces. Gives the bytes that were looked at.
    fn add(&mut self, dex: &Dex<'_>, pieces: &[Piece], method: Method, joined: Joined) -> usize {
        let mut work = 0;
        for run in pieces.split(|piece| !is_constant(dex, *piece)).filter(|run| run.len() >= 2) {
            let (len, promising) = look(dex, run);
            work += len;
            if !promising {
                continue;
            }
            self.joined.push(Joined { start: self.text.len() as u32, ..joined });
            for piece in run {
                self.push(dex, *piece, method);
            }
            self.text.push(0);
        }
        work
    }

    fn push(&mut self, dex: &Dex<'_>, piece: Piece, method: Method) {
        let code = |at: u32| dex.blob_offset(method.code as usize) + 16 + u64::from(at) * 2;
        match piece {
            Piece::Gap => {}
            Piece::Str(index) => {
                if let Some((at, bytes)) = dex.short_string(index, MAX_PIECE) {
                    mutf8::decode(bytes, dex.blob_offset(at), &mut self.text, &mut self.map);
                }
            }
            Piece::Char(unit, at) => {
                let c = char::from_u32(unit.into()).unwrap_or(char::REPLACEMENT_CHARACTER);
                let c = if c == '\0' { ' ' } else { c };
                self.push_text(c.encode_utf8(&mut [0; 4]), code(at));
            }
            Piece::Int(number, at) => self.push_text(&number.to_string(), code(at)),
            Piece::Bool(value, at) => self.push_text(if value { "true" } else { "false" }, code(at)),
        }
    }

    /// Text that stands nowhere as it is: all of it leads back to the instruction that made it.
    fn push_text(&mut self, text: &str, outer: u64) {
        self.map.push(Segment { text: self.text.len(), outer, num: 1, den: text.len().max(1) as u32 });
        self.text.extend_from_slice(text.as_bytes());
    }
}

fn is_constant(dex: &Dex<'_>, piece: Piece) -> bool {
    match piece {
        Piece::Gap => false,
        Piece::Str(index) => dex.short_string(index, MAX_PIECE).is_some(),
        Piece::Char(..) | Piece::Int(..) | Piece::Bool(..) => true,
    }
}

/// How long the run is, and whether there could be a token in it: long enough, with a digit or
/// with letters of both cases.
fn look(dex: &Dex<'_>, run: &[Piece]) -> (usize, bool) {
    let (mut len, mut digit, mut upper, mut lower) = (0usize, false, false, false);
    let mut look = |bytes: &[u8]| {
        len += bytes.len();
        digit |= bytes.iter().any(u8::is_ascii_digit);
        upper |= bytes.iter().any(u8::is_ascii_uppercase);
        lower |= bytes.iter().any(u8::is_ascii_lowercase);
    };
    for piece in run {
        match *piece {
            Piece::Str(index) => look(dex.short_string(index, MAX_PIECE).unwrap_or_default().1),
            Piece::Char(unit, _) => look(&[u8::try_from(unit).unwrap_or(b'-')]),
            Piece::Int(number, _) => look(number.to_string().as_bytes()),
            Piece::Bool(..) => look(b"true"),
            Piece::Gap => {}
        }
    }
    (len, len >= MIN_LEN && (digit || (upper && lower)))
}

/// Gives all strings that `methods` put together to `emit`, in as many texts as the limit asks for.
/// `known` hears of each.
pub(super) fn read(
    program: &Program<'_, '_>,
    methods: &[u32],
    limits: &Limits,
    complaint: &mut Complaint,
    known: &mut HashSet<(u32, u64)>,
    emit: &mut dyn FnMut(&Assembled),
) {
    let Program { dex, ops, classes } = *program;
    let cap = usize::try_from(limits.decoded_bytes).unwrap_or(usize::MAX).min(u32::MAX as usize / 2);
    // A long string may be a piece of many.
    let mut budget = dex.data.len().saturating_mul(2);
    let mut machine = Machine::default();
    let mut out = Assembled::default();
    let mut pieces = Vec::new();
    for &number in methods {
        let Some((method, code)) = classes.body(dex, number) else { continue };
        machine.run(dex, ops, &code, &mut Nobody);
        for finished in &machine.ropes.finished {
            pieces.clear();
            pieces.extend(machine.ropes.pieces(finished.node));
            pieces.reverse();
            let joined = Joined { start: 0, method: number, node: finished.node, at: finished.at };
            let start = out.text.len();
            let work = out.add(dex, &pieces, method, joined);
            let told = out.text.get(start..).unwrap_or_default().split(|&b| b == 0).filter(|s| !s.is_empty());
            known.extend(told.map(|string| (number, super::eval::hash(string))));
            budget = budget.saturating_sub(work);
            if budget == 0 {
                break;
            }
            if out.text.len() >= cap || out.joined.len() * TABLE_BYTES >= cap {
                emit(&out);
                out.clear();
            }
        }
        if budget == 0 {
            complaint.note(dex.blob_offset(method.code as usize), || {
                format!("joined strings exceed twice the file: those after method {} are left out", method.id)
            });
            break;
        }
    }
    if !out.text.is_empty() {
        emit(&out);
    }
}
