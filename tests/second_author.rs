//! Lines by a second and a third author, written before the detector's rules and data were read: files with
//! lines that hold secrets and lines that only look so, through the whole program.
//!
//! `cargo test --test second_author -- --nocapture` prints the figures of docs/precision.md.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a failure may panic, and figures are printed")]

mod util;

use keysift::pattern::example::{Generator, fill};
use std::collections::{BTreeMap, BTreeSet};
use util::{Dir, Report};

/// What an author wrote.
struct Author {
    folder: &'static str,
    /// In this order their blocks are numbered; every third was not read while rules were made.
    files: &'static [&'static str],
    labels: usize,
    floors: [Floor; 2],
}

/// The least that may come out for a half: precision and recall at any severity and at medium and above, and
/// of a hundred tokens those with the right provider.
struct Floor {
    any: (f64, f64),
    medium: (f64, f64),
    provider: i32,
}

const SECOND: Author = Author {
    folder: "second",
    files: &[
        "spring-dotnet-php.txt",
        "python-ruby-go-c-js.txt",
        "shell-infra-sql-docs.txt",
        "alike.txt",
        "providers.txt",
    ],
    labels: 1500,
    floors: [
        Floor { any: (0.96, 0.88), medium: (0.97, 0.69), provider: 91 },
        Floor { any: (0.93, 0.80), medium: (0.93, 0.60), provider: 91 },
    ],
};

const THIRD: Author = Author {
    folder: "third",
    files: &["code-tests.txt", "config.txt", "systems-docs.txt", "alike.txt", "providers.txt"],
    labels: 2140,
    floors: [
        Floor { any: (0.96, 0.93), medium: (0.97, 0.63), provider: 94 },
        Floor { any: (0.95, 0.84), medium: (0.97, 0.60), provider: 78 },
    ],
};

/// What ends a line that has a label: `y` or `n`, and the kind; `prov:` and whose it is.
const MARK: &str = " ⇐";

struct Label {
    is_secret: bool,
    kind: String,
    text: String,
    is_held_out: bool,
}

#[derive(Default)]
struct Figures {
    found: u32,
    wrong: u32,
    missed: u32,
}

impl Figures {
    fn precision(&self) -> f64 {
        f64::from(self.found) / f64::from(self.found + self.wrong)
    }

    fn recall(&self) -> f64 {
        f64::from(self.found) / f64::from(self.found + self.missed)
    }

    fn f1(&self) -> f64 {
        2.0 * self.precision() * self.recall() / (self.precision() + self.recall())
    }
}

/// A file and a line of it.
type Place = (String, u64);

/// Writes the files of all blocks into `dir`; the labels by file and first line, and for every line of them
/// the first one. Lines without a label are in neither.
fn write(author: &Author, dir: &Dir) -> (BTreeMap<Place, Label>, BTreeMap<Place, u64>, BTreeSet<String>) {
    let (mut labels, mut lines, mut held_out) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
    let mut generator = Generator::new(1);
    let mut number = 0;
    for name in author.files {
        let path = util::root().join("testdata/labelled").join(author.folder).join(name);
        let text = std::fs::read_to_string(path).unwrap();
        for block in text.split("### ").skip(1) {
            let (path, body) = block.split_once('\n').unwrap();
            let path = format!("b{number:03}/{path}");
            let is_held_out = number % 3 == 2;
            number += 1;
            if is_held_out {
                held_out.insert(path.clone());
            }
            let mut file = String::new();
            let mut at = 1;
            for line in body.lines() {
                let (template, label) = line.split_once(MARK).unwrap_or((line, ""));
                let text = fill(template, &mut generator);
                let end = at + text.matches('\n').count() as u64;
                if let Some((verdict, kind)) = label.split_once(' ') {
                    let label = Label {
                        is_secret: verdict == "y",
                        kind: kind.into(),
                        text: text.clone(),
                        is_held_out,
                    };
                    labels.insert((path.clone(), at), label);
                    lines.extend((at..=end).map(|line| ((path.clone(), line), at)));
                }
                file += &text;
                file.push('\n');
                at = end + 1;
            }
            dir.write(&path, file);
        }
    }
    (labels, lines, held_out)
}

fn letters(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

#[test]
fn lines_of_a_second_author_are_told_apart() {
    measure(&SECOND);
}

#[test]
fn lines_of_a_third_author_are_told_apart() {
    measure(&THIRD);
}

fn measure(author: &Author) {
    let dir = Dir::new();
    let (labels, lines, held_out) = write(author, &dir);
    assert!(labels.len() >= author.labels, "{} labels", labels.len());
    let output =
        dir.keysift().args(["scan", "-f", "jsonl", "-q", "--no-config", "--no-git", "."]).output().unwrap();
    let report = Report::parse(&output.stdout);
    let (mut found, mut strays) = (BTreeMap::<_, Vec<(u8, String)>>::new(), Vec::new());
    for finding in &report.findings {
        let rank = match finding["severity"].as_str().unwrap() {
            // Public keys have names too, and are no finds.
            "info" => 0,
            "low" => 1,
            _ => 2,
        };
        let who = letters(&format!("{} {}", finding["pattern"], finding["name"]));
        for site in finding["sites"].as_array().unwrap() {
            let path = site["address"].as_str().unwrap();
            let path = path.trim_start_matches("./").split('!').next().unwrap().to_owned();
            let Some(line) = site["line"].as_u64() else { continue };
            match lines.get(&(path.clone(), line)) {
                Some(&first) => found.entry((path, first)).or_default().push((rank, who.clone())),
                None if rank > 0 => strays.push((path, line, rank)),
                None => {}
            }
        }
    }
    for ((half, of_half), floor) in [("tuning", false), ("held out", true)].into_iter().zip(&author.floors) {
        let half = format!("{}, {half}", author.folder);
        for bar in [1, 2] {
            let mut figures = Figures::default();
            for (place, label) in labels.iter().filter(|(_, l)| l.is_held_out == of_half) {
                let is_found = found.get(place).is_some_and(|all| all.iter().any(|(rank, _)| *rank >= bar));
                match (label.is_secret, is_found) {
                    (true, true) => figures.found += 1,
                    (true, false) => figures.missed += 1,
                    (false, true) => figures.wrong += 1,
                    (false, false) => {}
                }
                if label.is_secret != is_found && bar == 1 && !of_half {
                    println!("{} {place:?} {}", if is_found { "false" } else { "missed" }, label.text);
                }
            }
            let others: BTreeSet<_> = strays
                .iter()
                .filter(|(path, _, rank)| *rank >= bar && held_out.contains(path) == of_half)
                .collect();
            figures.wrong += others.len() as u32;
            if bar == 1 && !of_half {
                others.iter().for_each(|(path, line, _)| println!("stray {path}:{line}"));
            }
            let bar = if bar == 1 { "any" } else { "medium" };
            println!(
                "{half}, {bar}: found {}, false {}, missed {}; precision {:.3}, recall {:.3}, F1 {:.3}",
                figures.found,
                figures.wrong,
                figures.missed,
                figures.precision(),
                figures.recall(),
                figures.f1()
            );
            let (precision, recall) = if bar == "any" { floor.any } else { floor.medium };
            assert!(figures.precision() >= precision && figures.recall() >= recall, "{half}, {bar}");
        }
        let (mut right, mut all) = (0, 0);
        for (place, label) in labels.iter().filter(|(_, l)| l.is_held_out == of_half && l.is_secret) {
            let Some(names) = label.kind.strip_prefix("prov:") else { continue };
            all += 1;
            let is_named = |who: &str| names.split('|').any(|name| who.contains(&letters(name)));
            let whose = found.get(place).map_or(&[][..], Vec::as_slice);
            let is_right = whose.iter().any(|(_, who)| is_named(who));
            right += i32::from(is_right);
            if !is_right && !of_half {
                println!(
                    "whose {names}: {:?} {}",
                    whose.iter().map(|(_, who)| who).collect::<Vec<_>>(),
                    label.text
                );
            }
        }
        println!("{half}: the provider's name is right for {right} of {all}");
        assert!(right * 100 >= all * floor.provider, "{half}: {right} of {all}");
    }
}
