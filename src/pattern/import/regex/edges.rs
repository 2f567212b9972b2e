//! Look-around at the edges of an expression, and where a match is to begin.

use super::Token;

/// Takes look-around out of `tokens`: that at the edges of the whole becomes conditions.
pub(super) fn edges(tokens: &mut Vec<Token>, notes: &mut Vec<String>) -> (Option<String>, Option<String>) {
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
