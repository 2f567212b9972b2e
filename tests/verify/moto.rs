//! A moto server of the test's own, on a free port, gone with the test.

use crate::util::root;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Where `scripts/test` puts moto and boto3.
fn python() -> PathBuf {
    root().join("target/moto/bin/python")
}

/// Whether these tests can run; without network they are skipped aloud.
pub fn is_there() -> bool {
    if std::env::var_os("KEYSIFT_SKIP_NETWORK").is_some() {
        eprintln!("skipped: KEYSIFT_SKIP_NETWORK is set");
        return false;
    }
    assert!(python().exists(), "target/moto is missing: scripts/test makes it");
    true
}

pub struct Moto {
    child: Child,
    pub port: u16,
}

impl Moto {
    pub fn start() -> Moto {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new(root().join("target/moto/bin/moto_server"))
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let moto = Moto { child, port };
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(60), "moto does not start");
            std::thread::sleep(Duration::from_millis(100));
        }
        moto
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Builds the account of a file and writes the keys of its users into `out`.
    pub fn populate(&self, account: &Path, out: &Path) {
        let output = Command::new(python())
            .arg(root().join("testdata/iam/populate.py"))
            .args([Path::new(&self.url()), account, out])
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}: {}",
            account.display(),
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// From now on, signatures and rights are checked.
    pub fn enforce(&self) {
        let script = format!(
            "import urllib.request as r; r.urlopen(r.Request('{}/moto-api/reset-auth', data=b'0', \
             headers={{'Content-Type': 'text/plain'}}, method='POST'))",
            self.url()
        );
        assert!(Command::new(python()).args(["-c", &script]).status().unwrap().success());
    }

    /// Runs statements with `iam` and `s3`, clients with all rights, and `json`.
    pub fn python(&self, statements: &str) -> String {
        let script = format!(
            "import boto3, json\niam, s3 = [boto3.client(name, endpoint_url='{}', region_name='us-east-1', \
             aws_access_key_id='testing', aws_secret_access_key='testing') for name in ['iam', 's3']]\n{statements}",
            self.url()
        );
        let output = Command::new(python()).args(["-c", &script]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
