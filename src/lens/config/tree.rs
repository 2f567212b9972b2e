//! The objects that stand open during a scan: paths, labels, and names that siblings give.
//!
//! One stack serves all syntaxes, so that a configuration inside a YAML block scalar keeps its
//! outer path. Nothing is copied out of the text until a span wants a place.

use super::names::{NAME, clean, inner, is_value_word, looks_like_name, naming};
use super::seek::Seeker;
use super::{Object, Place};
use std::cell::OnceCell;
use std::ops::Range;

/// Open objects kept; deeper ones are only counted.
const DEPTH: usize = 128;
/// Objects listed for a place.
const OBJECTS: usize = 8;
/// Values of one object that wait for a sibling to name them.
const WAITING: usize = 16;

/// How a member stands in its object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// No name: the root, a block of lines.
    None,
    Key(Range<usize>),
    Index(usize),
    Element(Element),
    Attribute(Range<usize>),
}

/// An element of XML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) tag: Range<usize>,
    /// The attribute that names it, and its value.
    pub(super) by: Option<(Range<usize>, Range<usize>)>,
}

/// What an open object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Object,
    Array,
    Element,
    /// A file in a text of many lines: a block scalar of YAML.
    Scalar,
    /// Not listed: an element that only names one attribute.
    Hidden,
    File,
    Section,
    /// Neighbouring lines; the number of the first.
    Block(usize),
    /// A table or block named by key.
    Table,
}

/// An open object.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) start: usize,
    pub(super) kind: Kind,
    /// Columns before its members (YAML).
    indent: usize,
    /// How it stands in the object around it.
    pub(super) step: Step,
    /// The member at hand.
    pub(super) member: Step,
    /// Whether it is a file of lines or stands in one.
    pub(super) lines: bool,
    /// The best name a member gave, and how good it is.
    name: Option<(u8, Range<usize>)>,
    waiting: Vec<usize>,
    /// Its path, once printed.
    pub(super) path: OnceCell<String>,
    /// Its label, once printed.
    pub(super) label: OnceCell<String>,
}

/// A scan's place in the structure of its text.
pub(super) struct Tree<'t, 's> {
    pub(super) text: &'t [u8],
    pub(super) seeker: Seeker<'s>,
    pub(super) frames: Vec<Frame>,
    /// Objects open beyond those kept.
    pub(super) over: usize,
    /// The key at hand where no object is kept.
    pub(super) loose: Step,
    /// Frames with values that wait for a name.
    waiting: usize,
}

impl<'t, 's> Tree<'t, 's> {
    pub(super) fn new(text: &'t [u8], spans: &'s [Range<usize>]) -> Self {
        Tree { text, seeker: Seeker::new(spans), frames: Vec::new(), over: 0, loose: Step::None, waiting: 0 }
    }

    pub(super) fn finish(self) -> Vec<Option<Place>> {
        self.seeker.finish()
    }

    /// Whether the scan can stop: no spans left, and no value waits for its name.
    pub(super) fn done(&self) -> bool {
        self.waiting == 0 && self.seeker.done()
    }

    pub(super) fn depth(&self) -> usize {
        self.frames.len() + self.over
    }

    /// The kind of the innermost object, if it is kept.
    pub(super) fn kind(&self) -> Option<Kind> {
        if self.over > 0 { None } else { self.frames.last().map(|f| f.kind) }
    }

    /// The indent of the innermost object kept.
    pub(super) fn indent(&self) -> Option<usize> {
        self.frames.last().map(|f| f.indent)
    }

    pub(super) fn member(&self) -> &Step {
        match self.frames.last() {
            Some(top) if self.over == 0 => &top.member,
            _ => &self.loose,
        }
    }

    /// Whether no more objects are kept.
    pub(super) fn full(&self) -> bool {
        self.frames.len() >= DEPTH
    }

    /// How many open objects are of this kind.
    pub(super) fn count(&self, kind: Kind) -> usize {
        self.frames.iter().filter(|f| f.kind == kind).count()
    }

    /// Where the innermost object starts.
    pub(super) fn start(&self) -> usize {
        self.frames.last().map_or(0, |f| f.start)
    }

    /// Whether one of the innermost objects, above the first `base`, is of this kind.
    pub(super) fn holds(&self, kind: Kind, base: usize) -> bool {
        self.frames.iter().skip(base).rev().take(8).any(|f| f.kind == kind)
    }

    pub(super) fn open(&mut self, start: usize, kind: Kind, indent: usize) {
        let step = self.member().clone();
        self.open_as(start, kind, indent, step);
    }

    /// Opens an object that stands in the outer one by `step`.
    pub(super) fn open_as(&mut self, start: usize, kind: Kind, indent: usize, step: Step) {
        self.loose = Step::None;
        if self.frames.len() >= DEPTH {
            self.over += 1;
            return;
        }
        let member = if kind == Kind::Array { Step::Index(0) } else { Step::None };
        let lines = kind == Kind::File || self.frames.last().is_some_and(|f| f.lines);
        self.frames.push(Frame {
            start,
            kind,
            indent,
            step,
            member,
            lines,
            name: None,
            waiting: Vec::new(),
            path: OnceCell::new(),
            label: OnceCell::new(),
        });
    }

    pub(super) fn close(&mut self) {
        self.loose = Step::None;
        if self.over > 0 {
            self.over -= 1;
        } else if let Some(frame) = self.frames.pop() {
            self.waiting -= usize::from(!frame.waiting.is_empty());
        }
    }

    /// Closes objects until `depth` are open.
    pub(super) fn close_to(&mut self, depth: usize) {
        while self.depth() > depth {
            self.close();
        }
    }

    pub(super) fn set(&mut self, member: Step) {
        match self.frames.last_mut() {
            Some(top) if self.over == 0 => top.member = member,
            _ => self.loose = member,
        }
    }

    /// The next member: no key yet, or the next index.
    pub(super) fn next(&mut self) {
        let member = match self.frames.last() {
            Some(top) if self.over == 0 && top.kind == Kind::Array => match top.member {
                Step::Index(i) => Step::Index(i + 1),
                _ => Step::Index(0),
            },
            _ => Step::None,
        };
        self.set(member);
    }

    /// A key; a span may stand in the key itself.
    pub(super) fn key(&mut self, key: Range<usize>) {
        self.set(Step::Key(key.clone()));
        if self.seeker.wants(&key) {
            self.serve(&key, |tree, _| Some(tree.place(tree.printed(tree.member()), key.clone())));
        }
    }

    /// The scalar value of the member at hand.
    pub(super) fn value(&mut self, value: Range<usize>) {
        let key = match self.member() {
            Step::Key(key) => Some(key.clone()),
            Step::Element(e) => Some(e.tag.clone()),
            _ => None,
        };
        let rank = key.as_ref().and_then(|k| naming(&self.text[k.clone()]));
        let by_sibling = key.as_ref().is_some_and(|k| is_value_word(&self.text[k.clone()]));
        if self.seeker.wants(&value) {
            let name = self.sibling_name().filter(|_| by_sibling);
            let served = self.serve(&value, |tree, at| Some(tree.value_place(&value, at, name.clone())));
            if by_sibling {
                self.wait(served);
            }
        }
        if let Some(rank) = rank {
            self.name(rank, value);
        }
    }

    /// A value that `name` names, whatever its siblings say.
    pub(super) fn named(&mut self, name: Option<Range<usize>>, value: Range<usize>) {
        if self.seeker.wants(&value) {
            let name = name.map(|n| clean(&self.text[n]));
            self.serve(&value, |tree, at| Some(tree.value_place(&value, at, name.clone())));
        }
    }

    /// The spans that start in `range`, each with the place that `make` gives it.
    pub(super) fn serve(
        &mut self,
        range: &Range<usize>,
        make: impl Fn(&Self, usize) -> Option<Place>,
    ) -> Range<usize> {
        let mut seeker = std::mem::replace(&mut self.seeker, Seeker::new(&[]));
        let served = seeker.put(range, |at| make(self, at));
        self.seeker = seeker;
        served
    }

    /// Gives spans from `first` on that stand in `value` and were passed without a place that of
    /// the member at hand.
    pub(super) fn fill(&mut self, first: usize, value: &Range<usize>) {
        for span in first..self.seeker.next() {
            if let Some(at) = self.seeker.unplaced(span).filter(|at| value.contains(at)) {
                let place = self.value_place(value, at, None);
                self.seeker.set(span, place);
            }
        }
    }

    /// A value of a member, as `at` in it sees it: with the name inside it, the name a sibling
    /// gives, or the member's own.
    pub(super) fn value_place(&self, value: &Range<usize>, at: usize, name: Option<String>) -> Place {
        match inner(self.text, value, at) {
            Some(found) => {
                let key = Some(clean(&self.text[found.name]));
                let mut place = Place { key, ..self.place(None, found.value) };
                let near = value.start.max(at.saturating_sub(1024))..value.end.min(at.saturating_add(1024));
                if memchr::memchr(b'\n', &self.text[near]).is_some() {
                    place.objects.insert(
                        0,
                        Object { start: value.start, label: format!("the text of {}", place.path) },
                    );
                    place.objects.truncate(OBJECTS);
                }
                place
            }
            None => {
                let key = name.or_else(|| self.printed(self.member()));
                self.place(key, value.clone())
            }
        }
    }

    /// A place at the member at hand.
    fn place(&self, key: Option<String>, value: Range<usize>) -> Place {
        let key = key.or_else(|| self.frames.iter().rev().find_map(|f| self.printed(&f.step)));
        let objects =
            self.frames.iter().enumerate().rev().filter(|(_, f)| f.kind != Kind::Hidden).take(OBJECTS);
        let objects =
            objects.map(|(i, f)| Object { start: f.start, label: self.label(i).to_owned() }).collect();
        Place { path: self.path(), key, objects, value }
    }

    /// A place for a text that is no member: a comment. `found` knows the name and the value.
    pub(super) fn adopt(&self, mut found: Place) -> Place {
        let mut path = self.path_of(self.frames.len()).to_owned();
        match self.frames.last().map(|f| f.kind) {
            Some(Kind::Table) if !path.is_empty() => path.push('.'),
            Some(Kind::Object | Kind::Array | Kind::Element | Kind::Scalar) => path.push('/'),
            _ => {}
        }
        found.path.insert_str(0, &path);
        let spare = OBJECTS.saturating_sub(found.objects.len());
        let outer = (0..self.frames.len()).rev().take(spare);
        found
            .objects
            .extend(outer.map(|i| Object { start: self.frames[i].start, label: self.label(i).to_owned() }));
        found
    }

    /// The name that a member of the innermost object gave.
    fn sibling_name(&self) -> Option<String> {
        let top = self.frames.last().filter(|_| self.over == 0)?;
        top.name.as_ref().map(|(_, name)| clean(&self.text[name.clone()]))
    }

    fn wait(&mut self, served: Range<usize>) {
        if let Some(top) = self.frames.last_mut().filter(|_| self.over == 0)
            && top.name.is_none()
            && !served.is_empty()
        {
            self.waiting += usize::from(top.waiting.is_empty());
            let room = WAITING.saturating_sub(top.waiting.len());
            top.waiting.extend(served.take(room));
        }
    }

    /// A member or the header of the innermost object names it.
    pub(super) fn name(&mut self, rank: u8, value: Range<usize>) {
        let text = self.text;
        if value.len() > NAME || !looks_like_name(&text[value.clone()]) {
            return;
        }
        let Some(top) = self.frames.last_mut().filter(|_| self.over == 0) else { return };
        if top.kind == Kind::Array || top.name.as_ref().is_some_and(|(known, _)| *known <= rank) {
            return;
        }
        let waiting = std::mem::take(&mut top.waiting);
        top.name = Some((rank, value.clone()));
        self.waiting -= usize::from(!waiting.is_empty());
        for span in waiting {
            // A name found inside the value is closer than a sibling's.
            if let Some(place) = self.seeker.placed(span)
                && place.key.as_ref().is_some_and(|key| is_value_word(key.as_bytes()))
            {
                place.key = Some(clean(&text[value.clone()]));
            }
        }
    }
}
