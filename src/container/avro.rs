//! Avro object container files (Apache Avro specification), packed or not: the records of all blocks are one member, a line of
//! JSON each. As they are stored, the length of a string stands right before it, and may look like a letter of it.

mod schema;

use super::budget::Budget;
use super::columns::charge;
use super::columns::codec::snappy;
use super::inflate::{Inflated, inflate_more};
use super::stream::Packing;
use super::{Container, Contents, Member, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{slice, uleb};
use crate::limits::Limits;
use schema::Schema;

/// Opens such files.
pub struct Avro;

const SYNC: usize = 16;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Codec {
    Null,
    Deflate,
    Snappy,
    Bzip2,
    Xz,
    Zstd,
}

impl Container for Avro {
    fn name(&self) -> &'static str {
        "avro"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        opens(blob.bytes)
    }

    fn open<'b>(&self, blob: &Blob<'b>, _: &Limits) -> Opened<'b> {
        let mut opened = Opened::default();
        let Some(Header { codec, schema, start }) = header(blob.bytes) else { return opened };
        let schema = Schema::read(schema);
        if schema.is_none() {
            let detail = "avro: the schema is not understood; records are searched as they are stored";
            opened.problems.push(Problem::new(Reason::Unsupported, detail));
        }
        opened.members.push(Box::new(Records { codec, schema, data: blob.bytes, start }));
        // The schema, and what else is said of the file.
        opened.gaps.push(0..start);
        opened
    }
}

/// Whether such a file is opened.
pub(super) fn opens(data: &[u8]) -> bool {
    header(data).is_some()
}

/// Numbers are written so that small negative ones are short.
fn long(data: &[u8], at: &mut usize) -> Option<i64> {
    let n = uleb(data, at)?;
    Some((n >> 1) as i64 ^ -((n & 1) as i64))
}

fn bytes<'d>(data: &'d [u8], at: &mut usize) -> Option<&'d [u8]> {
    let len = usize::try_from(long(data, at)?).ok()?;
    let bytes = slice(data, *at, len)?;
    *at += len;
    Some(bytes)
}

/// By what the blocks are packed, what is in them, and where the mark between them stands first.
struct Header<'b> {
    codec: Codec,
    schema: &'b [u8],
    start: usize,
}

fn header(data: &[u8]) -> Option<Header<'_>> {
    data.starts_with(b"Obj\x01").then_some(())?;
    let (mut at, mut codec, mut schema) = (4, &b"null"[..], None);
    loop {
        let mut count = long(data, &mut at)?;
        if count == 0 {
            break;
        }
        if count < 0 {
            // Its size is told too.
            count = count.checked_neg()?;
            long(data, &mut at)?;
        }
        for _ in 0..count {
            let key = bytes(data, &mut at)?;
            let value = bytes(data, &mut at)?;
            match key {
                b"avro.codec" => codec = value,
                b"avro.schema" => schema = Some(value),
                _ => {}
            }
        }
    }
    let codec = match codec {
        b"null" | b"" => Codec::Null,
        b"deflate" => Codec::Deflate,
        b"snappy" => Codec::Snappy,
        b"bzip2" => Codec::Bzip2,
        b"xz" => Codec::Xz,
        b"zstandard" => Codec::Zstd,
        _ => return None,
    };
    Some(Header { codec, schema: schema?, start: at })
}

struct Records<'b> {
    codec: Codec,
    /// Without one that is understood, records stay as they are stored.
    schema: Option<Schema>,
    data: &'b [u8],
    start: usize,
}

impl Member for Records<'_> {
    fn name(&self) -> &[u8] {
        b"records"
    }

    fn size_hint(&self) -> u64 {
        (self.data.len() as u64).saturating_mul(4)
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        buffer.clear();
        let mut others = Vec::new();
        let problem = self.expand(buffer, &mut others, budget).err();
        // What is no text stands behind the lines.
        buffer.append(&mut others);
        Contents { bytes: buffer, problem }
    }
}

impl Records<'_> {
    fn expand(&self, out: &mut Vec<u8>, others: &mut Vec<u8>, budget: &Budget) -> Result<(), Problem> {
        let damaged = |at: usize| {
            let bytes = self.data.len().saturating_sub(at) as u64;
            Problem::new(Reason::Damaged, format!("avro: the block at {at} is damaged")).of_bytes(bytes)
        };
        let mark = slice(self.data, self.start, SYNC).ok_or_else(|| damaged(self.start))?;
        let mut at = self.start + SYNC;
        let mut scratch = Vec::new();
        while at < self.data.len() {
            let block = at;
            let body = long(self.data, &mut at).and_then(|count| Some((count, bytes(self.data, &mut at)?)));
            let (count, body) = body.ok_or_else(|| damaged(block))?;
            if out.len() as u64 > budget.limits.entry_bytes {
                let detail = format!("the records have more than {} bytes", budget.limits.entry_bytes);
                return Err(Problem::new(Reason::Limit, detail));
            }
            let expanded = match &self.schema {
                None => self.block(body, out, budget),
                Some(schema) => {
                    scratch.clear();
                    let done = self.block(body, &mut scratch, budget);
                    let records = if self.codec == Codec::Null { body } else { &scratch };
                    // Of a block that is broken, what came out.
                    let read = schema::lines(schema, records, count, out, others, budget)?;
                    done.map(|done| if read.is_some() { done } else { Inflated::Broken(0) })
                }
            };
            match expanded? {
                Inflated::Whole(_) => {}
                Inflated::Cut(limit) => return Err(Problem::new(Reason::Limit, limit)),
                _ => return Err(damaged(block)),
            }
            if slice(self.data, at, SYNC) != Some(mark) {
                return Err(damaged(at));
            }
            at += SYNC;
        }
        Ok(())
    }

    /// Expands a block; one that is not packed is only taken over where it is no line.
    fn block(&self, body: &[u8], out: &mut Vec<u8>, budget: &Budget) -> Result<Inflated, Problem> {
        Ok(match self.codec {
            Codec::Null if self.schema.is_some() => Inflated::Whole(body.len()),
            Codec::Null => {
                charge(body.len() as u64, budget)?;
                out.extend_from_slice(body);
                Inflated::Whole(body.len())
            }
            Codec::Deflate => inflate_more(body, out, 0, budget),
            // Behind what is packed stands its checksum.
            Codec::Snappy => snappy(&body[..body.len().saturating_sub(4)], out, budget),
            Codec::Bzip2 => Packing::Bzip2.expand(body, out, budget)?,
            Codec::Xz => Packing::Xz.expand(body, out, budget)?,
            Codec::Zstd => Packing::Zstd.expand(body, out, budget)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::read;
    use super::*;

    const SCHEMA: &str = r#"{"type":"record","name":"A","namespace":"x","fields":[
        {"name":"id","type":["null","string"]},{"name":"n","type":"long"},{"name":"f","type":"double"},
        {"name":"tags","type":{"type":"array","items":"string"}},
        {"name":"map","type":{"type":"map","values":"bytes"}},
        {"name":"next","type":["null","A"]}]}"#;

    fn string(text: &[u8]) -> Vec<u8> {
        assert!(text.len() < 8192);
        let n = text.len() << 1;
        let mut out = if n < 128 { vec![n as u8] } else { vec![n as u8 & 127 | 128, (n >> 7) as u8] };
        out.extend(text);
        out
    }

    fn file(schema: &str, count: u8, body: &[u8]) -> Vec<u8> {
        let mut out = b"Obj\x01\x02".to_vec();
        out.extend([string(b"avro.schema"), string(schema.as_bytes())].concat());
        out.push(0);
        out.extend([7; SYNC]);
        out.push(count << 1);
        out.extend(string(body));
        out.extend([7; SYNC]);
        out
    }

    fn record() -> Vec<u8> {
        let inner = [&[0, 3], &[0; 8][..], &[0, 0, 0]].concat();
        let mut out = [&[2], &string(b"a \"key\"")[..], &[10], &[0; 8]].concat();
        out.extend([&[3, 8][..], &string(b"t1"), &string(b"t\n2"), &[0]].concat());
        out.extend(
            [&[4][..], &string(b"k"), &string(b"v"), &string(b"raw"), &string(b"\0\x01"), &[0, 2]].concat(),
        );
        out.extend(inner);
        out
    }

    #[test]
    fn records_become_lines() {
        let line = "{\"id\":\"a \\\"key\\\"\",\"n\":5,\"tags\":[\"t1\",\"t\\n2\"],\
                    \"map\":{\"k\":\"v\",\"raw\":\"\"},\"next\":{\"n\":-2,\"tags\":[],\"map\":{}}}\n";
        let whole = file(SCHEMA, 2, &record().repeat(2));
        let (members, problems) = read(&Avro, &whole);
        assert_eq!((problems.len(), members[0].2), (0, None));
        let lines = line.repeat(2) + "\0\u{1}\n\n\0\u{1}\n\n";
        assert_eq!(String::from_utf8(members[0].1.clone()).unwrap(), lines);
        // A record that ends too early stays as it is stored.
        let two = [record(), record()[..9].to_vec()].concat();
        let (members, _) = read(&Avro, &file(SCHEMA, 2, &two));
        assert_eq!(members[0].2, Some(Reason::Damaged));
        assert!(members[0].1.starts_with(line.as_bytes()));
        assert!(members[0].1.windows(9).any(|stored| stored == &record()[..9]));
        // A schema that nobody understands.
        let (members, problems) = read(&Avro, &file("{}", 1, b"as it is"));
        assert_eq!((&members[0].1[..], &problems[..]), (&b"as it is"[..], &[Reason::Unsupported][..]));
    }

    #[test]
    fn what_takes_no_bytes_ends() {
        let nulls = r#"{"type":"array","items":"null"}"#;
        let body = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0];
        assert_eq!(read(&Avro, &file(nulls, 1, &body)).0[0].2, Some(Reason::Damaged));
        // A record that has itself in it, without end.
        let endless = r#"{"type":"record","name":"A","fields":[{"name":"a","type":"A"}]}"#;
        assert_eq!(read(&Avro, &file(endless, 1, b"")).0[0].2, Some(Reason::Damaged));
    }
}
