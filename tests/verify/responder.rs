//! Mode `responder` and `revoke`: the leaked key signs nothing.

use crate::moto::{self, Moto};
use crate::stub::{Say, Stub};
use crate::util::Dir;
use crate::{key, verified, verify};
use serde_json::Value;

const OWN: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "testing"), ("AWS_SECRET_ACCESS_KEY", "testing")];

/// Users of the account of these tests; prints the keys.
const USERS: &str = r#"
iam.create_user(UserName='boss', Path='/ops/', Tags=[{'Key': 'Owner', 'Value': 'payments'}, {'Key': 'env', 'Value': 'prod'}])
iam.attach_user_policy(UserName='boss', PolicyArn='arn:aws:iam::aws:policy/AdministratorAccess')
iam.create_user(UserName='off')
keys = {}
for name in ['boss', 'off']:
    k = iam.create_access_key(UserName=name)['AccessKey']
    keys[name] = [k['AccessKeyId'], k['SecretAccessKey']]
iam.update_access_key(UserName='off', AccessKeyId=keys['off'][0], Status='Inactive')
print(json.dumps(keys))
"#;

fn part(keys: &Value, user: &str, at: usize) -> String {
    keys[user][at].as_str().unwrap().to_string()
}

#[test]
fn the_leaked_key_never_signs_and_the_account_tells_all() {
    if !moto::is_there() {
        return;
    }
    let moto = Moto::start();
    let keys: Value = serde_json::from_str(&moto.python(USERS)).unwrap();
    let port = moto.port;
    let recorder = Stub::new(move |_| Say::Forward(port));
    let dir = Dir::new();
    for user in ["boss", "off"] {
        let pair = (part(&keys, user, 0), part(&keys, user, 1));
        crate::write_key(&dir, &format!("{user}.env"), &pair);
    }
    // A key of this account that is not there any more, and one of another account.
    crate::write_key(&dir, "gone.env", &key(123_456_789_012, 1));
    let findings = verify(dir.path(), &["--verify", "responder", "--endpoint-url", &recorder.url], &OWN);
    let of = |name: &str| {
        let found = findings.iter().find(|f| f["sites"][0]["address"].as_str().unwrap().contains(name));
        found.unwrap_or_else(|| panic!("{name}"))["verification"].clone()
    };
    let boss = of("boss");
    assert_eq!((&boss["verdict"], &boss["level"]), (&"live".into(), &"admin".into()), "{boss}");
    assert_eq!(boss["principal"], "arn:aws:iam::123456789012:user/ops/boss");
    assert_eq!((&boss["owner"], &boss["environment"]), (&"payments".into(), &"prod".into()));
    assert_eq!(of("off")["verdict"], "inactive");
    assert_eq!(of("gone")["verdict"], "revoked", "{}", of("gone"));

    let asked = recorder.asked();
    assert!(asked.len() > 8);
    for a in &asked {
        assert_eq!(a.signer(), "testing", "{}", a.line);
        for user in ["boss", "off"] {
            assert!(!format!("{a:?}").contains(&part(&keys, user, 1)), "no secret is sent");
        }
    }
    let whole = asked.iter().filter(|a| a.action() == "GetAccountAuthorizationDetails").count();
    assert_eq!(whole, 1, "the account is read once for all keys");
}

#[test]
fn without_credentials_of_ones_own_nothing_is_asked() {
    let stub = Stub::new(|_| Say::Answer(200, "text/xml", String::new()));
    let dir = Dir::new();
    crate::write_key(&dir, "a.env", &key(123_456_789_012, 1));
    let mut command = dir.keysift();
    command.args(["scan", ".", "--verify", "responder", "--endpoint-url", &stub.url]);
    for name in ["AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_SECRET_ACCESS_KEY"] {
        command.env_remove(name);
    }
    let output = command.env("HOME", dir.path()).env("AWS_EC2_METADATA_DISABLED", "true").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--profile"));
    assert!(stub.asked().is_empty());
}

#[test]
fn a_key_of_another_account_is_said_to_be_one() {
    let stub = Stub::new(|asked| {
        let body = match asked.action().as_str() {
            "GetCallerIdentity" => {
                "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::111111111111:user/me</Arn>\
                 <UserId>AIDAX</UserId><Account>111111111111</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
            }
            _ => {
                "<GetAccessKeyInfoResponse><GetAccessKeyInfoResult><Account>222222222222</Account>\
                 </GetAccessKeyInfoResult></GetAccessKeyInfoResponse>"
            }
        };
        Say::Answer(200, "text/xml", body.into())
    });
    let dir = Dir::new();
    crate::write_key(&dir, "a.env", &key(222_222_222_222, 1));
    let v = verified(dir.path(), &["--verify", "responder", "--endpoint-url", &stub.url], &OWN);
    assert_eq!((&v["verdict"], &v["account_id"]), (&"unknown".into(), &"222222222222".into()));
    assert!(v["reason"].as_str().unwrap().contains("111111111111"), "{v}");
    assert_eq!(stub.actions(), ["GetCallerIdentity", "GetAccessKeyInfo"]);
}

#[test]
fn revoke_asks_first_and_then_does_it() {
    if !moto::is_there() {
        return;
    }
    let moto = Moto::start();
    let keys: Value = serde_json::from_str(&moto.python(USERS)).unwrap();
    let (id, secret) = (part(&keys, "boss", 0), part(&keys, "boss", 1));
    let url = moto.url();
    let dir = Dir::new();
    let run = |arguments: &[&str], id: &str| {
        let mut command = dir.keysift();
        command
            .args(["revoke", id, "--endpoint-url", &url])
            .args(arguments)
            .envs(OWN)
            .env("HOME", dir.path());
        let output = command.output().unwrap();
        let text = [output.stdout, output.stderr].map(|b| String::from_utf8(b).unwrap()).concat();
        (output.status.code().unwrap(), text)
    };
    let status = || {
        let list = "print(iam.list_access_keys(UserName='boss')['AccessKeyMetadata'][0]['Status'])";
        moto.python(list).trim().to_string()
    };
    let (code, text) = run(&["--dry-run"], &id);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("boss") && text.contains("Dry run") && !text.contains(&secret), "{text}");
    // Nobody is there to confirm.
    assert_eq!(run(&[], &id).0, 2);
    assert_eq!(status(), "Active");
    let (code, text) = run(&["--yes"], &id);
    assert_eq!(code, 0, "{text}");
    assert_eq!(status(), "Inactive");
    assert!(run(&["--yes"], &id).1.contains("inactive already"));
    for wrong in ["nonsense", &key(123_456_789_012, 9).0] {
        assert_eq!(run(&["--yes"], wrong).0, 2, "{wrong}");
    }
}

#[test]
fn a_report_is_verified_later_and_a_redacted_one_is_refused() {
    if !moto::is_there() {
        return;
    }
    let moto = Moto::start();
    let keys: Value = serde_json::from_str(&moto.python(USERS)).unwrap();
    let dir = Dir::new();
    crate::write_key(&dir, "a.env", &(part(&keys, "boss", 0), part(&keys, "boss", 1)));
    let url = moto.url();
    for (reveal, code) in [(true, 1), (false, 2)] {
        let mut scan = dir.keysift();
        scan.args(["scan", "a.env", "-f", "jsonl"]).args(reveal.then_some("--reveal"));
        let report = scan.output().unwrap().stdout;
        let mut verify = dir.keysift();
        verify.args(["verify", "key", "-", "-f", "jsonl", "--endpoint-url", &url]).write_stdin(report);
        let output = verify.output().unwrap();
        assert_eq!(output.status.code(), Some(code));
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(text.contains("\"verdict\":\"live\""), reveal);
        assert!(!text.contains(&part(&keys, "boss", 1)), "redacted again");
    }
    // An id alone is enough for the responder.
    let mut command = dir.keysift();
    command.args([
        "verify",
        "responder",
        "--key-id",
        &part(&keys, "boss", 0),
        "--endpoint-url",
        &url,
        "-f",
        "json",
    ]);
    let output = command.envs(OWN).env("HOME", dir.path()).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["findings"][0]["verification"]["level"], "admin");
}
