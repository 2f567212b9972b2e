//! The command that made a layer, as reports may show it: what could be a secret in it is masked. The
//! command itself stands in the settings of the image, where it is searched like anything else.

/// Longest command that is told, in characters.
const LONGEST: usize = 160;

/// A command in short, without values.
pub(super) fn shown(command: &str) -> String {
    // What only says how the rest is run.
    let mut rest = command.trim();
    rest = rest.strip_suffix("# buildkit").unwrap_or(rest).trim_end();
    for wrap in ["/bin/sh -c #(nop)", "/bin/sh -c"] {
        rest = rest.strip_prefix(wrap).unwrap_or(rest).trim_start();
    }
    let mut out = String::new();
    let mut after_name = false;
    // The quote that a value began with and that has not come again.
    let mut open = None;
    for word in rest.split_whitespace() {
        if let Some(quote) = open {
            open = (!word.ends_with(quote)).then_some(quote);
            continue;
        }
        let value = word.split_once('=').map_or(if after_name { word } else { "" }, |(_, value)| value);
        open = value
            .chars()
            .next()
            .filter(|&c| (c == '"' || c == '\'') && (value.len() == 1 || !value.ends_with(c)));
        if out.chars().count() >= LONGEST {
            out.push_str(" …");
            break;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&masked(word, after_name));
        after_name = names_secret(word);
    }
    out
}

/// Whether a word says that a secret is next: `--password`, `Authorization:`, `-p`.
fn names_secret(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    let is_name = word.starts_with('-') || word.ends_with(':') || word.ends_with("bearer");
    let tells = ["pass", "secret", "token", "key", "auth", "cred", "user", "bearer"];
    is_name && (word == "-p" || word == "-u" || tells.iter().any(|t| word.contains(t)))
}

/// A word, masked where it is a value or could be one.
fn masked(word: &str, is_value: bool) -> String {
    if is_value {
        return "…".into();
    }
    if let Some((scheme, rest)) = word.split_once("://").filter(|(scheme, _)| !scheme.contains('=')) {
        // User and password stand before the host.
        let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
        let host = host.split(['/', '?', '#']).next().unwrap_or(host);
        return format!("{}://{host}/…", masked(scheme, false));
    }
    if let Some((name, _)) = word.split_once('=') {
        return format!("{}=…", masked(name, false));
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '+' || c == '_' || c == '-';
    let could_be = |run: &str| {
        let has_digit = run.bytes().any(|b| b.is_ascii_digit());
        run.len() >= 24 || has_digit && run.len() >= 10
    };
    let mut out = String::new();
    let mut run = String::new();
    for c in word.chars().chain(std::iter::once('\0')) {
        if is_part(c) {
            run.push(c);
            continue;
        }
        if could_be(&run) {
            out.extend(run.chars().take(4));
            out.push('…');
        } else {
            out.push_str(&run);
        }
        run.clear();
        if c != '\0' {
            out.push(c);
        }
    }
    // A switch with its value in the same word (`-phunter2`).
    let is_glued = word.len() > 3 && ["-p", "-u"].iter().any(|s| word.starts_with(s));
    if is_glued && !word.starts_with("--") { format!("{}…", &word[..2]) } else { out }
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn commands_are_told_and_their_values_are_not() {
        let cases = [
            (
                "/bin/sh -c #(nop) COPY file:0123456789abcdef in /etc/app.ini ",
                "COPY file:0123… in /etc/app.ini",
            ),
            (
                "RUN |2 TOKEN=hunter2 B=x /bin/sh -c make all # buildkit",
                "RUN |2 TOKEN=… B=… /bin/sh -c make all",
            ),
            ("mysql -uroot -phunter2 --password hunter2 -h db", "mysql -u… -p… --password … -h db"),
            ("git clone https://bob:hunter2@example.org/x?t=1", "git clone https://example.org/…"),
            ("curl -H 'Authorization: Bearer hunter2' x", "curl -H 'Authorization: … … x"),
            ("export A='hunter2' B=\"two words\" && make", "export A=… B=… && make"),
            ("login --password 'two words' -h x", "login --password … -h x"),
        ];
        for (command, expected) in cases {
            assert_eq!(shown(command), expected);
        }
        assert!(shown(&"word ".repeat(1000)).chars().count() < 200);
    }
}
