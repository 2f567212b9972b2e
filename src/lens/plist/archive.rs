//! Who holds whom in a property list; in keyed archives (`NSKeyedArchiver`) as the author had it.
//!
//! An archive is a dictionary with `$archiver`, `$top` and the flat array `$objects`; values refer
//! to it by number. Collections keep `NS.keys` and `NS.objects`, mutable strings `NS.string`.

use super::bplist::{Kind, Object, Plist};
use super::graph::{Edge, Graph, Step};
use std::collections::HashMap;

/// Holders kept of one value: an archive has one `$null` for thousands.
const MAX_HOLDERS: usize = 16;

/// How a value stands in its holder, by numbers.
#[derive(Clone, Copy, Debug)]
enum How {
    /// Under the key that is this object.
    Key(usize),
    Name,
    Index,
    Inside,
}

/// The holders of all values.
pub(super) struct Archive {
    holders: HashMap<usize, Vec<(usize, How, u64)>>,
    /// Numbers of archives to objects.
    uids: Vec<usize>,
    /// The flat array is no place of the author's.
    keyed: bool,
}

impl Archive {
    pub(super) fn new(plist: &Plist<'_>) -> Self {
        let mut archive = Archive { holders: HashMap::new(), uids: Vec::new(), keyed: false };
        let top = plist.get(plist.top).filter(|o| o.kind == Kind::Dict);
        let field = |name: &str| top.and_then(|top| member(plist, top, name));
        let mut flat = usize::MAX;
        let says_so = field("$archiver").is_some() || field("$version").is_some() && field("$top").is_some();
        if says_so && let Some((number, objects)) = field("$objects").and_then(|n| Some((n, plist.get(n)?))) {
            flat = number;
            archive.keyed = true;
            archive.uids = (0..objects.count).map_while(|i| plist.entry(objects, i)).collect();
        }
        // Every entry takes room in a sound file, so there are fewer than bytes.
        let mut left = plist.data.len();
        for (n, &object) in plist.objects.iter().enumerate() {
            let skip = n == flat || archive.keyed && n == plist.top;
            if object.count > left {
                break;
            }
            match object.kind {
                Kind::Array if !skip && !archive.keyed => {
                    left -= object.count;
                    for i in 0..object.count {
                        if let Some(value) = plist.entry(object, i) {
                            archive.hold(plist, value, n, How::Index, i as u64);
                        }
                    }
                }
                Kind::Dict if !skip => {
                    left = left.saturating_sub(object.count.saturating_mul(2));
                    archive.dict(plist, n, object, &mut left);
                }
                _ => {}
            }
        }
        if archive.keyed
            && let Some(top) = field("$top").and_then(|n| plist.get(n))
            && top.kind == Kind::Dict
        {
            // `$top` holds the roots, and itself stands nowhere.
            let top = field("$top").unwrap_or(usize::MAX);
            archive.holders.remove(&top);
        }
        archive
    }

    fn dict(&mut self, plist: &Plist<'_>, n: usize, object: Object, left: &mut usize) {
        let entries = (0..object.count)
            .map(|i| (plist.entry(object, i), plist.entry(object, object.count.saturating_add(i))));
        let entries: Vec<(usize, usize)> = entries.filter_map(|(key, value)| key.zip(value)).collect();
        let name = |key: usize| if self.keyed { plist.text(key) } else { None };
        let names: Vec<Option<String>> = entries.iter().map(|&(key, _)| name(key)).collect();
        let find = |wanted: &str| {
            names.iter().position(|n| n.as_deref() == Some(wanted)).and_then(|i| entries.get(i)).map(|e| e.1)
        };
        let keys = find("NS.keys").and_then(|k| plist.get(k)).filter(|k| k.kind == Kind::Array);
        for (i, (&(key, value), name)) in entries.iter().zip(&names).enumerate() {
            let order = 2 * i as u64;
            match name.as_deref() {
                Some("$class" | "NS.keys") => {}
                Some("NS.objects") => {
                    let Some(values) = plist.get(value).filter(|v| v.kind == Kind::Array && v.count <= *left)
                    else {
                        continue;
                    };
                    *left -= values.count;
                    for i in 0..values.count {
                        let Some(value) = plist.entry(values, i) else { break };
                        let order = 2 * i as u64 + 1;
                        match keys.and_then(|keys| plist.entry(keys, i)) {
                            Some(key) => {
                                let key = self.target(plist, key);
                                self.hold(plist, value, n, How::Key(key), order);
                                self.hold(plist, key, n, How::Name, order - 1);
                            }
                            None => self.hold(plist, value, n, How::Index, i as u64),
                        }
                    }
                    // The array of references itself is no place.
                    self.holders.remove(&value);
                }
                Some("NS.string" | "NS.bytes" | "NS.data" | "NSString") => {
                    self.hold(plist, value, n, How::Inside, order)
                }
                Some(name) if name.starts_with("NS.key.") => {}
                Some(name) if name.starts_with("NS.object.") => {
                    let number = &name["NS.object.".len()..];
                    match find(&format!("NS.key.{number}")).filter(|_| entries.len() <= 4096) {
                        Some(key) => {
                            let key = self.target(plist, key);
                            self.hold(plist, value, n, How::Key(key), order + 1);
                        }
                        None => self.hold(plist, value, n, How::Index, number.parse().unwrap_or(order)),
                    }
                }
                _ => {
                    self.hold(plist, value, n, How::Key(key), order + 1);
                    if !self.keyed {
                        self.hold(plist, key, n, How::Name, order);
                    }
                }
            }
        }
    }

    /// The object that a value is: itself, or the one it refers to by number.
    fn target(&self, plist: &Plist<'_>, value: usize) -> usize {
        match plist.get(value) {
            Some(Object { kind: Kind::Uid, count, .. }) if self.keyed => {
                self.uids.get(count).copied().unwrap_or(value)
            }
            _ => value,
        }
    }

    fn hold(&mut self, plist: &Plist<'_>, value: usize, holder: usize, how: How, order: u64) {
        let value = self.target(plist, value);
        let holders = self.holders.entry(value).or_default();
        if holders.len() < MAX_HOLDERS {
            holders.push((holder, how, order));
        }
    }
}

/// The value under a key of a dictionary.
fn member(plist: &Plist<'_>, dict: Object, name: &str) -> Option<usize> {
    const MOST: usize = 4096;
    let at = (0..dict.count.min(MOST))
        .find(|&i| plist.entry(dict, i).and_then(|k| plist.text(k)).as_deref() == Some(name))?;
    plist.entry(dict, dict.count.checked_add(at)?)
}

/// A property list with its holders.
pub(super) struct View<'v, 'b> {
    pub(super) plist: &'v Plist<'b>,
    pub(super) archive: &'v Archive,
}

impl View<'_, '_> {
    fn dict(&self, node: usize) -> Option<Object> {
        self.plist.get(node).filter(|o| o.kind == Kind::Dict)
    }

    /// A member of a dictionary, by the author's keys.
    fn find(&self, node: usize, key: &str) -> Option<usize> {
        let dict = self.dict(node)?;
        if let Some(value) = member(self.plist, dict, key) {
            return Some(self.archive.target(self.plist, value));
        }
        let array = |name| {
            member(self.plist, dict, name).and_then(|n| self.plist.get(n)).filter(|o| o.kind == Kind::Array)
        };
        let (keys, values) = array("NS.keys").zip(array("NS.objects")).filter(|_| self.archive.keyed)?;
        let at = (0..keys.count.min(4096)).find(|&i| {
            let key_object = self.plist.entry(keys, i).map(|k| self.archive.target(self.plist, k));
            key_object.and_then(|k| self.plist.text(k)).as_deref() == Some(key)
        })?;
        self.plist.entry(values, at).map(|v| self.archive.target(self.plist, v))
    }
}

impl Graph for View<'_, '_> {
    fn holders(&self, node: usize) -> Vec<Edge> {
        let holders = self.archive.holders.get(&node).map_or(&[][..], |h| h.as_slice());
        let edge = |&(holder, how, order): &(usize, How, u64)| {
            let step = match how {
                How::Key(key) => match self.plist.text(key) {
                    Some(key) => Step::Key(key),
                    None => Step::Index(order / 2),
                },
                How::Name => Step::Name,
                How::Index => Step::Index(order),
                How::Inside => Step::Inside,
            };
            Edge { holder, step, order }
        };
        // As a name only where it is nothing else.
        let (names, values): (Vec<Edge>, Vec<Edge>) =
            holders.iter().map(edge).partition(|e| e.step == Step::Name);
        if values.is_empty() { names } else { values }
    }

    fn is_array(&self, node: usize) -> bool {
        match self.plist.get(node) {
            Some(o) if o.kind == Kind::Array => true,
            Some(o) if o.kind == Kind::Dict && self.archive.keyed => {
                member(self.plist, o, "NS.objects").is_some() && member(self.plist, o, "NS.keys").is_none()
            }
            _ => false,
        }
    }

    fn class(&self, node: usize) -> Option<String> {
        let class =
            self.dict(node).filter(|_| self.archive.keyed).and_then(|d| member(self.plist, d, "$class"))?;
        let class =
            self.plist.get(self.archive.target(self.plist, class)).filter(|o| o.kind == Kind::Dict)?;
        let name = member(self.plist, class, "$classname").and_then(|n| self.plist.text(n))?;
        // What the author knows as a dictionary or an array is called that.
        (!name.contains("Dictionary") && !name.contains("Array") && !name.contains("Set")).then_some(name)
    }

    fn member(&self, node: usize, key: &str) -> Option<String> {
        let value = self.find(node, key)?;
        self.plist.text(value).or_else(|| self.find(value, "NS.string").and_then(|s| self.plist.text(s)))
    }
}
