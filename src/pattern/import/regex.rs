//! Expressions of RE2, PCRE, vectorscan and Rust as one for the `regex` crate on bytes.
//!
//! Read once, token by token: escapes and classes are rewritten where the syntaxes differ, comments and
//! blanks of `(?x)` dropped. Look-around at an edge becomes a condition on the byte beside the match, or
//! a part of the match beside its value; elsewhere it is left out, and said to be.

/// An expression in our syntax.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapped {
    /// The expression; the groups that hold the secret are named `value`, `value2` …
    pub source: String,
    /// What may stand right before a match: a class, with `^` where nothing may.
    pub preceded: Option<String>,
    /// What may stand right behind it, with `$` where nothing may.
    pub followed: Option<String>,
    /// What was not honoured.
    pub notes: Vec<String>,
}

/// Which group is the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secret {
    /// The first that takes part in the match; all of it where there is no group.
    First,
    /// This one, from 1.
    Number(usize),
}

/// Longest expression that is read.
const LONGEST: usize = 64 << 10;
/// Deepest nesting of groups.
const DEPTH: usize = 200;
/// Groups that may be the value.
const VALUES: usize = 16;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// Anything that stands for itself by now.
    Plain(String),
    /// `^` or `$`: where a text or a line begins or ends.
    Edge(&'static str),
    /// `|`.
    Or,
    /// The opening of a group that captures, with its name.
    Capture(Option<String>),
    /// Of any other group.
    Open(String),
    /// Of a look-around.
    Look { ahead: bool, negative: bool },
    /// Where the match is to begin (`\K`).
    Keep,
    /// `)`.
    Close,
}

/// Maps `source`; the error says what cannot be read.
pub fn map(source: &str, secret: Secret) -> Result<Mapped, String> {
    if source.len() > LONGEST {
        return Err(format!("the expression is longer than {LONGEST} bytes"));
    }
    let mut reader = Reader { rest: source, notes: Vec::new(), tokens: Vec::new(), verbose: vec![false] };
    reader.read()?;
    let Reader { mut notes, mut tokens, .. } = reader;
    let (preceded, followed) = edges(&mut tokens, &mut notes);
    let source = render(&tokens, secret, &mut notes)?;
    notes.dedup();
    Ok(Mapped { source, preceded, followed, notes })
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

/// Takes look-around out of `tokens`: that at the edges of the whole becomes conditions.
fn edges(tokens: &mut Vec<Token>, notes: &mut Vec<String>) -> (Option<String>, Option<String>) {
    let mut depth = 0usize;
    let is_one_branch = !tokens.iter().any(|token| {
        match token {
            Token::Close => depth = depth.saturating_sub(1),
            Token::Capture(_) | Token::Open(_) | Token::Look { .. } => depth += 1,
            _ => {}
        }
        depth == 0 && *token == Token::Or
    });
    let (mut preceded, mut followed) = (None, None);
    // Those that look ahead first: what is put around the value then stands between both.
    for wanted in [true, false] {
        let mut at = 0;
        while at < tokens.len() {
            let (ahead, negative) = match tokens[at] {
                Token::Look { ahead, negative } if ahead == wanted => (ahead, negative),
                _ => {
                    at += 1;
                    continue;
                }
            };
            let end = closing(tokens, at);
            let inside: Vec<Token> = tokens[at + 1..end].to_vec();
            let is_nested = inside.iter().any(|t| matches!(t, Token::Look { .. } | Token::Keep));
            let flags_only = |t: &Token| matches!(t, Token::Plain(text) if is_flags(text));
            let starts = is_one_branch && !ahead && tokens[..at].iter().all(flags_only);
            let ends = is_one_branch && ahead && end + 1 == tokens.len();
            let beside = if is_nested { None } else { beside(&inside, ahead, negative) };
            match beside {
                // Both word edges have a name of their own, wherever they stand.
                Some((class, true)) if !starts && !ends && class == WORD => {
                    let edge = if ahead { r"\b{end-half}" } else { r"\b{start-half}" };
                    tokens.splice(at..=end, [Token::Plain(edge.into())]);
                    continue;
                }
                Some((class, edge)) if starts && preceded.is_none() => {
                    preceded = Some(format!("{}{class}", if edge { "^|" } else { "" }));
                    tokens.drain(at..=end);
                }
                Some((class, edge)) if ends && followed.is_none() => {
                    followed = Some(format!("{}{class}", if edge { "$|" } else { "" }));
                    tokens.truncate(at);
                }
                _ if !negative && !is_nested && (starts || ends) => {
                    // A part of the match that is no part of the value.
                    tokens[at] = Token::Open("(?:".into());
                    let has_group = tokens.iter().any(|t| matches!(t, Token::Capture(_)));
                    if !has_group && starts {
                        tokens.insert(end + 1, Token::Capture(None));
                        tokens.push(Token::Close);
                    } else if !has_group {
                        tokens.insert(at, Token::Close);
                        let first = first(tokens);
                        tokens.insert(first, Token::Capture(None));
                    }
                    at += 1;
                }
                _ => {
                    let name = match (ahead, negative) {
                        (true, false) => "(?=…)",
                        (true, true) => "(?!…)",
                        (false, false) => "(?<=…)",
                        (false, true) => "(?<!…)",
                    };
                    notes
                        .push(format!("look-around `{name}` is left out: more is found than the rule means"));
                    tokens.splice(at..=end, [Token::Plain("(?:)".into())]);
                }
            }
        }
    }
    keep(tokens, is_one_branch, notes);
    (preceded, followed)
}

/// All bytes that are in no word, and what `(?<!\w)` allows beside a match.
const WORD: &str = r"[^\w]";

/// `\K`: what stands before it is no part of the value.
fn keep(tokens: &mut Vec<Token>, is_one_branch: bool, notes: &mut Vec<String>) {
    let Some(at) = tokens.iter().position(|t| *t == Token::Keep) else { return };
    let opened = tokens[..at].iter().filter(|t| matches!(t, Token::Capture(_) | Token::Open(_))).count();
    let closed = tokens[..at].iter().filter(|t| matches!(t, Token::Close)).count();
    let has_group = tokens.iter().any(|t| matches!(t, Token::Capture(_)));
    if opened == closed && is_one_branch && !has_group {
        tokens[at] = Token::Capture(None);
        tokens.push(Token::Close);
    } else {
        notes.push("`\\K` is left out: all of the match is taken".into());
    }
    tokens.retain(|t| *t != Token::Keep);
}

/// Where the expression begins behind its flags and what looks behind.
fn first(tokens: &[Token]) -> usize {
    let mut at = 0;
    loop {
        match tokens.get(at) {
            Some(Token::Plain(text)) if is_flags(text) => at += 1,
            Some(Token::Look { ahead: false, .. }) => at = closing(tokens, at) + 1,
            _ => return at.min(tokens.len()),
        }
    }
}

fn is_flags(text: &str) -> bool {
    text.strip_prefix("(?").and_then(|t| t.strip_suffix(')')).is_some_and(|t| !t.contains([':', ')', '(']))
}

/// Where the group that opens at `at` closes.
fn closing(tokens: &[Token], at: usize) -> usize {
    let mut depth = 0usize;
    for (n, token) in tokens.iter().enumerate().skip(at) {
        match token {
            Token::Capture(_) | Token::Open(_) | Token::Look { .. } => depth += 1,
            Token::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return n;
        }
    }
    tokens.len().saturating_sub(1)
}

/// What a look-around at one byte allows there, as a class, and whether nothing may stand there.
fn beside(inside: &[Token], ahead: bool, negative: bool) -> Option<(String, bool)> {
    let mut class = None;
    let mut edge = false;
    let branches = inside.split(|t| *t == Token::Or);
    for branch in branches {
        let text = match branch {
            [Token::Edge(text)] => {
                if ahead != matches!(*text, "$" | r"\z") {
                    return None;
                }
                edge = true;
                continue;
            }
            [Token::Plain(text)] => text,
            _ => return None,
        };
        if class.is_none() && is_one_class(text) {
            class = Some(text.clone());
        } else {
            return None;
        }
    }
    let class = class?;
    // One character or set, as a class.
    let class = if class.starts_with('[') { class } else { format!("[{class}]") };
    if !negative {
        return Some((class, edge));
    }
    let turned = match class.strip_prefix("[^") {
        Some(rest) => format!("[{rest}"),
        None => format!("[^{}", &class[1..]),
    };
    let turned =
        if turned == "[^A-Za-z0-9_]" || turned == "[^a-zA-Z0-9_]" { WORD.to_owned() } else { turned };
    Some((turned, !edge))
}

/// Whether the text is one class, one set or one character.
fn is_one_class(text: &str) -> bool {
    let config = regex_automata::util::syntax::Config::new().utf8(false).unicode(false);
    let Ok(hir) = regex_automata::util::syntax::parse_with(text, &config) else { return false };
    let properties = hir.properties();
    (properties.minimum_len(), properties.maximum_len()) == (Some(1), Some(1))
        && properties.look_set().is_empty()
        && (text.starts_with('[') && text.ends_with(']')
            || !text.contains(['|', '.', '*', '?', '+', '{', '[']))
}

/// The expression, with the groups that are the secret named.
fn render(tokens: &[Token], secret: Secret, notes: &mut Vec<String>) -> Result<String, String> {
    let names: Vec<Option<&str>> = tokens
        .iter()
        .filter_map(|t| match t {
            Token::Capture(name) => Some(name.as_deref()),
            _ => None,
        })
        .collect();
    let named = |wanted: &[&str]| {
        names.iter().position(|n| n.is_some_and(|n| wanted.contains(&n.to_ascii_lowercase().as_str())))
    };
    let values: Vec<usize> = match secret {
        Secret::Number(0) => Vec::new(),
        Secret::Number(n) if n <= names.len() => vec![n - 1],
        Secret::Number(n) => return Err(format!("there is no group {n}")),
        Secret::First => match named(&["value", "secret", "token"]) {
            Some(one) => vec![one],
            None => (0..names.len().min(VALUES)).collect(),
        },
    };
    if secret == Secret::First && names.len() > VALUES {
        notes.push(format!("only the first {VALUES} groups are looked at"));
    }
    let mut source = String::new();
    let mut group = 0;
    // Whether each open group is a value.
    let mut open: Vec<bool> = Vec::new();
    for token in tokens {
        match token {
            Token::Plain(text) => source.push_str(text),
            Token::Open(text) => {
                open.push(false);
                source.push_str(text);
            }
            // Strings of programs lie one after another with a NUL between them: each is a text of its own.
            Token::Edge(edge) if !values.is_empty() && !open.contains(&true) => {
                source.push_str(&format!("(?:{edge}|\\x00)"));
            }
            Token::Edge(edge) => source.push_str(edge),
            Token::Or => source.push('|'),
            Token::Close => {
                open.pop();
                source.push(')');
            }
            Token::Capture(_) => {
                open.push(values.contains(&group));
                match values.iter().position(|v| *v == group) {
                    Some(0) => source.push_str("(?P<value>"),
                    Some(n) => source.push_str(&format!("(?P<value{}>", n + 1)),
                    None => source.push_str("(?:"),
                }
                group += 1;
            }
            Token::Look { .. } | Token::Keep => {}
        }
    }
    Ok(source)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapped(source: &str) -> Mapped {
        map(source, Secret::First).unwrap()
    }

    fn source(text: &str) -> String {
        let mapped = mapped(text);
        let config = regex_automata::util::syntax::Config::new().utf8(false).unicode(false);
        regex_automata::util::syntax::parse_with(&mapped.source, &config)
            .unwrap_or_else(|e| panic!("{text}: {e}"));
        mapped.source
    }

    #[test]
    fn syntax_that_differs() {
        for (theirs, ours) in [
            (r"\h+\d\/\-\_\<", r"[ \t]+\d/\-_<"),
            (r"a++b*+c{2,3}+", r"a+b*c{2,3}"),
            (r"(?>zzq)\Z", r"(?:zzq)(?:\n?\z)"),
            (r"\Qa.b\E[[]", r"a\.b[\[]"),
            (r"\${x}{{", r"\$\{x\}\{\{"),
            (r"[\w-.]+[--/][a-]", r"[\w\-.]+[\--/][a\-]"),
            (r"[]a][^]]", r"[\]a][^\]]"),
            ("(?xi) zzq_ # name\n ( [a-f\\ ]{4} )", "(?i)zzq_(?P<value>[a-f ]{4})"),
            (r"(?i)\pL\p{Nd}[\p{Lu}_]", r"(?i)[A-Za-z][0-9][A-Z_]"),
            (r"(?P<TOKEN>a)(b)", r"(?P<value>a)(?:b)"),
            (r"(a)|(b)", r"(?P<value>a)|(?P<value2>b)"),
            (r"(?#note)a[&&b~~]", r"a[\&\&b\~\~]"),
            (r"[[:alnum:]-_]\x{41}", r"[[:alnum:]\-_]A"),
            (r"key=\Kzzq", r"key=(?P<value>zzq)"),
        ] {
            assert_eq!(source(theirs), ours, "{theirs}");
        }
        assert_eq!(map("(a)(b)", Secret::Number(2)).unwrap().source, "(?:a)(?P<value>b)");
        assert!(map("(a)", Secret::Number(2)).unwrap_err().contains("no group 2"));
    }

    #[test]
    fn look_around_at_the_edges_is_kept() {
        let one = mapped(r"(?<![A-Za-z0-9])zzq_\w{8}(?![A-Za-z0-9+/])");
        assert_eq!(one.source, r"zzq_\w{8}");
        assert_eq!(one.preceded.as_deref(), Some("^|[^A-Za-z0-9]"));
        assert_eq!(one.followed.as_deref(), Some("$|[^A-Za-z0-9+/]"));
        assert!(one.notes.is_empty());
        let two = mapped("(?i)(?<=key=)zzq(?=\\s|$)");
        assert_eq!(two.source, "(?i)(?:key=)(?P<value>zzq)");
        let pool = mapped(r"^(zzq)(?:['\s]|$)");
        assert_eq!(pool.source, r"(?:^|\x00)(?P<value>zzq)(?:['\s]|(?:$|\x00))");
        assert_eq!(mapped("^(?:zzq)$").source, "^(?:zzq)$");
        assert_eq!(two.followed.as_deref(), Some(r"$|[\s]"));
        let three = mapped(r"(?:(?<!\w)zzq|b)(?!\w)c");
        assert_eq!(three.source, r"(?:\b{start-half}zzq|b)\b{end-half}c");
        let four = mapped(r"zzq(?!test)\w+");
        assert_eq!(four.source, r"zzq(?:)\w+");
        assert!(four.notes[0].contains("(?!…)"));
        let five = mapped(r"(?<!a)b|c");
        assert!(five.preceded.is_none() && five.notes.len() == 1);
    }

    #[test]
    fn what_cannot_be_honoured_is_an_error() {
        for (text, why) in [
            (r"(a)\1", "back-references"),
            (r"(?P<n>a)(?P=n)", "back-references"),
            (r"(?R)", "recursion"),
            (r"(?(1)a|b)", "recursion"),
            ("(a", "without `)`"),
            ("a)", "without `(`"),
            ("[a", "without `]`"),
            (r"\p{Greek}", "not known"),
            (r"\y", "not known"),
        ] {
            assert!(map(text, Secret::First).unwrap_err().contains(why), "{text}");
        }
        assert!(map(&"(".repeat(1000), Secret::First).is_err());
        assert!(map(&"a".repeat(LONGEST + 1), Secret::First).is_err());
    }

    proptest::proptest! {
        /// No text is too odd.
        #[test]
        fn no_text_does_harm(text in r"([\\(\[\])?<=!PKxi|:*+{}\-^$a-c0-9,é&#]|\\[QEhdwpbxK])*") {
            let _ = map(&text, Secret::First);
        }
    }
}
