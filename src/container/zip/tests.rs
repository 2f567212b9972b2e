//! Archives that are honest, cut, and made to mislead.

use super::super::budget::Budget;
use super::testing::{TestEntry, archive};
use super::*;
use crate::address::Address;
use proptest::prelude::*;

/// Name, content and problem of a member.
type Read = (String, Vec<u8>, Option<Reason>);

/// All members, then the problems of the archive.
fn read(bytes: &[u8]) -> (Vec<Read>, Vec<Reason>) {
    let limits = Limits { expanded_bytes: 64 << 20, ..Limits::default() };
    let blob = Blob { address: Address::named("a.zip"), bytes };
    let opened = Zip.open(&blob, &limits);
    let budget = Budget::new(&limits, bytes.len() as u64);
    let mut buffer = Vec::new();
    let members = opened.members.iter().map(|m| {
        let contents = m.read(&mut buffer, &budget);
        let reason = contents.problem.as_ref().map(|p| p.reason);
        (String::from_utf8_lossy(m.name()).into_owned(), contents.bytes.to_vec(), reason)
    });
    (members.collect(), opened.problems.into_iter().map(|p| p.reason).collect())
}

fn contents(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let (members, problems) = read(bytes);
    assert_eq!(problems, []);
    members
        .into_iter()
        .map(|(name, content, problem)| {
            assert_eq!(problem, None, "{name}");
            (name, content)
        })
        .collect()
}

const TEXT: &[u8] = b"some text that is long enough to be deflated, deflated, deflated, deflated";

fn two() -> [TestEntry; 2] {
    [TestEntry::stored("a", b"stored"), TestEntry::deflated("dir/b", TEXT)]
}

#[test]
fn honest_archives_in_every_dialect() {
    let want = vec![("a".to_owned(), b"stored".to_vec()), ("dir/b".to_owned(), TEXT.to_vec())];
    assert_eq!(contents(&archive(&two())), want);
    let streamed = two().map(|e| TestEntry { streamed: true, ..e });
    assert_eq!(contents(&archive(&streamed)), want);
    let padded = two().map(|e| TestEntry { local_extra: vec![0; 13], ..e });
    assert_eq!(contents(&archive(&padded)), want);
    let mut comment = archive(&two());
    let len = comment.len();
    comment[len - 2] = 9;
    comment.extend(b"a comment");
    assert_eq!(contents(&comment), want);
    let prepended = [b"#!/bin/sh\n\0binary stub".to_vec(), archive(&two())].concat();
    assert_eq!(contents(&prepended), want);
    assert!(contents(&archive(&[])).is_empty());
    assert!(!Zip.reads(&Blob { address: Address::named("t"), bytes: b"PK is only text" }));
}

#[test]
fn what_is_in_no_member_is_a_gap() {
    let bytes = archive(&[TestEntry::stored("a", b"0123456789")]);
    let blob = Blob { address: Address::named("a.zip"), bytes: &bytes };
    let opened = Zip.open(&blob, &Limits::default());
    let sum: usize = opened.gaps.iter().map(ExactSizeIterator::len).sum();
    assert_eq!(sum + 10, bytes.len());
}

#[test]
fn lies_that_hide_entries_from_other_readers() {
    let [a, b] = two();
    for lying in [
        // An encryption bit on plain data; a made-up method; local and central names that differ.
        TestEntry { flags: 1, ..b.clone() },
        TestEntry { method: 0x1234, ..b.clone() },
        TestEntry { local_name: b"other-name-of-other-length".to_vec(), ..b.clone() },
        // Sizes that are too small, too large, or none.
        TestEntry { sizes: (10, 5), ..b.clone() },
        TestEntry { sizes: (b.sizes.0 + 40, u32::MAX), ..b.clone() },
        TestEntry { flags: 1, ..a.clone() },
        TestEntry { method: 0x4321, ..a.clone() },
    ] {
        let want: &[u8] = if lying.data == a.data { b"stored" } else { TEXT };
        let (members, _) = read(&archive(&[a.clone(), lying.clone(), a.clone()]));
        assert_eq!(
            members[1].1, want,
            "method {} flags {} sizes {:?}",
            lying.method, lying.flags, lying.sizes
        );
    }
}

#[test]
fn entries_that_the_directory_does_not_list() {
    let [a, b] = two();
    let bytes = archive(&[a.clone(), TestEntry { listed: false, ..b.clone() }, a]);
    let (members, problems) = read(&bytes);
    assert!(members.iter().any(|m| m.0 == "dir/b" && m.1 == TEXT));
    assert_eq!(problems, [Reason::Damaged]);
}

#[test]
fn bad_checksums_encryption_and_unknown_methods_are_told() {
    let [a, b] = two();
    let bad_crc = TestEntry { crc: 1, ..b.clone() };
    let garbled = TestEntry { flags: 1, data: vec![0xa7; 60], sizes: (60, 70), ..b.clone() };
    let implode = TestEntry { method: 6, ..b };
    let (members, _) = read(&archive(&[a, bad_crc, garbled, implode]));
    assert_eq!((members[1].1.as_slice(), members[1].2), (TEXT, Some(Reason::Damaged)));
    assert_eq!((members[2].1.len(), members[2].2), (0, Some(Reason::Encrypted)));
    assert_eq!(members[3].2, Some(Reason::Unsupported));
}

#[test]
fn an_archive_without_its_end_is_read_by_local_headers() {
    for entries in [two(), two().map(|e| TestEntry { streamed: true, ..e })] {
        let whole = archive(&entries);
        let cut = whole.len() - 40;
        let (members, problems) = read(&whole[..cut]);
        let find = |name: &str| members.iter().find(|m| m.0 == name).map(|m| m.1.clone());
        assert_eq!(find("a").as_deref(), Some(&b"stored"[..]));
        assert_eq!(find("dir/b").as_deref(), Some(TEXT));
        assert_eq!(problems, [Reason::Damaged]);
    }
}

#[test]
fn every_prefix_is_read_without_harm() {
    let whole = archive(&two());
    for end in 0..whole.len() {
        read(&whole[..end]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn mutations_do_no_harm(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let mut bytes = archive(&two());
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        read(&bytes);
    }
}
