//! Every kind of token in the tables of providers is found, and named, in the settings it is met in.
//!
//! Samples come straight from the tables (`testdata/facts/*.tsv`): prefix, alphabet, length and context of
//! a row, and nothing of the patterns. What cannot be made up from a row stands in
//! `testdata/facts/excluded.tsv` with the reason.

#![allow(clippy::unwrap_used)]

mod rows;
mod settings;
mod templates;
mod usage;

use keysift::finding::{Finding, Severity};
use keysift::pattern::PatternSet;
use keysift::pattern::example::Generator;
use keysift::scan::{Options, Progress, Scanner, Target};
use rows::{Random, Row};
use std::collections::{BTreeMap, BTreeSet};

/// Rows of which every sample is found and named; fewer is a step back.
const ROWS_FOUND: usize = 1775;

/// The share of samples that are found and named in each of the further settings, in percent, at least.
const NAMED: usize = 95;
/// Settings that say little: the service and nothing of a secret, or the service apart from the value.
const NAMED_BARELY: (usize, &[&str]) = (82, &["product is", "json product", "init"]);

/// The same for the settings that were written before any of them was tried: of all, and of each.
const SECOND: [usize; 2] = [95, 86];
const THIRD: [usize; 2] = [96, 86];
/// Settings that are named badly yet: rows of a table, what is handed to an imported `Client`, forms that npm has too.
const SECOND_WEAK: &[&str] = &["constructor, python", "csv with a header", "rc of a registry"];

/// Of what is alike so many in a thousand are told as worse than low, at most.
const ALIKE: usize = 20;

/// Of fillers so many in a thousand are told as worse than low, at most.
const TAKEN: usize = 10;

/// The families that a finding names.
fn families(finding: &Finding) -> BTreeSet<String> {
    let ids = finding.details.get("candidates").map_or("", String::as_str).split(", ");
    let family = |id: &str| id.split('.').next().unwrap_or_default().to_owned();
    ids.chain([finding.pattern.as_str()]).filter(|id| !id.is_empty()).map(family).collect()
}

/// What stands in the file of a sample.
struct Text {
    setting: &'static str,
    /// Its path, where the setting asks for one.
    file: Option<String>,
    text: String,
    /// The value that has to be found, where others stand beside it.
    value: Option<String>,
}

impl From<(&'static str, String)> for Text {
    fn from((setting, text): (&'static str, String)) -> Text {
        Text { setting, file: None, text, value: None }
    }
}

/// A row's value in a file.
#[derive(Default)]
struct Sample {
    id: &'static str,
    family: String,
    /// The file or the setting.
    name: &'static str,
    text: String,
    value: Option<String>,
    /// What is found in it.
    found: BTreeSet<String>,
    /// The family that the finding itself is of, others being possible.
    first: BTreeSet<String>,
    /// How bad that is.
    worst: Option<Severity>,
}

impl Sample {
    fn is_named(&self) -> bool {
        self.found.contains(&self.family)
    }

    /// Whether a finding is about the value, or holds it.
    fn is_about(&self, finding: &Finding) -> bool {
        let meets = |part: &str, value: &str| part.contains(value) || part.len() > 7 && value.contains(part);
        let parts = finding.parts.values().map(|part| String::from_utf8_lossy(part.reveal()));
        self.value.as_ref().is_none_or(|value| parts.into_iter().any(|part| meets(&part, value)))
    }
}

/// The samples of the rows, scanned, of each row one in `every` and of each setting too; how many rows there are, and those that are not read.
fn scanned<T: Into<Text>>(
    texts: impl Fn(&mut Random, &Row) -> Option<Vec<T>>,
    name: impl Fn(usize, &'static str) -> String,
    every: usize,
) -> (Vec<Sample>, usize, Vec<&'static str>) {
    let excluded = rows::excluded();
    let folder = tempfile::tempdir().unwrap();
    let mut samples: BTreeMap<String, Sample> = BTreeMap::new();
    let (mut counted, mut unread) = (0, Vec::new());
    for (n, row) in rows::rows().iter().enumerate() {
        if excluded.get(row.id).is_some_and(|says| !says.starts_with('=')) {
            continue;
        }
        let Some(texts) = texts(&mut Random(Generator::new(n as u64 + 1)), row) else {
            unread.push(row.id);
            continue;
        };
        counted += 1;
        let family = excluded.get(row.id).map_or(row.family(), |as_id| as_id[1..].split('.').next().unwrap());
        let dir = folder.path().join(format!("{n:04}"));
        std::fs::create_dir_all(&dir).unwrap();
        for (i, text) in texts.into_iter().enumerate().filter(|(i, _)| (n + i) % every == 0) {
            let Text { setting, file, text, value } = text.into();
            // A folder for each, for the names of files may be the same.
            let path = match file {
                Some(file) => dir.join(format!("{i:02}")).join(file),
                None => dir.join(name(i, setting)),
            };
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &text).unwrap();
            let family = family.to_owned();
            let sample = Sample { id: row.id, family, name: setting, text, value, ..Sample::default() };
            samples.insert(path.display().to_string(), sample);
        }
    }
    let patterns = PatternSet::builtin().unwrap();
    let scanner = Scanner::new(&patterns, Options::default()).unwrap();
    let outcome = scanner.scan(&[Target::Path(folder.path().to_path_buf())], &Progress::default());
    for finding in &outcome.findings {
        for site in &finding.sites {
            let address = site.address.to_string();
            let sample = samples.get_mut(address.split('!').next().unwrap()).unwrap();
            if !sample.is_about(finding) {
                continue;
            }
            sample.first.extend(finding.pattern.split('.').next().map(str::to_owned));
            sample.found.extend(families(finding));
            sample.worst = sample.worst.max(Some(finding.severity));
        }
    }
    (samples.into_values().collect(), counted, unread)
}

#[test]
fn every_row_is_found_and_named() {
    let (samples, counted, unread) = scanned(settings::settings, |_, name| name.to_owned(), 1);
    let mut failed: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for sample in samples.iter().filter(|sample| !sample.is_named()) {
        let instead = sample.found.iter().cloned().collect::<Vec<_>>().join("/");
        let text = sample.text.replace('\n', "⏎");
        failed.entry(sample.id).or_default().push(format!("{}({instead}) {text}", sample.name));
    }
    let missed: usize = failed.values().map(Vec::len).sum();
    for (id, what) in &failed {
        println!("{id}: {}", what.join("  "));
    }
    println!("unread: {}", unread.join(" "));
    let excluded = rows::excluded();
    println!(
        "{} of {counted} rows found and named in all their settings, {} of {} samples; {} rows not read, {} excluded",
        counted - failed.len(),
        samples.len() - missed,
        samples.len(),
        unread.len(),
        excluded.len()
    );
    let untold: Vec<&&str> = unread.iter().filter(|id| !excluded.contains_key(**id)).collect();
    assert!(untold.is_empty(), "no reason stands in excluded.tsv for {untold:?}");
    assert!(counted - failed.len() >= ROWS_FOUND, "fewer rows than before");
}

#[test]
fn rows_are_named_in_all_kinds_of_settings() {
    let (samples, ..) = scanned(settings::further, |i, _| format!("{i:02}.txt"), 3);
    let mut settings: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for sample in &samples {
        let [all, named, missed] = settings.entry(sample.name).or_default();
        *all += 1;
        *named += usize::from(sample.is_named());
        *missed += usize::from(sample.found.is_empty());
        if !sample.is_named() {
            println!("{} {} {:?} {}", sample.name, sample.id, sample.found, sample.text.replace('\n', "⏎"));
        }
    }
    for (name, [all, named, missed]) in &settings {
        println!("{name:20} {named:5} named and {missed:5} not found, of {all:5}");
    }
    for (name, [all, named, _]) in settings {
        let (barely, weak) = NAMED_BARELY;
        let least = if weak.contains(&name) { barely } else { NAMED };
        assert!(named * 100 >= all * least, "{name}: {named} of {all}");
    }
}

#[test]
fn what_only_fills_a_place_is_no_secret() {
    let (samples, ..) = scanned(settings::fillers, |i, _| format!("{i:02}.txt"), 2);
    let mut fillers: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    for sample in &samples {
        let [all, taken] = fillers.entry(sample.name).or_default();
        *all += 1;
        if sample.worst > Some(Severity::Low) {
            *taken += 1;
            println!("{} {} {:?} {}", sample.name, sample.id, sample.found, sample.text.trim_end());
        }
    }
    for (name, [all, taken]) in &fillers {
        println!("{name:30} {taken:4} of {all:5} told as worse than low");
    }
    for (name, [all, taken]) in fillers {
        assert!(taken * 1000 <= all * TAKEN, "{name}: {taken} of {all}");
    }
}

/// The settings of `all`: in each how many samples, how many of them named, named first, and missed.
#[allow(clippy::print_stdout, reason = "figures are what the test is run for")]
fn counted(all: &'static str, every: usize) -> BTreeMap<&'static str, [usize; 4]> {
    let texts = |random: &mut Random, row: &Row| templates::filled(all, random, row);
    let (samples, ..) = scanned(texts, |_, name| name.to_owned(), every);
    let mut settings: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    for sample in &samples {
        let [all, named, first, missed] = settings.entry(sample.name).or_default();
        *all += 1;
        *named += usize::from(sample.is_named());
        *first += usize::from(sample.first.contains(&sample.family));
        *missed += usize::from(sample.found.is_empty());
        if !sample.is_named() {
            println!("{} {} {:?} {}", sample.name, sample.id, sample.found, sample.text.replace('\n', "⏎"));
        }
    }
    let mut sums = [0; 4];
    for (name, counts) in &settings {
        let [all, named, first, missed] = counts;
        println!("{name:34} {named:5} named ({first:5} first), {missed:5} not found, of {all:5}");
        sums = std::array::from_fn(|i| sums[i] + counts[i]);
    }
    println!("all: {} named ({} first), {} not found, of {}", sums[1], sums[2], sums[3], sums[0]);
    settings
}

/// Checks that of all samples, and of those of each setting but the `weak`, so many in a hundred are named.
fn check(settings: &BTreeMap<&str, [usize; 4]>, least: [usize; 2], weak: &[&str]) {
    let sums = settings.values().fold([0, 0], |sums, counts| [sums[0] + counts[0], sums[1] + counts[1]]);
    assert!(sums[1] * 100 >= sums[0] * least[0], "{} of {}", sums[1], sums[0]);
    for (name, [all, named, ..]) in settings.iter().filter(|(name, _)| !weak.contains(name)) {
        assert!(named * 100 >= all * least[1], "{name}: {named} of {all}");
    }
}

#[test]
fn rows_are_named_in_the_second_set() {
    let settings = counted(include_str!("../../testdata/settings/second.txt"), every(17));
    check(&settings, SECOND, SECOND_WEAK);
}

#[test]
fn rows_are_named_in_the_third_set() {
    let settings = counted(include_str!("../../testdata/settings/third.txt"), every(17));
    check(&settings, THIRD, &[]);
}

/// One sample in so many is read: `EVERY` says how many, or what keeps the suite quick.
fn every(otherwise: usize) -> usize {
    std::env::var("EVERY").ok().and_then(|n| n.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn what_is_alike_is_no_secret() {
    let all = include_str!("../../testdata/settings/alike.txt");
    let texts = |random: &mut Random, row: &Row| {
        let texts = templates::filled(all, random, row)?;
        Some(texts.into_iter().map(|text| Text { value: None, ..text }).collect())
    };
    let (samples, ..) = scanned(texts, |_, name| name.to_owned(), every(17));
    let mut settings: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for sample in &samples {
        let [all, told, named] = settings.entry(sample.name).or_default();
        *all += 1;
        if sample.worst > Some(Severity::Low) {
            *told += 1;
            *named += usize::from(sample.is_named());
            println!("{} {} {:?} {}", sample.name, sample.id, sample.found, sample.text.replace('\n', "⏎"));
        }
    }
    for (name, [all, told, named]) in &settings {
        println!("{name:34} {told:5} told as worse than low, {named:5} by the name beside it, of {all:5}");
        assert!(told * 1000 <= all * ALIKE, "{name}: {told} of {all}");
    }
}
