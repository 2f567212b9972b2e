//! `ar`: static libraries, import libraries, Debian packages (System V and GNU with `/n` and `//`,
//! BSD with `#1/n`; `ar(5)`).

use super::piece::Piece;
use super::{Container, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes;
use crate::limits::Limits;

/// Opens `ar` archives.
pub struct Ar;

const MAGIC: &[u8] = b"!<arch>\n";
/// Names of files that stand elsewhere, with the symbol table.
const THIN: &[u8] = b"!<thin>\n";
const HEADER_LEN: usize = 60;
/// How import objects begin (PE format, "Import Library Format").
const SHORT_IMPORT: &[u8] = b"\0\0\xff\xff\0\0";
/// Two names and twenty bytes.
const MAX_SHORT_IMPORT: usize = 1 << 10;

impl Container for Ar {
    fn name(&self) -> &'static str {
        "ar"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        blob.bytes.starts_with(MAGIC)
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        debug_assert!(!blob.bytes.starts_with(THIN));
        let data = blob.bytes;
        let mut opened = Opened::default();
        let mut long_names: &[u8] = b"";
        let (mut at, mut gap) = (MAGIC.len(), 0);
        while at < data.len() {
            let header = bytes::slice(data, at, HEADER_LEN).filter(|h| h.ends_with(b"`\n"));
            let size = header.and_then(|h| decimal(&h[48..58]));
            let (Some(header), Some(size)) = (header, size) else {
                // Padding at the end is no damage.
                if data[at..].iter().any(|b| !matches!(b, 0 | b'\n')) {
                    let detail = format!("no member header at offset {at}");
                    opened.problems.push(Problem::new(Reason::Damaged, detail).of_bytes(0));
                }
                break;
            };
            if opened.members.len() as u64 >= limits.entries {
                let detail = format!("more than {} members", limits.entries);
                opened.problems.push(Problem::new(Reason::Limit, detail));
                break;
            }
            let start = at + HEADER_LEN;
            let end = start.saturating_add(size);
            if end > data.len() {
                let missing = (end - data.len()) as u64;
                let detail = format!("the archive ends {missing} bytes before its member does");
                opened.problems.push(Problem::new(Reason::Damaged, detail).of_bytes(missing));
            }
            let mut body = start..end.min(data.len());
            at = end.saturating_add(size & 1);
            let name = trim(&header[..16]);
            let name = if name == b"//" {
                long_names = &data[body];
                continue;
            } else if let Some(len) = name.strip_prefix(b"#1/").and_then(decimal) {
                // BSD: the name stands before the data.
                let len = len.min(body.len());
                let name = &data[body.start..body.start + len];
                body.start += len;
                &name[..memchr::memchr(0, name).unwrap_or(len)]
            } else if let Some(offset) = name.strip_prefix(b"/").and_then(decimal) {
                let rest = long_names.get(offset..).unwrap_or(&[]);
                let line = &rest[..memchr::memchr2(b'\n', 0, rest).unwrap_or(rest.len())];
                line.strip_suffix(b"/").unwrap_or(line)
            } else if name.starts_with(b"/") {
                // `/`, `/SYM64/`: symbol tables.
                continue;
            } else {
                name.strip_suffix(b"/").unwrap_or(name)
            };
            // Windows libraries for linking: a member says that a function is in a library, and nothing
            // else, thousands of times. Searched together.
            if data[body.clone()].starts_with(SHORT_IMPORT) && body.len() < MAX_SHORT_IMPORT {
                continue;
            }
            if name.starts_with(b"__.SYMDEF") {
                continue;
            }
            if body.start > gap {
                opened.gaps.push(gap..body.start);
            }
            gap = body.end;
            opened.members.push(Box::new(Piece { name: name.to_vec(), bytes: &data[body], missing: 0 }));
        }
        if gap < data.len() {
            opened.gaps.push(gap..data.len());
        }
        opened
    }
}

fn trim(field: &[u8]) -> &[u8] {
    field.trim_ascii_end()
}

fn decimal(field: &[u8]) -> Option<usize> {
    std::str::from_utf8(trim(field)).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;

    #[test]
    fn import_objects_are_searched_together() {
        let member = |body: &[u8]| {
            let header = format!("{:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", "a/", 0, 0, 0, 644, body.len());
            [header.as_bytes(), body, &b"\n"[..body.len() & 1]].concat()
        };
        let import = [SHORT_IMPORT, b"name\0library.dll\0"].concat();
        let file = [MAGIC, &member(&import), &member(&import), &member(b"other"), &member(&import)].concat();
        let blob = Blob { address: Address::named("x.lib"), bytes: &file };
        let opened = Ar.open(&blob, &Limits::default());
        assert_eq!((opened.members.len(), opened.gaps.len()), (1, 2));
        let gaps: usize = opened.gaps.iter().map(|gap| gap.len()).sum();
        assert_eq!(gaps + 5, file.len());
    }
}
