//! The pages of a piece of a column: strings out of them.

use super::super::budget::Budget;
use super::super::columns::codec::Codec;
use super::super::columns::{Column, Dictionary, Span, charge, span};
use super::schema::{Chunk, Kind, Leaf};
use super::thrift::Thrift;
use super::values::{Runs, differences};
use crate::container::Problem;
use crate::ledger::Reason;
use crate::lens::bytes::{size_le, slice};

/// What stands before a page.
#[derive(Default)]
struct Header {
    kind: i64,
    size: usize,
    packed: usize,
    values: u64,
    encoding: i64,
    /// How definition levels are written.
    levels: i64,
    /// Of the second version: bytes of levels before what is packed.
    definition: usize,
    repetition: usize,
    is_plain: bool,
}

const DATA: i64 = 0;
const INDEX: i64 = 1;
const DICTIONARY: i64 = 2;
const DATA_2: i64 = 3;
/// Encodings of levels: runs.
const RLE: i64 = 3;

fn header(data: &[u8], at: &mut usize) -> Option<Header> {
    let mut header = Header { levels: RLE, ..Header::default() };
    let mut thrift = Thrift { data, at: *at };
    thrift.fields(&mut |t, field| {
        match field.id {
            1 => header.kind = t.int()?,
            2 => header.size = t.size()?,
            3 => header.packed = t.size()?,
            5 => t.fields(&mut |t, field| {
                match field.id {
                    1 => header.values = u64::try_from(t.int()?).ok()?,
                    2 => header.encoding = t.int()?,
                    3 => header.levels = t.int()?,
                    _ => return Some(false),
                }
                Some(true)
            })?,
            7 => t.fields(&mut |t, field| {
                match field.id {
                    1 => header.values = u64::try_from(t.int()?).ok()?,
                    2 => header.encoding = t.int()?,
                    _ => return Some(false),
                }
                Some(true)
            })?,
            8 => t.fields(&mut |t, field| {
                match field.id {
                    1 => header.values = u64::try_from(t.int()?).ok()?,
                    4 => header.encoding = t.int()?,
                    5 => header.definition = t.size()?,
                    6 => header.repetition = t.size()?,
                    7 => {
                        header.is_plain = !field.is_true();
                        return Some(false);
                    }
                    _ => return Some(false),
                }
                Some(true)
            })?,
            _ => return Some(false),
        }
        Some(true)
    })?;
    *at = thrift.at;
    Some(header)
}

/// Reads the piece of a column into `column`.
pub(super) fn read(
    file: &[u8],
    chunk: &Chunk,
    leaf: &Leaf,
    column: &mut Column,
    budget: &Budget,
) -> Result<(), Problem> {
    let name = String::from_utf8_lossy(&leaf.name);
    let damaged = |at: usize| {
        let left = chunk.len.saturating_sub(at) as u64;
        Problem::new(Reason::Damaged, format!("parquet: column {name} is damaged at byte {at}"))
            .of_bytes(left)
    };
    let codec = chunk.codec.map_err(|codec| {
        Problem::new(Reason::Unsupported, format!("parquet: column {name} is packed by codec {codec}"))
            .of_bytes(chunk.len as u64)
    })?;
    let data = file.get(chunk.start..).unwrap_or_default();
    let data = &data[..data.len().min(chunk.len)];
    let mut pages = Pages { leaf, column, dictionary: Dictionary::default(), row: 0, budget };
    let (mut at, mut seen) = (0, 0);
    while seen < chunk.values {
        let page = at;
        let header = header(data, &mut at).ok_or_else(|| damaged(page))?;
        let body = slice(data, at, header.packed).ok_or_else(|| damaged(page))?;
        at += header.packed;
        match header.kind {
            DICTIONARY => pages.dictionary(&header, codec, body)?.ok_or_else(|| damaged(page))?,
            DATA | DATA_2 => {
                seen = seen.saturating_add(header.values);
                pages.data(&header, codec, body)?.ok_or_else(|| damaged(page))?;
            }
            INDEX => {}
            _ => return Err(damaged(page)),
        }
    }
    Ok(())
}

struct Pages<'p> {
    leaf: &'p Leaf,
    column: &'p mut Column,
    dictionary: Dictionary,
    /// Rows that have begun.
    row: u64,
    budget: &'p Budget,
}

/// The values of a page, as they are asked for.
enum Values {
    /// Each behind its length, from a place among the bytes of the column.
    Plain(usize),
    /// Each of one length.
    Fixed(usize, usize),
    Places(std::vec::IntoIter<Span>),
}

impl Values {
    fn next(&mut self, bytes: &[u8], end: usize) -> Option<Span> {
        match self {
            Values::Plain(at) => {
                let len = size_le(bytes.get(..end)?, *at)?;
                let start = *at + 4;
                (len <= end.checked_sub(start)?).then(|| *at = start + len)?;
                span(start, len)
            }
            Values::Fixed(at, len) => {
                let start = *at;
                (*len <= end.checked_sub(start)?).then(|| *at = start + *len)?;
                span(start, *len)
            }
            Values::Places(places) => places.next(),
        }
    }
}

/// Whether it is sound; or what stops it.
type Read = Result<Option<()>, Problem>;

impl Pages<'_> {
    fn plain(&self, at: usize) -> Values {
        match self.leaf.kind {
            Kind::Fixed(width) => Values::Fixed(at, width),
            _ => Values::Plain(at),
        }
    }

    fn dictionary(&mut self, header: &Header, codec: Codec, body: &[u8]) -> Read {
        let start = self.column.bytes.len();
        codec.expand(body, header.size as u64, &mut self.column.bytes, self.budget)?;
        self.dictionary = Dictionary::default();
        let mut values = self.plain(start);
        let end = self.column.bytes.len();
        for _ in 0..header.values {
            let Some(value) = values.next(&self.column.bytes, end) else { return Ok(None) };
            self.dictionary.push(value, self.budget)?;
        }
        Ok(Some(()))
    }

    fn data(&mut self, header: &Header, codec: Codec, body: &[u8]) -> Read {
        let start = self.column.bytes.len();
        let is_second = header.kind == DATA_2;
        let levels = if is_second { header.definition.saturating_add(header.repetition) } else { 0 };
        let Some((outside, packed)) = body.split_at_checked(levels) else { return Ok(None) };
        let codec = if is_second && header.is_plain { Codec::Plain } else { codec };
        if !packed.is_empty() {
            let size = header.size.saturating_sub(levels) as u64;
            codec.expand(packed, size, &mut self.column.bytes, self.budget)?;
        }
        let mut bytes = std::mem::take(&mut self.column.bytes);
        let mut made = Vec::new();
        let done = self.values(header, outside, &bytes, start, &mut made);
        bytes.append(&mut made);
        self.column.bytes = bytes;
        done
    }

    /// The cells of a page, of which levels may stand outside; the rest begins at `at`.
    fn values(
        &mut self,
        header: &Header,
        outside: &[u8],
        bytes: &[u8],
        mut at: usize,
        made: &mut Vec<u8>,
    ) -> Read {
        let (lists, optional) = (self.leaf.lists, self.leaf.optional);
        let levels = if header.kind == DATA_2 {
            let (repetition, definition) = outside.split_at(header.repetition.min(outside.len()));
            Some((runs(repetition, lists), runs(definition, optional)))
        } else if (lists > 0 || optional > 0) && header.levels != RLE {
            return Err(Problem::new(Reason::Unsupported, "parquet: levels as the first writers had them"));
        } else {
            first_levels(bytes, &mut at, lists).zip(first_levels(bytes, &mut at, optional))
        };
        let Some((mut repetition, mut definition)) = levels else { return Ok(None) };
        let mut indices = None;
        let mut values = Values::Plain(bytes.len());
        match header.encoding {
            0 => values = self.plain(at),
            2 | 8 => {
                let width = bytes.get(at).copied().unwrap_or(0);
                indices = Some(Runs::new(bytes.get(at + 1..).unwrap_or_default(), u32::from(width)));
            }
            6 | 7 => {
                let places = match header.encoding {
                    6 => lengths(bytes, at, header.values, self.budget)?,
                    _ => prefixed(bytes, at, header.values, made, self.budget)?,
                };
                let Some(places) = places else { return Ok(None) };
                values = Values::Places(places.into_iter());
            }
            other => {
                let what = format!("parquet: strings in encoding {other}");
                return Err(Problem::new(Reason::Unsupported, what).of_bytes(header.packed as u64));
            }
        }
        let mut left = header.values;
        while left > 0 {
            let Some((list, lists)) = repetition.run() else { return Ok(None) };
            let Some((depth, depths)) = definition.run() else { return Ok(None) };
            let mut count = left.min(lists).min(depths);
            let is_there = depth == optional;
            let mut value = None;
            if let Some(indices) = indices.as_mut().filter(|_| is_there) {
                let Some((index, times)) = indices.run() else { return Ok(None) };
                count = count.min(times);
                indices.eat(count);
                value = Some(u64::from(index));
            }
            repetition.eat(count);
            definition.eat(count);
            left -= count;
            // Values deeper in a list belong to the row that has begun.
            let first = if list == 0 { self.row } else { self.row.saturating_sub(1) };
            let step = u64::from(list == 0);
            self.row = self.row.saturating_add(count.saturating_mul(step));
            for n in (0..count).take_while(|_| is_there) {
                let place = match value {
                    Some(index) => match self.dictionary.get(index) {
                        // Told often enough, and so are those behind it.
                        Some(None) => break,
                        place => place.flatten(),
                    },
                    None => values.next(bytes, bytes.len()),
                };
                let Some(place) = place else { return Ok(None) };
                self.column.cells.push(first.saturating_add(n * step), place, self.budget)?;
            }
        }
        Ok(Some(()))
    }
}

fn runs(levels: &[u8], most: u32) -> Runs<'_> {
    if most == 0 { Runs::all(0) } else { Runs::new(levels, u32::BITS - most.leading_zeros()) }
}

/// Levels behind their size, where there are any.
fn first_levels<'d>(bytes: &'d [u8], at: &mut usize, most: u32) -> Option<Runs<'d>> {
    if most == 0 {
        return Some(Runs::all(0));
    }
    let len = size_le(bytes, *at)?;
    let levels = slice(bytes, *at + 4, len)?;
    *at += 4 + len;
    Some(runs(levels, most))
}

/// All lengths first, then all values.
fn lengths(bytes: &[u8], mut at: usize, most: u64, budget: &Budget) -> Result<Option<Vec<Span>>, Problem> {
    let Some(lengths) = differences(bytes, &mut at, most, budget)? else { return Ok(None) };
    let place = |len: i64| {
        let len = usize::try_from(len).ok()?;
        let start = at;
        (len <= bytes.len().checked_sub(start)?).then(|| at = start + len)?;
        span(start, len)
    };
    Ok(lengths.into_iter().map(place).collect())
}

/// Each value begins as the one before it: how far, how long the rest is, and all the rests.
fn prefixed(
    bytes: &[u8],
    mut at: usize,
    most: u64,
    made: &mut Vec<u8>,
    budget: &Budget,
) -> Result<Option<Vec<Span>>, Problem> {
    let Some(prefixes) = differences(bytes, &mut at, most, budget)? else { return Ok(None) };
    let Some(rests) = lengths(bytes, at, most, budget)? else { return Ok(None) };
    let mut before = 0..0;
    let mut places = Vec::new();
    for (prefix, (start, len)) in prefixes.into_iter().zip(rests) {
        let Some(prefix) = usize::try_from(prefix).ok().filter(|n| *n <= before.len()) else {
            return Ok(None);
        };
        if prefix < before.len() || len > 0 {
            charge((prefix + len as usize) as u64, budget)?;
            if (bytes.len() + made.len() + prefix + len as usize) as u64 > budget.limits.entry_bytes {
                return Err(Problem::new(Reason::Limit, "parquet: a page makes more than an entry may have"));
            }
            let from = made.len();
            made.extend_from_within(before.start..before.start + prefix);
            made.extend_from_slice(slice(bytes, start as usize, len as usize).unwrap_or_default());
            before = from..made.len();
        }
        let Some(place) = span(bytes.len() + before.start, before.len()) else { return Ok(None) };
        places.push(place);
    }
    Ok(Some(places))
}
