//! Against moto that checks signatures and rights, as AWS does.

use crate::moto::{self, Moto};
use crate::util::Dir;
use crate::{key, verified, verify, write_key};
use serde_json::Value;

/// `admin` may do all, `self` may read IAM about itself, `app` may use one bucket.
const USERS: &str = r#"
def allow(action):
    return json.dumps({'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': action, 'Resource': '*'}]})
keys = {}
for name, action in [
    ('admin', '*'),
    ('self', ['iam:GetUser', 'iam:ListUserPolicies', 'iam:GetUserPolicy', 'iam:ListAttachedUserPolicies',
              'iam:ListGroupsForUser', 'iam:ListUserTags', 'sqs:DeleteQueue']),
    ('app', ['s3:PutObject', 's3:DeleteObject']),
]:
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName='own', PolicyDocument=allow(action))
    k = iam.create_access_key(UserName=name)['AccessKey']
    keys[name] = [k['AccessKeyId'], k['SecretAccessKey']]
print(json.dumps(keys))
"#;

#[test]
fn what_a_key_may_not_read_stays_unknown_until_another_tells() {
    if !moto::is_there() {
        return;
    }
    let moto = Moto::start();
    let keys: Value = serde_json::from_str(&moto.python(USERS)).unwrap();
    let pair = |user: &str| {
        let part = |at: usize| keys[user][at].as_str().unwrap().to_string();
        (part(0), part(1))
    };
    moto.enforce();
    let url = moto.url();
    let arguments = ["--verify", "key", "--endpoint-url", &url];
    let one = |write: &dyn Fn(&Dir)| {
        let dir = Dir::new();
        write(&dir);
        verified(dir.path(), &arguments, &[])
    };

    let app = one(&|dir| write_key(dir, "a.env", &pair("app")));
    assert_eq!((&app["verdict"], &app["level"]), (&"live".into(), &"unknown".into()), "{app}");
    assert!(app["gaps"][0].as_str().unwrap().contains("AccessDenied"), "{app}");
    assert_eq!(app["dangerous"], Value::Array(Vec::new()));

    // It reads itself piece by piece; of the rest of the account it knows nothing.
    let own = one(&|dir| write_key(dir, "a.env", &pair("self")));
    assert_eq!((&own["verdict"], &own["level"]), (&"live".into(), &"destructive".into()), "{own}");
    assert_eq!(
        (&own["dangerous"][0]["group"], &own["dangerous"][0]["condition"]),
        (&"sqs".into(), &"unconditional".into())
    );

    // A secret that is not its own, then the right one.
    let wrong = one(&|dir| write_key(dir, "a.env", &(pair("app").0, key(123_456_789_012, 5).1)));
    assert_eq!(wrong["verdict"], "unknown");
    assert!(wrong["reason"].as_str().unwrap().contains("real and active"), "{wrong}");
    let right = one(&|dir| {
        let (id, secret) = pair("app");
        let other = key(123_456_789_012, 6).1;
        dir.write(
            "a.txt",
            format!("aws_secret_access_key = {other}\naws_secret_access_key = {secret}\n\naws_access_key_id = {id}\n"),
        );
    });
    assert_eq!(right["verdict"], "live", "{right}");

    // A key that is not there.
    let gone = one(&|dir| write_key(dir, "a.env", &key(123_456_789_012, 7)));
    assert_eq!(gone["verdict"], "unknown");
    assert!(gone["reason"].as_str().unwrap().contains("InvalidClientTokenId"), "{gone}");

    // Found beside the administrator's key, the app's rights are known.
    let dir = Dir::new();
    write_key(&dir, "a.env", &pair("app"));
    write_key(&dir, "b.env", &pair("admin"));
    let findings = verify(dir.path(), &arguments, &[]);
    let level = |user: &str| {
        let arn = format!("arn:aws:iam::123456789012:user/{user}");
        let found = findings.iter().find(|f| f["verification"]["principal"] == arn.as_str());
        found.unwrap()["verification"]["level"].clone()
    };
    assert_eq!((level("admin"), level("app")), ("admin".into(), "destructive".into()));
}
