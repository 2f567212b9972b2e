//! Against moto, which knows what S3 answers.

use crate::moto::{self, Moto};
use crate::util::{Dir, Report, credentials, zip::Zip};
use crate::{ANYBODY, command, places, scan, searched};
use serde_json::Value;

/// Fills buckets; `{…}` are files of the test.
const BUCKETS: &str = r"
from concurrent.futures import ThreadPoolExecutor
for name in ['many', 'odd', 'dotted.name', 'versions', 'empty']:
    s3.create_bucket(Bucket=name)
def put(key, body=b'nothing', bucket='odd', **more):
    return s3.put_object(Bucket=bucket, Key=key, Body=body, **more)
found = open('FOLDER/found', 'rb').read()
with ThreadPoolExecutor(8) as pool:
    list(pool.map(lambda n: put(f'a/{n:05}.txt', b'', 'many'), range(2100)))
put('z/last.ini', found, 'many')
put('a b/c+d/ü/50%/q?x=1&y#z!.zip', open('FOLDER/zip', 'rb').read())
put('folder/')
s3.put_object(Bucket='odd', Key='marker/', Body=b'')
put('cold.ini', found, StorageClass='GLACIER')
put('deep.ini', found, StorageClass='DEEP_ARCHIVE')
put('in/settings.ini', found, 'dotted.name')
upload = s3.create_multipart_upload(Bucket='odd', Key='multi.bin')['UploadId']
parts = []
for number, body in enumerate([b'\n' * (5 << 20), found], 1):
    part = s3.upload_part(Bucket='odd', Key='multi.bin', UploadId=upload, PartNumber=number, Body=body)
    parts.append({'ETag': part['ETag'], 'PartNumber': number})
s3.complete_multipart_upload(Bucket='odd', Key='multi.bin', UploadId=upload, MultipartUpload={'Parts': parts})
s3.put_bucket_versioning(Bucket='versions', VersioningConfiguration={'Status': 'Enabled'})
old = put('app.ini', found, 'versions')['VersionId']
put('app.ini', b'clean now', 'versions')
s3.delete_object(Bucket='versions', Key='app.ini')
users = {}
for name, action in [('reader', ['s3:ListBucket', 's3:GetObject']), ('getter', ['s3:GetObject']), ('nobody', ['sqs:ListQueues'])]:
    iam.create_user(UserName=name)
    document = {'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': action, 'Resource': '*'}]}
    iam.put_user_policy(UserName=name, PolicyName='own', PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName=name)['AccessKey']
    users[name] = [key['AccessKeyId'], key['SecretAccessKey']]
print(json.dumps({'old': old, 'users': users}))
";

#[test]
fn what_lies_in_buckets_is_searched() {
    if !moto::is_there() {
        return;
    }
    let moto = Moto::start();
    let dir = Dir::new();
    dir.write("found", credentials("in a bucket"));
    let inner = Zip::new().stored(b"inner/settings.ini", credentials("in a zip").as_bytes()).finish();
    let size = inner.len() as u64;
    dir.write("zip", inner);
    let said = moto.python(&BUCKETS.replace("FOLDER", dir.path().to_str().unwrap()));
    let said: Value = serde_json::from_str(&said).unwrap();
    let url = moto.url();
    let at = |report: &Report| places(report).into_iter().collect::<Vec<_>>();

    // Three pages of a list; one object is more than nothing.
    let report = scan(&url, ANYBODY, &["s3://many"], 1);
    assert_eq!(at(&report), ["s3://many/z/last.ini"]);
    assert_eq!(searched(&report), (2101, credentials("in a bucket").len() as u64));
    assert_eq!(report.ledger["entries"].as_array().unwrap().len(), 0);
    assert_eq!(searched(&scan(&url, ANYBODY, &["s3://many/a/0000"], 0)).0, 10);
    // One thread turns the pages as well; what is left out is not fetched.
    assert_eq!(searched(&scan(&url, ANYBODY, &["s3://many/a/", "-j1", "--exclude", "0[01]*"], 0)).0, 100);

    let report = scan(&url, ANYBODY, &["s3://odd"], 1);
    let zip = "s3://odd/a b/c+d/ü/50%/q?x=1&y#z!.zip!inner/settings.ini";
    assert_eq!(at(&report), [zip, "s3://odd/multi.bin"]);
    let archived = |key: &str, class: &str| {
        (format!("s3://odd/{key}"), format!("archived ({class}): restore it before it can be read"))
    };
    let told = report.entries("unreadable");
    assert_eq!(told, [archived("cold.ini", "GLACIER"), archived("deep.ini", "DEEP_ARCHIVE")]);
    // What has a name like a folder and bytes is an object.
    let multi = (5 << 20) + credentials("in a bucket").len() as u64;
    assert_eq!(searched(&report).1, size + multi + 7);
    assert_eq!(at(&scan(&url, ANYBODY, &["s3://odd/a b/c+d/ü/"], 1)), [zip]);
    assert_eq!(at(&scan(&url, ANYBODY, &["s3://dotted.name"], 1)), ["s3://dotted.name/in/settings.ini"]);

    let version = |version: &Value| format!("s3://versions/app.ini?versionId={}", version.as_str().unwrap());
    let old = version(&said["old"]);
    assert_eq!(at(&scan(&url, ANYBODY, &[&old], 1)), [old.as_str()]);

    for (name, why) in [
        ("s3://empty", "the bucket has no objects"),
        ("s3://odd/nowhere", "no object has a key that begins so"),
        ("s3://not-there", "cannot be listed: NoSuchBucket: The specified bucket does not exist"),
    ] {
        let report = scan(&url, ANYBODY, &[name], 3);
        assert_eq!(report.entries("unreadable"), [(name.into(), why.into())]);
        assert_eq!(searched(&report), (0, 0));
    }

    // Settings that leave objects out, and limits.
    let report = scan(
        &url,
        ANYBODY,
        &["s3://odd", "--exclude", "multi.*", "--exclude", "a b/", "--max-download", "99"],
        3,
    );
    let left_out: Vec<_> = report.entries("ignored").into_iter().map(|(address, _)| address).collect();
    assert_eq!(left_out, ["s3://odd/a b/c+d/ü/50%/q?x=1&y#z!.zip", "s3://odd/multi.bin"]);
    let report = scan(&url, ANYBODY, &["s3://odd/multi.bin", "--max-download", "1M"], 3);
    assert!(report.entries("limit")[0].1.contains("--max-download"));
    assert_eq!(report.ledger["entries"][0]["bytes"], multi);

    // From now on, signatures and rights are checked.
    moto.enforce();
    let user = |name: &str| {
        let part = |at: usize| said["users"][name][at].as_str().unwrap().to_owned();
        (part(0), part(1))
    };
    let (reader, getter, nobody) = (user("reader"), user("getter"), user("nobody"));
    let is = |(id, secret): &'_ (String, String), arguments: &[&str], exit: i32| {
        scan(&url, (id, secret), arguments, exit)
    };
    assert_eq!(at(&is(&reader, &["s3://odd/a b/"], 1)), [zip]);
    assert_eq!(searched(&is(&reader, &["s3://many/a/", "--exclude", "0[01]*"], 0)).0, 100);
    // Who may read and not list can still name one.
    assert_eq!(at(&is(&getter, &["s3://odd/multi.bin"], 1)), ["s3://odd/multi.bin"]);
    let refused = |report: Report| report.entries("unreadable")[0].1.clone();
    assert!(refused(is(&getter, &["s3://odd"], 3)).contains("AccessDenied"));
    assert!(refused(is(&nobody, &["s3://odd/multi.bin"], 3)).contains("AccessDenied"));
    let wrong = (reader.0.clone(), nobody.1.clone());
    assert!(refused(is(&wrong, &["s3://odd"], 3)).contains("SignatureDoesNotMatch"));
    let unknown = ("AKIA".to_owned() + "0TMADEUP0THERE00", nobody.1.clone());
    assert!(refused(is(&unknown, &["s3://odd"], 3)).contains("InvalidAccessKeyId"));

    // Credentials out of a profile, and out of a process that one names.
    let home = Dir::new();
    home.write(
        ".aws/credentials",
        format!("[ops]\naws_access_key_id={}\naws_secret_access_key={}\n", reader.0, reader.1),
    );
    let json = format!(r#"{{"Version":1,"AccessKeyId":"{}","SecretAccessKey":"{}"}}"#, reader.0, reader.1);
    let process = home.write("answer.json", json);
    home.write(
        ".aws/config",
        format!("[profile asks]\ncredential_process = cat {}\nendpoint_url = {url}\n", process.display()),
    );
    for (profile, endpoint) in [("ops", url.as_str()), ("asks", "")] {
        let mut command = command(&home, endpoint, ("", ""));
        command.args(["s3://odd/multi.bin", "--profile", profile]);
        assert_eq!(at(&Report::of(command, 1)), ["s3://odd/multi.bin"]);
    }
    let mut command = command(&home, &url, ("", ""));
    command.env("HOME", "/nowhere").arg("s3://odd");
    assert!(refused(Report::of(command, 3)).contains("--no-sign-request"));
}

#[test]
fn a_journal_knows_objects() {
    if !moto::is_there() {
        return;
    }
    let moto = Moto::start();
    moto.python("s3.create_bucket(Bucket='bucket')\nfor n in range(30): s3.put_object(Bucket='bucket', Key=f'{n}', Body=b'x' * n)");
    let dir = Dir::new();
    let run = || {
        let mut command = command(&dir, &moto.url(), ANYBODY);
        let output =
            command.args(["s3://bucket", "--resume", "journal"]).assert().code(0).get_output().clone();
        let said = String::from_utf8(output.stderr).unwrap();
        let report = Report::parse(&output.stdout);
        (searched(&report), said.trim_end().rsplit("journal: ").next().unwrap().to_owned())
    };
    let sum = (30, (0..30).sum());
    assert_eq!(run(), (sum, "0 artifacts were searched before, 30 in this run".into()));
    assert_eq!(run(), (sum, "30 artifacts were searched before, 0 in this run".into()));
    // As long as before, and other bytes.
    moto.python("s3.put_object(Bucket='bucket', Key='7', Body=b'y' * 7)");
    assert_eq!(run(), (sum, "29 artifacts were searched before, 1 in this run".into()));
}
