//! What AWS answers: XML of the query services and JSON of the others, as one kind of value; errors by
//! their code. Anything that is not an answer of AWS's own shape (a proxy's page, a captive portal, a
//! server's crash) is [`Failure::Strange`] and proves nothing.

use crate::net::http::Answer;
use quick_xml::events::Event;
use serde_json::{Map, Value};

/// Elements within elements that are read.
const MAX_DEPTH: usize = 64;

/// Why a call gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The service said no, with a code of its own.
    #[error("{code}{}{message}", if message.is_empty() { "" } else { ": " })]
    Service {
        /// `AccessDenied`, `InvalidClientTokenId` …
        code: String,
        /// In the service's words, escaped and bounded.
        message: String,
    },
    /// Something answered, but not as AWS does.
    #[error("{0}")]
    Strange(String),
    /// Nothing answered.
    #[error("{0}")]
    NoAnswer(String),
}

impl Failure {
    /// The service's code, empty when there is none.
    pub fn code(&self) -> &str {
        match self {
            Failure::Service { code, .. } => code,
            _ => "",
        }
    }

    /// Whether the service answered that this caller may not make this call.
    pub fn is_denied(&self) -> bool {
        let code = self.code();
        code.starts_with("AccessDenied") || code == "UnauthorizedOperation" || code == "NotAuthorized"
    }

    /// Whether the service says that what was asked for is not there.
    pub fn is_absent(&self) -> bool {
        self.code().starts_with("NoSuchEntity")
    }
}

/// Whether an answer asks to come again later.
pub fn is_busy(answer: &Answer) -> bool {
    if matches!(answer.status, 429 | 500 | 502 | 503 | 504) {
        return true;
    }
    let code = match read(answer, "") {
        Err(Failure::Service { code, .. }) => code,
        _ => return false,
    };
    answer.status >= 400
        && ["Throttl", "RequestLimitExceeded", "TooManyRequests", "SlowDown", "ServiceUnavailable"]
            .iter()
            .any(|c| code.starts_with(c))
}

/// The result of `action` in an answer: members of lists as arrays, elements with elements as objects,
/// everything else as strings, so that it has the shape of AWS's own clients. Empty elements are null.
pub fn read(answer: &Answer, action: &str) -> Result<Value, Failure> {
    let strange = |what: &str| Failure::Strange(format!("HTTP {} with {what}", answer.status));
    if answer.content_type.contains("json") || answer.body.first() == Some(&b'{') {
        let value: Value = serde_json::from_slice(&answer.body)
            .map_err(|_| strange("something that says it is JSON and is not"))?;
        if let Some(code) = value.get("__type").and_then(Value::as_str) {
            let message = value.get("message").or_else(|| value.get("Message"));
            let message = message.and_then(Value::as_str).unwrap_or_default();
            return Err(service(code.rsplit('#').next().unwrap_or(code), message));
        }
        if answer.status != 200 {
            return Err(strange("JSON that is no answer of AWS"));
        }
        return Ok(value);
    }
    if answer.body.is_empty() {
        return Err(strange("no body"));
    }
    let is_page = answer.content_type.contains("html");
    let what =
        if is_page { "an HTML page, not an answer of AWS" } else { "something that is not an answer of AWS" };
    let (root, value) = tree(&answer.body).ok_or_else(|| strange(what))?;
    if root == "ErrorResponse" || root == "Response" {
        let error = value.get("Error").or_else(|| value.pointer("/Errors/Error")).unwrap_or(&Value::Null);
        let text = |key| error.get(key).and_then(Value::as_str).unwrap_or_default();
        if !text("Code").is_empty() {
            return Err(service(text("Code"), text("Message")));
        }
    }
    // Errors are believed whatever media type they come with (moto says HTML), success is not.
    if is_page {
        return Err(strange(what));
    }
    if answer.status != 200 || root != format!("{action}Response") {
        return Err(strange("XML that is no answer to this call"));
    }
    Ok(value.get(format!("{action}Result")).cloned().unwrap_or(Value::Null))
}

fn service(code: &str, message: &str) -> Failure {
    let bounded = |text: &str, n: usize| crate::address::escape(text.as_bytes()).chars().take(n).collect();
    Failure::Service { code: bounded(code, 80), message: bounded(message, 300) }
}

enum Node {
    Object(Map<String, Value>, String),
    List(Vec<Value>),
}

/// The root's name and content; `None` for what is not well-formed or too deep.
fn tree(bytes: &[u8]) -> Option<(String, Value)> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut reader = quick_xml::Reader::from_str(text);
    let mut open: Vec<(String, Node)> = Vec::new();
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                if open.len() >= MAX_DEPTH {
                    return None;
                }
                open.push((start.local_name().as_ref().to_string(), Node::Object(Map::new(), String::new())));
            }
            Event::Empty(start) => {
                let name = start.local_name().as_ref().to_string();
                match open.last_mut() {
                    Some((_, parent)) => attach(parent, name, Value::Null),
                    None => return Some((name, Value::Null)),
                }
            }
            Event::Text(t) => text_of(&mut open, &t),
            Event::CData(t) => text_of(&mut open, &t),
            Event::GeneralRef(r) => {
                let c = match r.resolve_char_ref().ok()? {
                    Some(c) => c.to_string(),
                    None => quick_xml::escape::resolve_xml_entity(&r)?.to_string(),
                };
                text_of(&mut open, &c);
            }
            Event::End(_) => {
                let (name, node) = open.pop()?;
                let value = finish(node);
                match open.last_mut() {
                    Some((_, parent)) => attach(parent, name, value),
                    None => return Some((name, value)),
                }
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

fn text_of(open: &mut [(String, Node)], text: &str) {
    if let Some((_, Node::Object(_, so_far))) = open.last_mut() {
        so_far.push_str(text);
    }
}

fn attach(parent: &mut Node, name: String, value: Value) {
    match parent {
        Node::List(items) => items.push(value),
        // Lists, and maps (GetAccountSummary), which are written as lists of entries.
        Node::Object(members, _) if matches!(name.as_str(), "member" | "entry") && members.is_empty() => {
            *parent = Node::List(vec![value]);
        }
        Node::Object(members, _) => {
            members.insert(name, value);
        }
    }
}

fn finish(node: Node) -> Value {
    match node {
        Node::List(items) => Value::Array(items),
        Node::Object(members, text) if members.is_empty() => match text.trim() {
            "" => Value::Null,
            text => Value::String(text.to_string()),
        },
        Node::Object(members, _) => Value::Object(members),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, content_type: &str, body: &str) -> Answer {
        Answer::for_test(status, content_type, body)
    }

    #[test]
    fn lists_objects_and_text() {
        let body = "<?xml version='1.0'?><ListXResponse xmlns='u'><ListXResult><A><member><N>a&amp;b &#x41;</N></member>\
                    <member><N>c</N></member></A><B/><C> </C><IsTruncated>false</IsTruncated></ListXResult></ListXResponse>";
        let value = read(&answer(200, "text/xml", body), "ListX").unwrap();
        assert_eq!(
            value,
            serde_json::json!({"A": [{"N": "a&b A"}, {"N": "c"}], "B": null, "C": null, "IsTruncated": "false"})
        );
    }

    #[test]
    fn errors_have_codes_and_pages_are_strange() {
        let xml = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no\u{1b}</Message></Error></ErrorResponse>";
        let failure = read(&answer(403, "text/xml", xml), "X").unwrap_err();
        assert!(failure.is_denied());
        assert_eq!(failure.to_string(), "AccessDenied: no\\u{001b}");
        let json = r##"{"__type":"a.b#AccessDeniedException","Message":"no"}"##;
        assert!(read(&answer(400, "application/x-amz-json-1.1", json), "X").unwrap_err().is_denied());
        for (status, content_type, body) in [
            (200, "text/html", "<html><body>Please log in</body></html>"),
            (200, "text/xml", "<GetOtherResponse/>"),
            (200, "", ""),
            (500, "text/html", "<!doctype html><title>500</title>"),
            (200, "text/xml", "<XResponse><XResult>"),
            (200, "application/json", "{"),
            (302, "text/xml", "<XResponse><XResult><A>1</A></XResult></XResponse>"),
        ] {
            let failure = read(&answer(status, content_type, body), "X").unwrap_err();
            assert!(matches!(failure, Failure::Strange(_)), "{body}: {failure:?}");
        }
        let deep = "<a>".repeat(100_000);
        assert!(read(&answer(200, "text/xml", &deep), "X").is_err());
    }

    #[test]
    fn busy_answers_are_retried() {
        let throttled = "<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>";
        assert!(is_busy(&answer(400, "text/xml", throttled)));
        assert!(is_busy(&answer(503, "text/html", "")));
        assert!(!is_busy(&answer(403, "text/xml", &throttled.replace("Throttling", "AccessDenied"))));
    }
}
