//! What lies elsewhere: files by their address, packages by their name, from a server of the test's own.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a failure may panic")]

mod util;

use sha2::Digest;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use util::{Dir, Report, credentials, demo};

/// What is answered to a path and the value of `Authorization`.
struct Answer {
    status: u16,
    headers: String,
    body: Vec<u8>,
    /// How much more is promised than comes.
    missing: usize,
}

fn ok(body: impl Into<Vec<u8>>) -> Answer {
    Answer { status: 200, headers: String::new(), body: body.into(), missing: 0 }
}

fn to(location: &str) -> Answer {
    Answer { status: 302, headers: format!("Location: {location}\r\n"), ..ok("") }
}

fn status(status: u16) -> Answer {
    Answer { status, ..ok("") }
}

struct Server {
    url: String,
    host: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn new(say: impl Fn(&str, &str, &str) -> Answer + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let (url, asked) = (format!("http://{host}"), Arc::new(Mutex::new(Vec::new())));
        let (log, own, say) = (asked.clone(), url.clone(), Arc::new(say));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, log, own, say) = (stream.unwrap(), log.clone(), own.clone(), say.clone());
                std::thread::spawn(move || {
                    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                    let Some(Ok(first)) = lines.next() else { return };
                    let mut password = String::new();
                    for line in lines.map_while(Result::ok).take_while(|line| !line.is_empty()) {
                        if let Some(value) = line.to_ascii_lowercase().strip_prefix("authorization: ") {
                            password = line[line.len() - value.len()..].to_owned();
                        }
                    }
                    let path = first.split(' ').nth(1).unwrap().to_owned();
                    log.lock().unwrap().push(path.clone());
                    let answer = say(&path, &password, &own);
                    let head = format!(
                        "HTTP/1.1 {} Well\r\nContent-Length: {}\r\nConnection: close\r\n{}\r\n",
                        answer.status,
                        answer.body.len() + answer.missing,
                        answer.headers
                    );
                    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&answer.body));
                });
            }
        });
        Server { url, host, asked }
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

fn command(dir: &Dir) -> assert_cmd::Command {
    let mut command = dir.keysift();
    for name in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env_remove(name);
    }
    command.args(["scan", "-f", "jsonl", "--reveal"]);
    command
}

fn scan(arguments: &[&str], env: &[(&str, &str)], exit: i32) -> Report {
    let dir = Dir::new();
    let mut command = command(&dir);
    command.args(arguments).envs(env.iter().copied());
    let report = Report::of(command, exit);
    // Nothing is left behind.
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    report
}

fn places(report: &Report) -> Vec<String> {
    let site = |site: &serde_json::Value| site["address"].as_str().unwrap().to_owned();
    let sites = report.findings.iter().flat_map(|f| f["sites"].as_array().unwrap().iter().map(site));
    let mut all: Vec<String> = sites.collect();
    all.dedup();
    all
}

fn package(name: &str) -> Vec<u8> {
    util::zip::Zip::new().stored(b"package/settings.ini", credentials(name).as_bytes()).finish()
}

#[test]
fn a_file_by_its_address() {
    // More than stays in memory.
    let large = [&vec![b'\n'; 65 << 20][..], credentials("large").as_bytes()].concat();
    let server = Server::new(move |path, password, own| match path {
        "/app.apk?token=hidden" => ok(package("app")),
        // Base64 of `me:secret word`.
        "/private/app.apk" if password == "Basic bWU6c2VjcmV0IHdvcmQ=" => ok(package("private")),
        "/private/app.apk" => status(401),
        "/large" => ok(large.clone()),
        "/moved" => to("/deep/er?x=1"),
        "/deep/er?x=1" => to("../there.apk?token=hidden"),
        "/there.apk?token=hidden" => ok(package("moved")),
        "/loop" => to("/loop"),
        "/file" => to("file:///etc/passwd"),
        "/elsewhere" => to(&format!("{}/private/app.apk", own.replace("127.0.0.1", "localhost"))),
        "/cut" => Answer { missing: 10, ..ok(package("cut")) },
        "/list" => ok(format!("look at {own}/app.apk?token=hidden and {own}/never\n")),
        _ => status(404),
    });
    let at = |path: &str| format!("{}{path}", server.url);

    let report = scan(&[&at("/app.apk?token=hidden#part")], &[], 1);
    assert_eq!(report.pairs(), [(demo::access_key_id("app"), demo::secret_access_key("app"))]);
    assert_eq!(places(&report), [format!("{}!package/settings.ini", at("/app.apk"))]);
    assert_eq!(report.ledger["artifacts"], serde_json::json!([at("/app.apk")]));
    assert_eq!(report.ledger["complete"], true);

    let private = format!("http://me:secret%20word@{}/private/app.apk", server.host);
    let report = scan(&[&private], &[], 1);
    assert_eq!(places(&report), [format!("{}!package/settings.ini", at("/private/app.apk"))]);

    assert_eq!(places(&scan(&[&at("/large")], &[], 1)), [at("/large")]);
    let report = scan(&[&at("/moved")], &[], 1);
    assert_eq!(report.pairs()[0].0, demo::access_key_id("moved"));
    assert_eq!(places(&report), [format!("{}!package/settings.ini", at("/moved"))]);

    // What is found inside is not followed.
    server.asked();
    let report = scan(&[&at("/list")], &[], 0);
    assert_eq!(
        (server.asked(), report.ledger["count"]["searched"].clone()),
        (vec!["/list".into()], 1.into())
    );

    for (url, arguments, reason, says) in [
        (at("/none"), &[][..], "unreadable", "answered 404"),
        (at("/private/app.apk"), &[], "unreadable", "answered 401"),
        (at("/loop"), &[], "unreadable", "redirects"),
        (at("/file"), &[], "unreadable", "only http and https"),
        (at("/cut"), &[], "unreadable", "broke"),
        (at("/large"), &["--max-download", "1M"], "limit", "--max-download"),
        // A password goes to no other host.
        (format!("http://me:secret%20word@{}/elsewhere", server.host), &[], "unreadable", "answered 401"),
        ("http://127.0.0.1:9/x".into(), &[], "unreadable", "refused the connection"),
    ] {
        let report = scan(&[arguments, &[&url]].concat(), &[], 3);
        let entries = report.entries(reason);
        assert_eq!(entries.len(), 1, "{url}: {:#}", report.ledger);
        assert!(entries[0].1.contains(says), "{url}: {entries:?}");
        assert!(!report.ledger.to_string().contains("secret%20word"));
    }
}

#[test]
fn a_server_that_never_ends_is_left() {
    let server = Server::new(|_, _, _| Answer { missing: 1 << 40, ..ok("x") });
    // Nothing is sent any more and the connection stays open.
    let hold = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}/x", hold.local_addr().unwrap());
    let start = std::time::Instant::now();
    let report = scan(&[&silent, "--download-timeout", "1"], &[], 3);
    assert!(report.entries("unreadable")[0].1.contains("in time"), "{:#}", report.ledger);
    let report = scan(&[&server.url, "--max-download", "1M"], &[], 3);
    assert_eq!(report.entries("limit").len(), 1);
    assert!(start.elapsed().as_secs() < 30);
}

#[test]
fn what_is_wrong_is_said_before_anything_is_searched_and_not_repeated() {
    let dir = Dir::new();
    for (argument, says) in [
        ("ftp://me:hushhush@host/x", "ftp"),
        ("https://me:hushhush@/x", "no host"),
        ("npm:a/b", "npm:NAME[@VERSION]"),
        ("maven:lib", "maven:GROUP:ARTIFACT"),
    ] {
        let output = command(&dir).arg(argument).assert().code(2).get_output().clone();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains(says) && error.contains("nothing was scanned"), "{argument}: {error}");
        assert!(argument.starts_with("ftp") || !error.contains("hushhush"), "{error}");
    }
    // A file of that name is a file.
    dir.write("npm:a", credentials("file"));
    let report = dir.scan(&["npm:a"], 1);
    assert_eq!(places(&report), ["npm:a"]);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn registry() -> Server {
    let sha256 = |name: &str| hex(&sha2::Sha256::digest(package(name)));
    let sha1 = |name: &str| hex(&sha1::Sha1::digest(package(name)));
    let sha512 = |name: &str| keysift::triage::checksum::base64_encode(&sha2::Sha512::digest(package(name)));
    let npm = move |own: &str, file: &str, version: &str, sums: String| {
        ok(format!(r#"{{"version":"{version}","dist":{{"tarball":"{own}/npm/-/{file}",{sums}}}}}"#))
    };
    Server::new(move |path, _, own| match path {
        "/npm/pad/1.3.0" => npm(own, "pad-1.3.0.tgz", "1.3.0", format!(r#""shasum":"{}""#, sha1("old"))),
        "/npm/pad/latest" => {
            let sums = format!(r#""shasum":"{}","integrity":"sha512-{}""#, sha1("x"), sha512("new"));
            npm(own, "pad-2.0.0.tgz", "2.0.0", sums)
        }
        "/npm/@my%2fpad/1.0.0" => npm(own, "odd.tgz", "1.0.0", format!(r#""shasum":"{}""#, sha1("other"))),
        "/npm/-/pad-1.3.0.tgz" => ok(package("old")),
        "/npm/-/pad-2.0.0.tgz" => ok(package("new")),
        "/npm/-/odd.tgz" => ok(package("odd")),
        "/pypi/pypi/req/2.32.0/json" | "/pypi/pypi/req/json" => {
            let file = |name: &str, of: &str| {
                format!(r#"{{"url":"{own}/files/{name}","digests":{{"sha256":"{}"}}}}"#, sha256(of))
            };
            ok(format!(
                r#"{{"info":{{"version":"2.32.0"}},"urls":[{},{}]}}"#,
                file("req-2.32.0.tar.gz", "sdist"),
                file("req-2.32.0-py3-none-any.whl", "wheel")
            ))
        }
        "/pypi/simple/my-req/" => {
            let file = |name: &str, of: &str, yanked: bool| {
                let (url, sum) = (format!("../../../files/{name}"), sha256(of));
                format!(
                    r#"{{"filename":"{name}","url":"{url}","hashes":{{"sha256":"{sum}"}},"yanked":{yanked}}}"#
                )
            };
            let files = [
                file("my_req-1.9.tar.gz", "x", false),
                file("my_req-1.10.tar.gz", "simple", false),
                file("my_req-1.10-py3-none-any.whl", "simple wheel", false),
                file("my_req-1.11.tar.gz", "x", true),
                file("my_req-2.0rc1.tar.gz", "x", false),
            ];
            ok(format!(r#"{{"files":[{}]}}"#, files.join(",")))
        }
        "/files/my_req-1.10.tar.gz" => ok(package("simple")),
        "/files/my_req-1.10-py3-none-any.whl" => ok(package("simple wheel")),
        "/files/req-2.32.0.tar.gz" => ok(package("sdist")),
        "/files/req-2.32.0-py3-none-any.whl" => ok(package("wheel")),
        "/index/se/rd/serde" => {
            let line = |version: &str, of: &str, yanked: bool| {
                format!(r#"{{"name":"Serde","vers":"{version}","cksum":"{}","yanked":{yanked}}}"#, sha256(of))
            };
            let lines = [
                line("1.9.0", "nine", false),
                line("1.10.0", "ten", false),
                line("1.11.0", "eleven", true),
                line("2.0.0-rc.1", "two", false),
            ];
            ok(lines.join("\n"))
        }
        "/static/crates/Serde/Serde-1.10.0.crate" => ok(package("ten")),
        "/static/crates/Serde/Serde-1.11.0.crate" => ok(package("eleven")),
        "/maven/org/example/lib/maven-metadata.xml" => {
            ok("<metadata><versioning><release>1.0</release></versioning></metadata>")
        }
        "/maven/org/example/lib/1.0/lib-1.0.jar.sha1" => ok(sha1("jar")),
        "/maven/org/example/lib/1.0/lib-1.0.jar" => ok(package("jar")),
        "/maven/org/example/lib/1.0/lib-1.0-sources.jar.sha256" => ok(sha256("sources") + "  lib.jar\n"),
        "/maven/org/example/lib/1.0/lib-1.0-sources.jar" => ok(package("sources")),
        "/maven/org/example/droid/2/droid-2.aar.sha1" => ok(sha1("aar")),
        "/maven/org/example/droid/2/droid-2.aar" => ok(package("aar")),
        _ => status(404),
    })
}

#[test]
fn packages_by_their_name() {
    let server = registry();
    let names = ["NPM_REGISTRY", "PYPI_REGISTRY", "CRATES_REGISTRY", "CRATES_INDEX", "MAVEN_REGISTRY"];
    let paths = ["/npm/", "/pypi", "/static", "/index", "/maven"];
    let env: Vec<(String, String)> = (names.iter().zip(paths))
        .map(|(name, path)| (format!("KEYSIFT_{name}"), format!("{}{path}", server.url)))
        .collect();
    let env: Vec<(&str, &str)> = env.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let pypi = ["pypi:req==2.32.0/req-2.32.0-py3-none-any.whl", "pypi:req==2.32.0/req-2.32.0.tar.gz"];
    let simple = ["pypi:my-req==1.10/my_req-1.10-py3-none-any.whl", "pypi:my-req==1.10/my_req-1.10.tar.gz"];
    let simple_named =
        ["pypi:my-req==1.10.0/my_req-1.10-py3-none-any.whl", "pypi:my-req==1.10.0/my_req-1.10.tar.gz"];
    let maven = ["maven:org.example:lib:1.0/lib-1.0-sources.jar", "maven:org.example:lib:1.0/lib-1.0.jar"];
    for (named, files, keys) in [
        ("npm:pad@1.3.0", &["npm:pad@1.3.0/pad-1.3.0.tgz"][..], &["old"][..]),
        ("npm:pad", &["npm:pad@2.0.0/pad-2.0.0.tgz"], &["new"]),
        ("pypi:req==2.32.0", &pypi, &["sdist", "wheel"]),
        ("pypi:req", &pypi, &["sdist", "wheel"]),
        ("pypi:my-req", &simple, &["simple", "simple wheel"]),
        ("pypi:my-req==1.10.0", &simple_named, &["simple", "simple wheel"]),
        ("crates:serde", &["crates:serde@1.10.0/Serde-1.10.0.crate"], &["ten"]),
        ("crates:serde@1.11.0", &["crates:serde@1.11.0/Serde-1.11.0.crate"], &["eleven"]),
        ("maven:org.example:lib", &maven, &["jar", "sources"]),
        ("maven:org.example:lib:1.0", &maven, &["jar", "sources"]),
        ("maven:org.example:droid:2", &["maven:org.example:droid:2/droid-2.aar"], &["aar"]),
    ] {
        let report = scan(&[named], &env, 1);
        let wanted: Vec<String> = files.iter().map(|file| format!("{file}!package/settings.ini")).collect();
        let mut places = places(&report);
        places.sort();
        places.dedup();
        assert_eq!(places, wanted, "{named}");
        let mut found: Vec<String> = report.pairs().into_iter().map(|(id, _)| id).collect();
        let mut keys: Vec<String> = keys.iter().map(|key| demo::access_key_id(key)).collect();
        found.sort();
        keys.sort();
        assert_eq!(found, keys, "{named}");
        assert_eq!(
            (&report.ledger["complete"], &report.ledger["artifacts"][0]),
            (&true.into(), &named.into())
        );
    }

    // What is not what the registry names is searched, and told.
    let report = scan(&["npm:@my/pad@1.0.0"], &env, 1);
    assert_eq!(report.pairs()[0].0, demo::access_key_id("odd"));
    let told = report.entries("damaged");
    assert_eq!(told.len(), 1);
    assert!(told[0].0 == "npm:@my/pad@1.0.0/odd.tgz" && told[0].1.contains("SHA-1"), "{told:?}");

    for unknown in ["npm:none", "pypi:req==9", "crates:serde@9.9.9", "crates:a", "maven:org.example:lib:9"] {
        let report = scan(&[unknown], &env, 3);
        let told = report.entries("unreadable");
        assert_eq!(told.len(), 1, "{unknown}: {:#}", report.ledger);
        assert!(told[0].1.contains("knows no such package or version"), "{told:?}");
    }
}
