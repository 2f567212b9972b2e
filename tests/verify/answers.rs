//! What STS may answer, and what may answer in its place.

use crate::stub::{Say, Stub};
use crate::util::Dir;
use crate::{key, verified, verify, write_key};
use std::time::{Duration, Instant};

const ACCOUNT: u64 = 123_456_789_012;

fn error(code: &str, message: &str) -> Say {
    let body = format!(
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
         <Code>{code}</Code><Message>{message}</Message></Error><RequestId>1</RequestId></ErrorResponse>"
    );
    Say::Answer(403, "text/xml", body)
}

fn identity(arn: &str) -> Say {
    let body = format!(
        "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>{arn}</Arn><UserId>AIDAX</UserId>\
         <Account>{ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
    );
    Say::Answer(200, "text/xml", body)
}

/// One key, one server that answers everything alike: verdict and reason.
fn verdict(say: impl Fn() -> Say + Send + Sync + 'static, more: &[&str]) -> (String, String) {
    let stub = Stub::new(move |_| say());
    let dir = Dir::new();
    write_key(&dir, "a.env", &key(ACCOUNT, 1));
    let mut arguments = vec!["--verify", "key", "--endpoint-url", &stub.url];
    arguments.extend(more);
    let v = verified(dir.path(), &arguments, &[]);
    (v["verdict"].as_str().unwrap().into(), v["reason"].as_str().unwrap().into())
}

#[test]
fn errors_have_their_verdicts() {
    for (code, message, expected, word) in [
        (
            "InvalidClientTokenId",
            "The security token included in the request is invalid.",
            "unknown",
            "does not know",
        ),
        (
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match",
            "unknown",
            "real and active",
        ),
        (
            "SignatureDoesNotMatch",
            "Signature expired: 20200101T000000Z is now earlier than 20261128T000000Z",
            "unknown",
            "clock",
        ),
        (
            "SignatureDoesNotMatch",
            "Signature not yet current: 2030 is still later than 2026",
            "unknown",
            "clock",
        ),
        ("RequestTimeTooSkewed", "x", "unknown", "clock"),
        ("ExpiredToken", "The security token included in the request is expired", "expired", "expired"),
        ("RegionDisabledException", "STS is not activated in this region", "unknown", "RegionDisabled"),
        ("AccessDenied", "with an explicit deny", "unknown", "AccessDenied"),
    ] {
        let (verdict, reason) = verdict(move || error(code, message), &[]);
        assert_eq!(verdict, expected, "{code}: {reason}");
        assert!(reason.contains(word), "{code}: {reason}");
    }
}

#[test]
fn what_is_no_answer_of_aws_proves_nothing() {
    let html =
        || "<html><head><title>Log in</title></head><body>Please accept the terms</body></html>".to_string();
    let moved = "location: http://127.0.0.1:1/\r\n".to_string();
    type Answers = Box<dyn Fn() -> Say + Send + Sync>;
    let cases: Vec<(&str, Answers)> = vec![
        ("captive portal", Box::new(move || Say::Answer(200, "text/html", html()))),
        ("proxy page", Box::new(|| Say::Answer(407, "text/html", "<html>auth</html>".into()))),
        ("crash", Box::new(|| Say::Answer(500, "text/html", "<!doctype html><title>500</title>".into()))),
        ("busy", Box::new(|| Say::Answer(503, "text/xml", String::new()))),
        ("redirect", Box::new(move || Say::Header(302, "text/html", moved.clone(), String::new()))),
        ("empty", Box::new(|| Say::Answer(200, "text/xml", String::new()))),
        ("other xml", Box::new(|| Say::Answer(200, "text/xml", "<ListUsersResponse/>".into()))),
        ("cut", Box::new(|| Say::Answer(200, "text/xml", "<GetCallerIdentityResponse><GetCallerId".into()))),
        ("json", Box::new(|| Say::Answer(200, "application/json", "{\"ok\":true}".into()))),
        ("hang up", Box::new(|| Say::Hang)),
        ("not a principal", Box::new(|| identity("arn:aws:sts::123456789012:user/moto"))),
        ("another account", Box::new(|| identity("arn:aws:iam::999999999999:user/x"))),
        ("no arn", Box::new(|| identity("x"))),
    ];
    for (name, say) in cases {
        let (verdict, reason) = verdict(say, &["--identity-only"]);
        assert_eq!(verdict, "unknown", "{name}: {reason}");
        assert!(!reason.is_empty(), "{name}");
    }
    // Nobody listens there.
    let dir = Dir::new();
    write_key(&dir, "a.env", &key(ACCOUNT, 1));
    let v = verified(dir.path(), &["--verify", "key", "--endpoint-url", "http://127.0.0.1:1"], &[]);
    assert_eq!((&v["verdict"], &v["principal"]), (&"unknown".into(), &serde_json::Value::Null));
}

#[test]
fn a_server_that_never_ends_costs_a_bounded_time() {
    for say in [|| Say::Drip, || Say::Silence] {
        let stub = Stub::new(move |_| say());
        let dir = Dir::new();
        // After three keys the host is not asked any more.
        (0..12).for_each(|n| write_key(&dir, &format!("{n}.env"), &key(ACCOUNT, n)));
        let start = Instant::now();
        let findings = verify(
            dir.path(),
            &["--verify", "key", "--verify-timeout", "1", "--endpoint-url", &stub.url],
            &[],
        );
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
        assert_eq!(findings.len(), 12);
        assert!(findings.iter().all(|f| f["verification"]["verdict"] == "unknown"));
        assert_eq!(stub.asked().len(), 3);
    }
}

#[test]
fn throttling_is_waited_out_and_secrets_stay_here() {
    let count = std::sync::atomic::AtomicUsize::new(0);
    let stub = Stub::new(move |asked| match asked.action().as_str() {
        "GetCallerIdentity" if count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) < 2 => {
            error("Throttling", "Rate exceeded")
        }
        "GetCallerIdentity" => identity("arn:aws:iam::123456789012:user/ci"),
        _ => error("AccessDenied", "no"),
    });
    let dir = Dir::new();
    let (id, secret) = key(ACCOUNT, 1);
    write_key(&dir, "a.env", &(id.clone(), secret.clone()));
    let v = verified(dir.path(), &["--verify", "key", "--endpoint-url", &stub.url], &[]);
    // Refused everything else: who it is is known, what it may do is not.
    assert_eq!((&v["verdict"], &v["level"]), (&"live".into(), &"unknown".into()));
    assert!(!v["gaps"].as_array().unwrap().is_empty());
    let asked = stub.asked();
    assert_eq!(asked.iter().filter(|a| a.action() == "GetCallerIdentity").count(), 3);
    // Refusals in a row end the questions.
    assert!(asked.len() < 20, "{:?}", stub.actions());
    for a in &asked {
        assert_eq!(a.signer(), id);
        assert!(!format!("{a:?}").contains(&secret));
        assert!(a.headers["user-agent"].starts_with("keysift/"));
        let action = a.action();
        assert!(["Get", "List", "Describe"].iter().any(|verb| action.starts_with(verb)), "{action}");
    }
    let calls: u64 = v["calls"].as_array().unwrap().iter().map(|c| c["count"].as_u64().unwrap()).sum();
    assert_eq!(calls as usize, asked.len(), "every call is told");
}

#[test]
fn candidates_are_tried_in_order_until_one_is_right() {
    let stub = Stub::new(|asked| match asked.action().as_str() {
        // The third signature is taken.
        "GetCallerIdentity" => error("SignatureDoesNotMatch", "does not match"),
        _ => error("AccessDenied", "no"),
    });
    let dir = Dir::new();
    let (id, _) = key(ACCOUNT, 1);
    let secrets: Vec<String> = (10..17).map(|n| key(ACCOUNT, n).1).collect();
    let lines: String = secrets.iter().map(|s| format!("aws_secret_access_key = {s}\n")).collect();
    dir.write("a.txt", format!("{lines}\naws_access_key_id = {id}\n"));
    let v =
        verified(dir.path(), &["--verify", "key", "--max-candidates", "3", "--endpoint-url", &stub.url], &[]);
    assert_eq!(v["verdict"], "unknown");
    assert!(v["reason"].as_str().unwrap().contains("real and active"), "{v}");
    assert_eq!(stub.asked().len(), 3);
}

#[test]
fn a_temporary_key_signs_with_its_token_or_not_at_all() {
    let stub = Stub::new(|asked| match asked.action().as_str() {
        "GetCallerIdentity" => identity("arn:aws:sts::123456789012:assumed-role/Ops/x"),
        _ => error("AccessDenied", "no"),
    });
    let (id, secret) = key(ACCOUNT, 1);
    let id = id.replacen("AKIA", "ASIA", 1);
    let dir = Dir::new();
    dir.write("a.env", format!("AWS_ACCESS_KEY_ID={id}\nAWS_SECRET_ACCESS_KEY={secret}\n"));
    let v = verified(dir.path(), &["--verify", "key", "--endpoint-url", &stub.url], &[]);
    assert_eq!(v["verdict"], "unknown");
    assert!(stub.asked().is_empty(), "without a token it is not used");
    let token: String = (20..30).map(|n| key(ACCOUNT, n).1).collect();
    let token = format!("IQoJb3JpZ2luX2Vj{token}");
    dir.write(
        "a.env",
        format!("AWS_ACCESS_KEY_ID={id}\nAWS_SECRET_ACCESS_KEY={secret}\nAWS_SESSION_TOKEN={token}\n"),
    );
    let v = verified(dir.path(), &["--verify", "key", "--endpoint-url", &stub.url], &[]);
    assert_eq!(v["verdict"], "live", "{v}");
    assert_eq!(stub.asked()[0].headers["x-amz-security-token"], token);
}

#[test]
fn canaries_are_named_and_left_alone() {
    let stub = Stub::new(|_| identity("arn:aws:iam::992382622183:user/canary"));
    let dir = Dir::new();
    write_key(&dir, "a.env", &key(992_382_622_183, 1));
    let v = verified(dir.path(), &["--verify", "key", "--endpoint-url", &stub.url], &[]);
    assert!(v["reason"].as_str().unwrap().contains("canary"), "{v}");
    assert!(stub.asked().is_empty());
    let own = ["--verify", "key", "--canary-account", "123456789012", "--endpoint-url", &stub.url];
    write_key(&dir, "a.env", &key(ACCOUNT, 1));
    assert!(verified(dir.path(), &own, &[])["reason"].as_str().unwrap().contains("canary"));
    assert!(stub.asked().is_empty());
    let all = ["--verify", "key", "--verify-canaries", "--identity-only", "--endpoint-url", &stub.url];
    verified(dir.path(), &all, &[]);
    assert_eq!(stub.actions(), ["GetCallerIdentity"]);
}

#[test]
fn endpoints_of_the_environment_are_honoured_and_plain_http_elsewhere_is_not() {
    let stub = Stub::new(|_| identity("arn:aws:iam::123456789012:root"));
    let dir = Dir::new();
    write_key(&dir, "a.env", &key(ACCOUNT, 1));
    for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS"] {
        let v = verified(dir.path(), &["--verify", "key", "--identity-only"], &[(name, &stub.url)]);
        assert_eq!(v["verdict"], "live", "{name}");
    }
    for wrong in ["http://example.com", "https://user:pass@host", "nonsense"] {
        let output =
            dir.keysift().args(["scan", ".", "--verify", "key", "--endpoint-url", wrong]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{wrong}");
    }
}
