//! Calls that make the client of a service: `AcmeClient("VALUE")`, `Acme.getInstance().init("VALUE")`.

use crate::triage::names;
use std::ops::Range;

/// Words beside the name of a service in what makes its client.
const MAKERS: &[&str] = &[
    "access",
    "admin",
    "agent",
    "api",
    "app",
    "apps",
    "async",
    "auth",
    "authenticate",
    "authentication",
    "authenticator",
    "authorization",
    "authorize",
    "bot",
    "builder",
    "client",
    "config",
    "configuration",
    "configure",
    "connect",
    "connection",
    "core",
    "create",
    "credentials",
    "default",
    "developer",
    "environment",
    "factory",
    "from",
    "gateway",
    "geocoder",
    "go",
    "http",
    "init",
    "initialize",
    "instance",
    "java",
    "js",
    "key",
    "kit",
    "lib",
    "library",
    "load",
    "logger",
    "login",
    "mailer",
    "make",
    "manager",
    "net",
    "new",
    "node",
    "oauth",
    "official",
    "options",
    "parser",
    "php",
    "provider",
    "py",
    "python",
    "realtime",
    "register",
    "rest",
    "ruby",
    "sdk",
    "secret",
    "sender",
    "server",
    "service",
    "session",
    "set",
    "settings",
    "setup",
    "start",
    "subscription",
    "tier",
    "token",
    "translator",
    "transport",
    "web",
    "web3",
    "with",
    "wrapper",
    "writer",
];

/// What is called at the end of `line` with a value among its arguments; nothing where no bracket is open. Of calls of what
/// calls give (`Acme.getInstance().init(`) it is the first.
pub fn before(line: &[u8]) -> Range<usize> {
    let Some(open) = opened(line) else { return 0..0 };
    let mut end = open;
    loop {
        let start = end - line[..end].iter().rev().take_while(|b| is_part(b)).count();
        // `Acme.builder()` before `.token("VALUE")`
        let is_called = start > 0 && line[start - 1] == b')' && line[start..end].starts_with(b".");
        match is_called.then(|| opened(&line[..start - 1])).flatten() {
            Some(earlier) if earlier > 0 && is_part(&line[earlier - 1]) => end = earlier,
            _ => return start..end,
        }
    }
}

/// The last bracket of `line` that it does not close.
fn opened(line: &[u8]) -> Option<usize> {
    let mut closed = 0;
    memchr::memrchr2_iter(b'(', b')', line).find(|at| {
        closed += if line[*at] == b')' { 1 } else { -1 };
        closed < 0
    })
}

fn is_part(b: &u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':' | b'$' | b'\\')
}

/// The first name of what is called.
pub fn root(called: &str) -> &str {
    called.trim_start_matches(['\\', '.', ':', '$']).split(['.', ':', '\\']).next().unwrap_or_default()
}

/// Whether what is `called` makes the client of a `service`, its name as it is folded: `AcmeClient`, `Acme::Client.new`,
/// `\Vendor\Acme\Sdk`.
pub fn makes(called: &str, service: &[u8]) -> bool {
    // `new \Vendor\Acme\Sdk(…)`: what the name of the service stands in, and what follows.
    let own = called
        .rmatch_indices(['\\', '.', ':'])
        .map(|(at, _)| &called[at + 1..])
        .chain([called])
        .find(|part| names::words(part).concat().as_bytes().windows(service.len()).any(|w| w == service));
    let words = names::words(own.unwrap_or_default());
    let mut at = 0;
    let mut has_service = false;
    while at < words.len() {
        let mut joined = Vec::new();
        let length = words[at..].iter().position(|word| {
            joined.extend_from_slice(word.as_bytes());
            joined == service
        });
        match length {
            Some(length) => {
                has_service = true;
                at += length + 1;
            }
            None if MAKERS.contains(&words[at].as_str()) => at += 1,
            // `getInstance`, and not `get`: what that gives has another's id for its argument.
            None if words[at] == "get" && words.get(at + 1).is_some_and(|next| next == "instance") => at += 2,
            None => return false,
        }
    }
    has_service
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_called() {
        for (line, wanted) in [
            ("x = Acme(\"", "Acme"),
            ("new \\Acme\\Client('", "\\Acme\\Client"),
            ("Acme.getInstance().init(\"", "Acme.getInstance"),
            ("new Acme.Builder(this).with(f(1, 2)).token(\"", "Acme.Builder"),
            ("a(1).b(", "a"),
            ("(1).b(\"", ".b"),
            ("f(1) + g(\"", "g"),
            ("f(1), \"", ""),
            ("", ""),
        ] {
            let range = before(line.as_bytes());
            assert_eq!(&line[range], wanted, "{line}");
        }
    }

    #[test]
    fn what_makes_a_client() {
        for (called, wanted) in [
            ("AcmeClient", true),
            ("Acme::Client.new", true),
            ("\\Vendor\\Acme\\Sdk", true),
            ("Acme.getInstance", true),
            ("AcmeAgent.Builder", true),
            ("acme.charges.retrieve", false),
            ("AcmeError", false),
            ("other", false),
        ] {
            assert_eq!(makes(called, b"acme"), wanted, "{called}");
        }
        assert_eq!(root("acme.Client"), "acme");
        assert_eq!(root("\\Acme\\Client"), "Acme");
    }
}
