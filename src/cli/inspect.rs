//! `keysift inspect`.

use super::args::Inspect;
use super::exit::{Exit, UsageError};
use crate::address::{Address, escape};
use crate::blob::Blob;
use crate::container::budget::Budget;
use crate::inspect::{Inspector, Match, Reading, View};
use crate::source::read;
use serde_json::json;
use std::io::{self, BufWriter, Write};

/// Shows what is in the files.
pub fn run(arguments: &Inspect) -> anyhow::Result<Exit> {
    let mut out = BufWriter::new(io::stdout().lock());
    for path in &arguments.files {
        let mut buffer = Vec::new();
        let is_stdin = path.as_os_str() == "-";
        let name = if is_stdin { "<stdin>".into() } else { escape(path.to_string_lossy().as_bytes()) };
        let bytes = if is_stdin {
            read::spool(&mut io::stdin().lock(), &mut buffer)
        } else {
            read::file(path, &mut buffer)
        }
        .map_err(|e| UsageError(format!("{name}: {e}")))?;
        let address = if is_stdin { Address::named("<stdin>") } else { Address::file(path) };
        let limits = arguments.limits.limits();
        let mut written = Ok(());
        let mut show = |view: View| {
            if written.is_ok() {
                written = if arguments.json {
                    writeln!(out, "{}", as_json(&view, arguments.reveal))
                } else {
                    as_text(&view, arguments, &mut out)
                };
            }
        };
        let budget = Budget::new(&limits, bytes.as_slice().len() as u64);
        let wanted = arguments.grep.as_deref().map(str::as_bytes);
        Inspector::new(budget, wanted, &mut show).look(&Blob { address, bytes: bytes.as_slice() }, 0);
        written?;
    }
    out.flush()?;
    Ok(Exit::Clean)
}

fn as_text(view: &View, arguments: &Inspect, out: &mut dyn Write) -> io::Result<()> {
    // With a text to look for, only what holds it is of interest.
    if arguments.grep.is_some() && view.matches.is_empty() && view.problems.is_empty() {
        return Ok(());
    }
    let indent = "  ".repeat(view.depth as usize);
    // Behind its container, only the innermost name is new.
    writeln!(out, "{indent}{}  {} bytes{}", view.address, view.bytes, kind(view))?;
    for reading in &view.readings {
        writeln!(out, "{indent}  {}", reading_line(reading))?;
    }
    for problem in &view.problems {
        writeln!(out, "{indent}  ! {}", escape(problem.as_bytes()))?;
    }
    for found in &view.matches {
        match_lines(found, &indent, arguments.reveal, out)?;
    }
    Ok(())
}

fn kind(view: &View) -> String {
    let mut kind = String::new();
    if let Some((name, members)) = view.container {
        kind = format!(", {name} with {members} member{}", if members == 1 { "" } else { "s" });
        if view.between > 0 {
            kind += &format!(", {} bytes between them", view.between);
        }
    }
    match view.text {
        Some(Some(syntax)) => kind += &format!(", text ({syntax})"),
        Some(None) => kind += ", text",
        None if view.container.is_none() => kind += ", binary",
        None => {}
    }
    kind
}

fn reading_line(reading: &Reading) -> String {
    let mut line = match reading.strings {
        0 => format!("{}: {} bytes of text", reading.lens, reading.bytes),
        n => format!("{}: {n} strings, {} bytes", reading.lens, reading.bytes),
    };
    if let (asked @ 1.., known) = reading.named {
        line += &format!(", places of {known} of {asked}");
    }
    if !reading.examples.is_empty() {
        let examples: Vec<String> = reading.examples.iter().map(|e| escape(e.as_bytes())).collect();
        line += &format!(" ({} …)", examples.join(", "));
    }
    line
}

fn match_lines(found: &Match, indent: &str, reveal: bool, out: &mut dyn Write) -> io::Result<()> {
    let encodings: String = found.encodings.iter().map(|e| format!(" {e}")).collect();
    writeln!(out, "{indent}  @{} {}{encodings}: {}", found.offset, found.lens, shown(&found.text, reveal))?;
    for site in &found.sites {
        write!(out, "{indent}      {}", escape(site.name.as_bytes()))?;
        if let Some(key) = &site.key {
            write!(out, "  key {}", escape(key.as_bytes()))?;
        }
        for scope in &site.scopes {
            write!(out, "  in {}", escape(scope.label.as_bytes()))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn as_json(view: &View, reveal: bool) -> serde_json::Value {
    json!({
        "address": view.address,
        "depth": view.depth,
        "bytes": view.bytes,
        "container": view.container.map(|c| c.0),
        "members": view.container.map(|c| c.1),
        "bytes_between": view.between,
        "text": view.text.is_some(),
        "syntax": view.text.flatten(),
        "lenses": view.readings.iter().map(|r| json!({
            "lens": r.lens,
            "texts": r.texts,
            "strings": r.strings,
            "bytes": r.bytes,
            "places_asked": r.named.0,
            "places_known": r.named.1,
            "examples": r.examples,
        })).collect::<Vec<_>>(),
        "problems": view.problems,
        "matches": view.matches.iter().map(|m| json!({
            "lens": m.lens,
            "offset": m.offset,
            "encodings": m.encodings,
            "text": shown(&m.text, reveal),
            "sites": m.sites.iter().map(|s| json!({
                "site": s.name,
                "key": s.key,
                "role": s.role.map(|r| r.name()),
                "scopes": s.scopes.iter().map(|s| &s.label).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    })
}

/// A string for the screen. Unless all is to be seen, what could be a secret is masked: words with
/// digits in them, and long ones.
fn shown(text: &[u8], reveal: bool) -> String {
    if reveal {
        return escape(text);
    }
    let is_word = |b: &u8| {
        b.is_ascii_alphanumeric()
            || matches!(
                b,
                b'+' | b'/'
                    | b'_'
                    | b'-'
                    | b'.'
                    | b'='
                    | b'~'
                    | b'!'
                    | b'$'
                    | b'%'
                    | b'&'
                    | b'*'
                    | b'#'
                    | b'@'
            )
    };
    text.chunk_by(|a, b| is_word(a) == is_word(b))
        .map(|run| {
            let digit = run.iter().any(u8::is_ascii_digit) || !run.is_ascii();
            let shouted = !run.iter().any(u8::is_ascii_lowercase) && !run.contains(&b'_');
            let long = run.len() >= if shouted { 12 } else { 24 };
            if is_word(&run[0]) && ((digit && run.len() >= 8) || long) {
                let [head, tail] = [&run[..4], &run[run.len() - 2..]];
                format!("{}…{}", escape(head), escape(tail))
            } else {
                escape(run)
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn what_could_be_a_secret_is_masked() {
        let text = b"const api_key = 'abcd1234efgh5678'; // see Policy";
        assert_eq!(shown(text, false), "const api_key = 'abcd…78'; // see Policy");
        assert_eq!(shown(text, true), String::from_utf8_lossy(text));
        assert_eq!(shown(b"aVeryLongWordWithoutAnyDigitInIt", false), "aVer…It");
    }
}
