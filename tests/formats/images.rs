//! What reports say of layers: which it is, what made it, and whether a later one hides the file.

use crate::family;
use crate::util::{self, Report, demo};
use serde_json::Value;

/// Names of planted pairs, the number of the layer, and of the one that hides the file.
const FATES: [(&str, u64, &str, u64); 9] = [
    ("img-kept", 1, "", 0),
    ("img-deleted", 1, "deleted", 2),
    ("img-over-1", 1, "overwritten", 2),
    ("img-over-2", 2, "", 0),
    ("img-opaque", 1, "deleted", 2),
    ("img-two", 2, "", 0),
    ("img-folder", 1, "deleted", 3),
    // One of its names is deleted, the other stays.
    ("img-linked", 1, "", 0),
    ("img-gone", 1, "deleted", 2),
];

fn scan(file: &str, format: &str) -> Vec<u8> {
    let mut command = util::keysift();
    command.current_dir(family::built("images")).args(["scan", "--reveal", "-f", format, file]);
    command.output().unwrap().stdout
}

#[test]
fn layers_that_hide_files_are_told() {
    if util::without_tools("images") {
        return;
    }
    for file in
        ["layout", "layout.tar", "saved.tar", "archive.tar", "dir", "zstd", "outer.tar.gz", "unpacked"]
    {
        let report = Report::parse(&scan(file, "jsonl"));
        let sites = |name: &str| -> Vec<Value> {
            let id = demo::access_key_id(name);
            let found = report.findings.iter().find(|f| f["parts"]["id"] == id.as_str());
            let found = found.unwrap_or_else(|| panic!("{file}: {name} is not found"));
            found["sites"].as_array().unwrap().clone()
        };
        // Digests by number, from what is found in each layer.
        let digest = |number: u64| {
            let name = ["img-kept", "img-two", "img-kept"][number as usize - 1];
            let site = sites(name).into_iter().find(|s| s["layer"]["number"] == number).unwrap();
            site["layer"]["digest"].as_str().unwrap().to_owned()
        };
        for (name, number, fate, hidden_by) in FATES {
            let site = sites(name).swap_remove(0);
            let layer = &site["layer"];
            assert_eq!(layer["number"], number, "{file}: {name}");
            assert!(layer["digest"].as_str().unwrap().starts_with("sha256:"));
            for how in ["deleted", "overwritten"] {
                let by = (fate == how).then(|| digest(hidden_by));
                let told = layer[format!("{how}_in_layer")].as_str().map(str::to_owned);
                assert_eq!(told, by, "{file}: {name} {how}");
            }
        }
        assert_eq!(sites("img-kept")[0]["layer"]["created_by"], "COPY conf /");
        let command = sites("img-two")[0]["layer"]["created_by"].as_str().unwrap().to_owned();
        assert_eq!(command, "RUN |1 TOKEN=… /bin/sh -c rm -f /etc/old.ini");
        assert_eq!(sites("img-kept").iter().filter(|s| s["role"] == "id").count(), 2, "{file}: both layers");
        assert!(sites("img-env")[0].get("layer").is_none());
    }
}

#[test]
fn every_report_tells_layers() {
    if util::without_tools("images") {
        return;
    }
    let text = String::from_utf8(scan("saved.tar", "text")).unwrap();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        text.contains("layer 1 of image example.org/app:1, made by COPY conf /; deleted in layer sha256:")
    );
    assert!(text.contains("; overwritten in layer sha256:"));
    let html = String::from_utf8(scan("saved.tar", "html")).unwrap();
    assert!(html.contains("; deleted in layer sha256:"));
    let sarif: Value = serde_json::from_slice(&scan("saved.tar", "sarif")).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let is_told = |r: &Value| r["locations"][0]["properties"]["layer"]["deleted_in_layer"].is_string();
    assert_eq!(results.iter().filter(|r| is_told(r)).count(), 4);
}

#[test]
fn an_image_of_several_platforms_says_of_which_a_layer_is() {
    if util::without_tools("images") {
        return;
    }
    let report = Report::parse(&scan("platforms", "jsonl"));
    let of = |name: &str| {
        let id = demo::access_key_id(name);
        let found = report.findings.iter().find(|f| f["parts"]["id"] == id.as_str()).unwrap();
        found["sites"][0]["layer"].clone()
    };
    assert_eq!(of("img-two")["image"], "app:2 linux/arm64");
    // What one platform deletes the other shows.
    assert_eq!(
        (&of("img-deleted")["image"], &of("img-deleted")["deleted_in_layer"]),
        (&"app:2 linux/amd64".into(), &Value::Null)
    );
}
