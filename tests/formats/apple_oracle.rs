//! Programs for macOS that nobody here made, from PyPI: no damage, and all constants that an
//! independent reader finds.

use crate::util::{Dir, root, without_tools};
use keysift::address::Address;
use keysift::blob::Blob;
use keysift::lens::Lens;
use keysift::lens::macho::MachoLens;
use keysift::limits::Limits;
use serde_json::Value;
use std::collections::HashSet;
use std::fs;
use std::process::Command;

/// C, C++ and Rust; for arm64 alone and for two processors.
const WHEELS: &[(&str, &str)] = &[
    ("orjson==3.10.18", "macosx_10_15_universal2"),
    ("tiktoken==0.9.0", "macosx_11_0_arm64"),
    ("markupsafe==3.0.2", "macosx_10_9_universal2"),
    ("msgpack==1.1.0", "macosx_10_9_x86_64"),
];

#[test]
fn constants_of_real_programs() {
    if without_tools("what PyPI has for macOS") {
        return;
    }
    let wheels = root().join("target/apple-wheels");
    for (package, platform) in WHEELS {
        let name = package.split('=').next().unwrap();
        let is_there = fs::read_dir(&wheels).is_ok_and(|mut files| {
            files.any(|f| {
                f.unwrap().file_name().to_ascii_lowercase().to_str().is_some_and(|f| f.starts_with(name))
            })
        });
        if !is_there {
            let pip = ["download", "-q", "--no-deps", "--only-binary=:all:", "--python-version", "311"];
            let mut command = Command::new("pip");
            command.args(pip).args(["--platform", platform, "-d"]).arg(&wheels).arg(package);
            assert!(command.status().unwrap().success(), "{package}");
        }
    }
    let out = Dir::new();
    let script = root().join("testdata/apple/oracle.py");
    let told = Command::new("python3").arg("-B").arg(script).arg(&wheels).arg(out.path()).output().unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let (mut programs, mut strings) = (0, 0);
    for line in String::from_utf8(told.stdout).unwrap().lines() {
        let program: Value = serde_json::from_str(line).unwrap();
        let file = program["file"].as_str().unwrap();
        let bytes = fs::read(file).unwrap();
        let mut found: HashSet<String> = HashSet::new();
        let blob = Blob { address: Address::named("x"), bytes: &bytes };
        assert!(MachoLens.reads(&blob), "{file}");
        let read = MachoLens.texts(&blob, &Limits::default(), &mut |text| {
            found.extend(
                text.bytes.split(|b| *b == 0).map(|s| s.iter().map(|b| format!("{b:02x}")).collect()),
            );
        });
        assert_eq!(read, Ok(()), "{file}");
        let wanted = program["strings"].as_array().unwrap();
        let missing: Vec<&str> =
            wanted.iter().map(|s| s.as_str().unwrap()).filter(|s| !found.contains(*s)).collect();
        assert!(missing.is_empty(), "{file}: {} of {}: {missing:?}", missing.len(), wanted.len());
        programs += 1;
        strings += wanted.len();
    }
    eprintln!("{programs} programs, {strings} constants");
    assert!(programs >= 6 && strings > 300, "{programs} {strings}");
}
