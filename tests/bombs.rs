//! Small archives that ask for much, folders that lead back to themselves: bounded time and memory, told.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a failure may panic")]

mod util;

use std::collections::BTreeSet;
use std::process::Command;
use util::measure::{measured, measured_in_use};
use util::{Dir, root};

/// What a recipe of `testdata/bombs` makes.
fn built(program: &str, script: &str) -> Option<Dir> {
    if util::without_tools(script) {
        return None;
    }
    let dir = Dir::new();
    let script = root().join("testdata/bombs").join(script);
    let output = Command::new(program).arg(script).arg(dir.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(dir)
}

#[test]
fn what_lists_more_than_there_is() {
    let Some(dir) = built("python3", "bombs.py") else { return };
    for (file, reason) in [
        ("overlap-stored.zip", "limit"),
        ("overlap-lying.zip", "damaged"),
        ("overlap-quoted.zip", "limit"),
        ("packs.7z", "damaged"),
        ("folders.7z", "damaged"),
        ("huge.7z", "damaged"),
        ("coders.7z", "damaged"),
        ("substreams.7z", "damaged"),
        ("encoded.7z", "damaged"),
        ("window.zst", "limit"),
        ("size.zst", "limit"),
    ] {
        let (report, mebibytes, time) = measured(&dir, &[file], 3);
        assert!(!report.entries(reason).is_empty(), "{file}: {:#}", report.ledger);
        assert!(mebibytes < 400 && time.as_secs() < 60, "{file}: {mebibytes} MiB, {time:?}");
    }
}

/// What is packed, shared or led back to itself in pictures, films, streams and file systems of firmware.
#[test]
fn what_expands_to_more_than_is_read() {
    let Some(dir) = built("python3", "packed.py") else { return };
    for (file, exit, told) in [
        ("text.png", 3, &["limit"][..]),
        ("texts.png", 3, &["limit"]),
        ("film.swf", 3, &["limit"]),
        ("stream.zlib", 3, &["limit"]),
        ("stream.bin", 3, &["limit"]),
        ("blocks.zisofs", 3, &["damaged"]),
        ("holes.zisofs", 3, &["limit"]),
        ("loop.cramfs", 3, &["damaged", "limit"]),
        ("shared.cramfs", 3, &["limit"]),
        ("loop.romfs", 3, &["limit"]),
        ("shared.romfs", 3, &["damaged"]),
        ("nodes.jffs2", 3, &["limit"]),
        ("far.jffs2", 3, &["limit"]),
        ("circle.jffs2", 0, &[]),
        ("many.pcap", 0, &[]),
        ("covered.pcap", 0, &[]),
        ("many.patch", 3, &["limit"]),
        ("begins.ync", 3, &["damaged", "limit"]),
        ("begins.uu", 0, &[]),
    ] {
        let (report, mebibytes, time) = measured(&dir, &[file, "--max-expanded", "32M"], exit);
        let reasons: BTreeSet<&str> = report.ledger["entries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| e["reason"].as_str().unwrap())
            .collect();
        assert_eq!(reasons.into_iter().collect::<Vec<_>>(), told, "{file}");
        assert!(mebibytes < 250 && time.as_secs() < 60, "{file}: {mebibytes} MiB, {time:?}");
    }
}

/// Members and blocks of which little says that there is much.
#[test]
fn archives_and_flash_that_promise_much() {
    let Some(dir) = built("python3", "archives.py") else { return };
    for (file, told) in [
        ("copies.arj", "damaged"),
        ("zeros.arj", "limit"),
        ("ones.arj", "limit"),
        ("many.arj", "damaged"),
        ("one.ubifs", "limit"),
        ("many.ubifs", "limit"),
        ("far.ubifs", "damaged"),
    ] {
        let (report, mebibytes, time) = measured(&dir, &[file, "--max-expanded", "32M"], 3);
        assert!(!report.entries(told).is_empty(), "{file}: {:#}", report.ledger);
        assert!(mebibytes < 300 && time.as_secs() < 60, "{file}: {mebibytes} MiB, {time:?}");
    }
}

/// Images in which much comes out of the same few bytes.
#[test]
fn what_is_made_of_the_same_bytes() {
    let Some(dir) = built("python3", "systems.py") else { return };
    for (file, exit, told) in [("one.erofs", 3, Some("limit")), ("many.erofs", 3, Some("limit"))] {
        let (report, mebibytes, time) = measured(&dir, &[file, "--max-expanded", "150M"], exit);
        assert!(told.is_none_or(|reason| !report.entries(reason).is_empty()), "{file}: {:#}", report.ledger);
        assert!(mebibytes < 250 && time.as_secs() < 60, "{file}: {mebibytes} MiB, {time:?}");
    }
}

/// Tables that say the same again and again: what can be had of them is searched, from their first row on.
#[test]
fn tables_that_are_larger_than_what_is_read() {
    if util::without_tools("tables") {
        return;
    }
    let dir = Dir::new();
    let pair_of = |name: &str| (util::demo::access_key_id(name), util::demo::secret_access_key(name));
    let unpack = ["-m", "zipfile", "-e", "testdata/bombs/built/tables.zip"];
    let output = Command::new("python3").current_dir(root()).args(unpack).arg(dir.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for (file, pair, exit) in [
        ("plain.parquet", Some("bomb-parquet"), 1),
        ("plain.orc", Some("bomb-orc"), 1),
        ("shared.parquet", None, 0),
        ("shared.feather", None, 3),
    ] {
        let (report, mebibytes, time) = measured(&dir, &[file, "--max-expanded", "150M"], exit);
        assert_eq!(report.pairs(), pair.map(pair_of).into_iter().collect::<Vec<_>>(), "{file}");
        assert_eq!(
            report.entries("limit").is_empty(),
            file == "shared.parquet",
            "{file}: {:#}",
            report.ledger
        );
        assert!(mebibytes < 400 && time.as_secs() < 60, "{file}: {mebibytes} MiB, {time:?}");
    }
}

/// A stream that expands to itself, cabinets that name themselves, folders that are all the same bytes.
#[test]
fn what_holds_itself() {
    let Some(dir) = built("python3", "bombs.py") else { return };
    for (file, exit, searched, told) in [
        // The stream and eight more within; the ninth is told.
        ("quine.gz", 3, 9, Some(("limit", "gzip inside 8 containers is not opened"))),
        ("loop.cab", 0, 3, None),
        ("same.cab", 3, 3, Some(("damaged", "cab: the folder has its data in common with another"))),
    ] {
        let (report, mebibytes, time) = measured(&dir, &[file], exit);
        assert_eq!(report.ledger["count"]["searched"], searched, "{file}");
        match told {
            Some((reason, says)) => {
                let entries = report.entries(reason);
                assert!(!entries.is_empty() && entries.iter().all(|(_, detail)| detail == says), "{file}");
            }
            None => assert_eq!(report.ledger["complete"], true, "{file}"),
        }
        assert!(mebibytes < 300 && time.as_secs() < 30, "{file}: {mebibytes} MiB, {time:?}");
    }
}

#[test]
fn more_entries_than_are_read() {
    let Some(dir) = built("python3", "bombs.py") else { return };
    let (report, mebibytes, _) = measured(&dir, &["many.tar", "--max-entries", "50000"], 3);
    assert_eq!(report.entries("limit").len(), 1);
    // The others are searched as bytes between the members.
    assert_eq!(report.ledger["bytes"]["searched"], 200_000 * 1024);
    // The file itself is mapped, and counts.
    assert!(mebibytes < 200 + 200, "{mebibytes} MiB");
}

#[test]
fn folders_that_lead_back_to_themselves() {
    let Some(dir) = built("bash", "loops.sh") else { return };
    for (file, exit) in [("loop.ext4", 0), ("loop.iso", 0), ("loop.fat", 3), ("loop.squashfs", 0)] {
        let (report, mebibytes, time) = measured(&dir, &[file], exit);
        assert!(report.ledger["count"]["searched"].as_u64().unwrap() < 10, "{file}: {:#}", report.ledger);
        assert!(mebibytes < 200 && time.as_secs() < 30, "{file}: {mebibytes} MiB, {time:?}");
    }
}

/// Entries that are allowed one by one, side by side and inside each other.
#[test]
fn what_is_in_memory_at_a_time() {
    if util::without_tools("python3") {
        return;
    }
    let dir = Dir::new();
    let pair = (util::demo::access_key_id("held"), util::demo::secret_access_key("held"));
    let line = format!("aws_access_key_id = {}\naws_secret_access_key = {}", pair.0, pair.1);
    let script = root().join("testdata/bombs/held.py");
    let output = Command::new("python3").arg(script).arg(dir.path()).arg(line).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for (file, exit, places) in [("side by side", 1, 6), ("side.zip", 1, 6), ("nested.gz", 3, 0)] {
        let (report, mebibytes, _) =
            measured_in_use(&dir, &[file, "--max-entry", "48M", "--threads", "6"], exit);
        let found = report.of_pattern("aws.key-pair");
        let sites = found.iter().flat_map(|finding| finding["sites"].as_array().unwrap());
        let addresses: BTreeSet<&str> = sites.map(|site| site["address"].as_str().unwrap()).collect();
        let is_whole = report.entries("limit").is_empty();
        assert_eq!((addresses.len(), is_whole), (places, places > 0), "{file}: {:#}", report.ledger);
        assert!(mebibytes < 180, "{file}: {mebibytes} MiB");
    }
}
