//! A store that says what a test wants.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Path and query.
    pub path: String,
    pub headers: BTreeMap<String, String>,
}

impl Asked {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub fn is_list(&self) -> bool {
        self.path.contains("list-type=2")
    }

    /// The region it is signed for.
    pub fn region(&self) -> &str {
        self.header("authorization").split('/').nth(2).unwrap_or_default()
    }
}

/// An answer.
pub struct Say {
    pub status: u16,
    pub headers: String,
    pub body: Vec<u8>,
    /// How much of the body comes before the connection is closed.
    pub cut: Option<usize>,
}

pub fn say(status: u16, headers: &str, body: impl Into<Vec<u8>>) -> Say {
    Say { status, headers: headers.into(), body: body.into(), cut: None }
}

pub fn error(status: u16, code: &str, message: &str) -> Say {
    say(status, "", format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>"))
}

/// A list of objects of so many bytes.
pub fn list(objects: &[(&str, u64)], more: &str) -> Say {
    let one = |(key, size): &(&str, u64)| {
        format!(
            "<Contents><Key>{key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>&quot;e&quot;</ETag>\
             <Size>{size}</Size><StorageClass>STANDARD</StorageClass></Contents>"
        )
    };
    let all: String = objects.iter().map(one).collect();
    say(
        200,
        "content-type: application/xml\r\n",
        format!(
            "<?xml version=\"1.0\"?><ListBucketResult><EncodingType>url</EncodingType>{all}{more}</ListBucketResult>"
        ),
    )
}

pub struct Stub {
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Stub {
    pub fn new(answer: impl Fn(&Asked) -> Say + Send + Sync + 'static) -> Stub {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, answer) = (asked.clone(), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, log, answer) = (stream.unwrap(), log.clone(), answer.clone());
                std::thread::spawn(move || {
                    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                    let Some(Ok(first)) = lines.next() else { return };
                    let mut headers = BTreeMap::new();
                    for line in lines.map_while(Result::ok).take_while(|line| !line.is_empty()) {
                        let (name, value) = line.split_once(':').unwrap();
                        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
                    }
                    let asked = Asked { path: first.split(' ').nth(1).unwrap().to_owned(), headers };
                    log.lock().unwrap().push(asked.clone());
                    let say = answer(&asked);
                    let head = format!(
                        "HTTP/1.1 {} Well\r\nContent-Length: {}\r\nConnection: close\r\n{}\r\n",
                        say.status,
                        say.body.len(),
                        say.headers
                    );
                    let body = &say.body[..say.cut.unwrap_or(say.body.len())];
                    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
                });
            }
        });
        Stub { url, asked }
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}
