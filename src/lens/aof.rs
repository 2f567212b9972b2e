//! Append-only files of Redis and Valkey: commands as clients send them, one after the other
//! (<https://redis.io/docs/latest/develop/reference/protocol-spec>).
//!
//! What is stored is told with the key and field it is stored under, however many commands lie
//! between those of one key; an overwritten value is still in the file, and told.

use super::rdb::{Dump, Field, Value, name};
use super::{Complaint, Damage, Lens};
use crate::blob::{Blob, Text};
use crate::limits::Limits;
use std::collections::HashMap;
use std::ops::Range;

/// Reads append-only files.
pub struct AofLens;

/// Arguments of one command that are looked at.
const ARGUMENTS: usize = 1 << 20;

impl Lens for AofLens {
    fn name(&self) -> &'static str {
        "redis-aof"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        is_command(blob.bytes, 0)
    }

    fn texts(&self, blob: &Blob<'_>, limits: &Limits, emit: &mut dyn FnMut(&Text<'_>)) -> Result<(), Damage> {
        let mut complaint = Complaint::of("Redis append-only file");
        let mut dump = Dump::default();
        commands(blob.bytes, 0, &mut dump, &mut complaint);
        dump.give(blob.bytes, limits, emit);
        complaint.into_result()
    }
}

/// Whether a command stands at `at`: `*2\r\n$6\r\n`. Annotations (`#TS:…`) may come before.
pub(super) fn is_command(data: &[u8], at: usize) -> bool {
    let mut at = at;
    for _ in 0..4 {
        if data.get(at..).is_some_and(|rest| rest.starts_with(b"#TS:")) {
            at = line(data, at, b'#').map_or(at, |(_, next)| next);
        }
    }
    let count = number(data, at, b'*');
    count.is_some_and(|(n, next)| n > 0 && number(data, next, b'$').is_some())
}

/// The line at `at` that begins with `mark`, without it, and what follows.
fn line(data: &[u8], at: usize, mark: u8) -> Option<(&[u8], usize)> {
    let rest = data.get(at..)?;
    let end = memchr::memchr(b'\n', rest.get(..rest.len().min(64))?)?;
    let line = rest.get(..end)?.strip_suffix(b"\r")?;
    Some((line.strip_prefix(&[mark])?, at + end + 1))
}

fn number(data: &[u8], at: usize, mark: u8) -> Option<(usize, usize)> {
    let (digits, next) = line(data, at, mark)?;
    Some((std::str::from_utf8(digits).ok()?.parse().ok()?, next))
}

/// Reads the commands from `at` on.
pub(super) fn commands(data: &[u8], mut at: usize, dump: &mut Dump, complaint: &mut Complaint) {
    let mut keys = Keys::default();
    let mut arguments = Vec::new();
    while at < data.len() {
        if data.get(at) == Some(&b'#')
            && let Some((_, next)) = line(data, at, b'#')
        {
            at = next;
            continue;
        }
        arguments.clear();
        match command(data, at, &mut arguments) {
            Some(next) => {
                at = next;
                keys.take(data, &arguments, dump);
            }
            None => {
                complaint.note(at as u64, || "no command stands here".into());
                // Go on with the next thing that looks like one: what a crash wrote is cut off.
                let from = arguments.last().map_or(at + 1, |last| last.end);
                let rest = data.get(from..).unwrap_or_default();
                let Some(next) = memchr::memmem::find(rest, b"\r\n*").map(|n| from + n + 2) else { return };
                at = next;
            }
        }
    }
}

fn command(data: &[u8], at: usize, arguments: &mut Vec<Range<usize>>) -> Option<usize> {
    let (count, mut at) = number(data, at, b'*')?;
    for _ in 0..count.min(ARGUMENTS) {
        let (len, start) = number(data, at, b'$')?;
        let end = start.checked_add(len)?;
        if data.get(end..end.checked_add(2)?)? != b"\r\n" {
            return None;
        }
        arguments.push(start..end);
        at = end + 2;
    }
    Some(at)
}

/// The keys so far, and how many elements of lists were pushed to each.
#[derive(Default)]
struct Keys<'a> {
    database: u64,
    known: HashMap<(u64, &'a [u8]), (u32, u32)>,
}

impl<'a> Keys<'a> {
    fn take(&mut self, data: &'a [u8], arguments: &[Range<usize>], dump: &mut Dump) {
        let argument = |n: usize| arguments.get(n).and_then(|range| data.get(range.clone()));
        let value = |range: &Range<usize>| Value::Here(range.start, range.len());
        let Some(command) = argument(0).map(<[u8]>::to_ascii_uppercase) else { return };
        let rest = |n: usize| arguments.get(n..).unwrap_or_default();
        match command.as_slice() {
            b"SELECT" => {
                let number = argument(1).and_then(|n| std::str::from_utf8(n).ok()?.parse().ok());
                self.database = number.unwrap_or_default();
            }
            b"SET" | b"SETNX" | b"GETSET" | b"APPEND" => {
                if let (Some(key), Some(range)) = (argument(1), arguments.get(2)) {
                    let (key, _) = self.key(key, dump);
                    dump.push(key, Field::Whole, value(range));
                }
            }
            b"SETEX" | b"PSETEX" | b"SETRANGE" => {
                if let (Some(key), Some(range)) = (argument(1), arguments.get(3)) {
                    let (key, _) = self.key(key, dump);
                    dump.push(key, Field::Whole, value(range));
                }
            }
            b"MSET" | b"MSETNX" => {
                for pair in rest(1).chunks_exact(2) {
                    let Some(key) = data.get(pair[0].clone()) else { continue };
                    let (key, _) = self.key(key, dump);
                    dump.push(key, Field::Whole, value(&pair[1]));
                }
            }
            b"HSET" | b"HMSET" | b"HSETNX" | b"XADD" | b"ZADD" => {
                let Some(name_of_key) = argument(1) else { return };
                let (key, _) = self.key(name_of_key, dump);
                let from = if command == b"XADD" { 3 } else { 2 };
                for pair in rest(from).chunks_exact(2) {
                    let field = data.get(pair[0].clone()).unwrap_or_default();
                    if command == b"ZADD" {
                        dump.push(key, Field::Member, value(&pair[1]));
                    } else {
                        dump.push(key, Field::Name(name(field)), value(&pair[1]));
                    }
                }
            }
            // Lists, sets, and what is not known: everything behind the key.
            _ => {
                let Some(name_of_key) = argument(1) else { return };
                let (key, pushed) = self.key(name_of_key, dump);
                let from = *pushed;
                *pushed = from.saturating_add(rest(2).len() as u32);
                for (n, range) in rest(2).iter().enumerate() {
                    dump.push(key, Field::Index(from.saturating_add(n as u32)), value(range));
                }
            }
        }
    }

    fn key(&mut self, key: &'a [u8], dump: &mut Dump) -> (u32, &mut u32) {
        let database = self.database;
        let entry = self.known.entry((database, key)).or_insert_with(|| (dump.key(name(key), database), 0));
        (entry.0, &mut entry.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;

    fn file(commands: &[&[&str]]) -> Vec<u8> {
        let mut out = b"#TS:1700000000\r\n".to_vec();
        for command in commands {
            out.extend(format!("*{}\r\n", command.len()).bytes());
            for argument in *command {
                out.extend(format!("${}\r\n{argument}\r\n", argument.len()).bytes());
            }
        }
        out
    }

    fn read(bytes: &[u8]) -> (Vec<String>, bool) {
        let blob = Blob { address: Address::named("x.aof"), bytes };
        assert!(AofLens.reads(&blob));
        let mut names = Vec::new();
        let read = AofLens.texts(&blob, &Limits::default(), &mut |text| {
            let starts: Vec<_> = text
                .bytes
                .split(|b| *b == 0)
                .scan(0, |at, s| {
                    let span = *at..*at + s.len();
                    *at = span.end + 1;
                    Some(span)
                })
                .filter(|span| !span.is_empty())
                .collect();
            let sites = text.sites.resolve(text.bytes, &starts);
            names.extend(sites.into_iter().map(|s| s.first().map_or(String::new(), |s| s.name.clone())));
        });
        (names, read.is_ok())
    }

    #[test]
    fn values_by_key_and_field() {
        let bytes = file(&[
            &["SELECT", "0"],
            &["SET", "a:key", "value-of-a"],
            &["hset", "h", "f", "value-of-f", "g", "value-of-g"],
            &["RPUSH", "l", "value-one"],
            &["RPUSH", "l", "value-two"],
        ]);
        let (names, sound) = read(&bytes);
        assert_eq!(
            (names, sound),
            (["a:key", "h f", "h g", "l[0]", "l[1]"].map(String::from).to_vec(), true)
        );
    }

    #[test]
    fn what_is_cut_off_is_skipped() {
        let mut bytes = file(&[&["SET", "a", "value-of-a"]]);
        bytes.extend_from_slice(b"*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$99\r\nval\r\n*3\r\n$3\r\nSET\r\n$1\r\nc\r\n$10\r\nvalue-of-c\r\n");
        assert_eq!(read(&bytes), (vec!["a".into(), "c".into()], false));
    }
}
