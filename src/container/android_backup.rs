//! Backups of Android (`adb backup`): four lines, then a tar under zlib, or plain, or encrypted.

use super::budget::Budget;
use super::inflate::inflate;
use super::piece::Piece;
use super::{Container, Contents, Member, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::limits::Limits;

/// Opens such backups.
pub struct AndroidBackup;

const MAGIC: &[u8] = b"ANDROID BACKUP\n";

impl Container for AndroidBackup {
    fn name(&self) -> &'static str {
        "android-backup"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        blob.bytes.starts_with(MAGIC)
    }

    fn open<'b>(&self, blob: &Blob<'b>, _: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut at = MAGIC.len();
        let mut line = || {
            let rest = data.get(at..)?;
            let len = memchr::memchr(b'\n', &rest[..rest.len().min(64)])?;
            at += len + 1;
            Some(&rest[..len])
        };
        let (_version, packed, encryption) = (line(), line(), line());
        let mut opened = Opened::default();
        let head = 0..at.min(data.len());
        let body_range = head.end..data.len();
        let body = &data[body_range.clone()];
        opened.gaps.push(head);
        match (packed, encryption) {
            (Some(b"1"), Some(b"none")) => {
                opened.members.push(Box::new(Zlib { bytes: body }));
            }
            (Some(b"0"), Some(b"none")) => {
                opened.members.push(Box::new(Piece {
                    name: b"backup.tar".to_vec(),
                    bytes: body,
                    missing: 0,
                }));
            }
            (Some(_), Some(how)) => {
                let detail = format!("android backup: encrypted ({})", String::from_utf8_lossy(how));
                opened.problems.push(Problem::new(Reason::Encrypted, detail).of_bytes(body.len() as u64));
                opened.gaps.push(body_range.clone());
            }
            _ => {
                let detail = "android backup: the header is cut off";
                opened.problems.push(Problem::new(Reason::Damaged, detail).of_bytes(0));
                opened.gaps.push(body_range.clone());
            }
        }
        opened
    }
}

struct Zlib<'b> {
    bytes: &'b [u8],
}

impl Member for Zlib<'_> {
    fn name(&self) -> &[u8] {
        b"backup.tar"
    }

    fn size_hint(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        let input = self.bytes.get(2..).unwrap_or_default();
        let problem = inflate(input, buffer, 0, budget).problem(input.len());
        Contents { bytes: buffer, problem }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use std::io::Write;

    #[test]
    fn packed_plain_and_encrypted() {
        let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        packed.write_all(b"a tar").unwrap();
        let packed = packed.finish().unwrap();
        let read = |head: &str, body: &[u8]| {
            let data = [MAGIC, head.as_bytes(), body].concat();
            let blob = Blob { address: Address::named("x"), bytes: &data };
            assert!(AndroidBackup.reads(&blob));
            let opened = AndroidBackup.open(&blob, &Limits::default());
            let budget = Budget::new(&Limits::default(), 100);
            let mut buffer = Vec::new();
            let bytes = opened.members.first().map(|m| m.read(&mut buffer, &budget).bytes.to_vec());
            (bytes, opened.problems.first().map(|p| p.reason))
        };
        assert_eq!(read("5\n1\nnone\n", &packed), (Some(b"a tar".to_vec()), None));
        assert_eq!(read("1\n0\nnone\n", b"a tar"), (Some(b"a tar".to_vec()), None));
        assert_eq!(read("5\n1\nAES-256\n", b"salt\n"), (None, Some(Reason::Encrypted)));
        assert_eq!(read("5\n1", b""), (None, Some(Reason::Damaged)));
    }
}
