//! The demo app: everything planted is found, at its place, and nothing that is none.
#![allow(clippy::unwrap_used, reason = "a failure may panic")]

mod util;

use serde_json::Value;
use util::demo::{access_key_id, account, check, planted, secret_access_key};
use util::{Dir, Report, demo_apk, keysift};

fn in_demo_folder() -> assert_cmd::Command {
    let mut command = keysift();
    command.current_dir(demo_apk().parent().unwrap()).arg("scan");
    command
}

#[test]
fn values_are_those_of_the_generator() {
    use sha2::{Digest, Sha256};
    let mut table = String::from("name\tid\tsecret\taccount\n");
    for p in planted() {
        let (id, secret) = match p.kind.as_str() {
            "decoy" => (
                "AKIA".to_owned() + "IOSFODNN7" + "EXAMPLE",
                "wJalrXUtnFEMI/".to_owned() + "K7MDENG/bPxRfi" + "CYEXAMPLEKEY",
            ),
            "lone-id" => (access_key_id(&p.name), "-".to_owned()),
            _ => (access_key_id(&p.name), secret_access_key(&p.name)),
        };
        table += &format!("{}\t{id}\t{secret}\t{}\n", p.name, account(&id));
    }
    let hex: String = Sha256::digest(table.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(hex, "e645ca4139d779fdb7a85606720bbcf3dcd47c174458c020379a3005f833b540", "{table}");
}

#[test]
fn every_pair_at_its_site_and_no_decoy() {
    let mut command = in_demo_folder();
    command.args(["demo.apk", "-f", "jsonl", "--reveal"]);
    check(&Report::of(command, 1), "demo.apk");
}

#[test]
fn the_text_report_names_class_and_field_account_and_fix() {
    let output = in_demo_folder().args(["demo.apk"]).assert().code(1).get_output().clone();
    let text = String::from_utf8(output.stdout).unwrap();
    for p in planted() {
        if p.kind == "decoy" {
            assert!(!text.contains(&p.id_site) && !text.contains(&p.secret_site), "{}", p.name);
            continue;
        }
        assert!(text.contains(&p.id_site), "{}: {}\n{text}", p.name, p.id_site);
        assert!(p.kind != "pair" || text.contains(&p.secret_site), "{}: {}\n{text}", p.name, p.secret_site);
        let account = account(&access_key_id(&p.name)).to_string();
        assert!(text.contains(&account), "{}: {account}\n{text}", p.name);
        assert!(text.contains(&format!("demo.apk!{}", p.place)), "{}\n{text}", p.name);
    }
    assert!(text.contains("aws iam update-access-key"), "{text}");
    assert!(!text.contains('\u{1b}'), "colours in a pipe");
}

#[test]
fn the_same_bytes_whatever_the_number_of_threads() {
    for format in ["text", "json", "jsonl", "sarif"] {
        let run = |threads: &str| {
            let mut command = in_demo_folder();
            let output =
                command.args(["demo.apk", "-f", format, "-j", threads]).assert().code(1).get_output().clone();
            without_timings(&String::from_utf8(output.stdout).unwrap())
        };
        let one = run("1");
        assert!(one.len() > 1000);
        for threads in ["2", "16", "16", "16"] {
            assert_eq!(run(threads), one, "{format} with {threads} threads");
        }
    }
}

/// Cuts the one member out that may differ, as text: the other bytes stay what they are.
fn without_timings(text: &str) -> String {
    match text.rfind("\"timings\":") {
        Some(at) => {
            let end = at + text[at..].find('}').unwrap();
            text[..at].to_owned() + &text[end..]
        }
        None => text.to_owned(),
    }
}

#[test]
fn no_secret_in_full_without_reveal() {
    for format in ["text", "json", "jsonl", "sarif"] {
        let run = |reveal: &[&str]| {
            let mut command = in_demo_folder();
            let output =
                command.args(["demo.apk", "-f", format]).args(reveal).assert().code(1).get_output().clone();
            String::from_utf8(output.stdout).unwrap()
        };
        let (redacted, revealed) = (run(&[]), run(&["--reveal"]).replace("\\/", "/"));
        for p in planted().iter().filter(|p| p.kind == "pair") {
            let (id, secret) = (access_key_id(&p.name), secret_access_key(&p.name));
            assert!(!redacted.contains(&id) && !redacted.contains(&secret), "{format}: {}", p.name);
            // Nor the halves that the builder joins, nor any long piece.
            for piece in secret.as_bytes().windows(8) {
                let piece = std::str::from_utf8(piece).unwrap();
                assert!(!redacted.contains(piece), "{format}: {} in part", p.name);
            }
            assert!(format == "sarif" || revealed.contains(&secret), "{format} --reveal: {}", p.name);
        }
    }
}

#[test]
fn fail_on_sets_the_bar() {
    for (bar, exit) in [("critical", 1), ("info", 1)] {
        in_demo_folder().args(["demo.apk", "--fail-on", bar]).assert().code(exit);
    }
}

#[test]
fn findings_are_in_the_order_of_their_first_sites() {
    let mut command = in_demo_folder();
    command.args(["demo.apk", "-f", "jsonl"]);
    let report = Report::of(command, 1);
    let keys: Vec<(String, u64)> = report
        .findings
        .iter()
        .map(|f: &Value| {
            (f["sites"][0]["address"].as_str().unwrap().to_owned(), f["sites"][0]["offset"].as_u64().unwrap())
        })
        .collect();
    // Addresses are ordered by their steps; the text agrees wherever no name is a prefix of another.
    let outer = |address: &str| address.split('!').take(2).collect::<Vec<_>>().join("!");
    assert!(keys.windows(2).all(|w| outer(&w[0].0) <= outer(&w[1].0)), "{keys:#?}");
    assert!(keys.windows(2).all(|w| w[0].0 != w[1].0 || w[0].1 <= w[1].1), "{keys:#?}");
}

#[test]
fn splits_in_one_folder_are_one_app() {
    use util::zip::Zip;
    let json = |key: &str, value: &str| format!("{{\"aws\": {{\"{key}\": \"{value}\"}}}}");
    let (id, secret) = (access_key_id("constants"), secret_access_key("constants"));
    let base = Zip::new().deflated(b"assets/a.json", json("accessKeyId", &id).as_bytes()).finish();
    let split = Zip::new().deflated(b"assets/b.json", json("secretAccessKey", &secret).as_bytes()).finish();
    let dir = Dir::new();
    dir.write("shop/base.apk", &base);
    dir.write("shop/split_config.en.apk", &split);
    dir.write("other/split_config.en.apk", &split);
    dir.write("alone.apk", &base);
    let report = dir.scan(&["."], 1);
    let pairs = report.of_pattern("aws.key-pair");
    assert_eq!(report.pairs(), [(id, secret)]);
    let addresses = pairs[0]["sites"].to_string();
    assert!(addresses.contains("shop/base.apk!") && addresses.contains("shop/split_config.en.apk!"));
}
