//! Settings written down as templates (`testdata/settings/*.txt`), filled in with the value and the words of a row.

use crate::Text;
use crate::rows::{self, Random, Row};
use crate::settings::{Words, spelt};
use keysift::pattern::alphabet::Alphabet;
use keysift::pattern::example::fill;

/// What stands between the marks of a place to fill in.
const MARKS: (char, char) = ('«', '»');

/// One setting: its name, the name of its file, what stands there.
struct Template {
    name: &'static str,
    file: &'static str,
    text: &'static str,
}

/// The settings of a file of templates.
fn templates(all: &'static str) -> impl Iterator<Item = Template> {
    all.split("\n=== ").skip(1).map(|setting| {
        let (head, text) = setting.split_once('\n').unwrap();
        let (name, file) = head.split_once(" | ").unwrap();
        Template { name, file, text }
    })
}

/// The settings in `all` filled in for `row`; those that ask for a host, without one, are left out. `None` where no value can be made up.
pub fn filled(all: &'static str, random: &mut Random, row: &Row) -> Option<Vec<Text>> {
    rows::value(random, row)?;
    let (row, other) = (Service::new(row), loop_for_another(random, row));
    let fill = |template: Template| {
        let value = rows::value(random, row.row)?;
        let foreign = rows::value(random, other.row)?;
        let mut word = |place: &str| match place {
            "v" => Some(value.clone()),
            "w" => Some(foreign.clone()),
            "v:base64" => Some(fill(&format!("{{b64:{value}}}"), &mut random.0)),
            "v:url" => Some(value.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")),
            "head" => Some(value.chars().take(4).collect()),
            "tail" => Some(value.chars().skip(value.chars().count().saturating_sub(4)).collect()),
            "other kind" => Some(other.kind(1)),
            "other" => Some(other.words.product.clone()),
            "OTHER" => Some(other.all(0)),
            place => row.word(place).or_else(|| made_up(random, place)),
        };
        let file = replaced(template.file, &mut word)?;
        let text = replaced(template.text, &mut word)?;
        Some(Text { setting: template.name, file: Some(file), text, value: Some(value) })
    };
    Some(templates(all).filter_map(fill).collect())
}

/// A service of another family, one of whose values can be made up.
fn loop_for_another<'a>(random: &mut Random, row: &Row) -> Service<'a> {
    static ROWS: std::sync::LazyLock<Vec<Row>> = std::sync::LazyLock::new(rows::rows);
    loop {
        let other = random.of(&ROWS);
        if other.family() != row.family() && rows::value(random, other).is_some() {
            return Service::new(other);
        }
    }
}

/// `template` with its places filled in by `word`.
fn replaced(template: &str, word: &mut impl FnMut(&str) -> Option<String>) -> Option<String> {
    let mut parts = template.split(MARKS.0);
    let mut text = parts.next()?.to_owned();
    for part in parts {
        let (place, rest) = part.split_once(MARKS.1).unwrap();
        text += &word(place)?;
        text += rest;
    }
    Some(text)
}

/// A random value that is no row's: `hex:40`, `uuid`.
fn made_up(random: &mut Random, place: &str) -> Option<String> {
    match place {
        "uuid" => return Some(fill("{uuid}", &mut random.0)),
        "id" => {
            let form = *random.of(&["digits:12", "alnum:20", "uuid"]);
            return made_up(random, form);
        }
        "host" => return None,
        _ => {}
    }
    let (alphabet, length) = place.split_once(':').unwrap_or_else(|| panic!("{place}: no place to fill in"));
    let alphabet = match alphabet {
        "HEX" => "0-9A-F",
        "hex" => "0-9a-f",
        "alnum" => "A-Za-z0-9",
        "base64" => "A-Za-z0-9+/",
        "digits" => "0-9",
        _ => panic!("{place}: no alphabet"),
    };
    Some(random.0.chars(&Alphabet::parse(alphabet).unwrap(), length.parse().unwrap()))
}

/// A row and what it calls its service.
struct Service<'a> {
    row: &'a Row,
    words: Words,
}

impl<'a> Service<'a> {
    fn new(row: &'a Row) -> Service<'a> {
        Service { row, words: Words::of(row) }
    }

    fn kind(&self, style: usize) -> String {
        spelt(&self.words.kind, style)
    }

    fn all(&self, style: usize) -> String {
        let product = std::iter::once(self.words.product.as_str());
        spelt(&product.chain(self.words.kind.iter().copied()).collect::<Vec<_>>(), style)
    }

    fn word(&self, place: &str) -> Option<String> {
        let product = self.words.product.as_str();
        Some(match place {
            "product" => product.to_owned(),
            "PRODUCT" => spelt(&[product], 0),
            "Title" => spelt(&[product], 3),
            "title" => self.row.provider.split(" (").next()?.to_owned(),
            "host" => self.words.host?.split('/').next()?.to_owned(),
            "UPPER" => self.all(0),
            "snake" => self.all(1),
            "camel" => self.all(2),
            "Pascal" => self.all(3),
            "dash" => self.all(4),
            "kind" => self.kind(1),
            "kindCamel" => self.kind(2),
            "KindPascal" => self.kind(3),
            "kind-dash" => self.kind(4),
            "kind words" => self.words.kind.join(" "),
            _ => return None,
        })
    }
}
