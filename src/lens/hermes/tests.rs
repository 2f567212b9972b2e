use super::opcodes::{Does, operands, table};
use super::*;
use crate::address::Address;
use crate::blob::{Scope, ScopeClass, Site};
use std::path::{Path, PathBuf};

/// What hermesc of versions 76, 96, 98 and 99 made of `testdata/runtimes/hermes/index.js`, with words
/// for values.
fn seeds() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/seeds/hermes");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 4);
    files
}

/// Steps through every function: a wrong length anywhere would not end where the code ends.
fn walk(data: &[u8]) -> (u32, usize) {
    let mut complaint = Complaint::of(FORMAT);
    let file = File::new(data, &mut complaint).unwrap();
    complaint.into_result().unwrap();
    let table = table(file.version).unwrap();
    let mut instructions = 0;
    for id in 0..file.strings() {
        assert!(file.string(id).is_some(), "string {id}");
    }
    for id in 0..file.functions() {
        let function = file.function(id).unwrap();
        assert!(file.text(function.name).is_some());
        let (mut at, mut end) = (0, function.code.len());
        let mut last = "";
        while at < end {
            let op =
                table.get(usize::from(function.code[at])).unwrap_or_else(|| panic!("{id}: opcode at {at}"));
            let values = operands(op, &function.code[at..]);
            match op.does {
                Does::Switch => end = end.min(at + values[1] as usize),
                Does::LoadString => assert!(values[1] < file.strings(), "{id}: {} at {at}", op.name),
                Does::Put => {
                    assert!(values[op.operands.len() - 1] < file.strings(), "{id}: {} at {at}", op.name)
                }
                Does::Closure if op.name.starts_with("CreateClosure") => {
                    assert!(values[2] < file.functions())
                }
                _ => {}
            }
            last = op.name;
            at += op.len;
            instructions += 1;
        }
        let is_padding = at >= end;
        assert!(
            is_padding && (at == end || end < function.code.len()),
            "function {id} ends at {at}, not {end}"
        );
        let ends = ["Ret", "Throw", "Jmp", "JmpLong", "Unreachable"];
        // Static Hermes leaves functions that nobody calls without code.
        let is_whole = function.code.is_empty() || ends.contains(&last) || end < function.code.len();
        assert!(is_whole, "function {id} ends with {last}");
    }
    (file.functions(), instructions)
}

#[test]
fn the_code_of_all_functions_is_read_to_its_end() {
    for path in seeds() {
        let (functions, instructions) = walk(&std::fs::read(&path).unwrap());
        assert!(functions > 20 && instructions > 300, "{}: {functions} {instructions}", path.display());
    }
}

#[test]
#[ignore = "needs a file: KEYSIFT_HBC=… cargo test -- --ignored --nocapture real_code"]
fn real_code() {
    let paths = std::env::var("KEYSIFT_HBC").unwrap();
    for path in paths.split(':') {
        println!("{path}: {:?}", walk(&std::fs::read(path).unwrap()));
    }
}

fn sites(data: &[u8], string: &str) -> Vec<Site> {
    let blob = Blob { address: Address::named("x"), bytes: data };
    let mut found = Vec::new();
    let read = HermesLens.texts(&blob, &Limits::default(), &mut |text| {
        if let Some(at) = memchr::memmem::find(text.bytes, string.as_bytes()) {
            let span = at..at + string.len();
            found.extend(text.sites.resolve(text.bytes, &[span]).into_iter().flatten());
        }
    });
    assert_eq!(read, Ok(()));
    found
}

#[test]
fn what_belongs_together_has_scopes_together() {
    let scopes = |sites: &[Site]| -> Vec<Scope> {
        let narrow = |s: &&Scope| matches!(s.class, ScopeClass::Call | ScopeClass::Object);
        sites.iter().flat_map(|s| s.scopes.iter().filter(narrow).cloned()).collect()
    };
    for path in seeds() {
        let data = std::fs::read(&path).unwrap();
        for (name, key) in [
            ("literal", "accessKeyId"),
            ("prod", "key"),
            ("captured", "accessKeyId"),
            ("backup", "accessKeyId"),
            ("set", "accessKeyId"),
            ("class", "keyId"),
            ("argument", ""),
            ("sixth", ""),
            ("array", "pool"),
            ("row2", ""),
            ("dev", "accessKeyId"),
            ("live", "accessKeyId"),
            ("or", "accessKeyId"),
            ("map", "aws_access_key"),
        ] {
            let [id, secret] =
                ["id", "secret"].map(|what| sites(&data, &format!("{what} runtimes-VER-{name} 0123456789")));
            let file = path.display();
            let is_named = |s: &Site| s.key.as_deref().unwrap_or_default() == key;
            assert!(id.iter().any(is_named), "{file}: {name}: {id:#?}");
            let secret = scopes(&secret);
            let shared =
                scopes(&id).into_iter().any(|a| secret.iter().any(|b| (a.class, &a.id) == (b.class, &b.id)));
            assert!(shared, "{file}: {name}: {id:#?} {secret:#?}");
        }
    }
}

#[test]
fn what_is_cut_off_or_unknown_is_said() {
    let data = std::fs::read(&seeds()[1]).unwrap();
    let read = |data: &[u8]| {
        let blob = Blob { address: Address::named("x"), bytes: data };
        HermesLens.texts(&blob, &Limits::default(), &mut |_| {})
    };
    assert!(read(&data[..data.len() / 2]).is_err_and(|d| d.reason == crate::ledger::Reason::Damaged));
    let mut newer = data.clone();
    newer[8] = 120;
    assert!(read(&newer).is_err_and(|d| d.reason == crate::ledger::Reason::Unsupported));
    assert!(read(&data[..20]).is_err());
}
