//! What the tests of archives share.

use super::Container;
use super::budget::Budget;
use crate::address::Address;
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::limits::Limits;
use std::io::Write;

/// Name, bytes and reason of a member.
pub(super) type Read = (String, Vec<u8>, Option<Reason>);

/// Each member of an archive, and the reasons of the archive itself.
pub(super) fn read(container: &dyn Container, data: &[u8]) -> (Vec<Read>, Vec<Reason>) {
    let blob = Blob { address: Address::named("x"), bytes: data };
    assert!(container.reads(&blob));
    let opened = container.open(&blob, &Limits::default());
    let budget = Budget::new(&Limits::default(), data.len() as u64);
    let members = opened.members.iter().map(|m| {
        let mut buffer = Vec::new();
        let contents = m.read(&mut buffer, &budget);
        let name = String::from_utf8_lossy(m.name()).into_owned();
        (name, contents.bytes.to_vec(), contents.problem.map(|p| p.reason))
    });
    (members.collect(), opened.problems.iter().map(|p| p.reason).collect())
}

/// The bytes packed by zlib.
pub(super) fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}
