//! Against a store that is busy, breaks off, moves, lies.

use crate::stub::{Asked, Say, Stub, error, list, say};
use crate::util::{Random, Report, credentials};
use crate::{places, scan, searched};
use std::sync::atomic::{AtomicUsize, Ordering};

const WHO: (&str, &str) = ("AKIDEXAMPLE", "made-up");

fn at(report: &Report) -> Vec<String> {
    places(report).into_iter().collect()
}

fn object(body: impl Into<Vec<u8>>) -> Say {
    say(200, "ETag: \"e\"\r\n", body)
}

#[test]
fn a_download_that_breaks_off_is_taken_up_where_it_was() {
    // Too large for memory, and not compressible, so that a part in the wrong place would show.
    let mut random = Random(7);
    let mut large: Vec<u8> = (0..9 << 20).flat_map(|_| random.next().to_le_bytes()).collect();
    large.extend(credentials("at the end").as_bytes());
    let size = large.len() as u64;
    let tries = AtomicUsize::new(0);
    let stub = Stub::new(move |asked| {
        if asked.is_list() {
            return list(&[("large", size)], "");
        }
        let from = match asked.header("range").strip_prefix("bytes=") {
            Some(range) => range.trim_end_matches('-').parse().unwrap(),
            None => 0,
        };
        assert_eq!(asked.header("if-match"), if from > 0 { "\"e\"" } else { "" });
        let n = tries.fetch_add(1, Ordering::Relaxed);
        if n == 2 {
            return error(503, "SlowDown", "Please reduce your request rate.");
        }
        let rest = large[from..].to_vec();
        let cut = (n < 4).then_some(rest.len() / 3);
        let range = format!("Content-Range: bytes {from}-{}/{size}\r\nETag: \"e\"\r\n", size - 1);
        let status = if from > 0 { 206 } else { 200 };
        Say { cut, ..say(status, &range, rest) }
    });
    let report = scan(&stub.url, WHO, &["s3://bucket"], 1);
    assert_eq!((at(&report), searched(&report)), (vec!["s3://bucket/large".into()], (1, size)));
    // The list, the object, and four times the rest of it.
    assert_eq!(stub.asked().len(), 6);
}

#[test]
fn what_was_replaced_or_breaks_off_for_ever_is_told() {
    let stub = Stub::new(|asked| match asked.path.as_str() {
        _ if asked.is_list() => list(&[("whole", 7), ("replaced", 7), ("other", 7), ("never", 7)], ""),
        "/bucket/whole" if asked.header("range").is_empty() => Say { cut: Some(3), ..object("nothing") },
        // A store that does not know ranges.
        "/bucket/whole" => object("nothing"),
        _ if asked.header("range").is_empty() => Say { cut: Some(3), ..object("nothing") },
        "/bucket/replaced" => error(412, "PreconditionFailed", "At least one of the pre-conditions"),
        "/bucket/other" => say(206, "Content-Range: bytes 0-3/7\r\n", "noth"),
        _ => Say { cut: Some(0), ..say(206, "Content-Range: bytes 3-6/7\r\n", "hing") },
    });
    let report = scan(&stub.url, WHO, &["s3://bucket"], 3);
    assert_eq!(searched(&report), (1, 7));
    let entry = |key: &str, why: &str| (format!("s3://bucket/{key}"), why.to_owned());
    let host = stub.url.strip_prefix("http://").unwrap();
    let told = [
        entry("never", &format!("{host} broke the connection off")),
        entry("other", "broke off, and another part came than was asked for"),
        entry("replaced", "was replaced while it was read"),
    ];
    let all = report.entries("unreadable");
    assert_eq!(all[1..], told[1..]);
    assert!(all[0] == told[0] || all[0] == entry("never", "the store broke it off"), "{all:?}");
}

#[test]
fn keys_are_asked_for_as_they_are() {
    let keys = ["//x", "/lead", "a/../b", "a//b", "new\nline", "ü", "+ &=%41", "trail/"];
    let encoded =
        ["%2F%2Fx", "%2Flead", "a%2F..%2Fb", "a//b", "new%0Aline", "%C3%BC", "%2B+%26%3D%2541", "trail/"];
    let stub = Stub::new(move |asked| match asked.is_list() {
        true => list(&encoded.map(|key| (key, 7)), ""),
        false => object("nothing"),
    });
    let report = scan(&stub.url, WHO, &["s3://bucket"], 0);
    assert_eq!(searched(&report), (8, 56));
    let mut asked: Vec<String> =
        stub.asked().into_iter().map(|a| a.path).filter(|p| !p.contains('?')).collect();
    asked.sort();
    let mut paths = [
        "/bucket///x",
        "/bucket//lead",
        "/bucket/a/../b",
        "/bucket/a//b",
        "/bucket/new%0Aline",
        "/bucket/%C3%BC",
        "/bucket/%2B%20%26%3D%2541",
        "/bucket/trail/",
    ];
    paths.sort_unstable();
    assert_eq!(asked, paths);
    assert_eq!(keys.len(), paths.len());
}

#[test]
fn only_the_endpoint_learns_who_asks() {
    let other = Stub::new(|_| object("nothing"));
    let away = other.url.clone();
    let stub = Stub::new(move |asked| match asked.path.as_str() {
        path if path.starts_with("/moved/") && asked.region() != "eu-west-3" => {
            say(301, &format!("x-amz-bucket-region: eu-west-3\r\nLocation: {away}/x\r\n"), "")
        }
        path if path.starts_with("/malformed/") && asked.region() != "ap-south-1" => {
            let body = "<Error><Code>AuthorizationHeaderMalformed</Code><Region>ap-south-1</Region></Error>";
            say(400, "", body)
        }
        path if path.starts_with("/away/") => say(307, &format!("Location: {away}/x\r\n"), ""),
        path if path.starts_with("/evil/") => say(301, "x-amz-bucket-region: evil.example/\r\n", ""),
        _ if asked.is_list() => list(&[("a", 7)], ""),
        _ => object("nothing"),
    });
    for bucket in ["s3://moved", "s3://malformed"] {
        assert_eq!(searched(&scan(&stub.url, WHO, &[bucket], 0)), (1, 7), "{bucket}");
    }
    for (bucket, why) in [("s3://away", "HTTP 307"), ("s3://evil", "HTTP 301")] {
        let told = scan(&stub.url, WHO, &[bucket], 3).entries("unreadable");
        assert_eq!(told, [(bucket.into(), format!("cannot be listed: {why}"))]);
    }
    assert!(other.asked().is_empty());
    let is_signed = |asked: &Asked| {
        asked.header("authorization").starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
            && asked.headers.values().all(|value| !value.contains(WHO.1))
    };
    assert!(stub.asked().iter().all(is_signed));

    // Nobody is told where nothing is signed, and no credentials are looked for.
    let public = Stub::new(|asked| if asked.is_list() { list(&[("a", 7)], "") } else { object("nothing") });
    for who in [WHO, ("", "")] {
        assert_eq!(searched(&scan(&public.url, who, &["s3://bucket", "--no-sign-request"], 0)), (1, 7));
    }
    let is_bare = |asked: &Asked| {
        asked.headers.keys().all(|name| name != "authorization" && !name.starts_with("x-amz"))
    };
    assert!(public.asked().iter().all(is_bare));
}

#[test]
fn lists_that_end_badly_are_told() {
    let stub = Stub::new(|asked| {
        let more = |token: &str| {
            format!("<IsTruncated>true</IsTruncated><NextContinuationToken>{token}</NextContinuationToken>")
        };
        match asked.path.as_str() {
            path if !asked.is_list() => object(if path.starts_with("/bucket") { "nothing" } else { "" }),
            path if path.starts_with("/circle") => list(&[("a", 0)], &more("same")),
            path if path.starts_with("/fails") && path.contains("continuation-token") => {
                error(403, "AccessDenied", "no\u{1b}[31m more")
            }
            path if path.starts_with("/fails") => list(&[("a", 0), ("b", 0)], &more("next")),
            path if path.starts_with("/page") => say(200, "", "<html>log in</html>"),
            path if path.starts_with("/silent") => list(&[("a", 0)], "<IsTruncated>true</IsTruncated>"),
            _ => list(&[("a", 7)], ""),
        }
    });
    let host = stub.url.strip_prefix("http://").unwrap();
    for (bucket, count, why) in [
        ("s3://circle", 1, "its list broke off after 1 objects: the list goes round in circles".to_owned()),
        (
            "s3://fails",
            2,
            "its list broke off after 2 objects: AccessDenied: no\\u{001b}[31m more".to_owned(),
        ),
        ("s3://page", 0, format!("cannot be listed: {host} answered something that S3 does not")),
        ("s3://silent", 0, format!("cannot be listed: {host} answered something that S3 does not")),
    ] {
        let report = scan(&stub.url, WHO, &[bucket], 3);
        assert_eq!((report.entries("unreadable"), searched(&report).0), (vec![(bucket.into(), why)], count));
    }
}

#[test]
fn what_may_not_be_read_is_told_with_its_reason() {
    let stub = Stub::new(|asked| match asked.path.as_str() {
        _ if asked.is_list() => {
            list(&[("customer", 7), ("kms", 7), ("gone", 7), ("denied", 7), ("fine", 7)], "")
        }
        "/bucket/customer" => error(
            400,
            "InvalidRequest",
            "The object was stored using a form of Server Side Encryption. The correct parameters must be provided.",
        ),
        "/bucket/kms" => error(403, "AccessDenied", "User is not authorized to perform: kms:Decrypt"),
        "/bucket/gone" => error(404, "NoSuchKey", "The specified key does not exist."),
        "/bucket/denied" => error(403, "AccessDenied", "Access Denied"),
        _ => object("nothing"),
    });
    let report = scan(&stub.url, WHO, &["s3://bucket"], 3);
    assert_eq!(searched(&report), (1, 7));
    let details =
        |reason: &str| report.entries(reason).into_iter().map(|(_, detail)| detail).collect::<Vec<_>>();
    let encrypted = details("encrypted");
    assert!(encrypted[0].contains("SSE-C") && encrypted[1].contains("kms:Decrypt"), "{encrypted:?}");
    assert_eq!(details("unreadable"), ["AccessDenied: Access Denied", "gone since the bucket was listed"]);
    assert_eq!(report.ledger["bytes"]["skipped"], 28);
    // A version that says the object is no more; no list is asked for.
    let stub = Stub::new(|_| error(405, "MethodNotAllowed", "The specified method is not allowed"));
    let gone = scan(&stub.url, WHO, &["s3://bucket/a?versionId=x.1"], 3).entries("unreadable");
    assert_eq!(gone[0].1, "this version marks the object as deleted");
    assert_eq!(stub.asked()[0].path, "/bucket/a?versionId=x.1");
}

#[test]
fn what_is_wrong_with_the_arguments_is_said_before_anything_is_asked() {
    let stub = Stub::new(|_| object(""));
    for (arguments, says) in [
        (&["s3://a"][..], "s3://BUCKET[/PREFIX] is meant"),
        (&["s3://bucket", "--region", "no region"], "is no AWS region"),
        (&["s3://bucket", "--endpoint-url", "ftp://h"], "only http and https"),
        (&["--no-sign-request", "."], "is for s3://"),
        (&["--endpoint-url", "http://localhost:1", "."], "--endpoint-url needs --verify"),
    ] {
        let dir = crate::util::Dir::new();
        let mut command = crate::command(&dir, &stub.url, WHO);
        let output = command.args(arguments).assert().code(2).get_output().clone();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(says), "{said}");
    }
    assert!(stub.asked().is_empty());
}
