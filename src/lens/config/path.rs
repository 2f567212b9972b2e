//! Paths and labels of a scan's objects, in the terms of their format. Each is printed once for an
//! object, however many values stand in it.

use super::names::clean;
use super::seek::work;
use super::tree::{Element, Kind, Step, Tree};

/// Longest path printed, in bytes.
const PATH: usize = 512;

impl Tree<'_, '_> {
    /// The name that a step gives, for print.
    pub(super) fn printed(&self, step: &Step) -> Option<String> {
        let range = match step {
            Step::None | Step::Index(_) => return None,
            Step::Key(name) | Step::Attribute(name) => name.clone(),
            Step::Element(Element { tag, by }) => {
                by.as_ref().map_or_else(|| tag.clone(), |(_, name)| name.clone())
            }
        };
        Some(clean(&self.text[range])).filter(|name| !name.is_empty())
    }

    /// What the object reads as after "in".
    pub(super) fn label(&self, i: usize) -> &str {
        let frame = &self.frames[i];
        let path = || self.path_of(i + 1);
        frame.label.get_or_init(|| match frame.kind {
            Kind::Object | Kind::Array if i == 0 && frame.step == Step::None => {
                let what = if frame.kind == Kind::Array { "array" } else { "object" };
                format!("the top-level {what}")
            }
            Kind::Object => format!("object {}", path()),
            Kind::Array => format!("array {}", path()),
            Kind::Element => format!("element {}", path()),
            Kind::Scalar | Kind::Hidden => format!("the text of {}", path()),
            Kind::File => "the file".to_owned(),
            Kind::Section => format!("section [{}]", self.printed(&frame.step).unwrap_or_default()),
            Kind::Block(line) => format!("block at line {line}"),
            Kind::Table => format!("table {}", path()),
        })
    }

    /// The path of the member at hand.
    pub(super) fn path(&self) -> String {
        let member = self.frames.last().map_or(&self.loose, |top| &top.member);
        let mut path = join(self.path_of(self.frames.len()), &self.part(self.frames.len(), member));
        if self.over > 0 {
            path.push_str("/…");
            if let Some(name) = self.printed(&self.loose) {
                path.push('/');
                path.push_str(&name);
            }
        }
        path
    }

    /// The path through the first `frames` objects; the end of it if it is long.
    pub(super) fn path_of(&self, frames: usize) -> &str {
        match frames.checked_sub(1).and_then(|i| self.frames.get(i)) {
            None => "",
            Some(frame) => frame.path.get_or_init(|| {
                let i = frames - 1;
                join(self.path_of(i), &self.part(i, &frame.step))
            }),
        }
    }

    /// The step of object `i` in the one around it, as printed after the path of that.
    fn part(&self, i: usize, step: &Step) -> String {
        let name = || self.printed(step).unwrap_or_default();
        let outer = i.checked_sub(1).and_then(|i| self.frames.get(i));
        let lines = outer.is_some_and(|o| o.lines);
        // Whether a file of lines stands inside another text.
        let nested = self.frames.first().is_some_and(|f| f.kind != Kind::File);
        match step {
            Step::None => String::new(),
            _ if self.frames.get(i).is_some_and(|f| f.kind == Kind::Section) => {
                format!("{}[{}] ", if nested { " " } else { "" }, name())
            }
            Step::Index(i) if lines => format!("[{i}]"),
            Step::Index(i) => format!("/{i}"),
            Step::Attribute(_) => format!("/@{}", name()),
            Step::Element(Element { tag, by }) => {
                let tag = clean(&self.text[tag.clone()]);
                match by {
                    None => format!("/{tag}"),
                    Some((attribute, value)) => {
                        let attribute = clean(&self.text[attribute.clone()]);
                        format!("/{tag}[@{attribute}='{}']", clean(&self.text[value.clone()]))
                    }
                }
            }
            Step::Key(_) => match outer.map(|o| (o.kind, &o.step)) {
                Some((Kind::Table, outer)) if *outer != Step::None => format!(".{}", name()),
                Some((Kind::Section | Kind::Table, _)) => name(),
                Some((Kind::File | Kind::Block(_), _)) if nested => format!(" {}", name()),
                Some((Kind::File | Kind::Block(_), _)) => name(),
                _ if lines => format!(".{}", name()),
                _ => format!("/{}", name().replace('~', "~0").replace('/', "~1")),
            },
        }
    }
}

/// A path and the step after it; of a long one only the end.
fn join(path: &str, part: &str) -> String {
    work(path.len() + part.len());
    let whole = format!("{path}{part}");
    if whole.len() <= PATH {
        return whole;
    }
    let from = (whole.len() - PATH / 2..whole.len()).find(|i| whole.is_char_boundary(*i)).unwrap_or(0);
    let from = whole[from..].find('/').map_or(from, |p| from + p);
    format!("…{}", &whole[from..])
}
