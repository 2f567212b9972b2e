//! Makes what the program needs at start out of `patterns/*.toml`: the same tables as JSON, which is read
//! in a fifth of the time. What is wrong in them is said by the program's own checks and tests.

use std::collections::BTreeMap;
use std::{env, fs};
use toml::Spanned;

/// The tables of one kind in a file, each with its line.
type Tables = Vec<(usize, toml::Table)>;

fn main() {
    println!("cargo::rerun-if-changed=patterns");
    println!("cargo::rerun-if-changed=build.rs");
    let mut paths: Vec<_> = fs::read_dir("patterns")
        .expect("the package has a folder of patterns")
        .map(|entry| entry.expect("its entries can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    paths.sort();
    let mut files: BTreeMap<String, BTreeMap<String, Tables>> = BTreeMap::new();
    for path in paths {
        let text = fs::read_to_string(&path).expect("pattern files are UTF-8");
        let tables: BTreeMap<String, Vec<Spanned<toml::Table>>> = match toml::from_str(&text) {
            Ok(tables) => tables,
            Err(e) => panic!("{}: {e}", path.display()),
        };
        let with_line = |table: Spanned<toml::Table>| {
            let before = &text.as_bytes()[..table.span().start];
            (1 + before.iter().filter(|&&b| b == b'\n').count(), table.into_inner())
        };
        let tables = tables.into_iter().map(|(kind, all)| (kind, all.into_iter().map(with_line).collect()));
        let name = path.file_name().expect("it has an extension").to_string_lossy().into_owned();
        files.insert(format!("patterns/{name}"), tables.collect());
    }
    let out = env::var_os("OUT_DIR").expect("cargo sets it");
    let json = serde_json::to_vec(&files).expect("tables of TOML are JSON");
    fs::write(std::path::Path::new(&out).join("patterns.json"), json).expect("cargo's folder can be written");
}
