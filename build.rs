//! Packs `patterns/**/*.toml` into what the program reads in well under a millisecond: the same tables, with
//! lengths before texts and lists (`src/pattern/packed.rs` reads them). What is wrong in them is said by the
//! program's own checks and tests, which read the TOML once more and compare.

#[path = "src/pattern/alphabet.rs"]
#[allow(dead_code)]
mod alphabet;
#[path = "src/engine/prefilter/buckets.rs"]
mod buckets;
#[path = "src/engine/prefilter/filling.rs"]
#[allow(dead_code)]
mod filling;
#[path = "src/pattern/form.rs"]
#[allow(dead_code)]
mod form;
#[path = "src/engine/held.rs"]
#[allow(dead_code)]
mod held;
#[path = "src/engine/marks.rs"]
mod marks;
#[path = "src/pattern/provider.rs"]
mod provider;
#[path = "src/engine/prefilter/statistics.rs"]
#[allow(dead_code)]
mod statistics;
#[path = "build/tables.rs"]
mod tables;
#[path = "src/engine/tokens.rs"]
#[allow(dead_code)]
mod tokens;
#[path = "src/engine/named/word.rs"]
mod word;
#[path = "src/engine/words.rs"]
#[allow(dead_code)]
mod words;

use form::Segment;
use std::path::{Path, PathBuf};
use std::{env, fs};
use tables::Tables;
use toml::{Spanned, Table, Value};

fn main() {
    println!("cargo::rerun-if-changed=patterns");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    for file in ["alphabet", "form", "provider"] {
        println!("cargo::rerun-if-changed=src/pattern/{file}.rs");
    }
    for file in ["held.rs", "marks.rs", "named/word.rs", "prefilter", "tokens.rs", "words.rs"] {
        println!("cargo::rerun-if-changed=src/engine/{file}");
    }
    let mut paths = Vec::new();
    files(Path::new("patterns"), &mut paths);
    paths.sort();
    let (mut patterns, mut groups) = (Packed::default(), Packed::default());
    let mut tables = Tables::default();
    for path in &paths {
        if let Err(what) = file(path, &mut patterns, &mut groups, &mut tables) {
            panic!("{}: {what}", path.display());
        }
    }
    let names: Vec<String> = paths.iter().map(|p| p.display().to_string()).collect();
    let out = env::var_os("OUT_DIR").expect("cargo sets it");
    let out = Path::new(&out);
    let write =
        |name: &str, text: &str| fs::write(out.join(name), text).expect("cargo's folder can be written");
    let alphabets = format!("{:?}", patterns.alphabets);
    let digest = patterns.text.bytes().chain(groups.text.bytes()).chain(alphabets.bytes());
    // FNV-1a: tells versions of the patterns apart, no more.
    let digest = digest.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    println!("cargo::rustc-env=KEYSIFT_PATTERNS_DIGEST={digest:016x}");
    write("patterns.txt", &patterns.text);
    write("groups.txt", &groups.text);
    let code = format!(
        "/// The pattern files in the binary, in the order of their patterns.\npub const BUILTIN: &[&str] = &{names:?};\nconst PATTERNS: usize = {};\nconst GROUPS: usize = {};\n/// The alphabets of the patterns.\nstatic ALPHABETS: &[[u64; 2]] = &{:?};\n/// Where each pattern begins.\nstatic BEGINS: [u32; PATTERNS] = {:?};\n",
        patterns.entries, groups.entries, patterns.alphabets, patterns.begins
    );
    write("patterns.rs", &code);
    write("prefilter.rs", &tables.prefilter());
    write("entries.rs", &tables.entries());
    write("words.rs", &tables.words());
}

/// Numbers in sixes of bits, low ones first, the seventh for those that go on; texts and lists with their length
/// before them. All of it is text, so that it is checked once, when the program is compiled.
#[derive(Default)]
struct Packed {
    text: String,
    entries: usize,
    /// Where each pattern begins.
    begins: Vec<u32>,
    /// The alphabets of ASCII that its patterns have; they are told by their number.
    alphabets: Vec<[u64; 2]>,
}

impl Packed {
    fn number(&mut self, mut n: u64) {
        while n > 63 {
            self.text.push(char::from(n as u8 & 63 | 64));
            n >>= 6;
        }
        self.text.push(char::from(n as u8));
    }

    /// A text, or what is none as a list of numbers.
    fn bytes(&mut self, bytes: &[u8]) {
        match std::str::from_utf8(bytes) {
            Ok(text) => {
                self.number(1);
                self.text(text);
            }
            Err(_) => {
                self.number(0);
                self.number(bytes.len() as u64);
                bytes.iter().for_each(|b| self.number(u64::from(*b)));
            }
        }
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.text.push_str(text);
    }

    fn literals(&mut self, all: &[&str]) {
        self.number(all.len() as u64);
        all.iter().for_each(|text| self.bytes(&form::bytes(text)));
    }

    fn texts(&mut self, all: &[&str]) {
        self.number(all.len() as u64);
        all.iter().for_each(|text| self.text(text));
    }
}

/// The pattern files in `folder` and the folders in it.
fn files(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the package has a folder of patterns") {
        let path = entry.expect("its entries can be read").path();
        if path.is_dir() {
            files(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
}

#[derive(Default)]
struct File {
    pattern: Vec<(usize, Table)>,
    group: Vec<(usize, Table)>,
    provider: Vec<(usize, Table)>,
}

fn file(path: &Path, patterns: &mut Packed, groups: &mut Packed, tables: &mut Tables) -> Result<(), String> {
    let text = fs::read_to_string(path).map_err(|e| e.to_string())?;
    let read: std::collections::BTreeMap<String, Vec<Spanned<Table>>> =
        toml::from_str(&text).map_err(|e| e.to_string())?;
    let mut file = File::default();
    for (kind, all) in read {
        let all = all.into_iter().map(|table| {
            let before = &text.as_bytes()[..table.span().start];
            (1 + before.iter().filter(|&&b| b == b'\n').count(), table.into_inner())
        });
        match kind.as_str() {
            "pattern" => file.pattern.extend(all),
            "group" => file.group.extend(all),
            "provider" => file.provider.extend(all),
            _ => return Err(format!("unknown table {kind:?}")),
        }
    }
    for (_, table) in &file.group {
        group(table, groups);
    }
    for (line, table) in &file.pattern {
        pattern(table, &format!("{}:{line}", path.display()), patterns, tables)?;
    }
    for (line, table) in &file.provider {
        let expanded = provider::expand(table).map_err(|what| format!("line {line}: {what}"))?;
        for table in &expanded.patterns {
            pattern(table, &format!("{}:{line}", path.display()), patterns, tables)?;
        }
        if let Some(table) = &expanded.group {
            group(table, groups);
        }
    }
    Ok(())
}

fn text<'t>(table: &'t Table, key: &str) -> &'t str {
    table.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn texts<'t>(table: &'t Table, key: &str) -> Vec<&'t str> {
    let all = table.get(key).and_then(Value::as_array);
    all.map(|all| all.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
}

fn number(table: &Table, key: &str) -> Option<i64> {
    table.get(key).and_then(Value::as_integer)
}

fn flag(table: &Table, key: &str) -> bool {
    table.get(key).and_then(Value::as_bool).unwrap_or(false)
}

fn group(table: &Table, out: &mut Packed) {
    out.entries += 1;
    for key in ["id", "name", "severity", "why", "fix", "reference"] {
        out.text(text(table, key));
    }
}

fn pattern(table: &Table, origin: &str, out: &mut Packed, tables: &mut Tables) -> Result<(), String> {
    let id = out.entries as u16;
    out.entries += 1;
    out.begins.push(out.text.len() as u32);
    for key in ["id", "name", "class", "severity", "why", "fix", "reference", "boundary"] {
        out.text(text(table, key));
    }
    out.text(origin);
    out.number(number(table, "confidence").unwrap_or(90) as u64);
    let entropy = match table.get("entropy") {
        Some(Value::Float(n)) => *n,
        Some(Value::Integer(n)) => *n as f64,
        _ => 0.0,
    };
    out.number(u64::from((entropy as f32).to_bits()));
    out.number(u64::from(flag(table, "broad")) | u64::from(flag(table, "ignore_case")) << 1);
    let is_run = table.contains_key("value");
    let near = if is_run { Vec::new() } else { texts(table, "near") };
    out.texts(&near);
    tables.named(id, &near, &texts(table, "weak"));
    for key in ["weak", "check", "examples", "not"] {
        out.texts(&texts(table, key));
    }
    out.text(text(table, "decode"));
    let part = table.get("part").and_then(Value::as_table);
    for key in ["of", "role"] {
        out.text(part.map_or("", |part| text(part, key)));
    }
    matcher(table, id, out, tables).map_err(|what| format!("{}: {what}", text(table, "id")))
}

fn matcher(table: &Table, id: u16, out: &mut Packed, tables: &mut Tables) -> Result<(), String> {
    let ignore_case = flag(table, "ignore_case");
    let forms: Result<Vec<_>, String> = texts(table, "form").iter().map(|f| form::parse(f)).collect();
    let forms = forms?;
    if table.contains_key("prefix") {
        out.number(0);
        out.literals(&texts(table, "prefix"));
        let all = match table.get("body") {
            None => forms,
            Some(Value::Array(all)) => {
                vec![all.iter().map(segment).collect::<Result<Vec<Segment>, String>>()?]
            }
            Some(one) => vec![vec![segment(one)?]],
        };
        // Where a word may begin anywhere, so may the prefix.
        let is_bound = text(table, "boundary") != "none";
        let body = all.iter().map(|body| form::least_run(body, tokens::is_token)).min().filter(|_| is_bound);
        tables.prefixes(id, &texts(table, "prefix"), ignore_case, body);
        return bodies(&all, out);
    }
    if flag(table, "assigned") {
        out.number(4);
        out.literals(&texts(table, "literal"));
        tables.prefixes(id, &texts(table, "literal"), ignore_case, None);
        return Ok(());
    }
    if let Some(regex) = table.get("regex").and_then(Value::as_str) {
        out.number(1);
        out.literals(&texts(table, "literal"));
        tables.prefixes(id, &texts(table, "literal"), ignore_case, None);
        out.text(regex);
        out.number(number(table, "before").unwrap_or(128) as u64);
        out.number(number(table, "after").unwrap_or(512) as u64);
        return Ok(());
    }
    if let Some(value) = table.get("value") {
        out.number(2);
        let near: Vec<String> = texts(table, "near").iter().map(|w| w.to_ascii_lowercase()).collect();
        out.texts(&near.iter().map(String::as_str).collect::<Vec<_>>());
        let value = segment(value)?;
        if let Segment::Chars { min, max, .. } = &value {
            tables.run(id, (*min, *max), table.contains_key("part"));
        }
        return bodies(&[vec![value]], out);
    }
    out.number(3);
    tables.name();
    bodies(&forms, out)
}

fn segment(value: &Value) -> Result<Segment, String> {
    match value {
        Value::String(text) => Ok(Segment::Literal(text.clone().into_bytes().into())),
        Value::Table(table) => {
            let n = |key| number(table, key).map(|n| n as usize);
            let (min, max) = match (n("length"), n("min"), n("max")) {
                (Some(length), _, _) => (length, length),
                (None, Some(min), Some(max)) => (min, max),
                (None, Some(min), None) => (min, min.max(4096)),
                _ => return Err("a part needs a length".into()),
            };
            let alphabet = alphabet::Alphabet::parse(text(table, "alphabet"))?;
            Ok(Segment::Chars { alphabet, min, max, padding: flag(table, "padding") })
        }
        _ => Err("a part is a text or a table".into()),
    }
}

fn bodies(all: &[Vec<Segment>], out: &mut Packed) -> Result<(), String> {
    out.number(all.len() as u64);
    for body in all {
        out.number(body.len() as u64);
        for segment in body {
            match segment {
                Segment::Literal(text) => {
                    out.number(0);
                    out.bytes(text);
                }
                Segment::Chars { alphabet, min, max, padding } => {
                    out.number(if *padding { 2 } else { 1 });
                    out.number(*min as u64);
                    out.number(*max as u64);
                    // All are ASCII.
                    let [low, high, ..] = alphabet.bits();
                    let known = out.alphabets.iter().position(|known| *known == [low, high]);
                    let number = known.unwrap_or(out.alphabets.len());
                    if known.is_none() {
                        out.alphabets.push([low, high]);
                    }
                    out.number(number as u64);
                }
            }
        }
    }
    Ok(())
}
