//! Hermes' own compiler dumps what it made of code that nobody here wrote: the same strings, the same
//! functions, and no damage.

use crate::family::locked;
use crate::util::{Dir, root, without_tools};
use keysift::address::Address;
use keysift::blob::Blob;
use keysift::lens::Lens;
use keysift::lens::hermes::HermesLens;
use keysift::limits::Limits;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Two generations: the last of old Hermes, and static Hermes.
const COMPILERS: [&str; 3] =
    ["hermes-compiler-0.16.0", "hermes-compiler-250829098.0.19", "hermes-compiler-260318099.0.6"];
/// Shorter strings are not handed on by the lens.
const MIN_LEN: usize = 8;

fn npm() -> PathBuf {
    let folder = root().join("target/tools/runtimes-oracle");
    let done = folder.join("done");
    let _lock = locked("runtimes-oracle");
    if !done.exists() {
        std::fs::create_dir_all(&folder).unwrap();
        let mut command = Command::new("npm");
        command.args(["install", "--silent", "--no-audit", "--no-fund", "--prefix", "."]);
        command.args(["lodash@4.17.21", "react@18.3.1", "react-dom@18.3.1", "moment@2.30.1"]);
        assert!(command.current_dir(&folder).output().unwrap().status.success(), "npm install");
        std::fs::write(done, "").unwrap();
    }
    folder.join("node_modules")
}

/// Strings of `i7[ASCII, 54..57] #874F77A9: join` and `i8[UTF-16, …] #…: \x66\x00…`, and the names of functions.
fn dumped(dump: &str) -> (Vec<String>, usize) {
    let strings = dump
        .lines()
        .skip_while(|l| !l.starts_with("Global String Table"))
        .skip(1)
        .map_while(|l| {
            let (place, rest) = l.split_once(']')?;
            let (_, text) = rest.split_once(": ")?;
            (place.starts_with(['i', 's'])).then(|| (place.contains("[ASCII"), text.to_owned()))
        })
        .filter(|(is_ascii, _)| *is_ascii)
        .map(|(_, text)| text)
        .collect();
    let count = dump.lines().find_map(|l| l.trim().strip_prefix("String count: ")).unwrap();
    (strings, count.parse().unwrap())
}

fn compiler(name: &str) -> PathBuf {
    root().join("target/tools/runtimes").join(name).join("package/hermesc/linux64-bin/hermesc")
}

fn agree(compiler: &Path, script: &Path, out: &Path) -> usize {
    let run = |arguments: &[&str], last: &Path| {
        let output = Command::new(compiler).args(arguments).arg(last).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    run(&["-O", "-w", "-emit-binary", "-out", out.to_str().unwrap()], script);
    let dump = String::from_utf8_lossy(&run(&["-dump-bytecode", "-b"], out)).into_owned();
    let (theirs, count) = dumped(&dump);
    let bytes = std::fs::read(out).unwrap();
    let blob = Blob { address: Address::named("x"), bytes: &bytes };
    let (mut ours, mut read) = (BTreeSet::new(), 0);
    let whole = HermesLens.texts(&blob, &Limits::default(), &mut |text| {
        for string in text.bytes.split(|&b| b == 0) {
            ours.insert(String::from_utf8_lossy(string).into_owned());
            read += 1;
        }
    });
    assert_eq!(whole, Ok(()), "{}", script.display());
    // The dump writes control characters as they are, so strings over several lines end its list.
    assert!(theirs.len() > 200, "{} of {count} strings of {}", theirs.len(), script.display());
    for string in theirs.iter().filter(|s| s.len() >= MIN_LEN && s.is_ascii() && !s.contains('\\')) {
        assert!(ours.contains(string), "{}: {string:?} is missing", script.display());
    }
    assert!(read <= count);
    theirs.len()
}

#[test]
fn hermesc_dumps_the_same_strings() {
    if without_tools("the comparison with hermesc") {
        return;
    }
    crate::family::built("runtimes");
    let (modules, dir) = (npm(), Dir::new());
    let mut seen = 0;
    for name in COMPILERS {
        for script in [
            "lodash/lodash.js",
            "react/cjs/react.development.js",
            "react-dom/cjs/react-dom.development.js",
            "moment/min/locales.js",
        ] {
            seen += agree(&compiler(name), &modules.join(script), &dir.join("out.hbc"));
        }
    }
    assert!(seen > 10_000, "{seen}");
}
