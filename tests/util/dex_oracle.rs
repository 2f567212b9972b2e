//! String pools as another parser sees them: `baksmali list strings`, which shares no code with
//! the lens.
//!
//! A listing may lie beside the file (`scenes.strings` beside `scenes.dex`); where there is none,
//! baksmali is run (Debian: libsmali-java). `check_directory` works on any folder of DEX files.

use keysift::address::Address;
use keysift::blob::Blob;
use keysift::lens::{Lens, dex::DexLens};
use keysift::limits::Limits;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Compares the pools of all `*.dex` files below `directory` with their listings. Gives the number
/// of files and of strings that agree, or what does not.
pub fn check_directory(directory: &Path) -> Result<(usize, usize), String> {
    let (mut files, mut strings) = (0, 0);
    let mut entries: Vec<_> = fs::read_dir(directory)
        .map_err(|error| format!("{}: {error}", directory.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            let (more_files, more_strings) = check_directory(&path)?;
            files += more_files;
            strings += more_strings;
        } else if path.extension().is_some_and(|extension| extension == "dex") {
            strings += check_file(&path)?;
            files += 1;
        }
    }
    Ok((files, strings))
}

fn check_file(path: &Path) -> Result<usize, String> {
    let told = |what: String| format!("{}: {what}", path.display());
    let bytes = fs::read(path).map_err(|error| told(error.to_string()))?;
    let listing = listing(path).map_err(told)?;
    let mut expected: Vec<String> = listing.lines().filter_map(unescape).filter(|s| !s.is_empty()).collect();
    let mut found = Vec::new();
    let blob = Blob { address: Address::file(path), bytes: &bytes };
    DexLens
        .texts(&blob, &Limits::default(), &mut |text| {
            // Constants are told once more, with their names: `"NAME": "value"`.
            let is_named = |s: &[u8]| s.starts_with(b"\"") && s.windows(4).any(|part| part == b"\": \"");
            let is_of_constants = text.bytes.split(|&b| b == 0).all(|s| s.is_empty() || is_named(s));
            if text.encoding.is_none() && !is_of_constants {
                let strings = text.bytes.split(|&b| b == 0).filter(|s| !s.is_empty());
                found.extend(strings.map(|s| String::from_utf8(s.to_vec()).expect("texts are UTF-8")));
            }
        })
        .map_err(|damage| told(damage.to_string()))?;
    expected.sort();
    found.sort();
    match expected.iter().zip(&found).find(|(expected, found)| expected != found) {
        Some((expected, found)) => Err(told(format!("expected {expected:?}, found {found:?}"))),
        None if expected.len() != found.len() => {
            Err(told(format!("expected {} strings, found {}", expected.len(), found.len())))
        }
        None => Ok(found.len()),
    }
}

fn listing(path: &Path) -> Result<String, String> {
    let beside = path.with_extension("strings");
    if beside.exists() {
        return fs::read_to_string(beside).map_err(|error| error.to_string());
    }
    let output = Command::new("baksmali")
        .args(["list", "strings"])
        .arg(path)
        .output()
        .map_err(|error| format!("no listing beside it, and baksmali does not run: {error}"))?;
    if !output.status.success() {
        return Err(format!("baksmali: {}", String::from_utf8_lossy(&output.stderr)));
    }
    String::from_utf8(output.stdout).map_err(|error| error.to_string())
}

/// A line of the listing as the lens gives the string: a space for NUL, U+FFFD for half a
/// surrogate pair.
fn unescape(line: &str) -> Option<String> {
    let line = line.strip_prefix('"')?.strip_suffix('"')?;
    let mut units: Vec<u16> = Vec::new();
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        let unit = match (c, if c == '\\' { chars.next() } else { None }) {
            ('\\', Some('u')) => {
                let digits: String = chars.by_ref().take(4).collect();
                u16::from_str_radix(&digits, 16).ok()?
            }
            ('\\', Some('n')) => u16::from(b'\n'),
            ('\\', Some('r')) => u16::from(b'\r'),
            ('\\', Some('t')) => u16::from(b'\t'),
            ('\\', Some(c)) => u16::try_from(u32::from(c)).ok()?,
            (c, _) => {
                units.extend(c.encode_utf16(&mut [0; 2]).iter());
                continue;
            }
        };
        units.push(if unit == 0 { u16::from(b' ') } else { unit });
    }
    Some(String::from_utf16_lossy(&units))
}
