//! Android's own tool reads packages that nobody here made: the same strings, the same names, and no
//! damage where there is none.

use crate::util::{Dir, root, without_tools};
use keysift::address::Address;
use keysift::blob::Blob;
use keysift::container::Container;
use keysift::container::budget::Budget;
use keysift::container::zip::Zip;
use keysift::lens::Lens;
use keysift::lens::android::{AabLens, ArscLens, AxmlLens};
use keysift::limits::Limits;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const FRAMEWORK: &str = "/usr/share/android-framework-res/framework-res.apk";
/// XML files of one package that are dumped: each costs a process.
const FILES: usize = 4;

/// The framework, and the packages that another test has fetched.
fn packages() -> Vec<PathBuf> {
    let mut all = vec![PathBuf::from(FRAMEWORK)];
    if let Ok(fetched) = fs::read_dir(root().join("target/real-packages")) {
        all.extend(fetched.map(|e| e.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "apk")));
    }
    all.sort();
    all
}

fn dump(arguments: &[&str], package: &Path) -> String {
    let output = Command::new("aapt2").arg("dump").args(arguments).arg(package).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Strings of a dump of pools: `String #7 : text`, over several lines where the text is.
fn pool(dump: &str) -> Vec<String> {
    let mut strings: Vec<String> = Vec::new();
    for line in dump.lines() {
        let next = line.strip_prefix("String #").and_then(|rest| rest.split_once(" : "));
        let count = strings.len();
        match (next, strings.last_mut()) {
            (Some((number, text)), _) if number.parse() == Ok(count) => strings.push(text.to_owned()),
            (_, Some(last)) => {
                last.push('\n');
                last.push_str(line);
            }
            _ => {}
        }
    }
    strings.retain(|s| !s.is_empty());
    strings
}

/// What a lens reads: strings, each with the names of its places if `named`.
fn read(lens: &dyn Lens, bytes: &[u8], name: &str, named: bool) -> Vec<(String, Vec<String>)> {
    let blob = Blob { address: Address::named(name), bytes };
    assert!(lens.reads(&blob), "{name}");
    let mut found = Vec::new();
    let read = lens.texts(&blob, &Limits::default(), &mut |text| {
        let mut at = 0;
        let strings: Vec<_> = text.bytes.split(|&b| b == 0).collect();
        let mut spans = Vec::new();
        for s in &strings {
            spans.push(at..at + s.len());
            at += s.len() + 1;
        }
        let sites =
            if named { text.sites.resolve(text.bytes, &spans) } else { vec![Vec::new(); spans.len()] };
        for (s, sites) in strings.iter().zip(sites) {
            let names = sites.into_iter().map(|site| site.name).collect();
            found.push((String::from_utf8_lossy(s).into_owned(), names));
        }
    });
    assert_eq!(read, Ok(()), "{name}");
    found
}

fn entries(package: &Path, see: &mut dyn FnMut(&str, &[u8])) {
    let bytes = fs::read(package).unwrap();
    let blob = Blob { address: Address::named("package"), bytes: &bytes };
    let limits = Limits::default();
    let budget = Budget::new(&limits, bytes.len() as u64);
    let mut buffer = Vec::new();
    for member in &Zip.open(&blob, &limits).members {
        let name = String::from_utf8_lossy(member.name()).into_owned();
        see(&name, member.read(&mut buffer, &budget).bytes);
    }
}

#[test]
fn strings_of_tables_are_those_of_aapt2() {
    if without_tools("what aapt2 dumps") {
        return;
    }
    for package in packages() {
        let wanted = pool(&dump(&["strings"], &package));
        entries(&package, &mut |name, bytes| {
            if name == "resources.arsc" {
                let found = read(&ArscLens, bytes, name, false);
                // The tool sorts before it prints; what follows in the text are pools of names.
                let mut found: Vec<&str> =
                    found.iter().map(|(s, _)| s.trim_end()).take(wanted.len()).collect();
                let mut wanted: Vec<&str> = wanted.iter().map(|s| s.trim_end()).collect();
                found.sort_unstable();
                wanted.sort_unstable();
                let differ = found.iter().zip(&wanted).find(|(f, w)| f != w);
                assert_eq!(differ, None, "{}", package.display());
                assert_eq!(found.len(), wanted.len(), "{}", package.display());
                eprintln!("{}: {} strings", package.display(), wanted.len());
            }
        });
    }
}

#[test]
fn strings_of_xml_are_those_of_aapt2() {
    if without_tools("what aapt2 dumps") {
        return;
    }
    for package in packages() {
        let (mut all, mut dumped) = (0, 0);
        entries(&package, &mut |name, bytes| {
            if !AxmlLens.reads(&Blob { address: Address::named(name), bytes }) {
                return;
            }
            all += 1;
            let found = read(&AxmlLens, bytes, name, true);
            if all % 100 == 1 && dumped < FILES {
                dumped += 1;
                let wanted = pool(&dump(&["xmlstrings", "--file", name], &package));
                let found: Vec<&String> = found.iter().map(|(s, _)| s).collect();
                assert_eq!(found, wanted.iter().collect::<Vec<_>>(), "{name}");
            }
        });
        eprintln!("{}: {all} files read, {dumped} compared", package.display());
        assert!(all > 0, "{}", package.display());
    }
}

/// `@string/name (config)` and the value, of all plain strings of a dump of resources.
fn named(dump: &str) -> BTreeMap<String, String> {
    let (mut name, mut all) = (None, BTreeMap::new());
    for line in dump.lines() {
        if let Some(rest) = line.strip_prefix("    resource 0x") {
            let full = rest.split(' ').nth(1).unwrap_or_default();
            name = full.strip_prefix("string/").map(str::to_owned);
        } else if let (Some(name), Some((config, value))) =
            (&name, line.strip_prefix("      (").and_then(|l| l.split_once(") \"")))
            && let Some(value) = value.strip_suffix('"')
        {
            let config = if config.is_empty() { String::new() } else { format!(" ({config})") };
            all.insert(format!("@string/{name}{config}"), value.to_owned());
        }
    }
    all
}

#[test]
fn names_of_strings_are_those_of_aapt2() {
    if without_tools("what aapt2 dumps") {
        return;
    }
    for package in packages() {
        let wanted = named(&dump(&["resources"], &package));
        entries(&package, &mut |name, bytes| {
            if name != "resources.arsc" || package.to_str() == Some(FRAMEWORK) {
                return;
            }
            compare(&wanted, &read(&ArscLens, bytes, name, true), &package);
        });
    }
}

/// Both ways: what the tool names is named alike, and nothing else is a string.
fn compare(wanted: &BTreeMap<String, String>, found: &[(String, Vec<String>)], package: &Path) {
    let mut full = BTreeSet::new();
    let mut named: BTreeMap<&str, &str> = BTreeMap::new();
    for (value, names) in found {
        if names.len() >= 64 {
            full.insert(value.as_str());
        }
        named
            .extend(names.iter().filter(|n| n.starts_with("@string/")).map(|n| (n.as_str(), value.as_str())));
    }
    let wrong: Vec<_> = wanted
        .iter()
        .filter(|(name, value)| {
            !full.contains(value.as_str())
                && named.get(name.as_str()) != Some(&value.as_str())
                // The dump undoes nothing, but its lines end where the value's do.
                && !value.is_empty()
        })
        .take(10)
        .map(|(name, value)| (name, value, named.get(name.as_str())))
        .collect();
    assert!(wrong.is_empty(), "{}: {wrong:#?}", package.display());
    eprintln!("{}: {} names", package.display(), wanted.len());
}

/// A table and its files in protocol buffers have the names of the binary ones.
#[test]
fn protocol_buffers_have_the_names_of_the_binary_form() {
    if without_tools("what aapt2 converts") {
        return;
    }
    let dir = Dir::new();
    for package in packages().into_iter().filter(|p| p.to_str() != Some(FRAMEWORK)) {
        let proto = dir.join("proto.apk");
        let mut run = Command::new("aapt2");
        run.args(["convert", "--output-format", "proto", "-o"]).arg(&proto);
        if !run.arg(&package).output().unwrap().status.success() {
            continue;
        }
        let wanted = named(&dump(&["resources"], &package));
        let mut files = 0;
        entries(&proto, &mut |name, bytes| {
            if name == "resources.pb" && bytes.len() > 200 {
                compare(&wanted, &read(&AabLens, bytes, name, true), &package);
            } else if name == "AndroidManifest.xml" || name.starts_with("res/") && name.ends_with(".xml") {
                read(&AabLens, bytes, name, true);
                files += 1;
            }
        });
        eprintln!("{}: {files} files", package.display());
    }
}

#[test]
#[ignore = "timing; run with --release --no-capture"]
fn time_of_the_framework() {
    entries(Path::new(FRAMEWORK), &mut |name, bytes| {
        if name == "resources.arsc" {
            let blob = Blob { address: Address::named(name), bytes };
            for _ in 0..5 {
                let start = std::time::Instant::now();
                let mut text = 0;
                let read = ArscLens.texts(&blob, &Limits::default(), &mut |t| text += t.bytes.len());
                let time = start.elapsed();
                let rate = |n: usize| n as f64 / time.as_secs_f64() / 1e6;
                eprintln!(
                    "{read:?} {time:?}: {:.0} MB/s of file, {:.0} of text",
                    rate(bytes.len()),
                    rate(text)
                );
            }
        }
    });
}
