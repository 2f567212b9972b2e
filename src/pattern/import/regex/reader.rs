//! An expression, token by token.

use super::{DEPTH, Token};

/// The tokens of an expression, and what of it is not honoured.
pub(super) fn tokens(source: &str) -> Result<(Vec<Token>, Vec<String>), String> {
    let mut reader = Reader { rest: source, notes: Vec::new(), tokens: Vec::new(), verbose: vec![false] };
    reader.read()?;
    Ok((reader.tokens, reader.notes))
}

struct Reader<'s> {
    rest: &'s str,
    notes: Vec<String>,
    tokens: Vec<Token>,
    /// Whether blanks and comments are skipped, by depth of groups.
    verbose: Vec<bool>,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let next = self.rest.chars().next()?;
        self.rest = &self.rest[next.len_utf8()..];
        Some(next)
    }

    fn eat(&mut self, text: &str) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn until(&mut self, end: char) -> Result<String, String> {
        let (text, rest) = self.rest.split_once(end).ok_or_else(|| format!("`{end}` is missing"))?;
        self.rest = rest;
        Ok(text.to_owned())
    }

    fn note(&mut self, what: impl Into<String>) {
        self.notes.push(what.into());
    }

    fn plain(&mut self, text: impl AsRef<str>) {
        match self.tokens.last_mut() {
            Some(Token::Plain(last)) => last.push_str(text.as_ref()),
            _ => self.tokens.push(Token::Plain(text.as_ref().to_owned())),
        }
    }

    fn is_verbose(&self) -> bool {
        self.verbose.last().copied().unwrap_or(false)
    }

    fn read(&mut self) -> Result<(), String> {
        while let Some(c) = self.next() {
            match c {
                '\\' => self.escape()?,
                '[' => {
                    let class = self.class()?;
                    self.plain(class);
                }
                '(' => self.open()?,
                ')' => {
                    if self.verbose.len() == 1 {
                        return Err("`)` without `(`".into());
                    }
                    self.verbose.pop();
                    self.tokens.push(Token::Close);
                }
                '|' => self.tokens.push(Token::Or),
                '^' => self.tokens.push(Token::Edge("^")),
                '$' => self.tokens.push(Token::Edge("$")),
                '{' => match counted(self.rest) {
                    Some(length) => {
                        let count = format!("{{{}", &self.rest[..length]);
                        self.rest = &self.rest[length..];
                        self.plain(count);
                        self.possessive();
                    }
                    None => self.plain(r"\{"),
                },
                '}' => self.plain(r"\}"),
                ']' => self.plain(r"\]"),
                '*' | '+' | '?' => {
                    self.plain(c.to_string());
                    self.possessive();
                }
                '#' if self.is_verbose() => {
                    let line = self.rest.find('\n').map_or(self.rest.len(), |at| at + 1);
                    self.rest = &self.rest[line..];
                }
                c if c.is_whitespace() && self.is_verbose() => {}
                c => self.plain(c.to_string()),
            }
        }
        if self.verbose.len() > 1 {
            return Err("`(` without `)`".into());
        }
        Ok(())
    }

    /// Takes the `+` of a quantifier that gives nothing back.
    fn possessive(&mut self) {
        if self.eat("+") {
            self.note("a possessive quantifier is taken as an ordinary one");
        }
    }

    fn open(&mut self) -> Result<(), String> {
        if self.verbose.len() > DEPTH {
            return Err("groups are nested too deep".into());
        }
        let verbose = self.is_verbose();
        if !self.eat("?") {
            if self.rest.starts_with('*') {
                return Err("verbs like `(*SKIP)` are not known".into());
            }
            self.verbose.push(verbose);
            self.tokens.push(Token::Capture(None));
            return Ok(());
        }
        if self.eat("#") {
            self.until(')')?;
            return Ok(());
        }
        let mut look = None;
        for (text, ahead, negative) in
            [("=", true, false), ("!", true, true), ("<=", false, false), ("<!", false, true)]
        {
            if self.eat(text) {
                look = Some(Token::Look { ahead, negative });
                break;
            }
        }
        let token = if let Some(look) = look {
            look
        } else if self.eat("P<") || self.eat("<") {
            Token::Capture(Some(self.until('>')?))
        } else if self.eat("'") {
            Token::Capture(Some(self.until('\'')?))
        } else if self.eat(">") {
            self.note("an atomic group is taken as an ordinary one");
            Token::Open("(?:".into())
        } else if self.eat("|") {
            Token::Open("(?:".into())
        } else if self.rest.starts_with("P=") {
            return Err("back-references cannot be honoured".into());
        } else {
            return self.flags();
        };
        self.verbose.push(verbose);
        self.tokens.push(token);
        Ok(())
    }

    /// `(?i)`, `(?s-m:`. Those for Unicode and blanks have done their work.
    fn flags(&mut self) -> Result<(), String> {
        let mut verbose = self.is_verbose();
        let (mut on, mut kept) = (true, String::new());
        loop {
            match self.next() {
                Some('-') => {
                    on = false;
                    kept.push('-');
                }
                Some('x') => verbose = on,
                Some('u' | 'a') => {}
                Some(flag @ ('i' | 'm' | 's' | 'U')) => kept.push(flag),
                Some(end @ (':' | ')')) => {
                    let kept = kept.trim_end_matches('-');
                    if end == ':' {
                        self.verbose.push(verbose);
                        self.tokens.push(Token::Open(format!("(?{kept}:")));
                    } else {
                        if let Some(current) = self.verbose.last_mut() {
                            *current = verbose;
                        }
                        if !kept.is_empty() {
                            self.plain(format!("(?{kept})"));
                        }
                    }
                    return Ok(());
                }
                Some(other) => {
                    return Err(format!(
                        "`(?{other}` (recursion, a condition or an unknown flag) cannot be honoured"
                    ));
                }
                None => return Err("`(?` without end".into()),
            }
        }
    }

    /// What stands behind a backslash outside of a class.
    fn escape(&mut self) -> Result<(), String> {
        let Some(c) = self.next() else { return Err("`\\` at the end".into()) };
        match c {
            'Q' => {
                let (text, rest) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
                let quoted: String = text.chars().map(literal).collect();
                self.rest = rest;
                self.plain(quoted);
            }
            'E' => {}
            'h' => self.plain(r"[ \t]"),
            'H' => self.plain(r"[^ \t]"),
            'R' => self.plain(r"(?:\r\n|[\n\r\f\x0b])"),
            'N' if !self.rest.starts_with('{') => self.plain(r"[^\n]"),
            'C' => self.plain(r"(?s:.)"),
            'Z' => self.plain(r"(?:\n?\z)"),
            'K' => self.tokens.push(Token::Keep),
            'b' if self.rest.starts_with('{') => {
                let end = self.until('}')?;
                self.plain(format!("\\b{end}}}"));
            }
            '1'..='9' | 'k' | 'g' => return Err("back-references cannot be honoured".into()),
            'G' | 'X' => return Err(format!("`\\{c}` cannot be honoured")),
            'A' => self.tokens.push(Token::Edge(r"\A")),
            'z' => self.tokens.push(Token::Edge(r"\z")),
            'd' | 'D' | 's' | 'S' | 'w' | 'W' | 'b' | 'B' => self.plain(format!("\\{c}")),
            'p' | 'P' => {
                let (set, negated) = self.property(c == 'P')?;
                self.plain(format!("[{}{set}]", if negated { "^" } else { "" }));
            }
            c => {
                let one = self.character(c)?;
                self.plain(one);
            }
        }
        Ok(())
    }

    /// A character behind a backslash, the same in and out of classes.
    fn character(&mut self, c: char) -> Result<String, String> {
        Ok(match c {
            'a' | 'f' | 't' | 'n' | 'r' | 'v' => format!("\\{c}"),
            'e' => r"\x1b".into(),
            'x' if self.eat("{") => {
                let digits = self.until('}')?;
                let code = u32::from_str_radix(digits.trim(), 16).ok().and_then(char::from_u32);
                code.map(literal).ok_or_else(|| format!("`\\x{{{digits}}}` is no character"))?
            }
            'x' => {
                let digits = self.rest.bytes().take(2).take_while(u8::is_ascii_hexdigit).count();
                let value =
                    u8::from_str_radix(&self.rest[..digits], 16).map_err(|_| "`\\x` without digits")?;
                self.rest = &self.rest[digits..];
                format!("\\x{value:02x}")
            }
            '0' => {
                let digits = self.rest.bytes().take(2).take_while(|b| (b'0'..=b'7').contains(b)).count();
                let value = u8::from_str_radix(&self.rest[..digits], 8).unwrap_or(0);
                self.rest = &self.rest[digits..];
                format!("\\x{value:02x}")
            }
            c if c.is_ascii_alphanumeric() => return Err(format!("`\\{c}` is not known")),
            c => literal(c),
        })
    }

    /// The ASCII characters of `\p{…}`.
    fn property(&mut self, negated: bool) -> Result<(&'static str, bool), String> {
        let name =
            if self.eat("{") { self.until('}')? } else { self.next().map(String::from).unwrap_or_default() };
        let (name, negated) = match name.strip_prefix('^') {
            Some(name) => (name.to_owned(), !negated),
            None => (name, negated),
        };
        let set = match name.as_str() {
            "L" | "Letter" | "Alpha" | "Alphabetic" | "L&" => "A-Za-z",
            "Lu" | "Upper" | "Uppercase" | "Uppercase_Letter" => "A-Z",
            "Ll" | "Lower" | "Lowercase" | "Lowercase_Letter" => "a-z",
            "N" | "Nd" | "Digit" | "Number" => "0-9",
            "P" | "Punct" | "Punctuation" => r"!-#%-*,-/:;?@\[-\]_\{\}",
            "Z" | "Zs" | "Space" => r" \t\n\r\f\x0b",
            _ => return Err(format!("`\\p{{{name}}}` is not known")),
        };
        self.note(format!("of `\\p{{{name}}}` only what is ASCII is taken"));
        Ok((set, negated))
    }

    /// A class, from behind its `[`.
    fn class(&mut self) -> Result<String, String> {
        let mut class = String::from("[");
        if self.eat("^") {
            class.push('^');
        }
        let open = class.len();
        // Whether a range may begin with what came last.
        let mut may_begin = false;
        let mut is_first = true;
        loop {
            let Some(c) = self.next() else { return Err("`[` without `]`".into()) };
            let one = match c {
                ']' if !is_first => break,
                ']' => r"\]".to_owned(),
                '[' if self.rest.starts_with(':') && self.rest.contains(":]") => {
                    self.rest = &self.rest[1..];
                    let name = self.until(':')?;
                    if !self.eat("]") {
                        return Err("a class like `[:alpha:]` does not end".into());
                    }
                    class.push_str(&format!("[:{name}:]"));
                    (may_begin, is_first) = (false, false);
                    continue;
                }
                '-' => {
                    // A range only between two characters.
                    let ends = self.rest.starts_with(']');
                    let set = self.rest.strip_prefix('\\').and_then(|r| r.chars().next());
                    let is_set =
                        set.is_some_and(|c| "dDwWsShHpPvN".contains(c)) || self.rest.starts_with("[:");
                    if may_begin && !ends && !is_set {
                        class.push('-');
                        may_begin = false;
                        let end = self.range_end()?;
                        class.push_str(&end);
                        continue;
                    }
                    r"\-".to_owned()
                }
                '\\' => match self.next() {
                    None => return Err("`[` without `]`".into()),
                    Some(set @ ('d' | 'D' | 's' | 'S' | 'w' | 'W')) => {
                        class.push_str(&format!("\\{set}"));
                        (may_begin, is_first) = (false, false);
                        continue;
                    }
                    Some('h') => {
                        class.push_str(r" \t");
                        (may_begin, is_first) = (false, false);
                        continue;
                    }
                    Some('H') => {
                        class.push_str(r"[^ \t]");
                        (may_begin, is_first) = (false, false);
                        continue;
                    }
                    Some(p @ ('p' | 'P')) => {
                        let (set, negated) = self.property(p == 'P')?;
                        class.push_str(&if negated { format!("[^{set}]") } else { set.to_owned() });
                        (may_begin, is_first) = (false, false);
                        continue;
                    }
                    Some('b') => r"\x08".to_owned(),
                    Some('E' | 'Q') => continue,
                    Some(c) => self.character(c)?,
                },
                c if c.is_whitespace() && self.is_verbose() => continue,
                c if !c.is_ascii() => {
                    self.note("characters outside of ASCII in a class are left out");
                    is_first = false;
                    continue;
                }
                c => in_class(c),
            };
            class.push_str(&one);
            (may_begin, is_first) = (true, false);
        }
        if class.len() == open {
            return Err("a class is empty".into());
        }
        class.push(']');
        Ok(class)
    }

    fn range_end(&mut self) -> Result<String, String> {
        match self.next() {
            Some('\\') => {
                let c = self.next().ok_or("`[` without `]`")?;
                if c == 'b' { Ok(r"\x08".into()) } else { self.character(c) }
            }
            // A range to a character beyond: to the last byte.
            Some(c) if !c.is_ascii() => Ok(r"\xff".into()),
            Some(c) => Ok(in_class(c)),
            None => Err("`[` without `]`".into()),
        }
    }
}

/// A character that stands for itself.
fn literal(c: char) -> String {
    match c {
        ' ' | '#' => c.to_string(),
        '<' | '>' => c.to_string(),
        c if c.is_ascii_control() => format!("\\x{:02x}", u32::from(c)),
        c if regex_syntax::is_meta_character(c) => format!("\\{c}"),
        c => c.to_string(),
    }
}

fn in_class(c: char) -> String {
    match c {
        '[' | ']' | '\\' | '^' | '-' | '&' | '~' => format!("\\{c}"),
        c if c.is_ascii_control() => format!("\\x{:02x}", u32::from(c)),
        c => c.to_string(),
    }
}

/// How long `N}`, `N,}` or `N,M}` at the start of `rest` is.
fn counted(rest: &str) -> Option<usize> {
    let end = rest.find('}')?;
    let (min, max) = rest[..end].split_once(',').unwrap_or((&rest[..end], "0"));
    let is_number =
        |text: &str| !text.is_empty() && text.len() < 6 && text.bytes().all(|b| b.is_ascii_digit());
    (is_number(min) && (max.is_empty() || is_number(max))).then_some(end + 1)
}
