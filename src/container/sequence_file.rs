//! Files of Hadoop with keys and values (`SequenceFile.java`): plain, packed value by value, or in blocks. A record is a line:
//! its key, a tab, and its value.

use super::budget::Budget;
use super::columns::charge;
use super::columns::codec::{Codec, hadoop};
use super::{Container, Contents, Member, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{size_be, slice, u32_be};
use crate::limits::Limits;

/// Opens such files.
pub struct SequenceFile;

const SYNC: usize = 16;
/// Stands where the length of a record would, before the mark between blocks.
const ESCAPE: u32 = u32::MAX;

/// How values are packed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Packing {
    Plain,
    One(Codec),
    /// In frames of Hadoop's own.
    Framed(Codec),
}

impl Packing {
    fn expand(self, input: &[u8], out: &mut Vec<u8>, budget: &Budget) -> Result<(), Problem> {
        match self {
            Packing::Plain => Codec::Plain.expand(input, 0, out, budget),
            Packing::One(codec) => codec.expand(input, 0, out, budget),
            Packing::Framed(codec) => hadoop(codec, input, out, budget),
        }
    }
}

/// How a key or value is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Class {
    /// Behind its length, of one to five bytes.
    Text,
    /// Behind its length, of four bytes.
    Bytes,
    Other,
}

fn class(name: &[u8]) -> Class {
    match name {
        b"org.apache.hadoop.io.Text" => Class::Text,
        b"org.apache.hadoop.io.BytesWritable" => Class::Bytes,
        _ => Class::Other,
    }
}

impl Class {
    fn content(self, value: &[u8]) -> &[u8] {
        let content = match self {
            Class::Text => {
                let mut at = 0;
                string(value, &mut at)
            }
            Class::Bytes => size_be(value, 0).and_then(|len| slice(value, 4, len)),
            Class::Other => None,
        };
        content.unwrap_or(value)
    }
}

/// A number of one to nine bytes, as Hadoop writes them.
fn number(data: &[u8], at: &mut usize) -> Option<i64> {
    let first = data.get(*at)?.cast_signed();
    *at += 1;
    if first >= -112 {
        return Some(i64::from(first));
    }
    let is_negative = first < -120;
    let len = if is_negative { -120 - i16::from(first) } else { -112 - i16::from(first) } as usize;
    let value = slice(data, *at, len)?.iter().fold(0u64, |n, b| n << 8 | u64::from(*b)) as i64;
    *at += len;
    Some(if is_negative { !value } else { value })
}

fn string<'d>(data: &'d [u8], at: &mut usize) -> Option<&'d [u8]> {
    let len = usize::try_from(number(data, at)?).ok()?;
    let string = slice(data, *at, len)?;
    *at += len;
    Some(string)
}

/// What the header says.
struct Header<'b> {
    key: Class,
    value: Class,
    packing: Result<Packing, &'b [u8]>,
    is_in_blocks: bool,
    sync: &'b [u8],
    end: usize,
}

fn header(data: &[u8]) -> Option<Header<'_>> {
    (data.starts_with(b"SEQ\x06")).then_some(())?;
    let mut at = 4;
    let key = class(string(data, &mut at)?);
    let value = class(string(data, &mut at)?);
    let (is_packed, is_in_blocks) = match slice(data, at, 2)? {
        [packed @ 0..2, blocks @ 0..2] => (*packed == 1, *blocks == 1),
        _ => return None,
    };
    at += 2;
    let mut packing = Ok(Packing::Plain);
    if is_packed {
        let name = string(data, &mut at)?;
        packing = match name.rsplit(|b| *b == b'.').next().unwrap_or_default() {
            b"DefaultCodec" | b"DeflateCodec" => Ok(Packing::One(Codec::Zlib)),
            b"GzipCodec" | b"BuiltInGzipCodec" => Ok(Packing::One(Codec::Gzip)),
            b"BZip2Codec" => Ok(Packing::One(Codec::Bzip2)),
            b"ZStandardCodec" => Ok(Packing::One(Codec::Zstd)),
            b"SnappyCodec" => Ok(Packing::Framed(Codec::Snappy)),
            b"Lz4Codec" => Ok(Packing::Framed(Codec::Lz4)),
            _ => Err(name),
        };
    }
    let pairs = size_be(data, at)?;
    at += 4;
    for _ in 0..pairs {
        string(data, &mut at)?;
        string(data, &mut at)?;
    }
    let sync = slice(data, at, SYNC)?;
    Some(Header { key, value, packing, is_in_blocks: is_packed && is_in_blocks, sync, end: at + SYNC })
}

impl Container for SequenceFile {
    fn name(&self) -> &'static str {
        "sequence-file"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        header(blob.bytes).is_some()
    }

    fn open<'b>(&self, blob: &Blob<'b>, _: &Limits) -> Opened<'b> {
        let mut opened = Opened::default();
        let Some(header) = header(blob.bytes) else { return opened };
        match header.packing {
            Ok(packing) => {
                opened.gaps.push(0..header.end);
                opened.members.push(Box::new(Records { data: blob.bytes, header, packing }));
            }
            Err(name) => {
                opened.gaps.push(0..blob.bytes.len());
                let name = String::from_utf8_lossy(name.get(..name.len().min(100)).unwrap_or(name));
                let problem = Problem::new(Reason::Unsupported, format!("SequenceFile: packed by {name}"));
                opened.problems.push(problem.of_bytes(blob.bytes.len() as u64));
            }
        }
        opened
    }
}

struct Records<'b> {
    data: &'b [u8],
    header: Header<'b>,
    packing: Packing,
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
        let mut at = self.header.end;
        let mut problem = None;
        while at < self.data.len() {
            let record = at;
            let done = if self.header.is_in_blocks {
                self.block(&mut at, buffer, budget)
            } else {
                self.record(&mut at, buffer, budget)
            };
            let stop = match done {
                Ok(Some(())) => continue,
                Ok(None) => Problem::new(Reason::Damaged, format!("SequenceFile: damaged at {record}")),
                Err(problem) => problem,
            };
            problem = Some(stop.of_bytes(self.data.len().saturating_sub(record) as u64));
            break;
        }
        Contents { bytes: buffer, problem }
    }
}

/// `None` where it is damaged.
type Done = Result<Option<()>, Problem>;

impl Records<'_> {
    /// Writes a line.
    fn line(&self, key: &[u8], value: &[u8], out: &mut Vec<u8>, budget: &Budget) -> Result<(), Problem> {
        let (key, value) = (self.header.key.content(key), self.header.value.content(value));
        let len = (key.len() + value.len() + 2) as u64;
        if out.len() as u64 + len > budget.limits.entry_bytes {
            let detail = format!("the records have more than {} bytes", budget.limits.entry_bytes);
            return Err(Problem::new(Reason::Limit, detail));
        }
        charge(len, budget)?;
        out.extend_from_slice(key);
        out.push(b'\t');
        out.extend_from_slice(value);
        out.push(b'\n');
        Ok(())
    }

    /// A record: its length, that of its key, both; or the mark.
    fn record(&self, at: &mut usize, out: &mut Vec<u8>, budget: &Budget) -> Done {
        if u32_be(self.data, *at) == Some(ESCAPE) {
            let is_mark = slice(self.data, *at + 4, SYNC) == Some(self.header.sync);
            *at += 4 + SYNC;
            return Ok(is_mark.then_some(()));
        }
        let record = || {
            let len = size_be(self.data, *at)?;
            slice(self.data, *at + 8, len)?.split_at_checked(size_be(self.data, *at + 4)?)
        };
        let Some((key, value)) = record() else { return Ok(None) };
        let stored = key.len() + value.len();
        let mut expanded = Vec::new();
        let value = match self.packing {
            Packing::Plain => value,
            packing => {
                packing.expand(value, &mut expanded, budget)?;
                &expanded
            }
        };
        *at += 8 + stored;
        self.line(key, value, out, budget)?;
        Ok(Some(()))
    }

    /// A block: the mark, the number of records, and four packed pieces: lengths of keys, keys, lengths of values, values.
    fn block(&self, at: &mut usize, out: &mut Vec<u8>, budget: &Budget) -> Done {
        let is_mark = u32_be(self.data, *at) == Some(ESCAPE)
            && slice(self.data, *at + 4, SYNC) == Some(self.header.sync);
        *at += 4 + SYNC;
        let Some(count) = number(self.data, at).filter(|_| is_mark) else { return Ok(None) };
        let mut pieces = [const { Vec::new() }; 4];
        for piece in &mut pieces {
            let Some(stored) = string(self.data, at) else { return Ok(None) };
            self.packing.expand(stored, piece, budget)?;
        }
        let [key_lengths, keys, value_lengths, values] = &pieces;
        let [mut key_length, mut key, mut value_length, mut value] = [0; 4];
        for _ in 0..count {
            let next = |lengths: &[u8], length: &mut usize, all: &mut usize, from: &Vec<u8>| {
                let len = usize::try_from(number(lengths, length)?).ok()?;
                let start = *all;
                *all = start.checked_add(len)?;
                (*all <= from.len()).then_some(start..*all)
            };
            let key = next(key_lengths, &mut key_length, &mut key, keys);
            let value = next(value_lengths, &mut value_length, &mut value, values);
            let Some((key, value)) = key.zip(value) else { return Ok(None) };
            self.line(&keys[key], &values[value], out, budget)?;
        }
        Ok(Some(()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{read, zlib};
    use super::*;

    /// Pieces of Snappy in Hadoop's frames.
    fn framed(bytes: &[u8]) -> Vec<u8> {
        let mut out = (bytes.len() as u32).to_be_bytes().to_vec();
        for piece in bytes.chunks(7) {
            let packed = snap::raw::Encoder::new().compress_vec(piece).unwrap();
            out.extend((packed.len() as u32).to_be_bytes());
            out.extend(packed);
        }
        out
    }

    const MARK: &[u8; SYNC] = b"0123456789abcdef";

    fn begin(codec: Option<&str>, in_blocks: bool) -> Vec<u8> {
        let mut out = b"SEQ\x06".to_vec();
        let mut string = |text: &str| {
            out.push(text.len() as u8);
            out.extend(text.as_bytes());
        };
        string("org.apache.hadoop.io.Text");
        string("org.apache.hadoop.io.BytesWritable");
        out.extend([u8::from(codec.is_some()), u8::from(in_blocks)]);
        if let Some(codec) = codec {
            out.push(codec.len() as u8);
            out.extend(codec.as_bytes());
        }
        out.extend(1u32.to_be_bytes());
        out.extend(b"\x01a\x01b");
        out.extend(MARK);
        out
    }

    fn records(pack: &dyn Fn(&[u8]) -> Vec<u8>, codec: Option<&str>) -> Vec<u8> {
        let mut out = begin(codec, false);
        for (key, value) in [("one", "the first value"), ("two", "another")] {
            let key = [&[key.len() as u8], key.as_bytes()].concat();
            let value = pack(&[&(value.len() as u32).to_be_bytes(), value.as_bytes()].concat());
            out.extend(((key.len() + value.len()) as u32).to_be_bytes());
            out.extend((key.len() as u32).to_be_bytes());
            out.extend([key, value].concat());
            out.extend([&[0xff; 4], &MARK[..]].concat());
        }
        out
    }

    fn blocks(pack: &dyn Fn(&[u8]) -> Vec<u8>, codec: &str) -> Vec<u8> {
        let mut out = begin(Some(codec), true);
        for _ in 0..2 {
            out.extend([&[0xff; 4], &MARK[..], &[2]].concat());
            for piece in [&b"\x04\x04"[..], b"\x03one\x03two", b"\x06\x05", b"\0\0\0\x02v1\0\0\0\x01w"] {
                let packed = pack(piece);
                out.push(packed.len() as u8);
                out.extend(packed);
            }
        }
        out
    }

    #[test]
    fn records_and_blocks() {
        let default = "org.apache.hadoop.io.compress.DefaultCodec";
        let snappy = "org.apache.hadoop.io.compress.SnappyCodec";
        let plain = records(&|bytes| bytes.to_vec(), None);
        for file in [&plain, &records(&zlib, Some(default)), &records(&framed, Some(snappy))] {
            let (members, problems) = read(&SequenceFile, file);
            assert_eq!(problems, []);
            assert_eq!(members, [("records".into(), b"one\tthe first value\ntwo\tanother\n".to_vec(), None)]);
        }
        for file in [blocks(&zlib, default), blocks(&framed, snappy)] {
            let (members, _) = read(&SequenceFile, &file);
            assert_eq!(members, [("records".into(), b"one\tv1\ntwo\tw\n".repeat(2), None)]);
            let (members, _) = read(&SequenceFile, &file[..file.len() - 5]);
            assert_eq!(members, [("records".into(), b"one\tv1\ntwo\tw\n".to_vec(), Some(Reason::Damaged))]);
        }
        let (members, _) = read(&SequenceFile, &plain[..plain.len() - 23]);
        assert_eq!(members[0].1, b"one\tthe first value\n");
        assert_eq!(members[0].2, Some(Reason::Damaged));
        let (members, problems) = read(&SequenceFile, &records(&zlib, Some("com.hadoop.LzoCodec")));
        assert_eq!((members.len(), &problems[..]), (0, &[Reason::Unsupported][..]));
    }

    #[test]
    fn numbers_of_hadoop() {
        let read = |bytes: &[u8]| number(bytes, &mut 0);
        assert_eq!([read(&[5]), read(&[0x90]), read(&[0x8f, 200])], [Some(5), Some(-112), Some(200)]);
        assert_eq!(
            [read(&[0x8e, 1, 0]), read(&[0x87, 200]), read(&[0x8e, 1])],
            [Some(256), Some(-201), None]
        );
    }
}
