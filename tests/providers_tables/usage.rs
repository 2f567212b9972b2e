//! Credentials as the documentation of their own providers and real code use them (`testdata/usage/*.txt`): found, told as severe
//! as their row says, and named first; and what stands beside them and is none.

use crate::rows;
use keysift::finding::{Finding, Severity};
use keysift::pattern::PatternSet;
use keysift::pattern::example::{Generator, fill};
use keysift::scan::{Options, Outcome, Progress, Scanner, Target};
use std::collections::BTreeMap;
use std::path::Path;

/// Of a set so many in a hundred at least: found, told, named first.
const FIRST: [usize; 3] = [94, 89, 90];
const SECOND: [usize; 3] = [95, 91, 93];
const THIRD: [usize; 3] = [96, 92, 94];
const FOURTH: [usize; 3] = [94, 93, 93];
const FIFTH: [usize; 3] = [97, 95, 93];
/// Kinds of what is alike that are told as worse than low, at most.
const ALIKE: usize = 5;
const ALIKE_FIFTH: usize = 3;

/// One usage, filled in.
struct Usage {
    id: &'static str,
    value: String,
    /// Families that are right.
    families: Vec<String>,
    /// Severity as which it is to be told at least.
    severity: Severity,
    text: String,
}

/// Heads and texts of a file of usages.
fn usages(all: &'static str) -> impl Iterator<Item = (Vec<&'static str>, &'static str)> {
    all.split("\n=== ").skip(1).map(|usage| {
        let (head, text) = usage.split_once('\n').unwrap();
        (head.split('|').map(str::trim).collect(), text)
    })
}

/// Severities of the rows, by id.
fn severities() -> BTreeMap<&'static str, Severity> {
    let of = |word: &str| match word {
        "info" => Severity::Info,
        "low" => Severity::Low,
        _ => Severity::Medium,
    };
    rows::rows().iter().map(|row| (row.id, of(row.severity))).collect()
}

/// The usages of `all` written to files below `folder`, each in one of its own; by the number in its path.
fn written(all: &'static str, folder: &Path) -> Vec<Usage> {
    let (severities, excluded) = (severities(), rows::excluded());
    let mut generator = Generator::new(2026);
    let mut made = |n: usize, (head, text): (Vec<&'static str>, &'static str)| {
        let part = |i: usize| head.get(i).copied().unwrap_or_default();
        let (value, other) = (fill(part(2), &mut generator), fill(part(3), &mut generator));
        // What a value is made of is not filled in again.
        let text = fill(text, &mut generator).replace("«v»", &value).replace("«id»", &other);
        let path = folder.join(format!("{n:04}")).join(part(1));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
        let id = part(0);
        let as_id = excluded.get(id).and_then(|says| says.strip_prefix('=')).unwrap_or(id);
        let own = as_id.split('.').next().unwrap();
        let families = part(4).split(',').filter(|f| !f.is_empty()).chain([own]).map(str::to_owned).collect();
        let severity = severities.get(id).copied().unwrap_or(Severity::Medium);
        Usage { id, value, families, severity, text }
    };
    usages(all).enumerate().map(|(n, usage)| made(n, usage)).collect()
}

fn scanned(folder: &Path) -> Outcome {
    let patterns = PatternSet::builtin().unwrap();
    let scanner = Scanner::new(&patterns, Options::default()).unwrap();
    scanner.scan(&[Target::Path(folder.to_path_buf())], &Progress::default())
}

/// The numbers of the usages that a finding is in.
fn numbers(finding: &Finding, folder: &Path) -> Vec<usize> {
    let root = folder.display().to_string();
    let number = |address: String| address.strip_prefix(&root)?.get(1..5)?.parse().ok();
    finding.sites.iter().filter_map(|site| number(site.address.to_string())).collect()
}

#[allow(clippy::print_stdout, reason = "figures are what the test is run for")]
fn check(all: &'static str, least: [usize; 3]) {
    let folder = tempfile::tempdir().unwrap();
    let usages = written(all, folder.path());
    let outcome = scanned(folder.path());
    let mut judged = vec![[false; 3]; usages.len()];
    let mut instead: BTreeMap<usize, String> = BTreeMap::new();
    for finding in &outcome.findings {
        for n in numbers(finding, folder.path()) {
            let usage = &usages[n];
            let meets =
                |part: &str| part.contains(&usage.value) || part.len() > 7 && usage.value.contains(part);
            if !finding.parts.values().any(|part| meets(&String::from_utf8_lossy(part.reveal()))) {
                continue;
            }
            let family = finding.pattern.split('.').next().unwrap_or_default();
            let [found, told, first] = &mut judged[n];
            *found = true;
            *told |= finding.severity >= usage.severity;
            *first |= usage.families.iter().any(|f| f == family);
            *instead.entry(n).or_default() += &format!("{}: {:?} ", finding.pattern, finding.severity);
        }
    }
    for (n, usage) in usages.iter().enumerate().filter(|(n, _)| judged[*n] != [true; 3]) {
        let instead = instead.get(&n).map_or("nothing", String::as_str);
        println!("{} {:?} {instead} {}", usage.id, judged[n], usage.text.trim_end().replace('\n', "⏎"));
    }
    let count = |i: usize| judged.iter().filter(|j| j[i]).count();
    let counts = [count(0), count(1), count(2)];
    println!("of {}: {} found, {} told, {} named first", usages.len(), counts[0], counts[1], counts[2]);
    for (count, least) in counts.into_iter().zip(least) {
        assert!(
            count * 100 >= usages.len() * least,
            "{counts:?} of {}, less than {least} in a hundred",
            usages.len()
        );
    }
}

#[test]
fn usages_of_the_first_set_are_found_and_named() {
    check(include_str!("../../testdata/usage/first.txt"), FIRST);
}

#[test]
fn usages_of_the_second_set_are_found_and_named() {
    check(include_str!("../../testdata/usage/second.txt"), SECOND);
}

#[test]
fn usages_of_the_third_set_are_found_and_named() {
    check(include_str!("../../testdata/usage/third.txt"), THIRD);
}

#[test]
fn usages_of_the_fourth_set_are_found_and_named() {
    check(include_str!("../../testdata/usage/fourth.txt"), FOURTH);
}

#[test]
fn usages_of_the_fifth_set_are_found_and_named() {
    check(include_str!("../../testdata/usage/fifth.txt"), FIFTH);
}

#[test]
fn what_stands_beside_usages_is_no_secret() {
    check_alike(include_str!("../../testdata/usage/alike.txt"), ALIKE);
}

#[test]
fn what_stands_beside_usages_of_the_fifth_set_is_no_secret() {
    check_alike(include_str!("../../testdata/usage/alike-fifth.txt"), ALIKE_FIFTH);
}

/// Of the kinds of what is alike no more than `most` are told as worse than low.
fn check_alike(all: &'static str, most: usize) {
    let folder = tempfile::tempdir().unwrap();
    let mut generator = Generator::new(2026);
    let mut names = Vec::new();
    for (n, (head, text)) in usages(all).enumerate() {
        let path = folder.path().join(format!("{n:04}")).join(head[1]);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, fill(text, &mut generator)).unwrap();
        names.push(head[0]);
    }
    let outcome = scanned(folder.path());
    let mut told: BTreeMap<&str, String> = BTreeMap::new();
    for finding in outcome.findings.iter().filter(|f| f.severity > Severity::Low) {
        for n in numbers(finding, folder.path()) {
            *told.entry(names[n]).or_default() += &finding.pattern;
        }
    }
    assert!(told.len() <= most, "of {}: {told:?}", names.len());
}

#[test]
fn values_with_slashes_behind_an_address_are_no_paths_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut generator = Generator::new(5);
    let values: Vec<String> = (0..60).map(|_| fill("{base64:79}=", &mut generator)).collect();
    for (n, value) in values.iter().enumerate() {
        let text = format!(
            "const redis = new Redis({{\n  url: 'https://eu1-shop-{n}.upstash.io',\n  token: '{value}',\n}})\n"
        );
        std::fs::write(folder.path().join(format!("{n}.ts")), text).unwrap();
    }
    let named = scanned(folder.path()).findings.iter().filter(|f| f.pattern == "upstash.rest-token").count();
    assert_eq!(named, values.len());
}

#[test]
fn keys_that_commands_log_in_with_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut generator = Generator::new(7);
    let all = [
        ("wandb.key", "pip install wandb\nwandb login {hex:40}\n"),
        ("wandb.key", "os.system('wandb login {hex:40}')\n"),
        ("shodan.key", "shodan init {alnum:32}\n"),
        ("ngrok.authtoken", "ngrok config add-authtoken {alnum:27}_{alnum:21}\n"),
    ];
    for (n, (_, form)) in all.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{n:04}.sh")), fill(form, &mut generator)).unwrap();
    }
    let found = scanned(folder.path()).findings;
    for (n, (pattern, form)) in all.iter().enumerate() {
        let own: Vec<_> = found.iter().filter(|f| numbers(f, folder.path()).contains(&n)).collect();
        assert!(
            own.iter().any(|f| f.pattern == *pattern),
            "{form}: {:?}",
            own.iter().map(|f| &f.pattern).collect::<Vec<_>>()
        );
    }
}
