//! Builds a family and holds what keysift finds against its table.

use crate::util::{self, Report, demo, root};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The families there are: folders of `testdata` with a table.
pub fn all() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(root().join("testdata"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("expected.tsv").exists() && path.join("needs").exists())
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

/// A row of `expected.tsv`: `file`, `name` of the pair, `kind`, `place`, `id site`, `secret site`.
///
/// `kind`: `pair`, found, joined, and nothing else joined with either half; `tied`, its secret is among
/// several candidates, because the file does not say which; `lone-id`, no secret belongs to it;
/// `none`, nothing at all is planted in the file (a decoy alone); `told`, the file or the place in it cannot be read,
/// and the ledger says so with the reason that stands for the name.
/// `place`: what follows the file in the address, with its `!` (`!lib/arm64-v8a/libapp.so`), or `-`; a `*`
/// stands for what one version of a tool makes other than the next (`!zip at *!app.ini`).
/// Sites: the place in the author's own terms; `-` where the format knows none; `*` not looked at.
/// A site ending in `*` must begin like that.
struct Row {
    file: String,
    name: String,
    kind: String,
    place: String,
    sites: [String; 2],
}

fn table(family: &str) -> Vec<Row> {
    let text = fs::read_to_string(root().join("testdata").join(family).join("expected.tsv")).unwrap();
    text.lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| {
            let cells: Vec<String> = line.split('\t').map(str::to_owned).collect();
            let [file, name, kind, place, id, secret] = cells.try_into().unwrap_or_else(|cells: Vec<_>| {
                panic!("{family}/expected.tsv: {} cells, not 6: {line}", cells.len())
            });
            Row { file, name, kind, place, sites: [id, secret] }
        })
        .collect()
}

/// Builds a family, unless the same recipe was built before, and gives the folder.
pub fn built(family: &str) -> PathBuf {
    let recipe = root().join("testdata").join(family);
    let mut hash = Sha256::new();
    digest(&recipe, &mut hash);
    ["plant.py", "ini.sh"].iter().for_each(|shared| digest(&root().join("testdata").join(shared), &mut hash));
    let key: String = hash.finalize().iter().take(6).map(|b| format!("{b:02x}")).collect();
    let out = root().join("target/testdata").join(format!("{family}-{key}"));
    // Tests of one process, and of several, ask for the same artifacts at the same time: one builds, the others wait. Recipes
    // put their tools into one place a family, so that even two builds of different recipes must not overlap.
    let _lock = locked(family);
    if !out.exists() {
        let temporary = out.with_extension("new");
        let _ = fs::remove_dir_all(&temporary);
        fs::create_dir_all(&temporary).unwrap();
        let run = std::process::Command::new(recipe.join("build.sh")).arg(&temporary).output().unwrap();
        assert!(
            run.status.success(),
            "testdata/{family}/build.sh: {}\n{}{}\n(KEYSIFT_SKIP_TOOLS=1 leaves out what needs tools)",
            run.status,
            String::from_utf8_lossy(&run.stdout),
            String::from_utf8_lossy(&run.stderr)
        );
        fs::rename(&temporary, &out).unwrap();
    }
    out
}

/// Held until it is dropped, or the process ends.
pub fn locked(name: &str) -> fs::File {
    let folder = root().join("target/testdata");
    fs::create_dir_all(&folder).unwrap();
    let lock = fs::File::create(folder.join(format!("{name}.lock"))).unwrap();
    lock.lock().unwrap();
    lock
}

fn digest(path: &Path, hash: &mut Sha256) {
    if path.is_dir() {
        let mut inside: Vec<PathBuf> = fs::read_dir(path).unwrap().map(|e| e.unwrap().path()).collect();
        inside.sort();
        inside.iter().filter(|p| !p.ends_with("__pycache__")).for_each(|p| digest(p, hash));
    } else {
        hash.update(path.to_str().unwrap());
        hash.update(fs::read(path).unwrap());
    }
}

/// Builds a family, scans each of its files and compares all that is found with the table.
pub fn check(family: &str) {
    if util::without_tools(family) {
        return;
    }
    let folder = built(family);
    let mut files: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for row in table(family) {
        files.entry(row.file.clone()).or_default().push(row);
    }
    let wrong: Vec<String> = files.iter().flat_map(|(file, rows)| check_file(&folder, file, rows)).collect();
    assert!(wrong.is_empty(), "{} of {family} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn check_file(folder: &Path, file: &str, rows: &[Row]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut complain = |what: String| wrong.push(format!("  {file}: {what}"));
    let mut command = util::keysift();
    command.current_dir(folder).args(["scan", "-f", "jsonl", "--reveal", "--fail-on", "critical"]).arg(file);
    let output = command.output().unwrap();
    let told: Vec<&Row> = rows.iter().filter(|row| row.kind == "told").collect();
    let usual = if told.is_empty() { [0, 1] } else { [1, 3] };
    if !output.status.code().is_some_and(|code| usual.contains(&code)) {
        complain(format!("exit {}: {}", output.status, String::from_utf8_lossy(&output.stderr)));
    }
    let report = Report::parse(&output.stdout);
    let is_told = |entry: &Value, row: &Row| {
        let place = if row.place == "-" { "" } else { &row.place };
        entry["reason"] == *row.name && entry["address"] == *format!("{file}{place}")
    };
    let entries = report.ledger["entries"].as_array().unwrap();
    for entry in entries.iter().filter(|entry| !told.iter().any(|row| is_told(entry, row))) {
        complain(format!("not searched: {entry}"));
    }
    for row in told.iter().filter(|row| !entries.iter().any(|entry| is_told(entry, row))) {
        complain(format!("not told: {} {}", row.name, row.place));
    }
    // A pair that stands in two places of a file has a row for each.
    let mut pairs = BTreeSet::new();
    for row in rows {
        if matches!(row.kind.as_str(), "pair" | "tied") {
            pairs.insert(&row.name);
        }
        match row.kind.as_str() {
            "told" => {}
            "pair" => {
                check_pair(&report, file, row).into_iter().for_each(&mut complain);
            }
            "lone-id" => {
                let id = demo::access_key_id(&row.name);
                let found = with_part(&report, "id", &id);
                match found[..] {
                    [f] if f["pair"].is_null() => {
                        complain_about_site(f, file, row, 0).into_iter().for_each(&mut complain);
                    }
                    _ => complain(format!("{}: not found alone: {found:#?}", row.name)),
                }
            }
            "tied" => {
                let found = with_part(&report, "id", &demo::access_key_id(&row.name));
                let secret = demo::secret_access_key(&row.name);
                let is_tied = |f: &Value| {
                    let candidates = f["pair"]["candidates"].as_array();
                    f["parts"]["secret"].is_null()
                        && candidates.is_some_and(|c| c.iter().any(|c| c["secret"] == secret.as_str()))
                };
                if !matches!(found[..], [f] if is_tied(f)) {
                    complain(format!("{}: not tied: {found:#?}", row.name));
                }
            }
            "none" => {}
            other => complain(format!("kind {other}?")),
        }
    }
    if report.pairs().len() != pairs.len() {
        complain(format!("{} pairs, {} planted: {:?}", report.pairs().len(), pairs.len(), report.pairs()));
    }
    let decoys = ["IOSFODNN7".to_owned() + "EXAMPLE", "wJalrXUtnFEMI/".to_owned() + "K7MDENG"];
    for finding in &report.findings {
        let parts = finding["parts"].to_string() + &finding["pair"].to_string();
        let hash = rows.iter().find(|r| r.kind != "tied" && parts.contains(&demo::hash(&r.name)));
        if hash.is_some() || decoys.iter().any(|d| parts.contains(d.as_str())) {
            complain(format!("a decoy is reported: {finding:#}"));
        }
    }
    wrong
}

fn with_part<'r>(report: &'r Report, role: &str, value: &str) -> Vec<&'r Value> {
    report.findings.iter().filter(|f| f["parts"][role] == value).collect()
}

fn check_pair(report: &Report, file: &str, row: &Row) -> Vec<String> {
    let (id, secret) = (demo::access_key_id(&row.name), demo::secret_access_key(&row.name));
    let found: Vec<&Value> =
        with_part(report, "id", &id).into_iter().filter(|f| f["pattern"] == "aws.key-pair").collect();
    let [f] = found[..] else {
        let (ids, secrets) = (with_part(report, "id", &id), with_part(report, "secret", &secret));
        let places = |of: &[&Value]| of.iter().map(|f| f["sites"].to_string()).collect::<Vec<_>>();
        return vec![format!(
            "{}: {} pairs for its id; id at {:?}; secret at {:?}",
            row.name,
            found.len(),
            places(&ids),
            places(&secrets)
        )];
    };
    if f["parts"]["secret"] != secret.as_str() {
        let candidates = &f["pair"]["candidates"];
        return vec![format!("{}: not joined with its secret: {} {candidates}", row.name, f["parts"])];
    }
    let mut wrong = Vec::new();
    if f["pair"]["candidates"].as_array().is_some_and(|c| !c.is_empty()) {
        wrong.push(format!("{}: candidates beside it: {}", row.name, f["pair"]));
    }
    wrong.extend((0..2).flat_map(|role| complain_about_site(f, file, row, role)));
    wrong
}

/// Looks for a place of the part (0: id, 1: secret) that is where the row says.
fn complain_about_site(finding: &Value, file: &str, row: &Row, role: usize) -> Option<String> {
    let role_name = ["id", "secret"][role];
    let place = if row.place == "-" { "" } else { &row.place };
    let wanted = row.sites[role].as_str();
    let site_is = |site: Option<&str>| match (wanted, site) {
        ("*", _) => true,
        ("-", site) => site.is_none(),
        (wanted, Some(site)) => match wanted.strip_suffix('*') {
            Some(start) => site.starts_with(start),
            None => site == wanted,
        },
        (_, None) => false,
    };
    let sites: Vec<&Value> =
        finding["sites"].as_array().unwrap().iter().filter(|s| s["role"] == role_name).collect();
    let address = format!("{file}{place}");
    let found = sites.iter().any(|s| {
        let is_at = s["address"].as_str().is_some_and(|a| {
            within(a, &address).is_some_and(|rest| rest.is_empty() || rest.starts_with('!'))
        });
        is_at && site_is(s["site"].as_str())
    });
    (!found).then(|| format!("{}: no {role_name} at {address} {wanted}: {sites:#?}", row.name))
}

/// What of an address is behind a place, in which `*` stands for anything up to the next `!`.
fn within<'a>(address: &'a str, place: &str) -> Option<&'a str> {
    let mut parts = place.split('*');
    let mut rest = address.strip_prefix(parts.next()?)?;
    for part in parts {
        rest = &rest[rest.find('!').unwrap_or(rest.len())..];
        rest = rest.strip_prefix(part)?;
    }
    Some(rest)
}
