//! Assemblies that nobody here wrote, against `monodis` (Debian: mono-utils), which shares no code with
//! the lens: those of Mono itself, and those of the seeds.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a failure may panic")]

mod util;

use keysift::address::Address;
use keysift::blob::Blob;
use keysift::lens::{Lens, dotnet::DotnetLens};
use keysift::limits::Limits;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use util::root;

/// The strings that the lens gives, all texts together.
fn ours(path: &Path) -> BTreeSet<String> {
    let bytes = std::fs::read(path).unwrap();
    let blob = Blob { address: Address::file(path), bytes: &bytes };
    assert!(DotnetLens.reads(&blob), "{} is not read", path.display());
    let mut found = BTreeSet::new();
    let read = DotnetLens.texts(&blob, &Limits::default(), &mut |text| {
        found.extend(text.bytes.split(|&b| b == 0).map(|s| String::from_utf8_lossy(s).into_owned()));
    });
    assert_eq!(read, Ok(()), "{}", path.display());
    found
}

/// The strings of a listing that it prints without escapes, of five characters or more.
fn theirs(path: &Path, table: &str) -> Vec<String> {
    let output = Command::new("monodis").arg(table).arg(path).output().unwrap();
    let listing = String::from_utf8_lossy(&output.stdout).into_owned();
    listing
        .lines()
        .filter_map(|line| Some(line[line.find(": ")?..].split_once('"')?.1.strip_suffix('"')?.to_owned()))
        .filter(|s| s.len() > 4 && s.bytes().all(|b| (0x20..0x7f).contains(&b) && b != b'\\' && b != b'"'))
        .collect()
}

/// Whether a string begins one of ours: monodis cuts one of System.Xml short, whose length
/// takes two bytes.
fn is_there(ours: &BTreeSet<String>, string: &str) -> bool {
    ours.range(string.to_owned()..).next().is_some_and(|s| s.starts_with(string))
}

#[test]
fn strings_are_those_of_monodis() {
    if util::without_tools("what monodis prints") {
        return;
    }
    let seeds = root().join("testdata/seeds/dotnet");
    let mut files: Vec<PathBuf> = vec![seeds.join("seed.dll"), seeds.join("ClrLoader.dll")];
    let names =
        ["mscorlib", "System", "System.Core", "System.Xml", "System.Configuration", "System.Numerics"];
    files.extend(names.iter().map(|name| PathBuf::from(format!("/usr/lib/mono/4.5/{name}.dll"))));
    let mut compared = 0;
    for file in files {
        let ours = ours(&file);
        for table in ["--userstrings", "--constant"] {
            let theirs = theirs(&file, table);
            let missing: Vec<&String> = theirs.iter().filter(|s| !ours.contains(*s)).collect();
            // One in a file may only begin a string of ours; no more, or the comparison means nothing.
            let cut = missing.len() <= 1 && missing.iter().all(|s| is_there(&ours, s));
            assert!(cut, "{} {table}: {} missing: {missing:?}", file.display(), missing.len());
            compared += theirs.len();
        }
    }
    assert!(compared > 10_000, "only {compared} strings were compared");
    eprintln!("{compared} strings agree with monodis");
}
