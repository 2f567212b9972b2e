//! `--carve`: streams, archives and databases in files that no table leads to.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a failure may panic")]

mod util;

use std::fs;
use std::process::Command;
use util::demo::access_key_id;
use util::measure::measured_any;
use util::{Dir, Random, Report, credentials};

fn run(dir: &Dir, script: &str) {
    let output = Command::new("bash").current_dir(dir.path()).args(["-euc", script]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Of each pair, the addresses of its id.
fn places(report: &Report, name: &str) -> Vec<String> {
    let id = access_key_id(name);
    let found = report.findings.iter().filter(|f| f["parts"]["id"] == id.as_str());
    let sites = found.flat_map(|f| f["sites"].as_array().unwrap()).filter(|s| s["role"] == "id");
    sites.map(|s| s["address"].as_str().unwrap().to_owned()).collect()
}

const NOISE: usize = 10_000;

/// A firmware of noise with all that is known in it, each at a place of its own.
#[test]
fn everything_in_a_firmware() {
    if util::without_tools("what is carved") {
        return;
    }
    let dir = Dir::new();
    let names = ["zlib", "xz", "bzip2", "zstd", "lzip", "lz4", "zip", "sqlite", "squashfs", "gzip"];
    for name in names {
        dir.write(format!("in/{name}.ini"), credentials(name) + "\n" + &"# padding\n".repeat(20));
    }
    run(
        &dir,
        "cd in
        python3 -c 'import sys, zlib; sys.stdout.buffer.write(zlib.compress(open(\"zlib.ini\", \"rb\").read()))' >zlib
        xz -c xz.ini >xz; bzip2 -c bzip2.ini >bzip2; zstd -qc zstd.ini >zstd; lzip -c lzip.ini >lzip
        lz4 -qc lz4.ini >lz4; gzip -nc gzip.ini >gzip
        zip -qX whole.zip zip.ini
        # Without its directory.
        head -c -60 whole.zip >zip
        mkdir root; mv squashfs.ini root/app.ini; mksquashfs root squashfs -quiet -no-progress -noappend >/dev/null
        python3 - <<'P'
import sqlite3
words = dict(line.split(' = ') for line in open('sqlite.ini') if ' = ' in line)
words = {k: v.strip() for k, v in words.items()}
base = sqlite3.connect('sqlite')
base.execute('create table keys (access_key_id text, secret_access_key text)')
base.execute('insert into keys values (?, ?)', list(words.values())[:2])
base.commit()
P",
    );
    let mut random = Random(7);
    let mut firmware = b"FIRMWARE\0\x01".to_vec();
    let mut at = Vec::new();
    for name in names {
        firmware.extend((0..NOISE).map(|_| random.next() as u8));
        at.push(firmware.len());
        firmware.extend(fs::read(dir.join(format!("in/{name}"))).unwrap());
    }
    firmware.extend((0..NOISE).map(|_| random.next() as u8));
    dir.write("firmware.bin", &firmware);

    let report = dir.scan(&["firmware.bin", "--carve"], 1);
    for (name, at) in names.iter().zip(&at) {
        let expected = match *name {
            "zip" => format!("firmware.bin!zip.ini at {at}"),
            "squashfs" => format!("firmware.bin!squashfs at {at}!app.ini"),
            name => format!("firmware.bin!{name} at {at}"),
        };
        // Literals that a packer leaves as they are stand in the firmware itself too.
        let places: Vec<String> = places(&report, name).into_iter().filter(|p| p != "firmware.bin").collect();
        assert_eq!(places, [expected], "{name}");
    }
    assert_eq!(report.pairs().len(), names.len());
    // Without it, only what containers open, and what has a checksum.
    let report = dir.scan(&["firmware.bin"], 1);
    assert!(places(&report, "lzip").len() == 1 && places(&report, "gzip").len() == 1);
    assert!(places(&report, "zlib").iter().any(|place| place.starts_with("firmware.bin!zlib at ")));
}

/// What was deleted from a file system is in its free space.
#[test]
fn free_space_of_a_disk() {
    if util::without_tools("what is carved") {
        return;
    }
    let dir = Dir::new();
    dir.write("gone.ini", credentials("gone"));
    dir.write("kept.ini", credentials("kept"));
    run(
        &dir,
        "mkdir root; gzip -n gone.ini kept.ini; mv gone.ini.gz kept.ini.gz root
        truncate -s 8M disk.img; mke2fs -q -t ext4 -d root disk.img
        debugfs -w -R 'rm gone.ini.gz' disk.img 2>/dev/null",
    );
    let report = dir.scan(&["disk.img", "--carve"], 1);
    let gone = places(&report, "gone");
    assert!(matches!(&gone[..], [place] if place.starts_with("disk.img!gzip at ")), "{gone:?}");
    // What is still there is found once.
    assert_eq!(places(&report, "kept"), ["disk.img!kept.ini.gz!kept.ini"]);
}

#[test]
fn what_containers_opened_is_not_searched_twice() {
    if util::without_tools("what is carved") {
        return;
    }
    let dir = Dir::new();
    dir.write("a.ini", credentials("a"));
    dir.write("b.ini", credentials("b"));
    run(
        &dir,
        "zip -qX a.zip a.ini; gzip -nc b.ini >b.gz; { head -c 3000 /dev/urandom; cat a.zip; } | sed '1s/^/\\x7fELF\\x00/' >both
        printf '\\x7fELF\\0\\0' >program; head -c 500 /dev/zero >>program; cat a.zip b.gz >>program
        python3 -c 'import sys, zlib; sys.stdout.buffer.write(zlib.compress(open(\"a.ini\", \"rb\").read()))' >a.zz",
    );
    for file in ["program", "a.zip", "b.gz", "a.zz"] {
        let (plain, carved) = (dir.scan(&[file], 1), dir.scan(&[file, "--carve"], 1));
        for name in ["a", "b"] {
            assert_eq!(places(&plain, name), places(&carved, name), "{file}");
        }
        assert_eq!(plain.ledger["count"], carved.ledger["count"], "{file}");
    }
}

/// Beginnings of streams and nothing behind them, streams that run into one another, bombs.
#[test]
fn hostile_data_takes_linear_time() {
    let dir = Dir::new();
    let mebibytes = 16 << 20;
    // Stored blocks of deflate, each of which leads into all that follow.
    let stored: Vec<u8> = b"\0\x04\0\xfb\xffxxxx\x78\x9c".iter().copied().cycle().take(mebibytes).collect();
    let mut chain = b"\0\x01".to_vec();
    while chain.len() < mebibytes {
        // A zlib header as the data of a stored block, so that a stream begins at every block.
        chain.extend(b"\x78\x9c\0\x02\0\xfd\xff");
    }
    let local = b"PK\x03\x04\x14\0\0\0\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0a";
    for (name, data) in [
        ("zlib", b"\x78\x9c\0\0".repeat(mebibytes / 4)),
        ("stored", stored),
        ("chain", chain),
        ("zip", local.repeat(mebibytes / local.len())),
        ("xz", b"\xfd7zXZ\0\0\x01".repeat(mebibytes / 8)),
        ("bzip2", b"BZh91AY&SY".repeat(mebibytes / 10)),
        ("zstd", b"\x28\xb5\x2f\xfd\x24\0".repeat(mebibytes / 6)),
        (
            "sqlite",
            b"SQLite format 3\0\x10\0\x01\x01\0\x40\x20\x20\0\0\0\x01\0\0\x10\0".repeat(mebibytes / 32),
        ),
    ] {
        dir.write("data", [b"\0data\xff".as_slice(), &data].concat());
        let (_, memory, time) = measured_any(&dir, &["--carve", "data"], &[0, 3]);
        assert!(memory < 600 && time.as_secs() < 60, "{name}: {memory} MiB, {time:?}");
    }
}
