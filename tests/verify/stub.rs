//! A small HTTP server that says what a test wants, and remembers what it was asked.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub line: String,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Asked {
    /// `Action` of the query protocol, or the target of a JSON service.
    pub fn action(&self) -> String {
        let target = self.headers.get("x-amz-target").and_then(|t| t.rsplit('.').next());
        let action = self.body.split('&').find_map(|p| p.strip_prefix("Action="));
        target.or(action).unwrap_or_default().to_string()
    }

    /// The key id that signed it.
    pub fn signer(&self) -> String {
        let header = self.headers.get("authorization").cloned().unwrap_or_default();
        let credential = header.split("Credential=").nth(1).unwrap_or_default();
        credential.split('/').next().unwrap_or_default().to_string()
    }
}

/// What to answer.
pub enum Say {
    /// Status, media type and body.
    Answer(u16, &'static str, String),
    /// An answer with one more header.
    Header(u16, &'static str, String, String),
    /// One byte a second, for ever.
    Drip,
    /// Nothing at all, for ever.
    Silence,
    /// Close the connection.
    Hang,
    /// What another server says to it.
    Forward(u16),
}

pub struct Stub {
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Stub {
    pub fn new(say: impl Fn(&Asked) -> Say + Send + Sync + 'static) -> Stub {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, say) = (asked.clone(), Arc::new(say));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, say) = (log.clone(), say.clone());
                std::thread::spawn(move || serve(stream, &log, &*say));
            }
        });
        Stub { url, asked }
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub fn actions(&self) -> Vec<String> {
        self.asked().iter().map(Asked::action).collect()
    }
}

fn serve(mut stream: TcpStream, log: &Mutex<Vec<Asked>>, say: &dyn Fn(&Asked) -> Say) {
    let Some((asked, raw)) = read(&stream) else { return };
    log.lock().unwrap().push(asked.clone());
    let (status, kind, header, body) = match say(&asked) {
        Say::Answer(status, kind, body) => (status, kind, String::new(), body),
        Say::Header(status, kind, header, body) => (status, kind, header, body),
        Say::Hang => return,
        Say::Silence => {
            std::thread::sleep(Duration::from_secs(60));
            return;
        }
        Say::Drip => {
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\ncontent-length: 9999\r\n\r\n");
            while stream.write_all(b" ").is_ok() {
                std::thread::sleep(Duration::from_millis(200));
            }
            return;
        }
        Say::Forward(port) => {
            let mut other = TcpStream::connect(("127.0.0.1", port)).unwrap();
            // One exchange a connection, so that the end of the answer is the end of the stream.
            let text = String::from_utf8_lossy(&raw).replacen("\r\n", "\r\nConnection: close\r\n", 1);
            other.write_all(text.as_bytes()).unwrap();
            let _ = std::io::copy(&mut other, &mut stream);
            return;
        }
    };
    let _ = write!(
        stream,
        "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n{header}\r\n{body}",
        body.len()
    );
}

fn read(stream: &TcpStream) -> Option<(Asked, Vec<u8>)> {
    let mut reader = BufReader::new(stream);
    let mut raw = Vec::new();
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|n| *n > 0)?;
    raw.extend_from_slice(line.as_bytes());
    let mut headers = BTreeMap::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        raw.extend_from_slice(header.as_bytes());
        match header.trim_end().split_once(':') {
            Some((name, value)) => headers.insert(name.to_ascii_lowercase(), value.trim().to_string()),
            None => break,
        };
    }
    let length = headers.get("content-length").and_then(|l| l.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    raw.extend_from_slice(&body);
    let body = String::from_utf8_lossy(&body).into_owned();
    Some((Asked { line: line.trim_end().to_string(), headers, body }, raw))
}
