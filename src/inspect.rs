//! What keysift sees in an artifact: for people who ask why something was, or was not, found.
//!
//! Goes through containers and lenses like a scan does, and counts instead of searching.

use crate::blob::{Blob, NoSites, OffsetMap, Site, Text, TextKind, TextOffset};
use crate::container::budget::Budget;
use crate::container::{self, Container, unopened};
use crate::lens::document::DocumentSites;
use crate::lens::{self, document, raw};
use crate::look::Look;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// One blob as keysift sees it.
#[derive(Debug, Default)]
pub struct View {
    /// Its address, as it is printed in reports.
    pub address: String,
    /// How many containers it lies in.
    pub depth: u32,
    /// Bytes.
    pub bytes: u64,
    /// The container that opens it, and how many members it lists.
    pub container: Option<(&'static str, usize)>,
    /// Bytes of the container that belong to no member: searched as they are.
    pub between: u64,
    /// Whether the bytes are text, and the syntax that names places in it.
    pub text: Option<Option<&'static str>>,
    /// What the lenses made of it.
    pub readings: Vec<Reading>,
    /// What was not understood.
    pub problems: Vec<String>,
    /// What holds the text that was asked for.
    pub matches: Vec<Match>,
}

/// What one lens made of a blob.
#[derive(Debug, Default)]
pub struct Reading {
    /// The lens.
    pub lens: &'static str,
    /// Texts it gave to the engine.
    pub texts: usize,
    /// Strings in them.
    pub strings: usize,
    /// Bytes of them.
    pub bytes: usize,
    /// Of how many strings the place was asked, and of how many it is known.
    pub named: (usize, usize),
    /// Some of these places.
    pub examples: Vec<String>,
}

/// A string that holds what was asked for.
#[derive(Debug)]
pub struct Match {
    /// The lens that gave it, or `raw`.
    pub lens: &'static str,
    /// Offset in the blob.
    pub offset: u64,
    /// The encodings between the blob and the string.
    pub encodings: Vec<&'static str>,
    /// The string, or the line.
    pub text: Vec<u8>,
    /// Its places.
    pub sites: Vec<Site>,
}

/// Of how many strings of a text the places are asked.
const SAMPLE: usize = 2000;
/// Examples of places.
const EXAMPLES: usize = 3;
/// Matches that are shown of a text.
const MATCHES: usize = 200;
/// Longest line that is shown, in bytes.
const LINE: usize = 400;

/// Looks at blobs.
pub struct Inspector<'i> {
    budget: Budget,
    wanted: Option<&'i [u8]>,
    show: &'i mut dyn FnMut(View),
}

impl<'i> Inspector<'i> {
    /// Shows each blob of an artifact, and in it the strings that hold `wanted`.
    pub fn new(budget: Budget, wanted: Option<&'i [u8]>, show: &'i mut dyn FnMut(View)) -> Self {
        Inspector { budget, wanted, show }
    }

    /// Looks at a blob inside `depth` containers, and at all that is in it.
    pub fn look(&mut self, blob: &Blob<'_>, depth: u32) {
        let look = Look::at(blob.bytes);
        match container::of(blob, &look) {
            Some(container) if depth < self.budget.limits.depth => {
                self.container(container, blob, &look, depth);
            }
            Some(container) => {
                let problem = format!("{} inside {depth} containers is not opened", container.name());
                let mut view = self.leaf(blob, depth);
                view.problems.push(problem);
                (self.show)(view);
            }
            None => {
                let mut view = self.leaf(blob, depth);
                let told = unopened::told(blob.bytes, &look);
                view.problems.extend(told.map(|problem| problem.detail));
                (self.show)(view);
            }
        }
    }

    fn container(&mut self, container: &dyn Container, blob: &Blob<'_>, look: &Look, depth: u32) {
        let opened = container::open_seen(container, blob, look, &self.budget.limits);
        // A program with the container behind it is looked at as a program too.
        let head = opened.gaps.iter().find(|gap| gap.start == 0 && gap.len() >= crate::scan::MIN_CARRIER);
        let mut view = match head {
            Some(head) => {
                let bytes = blob.bytes.get(head.clone()).unwrap_or_default();
                self.leaf(&Blob { address: blob.address.clone(), bytes }, depth)
            }
            None => View { address: blob.address.to_string(), depth, ..View::default() },
        };
        view.bytes = blob.bytes.len() as u64;
        view.container = Some((container.name(), opened.members.len()));
        view.between = opened.gaps.iter().map(|gap| gap.len() as u64).sum();
        view.problems.extend(opened.problems.iter().map(|p| format!("{}: {}", p.reason.name(), p.detail)));
        if let Some(wanted) = self.wanted {
            for gap in opened.gaps.iter().filter(|&gap| Some(gap) != head) {
                let mut map = OffsetMap::identity();
                map.push_plain(0, gap.start as u64);
                let bytes = blob.bytes.get(gap.clone()).unwrap_or_default();
                let kind = TextKind::Binary;
                let text = Text { bytes, kind, encoding: None, map: &map, outer: None, sites: &NoSites };
                matches("raw", &text, wanted, &mut view.matches);
            }
        }
        (self.show)(view);
        let mut buffer = Vec::new();
        for member in &opened.members {
            let address = blob.address.entry(member.name());
            let contents = member.read(&mut buffer, &self.budget);
            if let Some(problem) = &contents.problem {
                let problems = vec![format!("{}: {}", problem.reason.name(), problem.detail)];
                let address = address.to_string();
                (self.show)(View { address, depth: depth + 1, problems, ..View::default() });
            }
            if !contents.bytes.is_empty() || contents.problem.is_none() {
                self.look(&Blob { address, bytes: contents.bytes }, depth + 1);
            }
        }
    }

    fn leaf(&mut self, blob: &Blob<'_>, depth: u32) -> View {
        let mut view = View {
            address: blob.address.to_string(),
            depth,
            bytes: blob.bytes.len() as u64,
            ..View::default()
        };
        let document = DocumentSites::new(blob.address.file_name());
        let kind = raw::kind(blob.bytes);
        if kind == TextKind::Plain {
            view.text = Some(document::syntax(blob.bytes, blob.address.file_name()).map(|s| s.name()));
        }
        if let Some(wanted) = self.wanted {
            let text = Text {
                bytes: blob.bytes,
                kind,
                encoding: None,
                map: &OffsetMap::identity(),
                outer: None,
                sites: if kind == TextKind::Plain { &document } else { &NoSites },
            };
            matches("raw", &text, wanted, &mut view.matches);
        }
        for lens in lens::of(blob, &Look::at(blob.bytes)) {
            let mut reading = Reading { lens: lens.name(), ..Reading::default() };
            let read = catch_unwind(AssertUnwindSafe(|| {
                lens.texts(blob, &self.budget.limits, &mut |text| {
                    count(text, &mut reading);
                    if let Some(wanted) = self.wanted {
                        matches(lens.name(), text, wanted, &mut view.matches);
                    }
                })
            }));
            match read {
                Ok(Ok(())) => {}
                Ok(Err(damage)) => view.problems.push(format!("{}: {damage}", damage.reason.name())),
                Err(_) => view.problems.push(format!("internal error in the {} lens", lens.name())),
            }
            if reading.texts > 0 {
                view.readings.push(reading);
            }
        }
        view
    }
}

/// Adds a text to what is known of a lens.
fn count(text: &Text<'_>, reading: &mut Reading) {
    reading.texts += 1;
    reading.bytes += text.bytes.len();
    let strings: Vec<Range<usize>> = match text.kind {
        TextKind::Pool | TextKind::List => strings(text.bytes).collect(),
        TextKind::Plain | TextKind::Binary => Vec::new(),
    };
    reading.strings += strings.len();
    let step = strings.len().div_ceil(SAMPLE).max(1);
    let sample: Vec<Range<usize>> = strings.into_iter().step_by(step).collect();
    let sites = text.sites.resolve(text.bytes, &sample);
    reading.named.0 += sample.len();
    for site in sites.into_iter().filter_map(|places| places.into_iter().next()) {
        reading.named.1 += 1;
        if reading.examples.len() < EXAMPLES && !reading.examples.contains(&site.name) {
            reading.examples.push(site.name);
        }
    }
}

/// The strings of a pool that are not empty.
fn strings(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let ends = memchr::memchr_iter(0, text).chain(std::iter::once(text.len()));
    let mut start = 0;
    ends.filter_map(move |end| {
        let string = start..end;
        start = end + 1;
        (!string.is_empty()).then_some(string)
    })
}

fn matches(lens: &'static str, text: &Text<'_>, wanted: &[u8], found: &mut Vec<Match>) {
    let spans: Vec<Range<usize>> =
        memchr::memmem::find_iter(text.bytes, wanted).take(MATCHES).map(|at| at..at + wanted.len()).collect();
    if spans.is_empty() {
        return;
    }
    let sites = text.sites.resolve(text.bytes, &spans);
    for (span, sites) in spans.into_iter().zip(sites) {
        let is_border = |b: &u8| *b == 0 || *b == b'\n' || (text.kind == TextKind::Binary && *b < 0x20);
        let before = &text.bytes[span.start.saturating_sub(LINE / 2)..span.start];
        let start = span.start - before.iter().rev().take_while(|b| !is_border(b)).count();
        let behind = &text.bytes[span.end..text.bytes.len().min(span.end + LINE / 2)];
        let end = span.end + behind.iter().take_while(|b| !is_border(b)).count();
        found.push(Match {
            lens,
            offset: text.blob_offset(TextOffset(span.start)).0,
            encodings: text.encodings().into_iter().map(crate::address::Encoding::name).collect(),
            text: text.bytes[start..end].to_vec(),
            sites,
        });
    }
}
