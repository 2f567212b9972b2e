//! `keysift inspect` shows what a scan sees.
#![allow(clippy::unwrap_used, reason = "a failure may panic")]

mod util;

use serde_json::Value;
use util::{demo, demo_apk, keysift};

fn inspect(arguments: &[&str]) -> String {
    let mut command = keysift();
    command.current_dir(demo_apk().parent().unwrap()).arg("inspect").args(arguments);
    let output = command.assert().success().get_output().clone();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn containers_lenses_and_places() {
    let text = inspect(&["demo.apk"]);
    for part in [
        "demo.apk  46283 bytes, zip with 18 members, 8315 bytes between them\n",
        "  demo.apk!classes.dex  35168 bytes, binary\n",
        "dex: 767 strings, ",
        "    demo.apk!assets/bundle.zip!inner/catalog.json  427 bytes, text (json)\n",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

#[test]
fn strings_are_found_and_masked() {
    let id = demo::access_key_id("constants");
    let text = inspect(&["demo.apk", "--grep", &id[..8]]);
    let place = "com.example.demo.config.Constants.AWS_ACCESS_KEY_ID  key AWS_ACCESS_KEY_ID  in class";
    assert!(text.contains(place) && !text.contains(&id), "{text}");
    let text = inspect(&["demo.apk", "--grep", &id[..8], "--reveal"]);
    assert!(text.contains(&id), "{text}");
}

#[test]
fn json_is_one_object_a_blob() {
    let text = inspect(&["demo.apk", "--json"]);
    let views: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((views[0]["container"].as_str(), views[0]["members"].as_u64()), (Some("zip"), Some(18)));
    let dex = views.iter().find(|v| v["address"] == "demo.apk!classes.dex").unwrap();
    let lens = dex["lenses"].as_array().unwrap().iter().find(|l| l["lens"] == "dex").unwrap();
    assert_eq!((lens["strings"].as_u64(), lens["places_known"].as_u64()), (Some(767), Some(402)));
}

#[test]
fn damage_is_shown_and_a_missing_file_is_a_mistake() {
    let dir = util::Dir::new();
    let apk = std::fs::read(demo_apk()).unwrap();
    dir.write("cut.zip", &apk[..30_000]);
    let output = dir.keysift().args(["inspect", "cut.zip"]).assert().success().get_output().clone();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("  ! damaged: "), "{text}");
    dir.keysift().args(["inspect", "absent"]).assert().code(2);
}
