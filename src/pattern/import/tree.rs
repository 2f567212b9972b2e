//! TOML and YAML as one tree of values that know their lines: rule files are read from that.

use saphyr_parser::{Event, Parser, ScalarStyle, Span};
use toml::de::{DeTable, DeValue};

/// A value and the line it stands on.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// From 1.
    pub line: usize,
    /// What it is.
    pub value: Value,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A text, a number, a truth value: as it is written.
    Text(String),
    /// Nothing.
    Null,
    /// A list.
    List(Vec<Node>),
    /// Keys and values, in order.
    Map(Vec<(String, Node)>),
}

/// Deepest nesting of values.
const DEPTH: usize = 48;
/// Most values of one file.
const NODES: usize = 2_000_000;

impl Node {
    /// The value of a key that is not empty.
    pub fn get(&self, key: &str) -> Option<&Node> {
        let Value::Map(all) = &self.value else { return None };
        all.iter().find(|(k, _)| k == key).map(|(_, node)| node).filter(|node| node.value != Value::Null)
    }

    /// The keys.
    pub fn keys(&self) -> impl Iterator<Item = (&str, &Node)> {
        let all = match &self.value {
            Value::Map(all) => all.as_slice(),
            _ => &[],
        };
        all.iter().map(|(key, node)| (key.as_str(), node))
    }

    /// The text it is.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The values of a list; a single value is a list of one.
    pub fn list(&self) -> &[Node] {
        match &self.value {
            Value::List(all) => all,
            Value::Null => &[],
            _ => std::slice::from_ref(self),
        }
    }

    /// The text of a key; an error where it is something else.
    pub fn text_of(&self, key: &str) -> Result<Option<&str>, (usize, String)> {
        match self.get(key) {
            None => Ok(None),
            Some(node) => node.text().map(Some).ok_or_else(|| (node.line, format!("`{key}` must be a text"))),
        }
    }

    /// The texts of a key.
    pub fn texts_of(&self, key: &str) -> Result<Vec<String>, (usize, String)> {
        let nodes = self.get(key).map_or(&[][..], Node::list);
        let text = |node: &Node| node.text().map(str::to_owned);
        nodes
            .iter()
            .map(|node| text(node).ok_or_else(|| (node.line, format!("`{key}` must be a list of texts"))))
            .collect()
    }

    /// The number of a key.
    pub fn number_of<N: std::str::FromStr>(&self, key: &str) -> Result<Option<N>, (usize, String)> {
        let Some(node) = self.get(key) else { return Ok(None) };
        let number = node.text().and_then(|text| text.trim().parse().ok());
        number.map(Some).ok_or_else(|| (node.line, format!("`{key}` must be a number")))
    }

    /// Whether a key says yes.
    pub fn is(&self, key: &str) -> bool {
        self.get(key).and_then(Node::text).is_some_and(|text| matches!(text, "true" | "True" | "TRUE"))
    }

    /// Whether a key says no.
    pub fn is_not(&self, key: &str) -> bool {
        self.get(key).and_then(Node::text).is_some_and(|text| matches!(text, "false" | "False" | "FALSE"))
    }
}

/// Reads TOML; the error has a line.
pub fn toml(text: &str) -> Result<Node, (usize, String)> {
    let starts: Vec<usize> =
        std::iter::once(0).chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1)).collect();
    let line = |at: usize| starts.partition_point(|&start| start <= at);
    let table = DeTable::parse(text)
        .map_err(|e| (e.span().map_or(1, |span| line(span.start)), e.message().to_owned()))?;
    let span = table.span();
    of_table(table.get_ref(), line(span.start), &line, 0)
}

fn of_table(
    table: &DeTable<'_>,
    own: usize,
    line: &dyn Fn(usize) -> usize,
    depth: usize,
) -> Result<Node, (usize, String)> {
    let entry = |(key, value): (&toml::Spanned<toml::de::DeString<'_>>, &toml::Spanned<DeValue<'_>>)| {
        Ok((key.get_ref().to_string(), of_value(value, line, depth + 1)?))
    };
    let mut all = table.iter().map(entry).collect::<Result<Vec<_>, (usize, String)>>()?;
    // In the order of the file, which the table does not keep.
    all.sort_by_key(|(_, node)| node.line);
    Ok(Node { line: own, value: Value::Map(all) })
}

fn of_value(
    value: &toml::Spanned<DeValue<'_>>,
    line: &dyn Fn(usize) -> usize,
    depth: usize,
) -> Result<Node, (usize, String)> {
    let own = line(value.span().start);
    if depth > DEPTH {
        return Err((own, "nested too deep".into()));
    }
    let value = match value.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => Value::Text(number.to_string()),
        DeValue::Float(number) => Value::Text(number.to_string()),
        DeValue::Boolean(yes) => Value::Text(yes.to_string()),
        DeValue::Datetime(time) => Value::Text(time.to_string()),
        DeValue::Array(all) => {
            Value::List(all.iter().map(|one| of_value(one, line, depth + 1)).collect::<Result<_, _>>()?)
        }
        DeValue::Table(table) => return of_table(table, own, line, depth),
    };
    Ok(Node { line: own, value })
}

/// Reads the first document of YAML. Aliases are refused: they let a small file be a huge one.
pub fn yaml(text: &str) -> Result<Node, (usize, String)> {
    /// What is open: a list, or a map with the key that waits for its value.
    enum Open {
        List(usize, Vec<Node>),
        Map(usize, Vec<(String, Node)>, Option<String>),
    }
    let mut open: Vec<Open> = Vec::new();
    let mut count = 0;
    for event in Parser::new_from_str(text) {
        let (event, span): (Event<'_>, Span) =
            event.map_err(|e| (e.marker().line(), format!("no YAML: {}", e.info())))?;
        let line = span.start.line();
        count += 1;
        if count > NODES || open.len() > DEPTH {
            return Err((line, "too many values, or nested too deep".into()));
        }
        let done = match event {
            Event::SequenceStart(..) => {
                open.push(Open::List(line, Vec::new()));
                continue;
            }
            Event::MappingStart(..) => {
                open.push(Open::Map(line, Vec::new(), None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::List(line, all)) => Node { line, value: Value::List(all) },
                Some(Open::Map(line, all, _)) => Node { line, value: Value::Map(all) },
                None => continue,
            },
            Event::Scalar(text, style, ..) => {
                let is_null = style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null");
                let value = if is_null { Value::Null } else { Value::Text(text.into_owned()) };
                Node { line, value }
            }
            Event::Alias(_) => return Err((line, "aliases (`*name`) are not read".into())),
            Event::DocumentEnd => return Err((line, "holds nothing".into())),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) => continue,
        };
        match open.last_mut() {
            None => return Ok(done),
            Some(Open::List(_, all)) => all.push(done),
            Some(Open::Map(_, all, waiting)) => match waiting.take() {
                Some(key) => all.push((key, done)),
                None => {
                    let key = match done.value {
                        Value::Text(key) => key,
                        Value::Null => String::new(),
                        _ => return Err((done.line, "keys must be texts".into())),
                    };
                    *waiting = Some(key);
                }
            },
        }
    }
    Err((1, "holds nothing".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_know_their_lines() {
        let toml = toml("title = 'x'\n\n[[rules]]\nid = 'a'\nentropy = 3.5\n[[rules]]\nid = 'b'\n").unwrap();
        let yaml = yaml("title: x\nrules:\n  - id: a\n    entropy: 3.5\n  - id: b\n    none: ~\n").unwrap();
        for (tree, lines) in [(toml, [3, 6]), (yaml, [3, 5])] {
            let rules = tree.get("rules").unwrap().list();
            assert_eq!([rules[0].line, rules[1].line], lines);
            assert_eq!(rules[0].number_of::<f32>("entropy"), Ok(Some(3.5)));
            assert_eq!(rules[1].text_of("id"), Ok(Some("b")));
            assert!(rules[1].get("none").is_none());
        }
    }

    #[test]
    fn hostile_files_are_refused() {
        assert!(yaml(&"[".repeat(100_000)).is_err());
        assert!(yaml("a: &x [1]\nb: *x\n").unwrap_err().1.contains("aliases"));
        assert_eq!(yaml("a:\n  - 'open\n").unwrap_err().0, 2);
        assert!(toml(&format!("a = {}", "[".repeat(10_000))).is_err());
        assert!(yaml("").is_err());
    }
}
