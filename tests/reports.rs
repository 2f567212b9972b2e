//! What the binary writes keeps the published schemas and looks as it did.
#![allow(clippy::unwrap_used, reason = "a failure may panic")]

mod util;

use serde_json::Value;
use std::fs;
use util::{Dir, credentials, demo_apk, keysift, root};

fn schema(path: &str) -> Value {
    let text = fs::read_to_string(root().join(path)).unwrap();
    if !path.contains("sarif") {
        return serde_json::from_str(&text).unwrap();
    }
    // See testdata/sarif-2.1.0.schema.README.md: one expression is not valid where Unicode is on.
    let mut schema: Value = serde_json::from_str(&text).unwrap();
    for definition in schema["definitions"].as_object_mut().unwrap().values_mut() {
        if let Some(pattern) = definition.pointer_mut("/properties/language/pattern") {
            *pattern = Value::from(pattern.as_str().unwrap().replace("{2}]?$", r"{2}\]?$"));
        }
    }
    schema
}

fn assert_valid(schema: &Value, document: &Value, what: &str) {
    let validator = jsonschema::options().should_validate_formats(true).build(schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(document).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{what}: {errors:#?}");
}

/// A tree with findings in text, a package, something damaged and hostile names.
fn tree() -> Dir {
    let dir = Dir::new();
    fs::copy(demo_apk(), dir.join("demo.apk")).unwrap();
    dir.write("home/.aws/credentials", credentials("constants"));
    dir.write("[a](b) {0}\u{202e}\u{1b}[31m%20 x.ini", credentials("two-classes"));
    dir.write(b"bad\xff name.ini", credentials("map-entries"));
    let apk = fs::read(demo_apk()).unwrap();
    dir.write("half.apk", &apk[..apk.len() / 2]);
    dir
}

#[test]
fn reports_of_a_package_and_of_a_tree_keep_their_schemas() {
    let dir = tree();
    let (ours, sarif) =
        (schema("docs/schema/keysift-report.schema.json"), schema("testdata/sarif-2.1.0.schema.json"));
    for what in ["demo.apk", "."] {
        for reveal in [&[][..], &["--reveal"]] {
            let write = |format: &str| {
                let output = dir
                    .keysift()
                    .args(["scan", what, "-f", format])
                    .args(reveal)
                    .assert()
                    .code(1)
                    .get_output()
                    .clone();
                String::from_utf8(output.stdout).unwrap()
            };
            let json: Value = serde_json::from_str(&write("json")).unwrap();
            assert_valid(&ours, &json, what);
            let jsonl: Vec<Value> =
                write("jsonl").lines().map(|l| serde_json::from_str(l).unwrap()).collect();
            jsonl.iter().for_each(|line| assert_valid(&ours, line, what));
            assert_eq!(json["findings"].as_array().unwrap(), &jsonl[..jsonl.len() - 1], "{what}");
            let log: Value = serde_json::from_str(&write("sarif")).unwrap();
            assert_valid(&sarif, &log, what);
            assert_eq!(log["runs"][0]["results"].as_array().unwrap().len(), jsonl.len() - 1);
            assert_eq!(log["runs"][0]["invocations"][0]["executionSuccessful"], json["ledger"]["complete"]);
            assert_eq!(json["ledger"]["complete"], what == "demo.apk");
        }
    }
}

#[test]
fn files_hold_what_standard_output_would() {
    let dir = tree();
    let mut command = dir.keysift();
    command.args(["scan", "demo.apk"]);
    for name in ["r.json", "r.jsonl", "r.sarif", "r.txt"] {
        command.args(["-o", name]);
    }
    let output = command.assert().code(1).get_output().clone();
    assert!(output.stdout.is_empty(), "only files were asked for");
    let sarif = dir.keysift().args(["scan", "demo.apk", "-f", "sarif"]).assert().get_output().stdout.clone();
    assert_eq!(fs::read(dir.join("r.sarif")).unwrap(), sarif);
    let text = dir.keysift().args(["scan", "demo.apk", "-f", "text"]).assert().get_output().stdout.clone();
    assert_eq!(fs::read_to_string(dir.join("r.txt")).unwrap(), String::from_utf8(text).unwrap());
    let json: Value = serde_json::from_slice(&fs::read(dir.join("r.json")).unwrap()).unwrap();
    assert_valid(&schema("docs/schema/keysift-report.schema.json"), &json, "r.json");
}

#[test]
fn the_text_report_of_the_demo() {
    let mut command = keysift();
    command.current_dir(demo_apk().parent().unwrap()).args(["scan", "demo.apk"]);
    let output = command.assert().code(1).get_output().clone();
    insta::assert_snapshot!("demo_text", String::from_utf8(output.stdout).unwrap());
}

#[test]
fn help() {
    for command in ["", "scan", "patterns", "patterns list", "patterns show", "patterns check"] {
        for flag in ["-h", "--help"] {
            let output =
                keysift().args(command.split_whitespace()).arg(flag).assert().code(0).get_output().clone();
            let text = String::from_utf8(output.stdout).unwrap();
            if flag == "--help" {
                insta::assert_snapshot!(format!("help {command}").trim().replace(' ', "_"), text);
            } else {
                assert!(text.contains(format!("Usage: keysift {command}").trim_end()), "{text}");
            }
        }
    }
}
